"""
JSONPath of the draft before RFC 9535, ``draft-goessner-dispatch-jsonpath-00``.

https://datatracker.ietf.org/doc/html/draft-goessner-dispatch-jsonpath-00; jsonpath-ng
implements it and is imported when the first such query is met. It counts nothing, so the
value it is given is bounded instead, and its operator for patterns, which uses Python's own
regular expressions, is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final, cast

from ..errors import LimitError
from ..messages import Value
from .evaluation import MAX_NODES, NotEvaluable
from .nodes import ExpressionError
from .patterns import shown

OLD_JSONPATH: Final = "draft-goessner-dispatch-jsonpath-00"
MAX_QUERY = 2_000  # characters
MAX_DESCENDS = 2  # `..` in one query: each may multiply the nodes
MAX_DEPTH = 100
MAX_DEEP_NODES = 2_000  # of a value that a query with several `..` looks through
# The draft's one script in use; jsonpath-ng reads it as an index from the end.
_LAST = re.compile(r"\[\(\s*@\.length\s*-\s*([1-9]\d*)\s*\)\]")


@lru_cache(maxsize=128)
def compile_old(query: str) -> Any:
    """
    *query*, parsed.

    Raises:
        ExpressionError: it is none, or uses what is refused here (AZ405).
    """
    from jsonpath_ng.exceptions import JSONPathError
    from jsonpath_ng.ext.parser import parse

    if not query or len(query) > MAX_QUERY:
        raise ExpressionError(
            f"the query has {len(query):,} characters; 1 to {MAX_QUERY:,} are allowed",
            code="AZ405",
        )
    outside = re.sub(r"'[^']*'|\"[^\"]*\"", "''", query)
    if "=~" in outside or re.search(r"`|\bsub\(|\bsplit\(", outside):
        raise ExpressionError(
            f"{shown(query)}: patterns and functions are no part of this JSONPath",
            hint="use RFC 9535, or a criterion of type regex",
            code="AZ405",
        )
    if outside.count("..") > MAX_DESCENDS:
        raise ExpressionError(
            f"{shown(query)} descends more than {MAX_DESCENDS} times", code="AZ405"
        )
    try:
        return parse(_LAST.sub(r"[-\1]", query))
    except (JSONPathError, RecursionError, AttributeError, TypeError) as problem:
        said = str(problem).splitlines()[0] if str(problem) else "it cannot be read"
        raise ExpressionError(
            f"{shown(query)} is not a JSONPath of the older draft: {said}", code="AZ405"
        ) from None


def select_old(query: str, value: Value) -> list[Value]:
    """
    The values that *query* selects in *value*.

    Raises:
        NotEvaluable: it is none, or cannot be evaluated on this value.
        LimitError: *value* is too large or too deep for it.
    """
    return [cast(Value, match.value) for match in _matches(query, value)]


def old_locations(query: str, value: Value) -> list[tuple[str | int, ...]]:
    """Where what *query* selects in *value* stands, as keys; raises as `select_old`."""
    return [tuple(_keys(match.full_path)) for match in _matches(query, value)]


def _keys(path: Any) -> Iterator[str | int]:
    from jsonpath_ng import jsonpath

    match path:
        case jsonpath.Child(left=left, right=right):
            yield from _keys(left)
            yield from _keys(right)
        case jsonpath.Fields(fields=keys) | jsonpath.Index(indices=keys):
            yield keys[0]
        case jsonpath.Root() | jsonpath.This():
            return
        case _:
            raise NotEvaluable(f"the query selects what has no place: {path}")


def _matches(query: str, value: Value) -> list[Any]:
    try:
        compiled = compile_old(query)
    except ExpressionError as problem:
        raise NotEvaluable(problem.message) from None
    size = _size(value)
    if size > MAX_NODES or (query.count("..") > 1 and size > MAX_DEEP_NODES):
        raise LimitError(f"a value of {size:,} nodes is too large for this JSONPath")
    try:
        return list(compiled.find(value))
    except (
        ArithmeticError,
        AttributeError,
        LookupError,
        RecursionError,
        TypeError,
        ValueError,
    ) as problem:
        raise NotEvaluable(f"the query cannot be evaluated: {problem}") from None


def _size(value: Value) -> int:
    """How many nodes *value* has; one more than the limit if it is too deep."""
    count, waiting = 0, [(value, 0)]
    while waiting:
        each, depth = waiting.pop()
        count += 1
        if count > MAX_NODES or depth > MAX_DEPTH:
            return MAX_NODES + 1
        if isinstance(each, Mapping):
            waiting += [(inner, depth + 1) for inner in each.values()]
        elif isinstance(each, list | tuple):
            waiting += [(inner, depth + 1) for inner in each]
    return count
