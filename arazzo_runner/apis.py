"""
API descriptions as documents, with what they refer to in other files.

Nothing is read before something in it is needed, and positions only for a message.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TypeAlias

from .engine.lookup import Beside
from .errors import DocumentError, Location, PolicyError
from .loader.collection import Collection
from .loader.parse import Parsed, parse
from .loader.registry import Known, resolved
from .loader.retrieve import retrieve
from .loader.siblings import files_with
from .model import SourceDescription
from .openapi.document import Document, MemoryParts, is_index, tokens
from .openapi.linking import Link
from .openapi.swagger import Swagger

Locate: TypeAlias = Callable[[tuple[str | int, ...]], Location]


class Apis:
    """The API descriptions of a collection."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection
        self._linked: dict[int, Document] = {}

    def beside(
        self,
        document: Known,
        sources: Sequence[SourceDescription],
        found: Mapping[str, Known],
    ) -> Beside:
        """
        What looks for an operation in descriptions that lie beside *sources* of
        *document*; those *found* are named already.
        """
        opened: dict[tuple[str, str], Document] = {}

        def beside(
            wanted: str, names: Container[str]
        ) -> Iterator[tuple[str, Document]]:
            named = [each.uri for each in found.values()]
            for source in sources:
                if source.name not in names or not document.local:
                    continue
                there = found.get(source.name)
                url = source.url if there is None else there.uri
                base = document.uri if there is None else None
                for path in files_with(wanted, [url], base, document.uri):
                    key = (source.name, str(path))
                    if str(path) in named:
                        continue
                    if key not in opened:
                        try:
                            known = self._collection.read(
                                retrieve(str(path)),
                                document,
                                Location(str(path)),
                                declared="openapi",
                            )
                            opened[key] = self.openapi(known, source.name)
                        except (DocumentError, PolicyError):
                            continue
                    yield source.name, opened[key]

        return beside

    def openapi(self, known: Known, name: str) -> Document:
        """The API description *known*, of any version."""

        parts = self._collection.parts_of(known)
        places = self._collection.places_of(known)
        old = str(parts.get("/swagger")).startswith("2.")
        find = _finding_2(known) if old else _finding(known)

        def locate(path: tuple[str | int, ...]) -> Location:
            return places.locate(path, find)

        if old:
            link = self._link(known, name, (3, 0))
            return Document(parts, known.uri, name, locate, link)
        version = _version(parts.get("/openapi"), (3, 1))
        link = self._link(known, name, version)
        return Document(parts, known.uri, name, locate, link)

    def _link(self, known: Known, name: str, version: tuple[int, int]) -> Link:
        """
        What opens the documents that *known* refers to, an API description of *version* or
        a piece of one. They are read when something in them is needed.
        """

        def link(file: str, where: str) -> Document:
            uri = resolved(known.base_uri, file)
            try:
                other = self._collection.referred(known, file, uri, Location(known.uri))
            except (DocumentError, PolicyError) as error:
                raise DocumentError(
                    f"the reference {file!r} in source description {name!r}:"
                    f" {error.message}",
                    code="AZ308",
                    location=_place(known, where),
                    hint=error.hint,
                ) from None
            if id(other) not in self._linked:
                self._linked[id(other)] = self._piece(other, name, version)
            return self._linked[id(other)]

        return link

    def _piece(self, known: Known, name: str, version: tuple[int, int]) -> Document:
        """
        A document that an API description refers to: another one, or a piece of it, which
        is of the *version* of the one that refers to it.
        """
        value = known.parsed.value
        own = value.get("openapi") if isinstance(value, dict) else None
        read = _version(own, version)
        return Document(
            MemoryParts.of(value),
            known.uri,
            name,
            known.locate,
            self._link(known, name, read),
            version=read,
            whole=lambda: value,
        )


def _finding(known: Known) -> Locate:
    """What finds places in *known*: positions are read when a message needs one."""
    return lambda path: _positions(known.retrieved.data, known.uri).locate(path)


def _finding_2(known: Known) -> Locate:
    """The same for paths in the shape of 3.0 of a description of version 2.0."""

    def find(path: tuple[str | int, ...]) -> Location:
        read = _positions(known.retrieved.data, known.uri)
        old = read.value if isinstance(read.value, dict) else {}
        return read.locate(Swagger(old).original(path))

    return find


def _place(known: Known, pointer: str) -> Location:
    """Where *pointer* is in the document, for a message."""
    path = tuple(int(each) if is_index(each) else each for each in tokens(pointer))
    return _positions(known.retrieved.data, known.uri).locate(path)


def _version(written: object, default: tuple[int, int]) -> tuple[int, int]:
    found = re.match(r"(\d+)\.(\d+)", str(written), re.ASCII)
    return (int(found[1]), int(found[2])) if found else default


@lru_cache(maxsize=4)
def _positions(data: bytes, uri: str) -> Parsed:
    """A document with its positions, kept for the next message about it."""
    return parse(data, uri)
