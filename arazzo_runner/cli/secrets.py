"""Which ``--secret`` is an input and which a credential, and where credentials are kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from ..auth.environment import Reference, read_dotenv
from ..auth.given import MEMBERS
from ..errors import InputError, UsageError, did_you_mean
from .inputs import Declared
from .options import CONFIGURATION, read_secret_place

Place = tuple[str, str, str]


def with_env_file(
    environment: Mapping[str, str], path: str | None
) -> Mapping[str, str]:
    """
    *environment* with what the ``.env`` file at *path* adds to it.

    Raises:
        InputError: it cannot be read.
    """
    if path is None:
        return environment
    try:
        text = Path(path).read_text("utf-8-sig")
    except (OSError, UnicodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise InputError(f"--env-file {path} cannot be read: {reason}") from None
    return {**read_dotenv(text, path), **environment}


def split(
    secrets: Sequence[Place],
    declared: Declared,
    schemes: Sequence[tuple[str, str]],
    environment: Mapping[str, str],
) -> tuple[list[Place], dict[str, object]]:
    """
    The inputs among *secrets*, and the credentials: a name that is an input is one.

    Raises:
        InputError: a name is neither.
    """
    names = {name for _, name in schemes} | {f"{s}.{name}" for s, name in schemes}
    inputs: list[Place] = []
    credentials: dict[str, object] = {}
    for name, kind, where in secrets:
        start, _, member = name.rpartition(".")
        known = name in names or (member in MEMBERS and start in names)
        if name in declared.schemas or (declared.open and not known):
            inputs.append((name, kind, where))
        elif not known:
            every = [*declared.schemas, *sorted(names)]
            raise InputError(
                f"--secret {name}: there is no input and no security scheme {name!r}",
                hint=did_you_mean(name, every, "inputs and schemes"),
            )
        else:
            credentials[name] = Reference(f"--secret {name}", kind, where, environment)
    return inputs, credentials


def configured_credentials(
    table: object, environment: Mapping[str, str]
) -> dict[str, object]:
    """
    The credentials of ``[auth]`` in ``arazzo.toml``: references, never values.

    Raises:
        UsageError: it holds something else.
    """
    found: dict[str, object] = {}
    for name, text in _flat(table if isinstance(table, Mapping) else {}):
        place = read_secret_place(f"{name}={text}") if isinstance(text, str) else None
        if place is None:
            raise UsageError(
                f"{CONFIGURATION}: auth.{name} must say where the secret is:"
                " env:VARIABLE, file:PATH or keyring:SERVICE/USER"
            )
        found[name] = Reference(
            f"{CONFIGURATION}: auth.{name}", *place[1:], environment
        )
    return found


def _flat(table: Mapping[str, object], before: str = "") -> list[tuple[str, object]]:
    found: list[tuple[str, object]] = []
    for name, value in table.items():
        if isinstance(value, Mapping):
            found += _flat(value, f"{before}{name}.")
        else:
            found.append((f"{before}{name}", value))
    return found
