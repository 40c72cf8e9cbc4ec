"""
Reads the documents that a description names, each once: where each is, and what it is.

What can be had from this computer is read before anything is fetched (checklist A-67).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote, urlsplit

from .. import model
from ..errors import Diagnostic, DocumentError, Location, PolicyError
from ..messages import JSON, Absent
from .cache import Parts, open_parts
from .parse import parse
from .places import SMALL, Places
from .registry import KINDS, Known, Registry, absolute, is_name, origin, resolved
from .retrieve import WEB, Retrieved, local_targets, retrieve, scheme
from .sources import find_source

#: API descriptions that are shared at a time.
_SHARED = 16
Locate = Callable[[model.Path], Location]


class Collection:
    """
    The documents of one description.

    Args:
        strict: Nothing is looked for in other places than the documents say.
        split: What divides an OpenAPI document into the parts that the cache keeps.
        folder: Of the cache; None for none.
        shared: Parts of documents by the SHA-256 of their content, kept from one
            description to the next.
    """

    def __init__(
        self,
        *,
        strict: bool,
        split: Callable[[JSON], Mapping[str, JSON]],
        folder: Path | None,
        shared: dict[str, Parts] | None = None,
    ) -> None:
        self._shared = {} if shared is None else shared
        self.registry = Registry()
        self._strict = strict
        self._split = split
        self._folder = folder
        #: References that were tried in vain, by URI.
        self._gone: dict[str, DocumentError] = {}

    def entry(self, retrieved: Retrieved) -> Known:
        """The document that the user named."""
        known = Known(retrieved, retrieved.asked)
        known.parsed = parse(retrieved.data, retrieved.uri)
        known.identify(known.parsed.value)
        self.registry.add(known, Location(retrieved.uri), asked=retrieved.asked)
        return known

    def read(
        self, retrieved: Retrieved, parent: Known, at: Location, *, declared: str
    ) -> Known:
        """*retrieved*, which *parent* names, as a document of the registry."""
        before = self.registry.find(absolute(retrieved.uri))
        if before is not None and before.place == absolute(retrieved.uri):
            return before
        named_here = parent.local and scheme(retrieved.uri) in WEB
        entry = retrieved.asked if named_here else parent.entry
        known = Known(retrieved, entry, parent.depth + 1)
        self._sniff(known, declared)
        self.registry.add(known, at, asked=retrieved.asked)
        return known

    def _sniff(self, known: Known, declared: str) -> None:
        """
        What *known* is, by its members. One that may be an OpenAPI description is read
        through the cache: most are large.
        """
        if declared in ("", "openapi"):
            parts = self.parts_of(known)
            if parts.get("/openapi") or parts.get("/swagger"):
                own = parts.get("/$self")
                known.kind = "openapi"
                known.self_uri = own if isinstance(own, str) else None
                return
            if all(isinstance(parts.get(f"/{name}"), Absent) for name in KINDS):
                return
        known.parsed = parse(known.retrieved.data, known.uri)
        known.identify(known.parsed.value)

    def parts_of(self, known: Known) -> Parts:
        """The parts of an OpenAPI document, from the cache if they are there."""

        def values(data: bytes) -> JSON:
            return parse(data, known.uri, positions=False).value

        if known.parts is None:
            content = known.content
            if content not in self._shared:
                while len(self._shared) >= _SHARED:
                    self._shared.pop(next(iter(self._shared)))
                self._shared[content] = open_parts(
                    known.retrieved.data,
                    parse=values,
                    split=self._split,
                    folder=self._folder,
                )
            known.parts = self._shared[content]
        return known.parts

    def places_of(self, known: Known) -> Places:
        """Where the members of an OpenAPI document are, for messages."""
        if known.places is None:
            large = len(known.retrieved.data) >= SMALL
            folder = self._folder if large else None
            known.places = Places(known.uri, folder, known.content if large else "")
        return known.places

    def near(
        self,
        known: Known,
        source: model.SourceDescription,
        locate: Locate,
        notes: list[Diagnostic],
        override: str | None = None,
    ) -> Known | None:
        """
        The document of *source*, which stands in *known*, unless it may have to be fetched.
        *notes* gets what is worth knowing about where it was.

        Raises:
            DocumentError: it is not there, or cannot be read.
            PolicyError: it must not be read.
        """
        at = locate((*source.path, "url"))
        if override is not None:
            retrieved = find_source(
                source,
                known.retrieved,
                override=override,
                strict=self._strict,
                locate=locate,
            ).retrieved
            # The user's word is where trust begins anew.
            parent = Known(retrieved, retrieved.asked, known.depth)
            return self.read(retrieved, parent, at, declared=source.type)
        wanted = resolved(known.base_uri, source.url)
        if hit := self.registry.find(wanted):
            return hit
        base = _base_with(known, source.url, strict=self._strict)
        if base is None and is_name(wanted):
            return None
        found = find_source(
            source,
            replace(known.retrieved, uri=base or known.uri),
            strict=self._strict,
            locate=locate,
            entry=known.entry or None,
        )
        result = self.read(found.retrieved, known, at, declared=source.type)
        if found.note is not None:
            notes.append(found.note)
        elif (
            base == known.uri
            and known.base_uri != known.place
            and scheme(wanted)
            and result.base_uri != wanted
        ):
            notes.append(_beside(source, wanted, result, at))
        return result

    def far(
        self,
        known: Known,
        source: model.SourceDescription,
        locate: Locate,
        notes: list[Diagnostic],
    ) -> Known:
        """The document of *source* by its identity, else from the network; as `near`."""
        at = locate((*source.path, "url"))
        wanted = resolved(known.base_uri, source.url)
        if hit := self.registry.find(wanted):
            return hit
        if source.type != "openapi":
            path = self.registry.beside(known, wanted)
            if path is not None:
                retrieved = retrieve(str(path))
                return self.read(retrieved, known, at, declared=source.type)
        self.registry.fetching(at)
        found = find_source(
            source,
            known.retrieved,
            strict=self._strict,
            locate=locate,
            entry=known.entry or None,
            url=wanted,
        )
        result = self.read(found.retrieved, known, at, declared=source.type)
        if result.self_uri is not None and result.base_uri != wanted:
            notes.append(_renamed(wanted, result, at))
        return result

    def referred(self, known: Known, written: str, uri: str, at: Location) -> Known:
        """
        The document that the ``$ref`` *written* in *known* means: *uri*.

        Raises:
            DocumentError: it cannot be had.
            PolicyError: it must not be read.
        """
        if hit := self.registry.find(uri):
            return hit
        reference = uri
        base = _base_with(known, written, strict=self._strict)
        if base is not None or not is_name(uri):
            reference, base = written, base or known.uri
        elif path := self.registry.beside(known, uri):
            return self._schema(retrieve(str(path)), known, at)
        if scheme(uri) in WEB and not known.local:
            named = {origin(known.place), origin(known.entry)}
            if origin(uri) not in named:
                raise PolicyError(
                    f"{known.uri} refers to {uri}: a schema from the network may only"
                    " refer to its own origin",
                    location=at,
                )
        if uri in self._gone:
            problems = self._gone[uri].problems
            raise DocumentError.of([replace(each, location=at) for each in problems])
        if scheme(reference) in WEB:
            self.registry.fetching(at)
        try:
            retrieved = retrieve(
                reference, base=base or known.uri, entry=known.entry or None, at=at
            )
        except DocumentError as error:
            self._gone[uri] = error
            raise
        return self._schema(retrieved, known, at)

    def _schema(self, retrieved: Retrieved, parent: Known, at: Location) -> Known:
        return self.read(retrieved, parent, at, declared="schema")


def _base_with(known: Known, reference: str, *, strict: bool) -> str | None:
    """
    What the relative *reference* of the local document *known* has to be relative to, so
    that it leads to a file: its ``$self`` before its place; None if neither does. With
    *strict* its ``$self`` alone, whether or not it does.
    """
    if not known.local or scheme(reference) or reference.startswith("//"):
        return None
    places = [known.uri]
    if scheme(known.base_uri) == "file" and known.base_uri != known.place:
        own = unquote(urlsplit(known.base_uri).path)
        if strict:
            return own
        places.insert(0, own)
    for place in places:
        if any(_exists(each) for each in local_targets(reference, place)):
            return place
    return None


def _exists(path: str) -> bool:
    try:
        return os.path.lexists(path)
    except ValueError:  # a NUL character
        return False


def _beside(
    source: model.SourceDescription, wanted: str, result: Known, at: Location
) -> Diagnostic:
    return Diagnostic(
        code="AZ620",
        severity="info",
        message=f"source description {source.name!r}: {source.url} is {wanted} by"
        f" '$self'; read from {result.uri}",
        location=at,
    )


def _renamed(wanted: str, result: Known, at: Location) -> Diagnostic:
    return Diagnostic(
        code="AZ621",
        severity="warning",
        message=f"the document at {wanted} calls itself {result.base_uri}",
        location=at,
        hint=f"refer to it as {result.base_uri}",
    )
