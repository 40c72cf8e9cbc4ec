"""The stand-in server behaves as the two providers' batch APIs do, faults included."""

import http.client
import json
import signal
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standin import Answer, Cut, Hold, StandIn, busy, html, not_json, parse_multipart

PROGRAM = Path(__file__).parents[1] / "standin.py"
BATCHES = "/v1/messages/batches"
JSON = {"content-type": "application/json"}
ROWS = b"".join(
    json.dumps({"custom_id": f"row-{n}", "url": "/v1/x", "body": {}}).encode() + b"\n"
    for n in range(4)
)


class Reply:
    """A response, read to its end."""

    def __init__(self, response):
        self.status = response.status
        self.headers = dict(response.getheaders())
        self.body = response.read()

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def lines(self):
        return [json.loads(line) for line in self.body.splitlines()]


class Client:
    """One kept connection that speaks for both providers with the right key."""

    def __init__(self, server):
        address = urlsplit(server.url).netloc
        self.connection = http.client.HTTPConnection(address, timeout=20)
        self.headers = {
            "x-api-key": server.key,
            "anthropic-version": "2023-06-01",
            "authorization": f"Bearer {server.key}",
        }

    def send(self, method, path, body=None, headers=(), without=()):
        fields = {k: v for k, v in self.headers.items() if k not in without}
        self.connection.request(method, path, body, fields | dict(headers))
        return self.connection.getresponse()

    def __call__(self, method, path, body=None, headers=(), without=()):
        if body is not None and not isinstance(body, bytes):
            body, headers = json.dumps(body), JSON | dict(headers)
        return Reply(self.send(method, path, body, headers, without))

    def close(self):
        self.connection.close()


@pytest.fixture
def connect(standin):
    """A fresh server with the given options, and a client of it."""
    open_clients = []

    def make(**options):
        server = standin(**options)
        client = Client(server)
        open_clients.append(client)
        return server, client

    yield make
    for client in open_clients:
        client.close()


def multipart(*parts, boundary="b0und"):
    """Header and body of an upload; a part is (name, filename or None, content)."""
    body = b""
    for name, filename, content in parts:
        file = f'; filename="{filename}"' if filename is not None else ""
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"{file}'
        body += head.encode() + b"\r\n\r\n" + content + b"\r\n"
    body += f"--{boundary}--\r\n".encode()
    return {"content-type": f"multipart/form-data; boundary={boundary}"}, body


def upload(client, content=ROWS, filename="rows.jsonl", purpose=b"batch"):
    headers, body = multipart(("purpose", None, purpose), ("file", filename, content))
    return client("POST", "/v1/files", body, headers)


def create(client):
    file = upload(client).json["id"]
    wanted = {
        "input_file_id": file,
        "endpoint": "/v1/chat/completions",
        "completion_window": "24h",
    }
    return client("POST", "/v1/batches", wanted)


# --- Anthropic --------------------------------------------------------------------------


def test_message_batch_ends_after_the_given_polls(connect, prompts):
    """``polls=5``: five retrieves are in progress, the sixth has ended."""
    _, client = connect(polls=5)

    made = client("POST", BATCHES, {"requests": prompts})
    path = f"{BATCHES}/{made.json['id']}"
    seen = [client("GET", path).json for _ in range(6)]

    assert made.status == 200
    assert made.json["processing_status"] == "in_progress"
    assert made.json["request_counts"]["processing"] == 2
    assert [each["processing_status"] for each in seen] == ["in_progress"] * 5 + [
        "ended"
    ]
    assert seen[4]["results_url"] is None
    assert seen[5]["results_url"].endswith(f"{path}/results")
    assert seen[5]["request_counts"] == {
        "processing": 0, "succeeded": 1, "errored": 1, "canceled": 0, "expired": 0,
    }  # fmt: skip


def test_results_are_jsonl_with_every_outcome(connect, prompts):
    """Results name the created requests; the outcomes go round."""
    _, client = connect(polls=0)
    five = [{**prompts[0], "custom_id": f"q{n}"} for n in range(5)]
    client("POST", BATCHES, {"requests": five})
    counts = client("GET", f"{BATCHES}/msgbatch_01").json["request_counts"]

    reply = client("GET", f"{BATCHES}/msgbatch_01/results")

    assert reply.headers["content-type"] == "application/x-jsonl"
    assert [line["custom_id"] for line in reply.lines] == ["q0", "q1", "q2", "q3", "q4"]
    kinds = [line["result"]["type"] for line in reply.lines]
    assert kinds == ["succeeded", "errored", "canceled", "expired", "succeeded"]
    assert {kind: kinds.count(kind) for kind in kinds} | {"processing": 0} == counts
    assert reply.lines[0]["result"]["message"]["content"][0]["text"] == "Answer 1 — ✓"
    assert reply.lines[1]["result"]["error"]["type"] == "error"


def test_results_before_the_end_are_not_found(connect, prompts):
    _, client = connect(polls=1)
    client("POST", BATCHES, {"requests": prompts})
    client("GET", f"{BATCHES}/msgbatch_01")

    reply = client("GET", f"{BATCHES}/msgbatch_01/results")

    assert reply.status == 404
    assert reply.json["type"] == "error"
    assert reply.json["error"]["type"] == "not_found_error"
    assert "not available yet" in reply.json["error"]["message"]


@pytest.mark.parametrize("chunked", [False, True])
def test_results_can_have_any_size(connect, prompts, chunked):
    """A large body has exactly the size asked for, and every line is a record."""
    size = 3_000_017
    _, client = connect(polls=0, results_bytes=size, chunked=chunked)
    client("POST", BATCHES, {"requests": prompts})
    client("GET", f"{BATCHES}/msgbatch_01")

    reply = client("GET", f"{BATCHES}/msgbatch_01/results")

    assert len(reply.body) == size
    assert {line["custom_id"] for line in reply.lines} == {"paris", "café"}
    assert ("content-length" in reply.headers) is not chunked


def test_canceled_message_batch_ends_with_canceled_requests(connect, prompts):
    _, client = connect(polls=5)
    client("POST", BATCHES, {"requests": prompts})

    canceled = client("POST", f"{BATCHES}/msgbatch_01/cancel")
    seen = [client("GET", f"{BATCHES}/msgbatch_01").json for _ in range(2)]
    again = client("POST", f"{BATCHES}/msgbatch_01/cancel")

    assert canceled.json["processing_status"] == "canceling"
    assert canceled.json["cancel_initiated_at"] is not None
    assert [each["processing_status"] for each in seen] == ["canceling", "ended"]
    assert seen[1]["request_counts"]["canceled"] == 2
    assert again.status == 400


@pytest.mark.parametrize(
    "query,page,more",
    [
        ("", [3, 2, 1], False),
        ("?limit=2", [3, 2], True),
        ("?limit=2&after_id=msgbatch_02", [1], False),
        ("?limit=1&before_id=msgbatch_01", [2], True),
        ("?after_id=msgbatch_01", [], False),
    ],
)
def test_message_batches_are_listed_in_pages(connect, prompts, query, page, more):
    """Newest first; a cursor is the id before or after the page."""
    _, client = connect()
    for _ in range(3):
        client("POST", BATCHES, {"requests": prompts})

    reply = client("GET", BATCHES + query).json

    ids = [f"msgbatch_0{number}" for number in page]
    assert [each["id"] for each in reply["data"]] == ids
    assert reply["has_more"] is more
    assert reply["first_id"] == (ids[0] if ids else None)


GOOD = {"custom_id": "a", "params": {}}


@pytest.mark.parametrize(
    "body,why",
    [
        (b"{nope", "not valid JSON"),
        (b"[]", "must be a JSON object"),
        (b"{}", "requests: Field required"),
        (b'{"requests": []}', "at least one item"),
        (b'{"requests": "a"}', "must be an array"),
        (b'{"requests": [{"params": {}}]}', "requests.0.custom_id"),
        (b'{"requests": [{"custom_id": "a"}]}', "requests.0.params"),
        (json.dumps({"requests": [GOOD, GOOD]}).encode(), "is not unique"),
    ],
)
def test_bad_message_batch_is_refused_with_the_reason(connect, body, why):
    _, client = connect()

    reply = client("POST", BATCHES, body, JSON)

    assert reply.status == 400
    assert reply.json["error"]["type"] == "invalid_request_error"
    assert why in reply.json["error"]["message"]


def test_message_batch_must_say_that_it_is_json(connect):
    _, client = connect()

    reply = client("POST", BATCHES, b'{"requests": []}', {"content-type": "text/plain"})

    assert reply.status == 400
    assert "not text/plain" in reply.json["error"]["message"]


@pytest.mark.parametrize(
    "without,headers,status,kind",
    [
        (["x-api-key"], {}, 401, "authentication_error"),
        ([], {"x-api-key": "wrong"}, 401, "authentication_error"),
        (["anthropic-version"], {}, 400, "invalid_request_error"),
    ],
)
def test_anthropic_wants_its_headers(connect, without, headers, status, kind):
    _, client = connect()

    reply = client("GET", BATCHES, None, headers, without)

    assert reply.status == status
    assert reply.json["type"] == "error"
    assert reply.json["error"]["type"] == kind


# --- OpenAI -----------------------------------------------------------------------------


def test_upload_is_kept_as_it_was_sent(connect):
    """A file part keeps its name and every byte."""
    server, client = connect()
    content = bytes(range(256)) + b"\r\n--b0un\r\n\r\n"

    reply = upload(client, content, "näme.bin", b"user_data")

    assert reply.status == 200
    assert reply.json["id"] == "file-1"
    assert reply.json["filename"] == "näme.bin"
    assert reply.json["bytes"] == len(content)
    assert server.openai.files["file-1"].content == content
    assert client("GET", "/v1/files/file-1").json == reply.json
    assert client("GET", "/v1/files/file-1/content").body == content


NO_DISPOSITION = b"--b0und\r\n\r\nx\r\n--b0und--\r\n"


@pytest.mark.parametrize(
    "request_,why",
    [
        ((JSON, b"{}"), "not multipart/form-data but application/json"),
        (({}, b"x"), "not multipart/form-data but untyped"),
        (({"content-type": "multipart/form-data"}, b"x"), "names no boundary"),
        ((multipart()[0], b"--b0und\r\n"), "closing boundary"),
        ((multipart()[0], NO_DISPOSITION), "no Content-Disposition"),
        (multipart(("purpose", None, b"batch")), "file part with a filename"),
        (
            multipart(("purpose", None, b"batch"), ("file", None, ROWS)),
            "file part with a filename",
        ),
        (
            multipart(("purpose", None, b"batch"), ("file", "", ROWS)),
            "file part with a filename",
        ),
        (multipart(("file", "rows.jsonl", ROWS)), "'purpose' is a required"),
        (
            multipart(("purpose", None, b"fun"), ("file", "rows.jsonl", ROWS)),
            "'fun' is not one of",
        ),
        (
            multipart(("purpose", None, b"batch"), ("file", "x", b'{"a": 1}\n{')),
            "line 2 is not JSON",
        ),
        (
            multipart(("purpose", None, b"batch"), ("file", "x", b"[1]\n")),
            "line 1 of the file is not a JSON object",
        ),
        (multipart(("purpose", None, b"batch"), ("file", "x", b"\n")), "is empty"),
    ],
)
def test_bad_upload_is_refused_with_the_reason(connect, request_, why):
    _, client = connect()
    headers, body = request_

    reply = client("POST", "/v1/files", body, headers)

    assert reply.status == 400
    assert reply.json["error"]["type"] == "invalid_request_error"
    assert why in reply.json["error"]["message"]


@pytest.mark.parametrize(
    "polls,states",
    [
        (0, []),
        (1, ["validating"]),
        (3, ["validating", "in_progress", "finalizing"]),
        (5, ["validating"] * 2 + ["in_progress"] * 2 + ["finalizing"]),
    ],
)
def test_openai_batch_walks_through_its_states(connect, polls, states):
    _, client = connect(polls=polls)

    made = create(client)
    seen = [client("GET", "/v1/batches/batch_1").json for _ in range(polls + 2)]

    assert made.json["status"] == "validating"
    assert made.json["output_file_id"] is None
    assert [each["status"] for each in seen] == [*states, "completed", "completed"]
    assert seen[-1]["request_counts"] == {"total": 4, "completed": 1, "failed": 3}


def test_openai_results_are_two_files(connect):
    """What succeeded is in the output file, everything else in the error file."""
    _, client = connect(polls=0)
    create(client)
    batch = client("GET", "/v1/batches/batch_1").json

    output, errors = (
        client("GET", f"/v1/files/{batch[name]}/content")
        for name in ("output_file_id", "error_file_id")
    )

    assert output.headers["content-type"] == "application/jsonl"
    assert [line["custom_id"] for line in output.lines] == ["row-0"]
    assert output.lines[0]["response"]["status_code"] == 200
    assert [line["custom_id"] for line in errors.lines] == ["row-1", "row-2", "row-3"]
    assert [line["error"]["code"] for line in errors.lines] == [
        "invalid_request",
        "batch_cancelled",
        "batch_expired",
    ]


def test_openai_results_can_have_a_size_and_a_type(connect):
    _, client = connect(
        polls=0, results_bytes=70_001, results_type="application/octet-stream"
    )
    create(client)
    output = client("GET", "/v1/batches/batch_1").json["output_file_id"]

    reply = client("GET", f"/v1/files/{output}/content")

    assert len(reply.body) == 70_001
    assert reply.headers["content-type"] == "application/octet-stream"
    assert client("GET", f"/v1/files/{output}").json["bytes"] == 70_001


@pytest.mark.parametrize(
    "final,has_output,has_reason",
    [("failed", False, True), ("expired", True, False), ("cancelled", False, False)],
)
def test_openai_batch_can_end_badly(connect, final, has_output, has_reason):
    _, client = connect(polls=1, final=final)
    create(client)

    seen = [client("GET", "/v1/batches/batch_1").json for _ in range(2)]

    assert seen[1]["status"] == final
    assert (seen[1]["output_file_id"] is not None) is has_output
    assert (seen[1]["errors"] is not None) is has_reason


def test_cancelled_openai_batch(connect):
    _, client = connect(polls=5)
    create(client)

    first = client("POST", "/v1/batches/batch_1/cancel").json["status"]
    seen = [client("GET", "/v1/batches/batch_1").json["status"] for _ in range(2)]
    again = client("POST", "/v1/batches/batch_1/cancel")

    assert [first, *seen] == ["cancelling", "cancelling", "cancelled"]
    assert again.status == 409


@pytest.mark.parametrize(
    "change,why",
    [
        ({"input_file_id": "file-9"}, "No such File object: file-9"),
        ({"input_file_id": None}, "'input_file_id'"),
        ({"endpoint": None}, "'endpoint'"),
        ({"completion_window": "1h"}, "'completion_window'"),
        ({"input_file_id": "file-2"}, "not uploaded with the purpose 'batch'"),
    ],
)
def test_bad_openai_batch_is_refused_with_the_reason(connect, change, why):
    _, client = connect()
    upload(client)
    upload(client, purpose=b"user_data")
    good = {"input_file_id": "file-1", "endpoint": "/v1/x", "completion_window": "24h"}

    reply = client("POST", "/v1/batches", good | change)

    assert reply.status == 400
    assert why in reply.json["error"]["message"]


@pytest.mark.parametrize(
    "path", ["/v1/batches/none", "/v1/files/none", "/v1/files/none/content", "/v1/nope"]
)
def test_unknown_openai_things_are_not_found(connect, path):
    _, client = connect()

    reply = client("GET", path)

    assert reply.status == 404
    assert set(reply.json["error"]) == {"message", "type", "param", "code"}


@pytest.mark.parametrize(
    "value", [None, "Bearer wrong", "Basic abc", "Bearer ", "Bearer $inputs.apiKey"]
)
def test_openai_wants_a_bearer_key(connect, value):
    server, client = connect()
    headers = {} if value is None else {"authorization": value}

    reply = client("GET", "/v1/files/file-1", None, headers, ["authorization"])

    assert reply.status == 401
    assert reply.json["error"]["type"] == "invalid_request_error"
    assert server.requests[0].status == 401


# --- multipart --------------------------------------------------------------------------


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.none() | st.just("f"), st.binary()))
)
def test_multipart_content_comes_back_as_it_was(parts):
    """Whatever bytes a part holds, short of the boundary itself."""
    headers, body = multipart(*parts, boundary="0123456789abcdef")

    read = parse_multipart(headers["content-type"], body)

    assert [(part.name, part.filename, part.content) for part in read] == parts


def test_multipart_with_preamble_quotes_and_types():
    """RFC 2046: text before the first boundary is no part; a boundary may be quoted."""
    body = (
        b"preamble\r\n--a b  \r\nContent-Type: application/jsonl\r\n"
        b"Content-Disposition: form-data; name=file; filename*=UTF-8''%E2%9C%93.jsonl"
        b"\r\n\r\n--a bc\r\n--a b--"
    )

    (part,) = parse_multipart('multipart/form-data; boundary="a b"', body)

    assert part.filename == "✓.jsonl"
    assert part.media_type == "application/jsonl"
    assert part.content == b"--a bc"


# --- what it records --------------------------------------------------------------------


def test_requests_are_recorded_in_order(connect, prompts):
    server, client = connect()

    client("POST", BATCHES, {"requests": prompts})
    client("GET", f"{BATCHES}/msgbatch_01?x=%20", None, {"X-Mine": "1"})
    client("GET", "/v1/nope")

    made, polled, lost = server.requests
    assert (made.method, made.path, made.query) == ("POST", BATCHES, "")
    assert made.json() == {"requests": prompts}
    assert made.header("Content-Type") == "application/json"
    assert polled.query == "x=%20"
    assert ("X-Mine", "1") in polled.headers
    assert [each.status for each in server.requests] == [200, 200, 404]
    assert server.operations == ["createMessageBatch", "retrieveMessageBatch", ""]
    assert made.at <= polled.at <= lost.at


def test_chunked_request_is_understood(connect, prompts):
    """A streamed request body arrives in chunks, without a Content-Length."""
    server, client = connect()
    text = json.dumps({"requests": prompts}).encode()

    client.connection.request(
        "POST",
        BATCHES,
        iter([text[:7], text[7:]]),
        client.headers | JSON,
        encode_chunked=True,
    )
    reply = Reply(client.connection.getresponse())

    assert reply.status == 200
    assert server.requests[0].header("Transfer-Encoding") == "chunked"
    assert server.requests[0].json() == {"requests": prompts}


def test_two_fresh_servers_answer_alike(connect, prompts):
    """Ids, times and header fields do not differ between runs."""

    def run():
        _, client = connect(polls=1)
        replies = [client("POST", BATCHES, {"requests": prompts})]
        replies += [client("GET", f"{BATCHES}/msgbatch_01") for _ in range(2)]
        replies += [client("GET", f"{BATCHES}/msgbatch_01/results"), create(client)]
        return [(reply.status, reply.headers, reply.body) for reply in replies]

    assert run() == run()


def test_known_path_with_another_method_is_not_allowed(connect):
    _, client = connect()

    assert client("DELETE", "/v1/files/file-1").status == 405


def test_waiting_for_requests_that_never_come(connect):
    server, client = connect()
    client("GET", BATCHES)

    server.wait_for(1, "listMessageBatches")

    with pytest.raises(TimeoutError, match="1 requests arrived"):
        server.wait_for(2, timeout=0)


# --- faults -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fault,status,header",
    [
        (busy(7), 429, "7"),
        (busy(0.01), 429, "0.01"),
        (busy(None), 429, None),
        (busy(1, 529), 529, "1"),
        (
            busy(datetime(2026, 3, 1, 12, tzinfo=UTC)),
            429,
            "Sun, 01 Mar 2026 12:00:00 GMT",
        ),
        (Answer(500), 500, None),
    ],
)
@pytest.mark.parametrize("path", [BATCHES, "/v1/files/file-1"])
def test_refusals_have_the_providers_shape(connect, path, fault, status, header):
    server, client = connect()
    server.fail(path, fault)

    reply = client("GET", path)

    assert reply.status == status
    assert reply.headers.get("retry-after") == header
    assert reply.json["error"]["message"]
    assert (reply.json.get("type") == "error") is (path == BATCHES)
    assert client("GET", path).status != status


def test_fault_in_the_middle_of_polls_is_not_a_poll(connect, prompts):
    """None lets a call pass; a fault takes the place of an answer, not of a poll."""
    server, client = connect(polls=2)
    client("POST", BATCHES, {"requests": prompts})
    server.fail("retrieveMessageBatch", None, Answer(502), html())

    replies = [client("GET", f"{BATCHES}/msgbatch_01") for _ in range(5)]

    assert [reply.status for reply in replies] == [200, 502, 200, 200, 200]
    assert replies[2].headers["content-type"].startswith("text/html")
    assert replies[3].json["processing_status"] == "in_progress"
    assert replies[4].json["processing_status"] == "ended"


def test_fault_for_always_and_for_any_path(connect):
    server, client = connect()
    server.fail("*", None, Answer(404), always=True)

    replies = [client("GET", BATCHES) for _ in range(3)]

    assert [reply.status for reply in replies] == [200, 404, 404]
    assert replies[1].json["error"]["type"] == "not_found_error"


def test_body_that_claims_to_be_json(connect):
    server, client = connect()
    server.fail("listMessageBatches", not_json())

    reply = client("GET", BATCHES)

    assert reply.headers["content-type"] == "application/json"
    with pytest.raises(ValueError, match="Expecting value"):
        _ = reply.json


def test_connection_cut_before_any_byte(connect):
    """The operation is not carried out, and the next connection is served."""
    server, client = connect()
    server.fail("listMessageBatches", Cut())

    with pytest.raises(http.client.RemoteDisconnected):
        client("GET", BATCHES)

    client.close()
    assert client("GET", BATCHES).status == 200
    assert [each.status for each in server.requests] == [0, 200]


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("after", [0, 10, 100_000])
def test_download_breaks_off(connect, prompts, chunked, after):
    """Chunks without a last one, or fewer bytes than the Content-Length promises."""
    server, client = connect(polls=0, results_bytes=300_000)
    client("POST", BATCHES, {"requests": prompts})
    client("GET", f"{BATCHES}/msgbatch_01")
    server.fail("retrieveMessageBatchResults", Cut(after, chunked=chunked))

    with pytest.raises(http.client.IncompleteRead) as caught:
        client("GET", f"{BATCHES}/msgbatch_01/results")

    assert len(caught.value.partial) == after
    client.close()
    assert len(client("GET", f"{BATCHES}/msgbatch_01/results").body) == 300_000


def test_answer_that_never_comes(connect):
    """The request is recorded, nothing is sent, and the server can still be stopped."""
    server, client = connect()
    server.fail("listMessageBatches", Hold())

    client.connection.request("GET", BATCHES, headers=client.headers)
    server.wait_for(1)

    client.connection.sock.settimeout(0.05)
    with pytest.raises(TimeoutError):
        client.connection.getresponse()
    assert [each.status for each in server.requests] == [0]


def test_answer_that_stops_in_the_middle(connect):
    server, client = connect()
    server.fail("listMessageBatches", Hold(after=5))

    response = client.send("GET", BATCHES)

    with closing(response):
        assert response.read(5) == b'{"dat'
        client.connection.sock.settimeout(0.05)
        with pytest.raises(TimeoutError):
            response.read()


def test_a_defect_of_the_server_is_not_silent(prompts):
    """An exception inside the server fails the test that used it."""
    server = StandIn(polls=0).start()
    client = Client(server)
    server.anthropic.batches = None

    with closing(client), pytest.raises(http.client.RemoteDisconnected):
        client("POST", BATCHES, {"requests": prompts})

    with pytest.raises(TypeError):
        server.close()


# --- as a program -----------------------------------------------------------------------


def test_program_prints_its_url_logs_and_stops(tmp_path):
    log = tmp_path / "log.jsonl"
    words = [sys.executable, PROGRAM, "--polls", "0", "--log", log]
    words += ["--key", "k", "--fail", "listMessageBatches=503"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        address = urlsplit(process.stdout.readline().strip())
        headers = {"x-api-key": "k", "anthropic-version": "2023-06-01"}
        connection = http.client.HTTPConnection(address.netloc, timeout=20)

        for _ in range(2):
            connection.request("GET", f"{BATCHES}?limit=3", headers=headers)
            connection.getresponse().read()
        process.send_signal(signal.SIGINT)
        connection.close()

    assert process.returncode == 0
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert [line["status"] for line in lines] == [503, 200]
    assert lines[0]["operation"] == "listMessageBatches"
    assert lines[0]["query"] == "limit=3"
    assert 0 <= lines[0]["at"] <= lines[1]["at"]
