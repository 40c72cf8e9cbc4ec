"""What a response repeats: members of its request, and what was answered before."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from ..errors import ArazzoError
from ..messages import ABSENT, JSON, Absent, Call, Records
from ..openapi.document import is_array, is_object
from ..openapi.operations import Operation
from .drafts import Draft, Place, describe
from .fitting import fits
from .schemas import NoValue, flatten, variants

# Members that name a resource, by the end of their name.
_NAMING: Final = re.compile(
    r"(?:^|[_-]|(?<=[a-z]))(?:[gsu]?u?id|I[Dd]|key|name|number|arn)$"
)
_MOST_ROWS: Final = 1000
#: Bodies that are remembered by the names in them; the oldest make room for the newest.
_MOST_KEPT: Final = 20_000


# --- the resource in a body -------------------------------------------------------------


def resource_place(body: JSON | Absent) -> Place | None:
    """
    Where in *body* the resource is: itself, or its only object when it has no id of its
    own (``{"data": {…}}``); None when there is none.
    """
    if not is_object(body):
        return None
    inner = [name for name, each in body.items() if is_object(each)]
    own = any(_NAMING.search(name) for name in body)
    return (inner[0],) if len(inner) == 1 and len(body) <= 3 and not own else ()


def declared_in(schema: JSON, draft: Draft) -> dict[str, JSON]:
    """The properties of an object's schema, over all its variants."""
    found: dict[str, JSON] = {}
    try:
        for variant in variants(flatten(schema, draft.document), draft.document):
            found = {**variant.properties, **found}
    except NoValue:
        pass
    return found


def _squeezed(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def echoed(draft: Draft, operation: Operation, call: Call) -> Draft:
    """
    *draft* with the values that its request gave to members of the same name, and with
    the id that its path names.
    """
    place = resource_place(draft.body)
    if place is None or draft.form != "json" or draft.status >= 400:
        return draft
    resource = draft.value(place)
    if not is_object(resource):
        return draft
    schema = draft.schema_of(place)
    declared = declared_in(schema, draft)
    changed: dict[Place, JSON | Absent] = {}
    for name, value in (
        *(
            (n, v)
            for n, v in _given(operation, call, place)
            if not _own(declared.get(n))
        ),
        *_named(operation, call, resource, declared),
    ):
        if name in declared or name in resource:
            whole = _laid_over(resource.get(name), value)
            fitting = _fitting(whole, declared.get(name, True), draft)
            if not isinstance(fitting, Absent):
                changed[(*place, name)] = fitting
    return draft.put(changed)


def _own(schema: JSON) -> bool:
    """Whether only the server gives a member its value."""
    return is_object(schema) and schema.get("readOnly") is True


def as_example(draft: Draft, example: JSON) -> Draft:
    """*draft* with *example* as its body, which keeps its own ids and names, but for those
    that were made up for want of an example (`output_file_id-2d11ea`)."""
    if not is_object(example) or not is_object(draft.body):
        return draft
    own = {
        name: draft.body[name]
        for name, value in example.items()
        if _NAMING.search(name)
        and isinstance(value, str | int)
        and name in draft.body
        and draft.body[name] is not None
        and not str(draft.body[name]).startswith(f"{name}-")
    }
    return replace(draft, body={**example, **own})


def _laid_over(below: JSON, above: JSON) -> JSON:
    """*above*, and of objects the members of *below* that it does not have."""
    if not is_object(below) or not is_object(above):
        return above
    both = {key: _laid_over(below.get(key), each) for key, each in above.items()}
    return {**below, **both}


def _given(
    operation: Operation, call: Call, place: Place
) -> Iterator[tuple[str, JSON]]:
    """
    The members of the request's body, inside the same wrapper as the response's. Null
    takes away what is there already (RFC 7396); to create with it says nothing.
    """
    body = call.body
    changes = operation.method.upper() in ("PATCH", "PUT")
    for token in place:
        if isinstance(body, Mapping) and isinstance(body.get(token), Mapping):
            body = body[token]
    for name, value in body.items() if isinstance(body, Mapping) else ():
        if _plain(value) or (value is None and changes):
            yield name, value  # type: ignore[misc]  # just tested


def _plain(value: object) -> bool:
    if isinstance(value, Mapping):
        return all(_plain(each) for each in value.values())
    if isinstance(value, list | tuple):
        return all(_plain(each) for each in value)
    return isinstance(value, bool | int | float | str)


def _named(
    operation: Operation,
    call: Call,
    resource: Mapping[str, JSON],
    declared: Mapping[str, JSON],
) -> Iterator[tuple[str, JSON]]:
    """What the path's parameters say: members of their name, and the resource's id."""
    arguments = {
        each.name: each.value
        for each in call.arguments
        if each.location == "path" and isinstance(each.value, str | int)
    }
    names = {_squeezed(name): name for name in (*declared, *resource)}
    last = identified(operation)
    for parameter, value in arguments.items():
        squeezed = _squeezed(parameter)
        if squeezed in names:
            yield names[squeezed], value
        elif parameter == last:
            ending = [
                name
                for short, name in names.items()
                if _NAMING.search(name) and squeezed.endswith(short)
            ]
            if ending or "id" in names:
                yield (max(ending, key=len) if ending else names["id"]), value


def identified(operation: Operation) -> str | None:
    """
    The path parameter that names what *operation* answers with: the last one when the
    path ends in it, or when the path up to it answers with the same schema
    (``POST /batches/{id}/cancel``).
    """
    variables = re.findall(r"\{([^{}/]*)\}", operation.path)
    if not variables:
        return None
    last = f"{{{variables[-1]}}}"
    before = operation.path[: operation.path.rindex(last) + len(last)]
    if before == operation.path:
        return str(variables[-1])
    try:
        item = operation.document.path_item(before)
    except ArazzoError:
        return None
    get = item.get("get") if item is not None else None
    if not is_object(get):
        return None
    same = replace(operation, raw=get, path=before)
    mine = schema_key(operation, 200)
    return str(variables[-1]) if mine and mine == schema_key(same, 200) else None


def schema_key(operation: Operation, status: int) -> str:
    """What tells schemas of responses apart; "" when there is none."""
    content = describe(operation, status).get("content")
    for media in content.values() if is_object(content) else ():
        if is_object(media) and "schema" in media:
            return json.dumps(media["schema"], sort_keys=True, default=str)
    return ""


def _fitting(value: JSON, schema: JSON, draft: Draft) -> JSON | Absent:
    """*value*, as a number if that is what the schema wants; ABSENT if it does not fit."""
    if fits(value, schema, draft.document):
        return value
    if isinstance(value, str) and re.fullmatch(r"-?(0|[1-9]\d{0,15})", value):
        return int(value) if fits(int(value), schema, draft.document) else ABSENT
    if isinstance(value, int) and fits(str(value), schema, draft.document):
        return str(value)
    return ABSENT


# --- memory -----------------------------------------------------------------------------


@dataclass(slots=True)
class Memory:
    """
    What was answered in a run, so that later answers agree with it.

    Attributes:
        kept: Schema and id to the body that was answered last.
        custom_ids: The ids of the records that requests brought, in their order.
    """

    kept: dict[tuple[str, str], JSON] = field(default_factory=dict)
    custom_ids: list[str] = field(default_factory=list)

    def fork(self) -> Memory:
        """Another that remembers the same."""
        return Memory(dict(self.kept), list(self.custom_ids))

    def recall(self, draft: Draft, operation: Operation, call: Call) -> Draft:
        """*draft* as it was answered before for the id that *call*'s path names."""
        name = identified(operation)
        key = schema_key(operation, draft.status)
        for each in call.arguments:
            if each.location == "path" and each.name == name and key:
                body = self.kept.get((key, str(each.value)))
                if body is not None:
                    return replace(draft, body=body)
        return draft

    def keep(self, draft: Draft, operation: Operation, call: Call) -> None:
        """Remember what was answered, and the records that were sent."""
        self._keep_ids(call)
        place = resource_place(draft.body)
        key = schema_key(operation, draft.status)
        if place is None or draft.form != "json" or not key or draft.status >= 300:
            return
        resource = draft.value(place)
        body = draft.body
        if not is_object(resource) or isinstance(body, Absent):
            return
        for name, value in resource.items():
            if _NAMING.search(name) and isinstance(value, str | int):
                self.kept[key, str(value)] = body
        while len(self.kept) > _MOST_KEPT:
            del self.kept[next(iter(self.kept))]

    def _keep_ids(self, call: Call) -> None:
        body = call.body
        rows: Sequence[object] = ()
        if isinstance(body, Mapping):
            for each in body.values():
                if isinstance(each, list | tuple):
                    rows = [*rows, *each]
                elif isinstance(each, str | Records):
                    rows = [*rows, *_lines(each)]
        elif isinstance(body, str | Records):
            rows = _lines(body)
        for row in rows[:_MOST_ROWS]:
            name = row.get("custom_id") if isinstance(row, Mapping) else None
            if isinstance(name, str) and name not in self.custom_ids:
                self.custom_ids.append(name)

    def records(self, draft: Draft) -> Draft:
        """Records with a ``custom_id``, one for each that a request has brought."""
        body = draft.body
        if draft.form != "records" or not is_array(body) or not self.custom_ids:
            return draft
        lines = [each for each in body if is_object(each) and "custom_id" in each]
        if len(lines) != len(body) or not lines:
            return draft
        return replace(
            draft,
            body=[
                {**lines[at % len(lines)], "custom_id": name}
                for at, name in enumerate(self.custom_ids)
            ],
        )


def _lines(text: str | Records) -> list[object]:
    held = text.text if isinstance(text, Records) else text
    found: list[object] = []
    for line in (held or "").splitlines()[:_MOST_ROWS]:
        try:
            found.append(json.loads(line))
        except (ValueError, RecursionError):
            return found
    return found
