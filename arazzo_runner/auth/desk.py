"""The person at this machine: told what to do, and waited for at the browser's return."""

from __future__ import annotations

import webbrowser
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from ..errors import CredentialError, UsageError

#: Seconds that the browser is waited for.
PATIENCE: Final = 300.0
_DONE: Final = (
    b"<!doctype html><meta charset=utf-8><title>arazzo</title>"
    b"<p>Done. This page can be closed."
)


class LocalDesk:
    """
    Args:
        tell: Shows a line to the person.
        browse: Opens a URL; whether it could.
        patience: Seconds that the browser is waited for.
    """

    def __init__(
        self,
        tell: Callable[[str], None],
        browse: Callable[[str], bool] = webbrowser.open,
        patience: float = PATIENCE,
    ) -> None:
        self._tell = tell
        self._browse = browse
        self._patience = patience
        self._server: _Server | None = None

    def tell(self, message: str) -> None:
        """See `oauth2.Desk`."""
        self._tell(message)

    def listen(self, port: int) -> str:
        """See `oauth2.Desk`. Raises `UsageError`: the port is taken."""
        try:
            self._server = _Server(("127.0.0.1", port), _Handler)
        except (OSError, OverflowError) as error:
            raise UsageError(
                f"port {port} of 127.0.0.1 cannot be used: {error}"
            ) from None
        return f"http://127.0.0.1:{self._server.server_port}/callback"

    def wait(self, url: str) -> Mapping[str, str]:
        """See `oauth2.Desk`. Raises `CredentialError`: nobody came back."""
        server = self._server
        if server is None:
            raise CredentialError("nothing listens for the browser")
        try:
            if not self._browse(url):
                self._tell(f"open {url}")
            else:
                self._tell("waiting for the authorization in the browser")
            server.timeout = self._patience
            while server.came is None and not server.late:
                server.handle_request()
        finally:
            server.server_close()
        if server.came is None:
            raise CredentialError(f"nobody authorized within {self._patience:g} s")
        return server.came


class _Server(HTTPServer):
    came: dict[str, str] | None = None
    late = False

    def handle_timeout(self) -> None:
        self.late = True


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = 10

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        # A page of somebody else must not reach us by another name (D18).
        host = self.headers.get("Host", "").rpartition(":")[0]
        if parts.path != "/callback" or host not in ("127.0.0.1", "localhost"):
            self.send_error(404)
            return
        self.server.came = dict(parse_qsl(parts.query))
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(_DONE)))
        self.send_header("Content-Security-Policy", "default-src 'none'")
        self.end_headers()
        self.wfile.write(_DONE)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the address holds the code."""
