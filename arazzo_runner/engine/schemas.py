"""JSON Schema, as far as the inputs of a workflow need it (checklist A-53, A-54)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from ..messages import JSON
from .compile import follow_ref

Schema: TypeAlias = Mapping[str, Any]
#: Where in the value, the schema's keyword, what it asks for, and the validator's words.
Violation: TypeAlias = tuple[tuple[str | int, ...], str, object, str]


def parts(schema: JSON, root: JSON, depth: int = 0) -> Iterator[Schema]:
    """*schema*, what its local ``$ref`` leads to, and the parts of its ``allOf``."""
    if not isinstance(schema, Mapping) or depth > 10:
        return
    yield schema
    target = follow_ref(schema, root)
    if target is not schema:
        yield from parts(target, root, depth + 1)
    combined = schema.get("allOf")
    for each in combined if isinstance(combined, list | tuple) else ():
        yield from parts(each, root, depth + 1)


def leads_away(schema: Schema, root: JSON) -> bool:
    """Whether *schema* has a ``$ref`` that is not followed here."""
    return "$ref" in schema and follow_ref(schema, root) is schema


def members(schema: Schema) -> Iterator[tuple[str, JSON]]:
    """The ``properties`` of *schema* itself."""
    properties = schema.get("properties")
    yield from properties.items() if isinstance(properties, Mapping) else ()


def keyword(schema: JSON, keyword: str, root: JSON) -> Any:
    """A keyword of *schema*, or of what it consists of; the nearest one."""
    found = (part[keyword] for part in parts(schema, root) if keyword in part)
    return next(found, None)


def types_of(schema: JSON, root: JSON) -> tuple[str, ...]:
    """The types that *schema* allows by its ``type``; empty when it does not say."""
    given = keyword(schema, "type", root)
    return (given,) if isinstance(given, str) else tuple(given or ())


def with_defaults(
    schema: JSON, value: Mapping[str, Any], root: JSON, depth: int = 0
) -> dict[str, Any]:
    """*value* with the defaults of *schema* filled in, also in nested objects."""
    filled = dict(value)
    for part in parts(schema, root) if depth <= 20 else ():
        for name, each in members(part):
            if name not in filled:
                defaults = [part for part in parts(each, root) if "default" in part]
                if not defaults:
                    continue
                filled[name] = defaults[0]["default"]
            if isinstance(filled[name], Mapping):
                filled[name] = with_defaults(each, filled[name], root, depth + 1)
    return filled


def compiled(schema: Any) -> Callable[[object], Iterator[Violation]]:
    """
    A 2020-12 validator, which gives every violation. It never reaches for the network.

    Raises:
        ValueError: *schema* is not a JSON Schema, or has a ``$ref`` that leads nowhere. The
            validator may be the one to raise it.
    """
    try:
        import jsonschema_rs
    except ImportError:  # no wheel for this platform
        return _compiled_slowly(schema)
    try:
        validator = jsonschema_rs.Draft202012Validator(schema, offline=True)
    except ValueError as problem:
        raise ValueError(str(problem).splitlines()[0]) from None

    def violations(instance: object) -> Iterator[Violation]:
        for error in validator.iter_errors(instance):
            place, kind = tuple(error.instance_path), error.kind
            yield place, kind.name, kind.value, error.message

    return violations


def _compiled_slowly(schema: Any) -> Callable[[object], Iterator[Violation]]:
    import jsonschema
    import referencing.exceptions

    try:
        jsonschema.Draft202012Validator.check_schema(schema)
    except jsonschema.SchemaError as problem:
        raise ValueError(problem.message) from None
    validator = jsonschema.Draft202012Validator(schema, registry=referencing.Registry())

    def violations(instance: object) -> Iterator[Violation]:
        try:
            for error in validator.iter_errors(instance):
                place = tuple(error.absolute_path)
                yield place, error.validator, error.validator_value, error.message
        except referencing.exceptions.Unresolvable as problem:
            raise ValueError(f"{problem.ref} leads nowhere") from None

    return violations
