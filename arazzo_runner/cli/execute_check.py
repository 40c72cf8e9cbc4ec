"""One check, from options to an exit status."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any, BinaryIO

import click

from ..checking import CheckReport, check
from ..errors import ArazzoError
from ..reporters.findings import as_json, concise, full, github, summary
from ..reporters.live import Printer, open_display
from . import silence_stdout
from .messages import Messages
from .run import by_name


def execute_check(given: Mapping[str, Any], *, stdin: BinaryIO) -> int:
    """
    Do what *given*, the options by name, says and return the exit status.

    Raises:
        click.ClickException: the command line is wrong.
    """
    messages = Messages()
    paths = given["paths"]
    if list(paths).count("-") > 1:
        raise click.UsageError("standard input (-) can be read only once")
    source = by_name(given["source"], "--source")
    try:
        options: dict[str, Any] = {
            "strict": given["strict"],
            "sources": not given["no_sources"],
            "select": listed(given["select"]),
            "ignore": listed(given["ignore"]),
            "severity": given["severity"],
            "source": source,
        }
        if given["fix"]:
            from ..fixing import fix_files

            for line in fix_files(paths, **options):
                messages.say(line)
        report = check(*paths, stdin=stdin, **options)
        _show(report, given["format"], messages)
    except ArazzoError as error:
        messages.problems(error.problems)
        return error.exit_status
    except BrokenPipeError:
        silence_stdout()
        return 0
    if not given["quiet"] and given["format"] in ("full", "concise"):
        messages.lines([summary(report)])
    return report.exit_status


def listed(given: tuple[str, ...]) -> tuple[str, ...]:
    """What was given, several with commas between among it."""
    return tuple(
        each.strip() for text in given for each in text.split(",") if each.strip()
    )


def _show(report: CheckReport, form: str, messages: Messages) -> None:
    messages.opened = report.texts.get
    display = open_display(sys.stdout)
    match form:
        case "full":
            display.lines(full(report, messages.source))
        case "json":
            click.echo(as_json(report))
        case _:
            show_findings(report, form, display)


def show_findings(report: CheckReport, form: str, display: Printer) -> None:
    """Print the findings in one of the forms that every command has for them."""
    match form:
        case "concise":
            display.lines(concise(report))
        case "sarif":
            from ..reporters.sarif import sarif

            click.echo(sarif(report))
        case _:
            for line in github(report):
                click.echo(line)
