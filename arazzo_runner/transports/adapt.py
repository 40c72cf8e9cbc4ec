"""What a caller may give as a transport: ours, a client of httpx2 or httpx, an application."""

from __future__ import annotations

import asyncio
import importlib
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from ..errors import UsageError
from ..messages import Request
from . import outgoing
from .exchange import Exchange, adeliver, deliver
from .loops import LoopThread
from .port import Delivery, Transport
from .spool import Spool

if TYPE_CHECKING:
    import httpx2

#: An ASGI application, https://asgi.readthedocs.io/en/latest/specs/main.html
Application: TypeAlias = Callable[..., Awaitable[None]]


def as_transport(given: object, *, spool: Spool, strict: bool = False) -> Transport:
    """
    *given* as a transport: one of ours as it is, else a client or an ASGI application.

    A client stays its owner's: it is never closed, and its own fields, authentication,
    proxies and cookies apply to what it sends. It follows no redirects for us.

    Raises:
        UsageError: *given* is nothing of the kind.
    """
    if all(
        callable(getattr(given, name, None)) for name in ("send", "asend", "aclose")
    ):
        return cast("Transport", given)
    for name in ("Client", "AsyncClient"):
        library = _client_of(given, name)
        if library is not None:
            return ClientTransport(
                cast("httpx2.Client | httpx2.AsyncClient", given),
                library,
                blocking=name == "Client",
                spool=spool,
                strict=strict,
            )
    if callable(given) and not isinstance(given, type):
        return ApplicationTransport(
            cast("Application", given), spool=spool, strict=strict
        )
    raise UsageError(
        f"{type(given).__qualname__} is not a transport",
        hint="give a Client or AsyncClient of httpx2 or httpx (an instance), "
        "an ASGI application, or an object with send() and asend()",
    )


def _client_of(given: object, name: str) -> str | None:
    """The library of which *given* is a *name*, subclasses included, or None."""
    for each in type(given).__mro__:
        root = each.__module__.partition(".")[0]
        if each.__name__ == name and root in ("httpx2", "httpx"):
            return root
    return None


class _Adapted:
    """What the three have in common."""

    def __init__(self, library: str, *, spool: Spool, strict: bool) -> None:
        self._spool = spool
        self._strict = strict
        module = importlib.import_module(library)
        self._errors: tuple[type[Exception], ...] = (
            module.TransportError,
            module.InvalidURL,
        )
        self._defaults = outgoing.default_fields(())

    def _exchange(
        self,
        request: Request,
        timeout: float,
        download: Path | None,
        total: float | None,
    ) -> Exchange:
        return Exchange(
            request,
            spool=self._spool,
            strict=self._strict,
            timeout=timeout,
            download=download,
            total=total,
        )

    def _client_arguments(self, exchange: Exchange) -> dict[str, Any]:
        """Arguments of `build_request`, without the content of a long body."""
        # The client says who it is; what may come packed is for us to say.
        defaults = [each for each in self._defaults if each.key == "accept-encoding"]
        arguments: dict[str, Any] = {
            "method": exchange.request.method,
            "url": exchange.origin + exchange.target,
            "headers": outgoing.fields(exchange.request, defaults, self._spool),
            "timeout": exchange.timeout,
        }
        if exchange.request.body and outgoing.is_short(exchange.request.body):
            arguments["content"] = outgoing.joined(exchange.request.body)
        return arguments


class ClientTransport(_Adapted):
    """Sends with a client of its owner: blocking, or for asyncio, as the client is."""

    def __init__(
        self,
        client: httpx2.Client | httpx2.AsyncClient,
        library: str,
        *,
        blocking: bool,
        spool: Spool,
        strict: bool,
    ) -> None:
        super().__init__(library, spool=spool, strict=strict)
        self._library = library
        self._client = cast("httpx2.Client", client) if blocking else None
        self._async_client = None if blocking else cast("httpx2.AsyncClient", client)

    def send(
        self,
        request: Request,
        *,
        timeout: float,
        download: Path | None = None,
        total: float | None = None,
        public: bool = False,  # noqa: ARG002  (who is reached is the client's affair)
    ) -> Delivery:
        """See `Transport.send`. Raises `UsageError` if the client cannot: see its hint."""
        if self._client is None:
            raise UsageError(
                f"a client of class {self._library}.AsyncClient sends for asyncio only",
                hint=f"give a {self._library}.Client, or call arun() instead of run()",
            )
        _need_open(self._client)
        exchange = self._exchange(request, timeout, download, total)
        return deliver(exchange, self._open, self._errors)

    def _open(self, exchange: Exchange) -> _ClientOpened:
        client = cast("httpx2.Client", self._client)
        arguments = self._client_arguments(exchange)
        body = exchange.request.body
        if not outgoing.is_short(body):
            arguments["content"] = outgoing.chunks(body, self._spool)
        request = client.build_request(**arguments)
        return _ClientOpened(client.send(request, stream=True, follow_redirects=False))

    async def asend(
        self,
        request: Request,
        *,
        timeout: float,  # noqa: ASYNC109  (the time without a byte, not a total)
        download: Path | None = None,
        total: float | None = None,
        public: bool = False,  # noqa: ARG002  (who is reached is the client's affair)
    ) -> Delivery:
        """See `Transport.asend`. Raises `UsageError` as `send` does."""
        if self._async_client is None:
            raise UsageError(
                f"a client of class {self._library}.Client cannot send for asyncio",
                hint=f"give a {self._library}.AsyncClient, or call run() instead of arun()",
            )
        _need_open(self._async_client)
        exchange = self._exchange(request, timeout, download, total)
        return await adeliver(exchange, self._aopen, self._errors)

    async def _aopen(self, exchange: Exchange) -> _AsyncClientOpened:
        client = cast("httpx2.AsyncClient", self._async_client)
        arguments = self._client_arguments(exchange)
        body = exchange.request.body
        if not outgoing.is_short(body):
            arguments["content"] = outgoing.achunks(body, self._spool)
        request = client.build_request(**arguments)
        return _AsyncClientOpened(
            await client.send(request, stream=True, follow_redirects=False)
        )

    def close(self) -> None:
        """Nothing: the client is its owner's."""

    async def aclose(self) -> None:
        """Nothing: the client is its owner's."""


class ApplicationTransport(_Adapted):
    """
    Asks an ASGI application in this process; no network, no lifespan events.

    `asend` calls it in the running event loop. `send` calls it in a loop of its own, the
    same for all requests, since applications hold what belongs to one loop. What the
    application raises is a response with status 500, as from a server.
    """

    def __init__(self, application: Application, *, spool: Spool, strict: bool) -> None:
        import httpx2

        # It says so by an assertion if it ends without a response.
        super().__init__("httpx2", spool=spool, strict=strict)
        self._errors = (*self._errors, AssertionError)
        self._application = httpx2.ASGITransport(
            application, raise_app_exceptions=False
        )
        self._lock = threading.Lock()
        self._thread: LoopThread | None = None

    def send(
        self,
        request: Request,
        *,
        timeout: float,
        download: Path | None = None,
        total: float | None = None,
        public: bool = False,  # noqa: ARG002  (who is reached is the client's affair)
    ) -> Delivery:
        """See `Transport.send`."""
        with self._lock:
            if self._thread is None:
                self._thread = LoopThread()
            thread = self._thread
        return thread.run(
            self.asend(request, timeout=timeout, download=download, total=total)
        )

    async def asend(
        self,
        request: Request,
        *,
        timeout: float,  # noqa: ASYNC109  (the time without a byte, not a total)
        download: Path | None = None,
        total: float | None = None,
        public: bool = False,  # noqa: ARG002  (who is reached is the client's affair)
    ) -> Delivery:
        """See `Transport.asend`."""
        exchange = self._exchange(request, timeout, download, total)
        return await adeliver(exchange, self._open, self._errors)

    async def _open(self, exchange: Exchange) -> _AsyncClientOpened:
        import httpx2

        url = httpx2.URL(exchange.origin + exchange.target)
        request = outgoing.prepare(
            exchange, url, self._defaults, self._spool, asynchronous=True
        )
        # The whole response comes at once, so this is the time without a byte.
        async with asyncio.timeout(exchange.timeout):
            response = await self._application.handle_async_request(request)
        return _AsyncClientOpened(response)

    def close(self) -> None:
        """End the private event loop."""
        with self._lock:
            thread, self._thread = self._thread, None
        if thread is not None:
            thread.close()

    async def aclose(self) -> None:
        """As `close`."""
        await asyncio.to_thread(self.close)


def _need_open(client: httpx2.Client | httpx2.AsyncClient) -> None:
    if client.is_closed:
        raise UsageError(
            "the client that was given has been closed",
            hint="keep it open until the run has ended",
        )


class _ClientHead:
    """
    What both have in common. A response that has been read before (of a mock transport, or
    by a hook of the client) is there unpacked, so it must not be unpacked again.
    """

    def __init__(self, response: httpx2.Response) -> None:
        self.status = response.status_code
        self.version = response.http_version
        self.headers = response.headers.raw
        self._response = response
        self._read = response.is_stream_consumed
        if self._read and "content-encoding" in response.headers:
            gone = (b"content-encoding", b"content-length")
            self.headers = [e for e in self.headers if e[0].lower() not in gone]


class _ClientOpened(_ClientHead):
    """An `exchange.Opened` of a client."""

    @property
    def chunks(self) -> Iterator[bytes]:
        if self._read:
            return iter((self._response.content,))
        return self._response.iter_raw()

    def close(self) -> None:
        self._response.close()


class _AsyncClientOpened(_ClientHead):
    """An `exchange.AsyncOpened` of a client, or of an application."""

    @property
    def chunks(self) -> AsyncIterator[bytes]:
        return (
            _one(self._response.content) if self._read else self._response.aiter_raw()
        )

    async def aclose(self) -> None:
        await self._response.aclose()


async def _one(chunk: bytes) -> AsyncIterator[bytes]:
    yield chunk
