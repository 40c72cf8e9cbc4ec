"""The mock on real sockets, of this machine only: a port for each source description."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Final

from ..errors import UsageError
from .app import PROBLEM, Answer, MockApp
from .routes import Wire

HOST: Final = "127.0.0.1"
#: Bytes of a request's body.
MOST_BODY: Final = 100_000_000
_HEX: Final = re.compile(rb"[0-9A-Fa-f]{1,8}")


class MockServer:
    """
    Serves *app* while it is entered. *port* is that of the first source description, the
    others follow; 0 for any that are free. *log* is told each request with its answer, in
    one of several threads.

    Attributes:
        addresses: Base URL by source description.

    Raises:
        UsageError: a port is taken.
    """

    def __init__(
        self, app: MockApp, port: int = 0, log: Callable[[str], None] | None = None
    ) -> None:
        self.addresses: dict[str, str] = {}
        self._closing = threading.Event()
        self._servers: list[ThreadingHTTPServer] = []
        self._threads: list[threading.Thread] = []
        for number, (source, routes) in enumerate(app.routes.items()):
            wanted = port + number if port else 0
            try:
                server = _Server((HOST, wanted), _Handler)
            except (OSError, OverflowError) as error:
                self.close()
                why = getattr(error, "strerror", None) or str(error)
                raise UsageError(
                    f"port {wanted} of {HOST} cannot be used: {why.lower()}",
                    hint="--port 0 takes any that is free",
                ) from None
            server.app, server.source, server.closing = app, source, self._closing
            server.log = log
            self._servers.append(server)
            self.addresses[source] = f"http://{HOST}:{server.server_port}{routes.base}"

    def __enter__(self) -> MockServer:
        for server in self._servers:
            thread = threading.Thread(target=server.serve_forever, daemon=True)
            thread.start()
            self._threads.append(thread)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closing.set()
        for server in self._servers:
            server.shutdown()
        for thread in self._threads:
            thread.join()
        self.close()

    def close(self) -> None:
        """Give the ports back."""
        for server in self._servers:
            server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    app: MockApp
    source: str
    closing: threading.Event
    log: Callable[[str], None] | None


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    server_version = "arazzo-mock"
    timeout = 60

    def _serve(self) -> None:
        body = self._body()
        if body is None:
            self.close_connection = True
            self.send_error(413)
            return
        fields = {name.lower(): text for name, text in self.headers.items()}
        wire = Wire(self.command, self.path, fields, body)
        answer = self.server.app(self.server.source, wire)
        if self.server.log is not None:
            came = answer.fault or str(answer.status)
            self.server.log(f"{self.command} {self.path}  {came}{_why(answer)}")
        self._say(answer)

    def _body(self) -> bytes | None:
        """The request's body; None for one that is too long, or of no certain length."""
        if self.headers.get("Transfer-Encoding", "").strip().lower() == "chunked":
            return self._chunks()
        length = self.headers.get("Content-Length", "0")
        known = re.fullmatch("[0-9]{1,12}", length.strip())
        if "Transfer-Encoding" in self.headers or known is None:
            return None
        return self.rfile.read(int(length)) if int(length) <= MOST_BODY else None

    def _chunks(self) -> bytes | None:
        """RFC 9112, 7.1."""
        body = bytearray()
        while True:
            size = self.rfile.readline(1024).partition(b";")[0].strip()
            if not _HEX.fullmatch(size) or len(body) + int(size, 16) > MOST_BODY:
                return None
            if int(size, 16) == 0:
                break
            body += self.rfile.read(int(size, 16))
            self.rfile.readline(3)
        while self.rfile.readline(8192).strip():  # trailers
            pass
        return bytes(body)

    def _say(self, answer: Answer) -> None:
        if answer.delay:
            self.server.closing.wait(answer.delay)
        if answer.fault == "time-out":
            self.server.closing.wait()
        if answer.fault:
            self.close_connection = True
            return
        self.send_response(answer.status)
        for name, text in answer.headers:
            self.send_header(name, text)
        bare = answer.status in (204, 304) or 100 <= answer.status < 200
        if not bare:
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if self.command != "HEAD" and not bare:
            self.wfile.write(answer.body)

    def __getattr__(self, name: str) -> Any:
        # Every method, those of OpenAPI 3.2 too.
        if name.startswith("do_"):
            return self._serve
        raise AttributeError(name)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the answers say what there is to say."""


def _why(answer: Answer) -> str:
    """What is wrong with a request, from its answer."""
    if answer.status < 400 or ("Content-Type", PROBLEM) not in answer.headers:
        return ""
    said = json.loads(answer.body)
    listed = [each["message"] for each in said.get("errors", ())]
    return f"  {'; '.join(listed) or said.get('detail', '')}"
