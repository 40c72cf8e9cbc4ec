"""The transport that reaches the network, by httpx2 below its client."""

from __future__ import annotations

import threading
from collections.abc import AsyncGenerator, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, cast

from ..messages import Headers, Request
from . import outgoing
from .addresses import public_address
from .exchange import Exchange, adeliver, deliver, host_and_port
from .pools import Lane, Lanes, Network, Route
from .port import Delivery
from .redirects import Origin
from .spool import Spool

if TYPE_CHECKING:
    import asyncio

    import httpx2

    from .loops import LoopThread

    SyncLanes: TypeAlias = Lanes[httpx2.HTTPTransport]
    AsyncLanes: TypeAlias = Lanes[httpx2.AsyncHTTPTransport]

# A client below `httpx2.Client`: its cookie jar, redirects, authentication and hooks are
# what we do not want, and cost a third of the CPU of a short request (measured).
#
# asyncio is imported where it is used: a blocking run does without it (20 ms of CPU).


class HttpTransport:
    """
    Sends over HTTP/1.1 and follows redirects to the same origin. Keeps no cookies.

    Connections are made when a request needs them: one set for all threads, one for each
    event loop; the latter are closed when their loop shuts down, or in `aclose`.

    Args:
        spool: Where large bodies go and uploads come from.
        strict: Decode bodies by the specification alone (JSON Lines stay text).
        proxy: The proxy for every request; "" for none; None asks the environment
            (``HTTPS_PROXY``, ``HTTP_PROXY``, ``ALL_PROXY``, ``NO_PROXY``).
        cacert: A file or folder with the authorities to trust, in place of the system's
            and of ``SSL_CERT_FILE`` and ``SSL_CERT_DIR``.
        insecure: Do not check certificates.
        headers: Fields for every request that does not set them itself.
    """

    def __init__(
        self,
        *,
        spool: Spool,
        strict: bool = False,
        proxy: str | None = None,
        cacert: str | None = None,
        insecure: bool = False,
        headers: Headers = (),
    ) -> None:
        self._spool = spool
        self._strict = strict
        self._network = Network(proxy=proxy, cacert=cacert, insecure=insecure)
        self._headers = headers
        self._defaults: list[outgoing.Default] = []
        self._lock = threading.Lock()
        self._lanes: SyncLanes | None = None
        self._loops: dict[asyncio.AbstractEventLoop, _LoopLanes] = {}
        self._thread: LoopThread | None = None

    def proxy_for(self, url: str) -> str | None:
        """``host:port`` of the proxy that a request to *url* goes through, or None."""
        proxy = self._network.proxy_of(url)
        return None if proxy is None else host_and_port(proxy)

    def present(self, where: Origin, cert: str, key: str | None = None) -> None:
        """
        Show the client certificate in the PEM file *cert* (and *key*, if that stands in
        another) to the servers at *where* (mutual TLS), from now on.
        """
        self._network.present(where, (cert, key))

    # --- blocking

    def send(
        self,
        request: Request,
        *,
        timeout: float,
        download: Path | None = None,
        total: float | None = None,
        public: bool = False,
    ) -> Delivery:
        """See `Transport.send`."""
        import httpx2

        if total is not None:
            # Only an event loop can give up in the middle of reading or writing.
            thread = self._loop_thread()
            return thread.run(
                self.asend(
                    request,
                    timeout=timeout,
                    download=download,
                    total=total,
                    public=public,
                )
            )
        exchange = self._exchange(request, timeout, download, None, public)
        return deliver(exchange, self._open, (httpx2.TransportError,))

    def _loop_thread(self) -> LoopThread:
        from .loops import LoopThread

        with self._lock:
            if self._thread is None:
                self._thread = LoopThread()
            return self._thread

    def _open(self, exchange: Exchange) -> _Opened:
        route = self._network.route(exchange.origin)
        if exchange.public and route.proxy is None:
            exchange.address = public_address(exchange.origin, _addresses)
        lane = self._sync_lanes().take(route)
        try:
            prepared = self._prepared(exchange, route, asynchronous=False)
            return _Opened(lane.pool.handle_request(prepared), lane)
        except BaseException:  # Ctrl-C, too, must not use up the lane's connections
            lane.give_back()
            raise

    def _sync_lanes(self) -> SyncLanes:
        lanes = self._lanes
        if lanes is None:
            import httpx2

            def make(route: Route) -> httpx2.HTTPTransport:
                return httpx2.HTTPTransport(**self._network.options(route))

            with self._lock:
                lanes = self._lanes = self._lanes or Lanes(make)
        return lanes

    def close(self) -> None:
        """Close the connections of `send`. Those of event loops are closed in `aclose`."""
        with self._lock:
            lanes, self._lanes = self._lanes, None
            thread, self._thread = self._thread, None
        if thread is not None:
            thread.close()
        for pool in lanes.clear() if lanes is not None else ():
            pool.close()

    # --- asyncio

    async def asend(
        self,
        request: Request,
        *,
        timeout: float,  # noqa: ASYNC109  (the time without a byte, not a total)
        download: Path | None = None,
        total: float | None = None,
        public: bool = False,
    ) -> Delivery:
        """See `Transport.asend`."""
        import httpx2

        exchange = self._exchange(request, timeout, download, total, public)
        return await adeliver(exchange, self._aopen, (httpx2.TransportError,))

    async def _aopen(self, exchange: Exchange) -> _AsyncOpened:
        import asyncio

        route = self._network.route(exchange.origin)
        if exchange.public and route.proxy is None:
            exchange.address = await asyncio.to_thread(
                public_address, exchange.origin, _addresses
            )
        loop = asyncio.get_running_loop()
        mine = self._loops.get(loop)
        if mine is None:
            mine = await self._enter(loop)
        lane = mine.lanes.take(route)
        try:
            prepared = self._prepared(exchange, route, asynchronous=True)
            response = await lane.pool.handle_async_request(prepared)
            return _AsyncOpened(response, lane)
        except BaseException:
            lane.give_back()
            raise

    async def _enter(self, loop: asyncio.AbstractEventLoop) -> _LoopLanes:
        import httpx2

        def make(route: Route) -> httpx2.AsyncHTTPTransport:
            return httpx2.AsyncHTTPTransport(**self._network.options(route))

        mine = _LoopLanes(Lanes(make))
        with self._lock:
            # Loops that were closed without being shut down cannot be helped any more.
            for each in [each for each in self._loops if each.is_closed()]:
                del self._loops[each]
            self._loops[loop] = mine
        await mine.open(lambda: self._loops.pop(loop, None))
        return mine

    async def aclose(self) -> None:
        """Close the connections of `send`, and those of `asend` in the running loop."""
        import asyncio

        self.close()
        mine = self._loops.get(asyncio.get_running_loop())
        if mine is not None:
            await mine.aclose()

    # --- both

    def _exchange(
        self,
        request: Request,
        timeout: float,
        download: Path | None,
        total: float | None,
        public: bool,
    ) -> Exchange:
        return Exchange(
            request,
            spool=self._spool,
            strict=self._strict,
            timeout=timeout,
            download=download,
            total=total,
            resolve=_addresses,
            public=public,
        )

    def _prepared(
        self, exchange: Exchange, route: Route, *, asynchronous: bool
    ) -> httpx2.Request:
        exchange.proxy = None if route.proxy is None else host_and_port(route.proxy)
        if not self._defaults:
            self._defaults = outgoing.default_fields(self._headers)
        return outgoing.prepare(
            exchange, route.url, self._defaults, self._spool, asynchronous=asynchronous
        )


def _addresses(host: str, port: int | None) -> Sequence[str]:
    from ..loader.fetch import resolve

    return resolve(host, port)


class _Opened:
    """An `exchange.Opened` of httpx2."""

    __slots__ = ("_lane", "chunks", "headers", "status", "version")

    def __init__(
        self, response: httpx2.Response, lane: Lane[httpx2.HTTPTransport]
    ) -> None:
        self.status = response.status_code
        self.headers = response.headers.raw
        self.version = response.http_version
        self.chunks = cast("httpx2.SyncByteStream", response.stream)
        self._lane = lane

    def close(self) -> None:
        try:
            self.chunks.close()
        finally:
            self._lane.give_back()


class _AsyncOpened:
    """An `exchange.AsyncOpened` of httpx2."""

    __slots__ = ("_lane", "chunks", "headers", "status", "version")

    def __init__(
        self, response: httpx2.Response, lane: Lane[httpx2.AsyncHTTPTransport]
    ) -> None:
        self.status = response.status_code
        self.headers = response.headers.raw
        self.version = response.http_version
        self.chunks = cast("httpx2.AsyncByteStream", response.stream)
        self._lane = lane

    async def aclose(self) -> None:
        try:
            await self.chunks.aclose()
        finally:
            self._lane.give_back()


class _LoopLanes:
    """
    The lanes of one event loop, closed when the loop shuts down.

    A loop closes its asynchronous generators at its end (``asyncio.run`` does, and every
    server), which is the only moment at which connections can still be closed in order.
    """

    def __init__(self, lanes: AsyncLanes) -> None:
        self.lanes = lanes
        self._guard: AsyncGenerator[None, None] | None = None

    async def open(self, forget: Callable[[], object]) -> None:
        """Begin to watch the running loop; *forget* is called when it ends."""
        self._guard = self._watch(forget)
        await anext(self._guard)

    async def _watch(self, forget: Callable[[], object]) -> AsyncGenerator[None, None]:
        try:
            yield
        finally:
            forget()
            for pool in self.lanes.clear():
                await pool.aclose()

    async def aclose(self) -> None:
        """Close the connections."""
        if self._guard is not None:
            await self._guard.aclose()
