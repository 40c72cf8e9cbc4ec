"""``arazzo test``: passes and failures, coverage, JUnit, JSON, exit codes, a server."""

import textwrap
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from explored import API, HEAD, POLL

ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path):
    """A folder with workflows of every outcome, and what they need."""
    (tmp_path / "api.yaml").write_text(API, "utf-8")

    def write(name, text):
        whole = HEAD + textwrap.indent(textwrap.dedent(text), "  ")
        (tmp_path / name).write_text(whole, "utf-8")

    write("a-good.arazzo.yaml", POLL)
    write(
        "b-failing.arazzo.yaml",
        """
        steps:
        - {stepId: list, operationId: listJobs, outputs: {all: $response.body#/jobs}}
        - stepId: get
          operationId: getJob
          parameters: [{name: id, in: path, value: $steps.list.outputs.all.id}]
        """,
    )
    write("c-unknown.arazzo.yaml", "steps: [{stepId: a, operationId: nothing}]\n")
    return tmp_path


def test_each_workflow_and_what_it_comes_to(arazzo, folder):
    done = arazzo("test", ".")

    lines = done.stdout.splitlines()
    assert done.status == 1
    assert lines[0] == "a-good.arazzo.yaml::main PASSED  9 paths, 100 %"
    assert lines[1].startswith("b-failing.arazzo.yaml::main FAILED  ")
    assert lines[2] == "c-unknown.arazzo.yaml::main ERROR"
    assert "= FAILURES =" in lines[3]
    assert "error[AZ604]" in done.stdout
    assert any(
        line.startswith("FAILED b-failing.arazzo.yaml::main - AZ604: step 'get' cannot")
        for line in lines
    )
    assert any(
        line.startswith("ERROR c-unknown.arazzo.yaml::main - AZ303: ") for line in lines
    )
    assert "1 failed, 1 passed, 1 error in " in lines[-1]


def test_all_pass(arazzo, folder):
    done = arazzo("test", "a-good.arazzo.yaml")

    assert done.status == 0
    assert len(done.stdout.splitlines()) == 2
    assert "1 passed in " in done.stdout


def test_json(arazzo, folder):
    done = arazzo("test", ".", "--format", "json")

    found = done.outputs
    by_file = {each["file"]: each for each in found["documents"]}
    good, failing, unknown = (
        by_file[f"{name}.arazzo.yaml"] for name in ("a-good", "b-failing", "c-unknown")
    )
    assert (good["workflow"], good["outcome"], good["reason"]) == (
        "main",
        "succeeded",
        None,
    )
    assert good["coverage"] == 100
    assert (failing["outcome"], failing["reason"]) == ("failed", "AZ604")
    assert failing["place"]["line"] > 0
    assert (unknown["outcome"], unknown["reason"], unknown["coverage"]) == (
        "error",
        "AZ303",
        0,
    )
    summary = found["summary"]
    assert (summary["files"], summary["workflows"]) == (3, 3)
    assert (summary["succeeded"], summary["failed"], summary["errors"]) == (1, 1, 1)
    assert summary["reasons"] == {"AZ604": 1, "AZ303": 1}


def test_processes_give_the_same(arazzo, folder):
    def without_times(found):
        for each in (*found["documents"], found["summary"]):
            del each["seconds"]
        return found

    one = arazzo("test", ".", "--format", "json")
    two = arazzo("test", ".", "--format", "json", "-n", "2")

    assert without_times(one.outputs) == without_times(two.outputs)


def test_junit(arazzo, folder):
    arazzo("test", ".", "-q", "--junit", "report.xml")

    root = ET.parse(folder / "report.xml").getroot()  # noqa: S314  (our own)
    assert root.tag == "testsuites"
    assert {name: root.get(name) for name in ("tests", "failures", "errors")} == {
        "tests": "3",
        "failures": "1",
        "errors": "1",
    }
    cases = {each.get("classname"): each for each in root.iter("testcase")}
    assert cases["b-failing.arazzo.yaml"].find("failure").get("type") == "AZ604"
    assert cases["c-unknown.arazzo.yaml"].find("error").get("type") == "AZ303"
    assert cases["a-good.arazzo.yaml"].find("failure") is None


def test_too_little_is_covered(arazzo, folder):
    openai = ROOT / "workflows" / "openai-batch.arazzo.yaml"

    assert arazzo("test", openai, "--min-coverage", "90").status == 0
    done = arazzo("test", openai, "--min-coverage", "99.9")

    assert done.status == 1
    assert "are covered, 99.9 % are required" in done.stdout


def test_too_little_is_in_the_reports_as_well(arazzo, tmp_path):
    """What a CI server reads must not be green where the command is not."""
    openai = ROOT / "workflows" / "openai-batch.arazzo.yaml"
    words = ("test", openai, "--min-coverage", "99.9", "--format", "json")
    done = arazzo(*words, "--junit", tmp_path / "report.xml")

    assert done.outputs["summary"]["minCoverage"] == 99.9
    assert done.outputs["summary"]["passed"] is False
    report = ET.parse(tmp_path / "report.xml").getroot()  # noqa: S314
    assert report.get("failures") == "1"
    assert "99.9 % are required" in report.find(".//failure").get("message")


def test_what_cannot_be_run_is_not_covered(arazzo, folder):
    """Its steps count; what is not there counts as one."""
    done = arazzo("test", "c-unknown.arazzo.yaml", "nothing.yaml", "--format", "json")

    assert [each["total"] for each in done.outputs["documents"]] == [1, 1]
    assert done.outputs["summary"]["coverage"] == 0


@pytest.mark.parametrize(
    "arguments, status, said",
    [
        (["nothing.yaml"], 3, ""),
        (["c-unknown.arazzo.yaml"], 3, ""),
        (["-"], 2, "cannot be tested"),
        ([".", "--min-coverage", "101"], 2, "not in the range"),
        ([".", "--junit", "no/such/folder.xml"], 2, "cannot write the report"),
    ],
)
def test_what_is_wrong_is_said(arazzo, folder, arguments, status, said):
    done = arazzo("test", *arguments)

    assert done.status == status
    assert said in done.stderr


def test_a_folder_without_documents(arazzo, tmp_path):
    (tmp_path / "empty").mkdir()

    done = arazzo("test", "empty")

    assert done.status == 3
    assert "nothing to test" in done.stdout


def test_our_own_workflows_pass(arazzo):
    done = arazzo("test", ROOT / "workflows", "--min-coverage", "96")

    assert done.status == 0, done.stdout


def test_against_a_server(arazzo, standin):
    """The stand-in answers as the providers do; its key is not the one that is made up."""
    server = standin()
    anthropic = ROOT / "workflows" / "anthropic-message-batch.arazzo.yaml"

    done = arazzo("test", anthropic, "--server", server.base, "--format", "json")

    (tried,) = done.outputs["documents"]
    assert (tried["outcome"], tried["paths"]) == ("failed", 1)
    assert tried["reason"] == "criteria-not-met"
    assert 0 < tried["coverage"] < 50
    assert server.requests
