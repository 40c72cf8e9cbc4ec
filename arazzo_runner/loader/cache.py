"""
The parsed-description cache: parse a large description once, later read only its parts.

One SQLite file per content, named by the content's sha256 and the `FORMAT`, holds a row per
part. A file is written under another name and moved into place whole, and never changed
after that, so that any number of processes can share the folder, and deleting it is safe.
Whatever is wrong with a file or the folder, the document is parsed as if it were not there.

**When to raise `FORMAT`**: whenever the same bytes would give other parts than before: a
change of how documents are parsed, of how they are split, of the keys, or of the tables.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self, cast

from ..messages import ABSENT, JSON, Absent

if TYPE_CHECKING:
    import sqlite3

FORMAT: Final = 3
#: Files that are kept, the most recently used ones.
KEPT: Final = 512
#: Seconds after which the unfinished file of a killed process is removed.
_STALE: Final = 3600

Parse = Callable[[bytes], JSON]
Split = Callable[[JSON], Mapping[str, JSON]]
_Build = Callable[[], Mapping[str, JSON]]


class Parts:
    """
    The parts of a document, by key. Reading is safe from many threads; what `get` returns
    is shared and must not be changed.
    """

    def __init__(
        self, known: Mapping[str, JSON], stored: _Stored | None, build: _Build
    ) -> None:
        self._known = dict(known)
        self._stored = stored
        self._build = build
        self._lock = threading.Lock()

    def get(self, key: str) -> JSON | Absent:
        """The part *key*; ABSENT if the document has none."""
        with self._lock:
            if key not in self._known and self._stored is not None:
                try:
                    found = self._stored.get(key)
                except _Damaged:
                    self._recover()
                else:
                    if not isinstance(found, Absent):
                        self._known[key] = found
            return self._known.get(key, ABSENT)

    def keys(self) -> frozenset[str]:
        """The keys of all parts."""
        with self._lock:
            if self._stored is not None:
                try:
                    return self._stored.keys()
                except _Damaged:
                    self._recover()
            return frozenset(self._known)

    def _recover(self) -> None:
        """The file turned out to be damaged: use the document itself from now on."""
        if self._stored is not None:
            self._stored.close()
        self._stored = None
        self._known = {**self._build(), **self._known}

    def close(self) -> None:
        """Let go of the file. A part that was not read before is parsed again, if asked."""
        with self._lock:
            if self._stored is not None:
                self._stored.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def open_parts(
    data: bytes, *, parse: Parse, split: Split, folder: Path | None
) -> Parts:
    """
    The parts of the document *data*, from the cache in *folder* if they are there.

    *parse* and *split* (document → part by key) must depend on their argument alone; what
    they raise is raised here, when the document has to be parsed.
    """
    if folder is None:
        return Parts(split(parse(data)), None, dict)
    content = hashlib.sha256(data).hexdigest()
    path = folder / f"descriptions-v{FORMAT}" / f"{content}.sqlite"

    def build() -> Mapping[str, JSON]:
        parts = split(parse(data))
        _write(path, content, parts)
        return parts

    stored = _open(path, content)
    return Parts({} if stored is not None else build(), stored, build)


def cache_folder(environ: Mapping[str, str], platform: str) -> Path | None:
    """
    The user's cache folder on *platform* (as ``sys.platform``); None if it is not known.

    https://specifications.freedesktop.org/basedir-spec/latest/: a relative
    ``XDG_CACHE_HOME`` counts as unset.
    """
    if platform == "win32":
        local = environ.get("LOCALAPPDATA")
        return Path(local) / "arazzo" / "Cache" if local else None
    home = Path(environ.get("HOME", ""))
    xdg = Path(environ.get("XDG_CACHE_HOME", ""))
    if platform != "darwin" and xdg.is_absolute():
        return xdg / "arazzo"
    if not home.is_absolute():
        return None
    caches = home / "Library" / "Caches" if platform == "darwin" else home / ".cache"
    return caches / "arazzo"


# --- one file ---------------------------------------------------------------------------


class _Damaged(Exception):
    """A cache file does not hold what was written."""


@contextlib.contextmanager
def _reading() -> Iterator[None]:
    """Whatever a file of another content can do to SQLite or us becomes `_Damaged`."""
    import sqlite3

    try:
        yield
    except (sqlite3.Error, OSError, ValueError, TypeError, RecursionError) as error:
        raise _Damaged from error


class _Stored:
    """
    A cache file, open for reading.

    Each row carries a digest of itself and the content's name, and the file one of its
    keys: a row that was changed, taken from another file or removed is noticed when it is
    asked for. (It is no protection against somebody who may write into the user's folder
    and means harm: he could compute them too.)
    """

    def __init__(
        self, connection: sqlite3.Connection, content: str, keys: bytes
    ) -> None:
        self._connection = connection
        self._content = content
        self._digest_of_keys = keys
        self._keys: frozenset[str] | None = None
        # Closes the file at the latest when nobody can use it any more.
        self.close = weakref.finalize(self, connection.close)

    def get(self, key: str) -> JSON | Absent:
        with _reading():
            row = self._connection.execute(
                "SELECT json, digest FROM part WHERE key = ?", (key,)
            ).fetchone()
            if row is None:
                if key in self.keys():
                    raise _Damaged
                return ABSENT
            if row[1] != _digest(self._content, key, row[0]):
                raise _Damaged
            return cast(JSON, json.loads(row[0]))

    def keys(self) -> frozenset[str]:
        if self._keys is None:
            with _reading():
                keys = [key for (key,) in self._connection.execute(_ALL_KEYS)]
                if _digest(self._content, *keys) != self._digest_of_keys:
                    raise _Damaged
            self._keys = frozenset(keys)
        return self._keys


_ALL_KEYS: Final = "SELECT key FROM part ORDER BY key"


def _digest(*texts: str) -> bytes:
    return hashlib.sha256("\0".join(texts).encode("utf-8", "surrogatepass")).digest()


def _open(path: Path, content: str) -> _Stored | None:
    """The file at *path* if it is whole and belongs to *content*."""
    import sqlite3

    uri = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
    try:
        connection = sqlite3.connect(uri, uri=True, check_same_thread=False)
    except sqlite3.Error:
        return None
    about: dict[str, str | bytes] = {}
    with contextlib.suppress(_Damaged), _reading():
        about = dict(connection.execute("SELECT name, value FROM about"))
    keys = about.get("keys")
    ours = (about.get("format"), about.get("content")) == (str(FORMAT), content)
    if not ours or not isinstance(keys, bytes):
        connection.close()
        return None
    with contextlib.suppress(OSError):
        os.utime(path)  # so that what is in use is not pruned
    return _Stored(connection, content, keys)


def _write(path: Path, content: str, parts: Mapping[str, JSON]) -> None:
    """Write the file at *path* if that is possible; what prevents it is no error."""
    import sqlite3

    folder = path.parent
    try:
        rows = [_row(content, key, part) for key, part in parts.items()]
        folder.parent.mkdir(0o700, parents=True, exist_ok=True)
        folder.mkdir(0o700, exist_ok=True)
        handle, name = tempfile.mkstemp(".tmp", dir=folder)  # readable by the user only
        os.close(handle)
    except (OSError, ValueError, RecursionError):
        return
    unfinished = Path(name)
    try:
        with contextlib.closing(sqlite3.connect(name)) as connection:
            _fill(connection, content, rows)
        unfinished.replace(path)
    except (sqlite3.Error, OSError, ValueError):
        with contextlib.suppress(OSError):
            unfinished.unlink()
        return
    prune(folder, KEPT)


def _row(content: str, key: str, part: JSON) -> tuple[str, str, bytes]:
    text = json.dumps(part, separators=(",", ":"))
    return key, text, _digest(content, key, text)


def _fill(
    connection: sqlite3.Connection, content: str, rows: list[tuple[str, str, bytes]]
) -> None:
    # No journal and no waiting for the disk: the file has another name until it is whole,
    # and what a power failure takes away, the digests notice.
    connection.execute("PRAGMA journal_mode = OFF")
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("CREATE TABLE about (name TEXT PRIMARY KEY, value)")
    connection.execute(
        "CREATE TABLE part (key TEXT PRIMARY KEY, json TEXT, digest BLOB)"
    )
    keys = _digest(content, *sorted(key for key, _, _ in rows))
    about = [("format", str(FORMAT)), ("content", content), ("keys", keys)]
    connection.executemany("INSERT INTO about VALUES (?, ?)", about)
    connection.executemany("INSERT INTO part VALUES (?, ?, ?)", rows)
    connection.commit()


def prune(folder: Path, kept: int) -> None:
    """Remove all but the *kept* files of *folder* that were used last, and leftovers."""
    with contextlib.suppress(OSError):
        every = [(each.stat().st_mtime, each) for each in folder.iterdir()]
        leftovers = [each for each in every if each[1].suffix == ".tmp"]
        files = [each for each in every if each[1].suffix in (".sqlite", ".json")]
        old = sorted(files)[: max(len(files) - kept, 0)]
        old += [each for each in leftovers if each[0] < time.time() - _STALE]
        for _, path in old:
            path.unlink(missing_ok=True)
