"""Errors and warnings as lines: what is wrong, where it was written, what to try."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from ..errors import CODES, Diagnostic, Location, render
from .text import Line, Span, Style, clean, count, one_line

#: Gives the text of the document a location is in, or None.
Source = Callable[[str], str | None]

_LABEL = re.compile(r"^(?P<place>.*?)(?P<label>(?:error|warning|info)(?:\[\w+\])?:)")
_CARETS = re.compile(r"^(?P<bar> *\| *)(?P<carets>\^+)")
_STYLES: dict[str, Style] = {"error": "bad", "warning": "warn", "info": "accent"}
_PLACES_SHOWN = 3


def no_source(_uri: str) -> None:
    """For those who have no documents at hand."""


def problem_lines(problem: Diagnostic, source: Source = no_source) -> Iterator[Line]:
    """*problem* with the line of its document that it points at, as compilers do."""
    text = source(problem.location.uri) if problem.location.line else None
    style = _STYLES[problem.severity]
    for number, line in enumerate(clean(render(problem, text)).split("\n")):
        if number == 0 and (found := _LABEL.match(line)):
            yield (
                (found["place"], "bold"),
                (found["label"], style),
                (line[found.end() :], "bold"),
            )
        elif found := _CARETS.match(line):
            yield (
                (found["bar"], "dim"),
                (found["carets"], style),
                (line[found.end() :], "accent"),
            )
        else:
            yield ((line, ""),)


def problems_lines(
    problems: Sequence[Diagnostic], source: Source = no_source
) -> Iterator[Line]:
    """All of *problems*, and how many they are if there are several."""
    for problem in problems:
        yield from problem_lines(problem, source)
    if len(problems) > 1:
        yield ((f"Found {count(len(problems), 'problem')}.", "bold"),)


def warning_lines(warnings: Iterable[Diagnostic], *, hints: bool) -> Iterator[Line]:
    """
    *warnings*, a line each; the same one at several places is said once.

    The hints of dialect rules (AZ5), which help the author of a file and not its user,
    are left out unless *hints*.
    """
    grouped: dict[tuple[str, str, str], list[Diagnostic]] = {}
    for warning in warnings:
        key = (warning.severity, warning.code, warning.message)
        grouped.setdefault(key, []).append(warning)
    for (severity, code, message), same in grouped.items():
        style = _STYLES[severity]
        shown = "note" if severity == "info" else severity
        label = f"{shown}[{code}]: " if code in CODES else f"{shown}: "
        spans: list[Span] = [(label, style), (one_line(message), "")]
        places = list(dict.fromkeys(each.location for each in same))
        if same[0].related:
            spans.append((f" ({one_line(str(same[0].related[0][0]))})", "dim"))
        spans += _places([each for each in places if each.uri])
        yield tuple(spans)
        hint = same[0].hint
        if hint and (hints or not code.startswith("AZ5")):
            yield ((f"  hint: {one_line(hint)}", "dim"),)


def _places(places: Sequence[Location]) -> Iterator[Span]:
    """``, at file:1:2`` or ``, at file:1:2, 8:2 (2 places)``"""
    if not places:
        return
    first = places[0]
    others = [
        f", {each.line}:{each.column}" if each.uri == first.uri else f", {each}"
        for each in places[1:_PLACES_SHOWN]
    ]
    more = ", …" if len(places) > _PLACES_SHOWN else ""
    number = f" ({len(places)} places)" if len(places) > 1 else ""
    yield (f", at {first}{''.join(others)}{more}{number}", "dim")
