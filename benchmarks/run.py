"""
The benchmarks: ``python benchmarks/run.py [NAME…]`` prints a table for each case.

Nothing is asserted: figures depend on the machine, ratios less so. README.md says how to
read them.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path

from cases_bodies import download, upload
from cases_check import check
from cases_concurrency import concurrent
from cases_contracts import contracts
from cases_description import description
from cases_polls import polls
from cases_process import process
from cases_requests import largest, requests
from measure import Bench, Table, machine, show

CASES: dict[str, Callable[[Bench], list[Table]]] = {
    each.__name__: each
    for each in (
        process,
        polls,
        description,
        check,
        contracts,
        requests,
        largest,
        concurrent,
        download,
        upload,
    )
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description="Measures the command and the library beside what they stand on."
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(CASES))
    parser.add_argument("--rounds", type=int, default=5, help="of each figure (5)")
    given = parser.parse_args()
    for name in given.names:
        if name not in CASES:
            parser.error(f"there is no case {name!r}; there are {', '.join(CASES)}")
    print(f"{machine()}\n", flush=True)
    with tempfile.TemporaryDirectory(prefix="arazzo-benchmarks-") as folder:
        bench = Bench(Path(folder), max(given.rounds, 1))
        for name in given.names or CASES:
            for table in CASES[name](bench):
                print(show(table), flush=True)


if __name__ == "__main__":
    main()
