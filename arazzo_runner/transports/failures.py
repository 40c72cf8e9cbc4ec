"""What an HTTP library raised, as `NoResponse` in plain words."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator

from .port import NoResponse

_NOT_SENT = {
    "ConnectError",
    "ConnectTimeout",
    "PoolTimeout",
    "ProxyError",
    "UnsupportedProtocol",
    "LocalProtocolError",
    "InvalidURL",
}


class Broken(Exception):
    """A response that we refuse to read on; carries the failure to report."""

    def __init__(self, failure: NoResponse) -> None:
        super().__init__(failure.message)
        self.failure = failure


def explain(
    error: Exception,
    *,
    place: str,
    timeout: float,
    proxy: str | None = None,
    received: int | None = None,
    expected: int = 0,
) -> NoResponse:
    """
    *error* of httpx2, httpx or the operating system as a failure.

    The libraries' classes are told by their names, which both share.

    Args:
        place: ``host:port`` of the server.
        timeout: The seconds that were allowed.
        proxy: ``host:port`` of the proxy in use.
        received: Bytes of the body that came; None before the response's fields.
        expected: Bytes of the body that were announced, or 0.
    """
    names = {each.__name__ for each in type(error).__mro__}
    sent = names.isdisjoint(_NOT_SENT)
    if names & {"ConnectTimeout", "PoolTimeout"}:
        return NoResponse(
            "timeout", f"no connection to {proxy or place} within {timeout:g} s", False
        )
    if names & {"TimeoutException", "TimeoutError"}:
        after = f", after {received:,} bytes of the body" if received else ""
        silent = "took" if "WriteTimeout" in names else "sent"
        return NoResponse(
            "timeout", f"{place} {silent} no byte for {timeout:g} s{after}", sent
        )
    if "ProxyError" in names:
        return NoResponse("proxy", f"the proxy {proxy} refused: {error}", False)
    if "ConnectError" in names:
        return _no_connection(error, place, proxy)
    if "LocalProtocolError" in names:
        return NoResponse("protocol", f"not a possible request: {error}", False)
    if names & {"UnsupportedProtocol", "InvalidURL"}:
        return NoResponse("protocol", f"not a possible URL: {error}", False)
    return _broken_off(error, place, received, expected)


def _no_connection(error: Exception, place: str, proxy: str | None) -> NoResponse:
    to = f"the proxy {proxy}" if proxy else place
    reason = str(error)
    for cause in _causes(error):
        match cause:
            case socket.gaierror():
                text = f"the host name of {to} is not known ({cause.strerror})"
                return NoResponse("proxy" if proxy else "dns", text, False)
            case ssl.SSLCertVerificationError():
                why = cause.verify_message or cause.reason
                text = (
                    f"the certificate of {place} is not trusted: {why} "
                    "(--cacert FILE names an authority to trust, "
                    "--insecure turns the check off)"
                )
                return NoResponse("tls", text, False)
            case ssl.SSLError():
                # Errors that OpenSSL did not raise lack the attribute.
                why = getattr(cause, "reason", None) or cause.strerror or str(cause)
                why = why.lower().replace("_", " ")
                text = f"no TLS connection to {place}: {why}"
                return NoResponse("tls", text, False)
            case ConnectionRefusedError():
                reason = "connection refused"
            case OSError(strerror=str(strerror)):
                reason = strerror.lower()
    return NoResponse(
        "proxy" if proxy else "connect", f"no connection to {to}: {reason}", False
    )


def _broken_off(
    error: Exception, place: str, received: int | None, expected: int
) -> NoResponse:
    # The libraries have one class for a peer that hangs up and one that talks nonsense.
    text = str(error)
    garbled = "ProtocolError" in {
        each.__name__ for each in type(error).__mro__
    } and not ("closed connection" in text or "disconnected" in text)
    if garbled:
        return NoResponse("protocol", f"{place} does not speak HTTP: {text}", True)
    if received is None:
        return NoResponse(
            "interrupted", f"{place} closed the connection without an answer", True
        )
    of = f" of {expected:,}" if expected else ""
    return NoResponse(
        "interrupted",
        f"the connection to {place} broke off after {received:,}{of} bytes of the body",
        True,
    )


def _causes(error: BaseException) -> Iterator[BaseException]:
    """*error* and what led to it, wherever the libraries keep it; at most 20."""
    waiting: list[BaseException] = [error]
    seen: list[BaseException] = []
    while waiting and len(seen) < 20:
        each = waiting.pop(0)
        if each in seen:
            continue
        seen.append(each)
        yield each
        near = [each.__cause__, each.__context__, *each.args]
        if isinstance(each, BaseExceptionGroup):
            near.extend(each.exceptions)
        waiting += [cause for cause in near if isinstance(cause, BaseException)]
