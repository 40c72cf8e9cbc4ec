"""The inputs as they were given, made into values: files opened, defaults filled in."""

from __future__ import annotations

import math
import mimetypes
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..engine import schemas
from ..errors import ArazzoError, Diagnostic, InputError, did_you_mean
from ..messages import File, Records, Value
from ..transports.spool import Spool
from .schema import InputSchema

#: What a secret input is called in a mock run that is not given one.
PLACEHOLDER = "mock-{name}"

#: A secret in a file above this many bytes is a file to send, not a credential.
SECRET_BYTES = 1 << 16

_JSONL = (".jsonl", ".ndjson")
_DEPTH = 512  # of arrays and objects in a value, as in JSON bodies
_LARGEST = 10**4300  # what Python turns into text


class Taken:
    """
    Inputs in the making.

    Attributes:
        values: By name.
        problems: What is wrong with those that could not be taken, whose names *broken*
            has.
        made_up: Secrets of a mock run that was not given them.
    """

    def __init__(
        self, declared: InputSchema, secret: frozenset[str], spool: Spool
    ) -> None:
        self.declared = declared
        self.values: dict[str, Value] = {}
        self.problems: list[Diagnostic] = []
        self.broken: set[str] = set()
        self.made_up: frozenset[str] = frozenset()
        self._secret = secret
        self._spool = spool

    def take(self, name: str, given: object) -> None:
        """An input as it was given; files are opened."""
        schema = self.declared.properties.get(name)
        try:
            if isinstance(given, Path):
                value: Value = self._file(
                    given, schemas.types_of(schema, self.declared.root)
                )
            else:
                value = self._value(given)
            if name in self._secret and isinstance(value, File):
                value = self._text(value)
        except ArazzoError as error:
            self.broken.add(name)
            self.problems.append(
                self.declared.problem(
                    name, f"input {name!r}: {error.message}", error.hint
                )
            )
        else:
            self.values[name] = value

    def _file(self, path: Path, types: Sequence[str] = ()) -> File | Records:
        if path.suffix.lower() in _JSONL:
            media_type = "application/jsonl"
        else:
            media_type = mimetypes.guess_type(path.name)[0] or ""
        file = self._spool.adopt(path, media_type=media_type)
        if "array" in types and media_type == "application/jsonl":
            return Records(file=file)
        return file

    def _text(self, file: File) -> Value:
        if file.bytes > SECRET_BYTES:
            return file
        return self._spool.text(file).removesuffix("\n").removesuffix("\r")

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
        filled = schemas.with_defaults(
            self.declared.schema, self.values, self.declared.root
        )
        self.values = {
            name: each for name, each in filled.items() if name not in self.broken
        }

    def placeholders(self) -> list[Diagnostic]:
        """Secrets that a mock run is not given, made up."""
        missing = [
            name
            for name in sorted(self._secret)
            if name in self.declared.required() and name not in self.values
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
            "patternProperties" in part or schemas.leads_away(part, self.declared.root)
            for part in self.declared.parts
        ):
            return []
        return [
            Diagnostic(
                code="invalid-inputs" if strict else "AZ605",
                severity="error" if strict else "warning",
                message=f"the workflow declares no input {name!r}",
                location=self.declared.description.locate(self.declared.place),
                hint=did_you_mean(name, self.declared.properties, "inputs"),
                related=self.declared.related(name),
            )
            for name in self.values
            if name not in self.declared.properties
        ]
