"""
Which values a polled member walks, and which one lets the workflow go on.

Nothing is guessed from the order of an enum: candidates for the members that a step's
criteria test are put into the response, and the criteria themselves say what follows.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from math import prod
from typing import Final, TypeAlias

from ..engine.plan import PlannedAction, PlannedCriterion, PlannedStep
from ..errors import ArazzoError
from ..expressions.criteria import holds
from ..expressions.evaluation import NotEvaluable
from ..expressions.scope import Scope
from ..messages import ABSENT
from ..openapi.document import tokens
from .drafts import Draft, Place, Values
from .subjects import (
    STATUS,
    Candidate,
    Subject,
    candidates,
    same,
    sounds_bad,
    subjects_of,
)

_MOST_COMBINATIONS: Final = 800

#: Gives the draft for a status.
Drafts: TypeAlias = Callable[[int], Draft]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """
    What a response would lead to.

    Attributes:
        order: When it was tried.
        action: The action that would be taken, or None.
        back: It leads to this step again, or to an earlier one.
        missing: Places that the workflow reads and that hold nothing.
        changes: Members that differ from the draft.
        strange: Members that the description does not allow to be so.
        bad: Members whose value sounds like a failure.
    """

    order: int
    status: int
    values: Values
    written: frozenset[Place]
    passed: bool
    action: PlannedAction | None
    back: bool
    missing: int
    changes: int
    strange: int
    bad: int


@dataclass(frozen=True, slots=True)
class Walk:
    """
    What a step is answered, visit by visit.

    Attributes:
        looping: While it is not done, one after the other; the last one repeats.
        leaving: Then.
        limit: How often it may loop; None for no limit.
    """

    looping: tuple[Outcome, ...]
    leaving: Outcome
    limit: int | None = None

    def visit(self, number: int, polls: int) -> Outcome:
        """The outcome for the visit *number*, counted from 0."""
        most = polls if self.limit is None else min(polls, self.limit)
        if number < most and self.looping:
            return self.looping[min(number, len(self.looping) - 1)]
        return self.leaving


def outcomes(
    step: PlannedStep,
    statuses: Sequence[int],
    drafts: Drafts,
    scope: Scope,
    index: Mapping[str, int],
    read: Collection[str] = (),
) -> list[Outcome]:
    """
    What follows from the responses worth trying, *statuses* first to last.

    *index* gives the positions of steps, to tell a way back from a way on; *read* are the
    pointers that the workflow follows into the body.
    """
    places = [tokens(each) for each in read]
    found: list[Outcome] = []
    for status in statuses:
        draft = drafts(status)
        subjects = subjects_of(
            [*step.success_criteria, *(c for a in step.on_success for c in a.criteria)],
            scope,
        )
        subjects.pop(STATUS, None)
        found += _tried(
            step, draft, list(subjects.values()), scope, index, len(found), places
        )
    return found


def _tried(
    step: PlannedStep,
    draft: Draft,
    subjects: list[Subject],
    scope: Scope,
    index: Mapping[str, int],
    before: int,
    read: Sequence[Place],
) -> Iterator[Outcome]:
    choices = _few([candidates(each, draft) for each in subjects])
    present = [draft.value(each.place) for each in subjects]
    for order, chosen in enumerate(product(*choices)):
        # A list is put in before what is tested inside of it.
        changed = {
            subject.place: candidate.value
            for subject, candidate, was in sorted(
                zip(subjects, chosen, present, strict=True),
                key=lambda each: len(each[0].place),
            )
            if not same(candidate.value, was)
        }
        made = draft.put(changed)
        passed, action = decide(step, replace(scope, response=made.response()))
        yield Outcome(
            order=before + order,
            status=draft.status,
            values=changed,
            written=frozenset(
                subject.place
                for subject, candidate in zip(subjects, chosen, strict=True)
                if candidate.written
            ),
            passed=passed,
            action=action,
            back=action is not None and leads_back(step, action, index),
            missing=sum(made.value(each) in (None, ABSENT) for each in read),
            changes=len(changed),
            strange=sum(not each.fitting for each in chosen),
            bad=sum(sounds_bad(each.value) for each in chosen)
            + (action is not None and sounds_bad(action.action.name)),
        )


def _few(choices: list[list[Candidate]]) -> list[list[Candidate]]:
    """*choices* with the last candidates left out until they can all be combined."""
    while prod(len(each) for each in choices) > _MOST_COMBINATIONS:
        longest = max(range(len(choices)), key=lambda at: len(choices[at]))
        choices = [
            each[:-1] if at == longest else each for at, each in enumerate(choices)
        ]
    return choices


def decide(step: PlannedStep, scope: Scope) -> tuple[bool, PlannedAction | None]:
    """Whether *step* succeeds with the response in *scope*, and which action is taken."""
    passed = all(_holds(each, scope) for each in step.success_criteria)
    if not step.success_criteria and scope.response is not None:
        passed = scope.response.status < 400
    for action in step.on_success if passed else step.on_failure:
        if all(_holds(each, scope) for each in action.criteria):
            return passed, action
    return passed, None


def _holds(criterion: PlannedCriterion, scope: Scope) -> bool:
    try:
        return holds(criterion.test, scope)
    except (NotEvaluable, ArazzoError):
        return False


def leads_back(
    step: PlannedStep, planned: PlannedAction, index: Mapping[str, int]
) -> bool:
    """Whether the action leads to *step* again or to an earlier one."""
    action = planned.action
    if action.type == "retry":
        return True
    if action.type != "goto" or action.step_id is None:
        return False
    return index.get(action.step_id, step.index + 1) <= step.index


# --- the walk ---------------------------------------------------------------------------


def walk(
    step: PlannedStep, found: Sequence[Outcome], scope: Scope, *, last: bool
) -> Walk:
    """
    The walk that *found* allows: the values that lead back, as they are written, then the
    best way on. *last*: no step follows *step*.
    """
    looping = _looping(step, found, scope)
    limits = [
        each.action.action.retry_limit
        for each in looping
        if each.action is not None and each.action.action.type == "retry"
    ]
    stateful = last or bool(looping) or _stateful(step, scope)
    leaving = min(found, key=lambda each: _distance(each, stateful))
    return Walk(looping, leaving, min(limits) if limits else None)


def _looping(
    step: PlannedStep, found: Sequence[Outcome], scope: Scope
) -> tuple[Outcome, ...]:
    loops = [each for each in found if each.back and each.passed]
    if not loops:
        return _failing(step, found, scope)
    positions = {id(action): at for at, action in enumerate(step.on_success)}
    tested = {id(each): subjects_of(each.criteria, scope) for each in step.on_success}
    best: dict[tuple[int, str], Outcome] = {}
    first: dict[tuple[int, str], int] = {}
    named: set[tuple[int, str]] = set()
    for each in loops:
        places = [p for p in tested[id(each.action)] if p != STATUS]
        shown = repr(
            [each.status, *(repr(each.values.get(p, "as it is")) for p in places)]
        )
        key = (positions[id(each.action)], shown)
        first.setdefault(key, each.order)
        if places and each.written.issuperset(places):
            named.add(key)
        if key not in best or _oddness(each) < _oddness(best[key]):
            best[key] = each
    keys = sorted(named or best, key=lambda key: (key[0], first[key]))
    allowed = [key for key in keys if not best[key].strange] or keys
    # Nobody has cancelled: a state of that kind only where there is no other.
    allowed = [key for key in allowed if not best[key].bad] or allowed
    if not named:  # "anything but done": one value that is not done
        allowed = [min(allowed, key=lambda key: _oddness(best[key]))]
    return tuple(best[key] for key in allowed)


def _failing(
    step: PlannedStep, found: Sequence[Outcome], scope: Scope
) -> tuple[Outcome, ...]:
    """A step that fails until it is done: its criteria test more than the status."""
    tested = subjects_of(step.success_criteria, scope).keys() - {STATUS}
    status = found[0].status if found else 0
    loops = [
        each
        for each in found
        if each.back and not each.passed and each.status == status and tested
    ]
    if not loops:
        return ()
    return (min(loops, key=lambda each: (each.bad, *_oddness(each))),)


def _oddness(outcome: Outcome) -> tuple[int, int, int, int]:
    return outcome.strange, outcome.changes, outcome.bad, outcome.order


def _stateful(step: PlannedStep, scope: Scope) -> bool:
    """Whether the actions of *step* test a member for named states."""
    subjects = subjects_of([c for a in step.on_success for c in a.criteria], scope)
    return any(
        isinstance(value, str) and bool(value)
        for place, each in subjects.items()
        for value in (each.written if place != STATUS else ())
    )


def _distance(outcome: Outcome, stateful: bool) -> tuple[int, ...]:
    """How far *outcome* is from the best way on: success, then going where it points."""
    action = outcome.action.action if outcome.action is not None else None
    if action is None:
        way = 2 if stateful else 1
    elif action.type == "end":
        way = 1 if stateful else 2
    else:
        way = 0
    # A way on to another step is meant, whatever its state is called.
    bad = bool(outcome.bad) and (2 if way else 1)
    odd = outcome.strange, outcome.changes, outcome.order
    return (not outcome.passed, outcome.back, bad, outcome.missing, way, *odd)
