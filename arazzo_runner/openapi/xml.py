"""
Objects as XML, by the ``xml`` hints of their schemas.

https://spec.openapis.org/oas/v3.1.1.html#xml-object, and ``nodeType`` of 3.2.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from html import escape
from typing import Final, NamedTuple

from ..messages import JSON, Value
from .document import Document, is_object
from .schemas import property_schema, resolved_schema
from .values import RequestError, is_list, text_of

# https://www.w3.org/TR/xml/#NT-Name, as far as names of members go.
_NAME: Final = re.compile(r"[^\W\d][\w.-]*(?::[^\W\d][\w.-]*)?")
# https://www.w3.org/TR/xml/#charsets
_ILLEGAL: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_DEEPEST: Final = 100


def encode_xml(value: Value, schema: JSON, document: Document | None) -> str:
    """
    *value*, plain, as an XML document. The root is called as its schema's ``xml.name``
    says, or as the schema itself, or ``root``.

    Raises:
        RequestError: a member's name or a text cannot stand in XML.
    """
    writing = _Writing(document)
    name = _reference_name(schema) or "root"
    return "".join(writing.element(name, value, schema, 0))


class _Hints(NamedTuple):
    """
    An XML Object. `node` is ``element``, ``attribute``, ``text``, ``cdata`` or ``none``
    (3.2); an array without it has no element of its own.
    """

    name: str | None = None
    namespace: str | None = None
    prefix: str | None = None
    node: str | None = None


class _Writing:
    def __init__(self, document: Document | None) -> None:
        self._document = document

    def element(
        self, name: str, value: Value, schema: JSON, depth: int
    ) -> Iterator[str]:
        """The element or elements of *value*; nothing for null."""
        if depth > _DEEPEST:
            raise RequestError("the payload is nested too deeply to be sent as XML")
        if value is None:
            return
        hints = self._hints(schema)
        if is_list(value):
            yield from self._array(name, value, schema, hints, depth)
            return
        called, declared = _called(hints, name)
        if not isinstance(value, Mapping):
            yield f"<{called}{declared}>{_text(value)}</{called}>"
            return
        attributes, content = [], []
        for key, each in value.items():
            inner = self._property(schema, key)
            own = self._hints(inner)
            if each is None:
                continue
            if own.node == "attribute":
                place, more = _called(own, key)
                attributes.append(f'{more} {place}="{_text(each)}"')
            elif own.node == "text":
                content.append(_text(each))
            elif own.node == "cdata":
                safe = _legal(text_of(each)).replace("]]>", "]]]]><![CDATA[>")
                content.append(f"<![CDATA[{safe}]]>")
            else:
                content += self.element(key, each, inner, depth + 1)
        inside = "".join(content)
        start = f"<{called}{declared}{''.join(attributes)}"
        yield f"{start}>{inside}</{called}>" if content else f"{start}/>"

    def _array(
        self, name: str, value: Value, schema: JSON, hints: _Hints, depth: int
    ) -> Iterator[str]:
        found = self._resolved(schema)
        items = found.get("items") if is_object(found) else None
        wrapped = hints.node == "element"
        # The name of an array is that of its wrapper, or of its items where it has none.
        each_name = self._hints(items).name or (name if wrapped else hints.name or name)
        called, declared = _called(hints, name)
        if wrapped:
            yield f"<{called}{declared}>"
        for each in value if is_list(value) else ():
            yield from self.element(each_name, each, items, depth + 1)
        if wrapped:
            yield f"</{called}>"

    def _resolved(self, schema: JSON) -> JSON:
        if self._document is None:
            return schema
        return resolved_schema(self._document, schema)

    def _property(self, schema: JSON, name: str) -> JSON:
        if self._document is None:
            return None
        return property_schema(self._document, schema, name)

    def _hints(self, schema: JSON) -> _Hints:
        found = self._resolved(schema)
        xml = found.get("xml") if is_object(found) else None
        if not is_object(xml):
            return _Hints()
        texts = {
            key: each
            for key in ("name", "namespace", "prefix", "nodeType")
            if isinstance(each := xml.get(key), str) and each
        }
        node = texts.pop("nodeType", None)
        if node is None and xml.get("attribute") is True:
            node = "attribute"
        if node is None and xml.get("wrapped") is True:
            node = "element"
        return _Hints(**texts, node=node)


def _called(hints: _Hints, default: str) -> tuple[str, str]:
    """The name of an element or attribute, and the declaration of its namespace."""
    name = hints.name or default
    if hints.prefix:
        name = f"{hints.prefix}:{name}"
    if not _NAME.fullmatch(name):
        raise RequestError(
            f"{name!r} cannot be the name of an XML element",
            hint="the schema's xml.name gives it another",
        )
    if not hints.namespace:
        return name, ""
    mark = f"xmlns:{hints.prefix}" if hints.prefix else "xmlns"
    return name, f' {mark}="{escape(_legal(hints.namespace))}"'


def _text(value: Value) -> str:
    if isinstance(value, Mapping) or is_list(value):
        raise RequestError("an object or array cannot be a text or attribute of XML")
    return escape(_legal(text_of(value)))


def _legal(text: str) -> str:
    if found := _ILLEGAL.search(text):
        raise RequestError(f"the character {found[0]!r} cannot stand in XML")
    return text


def _reference_name(schema: JSON) -> str | None:
    """``Pet`` of ``#/components/schemas/Pet``, which names the root."""
    reference = schema.get("$ref") if is_object(schema) else None
    if not isinstance(reference, str):
        return None
    name = reference.rpartition("/")[2].replace("~1", "/").replace("~0", "~")
    return name if _NAME.fullmatch(name) else None
