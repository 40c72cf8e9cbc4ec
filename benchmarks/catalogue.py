"""
The catalogue: every published workflow against its mock, with inputs that are made.

    python benchmarks/catalogue.py            # prints the table, and how long it took
    python benchmarks/catalogue.py --write    # into docs/explanation/catalogue.md as well

It needs ../shared, which lies beside the repository. Nothing is asserted here; a seeded
sample is in the tests.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from arazzo_runner.errors import CODES  # noqa: E402
from arazzo_runner.suites import SuiteReport, Tried, run_suite  # noqa: E402

CORPUS = ROOT.parent / "shared" / "corpus" / "dev"
PAGE = ROOT / "docs" / "explanation" / "catalogue.md"

#: Why a workflow does not run: code, what its hint or message says, the reason in words.
REASONS = (
    ("AZ301", "", "The API description that the document names is not in the collection."),
    ("AZ604", "goes into a list", "An expression names a member of a list, and not which "
     "item of it: `$steps.list.outputs.items.id`. No runner could tell."),
    ("AZ604", "", "An expression reads what the description of the answer does not have: a "
     "member that its schema does not allow, a member of a text, the body of an empty "
     "answer. The parameter it is for cannot be left out."),
    ("AZ303", "", "The API description is there and has no such operation: it is in another "
     "file of the provider, in an older copy, or has another name. An operation is looked for "
     "in the source descriptions that are listed, and nowhere else (Arazzo, Source "
     "Description Object)."),
    ("AZ312", "", "The step gives no value for a variable of the operation's path."),
    ("AZ309", "", "Several operations have the operationId, in one API description or in two "
     "that are listed."),
    ("AZ401", "", "An expression goes into a list with `[]`, `[*]`, `[n]` or a filter, which "
     "no version of the specification has."),
    ("AZ307", "", "An expression names an output that the step does not declare."),
    ("invalid-request", "", "The payload is an object, as the inputs declare it, and its media "
     "type is binary or plain text: there is no way to write one as the other."),
    ("AZ624", "", "The payload is an object, as the inputs declare it, and its media type is "
     "binary or plain text: there is no way to write one as the other."),
    ("refused-by-policy", "", "The whole body of a text answer is put into a path, line ends "
     "included."),
)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[1])
    parser.add_argument("--jobs", type=int, default=2, help="processes (2)")
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.name}")
    parser.add_argument("folder", nargs="?", default=None, help="instead of the corpus")
    given = parser.parse_args()
    folder = Path(given.folder) if given.folder else CORPUS
    if not folder.is_dir():
        parser.error("../shared, with the published files, is not here")
    # Messages name files as they are reached: from the folder itself.
    os.chdir(folder)
    report = run_suite(["."], jobs=given.jobs)
    table = "\n".join(counts(report))
    print(table)
    print(f"\n{report.seconds:.0f} s with {given.jobs} processes")
    print("\n".join(reasons(report)))
    if given.write:
        PAGE.write_text(page(report, given.jobs), "utf-8")


# --- what is counted --------------------------------------------------------------------


def loaded(tried: Tried) -> bool:
    """Every source description that it needs could be opened."""
    return tried.reason is None or not tried.reason.code.startswith(
        ("AZ1", "AZ2", "AZ301")
    )


def planned(tried: Tried) -> bool:
    """Every operation was found, every expression read, and inputs could be made."""
    return tried.outcome != "error" or not is_of_document(tried)


def is_of_document(tried: Tried) -> bool:
    return (
        tried.reason is not None and re.match("AZ[1-5]", tried.reason.code) is not None
    )


def ran(tried: Tried) -> bool:
    return tried.outcome != "error"


def succeeded(tried: Tried) -> bool:
    return tried.outcome == "succeeded"


def branches(tried: Tried) -> bool:
    return succeeded(tried) and tried.branches


Test = Callable[[Tried], bool]
ROWS: tuple[tuple[str, Test], ...] = (
    ("in the collection", lambda _tried: True),
    ("loaded: the API descriptions it names are there", loaded),
    ("planned: operations found, expressions read", planned),
    ("ran to an outcome", ran),
    ("succeeded on some path", succeeded),
    ("… and every step was reached, every action taken", branches),
    (
        "of those that succeeded: the mock answered a status that is asserted and not declared",
        lambda each: succeeded(each) and each.asserted,
    ),
    (
        "of those that succeeded: XML was read as JSON (AZ528)",
        lambda each: succeeded(each) and each.xml,
    ),
)


def by_document(report: SuiteReport) -> dict[str, list[Tried]]:
    found: dict[str, list[Tried]] = defaultdict(list)
    for each in report.documents:
        found[each.file].append(each)
    return found


def counts(report: SuiteReport) -> Iterator[str]:
    """The table."""
    documents = by_document(report).values()
    yield "| | documents, some workflow | documents, every workflow | workflows |"
    yield "|---|---:|---:|---:|"
    for name, test in ROWS:
        some = sum(any(map(test, each)) for each in documents)
        every = sum(all(map(test, each)) for each in documents)
        yield f"| {name} | {some:,} | {every:,} | {sum(map(test, report.documents)):,} |"


def shares(report: SuiteReport) -> Iterator[str]:
    """Parts of those that can be asked for."""
    documents = by_document(report).values()
    present = [each for each in documents if any(map(loaded, each))]
    ready = [each for each in documents if any(map(planned, each))]
    done = sum(any(map(succeeded, each)) for each in documents)
    workflows = [each for each in report.documents if planned(each)]
    passed = sum(map(succeeded, workflows))
    yield (
        f"Of {len(present):,} documents whose API descriptions are there, {done:,} "
        f"({100 * done / max(len(present), 1):.1f} %) have a workflow that runs to success; of "
        f"the {len(ready):,} of them whose operations are in those descriptions as well, "
        f"{100 * done / max(len(ready), 1):.1f} %. Of {len(workflows):,} workflows that can be "
        f"planned, {passed:,} ({100 * passed / max(len(workflows), 1):.1f} %) do."
    )


def reason_of(tried: Tried) -> tuple[str, str]:
    """The code and the reason in words."""
    assert tried.reason is not None
    said = f"{tried.reason.message} {tried.reason.hint or ''}"
    for code, part, words in REASONS:
        if tried.reason.code == code and part in said:
            return code, words
    return tried.reason.code, tried.reason.message


def findings(report: SuiteReport) -> Iterator[str]:
    """What the paths show to be wrong with workflows that can be run."""
    number = Counter(code for each in report.documents for code in each.findings)
    yield "| code | findings | documents |"
    yield "|---|---:|---:|"
    for code, count in sorted(number.items()):
        files = {each.file for each in report.documents if code in each.findings}
        yield f"| `{code} {CODES[code]}` | {count:,} | {len(files):,} |"


def reasons(report: SuiteReport) -> Iterator[str]:
    """Why workflows do not succeed, worst first."""
    wrong = [each for each in report.documents if each.reason is not None]
    number = Counter(map(reason_of, wrong))
    yield "| code | workflows | documents | reason |"
    yield "|---|---:|---:|---|"
    for (code, words), count in number.most_common():
        files = {each.file for each in wrong if reason_of(each) == (code, words)}
        name = f"{code} {CODES[code]}" if code in CODES else code
        yield f"| `{name}` | {count:,} | {len(files):,} | {words} |"


def each_document(report: SuiteReport) -> Iterator[str]:
    """Every document of which a workflow does not succeed, under its reason."""
    wrong = [each for each in report.documents if each.reason is not None]
    order = [reason for reason, _ in Counter(map(reason_of, wrong)).most_common()]
    for code, words in order:
        same = [each for each in wrong if reason_of(each) == (code, words)]
        yield f"\n### {f'{code} {CODES[code]}' if code in CODES else code}\n\n{words}\n"
        files: dict[str, list[Tried]] = defaultdict(list)
        for each in same:
            files[each.file].append(each)
        for file, tried in files.items():
            more = f" ({len(tried)} workflows)" if len(tried) > 1 else ""
            yield f"* `{file.removeprefix('./')}`{more}: {said(tried)}"


def said(tried: Iterable[Tried]) -> str:
    first = next(iter(tried))
    assert first.reason is not None
    message = first.reason.message.replace("\n", " ").replace(str(CORPUS), "…")
    # Paths and expressions are code, or Markdown would take their signs.
    return "`" + message.replace("`", "'") + "`"


def page(report: SuiteReport, jobs: int) -> str:
    found = report.outcomes
    return "\n".join(
        [
            "# The catalogue",
            "",
            "<!-- Made by benchmarks/catalogue.py --write; change that. -->",
            "",
            "Published workflow files hardly ever run out of the box: they name API "
            "descriptions that have moved, need keys, and nobody has seen most of their "
            "branches. Here every one of a collection is run as `arazzo test` runs it: with "
            "inputs that are made from their schemas, against a mock of its API "
            "descriptions, once for each decision that it can take.",
            "",
            *counts(report),
            "",
            *shares(report),
            "",
            "A document with several workflows counts in the first column when it is so of "
            "one of them, in the second when it is so of all. Where a criterion asks for a "
            "status that its operation does not declare, the mock answers with that status: "
            "the workflow shows what its author saw. Where a pointer goes into a reply of "
            "XML, it is read as JSON ([AZ528](../reference/dialect.md)).",
            "",
            f"All of it took {report.seconds:.0f} s with {jobs} processes, "
            f"{sum(each.paths for each in report.documents):,} paths of "
            f"{found['succeeded'] + found['failed']:,} workflows. The script "
            "`benchmarks/catalogue.py` makes this page.",
            "",
            "## What is found in those that run",
            "",
            *findings(report),
            "",
            "`arazzo explore FILE` tells them at their places. Most steps that are never "
            "reached (AZ743) stand behind one that cannot be sent.",
            "",
            "## Why the others do not run to success",
            "",
            *reasons(report),
            "",
            "## Each of them",
            *each_document(report),
            "",
        ]
    )


if __name__ == "__main__":
    main()
