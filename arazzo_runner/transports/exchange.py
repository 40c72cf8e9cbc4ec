"""
One request on its way to one response: redirects, failures, the same for all transports.

What differs between the HTTP libraries, and between blocking and asyncio, is how a
request is opened; `deliver` and `adeliver` are given that as a function.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import AsyncIterable, Awaitable, Callable, Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import quote, urlsplit

from ..messages import Request
from .failures import Broken, explain
from .incoming import Reception, read_fields, retry_after
from .port import Delivery, FailureKind, NoResponse
from .redirects import MOST_REDIRECTS, PORTS, Redirect, read_redirect
from .spool import Spool

# The body of a redirect is read up to here, so that its connection can be used again.
_DRAIN: Final = 64 * 1024

_URL = re.compile(r"(https?)://([^/?#]*)([^#]*)", re.IGNORECASE)
_TARGET = re.compile(r"[!-~]+")


class Head(Protocol):
    """The part of an opened response that comes first."""

    @property
    def status(self) -> int:
        """The status code."""

    @property
    def headers(self) -> Sequence[tuple[bytes, bytes]]:
        """The fields as they came."""

    @property
    def version(self) -> str:
        """``HTTP/1.1``."""


class Opened(Head, Protocol):
    """A response whose body is still to come."""

    @property
    def chunks(self) -> Iterable[bytes]:
        """The body, not unpacked."""

    def close(self) -> None:
        """Give the connection back, or drop it if the body was not read to its end."""


class AsyncOpened(Head, Protocol):
    """The same in an event loop."""

    @property
    def chunks(self) -> AsyncIterable[bytes]:
        """The body, not unpacked."""

    async def aclose(self) -> None:
        """As `Opened.close`."""


class Exchange:
    """
    A request, the URL it has been redirected to, and what has come back so far.

    Attributes:
        timeout: Seconds to connect and without a byte.
        origin: ``scheme://host:port`` of the current URL, without user information.
        target: Path and query of the current URL, as they go on the wire.
        proxy: ``host:port`` of the proxy in use; set by who opens.
        public: The host must have a public address.
        address: What is called in place of the host's name; set by who opens.
        unfollowed: Why the response is a redirect all the same, in plain words.

    *resolve* gives the addresses of a host, where requests go to the network.
    """

    def __init__(
        self,
        request: Request,
        *,
        spool: Spool,
        strict: bool,
        timeout: float,
        download: Path | None,
        total: float | None = None,
        resolve: Callable[[str, int | None], Sequence[str]] | None = None,
        public: bool = False,
    ) -> None:
        self.request = request
        self.unfollowed: str | None = None
        self._resolve = resolve
        self.public = public
        self.address: str | None = None
        self.timeout = timeout
        self.total = total
        self._until = None if total is None else time.monotonic() + total
        self.proxy: str | None = None
        self.redirects: list[str] = []
        self._spool = spool
        self._strict = strict
        self._download = download
        self._reception: Reception | None = None
        self.url = request.url
        self.origin = ""
        self.target = ""

    def start(self) -> None:
        """
        Take the URL of the request apart.

        Raises:
            Broken: it is not one of http or https, or its host is not a possible name.
        """
        self._visit(self.request.url)

    def _visit(self, url: str) -> None:
        found = _URL.match(url)
        if found is None or not found[2]:
            raise _impossible("protocol", f"{url!r} is not an http or https URL")
        origin = f"{found[1].lower()}://{found[2].rpartition('@')[2]}"
        try:
            possible = _possible(origin)
        except ValueError as error:
            raise _impossible("protocol", f"{url!r} is not a URL: {error}") from None
        if not possible:
            name = host_and_port(origin).rpartition(":")[0]
            raise _impossible("dns", f"{name!r} is not a possible host name")
        self.url = url
        self.origin = origin
        target = found[3] if found[3].startswith("/") else f"/{found[3]}"
        # What is encoded already stays as it is; the rest would be an invalid request.
        self.target = (
            target
            if _TARGET.fullmatch(target)
            else quote(target, safe="%!#$&'()*+,/:;=?@[]~")
        )

    def redirect(self, head: Head) -> Redirect | None:
        """Where *head* sends us on, if we may have to go there."""
        if head.status < 301:
            return None
        location = dict(read_fields(head.headers)).get("location", "")
        to = read_redirect(self.request, self.url, head.status, location)
        if to is None:
            return None
        if to.request is not None and len(self.redirects) >= MOST_REDIRECTS:
            to = to._replace(
                request=None, refused=f"{MOST_REDIRECTS} are the most that are followed"
            )
        if to.request is None:
            self.unfollowed = f"the redirect to {to.url} is not followed: {to.refused}"
            return None
        return to

    def follow(self, to: Redirect, *, inside: bool = False) -> bool:
        """Go on with *to*, unless it leads *inside*."""
        if inside or to.request is None:
            self.unfollowed = (
                f"the redirect to {to.url} is not followed: its address is not public"
            )
            return False
        self._visit(to.url)
        self.request = to.request
        self.redirects.append(self.url)
        return True

    def leads_inside(self, to: Redirect) -> bool:
        """See `addresses.leads_inside`; may block where *to* leads abroad."""
        from .addresses import leads_inside

        resolve = self._resolve if to.abroad else None
        return resolve is not None and leads_inside(self.url, to.url, resolve)

    def receive(self, head: Head) -> Reception:
        """What takes the body of *head*."""
        self._reception = Reception(
            head.status,
            head.headers,
            spool=self._spool,
            url=self.url,
            strict=self._strict,
            download=self._download,
        )
        return self._reception

    def delivered(self, head: Head, reception: Reception) -> Delivery:
        """The outcome: a whole response."""
        return Delivery(
            response=reception.finish(),
            retry_after=retry_after(reception.headers),
            http_version=head.version,
            received=reception.received,
            redirects=tuple(self.redirects),
            unfollowed=self.unfollowed,
        )

    def failed(self, error: Exception) -> Delivery:
        """The outcome: *error*, in plain words."""
        reception = self._reception
        received = None if reception is None else reception.received
        if isinstance(error, Broken):
            failure = error.failure
        else:
            failure = explain(
                error,
                place=host_and_port(self.origin),
                timeout=self.timeout,
                proxy=self.proxy,
                received=received,
                expected=0 if reception is None else reception.announced,
            )
            if failure.kind == "timeout" and self._left() <= 0:
                failure = self.too_late(sent=failure.sent).failure
        return Delivery(
            failure=failure, received=received or 0, redirects=tuple(self.redirects)
        )

    def hurry(self) -> None:
        """
        Let nothing wait for longer than is left of `total`, for who cannot be interrupted.

        Raises:
            Broken: nothing is left.
        """
        left = self._left()
        if left <= 0:
            raise self.too_late()
        self.timeout = min(self.timeout, left)

    def _left(self) -> float:
        return math.inf if self._until is None else self._until - time.monotonic()

    def too_late(self, *, sent: bool = True) -> Broken:
        """The exchange takes longer than it may."""
        message = (
            f"{host_and_port(self.origin)} gave no complete answer within "
            f"{self.total:g} s (timeout of the step)"
        )
        return Broken(NoResponse("timed-out", message, sent))

    def close(self) -> None:
        """Let go of a body that did not come whole."""
        if self._reception is not None:
            self._reception.abandon()


def deliver(
    exchange: Exchange,
    open_: Callable[[Exchange], Opened],
    errors: tuple[type[Exception], ...],
) -> Delivery:
    """
    Drive *exchange* to its end, blocking; *errors* are what the library raises.

    Nothing interrupts a blocking call, so `total` is looked at before and after each: what
    waits for a byte meanwhile waits for no longer than was left when the request was sent.
    """
    caught: tuple[type[Exception], ...] = (Broken, OSError, *errors)
    try:
        exchange.start()
        while True:
            exchange.hurry()
            opened = open_(exchange)
            try:
                exchange.hurry()
                to = exchange.redirect(opened)
                if to is not None and exchange.follow(
                    to, inside=exchange.leads_inside(to)
                ):
                    size = 0
                    for chunk in opened.chunks:
                        size += len(chunk)
                        if size > _DRAIN:
                            break
                    continue
                reception = exchange.receive(opened)
                for chunk in opened.chunks:
                    exchange.hurry()
                    reception.feed(chunk)
                exchange.hurry()
            finally:
                opened.close()
            return exchange.delivered(opened, reception)
    except caught as error:
        return exchange.failed(error)
    finally:
        exchange.close()


async def adeliver(
    exchange: Exchange,
    open_: Callable[[Exchange], Awaitable[AsyncOpened]],
    errors: tuple[type[Exception], ...],
) -> Delivery:
    """The same in the running event loop, where `total` is kept to the moment."""
    if exchange.total is None:
        return await _adeliver(exchange, open_, errors)
    import asyncio

    try:
        async with asyncio.timeout(exchange.total):
            return await _adeliver(exchange, open_, errors)
    except TimeoutError:
        return exchange.failed(exchange.too_late())


async def _adeliver(
    exchange: Exchange,
    open_: Callable[[Exchange], Awaitable[AsyncOpened]],
    errors: tuple[type[Exception], ...],
) -> Delivery:
    caught: tuple[type[Exception], ...] = (Broken, OSError, *errors)
    try:
        exchange.start()
        while True:
            opened = await open_(exchange)
            try:
                to = exchange.redirect(opened)
                inside = False
                if to is not None and to.abroad:
                    import asyncio

                    inside = await asyncio.to_thread(exchange.leads_inside, to)
                if to is not None and exchange.follow(to, inside=inside):
                    size = 0
                    async for chunk in opened.chunks:
                        size += len(chunk)
                        if size > _DRAIN:
                            break
                    continue
                reception = exchange.receive(opened)
                async for chunk in opened.chunks:
                    reception.feed(chunk)
            finally:
                await opened.aclose()
            return exchange.delivered(opened, reception)
    except caught as error:
        return exchange.failed(error)
    finally:
        exchange.close()


def _impossible(kind: FailureKind, message: str) -> Broken:
    return Broken(NoResponse(kind, message, False))


@lru_cache(maxsize=256)
def _possible(origin: str) -> bool:
    """Whether the host of *origin* is a possible name. Raises ValueError for no URL."""
    host = host_and_port(origin).rpartition(":")[0]
    return all(0 < len(label) < 64 for label in host.rstrip(".").split("."))


def host_and_port(url: str) -> str:
    """
    The authority of *url* with its port, for messages. Raises ValueError for no URL.

        >>> host_and_port("https://api.test/pets")
        'api.test:443'
    """
    parts = urlsplit(url)
    port = parts.port or PORTS.get(parts.scheme.lower())
    host = parts.hostname or ""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
