"""A reply that a path may be given, and what the criteria of its step make of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from ..engine.judging import take_outputs
from ..engine.plan import PlannedAction, PlannedCriterion, PlannedStep
from ..errors import ArazzoError
from ..expressions.criteria import holds, reads_response
from ..expressions.evaluation import NotEvaluable
from ..expressions.scope import Scope
from ..messages import JSON, Absent
from ..mock.drafts import HEADER, Place, Values
from ..openapi.document import is_array


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """
    A reply to a step, and what follows by the step's own criteria.

    Attributes:
        name: What people call it: ``200 /status=failed``; "" for what a mock answers.
        status: 0 for no response.
        values: What differs from the draft for *status*, by place.
        pinned: The same and what else criteria test, as it is: it makes the same follow
            whatever a mock would have answered.
        passed, action: What follows.
        back: It leads to the step again, or to an earlier one.
        extra: Another choice leads to the same; this one need not be combined.
        state: The member that names a state, and which one.
        strange: The description does not allow it.
    """

    name: str = ""
    status: int = 0
    values: Values = field(default_factory=dict)
    pinned: Values = field(default_factory=dict)
    passed: bool = False
    action: PlannedAction | None = None
    back: bool = False
    extra: bool = False
    state: tuple[Place, JSON] | None = None
    strange: int = 0

    @property
    def key(self) -> tuple[str, int]:
        """Tells the choices of one step apart."""
        return self.name, self.status


class Recipe(NamedTuple):
    """
    Attributes:
        choices: What a mock answers first.
        led: The actions that some reply leads to, by identity.
        allowed: Those that a reply leads to which the description allows.
        looked_at: How many replies were looked at.
        tested: The member that names a state, if actions test one.
    """

    choices: tuple[Choice, ...]
    led: frozenset[int]
    allowed: frozenset[int]
    looked_at: int
    tested: Place | None

    def with_(self, other: Recipe) -> Recipe:
        """This one and *other*, of the same step with other inputs."""
        known = {each.key for each in self.choices}
        return Recipe(
            choices=(
                *self.choices,
                *(each for each in other.choices if each.key not in known),
            ),
            led=self.led | other.led,
            allowed=self.allowed | other.allowed,
            looked_at=self.looked_at + other.looked_at,
            tested=self.tested or other.tested,
        )


class Tested(NamedTuple):
    """A criterion of a step and whose it is: an action's, or the step's own."""

    criterion: PlannedCriterion
    action: PlannedAction | None


def criteria_of(step: PlannedStep) -> Iterator[Tested]:
    """Every criterion of *step*."""
    for each in step.success_criteria:
        yield Tested(each, None)
    for action in (*step.on_success, *step.on_failure):
        for each in action.criteria:
            yield Tested(each, action)


def truth(
    step: PlannedStep, scope: Scope
) -> tuple[bool, PlannedAction | None, dict[int, bool]]:
    """
    Whether *step* succeeds in *scope*, the action that is taken, and what each criterion
    gave that the engine asks on the way, by its identity.
    """
    seen: dict[int, bool] = {}

    def asked(criterion: PlannedCriterion) -> bool:
        seen[id(criterion)] = held = _holds(criterion, scope)
        return held

    passed = scope.response is not None
    if passed:
        results = [asked(each) for each in step.success_criteria]
        passed = all(results)
        if not results and scope.response is not None:
            passed = scope.response.status < 400
    if scope.response is not None:
        scope = scope.after(step.step_id, take_outputs(step.outputs, scope)[0])
    for action in step.on_success if passed else step.on_failure:
        if all(asked(each) for each in action.criteria):
            return passed, action, seen
    return passed, None, seen


def _holds(criterion: PlannedCriterion, scope: Scope) -> bool:
    if scope.response is None and reads_response(criterion.test):
        return False
    try:
        return holds(criterion.test, scope)
    except (NotEvaluable, ArazzoError):
        return False


def place_text(place: Place) -> str:
    """``/status``, or the name of a header."""
    if place[:1] == (HEADER,):
        return place[1]
    return "".join(f"/{token}" for token in place) or "body"


def value_text(value: JSON | Absent) -> str:
    """*value* in a few characters."""
    if isinstance(value, Absent):
        return "absent"
    if value is None or isinstance(value, bool):
        return str(value).lower().replace("none", "null")
    if is_array(value):
        return f"[{len(value)}]"
    if isinstance(value, Mapping):
        return "{…}"
    text = str(value)
    return text if len(text) <= 30 else text[:29] + "…"
