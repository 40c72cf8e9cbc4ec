"""A number within the bounds of a schema."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Final, TypeAlias, Union

from .schemas import NoValue, Shape

_TIMES: Final = ("unixtime", "unix-time", "timestamp", "epoch")
_NEW_YEAR_2025: Final = 1_735_689_600


def number(shape: Shape, pick: Callable[[int], int], *, whole: bool) -> int | float:
    """
    A small number that fits *shape*; *pick* gives one below its argument.

    Raises:
        NoValue: none lies between the bounds.
    """
    step = shape.number("multipleOf") or Decimal(0)
    if whole and step != int(step):
        step *= step.as_integer_ratio()[1]  # whole multiples of a fraction
    unit = step or (Decimal(1) if whole else Decimal("0.5"))
    low, high = _limits(shape, unit)
    if low is None and high is None and shape.keywords.get("format") in _TIMES:
        return _NEW_YEAR_2025 + pick(86_400 * 365)
    if low is None:
        low = Decimal(1) if high is None else high - 9 * unit
    first = (low / unit).to_integral_value(ROUND_CEILING)
    last = first + 99
    if high is not None:
        last = min(last, (high / unit).to_integral_value(ROUND_FLOOR))
    if last < first:
        if step or whole or high is None or low > high:
            raise NoValue("no number lies between the bounds")
        return float((low + high) / 2)
    found = (first + pick(int(last - first) + 1)) * unit
    return int(found) if found == int(found) else float(found)


_Bound: TypeAlias = Union[Decimal, None]


def _limits(shape: Shape, unit: Decimal) -> tuple[_Bound, _Bound]:
    """The lowest and the highest number allowed, as multiples of *unit* see them."""
    low, high = shape.number("minimum"), shape.number("maximum")
    above, below = shape.number("exclusiveMinimum"), shape.number("exclusiveMaximum")
    if above is not None and (low is None or above >= low):
        low = (Decimal(math.floor(above / unit)) + 1) * unit
        if below is not None and low >= below:  # a narrow gap between two bounds
            low = (above + below) / 2
    if below is not None and (high is None or below <= high):
        high = (Decimal(math.ceil(below / unit)) - 1) * unit
        if above is not None and high <= above:
            high = (above + below) / 2
    return low, high
