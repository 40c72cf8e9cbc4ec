"""The command as a whole process: ``--help``, and a run of three steps."""

from __future__ import annotations

from measure import ROOT, Bench, Table, Used, mb, median, ms

WORKFLOW = ROOT / "workflows" / "anthropic-message-batch.arazzo.yaml"
INPUTS = ROOT / "workflows" / "inputs" / "two-prompts.json"


def process(bench: Bench) -> list[Table]:
    """CPU, wall and peak memory from the start of Python to its exit."""
    with bench.server() as url:
        run = ["run", str(WORKFLOW), "-i", str(INPUTS), "-i", "apiKey=sk-benchmark"]
        run += ["--server", f"{url}/v1"]
        arazzo = ["-m", "arazzo_runner"]
        client = f"import httpx2; httpx2.Client(verify=False).get('{url}/')"
        found = bench.interleaved(
            {
                "python -c pass": lambda: bench.python("-c", "pass"),
                "python -c 'import click'": lambda: bench.python("-c", "import click"),
                "arazzo --help": lambda: bench.python(*arazzo, "--help"),
                "python -c 'import httpx2; one GET'": lambda: bench.python(
                    "-c", client
                ),
                "arazzo run, three steps": lambda: bench.python(*arazzo, *run),
            }
        )
    bare = median([each.cpu for each in found["python -c pass"]])
    return [
        Table(
            "Whole processes",
            ("command", "CPU", "beyond bare", "wall", "peak memory"),
            [_row(name, used, bare) for name, used in found.items()],
            (f"medians of {bench.rounds} rounds, in turn; bytecode compiled",),
        )
    ]


def _row(name: str, used: list[Used], bare: float) -> list[str]:
    cpu = [each.cpu for each in used]
    return [
        name,
        ms(cpu),
        f"{1000 * (median(cpu) - bare):+,.0f} ms",
        ms([each.wall for each in used]),
        mb(median([each.rss for each in used])),
    ]
