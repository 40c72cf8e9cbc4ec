"""Many runs at once with `arun`, in one process and one event loop."""

from __future__ import annotations

import asyncio
import resource
import time
from typing import Any, cast

from cases_polls import HEADERS, inputs, runner
from measure import RSS_UNIT, Bench, Table, mb, median, ratio, us

REQUESTS = 3  # create, one poll that finds the batch ended, results
_OURS, _BARE = "arun", "bare client"


def concurrent(bench: Bench) -> list[Table]:
    """Wall, CPU for each run and peak memory, beside as many tasks with a bare client."""
    tables = []
    for runs in (100, 1000):
        # The bare client needs seconds for each of 1,000 (see README).
        rounds = bench.rounds if runs <= 100 else min(bench.rounds, 3)
        found: dict[str, list[list[float]]] = {_BARE: [], _OURS: []}
        for number in range(rounds + (runs <= 100)):
            for name, each in found.items():
                function = ours if name == _OURS else bare
                # A new server each time: its memory of earlier batches is not measured.
                with bench.server() as url:
                    used = bench.worker(function, url=f"{url}/v1", runs=runs)
                if number or runs > 100:
                    each.append(cast("list[float]", used))
        tables.append(_table(runs, rounds, found))
    return tables


def _table(runs: int, rounds: int, found: dict[str, list[list[float]]]) -> Table:
    cpu = {name: [used[0] for used in each] for name, each in found.items()}
    rows = [
        [
            name,
            f"{median([used[1] for used in each]):.2f} s",
            us(median(cpu[name]) / runs),
            ratio(cpu[name], cpu[_BARE]),
            mb(median([used[2] for used in each])),
            f"{median([used[3] for used in each]) / runs / 1000:,.0f} kB",
        ]
        for name, each in found.items()
    ]
    return Table(
        f"{runs:,} runs at once, {REQUESTS} requests each",
        ("", "wall", "CPU a run", "ratio", "peak memory", "growth for a run"),
        rows,
        (
            f"medians of {rounds} rounds, in turn, each in a new process; all runs begin "
            "at once, so all their first requests are in flight together",
            "bare client: one httpx2.AsyncClient without limits, the same requests",
        ),
    )


# --- in the worker ------------------------------------------------------------------


def ours(url: str, runs: int) -> list[float]:
    """CPU seconds, seconds, peak memory, growth of the peak meanwhile (bytes)."""
    return asyncio.run(_ours(url, runs))


def bare(url: str, runs: int) -> list[float]:
    """The same without us."""
    return asyncio.run(_bare(url, runs))


async def _ours(url: str, runs: int) -> list[float]:
    given = inputs()
    async with runner(url) as each:
        await _one(each, given)  # imports, plan, first connection
        start = _now()
        await asyncio.gather(*(_one(each, given) for _ in range(runs)))
        return _since(start)


async def _one(each: Any, given: dict[str, object]) -> None:
    result = await each.arun(inputs=given)
    if not result.succeeded:
        raise RuntimeError(result.error)
    result.close()


async def _bare(url: str, runs: int) -> list[float]:
    import httpx2

    given = {"requests": inputs()["requests"]}
    place = f"{url}/messages/batches"

    async def one() -> None:
        made = (await client.post(place, json=given)).json()["id"]
        (await client.get(f"{place}/{made}")).json()
        (await client.get(f"{place}/{made}/results")).read()

    limits = httpx2.Limits(max_connections=None, max_keepalive_connections=None)
    async with httpx2.AsyncClient(
        headers=HEADERS, limits=limits, timeout=600
    ) as client:
        await one()
        start = _now()
        await asyncio.gather(*(one() for _ in range(runs)))
        return _since(start)


def _now() -> list[float]:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * RSS_UNIT
    return [time.process_time(), time.perf_counter(), peak]


def _since(start: list[float]) -> list[float]:
    now = _now()
    return [now[0] - start[0], now[1] - start[1], now[2], now[2] - start[2]]
