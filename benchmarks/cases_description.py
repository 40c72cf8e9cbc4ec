"""A source description of 2.8 MB: opened for the first time, and again."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import cast

from measure import SHARED, Bench, Table, mb, median, ms, ratio

PUBLISHED = SHARED / "corpus" / "dev" / "openai"
ARAZZO = PUBLISHED / "arazzo" / "openai-batch-job-workflow.yml"
OPENAPI = PUBLISHED / "openapi" / "_original" / "openai-openapi-master.yml"
SIZE = 2_800_000


def description(bench: Bench) -> list[Table]:
    """CPU to open it and to plan a workflow over it, beside PyYAML's parser in C."""
    arazzo, openapi = ARAZZO, OPENAPI
    if not (arazzo.exists() and openapi.exists()):
        arazzo, openapi = generate(bench.scratch)
    cache = bench.scratch / "cache"
    found: dict[str, list[tuple[float, int]]] = {}

    def take(name: str, path: Path, *, cold: bool = False) -> None:
        if cold:
            shutil.rmtree(cache, ignore_errors=True)
        function = {_YAML: by_pyyaml, _POSITIONS: with_positions}.get(name, by_us)
        used = cast("list[float]", bench.worker(function, path=str(path)))
        found.setdefault(name, []).append((used[0], int(used[1])))

    for _ in range(bench.rounds + 1):
        take(_YAML, openapi)
        take(_POSITIONS, openapi)
        take(_COLD, arazzo, cold=True)
        take(_WARM, arazzo)
    counted = {name: each[1:] for name, each in found.items()}
    cpu = {name: [used for used, _ in each] for name, each in counted.items()}
    rows = [
        [
            name,
            ms(cpu[name]),
            ratio(cpu[name], cpu[_YAML]),
            ratio(cpu[name], cpu[_COLD]),
            mb(median([rss for _, rss in each])),
        ]
        for name, each in counted.items()
    ]
    size = openapi.stat().st_size
    return [
        Table(
            f"{openapi.name}, {mb(size)}",
            ("", "CPU", "to PyYAML", "to cold", "peak memory"),
            rows,
            (
                f"medians of {bench.rounds} rounds, in turn, each in a new process; the "
                "time to import the modules is not in it",
                "ours: `Runner(…).plan()`, with the Arazzo file read and checked; cold: "
                "the cache is empty and gets written. Positions in a source description "
                "are looked up when a message needs one",
            ),
        )
    ]


_YAML = "yaml.load(CSafeLoader)"
_POSITIONS = "our parser alone, with positions"
_COLD = "ours, cold"
_WARM = "ours, warm"


# --- in the worker ------------------------------------------------------------------


def by_pyyaml(path: str) -> tuple[float, int]:
    """CPU seconds, and peak memory in bytes."""
    import yaml

    began = time.process_time()
    yaml.load(Path(path).read_bytes(), yaml.CSafeLoader)
    return time.process_time() - began, _peak()


def with_positions(path: str) -> tuple[float, int]:
    """The same for the whole document with line and column of every node."""
    from arazzo_runner.loader.parse import parse

    began = time.process_time()
    parsed = parse(Path(path).read_bytes(), path)
    parsed.locate(("paths",))
    return time.process_time() - began, _peak()


def by_us(path: str) -> tuple[float, int]:
    """The same for a plan."""
    import sqlite3

    import arazzo_runner.runner

    assert sqlite3.sqlite_version  # imported here, so that it is not in the time
    began = time.process_time()
    with arazzo_runner.runner.Runner(path) as runner:
        runner.plan()
    return time.process_time() - began, _peak()


def _peak() -> int:
    import resource

    from measure import RSS_UNIT

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * RSS_UNIT


# --- where there is no published file -------------------------------------------------


def generate(folder: Path) -> tuple[Path, Path]:
    """An OpenAPI description of the same size with a workflow that uses one operation."""
    openapi = folder / "generated.openapi.yaml"
    pieces, size = list(_head()), 0
    number = 0
    while size < SIZE:
        number += 1
        piece = _operation(number)
        pieces.append(piece)
        size += len(piece)
    openapi.write_text("".join(pieces), "utf-8")
    arazzo = folder / "generated.arazzo.yaml"
    arazzo.write_text(_ARAZZO, "utf-8")
    return arazzo, openapi


def _head() -> Iterator[str]:
    yield "openapi: 3.0.3\ninfo:\n  title: Generated\n  version: 1.0.0\n"
    yield "servers:\n  - url: http://127.0.0.1/v1\n"
    yield "components:\n  schemas:\n    Thing:\n      type: object\n      properties:\n"
    yield "        id: {type: string}\npaths:\n"


def _operation(number: int) -> str:
    prose = "Says what it does in a sentence or two, as descriptions do. " * 4
    members = "".join(
        f"                  member{each}:\n"
        "                    type: string\n"
        f"                    description: >-\n                      {prose}\n"
        "                    example: text\n"
        for each in range(6)
    )
    return (
        f"  /things/{number}/{{id}}:\n"
        "    get:\n"
        f"      operationId: getThing{number}\n"
        f"      summary: {prose}\n"
        "      parameters:\n"
        "        - {name: id, in: path, required: true, schema: {type: string}}\n"
        "        - name: limit\n"
        "          in: query\n"
        "          schema: {type: integer, minimum: 1, maximum: 100}\n"
        "      responses:\n"
        "        '200':\n"
        "          description: The thing.\n"
        "          content:\n"
        "            application/json:\n"
        "              schema:\n"
        "                type: object\n"
        "                properties:\n"
        f"{members}"
        "                  thing: {$ref: '#/components/schemas/Thing'}\n"
    )


_ARAZZO = """\
arazzo: 1.0.1
info: {title: Generated, version: 1.0.0}
sourceDescriptions:
  - {name: things, url: generated.openapi.yaml, type: openapi}
workflows:
  - workflowId: get
    steps:
      - stepId: get
        operationId: getThing7
        parameters: [{name: id, in: path, value: '1'}]
        successCriteria: [{condition: $statusCode == 200}]
        outputs: {thing: $response.body#/thing}
"""
