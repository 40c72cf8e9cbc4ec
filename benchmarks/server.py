"""
A server for the benchmarks: both batch APIs with canned answers, as little work as can be.

It runs in a process of its own, so that its CPU is not in any figure, and prints its URL.
It checks nothing: the tests' stand-in does that, at twenty times the CPU per request.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Iterator

LINE = (
    json.dumps(
        {
            "custom_id": "request-1",
            "result": {
                "type": "succeeded",
                "message": {"role": "assistant", "content": "x" * 400},
            },
        }
    ).encode()
    + b"\n"
)
BLOCK = LINE * 128
COUNTS = {"processing": 2, "succeeded": 0, "errored": 0, "canceled": 0, "expired": 0}


class Batches:
    """The batches that there are: the polls each still has before it ends."""

    def __init__(self, polls: int, size: int) -> None:
        self.polls = polls
        self.size = size
        self._left: dict[str, int] = {}

    def create(self, prefix: str) -> str:
        identifier = f"{prefix}_{len(self._left) + 1:06}"
        self._left[identifier] = self.polls
        return identifier

    def poll(self, identifier: str) -> bool:
        """Whether the batch has ended."""
        self._left[identifier] -= 1
        return self._left[identifier] < 0


def anthropic(identifier: str, ended: bool) -> dict[str, object]:
    return {
        "id": identifier,
        "type": "message_batch",
        "processing_status": "ended" if ended else "in_progress",
        "request_counts": COUNTS,
        "ended_at": None,
        "created_at": "2025-01-01T00:00:00Z",
        "expires_at": "2025-01-02T00:00:00Z",
        "archived_at": None,
        "cancel_initiated_at": None,
        "results_url": None,
    }


def openai(identifier: str, ended: bool) -> dict[str, object]:
    return {
        "id": identifier,
        "object": "batch",
        "endpoint": "/v1/chat/completions",
        "input_file_id": "file-1",
        "completion_window": "24h",
        "status": "completed" if ended else "in_progress",
        "output_file_id": "file-2" if ended else None,
        "error_file_id": None,
        "created_at": 1735689600,
        "request_counts": {"total": 2, "completed": 0, "failed": 0},
    }


class Connection(asyncio.Protocol):
    """One connection: heads are read line by line, bodies are counted and dropped."""

    def __init__(self, batches: Batches) -> None:
        self._batches = batches
        self._head = bytearray()
        self._target = ""
        self._left = 0
        self._sending: Iterator[bytes] = iter(())
        self._paused = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        if self._target:
            self._skip(len(data))
            return
        self._head += data
        end = self._head.find(b"\r\n\r\n")
        if end < 0:
            return
        first, *fields = bytes(self._head[:end]).split(b"\r\n")
        more = len(self._head) - end - 4
        self._head.clear()
        self._target = first.rpartition(b" ")[0].decode()
        for field in fields:
            if field[:15].lower() == b"content-length:":
                self._left = int(field[15:])
        self._skip(more)

    def _skip(self, count: int) -> None:
        self._left -= count
        if self._left <= 0:
            target, self._target, self._left = self._target, "", 0
            self._answer(*target.split(" "))

    def _answer(self, method: str, path: str) -> None:
        batches = self._batches
        parts = path.removeprefix("/v1/").split("/")
        match [method, *parts]:
            case ["POST", "messages", "batches"]:
                self._json(anthropic(batches.create("msgbatch"), False))
            case ["GET", "messages", "batches", identifier]:
                self._json(anthropic(identifier, batches.poll(identifier)))
            case ["GET", "messages", "batches", _, "results"]:
                self._results("application/x-jsonl")
            case ["POST", "files"]:
                self._json({"id": "file-1", "object": "file", "purpose": "batch"})
            case ["POST", "batches"]:
                self._json(openai(batches.create("batch"), False))
            case ["GET", "batches", identifier]:
                self._json(openai(identifier, batches.poll(identifier)))
            case ["GET", "files", _, "content"]:
                self._results("application/jsonl")
            case _:
                self._transport.write(
                    b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n"
                )

    def _json(self, value: object) -> None:
        body = json.dumps(value).encode()
        self._transport.write(_head("application/json", len(body)) + body)

    def _results(self, media_type: str) -> None:
        times, rest = divmod(self._batches.size, len(BLOCK))
        size = times * len(BLOCK) + max(rest // len(LINE), 1) * len(LINE)
        self._transport.write(_head(media_type, size))
        self._sending = iter([BLOCK] * times + [LINE * max(rest // len(LINE), 1)])
        self._send()

    def _send(self) -> None:
        while not self._paused and (piece := next(self._sending, None)) is not None:
            self._transport.write(piece)

    def pause_writing(self) -> None:
        self._paused = True

    def resume_writing(self) -> None:
        self._paused = False
        self._send()


def _head(media_type: str, size: int) -> bytes:
    return (
        f"HTTP/1.1 200 OK\r\ncontent-type: {media_type}\r\ncontent-length: {size}\r\n"
        "request-id: req_000001\r\n\r\n"
    ).encode()


async def serve(polls: int, size: int) -> None:
    batches = Batches(polls, size)
    server = await asyncio.get_running_loop().create_server(
        lambda: Connection(batches), "127.0.0.1", 0, backlog=2048
    )
    host, port = server.sockets[0].getsockname()
    print(f"http://{host}:{port}", flush=True)
    await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser(description="Canned answers of two batch APIs.")
    parser.add_argument("--polls", type=int, default=0, help="before a batch ends")
    parser.add_argument("--size", type=int, default=1000, help="bytes of results")
    given = parser.parse_args()
    asyncio.run(serve(given.polls, given.size))


if __name__ == "__main__":
    main()
