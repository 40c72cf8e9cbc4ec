"""Ids of what a server creates: no two the same."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator
from typing import Final

from ..messages import JSON, Absent, Call
from ..openapi.document import escape, is_object
from ..openapi.operations import Operation
from .drafts import Draft, Place
from .echo import declared_in, identified, resource_place
from .fitting import fits
from .resources import IDS, id_member

_MOST: Final = 10_000
_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_END: Final = re.compile(r"[0-9A-Za-z]*\Z")


class Ids:
    """
    The ids that a server has given away, of resources of one schema.

    *is_known*: whether something else that was answered has an id.
    """

    def __init__(self, is_known: Callable[[JSON], bool]) -> None:
        self._is_known = is_known
        self._given: set[JSON] = set()

    def own(self, draft: Draft, operation: Operation, call: Call) -> Draft:
        """
        *draft* with an id of its own, if it is what a POST creates: one where its schema has
        one that it does not require, and another one than what was created before has,
        unless the request itself gave it.
        """
        place = resource_place(draft.body)
        if operation.method.upper() != "POST" or place is None or draft.status >= 300:
            return draft
        if identified(operation) is not None:
            return draft
        draft, name = _with_id(draft, place)
        at = (*place, name)
        value = draft.value(at)
        asked = call.body.get(name) if is_object(call.body) else None
        if not name or not self._is_taken(value) or asked == value:
            return draft
        schema = draft.schema_of(at)
        for other in _others(value, len(self._given)):
            if not self._is_taken(other) and fits(other, schema, draft.document):
                return draft.put({at: other})
        return draft

    def note(self, draft: Draft) -> None:
        """*draft* was answered."""
        place = resource_place(draft.body)
        resource = draft.value(place) if place is not None else None
        name = id_member(resource) if is_object(resource) else None
        if name is not None and is_object(resource):
            self._given.add(resource[name])

    def _is_taken(self, value: JSON | Absent) -> bool:
        if not isinstance(value, str | int):
            return False
        return value in self._given or self._is_known(value)


def _with_id(draft: Draft, place: Place) -> tuple[Draft, str]:
    """*draft* with an id where it may have one, and the name of the member; "" for none."""
    resource = draft.value(place)
    name = id_member(resource) if is_object(resource) else None
    if name is not None:
        return draft, name
    declared = declared_in(draft.schema_of(place), draft)
    name = next((each for each in IDS[:3] if each in declared), "")
    if name:
        pointer = "".join(f"/{escape(each)}" for each in (*place, name))
        draft = draft.completed([pointer])
    return draft, name


def _others(value: JSON | Absent, first: int) -> Iterator[JSON]:
    """Values of the same form, each another; *first* were given away before."""
    for number in range(max(first, 1), first + _MOST):
        if isinstance(value, int):
            yield value + number
        elif isinstance(value, str) and _UUID.fullmatch(value):
            yield str(uuid.UUID(int=(uuid.UUID(value).int + number) % (1 << 128)))
        elif isinstance(value, str):
            # As long as before, so that a pattern or a longest length still holds.
            end = _END.search(value)
            room = len(end[0]) if end else 0
            yield f"{value[: len(value) - min(room, 6)]}{number:0{min(room, 6)}}"
