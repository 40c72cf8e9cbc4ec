"""
Which credentials the requests of a plan need, and which of the alternatives is chosen.

Security Requirement Objects: one of the list is enough, all schemes of one are needed
(https://spec.openapis.org/oas/v3.1.1.html#security-requirement-object). The first one for
which everything is there is taken; a step that sends a credential itself needs none there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache
from urllib.parse import urlsplit

from ..engine.plan import Plan, PlannedStep
from ..errors import Diagnostic, InputError
from ..openapi.document import Document, is_array
from ..openapi.security import Scheme, defined_schemes, read_scheme
from ..transports.redirects import Origin, origin
from .given import Available, Credential, variable

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Use:
    """
    A scheme that a request carries.

    Attributes:
        source: The source description, by its name in the run.
        scopes: That the requirement asks for.
        given: The step sends something at its place itself.
        document: The URI of the description that defines the scheme.
        server: The base URL of the request.
        whole: The scopes that all requests of the run ask for.
    """

    source: str
    scheme: Scheme
    scopes: tuple[str, ...] = ()
    given: bool = False
    document: str = ""
    server: str = ""
    whole: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Need:
    """
    What one step needs.

    Attributes:
        step: The step.
        key: Workflow and step.
        origin: Where its request goes.
        alternatives: Of which one is enough, each all of its uses; empty when nothing is
            needed. ``()`` among them: it may also be sent without.
    """

    step: PlannedStep
    key: Key
    origin: Origin
    alternatives: tuple[tuple[Use, ...], ...]

    def chosen(self, available: Available) -> tuple[Use, ...] | None:
        """The alternative to use; None if something is missing for each of them."""
        best: tuple[Use, ...] | None = None
        for each in self.alternatives:
            if not all(use.given or _there(use, available) for use in each):
                continue
            if each:
                return each
            best = each
        return best if self.alternatives else ()


def _there(use: Use, available: Available) -> bool:
    return available.of(use.source, use.scheme.name) is not None


def needs(plan: Plan, headers: Collection[str] = ()) -> tuple[Need, ...]:
    """
    What the steps of *plan* and of the workflows it can come to need, in their order.
    *headers* are the names of fields that the user sends with every request.
    """

    @cache
    def scheme(document: Document, name: str) -> Scheme:
        return read_scheme(document, name)

    found = []
    own = {("header", name.lower()) for name in headers}
    for name, each in plan.plans.items():
        for step in each.operation_steps():
            places = own | {(p.place, p.name.lower()) for p in step.parameters}
            operation = step.operation
            alternatives = tuple(
                tuple(
                    Use(
                        each.source_of(step),
                        scheme(operation.document, key),
                        tuple(str(e) for e in scopes) if is_array(scopes) else (),
                        given=_is_given(scheme(operation.document, key), places),
                        document=operation.document.uri,
                        server=each.servers[step.step_id],
                    )
                    for key, scopes in requirement.items()
                )
                for requirement in operation.security
            )
            target = origin(each.servers[step.step_id])
            found.append(Need(step, (name, step.step_id), target, alternatives))
    return tuple(found)


def _is_given(scheme: Scheme, places: Collection[tuple[str, str]]) -> bool:
    return (scheme.place[0], scheme.place[1].lower()) in places or (
        scheme.place[0] == "query"
        and any(where == "querystring" for where, _ in places)
    )


def schemes_of(wanted: Collection[Need]) -> frozenset[Key]:
    """(source, scheme) of every scheme in *wanted*, and of those its descriptions define."""
    found = set()
    for need in wanted:
        for alternative in need.alternatives:
            found |= {(use.source, use.scheme.name) for use in alternative}
    for source, document in _documents(wanted):
        found |= {(source, name) for name in defined_schemes(document)}
    return frozenset(found)


def _documents(wanted: Collection[Need]) -> Iterator[tuple[str, Document]]:
    seen = set()
    for need in wanted:
        document = need.step.operation.document
        if id(document) in seen:
            continue
        seen.add(id(document))
        uses = [use for each in need.alternatives for use in each]
        yield (uses[0].source if uses else need.step.source), document


# --- what is missing ---------------------------------------------------------------------


def check(wanted: Collection[Need], available: Available) -> None:
    """
    Raises:
        InputError: credentials are missing (``missing-credential``), each once, with what
            to set; or one that was given for no source description in particular would go
            to several places.
    """
    problems: dict[str, Diagnostic] = {}
    for need in wanted:
        if need.chosen(available) is None:
            least = min(
                need.alternatives, key=lambda each: len(_missing(each, available))
            )
            missing = _missing(least, available)
            problem = _said(need, missing, available)
            problems.setdefault(problem.message, problem)
    for problem in _scattered(wanted, available):
        problems.setdefault(problem.message, problem)
    if problems:
        raise InputError.of(list(problems.values()))


def _missing(uses: tuple[Use, ...], available: Available) -> list[Use]:
    return [use for use in uses if not use.given and not _there(use, available)]


def _said(need: Need, missing: list[Use], available: Available) -> Diagnostic:
    names = " and ".join(
        f"{use.scheme.name!r} ({about(use.scheme)})" for use in missing
    )
    source = missing[0].source
    wanted = " and ".join(to_set(use) for use in missing)
    others = [
        " with ".join(repr(use.scheme.name) for use in each)
        for each in need.alternatives
        if each
        and not {use.scheme.name for use in missing} <= {u.scheme.name for u in each}
    ]
    near = available.mistyped(source, missing[0].scheme.name)
    like = f" ({near!r} is given: is that it?)" if near else ""
    instead = f"; or give {' or '.join(others)} instead" if others else ""
    return Diagnostic(
        code="missing-credential",
        message=f"no credential for {names} of source description {source!r}",
        location=need.step.location,
        hint=f"set {wanted}, or --secret {missing[0].scheme.name}=env:VARIABLE{instead}"
        f"{like}",
    )


def variables_of(use: Use) -> tuple[str, ...]:
    """The environment variables of the members that give a token of *use* instead of it."""
    names = ("client_id", "client_secret")
    asked = use.scheme.kind in ("oauth2", "openIdConnect")
    if not asked or not (use.scheme.flows or use.scheme.discovery):
        return ()
    return tuple(variable(use.source, use.scheme.name, each) for each in names)


def to_set(use: Use) -> str:
    """The environment variables that give the credential of *use*, in words."""
    whole = variable(use.source, use.scheme.name)
    members = " and ".join(variables_of(use))
    return f"{whole} (a token; or {members})" if members else whole


def about(scheme: Scheme) -> str:
    """What kind of credential *scheme* wants, and where it goes, in a few words."""
    where, name = scheme.place
    match scheme.kind:
        case "apiKey":
            return f"API key in {'the ' if where != 'query' else ''}{where} {name}"
        case "basic":
            return "user:password"
        case "bearer":
            return "bearer token"
        case "digest":
            return "user:password, digest"
        case "oauth2":
            return "OAuth 2"
        case "openIdConnect":
            return "OpenID Connect"
        case "mutualTLS":
            return "client certificate"
        case "http":
            return f"{scheme.word or 'value of'} Authorization"
        case _:
            return "value of Authorization"


def _scattered(wanted: Collection[Need], available: Available) -> Iterator[Diagnostic]:
    """Credentials that were given by scheme alone and would go to several hosts (D2)."""
    places: dict[str, dict[str, str]] = {}
    steps: dict[str, Need] = {}
    shared = set(available.shared())
    for need in wanted:
        for use in need.chosen(available) or ():
            if use.scheme.name in shared and not use.given:
                host = urlsplit(f"//{need.origin[1]}:{need.origin[2]}").netloc
                places.setdefault(use.scheme.name, {}).setdefault(use.source, host)
                steps.setdefault(use.scheme.name, need)
    for name, found in places.items():
        if len(set(found.values())) > 1:
            listed = ", ".join(f"{source} ({host})" for source, host in found.items())
            yield Diagnostic(
                code="missing-credential",
                message=f"the credential {name!r} could be meant for several source"
                f" descriptions: {listed}",
                location=steps[name].step.location,
                hint=f"say for which: --secret {next(iter(found))}.{name}=…",
            )


def odd_schemes(wanted: Collection[Need], available: Available) -> Iterator[Diagnostic]:
    """AZ526 for each scheme that is used and defined in a form that says too little."""
    told = set()
    for need in wanted:
        for use in need.chosen(available) or ():
            key = (use.source, use.scheme.name)
            if use.scheme.odd and not use.given and key not in told:
                told.add(key)
                yield Diagnostic(
                    code="AZ526",
                    message=f"the security scheme {use.scheme.name!r} of source"
                    f" description {use.source!r} {use.scheme.odd}",
                    location=need.step.location,
                    severity="warning",
                )


def source_of(credential: Credential | None) -> str:
    """Where *credential* comes from, for people; "" for none."""
    return "" if credential is None else credential.source
