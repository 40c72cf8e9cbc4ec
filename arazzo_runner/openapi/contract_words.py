"""What differs from a description, in a few words, and never a secret."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Final

from ..masking import Masker, is_credential_field
from .document import escape, is_array, is_object
from .operations import Operation
from .validators import Violation

#: Characters of a text that is shown in a message; of longer ones the length is.
MOST_SHOWN: Final = 40

#: What is said of such a value: the validator's own words may hold part of it.
UNREADABLE: Final = "cannot be checked: nested too deeply, or no text"

#: What ``minItems`` and its like count.
_COUNTED: Final = {"Items": "items", "Properties": "members", "Length": "characters"}
_IN_WORDS: Final = {
    "minimum": "at least",
    "maximum": "at most",
    "exclusiveMinimum": "more than",
    "exclusiveMaximum": "less than",
    "multipleOf": "a multiple of",
}

_HUGE: Final = 10**MOST_SHOWN


def is_secret(operation: Operation, violation: Violation) -> bool:
    """Whether the value at *violation* is a credential, by its name or its schema."""
    parent = operation.document.at(violation.pointer.rpartition("/")[0])
    if is_object(parent) and (
        parent.get("format") == "password" or parent.get("writeOnly") is True
    ):
        return True
    names = [each for each in violation.path if isinstance(each, str)]
    return any(names_credential(each) for each in names)


def names_credential(name: str) -> bool:
    """Whether a member or parameter of this *name* is hidden wherever it stands."""
    shown = Masker().value({name: "text"}, members=True)
    return is_credential_field(name) or shown.get(name) != "text"


def in_words(violation: Violation, *, hidden: bool = False) -> str:
    """
    *violation* in a few words, ``/items/3 has no "price", which the description requires``.
    """
    path = "".join(f"/{escape(str(each))}" for each in violation.path)
    at, keyword, expected = path or "it", violation.keyword, violation.expected
    if keyword == "required":
        name = expected if isinstance(expected, str) else "a required member"
        return f'{at} has no "{name}", which the description requires'
    if keyword in ("additionalProperties", "unevaluatedProperties"):
        listed = expected if is_array(expected) else ()
        names = ", ".join(_shown(each) for each in listed[:3]) or "other members"
        return f"{at} has {names}, which the description does not allow"
    if keyword == "propertyNames" and isinstance(expected, str):
        return f"{at} has {_shown(expected)}, whose name the description does not allow"
    if keyword == "contains":
        return f"{at} has not the items that the description requires"
    if keyword in ("unevaluatedItems", "additionalItems"):
        return f"{at} has more items than the description allows"
    if keyword == "falseSchema":
        return f"{at} is there, which the description does not allow"
    instance = violation.instance
    shown = "***" if hidden else _shown(instance)
    noun = _COUNTED.get(keyword[3:])
    if noun is not None and isinstance(instance, str | list | dict) and not hidden:
        noun = noun if len(instance) != 1 else noun.removesuffix("s")
        bound = "at most" if keyword.startswith("max") else "at least"
        return f"{at} has {len(instance):,} {noun}, the description says {bound} {expected}"
    return f"{at} is {shown}, the description says {_expected(keyword, expected)}"


def _expected(keyword: str, expected: object) -> str:
    match keyword:
        case "type":
            types = [expected] if isinstance(expected, str) else list(expected)  # type: ignore[call-overload]
            return " or ".join(str(each) for each in types)
        case "enum" if is_array(expected):
            listed = ", ".join(_shown(each) for each in expected[:5])
            return f"one of {listed}{', …' if len(expected) > 5 else ''}"
        case "const":
            return _shown(expected)
        case "anyOf" | "oneOf" | "oneOfNotValid":
            return "one of several schemas, of which none fits"
        case "oneOfMultipleValid":
            return "exactly one of several schemas, of which more than one fits"
        case "not":
            return "what this is not"
        case "uniqueItems":
            return "that no two items are the same"
    return f"{_IN_WORDS.get(keyword, keyword)} {_shown(expected)}"


def _shown(value: object) -> str:
    match value:
        case Mapping():
            return "an object"
        case str() if len(value) > MOST_SHOWN:
            # Not its beginning: half a secret is not recognised, and so not masked.
            return f"a text of {len(value):,} characters"
        case str():
            return json.dumps(value, ensure_ascii=False)
        case Sequence():
            return "an array"
        case bool() | None:
            return json.dumps(value)
        case int() | float() if abs(value) >= _HUGE:
            return "a very large number"
        case _:
            return repr(value)
