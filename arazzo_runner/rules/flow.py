"""
The flow of a workflow: where control can come to, and whether it comes out again.

Edges are what the specification says follows a step: an action, the next step in order, the
end. What conditions allow is not looked at: an action with criteria may match or not.
https://spec.openapis.org/arazzo/v1.1.0.html#workflow-object
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import TypeAlias

from ..engine.plan import Plan, Planned
from ..errors import Severity
from ..expressions import nodes
from ..model import Action, Path, Reusable, Step
from .report import Findings
from .uses import Use, Uses

#: Where control leaves the workflow.
OUT = -1
#: Steps of a workflow that are compared with each other. No run takes more by itself, and
#: what compares all with all takes long for a stranger's hundred thousand.
MOST = 1000

#: What can be come to from a step.
After: TypeAlias = Callable[[int], set[int]]


@dataclass(frozen=True, slots=True)
class Listed:
    """
    An action that may follow a step.

    Attributes:
        path: Where its name is written, or the reference to it.
        own: It is in the step's list, not in the workflow's.
    """

    action: Action
    path: Path
    own: bool


@dataclass(slots=True)
class Graph:
    """
    Steps by index, with what may follow each after success, and after failure.

    Attributes:
        back: (step, action, success) of each goto back that always comes when it is
            reached.
        hidden: For each action that some step cannot reach since another without criteria
            stands before it, whether no step reaches it.
    """

    after_success: list[set[int]] = field(default_factory=list)
    after_failure: list[set[int]] = field(default_factory=list)
    back: list[tuple[int, Listed, bool]] = field(default_factory=list)
    hidden: dict[Path, tuple[Action, bool]] = field(default_factory=dict)

    def edges(self) -> list[set[int]]:
        """All that may follow each step."""
        both = zip(self.after_success, self.after_failure, strict=True)
        return [success | failure for success, failure in both]


def actions_of(
    own: Sequence[Action | Reusable],
    general: Sequence[Action | Reusable],
    known: Mapping[str, Action],
) -> list[Listed]:
    """
    The step's actions, then the workflow's that it does not redefine (A-40).

    References that lead nowhere are left out; they have been reported.
    """
    found: dict[str, Listed] = {}
    for mine, listed in ((True, own), (False, general)):
        for each in listed:
            if isinstance(each, Action):
                found.setdefault(each.name, Listed(each, (*each.path, "name"), mine))
                continue
            action = known.get(each.reference.rpartition("Actions.")[2])
            if action is not None:
                path = (*each.path, "reference")
                found.setdefault(action.name, Listed(action, path, mine))
    return list(found.values())


def graph_of(plan: Plan) -> Graph:
    """The graph of *plan*."""
    graph = Graph()
    workflow, components = plan.workflow, plan.unit.description.components
    written = {each.step_id: each for each in workflow.steps}
    for step in plan.steps:
        one = written[step.step_id]
        success = actions_of(
            one.on_success, workflow.success_actions, components.success_actions
        )
        failure = actions_of(
            one.on_failure, workflow.failure_actions, components.failure_actions
        )
        following = step.index + 1 if step.index + 1 < len(plan.steps) else OUT
        graph.after_success.append(_follow(plan, step, success, following, graph, True))
        graph.after_failure.append(_follow(plan, step, failure, OUT, graph, False))
    _come_back(plan, graph)
    return graph


def _follow(
    plan: Plan,
    step: Planned,
    actions: Sequence[Listed],
    otherwise: int,
    graph: Graph,
    success: bool,
) -> set[int]:
    found: set[int] = set()
    certain: Listed | None = None
    for listed in actions:
        action = listed.action
        never = graph.hidden.get(listed.path, (action, True))[1]
        graph.hidden[listed.path] = (action, never and certain is not None)
        if certain is not None:
            continue
        if action.type == "retry":
            found.add(step.index)
            if action.step_id is not None:
                found.add(plan.index.get(action.step_id, step.index))
            continue  # when it is used up, the next action has its turn
        to = OUT
        if action.type == "goto" and action.step_id is not None:
            to = plan.index.get(action.step_id, OUT)
        found.add(to)
        if not action.criteria:
            certain = listed
            if 0 <= to <= step.index:
                graph.back.append((step.index, listed, success))
    if certain is None:
        found.add(otherwise)
    return found


def _come_back(plan: Plan, graph: Graph) -> None:
    """From a step that a retry runs first, control comes back to the step (A-47)."""
    for step in plan.steps:
        for planned in (*step.on_success, *step.on_failure):
            first = planned.action.step_id or ""
            if planned.action.type == "retry" and first in plan.index:
                graph.after_failure[plan.index[first]].add(step.index)


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


def check_flow(plan: Plan, uses: Uses, findings: Findings) -> None:
    """All rules of this module; every step of the workflow is in *plan*."""
    graph = graph_of(plan)
    edges = graph.edges()
    come_to = {0} | (reached(0, edges) if edges else set())
    _unreachable(plan, graph, come_to, findings)
    if len(edges) > MOST:
        return
    _endless(graph, findings)
    after = lru_cache(None)(partial(reached, edges=edges))
    steps = {each.step_id: each for each in plan.workflow.steps}
    for step in plan.steps:
        if step.index in come_to:
            _outputs_in_time(plan, step, uses[step.step_id], after, findings)
            _dependencies_in_time(plan, step, steps[step.step_id], after, findings)


def _unreachable(
    plan: Plan, graph: Graph, come_to: set[int], findings: Findings
) -> None:
    written = {each.step_id: each for each in plan.workflow.steps}
    for step in plan.steps:
        if step.index not in come_to:
            findings.warning(
                "AZ711",
                f"step {step.step_id!r} is never reached",
                (*written[step.step_id].path, "stepId"),
                "every way before it ends the workflow or goes elsewhere",
            )
    for path, (action, never) in graph.hidden.items():
        if never:
            findings.warning(
                "AZ712",
                f"the action {action.name!r} is never reached: one before it has no "
                "criteria",
                path,
                "give the one before it criteria, or put it last",
            )


def _endless(graph: Graph, findings: Findings) -> None:
    """A-42: a goto back that always comes, and no other way out of the loop."""
    for index, listed, success in graph.back:
        edges = list(graph.after_success)
        if not success:  # what happens as long as the step fails
            edges[index] = graph.after_failure[index]
        if OUT in reached(index, edges):
            continue
        name = listed.action.name
        if success:
            message = (
                f"the action {name!r} always goes back, and nothing leaves the loop but "
                "a failure"
            )
            hint = "give it criteria, or an action before it that ends the loop"
        else:
            message = (
                f"the action {name!r} goes back whenever the step fails, however often"
            )
            hint = "give it criteria, or use a retry, which has a limit"
        findings.warning("AZ713", message, listed.path, hint)


def _outputs_in_time(
    plan: Plan,
    step: Planned,
    uses: Sequence[Use],
    after: After,
    findings: Findings,
) -> None:
    """
    Outputs of steps that have not run (A-69, N-DEP-04): an error, unless control can come
    back. With ``dependsOn`` the order has been made to fit.
    """
    ordered = any(each.depends_on for each in plan.workflow.steps)
    for use in uses:
        expression = use.operand.expression
        if not isinstance(expression, nodes.StepOutput):
            continue
        used = plan.index.get(expression.step_id)
        if used is None or (used == step.index and not use.early):
            continue
        if use.shared and not use.early:
            continue  # an action that is meant for later steps
        if used < step.index:
            _never_before(use, expression.step_id, step, after(used), findings)
        elif not ordered:
            _not_yet(use, expression.step_id, step.index in after(used), findings)


def _never_before(
    use: Use, step_id: str, step: Planned, after: set[int], findings: Findings
) -> None:
    if step.index not in after:
        findings.at(
            "warning",
            "AZ716",
            f"{use.operand.text} never has a value here: whenever step {step_id!r} runs, "
            "control goes elsewhere",
            use.location(findings.description),
        )


def _not_yet(use: Use, step_id: str, back: bool, findings: Findings) -> None:
    message = f"{use.operand.text}: step {step_id!r} " + (
        "runs after this one; there is a value only when control comes back"
        if back
        else "has not run yet"
    )
    hint = None if back else "move the step, or say dependsOn (Arazzo 1.1)"
    at = use.location(findings.description)
    severity: Severity = "warning" if back or use.shared else "error"
    findings.at(severity, "AZ714", message, at, hint)


def _dependencies_in_time(
    plan: Plan,
    step: Planned,
    written: Step,
    after: After,
    findings: Findings,
) -> None:
    """N-STEP-12: a step that is depended on is not run for that, so it must come before."""
    for position, name in enumerate(written.depends_on):
        used = plan.index.get(name)
        if used is not None and step.index not in after(used):
            findings.error(
                "AZ716",
                f"step {name!r} never runs before {step.step_id!r}, which depends on it",
                (*written.path, "dependsOn", position),
            )
