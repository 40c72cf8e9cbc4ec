"""
JSONPath queries (RFC 9535), compiled and evaluated by a library that is told when to stop.

The library is imported by the first query that needs it. What it visits is counted, also
inside of filters, so that the same query on the same value always ends alike (D11).
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Iterator
from contextvars import ContextVar
from functools import lru_cache
from typing import Any, TypeAlias, cast

from ..errors import LimitError
from ..messages import Value
from .evaluation import MAX_NODES, NotEvaluable
from .nodes import ExpressionError
from .patterns import i_regexp, shown

MAX_VISITS = 5_000_000  # nodes that one evaluation looks at

#: A node: its value, and the members and indexes that lead to it.
Found: TypeAlias = tuple[Value, tuple[str | int, ...]]

_left: ContextVar[list[int]] = ContextVar("visits left")


def _visit() -> None:
    left = _left.get()
    left[0] -= 1
    if left[0] < 0:
        raise LimitError(f"a query visits more than {MAX_VISITS:,} nodes")


@lru_cache(maxsize=1)
def _environment() -> Any:
    """The library's, its functions with a pattern replaced by ours with a time limit."""
    import jsonpath_rfc9535

    environment: Any = jsonpath_rfc9535.JSONPathEnvironment()
    # The member was renamed in version 2, which is for Python 3.12 and later.
    functions = getattr(environment, "function_extensions", None)
    functions = environment.functions if functions is None else functions
    for name, way in (("match", "fullmatch"), ("search", "search")):
        functions[name] = _bounded(type(functions[name]), way)
    return environment


def _bounded(base: Any, way: str) -> object:
    class Bounded(base):  # type: ignore[misc]
        def __call__(self, string: object, pattern: object) -> bool:
            return i_regexp(pattern, string, way)

    return Bounded()


@lru_cache(maxsize=256)
def compile_jsonpath(query: str) -> Callable[[Value], Iterable[Found]]:
    """
    An RFC 9535 query: called with a value it gives the nodes, lazily.

    Raises:
        ExpressionError: *query* is not one (AZ405).
    """
    import jsonpath_rfc9535

    if not query:
        raise ExpressionError("the query is empty", code="AZ405")
    try:
        compiled = _environment().compile(query)
    except (jsonpath_rfc9535.JSONPathError, RecursionError) as problem:
        said = str(problem).splitlines()[0] if str(problem) else "nested too deeply"
        raise ExpressionError(
            f"{shown(query)} is not a JSONPath query (RFC 9535): {said}",
            hint="a comparison belongs into a simple condition: "
            "$response.body#/status == 'done'",
            code="AZ405",
        ) from None
    try:  # version 2, for Python 3.12 and later
        resolvers: Any = importlib.import_module("jsonpath_rfc9535._resolve_standard")
    except ImportError:
        return _first_version(compiled)
    return _second_version(compiled, resolvers.StandardResolver)


def _second_version(compiled: Any, resolver: Any) -> Callable[[Value], Iterable[Found]]:
    class Counting(resolver):  # type: ignore[misc]
        def new_child(self, node: Any, key: Any, value: Any) -> Any:
            _visit()
            return super().new_child(node, key, value)

    def nodes(value: Value) -> Iterator[Found]:
        found = Counting.resolve(compiled.env, compiled.segments, value)
        return ((node[0], node[1]) for node in found)

    return nodes


def _first_version(compiled: Any) -> Callable[[Value], Iterable[Found]]:
    """Nodes make their children, so nodes of ours can count; queries begin with one."""
    from jsonpath_rfc9535.filter_expressions import FilterQuery
    from jsonpath_rfc9535.node import JSONPathNode
    from jsonpath_rfc9535.query import JSONPathQuery

    class Node(JSONPathNode):
        __slots__ = ()

        def new_child(self, value: Any, key: Any, parent: Any = None) -> Any:
            _visit()
            return Node(
                value=value,
                location=(*self.location, key),
                parent=parent,
                root=self.root,
            )

    class Counted(JSONPathQuery):
        __slots__ = ()

        def finditer(self, value: Any) -> Iterable[JSONPathNode]:
            nodes: Iterable[JSONPathNode] = [
                Node(value=value, location=(), parent=None, root=value)
            ]
            for segment in self.segments:
                nodes = segment.resolve(nodes)
            return nodes

    def counted(query: Any) -> Any:
        for segment in query.segments:
            for selector in segment.selectors:
                visit(getattr(selector, "expression", None))
        return Counted(env=query.env, segments=query.segments)

    def visit(expression: Any) -> None:
        if isinstance(expression, FilterQuery):
            expression.query = counted(expression.query)
        for name in ("expression", "left", "right"):
            inner = getattr(expression, name, None)
            if inner is not None:
                visit(inner)
        for each in getattr(expression, "args", ()):
            visit(each)

    whole = counted(compiled)
    return lambda value: (
        (cast(Value, node.value), node.location) for node in whole.finditer(value)
    )


def _select(query: str, value: Value, most: int = MAX_NODES) -> list[Found]:
    """
    The nodes that *query* selects in *value*; no more than *most*, if that is less than
    the limit.

    Raises:
        NotEvaluable: it is no query, or cannot be evaluated on this value.
        LimitError: it visits or gives too many nodes; never answered as "none".
    """
    import jsonpath_rfc9535

    found: list[Found] = []
    token = _left.set([MAX_VISITS])
    try:
        for each in compile_jsonpath(query)(value):
            found.append(each)
            if len(found) == most < MAX_NODES:
                break
            if len(found) > MAX_NODES:
                raise LimitError(f"a query gives more than {MAX_NODES:,} nodes")
    except ExpressionError as problem:
        raise NotEvaluable(problem.message) from None
    except (jsonpath_rfc9535.JSONPathError, RecursionError) as problem:
        raise NotEvaluable(f"the query cannot be evaluated: {problem}") from None
    finally:
        _left.reset(token)
    return found


def select_jsonpath(query: str, value: Value) -> list[Value]:
    """The values of the nodes that *query* selects in *value*; raises as `gives_nodes`."""
    return [each for each, _ in _select(query, value)]


def select_locations(query: str, value: Value) -> list[tuple[str | int, ...]]:
    """The places of those nodes: members and indexes from the root."""
    return [place for _, place in _select(query, value)]


def gives_nodes(query: str, value: Value) -> bool:
    """
    Whether *query* selects anything in *value*.

    Raises:
        NotEvaluable: it is no query, or cannot be evaluated on this value.
        LimitError: it visits or gives too many nodes; never answered as "none".
    """
    return bool(_select(query, value, most=1))
