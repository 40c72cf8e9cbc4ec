"""
Which replies are worth giving to a step: one for each thing that may follow, and those that
make a criterion true or false, give a polled member another state, or leave something out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from itertools import chain, islice, product
from typing import Final

from ..engine.pacing import TRANSIENT
from ..engine.plan import PlannedAction, PlannedCriterion, PlannedStep
from ..expressions import nodes
from ..expressions.criteria import Simple
from ..expressions.scope import Scope
from ..messages import JSON, Absent
from ..mock.answers import Considered
from ..mock.drafts import HEADER, Draft, Place, Values, items_of
from ..mock.fitting import fits
from ..mock.polls import decide, leads_back
from ..mock.reads import Reads
from ..mock.schemas import NoValue, enumerated, flatten
from ..mock.subjects import STATUS, Subject, candidates, same, sounds_bad, subjects_of
from ..openapi.document import is_array, tokens
from .choices import Choice, Recipe, criteria_of, place_text, truth, value_text

#: Replies that are looked at for one step before some are chosen.
MOST_LOOKED_AT: Final = 400
#: Replies of a step that lead where another leads already, and are given once all the same.
MOST_EXTRA: Final = 24
_MOST_COMBINED: Final = 60

#: What no response is called where others have a status.
RESET: Final = "reset"


@dataclass(slots=True)
class _Look:
    """A reply that is looked at."""

    status: int
    values: Values
    strange: int
    changes: int
    bad: int
    passed: bool
    action: PlannedAction | None
    back: bool

    @property
    def oddness(self) -> tuple[int, int, int]:
        return self.strange, self.changes, self.bad


def choices(
    step: PlannedStep,
    considered: Considered,
    scope: Scope,
    index: Mapping[str, int],
    read: Reads,
) -> Recipe:
    """
    The replies to *step* that are worth giving, what a mock answers first.

    *scope* is what its criteria see but for the response, *index* the positions of steps,
    *read* what the workflow reads from its responses.
    """
    return _Choosing(step, considered, scope, index, read).all()


class _Choosing:
    def __init__(
        self,
        step: PlannedStep,
        considered: Considered,
        scope: Scope,
        index: Mapping[str, int],
        read: Reads,
    ) -> None:
        self.step = step
        self.considered = considered
        self.scope = scope
        self.index = index
        self.read = read
        self.found: list[Choice] = []
        self.place = self._state_place()

    def all(self) -> Recipe:
        usual = self.considered.way.leaving
        self.found.append(
            Choice(
                status=usual.status,
                values=usual.values,
                passed=usual.passed,
                action=usual.action,
                back=usual.back,
                state=self._state_in(usual.status, usual.values),
                strange=usual.strange,
            )
        )
        looks = [*self._passing(), *self._failing()]
        self._one_for_each_way(looks)
        self._silence()
        self._states(looks)
        self._both_ways(looks)
        self._left_out()
        told = [(each.action, each.strange) for each in looks]
        told += [(each.action, each.strange) for each in self.found]
        return Recipe(
            choices=tuple(self.found),
            led=frozenset(id(action) for action, _ in told),
            allowed=frozenset(id(action) for action, strange in told if not strange),
            looked_at=len(looks),
            tested=self.place,
        )

    def _passing(self) -> Iterator[_Look]:
        """What a mock looks at, and each value of each member that is tested."""
        for each in islice(self.considered.found, MOST_LOOKED_AT):
            yield _Look(
                each.status,
                each.values,
                each.strange + self._missing(each.status, each.values),
                each.changes,
                each.bad,
                each.passed,
                each.action,
                each.back,
            )
        usual = self.considered.way.leaving
        draft = self.considered.drafts(usual.status)
        tested = [*self.step.success_criteria]
        tested += [c for each in self.step.on_success for c in each.criteria]
        for subject in self._subjects(tested):
            for candidate in candidates(subject, draft):
                values = {**usual.values, subject.place: candidate.value}
                yield self._look(draft, values, not candidate.fitting)

    def _failing(self) -> Iterator[_Look]:
        """Statuses that criteria tell apart or the description names, and their bodies."""
        tested = [c for each in self.step.on_failure for c in each.criteria]
        for status in _statuses(self.step):
            draft = self.considered.drafts(status)
            found = self._subjects(tested)
            offered = [candidates(each, draft)[:6] for each in found]
            for chosen in islice(product(*offered), _MOST_COMBINED):
                values = {
                    subject.place: each.value
                    for subject, each in zip(found, chosen, strict=True)
                    if not same(each.value, draft.value(subject.place))
                }
                strange = sum(not each.fitting for each in chosen)
                yield self._look(draft, values, strange)

    def _subjects(self, tested: Sequence[PlannedCriterion]) -> list[Subject]:
        found = subjects_of(tested, self.scope)
        found.pop(STATUS, None)
        return list(found.values())

    def _look(self, draft: Draft, values: Values, strange: int) -> _Look:
        scope = replace(self.scope, response=draft.put(values).response())
        passed, action = decide(self.step, scope)
        return _Look(
            status=draft.status,
            values=values,
            strange=int(strange) + self._missing(draft.status, values),
            changes=len(values),
            bad=sum(sounds_bad(each) for each in values.values()),
            passed=passed,
            action=action,
            back=action is not None and leads_back(self.step, action, self.index),
        )

    def _missing(self, status: int, values: Values) -> int:
        """How many members *values* take away that the description requires."""
        draft = self.considered.drafts(status)
        return sum(
            isinstance(value, Absent) and self._required(draft, place)
            for place, value in values.items()
        )

    def _required(self, draft: Draft, place: Place) -> bool:
        if len(place) == 0 or place[:1] == (HEADER,):
            return False
        try:
            shape = flatten(draft.schema_of(place[:-1]), draft.document)
        except NoValue:
            return False
        return place[-1] in shape.required

    # --- what is chosen -----------------------------------------------------------------

    def _add(self, look: _Look, *, extra: bool, said: Iterable[Place] = ()) -> None:
        choice = Choice(
            name=self._name(look, said),
            status=look.status,
            values=look.values,
            pinned=self._pinned(look),
            passed=look.passed,
            action=look.action,
            back=look.back,
            extra=extra,
            state=self._state(look),
            strange=look.strange,
        )
        if choice.key not in {each.key for each in self.found}:
            self.found.append(choice)

    def _pinned(self, look: _Look) -> Values:
        usual = self.considered.way.leaving
        if look.status != usual.status:
            return look.values
        draft = self.considered.drafts(look.status).put(look.values)
        tested = [each.criterion for each in criteria_of(self.step)]
        places = [each.place for each in self._subjects(tested)]
        pinned = {
            place: draft.value(place)
            for place in (*usual.values, *places)
            if "*" not in place
        }
        return {**pinned, **look.values}

    def _one_for_each_way(self, looks: Sequence[_Look]) -> None:
        best: dict[tuple[bool, int], _Look] = {}
        for each in looks:
            way = each.passed, id(each.action)
            if way not in best or self._rank(each) < self._rank(best[way]):
                best[way] = each
        usual = self.found[0]
        for way, each in best.items():
            if way != (usual.passed, id(usual.action)):
                self._add(each, extra=False)

    def _rank(self, look: _Look) -> tuple[object, ...]:
        resent = (
            look.action is None
            and not look.passed
            and self.step.operation.method in ("GET", "HEAD")
            and look.status in TRANSIENT
        )
        # A failure shows in the status, unless its action asks the body.
        wanted = look.passed or self._asks_body(look.action)
        odd = (look.status < 400) != wanted
        return resent, look.strange, odd, look.changes, look.bad

    def _asks_body(self, action: PlannedAction | None) -> bool:
        tested = action.criteria if action is not None else ()
        return bool(self._subjects(tested))

    def _silence(self) -> None:
        """No response at all, where that leads to an action that no response leads to."""
        passed, action, _ = truth(self.step, replace(self.scope, response=None))
        ways = {id(each.action) for each in self.found if not each.passed}
        if action is None or id(action) in ways:
            return
        self.found.append(
            Choice(
                name=RESET,
                passed=passed,
                action=action,
                back=leads_back(self.step, action, self.index),
            )
        )

    def _states(self, looks: Sequence[_Look]) -> None:
        """Each state that the description lists for a member that is tested."""
        best: dict[str, _Look] = {}
        for look in looks:
            state = self._state(look)
            if state is None or look.strange:
                continue
            key = repr(state)
            if key not in best or look.oddness < best[key].oddness:
                best[key] = look
        known = {repr(each.state) for each in self.found if each.state is not None}
        for key, look in islice(best.items(), MOST_EXTRA):
            state = self._state(look)
            if key not in known and state is not None:
                self._add(look, extra=True, said=(state[0],))

    def _state(self, look: _Look) -> tuple[Place, JSON] | None:
        return self._state_in(look.status, look.values)

    def _state_in(self, status: int, values: Values) -> tuple[Place, JSON] | None:
        """The member that actions test for named states, with what it is."""
        if self.place is None or not 200 <= status < 300:
            return None
        value = self.considered.drafts(status).put(values).value(self.place)
        return None if isinstance(value, Absent) else (self.place, value)

    def _state_place(self) -> Place | None:
        tested = [c for each in self.step.on_success for c in each.criteria]
        tested = tested or list(self.step.success_criteria)
        for subject in self._subjects(tested):
            if any(isinstance(each, str) and each for each in subject.written):
                draft = self.considered.drafts(self.considered.way.leaving.status)
                schema = draft.schema_of(subject.place)
                if enumerated(schema, draft.document):
                    return subject.place
        return None

    def _both_ways(self, looks: Sequence[_Look]) -> None:
        """A reply for each criterion that those chosen so far do not make true, or false."""
        missing = {
            (id(each.criterion), held)
            for each in criteria_of(self.step)
            for held in (True, False)
        }
        for choice in self.found:
            missing -= self._given(choice.status, choice.values)
        ordered = sorted(looks, key=lambda each: (each.oddness, each.status))
        for look in ordered[:MOST_LOOKED_AT]:
            if not missing:
                return
            given = self._given(look.status, look.values)
            if given & missing:
                missing -= given
                self._add(look, extra=True)

    def _given(self, status: int, values: Values) -> set[tuple[int, bool]]:
        response = None
        if status:
            response = self.considered.drafts(status).put(values).response()
        return set(truth(self.step, replace(self.scope, response=response))[2].items())

    def _left_out(self) -> None:
        """What the workflow reads and the description lets be null, or a list be empty."""
        usual = self.considered.way.leaving
        draft = self.considered.drafts(usual.status)
        if draft.form != "json" or not usual.passed:
            return
        nulls: dict[Place, JSON | Absent] = {}
        empty: dict[Place, JSON | Absent] = {}
        for pointer in sorted(self.read.pointers):
            place = tokens(pointer)
            if not place or place in usual.values:
                continue
            schema = draft.schema_of(place)
            if schema is not True and fits(None, schema, draft.document):
                nulls[place] = None
            for at, token in enumerate(place):
                if token.isdigit() and is_array(draft.value(place[:at])):
                    empty[place[:at]] = items_of(draft, place[:at], 0)
                    break
        for values in (nulls, empty):
            fitting = {
                place: value
                for place, value in values.items()
                if isinstance(value, Absent)
                or fits(value, draft.schema_of(place), draft.document)
            }
            if fitting:
                look = self._look(draft, {**usual.values, **fitting}, 0)
                self._add(look, extra=True, said=fitting)

    # --- names --------------------------------------------------------------------------

    def _name(self, look: _Look, said: Iterable[Place]) -> str:
        """``200 /status=failed``; only what differs from the usual answer."""
        usual = self.considered.way.leaving
        draft = self.considered.drafts(look.status)
        shown = dict.fromkeys(said)
        state = self._state(look)
        if state is not None:
            shown[state[0]] = None
        if look.status == usual.status:
            shown |= dict.fromkeys(
                place
                for place in chain(look.values, usual.values)
                if look.values.get(place, _AS_DRAFTED)
                != usual.values.get(place, _AS_DRAFTED)
            )
        else:
            shown |= dict.fromkeys(look.values)
        parts = [str(look.status)]
        for place in shown:
            value = look.values.get(place, draft.value(place))
            parts.append(f"{place_text(place)}={value_text(value)}")
        if look.strange:
            parts.append("(not as described)")
        return " ".join(parts)


_AS_DRAFTED: Final = object()


# --- statuses ---------------------------------------------------------------------------


def _statuses(step: PlannedStep) -> list[int]:
    """Statuses that show a failure, or lie around those that criteria compare with."""
    declared = [int(key) for key in step.operation.responses if key.isdigit()]
    failures = sorted(each for each in declared if each >= 400)
    near: list[int] = []
    for each in criteria_of(step):
        near += _near(each.criterion.test)
    usual = [
        next((each for each in failures if each < 500), 400),
        next((each for each in failures if each >= 500), 500),
    ]
    found = [*usual, *failures[:6], *near, 404, 429, 503]
    known = {*declared, *map(int, HTTPStatus)}
    return list(dict.fromkeys(n for n in found if 200 <= n <= 599 and n in known))


def _near(test: object) -> Iterator[int]:
    if not isinstance(test, Simple):
        return
    for each in nodes.comparisons(test.condition):
        sides = each.left, each.right
        if not any(
            isinstance(side, nodes.Operand) and side.expression == nodes.StatusCode()
            for side in sides
        ):
            continue
        for side in sides:
            value = side.value if isinstance(side, nodes.Literal) else None
            if isinstance(value, str) and value.isdecimal():
                value = int(value)
            if isinstance(value, int) and not isinstance(value, bool):
                yield value
                if each.operator != "==":
                    yield from (value + 1, value - 1)
