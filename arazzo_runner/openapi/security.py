"""What a description says about credentials."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import parse_qsl

from ..errors import DocumentError
from ..messages import Value
from .document import escape, is_object
from .operations import Operation

Place = tuple[str, str]

_AUTHORIZATION: Final = ("header", "authorization")


def credential_places(operation: Operation) -> frozenset[Place]:
    """
    (location, name in lower case) of every place where a security scheme of *operation*
    puts a credential: what is sent there is secret.

    A scheme that is not defined, or that is defined out of reach, counts as
    ``Authorization``, since that is the likeliest.
    """
    return frozenset(
        place
        for requirement in operation.security
        for scheme in requirement
        for place in _places(operation, scheme)
    )


def query_members(value: Value) -> Iterator[tuple[str, Value]]:
    """What a whole query string gives: name and value of each field, of a text decoded."""
    if isinstance(value, str):
        yield from parse_qsl(value, keep_blank_values=True)
    elif isinstance(value, Mapping):
        yield from value.items()


def _places(operation: Operation, name: str) -> Iterator[Place]:
    document = operation.document
    pointer = f"/components/securitySchemes/{escape(name)}"
    found = document.at(pointer)
    scheme: object = found
    if is_object(found):
        try:
            scheme = document.resolve(found, pointer)
        except DocumentError:
            scheme = None
    if not is_object(scheme):
        yield _AUTHORIZATION
    elif scheme.get("type") == "apiKey":
        location, field = scheme.get("in"), scheme.get("name")
        if isinstance(location, str) and isinstance(field, str):
            yield location.lower(), field.lower()
    elif scheme.get("type") != "mutualTLS":
        yield _AUTHORIZATION
