"""
Which redirects are followed, and what goes along (RFC 9110, 15.4; security D1, D3).

Within an origin everything goes along. To another one goes nothing that might be meant for
the first alone: which fields hold a credential only the author knows, so those that cannot
are listed, and no body is sent there. What is not followed is an ordinary response.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final, NamedTuple, TypeAlias
from urllib.parse import urljoin, urlsplit

from ..messages import Request

#: Redirects that are followed for one request.
MOST_REDIRECTS: Final = 5

PORTS: Final = {"http": 80, "https": 443}
_SAFE: Final = ("GET", "HEAD")
#: Fields that say what is wanted, never who asks.
_HARMLESS: Final = frozenset(
    (
        *("accept", "accept-charset", "accept-encoding", "accept-language"),
        *("cache-control", "prefer", "range", "user-agent"),
    )
)
_ABOUT_BODY: Final = frozenset(
    ("content-type", "content-encoding", "content-language", "content-location")
)


#: Scheme, host and effective port.
Origin: TypeAlias = tuple[str, str | None, int | None]


class Redirect(NamedTuple):
    """
    Attributes:
        url: Where it leads, without a fragment.
        request: What is sent there; None if it is not followed.
        refused: Why it is not, in plain words.
        abroad: It leads to another origin.
    """

    url: str
    request: Request | None
    refused: str = ""
    abroad: bool = False


def read_redirect(
    request: Request, url: str, status: int, location: str
) -> Redirect | None:
    """
    What the answer *status* with *location* to *request*, which was sent to *url*, asks
    for; None if it is no redirect.

    303 is followed with GET whatever was sent. 301, 302, 307 and 308 are followed with
    GET and HEAD; 307 and 308 with any method within the origin, since they say that
    nothing has been done yet. A POST that 301 or 302 moves is not made a GET, as browsers
    do: that would answer another question.
    """
    if status not in (301, 302, 303, 307, 308) or not location:
        return None
    try:
        to = urljoin(url, location).partition("#")[0]
        parts = urlsplit(to)
        here, there = origin(url), origin(to)
    except ValueError:  # not a URL: the response is the caller's to judge
        return None
    if parts.scheme.lower() not in PORTS or not parts.hostname:
        return Redirect(to, None, "it is not an http or https URL")
    if "@" in parts.netloc:
        return Redirect(to, None, "it holds a user name or password")
    if here[0] == "https" and there[0] == "http":
        return Redirect(to, None, "it leads from https to http")
    abroad = here != there
    method = request.method.upper()
    moved = request
    if status == 303 and method != "HEAD":
        moved = replace(
            request, method="GET", headers=_without(request, _ABOUT_BODY), body=()
        )
    elif method not in _SAFE and (abroad or status not in (307, 308)):
        where = "to another origin " if abroad else ""
        return Redirect(to, None, f"a {method} is not sent {where}again", abroad)
    if abroad:
        kept = tuple(each for each in moved.headers if each[0].lower() in _HARMLESS)
        moved = replace(moved, headers=kept, body=())
    return Redirect(to, replace(moved, url=to), abroad=abroad)


def _without(request: Request, names: frozenset[str]) -> tuple[tuple[str, str], ...]:
    return tuple(each for each in request.headers if each[0].lower() not in names)


def origin(url: str) -> Origin:
    """
    Scheme, host and effective port of *url*.

    Raises:
        ValueError: it is not a URL.
    """
    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    return scheme, parts.hostname, parts.port or PORTS.get(scheme)
