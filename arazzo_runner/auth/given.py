"""What was given as credentials: by scheme, whole or member by member."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Final

from ..errors import InputError, did_you_mean

#: Members of a credential that is more than one text.
MEMBERS: Final = (
    *("username", "password", "client_id", "client_secret", "refresh_token"),
    *("access_token", "scope", "token_url", "audience", "grant", "redirect_port"),
    *("cert", "key"),
)


_PREFIX: Final = "ARAZZO_AUTH_"


@dataclass(frozen=True, slots=True)
class Credential:
    """
    A credential as it was given.

    Attributes:
        value: One text: a key, a token, ``user:password``; None if there is none.
        members: The parts of one that has several, by the names of `MEMBERS`.
        source: Where it came from, for people: ``ARAZZO_AUTH_API_KEY``.
        ask: Gives it when it is needed, again after it was refused.

    Raises:
        InputError: a text in it is none that can be sent.
    """

    value: str | None = field(default=None, repr=False)
    members: Mapping[str, str] = field(default_factory=dict, repr=False)
    source: str = "credentials"
    ask: Callable[[], object] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        for each in (self.value or "", *self.members.values()):
            try:
                each.encode()
            except UnicodeEncodeError:  # as Python reads a variable that is not UTF-8
                raise InputError(
                    f"the credential {self.source!r} is not UTF-8 text"
                ) from None

    def resolved(self) -> Credential:
        """
        Itself, or what `ask` gives.

        Raises:
            InputError: that is none of what a credential can be.
        """
        if self.ask is None:
            return self
        return as_credential(self.ask(), self.source)

    def texts(self) -> Iterator[str]:
        """Every text in it that must not be seen."""
        if self.value:
            yield self.value
            if ":" in self.value:
                yield self.value.partition(":")[2]
        for name in ("password", "client_secret", "refresh_token", "access_token"):
            if self.members.get(name):
                yield self.members[name]


def as_credential(given: object, source: str) -> Credential:
    """
    What *given* is: a text, a ``(user, password)`` pair, a mapping of `MEMBERS`, or what
    gives one of them when it is called.

    Raises:
        InputError: it is something else.
    """
    match given:
        case Credential():
            return given
        case str():
            return Credential(given, source=source)
        case (str(user), str(password)):
            members = {"username": user, "password": password}
            return Credential(members=members, source=source)
        case Mapping():
            unknown = [str(each) for each in given if each not in MEMBERS]
            if unknown:
                raise InputError(
                    f"a credential has no member {unknown[0]!r}",
                    hint=did_you_mean(unknown[0], MEMBERS, "members"),
                )
            for name, each in given.items():
                if isinstance(each, bool) or not isinstance(each, str | int):
                    raise InputError(
                        f"the member {name!r} of the credential {source!r} is a"
                        f" {type(each).__name__}, not a text"
                    )
            texts = {str(name): str(value) for name, value in given.items()}
            return Credential(members=texts, source=source)
        case _ if callable(given):
            return Credential(source=source, ask=given)
    raise InputError(
        f"the credential {source!r} is a {type(given).__name__}",
        hint="it is a text, a (user, password) pair, a mapping or a function",
    )


class Available:
    """
    The credentials that were given, looked up by source description and scheme.

    Args:
        given: By ``scheme``, ``source.scheme``, ``scheme.member`` or
            ``source.scheme.member``.
        known: (source, scheme) of all schemes that there are.
        environment: Where ``ARAZZO_AUTH_…`` is looked for.
        configured: As *given*, of less weight than the environment.

    Raises:
        InputError: *given* names a scheme that there is not.
    """

    def __init__(
        self,
        given: Mapping[str, object],
        known: Collection[tuple[str, str]],
        environment: Mapping[str, str] | None = None,
        configured: Mapping[str, object] | None = None,
    ) -> None:
        self.known = tuple(sorted(known))
        self._environment = environment or {}
        self._configured = configured or {}
        self._ways = (
            self._sorted(given),
            _from_environment(environment or {}, known),
            self._sorted(configured or {}, strict=False),
        )

    def _sorted(
        self, given: Mapping[str, object], *, strict: bool = True
    ) -> dict[tuple[str, str], Credential]:
        """By source and scheme; the source is "" where none is named."""
        found: dict[tuple[str, str], Credential] = {}
        for name, each in given.items():
            place = self._place(name)
            if place is None:
                if strict:
                    raise InputError(
                        f"there is no security scheme {name!r}",
                        hint=did_you_mean(
                            name, sorted({s for _, s in self.known}), "schemes"
                        ),
                    )
                continue
            source, scheme, member = place
            if member and callable(each):
                each = each()
            credential = as_credential(each, name)
            if member:
                before = found.get((source, scheme), Credential(source=name))
                text = credential.value or ""
                members = {**before.members, member: text}
                credential = Credential(before.value, members, before.source)
            found[source, scheme] = credential
        return found

    def _place(self, name: str) -> tuple[str, str, str] | None:
        names = {scheme: ("", scheme) for _, scheme in self.known}
        names |= {
            f"{source}.{scheme}": (source, scheme) for source, scheme in self.known
        }
        if name in names:
            return (*names[name], "")
        start, _, member = name.rpartition(".")
        if member in MEMBERS and start in names:
            return (*names[start], member)
        return None

    def knows(self, name: str) -> bool:
        """Whether *name* is that of a scheme, or of a member of a credential for one."""
        return self._place(name) is not None

    def of(self, source: str, scheme: str) -> Credential | None:
        """The credential for *scheme* of *source*, or None."""
        for way in self._ways:
            for key in ((source, scheme), ("", scheme)):
                if key in way:
                    return way[key]
        return None

    def mistyped(self, source: str, scheme: str) -> str | None:
        """
        The name of a variable or of something configured that is for no scheme, and looks
        much like the one of *scheme*.
        """
        used = {each.source for way in self._ways[1:] for each in way.values()}
        variables = {
            each.removeprefix(_PREFIX): each
            for each in self._environment
            if each.startswith(_PREFIX) and each not in used
        }
        names = {each: each for each in self._configured if each not in used}
        for wanted, given in (
            (variable(source, scheme).removeprefix(_PREFIX), variables),
            (variable("", scheme).removeprefix(_PREFIX), variables),
            (f"{source}.{scheme}", names),
            (scheme, names),
        ):
            for found in get_close_matches(wanted, given, 1, 0.75):
                return given[found]
        return None

    def shared(self) -> Iterator[str]:
        """The schemes whose credential was given without a source description."""
        for way in self._ways:
            for source, scheme in way:
                if not source:
                    yield scheme


# --- variables --------------------------------------------------------------------------


def variable(source: str, scheme: str, member: str = "") -> str:
    """
    The environment variable of a credential, or of a member of it.

        >>> variable("pet-store", "apiKey")
        'ARAZZO_AUTH_PET_STORE_APIKEY'
    """
    names = [_PREFIX[:-1], *(each for each in (source, scheme, member) if each)]
    return re.sub(r"[^A-Z0-9]", "_", "_".join(names).upper())


def _from_environment(
    environment: Mapping[str, str], known: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], Credential]:
    found: dict[tuple[str, str], Credential] = {}
    pairs = {*known, *(("", scheme) for _, scheme in known)}
    for source, scheme in pairs:
        name = variable(source, scheme)
        value = environment.get(name)
        members = {
            member: environment[variable(source, scheme, member)]
            for member in MEMBERS
            if variable(source, scheme, member) in environment
        }
        if value is not None or members:
            shown = (
                name
                if value is not None
                else variable(source, scheme, next(iter(members)))
            )
            found[source, scheme] = Credential(value, members, shown)
    return found
