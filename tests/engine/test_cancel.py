"""Ending a run from outside, at any point: in order, with what it had."""

import itertools

import pytest

from arazzo_runner.engine import machine
from arazzo_runner.engine.effects import Reply, Send
from arazzo_runner.engine.state import RunState
from arazzo_runner.errors import Diagnostic, exit_status
from arazzo_runner.events import Event, RunFinished
from arazzo_runner.messages import Response
from arazzo_runner.testing import Lost, play

FLOW = """\
steps:
- {stepId: create, operationId: createJob, outputs: {id: $response.body#/id}}
- stepId: poll
  operationId: getJob
  parameters: [{name: id, in: path, value: $steps.create.outputs.id}]
  outputs: {state: $response.body#/state}
  onSuccess:
  - {name: open, type: goto, stepId: poll, criteria: [{condition: $response.body#/state == 'open'}]}
- {stepId: last, operationId: ping}
outputs: {id: $steps.create.outputs.id, state: $steps.poll.outputs.state}
"""

OPEN = Response(200, body={"state": "open"})
REPLIES: list[Response | None] = [
    Response(201, body={"id": "j1"}),
    OPEN,
    None,  # a lost connection
    OPEN,
    Response(200, body={"state": "done"}),
    Response(200),
]


def states(plan) -> list[tuple[RunState, list[Event]]]:
    """Every state of a run that goes on, with the events until then."""
    turn = machine.start(plan, {}, run_id="r", seed=0)
    events = list(turn.events)
    found = [(turn.state, list(events))]
    replies, at = iter(REPLIES), itertools.count(1.0)
    while turn.effects:
        effect = turn.effects[0]
        reply = Reply(key=effect.key, at=next(at))
        if isinstance(effect, Send):
            response = next(replies)
            failure = None if response is not None else "lost"
            reply = Reply(
                key=effect.key, at=reply.at, response=response, failure=failure
            )
        turn = machine.advance(plan, turn.state, reply)
        events += turn.events
        found.append((turn.state, list(events)))
    return found[:-1]


POINTS = 9


def test_there_are_that_many_points(flow):
    assert len(states(flow(FLOW))) == POINTS


@pytest.mark.parametrize("point", range(POINTS))
@pytest.mark.parametrize("stored", [False, True])
def test_cancel(flow, well_formed, point, stored):
    """Status "cancelled", exit 130; a Finished that is owed comes, RunFinished last."""
    plan = flow(FLOW)
    state, events = states(plan)[point]
    if stored:
        state = RunState.from_json(state.to_json())

    turn = machine.cancel(plan, state)

    well_formed([*events, *turn.events])
    assert turn.effects == ()
    assert turn.state.status == "cancelled"
    assert turn.state.frames == ()
    assert turn.state.error is not None
    assert turn.state.error.code == "cancelled"
    assert exit_status(turn.state.error.code) == 130
    last = turn.events[-1]
    assert isinstance(last, RunFinished)
    assert last.status == "cancelled"
    assert last.error == turn.state.error
    assert RunState.from_json(turn.state.to_json()) == turn.state


@pytest.mark.parametrize("point", range(1, POINTS))
def test_a_cancelled_run_says_what_it_had(flow, point):
    """The id of a paid batch is not lost."""
    plan = flow(FLOW)
    state, _ = states(plan)[point]

    last = machine.cancel(plan, state).events[-1]

    assert isinstance(last, RunFinished)
    assert last.outputs["id"] == "j1"
    assert last.step_outputs["create"] == {"id": "j1"}


@pytest.mark.parametrize("point", range(POINTS))
def test_stop(flow, well_formed, point):
    """For any reason from outside, with its status and error."""
    plan = flow(FLOW)
    state, events = states(plan)[point]
    error = Diagnostic(code="defect", message="the disk is full")

    turn = machine.stop(plan, state, "failed", error)

    well_formed([*events, *turn.events])
    assert turn.state.status == "failed"
    assert turn.state.error == error
    assert turn.effects == ()


def test_an_ended_run_stays_as_it_is(flow, well_formed):
    """Cancelling too late changes nothing and says nothing twice."""
    plan = flow("steps: [{stepId: one, operationId: createJob}]")
    done = play(plan, {}, [Lost()])

    try:
        turn = machine.cancel(plan, done.state)
    except ValueError:
        return

    assert turn.events == ()
    assert turn.state == done.state


def test_nothing_follows_the_end(flow):
    """A reply that comes too late is refused."""
    plan = flow("steps: [{stepId: one, operationId: createJob}]")
    turn = machine.start(plan, {}, run_id="r", seed=0)
    ended = machine.cancel(plan, turn.state)

    with pytest.raises(ValueError):
        machine.advance(
            plan,
            ended.state,
            Reply(key=turn.effects[0].key, at=1.0, response=Response(200)),
        )
