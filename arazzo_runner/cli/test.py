"""``arazzo test``: each workflow of files and folders against the mock, or a server."""

from __future__ import annotations

import os
from typing import Any, cast

import click

from .options import Named, SecretFrom, Setting, auth_configuration


@click.command(
    name="test",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=(
        "Every option that is not repeatable can be set by an environment variable"
        " (ARAZZO_MIN_COVERAGE for --min-coverage), every option also by its long name in"
        " arazzo.toml of the working directory, in a table [test]."
    ),
)
@click.argument("paths", metavar="PATH...", nargs=-1, required=True)
@click.option("--server", cls=Setting, multiple=True, type=Named(web=True),
    metavar="[NAME=]URL",
    help="Run against this server, once each, in place of the mock: of one source "
    "description, or of all. Repeatable.")  # fmt: skip
@click.option("--secret", cls=Setting, multiple=True, type=SecretFrom(),
    metavar="NAME=env:VAR|file:PATH|keyring:SERVICE/USER",
    help="With --server: an input or a credential, for the workflows that have it, as in "
    "arazzo run; ARAZZO_AUTH_… and the table [auth] count as well. Repeatable.")  # fmt: skip
@click.option("--env-file", cls=Setting, type=click.Path(dir_okay=False), metavar="FILE",
    help="As in arazzo run.")  # fmt: skip
@click.option("--source", cls=Setting, multiple=True, type=Named(),
    metavar="[NAME=]PATH",
    help="Where a source description really is: a path or an http(s) URL. Repeatable.")  # fmt: skip
@click.option("--min-coverage", cls=Setting, type=click.FloatRange(0, 100), default=0.0,
    metavar="PERCENT",
    help="Fail if less is covered: of all steps, actions and criteria (each true and false) "
    "of all workflows.  [default: 0]")  # fmt: skip
@click.option("--max-paths", cls=Setting, type=click.IntRange(min=1), default=100, metavar="N",
    help="Paths of a workflow that are run.  [default: 100]")  # fmt: skip
@click.option("-n", "--jobs", cls=Setting, type=click.IntRange(min=0), default=1, metavar="N",
    help="Processes that share the work; 0 for one a processor.  [default: 1]")  # fmt: skip
@click.option("--seed", cls=Setting, type=click.IntRange(min=0), default=0, metavar="N",
    help="What inputs and generated values are drawn from.  [default: 0]")  # fmt: skip
@click.option("--strict", cls=Setting, is_flag=True,
    help="The specification only: dialect forms are errors.")  # fmt: skip
@click.option("--junit", cls=Setting, metavar="FILE",
    help="Also write a JUnit report.")  # fmt: skip
@click.option("--format", cls=Setting, type=click.Choice(("text", "json")), default="text",
    help="How it is shown; json: {\"documents\": [{file, workflow, outcome, reason, "
    "coverage, …}], \"summary\"}.  [default: text]")  # fmt: skip
@click.option("-q", "--quiet", cls=Setting, is_flag=True,
    help="Only the line at the end.")  # fmt: skip
@click.pass_context
def command(ctx: click.Context, /, **given: object) -> None:
    """
    Test every workflow of files, or of folders with files, with inputs that are made from
    their schemas. Against the mock each decision of a workflow is taken once, as by
    `arazzo explore --once`; a workflow passes when some path succeeds.

    \b
    Exit codes:
      0  every workflow passed, and enough is covered
      1  a workflow failed or cannot be used, or too little is covered
      2  the command line is wrong
      3  nothing could be run
    """
    from .execute_suite import execute_suite

    auth = auth_configuration(ctx)
    ctx.exit(execute_suite(cast(dict[str, Any], given), os.environ, auth))
