"""Keys of ``paths`` in pieces: fixed text and variables."""

from __future__ import annotations

import re
from typing import Final, NamedTuple, TypeAlias
from urllib.parse import quote, unquote

#: Text and whether it is the name of a variable.
Piece: TypeAlias = tuple[str, bool]

# Not `?`, `#` or `/` inside: linkedin has `{encoded ugcPostUrn|shareUrn}`.
_VARIABLE: Final = re.compile(r"\{([^{}/]*)\}")


class PathTemplate(NamedTuple):
    """
    A key of ``paths`` in pieces. Fixed text is percent-encoded where a URL needs it.

    Attributes:
        path: The path.
        query: Name and pieces of the fields behind a ``?``, ``/?Action=RunInstances``.
    """

    path: tuple[Piece, ...]
    query: tuple[tuple[str, tuple[Piece, ...]], ...] = ()


def read_template(path: str) -> PathTemplate:
    """The pieces of a key of ``paths``."""
    pieces: list[Piece] = []
    at = 0
    for found in _VARIABLE.finditer(path):
        pieces.append((path[at : found.start()], False))
        # `{?limit,offset}` and `{&page}` (RFC 6570) name query parameters, which are
        # sent because they are declared.
        if not found[1].startswith(("?", "&")):
            pieces.append((found[1], True))
        at = found.end()
    pieces.append((path[at:], False))
    first, second = _cut(_cut(pieces, "#")[0], "?")
    fields = []
    for each in _split(second, "&"):
        name = unquote(each[0][0].partition("=")[0]) if each and not each[0][1] else ""
        if each:
            fields.append((name, _encoded(each)))
    return PathTemplate(_encoded(first), tuple(fields))


def _cut(pieces: list[Piece], mark: str) -> tuple[list[Piece], list[Piece]]:
    """The pieces before and behind the first *mark* in fixed text."""
    for index, (text, variable) in enumerate(pieces):
        if not variable and mark in text:
            before, _, behind = text.partition(mark)
            return (
                [*pieces[:index], (before, False)],
                [(behind, False), *pieces[index + 1 :]],
            )
    return pieces, []


def _split(pieces: list[Piece], mark: str) -> list[list[Piece]]:
    found = []
    while pieces:
        first, pieces = _cut(pieces, mark)
        found.append([each for each in first if each[0]])
    return found


def _encoded(pieces: list[Piece]) -> tuple[Piece, ...]:
    return tuple(
        (text if variable else quote(text, safe="/:@!$&'()*+,;=%~?"), variable)
        for text, variable in pieces
        if text
    )
