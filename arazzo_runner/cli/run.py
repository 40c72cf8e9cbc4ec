"""``arazzo run``: options, one call of the library, an exit code."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import click
from click.core import ParameterSource

from .options import (
    Duration,
    Field,
    Named,
    SecretFrom,
    Setting,
    auth_configuration,
    configuration,
)

if TYPE_CHECKING:
    from ..engine.plan import Contract, Pacing

_SECONDS = Duration()


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the command line, the environment and ``arazzo.toml`` say. Times in seconds."""

    description: str
    workflow: str | None
    input: tuple[str, ...]
    secret: tuple[tuple[str, str, str], ...]
    env_file: str | None
    server: tuple[tuple[str | None, str], ...]
    server_var: tuple[tuple[str | None, str], ...]
    source: tuple[tuple[str | None, str], ...]
    mock: bool
    mock_polls: int
    scenario: str | None
    fault: tuple[str, ...]
    poll_interval: float | None
    poll_max_interval: float | None
    poll_timeout: float | None
    timeout: float
    retry: int
    max_steps: int
    max_depth: int
    contract: Contract
    fail_on_warning: bool
    header: tuple[tuple[str, str], ...]
    proxy: str | None
    cacert: str | None
    insecure: bool
    output: tuple[tuple[str | None, str], ...]
    strict: bool
    dry_run: bool
    verbose: bool
    quiet: bool
    configured_inputs: object = None
    configured_auth: object = None
    verbosity: int = 0

    @property
    def servers(self) -> str | Mapping[str, str] | None:
        """As `Runner` takes them."""
        return by_name(self.server, "--server")

    @property
    def server_variables(self) -> Mapping[str, str]:
        """As `Runner` takes them."""
        return {name: text for name, text in self.server_var if name is not None}

    @property
    def sources(self) -> str | Mapping[str, str] | None:
        """As `Runner` takes them."""
        return by_name(self.source, "--source")

    @property
    def pacing(self) -> Pacing:
        """As `Runner` takes it; a longest wait that is not given is never below the first."""
        from ..engine.plan import Pacing

        usual = Pacing()
        first = self.poll_interval if self.poll_interval else usual.interval
        longest = self.poll_max_interval
        if longest is None:
            longest = max(first, usual.max_interval)
        if self.poll_interval is None:
            first = min(first, longest)
        if first > longest:
            raise click.UsageError(
                f"--poll-interval is {first:g} s, more than --poll-max-interval,"
                f" {longest:g} s"
            )
        total = self.poll_timeout or usual.timeout
        return Pacing(interval=first, max_interval=longest, timeout=total)


def by_name(
    given: tuple[tuple[str | None, str], ...], flag: str
) -> str | Mapping[str, str] | None:
    """
    What was given for source descriptions: by name, or one text for the only one.

    Raises:
        click.UsageError: several without names.
    """
    if not given:
        return None
    named = {name: text for name, text in given if name is not None}
    unnamed = [text for name, text in given if name is None]
    if not unnamed:
        return named
    if named or len(unnamed) > 1:
        raise click.UsageError(f"several {flag} need names: {flag} NAME={unnamed[0]}")
    return unnamed[0]


@click.command(
    name="run",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=(
        "Every option that is not repeatable can be set by an environment variable"
        " (ARAZZO_POLL_TIMEOUT for --poll-timeout), every input by ARAZZO_INPUT_<NAME>,"
        " every credential by ARAZZO_AUTH_<SOURCE>_<SCHEME> (arazzo show lists them);"
        " every option also by its long name in arazzo.toml of the working directory."
        " The command line wins, then the environment, then the file."
    ),
)
@click.argument("description", metavar="FILE")
@click.option("-w", "--workflow", cls=Setting, metavar="ID",
    help="Which workflow; may be left out when the file has one.")  # fmt: skip
@click.option("-i", "--input", cls=Setting, multiple=True, metavar="NAME=VALUE|FILE|-|JSON",
    help="Inputs. The workflow's schema decides the type of VALUE: a string takes the text "
    "as it is, others are JSON. NAME=@PATH reads a file (uploads it, or reads JSON, YAML "
    "or JSON lines for an object or array); NAME=@@TEXT is text that begins with @. FILE "
    "is a JSON or YAML file with a whole set, - standard input. Repeatable; later wins.")  # fmt: skip
@click.option("--secret", cls=Setting, multiple=True, type=SecretFrom(),
    metavar="NAME=env:VAR|file:PATH|keyring:SERVICE/USER",
    help="An input, or the credential of a security scheme (SCHEME, SOURCE.SCHEME, "
    "SCHEME.client_id, …), taken from the environment, a file or the keyring, and never "
    "printed. Repeatable.")  # fmt: skip
@click.option("--env-file", cls=Setting, type=click.Path(dir_okay=False), metavar="FILE",
    help="A .env file whose variables count where the environment has none.")  # fmt: skip
@click.option("--server", cls=Setting, multiple=True, type=Named(web=True),
    metavar="[NAME=]URL",
    help="Replace the server of a source description, or of the only one. Repeatable.")  # fmt: skip
@click.option("--server-var", cls=Setting, multiple=True, type=Named(needs_name=True),
    metavar="NAME=VALUE",
    help="A variable in the URL of a server; SOURCE.NAME=VALUE for that of one source "
    "description. Repeatable.")  # fmt: skip
@click.option("--source", cls=Setting, multiple=True, type=Named(),
    metavar="[NAME=]PATH",
    help="Where a source description really is: a path or an http(s) URL. Repeatable.")  # fmt: skip
@click.option("--mock", cls=Setting, is_flag=True,
    help="Answer from a generated mock instead of the network; waits take no time.")  # fmt: skip
@click.option("--mock-polls", cls=Setting, type=click.IntRange(0), default=2, metavar="N",
    help="With --mock: after how many polls a job ends.  [default: 2]")  # fmt: skip
@click.option("--scenario", cls=Setting, metavar="FILE",
    help="With --mock: what to answer in place of what the mock makes itself.")  # fmt: skip
@click.option("--fault", cls=Setting, multiple=True, metavar="STEP=STATUS|FAULT[xN]",
    help="With --mock: a reply of STEP, STEP=429:Retry-After=2x3 for its first 3 calls; "
    "faults are reset, time-out, truncated, slow, invalid-json, wrong-schema. "
    "Repeatable; of one step each is for the calls after the one before.")  # fmt: skip
@click.option("--poll-interval", cls=Setting, type=_SECONDS, metavar="SECONDS",
    help="First wait before a poll; each is half as long again as the last.  [default: 1]")  # fmt: skip
@click.option("--poll-max-interval", cls=Setting, type=_SECONDS, metavar="SECONDS",
    help="Longest wait between polls.  [default: 30]")  # fmt: skip
@click.option("--poll-timeout", cls=Setting, type=_SECONDS, metavar="SECONDS",
    help="Total time for the polls of a step.  [default: 25h]")  # fmt: skip
@click.option("--timeout", cls=Setting, type=_SECONDS, default=30.0, metavar="SECONDS",
    help="To connect, and without a byte; no limit on a long transfer.  [default: 30]")  # fmt: skip
@click.option("--retry", cls=Setting, type=click.IntRange(0), default=3, metavar="N",
    help="Send a GET or HEAD that no failure action looks after up to N times again after "
    "a lost connection, 429, 502, 503, 504 or 529.  [default: 3]")  # fmt: skip
@click.option("--max-steps", cls=Setting, type=click.IntRange(1), default=1000, metavar="N",
    help="Steps a run may take; polls do not count.  [default: 1000]")  # fmt: skip
@click.option("--max-depth", cls=Setting, type=click.IntRange(1, 100), default=32, metavar="N",
    help="How deep workflows may call workflows.  [default: 32]")  # fmt: skip
@click.option("--contract", cls=Setting, type=click.Choice(["off", "warn", "fail"]),
    default="warn", metavar="off|warn|fail",
    help="Compare each request and response with its description: not at all, with "
    "warnings, or ending the run at the first difference.  [default: warn]")  # fmt: skip
@click.option("--fail-on-warning", cls=Setting, is_flag=True,
    help="Exit with 1 after a success with warnings.")  # fmt: skip
@click.option("-H", "--header", cls=Setting, multiple=True, type=Field(),
    metavar="'NAME: VALUE'", help="A header field for every request. Repeatable.")  # fmt: skip
@click.option("--proxy", cls=Setting, metavar="URL",
    help="As in curl; HTTPS_PROXY and NO_PROXY are honoured.")  # fmt: skip
@click.option("--cacert", cls=Setting, type=click.Path(exists=True, dir_okay=False),
    metavar="FILE", help="Certificates to trust, in PEM; SSL_CERT_FILE is honoured.")  # fmt: skip
@click.option("--insecure", cls=Setting, is_flag=True,
    help="Do not verify TLS certificates.")  # fmt: skip
@click.option("-o", "--output", cls=Setting, multiple=True, type=Named(),
    metavar="[NAME=]FILE",
    help="Write all outputs as JSON to a file, or one output's value as it is (streamed; "
    "FILE.part until it is whole). Repeatable.")  # fmt: skip
@click.option("--strict", cls=Setting, is_flag=True,
    help="The specification only: no dialect rules.")  # fmt: skip
@click.option("--dry-run", cls=Setting, is_flag=True,
    help="Say what would be sent, and send nothing.")  # fmt: skip
@click.option("-v", "--verbose", cls=Setting, is_flag=True,
    help="Show requests and responses as well.")  # fmt: skip
@click.option("-q", "--quiet", cls=Setting, is_flag=True, help="Show errors only.")  # fmt: skip
@click.pass_context
def command(ctx: click.Context, /, **given: object) -> None:
    """
    Run a workflow of FILE, an Arazzo description: a path, an http(s) URL, or - for
    standard input.

    Standard output carries the outputs as JSON and nothing else; progress and messages go
    to standard error. SECONDS may have a unit: 30s, 5m, 25h.

    \b
    Exit codes:
      0    the workflow succeeded
      1    it failed on its own terms: a criterion did not hold, an action ended it
      2    the command line is wrong, an unknown workflow among it
      3    a document cannot be used: not found, YAML, structure, reference, expression
      4    inputs or credentials are missing or invalid; nothing was sent
      5    a request got no response, after retries
      6    a limit was hit: poll time-out, steps, size
      7    refused by policy: host, redirect, private address, path
      70   a defect of arazzo
      130  interrupted
    """
    options = Options(
        **cast(dict[str, Any], given),
        configured_inputs=configuration(ctx).get("input"),
        configured_auth=auth_configuration(ctx),
        verbosity=_verbosity(ctx),
    )
    _check(options)
    from .execute import execute

    # `<&-` leaves no standard input at all.
    stdin = sys.stdin.buffer if sys.stdin is not None else io.BytesIO()
    ctx.exit(execute(options, environment=os.environ, stdin=stdin))


def _verbosity(ctx: click.Context) -> int:
    """-1, 0 or 1: ``-v`` overrules ``ARAZZO_QUIET``, and the other way round."""
    typed = {
        name: ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE
        for name in ("verbose", "quiet")
    }
    verbose, quiet = bool(ctx.params["verbose"]), bool(ctx.params["quiet"])
    if verbose and quiet and typed["verbose"] == typed["quiet"]:
        raise click.UsageError("--verbose and --quiet exclude each other")
    if verbose and quiet:
        return 1 if typed["verbose"] else -1
    return verbose - quiet


def _check(options: Options) -> None:
    """
    Raises:
        click.UsageError: options that do not go together.
    """
    stdins = (options.description == "-") + options.input.count("-")
    if stdins > 1:
        raise click.UsageError("standard input (-) can be read only once")
    if (options.scenario or options.fault) and not options.mock:
        raise click.UsageError(
            "--scenario and --fault tell a mock what to do: add --mock"
        )
    _ = options.servers, options.sources, options.pacing
