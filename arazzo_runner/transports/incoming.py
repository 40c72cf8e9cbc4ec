"""A response as it comes in: unpacked, counted, kept in memory or in a file, decoded."""

from __future__ import annotations

import re
import time
import zlib
from collections.abc import Iterator, Sequence
from datetime import UTC
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from ..messages import (
    ABSENT,
    MEMORY_LIMIT,
    Absent,
    File,
    Headers,
    Records,
    Response,
    Value,
)
from ..openapi.media_types import essence
from ..openapi.responses import decode, kind
from .failures import Broken
from .port import FailureKind, NoResponse
from .spool import Spool, Writer

#: A body may unpack to this many times its bytes, once it is past `RATIO_FROM` bytes.
RATIO_LIMIT: Final = 200
RATIO_FROM: Final = 10 * 10**6

# One coding is usual, two are possible; more are an attack (or a very odd server).
_MOST_CODINGS: Final = 2
_STEP: Final = 256 * 1024


class Reception:
    """
    One response on its way in. Ends with `finish`, or with `abandon`.

    Attributes:
        fields: The header fields by name; several of a name are joined.
        announced: ``Content-Length``, or 0.
        received: Bytes of the body so far, as they came.
    """

    def __init__(
        self,
        status: int,
        headers: Sequence[tuple[bytes, bytes]],
        *,
        spool: Spool,
        url: str,
        strict: bool = False,
        download: Path | None = None,
    ) -> None:
        self.status = status
        self.headers = read_fields(headers)
        self.received = 0
        self.announced = 0
        self.fields: dict[str, str] = {}
        for name, value in self.headers:
            known = self.fields.get(name)
            self.fields[name] = value if known is None else f"{known}, {value}"
        if (text := self.fields.get("content-length", "")).isdecimal() and len(
            text
        ) < 20:
            self.announced = int(text)
        self._spool = spool
        self._url = url
        self._strict = strict
        self._download = download if 200 <= status < 300 else None
        self._content_type = self.fields.get("content-type", "")
        self._size = 0
        self._chunks: list[bytes] = []
        self._writer: Writer | None = None
        self._unpack: list[Inflater] = []
        if "content-encoding" in self.fields:
            self._unpack = _inflaters(self.fields["content-encoding"])
        elif self.announced > spool.limit:
            raise self._too_large(f"has {self.announced:,} bytes")

    def feed(self, data: bytes) -> None:
        """
        Take the next piece of the body, as it came.

        Raises:
            Broken: the body is too large, unpacks beyond reason, or is not packed as the
                response says.
            ArazzoError: it cannot be written to disk.
        """
        self.received += len(data)
        if not self._unpack:
            self._take(data)
            return
        try:
            for piece in _unpacked(data, self._unpack):
                self._take(piece)
        except zlib.error as error:
            raise _broken(
                "protocol", f"the body is not compressed as said: {error}"
            ) from None

    def finish(self) -> Response:
        """The whole response. Raises `Broken` if a compressed body has no end."""
        if self.received and not all(each.ended for each in self._unpack):
            raise _broken("interrupted", "the compressed body ends early")
        body, problem = self._body()
        return Response(
            self.status, self.headers, body, essence(self._content_type), problem
        )

    def abandon(self) -> None:
        """Give up; a no-op after `finish`. What a download has got so far stays."""
        if self._writer is not None:
            self._writer.abandon()

    def _take(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._size > self._spool.limit:
            raise self._too_large(f"has more than {self._spool.limit:,} bytes")
        if self._unpack and self._size > max(RATIO_FROM, RATIO_LIMIT * self.received):
            raise self._too_large(
                f"unpacks {self.received:,} bytes to more than {self._size:,}"
            )
        if self._writer is not None:
            self._writer.write(piece)
            return
        self._chunks.append(piece)
        if self._download is not None or self._size > MEMORY_LIMIT:
            self._write_out()

    def _write_out(self) -> Writer:
        """Move what is in memory to a file; the rest will follow it."""
        self._writer = writer = self._spool.writer(
            name=_file_name(self._url, self._download),
            media_type=self._content_type,
            path=self._download,
            expected=max(self._size, 0 if self._unpack else self.announced),
        )
        for piece in self._chunks:
            writer.write(piece)
        self._chunks.clear()
        return writer

    def _body(self) -> tuple[Value | Absent, str | None]:
        if not self._size:
            return ABSENT, None
        what = kind(self._content_type)
        if self._writer is None and what != "binary":
            data = self._chunks[0] if len(self._chunks) == 1 else b"".join(self._chunks)
            return decode(self._content_type, data, strict=self._strict)
        file: File = (self._writer or self._write_out()).finish()
        return (
            Records(file=file) if what == "records" and not self._strict else file
        ), None

    def _too_large(self, what: str) -> Broken:
        return _broken("too-large", f"the body of {self._url.partition('?')[0]} {what}")


class Inflater:
    """Undoes one ``gzip`` or ``deflate``, in steps: a small input may hide a huge output."""

    def __init__(self, coding: str) -> None:
        self._gzip = coding == "gzip"
        self._head = b""
        self._state = zlib.decompressobj(16 + zlib.MAX_WBITS) if self._gzip else None

    @property
    def ended(self) -> bool:
        """Whether the packed data has come to its end."""
        return self._state is not None and self._state.eof

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Unpack *data* to pieces of at most 256 KiB. Raises zlib.error."""
        if self._state is None:
            # "deflate" means zlib's format (RFC 9110, 8.4.1.2), but some servers send
            # the bare one; the first two bytes tell.
            self._head += data
            if len(self._head) < 2:
                return
            data = self._head
            zlib_format = data[0] & 15 == 8 and (data[0] << 8 | data[1]) % 31 == 0
            self._state = zlib.decompressobj(15 if zlib_format else -15)
        while True:
            if self._state.eof:
                # A gzip file may have several members; anything else there is padding.
                if not self._gzip or not data.startswith(b"\x1f"):
                    return
                self._state = zlib.decompressobj(16 + zlib.MAX_WBITS)
            piece = self._state.decompress(data, _STEP)
            if piece:
                yield piece
            data = self._state.unused_data or self._state.unconsumed_tail
            if not data and len(piece) < _STEP:
                return


def _inflaters(codings: str) -> list[Inflater]:
    """What undoes the value of ``Content-Encoding``, in the order of undoing."""
    names = [name.strip().lower().removeprefix("x-") for name in codings.split(",")]
    known = [name for name in names if name not in ("", "identity")]
    for name in known:
        if name in ("br", "zstd", "compress"):
            raise _broken(
                "protocol", f"the body is packed with {name}, which was not asked for"
            )
    # Servers put charsets and other nonsense here; such a body is as it is.
    packed = [name for name in known if name in ("gzip", "deflate")]
    if len(packed) > _MOST_CODINGS:
        raise _broken("too-large", f"the body is packed {len(packed)} times")
    return [Inflater(name) for name in reversed(packed)]


def _unpacked(data: bytes, chain: Sequence[Inflater]) -> Iterator[bytes]:
    if not chain:
        yield data
        return
    for piece in chain[0].feed(data):
        yield from _unpacked(piece, chain[1:])


def _broken(kind: FailureKind, message: str) -> Broken:
    return Broken(NoResponse(kind, message, True))


def read_fields(headers: Sequence[tuple[bytes, bytes]]) -> Headers:
    """Header fields as text, names in lower case: UTF-8 where it is, else Latin-1."""
    try:
        return tuple([(key.lower().decode(), value.decode()) for key, value in headers])
    except UnicodeDecodeError:
        return tuple(
            [(key.lower().decode("latin-1"), _text(value)) for key, value in headers]
        )


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")


def _file_name(url: str, download: Path | None) -> str:
    """A name for a receiver of the body: the last part of its path."""
    if download is not None:
        return download.name.removesuffix(".part")
    last = unquote(urlsplit(url).path.rpartition("/")[2])
    return re.sub(r"[^\w.@+-]+", "_", last).strip(".")[-100:] or "body"


def retry_after(headers: Headers) -> float | None:
    """
    The seconds that ``Retry-After`` asks for: a count, or a date less the response's own
    ``Date`` (the clock that wrote both), else less our time. Of several fields the first
    that can be read counts: it may be there once, and a proxy adds its own behind it.

        >>> retry_after((("retry-after", "soon"), ("retry-after", "120")))
        120.0

    https://www.rfc-editor.org/rfc/rfc9110.html#name-retry-after
    """
    asked = [value for name, value in headers if name == "retry-after"]
    for text in asked:
        if re.fullmatch(r"-?[0-9]{1,12}(\.[0-9]{1,9})?", text):
            return max(float(text), 0.0)
        until = _timestamp(text)
        if until is not None:
            written = next((value for name, value in headers if name == "date"), "")
            now = _timestamp(written)
            return max(until - (time.time() if now is None else now), 0.0)
    return None


def _timestamp(text: str) -> float | None:
    from email.utils import parsedate_to_datetime

    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, IndexError, OverflowError):
        return None
    if moment.tzinfo is None:  # "-0000" and asctime dates: HTTP's are all in GMT
        moment = moment.replace(tzinfo=UTC)
    return moment.timestamp()
