"""Criteria and actions as they are planned: reusable ones resolved, lists merged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ..errors import did_you_mean
from ..expressions.criteria import Simple, compile_criterion, operands_in
from ..expressions.nodes import ExpressionError, Operand
from ..expressions.parser import Names, Notes
from ..model import Action, Criterion, Reusable, Step
from .names import check_names
from .plan import PlannedAction, PlannedCriterion, PlannedParameter
from .report import Report
from .surroundings import Surroundings
from .workflows import Target, find_workflow, plan_inputs


def plan_criteria(
    criteria: Sequence[Criterion], names: Names, report: Report, strict: bool
) -> tuple[PlannedCriterion, ...]:
    """*criteria* with their conditions parsed; what does not parse is reported."""
    planned = []
    for criterion in criteria:
        place = (*criterion.path, "condition")
        notes = Notes()
        try:
            test = compile_criterion(criterion, names, notes, strict=strict)
        except ExpressionError as problem:
            report.syntax(problem, place)
            continue
        report.notes(notes.found, place)
        for operand in operands_in(test):
            check_names(operand, names, place, report)
        if not isinstance(test, Simple):
            context = Operand(criterion.context or "", test.context)
            check_names(context, names, (*criterion.path, "context"), report)
        planned.append(
            PlannedCriterion(
                criterion=criterion,
                test=test,
                location=report.description.locate(place),
            )
        )
    return tuple(planned)


def plan_actions(
    step: Step, success: bool, names: Names, around: Surroundings
) -> tuple[PlannedAction, ...]:
    """
    The actions of *step* in order: its own, then those of the workflow whose name it does
    not redefine (checklist A-40).
    """
    report, workflow = around.report, around.workflow
    components = around.unit.description.components
    own = step.on_success if success else step.on_failure
    general = workflow.success_actions if success else workflow.failure_actions
    known = components.success_actions if success else components.failure_actions
    kind = "successActions" if success else "failureActions"
    # An action of the workflow may ask for what only another step sends.
    anything = replace(names, request=None)
    actions: dict[str, tuple[Action, Names]] = {}
    for listed, seen in ((own, names), (general, anything)):
        for given in listed:
            action = _resolved(given, known, kind, report)
            if action is not None and action.name not in actions:
                actions[action.name] = action, seen
    planned = []
    for action, seen in actions.values():
        target = _target(action, success, around)
        parameters: tuple[PlannedParameter, ...] = ()
        if target is not None:
            parameters = plan_inputs(
                around.unit,
                target,
                action.parameters,
                (),
                seen,
                report,
                (*action.path, "workflowId"),
                early=False,
            )
        planned.append(
            PlannedAction(
                action=action,
                criteria=plan_criteria(action.criteria, seen, report, around.strict),
                workflow=around.add(target) if target else "",
                parameters=parameters,
                location=report.description.locate((*action.path, "name")),
            )
        )
    return tuple(planned)


def _resolved(
    given: Action | Reusable, known: Mapping[str, Action], kind: str, report: Report
) -> Action | None:
    if isinstance(given, Action):
        return given
    prefix = f"$components.{kind}."
    name = given.reference.removeprefix(prefix)
    if not given.reference.startswith(prefix) or name not in known:
        report.error(
            "AZ308",
            f"{given.reference!r} is not one of the components' {kind}",
            (*given.path, "reference"),
            did_you_mean(name, known, kind),
        )
        return None
    return known[name]


def _target(action: Action, success: bool, around: Surroundings) -> Target | None:
    """The workflow that *action* names; a step that is not there is reported."""
    report = around.report
    if action.type == "end":
        return None
    if action.type == "retry" and success and around.strict:
        path = (*action.path, "type")
        report.error("AZ511", "retry is not an action after success", path)
    if action.workflow_id is not None:
        path = (*action.path, "workflowId")
        return find_workflow(action.workflow_id, around.unit, path, report)
    if action.step_id is not None:
        steps = [each.step_id for each in around.workflow.steps]
        if action.step_id not in steps:
            what = "go to" if action.type == "goto" else "run before the retry"
            report.error(
                "AZ304",
                f"no step {action.step_id!r} in this workflow to {what}",
                (*action.path, "stepId"),
                did_you_mean(action.step_id, steps, "steps"),
            )
    return None
