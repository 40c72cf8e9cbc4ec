"""
What follows a step. Decisions only; `machine` acts on them.

https://spec.openapis.org/arazzo/v1.1.0.html#success-action-object
https://spec.openapis.org/arazzo/v1.1.0.html#failure-action-object
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias, Union

from .pacing import TRANSIENT
from .plan import Planned, PlannedAction, PlannedCriterion, PlannedStep


@dataclass(frozen=True, slots=True)
class Next:
    """Go on with the following step; `handled` is False when no action matched."""

    handled: bool = False


@dataclass(frozen=True, slots=True)
class Goto:
    """Continue at a step of this workflow."""

    step_id: str


@dataclass(frozen=True, slots=True)
class Transfer:
    """Go on with another workflow in place of this one."""

    action: PlannedAction


@dataclass(frozen=True, slots=True)
class Retry:
    """
    Run the step again because an action says so, after the step or workflow that it names.

    `seconds` is its ``retryAfter``; None leaves the wait to the pacing.
    """

    action: PlannedAction
    number: int

    @property
    def seconds(self) -> float | None:
        return self.action.action.retry_after


@dataclass(frozen=True, slots=True)
class Resend:
    """Send a GET or HEAD again: a passing fault, and no failure action looks after it."""

    number: int
    limit: int


@dataclass(frozen=True, slots=True)
class End:
    """End the workflow, because an action says so."""

    action: PlannedAction


@dataclass(frozen=True, slots=True)
class Break:
    """The step failed and nothing looks after that: end and return."""


Transition: TypeAlias = Union[Next, Goto, Transfer, Retry, Resend, End, Break]


def next_transition(
    step: Planned,
    passed: bool,
    status: int | None,
    retries: Mapping[str, int],
    resends: int,
    resend_limit: int,
    check: Callable[[PlannedCriterion], bool],
) -> Transition:
    """
    The transition that *step*'s actions ask for.

    The first action whose criteria hold wins. A retry that has used up its ``retryLimit``
    is passed over, so that later actions get their turn. *status* is None when there was
    no response; *check* tells whether a criterion holds.
    """
    matched = False
    for planned in step.on_success if passed else step.on_failure:
        if not all(check(criterion) for criterion in planned.criteria):
            continue
        matched = True
        action = planned.action
        if action.type == "retry":
            used = retries.get(action.name, 0)
            if used < action.retry_limit:
                return Retry(planned, used + 1)
        elif action.type == "end":
            return End(planned)
        elif planned.workflow:
            return Transfer(planned)
        elif action.step_id is not None:
            return Goto(action.step_id)
    if passed:
        return Next(handled=matched)
    if not matched and resends < resend_limit and _resendable(step, status):
        return Resend(resends + 1, resend_limit)
    return Break()


def _resendable(step: Planned, status: int | None) -> bool:
    return (
        isinstance(step, PlannedStep)
        and step.operation.method in ("GET", "HEAD")
        and (status is None or status in TRANSIENT)
    )


def in_words(transition: Transition) -> str:
    """*transition* as people read it, ``retry again (1 of 3)``."""
    match transition:
        case Next():
            return "next"
        case Goto(step_id):
            return f"goto {step_id}"
        case Transfer(planned):
            return f"goto workflow {planned.workflow}"
        case Retry(planned, number):
            action = planned.action
            return f"retry {action.name} ({number} of {action.retry_limit})"
        case Resend(number, limit):
            return f"resend ({number} of {limit})"
        case End(planned):
            return f"end {planned.action.name}"
        case Break():
            return "break"
