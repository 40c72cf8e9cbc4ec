"""The mock: it answers the requests of one run in process, as its descriptions say."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from copy import copy
from dataclasses import replace
from functools import cached_property, lru_cache

from ..engine.plan import Plan, PlannedStep
from ..expressions import nodes
from ..expressions.criteria import Simple
from ..expressions.embedding import Unresolved
from ..expressions.nodes import Compare, Literal, Operand, StatusCode
from ..expressions.scope import Scope
from ..expressions.templates import resolve
from ..messages import Absent, Call, Response, Value
from .drafts import Draft, describe, draft
from .echo import Memory, as_example, echoed, schema_key
from .fresh import Ids
from .polls import Drafts, Outcome, Walk, decide, outcomes, walk
from .reads import Reads, reads


class Considered:
    """
    What could be answered to a call.

    Attributes:
        scope: What criteria see, but for the response.
        drafts: Gives the draft for a status.
    """

    def __init__(
        self, step: PlannedStep, plan: Plan, scope: Scope, drafts: Drafts, read: Reads
    ) -> None:
        self.scope = scope
        self.drafts = drafts
        self._step = step
        self._plan = plan
        self._read = read

    @cached_property
    def found(self) -> list[Outcome]:
        """What follows from the responses worth trying."""
        index, pointers = self._plan.index, self._read.pointers
        tried = statuses(self._step)
        return outcomes(self._step, tried, self.drafts, self.scope, index, pointers)

    @cached_property
    def way(self) -> Walk:
        """What the step is answered, visit by visit."""
        last = self._step.index == len(self._plan.steps) - 1
        return walk(self._step, self.found, self.scope, last=last)


class Mock:
    """
    Answers for one run of *plan* and the workflows it comes to; it counts and remembers,
    so every run needs its own.

    Each answer holds what the workflow reads, repeats what the request gave and what was
    answered before, and satisfies the step's success criteria where any value does. A
    step that loops is answered *polls* times with what makes it loop, then with what
    lets it go on. *own_ids*, for a server: what is created has an id that nothing else has,
    and each job is polled on its own; without, it has the id that its schema's example shows.
    """

    def __init__(
        self, plan: Plan, *, polls: int = 2, seed: int = 0, own_ids: bool = False
    ) -> None:
        self._plan = plan
        self._own_ids = own_ids
        self._polls = polls
        self._seed = seed
        self._reads = {name: reads(each) for name, each in plan.plans.items()}
        self._memory = Memory()
        self._given_ids: dict[str, Ids] = {}
        self._visits: dict[tuple[str, str, str], int] = {}
        self._outputs: dict[str, dict[str, dict[str, Value]]] = {}
        self._last_looping: dict[tuple[str, str], bool] = {}
        # Operation and path to the step that saw the resource finished.
        self._finished: dict[str, tuple[str, str]] = {}

    def answer(
        self, step: PlannedStep, call: Call, inputs: Mapping[str, Value]
    ) -> Response:
        """
        The response to *call*, the request of *step*. *inputs* are those of its workflow,
        for criteria that compare with them.
        """
        considered = self.consider(step, call, inputs)
        chosen = self.choose(step, call, considered)
        return self.give(step, call, considered.scope, chosen)

    def consider(
        self, step: PlannedStep, call: Call, inputs: Mapping[str, Value]
    ) -> Considered:
        """What could be answered to *call*; nothing is counted or remembered."""
        plan = self._plan.plans[step.workflow_id]
        scope = Scope(
            inputs=inputs,
            steps=self._outputs.get(step.workflow_id, {}),
            call=call,
            method=step.operation.method,
            accept=step.operation.accept,
            sources=plan.sources,
            components=plan.components,
            self_uri=plan.self_uri,
            reads_xml=not plan.settings.strict,
        )

        @lru_cache(maxsize=16)
        def drafts(status: int) -> Draft:
            return self._draft(step, call, status)

        return Considered(step, plan, scope, drafts, self._read(step))

    def choose(self, step: PlannedStep, call: Call, considered: Considered) -> Draft:
        """The answer for this visit of *step*, which is counted."""
        outcome = self._visit(step, call, considered.way, considered.found)
        chosen = considered.drafts(outcome.status).put(outcome.values)
        return as_shown(step, chosen, outcome, considered.scope)

    def give(
        self, step: PlannedStep, call: Call, scope: Scope, chosen: Draft
    ) -> Response:
        """*chosen* as the response to *call*; later answers agree with it."""
        response = chosen.response()
        self._memory.keep(chosen, step.operation, call)
        if self._own_ids and step.operation.method.upper() == "POST":
            self._ids(step, chosen.status).note(chosen)
        self._keep_outputs(step, scope, response)
        return response

    def is_looping(self, step: PlannedStep) -> bool:
        """Whether *step* was last answered with what makes it come back."""
        return self._last_looping.get((step.workflow_id, step.step_id), False)

    def fork(self) -> Mock:
        """Another that remembers the same; from now on each remembers its own."""
        other = copy(self)
        other._memory = self._memory.fork()
        other._visits = dict(self._visits)
        other._outputs = {key: dict(each) for key, each in self._outputs.items()}
        other._finished = dict(self._finished)
        other._last_looping = dict(self._last_looping)
        return other

    def read_by(self, step: PlannedStep) -> Reads:
        """What the workflow reads from the responses of *step*."""
        return self._read(step)

    def _read(self, step: PlannedStep) -> Reads:
        return self._reads[step.workflow_id].get(step.step_id, Reads())

    def _draft(self, step: PlannedStep, call: Call, status: int) -> Draft:
        read = self._read(step)
        if status >= 400 and status not in statuses(step):
            # An error that nobody asks for has nothing of what a success has.
            described = bool(describe(step.operation, status).get("content"))
            read = Reads(read.failing | ({""} if described else set()))
        accept = next(
            (
                each.value
                for each in call.arguments
                if each.location == "header" and each.name.lower() == "accept"
            ),
            "",
        )
        made = draft(
            step.operation,
            status,
            read,
            seed=self._seed_of(step, status),
            accept=accept if isinstance(accept, str) else "",
        )
        made = self._memory.recall(made, step.operation, call)
        made = self._memory.records(echoed(made, step.operation, call))
        if self._own_ids:
            made = self._ids(step, status).own(made, step.operation, call)
        return made.completed(read.pointers)

    def _ids(self, step: PlannedStep, status: int) -> Ids:
        key = schema_key(step.operation, status)
        if key not in self._given_ids:
            self._given_ids[key] = Ids(
                lambda value: (key, str(value)) in self._memory.kept
            )
        return self._given_ids[key]

    def _seed_of(self, step: PlannedStep, status: int) -> int:
        """A seed for each schema, so that a file and a batch get different ids."""
        key = f"{self._seed} {schema_key(step.operation, status)}".encode()
        return int.from_bytes(hashlib.blake2b(key, digest_size=4).digest(), "big")

    def _visit(
        self, step: PlannedStep, call: Call, way: Walk, found: list[Outcome]
    ) -> Outcome:
        """What to answer now; what one step saw finished is finished for all."""
        this = step.workflow_id, step.step_id
        where = [
            (each.name, each.value)
            for each in call.arguments
            if each.location == "path"
        ]
        resource = f"{call.source}{call.operation}{where!r}"
        # To a server each job comes on its own; a workflow may go from one to the next.
        counted = (*this, resource if self._own_ids else "")
        number = self._visits.get(counted, 0)
        self._visits[counted] = number + 1
        if way.looping and self._finished.get(resource, this) != this:
            as_it_is = next((each for each in found if not each.changes), None)
            if as_it_is is not None and as_it_is.action is way.leaving.action:
                return as_it_is
        outcome = way.visit(number, self._polls)
        self._last_looping[this] = outcome is not way.leaving
        if outcome is way.leaving and way.looping:
            self._finished[resource] = this
        return outcome

    def _keep_outputs(
        self, step: PlannedStep, scope: Scope, response: Response
    ) -> None:
        after = replace(scope, response=response)
        values: dict[str, Value] = {}
        for output in step.outputs:
            try:
                value = resolve(output.value, after)
            except Unresolved:
                continue
            if not isinstance(value, Absent):
                values[output.name] = value
        self._outputs.setdefault(step.workflow_id, {})[step.step_id] = values


def as_shown(step: PlannedStep, chosen: Draft, outcome: Outcome, scope: Scope) -> Draft:
    """
    *chosen* as an author's example shows the resource in this state, where one does: the
    counts of a finished job are not those of a running one.
    """
    for example in chosen.examples if outcome.values else ():
        shown = as_example(chosen, example)
        if all(shown.value(at) == value for at, value in outcome.values.items()):
            after = decide(step, replace(scope, response=shown.response()))
            if after == (outcome.passed, outcome.action):
                return shown
    return chosen


def statuses(step: PlannedStep) -> list[int]:
    """
    The statuses worth answering with, the best first: one that the success criteria ask
    for, a success that is described, then others that criteria compare with.
    """
    responses = step.operation.responses
    described = [int(key) for key in responses if re.fullmatch("2[0-9]{2}", key)]
    if any(key.upper() == "2XX" for key in responses) or not described:
        described.append(200)
    asked = [n for each in step.success_criteria for n in _compared(each.test)]
    tested = [
        n
        for action in step.on_success
        for each in action.criteria
        for n in _compared(each.test)
    ]
    plausible = [each for each in (*asked, *tested) if 200 <= each <= 599]
    first = [each for each in asked if each in described]
    best = [*first, *(n for n in asked if str(n) in responses), *asked, *described]
    ordered = [each for each in best if 200 <= each <= 599]
    return list(dict.fromkeys([*ordered, *plausible]))[:6]


def _compared(test: object) -> list[int]:
    """The numbers that *test* compares the status with by ``==``."""
    if not isinstance(test, Simple):
        return []
    return [
        number
        for each in nodes.comparisons(test.condition)
        if each.operator == "=="
        for number in _status(each)
    ]


def _status(comparison: Compare) -> list[int]:
    sides = comparison.left, comparison.right
    if not any(isinstance(s, Operand) and s.expression == StatusCode() for s in sides):
        return []
    values = [side.value for side in sides if isinstance(side, Literal)]
    return [
        int(value)
        for value in values
        if isinstance(value, int) or (isinstance(value, str) and value.isdecimal())
    ]
