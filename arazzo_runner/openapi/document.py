"""An OpenAPI document, read part by part: JSON Pointers, local references, its index."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Final, NamedTuple, Protocol, TypeGuard
from urllib.parse import unquote

from ..errors import DocumentError, Location
from ..messages import ABSENT, JSON, Absent
from .linking import Link, names_in, owned, split

#: The fixed method fields of a Path Item (``query`` since 3.2).
METHODS: Final = frozenset(
    ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")
)

#: Key of the part that lists every operation as ``[operationId or null, path, method]``.
INDEX: Final = "#operations"

# How many pointer tokens name a part; everything else at the top level is one part.
_DEPTHS: Final = {"paths": 2, "webhooks": 2, "components": 3}
_MOST_HOPS: Final = 100
#: In place of a method, in a line of the index: the path item is in another document.
ELSEWHERE: Final = "$ref"


# --- JSON Pointers ----------------------------------------------------------------------


def escape(token: str) -> str:
    """*token* as a part of a JSON Pointer (RFC 6901, 3)."""
    return token.replace("~", "~0").replace("/", "~1")


def tokens(pointer: str) -> tuple[str, ...]:
    """
    The unescaped tokens of *pointer*.

        >>> tokens("/paths/~1pets/get")
        ('paths', '/pets', 'get')

    Raises:
        ValueError: it is not empty and does not begin with a slash.
    """
    if not pointer:
        return ()
    if pointer[0] != "/":
        raise ValueError(f"{pointer!r} is not a JSON Pointer")
    parts = pointer[1:].split("/")
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in parts)


def is_array(value: object) -> TypeGuard[Sequence[JSON]]:
    """Whether *value* is a JSON array: a sequence that is not text."""
    return isinstance(value, Sequence) and not isinstance(value, (str, bytes))


def is_index(token: str) -> bool:
    """Whether *token* can point into an array: ASCII digits without leading zeros."""
    digits = token.isascii() and token.isdigit() and len(token) < 16
    return digits and (len(token) == 1 or token[0] != "0")


def navigate(value: JSON, path: Sequence[str]) -> JSON | Absent:
    """What *path* leads to inside *value*, or ABSENT."""
    for token in path:
        if isinstance(value, Mapping):
            if token not in value:
                return ABSENT
            value = value[token]
        elif is_array(value) and is_index(token) and int(token) < len(value):
            value = value[int(token)]
        else:
            return ABSENT
    return value


# --- parts ------------------------------------------------------------------------------


class Parts(Protocol):
    """Where the parts of one document come from: memory, or a cache on disk."""

    def get(self, key: str) -> JSON | Absent:
        """The part that `split_parts` stored under *key*, or ABSENT."""

    def keys(self) -> Collection[str]:
        """The keys of all parts."""


class MemoryParts:
    """The parts of a document that is in memory anyway."""

    def __init__(self, parts: Mapping[str, JSON]) -> None:
        self._parts = parts

    @classmethod
    def of(cls, document: JSON) -> MemoryParts:
        """The parts of a whole *document*."""
        return cls(split_parts(document))

    def get(self, key: str) -> JSON | Absent:
        return self._parts.get(key, ABSENT)

    def keys(self) -> Collection[str]:
        return self._parts.keys()


def split_parts(document: JSON) -> dict[str, JSON]:
    """
    *document* as a flat mapping of JSON Pointer to part, so that one operation can be
    read without the others: a path, a webhook and a component are a part each, every
    other member of the document is one, and `INDEX` lists the operations.

    What is not an object has the single part "".
    """
    if not isinstance(document, Mapping):
        return {"": document}
    parts: dict[str, JSON] = {}
    for name, member in document.items():
        _split(parts, f"/{escape(name)}", member, _DEPTHS.get(name, 1) - 1)
    parts[INDEX] = [list(entry) for entry in _index(document)]
    return parts


def _split(parts: dict[str, JSON], key: str, value: JSON, depth: int) -> None:
    if depth and isinstance(value, Mapping):
        for name, member in value.items():
            _split(parts, f"{key}/{escape(name)}", member, depth - 1)
    else:
        parts[key] = value


class Entry(NamedTuple):
    """A line of the index. `method` is spelled as in the document."""

    operation_id: str | None
    path: str
    method: str

    @property
    def pointer(self) -> str:
        """Where the operation is, ``/paths/~1pets/get``."""
        fixed = self.method.lower() in METHODS
        between = "" if fixed else "additionalOperations/"
        return f"/paths/{escape(self.path)}/{between}{escape(self.method)}"


def _index(document: Mapping[str, JSON]) -> Iterator[Entry]:
    paths = document.get("paths")
    for path, item in paths.items() if isinstance(paths, Mapping) else ():
        for _ in range(_MOST_HOPS):
            if not isinstance(item, Mapping):
                break
            yield from _operations_of(path, item)
            reference = item.get("$ref")
            if not isinstance(reference, str):
                break
            if not reference.startswith("#/"):
                yield Entry(None, path, ELSEWHERE)
                break
            found = navigate(document, tokens(unquote(reference[1:])))
            item = None if isinstance(found, Absent) else found


def _operations_of(path: str, item: Mapping[str, JSON]) -> Iterator[Entry]:
    more = item.get("additionalOperations")
    fixed = ((name, each) for name, each in item.items() if name.lower() in METHODS)
    for method, operation in (*fixed, *(more.items() if is_object(more) else ())):
        if isinstance(operation, Mapping):
            name = operation.get("operationId")
            named = isinstance(name, (str, int)) and not isinstance(name, bool)
            yield Entry(str(name) if named else None, path, method)


def is_object(value: object) -> TypeGuard[Mapping[str, JSON]]:
    """Whether *value* is a JSON object."""
    return isinstance(value, Mapping)


# --- the document -----------------------------------------------------------------------


class Document:
    """
    An OpenAPI 3.x document that reads only the parts it is asked for.

    Attributes:
        uri: Where it was read from, for messages and relative server URLs.
        name: The name of its source description.
        version: ``(3, 1)``.
    """

    def __init__(
        self,
        parts: Parts,
        uri: str,
        name: str,
        locate: Callable[[tuple[str | int, ...]], Location] | None = None,
        link: Link | None = None,
        version: tuple[int, int] | None = None,
        whole: Callable[[], JSON] | None = None,
    ) -> None:
        """
        *locate* gives the place of a path of keys and indexes, *link* other documents.
        *version* is given for a document that has none of its own, a part of a
        description that stands in a file apart; *whole* gives all of it.

        Raises:
            DocumentError: AZ302, it is not an OpenAPI 3 document.
        """
        self.uri = uri
        self.name = name
        self._parts = parts
        self._locate = locate
        self._link = link
        self._whole = whole
        self._read: dict[str, JSON | Absent] = {}
        self._taken: dict[tuple[int, str], JSON] = {}
        self.version = self._check() if version is None else version

    def _check(self) -> tuple[int, int]:
        declared = self.part("/openapi")
        text = "" if isinstance(declared, Absent) else str(declared)
        major, dot, rest = text.partition(".")
        minor = rest.partition(".")[0]
        if major == "3" and dot and minor.isascii() and minor.isdigit():
            return 3, int(minor)
        raise DocumentError(
            f"source description {self.name!r} is not an OpenAPI document:"
            f" {self.uri or 'it'} is {self._kind(text)}",
            code="AZ302",
            location=self.location("/openapi" if text else ""),
        )

    def _kind(self, version: str) -> str:
        """What this document is instead, for the message."""
        whole = self.part("")
        if not isinstance(whole, Absent):
            return "a list, not an object" if is_array(whole) else "not an object"
        if version:
            return f"an OpenAPI {version} document, which is not supported"
        for key, what in (
            ("/swagger", "a Swagger description of another version than 2.0"),
            ("/arazzo", "an Arazzo document"),
            ("/asyncapi", "an AsyncAPI document, which is not supported yet"),
        ):
            if self.part(key) is not ABSENT:
                return what
        return "an object without the field 'openapi'"

    def part(self, key: str) -> JSON | Absent:
        """The part with exactly this *key*; read at most once."""
        if key not in self._read:
            self._read[key] = self._parts.get(key)
        return self._read[key]

    def part_keys(self) -> Collection[str]:
        """The keys of all parts."""
        return self._parts.keys()

    def parts(self) -> Iterator[tuple[str, JSON]]:
        """
        Every part that is content, with its pointer, in the order of the pointers: the
        whole document. They are not kept.
        """
        for key in sorted(self._parts.keys()):
            part = self._parts.get(key)
            if key != INDEX and not isinstance(part, Absent):
                yield key, part

    def at(self, pointer: str) -> JSON | Absent:
        """
        What *pointer* leads to, references not followed; ABSENT when there is nothing.

        A pointer to a collection of parts (``/paths``, ``/components/schemas``) finds
        nothing, since that would read the whole document.

        Raises:
            ValueError: it is not a JSON Pointer.
        """
        path = tokens(pointer)
        if not path and self._whole is not None:
            return self._whole()
        deepest = _DEPTHS.get(path[0], 1) if path else 0
        for length in range(min(deepest, len(path)), 0, -1):
            part = self.part("".join(f"/{escape(each)}" for each in path[:length]))
            if not isinstance(part, Absent):
                return navigate(part, path[length:])
        return ABSENT

    def location(self, pointer: str) -> Location:
        """The place of what *pointer* leads to, or of the document."""
        if self._locate is None:
            return Location(self.uri)
        path: list[str | int] = []
        here = ""
        for token in tokens(pointer):
            indexed = is_index(token) and is_array(self.at(here))
            path.append(int(token) if indexed else token)
            here += f"/{escape(token)}"
        return self._locate(tuple(path))

    # --- references ---

    def resolve(self, value: JSON, where: str = "") -> JSON:
        """
        *value* itself, or what its ``$ref`` leads to in the end.

        Since 3.1 a schema may have keywords beside ``$ref``; they are laid over the
        target's. *where* is the pointer of *value*, for errors.

        Raises:
            DocumentError: AZ308, the reference leads nowhere, in a circle, or to another
                document that cannot be had.
        """
        seen: set[tuple[int, str]] = set()
        beside: dict[str, JSON] = {}
        while is_object(value):
            reference = value.get("$ref", value.get("$dynamicRef"))
            if not isinstance(reference, str):
                break
            key = (id(getattr(reference, "owner", self)), str(reference))
            if key in seen:
                raise self._unresolvable(reference, "refers to itself", where)
            seen.add(key)
            if self.version > (3, 0) and len(value) > 1:
                beside = {**_siblings(value), **beside}
            value = self._target(reference, where)
        return {**value, **beside} if beside and is_object(value) else value

    def _target(self, reference: str, where: str) -> JSON:
        owner = getattr(reference, "owner", self)
        document, fragment = owner._named(reference, where if owner is self else "")
        key = (id(document), fragment)
        if key not in self._taken:
            if document.is_name(fragment):
                found = document.by_name.get(fragment, ABSENT)
            else:
                found = document.at(fragment)
            if isinstance(found, Absent):
                raise self._unresolvable(reference, "leads to nothing", where)
            if document is self:
                return found
            self._taken[key] = owned(found, document)
        return self._taken[key]

    def _named(self, reference: str, where: str) -> tuple[Document, str]:
        """The document that *reference*, which stands in this one, names, and what in it."""
        file, fragment = split(reference)
        here = self.uri.rpartition("/")[2]
        if not file or file in (self.uri, here, f"./{here}"):
            return self, fragment if fragment.startswith(
                "/"
            ) or not fragment else f"#{fragment}"
        if not fragment and file in self.by_name:
            return self, file
        if self._link is None:
            raise self._unresolvable(reference, "names a document out of reach", where)
        document = self._link(file, where)
        return document, fragment if fragment.startswith(
            "/"
        ) or not fragment else f"#{fragment}"

    @staticmethod
    def is_name(fragment: str) -> bool:
        """Whether what `_named` gave is a name rather than a JSON Pointer."""
        return bool(fragment) and not fragment.startswith("/")

    @cached_property
    def by_name(self) -> Mapping[str, JSON]:
        """
        The schemas that have a name of their own: ``#name`` of an anchor, an ``$id``.
        Reads the whole document.
        """
        return {name: each for _, part in self.parts() for name, each in names_in(part)}

    def _unresolvable(self, reference: str, why: str, where: str) -> DocumentError:
        return DocumentError(
            f"the reference {reference!r} in source description {self.name!r} {why}",
            code="AZ308",
            location=self.location(where),
        )

    # --- operations ---

    @cached_property
    def operations(self) -> tuple[Entry, ...]:
        """The index: every operation below ``paths``, in the order of the document."""
        index = self.part(INDEX)
        lines = index if is_array(index) else ()
        found: list[Entry] = []
        for line in lines:
            entry = Entry(*line)  # type: ignore[misc]
            if entry.method != ELSEWHERE:
                found.append(entry)
                continue
            try:
                item = self.path_item(entry.path)
            except DocumentError:  # said when one of its operations is asked for
                continue
            found += _operations_of(entry.path, item or {})
        return tuple(found)

    @cached_property
    def by_id(self) -> Mapping[str, tuple[Entry, ...]]:
        """operationId to the operations that have it: more than one is the author's error."""
        found: dict[str, tuple[Entry, ...]] = {}
        for entry in self.operations:
            if entry.operation_id is not None:
                found[entry.operation_id] = (*found.get(entry.operation_id, ()), entry)
        return found

    def operation_ids(self) -> Iterator[str]:
        """Every operationId, in the order of the document."""
        return iter(self.by_id)

    def path_item(self, path: str) -> Mapping[str, JSON] | None:
        """
        The Path Item of *path*, its ``$ref`` followed and fields beside it laid over;
        None when there is none.

        Raises:
            DocumentError: AZ308, see `resolve`.
        """
        pointer = f"/paths/{escape(path)}"
        item = self.at(pointer)
        if not is_object(item):
            return None
        if "$ref" not in item:
            return item
        target = self.resolve(item, pointer)
        beside = {key: each for key, each in item.items() if key != "$ref"}
        return {**target, **beside} if is_object(target) else beside


def _siblings(value: Mapping[str, JSON]) -> dict[str, JSON]:
    texts = ("$ref", "summary", "description")
    return {key: each for key, each in value.items() if key not in texts}
