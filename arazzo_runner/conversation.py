"""
A run from its first effect to its last: what must be done next, and what came of it.

`converse` is a generator that the two loops of `drivers` have in common. Here secrets are
revealed, at the last moment before a request is built, and masked again in what is reported.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol, TypeAlias, TypeVar, Union, cast

from .auth.effects import Ask, Fetch, Wait
from .auth.effects import Talk as Asked
from .auth.keeper import Keeper
from .clocks import Clock
from .engine import machine
from .engine.effects import Effect, Reply, Send
from .engine.plan import Plan, PlannedStep
from .engine.secrecy import CREDENTIAL_HEADERS
from .engine.state import RunState, Turn
from .errors import ArazzoError, Diagnostic
from .events import Event, StepFinished
from .exchanges import request_sent, response_received, revealed
from .masking import Masker
from .messages import (
    Absent,
    Argument,
    Bodies,
    Call,
    File,
    Headers,
    Records,
    Request,
    Response,
    Value,
)
from .openapi.requests import build_request
from .openapi.security import Place, credential_places, query_members
from .transports.port import Delivery

Report: TypeAlias = Callable[[Event, float], None]


@dataclass(frozen=True, slots=True)
class Dispatch:
    """
    Send a request; `download` is where a 2xx body is written, `total` the seconds that
    the whole exchange may take. `public`: the host must have a public address.
    """

    request: Request
    download: Path | None = None
    total: float | None = None
    public: bool = False


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait, unless the run is cancelled meanwhile."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Consult:
    """Call *ask*, which blocks until a person has done something, and send its result."""

    ask: Callable[[], Any]


Doing: TypeAlias = Union[Dispatch, Pause, Consult]
T = TypeVar("T")
Talk: TypeAlias = Generator[Doing, Any, RunState]


class Answers(Protocol):
    """Something that answers in place of the network: a mock."""

    def answer(
        self, step: PlannedStep, call: Call, inputs: Mapping[str, Value]
    ) -> Response | Delivery:
        """
        What becomes of *call*, whose secrets are revealed; *inputs* are those of the
        step's workflow.
        """


@dataclass(slots=True, kw_only=True)
class Run:
    """
    What a run has around it.

    Attributes:
        secrets: Values of the `Secret` references.
        headers: The user's own fields, for every request.
        downloads: Workflow and step to the path its 2xx body is written to.
        keeper: Signs requests with the credentials of security schemes.
        strangers: Workflows and steps whose server only a document from the network names.
        answers: What answers instead of the network.
        files: Paths of bodies that the run keeps, to be removed with its result.
        held: Those of them that some step's outputs hold.
        state: The last state, for who has to end the run from outside.
        wake: Ends a wait in an event loop early.
        broken: What an observer raised, and which; it ends the run in order.
        sent: Whether the request of the step that goes on has left.
        messages: Somebody looks at events: report requests and responses, too.
        interruptible: `drive` waits, or for an answer that can be asked for again: a
            KeyboardInterrupt loses nothing now.
        last: Workflow, step and digest, revealed call and request that were sent last: those of a
            poll are the same.
    """

    plan: Plan
    bodies: Bodies
    masker: Masker
    clock: Clock
    report: Report
    secrets: Mapping[str, Value] = field(default_factory=dict, repr=False)
    headers: Headers = field(default=(), repr=False)
    downloads: Mapping[tuple[str, str], Path] = field(default_factory=dict)
    keeper: Keeper | None = None
    strangers: frozenset[tuple[str, str]] = frozenset()
    answers: Answers | None = None
    files: list[str] = field(default_factory=list)
    held: set[str] = field(default_factory=set)
    state: RunState | None = None
    wake: Callable[[], None] | None = None
    broken: tuple[Exception, str] | None = None
    sent: bool = True
    messages: bool = True
    interruptible: bool = False
    last: tuple[tuple[str, str, str], Call, Request] | None = field(
        default=None, repr=False
    )
    _cancelled: threading.Event = field(default_factory=threading.Event)
    _owed: deque[tuple[Event, float]] = field(default_factory=deque)
    _places: dict[tuple[str, str], frozenset[Place]] = field(default_factory=dict)

    def is_cancelled(self) -> bool:
        """Whether somebody asked for the end."""
        return self._cancelled.is_set()

    def cancel(self) -> None:
        """Ask for the end, from any thread: what is under way is answered first."""
        self._cancelled.set()
        if self.wake is not None:
            self.wake()

    def carries_credential(self, step: PlannedStep, argument: Argument) -> bool:
        """Whether *argument* is in the place of a credential."""
        place = argument.location, argument.name.lower()
        if place[0] == "header" and place[1] in CREDENTIAL_HEADERS:
            return True
        this = step.workflow_id, step.step_id
        places = self._places.get(this)
        if places is None:
            places = self._places[this] = credential_places(step.operation)
        return place in places

    def break_off(self, error: Exception, culprit: str) -> None:
        """End the run because *culprit*, an observer, raised *error*."""
        self.broken = self.broken or (error, culprit)
        self.cancel()

    def wait(self, seconds: float) -> None:
        """Wait, or until somebody cancels the run."""
        self._cancelled.wait(min(seconds, threading.TIMEOUT_MAX))

    def tell(self, events: Sequence[Event]) -> None:
        """Report *events* with the time."""
        now = self.clock.now()
        self._owed.extend((event, now) for event in events)
        self.settle()

    def end(self, turn: Turn) -> None:
        """Take *turn* as the last one."""
        self.state = turn.state
        self.tell(turn.events)

    def settle(self) -> None:
        """Report what is owed: an interruption (Ctrl-C) may come in the middle."""
        while self._owed:
            self.report(*self._owed.popleft())


# --- what both loops do -----------------------------------------------------------------


def converse(run: Run, turn: Turn) -> Talk:
    """
    A run from *turn* to its end: yields what must be done, is sent what came of it, and
    returns the last state.
    """
    while True:
        run.state = turn.state
        run.tell(turn.events)
        if turn.state.pending is None:
            return turn.state
        try:
            reply = yield from _answer(run, turn.state.pending)
            if reply is None:
                turn = _cancel(run, turn.state)
            else:
                turn = machine.advance(run.plan, turn.state, reply, run.bodies)
                if run.files:
                    _forget_files(run, turn)
        except Exception as error:  # whatever it is, Finished events are owed first
            if isinstance(error, ArazzoError):
                run.masker.error(error)
            run.end(_stop(run, turn.state, error))
            raise


def _answer(
    run: Run, effect: Effect
) -> Generator[Doing, Delivery | None, Reply | None]:
    """What came of *effect*; None if the run has been cancelled before it was done."""
    if run.is_cancelled():
        return None
    if isinstance(effect, Send):
        delivery = yield from _exchange(run, effect)
        return _reply(effect, delivery, run.clock.now()) if delivery else None
    if not run.clock.skip(effect.seconds):
        yield Pause(effect.seconds)
    if run.is_cancelled():
        return None
    return Reply(key=effect.key, at=run.clock.now())


def _exchange(
    run: Run, send: Send
) -> Generator[Doing, Delivery | None, Delivery | None]:
    step = run.plan.operation_step(send.workflow_id, send.step_id)
    this = send.workflow_id, send.step_id
    keeper = run.keeper if run.answers is None else None
    run.sent = False
    call, plain = _request(run, send, step)
    request = plain
    if keeper is not None:
        signed = yield from _get(run, keeper.sign(this, plain, run.masker.add))
        if signed is None:
            return None
        request = signed
    if run.messages:
        run.tell((request_sent(step, request, run.masker),))
    if run.is_cancelled():  # an observer may prevent a request by raising
        return None
    run.sent = True
    if run.answers is not None:
        inputs = run.state.frames[-1].inputs if run.state else {}
        answer = run.answers.answer(step, call, inputs)
        delivery = answer if isinstance(answer, Delivery) else Delivery(response=answer)
        if delivery.delay and not run.clock.skip(delivery.delay):
            yield Pause(delivery.delay)
    else:
        dispatch = Dispatch(
            request, run.downloads.get(this), send.timeout, this in run.strangers
        )
        delivery = cast(Delivery, (yield dispatch))
        refused = delivery.response
        if keeper is not None and refused is not None and refused.status == 401:
            again = yield from _get(
                run, keeper.again(this, request, plain, refused, run.masker.add)
            )
            if again is not None and not run.is_cancelled():
                if run.messages:
                    run.tell((response_received(step, delivery, run.masker),))
                    run.tell((request_sent(step, again, run.masker),))
                delivery = cast(Delivery, (yield replace(dispatch, request=again)))
    if delivery.response is not None:
        _note_files(run, delivery.response.body)
    if run.messages:
        run.tell((response_received(step, delivery, run.masker),))
    elif delivery.response is not None:
        run.masker.learn(delivery.response.body)
    return delivery


def _get(run: Run, asking: Asked[T]) -> Generator[Doing, Any, T | None]:
    """
    What *asking* comes to; what it needs on the way is done. None if the run has been
    cancelled meanwhile.
    """
    came: object = None
    try:
        effect = next(asking)
        while not run.is_cancelled():
            match effect:
                case Fetch(request, public):
                    came = yield Dispatch(request, public=public)
                case Wait(seconds):
                    came = yield Pause(seconds)
                case Ask(ask):
                    came = yield Consult(ask)
            effect = asking.send(came)
    except StopIteration as end:
        return cast(T, end.value)
    finally:
        asking.close()
    return None


def _request(run: Run, send: Send, step: PlannedStep) -> tuple[Call, Request]:
    """The call with its secrets and the request; those of the last poll, if it is one."""
    key, last = (send.workflow_id, send.step_id, send.digest), run.last
    if last is not None and send.digest and last[0] == key:
        return last[1], last[2]
    call = reveal(send.call, step, run)
    request = build_request(
        step.operation,
        call,
        server=run.plan.plans[send.workflow_id].servers[send.step_id],
        bodies=run.bodies,
        headers=run.headers,
    )
    run.last = (key, call, request)
    return call, request


def _reply(send: Send, delivery: Delivery, at: float) -> Reply:
    failure = delivery.failure
    return Reply(
        key=send.key,
        at=at,
        response=delivery.response,
        failure=failure.message if failure else None,
        limit=failure is not None and failure.kind == "too-large",
        retry_after=delivery.retry_after,
        unfollowed=delivery.unfollowed,
    )


def _stop(run: Run, state: RunState, error: Exception) -> Turn:
    """The end of a run that cannot go on because of us; what is owed is reported."""
    if isinstance(error, ArazzoError):
        first = error.problems[0]
        if not first.location.uri and isinstance(state.pending, Send):
            pending = state.pending
            step = run.plan.operation_step(pending.workflow_id, pending.step_id)
            first = replace(first, location=step.location)
            error.problems = (first, *error.problems[1:])
            error.location = step.location
    else:
        first = Diagnostic(
            code="defect", message=run.masker.text(f"{type(error).__name__}: {error}")
        )
    return _ended(
        run,
        lambda plan: machine.stop(
            plan, state, "failed", first, run.bodies, sent=run.sent
        ),
    )


def _cancel(run: Run, state: RunState) -> Turn:
    """The end of a run that somebody wants to end, or that an observer broke."""
    if run.broken is None:
        return _ended(
            run, lambda plan: machine.cancel(plan, state, run.bodies, sent=run.sent)
        )
    error, culprit = run.broken
    problem = Diagnostic(
        code="cancelled",
        message=f"the run was ended because {culprit} raised {type(error).__name__}",
    )
    return _ended(
        run,
        lambda plan: machine.stop(
            plan, state, "cancelled", problem, run.bodies, sent=run.sent
        ),
    )


def _ended(run: Run, end: Callable[[Plan], Turn]) -> Turn:
    try:
        return end(run.plan)
    except ArazzoError:  # an output cannot be read, perhaps the very reason to end
        plans = {
            name: replace(each, outputs=()) for name, each in run.plan.plans.items()
        }
        return end(replace(run.plan, outputs=(), plans=plans))


def _note_files(run: Run, body: Value | Absent) -> None:
    file = body.file if isinstance(body, Records) else body
    if isinstance(file, File) and Path(file.path) not in run.downloads.values():
        run.files.append(file.path)


def _forget_files(run: Run, turn: Turn) -> None:
    """
    Remove bodies that nothing holds any more: thousands of polls must not fill a disk.
    What a step's outputs held stays, since the result's records show it.
    """
    held = set(run.held)
    for event in turn.events:
        if isinstance(event, StepFinished):
            held |= set(files_in(event.outputs))
    run.held = held
    for path in [each for each in run.files if each not in held]:
        run.files.remove(path)
        with suppress(OSError):
            Path(path).unlink()


def files_in(value: Value) -> Iterator[str]:
    """The paths of the files in *value*."""
    pending = [value]  # a loop: a body may be 512 levels deep
    while pending:
        match pending.pop():
            case str():
                pass
            case File(path=path) | Records(file=File(path=path)):
                yield path
            case Mapping() as members:
                pending += members.values()
            case list() | tuple() as items:
                pending += items


# --- secrets ----------------------------------------------------------------------------


def reveal(call: Call, step: PlannedStep, run: Run) -> Call:
    """
    *call* of *step* with the values of its secrets. What is in the place of a credential
    is masked from now on, wherever it came from: a login's answer, for instance.
    """
    arguments = []
    for argument in call.arguments:
        value = revealed(argument.value, run.secrets, run.bodies)
        arguments.append(Argument(argument.name, argument.location, value))
        if argument.location == "querystring":
            for name, each in query_members(value):
                _hide(Argument(name, "query", each), step, run)
        else:
            _hide(arguments[-1], step, run)
    body = call.body
    if not isinstance(body, Absent):
        body = revealed(body, run.secrets, run.bodies)
    return replace(call, arguments=tuple(arguments), body=body)


def _hide(argument: Argument, step: PlannedStep, run: Run) -> None:
    """Mask the value of *argument* from now on if it is in the place of a credential."""
    value = argument.value
    if isinstance(value, str) and run.carries_credential(step, argument):
        if argument.location == "header":
            run.masker.add_field(argument.name, value)
        else:
            run.masker.add(value)


def end_in_order(run: Run) -> None:
    """Report what is owed for a run that was interrupted from outside."""
    run.settle()
    if run.state is not None and run.state.status is None:
        run.end(_cancel(run, run.state))
