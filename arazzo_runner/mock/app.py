"""
The mock as an application: a request in, a response out; no sockets.

It answers for every API description that an Arazzo document names. Requests that one of the
workflows would send are answered as that workflow wants, others as they are described.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlsplit

from ..engine.plan import Plan, PlannedStep
from ..errors import ArazzoError, DocumentError
from ..messages import ABSENT, Absent, Call, Records, Response
from ..openapi.contract_requests import check_request
from ..openapi.contracts import Finding
from ..openapi.document import Document
from ..openapi.media_types import essence, kind
from ..openapi.operations import Operation
from ..openapi.responses import InvalidJSON, parse_json
from ..openapi.servers import server_url
from ..transports.port import Delivery
from .answers import Mock
from .resources import Resources
from .routes import Match, Routes, Wire, call_of
from .scenario import Scenario
from .scripted import ScriptedMock

#: Of the answers that are ours and not the description's (RFC 9457).
PROBLEM: Final = "application/problem+json"
_LOCAL: Final = ("127.0.0.1", "localhost", "[::1]")


@dataclass(frozen=True, slots=True)
class Answer:
    """
    A response as it goes on the wire.

    Attributes:
        delay: Seconds before it.
        fault: ``reset``, ``time-out`` or ``truncated``, where it does not come whole.
    """

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    delay: float = 0.0
    fault: str = ""


class MockApp:
    """
    Args:
        plans: Of the workflows whose requests are expected, the first one first.
        documents: The API descriptions by source description name.
        polls: After how many polls a job ends.
    """

    def __init__(
        self,
        plans: Sequence[Plan],
        documents: Mapping[str, Document],
        *,
        scenario: Scenario | None = None,
        polls: int = 2,
        seed: int = 0,
    ) -> None:
        self._lock = threading.Lock()
        self._plans = plans
        self._mocks = [
            Mock(plan, polls=polls, seed=seed, own_ids=True) for plan in plans
        ]
        self._scripted = [
            ScriptedMock(plan, scenario, mock, lenient=index > 0)
            if scenario is not None
            else None
            for index, (plan, mock) in enumerate(zip(plans, self._mocks, strict=True))
        ]
        self.routes = {
            name: Routes(document, base_path(document))
            for name, document in documents.items()
        }
        self._resources = {name: Resources() for name in documents}
        self._asked: dict[tuple[str, str], int] = {}

    def __call__(self, source: str, wire: Wire) -> Answer:
        """The answer to *wire*, which came to the server of *source*. Never raises."""
        host = wire.headers.get("host", "").rpartition(":")[0] or wire.headers.get(
            "host"
        )
        if host not in _LOCAL:
            return problem(403, "this mock answers requests to this machine only")
        try:
            return self._answer(source, wire)
        except ArazzoError as error:
            return problem(500, f"the mock cannot answer: {error.message}")
        except RecursionError:
            return problem(500, "the mock cannot answer: it nests too deeply")

    def _answer(self, source: str, wire: Wire) -> Answer:
        routes = self.routes[source]
        match = routes.find(wire)
        if match.operation is None and wire.method == "HEAD":  # RFC 9110, 9.3.2
            match = routes.find(replace(wire, method="GET"))
        if match.operation is None:
            return _nothing(wire, match)
        unread = _media_problem(match.operation, wire)
        if unread is not None:
            return unread
        call = call_of(source, match, wire)
        wrong = [each for each in check_request(match.operation, call) if each.breaks]
        with self._lock:
            if self._resources[source].is_gone(wire.method, wire.path):
                return problem(404, f"{wire.path} was deleted")
            if wrong and not _unread(call):
                return _refused(match.operation, wrong)
            return self._given(source, wire, match.operation, call)

    def _given(
        self, source: str, wire: Wire, operation: Operation, call: Call
    ) -> Answer:
        """The answer to a request that is as it is described."""
        resources, path = self._resources[source], wire.path
        delivery = self._delivery(source, operation, call)
        response = delivery.response
        if response is None:
            kind = delivery.failure.kind if delivery.failure else "interrupted"
            fault = "time-out" if kind == "timeout" else "reset"
            return Answer(0, delay=delivery.delay, fault=fault)
        one = operation.path.partition("?")[0].rstrip("/").endswith("}")
        if wire.method == "GET" and not one:
            response = resources.listed(path, response)
        resources.note(wire.method, path, response, one=one)
        return replace(wired(response), delay=delivery.delay)

    def _delivery(self, source: str, operation: Operation, call: Call) -> Delivery:
        """As the workflow that would send this wants, else as it is described."""
        for index, plan in enumerate(self._plans):
            steps = [
                step
                for each in plan.plans.values()
                for step in each.operation_steps()
                if step.operation.document.uri == operation.document.uri
                and step.operation.pointer == operation.pointer
            ]
            if steps:
                return self._by(index, self._next(source, steps), call)
        if not self._plans:
            raise DocumentError("there is no workflow", code="AZ314")
        lone = PlannedStep(
            step_id=f"{operation.method} {operation.path}",
            workflow_id=self._plans[0].workflow_id,
            index=0,
            label=f"{operation.method} {operation.path}",
            source=source,
            operation=operation,
        )
        return self._by(0, lone, call)

    def _next(self, source: str, steps: Sequence[PlannedStep]) -> PlannedStep:
        """The step whose turn it is: a job is polled by one and fetched by a later one."""
        key = (source, steps[0].operation.pointer)
        return steps[min(self._asked.get(key, 0), len(steps) - 1)]

    def _by(self, index: int, step: PlannedStep, call: Call) -> Delivery:
        mock, scripted = self._mocks[index], self._scripted[index]
        if scripted is not None:
            delivery = scripted.answer(step, call, {})
        else:
            delivery = Delivery(response=mock.answer(step, call, {}))
        if not mock.is_looping(step):
            key = (step.source, step.operation.pointer)
            self._asked[key] = self._asked.get(key, 0) + 1
        return delivery


def base_path(document: Document) -> str:
    """The path of the description's first server."""
    from ..openapi.operations import open_entry

    for entry in document.operations[:1]:
        operation = open_entry(document, entry)
        if operation is None:
            break
        try:
            url = server_url(operation, document_uri="http://mock.invalid/")
        except ArazzoError:
            declared = str(operation.servers[0].get("url", ""))
            url = declared if "://" in declared else f"http://mock.invalid{declared}"
        try:
            return urlsplit(url).path.rstrip("/")
        except ValueError:
            return ""
    return ""


def _media_problem(operation: Operation, wire: Wire) -> Answer | None:
    """What is wrong with the kind of body, if anything (RFC 9110, 15.5.16)."""
    body, given = operation.request_body, wire.headers.get("content-type", "")
    if not wire.body or body is None or not body.content:
        return None
    if body.media_type(given) is None:
        known = ", ".join(body.content)
        return problem(415, f"the body is {given or 'of no type'}, described: {known}")
    if kind(given) == "json":
        try:
            parse_json(wire.body.decode())
        except (InvalidJSON, UnicodeError) as error:
            return problem(400, f"the body is not JSON: {error}")
    return None


def _refused(operation: Operation, wrong: Sequence[Finding]) -> Answer:
    return problem(
        400,
        "the request is not as it is described",
        [
            {
                "message": each.message,
                "described": str(operation.document.location(each.pointer)),
            }
            for each in wrong
        ],
    )


def _nothing(wire: Wire, match: Match) -> Answer:
    path = wire.path
    if match.allowed and wire.method == "OPTIONS":
        return Answer(204, (("Allow", ", ".join(match.allowed)),))
    if match.allowed:
        answer = problem(405, f"{path} has no {wire.method}")
        return replace(
            answer, headers=(*answer.headers, ("Allow", ", ".join(match.allowed)))
        )
    return problem(404, f"no operation is described for {wire.method} {path}")


def _unread(call: Call) -> bool:
    """Whether the body is of a type that is not read."""
    name = essence(call.content_type)
    other = name.startswith("multipart/") and not isinstance(call.body, Mapping)
    return other or "octet-stream" in name


def problem(
    status: int, detail: str, errors: Sequence[Mapping[str, str]] = ()
) -> Answer:
    """``application/problem+json`` (RFC 9457)."""
    said = {"type": "about:blank", "status": status, "detail": detail}
    if errors:
        said["errors"] = list(errors)
    body = json.dumps(said, ensure_ascii=False, indent=2).encode()
    return Answer(status, (("Content-Type", PROBLEM),), body)


def wired(response: Response) -> Answer:
    """*response* as it goes on the wire."""
    body: object = response.body
    media_type = response.header("content-type") or ""
    if isinstance(body, Absent) or body is ABSENT:
        data = b""
    elif isinstance(body, Records):
        data = (body.text or "").encode()
    elif (isinstance(body, str) and "json" not in media_type) or (
        isinstance(body, str) and response.problem is not None
    ):
        data = body.encode("utf-8", "replace")
    else:
        data = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
    fields = tuple(
        (name, text)
        for name, text in response.headers
        if name not in ("content-length", "transfer-encoding", "content-encoding")
    )
    return Answer(response.status, fields, data)
