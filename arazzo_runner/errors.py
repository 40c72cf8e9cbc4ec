"""Every problem the project can report: where it was written, its code, how it is drawn."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal, Self

Severity = Literal["error", "warning", "info"]


@dataclass(frozen=True, slots=True)
class Location:
    """
    A span in a source text. Lines and columns count from 1; `length` is in characters
    and never reaches beyond the end of the line. Line 0 means "the document as a whole".
    """

    uri: str
    line: int = 0
    column: int = 0
    length: int = 1

    def __str__(self) -> str:
        return f"{self.uri}:{self.line}:{self.column}" if self.line else self.uri


NOWHERE = Location("")

# Stable names of what can be wrong. AZ1 the text, AZ2 the structure, AZ3 references,
# AZ4 expressions and conditions, AZ5 dialect rules (lenient by default), AZ6 the run.
CODES: dict[str, str] = {
    "AZ101": "document-not-found",
    "AZ102": "invalid-yaml",
    "AZ103": "duplicate-key",
    "AZ104": "document-too-large",
    "AZ105": "not-an-arazzo-document",
    "AZ106": "unsupported-version",
    "AZ107": "unreadable-document",
    "AZ108": "yaml-merge-key",
    "AZ109": "too-many-documents",
    "AZ201": "missing-field",
    "AZ202": "wrong-type",
    "AZ203": "unknown-field",
    "AZ204": "invalid-value",
    "AZ205": "duplicate-name",
    "AZ206": "conflicting-fields",
    "AZ301": "source-not-found",
    "AZ302": "not-an-openapi-document",
    "AZ303": "unknown-operation",
    "AZ304": "unknown-step",
    "AZ305": "unknown-source-description",
    "AZ306": "unknown-input",
    "AZ307": "unknown-output",
    "AZ308": "unresolvable-reference",
    "AZ309": "ambiguous-operation",
    "AZ310": "unknown-parameter",
    "AZ311": "no-server",
    "AZ312": "missing-path-parameter",
    "AZ313": "dependency-cycle",
    "AZ314": "unknown-workflow",
    "AZ315": "missing-workflow-input",
    "AZ317": "not-an-asyncapi-document",
    "AZ318": "unresolvable-schema-reference",
    "AZ319": "reference-to-schema-root",
    "AZ326": "unknown-request-parameter",
    "AZ327": "conflicting-query-string",
    "AZ390": "not-supported-yet",
    "AZ401": "invalid-expression",
    "AZ402": "invalid-condition",
    "AZ403": "secret-compared",
    "AZ404": "invalid-regex",
    "AZ405": "invalid-jsonpath",
    "AZ406": "missing-context",
    "AZ407": "invalid-selector",
    "AZ408": "invalid-xpath",
    "AZ409": "invalid-json-pointer",
    "AZ501": "jsonpath-bare-boolean",
    "AZ502": "bare-embedded-expression",
    "AZ503": "condition-double-quotes",
    "AZ504": "condition-in-braces",
    "AZ505": "source-moved",
    "AZ506": "expression-navigation",
    "AZ507": "step-output-without-outputs",
    "AZ508": "operation-path-form",
    "AZ509": "unqualified-operation",
    "AZ510": "jsonpath-root-filter",
    "AZ511": "retry-on-success",
    "AZ512": "embedded-in-jsonpath",
    "AZ513": "operation-id-case",
    "AZ518": "newer-than-version",
    "AZ519": "jsonl-as-records",
    "AZ520": "nullable-in-3.1",
    "AZ521": "automatic-header",
    "AZ522": "regex-between-slashes",
    "AZ523": "operation-beside-source",
    "AZ525": "event-stream-as-list",
    "AZ526": "odd-security-scheme",
    "AZ528": "xml-as-json",
    "AZ601": "unhandled-state",
    "AZ602": "criterion-not-evaluable",
    "AZ603": "invalid-json-body",
    "AZ604": "missing-value",
    "AZ605": "undeclared-input",
    "AZ606": "mock-placeholder",
    "AZ608": "unlisted-media-type",
    "AZ609": "output-not-available",
    "AZ610": "invalid-workflow-inputs",
    "AZ611": "dependency-not-run",
    "AZ612": "target-not-found",
    "AZ613": "target-made",
    "AZ614": "redirect-not-followed",
    "AZ623": "query-string-media-type",
    "AZ624": "unwritable-body",
    "AZ627": "reference-failed",
    "AZ631": "undescribed-status",
    "AZ632": "undescribed-media-type",
    "AZ633": "response-header-differs",
    "AZ634": "response-body-differs",
    "AZ635": "body-presence-differs",
    "AZ636": "request-parameter-differs",
    "AZ637": "request-body-differs",
    "AZ638": "contract-not-checkable",
    "AZ639": "contract-not-checked",
    "AZ650": "invalid-scenario",
    "AZ651": "scenario-for-nothing",
    "AZ701": "reserved-extension",
    "AZ702": "odd-id",
    "AZ703": "context-of-simple-condition",
    "AZ704": "simple-without-context",
    "AZ705": "unused-component",
    "AZ706": "needless-depends-on",
    "AZ707": "source-by-other-name",
    "AZ708": "file-name",
    "AZ711": "unreachable-step",
    "AZ712": "unreachable-action",
    "AZ713": "endless-loop",
    "AZ714": "forward-reference",
    "AZ715": "bare-retry",
    "AZ716": "never-run-before",
    "AZ717": "nothing-to-read",
    "AZ721": "missing-parameter",
    "AZ722": "missing-request-body",
    "AZ723": "missing-body-member",
    "AZ724": "unknown-body-member",
    "AZ725": "unexpected-request-body",
    "AZ726": "body-in-get-or-delete",
    "AZ727": "undeclared-status",
    "AZ728": "unknown-response-member",
    "AZ729": "operation-id-preferred",
    "AZ731": "receive-without-criteria",
    "AZ732": "missing-depends-on",
    "AZ733": "missing-action",
    "AZ734": "action-of-openapi-step",
    "AZ735": "unknown-correlation",
    "AZ740": "state-not-handled",
    "AZ741": "loop-never-left",
    "AZ742": "action-never-matches",
    "AZ743": "step-never-reached",
    "AZ744": "output-null",
    "AZ620": "source-beside-document",
    "AZ621": "self-differs",
}

# Exit status by `result.error.code`; a code that is missing here is a workflow that
# failed on its own terms (1). AZ1 to AZ5 mean a document that cannot be used (3).
EXIT_STATUS: dict[str, int] = {
    "usage": 2,
    "unknown-workflow": 2,
    "invalid-inputs": 4,
    "missing-credential": 4,
    "credential-refused": 4,
    "no-response": 5,
    "poll-timeout": 6,
    "too-many-steps": 6,
    "too-deep": 6,
    "body-too-large": 6,
    "file-changed": 4,
    "evaluation-budget": 6,
    "refused-by-policy": 7,
    "defect": 70,
    "cancelled": 130,
}


def exit_status(code: str | None) -> int:
    """The process exit status for an error code (product page, "Exit codes"); 0 for None."""
    if code is None:
        return 0
    if code[:2] == "AZ" and code[2:3] in "12345":
        return 3
    return EXIT_STATUS.get(code, 1)


@dataclass(frozen=True, slots=True)
class Fix:
    """
    A rewrite into the specification's form: in the text (a scalar value of a document) at
    the problem's place, `old` becomes `new`.
    """

    old: str
    new: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic:
    """
    One thing that is wrong or worth knowing, as data.

    Attributes:
        code: ``AZ###`` (see `CODES`), or the name of a way in which a run can end.
        message: What is wrong, one sentence without a final period.
        location: Where the author wrote it; `NOWHERE` when it is not in a file.
        hint: What to try, if we can tell.
        related: Other places that matter, each with what it is.
        fix: How ``arazzo check --fix`` rewrites it; None where only a person can.
    """

    code: str
    message: str
    location: Location = NOWHERE
    hint: str | None = None
    severity: Severity = "error"
    related: tuple[tuple[Location, str], ...] = field(default=())
    fix: Fix | None = None

    @property
    def name(self) -> str:
        """The readable name of the code: ``jsonpath-bare-boolean`` for ``AZ501``."""
        return CODES.get(self.code, self.code)

    def __str__(self) -> str:
        where = f"{self.location}: " if self.location.uri else ""
        return f"{where}{self.message}"


class ArazzoError(Exception):
    """
    Base of every exception of this package: there is no verdict on a workflow.

    Attributes:
        code: Stable identifier, see `Diagnostic`.
        message, location, hint: As in `Diagnostic`.
        problems: Every problem found, the first being the one above.
        result: What the run had when it was given up (a `RunResult`), if one had begun.
    """

    default_code = "defect"
    result: object | None = None

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        location: Location = NOWHERE,
        hint: str | None = None,
        problems: Sequence[Diagnostic] = (),
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.default_code
        self.location = location
        self.hint = hint
        self.problems: tuple[Diagnostic, ...] = tuple(problems) or (
            Diagnostic(code=self.code, message=message, location=location, hint=hint),
        )

    @classmethod
    def of(cls, problems: Sequence[Diagnostic]) -> Self:
        """The error that reports all of *problems*; the first gives the headline."""
        first = problems[0]
        return cls(
            first.message,
            code=first.code,
            location=first.location,
            hint=first.hint,
            problems=problems,
        )

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)

    @property
    def exit_status(self) -> int:
        """The exit status of the command for this error."""
        return exit_status(self.code)


class UsageError(ArazzoError):
    """The call itself is wrong: an unknown workflow, impossible options. Exit status 2."""

    default_code = "usage"


class DocumentError(ArazzoError):
    """
    A description cannot be used. Exit status 3.

    Attributes:
        warnings: What was accepted in it all the same.
    """

    warnings: tuple[Diagnostic, ...] = ()

    default_code = "AZ107"

    @property
    def exit_status(self) -> int:
        return 3


class InputError(ArazzoError):
    """Inputs or credentials are missing or invalid; nothing was sent. Exit status 4."""

    default_code = "invalid-inputs"


class CredentialError(InputError):
    """A credential was refused, or could not be got. Exit status 4."""

    default_code = "credential-refused"


class PolicyError(ArazzoError):
    """Refused for safety: a path, a host, a redirect. Exit status 7."""

    default_code = "refused-by-policy"


class LimitError(ArazzoError):
    """A documented limit was met while reading something. Exit status 6."""

    default_code = "evaluation-budget"


def suggest(name: str, known: Iterable[str]) -> str | None:
    """
    The known name nearest to *name*, or None if none is near.

        >>> suggest("logn", ["login", "list"])
        'login'
    """
    names = list(known)
    folded = {each.casefold(): each for each in names}
    if name.casefold() in folded:
        return folded[name.casefold()]
    near = difflib.get_close_matches(name.casefold(), folded, n=1, cutoff=0.6)
    return folded[near[0]] if near else None


def did_you_mean(name: str, known: Iterable[str], kind: str = "known") -> str:
    """A hint for an unknown *name*: the nearest one, else the list of all (at most 8)."""
    names = sorted(known)
    near = suggest(name, names)
    if near is not None:
        return f"did you mean {near!r}?"
    if not names:
        return f"there are no {kind}"
    listed = ", ".join(repr(each) for each in names[:8])
    return f"{kind}: {listed}{', …' if len(names) > 8 else ''}"


def render(problem: Diagnostic, source: str | None = None) -> str:
    """
    Draw *problem* with the line of *source* it points at, as compilers do.

    *source* is the whole text of the document; without it only the head line and the
    hint are drawn.
    """
    at = problem.location
    known = problem.code in CODES
    label = problem.severity + (f"[{problem.code}]" if known else "")
    head = (
        f"{at}: {label}: {problem.message}" if at.uri else f"{label}: {problem.message}"
    )
    lines = [head]
    text = source.splitlines() if source is not None and at.line else []
    if 0 < at.line <= len(text):
        line = text[at.line - 1].replace("\t", " ")
        start = max(at.column - 1, 0)
        if len(line) > 160:  # minified JSON: show the neighbourhood only
            cut = max(start - 60, 0)
            line, start = line[cut : cut + 160], start - cut
        gutter = " " * len(str(at.line))
        carets = "^" * max(1, min(at.length, len(line) - start))
        lines += [f"{gutter} |", f"{at.line} | {line}"]
        lines.append(f"{gutter} | {' ' * start}{carets} {problem.hint or ''}".rstrip())
    elif problem.hint:
        lines.append(f"  hint: {problem.hint}")
    for place, what in problem.related:
        lines.append(f"  note: {place}: {what}")
    return "\n".join(lines)
