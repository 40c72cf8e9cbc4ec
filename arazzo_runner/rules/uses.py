"""Which expressions a planned step uses, where they stand, and when they need a value."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

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
from ..model import Action, Components, Description, Parameter, Path, Reusable, Step


class Use(NamedTuple):
    """
    An expression that a step uses.

    Attributes:
        place: Where it stands, or the path of that, which is looked up for a finding only.
        early: It must have its value before the step is sent.
        shared: It is in a parameter or action of the workflow, which is meant for other
            steps as well.
    """

    operand: nodes.Operand
    place: Location | Path
    early: bool = False
    shared: bool = False

    def location(self, description: Description) -> Location:
        """Where it stands."""
        place = self.place
        return place if isinstance(place, Location) else description.locate(place)


Uses: TypeAlias = Mapping[str, Sequence[Use]]


def uses_in(plan: Plan) -> Uses:
    """The expressions that each step of *plan* uses, each once, by step id."""
    written = {each.step_id: each for each in plan.workflow.steps}
    components = plan.unit.description.components
    return {
        step.step_id: tuple(
            dict.fromkeys(_uses_of(step, written[step.step_id], components))
        )
        for step in plan.steps
    }


def _uses_of(step: Planned, written: Step, components: Components) -> Iterator[Use]:
    """Every expression of *step*, those of its actions included."""
    own = _names(written.parameters, components.parameters)
    for parameter in step.parameters:
        shared = parameter.name not in own
        for operand in expressions(parameter.value):
            yield Use(operand, parameter.location, early=True, shared=shared)
    yield from _of_body(step, written)
    for output in step.outputs:
        for operand in expressions(output.value):
            yield Use(operand, output.location)
    yield from _of_criteria(step.success_criteria)
    own = _names(written.on_success, components.success_actions)
    yield from _of_actions(step.on_success, own)
    own = _names(written.on_failure, components.failure_actions)
    yield from _of_actions(step.on_failure, own)


def _names(
    listed: Sequence[Parameter | Action | Reusable],
    known: Mapping[str, Parameter] | Mapping[str, Action],
) -> frozenset[str]:
    """The names of the parameters or actions in a step's own list."""
    found = set()
    for each in listed:
        if isinstance(each, Reusable):
            name = each.reference.split(".", 2)[-1]
            found.add(known[name].name if name in known else "")
        else:
            found.add(each.name)
    return frozenset(found)


def _of_actions(actions: Sequence[PlannedAction], own: Container[str]) -> Iterator[Use]:
    for action in actions:
        shared = action.action.name not in own
        for parameter in action.parameters:
            for operand in expressions(parameter.value):
                yield Use(operand, parameter.location, shared=shared)
        for use in _of_criteria(action.criteria):
            yield use._replace(shared=shared)


def _of_body(step: Planned, written: Step) -> Iterator[Use]:
    for operand, path in placed_expressions(*_body(step, written)):
        yield Use(operand, path, early=True)
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
