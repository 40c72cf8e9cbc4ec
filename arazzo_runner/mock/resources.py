"""What the mock server has: created, changed, listed, and deleted by its clients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from ..messages import JSON, Response, Value
from ..openapi.document import is_array, is_object

#: Resources that are remembered.
MOST: int = 10_000
#: Names of members that name a resource, the likeliest first.
IDS = ("id", "uuid", "key", "name", "sid", "slug", "number")


@dataclass
class Resources:
    """By the path of each: ``/pets/7``. Not for several threads at once."""

    kept: dict[str, JSON] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)

    def is_gone(self, method: str, path: str) -> bool:
        """Whether *path*, or what it is in, was deleted and not made again."""
        if method in ("PUT", "POST") and path in self.deleted:
            return False
        whole = [*self._above(path), path]
        return any(each in self.deleted for each in whole)

    @staticmethod
    def _above(path: str) -> list[str]:
        parts = path.split("/")
        return ["/".join(parts[:count]) for count in range(2, len(parts))]

    def note(
        self, method: str, path: str, response: Response, *, one: bool = True
    ) -> None:
        """
        Remember what *response* says has happened at *path*. *one*: the path names one of
        a collection, by an id; what is below such a one (``/orders/7/invoice``) is not.
        """
        if response.status >= 300:
            return
        if method == "DELETE":
            self.kept.pop(path, None)
            self.deleted.add(path)
            return
        body = response.body
        if not is_object(body):
            return
        where = f"{path}/{_id_of(body)}" if method == "POST" else path
        if method == "POST" and _id_of(body) is None:
            return
        if (
            method == "POST"
            or (one and method in ("PUT", "PATCH"))
            or where in self.kept
        ):
            self.deleted.discard(where)
            if len(self.kept) < MOST or where in self.kept:
                self.kept[where] = dict(body)

    def listed(self, path: str, response: Response) -> Response:
        """*response* with what is in the collection *path*, if anything is known of it."""
        inside = f"{path}/"
        items = [
            each
            for where, each in self.kept.items()
            if where.startswith(inside) and "/" not in where[len(inside) :]
        ]
        emptied = any(
            where.startswith(inside) and "/" not in where[len(inside) :]
            for where in self.deleted
        )
        if response.status >= 300 or not (items or emptied):
            return response
        body = response.body
        if is_array(body):
            return replace(response, body=_like(items))
        arrays = [
            name
            for name, each in (body.items() if is_object(body) else ())
            if is_array(each) and all(is_object(one) for one in each)
        ]
        if len(arrays) != 1 or not isinstance(body, Mapping):
            return response
        return replace(response, body={**body, arrays[0]: _like(items)})


def _like(items: Sequence[JSON]) -> list[Value]:
    return list(items)


def id_member(resource: Mapping[str, Value]) -> str | None:
    """The name of the member that names a resource."""
    for name in IDS:
        value = resource.get(name)
        if isinstance(value, str | int) and not isinstance(value, bool):
            return name
    return None


def _id_of(body: Mapping[str, Value]) -> object:
    """What names a resource, also inside of its only wrapper."""
    own = id_member(body)
    if own is not None:
        return body[own]
    inner = [each for each in body.values() if isinstance(each, Mapping)]
    return _id_of(inner[0]) if len(body) == 1 and inner else None
