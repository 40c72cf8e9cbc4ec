"""One test of documents, from options to an exit status."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from ..auth.environment import Reference
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
from .secrets import configured_credentials, with_env_file


def execute_suite(
    given: Mapping[str, Any], environment: Mapping[str, str], auth: object
) -> int:
    """
    Do what *given*, the options by name, says and return the exit status. *auth* is the
    table of that name in ``arazzo.toml``.

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

    try:
        report = run_suite(
            given["paths"],
            _options(given, environment, auth),
            jobs=given["jobs"] or os.cpu_count() or 1,
            on_tried=told if text and not given["quiet"] else None,
        )
        if given["junit"] is not None:
            written = suite_junit(report, given["min_coverage"])
            Path(given["junit"]).write_text(written, "utf-8")
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


def _options(
    given: Mapping[str, Any], environment: Mapping[str, str], auth: object
) -> SuiteOptions:
    """
    Raises:
        InputError: a file with secrets cannot be read.
        UsageError: *auth* holds something else than references.
    """
    variables = dict(with_env_file(environment, given["env_file"]))
    return SuiteOptions(
        server={name or "": url for name, url in given["server"]},
        sources=by_name(given["source"], "--source"),
        strict=given["strict"],
        limits=Limits(paths=given["max_paths"], combined=False),
        seed=given["seed"],
        environment=variables,
        configured=configured_credentials(auth, variables),
        secrets={
            name: Reference(f"--secret {name}", kind, where, variables)
            for name, kind, where in given["secret"]
        },
    )


def _show(report: SuiteReport, given: Mapping[str, Any], messages: Messages) -> None:
    if given["format"] == "json":
        click.echo(suite_json(report, given["min_coverage"]))
        return
    messages.opened = report.texts.get
    display = open_display(sys.stdout)
    if not given["quiet"]:
        display.lines(suite_lines(report, messages.source))
    display.lines(suite_summary(report, given["min_coverage"]))
