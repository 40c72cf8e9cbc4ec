"""``arazzo explore``: every path of a workflow, its coverage, what is wrong with it."""

from __future__ import annotations

import io
import os
import sys
from typing import Any, cast

import click

from .options import Named, SecretFrom, Setting

_FORMATS = ("table", "json", "concise", "github", "sarif")


@click.command(
    name="explore",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=(
        "Every option that is not repeatable can be set by an environment variable"
        " (ARAZZO_MAX_PATHS for --max-paths), every option also by its long name in"
        " arazzo.toml of the working directory, in a table [explore]."
    ),
)
@click.argument("description", metavar="FILE")
@click.option("-w", "--workflow", cls=Setting, metavar="ID",
    help="Only this workflow.  [default: each one of the file]")  # fmt: skip
@click.option("-i", "--input", cls=Setting, multiple=True, metavar="NAME=VALUE|FILE|-|JSON",
    help="Inputs, as for `arazzo run`; what is not given is made from the schema of the "
    "inputs. Repeatable.")  # fmt: skip
@click.option("--secret", cls=Setting, multiple=True, type=SecretFrom(),
    metavar="NAME=env:VAR|file:PATH",
    help="An input taken from the environment or a file, and never printed. Repeatable.")  # fmt: skip
@click.option("--source", cls=Setting, multiple=True, type=Named(),
    metavar="[NAME=]PATH",
    help="Where a source description really is: a path or an http(s) URL. Repeatable.")  # fmt: skip
@click.option("--max-paths", cls=Setting, type=click.IntRange(min=1), default=100, metavar="N",
    help="Paths of a workflow that are run.  [default: 100]")  # fmt: skip
@click.option("--max-requests", cls=Setting, type=click.IntRange(min=1), default=1000,
    metavar="N", help="Requests of one path.  [default: 1000]")  # fmt: skip
@click.option("--loops", cls=Setting, type=click.IntRange(min=1), default=2, metavar="N",
    help="How often a path goes back by one action of a step; a retry once, and until it is "
    "used up.  [default: 2]")  # fmt: skip
@click.option("--once", cls=Setting, is_flag=True,
    help="Each decision once: no paths that only combine decisions of other paths.")  # fmt: skip
@click.option("--seed", cls=Setting, type=click.IntRange(min=0), default=0, metavar="N",
    help="What generated values are drawn from.  [default: 0]")  # fmt: skip
@click.option("--strict", cls=Setting, is_flag=True,
    help="The specification only: dialect forms are errors.")  # fmt: skip
@click.option("--format", cls=Setting, type=click.Choice(_FORMATS), default="table",
    help="How it is shown; json: {\"file\", \"workflows\": [{workflow, outcome, reason, "
    "coverage, paths}], \"findings\", \"summary\"}; concise, github and sarif: the findings "
    "alone, as by `arazzo check`.  [default: table]")  # fmt: skip
@click.option("--output-dir", cls=Setting, metavar="DIR",
    help="Write a scenario file for each path into this folder, for "
    "`arazzo run --mock --scenario`.")  # fmt: skip
@click.option("--select", cls=Setting, multiple=True, metavar="CODE",
    help="Only these findings: a code, the beginning of one (AZ7), or a readable name. "
    "Repeatable.")  # fmt: skip
@click.option("--ignore", cls=Setting, multiple=True, metavar="CODE",
    help="Not these findings. Repeatable.")  # fmt: skip
@click.option("--severity", cls=Setting, type=click.Choice(("error", "warning", "info")),
    default="warning", help="The least of the findings that is shown.  [default: warning]")  # fmt: skip
@click.option("-v", "--verbose", cls=Setting, is_flag=True,
    help="Show combinations of decisions in the table, too.")  # fmt: skip
@click.option("-q", "--quiet", cls=Setting, is_flag=True,
    help="No table of paths.")  # fmt: skip
@click.pass_context
def command(ctx: click.Context, /, **given: object) -> None:
    """
    Run every path of the workflows in FILE against replies that its API descriptions allow.
    Nothing is sent, and waiting takes no time.

    At each request the run is forked: one reply for each thing that may follow, each state
    of a polled resource, each criterion true and false, nulls and empty lists where the
    workflow reads them. Shown are the paths with how they end, what no path came to, and
    what they find to be wrong.

    \b
    Exit codes:
      0  each workflow has a path that succeeds, and nothing is found
      1  a workflow has none, cannot be run, or something is found (a note is nothing)
      2  the command line is wrong
      3  the document, or every workflow of it, cannot be used
      4  inputs are invalid
    """
    from .execute_explore import execute_explore

    stdin = sys.stdin.buffer if sys.stdin is not None else io.BytesIO()
    ctx.exit(
        execute_explore(
            cast(dict[str, Any], given), environment=os.environ, stdin=stdin
        )
    )
