"""
A server that says exactly the bytes a test wants: framing, faults and silences included.

    with Wire({"/pets": reply(200, b"[]", ("content-type", "application/json"))}) as wire:
        ...  # wire.url("/pets"), then wire.seen
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import BinaryIO


@dataclass(frozen=True, slots=True)
class Seen:
    """A request as it arrived; `connection` counts from 1."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    connection: int

    def header(self, name: str) -> str | None:
        """The value of the field *name* (lower case)."""
        return dict(self.headers).get(name)


@dataclass(frozen=True, slots=True)
class Broken:
    """Says *data* and closes the connection."""

    data: bytes = b""


class Hold:
    """Says *data*, then nothing more until the server is closed."""

    def __init__(self, data: bytes = b"") -> None:
        self.data = data


class Endless:
    """Says *data*, then *piece* again and again until the other side hangs up."""

    def __init__(self, data: bytes, piece: bytes) -> None:
        self.data = data
        self.piece = piece


Answer = bytes | Broken | Hold | Endless
Answers = Mapping[str, Answer | Callable[[Seen], Answer]]


def reply(status: int, body: bytes = b"", *headers: tuple[str, str]) -> bytes:
    """A whole response with ``Content-Length``."""
    lines = [f"HTTP/1.1 {status} x", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


class Wire:
    """
    The server, on a free port of 127.0.0.1; a thread for each connection.

    *answers* is by path without query; anything else is 404. With *tls* it speaks https.
    """

    def __init__(self, answers: Answers, tls: ssl.SSLContext | None = None) -> None:
        self.answers = dict(answers)
        self.seen: list[Seen] = []
        self.connections = 0
        self._tls = tls
        self._closing = threading.Event()
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port: int = self._listener.getsockname()[1]
        self._spawn(self._accept)

    def url(self, target: str = "/", host: str = "127.0.0.1") -> str:
        return f"{'https' if self._tls else 'http'}://{host}:{self.port}{target}"

    def __enter__(self) -> Wire:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closing.set()
        with contextlib.suppress(OSError):  # accept() does not wake up by close() alone
            socket.create_connection(("127.0.0.1", self.port)).close()
        for each in list(self._open):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        self._listener.close()

    def _spawn(self, work: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            if self._closing.is_set():
                connection.close()
                return
            self.connections += 1
            self._open.add(connection)
            self._spawn(self._serve, connection, self.connections)

    def _serve(self, connection: socket.socket, number: int) -> None:
        plain = connection
        with contextlib.suppress(OSError, ValueError):
            if self._tls is not None:
                connection = self._tls.wrap_socket(connection, server_side=True)
            with connection, connection.makefile("rb") as stream:
                while (seen := _read(stream, number)) is not None:
                    self.seen.append(seen)
                    if not self._answer(connection, seen):
                        break
        connection.close()
        plain.close()
        self._open.discard(plain)

    def _answer(self, connection: socket.socket, seen: Seen) -> bool:
        """Whether the connection stays open."""
        answer = self.answers.get(seen.target.partition("?")[0], reply(404))
        if callable(answer):
            answer = answer(seen)
        if isinstance(answer, bytes):
            connection.sendall(answer)
            return True
        connection.sendall(answer.data)
        if isinstance(answer, Hold):
            self._closing.wait()
        while isinstance(answer, Endless) and not self._closing.is_set():
            connection.sendall(answer.piece)
        return False


def _read(stream: BinaryIO, connection: int) -> Seen | None:
    first = stream.readline().decode("latin-1").split()
    if len(first) != 3:
        return None
    headers = []
    while line := stream.readline().decode().strip():
        name, _, value = line.partition(":")
        headers.append((name.lower(), value.strip()))
    size = int(dict(headers).get("content-length", 0))
    return Seen(first[0], first[1], tuple(headers), stream.read(size), connection)
