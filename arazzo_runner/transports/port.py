"""The port through which requests leave: what goes in, what comes back, as data."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol, TypeAlias

from ..messages import Request, Response

#: ``timeout``: no byte for too long; ``timed-out``: the whole exchange took longer than its
#: `total`; ``too-large``: more than the spool's limit, or a body that unpacks beyond reason.
FailureKind: TypeAlias = Literal[
    "dns",
    "connect",
    "tls",
    "timeout",
    "timed-out",
    "proxy",
    "interrupted",
    "protocol",
    "too-large",
]


@dataclass(frozen=True, slots=True)
class NoResponse:
    """
    A request that got no response, or not a whole one (checklist A-38).

    Attributes:
        kind: What went wrong, for programs.
        message: What went wrong, for people: one sentence that names host and port.
        sent: Whether the server may have seen the request, and acted on it.
    """

    kind: FailureKind
    message: str
    sent: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """
    What became of a request: exactly one of `response` and `failure` is given.

    Attributes:
        retry_after: Seconds the server asks to wait (``Retry-After``), never negative;
            None when it does not ask, or not in a form that can be read.
        http_version: ``HTTP/1.1``; "" without a response.
        received: Bytes of the body as they came, before any decompression.
        redirects: The URLs that were followed, in order, without the first.
        unfollowed: The response is a redirect, and why it was not followed.
        delay: Seconds that a mock lets pass before it.
    """

    response: Response | None = None
    failure: NoResponse | None = None
    retry_after: float | None = None
    http_version: str = ""
    received: int = 0
    redirects: tuple[str, ...] = ()
    unfollowed: str | None = None
    delay: float = 0.0


class Transport(Protocol):
    """
    Sends requests, blocking and asyncio. Safe in several threads and event loops.

    `timeout` is in seconds: to connect, and without a byte; it does not bound a long
    transfer. With `download`, the body of a 2xx response is written to that path, whatever
    its size; the file stays when the transfer breaks off. `total` bounds the whole
    exchange, from connecting to the last byte, in seconds; None for no such limit. With
    `public`, which only our own is asked for, a host whose address is not on the public
    internet is not asked.

    Both ways to send return what goes wrong on the way as `NoResponse`. They raise
    `arazzo_runner.errors.ArazzoError` for what is wrong on this side: a file that cannot
    be read or written, a disk that is full, a host that must not be asked.
    """

    def send(
        self,
        request: Request,
        *,
        timeout: float,
        download: Path | None = None,
        total: float | None = None,
        public: bool = False,
    ) -> Delivery:
        """Send *request* and wait for the whole response."""

    async def asend(
        self,
        request: Request,
        *,
        timeout: float,  # noqa: ASYNC109  (the time without a byte, not a total)
        download: Path | None = None,
        total: float | None = None,
        public: bool = False,
    ) -> Delivery:
        """The same in the running event loop."""

    def close(self) -> None:
        """Close the connections that `send` holds open."""

    async def aclose(self) -> None:
        """Close those, and the connections that `asend` holds in the running event loop."""
