"""Rules over a loaded description: what is wrong, or hardly meant, before anything is sent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from ..engine.compile import examine_workflow
from ..engine.lookup import Sources, Unit
from ..errors import Diagnostic
from .asynchronous import check_messages
from .description import check_document
from .flow import check_flow
from .report import Findings
from .sources import check_operations
from .uses import uses_in
from .visibility import check_visibility

#: What `arazzo run` refuses and a check does not: the document may be right.
_ONLY_RUN = "AZ390"


def check_description(
    unit: Unit, *, strict: bool = False, sources: bool = True
) -> tuple[Diagnostic, ...]:
    """
    Every finding in the document of *unit*, each once, in the order of the text.

    With *strict* dialect forms are errors. Without *sources* nothing is asked of the source
    descriptions, which need not have been opened.
    """
    if not sources:
        unit = replace(unit, sources=Sources(unopened=True))
    findings = Findings(unit.description, strict)
    check_document(unit, findings)
    for workflow in unit.description.workflows:
        plan, errors, warnings = examine_workflow(unit, workflow, strict=strict)
        findings.take(_checked_only(errors))
        findings.take(warnings)
        uses = uses_in(plan)
        check_messages(unit, plan, uses, findings)
        if sources:
            check_operations(plan, findings)
        check_flow(plan, uses, findings)
        check_visibility(plan, uses, findings)
    _unneeded(unit, findings)
    return tuple(sorted(findings.found, key=_place))


def _checked_only(errors: Iterable[Diagnostic]) -> Iterator[Diagnostic]:
    """*errors*, but what is only not supported yet may be right, so it is a note."""
    for each in errors:
        if each.code == _ONLY_RUN:
            if each.message.startswith("$message"):
                continue  # the step is told about, or the expression (AZ717)
            what = each.message.removesuffix(": not supported yet")
            message = f"{what} is checked; `arazzo run` refuses it"
            yield replace(each, message=message, severity="info")
        else:
            yield each


def _unneeded(unit: Unit, findings: Findings) -> None:
    """A source description that cannot be opened, and that nothing asks for (A-65)."""
    told = {(each.code, each.message) for each in findings.found}
    for each in unit.sources.problems():
        if (each.code, each.message) not in told:
            findings.take([replace(each, severity="warning")])


def _place(finding: Diagnostic) -> tuple[str, int, int]:
    at = finding.location
    return at.uri, at.line, at.column
