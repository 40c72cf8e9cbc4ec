"""
API descriptions that a document does not name and that lie beside those it does.

Repositories split their descriptions by tag, and the operations of a published workflow are
then in another file than the one it names (dialect rule AZ523).
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from .retrieve import LIMIT, allowed_root, local_targets, scheme

#: Files of a folder that are looked at.
MOST_FILES = 500
_DOCUMENTS = (".yaml", ".yml", ".json")
#: Where catalogues keep a description as it was before they split it.
_KEPT = "_original"


def files_with(
    word: str, urls: Iterable[str], base: str | None, document: str
) -> Iterator[Path]:
    """
    The files beside those that *urls* mean, relative to *base*, wherever *word* stands in
    them, by name; then those of a folder ``_original`` there. None outside of what the
    local *document* may read.
    """
    root, seen = allowed_root(document), set()
    wanted = word.encode()
    for url in urls:
        if scheme(url) or "\0" in url:
            continue
        for target in local_targets(url if base is None else url.lstrip("/"), base):
            folder = Path(target).parent
            above = (folder.parent,) if folder.name == _KEPT else ()
            for each in (folder, *above, folder / _KEPT):
                place = Path(os.path.realpath(each))
                if place in seen or not place.is_relative_to(root):
                    continue
                seen.add(place)
                for path in _documents(each):
                    inside = Path(os.path.realpath(path)).is_relative_to(root)
                    if inside and wanted in _data(path):
                        yield path


def _documents(folder: Path) -> list[Path]:
    try:
        found = sorted(
            each for each in folder.iterdir() if each.name.lower().endswith(_DOCUMENTS)
        )
    except OSError:
        return []
    return found if len(found) <= MOST_FILES else []


def _data(path: Path) -> bytes:
    try:
        return path.read_bytes() if path.stat().st_size <= LIMIT else b""
    except OSError:
        return b""
