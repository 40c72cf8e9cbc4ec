"""
What every case needs: processes of their own, the operating system's account of them,
medians of interleaved rounds, tables.

This process stays small and measures nothing of itself. Each figure comes from a process
that was started for it: a whole command (`whole`), or a function of a case (`worker`).
"""

from __future__ import annotations

import contextlib
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent
SHARED = ROOT.parent / "shared"

# Starts a command, waits for it, prints what the system says it used. Without `site` and
# imports it is smaller than any Python it starts: on Linux the peak memory of a process
# begins with that of the process that started it.
_LAUNCHER = """
import posix, sys, time
out = posix.open(sys.argv[1], posix.O_WRONLY | posix.O_CREAT | posix.O_APPEND)
files = [(posix.POSIX_SPAWN_DUP2, out, 1), (posix.POSIX_SPAWN_DUP2, out, 2)]
began = time.perf_counter()
pid = posix.posix_spawn(sys.argv[2], sys.argv[2:], posix.environ, file_actions=files)
_, status, used = posix.wait4(pid, 0)
wall = time.perf_counter() - began
print(status, used.ru_utime + used.ru_stime, wall, used.ru_maxrss)
"""

# Of `ru_maxrss`: kilobytes on Linux, bytes on macOS.
RSS_UNIT = 1 if sys.platform == "darwin" else 1024


@dataclass(frozen=True, slots=True)
class Used:
    """What a process took: seconds of CPU, seconds, bytes."""

    cpu: float
    wall: float
    rss: int


@dataclass(frozen=True, slots=True)
class Table:
    """A table to print; `notes` stand below it."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    notes: Sequence[str] = ()


@dataclass(slots=True)
class Bench:
    """
    Where a case does its work.

    Attributes:
        scratch: A folder that is removed afterwards.
        rounds: How often each figure is taken.
    """

    scratch: Path
    rounds: int
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        # Compiled modules are kept, whatever the environment says: otherwise each start
        # compiles anew, which takes two to three times as long as the start itself.
        dropped = ("PYTHONDONTWRITEBYTECODE", "PYTHONPATH", "PYTHONHASHSEED")
        self.environment = {
            name: value
            for name, value in os.environ.items()
            if name not in dropped
            and not name.upper().startswith("ARAZZO_")
            and not name.upper().endswith("_PROXY")
        } | {
            "PYTHONPYCACHEPREFIX": str(self.scratch / "compiled"),
            "XDG_CACHE_HOME": str(self.scratch / "cache"),
            "HOME": str(self.scratch),
        }

    def whole(self, *command: str) -> Used:
        """
        Run *command* (a Python, and its arguments) to its end.

        Raises:
            RuntimeError: it failed; with what it printed.
        """
        output = self.scratch / "output.txt"
        output.unlink(missing_ok=True)
        launcher = [sys.executable, "-I", "-S", "-c", _LAUNCHER, str(output)]
        done = subprocess.run(
            [*launcher, *command],
            env=self.environment,
            cwd=self.scratch,
            capture_output=True,
            text=True,
            check=True,
        )
        status, cpu, wall, rss = done.stdout.split()
        if int(status):
            printed = output.read_text("utf-8", "replace")[-2000:]
            raise RuntimeError(f"{' '.join(command)} failed:\n{printed}")
        return Used(float(cpu), float(wall), int(rss) * RSS_UNIT)

    def python(self, *arguments: str) -> Used:
        """`whole` for this Python."""
        return self.whole(sys.executable, *arguments)

    def worker(self, function: Callable[..., object], **arguments: object) -> object:
        """What *function*, of a module beside this one, returns in a new process."""
        place = f"{function.__module__}:{function.__name__}"
        done = subprocess.run(
            [sys.executable, str(HERE / "worker.py"), place, json.dumps(arguments)],
            env=self.environment,
            cwd=self.scratch,
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{place} failed")
        return json.loads(done.stdout.splitlines()[-1])

    @contextlib.contextmanager
    def server(self, *, polls: int = 0, size: int = 1000) -> Iterator[str]:
        """The URL of a server of canned answers, in a process of its own."""
        command = [sys.executable, str(HERE / "server.py")]
        command += ["--polls", str(polls), "--size", str(size)]
        with subprocess.Popen(
            command, env=self.environment, stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            try:
                yield process.stdout.readline().strip()
            finally:
                process.kill()

    def interleaved(
        self, measures: Mapping[str, Callable[[], Used]]
    ) -> dict[str, list[Used]]:
        """Each of *measures* once a round, in turn, after one that does not count."""
        found: dict[str, list[Used]] = {name: [] for name in measures}
        for number in range(self.rounds + 1):
            for name, measure in measures.items():
                used = measure()
                if number:
                    found[name].append(used)
        return found


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def ratio(these: Sequence[float], those: Sequence[float]) -> str:
    """The median of the ratios round by round, with the lowest and the highest."""
    pairs = [a / b for a, b in zip(these, those, strict=True)]
    if len(pairs) == 1:
        return f"{pairs[0]:.2f}"
    return f"{median(pairs):.2f} ({min(pairs):.2f}–{max(pairs):.2f})"


def ms(values: Sequence[float]) -> str:
    return f"{1000 * median(values):,.0f} ms"


def us(seconds: float) -> str:
    return f"{1e6 * seconds:,.0f} µs"


def mb(size: float) -> str:
    """Megabytes of a million bytes."""
    return f"{size / 1e6:,.1f} MB"


def show(table: Table) -> str:
    """*table* as Markdown, so that it can be pasted."""
    rows = [list(table.columns), *(list(row) for row in table.rows)]
    widths = [max(len(row[at]) for row in rows) for at in range(len(table.columns))]

    def line(cells: Sequence[str]) -> str:
        padded = [
            cell.rjust(width) if at else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ]
        return f"| {' | '.join(padded)} |"

    rule = [
        "-" * (width - 1) + ":" if at else "-" * width
        for at, width in enumerate(widths)
    ]
    lines = [f"### {table.title}", "", line(rows[0]), line(rule)]
    lines += [line(row) for row in rows[1:]]
    return "\n".join([*lines, "", *(f"* {note}" for note in table.notes), ""])


def machine() -> str:
    """What the figures were taken on."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 0
    version = ".".join(map(str, sys.version_info[:3]))
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    return (
        f"{cores or os.cpu_count()} cores, {_processor()}, {sys.platform}, "
        f"{sys.implementation.name} {version}, load {load:.1f} at the start"
    )


def _processor() -> str:
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return os.uname().machine if hasattr(os, "uname") else "unknown processor"
