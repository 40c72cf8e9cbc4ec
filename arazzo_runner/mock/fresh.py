"""Ids of what a server creates: no two the same."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator
from typing import Final

from ..messages import JSON, Call
from ..openapi.document import escape, is_object
from ..openapi.operations import Operation
from .drafts import Draft
from .echo import declared_in, identified, resource_place
from .fitting import fits
from .resources import IDS, id_member

_MOST: Final = 100_000
_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_END: Final = re.compile(r"[0-9A-Za-z]*\Z")


def with_own_id(
    draft: Draft, operation: Operation, call: Call, is_taken: Callable[[JSON], bool]
) -> Draft:
    """
    *draft* with an id of its own, if it is what a POST creates: one where its schema has one
    that it does not require, and another one than what was created before has, unless the
    request itself gave it.
    """
    place = resource_place(draft.body)
    if operation.method.upper() != "POST" or place is None or draft.status >= 300:
        return draft
    resource = draft.value(place)
    if identified(operation) is not None or not is_object(resource):
        return draft
    name = id_member(resource)
    if name is None:
        declared = declared_in(draft.schema_of(place), draft)
        name = next((each for each in IDS[:3] if each in declared), None)
        if name is None:
            return draft
        draft = draft.completed(
            ["".join(f"/{escape(each)}" for each in (*place, name))]
        )
        resource = draft.value(place)
    if not is_object(resource) or not is_taken(resource.get(name)):
        return draft
    given = call.body
    if is_object(given) and given.get(name) == resource[name]:
        return draft
    at = (*place, name)
    schema = draft.schema_of(at)
    for other in _others(resource[name]):
        if not is_taken(other) and fits(other, schema, draft.document):
            return draft.put({at: other})
    return draft


def _others(value: JSON) -> Iterator[JSON]:
    """Values of the same form, each another."""
    for number in range(1, _MOST):
        if isinstance(value, int):
            yield value + number
        elif isinstance(value, str) and _UUID.fullmatch(value):
            yield str(uuid.UUID(int=(uuid.UUID(value).int + number) % (1 << 128)))
        elif isinstance(value, str):
            # As long as before, so that a pattern or a longest length still holds.
            end = _END.search(value)
            room = len(end[0]) if end else 0
            yield f"{value[: len(value) - min(room, 6)]}{number:0{min(room, 6)}}"
