"""
Where the members of a large document are, as far as messages have asked: kept from run to
run, since finding one out means reading the whole document again.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path as FilePath
from typing import Final

from ..errors import Location
from ..model import Path
from .cache import prune

#: To be raised whenever the same bytes would give other places.
FORMAT: Final = 1
#: Documents of fewer bytes are not worth it.
SMALL: Final = 16 * 1024
#: Files that are kept, the most recently used ones.
KEPT: Final = 512

Locate = Callable[[Path], Location]


class Places:
    """
    The places of a document with the sha256 *content*. They are kept in *folder*; None for
    nowhere. A file that is damaged or cannot be written is no error. Safe in threads and
    processes: of what two of them find out at once, some is found out again.
    """

    def __init__(self, uri: str, folder: FilePath | None, content: str) -> None:
        self._uri = uri
        self._path: FilePath | None = None
        if folder is not None:
            self._path = folder / f"places-v{FORMAT}" / f"{content}.json"
        self._known: dict[str, Location] | None = None
        self._lock = threading.Lock()

    def locate(self, path: Path, find: Locate) -> Location:
        """The place of *path*, which *find* finds out if it is not known."""
        key = json.dumps(path)
        with self._lock:
            if self._known is None:
                self._known = self._read()
            if key not in self._known:
                self._known[key] = find(path)
                self._write(self._known)
            return self._known[key]

    def _read(self) -> dict[str, Location]:
        if self._path is None:
            return {}
        try:
            found = json.loads(self._path.read_bytes())
            places = {
                str(key): Location(self._uri, *(int(each) for each in place))
                for key, place in found.items()
            }
        except (OSError, ValueError, TypeError, AttributeError, RecursionError):
            return {}
        with contextlib.suppress(OSError):
            os.utime(self._path)  # so that what is in use is not pruned
        return places

    def _write(self, known: dict[str, Location]) -> None:
        if self._path is None:
            return
        places = {key: (at.line, at.column, at.length) for key, at in known.items()}
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(0o700, parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(".tmp", dir=self._path.parent)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(places, file)
            fresh = not self._path.exists()
            FilePath(name).replace(self._path)
            if fresh:
                prune(self._path.parent, KEPT)
