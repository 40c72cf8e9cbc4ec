"""
Workflows that a workflow names: which one is meant, and what it is given.

https://spec.openapis.org/arazzo/v1.1.0.html#step-object (workflowId)
https://spec.openapis.org/arazzo/v1.1.0.html#success-action-object (workflowId, parameters)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ..errors import Fix, did_you_mean
from ..expressions.parser import Names, WorkflowNames
from ..model import Action, Parameter, Path, Reusable, Workflow
from . import schemas
from .lookup import Unit, source_of
from .plan import PlannedParameter
from .report import Report
from .requests import payload_of, resolve_parameter

QUALIFIED = "$sourceDescriptions."


class Target(NamedTuple):
    """A workflow and the document it is in."""

    unit: Unit
    workflow: Workflow


def find_workflow(
    written: str, unit: Unit, path: Path, report: Report
) -> Target | None:
    """
    The workflow that *written* names in the document of *unit*; None after the reason has
    been reported.

    A workflow of another document is written ``$sourceDescriptions.<name>.<workflowId>``;
    the bare id is accepted where only one document has it.
    """
    if written.startswith(QUALIFIED):
        return _foreign(written, unit, path, report)
    local = _of(unit, written)
    if local is not None:
        return local
    others = {
        name: found
        for name, other in unit.sources.descriptions.items()
        if (found := _of(other, written)) is not None
    }
    if len(others) == 1:
        (name,) = others
        qualified = f"{QUALIFIED}{name}.{written}"
        add = report.error if report.strict else report.warning
        add(
            "AZ509",
            f"workflow {written!r} is in the source description {name!r} and must say so",
            path,
            f"write {qualified}",
            fix=Fix(written, qualified),
        )
        return others[name]
    if others:
        report.error(
            "AZ314",
            f"several source descriptions have a workflow {written!r}: "
            + ", ".join(others),
            path,
            f"write {QUALIFIED}{next(iter(others))}.{written}",
        )
        return None
    known = [each.workflow_id for each in unit.description.workflows]
    report.error(
        "AZ314",
        f"there is no workflow {written!r}",
        path,
        did_you_mean(written.removeprefix("$workflows."), known, "workflows"),
    )
    return None


def _foreign(written: str, unit: Unit, path: Path, report: Report) -> Target | None:
    if unit.sources.unopened:
        names = [each.name for each in unit.description.source_descriptions]
        rest = written.removeprefix(QUALIFIED)
        if not any(rest.startswith(f"{name}.") for name in names):
            report.error(
                "AZ305",
                f"{written!r} names no source description of this document",
                path,
                did_you_mean(rest.split(".")[0], names, "source descriptions"),
            )
        return None
    name, workflow_id = source_of(written.removeprefix(QUALIFIED), unit.sources)
    if name is None:
        known = unit.sources.names()
        report.error(
            "AZ305",
            f"{written!r} names no source description of this document",
            path,
            did_you_mean(workflow_id.split(".")[0], known, "source descriptions"),
        )
        return None
    if name in unit.sources.failures:
        report.take(unit.sources.failures[name])
        return None
    other = unit.sources.descriptions.get(name)
    if other is None:
        report.error(
            "AZ314",
            f"the source description {name!r} is no Arazzo document, so it has no "
            f"workflow {workflow_id!r}",
            path,
        )
        return None
    found = _of(other, workflow_id)
    if found is None:
        ids = [each.workflow_id for each in other.description.workflows]
        report.error(
            "AZ314",
            f"there is no workflow {workflow_id!r} in {name!r}",
            path,
            did_you_mean(workflow_id, ids, "workflows"),
        )
    return found


def _of(unit: Unit, workflow_id: str) -> Target | None:
    for each in unit.description.workflows:
        if each.workflow_id == workflow_id:
            return Target(unit, each)
    return None


def output_names(target: Target) -> frozenset[str] | None:
    """The outputs of a workflow; None if it may end as another one, with that one's."""
    components = target.unit.description.components
    workflow = target.workflow
    actions = [
        *components.success_actions.values(),
        *components.failure_actions.values(),
        *workflow.success_actions,
        *workflow.failure_actions,
        *(
            action
            for step in workflow.steps
            for action in (*step.on_success, *step.on_failure)
        ),
    ]
    if any(
        isinstance(each, Action) and each.type == "goto" and each.workflow_id
        for each in actions
    ):
        return None
    return frozenset(workflow.outputs)


def workflow_names(target: Target) -> WorkflowNames:
    """What expressions may name of a workflow."""
    description, workflow = target.unit.description, target.workflow
    return WorkflowNames(
        inputs=schemas.input_names(description, workflow),
        outputs=output_names(target),
        steps={
            each.step_id: frozenset(each.outputs) if each.outputs else None
            for each in workflow.steps
        },
    )


def plan_inputs(
    unit: Unit,
    target: Target,
    given: Sequence[Parameter | Reusable],
    general: Sequence[Parameter | Reusable],
    names: Names,
    report: Report,
    place: Path,
    *,
    early: bool,
) -> tuple[PlannedParameter, ...]:
    """
    The inputs that *given* parameters make for *target* (R-STEP-05, N-ACT-01).

    *general* are those of the calling workflow: passed on as far as the target declares
    such an input, all if it declares none (checklist A-50). With *early* an expression
    must have its value before the target runs. *place* is where a missing input is told.
    """
    allowed = schemas.input_names(target.unit.description, target.workflow)
    found: dict[str, PlannedParameter] = {}
    for own, listed in ((False, general), (True, given)):
        for each in listed:
            parameter = resolve_parameter(unit.description, each, report)
            if parameter is None:
                continue
            if allowed is not None and parameter.name not in allowed:
                if own:
                    _undeclared(parameter, target, allowed, report)
                continue
            path = (*parameter.path, "value")
            found[parameter.name] = PlannedParameter(
                name=parameter.name,
                place="input",
                value=payload_of(
                    parameter.value, path, names, report, report.strict, early=early
                ),
                location=report.description.locate(path),
            )
    for name in schemas.required_inputs(target.unit.description, target.workflow):
        if name not in found:
            report.error(
                "AZ315",
                f"the workflow {target.workflow.workflow_id!r} needs the input {name!r}",
                place,
                f"add a parameter with name: {name}",
            )
    return tuple(found.values())


def _undeclared(
    parameter: Parameter, target: Target, known: frozenset[str], report: Report
) -> None:
    report.error(
        "AZ306",
        f"the workflow {target.workflow.workflow_id!r} declares no input "
        f"{parameter.name!r}",
        (*parameter.path, "name"),
        did_you_mean(parameter.name, known, "inputs"),
    )
