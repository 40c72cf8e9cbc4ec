"""
What an answer means for its step: criteria, outputs, and what follows. Moves nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from ..errors import Diagnostic
from ..events import CriterionResult
from ..expressions import nodes
from ..expressions.criteria import (
    holds,
    operand_values,
    operands_of,
    query_context,
    reads_response,
)
from ..expressions.embedding import Unresolved
from ..expressions.evaluation import NotEvaluable
from ..expressions.scope import Scope
from ..expressions.templates import expressions, resolve
from ..messages import ABSENT, Absent, Records, Value
from ..openapi.media_types import essence
from ..openapi.sequences import EVENT_STREAM
from .effects import Reply
from .plan import Plan, Planned, PlannedCriterion, PlannedOutput
from .secrecy import criteria_of
from .transitions import Next, Transition, next_transition
from .unhandled import unhandled_state


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """
    What a step that calls a workflow got from it.

    Attributes:
        outputs: The workflow's.
        error: Why the workflow did not succeed, or None.
        timed_out: It was aborted after the step's ``timeout``.
    """

    outputs: Mapping[str, Value] = field(default_factory=dict)
    error: Diagnostic | None = None
    timed_out: bool = False


@dataclass(frozen=True, slots=True)
class Judgement:
    """
    Attributes:
        passed: There was a response, or the called workflow succeeded, and every success
            criterion held.
        outputs: The step's outputs; None when there was nothing to take them from.
        warnings: To be given once for each place.
        scope: What the actions saw.
    """

    passed: bool
    criteria: tuple[CriterionResult, ...]
    outputs: Mapping[str, Value] | None
    transition: Transition
    warnings: tuple[Diagnostic, ...]
    scope: Scope


def judge(
    step: Planned,
    got: Reply | Returned,
    scope: Scope,
    retries: Mapping[str, int],
    resends: int,
    plan: Plan,
) -> Judgement:
    """
    Judge what *step* got, seen in *scope*: the reply to its request, or what the workflow
    that it calls gave. *retries* and *resends* are those of this visit.

    Raises:
        LimitError: a condition used up its budget; never answered as false.
    """
    warnings: list[Diagnostic] = []
    response = got.response if isinstance(got, Reply) else None
    criteria: tuple[CriterionResult, ...] = ()
    passed, outputs = False, None
    if response is not None or (isinstance(got, Returned) and not got.timed_out):
        criteria = tuple(
            _result(each, scope, warnings) for each in step.success_criteria
        )
        passed = all(each.passed for each in criteria)
        if isinstance(got, Returned):
            passed = passed and got.error is None
        elif not criteria and response is not None:
            # Checklist A-37: without criteria a step succeeds below 400.
            passed = response.status < 400
        # Also after a failed attempt: error bodies are of use to what follows.
        outputs, missing = take_outputs(step.outputs, scope)
        if isinstance(got, Returned) and not step.outputs:
            outputs = dict(got.outputs)  # checklist A-50
        if passed:
            warnings += missing
        scope = scope.after(step.step_id, outputs)
        if response is not None and response.problem is not None:
            warnings.append(_warning("AZ603", response.problem, step))
        if isinstance(got, Reply) and got.unfollowed is not None:
            warnings.append(_warning("AZ614", got.unfollowed, step))
        if response is not None and isinstance(response.body, Records):
            warnings += _looked_into(step, "AZ519", "JSON lines, read as a list")
        elif scope.xml:
            warnings += _looked_into(step, "AZ528", "XML, read as JSON")
        elif (
            response is not None
            and isinstance(response.body, list)
            and essence(response.media_type) == EVENT_STREAM
        ):
            what = "server-sent events, read as a list"
            warnings += _looked_into(step, "AZ525", what)
    transition = next_transition(
        step,
        passed,
        response.status if response else None,
        retries,
        resends,
        0 if isinstance(got, Reply) and got.limit else plan.settings.retry,
        lambda criterion: _holds(criterion, scope, warnings),
    )
    if isinstance(transition, Next) and not transition.handled and step.on_success:
        unhandled = unhandled_state(step, plan.index, scope)
        if unhandled is not None:
            warnings.append(unhandled)
    return Judgement(passed, criteria, outputs, transition, tuple(warnings), scope)


def _looked_into(step: Planned, code: str, what: str) -> list[Diagnostic]:
    """A note of a dialect rule where *step* first looks into a body that is *what*."""
    for at, operand, inside in _operands(step):
        body = operand.expression
        if not isinstance(body, nodes.Body) or body.message != "response":
            continue
        if inside or body.pointer or body.navigation:
            text = "$response.body" if inside else operand.text
            message = f"{text}: the body is {what}"
            return [replace(_warning(code, message, at), severity="info")]
    return []


def _operands(
    step: Planned,
) -> Iterator[tuple[PlannedOutput | PlannedCriterion, nodes.Operand, bool]]:
    """Expressions that see the response, and whether something looks into their value."""
    for output in step.outputs:
        context = (
            output.value.context if isinstance(output.value, nodes.Selected) else None
        )
        for operand in expressions(output.value):
            yield output, operand, operand is context
    for criterion in criteria_of(step):
        context = query_context(criterion.test)
        for operand in operands_of(criterion.test):
            yield criterion, operand, operand == context


def take_outputs(
    planned: tuple[PlannedOutput, ...], scope: Scope
) -> tuple[dict[str, Value], list[Diagnostic]]:
    """
    Outputs by name and a warning for each without a value, which is null, its name still
    there (checklist A-24).
    """
    outputs: dict[str, Value] = {}
    missing = []
    for output in planned:
        why = f"{output.value.text} has no value"
        try:
            value = resolve(output.value, scope)
        except Unresolved as problem:
            value, why = ABSENT, str(problem)
        if isinstance(value, Absent):
            message = f"the output {output.name!r} is null: {why}"
            missing.append(_warning("AZ609", message, output))
            value = None
        outputs[output.name] = value
    return outputs, missing


def _result(
    planned: PlannedCriterion, scope: Scope, warnings: list[Diagnostic]
) -> CriterionResult:
    condition = planned.criterion.condition
    try:
        if holds(planned.test, scope):
            return CriterionResult(condition, True, location=planned.location)
        actual, problem = operand_values(planned.test, scope), None
    except NotEvaluable as not_evaluable:
        actual, problem = {}, str(not_evaluable)
        warnings.append(_not_evaluable(planned, problem))
    return CriterionResult(condition, False, actual, problem, planned.location)


def _holds(planned: PlannedCriterion, scope: Scope, warnings: list[Diagnostic]) -> bool:
    if scope.response is None and reads_response(planned.test):
        return False  # checklist A-38, also for `$statusCode != 200`
    try:
        return holds(planned.test, scope)
    except NotEvaluable as problem:
        warnings.append(_not_evaluable(planned, str(problem)))
        return False


def _not_evaluable(planned: PlannedCriterion, problem: str) -> Diagnostic:
    return _warning(
        "AZ602",
        f"the condition {planned.criterion.condition!r} cannot be evaluated: {problem}; "
        "it counts as not met",
        planned,
    )


def _warning(
    code: str, message: str, at: Planned | PlannedOutput | PlannedCriterion
) -> Diagnostic:
    return Diagnostic(
        code=code, message=message, location=at.location, severity="warning"
    )
