"""
The machine: a state and a reply give the next state, what to do now, and what happened.

It reads no clock, file, socket, environment or random number. `transitions` decides,
`_Step` acts: it is the only place that moves a frame.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from ..errors import Diagnostic, LimitError
from ..events import (
    CriterionResult,
    Event,
    Outcome,
    RunFinished,
    RunStarted,
    RunStatus,
    StepFinished,
    StepStarted,
    Waiting,
    WaitReason,
    Warned,
)
from ..expressions.scope import Scope
from ..messages import NO_BODIES, Bodies, Call, Response, Value
from . import transitions
from .calls import CannotBuild, build_call, url_of
from .effects import Reply, Send, Sleep, StateError
from .endings import ended_by_action, no_response, not_met, poll_timeout, too_many_steps
from .judging import Judgement, judge, take_outputs
from .pacing import poll_wait, resend_wait
from .plan import Plan, PlannedStep
from .state import Frame, RunState, Turn, Visits, call_to_json


def start(
    plan: Plan,
    inputs: Mapping[str, Value],
    *,
    run_id: str,
    seed: int,
    bodies: Bodies = NO_BODIES,
) -> Turn:
    """
    Begin a run of *plan*'s workflow. *inputs* are validated and complete; those that must
    not be seen are `Secret` references.
    """
    frame = Frame(workflow_id=plan.workflow_id, inputs=inputs)
    state = RunState(
        run_id=run_id, workflow_id=plan.workflow_id, seed=seed, frames=(frame,)
    )
    move = _Move(plan, state, bodies)
    move.events.append(
        RunStarted(
            run_id=run_id,
            workflow_id=plan.workflow_id,
            description=plan.description,
            steps=tuple(step.step_id for step in plan.steps),
        )
    )
    move.events += [Warned(each) for each in plan.warnings]
    move.enter(0)
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
    move = _Move(plan, replace(state, at=max(state.at, reply.at), pending=None), bodies)
    if isinstance(pending, Sleep):
        move.send()
    else:
        move.judge(pending.call, reply)
    return move.turn()


def cancel(plan: Plan, state: RunState, bodies: Bodies = NO_BODIES) -> Turn:
    """End a run that goes on, because somebody wants it to."""
    error = Diagnostic(
        code="cancelled",
        message="the run was interrupted",
        location=_Move(plan, state, bodies).step.location,
    )
    return stop(plan, state, "cancelled", error, bodies)


def stop(
    plan: Plan,
    state: RunState,
    status: RunStatus,
    error: Diagnostic,
    bodies: Bodies = NO_BODIES,
) -> Turn:
    """End a run that goes on, for a reason from outside; a Finished that is owed comes."""
    move = _Move(plan, state, bodies)
    if isinstance(state.pending, Send):
        move.events.append(
            move.finished(Outcome.ERRORED, decision=status, failure=error.message)
        )
    move.end(status, error)
    return move.turn()


@dataclass(slots=True)
class _Move:
    """One turn in the making: the state so far and the events so far."""

    plan: Plan
    state: RunState
    bodies: Bodies
    events: list[Event] = field(default_factory=list)

    def turn(self) -> Turn:
        return Turn(self.state, tuple(self.events))

    @property
    def frame(self) -> Frame:
        return self.state.frames[-1]

    @property
    def step(self) -> PlannedStep:
        return self.plan.steps[self.frame.position]

    def set_frame(self, frame: Frame) -> None:
        self.state = replace(self.state, frames=(*self.state.frames[:-1], frame))

    def scope(
        self, call: Call | None = None, response: Response | None = None
    ) -> Scope:
        frame = self.frame
        step = self.step
        return Scope(
            inputs=frame.inputs,
            steps=frame.outputs,
            call=call,
            response=response,
            method=step.operation.method,
            url=url_of(step, self.plan, self.bodies),
            sources=self.plan.sources,
            self_uri=self.plan.self_uri,
            bodies=self.bodies,
        )

    # --- coming to a step -----------------------------------------------------------

    def enter(self, position: int) -> None:
        """Control comes to a step: send its request, or wait first if this is a poll."""
        frame = self.frame
        self.set_frame(
            replace(frame, position=position, attempt=1, retries={}, resends=0)
        )
        call = self.build()
        if call is None:
            return
        digest = _digest(call)
        before = frame.visits.get(self.step.step_id, Visits())
        again = before.digest == digest
        visits = Visits(
            count=before.count + 1,
            digest=digest,
            polls=before.polls + 1 if again else 0,
            since=before.since if again else self.state.at,
        )
        self.set_frame(
            replace(self.frame, visits={**frame.visits, self.step.step_id: visits})
        )
        if again:
            self.wait(None, "poll", visits.polls)
        elif self.count_step():
            self.send(call)

    def build(self) -> Call | None:
        """The request of the current step, or None after the run has ended for want of it."""
        try:
            return build_call(self.step, self.scope())
        except CannotBuild as problem:
            self.end("failed", problem.diagnostic)
            return None

    def count_step(self) -> bool:
        """Count a step against the limit; False when the run has ended there."""
        steps = self.state.steps + 1
        limit = self.plan.settings.max_steps
        if steps > limit:
            self.end("failed", too_many_steps(self.step, limit))
            return False
        self.state = replace(self.state, steps=steps)
        return True

    def send(self, call: Call | None = None) -> None:
        """Ask for the request of the current step to be sent."""
        call = call if call is not None else self.build()
        if call is None:
            return
        step = self.step
        visits = self.frame.visits[step.step_id]
        key = self.state.sequence + 1
        self.events.append(
            StepStarted(
                step_id=step.step_id,
                visit=visits.count,
                attempt=self.frame.attempt,
                poll=visits.polls > 0,
                operation=step.label,
                location=step.location,
            )
        )
        self.set_frame(replace(self.frame, retry_after=None))
        self.state = replace(
            self.state,
            sequence=key,
            pending=Send(
                key=key, step_id=step.step_id, call=call, timeout=step.timeout
            ),
        )

    def wait(self, declared: float | None, reason: WaitReason, number: int) -> None:
        """
        Wait before the current step's request is sent again.

        A ``Retry-After`` overrules the wait that was *declared*, and that overrules our
        pacing. All waits but declared ones end at the poll deadline.
        """
        pacing = self.plan.settings.pacing
        step = self.step
        asked = self.frame.retry_after
        if asked is not None:
            seconds = asked
        elif declared is not None:
            seconds = declared
        elif reason == "resend":
            seconds = resend_wait(number)
        else:
            seconds = poll_wait(
                pacing, number, seed=self.state.seed, step_id=step.step_id
            )
        since = self.frame.visits[step.step_id].since
        if seconds != declared and self.state.at + seconds > since + pacing.timeout:
            number_of_visits = self.frame.visits[step.step_id].count
            self.end(
                "failed",
                poll_timeout(
                    step, self.state.at - since, number_of_visits, pacing, seconds
                ),
            )
            return
        # A wait of nothing could go on for ever at full speed.
        if seconds <= 0 and not self.count_step():
            return
        key = self.state.sequence + 1
        self.events.append(
            Waiting(step_id=step.step_id, seconds=seconds, reason=reason, number=number)
        )
        self.state = replace(
            self.state,
            sequence=key,
            pending=Sleep(
                key=key, step_id=step.step_id, seconds=seconds, reason=reason
            ),
        )

    # --- after a step ---------------------------------------------------------------

    def judge(self, call: Call, reply: Reply) -> None:
        """A request has been answered, or not: take the outputs and go where that leads."""
        step = self.step
        scope = self.scope(call, reply.response)
        settings = self.plan.settings
        try:
            judgement = judge(step, reply, scope, self.frame, settings, self.plan.index)
        except LimitError as problem:
            error = replace(problem.problems[0], location=step.location)
            failure = problem.message
            self.events.append(
                self.finished(Outcome.ERRORED, decision="break", failure=failure)
            )
            self.end("failed", error)
            return
        frame = replace(self.frame, retry_after=reply.retry_after)
        if judgement.outputs is not None:
            outputs = {**frame.outputs, step.step_id: judgement.outputs}
            frame = replace(frame, outputs=outputs)
        self.set_frame(frame)
        outcome = Outcome.PASSED if judgement.passed else Outcome.FAILED
        self.warn(judgement.warnings)
        self.events.append(
            self.finished(
                outcome if reply.response else Outcome.ERRORED,
                status=reply.response.status if reply.response else None,
                outputs=judgement.outputs,
                criteria=judgement.criteria,
                decision=transitions.in_words(judgement.transition),
                failure=reply.failure,
            )
        )
        self.follow(judgement, reply)

    def follow(self, judgement: Judgement, reply: Reply) -> None:
        """Act on a decision."""
        step, frame = self.step, self.frame
        match judgement.transition:
            case transitions.Next():
                if frame.position + 1 < len(self.plan.steps):
                    self.enter(frame.position + 1)
                else:
                    self.end("succeeded")
            case transitions.Goto(step_id):
                self.enter(self.plan.index[step_id])
            case transitions.Retry(action, seconds, number):
                self.again(replace(frame, retries={**frame.retries, action: number}))
                self.wait(seconds, "retry", number)
            case transitions.Resend(number):
                self.again(replace(frame, resends=number))
                self.wait(None, "resend", number)
            case transitions.End() if judgement.passed:
                self.end("succeeded")
            case transitions.End(planned):
                criteria = judgement.criteria
                self.end("failed", ended_by_action(step, planned, criteria, reply))
            case transitions.Break():
                if reply.response is None:
                    self.end("failed", no_response(step, reply, frame.attempt))
                else:
                    self.end(
                        "failed", not_met(step, reply.response, judgement.criteria)
                    )

    def again(self, frame: Frame) -> None:
        self.set_frame(replace(frame, attempt=frame.attempt + 1))

    def warn(self, warnings: Sequence[Diagnostic]) -> None:
        """Give each warning once for its place, however often a step is polled."""
        for warning in warnings:
            key = f"{warning.code} {warning.location}"
            if key not in self.state.warned:
                self.state = replace(self.state, warned=(*self.state.warned, key))
                self.events.append(Warned(warning))

    def finished(
        self,
        outcome: Outcome,
        *,
        status: int | None = None,
        outputs: Mapping[str, Value] | None = None,
        criteria: tuple[CriterionResult, ...] = (),
        decision: str,
        failure: str | None = None,
    ) -> StepFinished:
        step = self.step
        visits = self.frame.visits[step.step_id]
        return StepFinished(
            step_id=step.step_id,
            visit=visits.count,
            attempt=self.frame.attempt,
            poll=visits.polls > 0,
            outcome=outcome,
            status=status,
            outputs=outputs or {},
            criteria=criteria,
            decision=decision,
            failure=failure,
            location=step.location,
        )

    # --- the end ----------------------------------------------------------------------

    def end(self, status: RunStatus, error: Diagnostic | None = None) -> None:
        """End the run; its outputs are what resolves, also after a failure (A-49)."""
        frame = self.frame
        outputs: dict[str, Value] = {}
        missing: list[Diagnostic] = []
        for planned in self.plan.outputs:
            found, absent = take_outputs(
                (planned,), replace(self.scope(), outputs=outputs)
            )
            outputs = {**outputs, **found}
            missing += absent
        if status == "succeeded":
            self.warn(missing)
        self.events.append(
            RunFinished(
                run_id=self.state.run_id,
                workflow_id=self.state.workflow_id,
                status=status,
                outputs=outputs,
                error=error,
                step_outputs=frame.outputs,
            )
        )
        self.state = replace(
            self.state,
            status=status,
            pending=None,
            frames=(),
            outputs=outputs,
            error=error,
        )


def _digest(call: Call) -> str:
    """What tells a poll (the same request again) from iteration (another one)."""
    text = json.dumps(call_to_json(call), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
