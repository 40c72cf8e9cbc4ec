"""
The plain values that move through everything: JSON, files, records, secrets, messages.

A value is ``JSON | File | Records | Secret | Template`` anywhere, also inside objects and
arrays. All of them turn into JSON and back (`to_json`, `from_json`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol, TypeAlias, Union, cast

JSON: TypeAlias = Union[
    None, bool, int, float, str, Sequence["JSON"], Mapping[str, "JSON"]
]

#: Bodies above this many bytes are kept as files.
MEMORY_LIMIT: Final = 1 << 20


class Absent:
    """The type of `ABSENT`: no value at all, which is not the same as null."""

    _instance: Absent | None = None

    def __new__(cls) -> Absent:
        if cls._instance is None:
            cls._instance = super().__new__(cls)
        return cls._instance

    def __repr__(self) -> str:
        return "ABSENT"

    def __bool__(self) -> Literal[False]:
        return False


ABSENT: Final = Absent()


@dataclass(frozen=True, slots=True)
class File:
    """
    A body that lives in a file: an upload, or a response above `MEMORY_LIMIT`.

    Attributes:
        path: Where it is, absolute.
        name: The file name to tell a receiver.
        sha256: Hex digest of the content; the key under which it is read.
        bytes: Size.
        media_type: As declared by its sender, with parameters; "" when unknown.
    """

    path: str
    name: str
    sha256: str
    bytes: int
    media_type: str = ""


@dataclass(frozen=True, slots=True)
class Records:
    """
    A sequence of JSON values, one a line (JSONL), read lazily: the same type at every size.

    Exactly one of `text` (short, in memory) and `file` is given.
    """

    text: str | None = None
    file: File | None = None


#: Of a text that values are put into: a JSON text, form fields, or any other.
Syntax: TypeAlias = Literal["", "json", "form"]


@dataclass(frozen=True, slots=True)
class Secret:
    """
    Stands for a value that must not be seen; only a driver reveals it, when it sends.

    `inside`: it stands in text of this syntax, where its value is escaped.
    """

    ref: str
    inside: Syntax = ""


@dataclass(frozen=True, slots=True)
class Template:
    """Text with secrets in it, ``Bearer {$inputs.apiKey}``: stays parts until it is sent."""

    parts: tuple[str | Secret, ...]


Value: TypeAlias = Union[
    None,
    bool,
    int,
    float,
    str,
    Sequence["Value"],
    Mapping[str, "Value"],
    File,
    Records,
    Secret,
    Template,
]


class Bodies(Protocol):
    """
    The read-only port through which pure code reads what is kept in files.

    Every method raises `arazzo_runner.errors.ArazzoError` if the file is gone or changed.
    """

    def text(self, file: File) -> str:
        """The whole content as text."""

    def lines(self, file: File) -> Iterator[str]:
        """The content line by line, without line ends, never whole in memory."""

    def data(self, file: File) -> JSON | Absent:
        """The content parsed as JSON (kept for the next call), or ABSENT if it is not JSON."""


class NoBodies:
    """A `Bodies` for runs that have no files."""

    def text(self, file: File) -> str:
        raise LookupError(f"no body is known for {file.name}")

    def lines(self, file: File) -> Iterator[str]:
        raise LookupError(f"no body is known for {file.name}")

    def data(self, file: File) -> JSON | Absent:
        raise LookupError(f"no body is known for {file.name}")


NO_BODIES: Final[Bodies] = NoBodies()


def record_lines(records: Records, bodies: Bodies) -> Iterator[str]:
    """The lines of *records* that hold something, in order, unparsed."""
    lines = (
        bodies.lines(records.file)
        if records.file is not None
        # Not splitlines(): a JSON text may hold U+2028, U+0085 and their like.
        else iter((records.text or "").split("\n"))
    )
    return (line for line in lines if line and not line.isspace())


def record_values(records: Records, bodies: Bodies) -> Iterator[JSON]:
    """The records as values; a line that is not JSON is given as its text."""
    for line in record_lines(records, bodies):
        try:
            yield cast(JSON, json.loads(line))
        except ValueError:
            yield line


# --- messages ---------------------------------------------------------------------------

Headers: TypeAlias = tuple[tuple[str, str], ...]

#: A piece of a request body. Bytes go as they are, a `File` is streamed from disk, and
#: `Records` are streamed as the members of a JSON array: texts joined by commas.
Segment: TypeAlias = Union[bytes, File, Records]


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request, whole: final URL (RFC 3986, encoded), fields, body in pieces."""

    method: str
    url: str
    headers: Headers = ()
    body: tuple[Segment, ...] = ()


@dataclass(frozen=True, slots=True)
class Response:
    """
    An HTTP response with its body decoded by its media type (checklist A-30).

    Attributes:
        status: The status code.
        headers: Fields in order of arrival, names in lower case.
        body: The decoded body; ABSENT when it is empty.
        media_type: Essence of ``Content-Type`` in lower case; "" when missing.
        problem: Why the body could not be read as its media type says, or None.
    """

    status: int
    headers: Headers = ()
    body: Value | Absent = ABSENT
    media_type: str = ""
    problem: str | None = None

    def header(self, name: str) -> str | None:
        """
        The value of the field *name* (case ignored), several joined by ``", "``
        (RFC 9110, 5.3), except that the first ``Set-Cookie`` stands for all.
        """
        wanted = name.lower()
        found = [value for key, value in self.headers if key == wanted]
        if not found:
            return None
        return found[0] if wanted == "set-cookie" else ", ".join(found)


@dataclass(frozen=True, slots=True)
class Argument:
    """A parameter of a call: its name, location (``path``, ``query``, …) and value."""

    name: str
    location: str
    value: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """
    What a step wants sent: an operation with argument values, not bytes.

    Attributes:
        source: Name of the source description.
        operation: JSON Pointer of the operation in it, ``/paths/~1pets/get``.
        arguments: The parameters in the order they are given.
        content_type: Media type of the body with parameters, "" for none.
        body: The payload, or ABSENT.
    """

    source: str
    operation: str
    arguments: tuple[Argument, ...] = ()
    content_type: str = ""
    body: Value | Absent = ABSENT


# --- values as JSON ---------------------------------------------------------------------

_TAG = "$arazzo"


def to_json(value: Value | Absent) -> JSON:
    """
    *value* as plain JSON. Special values become objects with the member ``$arazzo``; an
    object of the user's own that has this member is wrapped, so that nothing is ambiguous.
    """
    match value:
        case None | bool() | int() | float() | str():
            return value
        case Secret(ref, inside):
            return {
                _TAG: "secret",
                "ref": ref,
                **({"inside": inside} if inside else {}),
            }
        case Template(parts):
            return {_TAG: "template", "parts": [to_json(part) for part in parts]}
        case File():
            return {
                _TAG: "file",
                "path": value.path,
                "name": value.name,
                "sha256": value.sha256,
                "bytes": value.bytes,
                "mediaType": value.media_type,
            }
        case Records(text, file):
            held = to_json(file) if file is not None else text
            return {_TAG: "records", "in": held}
        case Absent():
            return {_TAG: "absent"}
        # Loops, not comprehensions: those take two frames a level, and a body may be 512
        # levels deep.
        case Mapping():
            members = {}
            for key, each in value.items():
                members[key] = to_json(each)
            return {_TAG: "object", "members": members} if _TAG in members else members
        case _:
            items = []
            for each in value:
                items.append(to_json(each))
            return items


def from_json(data: Any) -> Any:
    """
    The value that `to_json` wrote.

    Raises:
        ValueError: an object with the member ``$arazzo`` that `to_json` does not write.
    """
    if isinstance(data, list):
        items = []
        for each in data:
            items.append(from_json(each))
        return items
    if not isinstance(data, dict):
        return data
    match data.get(_TAG):
        case None if _TAG not in data:
            members = {}
            for key, each in data.items():
                members[key] = from_json(each)
            return members
        case "object":
            return {key: from_json(each) for key, each in data["members"].items()}
        case "secret":
            return Secret(data["ref"], data.get("inside", ""))
        case "template":
            return Template(tuple(from_json(part) for part in data["parts"]))
        case "file":
            return File(
                data["path"],
                data["name"],
                data["sha256"],
                data["bytes"],
                data["mediaType"],
            )
        case "records":
            held = from_json(data["in"])
            return Records(file=held) if isinstance(held, File) else Records(text=held)
        case "absent":
            return ABSENT
        case other:
            raise ValueError(f"unknown tagged value {other!r}")
