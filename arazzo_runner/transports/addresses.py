"""
Addresses that a stranger must not make us call (security D3).

A service of this machine or network trusts who can reach it. So neither a redirect from
the internet nor a server that only a document from there names may lead to one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias
from urllib.parse import urlsplit

from ..errors import PolicyError
from .exchange import host_and_port
from .redirects import origin

#: Host and port to IP addresses. May ask a name server, which may block.
Resolve: TypeAlias = Callable[[str, int | None], Sequence[str]]


def leads_inside(here: str, there: str, resolve: Resolve) -> bool:
    """
    Whether a redirect from the URL *here*, on the public internet, leads to an address
    that is not.
    """
    return _private(there, resolve) is not None and _private(here, resolve) is None


def public_address(url: str, resolve: Resolve) -> str | None:
    """
    An address of the host of *url*, to be called instead of the name, so that a second
    answer of its name server cannot differ; None if it has none.

    Raises:
        PolicyError: one of its addresses is not on the public internet.
    """
    private = _private(url, resolve)
    if private is not None:
        raise PolicyError(
            f"{host_and_port(url)} has the address {private}, which is not public; a"
            " description from the network may not name it",
            hint="name the server yourself with --server to allow it",
        )
    found = _addresses(url, resolve)
    return found[0] if found else None


def names_stranger(document: str, url: str, named: Iterable[str]) -> bool:
    """
    Whether only a *document* from the network names the host of *url*: it is not the host
    that the user had the document read from, and of no origin in *named*, which he gave.
    """
    if not document.lower().startswith(("http://", "https://")):
        return False
    if urlsplit(url).hostname == urlsplit(document).hostname:
        return False
    return origin(url) not in {origin(each) for each in named if each}


def _private(url: str, resolve: Resolve) -> str | None:
    """An address of the host of *url* that is not public, or None."""
    from ..loader.fetch import is_public

    return next((e for e in _addresses(url, resolve) if not is_public(e)), None)


def _addresses(url: str, resolve: Resolve) -> Sequence[str]:
    _, host, port = origin(url)
    try:
        return resolve(host or "", port)
    except (OSError, UnicodeError):  # the request itself will say so
        return ()
