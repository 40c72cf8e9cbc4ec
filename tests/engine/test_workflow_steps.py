"""
Steps that call workflows, and workflows that others depend on.

https://spec.openapis.org/arazzo/v1.1.0.html#step-object (workflowId)
https://spec.openapis.org/arazzo/v1.1.0.html#workflow-object (dependsOn)
"""

import pytest

from arazzo_runner.errors import DocumentError
from arazzo_runner.events import StepFinished, WorkflowFinished, WorkflowStarted
from arazzo_runner.messages import Response, Secret
from arazzo_runner.testing import Lost, play

OK = Response(200, body={"id": "j1"})

CHILD = """
- workflowId: child
  inputs:
    type: object
    required: [job]
    properties:
      job: {type: string}
      size: {type: integer, default: 3}
  steps:
  - stepId: get
    operationId: getJob
    parameters: [{name: id, in: path, value: $inputs.job}]
    outputs: {id: $response.body#/id}
  outputs:
    id: $steps.get.outputs.id
    size: $inputs.size
"""


def calling(more="", outputs="", job="$inputs.job"):
    """The main workflow calls `child` in its step `call`."""
    return f"""
inputs: {{type: object, properties: {{job: {{type: string}}}}}}
steps:
- stepId: call
  workflowId: child
  parameters: [{{name: job, value: {job}}}]
{more}
outputs:
  {outputs or "id: $steps.call.outputs.id"}
"""


def run(
    flow, workflow, replies, inputs=None, *, given=None, version="1.0.1", **options
):
    plan = flow(workflow, workflow_id="main", version=version, **options)
    return play(plan, inputs or {"job": "j1"}, replies, given=given)


def whole(flow, text, children=CHILD, **options):
    """A plan of the workflow `main` in *text* with *children* beside it."""
    from arazzo_runner.testing import plan_text

    settings = options.pop("settings", None)
    return plan_text(
        flow.text(text, version=options.pop("version", "1.0.1")) + children,
        "main",
        settings=settings,
        api=flow.api,
        **options,
    )


# --- steps that call workflows ----------------------------------------------------------


def test_a_step_calls_a_workflow(flow, well_formed):
    """R-STEP-14, R-STEP-05: parameters are inputs, with the defaults of the schema."""
    done = play(whole(flow, calling()), {"job": "j7"}, [OK])

    well_formed(done.events)
    assert done.status == "succeeded"
    assert done.calls[0].arguments[0].value == "j7"
    assert done.outputs == {"id": "j1"}


def test_without_outputs_of_its_own_a_step_has_those_of_the_workflow(flow):
    """A-50."""
    plan = whole(flow, calling(outputs="s: $steps.call.outputs.size"))

    assert play(plan, {"job": "j7"}, [OK]).outputs == {"s": 3}


def test_outputs_of_the_step_are_taken_from_those_of_the_workflow(flow):
    """A-32: at such a step $outputs is what the called workflow gave."""
    more = "  outputs: {x: $outputs.id, y: $workflows.child.outputs.size}"
    plan = whole(
        flow, calling(more, "x: $steps.call.outputs.x\n  y: $steps.call.outputs.y")
    )

    assert play(plan, {"job": "j7"}, [OK]).outputs == {"x": "j1", "y": 3}


def test_workflows_shows_inputs_outputs_and_steps(flow):
    """R-EXPR-08, A-32."""
    outputs = (
        "a: $workflows.child.inputs.job\n  b: $workflows.child.outputs.id\n"
        "  c: $workflows.child.steps.get.outputs.id\n  d: $workflows.main.inputs.job"
    )
    done = play(whole(flow, calling(outputs=outputs)), {"job": "j7"}, [OK])

    assert done.outputs == {"a": "j7", "b": "j1", "c": "j1", "d": "j7"}


def test_a_failed_workflow_fails_the_step(flow, well_formed):
    """A-50: and the reason is that of the workflow."""
    done = play(whole(flow, calling()), {"job": "j1"}, [Response(404)])

    well_formed(done.events)
    assert done.status == "failed"
    assert done.error.code == "criteria-not-met"
    assert done.error.message.startswith(
        "step 'call' failed: workflow 'child': step 'get'"
    )
    assert [what for _, what in done.error.related] == ["called by step 'call'"]


def test_a_failed_workflow_is_looked_after_by_the_steps_failure_actions(flow):
    more = """
  onFailure: [{name: other, type: goto, stepId: last}]
- {stepId: last, operationId: ping}
"""
    done = play(
        whole(
            flow,
            calling(more, "x: $steps.last.outputs.x").replace(
                "operationId: ping}", "operationId: ping, outputs: {x: $statusCode}}"
            ),
        ),
        {"job": "j1"},
        [Response(404), OK],
    )

    assert done.status == "succeeded"
    assert done.outputs == {"x": 200}
    assert done.decisions == ["break", "goto last", "next"]


def test_criteria_of_the_step_see_the_workflows_outputs(flow):
    more = "  successCriteria: [{condition: $outputs.id == 'j2'}]"
    plan = whole(flow, calling(more))

    assert play(plan, {"job": "j1"}, [OK]).status == "failed"
    assert (
        play(plan, {"job": "j1"}, [Response(200, body={"id": "j2"})]).status
        == "succeeded"
    )


def test_a_retry_calls_the_workflow_again(flow, well_formed):
    """A-45: a step that calls a workflow is retried like any other."""
    more = "  onFailure: [{name: again, type: retry, retryAfter: 2, retryLimit: 3}]"
    done = play(whole(flow, calling(more)), {"job": "j1"}, [Response(500), OK])

    well_formed(done.events)
    assert done.waits == [2.0]
    assert done.status == "succeeded"
    assert done.sent == ["get", "get"]


def test_each_call_has_inputs_outputs_and_visits_of_its_own(flow):
    text = """
steps:
- stepId: first
  workflowId: child
  parameters: [{name: job, value: a}]
- stepId: second
  workflowId: child
  parameters: [{name: job, value: $steps.first.outputs.id}]
outputs: {x: $steps.first.outputs.id, y: $steps.second.outputs.id}
"""
    replies = [Response(200, body={"id": "b"}), Response(200, body={"id": "c"})]
    done = play(whole(flow, text), {}, replies)

    assert [each.arguments[0].value for each in done.calls] == ["a", "b"]
    assert done.outputs == {"x": "b", "y": "c"}
    assert done.waits == []


def test_a_step_that_calls_the_same_again_is_a_poll(flow):
    """Control comes back to a call with the same inputs: it waits, as for a request."""
    more = "  onSuccess: [{name: again, type: goto, stepId: call, criteria: [{condition: $outputs.id == 'j1'}]}]"
    done = play(
        whole(flow, calling(more)),
        {"job": "j1"},
        [OK, OK, Response(200, body={"id": "j2"})],
    )

    assert done.reasons == ["poll", "poll"]
    assert done.outputs == {"id": "j2"}


def test_events_tell_which_workflow_a_step_is_in(flow):
    done = play(whole(flow, calling()), {"job": "j1"}, [OK])

    steps = [e for e in done.events if isinstance(e, StepFinished)]
    assert [(e.workflow_id, e.step_id, e.depth, e.called) for e in steps] == [
        ("child", "get", 1, ""),
        ("main", "call", 0, "child"),
    ]
    inner = [
        e for e in done.events if isinstance(e, WorkflowStarted | WorkflowFinished)
    ]
    assert [type(e).__name__ for e in inner] == ["WorkflowStarted", "WorkflowFinished"]
    assert (inner[0].reason, inner[1].status, inner[1].outputs) == (
        "step",
        "succeeded",
        {"id": "j1", "size": 3},
    )


def test_secrets_stay_references_in_the_called_workflow(flow):
    """An input that flows to a secret input of another workflow is one itself."""
    children = CHILD.replace(
        "job: {type: string}", "job: {type: string, format: password}"
    )
    plan = whole(flow, calling(), children)

    assert plan.secret_inputs == {"job"}
    done = play(plan, {"job": Secret("inputs.job")}, [OK])
    assert done.calls[0].arguments[0].value == Secret("inputs.job")


@pytest.mark.parametrize(
    "step, code, words",
    [
        ("workflowId: chidl", "AZ314", "did you mean 'child'?"),
        ("workflowId: child", "AZ315", "add a parameter with name: job"),
        (
            "workflowId: child\n  parameters: [{name: job, value: a}, {name: jop, value: b}]",
            "AZ306",
            "did you mean 'job'?",
        ),
        ("workflowId: $sourceDescriptions.api.child", "AZ314", None),
        ("workflowId: $sourceDescriptions.ap.child", "AZ305", "did you mean 'api'?"),
    ],
)
def test_what_is_wrong_with_a_call_is_said_before(flow, step, code, words):
    with pytest.raises(DocumentError) as caught:
        whole(flow, f"steps:\n- stepId: call\n  {step}\n")

    assert [(each.code, each.hint) for each in caught.value.problems] == [(code, words)]


def test_inputs_that_do_not_fit_end_the_run_without_a_retry(flow, well_formed):
    """A-38: what is wrong with the set-up is no reason to try again."""
    more = "  onFailure: [{name: again, type: retry}]"
    children = CHILD.replace("job: {type: string}", "job: {type: string, maxLength: 3}")
    done = play(whole(flow, calling(more), children), {"job": "long"}, [])

    well_formed(done.events)
    assert done.status == "failed"
    assert done.error.code == "AZ610"
    assert "input 'job'" in done.error.message


def test_recursion_ends_at_the_limit(flow, well_formed):
    """A-52: allowed up to a depth."""
    from arazzo_runner.engine.plan import Settings

    children = """
- workflowId: child
  steps:
  - {stepId: get, operationId: ping}
  - {stepId: deeper, workflowId: child}
"""
    text = "steps:\n- {stepId: call, workflowId: child}\n"
    plan = whole(flow, text, children, settings=Settings(max_depth=4))

    done = play(plan, {}, [OK] * 4)

    well_formed(done.events)
    assert done.error.code == "too-deep"
    assert done.status == "failed"


def test_a_timeout_of_the_step_bounds_the_whole_workflow(flow, well_formed):
    """N-STEP-06, A-68: the workflow is aborted, and the step's failure actions run."""
    more = """
  timeout: 5000
  onFailure: [{name: other, type: goto, stepId: last}]
- {stepId: last, operationId: ping}
"""
    children = CHILD.replace(
        "    outputs: {id",
        "    onFailure: [{name: again, type: retry, retryAfter: 4, retryLimit: 9}]\n    outputs: {id",
    )
    plan = whole(flow, calling(more), children, version="1.1.0")
    done = play(plan, {"job": "j1"}, [Response(500), Response(500), OK])

    well_formed(done.events)
    assert done.waits == [4.0, 1.0]
    assert done.sent == ["get", "get", "last"]
    assert done.status == "succeeded"


def test_a_request_may_not_outlast_the_step_that_called_its_workflow(flow):
    plan = whole(flow, calling("  timeout: 1500"), version="1.1.0")
    done = play(plan, {"job": "j1"}, [OK])

    assert done.effects[0].timeout == 1.5


# --- dependsOn --------------------------------------------------------------------------

LOGIN = """
- workflowId: login
  inputs: {type: object, properties: {user: {type: string}}}
  steps:
  - stepId: open
    operationId: createJob
    requestBody: {payload: {user: $inputs.user}}
    outputs: {token: $response.body#/token}
  outputs: {token: $steps.open.outputs.token}
"""
NEEDING = """
dependsOn: [login]
steps:
- stepId: look
  operationId: search
  parameters: [{name: q, in: query, value: $workflows.login.outputs.token}]
outputs: {user: $workflows.login.inputs.user}
"""


def test_workflows_depended_on_run_before(flow, well_formed):
    """R-WF-07, A-51."""
    plan = whole(flow, NEEDING, LOGIN)
    done = play(
        plan,
        {},
        [Response(200, body={"token": "t"}), OK],
        given={"login": {"user": "ada"}},
    )

    well_formed(done.events)
    assert done.sent == ["open", "look"]
    assert done.calls[1].arguments[0].value == "t"
    assert done.outputs == {"user": "ada"}


def test_what_depends_on_a_failed_workflow_is_not_started(flow, well_formed):
    plan = whole(flow, NEEDING, LOGIN)
    done = play(plan, {}, [Response(401)], given={"login": {}})

    well_formed(done.events)
    assert done.sent == ["open"]
    assert done.status == "failed"
    assert "was not started: 'login', which it depends on, failed" in done.error.message


def test_a_workflow_several_depend_on_runs_once(flow):
    """A-51: once per run tree."""
    children = (
        LOGIN
        + """
- workflowId: left
  dependsOn: [login]
  steps: [{stepId: l, operationId: ping}]
- workflowId: right
  dependsOn: [login]
  steps: [{stepId: r, operationId: ping}]
"""
    )
    text = "dependsOn: [left, right, login]\nsteps: [{stepId: m, operationId: ping}]\n"
    done = play(whole(flow, text, children), {}, [OK] * 4, given={"login": {}})

    assert done.sent == ["open", "l", "r", "m"]


def test_workflows_that_depend_on_each_other_are_refused(flow):
    """R-WF-07, A-51."""
    children = """
- workflowId: other
  dependsOn: [main]
  steps: [{stepId: o, operationId: ping}]
"""
    text = "dependsOn: [other]\nsteps: [{stepId: m, operationId: ping}]\n"
    with pytest.raises(DocumentError) as caught:
        whole(flow, text, children)

    assert [each.code for each in caught.value.problems] == ["AZ313"]
    assert "main → other → main" in caught.value.message


# --- dependsOn of steps -------------------------------------------------------------------


def test_steps_run_after_those_they_depend_on(flow):
    """N-STEP-11, N-DEP-01, A-69: a stable order, that of the list where it is free."""
    text = """
steps:
- {stepId: a, operationId: ping, dependsOn: [c]}
- {stepId: b, operationId: ping}
- {stepId: c, operationId: ping}
"""
    done = play(flow(text, version="1.1.0"), {}, [OK] * 3)

    assert done.sent == ["b", "c", "a"]


def test_outputs_that_are_used_order_steps_too(flow):
    """N-DEP-02, N-DEP-03."""
    text = """
steps:
- stepId: a
  operationId: search
  parameters: [{name: q, in: query, value: $steps.c.outputs.id}]
- {stepId: b, operationId: ping, dependsOn: [a]}
- {stepId: c, operationId: ping, outputs: {id: $response.body#/id}}
"""
    done = play(flow(text, version="1.1.0"), {}, [OK] * 3)

    assert done.sent == ["c", "a", "b"]


def test_steps_that_depend_on_each_other_are_refused(flow):
    refusal = flow.refuse(
        "steps:\n- {stepId: a, operationId: ping, dependsOn: «[b]}\n"
        "- {stepId: b, operationId: ping, dependsOn: [a]}\n",
        version="1.1.0",
    )

    assert refusal.one.code == "AZ313"
    assert "a → b → a" in refusal.one.message


def test_a_step_whose_dependencies_have_not_run_is_not_run(flow, well_formed):
    """N-STEP-12, A-69: a goto does not run them."""
    text = """
steps:
- {stepId: a, operationId: ping, onSuccess: [{name: g, type: goto, stepId: c}]}
- {stepId: b, operationId: ping}
- {stepId: c, operationId: ping, dependsOn: [b]}
"""
    done = play(flow(text, version="1.1.0"), {}, [OK])

    well_formed(done.events)
    assert done.error.code == "AZ611"
    assert "'b'" in done.error.message


@pytest.mark.parametrize(
    "entry", ["$steps.a", "x", "$workflows.main.x", "$workflows.main.steps.x"]
)
def test_a_dependency_that_names_no_step_is_refused(flow, entry):
    """N-STEP-13, N-STEP-14: the bare id, or a step of another workflow in full."""
    refusal = flow.refuse(
        "steps:\n- {stepId: a, operationId: ping}\n"
        f"- {{stepId: b, operationId: ping, dependsOn: [«{entry}]}}\n",
        version="1.1.0",
    )

    assert refusal.one.severity == "error"
    assert refusal.found[0][1].split(":")[0] == refusal.marks[0].split(":")[0]


# --- goto and retry with workflows and steps ------------------------------------------------


def test_goto_a_workflow_goes_on_there_for_good(flow, well_formed):
    """A-43: the target's status and outputs are the run's."""
    text = """
steps:
- stepId: a
  operationId: ping
  onSuccess:
  - {name: g, type: goto, workflowId: child, parameters: [{name: job, value: $response.body#/id}]}
- {stepId: b, operationId: ping}
outputs: {never: $statusCode}
"""
    plan = whole(flow, text, version="1.1.0")
    done = play(plan, {}, [OK, Response(200, body={"id": "x"})])

    well_formed(done.events)
    assert done.sent == ["a", "get"]
    assert done.calls[1].arguments[0].value == "j1"
    assert done.outputs == {"id": "x", "size": 3}
    assert done.decisions[0] == "goto workflow child"


def test_the_caller_of_a_workflow_that_hands_over_gets_the_targets_outputs(
    flow, well_formed
):
    children = (
        CHILD
        + """
- workflowId: first
  steps:
  - stepId: a
    operationId: ping
    onSuccess:
    - {name: g, type: goto, workflowId: child, parameters: [{name: job, value: z}]}
"""
    )
    text = """
steps:
- {stepId: call, workflowId: first}
- {stepId: b, operationId: ping}
outputs: {id: $steps.call.outputs.id}
"""
    plan = whole(flow, text, children, version="1.1.0")
    done = play(plan, {}, [OK, Response(200, body={"id": "x"}), OK])

    well_formed(done.events)
    assert done.sent == ["a", "get", "b"]
    assert done.outputs == {"id": "x"}


def test_a_retry_runs_the_step_it_names_first(flow, well_formed):
    """R-FACT-06, A-47: its outputs are there for the retry."""
    text = """
steps:
- {stepId: login, operationId: ping, outputs: {token: $response.body#/token}}
- stepId: work
  operationId: search
  parameters: [{name: q, in: query, value: $steps.login.outputs.token}]
  onFailure: [{name: again, type: retry, stepId: login, retryAfter: 1, retryLimit: 2}]
"""
    replies = [Response(200, body={"token": t}) for t in ("one", "two", "three")]
    done = play(
        flow(text),
        {},
        [replies[0], Response(401), replies[1], Response(401), replies[2], OK],
    )

    well_formed(done.events)
    assert done.sent == ["login", "work", "login", "work", "login", "work"]
    assert [each.arguments[0].value for each in done.calls if each.arguments] == [
        "one",
        "two",
        "three",
    ]
    assert done.waits == [1.0, 1.0]
    assert done.status == "succeeded"


def test_goto_and_end_of_the_step_that_a_retry_names_are_not_followed(flow):
    """A-47: it is a call."""
    text = """
steps:
- {stepId: login, operationId: ping, onSuccess: [{name: e, type: goto, stepId: work}]}
- {stepId: other, operationId: ping}
- stepId: work
  operationId: headPing
  onFailure: [{name: again, type: retry, stepId: login, retryAfter: 0}]
"""
    done = play(flow(text), {}, [OK, Response(500), OK, OK])

    assert done.sent == ["login", "work", "login", "work"]
    assert done.status == "succeeded"


def test_a_retry_runs_the_workflow_it_names_first(flow, well_formed):
    """R-FACT-06, N-ACT-01."""
    text = """
steps:
- stepId: work
  operationId: ping
  onFailure:
  - {name: again, type: retry, workflowId: child, parameters: [{name: job, value: $statusCode}]}
"""
    children = CHILD.replace("job: {type: string}", "job: {type: integer}")
    plan = whole(flow, text, children, version="1.1.0")
    done = play(plan, {}, [Response(500), OK, OK])

    well_formed(done.events)
    assert done.sent == ["work", "get", "work"]
    assert done.calls[1].arguments[0].value == 500
    assert done.status == "succeeded"


def test_a_retry_goes_on_after_a_reference_that_failed(flow):
    """A-47: completion, not success, is asked for; it is said."""
    text = """
steps:
- {stepId: login, operationId: ping}
- stepId: work
  operationId: headPing
  onFailure: [{name: again, type: retry, stepId: login, retryAfter: 0}]
"""
    done = play(flow(text, retry=0), {}, [OK, Response(500), Response(503), OK])

    assert done.sent == ["login", "work", "login", "work"]
    assert done.status == "succeeded"
    assert "AZ627" in [each.code for each in done.warnings]


def test_no_response_inside_of_a_called_workflow_is_the_runs_reason(flow):
    done = play(whole(flow, calling()), {"job": "j"}, [Lost()] * 4)

    assert done.error.code == "no-response"


# --- several documents --------------------------------------------------------------------

OTHER = """
arazzo: 1.0.1
info: {title: Other, version: '1'}
sourceDescriptions: [{name: api, url: api.yaml, type: openapi}]
components:
  parameters:
    trace: {name: X-Trace, in: header, value: other}
workflows:
- workflowId: find
  inputs: {type: object, properties: {q: {type: string}}}
  steps:
  - stepId: same
    operationId: search
    parameters: [{name: q, in: query, value: $inputs.q}, {reference: $components.parameters.trace}]
    outputs: {id: $response.body#/id}
  outputs: {id: $steps.same.outputs.id}
"""
TWO = """
arazzo: 1.0.1
info: {title: Main, version: '1'}
sourceDescriptions:
- {name: api, url: api.yaml, type: openapi}
- {name: other, url: other.yaml, type: arazzo}
components:
  parameters:
    trace: {name: X-Trace, in: header, value: main}
workflows:
- workflowId: main
  steps:
  - stepId: same
    operationId: $sourceDescriptions.api.search
    parameters: [{name: q, in: query, value: a}, {reference: $components.parameters.trace}]
    outputs: {id: $response.body#/id}
  - stepId: call
    workflowId: $sourceDescriptions.other.find
    parameters: [{name: q, value: $steps.same.outputs.id}]
  outputs: {id: $steps.call.outputs.id}
"""


def test_workflows_of_another_document_use_its_components(flow, well_formed):
    """R-STEP-15, R-COMP-04: each document has components and steps of its own."""
    from arazzo_runner.testing import plan_text

    plan = plan_text(TWO, api=flow.api, other=OTHER)
    done = play(plan, {}, [OK, Response(200, body={"id": "k"})])

    well_formed(done.events)
    traces = [
        {a.name: a.value for a in call.arguments}["X-Trace"] for call in done.calls
    ]
    assert traces == ["main", "other"]
    assert done.outputs == {"id": "k"}
    started = [e for e in done.events if isinstance(e, WorkflowStarted)]
    assert [e.workflow_id for e in started] == ["other.find"]
