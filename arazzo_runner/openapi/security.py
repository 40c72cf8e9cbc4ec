"""What a description says about credentials: security schemes and requirements."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias
from urllib.parse import parse_qsl

from ..errors import DocumentError
from ..messages import JSON, Value
from .document import Document, escape, is_object, tokens
from .operations import Operation

#: Location and name, in lower case where it is a header's.
Place: TypeAlias = tuple[str, str]

#: ``http`` is any other scheme of HTTP than the three before it, ``unknown`` one that the
#: description does not define.
SchemeKind: TypeAlias = Literal[
    "apiKey",
    "basic",
    "bearer",
    "digest",
    "http",
    "oauth2",
    "openIdConnect",
    "mutualTLS",
    "unknown",
]

_AUTHORIZATION: Final = ("header", "Authorization")
_KNOWN_HTTP: Final[Mapping[str, SchemeKind]] = {
    "basic": "basic",
    "bearer": "bearer",
    "digest": "digest",
}


@dataclass(frozen=True, slots=True)
class Scheme:
    """
    A Security Scheme Object, https://spec.openapis.org/oas/v3.1.1.html#security-scheme-object

    Attributes:
        place: Where the credential goes: location and name of a header, query parameter
            or cookie; ``("connection", "")`` for a client certificate.
        word: The authentication scheme of HTTP, as written: ``Negotiate``.
        flows: OAuth Flow Objects by name.
        discovery: ``openIdConnectUrl``.
        odd: What is wrong with the definition, and how it is read; "" if nothing is.
    """

    name: str
    kind: SchemeKind
    place: tuple[str, str] = _AUTHORIZATION
    word: str = ""
    flows: Mapping[str, Mapping[str, JSON]] = field(default_factory=dict)
    discovery: str = ""
    odd: str = ""


def read_scheme(document: Document, name: str) -> Scheme:
    """
    The security scheme *name* of *document*. One that is not defined, or in a form that
    says too little, is a value for ``Authorization``, since that is the likeliest.
    """
    pointer = f"/components/securitySchemes/{escape(name)}"
    written = document.at(pointer)
    found: object = written
    if is_object(written):
        try:
            found = document.resolve(written, pointer)
        except DocumentError:
            found = None
    if not is_object(found):
        return Scheme(
            name,
            "unknown",
            odd="is not defined; its credential is sent as Authorization",
        )
    return _read(name, found)


def defined_schemes(document: Document) -> Iterator[str]:
    """The names of the security schemes that *document* defines."""
    for key in document.part_keys():
        path = tokens(key) if key.startswith("/components/securitySchemes/") else ()
        if len(path) == 3:
            yield path[2]


def _read(name: str, found: Mapping[str, JSON]) -> Scheme:
    kind = str(found.get("type", "")).strip()
    if kind == "apiKey":
        where, field_name = found.get("in"), found.get("name")
        if isinstance(where, str) and isinstance(field_name, str) and field_name:
            place = (where.lower(), field_name)
            if place[0] in ("header", "query", "cookie"):
                return Scheme(name, "apiKey", place)
        odd = "does not say where its key goes; it is sent as Authorization"
        return Scheme(name, "unknown", odd=odd)
    if kind == "http":
        return _http(name, str(found.get("scheme", "")).strip())
    if kind == "basic":  # the form of OpenAPI 2.0
        odd = "has the type 'basic' of OpenAPI 2.0; read as http with the scheme basic"
        return Scheme(name, "basic", odd=odd)
    if kind == "oauth2":
        flows = found.get("flows")
        read = {
            key: flow
            for key, flow in (flows.items() if is_object(flows) else ())
            if is_object(flow)
        }
        return Scheme(name, "oauth2", flows=read)
    if kind == "openIdConnect":
        url = found.get("openIdConnectUrl")
        return Scheme(
            name,
            "openIdConnect",
            discovery=url if isinstance(url, str) else "",
        )
    if kind == "mutualTLS":
        return Scheme(name, "mutualTLS", ("connection", ""))
    odd = f"has the type {kind!r}, which there is not; sent as Authorization"
    return Scheme(name, "unknown", odd=odd)


def _http(name: str, word: str) -> Scheme:
    kind = _KNOWN_HTTP.get(word.lower())
    if kind is not None:
        return Scheme(name, kind, word=word)
    if word.lower() in ("oauth", "oauth2", "token", "jwt"):
        odd = f"has the scheme {word!r}, which HTTP does not know; read as bearer"
        return Scheme(name, "bearer", word=word, odd=odd)
    odd = "" if word else "does not name its scheme; sent as Authorization"
    return Scheme(name, "http", word=word, odd=odd)


def credential_places(operation: Operation) -> frozenset[Place]:
    """
    (location, name in lower case) of every place where a security scheme of *operation*
    puts a credential: what is sent there is secret.
    """
    return frozenset(
        (scheme.place[0], scheme.place[1].lower())
        for requirement in operation.security
        for scheme in (read_scheme(operation.document, name) for name in requirement)
        if scheme.kind != "mutualTLS"
    )


def query_members(value: Value) -> Iterator[tuple[str, Value]]:
    """What a whole query string gives: name and value of each field, of a text decoded."""
    if isinstance(value, str):
        yield from parse_qsl(value, keep_blank_values=True)
    elif isinstance(value, Mapping):
        yield from value.items()
