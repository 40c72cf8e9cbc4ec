"""
A step succeeded, its actions test values of one member, none matched, the run goes on.

By the specification that is right (A-39); the product warns with the value and the values
tested.
"""

import pytest

from arazzo_runner.messages import ABSENT, Response
from arazzo_runner.testing import play

OK = Response(200, body={})


def polled(*conditions: str, kind: str = "", rest: bool = True) -> str:
    extra = f", context: $response.body, type: {kind}" if kind else ""
    actions = "".join(
        f'  - {{name: a{n}, type: goto, stepId: {target}, criteria: [{{condition: "{text}"{extra}}}]}}\n'
        for n, (text, target) in enumerate(
            zip(conditions, ["poll", "result", "result"], strict=False)
        )
    )
    last = (
        "- {stepId: other, operationId: ping}\n- {stepId: result, operationId: ping}\n"
    )
    return (
        "steps:\n- stepId: poll\n  operationId: createJob\n  onSuccess:\n"
        + actions
        + (last if rest else last.splitlines(keepends=True)[1])
    )


OPENAI = (
    "$.status == 'validating' || $.status == 'in_progress' || $.status == 'finalizing'",
    "$.status == 'completed'",
)
SIMPLE = (
    "$response.body#/status == 'validating' || $response.body#/status == 'in_progress'",
    "$response.body#/status == 'completed'",
)


def unhandled(done) -> list:
    return [each for each in done.warnings if each.code == "AZ601"]


@pytest.mark.parametrize(
    "conditions, kind, tested",
    [
        (OPENAI, "jsonpath", ["validating", "in_progress", "finalizing", "completed"]),
        (SIMPLE, "", ["validating", "in_progress", "completed"]),
        (
            ("$response.body.status == 'open'", "$response.body.status == 'done'"),
            "",
            ["open", "done"],
        ),
        (("'open' == $response.body#/status", "$response.body#/status == 'done'"), "", ["open", "done"]),
    ],
)  # fmt: skip
def test_a_state_that_no_action_names(flow, conditions, kind, tested):
    """The OpenAI file with ``failed``: the run goes on to the next step, and warns."""
    done = play(
        flow(polled(*conditions, kind=kind)),
        {},
        [Response(200, body={"status": "failed"}), OK, OK],
    )

    assert done.sent == ["poll", "other", "result"]
    assert done.status == "succeeded"
    (warning,) = unhandled(done)
    assert warning.severity == "warning"
    assert warning.location.line > 0
    words = warning.message + (warning.hint or "")
    assert "failed" in words
    assert "poll" in words
    assert all(each in words for each in tested)


def test_the_last_step_too(flow):
    """The workflow ends with a state that nobody named."""
    plan = flow("""\
        steps:
        - stepId: poll
          operationId: createJob
          onSuccess:
          - {name: on, type: goto, stepId: poll, criteria: [{condition: $response.body#/s == 'open'}]}
          - {name: out, type: end, criteria: [{condition: $response.body#/s == 'done'}]}
        """)

    done = play(plan, {}, [Response(200, body={"s": "failed"})])

    assert len(unhandled(done)) == 1


@pytest.mark.parametrize(
    "status", ["validating", "in_progress", "completed", "COMPLETED"]
)
def test_a_state_that_is_named(flow, status):
    body = Response(200, body={"status": status})

    done = play(flow(polled(*SIMPLE)), {}, [body, OK, OK, OK], whole=False)

    assert unhandled(done) == []


@pytest.mark.parametrize(
    "workflow, body",
    [
        pytest.param(
            "steps: [{stepId: one, operationId: ping}]", {"s": "x"}, id="no actions"
        ),
        pytest.param(
            polled("false", "$response.body#/a == 'x'", "$response.body#/b == 'y'"),
            {"a": "1", "b": "2"},
            id="one value of each of two members",
        ),
        pytest.param(
            polled("$response.body#/more == true"), {"more": False}, id="a flag"
        ),
        pytest.param(
            polled("$.s != 'ended'", "$.s == 'gone'", kind="jsonpath"),
            {"s": "ended"},
            id="the value is named by an inequality",
        ),
        pytest.param(
            polled("$response.body#/n > 5", "$response.body#/n > 9"),
            {"n": 1},
            id="orders are not values",
        ),
    ],
)
def test_what_is_no_unhandled_state(flow, workflow, body):
    done = play(flow(workflow), {}, [Response(200, body=body), OK, OK], whole=False)

    assert unhandled(done) == []


def test_an_unconditional_action_handles_everything(flow):
    text = polled("$response.body#/s == 'a'", "$response.body#/s == 'b'")
    plan = flow(
        text.replace(
            "- {stepId: other", "  - {name: rest, type: end}\n- {stepId: other"
        )
    )

    done = play(plan, {}, [Response(200, body={"s": "c"})])

    assert unhandled(done) == []


def test_a_failed_step_is_no_unhandled_state(flow):
    done = play(flow(polled(*SIMPLE)), {}, [Response(400, body={"status": "failed"})])

    assert unhandled(done) == []


def test_an_absent_member(flow):
    """The member is missing altogether: that is said too, or nothing is, but no crash."""
    done = play(flow(polled(*SIMPLE)), {}, [Response(200, body=ABSENT), OK, OK])

    assert done.status == "succeeded"


def test_actions_of_the_workflow_count(flow):
    """A-40: an action of the workflow names a state as well."""
    text = (
        "successActions:\n"
        "- {name: dead, type: end, criteria: [{condition: $response.body#/status == 'failed'}]}\n"
    )
    plan = flow(text + polled(*SIMPLE))

    done = play(plan, {}, [Response(200, body={"status": "failed"})])

    assert unhandled(done) == []
    assert done.sent == ["poll"]
