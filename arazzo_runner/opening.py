"""
Opens what a run needs: the description, the documents it names, and theirs.

All documents that can be had without the network are read before one is fetched, and all
are read before a reference is looked up in them: what a URI means may be said in a document
that is named elsewhere (https://spec.openapis.org/arazzo/v1.1.0.html#parsing-documents).
"""

from __future__ import annotations

import os
import sys
from collections import deque
from collections.abc import Container, Mapping
from dataclasses import dataclass, field, replace
from typing import BinaryIO

from .apis import Apis
from .asyncapi import AsyncDocument
from .engine.lookup import Sources, Unit
from .errors import (
    Diagnostic,
    DocumentError,
    Location,
    PolicyError,
    UsageError,
    did_you_mean,
)
from .loader.build import build
from .loader.cache import Parts, cache_folder
from .loader.collection import Collection
from .loader.parse import parse
from .loader.references import bundle
from .loader.registry import Known
from .loader.retrieve import Retrieved, retrieve
from .model import Description, SourceDescription
from .openapi.document import Document
from .openapi.swagger import split_description


@dataclass(frozen=True, slots=True)
class Opened:
    """
    A description with everything it names.

    Attributes:
        unit: The document that was asked for.
        retrieved: Its bytes.
        warnings: What reading all documents had to say.
        texts: The bytes of each document, by the URI that messages show.
    """

    unit: Unit
    retrieved: Retrieved
    warnings: tuple[Diagnostic, ...] = ()
    texts: Mapping[str, bytes] = field(default_factory=dict, repr=False)

    @property
    def description(self) -> Description:
        """The description of the document that was asked for."""
        return self.unit.description

    def text(self, uri: str) -> str | None:
        """The text of the document that messages call *uri*; None if none was opened."""
        data = self.texts.get(uri)
        return None if data is None else data.decode("utf-8-sig", "replace")


def open_description(
    reference: str, *, strict: bool = False, stdin: BinaryIO | None = None
) -> Opened:
    """
    Read and build the Arazzo document at *reference* alone: a path, an http(s) URL, or
    ``-``. Nothing that it names is opened.

    Raises:
        DocumentError: with every problem of its structure.
    """
    retrieved = retrieve(reference, stdin=stdin)
    parsed = parse(retrieved.data, retrieved.uri)
    known = Known(retrieved, retrieved.asked)
    known.identify(parsed.value)
    description, warnings = build(parsed, strict=strict)
    unit = Unit(
        description=replace(description, base_uri=known.base_uri), warnings=warnings
    )
    return Opened(unit, retrieved, warnings, {retrieved.uri: retrieved.data})


def open_unit(
    reference: str,
    *,
    sources: str | Mapping[str, str] | None = None,
    strict: bool = False,
    stdin: BinaryIO | None = None,
    shared: dict[str, Parts] | None = None,
) -> Opened:
    """
    Read the Arazzo document at *reference* and what it names, other Arazzo documents with
    what they name. *sources* says where source descriptions of the document really are;
    *shared* keeps what was read of API descriptions, for the next document that names them.

    A source description that cannot be used is a failure for who needs it, not before.

    Raises:
        DocumentError: with every problem of the document's structure, or of the ``$ref``s
            in its input schemas.
        UsageError: *sources* names an unknown source description.
        PolicyError: the document names a file or host which it may not reach.
    """
    retrieved = retrieve(reference, stdin=stdin)
    opening = _Opening(strict, shared)
    main = opening.describe(opening.collection.entry(retrieved))
    opening.expand(main, by_source(sources, main.description, "source"))
    opening.bundle(main)
    units = opening.units()
    warnings = [
        warning
        for document in opening.documents
        if not document.problems
        for warning in document.warnings
    ]
    texts = {
        each.uri: each.retrieved.data for each in opening.collection.registry.documents
    }
    return Opened(units[id(main)], retrieved, tuple(dict.fromkeys(warnings)), texts)


def source_names(unit: Unit) -> tuple[str, ...]:
    """
    The names of all source descriptions: of the document of *unit* as they are, of other
    documents with the name of the document before them, ``payments.api``.
    """
    found: dict[str, None] = {}
    waiting, seen = deque([("", unit)]), {id(unit)}
    while waiting:
        prefix, one = waiting.popleft()
        found.update((prefix + name, None) for name in one.sources.names())
        for name, other in one.sources.descriptions.items():
            if id(other) not in seen:
                seen.add(id(other))
                waiting.append((f"{prefix}{name}.", other))
    return tuple(found)


def by_source(
    given: str | Mapping[str, str] | None,
    description: Description,
    what: str,
    more: Container[str] = (),
) -> dict[str, str]:
    """
    *given* by source description name; a plain string belongs to the only one. *more* are
    names that are known beside those of *description*.

    Raises:
        UsageError: an unknown name, or a plain string where there are several.
    """
    names = [each.name for each in description.source_descriptions]
    if given is None:
        return {}
    if isinstance(given, str):
        if len(names) != 1:
            raise UsageError(
                f"the {what} {given!r} does not say for which source description",
                hint=f"write NAME={given} with one of: {', '.join(names)}",
            )
        return {names[0]: given}
    for name in given:
        if name not in names and name not in more:
            raise UsageError(
                f"the {what} names an unknown source description {name!r}",
                hint=did_you_mean(name, names, "source descriptions"),
            )
    return dict(given)


@dataclass(eq=False)
class _Document:
    """
    An Arazzo document on its way to a `Unit`.

    Attributes:
        found: The document of each source description, by name.
        failures: Why another has none, by name.
        problems: Why it cannot be used itself.
    """

    known: Known
    description: Description
    warnings: list[Diagnostic]
    found: dict[str, Known] = field(default_factory=dict)
    failures: dict[str, tuple[Diagnostic, ...]] = field(default_factory=dict)
    problems: tuple[Diagnostic, ...] = ()

    def at(self, source: SourceDescription) -> Location:
        """Where *source* says where it is."""
        return self.description.locate((*source.path, "url"))

    def fail(self, source: SourceDescription, problems: tuple[Diagnostic, ...]) -> None:
        """*problems* are why *source* cannot be used."""
        related = (self.at(source), f"source description {source.name!r}")
        self.failures[source.name] = tuple(
            each
            if each.location == related[0]
            else replace(each, related=(*each.related, related))
            for each in problems
        )


class _Opening:
    """The documents of one description, while they are being opened."""

    def __init__(self, strict: bool, shared: dict[str, Parts] | None) -> None:
        self.strict = strict
        self.collection = Collection(
            strict=strict,
            split=split_description,
            folder=cache_folder(os.environ, sys.platform),
            shared=shared,
        )
        self.documents: list[_Document] = []
        self._described: dict[int, _Document | DocumentError] = {}
        self._waiting: deque[_Document] = deque()
        self.apis = Apis(self.collection)

    def describe(self, known: Known) -> _Document:
        """
        The Arazzo document *known*; its source descriptions are opened in their turn.

        Raises:
            DocumentError: with every problem of its structure.
        """
        before = self._described.get(id(known))
        if isinstance(before, DocumentError):
            raise before
        if before is not None:
            return before
        try:
            description, warnings = build(known.parsed, strict=self.strict)
        except DocumentError as error:
            self._described[id(known)] = error
            raise
        description = replace(description, base_uri=known.base_uri)
        document = _Document(known, description, list(warnings))
        self._described[id(known)] = document
        self.documents.append(document)
        self._waiting.append(document)
        return document

    # --- source descriptions ----------------------------------------------------------

    def expand(self, main: _Document, overrides: Mapping[str, str]) -> None:
        """
        Open the source descriptions of *main*, and those of every Arazzo document among
        them; what may have to be fetched comes when nothing else is left.
        """
        later: deque[tuple[_Document, SourceDescription]] = deque()
        while self._waiting or later:
            if self._waiting:
                document = self._waiting.popleft()
                named = overrides if document is main else {}
                for source in document.description.source_descriptions:
                    if not self._take(document, source, named.get(source.name)):
                        later.append((document, source))
            else:
                self._take(*later.popleft(), None, far=True)

    def _take(
        self,
        document: _Document,
        source: SourceDescription,
        override: str | None,
        *,
        far: bool = False,
    ) -> bool:
        """Open *source*; False if it has to be tried again, *far*."""
        try:
            where = (document.known, source, document.description.locate)
            if far:
                known: Known | None = self.collection.far(*where, document.warnings)
            else:
                known = self.collection.near(*where, document.warnings, override)
            if known is None:
                return False
            if (source.type or known.kind) == "arazzo":
                self.describe(known)
            document.found[source.name] = known
        except PolicyError as error:
            if document.known.depth == 0:
                raise
            document.fail(source, error.problems)
        except DocumentError as error:
            document.fail(source, error.problems)
        return True

    # --- references in the schemas of inputs ------------------------------------------

    def bundle(self, main: _Document) -> None:
        """
        Follow the ``$ref``s of all Arazzo documents.

        Raises:
            DocumentError: with every one of *main* that leads nowhere.
            PolicyError: *main* refers to a file or host which it may not reach.
        """
        for document in self.documents:
            try:
                bundled = bundle(
                    document.description,
                    document.known,
                    self.collection.referred,
                    [each.known for each in self.documents],
                )
            except PolicyError as error:
                if document is main:
                    raise
                document.problems = error.problems
                continue
            document.description = bundled.description
            document.problems = bundled.errors
            if self.strict:
                document.problems += tuple(
                    replace(each, severity="error") for each in bundled.warnings
                )
            else:
                document.warnings += bundled.warnings
        if main.problems:
            raise DocumentError.of(main.problems)

    # --- what comes of it -------------------------------------------------------------

    def units(self) -> dict[int, Unit]:
        """A unit for each Arazzo document that can be used, by the latter's identity."""
        usable = [each for each in self.documents if not each.problems]
        inside: dict[int, dict[str, Unit]] = {id(each): {} for each in usable}
        units = {id(each): self._unit(each, inside[id(each)]) for each in usable}
        for document in usable:
            for name, known in document.found.items():
                other = self._described.get(id(known))
                if id(other) in units and name not in document.failures:
                    inside[id(document)][name] = units[id(other)]
        return units

    def _unit(self, document: _Document, descriptions: Mapping[str, Unit]) -> Unit:
        """*document* with what it names; *descriptions* is filled in later."""
        documents: dict[str, Document] = {}
        asyncapi: dict[str, AsyncDocument] = {}
        for source in document.description.source_descriptions:
            known = document.found.get(source.name)
            if known is None:
                continue
            kind = source.type or known.kind
            try:
                if kind == "asyncapi":
                    asyncapi[source.name] = _async_document(known, source.name)
                elif kind != "arazzo":
                    documents[source.name] = self.apis.openapi(known, source.name)
            except DocumentError as error:
                document.fail(source, error.problems)
            if kind == "arazzo":
                other = self._described[id(known)]
                if isinstance(other, _Document) and other.problems:
                    document.fail(source, other.problems)
        return Unit(
            description=document.description,
            sources=Sources(
                documents=documents,
                descriptions=descriptions,
                asyncapi=asyncapi,
                failures=document.failures,
                beside=self.apis.beside(
                    document.known,
                    document.description.source_descriptions,
                    document.found,
                ),
            ),
            warnings=tuple(document.warnings),
        )


def _async_document(known: Known, name: str) -> AsyncDocument:
    root = known.parsed.value
    if known.kind != "asyncapi" or not isinstance(root, dict):
        raise DocumentError(
            f"source description {name!r} is not an AsyncAPI document: {known.uri} is"
            f" {_WHAT[known.kind]}",
            code="AZ317",
            location=known.locate(()),
            hint=f"write 'type: {known.kind}'" if known.kind else None,
        )
    return AsyncDocument(uri=known.uri, name=name, root=root, locate=known.locate)


_WHAT = {
    "": "something else",
    "openapi": "an OpenAPI document",
    "arazzo": "an Arazzo document",
}
