"""
Writing values: JSON piece by piece, and one value as it is into a file.

Memory stays constant for `Records` and binary files, whatever their size.
"""

from __future__ import annotations

import base64
import codecs
import json
import os
import re
import shutil
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Final

from .errors import Diagnostic, UsageError
from .messages import (
    Absent,
    Bodies,
    File,
    Records,
    Secret,
    Template,
    Value,
    record_values,
)
from .openapi.media_types import charset, essence, kind

_CHUNK: Final = 3 * 64 * 1024  # divisible by 3, so that base64 pieces join
# DEL, C1 controls (a terminal obeys them) and half characters (UTF-8 has none). JSON has
# the same text in escaped form; C0 controls are escaped by `json` itself.
_UNSAFE: Final = re.compile("[\x7f-\x9f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Saved:
    """A value that went to a file: what is shown in its place."""

    path: str
    bytes: int
    media_type: str

    def to_json(self) -> Mapping[str, str | int]:
        """``{"path", "bytes", "mediaType"}``"""
        return {"path": self.path, "bytes": self.bytes, "mediaType": self.media_type}


def write_json(value: Value, write: Callable[[str], object], bodies: Bodies) -> None:
    """
    Write *value* as JSON, indented by two, without a line end after it.

    `Records` become an array; a file becomes its JSON, its records or its text, by its
    media type, and Base64 when it is binary. A secret is masked.
    """
    for piece in _pieces(value, bodies):
        write(piece)


def save(value: Value, path: Path, bodies: Bodies) -> Saved:
    """
    Put *value* into the file *path* as it is: a file byte for byte, records line by line,
    a string as text, other values as JSON.

    It is written beside the file first (`part_of`), so that the final name never holds
    half a value. A download that is there already is only renamed. What is no regular
    file (a pipe, ``/dev/stdout``) is written directly.

    Raises:
        UsageError: the file cannot be written.
    """
    target = final(path)
    try:
        if target.exists() and not target.is_file():
            with target.open("wb") as stream:
                size = _write(value, stream, bodies)
        else:
            size = _save_beside(value, target, bodies)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UsageError(f"cannot write {path}: {reason}") from error
    return Saved(str(path), size, _media_type(value))


def save_all(
    outputs: Mapping[str, Value], targets: Mapping[str, Path], bodies: Bodies
) -> tuple[dict[str, Value], tuple[Diagnostic, ...]]:
    """
    Save the outputs that *targets* names.

    Returns the outputs as they are to be shown, and what could not be saved: such a value
    stays in them, so that it is not lost.
    """
    shown = dict(outputs)
    problems: list[Diagnostic] = []
    moved: dict[str, str] = {}
    for name, path in targets.items():
        if name not in outputs:
            continue
        value = _relocate(outputs[name], moved)
        held = _file_of(value)
        try:
            shown[name] = save(value, path, bodies).to_json()
        except UsageError as error:
            problems.extend(error.problems)
            continue
        if held is not None and held.path == str(part_of(path)):
            moved[held.path] = str(final(path))
    return {name: _relocate(each, moved) for name, each in shown.items()}, tuple(
        problems
    )


def final(path: Path) -> Path:
    """Where *path* leads in the end: a symbolic link stays, its target is written."""
    return Path(os.path.realpath(path))


def part_of(path: Path) -> Path:
    """The name, absolute, under which *path* is written until it is whole."""
    target = final(path)
    return target.with_name(target.name + ".part")


# --- JSON -------------------------------------------------------------------------------


@dataclass(slots=True)
class _Open:
    """
    An array or object that is being written.

    Attributes:
        members: What is still to come: the name as it is written, and the value.
        ends: Both brackets.
        some: Whether it has members so far.
    """

    members: Iterator[tuple[str, Value]]
    ends: str
    some: bool = False


def _pieces(value: Value, bodies: Bodies) -> Iterator[str]:
    """Without recursion: a response may nest as deep as Python's stack."""
    levels: list[_Open] = []
    while True:
        value = _loaded(value, bodies)
        inner = _opened(value, bodies)
        if inner is None:
            yield from _scalar(value)
        else:
            levels.append(inner)
        while levels:
            top = levels[-1]
            member = next(top.members, None)
            if member is not None:
                break
            levels.pop()
            yield _line(levels) + top.ends[1] if top.some else top.ends
        else:
            return
        name, value = member
        yield f"{',' if top.some else top.ends[0]}{_line(levels)}{name}"
        top.some = True


def _line(levels: list[_Open]) -> str:
    """A line end with the indentation of where we are."""
    return "\n" + "  " * len(levels)


def _loaded(value: Value, bodies: Bodies) -> Value:
    """A file that is JSON or records as what it holds, another value as it is."""
    if not isinstance(value, File):
        return value
    what = kind(value.media_type)
    if what == "records":
        return Records(file=value)
    if what == "json" or not essence(value.media_type):
        data = bodies.data(value)
        return value if isinstance(data, Absent) else data
    return value


def _opened(value: Value, bodies: Bodies) -> _Open | None:
    """*value* as something with members, or None."""
    match value:
        case Records():
            lines = record_values(value, bodies)
            return _Open((("", each) for each in lines), "[]")
        case str() | None | bool() | int() | float() | File() | Secret() | Template():
            return None
        case Mapping():
            named = ((f"{_quoted(name)}: ", each) for name, each in value.items())
            return _Open(named, "{}")
        case _:
            return _Open((("", each) for each in value), "[]")


def _scalar(value: Value) -> Iterator[str]:
    match value:
        case None | bool() | int() | float():
            yield _number(value)
        case str():
            yield _quoted(value)
        case File() if kind(value.media_type) == "binary":
            yield from _base64(value)
        case File():
            yield from _text(value)
        case _:
            yield '"***"'  # a secret


def _base64(file: File) -> Iterator[str]:
    yield '"'
    with Path(file.path).open("rb") as stream:
        while block := stream.read(_CHUNK):
            yield base64.b64encode(block).decode("ascii")
    yield '"'


def _text(file: File) -> Iterator[str]:
    """A file of text as one JSON string."""
    yield '"'
    with Path(file.path).open("rb") as stream:
        codec = charset(file.media_type, begin=stream.read(4))
        stream.seek(0)
        decoder = codecs.getincrementaldecoder(codec)("replace")
        while block := stream.read(_CHUNK):
            yield _quoted(decoder.decode(block))[1:-1]
    yield _quoted(decoder.decode(b"", final=True))[1:-1]
    yield '"'


def _quoted(text: str) -> str:
    quoted = json.dumps(text, ensure_ascii=False)
    if text.isascii() and "\x7f" not in text:
        return quoted
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", quoted)


def _number(value: float | bool | None) -> str:
    """JSON has no infinities and no NaN: what reads as infinite, and null."""
    if isinstance(value, float) and (value != value or value in (1e999, -1e999)):
        return "null" if value != value else ("1e999" if value > 0 else "-1e999")
    return json.dumps(value)


# --- files ------------------------------------------------------------------------------


def _save_beside(value: Value, target: Path, bodies: Bodies) -> int:
    part = target.with_name(target.name + ".part")
    held = _file_of(value)
    if held is not None and held.path == str(part):
        size = held.bytes
    else:
        with part.open("wb") as stream:
            size = _write(value, stream, bodies)
    with suppress(OSError):  # a file that is there keeps who may read it
        part.chmod(stat.S_IMODE(target.stat().st_mode))
    part.replace(target)
    return size


def _write(value: Value, stream: IO[bytes], bodies: Bodies) -> int:
    """Write *value* as it is and return its size in bytes."""
    held = _file_of(value)
    if held is not None:
        with Path(held.path).open("rb") as source:
            shutil.copyfileobj(source, stream, _CHUNK)
        return held.bytes
    size = 0

    def write(text: str) -> None:
        nonlocal size
        size += stream.write(text.encode("utf-8", "replace"))

    match value:
        case str():
            write(value)
        case Records(text):
            write(text or "")
        case _:
            write_json(value, write, bodies)
            write("\n")
    return size


def write_value(value: Value, stream: IO[bytes], bodies: Bodies) -> None:
    """Write *value* to *stream* as `save` does."""
    _write(value, stream, bodies)


def _file_of(value: Value) -> File | None:
    match value:
        case File():
            return value
        case Records(file=File() as held):
            return held
        case _:
            return None


def _media_type(value: Value) -> str:
    held = _file_of(value)
    if held is not None and held.media_type:
        return held.media_type
    match value:
        case Records():
            return "application/jsonl"
        case File():
            return "application/octet-stream"
        case str():
            return "text/plain; charset=utf-8"
        case _:
            return "application/json"


def _relocate(value: Value, moved: Mapping[str, str]) -> Value:
    """*value* with files at their new places; without recursion, as `_pieces`."""
    if not moved:
        return value
    whole: list[Value] = [value]
    waiting: list[list[Value] | dict[str, Value]] = [whole]
    while waiting:
        into = waiting.pop()
        members = into.items() if isinstance(into, dict) else enumerate(into)
        for key, each in members:
            copy = _moved(each, moved)
            into[key] = copy  # type: ignore[index]
            if isinstance(copy, dict | list):
                waiting.append(copy)
    return whole[0]


def _moved(value: Value, moved: Mapping[str, str]) -> Value:
    """*value* at its new place, if it is a file; a copy, if it has members."""
    match value:
        case File():
            return replace(value, path=moved.get(value.path, value.path))
        case Records(file=File() as held):
            return Records(file=replace(held, path=moved.get(held.path, held.path)))
        case (
            str() | None | bool() | int() | float() | Records() | Secret() | Template()
        ):
            return value
        case Mapping():
            return dict(value)
        case _:
            return list(value)
