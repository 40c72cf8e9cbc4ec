"""Reading multipart/form-data: what an upload really sent."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.message import Message
from email.parser import HeaderParser


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a multipart body; `filename` is None when the part is a plain field."""

    name: str
    filename: str | None
    media_type: str
    content: bytes


def parse_multipart(content_type: str, body: bytes) -> list[Part]:
    """
    The parts of a ``multipart/form-data`` body (RFC 2046, 5.1.1; RFC 7578), binary safe.

    Raises:
        ValueError: the message is not such a body; the text says why.
    """
    kind = Message()
    kind["content-type"] = content_type or "application/octet-stream"
    if kind.get_content_type() != "multipart/form-data":
        raise ValueError(
            f"the request is not multipart/form-data but {content_type or 'untyped'}"
        )
    boundary = kind.get_boundary()
    if not boundary:
        raise ValueError("the content type names no boundary")
    mark = re.escape(boundary.encode("latin-1"))
    line = re.compile(rb"\r\n--" + mark + rb"(?:(--)[ \t]*(?:\r\n|\Z)|[ \t]*(?=\r\n))")
    parts: list[Part] = []
    start: int | None = None
    text = b"\r\n" + body
    for found in line.finditer(text):
        if start is not None:
            parts.append(_part(text[start : found.start()]))
        start = found.end()
        if found[1]:
            return parts
    raise ValueError(f"the closing boundary --{boundary}-- is missing")


def _part(piece: bytes) -> Part:
    head, blank, content = piece.partition(b"\r\n\r\n")
    if not blank:
        raise ValueError("a part has no empty line after its header")
    fields = HeaderParser().parsestr(head.removeprefix(b"\r\n").decode())
    if fields.get_content_disposition() != "form-data":
        raise ValueError("a part has no Content-Disposition: form-data")
    name = fields.get_param("name", header="content-disposition")
    if not isinstance(name, str):
        raise ValueError("a part has no name")  # noqa: TRY004 - the text is wrong
    return Part(name, fields.get_filename(), fields.get_content_type(), content)
