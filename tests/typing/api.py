"""
Uses the library as its users do. Never run: ``mypy --strict`` reads it, so that a public
name without a type, or with another one, is found.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import assert_type

import httpx2

import arazzo_runner
from arazzo_runner import (
    ArazzoError,
    Diagnostic,
    DocumentError,
    File,
    InputError,
    Location,
    Pacing,
    PolicyError,
    Records,
    Runner,
    RunResult,
    StepRecord,
    UsageError,
    errors,
    events,
)
from arazzo_runner.events import Event, RunFinished, RunStatus
from arazzo_runner.messages import Bodies, Value, record_values


def blocking(key: str) -> Mapping[str, Value]:
    result = arazzo_runner.run(
        "batch.arazzo.yaml",
        "create-poll-retrieve-batch",
        {"apiKey": key, "requests": Path("requests.jsonl"), "limit": 3},
        servers={"api": "http://127.0.0.1:8080"},
        sources="openapi.yaml",
        strict=True,
        mock=False,
        pacing=Pacing(interval=2.0, timeout=3600.0),
        retry=0,
        timeout=5,
        max_steps=10,
        seed=1,
        transport=httpx2.Client(),
        on_event=print,
    )
    with result:
        assert_type(result, RunResult)
        assert_type(result.status, RunStatus)
        assert_type(result.succeeded, bool)
        assert_type(result.exit_status, int)
        assert_type(result.error, Diagnostic | None)
        assert_type(result.warnings, tuple[Diagnostic, ...])
        assert_type(result.steps, tuple[StepRecord, ...])
        assert_type(result.bodies, Bodies)
        for step in result.steps:
            assert_type(step.count, int)
            assert_type(step.status, int | None)
        value = result.outputs["results"]
        if isinstance(value, Records):
            for record in record_values(value, result.bodies):
                print(record)
        elif isinstance(value, File):
            print(value.path, value.bytes)
        return result.outputs


def tried(folder: Path) -> bool:
    found = arazzo_runner.explore(folder / "a.yaml", "main", {"n": 1}, seed=3)
    assert_type(found, arazzo_runner.Exploration)
    for one in found.workflows:
        for path in one.paths:
            print(path.number, path.name, path.seconds, one.scenario(path))
        assert_type(one.coverage.percent, float)
    report = arazzo_runner.run_suite([folder], jobs=2)
    assert_type(report, arazzo_runner.SuiteReport)
    return report.exit_status(90) == found.exit_status == 0


async def concurrent(description: Path, keys: Sequence[str]) -> list[RunResult]:
    async with Runner(description, secrets=["code"], headers=[("X", "y")]) as runner:
        async for event in runner.stream(inputs={"apiKey": keys[0]}):
            show(event)
        return await asyncio.gather(
            *(runner.arun(inputs={"apiKey": each}, run_id=each) for each in keys)
        )


async def alone() -> None:
    assert_type(await arazzo_runner.arun("batch.arazzo.yaml", mock=True), RunResult)


def show(event: Event) -> None:
    match event:
        case events.Waiting(step_id=step_id, seconds=seconds):
            assert_type(seconds, float)
            print(step_id, seconds)
        case RunFinished(error=error) if error is not None:
            assert_type(error.location, Location)
            print(errors.render(error))


def watch(event: Event, at: float) -> None:
    print(at, event)


def careful(runner: Runner) -> int:
    try:
        for step in runner.dry_run(None, {}):
            print(step.method, step.url)
        assert_type(runner.cancel("x"), bool)
        return runner.run(downloads={"all": Path("x")}, observers=[watch]).exit_status
    except (DocumentError, UsageError, InputError, PolicyError) as error:
        assert_type(error.problems, tuple[Diagnostic, ...])
        return error.exit_status
    except ArazzoError as error:
        print(error.message, error.hint, error.code, error.result)
        raise
