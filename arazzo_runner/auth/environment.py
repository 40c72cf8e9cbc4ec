"""Where credentials are kept outside of a run: variables, files, the system's keyring."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import InputError

_LINE = re.compile(
    r"""\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_.]*)\s*=\s*
        (?: '([^']*)' | "((?:[^"\\]|\\.)*)" | (?!['"])(.*?) ) \s*(?:(?<=\s)\#.*)?""",
    re.VERBOSE,
)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}


def read_dotenv(text: str, shown: str) -> dict[str, str]:
    """
    The variables of a ``.env`` file: ``NAME=value`` lines, values bare or quoted, comments,
    an ``export`` before the name. Nothing is substituted in a value.

    Raises:
        InputError: a line is something else.
    """
    found: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        read = _LINE.fullmatch(line)
        if read is None:
            raise InputError(f"{shown}:{number}: this is not NAME=VALUE")
        quoted = read[3]
        if quoted is not None:
            quoted = re.sub(r"\\(.)", lambda e: _ESCAPES.get(e[1], e[1]), quoted)
        found[read[1]] = next(e for e in (read[2], quoted, read[4]) if e is not None)
    return found


def read_reference(
    name: str, kind: str, where: str, environment: Mapping[str, str]
) -> str:
    """
    The secret *name*, which is kept as *kind* says: ``env``, a variable; ``file``, a file
    without the line end that ends it; ``keyring``, ``SERVICE/USER`` of the system's keyring.

    Raises:
        InputError: it is not there.
    """
    if kind == "env":
        value = environment.get(where)
        if value is None:
            raise InputError(f"{name}: the environment has no variable {where}")
        return value
    if kind == "file":
        try:
            text = Path(where).read_text("utf-8")
        except (OSError, UnicodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not text"
            raise InputError(f"{name}: {where} cannot be read: {reason}") from None
        return text.removesuffix("\n").removesuffix("\r")
    return _from_keyring(name, where)


def _from_keyring(name: str, where: str) -> str:
    service, _, user = where.rpartition("/")
    if not service or not user:
        raise InputError(
            f"{name}: keyring:{where} does not say whose", hint="keyring:SERVICE/USER"
        )
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        raise InputError(
            f"{name}: keyring: needs the package keyring",
            hint="pip install 'arazzo[keyring]'",
        ) from None
    try:
        value = keyring.get_password(service, user)
    except KeyringError as error:
        raise InputError(f"{name}: the keyring cannot be read: {error}") from None
    if value is None:
        raise InputError(f"{name}: the keyring has nothing for {user} at {service}")
    return value


@dataclass(frozen=True, slots=True)
class Reference:
    """
    A secret that is kept elsewhere, see `read_reference`: read when it is called, and again
    after it was refused.
    """

    name: str
    kind: str
    where: str
    environment: Mapping[str, str] = field(repr=False)

    def __call__(self) -> str:
        return read_reference(self.name, self.kind, self.where, self.environment)
