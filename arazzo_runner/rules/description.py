"""
Rules about the document alone: names, extensions, criteria, components.

https://spec.openapis.org/arazzo/v1.1.0.html#schema
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from urllib.parse import urljoin

from ..engine.actions import plan_criteria
from ..engine.lookup import Unit
from ..engine.report import Report
from ..engine.requests import payload_of
from ..expressions.parser import Names
from ..messages import JSON
from ..model import Criterion, Description, Path, Step
from .report import Findings

_ID = re.compile(r"[A-Za-z0-9_-]+")
_RESERVED = ("x-oai-", "x-oas-", "x-arazzo")
#: Members whose values are not objects of the specification.
_DATA = frozenset({"inputs", "payload", "value", "correlationId"})


def check_document(unit: Unit, findings: Findings) -> None:
    """All rules of this module."""
    description = unit.description
    _ids(description, findings)
    _extensions(description, findings)
    _criteria(description, findings)
    _components(description, findings)
    _steps(description, findings)
    _identities(unit, findings)


def _ids(description: Description, findings: Findings) -> None:
    """R-SRC-03, R-WF-04, R-STEP-04."""
    named: list[tuple[str, Path, str]] = [
        (each.name, (*each.path, "name"), "name of a source description")
        for each in description.source_descriptions
    ]
    for workflow in description.workflows:
        named.append(
            (workflow.workflow_id, (*workflow.path, "workflowId"), "workflowId")
        )
        for step in workflow.steps:
            named.append((step.step_id, (*step.path, "stepId"), "stepId"))
    for name, path, what in named:
        if name and not _ID.fullmatch(name):
            findings.warning(
                "AZ702",
                f"the {what} {name!r} should have A-Z a-z 0-9 _ - only",
                path,
                "expressions of other tools may not find it",
            )


def _extensions(description: Description, findings: Findings) -> None:
    """R-EXT-02."""
    for name, path in _members(description.root, ()):
        if name.startswith(_RESERVED):
            findings.add(
                "warning",
                "AZ701",
                f"extensions that begin with {_prefix(name)!r} are reserved",
                path,
                key=True,
            )


def _prefix(name: str) -> str:
    return next(each for each in _RESERVED if name.startswith(each))


def _members(value: JSON, path: Path) -> Iterator[tuple[str, Path]]:
    if isinstance(value, Mapping):
        for name, each in value.items():
            yield name, (*path, name)
            if name not in _DATA and not name.startswith(("x-", "$refs")):
                yield from _members(each, (*path, name))
    elif isinstance(value, list | tuple):
        for index, each in enumerate(value):
            yield from _members(each, (*path, index))


def _all_criteria(description: Description) -> Iterator[Criterion]:
    components = description.components
    actions = [
        *components.success_actions.values(),
        *components.failure_actions.values(),
    ]
    for workflow in description.workflows:
        for step in workflow.steps:
            yield from step.success_criteria
            for given in (*step.on_success, *step.on_failure):
                yield from getattr(given, "criteria", ())
        for given in (*workflow.success_actions, *workflow.failure_actions):
            yield from getattr(given, "criteria", ())
    for action in actions:
        yield from action.criteria


def _criteria(description: Description, findings: Findings) -> None:
    """A-10, R-CRIT-04: a context beside a simple condition, or none beside its type."""
    for criterion in _all_criteria(description):
        if criterion.type not in (None, "simple"):
            continue
        if criterion.context is not None:
            findings.warning(
                "AZ703",
                "a simple condition takes no context; it is ignored",
                (*criterion.path, "context"),
                "remove it, or give the type: jsonpath, xpath or regex",
            )
        elif criterion.type == "simple":
            findings.info(
                "AZ704",
                "by the specification's words a criterion with a type has a context",
                (*criterion.path, "type"),
                "leave out `type: simple`",
            )


def _components(description: Description, findings: Findings) -> None:
    """R-COMP-03, R-COMP-05: what nobody refers to is checked as far as it can be alone."""
    components = description.components
    referred = set(_references(description.root))
    report = Report(description, findings.strict)
    names = Names(navigation=True, selectors=not description.arazzo.startswith("1.0"))
    sections: tuple[tuple[str, Mapping[str, object]], ...] = (
        ("parameters", components.parameters),
        ("successActions", components.success_actions),
        ("failureActions", components.failure_actions),
        ("inputs", components.inputs),
    )
    for section, members in sections:
        for name in members:
            path: Path = ("components", section, name)
            used = f"$components.{section}.{name}" in referred
            if section == "inputs":
                used = any(each.endswith(f"/inputs/{name}") for each in referred)
            if not used:
                findings.add(
                    "info", "AZ705", f"nothing refers to {name!r}", path, key=True
                )
    for parameter in components.parameters.values():
        place = (*parameter.path, "value")
        payload_of(parameter.value, place, names, report, findings.strict)
    for action in (
        *components.success_actions.values(),
        *components.failure_actions.values(),
    ):
        plan_criteria(action.criteria, names, report, findings.strict)
    findings.take(report.errors)
    findings.take(report.warnings)


def _references(value: JSON) -> Iterator[str]:
    pending = [value]
    while pending:
        one = pending.pop()
        if isinstance(one, Mapping):
            pending += one.values()
        elif isinstance(one, list | tuple):
            pending += one
        elif isinstance(one, str) and one.startswith(("$components.", "#/")):
            yield one


def _steps(description: Description, findings: Findings) -> None:
    for workflow in description.workflows:
        asynchronous = any(_is_async(step) for step in workflow.steps)
        for step in workflow.steps:
            if step.depends_on and not asynchronous:
                findings.info(  # N-DEP-05
                    "AZ706",
                    "in a workflow without messages the order of the list says enough",
                    (*step.path, "dependsOn"),
                )


def _is_async(step: Step) -> bool:
    return step.channel_path is not None or step.action is not None


def _identities(unit: Unit, findings: Findings) -> None:
    """N-ID-01: a document that says what it is called is referred to by that name."""
    base = unit.description.base_uri
    for source in unit.description.source_descriptions:
        other = unit.sources.descriptions.get(source.name)
        if other is None or not other.description.self_uri:
            continue
        own = other.description.base_uri
        if urljoin(base, source.url) != own:
            findings.warning(
                "AZ707",
                f"the document calls itself {own}, and is to be referred to so",
                (*source.path, "url"),
                f"write {own}",
            )
