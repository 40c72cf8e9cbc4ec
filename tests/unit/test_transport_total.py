"""
``timeout`` of a step: the whole exchange may take so long, from connecting to the last byte.

https://spec.openapis.org/arazzo/v1.1.0.html#step-object (timeout); checklist A-68.
"""

import asyncio
import threading

import httpx
import httpx2
import pytest
from wire import Endless, Hold, Wire, reply

from arazzo_runner import Runner
from arazzo_runner.messages import Request
from arazzo_runner.transports.adapt import as_transport
from arazzo_runner.transports.http import HttpTransport
from arazzo_runner.transports.spool import Spool

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
SILENCES = {
    "before the answer": Hold(),
    "in the fields": Hold(b"HTTP/1.1 200 OK\r\nContent-"),
    "in the body": Hold(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"),
    "between chunks": Hold(CHUNKED + b"3\r\nabc\r\n"),
    "never": Endless(CHUNKED, b"3\r\nabc\r\n"),
}
stalling = pytest.mark.parametrize("silence", SILENCES.values(), ids=SILENCES)
WAYS = ["ours", "httpx2", "httpx"]


@pytest.fixture(params=[f"{way} {how}" for way in WAYS for how in ("run", "arun")])
def send(request):
    """Sends GET requests one after the other; gives the deliveries."""
    way, how = request.param.split()
    library = {"httpx2": httpx2, "httpx": httpx}.get(way)

    def blocking(*calls):
        with Spool() as spool:
            if library is None:
                transport = HttpTransport(spool=spool)
                found = [transport.send(call, timeout=30, total=t) for call, t in calls]
                transport.close()
                return found
            with library.Client(trust_env=False) as client:
                transport = as_transport(client, spool=spool)
                return [transport.send(call, timeout=30, total=t) for call, t in calls]

    async def asynchronous(*calls):
        with Spool() as spool:
            if library is None:
                transport = HttpTransport(spool=spool)
                found = [
                    await transport.asend(call, timeout=30, total=t)
                    for call, t in calls
                ]
                await transport.aclose()
                return found
            async with library.AsyncClient(trust_env=False) as client:
                transport = as_transport(client, spool=spool)
                return [
                    await transport.asend(call, timeout=30, total=t)
                    for call, t in calls
                ]

    def send(*calls):
        calls = [(Request("GET", url), total) for url, total in calls]
        if how == "run":
            return blocking(*calls)
        return asyncio.run(asynchronous(*calls))

    return send


@stalling
def test_a_server_that_stalls_is_given_up(send, silence):
    """N-STEP-06: the step's time is over wherever the server stops, or never does."""
    with Wire({"/": silence}) as wire:
        (delivery,) = send((wire.url("/"), 0.05))

        assert delivery.response is None
        assert delivery.failure.kind == "timed-out"
        assert delivery.failure.message == (
            f"127.0.0.1:{wire.port} gave no complete answer within 0.05 s "
            "(timeout of the step)"
        )


def test_what_is_in_time_is_not_touched(send):
    with Wire({"/": reply(200, b"all")}) as wire:
        (delivery,) = send((wire.url("/"), 30))

    assert delivery.response.status == 200
    assert delivery.response.body == "all"


@stalling
def test_a_connection_that_ran_out_of_time_is_not_used_again(send, silence):
    """What may still come on it belongs to nobody."""
    with Wire({"/slow": silence, "/": reply(200, b"next")}) as wire:
        late, following = send((wire.url("/slow"), 0.05), (wire.url("/"), 30))

    assert late.failure.kind == "timed-out"
    assert following.response.body == "next"
    assert [each.connection for each in wire.seen] == [1, 2]


def test_redirects_are_part_of_the_exchange(send):
    with Wire({"/": reply(302, b"", ("Location", "/on")), "/on": Hold()}) as wire:
        (delivery,) = send((wire.url("/"), 0.05))

    assert delivery.failure.kind == "timed-out"
    assert len(wire.seen) == 2


def test_no_time_at_all(send):
    """``timeout: 0`` is a limit, not its absence."""
    with Wire({"/": reply(200)}) as wire:
        (delivery,) = send((wire.url("/"), 0))

    assert delivery.failure.kind == "timed-out"


@pytest.mark.parametrize("asynchronous", [False, True], ids=["blocking", "asyncio"])
def test_an_application_that_hangs(asynchronous):
    async def application(scope, receive, send):
        await asyncio.Event().wait()

    with Spool() as spool:
        transport = as_transport(application, spool=spool)
        call = Request("GET", "http://a/")
        if asynchronous:
            delivery = asyncio.run(transport.asend(call, timeout=30, total=0.05))
        else:
            delivery = transport.send(call, timeout=30, total=0.05)
        transport.close()

    assert delivery.failure.kind == "timed-out"


# --- whole runs -------------------------------------------------------------------------------

ARAZZO = """\
arazzo: 1.1.0
info: {title: t, version: '1'}
sourceDescriptions: [{name: api, url: api.yaml, type: openapi}]
workflows:
- workflowId: main
  steps:
  - stepId: slow
    operationId: slow
    timeout: 50
    outputs: {status: $statusCode}
    onFailure: [{name: on, type: goto, stepId: other}]
  - stepId: other
    operationId: other
    outputs: {status: $statusCode}
  outputs: {slow: $steps.slow.outputs.status, other: $steps.other.outputs.status}
"""
API = """\
openapi: 3.1.0
info: {title: t, version: '1'}
servers: [{url: 'http://localhost:1'}]
paths:
  /slow: {get: {operationId: slow, responses: {'200': {description: ok}}}}
  /other: {get: {operationId: other, responses: {'204': {description: ok}}}}
"""


@pytest.fixture
def document(tmp_path):
    """A path of `ARAZZO`."""
    (tmp_path / "api.yaml").write_text(API)
    path = tmp_path / "t.arazzo.yaml"
    path.write_text(ARAZZO)
    return path


def outcome(path, asynchronous, **options):
    async def arun():
        async with Runner(path, retry=0, **options) as runner:
            return await runner.arun()

    if asynchronous:
        return asyncio.run(arun())
    with Runner(path, retry=0, **options) as runner:
        return runner.run()


@pytest.mark.parametrize("asynchronous", [False, True], ids=["run", "arun"])
@stalling
def test_a_step_that_timed_out_fails_and_on_failure_runs(
    document, silence, asynchronous
):
    """N-STEP-06: the step is aborted and has failed; its milliseconds bound one attempt."""
    with Wire({"/slow": silence, "/other": reply(204)}) as wire:
        result = outcome(document, asynchronous, servers=wire.url(""))

    assert result.status == "succeeded"
    assert result.outputs == {"slow": None, "other": 204}
    first = result.steps[0]
    assert (first.outcome.value, first.failure) == (
        "errored",
        f"127.0.0.1:{wire.port} gave no complete answer within 0.05 s "
        "(timeout of the step)",
    )


def test_a_mock_takes_no_time(document):
    """With ``--mock`` no time passes, so nothing times out."""
    document.write_text(ARAZZO.replace("timeout: 50", "timeout: 0"))

    result = outcome(document, False, mock=True)

    assert result.outputs == {"slow": 200, "other": 204}


def test_a_run_is_still_interruptible(document):
    """Cancelling does not wait for the step's time to be over."""
    document.write_text(ARAZZO.replace("timeout: 50", "timeout: 600000"))
    arrived = threading.Event()
    silent = Hold()

    def arrive(_seen):
        arrived.set()
        return silent

    async def cancelled(url):
        async with Runner(document, servers=url) as runner:
            task = asyncio.create_task(runner.arun())
            await asyncio.to_thread(arrived.wait)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    with Wire({"/slow": arrive}) as wire:
        asyncio.run(cancelled(wire.url("")))
