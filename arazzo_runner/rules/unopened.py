"""
What a document alone says about its source descriptions: checked when they are not opened.

Where they are, the engine looks operations, workflows and channels up and says all of this.
"""

from __future__ import annotations

from ..engine.lookup import PATH_FORMS
from ..errors import did_you_mean
from ..model import Description, Path, Step
from .report import Findings

_QUALIFIED = "$sourceDescriptions."


def check_unopened(description: Description, findings: Findings) -> None:
    """R-STEP-09, 11, 12 and 15, R-WF-10 and 11, R-SACT-07, R-FACT-09, N-STEP-03 and 04."""
    several = sum(each.type != "arazzo" for each in description.source_descriptions) > 1
    for workflow in description.workflows:
        for index, written in enumerate(workflow.depends_on):
            _named(written, (*workflow.path, "dependsOn", index), description, findings)
        for action in (*workflow.success_actions, *workflow.failure_actions):
            _target(getattr(action, "workflow_id", None), action.path, findings)
        for step in workflow.steps:
            _step(step, several, findings)
    components = description.components
    for one in (
        *components.success_actions.values(),
        *components.failure_actions.values(),
    ):
        _target(one.workflow_id, one.path, findings)


def _step(step: Step, several: bool, findings: Findings) -> None:
    description = findings.description
    for action in (*step.on_success, *step.on_failure):
        _target(getattr(action, "workflow_id", None), action.path, findings)
    if step.workflow_id is not None:
        _target(step.workflow_id, step.path, findings)
    if step.operation_path is not None:
        path = (*step.path, "operationPath")
        _pointed(step.operation_path, path, findings)
    if step.operation_id is None:
        return
    path = (*step.path, "operationId")
    _named(step.operation_id, path, description, findings)
    if several and not step.operation_id.startswith(_QUALIFIED):
        findings.add(
            "error" if findings.strict else "warning",
            "AZ509",
            f"with several source descriptions {step.operation_id!r} must say which one "
            "it is in",
            path,
            f"write $sourceDescriptions.NAME.{step.operation_id}",
        )


def _target(written: str | None, path: Path, findings: Findings) -> None:
    if written is not None:
        _named(written, (*path, "workflowId"), findings.description, findings)


def _names(description: Description) -> list[str]:
    return [each.name for each in description.source_descriptions]


def _named(
    written: str, path: Path, description: Description, findings: Findings
) -> None:
    """``$sourceDescriptions.<name>.<id>``: the longest name that is declared."""
    if not written.startswith(_QUALIFIED):
        return
    rest, names = written.removeprefix(_QUALIFIED), _names(description)
    if not any(rest.startswith(f"{name}.") for name in names):
        _unknown(written, rest.split(".")[0], path, findings)


def _pointed(written: str, path: Path, findings: Findings) -> None:
    """A source description and a JSON Pointer into it, in any form that is met (A-34)."""
    known = _names(findings.description)
    for position, form in enumerate(PATH_FORMS):
        found = form.fullmatch(written)
        if found is None or found["name"] not in known:
            continue
        if position:
            name, pointer = found["name"], found["pointer"]
            findings.add(
                "error" if findings.strict else "warning",
                "AZ508",
                f"{written!r} is not the form of an operationPath",
                path,
                f"write '{{$sourceDescriptions.{name}.url}}{pointer}'",
            )
        return
    findings.error(
        "AZ305",
        f"{written!r} does not name a source description and an operation in it",
        path,
        "write '{$sourceDescriptions.NAME.url}#/paths/~1pets/get'",
    )


def _unknown(written: str, name: str, path: Path, findings: Findings) -> None:
    findings.error(
        "AZ305",
        f"{written!r} names no source description of this document",
        path,
        did_you_mean(name, _names(findings.description), "source descriptions"),
    )
