"""One run of a workflow, from what it was given to its result."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

from .auth.keeper import Keeper, Kept
from .auth.ready import Ready
from .clocks import RealClock, VirtualClock
from .conversation import Answers, Run
from .engine import machine
from .engine.compile import operation_steps
from .engine.plan import Plan, PlannedStep
from .engine.state import Turn
from .errors import Diagnostic, InputError, LimitError, UsageError, did_you_mean
from .events import Event, RunStarted, Warned
from .exchanges import revealed
from .expressions import nodes
from .inputs.prepare import Prepared, prepare_inputs
from .masking import Masker, is_credential_field, mask_event
from .messages import Value
from .openapi.requests import RequestError
from .openapi.security import credential_places
from .outbound import strangers
from .outputs import part_of
from .result import Recorder, RunResult, remove_files
from .transports.http import HttpTransport
from .transports.port import Transport
from .transports.spool import Spool

if TYPE_CHECKING:
    from .mock.scenario import Scenario

Observer = Callable[[Event, float], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What all runs of a `Runner` share. *seed* is None for a new one each run."""

    transport: Transport
    spool: Spool
    servers: Mapping[str, str]
    headers: tuple[tuple[str, str], ...]
    kept: Kept
    warnings: tuple[Diagnostic, ...]
    on_event: Callable[[Event], None] | None
    mock: bool
    mock_polls: int
    scenario: Scenario | None
    seed: int | None
    strict: bool

    def answers(self, plan: Plan, seed: int) -> Answers:
        """The mock that answers one run."""
        from .mock.answers import Mock

        scenario = self.scenario
        if scenario is None:
            return Mock(plan, polls=self.mock_polls, seed=seed)
        from .mock.scripted import ScriptedMock

        polls = self.mock_polls if scenario.polls is None else scenario.polls
        mock = Mock(
            plan, polls=polls, seed=seed if scenario.seed is None else scenario.seed
        )
        return ScriptedMock(plan, scenario, mock)

    def keeper(self, ready: Ready) -> Keeper:
        """What gives the requests of one run their credentials."""
        own = isinstance(self.transport, HttpTransport)
        keeper = ready.keeper(self.kept, guarded=own, named=self.servers.values())
        if isinstance(self.transport, HttpTransport):
            for where, cert, key in keeper.certificates():
                self.transport.present(where, cert, key)
        return keeper


@dataclass(frozen=True, slots=True)
class Session:
    """A run that can be driven, with what records it."""

    run: Run
    turn: Turn
    recorder: Recorder
    spool: Spool

    def result(self) -> RunResult:
        """The result of a run that has ended; raises what an observer raised, with it."""
        result = self._collected()
        if self.run.broken is None:
            return result
        error, culprit = self.run.broken
        error.add_note(f"raised by {culprit}; the run {result.run_id} has been ended")
        raise _with_result(error, result)

    def given_up(self, error: BaseException) -> RunResult:
        """The result of a run that met one of our limits; else *error* with what it had."""
        if self.recorder.finished is None:
            remove_files(self.run.files)
            raise error
        if isinstance(error, LimitError | RequestError):
            return self.result()
        raise _with_result(error, self._collected())

    def _collected(self) -> RunResult:
        run = self.run
        outputs = run.state.outputs if run.state else {}
        result = self.recorder.result(
            self.spool,
            cast(Mapping[str, Value], revealed(outputs, run.secrets, self.spool)),
        )
        result.keep(run.files)
        return result


def begin(
    plan: Plan,
    inputs: Mapping[str, object],
    means: Means,
    *,
    ready: Ready | None,
    dry: bool = False,
    run_id: str | None = None,
    downloads: Mapping[str, Path] | None = None,
    observers: Sequence[Observer] = (),
) -> Session:
    """
    Everything before the first step.

    Args:
        ready: The credentials that there are; None with a mock, which asks for none.
        dry: Nothing will be sent: credentials may be missing.
        downloads: Output name to the file it is meant for.

    Raises:
        InputError: inputs or credentials are missing or invalid: all of them.
        UsageError: a download of an output that there is not.
    """
    prepared = _prepared(plan, inputs, means, ready, dry)
    seed = means.seed
    if seed is None:  # a mock run is the same each time
        seed = 0 if means.mock else int.from_bytes(os.urandom(4), "big")
    early = (*means.warnings, *prepared.warnings)
    if ready is not None:
        early += ready.warnings()
    watchers = _watchers(observers, means.on_event)
    report = _Reporting(_masker(plan, prepared, means), watchers, early)
    run = Run(
        plan=plan,
        bodies=means.spool,
        masker=report.masker,
        clock=VirtualClock() if means.mock else RealClock(),
        report=report,
        secrets=prepared.secrets,
        headers=means.headers,
        downloads=_download_steps(plan, downloads or {}),
        keeper=None if ready is None else means.keeper(ready),
        strangers=strangers(plan, means.servers.values())
        if isinstance(means.transport, HttpTransport)
        else frozenset(),
        messages=bool(watchers),
        answers=means.answers(plan, seed) if means.mock else None,
    )
    report.run = run
    turn = machine.start(
        plan,
        prepared.values,
        run_id=run_id or f"run-{os.urandom(8).hex()}",
        seed=seed,
        given=prepared.given,
        bodies=means.spool,
    )
    return Session(run, turn, report.recorder, means.spool)


def _prepared(
    plan: Plan,
    inputs: Mapping[str, object],
    means: Means,
    ready: Ready | None,
    dry: bool,
) -> Prepared:
    """The inputs, in order; what is wrong with credentials is said with what is wrong
    with them."""
    problems: list[Diagnostic] = []
    if ready is not None:
        try:
            ready.check(person=means.kept.desk is not None, dry=dry)
        except InputError as error:
            problems += error.problems
    usual = means.scenario.inputs if means.scenario is not None else {}
    places = means.scenario.places if means.scenario is not None else {}
    try:
        prepared = prepare_inputs(
            plan,
            {**usual, **inputs},
            spool=means.spool,
            mock=means.mock,
            strict=means.strict,
            given_at={name: at for name, at in places.items() if name not in inputs},
        )
    except InputError as error:
        raise InputError.of([*error.problems, *problems]) from None
    if problems:
        raise InputError.of(problems)
    return prepared


# --- what is seen of a run --------------------------------------------------------------


class _Reporting:
    """Events, masked, to the recorder and to who watches; one that fails ends the run."""

    def __init__(
        self,
        masker: Masker,
        watchers: list[tuple[str, Observer]],
        early: tuple[Diagnostic, ...],
    ) -> None:
        self.masker = masker
        self.recorder = Recorder()
        self.run: Run | None = None
        self._watchers = watchers
        self._early = early

    def __call__(self, event: Event, at: float) -> None:
        masked = mask_event(event, self.masker)
        self.recorder(masked, at)
        for each in tuple(self._watchers):
            name, observer = each
            try:
                observer(masked, at)
            except Exception as error:  # an observer is the caller's own code
                self._watchers.remove(each)
                if self.run is not None:
                    self.run.break_off(error, f"the observer {name!r}")
        if isinstance(event, RunStarted):
            for warning in self._early:
                self(Warned(warning), at)


def _watchers(
    observers: Sequence[Observer], on_event: Callable[[Event], None] | None
) -> list[tuple[str, Observer]]:
    watchers: list[tuple[str, Observer]] = [
        (getattr(each, "__qualname__", type(each).__name__), each) for each in observers
    ]
    if on_event is not None:
        watchers.append(("on_event", lambda event, _at: on_event(event)))
    return watchers


def _masker(plan: Plan, prepared: Prepared, means: Means) -> Masker:
    masker = Masker(prepared.hidden)
    for name, value in means.headers:
        if is_credential_field(name) or name.lower() in _credential_headers(plan):
            masker.add_field(name, value)
    return masker


# --- the ends of a run ------------------------------------------------------------------


def _with_result(error: BaseException, result: RunResult) -> BaseException:
    with suppress(AttributeError):  # a class with slots
        error.result = result  # type: ignore[attr-defined]
    return error


def _credential_headers(plan: Plan) -> frozenset[str]:
    """The headers in which the operations of *plan* expect credentials."""
    return frozenset(
        name
        for step in operation_steps(plan)
        for place, name in credential_places(step.operation)
        if place == "header"
    )


def _download_steps(
    plan: Plan, downloads: Mapping[str, Path]
) -> dict[tuple[str, str], Path]:
    """The step whose whole response body an output is, with where that body goes."""
    known = {output.name: output for output in plan.outputs}
    steps: dict[tuple[str, str], Path] = {}
    for name, path in downloads.items():
        if name not in known:
            raise UsageError(
                f"the workflow has no output {name!r}",
                hint=did_you_mean(name, known, "outputs"),
            )
        value = known[name].value
        expression = value.expression if isinstance(value, nodes.Operand) else None
        if not isinstance(expression, nodes.StepOutput) or expression.named.pointer:
            continue
        step = plan.steps[plan.index[expression.step_id]]
        if not isinstance(step, PlannedStep):
            continue
        wanted = {reading for reading, rest in expression.named.readings if not rest}
        for output in step.outputs:
            given = output.value
            whole = isinstance(given, nodes.Operand) and given.expression == nodes.Body(
                "response"
            )
            if output.name in wanted and whole:
                steps[step.workflow_id, step.step_id] = part_of(path)
    return steps
