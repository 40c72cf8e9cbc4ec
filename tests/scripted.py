"""Descriptions from a few lines of YAML, and a transport that answers as a test says."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, TypeAlias

from arazzo_runner.messages import Request, Response
from arazzo_runner.transports.port import Delivery, NoResponse

API = """\
openapi: 3.1.0
info: {title: Things, version: '1'}
servers: [{url: https://api.test/v1}]
paths:
  /login:
    post:
      operationId: login
      requestBody: {content: {application/json: {schema: {type: object}}}}
      responses: {}
  /jobs:
    post:
      operationId: createJob
      requestBody: {content: {application/json: {schema: {type: object}}}}
      responses: {}
  /jobs/{id}:
    get:
      operationId: getJob
      parameters:
      - {name: id, in: path, required: true, schema: {type: string}}
      - {name: q, in: query, schema: {type: string}}
      - {name: X-Note, in: header, schema: {type: string}}
      responses: {}
  /forms:
    post:
      operationId: sendForm
      requestBody:
        content: {application/x-www-form-urlencoded: {schema: {type: object}}}
      responses: {}
  /reserved:
    get:
      operationId: getReserved
      parameters:
      - {name: q, in: query, allowReserved: true, schema: {type: string}}
      responses: {}
  /keyed:
    get:
      operationId: getKeyed
      security: [{key: []}]
      responses: {}
  /searched:
    get:
      operationId: getSearched
      security: [{key: []}]
      responses: {}
components:
  securitySchemes:
    key: {type: apiKey, in: query, name: k}
"""

HEAD = """\
arazzo: 1.0.1
info: {title: Test, version: '1'}
sourceDescriptions:
- {name: api, url: api.yaml, type: openapi}
workflows:
- workflowId: main
"""


def describe(folder: Path, workflow: str, *, api: str = API, more: str = "") -> Path:
    """
    An Arazzo file in *folder*, with its API description beside it. *workflow* is what
    stands below the workflow's id, *more* what follows at the top level.
    """
    path = folder / "flow.arazzo.yaml"
    body = textwrap.indent(textwrap.dedent(workflow), "  ")
    path.write_text(HEAD + body + "\n" + textwrap.dedent(more), "utf-8")
    (folder / "api.yaml").write_text(api, "utf-8")
    return path


Answer: TypeAlias = Response | Delivery | NoResponse | Exception


class Scripted:
    """
    A transport that answers with what a function makes of a request, or with a list.

    Attributes:
        requests: What was sent, in order.
    """

    def __init__(self, answers: Callable[[Request], Answer] | Iterable[Answer]) -> None:
        self.requests: list[Request] = []
        self.closed = 0
        if callable(answers):
            self._answer = answers
        else:
            waiting = iter(answers)
            self._answer = lambda _request: next(waiting)

    def send(
        self, request: Request, *, timeout: float, download: Path | None = None
    ) -> Delivery:
        self.requests.append(request)
        answer = self._answer(request)
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, NoResponse):
            return Delivery(failure=answer)
        return Delivery(response=answer) if isinstance(answer, Response) else answer

    async def asend(
        self,
        request: Request,
        *,
        timeout: float,  # noqa: ASYNC109
        download: Path | None = None,
    ) -> Delivery:
        return self.send(request, timeout=timeout, download=download)

    def close(self) -> None:
        self.closed += 1

    async def aclose(self) -> None:
        self.closed += 1


def ok(body: Any = None, status: int = 200, **headers: str) -> Response:
    """A JSON response; names of *headers* with ``_`` for ``-``."""
    named = tuple((name.replace("_", "-"), text) for name, text in headers.items())
    return Response(status, named, body if body is not None else {}, "application/json")


def strings(value: Any) -> Iterable[str]:
    """Every text anywhere in *value*: in dataclasses, exceptions, mappings, sequences."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, BaseException):
        yield str(value)
        yield from strings(value.args)
        # The result of a run holds its outputs, which are meant to be seen.
        yield from strings({k: v for k, v in vars(value).items() if k != "result"})
    elif is_dataclass(value):
        for each in fields(value):
            if not each.name.startswith("_") and each.name != "bodies":
                yield from strings(getattr(value, each.name))
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from strings(key)
            yield from strings(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from strings(each)
    elif value is not None:
        yield str(value)
