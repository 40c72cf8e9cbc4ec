"""
A stand-in for the Anthropic and OpenAI batch APIs: real sockets on 127.0.0.1, stateful,
with faults on request, and a record of everything it received.

    with StandIn(polls=5) as server:
        server.fail("retrieveMessageBatch", None, None, Answer(502))
        ...  # --server {server.base}
        assert server.operations == ["createMessageBatch", ...]

Also a program: ``python tests/standin.py --polls 5 --log requests.jsonl`` prints its URL.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import signal
import socket
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import responses
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO
from urllib.parse import urlsplit

from standins.anthropic import Anthropic
from standins.common import (
    KEY,
    OUTCOMES,
    Answer,
    Api,
    Body,
    Found,
    Incoming,
    Options,
    Refusal,
    Stream,
)
from standins.faults import Cut, Fault, Hold, busy, html, not_json
from standins.multipart import parse_multipart
from standins.openai import OpenAI

__all__ = [
    "KEY", "OUTCOMES", "Answer", "Cut", "Hold", "Options", "Received", "StandIn",
    "Stream", "busy", "html", "not_json", "parse_multipart",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Received:
    """
    One request as it arrived, and what became of it.

    Attributes:
        headers: Fields as sent, in order.
        at: When its header had arrived, seconds of the monotonic clock.
        status: What it was answered with; 0 when no byte was sent.
        operation: The operationId of the published descriptions; "" for an unknown path.
    """

    method: str
    path: str
    query: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    at: float
    status: int
    operation: str

    def header(self, name: str) -> str | None:
        """The first field of that name, case ignored."""
        wanted = name.lower()
        return next((text for key, text in self.headers if key.lower() == wanted), None)

    def json(self) -> Any:
        return json.loads(self.body)


# --- the server -------------------------------------------------------------------------


class StandIn:
    """
    Both providers on one port, from ``with`` (or `start`) until the end of it (`close`).

    Attributes:
        options: See `Options`; its fields are this class's keyword arguments.
        anthropic, openai: The state behind it, to look at once the run is over.
        chunked: Send results in chunks, without a Content-Length.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        chunked: bool = False,
        log: TextIO | None = None,
        **options: Any,
    ) -> None:
        self.options = Options(**options)
        self.anthropic = Anthropic(self.options)
        self.openai = OpenAI(self.options)
        self.chunked = chunked
        self.stopping = threading.Event()
        self._log = log
        self._requests: list[Received] = []
        self._faults: dict[str, deque[Fault | None]] = {}
        self._forever: dict[str, Fault] = {}
        self._changed = threading.Condition()
        self._started = time.monotonic()
        self._server = _Server(port, self)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), name="stand-in"
        )

    def start(self) -> StandIn:
        self._thread.start()
        return self

    def close(self) -> None:
        """Stops, and raises what went wrong inside the server itself, if anything did."""
        self.stopping.set()
        self._server.shutdown()
        self._server.close_connections()
        self._server.server_close()
        self._thread.join()
        if self._server.defects:
            raise self._server.defects[0]

    def __enter__(self) -> StandIn:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def key(self) -> str:
        """The credential that both providers accept."""
        return self.options.key

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def base(self) -> str:
        """What stands for ``https://api.anthropic.com/v1`` and ``https://api.openai.com/v1``."""
        return self.url + "/v1"

    @property
    def requests(self) -> list[Received]:
        """What has arrived so far, in order."""
        with self._changed:
            return self._requests.copy()

    @property
    def operations(self) -> list[str]:
        """The operationIds of `requests`."""
        return [each.operation for each in self.requests]

    def fail(self, where: str, *faults: Fault | None, always: bool = False) -> None:
        """
        Answers the next calls of *where* (an operationId, a path, or ``*``) with *faults*,
        one each; None stands for the usual answer. With *always* the last goes on.
        """
        with self._changed:
            self._faults.setdefault(where, deque()).extend(faults)
            if always and faults[-1] is not None:
                self._forever[where] = faults[-1]

    def wait_for(
        self, count: int, operation: str | None = None, timeout: float = 20.0
    ) -> None:
        """
        Returns when *count* requests (of *operation*) have arrived.

        Raises:
            TimeoutError: They have not within *timeout* seconds.
        """

        def arrived() -> bool:
            return count <= sum(
                operation in (None, each.operation) for each in self._requests
            )

        with self._changed:
            if not self._changed.wait_for(arrived, timeout):
                raise TimeoutError(
                    f"{len(self._requests)} requests arrived: {self._requests}"
                )

    def take(self, incoming: Incoming, at: float) -> tuple[Answer | None, Fault | None]:
        """Decides and records: what to answer (None: nothing), and the fault to apply."""
        with self._changed:
            api = self._api_of(incoming.path)
            fault: Fault | None = None
            operation = ""
            try:
                found = api.find(incoming.method, incoming.path)
                operation = found[0][2] if found else ""
                fault = self._next_fault(operation, incoming.path)
                answer = self._result(api, incoming, found, fault)
            except Refusal as no:
                body = api.problem(no.status, no.why, no.code)
                answer = Answer(no.status, body=body)
            if answer is not None:
                answer = self._complete(api, answer, len(self._requests) + 1)
            self._record(incoming, at, answer.status if answer else 0, operation)
            return answer, fault

    def _result(
        self, api: Api, incoming: Incoming, found: Found | None, fault: Fault | None
    ) -> Answer | None:
        if isinstance(fault, Answer):
            return fault
        if fault is not None and fault.after is None:
            return None
        api.check(incoming)
        if found is None:
            raise Refusal(404, f"no such path: {incoming.path}")
        return found[0][3](incoming, **found[1])

    def _api_of(self, path: str) -> Api:
        return self.anthropic if path.startswith("/v1/messages") else self.openai

    def _next_fault(self, operation: str, path: str) -> Fault | None:
        for where in (operation, path, "*"):
            if self._faults.get(where):
                return self._faults[where].popleft()
            if where in self._forever:
                return self._forever[where]
        return None

    def _complete(self, api: Api, answer: Answer, number: int) -> Answer:
        body = answer.body
        if body is None:
            why = responses.get(answer.status, "Overloaded")
            body = api.problem(answer.status, why)
        headers = (*answer.headers, (api.request_id, f"req_{number:06}"))
        return Answer(answer.status, headers, body, answer.media_type)

    def _record(self, incoming: Incoming, at: float, status: int, name: str) -> None:
        headers = tuple((key, str(text)) for key, text in incoming.headers.items())
        received = Received(
            incoming.method,
            incoming.path,
            incoming.query,
            headers,
            incoming.body,
            at,
            status,
            name,
        )
        self._requests.append(received)
        self._changed.notify_all()
        if self._log is not None:
            line = {
                "at": round(at - self._started, 6),  # seconds since the start
                "method": received.method,
                "path": received.path,
                "query": received.query,
                "operation": name,
                "received": len(received.body),
                "status": status,
            }
            print(json.dumps(line), file=self._log, flush=True)


class _Server(ThreadingHTTPServer):
    """Knows its connections, so that closing it ends the threads that wait for them."""

    daemon_threads = False
    request_queue_size = 1024

    def __init__(self, port: int, standin: StandIn) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.standin = standin
        self.defects: list[BaseException] = []
        self._open: set[socket.socket] = set()
        self._guard = threading.Lock()

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._guard:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._guard:
            self._open.discard(request)
        super().shutdown_request(request)

    def close_connections(self) -> None:
        with self._guard:
            for each in self._open:
                with contextlib.suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        error = sys.exc_info()[1]
        if error is not None and not isinstance(error, ConnectionError):
            self.defects.append(error)


class _Handler(BaseHTTPRequestHandler):
    """One connection: reads requests, and sends answers as the faults want them."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def answer(self) -> None:
        at = time.monotonic()
        target = urlsplit(self.path)
        incoming = Incoming(
            self.command, target.path, target.query, self.headers, self._read_body()
        )
        answer, fault = self.server.standin.take(incoming, at)
        if answer is not None:
            self._send(answer, fault if isinstance(fault, Cut | Hold) else None)
        if isinstance(fault, Hold):
            self.server.standin.stopping.wait()
        if isinstance(fault, Cut | Hold):
            self.close_connection = True

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = answer

    def _read_body(self) -> bytes:
        if "chunked" not in self.headers.get("transfer-encoding", "").lower():
            return self._read(int(self.headers.get("content-length", 0)))
        pieces = []
        while size := int(self.rfile.readline().partition(b";")[0] or b"-1", 16):
            pieces.append(self._read(size))
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass  # trailers
        return b"".join(pieces)

    def _read(self, size: int) -> bytes:
        data = self.rfile.read(size) if size >= 0 else b""
        if len(data) != size:
            raise ConnectionAbortedError("the client went away in the middle of a body")
        return data

    def _send(self, answer: Answer, fault: Cut | Hold | None) -> None:
        body = answer.body or b""
        chunked = self.server.standin.chunked and "jsonl" in answer.media_type
        chunked = fault.chunked if fault else chunked
        head = self._head(answer, body, chunked)
        if self.command == "HEAD":
            self.wfile.write(head)
            return
        left = fault.after if fault else None
        for block in body if isinstance(body, Stream) else (body,):
            sent = block if left is None else block[:left]
            self.wfile.write(head + (_chunk(sent) if chunked else sent))
            head = b""
            if left is not None:
                left -= len(sent)
                if not left:
                    return
        if chunked and not fault:
            self.wfile.write(b"0\r\n\r\n")

    def _head(self, answer: Answer, body: Body, chunked: bool) -> bytes:
        """Written by hand: there is no Date and no Server, so answers can be compared."""
        size = body.size if isinstance(body, Stream) else len(body)
        framing = (
            ("transfer-encoding", "chunked")
            if chunked
            else ("content-length", str(size))
        )
        fields = [("content-type", answer.media_type), framing, *answer.headers]
        reason = responses.get(answer.status, "Overloaded")
        lines = [f"HTTP/1.1 {answer.status} {reason}"]
        lines += [f"{name}: {text}" for name, text in fields]
        return "\r\n".join([*lines, "", ""]).encode("latin-1")

    def log_message(self, format: str, *args: Any) -> None:
        pass


def _chunk(block: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(block), block) if block else b""


# --- as a program -----------------------------------------------------------------------


@contextlib.contextmanager
def _log_file(path: Path | None) -> Iterator[TextIO | None]:
    if path is None:
        yield None
        return
    with path.open("w", encoding="utf-8") as file:
        yield file


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="A stand-in for two batch APIs.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--polls", type=int, default=5)
    parser.add_argument("--key", default=KEY)
    parser.add_argument("--final", default="completed", help="OpenAI's last state")
    parser.add_argument("--outcomes", default=",".join(OUTCOMES))
    parser.add_argument("--results-bytes", type=int)
    parser.add_argument("--chunked", action="store_true")
    parser.add_argument("--log", type=Path, help="a JSON line for each request")
    parser.add_argument(
        "--fail",
        action="append",
        default=[],
        metavar="OPERATION=STATUS",
        help="answer the next call of an operation with a status; repeatable",
    )
    given = parser.parse_args(arguments)
    with (
        _log_file(given.log) as log,
        StandIn(
            port=given.port,
            polls=given.polls,
            key=given.key,
            final=given.final,
            outcomes=tuple(given.outcomes.split(",")),
            results_bytes=given.results_bytes,
            chunked=given.chunked,
            log=log,
        ) as server,
    ):
        for fault in given.fail:
            where, _, status = fault.rpartition("=")
            server.fail(where, Answer(int(status)))
        for each in (signal.SIGINT, signal.SIGTERM):
            signal.signal(each, signal.default_int_handler)
        with contextlib.suppress(KeyboardInterrupt):
            print(server.url, flush=True)
            server.stopping.wait()


if __name__ == "__main__":
    main()
