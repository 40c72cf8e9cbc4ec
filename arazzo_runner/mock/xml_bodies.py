"""JSON written as XML, so that reading it as JSON (AZ528) gives it back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from xml.sax.saxutils import escape

from ..messages import JSON
from ..openapi.document import is_array, is_object

_NAME: Final = re.compile(r"[A-Za-z_][\w.-]*", re.ASCII)
# What XML 1.0 has no place for.
_FORBIDDEN: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def xml_text(body: JSON, schema: JSON) -> str:
    """
    *body*, which *schema* describes, as an XML document. The items of an array stand in an
    element of its name, as ``item``; what is null is left out.
    """
    lines = "".join(_element(_root(schema), body))
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{lines}\n'


def _root(schema: JSON) -> str:
    named = schema.get("xml") if is_object(schema) else None
    name = named.get("name") if is_object(named) else None
    reference = schema.get("$ref") if is_object(schema) else None
    if name is None and isinstance(reference, str):
        name = reference.rpartition("/")[2]
    return name if isinstance(name, str) and _NAME.fullmatch(name) else "response"


def _element(name: str, value: JSON) -> Iterator[str]:
    if value is None or not _NAME.fullmatch(name):
        return
    yield f"<{name}>"
    if is_object(value):
        for key, each in value.items():
            yield from _element(key, each)
    elif is_array(value):
        for each in value:
            yield from _element("item", each)
    elif isinstance(value, bool):
        yield str(value).lower()
    else:
        yield escape(_FORBIDDEN.sub("", str(value)))
    yield f"</{name}>"
