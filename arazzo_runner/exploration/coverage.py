"""What of a workflow some path has come to: steps, actions, criteria made true and false."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from ..engine.plan import Plan, Planned, PlannedAction, PlannedStep
from ..errors import NOWHERE, Location
from .choices import criteria_of
from .paths import Travelled

Kind = Literal["step", "action", "criterion"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """
    Something that can be covered.

    Attributes:
        name: ``pollBatch``, ``pollBatch.completed``, or a condition.
        missing: What no path did: ``reached``, ``taken``, ``true``, ``false``.
        parts: How many things it counts as: a criterion two, else one.
    """

    kind: Kind
    workflow_id: str
    step_id: str
    name: str
    missing: tuple[str, ...] = ()
    parts: int = 1
    location: Location = NOWHERE

    @property
    def covered(self) -> bool:
        """Whether nothing is missing."""
        return not self.missing


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """Every item of the workflows that a run can come to, in their order."""

    items: tuple[Item, ...] = ()

    def of(self, kind: Kind) -> tuple[Item, ...]:
        """The items of one kind."""
        return tuple(each for each in self.items if each.kind == kind)

    def count(self, kind: Kind | None = None) -> tuple[int, int]:
        """How much is covered, and how much there is."""
        items = self.items if kind is None else self.of(kind)
        total = sum(each.parts for each in items)
        return total - sum(len(each.missing) for each in items), total

    @property
    def percent(self) -> float:
        """How much is covered, of 100, rounded down to a tenth: 100 is all of it."""
        covered, total = self.count()
        return 100.0 if covered == total else int(1000 * covered / total) / 10

    @property
    def branches(self) -> bool:
        """Whether every step was reached and every action taken."""
        return not any(each.missing for each in self.items if each.kind != "criterion")


def coverage_of(plan: Plan, travelled: Travelled) -> Coverage:
    """What the paths of *plan* have covered."""
    reached = {each for path in travelled.paths for each in path.steps}
    taken = {
        (each.workflow_id, each.step_id, id(each.action))
        for path in travelled.paths
        for each in path.given
        if each.action is not None and _was_taken(each.decision)
    }
    truths = set(travelled.truths)
    for each in (called for path in travelled.paths for called in path.called):
        step = plan.plans[each.workflow_id].steps[
            plan.plans[each.workflow_id].index[each.step_id]
        ]
        action = action_of(step, each.decision)
        if action is not None:
            taken.add((each.workflow_id, each.step_id, id(action)))
        truths |= {
            (id(criterion), held)
            for criterion, held in zip(step.success_criteria, each.held, strict=False)
        }
    items: list[Item] = []
    for one in plan.plans.values():
        for step in one.steps:
            this = one.workflow_id, step.step_id
            gone = () if this in reached else ("reached",)
            items.append(_item("step", step, step.step_id, step.location, gone))
            items += _actions(step, taken)
            items += _criteria(step, truths)
    return Coverage(items=tuple(items))


def _was_taken(decision: str) -> bool:
    """Whether an action led on: a retry that was used up did not."""
    return decision.split(" ")[0] in ("goto", "retry", "end")


def action_of(step: Planned, decision: str) -> PlannedAction | None:
    """The action of *step* that the words of a decision mean (`StepFinished`)."""
    kind, _, rest = decision.partition(" ")
    for planned in (*step.on_success, *step.on_failure):
        action = planned.action
        if action.type != kind:
            continue
        if kind != "goto":
            if rest == action.name or rest.startswith(f"{action.name} ("):
                return planned
        elif rest in (action.step_id, f"workflow {planned.workflow}"):
            return planned
    return None


def _actions(step: Planned, taken: set[tuple[str, str, int]]) -> Iterator[Item]:
    for planned in (*step.on_success, *step.on_failure):
        this = step.workflow_id, step.step_id, id(planned)
        missing = () if this in taken else ("taken",)
        name = f"{step.step_id}.{planned.action.name}"
        yield _item("action", step, name, planned.location, missing)


def _criteria(step: Planned, truths: set[tuple[int, bool]]) -> Iterator[Item]:
    # What the criteria of actions gave is not told of a step that calls a workflow.
    tested = (
        [each.criterion for each in criteria_of(step)]
        if isinstance(step, PlannedStep)
        else step.success_criteria
    )
    for criterion in tested:
        missing = tuple(
            name
            for name, held in (("true", True), ("false", False))
            if (id(criterion), held) not in truths
        )
        yield Item(
            kind="criterion",
            workflow_id=step.workflow_id,
            step_id=step.step_id,
            name=" ".join(criterion.criterion.condition.split()),
            missing=missing,
            parts=2,
            location=criterion.location,
        )


def _item(
    kind: Kind, step: Planned, name: str, location: Location, missing: tuple[str, ...]
) -> Item:
    return Item(
        kind=kind,
        workflow_id=step.workflow_id,
        step_id=step.step_id,
        name=name,
        missing=missing,
        location=location,
    )
