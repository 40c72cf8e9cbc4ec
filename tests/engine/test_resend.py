"""
Sending again what no failure action looks after: ``--retry`` of the product page.

GET and HEAD, on a lost connection, 429, 502, 503, 504 and 529, up to N times.
"""

import pytest

from arazzo_runner.engine import machine
from arazzo_runner.engine.effects import Reply
from arazzo_runner.events import StepStarted, Waiting
from arazzo_runner.messages import Response
from arazzo_runner.testing import Busy, Lost, play

OK = Response(200, body={"v": 1})
SENDABLE = [429, 502, 503, 504, 529]


def one(operation: str, rest: str = "") -> str:
    parameters = (
        "  parameters: [{name: id, in: path, value: j1}]\n"
        if operation.endswith("Job") and operation not in ("createJob",)
        else ""
    )
    return f"steps:\n- stepId: one\n  operationId: {operation}\n{parameters}{rest}"


@pytest.mark.parametrize("status", SENDABLE)
@pytest.mark.parametrize("operation", ["ping", "headPing", "getJob", "headJob"])
def test_get_and_head_are_sent_again(flow, operation, status):
    done = play(flow(one(operation)), {}, [Response(status), OK])

    assert done.sent == ["one", "one"]
    assert done.waits == [1.0]
    assert done.reasons == ["resend"]
    assert done.decisions[0] == "resend (1 of 3)"
    assert done.status == "succeeded"


@pytest.mark.parametrize(
    "operation", ["createJob", "replaceJob", "deleteJob", "deletePing"]
)
@pytest.mark.parametrize("reply", [*map(Response, SENDABLE), Lost(), Busy(1.0)])
def test_nothing_else_is_sent_again(flow, operation, reply):
    """A request that may have an effect is never repeated on our own account."""
    done = play(flow(one(operation)), {}, [reply])

    assert done.sent == ["one"]
    assert done.status == "failed"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 408, 409, 425, 500, 501, 505])
def test_other_statuses_are_not_sent_again(flow, status):
    assert play(flow(one("ping")), {}, [Response(status)]).sent == ["one"]


def test_a_lost_connection_is_sent_again(flow):
    done = play(flow(one("ping")), {}, [Lost(), Lost(), OK])

    assert done.waits == [1.0, 2.0]
    assert done.status == "succeeded"


@pytest.mark.parametrize(
    "reply, code", [(Lost(), "no-response"), (Response(503), None)]
)
def test_up_to_three_times(flow, reply, code):
    """The default of ``--retry`` is 3; 1 s doubling."""
    done = play(flow(one("ping")), {}, [reply] * 4)

    assert done.waits == [1.0, 2.0, 4.0]
    assert done.status == "failed"
    assert [each.split()[0] for each in done.decisions] == ["resend"] * 3 + ["break"]
    if code:
        assert done.error.code == code


def test_doubling_stops_at_thirty(flow):
    done = play(flow(one("ping"), retry=8), {}, [Response(503)] * 9)

    assert done.waits == [1, 2, 4, 8, 16, 30, 30, 30]


def test_zero_turns_it_off(flow):
    done = play(flow(one("ping"), retry=0), {}, [Response(503)])

    assert done.sent == ["one"]
    assert done.waits == []


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_overrules(flow, status):
    """``Retry-After`` is honoured, else 1 s doubling."""
    replies = [Busy(7.0, Response(status)), Response(status), OK]

    done = play(flow(one("ping")), {}, replies)

    assert done.waits[0] == 7.0
    assert done.waits[1] in (1.0, 2.0)


def test_a_success_criterion_that_accepts_the_status(flow):
    """A step that succeeded is not sent again."""
    plan = flow(one("ping", "  successCriteria: [{condition: $statusCode == 503}]\n"))

    assert play(plan, {}, [Response(503)]).status == "succeeded"


def test_a_criterion_on_the_body_is_no_reason(flow):
    """A 200 that fails its criteria is a verdict, not a hiccup."""
    plan = flow(
        one("ping", "  successCriteria: [{condition: $response.body#/v == 2}]\n")
    )

    assert play(plan, {}, [OK]).sent == ["one"]


@pytest.mark.parametrize(
    "action, sent",
    [
        ("{name: a, type: end}", ["one"]),
        ("{name: a, type: end, criteria: [{condition: $statusCode == 503}]}", ["one"]),
        ("{name: a, type: retry, retryAfter: 9, retryLimit: 1}", ["one", "one"]),
        ("{name: a, type: retry, retryAfter: 9, retryLimit: 0}", ["one"]),
    ],
)
def test_a_failure_action_looks_after_it(flow, action, sent):
    """What matches decides alone; used up, it is not followed by resends."""
    plan = flow(one("ping", f"  onFailure: [{action}]\n"))

    done = play(plan, {}, [Response(503)] * len(sent))

    assert done.sent == sent
    assert "resend" not in done.reasons
    assert done.status == "failed"


def test_a_failure_action_that_does_not_match(flow):
    """An action for 401 does not look after a 503."""
    action = "{name: a, type: end, criteria: [{condition: $statusCode == 401}]}"
    plan = flow(one("ping", f"  onFailure: [{action}]\n"))

    done = play(plan, {}, [Response(503), Lost(), Response(401)])

    assert done.sent == ["one"] * 3
    assert done.reasons == ["resend", "resend"]
    assert done.error is not None
    assert done.error.code == "ended-by-failure-action"


def test_an_action_of_the_workflow_looks_after_it(flow):
    plan = flow("failureActions: [{name: a, type: end}]\n" + one("ping"))

    assert play(plan, {}, [Response(503)]).sent == ["one"]


def test_budgets_are_apart(flow):
    """Retries of an action do not use up resends, and the other way round."""
    action = (
        "{name: a, type: retry, retryAfter: 9, retryLimit: 2,"
        " criteria: [{condition: $statusCode == 500}]}"
    )
    plan = flow(one("ping", f"  onFailure: [{action}]\n"), retry=2)
    replies = [Response(each) for each in (503, 500, 503, 500)] + [OK]

    done = play(plan, {}, replies)

    assert done.reasons == ["resend", "retry", "resend", "retry"]
    assert done.status == "succeeded"


def test_the_count_starts_again_on_the_next_visit(flow):
    plan = flow(
        """\
        steps:
        - stepId: one
          operationId: ping
          onSuccess:
          - {name: more, type: goto, stepId: one, criteria: [{condition: $response.body#/v == 1}]}
        """,
        retry=1,
    )
    busy = Response(503)

    done = play(plan, {}, [busy, OK, busy, OK, busy, Response(200, body={"v": 2})])

    assert done.status == "succeeded"
    assert done.reasons == ["resend", "poll", "resend", "poll", "resend"]
    assert done.waits == [1.0, 1.0, 1.0, 1.5, 1.0]


def test_events_of_resends(flow, well_formed):
    """Each sending is an attempt of the same visit."""
    done = play(flow(one("ping")), {}, [Lost(), Response(503), OK])

    well_formed(done.events)
    started = [each for each in done.events if isinstance(each, StepStarted)]
    assert [(each.visit, each.attempt, each.poll) for each in started] == [
        (1, 1, False),
        (1, 2, False),
        (1, 3, False),
    ]
    waits = [each for each in done.events if isinstance(each, Waiting)]
    assert [(each.reason, each.number) for each in waits] == [
        ("resend", 1),
        ("resend", 2),
    ]


def test_a_limit_of_ours_is_not_sent_again(flow):
    """A body too large will be too large again."""
    plan = flow(one("ping"))
    turn = machine.start(plan, {}, run_id="r", seed=0)

    reply = Reply(key=turn.effects[0].key, at=1.0, failure="too large", limit=True)
    turn = machine.advance(plan, turn.state, reply)

    assert turn.effects == ()
    assert turn.state.error.code == "body-too-large"
