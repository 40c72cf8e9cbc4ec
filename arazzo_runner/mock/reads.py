"""What a workflow reads from the responses of each step: so much must be in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ..engine.order import payloads_of
from ..engine.plan import Plan, Planned, PlannedStep
from ..expressions import nodes
from ..expressions.conditions import parse_bare_jsonpath
from ..expressions.criteria import BareJsonPath, JsonPath, Regex, Simple, Test
from ..expressions.nodes import (
    Condition,
    Embedded,
    Expression,
    ExpressionError,
    Operand,
    Query,
    Selected,
)
from ..expressions.templates import Payload, expressions, leaves
from ..openapi.document import escape, tokens

_Path = tuple[str, ...]


@dataclass(slots=True)
class Reads:
    """
    What is read from the responses of one step.

    Attributes:
        pointers: JSON Pointers into the body; "" when the body is used as a whole.
        headers: Field names in lower case.
        failing: Of the pointers, those that criteria of its failure actions read.
    """

    pointers: set[str] = field(default_factory=set)
    headers: set[str] = field(default_factory=set)
    failing: set[str] = field(default_factory=set)


def reads(plan: Plan) -> Mapping[str, Reads]:
    """
    By step id, what its outputs and criteria read, and what later expressions find by
    navigating into its outputs.
    """
    return _Reader(plan).read()


class _Reader:
    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.found = {step.step_id: Reads() for step in plan.steps}
        self.outputs = {
            step.step_id: {
                each.name: each.value.expression
                for each in step.outputs
                if isinstance(each.value, Operand)
            }
            for step in plan.steps
        }
        self.seen: set[tuple[str, str, _Path]] = set()

    def read(self) -> Mapping[str, Reads]:
        for step in self.plan.steps:
            for output in step.outputs:
                self._read(output.value, step.step_id)
            for test in tests_of(step):
                for expression, path in read_by(test):
                    self._follow(expression, path, step.step_id)
            for failed in step.on_failure:
                for criterion in failed.criteria:
                    for expression, path in read_by(criterion.test):
                        if isinstance(expression, nodes.Body):
                            inside = _pointer(expression, path)
                            self.found[step.step_id].failing.add(inside)
            payloads = [each.value for each in step.parameters]
            for action in (*step.on_success, *step.on_failure):
                payloads += [each.value for each in action.parameters]
            if isinstance(step, PlannedStep):
                payloads += payloads_of(step)
            for payload in payloads:
                self._read(payload, step.step_id)
        for output in self.plan.outputs:
            self._read(output.value, "")
        return self.found

    def _read(self, payload: Payload, step_id: str) -> None:
        for leaf in leaves(payload):
            match leaf:
                case Selected(_, context, str(pointer), "jsonpointer"):
                    self._follow(context.expression, _tokens(pointer), step_id)
        for operand in expressions(payload):
            self._follow(operand.expression, (), step_id)

    def _follow(self, expression: Expression, path: _Path, step_id: str) -> None:
        """Note that *expression*, written at a step, is read at *path* inside its value."""
        match expression:
            case nodes.Body("response") if step_id:
                self.found[step_id].pointers.add(_pointer(expression, path))
            case nodes.MessageParameter("response", "header", name) if step_id:
                self.found[step_id].headers.add(name.lower())
            case nodes.StepOutput(source, named):
                outputs = self.outputs.get(source, {})
                for name, navigation in named.readings:
                    if name in outputs:
                        inside = (*map(str, navigation), *_tokens(named.pointer), *path)
                        key = (source, name, inside)
                        if key not in self.seen:
                            self.seen.add(key)
                            self._follow(outputs[name], inside, source)
                        return


def _pointer(body: nodes.Body, path: _Path) -> str:
    """The JSON Pointer of *path* inside of what *body* gives."""
    inside = (*_tokens(body.pointer), *map(str, body.navigation), *path)
    return "".join(f"/{escape(token)}" for token in inside)


def _tokens(pointer: str | None) -> _Path:
    try:
        return tokens(pointer or "")
    except ValueError:
        return ()


def tests_of(step: Planned) -> Iterator[Test]:
    """Every test of *step*: of success, then of its actions."""
    for criterion in step.success_criteria:
        yield criterion.test
    for action in (*step.on_success, *step.on_failure):
        for criterion in action.criteria:
            yield criterion.test


def condition_of(test: Test) -> tuple[Condition, Expression | None] | None:
    """
    The condition of *test* and the context of the queries in it; None for a regular
    expression and for a query that is beyond our grammar.
    """
    match test:
        case Simple(condition):
            return condition, None
        case BareJsonPath(context, condition):
            return condition, context
        case JsonPath(context, query):
            try:
                return parse_bare_jsonpath(_written(query)), context
            except ExpressionError:
                return None
        case _:
            return None


def _written(query: str | Embedded) -> str:
    """*query* with a stand-in for the values that are put into it."""
    if isinstance(query, str):
        return query
    return "".join(each if isinstance(each, str) else "x" for each in query.parts)


def read_by(test: Test) -> Iterator[tuple[Expression, _Path]]:
    """The expressions that *test* reads, and where inside their values it looks."""
    found = condition_of(test)
    if found is not None:
        condition, context = found
        for operand in nodes.operands(condition):
            if not isinstance(operand, Query):
                yield operand.expression, ()
            elif context is not None:
                for path in query_paths(operand):
                    yield context, path
    if isinstance(test, Regex | JsonPath):
        yield test.context, ()
        written = test.pattern if isinstance(test, Regex) else test.query
        for part in written.parts if isinstance(written, Embedded) else ():
            if not isinstance(part, str):
                yield part.expression, ()


def query_paths(query: Query, before: _Path = ()) -> Iterator[_Path]:
    """
    Where *query* looks, its filters too; the first item stands for every item.
    What follows ``..`` may be anywhere and is not told.
    """
    path = before
    for segment in query.segments:
        match segment:
            case nodes.Child(key):
                path = (*path, str(key))
            case nodes.Wildcard():
                path = (*path, "0")
            case nodes.Filter(condition):
                path = (*path, "0")
                for operand in nodes.operands(condition):
                    if isinstance(operand, Query) and operand.relative:
                        yield from query_paths(operand, path)
            case nodes.Descendants():
                break
    yield path
