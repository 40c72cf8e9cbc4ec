"""
In which order steps and workflows run: ``dependsOn``, and what outputs are taken from.

Without any ``dependsOn`` a workflow's steps run in the order of the list. With one, the
order is fixed when the document is loaded: every step after those it depends on, named or
by the outputs it uses, and otherwise as in the list (checklist A-69).

https://spec.openapis.org/arazzo/v1.1.0.html#step-object (dependsOn)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ..errors import did_you_mean
from ..expressions import nodes
from ..expressions.criteria import operands_of
from ..expressions.templates import Payload, expressions
from ..model import Path, Step, Workflow
from .lookup import Unit
from .plan import Needed, Planned, PlannedCall, PlannedStep
from .report import Report
from .workflows import QUALIFIED, Target, find_workflow

_WORKFLOWS = "$workflows."


@dataclass(frozen=True, slots=True)
class Dependency:
    """An entry of a step's ``dependsOn``: `target` is None for a step of the same workflow."""

    target: Target | None
    step_id: str


def read_dependencies(
    step: Step, workflow: Workflow, unit: Unit, report: Report
) -> tuple[Dependency, ...]:
    """The steps that *step* depends on; what names none is reported."""
    found = []
    for index, written in enumerate(step.depends_on):
        path = (*step.path, "dependsOn", index)
        if written.startswith((_WORKFLOWS, QUALIFIED)):
            dependency = _elsewhere(written, unit, path, report)
        else:
            dependency = _here(written, workflow, path, report)
        if dependency is not None:
            found.append(dependency)
    return tuple(found)


def _here(
    written: str, workflow: Workflow, path: Path, report: Report
) -> Dependency | None:
    known = [each.step_id for each in workflow.steps]
    if written in known:
        return Dependency(None, written)
    hint = did_you_mean(written, known, "steps")
    report.error("AZ304", f"no step {written!r} in this workflow", path, hint)
    return None


def _elsewhere(
    written: str, unit: Unit, path: Path, report: Report
) -> Dependency | None:
    """``$workflows.<id>.steps.<id>`` or ``$sourceDescriptions.<name>.<id>.steps.<id>``."""
    named, mark, step_id = written.rpartition(".steps.")
    if not mark:
        report.error(
            "AZ304",
            f"{written!r} does not name a step",
            path,
            "write $workflows.ID.steps.ID or $sourceDescriptions.NAME.ID.steps.ID",
        )
        return None
    target = find_workflow(named.removeprefix(_WORKFLOWS), unit, path, report)
    if target is None:
        return None
    known = [each.step_id for each in target.workflow.steps]
    if step_id not in known:
        message = f"workflow {target.workflow.workflow_id!r} has no step {step_id!r}"
        report.error("AZ304", message, path, did_you_mean(step_id, known, "steps"))
        return None
    return Dependency(target, step_id)


def in_order(
    steps: Sequence[Planned], workflow: Workflow, report: Report
) -> tuple[Planned, ...]:
    """*steps*, in the order they run, each with its `index`."""
    ordered = list(steps)
    if any(each.depends_on for each in workflow.steps):
        known = {each.step_id for each in steps}
        before = {
            each.step_id: [
                name
                for name in (
                    *(need.step_id for need in each.depends_on if not need.workflow),
                    *_used_steps(each),
                )
                if name in known and name != each.step_id
            ]
            for each in steps
        }
        ordered = _sorted(ordered, before, workflow, report)
    return tuple(replace(each, index=index) for index, each in enumerate(ordered))


def _sorted(
    steps: list[Planned],
    before: Mapping[str, Sequence[str]],
    workflow: Workflow,
    report: Report,
) -> list[Planned]:
    ordered: list[Planned] = []
    done: set[str] = set()
    waiting = list(steps)
    while waiting:
        ready = next((s for s in waiting if done.issuperset(before[s.step_id])), None)
        if ready is None:
            ring = _ring([each.step_id for each in waiting], before)
            written = next(
                each
                for each in workflow.steps
                if each.step_id in ring and each.depends_on
            )
            report.error(
                "AZ313",
                f"steps depend on each other: {' → '.join(ring)}",
                (*written.path, "dependsOn"),
            )
            return steps
        waiting.remove(ready)
        ordered.append(ready)
        done.add(ready.step_id)
    return ordered


def _ring(waiting: Sequence[str], before: Mapping[str, Sequence[str]]) -> list[str]:
    """A cycle among *waiting*, each of which waits for another of them."""
    trail: list[str] = [waiting[0]]
    while True:
        following = next(name for name in before[trail[-1]] if name in waiting)
        if following in trail:
            return [*trail[trail.index(following) :], following]
        trail.append(following)


def _used_steps(step: Planned) -> Iterator[str]:
    """The steps whose outputs *step* uses (N-DEP-02)."""
    for operand in used_operands(step):
        if isinstance(operand.expression, nodes.StepOutput):
            yield operand.expression.step_id


def used_operands(step: Planned) -> Iterator[nodes.Operand]:
    """Every expression of *step*, those of its actions included."""
    for parameter in step.parameters:
        yield from expressions(parameter.value)
    if isinstance(step, PlannedStep):
        for payload in payloads_of(step):
            yield from expressions(payload)
    for output in step.outputs:
        yield from expressions(output.value)
    for criterion in step.success_criteria:
        yield from operands_of(criterion.test)
    for action in (*step.on_success, *step.on_failure):
        for parameter in action.parameters:
            yield from expressions(parameter.value)
        for criterion in action.criteria:
            yield from operands_of(criterion.test)


def payloads_of(step: PlannedStep) -> Iterator[Payload]:
    """The values of a request's body."""
    if step.body is not None:
        yield step.body
    for each in step.replacements:
        yield each.value
        if isinstance(each.target, nodes.Embedded):
            yield each.target


def needed(
    dependencies: Sequence[Dependency], names: Mapping[tuple[int, str], str]
) -> tuple[Needed, ...]:
    """*dependencies* by the names that workflows have in the run."""
    return tuple(
        Needed(names[key_of(each.target)] if each.target else "", each.step_id)
        for each in dependencies
    )


def key_of(target: Target) -> tuple[int, str]:
    """What tells a workflow from all others while plans are made."""
    return id(target.unit.description), target.workflow.workflow_id


def check_cycles(
    edges: Mapping[str, Sequence[tuple[str, Path]]], reports: Mapping[str, Report]
) -> None:
    """Report workflows that depend on each other (A-51): *edges* by name in the run."""
    finished: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        for following, path in edges.get(name, ()):
            if following in (*trail, name):
                ring = (*trail, name)[(*trail, name).index(following) :]
                reports[name].error(
                    "AZ313",
                    f"workflows depend on each other: {' → '.join((*ring, following))}",
                    path,
                )
            elif following not in finished:
                visit(following, (*trail, name))
        finished.add(name)

    for name in edges:
        if name not in finished:
            visit(name, ())


def called(step: Planned) -> Iterator[str]:
    """The workflows that *step* can come to, by name in the run."""
    if isinstance(step, PlannedCall):
        yield step.workflow
    for action in (*step.on_success, *step.on_failure):
        if action.workflow:
            yield action.workflow
