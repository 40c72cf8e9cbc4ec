"""The mock answers so that a workflow runs: what is read is there, and loops end."""

import json
import textwrap

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arazzo_runner.engine import machine
from arazzo_runner.engine.effects import Reply, Send
from arazzo_runner.events import StepFinished, Warned
from arazzo_runner.messages import ABSENT, Argument, Call, Records
from arazzo_runner.mock.answers import Mock, statuses
from arazzo_runner.mock.drafts import put_in
from arazzo_runner.mock.reads import reads
from arazzo_runner.testing import plan_text

API = """\
openapi: 3.1.0
info: {title: Jobs, version: '1'}
servers: [{url: https://api.test}]
paths:
  /jobs:
    post:
      operationId: createJob
      requestBody: {content: {application/json: {schema: {type: object}}}}
      responses:
        '201': {content: {application/json: {schema: {$ref: '#/components/schemas/Job'}}}}
    get:
      operationId: listJobs
      responses:
        '200':
          content:
            application/json:
              schema: {$ref: '#/components/schemas/Page'}
              examples:
                none: {value: {jobs: [], next: null}}
                some: {$ref: '#/components/examples/Some'}
  /jobs/{job_id}:
    get:
      operationId: getJob
      parameters: [{name: job_id, in: path, required: true, schema: {type: string}}]
      responses:
        '200': {content: {application/json: {schema: {$ref: '#/components/schemas/Job'}}}}
        default: {content: {application/json: {schema: {$ref: '#/components/schemas/Error'}}}}
    delete:
      operationId: deleteJob
      parameters: [{name: job_id, in: path, required: true, schema: {type: string}}]
      responses: {'204': {description: gone}}
  /jobs/{job_id}/cancel:
    post:
      operationId: cancelJob
      parameters: [{name: job_id, in: path, required: true, schema: {type: string}}]
      responses:
        '200': {content: {application/json: {schema: {$ref: '#/components/schemas/Job'}}}}
  /lines:
    get:
      operationId: lines
      responses: {'200': {content: {application/jsonl: {schema: {type: string}}}}}
  /rows:
    get:
      operationId: rows
      responses:
        '200':
          content:
            application/x-ndjson:
              schema: {type: array, items: {required: [n], properties: {n: {const: 1}}}}
  /export:
    get:
      operationId: export
      responses:
        '200':
          headers: {X-Total: {schema: {const: 12}}}
          content:
            text/csv: {example: "a,b\\n1,2\\n"}
            application/xml: {schema: {type: object}}
  /image:
    get:
      operationId: image
      responses: {'200': {content: {image/png: {}}}}
  /nothing:
    get: {operationId: nothing, responses: {'200': {description: something}}}
components:
  examples:
    Some: {value: {jobs: [{id: job-9, state: done}], next: c2}}
  schemas:
    Job:
      type: object
      required: [id, state]
      properties:
        id: {type: string}
        name: {type: string}
        priority: {type: integer}
        state: {type: string, enum: [queued, failed, running, cancelling, done]}
        ready: {type: boolean}
        progress: {type: integer, minimum: 0, maximum: 100}
        url: {type: [string, 'null'], example: null}
        files: {type: array, items: {type: object, required: [id], properties: {id: {type: string}, ok: {type: boolean}}}}
        options: {type: object, properties: {fast: {type: boolean}, level: {type: integer}}}
    Page:
      type: object
      properties:
        jobs: {type: array, items: {$ref: '#/components/schemas/Job'}}
        next: {type: [string, 'null']}
    Error: {type: object, properties: {message: {type: string}}}
"""

HEAD = """\
arazzo: 1.0.1
info: {title: Test, version: '1'}
sourceDescriptions: [{name: api, url: api.yaml, type: openapi}]
workflows:
- workflowId: main
"""


def plan(workflow):
    return plan_text(HEAD + textwrap.indent(textwrap.dedent(workflow), "  "), api=API)


class Play:
    """A run of a plan against its mock."""

    def __init__(self, workflow, inputs=None, **options):
        self.plan = workflow if not isinstance(workflow, str) else plan(workflow)
        mock = Mock(self.plan, **options)
        turn = machine.start(self.plan, inputs or {}, run_id="r", seed=0)
        self.events, self.sent, self.replies = [*turn.events], [], []
        while turn.effects:
            effect, response = turn.effects[0], None
            if isinstance(effect, Send):
                step = self.plan.operation_step(effect.workflow_id, effect.step_id)
                inputs = turn.state.frames[-1].inputs
                response = mock.answer(step, effect.call, inputs)
                self.sent.append(effect.step_id)
                self.replies.append(response)
            assert len(self.sent) < 60, "it never ends"
            reply = Reply(key=effect.key, at=0.0, response=response)
            turn = machine.advance(self.plan, turn.state, reply)
            self.events += turn.events
        self.status, self.outputs = turn.state.status, turn.state.outputs
        self.error = turn.state.error

    def seen(self, step_id, output):
        return [
            each.outputs.get(output)
            for each in self.events
            if isinstance(each, StepFinished) and each.step_id == step_id
        ]

    @property
    def decisions(self):
        return [e.decision for e in self.events if isinstance(e, StepFinished)]

    @property
    def warnings(self):
        return [e.diagnostic.code for e in self.events if isinstance(e, Warned)]


def one(step, outputs="", **options):
    """A run of a workflow with a single step."""
    body = textwrap.indent(textwrap.dedent(step), "  ").replace("  ", "- ", 1)
    return Play(f"steps:\n{body}\n{textwrap.dedent(outputs)}", **options)


def body(step, **options):
    return one(step, **options).replies[-1].body


# --- polls ------------------------------------------------------------------------------

POLL = """
steps:
- stepId: create
  operationId: createJob
  requestBody: {contentType: application/json, payload: {name: mine}}
  outputs: {id: $response.body#/id}
- stepId: poll
  operationId: getJob
  parameters: [{name: job_id, in: path, value: $steps.create.outputs.id}]
  successCriteria: [{condition: $statusCode == 200}]
  outputs: {state: $response.body#/state, files: $response.body#/files}
  onSuccess:
ACTIONS
- stepId: other
  operationId: nothing
- stepId: fetch
  operationId: getJob
  parameters: [{name: job_id, in: path, value: $steps.create.outputs.id}]
  outputs: {state: $response.body#/state, url: $response.body#/url}
outputs: {state: $steps.fetch.outputs.state, url: $steps.fetch.outputs.url}
"""


def action(name, condition, goto=None, kind="jsonpath"):
    way = f"type: goto, stepId: {goto}" if goto else "type: end"
    context = "context: $response.body, " if kind != "simple" else ""
    quoted = json.dumps(condition)
    return (
        f"  - {{name: {name}, {way}, criteria: "
        f"[{{{context}condition: {quoted}, type: {kind}}}]}}"
    )


def poll(*actions, **options):
    return Play(POLL.replace("ACTIONS", "\n".join(actions)), **options)


BUSY = "$.state == 'queued' || $.state == 'running'"


@pytest.mark.parametrize(
    "polls, states",
    [
        (0, ["done"]),
        (1, ["queued", "done"]),
        (2, ["queued", "running", "done"]),
        (4, ["queued", "running", "running", "running", "done"]),
    ],
)
def test_a_polled_member_walks_what_loops_then_takes_what_leads_on(polls, states):
    run = poll(
        action("again", BUSY, "poll"),
        action("done", "$.state == 'done'", "fetch"),
        polls=polls,
    )

    assert run.seen("poll", "state") == states
    assert run.sent[-1] == "fetch"
    assert run.status == "succeeded"


def test_the_order_of_the_enum_decides_nothing():
    run = poll(action("again", "$.state == 'queued'", "poll"))

    assert run.seen("poll", "state")[-1] not in ("failed", "cancelling")


def test_a_forward_goto_is_preferred_to_an_end():
    run = poll(
        action("stop", "$.state == 'cancelling'"),
        action("again", BUSY, "poll"),
        action("done", "$.state == 'done'", "fetch"),
    )

    assert run.seen("poll", "state")[-1] == "done"


def test_an_end_is_taken_when_nothing_leads_on():
    run = poll(
        action("again", BUSY, "poll"),
        action("broken", "$.state == 'failed'"),
        action("finished", "$.state == 'done'"),
    )

    assert run.sent[-1] == "poll"
    assert run.seen("poll", "state")[-1] == "done"


def test_without_a_way_on_it_takes_what_loops_no_more_and_no_failure():
    run = poll(action("again", BUSY, "poll"), action("broken", "$.state == 'failed'"))

    assert run.seen("poll", "state") == ["queued", "running", "done"]


def test_anything_but_done_loops_with_a_value_that_is_not_done():
    run = poll(
        action("again", "$.state != 'done'", "poll"),
        action("done", "$.state == 'done'", "fetch"),
    )

    states = run.seen("poll", "state")
    assert states[0] == states[1] == "queued"
    assert states[2] == "done"


@pytest.mark.parametrize(
    "again, on, kind",
    [
        ("$.ready == false", "$.ready == true", "jsonpath"),
        ("$.progress < 100", "$.progress >= 100", "jsonpath"),
        ("$.files.length == 0", "$.files.length > 0", "jsonpath"),
        ("$.files.length < 3", "$.files.length >= 3", "jsonpath"),
        ("$.url == null", "$.url != null", "jsonpath"),
        ("$.state == 'queued' && $.ready != true", "$.ready == true", "jsonpath"),
        ("$response.body#/state == 'QUEUED'", "$response.body#/state == 'DONE'", "simple"),
        ("!$response.body#/ready", "$response.body#/ready", "simple"),
        ("$response.body.files[0].ok != true", "$response.body.files[0].ok", "simple"),
        ("$.files[?(@.ok != true)]", "$.files[0].ok == true", "jsonpath"),
        ("$statusCode == 202", "$statusCode == 200", "simple"),
    ],
)  # fmt: skip
def test_whatever_the_condition_is_it_loops_and_then_leaves(again, on, kind):
    workflow = POLL.replace(
        "ACTIONS",
        action("again", again, "poll", kind) + "\n" + action("on", on, "fetch", kind),
    )
    if "statusCode" in again:
        workflow = workflow.replace(
            "  successCriteria: [{condition: $statusCode == 200}]\n", ""
        )

    run = Play(workflow)

    assert run.sent == ["create", "poll", "poll", "poll", "fetch"]
    assert run.status == "succeeded"


def test_a_state_of_cancelling_is_not_walked_where_there_are_others():
    run = poll(
        action("again", f"{BUSY} || $.state == 'cancelling'", "poll"),
        action("done", "$.state == 'done'", "fetch"),
        polls=4,
    )

    assert "cancelling" not in run.seen("poll", "state")


def test_several_actions_that_loop_are_walked_in_their_order():
    run = poll(
        action("b", "$.state == 'running'", "poll"),
        action("a", "$.state == 'queued'", "poll"),
        action("done", "$.state == 'done'", "fetch"),
    )

    assert run.seen("poll", "state") == ["running", "queued", "done"]


def test_what_one_step_saw_finished_is_finished_for_another():
    run = poll(
        action("again", BUSY, "poll"), action("on", "$.state == 'done'", "fetch")
    )

    assert run.outputs["state"] == "done"


def test_a_second_poll_of_a_finished_resource_does_not_begin_again():
    actions = action("again", BUSY, "poll"), action("on", "$.state == 'done'", "fetch")
    again = action("again", BUSY, "fetch"), action("finish", "$.state == 'done'")
    workflow = POLL.replace("ACTIONS", "\n".join(actions)).replace(
        "url: $response.body#/url}\n",
        "url: $response.body#/url}\n  onSuccess:\n" + "\n".join(again) + "\n",
    )

    run = Play(workflow)

    assert run.sent.count("fetch") == 1


def test_a_loop_back_to_an_earlier_step_ends_too():
    run = Play("""
        steps:
        - stepId: list
          operationId: listJobs
          outputs: {first: $response.body#/jobs/0/id, next: $response.body#/next}
        - stepId: get
          operationId: getJob
          parameters: [{name: job_id, in: path, value: $steps.list.outputs.first}]
          onSuccess:
          - {name: more, type: goto, stepId: list, criteria: [{condition: $response.body#/state != 'done'}]}
        """)

    assert run.sent == ["list", "get"] * 3


def test_pages_are_followed_and_come_to_an_end():
    run = one("""
        stepId: list
        operationId: listJobs
        outputs: {next: $response.body#/next}
        onSuccess:
        - name: more
          type: goto
          stepId: list
          criteria:
          - {context: $response.body, condition: "$.next != null && $.next != ''", type: jsonpath}
        """)

    assert len(run.sent) == 3
    assert all(run.seen("list", "next")[:2])
    assert not run.seen("list", "next")[2]


RETRY = """
    stepId: get
    operationId: getJob
    parameters: [{name: job_id, in: path, value: j1}]
    successCriteria: [{condition: $statusCode == 200}, {condition: $response.body#/state == 'done'}]
    outputs: {state: $response.body#/state}
    onFailure: [{name: again, type: retry, retryAfter: 1, retryLimit: LIMIT, criteria: [{condition: $statusCode == 200}]}]
"""


@pytest.mark.parametrize("limit, sent", [(1, 2), (2, 3), (10, 3)])
def test_a_step_that_fails_until_it_is_done_fails_within_its_retry_limit(limit, sent):
    run = one(RETRY.replace("LIMIT", str(limit)))

    assert len(run.sent) == sent
    assert run.seen("get", "state")[-1] == "done"
    assert "failed" not in run.seen("get", "state")
    assert run.status == "succeeded"


def test_error_handling_is_no_poll():
    run = one("""
        stepId: get
        operationId: getJob
        parameters: [{name: job_id, in: path, value: j1}]
        successCriteria: [{condition: $statusCode == 200}]
        onFailure:
        - {name: busy, type: retry, retryAfter: 1, retryLimit: 3, criteria: [{condition: $statusCode >= 500}]}
        """)

    assert run.decisions == ["next"]


def test_a_condition_that_compares_with_an_input_is_met():
    actions = (
        action("again", "$.progress < $inputs.goal", "poll"),
        action("on", "$.progress >= $inputs.goal", "fetch"),
    )
    schema = "inputs: {type: object, properties: {goal: {type: integer}}}"

    run = Play(schema + POLL.replace("ACTIONS", "\n".join(actions)), {"goal": 70})

    assert run.sent == ["create", "poll", "poll", "poll", "fetch"]


# --- success ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "condition",
    [
        "$response.body#/state == 'done'",
        "$response.body#/state != 'queued'",
        "$response.body#/progress > 41 && $response.body#/progress < 43",
        "$response.body#/url != null",
        "$response.body#/files/1/ok == true",
        "!($response.body#/ready)",
        "$response.body#/name == 'x' || $response.body#/name == 'y'",
        "$response.header.etag == 'v1'",
        "$response.body#/id == 'j1'",
    ],
)
def test_success_criteria_are_met(condition):
    run = one(f"""
        stepId: get
        operationId: getJob
        parameters: [{{name: job_id, in: path, value: j1}}]
        successCriteria: [{{condition: "{condition}"}}]
        """)

    assert run.status == "succeeded"


def test_a_regular_expression_is_met():
    run = one("""
        stepId: get
        operationId: getJob
        parameters: [{name: job_id, in: path, value: j1}]
        successCriteria: [{context: $response.body#/name, condition: '^job-\\d{4}$', type: regex}]
        """)

    assert run.status == "succeeded"


@pytest.mark.parametrize(
    "operation, condition, first",
    [
        ("createJob", None, 201),
        ("createJob", "$statusCode == 201", 201),
        ("createJob", "$statusCode == 200", 200),
        ("getJob", "$statusCode == 200 || $statusCode == 404", 200),
        ("getJob", "$statusCode == 404", 404),
        ("getJob", "200 == $statusCode", 200),
        ("deleteJob", None, 204),
    ],
)
def test_the_status_is_the_one_that_is_asked_for(operation, condition, first):
    path = (
        "  parameters: [{name: job_id, in: path, value: j1}]\n"
        if "create" not in operation
        else ""
    )
    criteria = f"  successCriteria: [{{condition: {condition}}}]\n" if condition else ""
    found = plan(f"steps:\n- stepId: s\n  operationId: {operation}\n{path}{criteria}")

    assert statuses(found.steps[0])[0] == first
    assert Play(found).replies[0].status == first


def test_a_branch_that_empties_what_is_read_later_is_not_taken():
    run = Play("""
        steps:
        - stepId: find
          operationId: listJobs
          outputs: {id: $response.body#/jobs/0/id}
          onSuccess:
          - {name: none, type: goto, stepId: create, criteria: [{context: $response.body, condition: $.jobs.length == 0, type: jsonpath}]}
          - {name: some, type: goto, stepId: get, criteria: [{context: $response.body, condition: $.jobs.length > 0, type: jsonpath}]}
        - stepId: create
          operationId: createJob
          requestBody: {contentType: application/json, payload: {}}
        - stepId: get
          operationId: getJob
          parameters: [{name: job_id, in: path, value: $steps.find.outputs.id}]
        """)

    assert run.sent == ["find", "get"]


# --- what is in the answer --------------------------------------------------------------

GET = """
    stepId: get
    operationId: getJob
    parameters: [{name: job_id, in: path, value: j1}]
"""


def test_what_nobody_reads_is_left_out():
    assert body(GET).keys() == {"id", "state"}


@pytest.mark.parametrize(
    "output",
    [
        "$response.body#/url",
        "$response.body#/files/2/ok",
        "$response.body.options.level",
        "$response.body#/progress",
    ],
)
def test_every_optional_member_that_an_output_reads_is_there(output):
    run = one(GET + f"    outputs: {{x: {output}}}")

    assert run.seen("get", "x")[0] is not None


def test_navigation_into_an_output_is_followed_through_other_steps():
    run = Play("""
        steps:
        - stepId: a
          operationId: listJobs
          outputs: {all: $response.body}
        - stepId: b
          operationId: nothing
          outputs: {jobs: $steps.a.outputs.all#/jobs}
        - stepId: c
          operationId: getJob
          parameters: [{name: job_id, in: path, value: '$steps.b.outputs.jobs[1].id'}]
        outputs: {fast: '$steps.b.outputs.jobs[1].options.fast'}
        """)

    assert run.status == "succeeded"
    assert isinstance(run.outputs["fast"], bool)


def test_reads_names_pointers_and_headers():
    found = reads(
        plan("""
        steps:
        - stepId: a
          operationId: listJobs
          successCriteria:
          - {condition: "$response.body#/jobs/0/state == 'done' && $response.header.X-Kind == 'a'"}
          - {context: $response.body, condition: "$.jobs[?(@.ready == true)].name", type: jsonpath}
          outputs: {a: $response.body#/x~1y, b: $response.body}
        """)
    )["a"]

    assert found.headers == {"x-kind"}
    assert found.pointers == {
        "",
        "/x~1y",
        "/jobs/0/state",
        "/jobs/0/ready",
        "/jobs/0/name",
    }


def test_headers_that_are_read_are_sent():
    run = one("""
        stepId: e
        operationId: export
        outputs: {total: $response.header.X-Total, at: $response.header.Location}
        """)

    assert run.seen("e", "total") == ["12"]
    assert run.seen("e", "at")[0].startswith("https://")


def test_an_example_that_shows_nothing_comes_after_one_that_does():
    assert body("{stepId: l, operationId: listJobs}")["jobs"] == [
        {"id": "job-9", "state": "done"}
    ]


# --- agreement --------------------------------------------------------------------------


def test_the_request_is_echoed_where_it_fits():
    run = one("""
        stepId: c
        operationId: createJob
        requestBody:
          contentType: application/json
          payload: {name: mine, priority: "7", state: unheard-of, unknown: 1, options: {fast: true}}
        outputs: {level: $response.body#/options/level}
        """)

    answered = run.replies[0].body
    assert answered["name"] == "mine"
    assert answered["priority"] == 7
    assert answered["state"] == "queued"
    assert "unknown" not in answered
    assert answered["options"]["fast"] is True
    assert isinstance(answered["options"]["level"], int)


def test_what_was_created_is_what_is_retrieved():
    run = poll(action("on", "$.state == 'done'", "fetch"))

    created, *_, fetched = [
        each.body for each in run.replies if each.body is not ABSENT
    ]
    assert fetched["id"] == created["id"]
    assert fetched["name"] == "mine"


def test_the_id_of_the_path_wins():
    assert body(GET)["id"] == "j1"
    assert body(GET.replace("getJob", "cancelJob"))["id"] == "j1"


def test_the_same_seed_gives_the_same_answers():
    runs = [
        one(
            "{stepId: c, operationId: nothing, outputs: {a: $response.body#/b}}", seed=s
        )
        for s in (1, 1, 2)
    ]

    one_, same, other = (run.replies[0].body for run in runs)
    assert one_ == same != other


# --- media types ------------------------------------------------------------------------


def test_records_are_lines():
    reply = one("{stepId: r, operationId: rows}").replies[0]

    assert reply.media_type == "application/x-ndjson"
    assert reply.body == Records(text='{"n": 1}\n{"n": 1}\n')


def test_records_described_as_text_echo_the_custom_ids_of_an_earlier_request():
    run = Play("""
        steps:
        - stepId: c
          operationId: createJob
          requestBody: {contentType: application/json, payload: {requests: [{custom_id: a}, {custom_id: b}, {custom_id: c}]}}
        - {stepId: l, operationId: lines}
        """)

    records = [json.loads(line) for line in run.replies[1].body.text.splitlines()]
    assert [each["custom_id"] for each in records] == ["a", "b", "c"]


@pytest.mark.parametrize(
    "step, media_type, expected",
    [
        ("{stepId: s, operationId: export}", "text/csv", "a,b\n1,2\n"),
        ("{stepId: s, operationId: nothing}", "", ABSENT),
        ("{stepId: s, operationId: nothing, outputs: {a: $response.body#/a}}", "application/json", dict),
        ("{stepId: s, operationId: nothing, outputs: {a: $response.body}}", "text/plain", str),
        ("{stepId: s, operationId: image}", "image/png", str),
        ("{stepId: s, operationId: export, parameters: [{name: Accept, in: header, value: application/xml}]}", "application/xml", str),
        ("{stepId: s, operationId: deleteJob, parameters: [{name: job_id, in: path, value: a}]}", "", ABSENT),
    ],
)  # fmt: skip
def test_the_body_has_the_form_of_its_media_type(step, media_type, expected):
    reply = one(step).replies[0]

    assert reply.media_type == media_type
    assert reply.problem is None
    assert (
        reply.body == expected
        if not isinstance(expected, type)
        else isinstance(reply.body, expected)
    )


def test_secrets_and_files_are_not_echoed():
    found = plan("steps:\n- {stepId: c, operationId: createJob}")
    call = Call(
        source="api",
        operation="/paths/~1jobs/post",
        arguments=(Argument("X-Key", "header", "k"),),
        content_type="application/json",
        body={"name": Records(text="{}"), "priority": 3},
    )

    answered = Mock(found).answer(found.steps[0], call, {}).body

    assert "name" not in answered
    assert answered["priority"] == 3


# --- parts ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "place, value, expected",
    [
        ((), 1, 1),
        (("a",), 1, {"a": 1, "l": [{"x": 0}]}),
        (("l", "0", "x"), 1, {"l": [{"x": 1}]}),
        (("l", "2"), 1, {"l": [{"x": 0}, {}, 1]}),
        (("l", "*", "x"), 1, {"l": [{"x": 1}]}),
        (("l", "*", "x"), ABSENT, {"l": [{}]}),
        (("l",), ABSENT, {}),
        (("n", "0", "y"), 1, {"l": [{"x": 0}], "n": [{"y": 1}]}),
        (("l", "5"), ABSENT, {"l": [{"x": 0}]}),
    ],
)
def test_a_value_is_put_into_a_copy(place, value, expected):
    before = {"l": [{"x": 0}]}

    assert put_in(before, place, value) == expected
    assert before == {"l": [{"x": 0}]}


LITERALS = st.sampled_from(
    ["'queued'", "'running'", "'done'", "'new'", "true", "3", "null"]
)
MEMBERS = st.sampled_from(["state", "ready", "progress", "name", "options.level"])
COMPARISONS = st.builds(
    "$.{} {} {}".format, MEMBERS, st.sampled_from(["==", "!="]), LITERALS
)
CONDITIONS = st.lists(COMPARISONS, min_size=1, max_size=3).flatmap(
    lambda parts: st.sampled_from([" && ", " || "]).map(lambda sign: sign.join(parts))
)


@settings(max_examples=40, deadline=None)
@given(CONDITIONS, CONDITIONS)
def test_every_run_against_the_mock_ends(again, on):
    """A loop whose condition can fail is left, whatever the conditions are."""
    actions = action("again", again, "poll"), action("on", on, "fetch")
    found = plan(POLL.replace("ACTIONS", "\n".join(actions)))
    mock = Mock(found)
    call = Call(
        source="api", operation="x", arguments=(Argument("job_id", "path", "j"),)
    )

    answers = [mock.answer(found.steps[1], call, {}) for _ in range(4)]

    assert all(each.status == 200 for each in answers)
