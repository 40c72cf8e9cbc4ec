"""
Keeps the credentials of one Runner: signs requests, and renews what was refused.

Tokens and challenges are kept for all runs. A token is fetched by one of them while the
others wait: a refresh token may be used once, and a person is asked once.
"""

from __future__ import annotations

import itertools
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from ..errors import CredentialError, PolicyError
from ..messages import Request, Response
from ..transports.redirects import Origin, origin
from .carry import basic, carries, carrying, worded
from .digest import Challenge, answer, read_challenges
from .effects import Talk, Wait
from .given import Credential
from .needs import Key, Use
from .oauth2 import Asking, Desk, Token, get_token

Hide = Callable[[str], None]

#: Seconds between two looks at whether another run has fetched a token.
_TURN: Final = 0.05


@dataclass(slots=True)
class Kept:
    """
    What lasts from run to run.

    Attributes:
        now: Seconds, monotonic.
        desk: Where a person is asked; None if there is nobody.
        tokens: By source description and scheme, each for other scopes.
        fetching: The schemes for which a run fetches one.
    """

    now: Callable[[], float] = time.monotonic
    desk: Desk | None = None
    tokens: dict[Key, tuple[Token, ...]] = field(default_factory=dict, repr=False)
    fetching: set[Key] = field(default_factory=set)
    challenges: dict[Key, tuple[Challenge, Iterator[int]]] = field(
        default_factory=dict, repr=False
    )
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def token(self, use: Use) -> Token | None:
        """The token that was asked for what *use* needs, whether it lasts or not."""
        wanted = set(use.scopes)
        found = self.tokens.get((use.source, use.scheme.name), ())
        return next((each for each in found if wanted <= set(each.scopes)), None)

    def put(self, use: Use, token: Token, before: Token | None) -> None:
        """Keep *token* in place of *before*."""
        key = use.source, use.scheme.name
        with self.lock:
            others = (each for each in self.tokens.get(key, ()) if each is not before)
            self.tokens[key] = (token, *others)

    def claim(self, key: Key) -> bool:
        """Whether the caller is the one to fetch a token, and has to `release` *key*."""
        with self.lock:
            if key in self.fetching:
                return False
            self.fetching.add(key)
            return True

    def release(self, key: Key) -> None:
        """The end of what `claim` began."""
        with self.lock:
            self.fetching.discard(key)


@dataclass(frozen=True, slots=True)
class Keeper:
    """
    The credentials of one plan.

    Attributes:
        uses: By workflow and step what its request carries.
        credentials: By source description and scheme.
        origins: Where the credentials of a source description may go (security D2).
        guarded: Endpoints that a description from the network names must be public.
        named: Base URLs that the user gave; their hosts need not be.
    """

    uses: Mapping[Key, tuple[Use, ...]]
    credentials: Mapping[Key, Credential] = field(repr=False)
    origins: Mapping[str, frozenset[Origin]]
    kept: Kept
    guarded: bool = False
    named: tuple[str, ...] = ()

    def sign(self, step: Key, request: Request, hide: Hide) -> Talk[Request]:
        """
        *request* with what it has to carry. What its author put there stays; a credential
        that was given as nothing is not sent.

        Raises:
            CredentialError: a credential cannot be got.
            PolicyError: it would go to a host that it was not declared for.
        """
        for use in self.uses.get(step, ()):
            credential = self.credentials.get((use.source, use.scheme.name))
            if credential is None:
                continue
            if use.scheme.kind == "mutualTLS" or carries(request, use.scheme.place):
                continue
            self._check(use, request)
            credential = credential.resolved()
            if not credential.value and not credential.members:
                continue
            value = yield from self._value(use, credential, request, hide)
            if value is not None:
                hide(value.partition(" ")[2] or value)
                request = carrying(request, use.scheme.place, value)
        return request

    def again(
        self, step: Key, sent: Request, plain: Request, response: Response, hide: Hide
    ) -> Talk[Request | None]:
        """
        What to send instead of *sent*, which was refused with 401; *plain* is the request
        before it was signed. None if there is nothing new to send.
        """
        if response.status != 401:
            return None
        for use in self.uses.get(step, ()):
            credential = self.credentials.get((use.source, use.scheme.name))
            if credential is None or carries(plain, use.scheme.place):
                continue
            if self._renew(use, credential, sent, response):
                signed = yield from self.sign(step, plain, hide)
                return signed if signed != sent else None
        return None

    def places(self, step: Key) -> tuple[tuple[str, str], ...]:
        """Where the request of *step* carries credentials, those of its author apart."""
        return tuple(
            use.scheme.place for use in self.uses.get(step, ()) if not use.given
        )

    def certificates(
        self,
    ) -> Iterator[tuple[Origin, str, str | None]]:
        """Origin, certificate and key files of each client certificate."""
        for uses in self.uses.values():
            for use in uses:
                credential = self.credentials.get((use.source, use.scheme.name))
                if use.scheme.kind != "mutualTLS" or credential is None:
                    continue
                credential = credential.resolved()
                members = credential.members
                cert = (
                    credential.value or members.get("cert") or members.get("username")
                )
                key = members.get("key") or members.get("password")
                if not cert:
                    raise CredentialError(
                        f"the client certificate {use.scheme.name!r} is not given as files",
                        hint="give the path of a PEM file, or a (certificate, key) pair",
                    )
                for where in self.origins.get(use.source, ()):
                    yield where, cert, key

    def _check(self, use: Use, request: Request) -> None:
        allowed = self.origins.get(use.source, frozenset())
        if origin(request.url) not in allowed:
            raise PolicyError(
                f"the credential {use.scheme.name!r} of source description"
                f" {use.source!r} is not for {origin(request.url)[1]}"
            )

    # --- values

    def _value(
        self, use: Use, credential: Credential, request: Request, hide: Hide
    ) -> Talk[str | None]:
        for text in credential.texts():
            hide(text)
        value, members = credential.value, credential.members
        match use.scheme.kind:
            case "apiKey":
                return _text(use, credential)
            case "basic":
                if value is not None and value.lower().startswith("basic "):
                    return value
                return basic(*_pair(use, credential))
            case "digest":
                return self._digest(use, credential, request)
            case "oauth2" | "openIdConnect":
                if value is None and "access_token" not in members:
                    value = (yield from self._token(use, credential, hide)).access
                return worded("Bearer", value or members["access_token"])
            case "http" if use.scheme.word:
                return worded(use.scheme.word, _text(use, credential))
            case _:
                return worded("Bearer", _text(use, credential))

    def _token(self, use: Use, credential: Credential, hide: Hide) -> Talk[Token]:
        kept, key = self.kept, (use.source, use.scheme.name)
        while True:
            before = kept.token(use)
            if before is not None and before.access and before.lasts(kept.now()):
                return before
            if kept.claim(key):
                break
            yield Wait(_TURN)
        try:
            asking = Asking(
                scheme=use.scheme,
                credential=credential,
                scopes=use.scopes,
                whole=use.whole,
                now=kept.now,
                random=lambda: secrets.token_urlsafe(32),
                hide=hide,
                desk=kept.desk,
                server=use.server,
                document=use.document if self.guarded else "",
                named=self.named,
            )
            token = yield from get_token(asking, before)
            kept.put(use, token, before)
            return token
        finally:
            kept.release(key)

    def _digest(self, use: Use, credential: Credential, request: Request) -> str | None:
        known = self.kept.challenges.get((use.source, use.scheme.name))
        if known is None:
            return None  # the server has to ask first
        challenge, counter = known
        with self.kept.lock:
            count = next(counter)
        user, password = _pair(use, credential)
        return answer(
            challenge,
            user=user,
            password=password,
            method=request.method,
            url=request.url,
            count=count,
            cnonce=secrets.token_hex(8),
        )

    def _renew(
        self, use: Use, credential: Credential, sent: Request, response: Response
    ) -> bool:
        """Forget what was refused; whether there may be something new to send."""
        if use.scheme.kind == "digest":
            fields = (
                text
                for name, text in response.headers
                if name.lower() == "www-authenticate"
            )
            challenge = read_challenges(fields)
            if challenge is None:
                return False
            key = (use.source, use.scheme.name)
            self.kept.challenges[key] = (challenge, itertools.count(1))
            return True
        if use.scheme.kind in ("oauth2", "openIdConnect"):
            token = self.kept.token(use)
            if token is not None:
                # Unless another run renews it, or has done so since.
                if token.access and any(token.access in e for _, e in sent.headers):
                    self.kept.put(use, replace(token, access=""), token)
                return True
        return credential.ask is not None


def _text(use: Use, credential: Credential) -> str:
    for text in (credential.value, credential.members.get("access_token")):
        if text is not None:
            return text
    raise CredentialError(
        f"the credential for {use.scheme.name!r} ({use.scheme.kind}) is not one text",
        hint=f"it has the members {', '.join(credential.members)}",
    )


def _pair(use: Use, credential: Credential) -> tuple[str, str]:
    """User and password. A text without a colon is a user: an API key, as of Stripe."""
    if credential.value is not None:
        user, _, password = credential.value.partition(":")
        return user, password
    members = credential.members
    if "username" not in members:
        raise CredentialError(
            f"the credential for {use.scheme.name!r} ({use.scheme.kind}) has no user name",
            hint="give user:password, or the members username and password",
        )
    return members["username"], members.get("password", "")
