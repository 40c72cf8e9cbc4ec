"""Rules over a loaded description: what is wrong, or hardly meant, before anything is sent."""

from __future__ import annotations

from dataclasses import replace

from ..engine.compile import examine_workflow
from ..engine.lookup import Sources, Unit
from ..errors import Diagnostic
from .asynchronous import check_messages
from .description import check_document
from .flow import check_flow
from .report import Findings
from .sources import check_operations

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
        findings.take(each for each in errors if each.code != _ONLY_RUN)
        findings.take(warnings)
        check_messages(unit, workflow, findings)
        if sources:
            check_operations(plan, findings)
        if len(plan.steps) == len(workflow.steps):
            check_flow(plan, findings)
    return tuple(sorted(findings.found, key=_place))


def _place(finding: Diagnostic) -> tuple[str, int, int]:
    at = finding.location
    return at.uri, at.line, at.column
