"""The shape of the conformance cases: what every file must be before an engine plays it."""

import re
from pathlib import Path

import pytest
import yaml

HERE = Path(__file__).parent
CASES = sorted((HERE / "cases").rglob("*.yaml"))
REQUIREMENTS = {
    entry["id"]
    for path in HERE.glob("requirements-*.yaml")
    for entry in yaml.safe_load(path.read_text("utf-8"))
}
KEYS = {
    "id", "title", "requirements", "kind", "mode", "arazzo", "files", "shared",
    "workflow", "inputs", "dependencyInputs", "replies", "expect", "http",
}  # fmt: skip
EXPECT = {
    "outcome",
    "reason",
    "at",
    "outputs",
    "requests",
    "waits",
    "steps",
    "warnings",
}
REQUEST = {"method", "url", "headers", "absentHeaders", "body", "text"}
REASONS = {
    "criteria-not-met",
    "ended-by-failure-action",
    "no-response",
    "limit",
    "setup",
}
#: Nothing was sent; documents may then be broken on purpose.
REFUSED = "refused"


def name(path):
    return f"{path.parent.name}/{path.stem}"


def load(path):
    return yaml.safe_load(path.read_text("utf-8"))


@pytest.mark.parametrize("path", CASES, ids=name)
def test_the_fields_of_a_case(path):
    case = load(path)

    assert case["id"] == path.stem
    assert case["title"].strip()
    assert case.keys() <= KEYS
    assert case["kind"] in ("positive", "negative")
    assert case.get("mode", "default") in ("default", "strict")
    assert isinstance(case["arazzo"], str)
    assert case["requirements"]
    assert len(set(case["requirements"])) == len(case["requirements"])


@pytest.mark.parametrize("path", CASES, ids=name)
def test_the_requirements_of_a_case_exist(path):
    """Of a version whose list is not there nothing can be said."""
    versions = {each[0] for each in REQUIREMENTS}
    for each in load(path)["requirements"]:
        assert re.fullmatch(r"[RN]-[A-Z]+-\d\d|A-\d\d", each)
        assert each[0] not in versions or each in REQUIREMENTS


@pytest.mark.parametrize("path", CASES, ids=name)
def test_the_expectation_of_a_case(path):
    expect = load(path)["expect"]

    assert expect.keys() <= EXPECT
    assert expect["outcome"] in ("succeeded", "failed", REFUSED)
    assert "reason" not in expect or expect["outcome"] == "failed"
    assert expect.get("reason") in REASONS | {None}
    assert "at" not in expect or expect["outcome"] == REFUSED
    if "at" in expect:
        assert 0 < expect["at"]["line"] <= len(load(path)["arazzo"].splitlines())
    for request in expect.get("requests", ()):
        assert request.keys() <= REQUEST
        assert request["method"].isupper()
        assert not {"body", "text"} <= request.keys()
        assert request.get("url", "https://").startswith("https://")
    for wait in expect.get("waits", ()):
        assert isinstance(wait, int | float) or wait.keys() == {"min", "max"}


@pytest.mark.parametrize("path", CASES, ids=name)
def test_the_replies_of_a_case(path):
    case = load(path)
    for reply in case.get("replies", ()):
        if "lost" in reply:
            assert reply.keys() == {"lost"}
            continue
        assert reply.keys() <= {"status", "headers", "body", "text"}
        assert type(reply["status"]) is int
        assert 100 <= reply["status"] <= 599
        assert not {"body", "text"} <= reply.keys()
    requests = case["expect"].get("requests")
    if requests is not None and case["expect"]["outcome"] != REFUSED:
        assert len(requests) == len(case.get("replies", ()))


@pytest.mark.parametrize("path", CASES, ids=name)
def test_the_documents_of_a_case(path):
    """They are YAML, unless the case is about one that is not."""
    case = load(path)
    texts = [case["arazzo"], *case.get("files", {}).values()]
    if case["expect"]["outcome"] == REFUSED:
        return
    for text in texts:
        assert isinstance(yaml.safe_load(text), dict)


def test_the_lists_of_requirements():
    for path in HERE.glob("requirements-*.yaml"):
        entries = yaml.safe_load(path.read_text("utf-8"))
        ids = [entry["id"] for entry in entries]
        assert len(ids) == len(set(ids))
        for entry in entries:
            assert entry["kind"] in ("static", "runtime", "both")
            assert entry["title"].strip()
            assert entry["section"].strip()
