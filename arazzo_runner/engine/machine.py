"""
The machine: a state and a reply give the next state, what to do now, and what happened.

It reads no clock, file, socket, environment or random number. `transitions` decides,
`_Move` acts: it is the only place that moves a frame.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

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
from ..messages import NO_BODIES, Bodies, Call, Value
from . import transitions
from .calls import CannotBuild, build_call, digest, url_of
from .effects import Effect, Reply, Send, Sleep, StateError
from .endings import ended_by_action, no_response, not_met, poll_timeout, too_many_steps
from .judging import Judgement, judge, take_outputs
from .pacing import poll_wait, resend_wait
from .plan import Plan
from .state import Frame, RunState, Turn, Visits


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
    move = _Move(plan, state, bodies)
    move.at = max(state.at, reply.at)
    if isinstance(pending, Sleep):
        move.send(pending.call)
    else:
        move.judge(pending.call, reply)
    return move.turn()


def cancel(plan: Plan, state: RunState, bodies: Bodies = NO_BODIES) -> Turn:
    """End a run that goes on, because somebody wants it to; nothing if it has ended."""
    if not state.frames:
        return Turn(state, ())
    error = Diagnostic(
        code="cancelled",
        message="the run was interrupted",
        location=plan.steps[state.frames[-1].position].location,
    )
    return stop(plan, state, "cancelled", error, bodies)


def stop(
    plan: Plan,
    state: RunState,
    status: RunStatus,
    error: Diagnostic,
    bodies: Bodies = NO_BODIES,
) -> Turn:
    """
    End a run that goes on, for a reason from outside; a Finished that is owed comes.
    Nothing happens if the run has ended.
    """
    if not state.frames:
        return Turn(state, ())
    move = _Move(plan, state, bodies)
    if isinstance(state.pending, Send):
        move.finished(Outcome.ERRORED, decision=status, failure=error.message)
    move.end(status, error)
    return move.turn()


class _Move:
    """
    One turn in the making. It works on its own copy of what changes and makes the frozen
    state of it at the end, once: a poll costs microseconds (`benchmarks/`).
    """

    def __init__(self, plan: Plan, state: RunState, bodies: Bodies) -> None:
        frame = state.frames[-1]
        self.plan = plan
        self.before = state
        self.bodies = bodies
        self.events: list[Event] = []
        self.at = state.at
        self.steps = state.steps
        self.sequence = state.sequence
        self.warned = state.warned
        self.pending: Effect | None = None
        self.status: RunStatus | None = None
        self.error: Diagnostic | None = None
        self.results: Mapping[str, Value] = {}
        self.step = plan.steps[frame.position]
        self.inputs = frame.inputs
        self.outputs = frame.outputs
        self.all_visits = frame.visits
        self.attempt = frame.attempt
        self.retries = frame.retries
        self.resends = frame.resends

    def turn(self) -> Turn:
        """The state and events of this turn."""
        return Turn(
            RunState(
                run_id=self.before.run_id,
                workflow_id=self.before.workflow_id,
                seed=self.before.seed,
                at=self.at,
                steps=self.steps,
                sequence=self.sequence,
                frames=() if self.status else (self.frame(),),
                pending=self.pending,
                warned=self.warned,
                status=self.status,
                outputs=self.results,
                error=self.error,
            ),
            tuple(self.events),
        )

    def frame(self) -> Frame:
        return Frame(
            workflow_id=self.before.frames[-1].workflow_id,
            position=self.step.index,
            inputs=self.inputs,
            outputs=self.outputs,
            visits=self.all_visits,
            attempt=self.attempt,
            retries=self.retries,
            resends=self.resends,
        )

    @property
    def visits(self) -> Visits:
        """Of the current step."""
        return self.all_visits[self.step.step_id]

    def scope(self, call: Call | None = None, reply: Reply | None = None) -> Scope:
        return Scope(
            inputs=self.inputs,
            steps=self.outputs,
            call=call,
            response=reply.response if reply else None,
            method=self.step.operation.method,
            url=partial(url_of, self.step, self.plan, self.bodies),
            sources=self.plan.sources,
            self_uri=self.plan.self_uri,
            bodies=self.bodies,
        )

    # --- coming to a step -----------------------------------------------------------

    def enter(self, position: int) -> None:
        """Control comes to a step: send its request, or wait first if this is a poll."""
        self.step = self.plan.steps[position]
        self.attempt, self.retries, self.resends = 1, {}, 0
        call = self.build()
        if call is None:
            return
        step_id = self.step.step_id
        same = digest(call)
        before = self.all_visits.get(step_id, _NEVER)
        again = before.digest == same
        visits = Visits(
            count=before.count + 1,
            digest=same,
            polls=before.polls + 1 if again else 0,
            since=before.since if again else self.at,
            retry_after=before.retry_after if again else None,
        )
        self.all_visits = {**self.all_visits, step_id: visits}
        if again:
            self.wait(call, None, "poll", visits.polls)
        elif self.count_step():
            self.send(call)

    def build(self) -> Call | None:
        """The request of the current step, or None after the run has ended for want of it."""
        try:
            call, left_out = build_call(self.step, self.scope())
        except CannotBuild as problem:
            self.end("failed", problem.diagnostic)
            return None
        self.warn(left_out)
        return call

    def count_step(self) -> bool:
        """Count a step against the limit; False when the run has ended there."""
        limit = self.plan.settings.max_steps
        if self.steps >= limit:
            self.end("failed", too_many_steps(self.step, limit))
            return False
        self.steps += 1
        return True

    def send(self, call: Call) -> None:
        """Ask for a request of the current step to be sent."""
        step, visits = self.step, self.visits
        self.events.append(
            StepStarted(
                step_id=step.step_id,
                visit=visits.count,
                attempt=self.attempt,
                poll=visits.polls > 0,
                operation=step.label,
                location=step.location,
            )
        )
        self.sequence += 1
        self.pending = Send(
            key=self.sequence,
            step_id=step.step_id,
            call=call,
            timeout=step.timeout,
            digest=visits.digest if self.attempt == 1 else "",
        )

    def again(self, declared: float | None, reason: WaitReason, number: int) -> None:
        """The current step once more, within the same visit."""
        self.attempt += 1
        call = self.build()
        if call is not None:
            self.wait(call, declared, reason, number)

    def seconds(self, declared: float | None, reason: WaitReason, number: int) -> float:
        """
        How long to wait: a ``Retry-After`` overrules the wait that was *declared*, and
        that overrules our pacing.
        """
        pacing, asked = self.plan.settings.pacing, self.visits.retry_after
        if asked is not None and asked >= 0:
            return asked
        if declared is not None:
            return declared
        if reason == "resend":
            return resend_wait(number)
        seed, step_id = self.before.seed, self.step.step_id
        return poll_wait(pacing, number, seed=seed, step_id=step_id)

    def too_late(self, seconds: float) -> bool:
        """Whether a wait would pass the deadline of the step's polls."""
        deadline = self.visits.since + self.plan.settings.pacing.timeout
        return self.at + seconds > deadline

    def wait(
        self, call: Call, declared: float | None, reason: WaitReason, number: int
    ) -> None:
        """Wait before *call* is sent. All waits but declared ones end at the deadline."""
        pacing, step = self.plan.settings.pacing, self.step
        seconds = self.seconds(declared, reason, number)
        if seconds != declared and self.too_late(seconds):
            count = self.visits.count - (reason == "poll")  # this one is not made
            elapsed = self.at - self.visits.since
            self.end("failed", poll_timeout(step, elapsed, count, pacing, seconds))
            return
        # A wait of nothing could go on for ever at full speed.
        if seconds <= 0 and not self.count_step():
            return
        self.events.append(
            Waiting(step_id=step.step_id, seconds=seconds, reason=reason, number=number)
        )
        self.sequence += 1
        self.pending = Sleep(
            key=self.sequence,
            step_id=step.step_id,
            seconds=seconds,
            reason=reason,
            call=call,
        )

    # --- after a step ---------------------------------------------------------------

    def judge(self, call: Call, reply: Reply) -> None:
        """A request has been answered, or not: take the outputs and go where that leads."""
        step, response = self.step, reply.response
        try:
            judgement = judge(
                step,
                reply,
                self.scope(call, reply),
                self.retries,
                self.resends,
                self.plan,
            )
        except LimitError as problem:
            failure = problem.message
            self.finished(Outcome.ERRORED, decision="break", failure=failure)
            self.end("failed", replace(problem.problems[0], location=step.location))
            return
        if reply.retry_after != self.visits.retry_after:
            visits = replace(self.visits, retry_after=reply.retry_after)
            self.all_visits = {**self.all_visits, step.step_id: visits}
        if judgement.outputs is not None:
            self.outputs = {**self.outputs, step.step_id: judgement.outputs}
        if (
            isinstance(judgement.transition, transitions.Resend)
            and not self.visits.polls
            and self.too_late(self.seconds(None, "resend", judgement.transition.number))
        ):
            # What went wrong says more than a deadline of polls that never were.
            judgement = replace(judgement, transition=transitions.Break())
        self.warn(judgement.warnings)
        outcome = Outcome.PASSED if judgement.passed else Outcome.FAILED
        self.finished(
            outcome if response is not None else Outcome.ERRORED,
            status=response.status if response is not None else None,
            outputs=judgement.outputs,
            criteria=judgement.criteria,
            decision=transitions.in_words(judgement.transition),
            failure=reply.failure,
        )
        self.follow(judgement, reply)

    def follow(self, judgement: Judgement, reply: Reply) -> None:
        """Act on a decision."""
        step = self.step
        match judgement.transition:
            case transitions.Next():
                if step.index + 1 < len(self.plan.steps):
                    self.enter(step.index + 1)
                else:
                    self.end("succeeded")
            case transitions.Goto(step_id):
                self.enter(self.plan.index[step_id])
            case transitions.Retry(action, seconds, number):
                self.retries = {**self.retries, action: number}
                self.again(seconds, "retry", number)
            case transitions.Resend(number):
                self.resends = number
                self.again(None, "resend", number)
            case transitions.End() if judgement.passed:
                self.end("succeeded")
            case transitions.End(planned):
                criteria = judgement.criteria
                self.end("failed", ended_by_action(step, planned, criteria, reply))
            case transitions.Break():
                if reply.response is None:
                    self.end("failed", no_response(step, reply, self.attempt))
                else:
                    self.end(
                        "failed", not_met(step, reply.response, judgement.criteria)
                    )

    def warn(self, warnings: Sequence[Diagnostic]) -> None:
        """Give each warning once for its place, however often a step is polled."""
        for warning in warnings:
            key = f"{warning.code} {warning.location}"
            if key not in self.warned:
                self.warned = (*self.warned, key)
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
    ) -> None:
        """Report the end of an attempt."""
        step, visits = self.step, self.visits
        self.events.append(
            StepFinished(
                step_id=step.step_id,
                visit=visits.count,
                attempt=self.attempt,
                poll=visits.polls > 0,
                outcome=outcome,
                status=status,
                outputs=outputs or {},
                criteria=criteria,
                decision=decision,
                failure=failure,
                location=step.location,
            )
        )

    def end(self, status: RunStatus, error: Diagnostic | None = None) -> None:
        """End the run; its outputs are what resolves, also after a failure (A-49)."""
        outputs: dict[str, Value] = {}
        missing: list[Diagnostic] = []
        for planned in self.plan.outputs:
            scope = replace(self.scope(), method="", outputs=outputs)
            found, absent = take_outputs((planned,), scope)
            outputs = {**outputs, **found}
            missing += absent
        if status == "succeeded":
            self.warn(missing)
        self.events.append(
            RunFinished(
                run_id=self.before.run_id,
                workflow_id=self.before.workflow_id,
                status=status,
                outputs=outputs,
                error=error,
                step_outputs=self.outputs,
            )
        )
        self.pending = None
        self.status, self.results, self.error = status, outputs, error


_NEVER = Visits()
