"""
Fetching a document over http(s), without credentials.

Hosts that only documents or redirects name must have public addresses, and the address
that was checked is the one that is called (security D3, D4).
"""

from __future__ import annotations

import ipaddress
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ..errors import NOWHERE, DocumentError, Location, PolicyError
from .retrieve import LIMIT, TIMEOUT, joined, too_large

if TYPE_CHECKING:
    import httpx2

MAX_REDIRECTS: Final = 5

_ACCEPT: Final = (
    "application/vnd.oai.workflows+yaml, application/vnd.oai.workflows+json,"
    " application/vnd.oai.workflows, application/yaml, application/json, */*;q=0.5"
)
_NAT64_SITE: Final = ipaddress.ip_network("64:ff9b:1::/48")
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")


def resolve(host: str, port: int | None) -> Sequence[str]:
    """The addresses of *host*, as the system tells."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(each[4][0]) for each in found]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetch:
    """
    One fetch, redirects included.

    Attributes:
        named: URLs that the user, or a local file of his, named: their hosts are trusted
            and may be private.
        limit: Bytes after decompression.
        timeout: Seconds for everything.
        at: Where the reference is written, for errors.
        resolve: Host and port to IP addresses, for hosts that are not trusted.
    """

    named: tuple[str, ...] = ()
    limit: int = LIMIT
    timeout: float = TIMEOUT
    at: Location = NOWHERE
    resolve: Callable[[str, int | None], Sequence[str]] = resolve

    def __call__(self, reference: str) -> tuple[bytes, str]:
        """The document at the URL *reference* and its final URL; see `retrieve`."""
        import httpx2

        deadline = time.monotonic() + self.timeout
        url = self._parsed(reference)
        try:
            with httpx2.Client(timeout=self.timeout, headers=_headers()) as client:
                for _ in range(MAX_REDIRECTS + 1):
                    _check_time(deadline)
                    request = self.request(client, url)
                    response = client.send(request, stream=True)
                    try:
                        if not response.has_redirect_location:
                            return self._body(response, str(url), deadline), str(url)
                        url = self.redirected(url, response.headers["Location"])
                    finally:
                        response.close()
        except (httpx2.TimeoutException, TimeoutError):
            raise self._failed(
                f"{url} did not answer within {self.timeout:g} s"
            ) from None
        except httpx2.RequestError as error:
            raise self._failed(f"{url} cannot be fetched: {error}") from None
        raise self._failed(f"{url} redirects more than {MAX_REDIRECTS} times")

    def request(self, client: httpx2.Client, url: httpx2.URL) -> httpx2.Request:
        """
        The request for *url*. A host that is not trusted is resolved here and called by
        the address that was checked, so that a second answer of its name server cannot
        differ; TLS still verifies the name.
        """
        if url.host in {self._parsed(each).host for each in self.named}:
            return client.build_request("GET", url)
        host = url.raw_host.decode("ascii")
        return client.build_request(
            "GET",
            url.copy_with(host=self._public_address(host, url.port)),
            headers={"Host": url.netloc.decode("ascii")},
            extensions={"sni_hostname": host},
        )

    def redirected(self, url: httpx2.URL, location: str) -> httpx2.URL:
        """Where a redirect leads; never from https to http, nor to another scheme."""
        target = self._parsed(joined(str(url), location, self.at))
        if url.scheme == "https" and target.scheme != "https":
            raise PolicyError(
                f"{url} redirects to {target}, from https to http", location=self.at
            )
        return target

    def _parsed(self, text: str) -> httpx2.URL:
        """Parse *text* as the client does, so that what is checked is what is used."""
        import httpx2

        try:
            url = httpx2.URL(text).copy_with(fragment=None)
        except (httpx2.InvalidURL, UnicodeError) as error:
            raise self._failed(f"{text!r} is not a valid URL: {error}") from None
        if url.userinfo:
            raise PolicyError(
                f"a URL at {url.host} holds a user name or password",
                location=self.at,
                hint="documents are fetched without credentials",
            )
        if not url.host:
            raise self._failed(f"{text!r} names no host")
        return url

    def _public_address(self, host: str, port: int | None) -> str:
        try:
            addresses = self.resolve(host.strip("[]"), port)
        except (OSError, UnicodeError) as error:
            message = f"the host {host} cannot be resolved: {error}"
            raise self._failed(message) from None
        for address in addresses:
            if not is_public(address):
                raise PolicyError(
                    f"the host {host} has the address {address}, which is not public;"
                    " neither documents from the network nor redirects may name it",
                    location=self.at,
                    hint="name the document yourself to allow it",
                )
        return addresses[0]

    def _body(self, response: httpx2.Response, shown: str, deadline: float) -> bytes:
        if response.status_code != 200:
            denied = response.status_code in (401, 403)
            raise self._failed(
                f"{shown} answered {response.status_code} {response.reason_phrase}",
                "documents are fetched without credentials; download it and give the path"
                if denied
                else None,
            )
        data = bytearray()
        for piece in response.iter_bytes():
            data += piece
            if len(data) > self.limit:
                raise too_large(shown, self.limit, self.at)
            _check_time(deadline)
        media = response.headers.get("Content-Type", "").partition(";")[0].strip()
        if _foreign(media.lower(), data):
            raise DocumentError(
                f"{shown} is {media}, not a YAML or JSON document",
                code="AZ107",
                location=self.at,
            )
        return bytes(data)

    def _failed(self, message: str, hint: str | None = None) -> DocumentError:
        return DocumentError(
            message.rstrip(), code="AZ101", location=self.at, hint=hint
        )


def is_public(address: str) -> bool:
    """Whether an IP address is on the public internet, also one wrapped in an IPv6 one."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        low = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        wrapped = ip.ipv4_mapped or ip.sixtofour or (low if ip in _NAT64 else None)
        if ip in _NAT64_SITE or ip.is_site_local:
            return False
        if wrapped is not None:
            ip = wrapped
    odd = ip.is_multicast or ip.is_reserved or ip.is_unspecified
    return ip.is_global and not odd


def _check_time(deadline: float) -> None:
    if time.monotonic() > deadline:
        raise TimeoutError


def _headers() -> dict[str, str]:
    from .. import __version__

    # gzip only: its decoder works in bounded pieces.
    return {
        "User-Agent": f"arazzo/{__version__}",
        "Accept": _ACCEPT,
        "Accept-Encoding": "gzip",
    }


def _foreign(media: str, data: bytearray) -> bool:
    """
    Whether an answer is plainly no document. Servers label YAML as they like (text/plain,
    octet-stream, even text/html), so only what also looks like a page is one.
    """
    if media in ("text/html", "application/xhtml+xml"):
        return data.lstrip()[:1] == b"<"
    return media.partition("/")[0] in ("image", "audio", "video", "font")
