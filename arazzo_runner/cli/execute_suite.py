"""One test of documents, from options to an exit status."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from ..errors import EXIT_STATUS, ArazzoError
from ..exploration.paths import Limits
from ..reporters.live import open_display
from ..reporters.suites import (
    suite_json,
    suite_junit,
    suite_lines,
    suite_summary,
    tried_line,
)
from ..suites import SuiteOptions, SuiteReport, Tried, run_suite
from . import silence_stdout
from .messages import Messages
from .run import by_name


def execute_suite(given: Mapping[str, Any]) -> int:
    """
    Do what *given*, the options by name, says and return the exit status.

    Raises:
        click.ClickException: the command line is wrong.
    """
    messages = Messages()
    text = given["format"] == "text"
    display = open_display(sys.stdout)
    if "-" in given["paths"]:
        raise click.UsageError("standard input (-) cannot be tested: give a file")

    def told(tried: Tried) -> None:
        display.lines([tried_line(tried)])

    options = SuiteOptions(
        server={name or "": url for name, url in given["server"]},
        sources=by_name(given["source"], "--source"),
        strict=given["strict"],
        limits=Limits(paths=given["max_paths"], combined=False),
        seed=given["seed"],
    )
    try:
        report = run_suite(
            given["paths"],
            options,
            jobs=given["jobs"] or os.cpu_count() or 1,
            on_tried=told if text and not given["quiet"] else None,
        )
        if given["junit"] is not None:
            Path(given["junit"]).write_text(suite_junit(report), "utf-8")
    except ArazzoError as error:
        messages.problems(error.problems)
        return error.exit_status
    except BrokenPipeError:
        silence_stdout()
        return 0
    except OSError as error:
        messages.say(f"cannot write the report: {error}")
        return EXIT_STATUS["usage"]
    _show(report, given, messages)
    return report.exit_status(given["min_coverage"])


def _show(report: SuiteReport, given: Mapping[str, Any], messages: Messages) -> None:
    if given["format"] == "json":
        click.echo(suite_json(report))
        return
    messages.opened = report.texts.get
    display = open_display(sys.stdout)
    if not given["quiet"]:
        display.lines(suite_lines(report, messages.source))
    display.lines(suite_summary(report, given["min_coverage"]))
