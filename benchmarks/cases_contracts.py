"""Messages compared with their description: a check, and making the validator."""

from __future__ import annotations

import time
from pathlib import Path
from typing import cast

from measure import SHARED, Bench, Table, median, us

DESCRIPTIONS = SHARED / "corpus" / "dev" / "openai" / "openapi" / "_original"
CHECKS = 2_000

_OTHER = """\
openapi: 3.1.0
info: {title: Chat, version: '1'}
paths:
  /chat/completions:
    post:
      operationId: createChatCompletion
      responses:
        '200':
          content:
            application/json:
              schema:
                type: object
                required: [id, choices]
                properties:
                  id: {type: string}
                  choices:
                    type: array
                    items:
                      type: object
                      properties: {index: {type: integer}, text: {type: string}}
"""


def contracts(bench: Bench) -> list[Table]:
    """CPU of one response of OpenAI's chat completion compared with its description."""
    found = sorted(DESCRIPTIONS.glob("*.y*ml")) if DESCRIPTIONS.is_dir() else []
    description = bench.scratch / "chat.openapi.yaml"
    description.write_text(_OTHER, "utf-8")
    path = str(found[0] if found else description)
    made: list[float] = []
    checked: list[float] = []
    for round_ in range(bench.rounds + 1):
        used = bench.worker(by_us, path=path)
        first, each = cast("list[float]", used)
        if round_:
            made.append(first)
            checked.append(each)
    return [
        Table(
            "A response of createChatCompletion compared with its description",
            ("", "CPU"),
            [
                ["making the validator, once for an operation", us(median(made))],
                ["a check", us(median(checked))],
            ],
            (
                f"medians of {bench.rounds} rounds, each in a new process; a check is the "
                f"mean of {CHECKS:,}; aim: at most 100 µs",
            ),
        )
    ]


# --- in the worker ------------------------------------------------------------------


def by_us(path: str) -> tuple[float, float]:
    """CPU seconds of the first check, its imports apart, and of a later one."""
    import jsonschema_rs  # noqa: F401
    import yaml

    from arazzo_runner.messages import NO_BODIES, Response
    from arazzo_runner.mock.examples import generate
    from arazzo_runner.openapi.contracts import check_response
    from arazzo_runner.openapi.document import Document, MemoryParts
    from arazzo_runner.openapi.operations import find_by_id

    loaded = yaml.load(Path(path).read_bytes(), Loader=yaml.CSafeLoader)
    document = Document(MemoryParts.of(loaded), path, "openai")
    operation = find_by_id(document, "createChatCompletion")
    if operation is None:
        raise RuntimeError("there is no createChatCompletion")
    described = operation.response_for(200) or {}
    content = cast("dict[str, dict[str, object]]", described["content"])
    schema = content["application/json"]["schema"]
    body = generate(schema, document, seed=1)  # type: ignore[arg-type]
    response = Response(200, (), body, "application/json")
    began = time.process_time()
    findings = check_response(operation, response, NO_BODIES)
    first = time.process_time() - began
    if findings:
        raise RuntimeError(findings[0].message)
    began = time.process_time()
    for _ in range(CHECKS):
        check_response(operation, response, NO_BODIES)
    return first, (time.process_time() - began) / CHECKS
