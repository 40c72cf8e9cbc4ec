"""Why a run did not succeed, in words: one function for each way to end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ..errors import Diagnostic, Location
from ..events import CriterionResult
from ..expressions.coercion import compact
from ..masking import Masker
from ..messages import (
    Absent,
    File,
    Records,
    Response,
    Secret,
    Template,
    Value,
    to_json,
)
from .effects import Reply
from .judging import Returned
from .plan import Needed, Pacing, Plan, Planned, PlannedAction, PlannedCall

_HINTS = {
    400: "the provider refuses the request; its answer says why",
    401: "the provider does not accept the credential; check the key that was given",
    403: "the credential may not do this",
    404: "what the step asks for is not there (any more)",
    409: "the provider reports a conflict with the present state",
    429: "too many requests; --retry N sends a GET again after Retry-After",
}


def shown(value: Value | Absent) -> str:
    """*value* in a message: short, and never a secret."""
    match value:
        case Absent():
            return "missing"
        case Secret() | Template():
            return "***"
        case File():
            return f"a file of {value.bytes:,} bytes"
        case Records():
            return "records"
        case str():
            text = repr(value)
        case Mapping() | Sequence():
            text = compact(to_json(Masker().value(value)))
        case _:
            text = compact(value)
    return text if len(text) <= 80 else text[:77] + "…"


def _why(criteria: tuple[CriterionResult, ...], response: Response | None) -> str:
    failed = next((each for each in criteria if not each.passed), None)
    if failed is None:
        return f"the status is {response.status}" if response else "no reason was told"
    if failed.problem is not None:
        return f"{failed.condition} cannot be evaluated: {failed.problem}"
    actual = ", ".join(f"{key} is {shown(each)}" for key, each in failed.actual.items())
    return f"{failed.condition} is not met" + (f" ({actual})" if actual else "")


def not_met(
    step: Planned,
    response: Response | None,
    criteria: tuple[CriterionResult, ...],
) -> Diagnostic:
    """A success criterion did not hold and no action looks after that."""
    failed = next((each for each in criteria if not each.passed), None)
    hint = None
    if response is not None:
        hint = _HINTS.get(response.status)
        if hint is None and response.status >= 500:
            hint = "the provider has a fault; try again later"
    return Diagnostic(
        code="criteria-not-met",
        message=f"step {step.step_id!r} failed: {_why(criteria, response)}",
        location=failed.location if failed else step.location,
        hint=hint,
    )


def call_failed(step: PlannedCall, error: Diagnostic) -> Diagnostic:
    """The workflow that *step* calls did not succeed; its error is the reason."""
    return replace(
        error,
        message=f"step {step.step_id!r} failed: workflow {step.workflow!r}: {error.message}",
        related=((step.location, f"called by step {step.step_id!r}"), *error.related),
    )


def call_timed_out(step: PlannedCall, seconds: float) -> Diagnostic:
    """The workflow that *step* calls took longer than its ``timeout``."""
    return Diagnostic(
        code="no-response",
        message=f"step {step.step_id!r} was aborted: workflow {step.workflow!r} had not "
        f"ended after {duration(seconds)}, the step's timeout",
        location=step.location,
    )


def dependency_failed(
    plan: Plan, dependency: str, error: Diagnostic | None
) -> Diagnostic:
    """A workflow that *plan*'s depends on did not succeed, so it is not started."""
    message = (
        f"workflow {plan.workflow_id!r} was not started: {dependency!r}, which it "
        "depends on, failed"
    )
    if error is None:
        path = (*plan.workflow.path, "dependsOn")
        place = plan.unit.description.locate(path)
        return Diagnostic(code="criteria-not-met", message=message, location=place)
    return replace(error, message=f"{message}: {error.message}")


def not_run(step: Planned, missing: Sequence[Needed]) -> Diagnostic:
    """Control came to a step before the steps that it depends on had run (N-STEP-11)."""
    listed = ", ".join(
        repr(f"{each.workflow}.{each.step_id}" if each.workflow else each.step_id)
        for each in missing
    )
    return Diagnostic(
        code="AZ611",
        message=f"step {step.step_id!r} depends on {listed}, which has not run",
        location=step.location,
        hint="dependsOn orders steps, it does not run them",
    )


def wrong_inputs(
    workflow: str, problems: Sequence[str], location: Location
) -> Diagnostic:
    """What a step or action gives to a workflow is not what that one takes."""
    return Diagnostic(
        code="AZ610",
        message=f"workflow {workflow!r} cannot be started: {'; '.join(problems)}",
        location=location,
    )


def too_deep(step: Planned, workflow: str, limit: int) -> Diagnostic:
    """The guard against workflows that call themselves for ever."""
    return Diagnostic(
        code="too-deep",
        message=f"workflows call each other {limit} deep; the next would be {workflow!r}",
        location=step.location,
        hint="--max-depth N allows more",
    )


def no_response(step: Planned, reply: Reply, attempts: int) -> Diagnostic:
    """There was no response, after all attempts."""
    times = f" ({attempts} attempts)" if attempts > 1 else ""
    return Diagnostic(
        code="body-too-large" if reply.limit else "no-response",
        message=f"step {step.step_id!r} got no response: {reply.failure}{times}",
        location=step.location,
    )


def ended_by_action(
    step: Planned,
    planned: PlannedAction,
    criteria: tuple[CriterionResult, ...],
    got: Reply | Returned,
) -> Diagnostic:
    """A failure action of type ``end`` (checklist A-44)."""
    if isinstance(got, Returned):
        why = got.error.message if got.error else _why(criteria, None)
    else:
        why = _why(criteria, got.response) if got.response else str(got.failure)
    return Diagnostic(
        code="ended-by-failure-action",
        message=f"step {step.step_id!r} failed: {why}; the action "
        f"{planned.action.name!r} ended the workflow",
        location=planned.location,
    )


def duration(seconds: float) -> str:
    """
    Seconds as people say it.

        >>> [duration(each) for each in (0.25, 59.94, 90, 90000)]
        ['0.25 s', '59.9 s', '1.5 min', '25 h']
    """
    for size, unit in ((3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.3g} s"


def poll_timeout(
    step: Planned, elapsed: float, visits: int, pacing: Pacing, wait: float
) -> Diagnostic:
    """The next wait would pass the deadline."""
    return Diagnostic(
        code="poll-timeout",
        message=f"step {step.step_id!r} was not done after {duration(elapsed)} and {visits} "
        f"{'visit' if visits == 1 else 'visits'}; the next wait of {duration(wait)} "
        f"would pass the limit of {duration(pacing.timeout)}",
        location=step.location,
        hint="--poll-timeout SECONDS allows more",
    )


def too_many_steps(step: Planned, limit: int) -> Diagnostic:
    """The guard against workflows that never end."""
    return Diagnostic(
        code="too-many-steps",
        message=f"the run has taken {limit:,} steps without an end; the next would be "
        f"{step.step_id!r}",
        location=step.location,
        hint="--max-steps N allows more",
    )
