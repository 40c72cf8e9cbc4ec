"""
What options take, and where else their values come from.

A value is looked for on the command line, in the environment (``ARAZZO_TIMEOUT`` for
``--timeout``), in ``arazzo.toml`` of the working directory, in that order; then comes the
default. In the file the options of ``arazzo run`` stand at the top, those of another command
in a table of its name. Options that may be repeated have no environment variable.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import click
from click.core import ParameterSource

from ..errors import did_you_mean

CONFIGURATION: Final = "arazzo.toml"
#: Tables of the file for other commands than `arazzo run`.
_TABLES: Final = ("check", "show", "mock", "explore", "test", "auth")
_AUTH: Final = f"{__name__}.auth"
_UNITS: Final = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}
_DURATION = re.compile(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)\s*([a-z]*)", re.ASCII)
# What begins like this is a path, whatever else is in it.
_PATH = re.compile(r"\.{0,2}[/\\]|[A-Za-z]:[/\\]")
_WEB = re.compile(r"https?://[^\s/]", re.IGNORECASE)
# RFC 9110, 5.6.2 and 5.5
_FIELD_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_FIELD_VALUE = re.compile(r"[^\x00-\x08\x0a-\x1f\x7f]*")


class Setting(click.Option):
    """An option with an environment variable (unless repeatable) and a key in the file."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.multiple:
            self.envvar = "ARAZZO_" + self.key.upper().replace("-", "_")

    @property
    def key(self) -> str:
        """The long flag without its dashes."""
        return max(self.opts, key=len).lstrip("-")

    def consume_value(
        self, ctx: click.Context, opts: Mapping[str, Any]
    ) -> tuple[Any, ParameterSource]:
        value, source = super().consume_value(ctx, opts)
        if self.key == "input":  # they are merged with the environment later
            return value, source
        configured = configuration(ctx).get(self.key)
        if configured is None:
            return value, source
        if self.multiple:
            given = list(value or ()) if source is ParameterSource.COMMANDLINE else []
            return [*_listed(self, configured), *given], ParameterSource.DEFAULT_MAP
        if source is ParameterSource.DEFAULT:
            return _single(self, configured), ParameterSource.DEFAULT_MAP
        return value, source

    def get_error_hint(self, ctx: click.Context | None) -> str:
        hint = super().get_error_hint(ctx)
        source = ctx.get_parameter_source(self.name or "") if ctx else None
        if source is ParameterSource.ENVIRONMENT:
            return f"{hint} (from {self.envvar})"
        if source is ParameterSource.DEFAULT_MAP and not self.multiple:
            return f"{hint} (from {CONFIGURATION})"
        return hint


def auth_configuration(ctx: click.Context) -> object:
    """The table ``[auth]`` of ``arazzo.toml``, or None. Raises as `configuration`."""
    configuration(ctx)
    return ctx.meta.get(_AUTH)


def configuration(ctx: click.Context) -> Mapping[str, Any]:
    """
    What ``arazzo.toml`` in the working directory says, by long flag name.

    Raises:
        click.UsageError: it cannot be read, or it has a key that is no flag.
    """
    key = f"{__name__}.configuration"
    if key not in ctx.meta:
        ctx.meta[key] = _configuration(ctx)
    found: Mapping[str, Any] = ctx.meta[key]
    return found


def _configuration(ctx: click.Context) -> Mapping[str, Any]:
    try:
        text = Path(CONFIGURATION).read_text("utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise click.UsageError(f"{CONFIGURATION} cannot be read: {error}") from None
    import tomllib

    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise click.UsageError(f"{CONFIGURATION} is not TOML: {error}") from None
    own = found.pop(ctx.command.name or "", {}) if ctx.command.name != "run" else {}
    if not isinstance(own, dict):
        raise click.UsageError(f"{CONFIGURATION}: {ctx.command.name} is a table")
    tables = [
        name for name in found if name in _TABLES and isinstance(found[name], dict)
    ]
    for name in tables:
        table = found.pop(name)
        if name == "auth":
            ctx.meta[_AUTH] = table
    if ctx.command.name != "run":
        found = own  # what stands at the top is for `arazzo run`
    known = [each.key for each in ctx.command.params if isinstance(each, Setting)]
    for name in found:
        if name not in known:
            raise click.UsageError(
                f"{CONFIGURATION}: there is no option {name!r};"
                f" {did_you_mean(name, known, 'options')}"
            )
    return found


def _single(option: Setting, value: object) -> object:
    if option.is_flag:
        if isinstance(value, bool):
            return value
        raise click.UsageError(f"{CONFIGURATION}: {option.key} is true or false")
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise click.UsageError(f"{CONFIGURATION}: {option.key} is one text or number")
    return str(value)


def _listed(option: Setting, value: object) -> list[str]:
    """The values of a repeatable option: one text, several, or a table of names."""
    between = ": " if option.key == "header" else "="
    match value:
        case str():
            return [value]
        case dict() if all(isinstance(each, str) for each in value.values()):
            return [f"{name}{between}{text}" for name, text in value.items()]
        case list() if all(isinstance(each, str) for each in value):
            return value
        case _:
            raise click.UsageError(
                f"{CONFIGURATION}: {option.key} is a list of texts, or a table of them"
            )


# --- types of values ----------------------------------------------------------------------


class Duration(click.ParamType):  # type: ignore[type-arg]
    """Seconds: ``30``, ``30s``, ``5m``, ``25h``; more than nothing."""

    name = "duration"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        if isinstance(value, float):
            return value
        found = _DURATION.fullmatch(str(value).strip())
        if not found or found[2] not in _UNITS:
            self.fail(
                f"{value!r} is not a time: write seconds, or a number with s, m or h"
                " (30, 30s, 5m, 25h).",
                param,
                ctx,
            )
        seconds = float(found[1]) * _UNITS[found[2]]
        if not 0 < seconds < 1e9:
            self.fail(f"{value!r} is not a time above zero.", param, ctx)
        return seconds


class Named(click.ParamType):  # type: ignore[type-arg]
    """
    ``NAME=TEXT``, or only ``TEXT``; gives (name or None, text).

    What begins like a path or a URL has no name in it.
    """

    name = "named"

    def __init__(self, *, web: bool = False, needs_name: bool = False) -> None:
        self._web = web
        self._needs_name = needs_name

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str | None, str]:
        if not isinstance(value, str):
            return value  # type: ignore[no-any-return]
        name, text = split_name(value)
        if not text:
            self.fail(f"nothing is given in {value!r}.", param, ctx)
        if self._needs_name and name is None:
            self.fail(f"{value!r} does not say for what: write NAME=VALUE.", param, ctx)
        if self._web and not _WEB.match(text):
            self.fail(
                f"{text!r} is not an http(s) URL, such as https://api.example.com/v1.",
                param,
                ctx,
            )
        return name, text


class SecretFrom(click.ParamType):  # type: ignore[type-arg]
    """``NAME=env:VAR``, ``NAME=file:PATH``, ``NAME=keyring:…``; see `read_secret_place`."""

    name = "secret"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str, str]:
        if not isinstance(value, str):
            return value  # type: ignore[no-any-return]
        found = read_secret_place(value)
        if found is None:
            name = value.partition("=")[0]
            # Whoever writes it differently may have written the secret itself.
            shown = f"the value of {name!r}" if "=" in value else "it"
            self.fail(
                f"{shown} must say where the secret is: NAME=env:VARIABLE,"
                " NAME=file:PATH or NAME=keyring:SERVICE/USER. A secret itself does not"
                " belong on a command line.",
                param,
                ctx,
            )
        return found


class Field(click.ParamType):  # type: ignore[type-arg]
    """``Name: value``, a header field as curl's ``-H`` takes it."""

    name = "field"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        if not isinstance(value, str):
            return value  # type: ignore[no-any-return]
        name, colon, text = value.partition(":")
        text = text.strip()
        if not colon or not _FIELD_NAME.fullmatch(name):
            self.fail("a header field is written 'Name: value'.", param, ctx)
        if not _FIELD_VALUE.fullmatch(text):
            self.fail(f"the value of {name} holds a control character.", param, ctx)
        return name, text


def read_secret_place(text: str) -> tuple[str, str, str] | None:
    """``NAME=env:VAR`` and its like as (name, "env", the rest); None for something else."""
    name, _, rest = text.partition("=")
    kind, _, where = rest.partition(":")
    known = kind in ("env", "file", "keyring")
    return (name, kind, where) if name and known and where else None


def split_name(text: str) -> tuple[str | None, str]:
    """
    ``NAME=REST`` in two; no name where *text* is plainly a path or a URL.

        >>> split_name("a=b=c"), split_name("./a=b.json"), split_name("http://h/?a=b")
        (('a', 'b=c'), (None, './a=b.json'), (None, 'http://h/?a=b'))
    """
    name, equals, rest = text.partition("=")
    if not equals or not name or _PATH.match(text) or "://" in name:
        return None, text
    return name, rest
