"""Requests with credentials in them; pure."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Final
from urllib.parse import parse_qsl, quote, urlsplit

from ..errors import PolicyError
from ..messages import Request

_LINE: Final = frozenset("\r\n\0")


def carries(request: Request, place: tuple[str, str]) -> bool:
    """Whether *request* has something at *place* already: its author's own credential."""
    where, name = place
    if where == "header":
        return any(each.lower() == name.lower() for each, _ in request.headers)
    if where == "query":
        query = urlsplit(request.url).query
        return any(key == name for key, _ in parse_qsl(query, keep_blank_values=True))
    if where == "cookie":
        cookies = [text for each, text in request.headers if each.lower() == "cookie"]
        pairs = [pair for text in cookies for pair in text.split(";")]
        return any(pair.partition("=")[0].strip() == name for pair in pairs)
    return False


def carrying(request: Request, place: tuple[str, str], value: str) -> Request:
    """
    *request* with *value* at *place*, in place of what is there.

    Raises:
        PolicyError: *value* would end its line.
    """
    where, name = place
    if _LINE & set(value):
        raise PolicyError(
            f"the credential for {name!r} holds a line break",
            hint="a value read from a file may end with a line break",
        )
    try:
        value.encode()
    except UnicodeEncodeError:  # of an authorization server: JSON can write half a pair
        raise PolicyError(f"the credential for {name!r} is not text") from None
    if where == "query":
        pair = f"{quote(name, safe='')}={quote(value, safe='')}"
        sign = "&" if urlsplit(request.url).query else "?"
        return replace(request, url=f"{request.url.rstrip('?')}{sign}{pair}")
    if where == "cookie":
        return _with_cookie(request, f"{name}={value}")
    others = tuple(each for each in request.headers if each[0].lower() != name.lower())
    return replace(request, headers=(*others, (name, value)))


def _with_cookie(request: Request, pair: str) -> Request:
    written = [text for name, text in request.headers if name.lower() == "cookie"]
    others = tuple(each for each in request.headers if each[0].lower() != "cookie")
    cookie = ("Cookie", "; ".join([*written, pair]))
    return replace(request, headers=(*others, cookie))


def basic(user: str, password: str) -> str:
    """RFC 7617: the value of ``Authorization``."""
    pair = base64.b64encode(f"{user}:{password}".encode()).decode()
    return f"Basic {pair}"


def worded(word: str, value: str) -> str:
    """*value* after *word*, unless it begins with one: ``Bearer abc``."""
    return value if " " in value.strip() or not word else f"{word} {value}"
