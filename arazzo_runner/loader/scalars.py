"""
What a scalar without quotes means: the core schema of YAML 1.2, and nothing of 1.1.

https://yaml.org/spec/1.2.2/#103-core-schema
"""

from __future__ import annotations

import math
import re
from typing import Final

from ..messages import JSON

#: Decimal digits of the longest integer that is read; Python prints no longer ones.
MAX_DIGITS: Final = 4300

WORDS: Final[dict[str, JSON]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
#: The first characters of everything that is not simply text.
SPECIAL: Final = frozenset(["", *"~nNtTfF-+.0123456789"])
#: Half a character, which JSON can escape and UTF-8 cannot hold.
SURROGATE: Final = re.compile("[\ud800-\udfff]")

_NUMBER = re.compile(
    r"([-+]?[0-9]+)"
    r"|0o([0-7]+)"
    r"|0x([0-9a-fA-F]+)"
    r"|([-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?)"
    r"|([-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))"
)


def read_plain(text: str) -> JSON:
    """
    The value of a scalar without quotes and tag; text that is nothing else is a string.

        >>> [read_plain(text) for text in ("012", "0o10", "1e3", "no", "1:30", "~")]
        [12, 8, 1000.0, 'no', '1:30', None]

    Raises:
        ValueError: a number that JSON cannot hold; the message says why.
    """
    if text in WORDS:
        return WORDS[text]
    found = _NUMBER.fullmatch(text)
    match found and found.lastindex:
        case None:
            return text
        case 1:
            return read_integer(text)
        case 2:
            return read_integer(text[2:], 8)
        case 3:
            return read_integer(text[2:], 16)
        case 4:
            return read_float(text)
        case _:
            raise ValueError(f"{text} is not a JSON value")


def read_integer(digits: str, base: int = 10) -> int:
    """
    The integer, exact at any size up to `MAX_DIGITS`.

    Raises:
        ValueError: more digits than that.
    """
    # Three digits of 16 make fewer than four of 10.
    if len(digits) > MAX_DIGITS or (base == 16 and len(digits) > MAX_DIGITS * 3 // 4):
        raise ValueError(f"an integer of {len(digits)} digits is too long")
    return int(digits, base)


def read_float(text: str) -> float:
    """
    The nearest double.

    Raises:
        ValueError: there is none.
    """
    value = float(text)
    if math.isinf(value):
        raise ValueError(f"the number {text[:30]} is too large")
    return value


def read_tagged(text: str, tag: str) -> JSON:
    """
    The value of a scalar with an explicit tag of the JSON schema.

        >>> read_tagged("12", "tag:yaml.org,2002:str")
        '12'

    Raises:
        ValueError: another tag, or text that the tag does not fit.
    """
    kind = tag.removeprefix("tag:yaml.org,2002:")
    if kind in ("!", "str"):
        return text
    value = read_plain(text)
    match kind, value:
        case ("null", None) | ("bool", bool()) | ("float", float()):
            return value
        case ("int", int()) if not isinstance(value, bool):
            return value
        case ("float", int()) if not isinstance(value, bool):
            return read_float(str(value))
        case (("null" | "bool" | "int" | "float"), _):
            raise ValueError(f"{text!r} does not fit its tag !!{kind}")
        case _:
            raise ValueError(f"the tag {written_tag(tag)} is not one of JSON's types")


def written_tag(tag: str) -> str:
    """A tag as people write it: ``!!set`` for ``tag:yaml.org,2002:set``."""
    short = tag.removeprefix("tag:yaml.org,2002:")
    return tag if short == tag else f"!!{short}"
