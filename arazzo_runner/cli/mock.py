"""``arazzo mock``: a stateful server for the API descriptions of a file."""

from __future__ import annotations

from typing import Any

import click

from .options import Named, Setting


@click.command(
    name="mock",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Options also by their long names in the table [mock] of arazzo.toml.",
)
@click.argument("description", metavar="FILE")
@click.option("-w", "--workflow", cls=Setting, metavar="ID",
    help="Answer as this workflow wants; all of the file without it, the first one first.")  # fmt: skip
@click.option("--port", cls=Setting, type=click.IntRange(0, 65_535), default=0, metavar="N",
    help="Of the first source description, the others follow; 0 for any free.  [default: 0]")  # fmt: skip
@click.option("--mock-polls", cls=Setting, type=click.IntRange(0), default=2, metavar="N",
    help="After how many polls a job ends.  [default: 2]")  # fmt: skip
@click.option("--scenario", cls=Setting, metavar="FILE",
    help="What to answer in place of what the mock makes itself.")  # fmt: skip
@click.option("--fault", cls=Setting, multiple=True, metavar="STEP=STATUS|FAULT[xN]",
    help="As in arazzo run. Repeatable.")  # fmt: skip
@click.option("--seed", cls=Setting, type=int, default=0, metavar="N",
    help="What generated values are drawn from.  [default: 0]")  # fmt: skip
@click.option("--source", cls=Setting, multiple=True, type=Named(),
    metavar="[NAME=]PATH", help="As in arazzo run.")  # fmt: skip
@click.option("--strict", cls=Setting, is_flag=True, help="As in arazzo run.")
@click.option("-q", "--quiet", cls=Setting, is_flag=True, help="Do not show requests.")
@click.pass_context
def command(ctx: click.Context, /, **given: Any) -> None:
    """
    Serve a mock of every API description that FILE names, on this machine only, until
    Ctrl-C. Standard output has a line for each: its name and its base URL; standard error
    one for each request. No credential is asked for.

    Requests are compared with the description, and what is wrong with one is said in a 400.
    What was created can be read, listed, changed and deleted; a job that the workflows poll
    moves on to its end.

    \b
    Exit codes:
      0  ended by Ctrl-C
      2  the command line is wrong, or a port is taken
      3  a document or the scenario cannot be used
    """
    from .execute_mock import execute

    ctx.exit(execute(given))
