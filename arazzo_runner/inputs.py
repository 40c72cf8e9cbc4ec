"""
The inputs of a run: defaults filled in, validated, files opened, secrets put away.

https://spec.openapis.org/arazzo/v1.1.0.html#workflow-object (inputs); checklist A-53.
"""

from __future__ import annotations

import json
import mimetypes
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from .engine.compile import follow_ref, input_properties
from .engine.plan import Plan
from .engine.secrecy import looks_secret
from .errors import Diagnostic, DocumentError, InputError, did_you_mean
from .masking import Masker
from .messages import JSON, File, Records, Secret, Value, record_values
from .model import Description, Workflow
from .transports.spool import Spool

#: What a secret input is called in a mock run that is not given one.
PLACEHOLDER = "mock-{name}"

_JSONL = (".jsonl", ".ndjson")


@dataclass(frozen=True, slots=True)
class Prepared:
    """
    Attributes:
        values: The inputs as the engine sees them.
        secrets: The values behind their `Secret` references.
        warnings: What is worth knowing about them.
    """

    values: Mapping[str, Value]
    secrets: Mapping[str, Value]
    warnings: tuple[Diagnostic, ...] = ()


def prepare_inputs(
    description: Description,
    workflow: Workflow,
    plan: Plan,
    given: Mapping[str, object],
    *,
    spool: Spool,
    mock: bool = False,
    strict: bool = False,
) -> Prepared:
    """
    What a run starts with.

    A `pathlib.Path` becomes a `File`, or `Records` where the schema wants an array.

    Raises:
        InputError: with every problem; nothing was sent.
    """
    properties = input_properties(description, workflow)
    values = {
        name: _opened(name, each, properties.get(name), spool)
        for name, each in given.items()
    }
    schema = follow_ref(workflow.inputs, description.root)
    values = cast(dict[str, Value], _with_defaults(schema, values, description.root))
    warnings = []
    if mock:
        warnings = _placeholders(plan, schema, properties, values)
    warnings += _undeclared(schema, properties, values, strict)
    problems = list(_problems(description, workflow, plan, values, spool))
    if problems:
        raise InputError.of(problems)
    secrets: dict[str, Value] = {}
    for name in sorted(plan.secret_inputs & values.keys()):
        value = values[name]
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            ref = f"inputs.{name}"
            secrets[ref] = value
            values[name] = Secret(ref)
    return Prepared(values, secrets, tuple(warnings))


def _opened(name: str, value: object, schema: JSON, spool: Spool) -> Value:
    if not isinstance(value, Path):
        return _as_value(name, value)
    kind = schema.get("type") if isinstance(schema, Mapping) else None
    if value.suffix.lower() in _JSONL:
        media_type = "application/jsonl"
    else:
        media_type = mimetypes.guess_type(value.name)[0] or ""
    file = spool.adopt(value, media_type=media_type)
    if kind == "array" and media_type == "application/jsonl":
        return Records(file=file)
    return file


def _as_value(name: str, value: object) -> Value:
    match value:
        case None | bool() | int() | float() | str() | File() | Records():
            return value
        case Mapping():
            return {str(key): _as_value(name, each) for key, each in value.items()}
        case Sequence() if not isinstance(value, bytes | bytearray):
            return [_as_value(name, each) for each in value]
        case _:
            raise InputError(
                f"input {name!r} is a {type(value).__name__}, which is no JSON value",
                hint="give JSON values, a pathlib.Path or a File",
            )


def _with_defaults(schema: JSON, value: object, root: JSON, depth: int = 0) -> object:
    """*value* with the schema's defaults in objects, also nested ones."""
    if not isinstance(schema, Mapping) or not isinstance(value, Mapping) or depth > 20:
        return value
    properties = schema.get("properties")
    filled = dict(value)
    for name, each in properties.items() if isinstance(properties, Mapping) else ():
        inner = follow_ref(each, root)
        if not isinstance(inner, Mapping):
            continue
        if name not in filled and "default" in inner:
            filled[name] = inner["default"]
        if name in filled:
            filled[name] = _with_defaults(inner, filled[name], root, depth + 1)
    return filled


def _required(schema: JSON) -> tuple[str, ...]:
    listed = schema.get("required") if isinstance(schema, Mapping) else None
    if not isinstance(listed, list | tuple):
        return ()
    return tuple(each for each in listed if isinstance(each, str))


def _placeholders(
    plan: Plan,
    schema: JSON,
    properties: Mapping[str, JSON],
    values: dict[str, Value],
) -> list[Diagnostic]:
    """Secrets that a mock run is not given, made up."""
    del properties
    missing = [
        name
        for name in sorted(plan.secret_inputs)
        if name not in values and name in _required(schema)
    ]
    for name in missing:
        values[name] = PLACEHOLDER.format(name=name)
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


def _undeclared(
    schema: JSON,
    properties: Mapping[str, JSON],
    values: Mapping[str, Value],
    strict: bool,
) -> list[Diagnostic]:
    if not isinstance(schema, Mapping):
        schema = {}
    if "$ref" in schema or "patternProperties" in schema:
        return []
    found = []
    for name in values:
        if name in properties:
            continue
        problem = Diagnostic(
            code="AZ605",
            severity="warning",
            message=f"the workflow declares no input {name!r}",
            hint=did_you_mean(name, properties, "inputs"),
        )
        if strict:
            raise InputError.of([problem])
        found.append(problem)
    return found


# --- validation -------------------------------------------------------------------------


def _problems(
    description: Description,
    workflow: Workflow,
    plan: Plan,
    values: Mapping[str, Value],
    spool: Spool,
) -> Iterator[Diagnostic]:
    schema = follow_ref(workflow.inputs, description.root)
    if not isinstance(schema, Mapping):
        return
    properties = input_properties(description, workflow)
    path = (*workflow.path, "inputs")
    for name in _required(schema):
        if name not in values:
            at = (*path, "properties", name)
            yield _missing(name, properties.get(name), plan, description.locate(at))
    masker = Masker(str(values[name]) for name in plan.secret_inputs if name in values)
    plain: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, File):
            yield from _file_problems(name, properties.get(name))
        elif isinstance(value, Records):
            yield from _record_problems(
                name, value, properties.get(name), description, spool
            )
        else:
            plain[name] = value
    for where, message in _violations(schema, plain, description, path):
        if not where and message.endswith("is a required property"):
            continue  # said above, with how to give it
        name = str(where[0]) if where else ""
        shown = _member(where)
        yield Diagnostic(
            code="invalid-inputs",
            message=f"input {shown} is not valid: {masker.text(message)}"
            if name
            else f"the inputs are not valid: {masker.text(message)}",
            location=description.locate((*path, "properties", name) if name else path),
        )


def _missing(name: str, schema: JSON, plan: Plan, at: Any) -> Diagnostic:
    said = schema.get("description") if isinstance(schema, Mapping) else None
    what = f": {' '.join(said.split())}" if isinstance(said, str) and said else ""
    variable = re.sub(r"[^A-Z0-9]", "_", name.upper())
    ways = f"-i {name}=VALUE or ARAZZO_INPUT_{variable}"
    if name in plan.secret_inputs or looks_secret(name):
        ways = f"--secret {name}=env:VARIABLE or ARAZZO_INPUT_{variable}"
    elif isinstance(schema, Mapping) and schema.get("type") in ("array", "object"):
        ways = f"-i {name}=@FILE, -i {name}='JSON' or ARAZZO_INPUT_{variable}"
    return Diagnostic(
        code="invalid-inputs",
        message=f"input {name!r} is missing{what}",
        location=at,
        hint=f"give it with {ways}",
    )


def _file_problems(name: str, schema: JSON) -> Iterator[Diagnostic]:
    kind = schema.get("type") if isinstance(schema, Mapping) else None
    kinds = (kind,) if isinstance(kind, str) else kind or ("string",)
    if "string" not in cast(Sequence[str], kinds):
        yield Diagnostic(
            code="invalid-inputs",
            message=f"input {name!r} is of type {kind}; a file is text for it",
            hint="an array takes a .jsonl file; give JSON for other types",
        )


def _record_problems(
    name: str, records: Records, schema: JSON, description: Description, spool: Spool
) -> Iterator[Diagnostic]:
    """Records are checked one by one, so that a file of any size can be checked."""
    if not isinstance(schema, Mapping):
        return
    items = follow_ref(schema.get("items"), description.root)
    check = _validator(items, description) if isinstance(items, Mapping) else None
    count = 0
    for count, record in enumerate(record_values(records, spool), start=1):
        if check is None:
            continue
        for problem in check.iter_errors(record):
            yield Diagnostic(
                code="invalid-inputs",
                message=f"input {name!r}, line {count}: {problem.message}",
            )
            return
    least, most = schema.get("minItems"), schema.get("maxItems")
    if isinstance(least, int) and count < least:
        yield Diagnostic(
            code="invalid-inputs",
            message=f"input {name!r} has {count} records; at least {least} are needed",
        )
    if isinstance(most, int) and count > most:
        yield Diagnostic(
            code="invalid-inputs",
            message=f"input {name!r} has {count} records; at most {most} are allowed",
        )


def _member(path: Sequence[str | int]) -> str:
    text = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path)
    return repr(text.removeprefix("."))


def _violations(
    schema: JSON,
    values: Mapping[str, Any],
    description: Description,
    path: tuple[str | int, ...],
) -> Iterator[tuple[list[str | int], str]]:
    try:
        validator = _validator(schema, description)
    except ValueError as problem:
        raise DocumentError(
            f"the input schema is not a JSON Schema: {problem}",
            code="AZ204",
            location=description.locate(path),
        ) from None
    for error in validator.iter_errors(values):
        # jsonschema-rs and jsonschema name it differently.
        where = getattr(error, "instance_path", None)
        yield list(error.path if where is None else where), error.message


def _validator(schema: JSON, description: Description) -> Any:
    """
    A compiled 2020-12 validator; ``$ref``s reach the whole document.

    Raises:
        ValueError: *schema* is not a JSON Schema.
    """
    if "$ref" in json.dumps(schema, default=str) and isinstance(
        description.root, Mapping
    ):
        # Pointers such as #/components/inputs/x start at the root of the document.
        schema = {**description.root, "allOf": [schema]}
    try:
        import jsonschema_rs
    except ImportError:  # no wheel for this platform
        import jsonschema

        try:
            jsonschema.Draft202012Validator.check_schema(schema)
        except jsonschema.SchemaError as problem:
            raise ValueError(problem.message) from None
        return jsonschema.Draft202012Validator(schema)
    try:
        return jsonschema_rs.Draft202012Validator(cast(dict[str, Any], schema))
    except (jsonschema_rs.ValidationError, ValueError) as problem:
        raise ValueError(str(problem).splitlines()[0]) from None
