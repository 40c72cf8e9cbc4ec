"""
The inputs of a run: defaults filled in, validated, files opened, secrets put away.

https://spec.openapis.org/arazzo/v1.1.0.html#workflow-object (inputs); checklist A-53, A-54.
"""

from __future__ import annotations

import json
import math
import mimetypes
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

from .engine import schemas
from .engine.plan import Plan
from .engine.secrecy import looks_secret
from .errors import ArazzoError, Diagnostic, DocumentError, InputError, did_you_mean
from .expressions.coercion import text
from .masking import Masker
from .messages import JSON, File, Records, Secret, Value
from .model import Description, Workflow
from .transports.spool import Spool

#: What a secret input is called in a mock run that is not given one.
PLACEHOLDER = "mock-{name}"

#: A secret in a file above this many bytes is a file to send, not a credential.
SECRET_BYTES = 1 << 16

_JSONL = (".jsonl", ".ndjson")
_DEPTH = 512  # of arrays and objects in a value, as in JSON bodies
_BAD_LINES = 10  # lines of a file that are reported
_SHOWN = 300  # characters of what a validator says
# Keywords about the inputs as a whole whose messages name members, and show no values.
_NAMING = (
    "required",
    "additionalProperties",
    "unevaluatedProperties",
    "dependentRequired",
)
_INTEGERS = {"int32": 31, "int64": 63}


_LARGEST = 10**4300  # what Python turns into text
# Texts that are more likely in a file than on a command line.
_FILE = re.compile(r"file(?!name|_?id)|upload|binary", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Prepared:
    """
    Attributes:
        values: The inputs as the engine sees them.
        secrets: The values behind their `Secret` references.
        hidden: What must not be seen, as text.
        warnings: What is worth knowing about them.
        given: The inputs of workflows that others depend on, by name.
    """

    values: Mapping[str, Value]
    secrets: Mapping[str, Value] = field(repr=False)
    hidden: tuple[str, ...] = field(default=(), repr=False)
    warnings: tuple[Diagnostic, ...] = ()
    given: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)


def prepare_inputs(
    plan: Plan,
    given: Mapping[str, object],
    *,
    spool: Spool,
    mock: bool = False,
    strict: bool = False,
) -> Prepared:
    """
    What a run of *plan* starts with: the inputs of its workflow, and those of the
    workflows that others depend on (checklist A-51): given under the workflow's name, or,
    not with *strict*, those of *given* that it declares as well.

    Raises:
        InputError: with every problem; nothing was sent.
        DocumentError: the schema of the inputs is not a JSON Schema.
    """
    if not isinstance(given, Mapping):
        raise InputError(
            f"the inputs are a {type(given).__name__}, not a mapping of names to values"
        )
    shared: dict[str, Mapping[str, object]] = {}
    mine = dict(given)
    for name in dependencies(plan):
        shared[name] = _shared(plan, plan.plans[name], given, mine, strict)
    found: dict[str, Prepared] = {}
    problems: list[Diagnostic] = []
    for name, values in ((plan.workflow_id, mine), *shared.items()):
        try:
            found[name] = _prepared(
                plan.plans[name],
                values,
                spool,
                prefix="" if name == plan.workflow_id else f"{name}.",
                mock=mock,
                strict=strict,
            )
        except InputError as error:
            problems += (_of_workflow(each, name, plan) for each in error.problems)
    if problems:
        raise InputError.of(problems)
    main = found[plan.workflow_id]
    return Prepared(
        main.values,
        {ref: value for each in found.values() for ref, value in each.secrets.items()},
        tuple(text for each in found.values() for text in each.hidden),
        tuple(warning for each in found.values() for warning in each.warnings),
        {name: found[name].values for name in shared},
    )


def dependencies(plan: Plan) -> tuple[str, ...]:
    """The workflows of a run of *plan* that others depend on, each once."""
    names = (name for each in plan.plans.values() for name in each.depends_on)
    return tuple(name for name in dict.fromkeys(names) if name != plan.workflow_id)


def _shared(
    plan: Plan,
    target: Plan,
    given: Mapping[str, object],
    mine: dict[str, object],
    strict: bool,
) -> Mapping[str, object]:
    """What of *given* is for the workflow *target*; what is for it alone leaves *mine*."""
    own = schemas.input_properties(plan.unit.description, plan.workflow)
    named = given.get(target.workflow_id)
    if isinstance(named, Mapping) and target.workflow_id not in own:
        mine.pop(target.workflow_id, None)
        return named
    if strict:
        return {}
    declared = schemas.input_properties(target.unit.description, target.workflow)
    for name in declared.keys() - own.keys():
        mine.pop(name, None)
    return {name: given[name] for name in declared if name in given}


def _of_workflow(problem: Diagnostic, name: str, plan: Plan) -> Diagnostic:
    if name == plan.workflow_id:
        return problem
    message = f"workflow {name!r}, which must run before: {problem.message}"
    hint = f"give its inputs under its name: {name}={{…}}"
    return replace(problem, message=message, hint=hint)


def _prepared(
    plan: Plan,
    given: Mapping[str, object],
    spool: Spool,
    *,
    prefix: str,
    mock: bool,
    strict: bool,
) -> Prepared:
    """
    The inputs of one workflow; *prefix* tells its secrets from those of others.

    A `pathlib.Path` becomes a `File`, `Records` where the schema wants an array, or the
    text in it where the input is a secret.

    Raises:
        InputError: with every problem; nothing was sent.
        DocumentError: the schema of the inputs is not a JSON Schema.
    """
    making = _Inputs(plan.unit.description, plan.workflow, plan.secret_inputs, spool)
    making.guarded = plan.secret_inputs | {path[0] for path in plan.secret_members}
    for name, each in given.items():
        making.take(name, each)
    making.fill_in()
    warnings = making.placeholders() if mock else []
    undeclared = making.undeclared(strict)
    problems = making.problems + list(making.validate())
    if strict:
        problems += undeclared
    if problems:
        raise InputError.of(problems)
    values = dict(making.values)
    secrets: dict[str, Value] = {}
    hidden: list[str] = []
    for name in sorted(plan.secret_inputs & values.keys()):
        value = values[name]
        hidden += _texts(value)
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            ref = f"{prefix}inputs.{name}"
            secrets[ref] = value
            values[name] = Secret(ref)
    for path in sorted(plan.secret_members):
        ref = prefix + ".".join(("inputs", *path))
        found: list[Value] = []
        values = cast(dict[str, Value], _put_away(values, path, Secret(ref), found))
        if found:
            secrets[ref] = found[0]
            hidden += _texts(found[0])
    return Prepared(values, secrets, tuple(hidden), (*warnings, *undeclared))


class _Inputs:
    """Inputs in the making, and what is wrong with them."""

    def __init__(
        self,
        description: Description,
        workflow: Workflow,
        secret: frozenset[str],
        spool: Spool,
    ) -> None:
        self.values: dict[str, Value] = {}
        self.problems: list[Diagnostic] = []
        self.description = description
        self.schema: JSON = workflow.inputs
        self.secret = secret
        self.guarded = secret  # inputs whose values no message shows
        self.spool = spool
        self.made_up: frozenset[str] = frozenset()
        self.broken: set[str] = set()
        self.root = description.root
        self.place = (*workflow.path, "inputs")
        self.parts = tuple(schemas.parts(self.schema, self.root))
        self.properties: dict[str, JSON] = {}
        for part in self.parts:
            for name, each in schemas.members(part):
                self.properties.setdefault(name, each)

    def problem(self, name: str, message: str, hint: str | None = None) -> Diagnostic:
        """A problem with the input *name*, at its schema."""
        at = (*self.place, "properties", name)
        if isinstance(self.schema, Mapping) and name not in dict(
            schemas.members(self.schema)
        ):
            at = self.place
        return Diagnostic(
            code="invalid-inputs",
            message=message,
            location=self.description.locate(at, key=True),
            hint=hint,
        )

    # --- values -------------------------------------------------------------------------

    def take(self, name: str, given: object) -> None:
        """An input as it was given; files are opened."""
        schema = self.properties.get(name)
        try:
            if isinstance(given, Path):
                value: Value = self._file(given, schemas.types_of(schema, self.root))
            else:
                value = self._value(given)
            if name in self.secret and isinstance(value, File):
                value = self._secret(value)
        except ArazzoError as error:
            self.broken.add(name)
            self.problems.append(
                self.problem(name, f"input {name!r}: {error.message}", error.hint)
            )
        else:
            self.values[name] = value

    def _file(self, path: Path, types: Sequence[str] = ()) -> File | Records:
        if path.suffix.lower() in _JSONL:
            media_type = "application/jsonl"
        else:
            media_type = mimetypes.guess_type(path.name)[0] or ""
        file = self.spool.adopt(path, media_type=media_type)
        if "array" in types and media_type == "application/jsonl":
            return Records(file=file)
        return file

    def _secret(self, file: File) -> Value:
        if file.bytes > SECRET_BYTES:
            return file
        return self.spool.text(file).removesuffix("\n").removesuffix("\r")

    def _value(self, value: object, depth: int = 0) -> Value:
        if depth > _DEPTH:
            raise InputError(f"it is nested more than {_DEPTH} levels deep")
        match value:
            case float() if not math.isfinite(value):
                raise InputError(f"{value} is no JSON value")
            case int() if abs(value) >= _LARGEST:
                raise InputError("a number of more than 4,300 digits is too large")
            case None | bool() | int() | float() | str() | File() | Records():
                return value
            case Path():
                return self._file(value)
            case Mapping():
                # Loops, not comprehensions, which take two frames a level.
                members: dict[str, Value] = {}
                for key, each in value.items():
                    members[str(key)] = self._value(each, depth + 1)
                return members
            case Sequence() if not isinstance(value, bytes | bytearray | memoryview):
                items: list[Value] = []
                for each in value:
                    items.append(self._value(each, depth + 1))
                return items
            case _:
                raise InputError(
                    f"a {type(value).__name__} is no JSON value",
                    hint="give JSON values, a pathlib.Path or a File",
                )

    def fill_in(self) -> None:
        """The schema's defaults, also of nested objects; JSON Schema itself applies none."""
        filled = schemas.with_defaults(self.schema, self.values, self.root)
        self.values = {
            name: each for name, each in filled.items() if name not in self.broken
        }

    def placeholders(self) -> list[Diagnostic]:
        """Secrets that a mock run is not given, made up."""
        missing = [
            name
            for name in sorted(self.secret)
            if name in self._required() and name not in self.values
        ]
        for name in missing:
            self.values[name] = PLACEHOLDER.format(name=name)
        self.made_up = frozenset(missing)
        if not missing:
            return []
        listed = ", ".join(repr(name) for name in missing)
        noun = "input is" if len(missing) == 1 else "inputs are"
        return [
            Diagnostic(
                code="AZ606",
                severity="info",
                message=f"the secret {noun} a placeholder in this mock run: {listed}",
            )
        ]

    def undeclared(self, strict: bool) -> list[Diagnostic]:
        """Inputs that the schema does not name: passed on with a warning, unless strict."""
        if any(
            "patternProperties" in part or schemas.leads_away(part, self.root)
            for part in self.parts
        ):
            return []
        return [
            Diagnostic(
                code="invalid-inputs" if strict else "AZ605",
                severity="error" if strict else "warning",
                message=f"the workflow declares no input {name!r}",
                location=self.description.locate(self.place),
                hint=did_you_mean(name, self.properties, "inputs"),
            )
            for name in self.values
            if name not in self.properties
        ]

    # --- validation -----------------------------------------------------------------------

    def validate(self) -> Iterator[Diagnostic]:
        """Everything that is wrong with the values there are."""
        missing = [
            name
            for name in self._required()
            if name not in self.values and name not in self.broken
        ]
        for name in missing:
            yield self._missing(name)
        check = (
            self._validator(self.schema)
            if isinstance(self.schema, Mapping | bool)
            else None
        )
        special: dict[tuple[str | int, ...], str] = {}
        instance = schemas.instance_of(self.values, special)
        masker = Masker(
            each
            for name in self.guarded & self.values.keys()
            for each in _texts(self.values[name])
        )
        for violation in check(instance) if check else ():
            problem = self._violated(violation, special, masker)
            if problem is not None:
                yield problem
        for name, value in self.values.items():
            schema = self.properties.get(name)
            if isinstance(value, Records):
                yield from self._records(name, value, schema, masker)
            elif form := self._out_of_range(value, schema):
                yield self.problem(
                    name,
                    f"input {name!r} is not valid: it is no {form}",
                )

    def _out_of_range(self, value: Value, schema: JSON) -> str | None:
        """The ``format`` of an integer, if *value* is none of it."""
        form = schemas.keyword(schema, "format", self.root)
        if (
            form not in _INTEGERS
            or isinstance(value, bool)
            or not isinstance(value, int)
        ):
            return None
        bound = 1 << _INTEGERS[form]
        return None if -bound <= value < bound else str(form)

    def _required(self) -> tuple[str, ...]:
        listed: dict[str, None] = {}
        for part in self.parts:
            names = part.get("required")
            if isinstance(names, list | tuple):
                listed.update((each, None) for each in names if isinstance(each, str))
        return tuple(listed)

    def _missing(self, name: str) -> Diagnostic:
        schema = self.properties.get(name)
        said = schemas.keyword(schema, "description", self.root)
        what = f": {' '.join(said.split())}" if isinstance(said, str) and said else ""
        variable = re.sub(r"[^A-Z0-9]", "_", name.upper())
        ways = f"-i {name}=VALUE or ARAZZO_INPUT_{variable}"
        if name in self.secret or looks_secret(name):
            ways = f"--secret {name}=env:VARIABLE or ARAZZO_INPUT_{variable}"
        elif {"array", "object"} & set(schemas.types_of(schema, self.root)):
            ways = f"-i {name}=@FILE, -i {name}='JSON' or ARAZZO_INPUT_{variable}"
        elif _FILE.search(f"{name} {said}"):
            ways = f"-i {name}=@FILE, -i {name}=VALUE or ARAZZO_INPUT_{variable}"
        return self.problem(
            name, f"input {name!r} is missing{what}", f"give it with {ways}"
        )

    def _violated(
        self,
        violation: schemas.Violation,
        special: Mapping[tuple[str | int, ...], str],
        masker: Masker,
    ) -> Diagnostic | None:
        """What to say of *violation*; nothing if it was said, or is about a stand-in."""
        where, keyword, wanted, said = violation
        given = (*self.values, *self.broken)
        if not where:
            known = {
                message
                for name in (*self._required(), *given)
                for message in _not_there(name)
            }
            if said in known:
                return None
            if keyword not in _NAMING:
                said = f"they do not fit {keyword!r} of their schema"
            return Diagnostic(
                code="invalid-inputs",
                message=f"the inputs are not valid: {_short(masker.text(said))}",
                location=self.description.locate(self.place),
            )
        name = str(where[0])
        if name in self.made_up:
            return None
        if where in special:
            if keyword != "type":
                return None
            kinds = wanted if isinstance(wanted, list) else [wanted]
            said = f"{special[where]}, and it is to be {' or '.join(map(str, kinds))}"
        elif name in self.guarded:
            limit = f": {wanted}" if isinstance(wanted, str | int | float) else ""
            said = f"it does not fit {keyword!r} of its schema{limit}"
        said = _short(masker.text(said))
        return self.problem(name, f"input {_member(where)} is not valid: {said}")

    def _records(
        self, name: str, records: Records, schema: JSON, masker: Masker
    ) -> Iterator[Diagnostic]:
        """Records are checked one by one, so that a file of any size can be checked."""
        secret = name in self.guarded
        items = schemas.keyword(schema, "items", self.root)
        check = self._validator(items) if isinstance(items, Mapping | bool) else None
        count = bad = 0
        for number, line in _numbered(records, self.spool):
            count += 1
            try:
                record = json.loads(line)
            except ValueError as problem:
                found = [f"it is no JSON: {problem}"]
            else:
                found = [_said(each, secret) for each in check(record)] if check else []
            for each in found:
                said = _short(masker.text(each))
                yield self.problem(name, f"input {name!r}, line {number}: {said}")
            bad += bool(found)
            if bad == _BAD_LINES:
                return
        for keyword, wrong, bound in (
            ("minItems", count.__lt__, "at least {} are needed"),
            ("maxItems", count.__gt__, "at most {} are allowed"),
        ):
            limit = schemas.keyword(schema, keyword, self.root)
            if isinstance(limit, int) and wrong(limit):
                yield self.problem(
                    name, f"input {name!r} has {count} records; {bound.format(limit)}"
                )

    def _validator(
        self, schema: JSON
    ) -> Callable[[object], Iterator[schemas.Violation]]:
        """
        A compiled 2020-12 validator; ``$ref``s reach the whole document, never the network.

        Raises:
            DocumentError: *schema* is not a JSON Schema.
        """
        try:
            check = schemas.validator(schema, self.root)
        except ValueError as problem:
            raise self._unusable(problem) from None

        def violations(instance: object) -> Iterator[schemas.Violation]:
            try:
                yield from check(instance)
            except ValueError as problem:
                raise self._unusable(problem) from None

        return violations

    def _unusable(self, problem: ValueError) -> DocumentError:
        return DocumentError(
            f"the schema of the inputs cannot be used: {_short(str(problem))}",
            code="AZ204",
            location=self.description.locate(self.place),
        )


# --- values --------------------------------------------------------------------------------


def _put_away(
    value: Value, path: Sequence[str], secret: Secret, found: list[Value]
) -> Value:
    """*value* with *secret* for the text at *path*, which is added to *found*."""
    if not path:
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            found.append(value)
            return secret
        return value
    if isinstance(value, Mapping) and path[0] in value:
        inner = _put_away(value[path[0]], path[1:], secret, found)
        return {**value, path[0]: inner}
    if isinstance(value, list) and path[0].isdecimal() and int(path[0]) < len(value):
        at = int(path[0])
        return [
            *value[:at],
            _put_away(value[at], path[1:], secret, found),
            *value[at + 1 :],
        ]
    return value


def _texts(value: Value) -> Iterator[str]:
    """The texts of a secret, whatever its shape."""
    match value:
        case None | bool() | File() | Records():
            return
        case str() | int() | float():
            yield text(value)
        case Mapping():
            for each in value.values():
                yield from _texts(each)
        case Sequence():
            for each in value:
                yield from _texts(each)


def _numbered(records: Records, spool: Spool) -> Iterator[tuple[int, str]]:
    """The lines of *records* that hold something, each with its number."""
    if records.file is not None:
        lines = spool.lines(records.file)
    else:
        lines = iter((records.text or "").split("\n"))
    for number, line in enumerate(lines, start=1):
        if line and not line.isspace():
            yield number, line


def _said(violation: schemas.Violation, secret: bool) -> str:
    where, keyword, _, said = violation
    if secret:
        said = f"it does not fit {keyword!r} of its schema"
    return f"{_member(where)}: {said}" if where else said


def _not_there(name: str) -> tuple[str, str]:
    """How the two validators say that a property is missing."""
    said = "is a required property"
    return f"{json.dumps(name, ensure_ascii=False)} {said}", f"{name!r} {said}"


def _member(path: Sequence[str | int]) -> str:
    parts = (f"[{key}]" if isinstance(key, int) else f".{key}" for key in path)
    return repr("".join(parts).removeprefix("."))


def _short(said: str) -> str:
    """What a validator says begins with the value, however long, and ends with why."""
    half = _SHOWN // 2
    return said if len(said) <= _SHOWN else f"{said[:half]} … {said[-half:]}"
