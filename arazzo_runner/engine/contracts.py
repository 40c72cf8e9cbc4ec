"""
Messages compared with their description, as a step's findings: ``--contract``.

What is wrong is a warning, once for its place; with ``fail`` the first breach is what the
run ends with. The checks are imported when the first message is checked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ..errors import Diagnostic
from ..expressions import nodes
from ..expressions.criteria import operands_of
from ..messages import Bodies, Call, Response
from .plan import PlannedStep, Settings

if TYPE_CHECKING:
    from ..openapi.contracts import Finding

#: Findings of one message that are told one by one; the others are counted.
MOST_TOLD = 3


def request_problems(
    step: PlannedStep, call: Call, settings: Settings
) -> tuple[Diagnostic, ...]:
    """What *call*, the request of *step*, has other than its operation describes."""
    from ..openapi.contract_requests import check_request

    found = check_request(step.operation, call, given=settings.given_headers)
    return _told(step, found)


def response_problems(
    step: PlannedStep,
    response: Response,
    passed: bool,
    bodies: Bodies,
) -> tuple[Diagnostic, ...]:
    """
    What *response* has other than the operation of *step* describes. A status that is not
    described, but that the step's own criteria ask for, is a note: the author knows it.
    """
    from ..openapi.contracts import check_response

    found = check_response(step.operation, response, bodies)
    if passed and found and _asks_for_status(step):
        found = tuple(
            replace(each, severity="info") if each.code == "AZ631" else each
            for each in found
        )
    return _told(step, found)


def breach(problems: Sequence[Diagnostic], settings: Settings) -> Diagnostic | None:
    """The problem that ends the run, with ``fail``; None if there is none."""
    if settings.contract != "fail":
        return None
    wrong = (
        each for each in problems if each.severity == "warning" and each.code != "AZ638"
    )
    first = next(wrong, None)
    return None if first is None else replace(first, severity="error")


def _asks_for_status(step: PlannedStep) -> bool:
    return any(
        operand.expression == nodes.StatusCode()
        for criterion in step.success_criteria
        for operand in operands_of(criterion.test)
    )


def _told(step: PlannedStep, findings: Sequence[Finding]) -> tuple[Diagnostic, ...]:
    document, told = step.operation.document, []
    # What breaks the description first: it must not be among those only counted.
    found = sorted(
        findings, key=lambda each: (not each.breaks, each.severity == "info")
    )
    for each in found[:MOST_TOLD]:
        place = document.location(each.pointer)
        told.append(
            Diagnostic(
                code=each.code,
                message=each.message,
                location=step.location,
                severity=each.severity,
                related=((place, "described here"),),
            )
        )
    if len(found) > MOST_TOLD:
        left = len(found) - MOST_TOLD
        more = f"{told[-1].message} (and {left} more in this message)"
        told[-1] = replace(told[-1], message=more)
    return tuple(told)
