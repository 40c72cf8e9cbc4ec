"""
The state that no action handles.

By the specification a step whose success actions all fail to match is followed by the
next one. Where those actions name the states of one member (``completed``,
``in_progress``), going on with another state (``failed``) is hardly meant, so we say it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ..errors import Diagnostic
from ..expressions import nodes
from ..expressions.coercion import compare
from ..expressions.criteria import BareJsonPath, Simple, operand_values
from ..expressions.scope import Scope
from ..messages import ABSENT
from .plan import Planned


@dataclass(slots=True)
class _Tested:
    """A member that success actions compare with texts."""

    actual: object = ABSENT
    values: list[str] = field(default_factory=list)
    loops: bool = False
    exact: bool = False  # JSONPath compares with case


def unhandled_state(
    step: Planned, index: Mapping[str, int], scope: Scope
) -> Diagnostic | None:
    """
    The warning for a passed *step* none of whose success actions matched, or None.

    It is given when the actions compare one member with several texts, or with one on
    which the step loops; an ordinary branch (`merged == true`) is none of our business.
    """
    members = _tested_members(step, index, scope)
    if len(members) != 1:
        return None
    name, tested = next(iter(members.items()))
    value = tested.actual
    if not isinstance(value, str) or any(
        compare("==", value, each, exact=tested.exact) for each in tested.values
    ):
        return None
    states = list(dict.fromkeys(tested.values))
    if len(states) == 1 and not tested.loops:
        return None
    return Diagnostic(
        code="AZ601",
        severity="warning",
        message=f"{name} is {value!r}, which no action of step {step.step_id!r} handles "
        f"(tested: {', '.join(map(repr, states))}); the run goes on",
        location=step.on_success[0].location,
        hint=f"add an action for {value!r}",
    )


def _tested_members(
    step: Planned, index: Mapping[str, int], scope: Scope
) -> dict[str, _Tested]:
    members: dict[str, _Tested] = {}
    for planned in step.on_success:
        target = planned.action.step_id
        loops = target is not None and index[target] <= step.index
        for criterion in planned.criteria:
            test = criterion.test
            if not isinstance(test, Simple | BareJsonPath):
                continue
            values = operand_values(test, scope)
            for name, state in _states(test.condition):
                tested = members.setdefault(name, _Tested())
                tested.actual = values.get(name, ABSENT)
                tested.values.append(state)
                tested.loops |= loops
                tested.exact = isinstance(test, BareJsonPath)
    return members


def _states(condition: nodes.Condition) -> Iterator[tuple[str, str]]:
    """(member, text) for each ``member == 'text'`` in *condition*, either way round."""
    for comparison in nodes.comparisons(condition):
        pairs = (
            (comparison.left, comparison.right),
            (comparison.right, comparison.left),
        )
        for member, state in pairs:
            if (
                comparison.operator == "=="
                and isinstance(member, nodes.Operand | nodes.Query)
                and isinstance(state, nodes.Literal)
                and isinstance(state.value, str)
            ):
                yield member.text, state.value
