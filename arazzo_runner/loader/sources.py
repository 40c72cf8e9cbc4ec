"""
Where a source description really is.

Published files often name a place where the file no longer lies, or write a path from the
root of their repository. Both are dialect rules (AZ505): found by name, said once, refused
with ``strict``.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from .. import model
from ..errors import (
    NOWHERE,
    ArazzoError,
    Diagnostic,
    DocumentError,
    Fix,
    Location,
    PolicyError,
)
from .retrieve import STDIN, Retrieved, allowed_root, local_targets, retrieve, scheme

#: Entries of folders that a search by name looks at.
SEARCH_LIMIT: Final = 2000
#: Where catalogues keep a description as it was before they split it.
_KEPT: Final = "_original"


@dataclass(frozen=True, slots=True)
class FoundSource:
    """A source description's document, and what to tell if it was not where it should be."""

    retrieved: Retrieved
    note: Diagnostic | None = None


def find_source(
    source: model.SourceDescription,
    document: Retrieved,
    *,
    override: str | None = None,
    strict: bool,
    locate: Callable[[model.Path], Location],
    entry: str | None = None,
    url: str | None = None,
) -> FoundSource:
    """
    Read the document that *source* of the description *document* names (checklist A-66).

    *override* is the user's word: a path relative to the working directory, or a URL;
    nothing is looked for then, nor with *strict*. *entry* is as in `retrieve`, by default
    that of *document* itself. *url* is the absolute URI that the source's ``url`` means,
    where it is not to be read as written.

    Raises:
        DocumentError: AZ301 when there is none; AZ104, AZ107 as `retrieve`.
        PolicyError: the document names a file or host which it may not reach.
    """
    at = NOWHERE if override is not None else locate((*source.path, "url"))
    try:
        if override is not None:
            return FoundSource(retrieve(override))
        if url is not None:
            return FoundSource(retrieve(url, base=document.uri, entry=entry, at=at))
        moved = [] if strict else _moved(source.url, document.uri)
        written = moved[0] if moved else source.url
        entry = entry or document.asked or None
        found = retrieve(written, base=document.uri, entry=entry, at=at)
    except (DocumentError, PolicyError) as error:
        raise _refused(source, error, at, override) from error
    return FoundSource(found, _note(source, moved, at) if moved else None)


def _refused(
    source: model.SourceDescription,
    error: ArazzoError,
    at: Location,
    override: str | None,
) -> ArazzoError:
    """*error*, told as one of *source*."""
    hint = f"give it with --source {source.name}=PATH" if override is None else None
    near = error.hint if error.hint and error.hint.startswith("did you mean") else None
    return type(error)(
        f"source description {source.name!r}: {error.message}",
        code="AZ301" if error.code == "AZ101" else error.code,
        location=at,
        hint=" ".join(each for each in (near, hint) if each) or error.hint,
    )


def _note(
    source: model.SourceDescription, moved: list[str], at: Location
) -> Diagnostic:
    others = f"also there: {', '.join(moved[1:])}; " if moved[1:] else ""
    return Diagnostic(
        code="AZ505",
        message=f"source description {source.name!r}: {source.url} is not there;"
        f" using {moved[0]}",
        location=at,
        hint=f"{others}--source {source.name}=PATH names another",
        severity="warning",
        fix=Fix(source.url, moved[0]) if len(moved) == 1 else None,
    )


# --- looking for a file -----------------------------------------------------------------


def _moved(url: str, document: str) -> list[str]:
    """
    Where the file of *url* may be instead, best first, relative to the folder of
    *document*; empty if it is where it should be, if nothing is found, or if one of the
    two is not a local file.
    """
    if not url or scheme(url) or scheme(document) or "\0" in url:
        return []
    folder = _absolute("" if document == STDIN else str(Path(document).parent))
    targets = [_absolute(each) for each in local_targets(url, document)]
    if any(os.path.lexists(each) for each in targets):
        return []
    root = allowed_root(document)
    stages = (_from_ancestors(url, folder), _kept(targets), _same_name(targets, root))
    found: dict[str, None] = {}
    for stage in stages:
        for each in stage:
            if _inside(each, root) and _is_file(each):
                found[os.path.relpath(each, folder).replace(os.sep, "/")] = None
        if found:
            break
    return list(found)


def _inside(path: Path, root: Path) -> bool:
    return Path(os.path.realpath(path)).is_relative_to(root)


def _absolute(path: str) -> Path:
    """*path* without ``..``, links unresolved: what the user wrote stays recognisable."""
    return Path(os.path.normpath(Path(path).absolute()))


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name that is too long, a folder that may not be entered
        return False


def _from_ancestors(url: str, folder: Path) -> Iterator[Path]:
    """*url* as if it were written in a folder above, as from a repository's root."""
    for ancestor in folder.parents:
        for target in local_targets(url.lstrip("/"), str(ancestor / "_")):
            yield Path(target)


def _kept(targets: list[Path]) -> Iterator[Path]:
    return (each.parent / _KEPT / each.name for each in targets)


def _same_name(targets: list[Path], root: Path) -> Iterator[Path]:
    """
    Files of the same name below the folder the url names, then below its parent: level by
    level, names in order, until `SEARCH_LIMIT` entries have been seen.
    """
    left = SEARCH_LIMIT
    named = targets[-1].parent
    seen: set[Path] = set()
    for start in (named, named.parent):
        queue = deque([start] if _inside(start, root) else [])
        while queue and left > 0:
            folder = queue.popleft()
            if folder in seen:
                continue
            seen.add(folder)
            yield from (folder / each.name for each in targets)
            count, subfolders = _subfolders(folder, left)
            left -= count
            queue.extend(folder / each for each in subfolders)


def _subfolders(folder: Path, limit: int) -> tuple[int, list[str]]:
    """
    How many entries *folder* has, and its subfolders without links and hidden ones; none
    of them if there are more than *limit* entries, since which come first is chance.
    """
    count = 0
    names: list[str] = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                count += 1
                if count > limit:
                    return count, []
                if entry.name[0] != "." and entry.is_dir(follow_symlinks=False):
                    names.append(entry.name)
    except OSError:
        return count, []
    return count, sorted(names)
