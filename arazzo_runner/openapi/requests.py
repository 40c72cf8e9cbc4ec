"""
An operation and argument values as a finished request.

What comes from a document or a response must not change where the request goes or how
its message is framed: a path value stays in its segment, a header in its line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final, NamedTuple
from urllib.parse import unquote, urlsplit

from ..errors import PolicyError
from ..messages import (
    Absent,
    Bodies,
    Call,
    File,
    Headers,
    Request,
    Value,
)
from .bodies import Segments, choose_content_type, encode
from .media_types import essence
from .operations import Operation
from .parameters import serialise
from .paths import Piece
from .values import RequestError, plain

__all__ = ["RequestError", "build_request"]

# Fields of the message's frame and of the connection (RFC 9110, 7.6.1; RFC 9112).
_FRAME: Final = frozenset(
    (
        *("host", "transfer-encoding", "connection", "keep-alive", "proxy-connection"),
        *("te", "trailer", "upgrade", "proxy-authorization", "proxy-authenticate"),
    )
)
_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+").fullmatch
_UNSAFE: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]").search
_CONTROL: Final = re.compile(r"%(?:[01][0-9A-F]|7F)").search


class _Base(NamedTuple):
    origin: str
    path: str
    query: str


def build_request(
    operation: Operation,
    call: Call,
    *,
    server: str,
    bodies: Bodies,
    headers: Headers = (),
) -> Request:
    """
    The request that *call* asks for, whole, except for ``User-Agent`` and the fields
    that frame the message, which belong to the transport.

    *server* is absolute (see `servers.server_url`). *headers* are the user's own and
    replace fields of the same name. Values hold no secrets any more.

    Raises:
        RequestError: AZ604, a path variable has no value; or a value cannot be written.
        PolicyError: a value would leave its place: dot segments, control characters,
            line breaks, fields that frame the message, credentials in the URL.
    """
    given = _sort(operation, call, bodies)
    fields = given.fields
    url = _url(operation, _base(server), given)
    body = _body(operation, call, fields, bodies)
    if given.cookies:
        _add_cookies(fields, given.cookies)
    if "accept" not in fields:
        fields["accept"] = ("Accept", operation.accept)
    for name, value in headers:
        _set(fields, name, value, by_user=True)
    return Request(operation.method, url, tuple(fields.values()), body)


class _Given(NamedTuple):
    """The arguments by place; all but those of the path are text already."""

    path: dict[str, Value]
    query: dict[str, str]
    whole: list[str]  # of the query
    cookies: list[str]
    fields: dict[str, tuple[str, str]]


def _sort(operation: Operation, call: Call, bodies: Bodies) -> _Given:
    given = _Given({}, {}, [], [], {})
    for argument in call.arguments:
        name, location, value = argument.name, argument.location, argument.value
        if not isinstance(value, str):
            value = _plain(value, bodies)
        if location == "path":
            given.path[name] = value
            continue
        declared = operation.parameter(name, location)
        text = serialise(declared, name, location, value)
        if location == "header" and text is not None:
            _set(given.fields, name, text)
        elif location == "cookie" and text:
            given.cookies.append(text)
        elif text and location == "querystring":
            given.whole.append(text)
        elif text and location != "header":
            given.query[name] = text
    return given


def _plain(given: Value, bodies: Bodies) -> Value:
    """*given* without files. The line end that ends a file is not part of a value."""
    value = plain(given, bodies)
    if isinstance(given, File) and isinstance(value, str):
        return value.removesuffix("\n").removesuffix("\r")
    return value


# --- the URL ----------------------------------------------------------------------------


@lru_cache(maxsize=64)
def _base(server: str) -> _Base:
    try:
        parts = urlsplit(server)
    except ValueError:
        raise PolicyError(f"the server {server!r} is not a URL") from None
    if parts.scheme.lower() not in ("http", "https") or not parts.netloc:
        raise PolicyError(f"the server {server!r} is not an http(s) URL")
    if "@" in parts.netloc:
        host = parts.netloc.rpartition("@")[2]
        raise PolicyError(
            f"the server URL of {host!r} holds a user name or password",
            hint="send credentials in a header",
        )
    if _dotted(parts.path) or _UNSAFE(server) or any(char.isspace() for char in server):
        raise PolicyError(f"the server {server!r} is not a plain URL")
    origin = f"{parts.scheme.lower()}://{parts.netloc}"
    return _Base(origin, parts.path.rstrip("/"), parts.query)


def _dotted(path: str) -> bool:
    """Whether *path* has a segment that clients resolve: ``..``, ``.``, ``%2e%2e``."""
    return any(unquote(each) in (".", "..") for each in path.split("/"))


def _url(operation: Operation, base: _Base, given: _Given) -> str:
    template = operation.template
    filled = _fill(operation, template.path, given.path)
    if not filled.startswith("/"):
        filled = f"/{filled}"
    if ("." in filled or "%2" in filled) and _dotted(filled):
        raise PolicyError(f"the path {filled!r} would leave the server's base path")
    parts = [base.query] if base.query else []
    for name, pieces in template.query:
        if name not in given.query:
            parts.append(_fill(operation, pieces, given.path))
    parts += [*given.query.values(), *given.whole]
    url = f"{base.origin}{base.path}{filled}"
    return f"{url}?{'&'.join(parts)}" if parts else url


def _fill(
    operation: Operation, pieces: Iterable[Piece], values: Mapping[str, Value]
) -> str:
    return "".join(
        _variable(operation, text, values.get(text)) if variable else text
        for text, variable in pieces
    )


def _variable(operation: Operation, name: str, value: Value) -> str:
    declared = operation.parameter(name, "path")
    text = serialise(declared, name, "path", value)
    if text is None:
        raise RequestError(
            f"the path parameter {name!r} of {operation.method} {operation.path}"
            " has no value",
            code="AZ604",
        )
    if not text:
        raise PolicyError(
            f"the path parameter {name!r} is empty, which would ask for another path"
        )
    if text in (".", ".."):
        raise PolicyError(f"the path parameter {name!r} is {text!r}, a dot segment")
    if "%" in text and _CONTROL(text):
        raise PolicyError(f"the path parameter {name!r} holds a control character")
    return text


# --- fields -----------------------------------------------------------------------------


def _set(
    fields: dict[str, tuple[str, str]], name: str, value: str, by_user: bool = False
) -> None:
    lower = name.lower()
    if lower == "content-length":
        return  # the body's real length is sent, and nothing else can be
    if not _TOKEN(name):
        raise PolicyError(f"{name!r} cannot be the name of a header")
    if lower in _FRAME and not (by_user and lower == "host"):
        raise PolicyError(
            f"the header {name!r} belongs to the connection and cannot be set"
        )
    if _UNSAFE(value):
        raise PolicyError(
            f"the header {name!r} holds a line break or another control character",
            hint="a value read from a file may end with a line break",
        )
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise RequestError(f"the header {name!r} is not text") from None
    fields[lower] = (name, value.strip(" \t"))


def _add_cookies(fields: dict[str, tuple[str, str]], cookies: list[str]) -> None:
    name, written = fields.get("cookie", ("Cookie", ""))
    pairs = [written, *cookies] if written else cookies
    _set(fields, name, "; ".join(pairs))


def _body(
    operation: Operation,
    call: Call,
    fields: dict[str, tuple[str, str]],
    bodies: Bodies,
) -> Segments:
    """The body; its type is set unless the author's own header says the same."""
    payload = call.body
    if isinstance(payload, Absent):
        return ()
    written = fields.get("content-type", ("", ""))[1]
    asked = call.content_type or written or choose_content_type(operation, payload)
    media_type, segments = encode(payload, asked, operation, bodies)
    # Only we know the boundary.
    if not written or essence(media_type).startswith("multipart/"):
        _set(fields, "Content-Type", media_type)
    return segments
