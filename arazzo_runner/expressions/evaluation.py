"""
Evaluating a condition: the tree, over values.

Simple conditions compare strings without case; the bare comparisons of JSONPath queries
compare them exactly, and a query that gives several nodes holds when one of them does
(checklist A-05, A-14).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import cast

from ..errors import LimitError
from ..messages import ABSENT, Absent, File, Records, Value, record_values
from . import nodes
from .coercion import compare, length, truth
from .embedding import embed
from .nodes import Condition, Embedded, Operand, Query
from .scope import Scope, evaluate, follow

MAX_NODES = 100_000  # results of one query, and nodes it looks at (security page, D11)


class NotEvaluable(ValueError):
    """The condition is sound, the data is not what it needs; it counts as not held."""


def condition_holds(
    condition: Condition,
    scope: Scope,
    root: Value | Absent,
    node: Value | Absent,
    *,
    filtering: bool = False,
) -> bool:
    """
    Whether *condition* holds; `root` and `node` are what ``$`` and ``@`` of queries in it
    stand for, ABSENT in a simple condition. *filtering*: it stands in a filter, where a
    query alone asks whether it gives a node (RFC 9535, 2.3.5), not for its truth.
    """

    def holds(each: Condition) -> bool:
        return condition_holds(each, scope, root, node, filtering=filtering)

    match condition:
        case nodes.Compare(sign, left, right):
            exact = root is not ABSENT  # JSONPath strings keep their case
            for one in term_values(left, scope, root, node):
                for other in term_values(right, scope, root, node):
                    if compare(sign, one, other, exact=exact):
                        return True
            return False
        case nodes.Or(operands):
            return any(holds(each) for each in operands)
        case nodes.And(operands):
            return all(holds(each) for each in operands)
        case nodes.Not(operand):
            return not holds(operand)
        case Query() if not condition.length and (filtering or not condition.singular):
            return any(
                not isinstance(each, Absent)
                for each in term_values(condition, scope, root, node)
            )
        case _:
            return any(
                truth(each) for each in term_values(condition, scope, root, node)
            )


def term_values(
    term: Condition, scope: Scope, root: Value | Absent, node: Value | Absent
) -> list[Value | Absent]:
    """The values a term stands for: one, or those of all nodes of a query."""
    match term:
        case nodes.Literal(value):
            return [value]
        case Operand(_, expression):
            return [evaluate(expression, scope)]
        case Embedded():
            return [embed(term, scope)]
        case Query(_, segments, relative, with_length):
            found = _select(segments, scope, root, node if relative else root)
            if not with_length:
                return found or ([ABSENT] if term.singular else [])
            if not term.singular:
                return [len(found)]
            owner = found[0] if found else ABSENT
            if isinstance(owner, Mapping):
                for name in ("length", "size"):
                    if term.text.endswith(name) and name in owner:
                        return [owner[name]]
            size = length(owner, scope.bodies)
            return [ABSENT if size is None else size]
        case _:
            return [condition_holds(term, scope, root, node)]  # a group


def _select(
    segments: tuple[nodes.Segment, ...],
    scope: Scope,
    root: Value | Absent,
    start: Value | Absent,
) -> list[Value | Absent]:
    found: list[Value | Absent] = [start]
    for segment in segments:
        found = [
            each
            for value in found
            for each in _step(segment, value, scope, root)
            if not isinstance(each, Absent)
        ]
        if len(found) > MAX_NODES:
            raise LimitError(f"a query gives more than {MAX_NODES:,} nodes")
    return found


def _step(
    segment: nodes.Segment, value: Value | Absent, scope: Scope, root: Value | Absent
) -> Iterator[Value | Absent]:
    match segment:
        case nodes.Child(key):
            if isinstance(key, int) and key < 0:
                items = list(_children(value, scope))
                arrays = not isinstance(value, Mapping) and len(items) >= -key
                yield items[key] if arrays else ABSENT
            else:
                yield follow(value, key, scope.bodies)
        case nodes.Wildcard():
            yield from _children(value, scope)
        case nodes.Filter(condition):
            for child in _children(value, scope):
                if condition_holds(condition, scope, root, child, filtering=True):
                    yield child
        case nodes.Descendants(key):
            stack: list[Value | Absent] = [value]
            visited = 0
            while stack:
                one = stack.pop()
                visited += 1
                if visited > MAX_NODES:
                    raise LimitError(f"a query visits more than {MAX_NODES:,} nodes")
                children = list(_children(one, scope))
                if key is None:
                    yield from children
                elif isinstance(one, Mapping) and key in one:
                    yield one[key]
                stack += reversed(children)


def _children(value: Value | Absent, scope: Scope) -> Iterator[Value]:
    match value:
        case Mapping():
            yield from value.values()
        case Records():
            yield from cast(Iterator[Value], record_values(value, scope.bodies))
        case File():
            data = scope.bodies.data(value)
            if not isinstance(data, File | Absent):
                yield from _children(cast(Value, data), scope)
        case str() | Absent():
            return
        case Sequence():
            yield from value


def first_value(query: Query, root: Value | Absent, scope: Scope) -> Value | Absent:
    """The value of a singular *query*, the first node's of another; ABSENT for none."""
    return next(iter(term_values(query, scope, root, root)), ABSENT)
