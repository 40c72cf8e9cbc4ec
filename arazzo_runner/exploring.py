"""Explores the workflows of a document: opens it, makes inputs, runs every path."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path as FilePath
from typing import BinaryIO, TypeAlias

from .engine.compile import plan_workflow
from .engine.lookup import Unit
from .engine.plan import Plan, Settings
from .errors import ArazzoError, Diagnostic, InputError, UsageError, did_you_mean
from .exploration.coverage import Coverage, coverage_of
from .exploration.findings import findings_of
from .exploration.paths import Limits, Path, Start, Travelled
from .exploration.samples import sample_inputs
from .exploration.scenarios import scenario, scenario_text
from .exploration.travelling import travel
from .exploration.variations import variations
from .inputs.prepare import Prepared, dependencies, prepare_inputs
from .masking import Masker
from .messages import JSON
from .mock.schemas import NoValue
from .model import Workflow
from .opening import open_unit
from .transports.spool import Spool

#: Gives the inputs of a workflow that are not to be made up.
GivenInputs: TypeAlias = Callable[[Plan], Mapping[str, object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asserted:
    """A step whose criteria ask for a status that its operation does not declare."""

    workflow_id: str
    step_id: str
    status: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Explored:
    """
    A workflow, explored.

    Attributes:
        inputs: What it was run with, made from its schema where none were given; without
            files and secrets that were given. Other sets follow where it branches on some.
        paths: Every path that was run, the usual one first.
        coverage: What they have come to.
        findings: What they show to be wrong.
        left: Paths that the limits kept from being run.
        hidden: Secrets that were given: no scenario holds them.
        asserted: Where the mock answers what the criteria ask for, and not the description.
    """

    workflow_id: str
    paths: tuple[Path, ...] = ()
    coverage: Coverage = field(default_factory=Coverage)
    findings: tuple[Diagnostic, ...] = ()
    inputs: tuple[Mapping[str, object], ...] = ({},)
    left: int = 0
    asserted: tuple[Asserted, ...] = ()
    seed: int = 0
    hidden: tuple[str, ...] = field(default=(), repr=False)
    plan: Plan = field(repr=False)

    @property
    def succeeded(self) -> bool:
        """Whether some path succeeds."""
        return any(each.status == "succeeded" for each in self.paths)

    @property
    def error(self) -> Diagnostic | None:
        """Why the usual path does not succeed, if none does."""
        return None if self.succeeded or not self.paths else self.paths[0].error

    def scenario(self, path: Path) -> str:
        """The text of the scenario file that makes a mock run go along *path*."""
        end = (
            path.status if path.error is None else f"{path.status} ({path.error.code})"
        )
        comment = (
            f"Path {path.number} of workflow {self.workflow_id}: {end}\n{path.name}"
        )
        written = scenario(self.plan, path, self.inputs[path.start], seed=self.seed)
        # A mock repeats in its replies what a request gave.
        return Masker(self.hidden).text(scenario_text(written, comment))


@dataclass(frozen=True, slots=True, kw_only=True)
class Exploration:
    """
    What `explore` found: the workflows of one document, in their order.

    Attributes:
        problems: Why a workflow could not be explored, by its id.
        texts: The texts that findings point into, by URI.
    """

    uri: str
    workflows: tuple[Explored, ...] = ()
    problems: Mapping[str, tuple[Diagnostic, ...]] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def findings(self) -> tuple[Diagnostic, ...]:
        """Those of all workflows."""
        found = [each for one in self.workflows for each in one.findings]
        return tuple(dict.fromkeys(found))

    def only(self, wanted: Callable[[Diagnostic], bool]) -> Exploration:
        """The same with those findings that are *wanted*."""
        workflows = tuple(
            replace(one, findings=tuple(filter(wanted, one.findings)))
            for one in self.workflows
        )
        return replace(self, workflows=workflows)

    @property
    def exit_status(self) -> int:
        """
        0 without findings above a note and with a path of each workflow that succeeds, 3 if
        no workflow could be explored, else 1.
        """
        if not self.workflows:
            return 3
        wrong = any(each.severity != "info" for each in self.findings)
        whole = not self.problems and all(each.succeeded for each in self.workflows)
        return 0 if whole and not wrong else 1


def explore(
    description: str | os.PathLike[str],
    workflow: str | None = None,
    inputs: Mapping[str, object] | GivenInputs | None = None,
    *,
    sources: str | Mapping[str, str] | None = None,
    secrets: Collection[str] = (),
    strict: bool = False,
    limits: Limits | None = None,
    seed: int = 0,
    stdin: BinaryIO | None = None,
) -> Exploration:
    """
    Run every path of the workflows of *description*; nothing is sent.

    Args:
        description: A path, an http(s) URL, or ``-`` for *stdin*.
        workflow: The id of one; all of them if None.
        inputs: By name; what is not given is made from the schema of the inputs. Or
            something that gives them for a plan.
        secrets: Names of inputs that must not be seen, beside those we find ourselves.
        limits: How many paths, requests and loops; see `Limits`.
        seed: What generated values are drawn from.

    Raises:
        DocumentError: the document cannot be used.
        UsageError: an unknown workflow or source description.
        InputError: the inputs that were given do not fit.
    """
    opened = open_unit(
        os.fspath(description), sources=sources, strict=strict, stdin=stdin
    )
    unit = opened.unit
    chosen = _chosen(unit, workflow)
    found: list[Explored] = []
    problems: dict[str, tuple[Diagnostic, ...]] = {}
    for each in chosen:
        try:
            found.append(
                explore_workflow(
                    unit,
                    each,
                    inputs,
                    secrets=secrets,
                    strict=strict,
                    limits=limits,
                    seed=seed,
                )
            )
        except InputError as error:
            if inputs:
                raise
            problems[each.workflow_id] = tuple(error.problems)
        except ArazzoError as error:
            problems[each.workflow_id] = tuple(error.problems)
    texts = {uri: opened.text(uri) or "" for uri in opened.texts}
    return Exploration(
        uri=unit.description.uri,
        workflows=tuple(found),
        problems=problems,
        texts=texts,
    )


def _chosen(unit: Unit, workflow: str | None) -> Sequence[Workflow]:
    every = unit.description.workflows
    if workflow is None:
        return every
    chosen = [each for each in every if each.workflow_id == workflow]
    if not chosen:
        raise UsageError(
            f"{unit.description.uri} has no workflow {workflow!r}",
            code="unknown-workflow",
            hint=did_you_mean(
                workflow, [each.workflow_id for each in every], "workflows"
            ),
        )
    return chosen


def explore_workflow(
    unit: Unit,
    workflow: Workflow,
    inputs: Mapping[str, object] | GivenInputs | None = None,
    *,
    secrets: Collection[str] = (),
    strict: bool = False,
    limits: Limits | None = None,
    seed: int = 0,
) -> Explored:
    """
    Run every path of one *workflow* of *unit*.

    Raises:
        DocumentError: the workflow cannot be planned.
        InputError: the inputs do not fit, or none can be made.
    """
    plan = plan_workflow(
        unit.description,
        workflow,
        unit.sources,
        settings=Settings(strict=strict),
        secrets=tuple(secrets),
        mock=True,
    )
    given = inputs(plan) if callable(inputs) else inputs or {}
    values: dict[str, object] = {**made_inputs(plan, seed), **given}
    with Spool() as spool:
        prepared = prepare_inputs(plan, values, spool=spool, mock=True, strict=strict)
        starts, sets = [_start("", prepared)], [values]
        for name, other in variations(plan, values):
            if not given.keys() & _changed(values, other):
                with suppress(InputError):  # a value that the schema does not allow
                    ready = prepare_inputs(
                        plan, other, spool=spool, mock=True, strict=strict
                    )
                    starts.append(_start(name, ready))
                    sets.append(other)
        travelled = travel(
            plan,
            starts,
            hidden=prepared.hidden,
            bodies=spool,
            limits=limits,
            seed=seed,
        )
    masker = Masker(prepared.hidden)
    return Explored(
        workflow_id=workflow.workflow_id,
        paths=travelled.paths,
        coverage=coverage_of(plan, travelled),
        findings=tuple(
            replace(each, message=masker.text(each.message))
            for each in findings_of(plan, travelled)
        ),
        inputs=tuple(_shown(plan, each, given) for each in sets),
        left=travelled.left,
        asserted=_asserted(plan, travelled),
        seed=seed,
        hidden=tuple(
            str(value)
            for name in sorted(plan.secret_inputs & given.keys())
            if isinstance(
                value := prepared.secrets.get(f"inputs.{name}"), str | int | float
            )
        ),
        plan=plan,
    )


def _start(name: str, prepared: Prepared) -> Start:
    return Start(
        name=name,
        inputs=prepared.values,
        given=prepared.given,
        secrets=prepared.secrets,
    )


def _changed(one: Mapping[str, object], other: Mapping[str, object]) -> set[str]:
    """The names that are not the same in both."""
    names = one.keys() | other.keys()
    return {each for each in names if one.get(each) is not other.get(each)}


def _shown(
    plan: Plan, values: Mapping[str, object], given: Mapping[str, object]
) -> dict[str, object]:
    """*values* without files and secrets that were given."""
    return {
        name: value
        for name, value in values.items()
        if not isinstance(value, FilePath)
        and not (name in plan.secret_inputs and name in given)
    }


def made_inputs(plan: Plan, seed: int = 0) -> dict[str, JSON]:
    """
    Inputs that the schemas of *plan* allow; for the workflows that must run before under
    their names.

    Raises:
        InputError: a schema allows no value.
    """
    values: dict[str, JSON] = {}
    for name in (*dependencies(plan), plan.workflow_id):
        one = plan.plans[name]
        try:
            made = sample_inputs(one, seed)
        except NoValue as problem:
            raise InputError(
                f"no inputs can be made for workflow {name!r}: {problem}",
                location=plan.unit.description.locate((*one.workflow.path, "inputs")),
                hint="give them with -i",
            ) from None
        if name == plan.workflow_id:
            values.update(made)
        elif made:
            values[name] = made
    return values


def _asserted(plan: Plan, travelled: Travelled) -> tuple[Asserted, ...]:
    """Where the usual answer has a status that the operation does not declare."""
    found = []
    for (workflow_id, step_id), recipe in travelled.recipes.items():
        status = recipe.choices[0].status
        step = plan.operation_step(workflow_id, step_id)
        declared = {key.upper() for key in step.operation.responses}
        known = {"DEFAULT", str(status), f"{status // 100}XX"}
        if declared and not declared & known:
            found.append(
                Asserted(workflow_id=workflow_id, step_id=step_id, status=status)
            )
    return tuple(found)
