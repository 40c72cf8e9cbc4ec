"""
The state of a run turns into JSON and back at every point, and nothing else decides.

The same plan, seed and replies give the same events; each Started has its Finished;
RunFinished comes once, last.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arazzo_runner.engine import machine
from arazzo_runner.engine.effects import Reply, Send, StateError
from arazzo_runner.engine.plan import Pacing, Plan
from arazzo_runner.engine.state import RunState
from arazzo_runner.errors import exit_status
from arazzo_runner.events import Event, RunFinished, StepFinished, StepStarted
from arazzo_runner.messages import File, Records, Response, Secret, Template, Value
from arazzo_runner.testing import Busy, Lost, play

FILE = File("/tmp/b", "b.bin", "0f" * 32, 2_000_000, "application/octet-stream")  # noqa: S108

FLOW = """\
inputs:
  type: object
  properties:
    key: {type: string, format: password}
    file: {type: string}
    rows: {type: array}
failureActions:
- {name: busy, type: retry, retryLimit: 2, criteria: [{condition: $statusCode == 503}]}
- {name: clean, type: goto, stepId: clean, criteria: [{condition: $statusCode == 410}]}
parameters:
- {name: Authorization, in: header, value: 'Bearer {$inputs.key}'}
steps:
- stepId: create
  operationId: createJob
  requestBody: {payload: {file: $inputs.file, rows: $inputs.rows, key: $inputs.key}}
  outputs: {id: $response.body#/id, all: $response.body, sent: $request.body}
- stepId: poll
  operationId: listJobs
  parameters: [{name: cursor, in: query, value: $steps.poll.outputs.next}]
  outputs: {next: $response.body#/next, state: $response.body#/state}
  onSuccess:
  - {name: open, type: goto, stepId: poll, criteria: [{condition: $response.body#/state == 'open'}]}
  - {name: again, type: goto, stepId: create, criteria: [{condition: $response.body#/state == 'again'}]}
  - {name: stop, type: end, criteria: [{condition: $response.body#/state == 'stop'}]}
- {stepId: clean, operationId: deletePing, outputs: {status: $statusCode, url: $url}}
outputs:
  id: $steps.create.outputs.id
  all: $steps.create.outputs.all
  sent: $steps.create.outputs.sent
  state: $steps.poll.outputs.state
  url: $steps.clean.outputs.url
"""

INPUTS: dict[str, Value] = {
    "key": Secret("env:KEY"),
    "file": FILE,
    "rows": Records(text='{"a":1}\n'),
}

BODIES = st.sampled_from(
    [
        {"id": "j1", "state": "open"},
        {"id": "j1", "state": "open", "next": "c1"},
        {"id": "j1", "state": "open", "next": "c2"},
        {"id": None, "state": "again"},
        {"state": "stop"},
        {"state": "failed"},
        {"$arazzo": "secret", "ref": "env:KEY", "state": "open"},
        Records(text='{"state":"open"}\n'),
        FILE,
        "<html>",
        [],
        None,
    ]
)
REPLIES = st.lists(
    st.one_of(
        st.builds(
            Response, st.sampled_from([200, 201, 404, 410, 429, 500, 503]), body=BODIES
        ),
        st.just(Lost()),
        st.builds(
            Busy,
            st.sampled_from([0.0, 0.5, 3.0, 1e6]),
            st.builds(Response, st.sampled_from([200, 429, 503]), body=BODIES),
        ),
    ),
    max_size=25,
)


class Files:
    """Bodies whose content is always the same."""

    def text(self, file: File) -> str:
        return '{"state": "open"}'

    def lines(self, file: File) -> Iterable[str]:
        return iter(['{"state": "open"}'])

    def data(self, file: File) -> object:
        return {"state": "open", "id": "j9"}


FILES = Files()


def run(
    plan: Plan,
    replies: Sequence[Response | Lost | Busy],
    *,
    stored: bool,
    seed: int = 0,
) -> tuple[RunState, list[Event]]:
    """Play *replies*; when they are used up, cancel. Through JSON text if *stored*."""
    turn = machine.start(plan, INPUTS, run_id="r", seed=seed, bodies=FILES)
    events, waiting, at = list(turn.events), iter(replies), 0.0
    while turn.effects:
        state, effect = turn.state, turn.effects[0]
        if stored:
            state = RunState.from_json(json.loads(json.dumps(state.to_json())))
            assert state == turn.state
        reply = Reply(key=effect.key, at=at)
        if isinstance(effect, Send):
            at += 0.25
            match next(waiting, None):
                case None:
                    turn = machine.cancel(plan, state, FILES)
                    events += turn.events
                    continue
                case Response() as response:
                    reply = replace(reply, at=at, response=response)
                case Lost(failure):
                    reply = replace(reply, at=at, failure=failure)
                case Busy(seconds, response):
                    reply = replace(
                        reply, at=at, response=response, retry_after=seconds
                    )
        else:
            at += effect.seconds
            reply = replace(reply, at=at)
        turn = machine.advance(plan, state, reply, FILES)
        events += turn.events
    return turn.state, events


@pytest.fixture(scope="module")
def plan(flow) -> Plan:
    return flow(FLOW, pacing=Pacing(timeout=120), max_steps=15)


@settings(max_examples=150, deadline=None)
@given(replies=REPLIES, seed=st.integers(0, 2**64 - 1))
def test_with_and_without_json(plan, well_formed, replies, seed):
    """A run that is stored and read between any two effects gives the same events."""
    state, events = run(plan, replies, stored=False, seed=seed)

    stored_state, stored_events = run(plan, replies, stored=True, seed=seed)

    assert stored_events == events
    assert stored_state == state
    well_formed(events)


@settings(max_examples=60, deadline=None)
@given(replies=REPLIES)
def test_equal_replies_give_equal_events(plan, replies):
    """A bug report replays."""
    assert run(plan, replies, stored=False) == run(plan, replies, stored=False)


@settings(max_examples=100, deadline=None)
@given(replies=REPLIES)
def test_every_ending_is_whole(plan, replies):
    """The last event and the state agree; a failure has an error with an exit status."""
    state, events = run(plan, replies, stored=False)

    last = events[-1]
    assert isinstance(last, RunFinished)
    assert (last.status, last.error) == (state.status, state.error)
    assert dict(last.outputs) == dict(state.outputs)
    assert set(last.outputs) == {"id", "all", "sent", "state", "url"}
    assert (state.error is None) is (state.status == "succeeded")
    if state.error is not None:
        assert exit_status(state.error.code) in (1, 5, 6, 130)
        assert state.error.message
    assert state.pending is None
    assert state.frames == ()
    assert RunState.from_json(json.loads(json.dumps(state.to_json()))) == state


@settings(max_examples=100, deadline=None)
@given(replies=REPLIES)
def test_visits_and_attempts_count(plan, replies):
    """Visits of a step go 1, 2, 3, …; attempts within a visit as well."""
    _, events = run(plan, replies, stored=False)

    last: dict[str, tuple[int, int]] = {}
    for each in events:
        if isinstance(each, StepStarted):
            visit, attempt = last.get(each.step_id, (0, 0))
            assert (each.visit, each.attempt) in ((visit + 1, 1), (visit, attempt + 1))
            last[each.step_id] = (each.visit, each.attempt)


@settings(max_examples=60, deadline=None)
@given(replies=REPLIES)
def test_secrets_stay_references(plan, replies):
    """Each request has the template, not text."""
    done = play(
        plan,
        INPUTS,
        replies,
        whole=False,
        bodies=FILES,
    )

    for call in done.calls:
        assert call.arguments[0].value == Template(("Bearer ", Secret("env:KEY")))
        if call.body:
            assert call.body["key"] == Secret("env:KEY")


@settings(max_examples=60, deadline=None)
@given(replies=REPLIES)
def test_a_state_is_never_changed(plan, replies):
    """Going on from an older state gives the same again: states can be forked."""
    turn = machine.start(plan, INPUTS, run_id="r", seed=1, bodies=FILES)
    for given_reply in replies:
        if not turn.effects:
            return
        before = json.dumps(turn.state.to_json())
        effect = turn.effects[0]
        response = given_reply if isinstance(given_reply, Response) else None
        reply = Reply(
            key=effect.key,
            at=turn.state.at + 1,
            response=response if isinstance(effect, Send) else None,
            failure=None if response else "lost",
        )

        following = machine.advance(plan, turn.state, reply, FILES)
        assert machine.advance(plan, turn.state, reply, FILES) == following
        assert json.dumps(turn.state.to_json()) == before
        turn = following


# --- what does not belong to a run ------------------------------------------------------


@pytest.mark.parametrize("key", [-1, 0, 2, 99])
def test_a_reply_to_another_effect(flow, key):
    """Exactly the pending effect can be answered."""
    plan = flow("steps: [{stepId: one, operationId: ping}]")
    turn = machine.start(plan, {}, run_id="r", seed=0)
    assert turn.effects[0].key == 1

    with pytest.raises(StateError):
        machine.advance(
            plan, turn.state, Reply(key=key, at=0.0, response=Response(200))
        )


def test_the_same_reply_twice(flow):
    plan = flow(FLOW)
    turn = machine.start(plan, INPUTS, run_id="r", seed=0)
    reply = Reply(key=turn.effects[0].key, at=0.0, response=Response(200, body={}))
    turn = machine.advance(plan, turn.state, reply)

    with pytest.raises(StateError):
        machine.advance(plan, turn.state, reply)


@pytest.mark.parametrize(
    "damage",
    [
        None,
        [],
        "text",
        {},
        {"format": 0},
        {"format": 99},
        {"format": "1"},
        {"format": 1},
        {"format": 1, "runId": "r"},
    ],
)
def test_a_damaged_state(damage):
    """What is no state of this format is said to be none."""
    with pytest.raises(StateError):
        RunState.from_json(damage)


@pytest.mark.parametrize(
    "path",
    [
        ("frames", 0),
        ("frames", 0, "visits"),
        ("frames", 0, "inputs"),
        ("pending", "send"),
        ("pending", "send", "arguments"),
        ("pending",),
    ],
)
@pytest.mark.parametrize("value", [7, "x", [[]], {"$arazzo": "nothing"}])
def test_a_state_with_a_damaged_part(flow, path, value):
    """A part of the wrong shape is a StateError, never another exception."""
    plan = flow(FLOW)
    turn = machine.start(plan, INPUTS, run_id="r", seed=0)
    data = json.loads(json.dumps(turn.state.to_json()))
    place = data
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = value

    try:
        RunState.from_json(data)
    except StateError:
        return
    except Exception as other:
        pytest.fail(f"{other!r} instead of a StateError")


def test_time_does_not_go_back(flow):
    """A driver's clock that steps back does not move deadlines."""
    plan = flow("""\
        steps:
        - {stepId: one, operationId: ping, onSuccess: [{name: on, type: goto, stepId: one}]}
        """)
    turn = machine.start(plan, {}, run_id="r", seed=0)

    for at in (5.0, 3.0, 4.0):
        reply = Reply(
            key=turn.effects[0].key,
            at=at,
            response=Response(200) if isinstance(turn.effects[0], Send) else None,
        )
        turn = machine.advance(plan, turn.state, reply)

    assert turn.state.at == 5.0


def test_a_crash_during_a_wait(flow):
    """The pending effect is in the state, with its key: it is done again as it was."""
    plan = flow(FLOW)
    turn = machine.start(plan, INPUTS, run_id="r", seed=0)
    turn = machine.advance(
        plan,
        turn.state,
        Reply(key=1, at=0.0, response=Response(503)),
    )

    again = RunState.from_json(json.loads(json.dumps(turn.state.to_json())))

    assert again.pending == turn.effects[0]
    assert again.pending is not None
    assert again.pending.key == 2


@pytest.mark.parametrize(
    "value",
    [
        FILE,
        Records(text=""),
        Records(file=FILE),
        Secret("s"),
        Template(("a", Secret("s"), "b")),
        {"$arazzo": "x"},
        {"a": [{"$arazzo": {"$arazzo": 1}}, FILE, None, 1.5, True, 2**80]},
        "\ud800",
        "\u2028",
    ],
)
def test_values_of_every_kind_survive(flow, value):
    """Inputs, outputs and pending requests hold any value."""
    plan = flow("""\
        inputs: {type: object, properties: {v: {}}}
        steps:
        - {stepId: one, operationId: createJob, requestBody: {payload: {v: $inputs.v}}, outputs: {v: $request.body#/v}}
        - {stepId: two, operationId: createJob, requestBody: {payload: [$steps.one.outputs.v]}}
        """)

    done = play(plan, {"v": value}, [Response(200), Response(200)])

    assert done.calls[1].body == [value]
    finished = [each for each in done.events if isinstance(each, StepFinished)]
    assert finished[0].outputs == {"v": value}
