"""
``multipart/form-data`` bodies (checklist A-61, RFC 7578).

https://spec.openapis.org/oas/v3.1.1.html#encoding-multipart-media-types
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeGuard

from ..messages import Bodies, File, Records, Segment, Value
from .document import Document, is_array, is_object
from .media_types import essence, kind, parameter
from .operations import MediaType
from .parameters import bracketed
from .responses import InvalidJSON, parse_json
from .schemas import is_binary, property_schema
from .values import RequestError, is_list, json_text, plain, text_of, utf8

BINARY: Final = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Part:
    """One part. `filename` and `content_type` are None where none is sent."""

    name: str
    content: tuple[Segment, ...]
    filename: str | None = None
    content_type: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    of_form: bool = True

    def head(self) -> bytes:
        """The lines before the content, the empty line included."""
        lines = []
        named = f'; filename="{_quoted(self.filename or "")}"'
        if self.of_form:
            lines.append(f'Content-Disposition: form-data; name="{_quoted(self.name)}"')
            lines[0] += named if self.filename is not None else ""
        elif self.filename is not None:
            lines.append(f"Content-Disposition: attachment{named}")
        if self.content_type:
            lines.append(f"Content-Type: {_line(self.content_type)}")
        lines += [f"{_line(name)}: {_line(value)}" for name, value in self.headers]
        return "\r\n".join((*lines, "", "")).encode("utf-8", "replace")


def _quoted(text: str) -> str:
    # https://html.spec.whatwg.org/multipage/form-control-infrastructure.html
    # #multipart-form-data: exactly these three are escaped.
    text = text.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
    return text.replace("\0", "%00")


def _line(text: str) -> str:
    """*text* where nothing can end the line."""
    if any(ord(char) < 32 or ord(char) == 127 for char in text):
        raise RequestError(f"{text!r} cannot be a header of a multipart part")
    return text


def is_file_object(value: Value) -> TypeGuard[Mapping[str, Value]]:
    """``{filename, contentType, content}``: how published files describe an upload."""
    if not isinstance(value, Mapping) or "content" not in value:
        return False
    return len(value) > 1 and value.keys() <= {"filename", "contentType", "content"}


def encode_multipart(
    payload: Value,
    content_type: str,
    media: MediaType | None,
    document: Document | None,
    bodies: Bodies,
) -> tuple[str, tuple[Segment, ...]]:
    """
    *payload* as parts, and the value of ``Content-Type`` with the boundary.

    The same payload gives the same bytes. Text is taken for a body that is written out
    already, if *content_type* names the boundary.

    Raises:
        RequestError: it is not an object, or a name or type cannot be sent.
    """
    given = parameter(content_type, "boundary")
    if isinstance(payload, str) and given:
        return content_type, (utf8(payload),)
    if essence(content_type) != "multipart/form-data":
        return _other(payload, content_type, media, document, bodies)
    if not isinstance(payload, Mapping):
        raise RequestError(
            f"a {essence(content_type)} body has to be an object with a member per part"
        )
    parts = [
        part
        for name, value in payload.items()
        if value is not None
        for part in _Property(name, media, document, bodies).parts(value)
    ]
    boundary = _boundary(parts)
    return f"multipart/form-data; boundary={boundary}", _joined(parts, boundary)


def _other(
    payload: Value,
    content_type: str,
    media: MediaType | None,
    document: Document | None,
    bodies: Bodies,
) -> tuple[str, tuple[Segment, ...]]:
    """
    ``multipart/mixed``, ``related`` and their like: a part for each item or member, in
    order, without names (RFC 2046, 5.1). ``encoding`` and, since 3.2, ``prefixEncoding``
    and ``itemEncoding`` give their media types.
    """
    parts: list[Part] = []
    if isinstance(payload, Mapping) and not is_file_object(payload):
        for name, value in payload.items():
            if value is not None:
                parts += _Property(name, media, document, bodies).parts(value)
    else:
        raw = media.raw if media is not None else {}
        prefix, rest = raw.get("prefixEncoding"), raw.get("itemEncoding")
        given = payload if is_list(payload) else (payload,)
        for index, value in enumerate(given):
            listed = prefix if is_array(prefix) else ()
            encoding = listed[index] if index < len(listed) else rest
            one = replace(media, encoding={"": encoding}) if media else None
            parts += _Property("", one, document, bodies).parts(value)
    parts = [
        replace(
            each,
            of_form=False,
            content_type=each.content_type or "text/plain; charset=utf-8",
        )
        for each in parts
    ]
    boundary = _boundary(parts)
    more = ""
    if essence(content_type) == "multipart/related" and parts:  # RFC 2387, 3.1
        more = f'; type="{essence(parts[0].content_type or "")}"'
    return f"{essence(content_type)}; boundary={boundary}{more}", _joined(
        parts, boundary
    )


# --- one property -----------------------------------------------------------------------


class _Property:
    """What is known about a member of the payload, and the parts it becomes."""

    def __init__(
        self,
        name: str,
        media: MediaType | None,
        document: Document | None,
        bodies: Bodies,
    ) -> None:
        self.name = name
        self.bodies = bodies
        self.array = self.binary = False
        if media is not None and document is not None:
            schema = property_schema(document, media.schema, name)
            self.binary = is_binary(document, schema)
            declared = schema.get("type") if is_object(schema) else None
            self.array = "array" in (declared if is_array(declared) else (declared,))
        encoding = media.encoding.get(name) if media is not None else None
        self.encoding: Mapping[str, object] = encoding if is_object(encoding) else {}
        types = self.encoding.get("contentType")
        listed = types.split(",") if isinstance(types, str) else []
        self.types = tuple(each.strip() for each in listed if each.strip())
        if any(kind(each) == "binary" for each in self.types):
            self.binary = True  # 3.1 declares an upload by its media type alone

    def parts(self, value: Value) -> Iterator[Part]:
        if is_file_object(value):
            yield self._described(value)
        elif isinstance(value, (File, Records)) or (
            self.binary and isinstance(value, str)
        ):
            yield self._file(value)
        elif self.binary and is_list(value):
            for each in value:
                yield from self.parts(each)
        elif self.binary and isinstance(value, Mapping):
            yield self._file(json_text(plain(value, self.bodies)))
        elif self.encoding.get("style") == "deepObject":
            where = f"the value of {self.name!r}"
            for name, text in bracketed(self.name, plain(value, self.bodies)):
                yield Part(name, (utf8(text, where),))
        elif is_list(value) and self._repeats(value):
            for each in value:
                if each is not None:
                    yield from self.parts(each)
        else:
            yield self._value(plain(value, self.bodies))

    def _repeats(self, values: Sequence[Value]) -> bool:
        """
        An array that the schema declares is a part per item, and so are files; another
        array is JSON.
        """
        if self.types and kind(self.types[0]) == "json":
            return False
        return self.array or any(isinstance(each, (File, Records)) for each in values)

    def _value(self, value: Value) -> Part:
        structured = isinstance(value, Mapping) or is_list(value)
        text = json_text(value) if structured else text_of(value)
        declared = self._declared()
        if structured and (declared is None or kind(declared) != "json"):
            declared = "application/json"
        content = utf8(text, f"the value of {self.name!r}")
        return self._part((content,), None, declared)

    def _described(self, value: Mapping[str, Value]) -> Part:
        content, name = value["content"], value.get("filename")
        media_type = value.get("contentType")
        if not isinstance(content, (str, File, Records)):
            content = json_text(plain(content, self.bodies))
        part = self._file(content)
        return self._part(
            part.content,
            name if isinstance(name, str) else part.filename,
            media_type if isinstance(media_type, str) else part.content_type,
        )

    def _file(self, value: str | File | Records) -> Part:
        content: tuple[Segment, ...]
        if isinstance(value, Records) and value.file is not None:
            named = value.file.name
            if not named.endswith((".jsonl", ".ndjson", ".json", ".txt")):
                named = f"{self.name}.jsonl"
            return self._part((value.file,), named, self._type("application/jsonl"))
        if isinstance(value, File):
            return self._part(
                (value,), value.name or self.name, value.media_type or self._type()
            )
        if isinstance(value, Records):
            text, ending, guess = value.text or "", ".jsonl", "application/jsonl"
        else:
            text = value
            ending, guess = guess_type(value)
        content = (utf8(text, f"the value of {self.name!r}"),)
        return self._part(content, f"{self.name}{ending}", self._type(guess))

    def _declared(self) -> str | None:
        """The one media type that ``encoding`` allows, if it is one."""
        only = self.types[0] if len(self.types) == 1 else None
        return None if only is None or "*" in only else only

    def _type(self, guess: str = BINARY) -> str:
        """A media type for a file: the declared one, else *guess* where it is allowed."""
        if guess in self.types:
            return guess
        return self._declared() or BINARY

    def _part(
        self, content: tuple[Segment, ...], filename: str | None, media_type: str | None
    ) -> Part:
        return Part(self.name, content, filename, media_type, tuple(self._headers()))

    def _headers(self) -> Iterator[tuple[str, str]]:
        """
        The headers of ``encoding.headers`` whose value the description itself gives.
        """
        headers = self.encoding.get("headers")
        for name, each in headers.items() if is_object(headers) else ():
            schema = each.get("schema") if is_object(each) else None
            if not is_object(schema) or name.lower().startswith("content-"):
                continue
            allowed = schema.get("enum")
            only = allowed[0] if is_array(allowed) and len(allowed) == 1 else None
            value = schema.get("const", schema.get("default", only))
            if value is not None:
                yield name, text_of(value)


def guess_type(text: str) -> tuple[str, str]:
    """
    A file ending and a media type for *text*, by what it is: lines of JSON objects or
    arrays, one JSON document, or neither.

    One object on one line is both; it counts as JSON Lines, which providers of batches
    insist on.
    """
    if text.lstrip()[:1] in ("{", "["):
        lines = [line for line in text.split("\n") if line and not line.isspace()]
        if all(_is_container(line) for line in lines[:20]):
            return ".jsonl", "application/jsonl"
        if _is_container(text):
            return ".json", "application/json"
    return ".txt", "text/plain"


def _is_container(text: str) -> bool:
    try:
        return isinstance(parse_json(text), (dict, list))
    except InvalidJSON:
        return False


# --- the body ---------------------------------------------------------------------------


def _boundary(parts: Sequence[Part]) -> str:
    """
    A boundary from what the parts are, so that a repeated call has equal bytes. That of
    a file is known by its digest: it cannot hold a text made from the digest of itself.
    """
    digest = hashlib.sha256()
    for part in parts:
        digest.update(json.dumps([part.name, part.filename]).encode())
        for segment in part.content:
            if isinstance(segment, bytes):
                digest.update(b"%d:" % len(segment) + segment)
            elif isinstance(segment, File):
                digest.update(f"{segment.bytes}:{segment.sha256}".encode())
    while True:
        boundary = f"arazzo-{digest.hexdigest()[:40]}"
        needle = boundary.encode()
        memory = (each for part in parts for each in part.content)
        if not any(needle in each for each in memory if isinstance(each, bytes)):
            return boundary
        digest.update(b"again")


def _joined(parts: Sequence[Part], boundary: str) -> tuple[Segment, ...]:
    segments: list[Segment] = []
    text = b""
    for part in parts:
        text += b"--" + boundary.encode() + b"\r\n" + part.head()
        for segment in part.content:
            if isinstance(segment, bytes):
                text += segment
            else:
                segments += (text, segment)
                text = b""
        text += b"\r\n"
    return (*segments, text + b"--" + boundary.encode() + b"--\r\n")
