"""Collects what is wrong with a description, each with its place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from ..errors import Diagnostic, Fix, Severity
from ..expressions.nodes import ExpressionError, Note
from ..model import Description, Path


@dataclass(slots=True)
class Report:
    """Problems and warnings found so far, in the order they were found."""

    description: Description
    strict: bool = False
    errors: list[Diagnostic] = field(default_factory=list)
    warnings: list[Diagnostic] = field(default_factory=list)
    _told: set[tuple[Severity, str, str, Path]] = field(default_factory=set)

    def error(
        self,
        code: str,
        message: str,
        path: Path,
        hint: str | None = None,
        *,
        fix: Fix | None = None,
    ) -> None:
        """Something that must be put right."""
        self._add(self.errors, code, message, path, hint, "error", fix)

    def warning(
        self,
        code: str,
        message: str,
        path: Path,
        hint: str | None = None,
        *,
        fix: Fix | None = None,
    ) -> None:
        """Something that is accepted."""
        self._add(self.warnings, code, message, path, hint, "warning", fix)

    def unsupported(self, what: str, path: Path) -> None:
        """A part of the language that this version does not run."""
        self.error("AZ390", f"{what}: not supported yet", path)

    def syntax(self, problem: ExpressionError, path: Path) -> None:
        """An expression or condition that does not parse."""
        self.error(problem.code, problem.message, path, problem.hint)

    def notes(self, notes: Sequence[Note], path: Path) -> None:
        """What a parser accepted beyond the grammar; with `strict` that is an error."""
        add = self.error if self.strict else self.warning
        for note in notes:
            add(note.code, note.message, path, note.hint, fix=note.fix)

    def take(self, problems: Iterable[Diagnostic]) -> None:
        """Problems that were found elsewhere, each once."""
        self.errors += [each for each in problems if each not in self.errors]

    def _add(
        self,
        to: list[Diagnostic],
        code: str,
        message: str,
        path: Path,
        hint: str | None,
        severity: Severity,
        fix: Fix | None = None,
    ) -> None:
        told = (severity, code, message, path)
        if told in self._told:  # a place is looked up once: there may be thousands
            return
        self._told.add(told)
        to.append(
            Diagnostic(
                code=code,
                message=message,
                location=self.description.locate(path),
                hint=hint,
                severity=severity,
                fix=fix,
            )
        )
