"""Bodies that live in files: written once, hashed on the way, read through `Bodies`."""

from __future__ import annotations

import errno
import hashlib
import io
import itertools
import os
import shutil
import tempfile
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final

from ..errors import ArazzoError, InputError, LimitError, UsageError
from ..messages import ABSENT, JSON, Absent, File
from ..openapi.media_types import charset, essence, kind
from ..openapi.responses import InvalidJSON, parse_json

#: The largest body that is taken, in bytes.
LIMIT: Final = 5 * 10**9

#: How much of a file is held in memory at once, in bytes.
CHUNK: Final = 64 * 1024

#: The longest line of a file that is read as lines, in characters.
LINE_LIMIT: Final = 64 << 20


class Spool:
    """
    Keeps bodies in a folder and reads them back: the `Bodies` of a run.

    Without *folder* it makes a private one when the first body comes and removes it in
    `close`, or when nobody holds the spool any more. A folder that is given stays.
    Uploads (`adopt`) and downloads (`writer` with a path) are the caller's and stay, too.

    Every method may be called from several threads.
    """

    def __init__(self, folder: Path | None = None, *, limit: int = LIMIT) -> None:
        self.limit = limit
        self._given = folder
        self._folder: Path | None = None
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._remove: weakref.finalize[[str], Spool] | None = None
        self._parsed: tuple[str, JSON | Absent] | None = None

    def __enter__(self) -> Spool:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Remove the private folder with every body in it; the spool stays usable."""
        with self._lock:
            self._parsed = None
            self._folder = None
            if self._remove is not None:
                self._remove()
                self._remove = None

    # --- writing

    def writer(
        self,
        *,
        name: str,
        media_type: str = "",
        path: Path | None = None,
        expected: int | None = None,
    ) -> Writer:
        """
        A new body, to be written piece by piece.

        Args:
            path: Where it goes instead of the spool's folder; overwritten if it exists.
            expected: Its size in bytes, if known: the disk is asked first.

        Raises:
            UsageError: *path* cannot be written.
            LimitError: the disk has not enough room.
        """
        target = path or self._home() / f"{next(self._numbers):06d}.body"
        try:
            if expected and shutil.disk_usage(target.parent).free < expected:
                raise _no_room(target, expected)
            # What the user asked for gets the permissions the user's umask gives.
            mode = 0o666 if path else 0o600
            flags = os.O_WRONLY | os.O_CREAT | (os.O_TRUNC if path else os.O_EXCL)
            handle = os.open(target, flags | getattr(os, "O_BINARY", 0), mode)
        except OSError as error:
            raise UsageError(
                f"cannot write {target}: {_reason(error)}",
                hint="give another file" if path else "set TMPDIR to another folder",
            ) from error
        return Writer(
            os.fdopen(handle, "wb"), target, name, media_type, kept=path is not None
        )

    def keep(self, data: bytes, *, name: str, media_type: str = "") -> File:
        """*data* as a file in the spool's folder."""
        writer = self.writer(name=name, media_type=media_type, expected=len(data))
        try:
            writer.write(data)
            return writer.finish()
        finally:
            writer.abandon()

    def adopt(
        self,
        path: str | os.PathLike[str],
        name: str | None = None,
        media_type: str = "",
    ) -> File:
        """
        The file at *path*, to be uploaded; it is read once for its hash.

        Raises:
            InputError: there is no such file, or it cannot be read.
        """
        place = Path(path).absolute()
        digest, size = hashlib.sha256(), 0
        try:
            if place.exists() and not place.is_file():
                what = "a folder" if place.is_dir() else "not a regular file"
                raise InputError(
                    f"{path} is {what}", hint="only a regular file can be uploaded"
                )
            with place.open("rb") as stream:
                while block := stream.read(1 << 20):
                    digest.update(block)
                    size += len(block)
        except OSError as error:
            raise InputError(
                f"cannot read {path}: {_reason(error)}",
                hint=f"relative paths start at {Path.cwd()}"
                if not Path(path).is_absolute()
                else None,
            ) from error
        return File(
            str(place), name or place.name, digest.hexdigest(), size, media_type
        )

    def _home(self) -> Path:
        with self._lock:
            if self._folder is None:
                try:
                    self._folder = self._make_folder()
                except OSError as error:
                    raise UsageError(
                        f"cannot make a folder for large bodies: {_reason(error)}",
                        hint="set TMPDIR to a folder that can be written",
                    ) from error
            return self._folder

    def _make_folder(self) -> Path:
        if self._given is not None:
            self._given.mkdir(mode=0o700, parents=True, exist_ok=True)
            return Path(tempfile.mkdtemp(prefix="bodies-", dir=self._given)).absolute()
        folder = tempfile.mkdtemp(prefix="arazzo-")  # with mode 0700
        self._remove = weakref.finalize(self, _remove_folder, folder)
        return Path(folder).absolute()

    # --- reading: the port `Bodies`

    def text(self, file: File) -> str:
        """The whole content as text, by the charset of its media type, else UTF-8."""
        return self._bytes(file).decode(charset(file.media_type), "replace")

    def lines(self, file: File) -> Iterator[str]:
        """
        The content line by line, without line ends.

        Only line feeds end lines: a JSON text may hold U+2028 and its like.
        """
        with self._open(file) as stream:
            codec = charset(file.media_type, begin=stream.read(4))
            stream.seek(0)
            text = io.TextIOWrapper(stream, codec, errors="replace", newline="\n")
            while line := text.readline(LINE_LIMIT + 1):
                if len(line) > LINE_LIMIT:
                    raise LimitError(
                        f"{file.name} has a line of more than {LINE_LIMIT} characters",
                        code="body-too-large",
                    )
                yield line.removesuffix("\n").removesuffix("\r")

    def data(self, file: File) -> JSON | Absent:
        """
        The content as JSON, or ABSENT. Text stays text at every size: a file of a textual
        media type is not parsed. The last answer is kept, for the next expression.
        """
        key = f"{file.sha256} {file.media_type}"
        if self._parsed is not None and self._parsed[0] == key:
            return self._parsed[1]
        value: JSON | Absent = ABSENT
        if not essence(file.media_type) or kind(file.media_type) != "text":
            with suppress(InvalidJSON):
                value = parse_json(self._bytes(file))
        self._parsed = (key, value)
        return value

    def chunks(self, file: File) -> Iterator[bytes]:
        """The content in pieces of at most `CHUNK` bytes, exactly `file.bytes` in all."""
        left = file.bytes
        with self._open(file) as stream:
            while left:
                block = stream.read(min(CHUNK, left))
                if not block:
                    raise _changed(file)
                left -= len(block)
                yield block

    def _bytes(self, file: File) -> bytes:
        with self._open(file) as stream:
            return stream.read()

    @contextmanager
    def _open(self, file: File) -> Iterator[BinaryIO]:
        try:
            stream = Path(file.path).open("rb")  # noqa: SIM115  (closed below)
        except OSError as error:
            raise ArazzoError(
                f"{file.name} can no longer be read: {_reason(error)}",
                code="file-changed",
                hint=f"it was {file.path}; large bodies are removed when a result is closed",
            ) from error
        with stream:
            if os.fstat(stream.fileno()).st_size != file.bytes:
                raise _changed(file)
            yield stream


class Writer:
    """A body on its way to a file. Ends with `finish`, or with `abandon`."""

    def __init__(
        self, stream: BinaryIO, path: Path, name: str, media_type: str, *, kept: bool
    ) -> None:
        self._stream = stream
        self._path = path
        self._name = name
        self._media_type = media_type
        self._kept = kept
        self._hash = hashlib.sha256()
        self._size = 0
        self._done = False

    def write(self, data: bytes) -> None:
        """
        Append *data*.

        Raises:
            LimitError: the disk is full.
            ArazzoError: it cannot be written for another reason.
        """
        try:
            self._stream.write(data)
        except OSError as error:
            raise self._failed(error) from error
        self._hash.update(data)
        self._size += len(data)

    def finish(self) -> File:
        """Close the file; everything is on its way to the disk."""
        try:
            self._stream.close()
        except OSError as error:
            raise self._failed(error) from error
        self._done = True
        return File(
            str(self._path.absolute()),
            self._name,
            self._hash.hexdigest(),
            self._size,
            self._media_type,
        )

    def abandon(self) -> None:
        """Give up, unless finished: the file goes, but a download's stays for the user."""
        if self._done:
            return
        self._done = True
        try:
            self._stream.close()
        except OSError:
            # Closing flushes, so a full disk is met again here; it was reported before.
            self._stream.raw.close()  # type: ignore[attr-defined]
        if not self._kept:
            self._path.unlink(missing_ok=True)

    def _failed(self, error: OSError) -> ArazzoError:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return _no_room(self._path, None)
        return ArazzoError(
            f"cannot write {self._path}: {_reason(error)}", code="body-too-large"
        )


def _remove_folder(folder: str) -> None:
    shutil.rmtree(folder, ignore_errors=True)


def _no_room(path: Path, needed: int | None) -> LimitError:
    size = f" for {needed:,} bytes" if needed else ""
    return LimitError(
        f"the disk of {path.parent} has no room{size}",
        code="body-too-large",
        hint="free some space, or set TMPDIR to a folder on another disk",
    )


def _changed(file: File) -> ArazzoError:
    return ArazzoError(
        f"{file.name} has changed since it was first read", code="file-changed"
    )


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
