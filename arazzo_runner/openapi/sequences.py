"""Sequences of values in one body: server-sent events and JSON text sequences."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from ..messages import JSON

EVENT_STREAM: Final = "text/event-stream"
JSON_SEQUENCE: Final = "application/json-seq"
_RECORD: Final = "\x1e"  # RFC 7464, 2.2
_LINE_END: Final = re.compile("\r\n|\n|\r")


def read_events(text: str) -> Iterator[dict[str, JSON]]:
    """
    The events of a stream: ``data``, and ``event``, ``id`` and ``retry`` (milliseconds)
    where they are given. What the stream ends in the middle of is no event.

    https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
    """
    event: dict[str, JSON] = {}
    data: list[str] = []
    lines = _LINE_END.split(text.removeprefix("\ufeff"))
    for line in lines[:-1]:
        if not line:
            if data:
                yield {**event, "data": "\n".join(data)}
            event, data = {}, []
            continue
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "data":
            data.append(value)
        elif field == "event" or (field == "id" and "\0" not in value):
            event[field] = value
        elif field == "retry" and value.isascii() and value.isdigit():
            event["retry"] = int(value[:15])


def read_sequence(text: str) -> Iterator[str]:
    """The texts of a JSON text sequence; each begins with a record separator."""
    for each in text.split(_RECORD):
        if each.strip():
            yield each.strip()


def written_sequence(texts: Iterator[bytes]) -> bytes:
    """A JSON text sequence of JSON *texts*."""
    return b"".join(_RECORD.encode() + each + b"\n" for each in texts)
