"""Runs the paths: each fork goes on from a state of the engine and a memory of the mock."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from ..engine import machine
from ..engine.activation import Activation
from ..engine.effects import Reply, Send, Sleep
from ..engine.plan import Plan, PlannedAction, PlannedStep
from ..engine.state import Turn
from ..errors import ArazzoError, Diagnostic
from ..events import Event, StepFinished, StepStarted, Warned
from ..exchanges import revealed
from ..masking import Masker
from ..messages import NO_BODIES, Absent, Argument, Bodies, Call, Response, Value
from ..mock.answers import Considered, Mock
from ..openapi.requests import build_request
from .choices import Choice, Recipe, truth
from .choosing import choices
from .paths import Called, Decision, Given, Limits, Path, Start, Travelled

#: How an action that loops is told: workflow, step, identity of the action.
_Way = tuple[str, str, int]

_LOST: Final = "the connection was reset"


@dataclass(slots=True)
class _Branch:
    """
    A path in the making.

    Attributes:
        choice: What it goes on with when `place`, workflow and step, is asked for next.
        stuck: `choice` is given until a retry is used up.
    """

    turn: Turn
    mock: Mock
    start: int
    at: float = 0.0
    choice: Choice | None = None
    place: tuple[str, str] = ("", "")
    stuck: bool = False
    given: list[Given] = field(default_factory=list)
    steps: list[tuple[str, str]] = field(default_factory=list)
    called: list[Called] = field(default_factory=list)
    warnings: list[Diagnostic] = field(default_factory=list)
    calls: dict[tuple[str, str], int] = field(default_factory=dict)
    ways: dict[_Way, int] = field(default_factory=dict)
    deviations: int = 0
    combined: bool = False

    def fork(
        self, choice: Choice, place: tuple[str, str], mock: Mock, *, stuck: bool
    ) -> _Branch:
        return _Branch(
            turn=self.turn,
            mock=mock,
            start=self.start,
            at=self.at,
            choice=choice,
            place=place,
            stuck=stuck,
            given=list(self.given),
            steps=list(self.steps),
            called=list(self.called),
            warnings=list(self.warnings),
            calls=dict(self.calls),
            ways=dict(self.ways),
            deviations=self.deviations + 1,
        )


def travel(
    plan: Plan,
    starts: Sequence[Start],
    *,
    hidden: tuple[str, ...] = (),
    bodies: Bodies = NO_BODIES,
    limits: Limits | None = None,
    seed: int = 0,
) -> Travelled:
    """
    Run the paths of *plan* from each of *starts*; *hidden* are the texts that must not be
    seen.
    """
    traveller = _Traveller(plan, starts, hidden, bodies, limits or Limits())
    branches = []
    for number, each in enumerate(starts):
        turn = machine.start(
            plan,
            each.inputs,
            run_id="explore",
            seed=seed,
            given=each.given,
            bodies=bodies,
        )
        mock = Mock(plan, polls=0, seed=seed)
        branches.append(_Branch(turn, mock, number))
    return traveller.all(branches)


class _Traveller:
    def __init__(
        self,
        plan: Plan,
        starts: Sequence[Start],
        hidden: tuple[str, ...],
        bodies: Bodies,
        limits: Limits,
    ) -> None:
        self.plan = plan
        self.starts = starts
        self.masker = Masker(hidden)
        self.bodies = bodies
        self.limits = limits
        self.limited = False
        self.recipes: dict[tuple[str, str, int], Recipe] = {}
        self.taken: set[Decision] = set()
        self.truths: set[tuple[int, bool]] = set()
        self.fresh: deque[_Branch] = deque()
        self.rest: list[tuple[int, int, _Branch]] = []
        self.order = 0

    def all(self, branches: Sequence[_Branch]) -> Travelled:
        paths: list[Path] = []
        self.fresh.extend(branches)
        branch = self._next()
        while branch is not None and len(paths) < self.limits.paths:
            paths.append(self._run(branch, len(paths) + 1))
            branch = self._next()
        left = len(self.rest) + len(self.fresh) + (branch is not None)
        return Travelled(
            paths=tuple(paths),
            recipes=self._merged(),
            taken=frozenset(self.taken),
            truths=frozenset(self.truths),
            left=left if self.limits.combined or self.fresh else 0,
            limited=self.limited,
        )

    def _merged(self) -> dict[tuple[str, str], Recipe]:
        """The recipes of each step, those of all sets of inputs together."""
        found: dict[tuple[str, str], Recipe] = {}
        for (workflow_id, step_id, _), recipe in self.recipes.items():
            this = workflow_id, step_id
            found[this] = found[this].with_(recipe) if this in found else recipe
        return found

    def _next(self) -> _Branch | None:
        """The next branch: one whose decision has not been taken, then combinations."""
        while self.fresh:
            branch = self.fresh.popleft()
            choice, send = branch.choice, branch.turn.state.pending
            if choice is None or not isinstance(send, Send):
                return branch
            if _decision(send, choice, stuck=branch.stuck) not in self.taken:
                return branch
            if not choice.extra:
                self._put_by(branch)
        if self.rest and self.limits.combined:
            branch = heapq.heappop(self.rest)[2]
            branch.combined = True
            return branch
        return None

    def _put_by(self, branch: _Branch) -> None:
        self.order += 1
        heapq.heappush(self.rest, (branch.deviations, self.order, branch))

    # --- one path -----------------------------------------------------------------------

    def _run(self, branch: _Branch, number: int) -> Path:
        self._note(branch, branch.turn.events)
        try:
            cut = self._go(branch)
        except ArazzoError as error:
            return self._path(branch, number, "failed", error.problems[0])
        state = branch.turn.state
        if cut is not None:
            return self._path(branch, number, "cut", cut)
        status: Literal["succeeded", "failed"] = (
            "succeeded" if state.status == "succeeded" else "failed"
        )
        return self._path(branch, number, status, state.error)

    def _path(
        self,
        branch: _Branch,
        number: int,
        status: Literal["succeeded", "failed", "cut"],
        error: Diagnostic | None,
    ) -> Path:
        return Path(
            number=number,
            status=status,
            error=self._masked(error),
            given=tuple(branch.given),
            steps=tuple(branch.steps),
            called=tuple(branch.called),
            seconds=branch.at,
            outputs=branch.turn.state.outputs,
            warnings=tuple(branch.warnings),
            combined=branch.combined,
            start=branch.start,
            inputs=self.starts[branch.start].name,
        )

    def _masked(self, error: Diagnostic | None) -> Diagnostic | None:
        if error is None:
            return None
        return replace(error, message=self.masker.text(error.message))

    def _go(self, branch: _Branch) -> Diagnostic | None:
        """Run *branch* to its end; what cut it off, or None."""
        while (effect := branch.turn.state.pending) is not None:
            if isinstance(effect, Sleep):
                branch.at += effect.seconds
                self._advance(branch, Reply(key=effect.key, at=branch.at))
                continue
            if len(branch.given) >= self.limits.requests:
                self.limited = True
                return self._cut(
                    effect, f"it sends more than {self.limits.requests} requests"
                )
            cut = self._answer(branch, effect)
            if cut is not None:
                return cut
        return None

    def _cut(self, send: Send, why: str) -> Diagnostic:
        step = self.plan.operation_step(send.workflow_id, send.step_id)
        return Diagnostic(
            code="too-many-steps",
            message=f"the path was left at step {send.step_id!r}: {why}",
            location=step.location,
        )

    def _advance(self, branch: _Branch, reply: Reply) -> None:
        branch.turn = machine.advance(self.plan, branch.turn.state, reply, self.bodies)
        self._note(branch, branch.turn.events)

    def _note(self, branch: _Branch, events: tuple[Event, ...]) -> None:
        for event in events:
            match event:
                case StepStarted():
                    branch.steps.append((event.workflow_id, event.step_id))
                case Warned(diagnostic):
                    branch.warnings.append(diagnostic)
                case StepFinished() if event.called:
                    branch.called.append(
                        Called(
                            workflow_id=event.workflow_id,
                            step_id=event.step_id,
                            held=tuple(each.passed for each in event.criteria),
                            decision=event.decision,
                        )
                    )
                case StepFinished() if branch.given:
                    last = branch.given[-1]
                    if not last.decision:
                        branch.given[-1] = replace(last, decision=event.decision)

    def _answer(self, branch: _Branch, send: Send) -> Diagnostic | None:
        step = self.plan.operation_step(send.workflow_id, send.step_id)
        state = branch.turn.state
        call = self._revealed(send.call, branch)
        request = self._request(step, call, send)
        considered = branch.mock.consider(step, call, state.frames[-1].inputs)
        recipe = self._recipe(branch, step, call, considered)
        here = send.workflow_id, send.step_id
        if branch.choice is not None and branch.place == here:
            choice = branch.choice
        elif branch.choice is not None:
            # A step that runs before each retry, while that is used up.
            choice = recipe.choices[0]
        else:
            allowed = list(self._allowed(branch, send, recipe))
            if not allowed:
                return self._cut(send, "no reply leads out of the loop")
            choice = self._choose(branch, here, allowed)
        self._give(branch, send, step, call, request, considered, choice)
        return None

    def _choose(
        self,
        branch: _Branch,
        here: tuple[str, str],
        allowed: list[tuple[Choice, bool]],
    ) -> Choice:
        """What this branch goes on with; the others are branches of their own."""
        plain = [each for each in allowed if not each[0].extra and not each[1]]
        chosen, stuck = (plain or allowed)[0]
        others = [each for each in allowed if each[0] is not chosen]
        if others:
            snapshot = branch.mock.fork()
            self.fresh.extend(
                branch.fork(choice, here, snapshot, stuck=on) for choice, on in others
            )
        branch.stuck, branch.place = stuck, here
        return chosen

    def _allowed(
        self, branch: _Branch, send: Send, recipe: Recipe
    ) -> Iterator[tuple[Choice, bool]]:
        """The choices that the bounds of loops allow; True: until a retry is used up."""
        for choice in recipe.choices:
            action = choice.action
            used = branch.ways.get(_way(send, action), 0)
            retry = action is not None and action.action.type == "retry"
            # A workflow that control is handed to may hand it back.
            back = choice.back or (action is not None and bool(action.workflow))
            if not back or used < (1 if retry else self.limits.loops):
                yield choice, False
            elif retry and used == 1:
                yield choice, True

    def _give(
        self,
        branch: _Branch,
        send: Send,
        step: PlannedStep,
        call: Call,
        request: str,
        considered: Considered,
        choice: Choice,
    ) -> None:
        this = send.workflow_id, send.step_id
        number = branch.calls.get(this, 0) + 1
        branch.calls[this] = number
        response = self._response(branch, step, call, considered, choice)
        scope = Activation(self.plan, branch.turn.state, self.bodies).scope(call)
        _, action, seen = truth(step, replace(scope, response=response))
        self.truths.update(seen.items())
        self.taken.add(_decision(send, choice, stuck=branch.stuck))
        way = _way(send, action)
        branch.ways[way] = branch.ways.get(way, 0) + 1
        branch.given.append(
            Given(
                workflow_id=send.workflow_id,
                step_id=send.step_id,
                call=number,
                choice=choice,
                request=request,
                usual=not choice.name,
                action=action,
                response=response,
            )
        )
        self._advance(
            branch,
            Reply(
                key=send.key,
                at=branch.at,
                response=response,
                failure=None if response is not None else _LOST,
            ),
        )
        if this != branch.place:
            return
        again = branch.given[-1].decision.startswith("retry ")
        branch.choice = choice if branch.stuck and again else None
        branch.stuck = branch.choice is not None

    def _response(
        self,
        branch: _Branch,
        step: PlannedStep,
        call: Call,
        considered: Considered,
        choice: Choice,
    ) -> Response | None:
        """What *choice* comes to, which the mock of *branch* remembers."""
        # Branches share what they were forked with.
        branch.mock = branch.mock.fork() if branch.choice is not None else branch.mock
        if not choice.status:
            return None
        if choice.name:
            draft = considered.drafts(choice.status).put(choice.values)
        else:
            draft = branch.mock.choose(step, call, considered)
        return branch.mock.give(step, call, considered.scope, draft)

    def _recipe(
        self, branch: _Branch, step: PlannedStep, call: Call, considered: Considered
    ) -> Recipe:
        this = step.workflow_id, step.step_id, branch.start
        if this not in self.recipes:
            state = branch.turn.state
            scope = Activation(self.plan, state, self.bodies).scope(call)
            index = self.plan.plans[step.workflow_id].index
            recipe = choices(step, considered, scope, index, branch.mock.read_by(step))
            # A reply may repeat what the request gave.
            shown = [
                replace(each, name=self.masker.text(each.name))
                for each in recipe.choices
            ]
            self.recipes[this] = recipe._replace(choices=tuple(shown))
        return self.recipes[this]

    def _revealed(self, call: Call, branch: _Branch) -> Call:
        secrets = self.starts[branch.start].secrets

        def shown(value: Value) -> Value:
            return revealed(value, secrets, self.bodies)

        return replace(
            call,
            arguments=tuple(
                Argument(each.name, each.location, shown(each.value))
                for each in call.arguments
            ),
            body=call.body if isinstance(call.body, Absent) else shown(call.body),
        )

    def _request(self, step: PlannedStep, call: Call, send: Send) -> str:
        request = build_request(
            step.operation,
            call,
            server=self.plan.plans[send.workflow_id].servers[send.step_id],
            bodies=self.bodies,
        )
        return f"{request.method} {self.masker.text(request.url)}"


def _decision(send: Send, choice: Choice, *, stuck: bool) -> Decision:
    """What was decided; to try again until a retry is used up is another decision."""
    return send.workflow_id, send.step_id, (choice.name + "…" * stuck, choice.status)


def _way(send: Send, action: PlannedAction | None) -> _Way:
    return send.workflow_id, send.step_id, id(action)
