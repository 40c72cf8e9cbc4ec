"""
An AsyncAPI description, as far as the steps of a workflow are checked against it.

Nothing of it is run: there are operations, channels and local references, of versions 2
and 3, and no protocol.

https://www.asyncapi.com/docs/reference/specification/v3.0.0
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, cast
from urllib.parse import unquote

from .errors import Location
from .expressions.scope import at_pointer
from .messages import ABSENT, JSON
from .model import Locate, Path, no_place

_MOST_HOPS: Final = 20
#: The operations of a channel in AsyncAPI 2.
_METHODS: Final = ("publish", "subscribe")


@dataclass(frozen=True, slots=True)
class AsyncOperation:
    """
    An operation of an AsyncAPI document.

    Attributes:
        operation_id: Its key below ``operations`` (3), or its ``operationId`` (2).
        action: As it is written: ``send`` or ``receive`` (3), ``publish`` or
            ``subscribe`` (2).
        path: Where it is in the document.
        value: The operation itself, its ``$ref`` followed.
        channel: The JSON Pointer of its channel, ``/channels/orders``; None if it has none.
    """

    operation_id: str
    action: str
    path: Path
    value: Mapping[str, JSON] = field(repr=False)
    channel: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AsyncDocument:
    """
    An AsyncAPI document.

    Attributes:
        uri: Where it was read from, for messages.
        name: Of the source description.
        root: The document as plain values.
        locate: The place of a path in it.
    """

    uri: str
    name: str
    root: Mapping[str, JSON] = field(default_factory=dict)
    locate: Locate = no_place

    @property
    def major(self) -> int:
        """The major version, 2 or 3; 0 when the document does not say."""
        major = str(self.root.get("asyncapi", "")).partition(".")[0]
        return int(major) if major.isascii() and major.isdigit() else 0

    def operations(self) -> Iterator[AsyncOperation]:
        """Every operation that can be named, in the order of the document."""
        yield from self._of_version_3()
        yield from self._of_version_2()

    def operation(self, operation_id: str) -> AsyncOperation | None:
        """The operation of this id; None if there is none."""
        found = (
            each for each in self.operations() if each.operation_id == operation_id
        )
        return next(found, None)

    def operation_ids(self) -> tuple[str, ...]:
        """The ids of all operations, in the order of the document."""
        return tuple(each.operation_id for each in self.operations())

    def channel(self, pointer: str) -> Mapping[str, JSON] | None:
        """
        The channel at a JSON Pointer, ``/channels/orders`` or ``#/channels/orders``; None
        if what is there is no channel.
        """
        pointer = _plain(pointer)
        parts = pointer.split("/")
        placed = (
            parts[:2] == ["", "channels"] and len(parts) == 3,
            parts[:3] == ["", "components", "channels"] and len(parts) == 4,
        )
        found = self.resolve(self.at(pointer)) if any(placed) else None
        return found if isinstance(found, Mapping) else None

    def channel_pointers(self) -> tuple[str, ...]:
        """The JSON Pointers of all channels, in the order of the document."""
        channels = self.root.get("channels")
        names = channels if isinstance(channels, Mapping) else {}
        return tuple(f"/channels/{_escape(name)}" for name in names)

    def channel_of(self, operation: AsyncOperation) -> Mapping[str, JSON] | None:
        """The channel of an operation; None if it has none."""
        return None if operation.channel is None else self.channel(operation.channel)

    def operations_of(self, pointer: str) -> tuple[AsyncOperation, ...]:
        """The operations of the channel at *pointer*."""
        pointer = self._final(_plain(pointer))
        return tuple(
            each
            for each in self.operations()
            if each.channel is not None and self._final(each.channel) == pointer
        )

    def resolve(self, value: JSON) -> JSON:
        """*value*, or what its local ``$ref`` leads to in the end; None if nowhere."""
        for _ in range(_MOST_HOPS):
            if not isinstance(value, Mapping) or "$ref" not in value:
                return value
            reference = value["$ref"]
            if not isinstance(reference, str) or not reference.startswith("#/"):
                return None
            value = self.at(_plain(reference))
        return None

    def at(self, pointer: str) -> JSON:
        """What a JSON Pointer leads to, references not followed; None if nowhere."""
        found = at_pointer(self.root, pointer)
        return None if found is ABSENT else cast(JSON, found)

    def location(self, pointer: str) -> Location:
        """The place of what *pointer* leads to."""
        path: list[str | int] = []
        value: object = self.root
        for token in _plain(pointer).split("/")[1:]:
            name = token.replace("~1", "/").replace("~0", "~")
            if isinstance(value, list) and name.isdecimal() and int(name) < len(value):
                path.append(int(name))
                value = value[int(name)]
            else:
                path.append(name)
                value = value.get(name) if isinstance(value, Mapping) else None
        return self.locate(tuple(path))

    def _final(self, pointer: str) -> str:
        """*pointer*, or where the ``$ref``s that stand there lead in the end."""
        for _ in range(_MOST_HOPS):
            found = self.at(pointer)
            reference = found.get("$ref") if isinstance(found, Mapping) else None
            if not isinstance(reference, str) or not reference.startswith("#/"):
                break
            pointer = _plain(reference)
        return pointer

    def _of_version_3(self) -> Iterator[AsyncOperation]:
        named = self.root.get("operations")
        for name, written in named.items() if isinstance(named, Mapping) else ():
            value = self.resolve(written)
            if not isinstance(value, Mapping):
                continue
            channel = value.get("channel")
            reference = channel.get("$ref") if isinstance(channel, Mapping) else None
            pointer = _plain(reference) if isinstance(reference, str) else None
            action = str(value.get("action", ""))
            yield AsyncOperation(name, action, ("operations", name), value, pointer)

    def _of_version_2(self) -> Iterator[AsyncOperation]:
        channels = self.root.get("channels")
        for name, written in channels.items() if isinstance(channels, Mapping) else ():
            channel = self.resolve(written)
            if not isinstance(channel, Mapping):
                continue
            for method in _METHODS:
                value = channel.get(method)
                operation_id = (
                    value.get("operationId") if isinstance(value, Mapping) else None
                )
                if isinstance(value, Mapping) and isinstance(operation_id, str):
                    path = ("channels", name, method)
                    pointer = f"/channels/{_escape(name)}"
                    yield AsyncOperation(operation_id, method, path, value, pointer)


def _plain(pointer: str) -> str:
    """A JSON Pointer without ``#``; as a fragment it is percent-encoded."""
    return unquote(pointer[1:]) if pointer.startswith("#") else pointer


def _escape(token: str) -> str:
    return token.replace("~", "~0").replace("/", "~1")
