"""However a run ends, it ends in order: what is owed is reported, what it had is given."""

import asyncio
import os
import signal
import threading
from pathlib import Path

import pytest
from scripted import Scripted, describe, ok

import arazzo_runner
from arazzo_runner import ArazzoError, Pacing, PolicyError, Runner, UsageError
from arazzo_runner.errors import LimitError
from arazzo_runner.events import (
    RequestSent,
    ResponseReceived,
    RunFinished,
    RunStarted,
    StepFinished,
    StepStarted,
    Waiting,
    Warned,
)
from arazzo_runner.messages import File
from arazzo_runner.openapi.requests import RequestError
from arazzo_runner.transports.port import NoResponse

ROOT = Path(__file__).parents[2]
OURS = ROOT / "workflows" / "anthropic-message-batch.arazzo.yaml"

LOOP = """\
steps:
- stepId: create
  operationId: createJob
  outputs: {id: $response.body#/id}
- stepId: poll
  operationId: getJob
  parameters: [{name: id, in: path, value: $steps.create.outputs.id}]
  onSuccess:
  - name: again
    type: goto
    stepId: poll
    criteria: [{condition: $response.body#/state == 'running'}]
outputs: {id: $steps.create.outputs.id}
"""

#: So long that only a cancelled wait lets a test end.
SLOW = Pacing(interval=10_000.0, jitter=0.0)
QUICK = Pacing(interval=0.001, jitter=0.0)


def running(request):
    return ok({"id": "job-1", "state": "running"})


@pytest.fixture
def loop(tmp_path):
    return describe(tmp_path, LOOP)


def in_order(events):
    """Whether every Started has its Finished, and RunFinished is the only last event."""
    steps = [each for each in events if isinstance(each, StepStarted | StepFinished)]
    return (
        isinstance(events[0], RunStarted)
        and isinstance(events[-1], RunFinished)
        and sum(isinstance(each, RunFinished) for each in events) == 1
        and [type(each) for each in steps]
        == [StepStarted, StepFinished] * (len(steps) // 2)
        and all(
            a.step_id == b.step_id for a, b in zip(steps[::2], steps[1::2], strict=True)
        )
    )


WAYS = pytest.mark.parametrize("way", ["run", "arun"])


def go(runner, way, **options):
    if way == "run":
        return runner.run(**options)

    async def main():
        async with runner:
            return await runner.arun(**options)

    return asyncio.run(main())


# --- cancel -----------------------------------------------------------------------------


@WAYS
def test_a_wait_can_be_cancelled_from_another_thread(standin, prompts, way):
    """In the middle of a poll's wait; the paid batch's id is not lost."""
    server = standin(polls=100)
    events, told, threads = [], [], []

    def on_event(event):
        events.append(event)
        if isinstance(event, Waiting):
            threads.append(
                threading.Thread(target=lambda: told.append(runner.cancel("mine")))
            )
            threads[-1].start()

    runner = Runner(OURS, servers=server.base, pacing=SLOW, on_event=on_event)
    with runner:
        inputs = {"requests": prompts, "apiKey": server.key}
        result = go(runner, way, inputs=inputs, run_id="mine")
    for each in threads:
        each.join()

    assert told == [True]
    assert (result.status, result.error.code) == ("cancelled", "cancelled")
    assert result.exit_status == 130
    assert result.step_outputs["createBatch"] == {"batchId": "msgbatch_01"}
    assert result.outputs["batchId"] == "msgbatch_01"
    assert server.operations == ["createMessageBatch", "retrieveMessageBatch"]
    assert in_order(events)


@WAYS
def test_what_was_sent_is_answered_before_a_cancelled_run_ends(loop, way):
    transport = Scripted(
        lambda request: running(request) if runner.cancel("mine") else None
    )
    events = []

    runner = Runner(loop, transport=transport, on_event=events.append)
    result = go(runner, way, run_id="mine")

    assert result.status == "cancelled"
    assert result.outputs == {"id": "job-1"}
    assert len(transport.requests) == 1
    assert in_order(events)


@pytest.mark.parametrize("at", [RunStarted, StepStarted, RequestSent])
def test_a_run_that_is_cancelled_early_sends_nothing(loop, at):
    transport, events = Scripted(running), []

    def on_event(event):
        events.append(event)
        if isinstance(event, at):
            runner.cancel("mine")

    with Runner(loop, transport=transport, on_event=on_event) as runner:
        result = runner.run(run_id="mine")

    assert result.status == "cancelled"
    assert transport.requests == []
    assert in_order(events)


def test_only_a_run_that_goes_on_can_be_cancelled(loop):
    with Runner(loop, transport=Scripted([ok({"id": "1"}), ok()])) as runner:
        assert runner.cancel("mine") is False
        runner.run(run_id="mine")

        assert runner.cancel("mine") is False


def test_a_dry_run_leaves_nothing_to_cancel(loop):
    with Runner(loop, transport=Scripted([])) as runner:
        runner.dry_run()

        assert runner.cancel("dry-run") is False


def test_two_runs_at_once_need_two_ids(loop):
    caught = []

    def answer(request):
        if request.method == "POST" and not caught:
            with pytest.raises(UsageError, match="'mine' is going on") as info:
                runner.run(run_id="mine")
            caught.append(info.value)
        return ok({"id": "1"})

    with Runner(loop, transport=Scripted(answer)) as runner:
        assert runner.run(run_id="mine").status == "succeeded"
        assert caught
        assert runner.run(run_id="mine").status == "succeeded"  # one after the other


def test_a_cancelled_task_ends_its_run(loop):
    """RunFinished is seen, CancelledError is raised, nothing is left over."""
    events = []

    async def main():
        def on_event(event):
            events.append(event)
            if isinstance(event, Waiting):
                asyncio.get_running_loop().call_soon(task.cancel)

        async with Runner(
            loop, transport=Scripted(running), pacing=SLOW, on_event=on_event
        ) as runner:
            task = asyncio.create_task(runner.arun())
            with pytest.raises(asyncio.CancelledError):
                await task
            assert runner._runs == {}

    asyncio.run(main())

    assert in_order(events)
    assert events[-1].status == "cancelled"
    assert events[-1].step_outputs["create"] == {"id": "job-1"}


def test_a_time_limit_of_the_caller_ends_a_run(loop):
    events = []

    async def main():
        async with Runner(
            loop, transport=Scripted(running), pacing=SLOW, on_event=events.append
        ) as runner:
            async with asyncio.timeout(0.01):
                await runner.arun()

    with pytest.raises(TimeoutError):
        asyncio.run(main())

    assert in_order(events)


@pytest.mark.parametrize("at", [1, 2])
def test_ctrl_c_ends_a_run_in_order(loop, at):
    """In the middle of a request: KeyboardInterrupt carries the unfinished run."""
    events, transport = [], Scripted(running)

    def answer(request):
        if len(transport.requests) == at:
            raise KeyboardInterrupt
        return running(request)

    transport._answer = answer
    with (
        Runner(
            loop, transport=transport, pacing=QUICK, on_event=events.append
        ) as runner,
        pytest.raises(KeyboardInterrupt) as caught,
    ):
        runner.run()

    result = caught.value.result
    assert (result.status, result.exit_status) == ("cancelled", 130)
    assert result.outputs == {"id": "job-1" if at > 1 else None}
    assert in_order(events)


def test_ctrl_c_in_a_wait(loop):
    """A signal, as the terminal sends it."""
    events = []

    def on_event(event):
        events.append(event)
        if isinstance(event, Waiting):
            # Delivered while the main thread waits, or right before.
            threading.Timer(0.01, os.kill, (os.getpid(), signal.SIGINT)).start()

    with (
        Runner(
            loop, transport=Scripted(running), pacing=SLOW, on_event=on_event
        ) as runner,
        pytest.raises(KeyboardInterrupt) as caught,
    ):
        runner.run()

    assert caught.value.result.outputs == {"id": "job-1"}
    assert in_order(events)


@pytest.mark.parametrize(
    "kind",
    [RunStarted, StepStarted, RequestSent, ResponseReceived, StepFinished, Waiting],
)
def test_ctrl_c_in_an_observer(loop, kind):
    """A terminal takes a while to write to; every event is told all the same."""
    events = []

    def on_event(event):
        events.append(event)
        if isinstance(event, kind) and not interrupted:
            interrupted.append(event)
            raise KeyboardInterrupt

    interrupted = []
    with (
        Runner(
            loop, transport=Scripted(running), pacing=SLOW, on_event=on_event
        ) as runner,
        pytest.raises(KeyboardInterrupt) as caught,
    ):
        runner.run()

    assert caught.value.result.status == "cancelled"
    assert in_order(events)


def test_ctrl_c_as_a_run_ends(loop):
    """The run is over: its result is whole."""
    events = []

    def on_event(event):
        events.append(event)
        if isinstance(event, StepFinished) and event.step_id == "poll":
            raise KeyboardInterrupt

    with (
        Runner(
            loop, transport=Scripted([ok({"id": "1"}), ok()]), on_event=on_event
        ) as runner,
        pytest.raises(KeyboardInterrupt) as caught,
    ):
        runner.run()

    assert caught.value.result.status == "succeeded"
    assert in_order(events)


# --- observers that raise ---------------------------------------------------------------


@WAYS
@pytest.mark.parametrize(
    "kind",
    [RunStarted, StepStarted, RequestSent, ResponseReceived, StepFinished, Waiting, RunFinished],
)  # fmt: skip
def test_an_observer_that_raises_ends_the_run_in_order(loop, way, kind):
    """Its exception is raised, says who raised it, and carries the run's result."""
    calm, transport = [], Scripted([ok({"id": "1"}), running(None), ok()])

    def on_event(event):
        if isinstance(event, kind):
            raise ValueError("the disk is full")  # noqa: TRY004

    runner = Runner(loop, transport=transport, pacing=QUICK, on_event=on_event)
    with pytest.raises(ValueError, match="the disk is full") as caught:
        go(
            runner,
            way,
            observers=[lambda event, _at: calm.append(event)],
            run_id="mine",
        )

    (note,) = caught.value.__notes__
    assert note == "raised by the observer 'on_event'; the run mine has been ended"
    result = caught.value.result
    ended = "succeeded" if kind is RunFinished else "cancelled"
    assert result.status == ended
    assert in_order(calm)
    if ended == "cancelled":
        assert "'on_event' raised ValueError" in result.error.message
    assert runner._runs == {}


def test_an_observer_can_prevent_a_request(loop):
    """What it refuses when it is told of a request is not sent."""
    transport = Scripted(running)

    def approve(event, at):
        if isinstance(event, RequestSent) and event.method == "POST":
            raise PermissionError("no")

    with (
        Runner(loop, transport=transport) as runner,
        pytest.raises(PermissionError),
    ):
        runner.run(observers=[approve])

    assert transport.requests == []


def test_a_broken_observer_is_told_no_more(loop):
    told = []

    def broken(event, at):
        told.append(event)
        raise ValueError("once")

    with Runner(loop, transport=Scripted(running)) as runner, pytest.raises(ValueError):
        runner.run(observers=[broken])

    assert len(told) == 1


def test_the_first_of_two_broken_observers_counts(loop):
    def first(event, at):
        raise ValueError("first")

    def second(event, at):
        raise KeyError("second")

    with Runner(loop, transport=Scripted(running)) as runner, pytest.raises(ValueError):
        runner.run(observers=[first, second])


def test_observers_are_told_the_time(loop):
    seen = []
    with Runner(loop, mock=True) as runner:
        runner.run(observers=[lambda _event, at: seen.append(at)])

    assert seen[0] == 0.0
    assert seen == sorted(seen)


def test_warnings_of_loading_come_after_the_start(tmp_path):
    """So that reporters need no second channel."""
    path = describe(tmp_path, LOOP)
    (tmp_path / "_original").mkdir()
    (tmp_path / "api.yaml").rename(tmp_path / "_original" / "api.yaml")
    events = []

    result = arazzo_runner.run(
        path, transport=Scripted([ok({"id": "1"}), ok()]), on_event=events.append
    )

    assert isinstance(events[1], Warned)
    assert events[1].diagnostic.code == "AZ505"
    assert result.warnings == (events[1].diagnostic,)


# --- errors in the middle ---------------------------------------------------------------


@WAYS
@pytest.mark.parametrize(
    "error,code,status",
    [
        (
            LimitError("the disk has no room", code="body-too-large"),
            "body-too-large",
            6,
        ),
        (LimitError("too much to evaluate"), "evaluation-budget", 6),
        (RequestError("it cannot be written", code="AZ604"), "AZ604", 1),
    ],
)
def test_limits_are_results(loop, way, error, code, status):
    """A run that meets a limit returns a result, as one without a response does."""
    events = []
    transport = Scripted([ok({"id": "1"}), error])

    runner = Runner(loop, transport=transport, on_event=events.append)
    result = go(runner, way)

    assert (result.status, result.error.code) == ("failed", code)
    assert result.exit_status == status
    assert result.error.location.line, "it is told at the step"
    assert result.outputs == {"id": "1"}
    assert in_order(events)


@WAYS
@pytest.mark.parametrize(
    "error",
    [
        PolicyError("this host is not allowed"),
        ArazzoError("results.jsonl has changed", code="file-changed"),
        UsageError("cannot write /x"),
        RuntimeError("a transport of somebody's own broke"),
    ],
)
def test_without_a_verdict_an_exception_carries_the_run(loop, way, error):
    events = []
    transport = Scripted([ok({"id": "1"}), error])

    runner = Runner(loop, transport=transport, on_event=events.append)
    with pytest.raises(type(error)) as caught:
        go(runner, way)

    assert caught.value is error
    assert caught.value.result.status == "failed"
    assert caught.value.result.outputs == {"id": "1"}
    assert in_order(events)


DOTS = """\
steps:
- stepId: create
  operationId: createJob
  outputs: {id: $response.body#/id}
- stepId: use
  operationId: getJob
  parameters: [{name: id, in: path, value: $steps.create.outputs.id}]
outputs: {id: $steps.create.outputs.id}
"""


@WAYS
def test_a_request_that_policy_forbids(tmp_path, way):
    """A path made of what a server answered must not lead elsewhere (security D13)."""
    path, events = describe(tmp_path, DOTS), []
    transport = Scripted([ok({"id": ".."})])

    runner = Runner(path, transport=transport, on_event=events.append)
    with pytest.raises(PolicyError) as caught:
        go(runner, way)

    assert caught.value.exit_status == 7
    assert caught.value.location.line, "it is told at the step"
    assert caught.value.result.outputs == {"id": ".."}
    assert len(transport.requests) == 1
    assert in_order(events)


@WAYS
def test_a_request_that_cannot_be_written(tmp_path, way):
    text = DOTS.replace(
        "value: $steps", "value: a}, {name: X-Note, in: header, value: $steps"
    )
    path, events = describe(tmp_path, text), []

    runner = Runner(
        path, transport=Scripted([ok({"id": "\ud800"})]), on_event=events.append
    )
    result = go(runner, way)

    assert result.status == "failed"
    assert result.error.location.line
    assert in_order(events)


def test_no_response_is_a_result(loop):
    lost = NoResponse("connect", "cannot connect to api.test:443", sent=False)

    result = arazzo_runner.run(loop, transport=Scripted([lost]))

    assert (result.status, result.error.code) == ("failed", "no-response")
    assert result.steps[0].failure == "cannot connect to api.test:443"


def test_an_output_whose_file_is_gone(tmp_path):
    """The run still ends in order, without the outputs that cannot be read."""
    path = describe(
        tmp_path,
        """\
        steps:
        - stepId: create
          operationId: createJob
          outputs: {all: $response.body}
        outputs: {one: $steps.create.outputs.all#/a}
        """,
    )
    gone = File(
        str(tmp_path / "gone.json"), "gone.json", "0" * 64, 5, "application/json"
    )
    events = []

    with pytest.raises(ArazzoError, match=r"gone\.json") as caught:
        arazzo_runner.run(path, transport=Scripted([ok(gone)]), on_event=events.append)

    assert caught.value.exit_status == 4
    assert caught.value.result.status == "failed"
    assert in_order(events)


def test_a_run_without_an_end_is_ended(tmp_path):
    path = describe(
        tmp_path,
        """\
        steps:
        - stepId: a
          operationId: createJob
          onSuccess: [{name: b, type: goto, stepId: b}]
        - stepId: b
          operationId: sendForm
          onSuccess: [{name: a, type: goto, stepId: a}]
        """,
    )

    result = arazzo_runner.run(
        path, transport=Scripted(lambda _request: ok()), max_steps=1, pacing=QUICK
    )

    assert (result.error.code, result.exit_status) == ("too-many-steps", 6)
