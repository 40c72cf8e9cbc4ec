"""
Schemas of a description as compiled validators: the closure of one schema, as 2020-12.

Only what a schema leads to is given to the compiler, so a description of any size costs
what the operation needs. Formats are asserted where OpenAPI tools agree on them
(`FORMATS`); other formats are annotations, as JSON Schema has it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal
from urllib.parse import unquote

from ..errors import DocumentError
from ..messages import JSON
from .document import Document, escape, is_array, is_object
from .schemas import types_of

Direction = Literal["request", "response"]

#: Formats that a value must have. Of the others (``uri``, ``hostname``, ``int64``, ``byte``)
#: published descriptions mean too many different things.
FORMATS: Final = frozenset(("date", "date-time", "email", "ipv4", "ipv6", "uuid"))
#: The most schemas that one validator is made of.
MOST_SCHEMAS: Final = 20_000

_ONE: Final = (
    *("items", "not", "additionalProperties", "if", "then", "else", "contains"),
    *("propertyNames", "unevaluatedItems", "unevaluatedProperties"),
)
_LISTS: Final = ("allOf", "anyOf", "oneOf", "prefixItems")
_NAMED: Final = ("properties", "patternProperties", "dependentSchemas")
_PLAIN: Final = (
    *("const", "multipleOf", "maximum", "minimum", "maxLength", "minLength", "pattern"),
    *("maxItems", "minItems", "uniqueItems", "maxContains", "minContains"),
    *("maxProperties", "minProperties", "dependentRequired"),
)
_DIALECTS: Final = (
    "https://json-schema.org/draft/2020-12/schema",
    "https://spec.openapis.org/oas/3.",
)


class Uncheckable(ValueError):
    """A schema that cannot be checked. `pointer` is where in the description, and why."""

    def __init__(self, message: str, pointer: str) -> None:
        super().__init__(message)
        self.pointer = pointer


@dataclass(frozen=True, slots=True)
class Violation:
    """
    Attributes:
        path: Keys and indexes in the value.
        keyword: The keyword of the schema that does not hold, and what it asks for.
        instance: The value there.
        pointer: Where the keyword stands in the description.
    """

    path: tuple[str | int, ...]
    keyword: str
    expected: object
    instance: object
    pointer: str


Validate = Callable[[object], Iterator[Violation]]


@dataclass(frozen=True, slots=True)
class Validator:
    """
    A compiled schema.

    Attributes:
        violations: Every violation of a value. Raises ValueError for what it cannot read.
        gap: What could not be compiled, where there is such a part: any value fits it.
    """

    violations: Validate
    gap: Uncheckable | None = None


def compile_schema(
    document: Document, schema: JSON, where: str, direction: Direction
) -> Validator:
    """
    A validator for *schema*, which stands at the pointer *where* of *document*. Required
    members that are ``readOnly`` need not be in requests, ``writeOnly`` not in responses.

    A reference that leads nowhere is a gap: split copies of descriptions often lose a
    component, and the rest of the schema still says much.

    Raises:
        Uncheckable: it is no JSON Schema, or uses a dialect that is not known.
    """
    dialect = document.part("/jsonSchemaDialect")
    if isinstance(dialect, str) and not dialect.startswith(_DIALECTS):
        raise Uncheckable(f"its dialect is {dialect}", "/jsonSchemaDialect")
    closure = _Closure(document, direction)
    try:
        translated = closure.whole(schema, where)
    except RecursionError:
        raise Uncheckable("it nests too deeply", where) from None
    return Validator(_compiled(translated, closure.pointer), closure.gap)


class _Closure:
    """One schema and all it refers to, each once, below ``$defs``."""

    def __init__(self, document: Document, direction: Direction) -> None:
        self._document = document
        self._hidden = "readOnly" if direction == "request" else "writeOnly"
        self._names: dict[str, str] = {}
        self._places: dict[str, str] = {}
        self._waiting: list[tuple[str, JSON]] = []
        self._count = 0
        self._start = ""
        self.gap: Uncheckable | None = None

    def whole(self, schema: JSON, where: str) -> dict[str, Any] | bool:
        self._start = where
        first = self._translated(schema, where)
        defs: dict[str, Any] = {}
        while self._waiting:
            name, each = self._waiting.pop()
            defs[name] = self._translated(each, self._places[name])
        if isinstance(first, bool):
            return first
        return {**first, "$defs": defs} if defs else first

    def pointer(self, path: Sequence[str | int]) -> str:
        """Where in the description the *path* into the translation comes from."""
        start, rest = self._start, path
        if len(path) > 1 and path[0] == "$defs":
            start, rest = self._places[str(path[1])], path[2:]
        return start + "".join(f"/{escape(str(each))}" for each in rest)

    def _refer(self, reference: str, where: str) -> str:
        """The name of what *reference* leads to, which is translated later."""
        # Of two documents, ``#/a`` is not the same.
        key = f"{id(getattr(reference, 'owner', None))} {reference}"
        name = self._names.get(key)
        if name is None:
            try:
                target = self._document.resolve({"$ref": reference}, where)
            except DocumentError as error:
                self.gap = self.gap or Uncheckable(error.message, where)
                target = True
            name = self._names[key] = f"s{len(self._names)}"
            local = reference.startswith("#/") and type(reference) is str
            self._places[name] = unquote(reference[1:]) if local else where
            self._waiting.append((name, target))
        return name

    def _translated(self, schema: JSON, where: str) -> dict[str, Any] | bool:
        self._count += 1
        if self._count > MOST_SCHEMAS:
            raise Uncheckable(f"it leads to more than {MOST_SCHEMAS:,} schemas", where)
        if schema is None or isinstance(schema, bool):
            return schema is not False
        if not is_object(schema):
            raise Uncheckable("it is not a schema", where)
        found: dict[str, Any] = {}
        # A dynamic reference is followed where it stands, as `Document.resolve` does.
        reference = schema.get("$ref", schema.get("$dynamicRef"))
        if isinstance(reference, str):
            found["$ref"] = f"#/$defs/{self._refer(reference, where)}"
            if self._document.version < (3, 1):  # what stands beside it has no effect
                return self._nullable(schema, found)
        for key in _PLAIN:
            if key in schema:
                found[key] = schema[key]
        self._bounds(schema, found)
        self._kinds(schema, found)
        for key in _ONE:
            if key in schema:
                found[key] = self._translated(schema[key], f"{where}/{key}")
        for key in _LISTS:
            members = schema.get(key)
            if is_array(members) and members:
                found[key] = [
                    self._translated(each, f"{where}/{key}/{index}")
                    for index, each in enumerate(members)
                ]
        for key in _NAMED:
            members = schema.get(key)
            if is_object(members):
                found[key] = {
                    name: self._translated(each, f"{where}/{key}/{escape(name)}")
                    for name, each in members.items()
                }
        self._required(schema, found)
        return self._nullable(schema, found)

    def _kinds(self, schema: Mapping[str, JSON], found: dict[str, Any]) -> None:
        if "type" in schema:
            types = types_of(schema)
            # What is no list of names stays, for the compiler to refuse.
            found["type"] = list(types) if types else schema["type"]
        form = schema.get("format")
        if isinstance(form, str) and form in FORMATS:
            found["format"] = form
        values = schema.get("enum")
        if "enum" in schema:
            found["enum"] = values
            if schema.get("nullable") is True and is_array(values):
                found["enum"] = [*values, None]

    @staticmethod
    def _bounds(schema: Mapping[str, JSON], found: dict[str, Any]) -> None:
        """``exclusiveMinimum`` is a number, or since 3.1 by mistake a boolean, too."""
        for bound, exclusive in (
            ("minimum", "exclusiveMinimum"),
            ("maximum", "exclusiveMaximum"),
        ):
            given = schema.get(exclusive)
            if given is True and bound in found:
                found[exclusive] = found.pop(bound)
            elif exclusive in schema and not isinstance(given, bool):
                found[exclusive] = given

    def _required(self, schema: Mapping[str, JSON], found: dict[str, Any]) -> None:
        """``required`` without doubles and without what this direction does not have."""
        names = schema.get("required")
        if not is_array(names):
            return
        properties = schema.get("properties")
        needed = [
            name
            for name in dict.fromkeys(each for each in names if isinstance(each, str))
            if not (is_object(properties) and self._is_hidden(properties.get(name)))
        ]
        if needed:
            found["required"] = needed

    def _is_hidden(self, schema: JSON) -> bool:
        try:
            found = self._document.resolve(schema)
        except DocumentError:  # `_refer` tells
            return False
        return is_object(found) and found.get(self._hidden) is True

    @staticmethod
    def _nullable(
        schema: Mapping[str, JSON], found: dict[str, Any]
    ) -> dict[str, Any] | bool:
        """``nullable`` beside a reference or a combination means null as well."""
        combined = any(key in found for key in ("$ref", "allOf", "anyOf", "oneOf"))
        if schema.get("nullable") is True and combined:
            return {"anyOf": [found, {"type": "null"}]}
        return found


# --- the compiler -----------------------------------------------------------------------


def _compiled(schema: Any, pointer: Callable[[Sequence[str | int]], str]) -> Validate:
    try:
        import jsonschema_rs
    except ImportError:  # no wheel for this platform
        return _compiled_slowly(schema, pointer)
    try:
        validator = jsonschema_rs.Draft202012Validator(
            schema, validate_formats=True, offline=True
        )
    except ValueError as problem:
        path = getattr(problem, "instance_path", ())
        why = str(getattr(problem, "message", problem)).splitlines()[0]
        raise Uncheckable(why[:120], pointer(path)) from None

    def violations(instance: object) -> Iterator[Violation]:
        for error in validator.iter_errors(instance):
            for each in _nearest(error):
                at = pointer(each.schema_path)
                kind, expected = each.kind, each.kind.value
                if kind.name == "propertyNames":  # an error about a name
                    expected = expected.instance
                yield Violation(
                    tuple(each.instance_path), kind.name, expected, each.instance, at
                )

    return violations


def _nearest(error: Any, depth: int = 0) -> Iterator[Any]:
    """
    *error*, or what is wrong in the one branch of an ``anyOf`` or ``oneOf`` that was meant:
    whose type the value has, and the members that tell the branches apart (``type: "text"``).
    """
    branches = getattr(error.kind, "context", None)
    if not branches or depth > 8:
        yield error
        return
    here = len(error.instance_path)
    meant = [
        branch
        for branch in branches
        if branch
        and not any(
            len(each.instance_path) == here and each.kind.name in ("type", "const")
            for each in branch
        )
    ]
    if len(meant) > 1:
        meant = [
            branch
            for branch in meant
            if not any(
                len(each.instance_path) == here + 1
                and each.kind.name in ("const", "enum")
                for each in branch
            )
        ]
    if len(meant) != 1:
        yield error
        return
    for each in meant[0]:
        yield from _nearest(each, depth + 1)


def _compiled_slowly(
    schema: Any, pointer: Callable[[Sequence[str | int]], str]
) -> Validate:
    import jsonschema

    try:
        jsonschema.Draft202012Validator.check_schema(schema)
    except jsonschema.SchemaError as problem:
        at = pointer(tuple(problem.absolute_path))
        raise Uncheckable(problem.message[:120], at) from None
    validator = jsonschema.Draft202012Validator(
        schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    )

    def violations(instance: object) -> Iterator[Violation]:
        for error in validator.iter_errors(instance):
            path = _entered(schema, tuple(error.absolute_schema_path))
            at = tuple(error.absolute_path)
            yield Violation(
                at,
                error.validator,
                error.validator_value,
                error.instance,
                pointer(path),
            )

    return violations


def _entered(schema: Any, path: Sequence[str | int]) -> tuple[str | int, ...]:
    """*path*, which may leave references out, from the last definition that it enters."""
    found: list[str | int] = []
    here = schema
    for key in path:
        if (
            isinstance(here, Mapping)
            and "$ref" in here
            and key not in here.keys() - {"$ref"}
        ):
            name = here["$ref"].rpartition("/")[2]
            found, here = ["$defs", name], schema["$defs"][name]
        if key == "$ref":
            continue
        found.append(key)
        if isinstance(here, Mapping):
            here = here.get(str(key))
        elif is_array(here) and isinstance(key, int):
            here = here[key]
    return tuple(found)
