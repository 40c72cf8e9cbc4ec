"""Connections: how they are made (TLS, proxy), and kept in pools that stay narrow."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Generic, NamedTuple, TypeAlias, TypeVar
from urllib.request import getproxies

from ..errors import UsageError
from .exchange import host_and_port
from .failures import Broken
from .port import NoResponse
from .proxies import Proxies
from .redirects import Origin
from .redirects import origin as origin_of

if TYPE_CHECKING:
    import ssl

    import httpx2

P = TypeVar("P")

# A pool looks at all of its connections whenever a request begins and ends: 8.4 ms of CPU
# a request with 1,000 in flight in one pool, 0.7 ms with pools of this width (measured).
_WIDTH: Final = 32

# How long an idle connection is kept, in seconds. One that the server has closed
# meanwhile is noticed before it is used.
_KEEP_ALIVE: Final = 30.0

# Origins that are remembered; a run has a handful.
_MOST_ROUTES: Final = 256


#: PEM files: the certificate, and its key if that stands in another file.
Certificate: TypeAlias = tuple[str, str | None]


class Route(NamedTuple):
    """
    How an origin is reached: the origin as the library wants it, the proxy's URL, and the
    files of the client certificate that is shown there, and nowhere else.
    """

    url: httpx2.URL
    secure: bool
    proxy: str | None
    certificate: Certificate | None = None


class Network:
    """
    What the user said about the network. Asks the environment when it is made.

    The certificate store is loaded (22 ms) when the first https route is taken, once.
    """

    def __init__(
        self, *, proxy: str | None, cacert: str | None, insecure: bool
    ) -> None:
        self._proxies = Proxies(proxy, getproxies())
        self._cacert = cacert
        self._insecure = insecure
        self._lock = threading.Lock()
        self._context: ssl.SSLContext | None = None
        self._routes: dict[str, Route] = {}
        self._certificates: dict[Origin, Certificate] = {}

    def present(self, where: Origin, certificate: Certificate) -> None:
        """Show *certificate* to the servers at *where* from now on."""
        if self._certificates.get(where) != certificate:
            self._certificates[where] = certificate
            self._routes.clear()

    def route(self, origin: str) -> Route:
        """
        The way to ``scheme://host:port``.

        Raises:
            UsageError: the configured proxy cannot be used.
            Broken: *origin* is not a possible URL.
        """
        route = self._routes.get(origin)
        if route is None:
            import httpx2

            try:
                url = httpx2.URL(origin)
            except httpx2.InvalidURL as error:
                message = f"{origin} is not a possible URL: {error}"
                raise Broken(NoResponse("protocol", message, False)) from None
            proxy = self._proxies.of(origin)
            if len(self._routes) >= _MOST_ROUTES:
                self._routes.clear()
            shown = self._certificates.get(origin_of(origin))
            route = Route(url, url.scheme == "https", proxy, shown)
            self._routes[origin] = route
        return route

    def proxy_of(self, url: str) -> str | None:
        """The URL of the proxy for *url*, or None. Raises `UsageError` as `route` does."""
        return self._proxies.of(url)

    def options(self, route: Route) -> dict[str, Any]:
        """
        The arguments of `httpx2.HTTPTransport` and its twin for *route*.

        Raises:
            UsageError: the certificates or the proxy's library cannot be loaded.
        """
        import httpx2

        encrypted_proxy = route.proxy is not None and route.proxy.startswith("https:")
        context = self._tls() if route.secure or encrypted_proxy else _closed_context()
        if route.secure and route.certificate is not None:
            context = self._with(route.certificate)
        proxy = None
        if route.proxy is not None:
            proxy = httpx2.Proxy(
                route.proxy, ssl_context=context if encrypted_proxy else None
            )
            if route.proxy.startswith("socks"):
                _need_socks(route.proxy)
        limits = httpx2.Limits(
            max_connections=None,
            max_keepalive_connections=None,
            keepalive_expiry=_KEEP_ALIVE,
        )
        return {"verify": context, "limits": limits, "proxy": proxy}

    def _tls(self) -> ssl.SSLContext:
        with self._lock:
            if self._context is None:
                self._context = self._make_context()
            return self._context

    def _with(self, certificate: Certificate) -> ssl.SSLContext:
        context = self._make_context()
        try:
            context.load_cert_chain(*certificate)
        except OSError as error:  # an SSLError is one
            raise UsageError(
                f"cannot read the client certificate from {certificate[0]}: "
                f"{(error.strerror or str(error)).lower()}",
                hint="a certificate in PEM form, with its key or a second file for it",
            ) from error
        return context

    def _make_context(self) -> ssl.SSLContext:
        import ssl

        import httpx2

        if self._insecure:
            context = _closed_context()
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            return context
        try:
            if self._cacert is None:
                context = httpx2.create_ssl_context()
            elif Path(self._cacert).is_dir():
                context = ssl.create_default_context(capath=self._cacert)
            else:
                context = ssl.create_default_context(cafile=self._cacert)
        except OSError as error:  # an SSLError is one
            raise UsageError(
                f"cannot read certificates from {self._cacert or 'SSL_CERT_FILE'}: "
                f"{(error.strerror or str(error)).lower()}",
                hint="a file of authorities in PEM form, or a folder of them",
            ) from error
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return context


def _closed_context() -> ssl.SSLContext:
    """
    A cheap context that trusts nobody: http never uses it, and should a mistake of ours
    bring https here, the handshake fails instead of going unchecked.
    """
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _need_socks(proxy: str) -> None:
    from importlib.util import find_spec

    if find_spec("socksio") is None:
        raise UsageError(
            f"the proxy {host_and_port(proxy)} speaks SOCKS, which needs the package socksio",
            hint="pip install socksio",
        )


class Lane(Generic[P]):
    """A pool with the number of requests that use it."""

    __slots__ = ("_lock", "busy", "pool")

    def __init__(self, pool: P, lock: threading.Lock) -> None:
        self.pool = pool
        self.busy = 1
        self._lock = lock

    def give_back(self) -> None:
        """The request has ended."""
        with self._lock:
            self.busy -= 1


class Lanes(Generic[P]):
    """As many pools as there are requests at once, each of a bounded width."""

    def __init__(self, make: Callable[[Route], P]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._lanes: dict[
            tuple[bool, str | None, Certificate | None], list[Lane[P]]
        ] = {}

    def take(self, route: Route) -> Lane[P]:
        """A pool for a request by *route*; `Lane.give_back` when it has ended."""
        key = (route.secure, route.proxy, route.certificate)
        with self._lock:
            lanes = self._lanes.setdefault(key, [])
            for lane in lanes:
                if lane.busy < _WIDTH:
                    lane.busy += 1
                    return lane
            lane = Lane(self._make(route), self._lock)
            lanes.append(lane)
            return lane

    def clear(self) -> Iterator[P]:
        """Forget all pools and give them, to be closed."""
        with self._lock:
            lanes, self._lanes = self._lanes, {}
        return (lane.pool for each in lanes.values() for lane in each)
