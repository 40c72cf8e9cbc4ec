"""``arazzo explore``: what it prints, writes and exits with."""

import json
import textwrap
from pathlib import Path

import pytest
import yaml
from explored import API, HEAD, POLL

ROOT = Path(__file__).parents[2]
OPENAI = ROOT / "workflows" / "openai-batch.arazzo.yaml"


@pytest.fixture
def files(tmp_path):
    (tmp_path / "api.yaml").write_text(API, "utf-8")

    def write(text, name="jobs.arazzo.yaml"):
        (tmp_path / name).write_text(HEAD + textwrap.indent(text, "  "), "utf-8")
        return name

    return write


UNREADY = POLL.replace("status == 'failed'", "status == 'faulty'")


def test_a_table_of_paths_and_what_they_cover(arazzo, files):
    done = arazzo("explore", files(POLL), "--once")

    assert done.status == 0
    lines = done.stdout.splitlines()
    assert lines[0] == (
        "workflow main: 9 paths (6 succeeded, 3 failed), 100 % covered "
        "(steps 3/3, actions 3/3, criteria 12/12)"
    )
    assert lines[1].split() == [
        "path",
        "outcome",
        "requests",
        "virtual",
        "time",
        "replies",
    ]
    assert lines[2].split()[:3] == ["1", "succeeded", "3"]
    assert "create: 400  → criteria-not-met" in lines[3]


def test_combinations_are_counted_and_shown_when_asked_for(arazzo, files):
    name = files(POLL)
    short, whole = arazzo("explore", name), arazzo("explore", name, "-v")

    assert "combinations of these: " in short.stdout
    assert "poll: 200 /status=queued, remove: 400" not in short.stdout
    assert "poll: 200 /status=queued, remove: 400" in whole.stdout


def test_findings_have_the_lines_they_are_about(arazzo, files):
    done = arazzo("explore", files(UNREADY), "--once", "-q")

    assert done.status == 1
    assert "warning[AZ740]: no action of step 'poll' handles /status 'failed'" in (
        done.stdout
    )
    assert "warning[AZ742]: action 'broken' of step 'poll' never matches" in done.stdout
    assert "- name: broken" in done.stdout
    assert "path  outcome" not in done.stdout


def test_json(arazzo, files):
    done = arazzo("explore", files(UNREADY), "--once", "--format", "json")

    found = done.outputs
    (workflow,) = found["workflows"]
    assert set(found) == {"file", "workflows", "findings", "summary"}
    assert (workflow["workflow"], workflow["outcome"]) == ("main", "succeeded")
    assert workflow["coverage"]["steps"] == {"covered": 3, "total": 3}
    first = workflow["paths"][0]
    assert first["outcome"] == "succeeded"
    assert [each["step"] for each in first["requests"]] == ["create", "poll", "remove"]
    assert first["requests"][0]["request"] == "POST https://api.test/v1/jobs"
    codes = {each["code"]: each for each in found["findings"]}
    assert {"AZ740", "AZ742"} <= set(codes)
    assert codes["AZ740"]["file"] == "jobs.arazzo.yaml"
    assert codes["AZ740"]["line"] > 0
    assert found["summary"]["workflows"] == 1


def test_findings_as_a_check_shows_them(arazzo, files):
    name = files(UNREADY)

    concise = arazzo("explore", name, "--once", "--format", "concise")
    github = arazzo(
        "explore", name, "--once", "--format", "github", "--select", "AZ740"
    )
    sarif = arazzo("explore", name, "--once", "--format", "sarif", "--ignore", "AZ742")

    assert len(concise.stdout.splitlines()) == 2
    assert concise.stdout.startswith("jobs.arazzo.yaml:")
    assert github.stdout.startswith("::warning file=jobs.arazzo.yaml,line=")
    assert len(github.stdout.splitlines()) == 1
    results = json.loads(sarif.stdout)["runs"][0]["results"]
    assert [each["ruleId"] for each in results] == ["AZ740"]


def test_findings_that_are_not_wanted_do_not_count(arazzo, files):
    done = arazzo("explore", files(UNREADY), "--once", "--ignore", "AZ740,AZ742")

    assert done.status == 0
    assert "AZ74" not in done.stdout


def test_scenario_files(arazzo, files, tmp_path):
    done = arazzo("explore", files(POLL), "--once", "-q", "--output-dir", "out")

    written = sorted((tmp_path / "out").iterdir())
    assert done.stderr.splitlines()[-1] == "9 scenarios in out"
    assert [each.name for each in written][:2] == [
        "path-01-succeeded.scenario.yaml",
        "path-02-failed.scenario.yaml",
    ]
    scenario = yaml.safe_load(written[1].read_text("utf-8"))
    assert scenario["scenario"] == 1
    assert scenario["replies"] == [{"step": "create", "call": 1, "status": 400}]
    assert (
        written[1]
        .read_text("utf-8")
        .startswith(
            "# Path 2 of workflow main: failed (criteria-not-met)\n# create: 400\n"
        )
    )


def test_scenario_files_of_an_earlier_time_are_removed(arazzo, files, tmp_path):
    """But for what somebody else has put there."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "my-path-1.scenario.yaml").write_text("scenario: 1\n")
    path = files(POLL)
    arazzo("explore", path, "--once", "-q", "--output-dir", "out")
    arazzo("explore", path, "--max-paths", "2", "-q", "--output-dir", "out")

    assert len(list((tmp_path / "out").iterdir())) == 3


def test_a_limit_of_ours_is_no_fault_of_the_workflow(arazzo, files):
    """What lies behind the last request that may be sent is not `never reached`."""
    done = arazzo("explore", files(POLL), "--once", "--max-requests", "1")

    assert "AZ743" not in done.stdout


def test_inputs_that_are_given_are_used_and_secrets_are_not_written(arazzo, tmp_path):
    key = "sk-this-is-very-secret"
    done = arazzo(
        "explore", OPENAI, "--once", "--format", "json", "--output-dir", "out",
        "-i", "endpoint=/v1/embeddings", "--secret", "apiKey=env:KEY",
        env={"KEY": key},
    )  # fmt: skip

    written = [each.read_text("utf-8") for each in (tmp_path / "out").iterdir()]
    assert done.status == 0
    assert all(key not in each for each in (done.stdout, done.stderr, *written))
    assert {yaml.safe_load(each)["inputs"]["endpoint"] for each in written} == {
        "/v1/embeddings"
    }
    assert "apiKey" not in written[0]


ECHO = """
inputs: {type: object, properties: {job: {type: string}}}
steps:
- stepId: get
  operationId: getJob
  parameters: [{name: id, in: path, value: $inputs.job}]
  successCriteria: [{condition: $response.body#/id != 'x' && $statusCode == 200}]
  outputs: {id: $response.body#/id}
outputs: {id: $steps.get.outputs.id}
"""


def test_a_secret_that_a_reply_repeats_is_not_shown(arazzo, files, tmp_path):
    """The mock answers with the id that the path names, which is secret here."""
    key = "sk-this-is-very-secret"
    done = arazzo(
        "explore", files(ECHO), "--format", "json", "--output-dir", "out", "-v",
        "--secret", "job=env:KEY", env={"KEY": key},
    )  # fmt: skip

    written = [each.read_text("utf-8") for each in (tmp_path / "out").iterdir()]
    assert done.status == 0, done.stderr
    assert len(written) > 1
    assert all(key not in each for each in (done.stdout, done.stderr, *written))


def test_limits(arazzo, files):
    done = arazzo("explore", files(POLL), "--max-paths", "4")

    assert "4 paths (" in done.stdout
    assert "not run: --max-paths is reached" in done.stdout


@pytest.mark.parametrize(
    "arguments, status, said",
    [
        (["nothing.yaml"], 3, "AZ101"),
        (["jobs.arazzo.yaml", "-w", "man"], 2, "did you mean 'main'?"),
        (["jobs.arazzo.yaml", "-i", "nope=1"], 4, "declares no inputs"),
        (["jobs.arazzo.yaml", "--max-paths", "0"], 2, "0 is not in the range"),
        (["jobs.arazzo.yaml", "--source", "nix=api.yaml"], 2, "unknown source description"),
        (["jobs.arazzo.yaml", "--select", "AZ9"], 2, "no code or name of a finding"),
        (["jobs.arazzo.yaml", "--output-dir", "api.yaml"], 2, "cannot write scenarios"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(arazzo, files, arguments, status, said):
    files(POLL)

    done = arazzo("explore", *arguments)

    assert done.status == status
    assert said in done.stderr


def test_inputs_for_one_of_several_workflows(arazzo, files, tmp_path):
    name = files(POLL)
    text = (tmp_path / name).read_text("utf-8")
    more = textwrap.indent(POLL, "  ")
    (tmp_path / name).write_text(text + "- workflowId: other\n" + more, "utf-8")

    done = arazzo("explore", name, "-i", "a=1")

    assert done.status == 2
    assert "say which one the inputs are for" in done.stderr
    assert arazzo("explore", name, "-w", "other", "-q").status == 0


def test_a_workflow_that_cannot_be_planned_does_not_hide_the_others(
    arazzo, files, tmp_path
):
    name = files(POLL)
    text = (tmp_path / name).read_text("utf-8")
    bad = "- workflowId: bad\n  steps: [{stepId: a, operationId: nothing}]\n"
    (tmp_path / name).write_text(text + bad, "utf-8")

    done = arazzo("explore", name, "--once", "--format", "json")

    assert done.status == 1
    outcomes = {each["workflow"]: each["outcome"] for each in done.outputs["workflows"]}
    assert outcomes == {"main": "succeeded", "bad": "error"}


def test_options_from_the_file_and_the_environment(arazzo, files, tmp_path):
    name = files(POLL)
    (tmp_path / "arazzo.toml").write_text("[explore]\nonce = true\n", "utf-8")

    done = arazzo("explore", name, env={"ARAZZO_FORMAT": "json"})

    assert len(json.loads(done.stdout)["workflows"][0]["paths"]) == 9
