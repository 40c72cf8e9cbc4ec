"""A response body as a value, by its media type (checklist A-30)."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from contextlib import suppress
from json.decoder import JSONDecoder
from typing import Final, NoReturn, cast

from ..messages import ABSENT, JSON, Absent, Records, Value
from .media_types import Kind, charset, codec, essence, kind, parameter
from .sequences import EVENT_STREAM, JSON_SEQUENCE, read_events, read_sequence

__all__ = ["MOST_DEPTH", "InvalidJSON", "Kind", "decode", "kind", "parse_json"]

#: Deepest nesting of arrays and objects that is read as JSON.
MOST_DEPTH: Final = 512


class InvalidJSON(ValueError):
    """Text that is not JSON, or JSON beyond what can be kept exactly. Says why."""


def _refuse_constant(name: str) -> NoReturn:
    raise InvalidJSON(f"{name} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise InvalidJSON(f"the number {text[:20]} is out of range")
    return number


_DECODER: Final = JSONDecoder(parse_constant=_refuse_constant, parse_float=_finite)


def parse_json(text: str | bytes) -> JSON:
    """
    *text* as JSON, strictly: no NaN, no infinity, no number that would be rounded to
    one, at most `MOST_DEPTH` deep. Integers are exact; of duplicate keys the last wins.

    Raises:
        InvalidJSON: with the reason.
    """
    try:
        if isinstance(text, bytes):
            text = text.decode(json.detect_encoding(text))
        text = text.removeprefix("\ufeff")
        value = cast(JSON, _DECODER.decode(text))
    except InvalidJSON:
        raise
    except json.JSONDecodeError as error:
        place = f"line {error.lineno} column {error.colno}"
        raise InvalidJSON(f"not JSON: {error.msg} at {place}") from None
    except UnicodeDecodeError as error:
        raise InvalidJSON(f"not {error.encoding} text at byte {error.start}") from None
    except RecursionError:
        raise InvalidJSON("nested too deeply") from None
    except ValueError:  # the interpreter's limit on the digits of an integer
        raise InvalidJSON("an integer has too many digits") from None
    # Counting characters is nearly free and clears almost every body.
    if text.count("[") + text.count("{") > MOST_DEPTH and _deeper(value, MOST_DEPTH):
        raise InvalidJSON(f"nested more than {MOST_DEPTH} levels deep")
    return value


def _deeper(value: JSON, limit: int) -> bool:
    """Whether *value*, fresh from the decoder, nests deeper than *limit*."""
    level: list[JSON] = [value]
    for _ in range(limit):
        below: list[JSON] = []
        for each in level:
            if type(each) is dict:
                below.extend(each.values())
            elif type(each) is list:
                below.extend(each)
        level = [each for each in below if type(each) in (dict, list)]
        if not level:
            return False
    return True


def decode(
    content_type: str, data: bytes, *, strict: bool = False
) -> tuple[Value | Absent, str | None]:
    """
    The value of a body that is JSON, records or text (see `kind`), and why it could not
    be read as its media type says, if it could not: then the value is its text.

    Binary bodies stay files and are not decoded: they are a ValueError here. *strict*
    keeps JSON Lines, server-sent events and JSON text sequences as text, since the
    specification knows no records.
    """
    if not data:
        return ABSENT, None
    match kind(content_type):
        case "binary":
            raise ValueError(f"{content_type} is not decoded")
        case "json":
            return _decode_json(content_type, data)
        case "records":
            text, problem = _decode_text(content_type, data)
            return (text if strict else Records(text=text)), problem
        case "text" if essence(content_type) in _LISTS and not strict:
            text, problem = _decode_text(content_type, data)
            return _LISTS[essence(content_type)](text), problem
        case "text" if not essence(content_type):
            try:
                return parse_json(data), None
            except InvalidJSON:
                return _decode_text(content_type, data)
        case _:
            return _decode_text(content_type, data)


def _events(text: str) -> JSON:
    return [
        {**each, "data": _container(str(each["data"]))} for each in read_events(text)
    ]


def _sequence(text: str) -> JSON:
    found: list[JSON] = []
    for each in read_sequence(text):
        try:
            found.append(parse_json(each))
        except InvalidJSON:  # a text that was cut off (RFC 7464, 2.3)
            found.append(each)
    return found


def _container(text: str) -> JSON:
    """*text*, or the object or array that it is as JSON."""
    if text[:1] in ("{", "["):
        with suppress(InvalidJSON):
            return parse_json(text)
    return text


_LISTS: Final[dict[str, Callable[[str], JSON]]] = {
    EVENT_STREAM: _events,
    JSON_SEQUENCE: _sequence,
}


def _decode_json(content_type: str, data: bytes) -> tuple[Value | Absent, str | None]:
    if data.isspace():
        return ABSENT, None
    try:
        return parse_json(data), None
    except InvalidJSON as error:
        problem = str(error)
    text, _ = _decode_text(content_type, data)
    if parameter(
        content_type, "charset"
    ):  # JSON is UTF-8, whatever it declares; or not
        try:
            return parse_json(text), None
        except InvalidJSON:
            pass
    return text, problem


def _decode_text(content_type: str, data: bytes) -> tuple[str, str | None]:
    declared = parameter(content_type, "charset") or "utf-8"
    if codec(declared) is not None:
        with suppress(UnicodeError):
            return data.decode(charset(content_type)), None
    problem = f"{declared!r} is not its encoding; read as UTF-8"
    try:
        return data.decode("utf-8-sig"), problem
    except UnicodeDecodeError as error:
        problem = f"not UTF-8 text at byte {error.start}"
        return data.decode("utf-8-sig", "replace"), problem
