"""What criteria and selectors look into, and expressions put into what they ask."""

from __future__ import annotations

import json
import re
from typing import cast

from ..messages import Absent, File, Records, Secret, Template, Value, record_values
from .coercion import text
from .evaluation import NotEvaluable
from .nodes import Body, Embedded, Expression
from .scope import Scope, evaluate
from .xml_reading import read_xml


def present(context: Expression, scope: Scope) -> Value:
    """
    The value of *context*.

    Raises:
        NotEvaluable: it has none, or it is a secret.
    """
    value = evaluate(context, scope)
    if isinstance(value, Absent) or value is None:
        raise NotEvaluable("the context has no value")
    if isinstance(value, Secret | Template):
        raise NotEvaluable("the context is a secret")
    return value


def json_context(context: Expression, scope: Scope) -> Value:
    """The context as structured data (checklist A-18); raises as `present`."""
    value = present(context, scope)
    if isinstance(value, File):
        data = scope.bodies.data(value)
        if isinstance(data, Absent):
            kind = value.media_type or "a file"
            raise NotEvaluable(f"the context is {kind}, not JSON")
        return cast(Value, data)
    if isinstance(value, str):
        if isinstance(context, Body) and context.message == "response" and scope.xml:
            read = read_xml(value)
            if not isinstance(read, Absent):
                return read
        try:
            return cast(Value, json.loads(value, parse_constant=_refuse))
        except (ValueError, RecursionError):
            html = re.match(r"\s*<(?:!doctype html|html)", value, re.IGNORECASE)
            kind = "HTML" if html else "text"
            raise NotEvaluable(f"the context is {kind}, not JSON") from None
    return value


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def plain(value: Value, scope: Scope) -> Value:
    """Libraries know lists, not `Records`."""
    if isinstance(value, Records):
        return cast(Value, list(record_values(value, scope.bodies)))
    return value


def xml_context(context: Expression, scope: Scope) -> str:
    """The context as the text of an XML document; raises as `present`."""
    value = present(context, scope)
    if isinstance(value, str | File):
        return text(value, scope.bodies)
    raise NotEvaluable("the context is JSON, not XML")


def put_in(
    part: str | Embedded, scope: Scope, *, quote: bool = False, xpath: bool = False
) -> str:
    """
    *part* with the values of its expressions; with *quote* escaped inside literals and as
    JSON outside of them (checklist A-17), so that data cannot change a query. With *xpath*
    a literal's quotes are doubled, as that language does it.
    """
    if isinstance(part, str):
        return part
    written = ""
    for each in part.parts:
        if isinstance(each, str):
            written += each
            continue
        value = evaluate(each.expression, scope)
        if isinstance(value, Absent | Secret | Template):
            raise NotEvaluable(f"{each.text} has no value that can be put in")
        shown = text(value, scope.bodies)
        mark = open_quote(written, escapes=not xpath) if quote else ""
        if mark and xpath:
            shown = shown.replace(mark, mark * 2)
        elif mark:
            shown = json.dumps(shown)[1:-1]
            if mark == "'":
                shown = shown.replace('\\"', '"').replace("'", "\\'")
        elif quote and xpath:
            if not isinstance(value, bool | int | float):
                shown = '"' + shown.replace('"', '""') + '"'
        elif quote and isinstance(value, str):
            shown = json.dumps(value)
        written += shown
    return written


def open_quote(before: str, *, escapes: bool = True) -> str:
    """The quote of the literal that is open at the end of *before*, or ``""``."""
    mark, escaped = "", False
    for char in before:
        if escaped:
            escaped = False
        elif char == "\\" and escapes:
            escaped = True
        elif mark:
            mark = "" if char == mark else mark
        elif char in "'\"":
            mark = char
    return mark


def sample(query: Embedded, *, escapes: bool = True) -> str:
    """*query* with harmless text for its expressions, to check the rest of it."""
    written = ""
    for part in query.parts:
        if isinstance(part, str):
            written += part
        else:
            written += "x" if open_quote(written, escapes=escapes) else "1"
    return written
