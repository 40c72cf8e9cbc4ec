"""``HttpTransport`` over real sockets, blocking and asyncio: every claim holds for both."""

import asyncio
import gzip
import json
import shutil
import signal
import ssl
import subprocess
import threading
import zlib
from email.utils import formatdate

import pytest
from wire import Broken, Hold, Wire, reply

from arazzo_runner.errors import ArazzoError, UsageError
from arazzo_runner.messages import ABSENT, File, Records, Request, record_lines
from arazzo_runner.transports.http import HttpTransport
from arazzo_runner.transports.spool import Spool

JSON = ("Content-Type", "application/json")
JSONL = ("Content-Type", "application/x-jsonl")
BINARY = ("Content-Type", "application/octet-stream")


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def spool():
    with Spool() as spool:
        yield spool


@pytest.fixture
def transport(spool):
    transport = HttpTransport(spool=spool)
    yield transport
    transport.close()


@pytest.fixture(params=["blocking", "asyncio"])
def send(request, transport):
    """Sends a request and returns its Delivery, in one of the two ways."""

    def send(call, *, using=transport, timeout=10.0, download=None):
        call = Request("GET", call) if isinstance(call, str) else call
        if request.param == "blocking":
            return using.send(call, timeout=timeout, download=download)
        return asyncio.run(using.asend(call, timeout=timeout, download=download))

    return send


def serve(answer, **options):
    return Wire({"/": answer}, **options)


# --- requests


def test_a_request_goes_out_as_it_is(send):
    """Method, target and fields on the wire are the request's own."""
    target = "/v1/a%2Fb/%7Bx%7D/..;p=1/?q=%C3%A9&q=a+b&empty"
    headers = (("X-API-Key", "k"), ("X-Many", "1"), ("X-Many", "2"))
    with Wire({}) as wire:
        send(Request("PATCH", wire.url(target), headers))

    (seen,) = wire.seen
    assert (seen.method, seen.target) == ("PATCH", target)
    assert [each for each in seen.headers if each[0].startswith("x-")] == [
        ("x-api-key", "k"),
        ("x-many", "1"),
        ("x-many", "2"),
    ]


def test_only_necessary_fields_are_added(send):
    """Nothing that was not asked for says anything about who sends."""
    with serve(reply(200)) as wire:
        send(wire.url())

    assert [name for name, _ in wire.seen[0].headers] == [
        "host",
        "user-agent",
        "accept-encoding",
    ]


def test_the_user_agent_is_honest_and_can_be_set(send, spool):
    """The default names this program; the request's own field wins, then `headers`."""
    ours = HttpTransport(spool=spool, headers=(("user-agent", "mine"), ("x-team", "a")))
    with serve(reply(200)) as wire:
        send(wire.url())
        send(wire.url(), using=ours)
        send(Request("GET", wire.url(), (("User-Agent", "own"),)), using=ours)
    ours.close()

    agents = [seen.header("user-agent") for seen in wire.seen]
    assert agents[0].startswith("arazzo/")
    assert agents[1:] == ["mine", "own"]
    assert wire.seen[1].header("x-team") == "a"


def test_framing_is_not_for_a_description_to_set(send):
    """A wrong length in the request's fields would hide a second request."""
    headers = (("content-length", "1"), ("Transfer-Encoding", "chunked"))
    with serve(reply(200)) as wire:
        send(Request("POST", wire.url(), headers, (b"abc",)))

    assert wire.seen[0].body == b"abc"
    assert wire.seen[0].header("transfer-encoding") is None


@pytest.mark.parametrize("value", ["a\r\nX-Injected: 1", "a\0b"])
def test_a_field_cannot_break_the_line(send, value):
    with serve(reply(200)) as wire:
        delivery = send(Request("GET", wire.url(), (("X-A", value),)))

    assert (delivery.failure.kind, delivery.failure.sent) == ("protocol", False)
    assert wire.seen == []


def test_files_and_records_are_streamed_with_their_length(send, spool, tmp_path):
    """A body in pieces arrives whole, with Content-Length, and can be sent again."""
    upload = tmp_path / "a.bin"
    upload.write_bytes(bytes(range(256)) * 1000)
    lines = "".join(f'{{"row": {n}, "text": "é"}}\n\n' for n in range(5000))
    kept = spool.keep(lines.encode(), name="r", media_type="application/jsonl")
    body = (
        b"[",
        Records(file=kept),
        b',"',
        b'",',
        Records(text='1\n\n"a"\r\n'),
        b"]",
        spool.adopt(upload),
    )
    with serve(reply(200)) as wire:
        request = Request("POST", wire.url(), (), body)
        assert send(request).response.status == 200
        assert send(request).response.status == 200

    first, second = (seen.body for seen in wire.seen)
    assert first == second
    assert first.endswith(upload.read_bytes())
    sent = json.loads(first.removesuffix(upload.read_bytes()))
    assert sent == [{"row": n, "text": "é"} for n in range(5000)] + ["", 1, "a"]
    assert wire.seen[0].header("content-length") == str(len(first))
    assert wire.seen[0].header("transfer-encoding") is None


def test_an_empty_post_says_so(send):
    with serve(reply(200)) as wire:
        send(Request("POST", wire.url()))

    assert wire.seen[0].header("content-length") == "0"


def test_a_changed_upload_stops_the_run(send, spool, tmp_path):
    """What is wrong on our side is an error, not a missing response."""
    path = tmp_path / "a.txt"
    path.write_bytes(b"abc")
    file = spool.adopt(path)
    path.write_bytes(b"abcd")

    with (
        serve(reply(200)) as wire,
        pytest.raises(ArazzoError, match=r"a\.txt has changed"),
    ):
        send(Request("PUT", wire.url(), (), (file,)))


# --- connections


def test_a_connection_is_kept(transport):
    """A poll uses one connection."""
    with serve(reply(200, b"{}", JSON)) as wire:
        for _ in range(5):
            transport.send(Request("GET", wire.url()), timeout=10)

    assert [seen.connection for seen in wire.seen] == [1] * 5


def test_a_connection_that_the_server_closed_is_not_used_again(send):
    """Between two polls a server may hang up; that is no failure."""
    closing = Broken(reply(200, b"{}", JSON, ("Connection", "close")))
    with serve(closing) as wire:
        statuses = [send(wire.url()).response.status for _ in range(3)]

    assert statuses == [200, 200, 200]


def test_cookies_are_not_kept(send):
    """A response of one run must not act in another."""
    with serve(reply(200, b"", ("Set-Cookie", "session=1; Path=/"))) as wire:
        responses = [send(wire.url()).response for _ in range(2)]

    assert responses[0].header("set-cookie") == "session=1; Path=/"
    assert [seen.header("cookie") for seen in wire.seen] == [None, None]


def test_many_requests_at_once_in_one_loop(transport):
    """No cap of a hundred connections makes a request wait for another."""
    together = threading.Barrier(120)

    def answer(seen):
        together.wait(timeout=30)  # all have arrived
        return reply(200, seen.target.encode(), ("Content-Type", "text/plain"))

    async def run(url):
        calls = [
            transport.asend(Request("GET", f"{url}?{n}"), timeout=30)
            for n in range(120)
        ]
        return await asyncio.gather(*calls)

    with serve(answer) as wire:
        deliveries = asyncio.run(run(wire.url()))

    bodies = [delivery.response.body for delivery in deliveries]
    assert bodies == [f"/?{n}" for n in range(120)]


def test_two_loops_one_after_the_other(transport):
    """A loop that has ended takes its connections along; nothing is left open."""

    async def twice(url):
        return [
            (await transport.asend(Request("GET", url), timeout=10)).response.status
            for _ in range(2)
        ]

    with serve(reply(200)) as wire:
        assert asyncio.run(twice(wire.url())) == [200, 200]
        assert asyncio.run(twice(wire.url())) == [200, 200]

    assert [seen.connection for seen in wire.seen] == [1, 1, 2, 2]


def test_aclose_closes_and_the_transport_can_go_on(transport):
    async def run(url):
        for _ in range(2):
            await transport.asend(Request("GET", url), timeout=10)
            await transport.aclose()

    with serve(reply(200)) as wire:
        asyncio.run(run(wire.url()))

    assert [seen.connection for seen in wire.seen] == [1, 2]


def test_threads_share_a_transport(transport):
    with serve(lambda seen: reply(200, seen.target.encode())) as wire:
        wrong = []

        def work(name):
            for n in range(20):
                request = Request("GET", wire.url(f"/?{name}-{n}"))
                body = transport.send(request, timeout=10).response.body
                if body != f"/?{name}-{n}":
                    wrong.append(body)

        threads = [threading.Thread(target=work, args=(name,)) for name in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert wrong == []
    assert len(wire.seen) == 160


def test_cancellation_is_not_swallowed(transport):
    """A cancelled run stops waiting for its response."""

    async def run(url, began):
        task = asyncio.create_task(transport.asend(Request("GET", url), timeout=60))
        await asyncio.to_thread(began.wait, 30)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    began = threading.Event()

    def answer(_seen):
        began.set()
        return Hold()

    with serve(answer) as wire:
        asyncio.run(run(wire.url(), began))


def test_an_interruption_is_not_swallowed(transport):
    """Ctrl-C ends the wait at once, and leaves the transport in order."""

    def answer(_seen):
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
        return Hold(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")

    with Wire({"/": answer, "/next": reply(200)}) as wire:
        with pytest.raises(KeyboardInterrupt):
            transport.send(Request("GET", wire.url()), timeout=60)
        after = transport.send(Request("GET", wire.url("/next")), timeout=10)

    assert after.response.status == 200


# --- responses


def test_a_response_is_decoded_by_its_media_type(send):
    """Names of fields in lower case and in order; the media type without parameters."""
    kind = ("Content-Type", "Application/JSON; charset=utf-8")
    with serve(
        reply(201, b'{"id": 1}', ("X-B", "2"), kind, ("X-A", "caf\xe9"))
    ) as wire:
        delivery = send(wire.url())

    response = delivery.response
    assert (response.status, response.body) == (201, {"id": 1})
    assert response.media_type == "application/json"
    assert response.headers == (
        ("content-length", "9"),
        ("x-b", "2"),
        ("content-type", "Application/JSON; charset=utf-8"),
        ("x-a", "café"),
    )
    assert (delivery.http_version, delivery.received) == ("HTTP/1.1", 9)
    assert delivery.failure is None


@pytest.mark.parametrize(
    "body, headers, expected",
    [
        (b"", (JSON,), ABSENT),
        (b"<html>", (JSON,), "<html>"),
        (b'{"a": 1}', (), {"a": 1}),
        (b"hello", (("Content-Type", "text/plain"),), "hello"),
        (b'{"a": 1}\n', (JSONL,), Records(text='{"a": 1}\n')),
    ],
)
def test_bodies_by_media_type(send, body, headers, expected):
    """Checklist A-30."""
    with serve(reply(200, body, *headers)) as wire:
        response = send(wire.url()).response

    assert response.body == expected
    assert (response.problem is None) == (body != b"<html>")


def test_strict_knows_no_records(send, spool):
    """JSON Lines are a dialect rule: strictly they are text, at every size."""
    strict = HttpTransport(spool=spool, strict=True)
    with Wire(
        {"/1": reply(200, b"1\n", JSONL), "/2": reply(200, b"1\n" * 600_000, JSONL)}
    ) as wire:
        bodies = [
            send(wire.url(path), using=strict).response.body for path in ("/1", "/2")
        ]
    strict.close()

    assert bodies[0] == "1\n"
    assert isinstance(bodies[1], File)


def test_a_small_binary_body_is_a_file(send, spool):
    with Wire({"/files/a%20b.bin": reply(200, b"\x00\xff", BINARY)}) as wire:
        body = send(wire.url("/files/a%20b.bin?x=/y")).response.body

    assert b"".join(spool.chunks(body)) == b"\x00\xff"
    assert (body.name, body.media_type) == ("a_b.bin", "application/octet-stream")


def test_a_large_body_becomes_a_file_that_is_read_line_by_line(send, spool):
    """Above 1 MiB nothing is held in memory, and nothing changes for expressions."""
    line = json.dumps({"custom_id": "x" * 80}).encode()
    with serve(reply(200, (line + b"\n") * 32_000, JSONL)) as wire:
        response = send(wire.url()).response

    assert response.body.file.bytes == 32_000 * (len(line) + 1) > 3_000_000
    assert all(each.encode() == line for each in record_lines(response.body, spool))


def test_a_large_json_body_is_still_json(send, spool):
    rows = [{"n": n} for n in range(150_000)]
    with serve(reply(200, json.dumps(rows).encode(), JSON)) as wire:
        body = send(wire.url()).response.body

    assert isinstance(body, File)
    assert spool.data(body) == rows


def test_a_chunked_body(send):
    """Framing without a length; HEAD and 204 without a body."""
    chunked = (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
    )
    with serve(chunked) as wire:
        assert send(wire.url()).response.body == "abc"
    with serve(reply(200).replace(b": 0", b": 5")) as wire:
        assert send(Request("HEAD", wire.url())).response.body is ABSENT
    with serve(b"HTTP/1.1 204 No Content\r\n\r\n") as wire:
        assert send(wire.url()).response.body is ABSENT


def _raw_deflate(data):
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize(
    "coding, packed",
    [
        ("gzip", gzip.compress(b"[1, 2]", mtime=0)),
        (
            "x-gzip",
            gzip.compress(b"[1", mtime=0) + gzip.compress(b", 2]", mtime=0) + b"\0\0",
        ),
        ("deflate", zlib.compress(b"[1, 2]")),
        ("deflate", _raw_deflate(b"[1, 2]")),
        ("deflate, gzip", gzip.compress(zlib.compress(b"[1, 2]"), mtime=0)),
        ("identity", b"[1, 2]"),
        ("utf-8", b"[1, 2]"),
    ],
)
def test_packed_bodies_are_unpacked(send, coding, packed):
    with serve(reply(200, packed, JSON, ("Content-Encoding", coding))) as wire:
        delivery = send(wire.url())

    assert delivery.response.body == [1, 2]
    assert delivery.received == len(packed)
    assert wire.seen[0].header("accept-encoding") == "gzip, deflate"


@pytest.mark.parametrize(
    "coding, packed, kind, words",
    [
        ("gzip", b"not gzip", "protocol", "not compressed as said"),
        (
            "gzip",
            gzip.compress(b"abcdef" * 99, mtime=0)[:-9],
            "interrupted",
            "ends early",
        ),
        ("br", b"x", "protocol", "packed with br"),
        ("gzip, gzip, gzip", b"x", "too-large", "3 times"),
    ],
)
def test_a_badly_packed_body_is_no_response(send, coding, packed, kind, words):
    with serve(reply(200, packed, ("Content-Encoding", coding))) as wire:
        failure = send(wire.url()).failure

    assert (failure.kind, failure.sent) == (kind, True)
    assert words in failure.message


def test_a_body_that_unpacks_beyond_reason_is_cut_off(send, spool):
    """200 KB that hold 200 MB: stopped at 40 times a MiB, long before it is on disk."""
    packer = zlib.compressobj(9, wbits=31)
    bomb = (
        b"".join(packer.compress(bytes(1 << 20)) for _ in range(200)) + packer.flush()
    )
    with serve(reply(200, bomb, JSON, ("Content-Encoding", "gzip"))) as wire:
        failure = send(wire.url()).failure

    assert failure.kind == "too-large"
    assert "unpacks" in failure.message


@pytest.mark.parametrize("length", [True, False])
def test_a_body_over_the_limit_is_refused(send, length):
    """Announced or not, a body ends at the spool's limit."""
    answer = (
        reply(200, b"x" * 2000)
        if length
        else Broken(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 2000)
    )
    with Spool(limit=1000) as small, serve(answer) as wire:
        transport = HttpTransport(spool=small)
        failure = send(wire.url(), using=transport).failure
        transport.close()

    assert failure.kind == "too-large"


# --- downloads


def test_a_download_goes_straight_to_its_file(send, tmp_path):
    """Whatever its size, and named for what it will be called."""
    part = tmp_path / "results.jsonl.part"
    with serve(reply(200, b"{}\n", JSONL)) as wire:
        body = send(wire.url(), download=part).response.body

    assert part.read_bytes() == b"{}\n"
    assert (body.file.path, body.file.name) == (str(part), "results.jsonl")


def test_only_a_successful_body_is_a_download(send, tmp_path):
    """The text of an error is not what was asked for."""
    part = tmp_path / "a.part"
    with serve(reply(404, b'{"error": 1}', JSON)) as wire:
        response = send(wire.url(), download=part).response

    assert response.body == {"error": 1}
    assert not part.exists()


def test_a_broken_download_leaves_what_came(send, tmp_path):
    part = tmp_path / "a.part"
    answer = Broken(reply(200, b"x" * 70_000, BINARY).replace(b": 70000", b": 99999"))
    with serve(answer) as wire:
        delivery = send(wire.url(), download=part)

    assert delivery.failure.kind == "interrupted"
    assert part.read_bytes() == b"x" * 70_000


# --- failures


def test_a_truncated_body_says_how_much_came(send):
    answer = Broken(reply(200, b"x" * 1500, JSON).replace(b": 1500", b": 9000"))
    with serve(answer) as wire:
        delivery = send(wire.url())

    assert delivery.response is None
    assert (delivery.failure.kind, delivery.failure.sent) == ("interrupted", True)
    assert delivery.failure.message == (
        f"the connection to 127.0.0.1:{wire.port} broke off "
        "after 1,500 of 9,000 bytes of the body"
    )
    assert delivery.received == 1500


def test_a_server_that_hangs_up(send):
    """The server may have acted on the request: `sent` says so."""
    with serve(Broken()) as wire:
        failure = send(wire.url()).failure

    assert (failure.kind, failure.sent) == ("interrupted", True)
    assert f"127.0.0.1:{wire.port} closed the connection" in failure.message


def test_a_server_that_does_not_speak_http(send):
    with serve(Broken(b"SSH-2.0-OpenSSH_9.6\r\n\r\n")) as wire:
        failure = send(wire.url()).failure

    assert (failure.kind, failure.sent) == ("protocol", True)


def test_endless_fields_end(send):
    """A block of header fields is bounded."""
    with serve(Broken(b"HTTP/1.1 200 OK\r\n" + b"X: 1234567890\r\n" * 20_000)) as wire:
        failure = send(wire.url()).failure

    assert failure.kind in ("protocol", "interrupted")


def test_a_refused_connection(send):
    with Wire({}) as wire:
        pass

    failure = send(wire.url()).failure

    assert (failure.kind, failure.sent) == ("connect", False)
    assert failure.message == (
        f"no connection to 127.0.0.1:{wire.port}: connection refused"
    )


@pytest.mark.parametrize(
    "answer, after",
    [
        (Hold(), ""),
        (
            Hold(reply(200, b"12345").replace(b": 5", b": 9")),
            ", after 5 bytes of the body",
        ),
    ],
)
def test_silence_is_a_time_out(send, answer, after):
    """The time-out is without a byte, at any moment."""
    with serve(answer) as wire:
        failure = send(wire.url(), timeout=0.2).failure

    assert (failure.kind, failure.sent) == ("timeout", True)
    assert failure.message == f"127.0.0.1:{wire.port} sent no byte for 0.2 s{after}"


@pytest.mark.parametrize(
    "url, kind, words",
    [
        ("ftp://127.0.0.1/", "protocol", "is not an http or https URL"),
        ("/relative", "protocol", "is not an http or https URL"),
        ("https:///path", "protocol", "is not an http or https URL"),
        ("http://127.0.0.1:99999/", "protocol", "is not a URL"),
        (f"http://{'a' * 64}.test/", "dns", "is not a possible host name"),
        ("http://a..test/", "dns", "is not a possible host name"),
    ],
)
def test_an_impossible_url_is_not_sent(send, url, kind, words):
    failure = send(url).failure

    assert (failure.kind, failure.sent) == (kind, False)
    assert words in failure.message


# --- redirects


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_redirect_to_the_same_origin_is_followed(send, status, method):
    """With everything the request carries; a fragment is not for the server."""
    body = b"moved" * 99 if method == "GET" else b""
    answers = {
        "/old": reply(status, body, ("Location", "../new?x=1#part")),
        "/new": reply(200),
    }
    with Wire(answers) as wire:
        delivery = send(Request(method, wire.url("/old"), (("x-api-key", "k"),)))

    assert delivery.response.status == 200
    assert delivery.redirects == (wire.url("/new?x=1"),)
    assert [seen.header("x-api-key") for seen in wire.seen] == ["k", "k"]
    assert wire.seen[1].target == "/new?x=1"


@pytest.mark.parametrize(
    "location, why",
    [
        ("http://user@127.0.0.1:{port}/new", "user name"),
        ("http://127.0.0.1:{port}@evil.test/new", "user name"),
        ("file:///etc/passwd", "not an http"),
        ("http://[::1", None),
        ("", None),
    ],
)
def test_a_redirect_that_must_not_be_followed_is_handed_back(send, location, why):
    with Wire({}) as wire:
        location = location.replace("{port}", str(wire.port))
        wire.answers["/old"] = reply(302, b"moved", ("Location", location))

        delivery = send(wire.url("/old"))

    assert (delivery.response.status, delivery.response.body) == (302, "moved")
    assert (len(wire.seen), delivery.redirects) == (1, ())
    assert why in delivery.unfollowed if why else delivery.unfollowed is None


@pytest.mark.parametrize("to", ["localhost", "127.0.0.1"])
def test_another_origin_sees_no_credential(send, to):
    """D1, over two servers: another port of the same host is somebody else, too."""
    sent = (("x-api-key", "k"), ("Authorization", "Bearer t"), ("Cookie", "sid=1"))
    with Wire({"/": reply(200, b"signed")}) as other, Wire({}) as wire:
        there = other.url("/?sig=1", to)
        wire.answers["/old"] = reply(302, b"", ("Location", there))
        delivery = send(Request("GET", wire.url("/old"), sent))

    assert delivery.response.body == "signed"
    assert delivery.redirects == (there,)
    seen = dict(other.seen[0].headers)
    assert not seen.keys() & {"x-api-key", "authorization", "cookie"}
    assert seen["host"] == f"{to}:{other.port}"


def test_a_post_is_sent_again_where_the_server_says_it_did_nothing(send):
    """RFC 9110, 15.4.8: 307 within the origin, with the whole body."""
    answers = {"/old": reply(307, b"", ("Location", "/new")), "/new": reply(201)}
    with Wire(answers) as wire:
        delivery = send(Request("POST", wire.url("/old"), (), (b"x",)))

    assert delivery.response.status == 201
    assert [(each.method, each.body) for each in wire.seen] == [("POST", b"x")] * 2


def test_a_moved_post_is_not_made_a_get(send):
    with serve(reply(302, b"", ("Location", "/new"))) as wire:
        delivery = send(Request("POST", wire.url(), (), (b"x",)))

    assert delivery.response.status == 302
    assert "POST is not sent again" in delivery.unfollowed
    assert len(wire.seen) == 1


def test_see_other_is_asked_for_with_get(send):
    answers = {"/jobs": reply(303, b"", ("Location", "/jobs/1")), "/jobs/1": reply(200)}
    with Wire(answers) as wire:
        send(Request("POST", wire.url("/jobs"), (("x-api-key", "k"),), (b"x",)))

    assert [(each.method, each.body) for each in wire.seen] == [
        ("POST", b"x"),
        ("GET", b""),
    ]
    assert wire.seen[1].header("x-api-key") == "k"


def test_redirects_end_after_five(send):
    with serve(reply(302, b"", ("Location", "/"))) as wire:
        delivery = send(wire.url())

    assert delivery.response.status == 302
    assert (len(wire.seen), len(delivery.redirects)) == (6, 5)
    assert "5 are the most" in delivery.unfollowed


# --- Retry-After


@pytest.mark.parametrize(
    "value, seconds",
    [
        ("7", 7.0),
        ("-3", 0.0),
        (formatdate(1_000_000_090, usegmt=True), 90.0),
        (formatdate(900_000_000, usegmt=True), 0.0),
        ("soon", None),
    ],
)
def test_retry_after_in_seconds_or_as_a_date(send, value, seconds):
    """A date counts from the response's own: the clock that wrote it."""
    date = ("Date", formatdate(1_000_000_000, usegmt=True))
    with serve(reply(429, b"", ("Retry-After", value), date)) as wire:
        assert send(wire.url()).retry_after == seconds


def test_two_retry_after_in_one_answer(send):
    """The first that can be read."""
    fields = [("Retry-After", text) for text in ("soon", "7", "60")]
    with serve(reply(429, b"", *fields)) as wire:
        assert send(wire.url()).retry_after == 7.0


def test_retry_after_without_a_date_counts_from_now(send):
    with serve(reply(503, b"", ("Retry-After", formatdate(0, usegmt=True)))) as wire:
        assert send(wire.url()).retry_after == 0.0


# --- TLS


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """A certificate for localhost that nobody has signed, with its key in one file."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("needs the openssl command to make a certificate")
    path = tmp_path_factory.mktemp("tls") / "localhost.pem"
    subprocess.run(
        [
            *(openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"),
            *("-keyout", str(path), "-out", str(path.with_suffix(".crt"))),
        ],
        check=True,
        capture_output=True,
    )
    return path


@pytest.fixture
def tls(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.with_suffix(".crt"), certificate)
    return context


def test_an_unknown_certificate_is_refused(send, tls):
    """Nothing is sent to a server that cannot prove its name; the message says how on."""
    with serve(reply(200), tls=tls) as wire:
        failure = send(wire.url(host="localhost")).failure

    assert (failure.kind, failure.sent) == ("tls", False)
    assert (
        failure.message.startswith(
            f"the certificate of localhost:{wire.port} is not trusted: self-signed certificate"
        )
        or "self signed" in failure.message
    )
    assert "--cacert" in failure.message
    assert wire.seen == []


@pytest.mark.parametrize("how", ["cacert", "environment", "insecure"])
def test_a_certificate_can_be_trusted(send, tls, certificate, spool, how, monkeypatch):
    authority = str(certificate.with_suffix(".crt"))
    options = {"cacert": {"cacert": authority}, "insecure": {"insecure": True}}
    if how == "environment":
        monkeypatch.setenv("SSL_CERT_FILE", authority)
    transport = HttpTransport(spool=spool, **options.get(how, {}))
    with serve(reply(200, b"{}", JSON), tls=tls) as wire:
        delivery = send(wire.url(host="localhost"), using=transport)
        transport.close()

    assert delivery.response.body == {}


def test_a_certificate_for_another_name_is_refused(send, tls, certificate, spool):
    transport = HttpTransport(spool=spool, cacert=str(certificate.with_suffix(".crt")))
    with serve(reply(200), tls=tls) as wire:
        failure = send(wire.url(host="127.0.0.1"), using=transport).failure
        transport.close()

    assert failure.kind == "tls"
    assert "127.0.0.1" in failure.message


def test_an_http_run_never_leaves_https_unchecked(send, tls, transport):
    """The cheap way for http:// must not be taken by https://."""
    with serve(reply(200)) as plain, serve(reply(200), tls=tls) as secure:
        assert send(plain.url(), using=transport).response.status == 200
        failure = send(secure.url(host="localhost"), using=transport).failure

    assert failure.kind == "tls"


def test_a_server_without_tls(send):
    with serve(Broken(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as wire:
        failure = send(wire.url(host="localhost").replace("http:", "https:")).failure

    assert (failure.kind, failure.sent) == ("tls", False)


def test_certificates_that_cannot_be_read_are_a_usage_error(send, spool, tmp_path):
    transport = HttpTransport(spool=spool, cacert=str(tmp_path / "missing.pem"))

    with pytest.raises(UsageError, match="cannot read certificates"):
        send("https://127.0.0.1:9/", using=transport)


# --- proxies


def test_http_goes_through_a_proxy_as_a_whole_url(send, spool):
    with Wire({}) as proxy:
        proxy.answers["http://api.test/pets"] = reply(200, b"[]", JSON)
        transport = HttpTransport(spool=spool, proxy=f"127.0.0.1:{proxy.port}")
        delivery = send("http://api.test/pets?x=%2F", using=transport)
        transport.close()

    assert delivery.response.body == []
    assert proxy.seen[0].target == "http://api.test/pets?x=%2F"
    assert proxy.seen[0].header("host") == "api.test"


def test_https_asks_the_proxy_for_a_tunnel(send, spool):
    """The proxy sees the host, and nothing that is meant for it."""
    with Wire({"api.test:443": reply(407)}) as proxy:
        transport = HttpTransport(
            spool=spool, proxy=f"http://u:p@127.0.0.1:{proxy.port}"
        )
        request = Request(
            "GET", "https://api.test/pets", (("authorization", "secret"),)
        )
        failure = send(request, using=transport).failure
        transport.close()

    assert (failure.kind, failure.sent) == ("proxy", False)
    assert failure.message.startswith(f"the proxy 127.0.0.1:{proxy.port} refused: 407")
    assert proxy.seen[0].method == "CONNECT"
    assert "secret" not in str(proxy.seen)
    assert proxy.seen[0].header("proxy-authorization") == "Basic dTpw"


def test_a_proxy_that_is_down(send, spool):
    with Wire({}) as proxy:
        pass
    transport = HttpTransport(spool=spool, proxy=proxy.url())

    failure = send("http://api.test/", using=transport).failure
    transport.close()

    assert failure.kind == "proxy"
    assert f"the proxy 127.0.0.1:{proxy.port}: connection refused" in failure.message


def test_the_environment_names_a_proxy_and_exemptions(send, spool, monkeypatch):
    """As for curl: HTTP_PROXY, NO_PROXY; an explicit proxy wins over both."""
    with Wire({"http://api.test/": reply(200)}) as proxy, serve(reply(201)) as direct:
        monkeypatch.setenv("HTTP_PROXY", proxy.url())
        monkeypatch.setenv("NO_PROXY", "127.0.0.0/8")
        transport = HttpTransport(spool=spool)
        statuses = [
            send(url, using=transport).response.status
            for url in ("http://api.test/", direct.url())
        ]
        proxy.answers[direct.url()] = reply(202)
        chosen = HttpTransport(spool=spool, proxy=proxy.url())
        statuses.append(send(direct.url(), using=chosen).response.status)
        transport.close()
        chosen.close()

    assert statuses == [200, 201, 202]
    assert transport.proxy_for("http://api.test/") == f"127.0.0.1:{proxy.port}"
    assert transport.proxy_for("https://api.test/") is None


def test_a_socks_proxy_needs_its_library(send, spool):
    transport = HttpTransport(spool=spool, proxy="socks5://u:secret@127.0.0.1:9")

    with pytest.raises(UsageError, match="SOCKS") as caught:
        send("http://api.test/", using=transport)
    assert "secret" not in str(caught.value)
