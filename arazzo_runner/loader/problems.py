"""What is wrong in one document, collected so that all of it is said at once."""

from __future__ import annotations

from ..errors import Diagnostic, DocumentError, Location, Severity

#: Nobody reads more; it also bounds the work a hostile document can ask for.
MOST = 200


class Problems:
    """The errors and the warnings of one document, in no order until they are asked for."""

    __slots__ = ("_errors", "_warnings")

    def __init__(self) -> None:
        self._errors: list[Diagnostic] = []
        self._warnings: list[Diagnostic] = []

    def add(
        self,
        code: str,
        message: str,
        location: Location,
        *,
        hint: str | None = None,
        severity: Severity = "error",
        related: tuple[tuple[Location, str], ...] = (),
    ) -> None:
        """
        Keep a problem and go on.

        Raises:
            DocumentError: `MOST` errors have been found; they are all in it.
        """
        problem = Diagnostic(
            code=code,
            message=message,
            location=location,
            hint=hint,
            severity=severity,
            related=related,
        )
        if severity == "error":
            self._errors.append(problem)
            if len(self._errors) == MOST:
                self.stop()
        elif len(self._warnings) < MOST:
            self._warnings.append(problem)

    def fatal(
        self,
        code: str,
        message: str,
        location: Location,
        *,
        hint: str | None = None,
        related: tuple[tuple[Location, str], ...] = (),
    ) -> DocumentError:
        """The error to raise now: this problem, with everything that was found before."""
        self._errors.append(
            Diagnostic(
                code=code,
                message=message,
                location=location,
                hint=hint,
                related=related,
            )
        )
        return self._error()

    def stop(self) -> None:
        """
        End here if anything is wrong.

        Raises:
            DocumentError: all errors, in document order.
        """
        if self._errors:
            raise self._error()

    def warnings(self) -> tuple[Diagnostic, ...]:
        """The warnings, in document order; the first `MOST`."""
        return tuple(sorted(self._warnings, key=_place))

    def _error(self) -> DocumentError:
        problems = sorted(self._errors, key=_place)
        first = problems[0]
        return DocumentError(
            first.message,
            code=first.code,
            location=first.location,
            hint=first.hint,
            problems=problems,
        )


def _place(problem: Diagnostic) -> tuple[int, int]:
    return problem.location.line, problem.location.column
