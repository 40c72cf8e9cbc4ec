"""
Parameters and how their values are written: style by explode by location by type.

The tables are those of the Parameter Object as 3.0.4 and 3.1.1 correct them (RFC 6570):
https://spec.openapis.org/oas/v3.1.1.html#style-examples
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias
from urllib.parse import quote, quote_plus

from ..messages import JSON, Absent, Value
from .document import is_object
from .media_types import FORM, essence, kind
from .schemas import types_of
from .values import RequestError, is_list, json_text, text_of

if TYPE_CHECKING:
    from .document import Document

Encode: TypeAlias = Callable[[str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """
    https://spec.openapis.org/oas/v3.1.1.html#parameter-object

    Attributes:
        location: The field ``in``.
        schema: JSON Schema, unresolved; with `content`, that of the media type.
        content: The media type of a parameter with ``content``, else None.
        encoding: That of the media type: Encoding Objects by property.
    """

    name: str
    location: str
    required: bool = False
    style: str = ""
    explode: bool = False
    allow_reserved: bool = False
    schema: JSON = None
    content: str | None = None
    encoding: Mapping[str, JSON] = field(default_factory=dict)
    deprecated: bool = False


_STYLES: Final = {"query": "form", "cookie": "form"}


def read_parameter(document: Document, raw: JSON, where: str = "") -> Parameter | None:
    """
    The Parameter Object *raw*, its reference followed; None if it has no name or place.

    Raises:
        DocumentError: AZ308, see `Document.resolve`.
    """
    found = document.resolve(raw, where)
    if not is_object(found):
        return None
    name, location = found.get("name"), found.get("in")
    if not isinstance(name, str) or not isinstance(location, str):
        return None
    schema, content = found.get("schema"), found.get("content")
    media_type: str | None = None
    encoding: JSON = None
    if is_object(content) and content:
        media_type, media = next(iter(content.items()))
        media = document.resolve(media, where)
        schema = media.get("schema") if is_object(media) else None
        encoding = media.get("encoding") if is_object(media) else None
    style = found.get("style")
    if not isinstance(style, str):
        style = _STYLES.get(location, "simple")
    explode = found.get("explode")
    return Parameter(
        name=name,
        location=location,
        required=found.get("required") is True or location == "path",
        style=style,
        # The specification's default, which covers style `cookie` of 3.2 too.
        explode=explode is True or (explode is None and style in ("form", "cookie")),
        allow_reserved=found.get("allowReserved") is True,
        schema=schema,
        content=media_type,
        encoding=encoding if is_object(encoding) else {},
        deprecated=found.get("deprecated") is True,
    )


# What the operation does not declare is sent in the plainest way (checklist A-58).
_UNDECLARED: Final = {
    "path": Parameter(name="", location="path", style="simple"),
    "header": Parameter(name="", location="header", style="simple"),
    "query": Parameter(name="", location="query", style="form", explode=True),
    "cookie": Parameter(name="", location="cookie", style="cookie", explode=True),
    "querystring": Parameter(name="", location="querystring", content=FORM),
}


# --- encodings ----------------------------------------------------------------------


def percent(text: str) -> str:
    """*text* with all but RFC 3986's unreserved characters percent-encoded."""
    return quote(text, safe="")


# Reserved characters that `allowReserved` lets through. "&", "+" and "#" stay encoded:
# a value must not end its own parameter. "[" and "]" are not allowed in a query at all.
_RESERVED_QUERY: Final = ":/?@!$'()*,;="
_RESERVED_PATH: Final = ":@!$&'()*+,;="
_COOKIE: Final = "!#$&'()*+-./:<=>?@[]^_`{|}~"
_BARE: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
_ESCAPED: Final = re.compile(r"%25([0-9A-Fa-f]{2})")


def _reserved_query(text: str) -> str:
    # RFC 6570, 3.2.3: what is percent-encoded already stays as it is.
    return _ESCAPED.sub(r"%\1", quote(text, safe=_RESERVED_QUERY))


def _whole_query(text: str) -> str:
    """A query string as its author wrote it, with what no URL can hold encoded."""
    return quote(_BARE.sub("%25", text), safe=_RESERVED_QUERY + "%&+")


def _reserved_path(text: str) -> str:
    # A "/" would leave the segment, and so would an escape that somebody decodes.
    return quote(text, safe=_RESERVED_PATH)


def _cookie(text: str) -> str:
    return quote(text, safe=_COOKIE)


def form_text(text: str) -> str:
    """*text* as ``application/x-www-form-urlencoded`` writes it: a space is ``+``."""
    return quote_plus(text)


def _as_is(text: str) -> str:
    return text


# --- styles -----------------------------------------------------------------------------


def _items(value: Sequence[Value], encode: Encode) -> list[str]:
    return [encode(text_of(each)) for each in value if each is not None]


def _pairs(value: Mapping[str, Value], encode: Encode) -> list[tuple[str, str]]:
    return [
        (encode(key), encode(text_of(each)))
        for key, each in value.items()
        if each is not None
    ]


def _joined(value: Value, encode: Encode, separator: str, equals: str) -> str:
    """Members of an array or object between separators: RFC 6570 without operators."""
    if isinstance(value, str):  # nearly always
        return encode(value)
    if isinstance(value, Mapping):
        return separator.join(f"{k}{equals}{v}" for k, v in _pairs(value, encode))
    if is_list(value):
        return separator.join(_items(value, encode))
    return encode(text_of(value))


def _simple(value: Value, explode: bool, encode: Encode) -> str:
    return _joined(value, encode, ",", "=" if explode else ",")


def _label(value: Value, explode: bool, encode: Encode) -> str:
    if explode:
        return "." + _joined(value, encode, ".", "=")
    return "." + _joined(value, encode, ",", ",")


def _matrix(name: str, value: Value, explode: bool, encode: Encode) -> str:
    label = percent(name)
    if explode and isinstance(value, Mapping):
        return "".join(_matrix_pair(k, v) for k, v in _pairs(value, encode))
    if explode and is_list(value):
        return "".join(_matrix_pair(label, each) for each in _items(value, encode))
    return _matrix_pair(label, _joined(value, encode, ",", ","))


def _matrix_pair(name: str, text: str) -> str:
    return f";{name}={text}" if text else f";{name}"


_DELIMITERS: Final = {"form": ",", "spaceDelimited": "%20", "pipeDelimited": "%7C"}


def fields(
    style: str,
    explode: bool,
    name: str,
    value: Value,
    key: Encode = percent,
    encode: Encode = percent,
) -> list[str]:
    """
    ``name=value`` fields of a query or a form in one of the styles ``form``,
    ``spaceDelimited``, ``pipeDelimited``, ``deepObject``.

    *key* writes names and *encode* values. Empty arrays and objects give no field.
    """
    if style == "deepObject":
        nested = bracketed(name, value)
        return [f"{key(path)}={encode(text)}" for path, text in nested]
    label = key(name)
    if isinstance(value, Mapping):
        if explode:
            members = ((k, v) for k, v in value.items() if v is not None)
            return [f"{key(k)}={encode(text_of(v))}" for k, v in members]
        parts = [each for pair in _pairs(value, encode) for each in pair]
    elif is_list(value):
        parts = _items(value, encode)
        if explode:
            return [f"{label}={part}" for part in parts]
    else:
        return [f"{label}={encode(text_of(value))}"]
    delimiter = _DELIMITERS.get(style, ",")
    return [f"{label}={delimiter.join(parts)}"] if parts else []


def bracketed(name: str, value: Value) -> Iterator[tuple[str, str]]:
    """
    *value* as bracketed names and texts, none encoded.

    ``a[b]`` is ``deepObject``; deeper levels and arrays are undefined there. Arrays of
    plain values are written ``a[]``, and members of other arrays have their index,
    which is what form decoders (PHP, Rails, qs, Stripe) agree on.
    """
    if value is None:
        return
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from bracketed(f"{name}[{key}]", each)
    elif is_list(value):
        flat = not any(isinstance(each, Mapping) or is_list(each) for each in value)
        for index, each in enumerate(value):
            yield from bracketed(f"{name}[]" if flat else f"{name}[{index}]", each)
    else:
        yield name, text_of(value)


# --- serialise --------------------------------------------------------------------------


def serialise(
    parameter: Parameter | None, name: str, location: str, value: Value | Absent
) -> str | None:
    """
    *value* as it appears in the request, or None when there is nothing to send.

    By *location*: the text of a path variable; ``a=1&b=2`` of a query; the field value
    of a header; ``a=1; b=2`` of a cookie. *parameter* is None where the operation does
    not declare it. Absent and null are dropped, and so are empty arrays and objects.

    Raises:
        RequestError: the value cannot be written there.
        UnsendableError: a file, records or a secret is in it; see `values.plain`.
    """
    if isinstance(value, Absent) or value is None:
        return None
    if parameter is None:
        parameter = _UNDECLARED.get(location) or _UNDECLARED["query"]
    if isinstance(value, float):
        value = _whole(parameter, value)
    try:
        return _serialise(parameter, name, location, value)
    except UnicodeEncodeError:
        raise RequestError(
            f"the {location} parameter {name!r} holds half a surrogate pair,"
            " which is not text"
        ) from None


def _serialise(p: Parameter, name: str, location: str, value: Value) -> str | None:
    if location == "querystring":
        return _querystring(p, value)
    if p.content is not None:
        plain_text = isinstance(value, str) and kind(p.content) != "json"
        value = text_of(value) if plain_text else json_text(value)
    elif isinstance(value, Mapping):
        if all(each is None for each in value.values()):
            return None
    elif is_list(value) and all(each is None for each in value):
        return None
    if location == "header":
        return _simple(value, p.explode, _as_is)
    if location == "path":
        encode = _reserved_path if p.allow_reserved else percent
        if p.style == "label":
            return _label(value, p.explode, encode)
        if p.style == "matrix":
            return _matrix(name, value, p.explode, encode)
        return _simple(value, p.explode, encode)
    if location == "cookie":
        cookies = _cookie if p.style == "cookie" else percent
        form = fields("form", p.explode, name, value, cookies, cookies)
        return "; ".join(form) or None
    encode = _reserved_query if p.allow_reserved else percent
    return "&".join(fields(p.style, p.explode, name, value, percent, encode)) or None


def _whole(parameter: Parameter, value: float) -> float | int:
    """A float without a fraction as the integer that the schema wants: JSON's ``1.0``."""
    schema = parameter.schema
    whole = is_object(schema) and "integer" in types_of(schema)
    return int(value) if whole and value.is_integer() else value


def _querystring(parameter: Parameter, value: Value) -> str | None:
    """
    A whole query string. A text is one already (Arazzo 1.1), whatever the media type;
    anything else is written as the parameter's media type says.

    https://spec.openapis.org/oas/v3.2.0.html#parameter-locations
    """
    media_type = parameter.content or ""
    if isinstance(value, str):
        return _whole_query(value) or None
    if kind(media_type) == "json":
        return percent(json_text(value))
    if isinstance(value, Mapping) and essence(media_type) == FORM:
        written: list[str] = []
        for key, each in value.items():
            if each is not None:
                written += form_fields(key, each, parameter.encoding.get(key))
        return "&".join(written) or None
    if isinstance(value, Mapping) or is_list(value):
        what = "an object" if isinstance(value, Mapping) else "an array"
        raise RequestError(
            f"{what} cannot be written as a query string of type {media_type}",
            hint="give the query string as text",
        )
    return percent(text_of(value))


def form_fields(name: str, value: Value, encoding: JSON) -> list[str]:
    """
    ``name=value`` fields of a form, as the Encoding Object *encoding* says. Without one
    arrays are repeated and objects bracketed, ``a[b]=c``.
    """
    style = explode = content_type = None
    if is_object(encoding):
        style, explode = encoding.get("style"), encoding.get("explode")
        content_type = encoding.get("contentType")
    structured = isinstance(value, Mapping) or is_list(value)
    if isinstance(style, str) or isinstance(explode, bool):
        chosen = style if isinstance(style, str) else "form"
        exploded = explode if isinstance(explode, bool) else chosen == "form"
        return fields(chosen, exploded, name, value, form_text, form_text)
    if structured and isinstance(content_type, str) and kind(content_type) == "json":
        return fields("form", True, name, json_text(value), form_text, form_text)
    nested = isinstance(value, Mapping) or (
        is_list(value) and not all(_scalar(each) for each in value)
    )
    chosen = "deepObject" if nested else "form"
    return fields(chosen, True, name, value, form_text, form_text)


def _scalar(value: Value) -> bool:
    return value is None or isinstance(value, (str, int, float))
