"""Values as the text that URLs, fields and forms are made of."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeGuard

from ..errors import ArazzoError
from ..messages import Bodies, File, Records, Secret, Template, Value, record_values


class RequestError(ArazzoError):
    """A request cannot be built from the values given; nothing was sent."""

    default_code = "invalid-request"


class UnsendableError(ValueError):
    """A file, records or a secret where only plain values can be written."""


def text_of(value: Value) -> str:
    """
    A scalar as text: JSON's spelling, strings as they are. Objects and arrays, where
    a style has no place for them, become compact JSON.

    Raises:
        RequestError: it is not a finite number, or not JSON.
        UnsendableError: a file, records or a secret; see `plain`.
    """
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int():
            try:
                return str(value)
            except ValueError:  # the interpreter's limit on digits
                raise RequestError("an integer has too many digits to send") from None
        case float():
            if not math.isfinite(value):
                raise RequestError(f"the number {value} cannot be sent")
            return repr(value)
        case None:
            return "null"
        case File() | Records() | Secret() | Template():
            return _unsendable(value)
        case _:
            return json_text(value)


def _unsendable(value: object) -> str:
    raise UnsendableError(f"a {type(value).__name__} cannot be sent here as it is")


def json_text(value: Value, special: Callable[[object], str] = _unsendable) -> str:
    """
    *value* as compact JSON text. *special* gives the text of a file and its like.

    Raises:
        RequestError: NaN, infinity, a number too long, or nested too deeply.
        UnsendableError: a file, records or a secret is in it.
    """

    def default(each: object) -> object:
        if isinstance(each, Mapping):
            return dict(each)
        if isinstance(each, Sequence) and not isinstance(each, (str, bytes)):
            return list(each)
        return special(each)

    try:
        return json.dumps(
            value,
            ensure_ascii=False,
            allow_nan=False,
            separators=(",", ":"),
            default=default,
        )
    except RecursionError:
        raise RequestError("the value is nested too deeply to be sent") from None
    except UnsendableError:
        raise
    except ValueError as error:  # NaN, infinity, an integer of 5,000 digits
        raise RequestError(f"the value cannot be written as JSON: {error}") from None


def utf8(text: str, what: str = "the body") -> bytes:
    """
    *text* as bytes.

    Raises:
        RequestError: it holds half a surrogate pair; *what* says where.
    """
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise RequestError(f"{what} holds half a surrogate pair, not text") from None


def is_list(value: Value) -> TypeGuard[Sequence[Value]]:
    """Whether *value* is an array."""
    return not isinstance(value, str) and isinstance(value, Sequence)


#: Larger files are not read into a parameter or a form field.
MOST_TEXT: Final = 1 << 24


def plain(value: Value, bodies: Bodies) -> Value:
    """
    *value* with every file replaced by its text and records by a list.

    Raises:
        RequestError: a file above `MOST_TEXT` bytes.
    """
    match value:
        case str():
            return value
        case File():
            if value.bytes > MOST_TEXT:
                raise RequestError(
                    f"the file {value.name!r} is too large to be sent as text",
                    hint="only multipart, JSON and binary bodies are streamed",
                )
            return bodies.text(value)
        case Records():
            return list(record_values(value, bodies))
        case Mapping():
            return {key: plain(each, bodies) for key, each in value.items()}
        case Sequence():
            return [plain(each, bodies) for each in value]
        case _:
            return value
