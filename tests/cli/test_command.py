"""
``arazzo run`` as its user meets it: its own process, a real server, exit codes.

What is wrong is said at file, line and column, with a hint, before anything is sent where
it could be known.
"""

import json
import os
import pty
import select
import shutil
import signal
import subprocess
import sys
import textwrap
import threading
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from standin import KEY, Answer, Cut, Hold, Stream, busy, html, not_json

from arazzo_runner.cli.signals import ending_on_signals

ROOT = Path(__file__).parents[2]
WORKFLOW = "anthropic-message-batch.arazzo.yaml"
OPENAPI = "anthropic-message-batches.openapi.yaml"
POLL = ("--poll-interval", "0.01", "--poll-max-interval", "0.02")


@pytest.fixture
def project(tmp_path, prompts):
    """Our own workflow with its OpenAPI description, to be spoiled; and its inputs."""
    for folder, name in (("workflows", WORKFLOW), ("openapi", OPENAPI)):
        (tmp_path / folder).mkdir()
        shutil.copy(ROOT / folder / name, tmp_path / folder / name)
    (tmp_path / "prompts.json").write_text(json.dumps({"requests": prompts}))
    return tmp_path


@pytest.fixture
def workflow(project):
    return project / "workflows" / WORKFLOW


@pytest.fixture
def good(standin):
    """A stand-in and the arguments of a run against it that succeeds."""
    server = standin(polls=2)
    words = ("-i", "prompts.json", "--secret", "apiKey=env:KEY", *POLL)
    return server, (*words, "--server", server.base)


def spoil(path, old, new):
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


ENV = {"KEY": KEY}


# --- the published files ------------------------------------------------------------------


def test_the_published_anthropic_file(arazzo, standin, published_anthropic, prompts):
    """Create, poll until ended, download: one create, six retrieves, one download."""
    server = standin(polls=5)

    ran = arazzo(
        "run", published_anthropic, "--server", server.base, *POLL,
        "--secret", "apiKey=env:KEY", "-i", "model=claude-sonnet-4-5",
        "-i", f"requests={json.dumps(prompts)}", env=ENV,
    )  # fmt: skip

    assert ran.status == 0, ran.stderr
    assert server.operations == (
        ["createMessageBatch"]
        + ["retrieveMessageBatch"] * 6
        + ["retrieveMessageBatchResults"]
    )
    assert ran.outputs["processingStatus"] == "ended"
    assert ran.outputs["batchId"] == "msgbatch_01"
    assert [each["custom_id"] for each in ran.outputs["results"]] == ["paris", "café"]
    assert json.loads(server.requests[0].body) == {"requests": prompts}
    assert "warning[AZ501]" in ran.stderr
    assert "6 polls: processing_status in_progress → ended" in ran.stderr
    assert "succeeded in" in ran.stderr.splitlines()[-1]
    assert KEY not in ran.stderr + ran.stdout


def test_the_published_openai_file(arazzo, standin, published_openai, requests_jsonl):
    """Upload, create, poll, look: the moved source is found and said in one line."""
    server = standin(polls=5)

    ran = arazzo(
        "run", published_openai, "--server", server.base, *POLL,
        "--secret", "apiKey=env:KEY", "-i", "endpoint=/v1/chat/completions",
        "-i", f"batchInputFile=@{requests_jsonl}", env=ENV,
    )  # fmt: skip

    assert ran.status == 0, ran.stderr
    assert server.operations == (
        ["createFile", "createBatch"] + ["retrieveBatch"] * 6 + ["retrieveBatch"]
    )
    assert ran.outputs.keys() == {"batchId", "outputFileId"}
    assert b'filename="requests.jsonl"' in server.requests[0].body
    assert requests_jsonl.read_bytes() in server.requests[0].body
    assert ran.stderr.count("AZ505") == 1
    assert "_original/openai-openapi-master.yml" in ran.stderr
    assert KEY not in ran.stderr + ran.stdout


def test_strict_refuses_what_the_specification_does_not_allow(
    arazzo, standin, published_openai, corpus, requests_jsonl
):
    """Every dialect rule is an error at its place, before anything is sent."""
    server = standin()
    original = corpus / "openai/openapi/_original/openai-openapi-master.yml"

    ran = arazzo(
        "run", published_openai, "--server", server.base, "--strict",
        "--source", original, "--secret", "apiKey=env:KEY", "-i", "endpoint=/v1/x",
        "-i", f"batchInputFile=@{requests_jsonl}", env=ENV,
    )  # fmt: skip

    assert ran.status == 3
    assert server.requests == []
    assert f"{published_openai.name}:45:14: error[AZ502]" in ran.stderr
    assert f"{published_openai.name}:95:20: error[AZ501]" in ran.stderr


def test_strict_looks_for_no_source_elsewhere(arazzo, published_openai):
    """The place that the document names, or the one the user names."""
    ran = arazzo("run", published_openai, "--strict")

    assert ran.status == 3
    assert f"{published_openai.name}:14:8: error[AZ301]" in ran.stderr
    assert "--source openaiApi=" in ran.stderr


def test_an_unhandled_state_is_warned_of(arazzo, standin, published_openai, tmp_path):
    """The run goes on by the specification; the value and those tested are said."""
    server = standin(polls=1, final="failed")
    (tmp_path / "r.jsonl").write_text('{"custom_id": "a"}\n')

    ran = arazzo(
        "run", published_openai, "--server", server.base, *POLL, "--fail-on-warning",
        "-i", f"apiKey={KEY}", "-i", "endpoint=/v1/x", "-i", "batchInputFile=@r.jsonl",
    )  # fmt: skip

    assert ran.status == 1
    assert ran.outputs["outputFileId"] is None
    assert "AZ601" in ran.stderr
    assert "'failed'" in ran.stderr
    assert "'completed', 'validating', 'in_progress', 'finalizing'" in ran.stderr
    assert "--fail-on-warning" in ran.stderr.splitlines()[-1]


# --- documents that cannot be used --------------------------------------------------------

DOCUMENTS = {
    "not YAML": (
        "workflowId: message-batch",
        "workflowId: [message-batch",
        None, "",
    ),
    "a duplicate key": (
        "    summary: Create a batch",
        "    workflowId: again\n    summary: Create a batch",
        "15:5", "AZ103",
    ),
    "an unknown operationId": (
        "operationId: createMessageBatch",
        "operationId: createMesageBatch",
        "48:22", "did you mean 'createMessageBatch'?",
    ),
    "an unknown step": (
        "stepId: downloadResults\n            criteria",
        "stepId: downloadResult\n            criteria",
        "96:21", "did you mean 'downloadResults'?",
    ),
    "a bad expression": (
        "batchId: $response.body#/id",
        "batchId: $respones.body#/id",
        None, "",
    ),
    "a bad condition": (
        "- condition: $statusCode == 200",
        "- condition: $statusCode = 200",
        "61:24", "AZ402",
    ),
    "a source that is not there": (
        "../openapi/anthropic-message-batches.openapi.yaml",
        "../nowhere/anthropic.yaml",
        "11:10", "AZ301",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", DOCUMENTS)
def test_a_document_that_cannot_be_used(arazzo, workflow, good, what):
    """Exit code 3, the place, the line itself, nothing sent; no inputs needed for that."""
    old, new, place, said = DOCUMENTS[what]
    spoil(workflow, old, new)
    server, words = good

    ran = arazzo("run", "workflows/" + WORKFLOW, *words, env=ENV)

    assert ran.status == 3, ran.stderr
    assert f"workflows/{WORKFLOW}:{place or ''}" in ran.stderr.splitlines()[0]
    assert "error[AZ" in ran.stderr.splitlines()[0]
    assert said in ran.stderr
    assert "^" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert ran.stdout == ""
    assert server.requests == []


def test_a_file_that_is_not_there(arazzo, workflow):
    """With the nearest name."""
    ran = arazzo("run", "workflows/anthropic-mesage-batch.arazzo.yaml")

    assert ran.status == 3
    assert "error[AZ101]: there is no file workflows/anthropic-mesage" in ran.stderr
    assert f"did you mean '{WORKFLOW}'?" in ran.stderr


def test_a_document_of_another_kind(arazzo, project):
    """An OpenAPI description is named as what it is."""
    ran = arazzo("run", f"openapi/{OPENAPI}")

    assert ran.status == 3
    assert "AZ105" in ran.stderr
    assert f"openapi/{OPENAPI}:1:" in ran.stderr


def test_a_source_of_another_kind(arazzo, project, workflow, good):
    """A source description that is no OpenAPI description."""
    server, words = good
    (project / "openapi" / OPENAPI).write_text("title: something else\n")

    ran = arazzo("run", workflow, *words, env=ENV)

    assert ran.status == 3
    assert "AZ302" in ran.stderr
    assert server.requests == []


def test_several_problems_are_all_said_and_counted(arazzo, workflow, good):
    """Nobody has to run a file as often as it has faults."""
    spoil(workflow, "operationId: createMessageBatch", "operationId: nothing")
    spoil(
        workflow, "stepId: downloadResults\n            c", "stepId: x\n            c"
    )
    _, words = good

    ran = arazzo("run", workflow, *words, env=ENV)

    assert ran.stderr.count("error[AZ") == 2
    assert ran.stderr.splitlines()[-1] == "Found 2 problems."


def test_an_unknown_workflow(arazzo, workflow):
    """Exit code 2, with the nearest name."""
    ran = arazzo("run", workflow, "-w", "mesage-batch")

    assert ran.status == 2
    assert "no workflow 'mesage-batch'" in ran.stderr
    assert "did you mean 'message-batch'?" in ran.stderr


# --- inputs -------------------------------------------------------------------------------

INPUTS = {
    "undeclared": (("-i", "anthropicVersoin=x"), "no input 'anthropicVersoin'",
                   "did you mean 'anthropicVersion'?"),
    "of the wrong type": (("-i", "requests=abc"), "'requests' must be a JSON array; 'abc'",
                          "-i requests=@FILE"),
    "invalid": (("-i", "requests=[]"), "input 'requests' is not valid", ""),
    "a file that is not there": (("-i", "requests=@prompt.json"), "no file prompt.json",
                                 "did you mean 'prompts.json'?"),
    "an unset variable": (("--secret", "apiKey=env:NOT_SET"), "NOT_SET",
                          "export NOT_SET="),
    "a secret for nothing": (("--secret", "apikey=env:KEY"), "no security scheme 'apikey'",
                             "did you mean 'apiKey'?"),
}  # fmt: skip


@pytest.mark.parametrize("what", INPUTS)
def test_an_input_that_is_wrong(arazzo, workflow, good, what):
    """Exit code 4, its name, a hint; nothing is sent."""
    words, message, hint = INPUTS[what]
    server, others = good

    ran = arazzo("run", workflow, *others, *words, env=ENV)

    assert ran.status == 4, ran.stderr
    assert message in ran.stderr
    assert hint in ran.stderr
    assert "Traceback" not in ran.stderr
    assert ran.stdout == ""
    assert server.requests == []


def test_missing_inputs(arazzo, workflow, good):
    """Each with its description and how to give it."""
    server, _ = good

    ran = arazzo("run", workflow, "--server", server.base)

    assert ran.status == 4
    assert "'apiKey' is missing: An Anthropic API key." in ran.stderr
    assert "--secret apiKey=env:" in ran.stderr
    assert "'requests' is missing: The prompts." in ran.stderr
    assert "-i requests=@FILE" in ran.stderr
    assert "Found 2 problems." in ran.stderr
    assert server.requests == []


def test_a_set_may_hold_names_that_the_workflow_does_not_know(
    arazzo, project, workflow
):
    """In a file they are a warning, and not a typing error to be refused."""
    (project / "more.json").write_text('{"comment": "x"}')

    ran = arazzo("run", workflow, "-i", "prompts.json", "-i", "more.json", "--mock")

    assert ran.status == 0
    assert "AZ605" in ran.stderr


def test_inputs_from_everywhere(arazzo, project, workflow, good):
    """Standard input, the environment and ``arazzo.toml`` together; the flag wins."""
    server, _ = good
    (project / "arazzo.toml").write_text(
        textwrap.dedent(
            f"""\
            poll-interval = 0.01
            poll-max-interval = "0.02s"
            retry = 1
            header = {{"X-From" = "file"}}
            [server]
            messageBatches = "{server.base}"
            [input]
            anthropicVersion = "from-file"
            """
        )
    )

    ran = arazzo(
        "run", workflow, "-i", "-", "-H", "X-Flag: 1",
        input=(project / "prompts.json").read_text(),
        env={"ARAZZO_INPUT_APIKEY": KEY, "ARAZZO_INPUT_ANTHROPICVERSION": "from-env"},
    )  # fmt: skip

    assert ran.status == 0, ran.stderr
    first = server.requests[0]
    assert first.header("anthropic-version") == "from-env"
    assert first.header("x-from") == "file"
    assert first.header("x-flag") == "1"


# --- the command line ---------------------------------------------------------------------

USAGE = {
    "an unknown option": (("--retyr", "1"), "--retry"),
    "a time that is none": (("--poll-timeout", "5 days"), "30, 30s, 5m, 25h"),
    "a time of nothing": (("--poll-interval", "0"), "above zero"),
    "a number that is none": (("--retry", "x"), "--retry"),
    "waits in the wrong order": (
        ("--poll-interval", "9", "--poll-max-interval", "1"), "more than"),
    "a header that is none": (("-H", "no colon"), "Name: value"),
    "a server that is no URL": (("--server", "localhost:80"), "http(s) URL"),
    "an unknown source name": (("--server", "messages=http://x"), "messageBatches"),
    "two servers without names": (
        ("--server", "http://a", "--server", "http://b"), "NAME=http://a"),
    "a certificate that is not there": (("--cacert", "no.pem"), "no.pem"),
    "an unknown output": (("-o", "result=x"), "did you mean 'results'?"),
    "a folder that is not there": (("-o", "results=no/x"), "there is no folder"),
    "two outputs for one file": (("-o", "results=x", "-o", "batchId=./x"), "both go to"),
    "opposites": (("-v", "-q"), "exclude each other"),
    "standard input twice": (("-i", "-", "-i", "-"), "only once"),
}  # fmt: skip


@pytest.mark.parametrize("what", USAGE)
def test_a_wrong_command_line(arazzo, workflow, what):
    """Exit code 2, what is wrong, nothing on standard output."""
    words, said = USAGE[what]

    ran = arazzo("run", workflow, "-i", "prompts.json", *words)

    assert ran.status == 2, ran.stderr
    assert said in ran.stderr
    assert ran.stdout == ""


def test_a_secret_on_the_command_line_is_not_repeated(arazzo, workflow):
    """It is refused, and not printed once more."""
    ran = arazzo("run", workflow, "--secret", "apiKey=sk-ant-12345")

    assert ran.status == 2
    assert "env:VARIABLE" in ran.stderr
    assert "sk-ant" not in ran.stderr


@pytest.mark.parametrize(
    "configuration, said",
    [
        ("retyr = 1", "there is no option 'retyr'; did you mean 'retry'?"),
        ("retry = [", "is not TOML"),
        ('mock = "yes"', "mock is true or false"),
        ("retry = true", "retry is one text or number"),
        ('poll-interval = "x"', "(from arazzo.toml)"),
        ("output = [1]", "output is a list of texts"),
    ],
)
def test_a_wrong_configuration(arazzo, project, workflow, configuration, said):
    """``arazzo.toml`` is checked as the command line is."""
    (project / "arazzo.toml").write_text(configuration)

    ran = arazzo("run", workflow, "-i", "prompts.json")

    assert ran.status == 2
    assert said in ran.stderr


def test_a_configuration_beside_the_workflow_is_not_read(arazzo, workflow):
    """It would be a stranger's."""
    (workflow.parent / "arazzo.toml").write_text("nonsense = 1")
    source = f"openapi/{OPENAPI}"

    ran = arazzo("run", workflow, "-i", "prompts.json", "--source", source, "--mock")

    assert ran.status == 0, ran.stderr


def test_the_command_line_wins(arazzo, project, workflow):
    """Flag, environment, file: in this order."""
    (project / "arazzo.toml").write_text("mock = true\nquiet = true\nretry = 'x'")
    words = ("run", workflow, "-i", "prompts.json")

    assert arazzo(*words).status == 2
    assert "(from ARAZZO_RETRY)" in arazzo(*words, env={"ARAZZO_RETRY": "y"}).stderr
    quiet = arazzo(*words, env={"ARAZZO_RETRY": "1"})
    verbose = arazzo(*words, "--retry", "1", "-v", env={"ARAZZO_RETRY": "y"})
    assert (quiet.status, quiet.stderr) == (0, "")
    assert (verbose.status, "> POST" in verbose.stderr) == (0, True)


# --- the network ----------------------------------------------------------------------------


@pytest.fixture
def published(arazzo, published_anthropic, prompts):
    """Runs the published Anthropic file against a stand-in."""

    def words(server, *more):
        return (
            "run", published_anthropic, "--secret", "apiKey=env:KEY", "-i", "model=m",
            "-i", f"requests={json.dumps(prompts)}", "--server", server.base, *more,
        )  # fmt: skip

    def run(server, *more):
        return arazzo(*words(server, *POLL, *more), env=ENV)

    run.words = words
    return run


def test_a_server_that_is_down(arazzo, workflow, good):
    """Exit code 5, and where nobody answered."""
    server, words = good
    server.close()

    ran = arazzo("run", workflow, *words, env=ENV)

    assert ran.status == 5
    assert "connection refused" in ran.stderr
    assert f"{WORKFLOW}:46:" in ran.stderr


def test_a_server_that_is_silent(published, standin):
    """Exit code 5 after ``--timeout``; the id of the batch is said."""
    server = standin()
    server.fail("retrieveMessageBatch", Hold(), always=True)

    ran = published(server, "--timeout", "0.2", "--retry", "0")

    assert ran.status == 5
    assert "no byte for 0.2 s" in ran.stderr
    assert "batchId msgbatch_01" in ran.stderr


@pytest.mark.parametrize(
    "status, hint",
    [(401, "credential"), (404, "not there"), (500, "try again later")],
)
def test_a_status_that_is_not_wanted(
    published, published_anthropic, standin, status, hint
):
    """Exit code 1, the criterion with its place and values, the provider's words."""
    server = standin()
    server.fail("createMessageBatch", Answer(status))

    ran = published(server)

    assert ran.status == 1
    assert f"$statusCode == 200 is not met ($statusCode is {status})" in ran.stderr
    assert f"{published_anthropic.name}:63:18: error" in ran.stderr
    assert hint in ran.stderr
    assert "│" in ran.stderr
    assert server.operations == ["createMessageBatch"]
    assert ran.stdout == ""


def test_a_wrong_key(published, standin):
    """The provider's 401, without the key in what is said."""
    server = standin(key="another-key-1234")

    ran = published(server, "-v")

    assert ran.status == 1
    assert "$statusCode is 401" in ran.stderr
    assert "x-api-key: ***" in ran.stderr
    assert KEY not in ran.stderr


@pytest.mark.parametrize(
    "fault, said",
    [(not_json(), "AZ603"), (html(), "the context is HTML, not JSON")],
)
def test_a_body_that_is_not_json(published, standin, fault, said):
    """A criterion on it does not hold, with a warning that says why."""
    server = standin(polls=1)
    server.fail("retrieveMessageBatch", None, fault)

    ran = published(server)

    assert (
        ran.status == 1
    )  # by the specification it goes on, to results that are not there
    assert said in ran.stderr
    assert "AZ602" in ran.stderr
    assert "not available yet" in ran.stderr


def test_a_poll_that_never_ends(published, standin):
    """Exit code 6 at ``--poll-timeout``; the id of the batch is said."""
    server = standin(polls=10**6)

    ran = published(server, "--poll-timeout", "0.2")

    assert ran.status == 6
    assert "--poll-timeout" in ran.stderr
    assert "batchId msgbatch_01" in ran.stderr
    assert ran.stdout == ""


def test_a_fault_that_passes(published, standin):
    """A 502 in the middle of a poll is sent again and the run goes on."""
    server = standin(polls=2)
    server.fail("retrieveMessageBatch", None, busy(0, status=502))

    ran = published(server)

    assert ran.status == 0, ran.stderr
    assert "502" in ran.stderr
    assert "resend (1 of 3)" in ran.stderr
    assert server.operations.count("retrieveMessageBatch") == 4


def test_results_that_have_vanished(published, standin, tmp_path):
    """Exit code 1; no file of that name, and the id of the batch is said."""
    server = standin(polls=1)
    server.fail("retrieveMessageBatchResults", Answer(404), always=True)

    ran = published(server, "-o", "results=results.jsonl")

    assert ran.status == 1
    assert "$statusCode is 404" in ran.stderr
    assert "batchId msgbatch_01" in ran.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_poll(published, arazzo, standin, number):
    """Exit code 130, no traceback, the id of the batch."""
    server = standin(polls=10**6)
    process = arazzo.start(*published.words(server, "--poll-interval", "60"), env=ENV)
    # Once the first answer is read, a wait of a minute begins.
    server.wait_for(1, "retrieveMessageBatch")
    read = ""
    while "in_progress" not in read:
        read += process.stderr.readline()

    process.send_signal(number)
    stdout, stderr = process.communicate(timeout=20)

    assert process.returncode == 130
    assert stdout == ""
    assert "batchId msgbatch_01" in stderr
    assert "interrupted after" in stderr
    assert "Traceback" not in stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_get(published, arazzo, standin, number):
    """An answer that does not come is not waited for: the next poll would ask the same."""
    server = standin()
    server.fail("retrieveMessageBatch", Hold(), always=True)
    process = arazzo.start(*published.words(server), env=ENV)
    server.wait_for(1, "retrieveMessageBatch")

    process.send_signal(number)
    stdout, stderr = process.communicate(timeout=20)

    assert (process.returncode, stdout) == (130, "")
    assert "batchId msgbatch_01" in stderr
    assert "interrupted after" in stderr
    assert "waiting for the answer" not in stderr
    assert "Traceback" not in stderr


def test_an_interrupted_post(published, arazzo, standin):
    """Its answer may hold the id of something paid for; a second time ends it at once."""
    server = standin()
    server.fail("createMessageBatch", Hold(after=5), always=True)
    process = arazzo.start(*published.words(server), env=ENV)
    server.wait_for(1, "createMessageBatch")

    process.send_signal(signal.SIGINT)
    read = ""
    while "interrupted: " not in read:
        read += process.stderr.readline()
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=20)

    assert (process.returncode, stdout) == (130, "")
    assert (
        "interrupted: waiting for the answer to a POST; press Ctrl-C again to stop"
        " at once\n" in read
    )
    assert "interrupted after" in stderr
    assert "Traceback" not in stderr


@dataclass(frozen=True)
class Later(Stream):
    """A body of which no byte comes before *when*."""

    when: threading.Event

    def __iter__(self):
        self.when.wait(20)
        yield self.block


def test_an_interrupted_post_that_is_answered(published, arazzo, standin):
    """The id is said and nothing more is sent."""
    server = standin()
    answered, batch = threading.Event(), b'{"id": "msgbatch_01"}'
    server.fail("createMessageBatch", Answer(body=Later(batch, len(batch), answered)))
    process = arazzo.start(*published.words(server), env=ENV)
    server.wait_for(1, "createMessageBatch")

    process.send_signal(signal.SIGTERM)
    read = ""
    while "interrupted: " not in read:
        read += process.stderr.readline()
    answered.set()
    stdout, stderr = process.communicate(timeout=20)

    assert (process.returncode, stdout) == (130, "")
    assert "batchId msgbatch_01" in stderr
    assert server.operations == ["createMessageBatch"]


def test_a_third_interrupt_is_the_last(monkeypatch):
    """First what is under way is waited for, then the run is ended, then the process."""
    ended = []

    def leave(status):
        ended.append(status)
        raise SystemExit

    monkeypatch.setattr(os, "_exit", leave)

    with ending_on_signals(lambda: False, lambda: ended.append("asked") or True):
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGTERM)
        with pytest.raises(SystemExit):
            signal.raise_signal(signal.SIGINT)

    assert ended == ["asked", 130]


@pytest.mark.parametrize("where", [(True, True), (False, False)])
def test_an_interrupt_while_nothing_is_owed(where):
    """In a wait, or where nothing runs: at once."""
    interruptible, cancelled = where

    with (
        ending_on_signals(lambda: interruptible, lambda: cancelled),
        pytest.raises(KeyboardInterrupt),
    ):
        signal.raise_signal(signal.SIGINT)


# --- outputs ------------------------------------------------------------------------------


def test_an_output_goes_to_a_file_as_it_is(arazzo, workflow, good, tmp_path):
    """``-o NAME=FILE``; standard output shows where, how large, and of which type."""
    _, words = good

    ran = arazzo("run", workflow, *words, "-o", "results=results.jsonl", env=ENV)

    assert ran.status == 0, ran.stderr
    lines = (tmp_path / "results.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line)["custom_id"] for line in lines] == ["paris", "café"]
    assert ran.outputs["results"]["path"] == "results.jsonl"
    assert (
        ran.outputs["results"]["bytes"] == (tmp_path / "results.jsonl").stat().st_size
    )
    assert "jsonl" in ran.outputs["results"]["mediaType"]
    assert not (tmp_path / "results.jsonl.part").exists()


def test_a_download_that_breaks_off(arazzo, workflow, good, tmp_path):
    """The final name is never half a file; what came stays as ``.part`` and is said."""
    server, words = good
    server.fail("retrieveMessageBatchResults", Cut(100), always=True)
    (tmp_path / "results.jsonl").write_text("from before")

    ran = arazzo(
        "run", workflow, *words, "--retry", "0", "-o", "results=results.jsonl", env=ENV
    )

    assert ran.status == 5, ran.stderr
    assert (tmp_path / "results.jsonl").read_text() == "from before"
    assert (tmp_path / "results.jsonl.part").exists()
    assert "results.jsonl.part" in ran.stderr


def test_all_outputs_go_to_a_file(arazzo, workflow, tmp_path):
    """``-o FILE`` leaves standard output empty."""
    ran = arazzo("run", workflow, "-i", "prompts.json", "--mock", "-o", "all.json")

    assert (ran.status, ran.stdout) == (0, "")
    assert "outputs written to all.json" in ran.stderr
    found = json.loads((tmp_path / "all.json").read_text("utf-8"))
    assert found["processingStatus"] == "ended"


def test_one_output_goes_to_standard_output_as_it_is(arazzo, workflow):
    """``-o NAME=-``"""
    ran = arazzo("run", workflow, "-i", "prompts.json", "--mock", "-o", "batchId=-")

    assert ran.status == 0
    assert ran.stdout.startswith("msgbatch_")
    assert "{" not in ran.stdout


def test_an_unusual_name_does_not_confuse(arazzo, project, workflow):
    """A path with ``=`` in it, for inputs and for outputs."""
    (project / "a=b.json").write_text((project / "prompts.json").read_text())

    ran = arazzo("run", workflow, "-i", "./a=b.json", "--mock", "-o", "./c=d.json")

    assert ran.status == 0, ran.stderr
    assert (project / "c=d.json").exists()


def test_a_reader_that_goes_away(command_environment, workflow):
    """``arazzo run … | head -c 1`` ends without a traceback."""
    with subprocess.Popen(
        [sys.executable, "-m", "arazzo_runner", "run", workflow, "--mock", "-q",
         "-i", "prompts.json"],
        cwd=workflow.parents[1], env=command_environment,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        process.stdout.close()
        stderr = process.stderr.read()

    assert stderr == b""
    assert process.returncode == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize(
    "words",
    [
        ("-i", "prompts.json"),
        ("-i", "prompts.json", "-o", "batchId=-"),
        ("-i", "prompts.json", "--dry-run", "--secret", "apiKey=env:KEY"),
        ("--help",),
    ],
)
def test_a_standard_output_that_is_full(command_environment, workflow, words):
    """No defect of ours: exit code 2, as for a file."""
    with Path("/dev/full").open("wb") as full:
        ran = subprocess.run(
            [sys.executable, "-m", "arazzo_runner", "run", workflow, "--mock", "-q",
             *words],
            cwd=workflow.parents[1], env={**command_environment, **ENV}, stdout=full,
            stderr=subprocess.PIPE, encoding="utf-8", check=False,
        )  # fmt: skip

    assert ran.returncode == 2
    assert "No space left on device" in ran.stderr
    assert "--help" in words or "cannot write the outputs: No" in ran.stderr
    assert "defect" not in ran.stderr
    assert "Exception" not in ran.stderr


def test_the_description_from_standard_input(arazzo, workflow):
    """``-``; errors show its lines all the same."""
    text = workflow.read_text("utf-8")
    words = ("-i", "prompts.json", "--source", f"openapi/{OPENAPI}", "--mock")

    good = arazzo("run", "-", *words, input=text)
    bad = arazzo("run", "-", *words, input=text.replace("createMessageB", "createMesB"))

    assert good.status == 0, good.stderr
    assert bad.status == 3
    assert "<stdin>:48:22: error[AZ303]" in bad.stderr
    assert "48 |         operationId: createMesBatch" in bad.stderr


# --- other ways ---------------------------------------------------------------------------


def test_a_mock_needs_no_key(arazzo, workflow):
    """A placeholder stands for it, said once; nothing takes real time."""
    ran = arazzo("run", workflow, "-i", "prompts.json", "--mock")

    assert ran.status == 0
    assert ran.outputs["processingStatus"] == "ended"
    assert ran.stderr.count("placeholder") == 1
    assert "(virtual time)" in ran.stderr


def test_a_dry_run_sends_nothing(arazzo, workflow, good):
    """The first request whole, without the key; later ones with their expressions."""
    server, words = good

    ran = arazzo("run", workflow, *words, "--dry-run", env=ENV)

    assert ran.status == 0
    assert server.requests == []
    assert f"POST {server.base}/messages/batches\n" in ran.stdout
    assert "x-api-key: ***" in ran.stdout
    assert "Capital of France?" in ran.stdout
    assert "/messages/batches/$steps.createBatch.outputs.batchId/results" in ran.stdout
    assert KEY not in ran.stdout + ran.stderr


def test_insecure_is_said(arazzo, workflow, good):
    """On each run, also a quiet one."""
    _, words = good

    ran = arazzo("run", workflow, *words, "--insecure", "-q", env=ENV)

    assert ran.status == 0
    assert "--insecure" in ran.stderr


def test_a_terminal_has_a_line_that_changes(command_environment, standin, workflow):
    """On a pseudo-terminal: one line for a poll, redrawn in place, cleared at the end."""
    server = standin(polls=3)
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "arazzo_runner", "run", workflow, "-i", "prompts.json",
         "--secret", "apiKey=env:KEY", "--server", server.base,
         "--poll-interval", "0.3", "--poll-max-interval", "0.3"],
        cwd=workflow.parents[1], env={**command_environment, **ENV, "TERM": "xterm"},
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=theirs,
    )  # fmt: skip
    os.close(theirs)
    drawn = b""
    while select.select([ours], [], [], 20)[0]:
        try:
            block = os.read(ours, 65536)
        except OSError:  # the other end is closed
            break
        drawn += block
    os.close(ours)
    stdout, _ = process.communicate(timeout=20)

    assert process.returncode == 0
    assert json.loads(stdout)["processingStatus"] == "ended"
    frames = drawn.decode().split("\r\x1b[K")
    assert any("poll 2" in each and "next in" in each for each in frames)
    assert b"\x1b[32m" in drawn
    assert "… poll" not in drawn.decode()  # those lines are for logs


def test_help_says_what_a_script_needs(arazzo):
    """Exit codes and units."""
    ran = arazzo("run", "--help")

    assert ran.status == 0
    assert "130  interrupted" in ran.stdout
    assert "SECONDS may have a unit: 30s, 5m, 25h" in ran.stdout


@pytest.mark.parametrize("word", ["--version", "-h", "--help"])
def test_general_questions(arazzo, word):
    ran = arazzo(word)

    assert ran.status == 0
    assert "arazzo" in ran.stdout


@pytest.mark.parametrize(
    "word, said",
    [("rum", "did you mean 'run'?"), ("x.arazzo.yaml", "arazzo run x.arazzo.yaml")],
)
def test_an_unknown_command(arazzo, word, said):
    """With the nearest one; a file is likely meant to be run."""
    ran = arazzo(word)

    assert ran.status == 2
    assert said in ran.stderr


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["run", "--help"]])
def test_help_imports_nothing_of_weight(command_environment, words):
    """click, and of ours the command alone: help comes at once."""
    code = textwrap.dedent(
        f"""\
        import sys
        from arazzo_runner.cli import main
        try:
            main({words!r})
        except SystemExit:
            names = sorted(sys.modules)
        print("\\n" + "\\n".join(names))
        """
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], env=command_environment,
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    loaded = set(ran.stdout.split("\n"))

    heavy = {
        "asyncio", "httpx", "httpx2", "jsonschema", "jsonschema_rs", "jsonpath_rfc9535",
        "regex", "rich", "sqlite3", "ssl", "tomllib", "yaml",
    }  # fmt: skip
    assert loaded & heavy == set()
    ours = {each for each in loaded if each.startswith("arazzo_runner")}
    assert ours <= {
        "arazzo_runner", "arazzo_runner.cli", "arazzo_runner.errors",
        "arazzo_runner.cli.run", "arazzo_runner.cli.options",
    }  # fmt: skip


def test_a_defect_of_ours_is_one_line(capsys):
    """Exit code 70; the traceback is for ``-v``."""
    from arazzo_runner.cli import arazzo as group
    from arazzo_runner.cli.execute import execute
    from arazzo_runner.cli.run import Options

    class Broken:
        def read(self):
            raise RuntimeError("out of paper")

    command = group.get_command(None, "run")
    with command.make_context("run", ["-"]) as context:
        options = Options(**context.params)
        status = execute(options, environment={}, stdin=Broken())
        quiet = capsys.readouterr().err
        execute(replace(options, verbosity=1), environment={}, stdin=Broken())
        verbose = capsys.readouterr().err

    assert status == 70
    assert quiet.count("\n") == 1
    assert "this is a defect of arazzo" in quiet
    assert "RuntimeError: out of paper" in quiet
    assert "Traceback" in verbose


def test_a_standard_input_that_is_closed(command_environment, workflow):
    """``<&-``: nothing is read from it, so it is not missed."""
    prompts = ROOT / "workflows" / "inputs" / "two-prompts.json"
    words = ["run", workflow, "-i", prompts, "--mock", "-q"]
    ran = subprocess.run(
        ["sh", "-c", 'exec "$0" -m arazzo_runner "$@" <&-', sys.executable, *words],
        cwd=workflow.parents[1],
        env=command_environment,
        capture_output=True,
        check=False,
    )

    assert (ran.returncode, ran.stderr) == (0, b"")
