"""
Where the schemas of a document are, and what can be referred to in them.

https://json-schema.org/draft/2020-12/json-schema-core
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from ..messages import JSON
from ..model import Path
from .registry import Known, resolved

# https://json-schema.org/draft/2020-12/json-schema-core#section-10: which keywords hold
# schemas. `definitions` and a list of `items` are of older drafts, and still met.
_MAPS: Final = frozenset(
    ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")
)
_LISTS: Final = frozenset(("allOf", "anyOf", "oneOf", "prefixItems", "items"))
_SINGLES: Final = frozenset(
    ("items", "additionalProperties", "unevaluatedProperties", "unevaluatedItems",
     "contains", "propertyNames", "if", "then", "else", "not", "contentSchema",
     "additionalItems")
)  # fmt: skip
_ANCHORS: Final = ("$anchor", "$dynamicAnchor")


@dataclass(slots=True)
class Index:
    """
    What can be referred to in a document.

    Attributes:
        resources: The path of each schema with an ``$id``, by its URI.
        anchors: The path of each ``$anchor``, by the URI of its resource and its name.
        seen: The paths of all schemas.
    """

    resources: dict[str, Path] = field(default_factory=dict)
    anchors: dict[tuple[str, str], Path] = field(default_factory=dict)
    seen: set[Path] = field(default_factory=set)

    def base(self, path: Path, default: str) -> str:
        """The base URI at *path*: the ``$id`` of the nearest schema around it."""
        found = [
            (len(each), uri)
            for uri, each in self.resources.items()
            if path[: len(each)] == each
        ]
        return max(found)[1] if found else default


def _roots(known: Known) -> Iterator[tuple[Path, JSON]]:
    """The schemas of a document that are in no other schema."""
    root = known.parsed.value
    if not known.kind:
        yield (), root
        return
    if known.kind != "arazzo":
        schemas = value_at(root, ("components", "schemas"))
        for name, each in schemas.items() if isinstance(schemas, dict) else ():
            yield ("components", "schemas", name), each
        return
    workflows = value_at(root, ("workflows",))
    for number, each in enumerate(workflows if isinstance(workflows, list) else ()):
        if isinstance(each, dict) and "inputs" in each:
            yield ("workflows", number, "inputs"), each["inputs"]
    inputs = value_at(root, ("components", "inputs"))
    for name, each in inputs.items() if isinstance(inputs, dict) else ():
        yield ("components", "inputs", name), each


def find_schemas(known: Known) -> Index:
    """The schemas of *known*; an alias of one that has been seen is none."""
    index = Index()
    seen: set[int] = set()
    waiting = [(path, schema, known.base_uri) for path, schema in _roots(known)]
    while waiting:
        path, schema, base = waiting.pop()
        if not isinstance(schema, dict) or id(schema) in seen:
            continue
        seen.add(id(schema))
        index.seen.add(path)
        own = schema.get("$id")
        if isinstance(own, str):
            base = resolved(base, own)
            index.resources.setdefault(base, path)
        for name in _ANCHORS:
            anchor = schema.get(name)
            if isinstance(anchor, str):
                index.anchors.setdefault((base, anchor), path)
        waiting += [(path + part, each, base) for part, each in inner(schema)]
    return index


def inner(schema: Mapping[str, JSON]) -> Iterator[tuple[Path, JSON]]:
    """The schemas directly inside *schema*, with their paths from there."""
    for key, value in schema.items():
        if key in _MAPS and isinstance(value, dict):
            for name, each in value.items():
                yield (key, name), each
        elif key in _LISTS and isinstance(value, list):
            for number, each in enumerate(value):
                yield (key, number), each
        elif key in _SINGLES and isinstance(value, dict):
            yield (key,), value


class Missing(Exception):
    """A path leads to nothing; the names that are there instead."""

    def __init__(self, token: str, names: Sequence[str]) -> None:
        super().__init__(token)
        self.token = token
        self.names = names


def walk(value: JSON, tokens: Sequence[str]) -> tuple[Path, JSON]:
    """Where the *tokens* of a pointer lead in *value*, arrays by number."""
    path: list[str | int] = []
    for token in tokens:
        if isinstance(value, dict) and token in value:
            path.append(token)
            value = value[token]
        elif (
            isinstance(value, list)
            and token.isascii()
            and token.isdecimal()
            and len(token) < 10
            and int(token) < len(value)
        ):
            path.append(int(token))
            value = value[int(token)]
        else:
            names = list(value)[:1000] if isinstance(value, dict) else []
            raise Missing(token, names)
    return tuple(path), value


def value_at(value: JSON, path: Path) -> JSON:
    """What is at *path* in *value*; None if nothing is."""
    for part in path:
        if isinstance(value, dict):
            value = value.get(str(part))
        elif isinstance(value, list) and isinstance(part, int):
            value = value[part]
        else:
            return None
    return value
