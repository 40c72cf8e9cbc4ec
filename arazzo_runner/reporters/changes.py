"""
What changed between two visits of a polled step: its outputs and the scalar members of
the response's body, without timestamps and addresses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from ..messages import ABSENT, Absent, Value

Scalar: TypeAlias = None | bool | int | float | str

_DEPTH: Final = 4
_MOST: Final = 200  # members looked at; a poll must stay cheap
_LONGEST: Final = 2000
_TIME_NAME = re.compile(
    r"(?:^|_)(?:at|time|timestamp|date|datetime|updated|modified|now|etag|ttl|elapsed)$"
    r"|(?:At|Time|Timestamp|Date|Modified|Updated)$"
)
# Times and addresses change, or appear, without telling how far something is.
_NOISE = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d|https?://")
_STATE_NAME = re.compile(r"(?:status|state|phase)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """
    What a visit of a step gave: scalars by dotted name, ``request_counts.succeeded``.

    Attributes:
        outputs: The step's outputs.
        members: The members of the body.
    """

    outputs: Mapping[str, Scalar] = field(default_factory=dict)
    members: Mapping[str, Scalar] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Change:
    """A member that differs; ABSENT where there was or is none."""

    name: str
    before: Scalar | Absent
    after: Scalar | Absent


def snapshot(outputs: Mapping[str, Value], body: Value | Absent = ABSENT) -> Snapshot:
    """The scalars of a step's outputs and of its response's body."""
    members = dict(_scalars(body, "", _DEPTH)) if isinstance(body, Mapping) else {}
    return Snapshot(dict(_scalars(outputs, "", _DEPTH)), members)


def changes(before: Snapshot, after: Snapshot) -> tuple[Change, ...]:
    """
    What differs, states first. An output that changed as a member of the body did is left
    out: the member has the name that the provider's documentation uses.
    """
    # A body that is no object for once (a page of a proxy) has not lost its members.
    same_kind = bool(before.members) == bool(after.members)
    members = list(_differences(before.members, after.members)) if same_kind else []
    pairs = {(str(each.before), str(each.after)) for each in members}
    outputs = [
        each
        for each in _differences(before.outputs, after.outputs)
        if (str(each.before), str(each.after)) not in pairs
    ]
    return tuple(
        sorted(outputs + members, key=lambda each: not _STATE_NAME.search(each.name))
    )


def states(found: Snapshot) -> Mapping[str, str]:
    """The members that say in words how far something is."""
    shown: dict[str, str] = {}
    for scalars in (found.members, found.outputs):
        for name, value in scalars.items():
            if (
                isinstance(value, str)
                and _STATE_NAME.search(name)
                and value not in shown.values()
            ):
                shown[name] = value
    return shown


def _differences(
    before: Mapping[str, Scalar], after: Mapping[str, Scalar]
) -> Iterator[Change]:
    # What is not there any more matters only where it said how far something is.
    gone = (name for name in before if name not in after and _STATE_NAME.search(name))
    for name in (*after, *gone):
        old, new = before.get(name, ABSENT), after.get(name, ABSENT)
        if old != new or isinstance(old, bool) != isinstance(new, bool):
            yield Change(name, old, new)


def _scalars(
    value: Mapping[str, Value], prefix: str, depth: int
) -> Iterator[tuple[str, Scalar]]:
    for number, (name, member) in enumerate(value.items()):
        if number >= _MOST:
            return
        if isinstance(member, Mapping):
            if depth > 1:
                yield from _scalars(member, f"{prefix}{name}.", depth - 1)
        elif member is None or isinstance(member, bool | int | float | str):
            if _TIME_NAME.search(name):
                continue
            if isinstance(member, str) and (
                len(member) > _LONGEST or _NOISE.match(member)
            ):
                continue
            yield prefix + name, member
