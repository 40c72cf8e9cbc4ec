"""Bodies of 100 MB, in both directions: memory above that of a small one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from cases_process import INPUTS, WORKFLOW
from measure import ROOT, Bench, Table, Used, mb, median, ms

SIZE = 100_000_000
SMALL = 10_000
UPLOAD = ROOT / "workflows" / "openai-batch.arazzo.yaml"
LINE = '{"custom_id": "row-1", "method": "POST", "url": "/v1/responses", "body": {}}\n'

# What a script with a bare client does, at its best.
_GET = """
import httpx2, sys
url, path = sys.argv[1:]
with open(path, "wb") as file, httpx2.stream("GET", url) as response:
    for piece in response.iter_raw(): file.write(piece)
"""
_POST = """
import httpx2, sys
url, path = sys.argv[1:]
with open(path, "rb") as file:
    httpx2.post(url, files={"file": file}, data={"purpose": "batch"}).json()
"""


def download(bench: Bench) -> list[Table]:
    """A run whose result is large, with ``-o results=FILE``."""
    target = bench.scratch / "results.jsonl"
    arguments = ["run", str(WORKFLOW), "-i", str(INPUTS), "-i", "apiKey=sk-benchmark"]
    with bench.server(size=SIZE) as large, bench.server(size=SMALL) as small:

        def run(url: str, *more: str) -> Callable[[], Used]:
            server = ["--server", f"{url}/v1", "-q"]
            return lambda: bench.python(
                "-m", "arazzo_runner", *arguments, *server, *more
            )

        def bare(url: str) -> Callable[[], Used]:
            place = f"{url}/v1/messages/batches/x/results"
            return lambda: bench.python("-c", _GET, place, str(target))

        to_file = ("-o", f"results={target}")
        found = bench.interleaved(
            {
                "bare client, small": bare(small),
                "bare client, 100 MB": bare(large),
                "arazzo run -o results=FILE, small": run(small, *to_file),
                "arazzo run -o results=FILE, 100 MB": run(large, *to_file),
            }
        )
        if target.stat().st_size < SIZE - 2 * len(LINE) * 1000:
            raise RuntimeError(f"{target.stat().st_size:,} bytes have arrived")
        target.unlink()
    return [_table(f"A result of {mb(SIZE)}", bench, found)]


def upload(bench: Bench) -> list[Table]:
    """A run that uploads a file, with ``-i batchInputFile=@FILE``."""
    large = _file(bench.scratch / "large.jsonl", SIZE)
    small = _file(bench.scratch / "small.jsonl", SMALL)
    with bench.server() as url:

        def run(path: Path) -> Callable[[], Used]:
            arguments = ["run", str(UPLOAD), "-i", "apiKey=sk-benchmark", "-q"]
            arguments += ["-i", f"batchInputFile=@{path}", "--server", f"{url}/v1"]
            return lambda: bench.python("-m", "arazzo_runner", *arguments)

        def bare(path: Path) -> Callable[[], Used]:
            return lambda: bench.python("-c", _POST, f"{url}/v1/files", str(path))

        found = bench.interleaved(
            {
                "bare client, small": bare(small),
                "bare client, 100 MB": bare(large),
                "arazzo run, small": run(small),
                "arazzo run, 100 MB": run(large),
            }
        )
    large.unlink()
    return [_table(f"An upload of {mb(SIZE)}", bench, found)]


def _file(path: Path, size: int) -> Path:
    with path.open("w", encoding="ascii") as file:
        for _ in range(size // (len(LINE) * 1000)):
            file.write(LINE * 1000)
        file.write(LINE)
    return path


def _table(title: str, bench: Bench, found: dict[str, list[Used]]) -> Table:
    rows = []
    before: list[int] = []
    for name, used in found.items():
        rss = [each.rss for each in used]
        above = f"{mb(median(rss) - median(before))}" if before else ""
        rows.append(
            [
                name,
                ms([each.cpu for each in used]),
                ms([each.wall for each in used]),
                mb(median(rss)),
                above,
            ]
        )
        before = [] if before else rss
    return Table(
        title,
        ("", "CPU", "wall", "peak memory", "above the small one"),
        rows,
        (f"medians of {bench.rounds} rounds, in turn; whole processes",),
    )
