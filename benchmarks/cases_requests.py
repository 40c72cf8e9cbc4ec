"""Building the request of a step; opening the largest descriptions there are."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import cast

from cases_description import generate
from measure import SHARED, Bench, Table, mb, median, ms

PUBLISHED = SHARED / "corpus" / "dev"
_TIMES = 2_000
_LARGEST = 10


def requests(bench: Bench) -> list[Table]:
    """CPU to make the call of a step and the request of it, as a run does."""
    rows = []
    for name, payload in (("small", 1), ("100 messages", 100)):
        used = [
            cast("list[float]", bench.worker(build, messages=payload))
            for _ in range(bench.rounds + 1)
        ][1:]
        call = median([each[0] for each in used]) * 1e6
        whole = median([each[1] for each in used]) * 1e6
        rows.append([name, f"{call:,.0f} µs", f"{whole:,.0f} µs"])
    return [
        Table(
            "The request of a chat completion",
            ("", "the call", "the request"),
            rows,
            (
                f"medians of {bench.rounds} rounds, each in a new process and the mean of "
                f"{_TIMES:,}",
                "the call: the step's expressions evaluated; the request: parameters, body, "
                "URL and fields written from it",
            ),
        )
    ]


def largest(bench: Bench) -> list[Table]:
    """CPU to open each of the largest descriptions and its first operation."""
    if PUBLISHED.is_dir():
        found = [
            each
            for each in PUBLISHED.rglob("*.*")
            if each.suffix in (".yml", ".yaml", ".json")
            and "openapi" in each.relative_to(PUBLISHED).parts
            and b"swagger:" not in each.read_bytes()[:200]
        ]
        found = sorted(found, key=lambda each: -each.stat().st_size)[:_LARGEST]
    else:
        found = [generate(bench.scratch)[1]]
    cache = bench.scratch / "cache"
    rows = []
    for path in found:
        cold: list[float] = []
        warm: list[float] = []
        for round_ in range(bench.rounds + 1):
            shutil.rmtree(cache, ignore_errors=True)
            for times in (cold, warm):
                seconds = cast("float", bench.worker(first_operation, path=str(path)))
                if round_:
                    times.append(seconds)
        rows.append([path.name, mb(path.stat().st_size), ms(cold), ms(warm)])
    return [
        Table(
            "Opening the largest descriptions",
            ("", "size", "cold", "warm"),
            rows,
            (
                f"medians of {bench.rounds} rounds, each in a new process; the time to "
                "import the modules is not in it",
            ),
        )
    ]


# --- in the worker ------------------------------------------------------------------

_API = """\
openapi: 3.1.0
info: {title: API, version: '1'}
servers: [{url: https://api.test/v1}]
paths:
  /chat/completions:
    post:
      operationId: createChatCompletion
      parameters: [{name: trace, in: query, schema: {type: string}}]
      requestBody: {required: true, content: {application/json: {schema: {type: object}}}}
      responses: {'200': {description: Fine.}}
"""
_ARAZZO = """\
arazzo: 1.0.1
info: {title: Chat, version: '1'}
sourceDescriptions: [{name: api, url: api.yaml, type: openapi}]
workflows:
- workflowId: main
  inputs: {type: object, properties: {messages: {type: array}, model: {type: string}}}
  steps:
  - stepId: complete
    operationId: createChatCompletion
    parameters:
    - {name: trace, in: query, value: 'run {$inputs.model}'}
    - {name: X-Request-Owner, in: header, value: me}
    requestBody:
      payload: {model: $inputs.model, messages: $inputs.messages, temperature: 0.2, stop: ['a', 'b']}
"""


def build(messages: int) -> tuple[float, float]:
    """CPU seconds to make a call, and to make a request of it."""
    from arazzo_runner.engine.calls import build_call
    from arazzo_runner.expressions.scope import Scope
    from arazzo_runner.messages import NO_BODIES
    from arazzo_runner.openapi.requests import build_request
    from arazzo_runner.testing import plan_text

    plan = plan_text(_ARAZZO, api=_API)
    (step,) = plan.operation_steps()
    listed = [{"role": "user", "content": "How are you? " * 10}] * messages
    scope = Scope(inputs={"messages": listed, "model": "gpt-5"})
    call, _ = build_call(step, scope)
    server = plan.servers[step.step_id]
    began = time.process_time()
    for _ in range(_TIMES):
        build_call(step, scope)
    between = time.process_time()
    for _ in range(_TIMES):
        build_request(step.operation, call, server=server, bodies=NO_BODIES)
    ended = time.process_time()
    return (between - began) / _TIMES, (ended - between) / _TIMES


def first_operation(path: str) -> float:
    """CPU seconds to open a description and the first of its operations."""
    import os
    import sys

    from arazzo_runner.loader.cache import cache_folder, open_parts
    from arazzo_runner.loader.parse import parse
    from arazzo_runner.openapi.document import Document, split_parts
    from arazzo_runner.openapi.operations import open_entry

    def values(data: bytes) -> object:
        return parse(data, path, positions=False).value

    began = time.process_time()
    data = Path(path).read_bytes()
    parts = open_parts(
        data,
        parse=values,
        split=split_parts,
        folder=cache_folder(os.environ, sys.platform),
    )
    document = Document(parts, path, "api")
    operation = open_entry(document, document.operations[0])
    _ = operation and (operation.parameters, operation.request_body)
    return time.process_time() - began
