"""``arazzo check``: every problem of files and folders, without sending anything."""

from __future__ import annotations

import io
import sys
from typing import Any, cast

import click

from .options import Named, Setting

_FORMATS = ("full", "concise", "json", "github", "sarif")


@click.command(
    name="check",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=(
        "Every option that is not repeatable can be set by an environment variable"
        " (ARAZZO_FORMAT for --format), every option also by its long name in arazzo.toml"
        " of the working directory, in a table [check]."
    ),
)
@click.argument("paths", metavar="PATH...", nargs=-1, required=True)
@click.option("--format", cls=Setting, type=click.Choice(_FORMATS), default="full",
    help="How findings are shown; json: {\"findings\": [{code, name, severity, message, file, "
    "line, column, endColumn, hint, related, fixable}], \"summary\"}.  [default: full]")  # fmt: skip
@click.option("--select", cls=Setting, multiple=True, metavar="CODE",
    help="Only these findings: a code, the beginning of one (AZ3), or a readable name; "
    "several with commas between. Repeatable.")  # fmt: skip
@click.option("--ignore", cls=Setting, multiple=True, metavar="CODE",
    help="Not these findings. Repeatable.")  # fmt: skip
@click.option("--severity", cls=Setting, type=click.Choice(("error", "warning", "info")),
    default="warning", help="The least that is shown.  [default: warning]")  # fmt: skip
@click.option("--fix", cls=Setting, is_flag=True,
    help="Rewrite dialect forms into the specification's, where no person is needed; comments "
    "and layout stay.")  # fmt: skip
@click.option("--strict", cls=Setting, is_flag=True,
    help="The specification only: dialect forms are errors.")  # fmt: skip
@click.option("--no-sources", cls=Setting, is_flag=True,
    help="Check the documents alone: source descriptions are not opened.")  # fmt: skip
@click.option("--source", cls=Setting, multiple=True, type=Named(),
    metavar="[NAME=]PATH",
    help="Where a source description really is: a path or an http(s) URL. Repeatable.")  # fmt: skip
@click.option("-q", "--quiet", cls=Setting, is_flag=True,
    help="No line at the end that sums up.")  # fmt: skip
@click.pass_context
def command(ctx: click.Context, /, **given: object) -> None:
    """
    Find every problem in Arazzo documents: files, folders with files, http(s) URLs, or -
    for standard input. Nothing is sent.

    Findings go to standard output, what sums them up to standard error.

    \b
    Exit codes:
      0  no errors
      1  errors were found, of any kind
      2  the command line is wrong
      3  nothing could be read
    """
    from .execute_check import execute_check

    # `<&-` leaves no standard input at all.
    stdin = sys.stdin.buffer if sys.stdin is not None else io.BytesIO()
    ctx.exit(execute_check(cast(dict[str, Any], given), stdin=stdin))
