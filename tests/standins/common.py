"""
What the providers have in common: a request in, an answer out, no sockets.

Ids, times and texts are the same for every fresh instance, so two runs can be compared.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.message import Message
from typing import Any, TypeAlias
from urllib.parse import unquote

KEY = "sk-standin-4f1c9a7e2b"  # the credential both providers accept
OUTCOMES = ("succeeded", "errored", "canceled", "expired")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """
    How the providers behave.

    Attributes:
        polls: How many retrieves of a batch answer "not yet" before one says it ended.
        key: The credential; any other is answered with 401.
        outcomes: What becomes of the requests of a batch, over and over.
        final: The state in which an OpenAI batch ends.
        results_bytes: Exact size of the results, reached by repeating their lines.
        results_type: Media type of the results instead of the provider's own.
        public_url: Where the provider says its results are (never this server: the
            port would make two runs differ).
    """

    polls: int = 5
    key: str = KEY
    outcomes: tuple[str, ...] = OUTCOMES
    final: str = "completed"
    results_bytes: int | None = None
    results_type: str | None = None
    public_url: str = "https://api.anthropic.com"


@dataclass(frozen=True, slots=True)
class Stream:
    """A body of exactly `size` bytes that is never whole in memory: `block` repeated,
    the last one filled up with spaces before its line end."""

    block: bytes
    size: int

    def __iter__(self) -> Iterator[bytes]:
        times, rest = divmod(self.size, len(self.block))
        for _ in range(times - 1):
            yield self.block
        yield self.block[:-1] + b" " * rest + b"\n"


Body: TypeAlias = bytes | Stream


@dataclass(frozen=True, slots=True)
class Answer:
    """A response. Without a `body` the provider's error object for `status` is sent."""

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: Body | None = None
    media_type: str = "application/json"


@dataclass(frozen=True, slots=True)
class Incoming:
    """A request, whole. `headers` ignores case."""

    method: str
    path: str
    query: str
    headers: Message
    body: bytes


class Refusal(Exception):
    """The provider does not accept a request: the status and why."""

    def __init__(self, status: int, why: str, code: str | None = None) -> None:
        super().__init__(why)
        self.status, self.why, self.code = status, why, code


def read_json(incoming: Incoming) -> dict[str, Any]:
    """The body as a JSON object, or a `Refusal` that says what it is instead."""
    if incoming.headers.get_content_type() != "application/json":
        given = incoming.headers.get("content-type", "untyped")
        raise Refusal(400, f"the body must be application/json, not {given}")
    try:
        value = json.loads(incoming.body)
    except ValueError as error:
        raise Refusal(400, f"the request body is not valid JSON: {error}") from None
    if not isinstance(value, dict):
        raise Refusal(400, "the request body must be a JSON object")
    return value


def as_json(value: object, status: int = 200) -> Answer:
    return Answer(status, body=json.dumps(value).encode())


def as_lines(records: list[dict[str, Any]], size: int | None) -> Body:
    """*records* as JSONL; with *size*, repeated until the body has that many bytes."""
    block = b"".join(json.dumps(each).encode() + b"\n" for each in records)
    if size is None or size <= len(block):
        return block
    return Stream(block * min(max(65536 // len(block), 1), size // len(block)), size)


Operation: TypeAlias = Callable[..., Answer]
Route: TypeAlias = tuple[str, str, str, Operation]  # method, path, operationId, code
Found: TypeAlias = tuple[Route, dict[str, str]]  # and the values in the path


class Api:
    """What the providers have in common. Calls must not overlap: it holds no lock."""

    request_id = "x-request-id"

    def __init__(self, options: Options) -> None:
        self.options = options
        self.routes: tuple[Route, ...] = ()

    def find(self, method: str, path: str) -> Found | None:
        """
        The route of a request and the values in its path; None if the path is unknown.

        Raises:
            Refusal: the path is known and the method is not (405).
        """
        found = [
            (route, match.groupdict())
            for route in self.routes
            if (match := re.fullmatch(route[1], unquote(path)))
        ]
        for route, values in found:
            if route[0] == method:
                return route, values
        if found:
            raise Refusal(405, f"{method} is not allowed here")
        return None

    def check(self, incoming: Incoming) -> None:
        """Raises a `Refusal` for a request without the right credentials."""

    def problem(self, status: int, why: str, code: str | None = None) -> bytes:
        """The provider's error object."""
        raise NotImplementedError

    def outcome(self, index: int) -> str:
        return self.options.outcomes[index % len(self.options.outcomes)]
