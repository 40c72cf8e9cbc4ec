"""What `arazzo explore` found, for people and as JSON."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from ..errors import CODES, Diagnostic
from ..exploration.coverage import Coverage, Item, Kind
from ..exploration.paths import Given, Path
from ..exploring import Exploration, Explored
from ..messages import JSON
from .findings import finding_json, place_json
from .problems import Source, problem_lines
from .text import Line, Style, count, cut, duration, one_line

_STYLES: Final[dict[str, Style]] = {
    "succeeded": "good",
    "failed": "bad",
    "cut": "warn",
}
_NAME_COLUMNS: Final = 100
_PLURALS: Final[dict[Kind, str]] = {
    "step": "steps",
    "action": "actions",
    "criterion": "criteria",
}


# --- for people -------------------------------------------------------------------------


def exploration_lines(
    found: Exploration, *, every: bool = False, quiet: bool = False
) -> Iterator[Line]:
    """
    A table of paths for each workflow and what no path came to. *every*: combinations of
    decisions too; *quiet*: no table.
    """
    for number, one in enumerate(found.workflows):
        if number:
            yield (("", ""),)
        yield from _workflow(one, every=every, quiet=quiet)


def _workflow(one: Explored, *, every: bool, quiet: bool) -> Iterator[Line]:
    counts: Counter[str] = Counter(each.status for each in one.paths)
    said = ", ".join(
        f"{counts[status]} {status}" for status in _STYLES if counts[status]
    )
    yield (
        (f"workflow {one_line(one.workflow_id)}", "bold"),
        (f": {count(len(one.paths), 'path')} ({said}), ", ""),
        (f"{one.coverage.percent:g} % covered", _grade(one.coverage.percent)),
        (f" ({_counts(one.coverage)})", "dim"),
    )
    if not quiet:
        shown = [each for each in one.paths if every or not each.combined]
        yield from _table(shown)
        rest = [each for each in one.paths if each not in shown]
        if rest:
            ends = Counter(each.status for each in rest)
            told = ", ".join(f"{n} {status}" for status, n in ends.items())
            yield ((f"  + {count(len(rest), 'combination')} of these: {told}", "dim"),)
    if one.left:
        yield (
            ("  ", ""),
            (f"{count(one.left, 'path')} not run: --max-paths is reached", "warn"),
        )
    for each in one.asserted:
        yield (
            (
                f"  note: step {each.step_id!r} asks for status {each.status}, which its "
                "operation does not declare; the mock answers with it",
                "dim",
            ),
        )
    yield from _uncovered(one.coverage)


def _grade(percent: float) -> Style:
    return "good" if percent == 100 else "warn"


def _counts(coverage: Coverage) -> str:
    parts = []
    for kind, plural in _PLURALS.items():
        covered, total = coverage.count(kind)
        if total:
            parts.append(f"{plural} {covered}/{total}")
    return ", ".join(parts)


def _table(paths: Sequence[Path]) -> Iterator[Line]:
    rows = [
        (
            str(each.number),
            each.status,
            str(len(each.given)),
            duration(each.seconds) if each.seconds else "0 s",
            cut(one_line(each.name), _NAME_COLUMNS),
            _why(each),
        )
        for each in paths
    ]
    heads = ("path", "outcome", "requests", "virtual time")
    widths = [max(len(row[at]) for row in (heads, *rows)) for at in range(4)]
    yield (
        (
            f"  {heads[0]:>{widths[0]}}  {heads[1]:<{widths[1]}}  {heads[2]:>{widths[2]}}"
            f"  {heads[3]:>{widths[3]}}  replies",
            "dim",
        ),
    )
    for number, status, requests, seconds, name, why in rows:
        yield (
            (f"  {number:>{widths[0]}}  ", ""),
            (f"{status:<{widths[1]}}", _STYLES[status]),
            (f"  {requests:>{widths[2]}}  {seconds:>{widths[3]}}  {name}", ""),
            (why, "dim"),
        )


def _why(path: Path) -> str:
    if path.error is None:
        return ""
    return f"  → {_code(path.error)}"


def _code(error: Diagnostic) -> str:
    return f"{error.code} {error.name}" if error.code in CODES else error.code


def _uncovered(coverage: Coverage) -> Iterator[Line]:
    missing = [each for each in coverage.items if each.missing]
    if not missing:
        return
    yield (("  not covered:", "bold"),)
    for each in missing:
        yield (
            (f"    {_what(each)}", "warn"),
            (f"  {one_line(str(each.location))}", "dim"),
        )


def _what(item: Item) -> str:
    match item.kind:
        case "step":
            return f"step {item.name} is not reached"
        case "action":
            return f"action {item.name} is not taken"
        case _:
            never = " nor ".join(item.missing)
            return f"{item.step_id}: never {never}: {one_line(item.name)}"


def finding_lines(findings: Sequence[Diagnostic], source: Source) -> Iterator[Line]:
    """*findings*, with the lines they point at."""
    for each in findings:
        yield (("", ""),)
        yield from problem_lines(each, source)


# --- JSON -------------------------------------------------------------------------------


def exploration_json(found: Exploration) -> str:
    """``{"workflows": […], "findings": […], "summary": {…}}``"""
    workflows: list[JSON] = [_explored(each) for each in found.workflows]
    workflows += [
        {
            "workflow": name,
            "outcome": "error",
            "reason": problems[0].code,
            "problems": [finding_json(each) for each in problems],
        }
        for name, problems in found.problems.items()
    ]
    severities = Counter(each.severity for each in found.findings)
    data: JSON = {
        "file": found.uri,
        "workflows": workflows,
        "findings": [finding_json(each) for each in found.findings],
        "summary": {
            "workflows": len(workflows),
            "succeeded": sum(each.succeeded for each in found.workflows),
            "paths": sum(len(each.paths) for each in found.workflows),
            "warnings": severities["warning"],
            "info": severities["info"],
        },
    }
    return json.dumps(data, indent=2, ensure_ascii=False)


def _explored(one: Explored) -> JSON:
    return {
        "workflow": one.workflow_id,
        "outcome": "succeeded" if one.succeeded else "failed",
        "reason": one.error.code if one.error is not None else None,
        "coverage": coverage_json(one.coverage),
        "paths": [_path(each) for each in one.paths],
        "left": one.left,
        "assertedStatuses": [
            {"step": each.step_id, "status": each.status} for each in one.asserted
        ],
    }


def _path(path: Path) -> JSON:
    return {
        "number": path.number,
        "outcome": path.status,
        "reason": path.error.code if path.error is not None else None,
        "message": path.error.message if path.error is not None else None,
        "name": path.name,
        "combined": path.combined,
        "virtualSeconds": round(path.seconds, 3),
        "requests": [_given(each) for each in path.given],
        "nullOutputs": [name for name, each in path.outputs.items() if each is None],
        "warnings": [each.code for each in path.warnings],
    }


def _given(given: Given) -> JSON:
    return {
        "workflow": given.workflow_id,
        "step": given.step_id,
        "call": given.call,
        "request": given.request,
        "status": given.choice.status or None,
        "reply": given.choice.name or "as the mock answers",
        "decision": given.decision,
    }


def coverage_json(coverage: Coverage) -> JSON:
    """Counts by kind, and every item with what is missing."""
    counts: dict[str, JSON] = {}
    for kind, plural in _PLURALS.items():
        covered, total = coverage.count(kind)
        counts[plural] = {"covered": covered, "total": total}
    return {
        "percent": coverage.percent,
        **counts,
        "items": [
            {
                "kind": each.kind,
                "workflow": each.workflow_id,
                "step": each.step_id,
                "name": each.name,
                "covered": each.covered,
                "missing": list(each.missing),
                **place_json(each.location),
            }
            for each in coverage.items
        ],
    }
