"""JSON Schema, as far as the inputs of a workflow need it (checklist A-53, A-54)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from ..expressions.scope import at_pointer
from ..messages import ABSENT, JSON, File, Records, Secret, Template
from ..model import Description, Workflow

Schema: TypeAlias = Mapping[str, Any]
#: Where in the value, the schema's keyword, what it asks for, and the validator's words.
Violation: TypeAlias = tuple[tuple[str | int, ...], str, object, str]
#: A compiled schema: gives every violation of an instance.
Validate: TypeAlias = Callable[[object], Iterator[Violation]]


def follow_ref(schema: JSON, root: JSON) -> JSON:
    """*schema*, or what its local ``$ref`` points to (at most ten in a chain)."""
    for _ in range(10):
        if not isinstance(schema, Mapping) or "$ref" not in schema:
            break
        reference = schema["$ref"]
        if not isinstance(reference, str) or not reference.startswith("#/"):
            break
        target = at_pointer(root, reference[1:])
        if target is ABSENT:
            break
        schema = target  # type: ignore[assignment]
    return schema


def input_properties(description: Description, workflow: Workflow) -> dict[str, JSON]:
    """
    The properties that *workflow*'s input schema declares, local ``$ref``s of the schema
    and of its properties followed.
    """
    found: dict[str, JSON] = {}
    for part in parts(workflow.inputs, description.root):
        for name, each in members(part):
            found.setdefault(name, follow_ref(each, description.root))
    return found


def input_names(description: Description, workflow: Workflow) -> frozenset[str] | None:
    """
    The names that *workflow*'s inputs may have; None where the schema leaves them open: it
    has no properties, or allows others in so many words.
    """
    schemas = tuple(parts(workflow.inputs, description.root))
    properties = input_properties(description, workflow)
    opened = workflow.inputs is not None and (
        not properties
        or any(
            bool(each.get("patternProperties") or each.get("additionalProperties"))
            or leads_away(each, description.root)
            for each in schemas
        )
    )
    return None if opened else frozenset(properties)


def required_inputs(description: Description, workflow: Workflow) -> tuple[str, ...]:
    """The inputs that must be given: ``required`` and without a default."""
    root = description.root
    properties = input_properties(description, workflow)
    listed: dict[str, None] = {}
    for part in parts(workflow.inputs, root):
        names = part.get("required")
        if isinstance(names, list | tuple):
            listed.update((each, None) for each in names if isinstance(each, str))
    return tuple(
        name
        for name in listed
        if not any("default" in each for each in parts(properties.get(name), root))
    )


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


def validator(schema: JSON, root: JSON) -> Validate:
    """
    `compiled` for a schema in the document *root*: pointers such as
    ``#/components/inputs/x`` start there.
    """
    if isinstance(root, Mapping) and any("$ref" in each for each in _objects(schema)):
        schema = {**root, "allOf": [schema]}
    return compiled(schema)


def _objects(schema: JSON) -> Iterator[Mapping[str, JSON]]:
    pending = [schema]
    while pending:
        one = pending.pop()
        if isinstance(one, Mapping):
            yield one
            pending += one.values()
        elif isinstance(one, list | tuple):
            pending += one


def instance_of(
    value: Any,
    special: dict[tuple[str | int, ...], str],
    at: tuple[str | int, ...] = (),
) -> Any:
    """*value* for a validator; stand-ins, for files and secrets, are noted in *special*."""
    match value:
        case File():
            special[at] = "a file is text"
            return ""
        case Records():
            special[at] = "these are records"
            return []
        case Secret() | Template():
            special[at] = "it is a secret"
            return ""
        case str():
            return value
        # Loops, not comprehensions, which take two frames a level.
        case Mapping():
            found = {}
            for key, each in value.items():
                found[key] = instance_of(each, special, (*at, key))
            return found
        case Sequence():
            items = []
            for index, each in enumerate(value):
                items.append(instance_of(each, special, (*at, index)))
            return items
        case _:
            return value


def compiled(schema: Any) -> Validate:
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


def _compiled_slowly(schema: Any) -> Validate:
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
