"""What a run sends again, what it keeps, and what it never shows."""

import asyncio
import http.server
import json
import threading

import pytest
from scripted import Scripted, describe, ok, strings

from arazzo_runner import InputError, Pacing, Runner, UsageError
from arazzo_runner.masking import Masker

FAST = Pacing(interval=0.001, max_interval=0.001)
SECRET = "sk-nested-4f1c9a7e2b"

LOOP = """
steps:
- stepId: one
  operationId: createJob
  requestBody:
    contentType: application/json
    payload: {w: $steps.one.outputs.next}
  outputs: {next: $response.body#/next}
  onSuccess:
  - {name: again, type: goto, stepId: one, criteria: [{condition: $response.body#/more}]}
"""

NESTED = """
inputs:
  type: object
  properties:
    config:
      type: object
      properties: {pw: {type: string, format: password, minLength: 30}, user: {}}
steps:
- stepId: one
  operationId: createJob
  requestBody:
    contentType: application/json
    payload: {v: $inputs.config.pw, u: $inputs.config.user}
  successCriteria: [{condition: $statusCode == 200}]
"""

POLL = """
steps:
- stepId: one
  operationId: getJob
  parameters: [{name: id, in: path, value: x}]
  outputs: {state: $response.body#/state}
  onSuccess:
  - {name: on, type: goto, stepId: one, criteria: [{condition: "$response.body#/state == 'on'"}]}
"""  # fmt: skip


def test_one_is_not_true(tmp_path):
    """A request with `true` in place of 1 is another request, and is sent as it is."""
    transport = Scripted(
        [ok({"next": 1, "more": True}), ok({"next": True, "more": True}), ok({})]
    )
    with Runner(describe(tmp_path, LOOP), transport=transport, pacing=FAST) as runner:
        runner.run()

    sent = [json.loads(b"".join(each.body)) for each in transport.requests]
    assert [json.dumps(each) for each in sent] == ["{}", '{"w": 1}', '{"w": true}']


def test_a_secret_member_of_an_object_is_sent_and_not_seen(tmp_path):
    """``format: password`` counts at any depth."""
    secret, seen = SECRET + "-long-enough-to-pass", []
    transport = Scripted(lambda _request: ok({"echo": secret}, 401))
    path = describe(tmp_path, NESTED)
    with Runner(path, transport=transport, on_event=seen.append) as runner:
        runner.run(inputs={"config": {"pw": secret, "user": "u"}})

    assert json.loads(b"".join(transport.requests[0].body)) == {"v": secret, "u": "u"}
    assert not [text for text in strings(seen) if secret in text]


def test_a_secret_member_that_is_not_valid_is_not_shown(tmp_path):
    path = describe(tmp_path, NESTED)
    with Runner(path) as runner, pytest.raises(InputError) as caught:
        runner.run(inputs={"config": {"pw": SECRET}})

    assert SECRET not in str(caught.value)
    assert "config.pw" in str(caught.value)


def test_a_credential_given_as_a_header_is_not_seen_when_it_is_echoed(tmp_path):
    """The user's own ``-H`` is as secret as an input."""
    seen = []
    transport = Scripted(lambda _request: ok({"error": f"bad key {SECRET}"}, 401))
    with Runner(
        describe(tmp_path, NESTED),
        transport=transport,
        on_event=seen.append,
        headers=[("Authorization", f"Bearer {SECRET}")],
    ) as runner:
        runner.run(inputs={"config": {"pw": "x" * 30}})

    assert ("Authorization", f"Bearer {SECRET}") in transport.requests[0].headers
    assert not [text for text in strings(seen) if SECRET in text]


def test_a_long_text_under_the_name_of_a_credential_is_no_pattern():
    """A server cannot make masking costly: what is learnt is short enough to be a key."""
    masker = Masker()

    masker.learn({"token": "a/" * 100_000})
    masker.value({}, members=True)

    assert repr(masker) == "<Masker of 0 secrets>"


class Large(http.server.BaseHTTPRequestHandler):
    """Answers each poll with more than a mebibyte."""

    def do_GET(self):
        self.server.count += 1
        state = "on" if self.server.count < 4 else "done"
        body = json.dumps({"state": state, "pad": "x" * 1_100_000}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        """Quiet."""


@pytest.fixture
def large():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Large) as server:
        server.count = 0
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_large_bodies_of_polls_do_not_pile_up(tmp_path, monkeypatch, large):
    """Thousands of polls must not fill a disk: what no output holds is removed."""
    folder = tmp_path / "bodies"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    path = describe(tmp_path, POLL)

    with Runner(path, servers=large, pacing=FAST) as runner:
        result = runner.run()
        left = [each for each in folder.rglob("*") if each.is_file()]

    assert (result.status, result.steps[-1].outputs) == ("succeeded", {"state": "done"})
    assert left == []


def test_a_cancelled_task_carries_what_the_run_had(tmp_path):
    """The id of something paid for is not lost with the task."""
    path = describe(
        tmp_path,
        """
        steps:
        - {stepId: make, operationId: createJob, outputs: {id: $response.body#/id}}
        - stepId: ask
          operationId: getJob
          parameters: [{name: id, in: path, value: $steps.make.outputs.id}]
          onSuccess: [{name: on, type: goto, stepId: ask}]
        """,
    )

    async def cancelled():
        waiting = asyncio.Event()

        def watch(event):
            if type(event).__name__ == "Waiting":
                waiting.set()

        transport = Scripted(lambda _request: ok({"id": "j1"}))
        slow = Pacing(interval=3600, max_interval=3600)
        runner = Runner(path, transport=transport, on_event=watch, pacing=slow)
        task = asyncio.create_task(runner.arun())
        await waiting.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await task
        return caught.value.result

    result = asyncio.run(cancelled())

    assert result.status == "cancelled"
    assert result.step_outputs["make"] == {"id": "j1"}


@pytest.mark.parametrize("value", [-1, "x", None])
def test_a_pacing_that_is_no_time(value):
    with pytest.raises(UsageError, match="must be a number"):
        Pacing(interval=value)


def test_a_server_with_a_password_is_refused_before_anything_is_sent(tmp_path):
    transport = Scripted([])
    path = describe(tmp_path, POLL)

    with (
        Runner(path, transport=transport, servers="http://u:pw@127.0.0.1") as runner,
        pytest.raises(UsageError, match="password"),
    ):
        runner.run()

    assert transport.requests == []
