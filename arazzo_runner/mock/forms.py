"""The bodies of forms, read: ``application/x-www-form-urlencoded`` and multipart."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Final, cast
from urllib.parse import parse_qsl

from ..messages import File, Records, Value
from ..openapi.media_types import essence, kind
from ..openapi.responses import InvalidJSON, parse_json

_NAME: Final = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_KEY: Final = re.compile(r"\[([^\[\]]*)\]")
_DEEPEST: Final = 20
_MOST_FIELDS: Final = 10_000


def read_form(data: bytes) -> dict[str, Value]:
    """
    The fields of a form. Brackets nest (``card[number]=4``, ``tags[]=a``, ``tags[0]=a``), and
    a name that comes again makes a list.
    """
    text = data.decode("utf-8", "replace")
    return nested(parse_qsl(text, keep_blank_values=True))


def read_multipart(content_type: str, data: bytes) -> dict[str, Value] | None:
    """
    The parts by name (RFC 7578), a file as `File`, one with JSON lines as `Records`; None if
    there are none.
    """
    head = f"Content-Type: {content_type}\r\n\r\n".encode("utf-8", "replace")
    message = BytesParser(EmailMessage, policy=policy.HTTP).parsebytes(head + data)
    if not message.is_multipart():
        return None
    pairs: list[tuple[str, Value]] = []
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        if isinstance(name, str) and name:
            pairs.append((name, _part(cast(EmailMessage, part))))
    return nested(pairs) or None


def _part(part: EmailMessage) -> Value:
    content = part.get_payload(decode=True)
    data = content if isinstance(content, bytes) else b""
    file_name = part.get_filename()
    media_type = str(part.get("content-type", ""))
    if file_name is not None:
        if kind(media_type) == "records" or file_name.endswith((".jsonl", ".ndjson")):
            return Records(text=data.decode("utf-8", "replace"))
        digest = hashlib.sha256(data).hexdigest()
        return File("", file_name, digest, len(data), media_type)
    text = data.decode("utf-8", "replace")
    if kind(essence(media_type)) == "json":
        try:
            return parse_json(text)
        except InvalidJSON:
            return text
    return text


def nested(pairs: Iterable[tuple[str, Value]]) -> dict[str, Value]:
    """*pairs* as an object, names with brackets taken apart."""
    found: dict[str, Value] = {}
    for number, (name, value) in enumerate(pairs):
        if number >= _MOST_FIELDS:
            break
        read = _NAME.fullmatch(name)
        keys = [read[1], *_KEY.findall(read[2])] if read else [name]
        if len(keys) > _DEEPEST:
            keys = [name]
        _put(found, keys, value)
    return {name: _lists(each) for name, each in found.items()}


def _put(below: dict[str, Value], keys: list[str], value: Value) -> None:
    for key in keys[:-1]:
        inner = below.setdefault(key or str(len(below)), {})
        if not isinstance(inner, dict):  # ``a=1&a[b]=2``: what came first stays
            return
        below = inner
    last = keys[-1] or str(len(below))
    before = below.get(last)
    if last not in below:
        below[last] = value
    elif isinstance(before, list):
        before.append(value)
    elif not isinstance(before, dict):
        below[last] = [before, value]


def _lists(value: Value) -> Value:
    """Objects whose names count from 0 as lists."""
    if not isinstance(value, dict):
        return value
    inner = {name: _lists(each) for name, each in value.items()}
    if inner and list(inner) == [str(number) for number in range(len(inner))]:
        return list(inner.values())
    return inner
