"""
Pacing as a server sees it: no request comes earlier than the run said it would.

Only lower bounds are tested: how much later a request comes is the machine's affair.
"""

import asyncio
import itertools
import json
from pathlib import Path

import pytest
from standin import KEY, Answer

from arazzo_runner import Pacing, Runner
from arazzo_runner.events import StepStarted, Waiting

OURS = Path(__file__).parents[2] / "workflows" / "anthropic-message-batch.arazzo.yaml"
POLL = "retrieveMessageBatch"
POLLS = 5
PACING = Pacing(interval=0.05, max_interval=0.2)
INTERVALS = (0.05, 0.1, 0.15)
TOLERANCE = 0.001  # seconds: waits are told in whole milliseconds
IN_PROGRESS = json.dumps(
    {"id": "msgbatch_01", "processing_status": "in_progress", "request_counts": {}}
).encode()


def run(runner, inputs):
    with runner:
        return runner.run(inputs=inputs)


def arun(runner, inputs):
    async def whole():
        async with runner:
            return await runner.arun(inputs=inputs)

    return asyncio.run(whole())


WAYS = pytest.mark.parametrize("way", [run, arun])


@pytest.fixture(params=["ours", "published"])
def workflow(request):
    """A file that polls a message batch; the published one only if it is there."""
    if request.param == "ours":
        return OURS
    return request.getfixturevalue("published_anthropic")


@pytest.fixture
def inputs(prompts):
    return {"requests": prompts, "model": "claude-sonnet-4-5", "apiKey": KEY}


def play(way, workflow, inputs, server, pacing=PACING):
    """The waits of a run that succeeds, and for each request the wait before it."""
    events = []
    runner = Runner(
        workflow, servers=server.base, pacing=pacing, seed=7, on_event=events.append
    )
    result = way(runner, inputs)
    assert result.status == "succeeded", result.error

    told, before = [], 0.0
    for event in events:
        if isinstance(event, Waiting):
            before += event.seconds
        elif isinstance(event, StepStarted):
            told.append(before)
            before = 0.0
    assert len(told) == len(server.requests)
    return [each for each in events if isinstance(each, Waiting)], told


def gaps(requests):
    """Seconds between each request and the one before it."""
    return [after.at - before.at for before, after in itertools.pairwise(requests)]


def polls(server):
    return [each for each in server.requests if each.operation == POLL]


def too_early(server, told):
    """Requests that came before the wait that was told was over."""
    return [
        (number, gap, wait)
        for number, (gap, wait) in enumerate(
            zip(gaps(server.requests), told[1:], strict=True), 1
        )
        if gap < wait - TOLERANCE
    ]


def slow_down(server, status=200):
    """The second poll asks for patience."""
    body = IN_PROGRESS if status == 200 else None
    asks = Answer(status, (("retry-after", "1"),), body)
    server.fail(POLL, None, asks)


# --- the library --------------------------------------------------------------------------


@WAYS
def test_no_poll_comes_earlier_than_told(way, workflow, inputs, standin):
    """Each repetition is announced by one `Waiting`, and the server sees that pause."""
    server = standin(polls=POLLS)

    waits, told = play(way, workflow, inputs, server)

    assert [(each.reason, each.number) for each in waits] == [
        ("poll", number) for number in range(1, POLLS + 1)
    ]
    assert too_early(server, told) == []
    assert len(polls(server)) == POLLS + 1


@WAYS
def test_polls_slow_down_up_to_the_longest_interval(way, workflow, inputs, standin):
    """Each wait is half as long again, but for the jitter, and the wire shows it."""
    server = standin(polls=POLLS)

    play(way, workflow, inputs, server)

    shortest = [
        min(PACING.interval * PACING.factor**number, PACING.max_interval)
        * (1 - PACING.jitter)
        for number in range(POLLS)
    ]
    for gap, least in zip(gaps(polls(server)), shortest, strict=True):
        assert gap >= least - TOLERANCE


@WAYS
def test_retry_after_of_a_poll_is_obeyed(way, workflow, inputs, standin):
    """The server's word counts more than our pacing, and for one wait only."""
    server = standin(polls=2)
    slow_down(server)

    waits, told = play(way, workflow, inputs, server)

    assert [each.seconds for each in waits].count(1.0) == 1
    assert waits[1].seconds == 1.0
    assert gaps(polls(server))[1] >= 1.0 - TOLERANCE
    assert too_early(server, told) == []


@WAYS
def test_retry_after_of_a_refusal_is_obeyed(way, inputs, standin):
    """It overrules the `retryAfter` of the workflow's action (5 s in our file)."""
    server = standin(polls=2)
    slow_down(server, 429)

    waits, told = play(way, OURS, inputs, server)

    assert [(each.reason, each.seconds) for each in waits[1:2]] == [("retry", 1.0)]
    assert too_early(server, told) == []


@WAYS
def test_without_pacing_nothing_waits(way, inputs, standin):
    """An interval of nothing is told as nothing."""
    server = standin(polls=2)

    waits, told = play(
        way, OURS, inputs, server, Pacing(interval=0.0, max_interval=0.0)
    )

    assert [each.seconds for each in waits] == [0.0, 0.0]
    assert too_early(server, told) == []


def test_runs_side_by_side_wait_each_for_itself(inputs, standin):
    """Three tasks of one loop: none is sent early because another has woken up."""
    servers = [standin(polls=3) for _ in range(3)]

    async def together():
        await asyncio.gather(
            *(
                arun_one(server, interval)
                for server, interval in zip(servers, INTERVALS, strict=True)
            )
        )

    async def arun_one(server, interval):
        pacing = Pacing(interval=interval, max_interval=interval, jitter=0.0)
        async with Runner(OURS, servers=server.base, pacing=pacing) as runner:
            result = await runner.arun(inputs=inputs)
            assert result.status == "succeeded", result.error

    asyncio.run(together())

    for server, interval in zip(servers, INTERVALS, strict=True):
        assert min(gaps(polls(server))) >= interval - TOLERANCE


# --- the command --------------------------------------------------------------------------


@pytest.fixture
def command(arazzo, workflow, prompts):
    """Runs the command on *workflow* with these options; the run must succeed."""

    def run_it(server, *options):
        ran = arazzo(
            "run", workflow, "--server", server.base, "--secret", "apiKey=env:KEY",
            "-i", f"requests={json.dumps(prompts)}", *model(workflow), *options,
            env={"KEY": KEY},
        )  # fmt: skip
        assert ran.status == 0, ran.stderr
        return ran

    return run_it


def model(workflow):
    return () if workflow == OURS else ("-i", "model=claude-sonnet-4-5")


def test_the_command_paces_its_polls(command, standin):
    """``--poll-interval``: at most a tenth shorter, by jitter."""
    server = standin(polls=POLLS)

    command(server, "--poll-interval", "0.05", "--poll-max-interval", "0.2")

    measured = gaps(polls(server))
    assert len(measured) == POLLS
    for number, gap in enumerate(measured):
        plain = min(0.05 * 1.5**number, 0.2)
        assert gap >= plain * (1 - Pacing().jitter) - TOLERANCE


def test_the_command_obeys_retry_after(command, standin):
    server = standin(polls=2)
    slow_down(server)

    command(server, "--poll-interval", "0.05")

    assert gaps(polls(server))[1] >= 1.0 - TOLERANCE
