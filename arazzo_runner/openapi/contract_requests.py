"""
A call compared with what its operation describes, before it is sent: parameters and body.

Values are judged as they will be read: ``"10"`` is an integer in a query. Secrets are
references here, and what holds one is not judged.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import islice
from typing import Any, Final

from ..errors import DocumentError
from ..messages import JSON, Absent, Call, File, Records, Secret, Template, Value
from .contract_words import UNREADABLE, in_words, is_secret, names_credential
from .contracts import MOST_FINDINGS, Finding, validator
from .document import Document, escape, is_object
from .linking import local_pointer
from .media_types import FORM, essence, kind
from .operations import Operation
from .parameters import Parameter
from .schemas import property_schema
from .security import credential_places
from .values import is_list, text_of
from .written import as_written, scalar, types_in

# Fields that OpenAPI leaves to other parts of the description.
_IGNORED: Final = ("accept", "content-type", "authorization")
# Keywords that judge a value as a whole, so that a secret inside it may decide.
_WHOLE: Final = ("anyOf", "oneOf", "oneOfNotValid", "oneOfMultipleValid", "not", "const",
    "enum", "uniqueItems", "contains", "dependentRequired", "if")  # fmt: skip

Path = tuple[str | int, ...]


def check_request(
    operation: Operation, call: Call, *, given: Collection[str] = ()
) -> tuple[Finding, ...]:
    """
    What *call* has other than *operation* describes, at most `MOST_FINDINGS`. Credentials
    of security schemes are no parameters, and header fields *given* to every request (names
    in lower case) are there.

    https://spec.openapis.org/oas/v3.1.1.html#operation-object
    """
    title = f"{operation.method} {operation.path}"
    try:
        return tuple(islice(_request(operation, call, given, title), MOST_FINDINGS))
    except DocumentError as error:
        message = f"{title}: the request cannot be checked: {error.message}"
        return (Finding("AZ638", message, operation.pointer),)


def _request(
    operation: Operation, call: Call, given: Collection[str], title: str
) -> Iterator[Finding]:
    values = {
        (each.location, _key(each.location, each.name)): each.value
        for each in call.arguments
    }
    credentials = credential_places(operation)
    whole = any(location == "querystring" for location, _ in values)
    for parameter in operation.parameters:
        place = parameter.location, _key(parameter.location, parameter.name)
        if (parameter.location, parameter.name.lower()) in credentials:
            continue
        if parameter.location == "header" and place[1] in (*_IGNORED, *given):
            continue
        if parameter.location == "querystring" or (
            whole and parameter.location == "query"
        ):
            continue  # a whole query string is not taken apart
        yield from _parameter(operation, parameter, values.get(place), title)
    yield from _body(operation, call, title)


def _key(location: str, name: str) -> str:
    return name.lower() if location == "header" else name


def _pointer(operation: Operation, parameter: Parameter) -> str:
    """Where *parameter* is written: at the operation, at its path, or in a component."""
    document = operation.document
    path = operation.pointer.rpartition("/")[0].removesuffix("/additionalOperations")
    for level, where in ((operation.raw, operation.pointer), (operation.item, path)):
        listed = level.get("parameters")
        for index, raw in enumerate(listed if isinstance(listed, list | tuple) else ()):
            at = f"{where}/parameters/{index}"
            try:
                found = document.resolve(raw, at)
            except DocumentError:
                continue
            if (
                is_object(found)
                and found.get("name") == parameter.name
                and found.get("in") == parameter.location
            ):
                return local_pointer(raw) or at
    return operation.pointer


def _parameter(
    operation: Operation, parameter: Parameter, value: Value | None, title: str
) -> Iterator[Finding]:
    what = f"{title}: the {parameter.location} parameter {parameter.name!r}"
    if value is None:
        if parameter.required:
            message = f"{what} is not given, the description requires it"
            yield Finding("AZ636", message, _pointer(operation, parameter))
        return
    schema = parameter.schema
    if schema is None or not isinstance(schema, dict | bool):
        return
    at = _pointer(operation, parameter)
    if parameter.content is None:
        value = _read(operation.document, schema, value, parameter.explode)
        at += "/schema"
    elif kind(parameter.content) != "json" or isinstance(value, str):
        return
    else:
        at += f"/content/{escape(parameter.content)}/schema"
    hidden = names_credential(parameter.name)
    yield from _checked(operation, schema, at, value, "AZ636", what, hidden=hidden)


def _read(document: Document, schema: JSON, value: Value, explode: bool) -> Value:
    """*value* as who reads the parameter takes it."""
    types = types_in(document, schema)
    if isinstance(value, str):
        if "array" in types and explode and "string" not in types:
            return [as_written(document, _items(document, schema), value)]
        return as_written(document, schema, value)
    if isinstance(value, bool | int | float):
        if types and types <= {"string", "null"}:
            return text_of(value)
        return [value] if types == {"array"} else value
    return _inner(document, schema, value)


def _inner(document: Document, schema: JSON, value: Value) -> Value:
    """The same for what is in arrays and objects, where nothing is split."""
    if is_list(value):
        items = _items(document, schema)
        return [_inner(document, items, each) for each in value]
    if isinstance(value, Mapping):
        return {
            key: _inner(document, property_schema(document, schema, key), each)
            for key, each in value.items()
        }
    types = types_in(document, schema)
    if isinstance(value, str):
        return scalar(types, value)
    number = isinstance(value, bool | int | float)
    return text_of(value) if number and types == {"string"} else value


def _items(document: Document, schema: JSON) -> JSON:
    found = document.resolve(schema)
    return found.get("items", True) if is_object(found) else True


# --- the body ---------------------------------------------------------------------------


def _body(operation: Operation, call: Call, title: str) -> Iterator[Finding]:
    body, where = operation.request_body, f"{operation.pointer}/requestBody"
    if body is None:
        return
    where = local_pointer(operation.raw.get("requestBody")) or where
    if isinstance(call.body, Absent):
        if body.required:
            message = f"{title}: there is no body, the description requires one"
            yield Finding("AZ637", message, where)
        return
    media = body.media_type(call.content_type)
    if media is None or media.schema is None:
        return  # AZ608 says so
    at = f"{where}/content/{escape(media.name)}/schema"
    name, value = essence(call.content_type), call.body
    if name == FORM or name.startswith("multipart/"):
        if not isinstance(value, Mapping):
            return
        value = as_form(operation.document, media.schema, value)
    elif kind(name) != "json" or isinstance(value, File | Records):
        return
    what = f"{title}: the body"
    yield from _checked(operation, media.schema, at, value, "AZ637", what)


def as_form(
    document: Document, schema: JSON, fields: Mapping[str, Value]
) -> dict[str, Value]:
    """*fields* of a form as who reads it takes them: texts as what *schema* says they are."""
    found = {}
    for name, value in fields.items():
        declared = property_schema(document, schema, name)
        known = isinstance(declared, dict)
        found[name] = _read(document, declared, value, True) if known else value
    return found


# --- one value --------------------------------------------------------------------------


def _checked(
    operation: Operation,
    schema: JSON,
    at: str,
    value: Value,
    code: str,
    what: str,
    *,
    hidden: bool = False,
) -> Iterator[Finding]:
    found = validator(operation, schema, at, "request")
    yield from found.problems
    unknown: list[Path] = []
    try:
        for each in found.violations(_instance(value, unknown)):
            if not any(_decides(place, each.path, each.keyword) for place in unknown):
                said = in_words(each, hidden=hidden or is_secret(operation, each))
                yield Finding(code, f"{what}: {said}", each.pointer)
    except (ValueError, RecursionError):
        yield Finding("AZ638", f"{what}: {UNREADABLE}", at)


def _decides(unknown: Path, path: Path, keyword: str) -> bool:
    """Whether what is not known at *unknown* may be why *keyword* does not hold."""
    if path[: len(unknown)] == unknown:
        return True
    return keyword in _WHOLE and unknown[: len(path)] == path


def _instance(value: Value, unknown: list[Path], at: Path = ()) -> Any:
    """*value* for a validator; what only the sending knows is noted in *unknown*."""
    match value:
        case File() | Records() | Secret() | Template():
            unknown.append(at)
            return ""
        case str():
            return value
        case Mapping():
            members = {}
            for key, each in value.items():
                members[key] = _instance(each, unknown, (*at, key))
            return members
        case list() | tuple():
            items = []
            for index, each in enumerate(value):
                items.append(_instance(each, unknown, (*at, index)))
            return items
        case _:
            return value
