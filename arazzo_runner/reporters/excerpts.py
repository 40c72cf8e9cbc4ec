"""What a message said, for people: the provider's own error text, and whole messages."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from ..events import RequestSent, ResponseReceived
from ..messages import Absent, File, Records, Secret, Template, Value
from .text import clean, cut, one_line, value_text

_LINES: Final = 5
_COLUMNS: Final = 300
_VERBOSE_LINES: Final = 400
_MESSAGES: Final = (
    *("message", "detail", "error_description", "description", "title", "reason"),
    *("msg", "error_message", "errorMessage", "errorSummary", "error"),
)
_KINDS: Final = ("type", "code", "error", "status")
_SCAN: Final = 64 * 1024
_TITLE = re.compile(r"<(title|h1)[^<>]*>([^<]{1,500})", re.IGNORECASE)
_TAG = re.compile(r"<(?:style|script)[^<>]*>[^<]*<|<[^<>]*>", re.IGNORECASE)


def excerpt(body: Value | Absent, media_type: str = "") -> tuple[str, ...]:
    """
    What the body of an unwanted response says, in at most five lines: the message of an
    error object (RFC 9457 and the shapes that providers use), the title of a page, or the
    beginning.
    """
    match body:
        case Absent() | None | "":
            return ()
        case str():
            return _of_text(body, media_type)
        case File() | Records(file=File()):
            return (value_text(body),)
        case Records(text):
            return _first_lines((text or "").splitlines())
        case Mapping():
            said = _message(body)
            return _first_lines(said.splitlines() if said else [_compact(body)])
        case _:
            return _first_lines([_compact(body)])


def _of_text(text: str, media_type: str) -> tuple[str, ...]:
    text = text[:_SCAN]
    if "html" in media_type or text.lstrip()[:15].lower().startswith(
        ("<!doctype", "<html")
    ):
        titles = dict.fromkeys(
            one_line(html.unescape(found[2])) for found in _TITLE.finditer(text)
        )
        said = [each for each in titles if each]
        return _first_lines(
            ["an HTML page: " + "; ".join(said[:2])]
            if said
            else ["an HTML page: " + one_line(html.unescape(_TAG.sub(" ", text)))]
        )
    return _first_lines(text.splitlines())


def _message(body: Mapping[str, Value]) -> str:
    """The text of an error object, with its type in parentheses; "" if there is none."""
    inner = body.get("error")
    if isinstance(inner, Mapping):
        found = _message(inner)
        if found:
            return found
    several = body.get("errors")
    if isinstance(several, Sequence) and not isinstance(several, str):
        texts = [
            each if isinstance(each, str) else _message(each)
            for each in several[:3]
            if isinstance(each, str | Mapping)
        ]
        if any(texts):
            return "\n".join(each for each in texts if each)
    said = next(
        (
            text
            for name in _MESSAGES
            if isinstance(text := body.get(name), str) and text.strip()
        ),
        "",
    )
    kind = next(
        (
            str(text)
            for name in _KINDS
            if isinstance(text := body.get(name), str | int)
            and not isinstance(text, bool)
            and text != said
        ),
        "",
    )
    return f"{said} ({kind})" if said and kind else said


def _first_lines(lines: Iterable[str]) -> tuple[str, ...]:
    cleaned = [cut(one_line(each), _COLUMNS) for each in lines if each.strip()]
    if len(cleaned) > _LINES:
        return (*cleaned[: _LINES - 1], "…")
    return tuple(cleaned)


def _compact(value: Value) -> str:
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    except TypeError:  # a file somewhere inside
        return value_text(value)


# --- whole messages, as curl -v shows them ------------------------------------------------


def request_lines(event: RequestSent) -> Iterator[str]:
    """A request with ``>`` before each line."""
    yield f"> {event.method} {one_line(event.url)}"
    for name, text in event.headers:
        yield f"> {one_line(name)}: {one_line(text)}"
    if event.body:
        yield ">"
        yield from _marked(">", _readable(event.body))


def response_lines(event: ResponseReceived) -> Iterator[str]:
    """A response with ``<`` before each line."""
    if event.status is None:
        yield f"< no response: {one_line(event.failure or '')}"
        return
    for url in event.redirects:
        yield f"> redirected to {one_line(url)}"
    yield f"< {event.status}"
    for name, text in event.headers:
        yield f"< {one_line(name)}: {one_line(text)}"
    body = event.body
    if not isinstance(body, Absent):
        yield "<"
        yield from _marked("<", _body_text(body))
    if event.failure:
        yield f"< broken off: {one_line(event.failure)}"


def _body_text(body: Value) -> str:
    match body:
        case str():
            return body
        case File() | Records(file=File()) | Secret() | Template():
            return value_text(body)
        case Records(text):
            return text or ""
        case _:
            try:
                return json.dumps(body, ensure_ascii=False, indent=2)
            except TypeError:
                return value_text(body)


def _readable(body: str) -> str:
    """A JSON body with indentation, so that a long line can be read."""
    if body[:1] in "{[" and len(body) > 80:
        try:
            return json.dumps(json.loads(body), ensure_ascii=False, indent=2)
        except ValueError:
            return body
    return body


def _marked(mark: str, text: str) -> Iterator[str]:
    lines = clean(text).split("\n")
    for line in lines[:_VERBOSE_LINES]:
        yield f"{mark} {cut(line, 2000)}".rstrip()
    if len(lines) > _VERBOSE_LINES:
        yield f"{mark} … {len(lines) - _VERBOSE_LINES:,} lines more"
