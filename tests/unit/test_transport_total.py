"""
``timeout`` of a step: the whole exchange may take so long, from connecting to the last byte.

https://spec.openapis.org/arazzo/v1.1.0.html#step-object (timeout); checklist A-68.
"""

import asyncio

import httpx2
import pytest
from wire import Hold, Wire, reply

from arazzo_runner.messages import Request
from arazzo_runner.transports.adapt import as_transport
from arazzo_runner.transports.http import HttpTransport
from arazzo_runner.transports.spool import Spool

SILENCES = {
    "before the answer": Hold(),
    "in the fields": Hold(b"HTTP/1.1 200 OK\r\nContent-"),
    "in the body": Hold(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"),
}


def sent(transport, url, *, asynchronous, total):
    request = Request("GET", url)
    if not asynchronous:
        return transport.send(request, timeout=30, total=total)

    async def send():
        try:
            return await transport.asend(request, timeout=30, total=total)
        finally:
            await transport.aclose()

    return asyncio.run(send())


@pytest.mark.parametrize("asynchronous", [False, True], ids=["blocking", "asyncio"])
@pytest.mark.parametrize("silence", SILENCES.values(), ids=SILENCES)
def test_a_server_that_stalls_is_given_up(silence, asynchronous):
    """N-STEP-06: the step's time is over wherever the server stops talking."""
    transport = HttpTransport(spool=Spool())
    with Wire({"/": silence}) as wire:
        delivery = sent(transport, wire.url("/"), asynchronous=asynchronous, total=0.05)
        transport.close()

    assert delivery.response is None
    assert delivery.failure.kind == "timeout"
    assert "no whole answer within 0.05 s" in delivery.failure.message


@pytest.mark.parametrize("asynchronous", [False, True], ids=["blocking", "asyncio"])
def test_what_is_in_time_is_not_touched(asynchronous):
    transport = HttpTransport(spool=Spool())
    with Wire({"/": reply(200, b"all")}) as wire:
        delivery = sent(transport, wire.url("/"), asynchronous=asynchronous, total=30)
        transport.close()

    assert delivery.response.status == 200


def test_a_blocking_client_of_the_caller_is_bounded_too():
    with Wire({"/": SILENCES["in the body"]}) as wire, httpx2.Client() as client:
        transport = as_transport(client, spool=Spool())
        delivery = sent(transport, wire.url("/"), asynchronous=False, total=0.05)

    assert delivery.response is None
    assert delivery.failure.kind == "timeout"
