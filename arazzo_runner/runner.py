"""Runs workflows: wires loader, plan, engine, transport and observers."""

from __future__ import annotations

import os
from collections.abc import (
    AsyncIterator,
    Callable,
    Collection,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, BinaryIO, cast

from .auth.keeper import Keeper, Kept
from .auth.oauth2 import Desk
from .auth.ready import Given as Credentials
from .auth.ready import Ready
from .clocks import RealClock, VirtualClock
from .conversation import Answers, Run
from .drivers import adrive, drive
from .dry import DryStep, dry_steps
from .engine import machine
from .engine.compile import operation_steps, plan_workflow
from .engine.lookup import Unit
from .engine.plan import Contract, Pacing, Plan, PlannedStep, Settings, check_number
from .engine.schemas import input_properties
from .engine.state import Turn
from .errors import Diagnostic, InputError, LimitError, UsageError, did_you_mean
from .events import Event, RunStarted, Warned
from .exchanges import revealed
from .expressions import nodes
from .inputs import dependencies, prepare_inputs
from .masking import Masker, is_credential_field, mask_event
from .messages import JSON, Value
from .model import Description, Workflow
from .openapi.document import Document
from .openapi.requests import RequestError
from .openapi.security import credential_places
from .openapi.servers import server_variables as server_variables_of
from .opening import by_source, open_unit, source_names
from .outbound import strangers
from .outputs import part_of
from .result import Recorder, RunResult, remove_files
from .transports.http import HttpTransport
from .transports.port import Transport
from .transports.spool import Spool

if TYPE_CHECKING:
    from .mock.scenario import Scenario

Observer = Callable[[Event, float], None]


class Runner:
    """
    An Arazzo description, ready to run. Read-only once made: it may serve many runs at
    once, in threads and tasks. Close it, or use it as a context manager, to close its
    connections.

    Args:
        description: A path, an http(s) URL, or ``-`` for *stdin*.
        servers: Base URL by source description name; a plain string where there is one.
        server_variables: Values for the variables in servers' URLs, by name or by
            ``source.name``.
        sources: Where source descriptions really are, in the same way.
        credentials: By security scheme or ``source.scheme``: a text (a key, a token,
            ``user:password``), a ``(user, password)`` pair, a mapping with members such as
            ``client_id`` and ``client_secret``, or a function that gives one of them.
        strict: The specification only, no dialect rules.
        mock: Answer from a generated mock; waits take no time.
        pacing: Of polls and of retries without ``retryAfter``.
        retry: How often a GET or HEAD that no failure action looks after is sent again.
        timeout: Seconds to connect, and seconds without a byte; not a total.
        max_steps: Steps a run may take; polls do not count.
        max_depth: How deep workflows may call workflows.
        contract: Whether messages are compared with their description: ``off``, ``warn``,
            or ``fail``, which ends a run at the first difference.
        seed: What jitter and mock values are drawn from; None for a new one each run.
        transport: A `Transport`, an httpx2 or httpx client, or an ASGI application.
        on_event: Called with every event of every run.
        headers: Fields for every request; they replace those of the workflow.
        proxy, cacert, insecure: As curl's options.
        secrets: Names of inputs that must not be seen, beside those we find ourselves.
        mock_polls: After how many polls the mock lets a job end.
        scenario: The path of a scenario file, or what `read_scenario` gives: what the mock
            answers in place of what it makes itself.
        environment: Where credentials are looked for as ``ARAZZO_AUTH_<SOURCE>_<SCHEME>``;
            nowhere if None.
        configured: As *credentials*, of less weight than the environment.
        tell: Called with what a person has to do for OAuth flows that need one: open a
            page, enter a code. Without it such flows are refused.

    Raises:
        DocumentError: the description cannot be used.
        UsageError: an unknown source description name.
        PolicyError: a source description outside of the allowed folders or hosts.
    """

    def __init__(
        self,
        description: str | Path,
        *,
        servers: str | Mapping[str, str] | None = None,
        server_variables: Mapping[str, str] | None = None,
        sources: str | Mapping[str, str] | None = None,
        credentials: Mapping[str, object] | None = None,
        strict: bool = False,
        mock: bool = False,
        pacing: Pacing | None = None,
        retry: int = 3,
        timeout: float = 30.0,
        max_steps: int = 1000,
        max_depth: int = 32,
        contract: Contract = "warn",
        seed: int | None = None,
        transport: object = None,
        on_event: Callable[[Event], None] | None = None,
        headers: Sequence[tuple[str, str]] = (),
        proxy: str | None = None,
        cacert: str | None = None,
        insecure: bool = False,
        stdin: BinaryIO | None = None,
        secrets: Collection[str] = (),
        mock_polls: int = 2,
        scenario: str | Scenario | None = None,
        environment: Mapping[str, str] | None = None,
        configured: Mapping[str, object] | None = None,
        tell: Callable[[str], None] | None = None,
    ) -> None:
        check_number("timeout", timeout)
        self._opened = open_unit(
            str(description), sources=sources, strict=strict, stdin=stdin
        )
        self._unit: Unit = self._opened.unit
        self.description: Description = self._unit.description
        self._servers = by_source(
            servers, self.description, "server", source_names(self._unit)
        )
        self._server_variables = dict(server_variables or {})
        self.warnings: tuple[Diagnostic, ...] = self._opened.warnings
        self.settings = Settings(
            pacing=pacing or Pacing(),
            retry=retry,
            max_steps=max_steps,
            max_depth=max_depth,
            contract=contract,
            given_headers=frozenset(name.lower() for name, _ in headers),
            strict=strict,
        )
        self._mock = mock
        self._mock_polls = mock_polls
        if scenario is not None and not mock:
            raise UsageError("a scenario tells a mock what to answer", hint="add mock")
        if isinstance(scenario, str):
            from .mock.scenario import open_scenario

            scenario = open_scenario(scenario)
        self.scenario: Scenario | None = scenario
        self._timeout = timeout
        self._seed = seed
        self._on_event = on_event
        self._headers = tuple(headers)
        self._secrets = frozenset(secrets)
        self._credentials = Credentials(
            credentials=dict(credentials or {}),
            environment=environment or {},
            configured=configured or {},
            headers=tuple(name for name, _ in self._headers),
        )
        self._kept = Kept(desk=_desk(tell))
        self._ready: dict[str, Ready] = {}
        self._plans: dict[str, Plan] = {}
        self._runs: dict[str, Run] = {}
        self._spool = Spool()
        self._transport: Transport
        if transport is not None:
            from .transports.adapt import as_transport

            self._transport = as_transport(transport, spool=self._spool, strict=strict)
        else:
            self._transport = HttpTransport(
                spool=self._spool,
                strict=strict,
                proxy=proxy,
                cacert=cacert,
                insecure=insecure,
            )

    # --- what there is ----------------------------------------------------------------

    def workflow(self, workflow_id: str | None = None) -> Workflow:
        """
        The workflow of this id; without one, the only one.

        Raises:
            UsageError: there is no such workflow, or there are several and none is named.
        """
        known = {each.workflow_id: each for each in self.description.workflows}
        if workflow_id is None and self.scenario is not None:
            workflow_id = self.scenario.workflow
        if workflow_id is None:
            if len(known) == 1:
                return self.description.workflows[0]
            raise UsageError(
                f"{self.description.uri} has {len(known)} workflows: say which one",
                code="unknown-workflow",
                hint=f"one of: {', '.join(known)}",
            )
        if workflow_id not in known:
            raise UsageError(
                f"{self.description.uri} has no workflow {workflow_id!r}",
                code="unknown-workflow",
                hint=did_you_mean(workflow_id, known, "workflows"),
            )
        return known[workflow_id]

    def plan(self, workflow_id: str | None = None) -> Plan:
        """
        The plan of a workflow.

        Raises:
            DocumentError: with every problem of the workflow.
        """
        workflow = self.workflow(workflow_id)
        plan = self._plans.get(workflow.workflow_id)
        if plan is None:
            plan = plan_workflow(
                self.description,
                workflow,
                self._unit.sources,
                settings=self.settings,
                servers=self._servers,
                server_variables=self._server_variables,
                secrets=self._secrets,
                mock=self._mock,
            )
            self._check_secrets(plan)
            self._check_variables(plan)
            self._plans[workflow.workflow_id] = plan
        return plan

    def _check_secrets(self, plan: Plan) -> None:
        declared: dict[str, JSON] = {}
        for each in (plan, *(plan.plans[name] for name in dependencies(plan))):
            declared |= input_properties(each.unit.description, each.workflow)
        for name in sorted(self._secrets - declared.keys()) if declared else ():
            raise InputError(
                f"there is no input {name!r} to keep secret",
                hint=did_you_mean(name, declared, "inputs"),
            )

    def _check_variables(self, plan: Plan) -> None:
        known = {
            name: None
            for step in operation_steps(plan)
            for bare in server_variables_of(step.operation)
            for name in (bare, f"{step.source}.{bare}")
        }
        for name in self._server_variables:
            # One of another document has the names of its sources before it.
            if name not in known and not any(
                name.endswith(f".{each}") for each in known
            ):
                bare = [each for each in known if "." not in each]
                raise UsageError(
                    f"no server of this workflow has a variable {name!r}",
                    hint=did_you_mean(name, bare, "server variables"),
                )

    @property
    def api_descriptions(self) -> Mapping[str, Document]:
        """The OpenAPI descriptions that the document names, by source description."""
        return self._unit.sources.documents

    def secure(
        self, secrets: Collection[str], credentials: Mapping[str, object]
    ) -> None:
        """
        More names of inputs that must not be seen, and more credentials. For who has to
        know the description first; before anything is planned.
        """
        self._secrets |= frozenset(secrets)
        own = self._credentials
        self._credentials = replace(own, credentials={**own.credentials, **credentials})
        self._plans.clear()
        self._ready.clear()

    def credentials(self, workflow_id: str | None = None) -> Ready:
        """
        The credentials that a workflow needs, and those that there are.

        Raises:
            DocumentError: with every problem of the workflow.
            InputError: a credential was given for a scheme that there is not.
        """
        plan = self.plan(workflow_id)
        ready = self._ready.get(plan.workflow_id)
        if ready is None:
            ready = Ready.of(
                plan, self._unit.sources.documents.items(), self._credentials
            )
            self._ready[plan.workflow_id] = ready
        return ready

    def source_text(self, uri: str) -> str | None:
        """The text of the document that messages call *uri*, if it was opened."""
        return self._opened.text(uri)

    def dry_run(
        self, workflow: str | None = None, inputs: Mapping[str, object] | None = None
    ) -> tuple[DryStep, ...]:
        """What a run would send: the first request whole, later ones as written."""
        prepared = self._prepare(workflow, inputs, "dry-run", None, (), dry=True)
        return dry_steps(prepared.run, prepared.turn.state)

    # --- running ----------------------------------------------------------------------

    def run(
        self,
        workflow: str | None = None,
        inputs: Mapping[str, object] | None = None,
        *,
        run_id: str | None = None,
        downloads: Mapping[str, Path] | None = None,
        observers: Sequence[Observer] = (),
    ) -> RunResult:
        """
        Run a workflow to its end.

        Args:
            workflow: Its id; may be left out where there is one.
            inputs: By name. A `pathlib.Path` is a file to upload, or for an array the
                records of a ``.jsonl`` file.
            run_id: What the run is called; a new name if None.
            downloads: Output name to the file it is meant for: a response that is this
                output goes to ``FILE.part`` as it comes.
            observers: Called with every event and the seconds since the start.

        Raises:
            InputError: inputs are missing or invalid; nothing was sent.
            DocumentError, UsageError, PolicyError: see the class.
            KeyboardInterrupt: with the unfinished run as its attribute ``result``, as
                whatever else ends a run without a verdict.
            Exception: what an observer raised. The run has been ended in order, and a
                request that it was told about in `RequestSent` has not been sent.
        """
        prepared = self._prepare(workflow, inputs, run_id, downloads, observers)
        with self._registered(prepared.run, prepared.turn.state.run_id):
            try:
                drive(prepared.run, prepared.turn, self._transport, self._timeout)
            except (Exception, KeyboardInterrupt) as error:
                return self._given_up(prepared, error)
            return self._result(prepared)

    async def arun(
        self,
        workflow: str | None = None,
        inputs: Mapping[str, object] | None = None,
        *,
        run_id: str | None = None,
        downloads: Mapping[str, Path] | None = None,
        observers: Sequence[Observer] = (),
    ) -> RunResult:
        """The same in the running event loop. Cancelling the task ends the run in order."""
        prepared = self._prepare(workflow, inputs, run_id, downloads, observers)
        run, turn = prepared.run, prepared.turn
        with self._registered(run, turn.state.run_id):
            try:
                await adrive(run, turn, self._transport, self._timeout)
            except (
                BaseException
            ) as error:  # also a cancelled task: it carries the result
                return self._given_up(prepared, error)
            return self._result(prepared)

    async def stream(
        self,
        workflow: str | None = None,
        inputs: Mapping[str, object] | None = None,
        *,
        run_id: str | None = None,
    ) -> AsyncIterator[Event]:
        """
        Run a workflow and give its events as they come; `RunFinished` is the last.
        Leaving the loop early ends the run.
        """
        import asyncio  # a blocking run does without it: 20 ms of CPU

        events: asyncio.Queue[Event | None] = asyncio.Queue()

        def put(event: Event, _at: float) -> None:
            events.put_nowait(event)

        async def whole() -> RunResult:
            try:
                return await self.arun(
                    workflow, inputs, run_id=run_id, observers=(put,)
                )
            finally:
                events.put_nowait(None)

        task = asyncio.create_task(whole())
        try:
            while (event := await events.get()) is not None:
                yield event
            await task
        finally:
            task.cancel()
            (result,) = await asyncio.gather(task, return_exceptions=True)
            if isinstance(result, RunResult):
                result.close()

    def cancel(self, run_id: str) -> bool:
        """
        End a run in order, from any thread: what was sent is answered first, a wait ends
        at once. False if there is no such run (any more).
        """
        run = self._runs.get(run_id)
        if run is None:
            return False
        run.cancel()
        return True

    def interruptible(self, run_id: str) -> bool:
        """
        Whether a KeyboardInterrupt in the thread of this blocking run would lose nothing:
        it waits, or for the answer to a GET or HEAD. For signal handlers.
        """
        run = self._runs.get(run_id)
        return run is not None and run.interruptible

    def _prepare(
        self,
        workflow_id: str | None,
        inputs: Mapping[str, object] | None,
        run_id: str | None,
        downloads: Mapping[str, Path] | None,
        observers: Sequence[Observer],
        *,
        dry: bool = False,
    ) -> _Prepared:
        workflow = self.workflow(workflow_id)
        plan = self.plan(workflow.workflow_id)
        ready = None if self._mock else self.credentials(workflow.workflow_id)
        problems: list[Diagnostic] = []
        if ready is not None and not dry:
            try:
                ready.check(person=self._kept.desk is not None)
            except InputError as error:
                problems += error.problems
        try:
            usual = self.scenario.inputs if self.scenario is not None else {}
            prepared = prepare_inputs(
                plan,
                {**usual, **(inputs or {})},
                spool=self._spool,
                mock=self._mock,
                strict=self.settings.strict,
            )
        except InputError as error:
            raise InputError.of([*error.problems, *problems]) from None
        if problems:
            raise InputError.of(problems)
        masker, recorder = Masker(prepared.hidden), Recorder()
        for name, value in self._headers:
            if is_credential_field(name) or name.lower() in _credential_headers(plan):
                masker.add_field(name, value)
        watching: list[tuple[str, Observer]] = [
            (getattr(each, "__qualname__", type(each).__name__), each)
            for each in observers
        ]
        on_event = self._on_event
        if on_event is not None:
            watching.append(("on_event", lambda event, _at: on_event(event)))
        early = (*self.warnings, *prepared.warnings)
        if ready is not None:
            early += ready.warnings()

        def report(event: Event, at: float) -> None:
            masked = mask_event(event, masker)
            recorder(masked, at)
            for each in tuple(watching):
                name, observer = each
                try:
                    observer(masked, at)
                except Exception as error:  # an observer is the caller's own code
                    watching.remove(each)
                    run.break_off(error, f"the observer {name!r}")
            if isinstance(event, RunStarted):
                for warning in early:
                    report(Warned(warning), at)

        seed = self._seed
        if seed is None:  # a mock run is the same each time
            seed = 0 if self._mock else int.from_bytes(os.urandom(4), "big")
        run = Run(
            plan=plan,
            bodies=self._spool,
            masker=masker,
            clock=VirtualClock() if self._mock else RealClock(),
            report=report,
            secrets=prepared.secrets,
            headers=self._headers,
            downloads=_download_steps(plan, downloads or {}),
            keeper=None if ready is None else self._keeper(ready),
            strangers=strangers(plan, self._servers.values())
            if isinstance(self._transport, HttpTransport)
            else frozenset(),
            messages=bool(observers) or self._on_event is not None,
        )
        if self._mock:
            run.answers = self._answers(plan, seed)
        turn = machine.start(
            plan,
            prepared.values,
            run_id=run_id or f"run-{os.urandom(8).hex()}",
            seed=seed,
            given=prepared.given,
            bodies=self._spool,
        )
        return _Prepared(run, turn, recorder)

    def _answers(self, plan: Plan, seed: int) -> Answers:
        from .mock.answers import Mock

        scenario = self.scenario
        if scenario is None:
            return Mock(plan, polls=self._mock_polls, seed=seed)
        from .mock.scripted import ScriptedMock

        polls = self._mock_polls if scenario.polls is None else scenario.polls
        mock = Mock(
            plan, polls=polls, seed=seed if scenario.seed is None else scenario.seed
        )
        return ScriptedMock(plan, scenario, mock)

    def _keeper(self, ready: Ready) -> Keeper:
        keeper = ready.keeper(self._kept)
        if isinstance(self._transport, HttpTransport):
            for where, cert, key in keeper.certificates():
                self._transport.present(where, cert, key)
        return keeper

    @contextmanager
    def _registered(self, run: Run, run_id: str) -> Iterator[None]:
        """`cancel` knows *run* by *run_id* meanwhile."""
        if self._runs.setdefault(run_id, run) is not run:
            raise UsageError(
                f"a run with the id {run_id!r} is going on",
                hint="leave run_id out: every run gets an id of its own",
            )
        try:
            yield
        finally:
            del self._runs[run_id]

    def _collected(self, prepared: _Prepared) -> RunResult:
        run = prepared.run
        outputs = run.state.outputs if run.state else {}
        result = prepared.recorder.result(
            self._spool,
            cast(Mapping[str, Value], revealed(outputs, run.secrets, self._spool)),
        )
        result.keep(run.files)
        return result

    def _result(self, prepared: _Prepared) -> RunResult:
        """The result of a run that has ended; raises what an observer raised, with it."""
        result = self._collected(prepared)
        if prepared.run.broken is None:
            return result
        error, culprit = prepared.run.broken
        error.add_note(f"raised by {culprit}; the run {result.run_id} has been ended")
        raise _with_result(error, result)

    def _given_up(self, prepared: _Prepared, error: BaseException) -> RunResult:
        """The result of a run that met one of our limits; else *error* with what it had."""
        if prepared.recorder.finished is None:
            remove_files(prepared.run.files)
            raise error
        if isinstance(error, LimitError | RequestError):
            return self._result(prepared)
        raise _with_result(error, self._collected(prepared))

    # --- the end ------------------------------------------------------------------------

    def close(self) -> None:
        """Close the connections of blocking runs. Results keep their files."""
        self._transport.close()

    async def aclose(self) -> None:
        """Close the connections, those of this event loop included."""
        await self._transport.aclose()

    def __enter__(self) -> Runner:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    async def __aenter__(self) -> Runner:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()


@dataclass(frozen=True, slots=True)
class _Prepared:
    run: Run
    turn: Turn
    recorder: Recorder


def _desk(tell: Callable[[str], None] | None) -> Desk | None:
    if tell is None:
        return None
    from .auth.desk import LocalDesk  # a server and a browser, for who is asked

    return LocalDesk(tell)


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
