"""
The inputs of a run from all the ways in which they can be given.

Later wins: ``arazzo.toml``, the environment, then ``-i`` and ``--secret`` in their order.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import BinaryIO, Final, NoReturn

from ..auth.environment import read_reference
from ..errors import NOWHERE, Diagnostic, InputError, Location, did_you_mean
from ..messages import JSON
from ..openapi.schemas import types_of
from .options import split_name
from .reading import content, inline_json, json_value, near, parsed, text_of

_JSONL: Final = (".jsonl", ".ndjson")
_VARIABLE: Final = "ARAZZO_INPUT_"
_NAMES: Final = {
    "integer": "an integer",
    "number": "a number",
    "boolean": "true or false",
    "object": "a JSON object",
    "array": "a JSON array",
    "null": "null",
}


def _nowhere(_name: str) -> Location:
    return NOWHERE


@dataclass(frozen=True, slots=True)
class Declared:
    """
    The inputs a workflow declares.

    Attributes:
        schemas: JSON Schema of each, by name, references followed.
        secret: Names of those whose values must not be shown.
        open: The schema allows names it does not list.
        locate: Where an input is declared.
    """

    workflow_id: str
    schemas: Mapping[str, JSON]
    secret: Collection[str] = ()
    open: bool = False
    locate: Callable[[str], Location] = _nowhere

    def types(self, name: str) -> tuple[str, ...]:
        """The JSON types the input may have; none when the schema does not say."""
        schema = self.schemas.get(name)
        return types_of(schema) if isinstance(schema, Mapping) else ()

    def check(self, name: str, hint: str | None = None) -> None:
        """
        Raises:
            InputError: the workflow declares no input of that name.
        """
        if name in self.schemas or self.open:
            return
        if not self.schemas:
            raise InputError(
                f"there is no input {name!r}: {self.workflow_id} declares no inputs"
            )
        raise InputError(
            f"there is no input {name!r}",
            hint=hint or did_you_mean(name, self.schemas, "inputs"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """
    What was given, unread.

    Attributes:
        configured: Of ``arazzo.toml``: texts as after ``-i``, or a table of values.
        environment: All variables.
        flags: The texts after ``-i``, in order.
        secrets: (name, "env" or "file", variable or path) of each ``--secret``.
        stdin: What ``-i -`` reads.
    """

    configured: object = None
    environment: Mapping[str, str] = field(default_factory=dict)
    flags: Sequence[str] = ()
    secrets: Sequence[tuple[str, str, str]] = ()
    stdin: BinaryIO | None = None


def collect(declared: Declared, given: Given) -> dict[str, object]:
    """
    The inputs by name: JSON values, and paths of files to be opened by the runner.

    Raises:
        InputError: with every problem.
    """
    values: dict[str, object] = {}
    problems: list[Diagnostic] = []
    for part in _parts(declared, given):
        try:
            values.update(part())
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError.of(problems)
    return values


def _parts(
    declared: Declared, given: Given
) -> Iterator[Callable[[], Mapping[str, object]]]:
    """What reads each part of the inputs, the least important first."""
    match given.configured:
        case Mapping() as table:
            yield partial(dict, table)
        case str() as text:
            yield partial(read, text, declared, given.stdin)
        case list() as texts:
            for each in texts:
                yield partial(read, str(each), declared, given.stdin)
    yield partial(from_environment, declared, given.environment)
    for text in given.flags:
        yield partial(read, text, declared, given.stdin)
    for name, kind, where in given.secrets:
        yield partial(secret, name, kind, where, declared, given.environment)


def read(
    text: str, declared: Declared, stdin: BinaryIO | None = None
) -> Mapping[str, object]:
    """
    What one ``-i`` gives: ``NAME=VALUE``, a file, ``-``, or JSON.

    Raises:
        InputError: it cannot be read, or it gives what the workflow does not declare.
    """
    if text == "-":
        data = stdin.read() if stdin is not None else b""
        return _members(parsed(data, "<stdin>"), "standard input")
    if text.lstrip()[:1] == "{":
        return _members(inline_json(text), "the text after -i")
    name, value = split_name(text)
    if name is None:
        return _file_of_inputs(text, declared)
    hint = None
    if name not in declared.schemas and Path(text).is_file():
        hint = f"for the file {text} write -i ./{text}"
    declared.check(name, hint)
    return {name: typed(name, value, declared)}


def typed(name: str, text: str, declared: Declared) -> object:
    """
    The value that *text* is for the input *name*, by the type its schema gives.

    Raises:
        InputError: it is not of that type, or a file in it cannot be read.
    """
    if text.startswith("@@"):
        return _by_type(name, text[1:], declared)
    if text.startswith("@"):
        return _from_file(name, text[1:], declared)
    return _by_type(name, text, declared)


def _by_type(name: str, text: str, declared: Declared) -> object:
    types = declared.types(name)
    if types == ("string",):
        return text
    try:
        value = json_value(text)
    except ValueError as error:
        if not types or "string" in types:
            return text
        _wrong(name, text, declared, str(error))
    if types and not any(_is(value, each) for each in types):
        # With several types a text that reads as another type is meant as a text.
        if "string" in types:
            return text
        _wrong(name, text, declared, "")
    return value


def _wrong(name: str, text: str, declared: Declared, reason: str) -> NoReturn:
    types = declared.types(name)
    wanted = " or ".join(_NAMES.get(each, each) for each in types)
    shown = "what was given" if name in declared.secret else repr(_short(text))
    hint: str | None = None
    if set(types) & {"object", "array"}:
        if Path(text).is_file():
            hint = f"to read that file: -i {name}=@{text}"
        else:
            hint = "; ".join(filter(None, [reason, f"-i {name}=@FILE reads a file"]))
    elif "boolean" in types:
        hint = "write true or false"
    raise InputError(
        f"input {name!r} must be {wanted}; {shown} is not",
        location=declared.locate(name),
        hint=hint,
    )


def _from_file(name: str, path: str, declared: Declared) -> object:
    """The value of ``NAME=@path``; a `Path` where the runner is to open the file."""
    place = Path(path).expanduser()
    types = declared.types(name)
    suffix = place.suffix.lower()
    data = content(place, f"input {name!r}", peek=True)
    if name in declared.secret:
        return _by_type(
            name, text_of(content(place, f"input {name!r}"), place), declared
        )
    if suffix in _JSONL and (not types or "array" in types):
        return place
    if types == ("string",):
        return place
    if set(types) & {"object", "array"} or (
        not types and suffix in (".json", ".yaml", ".yml")
    ):
        data = content(place, f"input {name!r}")
        value = parsed(data, str(place), f"input {name!r}: ", lines="array" in types)
        return _fitting(name, value, place, declared)
    if not types or "string" in types:
        return place
    return _by_type(name, text_of(content(place, f"input {name!r}"), place), declared)


def _fitting(name: str, value: JSON, place: Path, declared: Declared) -> JSON:
    """*value*, which a file holds for the input *name*, if it is of its type."""
    types = declared.types(name)
    if not types or any(_is(value, each) for each in types):
        return value
    wanted = " or ".join(_NAMES.get(each, each) for each in types)
    hint = None
    if isinstance(value, Mapping) and name in value:
        hint = f"it looks like a whole set of inputs: -i {place}"
    raise InputError(
        f"input {name!r} must be {wanted}; {place} holds {_kind(value)}",
        location=declared.locate(name),
        hint=hint,
    )


def _file_of_inputs(path: str, declared: Declared) -> Mapping[str, object]:
    place = Path(path).expanduser()
    if not place.exists():
        if path in declared.schemas:
            hint = f"to give the input: -i {path}=VALUE"
        else:
            hint = near(place) or "inputs are NAME=VALUE, a file, - or '{JSON}'"
        raise InputError(f"there is no file {path} to read inputs from", hint=hint)
    return _members(parsed(content(place, "the inputs"), str(place)), path)


def _members(value: JSON, what: str) -> Mapping[str, object]:
    if isinstance(value, Mapping):
        return value
    raise InputError(
        f"{what} holds {_kind(value)}; inputs are an object of names and values",
        hint="for one input of it: -i NAME=@FILE",
    )


def from_environment(
    declared: Declared, environment: Mapping[str, str]
) -> Mapping[str, object]:
    """
    The inputs that ``ARAZZO_INPUT_<NAME>`` sets.

    Text is taken literally for a string: a password may begin with ``@``.

    Raises:
        InputError: a variable stands for two inputs, or its value has the wrong type.
    """
    names: dict[str, list[str]] = {}
    for name in declared.schemas:
        variable = _VARIABLE + re.sub("[^A-Z0-9]", "_", name.upper())
        names.setdefault(variable, []).append(name)
    values: dict[str, object] = {}
    for variable, meant in names.items():
        text = environment.get(variable)
        if text is None:
            continue
        if len(meant) > 1:
            raise InputError(
                f"{variable} stands for several inputs: {', '.join(meant)}",
                hint=f"give them with -i {meant[0]}=…",
            )
        name = meant[0]
        with _about(variable):
            if "string" in declared.types(name) or not declared.types(name):
                values[name] = _by_type(name, text, declared)
            else:
                values[name] = typed(name, text, declared)
    return values


def secret(
    name: str,
    kind: str,
    where: str,
    declared: Declared,
    environment: Mapping[str, str],
) -> Mapping[str, object]:
    """
    The input that ``--secret NAME=env:VAR``, ``NAME=file:PATH`` or its like sets.

    Raises:
        InputError: there is no such input, variable or file.
    """
    declared.check(name)
    if kind == "keyring":
        text = read_reference(f"--secret {name}", kind, where, environment)
    elif kind == "env":
        text = environment.get(where, "")
        if not text:
            state = "empty" if where in environment else "not set"
            raise InputError(
                f"the environment variable {where} for the secret {name!r} is {state}",
                hint=f"export {where}=…",
            )
    else:
        place = Path(where).expanduser()
        text = text_of(content(place, f"the secret {name!r}"), place)
    return {name: _by_type(name, text, declared)}


@contextmanager
def _about(what: str) -> Iterator[None]:
    """Say in which variable a wrong value was."""
    try:
        yield
    except InputError as error:
        raise InputError(
            f"{what}: {error.message}", location=error.location, hint=error.hint
        ) from None


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:59] + "…"


def _is(value: JSON, kind: str) -> bool:
    match kind:
        case "null":
            return value is None
        case "boolean":
            return isinstance(value, bool)
        case "integer":
            whole = isinstance(value, float) and value.is_integer()
            return whole or (isinstance(value, int) and not isinstance(value, bool))
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "string":
            return isinstance(value, str)
        case "object":
            return isinstance(value, Mapping)
        case _:
            return isinstance(value, list)


def _kind(value: JSON) -> str:
    match value:
        case Mapping():
            return "an object"
        case list():
            return "an array"
        case None:
            return "nothing"
        case str():
            return "a text"
        case _:
            return json.dumps(value)
