"""
Payload replacements: values put into a payload at the places that targets name.

Applied in order, after the payload's own expressions (checklist A-62).
https://spec.openapis.org/arazzo/v1.1.0.html#payload-replacement-object
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from ..errors import NOWHERE, Location
from ..messages import Absent, File, Records, Secret, Template, Value
from .coercion import NotComparable
from .coercion import text as as_text
from .contexts import plain, put_in
from .evaluation import NotEvaluable
from .jsonpath import select_locations
from .nodes import Embedded
from .old_jsonpath import OLD_JSONPATH, old_locations
from .scope import Scope, pointer_tokens
from .templates import Payload, resolve
from .xpath import parse_xml, select_elements, xml_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacement:
    """
    A Payload Replacement Object, parsed.

    Attributes:
        language: Of `target`: ``jsonpointer``, ``jsonpath`` or ``xpath``.
    """

    target: str | Embedded
    language: str
    version: str
    value: Payload
    location: Location = NOWHERE


_APPEND = "-"  # RFC 6901: the item after the last


class CannotReplace(Exception):
    """A target is not there, or cannot hold a value."""


def replaced(
    payload: Value | Absent, replacements: tuple[Replacement, ...], scope: Scope
) -> tuple[Value, list[tuple[Replacement, str]]]:
    """
    *payload* with *replacements* applied, and what is worth a warning. No payload is an
    empty object.

    Raises:
        CannotReplace: with what is wrong; the argument `replacement` tells where.
        Unresolved: a value embeds an expression without a value.
    """
    notes: list[tuple[Replacement, str]] = []
    value: Value = {} if isinstance(payload, Absent) else payload
    for each in replacements:
        new = resolve(each.value, scope)
        try:
            if isinstance(new, Absent):
                notes.append((each, "its value has none; nothing is replaced"))
                continue
            target = put_in(
                each.target,
                scope,
                quote=each.language != "jsonpointer",
                xpath=each.language == "xpath",
            )
            if each.language == "xpath":
                value = _in_xml(value, target, new, each.version, scope)
                continue
            data = _copy(_structured(value, scope))
            if each.language == "jsonpath":
                value = _at_nodes(data, target, new, each.version)
            else:
                made: list[str] = []
                value = set_at(data, target, new, made)
                notes += (
                    (each, f"{pointer} was not there and is made") for pointer in made
                )
        except (NotEvaluable, NotComparable) as problem:
            raise _cannot(each, str(problem)) from None
        except CannotReplace as problem:
            raise _cannot(each, str(problem)) from None
    return value, notes


def _cannot(replacement: Replacement, why: str) -> CannotReplace:
    problem = CannotReplace(why)
    problem.replacement = replacement  # type: ignore[attr-defined]
    return problem


def _structured(value: Value, scope: Scope) -> Value:
    """A payload that is text is JSON, or has no places."""
    if isinstance(value, File):
        data = scope.bodies.data(value)
        if isinstance(data, Absent | File):
            raise CannotReplace("the payload is a file, which has no such places")
        return data
    if isinstance(value, str):
        try:
            return cast(Value, json.loads(value))
        except (ValueError, RecursionError):
            raise CannotReplace("the payload is text and no JSON") from None
    if isinstance(value, Secret | Template):
        raise CannotReplace("the payload is a secret")
    return plain(value, scope)


def _copy(value: Value) -> Any:
    """*value* with objects and arrays that may be changed."""
    match value:
        case str() | File() | Records():
            return value
        case Mapping():
            return {key: _copy(each) for key, each in value.items()}
        case list() | tuple():
            return [_copy(each) for each in value]
        case _:
            return value


def set_at(data: Any, pointer: str, new: Value, made: list[str] | None = None) -> Any:
    """
    *data*, changed, with *new* at the JSON Pointer *pointer*. What exists is replaced, the
    last member of an object added, ``-`` and the length of an array append; objects on the
    way that are not there are made, and told in *made*.

        >>> set_at({"a": [1]}, "/a/-", 2)
        {'a': [1, 2]}

    Raises:
        CannotReplace: an array has no such index, or a value on the way no members.
    """
    if pointer == "":
        return new
    if not pointer.startswith("/"):
        raise CannotReplace(f"{pointer!r} is not a JSON Pointer")
    tokens = pointer_tokens(pointer)
    here = data
    for depth, token in enumerate(tokens):
        way = "/" + "/".join(tokens[: depth + 1])
        last = depth == len(tokens) - 1
        if isinstance(here, dict):
            if last:
                here[token] = new
            elif token not in here:
                here[token] = {}
                if made is not None:
                    made.append(way)
            if not last:
                here = here[token]
        elif isinstance(here, list):
            index = len(here) if token == _APPEND else _index(token, way)
            if index > len(here) or (index == len(here) and not last):
                raise CannotReplace(f"{way} is beyond the end of the array")
            if last:
                here[index : index + 1] = [new]
            else:
                here = here[index]
        else:
            raise CannotReplace(f"{way} is inside of a value that has no members")
    return data


def _index(token: str, way: str) -> int:
    if not (token.isascii() and token.isdigit()) or (token[0] == "0" < token):
        raise CannotReplace(f"{way} is no index of an array")
    return int(token[:16])


def _at_nodes(data: Any, query: str, new: Value, version: str) -> Any:
    locate = old_locations if version == OLD_JSONPATH else select_locations
    places = locate(query, data)
    if not places:
        raise CannotReplace(f"{query!r} finds nothing in the payload")
    for place in sorted(places, key=len, reverse=True):  # inner ones first
        if not place:
            return new
        here = data
        for key in place[:-1]:
            here = here[key]
        here[place[-1]] = new
    return data


def _in_xml(value: Value, target: str, new: Value, version: str, scope: Scope) -> Value:
    if not isinstance(value, str):
        raise CannotReplace("the payload is no XML text, which an XPath needs")
    if isinstance(new, Secret | Template):
        raise CannotReplace("a secret cannot be put into XML by a replacement")
    root = parse_xml(value)
    if not select_elements(target, root, version, as_text(new, scope.bodies)):
        raise CannotReplace(f"{target!r} finds nothing in the payload")
    return xml_text(root, value)
