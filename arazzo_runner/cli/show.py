"""``arazzo show``: what a workflow needs and whom it asks, before it runs."""

from __future__ import annotations

import os
from typing import Any

import click

from .options import Named, Setting, auth_configuration


@click.command(
    name="show",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Options also by their long names in the table [show] of arazzo.toml.",
)
@click.argument("description", metavar="FILE")
@click.option("-w", "--workflow", cls=Setting, metavar="ID",
    help="Which workflow; all of the file without it.")  # fmt: skip
@click.option("--format", cls=Setting, type=click.Choice(("text", "json")), default="text",
    help="How to show it.  [default: text]")  # fmt: skip
@click.option("--server", cls=Setting, multiple=True, type=Named(web=True),
    metavar="[NAME=]URL", help="As in arazzo run.")  # fmt: skip
@click.option("--server-var", cls=Setting, multiple=True, type=Named(needs_name=True),
    metavar="NAME=VALUE", help="As in arazzo run.")  # fmt: skip
@click.option("--source", cls=Setting, multiple=True, type=Named(),
    metavar="[NAME=]PATH", help="As in arazzo run.")  # fmt: skip
@click.option("--env-file", cls=Setting, type=click.Path(dir_okay=False), metavar="FILE",
    help="As in arazzo run.")  # fmt: skip
@click.option("--strict", cls=Setting, is_flag=True, help="As in arazzo run.")
@click.pass_context
def command(ctx: click.Context, /, **given: Any) -> None:
    """
    Show what the workflows of FILE need: inputs, credentials and the variables that give
    them, the hosts that are asked, the steps. Nothing is sent.

    \b
    Exit codes:
      0  shown
      2  the command line is wrong
      3  a document cannot be used
      4  a file with secrets cannot be read
    """
    from .execute_show import execute

    ctx.exit(execute(given, os.environ, auth_configuration(ctx)))
