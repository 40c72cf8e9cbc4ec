"""A response in the making: what the description says it looks like."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeAlias, Union

from ..errors import ArazzoError
from ..messages import ABSENT, JSON, Absent, Headers, Records, Response, Value
from ..openapi.document import Document, is_array, is_index, is_object, navigate, tokens
from ..openapi.media_types import essence, is_xml, kind, matches
from ..openapi.operations import MediaType, Operation
from .examples import complete, generate
from .fitting import fits
from .reads import Reads
from .schemas import NoValue, flatten, schema_at, variants
from .xml_bodies import xml_text

#: Tokens into a body; ``*`` stands for every item of an array.
Place: TypeAlias = tuple[str, ...]
Values: TypeAlias = Mapping[Place, Union[JSON, Absent]]

#: A place that is a header field and no part of the body: its second token is the name.
HEADER: Final = "$header"

_WITHOUT_BODY: Final = (204, 205, 304)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """
    A response that can still be changed.

    Attributes:
        content_type: "" for a response without a body.
        schema: Of the body; for records, of the list of them.
        body: As plain JSON; records are a list.
        form: What the body is in the response: ``records`` are written as lines.
        examples: The author's examples of the body, completed.
    """

    document: Document
    seed: int
    status: int
    content_type: str = ""
    schema: JSON = True
    body: JSON | Absent = ABSENT
    form: str = "json"
    headers: Headers = ()
    examples: tuple[JSON, ...] = ()

    def value(self, place: Place) -> JSON | Absent:
        """What is at *place*; of an array the first item stands for all."""
        if place[:1] == (HEADER,):
            return dict(self.headers).get(place[1], ABSENT)
        if isinstance(self.body, Absent):
            return ABSENT
        return navigate(self.body, ["0" if each == "*" else each for each in place])

    def schema_of(self, place: Place) -> JSON:
        """The schema of what is at *place*."""
        if place[:1] == (HEADER,):
            return {"type": "string"}
        path = ["0" if each == "*" else each for each in place]
        return schema_at(self.schema, self.document, path)

    def sample(self, schema: JSON, place: Place) -> JSON | Absent:
        """A generated value for *place*, no author's example; ABSENT if none can be made."""
        # The member's name, not its path, so that it looks the same everywhere.
        named: JSON = {"properties": {place[-1]: schema}} if place else schema
        wanted = (
            ["/" + place[-1].replace("~", "~0").replace("/", "~1")] if place else []
        )
        try:
            made = generate(
                named, self.document, seed=self.seed, wanted=wanted, examples=False
            )
        except NoValue:
            return ABSENT
        if not place:
            return made
        return made.get(place[-1], ABSENT) if is_object(made) else ABSENT

    def put(self, values: Values) -> Draft:
        """This draft with *values* at their places."""
        body, headers = self.body, self.headers
        for place, value in values.items():
            if place[:1] == (HEADER,):
                headers = tuple(each for each in headers if each[0] != place[1])
                if not isinstance(value, Absent):
                    headers += ((place[1], str(value)),)
            else:
                body = put_in(body, place, value)
        return replace(self, body=body, headers=headers)

    def completed(self, pointers: Collection[str]) -> Draft:
        """This draft with what *pointers* reach put in where it is missing."""
        if isinstance(self.body, Absent) or self.form not in ("json", "records"):
            return self
        whole = complete(
            self.body, self.schema, self.document, seed=self.seed, wanted=pointers
        )
        return replace(self, body=whole)

    def response(self) -> Response:
        """The finished response."""
        body: Value | Absent = self.body
        if isinstance(body, Absent) or not self.content_type:
            return Response(status=self.status, headers=self.headers)
        if self.form == "records" and is_array(body):
            lines = (json.dumps(each, ensure_ascii=False) for each in body)
            body = Records(text="".join(f"{line}\n" for line in lines))
        elif self.form == "json" and is_xml(self.content_type):
            body = xml_text(body, self.schema)  # type: ignore[arg-type]  # JSON as yet
        return Response(
            status=self.status,
            headers=(("content-type", self.content_type), *self.headers),
            body=body,
            media_type=essence(self.content_type),
        )


def put_in(body: JSON | Absent, place: Place, value: JSON | Absent) -> JSON | Absent:
    """*body* with *value* at *place*, copied on the way; ABSENT takes a member away."""
    if not place:
        return value
    first, rest = place[0], place[1:]
    if first == "*":
        items = body if is_array(body) and body else ({},)
        changed = [put_in(each, rest, value) for each in items]
        return [each for each in changed if not isinstance(each, Absent)]
    if is_index(first) and not is_object(body):
        return _put_item(body if is_array(body) else (), int(first), rest, value)
    members = dict(body) if is_object(body) else {}
    inner = put_in(members.get(first, ABSENT), rest, value)
    if isinstance(inner, Absent):
        members.pop(first, None)
    else:
        members[first] = inner
    return members


def _put_item(
    items: Sequence[JSON], index: int, rest: Place, value: JSON | Absent
) -> JSON:
    if index >= len(items) and isinstance(value, Absent):
        return items
    index = min(index, 999)
    items = [*items, *({} for _ in range(len(items), index + 1))]
    inner = put_in(items[index], rest, value)
    kept = () if isinstance(inner, Absent) else (inner,)
    return [*items[:index], *kept, *items[index + 1 :]]


# --- from the description ---------------------------------------------------------------


def draft(
    operation: Operation, status: int, reads: Reads, *, seed: int, accept: str = ""
) -> Draft:
    """
    The response that *operation* describes for *status*, with everything in it that the
    workflow reads.

    Where a workflow looks into a body that is described as nothing, or as something
    binary, it gets the JSON it expects: the mock shows the workflow, not the provider. One
    that is described as XML is XML.
    """
    document = operation.document
    described = describe(operation, status)
    inside = any(reads.pointers)
    media = _media_type(described, accept, structured=inside)
    headers = _headers(described, reads.headers, document, seed)
    plain = Draft(document=document, seed=seed, status=status, headers=headers)
    if media is None:
        if not reads.pointers or status in _WITHOUT_BODY:
            return plain
        media = MediaType("application/json" if inside else "text/plain")
    name = "application/json" if "*" in media.name else media.name
    form = kind(name)
    if inside and is_xml(name):
        form = "json"  # until it is written
    elif inside and form == "binary":
        media, name, form = MediaType("application/json"), "application/json", "json"
    plain = replace(plain, content_type=name, form=form, schema=media.schema)
    if form in ("json", "records"):
        return _structured(plain, media, reads.pointers)
    return _text(plain, media)


def describe(operation: Operation, status: int) -> Mapping[str, JSON]:
    """
    What the description says about *status*; about another success when it says nothing,
    since ``default`` is mostly an error.
    """
    declared = [
        key for key in operation.responses if re.fullmatch("2(XX|xx|[0-9]{2})", key)
    ]
    exact = str(status) in operation.responses
    if status // 100 == 2 and not exact and declared:
        family = [key for key in declared if not key.isdigit()]
        status = 200 if family else int(declared[0])
    try:
        return operation.response_for(status) or {}
    except ArazzoError:
        return {}


def _media_type(
    described: Mapping[str, JSON], accept: str, *, structured: bool
) -> MediaType | None:
    """The media type to answer with: the one that was asked for, JSON, records, text."""
    content = described.get("content")
    if not is_object(content) or not content:
        return None

    def order(name: str) -> tuple[bool, int]:
        kinds = ("json", "records", "text", "binary")
        asked = accept not in ("", "*/*") and matches(name, accept)
        rank = 0 if "*" in name else kinds.index(kind(name))
        return not asked, rank + (is_xml(name) and structured)

    name = min(content, key=order)
    raw = content[name]
    raw = raw if is_object(raw) else {}
    schema = raw.get("schema", True)
    if kind(name) == "records" and "itemSchema" in raw:  # OpenAPI 3.2
        schema = {"type": "array", "items": raw["itemSchema"]}
    return MediaType(name, schema, raw=raw)


def _structured(plain: Draft, media: MediaType, pointers: Collection[str]) -> Draft:
    document, seed = plain.document, plain.seed
    schema = _record_schema(plain) if plain.form == "records" else media.schema
    schema = True if schema is None else schema
    plain = replace(plain, schema=schema)
    given = [
        complete(each, schema, document, seed=seed, wanted=pointers)
        for each in _examples(media, document, plain.form, schema)
    ]
    plain = replace(plain, examples=tuple(given))
    missing = [_missing(each, pointers) for each in given]
    best = min(
        range(len(given)),
        key=lambda at: (
            missing[at],
            not fits(given[at], schema, document),
            _hollow(given[at]),
        ),
        default=-1,
    )
    if best >= 0 and not missing[best]:
        return replace(plain, body=given[best])
    made = _generated(plain, schema, pointers)
    if best >= 0 and missing[best] <= _missing(made, pointers):
        return replace(plain, body=given[best])
    return replace(plain, body=made)


def _generated(plain: Draft, schema: JSON, pointers: Collection[str]) -> JSON:
    wanted = set(pointers) - {""}
    if "" in pointers:  # the whole body is used: a bare {} would show nothing
        wanted |= {f"/{name}" for name in _members(schema, plain.document)}
    for each in (schema, True):
        try:
            return generate(each, plain.document, seed=plain.seed, wanted=wanted)
        except NoValue:
            continue
    return {}


def _members(schema: JSON, document: Document) -> list[str]:
    """The properties of an object's schema, as pointer tokens."""
    try:
        shape = next(variants(flatten(schema, document), document), None)
    except NoValue:
        return []
    names = tuple(shape.properties) if shape is not None else ()
    if not names and shape is not None and shape.types == ("object",):
        names = ("id",)  # any object will do
    return [name.replace("~", "~0").replace("/", "~1") for name in names][:60]


def _hollow(value: JSON) -> bool:
    """Whether an example shows that nothing was found."""
    members = value.values() if is_object(value) else (value,)
    return any(is_array(each) and not each for each in members)


def _missing(value: JSON, pointers: Collection[str]) -> int:
    return sum(isinstance(navigate(value, tokens(each)), Absent) for each in pointers)


def _examples(
    media: MediaType, document: Document, form: str, schema: JSON
) -> list[JSON]:
    try:
        found = list(media.examples(document).values())
    except ArazzoError:
        return []
    if form == "records":
        return [_records(each) for each in found]
    return [_parsed(each, schema, document) for each in found]


def _parsed(example: JSON, schema: JSON, document: Document) -> JSON:
    """An example that was written as text, as the JSON it is."""
    if isinstance(example, str) and not fits(example, schema, document):
        try:
            parsed: JSON = json.loads(example)
        except (ValueError, RecursionError):
            return example
        return parsed
    return example


def _records(example: JSON) -> JSON:
    """An example for records as a list: lines of text, a list, or a single record."""
    if not isinstance(example, str):
        return list(example) if is_array(example) else [example]
    found: list[JSON] = []
    for line in example.splitlines():
        try:
            found += [json.loads(line)] if line.strip() else []
        except (ValueError, RecursionError):
            found.append(line)
    return found


def _record_schema(plain: Draft) -> JSON:
    """The schema of the list of records, two or three when they are generated."""
    try:
        shape = next(
            variants(flatten(plain.schema, plain.document), plain.document), None
        )
    except NoValue:
        shape = None
    items: JSON = plain.schema
    if shape is None or shape.types == ("string",) or plain.schema in (None, True):
        items = _LINE  # the whole stream described as text
    elif "array" in shape.types or "items" in shape.keywords:
        items = shape.item(0)
    return {"type": "array", "items": items, "minItems": 2}


_LINE: Final[JSON] = {
    "type": "object",
    "required": ["custom_id", "result"],
    "properties": {
        "custom_id": {"type": "string"},
        "result": {
            "type": "object",
            "required": ["type"],
            "properties": {"type": {"const": "succeeded"}},
        },
    },
}


def _text(plain: Draft, media: MediaType) -> Draft:
    for example in _examples(media, plain.document, plain.form, {"type": "string"}):
        if isinstance(example, str):
            return replace(plain, body=example)
        return replace(plain, body=json.dumps(example, ensure_ascii=False))
    if is_xml(media.name):
        return replace(plain, body='<?xml version="1.0" encoding="UTF-8"?>\n<mock/>\n')
    if essence(media.name) == "text/event-stream":
        return replace(plain, body='data: {"type":"mock"}\n\n')
    schema = schema_at(media.schema, plain.document, ())
    body: JSON | Absent = plain.sample({"allOf": [schema, {"type": "string"}]}, ())
    return replace(plain, body=body if isinstance(body, str) else "mock\n")


def _headers(
    described: Mapping[str, JSON], names: Collection[str], document: Document, seed: int
) -> Headers:
    """The fields that are read, as described; ``Content-Type`` comes with the body."""
    declared = described.get("headers")
    known = {
        name.lower(): each
        for name, each in (declared.items() if is_object(declared) else ())
    }
    found: list[tuple[str, str]] = []
    for name in sorted(set(names) - {"content-type"}):
        try:
            header = document.resolve(known.get(name))
        except ArazzoError:
            header = None
        found.append((name, _header(name, header, document, seed)))
    return tuple(found)


def _header(name: str, header: JSON, document: Document, seed: int) -> str:
    if is_object(header) and "example" in header:
        return str(header["example"])
    schema = header.get("schema") if is_object(header) else None
    if schema is None:
        schema = {"type": "string"}
        if name in ("location", "content-location", "operation-location"):
            schema = {"type": "string", "format": "uri"}
    key = name.replace("~", "~0").replace("/", "~1")
    try:
        made = generate(
            {"properties": {name: schema}}, document, seed=seed, wanted=[f"/{key}"]
        )
    except NoValue:
        return name
    value = made.get(name) if is_object(made) else name
    return value if isinstance(value, str) else json.dumps(value)


def items_of(draft_: Draft, place: Place, count: int) -> Sequence[JSON] | str | Absent:
    """*count* items, or characters, for the array or text at *place*."""
    present = draft_.value(place)
    if isinstance(present, str):
        return (present * count)[:count] if present else "x" * count
    if is_array(present) and (present or not count):
        return [present[at % len(present)] for at in range(count)]
    bounds: JSON = {"type": "array", "minItems": count, "maxItems": count}
    made = draft_.sample({"allOf": [draft_.schema_of(place), bounds]}, place)
    if is_array(made) and len(made) == count:
        return made
    return [{} for _ in range(count)]
