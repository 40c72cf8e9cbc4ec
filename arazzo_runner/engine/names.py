"""Names that expressions use, checked against what the document declares."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from ..errors import did_you_mean
from ..expressions import nodes
from ..expressions.nodes import Named, Note, Operand
from ..expressions.parser import Names, WorkflowNames
from ..expressions.templates import Payload, placed_expressions
from ..model import Path
from .report import Report


def check_request(payload: Payload, path: Path, names: Names, report: Report) -> None:
    """
    Check the expressions of a part of a request, which stands at *path*: their names, and
    that none of them asks for what exists only after it was sent (checklist A-31).
    """
    early = (
        nodes.StatusCode,
        nodes.Url,
        nodes.Method,
        nodes.Body,
        nodes.MessageParameter,
    )
    for operand, place in placed_expressions(payload, path):
        if isinstance(operand.expression, early):
            report.error(
                "AZ401",
                f"{operand.text} has no value before the request is sent",
                place,
                "take it from an earlier step: $steps.ID.outputs.NAME",
            )
        check_names(operand, names, place, report)


def check_names(operand: Operand, names: Names, path: Path, report: Report) -> None:
    """Report an expression that names something that nobody declares."""
    text = operand.text

    def unknown(
        code: str, message: str, name: str, known: Iterable[str], kind: str
    ) -> None:
        report.error(code, message, path, did_you_mean(name, known, kind))

    def named(
        given: Named, known: Collection[str] | None, code: str, message: str, kind: str
    ) -> None:
        if known is not None and not any(name in known for name, _ in given.readings):
            unknown(code, message, given.readings[-1][0], known, kind)

    match operand.expression:
        case nodes.Input(given):
            message = f"{text} is not a declared input"
            named(given, names.inputs, "AZ306", message, "inputs")
        case nodes.Output(given):
            message = f"{text}: there is no such output"
            named(given, names.outputs, "AZ307", message, "outputs")
        case nodes.StepOutput(step_id, given):
            steps = names.steps
            if steps is None:
                return
            if step_id not in steps:
                message = f"{text}: no step {step_id!r} in this workflow"
                unknown("AZ304", message, step_id, steps, "steps")
                return
            message = f"{text}: step {step_id!r} has no such output"
            named(given, steps[step_id], "AZ307", message, "outputs")
        case nodes.SourceReference(name):
            sources = names.sources
            if sources is not None and name not in sources:
                message = f"{text}: there is no source description {name!r}"
                unknown("AZ305", message, name, sources, "source descriptions")
        case nodes.WorkflowValue(workflow_id) | nodes.WorkflowStepOutput(workflow_id):
            workflows = names.workflows
            if workflows is None:
                return
            if workflow_id not in workflows:
                message = f"{text}: there is no workflow {workflow_id!r}"
                unknown("AZ314", message, workflow_id, workflows, "workflows")
                return
            _check_workflow(operand, workflows[workflow_id], named, unknown)
        case nodes.Component(kind, name):
            components = names.components
            known = components.get(kind) if components is not None else None
            if components is not None and kind and (known is None or name not in known):
                message = f"{text}: there is no such component"
                unknown("AZ308", message, name, known or (), kind)
        case nodes.MessageParameter("request", place, name):
            _check_request_parameter(text, place, name, names, path, report)
        case nodes.Body(message="message") | nodes.MessageParameter(message="message"):
            report.unsupported("$message", path)


def _check_request_parameter(
    text: str, place: str, name: str, names: Names, path: Path, report: Report
) -> None:
    """R-EXPR-13: only what is given or declared as a parameter can be read (A-31)."""
    request = names.request
    key = (place, name.lower() if place == "header" else name)
    if request is None or key in request.parameters:
        return
    if (place, name.lower()) in request.credentials:
        return
    if key in request.automatic:
        message = f"{text} is no parameter of the step; it is what is sent"
        report.notes([Note("AZ521", message)], path)
        return
    known = [each for where, each in request.parameters if where == place]
    report.error(
        "AZ326",
        f"{text}: the step gives no {place} parameter {name!r}",
        path,
        did_you_mean(name, sorted(known), f"{place} parameters"),
    )


def _check_workflow(
    operand: Operand,
    declared: WorkflowNames,
    named: Callable[[Named, Collection[str] | None, str, str, str], None],
    unknown: Callable[[str, str, str, Iterable[str], str], None],
) -> None:
    text, expression = operand.text, operand.expression
    match expression:
        case nodes.WorkflowValue(_, "inputs", given):
            message = f"{text}: the workflow declares no such input"
            named(given, declared.inputs, "AZ306", message, "inputs")
        case nodes.WorkflowValue(_, _, given):
            message = f"{text}: the workflow has no such output"
            named(given, declared.outputs, "AZ307", message, "outputs")
        case nodes.WorkflowStepOutput(_, step_id, given):
            steps = declared.steps
            if steps is None:
                return
            if step_id not in steps:
                message = f"{text}: the workflow has no step {step_id!r}"
                unknown("AZ304", message, step_id, steps, "steps")
                return
            message = f"{text}: step {step_id!r} has no such output"
            named(given, steps[step_id], "AZ307", message, "outputs")
