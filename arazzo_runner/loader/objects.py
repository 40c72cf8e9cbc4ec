"""The objects that stand in lists and maps of a description: values to model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Literal, TypeVar, cast

from ..messages import JSON
from ..model import (
    Action,
    Criterion,
    ExpressionType,
    Parameter,
    Path,
    PayloadReplacement,
    RequestBody,
    Reusable,
    Selector,
)
from .reader import Fields, Reader, Shape

PARAMETER: Final = Shape("this parameter", ("name", "in", "value"))
REUSABLE: Final = Shape("this reusable object", ("reference", "value"), open=True)
REFERENCE: Final = Shape("this reusable object", ("reference",), open=True)
ACTION: Final = Shape(
    "this action",
    ("name", "type", "workflowId", "stepId", "retryAfter", "retryLimit", "criteria"),
    newer=("parameters",),
)
# Older 1.0 schemas have `version` here, the text has it in an object.
CRITERION: Final = Shape("this criterion", ("context", "condition", "type", "version"))
EXPRESSION_TYPE: Final = Shape("this expression type", ("type", "version"))
BODY: Final = Shape("this request body", ("contentType", "payload", "replacements"))
REPLACEMENT: Final = Shape(
    "this replacement", ("target", "value"), newer=("targetSelectorType",)
)
SELECTOR: Final = Shape("this selector", ("context", "selector", "type"))

CRITERION_TYPES: Final = ("simple", "regex", "jsonpath", "xpath")
SELECTOR_TYPES: Final = ("jsonpath", "xpath", "jsonpointer")
#: Expression types that have versions, and which (N-EXPT-02).
VERSIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "jsonpath": ("rfc9535", "draft-goessner-dispatch-jsonpath-00"),
    "xpath": ("xpath-31", "xpath-30", "xpath-20", "xpath-10"),
    "jsonpointer": ("rfc6901",),
}
_NEWER_VERSIONS: Final = ("rfc9535", "xpath-31", "rfc6901")
LOCATIONS: Final = ("path", "query", "header", "cookie")
NEWER_LOCATIONS: Final = ("querystring", "channel")

Item = TypeVar("Item", Parameter, Action)


def read_list(
    fields: Fields, name: str, read: Callable[[Reader, JSON, Path], Item | None]
) -> tuple[Item | Reusable, ...]:
    """A list of parameters or actions, each written in place or referred to."""
    reader, found = fields.reader, []
    for value, path in fields.items(name):
        item: Item | Reusable | None
        if isinstance(value, dict) and "reference" in value:
            shape = REUSABLE if read is read_parameter else REFERENCE
            item = _read_reusable(Fields(reader, value, path, shape))
        else:
            item = read(reader, value, path)
        if item is not None:
            found.append(item)
    return tuple(found)


def _read_reusable(fields: Fields) -> Reusable:
    # R-REUSE-03: a value replaces the parameter's; other components have none.
    has_value = "value" in fields and "value" in fields.shape.fields
    return Reusable(
        reference=fields.required_text("reference"),
        value=fields.value["value"] if has_value else None,
        has_value=has_value,
        path=fields.path,
    )


# --- parameters -------------------------------------------------------------------------


def read_parameters(fields: Fields, name: str) -> tuple[Parameter | Reusable, ...]:
    """A list of parameters without two of the same name and location (A-41)."""
    reader = fields.reader
    found = read_list(fields, name, read_parameter)
    reader.unique(
        ((_parameter_identity(reader, item), item.path) for item in found),
        "this parameter",
    )
    return found


def read_parameter(reader: Reader, value: JSON, path: Path) -> Parameter | None:
    """https://spec.openapis.org/arazzo/v1.1.0.html#parameter-object"""
    fields = reader.read(value, path, PARAMETER)
    if fields is None:
        return None
    name = fields.required_text("name")
    location = _read_location(fields) if "in" in fields else None
    fields.require("value")
    return Parameter(
        name=name, location=location, value=fields.value.get("value"), path=path
    )


def _read_location(fields: Fields) -> str:
    reader, path, location = fields.reader, fields.at("in"), fields.text("in")
    if location == "body":  # the text of 1.0.0 had it, no schema ever did
        message = "there are no parameters in the body"
        reader.error("AZ204", path, message, hint="use 'requestBody'")
    elif location in NEWER_LOCATIONS:
        reader.newer(path, f"'in: {location}'", key=False)
        if location == "channel" and reader.minor:
            message = "'in: channel' is not defined by the specification's text"
            reader.warn("AZ204", path, message)
    elif location is not None:
        known = (*LOCATIONS, *NEWER_LOCATIONS)
        reader.choice(path, "value of 'in'", location, known)
    return location or ""


def _parameter_identity(reader: Reader, item: Parameter | Reusable) -> object:
    """What makes two parameters the same: name and location; field names ignore case."""
    parameter = reader.parameter(item)
    if parameter is None:
        return cast(Reusable, item).reference
    name, location = parameter.name, parameter.location
    return (name.lower() if location == "header" else name), location


# --- actions ----------------------------------------------------------------------------


def read_success_action(reader: Reader, value: JSON, path: Path) -> Action | None:
    """https://spec.openapis.org/arazzo/v1.1.0.html#success-action-object"""
    return _read_action(reader, value, path, success=True)


def read_failure_action(reader: Reader, value: JSON, path: Path) -> Action | None:
    """https://spec.openapis.org/arazzo/v1.1.0.html#failure-action-object"""
    return _read_action(reader, value, path, success=False)


def read_actions(
    fields: Fields, name: str, *, success: bool
) -> tuple[Action | Reusable, ...]:
    """A list of actions without two of the same name (A-41)."""
    reader = fields.reader
    components = reader.components
    known = components.success_actions if success else components.failure_actions
    prefix = f"$components.{'success' if success else 'failure'}Actions."

    def identity(item: Action | Reusable) -> object:
        if isinstance(item, Action):
            return item.name
        named = known.get(item.reference.removeprefix(prefix))
        return named.name if named else (item.reference,)

    read = read_success_action if success else read_failure_action
    found = read_list(fields, name, read)
    reader.unique(((identity(item), item.path) for item in found), "this action")
    return found


def _read_action(
    reader: Reader, value: JSON, path: Path, *, success: bool
) -> Action | None:
    fields = reader.read(value, path, ACTION)
    if fields is None:
        return None
    name = fields.required_text("name")
    type_ = fields.required_text("type")
    if type_:
        known: tuple[str, ...] = ("end", "goto", "retry")
        if success:
            known = ("end", "goto")
        if type_ == "retry":  # on success told below
            known = (type_,)
        type_ = reader.choice(fields.at("type"), "type of action", type_, known) or ""
    if success and type_ == "retry":
        message = "an action on success cannot retry; it is read as one on failure"
        reader.dialect("AZ511", fields.at("type"), message)
    retry_after = fields.number("retryAfter", whole=False)
    retry_limit = fields.number("retryLimit", whole=True)
    _check_target(fields, type_)
    if "criteria" in fields and fields.value["criteria"] == []:
        report = reader.error if success else reader.warn
        report("AZ204", fields.at("criteria"), "'criteria' is empty", key=True)
    return Action(
        name=name,
        type=cast(Literal["end", "goto", "retry"], type_),
        workflow_id=fields.text("workflowId"),
        step_id=fields.text("stepId"),
        retry_after=None if retry_after is None else float(retry_after),
        retry_limit=1 if retry_limit is None else int(retry_limit),
        criteria=read_criteria(fields, "criteria"),
        parameters=_read_action_parameters(fields),
        path=path,
    )


def _check_target(fields: Fields, type_: str) -> None:
    """R-SACT-05 and 06, R-FACT-07, 08, 13 and 16: which fields go with which type."""
    reader = fields.reader
    targets = [name for name in ("workflowId", "stepId") if name in fields]
    if len(targets) == 2:
        message = "'workflowId' and 'stepId' exclude each other"
        reader.error("AZ206", fields.at("stepId"), message, key=True)
    if type_ == "goto" and not targets:
        message = "this action has type 'goto', and neither 'stepId' nor 'workflowId'"
        reader.error("AZ201", fields.path, message, key=True)
    unused = targets if type_ == "end" else []
    if type_ in ("end", "goto"):
        unused += [name for name in ("retryAfter", "retryLimit") if name in fields]
    for name in unused:
        message = f"'{name}' has no meaning for an action of type '{type_}'"
        reader.warn("AZ206", fields.at(name), message, key=True)


def _read_action_parameters(fields: Fields) -> tuple[Parameter | Reusable, ...]:
    """N-ACT-01 to 05: they are inputs of the workflow the action goes to."""
    reader, found = fields.reader, read_parameters(fields, "parameters")
    if "parameters" in fields and "workflowId" not in fields:
        message = "an action has 'parameters' only beside 'workflowId'"
        reader.error("AZ206", fields.at("parameters"), message, key=True)
    for item in found:
        if isinstance(item, Parameter) and item.location is not None:
            message = "a parameter of an action has no 'in'"
            reader.error("AZ206", (*item.path, "in"), message, key=True)
    return found


# --- criteria, expression types, selectors ----------------------------------------------


def read_criteria(fields: Fields, name: str) -> tuple[Criterion, ...]:
    """A list of criteria."""
    found = (
        read_criterion(fields.reader, value, path) for value, path in fields.items(name)
    )
    return tuple(each for each in found if each is not None)


def read_criterion(reader: Reader, value: JSON, path: Path) -> Criterion | None:
    """https://spec.openapis.org/arazzo/v1.1.0.html#criterion-object"""
    fields = reader.read(value, path, CRITERION)
    if fields is None:
        return None
    condition = fields.required_text("condition")
    context = fields.text("context")
    type_ = _read_criterion_type(fields)
    name = type_.type if isinstance(type_, ExpressionType) else type_ or "simple"
    if name != "simple" and "context" not in fields:
        reader.error(
            "AZ406",
            fields.at("type"),
            f"a criterion of type '{name}' needs a 'context'",
            hint="for example 'context: $response.body'",
            key=isinstance(type_, ExpressionType),
        )
    if name == "simple" and context is not None:
        path_like = condition.startswith(("$.", "$["))
        reader.warn(
            "AZ703",
            fields.at("context"),
            "'context' has no meaning for a simple criterion",
            hint="is 'type: jsonpath' missing?" if path_like else None,
            key=True,
        )
    return Criterion(condition=condition, context=context, type=type_, path=path)


def _read_criterion_type(fields: Fields) -> str | ExpressionType | None:
    """Both shapes: ``type: {type, version}`` and ``version`` beside ``type`` (A-21)."""
    reader = fields.reader
    type_ = read_type(fields, "type", CRITERION_TYPES)
    if "version" not in fields:
        return type_
    if reader.minor or type_ not in ("jsonpath", "xpath"):
        message = "this criterion has no field 'version'"
        hint = "write 'type: {type: …, version: …}'"
        reader.error("AZ203", fields.at("version"), message, hint=hint, key=True)
        return type_
    message = "'version' belongs into an object: 'type: {type: …, version: …}'"
    reader.warn("AZ203", fields.at("version"), message, key=True)
    version = fields.text("version")
    if version is None:
        return type_
    _check_version(fields, str(type_), version)
    return ExpressionType(type=str(type_), version=version, path=fields.at("type"))


def read_type(
    fields: Fields, name: str, known: tuple[str, ...]
) -> str | ExpressionType | None:
    """One of the *known* expression types, or an Expression Type Object for one."""
    reader, value, path = fields.reader, fields.value.get(name), fields.at(name)
    if isinstance(value, str):
        return reader.choice(path, "type of expression", value, known)
    if not isinstance(value, dict):
        if name in fields:
            reader.wrong_type(path, f"'{name}'", "a string or an object", value)
        return None
    inner = Fields(reader, value, path, EXPRESSION_TYPE)
    type_, version = inner.required_text("type"), inner.required_text("version")
    known = tuple(each for each in known if each in VERSIONS)
    if not type_ or not reader.choice(
        inner.at("type"), "type of expression with versions", type_, known
    ):
        return None
    if version:
        _check_version(inner, type_, version)
    return ExpressionType(type=type_, version=version, path=path)


def _check_version(fields: Fields, type_: str, version: str) -> None:
    what, path = f"version of {type_}", fields.at("version")
    if fields.reader.choice(path, what, version, VERSIONS[type_]) in _NEWER_VERSIONS:
        fields.reader.newer(path, f"'version: {version}'", key=False)


def read_outputs(fields: Fields, name: str) -> Mapping[str, str | Selector]:
    """A map of names to expressions or selectors."""
    reader = fields.reader
    found: dict[str, str | Selector] = {}
    for key, value, path in fields.members(name):
        if not is_component_name(key):
            message = (
                f"the output name {key!r} has other characters than A-Z a-z 0-9 . - _"
            )
            reader.dialect("AZ204", path, message, key=True)
        if isinstance(value, str):
            found[key] = value
        elif isinstance(value, dict):
            reader.newer(path, "a Selector Object")
            found[key] = _read_selector(Fields(reader, value, path, SELECTOR))
        else:
            reader.wrong_type(path, f"the output '{key}'", "a string", value)
    return found


def _read_selector(fields: Fields) -> Selector:
    """https://spec.openapis.org/arazzo/v1.1.0.html#selector-object"""
    fields.require("type")
    return Selector(
        context=fields.required_text("context"),
        selector=fields.text("selector") or "" if fields.require("selector") else "",
        type=read_type(fields, "type", SELECTOR_TYPES) or "",
        path=fields.path,
    )


def is_component_name(name: str) -> bool:
    """Whether *name* fits ``^[a-zA-Z0-9\\.\\-_]+$``: components, outputs (R-COMP-02)."""
    return name.isascii() and name.translate(_MARKS).isalnum()


_MARKS: Final = str.maketrans("._-", "aaa")


# --- request bodies ---------------------------------------------------------------------


def read_request_body(fields: Fields, name: str) -> RequestBody | None:
    """https://spec.openapis.org/arazzo/v1.1.0.html#request-body-object"""
    if name not in fields:
        return None
    inner = fields.reader.read(fields.value[name], fields.at(name), BODY)
    if inner is None:
        return None
    found = (
        _read_replacement(inner.reader, value, path)
        for value, path in inner.items("replacements")
    )
    return RequestBody(
        content_type=inner.text("contentType"),
        payload=inner.value.get("payload"),
        has_payload="payload" in inner,
        replacements=tuple(each for each in found if each is not None),
        path=inner.path,
    )


def _read_replacement(
    reader: Reader, value: JSON, path: Path
) -> PayloadReplacement | None:
    """https://spec.openapis.org/arazzo/v1.1.0.html#payload-replacement-object"""
    fields = reader.read(value, path, REPLACEMENT)
    if fields is None:
        return None
    fields.require("target")
    fields.require("value")
    return PayloadReplacement(
        target=fields.text("target") or "",  # "" is the whole payload
        value=fields.value.get("value"),
        target_selector_type=read_type(fields, "targetSelectorType", SELECTOR_TYPES),
        path=path,
    )
