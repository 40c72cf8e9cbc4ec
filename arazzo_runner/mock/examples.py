"""
Schema to value: what an author gave as an example first, else a value made for it.

Everything follows from the seed and the place of a value, so that one more member does
not change the others.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from ..messages import JSON
from ..openapi.document import Document, is_array, is_index, is_object, tokens
from .fitting import fits_shape, has_duplicates
from .numbers import number
from .schemas import NoValue, Shape, enumerated, flatten, inside, variants
from .texts import by_format, by_name, by_pattern, sized

#: The members and items that must be there, as a tree.
Wanted: TypeAlias = Mapping[str, "Wanted"]
_Tree: TypeAlias = dict[str, "_Tree"]
_Refs: TypeAlias = frozenset[str]

#: Values made for one call; beyond it only what is simplest is tried.
_MOST_MADE: Final = 20_000
#: Items that are made because a pointer goes through an index, or ``minItems`` asks.
_MOST_ITEMS: Final = 1000
_NOTHING: Final[Wanted] = {}
# Members for which null is the good news.
_GOOD_NULL: Final = re.compile(
    "error|fail|cancel|reason|warn|delet|archiv|expire", re.I
)


def tree(pointers: Collection[str]) -> Wanted:
    """
    JSON Pointers as a tree of their tokens.

        >>> tree(["/a/0", "/a/0/b", "/c"])
        {'a': {'0': {'b': {}}}, 'c': {}}
    """
    root: _Tree = {}
    for pointer in sorted(pointers):
        node = root
        for token in tokens(pointer):
            node = node.setdefault(token, {})
    return root


def generate(
    schema: JSON,
    document: Document,
    *,
    seed: int = 0,
    wanted: Collection[str] = (),
    depth: int = 24,
    examples: bool = True,
) -> JSON:
    """
    A value that fits *schema*, a part of *document*.

    Args:
        wanted: JSON Pointers of optional members that must be there.
        depth: Levels of objects and arrays at the most.
        examples: Whether examples and defaults are used as they are.

    Raises:
        NoValue: no value can be made: the schema contradicts itself, or needs a value of
            infinite size.
    """
    return Maker(document, seed, depth, examples).make(schema, tree(wanted), "")


def complete(
    value: JSON,
    schema: JSON,
    document: Document,
    *,
    seed: int = 0,
    wanted: Collection[str] = (),
) -> JSON:
    """
    *value* with what *wanted* points at put in where it is missing, made for *schema*.

    A wanted null gets a value too where the schema allows one, unless its name says that
    null is the good case (``error``).
    """
    return Maker(document, seed).complete(value, schema, tree(wanted), "")


@dataclass(slots=True)
class Maker:
    """Makes values for the schemas of one document; good for one call."""

    document: Document
    seed: int
    depth: int = 24
    examples: bool = True
    made: int = field(default=0, init=False)

    def pick(self, below: int, place: str, what: str = "") -> int:
        """A number from 0 to *below* - 1 that follows from the seed and the place."""
        text = f"{self.seed} {place} {what}".encode()
        digest = hashlib.blake2b(text, digest_size=8).digest()
        return int.from_bytes(digest, "big") % max(below, 1)

    # --- any value ---

    def make(
        self, schema: JSON, wanted: Wanted, place: str, refs: _Refs = frozenset()
    ) -> JSON:
        """A value; *refs* are the references that are open around it."""
        self.made += 1
        shape = flatten(schema, self.document)
        deep = place.count("/") > self.depth or self.made > _MOST_MADE
        if (deep or shape.refs & refs) and not wanted:
            if "null" in shape.types:
                return None
            raise NoValue("the schema needs a value within itself")
        refs |= shape.refs
        for given in _given(shape, self.examples, place):
            value = self.complete(given, schema, wanted, place, refs)
            if fits_shape(value, shape, self.document):
                return value
        nearest: list[JSON] = []
        # Options that overlap are told apart by more than what they require.
        for fuller in (False, True) if shape.choices else (False,):
            for variant in _by_reach(variants(shape, self.document), wanted):
                if variant.refs & (refs - shape.refs) and not wanted:
                    continue
                more = {**dict.fromkeys(variant.properties, _NOTHING), **wanted}
                reach = more if fuller else wanted
                try:
                    value = self._build(variant, reach, place, refs | variant.refs)
                except NoValue:
                    continue
                if fits_shape(value, shape, self.document):
                    return value
                nearest.append(value)
        if nearest:
            return self._otherwise(shape, nearest)
        raise NoValue("no alternative of the schema has a value")

    def _otherwise(self, shape: Shape, nearest: list[JSON]) -> JSON:
        """A plain value that fits where what was made does not (``not``), else that."""
        plain: tuple[JSON, ...] = ({}, [], "text", "", 0, 1, True, False, None)
        fitting = (each for each in plain if fits_shape(each, shape, self.document))
        return next(fitting, nearest[0])

    def _build(self, shape: Shape, wanted: Wanted, place: str, refs: _Refs) -> JSON:
        for given in _given(shape, self.examples, place):
            value = self.complete(given, dict(shape.keywords), wanted, place, refs)
            if fits_shape(value, shape, self.document):
                return value
        match _kind(shape, wanted):
            case "object":
                return self._object(shape, wanted, place, refs)
            case "array":
                return self._array(shape, wanted, place, refs)
            case "integer" | "number" as kind:
                return number(
                    shape, lambda n: self.pick(n, place), whole=kind == "integer"
                )
            case "boolean":
                return self.pick(2, place) == 0
            case "null":
                return None
            case _:
                return self._text(shape, place)

    # --- scalars ---

    def _text(self, shape: Shape, place: str) -> str:
        def pick(below: int, what: str) -> int:
            return self.pick(below, place, what)

        name = place.rpartition("/")[2]
        least, most = shape.size("minLength") or 0, shape.size("maxLength")
        pattern, form = shape.keywords.get("pattern"), shape.keywords.get("format")
        text = by_format(form, pick) if isinstance(form, str) else None
        if text is None and name.isdigit():  # an item is named after its array
            name = place.rpartition("/")[0].rpartition("/")[2]
        if text is None:
            text = by_name(name, pick)
        if isinstance(pattern, str):
            given = Shape({"pattern": pattern})
            if not fits_shape(text, given, self.document):
                made = by_pattern(pattern, pick, least=least, most=most)
                text = text if made is None else made
        return sized(text, least, most)

    # --- arrays and objects ---

    def _array(self, shape: Shape, wanted: Wanted, place: str, refs: _Refs) -> JSON:
        least, most = shape.size("minItems") or 0, shape.size("maxItems")
        reached = [int(token) + 1 for token in wanted if is_index(token)]
        prefix = shape.keywords.get("prefixItems")
        count = max(least, 1, *reached, len(prefix) if is_array(prefix) else 0)
        if most is not None:
            count = max(min(count, most), 0)
        items: list[JSON] = []
        contains = shape.keywords.get("contains")
        unique = shape.keywords.get("uniqueItems") is True
        for index in range(min(count, _MOST_ITEMS)):
            schema = shape.item(index)
            if index == 0 and contains is not None:
                schema = {"allOf": [schema, contains]}
            inner = wanted.get(str(index), _NOTHING)
            try:
                item = self._item(
                    schema, inner, f"{place}/{index}", refs, unique, items
                )
            except NoValue:
                if index >= least:
                    break
                raise
            items.append(item)
        return items

    def _item(
        self,
        schema: JSON,
        wanted: Wanted,
        place: str,
        refs: _Refs,
        unique: bool,
        before: list[JSON],
    ) -> JSON:
        item = self.make(schema, wanted, place, refs)
        if not unique or not has_duplicates([*before, item]):
            return item
        for listed in enumerated(schema, self.document):
            if not has_duplicates([*before, listed]):
                return listed
        fresh = Maker(self.document, self.seed, self.depth, examples=False)
        for attempt in range(20):
            item = fresh.make(schema, wanted, f"{place}/{attempt}", refs)
            if not has_duplicates([*before, item]):
                return item
        raise NoValue("the items cannot all be different")

    def _object(self, shape: Shape, wanted: Wanted, place: str, refs: _Refs) -> JSON:
        members: dict[str, JSON] = {}
        needed = dict.fromkeys(
            [name for name in shape.properties if name in shape.required]
            + [*shape.required]
        )
        for name in (*needed, *(name for name in wanted if name not in needed)):
            try:
                self._member(members, shape, name, wanted, place, refs)
            except NoValue:
                if name in needed:
                    raise
        for name in _dependents(shape, members):
            self._member(members, shape, name, wanted, place, refs)
        least = shape.size("minProperties") or 0
        for name in (*shape.properties, *(f"key{n}" for n in range(1, least + 1))):
            if len(members) >= least:
                break
            try:
                if name not in members:
                    self._member(members, shape, name, wanted, place, refs)
            except NoValue:
                continue
        return members

    def _member(
        self,
        members: dict[str, JSON],
        shape: Shape,
        name: str,
        wanted: Wanted,
        place: str,
        refs: _Refs,
    ) -> None:
        inner = wanted.get(name, _NOTHING)
        members[name] = self.make(shape.member(name), inner, f"{place}/{name}", refs)

    # --- completing ---

    def complete(
        self,
        value: JSON,
        schema: JSON,
        wanted: Wanted,
        place: str,
        refs: _Refs = frozenset(),
    ) -> JSON:
        """*value* with what is *wanted* in it; see the function of this name."""
        if not wanted:
            return value
        try:
            shape = flatten(schema, self.document)
        except NoValue:
            return value
        if is_object(value):
            members = dict(value)
            for name, inner in wanted.items():
                self._fill(members, shape, name, inner, place, refs)
            return members
        if is_array(value):
            items = list(value)
            for index in sorted(int(each) for each in wanted if is_index(each)):
                self._extend(items, shape, index, wanted[str(index)], place, refs)
            return items
        return value

    def _fill(
        self,
        members: dict[str, JSON],
        shape: Shape,
        name: str,
        wanted: Wanted,
        place: str,
        refs: _Refs,
    ) -> None:
        schema = inside(shape, name, self.document)
        present = members.get(name)
        here = f"{place}/{name}"
        if present is not None:
            members[name] = self.complete(present, schema, wanted, here, refs)
        elif schema is not False and not (name in members and _GOOD_NULL.search(name)):
            try:
                made = self.make(schema, wanted, here, refs)
            except NoValue:
                return
            members[name] = made

    def _extend(
        self,
        items: list[JSON],
        shape: Shape,
        index: int,
        wanted: Wanted,
        place: str,
        refs: _Refs,
    ) -> None:
        for at in range(len(items), min(index + 1, _MOST_ITEMS)):
            schema = inside(shape, str(at), self.document)
            try:
                items.append(self.make(schema, wanted, f"{place}/{at}", refs))
            except NoValue:
                return
        schema = inside(shape, str(index), self.document)
        items[index] = self.complete(
            items[index], schema, wanted, f"{place}/{index}", refs
        )


def _dependents(shape: Shape, members: Mapping[str, JSON]) -> list[str]:
    """What must be there because of what is: ``dependentRequired``."""
    dependent = shape.keywords.get("dependentRequired")
    return [
        name
        for key, names in (dependent.items() if is_object(dependent) else ())
        for name in (names if key in members and is_array(names) else ())
        if isinstance(name, str) and name not in members
    ]


def _given(shape: Shape, examples: bool, place: str) -> list[JSON]:
    """
    The values that the author wrote into the schema, the likeliest first. A null that
    need not be is left out: it is allowed, but shows nothing.
    """
    name = place.rpartition("/")[2]
    needless = len(shape.types) > 1 and not _GOOD_NULL.search(name)
    found = _written(shape.keywords, examples)
    return [each for each in found if each is not None or not needless]


def _written(keywords: Mapping[str, JSON], examples: bool) -> Iterator[JSON]:
    if examples:
        if "example" in keywords:
            yield keywords["example"]
        listed = keywords.get("examples")
        if is_array(listed):
            yield from listed
        elif is_object(listed):  # as in media types; not allowed, but written
            for each in listed.values():
                if is_object(each) and "value" in each:
                    yield each["value"]
        if "default" in keywords:
            yield keywords["default"]
    if "const" in keywords:
        yield keywords["const"]
    allowed = keywords.get("enum")
    if is_array(allowed):
        yield from sorted(allowed, key=lambda each: each is None)


def _by_reach(found: Iterator[Shape], wanted: Wanted) -> Iterator[Shape] | list[Shape]:
    """The variants that can hold most of what is wanted first."""
    if not wanted:
        return found
    return sorted(found, key=lambda shape: -_reach(shape, wanted))


def _reach(shape: Shape, wanted: Wanted) -> int:
    if any(name in shape.properties for name in wanted):
        return 2 + sum(name in shape.properties for name in wanted)
    kinds = shape.types
    array = all(is_index(name) for name in wanted)
    return int(not kinds or ("array" if array else "object") in kinds)


# Keywords that tell the type where ``type`` is missing.
_TELLING: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("object", ("properties", "required", "additionalProperties", "minProperties")),
    ("array", ("items", "prefixItems", "minItems", "uniqueItems")),
    ("string", ("pattern", "minLength", "maxLength", "format")),
    ("number", ("minimum", "maximum", "exclusiveMinimum", "multipleOf")),
)


def _kind(shape: Shape, wanted: Wanted) -> str:
    """The type to make: one that can hold what is wanted, ``null`` last."""
    inside = ""
    if wanted:
        inside = "array" if all(is_index(name) for name in wanted) else "object"
    if not shape.types:
        telling = (
            kind
            for kind, keys in _TELLING
            if any(key in shape.keywords for key in keys)
        )
        return next(telling, inside or "string")
    if inside in shape.types:
        return inside
    return next((each for each in shape.types if each != "null"), "null")
