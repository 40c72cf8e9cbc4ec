"""Why a run did not succeed, in words: one function for each way to end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..errors import Diagnostic
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
from .plan import Pacing, PlannedAction, PlannedStep

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


def _why(criteria: tuple[CriterionResult, ...], response: Response) -> str:
    failed = next((each for each in criteria if not each.passed), None)
    if failed is None:
        return f"the status is {response.status}"
    if failed.problem is not None:
        return f"{failed.condition} cannot be evaluated: {failed.problem}"
    actual = ", ".join(f"{key} is {shown(each)}" for key, each in failed.actual.items())
    return f"{failed.condition} is not met" + (f" ({actual})" if actual else "")


def not_met(
    step: PlannedStep, response: Response, criteria: tuple[CriterionResult, ...]
) -> Diagnostic:
    """A success criterion did not hold and no action looks after that."""
    failed = next((each for each in criteria if not each.passed), None)
    hint = _HINTS.get(response.status)
    if hint is None and response.status >= 500:
        hint = "the provider has a fault; try again later"
    return Diagnostic(
        code="criteria-not-met",
        message=f"step {step.step_id!r} failed: {_why(criteria, response)}",
        location=failed.location if failed else step.location,
        hint=hint,
    )


def no_response(step: PlannedStep, reply: Reply, attempts: int) -> Diagnostic:
    """There was no response, after all attempts."""
    times = f" ({attempts} attempts)" if attempts > 1 else ""
    return Diagnostic(
        code="body-too-large" if reply.limit else "no-response",
        message=f"step {step.step_id!r} got no response: {reply.failure}{times}",
        location=step.location,
    )


def ended_by_action(
    step: PlannedStep,
    planned: PlannedAction,
    criteria: tuple[CriterionResult, ...],
    reply: Reply,
) -> Diagnostic:
    """A failure action of type ``end`` (checklist A-44)."""
    why = _why(criteria, reply.response) if reply.response else reply.failure
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
    step: PlannedStep, elapsed: float, visits: int, pacing: Pacing, wait: float
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


def too_many_steps(step: PlannedStep, limit: int) -> Diagnostic:
    """The guard against workflows that never end."""
    return Diagnostic(
        code="too-many-steps",
        message=f"the run has taken {limit:,} steps without an end; the next would be "
        f"{step.step_id!r}",
        location=step.location,
        hint="--max-steps N allows more",
    )
