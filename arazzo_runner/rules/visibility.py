"""
Expressions where what they ask for cannot be: a response at a step that calls a workflow, a
message at one that calls an operation.

https://spec.openapis.org/arazzo/v1.1.0.html#runtime-expressions
"""

from __future__ import annotations

from collections.abc import Iterator

from ..engine.plan import Plan, Planned, PlannedCall, PlannedStep
from ..expressions import nodes
from ..expressions.templates import expressions
from ..model import Step
from .report import Findings
from .uses import Use, Uses


def is_asynchronous(step: Step) -> bool:
    """Whether *step* says that it is one of an AsyncAPI description."""
    return step.channel_path is not None or step.action is not None


def check_visibility(plan: Plan, uses: Uses, findings: Findings) -> None:
    """All rules of this module."""
    written = {each.step_id: each for each in plan.workflow.steps}
    for step in plan.steps:
        source = written[step.step_id]
        for use in uses[step.step_id]:
            if use.shared:
                continue  # it is meant for other steps
            if reason := _nothing_there(step, source, use):
                message = f"{use.operand.text} has no value: {reason}"
                at = use.location(findings.description)
                findings.at("warning", "AZ717", message, at)
    _outputs(plan, findings)


def _nothing_there(step: Planned, source: Step, use: Use) -> str:
    """Why the operand of *use* never has a value at *step*; "" if it may have one."""
    kind = _kind(use.operand.expression)
    if kind == "http" and isinstance(step, PlannedCall):
        return "a step that calls a workflow has no request and no response"
    if kind == "http" and is_asynchronous(source):
        return "a step with `action` has a message, $message, and no response"
    if kind == "message" and isinstance(step, PlannedStep | PlannedCall):
        return "only a step of an AsyncAPI description has a message"
    return ""


def _kind(expression: nodes.Expression) -> str:
    match expression:
        case nodes.Body(message="message") | nodes.MessageParameter(message="message"):
            return "message"
        case (
            nodes.Url()
            | nodes.Method()
            | nodes.StatusCode()
            | nodes.Body()
            | nodes.MessageParameter()
        ):
            return "http"
    return ""


def _outputs(plan: Plan, findings: Findings) -> None:
    """A workflow's outputs are taken when its last step is over, and in their order."""
    later = {each.name for each in plan.outputs}
    for output in plan.outputs:
        for operand in expressions(output.value):
            if _kind(operand.expression):
                findings.at(
                    "warning",
                    "AZ717",
                    f"{operand.text} has no value: the outputs of a workflow belong to no "
                    "request",
                    output.location,
                    "give a step this output, and write $steps.ID.outputs.NAME",
                )
            if name := next(_later(operand.expression, later), None):
                findings.at(
                    "error",
                    "AZ714",
                    f"{operand.text}: the output {name!r} is worked out after this one",
                    output.location,
                    "put it before this one",
                )
        later.discard(output.name)


def _later(expression: nodes.Expression, later: set[str]) -> Iterator[str]:
    if isinstance(expression, nodes.Output):
        known = [name for name, _ in expression.named.readings if name in later]
        yield from known[:1]
