"""
What moves frames: `Move` acts on the decisions of `transitions` and `judging`.
"""

from __future__ import annotations

from dataclasses import replace

from ..errors import Diagnostic, LimitError
from ..events import (
    Outcome,
    RunStatus,
)
from ..expressions.scope import Scope
from ..messages import Call, Response
from . import contracts, transitions
from .effects import Reply
from .endings import (
    call_failed,
    call_timed_out,
    ended_by_action,
    no_response,
    not_met,
)
from .entering import Entering
from .judging import Judgement, Returned, judge
from .plan import PlannedAction, PlannedCall, PlannedStep
from .state import Reference

#: Seconds by which a clock may differ from a deadline that was waited for.
_TOLERANCE = 0.001


class Move(Entering):
    """One turn: from a reply to the next effect, or to the end."""

    # --- after a step ---------------------------------------------------------------

    def answered(self, call: Call, reply: Reply) -> None:
        """A request has been answered, or not: take the outputs and go where that leads."""
        if reply.retry_after != self.visits.retry_after:
            visits = replace(self.visits, retry_after=reply.retry_after)
            self.all_visits = {**self.all_visits, self.step.step_id: visits}
        self._judge(reply, self.scope(call, reply))

    def returned(self, got: Returned) -> None:
        """The workflow that the current step calls has ended."""
        self._judge(got, replace(self.scope(), outputs=got.outputs))

    def _judge(self, got: Reply | Returned, scope: Scope) -> None:
        step = self.step
        try:
            judgement = judge(step, got, scope, self.retries, self.resends, self.plan)
        except LimitError as problem:
            said = problem.message
            self.finished(Outcome.ERRORED, decision="break", failure=said)
            self.abort("failed", replace(problem.problems[0], location=step.location))
            return
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
        response = got.response if isinstance(got, Reply) else None
        wrong = self._breach(response, judgement)
        passed = judgement.passed and wrong is None
        outcome = Outcome.PASSED if passed else Outcome.FAILED
        failure = got.failure if isinstance(got, Reply) else None
        if wrong is not None:
            failure = wrong.message
        if isinstance(got, Returned) and got.error is not None:
            failure = got.error.message
        self.finished(
            outcome if judgement.outputs is not None else Outcome.ERRORED,
            status=response.status if response is not None else None,
            outputs=judgement.outputs,
            criteria=judgement.criteria,
            decision=transitions.in_words(
                judgement.transition if wrong is None else transitions.Break()
            ),
            failure=failure,
        )
        if wrong is not None:
            self.abort("failed", wrong)
            return
        if self.then == "step-reference" and not isinstance(
            judgement.transition, transitions.Retry | transitions.Resend
        ):
            self._reference_ran(judgement.passed)
            return
        self.follow(judgement, got)

    def _breach(
        self, response: Response | None, judgement: Judgement
    ) -> Diagnostic | None:
        """
        Compare *response* with its description; what the run ends with, or None. What is
        sent again anyway does not end it: providers' overload is rarely described.
        """
        step, settings = self.step, self.plan.settings
        if (
            settings.contract == "off"
            or response is None
            or not isinstance(step, PlannedStep)
        ):
            return None
        problems = contracts.response_problems(
            step, response, judgement.passed, self.bodies
        )
        again = transitions.Retry | transitions.Resend
        wrong = None
        if not isinstance(judgement.transition, again):
            wrong = contracts.breach(problems, settings)
        left = [
            each for each in problems if wrong is None or each.message != wrong.message
        ]
        self.warn(left)
        return wrong

    def follow(self, judgement: Judgement, got: Reply | Returned) -> None:
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
            case transitions.Transfer(planned):
                self.transfer(planned, judgement.scope)
            case transitions.Retry(planned, number) as retry:
                self.retries = {**self.retries, planned.action.name: number}
                if self._refer(planned, judgement.scope):
                    self.again(retry.seconds, "retry", number)
            case transitions.Resend(number):
                self.resends = number
                self.again(None, "resend", number)
            case transitions.End() if judgement.passed:
                self.end("succeeded")
            case transitions.End(planned):
                criteria = judgement.criteria
                self.end("failed", ended_by_action(step, planned, criteria, got))
            case transitions.Break():
                self.end("failed", self._why_failed(judgement, got))

    def _why_failed(self, judgement: Judgement, got: Reply | Returned) -> Diagnostic:
        step = self.step
        if isinstance(got, Returned):
            if got.error is None:
                return not_met(step, None, judgement.criteria)
            if got.timed_out or not isinstance(step, PlannedCall):
                return got.error
            return call_failed(step, got.error)
        if got.response is None:
            return no_response(step, got, self.attempt)
        return not_met(step, got.response, judgement.criteria)

    def _refer(self, planned: PlannedAction, scope: Scope) -> bool:
        """Note what runs before the retry; False when the run has ended for want of it."""
        action = planned.action
        if planned.workflow:
            inputs = self.inputs_of(
                planned.workflow, planned.parameters, scope, planned
            )
            if inputs is None:
                return False
            self.reference = Reference(workflow=planned.workflow, inputs=inputs)
        elif action.step_id is not None and action.step_id != self.step.step_id:
            self.reference = Reference(step_id=action.step_id)
        return True

    def _reference_ran(self, passed: bool) -> None:
        """The step that runs before a retry has run; what it left stays (A-47)."""
        name, outputs, visits = self.step.step_id, self.outputs, self.all_visits
        self.pop()
        self.outputs, self.all_visits = outputs, visits
        self._retry_now(None if passed else f"step {name!r}")

    def _retry_now(self, failed: str | None) -> None:
        """Retry after the reference, also after one that failed (checklist A-47)."""
        if failed is not None:
            message = f"{failed} failed before the retry of step {self.step.step_id!r}"
            self.warn(
                [
                    Diagnostic(
                        code="AZ627",
                        message=message,
                        location=self.step.location,
                        severity="warning",
                    )
                ]
            )
        self.go()

    # --- the end --------------------------------------------------------------------

    def end(self, status: RunStatus, error: Diagnostic | None = None) -> None:
        """End the innermost workflow; who waits for it goes on."""
        outputs = self.workflow_outputs(status)
        self.record(status, outputs, error)
        if self.then == "run":
            self.run_ended(status, outputs, error)
            return
        self.closed(status, outputs, error)
        then, name = self.then, self.plan.workflow_id
        self.pop()
        if then == "step":
            self.returned(Returned(outputs=outputs, error=error))
        elif then == "dependency":
            self.begin()
        else:
            failed = f"workflow {name!r}" if status != "succeeded" else None
            self._retry_now(failed)

    def overdue(self, *, sent: bool) -> bool:
        """
        Abort the outermost workflow whose calling step has timed out (N-STEP-06, A-68);
        True if there was one. *sent*: the present step's request was under way.
        """
        frames = (*self.below, self.frame()) if self.below else ()
        depth = next(
            (
                index
                for index, frame in enumerate(frames)
                if frame.deadline is not None and self.at >= frame.deadline - _TOLERANCE
            ),
            None,
        )
        if depth is None:
            return False
        caller = self.entry.plans[frames[depth - 1].workflow_id]
        step = caller.steps[frames[depth - 1].position]
        if not isinstance(step, PlannedCall):  # only such steps set a deadline
            return False
        error = call_timed_out(step, step.timeout or 0.0)
        if sent:
            self.finished(Outcome.ERRORED, decision="break", failure=error.message)
        while len(self.below) >= depth:
            self.unwind("failed", error, owed=len(self.below) > depth)
        self.returned(Returned(error=error, timed_out=True))
        return True
