"""
One turn in the making: the stack of frames, what happened, what a step can see.

It works on its own copy of what changes and makes the frozen state of it at the end, once:
a poll costs microseconds (`benchmarks/`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from ..errors import Diagnostic
from ..events import CriterionResult, Event, Outcome, RunStatus, StepFinished, Warned
from ..expressions.scope import Ran, Scope, no_url
from ..messages import Bodies, Call, Value
from .calls import url_of
from .effects import Effect, Reply
from .plan import Plan, PlannedCall, PlannedStep
from .state import Ended, Frame, Reference, RunState, Then, Turn, Visits


class Activation:
    """
    The innermost frame, unpacked, above the others.

    Attributes:
        entry: The plan of the run; `plan` is that of the innermost frame.
        below: The frames under the innermost one.
    """

    def __init__(self, plan: Plan, state: RunState, bodies: Bodies) -> None:
        self.entry = plan
        self.before = state
        self.bodies = bodies
        self.events: list[Event] = []
        self.at = state.at
        self.steps = state.steps
        self.sequence = state.sequence
        self.warned = state.warned
        self.ended = state.ended
        self.pending: Effect | None = None
        self.status: RunStatus | None = None
        self.error: Diagnostic | None = None
        self.results: Mapping[str, Value] = {}
        self.below = state.frames[:-1]
        self._unpack(state.frames[-1])

    def _unpack(self, frame: Frame) -> None:
        self.plan = self.entry.plans[frame.workflow_id]
        self.step = self.plan.steps[frame.position]
        self.inputs = frame.inputs
        self.outputs = frame.outputs
        self.all_visits = frame.visits
        self.attempt = frame.attempt
        self.retries = frame.retries
        self.resends = frame.resends
        self.then: Then = frame.then
        self.deadline = frame.deadline
        self.reference: Reference | None = frame.reference
        self.came = frame.came

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
                frames=() if self.status else (*self.below, self.frame()),
                ended=self.ended,
                given=self.before.given,
                pending=self.pending,
                warned=self.warned,
                status=self.status,
                outputs=self.results,
                error=self.error,
            ),
            tuple(self.events),
        )

    def frame(self) -> Frame:
        """The innermost frame as it is now."""
        return Frame(
            workflow_id=self.plan.workflow_id,
            position=self.step.index,
            inputs=self.inputs,
            outputs=self.outputs,
            visits=self.all_visits,
            attempt=self.attempt,
            retries=self.retries,
            resends=self.resends,
            then=self.then,
            deadline=self.deadline,
            reference=self.reference,
            came=self.came,
        )

    def push(self, frame: Frame) -> None:
        """Put *frame* on top."""
        self.below = (*self.below, self.frame())
        self._unpack(frame)

    def replace(self, frame: Frame) -> None:
        """Put *frame* in place of the innermost one."""
        self._unpack(frame)

    def pop(self) -> None:
        """Go back to the frame below."""
        self._unpack(self.below[-1])
        self.below = self.below[:-1]

    @property
    def depth(self) -> int:
        """How many workflows the innermost one is inside of."""
        if self.then == "step-reference":  # the same workflow
            return len(self.below) - 1
        return len(self.below)

    @property
    def visits(self) -> Visits:
        """Of the current step."""
        return self.all_visits[self.step.step_id]

    # --- what a step sees -----------------------------------------------------------

    def scope(self, call: Call | None = None, reply: Reply | None = None) -> Scope:
        """What expressions of the current step see."""
        step, plan = self.step, self.plan
        method, accept, url = "", "", no_url
        if isinstance(step, PlannedStep):
            method, accept = step.operation.method, step.operation.accept
            url = partial(url_of, step, plan, self.bodies)
        return Scope(
            inputs=self.inputs,
            steps=self.outputs,
            workflows=partial(
                shown, plan, self.ended, self.below, self.inputs, self.outputs
            ),
            call=call,
            response=reply.response if reply else None,
            method=method,
            accept=accept,
            url=url,
            sources=plan.sources,
            components=plan.components,
            self_uri=plan.self_uri,
            bodies=self.bodies,
            reads_xml=not plan.settings.strict,
        )

    # --- what is told ---------------------------------------------------------------

    def warn(self, warnings: Sequence[Diagnostic]) -> None:
        """Give each warning once for its place, however often a step is polled."""
        for warning in warnings:
            key = f"{warning.code} {warning.location}"
            if (
                warning.related
            ):  # what it differs from; several steps may differ from it
                place = warning.related[0][0]
                key = f"{warning.code} {place}" if place.line else f"{key} {place}"
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
        sent: bool = True,
    ) -> None:
        """Report the end of an attempt."""
        step, visits = self.step, self.visits
        self.events.append(
            StepFinished(
                workflow_id=self.plan.workflow_id,
                step_id=step.step_id,
                depth=self.depth,
                visit=visits.count,
                attempt=self.attempt,
                poll=visits.polls > 0,
                outcome=outcome,
                status=status,
                outputs=outputs or {},
                criteria=criteria,
                decision=decision,
                failure=failure,
                called=step.workflow if isinstance(step, PlannedCall) else "",
                sent=sent,
                location=step.location,
            )
        )

    def record(
        self,
        status: RunStatus,
        outputs: Mapping[str, Value],
        error: Diagnostic | None,
    ) -> None:
        """Remember how the innermost workflow, and those it came from, have ended."""
        ended = Ended(
            status=status,
            inputs=self.inputs,
            outputs=outputs,
            steps=self.outputs,
            error=error,
        )
        before = {
            name: replace(ended, inputs=ran.inputs, steps=ran.steps)
            for name, ran in self.came.items()
        }
        self.ended = {**self.ended, **before, self.plan.workflow_id: ended}


def shown(
    plan: Plan,
    ended: Mapping[str, Ended],
    below: Sequence[Frame],
    inputs: Mapping[str, Value],
    outputs: Mapping[str, Mapping[str, Value]],
) -> dict[str, Ran]:
    """
    What ``$workflows`` shows in *plan*: the last run of each workflow that has ended, and
    inputs and steps of those that are going on for the first time.
    """
    going = {frame.workflow_id: Ran(frame.inputs, {}, frame.outputs) for frame in below}
    going[plan.workflow_id] = Ran(inputs, {}, outputs)
    found: dict[str, Ran] = {}
    for name, key in plan.known.items():
        last = ended.get(key)
        if last is not None:
            found[name] = Ran(last.inputs, last.outputs, last.steps)
        elif key in going:
            found[name] = going[key]
    return found
