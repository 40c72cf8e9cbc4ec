"""
Tests documents: each workflow is explored against the mock, or run against a server.

https://spec.openapis.org/arazzo/v1.1.0.html#workflow-object
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias, TypedDict

from .checking import documents
from .engine.plan import Plan, PlannedStep
from .engine.schemas import input_properties
from .errors import NOWHERE, ArazzoError, Diagnostic, Location, UsageError
from .events import Event, StepFinished, StepStarted
from .exploration.choices import Choice, criteria_of
from .exploration.coverage import Coverage, action_of, coverage_of
from .exploration.paths import Called, Given, Limits, Path, Travelled
from .exploring import explore_workflow, made_inputs
from .loader.cache import Parts
from .model import Workflow
from .opening import open_unit
from .runner import Runner

Outcome: TypeAlias = Literal["succeeded", "failed", "error"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """
    A workflow that was tested.

    Attributes:
        workflow: Its id; "" where the document could not be used at all.
        outcome: ``succeeded`` when some path succeeds, ``failed`` when none does,
            ``error`` when none could be run.
        reason: Why not, the usual path's.
        covered, total: Parts of it that paths came to, and that there are.
        branches: Every step was reached, every action taken.
        paths: How many were run; of them `successes` succeeded.
        asserted: The mock answered with statuses that criteria ask for and operations do
            not declare.
        xml: Expressions look into replies of XML (dialect rule AZ528).
        findings: The codes of what its paths show to be wrong, notes left out.
        seconds: How long it took.
    """

    file: str
    workflow: str = ""
    outcome: Outcome
    reason: Diagnostic | None = None
    covered: int = 0
    total: int = 0
    branches: bool = False
    paths: int = 0
    successes: int = 0
    asserted: bool = False
    xml: bool = False
    findings: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def name(self) -> str:
        """``pets.arazzo.yaml::buy``"""
        return f"{self.file}::{self.workflow}" if self.workflow else self.file

    @property
    def coverage(self) -> float:
        """Of 100, rounded down to a tenth; 0 where nothing was run."""
        if self.outcome == "error":
            return 0.0
        return percent(self.covered, self.total)


def percent(covered: int, total: int) -> float:
    """*covered* of *total* in a hundred, rounded down to a tenth: 100 is all of it."""
    return 100.0 if covered == total else int(1000 * covered / total) / 10


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteReport:
    """What testing found: a `Tried` for each workflow, in the order of the files."""

    documents: tuple[Tried, ...] = ()
    seconds: float = 0.0
    texts: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def outcomes(self) -> Counter[Outcome]:
        """How many workflows ended how."""
        return Counter(each.outcome for each in self.documents)

    @property
    def coverage(self) -> float:
        """Of all that was run together."""
        return percent(
            sum(each.covered for each in self.documents),
            sum(each.total for each in self.documents),
        )

    @property
    def files(self) -> int:
        """How many documents."""
        return len({each.file for each in self.documents})

    def exit_status(self, least: float = 0.0) -> int:
        """
        0 when every workflow succeeds and at least *least* percent are covered, 3 if none
        could be run, else 1.
        """
        found = self.outcomes
        if not found["succeeded"] and not found["failed"]:
            return 3
        if found["failed"] or found["error"] or self.coverage < least:
            return 1
        return 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteOptions:
    """
    How workflows are tested.

    Attributes:
        server: Base URL by source description name, or of all (""), to run against.
        sources: Where source descriptions really are.
        limits: How far to explore; by default no combinations.
        environment: Where credentials for a server are looked for, as by `Runner`.
        configured: Credentials of less weight.
        secrets: Inputs and credentials for a server by name, for the workflows that have
            them: functions that give them.
    """

    server: Mapping[str, str] = field(default_factory=dict)
    sources: str | Mapping[str, str] | None = None
    strict: bool = False
    limits: Limits = field(default_factory=lambda: Limits(combined=False))
    seed: int = 0
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    configured: Mapping[str, object] = field(default_factory=dict, repr=False)
    secrets: Mapping[str, Callable[[], object]] = field(
        default_factory=dict, repr=False
    )


Told: TypeAlias = Callable[[Tried], None]


def run_suite(
    paths: Sequence[str | os.PathLike[str]],
    options: SuiteOptions | None = None,
    *,
    jobs: int = 1,
    on_tried: Told | None = None,
) -> SuiteReport:
    """
    Test every workflow of the documents at *paths*: files, or folders with files, of which
    what is no Arazzo document is passed over.

    Args:
        jobs: Processes to share the work.
        on_tried: Called with each workflow, in the order of the files.

    Raises:
        UsageError: an unknown source description.
    """
    began = time.monotonic()
    chosen = options or SuiteOptions()
    every = list(documents(paths))
    found: list[Tried] = []
    texts: dict[str, str] = {}
    for tried, text in _all(every, chosen, jobs):
        for each in tried:
            found.append(each)
            if on_tried is not None:
                on_tried(each)
        texts.update(text)
    return SuiteReport(
        documents=tuple(found), seconds=time.monotonic() - began, texts=texts
    )


_Result: TypeAlias = tuple[tuple[Tried, ...], Mapping[str, str]]


def _all(every: list[str], options: SuiteOptions, jobs: int) -> Iterator[_Result]:
    if jobs <= 1 or len(every) < 2:
        for path in every:
            yield _document(path, options)
        return
    size = max(1, min(16, len(every) // (4 * jobs)))
    with ProcessPoolExecutor(jobs) as pool:
        yield from pool.map(_document, every, [options] * len(every), chunksize=size)


#: API descriptions that several documents of this process name are read once.
_shared: dict[str, Parts] = {}


def _document(path: str, options: SuiteOptions) -> _Result:
    """Every workflow of one document, and the texts that what is wrong points into."""
    began = time.monotonic()
    try:
        opened = open_unit(
            path, sources=options.sources, strict=options.strict, shared=_shared
        )
    except UsageError:
        raise
    except ArazzoError as error:
        seconds = time.monotonic() - began
        wrong = Tried(
            file=path,
            outcome="error",
            reason=_first(error, path),
            seconds=seconds,
            total=1,
        )
        return (wrong,), {}
    description = opened.unit.description
    found = []
    for workflow in description.workflows:
        began = time.monotonic()
        try:
            if options.server:
                tried = _against_server(path, workflow, options)
            else:
                explored = explore_workflow(
                    opened.unit,
                    workflow,
                    strict=options.strict,
                    limits=options.limits,
                    seed=options.seed,
                )
                tried = Tried(
                    file=path,
                    workflow=workflow.workflow_id,
                    outcome="succeeded" if explored.succeeded else "failed",
                    reason=explored.error,
                    asserted=bool(explored.asserted),
                    findings=tuple(
                        each.code
                        for each in explored.findings
                        if each.severity != "info"
                    ),
                    **_counted(explored.coverage, explored.paths),
                )
        except ArazzoError as error:
            tried = _not_run(path, workflow, _first(error, path))
        except Exception as error:  # a defect of ours in one file: the others go on
            message = f"this is a defect of arazzo: {type(error).__name__}: {error}"
            tried = _not_run(path, workflow, Diagnostic(code="defect", message=message))
        found.append(replace(tried, seconds=time.monotonic() - began))
    places = [each.reason.location for each in found if each.reason is not None]
    return tuple(found), _texts(opened.text, places)


class _Counts(TypedDict):
    covered: int
    total: int
    branches: bool
    paths: int
    successes: int
    xml: bool


def _counted(coverage: Coverage, paths: Sequence[Path]) -> _Counts:
    covered, total = coverage.count()
    return {
        "covered": covered,
        "total": total,
        "branches": coverage.branches,
        "paths": len(paths),
        "successes": sum(each.status == "succeeded" for each in paths),
        "xml": any(one.code == "AZ528" for each in paths for one in each.warnings),
    }


def _first(error: ArazzoError, path: str) -> Diagnostic:
    """The first problem of *error*, and how to see the others."""
    first, *others = error.problems
    if not others:
        return first
    more = f"{len(others)} more: arazzo check {path}"
    return replace(first, hint=f"{first.hint}; {more}" if first.hint else more)


def _not_run(path: str, workflow: Workflow, reason: Diagnostic) -> Tried:
    """A workflow that cannot be run: none of its steps is covered."""
    return Tried(
        file=path,
        workflow=workflow.workflow_id,
        outcome="error",
        reason=reason,
        total=len(workflow.steps),
    )


def _texts(
    text: Callable[[str], str | None], places: Sequence[Location]
) -> dict[str, str]:
    found = {}
    for place in places:
        written = text(place.uri) if place != NOWHERE else None
        if written is not None:
            found[place.uri] = written
    return found


# --- a server ---------------------------------------------------------------------------


def _against_server(path: str, workflow: Workflow, options: SuiteOptions) -> Tried:
    """One run against the server, with inputs that were made."""
    seen: list[Event] = []
    with Runner(
        path,
        sources=options.sources,
        strict=options.strict,
        seed=options.seed,
        servers=_servers(path, options),
        environment=options.environment,
        configured=options.configured,
    ) as runner:
        given = _secured(runner, workflow, options)
        plan = runner.plan(workflow.workflow_id)
        result = runner.run(
            workflow.workflow_id,
            {**made_inputs(plan, options.seed), **given},
            observers=(lambda event, _at: seen.append(event),),
        )
        with result:
            status: Literal["succeeded", "failed"] = (
                "succeeded" if result.succeeded else "failed"
            )
            travelled = _travelled(plan, seen, status)
            return Tried(
                file=path,
                workflow=workflow.workflow_id,
                outcome=status,
                reason=result.error,
                **_counted(coverage_of(plan, travelled), travelled.paths),
            )


def _secured(
    runner: Runner, workflow: Workflow, options: SuiteOptions
) -> Mapping[str, object]:
    """The inputs among the secrets; *runner* is given the credentials among them."""
    if not options.secrets:
        return {}
    declared = input_properties(runner.description, workflow)
    known = runner.credentials(workflow.workflow_id).available
    inputs = {name: ask for name, ask in options.secrets.items() if name in declared}
    credentials = {
        name: ask
        for name, ask in options.secrets.items()
        if name not in inputs and known.knows(name)
    }
    runner.secure(inputs, credentials)
    return {name: ask() for name, ask in inputs.items()}


def _servers(path: str, options: SuiteOptions) -> Mapping[str, str]:
    """The servers of the sources that the document at *path* has."""
    described = open_unit(
        path, sources=options.sources, strict=options.strict, shared=_shared
    ).unit.description
    names = [each.name for each in described.source_descriptions]
    every = options.server.get("")
    return {
        name: options.server.get(name, every or "")
        for name in names
        if name in options.server or every
    }


def _travelled(
    plan: Plan, events: Sequence[Event], status: Literal["succeeded", "failed"]
) -> Travelled:
    """What a run's events tell, as the one path of an exploration."""
    steps: list[tuple[str, str]] = []
    given: list[Given] = []
    called: list[Called] = []
    truths: set[tuple[int, bool]] = set()
    for event in events:
        match event:
            case StepStarted():
                steps.append((event.workflow_id, event.step_id))
            case StepFinished():
                one = plan.plans[event.workflow_id]
                step = one.steps[one.index[event.step_id]]
                if not isinstance(step, PlannedStep):
                    called.append(
                        Called(
                            workflow_id=event.workflow_id,
                            step_id=event.step_id,
                            held=tuple(each.passed for each in event.criteria),
                            decision=event.decision,
                        )
                    )
                    continue
                for criterion, result in zip(
                    step.success_criteria, event.criteria, strict=False
                ):
                    truths.add((id(criterion), result.passed))
                action = action_of(step, event.decision)
                truths |= {
                    (id(each.criterion), True)
                    for each in criteria_of(step)
                    if action is not None and each.action is action
                }
                given.append(
                    Given(
                        workflow_id=event.workflow_id,
                        step_id=event.step_id,
                        call=event.visit,
                        choice=Choice(),
                        action=action,
                        usual=True,
                        decision=event.decision,
                    )
                )
    path = Path(
        number=1,
        status=status,
        given=tuple(given),
        steps=tuple(steps),
        called=tuple(called),
    )
    return Travelled(
        paths=(path,), recipes={}, taken=frozenset(), truths=frozenset(truths)
    )
