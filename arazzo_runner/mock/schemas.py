"""
Schemas as they constrain a value: references followed, ``allOf`` merged, alternatives
listed.

https://json-schema.org/draft/2020-12/json-schema-validation
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import islice
from typing import Final, cast

from ..errors import ArazzoError
from ..expressions.evaluation import NotEvaluable
from ..expressions.patterns import matches
from ..messages import JSON
from ..openapi.document import Document, is_array, is_index, is_object
from ..openapi.schemas import types_of

#: Combinations of alternatives that are looked at for one schema.
MOST_VARIANTS: Final = 48
_MOST_DEPTH: Final = 60


class NoValue(Exception):
    """A schema that no value fits, or none of a size worth making."""


@dataclass(frozen=True, slots=True)
class Choice:
    """
    A ``oneOf`` or an ``anyOf``.

    Attributes:
        exactly: One option must hold and no other.
        member: The discriminator's property name, or "".
        mapping: The discriminator's: value to reference.
    """

    options: tuple[JSON, ...]
    exactly: bool = False
    member: str = ""
    mapping: Mapping[str, JSON] = field(default_factory=dict)

    def names(self, option: JSON) -> list[JSON]:
        """The discriminator values that mean *option*."""
        reference = option.get("$ref") if is_object(option) else None
        if not self.member or not isinstance(reference, str):
            return []
        last = reference.rpartition("/")[2]
        given = [key for key, to in self.mapping.items() if to in (reference, last)]
        return [*given] or [last]


@dataclass(frozen=True, slots=True)
class Shape:
    """
    A schema with nothing left to follow but its alternatives.

    Attributes:
        keywords: Merged; ``type`` is a list, bounds are as 2020-12 writes them.
        refs: The references that were followed.
    """

    keywords: Mapping[str, JSON]
    refs: frozenset[str] = frozenset()
    choices: tuple[Choice, ...] = ()

    @property
    def types(self) -> tuple[str, ...]:
        """The types it names; empty when every type will do."""
        listed = self.keywords.get("type")
        return tuple(map(str, listed)) if is_array(listed) else ()

    @property
    def properties(self) -> Mapping[str, JSON]:
        found = self.keywords.get("properties")
        return found if is_object(found) else {}

    @property
    def required(self) -> tuple[str, ...]:
        found = self.keywords.get("required")
        if not is_array(found):
            return ()
        return tuple(name for name in found if isinstance(name, str))

    def member(self, name: str) -> JSON:
        """The schema of the member *name*; False where there must not be one."""
        if name in self.properties:
            return self.properties[name]
        patterns = self.keywords.get("patternProperties")
        for pattern, schema in patterns.items() if is_object(patterns) else ():
            if matching(pattern, name):
                return schema
        for key in ("additionalProperties", "unevaluatedProperties"):
            if key in self.keywords:
                return self.keywords[key]
        return True

    def item(self, index: int) -> JSON:
        """The schema of the item at *index*."""
        first = self.keywords.get("prefixItems")
        if is_array(first) and index < len(first):
            return first[index]
        return self.keywords.get("items", True)

    def number(self, key: str) -> Decimal | None:
        """The number under *key*, exact."""
        found = self.keywords.get(key)
        if isinstance(found, bool) or not isinstance(found, (int, float)):
            return None
        return Decimal(repr(found))

    def size(self, key: str) -> int | None:
        """The count under *key*."""
        found = self.number(key)
        return None if found is None else int(found)


# --- flattening -------------------------------------------------------------------------


def flatten(
    schema: JSON, document: Document, chain: frozenset[str] = frozenset()
) -> Shape:
    """
    The shape of *schema*. What cannot be found constrains nothing.

    Raises:
        NoValue: it is ``false``, contradicts itself or refers to itself.
    """
    if schema is False:
        raise NoValue("the schema is false")
    if not is_object(schema):
        return Shape({})
    reference = schema.get("$ref")
    refs: frozenset[str] = frozenset()
    if isinstance(reference, str):
        if reference in chain:
            raise NoValue(f"{reference} refers to itself")
        refs = frozenset((reference,))
        try:
            found = document.resolve(schema)
        except ArazzoError:
            return Shape({}, refs)
        if found is False:
            raise NoValue("the schema is false")
        schema = found if is_object(found) else {}
    shape = Shape(_normal(schema), refs, tuple(_choices(schema)))
    parts = schema.get("allOf")
    for part in parts if is_array(parts) else ():
        shape = combine(shape, flatten(part, document, chain | refs))
    return shape


def _normal(schema: Mapping[str, JSON]) -> dict[str, JSON]:
    """The keywords that stand alone, in the form of 2020-12."""
    apart = ("$ref", "allOf", "oneOf", "anyOf", "nullable")
    keywords = {key: each for key, each in schema.items() if key not in apart}
    keywords.pop("type", None)
    if types := types_of(schema):
        keywords["type"] = list(types)
    for exclusive, bound in (
        ("exclusiveMinimum", "minimum"),
        ("exclusiveMaximum", "maximum"),
    ):
        # OpenAPI 3.0 has a flag beside the bound.
        flag = keywords.get(exclusive)
        if isinstance(flag, bool):
            del keywords[exclusive]
        if flag is True and bound in keywords:
            keywords[exclusive] = keywords.pop(bound)
    return keywords


def _choices(schema: Mapping[str, JSON]) -> Iterator[Choice]:
    discriminator = schema.get("discriminator")
    member: JSON = None
    mapping: JSON = None
    if is_object(discriminator):
        member, mapping = (
            discriminator.get("propertyName"),
            discriminator.get("mapping"),
        )
    for key in ("oneOf", "anyOf"):
        options = schema.get(key)
        if is_array(options) and options:
            yield Choice(
                tuple(options),
                key == "oneOf",
                member if isinstance(member, str) else "",
                mapping if is_object(mapping) else {},
            )


def combine(one: Shape, other: Shape) -> Shape:
    """
    What fits both; annotations are those of *one* where it has them.

    Raises:
        NoValue: no type or no listed value is left.
    """
    merged = dict(one.keywords)
    for key, value in other.keywords.items():
        merged[key] = _both(key, merged[key], value) if key in merged else value
    return Shape(merged, one.refs | other.refs, one.choices + other.choices)


def _both(key: str, one: JSON, other: JSON) -> JSON:
    if key in ("properties", "patternProperties") and is_object(one):
        shared = dict(one)
        for name, schema in other.items() if is_object(other) else ():
            same = name in shared and shared[name] != schema
            shared[name] = {"allOf": [shared[name], schema]} if same else schema
        return shared
    if key in ("items", "additionalProperties", "unevaluatedProperties", "contains"):
        if one is False or other is False:
            return False
        return one if one == other else {"allOf": [one, other]}
    if key == "not":
        return {"anyOf": [one, other]}
    if is_array(one) and is_array(other):
        return _both_lists(key, one, other)
    numbers = isinstance(one, (int, float)) and isinstance(other, (int, float))
    if numbers and key.lower().startswith(("min", "exclusivemin")):
        return max(cast(float, one), cast(float, other))
    if numbers and key.lower().startswith(("max", "exclusivemax")):
        return min(cast(float, one), cast(float, other))
    if key == "const" and one != other:
        raise NoValue("two constants")
    return one


def _both_lists(key: str, one: Sequence[JSON], other: Sequence[JSON]) -> JSON:
    if key == "required":
        return [*one, *(name for name in other if name not in one)]
    if key == "type":
        kept = [each for each in one if each in other or _narrower(each, other)]
        kept += [each for each in other if each not in one and _narrower(each, one)]
    elif key == "enum":
        kept = [each for each in one if listed(each, other)]
    else:
        return one
    if not kept:
        raise NoValue(f"no {key} fits both")
    return list(dict.fromkeys(cast(list[str], kept))) if key == "type" else kept


def _narrower(name: JSON, others: Sequence[JSON]) -> bool:
    return name == "integer" and "number" in others


def variants(
    shape: Shape, document: Document, chain: frozenset[str] = frozenset()
) -> Iterator[Shape]:
    """
    *shape* with an option taken for each of its alternatives, ``null`` last; at most
    `MOST_VARIANTS`.
    """
    return islice(_variants(shape, document, chain, 0), MOST_VARIANTS)


def _variants(
    shape: Shape, document: Document, chain: frozenset[str], depth: int
) -> Iterator[Shape]:
    if not shape.choices or depth > _MOST_DEPTH:
        yield Shape(shape.keywords, shape.refs)
        return
    choice, *others = shape.choices
    rest = Shape(shape.keywords, shape.refs, tuple(others))
    for option in sorted(choice.options, key=_is_null):
        try:
            one = flatten(option, document, chain)
            one = _discriminated(one, choice.names(option), choice.member)
            yield from _variants(combine(rest, one), document, chain, depth + 1)
        except NoValue:
            continue


def _is_null(schema: JSON) -> bool:
    return is_object(schema) and schema.get("type") in ("null", ["null"])


def _discriminated(shape: Shape, names: list[JSON], member: str) -> Shape:
    """*shape* with the discriminator's value, unless it says itself what that is."""
    if not names or shape.choices:  # a union within: its options say it
        return shape
    own = shape.properties.get(member)
    if is_object(own) and not own.keys().isdisjoint(("const", "enum", "$ref", "allOf")):
        return shape
    tag: dict[str, JSON] = {
        "properties": {member: {"enum": names}},
        "required": [member],
    }
    return combine(Shape(tag), shape)


# --- comparing ------------------------------------------------------------------------


def matching(pattern: str, value: str) -> bool:
    try:
        return matches(pattern, value)
    except (NotEvaluable, ArazzoError):  # not a pattern, or one that takes too long
        return True


def listed(value: JSON, values: Sequence[JSON]) -> bool:
    """Whether *value* is in *values*; Python takes True for 1, JSON does not."""
    return any(
        value == each and isinstance(value, bool) == isinstance(each, bool)
        for each in values
    )


# --- looking inside -------------------------------------------------------------------


def schema_at(schema: JSON, document: Document, path: Sequence[str]) -> JSON:
    """The schema of what *path* leads to in a value of *schema*; True for anything."""
    for token in path:
        try:
            schema = inside(flatten(schema, document), token, document)
        except NoValue:
            return True
    return schema


def enumerated(schema: JSON, document: Document) -> tuple[JSON, ...]:
    """The values that *schema* lists, those of its alternatives too, in their order."""
    found: list[JSON] = []
    try:
        shape = flatten(schema, document)
    except NoValue:
        return ()
    for variant in variants(shape, document):
        allowed = variant.keywords.get("enum")
        found += allowed if is_array(allowed) else ()
        if "const" in variant.keywords:
            found.append(variant.keywords["const"])
        if variant.types == ("boolean",):
            found += (True, False)
    return tuple(each for index, each in enumerate(found) if each not in found[:index])


def inside(shape: Shape, token: str, document: Document) -> JSON:
    """The schema of the member or item *token*, in the first variant that names it."""
    anything: JSON = False
    for variant in variants(shape, document):
        if is_index(token) and "array" in variant.types:
            return variant.item(int(token))
        if token in variant.properties:
            return variant.properties[token]
        if variant.types and "object" not in variant.types:
            continue
        if anything is False:
            anything = variant.member(token)
    return anything
