"""What the criteria of a step test in its response, and the values worth trying there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Final, TypeGuard

from ..engine.plan import PlannedCriterion
from ..expressions import nodes
from ..expressions.coercion import compare, number
from ..expressions.contexts import put_in
from ..expressions.criteria import JsonPath, Regex, Test
from ..expressions.embedding import Unresolved, embed
from ..expressions.evaluation import NotEvaluable
from ..expressions.nodes import (
    Condition,
    Embedded,
    Expression,
    Literal,
    Operand,
    Query,
)
from ..expressions.scope import Scope, evaluate
from ..messages import ABSENT, JSON, Absent, Value
from ..openapi.document import is_array, is_object, tokens
from .drafts import HEADER, Draft, Place, items_of
from .fitting import fits
from .reads import condition_of
from .schemas import enumerated
from .texts import by_pattern

#: Stands for the status code among places.
STATUS: Final[Place] = ("$status",)

_BAD: Final = re.compile(
    "fail|error|cancel|expire|reject|denied|declin|abort|invalid|time.?out|unhealthy",
    re.IGNORECASE,
)


@dataclass(slots=True)
class Subject:
    """
    A part of the response that criteria test.

    Attributes:
        written: The values it is compared with, in the order they are written.
        sizes: The lengths it is compared with.
    """

    place: Place
    written: list[Value] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    patterns: list[str] = field(default_factory=list)


class _Subjects:
    """Collects the subjects of tests."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.found: dict[Place, Subject] = {}

    def at(self, place: Place) -> Subject:
        return self.found.setdefault(place, Subject(place))

    def add(self, test: Test) -> None:
        read = condition_of(self._written(test))
        if read is not None:
            self._condition(read[0], read[1], ())
        if isinstance(test, Regex):
            place = _place(test.context)
            if place is not None and isinstance(test.pattern, str):
                self.at(place).patterns.append(test.pattern)

    def _written(self, test: Test) -> Test:
        """*test* with the values that are put into its query."""
        if isinstance(test, JsonPath) and isinstance(test.query, Embedded):
            with suppress(NotEvaluable):
                return replace(test, query=put_in(test.query, self.scope, quote=True))
        return test

    def _condition(
        self, condition: Condition, context: Expression | None, around: Place
    ) -> None:
        match condition:
            case nodes.Compare(_, left, right):
                self._side(left, right, context, around)
                self._side(right, left, context, around)
            case nodes.Not(operand):
                self._condition(operand, context, around)
            case nodes.And(members) | nodes.Or(members):
                for each in members:
                    self._condition(each, context, around)
            case Query() | Operand():  # asked for its truth, or for being there
                place = self._term(condition, context, around)
                if place is not None:
                    truth = isinstance(condition, Operand)
                    self.at(place).written += [True, False] if truth else [None]

    def _side(
        self,
        term: Condition,
        other: Condition,
        context: Expression | None,
        around: Place,
    ) -> None:
        place = self._term(term, context, around)
        if place is None:
            return
        value = self._value(other)
        subject = self.at(place)
        if isinstance(term, Query) and term.length:
            if isinstance(value, int):
                subject.sizes.append(value)
        elif not isinstance(value, Absent):
            subject.written.append(value)

    def _value(self, term: Condition) -> Value | Absent:
        match term:
            case Literal(value):
                return value
            case Operand(_, expression):
                return evaluate(expression, self.scope)
            case Embedded():
                with suppress(Unresolved):
                    return embed(term, self.scope)
        return ABSENT

    def _term(
        self, term: Condition, context: Expression | None, around: Place
    ) -> Place | None:
        if isinstance(term, Operand):
            return _place(term.expression)
        if not isinstance(term, Query):
            return None
        start = around if term.relative else None
        if start is None and context is not None:
            start = _place(context)
        if start is None:
            return None
        place = start
        for segment in term.segments:
            match segment:
                case nodes.Child(key):
                    place = (*place, str(key))
                case nodes.Wildcard():
                    self.at(place).sizes.append(0)
                    place = (*place, "*")
                case nodes.Filter(condition):
                    self.at(place).sizes.append(0)
                    place = (*place, "*")
                    self._condition(condition, context, place)
                    if segment is term.segments[-1]:
                        return None  # the filter's own members decide
                case nodes.Descendants():
                    return None
        return place


def _place(expression: Expression) -> Place | None:
    match expression:
        case nodes.StatusCode():
            return STATUS
        case nodes.Body("response", pointer, navigation):
            try:
                return (*tokens(pointer or ""), *map(str, navigation))
            except ValueError:
                return None
        case nodes.MessageParameter("response", "header", name):
            return (HEADER, name.lower())
        case _:
            return None


def subjects_of(
    criteria: Sequence[PlannedCriterion], scope: Scope
) -> dict[Place, Subject]:
    found = _Subjects(scope)
    for criterion in criteria:
        found.add(criterion.test)
    return found.found


# --- candidates -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Candidate:
    value: JSON | Absent
    written: bool = False
    fitting: bool = True


def candidates(subject: Subject, draft: Draft) -> list[Candidate]:
    """The values to try for *subject*: as written first, as it is, then others."""
    place = subject.place
    schema = draft.schema_of(place)
    listed = enumerated(schema, draft.document)
    present = draft.value(place)
    found: list[Candidate] = []

    def add(value: JSON | Absent, *, written: bool = False) -> None:
        if any(same(value, each.value) for each in found):
            return
        fitting = isinstance(value, Absent) or fits(value, schema, draft.document)
        found.append(Candidate(value, written, fitting))

    for size in subject.sizes:
        add(items_of(draft, place, max(size, 0)), written=True)
    for written in subject.written:
        if _is_json(written):
            add(
                _as_described(written, schema, listed, draft),
                written=written is not None,
            )
    for pattern in subject.patterns:
        add(by_pattern(pattern, lambda _below, _what: 0) or "")
    add(present)
    for value in (*sorted(listed, key=sounds_bad), *_near(subject, draft)):
        add(value)
    add(draft.sample(schema, place))
    for other in ("other", True, False, None, "") if subject.written else (None, ""):
        add(other)
    add(ABSENT)
    return found


def _near(subject: Subject, draft: Draft) -> Iterator[JSON | Absent]:
    """Numbers and sizes beside those compared with, for ``<`` and ``!=``."""
    for size in subject.sizes:
        yield items_of(draft, subject.place, size + 1)
        yield items_of(draft, subject.place, max(size - 1, 0))
    for value in subject.written:
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            yield value + 1
            yield value - 1


def _is_json(value: object) -> TypeGuard[JSON]:
    if is_object(value):
        return all(_is_json(each) for each in value.values())
    if is_array(value):
        return all(_is_json(each) for each in value)
    return value is None or isinstance(value, (bool, int, float, str))


def _as_described(
    value: JSON, schema: JSON, listed: Sequence[JSON], draft: Draft
) -> JSON:
    """A compared value as the schema writes it: case and type are compared loosely."""
    for each in listed:
        if each != value and compare("==", each, value):
            return each
    if isinstance(value, str) and not fits(value, schema, draft.document):
        read = number(value)
        if read is not None:
            plain = int(read) if read == int(read) else float(read)
            return plain if fits(plain, schema, draft.document) else value
    return value


def same(one: JSON | Absent, other: JSON | Absent) -> bool:
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def sounds_bad(value: JSON | Absent) -> bool:
    return isinstance(value, str) and _BAD.search(value) is not None
