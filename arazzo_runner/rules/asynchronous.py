"""
Steps that send or receive messages: checked against their AsyncAPI description, not run.

https://spec.openapis.org/arazzo/v1.1.0.html#step-object (channelPath, action, correlationId)
"""

from __future__ import annotations

import re

from ..asyncapi import AsyncDocument
from ..engine.lookup import Unit, source_of
from ..errors import did_you_mean
from ..expressions import nodes
from ..expressions.nodes import ExpressionError
from ..expressions.parser import parse
from ..messages import Absent
from ..model import Selector, Step, Workflow
from .report import Findings

_CHANNEL = re.compile(
    r"\{?\$sourceDescriptions\.(?P<name>[^{}#]+?)(?:\.url)?\}?(?P<pointer>#.*)?"
)


def is_asynchronous(step: Step) -> bool:
    """Whether *step* is one of an AsyncAPI description."""
    return step.channel_path is not None or step.action is not None


def check_messages(unit: Unit, workflow: Workflow, findings: Findings) -> None:
    """N-STEP-02 to N-STEP-05, N-STEP-10, N-STEP-17, N-ASYNC-03."""
    steps = {step.step_id: step for step in workflow.steps}
    for step in workflow.steps:
        if is_asynchronous(step):
            _check_target(unit, step, findings)
            if step.action == "receive" and not step.success_criteria:
                findings.warning(
                    "AZ731",
                    f"step {step.step_id!r} takes any message for a success",
                    (*step.path, "stepId"),
                    "give it successCriteria on $message.payload",
                )
            findings.info(
                "AZ390",
                "steps of AsyncAPI descriptions are checked; `arazzo run` refuses them",
                step.path,
            )
        for used in sorted(_used_steps(step)):
            other = steps.get(used)
            if other is None or other is step or used in step.depends_on:
                continue
            if is_asynchronous(other):
                findings.warning(
                    "AZ732",
                    f"step {step.step_id!r} uses an output of {used!r}, which waits for "
                    "messages, and does not say dependsOn",
                    (*step.path, "stepId"),
                    f"dependsOn: [{used}]",
                )


def _used_steps(step: Step) -> set[str]:
    texts: list[str] = []
    for parameter in step.parameters:
        if isinstance(getattr(parameter, "value", None), str):
            texts.append(str(getattr(parameter, "value", "")))
    for value in step.outputs.values():
        texts.append(value.context if isinstance(value, Selector) else value)
    body = step.request_body.payload if step.request_body else None
    pending: list[object] = [body]
    while pending:
        one = pending.pop()
        if isinstance(one, str):
            texts.append(one)
        elif isinstance(one, dict):
            pending += one.values()
        elif isinstance(one, list | tuple):
            pending += one
    found = set()
    for text in texts:
        try:
            expression = parse(text.strip())
        except ExpressionError:
            continue
        if isinstance(expression, nodes.StepOutput):
            found.add(expression.step_id)
    return found


def _check_target(unit: Unit, step: Step, findings: Findings) -> None:
    if step.channel_path is not None:
        _channel(unit, step, step.channel_path, findings)
    elif unit.sources.unopened:
        return
    elif step.operation_id is not None:
        _operation(unit, step, step.operation_id, findings)


def _channel(unit: Unit, step: Step, written: str, findings: Findings) -> None:
    path = (*step.path, "channelPath")
    found = _CHANNEL.fullmatch(written)
    if found is None or not found["pointer"]:
        findings.error(
            "AZ305",
            f"{written!r} does not name a source description and a channel in it",
            path,
            "write '{$sourceDescriptions.NAME.url}#/channels/orders'",
        )
        return
    name = found["name"]
    if unit.sources.unopened:
        return
    document = unit.sources.asyncapi.get(name)
    if document is None:
        if name in unit.sources.failures:
            findings.take(unit.sources.failures[name])
            return
        known = unit.sources.names()
        message = f"{name!r} is no AsyncAPI source description"
        findings.error("AZ305", message, path, did_you_mean(name, known, "sources"))
        return
    pointer = found["pointer"].removeprefix("#")
    if isinstance(document.channel(pointer), Absent | None):
        findings.error(
            "AZ303",
            f"{found['pointer']} is not a channel of {name!r}",
            path,
            did_you_mean(pointer, document.channel_pointers(), "channels"),
        )


def _operation(unit: Unit, step: Step, written: str, findings: Findings) -> None:
    path = (*step.path, "operationId")
    sources = unit.sources
    documents: dict[str, AsyncDocument] = dict(sources.asyncapi)
    wanted = written
    if written.startswith("$sourceDescriptions."):
        name, wanted = source_of(written.removeprefix("$sourceDescriptions."), sources)
        if name is not None and name in sources.failures:
            findings.take(sources.failures[name])
            return
        if name is None or name not in documents:
            message = f"{written!r} names no AsyncAPI source description"
            findings.error("AZ305", message, path)
            return
        documents = {name: documents[name]}
    if any(document.operation(wanted) is not None for document in documents.values()):
        return
    if sources.failures and wanted == written:
        findings.take(sources.problems())
        return
    known = [each for one in documents.values() for each in one.operation_ids()]
    findings.error(
        "AZ303",
        f"no operation {wanted!r} in an AsyncAPI source description",
        path,
        did_you_mean(wanted, known, "operations"),
    )
