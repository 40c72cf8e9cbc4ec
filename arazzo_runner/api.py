"""`run` and `arun`: one run of one description. A `Runner` is for many."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from .engine.plan import Contract, Pacing
from .events import Event
from .result import RunResult
from .runner import Runner


def run(
    description: str | Path,
    workflow: str | None = None,
    inputs: Mapping[str, object] | None = None,
    *,
    servers: str | Mapping[str, str] | None = None,
    server_variables: Mapping[str, str] | None = None,
    sources: str | Mapping[str, str] | None = None,
    credentials: Mapping[str, object] | None = None,
    strict: bool = False,
    mock: bool = False,
    pacing: Pacing | None = None,
    retry: int = 3,
    timeout: float = 30.0,
    max_steps: int = 1000,
    max_depth: int = 32,
    contract: Contract = "warn",
    seed: int | None = None,
    transport: object = None,
    on_event: Callable[[Event], None] | None = None,
) -> RunResult:
    """
    Run one workflow of *description*, blocking. See `Runner` and `Runner.run`.

        >>> result = run("workflows/anthropic-message-batch.arazzo.yaml",
        ...     inputs={"requests": requests, "apiKey": key})  # doctest: +SKIP
        >>> result.outputs["batchId"]  # doctest: +SKIP
        'msgbatch_01'
    """
    with Runner(
        description,
        servers=servers,
        server_variables=server_variables,
        sources=sources,
        credentials=credentials,
        strict=strict,
        mock=mock,
        pacing=pacing,
        retry=retry,
        timeout=timeout,
        max_steps=max_steps,
        max_depth=max_depth,
        contract=contract,
        seed=seed,
        transport=transport,
        on_event=on_event,
    ) as runner:
        return runner.run(workflow, inputs)


async def arun(
    description: str | Path,
    workflow: str | None = None,
    inputs: Mapping[str, object] | None = None,
    *,
    servers: str | Mapping[str, str] | None = None,
    server_variables: Mapping[str, str] | None = None,
    sources: str | Mapping[str, str] | None = None,
    credentials: Mapping[str, object] | None = None,
    strict: bool = False,
    mock: bool = False,
    pacing: Pacing | None = None,
    retry: int = 3,
    timeout: float = 30.0,  # noqa: ASYNC109  (without a byte, not a total)
    max_steps: int = 1000,
    max_depth: int = 32,
    contract: Contract = "warn",
    seed: int | None = None,
    transport: object = None,
    on_event: Callable[[Event], None] | None = None,
) -> RunResult:
    """Run one workflow of *description* in the running event loop. See `run`."""
    async with Runner(
        description,
        servers=servers,
        server_variables=server_variables,
        sources=sources,
        credentials=credentials,
        strict=strict,
        mock=mock,
        pacing=pacing,
        retry=retry,
        timeout=timeout,
        max_steps=max_steps,
        max_depth=max_depth,
        contract=contract,
        seed=seed,
        transport=transport,
        on_event=on_event,
    ) as runner:
        return await runner.arun(workflow, inputs)
