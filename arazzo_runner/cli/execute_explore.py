"""One exploration, from options to an exit status."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import click

from ..checking import CheckedFile, CheckReport, Selection, known_pattern
from ..engine.plan import Plan
from ..engine.schemas import input_properties
from ..errors import EXIT_STATUS, ArazzoError, InputError, Location
from ..exploration.paths import Limits
from ..exploring import Exploration, explore
from ..inputs.prepare import dependencies
from ..masking import Masker
from ..messages import JSON
from ..reporters.exploration import exploration_json, exploration_lines, finding_lines
from ..reporters.live import open_display
from ..reporters.text import count
from . import silence_stdout
from .execute_check import listed, show_findings
from .inputs import Declared, Given, collect
from .messages import Messages, all_problems
from .run import by_name


def execute_explore(
    given: Mapping[str, Any], *, environment: Mapping[str, str], stdin: BinaryIO
) -> int:
    """
    Do what *given*, the options by name, says and return the exit status.

    Raises:
        click.ClickException: the command line is wrong.
    """
    messages = Messages()
    if given["description"] == "-" and "-" in given["input"]:
        raise click.UsageError("standard input (-) can be read only once")
    wanted = _wanted(given)
    try:
        found = explore(
            given["description"],
            given["workflow"],
            _Inputs(given, environment, stdin),
            sources=by_name(given["source"], "--source"),
            secrets=[name for name, _, _ in given["secret"]],
            strict=given["strict"],
            limits=Limits(
                paths=given["max_paths"],
                requests=given["max_requests"],
                loops=given["loops"],
                combined=not given["once"],
            ),
            seed=given["seed"],
            stdin=stdin,
        )
        found = found.only(wanted.wants)
        messages.opened = found.texts.get
        _show(found, given, messages)
        if given["output_dir"] is not None:
            written = _write(found, Path(given["output_dir"]))
            messages.say(f"{count(written, 'scenario')} in {given['output_dir']}")
    except ArazzoError as error:
        messages.problems(all_problems(error))
        return error.exit_status
    except BrokenPipeError:
        silence_stdout()
        return 0
    except OSError as error:
        messages.say(f"cannot write scenarios: {error}")
        return EXIT_STATUS["usage"]
    except click.ClickException:
        raise
    except Exception as error:  # a defect of ours: said as one, with its own exit code
        hidden = Masker(environment.get(each[2], "") for each in given["secret"])
        messages.defect(error, hidden.text, whole=given["verbose"])
        return EXIT_STATUS["defect"]
    return found.exit_status


class _Inputs:
    """Gives what was written after ``-i`` and ``--secret`` for a plan."""

    def __init__(
        self, given: Mapping[str, Any], environment: Mapping[str, str], stdin: BinaryIO
    ) -> None:
        self._given = given
        self._environment = environment
        self._stdin = stdin

    def __bool__(self) -> bool:
        return bool(self._given["input"] or self._given["secret"])

    def __call__(self, plan: Plan) -> Mapping[str, object]:
        if not self:
            return {}
        several = len(plan.unit.description.workflows) > 1
        if several and self._given["workflow"] is None:
            raise InputError(
                "the file has several workflows: say which one the inputs are for",
                code="usage",
                hint="-w ID",
            )
        return collect(
            _declared(plan),
            Given(
                environment=self._environment,
                flags=self._given["input"],
                secrets=self._given["secret"],
                stdin=self._stdin,
            ),
        )


def _declared(plan: Plan) -> Declared:
    schemas: dict[str, JSON] = {}
    for name in dependencies(plan):
        other = plan.plans[name]
        schemas.update(input_properties(other.unit.description, other.workflow))
        schemas[name] = {"type": "object"}
    description, workflow = plan.unit.description, plan.workflow

    def locate(name: str) -> Location:
        return description.locate((*workflow.path, "inputs", "properties", name))

    return Declared(
        workflow.workflow_id,
        {**schemas, **input_properties(description, workflow)},
        plan.secret_inputs,
        locate=locate,
    )


def _wanted(given: Mapping[str, Any]) -> Selection:
    """
    Raises:
        click.UsageError: no finding has such a code or name.
    """
    select, ignore = listed(given["select"]), listed(given["ignore"])
    for each in (*select, *ignore):
        if not known_pattern(each):
            raise click.UsageError(
                f"there is no code or name of a finding like {each!r};"
                " `arazzo explain` lists them"
            )
    return Selection(select, ignore, given["severity"])


def _show(found: Exploration, given: Mapping[str, Any], messages: Messages) -> None:
    display = open_display(sys.stdout)
    report = CheckReport(
        files=(CheckedFile(path=found.uri, findings=found.findings),), texts=found.texts
    )
    match given["format"]:
        case "json":
            click.echo(exploration_json(found))
        case "table":
            display.lines(
                exploration_lines(found, every=given["verbose"], quiet=given["quiet"])
            )
            display.lines(finding_lines(found.findings, messages.source))
        case form:
            show_findings(report, form, display)
    for problems in found.problems.values():
        messages.problems(problems)


def _write(found: Exploration, folder: Path) -> int:
    """
    Write the scenario files; how many. Those that an earlier exploration of the same
    workflows wrote there, and this one did not, are removed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    several = len(found.workflows) > 1
    written: set[Path] = set()
    for one in found.workflows:
        width = max(2, len(str(len(one.paths))))
        name = re.sub(r"[^A-Za-z0-9._-]+", "-", one.workflow_id) if several else ""
        for path in one.paths:
            parts = [name, f"path-{path.number:0{width}}", path.status]
            file = "-".join(each for each in parts if each) + ".scenario.yaml"
            (folder / file).write_text(one.scenario(path), "utf-8")
            written.add(folder / file)
    ours = tuple(f"of workflow {one.workflow_id}: " for one in found.workflows)
    for each in sorted(folder.glob("*path-*.scenario.yaml")):
        if each not in written:
            with each.open(encoding="utf-8", errors="replace") as text:
                first = text.readline(1000)
            if first.startswith("# Path ") and any(name in first for name in ours):
                each.unlink()
    return len(written)
