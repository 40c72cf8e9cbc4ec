"""
OAuth 2.0 tokens (RFC 6749, 7636, 8628; OpenID Connect Discovery 1.0).

Everything here asks through `effects` and touches neither network, clock nor browser.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Protocol, TypeAlias, cast
from urllib.parse import parse_qsl, quote_plus, urlencode, urljoin, urlsplit

from ..errors import CredentialError, PolicyError
from ..messages import JSON, Request
from ..openapi.document import is_object
from ..openapi.security import Scheme
from ..transports.addresses import names_stranger
from ..transports.redirects import origin
from .effects import Ask, Fetch, Talk, Wait
from .given import Credential

#: Seconds before its end at which a token counts as expired.
LEEWAY: Final = 30.0
_DEVICE: Final = "urn:ietf:params:oauth:grant-type:device_code"
_LOCAL: Final = ("localhost", "127.0.0.1", "::1")
#: Grants by the name of their OAuth Flow Object, the ones that need nobody first.
_FLOWS: Final = (
    "clientCredentials",
    "password",
    "deviceAuthorization",
    "authorizationCode",
)


@dataclass(frozen=True, slots=True)
class Token:
    """
    An access token.

    Attributes:
        expires: When it ends, by the clock that was given; None if nobody said.
        refresh: What the next one is asked for with.
        scopes: What it was asked for.
    """

    access: str = field(repr=False)
    expires: float | None = None
    refresh: str | None = field(default=None, repr=False)
    scopes: tuple[str, ...] = ()

    def lasts(self, now: float) -> bool:
        """Whether it can be used at *now*."""
        return self.expires is None or now < self.expires


class Desk(Protocol):
    """Where a person is asked: the terminal and the browser of this machine."""

    def tell(self, message: str) -> None:
        """Show what has to be done."""

    def listen(self, port: int) -> str:
        """Begin to wait for the browser to come back; the redirect URI."""

    def wait(self, url: str) -> Mapping[str, str]:
        """Open *url* in the browser and wait: the parameters it came back with."""


@dataclass(frozen=True, slots=True)
class Asking:
    """
    What a token is asked for with.

    Attributes:
        scopes: That one request needs.
        whole: Those of all requests of the run: a person is asked once.
        random: Text that nobody can guess, anew each time.
        now: The clock of `Token.expires`.
        desk: None if there is nobody to ask.
        hide: Told every text that must not be seen.
        server: The base URL of the request; relative URLs of endpoints are relative to it.
        document: The URL of the description that names the endpoints, if it is from the
            network; they must be public then (security D3), except on its own host and
            on those of the URLs in *named*, which the user gave.
    """

    scheme: Scheme
    credential: Credential
    scopes: tuple[str, ...]
    now: Callable[[], float]
    random: Callable[[], str]
    hide: Callable[[str], None]
    desk: Desk | None = None
    whole: tuple[str, ...] = ()
    server: str = ""
    document: str = ""
    named: tuple[str, ...] = ()

    def scope(self, scopes: tuple[str, ...]) -> dict[str, str]:
        """The field ``scope``: as it was given, else *scopes*."""
        scope = self.credential.members.get("scope", " ".join(scopes))
        return {"scope": scope} if scope else {}

    def fetch(self, request: Request) -> Fetch:
        """*request* to an endpoint of the authorization server."""
        named = (*self.named, self.credential.members.get("token_url", ""))
        return Fetch(request, names_stranger(self.document, request.url, named))


def get_token(asking: Asking, before: Token | None = None) -> Talk[Token]:
    """
    A token for a scheme; *before* is one that has ended or was refused.

    Raises:
        CredentialError: the authorization server refuses, or nothing that was given fits
            a flow of the scheme.
        PolicyError: it would be asked over plain http.
    """
    members = asking.credential.members
    for text in asking.credential.texts():
        asking.hide(text)
    flows = asking.scheme.flows
    if asking.scheme.discovery:
        flows = yield from _discovered(asking)
    refresh = (before.refresh if before else None) or (
        members.get("refresh_token") if before is None else None
    )
    if refresh:
        try:
            return (yield from _refreshed(asking, flows, refresh, before))
        except _Refused as refused:
            if refused.error != "invalid_grant" or not _can_ask(asking, flows):
                raise
    name, flow = _chosen(asking, flows)
    if name == "clientCredentials":
        asked = {"grant_type": "client_credentials", **asking.scope(asking.scopes)}
        return (yield from _token(asking, flow, asked, asking.scopes))
    if name == "password":
        asked = {"grant_type": "password", **asking.scope(asking.scopes)}
        asked |= {key: members.get(key, "") for key in ("username", "password")}
        return (yield from _token(asking, flow, asked, asking.scopes))
    if name == "deviceAuthorization":
        return (yield from _by_device(asking, flow))
    return (yield from _by_browser(asking, flow))


Flows = Mapping[str, Mapping[str, JSON]]
Flow = Mapping[str, JSON]


def check_members(scheme: Scheme, credential: Credential, *, person: bool) -> None:
    """
    What can be known before anything is asked for; *person*: there is one to ask.

    Raises:
        CredentialError: nothing that was given fits a flow of *scheme*.
    """
    members = credential.members
    ready = credential.value is not None or credential.ask is not None
    if (
        scheme.kind == "oauth2"
        and not ready
        and members.keys().isdisjoint(("access_token", "refresh_token"))
    ):
        _flow_for(scheme, members, scheme.flows, person)


def _can_ask(asking: Asking, flows: Flows) -> bool:
    try:
        _chosen(asking, flows)
    except CredentialError:
        return False
    return True


def _chosen(asking: Asking, flows: Flows) -> tuple[str, Flow]:
    """The flow for which everything is there."""
    members = asking.credential.members
    return _flow_for(asking.scheme, members, flows, asking.desk is not None)


def _flow_for(
    scheme: Scheme, members: Mapping[str, str], flows: Flows, person: bool
) -> tuple[str, Flow]:
    wanted = members.get("grant", "").replace("_", "").lower()
    lacking: list[str] = []
    for name in _FLOWS:
        flow = flows.get(name)
        if flow is None and not (wanted and name.lower().startswith(wanted)):
            continue
        if wanted and not name.lower().startswith(wanted):
            continue
        missing = [each for each in _wants(name) if each not in members]
        if missing:
            lacking.append(f"{name}: {', '.join(missing)}")
        elif name in ("deviceAuthorization", "authorizationCode") and not person:
            lacking.append(f"{name}: somebody at a terminal")
        else:
            # One that the description does not list has the token endpoint of another.
            return name, flow or next(iter(flows.values()), {})
    needed = "; ".join(lacking) or "an access token, as one text"
    raise CredentialError(
        f"the security scheme {scheme.name!r} (OAuth 2) lacks what its flows need",
        hint=f"missing for {needed}" if lacking else f"give {needed}",
    )


def _wants(name: str) -> tuple[str, ...]:
    if name == "password":
        return ("username", "password")
    return (
        ("client_id", "client_secret")
        if name == "clientCredentials"
        else ("client_id",)
    )


# --- grants ------------------------------------------------------------------------------


def _refreshed(
    asking: Asking, flows: Flows, refresh: str, before: Token | None
) -> Talk[Token]:
    """RFC 6749, 6: for the scopes that were granted, since none are named."""
    flow = next((flows[each] for each in _FLOWS if each in flows), {})
    url = flow.get("refreshUrl")
    if isinstance(url, str) and url:
        flow = {**flow, "tokenUrl": url}
    asked = {"grant_type": "refresh_token", "refresh_token": refresh}
    scopes = asking.whole if before is None else before.scopes
    token = yield from _token(asking, flow, {**asked, **asking.scope(())}, scopes)
    # The old one goes on where no new one is given.
    return token if token.refresh else replace(token, refresh=refresh)


def _by_device(asking: Asking, flow: Flow) -> Talk[Token]:
    """RFC 8628."""
    url = _url(asking, flow, "deviceAuthorizationUrl")
    members = asking.credential.members
    named = {"client_id": members["client_id"]}
    # RFC 8628, 3.1: as at the token endpoint, where the server asks for it.
    ways = [(named, {}), *(_client(members) if "client_secret" in members else ())]
    answer = yield from _said(asking, url, asking.scope(asking.whole), ways)
    code, user_code = answer.get("device_code"), answer.get("user_code")
    place = answer.get("verification_uri_complete") or answer.get("verification_uri")
    if not isinstance(code, str) or not isinstance(place, str):
        raise CredentialError(f"{_host(url)} gave no device code")
    asking.hide(code)
    cast(Desk, asking.desk).tell(f"open {place} and enter the code {user_code}")
    interval = _number(answer.get("interval"), 5.0)
    ends = asking.now() + _number(answer.get("expires_in"), 1800.0)
    while asking.now() < ends:
        yield Wait(interval)
        try:
            asked = {"grant_type": _DEVICE, "device_code": code}
            return (yield from _token(asking, flow, asked, asking.whole))
        except _Refused as refused:
            if refused.error == "slow_down":
                interval += 5
            elif refused.error != "authorization_pending":
                raise
    raise CredentialError(f"nobody entered the code {user_code} in time")


def _by_browser(asking: Asking, flow: Flow) -> Talk[Token]:
    """RFC 6749, 4.1 with PKCE (RFC 7636) and a redirect to this machine (RFC 8252)."""
    desk = cast(Desk, asking.desk)
    members = asking.credential.members
    state, verifier = asking.random(), asking.random() + asking.random()
    asking.hide(verifier)
    challenge = hashlib.sha256(verifier.encode()).digest()
    redirect = desk.listen(int(_number(members.get("redirect_port"), 0)))
    query = {
        "response_type": "code",
        "client_id": members["client_id"],
        "redirect_uri": redirect,
        "state": state,
        "code_challenge": base64.urlsafe_b64encode(challenge).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
        **asking.scope(asking.whole),
    }
    url = _url(asking, flow, "authorizationUrl")
    whole = f"{url}{'&' if '?' in url else '?'}{urlencode(query)}"
    came: Mapping[str, str] = yield Ask(lambda: desk.wait(whole))
    if came.get("state") != state:
        raise CredentialError(
            "the browser came back with another state than it was sent with",
            hint="begin again; somebody else's page may have sent it",
        )
    if "code" not in came:
        said = came.get("error_description") or came.get("error") or "no code"
        raise CredentialError(f"{_host(url)} did not authorize: {said}")
    asking.hide(came["code"])
    asked = {
        "grant_type": "authorization_code",
        "code": came["code"],
        "redirect_uri": redirect,
        "code_verifier": verifier,
    }
    return (yield from _token(asking, flow, asked, asking.whole))


def _discovered(asking: Asking) -> Talk[Flows]:
    """https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig"""
    url = _safe(asking, asking.scheme.discovery)
    request = Request("GET", url, (("Accept", "application/json"),))
    status, answer = yield from _exchange(asking, request)
    token, place = answer.get("token_endpoint"), answer.get("authorization_endpoint")
    if status >= 400 or not isinstance(token, str):
        raise CredentialError(f"{_host(url)} has no OpenID configuration ({status})")
    flows: dict[str, Mapping[str, JSON]] = {
        "clientCredentials": {"tokenUrl": token},
        "password": {"tokenUrl": token},
    }
    device = answer.get("device_authorization_endpoint")
    if isinstance(device, str):
        flows["deviceAuthorization"] = {
            "tokenUrl": token,
            "deviceAuthorizationUrl": device,
        }
    if isinstance(place, str):
        flows["authorizationCode"] = {"tokenUrl": token, "authorizationUrl": place}
    return flows


# --- the token endpoint ------------------------------------------------------------------


#: How a client says who it is: fields of the body, and of the header.
Identified: TypeAlias = tuple[Mapping[str, str], Mapping[str, str]]


class _Refused(CredentialError):
    """What an authorization server says no with (RFC 6749, 5.2)."""

    def __init__(self, message: str, error: str) -> None:
        super().__init__(message)
        self.error = error


def _token(
    asking: Asking, flow: Flow, asked: Mapping[str, str], scopes: tuple[str, ...]
) -> Talk[Token]:
    url = _url(asking, flow, "tokenUrl")
    members = asking.credential.members
    body = dict(asked)
    if members.get("audience"):
        body["audience"] = members["audience"]
    answer = yield from _said(asking, url, body, list(_client(members)))
    access, seconds = answer.get("access_token"), answer.get("expires_in")
    if not isinstance(access, str):
        raise CredentialError(f"{_host(url)} gave no access token")
    asking.hide(access)
    refresh = answer.get("refresh_token")
    if isinstance(refresh, str):
        asking.hide(refresh)
    expires = None
    if seconds is not None:
        lasting = _number(seconds, 0.0)
        expires = asking.now() + max(lasting - LEEWAY, lasting / 2)
    refresh = refresh if isinstance(refresh, str) else None
    return Token(access, expires, refresh, scopes)


def _said(
    asking: Asking, url: str, body: Mapping[str, str], ways: Sequence[Identified]
) -> Talk[Mapping[str, JSON]]:
    """The answer to *body*, the client having said who it is in the first of the *ways* that
    the server accepts."""
    *first, last = ways
    for fields, headers in first:
        try:
            return (yield from _post(asking, url, {**body, **fields}, headers))
        except _Refused as refused:
            if refused.error != "invalid_client":
                raise
    fields, headers = last
    return (yield from _post(asking, url, {**body, **fields}, headers))


def _client(members: Mapping[str, str]) -> Iterator[Identified]:
    """
    By basic authentication, which every
    server has to know (RFC 6749, 2.3.1), then in the body.
    """
    client, secret = members.get("client_id"), members.get("client_secret")
    if client is None:
        yield {}, {}
    elif secret is None:
        yield {"client_id": client}, {}
    else:
        pair = f"{quote_plus(client)}:{quote_plus(secret)}".encode()
        yield {}, {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}
        yield {"client_id": client, "client_secret": secret}, {}


def _post(
    asking: Asking, url: str, fields: Mapping[str, str], headers: Mapping[str, str]
) -> Talk[Mapping[str, JSON]]:
    for value in headers.values():
        asking.hide(value.partition(" ")[2])
    request = Request(
        "POST",
        url,
        (
            ("Accept", "application/json"),
            ("Content-Type", "application/x-www-form-urlencoded"),
            *headers.items(),
        ),
        (urlencode(fields).encode(),),
    )
    status, answer = yield from _exchange(asking, request)
    if status < 400 and "error" not in answer:
        return answer
    error = str(answer.get("error", ""))
    more = answer.get("error_description")
    said = ": ".join(str(e) for e in (error, more) if e) or f"status {status}"
    raise _Refused(f"{_host(url)} gives no token: {said}", error)


def _exchange(asking: Asking, request: Request) -> Talk[tuple[int, Mapping[str, JSON]]]:
    """Status and JSON object of what came back; empty if it is none."""
    delivery = yield asking.fetch(request)
    response = delivery.response
    if response is None:
        raise CredentialError(
            f"{_host(request.url)} gave no token: {delivery.failure.message}",
            code="no-response",
        )
    body = response.body
    if isinstance(body, str):
        try:
            body = json.loads(body)
        except (ValueError, RecursionError):
            body = dict(parse_qsl(body))  # as some older servers answer
    return response.status, body if is_object(body) else {}


def _url(asking: Asking, flow: Flow, name: str) -> str:
    given = asking.credential.members.get("token_url") if name == "tokenUrl" else None
    url = given or flow.get(name)
    if not isinstance(url, str) or not url:
        raise CredentialError(
            f"the security scheme {asking.scheme.name!r} has no {name}",
            hint="give the member token_url" if name == "tokenUrl" else None,
        )
    return _safe(asking, url)


def _safe(asking: Asking, written: str) -> str:
    """*written*, absolute (https://spec.openapis.org/oas/v3.1.1.html#relative-references-in-api-urls)."""
    name, url = asking.scheme.name, written
    try:
        url = urljoin(asking.server, written)
        scheme, host, _ = origin(url)
    except ValueError:  # no URL at all
        scheme, host = "", None
    if not host or not (scheme == "https" or (scheme == "http" and host in _LOCAL)):
        raise PolicyError(
            f"the security scheme {name!r} asks for tokens at {url!r}, which is not https"
        )
    return url


def _host(url: str) -> str:
    return urlsplit(url).netloc.rpartition("@")[2]


def _number(value: object, default: float) -> float:
    """A number of seconds as a server gives it, as a text, too; *default* if it is none."""
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return default
    return number if 0 <= number < math.inf else default
