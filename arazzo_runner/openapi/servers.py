"""Which server an operation is sent to: levels, variables, relative URLs, overrides."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import SplitResult, urljoin, urlsplit

from ..errors import DocumentError, UsageError
from ..messages import JSON
from .document import is_array, is_object
from .operations import Operation

# Names that publishers write where the reader's own belong.
_PLACEHOLDER: Final = re.compile(
    r"""
      ^ (?: host | hostname ) (?: : | $ )
    | (?: ^ | \. ) (?:
        example | org-account | <[^.]* | \[[a-z_-]+\]
      | your[-_][^.]* | (?-i:your[A-Z])[^.]*
      | your(?:account|company|domain|instance|org|server|site|store|subdomain|tenant)
      ) (?: \. | : | $ )
    """,
    re.VERBOSE | re.IGNORECASE,
)
_VARIABLE: Final = re.compile(r"\{([^{}]*)\}")


def server_url(
    operation: Operation,
    *,
    override: str | None = None,
    variables: Mapping[str, str] | None = None,
    document_uri: str,
) -> str:
    """
    The base URL of *operation*, absolute, without a slash at its end (checklist A-64).

    *override* replaces it whole; *variables* are values for those of the server's URL,
    in place of their defaults. A relative URL is resolved against *document_uri*, where
    the description was read from.

    Raises:
        DocumentError: AZ311, there is no server that could be asked.
        UsageError: *override* is not an http(s) URL, or a variable is not one of its
            ``enum``.
    """
    if override is not None:
        return _overridden(override)
    server = operation.servers[0]
    declared = server.get("url")
    url = _filled(
        declared.strip() if isinstance(declared, str) else "/", server, variables or {}
    )
    if _VARIABLE.search(url):
        raise _no_server(operation, f"names the server {url!r}, which is a placeholder")
    if url.startswith("//"):
        url = f"https:{url}"
    parts = _split(url)
    if parts is not None and not parts.scheme:
        if not document_uri.lower().startswith(("http://", "https://")):
            what = (
                f"only the relative server {url!r}"
                if _declares(operation)
                else "no server"
            )
            raise _no_server(operation, f"has {what}, and was not read from a URL")
        url = urljoin(document_uri, url)
    parts = _split(url)
    if parts is None or parts.scheme.lower() not in ("http", "https"):
        raise _no_server(operation, f"has the server {url!r}, which is not http(s)")
    if not parts.netloc or _PLACEHOLDER.search(parts.netloc):
        raise _no_server(operation, f"names the server {url!r}, which is a placeholder")
    return url.rstrip("/")


def _split(url: str) -> SplitResult | None:
    try:
        return urlsplit(url)
    except ValueError:  # "[" outside of an IPv6 address
        return None


def _overridden(url: str) -> str:
    parts = _split(url)
    if parts and parts.scheme.lower() in ("http", "https") and parts.netloc:
        if "@" in parts.netloc:
            raise UsageError(
                "the server's URL holds a user name or password",
                hint="give credentials as inputs of the workflow",
            )
        return url.rstrip("/")
    host = url.removeprefix("//")
    raise UsageError(
        f"the server {url!r} is not an http(s) URL",
        hint=f"did you mean 'http://{host}'?" if "://" not in url else None,
    )


def _declares(operation: Operation) -> bool:
    levels = (operation.raw, operation.item)
    whole = operation.document.part("/servers")
    return any(level.get("servers") for level in levels) or bool(whole)


def server_variables(operation: Operation) -> tuple[str, ...]:
    """The names of the variables in the URL of the operation's server."""
    url = operation.servers[0].get("url")
    return tuple(filter(None, _VARIABLE.findall(url))) if isinstance(url, str) else ()


def _filled(url: str, server: Mapping[str, JSON], given: Mapping[str, str]) -> str:
    variables = server.get("variables")

    def value(found: re.Match[str]) -> str:
        variable = variables.get(found[1]) if is_object(variables) else None
        allowed = variable.get("enum") if is_object(variable) else None
        if found[1] in given:
            return _allowed(found[1], given[found[1]], allowed)
        if not is_object(variable):
            return found[0]
        first = allowed[0] if is_array(allowed) and allowed else None
        default = variable.get("default", first)
        # `port: 443` is a number in many documents.
        scalar = isinstance(default, (str, int)) and not isinstance(default, bool)
        return str(default) if scalar else found[0]

    return _VARIABLE.sub(value, url)


def _allowed(name: str, value: str, allowed: JSON) -> str:
    texts = [str(each) for each in allowed] if is_array(allowed) else []
    if texts and value not in texts:
        raise UsageError(
            f"the server variable {name!r} cannot be {value!r}",
            hint=f"one of: {', '.join(texts)}",
        )
    return value


def _no_server(operation: Operation, what: str) -> DocumentError:
    document = operation.document
    names = " ".join(
        f"--server-var {each}=VALUE" for each in server_variables(operation)
    )
    return DocumentError(
        f"source description {document.name!r} {what}",
        code="AZ311",
        location=document.location("/servers"),
        hint=f"give {names}, or its address with --server {document.name}=URL"
        if names
        else f"give its address with --server {document.name}=URL",
    )
