"""Which proxy a URL goes through: ``--proxy``, else the environment, as curl reads it."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from urllib.parse import urlsplit

from ..errors import UsageError


class Proxies:
    """
    The table of proxies of a transport.

    Args:
        proxy: Used for every URL; "" for none at all; None asks *environment*.
        environment: What `urllib.request.getproxies` gives: by scheme, ``all``, ``no``.
    """

    def __init__(self, proxy: str | None, environment: Mapping[str, str]) -> None:
        if proxy is not None:
            self._by_scheme = {"all": proxy} if proxy else {}
            self._exempt: list[str] = []
        else:
            self._by_scheme = {
                scheme: environment[scheme]
                for scheme in ("http", "https", "all")
                if environment.get(scheme)
            }
            self._exempt = environment.get("no", "").replace(",", " ").split()

    def of(self, url: str) -> str | None:
        """
        The URL of the proxy for *url*, or None.

        Raises:
            UsageError: what is configured is not the URL of a proxy.
        """
        parts = urlsplit(url)
        proxy = self._by_scheme.get(parts.scheme.lower()) or self._by_scheme.get("all")
        if not proxy or self._is_exempt(parts.hostname or "", parts.port):
            return None
        return _proxy_url(proxy)

    def _is_exempt(self, host: str, port: int | None) -> bool:
        return any(_covers(entry, host, port) for entry in self._exempt)


def _proxy_url(text: str) -> str:
    url = text if "://" in text else f"http://{text}"
    try:
        parts = urlsplit(url)
        known = parts.scheme in ("http", "https", "socks5", "socks5h")
        valid = known and bool(parts.hostname) and parts.port != 0
    except ValueError:
        valid = False
    if not valid:
        raise UsageError(
            # Not the text itself: it may hold a password.
            "the proxy is not a URL that can be used",
            hint="http://host:port, https://… or socks5://…, with --proxy or HTTPS_PROXY",
        )
    return url


def _covers(entry: str, host: str, port: int | None) -> bool:
    """
    Whether an entry of ``NO_PROXY`` is for *host*: ``*``, a name with all below it, an
    address, a network (``10.0.0.0/8``), any of them with a port.
    """
    if entry == "*":
        return True
    entry = entry.lower()
    if "/" in entry:
        try:
            return ipaddress.ip_address(host) in ipaddress.ip_network(
                entry, strict=False
            )
        except ValueError:
            return False
    if entry.count(":") == 1 or "]:" in entry:  # not a bare IPv6 address
        entry, _, wanted = entry.rpartition(":")
        if wanted != str(port or ""):
            return False
    entry = entry.strip("[]").lstrip("*").lstrip(".")
    return bool(entry) and (host == entry or host.endswith(f".{entry}"))
