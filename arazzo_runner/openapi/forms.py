"""``application/x-www-form-urlencoded`` bodies (checklist A-61)."""

from __future__ import annotations

from collections.abc import Mapping

from ..messages import Bodies, Value
from .operations import MediaType
from .parameters import form_fields
from .values import RequestError, plain, text_of, utf8


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
            encoding = media.encoding.get(name) if media is not None else None
            written += form_fields(name, value, encoding)
        except UnicodeEncodeError:
            raise RequestError(f"the form field {name!r} is not text") from None
    return "&".join(written).encode()
