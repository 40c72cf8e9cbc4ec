"""
What follows a step that succeeded.

https://spec.openapis.org/arazzo/v1.0.1.html#success-action-object
"""

import pytest

from arazzo_runner.messages import Response
from arazzo_runner.testing import play


def body(**members: object) -> Response:
    return Response(200, body=members)


JUMP = """\
steps:
- stepId: one
  operationId: ping
  onSuccess:
  - {name: skip, type: goto, stepId: three}
- {stepId: two, operationId: ping}
- {stepId: three, operationId: ping}
"""


def test_goto(flow):
    """R-SACT-04: a one-way transfer; what lies between is not run."""
    done = play(flow(JUMP), {}, [body()] * 2)

    assert done.sent == ["one", "three"]
    assert done.status == "succeeded"
    assert done.decisions[0] == "goto three"


def test_goto_does_not_come_back(flow):
    """After a goto the steps behind the label follow."""
    plan = flow("""\
        steps:
        - stepId: one
          operationId: ping
          onSuccess: [{name: on, type: goto, stepId: three}]
        - {stepId: two, operationId: ping}
        - {stepId: three, operationId: ping}
        - {stepId: four, operationId: ping}
        """)

    assert play(plan, {}, [body()] * 3).sent == ["one", "three", "four"]


def test_goto_backwards_keeps_outputs(flow):
    """A-42: outputs of earlier steps survive a goto."""
    plan = flow("""\
        steps:
        - {stepId: first, operationId: ping, outputs: {v: $response.body#/v}}
        - {stepId: one, operationId: createJob}
        - stepId: two
          operationId: ping
          onSuccess:
          - name: back
            type: goto
            stepId: one
            criteria: [{condition: $response.body#/again == true}]
        - stepId: three
          operationId: getJob
          parameters: [{name: id, in: path, value: $steps.first.outputs.v}]
        """)
    replies = [
        body(v="j1"),
        body(),
        body(again=True),
        body(),
        body(again=False),
        body(),
    ]

    done = play(plan, {}, replies)

    assert done.sent == ["first", "one", "two", "one", "two", "three"]
    assert done.calls[-1].arguments[0].value == "j1"


def test_end(flow):
    """R-SACT-03, A-44: the workflow ends with success and its outputs."""
    plan = flow("""\
        steps:
        - stepId: one
          operationId: ping
          onSuccess: [{name: enough, type: end}]
          outputs: {v: $response.body#/v}
        - {stepId: two, operationId: ping, outputs: {v: $response.body#/v}}
        outputs: {v: $steps.one.outputs.v, w: $steps.two.outputs.v}
        """)

    done = play(plan, {}, [body(v=7)])

    assert done.sent == ["one"]
    assert done.status == "succeeded"
    assert done.decisions[0].split()[0] == "end"
    assert done.outputs == {"v": 7, "w": None}


CHOICE = """\
steps:
- stepId: one
  operationId: ping
  onSuccess:
  - name: big
    type: goto
    stepId: three
    criteria:
    - condition: $response.body#/n > 10
    - condition: $response.body#/color == 'RED'
  - name: middle
    type: end
    criteria: [{condition: $response.body#/n > 5}]
- {stepId: two, operationId: ping}
- {stepId: three, operationId: ping}
"""


@pytest.mark.parametrize(
    "members, decision",
    [
        ({"n": 11, "color": "red"}, "goto three"),
        ({"n": 11, "color": "Red"}, "goto three"),
        ({"n": 11, "color": "blue"}, "end"),
        ({"n": 6, "color": "red"}, "end"),
        ({"n": 5, "color": "red"}, "next"),
        ({"n": "11", "color": "red"}, "goto three"),
        ({}, "next"),
    ],
)
def test_the_first_action_whose_criteria_all_hold(flow, members, decision):
    """R-STEP-26, R-SACT-10, A-39; strings compare without case (A-05)."""
    done = play(flow(CHOICE), {}, [body(**members)] + [body()] * 2, whole=False)

    assert done.decisions[0].startswith(decision)


def test_actions_are_for_success_only(flow):
    """A failed step does not look at its success actions."""
    done = play(flow(JUMP), {}, [Response(404)])

    assert done.sent == ["one"]
    assert done.status == "failed"


def test_goto_to_the_last_step_ends_after_it(flow):
    done = play(flow(JUMP), {}, [body(), body()])

    assert done.decisions[-1] in ("next", "end")
    assert done.status == "succeeded"


# --- actions of the workflow ------------------------------------------------------------

MERGED = """\
successActions:
- {name: leave, type: end, criteria: [{condition: $response.body#/leave == true}]}
- {name: jump, type: goto, stepId: three, criteria: [{condition: $response.body#/jump == true}]}
steps:
- stepId: one
  operationId: ping
  onSuccess: ONE
- {stepId: two, operationId: ping}
- {stepId: three, operationId: ping}
"""


@pytest.mark.parametrize(
    "own, members, decision",
    [
        pytest.param("[]", {"leave": True}, "end", id="an empty list removes nothing"),
        pytest.param("[]", {"jump": True}, "goto three", id="every one applies"),
        pytest.param(
            "[{name: mine, type: goto, stepId: two, criteria: [{condition: $response.body#/mine == true}]}]",
            {"leave": True},
            "end",
            id="an own action that does not match leaves the workflow's",
        ),
        pytest.param(
            "[{name: mine, type: goto, stepId: two}]",
            {"leave": True},
            "goto two",
            id="own actions come first",
        ),
        pytest.param(
            "[{name: leave, type: goto, stepId: two, criteria: [{condition: $response.body#/two == true}]}]",
            {"leave": True, "jump": True},
            "goto three",
            id="an action of the same name replaces the workflow's",
        ),
        pytest.param(
            "[{name: Leave, type: goto, stepId: two, criteria: [{condition: 'false'}]}]",
            {"leave": True},
            "end",
            id="names are case-sensitive",
        ),
    ],
)
def test_actions_of_the_workflow_are_merged_by_name(flow, own, members, decision):
    """R-WF-14, R-WF-15, R-STEP-27, A-40."""
    plan = flow(MERGED.replace("ONE", own))

    done = play(plan, {}, [body(**members)] + [body()] * 3, whole=False)

    assert done.decisions[0].startswith(decision)


def test_actions_of_the_workflow_apply_to_each_step(flow):
    """R-WF-14: also to steps without actions of their own."""
    plan = flow(MERGED.replace("ONE", "[]"))

    done = play(plan, {}, [body(), body(leave=True)])

    assert done.sent == ["one", "two"]
    assert done.status == "succeeded"


@pytest.mark.parametrize("level", ["workflow", "step"])
def test_reusable_action(flow, level):
    """R-WF-16, R-STEP-28: a Reusable Object stands for a component of this document."""
    reference = "[{reference: $components.successActions.leave}]"
    own = f", onSuccess: {reference}" if level == "step" else ""
    whole = f"successActions: {reference}\n" if level == "workflow" else ""
    more = "components: {successActions: {leave: {name: out, type: end}}}\n"
    plan = flow(
        f"{whole}steps:\n- {{stepId: one, operationId: ping{own}}}\n"
        "- {stepId: two, operationId: ping}\n",
        more=more,
    )

    assert play(plan, {}, [body()]).sent == ["one"]


def test_a_component_is_overridden_by_its_own_name(flow):
    """A-40, A-41: the identity of an action is its name, not the component's key."""
    plan = flow(
        """\
        successActions: [{reference: $components.successActions.key}]
        steps:
        - stepId: one
          operationId: ping
          onSuccess: [{name: out, type: goto, stepId: three}]
        - {stepId: two, operationId: ping}
        - {stepId: three, operationId: ping, onSuccess: [{name: key, type: end}]}
        """,
        more="components: {successActions: {key: {name: out, type: end}}}\n",
    )

    done = play(plan, {}, [body()] * 2)

    assert done.sent == ["one", "three"]


def test_criteria_see_inputs_steps_and_the_message(flow):
    """Everything a criterion may name: R-EXPR-01 to R-EXPR-07, A-31."""
    plan = flow("""\
        inputs: {type: object, properties: {want: {type: string}}}
        steps:
        - {stepId: zero, operationId: ping, outputs: {v: $response.body#/v}}
        - stepId: one
          operationId: listJobs
          parameters: [{name: limit, in: query, value: 5}]
          onSuccess:
          - name: all
            type: end
            criteria:
            - condition: $method == 'GET'
            - condition: $statusCode == 200
            - condition: $url == 'https://api.test/v1/jobs?limit=5'
            - condition: $request.query.limit == 5
            - condition: $inputs.want == $response.body#/state
            - condition: $steps.zero.outputs.v < $response.body#/n
            - condition: $response.header.x-kind == 'Job'
            - {context: $response.body#/state, condition: "^do", type: regex}
            - {context: $response.body, condition: "$.list[?@.a == 1]", type: jsonpath}
        - {stepId: two, operationId: ping}
        """)
    reply = Response(
        200,
        headers=(("x-kind", "job"),),
        body={"state": "done", "n": 2, "list": [{"a": 1}]},
    )

    done = play(plan, {"want": "DONE"}, [body(v=1), reply, body()], whole=False)

    assert done.decisions[1].startswith("end")


def test_retry_after_success_is_refused_in_strict(flow):
    """R-SACT-02: a success action is ``end`` or ``goto``."""
    refusal = flow.refuse(
        "steps:\n- stepId: one\n  operationId: ping\n"
        "  onSuccess: [{name: again, type: retry}]\n",
        strict=True,
    )

    assert refusal.one.code == "AZ511"


def test_retry_after_success(flow):
    """AZ511, the dialect: the step is sent again, paced and bounded as after a failure."""
    plan = flow("""\
        steps:
        - stepId: one
          operationId: ping
          onSuccess:
          - name: again
            type: retry
            retryAfter: 2
            retryLimit: 3
            criteria: [{condition: $response.body#/state == 'open'}]
        - {stepId: two, operationId: ping}
        """)

    done = play(plan, {}, [body(state="open"), body(state="open"), body(), body()])

    assert done.sent == ["one", "one", "one", "two"]
    assert done.waits == [2.0, 2.0]
