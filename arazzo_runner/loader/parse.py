"""Text to plain values that know their place: YAML 1.2 and JSON, without any I/O."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from ..errors import Diagnostic, DocumentError, Location
from ..messages import JSON
from ..model import Path
from .compose import Composer
from .marks import Marks
from .problems import Problems
from .scan import NotJSON, Scanner

#: Bytes of the largest document that is read.
MAX_BYTES: Final = 20_000_000


@dataclass(frozen=True, slots=True)
class Parsed:
    """
    A document as plain values: dict, list, str, int, float, bool and None.

    Aliases share one object, so the values must not be changed.

    Attributes:
        value: The document.
        uri: Where it came from, for people.
        text: What was read, decoded: `arazzo_runner.errors.render` draws from it.
        warnings: What was accepted although YAML 1.2 does not have it.
    """

    value: JSON
    uri: str
    text: str = field(repr=False)
    warnings: tuple[Diagnostic, ...] = ()
    _marks: Marks = field(repr=False, compare=False, kw_only=True)

    def locate(self, path: Path, *, key: bool = False) -> Location:
        """
        The place of the value at *path* (object keys and array indexes from the root).

        Args:
            key: The place of the member's key instead, if it is a member of an object.

        The length is that of the scalar on its first line; an object begins with its
        first key, or with its brace. Of a path that does not exist, the place of the
        key of its nearest known parent. Never line 0.
        """
        return self._located().locate(path, key)

    def written(self, path: Path) -> str:
        """The scalar at *path* as its author wrote it, ``1.10`` for the number 1.1."""
        return self._located().written(path)

    def scalars(self) -> Iterator[tuple[Path, str, int, int]]:
        """
        Every text of the document: its path, its value, the offset in `text` of what was
        written, and how long that is, quotes included.
        """
        marks = self._located()
        pending: list[tuple[Path, JSON]] = [((), marks.root)]
        while pending:
            path, value = pending.pop()
            if isinstance(value, str):
                yield (path, value, *marks.span_of(path))
            elif isinstance(value, dict):
                pending += [((*path, key), each) for key, each in value.items()]
            elif isinstance(value, list):
                pending += [((*path, i), each) for i, each in enumerate(value)]

    def _located(self) -> Marks:
        if self._marks.root is None and self.value is not None:  # positions=False
            self._marks.adopt(_read(self.text, self.uri, libyaml=True)[0])
        return self._marks


def parse(
    data: bytes | str, uri: str, *, positions: bool = True, libyaml: bool = True
) -> Parsed:
    """
    Read a YAML 1.2 or JSON document.

    Args:
        data: Bytes in UTF-8 or UTF-16 (a byte order mark is heeded), or text.
        uri: Where it came from; it is written into every location.
        positions: Keep where everything was written. Without, `Parsed.locate` reads the
            text again when it is asked.
        libyaml: Use the C library if PyYAML has it.

    Keys are text as written (``200:`` is "200"); equal keys are refused.

    Raises:
        DocumentError: this is not YAML or JSON (AZ102), it has equal keys (AZ103), or
            a limit was met: `MAX_BYTES`, depth, aliases, nodes (AZ104).
    """
    if len(data) > MAX_BYTES:
        message = f"the document is larger than {MAX_BYTES // 1_000_000} MB"
        raise DocumentError(message, code="AZ104", location=Location(uri, 1, 1))
    text = _decode(data, uri)
    marks, problems = _read(text, uri, libyaml=libyaml)
    value = marks.root
    if not positions:
        marks = Marks(uri, text)
    return Parsed(value, uri, text, problems.warnings(), _marks=marks)


def _read(text: str, uri: str, *, libyaml: bool) -> tuple[Marks, Problems]:
    """Read as JSON if it looks like it, then as YAML; report what got further."""
    refusal: NotJSON | None = None
    marks, problems = Marks(uri, text), Problems()
    if text.lstrip(" \t\r\n")[:1] in ("{", "[", '"'):
        try:
            Scanner(marks, problems).scan()
            return marks, problems
        except NotJSON as error:
            refusal, json_problems = error, problems
    marks, problems = Marks(uri, text), Problems()
    composer = Composer(marks, problems, libyaml=libyaml)
    try:
        composer.compose()
    except DocumentError:
        failed_at = composer.failed_at  # None if it is YAML, and refused all the same
        if refusal is None or failed_at is None or refusal.offset < failed_at:
            raise
        location = marks.at(refusal.offset)
        raise json_problems.fatal(
            "AZ102", refusal.message, location, hint=refusal.hint
        ) from None
    return marks, problems


def _decode(data: bytes | str, uri: str) -> str:
    """The text without its byte order mark. A lone surrogate cannot be sent or stored."""
    if isinstance(data, str):
        try:
            data.encode()
        except UnicodeEncodeError as error:
            at = Marks(uri, data).at(error.start)
            message = "the text holds half a character (a lone surrogate)"
            raise DocumentError(message, code="AZ102", location=at) from None
        return data.removeprefix("\ufeff")
    encoding = _encoding(data)
    try:
        return data.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode(encoding, "ignore")
        raise DocumentError(
            "the document is not text in UTF-8 or UTF-16",
            code="AZ102",
            location=Marks(uri, before + "?").at(len(before)),
            hint="save it as UTF-8",
        ) from None


def _encoding(data: bytes) -> str:
    """UTF-16 is known by its mark, or by the zero in its first character (YAML 1.2, 5.2)."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if data[:1] != b"\0" and data[1:2] == b"\0":
        return "utf-16-le"
    if data[:1] == b"\0" and data[1:2] not in (b"", b"\0"):
        return "utf-16-be"
    return "utf-8"
