"""
Steps that send or receive messages: checked against their AsyncAPI description, not run.

https://spec.openapis.org/arazzo/v1.1.0.html#step-object (channelPath, action, correlationId)
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ..asyncapi import AsyncDocument, AsyncOperation
from ..engine.lookup import Unit, source_of
from ..engine.plan import Plan
from ..errors import Location, did_you_mean
from ..expressions import nodes
from ..messages import JSON
from ..model import Path, Step
from .report import Findings
from .uses import Uses
from .visibility import is_asynchronous

_QUALIFIED = "$sourceDescriptions."
#: The specification's form of a channelPath first, then what is met.
_CHANNELS = (
    re.compile(r"\{\$sourceDescriptions\.(?P<name>[^{}]+)\.url\}(?P<pointer>#.*)"),
    re.compile(r"\$sourceDescriptions\.(?P<name>[^{}#]+?)(?:\.url)?(?P<pointer>#.*)"),
)


@dataclass(frozen=True, slots=True)
class Channel:
    """What a step sends to or receives from, as far as its description is known."""

    document: AsyncDocument
    value: Mapping[str, JSON] | None
    operation: AsyncOperation | None = None

    def messages(self) -> list[Mapping[str, JSON]] | None:
        """The messages that may come; None if that is not certain."""
        listed: JSON = None
        for level in (self.operation.value if self.operation else None, self.value):
            found = level or {}
            listed = found.get("messages", found.get("message"))
            if listed is not None:
                break
        return _messages(self.document, listed)


def _messages(document: AsyncDocument, listed: JSON) -> list[Mapping[str, JSON]] | None:
    each: list[JSON]
    match document.resolve(listed):
        case {"oneOf": list(several)}:  # version 2
            each = [*several]
        case Mapping() as found if document.major < 3:
            each = [found]
        case Mapping() as found:
            each = [*found.values()]
        case list(several):
            each = [*several]
        case _:
            return None
    resolved = [document.resolve(one) for one in each]
    known = [one for one in resolved if isinstance(one, Mapping)]
    return known if known and len(known) == len(resolved) else None


def check_messages(unit: Unit, plan: Plan, uses: Uses, findings: Findings) -> None:
    """N-STEP-02 to 05, 07, 08, 10 and 17, N-ASYNC-03 and 04."""
    steps = {step.step_id: step for step in plan.workflow.steps}
    channels = {each: _channel_of(unit, steps[each], findings) for each in steps}
    waits = {each for each, step in steps.items() if is_asynchronous(step)}
    waits |= {each for each, channel in channels.items() if channel is not None}
    for step in steps.values():
        if step.step_id in waits:
            _action(step, findings)
            _criteria(step, channels[step.step_id], findings)
            _correlation(step, channels[step.step_id], findings)
            if step.channel_path is not None:
                _preferred(step, channels[step.step_id], findings)
    for planned in plan.steps:
        source = steps[planned.step_id]
        for use in uses[source.step_id]:
            expression = use.operand.expression
            if not isinstance(expression, nodes.StepOutput):
                continue
            used = expression.step_id
            if used in waits and used not in (*source.depends_on, source.step_id):
                findings.at(  # N-STEP-17
                    "warning",
                    "AZ732",
                    f"step {source.step_id!r} uses an output of {used!r}, which waits for "
                    "a message, and does not say dependsOn",
                    use.location(findings.description),
                    f"add dependsOn: [{used}]",
                )


def _action(step: Step, findings: Findings) -> None:
    """N-STEP-08, which only the schema says, and only for channelPath."""
    if step.action is None:
        findings.warning(
            "AZ733",
            f"step {step.step_id!r} does not say whether it sends or receives",
            (*step.path, "stepId"),
            "add action: send, or action: receive",
        )


def _criteria(step: Step, channel: Channel | None, findings: Findings) -> None:
    """N-ASYNC-03; N-ASYNC-04 leaves out channels of one kind of message, without errors."""
    if step.action != "receive" or step.success_criteria:
        return
    messages = channel.messages() if channel else None
    if messages is not None and len(messages) == 1 and channel is not None:
        payload = channel.document.resolve(messages[0].get("payload"))
        members = payload.get("properties") if isinstance(payload, Mapping) else None
        if isinstance(members, Mapping) and not any(
            "error" in name.lower() for name in members
        ):
            return
    findings.warning(
        "AZ731",
        f"step {step.step_id!r} takes any message for a success",
        (*step.path, "stepId"),
        "give it successCriteria on $message.payload",
    )


def _correlation(step: Step, channel: Channel | None, findings: Findings) -> None:
    """N-STEP-10."""
    messages = channel.messages() if channel else None
    if step.correlation_id is None or messages is None or channel is None:
        return
    if any("correlationId" in each or "traits" in each for each in messages):
        return
    findings.add(
        "warning",
        "AZ735",
        "no message of this channel has a correlationId in its AsyncAPI description",
        (*step.path, "correlationId"),
        "describe it there, or leave it out here",
        related=(
            (_place(channel), f"{channel.document.name!r} describes the channel here"),
        ),
    )


def _place(channel: Channel) -> Location:
    if channel.operation is not None:
        return channel.document.locate(channel.operation.path)
    return channel.document.locate(("channels",))


def _preferred(step: Step, channel: Channel | None, findings: Findings) -> None:
    """N-STEP-05: the id of the operation, where there is one."""
    if channel is None or channel.operation is None:
        return
    findings.info(
        "AZ729",
        "operationId is preferred to channelPath",
        (*step.path, "channelPath"),
        f"write operationId: {channel.operation.operation_id}",
    )


# --- which channel ----------------------------------------------------------------------------


def _channel_of(unit: Unit, step: Step, findings: Findings) -> Channel | None:
    """What *step* names in an AsyncAPI description; None if nothing is known of it."""
    if step.channel_path is not None:
        return _by_path(unit, step, step.channel_path, findings)
    if step.operation_id is not None and not unit.sources.unopened:
        return _by_id(unit, step, step.operation_id, findings)
    return None


def _by_path(
    unit: Unit, step: Step, written: str, findings: Findings
) -> Channel | None:
    path = (*step.path, "channelPath")
    forms = [form.fullmatch(written) for form in _CHANNELS]
    found = next((each for each in forms if each), None)
    if found is None:
        findings.error(
            "AZ305",
            f"{written!r} does not name a source description and a channel in it",
            path,
            "write '{$sourceDescriptions.NAME.url}#/channels/orders'",
        )
        return None
    name, pointer = found["name"], found["pointer"].removeprefix("#")
    if forms[0] is None:
        findings.add(
            "error" if findings.strict else "warning",
            "AZ508",
            f"{written!r} is not the form of a channelPath",
            path,
            f"write '{{$sourceDescriptions.{name}.url}}#{pointer}'",
        )
    document = _document(unit, name, path, findings)
    if document is None:
        return None
    value = document.channel(pointer)
    if value is None:
        findings.error(
            "AZ303",
            f"#{pointer} is not a channel of {name!r}",
            path,
            did_you_mean(pointer, document.channel_pointers(), "channels"),
        )
        return None
    operations = document.operations_of(pointer)
    fitting = [each for each in operations if each.action == step.action]
    only = fitting[0] if len(fitting) == 1 and len(operations) == 1 else None
    return Channel(document, value, only)


def _document(
    unit: Unit, name: str, path: Path, findings: Findings
) -> AsyncDocument | None:
    """The AsyncAPI source description *name*; None after the reason has been told."""
    declared = {each.name: each for each in unit.description.source_descriptions}
    if name not in declared:
        message = f"there is no source description {name!r}"
        hint = did_you_mean(name, declared, "source descriptions")
        findings.error("AZ305", message, path, hint)
        return None
    if unit.sources.unopened:
        if declared[name].type in ("openapi", "arazzo"):
            _no_messages(name, path, findings)
        return None
    if name in unit.sources.failures:
        findings.take(unit.sources.failures[name])
        return None
    document = unit.sources.asyncapi.get(name)
    if document is None:
        _no_messages(name, path, findings)
    return document


def _no_messages(name: str, path: Path, findings: Findings) -> None:
    findings.error(
        "AZ305",
        f"{name!r} is no AsyncAPI source description, so it has no channels",
        path,
        "say type: asyncapi there, or call an operation of it",
    )


def _by_id(unit: Unit, step: Step, written: str, findings: Findings) -> Channel | None:
    path = (*step.path, "operationId")
    sources = unit.sources
    documents = dict(sources.asyncapi)
    wanted = written
    if written.startswith(_QUALIFIED):
        name, wanted = source_of(written.removeprefix(_QUALIFIED), sources)
        if name is None or name not in documents:
            if step.action is not None:
                _no_async_source(step, written, name, unit, findings)
            return None
        documents = {name: documents[name]}
    found = list(_matches(documents, wanted))
    if found:
        document, operation = found[0]
        return Channel(document, document.channel_of(operation), operation)
    if step.action is None and wanted == written:
        return None  # an operation of OpenAPI, which the engine looks up
    if sources.failures and wanted == written:
        findings.take(sources.problems())
        return None
    known = [each for one in documents.values() for each in one.operation_ids()]
    http = [
        name for name, one in sources.documents.items() if one.by_id.get(wanted, ())
    ]
    if http and wanted == written:
        _http_operation(step, wanted, http[0], findings)
        return None
    findings.error(
        "AZ303",
        f"no operation {wanted!r} in an AsyncAPI source description",
        path,
        did_you_mean(wanted, known, "operations"),
    )
    return None


def _matches(
    documents: Mapping[str, AsyncDocument], wanted: str
) -> Iterator[tuple[AsyncDocument, AsyncOperation]]:
    for document in documents.values():
        operation = document.operation(wanted)
        if operation is not None:
            yield document, operation


def _no_async_source(
    step: Step, written: str, name: str | None, unit: Unit, findings: Findings
) -> None:
    if name is not None and name in unit.sources.failures:
        findings.take(unit.sources.failures[name])
    elif name is not None and name in unit.sources.documents:
        _http_operation(step, written, name, findings)
    else:
        message = f"{written!r} names no AsyncAPI source description"
        findings.error("AZ305", message, (*step.path, "operationId"))


def _http_operation(step: Step, wanted: str, name: str, findings: Findings) -> None:
    """N-STEP-07: ``action`` belongs to AsyncAPI."""
    findings.error(
        "AZ734",
        f"'action' belongs to operations of AsyncAPI, and {wanted!r} is one of "
        f"{name!r}, an OpenAPI description",
        (*step.path, "action"),
        "leave out action",
    )
