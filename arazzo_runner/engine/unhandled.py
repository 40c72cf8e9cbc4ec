"""
The state that no action handles.

By the specification a step whose success actions all fail to match is followed by the
next one. Where those actions name the states of one member (``completed``,
``in_progress``), going on with another state (``failed``) is hardly meant, so we say it.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..errors import Diagnostic
from ..expressions import nodes
from ..expressions.coercion import compare
from ..expressions.criteria import BareJsonPath, Simple, operand_values
from ..expressions.scope import Scope
from ..messages import ABSENT, JSON
from .plan import PlannedStep


def unhandled_state(
    step: PlannedStep, index: Mapping[str, int], scope: Scope
) -> Diagnostic | None:
    """
    The warning for a passed *step* none of whose success actions matched, or None.

    It is given when the actions compare one member with several texts, or with one on
    which the step loops; an ordinary branch (`merged == true`) is none of our business.
    """
    tested: dict[str, list[JSON]] = {}
    actual: dict[str, object] = {}
    loops: set[str] = set()
    for planned in step.on_success:
        target = planned.action.step_id
        goes_back = target is not None and index[target] <= step.index
        for criterion in planned.criteria:
            if not isinstance(criterion.test, Simple | BareJsonPath):
                continue
            values = operand_values(criterion.test, scope)
            for comparison in nodes.comparisons(criterion.test.condition):
                left, right = comparison.left, comparison.right
                if comparison.operator != "==" or not isinstance(right, nodes.Literal):
                    continue
                if not isinstance(left, nodes.Operand | nodes.Query):
                    continue
                if isinstance(right.value, str):
                    tested.setdefault(left.text, []).append(right.value)
                    actual[left.text] = values.get(left.text, ABSENT)
                    if goes_back:
                        loops.add(left.text)
    for member, expected in tested.items():
        value = actual[member]
        if not isinstance(value, str) or any(
            compare("==", value, each) for each in expected
        ):
            continue
        names = list(dict.fromkeys(str(each) for each in expected))
        if len(names) > 1 or member in loops:
            listed = ", ".join(repr(each) for each in names)
            return Diagnostic(
                code="AZ601",
                severity="warning",
                message=f"{member} is {value!r}, which no action of step "
                f"{step.step_id!r} handles (tested: {listed}); the run goes on",
                location=step.on_success[0].location,
                hint=f"add an action for {value!r}",
            )
    return None
