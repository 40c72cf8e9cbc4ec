"""Other inputs: a workflow that branches on its inputs has paths that no reply leads to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Final, TypeVar

from ..engine.plan import Plan
from ..engine.schemas import input_properties, types_of
from ..expressions import nodes
from ..expressions.criteria import BareJsonPath, Simple, Test
from ..messages import JSON
from ..mock.reads import condition_of, tests_of
from ..openapi.document import is_array

#: Sets of inputs beside the first that a workflow is explored with.
MOST: Final = 8

Given = TypeVar("Given")


def variations(
    plan: Plan, inputs: Mapping[str, Given]
) -> Iterator[tuple[str, dict[str, Given | JSON]]]:
    """
    *inputs* with one of those that criteria of *plan*'s steps test changed or left out,
    each with what tells it: ``cancel=true``.
    """
    yield from islice(_all(plan, inputs), MOST)


def _all(
    plan: Plan, inputs: Mapping[str, Given]
) -> Iterator[tuple[str, dict[str, Given | JSON]]]:
    declared = input_properties(plan.unit.description, plan.workflow)
    root = plan.unit.description.root
    for name, compared in _tested(plan).items():
        if name in plan.secret_inputs:
            continue
        schema = declared.get(name)
        listed = schema.get("enum") if isinstance(schema, Mapping) else None
        values = [*compared, *(listed if is_array(listed) else ())]
        if "boolean" in types_of(schema, root):
            values += [True, False]
        tried = [repr(inputs.get(name))]
        for value in values:
            if repr(value) not in tried:
                tried.append(repr(value))
                yield f"{name}={_text(value)}", {**inputs, name: value}
        if name in inputs:
            rest = {key: each for key, each in inputs.items() if key != name}
            yield f"without {name}", {**rest}


def _text(value: JSON) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _tested(plan: Plan) -> dict[str, list[JSON]]:
    """The inputs that criteria test, with the values they are compared with."""
    found: dict[str, list[JSON]] = {}
    for step in plan.steps:
        for test in tests_of(step):
            for name, value in _comparisons(test):
                values = found.setdefault(name, [])
                if value is not None:
                    values.append(value)
    return found


def _comparisons(test: Test) -> Iterator[tuple[str, JSON]]:
    read = condition_of(test)
    if read is None or not isinstance(test, Simple | BareJsonPath):
        return
    condition, context = read
    compared: set[int] = set()
    for each in nodes.comparisons(condition):
        for side, other in ((each.left, each.right), (each.right, each.left)):
            name = _input(side, context)
            if name is not None:
                compared.add(id(side))
                yield name, other.value if isinstance(other, nodes.Literal) else None
    for operand in nodes.operands(condition):
        name = _input(operand, context)
        if name is not None and id(operand) not in compared:
            yield name, None


def _input(side: object, context: nodes.Expression | None) -> str | None:
    """The input that *side* of a comparison is."""
    match side:
        case nodes.Operand(_, nodes.Input(named)) if not named.pointer:
            name, rest = named.readings[0]
            return None if rest else name
        case nodes.Query(_, (nodes.Child(str(key)),)) if isinstance(
            context, nodes.Inputs
        ):
            return key
        case _:
            return None
