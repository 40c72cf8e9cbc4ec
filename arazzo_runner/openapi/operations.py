"""One operation of a document, and how to find it: by operationId, by pointer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final
from urllib.parse import unquote

from ..errors import Diagnostic, DocumentError
from ..messages import JSON, Absent
from .document import METHODS, Document, Entry, escape, is_array, is_object, tokens
from .media_types import essence, matches
from .parameters import Parameter, read_parameter
from .paths import PathTemplate, read_template


@dataclass(frozen=True, slots=True)
class MediaType:
    """
    https://spec.openapis.org/oas/v3.1.1.html#media-type-object

    `schema` is unresolved, and None where there is none; `raw` has everything.
    """

    name: str
    schema: JSON = None
    encoding: Mapping[str, JSON] = field(default_factory=dict)
    raw: Mapping[str, JSON] = field(default_factory=dict, repr=False)

    def examples(self, document: Document) -> dict[str, JSON]:
        """The example values by name; that of ``example`` has the name ""."""
        found = {"": self.raw["example"]} if "example" in self.raw else {}
        named = self.raw.get("examples")
        for name, each in named.items() if is_object(named) else ():
            example = document.resolve(each)
            for key in ("dataValue", "value"):
                if is_object(example) and key in example:
                    found[name] = example[key]
                    break
        return found


def read_media_type(
    document: Document, name: str, value: JSON, where: str = ""
) -> MediaType:
    """
    The Media Type Object *value*, which may be a reference since 3.2.

    Raises:
        DocumentError: AZ308, see `Document.resolve`.
    """
    found = document.resolve(value, where)
    raw = found if is_object(found) else {}
    encoding = raw.get("encoding")
    return MediaType(
        name, raw.get("schema"), encoding if is_object(encoding) else {}, raw
    )


@dataclass(frozen=True, slots=True)
class RequestBody:
    """https://spec.openapis.org/oas/v3.1.1.html#request-body-object"""

    required: bool = False
    content: Mapping[str, MediaType] = field(default_factory=dict)

    def media_type(self, content_type: str) -> MediaType | None:
        """What *content_type* is described by: the same type first, then a range."""
        if content_type in self.content:
            return self.content[content_type]
        wanted = essence(content_type)
        for name, each in self.content.items():
            if essence(name) == wanted:
                return each
        ranges = [name for name in self.content if matches(name, content_type)]
        return self.content[max(ranges, key=len)] if ranges else None


@dataclass(frozen=True, eq=False)
class Operation:
    """
    An operation as a caller sees it. Members that need other parts of the document are
    read when they are first used.

    https://spec.openapis.org/oas/v3.1.1.html#operation-object

    Attributes:
        pointer: ``/paths/~1pets/get``.
        path: The path template.
        method: In upper case.
    """

    document: Document = field(repr=False)
    pointer: str
    path: str
    method: str
    operation_id: str | None
    raw: Mapping[str, JSON] = field(repr=False)
    item: Mapping[str, JSON] = field(repr=False)

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Those of the path, replaced or followed by those of the operation."""
        return self._declared[0]

    @property
    def problems(self) -> tuple[Diagnostic, ...]:
        """
        References of parameters and the body that cannot be followed (AZ308), as
        warnings: split copies of descriptions often lose a component. What they would
        have declared is treated as not declared, and sent as written.
        """
        return self._declared[1] + self._body[1]

    @cached_property
    def _declared(self) -> tuple[tuple[Parameter, ...], tuple[Diagnostic, ...]]:
        found: dict[tuple[str, str], Parameter] = {}
        problems: list[Diagnostic] = []
        path = self.pointer.rpartition("/")[0].removesuffix("/additionalOperations")
        for level, where in ((self.item, path), (self.raw, self.pointer)):
            listed = level.get("parameters")
            for index, each in enumerate(listed if is_array(listed) else ()):
                place = f"{where}/parameters/{index}"
                try:
                    parameter = read_parameter(self.document, each, place)
                except DocumentError as error:
                    problems.append(replace(error.problems[0], severity="warning"))
                    continue
                if parameter is not None:
                    found[_key(parameter.name, parameter.location)] = parameter
        return tuple(found.values()), tuple(problems)

    @cached_property
    def _parameters(self) -> Mapping[tuple[str, str], Parameter]:
        return {_key(each.name, each.location): each for each in self.parameters}

    def parameter(self, name: str, location: str) -> Parameter | None:
        """
        The declared parameter; names of headers match in any case. There is one whole query
        string at the most, whatever it is called.
        """
        if location == "querystring":
            return next((e for e in self.parameters if e.location == location), None)
        return self._parameters.get(_key(name, location))

    @property
    def request_body(self) -> RequestBody | None:
        """What the operation accepts, or None if it declares no body."""
        return self._body[0]

    @cached_property
    def _body(self) -> tuple[RequestBody | None, tuple[Diagnostic, ...]]:
        where = f"{self.pointer}/requestBody"
        try:
            body = self.document.resolve(self.raw.get("requestBody"), where)
            if not is_object(body):
                return None, ()
            content = body.get("content")
            listed = content.items() if is_object(content) else ()
            media_types = {
                name: read_media_type(
                    self.document, name, each, f"{where}/content/{escape(name)}"
                )
                for name, each in listed
            }
        except DocumentError as error:
            return None, (replace(error.problems[0], severity="warning"),)
        return RequestBody(body.get("required") is True, media_types), ()

    @property
    def responses(self) -> Mapping[str, JSON]:
        """Status, range or ``default`` to a response or a reference."""
        responses = self.raw.get("responses")
        return responses if is_object(responses) else {}

    def response_for(self, status: int) -> Mapping[str, JSON] | None:
        """
        The response described for *status*: exactly, by ``2XX``, by ``default``.

        Raises:
            DocumentError: AZ308, it is a reference that cannot be followed.
        """
        responses = self.responses
        hundred = f"{status // 100}"
        for key in (str(status), f"{hundred}XX", f"{hundred}xx", "default"):
            if key in responses:
                where = f"{self.pointer}/responses/{key}"
                found = self.document.resolve(responses[key], where)
                return found if is_object(found) else None
        return None

    def response_types(self, status: int) -> tuple[str, ...]:
        """The media types described for *status*, in the order of the document."""
        content = (self.response_for(status) or {}).get("content")
        return tuple(content) if is_object(content) else ()

    @cached_property
    def accept(self) -> str:
        """
        A value for ``Accept``: what the successful responses offer, then anything,
        since a workflow can also use a reply that is not described.
        """
        statuses = [
            int(key) for key in self.responses if re.fullmatch("2[0-9][0-9]", key)
        ]
        offered: dict[str, None] = {}
        try:
            for status in statuses or (200,):
                offered.update(dict.fromkeys(self.response_types(status)))
        except DocumentError:  # described elsewhere; no reason not to ask
            return "*/*"
        names = [name for name in offered if essence(name) != "*/*" and _FIELD(name)]
        return ", ".join((*names[:8], "*/*;q=0.1")) if names else "*/*"

    @cached_property
    def servers(self) -> tuple[Mapping[str, JSON], ...]:
        """The Server Objects of the nearest level that has any, else ``/``."""
        whole = None
        for level in (self.raw, self.item, None):
            if level is None:
                whole = self.document.part("/servers")
            listed = whole if level is None else level.get("servers")
            if not isinstance(listed, Absent) and is_array(listed):
                found = tuple(each for each in listed if is_object(each))
                if found:
                    return found
        return ({"url": "/"},)

    @cached_property
    def security(self) -> tuple[Mapping[str, JSON], ...]:
        """The requirements, of which one is enough; empty when there are none."""
        whole = self.document.part("/security") if "security" not in self.raw else None
        listed = self.raw.get("security", None if isinstance(whole, Absent) else whole)
        return (
            tuple(each for each in listed if is_object(each))
            if is_array(listed)
            else ()
        )

    @cached_property
    def validators(self) -> dict[tuple[str, str], Any]:
        """Compiled schemas by pointer and direction; `contracts.validator` fills it."""
        return {}

    @cached_property
    def template(self) -> PathTemplate:
        """The path in pieces."""
        return read_template(self.path)


_FIELD: Final = re.compile(r"[!-~ ]+").fullmatch


def _key(name: str, location: str) -> tuple[str, str]:
    return location, (name.lower() if location == "header" else name)


# --- lookup -----------------------------------------------------------------------------


def open_entry(document: Document, entry: Entry) -> Operation | None:
    """
    The operation that a line of the index names, or None if it is not an object.

    Raises:
        DocumentError: AZ308, the path item's reference cannot be followed.
    """
    item = document.path_item(entry.path)
    if item is None:
        return None
    level: JSON = item
    if entry.method.lower() not in METHODS:
        level = item.get("additionalOperations")
    raw = level.get(entry.method) if is_object(level) else None
    if not is_object(raw):
        return None
    return Operation(
        document=document,
        pointer=entry.pointer,
        path=entry.path,
        method=entry.method.upper(),
        operation_id=entry.operation_id,
        raw=raw,
        item=item,
    )


def find_by_id(document: Document, operation_id: str) -> Operation | None:
    """
    The operation with exactly this operationId, or None.

    Raises:
        DocumentError: AZ309, several operations have it (checklist A-35).
    """
    entries = document.by_id.get(operation_id, ())
    if len(entries) > 1:
        places = ", ".join(f"{each.method.upper()} {each.path}" for each in entries)
        raise DocumentError(
            f"{len(entries)} operations of source description {document.name!r} have the"
            f" operationId {operation_id!r}: {places}",
            code="AZ309",
            location=document.location(entries[1].pointer),
            hint="name one of them with operationPath",
        )
    return open_entry(document, entries[0]) if entries else None


def find_by_pointer(document: Document, pointer: str) -> Operation | None:
    """
    The operation at ``/paths/~1pets/get``, or None. Percent-encoding and a leading ``#``
    are tolerated, and the method may be in any case (checklist A-34).
    """
    pointer = pointer.removeprefix("#")
    for text in dict.fromkeys((pointer, unquote(pointer))):
        try:
            path = tokens(text)
        except ValueError:
            continue
        found = _by_tokens(document, path)
        if found is not None:
            return found
    return None


def _by_tokens(document: Document, path: tuple[str, ...]) -> Operation | None:
    if len(path) < 3 or path[0] != "paths":
        return None
    item = document.path_item(path[1])
    level: JSON = item
    if len(path) == 4 and path[2] == "additionalOperations" and item is not None:
        level = item.get("additionalOperations")
    elif len(path) != 3 or path[2].lower() not in METHODS:
        return None
    if not is_object(level):
        return None
    methods = [key for key in level if key.lower() == path[-1].lower()]
    if not methods:
        return None
    method = path[-1] if path[-1] in methods else methods[0]
    raw = level[method]
    name = raw.get("operationId") if is_object(raw) else None
    operation_id = None if name is None else str(name)
    return open_entry(document, Entry(operation_id, path[1], method))
