"""
Hides known secrets in text, in every form in which they are likely to appear.

What is hidden: the value itself, percent-encoded, in Base64 and Base64URL at any offset,
escaped as JSON and as HTML. Values under four characters are left alone: hiding every
"a" hides nothing and spoils everything.
"""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote, quote_plus

from .errors import Diagnostic
from .events import Event, RunFinished, StepFinished, Warned
from .messages import (
    Absent,
    File,
    Headers,
    Records,
    Secret,
    Template,
)

MASK = "***"
SHORTEST = 4

# Members of messages that hold credentials which nobody has named to us.
_MEMBERS = re.compile(
    r"(?:access|refresh|id|session|auth)_?token|client_?secret|password|api_?key|secret",
    re.IGNORECASE,
)
_FIELDS = frozenset(
    {"authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key"}
)


class Masker:
    """Knows the secrets of a run. `add` may be called at any time, from any thread."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._forms: set[str] = set()
        self._pattern: re.Pattern[str] | None = None
        for secret in secrets:
            self.add(secret)

    def add(self, secret: str) -> None:
        """Hide *secret* from now on."""
        if len(secret) < SHORTEST or secret in self._forms:
            return
        self._forms = self._forms | set(_forms(secret))
        # The longest first, so that no part of a longer form stays visible.
        ordered = sorted(self._forms, key=len, reverse=True)
        self._pattern = re.compile("|".join(re.escape(form) for form in ordered))

    def text(self, text: str) -> str:
        """*text* without the secrets."""
        return self._pattern.sub(MASK, text) if self._pattern else text

    def value(self, value: Any, *, members: bool = False) -> Any:
        """
        *value* without the secrets at any depth; with *members* also without what stands
        under names such as ``access_token``. References to secrets become the mask.
        """
        match value:
            case str():
                return self.text(value)
            case None | bool() | int() | float() | Absent() | File():
                return value
            case Secret() | Template():
                return MASK
            case Records(content, file):
                return value if file else Records(text=self.text(content or ""))
            case Mapping():
                return {
                    self.text(key): MASK
                    if members and isinstance(each, str) and _MEMBERS.fullmatch(key)
                    else self.value(each, members=members)
                    for key, each in value.items()
                }
            case _:
                return [self.value(each, members=members) for each in value]

    def headers(self, headers: Headers) -> Headers:
        """*headers* without the secrets, and without fields that are made for them."""
        return tuple(
            (name, MASK if name.lower() in _FIELDS else self.text(value))
            for name, value in headers
        )


def mask_event(event: Event, masker: Masker) -> Event:
    """*event* as it may be seen: what a step took from a response may hold a secret."""
    match event:
        case StepFinished(outputs=outputs, criteria=criteria):
            if not outputs and not criteria:
                return event
            return replace(
                event,
                outputs=masker.value(outputs, members=True),
                criteria=tuple(
                    replace(each, actual=masker.value(each.actual, members=True))
                    if each.actual
                    else each
                    for each in criteria
                ),
            )
        case Warned(diagnostic):
            return Warned(_mask_diagnostic(diagnostic, masker))
        case RunFinished(error=error):
            return replace(
                event,
                outputs=masker.value(event.outputs, members=True),
                step_outputs=masker.value(event.step_outputs, members=True),
                error=_mask_diagnostic(error, masker) if error else None,
            )
        case _:
            return event


def _mask_diagnostic(diagnostic: Diagnostic, masker: Masker) -> Diagnostic:
    return replace(diagnostic, message=masker.text(diagnostic.message))


def _forms(secret: str) -> Iterator[str]:
    yield secret
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    yield html.escape(secret)
    yield html.escape(secret, quote=False)
    data = secret.encode("utf-8", "surrogatepass")
    for encoded in (quote(data, safe=""), quote(data), quote_plus(data)):
        yield encoded
        yield re.sub(r"%[0-9A-F]{2}", lambda found: found[0].lower(), encoded)
    for offset in range(3):
        # The characters that depend on the secret alone, whatever stands around it.
        encoded = base64.b64encode(b"\0" * offset + data).decode()
        start = (offset * 8 + 5) // 6
        whole = encoded[start : (offset + len(data)) * 8 // 6]
        if len(whole) >= SHORTEST:
            yield whole
            yield whole.replace("+", "-").replace("/", "_")
