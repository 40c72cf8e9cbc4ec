"""
Rules about the document alone: names, extensions, criteria, components.

https://spec.openapis.org/arazzo/v1.1.0.html#schema
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from urllib.parse import urljoin

from ..engine import schemas
from ..engine.actions import plan_criteria
from ..engine.lookup import Unit
from ..engine.report import Report
from ..engine.requests import payload_of
from ..errors import Location
from ..expressions.parser import Names
from ..messages import JSON
from ..model import Action, Criterion, Description, Parameter, Path
from .report import Findings
from .visibility import is_asynchronous

_ID = re.compile(r"[A-Za-z0-9_-]+")
_FILE_NAME = re.compile(r"(?:^|\.)arazzo\.(?:json|ya?ml)$")
_RESERVED = ("x-oai-", "x-oas-", "x-arazzo")
#: Members whose values are not objects of the specification.
_DATA = frozenset({"inputs", "payload", "value", "correlationId"})


def check_document(unit: Unit, findings: Findings) -> None:
    """All rules of this module."""
    description = unit.description
    _file_name(description, findings)
    _ids(description, findings)
    _extensions(description, findings)
    _criteria(description, findings)
    _inputs(unit, findings)
    _components(description, findings)
    _retries(description, findings)
    _steps(description, findings)
    _qualified(unit, findings)
    _identities(unit, findings)


def _file_name(description: Description, findings: Findings) -> None:
    """
    R-DOC-09. ``pets.arazzo.yaml``, as the specification's own examples are called, counts
    as that name.
    """
    name = description.uri.replace("\\", "/").rpartition("/")[2]
    if name and not name.startswith("<") and not _FILE_NAME.search(name):
        findings.at(
            "info",
            "AZ708",
            f"the name {name!r} does not show that this is an Arazzo document",
            Location(description.uri),
            "call it arazzo.yaml or arazzo.json, or end its name so",
        )


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


def _all_actions(description: Description) -> Iterator[Action]:
    """Every action where it is written, in workflows and in components."""
    for workflow in description.workflows:
        lists = [workflow.success_actions, workflow.failure_actions]
        for step in workflow.steps:
            lists += [step.on_success, step.on_failure]
        for each in lists:
            yield from (given for given in each if isinstance(given, Action))
    yield from description.components.success_actions.values()
    yield from description.components.failure_actions.values()


def _all_criteria(description: Description) -> Iterator[Criterion]:
    for workflow in description.workflows:
        for step in workflow.steps:
            yield from step.success_criteria
    for action in _all_actions(description):
        yield from action.criteria


def _criteria(description: Description, findings: Findings) -> None:
    """A-10, R-CRIT-04: by the letter a criterion with a type has a context."""
    for criterion in _all_criteria(description):
        if criterion.type == "simple" and criterion.context is None:
            findings.info(
                "AZ704",
                "by the specification's words a criterion with a type has a context",
                (*criterion.path, "type"),
                "leave out `type: simple`",
            )


def _inputs(unit: Unit, findings: Findings) -> None:
    """R-WF-06, R-COMP-05: schemas of inputs are schemas."""
    description = unit.description
    root = description.root
    named: list[tuple[JSON, Path]] = [
        (each.inputs, (*each.path, "inputs")) for each in description.workflows
    ]
    for name, schema in description.components.inputs.items():
        named.append((schema, ("components", "inputs", name)))
    for schema, path in named:
        if not isinstance(schema, Mapping | bool) or _refers_away(schema):
            continue
        try:
            schemas.validator(schema, root)
        except ValueError as problem:
            message = f"the schema of the inputs cannot be used: {problem}"
            findings.error("AZ204", message, path)


def _refers_away(schema: JSON) -> bool:
    """Whether a ``$ref`` leads out of the document: not followed here."""
    pending = [schema]
    while pending:
        one = pending.pop()
        if isinstance(one, Mapping):
            reference = one.get("$ref")
            if isinstance(reference, str) and not reference.startswith("#"):
                return True
            pending += one.values()
        elif isinstance(one, list | tuple):
            pending += one
    return False


def _retries(description: Description, findings: Findings) -> None:
    """R-FACT-15: a retry that says neither when nor how often."""
    for action in _all_actions(description):
        if action.type != "retry" or action.retry_after is not None:
            continue
        if "retryLimit" not in _at(description.root, action.path):
            findings.info(
                "AZ715",
                f"the action {action.name!r} retries once, and at once where a runner "
                "does not wait by itself",
                (*action.path, "name"),
                "give it retryAfter (seconds) and retryLimit",
            )


def _at(root: JSON, path: Path) -> Mapping[str, JSON]:
    value: object = root
    for key in path:
        value = value[key]  # type: ignore[index]
    return value if isinstance(value, Mapping) else {}


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
            if used:
                continue
            findings.add("info", "AZ705", f"nothing refers to {name!r}", path, key=True)
            component = members[name]
            if isinstance(component, Parameter):
                _parameter(component, names, report)
            elif isinstance(component, Action):
                plan_criteria(component.criteria, names, report, findings.strict)
                for each in component.parameters:
                    if isinstance(each, Parameter):
                        _parameter(each, names, report)
    findings.take(report.errors)
    findings.take(report.warnings)


def _parameter(parameter: Parameter, names: Names, report: Report) -> None:
    place = (*parameter.path, "value")
    payload_of(parameter.value, place, names, report, report.strict)


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
        asynchronous = any(is_asynchronous(step) for step in workflow.steps)
        for step in workflow.steps:
            if step.depends_on and not asynchronous:
                findings.info(  # N-DEP-05
                    "AZ706",
                    "in a workflow without messages the order of the list says enough",
                    (*step.path, "dependsOn"),
                )


def _qualified(unit: Unit, findings: Findings) -> None:
    """R-STEP-09; where sources are opened the engine says it, with the name."""
    sources = unit.description.source_descriptions
    if not unit.sources.unopened or sum(e.type != "arazzo" for e in sources) < 2:
        return
    for workflow in unit.description.workflows:
        for step in workflow.steps:
            written = step.operation_id
            if written is not None and not written.startswith("$sourceDescriptions."):
                findings.add(
                    "error" if findings.strict else "warning",
                    "AZ509",
                    f"with several source descriptions {written!r} must say which one it "
                    "is in",
                    (*step.path, "operationId"),
                    f"write $sourceDescriptions.NAME.{written}",
                )


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
