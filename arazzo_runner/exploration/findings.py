"""
What the paths of a workflow show to be wrong with it.

A check reads what is written (`rules`); here it is what replies lead to that the API
descriptions allow, so every finding comes from paths that were run.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from ..engine.plan import Plan, PlannedAction, PlannedStep
from ..errors import Diagnostic, Location, Severity
from ..expressions import nodes
from ..expressions.criteria import BareJsonPath, Regex, Simple
from ..messages import JSON
from ..mock.reads import condition_of
from ..mock.subjects import sounds_bad
from .choices import Choice, Recipe, place_text, value_text
from .paths import Path, Travelled

#: A state that is left again: ``canceling`` is not ``canceled``.
_PASSING: Final = re.compile("ing$", re.IGNORECASE)


def findings_of(plan: Plan, travelled: Travelled) -> tuple[Diagnostic, ...]:
    """The findings of the paths of *plan*, in the order of the text."""
    found: dict[Diagnostic, None] = {}
    for (workflow_id, step_id), recipe in travelled.recipes.items():
        step = plan.operation_step(workflow_id, step_id)
        for each in (
            *_unhandled(plan, step, recipe),
            *_endless(step, recipe),
            *_never_matching(step, recipe),
        ):
            found[each] = None
    for each in (*_not_left(travelled), *_null_outputs(plan, travelled)):
        found[each] = None
    if not travelled.left and not travelled.limited:  # else it is us
        for each in _unreached(plan, travelled):
            found[each] = None
    return tuple(sorted(found, key=_place))


def _place(finding: Diagnostic) -> tuple[str, int, int, str]:
    at = finding.location
    return at.uri, at.line, at.column, finding.code


def _found(
    code: str,
    message: str,
    location: Location,
    hint: str | None = None,
    severity: Severity = "warning",
) -> Diagnostic:
    return Diagnostic(
        code=code, message=message, location=location, hint=hint, severity=severity
    )


def _listed(values: Sequence[JSON], most: int = 6) -> str:
    texts = [f"'{value_text(each)}'" for each in values[:most]]
    more = f" and {len(values) - most} more" if len(values) > most else ""
    return ", ".join(texts) + more


def _distinct(values: Iterable[JSON]) -> list[JSON]:
    """*values*, each once, in their order."""
    return list({repr(each): each for each in values}.values())


# --- states -----------------------------------------------------------------------------


def _unhandled(plan: Plan, step: PlannedStep, recipe: Recipe) -> Iterator[Diagnostic]:
    """States that the description lists and no action of the step looks after."""
    handled = [each for each in _with_state(recipe) if each.action is not None]
    if not handled or recipe.tested is None:
        return
    loops = any(each.back for each in handled)
    named = {repr(each.state) for each in handled}
    if not loops and len(named) < 2:
        return  # an ordinary branch: what is not so goes on
    values = _distinct(
        each.state[1]
        for each in _with_state(recipe)
        if each.passed
        and each.action is None
        and not each.strange
        and each.state is not None
        and isinstance(each.state[1], str)
    )
    if not values:
        return
    plan_ = plan.plans[step.workflow_id]
    after = plan_.steps[step.index + 1 :]
    goes = f"goes on with step {after[0].step_id!r}" if after else "ends as a success"
    several = len(values) > 1
    yield _found(
        "AZ740",
        f"no action of step {step.step_id!r} handles {place_text(recipe.tested)} "
        f"{_listed(values)}: the workflow {goes}",
        step.on_success[0].location if step.on_success else step.location,
        f"add an action, or a success criterion that {'they do' if several else 'it does'} "
        "not meet",
    )


def _with_state(recipe: Recipe) -> tuple[Choice, ...]:
    return tuple(each for each in recipe.choices if each.state is not None)


def _endless(step: PlannedStep, recipe: Recipe) -> Iterator[Diagnostic]:
    """Final states on which the step comes back for ever."""
    for action in (*step.on_success, *step.on_failure):
        if action.action.type != "goto":  # a retry has its limit
            continue
        values = _distinct(
            each.state[1]
            for each in _with_state(recipe)
            if each.action is action
            and each.back
            and each.state is not None
            and not each.strange
            and _final(each.state[1])
        )
        if values and recipe.tested is not None:
            yield _found(
                "AZ741",
                f"action {action.action.name!r} leads back to step "
                f"{action.action.step_id!r} while {place_text(recipe.tested)} is "
                f"{_listed(values)}, which will not change any more",
                action.location,
                "name the states to wait in, and end in the others",
            )


def _final(value: JSON) -> bool:
    return isinstance(value, str) and sounds_bad(value) and not _PASSING.search(value)


def _not_left(travelled: Travelled) -> Iterator[Diagnostic]:
    """Loops that no reply leads out of."""
    for path in travelled.paths:
        if path.status == "cut" and path.error is not None and path.given:
            last = path.given[-1]
            recipe = travelled.recipes.get((last.workflow_id, last.step_id))
            if recipe is None or not all(each.back for each in recipe.choices):
                continue
            yield _found(
                "AZ741",
                f"every reply to step {last.step_id!r} leads back: the loop is never left",
                path.error.location,
            )


# --- actions and steps ------------------------------------------------------------------


def _never_matching(step: PlannedStep, recipe: Recipe) -> Iterator[Diagnostic]:
    """Actions that no reply leads to, or only one that the description does not allow."""
    for listed in (step.on_success, step.on_failure):
        for position, action in enumerate(listed):
            before = listed[:position]
            if any(not each.criteria and _goes(each) for each in before):
                return  # a check says so: unreachable-action
            if id(action) in recipe.allowed or not _understood(action):
                continue
            what = (
                "only a reply that the API description does not allow leads to it"
                if id(action) in recipe.led
                else f"none of {recipe.looked_at} replies that were tried leads to it"
            )
            yield _found(
                "AZ742",
                f"action {action.action.name!r} of step {step.step_id!r} never matches: "
                f"{what}",
                action.location,
                _what_for(action),
            )


def _goes(action: PlannedAction) -> bool:
    return action.action.type != "retry"


def _what_for(action: PlannedAction) -> str | None:
    conditions = [each.criterion.condition.strip() for each in action.criteria]
    return f"it wants {' and '.join(conditions)}" if conditions else None


def _understood(action: PlannedAction) -> bool:
    """Whether replies decide on *action*, in a language that replies are made for."""
    return all(_about_reply(each.test) for each in action.criteria)


def _about_reply(test: object) -> bool:
    if isinstance(test, Regex):
        return isinstance(test.pattern, str) and _of_reply(test.context)
    if not isinstance(test, Simple | BareJsonPath):
        return False
    read = condition_of(test)
    if read is None:
        return False
    condition, context = read
    if context is not None and not _of_reply(context):
        return False
    return all(
        any(
            isinstance(side, nodes.Query)
            or (isinstance(side, nodes.Operand) and _of_reply(side.expression))
            for side in (each.left, each.right)
        )
        and not any(
            isinstance(side, nodes.Embedded)
            or (isinstance(side, nodes.Operand) and not _of_reply(side.expression))
            for side in (each.left, each.right)
        )
        for each in nodes.comparisons(condition)
    )


def _of_reply(expression: object) -> bool:
    return isinstance(expression, nodes.StatusCode) or (
        isinstance(expression, nodes.Body | nodes.MessageParameter)
        and expression.message == "response"
    )


def _unreached(plan: Plan, travelled: Travelled) -> Iterator[Diagnostic]:
    """Steps that no path comes to, those of a workflow together."""
    reached = {each for path in travelled.paths for each in path.steps}
    began = {workflow for workflow, _ in reached}
    first = travelled.paths[0] if travelled.paths else None
    why = None
    if first is not None and first.status == "failed" and first.error is not None:
        why = f"the usual path ends early: {first.error.message}"
    for one in plan.plans.values():
        if one.workflow_id not in began:
            continue  # its own exploration tells
        steps = [
            each for each in one.steps if (one.workflow_id, each.step_id) not in reached
        ]
        if not steps:
            continue
        names: list[JSON] = [each.step_id for each in steps]
        noun, verb = ("step", "is") if len(steps) == 1 else ("steps", "are")
        yield _found(
            "AZ743",
            f"{noun} {_listed(names)} {verb} never reached: none of "
            f"{_paths(len(travelled.paths))} comes there",
            steps[0].location,
            why,
        )


def _paths(count: int) -> str:
    return "1 path" if count == 1 else f"{count} paths"


# --- outputs ----------------------------------------------------------------------------


def _null_outputs(plan: Plan, travelled: Travelled) -> Iterator[Diagnostic]:
    """Outputs of the workflow that are null although it succeeded."""
    succeeded = [each for each in travelled.paths if each.status == "succeeded"]
    for output in plan.outputs:
        without = [each for each in succeeded if _null(each, output.name)]
        if not without:
            continue
        skipped = [each for each in without if _skipped(each, plan, output.value)]
        shown = (skipped or without)[0]
        severity: Severity = "warning" if skipped else "info"
        what = (
            "the step that gives it does not run"
            if skipped
            else "the reply has no value for it"
        )
        yield _found(
            "AZ744",
            f"the output {output.name!r} is null on {len(without)} of "
            f"{_paths(len(succeeded))} that succeed: {what}",
            output.location,
            f"for instance on path {shown.number}: {shown.name}",
            severity,
        )


def _null(path: Path, name: str) -> bool:
    outputs: Mapping[str, object] = path.outputs
    return outputs.get(name) is None


def _skipped(path: Path, plan: Plan, value: nodes.Operand | nodes.Selected) -> bool:
    operand = value.context if isinstance(value, nodes.Selected) else value
    expression = operand.expression
    return (
        isinstance(expression, nodes.StepOutput)
        and (plan.workflow_id, expression.step_id) not in path.steps
    )
