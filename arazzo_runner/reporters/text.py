"""
Text for people: cleaned of what a terminal would obey, measured, cut, coloured.

Whatever a server or a file of somebody else says passes through `clean` before it is
shown; whole lines pass through `disarm` where a CI system reads commands from them.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from ..messages import File, Records, Secret, Template, Value

Style: TypeAlias = Literal["", "good", "bad", "warn", "dim", "bold", "accent"]
Span: TypeAlias = tuple[str, Style]
#: A line as pieces with styles; no line end in it.
Line: TypeAlias = tuple[Span, ...]

_CODES: Final[dict[str, str]] = {
    "good": "32",
    "bad": "31",
    "warn": "33",
    "dim": "2",
    "bold": "1",
    "accent": "36",
}

# Escape sequences: CSI, OSC (with its end), DCS and its like, and the short ones.
_SEQUENCE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|(?:\x1b\]|\x9d)[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"
    r"|(?:\x1b[PX^_]|[\x90\x98\x9e\x9f])[^\x1b\x9c]*(?:\x1b\\|\x9c)?"
    r"|\x1b[ -/]*[0-~]?"
)
# Control characters but line feed, and those that turn the direction of text.
_CONTROL = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)
_COMMAND = re.compile(r"^(\s*):(?=:)|##(?=\[)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Signs:
    """The characters that are not letters; plain ones where the encoding has no others."""

    passed: str = "✓"
    failed: str = "✗"
    again: str = "↻"
    going: str = "…"
    arrow: str = "→"
    ellipsis: str = "…"
    bar: str = "│"


UNICODE: Final = Signs()
ASCII: Final = Signs("+", "x", "~", ".", "->", "...", "|")


def signs_for(encoding: str | None) -> Signs:
    """The signs that a stream of this encoding can show."""
    try:
        "✓✗↻…→│".encode(encoding or "ascii")
    except (LookupError, UnicodeError):
        return ASCII
    return UNICODE


def clean(text: str) -> str:
    """*text* without escape sequences and control characters; line feeds stay."""
    if text.isprintable():
        return text
    text = _SEQUENCE.sub("", text.replace("\r\n", "\n").replace("\t", "    "))
    return _CONTROL.sub("", text)


def one_line(text: str) -> str:
    """*text* cleaned and on one line."""
    return " ".join(clean(text).split())


def disarm(text: str) -> str:
    """
    *text* without what GitHub Actions takes for a command: ``::`` at the start of a line,
    ``##[`` anywhere.
    """
    return _COMMAND.sub(lambda found: f"{found[0]} ", text)


def width(text: str) -> int:
    """How many columns of a terminal *text* takes."""
    if text.isascii():
        return len(text)
    return sum(
        0
        if unicodedata.combining(each)
        else 2
        if unicodedata.east_asian_width(each) in "WF"
        else 1
        for each in text
    )


def cut(text: str, columns: int, ellipsis: str = "…") -> str:
    """*text* in at most *columns* columns."""
    if width(text) <= columns:
        return text
    room = max(columns - width(ellipsis), 0)
    taken = []
    for each in text:
        room -= width(each)
        if room < 0:
            break
        taken.append(each)
    return "".join(taken) + ellipsis[:columns]


def cut_line(line: Line, columns: int, ellipsis: str = "…") -> Line:
    """*line* in at most *columns* columns."""
    total = sum(width(text) for text, _ in line)
    if total <= columns:
        return line
    spans: list[Span] = []
    left = columns
    for text, style in line:
        # The span that meets the edge must leave room for the ellipsis.
        if width(text) >= left:
            spans.append((cut(text + " " * left, left, ellipsis), style))
            break
        spans.append((text, style))
        left -= width(text)
    return tuple(spans)


def plain(line: Line) -> str:
    """The text of *line*."""
    return "".join(text for text, _ in line)


def paint(line: Line, *, color: bool) -> str:
    """The text of *line*, with escape sequences for its styles if *color*."""
    if not color:
        return plain(line)
    return "".join(
        f"\x1b[{_CODES[style]}m{text}\x1b[0m" if style and text else text
        for text, style in line
    )


def duration(seconds: float) -> str:
    """
    A time for people.

        >>> [duration(each) for each in (0.0004, 0.214, 12.34, 125, 3720, 90000)]
        ['0.00 s', '0.21 s', '12.3 s', '2 min 05 s', '1 h 02 min', '25 h 00 min']
    """
    if seconds < 9.995:
        return f"{seconds:.2f} s"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02} min"


def clock(seconds: float) -> str:
    """
    A time that goes on, without digits that would only flicker.

        >>> [clock(each) for each in (0.4, 59.9, 125)]
        ['0 s', '59 s', '2 min 05 s']
    """
    whole = int(max(seconds, 0))
    return f"{whole} s" if whole < 60 else duration(whole)


def count(number: int, noun: str) -> str:
    """
    A number with its noun.

        >>> count(1, "step"), count(1200, "request")
        ('1 step', '1,200 requests')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def value_text(value: Value, columns: int = 60, ellipsis: str = "…") -> str:
    """
    *value* in a few words: a plain word as it is, other texts quoted, JSON compact.

        >>> value_text("in_progress"), value_text("two words"), value_text({"a": 1})
        ('in_progress', '"two words"', '{"a":1}')
    """
    match value:
        case str():
            text = value if re.fullmatch(r"[\w.:/@+-]+", value) else _json(value)
        case File():
            kind = f", {value.media_type}" if value.media_type else ""
            text = f"(a file of {value.bytes:,} bytes{kind})"
        case Records():
            held = value.file
            size = (
                held.bytes
                if held
                else len((value.text or "").encode("utf-8", "replace"))
            )
            text = f"(records, {size:,} bytes)"
        case Secret() | Template():
            text = "***"
        case Mapping() | list() | tuple() if _holds_special(value):
            text = "(a value with files)"
        case _:
            text = _json(value)
    return cut(one_line(text), columns, ellipsis)


def _json(value: Value) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _holds_special(value: Value) -> bool:
    pending = [value]  # a loop: a body may be 512 levels deep
    while pending:
        match pending.pop():
            case File() | Records() | Secret() | Template():
                return True
            case str() | None | bool() | int() | float():
                pass
            case Mapping() as members:
                pending += members.values()
            case items:
                pending += items
    return False
