"""The credentials of a plan, made ready before anything is sent."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from ..engine.plan import Plan
from ..errors import CredentialError, Diagnostic, InputError
from ..openapi.document import Document
from ..openapi.security import defined_schemes
from ..transports.redirects import Origin
from .environment import Reference
from .given import Available, Credential
from .keeper import Keeper, Kept
from .needs import Key, Need, Use, check, needs, odd_schemes, schemes_of
from .oauth2 import check_members


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """
    What was given, and where else credentials are looked for.

    Attributes:
        credentials: By scheme or ``source.scheme``: a text, a ``(user, password)`` pair, a
            mapping, or a function that gives one of them.
        environment: Where ``ARAZZO_AUTH_…`` is looked for.
        configured: As `credentials`, of less weight than the environment.
        headers: Names of the fields that the user sends with every request.
    """

    credentials: Mapping[str, object] = field(default_factory=dict, repr=False)
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    configured: Mapping[str, object] = field(default_factory=dict, repr=False)
    headers: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Ready:
    """
    Attributes:
        needs: What the steps need, in their order.
        available: What there is.
    """

    needs: tuple[Need, ...]
    available: Available

    @classmethod
    def of(
        cls, plan: Plan, documents: Iterable[tuple[str, Document]], given: Given
    ) -> Ready:
        """
        Look at *plan* and at *given*. *documents* are further ones, by source description,
        whose schemes may be named as well.

        Raises:
            InputError: *given* names a scheme that there is not.
        """
        found = needs(plan, given.headers)
        known = schemes_of(found) | {
            (source, name)
            for source, each in documents
            for name in defined_schemes(each)
        }
        return cls(
            found,
            Available(given.credentials, known, given.environment, given.configured),
        )

    def check(self, *, person: bool = False, dry: bool = False) -> None:
        """
        What can be known before anything is sent. *dry*: nothing will be, so credentials
        may be missing, but not where they are said to be.

        Raises:
            InputError: credentials are missing (``missing-credential``), are not where they
                are said to be, or have not the parts that a flow needs; each once.
                *person*: there is one to ask.
        """
        if not dry:
            check(self.needs, self.available)
        problems: dict[str, Diagnostic] = {}
        for need, chosen in self.uses():
            for use in chosen:
                credential = self.available.of(use.source, use.scheme.name)
                if credential is None or use.given:
                    continue
                try:
                    if isinstance(credential.ask, Reference):
                        credential = credential.resolved()
                    if not dry:
                        check_members(use.scheme, credential, person=person)
                except InputError as error:
                    for each in error.problems:
                        found = replace(each, location=need.step.location)
                        problems.setdefault(each.message, found)
        if problems:
            raise CredentialError.of(list(problems.values()))

    def warnings(self) -> tuple[Diagnostic, ...]:
        """AZ526: schemes in a form that says too little."""
        return tuple(odd_schemes(self.needs, self.available))

    def uses(self) -> Iterator[tuple[Need, tuple[Use, ...]]]:
        """What each step carries; the first alternative where something is missing."""
        for need in self.needs:
            chosen = need.chosen(self.available)
            yield need, need.alternatives[0] if chosen is None else chosen

    def keeper(
        self, kept: Kept, *, guarded: bool = False, named: Iterable[str] = ()
    ) -> Keeper:
        """
        What signs the requests. *guarded*: what sends them can keep them on the public
        internet, except for the base URLs that the user *named*.
        """
        chosen = {need.key: (need, uses) for need, uses in self.uses()}
        credentials: dict[Key, Credential] = {}
        origins: dict[str, set[Origin]] = {}
        scopes: dict[Key, dict[str, None]] = {}
        for need, uses in chosen.values():
            for use in uses:
                this = use.source, use.scheme.name
                origins.setdefault(use.source, set()).add(need.origin)
                scopes.setdefault(this, {}).update(dict.fromkeys(use.scopes))
                credential = self.available.of(*this)
                if credential is not None:
                    credentials[this] = credential
        return Keeper(
            {
                key: tuple(
                    replace(use, whole=tuple(scopes[use.source, use.scheme.name]))
                    for use in uses
                )
                for key, (_, uses) in chosen.items()
            },
            credentials,
            {source: frozenset(each) for source, each in origins.items()},
            kept,
            guarded,
            tuple(named),
        )
