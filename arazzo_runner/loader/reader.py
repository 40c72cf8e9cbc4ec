"""Plain values to typed ones: every problem is collected with its place, none stops it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from ..errors import did_you_mean
from ..messages import JSON
from ..model import Components, Parameter, Path, Reusable
from .parse import Parsed
from .problems import Problems

#: The largest integer that every JSON reader keeps exact (RFC 8259, 6).
LARGEST: Final = 2**53


@dataclass(frozen=True, slots=True)
class Shape:
    """
    The fixed fields of one of the specification's objects.

    Attributes:
        name: What it is called in a message: "this step".
        fields: Its fields in 1.0.
        newer: Its fields that came with 1.1.
        open: Fields it does not have are ignored instead of refused (R-REUSE-04).
    """

    name: str
    fields: tuple[str, ...]
    newer: tuple[str, ...] = ()
    open: bool = False


class Reader:
    """
    What is known while one document is read.

    Attributes:
        minor: The minor version of the specification that the document follows.
        components: Its components, once they have been read.
        strict: What is accepted beyond the specification is an error instead.
    """

    def __init__(
        self, parsed: Parsed, problems: Problems, minor: int, *, strict: bool = False
    ) -> None:
        self.parsed = parsed
        self.minor = minor
        self.strict = strict
        self.components = Components()
        self._problems = problems

    def error(
        self,
        code: str,
        path: Path,
        message: str,
        *,
        hint: str | None = None,
        key: bool = False,
        first: Path | None = None,
    ) -> None:
        """Report an error at *path*; *first* is where a name was given before."""
        locate = self.parsed.locate
        related = () if first is None else ((locate(first), "first given here"),)
        at = locate(path, key=key)
        self._problems.add(code, message, at, hint=hint, related=related)

    def warn(
        self,
        code: str,
        path: Path,
        message: str,
        *,
        hint: str | None = None,
        key: bool = False,
    ) -> None:
        """Report at *path* what the specification does not allow and we accept."""
        at = self.parsed.locate(path, key=key)
        self._problems.add(code, message, at, hint=hint, severity="warning")

    def dialect(
        self,
        code: str,
        path: Path,
        message: str,
        *,
        hint: str | None = None,
        key: bool = False,
    ) -> None:
        """Report what published files do and the specification forbids."""
        report = self.error if self.strict else self.warn
        report(code, path, message, hint=hint, key=key)

    def newer(self, path: Path, what: str, *, key: bool = True) -> None:
        """Report *what*, which came with 1.1, where it stands in a 1.0 document (A-72)."""
        if self.minor == 0:
            self.dialect(
                "AZ518",
                path,
                f"{what} belongs to Arazzo 1.1, and this is a 1.0 description",
                hint="write 'arazzo: 1.1.0'",
                key=key,
            )

    def wrong_type(self, path: Path, name: str, wanted: str, value: JSON) -> None:
        """Report that *value* has another JSON type than *wanted*."""
        hint = None
        if wanted == "a string" and isinstance(value, bool | int | float):
            hint = f'write it with quotes: "{self.parsed.written(path)}"'
        elif isinstance(value, dict) and any(name.startswith("$") for name in value):
            hint = "put quotes around text that begins with '{'"
        elif value is None:
            hint = "give it a value, or leave the field out"
        message = f"{name} must be {wanted}, not {kind(value)}"
        self.error("AZ202", path, message, hint=hint)

    def read(self, value: JSON, path: Path, shape: Shape) -> Fields | None:
        """*value* as an object of *shape*; None, and a problem, if it is none."""
        if isinstance(value, dict):
            return Fields(self, value, path, shape)
        self.wrong_type(path, shape.name, "an object", value)
        return None

    def choice(
        self, path: Path, name: str, value: str, known: Iterable[str]
    ) -> str | None:
        """*value* if it is one of *known*; else None, and a problem."""
        if value in known:
            return value
        hint = did_you_mean(value, known, "it must be one of")
        self.error("AZ204", path, f"{value!r} is not a {name}", hint=hint)
        return None

    def unique(self, named: Iterable[tuple[object, Path]], what: str) -> None:
        """Report every identity in *named* that was given before."""
        seen: dict[object, Path] = {}
        for identity, path in named:
            if identity in seen:
                message = f"{what} is given twice"
                self.error("AZ205", path, message, first=seen[identity])
            seen.setdefault(identity, path)

    def parameter(self, item: Parameter | Reusable) -> Parameter | None:
        """The parameter itself, or the component that *item* refers to, if it exists."""
        if isinstance(item, Parameter):
            return item
        name = item.reference.removeprefix("$components.parameters.")
        return self.components.parameters.get(name)


class Fields:
    """An object that is being read, field by field."""

    __slots__ = ("path", "reader", "shape", "value")

    def __init__(
        self, reader: Reader, value: dict[str, JSON], path: Path, shape: Shape
    ) -> None:
        self.reader = reader
        self.value = value
        self.path = path
        self.shape = shape
        self._check_names()

    def __contains__(self, name: str) -> bool:
        return name in self.value

    def at(self, name: str) -> Path:
        """The path of a member."""
        return (*self.path, name)

    def text(self, name: str) -> str | None:
        """A string, or None if it is missing or something else."""
        value = self.value.get(name)
        if isinstance(value, str):
            return value
        if name in self.value:
            self.reader.wrong_type(self.at(name), f"'{name}'", "a string", value)
        return None

    def required_text(self, name: str) -> str:
        """A string that must be there and not be empty."""
        self.require(name)
        text = self.text(name)
        if text == "":
            self.reader.error("AZ204", self.at(name), f"'{name}' is empty")
        return text or ""

    def require(self, name: str, hint: str | None = None) -> bool:
        """Report that the field is missing, if it is."""
        if name not in self.value:
            message = f"{self.shape.name} has no '{name}'"
            self.reader.error("AZ201", self.path, message, hint=hint, key=True)
        return name in self.value

    def number(self, name: str, *, whole: bool) -> float | None:
        """A number that is not negative."""
        value = self.value.get(name)
        if name not in self.value:
            return None
        wanted = "an integer" if whole else "a number"
        if isinstance(value, bool) or not isinstance(
            value, int if whole else int | float
        ):
            self.reader.wrong_type(self.at(name), f"'{name}'", wanted, value)
            return None
        if value < 0:
            self.reader.error("AZ204", self.at(name), f"'{name}' must not be negative")
            return None
        if value > LARGEST:
            self.reader.error("AZ204", self.at(name), f"'{name}' is too large")
            return None
        return value

    def items(
        self, name: str, *, required: bool = False
    ) -> Iterator[tuple[JSON, Path]]:
        """The items of an array with their paths; a required one must have some."""
        if required:
            self.require(name)
        value = self.value.get(name)
        if isinstance(value, list):
            if required and not value:
                self.reader.error("AZ204", self.at(name), f"'{name}' is empty")
            for index, item in enumerate(value):
                yield item, (*self.path, name, index)
        elif name in self.value:
            self.reader.wrong_type(self.at(name), f"'{name}'", "an array", value)

    def texts(self, name: str) -> tuple[tuple[str, Path], ...]:
        """The items of an array of different strings, with their paths."""
        found: list[tuple[str, Path]] = []
        for item, path in self.items(name):
            if isinstance(item, str):
                found.append((item, path))
            else:
                wanted = f"an item of '{name}'"
                self.reader.wrong_type(path, wanted, "a string", item)
        self.reader.unique(found, f"this item of '{name}'")
        return tuple(found)

    def members(self, name: str) -> Iterator[tuple[str, JSON, Path]]:
        """The members of a map with their paths."""
        value = self.value.get(name)
        if isinstance(value, dict):
            for key, each in value.items():
                yield key, each, (*self.path, name, key)
        elif name in self.value:
            self.reader.wrong_type(self.at(name), f"'{name}'", "an object", value)

    def _check_names(self) -> None:
        """Report the fields that the specification does not know (R-EXT-01)."""
        shape = self.shape
        for name in self.value:
            if name in shape.newer:
                self.reader.newer(self.at(name), f"'{name}'")
            elif name not in shape.fields and not name.startswith("x-"):
                message = f"{shape.name} has no field '{name}'"
                if shape.open:
                    self.reader.warn("AZ203", self.at(name), message, key=True)
                else:
                    hint = self._hint(name)
                    self.reader.error(
                        "AZ203", self.at(name), message, hint=hint, key=True
                    )

    def _hint(self, name: str) -> str:
        if name == "$ref":
            return "write 'reference: $components.…' to use a component"
        shape = self.shape
        return did_you_mean(name, (*shape.fields, *shape.newer), "its fields")


def kind(value: JSON) -> str:
    """The JSON type of *value*, with its article."""
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "a string"
        case dict():
            return "an object"
        case _:
            return "an array"
