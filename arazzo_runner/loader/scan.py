"""
JSON text to plain values with positions.

YAML is nearly a superset of JSON, but libyaml refuses escaped surrogate pairs and keys of
more than 1,024 characters. Also, a message about JSON should be about JSON.
"""

from __future__ import annotations

import json
import re
from typing import Final

from ..messages import JSON
from .marks import MAX_DEPTH, SHIFT, Frame, Marks
from .problems import Problems
from .scalars import SURROGATE, read_float, read_integer

_SPACE = r"[ \t\n\r]*"
_STRING = r'"([^"\\\x00-\x1f]*(?:\\.[^"\\\x00-\x1f]*)*)"'
_KEY = re.compile(_STRING)
_COLON = re.compile(f"{_SPACE}:{_SPACE}")
_VALUE = re.compile(
    rf"{_STRING}"
    r"|(-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?)"
    r"|(true|false|null)"
    rf"|([\[{{]){_SPACE}"
)
_AFTER = re.compile(rf"{_SPACE}([,}}\]]){_SPACE}")
_SPACES = re.compile(_SPACE)
_WORDS: Final[dict[str, JSON]] = {"true": True, "false": False, "null": None}
_HINTS: Final = {
    "'": "JSON has double quotes only",
    "}": "is there a comma too many?",
    "]": "is there a comma too many?",
    "/": "JSON has no comments",
    "#": "JSON has no comments",
}


class NotJSON(ValueError):
    """The text is no JSON; it may still be YAML."""

    def __init__(self, message: str, offset: int, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset
        self.hint = hint


class Scanner:
    """One pass over one text that looks like JSON."""

    def __init__(self, marks: Marks, problems: Problems) -> None:
        self._marks = marks
        self._text = marks.text
        self._problems = problems
        self._stack: list[Frame] = []

    def scan(self) -> None:
        """
        Read the text of the marks; leave the value and the spans in them.

        Raises:
            NotJSON: at the first sign that it is none.
            DocumentError: equal keys, or a limit was met.
        """
        text, stack = self._text, self._stack
        root = frame = Frame(is_map=False)
        at = _end(_SPACES, text, 0)
        while True:
            found = _VALUE.match(text, at)
            if found is None:
                raise self._unexpected("a value", at)
            at = found.end()
            if found.lastindex == 6:
                frame = self._open(frame, found)
                if text[at : at + 1] != ("}" if frame.is_map else "]"):
                    at = self._key(frame, at) if frame.is_map else at
                    continue
            else:
                start = found.start()
                frame.put(self._scalar(found), start << SHIFT | (at - start))
            while stack:
                closing = "}" if frame.is_map else "]"
                after = _AFTER.match(text, at)
                if after is None or after[1] not in (",", closing):
                    at = after.start(1) if after else at
                    raise self._unexpected(f"',' or '{closing}'", at)
                at = after.end()
                if after[1] == ",":
                    at = self._key(frame, at) if frame.is_map else at
                    break
                self._marks.spans[id(frame.value)] = frame.spans
                frame = stack.pop()
            else:
                break
        if at < len(text):
            raise NotJSON("there is text after the end of the JSON value", at)
        self._problems.stop()
        self._marks.root, self._marks.span = root.items[0], root.spans[0]

    def _open(self, frame: Frame, found: re.Match[str]) -> Frame:
        start = found.start()
        if len(self._stack) == MAX_DEPTH:
            message = f"the nesting is deeper than {MAX_DEPTH} levels"
            raise self._problems.fatal("AZ104", message, self._marks.at(start))
        inner = Frame(found[6] == "{")
        frame.put(inner.value, start << SHIFT)
        self._stack.append(frame)
        return inner

    def _key(self, frame: Frame, at: int) -> int:
        """Read a key and its colon; the offset of the value."""
        found = _KEY.match(self._text, at)
        if found is None:
            raise self._unexpected("a key in double quotes", at)
        end = found.end()
        key = self._string(found)
        if key in frame.members:
            key = frame.unique(key, at, end, self._marks, self._problems)
        frame.key = key
        frame.spans.append(at << SHIFT | (end - at))
        colon = _COLON.match(self._text, end)
        if colon is None:
            raise self._unexpected("':'", _end(_SPACES, self._text, end))
        return colon.end()

    def _scalar(self, found: re.Match[str]) -> JSON:
        match found.lastindex:
            case 1:
                return self._string(found)
            case 5:
                return _WORDS[found[5]]
        try:
            if found[3] or found[4]:
                return read_float(found[2])
            return read_integer(found[2])
        except ValueError as error:
            start, end = found.span()
            location = self._marks.at(start, end - start)
            self._problems.add("AZ102", str(error), location)
            return None

    def _string(self, found: re.Match[str]) -> str:
        text = found[1]
        if "\\" not in text:
            return text
        try:
            value: str = json.loads(f'"{text}"')
        except json.JSONDecodeError as error:
            offset = found.start() + error.pos
            message = "an unknown escape in text with double quotes"
            raise NotJSON(message, offset, r"write a backslash as \\") from None
        if SURROGATE.search(value):
            message = "an escape that is half a character (a lone surrogate)"
            location = self._marks.at(found.start(), found.end() - found.start())
            self._problems.add("AZ102", message, location)
        return value

    def _unexpected(self, wanted: str, at: int) -> NotJSON:
        at = _end(_SPACES, self._text, at)
        sign = self._text[at : at + 1]
        if not sign:
            return NotJSON(f"the document ends where {wanted} is expected", at)
        if sign == '"':  # a string that does not end, or has a raw line break in it
            if _KEY.match(self._text, at) is None:
                return NotJSON("the quotes that open here are never closed", at)
            return NotJSON(f"{wanted} is missing", at)
        return NotJSON(f"{wanted} is expected, not {sign!r}", at, _HINTS.get(sign))


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    return found.end() if found else at
