"""
Polls: control comes back to a step and the request is the same as before.

A poll waits, is bounded by its deadline and is free of ``--max-steps``; coming back with
another request is iteration: no wait, and it counts. See the product page, "Words" and
"Pacing, the default".
"""

import itertools
import json
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arazzo_runner.engine.plan import Pacing
from arazzo_runner.errors import exit_status
from arazzo_runner.events import StepFinished, StepStarted, Waiting
from arazzo_runner.messages import Response
from arazzo_runner.testing import Busy, Lost, play

POLL = """\
inputs: {type: object, properties: {id: {type: string}}}
steps:
- stepId: create
  operationId: createJob
  outputs: {id: $response.body#/id}
- stepId: poll
  operationId: getJob
  parameters: [{name: id, in: path, value: $steps.create.outputs.id}]
  outputs: {state: $response.body#/state}
  onSuccess:
  - {name: open, type: goto, stepId: poll, criteria: [{condition: $response.body#/state == 'open'}]}
  - {name: done, type: goto, stepId: result, criteria: [{condition: $response.body#/state == 'done'}]}
- {stepId: result, operationId: ping, outputs: {v: $response.body#/v}}
outputs: {state: $steps.poll.outputs.state, v: $steps.result.outputs.v}
"""

CREATED = Response(201, body={"id": "j1"})
OPEN = Response(200, body={"state": "open"})
DONE = Response(200, body={"state": "done"})
OK = Response(200, body={"v": 1})


def opens(count: int) -> Iterator[Response]:
    return itertools.repeat(OPEN, count)


def nominal(count: int) -> list[float]:
    """The waits of the product page without jitter."""
    return [min(30.0, 1.5**n) for n in range(count)]


def test_the_first_visit_does_not_wait(flow):
    done = play(flow(POLL), {}, [CREATED, DONE, OK])

    assert done.waits == []
    assert done.outputs == {"state": "done", "v": 1}


@pytest.mark.parametrize("count", [1, 2, 5, 15])
def test_pacing(flow, count):
    """1 s, then half as much again each time, up to 30 s."""
    done = play(flow(POLL), {}, [CREATED, *opens(count), DONE, OK])

    assert done.sent == ["create", *["poll"] * (count + 1), "result"]
    assert done.waits == pytest.approx(nominal(count), abs=0.001)
    assert done.reasons == ["poll"] * count
    assert done.outputs == {"state": "done", "v": 1}


def test_pacing_is_configurable(flow):
    pacing = Pacing(interval=10, factor=3, max_interval=100, jitter=0)

    done = play(flow(POLL, pacing=pacing), {}, [CREATED, *opens(4), DONE, OK])

    assert done.waits == pytest.approx([10, 30, 90, 100])


@pytest.mark.parametrize("seed", [0, 1, 2**63])
def test_jitter(flow, seed):
    """±10 %, drawn from the run's seed: the same seed, the same waits."""
    plan = flow(POLL, pacing=Pacing())
    replies = [CREATED, *opens(30), DONE, OK]

    waits = play(plan, {}, replies, seed=seed).waits

    assert waits == play(plan, {}, replies, seed=seed).waits
    for wait, around in zip(waits, nominal(30), strict=True):
        assert 0.9 * around <= wait <= 1.1 * around
    ratios = {round(a / b, 6) for a, b in zip(waits, nominal(30), strict=True)}
    assert len(ratios) > 10


def test_another_seed_other_waits(flow):
    plan = flow(POLL, pacing=Pacing())
    replies = [CREATED, *opens(5), DONE, OK]

    first, second = (play(plan, {}, replies, seed=seed).waits for seed in (1, 2))

    assert first != second


def test_events_of_a_poll(flow, well_formed):
    done = play(flow(POLL), {}, [CREATED, *opens(2), DONE, OK])

    well_formed(done.events)
    started = [
        each
        for each in done.events
        if isinstance(each, StepStarted) and each.step_id == "poll"
    ]
    assert [(each.visit, each.attempt, each.poll) for each in started] == [
        (1, 1, False),
        (2, 1, True),
        (3, 1, True),
    ]
    waits = [each for each in done.events if isinstance(each, Waiting)]
    assert [(each.step_id, each.reason, each.number) for each in waits] == [
        ("poll", "poll", 1),
        ("poll", "poll", 2),
    ]
    assert done.decisions[1:4] == ["goto poll", "goto poll", "goto result"]


@pytest.mark.parametrize("asked", [0.0, 0.5, 60.0, 3600.0])
def test_retry_after_overrules(flow, asked):
    """``Retry-After`` on the response overrules our pacing, for that wait."""
    done = play(flow(POLL), {}, [CREATED, Busy(asked, OPEN), OPEN, DONE, OK])

    assert sum(done.waits[:-1]) == asked
    assert done.waits[-1] in (1.0, 1.5)


def test_retry_after_of_another_step_does_not_count(flow):
    """A-46: only responses of this step's operation count."""
    created = Busy(50.0, CREATED)

    done = play(flow(POLL), {}, [created, OPEN, DONE, OK])

    assert done.waits == [1.0]


def test_an_unconditional_goto_to_itself_is_a_poll(flow):
    plan = flow(
        """\
        steps:
        - {stepId: one, operationId: ping, onSuccess: [{name: on, type: goto, stepId: one}]}
        """,
        pacing=Pacing(jitter=0, timeout=10),
    )

    done = play(plan, {}, itertools.repeat(OK))

    assert done.error is not None
    assert done.error.code == "poll-timeout"


def test_a_failure_action_that_comes_back_polls(flow):
    """Also a ``goto`` after a failure leads to a paced poll: 404 until it is there."""
    plan = flow("""\
        steps:
        - stepId: one
          operationId: ping
          onFailure:
          - {name: notYet, type: goto, stepId: one, criteria: [{condition: $statusCode == 404}]}
        """)

    done = play(plan, {}, [Response(404), Response(404), OK])

    assert done.waits == [1.0, 1.5]
    assert done.reasons == ["poll", "poll"]


def test_a_post_polls_too(flow):
    """The method does not matter: the workflow asks for it."""
    plan = flow("""\
        steps:
        - stepId: one
          operationId: createJob
          requestBody: {payload: {a: 1}}
          onSuccess:
          - {name: open, type: goto, stepId: one, criteria: [{condition: $response.body#/state == 'open'}]}
        """)

    assert play(plan, {}, [OPEN, OPEN, DONE]).waits == [1.0, 1.5]


# --- iteration --------------------------------------------------------------------------

PAGES = """\
steps:
- stepId: page
  operationId: listJobs
  parameters: [{name: cursor, in: query, value: $steps.page.outputs.next}]
  outputs: {next: $response.body#/next}
  onSuccess:
  - {name: more, type: goto, stepId: page, criteria: [{condition: $response.body#/next != null}]}
"""


def page(following: str | None) -> Response:
    return Response(200, body={"next": following})


def test_another_request_is_iteration(flow):
    """A page cursor changes the request: no wait, no poll."""
    plan = flow(PAGES)

    done = play(plan, {}, [page("a"), page("b"), page("c"), page(None)])

    assert done.waits == []
    assert [{a.name: a.value for a in each.arguments} for each in done.calls] == [
        {},
        {"cursor": "a"},
        {"cursor": "b"},
        {"cursor": "c"},
    ]
    started = [each for each in done.events if isinstance(each, StepStarted)]
    assert [each.poll for each in started] == [False] * 4
    assert [each.visit for each in started] == [1, 2, 3, 4]


def test_the_same_cursor_again_is_a_poll(flow):
    """A server that hands out the same cursor for ever is not hammered."""
    done = play(flow(PAGES), {}, [page("a"), page("a"), page("a"), page(None)])

    assert done.waits == [1.0, 1.5]


def test_the_request_before_the_last_does_not_count(flow):
    """A poll equals the previous visit's request, not an older one."""
    done = play(
        flow(PAGES), {}, [page("a"), page("b"), page("a"), page("b"), page(None)]
    )

    assert done.waits == []


def test_pacing_starts_again_after_another_request(flow):
    replies = [page("a"), page("a"), page("a"), page("b"), page("b"), page(None)]

    done = play(flow(PAGES), {}, replies)

    assert done.waits == [1.0, 1.5, 1.0]


@pytest.mark.parametrize(
    "first, second, poll",
    [
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
        ({"a": 1}, {"a": 1.0}, None),
        ({"a": 1}, {"a": True}, False),
        ({"a": 1}, {"a": "1"}, False),
        ({"a": None}, {}, False),
        ([1, 2], [2, 1], False),
        ("x", "x", True),
        ({"a": {"b": ["ü"]}}, {"a": {"b": ["ü"]}}, True),
    ],
)
def test_what_makes_a_request_the_same(flow, first, second, poll):
    """Values and their types decide, the order of members does not matter much."""
    plan = flow("""\
        steps:
        - stepId: zero
          operationId: ping
          outputs: {body: $response.body#/body}
        - stepId: one
          operationId: createJob
          requestBody: {payload: $steps.zero.outputs.body}
          onSuccess:
          - {name: on, type: goto, stepId: zero, criteria: [{condition: $response.body#/on == true}]}
        """)
    bodies = [Response(200, body={"body": each}) for each in (first, second)]
    replies = [
        bodies[0],
        Response(200, body={"on": True}),
        bodies[1],
        Response(200, body={"on": False}),
    ]

    done = play(plan, {}, replies)

    started = [each for each in done.events if isinstance(each, StepStarted)]
    if poll is not None and first != second:
        assert started[-1].poll is poll
    elif poll:
        assert started[-1].poll


# --- cycles of two steps ----------------------------------------------------------------

CYCLE = """\
steps:
- stepId: look
  operationId: getJob
  parameters: [{name: id, in: path, value: j1}]
  onSuccess:
  - {name: done, type: end, criteria: [{condition: $response.body#/state == 'done'}]}
- stepId: touch
  operationId: ping
  onSuccess: [{name: back, type: goto, stepId: look}]
"""


def test_a_poll_through_a_cycle(flow):
    """Each step that is sent again unchanged waits first."""
    done = play(flow(CYCLE), {}, [OPEN, OK] * 3 + [DONE])

    assert done.sent == ["look", "touch"] * 3 + ["look"]
    waits = [each for each in done.events if isinstance(each, Waiting)]
    looks = [each.seconds for each in waits if each.step_id == "look"]
    assert looks == [1.0, 1.5, 2.25]
    assert done.status == "succeeded"


def test_a_cycle_does_not_count_against_max_steps(flow):
    done = play(flow(CYCLE, max_steps=2), {}, [OPEN, OK] * 10 + [DONE])

    assert done.status == "succeeded"


def test_retry_after_in_a_cycle_is_the_step_s_own(flow):
    """A-46: what ``look`` was told is kept for ``look``, not spent on ``touch``."""
    replies = [OPEN, OK, Busy(20.0, OPEN), OK, DONE]

    done = play(flow(CYCLE), {}, replies)

    waits = [each for each in done.events if isinstance(each, Waiting)]
    assert [each.seconds for each in waits if each.step_id == "look"] == [1.0, 20.0]
    assert [each.seconds for each in waits if each.step_id == "touch"] == [1.0]


def test_a_cycle_with_one_changing_step(flow):
    """The changing step is iteration, the other a poll."""
    plan = flow("""\
        steps:
        - stepId: look
          operationId: ping
          outputs: {n: $response.body#/n}
          onSuccess:
          - {name: done, type: end, criteria: [{condition: $response.body#/n == 0}]}
        - stepId: note
          operationId: createJob
          requestBody: {payload: {n: $steps.look.outputs.n}}
          onSuccess: [{name: back, type: goto, stepId: look}]
        """)
    numbers = [Response(200, body={"n": n}) for n in (3, 2, 1, 0)]
    replies = [numbers[0], OK, numbers[1], OK, numbers[2], OK, numbers[3]]

    done = play(plan, {}, replies)

    waits = [each for each in done.events if isinstance(each, Waiting)]
    assert [each.step_id for each in waits] == ["look"] * 3
    assert [each.seconds for each in waits] == [1.0, 1.5, 2.25]


# --- trouble in the middle --------------------------------------------------------------


@pytest.mark.parametrize(
    "trouble", [Response(502), Response(529), Lost(), Response(503)]
)
def test_trouble_in_the_middle_of_a_poll(flow, trouble):
    """A 502 once in the middle of a poll: it goes on, and pacing with it."""
    done = play(flow(POLL), {}, [CREATED, OPEN, OPEN, trouble, OPEN, DONE, OK])

    assert done.status == "succeeded"
    assert done.reasons == ["poll", "poll", "resend", "poll"]
    assert done.waits == [1.0, 1.5, 1.0, 2.25]


def test_retry_after_of_trouble_is_for_the_resend_only(flow):
    busy = Busy(9.0, Response(503))

    done = play(flow(POLL), {}, [CREATED, OPEN, busy, OPEN, DONE, OK])

    assert done.waits == [1.0, 9.0, 1.5]


def test_an_html_body_in_the_middle_of_a_poll(flow):
    """A-12: criteria that cannot be evaluated do not hold; the warning says so."""
    plan = flow("""\
        steps:
        - stepId: poll
          operationId: ping
          onSuccess:
          - {name: open, type: goto, stepId: poll, criteria: [{context: $response.body, condition: "$[?@ == 'open']", type: jsonpath}]}
        """)
    html = Response(200, body="<p>busy</p>", media_type="text/html")

    done = play(plan, {}, [OPEN, html])

    assert done.status == "succeeded"
    assert "AZ602" in [each.code for each in done.warnings]


# --- the deadline -----------------------------------------------------------------------


def test_a_wait_that_would_pass_the_deadline_ends_the_run(flow, well_formed):
    """Exit 6: 1 + 1.5 + 2.25 + 3.375 = 8.125 s; the next wait would end after 10 s."""
    plan = flow(POLL, pacing=Pacing(jitter=0, timeout=10))

    done = play(plan, {}, itertools.chain([CREATED], itertools.repeat(OPEN)))

    well_formed(done.events)
    assert done.waits == pytest.approx([1, 1.5, 2.25, 3.375])
    assert done.status == "failed"
    assert done.error is not None
    assert done.error.code == "poll-timeout"
    assert exit_status(done.error.code) == 6
    assert "poll" in done.error.message
    assert done.error.location.line > 0
    assert done.outputs == {"state": "open", "v": None}
    finished = [each for each in done.events if isinstance(each, StepFinished)]
    assert finished[-1].outputs == {"state": "open"}


def test_retry_after_beyond_the_deadline_ends_the_run(flow):
    """A-46: a wait that would pass the poll's deadline ends the run there."""
    plan = flow(POLL, pacing=Pacing(jitter=0, timeout=100))

    done = play(plan, {}, [CREATED, OPEN, Busy(100.0, OPEN)])

    assert done.waits == [1.0]
    assert done.error is not None
    assert done.error.code == "poll-timeout"


def test_a_wait_that_just_fits(flow):
    plan = flow(POLL, pacing=Pacing(jitter=0, timeout=100))

    done = play(plan, {}, [CREATED, Busy(100.0, OPEN), DONE, OK])

    assert done.status == "succeeded"


def test_the_default_deadline_is_25_hours(flow):
    """Providers expire a batch after 24 h: we see the expiry."""
    plan = flow(POLL)
    day = [Busy(3600.0, OPEN)] * 25

    assert play(plan, {}, [CREATED, *day, DONE, OK]).status == "succeeded"
    late = play(plan, {}, [CREATED, *day, Busy(3600.0, OPEN)])
    assert late.error is not None
    assert late.error.code == "poll-timeout"


def test_the_deadline_counts_from_the_first_visit(flow):
    """What was waited before the first visit is not the poll's."""
    text = POLL.replace(
        "  operationId: createJob\n",
        "  operationId: createJob\n"
        "  onFailure: [{name: again, type: retry, retryAfter: 1000}]\n",
    )
    plan = flow(text, pacing=Pacing(jitter=0, timeout=1000))

    done = play(plan, {}, [Response(500), CREATED, *opens(10), DONE, OK])

    assert done.status == "succeeded"


def test_each_request_has_its_own_deadline(flow):
    """Iteration begins a new poll."""
    plan = flow(PAGES, pacing=Pacing(jitter=0, timeout=3))
    replies = [
        page("a"),
        page("a"),
        page("a"),
        page("b"),
        page("b"),
        page("b"),
        page(None),
    ]

    done = play(plan, {}, replies)

    assert done.waits == [1.0, 1.5, 1.0, 1.5]
    assert done.status == "succeeded"


def test_resends_inside_a_poll_count_for_its_deadline(flow):
    """A wait never passes the deadline, whatever its reason."""
    plan = flow(POLL, pacing=Pacing(jitter=0, timeout=10))

    done = play(plan, {}, [CREATED, OPEN, Busy(60.0, Response(503))], whole=False)

    assert 60.0 not in done.waits
    assert done.error is not None
    assert exit_status(done.error.code) == 6


def test_a_cycle_is_bounded_by_the_deadline(flow):
    plan = flow(CYCLE, pacing=Pacing(jitter=0, timeout=60))

    done = play(plan, {}, itertools.cycle([OPEN, OK]))

    assert done.error is not None
    assert done.error.code == "poll-timeout"
    assert sum(done.waits) <= 60


@settings(max_examples=40, deadline=None)
@given(
    replies=st.lists(
        st.sampled_from(
            [OPEN, Response(502), Lost(), Busy(4.0, OPEN), Busy(0.0, OPEN)]
        ),
        max_size=60,
    ),
    seed=st.integers(0, 2**32),
)
def test_waits_never_pass_the_deadline(flow, replies, seed):
    """The sum of all waits of a poll is at most its time-out."""
    plan = flow(POLL, pacing=Pacing(timeout=50))

    done = play(plan, {}, [CREATED, *replies], seed=seed, whole=False)

    assert sum(done.waits) <= 50


# --- many polls -------------------------------------------------------------------------


def test_polls_do_not_count_against_max_steps(flow):
    plan = flow(POLL, max_steps=3)

    done = play(plan, {}, [CREATED, *opens(50), DONE, OK])

    assert done.status == "succeeded"


def test_thousands_of_polls_keep_the_state_small(flow):
    """The state holds what later decisions need and nothing else."""
    plan = flow(POLL, max_steps=3)
    few = play(plan, {}, [CREATED, *opens(10)], whole=False)

    many = play(plan, {}, [CREATED, *opens(2_000)], whole=False)

    assert len(json.dumps(many.state.to_json())) < 4_000
    assert (
        len(json.dumps(many.state.to_json())) - len(json.dumps(few.state.to_json()))
        < 40
    )


def test_a_warning_of_each_poll_is_given_once(flow):
    """An output that is never there warns once, not 20 times."""
    plan = flow(
        POLL.replace("state: $response.body#/state}", "state: $response.body#/no}")
    )

    done = play(plan, {}, [CREATED, *opens(20), DONE, OK])

    assert len(done.warnings) == len(set(done.warnings))
