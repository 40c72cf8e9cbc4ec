"""`arazzo check` over a folder: published files, or generated ones where there are none."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import cast

from cases_description import generate
from measure import SHARED, Bench, Table, median, ms, ratio

PUBLISHED = SHARED / "corpus" / "dev"
_YAML = "yaml.load(CSafeLoader), Arazzo files alone"
_ALONE = "check, --no-sources"
_COLD = "check, the cache empty"
_WARM = "check"


def check(bench: Bench) -> list[Table]:
    """CPU to check all files, beside PyYAML's parser in C on the same files."""
    folder = PUBLISHED if PUBLISHED.is_dir() else generate(bench.scratch)[0].parent
    cache = bench.scratch / "cache"
    cpu: dict[str, list[float]] = {}
    files = 0
    for round_ in range(bench.rounds + 1):
        for name, function, more in (
            (_YAML, by_pyyaml, {}),
            (_ALONE, by_us, {"sources": False}),
            (_COLD, by_us, {}),
            (_WARM, by_us, {}),
        ):
            if name == _COLD:
                shutil.rmtree(cache, ignore_errors=True)
            used = bench.worker(function, path=str(folder), **more)
            seconds, count = cast("list[float]", used)
            files = max(files, int(count))
            if round_:
                cpu.setdefault(name, []).append(seconds)
    rows = [
        [
            name,
            ms(used),
            f"{1000 * median(used) / max(files, 1):.1f} ms",
            ratio(used, cpu[_YAML]),
        ]
        for name, used in cpu.items()
    ]
    return [
        Table(
            f"Checking {files} files",
            ("", "CPU", "a file", "to PyYAML"),
            rows,
            (
                f"medians of {bench.rounds} rounds, in turn, each in a new process; the "
                "time to import the modules is not in it",
                "a check also opens the API descriptions that the files name",
            ),
        )
    ]


# --- in the worker ------------------------------------------------------------------


def by_pyyaml(path: str) -> tuple[float, int]:
    """CPU seconds, and how many files."""
    import yaml

    from arazzo_runner.checking import documents

    files = list(documents([path]))
    began = time.process_time()
    for each in files:
        yaml.load(Path(each).read_bytes(), Loader=yaml.CSafeLoader)
    return time.process_time() - began, len(files)


def by_us(path: str, sources: bool = True) -> tuple[float, int]:
    """CPU seconds, and how many files."""
    import arazzo_runner
    import arazzo_runner.rules  # imports are not measured

    began = time.process_time()
    report = arazzo_runner.check(path, sources=sources)
    return time.process_time() - began, len(report.files)
