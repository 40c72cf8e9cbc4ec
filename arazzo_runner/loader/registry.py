"""
The documents of a description: each is read once, and found by its identity or its place.

A reference is an identifier. A document is looked for by its ``$self``, then by where it
was read from, and only what is found nowhere is read
(https://spec.openapis.org/arazzo/v1.1.0.html#identity-based-referencing; checklist A-67).
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

from ..errors import ArazzoError, DocumentError, Location
from ..messages import JSON
from ..model import Path as Place
from .cache import Parts
from .parse import Parsed, parse
from .places import Places
from .retrieve import LIMIT, WEB, Retrieved, allowed_root, scheme
from .sources import SEARCH_LIMIT

#: Documents of one description.
MOST_DOCUMENTS: Final = 100
#: Bytes of all of them together.
MOST_BYTES: Final = 50_000_000
#: Documents that lead to one, one through the other.
MOST_DEPTH: Final = 50

#: The members that tell the kinds of documents apart (A-65).
KINDS: Final = {
    "openapi": "openapi",
    "swagger": "openapi",
    "arazzo": "arazzo",
    "asyncapi": "asyncapi",
}
# Two letters at least: one is the drive of a path.
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")
_DOCUMENTS = (".yaml", ".yml", ".json")


def absolute(uri: str) -> str:
    """
    The absolute URI of what is shown as *uri* (`Retrieved.uri`): a URL as it is, the
    ``file:`` URL of a path. Two spellings of the same become one.
    """
    if scheme(uri) in WEB:
        return urldefrag(uri).url
    path = unquote(urlsplit(uri).path) if scheme(uri) == "file" else uri
    try:
        return Path(os.path.normpath(Path(path).absolute())).as_uri()
    except ValueError:  # a NUL character
        return uri


def is_name(uri: str) -> bool:
    """Whether *uri* may be what a document calls itself, wherever it is: no local file."""
    return _NAME.match(uri) is not None and scheme(uri) != "file"


def resolved(base: str, reference: str) -> str:
    """*reference* without its fragment, resolved against the absolute URI *base*."""
    try:
        joined = urldefrag(urljoin(base, reference)).url
    except ValueError:  # such as an unfinished IPv6 address
        return reference
    return absolute(joined) if scheme(joined) in ("file", *WEB) else joined


@dataclass(eq=False)
class Known:
    """
    A document that has been read.

    Attributes:
        retrieved: Its bytes.
        entry: Whose word its own references rest on, see `retrieve`.
        depth: Documents that lead to it; 0 for the one that the user named.
        kind: ``openapi``, ``arazzo``, ``asyncapi``, or "" for anything else.
        parts: Those of an OpenAPI document, once they have been opened.
        places: Where its members are, once a message has asked for one.
        place: The absolute URI of where it was read from.
        self_uri: Its ``$self``, or the ``$id`` of a JSON Schema; None if it has none.
    """

    retrieved: Retrieved
    entry: str
    depth: int = 0
    kind: str = ""
    self_uri: str | None = None
    parts: Parts | None = field(default=None, repr=False)
    places: Places | None = field(default=None, repr=False)
    place: str = field(init=False)

    def __post_init__(self) -> None:
        self.place = absolute(self.retrieved.uri)

    @cached_property
    def content(self) -> str:
        """The sha256 of its bytes, by which it is kept."""
        return hashlib.sha256(self.retrieved.data).hexdigest()

    @property
    def uri(self) -> str:
        """Where it was read from, for people."""
        return self.retrieved.uri

    @property
    def local(self) -> bool:
        """Whether it came from this computer."""
        return scheme(self.retrieved.uri) not in WEB

    @cached_property
    def base_uri(self) -> str:
        """What its references are relative to: N-URI-01 to 03."""
        return resolved(self.place, self.self_uri) if self.self_uri else self.place

    @cached_property
    def parsed(self) -> Parsed:
        """
        Its values; positions are read when one is asked for.

        Raises:
            DocumentError: it is no YAML or JSON.
        """
        return parse(self.retrieved.data, self.retrieved.uri, positions=False)

    def locate(self, path: Place, *, key: bool = False) -> Location:
        """The place of a path in it."""
        return self.parsed.locate(path, key=key)

    def identify(self, root: JSON) -> None:
        """Take kind and identity from the members of *root*."""
        if not isinstance(root, dict):
            return
        self.kind = next((KINDS[name] for name in KINDS if name in root), "")
        given = root.get("$self" if self.kind else "$id")
        self.self_uri = given if isinstance(given, str) else None


class Registry:
    """What has been read so far, by URI; no more than the limits allow."""

    def __init__(self) -> None:
        self.documents: list[Known] = []
        self._by_identity: dict[str, Known] = {}
        self._by_place: dict[str, Known] = {}
        self._bytes = 0
        self._fetched = 0
        self._beside: dict[str, dict[str, Path]] = {}

    def add(self, known: Known, at: Location, *, asked: str = "") -> None:
        """
        Keep *known*, also by the URL *asked* that was redirected to it. Of two that call
        themselves the same the first is found.

        Raises:
            DocumentError: AZ109, there are too many, or too much of them.
        """
        self._bytes += len(known.retrieved.data)
        if len(self.documents) >= MOST_DOCUMENTS:
            raise _too_many(f"more than {MOST_DOCUMENTS} documents", at)
        if self._bytes > MOST_BYTES and known.depth:
            raise _too_many(f"more than {MOST_BYTES:,} bytes in all", at)
        if known.depth > MOST_DEPTH:
            raise _too_many(f"documents through more than {MOST_DEPTH} others", at)
        self.documents.append(known)
        self._by_place.setdefault(known.place, known)
        if asked and scheme(asked) in WEB:
            self._by_place.setdefault(absolute(asked), known)
        if known.self_uri is not None and _may_be_called(known):
            self._by_identity.setdefault(known.base_uri, known)

    def fetching(self, at: Location) -> None:
        """
        Count a document that is about to be fetched, whatever comes of it: one that does
        not answer takes its time, too.

        Raises:
            DocumentError: AZ109, there were too many.
        """
        self._fetched += 1
        if self._fetched > MOST_DOCUMENTS:
            raise _too_many(f"more than {MOST_DOCUMENTS} documents", at)

    def find(self, uri: str) -> Known | None:
        """The document that calls itself *uri*, else the one that was read from there."""
        return self._by_identity.get(uri) or self._by_place.get(uri)

    def beside(self, document: Known, uri: str) -> Path | None:
        """
        The file in the folder of the local *document* whose ``$self`` is *uri*: it may be
        meant by a reference (N-ID-02).
        """
        if not document.local:
            return None
        folder = Path(document.uri).parent
        key = str(folder)
        if key not in self._beside:
            root = allowed_root(document.uri)
            self._beside[key] = dict(_identities(folder, root))
        return self._beside[key].get(uri)


def _may_be_called(known: Known) -> bool:
    """
    Whether the identity that *known* gives itself counts. A stranger's document that only
    other documents from the network name stands for its own origin alone, and none for
    a file of this computer.
    """
    if known.local:
        return True
    trusted = known.entry == known.retrieved.asked
    same = origin(known.base_uri) == origin(known.place)
    return scheme(known.base_uri) != "file" and (trusted or same)


def origin(uri: str) -> tuple[str, str]:
    """Scheme, host and port of a URL."""
    parts = urlsplit(uri)
    return parts.scheme, parts.netloc.lower()


def _identities(folder: Path, root: Path) -> Iterator[tuple[str, Path]]:
    """Each ``$self`` of the documents in *folder*, the first of a name in the end."""
    left = MOST_BYTES
    try:
        names = sorted(each.name for each in islice(folder.iterdir(), SEARCH_LIMIT))
    except OSError:
        return
    for name in reversed(names):
        path = folder / name
        if not name.lower().endswith(_DOCUMENTS):
            continue
        try:
            real = Path(os.path.realpath(path))
            if not real.is_file() or not real.is_relative_to(root):
                continue
            size = real.stat().st_size
            if size > min(LIMIT, left):
                continue
            left -= size
            data = real.read_bytes()
            if b"$self" not in data:
                continue
            known = Known(Retrieved(data, str(path), path), "")
            known.identify(known.parsed.value)
        except (OSError, ArazzoError):
            continue  # what cannot be read cannot be meant
        if known.self_uri is not None:
            yield known.base_uri, path


def _too_many(what: str, at: Location) -> DocumentError:
    return DocumentError(
        f"this description needs {what}, the limit",
        code="AZ109",
        location=at,
    )
