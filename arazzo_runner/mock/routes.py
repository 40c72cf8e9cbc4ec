"""A request on the wire as a call of an operation: which one, with which values."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple
from urllib.parse import parse_qsl, unquote

from ..messages import ABSENT, JSON, Absent, Argument, Call, Value
from ..openapi.contract_requests import as_form
from ..openapi.document import Document, is_object
from ..openapi.media_types import FORM, essence, kind
from ..openapi.operations import Operation, open_entry
from ..openapi.parameters import Parameter
from ..openapi.responses import decode
from ..openapi.written import as_written, types_in
from .forms import read_form, read_multipart

_DELIMITERS: Final = {"spaceDelimited": " ", "pipeDelimited": "|"}


@dataclass(frozen=True, slots=True)
class Wire:
    """A request as it came. `target` is path and query, header names are in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def path(self) -> str:
        """The path, without a slash at its end."""
        return self.parts[0].rstrip("/")

    @property
    def parts(self) -> tuple[str, str]:
        """Path and query; a proxy's client sends a whole URL (RFC 9112, 3.2.2)."""
        target = re.sub(r"\Ahttps?://[^/?]*", "", self.target, flags=re.IGNORECASE)
        path, _, query = target.partition("?")
        return path or "/", query


class Match(NamedTuple):
    """An operation and the texts of its path variables; `allowed` are the path's methods."""

    operation: Operation | None
    variables: Mapping[str, str]
    allowed: tuple[str, ...] = ()


class Routes:
    """The operations of one description below the path of its server."""

    def __init__(self, document: Document, base: str) -> None:
        self.document = document
        self.base = base.rstrip("/")
        found = [(_pattern(entry.path), entry) for entry in document.operations]
        # What is written out goes before what is a variable.
        self._entries = sorted(found, key=lambda each: each[1].path.count("{"))

    def find(self, wire: Wire) -> Match:
        """What *wire* asks for."""
        path, fields = wire.parts
        if self.base and not f"{path}/".startswith(f"{self.base}/"):
            return Match(None, {})
        path = path[len(self.base) :] or "/"
        query = dict(parse_qsl(fields, keep_blank_values=True))
        allowed: list[str] = []
        for pattern, entry in self._entries:
            found = pattern.fullmatch(path)
            if found is None or not _fixed(entry.path, query):
                continue
            if entry.method.upper() != wire.method:
                allowed.append(entry.method.upper())
                continue
            operation = open_entry(self.document, entry)
            names = re.findall(r"\{([^{}/]*)\}", entry.path.partition("?")[0])
            texts = [unquote(each) for each in found.groups()]
            return Match(operation, dict(zip(names, texts, strict=True)))
        return Match(None, {}, tuple(dict.fromkeys(allowed)))


@lru_cache(maxsize=4096)
def _pattern(path: str) -> re.Pattern[str]:
    plain = path.partition("?")[0]
    pieces = re.split(r"\{[^{}/]*\}", plain)
    return re.compile("([^/]+)".join(re.escape(each) for each in pieces))


def _fixed(path: str, query: Mapping[str, str]) -> bool:
    """Whether the fields that are part of a path key (``/?Action=x``) are there."""
    wanted = parse_qsl(path.partition("?")[2], keep_blank_values=True)
    return all(query.get(name) == value for name, value in wanted)


# --- values ------------------------------------------------------------------------------


def call_of(source: str, match: Match, wire: Wire) -> Call:
    """*wire* as a call of the operation of *match*, its values read as they are declared."""
    operation = match.operation
    if operation is None:
        raise ValueError("no operation")
    content_type = wire.headers.get("content-type", "")
    return Call(
        source=source,
        operation=operation.pointer,
        arguments=tuple(_arguments(operation, match, wire)),
        content_type=content_type if wire.body else "",
        body=_body(operation, wire.body, content_type),
    )


def _arguments(operation: Operation, match: Match, wire: Wire) -> Iterator[Argument]:
    pairs = parse_qsl(wire.parts[1], keep_blank_values=True)
    declared = {(each.location, each.name): each for each in operation.parameters}
    for name, text in match.variables.items():
        parameter = declared.get(("path", name))
        yield Argument(name, "path", _read(operation, parameter, text))
    taken: set[str] = set()
    for (location, name), parameter in declared.items():
        if location == "query":
            value = _query(operation, parameter, pairs, taken)
            if not isinstance(value, Absent):
                yield Argument(name, "query", value)
        elif location == "header" and name.lower() in wire.headers:
            text = wire.headers[name.lower()]
            yield Argument(name, "header", _read(operation, parameter, text))
    for name, text in pairs:
        if name not in taken:
            yield Argument(name, "query", text)
    for pair in wire.headers.get("cookie", "").split(";"):
        name, sign, text = pair.strip().partition("=")
        if sign:
            found = declared.get(("cookie", name))
            yield Argument(name, "cookie", _read(operation, found, unquote(text)))


def _read(operation: Operation, parameter: Parameter | None, text: str) -> JSON:
    if parameter is None:
        return text
    if parameter.style == "matrix":
        text = text.partition("=")[2] or text
    elif parameter.style == "label":
        text = (
            text.removeprefix(".").replace(".", ",") if parameter.explode else text[1:]
        )
    return as_written(
        operation.document, parameter.schema, text, explode=parameter.explode
    )


def _query(
    operation: Operation,
    parameter: Parameter,
    pairs: Sequence[tuple[str, str]],
    taken: set[str],
) -> Value | Absent:
    document, name = operation.document, parameter.name
    types = types_in(document, parameter.schema)
    own = [text for key, text in pairs if key == name]
    inside = [
        (k, text) for k, text in pairs if k.startswith(f"{name}[") and k[-1] == "]"
    ]
    if inside and (parameter.style == "deepObject" or not own):
        taken.update(key for key, _ in inside)
        if all(key == f"{name}[]" for key, _ in inside):
            return [text for _, text in inside]
        return {key[len(name) + 1 : -1]: text for key, text in inside}
    if own:
        taken.add(name)
        delimiter = _DELIMITERS.get(parameter.style)
        if "array" in types and parameter.explode:
            return [_item(operation, parameter, text) for text in own]
        text = own[0].replace(delimiter, ",") if delimiter else own[0]
        return _read(operation, parameter, text)
    if "object" in types and parameter.style == "form" and parameter.explode:
        schema = document.resolve(parameter.schema)
        names = schema.get("properties") if is_object(schema) else None
        known = names if is_object(names) else {}
        found = {key: text for key, text in pairs if key in known}
        taken.update(found)
        return dict(found) if found else ABSENT
    return ABSENT


def _item(operation: Operation, parameter: Parameter, text: str) -> JSON:
    schema = operation.document.resolve(parameter.schema)
    items = schema.get("items", True) if is_object(schema) else True
    return as_written(operation.document, items, text)


def _body(operation: Operation, data: bytes, content_type: str) -> Value | Absent:
    if not data:
        return ABSENT
    name = essence(content_type)
    fields: dict[str, Value] | None = None
    if name == FORM:
        fields = read_form(data)
    elif name.startswith("multipart/"):
        fields = read_multipart(content_type, data)
    if fields is not None:
        body = operation.request_body
        media = body.media_type(content_type) if body is not None else None
        schema = media.schema if media is not None else None
        return as_form(operation.document, schema, fields)
    if name.startswith("multipart/") or kind(content_type) == "binary":
        return data.decode("latin-1")
    return decode(content_type, data)[0]
