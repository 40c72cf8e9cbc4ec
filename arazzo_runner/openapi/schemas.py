"""The little that building a body asks of JSON Schemas."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from ..errors import DocumentError
from ..messages import JSON
from .document import Document, escape, is_array, is_object

# Schemas nest and refer to themselves; uploads are declared near the top.
_DEEPEST: Final = 6


def property_schema(document: Document, schema: JSON, name: str) -> JSON:
    """The resolved schema of the property *name*, also below ``allOf`` and its like."""
    for found in _alternatives(document, schema, _DEEPEST):
        properties = found.get("properties")
        if is_object(properties) and name in properties:
            try:
                return document.resolve(properties[name])
            except DocumentError:
                return None
    return None


def resolved_schema(document: Document, schema: JSON) -> JSON:
    """*schema*, references followed; None where they lead nowhere."""
    try:
        return document.resolve(schema)
    except DocumentError:
        return None


def is_binary(document: Document, schema: JSON) -> bool:
    """
    Whether *schema* describes the content of a file, or an array of such.

    That is ``format: binary`` and, since 3.1, a ``contentMediaType`` of bytes without
    ``contentEncoding``.
    """
    for found in _alternatives(document, schema, _DEEPEST):
        if found.get("format") == "binary":
            return True
        if "contentMediaType" in found and "contentEncoding" not in found:
            return True
        if "items" in found and _binary_items(document, found["items"]):
            return True
    return False


def _binary_items(document: Document, items: JSON) -> bool:
    return any(
        each.get("format") == "binary"
        for each in _alternatives(document, items, _DEEPEST)
    )


def _alternatives(
    document: Document, schema: JSON, depth: int
) -> Iterator[dict[str, JSON]]:
    """*schema* and what it combines, references followed."""
    try:
        found = document.resolve(schema)
    except DocumentError:  # what cannot be read declares nothing
        return
    if not is_object(found) or not depth:
        return
    yield dict(found)
    for key in ("allOf", "anyOf", "oneOf"):
        members = found.get(key)
        for each in members if is_array(members) else ():
            yield from _alternatives(document, each, depth - 1)


def types_of(schema: Mapping[str, JSON]) -> tuple[str, ...]:
    """
    The types that *schema* allows by its ``type``; empty when it does not say.

    ``nullable`` means what its author meant in every version: the value may be null. Since
    3.1 it is no keyword any more, and is written all the same (dialect rule AZ520).
    """
    given = schema.get("type")
    types = given if is_array(given) else (given,)
    found = tuple(each for each in types if isinstance(each, str))
    if found and schema.get("nullable") is True and "null" not in found:
        return (*found, "null")
    return found


# What stands under these is data, and what stands under those is by name.
_DATA: Final = frozenset(("default", "enum", "const", "example", "examples"))
_BY_NAME: Final = frozenset(
    ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")
)


def nullable_places(document: Document) -> Iterator[str]:
    """
    The JSON Pointers of all schemas that write ``nullable`` where `types_of` heeds it,
    beside ``type`` or the reference to it, in a description of version 3.1 or later; none
    in an older one, where it is a keyword. One walk over the whole document.
    """
    if document.version < (3, 1):
        return
    for start, part in document.parts():
        if start.startswith("/components/examples/"):
            continue
        waiting: list[tuple[str, JSON, bool]] = [(start, part, False)]
        while waiting:
            pointer, value, by_name = waiting.pop()
            if is_object(value):
                if not by_name and value.get("nullable") is True and _typed(value):
                    yield pointer
                waiting += [
                    (f"{pointer}/{escape(key)}", each, not by_name and key in _BY_NAME)
                    for key, each in value.items()
                    if isinstance(each, dict | list) and (by_name or not _is_data(key))
                ]
            elif is_array(value):
                waiting += [
                    (f"{pointer}/{index}", each, False)
                    for index, each in enumerate(value)
                    if isinstance(each, dict | list)
                ]


def _typed(schema: Mapping[str, JSON]) -> bool:
    return "type" in schema or "$ref" in schema


def _is_data(key: str) -> bool:
    return key in _DATA or key.startswith("x-")


def nullable_members(
    document: Document, schemas: Iterable[JSON], most: int
) -> str | None:
    """
    Where ``nullable`` stands in *schemas* or what they refer to: the member's name, ""
    for a schema itself; None if it is nowhere among the first *most*.
    """
    waiting: list[tuple[str, JSON]] = [("", each) for each in schemas]
    seen: set[int] = set()
    while waiting and len(seen) < most:
        name, schema = waiting.pop()
        try:
            found = document.resolve(schema)
        except DocumentError:
            continue
        if not is_object(found) or id(found) in seen:
            continue
        seen.add(id(found))
        if found.get("nullable") is True:
            return name
        properties = found.get("properties")
        if is_object(properties):
            waiting += properties.items()
        for key in ("allOf", "anyOf", "oneOf"):
            members = found.get(key)
            waiting += [(name, each) for each in members] if is_array(members) else []
        if "items" in found:
            waiting.append((name, found["items"]))
    return None


def is_type(value: JSON, name: str) -> bool:
    """Whether *value* is of the JSON Schema type *name*."""
    match name:
        case "null":
            return value is None
        case "boolean":
            return isinstance(value, bool)
        case "string":
            return isinstance(value, str)
        case "object":
            return isinstance(value, Mapping)
        case "array":
            return is_array(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    whole = isinstance(value, int) or value.is_integer()
    return name == "number" or (name == "integer" and whole)
