"""Names that expressions use, checked against what the document declares."""

from __future__ import annotations

from ..errors import did_you_mean
from ..expressions import nodes
from ..expressions.nodes import Operand
from ..expressions.parser import Names
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
    """Report an expression that names an input, step or output nobody declares."""
    match operand.expression:
        case nodes.Input(named):
            known = names.inputs or frozenset()
            if names.inputs is not None and not any(
                name in known for name, _ in named.readings
            ):
                report.error(
                    "AZ306",
                    f"{operand.text} is not a declared input",
                    path,
                    did_you_mean(named.readings[-1][0], known, "inputs"),
                )
        case nodes.StepOutput(step_id, named):
            steps = names.steps or {}
            if step_id not in steps:
                report.error(
                    "AZ304",
                    f"{operand.text}: no step {step_id!r} in this workflow",
                    path,
                    did_you_mean(step_id, steps, "steps"),
                )
                return
            outputs = steps[step_id] or frozenset()
            if not any(name in outputs for name, _ in named.readings):
                report.error(
                    "AZ307",
                    f"{operand.text}: step {step_id!r} has no such output",
                    path,
                    did_you_mean(named.readings[-1][0], outputs, "outputs"),
                )
        case nodes.SourceReference(name):
            known = names.sources or frozenset()
            if name not in known:
                report.error(
                    "AZ305",
                    f"{operand.text}: there is no source description {name!r}",
                    path,
                    did_you_mean(name, known, "source descriptions"),
                )
        case nodes.WorkflowValue():
            report.unsupported("$workflows", path)
        case nodes.Component():
            report.unsupported("$components as a value", path)
        case nodes.Body(message="message") | nodes.MessageParameter(message="message"):
            report.unsupported("$message", path)
