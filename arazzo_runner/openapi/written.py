"""Text of parameters and fields as the value that a schema means by it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from ..errors import DocumentError
from ..messages import JSON
from .document import Document, is_array, is_object
from .responses import InvalidJSON, parse_json
from .schemas import types_of

_NUMBER: Final = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?").fullmatch
_DEEPEST: Final = 6


def as_written(
    document: Document, schema: JSON, text: str, *, explode: bool = False
) -> JSON:
    """
    *text* in style ``simple`` as a value of *schema*; the text itself where it is none.

        >>> from arazzo_runner.openapi.document import Document, MemoryParts
        >>> document = Document(MemoryParts.of({"openapi": "3.1.0"}), "", "")
        >>> as_written(document, {"type": "array", "items": {"type": "integer"}}, "1,2")
        [1, 2]
    """
    types = types_in(document, schema)
    if "array" in types and not types & {"string"}:
        return [
            as_written(document, _member(document, schema, "items"), each.strip())
            for each in (text.split(",") if text else [])
        ]
    if "object" in types and not types & {"string"}:
        return _object(document, schema, text, explode)
    return scalar(types, text)


def _object(document: Document, schema: JSON, text: str, explode: bool) -> JSON:
    pieces = text.split(",") if text else []
    if explode:
        pairs = [each.partition("=")[::2] for each in pieces]
    else:
        pairs = list(zip(pieces[::2], pieces[1::2], strict=False))
    properties = _member(document, schema, "properties")
    known: Mapping[str, JSON] = properties if is_object(properties) else {}
    return {
        name: as_written(document, known.get(name, True), value)
        for name, value in pairs
    }


def scalar(types: frozenset[str], text: str) -> JSON:
    """*text* as the number, boolean or null that *types* allow; else itself."""
    if "string" in types or not types:
        return text
    if types & {"integer", "number"} and _NUMBER(text):
        try:
            return parse_json(text)
        except InvalidJSON:
            return text
    if "boolean" in types and text in ("true", "false"):
        return text == "true"
    if "null" in types and text in ("", "null"):
        return None
    return text


def types_in(document: Document, schema: JSON, depth: int = 0) -> frozenset[str]:
    """The types that *schema* names, in itself and in what it combines."""
    try:
        found = document.resolve(schema)
    except DocumentError:
        return frozenset()
    if not is_object(found) or depth > _DEEPEST:
        return frozenset()
    types = set(types_of(found))
    for key in ("allOf", "anyOf", "oneOf"):
        members = found.get(key)
        for each in members if is_array(members) else ():
            types |= types_in(document, each, depth + 1)
    values = found.get("enum")
    if not types and is_array(values) and not all(isinstance(e, str) for e in values):
        types |= {"integer", "number", "boolean"}
    return frozenset(types)


def _member(document: Document, schema: JSON, name: str) -> JSON:
    found = document.resolve(schema)
    return found.get(name, True) if is_object(found) else True
