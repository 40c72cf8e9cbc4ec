"""
The command ``arazzo``: one module for each of its commands, imported when it is called.

``arazzo --help`` imports click and nothing else of weight; a test holds that.
"""

from __future__ import annotations

import errno
import importlib
import sys
from collections.abc import Sequence
from typing import Final, NoReturn, cast

import click

from .. import __version__
from ..errors import EXIT_STATUS, did_you_mean

# Name to module and what the list of commands says.
_COMMANDS: Final = {
    "run": ("run", "Run a workflow of an Arazzo description."),
    "check": ("check", "Find every problem in files and folders; nothing is sent."),
    "show": ("show", "What a workflow needs and whom it asks; nothing is sent."),
    "mock": ("mock", "A server that answers as the API descriptions of a file say."),
    "explore": ("explore", "Every path of a workflow: coverage, and what is wrong."),
    "test": ("test", "Each workflow of files and folders, against the mock."),
    "explain": ("explain", "What a code such as AZ304 means, with an example."),
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _COMMANDS:
            return None
        module = importlib.import_module(f".{_COMMANDS[cmd_name][0]}", __name__)
        return cast(click.Command, module.command)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in _COMMANDS and not name.startswith("-"):
            if name.lower().endswith((".yaml", ".yml", ".json")):
                hint = f"to run it: arazzo run {name}; to check it: arazzo check {name}"
            else:
                hint = did_you_mean(name, _COMMANDS, "commands")
            ctx.fail(f"there is no command {name!r}; {hint}")
        return super().resolve_command(ctx, args)

    def format_commands(
        self, ctx: click.Context, formatter: click.HelpFormatter
    ) -> None:
        del ctx  # what click does here would import every command
        with formatter.section("Commands"):
            formatter.write_dl([(name, said) for name, (_, said) in _COMMANDS.items()])


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="arazzo", message="%(prog)s %(version)s")
def arazzo() -> None:
    """
    Runs Arazzo workflows: multi-step API calls, as API providers write them down.

    \b
    arazzo run FILE -i prompts.json --secret apiKey=env:API_KEY
    arazzo run FILE --mock      without a network and without a key
    arazzo check workflows/     what is wrong, at file, line and column
    arazzo run --help           every option, exit codes, units
    """


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command with *arguments*, those of the process by default, and exit."""
    try:
        given = None if arguments is None else list(arguments)
        status = arazzo.main(given, prog_name="arazzo", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        status = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        status = EXIT_STATUS["cancelled"]
    except BrokenPipeError:  # of --help | head
        silence_stdout()
        status = 0
    except OSError as error:  # of --help > /dev/full
        if error.errno != errno.ENOSPC:
            raise
        silence_stdout()
        click.echo(f"cannot write: {error.strerror}", err=True)
        status = EXIT_STATUS["usage"]
    sys.exit(status)


def silence_stdout() -> None:
    """Write nothing more to standard output, which takes nothing, not even at the exit."""
    import os

    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, sys.stdout.fileno())
    os.close(null)
