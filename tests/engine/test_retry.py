"""
Retries that a failure action asks for.

https://spec.openapis.org/arazzo/v1.0.1.html#failure-action-object
"""

import pytest

from arazzo_runner.engine.plan import Pacing
from arazzo_runner.events import StepFinished, StepStarted, Waiting
from arazzo_runner.messages import Response
from arazzo_runner.testing import Busy, Lost, play

OK = Response(200, body={"v": 1})


def retrying(fields: str, rest: str = "") -> str:
    return f"""\
steps:
- stepId: one
  operationId: createJob
  onFailure:
  - {{name: again, type: retry{fields}}}
{rest}- {{stepId: two, operationId: ping}}
"""


@pytest.mark.parametrize(
    "fields, failures, sent",
    [
        ("", 1, ["one", "one"]),
        (", retryAfter: 1", 1, ["one", "one"]),
        (", retryLimit: 0", 0, ["one"]),
        (", retryLimit: 1", 1, ["one", "one"]),
        (", retryLimit: 3", 3, ["one"] * 4),
    ],
)
def test_attempts_are_one_more_than_the_limit(flow, fields, failures, sent):
    """R-FACT-14, R-FACT-15, A-45: a missing limit is one; zero is none."""
    done = play(flow(retrying(fields)), {}, [Response(500)] * (failures + 1))

    assert done.sent == sent
    assert done.status == "failed"
    assert len(done.waits) == failures
    assert set(done.reasons) <= {"retry"}


@pytest.mark.parametrize("failures", [0, 1, 2, 3])
def test_success_after_a_retry_goes_on(flow, failures):
    """A-45: a success after retries is a success."""
    replies = [Response(500)] * failures + [OK, OK]

    done = play(flow(retrying(", retryLimit: 3, retryAfter: 2")), {}, replies)

    assert done.sent == ["one"] * (failures + 1) + ["two"]
    assert done.waits == [2.0] * failures
    assert done.status == "succeeded"
    assert done.error is None


def test_success_after_a_retry_runs_success_actions(flow):
    """A-45."""
    plan = flow("""\
        steps:
        - stepId: one
          operationId: createJob
          onSuccess: [{name: jump, type: goto, stepId: three}]
          onFailure: [{name: again, type: retry, retryAfter: 1}]
        - {stepId: two, operationId: ping}
        - {stepId: three, operationId: ping}
        """)

    assert play(plan, {}, [Response(500), OK, OK]).sent == ["one", "one", "three"]


@pytest.mark.parametrize("seconds", ["0", "0.25", "1", "1.5", "3600"])
def test_retry_after_is_in_seconds(flow, seconds):
    """R-FACT-11: a decimal number of seconds, waited before the next attempt."""
    done = play(flow(retrying(f", retryAfter: {seconds}")), {}, [Response(500), OK, OK])

    assert sum(done.waits) == float(seconds)


@pytest.mark.parametrize("asked", [0.5, 7.0, 120.0])
def test_the_response_s_retry_after_overrules(flow, asked):
    """R-FACT-12, A-46: also when it asks for less."""
    plan = flow(retrying(", retryAfter: 5, retryLimit: 2"))

    done = play(plan, {}, [Busy(asked), Response(500), OK, OK])

    assert done.waits == [asked, 5.0]


def test_retry_after_zero_of_the_response(flow):
    """A-46: zero (a date in the past) overrules too."""
    done = play(flow(retrying(", retryAfter: 5")), {}, [Busy(0.0), OK, OK])

    assert sum(done.waits) == 0


def test_a_retry_without_retry_after_is_paced(flow):
    """Product, "Pacing": 1 s, then half as much again each time up to 30 s."""
    plan = flow(retrying(", retryLimit: 12"))

    done = play(plan, {}, [Response(500)] * 13)

    expected = [min(30.0, 1.5**n) for n in range(12)]
    assert done.waits == pytest.approx(expected, abs=0.001)


def test_the_pacing_of_a_retry_is_configurable(flow):
    plan = flow(
        retrying(", retryLimit: 4"),
        pacing=Pacing(interval=2, factor=2, max_interval=10, jitter=0),
    )

    done = play(plan, {}, [Response(500)] * 5)

    assert done.waits == pytest.approx([2, 4, 8, 10])


def test_a_lost_request_is_retried(flow):
    """A-38: an unconditional retry works without a response."""
    done = play(flow(retrying(", retryAfter: 1")), {}, [Lost(), OK, OK])

    assert done.sent == ["one", "one", "two"]
    assert done.reasons == ["retry"]


def test_a_lost_request_at_last(flow):
    """When the last attempt gets no response, the run ends without a verdict."""
    done = play(flow(retrying(", retryAfter: 1")), {}, [Response(500), Lost()])

    assert done.error is not None
    assert done.error.code == "no-response"


CHAIN = """\
steps:
- stepId: one
  operationId: createJob
  onFailure:
  - {name: busy, type: retry, retryAfter: 1, retryLimit: 2, criteria: [{condition: $statusCode == 503}]}
  - {name: broken, type: retry, retryAfter: 5, retryLimit: 1, criteria: [{condition: $statusCode >= 500}]}
  - {name: rescue, type: goto, stepId: three, criteria: [{condition: $statusCode >= 500}]}
- {stepId: two, operationId: ping}
- {stepId: three, operationId: ping}
"""


@pytest.mark.parametrize(
    "statuses, waits, sent",
    [
        pytest.param([503, 503, 503, 503], [1, 1, 5], "1111 3", id="each its budget"),
        pytest.param([503, 500, 503, 503], [1, 5, 1], "1111 3", id="mixed"),
        pytest.param([500, 500], [5], "11 3", id="the second only"),
        pytest.param([503, 500, 500], [1, 5], "111 3", id="criteria see each response"),
        pytest.param([404], [], "1", id="no action matches"),
        pytest.param([503, 404], [1], "11", id="no action matches later"),
    ],
)
def test_limits_are_used_up_before_later_actions(flow, statuses, waits, sent):
    """R-FACT-17, A-45: budgets are per action; each response is judged afresh."""
    names = {"1": "one", "2": "two", "3": "three"}

    done = play(flow(CHAIN), {}, [*map(Response, statuses), OK], whole=True)

    assert done.sent == [names[each] for each in sent.replace(" ", "")]
    assert done.waits == waits


def test_the_count_starts_again_on_the_next_visit(flow):
    """A-45: counters belong to one activation of the step."""
    plan = flow("""\
        steps:
        - stepId: one
          operationId: createJob
          onFailure:
          - {name: again, type: retry, retryAfter: 1, retryLimit: 1}
        - stepId: two
          operationId: writeText
          onSuccess:
          - {name: back, type: goto, stepId: one, criteria: [{condition: $response.body#/v == 1}]}
        """)
    bad = Response(500)

    done = play(plan, {}, [bad, OK, OK, bad, OK, Response(200, body={"v": 2})])

    assert done.sent == ["one", "one", "two", "one", "one", "two"]
    assert done.status == "succeeded"
    assert done.reasons == ["retry", "poll", "retry", "poll"]


def test_the_count_is_the_step_s_own(flow):
    """An action of the workflow has a budget for each step."""
    plan = flow("""\
        failureActions:
        - {name: again, type: retry, retryAfter: 1, retryLimit: 1}
        steps:
        - {stepId: one, operationId: createJob}
        - {stepId: two, operationId: writeText}
        """)
    bad = Response(500)

    assert play(plan, {}, [bad, OK, bad, OK]).status == "succeeded"
    assert play(plan, {}, [bad, OK, bad, bad]).status == "failed"


def test_a_retry_sends_the_same_request(flow):
    """R-FACT-05: the current step runs again."""
    plan = flow("""\
        inputs: {type: object, properties: {n: {type: integer}}}
        steps:
        - stepId: one
          operationId: createJob
          requestBody: {payload: {n: $inputs.n}}
          onFailure: [{name: again, type: retry, retryAfter: 1}]
        """)

    done = play(plan, {"n": 3}, [Response(500), OK])

    assert done.calls[0] == done.calls[1]


def test_events_of_retries(flow, well_formed):
    """Attempts count within the visit; the decision names the action and its budget."""
    plan = flow(retrying(", retryAfter: 2, retryLimit: 3"))

    done = play(plan, {}, [Response(500), Response(500), OK, OK])

    well_formed(done.events)
    started = [each for each in done.events if isinstance(each, StepStarted)]
    assert [(each.step_id, each.visit, each.attempt) for each in started] == [
        ("one", 1, 1),
        ("one", 1, 2),
        ("one", 1, 3),
        ("two", 1, 1),
    ]
    assert not any(each.poll for each in started)
    assert done.decisions[:2] == ["retry again (1 of 3)", "retry again (2 of 3)"]
    waits = [each for each in done.events if isinstance(each, Waiting)]
    assert waits == [
        Waiting(
            workflow_id="main", step_id="one", seconds=2.0, reason="retry", number=1
        ),
        Waiting(
            workflow_id="main", step_id="one", seconds=2.0, reason="retry", number=2
        ),
    ]


def test_the_failed_attempt_has_ended_before_the_wait(flow):
    """StepFinished with its status comes for each attempt."""
    done = play(flow(retrying(", retryAfter: 2")), {}, [Response(500), OK, OK])

    finished = [each for each in done.events if isinstance(each, StepFinished)]
    assert [each.status for each in finished] == [500, 200, 200]


def test_criteria_choose_the_retry(flow):
    """A success criterion on the body fails; the action looks at it."""
    plan = flow("""\
        steps:
        - stepId: one
          operationId: createJob
          successCriteria: [{condition: $response.body#/state == 'done'}]
          onFailure:
          - name: wait
            type: retry
            retryAfter: 1
            retryLimit: 5
            criteria: [{condition: $response.body#/state == 'open'}]
        """)
    states = [Response(200, body={"state": each}) for each in ("open", "open", "done")]

    assert play(plan, {}, states).status == "succeeded"
    assert play(plan, {}, [states[0], Response(200, body={})]).status == "failed"
