"""What libyaml complains about, in plain words."""

from __future__ import annotations

import re
from typing import NamedTuple

from yaml import MarkedYAMLError, YAMLError

from .marks import MAX_DEPTH, Marks

QUOTES = "put quotes around the text"
TOO_DEEP = f"the nesting is deeper than {MAX_DEPTH} levels"


class Complaint(NamedTuple):
    """Why a text is not YAML, where, and what to try."""

    message: str
    offset: int
    hint: str | None = None
    opened: int | None = None
    """Where the thing was opened that is never closed."""


# Part of libyaml's `problem` (or of what PyYAML's own parser says): our message, hint.
_WORDS: tuple[tuple[str, str, str | None], ...] = (
    ("mapping values are not allowed", "a ':' is not expected here",
     "put quotes around text that holds ': ', or check the indentation"),
    ("could not find expected ':'", "a ':' is missing after a key",
     "write 'key: value', with a space after the colon"),
    ("tab character", "a tab is used for indentation", "YAML indents with spaces"),
    ("unknown escape character", "an unknown escape in text with double quotes",
     r"write a backslash as \\, or use single quotes"),
    ("hexdecimal number", "an incomplete escape in text with double quotes", None),
    ("hexadecimal numbers", "an incomplete escape in text with double quotes", None),
    ("invalid Unicode character escape", "an escape that is no character", None),
    ("sequence entries are not allowed", "a '-' is not expected here",
     "begin the list on its own line, or put quotes around the text"),
    ("',' or ']'", "a ',' or ']' is missing", None),
    ("',' or '}'", "a ',' or '}' is missing", None),
    ("'-' indicator", "this does not belong to the list above it",
     "check the indentation"),
    ("expected key", "this does not fit the lines above it",
     "check the indentation, the quotes and the brackets above"),
    ("expected <block end>", "this does not fit the lines above it",
     "check the indentation, the quotes and the brackets above"),
    ("node content", "a value is missing, or begins with a sign it cannot begin with",
     QUOTES),
    ("comment or line break", "only a line break can follow '|' or '>'", QUOTES),
    ("chomping or indentation", "only a line break can follow '|' or '>'", QUOTES),
    ("undefined tag handle", "text cannot begin with '!'", QUOTES),
    ("tag URI", "text cannot begin with '!'", QUOTES),
    ("document start>", "the text goes on after its end",
     "check the indentation and the quotes"),
    ("incompatible YAML document", "the YAML version must be 1.2", None),
    ("exceeded max", TOO_DEEP, None),
)  # fmt: skip

# A text: compiling it costs more than most documents take to read.
_NOT_PRINTABLE = (
    "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
# "key:value" in a line of its own, but no URL and no Windows path.
_NO_SPACE = re.compile(r"^[ \t]*(?:- +)*([\w.$-]+):(?=[^\s/\\:])[^\n]*$")


def explain(error: YAMLError, marks: Marks) -> Complaint:
    """The complaint behind an exception of PyYAML; *marks* has the text."""
    text = marks.text
    if not isinstance(error, MarkedYAMLError) or error.problem_mark is None:
        found = re.search(_NOT_PRINTABLE, text)
        if found is None:
            return Complaint("the text is not YAML", 0)
        what = f"the character U+{ord(found.group()):04X} is not allowed in YAML"
        return Complaint(what, found.start(), "is this a text file?")
    at = min(error.problem_mark.index, len(text))
    opened = error.context_mark.index if error.context_mark else at
    problem = error.problem or ""
    here = text[at : at + 1]
    if "that cannot start any token" in problem:
        return _bad_start(here, at)
    if "unexpected end of stream" in problem or "document separator" in problem:
        return Complaint("the quotes that open here are never closed", opened)
    if "alphabetic or numeric" in problem:
        sign = text[opened : opened + 1]
        return Complaint(f"text cannot begin with {sign!r}", opened, QUOTES)
    for words, message, hint in _WORDS:
        if words in problem:
            unclosed = opened if "' or '" in words else None
            return Complaint(message, at, _missing_space(marks, at) or hint, unclosed)
    return Complaint(f"the text is not YAML: {problem}", at)


def _bad_start(sign: str, at: int) -> Complaint:
    if sign == "\t":
        hint = "YAML indents with spaces"
        return Complaint("a tab is used for indentation", at, hint)
    return Complaint(f"text cannot begin with {sign!r}", at, QUOTES)


def _missing_space(marks: Marks, at: int) -> str | None:
    """A hint if this line or the one above it has no space after its colon."""
    number = marks.at(at).line
    lines = marks.text[: at + 200].splitlines()[max(0, number - 2) : number]
    for back, line in enumerate(reversed(lines)):
        if found := _NO_SPACE.match(line):
            where = "" if back == 0 else f" in line {number - back}"
            return f"put a space after '{found[1]}:'{where}"
    return None
