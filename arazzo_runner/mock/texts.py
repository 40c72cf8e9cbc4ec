"""Text for a schema: by its format, by its pattern, else from the member's name."""

from __future__ import annotations

import base64
import re
import string
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias, Union
from uuid import UUID

from ..errors import ArazzoError
from ..expressions.evaluation import NotEvaluable
from ..expressions.patterns import matches

#: Gives a number below its argument; the second one says what for.
Pick: TypeAlias = Callable[[int, str], int]

_HEX: Final = "0123456789abcdef"
_MOST: Final = 4096


def by_format(name: str, pick: Pick) -> str | None:
    """A text of the JSON Schema or OpenAPI format *name*; None for an unknown one."""
    day = f"2025-{1 + pick(12, 'month'):02}-{1 + pick(28, 'day'):02}"
    time = f"{pick(24, 'hour'):02}:{pick(60, 'minute'):02}:{pick(60, 'second'):02}Z"
    code = _hex(8, pick)
    match name.lower():
        case "date-time" | "datetime":
            return f"{day}T{time}"
        case "date":
            return day
        case "time":
            return time
        case "duration":
            return f"PT{1 + pick(59, 'duration')}M"
        case "uuid" | "guid":
            return str(UUID(int=int(_hex(32, pick), 16), version=4))
        case "email" | "idn-email":
            return f"user-{code}@example.com"
        case "hostname" | "idn-hostname" | "domain":
            return f"host-{code}.example.com"
        case "uri" | "url" | "iri" | "http-url" | "https-url":
            return f"https://example.com/{code}"
        case "uri-reference" | "iri-reference" | "json-pointer" | "uri-template":
            return f"/{code}"
        case "ipv4" | "ip":
            return f"192.0.2.{1 + pick(254, 'ip')}"
        case "ipv6":
            return f"2001:db8::{1 + pick(9999, 'ip')}"
        case "byte" | "base64":
            return base64.b64encode(f"mock {code}".encode()).decode()
        case "regex":
            return "^[a-z]+$"
        case "int32" | "int64" | "uint64":  # numbers that are written as text
            return str(1 + pick(1000, "number"))
        case "decimal" | "double" | "float":
            return f"{1 + pick(1000, 'number')}.50"
        case _:
            return None


def _hex(length: int, pick: Pick) -> str:
    return "".join(_HEX[pick(16, f"hex {index}")] for index in range(length))


def by_name(name: str, pick: Pick) -> str:
    """A text that tells where it stands: ``batch_id-3f9a2c`` for ``batch_id``."""
    words = re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-")
    return f"{words or 'text'}-{_hex(6, pick)}"


def sized(text: str, least: int, most: int | None) -> str:
    """*text* repeated or cut so that it is *least* to *most* characters long."""
    if len(text) < least:
        text = (text * (least // max(len(text), 1) + 1) if text else "x" * least)[
            :least
        ]
    return text if most is None else text[: max(most, 0)]


# --- patterns ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Repeat:
    of: _Node
    least: int
    most: int


@dataclass(frozen=True, slots=True)
class _Branches:
    """Alternatives, each a sequence."""

    of: tuple[tuple[_Node, ...], ...]


#: A str is a set of characters of which one is taken; an empty one stands for nothing.
_Node: TypeAlias = Union[str, _Repeat, _Branches]


class _Unsupported(ValueError):
    """A construct that no text is made for."""


def by_pattern(
    pattern: str, pick: Pick, *, least: int = 0, most: int | None = None
) -> str | None:
    """
    A text that *pattern* matches, *least* to *most* characters long, or None when none is
    found: look-around is not understood, only tried.
    """
    try:
        tree = _Parser(pattern).parse()
    except (_Unsupported, IndexError, ValueError, RecursionError):
        return None
    for extra in (0, 1, 2, 3, 5, 7, 9, 11, 15, 19, 23, 31, 35, 47, 63, 127):
        for branch in range(3):
            text = _write(tree, extra, branch, pick)
            fits = len(text) >= least and (most is None or len(text) <= most)
            if fits and _holds(pattern, text):
                return text
    return None


def _holds(pattern: str, text: str) -> bool:
    try:
        return matches(pattern, text)
    except (NotEvaluable, ArazzoError):
        return False


def _write(node: _Node, extra: int, branch: int, pick: Pick) -> str:
    match node:
        case str():
            return node[pick(len(node), f"char {extra}")] if node else ""
        case _Branches(of):
            parts = of[branch % len(of)]
            return "".join(
                _write(part, extra, branch, _apart(pick, index))
                for index, part in enumerate(parts)
            )
        case _Repeat(of, least, most):
            count = min(least + extra, most, max(least, _MOST))
            written = ""
            for index in range(count):
                written += _write(
                    of, extra if index < 1 else 0, branch, _apart(pick, index)
                )
                if len(written) > _MOST:
                    break
            return written


def _apart(pick: Pick, index: int) -> Pick:
    return lambda below, what: pick(below, f"{what}.{index}")


_LETTERS: Final = string.ascii_letters
_WORD: Final = string.ascii_lowercase + string.digits
_PLAIN: Final = (
    string.ascii_letters + string.digits + " -_.:/@,;!#$%&'()*+<=>?[]^`{|}~\"\\"
)
_CLASSES: Final = {
    "d": string.digits,
    "w": _WORD,
    "s": " ",
    "D": string.ascii_lowercase,
    "W": "-.",
    "S": _WORD,
}
_CONTROLS: Final = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v", "0": "\0"}


class _Parser:
    """Regular expressions as ECMA-262 writes them, as far as text can be made for them."""

    def __init__(self, pattern: str) -> None:
        self.text = pattern
        self.at = 0

    def parse(self) -> _Node:
        tree = self._branches()
        if self.at < len(self.text):
            raise _Unsupported(self.text[self.at :])
        return tree

    def _take(self, text: str) -> bool:
        if self.text.startswith(text, self.at):
            self.at += len(text)
            return True
        return False

    def _next(self) -> str:
        self.at += 1
        return self.text[self.at - 1]

    def _branches(self) -> _Branches:
        found = [self._sequence()]
        while self._take("|"):
            found.append(self._sequence())
        return _Branches(tuple(found))

    def _sequence(self) -> tuple[_Node, ...]:
        parts: list[_Node] = []
        while self.at < len(self.text) and self.text[self.at] not in "|)":
            parts.append(self._repeated(self._atom()))
        return tuple(parts)

    def _repeated(self, atom: _Node) -> _Node:
        least, most = 1, 1
        if self._take("*"):
            least, most = 0, _MOST
        elif self._take("+"):
            least, most = 1, _MOST
        elif self._take("?"):
            least, most = 0, 1
        elif found := re.compile(r"\{(\d+)(,?)(\d*)\}").match(self.text, self.at):
            self.at = found.end()
            least = int(found[1])
            most = int(found[3]) if found[3] else (_MOST if found[2] else least)
        else:
            return atom
        if not self._take("?"):  # lazy or possessive makes no other text
            self._take("+")
        return _Repeat(atom, least, most)

    def _atom(self) -> _Node:
        char = self._next()
        if char == "(":
            return self._group()
        if char == "[":
            return self._set()
        if char == "\\":
            return self._escape(inside=False)
        if char == ".":
            return _WORD
        return "" if char in "^$" else char

    def _group(self) -> _Node:
        around = False
        if self._take("?"):
            found = re.compile(r"<?[=!]|:|P?<\w+>|[imsux-]+:?").match(
                self.text, self.at
            )
            if found is None:
                raise _Unsupported("group")
            self.at = found.end()
            around = found[0][-1] in "=!"
            if found[0].isalpha() and self._take(")"):  # (?i)
                return ""
        inside = self._branches()
        if not self._take(")"):
            raise _Unsupported("an open group")
        return "" if around else inside

    def _escape(self, *, inside: bool) -> str:
        char = self._next()
        if char in _CLASSES:
            return _CLASSES[char]
        if char in "bB" and not inside:
            return ""
        if char in _CONTROLS:
            return _CONTROLS[char]
        if char in "pP":
            found = re.compile(r"\{[^}]*\}|[A-Z]").match(self.text, self.at)
            if found is None:
                raise _Unsupported("property")
            self.at = found.end()
            digits = found[0].strip("{}").startswith("N")
            return string.digits if digits else _LETTERS
        length = {"x": 2, "u": 4}.get(char, 0)
        if length:
            self.at += length
            return chr(int(self.text[self.at - length : self.at], 16))
        if char.isdigit():
            raise _Unsupported("a reference back")
        return char

    def _set(self) -> str:
        negated = self._take("^")
        members: list[str] = []
        while not self._take("]"):
            one = self._member()
            if (
                len(one) == 1
                and self.text.startswith("-", self.at)
                and (not self.text.startswith("-]", self.at))
            ):
                self.at += 1
                last = self._member()
                members += [
                    chr(code)
                    for code in range(ord(one), min(ord(last), ord(one) + 255) + 1)
                ]
            else:
                members += one
        if negated:
            return "".join(each for each in _PLAIN if each not in members)
        # Printable ones read better and pass more formats.
        return "".join(each for each in members if each.isalnum()) or "".join(members)

    def _member(self) -> str:
        char = self._next()
        return self._escape(inside=True) if char == "\\" else char
