"""Which expressions a planned step uses, where they stand, and when they need a value."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ..engine.plan import (
    Plan,
    Planned,
    PlannedAction,
    PlannedCriterion,
    PlannedStep,
)
from ..errors import Location
from ..expressions import nodes
from ..expressions.criteria import operands_of
from ..expressions.templates import (
    Constant,
    Payload,
    expressions,
    parse_payload,
    placed_expressions,
)
from ..model import Path, Step


class Use(NamedTuple):
    """
    An expression that a step uses.

    Attributes:
        early: It must have its value before the step is sent.
    """

    operand: nodes.Operand
    location: Location
    early: bool = False


def uses_of(step: Planned, written: Step, plan: Plan) -> Iterator[Use]:
    """Every expression of *step*, those of its actions included."""
    yield from _of_request(step, written, plan)
    for output in step.outputs:
        for operand in expressions(output.value):
            yield Use(operand, output.location)
    yield from _of_criteria(step.success_criteria)
    yield from of_actions((*step.on_success, *step.on_failure))


def of_actions(actions: Sequence[PlannedAction]) -> Iterator[Use]:
    """Every expression of *actions*."""
    for action in actions:
        for parameter in action.parameters:
            for operand in expressions(parameter.value):
                yield Use(operand, parameter.location)
        yield from _of_criteria(action.criteria)


def _of_request(step: Planned, written: Step, plan: Plan) -> Iterator[Use]:
    for parameter in step.parameters:
        for operand in expressions(parameter.value):
            yield Use(operand, parameter.location, early=True)
    for operand, path in placed_expressions(*_body(step, written)):
        yield Use(operand, plan.unit.description.locate(path), early=True)
    if isinstance(step, PlannedStep):
        for each in step.replacements:
            payloads = [each.value]
            payloads += [each.target] if isinstance(each.target, nodes.Embedded) else []
            for payload in payloads:
                for operand in expressions(payload):
                    yield Use(operand, each.location, early=True)


def _body(step: Planned, written: Step) -> tuple[Payload, Path]:
    """The payload, also of a step that calls no operation of OpenAPI."""
    path = (*written.path, "requestBody", "payload")
    if isinstance(step, PlannedStep):
        return step.body or Constant(None), path
    body = written.request_body
    return parse_payload(body.payload if body else None, report=_told_before), path


def _told_before(_below: Path, _what: object) -> None:
    """What does not parse was reported when the step was planned."""


def _of_criteria(criteria: Sequence[PlannedCriterion]) -> Iterator[Use]:
    for criterion in criteria:
        for operand in operands_of(criterion.test):
            yield Use(operand, criterion.location)
