"""Rules over a loaded description: what is wrong, or hardly meant, before anything is sent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ..engine.compile import plan_workflow
from ..engine.lookup import Unit
from ..engine.plan import Plan, Settings
from ..errors import Diagnostic, DocumentError

#: What `arazzo run` refuses and a check does not: the document may be right.
_ONLY_RUN = "AZ390"


def check_description(
    unit: Unit,
    *,
    strict: bool = False,
    sources: bool = True,  # noqa: ARG001
) -> tuple[Diagnostic, ...]:
    """
    Every finding in the document of *unit*, each once, in the order of the text.

    With *strict* dialect forms are errors. Without *sources* nothing is asked of the source
    descriptions, which need not have been opened.
    """
    found: dict[Diagnostic, None] = {}

    def add(findings: Iterable[Diagnostic]) -> None:
        found.update((each, None) for each in findings)

    plans: list[Plan] = []
    settings = Settings(strict=strict)
    for workflow in unit.description.workflows:
        try:
            plan = plan_workflow(
                unit.description, workflow, unit.sources, settings=settings
            )
        except DocumentError as error:
            add(error.problems)
            add(error.warnings)
        else:
            plans.append(plan)
            add(plan.warnings)
    return tuple(sorted((_as_checked(each) for each in found), key=_place))


def _as_checked(finding: Diagnostic) -> Diagnostic:
    if finding.code != _ONLY_RUN:
        return finding
    message = (
        f"{finding.message.removesuffix(': not supported yet')}: `arazzo run` refuses"
    )
    return replace(finding, severity="info", message=message + " it")


def _place(finding: Diagnostic) -> tuple[str, int, int]:
    at = finding.location
    return at.uri, at.line, at.column
