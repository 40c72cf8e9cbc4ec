"""A payload as the pieces of a request body, by media type."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from ..messages import (
    Absent,
    Bodies,
    File,
    Records,
    Secret,
    Segment,
    Template,
    Value,
    record_lines,
)
from .forms import encode_form
from .media_types import FORM, essence, is_xml, kind, parameter
from .multipart import BINARY, encode_multipart, is_file_object
from .operations import MediaType, Operation
from .responses import InvalidJSON, parse_json
from .sequences import JSON_SEQUENCE, written_sequence
from .tables import DELIMITERS, encode_table
from .values import (
    RequestError,
    UnsendableError,
    is_list,
    json_text,
    plain,
    text_of,
    utf8,
)
from .xml import encode_xml

Segments: TypeAlias = tuple[Segment, ...]

_JSON: Final = "application/json"


def encode(
    payload: Value, content_type: str, operation: Operation | None, bodies: Bodies
) -> tuple[str, Segments]:
    """
    The value of ``Content-Type`` and the body, in pieces.

    *content_type* is what the author wrote, kept with its parameters; "" and ranges
    (``*/*``) are chosen by `choose_content_type`. *operation* tells what a multipart or
    form property is.

    Raises:
        RequestError: the payload cannot be written as this type.
        UnsendableError: a secret is still in it.
    """
    name = essence(content_type)
    if not name:
        content_type = choose_content_type(operation, payload)
    elif "*" in name:
        content_type = _concrete(content_type, payload)
    name = essence(content_type)
    body = operation.request_body if operation is not None else None
    media = body.media_type(content_type) if body is not None else None
    if name == FORM:
        return content_type, (encode_form(payload, media, bodies),)
    if name.startswith("multipart/"):
        document = operation.document if operation is not None else None
        return encode_multipart(payload, content_type, media, document, bodies)
    match kind(content_type):
        case "json":
            return content_type, encode_json(payload, bodies)
        case "records":
            return content_type, _encode_records(payload, bodies)
        case _:
            content = _content(payload)
            if isinstance(content, Mapping) or is_list(content):
                content = _structured(content, content_type, operation, media, bodies)
            return content_type, _encode_raw(content, content_type)


def content_length(segments: Segments) -> int | None:
    """Bytes of a body, or None where only sending it will tell."""
    total = 0
    for segment in segments:
        if isinstance(segment, Records):
            return None
        total += segment.bytes if isinstance(segment, File) else len(segment)
    return total


def _content(payload: Value) -> Value:
    """The content of ``{filename, contentType, content}``, where it is the whole body."""
    return payload["content"] if is_file_object(payload) else payload


# --- which type (checklist A-59) --------------------------------------------------------


def choose_content_type(operation: Operation | None, payload: Value | Absent) -> str:
    """
    The media type of a body whose author names none: what the operation accepts,
    JSON, form and multipart first; ranges and nothing are decided by the payload.
    """
    body = operation.request_body if operation is not None else None
    names = tuple(body.content) if body is not None else ()
    offered = [name for name in names if "*" not in essence(name)]
    for wanted in (_JSON, FORM, "multipart/form-data"):
        for name in offered:
            if essence(name) == wanted:
                return name
    if offered:
        return offered[0]
    return _concrete(names[0], payload) if names else _inferred(payload)


def _concrete(range_: str, payload: Value | Absent) -> str:
    """A type within a range: ``application/*+json``, ``image/*``, ``*/*``."""
    name = essence(range_)
    if name.endswith("+json"):
        return _JSON
    if name in ("*/*", "application/*"):
        return _inferred(payload)
    if isinstance(payload, File):
        return payload.media_type or BINARY
    return "text/plain" if name.startswith("text/") else BINARY


def _inferred(payload: Value | Absent) -> str:
    match payload:
        case str():
            return "text/plain"
        case File():
            return payload.media_type or BINARY
        case Records():
            return "application/jsonl"
        case _:
            return _JSON


# --- JSON -------------------------------------------------------------------------------


class _HasRecords(Exception):
    pass


def encode_json(payload: Value, bodies: Bodies) -> Segments:
    """
    *payload* as JSON. Files in it become strings, records arrays that are streamed; a
    payload that is a file is the JSON itself.

    Text that is JSON is sent as it is, other text as a JSON string (checklist A-60).

    Raises:
        RequestError: NaN or infinity, nested too deeply, or text that looks like JSON
            and is not.
        UnsendableError: a secret is in it.
    """
    if isinstance(payload, File):
        return (payload,)
    if isinstance(payload, str):
        return (_json_or_text(payload),)
    try:
        return (_dumped(payload, bodies),)
    except _HasRecords:
        return _pieces(payload, bodies)


def _json_or_text(text: str) -> bytes:
    try:
        parse_json(text)
    except InvalidJSON as error:
        if text.lstrip()[:1] in ("{", "["):
            raise RequestError(f"the payload is no JSON document: {error}") from None
        text = json_text(text)
    return _utf8(text)


def _utf8(text: str) -> bytes:
    # Half a surrogate pair, which only an escape can write in JSON; all else encodes.
    return text.encode(errors="backslashreplace")


def _dumped(value: Value, bodies: Bodies) -> bytes:
    return _utf8(json_text(value, special=_special(bodies)))


def _special(bodies: Bodies) -> Callable[[object], str]:
    def special(value: object) -> str:
        if isinstance(value, File):
            return bodies.text(value)
        if isinstance(value, Records):
            raise _HasRecords
        raise UnsendableError(
            f"a {type(value).__name__} cannot be sent before it is revealed"
        )

    return special


def _pieces(payload: Value, bodies: Bodies) -> Segments:
    """JSON with records in it: text around streamed arrays."""
    segments: list[Segment] = []
    text: list[bytes] = []

    def write(value: Value) -> None:
        if isinstance(value, Records):
            if value.file is None:
                text.append(b"[" + b",".join(_record_texts(value, bodies)) + b"]")
                return
            segments.extend((b"".join((*text, b"[")), value))
            text[:] = [b"]"]
        elif isinstance(value, Mapping):
            for index, (key, each) in enumerate(value.items()):
                text.append(b",%b:" % _dumped(key, bodies))
                if not index:
                    text[-1] = b"{" + text[-1][1:]
                write(each)
            text.append(b"}" if value else b"{}")
        elif is_list(value):
            for index, each in enumerate(value):
                text.append(b"," if index else b"[")
                write(each)
            text.append(b"]" if value else b"[]")
        else:
            text.append(_dumped(value, bodies))

    try:
        write(payload)
    except RecursionError:
        raise RequestError("the payload is nested too deeply to be sent") from None
    return (*segments, b"".join(text))


def _record_texts(records: Records, bodies: Bodies) -> list[bytes]:
    found = []
    for line in record_lines(records, bodies):
        try:
            parse_json(line)
            found.append(_utf8(line.strip()))
        except InvalidJSON:  # as `record_values` reads it
            found.append(_utf8(json_text(line)))
    return found


# --- other types ------------------------------------------------------------------------


def _encode_records(payload: Value, bodies: Bodies) -> Segments:
    if isinstance(payload, (File, Records, str)):
        return _encode_raw(payload, "")
    items = payload if is_list(payload) else (payload,)
    return (b"".join(_dumped_line(each, bodies) for each in items),)


def _dumped_line(value: Value, bodies: Bodies) -> bytes:
    if isinstance(value, Records):
        return b"[" + b",".join(_record_texts(value, bodies)) + b"]\n"
    return _dumped(value, bodies) + b"\n"


def _encode_raw(payload: Value, content_type: str) -> Segments:
    """Text, CSV, XML, bytes: as they are."""
    match payload:
        case None:
            return ()
        case str() | bool() | int() | float():
            charset = parameter(content_type, "charset") or "utf-8"
            try:
                return (text_of(payload).encode(charset),)
            except (LookupError, ValueError):
                raise RequestError(f"the payload is no {charset} text") from None
        case File():
            return (payload,)
        case Records(file=File() as file):
            return (file,)
        case Records(text=text):
            return (utf8(text or ""),)
        case Secret() | Template():
            raise UnsendableError("a secret cannot be sent before it is revealed")
        case _:
            raise RequestError(f"an object or array is no {essence(content_type)}")


def can_write(content_type: str) -> bool:
    """Whether an object or array can be written as a text or binary type."""
    name = essence(content_type)
    sequence = name == JSON_SEQUENCE
    return is_xml(content_type) or name in DELIMITERS or sequence or "yaml" in name


def _structured(
    value: Value,
    content_type: str,
    operation: Operation | None,
    media: MediaType | None,
    bodies: Bodies,
) -> Value:
    """An object or array as the text of a type that is not JSON."""
    name = essence(content_type)
    if not can_write(content_type):
        raise RequestError(
            f"an object or array cannot be sent as {name}",
            hint="write the payload as text, or use a JSON media type",
        )
    if name == JSON_SEQUENCE:
        items = value if is_list(value) else [value]
        return written_sequence(_dumped(each, bodies) for each in items).decode()
    found = plain(value, bodies)
    if name in DELIMITERS:
        return encode_table(found, content_type)
    if is_xml(content_type):
        schema = media.schema if media is not None else None
        document = operation.document if operation is not None else None
        return encode_xml(found, schema, document)
    return json_text(found)  # JSON is YAML 1.2
