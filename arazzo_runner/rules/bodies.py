"""
Rules about the body of a request and the schema that its operation has for it.

https://spec.openapis.org/arazzo/v1.1.0.html#request-body-object
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..engine.plan import PlannedStep
from ..errors import did_you_mean
from ..expressions.templates import Constant, Object, Payload
from ..messages import JSON
from ..model import Path, Step
from ..openapi.bodies import choose_content_type
from ..openapi.contract_words import names_credential
from ..openapi.document import Document, is_array, is_object
from ..openapi.media_types import kind
from .literals import misfit, short
from .operations import conjunction, related_to
from .report import Findings


def check_body(step: PlannedStep, source: Step, findings: Findings) -> None:
    """Whether there is a body and should be one, R-STEP-22, and what has to be in it."""
    operation = step.operation
    path: Path = (*source.path, "requestBody")
    declared = operation.request_body
    given = source.request_body is not None
    if given and operation.method in ("GET", "HEAD", "DELETE"):  # R-STEP-22
        findings.warning(
            "AZ726",
            f"a body has no defined meaning in a {operation.method} request",
            path,
            "leave it out, if the API can do without",
        )
    if declared is None:
        # One whose reference cannot be followed is not known, and has been reported.
        none = operation.raw.get("requestBody") is None
        if given and none and operation.method not in ("GET", "HEAD", "DELETE"):
            findings.add(
                "warning",
                "AZ725",
                f"{operation.method} {operation.path} takes no body",
                path,
                related=related_to(operation),
            )
        return
    if not given:
        if declared.required:
            findings.add(
                "error",
                "AZ722",
                f"{operation.method} {operation.path} needs a body, which is not given",
                (*source.path, "stepId"),
                "add a requestBody",
                related=related_to(operation, "/requestBody"),
            )
        return
    content_type = step.content_type or choose_content_type(operation, {})
    media = declared.media_type(content_type)
    if media is None or kind(content_type) != "json" or step.replacements:
        return
    if step.body is not None:
        _members(step, step.body, media.schema, (*path, "payload"), findings)


def _members(
    step: PlannedStep, payload: Payload, schema: JSON, path: Path, findings: Findings
) -> None:
    """Members that are required and not given, or given and not allowed, at any depth."""
    given = _given(payload)
    if given is None:
        return
    operation = step.operation
    document = operation.document
    parts = list(conjunction(document, schema))
    properties: dict[str, JSON] = {}
    for part in parts:
        own = part.get("properties")
        if is_object(own):
            properties.update(own)
    what = f"the body of {operation.method} {operation.path}"
    below = ".".join(str(each) for each in path[path.index("payload") + 1 :])
    what = f"{below!r} in {what}" if below else what
    for name in _required(document, parts, properties):
        if name not in given:
            findings.add(
                "error",
                "AZ723",
                f"{what} needs the member {name!r}, which is not given",
                path,
                "add it to the payload",
                related=related_to(operation, "/requestBody"),
            )
    closed = len(parts) == 1 and parts[0].get("additionalProperties") is False
    for name, value in given.items():
        if name in properties:
            _literal(step, value, properties[name], (*path, name), findings)
            _members(step, value, properties[name], (*path, name), findings)
        elif closed and "patternProperties" not in parts[0]:
            findings.add(
                "warning",
                "AZ724",
                f"{what} has no member {name!r}",
                (*path, name),
                did_you_mean(name, properties, "members"),
                related=related_to(operation, "/requestBody"),
                key=True,
            )


def _literal(
    step: PlannedStep, value: Payload, schema: JSON, path: Path, findings: Findings
) -> None:
    """A member that is written out, and certainly not what its schema says."""
    if not isinstance(value, Constant) or names_credential(str(path[-1])):
        return
    operation = step.operation
    wrong = misfit(operation.document, schema, value.value)
    if wrong is not None:
        shown = short(value.value)
        findings.add(
            "warning",
            "AZ637",
            f"{path[-1]!r} in the body of {operation.method} {operation.path} is {shown},"
            f" the description says {wrong}",
            path,
            related=related_to(operation, "/requestBody"),
        )


def _required(
    document: Document,
    parts: list[Mapping[str, JSON]],
    properties: Mapping[str, JSON],
) -> Iterator[str]:
    """The members that must be there, each once; the server sets those it only returns."""
    found: dict[str, None] = {}
    for part in parts:
        listed = part.get("required")
        for name in listed if is_array(listed) else ():
            if isinstance(name, str) and not _read_only(document, properties.get(name)):
                found[name] = None
    yield from found


def _given(payload: Payload) -> dict[str, Payload] | None:
    """The members of an object payload; None for any other."""
    if isinstance(payload, Object):
        return dict(payload.members)
    if isinstance(payload, Constant) and isinstance(payload.value, Mapping):
        return {name: Constant(each) for name, each in payload.value.items()}
    return None


def _read_only(document: Document, schema: JSON) -> bool:
    return any(
        each.get("readOnly") is True or "default" in each
        for each in conjunction(document, schema)
    )
