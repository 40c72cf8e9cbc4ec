"""HTTP Digest, RFC 7616: the answer to a challenge; pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

_HASHES: Final[Mapping[str, Callable[[bytes], str]]] = {
    "md5": lambda data: hashlib.md5(data, usedforsecurity=False).hexdigest(),
    "sha-256": lambda data: hashlib.sha256(data).hexdigest(),
    "sha-512-256": lambda data: hashlib.new("sha512_256", data).hexdigest(),
}
# Best first.
_ORDER: Final = ("sha-512-256", "sha-256", "md5")
# A name begins where none goes on: else a long one is read anew from each of its letters.
_PARAMETER = re.compile(
    r'(?<![a-z-])([a-z-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))', re.IGNORECASE
)
_SCHEME = re.compile(r"(?:^|,)\s*([A-Za-z][\w-]*)\s+(?=[\w-]+\s*=)")


@dataclass(frozen=True, slots=True)
class Challenge:
    """A challenge of a server. `algorithm` is in lower case, without ``-sess``."""

    realm: str
    nonce: str
    opaque: str | None = None
    algorithm: str = "md5"
    session: bool = False
    written: str | None = None
    qop: bool = False
    stale: bool = False


def read_challenges(fields: Iterator[str]) -> Challenge | None:
    """
    The best challenge that ``WWW-Authenticate`` *fields* have and that can be answered:
    with ``qop=auth`` or the older form without.
    """
    found: dict[str, Challenge] = {}
    for text in fields:
        for challenge in _challenges(text):
            found.setdefault(challenge.algorithm, challenge)
    return next((found[each] for each in _ORDER if each in found), None)


def _challenges(text: str) -> Iterator[Challenge]:
    starts = list(_SCHEME.finditer(text))
    for index, start in enumerate(starts):
        if start[1].lower() != "digest":
            continue
        end = starts[index + 1].start() if index + 1 < len(starts) else len(text)
        given = {
            each[1].lower(): re.sub(r"\\(.)", r"\1", each[2])
            if each[3] is None
            else each[3]
            for each in _PARAMETER.finditer(text[start.end() : end])
        }
        algorithm = given.get("algorithm", "MD5")
        plain = algorithm.lower().removesuffix("-sess")
        offered = [each.strip().lower() for each in given.get("qop", "").split(",")]
        if plain not in _HASHES or "nonce" not in given:
            continue
        if "qop" in given and "auth" not in offered:
            continue
        yield Challenge(
            realm=given.get("realm", ""),
            nonce=given["nonce"],
            opaque=given.get("opaque"),
            algorithm=plain,
            session=algorithm.lower().endswith("-sess"),
            written=given.get("algorithm"),
            qop="qop" in given,
            stale=given.get("stale", "").lower() == "true",
        )


def answer(
    challenge: Challenge,
    *,
    user: str,
    password: str,
    method: str,
    url: str,
    count: int,
    cnonce: str,
) -> str:
    """
    The value of ``Authorization`` for a request of *method* to *url*. *count* is how often
    the nonce has been used, this time included; *cnonce* is random text of the client.
    """
    digest = _HASHES[challenge.algorithm]

    def hashed(*parts: str) -> str:
        return digest(":".join(parts).encode())

    parts = urlsplit(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    first = hashed(user, challenge.realm, password)
    if challenge.session:
        first = hashed(first, challenge.nonce, cnonce)
    second = hashed(method.upper(), target)
    times = f"{count:08x}"
    middle = (times, cnonce, "auth") if challenge.qop else ()
    fields = {
        "username": _quoted(user),
        "realm": _quoted(challenge.realm),
        "nonce": _quoted(challenge.nonce),
        "uri": _quoted(target),
        "response": _quoted(hashed(first, challenge.nonce, *middle, second)),
    }
    if challenge.written is not None:
        fields["algorithm"] = challenge.written
    if challenge.opaque is not None:
        fields["opaque"] = _quoted(challenge.opaque)
    if challenge.qop:
        fields |= {"qop": "auth", "nc": times, "cnonce": _quoted(cnonce)}
    elif challenge.session:
        fields["cnonce"] = _quoted(cnonce)
    return "Digest " + ", ".join(f"{name}={text}" for name, text in fields.items())


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
