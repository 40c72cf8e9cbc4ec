"""
Values with expressions in them: one expression, text with embedded ones, whole payloads.

``{$inputs.x}`` is the specification's form; a bare ``$inputs.x`` inside text is a dialect
rule (checklist A-22). What an expression gives is never scanned again (A-25).
https://spec.openapis.org/arazzo/v1.1.0.html#runtime-expressions
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias, Union

from ..messages import JSON, Absent, Syntax, Value
from .embedding import Unresolved, embed
from .evaluation import NotEvaluable
from .nodes import Embedded, ExpressionError, Operand, Selected
from .parser import NO_NAMES, ROOTS, Names, Notes, parse, starts_expression
from .scope import Scope, evaluate
from .selectors import compile_selector, read_selector, select
from .splitting import declared, split_text

# The beginning of an expression for certain: `$inputs are needed` is a sentence.
_DOTTED = re.compile(r"\$(?:" + "|".join(ROOTS) + r")\.(?!\s)")


@dataclass(frozen=True, slots=True)
class Constant:
    """A value without expressions."""

    value: JSON


@dataclass(frozen=True, slots=True)
class Object:
    """An object with expressions somewhere in it."""

    members: tuple[tuple[str, Payload], ...]


@dataclass(frozen=True, slots=True)
class Array:
    """An array with expressions somewhere in it."""

    items: tuple[Payload, ...]


Payload: TypeAlias = Union[Constant, Operand, Embedded, Selected, Object, Array]


def parse_text(
    text: str,
    names: Names = NO_NAMES,
    notes: Notes | None = None,
    *,
    strict: bool = False,
) -> str | Operand | Embedded:
    """
    A string of a document: plain text, one expression, or text with embedded ones.

    Raises:
        ExpressionError: a known root with bad grammar.
    """
    if "$" not in text:
        return text
    notes = notes if notes is not None else Notes()
    if starts_expression(text):
        try:
            # Its notes are told only where it is taken.
            own = Notes()
            expression = parse(text, names, own)
            if declared(expression, names):
                notes.found += own.found
                return Operand(text, expression)
            embedded = _split(text, names, notes, strict)  # `$inputs.name.`, a sentence
            return Operand(text, expression) if isinstance(embedded, str) else embedded
        except ExpressionError:
            embedded = _split(text, names, notes, strict)
            if isinstance(embedded, str) and _DOTTED.match(text):
                raise
            return embedded
    return _split(text, names, notes, strict)


def _split(text: str, names: Names, notes: Notes, strict: bool) -> str | Embedded:
    parts = split_text(text, names, notes, strict=strict)
    if all(isinstance(part, str) for part in parts):
        return text
    return Embedded(tuple(parts))


def parse_payload(
    value: JSON,
    names: Names = NO_NAMES,
    *,
    strict: bool = False,
    report: Callable[[tuple[str | int, ...], ExpressionError | Notes], None],
    path: tuple[str | int, ...] = (),
) -> Payload:
    """
    A value of a document with the expressions of its strings parsed, at any depth.

    *report* is told, with the path below *value*, each text that does not parse and the
    notes on each that does; a text that does not parse becomes a constant.
    """
    match value:
        case str():
            notes = Notes()
            try:
                parsed = parse_text(value, names, notes, strict=strict)
            except ExpressionError as problem:
                report(path, problem)
                return Constant(value)
            if notes.found:
                report(path, notes)
            return Constant(parsed) if isinstance(parsed, str) else parsed
        case Mapping() if (selector := read_selector(value, names)) is not None:
            notes = Notes()
            try:
                selected = compile_selector(selector, names, notes, strict=strict)
            except ExpressionError as problem:
                report((*path, "selector"), problem)
                return Constant(value)
            if notes.found:
                report((*path, "selector"), notes)
            return selected
        case Mapping():
            members = tuple(
                (
                    key,
                    parse_payload(
                        each, names, strict=strict, report=report, path=(*path, key)
                    ),
                )
                for key, each in value.items()
            )
            if all(isinstance(each, Constant) for _, each in members):
                return Constant(value)
            return Object(members)
        case Sequence():
            items = tuple(
                parse_payload(
                    each, names, strict=strict, report=report, path=(*path, index)
                )
                for index, each in enumerate(value)
            )
            if all(isinstance(each, Constant) for each in items):
                return Constant(value)
            return Array(items)
        case _:
            return Constant(value)


def leaves(payload: Payload) -> Iterator[Operand | Selected]:
    """The parts of *payload* that stand for a whole value."""
    match payload:
        case Operand() | Selected():
            yield payload
        case Object(members):
            for _, each in members:
                yield from leaves(each)
        case Array(items):
            for each in items:
                yield from leaves(each)


def expressions(payload: Payload) -> tuple[Operand, ...]:
    """Every expression in *payload*, in the order they are written."""
    return tuple(operand for operand, _ in placed_expressions(payload))


def placed_expressions(
    payload: Payload, path: tuple[str | int, ...] = ()
) -> Iterator[tuple[Operand, tuple[str | int, ...]]]:
    """Every expression in *payload* with the path of the text it stands in."""
    match payload:
        case Operand():
            yield payload, path
        case Embedded(parts):
            for part in parts:
                if isinstance(part, Operand):
                    yield part, path
        case Selected():
            for operand in payload.operands:
                yield operand, path
        case Object(members):
            for key, each in members:
                yield from placed_expressions(each, (*path, key))
        case Array(items):
            for index, each in enumerate(items):
                yield from placed_expressions(each, (*path, index))


def resolve(payload: Payload, scope: Scope, *, syntax: Syntax = "") -> Value | Absent:
    """
    The value of *payload* in *scope*; ABSENT only when it is one expression without a
    value. A member or item whose expression has no value is left out (checklist A-24).

    *syntax*: that of a text payload, in which values are escaped (A-60).

    Raises:
        Unresolved: an expression embedded in text has no value: "None" or "undefined"
            is never sent; or a selector has nothing to look into.
        LimitError: a selector used up its budget.
    """
    match payload:
        case Constant(value):
            return value
        case Operand(_, expression):
            return evaluate(expression, scope)
        case Embedded():
            return embed(payload, scope, syntax=syntax)
        case Selected(text):
            try:
                return select(payload, scope)
            except NotEvaluable as problem:
                raise Unresolved(text, f"has no value: {problem}") from None
        case Object(members):
            resolved = ((key, resolve(each, scope)) for key, each in members)
            return {key: each for key, each in resolved if not isinstance(each, Absent)}
        case Array(items):
            found = (resolve(each, scope) for each in items)
            return [each for each in found if not isinstance(each, Absent)]
