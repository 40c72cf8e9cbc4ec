"""A step as it is planned: its operation or workflow, and everything that it says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TypedDict

from ..errors import DocumentError, Location, did_you_mean
from ..expressions import nodes
from ..expressions.nodes import ExpressionError, Operand, Selected
from ..expressions.parser import Names, Notes, parse
from ..expressions.replacements import Replacement
from ..expressions.selectors import compile_selector
from ..expressions.templates import Array, Constant, Object, Payload, expressions
from ..messages import Syntax
from ..model import Path, Selector, Step
from ..openapi.bodies import can_write, choose_content_type
from ..openapi.media_types import FORM, essence, kind
from ..openapi.operations import Operation
from ..openapi.servers import server_url
from .actions import plan_actions, plan_criteria
from .lookup import Found, check_form, find_operation
from .names import check_names
from .order import key_of, needed, read_dependencies
from .plan import (
    Needed,
    Planned,
    PlannedAction,
    PlannedCall,
    PlannedCriterion,
    PlannedOutput,
    PlannedParameter,
    PlannedStep,
)
from .report import Report
from .requests import (
    plan_parameters,
    plan_payload,
    plan_replacements,
    request_names,
)
from .surroundings import Surroundings
from .workflows import find_workflow, output_names, plan_inputs

#: Where a mock is told requests go when a description has no server that could be asked.
MOCK_SERVER = "https://mock.invalid"


class _Common(TypedDict):
    """What steps of both kinds have."""

    step_id: str
    workflow_id: str
    index: int
    depends_on: tuple[Needed, ...]
    success_criteria: tuple[PlannedCriterion, ...]
    on_success: tuple[PlannedAction, ...]
    on_failure: tuple[PlannedAction, ...]
    outputs: tuple[PlannedOutput, ...]
    timeout: float | None
    location: Location


def plan_step(step: Step, around: Surroundings) -> tuple[Planned, str]:
    """
    The step, and the base URL of its requests. One whose operation or workflow is not known
    is still a step: its place and what it says can be checked.
    """
    if step.workflow_id is not None:
        return _call(step, around), ""
    found = _operation(step, around)
    planned = _step(step, found, around)
    return planned, _server(found, step, around) if found else ""


def _operation(step: Step, around: Surroundings) -> Found | None:
    if _is_message(step):
        around.report.unsupported("an AsyncAPI step", step.path)
        return None
    if around.unit.sources.unopened:
        names = [each.name for each in around.unit.description.source_descriptions]
        check_form(step, names, around.report)
        return None
    return find_operation(
        step, around.unit.sources, around.report, strict=around.strict
    )


def _is_message(step: Step) -> bool:
    """Whether *step* sends or receives one: it is checked, and not run."""
    return step.channel_path is not None or step.action is not None


def _call(step: Step, around: Surroundings) -> Planned:
    report, names = around.report, around.names
    target = find_workflow(
        step.workflow_id or "", around.unit, (*step.path, "workflowId"), report
    )
    # At such a step $outputs is what the called workflow gave (checklist A-32).
    inside = replace(names, outputs=output_names(target) if target else None)
    parameters: tuple[PlannedParameter, ...] = ()
    if target is not None:
        parameters = plan_inputs(
            around.unit,
            target,
            step.parameters,
            around.workflow.parameters,
            names,
            report,
            (*step.path, "workflowId"),
            early=True,
        )
    common = _common(step, inside, around)
    if target is None:
        return Planned(**common, label=step.step_id)
    name = around.add(target)
    return PlannedCall(
        **common, workflow=name, label=f"workflow {name}", parameters=parameters
    )


def _common(step: Step, names: Names, around: Surroundings) -> _Common:
    report, strict = around.report, around.strict
    dependencies = read_dependencies(step, around.workflow, around.unit, report)
    known = {
        key_of(each.target): around.add(each.target)
        for each in dependencies
        if each.target
    }
    return {
        "step_id": step.step_id,
        "workflow_id": around.key,
        "index": 0,
        "depends_on": needed(dependencies, known),
        "success_criteria": plan_criteria(step.success_criteria, names, report, strict),
        "on_success": plan_actions(step, True, names, around),
        "on_failure": plan_actions(step, False, names, around),
        "outputs": plan_outputs(step.outputs, step.path, names, report),
        "timeout": step.timeout,
        "location": report.description.locate((*step.path, "stepId")),
    }


def _step(step: Step, found: Found | None, around: Surroundings) -> Planned:
    """The step; also read when its operation is unknown, to find its other problems."""
    report, names, strict = around.report, around.names, around.strict
    description = around.unit.description
    operation = found.operation if found else None
    parameters = plan_parameters(
        description, around.workflow, step, operation, names, report, strict
    )
    body: Payload | None = None
    content_type = ""
    if step.request_body is not None:
        body, content_type = plan_payload(step.request_body, names, report, strict)
    inside = replace(names, outputs=None)
    if operation is not None:
        has_body = step.request_body is not None
        request = request_names(parameters, operation, body=has_body)
        inside = replace(inside, request=request)
    common = _common(step, inside, around)
    replacements: tuple[Replacement, ...] = ()
    if step.request_body is not None and step.request_body.replacements:
        if operation is not None:
            content_type = content_type or choose_content_type(operation, {})
        replacements = plan_replacements(
            step.request_body, body, content_type, names, report
        )
    if found is None or operation is None:
        return Planned(**common, label=step.step_id, parameters=parameters)
    if body is not None and not content_type:
        sample = body.value if isinstance(body, Constant) else {}
        content_type = choose_content_type(operation, sample)
    _check_media_type(step, operation, content_type, report)
    _check_encodable(step, body, content_type, report)
    return PlannedStep(
        **common,
        source=found.source,
        operation=operation,
        label=f"{operation.method} {operation.path}",
        parameters=parameters,
        content_type=content_type,
        body=body,
        replacements=replacements,
        syntax=_syntax(body, content_type),
        body_location=description.locate((*step.path, "requestBody", "payload")),
    )


def _syntax(body: Payload | None, content_type: str) -> Syntax:
    if not isinstance(body, nodes.Embedded):
        return ""
    return (
        "form"
        if essence(content_type) == FORM
        else "json"
        if "json" in content_type
        else ""
    )


def _check_encodable(
    step: Step, body: Payload | None, content_type: str, report: Report
) -> None:
    """A body that can be written in no way is said before anything is sent."""
    structured = isinstance(body, Object | Array) or (
        isinstance(body, Constant) and isinstance(body.value, dict | list)
    )
    name = essence(content_type)
    other = kind(content_type) in ("text", "binary") and name and "*" not in name
    form = name == FORM or name.startswith("multipart/")
    described = isinstance(body, Object | Constant) and _describes_file(body)
    if (
        structured
        and other
        and not form
        and not described
        and not can_write(content_type)
    ):
        report.error(
            "AZ624",
            f"an object or array cannot be sent as {name}",
            (*step.path, "requestBody", "payload"),
            "write the payload as text, or use a JSON media type",
        )


def _describes_file(body: Object | Constant) -> bool:
    """Whether it is ``{filename, contentType, content}``, which is its content."""
    names = (
        {name for name, _ in body.members}
        if isinstance(body, Object)
        else set(body.value if isinstance(body.value, dict) else ())
    )
    return "content" in names and names <= {"filename", "contentType", "content"}


def _check_media_type(
    step: Step, operation: Operation, content_type: str, report: Report
) -> None:
    """A body of a type the operation does not list is sent all the same (A-59)."""
    body = operation.request_body
    written = step.request_body is not None and step.request_body.content_type
    if not written or body is None or not body.content:
        return
    if body.media_type(content_type) is None:
        report.warning(
            "AZ608",
            f"{operation.method} {operation.path} takes no {content_type}",
            (*step.path, "requestBody", "contentType"),
            did_you_mean(content_type, body.content, "it takes"),
        )


def plan_outputs(
    outputs: Mapping[str, str | Selector], path: Path, names: Names, report: Report
) -> tuple[PlannedOutput, ...]:
    """The outputs of a step or workflow, which stands at *path*."""
    planned = []
    for name, written in outputs.items():
        place = (*path, "outputs", name)
        notes = Notes()
        operand: Operand | Selected
        try:
            if isinstance(written, Selector):
                operand = compile_selector(written, names, notes, strict=report.strict)
            else:
                operand = Operand(written, parse(written.strip(), names, notes))
        except ExpressionError as problem:
            report.syntax(problem, place)
            continue
        report.notes(notes.found, place)
        for each in expressions(operand):
            check_names(each, names, place, report)
        location = report.description.locate(place)
        planned.append(PlannedOutput(name=name, value=operand, location=location))
    return tuple(planned)


def _server(found: Found, step: Step, around: Surroundings) -> str:
    report = around.report
    try:
        return server_url(
            found.operation,
            override=around.servers.get(found.source),
            variables=around.variables_of(found.source),
            document_uri=found.operation.document.uri,
        )
    except DocumentError as problem:
        if around.mock:
            return MOCK_SERVER
        place = report.description.locate(step.path)
        for each in problem.problems:
            known = replace(each, related=((place, f"step {step.step_id!r} needs it"),))
            if all(other.message != each.message for other in report.errors):
                report.errors.append(known)
        return MOCK_SERVER
