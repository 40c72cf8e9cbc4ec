"""
Which operation a step calls.

https://spec.openapis.org/arazzo/v1.1.0.html#step-object (operationId, operationPath)
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Container, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple, TypeAlias

from ..asyncapi import AsyncDocument
from ..errors import Diagnostic, DocumentError, Fix, did_you_mean
from ..model import Description, Path, Step
from ..openapi.document import Document
from ..openapi.operations import Operation, find_by_id, find_by_pointer
from .report import Report

_QUALIFIED = re.compile(r"\$sourceDescriptions\.(?P<rest>.+)", re.DOTALL)
# The forms of operationPath that are met (checklist A-34); the first is the specification's.
_PATH_FORMS = (
    re.compile(r"\{\$sourceDescriptions\.(?P<name>[^{}]+)\.url\}(?P<pointer>#.*)"),
    re.compile(r"\$sourceDescriptions\.(?P<name>.+)\.url(?P<pointer>#.*)"),
    re.compile(r"\{?\$sourceDescriptions\.(?P<name>[^#{}]+)\}?(?P<pointer>#.*)"),
    re.compile(r"(?P<name>[^#$]*)(?P<pointer>#.*)"),
)


class Found(NamedTuple):
    """An operation and the name of the source description it is in."""

    source: str
    operation: Operation


#: An operationId and names of source descriptions to descriptions that may have it.
Beside: TypeAlias = Callable[[str, Container[str]], Iterable[tuple[str, Document]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """
    The API descriptions of a document.

    Attributes:
        documents: Those that could be opened, by source description name.
        descriptions: Other Arazzo documents, by source description name. Documents may
            name each other, so a mapping may lead back to where one came from.
        asyncapi: AsyncAPI descriptions, by source description name.
        failures: Why another could not, by name, all that is wrong with it; errors only
            for who needs it.
        beside: Gives the API descriptions that lie beside those named and seem to have an
            operation of this id, each with the name of the source description it may
            stand for.
    """

    documents: Mapping[str, Document] = field(default_factory=dict)
    descriptions: Mapping[str, Unit] = field(default_factory=dict)
    asyncapi: Mapping[str, AsyncDocument] = field(default_factory=dict)
    failures: Mapping[str, tuple[Diagnostic, ...]] = field(default_factory=dict)
    unopened: bool = False
    beside: Beside | None = None

    def problems(self) -> tuple[Diagnostic, ...]:
        """All failures together."""
        return tuple(each for found in self.failures.values() for each in found)

    def names(self) -> tuple[str, ...]:
        """The name of every source description."""
        return (*self.documents, *self.descriptions, *self.asyncapi, *self.failures)

    def with_operations(self) -> int:
        """How many have operations, or may have: all but Arazzo documents (R-STEP-09)."""
        return len(self.documents) + len(self.asyncapi) + len(self.failures)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Unit:
    """
    An Arazzo document with the source descriptions that it names: what its workflows,
    components and operations are looked up in (R-COMP-04).

    `warnings`: what opening it had to say.
    """

    description: Description
    sources: Sources = field(default_factory=Sources)
    warnings: tuple[Diagnostic, ...] = ()


def find_operation(
    step: Step, sources: Sources, report: Report, *, strict: bool
) -> Found | None:
    """The operation of *step*; None after the reason has been reported."""
    before = len(report.errors)
    try:
        if step.operation_id is not None:
            found = _by_id(step, step.operation_id, sources, report, strict)
        else:
            found = _by_path(step, step.operation_path or "", sources, report)
    except DocumentError as problem:
        report.take(_at_step(each, step, report) for each in problem.problems)
        return None
    if found is None and len(report.errors) == before:
        report.take(sources.problems())
    if found is not None:
        told = {each.message for each in report.warnings}
        report.warnings += [
            _at_step(each, step, report)
            for each in found.operation.problems
            if each.message not in told
        ]
    return found


def _at_step(problem: Diagnostic, step: Step, report: Report) -> Diagnostic:
    """A problem of an API description, at the step that needs it: both places are told."""
    field = "operationId" if step.operation_id is not None else "operationPath"
    place = report.description.locate((*step.path, field))
    related = ((problem.location, "in the API description"), *problem.related)
    return replace(problem, location=place, related=related)


def _by_id(
    step: Step, written: str, sources: Sources, report: Report, strict: bool
) -> Found | None:
    path = (*step.path, "operationId")
    candidates = sources.documents
    wanted = written
    if qualified := _QUALIFIED.fullmatch(written):
        name, wanted = source_of(qualified["rest"], sources)
        if name is None:
            report.error(
                "AZ305",
                f"{written!r} names no source description of this document",
                path,
                did_you_mean(
                    qualified["rest"].split(".")[0],
                    sources.names(),
                    "source descriptions",
                ),
            )
            return None
        if not _has_operations(name, written, sources, report, path):
            return None
        candidates = {name: sources.documents[name]}
    matches = [
        Found(name, operation)
        for name, document in candidates.items()
        if (operation := find_by_id(document, wanted)) is not None
    ]
    if not matches and not strict:
        matches = _ignoring_case(wanted, candidates, report, path)
    if len(matches) > 1:
        listed = ", ".join(each.source for each in matches)
        report.error(
            "AZ309",
            f"several source descriptions have an operation {wanted!r}: {listed}",
            path,
            f"write $sourceDescriptions.{matches[0].source}.{wanted}",
        )
        return None
    if not matches and not strict and sources.beside is not None:
        names = tuple(candidates) if qualified else (*candidates, *sources.failures)
        documents = sources.beside(wanted, names)
        beside = _beside(wanted, documents, sources, report, path)
        if beside is not None:
            return beside
    if not matches:
        _unknown(wanted, candidates, sources, report, path, qualified is not None)
        return None
    if qualified is None and sources.with_operations() > 1:
        message = (
            f"with several source descriptions {wanted!r} must say which one it is in"
        )
        hint = f"write $sourceDescriptions.{matches[0].source}.{wanted}"
        add = report.error if strict else report.warning
        qualified_id = f"$sourceDescriptions.{matches[0].source}.{wanted}"
        add("AZ509", message, path, hint, fix=Fix(written, qualified_id))
    return matches[0]


def source_of(rest: str, sources: Sources) -> tuple[str | None, str]:
    """``name.operationId``: names and ids may hold dots, so the longest name wins."""
    for name in sorted(sources.names(), key=len, reverse=True):
        if rest.startswith(name + "."):
            return name, rest[len(name) + 1 :]
    return None, rest


def _has_operations(
    name: str,
    written: str,
    sources: Sources,
    report: Report,
    path: tuple[str | int, ...],
) -> bool:
    """Whether the source description *name* is an API that can be called."""
    if name in sources.failures:
        report.take(sources.failures[name])
    elif name in sources.asyncapi:
        report.unsupported("an AsyncAPI step", path)
    elif name in sources.descriptions:
        report.error(
            "AZ303",
            f"{written!r}: {name!r} is an Arazzo document, which has no operations",
            path,
            "name one of its workflows with 'workflowId'",
        )
    return name in sources.documents


def _ignoring_case(
    wanted: str,
    candidates: Mapping[str, Document],
    report: Report,
    path: tuple[str | int, ...],
) -> list[Found]:
    found = [
        Found(name, operation)
        for name, document in candidates.items()
        for each in document.operation_ids()
        if each.casefold() == wanted.casefold()
        and (operation := find_by_id(document, each)) is not None
    ]
    if len(found) == 1:
        actual = found[0].operation.operation_id
        report.warning(
            "AZ513",
            f"operation {wanted!r} is spelled {actual!r} there",
            path,
            f"write {actual}",
            fix=Fix(wanted, actual or wanted),
        )
    return found


def _beside(
    wanted: str,
    documents: Iterable[tuple[str, Document]],
    sources: Sources,
    report: Report,
    path: tuple[str | int, ...],
) -> Found | None:
    """The operation in a description that the document does not name (AZ523)."""
    found = [
        Found(name, operation)
        for name, document in documents
        if (operation := find_by_id(document, wanted)) is not None
    ]
    if not found or len({each.operation.pointer for each in found}) > 1:
        return None
    where = found[0].operation.document.uri
    others = [each.operation.document.uri for each in found[1:]]
    also = f"; also in {', '.join(others[:3])}" if others else ""
    source, hint = found[0].source, f"name that file as a source description{also}"
    if source not in sources.failures:
        message = f"source description {source!r} has no operation {wanted!r}; taken"
        report.warning("AZ523", f"{message} from {where}", path, hint)
        return found[0]
    message = f"source description {source!r} is not there; its operations are taken"
    if all(each.message != f"{message} from {where}" for each in report.warnings):
        report.warning("AZ523", f"{message} from {where}", path, hint)
    return found[0]


def _unknown(
    wanted: str,
    candidates: Mapping[str, Document],
    sources: Sources,
    report: Report,
    path: tuple[str | int, ...],
    qualified: bool,
) -> None:
    if not qualified and any(
        each.operation(wanted) is not None for each in sources.asyncapi.values()
    ):
        report.unsupported("an AsyncAPI step", path)
        return
    if not qualified and sources.failures:
        # It may well be in the source that could not be opened.
        report.take(sources.problems())
        return
    known = [
        each for document in candidates.values() for each in document.operation_ids()
    ]
    where = " or ".join(repr(name) for name in candidates) or "any source description"
    report.error(
        "AZ303",
        f"no operation {wanted!r} in {where}",
        path,
        did_you_mean(wanted, known, "operations"),
    )


def check_form(step: Step, names: Collection[str], report: Report) -> None:
    """What can be said of a step's operation without opening any source: its form."""
    if step.operation_id is not None:
        found = _QUALIFIED.fullmatch(step.operation_id)
        if found is None or any(found["rest"].startswith(f"{n}.") for n in names):
            return
        written, path = step.operation_id, (*step.path, "operationId")
        wanted = found["rest"].split(".")[0]
    else:
        written, path = step.operation_path or "", (*step.path, "operationPath")
        forms = [form.fullmatch(written) for form in _PATH_FORMS]
        named = [each["name"] for each in forms if each is not None]
        if any(each in names for each in named):
            if forms[0] is None:
                _note_form(written, named[-1], written.partition("#")[2], path, report)
            return
        wanted = named[0] if named else written
    report.error(
        "AZ305",
        f"{written!r} names no source description of this document",
        path,
        did_you_mean(wanted, names, "source descriptions"),
    )


def _note_form(
    written: str, name: str, pointer: str, path: Path, report: Report
) -> None:
    """An operationPath in another form than the specification's (checklist A-34)."""
    proper = f"{{$sourceDescriptions.{name}.url}}#{pointer}"
    add = report.error if report.strict else report.warning
    add(
        "AZ508",
        f"{written!r} is not the form of an operationPath",
        path,
        f"write '{proper}'",
        fix=Fix(written, proper),
    )


def _by_path(
    step: Step, written: str, sources: Sources, report: Report
) -> Found | None:
    path = (*step.path, "operationPath")
    for position, form in enumerate(_PATH_FORMS):
        found = form.fullmatch(written)
        if found is None:
            continue
        name = found["name"]
        if name not in sources.names():
            continue
        if not _has_operations(name, written, sources, report, path):
            return None
        if position:
            _note_form(written, name, found["pointer"][1:], path, report)
        operation = find_by_pointer(sources.documents[name], found["pointer"])
        if operation is None:
            report.error(
                "AZ303",
                f"{found['pointer']} is not an operation in {name!r}",
                path,
                did_you_mean(
                    found["pointer"].removeprefix("#"),
                    [each.pointer for each in sources.documents[name].operations],
                    "operations",
                ),
            )
            return None
        return Found(name, operation)
    report.error(
        "AZ305",
        f"{written!r} does not name a source description and an operation in it",
        path,
        "write '{$sourceDescriptions.NAME.url}#/paths/~1pets/get'",
    )
    return None
