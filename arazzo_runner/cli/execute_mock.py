"""One ``arazzo mock``, from options to an exit status."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

import click

from ..errors import ArazzoError
from ..mock.app import MockApp
from ..mock.scenario import Scenario, open_scenario, read_fault
from ..mock.server import MockServer
from ..runner import Runner
from .messages import Messages, all_problems
from .run import by_name


def scenario_of(path: str | None, faults: tuple[str, ...]) -> Scenario | None:
    """
    The scenario at *path* with *faults*; None without both.

    Raises:
        DocumentError: it is none; with every problem.
        UsageError: a fault is none.
    """
    if path is None and not faults:
        return None
    found = open_scenario(path) if path is not None else Scenario()
    return found.with_faults(tuple(read_fault(each) for each in faults))


def execute(given: Mapping[str, Any]) -> int:
    """Serve what *given* asks for until Ctrl-C, and return the exit status."""
    messages = Messages()
    try:
        scenario = scenario_of(given["scenario"], given["fault"])
        with Runner(
            given["description"],
            sources=by_name(given["source"], "--source"),
            strict=given["strict"],
            mock=True,
        ) as runner:
            messages.opened = runner.source_text
            wanted = given["workflow"] or (scenario.workflow if scenario else None)
            names = [each.workflow_id for each in runner.description.workflows]
            plans = [runner.plan(name) for name in ([wanted] if wanted else names)]
            app = MockApp(
                plans,
                runner.api_descriptions,
                scenario=scenario,
                polls=given["mock_polls"],
                seed=given["seed"],
            )
            log = None if given["quiet"] else messages.say
            with MockServer(app, given["port"], log) as server:
                _wait(server, messages)
    except ArazzoError as error:
        messages.problems(all_problems(error))
        return error.exit_status
    return 0


def _wait(server: MockServer, messages: Messages) -> None:
    width = max((len(name) for name in server.addresses), default=0)
    for name, url in server.addresses.items():
        click.echo(f"{name.ljust(width)}  {url}")
    messages.say("the mock is ready; Ctrl-C ends it")
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        messages.say("ended")
