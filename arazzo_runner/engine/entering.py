"""Control comes to a workflow or a step: what is sent, called or waited for."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace

from ..errors import Diagnostic
from ..events import (
    Outcome,
    RunStatus,
    StepStarted,
    Waiting,
    WaitReason,
    WorkflowReason,
    WorkflowStarted,
)
from ..expressions.scope import Ran, Scope
from ..messages import Call, Value
from . import contracts
from .calls import CannotBuild, build_call, build_inputs, digest, digest_of_inputs
from .closing import Closing
from .effects import Send, Sleep
from .endings import (
    dependency_failed,
    not_run,
    poll_timeout,
    too_deep,
    too_many_steps,
)
from .pacing import poll_wait, resend_wait
from .plan import Needed, PlannedAction, PlannedCall, PlannedParameter, PlannedStep
from .state import Frame, Then, Visits


class Entering(Closing, ABC):
    """What begins."""

    @abstractmethod
    def end(self, status: RunStatus, error: Diagnostic | None = None) -> None:
        """End the innermost workflow; who waits for it goes on."""

    # --- coming to a workflow -------------------------------------------------------

    def begin(self) -> None:
        """The innermost workflow begins: what it depends on first (checklist A-51)."""
        for name in self.plan.depends_on:
            ended = self.ended.get(name)
            if ended is None:
                given = self.before.given.get(name, {})
                self.start_workflow(name, given, "dependency", "dependency")
                return
            if ended.status != "succeeded":
                self.end("failed", dependency_failed(self.plan, name, ended.error))
                return
        self.enter(0)

    def start_workflow(
        self,
        name: str,
        inputs: Mapping[str, Value],
        then: Then,
        reason: WorkflowReason,
        deadline: float | None = None,
    ) -> None:
        """Run a workflow inside of the present one."""
        limit = self.plan.settings.max_depth
        if self.depth >= limit:
            error = too_deep(self.step, name, limit)
            if then == "step":  # it has been started
                self.finished(Outcome.ERRORED, decision="failed", failure=error.message)
            self.abort("failed", error)
            return
        self.push(Frame(workflow_id=name, inputs=inputs, then=then, deadline=deadline))
        self._started(reason)
        self.begin()

    def transfer(self, planned: PlannedAction, scope: Scope) -> None:
        """Go on with another workflow in place of this one (checklist A-43)."""
        inputs = self.inputs_of(planned.workflow, planned.parameters, scope, planned)
        if inputs is None:
            return
        if self.then != "run" or self.came:
            self.closed("transferred", {}, None)
        here = Ran(inputs=self.inputs, steps=self.outputs)
        self.replace(
            Frame(
                workflow_id=planned.workflow,
                inputs=inputs,
                then=self.then,
                deadline=self.deadline,
                came={**self.came, self.plan.workflow_id: here},
            )
        )
        self._started("goto")
        self.begin()

    def _started(self, reason: WorkflowReason) -> None:
        self.events.append(
            WorkflowStarted(
                workflow_id=self.plan.workflow_id,
                reason=reason,
                depth=self.depth,
                steps=tuple(step.step_id for step in self.plan.steps),
                location=self.plan.unit.description.locate(
                    (*self.plan.workflow.path, "workflowId")
                ),
            )
        )

    # --- coming to a step -----------------------------------------------------------

    def enter(self, position: int) -> None:
        """Control comes to a step: run it, or wait first if this is a poll."""
        self.step = step = self.plan.steps[position]
        self.attempt, self.retries, self.resends = 1, {}, 0
        missing = [each for each in step.depends_on if not self._has_run(each)]
        if missing:
            self.abort("failed", not_run(step, missing))
            return
        call: Call | None = None
        inputs: Mapping[str, Value] | None = None
        if isinstance(step, PlannedCall):
            inputs = self.inputs_of(step.workflow, step.parameters, self.scope(), step)
            if inputs is None:
                return
            same = digest_of_inputs(step.workflow, inputs)
        else:
            call = self.build()
            if call is None:
                return
            same = digest(call)
        before = self.all_visits.get(step.step_id, _NEVER)
        # What runs before a retry is paced by the retry.
        again = before.digest == same and self.then != "step-reference"
        visits = Visits(
            count=before.count + 1,
            digest=same,
            polls=before.polls + 1 if again else 0,
            since=before.since if before.digest == same else self.at,
            retry_after=before.retry_after if again else None,
        )
        self.all_visits = {**self.all_visits, step.step_id: visits}
        if again:
            self.wait(call, None, "poll", visits.polls)
        elif self.count_step():
            if call is not None:
                self.send(call)
            else:
                self.call(inputs or {})

    def _has_run(self, need: Needed) -> bool:
        """Whether a step that another depends on has run: it has outputs, if only none."""
        if not need.workflow:
            return need.step_id in self.outputs
        ended = self.ended.get(need.workflow)
        if ended is not None and need.step_id in ended.steps:
            return True
        return any(
            frame.workflow_id == need.workflow and need.step_id in frame.outputs
            for frame in self.below
        )

    def build(self) -> Call | None:
        """The request of the current step, or None after the run has ended for want of it."""
        if not isinstance(self.step, PlannedStep):
            return None
        try:
            call, left_out = build_call(self.step, self.scope())
        except CannotBuild as problem:
            self.abort("failed", problem.diagnostic)
            return None
        self.warn(left_out)
        return call

    def inputs_of(
        self,
        name: str,
        parameters: Sequence[PlannedParameter],
        scope: Scope,
        at: PlannedCall | PlannedAction,
    ) -> Mapping[str, Value] | None:
        """The inputs for a workflow, or None after the run has ended for want of them."""
        target = self.entry.plans[name]
        try:
            inputs, left_out = build_inputs(parameters, scope, target, at.location)
        except CannotBuild as problem:
            self.abort("failed", problem.diagnostic)
            return None
        self.warn(left_out)
        return inputs

    def count_step(self) -> bool:
        """Count a step against the limit; False when the run has ended there."""
        limit = self.plan.settings.max_steps
        if self.steps >= limit:
            self.end("failed", too_many_steps(self.step, limit))
            return False
        self.steps += 1
        return True

    def _step_started(self) -> None:
        step, visits = self.step, self.visits
        self.events.append(
            StepStarted(
                workflow_id=self.plan.workflow_id,
                step_id=step.step_id,
                depth=self.depth,
                visit=visits.count,
                attempt=self.attempt,
                poll=visits.polls > 0,
                operation=step.label,
                location=step.location,
            )
        )

    def send(self, call: Call) -> None:
        """Ask for a request of the current step to be sent, if its contract allows it."""
        if not self._in_contract(call):
            return
        self._step_started()
        self.sequence += 1
        self.pending = Send(
            key=self.sequence,
            workflow_id=self.plan.workflow_id,
            step_id=self.step.step_id,
            call=call,
            timeout=self.within(self.step.timeout),
            digest=self.visits.digest if self.attempt == 1 else "",
        )

    def _in_contract(self, call: Call) -> bool:
        """Compare *call* with its description; False when the run has ended for that."""
        settings, step = self.plan.settings, self.step
        if settings.contract == "off" or not isinstance(step, PlannedStep):
            return True
        if self.visits.polls or self.attempt > 1:  # the same as before
            return True
        problems = contracts.request_problems(step, call, settings)
        wrong = contracts.breach(problems, settings)
        if wrong is not None:
            self.abort("failed", wrong)
            return False
        self.warn(problems)
        return True

    def call(self, inputs: Mapping[str, Value]) -> None:
        """Run the workflow that the current step calls."""
        step = self.step
        if isinstance(step, PlannedCall):
            self._step_started()
            deadline = self.at + step.timeout if step.timeout is not None else None
            self.start_workflow(step.workflow, inputs, "step", "step", deadline)

    def within(self, seconds: float | None) -> float | None:
        """*seconds*, or less if a step that called this workflow aborts it before."""
        deadlines = [frame.deadline for frame in self.below] if self.below else []
        for each in (*deadlines, self.deadline):
            if each is not None:
                left = max(each - self.at, 0.0)
                seconds = left if seconds is None else min(seconds, left)
        return seconds

    def again(self, declared: float | None, reason: WaitReason, number: int) -> None:
        """The current step once more, within the same visit."""
        self.attempt += 1
        if self.reference is not None or isinstance(self.step, PlannedCall):
            self.wait(None, declared, reason, number)
            return
        call = self.build()
        if call is not None:
            self.wait(call, declared, reason, number)

    def resume(self) -> None:
        """A wait is over and there is no request yet: run what comes before it."""
        reference, self.reference = self.reference, None
        if reference is None:
            self.go()
        elif reference.workflow:
            self.start_workflow(
                reference.workflow, reference.inputs, "reference", "retry"
            )
        else:
            index = self.plan.index[reference.step_id]
            self.push(
                replace(
                    self.frame(),
                    position=index,
                    then="step-reference",
                    deadline=None,
                    came={},
                )
            )
            self.enter(index)

    def go(self) -> None:
        """The current step now, its request or inputs made of what there is now."""
        step = self.step
        if isinstance(step, PlannedCall):
            inputs = self.inputs_of(step.workflow, step.parameters, self.scope(), step)
            if inputs is not None:
                self.call(inputs)
            return
        call = self.build()
        if call is not None:
            self.send(call)

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
        self,
        call: Call | None,
        declared: float | None,
        reason: WaitReason,
        number: int,
    ) -> None:
        """Wait before the step. All waits but declared ones end at the deadline."""
        pacing, step = self.plan.settings.pacing, self.step
        seconds = self.seconds(declared, reason, number)
        if seconds != declared and self.too_late(seconds):
            count = self.visits.count - (reason == "poll")  # this one is not made
            elapsed = self.at - self.visits.since
            self.abort("failed", poll_timeout(step, elapsed, count, pacing, seconds))
            return
        # A wait of nothing could go on for ever at full speed.
        if seconds <= 0 and not self.count_step():
            return
        seconds = self.within(seconds) or 0.0
        self.events.append(
            Waiting(
                workflow_id=self.plan.workflow_id,
                step_id=step.step_id,
                depth=self.depth,
                seconds=seconds,
                reason=reason,
                number=number,
            )
        )
        self.sequence += 1
        self.pending = Sleep(
            key=self.sequence,
            workflow_id=self.plan.workflow_id,
            step_id=step.step_id,
            seconds=seconds,
            reason=reason,
            call=call,
        )


_NEVER = Visits()
