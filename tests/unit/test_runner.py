"""The library against real sockets: `run`, `arun`, `stream`, many at once, results."""

import asyncio
import contextlib
import gc
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import httpx
import httpx2
import pytest
from scripted import Scripted, describe, ok
from standin import Cut, Hold, StandIn

import arazzo_runner
from arazzo_runner import Pacing, Runner
from arazzo_runner.events import (
    RequestSent,
    ResponseReceived,
    RunFinished,
    RunStarted,
    StepFinished,
    StepStarted,
    Waiting,
)
from arazzo_runner.messages import File, Records, Response, record_values

ROOT = Path(__file__).parents[2]
OURS = ROOT / "workflows"
QUICK = Pacing(interval=0.001, max_interval=0.001, jitter=0.0)


def run_async(*arguments, **options):
    return asyncio.run(arazzo_runner.arun(*arguments, **options))


WAYS = pytest.mark.parametrize(
    "way", [arazzo_runner.run, run_async], ids=["run", "arun"]
)


@pytest.fixture
def anthropic_inputs(prompts):
    return {"requests": prompts, "model": "claude-sonnet-4-5"}


@pytest.fixture
def openai_inputs(requests_jsonl):
    return {"batchInputFile": requests_jsonl, "endpoint": "/v1/chat/completions"}


CASES = {
    "our Anthropic file": (
        lambda _get: OURS / "anthropic-message-batch.arazzo.yaml",
        "prompts",
        ["createMessageBatch", *["retrieveMessageBatch"] * 6, "retrieveMessageBatchResults"],
    ),
    "our OpenAI file": (
        lambda _get: OURS / "openai-batch.arazzo.yaml",
        "openai_inputs",
        ["createFile", "createBatch", *["retrieveBatch"] * 6, "downloadFile"],
    ),
    "published Anthropic file": (
        lambda get: get("published_anthropic"),
        "anthropic_inputs",
        ["createMessageBatch", *["retrieveMessageBatch"] * 6, "retrieveMessageBatchResults"],
    ),
    "published OpenAI file": (
        lambda get: get("published_openai"),
        "openai_inputs",
        ["createFile", "createBatch", *["retrieveBatch"] * 7],
    ),
}  # fmt: skip


@pytest.fixture(params=CASES.values(), ids=CASES)
def case(request):
    """A description, its inputs without a key, and the operations it calls."""
    find, inputs, operations = request.param
    path = find(request.getfixturevalue)
    given = request.getfixturevalue(inputs)
    return path, given if isinstance(given, dict) else {"requests": given}, operations


def play(way, case, server, **options):
    """A run against *server*: its events, as if it had another port, and its result."""
    path, inputs, _ = case
    events = []
    result = way(
        path,
        inputs=inputs | {"apiKey": server.key},
        servers=server.base,
        pacing=QUICK,
        seed=7,
        on_event=events.append,
        **options,
    )
    return [normal(each, server) for each in events], result


def normal(event, server):
    if isinstance(event, RunStarted | RunFinished):
        return replace(event, run_id="")
    if isinstance(event, RequestSent):
        boundary = dict(event.headers).get("Content-Type", "").partition("boundary=")[2]
        text = repr((event.url, event.headers, event.body)).replace(server.url, "")
        return text.replace(boundary, "BOUNDARY") if boundary else text
    return event


@WAYS
def test_whole_workflows_send_exactly_these_requests(way, case, standin):
    """Five polls see it unfinished, the sixth sees it ended."""
    server = standin(polls=5)

    with play(way, case, server)[1] as result:
        assert result.status == "succeeded"
        assert result.succeeded
        assert result.exit_status == 0
        assert result.error is None
        assert server.operations == case[2]
        assert {each.status for each in server.requests} == {200}


def test_both_ways_are_the_same(case, standin):
    """`run` and `arun` have equal event streams, requests, outputs and steps."""
    servers = [standin(polls=3), standin(polls=3)]

    (events, result), (aevents, aresult) = (
        play(way, case, server)
        for way, server in zip((arazzo_runner.run, run_async), servers, strict=True)
    )

    assert events == aevents
    assert servers[0].operations == servers[1].operations
    assert result.outputs == aresult.outputs
    assert [each.decision for each in result.steps] == [
        each.decision for each in aresult.steps
    ]


def test_events_come_in_pairs(case, standin):
    """Started and Finished on every path; RunFinished is the last event."""
    events, _ = play(arazzo_runner.run, case, standin(polls=2))

    kinds = [type(each) for each in events]
    assert kinds[0] is RunStarted
    assert kinds[-1] is RunFinished
    steps = [each for each in kinds if each in (StepStarted, StepFinished)]
    assert steps == [StepStarted, StepFinished] * (len(steps) // 2)


def test_results_of_our_anthropic_file(standin, prompts):
    server = standin(polls=1)

    result = arazzo_runner.run(
        OURS / "anthropic-message-batch.arazzo.yaml",
        "message-batch",
        {"requests": prompts, "apiKey": server.key},
        servers={"messageBatches": server.base},
        pacing=QUICK,
    )

    records = list(record_values(result.outputs["results"], result.bodies))
    assert result.workflow_id == "message-batch"
    assert result.outputs["batchId"] == "msgbatch_01"
    assert result.outputs["processingStatus"] == "ended"
    assert [each["custom_id"] for each in records] == ["paris", "café"]
    assert [each["result"]["type"] for each in records] == ["succeeded", "errored"]
    assert result.step_outputs["createBatch"] == {"batchId": "msgbatch_01"}
    assert result.warnings == ()


def test_what_the_published_files_need_is_warned_about(
    standin, published_openai, openai_inputs
):
    """A dialect rule each, with code and place, and the moved source (issue 2)."""
    server = standin(polls=1)

    result = arazzo_runner.run(
        published_openai,
        inputs=openai_inputs | {"apiKey": server.key},
        servers=server.base,
        pacing=QUICK,
    )

    codes = {each.code for each in result.warnings}
    assert {"AZ501", "AZ502", "AZ505"} <= codes
    assert all(each.location.line for each in result.warnings)


def test_the_key_that_is_sent_is_the_one_given(
    standin, published_openai, openai_inputs
):
    server = standin(polls=1)

    arazzo_runner.run(
        published_openai,
        inputs=openai_inputs | {"apiKey": server.key},
        servers=server.base,
        pacing=QUICK,
    )

    assert {each.header("authorization") for each in server.requests} == {
        f"Bearer {server.key}"
    }


def test_polls_are_paced(standin, prompts):
    """1 s, then half as much again; jitter from the seed; all configurable."""
    server = standin(polls=4)
    pacing = Pacing(interval=0.001, factor=2.0, max_interval=0.004, jitter=0.0)
    events = []

    arazzo_runner.run(
        OURS / "anthropic-message-batch.arazzo.yaml",
        inputs={"requests": prompts, "apiKey": server.key},
        servers=server.base,
        pacing=pacing,
        on_event=events.append,
    )

    waits = [each for each in events if isinstance(each, Waiting)]
    assert [each.seconds for each in waits] == [0.001, 0.002, 0.004, 0.004]
    assert [each.number for each in waits] == [1, 2, 3, 4]
    assert {each.reason for each in waits} == {"poll"}


def test_the_seed_decides_the_jitter(standin, prompts):
    def waits(seed):
        events = []
        server = standin(polls=3)
        arazzo_runner.run(
            OURS / "anthropic-message-batch.arazzo.yaml",
            inputs={"requests": prompts, "apiKey": server.key},
            servers=server.base,
            pacing=Pacing(interval=0.001, jitter=0.5),
            seed=seed,
            on_event=events.append,
        )
        return [each.seconds for each in events if isinstance(each, Waiting)]

    assert waits(1) == waits(1) != waits(2)


def test_a_poll_ends_by_its_deadline(standin, prompts):
    server = standin(polls=10**6)

    result = arazzo_runner.run(
        OURS / "anthropic-message-batch.arazzo.yaml",
        inputs={"requests": prompts, "apiKey": server.key},
        servers=server.base,
        pacing=Pacing(interval=0.001, max_interval=0.001, timeout=0.02),
    )

    assert (result.status, result.error.code) == ("failed", "poll-timeout")
    assert result.exit_status == 6
    assert result.step_outputs["createBatch"] == {"batchId": "msgbatch_01"}


# --- many at once -----------------------------------------------------------------------


def test_one_runner_serves_many_runs_one_after_the_other(standin, prompts):
    server = standin(polls=1)

    with Runner(
        OURS / "anthropic-message-batch.arazzo.yaml", servers=server.base, pacing=QUICK
    ) as runner:
        inputs = {"requests": prompts, "apiKey": server.key}
        results = [runner.run(inputs=inputs) for _ in range(3)]

    assert [each.outputs["batchId"] for each in results] == [
        "msgbatch_01", "msgbatch_02", "msgbatch_03",
    ]  # fmt: skip
    assert len({each.run_id for each in results}) == 3


def test_eight_threads_share_a_runner(standin, prompts):
    server = standin(polls=3)
    inputs = {"requests": prompts, "apiKey": server.key}
    seen = {number: [] for number in range(8)}

    with (
        Runner(
            OURS / "anthropic-message-batch.arazzo.yaml",
            servers=server.base,
            pacing=QUICK,
        ) as runner,
        ThreadPoolExecutor(8) as pool,
    ):
        results = list(
            pool.map(
                lambda number: runner.run(
                    inputs=inputs,
                    run_id=f"r{number}",
                    observers=[lambda event, at: seen[number].append((event, at))],
                ),
                range(8),
            )
        )

    assert [each.run_id for each in results] == [f"r{number}" for number in range(8)]
    assert len({each.outputs["batchId"] for each in results}) == 8
    for number, result in enumerate(results):
        events = [event for event, _ in seen[number]]
        times = [at for _, at in seen[number]]
        assert events[-1].run_id == f"r{number}"
        assert result.outputs["batchId"] in str(events[-1])
        assert times == sorted(times)


def test_fifty_tasks_share_a_runner(standin, prompts):
    server = standin(polls=2)
    inputs = {"requests": prompts, "apiKey": server.key}

    async def all_of_them():
        async with Runner(
            OURS / "anthropic-message-batch.arazzo.yaml",
            servers=server.base,
            pacing=QUICK,
        ) as runner:
            return await asyncio.gather(
                *(runner.arun(inputs=inputs) for _ in range(50))
            )

    results = asyncio.run(all_of_them())

    assert {each.status for each in results} == {"succeeded"}
    assert len({each.outputs["batchId"] for each in results}) == 50
    assert len(server.requests) == 50 * 5


def test_a_runner_serves_several_event_loops(standin, prompts):
    server = standin(polls=0)
    inputs = {"requests": prompts, "apiKey": server.key}
    runner = Runner(
        OURS / "anthropic-message-batch.arazzo.yaml", servers=server.base, pacing=QUICK
    )

    async def once():
        async with runner:
            return await runner.arun(inputs=inputs)

    assert [asyncio.run(once()).status for _ in range(2)] == ["succeeded"] * 2


# --- events one by one ------------------------------------------------------------------

LOOP = """\
steps:
- stepId: create
  operationId: createJob
  outputs: {id: $response.body#/id}
- stepId: poll
  operationId: getJob
  parameters: [{name: id, in: path, value: $steps.create.outputs.id}]
  outputs: {state: $response.body#/state, more: $response.body#/more}
  onSuccess:
  - name: again
    type: goto
    stepId: poll
    criteria: [{condition: $response.body#/state == 'running'}]
outputs: {state: $steps.poll.outputs.state, more: $steps.poll.outputs.more}
"""


def job(polls, **last):
    """A job that is running for so many polls."""
    left = iter(range(polls))

    def answer(request):
        if request.method == "POST":
            return ok({"id": "job-1"})
        running = next(left, None) is not None
        return ok({"state": "running"} if running else {"state": "done", **last})

    return answer


@pytest.fixture
def loop(tmp_path):
    return describe(tmp_path, LOOP)


def test_events_can_be_iterated(loop):
    async def main():
        async with Runner(loop, transport=Scripted(job(2)), pacing=QUICK) as runner:
            return [event async for event in runner.stream(run_id="r")]

    events = asyncio.run(main())

    assert isinstance(events[0], RunStarted)
    assert isinstance(events[-1], RunFinished)
    assert events[-1].outputs["state"] == "done"
    assert sum(isinstance(each, RequestSent) for each in events) == 4


def test_a_stream_that_is_left_early_ends_its_run(loop):
    """The run is cancelled in order; nothing more is sent."""
    transport, seen = Scripted(job(10**6)), []

    async def main():
        async with Runner(
            loop, transport=transport, pacing=QUICK, on_event=seen.append
        ) as runner:
            async with contextlib.aclosing(runner.stream()) as events:
                async for event in events:
                    if isinstance(event, Waiting):
                        break
            sent = len(transport.requests)
            assert runner._runs == {}
            return sent

    sent = asyncio.run(main())

    assert len(transport.requests) == sent
    assert isinstance(seen[-1], RunFinished)
    assert seen[-1].status == "cancelled"


def test_a_stream_raises_what_the_run_raises(tmp_path):
    path = describe(
        tmp_path,
        """\
        inputs: {required: [a]}
        steps: [{stepId: s, operationId: createJob}]
        """,
    )

    async def main():
        async with Runner(path, transport=Scripted([])) as runner:
            async for _ in runner.stream():
                pass

    with pytest.raises(arazzo_runner.InputError):
        asyncio.run(main())


def test_large_outputs_of_a_stream_last_until_it_ends(tmp_path):
    path = describe(tmp_path, BIG)
    found = []

    async def main():
        async with Runner(path, transport=big_application()) as runner:
            async for event in runner.stream():
                if isinstance(event, RunFinished):
                    found.append(Path(event.outputs["all"].path))
                    assert found[0].stat().st_size > 3_000_000

    asyncio.run(main())

    assert not found[0].exists()


# --- large bodies -----------------------------------------------------------------------

BIG = """\
steps:
- stepId: big
  operationId: getJob
  parameters: [{name: id, in: path, value: big}]
  outputs: {all: $response.body, third: $response.body#/items/3/id}
- stepId: use
  operationId: getJob
  parameters:
  - {name: id, in: path, value: $steps.big.outputs.all#/items/4/id}
  - {name: q, in: query, value: $steps.big.outputs.third}
outputs: {all: $steps.big.outputs.all, used: $steps.use.outputs.nothing}
""".replace(", used: $steps.use.outputs.nothing", "")

ITEMS = [{"id": f"item-{number}", "fill": "x" * 1000} for number in range(3100)]


def big_application(lines=False, seen=None):
    """An ASGI application whose job ``big`` is 3 MB of JSON, or of JSONL."""

    async def application(scope, receive, send):
        if seen is not None:
            seen.append((scope["path"], scope["query_string"].decode()))
        if scope["path"] != "/v1/jobs/big":
            kind, body = "application/json", b"{}"
        elif lines:
            kind = "application/x-ndjson"
            body = b"".join(json.dumps(each).encode() + b"\n" for each in ITEMS)
        else:
            kind, body = "application/json", json.dumps({"items": ITEMS}).encode()
        fields = [(b"content-type", kind.encode())]
        await send({"type": "http.response.start", "status": 200, "headers": fields})
        await send({"type": "http.response.body", "body": body})

    return application


@WAYS
@pytest.mark.parametrize("lines", [False, True], ids=["json", "jsonl"])
def test_a_large_body_is_addressable_in_a_later_step(tmp_path, way, lines):
    """Above 1 MiB it is a file, and no expression notices."""
    seen = []
    text = BIG.replace("/items/", "/") if lines else BIG
    path = describe(tmp_path, text)

    with way(path, transport=big_application(lines, seen)) as result:
        assert result.status == "succeeded"
        assert seen[1] == ("/v1/jobs/item-4", "q=item-3")
        whole = result.outputs["all"]
        assert isinstance(whole, Records if lines else File)
        file = whole.file if lines else whole
        assert Path(file.path).stat().st_size > 3_000_000

    assert not Path(file.path).exists()


def test_a_result_without_an_owner_removes_its_files(tmp_path):
    path = describe(tmp_path, BIG)
    result = arazzo_runner.run(path, transport=big_application())
    file = Path(result.outputs["all"].path)
    assert file.exists()

    del result
    gc.collect()

    assert not file.exists()


def test_results_outlive_their_runner(tmp_path):
    path = describe(tmp_path, BIG)
    with Runner(path, transport=big_application()) as runner:
        result = runner.run()
    del runner
    gc.collect()

    with result:
        assert result.bodies.data(result.outputs["all"])["items"][5]["id"] == "item-5"
    result.close()  # a second time does no harm


@WAYS
@pytest.mark.parametrize("relative", [False, True])
def test_a_download_goes_to_its_file(
    standin, prompts, tmp_path, monkeypatch, way, relative
):
    """To ``FILE.part``, which stays; the final name is the caller's to give."""
    monkeypatch.chdir(tmp_path)
    target = Path("results.jsonl") if relative else tmp_path / "results.jsonl"
    server = standin(polls=0, results_bytes=2_000_000)

    async def arun(runner, *arguments, **options):
        async with runner:
            return await runner.arun(*arguments, **options)

    runner = Runner(OURS / "anthropic-message-batch.arazzo.yaml", servers=server.base)
    with runner:
        inputs = {"requests": prompts, "apiKey": server.key}
        if way is run_async:
            result = asyncio.run(
                arun(runner, inputs=inputs, downloads={"results": target})
            )
        else:
            result = runner.run(inputs=inputs, downloads={"results": target})

    part = tmp_path / "results.jsonl.part"
    assert result.outputs["results"].file.path == str(part)
    result.close()
    assert part.stat().st_size == 2_000_000
    assert not target.exists()


def test_a_download_that_breaks_off_leaves_its_part(standin, prompts, tmp_path):
    server = standin(polls=0, results_bytes=2_000_000)
    server.fail("retrieveMessageBatchResults", Cut(after=1_500_000), always=True)
    target = tmp_path / "results.jsonl"

    with Runner(
        OURS / "anthropic-message-batch.arazzo.yaml", servers=server.base, retry=0
    ) as runner:
        result = runner.run(
            inputs={"requests": prompts, "apiKey": server.key},
            downloads={"results": target},
        )

    assert (result.status, result.error.code) == ("failed", "no-response")
    assert result.exit_status == 5
    assert not target.exists()
    assert target.with_name("results.jsonl.part").exists()


def test_an_unknown_download_is_refused(loop):
    with (
        Runner(loop, transport=Scripted([])) as runner,
        pytest.raises(arazzo_runner.UsageError) as caught,
    ):
        runner.run(downloads={"stat": Path("x")})

    assert caught.value.hint == "did you mean 'state'?"


# --- results ----------------------------------------------------------------------------


def test_unchanged_polls_are_one_record(loop):
    """3,000 polls cost kilobytes: their count, the first and the last."""
    at_once = Pacing(interval=0.0)  # such polls do count as steps

    result = arazzo_runner.run(
        loop, transport=Scripted(job(3000)), pacing=at_once, max_steps=10_000
    )

    create, polls, last = result.steps
    assert (create.step_id, create.count) == ("create", 1)
    assert (polls.step_id, polls.count) == ("poll", 3000)
    assert polls.outputs == {"state": "running", "more": None}
    assert (last.step_id, last.count) == ("poll", 1)
    assert create.ended <= polls.began <= polls.ended <= last.began <= last.ended
    assert len(repr(result)) < 5_000


def test_polls_are_no_steps_of_the_limit(prompts):
    path = OURS / "anthropic-message-batch.arazzo.yaml"

    with Runner(path, mock=True, mock_polls=50, max_steps=3) as runner:
        result = runner.run(inputs={"requests": prompts})

    assert [each.count for each in result.steps] == [1, 50, 1, 1]
    assert result.steps[1].ended - result.steps[1].began > 600


def test_what_changes_is_a_record_of_its_own(loop):
    states = iter(
        [{"id": "1"}, *({"state": "running", "more": n} for n in (1, 1, 2)), {}]
    )

    result = arazzo_runner.run(
        loop, transport=Scripted(lambda _request: ok(next(states))), pacing=QUICK
    )

    assert [(each.step_id, each.count, each.outputs.get("more")) for each in result.steps] == [
        ("create", 1, None), ("poll", 2, 1), ("poll", 1, 2), ("poll", 1, None),
    ]  # fmt: skip


def test_a_record_says_what_a_step_did(loop):
    result = arazzo_runner.run(loop, transport=Scripted([ok({"id": "1"}, 500)]))

    (record,) = result.steps
    assert (record.step_id, record.operation) == ("create", "POST /jobs")
    assert (record.outcome, record.status, record.decision) == ("failed", 500, "break")
    assert record.outputs == {"id": "1"}


# --- transports -------------------------------------------------------------------------


@pytest.mark.parametrize("library", [httpx2, httpx], ids=["httpx2", "httpx"])
def test_a_client_of_the_caller_sends(standin, prompts, library):
    """It stays the caller's: it is not closed, and its own fields go along."""
    server = standin(polls=1)

    with library.Client(headers={"X-Mine": "1"}) as client:
        result = arazzo_runner.run(
            OURS / "anthropic-message-batch.arazzo.yaml",
            inputs={"requests": prompts, "apiKey": server.key},
            servers=server.base,
            pacing=QUICK,
            transport=client,
        )
        assert not client.is_closed

    assert result.status == "succeeded"
    assert {each.header("x-mine") for each in server.requests} == {"1"}


@pytest.mark.parametrize("library", [httpx2, httpx], ids=["httpx2", "httpx"])
def test_an_async_client_of_the_caller_sends(standin, prompts, library):
    server = standin(polls=1)

    async def main():
        async with library.AsyncClient() as client:
            return await arazzo_runner.arun(
                OURS / "anthropic-message-batch.arazzo.yaml",
                inputs={"requests": prompts, "apiKey": server.key},
                servers=server.base,
                pacing=QUICK,
                transport=client,
            )

    assert asyncio.run(main()).status == "succeeded"


def test_a_client_for_the_other_way_is_a_usage_error(loop):
    """Said with the run that had begun, which ends in order."""
    events = []

    with httpx2.Client() as client, pytest.raises(arazzo_runner.UsageError) as caught:
        run_async(loop, transport=client, on_event=events.append)

    assert "cannot send for asyncio" in caught.value.message
    assert caught.value.result.status == "failed"
    assert isinstance(events[-1], RunFinished)


def test_an_unknown_transport_is_a_usage_error(loop):
    with pytest.raises(arazzo_runner.UsageError, match="int is not a transport"):
        arazzo_runner.run(loop, transport=5)


@WAYS
def test_an_application_answers_in_process(tmp_path, way):
    seen = []
    path = describe(tmp_path, BIG.replace("value: big", "value: small"))

    result = way(path, transport=big_application(seen=seen))

    assert seen[0] == ("/v1/jobs/small", "")
    assert result.error.code == "AZ604"  # the small one has no items


# --- failures of the network ------------------------------------------------------------


def test_retry_0_sends_nothing_again(loop):
    transport = Scripted([ok({"id": "1"}), ok(status=503)])

    result = arazzo_runner.run(loop, transport=transport, retry=0)

    assert (result.status, result.error.code) == ("failed", "criteria-not-met")
    assert len(transport.requests) == 2


@WAYS
def test_a_server_that_says_nothing(standin, prompts, way):
    """`timeout` is the time without a byte."""
    server = standin()
    server.fail("createMessageBatch", Hold(), always=True)

    result = way(
        OURS / "anthropic-message-batch.arazzo.yaml",
        inputs={"requests": prompts, "apiKey": server.key},
        servers=server.base,
        timeout=0.1,
    )

    assert (result.status, result.error.code) == ("failed", "no-response")
    assert result.exit_status == 5
    assert "0.1" in result.error.message
    assert [each.outcome for each in result.steps] == ["errored"]


def test_a_server_that_is_down(prompts):
    with StandIn() as server:
        base = server.base

    result = arazzo_runner.run(
        OURS / "anthropic-message-batch.arazzo.yaml",
        inputs={"requests": prompts, "apiKey": "k-1234"},
        servers=base,
    )

    assert (result.error.code, result.exit_status) == ("no-response", 5)


def test_the_users_own_fields_go_along(loop):
    transport = Scripted(job(0))

    with Runner(loop, transport=transport, headers=[("X-Team", "a")]) as runner:
        runner.run()

    assert [("X-Team", "a") in each.headers for each in transport.requests] == [
        True
    ] * 2


def test_a_body_that_says_json_and_is_not(loop):
    broken = Response(200, (), "<html>", "application/json", "the body is not JSON")
    events = []

    result = arazzo_runner.run(
        loop,
        transport=Scripted([ok({"id": "1"}), broken]),
        on_event=events.append,
    )

    assert result.status == "succeeded"
    assert "AZ603" in {each.code for each in result.warnings}
    received = [each for each in events if isinstance(each, ResponseReceived)]
    assert received[1].body == "<html>"


@WAYS
def test_a_body_of_500_levels_goes_through(tmp_path, way):
    """To the output, to the next request, and to everybody who watches."""
    path = describe(
        tmp_path,
        """\
        steps:
        - stepId: a
          operationId: createJob
          outputs: {all: $response.body}
        - stepId: b
          operationId: createJob
          requestBody: {payload: $steps.a.outputs.all}
        outputs: {all: $steps.a.outputs.all}
        """,
    )
    deep = {}
    for _ in range(500):
        deep = {"a": deep}
    events, transport = [], Scripted([ok(deep), ok()])

    result = way(path, transport=transport, on_event=events.append)

    assert result.outputs == {"all": deep}
    assert b"".join(transport.requests[1].body).count(b"{") == 501
    assert isinstance(events[-1], RunFinished)


# --- mock runs --------------------------------------------------------------------------


@WAYS
def test_a_mock_run_needs_no_network_key_or_time(way, case):
    path, inputs, _ = case
    events = []

    result = way(path, inputs=inputs, mock=True, on_event=events.append)

    assert result.status == "succeeded", result.error
    assert sum(isinstance(each, Waiting) for each in events) == 2
    assert "AZ606" in {each.code for each in result.warnings}


def test_mock_runs_are_the_same_each_time(case):
    path, inputs, _ = case

    first, second = (arazzo_runner.run(path, inputs=inputs, mock=True) for _ in "12")

    assert first.outputs == second.outputs
