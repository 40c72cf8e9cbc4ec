"""One run, from options to an exit status."""

from __future__ import annotations

import io
import os
import secrets as randomness
import sys
from collections.abc import Mapping
from contextlib import closing
from typing import TYPE_CHECKING, BinaryIO, Final

import click

from ..engine.plan import Plan
from ..engine.schemas import follow_ref, input_properties
from ..errors import EXIT_STATUS, ArazzoError, Location
from ..inputs.prepare import dependencies
from ..masking import Masker
from ..messages import JSON
from ..model import Workflow
from ..reporters.terminal import open_terminal
from ..result import RunResult
from ..runner import Runner
from . import silence_stdout
from .dry_run import dry_run_text
from .inputs import Declared, Given, collect
from .messages import Messages, all_problems
from .run import Options
from .secrets import configured_credentials, split, with_env_file
from .signals import ending_on_signals, say
from .targets import Targets, standard_output

if TYPE_CHECKING:
    from ..mock.scenario import Scenario

_WAITING: Final = (
    "interrupted: waiting for the answer to a POST; press Ctrl-C again to stop at once"
)


def execute(
    options: Options, *, environment: Mapping[str, str], stdin: BinaryIO
) -> int:
    """
    Do what *options* say and return the exit status.

    Raises:
        click.ClickException: the command line is wrong.
    """
    messages = Messages()
    hidden = Masker()
    try:
        return _execute(options, environment, stdin, messages, hidden)
    except ArazzoError as error:
        unfinished = getattr(error, "result", None)
        if unfinished is None or unfinished.error is None:  # else the reporter said it
            messages.problems(all_problems(error))
        return error.exit_status
    except KeyboardInterrupt:
        messages.say("interrupted")
        return EXIT_STATUS["cancelled"]
    except click.ClickException:
        raise
    except BrokenPipeError:
        silence_stdout()
        return 0
    except Exception as error:  # a defect of ours: said as one, with its own exit code
        messages.defect(error, hidden.text, whole=options.verbosity > 0)
        return EXIT_STATUS["defect"]


def _execute(
    options: Options,
    environment: Mapping[str, str],
    stdin: BinaryIO,
    messages: Messages,
    hidden: Masker,
) -> int:
    if options.insecure and not options.mock:
        messages.warn("--insecure: TLS certificates are not verified")
    environment = with_env_file(environment, options.env_file)
    with _open(options, environment, stdin, messages) as runner:
        workflow = runner.workflow(options.workflow)
        secrets = _secure(options, runner, workflow, environment)
        targets = Targets.of(options.output, workflow.outputs)
        plan = runner.plan(workflow.workflow_id)
        secret = plan.secret_inputs
        declared = _declared(runner, workflow, plan)
        given = Given(
            configured=options.configured_inputs,
            environment=environment,
            flags=options.input,
            secrets=secrets,
            stdin=stdin,
        )
        inputs = collect(declared, given)
        for name in secret & inputs.keys():
            hidden.add(str(inputs[name]))
        if options.dry_run:
            steps = runner.dry_run(workflow.workflow_id, inputs)
            _print_text(dry_run_text(workflow.workflow_id, steps))
            return 0
        return _run(options, runner, workflow, inputs, targets, messages)


def _secure(
    options: Options,
    runner: Runner,
    workflow: Workflow,
    environment: Mapping[str, str],
) -> list[tuple[str, str, str]]:
    """Give the runner what ``--secret`` names; the inputs among them."""
    if not options.secret:
        return []
    plan = runner.plan(workflow.workflow_id)
    declared = _declared(runner, workflow, plan)
    schemes = runner.credentials(workflow.workflow_id).available.known
    inputs, credentials = split(options.secret, declared, schemes, environment)
    runner.secure([name for name, _, _ in inputs], credentials)
    return inputs


def _open(
    options: Options,
    environment: Mapping[str, str],
    stdin: BinaryIO,
    messages: Messages,
) -> Runner:
    if options.description == "-":
        messages.stdin = stdin.read()
        stdin = io.BytesIO(messages.stdin)
    runner = Runner(
        options.description,
        servers=options.servers,
        server_variables=options.server_variables,
        sources=options.sources,
        strict=options.strict,
        mock=options.mock,
        mock_polls=options.mock_polls,
        scenario=_scenario(options),
        pacing=options.pacing,
        retry=options.retry,
        timeout=options.timeout,
        max_steps=options.max_steps,
        max_depth=options.max_depth,
        contract=options.contract,
        headers=options.header,
        proxy=options.proxy,
        cacert=options.cacert,
        insecure=options.insecure,
        stdin=stdin,
        environment=environment,
        configured=configured_credentials(options.configured_auth, environment),
        tell=messages.say if sys.stderr.isatty() else None,
    )
    messages.opened = runner.source_text
    return runner


def _scenario(options: Options) -> Scenario | None:
    if options.scenario is None and not options.fault:
        return None
    from .execute_mock import scenario_of

    return scenario_of(options.scenario, options.fault)


def _declared(runner: Runner, workflow: Workflow, plan: Plan) -> Declared:
    """The inputs that may be given: the workflow's, and for what it depends on."""
    schema = follow_ref(workflow.inputs, runner.description.root)
    more = False
    if isinstance(schema, Mapping):
        more = "patternProperties" in schema or bool(
            schema.get("additionalProperties", False)
        )

    def locate(name: str) -> Location:
        path = (*workflow.path, "inputs", "properties", name)
        return runner.description.locate(path)

    schemas: dict[str, JSON] = {}
    for name in dependencies(plan):
        other = plan.plans[name]
        schemas.update(input_properties(other.unit.description, other.workflow))
        schemas[name] = {"type": "object"}
    return Declared(
        workflow.workflow_id,
        {**schemas, **input_properties(runner.description, workflow)},
        plan.secret_inputs,
        open=more,
        locate=locate,
    )


def _run(
    options: Options,
    runner: Runner,
    workflow: Workflow,
    inputs: Mapping[str, object],
    targets: Targets,
    messages: Messages,
) -> int:
    run_id = f"run-{randomness.token_hex(8)}"
    terminal = open_terminal(
        sys.stderr,
        verbosity=options.verbosity,
        mock=options.mock,
        source=messages.source,
    )

    def interruptible() -> bool:
        return runner.interruptible(run_id)

    def cancel() -> bool:
        ended = runner.cancel(run_id)
        if ended and not options.mock:
            say(_WAITING)
        return ended

    with ending_on_signals(interruptible, cancel):
        try:
            with closing(terminal):
                result = runner.run(
                    workflow.workflow_id,
                    inputs,
                    run_id=run_id,
                    downloads=targets.downloads,
                    observers=(terminal,),
                )
        except KeyboardInterrupt as interruption:
            unfinished: RunResult | None = getattr(interruption, "result", None)
            if unfinished is None or unfinished.succeeded:
                raise
            result = unfinished
        with result:
            return _finish(options, result, targets, messages)


def _finish(
    options: Options, result: RunResult, targets: Targets, messages: Messages
) -> int:
    """Write the outputs of a run that has ended, and say what has become of them."""
    if not result.succeeded:
        for name, part in targets.leftovers():
            messages.say(f"what came of the output {name!r} is in {_shown(part)}")
        return result.exit_status
    try:
        problems = targets.write(result.outputs, result.bodies)
    except BrokenPipeError:
        silence_stdout()
        problems = ()
    if problems:
        messages.problems(problems)
        return EXIT_STATUS["usage"]
    if targets.whole is not None and options.verbosity >= 0:
        messages.say(f"outputs written to {targets.whole}")
    warnings = [each for each in result.warnings if each.severity == "warning"]
    if options.fail_on_warning and warnings:
        messages.say(f"failed because of --fail-on-warning: {len(warnings)} given")
        return 1
    return 0


def _shown(path: os.PathLike[str]) -> str:
    """A path as short as it can be written here."""
    relative = os.path.relpath(path)
    return relative if not relative.startswith("..") else os.fspath(path)


def _print_text(text: str) -> None:
    with standard_output() as stream:
        stream.write(text.encode("utf-8", "replace"))
