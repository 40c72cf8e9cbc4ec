"""
Published workflows, checked: no crash, nothing unknown that is there, and every error that is
found is listed in corpus_errors.yaml with the reason why it is one.
"""

import time
from collections import Counter
from pathlib import Path

import pytest
import yaml

from arazzo_runner import check

CORPUS = Path("../shared/corpus/dev")
KNOWN = Path(__file__).with_name("corpus_errors.yaml")
#: Documents that are Arazzo descriptions; the others of the folder are what they name.
FILES = 667

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CORPUS.is_dir(), reason="the published files are not here"),
]


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """Of the whole folder, the second time; with the seconds that both times took."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        seconds = []
        for _ in range(2):
            began = time.process_time()
            found = check(CORPUS, severity="info")
            seconds.append(time.process_time() - began)
    return found, seconds


def relative(path):
    return str(Path(path).relative_to(CORPUS))


def test_every_file_is_read(report):
    found, _ = report

    assert len(found.files) == FILES
    assert [each.path for each in found.files if not each.readable] == []


def test_nothing_crashes(report):
    found, _ = report

    assert [
        str(each) for each in found.findings if not each.code.startswith("AZ")
    ] == []


def test_every_finding_has_a_place(report):
    found, _ = report

    assert [
        str(each)
        for each in found.findings
        if not each.location.line and each.code != "AZ708"
    ] == []


def test_every_error_is_known_and_right(report):
    found, _ = report
    errors = Counter(
        (relative(file.path), each.code)
        for file in found.files
        for each in file.findings
        if each.severity == "error"
    )
    known = {
        (file, group["code"]): count
        for group in yaml.safe_load(KNOWN.read_text("utf-8"))
        for file, count in group["files"].items()
    }

    assert dict(errors) == known


def test_a_table_of_what_is_found(report, capsys):
    """Printed, so that a change of a rule is seen in what it means for published files."""
    found, seconds = report
    findings = Counter()
    files = {}
    for file in found.files:
        for each in file.findings:
            key = (each.severity, each.code, each.name)
            findings[key] += 1
            files.setdefault(key, set()).add(file.path)
    order = ("error", "warning", "info")
    with capsys.disabled():
        print(f"\n{len(found.files)} published files checked")
        print(f"{seconds[0]:.1f} s of CPU, {seconds[1]:.1f} s with the cache")
        print(f"{'':9}{'':7}{'':28}{'findings':>9}{'files':>7}")
        for key in sorted(findings, key=lambda each: (order.index(each[0]), each[1])):
            severity, code, name = key
            print(
                f"{severity:<9}{code:<7}{name:<28}"
                f"{findings[key]:>9}{len(files[key]):>7}"
            )

    assert findings
