"""
Selector Objects: parts of structured data, by JSONPath, XPath or JSON Pointer.

The specification does not say what a selector gives that finds several nodes, or one. Here
a JSONPath that can find one node at the most (``$.a[0]``) gives the value, and no value
without a node; any other gives the list of the nodes' values. An XPath gives what it is
worth: a text, number or boolean as such, one node as its text, several as a list.
https://spec.openapis.org/arazzo/v1.1.0.html#selector-object
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Final, cast

from ..messages import ABSENT, JSON, Absent, Value
from ..model import ExpressionType, Selector
from .conditions import parse_bare_jsonpath
from .contexts import json_context, plain, present, put_in, sample, xml_context
from .evaluation import NotEvaluable
from .jsonpath import compile_jsonpath, select_jsonpath
from .nodes import Embedded, ExpressionError, Operand, Query, Selected
from .old_jsonpath import OLD_JSONPATH, compile_old, select_old
from .parser import Names, Notes, parse, starts_expression
from .scope import Scope, at_pointer
from .splitting import joined, query_text, split_text
from .xpath import XPATH, compile_xpath, parse_xml, select_xpath

_DEFAULTS: Final = {"jsonpath": "rfc9535", "xpath": XPATH, "jsonpointer": "rfc6901"}
_POINTER = re.compile(r"(?:/(?:[^~]|~[01])*)?")


def language_of(written: str | ExpressionType) -> tuple[str, str]:
    """
    The language and version that a type names.

    Raises:
        ExpressionError: there is no such language.
    """
    name = written.type if isinstance(written, ExpressionType) else written
    if name not in _DEFAULTS:
        raise ExpressionError(
            f"{name!r} is not a type of selectors",
            hint="the types are jsonpath, xpath and jsonpointer",
            code="AZ407",
        )
    version = written.version if isinstance(written, ExpressionType) else ""
    return name, version or _DEFAULTS[name]


def read_selector(value: JSON, names: Names) -> Selector | None:
    """
    The Selector Object that *value* of a payload or parameter is: an object of `context`,
    `selector` and `type` whose context is an expression. None for any other value, which
    is data.
    """
    if not names.selectors or not isinstance(value, Mapping):
        return None
    if value.keys() != {"context", "selector", "type"}:
        return None
    context, selector, kind = value["context"], value["selector"], value["type"]
    named: str | ExpressionType
    if isinstance(kind, Mapping) and kind.keys() == {"type", "version"}:
        named = ExpressionType(type=str(kind["type"]), version=str(kind["version"]))
    elif isinstance(kind, str):
        named = kind
    else:
        return None
    if (
        isinstance(context, str)
        and isinstance(selector, str)
        and starts_expression(context.strip())
    ):
        return Selector(context=context, selector=selector, type=named)
    return None


def compile_selector(
    selector: Selector, names: Names, notes: Notes, *, strict: bool = False
) -> Selected:
    """
    *selector*, parsed.

    Raises:
        ExpressionError: its context is no expression, its selector not what its type says.
    """
    language, version = language_of(selector.type)
    context = selector.context.strip()
    operand = Operand(context, parse(context, names, notes))
    text = f"{selector.selector!r} in {context}"
    singular = True
    if language == "jsonpath":
        query, singular = compile_query(
            selector.selector.strip(), version, names, notes, strict
        )
    else:
        query = joined(
            split_text(selector.selector, names, notes, strict=strict, bare=False)
        )
        check_path(query, language, version)
    return Selected(text, operand, query, language, version, singular)


def compile_query(
    written: str, version: str, names: Names, notes: Notes, strict: bool
) -> tuple[str | Embedded, bool]:
    """A JSONPath query, checked, and whether it is singular."""
    query = query_text(written, names, notes, strict)
    checked = query if isinstance(query, str) else sample(query)
    if version == OLD_JSONPATH:
        compile_old(checked)
    else:
        compile_jsonpath(checked)
    try:
        read = parse_bare_jsonpath(checked, names, Notes())
    except ExpressionError:
        return query, False
    return query, isinstance(read, Query) and read.singular and not read.length


def check_path(query: str | Embedded, language: str, version: str) -> None:
    """
    Raises:
        ExpressionError: *query* is no XPath (AZ408) or no JSON Pointer (AZ409).
    """
    if language == "xpath":
        written = query if isinstance(query, str) else sample(query, escapes=False)
        compile_xpath(written, version)
    elif isinstance(query, str) and not _POINTER.fullmatch(query):
        raise ExpressionError(
            f"{query!r} is not a JSON Pointer",
            hint="it is empty or begins with a slash: /items/0/id",
            code="AZ409",
        )


def select(selected: Selected, scope: Scope) -> Value | Absent:
    """
    What *selected* gives in *scope*; ABSENT where it finds nothing.

    Raises:
        NotEvaluable: its context has no value, or is not what the selector needs.
        LimitError: it looks at, or gives, too much.
    """
    context = selected.context.expression
    if selected.language == "jsonpointer":
        pointer = put_in(selected.selector, scope)
        if not _POINTER.fullmatch(pointer):
            raise NotEvaluable(f"{pointer!r} is not a JSON Pointer")
        value = present(context, scope)
        data = json_context(context, scope) if isinstance(value, str) else value
        return at_pointer(data, pointer, scope.bodies)
    if selected.language == "xpath":
        written = put_in(selected.selector, scope, quote=True, xpath=True)
        document = xml_context(context, scope)
        found = select_xpath(written, parse_xml(document), selected.version)
        return _xpath_value(found)
    query = put_in(selected.selector, scope, quote=True)
    data = plain(json_context(context, scope), scope)
    old = selected.version == OLD_JSONPATH
    values = select_old(query, data) if old else select_jsonpath(query, data)
    if selected.singular:
        return values[0] if values else ABSENT
    return values


def _xpath_value(found: object) -> Value | Absent:
    if isinstance(found, list):
        if not found:
            return ABSENT
        values = [_xpath_item(each) for each in found]
        return values[0] if len(values) == 1 else values
    return _xpath_item(found)


def _xpath_item(item: object) -> Value:
    """A node as its text, an atomic value as JSON has it."""
    match item:
        case None | bool() | int() | str():
            return item
        case float():
            return int(item) if item.is_integer() else item
        case Decimal():
            return int(item) if item == item.to_integral_value() else float(item)
        case list():
            return [_xpath_item(each) for each in item]
    texts = getattr(item, "itertext", None)
    if texts is not None:  # an element
        return "".join(texts())
    value = getattr(item, "value", item)
    return cast(Value, value) if isinstance(value, str) else str(value)
