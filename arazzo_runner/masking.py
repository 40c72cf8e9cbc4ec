"""
Hides known secrets in text, in every form in which they are likely to appear.

What is hidden: the value itself; with any of its characters percent-encoded, or escaped
as JSON, HTML or a Python literal; and in Base64 and Base64URL at any offset. Values under
four characters are left alone: hiding every "a" hides nothing and spoils everything.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from .errors import ArazzoError, Diagnostic
from .events import Event, RunFinished, StepFinished, Warned, WorkflowFinished
from .messages import (
    Absent,
    File,
    Headers,
    Records,
    Secret,
    Template,
)

MASK = "***"
SHORTEST = 4

# A value that stands under such a name is hidden wherever else it appears, if it is long
# enough to be a credential rather than a word.
_LEARNT = 8
_LONGEST = 4096  # a longer one is no credential, and would be a costly pattern
# So many in a run: a list of thousands is data, and looking for each of them takes time.
_MOST_LEARNT = 50
# Members of messages that hold credentials which nobody has named to us.
_MEMBERS = re.compile(
    r"(?:(?:access|refresh|id|session|auth|api|bearer|private|security)[_-]?)?token"
    r"|(?:api|access|private|secret)[_-]?key|(?:client|shared)?[_-]?secret"
    r"|password|passwd|passphrase|authorization|credentials?|jwt",
    re.IGNORECASE,
)
_FIELDS = re.compile(
    r"(?:proxy-)?authorization|(?:set-)?cookie"
    r"|(?:.*[-_])?(?:api-?key|(?<!page-)token|secret|password)",
    re.IGNORECASE,
)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9-]*[ \t]+(?=\S)")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_JSON_ESCAPES = {"\b": "b", "\f": "f", "\n": "n", "\r": "r", "\t": "t"}
_ENTITIES = {"&": "amp", "<": "lt", ">": "gt", '"': "quot", "'": "apos"}


@lru_cache(maxsize=4096)
def _names_credential(name: str) -> bool:
    return _MEMBERS.fullmatch(name) is not None


def is_credential_field(name: str) -> bool:
    """Whether a header of this name is made for credentials."""
    return _FIELDS.fullmatch(name) is not None


class Masker:
    """Knows the secrets of a run, and learns more of them as it goes on."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secrets: frozenset[str] = frozenset()
        # One for each secret, the longest first, so that no part of a longer one stays.
        self._patterns: list[tuple[int, re.Pattern[str]]] = []
        self._numbers = False
        self._learnt: set[str] = set()
        for secret in secrets:
            self.add(secret)

    def __repr__(self) -> str:
        return f"<Masker of {len(self._secrets)} secrets>"

    def add(self, secret: str) -> None:
        """Hide *secret* from now on."""
        # A header goes without the spaces around its value.
        new = {each for each in (secret, secret.strip()) if len(each) >= SHORTEST}
        if new <= self._secrets:
            return
        for each in new - self._secrets:
            forms = sorted(set(_forms(each)), key=len, reverse=True)
            self._patterns.append((len(each), re.compile("|".join(forms))))
        self._patterns.sort(key=lambda pair: -pair[0])
        self._secrets |= new
        self._numbers = any(map(_NUMBER.fullmatch, self._secrets))

    def add_field(self, name: str, value: str) -> None:
        """Hide the credential in a header: ``TOKEN`` of ``Authorization: Bearer TOKEN``."""
        for each in _credentials(name.lower(), value):
            self.add(each)

    def text(self, text: str) -> str:
        """*text* without the secrets."""
        for _, pattern in self._patterns:
            text = pattern.sub(MASK, text)
        return text

    def value(self, value: Any, *, members: bool = False) -> Any:
        """
        *value* without the secrets at any depth. References to secrets become the mask.

        With *members* also without what stands under names such as ``access_token``,
        which is hidden everywhere from then on.
        """
        shown = self._value(value, members)
        self._take_in()
        return shown

    def _take_in(self) -> None:
        """Once for a message, since every secret costs a new pattern."""
        for each in self._learnt - self._secrets:
            self.add(each)

    def _value(self, value: Any, members: bool) -> Any:
        match value:
            case str():
                return self.text(value)
            case int() | float() if self._numbers and not isinstance(value, bool):
                return value if self.text(str(value)) == str(value) else MASK
            case None | bool() | int() | float() | Absent() | File():
                return value
            case Secret() | Template():
                return MASK
            case Records(content, file):
                return value if file else Records(text=self.text(content or ""))
            # Loops in one function, since a body may be 512 levels deep.
            case Mapping():
                shown = {}
                for key, each in value.items():
                    if members and isinstance(each, str) and _names_credential(key):
                        self._learn(each)
                        shown[self.text(key)] = MASK
                    else:
                        shown[self.text(key)] = self._value(each, members)
                return shown
            case _:
                items = []
                for each in value:
                    items.append(self._value(each, members))
                return items

    def learn(self, value: Any) -> None:
        """Hide the credentials in *value* from now on, where its members name them."""
        self._gather(value)
        self._take_in()

    def _gather(self, value: Any) -> None:
        if type(value) is dict:
            for key, each in value.items():
                if type(each) is dict or type(each) is list:
                    self._gather(each)
                elif isinstance(each, str) and _names_credential(key):
                    self._learn(each)
        elif type(value) is list:
            for each in value:
                self._gather(each)

    def _learn(self, value: str) -> None:
        long = _LEARNT <= len(value) <= _LONGEST and len(value.split()) == 1
        if long and len(self._learnt) < _MOST_LEARNT:
            self._learnt.add(value)

    def headers(self, headers: Headers) -> Headers:
        """*headers* without the secrets, and without fields that are made for them."""
        return tuple(
            (name, MASK if _FIELDS.fullmatch(name) else self.text(value))
            for name, value in headers
        )

    def diagnostic(self, problem: Diagnostic) -> Diagnostic:
        """*problem* without the secrets."""
        return replace(
            problem,
            message=self.text(problem.message),
            hint=None if problem.hint is None else self.text(problem.hint),
        )

    def error(self, error: ArazzoError) -> None:
        """Take the secrets out of what *error* says."""
        error.problems = tuple(map(self.diagnostic, error.problems))
        error.message = self.text(error.message)
        error.hint = None if error.hint is None else self.text(error.hint)
        error.args = (error.message,)


def mask_event(event: Event, masker: Masker) -> Event:
    """*event* as it may be seen: what a step took from a response may hold a secret."""
    match event:
        case StepFinished():
            return _mask_finished(event, masker)
        case Warned(diagnostic):
            return Warned(masker.diagnostic(diagnostic))
        case WorkflowFinished(error=error):
            return replace(
                event,
                outputs=masker.value(event.outputs, members=True),
                error=masker.diagnostic(error) if error else None,
            )
        case RunFinished(error=error):
            return replace(
                event,
                outputs=masker.value(event.outputs, members=True),
                step_outputs=masker.value(event.step_outputs, members=True),
                error=masker.diagnostic(error) if error else None,
            )
        case _:
            return event


def _mask_finished(event: StepFinished, masker: Masker) -> StepFinished:
    outputs = masker.value(event.outputs, members=True)
    criteria = tuple(
        replace(
            each,
            actual=masker.value(each.actual, members=True),
            problem=each.problem and masker.text(each.problem),
        )
        if each.actual or each.problem
        else each
        for each in event.criteria
    )
    failure = event.failure and masker.text(event.failure)
    shown = outputs, criteria, failure
    if shown == (event.outputs, event.criteria, event.failure):
        return event  # nearly always; making it anew costs more than the masking
    return replace(event, outputs=outputs, criteria=criteria, failure=failure)


def _credentials(name: str, value: str) -> Iterator[str]:
    """What is secret in the value of a field that carries credentials (RFC 9110, 11)."""
    if name == "cookie":
        for pair in value.split(";"):
            yield pair.partition("=")[2].strip(' "')
        return
    scheme = _SCHEME.match(value)
    token = value[scheme.end() :].strip() if scheme else value.strip()
    yield token
    if scheme and scheme[0].strip().lower() == "basic":
        with_padding = token + "=" * (-len(token) % 4)
        try:
            user_and_password = base64.b64decode(with_padding, validate=True).decode()
        except ValueError:
            return
        yield user_and_password.partition(":")[2]


# --- forms ------------------------------------------------------------------------------


def _forms(secret: str) -> Iterator[str]:
    """Regular expressions for the forms of *secret*."""
    yield "".join(
        # One by one, backslashes could be read in exponentially many ways.
        _backslashes(len(each)) if each[0] == "\\" else _character(each)
        for each in re.findall(r"\\+|[^\\]", secret)
    )
    data = secret.encode("utf-8", "surrogatepass")
    for offset in range(3):
        # The characters that depend on the secret alone, whatever stands around it.
        encoded = base64.b64encode(b"\0" * offset + data).decode()
        start = (offset * 8 + 5) // 6
        whole = encoded[start : (offset + len(data)) * 8 // 6]
        if len(whole) >= SHORTEST:
            yield re.escape(whole)
            yield re.escape(whole.replace("+", "-").replace("/", "_"))


def _character(character: str) -> str:
    """A character of a secret, as it is or in any of its encodings."""
    if character.isascii() and (character.isalnum() or character in "-_.~"):
        return re.escape(character)  # nothing encodes these
    ways = [_coded(character)]
    if character in _ENTITIES:
        ways.append(f"&{_ENTITIES[character]};")
    if character in _JSON_ESCAPES:
        ways.append(rf"\\{_JSON_ESCAPES[character]}")
    if character in "\"'/":
        ways.append(rf"\\{re.escape(character)}")
    if character == " ":
        ways.append(r"\+")
    return f"(?:{'|'.join([*ways, re.escape(character)])})"


def _coded(character: str) -> str:
    """The ways to write a character by its number."""
    code = ord(character)
    data = character.encode("utf-8", "surrogatepass")
    units = character.encode("utf-16-be", "surrogatepass")
    ways = [
        "".join(f"%{_hex(byte, 2)}" for byte in data),
        "".join(rf"\\u{unit}" for unit in map(_hex_unit, units[::2], units[1::2])),
        rf"\\U{_hex(code, 8)}",
        rf"&#[xX]0*{_hex(code, 1)};",
        f"&#0*{code};",
    ]
    if code < 0x100:
        ways.append(rf"\\x{_hex(code, 2)}")
    return "|".join(ways)


def _backslashes(count: int) -> str:
    ways = (
        rf"\\{{{2 * count}}}",
        rf"\\{{{count}}}",
        rf"(?:{_coded(chr(92))}){{{count}}}",
    )
    return f"(?:{'|'.join(ways)})"


def _hex(number: int, digits: int) -> str:
    return "".join(
        f"[{each}{each.upper()}]" if each.isalpha() else each
        for each in f"{number:0{digits}x}"
    )


def _hex_unit(high: int, low: int) -> str:
    return _hex(high << 8 | low, 4)
