"""Values that are written out in a workflow, and the schema that they are for."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Final

from ..messages import JSON
from ..openapi.document import Document, is_array
from ..openapi.schemas import is_type, types_of
from ..openapi.written import scalar, types_in
from .operations import conjunction

_KNOWN: Final = ("string", "boolean", "integer", "number", "null")


def misfit(
    document: Document, schema: JSON, value: JSON, *, text: bool = False
) -> str | None:
    """
    What *schema* says that the plain *value* is not, in a few words: its type, one of its
    values, a bound. None if it may fit, and for null, arrays and objects. *text*: it goes
    into a URL or a header, where ``"10"`` is a number as well.
    """
    if value is None or not isinstance(value, str | int | float):
        return None
    if text and isinstance(value, str):
        read = scalar(types_in(document, schema), value)
        value = read if isinstance(read, str | int | float) else value
    for part in conjunction(document, schema):
        for wrong in _wrong(part, value, text):
            return wrong
    return None


def short(value: JSON) -> str:
    """*value* as JSON, cut short."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 40 else f"{text[:39]}…"


def _wrong(part: Mapping[str, JSON], value: str | float, text: bool) -> Iterator[str]:
    types = types_of(part)
    if types and not any(_is(value, each, text) for each in types):
        yield " or ".join(types)
        return
    allowed = part.get("enum")
    if is_array(allowed) and value not in allowed:
        listed = ", ".join(json.dumps(e, ensure_ascii=False) for e in allowed[:8])
        yield f"one of {listed}{', …' if len(allowed) > 8 else ''}"
    if "const" in part and value != part["const"]:
        yield json.dumps(part["const"], ensure_ascii=False)
    if isinstance(value, bool):
        return
    size: float = len(value) if isinstance(value, str) else value
    names = ("minLength", "maxLength") if isinstance(value, str) else _BOUNDS
    for name, words in zip(names, ("at least", "at most"), strict=True):
        bound = part.get(name)
        if isinstance(bound, int | float) and not isinstance(bound, bool):
            over = size > bound if words == "at most" else size < bound
            unit = " characters" if isinstance(value, str) else ""
            if over:
                yield f"{words} {bound}{unit}"


_BOUNDS: Final = ("minimum", "maximum")


def _is(value: str | float, name: str, text: bool) -> bool:
    if name in ("array", "object", "string") and text:
        return True  # a single item, or written out
    if name in ("array", "object"):
        return False
    return name not in _KNOWN or is_type(value, name)
