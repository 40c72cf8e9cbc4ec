"""What a stand-in does instead of answering as usual."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from typing import TypeAlias

from .common import Answer


@dataclass(frozen=True, slots=True)
class Cut:
    """
    The connection is closed: before any byte, or (with `after`) when so many bytes of the
    real answer's body are sent. In the first case the operation is not carried out.

    `chunked` decides the framing of what breaks off: chunks without a last one, or a
    Content-Length that promises more.
    """

    after: int | None = None
    chunked: bool = False


@dataclass(frozen=True, slots=True)
class Hold:
    """As `Cut`, but nothing is closed: the rest never comes, until the server stops."""

    after: int | None = None
    chunked: bool = False


Fault: TypeAlias = Answer | Cut | Hold


def busy(retry_after: float | str | datetime | None = 1, status: int = 429) -> Answer:
    """
    A refusal for load. *retry_after* is in seconds (sent as it is), or a time (sent as a
    date; it must be in UTC), or a text.
    """
    if isinstance(retry_after, datetime):
        retry_after = format_datetime(retry_after, usegmt=True)
    given = retry_after is not None
    return Answer(status, (("retry-after", str(retry_after)),) if given else ())


def html(status: int = 200) -> Answer:
    """The page of a proxy in front of the provider."""
    page = b"<!doctype html><title>One moment</title><p>We will be right back.</p>"
    return Answer(status, body=page, media_type="text/html; charset=utf-8")


def not_json(status: int = 200) -> Answer:
    """A body that claims to be JSON and is not."""
    return Answer(status, body=b'{"id": "msgbatch_01", "processing_status": ')
