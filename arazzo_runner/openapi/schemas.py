"""The little that building a body asks of JSON Schemas."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ..errors import DocumentError
from ..messages import JSON
from .document import Document, is_array, is_object

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
