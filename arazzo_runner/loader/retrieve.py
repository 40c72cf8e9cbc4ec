"""
Reading the bytes of a document: a file, an http(s) URL, or standard input.

What the user names himself is read wherever it is. What a *document* names is bounded:
a local document reaches the files below `allowed_root`, a document from the network
reaches http(s) only, and no private address on a host that the user has not named.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Final
from urllib.parse import unquote, urljoin, urlsplit

from ..errors import NOWHERE, DocumentError, Location, PolicyError, did_you_mean

#: Bytes of one document, after decompression.
LIMIT: Final = 20_000_000
#: Seconds for one document, redirects included.
TIMEOUT: Final = 10.0
STDIN: Final = "<stdin>"
#: The schemes of documents that are fetched.
WEB: Final = ("http", "https")

_SCHEME = re.compile(r"(file|https?):|([a-z][a-z0-9+.-]+)://", re.IGNORECASE)
_DOCUMENTS = (".yaml", ".yml", ".json")


@dataclass(frozen=True, slots=True)
class Retrieved:
    """
    The bytes of a document and where they came from.

    Attributes:
        uri: How it is shown and what its references are relative to: a path as the user
            would write it, the URL after all redirects, or ``<stdin>``.
        path: The file, where it is one.
        asked: The reference it was read by. Trust in a host rests on this for the entry
            document, since only it, and no redirect, is the user's word.
    """

    data: bytes
    uri: str
    path: Path | None = None
    asked: str = ""


def retrieve(
    reference: str,
    *,
    base: str | None = None,
    entry: str | None = None,
    at: Location = NOWHERE,
    stdin: BinaryIO | None = None,
    limit: int = LIMIT,
    timeout: float = TIMEOUT,
) -> Retrieved:
    """
    Read the document that *reference* names: a path, a ``file:`` or http(s) URL, or ``-``.

    Args:
        base: `Retrieved.uri` of the document that holds the reference. None means that
            the user named it himself, so that nothing but the limits bounds it.
        entry: `Retrieved.asked` of the document that the user named. Its host may be
            private, and its folder decides about local files (by default that of *base*).
        at: Where the reference is written, for errors.
        stdin: What ``-`` stands for, which only the user may write.
        limit: Bytes, after decompression.
        timeout: Seconds, for http(s).

    Raises:
        DocumentError: AZ101 when it cannot be had, AZ104 when it is larger than *limit*,
            AZ107 when the answer is plainly something else, such as a web page.
        PolicyError: a document names a file or a host that it may not reach.
    """
    if reference == "-" and base is None and stdin is not None:
        return Retrieved(
            _capped(stdin, "standard input", limit, at), STDIN, asked=STDIN
        )
    if base is not None and scheme(base) in WEB:
        reference = joined(base, reference, at)
    kind = scheme(reference)
    if kind in WEB:
        from .fetch import Fetch

        named = [entry] if entry is not None and scheme(entry) in WEB else []
        if base is None or scheme(base) not in WEB:
            named.append(reference)
        fetch = Fetch(named=tuple(named), limit=limit, timeout=timeout, at=at)
        data, uri = fetch(reference)
        return Retrieved(data, uri, asked=reference)
    if kind not in ("", "file"):
        raise DocumentError(
            f"{reference} cannot be read: only files and http(s) URLs can",
            code="AZ101",
            location=at,
        )
    shown = next(
        (each for each in local_targets(reference, base) if _exists(each)),
        next(local_targets(reference, base)),
    )
    root = None if base is None else allowed_root(_local(entry) or _local(base) or "")
    return _read(shown, root, limit, at)


def scheme(reference: str) -> str:
    """The scheme of an absolute URL in lower case; "" for a path, also ``C:\\…``."""
    found = _SCHEME.match(reference)
    return (found[1] or found[2]).lower() if found else ""


def _local(uri: str | None) -> str | None:
    """The path in *uri*; None when it is not a local file. Stdin counts as one in cwd."""
    if uri is None or scheme(uri) in WEB:
        return None
    if uri == STDIN:
        return uri
    return _file_path(uri) if scheme(uri) == "file" else uri


# --- local files ------------------------------------------------------------------------


def local_targets(reference: str, base: str | None) -> Iterator[str]:
    """
    The paths that a reference to a local file can mean, best first.

    A document's reference is a URL, so that ``%20`` is a space and ``#`` begins a
    fragment; yet a file of exactly the written name comes first.
    """
    if scheme(reference) == "file":
        yield _file_path(reference)
        return
    if base is None:
        yield reference
        return
    folder = Path(_local(base) or "").parent
    seen = set()
    for text in (reference, unquote(re.split(r"[?#]", reference, maxsplit=1)[0])):
        if text not in seen:
            seen.add(text)
            yield os.path.normpath(folder / text)


def _file_path(url: str) -> str:
    parts = urlsplit(url)
    if parts.netloc not in ("", "localhost"):
        raise DocumentError(
            f"{url} names a file of another computer, {parts.netloc}", code="AZ101"
        )
    path = unquote(parts.path)
    return path[1:] if os.name == "nt" and re.match(r"/[A-Za-z]:", path) else path


def allowed_root(document: str) -> Path:
    """
    The folder, symbolic links resolved, that references of the local *document* must not
    leave: its nearest ancestor with ``.git`` or ``arazzo.toml``, else its third ancestor,
    which is never the root of the file system unless the document lies there.
    """
    folder = Path(document).absolute().parent.resolve()
    ancestors = [folder, *folder.parents]
    for each in ancestors:
        if any(os.path.lexists(each / mark) for mark in (".git", "arazzo.toml")):
            return each
    near = [each for each in ancestors[:3] if each != each.parent]
    return near[-1] if near else folder


def _exists(path: str) -> bool:
    try:
        return os.path.lexists(path)
    except ValueError:  # a NUL character
        return False


def _read(shown: str, root: Path | None, limit: int, at: Location) -> Retrieved:
    """Read a file; *root* None means that the user named it."""
    try:
        real = Path(shown if root is None else os.path.realpath(shown))
        mode = real.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        raise _missing(shown, root, at) from None
    except (OSError, ValueError) as error:
        raise _unreadable(shown, error, at) from None
    if root is not None and not real.is_relative_to(root):
        raise PolicyError(
            f"{shown} lies outside {root}, the folder this document may read from",
            location=at,
            hint="name the file yourself to allow it",
        )
    # A user may name a pipe, as `<(command)` does; a document that does would hang us.
    if stat.S_ISDIR(mode) or (root is not None and not stat.S_ISREG(mode)):
        what = "a folder" if stat.S_ISDIR(mode) else "not a regular file"
        raise DocumentError(
            f"{shown} is {what}",
            code="AZ101",
            location=at,
            hint=_names_hint(real, "") if stat.S_ISDIR(mode) else None,
        )
    try:
        with real.open("rb") as file:  # the path that was checked, not the shown one
            data = _capped(file, shown, limit, at)
    except OSError as error:
        raise _unreadable(shown, error, at) from None
    return Retrieved(data, shown, Path(shown), shown)


def _capped(file: BinaryIO, shown: str, limit: int, at: Location) -> bytes:
    data = file.read(limit + 1)
    if len(data) > limit:
        raise too_large(shown, limit, at)
    return data


def _missing(shown: str, root: Path | None, at: Location) -> DocumentError:
    path = Path(shown)
    parent = path.parent
    if not parent.is_dir():
        hint: str | None = f"there is no folder {parent}"
    elif root is not None and not parent.resolve().is_relative_to(root):
        hint = None  # a document learns nothing about folders it may not read
    else:
        hint = _names_hint(parent, path.name)
    return DocumentError(
        f"there is no file {shown}", code="AZ101", location=at, hint=hint
    )


_DESCRIPTION: Final = re.compile(r"(?:^|[._-])(?:openapi|swagger|asyncapi)(?:$|[._-])")


def _names_hint(folder: Path, name: str) -> str | None:
    """The document names in *folder* that are near to *name*, or some of them."""
    try:
        names = [each.name for each in islice(folder.iterdir(), 2000)]
    except OSError:
        return None
    known = [each for each in names if each.lower().endswith(_DOCUMENTS)]
    if not re.search(_DESCRIPTION, name):  # of another kind is no suggestion
        known = [each for each in known if not re.search(_DESCRIPTION, each)]
    return did_you_mean(name, known, f"documents in {folder}") if known else None


def _unreadable(shown: str, error: Exception, at: Location) -> DocumentError:
    if isinstance(error, PermissionError):
        message = f"there is no permission to read {shown}"
    else:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        message = f"{shown!r} cannot be read: {reason}"
    return DocumentError(message, code="AZ101", location=at)


def too_large(shown: str, limit: int, at: Location) -> DocumentError:
    """The error for a document of more than *limit* bytes."""
    return DocumentError(
        f"{shown} is larger than {limit:,} bytes, the limit for a document",
        code="AZ104",
        location=at,
    )


# --- references of documents from the network -------------------------------------------


def joined(base: str, reference: str, at: Location) -> str:
    """*reference* of the document at the URL *base*, as an absolute http(s) URL."""
    try:
        url = urljoin(base, reference)
    except ValueError:
        url = ""
    if scheme(url) not in WEB:
        raise PolicyError(
            f"{base} names {reference}: a document from the network may only"
            " refer to http(s) URLs",
            location=at,
        )
    return url
