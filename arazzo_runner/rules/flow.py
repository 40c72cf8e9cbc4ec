"""
The flow of a workflow: where control can come to, and whether it comes out again.

Edges are what the specification says follows a step: an action, the next step in order, the
end. What conditions allow is not looked at: an action with criteria may match or not.
https://spec.openapis.org/arazzo/v1.1.0.html#workflow-object
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from ..engine.order import payloads_of, used_operands
from ..engine.plan import Plan, Planned, PlannedAction, PlannedStep
from ..expressions import nodes
from ..expressions.templates import expressions
from .report import Findings

#: Where control leaves the workflow.
OUT = -1


@dataclass(slots=True)
class Graph:
    """
    Steps by index, with what may follow each after success, and after failure.

    Attributes:
        backward: (step, action) of each goto back that always comes when it is reached.
        never: Actions that another without criteria stands before.
    """

    after_success: list[set[int]] = field(default_factory=list)
    after_failure: list[set[int]] = field(default_factory=list)
    backward: list[tuple[int, PlannedAction]] = field(default_factory=list)
    never: list[PlannedAction] = field(default_factory=list)

    def edges(self, index: int) -> set[int]:
        """All that may follow a step."""
        return self.after_success[index] | self.after_failure[index]


def graph_of(plan: Plan) -> Graph:
    """The graph of *plan*, whose steps must all have been planned."""
    graph = Graph()
    for step in plan.steps:
        following = step.index + 1 if step.index + 1 < len(plan.steps) else OUT
        graph.after_success.append(
            _follow(plan, step, step.on_success, following, graph)
        )
        graph.after_failure.append(_follow(plan, step, step.on_failure, OUT, graph))
    return graph


def _follow(
    plan: Plan,
    step: Planned,
    actions: Sequence[PlannedAction],
    otherwise: int,
    graph: Graph,
) -> set[int]:
    found: set[int] = set()
    certain: PlannedAction | None = None
    for planned in actions:
        if certain is not None:
            graph.never.append(planned)
            continue
        action = planned.action
        if action.type == "retry":
            found.add(step.index)
            if action.step_id is not None:
                found.add(plan.index.get(action.step_id, step.index))
            continue  # when it is used up, the next action has its turn
        to = OUT
        if action.type == "goto" and action.step_id is not None:
            to = plan.index.get(action.step_id, OUT)
        found.add(to)
        if not planned.criteria:
            certain = planned
            if 0 <= to <= step.index:
                graph.backward.append((step.index, planned))
    if certain is None:
        found.add(otherwise)
    return found


def reached(start: int, edges: Sequence[set[int]]) -> set[int]:
    """What can be come to from *start*, itself only if it can be come back to."""
    found: set[int] = set()
    waiting = [start]
    while waiting:
        one = waiting.pop()
        for each in edges[one] if one != OUT else ():
            if each not in found:
                found.add(each)
                waiting.append(each)
    return found


def check_flow(plan: Plan, findings: Findings) -> None:
    """Unreachable steps, loops without a way out, actions that never come."""
    graph = graph_of(plan)
    edges = [graph.edges(step.index) for step in plan.steps]
    come_to = reached(0, edges) | {0}
    for step in plan.steps:
        if step.index not in come_to:
            findings.add(
                "warning",
                "AZ711",
                f"step {step.step_id!r} is never reached",
                (*_path(plan, step), "stepId"),
                "every way before it ends the workflow or goes elsewhere",
            )
    for planned in graph.never:
        findings.add(
            "warning",
            "AZ712",
            f"the action {planned.action.name!r} is never reached: one before it has no "
            "criteria",
            (*planned.action.path, "name"),
        )
    for index, planned in graph.backward:
        if OUT not in reached(index, graph.after_success):
            findings.add(
                "warning",
                "AZ713",
                f"the action {planned.action.name!r} always goes back, and nothing leaves "
                "the loop but a failure",
                (*planned.action.path, "name"),
                "give it criteria, or an action before it that ends the loop",
            )
    _forward_references(plan, edges, findings)


def _forward_references(
    plan: Plan, edges: Sequence[set[int]], findings: Findings
) -> None:
    """
    Outputs of steps that have not run (A-69, N-DEP-04): an error, unless control can come
    back. With ``dependsOn`` the order has been made to fit.
    """
    if any(step.depends_on for step in plan.workflow.steps):
        return
    for step in plan.steps:
        for text, used in _used(step):
            index = plan.index.get(used)
            if index is None or index < step.index:
                continue
            back = step.index in reached(index, edges)
            message = f"{text}: step {used!r} " + (
                "runs after this one; there is a value only when control comes back"
                if back
                else "has not run yet"
            )
            findings.add(
                "warning" if back else "error",
                "AZ714",
                message,
                (*_path(plan, step), "stepId"),
                None if back else "move the step, or say dependsOn (Arazzo 1.1)",
            )


def _used(step: Planned) -> Iterator[tuple[str, str]]:
    """(expression, step) for the outputs that *step* uses; its own in its request only."""
    seen: set[tuple[str, str]] = set()
    for operand in (*_of_request(step), *used_operands(step)):
        expression = operand.expression
        if isinstance(expression, nodes.StepOutput):
            own = expression.step_id == step.step_id
            pair = (operand.text, expression.step_id)
            if pair not in seen and (not own or operand in set(_of_request(step))):
                seen.add(pair)
                yield pair


def _of_request(step: Planned) -> tuple[nodes.Operand, ...]:
    payloads: Iterable[object] = [each.value for each in step.parameters]
    found = [*expressions_of(payloads)]
    if isinstance(step, PlannedStep):
        found += expressions_of(payloads_of(step))
    return tuple(found)


def expressions_of(payloads: Iterable[object]) -> Iterator[nodes.Operand]:
    """Every expression in *payloads*."""
    for each in payloads:
        yield from expressions(each)  # type: ignore[arg-type]


def _path(plan: Plan, step: Planned) -> tuple[str | int, ...]:
    return next(s.path for s in plan.workflow.steps if s.step_id == step.step_id)
