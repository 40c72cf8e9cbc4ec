"""Opens what a run needs: the description, and the API descriptions it names."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import BinaryIO

from .engine.lookup import Sources
from .errors import (
    ArazzoError,
    Diagnostic,
    DocumentError,
    Location,
    UsageError,
    did_you_mean,
)
from .loader.build import build
from .loader.cache import cache_folder, open_parts
from .loader.parse import parse
from .loader.retrieve import Retrieved, retrieve
from .loader.sources import find_source
from .messages import JSON
from .model import Description, Path, SourceDescription
from .openapi.document import Document, split_parts


@dataclass(frozen=True, slots=True)
class Opened:
    """A description, its text, and what reading it had to say."""

    description: Description
    retrieved: Retrieved
    warnings: tuple[Diagnostic, ...] = ()


def open_description(reference: str, *, stdin: BinaryIO | None = None) -> Opened:
    """
    Read and build the Arazzo document at *reference*: a path, an http(s) URL, or ``-``.

    Raises:
        DocumentError: with every problem of its structure.
    """
    retrieved = retrieve(reference, stdin=stdin)
    description, warnings = build(parse(retrieved.data, retrieved.uri))
    return Opened(description, retrieved, warnings)


def by_source(
    given: str | Mapping[str, str] | None, description: Description, what: str
) -> dict[str, str]:
    """
    *given* by source description name; a plain string belongs to the only one.

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
        if name not in names:
            raise UsageError(
                f"the {what} names an unknown source description {name!r}",
                hint=did_you_mean(name, names, "source descriptions"),
            )
    return dict(given)


def open_sources(
    opened: Opened, overrides: Mapping[str, str], *, strict: bool
) -> tuple[Sources, tuple[Diagnostic, ...]]:
    """
    The API descriptions, and a note on each that was not where the document says. One
    that cannot be opened is a failure for who needs it, not before.
    """
    documents: dict[str, Document] = {}
    failures: dict[str, Diagnostic] = {}
    notes: list[Diagnostic] = []
    folder = cache_folder(os.environ, sys.platform)
    for source in opened.description.source_descriptions:
        if source.type not in ("", "openapi"):
            place = opened.description.locate((*source.path, "type"))
            failures[source.name] = Diagnostic(
                code="AZ390",
                message=f"source descriptions of type {source.type}: not supported yet",
                location=place,
            )
            continue
        try:
            found = find_source(
                source,
                opened.retrieved,
                override=overrides.get(source.name),
                strict=strict,
                locate=opened.description.locate,
            )
            if found.note is not None:
                notes.append(found.note)
            documents[source.name] = _document(
                source, found.retrieved, folder, opened.description.locate
            )
        except ArazzoError as problem:
            if not isinstance(problem, DocumentError):
                raise
            failures[source.name] = problem.problems[0]
    return Sources(documents=documents, failures=failures), tuple(notes)


def _document(
    source: SourceDescription,
    retrieved: Retrieved,
    folder: os.PathLike[str] | None,
    place: Callable[[Path], Location],
) -> Document:
    def values(data: bytes) -> JSON:
        return parse(data, retrieved.uri, positions=False).value

    def locate(path: tuple[str | int, ...]) -> Location:
        # Positions are for messages only, so they are read when one needs them.
        return parse(retrieved.data, retrieved.uri).locate(path)

    try:
        parts = open_parts(
            retrieved.data,
            parse=values,
            split=split_parts,
            folder=folder,  # type: ignore[arg-type]
        )
        return Document(parts, retrieved.uri, source.name, locate)
    except DocumentError as problem:
        first = problem.problems[0]
        related = (
            (place((*source.path, "url")), f"source description {source.name!r}"),
        )
        raise DocumentError.of(
            [
                Diagnostic(
                    code=first.code,
                    message=first.message,
                    location=first.location,
                    hint=first.hint,
                    related=related,
                )
            ]
        ) from None
