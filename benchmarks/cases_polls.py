"""A run of 1,000 polls beside the same requests by a bare client."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from cases_process import INPUTS, WORKFLOW
from measure import Bench, Table, median, ratio, us

POLLS = 1000
HEADERS = {"x-api-key": "sk-benchmark", "anthropic-version": "2023-06-01"}

Timed = tuple[str, Callable[[], None]]


def polls(bench: Bench) -> list[Table]:
    """CPU of the client process for each request, blocking and asyncio."""
    tables = []
    for way, function in (("blocking", blocking), ("asyncio", in_event_loop)):
        with bench.server(polls=POLLS) as url:
            found = cast(
                "dict[str, list[float]]",
                bench.worker(function, url=f"{url}/v1", rounds=bench.rounds),
            )
        bare = found["bare client"]
        rows = [
            [name, us(median(each)), us(median(each) - median(bare)), ratio(each, bare)]
            for name, each in found.items()
        ]
        tables.append(
            Table(
                f"{POLLS:,} polls, {way}",
                ("", "CPU a request", "beyond the bare client", "ratio"),
                rows,
                (
                    f"medians of {bench.rounds} rounds, in turn, in one process; in "
                    "brackets the lowest and highest ratio of a round",
                    "without network: the same run with a transport that answers from "
                    "memory, so all but sending and receiving",
                ),
            )
        )
    return tables


# --- in the worker ------------------------------------------------------------------


def inputs() -> dict[str, object]:
    read = json.loads(Path(INPUTS).read_text("utf-8"))
    return {**read, "apiKey": HEADERS["x-api-key"]}


class Canned:
    """A transport that answers from memory, as the server does."""

    def __init__(self) -> None:
        from server import anthropic

        from arazzo_runner.messages import Response
        from arazzo_runner.transports.port import Delivery

        def delivery(ended: bool) -> Delivery:
            answer = cast(Any, anthropic("msgbatch_000001", ended))
            fields = (
                ("content-type", "application/json"),
                ("content-length", "290"),
                ("request-id", "req_000001"),
            )
            response = Response(200, fields, answer, "application/json")
            return Delivery(response=response, http_version="HTTP/1.1", received=290)

        self._waiting, self._ended = delivery(False), delivery(True)
        self._polls = 0

    def send(self, request: Any, **_: object) -> Any:
        self._polls = 0 if request.method == "POST" else self._polls + 1
        return self._ended if self._polls > POLLS else self._waiting

    async def asend(self, request: Any, **_: object) -> Any:
        return self.send(request)

    def close(self) -> None:
        """Nothing to close."""

    async def aclose(self) -> None:
        """Nothing to close."""


def runner(url: str, transport: object = None) -> Any:
    from arazzo_runner import Pacing, Runner

    # No wait: waiting costs no CPU to speak of, but a whole second each.
    return Runner(
        WORKFLOW,
        servers=url,
        pacing=Pacing(interval=0),
        max_steps=10 * POLLS,
        transport=transport,
    )


def rounds_of(timed: list[Timed], rounds: int) -> dict[str, list[float]]:
    """CPU seconds for each request, of each in turn."""
    found: dict[str, list[float]] = {name: [] for name, _ in timed}
    for number in range(rounds + 1):
        for name, act in timed:
            began = time.process_time()
            act()
            used = time.process_time() - began
            if number:
                found[name].append(used / (POLLS + 3))
    return found


def blocking(url: str, rounds: int) -> dict[str, list[float]]:
    """The bare client, our transport alone, and whole runs."""
    import httpx2

    given = inputs()
    with (
        httpx2.Client(headers=HEADERS) as client,
        runner(url) as ours,
        runner(url, Canned()) as canned,
    ):

        def bare() -> None:
            made = client.post(
                f"{url}/messages/batches", json={"requests": given["requests"]}
            ).json()
            place = f"{url}/messages/batches/{made['id']}"
            while client.get(place).json()["processing_status"] != "ended":
                pass
            client.get(f"{place}/results").read()

        def alone() -> None:
            send = ours._transport.send
            for request in requests_of(url, given):
                send(request, timeout=30.0)

        def whole() -> None:
            check(ours.run(inputs=given))

        def engine() -> None:
            check(canned.run(inputs=given))

        return rounds_of(
            [
                ("bare client", bare),
                ("our transport alone", alone),
                ("run", whole),
                ("run, without network", engine),
            ],
            rounds,
        )


def in_event_loop(url: str, rounds: int) -> dict[str, list[float]]:
    """The same with asyncio."""
    return asyncio.run(_in_event_loop(url, rounds))


async def _in_event_loop(url: str, rounds: int) -> dict[str, list[float]]:
    import httpx2

    given = inputs()
    found: dict[str, list[float]] = {}
    async with (
        httpx2.AsyncClient(headers=HEADERS) as client,
        runner(url) as ours,
        runner(url, Canned()) as canned,
    ):

        async def bare() -> None:
            made = await client.post(
                f"{url}/messages/batches", json={"requests": given["requests"]}
            )
            place = f"{url}/messages/batches/{made.json()['id']}"
            while (await client.get(place)).json()["processing_status"] != "ended":
                pass
            (await client.get(f"{place}/results")).read()

        async def alone() -> None:
            send = ours._transport.asend
            for request in requests_of(url, given):
                await send(request, timeout=30.0)

        async def whole() -> None:
            check(await ours.arun(inputs=given))

        async def engine() -> None:
            check(await canned.arun(inputs=given))

        timed = {
            "bare client": bare,
            "our transport alone": alone,
            "run": whole,
            "run, without network": engine,
        }
        for number in range(rounds + 1):
            for name, act in timed.items():
                began = time.process_time()
                await act()
                used = time.process_time() - began
                if number:
                    found.setdefault(name, []).append(used / (POLLS + 3))
    return found


def requests_of(url: str, given: dict[str, object]) -> Any:
    """The requests of a run, whole, for the transport alone."""
    from arazzo_runner.messages import Request

    place = f"{url}/messages/batches"
    fields = (*HEADERS.items(), ("Accept", "application/json"))
    body = json.dumps({"requests": given["requests"]}).encode()
    made = Request(
        "POST", place, (*fields, ("Content-Type", "application/json")), (body,)
    )
    yield made
    # Not known before the answer, but of the right length, and polled by nobody else.
    for _ in range(POLLS + 1):
        yield Request("GET", f"{place}/msgbatch_000001", fields, ())
    yield Request("GET", f"{place}/msgbatch_000001/results", fields, ())


def check(result: Any) -> None:
    """A run that went wrong measures nothing."""
    with result:
        if not result.succeeded:
            raise RuntimeError(result.error)
        if sum(each.count for each in result.steps) != POLLS + 3:
            raise RuntimeError(f"{len(result.steps)} steps")
