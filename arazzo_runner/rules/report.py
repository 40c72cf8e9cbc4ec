"""What the rules have found, each finding once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from ..errors import Diagnostic, Location, Severity
from ..model import Description, Path


@dataclass(slots=True)
class Findings:
    """Findings in one document, in the order they were made."""

    description: Description
    strict: bool = False
    found: dict[Diagnostic, None] = field(default_factory=dict)

    def take(self, findings: Iterable[Diagnostic]) -> None:
        """Findings that were made elsewhere."""
        self.found.update((each, None) for each in findings)

    def at(
        self,
        severity: Severity,
        code: str,
        message: str,
        location: Location,
        hint: str | None = None,
        *,
        related: tuple[tuple[Location, str], ...] = (),
    ) -> None:
        """A finding at a place that is known already."""
        found = Diagnostic(
            code=code,
            message=message,
            location=location,
            hint=hint,
            severity=severity,
            related=related,
        )
        self.found[found] = None

    def add(
        self,
        severity: Severity,
        code: str,
        message: str,
        path: Path,
        hint: str | None = None,
        *,
        related: tuple[tuple[Location, str], ...] = (),
        key: bool = False,
    ) -> None:
        """A finding at *path*; with *key* at the name there, not at its value."""
        at = self.description.locate(path, key=key)
        self.at(severity, code, message, at, hint, related=related)

    def error(
        self, code: str, message: str, path: Path, hint: str | None = None
    ) -> None:
        """Something that must be put right: a MUST of the specification."""
        self.add("error", code, message, path, hint)

    def warning(
        self, code: str, message: str, path: Path, hint: str | None = None
    ) -> None:
        """Something that is hardly meant, or a SHOULD of the specification."""
        self.add("warning", code, message, path, hint)

    def info(
        self, code: str, message: str, path: Path, hint: str | None = None
    ) -> None:
        """Something that could be written better."""
        self.add("info", code, message, path, hint)
