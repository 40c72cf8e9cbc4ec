"""What is wrong with the inputs of a workflow, by its schema."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence

from ..engine import schemas
from ..engine.secrecy import looks_secret
from ..errors import Diagnostic
from ..expressions.coercion import text
from ..masking import Masker
from ..messages import JSON, File, Records, Value
from ..transports.spool import Spool
from .schema import short
from .taking import Taken

_BAD_LINES = 10  # lines of a file that are reported
# Keywords about the inputs as a whole whose messages name members, and show no values.
_NAMING = (
    "required",
    "additionalProperties",
    "unevaluatedProperties",
    "dependentRequired",
)
_INTEGERS = {"int32": 31, "int64": 63}
# Texts that are more likely in a file than on a command line.
_FILE = re.compile(r"file(?!name|_?id)|upload|binary", re.IGNORECASE)


class Validation:
    """
    The check of the inputs that were taken.

    Args:
        secret: Inputs that are secrets.
        guarded: Inputs that are secrets or hold one: no message shows their values.
    """

    def __init__(
        self,
        taken: Taken,
        *,
        secret: frozenset[str],
        guarded: frozenset[str],
        spool: Spool,
    ) -> None:
        self._declared = taken.declared
        self._values = taken.values
        self._broken = taken.broken
        self._made_up = taken.made_up
        self._secret = secret
        self._guarded = guarded
        self._spool = spool
        self._masker = Masker(
            each
            for name in guarded & taken.values.keys()
            for each in texts(taken.values[name])
        )

    def problems(self) -> Iterator[Diagnostic]:
        """Everything that is wrong with the values there are."""
        missing = [
            name
            for name in self._declared.required()
            if name not in self._values and name not in self._broken
        ]
        for name in missing:
            yield self._missing(name)
        check = (
            self._declared.validator(self._declared.schema)
            if isinstance(self._declared.schema, Mapping | bool)
            else None
        )
        special: dict[tuple[str | int, ...], str] = {}
        instance = schemas.instance_of(self._values, special)
        for violation in check(instance) if check else ():
            problem = self._violated(violation, special)
            if problem is not None:
                yield problem
        for name, value in self._values.items():
            schema = self._declared.properties.get(name)
            if isinstance(value, Records):
                yield from self._records(name, value, schema)
            elif form := self._out_of_range(value, schema):
                yield self._declared.problem(
                    name,
                    f"input {name!r} is not valid: it is no {form}",
                )

    def _out_of_range(self, value: Value, schema: JSON) -> str | None:
        """The ``format`` of an integer, if *value* is none of it."""
        form = schemas.keyword(schema, "format", self._declared.root)
        if (
            form not in _INTEGERS
            or isinstance(value, bool)
            or not isinstance(value, int)
        ):
            return None
        bound = 1 << _INTEGERS[form]
        return None if -bound <= value < bound else str(form)

    def _missing(self, name: str) -> Diagnostic:
        schema = self._declared.properties.get(name)
        said = schemas.keyword(schema, "description", self._declared.root)
        what = f": {' '.join(said.split())}" if isinstance(said, str) and said else ""
        variable = re.sub(r"[^A-Z0-9]", "_", name.upper())
        ways = f"-i {name}=VALUE or ARAZZO_INPUT_{variable}"
        if name in self._secret or looks_secret(name):
            ways = f"--secret {name}=env:VARIABLE or ARAZZO_INPUT_{variable}"
        elif schemas.keyword(schema, "format", self._declared.root) == "binary":
            ways = f"-i {name}=@PATH"
        elif {"array", "object"} & set(schemas.types_of(schema, self._declared.root)):
            ways = f"-i {name}=@FILE, -i {name}='JSON' or ARAZZO_INPUT_{variable}"
        elif _FILE.search(f"{name} {said}"):
            ways = f"-i {name}=@FILE, -i {name}=VALUE or ARAZZO_INPUT_{variable}"
        return self._declared.problem(
            name, f"input {name!r} is missing{what}", f"give it with {ways}"
        )

    def _violated(
        self,
        violation: schemas.Violation,
        special: Mapping[tuple[str | int, ...], str],
    ) -> Diagnostic | None:
        """What to say of *violation*; nothing if it was said, or is about a stand-in."""
        where, keyword, wanted, said = violation
        given = (*self._values, *self._broken)
        if not where:
            known = {
                message
                for name in (*self._declared.required(), *given)
                for message in _not_there(name)
            }
            if said in known:
                return None
            if keyword not in _NAMING:
                said = f"they do not fit {keyword!r} of their schema"
            return self._declared.problem_of_all(short(self._masker.text(said)))
        name = str(where[0])
        if name in self._made_up:
            return None
        if where in special:
            if keyword != "type":
                return None
            kinds = wanted if isinstance(wanted, list) else [wanted]
            said = f"{special[where]}, and it is to be {' or '.join(map(str, kinds))}"
        elif name in self._guarded:
            limit = f": {wanted}" if isinstance(wanted, str | int | float) else ""
            said = f"it does not fit {keyword!r} of its schema{limit}"
        said = short(self._masker.text(said))
        return self._declared.problem(
            name, f"input {_member(where)} is not valid: {said}"
        )

    def _records(
        self, name: str, records: Records, schema: JSON
    ) -> Iterator[Diagnostic]:
        """Records are checked one by one, so that a file of any size can be checked."""
        secret = name in self._guarded
        items = schemas.keyword(schema, "items", self._declared.root)
        check = (
            self._declared.validator(items)
            if isinstance(items, Mapping | bool)
            else None
        )
        count = bad = 0
        for number, line in _numbered(records, self._spool):
            count += 1
            try:
                record = json.loads(line)
            except ValueError as problem:
                found = [f"it is no JSON: {problem}"]
            else:
                found = [_said(each, secret) for each in check(record)] if check else []
            for each in found:
                said = short(self._masker.text(each))
                yield self._declared.problem(
                    name, f"input {name!r}, line {number}: {said}"
                )
            bad += bool(found)
            if bad == _BAD_LINES:
                return
        for keyword, wrong, bound in (
            ("minItems", count.__lt__, "at least {} are needed"),
            ("maxItems", count.__gt__, "at most {} are allowed"),
        ):
            limit = schemas.keyword(schema, keyword, self._declared.root)
            if isinstance(limit, int) and wrong(limit):
                yield self._declared.problem(
                    name, f"input {name!r} has {count} records; {bound.format(limit)}"
                )


def texts(value: Value) -> Iterator[str]:
    """The texts of a secret, whatever its shape."""
    match value:
        case None | bool() | File() | Records():
            return
        case str() | int() | float():
            yield text(value)
        case Mapping():
            for each in value.values():
                yield from texts(each)
        case Sequence():
            for each in value:
                yield from texts(each)


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
