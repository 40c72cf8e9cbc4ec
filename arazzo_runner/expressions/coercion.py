"""
Loose comparison, truth, and values as text.

The table is checklist A-05 to A-08; the specification says "loose comparisons" and, from
1.1 on, that numeric strings are coerced.
https://spec.openapis.org/arazzo/v1.1.0.html#criterion-object
"""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import quote

from ..messages import (
    NO_BODIES,
    Absent,
    Bodies,
    File,
    Records,
    Secret,
    Syntax,
    Template,
    Value,
    record_values,
)

_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?", re.ASCII)
_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class NotComparable(ValueError):
    """A secret's value was asked for where only its presence may be tested."""


def number(text: str) -> int | float | Decimal | None:
    """
    The number that *text* is in JSON's syntax, spaces around it ignored, or None.

        >>> number(" 12 "), number("1e3"), number("0x1f"), number("")
        (12, Decimal('1E+3'), None, None)
    """
    text = text.strip()
    if len(text) > 1000 or not _NUMBER.fullmatch(text):
        return None
    if text.lstrip("-").isdigit():
        return int(text)
    try:
        return Decimal(text)
    except InvalidOperation:  # an exponent of twenty digits
        return None


def compare(
    sign: str, left: Value | Absent, right: Value | Absent, *, exact: bool = False
) -> bool:
    """
    Whether *left* *sign* *right* holds; never raises for data of any JSON type.

    *exact* makes strings case-sensitive, as in JSONPath. A missing value is null.

    Raises:
        NotComparable: one side is a secret and the other is not null.
    """
    if type(left) is str and type(right) is str and sign in ("==", "!="):
        same = left == right if exact else left.casefold() == right.casefold()
        return same if sign == "==" else not same
    left = None if isinstance(left, Absent) else left
    right = None if isinstance(right, Absent) else right
    if isinstance(left, Secret | Template) or isinstance(right, Secret | Template):
        if left is not None and right is not None:
            raise NotComparable("the value of a secret cannot be compared")
        return sign == "!="
    if sign == "==":
        return _equal(left, right, exact)
    if sign == "!=":
        return not _equal(left, right, exact)
    return _ordered(_ORDER[sign], left, right, exact)


def _equal(left: Value, right: Value, exact: bool) -> bool:
    if left is None or right is None:
        return left is right
    if isinstance(left, bool) or isinstance(right, bool):
        return _truth_value(left) is not None and _truth_value(left) == _truth_value(
            right
        )
    if isinstance(left, str) and isinstance(right, str):
        return left == right if exact else left.casefold() == right.casefold()
    if isinstance(left, int | float | str) and isinstance(right, int | float | str):
        one, other = _numeric(left), _numeric(right)
        return one is not None and other is not None and one == other
    return _same(left, right)


def _same(left: Value, right: Value) -> bool:
    """Deep equality, nothing coerced inside; a loop, for values nest deeper than calls."""
    pending = [(left, right)]
    while pending:
        one, other = pending.pop()
        if isinstance(one, Secret | Template) or isinstance(other, Secret | Template):
            if one is None or other is None:
                return False
            raise NotComparable("the value of a secret cannot be compared")
        if isinstance(one, Mapping) and isinstance(other, Mapping):
            if one.keys() != other.keys():
                return False
            pending += [(one[key], other[key]) for key in one]
        elif isinstance(one, list | tuple) and isinstance(other, list | tuple):
            if len(one) != len(other):
                return False
            pending += zip(one, other, strict=True)
        elif isinstance(one, bool) is not isinstance(other, bool) or one != other:
            return False
    return True


def _ordered(
    order: Callable[[Any, Any], bool], left: Value, right: Value, exact: bool
) -> bool:
    if isinstance(left, bool) or isinstance(right, bool):
        return False
    if isinstance(left, int | float | str) and isinstance(right, int | float | str):
        one, other = _numeric(left), _numeric(right)
        if one is not None and other is not None:
            return order(one, other)
        if isinstance(left, str) and isinstance(right, str):
            return (
                order(left, right)
                if exact
                else order(left.casefold(), right.casefold())
            )
    return False


def _truth_value(value: Value) -> bool | None:
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(value) if isinstance(value, str) else None


def _numeric(value: int | float | str) -> int | float | Decimal | None:
    if isinstance(value, str):
        return number(value)
    if not isinstance(value, float):
        return value
    # A float compares with a Decimal by its shortest text, so that 0.1 equals '0.1'.
    return None if value != value else Decimal(repr(value))


def truth(value: Value | Absent) -> bool:
    """Whether a bare operand passes: not false, null, absent, 0, ``''``, ``[]``, ``{}``."""
    match value:
        case Absent() | None:
            return False
        case bool() | int() | float():
            return bool(value)
        case str() | Mapping():
            return len(value) > 0
        case File():
            return value.bytes > 0
        case Records(content, file):
            if file is not None:
                return file.bytes > 0
            return bool(content) and not str(content).isspace()
        case Secret() | Template():
            return True
        case _:
            return len(value) > 0


def text(value: Value, bodies: Bodies = NO_BODIES) -> str:
    """
    *value* as it stands in a text: strings as they are, a whole number without ``.0``,
    everything else as compact JSON.

    Raises:
        NotComparable: *value* is or holds a secret; a driver's business.
    """
    match value:
        case str():
            return value
        case float() if value.is_integer() and abs(value) < 1e21:
            return str(int(value))
        case File():
            return bodies.text(value)
        case _:
            return compact(value, bodies)


def escaped(value: str, inside: Syntax) -> str:
    """*value* as it stands in text of that syntax (checklist A-60)."""
    if inside == "json":
        return json.dumps(value, ensure_ascii=False)[1:-1]
    return quote(value, safe="", errors="surrogatepass") if inside == "form" else value


def compact(value: Value, bodies: Bodies = NO_BODIES) -> str:
    """*value* as JSON without spaces; raises as `text` does."""

    def special(each: object) -> object:
        match each:
            case Records():
                return list(record_values(each, bodies))
            case File():
                data = bodies.data(each)
                return bodies.text(each) if isinstance(data, Absent) else data
            case Secret() | Template():
                raise NotComparable("a secret has no text before it is sent")
            case Mapping():
                return dict(each)
            case Sequence():
                return list(each)
            case _:
                raise TypeError(f"{type(each).__name__} is not a value")

    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=special)


def length(value: Value | Absent, bodies: Bodies = NO_BODIES) -> int | None:
    """The number of items, members or characters; None for what has no length."""
    match value:
        case str() | Mapping():
            return len(value)
        case Records():
            return sum(1 for _ in record_values(value, bodies))
        case Sequence():
            return len(value)
        case _:
            return None
