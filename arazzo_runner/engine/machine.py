"""
The machine: a state and a reply give the next state, what to do now, and what happened.

It reads no clock, file, socket, environment or random number. `transitions` decides,
`moves.Move` acts: it is the only place that moves a frame.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..errors import Diagnostic
from ..events import Outcome, RunStarted, RunStatus, Warned
from ..messages import NO_BODIES, Bodies, Value
from .effects import Reply, Send, StateError
from .moves import Move
from .plan import Plan
from .state import Frame, RunState, Turn


def start(
    plan: Plan,
    inputs: Mapping[str, Value],
    *,
    run_id: str,
    seed: int,
    given: Mapping[str, Mapping[str, Value]] | None = None,
    bodies: Bodies = NO_BODIES,
) -> Turn:
    """
    Begin a run of *plan*'s workflow. *inputs*, and those *given* to workflows that others
    depend on by name, are validated and complete; what must not be seen are `Secret`
    references.
    """
    frame = Frame(workflow_id=plan.workflow_id, inputs=inputs)
    state = RunState(
        run_id=run_id,
        workflow_id=plan.workflow_id,
        seed=seed,
        frames=(frame,),
        given=given or {},
    )
    move = Move(plan, state, bodies)
    move.events.append(
        RunStarted(
            run_id=run_id,
            workflow_id=plan.workflow_id,
            description=plan.description,
            steps=tuple(step.step_id for step in plan.steps),
        )
    )
    move.events += [Warned(each) for each in plan.warnings]
    move.begin()
    return move.turn()


def advance(
    plan: Plan, state: RunState, reply: Reply, bodies: Bodies = NO_BODIES
) -> Turn:
    """
    What follows when the pending effect of *state* has been answered by *reply*.

    Raises:
        StateError: *reply* does not answer the pending effect.
    """
    pending = state.pending
    if pending is None or reply.key != pending.key:
        raise StateError(f"no effect with the key {reply.key} is pending")
    move = Move(plan, state, bodies)
    move.at = max(state.at, reply.at)
    if move.overdue(sent=isinstance(pending, Send)):
        return move.turn()
    if isinstance(pending, Send):
        move.answered(pending.call, reply)
    elif pending.call is not None:
        move.send(pending.call)
    else:
        move.resume()
    return move.turn()


def cancel(
    plan: Plan, state: RunState, bodies: Bodies = NO_BODIES, *, sent: bool = True
) -> Turn:
    """
    End a run that goes on, because somebody wants it to; nothing if it has ended. *sent*:
    whether the request that is pending, if one is, has left.
    """
    if not state.frames:
        return Turn(state, ())
    frame = state.frames[-1]
    error = Diagnostic(
        code="cancelled",
        message="the run was interrupted",
        location=plan.plans[frame.workflow_id].steps[frame.position].location,
    )
    return stop(plan, state, "cancelled", error, bodies, sent=sent)


def stop(
    plan: Plan,
    state: RunState,
    status: RunStatus,
    error: Diagnostic,
    bodies: Bodies = NO_BODIES,
    *,
    sent: bool = True,
) -> Turn:
    """
    End a run that goes on, for a reason from outside; a Finished that is owed comes.
    Nothing happens if the run has ended. *sent* as for `cancel`.
    """
    if not state.frames:
        return Turn(state, ())
    move = Move(plan, state, bodies)
    if isinstance(state.pending, Send):
        move.finished(
            Outcome.ERRORED, decision=status, failure=error.message, sent=sent
        )
    move.abort(status, error)
    return move.turn()
