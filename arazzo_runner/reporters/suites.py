"""What `arazzo test` found: as pytest shows it, as JSON, as JUnit."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Final
from xml.etree import ElementTree as ET

from ..errors import Diagnostic
from ..messages import JSON
from ..suites import SuiteReport, Tried
from .findings import place_json
from .problems import Source, problem_lines
from .text import Line, Style, clean, count, duration, one_line

_WORDS: Final[dict[str, tuple[str, Style]]] = {
    "succeeded": ("PASSED", "good"),
    "failed": ("FAILED", "bad"),
    "error": ("ERROR", "bad"),
}
_WIDTH: Final = 80


def tried_line(tried: Tried) -> Line:
    """A line for a workflow as soon as it has been tested."""
    word, style = _WORDS[tried.outcome]
    more = ""
    if tried.outcome != "error":
        more = f"  {count(tried.paths, 'path')}, {tried.coverage:g} %"
        if tried.asserted:
            more += ", asserted status"
    return ((f"{one_line(tried.name)} ", ""), (word, style), (more, "dim"))


def suite_lines(report: SuiteReport, source: Source) -> Iterator[Line]:
    """What went wrong with the lines it points at, then a line for each."""
    wrong = [each for each in report.documents if each.reason is not None]
    if not wrong:
        return
    yield _rule("FAILURES")
    for each in wrong:
        yield ((f"___{f' {one_line(each.name)} ':_^{_WIDTH - 6}}___", "bad"),)
        if each.reason is not None:
            yield from problem_lines(each.reason, source)
    yield _rule("short test summary info")
    for each in wrong:
        word, style = _WORDS[each.outcome]
        if each.reason is not None:
            said = f"{each.reason.code}: {one_line(each.reason.message)}"
            yield ((word, style), (f" {one_line(each.name)} - {said}", ""))


def _rule(title: str) -> Line:
    return ((f"{f' {title} ':=^{_WIDTH}}", "bold"),)


def suite_summary(report: SuiteReport, least: float = 0.0) -> Iterator[Line]:
    """What it comes to, as pytest ends."""
    found: Counter[str] = Counter(report.outcomes)
    if least and report.coverage < least:
        yield ((f"FAIL: {_too_little(report, least)}", "bad"),)
    parts = [
        f"{found[outcome]} {word}"
        for outcome, word in (
            ("failed", "failed"),
            ("succeeded", "passed"),
            ("error", "errors" if found["error"] > 1 else "error"),
        )
        if found[outcome]
    ]
    said = ", ".join(parts) or "nothing to test"
    bad = report.exit_status(least) != 0
    said += f" in {duration(report.seconds)}"
    if report.documents:
        said += f", {report.coverage:g} % covered"
    yield ((f"{f' {said} ':=^{_WIDTH}}", "bad" if bad else "good"),)


def _too_little(report: SuiteReport, least: float) -> str:
    return f"{report.coverage:g} % are covered, {least:g} % are required"


# --- JSON -------------------------------------------------------------------------------


def suite_json(report: SuiteReport, least: float = 0.0) -> str:
    """``{"documents": […], "summary": {…}}``; *least* is the coverage that is required."""
    found = report.outcomes
    reasons = Counter(
        each.reason.code for each in report.documents if each.reason is not None
    )
    data: JSON = {
        "documents": [_tried(each) for each in report.documents],
        "summary": {
            "files": report.files,
            "workflows": len(report.documents),
            "succeeded": found["succeeded"],
            "failed": found["failed"],
            "errors": found["error"],
            "assertedStatuses": sum(each.asserted for each in report.documents),
            "xmlAsJson": sum(each.xml for each in report.documents),
            "allBranches": sum(each.branches for each in report.documents),
            "coverage": report.coverage,
            "minCoverage": least,
            "passed": report.exit_status(least) == 0,
            "reasons": dict(reasons.most_common()),
            "seconds": round(report.seconds, 3),
        },
    }
    return json.dumps(data, indent=2, ensure_ascii=False)


def _tried(tried: Tried) -> JSON:
    return {
        "file": tried.file,
        "workflow": tried.workflow or None,
        "outcome": tried.outcome,
        "reason": tried.reason.code if tried.reason is not None else None,
        "message": tried.reason.message if tried.reason is not None else None,
        "coverage": tried.coverage,
        "covered": tried.covered,
        "total": tried.total,
        "allBranches": tried.branches,
        "paths": tried.paths,
        "successfulPaths": tried.successes,
        "assertedStatus": tried.asserted,
        "xmlAsJson": tried.xml,
        "findings": list(tried.findings),
        "seconds": round(tried.seconds, 3),
        "place": _place(tried.reason),
    }


def _place(reason: Diagnostic | None) -> JSON:
    return place_json(reason.location) if reason is not None else None


# --- JUnit ------------------------------------------------------------------------------


def suite_junit(report: SuiteReport, least: float = 0.0) -> str:
    """
    A ``<testsuite>`` for each document, a ``<testcase>`` for each workflow: ``<failure>``
    where no path succeeds, ``<error>`` where none could be run. Where *least* percent of
    coverage are required, that is a case as well.
    """
    root = ET.Element("testsuites", name="arazzo", time=f"{report.seconds:.3f}")
    suites: dict[str, ET.Element] = {}
    for each in report.documents:
        suite = suites.get(each.file)
        if suite is None:
            suite = suites[each.file] = ET.SubElement(
                root, "testsuite", name=_xml(each.file)
            )
        case = ET.SubElement(
            suite,
            "testcase",
            classname=_xml(each.file),
            name=_xml(each.workflow or each.file),
            time=f"{each.seconds:.3f}",
        )
        properties = ET.SubElement(case, "properties")
        for name, value in (("coverage", f"{each.coverage:g}"), ("paths", each.paths)):
            ET.SubElement(properties, "property", name=name, value=str(value))
        if each.reason is not None:
            kind = "failure" if each.outcome == "failed" else "error"
            what = ET.SubElement(
                case, kind, type=each.reason.code, message=_xml(each.reason.message)
            )
            what.text = _xml(f"{each.reason.location}\n{each.reason.hint or ''}")
    if least:
        suites[""] = ET.SubElement(root, "testsuite", name="coverage")
        case = ET.SubElement(
            suites[""], "testcase", classname="arazzo", name="coverage"
        )
        if report.coverage < least:
            said = _too_little(report, least)
            ET.SubElement(case, "failure", type="min-coverage", message=said)
    for suite, cases in ((each, each.findall("testcase")) for each in suites.values()):
        _count(suite, cases)
    _count(root, root.findall("testsuite/testcase"))
    ET.indent(root)
    text = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _count(element: ET.Element, cases: list[ET.Element]) -> None:
    element.set("tests", str(len(cases)))
    for name in ("failure", "error"):
        found = sum(each.find(name) is not None for each in cases)
        element.set(f"{name}s", str(found))


def _xml(text: str) -> str:
    """*text* without what XML 1.0 has no place for."""
    kept = clean(text)
    return "".join(each for each in kept if each in "\n\t" or each >= " ").replace(
        "\ufffe", ""
    )
