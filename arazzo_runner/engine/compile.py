"""
From a description to a plan: every expression parsed, every name looked up, every problem
reported before anything is sent.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from ..errors import Diagnostic, DocumentError
from ..expressions.parser import Names, WorkflowNames
from ..model import Description, Path, Workflow
from . import schemas
from .lookup import Sources, Unit
from .order import called, check_cycles, in_order, key_of
from .plan import Plan, PlannedStep, Settings
from .report import Report
from .secrecy import find_secrets
from .steps import plan_outputs, plan_step
from .surroundings import Surroundings
from .workflows import Target, find_workflow, output_names, workflow_names


def plan_workflow(
    description: Description,
    workflow: Workflow,
    sources: Sources,
    *,
    settings: Settings | None = None,
    servers: Mapping[str, str] | None = None,
    server_variables: Mapping[str, str] | None = None,
    secrets: Collection[str] = (),
    mock: bool = False,
) -> Plan:
    """
    The plan of *workflow*, with those of the workflows that it can come to.

    *servers* replaces the server of a source description by name, that of a source
    description of another document by both names, ``payments.api``; *server_variables*
    are values for the variables in servers' URLs, by name or by ``source.name``; *secrets*
    names inputs that must not be seen; with *mock* a description need not have a real
    server.

    Raises:
        DocumentError: with every problem found, each at its place.
    """
    unit = Unit(description=description, sources=sources)
    program = _Program(
        settings or Settings(), servers or {}, server_variables or {}, mock
    )
    entry = program.add(Target(unit, workflow))
    program.complete()
    problems = program.problems() or program.settle(entry, secrets)
    if problems:
        error = DocumentError.of(problems)
        error.warnings = program.warnings()
        raise error
    return program.plans[entry]


class Examined(NamedTuple):
    """What could be planned of a workflow, and everything that is wrong or accepted."""

    plan: Plan
    errors: tuple[Diagnostic, ...]
    warnings: tuple[Diagnostic, ...]


def examine_workflow(unit: Unit, workflow: Workflow, *, strict: bool) -> Examined:
    """
    As `plan_workflow`, for who wants to know rather than to run: a step whose operation is
    not known is a plain `Planned`, and a server is not needed.
    """
    program = _Program(Settings(strict=strict), {}, {}, True)
    entry = program.add(Target(unit, workflow))
    program.complete()
    errors = program.problems() or program.settle(entry, ())
    return Examined(program.plans[entry], tuple(errors), program.warnings())


def _below(prefix: str, given: Mapping[str, str]) -> dict[str, str]:
    return {
        key.removeprefix(prefix): text
        for key, text in given.items()
        if key.startswith(prefix)
    }


@dataclass(slots=True)
class _Program:
    """
    All workflows that one run can come to.

    Attributes:
        plans: By name in the run.
        names: Of workflows, by what tells them apart (`order.key_of`).
        prefixes: What is put before the names of a document's workflows.
    """

    settings: Settings
    servers: Mapping[str, str]
    variables: Mapping[str, str]
    mock: bool
    plans: dict[str, Plan] = field(default_factory=dict)
    names: dict[tuple[int, str], str] = field(default_factory=dict)
    prefixes: dict[int, str] = field(default_factory=dict)
    waiting: list[tuple[str, Target]] = field(default_factory=list)
    reports: dict[str, Report] = field(default_factory=dict)
    edges: dict[str, list[tuple[str, Path]]] = field(default_factory=dict)

    def add(self, target: Target) -> str:
        """The name in the run of a workflow, which will be planned if it is not yet."""
        key = key_of(target)
        if key not in self.names:
            prefix = self.prefixes.setdefault(id(target.unit.description), "")
            name = prefix + target.workflow.workflow_id
            while name in self.reports:  # ids may hold dots
                name += "'"
            self.names[key] = name
            self.reports[name] = Report(target.unit.description, self.settings.strict)
            self.waiting.append((name, target))
        return self.names[key]

    def complete(self) -> None:
        """Plan every workflow that is waiting, and those that come up on the way."""
        while self.waiting:
            name, target = self.waiting.pop(0)
            self._name_sources(target.unit)
            self._plan(name, target)
        check_cycles(self.edges, self.reports)

    def _name_sources(self, unit: Unit) -> None:
        prefix = self.prefixes[id(unit.description)]
        for name, other in unit.sources.descriptions.items():
            self.prefixes.setdefault(id(other.description), f"{prefix}{name}.")

    def _plan(self, name: str, target: Target) -> None:
        unit, workflow = target
        description, report = unit.description, self.reports[name]
        names = _names(unit, workflow)
        prefix = self.prefixes[id(description)]
        around = Surroundings(
            unit=unit,
            workflow=workflow,
            key=name,
            names=names,
            report=report,
            add=self.add,
            servers=_below(prefix, self.servers),
            variables={
                **{
                    name: text
                    for name, text in self.variables.items()
                    if "." not in name
                },
                **_below(prefix, self.variables),
            },
            mock=self.mock,
        )
        depends_on = self._dependencies(name, target, report)
        steps, servers = [], {}
        for each in workflow.steps:
            step, servers[each.step_id] = plan_step(each, around)
            steps.append(step)
        ordered = in_order(steps, workflow, report)
        self.plans[name] = Plan(
            description=description.uri,
            workflow_id=name,
            steps=ordered,
            index={step.step_id: step.index for step in ordered},
            outputs=plan_outputs(workflow.outputs, workflow.path, names, report),
            inputs=workflow.inputs,
            depends_on=depends_on,
            plans=self.plans,
            known=self._known(target),
            sources={
                each.name: {"url": each.url, "type": each.type}
                if each.type
                else {"url": each.url}
                for each in description.source_descriptions
            },
            servers=servers,
            components=(
                description.root.get("components")
                if isinstance(description.root, Mapping)
                else None
            ),
            self_uri=description.base_uri if description.self_uri else description.uri,
            settings=self.settings,
            unit=unit,
            workflow=workflow,
        )

    def _dependencies(
        self, name: str, target: Target, report: Report
    ) -> tuple[str, ...]:
        """Names of the workflows that must succeed before this one begins (A-51)."""
        found: dict[str, None] = {}
        self.edges[name] = []
        for index, written in enumerate(target.workflow.depends_on):
            path = (*target.workflow.path, "dependsOn", index)
            other = find_workflow(written, target.unit, path, report)
            if other is not None:
                key = self.add(other)
                found[key] = None
                self.edges[name].append((key, path))
        return tuple(found)

    def _known(self, target: Target) -> dict[str, str]:
        """Names in the run by the ids that ``$workflows`` may use in *target*'s document."""
        known: dict[str, str] = {}
        for (owner, workflow_id), name in self.names.items():
            if owner == id(target.unit.description):
                known[workflow_id] = name
        for other in target.unit.sources.descriptions.values():
            for each in other.description.workflows:
                key = key_of(Target(other, each))
                if key in self.names:
                    known.setdefault(each.workflow_id, self.names[key])
        return known

    def problems(self) -> list[Diagnostic]:
        """Every problem found so far, those of the workflow that is run first."""
        found: list[Diagnostic] = []
        for report in self.reports.values():
            found += [each for each in report.errors if each not in found]
        return found

    def warnings(self) -> tuple[Diagnostic, ...]:
        """What was accepted, in the same order."""
        found: dict[Diagnostic, None] = {}
        for report in self.reports.values():
            found.update((each, None) for each in report.warnings)
        return tuple(found)

    def settle(self, entry: str, secrets: Collection[str]) -> list[Diagnostic]:
        """Say what is secret, and who is known; gives the problems of that."""
        needed = {name for plan in self.plans.values() for name in plan.depends_on}
        named = dict.fromkeys((entry, *sorted(needed)), secrets)
        found = find_secrets(self.plans, self.reports, named)
        given = {
            name
            for plan in self.plans.values()
            for step in plan.steps
            for name in called(step)
        }
        warnings = self.warnings()
        for name, plan in self.plans.items():
            target = Target(plan.unit, plan.workflow)
            self.plans[name] = replace(
                plan,
                known=self._known(target),
                validate=(
                    _validator(target, self.reports[name]) if name in given else None
                ),
                secret_inputs=found[name].inputs,
                secret_members=found[name].members,
                warnings=warnings if name == entry else (),
            )
        return self.problems()


def _validator(target: Target, report: Report) -> schemas.Validate | None:
    schema, root = target.workflow.inputs, target.unit.description.root
    if not isinstance(schema, Mapping | bool):
        return None
    try:
        return schemas.validator(schema, root)
    except ValueError as problem:
        report.error(
            "AZ204",
            f"the schema of the inputs cannot be used: {problem}",
            (*target.workflow.path, "inputs"),
        )
        return None


def _names(unit: Unit, workflow: Workflow) -> Names:
    description = unit.description
    workflows: dict[str, WorkflowNames] = {}
    for other in unit.sources.descriptions.values():
        for each in other.description.workflows:
            workflows[each.workflow_id] = workflow_names(Target(other, each))
    for each in description.workflows:
        workflows[each.workflow_id] = workflow_names(Target(unit, each))
    elsewhere = any(each.type == "arazzo" for each in description.source_descriptions)
    components = description.components
    return Names(
        inputs=schemas.input_names(description, workflow),
        steps=_step_names(unit, workflow),
        outputs=frozenset(workflow.outputs),
        workflows=None if unit.sources.unopened and elsewhere else workflows,
        sources=frozenset(each.name for each in description.source_descriptions),
        components={
            "inputs": frozenset(components.inputs),
            "parameters": frozenset(components.parameters),
            "successActions": frozenset(components.success_actions),
            "failureActions": frozenset(components.failure_actions),
        },
        navigation=not description.arazzo.startswith("1.0"),
        selectors=not description.arazzo.startswith("1.0"),
    )


def _step_names(unit: Unit, workflow: Workflow) -> dict[str, frozenset[str] | None]:
    """
    The outputs of each step by its id. A step that calls a workflow and declares none has
    those of the workflow (checklist A-50).
    """
    found: dict[str, frozenset[str] | None] = {}
    for step in workflow.steps:
        found[step.step_id] = frozenset(step.outputs)
        if step.workflow_id is not None and not step.outputs:
            quiet = Report(unit.description)
            target = find_workflow(step.workflow_id, unit, (), quiet)
            found[step.step_id] = output_names(target) if target else None
    return found


def operation_steps(plan: Plan) -> tuple[PlannedStep, ...]:
    """The steps of all workflows that a run of *plan* can come to."""
    return tuple(
        step for each in plan.plans.values() for step in each.operation_steps()
    )
