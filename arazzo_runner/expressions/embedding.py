"""
Values put into text: ``Bearer {$inputs.token}``.

What an expression gives is never scanned again (checklist A-25).
"""

from __future__ import annotations

import json
import re

from ..messages import Absent, Secret, Template, Value
from .coercion import NotComparable
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


def embed(embedded: Embedded, scope: Scope, *, json_text: bool = False) -> Value:
    """
    The text of *embedded*: a string, or a `Template` while it holds secrets.

    Raises:
        Unresolved: one of its expressions has no value, or one with a secret inside.
    """
    parts: list[str | Secret] = []
    quoted = False  # whether JSON text goes on inside a string literal
    for part in embedded.parts:
        if isinstance(part, str):
            shown = part
        else:
            value = evaluate(part.expression, scope)
            if isinstance(value, Secret | Template):
                for each in value.parts if isinstance(value, Template) else (value,):
                    _append(parts, _in_json(each) if json_text and quoted else each)
                continue
            shown = _shown(part, value, scope)
            if json_text and quoted:
                shown = json.dumps(shown, ensure_ascii=False)[1:-1]
        quoted ^= json_text and len(_QUOTE.findall(shown)) % 2 == 1
        _append(parts, shown)
    if any(isinstance(part, Secret) for part in parts):
        return Template(tuple(parts))
    return "".join(str(part) for part in parts)


def _in_json(part: str | Secret) -> str | Secret:
    if isinstance(part, Secret):
        return Secret(part.ref, in_json=True)
    return json.dumps(part, ensure_ascii=False)[1:-1]


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
