"""
An XML reply read as JSON (dialect rule AZ528), for pointers that workflows follow into it.

The root element is the value, its name is not part of the way. An element with elements or
attributes in it is an object: members are the elements by their names without prefixes, an
array where a name occurs more than once, and the attributes with ``@`` before theirs; text
beside them is ``#text``. Any other element is its text. XML does not tell a list of one from
what is in it, so an index also counts the children of an element that all have one name
(``<items><item/></items>``), and 0 is else the element itself.

Only a body that is held in memory is read so, not one that is a file.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final
from xml.parsers import expat

from ..messages import ABSENT, Absent, Value

#: Levels of nesting of elements.
MOST_DEPTH: Final = 512


class XmlObject(dict[str, Any]):
    """An element as an object, which an index also leads into."""

    #: What a name is looked for in next: an index 0 may have meant either.
    around: XmlObject | None = None

    def get(self, key: object, default: Any = None) -> Any:
        """The member *key*; where none is called so, the child or itself at this index."""
        if key in self:
            return self[key]  # type: ignore[index]  # it is there
        if isinstance(key, str) and key.isascii() and key.isdigit() and len(key) < 16:
            return self._at(int(key), default)
        return default if self.around is None else self.around.get(key, default)

    def _at(self, index: int, default: Any) -> Any:
        children = [each for name, each in self.items() if name[:1] not in "@#"]
        if len(children) != 1:
            return self if index == 0 else default
        (child,) = children
        if isinstance(child, list):
            return child[index] if index < len(child) else default
        if index or not isinstance(child, XmlObject):
            return default if index else child
        both = XmlObject(child)
        both.around = self
        return both


def as_plain(value: Value | Absent) -> Value | Absent:
    """*value* without the ways of an index: what a state keeps as JSON has none of them."""
    if isinstance(value, dict):
        members: dict[str, Any] = {}
        for key, each in value.items():  # a loop: one frame a level
            members[key] = as_plain(each)
        return members
    if isinstance(value, list):
        items: list[Any] = []
        for each in value:
            items.append(as_plain(each))
        return items
    return value


@lru_cache(maxsize=8)
def read_xml(text: str) -> Value | Absent:
    """
    *text*, an XML document, as JSON; ABSENT when it is none, has a document type
    declaration (which could name files, or grow without bounds), or is nested too deeply.

        >>> read_xml("<a><b>1</b><c><item>x</item></c></a>").get("c").get("0")
        'x'
    """
    reader = _Reader()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = reader.refuse
    try:
        parser.Parse(text.encode("utf-8", "replace"), True)
    except (expat.ExpatError, ValueError):
        return ABSENT
    return reader.root


class _Reader:
    """Builds the value from the parser's events."""

    def __init__(self) -> None:
        self.root: Value | Absent = ABSENT
        self.open: list[tuple[str, XmlObject, list[str]]] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self.open) >= MOST_DEPTH:
            raise ValueError("nested too deeply")
        members = XmlObject(
            (f"@{_local(key)}", text) for key, text in attributes.items()
        )
        self.open.append((_local(name), members, []))

    def text(self, text: str) -> None:
        self.open[-1][2].append(text)

    def end(self, _name: str) -> None:
        name, members, parts = self.open.pop()
        text = "".join(parts)
        value: Any = members
        if not members:
            value = text
        elif text.strip():
            members["#text"] = text
        if not self.open:
            self.root = value
            return
        around = self.open[-1][1]
        if name not in around:
            around[name] = value
        elif isinstance(around[name], list):
            around[name].append(value)
        else:
            around[name] = [around[name], value]

    def refuse(self, *_given: object) -> None:
        raise ValueError("a document type declaration")


def _local(name: str) -> str:
    """*name* without its namespace."""
    return name.rpartition(" ")[2]
