"""Transports that a caller gives: clients of httpx2 and httpx, ASGI applications."""

import asyncio
import gzip
import threading

import httpx
import httpx2
import pytest
from wire import Broken, Hold, Wire, reply

from arazzo_runner.errors import UsageError
from arazzo_runner.messages import Records, Request
from arazzo_runner.transports.adapt import as_transport
from arazzo_runner.transports.http import HttpTransport
from arazzo_runner.transports.spool import Spool

JSON = ("Content-Type", "application/json")


@pytest.fixture
def spool():
    with Spool() as spool:
        yield spool


@pytest.fixture(params=[httpx2, httpx], ids=["httpx2", "httpx"])
def library(request):
    return request.param


@pytest.fixture(params=["blocking", "asyncio"])
def send(request, library, spool):
    """Sends with a client of the library, made with *options*; gives the Delivery."""

    def blocking(call, timeout, options):
        with library.Client(trust_env=False, **options) as client:
            return as_transport(client, spool=spool).send(call, timeout=timeout)

    async def asynchronous(call, timeout, options):  # noqa: ASYNC109  (it is passed on)
        async with library.AsyncClient(trust_env=False, **options) as client:
            return await as_transport(client, spool=spool).asend(call, timeout=timeout)

    def send(call, *, timeout=10.0, **options):
        call = Request("GET", call) if isinstance(call, str) else call
        if request.param == "blocking":
            return blocking(call, timeout, options)
        return asyncio.run(asynchronous(call, timeout, options))

    return send


# --- clients


def test_a_client_sends_with_its_own_fields_and_credentials(send):
    """What its owner configured applies; what the request says wins."""
    with Wire({"/": reply(200, b'{"id": 1}', JSON)}) as wire:
        delivery = send(
            Request("POST", wire.url("/?q=%2F"), (("X-A", "request"),), (b"abc",)),
            headers={"X-A": "client", "X-B": "client", "User-Agent": "theirs"},
            auth=("u", "p"),
        )

    (seen,) = wire.seen
    assert delivery.response.body == {"id": 1}
    assert (seen.method, seen.target, seen.body) == ("POST", "/?q=%2F", b"abc")
    assert [seen.header(name) for name in ("x-a", "x-b")] == ["request", "client"]
    assert seen.header("user-agent") == "theirs"
    assert seen.header("authorization") == "Basic dTpw"


def test_bodies_are_streamed_through_a_client(send, spool, tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"x" * 200_000)
    body = (b"[", Records(text="1\n2\n"), b"]", spool.adopt(path))
    with Wire({"/": reply(200)}) as wire:
        send(Request("PUT", wire.url(), (), body))

    assert wire.seen[0].body == b"[1,2]" + b"x" * 200_000
    assert wire.seen[0].header("transfer-encoding") is None


def test_large_and_packed_bodies_through_a_client(send, spool):
    packed = gzip.compress(b'{"a": "' + b"x" * 2_000_000 + b'"}')
    with Wire({"/": reply(200, packed, JSON, ("Content-Encoding", "gzip"))}) as wire:
        delivery = send(wire.url())

    assert delivery.received == len(packed)
    assert spool.data(delivery.response.body) == {"a": "x" * 2_000_000}
    assert wire.seen[0].header("accept-encoding") == "gzip, deflate"


def test_redirects_are_ours_even_if_the_client_follows_them(send):
    """The rule for credentials does not depend on the client."""
    with Wire({}) as wire:
        wire.answers["/same"] = reply(302, b"", ("Location", "/end"))
        wire.answers["/other"] = reply(
            302, b"", ("Location", wire.url("/end", "localhost"))
        )
        wire.answers["/end"] = reply(200)
        for path in ("/same", "/other"):
            request = Request("GET", wire.url(path), (("x-api-key", "k"),))
            assert send(request, follow_redirects=True).response.status == 200

    assert [each.header("x-api-key") for each in wire.seen] == ["k", "k", "k", None]


PACKED = gzip.compress(b'{"id": 1}')


@pytest.mark.parametrize(
    "more",
    [
        {"json": {"id": 1}},
        {"content": b'{"id": 1}', "headers": [JSON]},
        {"content": PACKED, "headers": [JSON, ("Content-Encoding", "gzip")]},
        {"text": '{"id": 1}', "headers": [JSON]},
    ],
    ids=["json", "content", "packed", "text"],
)
def test_a_mock_transport_of_the_library(send, library, more):
    """As its users test: the response is there at once, and has been read."""
    transport = library.MockTransport(lambda _: library.Response(200, **more))

    assert send("http://api.test/", transport=transport).response.body == {"id": 1}


def test_an_empty_response_of_a_mock_transport(send, library):
    transport = library.MockTransport(lambda _: library.Response(204))

    assert send("http://api.test/", transport=transport).response.status == 204


def test_a_hook_of_the_owner_may_read_the_response(send):
    """Logging hooks do; what they read is unpacked already."""

    class Hook:  # blocking and for asyncio, as the client is
        def __call__(self, response):
            read = response.aread if hasattr(response.stream, "__aiter__") else None
            return read() if read else response.read()

    field = ("Content-Encoding", "gzip")
    with Wire({"/": reply(200, PACKED, JSON, field)}) as wire:
        delivery = send(wire.url(), event_hooks={"response": [Hook()]})

    assert delivery.response.body == {"id": 1}


@pytest.mark.parametrize(
    "answer, kind",
    [
        (Broken(), "interrupted"),
        (Broken(reply(200, b"x").replace(b": 1", b": 9")), "interrupted"),
        (Broken(b"nonsense\r\n\r\n"), "protocol"),
        (Hold(), "timeout"),
    ],
)
def test_failures_of_both_libraries_are_the_same(send, answer, kind):
    with Wire({"/": answer}) as wire:
        failure = send(wire.url(), timeout=0.2).failure

    assert (failure.kind, failure.sent) == (kind, True)
    assert f"127.0.0.1:{wire.port}" in failure.message


def test_a_refused_connection_through_a_client(send):
    with Wire({}) as wire:
        pass

    failure = send(wire.url()).failure

    assert (failure.kind, failure.sent) == ("connect", False)
    assert failure.message.endswith("connection refused")


def test_a_client_of_the_wrong_kind_is_named(library, spool):
    """Asking a blocking client to send for asyncio is a mistake that has a remedy."""
    request = Request("GET", "http://127.0.0.1:9/")
    blocking = library.Client(trust_env=False)
    with blocking, pytest.raises(UsageError, match="cannot send for asyncio") as caught:
        asyncio.run(as_transport(blocking, spool=spool).asend(request, timeout=1))
    assert f"{library.__name__}.AsyncClient" in caught.value.hint

    asynchronous = library.AsyncClient(trust_env=False)
    with pytest.raises(UsageError, match="for asyncio only"):
        as_transport(asynchronous, spool=spool).send(request, timeout=1)
    asyncio.run(asynchronous.aclose())


def test_a_client_stays_its_owners(library, spool):
    """It is not closed by us; one that was closed by its owner is a usage error."""
    with Wire({"/": reply(200)}) as wire, library.Client(trust_env=False) as client:
        transport = as_transport(client, spool=spool)
        transport.send(Request("GET", wire.url()), timeout=10)
        transport.close()
        asyncio.run(transport.aclose())
        assert not client.is_closed

    with pytest.raises(UsageError, match="has been closed"):
        transport.send(Request("GET", wire.url()), timeout=10)


def test_a_subclass_is_a_client(library, spool):
    class Ours(library.Client):
        pass

    with Wire({"/": reply(204)}) as wire, Ours(trust_env=False) as client:
        transport = as_transport(client, spool=spool)
        delivery = transport.send(Request("GET", wire.url()), timeout=10)

    assert delivery.response.status == 204


# --- what else can be given


def test_a_transport_of_ours_is_taken_as_it_is(spool):
    transport = HttpTransport(spool=spool)

    assert as_transport(transport, spool=spool) is transport


@pytest.mark.parametrize("given", [None, "http://proxy", 3, httpx2.Client, object()])
def test_what_cannot_send_is_refused_with_what_can(spool, given):
    with pytest.raises(UsageError, match="is not a transport") as caught:
        as_transport(given, spool=spool)
    assert "ASGI" in caught.value.hint


# --- applications


class Application:
    """An ASGI application that tells what it was asked, and in which loop and thread."""

    def __init__(self):
        self.loops = set()
        self.threads = set()

    async def __call__(self, scope, receive, send):
        self.loops.add(asyncio.get_running_loop())
        self.threads.add(threading.get_ident())
        if scope["path"] == "/silent":
            return
        if scope["path"] == "/hang":
            await asyncio.Event().wait()
        if scope["path"] == "/broken":
            raise RuntimeError("no")
        body = b""
        while (message := await receive())["more_body"]:
            body += message["body"]
        asked = b"%s %s?%s %s" % (
            scope["method"].encode(),
            scope["raw_path"],
            scope["query_string"],
            body,
        )
        headers = [
            (b"Content-Type", b"text/plain"),
            (b"X-Host", dict(scope["headers"])[b"host"]),
        ]
        await send({"type": "http.response.start", "status": 201, "headers": headers})
        await send({"type": "http.response.body", "body": asked, "more_body": True})
        await send({"type": "http.response.body", "body": b"!"})


@pytest.fixture(params=["blocking", "asyncio"])
def ask(request, spool):
    application = Application()
    transport = as_transport(application, spool=spool)

    def ask(call, timeout=10.0):
        if request.param == "blocking":
            return transport.send(call, timeout=timeout)
        return asyncio.run(transport.asend(call, timeout=timeout))

    ask.application = application
    yield ask
    transport.close()
    asyncio.run(transport.aclose())


def test_an_application_is_asked_in_process(ask):
    body = (b"[", Records(text="1\n2\n"), b"]")
    url = "https://api.test/a%2Fb?x=%20"

    response = ask(Request("POST", url, (), body)).response

    assert (response.status, response.body) == (201, "POST /a%2Fb?x=%20 [1,2]!")
    assert response.header("x-host") == "api.test"


def test_an_application_that_raises_answers_500(ask):
    """As a server would."""
    assert ask(Request("GET", "http://a/broken")).response.status == 500


def test_an_application_that_says_nothing(ask):
    failure = ask(Request("GET", "http://a/silent")).failure

    assert failure.kind == "interrupted"


def test_an_application_that_hangs(ask):
    failure = ask(Request("GET", "http://a/hang"), timeout=0.05).failure

    assert failure.kind == "timeout"


def test_blocking_requests_share_one_loop(spool):
    """An application holds what belongs to its event loop: pools, locks."""
    application = Application()
    transport = as_transport(application, spool=spool)
    for _ in range(2):
        transport.send(Request("GET", "http://a/"), timeout=10)
    transport.close()

    assert len(application.loops) == 1
    assert threading.get_ident() not in application.threads
