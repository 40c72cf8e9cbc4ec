"""
Values put into text: ``Bearer {$inputs.token}``.

What an expression gives is never scanned again (checklist A-25).
"""

from __future__ import annotations

import re

from ..messages import Absent, Secret, Syntax, Template, Value
from .coercion import NotComparable, escaped
from .coercion import text as as_text
from .nodes import Embedded, Operand
from .scope import Scope, evaluate

_QUOTE = re.compile(r'(?<!\\)(?:\\\\)*"')


class Unresolved(Exception):
    """
    A value is needed and an expression gives none, or one that cannot stand in text.

    Attributes:
        text: The expression, as written.
    """

    def __init__(self, text: str, why: str = "has no value") -> None:
        super().__init__(f"{text} {why}")
        self.text = text


def embed(embedded: Embedded, scope: Scope, *, syntax: Syntax = "") -> Value:
    """
    The text of *embedded*: a string, or a `Template` while it holds secrets.

    *syntax*: what the text is; values are escaped so that none changes its structure: in
    form fields percent-encoded, unless the text is one expression, in JSON escaped where
    they stand inside a string (checklist A-60).

    Raises:
        Unresolved: one of its expressions has no value, or one with a secret inside.
    """
    parts: list[str | Secret] = []
    quoted = False  # whether JSON text goes on inside a string literal
    form: Syntax = "form" if syntax == "form" and len(embedded.parts) > 1 else ""
    for part in embedded.parts:
        if isinstance(part, str):
            shown = part
        else:
            value = evaluate(part.expression, scope)
            inside: Syntax = "json" if quoted else form
            if isinstance(value, Secret | Template):
                for each in value.parts if isinstance(value, Template) else (value,):
                    _append(parts, _put(each, inside))
                continue
            shown = escaped(_shown(part, value, scope), inside)
        quoted ^= syntax == "json" and len(_QUOTE.findall(shown)) % 2 == 1
        _append(parts, shown)
    if any(isinstance(part, Secret) for part in parts):
        return Template(tuple(parts))
    return "".join(str(part) for part in parts)


def _put(part: str | Secret, inside: Syntax) -> str | Secret:
    if isinstance(part, Secret):
        return Secret(part.ref, inside) if inside else part
    return escaped(part, inside)


def _append(parts: list[str | Secret], part: str | Secret) -> None:
    """Add *part*; texts beside each other become one, so that equal templates are equal."""
    if isinstance(part, str) and parts and isinstance(parts[-1], str):
        parts[-1] += part
    elif part != "":
        parts.append(part)


def _shown(operand: Operand, value: Value | Absent, scope: Scope) -> str:
    if isinstance(value, Absent):
        raise Unresolved(operand.text)
    try:
        return as_text(value, scope.bodies)
    except NotComparable:
        raise Unresolved(
            operand.text, "holds a secret, which cannot be part of a text"
        ) from None
