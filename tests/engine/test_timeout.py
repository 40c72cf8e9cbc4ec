"""
``timeout`` of a step: the total limit of one attempt. Here with scripted replies; that the
time is really kept is in tests/unit/test_transport_total.py.

https://spec.openapis.org/arazzo/v1.1.0.html#step-object; checklist A-68, A-38.
"""

import json

import pytest

from arazzo_runner.engine import machine
from arazzo_runner.engine.effects import Send
from arazzo_runner.engine.state import RunState
from arazzo_runner.events import StepFinished
from arazzo_runner.messages import Response
from arazzo_runner.testing import Lost, play

LATE = Lost("api.test:443 gave no complete answer within 2.5 s (timeout of the step)")
OK = Response(200)


def one(operation="ping", rest=""):
    return f"steps:\n- {{stepId: one, operationId: {operation}, timeout: 2500{rest}}}\n"


def test_milliseconds_in_the_document_are_seconds_for_the_driver(flow):
    """N-STEP-06: ``timeout`` counts milliseconds."""
    done = play(flow(one(), version="1.1.0"), {}, [OK])

    (send,) = done.effects
    assert isinstance(send, Send)
    assert send.timeout == 2.5
    assert done.status == "succeeded"


def test_a_step_without_timeout_has_no_limit(flow):
    done = play(flow("steps:\n- {stepId: one, operationId: ping}\n"), {}, [OK])

    assert done.effects[0].timeout is None


def test_a_step_that_timed_out_fails_and_so_does_the_workflow(flow):
    """N-STEP-06: without failure actions the workflow fails."""
    done = play(flow(one("createJob"), version="1.1.0"), {}, [LATE])

    assert done.status == "failed"
    assert done.error.code == "no-response"
    assert "(timeout of the step)" in done.error.message


def test_failure_actions_run_after_a_timeout(flow):
    """N-STEP-06, A-38: first ``onFailure``; what asks for the response does not hold."""
    actions = (
        ", onFailure: ["
        "{name: status, type: end, criteria: [{condition: $statusCode != 200}]}, "
        "{name: body, type: end, criteria: [{condition: $response.body == null}]}, "
        "{name: on, type: goto, stepId: two}]}\n"
        "- {stepId: two, operationId: ping"
    )
    done = play(flow(one("createJob", actions), version="1.1.0"), {}, [LATE, OK])

    assert done.sent == ["one", "two"]
    assert done.decisions == ["goto two", "next"]
    assert done.status == "succeeded"


def test_each_attempt_has_the_whole_time(flow):
    """A-68: it bounds one attempt, and waiting between them is not part of it."""
    again = ", onFailure: [{name: again, type: retry, retryAfter: 60, retryLimit: 2}]"
    done = play(flow(one("createJob", again), version="1.1.0"), {}, [LATE, LATE, OK])

    sends = [each for each in done.effects if isinstance(each, Send)]
    assert [each.timeout for each in sends] == [2.5, 2.5, 2.5]
    assert done.waits == [60.0, 60.0]
    assert done.status == "succeeded"


def test_a_get_that_timed_out_is_sent_again(flow):
    """As after a lost connection, if no failure action looks after it."""
    done = play(flow(one(), version="1.1.0"), {}, [LATE, OK])

    assert done.waits == [1.0]
    assert done.decisions == ["resend (1 of 3)", "next"]
    assert [each.timeout for each in done.effects if isinstance(each, Send)] == [
        2.5
    ] * 2


@pytest.mark.parametrize("operation", ["createJob", "deletePing"])
def test_nothing_else_is_sent_again(flow, operation):
    done = play(flow(one(operation), version="1.1.0"), {}, [LATE])

    assert done.sent == ["one"]


def test_a_step_that_timed_out_has_no_outputs(flow):
    """``$statusCode`` and ``$response`` are absent, and outputs are not taken (A-38)."""
    rest = ", outputs: {status: $statusCode, url: $url}, onFailure: [{name: on, type: end}]"
    done = play(flow(one("createJob", rest), version="1.1.0"), {}, [LATE])

    (finished,) = [each for each in done.events if isinstance(each, StepFinished)]
    assert finished.outputs == {}
    assert finished.failure == LATE.failure


def test_a_run_that_waits_for_its_answer_keeps_the_limit(flow):
    """The state turns into JSON and back with it."""
    plan = flow(one(), version="1.1.0")
    state = machine.start(plan, {}, run_id="r", seed=0).state

    again = RunState.from_json(json.loads(json.dumps(state.to_json())))

    assert again.pending.timeout == 2.5
