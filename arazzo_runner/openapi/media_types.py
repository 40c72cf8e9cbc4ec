"""Media types: their essence, what kind of body they announce, ranges they match."""

from __future__ import annotations

import codecs
from functools import lru_cache
from typing import Final, Literal, TypeAlias

FORM: Final = "application/x-www-form-urlencoded"

Kind: TypeAlias = Literal["json", "records", "text", "binary"]

_RECORDS: Final = frozenset(
    f"{top}/{prefix}{name}"
    for top in ("application", "text")
    for prefix in ("", "x-")
    for name in ("jsonl", "ndjson", "jsonlines", "json-lines", "ldjson")
)
_JSON: Final = frozenset(("application/json", "text/json", "application/x-json"))
_TEXT: Final = frozenset(
    f"application/{name}"
    for name in (
        *("xml", "yaml", "x-yaml", "x-www-form-urlencoded", "javascript", "graphql"),
        *("x-javascript", "ecmascript", "sql", "toml", "rtf", "xml-dtd", "json-seq"),
    )
)

# Codecs of Python that are no charsets of HTTP; some take quadratic time.
_NO_CHARSETS: Final = frozenset(
    ("idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined")
)
_UTF_8: Final = "utf-8-sig"  # what Python calls UTF-8 that may begin with a mark
_MARKS: Final = {
    "utf-16": (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE),
    "utf-32": (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE),
}


@lru_cache(maxsize=256)
def essence(content_type: str) -> str:
    """
    The type and subtype of *content_type*, in lower case.

        >>> essence("Application/JSON; charset=utf-8")
        'application/json'
    """
    return content_type.partition(";")[0].strip().lower()


def parameter(content_type: str, name: str) -> str | None:
    """The value of the parameter *name* (``charset``, ``boundary``), or None."""
    for each in content_type.split(";")[1:]:
        key, _, value = each.partition("=")
        if key.strip().lower() == name:
            return value.strip().strip("\"'")
    return None


def charset(content_type: str, *, begin: bytes | None = None) -> str:
    """
    The codec of a text: the charset that its media type declares, UTF-8 if it declares
    none or what is none. *begin*, its first bytes, makes it one that decodes in pieces,
    where Python asks of UTF-16 and UTF-32 that a byte order mark comes first.

        >>> charset("text/plain; charset=ISO-8859-1")
        'iso8859-1'
    """
    found = codec(parameter(content_type, "charset") or "utf-8") or _UTF_8
    if begin is None or begin.startswith(_MARKS.get(found, (b"",))):
        return found
    return f"{found}-le"


@lru_cache(maxsize=256)
def codec(name: str) -> str | None:
    """Python's codec for the charset *name*; None if it is no charset of HTTP."""
    try:
        b"x".decode(name, "replace")  # refuses what decodes no text, as "hex"
        codecs.getincrementaldecoder(name)
        found = codecs.lookup(name).name.replace("_", "-")
    except (LookupError, ValueError):
        return None
    if found == "utf-8":
        return _UTF_8
    return None if found in _NO_CHARSETS else found


@lru_cache(maxsize=256)
def kind(content_type: str) -> Kind:
    """
    What a body of this type is to a workflow (checklist A-30): JSON, one JSON value a
    line, text, or bytes. No type at all is text: it may turn out to be JSON.
    """
    name = essence(content_type)
    if name in _JSON or name.endswith("+json"):
        return "json"
    if name in _RECORDS:
        return "records"
    if not name or name in _TEXT or name.startswith("text/"):
        return "text"
    return "text" if name.endswith(("+xml", "+yaml")) else "binary"


def is_xml(content_type: str) -> bool:
    """Whether the type is XML: ``application/xml``, ``text/xml``, ``…+xml``."""
    name = essence(content_type)
    return name in ("application/xml", "text/xml") or name.endswith("+xml")


def matches(range_: str, content_type: str) -> bool:
    """
    Whether *content_type* falls into *range_*; parameters do not matter.

        >>> matches("application/*+json", "application/hal+json")
        True
    """
    wanted, given = essence(range_), essence(content_type)
    before, star, after = wanted.partition("*")
    if not star:
        return wanted == given
    if wanted == "*/*":
        return True
    return given.startswith(before) and given.endswith(after)
