"""Runs workflows: wires loader, plan, engine, transport and observers."""

from __future__ import annotations

from collections.abc import (
    AsyncIterator,
    Callable,
    Collection,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, BinaryIO

from .auth.keeper import Kept
from .auth.oauth2 import Desk
from .auth.ready import Given as Credentials
from .auth.ready import Ready
from .conversation import Run
from .drivers import adrive, drive
from .dry import DryStep, dry_steps
from .engine.compile import plan_workflow
from .engine.lookup import Unit
from .engine.plan import Contract, Pacing, Plan, Settings, check_number
from .errors import Diagnostic, UsageError, did_you_mean
from .events import Event
from .inputs.prepare import check_secret_names
from .model import Description, Workflow
from .openapi.document import Document
from .opening import by_source, open_unit, source_names
from .outbound import check_server_variables
from .result import RunResult
from .session import Means, Observer, Session, begin
from .transports.http import HttpTransport
from .transports.port import Transport
from .transports.spool import Spool

if TYPE_CHECKING:
    from .mock.scenario import Scenario


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
        if scenario is not None and not mock:
            raise UsageError("a scenario tells a mock what to answer", hint="add mock")
        if isinstance(scenario, str):
            from .mock.scenario import open_scenario

            scenario = open_scenario(scenario)
        self.scenario: Scenario | None = scenario
        self._timeout = timeout
        self._secrets = frozenset(secrets)
        self._credentials = Credentials(
            credentials=dict(credentials or {}),
            environment=environment or {},
            configured=configured or {},
            headers=tuple(name for name, _ in headers),
        )
        self._ready: dict[str, Ready] = {}
        self._plans: dict[str, Plan] = {}
        self._runs: dict[str, Run] = {}
        spool = Spool()
        self._transport: Transport
        if transport is not None:
            from .transports.adapt import as_transport

            self._transport = as_transport(transport, spool=spool, strict=strict)
        else:
            self._transport = HttpTransport(
                spool=spool,
                strict=strict,
                proxy=proxy,
                cacert=cacert,
                insecure=insecure,
            )
        self._means = Means(
            transport=self._transport,
            spool=spool,
            servers=self._servers,
            headers=tuple(headers),
            kept=Kept(desk=_desk(tell)),
            warnings=self.warnings,
            on_event=on_event,
            mock=mock,
            mock_polls=mock_polls,
            scenario=scenario,
            seed=seed,
            strict=strict,
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
                mock=self._means.mock,
            )
            check_secret_names(plan, self._secrets)
            check_server_variables(plan, self._server_variables)
            self._plans[workflow.workflow_id] = plan
        return plan

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
        session = self._begin(workflow, inputs, "dry-run", dry=True)
        return dry_steps(session.run, session.turn.state)

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
        session = self._begin(workflow, inputs, run_id, downloads, observers)
        with self._registered(session):
            try:
                drive(session.run, session.turn, self._transport, self._timeout)
            except (Exception, KeyboardInterrupt) as error:
                return session.given_up(error)
            return session.result()

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
        session = self._begin(workflow, inputs, run_id, downloads, observers)
        with self._registered(session):
            try:
                await adrive(session.run, session.turn, self._transport, self._timeout)
            except BaseException as error:  # a cancelled task carries the result, too
                return session.given_up(error)
            return session.result()

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

    def _begin(
        self,
        workflow_id: str | None,
        inputs: Mapping[str, object] | None,
        run_id: str | None = None,
        downloads: Mapping[str, Path] | None = None,
        observers: Sequence[Observer] = (),
        *,
        dry: bool = False,
    ) -> Session:
        plan = self.plan(workflow_id)
        return begin(
            plan,
            inputs or {},
            self._means,
            ready=None if self._means.mock else self.credentials(plan.workflow_id),
            dry=dry,
            run_id=run_id,
            downloads=downloads,
            observers=observers,
        )

    @contextmanager
    def _registered(self, session: Session) -> Iterator[None]:
        """`cancel` knows the run by its id meanwhile."""
        run, run_id = session.run, session.turn.state.run_id
        if self._runs.setdefault(run_id, run) is not run:
            raise UsageError(
                f"a run with the id {run_id!r} is going on",
                hint="leave run_id out: every run gets an id of its own",
            )
        try:
            yield
        finally:
            del self._runs[run_id]

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


def _desk(tell: Callable[[str], None] | None) -> Desk | None:
    if tell is None:
        return None
    from .auth.desk import LocalDesk  # a server and a browser, for who is asked

    return LocalDesk(tell)
