"""
Whether a value fits a schema.

This is no validator: formats are not judged and rare keywords are passed over. It is there
to choose among values, quickly and without compiling anything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final, cast

from ..messages import JSON
from ..openapi.document import Document, is_array, is_object
from ..openapi.schemas import is_type
from .schemas import Choice, NoValue, Shape, flatten, listed, matching

_MOST_DEPTH: Final = 60


def fits(value: JSON, schema: JSON, document: Document, depth: int = 0) -> bool:
    """Whether *value* is what *schema* describes, as far as this module can tell."""
    try:
        shape = flatten(schema, document)
    except NoValue:
        return False
    return fits_shape(value, shape, document, depth)


def fits_shape(value: JSON, shape: Shape, document: Document, depth: int = 0) -> bool:
    """The same for a shape."""
    if depth > _MOST_DEPTH:
        return True
    keywords = shape.keywords
    if shape.types and not any(is_type(value, each) for each in shape.types):
        return False
    if "const" in keywords and not listed(value, [keywords["const"]]):
        return False
    allowed = keywords.get("enum")
    if is_array(allowed) and not listed(value, allowed):
        return False
    return (
        _fits_type(value, shape, document, depth)
        and ("not" not in keywords or not fits(value, keywords["not"], document, depth))
        and all(_fits_choice(value, each, document, depth) for each in shape.choices)
    )


def _fits_choice(value: JSON, choice: Choice, document: Document, depth: int) -> bool:
    fitting = (fits(value, each, document, depth + 1) for each in choice.options)
    return sum(fitting) == 1 if choice.exactly else any(fitting)


def _fits_type(value: JSON, shape: Shape, document: Document, depth: int) -> bool:
    if isinstance(value, bool) or value is None:
        return True
    if isinstance(value, (int, float)):
        return _fits_number(Decimal(repr(value)), shape)
    if isinstance(value, str):
        pattern = shape.keywords.get("pattern")
        return _between(len(value), shape, "minLength", "maxLength") and (
            not isinstance(pattern, str) or matching(pattern, value)
        )
    if is_object(value):
        return _fits_object(value, shape, document, depth)
    return _fits_array(cast(Sequence[JSON], value), shape, document, depth)


def _fits_number(value: Decimal, shape: Shape) -> bool:
    low, high = shape.number("minimum"), shape.number("maximum")
    above, below = shape.number("exclusiveMinimum"), shape.number("exclusiveMaximum")
    step = shape.number("multipleOf")
    return (
        (low is None or value >= low)
        and (high is None or value <= high)
        and (above is None or value > above)
        and (below is None or value < below)
        and (not step or value % step == 0)
    )


def _between(count: int, shape: Shape, least: str, most: str) -> bool:
    low, high = shape.size(least), shape.size(most)
    return (low is None or count >= low) and (high is None or count <= high)


def _fits_object(
    value: Mapping[str, JSON], shape: Shape, document: Document, depth: int
) -> bool:
    dependent = shape.keywords.get("dependentRequired")
    return (
        all(name in value for name in shape.required)
        and _between(len(value), shape, "minProperties", "maxProperties")
        and all(
            name in value
            for key, names in (dependent.items() if is_object(dependent) else ())
            for name in (names if key in value and is_array(names) else ())
        )
        and all(
            schema is True or fits(each, schema, document, depth + 1)
            for each, schema in (
                # What an alternative declares is not additional to it.
                (each, _declared_member(shape, name))
                for name, each in value.items()
            )
        )
    )


def _declared_member(shape: Shape, name: str) -> JSON:
    if shape.choices and name not in shape.properties:
        return True
    return shape.member(name)


def _fits_array(
    value: Sequence[JSON], shape: Shape, document: Document, depth: int
) -> bool:
    contains = shape.keywords.get("contains")
    unique = shape.keywords.get("uniqueItems") is True
    return (
        _between(len(value), shape, "minItems", "maxItems")
        and not (unique and has_duplicates(value))
        and all(
            fits(each, shape.item(index), document, depth + 1)
            for index, each in enumerate(value)
        )
        and (
            contains is None
            or any(fits(each, contains, document, depth + 1) for each in value)
        )
    )


def has_duplicates(items: Sequence[JSON]) -> bool:
    """Whether two of *items* are equal as JSON."""
    return any(listed(each, items[:index]) for index, each in enumerate(items))
