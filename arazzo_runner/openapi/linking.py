"""
References between documents: values that remember which document they stand in.

A ``$ref`` is relative to the document that has it. So what is taken out of another document
carries, in place of its references, `Ref`s that know their owner; whoever follows one later
need not know where it came from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import unquote

from ..messages import JSON

if TYPE_CHECKING:
    from .document import Document

#: Gives the document of a reference without its fragment, which stands in a document at a
#: JSON Pointer. Raises DocumentError: there is none.
Link: TypeAlias = Callable[[str, str], "Document"]

# What stands under these is data, not a reference.
_DATA = frozenset(("default", "enum", "const", "example", "examples", "value"))


class Ref(str):
    """A reference of another document than the one it is read through."""

    __slots__ = ("owner",)
    owner: Document

    @classmethod
    def of(cls, text: str, owner: Document) -> Ref:
        made = cls(text)
        made.owner = owner
        return made


def owned(value: JSON, owner: Document) -> JSON:
    """*value* of the document *owner*, for who reads it through another one."""
    if isinstance(value, Mapping):
        return {
            key: Ref.of(each, owner)
            if key in ("$ref", "$dynamicRef") and type(each) is str
            else (each if key in _DATA else owned(each, owner))
            for key, each in value.items()
        }
    if isinstance(value, list | tuple):
        return [owned(each, owner) for each in value]
    return value


def split(reference: str) -> tuple[str, str]:
    """A reference as the document it names, "" for its own, and its decoded fragment."""
    file, _, fragment = reference.partition("#")
    return file, unquote(fragment)


def local_pointer(value: JSON) -> str | None:
    """Where the reference in *value* leads inside the document that is read; else None."""
    reference = value.get("$ref") if isinstance(value, Mapping) else None
    if type(reference) is str and reference.startswith("#/"):
        return unquote(reference[1:])
    return None


def names_in(value: JSON) -> Iterator[tuple[str, JSON]]:
    """
    (name, schema) of everything in *value* that has a plain name: ``#name`` of each
    ``$anchor`` and ``$dynamicAnchor``, and each ``$id``.
    """
    waiting = [value]
    while waiting:
        here = waiting.pop()
        if isinstance(here, Mapping):
            for key in ("$anchor", "$dynamicAnchor"):
                name = here.get(key)
                if isinstance(name, str):
                    yield f"#{name}", here
            name = here.get("$id")
            if isinstance(name, str):
                yield name.removesuffix("#"), here
            waiting += [each for key, each in here.items() if key not in _DATA]
        elif isinstance(here, list | tuple):
            waiting += here
