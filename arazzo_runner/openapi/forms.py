"""``application/x-www-form-urlencoded`` bodies (checklist A-61)."""

from __future__ import annotations

from collections.abc import Mapping

from ..messages import Bodies, Value
from .document import is_object
from .media_types import kind
from .operations import MediaType
from .parameters import fields, form_text
from .values import RequestError, is_list, json_text, plain, text_of, utf8


def encode_form(payload: Value, media: MediaType | None, bodies: Bodies) -> bytes:
    """
    *payload* as form fields. Text is sent as it is; null members are left out.

    ``encoding`` of the media type decides how an object or array is written. Without
    it arrays are repeated and objects bracketed, ``a[b]=c``.

    Raises:
        RequestError: it is neither an object nor text.
    """
    payload = plain(payload, bodies)
    if isinstance(payload, str):
        return utf8(payload)
    if payload is None:
        return b""
    if not isinstance(payload, Mapping):
        raise RequestError(
            "a form body has to be an object of fields, or text",
            hint=f"the payload is {text_of(payload)[:40]}",
        )
    written: list[str] = []
    for name, value in payload.items():
        if value is None:
            continue
        try:
            written += _member(name, value, media)
        except UnicodeEncodeError:
            raise RequestError(f"the form field {name!r} is not text") from None
    return "&".join(written).encode()


def _member(name: str, value: Value, media: MediaType | None) -> list[str]:
    encoding = media.encoding.get(name) if media is not None else None
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
