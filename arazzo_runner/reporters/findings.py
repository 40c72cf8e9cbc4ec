"""
The findings of `arazzo check` as text: for people, one line each, JSON, GitHub.

What comes from documents is made harmless for the terminal and for GitHub's commands.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator

from ..checking import CheckReport
from ..errors import Diagnostic, Location, render
from ..messages import JSON
from .problems import Source, problem_lines
from .text import Line, Style, clean, count, one_line

_STYLES: dict[str, Style] = {"error": "bad", "warning": "warn", "info": "accent"}


def full(report: CheckReport, source: Source) -> Iterator[Line]:
    """
    Each finding with the line of the document, carets, a hint, and other places that
    matter, those of API descriptions among them, with their lines.
    """
    for finding in report.findings:
        plain = Diagnostic(
            code=finding.code,
            message=finding.message,
            location=finding.location,
            hint=finding.hint,
            severity=finding.severity,
        )
        yield from problem_lines(plain, source)
        for place, what in finding.related:
            yield from _related(place, what, source)
        yield (("", ""),)


def _related(place: Location, what: str, source: Source) -> Iterator[Line]:
    text = source(place.uri) if place.line else None
    note = Diagnostic(code="note", message=what, location=place, severity="info")
    for number, line in enumerate(clean(render(note, text)).split("\n")):
        if number == 0:
            yield ((f"  note: {place}: {one_line(what)}", "dim"),)
        else:
            yield ((f"  {line}", "dim"),)


def concise(report: CheckReport) -> Iterator[Line]:
    """A line for each finding."""
    for each in report.findings:
        hint = f" ({one_line(each.hint)})" if each.hint else ""
        yield (
            (f"{one_line(str(each.location))}: ", "bold"),
            (f"{each.severity}[{each.code}]", _STYLES[each.severity]),
            (f" {one_line(each.message)}{hint}", ""),
        )


def summary(report: CheckReport) -> Line:
    """What it comes to, as pytest and ruff end."""
    found = Counter(each.severity for each in report.findings)
    files = count(len(report.files), "file")
    if not found:
        return ((f"{files} checked: no findings", "good"),)
    texts = [
        count(found["error"], "error"),
        count(found["warning"], "warning"),
        f"{found['info']} info" if found["info"] else "",
    ]
    fixable = sum(each.fix is not None for each in report.findings)
    more = f"; --fix can rewrite {fixable}" if fixable else ""
    said = ", ".join(each for each in texts if each and not each.startswith("0 "))
    style: Style = "bad" if found["error"] else "warn" if found["warning"] else "good"
    return ((f"{files} checked: {said}", style), (more, ""))


def as_json(report: CheckReport) -> str:
    """``{"findings": […], "summary": {…}}``, see ``arazzo check --help``."""
    found = Counter(each.severity for each in report.findings)
    data = {
        "findings": [finding_json(each) for each in report.findings],
        "summary": {
            "files": len(report.files),
            "unreadable": sum(not each.readable for each in report.files),
            "errors": found["error"],
            "warnings": found["warning"],
            "info": found["info"],
            "codes": dict(sorted(Counter(e.code for e in report.findings).items())),
        },
    }
    return json.dumps(data, indent=2, ensure_ascii=False)


def finding_json(finding: Diagnostic) -> JSON:
    """A finding as JSON, see ``arazzo check --help``."""
    return {
        "code": finding.code,
        "name": finding.name,
        "severity": finding.severity,
        "message": finding.message,
        **place_json(finding.location),
        "hint": finding.hint,
        "related": [
            {**place_json(place), "message": what} for place, what in finding.related
        ],
        "fixable": finding.fix is not None,
    }


def place_json(at: Location) -> dict[str, JSON]:
    """Where something is, null where it is not in a file; lines and columns from 1."""
    return {
        "file": at.uri or None,
        "line": at.line or None,
        "column": at.column or None,
        "endColumn": at.column + at.length if at.line else None,
    }


def github(report: CheckReport) -> Iterator[str]:
    """
    Workflow commands, which GitHub shows at the lines of a pull request.

    https://docs.github.com/actions/reference/workflow-commands-for-github-actions
    """
    kinds = {"error": "error", "warning": "warning", "info": "notice"}
    for each in report.findings:
        at = each.location
        properties = {
            "file": at.uri,
            "line": str(at.line) if at.line else "",
            "col": str(at.column) if at.line else "",
            "endColumn": str(at.column + at.length) if at.line else "",
            "title": f"{each.code} {each.name}",
        }
        listed = ",".join(
            f"{name}={_property(value)}" for name, value in properties.items() if value
        )
        text = each.message + (f"\n{each.hint}" if each.hint else "")
        yield f"::{kinds[each.severity]} {listed}::{_escaped(text)}"


def _escaped(text: str) -> str:
    """https://github.com/actions/toolkit, what a command's text must not hold."""
    return clean(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")
