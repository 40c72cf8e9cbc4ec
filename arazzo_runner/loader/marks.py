"""Where the keys and values of a document were written: offsets into its text."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right

from ..errors import Location
from ..messages import JSON
from ..model import Path
from .problems import Problems

#: A span is ``start << SHIFT | length``, in characters: one number of at most 52 bits.
SHIFT = 26
LENGTH = (1 << SHIFT) - 1
#: Levels of nesting that are read, aliases followed: nothing behind us can overflow.
MAX_DEPTH = 200

# The line breaks libyaml counts; `str.splitlines` knows them too.
_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")


class Marks:
    """
    The spans of one document.

    They are kept by the identity of the object or array they belong to, which stays
    valid because `root` keeps every one of them alive. An object has two spans a member
    (key, value) in the order of its members, an array one an item.
    """

    __slots__ = ("_starts", "root", "span", "spans", "text", "uri")

    def __init__(self, uri: str, text: str) -> None:
        self.uri = uri
        self.text = text
        self.root: JSON = None
        self.span = 0
        self.spans: dict[int, array[int]] = {}
        self._starts: list[int] | None = None

    def adopt(self, other: Marks) -> None:
        """Take over the spans that another reading of the same text found."""
        self.spans, self.span, self.root = other.spans, other.span, other.root

    def locate(self, path: Path, key: bool = False) -> Location:
        """The place of a value or its key, see `arazzo_runner.loader.parse.Parsed`."""
        return self.at(*self._span(path, key))

    def written(self, path: Path) -> str:
        """The value at *path* as its author wrote it, quotes and all; its first line."""
        start, length = self._span(path, False)
        return "".join(self.text[start : start + length].splitlines()[:1])

    def span_of(self, path: Path) -> tuple[int, int]:
        """Offset and length of the value at *path*, as it is written."""
        return self._span(path, False)

    def _span(self, path: Path, key: bool) -> tuple[int, int]:
        node, span, own_key = self.root, self.span, None
        for part in path:
            spans = self.spans.get(id(node))
            at = _index(node, part)
            if spans is None or at is None:  # not there: the key of what should hold it
                key = True
                break
            if isinstance(node, dict):
                own_key, span = spans[2 * at], spans[2 * at + 1]
                node = node[part]
            elif isinstance(node, list):
                own_key, span, node = None, spans[at], node[at]
        if key and own_key is not None:
            return own_key >> SHIFT, own_key & LENGTH
        start = span >> SHIFT
        if isinstance(node, dict | list):
            return start, self._opening(node, start)
        return start, span & LENGTH

    def at(self, start: int, length: int = 1) -> Location:
        """The location of *length* characters from offset *start*, cut at the line's end."""
        if self._starts is None:
            self._starts = [0, *(each.end() for each in _BREAK.finditer(self.text))]
        line = bisect_right(self._starts, start)
        column = start - self._starts[line - 1] + 1
        found = _BREAK.search(self.text, start, start + length)
        end = found.start() if found else min(start + length, len(self.text))
        shown = len(self.text[start:end].rstrip())
        return Location(self.uri, line, column, max(1, shown))

    def _opening(self, node: JSON, start: int) -> int:
        """The length of what an object or array begins with: its first key, or a sign."""
        spans = self.spans.get(id(node))
        if isinstance(node, dict) and spans and spans[0] >> SHIFT == start:
            return spans[0] & LENGTH
        return 1


class Frame:
    """An object (`members` is used) or an array (`items`) that is being read."""

    __slots__ = ("is_map", "items", "key", "members", "merges", "spans")

    def __init__(self, is_map: bool) -> None:
        self.is_map = is_map
        self.members: dict[str, JSON] = {}
        self.items: list[JSON] = []
        self.key: str | None = None
        self.merges = False
        self.spans: array[int] = array("q")

    @property
    def value(self) -> dict[str, JSON] | list[JSON]:
        return self.members if self.is_map else self.items

    def put(self, value: JSON, span: int) -> None:
        """Add an item, or the value of the member that `key` names."""
        self.spans.append(span)
        if self.key is not None:
            self.members[self.key] = value
            self.key = None
        else:
            self.items.append(value)

    def unique(
        self, key: str, start: int, end: int, marks: Marks, problems: Problems
    ) -> str:
        """*key*, written from *start* to *end*; a problem is added if it is here already."""
        if key not in self.members:
            return key
        first = self.spans[2 * list(self.members).index(key)]
        problems.add(
            "AZ103",
            f"the key {key!r} is given twice",
            marks.at(start, end - start),
            hint="remove one of them",
            related=((marks.at(first >> SHIFT, first & LENGTH), "first given here"),),
        )
        # The document is refused; this keeps members and spans in step until its end.
        return f"{key} (again at {start})"


def _index(node: JSON, part: str | int) -> int | None:
    """The position of the member *part* of *node*, None if it has no such member."""
    if isinstance(node, dict) and part in node:
        return list(node).index(part)
    if isinstance(node, list) and isinstance(part, int) and 0 <= part < len(node):
        return part
    return None
