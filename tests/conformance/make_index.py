"""
Writes docs/reference/conformance.md: each requirement, and what shows that it is held.

    python tests/conformance/make_index.py
"""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PAGE = ROOT / "docs/reference/conformance.md"
CASES = "../../tests/conformance/cases"
_ID = re.compile(r"\b[RN]-[A-Z]+-\d\d\b|\bA-\d\d\b")
HEAD = """<!-- Made by tests/conformance/make_index.py. -->

# Conformance

Every requirement of Arazzo 1.0 and 1.1 by an id of our own, and what shows that this engine
holds it: cases of the [conformance suite]({suite}), which other engines can use as well, or
tests that name it. {cases} cases: {positive} of what must happen, {negative} of what must not.
"""


def requirements(version: str) -> list[dict[str, Any]]:
    """The entries of a version, in the order of the specification."""
    text = (HERE / f"requirements-{version}.yaml").read_text("utf-8")
    entries: list[dict[str, Any]] = yaml.safe_load(text)
    return entries


def cases() -> dict[Path, dict[str, Any]]:
    """Every case by its file."""
    return {
        path: yaml.safe_load(path.read_text("utf-8"))
        for path in sorted((HERE / "cases").rglob("*.yaml"))
    }


def reasons() -> dict[str, str]:
    """Why a requirement is not held, or not wholly."""
    entries = yaml.safe_load((HERE / "not-implemented.yaml").read_text("utf-8"))
    return {entry["id"]: entry["why"] for entry in entries}


def named() -> dict[str, set[str]]:
    """Tests by the ids that they name."""
    found = defaultdict(set)
    for path in sorted((ROOT / "tests").rglob("*.py")):
        if path.parent == HERE:
            continue
        for each in _ID.findall(path.read_text("utf-8")):
            found[each].add(path.relative_to(ROOT).as_posix())
    return found


def shown(identifier: str, by_id: dict[str, list[Path]], tests: dict[str, Any]) -> str:
    """What shows that a requirement is held: links to cases, else to tests."""
    links = [
        f"[{path.parent.name}/{path.stem}]({CASES}/{path.parent.name}/{path.name})"
        for path in by_id.get(identifier, ())
    ]
    if not links:
        links = [
            f"[{Path(each).stem}](../../{each})"
            for each in sorted(tests.get(identifier, ()))
        ]
    if why := reasons().get(identifier):
        links.append(f"*{why}*")
    return ", ".join(links)


def page() -> str:
    """The whole page."""
    by_id: dict[str, list[Path]] = defaultdict(list)
    all_cases = cases()
    for path, case in all_cases.items():
        for each in case["requirements"]:
            by_id[each].append(path)
    positive = sum(case["kind"] == "positive" for case in all_cases.values())
    tests = named()
    lines = [
        HEAD.format(
            suite="../../tests/conformance/README.md",
            cases=len(all_cases),
            positive=positive,
            negative=len(all_cases) - positive,
        )
    ]
    for version in ("1.0", "1.1"):
        lines += [f"## Arazzo {version}", "", "| id | level | requirement | shown by |"]
        lines.append("| --- | --- | --- | --- |")
        lines += [
            f"| {each['id']} | {each['level']} | {each['title']} |"
            f" {shown(each['id'], by_id, tests)} |"
            for each in requirements(version)
        ]
        lines.append("")
    lines += [
        "## Decisions where the specification is silent",
        "",
        "Their texts: [the dialect](dialect.md) for what more is read, and the guides.",
        "",
        "| id | shown by |",
        "| --- | --- |",
    ]
    decided = sorted({each for each in (*by_id, *tests) if each.startswith("A-")})
    lines += [f"| {each} | {shown(each, by_id, tests)} |" for each in decided]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
