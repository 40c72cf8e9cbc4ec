"""Requests as the libraries take them: fields, and bodies piece by piece, any number of times."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from .. import __version__
from ..messages import Headers, Records, Request, Segment, record_lines
from .exchange import Exchange
from .spool import CHUNK, Spool

if TYPE_CHECKING:
    import httpx2

# What `incoming` can unpack.
ACCEPT_ENCODING: Final = "gzip, deflate"

# Framing is ours alone: a body whose length a file could set would hide a second request.
_FRAMING: Final = ("content-length", "transfer-encoding")


class Default(NamedTuple):
    """A field that is sent unless the request sets it: its name in lower case, itself."""

    key: str
    name: bytes
    value: bytes


def default_fields(headers: Headers) -> list[Default]:
    """Who we are and what we understand; *headers* add to it or replace it."""
    import httpx2

    agent = f"arazzo/{__version__} python-httpx2/{httpx2.__version__}"
    wanted = {"user-agent": ("User-Agent", agent)}
    wanted["accept-encoding"] = ("Accept-Encoding", ACCEPT_ENCODING)
    wanted.update((name.lower(), (name, value)) for name, value in headers)
    return [
        Default(key, name.encode(), value.encode())
        for key, (name, value) in wanted.items()
    ]


def fields(
    request: Request, defaults: Sequence[Default], spool: Spool
) -> list[tuple[bytes, bytes]]:
    """The fields of *request*, those of *defaults* that it lacks, and the body's length."""
    given = {name.lower() for name, _ in request.headers}
    own = [
        (name.encode(), value.encode())
        for name, value in request.headers
        if name.lower() not in _FRAMING
    ]
    own += [(name, value) for key, name, value in defaults if key not in given]
    if request.body or request.method in ("POST", "PUT", "PATCH"):
        own.append((b"Content-Length", b"%d" % length(request.body, spool)))
    return own


def prepare(
    exchange: Exchange,
    url: httpx2.URL,
    defaults: Sequence[Default],
    spool: Spool,
    *,
    asynchronous: bool,
) -> httpx2.Request:
    """
    The request of *exchange* for a transport of httpx2.

    Of *url* only scheme, host and port count for a transport of the network; what goes on
    the wire as path and query is the request's own, not what the library makes of it.
    """
    import httpx2

    request = exchange.request
    all_fields = fields(request, defaults, spool)
    if not any(name.lower() == b"host" for name, _ in all_fields):
        all_fields.insert(0, (b"Host", url.netloc))
    seconds = exchange.timeout
    extensions = {
        "timeout": dict.fromkeys(("connect", "read", "write", "pool"), seconds),
        "target": exchange.target.encode("ascii"),
    }
    if exchange.address is not None:  # TLS verifies the name all the same
        extensions["sni_hostname"] = url.raw_host.decode("ascii")
        url = url.copy_with(host=exchange.address)
    if is_short(request.body):
        return httpx2.Request(
            request.method,
            url,
            headers=all_fields,
            stream=httpx2.ByteStream(joined(request.body)),
            extensions=extensions,
        )
    send = achunks if asynchronous else chunks
    return httpx2.Request(
        request.method,
        url,
        headers=all_fields,
        content=send(request.body, spool),
        extensions=extensions,
    )


def is_short(body: Sequence[Segment]) -> bool:
    """Whether the body is in memory already."""
    return all(isinstance(segment, bytes) for segment in body)


def joined(body: Sequence[Segment]) -> bytes:
    """The bytes of a body for which `is_short` holds."""
    return body[0] if len(body) == 1 else b"".join(body)  # type: ignore[arg-type, return-value]


def length(body: Sequence[Segment], spool: Spool) -> int:
    """
    The number of bytes that `chunks` will give.

    Records are read once for it, so that a server that refuses chunked requests can be
    served, and a proxy sees how much is coming.
    """
    total = 0
    for segment in body:
        if isinstance(segment, bytes):
            total += len(segment)
        elif isinstance(segment, Records):
            total += sum(len(piece) for piece in _record_pieces(segment, spool))
        else:
            total += segment.bytes
    return total


def chunks(body: Sequence[Segment], spool: Spool) -> Iterator[bytes]:
    """The bytes of the body; nothing is held in memory beyond a piece."""
    for segment in body:
        yield from _pieces(segment, spool)


async def achunks(body: Sequence[Segment], spool: Spool) -> AsyncIterator[bytes]:
    """The same; files are read in a thread, so that the event loop goes on."""
    import asyncio

    for segment in body:
        if isinstance(segment, bytes):
            yield segment
            continue
        pieces = _pieces(segment, spool)
        while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
            yield piece


def _pieces(segment: Segment, spool: Spool) -> Iterator[bytes]:
    if isinstance(segment, bytes):
        return iter((segment,))
    if isinstance(segment, Records):
        return _record_pieces(segment, spool)
    return spool.chunks(segment)


def _record_pieces(records: Records, spool: Spool) -> Iterator[bytes]:
    """The members of a JSON array: texts joined by commas, gathered to pieces of a size."""
    piece = bytearray()
    for number, line in enumerate(record_lines(records, spool)):
        if number:
            piece += b","
        piece += line.encode()
        if len(piece) >= CHUNK:
            yield bytes(piece)
            piece.clear()
    if piece:
        yield bytes(piece)
