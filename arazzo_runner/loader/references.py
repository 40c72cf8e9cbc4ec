"""
The ``$ref``s in the schemas of inputs, followed once, when a description is opened.

JSON Schema 2020-12 has references to anchors, to schemas with an ``$id``, to other files.
Afterwards a description has pointers into its own root alone: what they lead to elsewhere
has been copied to the member `MEMBER` of the root, which no document can have of its own.
So nothing behind the loader resolves a URI, and a validator never reaches for the network.

https://spec.openapis.org/arazzo/v1.1.0.html#resolving-uri-fragments (N-PARSE-03, N-URI-06)
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final, NamedTuple, cast
from urllib.parse import unquote

from ..errors import Diagnostic, DocumentError, Location, did_you_mean
from ..messages import JSON
from ..model import Description, Path
from .registry import Known, resolved
from .schemas import Index, Missing, find_schemas, inner, value_at, walk

#: Where schemas from elsewhere are kept in the root of a description.
MEMBER: Final = "$refs"
#: References of one description that are reported.
_MOST_PROBLEMS: Final = 50

# What a pointer may consist of so that it is the same text as a URI's fragment.
_PLAIN: Final = re.compile(r"[A-Za-z0-9._~$-]*")

#: The document that a reference leads to: who refers, as written, its URI, the place.
Find = Callable[[Known, str, str, Location], Known]


class Bundled(NamedTuple):
    """A description whose schemas have local pointers only, and what was found on the way."""

    description: Description
    errors: tuple[Diagnostic, ...] = ()
    warnings: tuple[Diagnostic, ...] = ()


def bundle(
    description: Description, known: Known, find: Find, others: Sequence[Known] = ()
) -> Bundled:
    """
    *description*, which is the document *known*, with every ``$ref`` of its input schemas
    made a pointer into `Description.root`. *find* gives the document of a URI; the schemas
    with an ``$id`` in *others* are looked at before.

    Raises:
        PolicyError: a reference leads where it must not.
    """
    root = description.root
    if not isinstance(root, dict):
        return Bundled(description)
    making = _Bundle(known, find, others)
    workflows = [
        replace(each, inputs=making.rewritten(each.inputs, known, each.path + _INPUTS))
        for each in description.workflows
    ]
    inputs = {
        name: making.rewritten(each, known, ("components", "inputs", name))
        for name, each in description.components.inputs.items()
    }
    pool = making.collected()
    problems = tuple(making.errors), tuple(making.warnings)
    if not making.changed:
        return Bundled(description, *problems)
    for workflow in workflows:
        if workflow.inputs is not None:
            root = _put(root, workflow.path + _INPUTS, workflow.inputs)
    for name, schema in inputs.items():
        root = _put(root, ("components", "inputs", name), schema)
    changed = replace(
        description,
        workflows=tuple(workflows),
        components=replace(description.components, inputs=inputs),
        root={**cast(dict[str, JSON], root), MEMBER: pool},
    )
    return Bundled(changed, *problems)


_INPUTS: Final[Path] = ("inputs",)
#: Parts of the path of a schema of inputs.
_INPUTS_DEPTH: Final = 3


def _put(root: JSON, path: Path, value: JSON) -> JSON:
    """A copy of *root* with *value* at *path*."""
    if not path:
        return value
    if isinstance(root, dict):
        name = str(path[0])
        return {**root, name: _put(root.get(name), path[1:], value)}
    if isinstance(root, list) and isinstance(path[0], int):
        at = path[0]
        return [*root[:at], _put(root[at], path[1:], value), *root[at + 1 :]]
    return root


# --- following --------------------------------------------------------------------------


class _Bundle:
    """The schemas of one description in the making."""

    def __init__(self, home: Known, find: Find, others: Sequence[Known]) -> None:
        self.errors: list[Diagnostic] = []
        self.warnings: list[Diagnostic] = []
        self.changed = False
        self._home = home
        self._find = find
        self._indexes: dict[int, Index] = {}
        self._known: list[Known] = [
            home,
            *(each for each in others if each is not home),
        ]
        self._names: dict[tuple[int, Path], str] = {}
        self._waiting: list[tuple[str, Known, Path, Location | None]] = []
        self._done: dict[tuple[int, str], JSON] = {}
        # Where in the description the schema is referred to that is being rewritten.
        self._via: Location | None = None

    def collected(self) -> dict[str, JSON]:
        """Every schema from elsewhere, by its name below `MEMBER`."""
        pool: dict[str, JSON] = {}
        while self._waiting:
            name, known, path, self._via = self._waiting.pop()
            pool[name] = self.rewritten(value_at(known.parsed.value, path), known, path)
        return pool

    def rewritten(self, schema: JSON, known: Known, path: Path) -> JSON:
        """*schema*, which is at *path* in *known*, with local pointers only."""
        base = self.index(known).base(path, known.base_uri)
        return self._rewritten(schema, known, path, base)

    def index(self, known: Known) -> Index:
        if id(known) not in self._indexes:
            self._indexes[id(known)] = find_schemas(known)
        return self._indexes[id(known)]

    def _rewritten(self, schema: JSON, known: Known, path: Path, base: str) -> JSON:
        if not isinstance(schema, dict):
            return schema
        key = id(schema), base
        if key in self._done:
            return self._done[key]
        own = schema.get("$id")
        here = resolved(base, own) if isinstance(own, str) else base
        made: dict[str, JSON] = schema
        for part, each in inner(schema):
            new = self._rewritten(each, known, path + part, here)
            if new is not each:
                made = cast(dict[str, JSON], _put(made, part, new))
        for name in ("$ref", "$dynamicRef"):
            reference = schema.get(name)
            if isinstance(reference, str):
                pointer = self._referred(reference, known, (*path, name), here)
                if pointer is not None and (name, pointer) != ("$ref", reference):
                    made = _with(made, name, pointer)
        if isinstance(own, str):  # pointers start at the root from now on
            made = {key: each for key, each in made.items() if key != "$id"}
        self.changed = self.changed or made is not schema
        self._done[key] = made
        return made

    def _referred(
        self, reference: str, known: Known, path: Path, base: str
    ) -> str | None:
        """The pointer for *reference*, which stands at *path*; None if it leads nowhere."""
        if len(self.errors) >= _MOST_PROBLEMS:
            return None  # enough to put right, and each costs
        at = known.locate(path)
        try:
            target, found = self._target(reference, known, path, base, at)
        except DocumentError as error:
            self._report(error.problems[0], reference, at)
            return None
        return self._pointer(target, found, at)

    def _report(self, problem: Diagnostic, reference: str, at: Location) -> None:
        if problem.code == "AZ101":
            message = f"{reference!r} leads nowhere: {problem.message}"
            problem = replace(problem, code="AZ318", message=message)
        known = {problem.location}
        for place in (at, self._via):
            if place is not None and place not in known:
                known.add(place)
                related = (*problem.related, (place, "referred to here"))
                problem = replace(problem, related=related)
        self.errors.append(problem)

    def _pointer(self, known: Known, path: Path, at: Location) -> str:
        """The pointer by which the schema at *path* in *known* is found in the root."""
        plain = all(_PLAIN.fullmatch(str(part).replace("/", "")) for part in path)
        if known is self._home and plain and path in self.index(known).seen:
            parts = (str(part).replace("~", "~0").replace("/", "~1") for part in path)
            return "#" + "".join(f"/{part}" for part in parts)
        key = id(known), path
        if key not in self._names:
            self._names[key] = str(len(self._names))
            self._waiting.append((self._names[key], known, path, self._via or at))
            self.changed = True
        return f"#/{MEMBER}/{self._names[key]}"

    def _target(
        self, reference: str, known: Known, path: Path, base: str, at: Location
    ) -> tuple[Known, Path]:
        """
        The document and the path that *reference* leads to.

        Raises:
            DocumentError: it leads nowhere, or to what is no schema.
        """
        written, _, fragment = reference.partition("#")
        uri = base if not written else resolved(base, written)
        target, top = self._resource(written, uri, known, at)
        fragment = unquote(fragment)
        if fragment and not fragment.startswith("/"):
            found = self.index(target).anchors.get((uri, fragment))
            found = found or self.index(target).anchors.get((target.base_uri, fragment))
            if found is None:
                raise _nowhere(
                    reference,
                    f"there is no '$anchor: {fragment}' in {target.uri}",
                    at,
                    did_you_mean(
                        fragment, [each for _, each in self.index(target).anchors]
                    ),
                )
            return target, found
        around = None
        if known is target and target.kind == "arazzo" and not top:
            around = path[:_INPUTS_DEPTH]
        found, value = self._pointed(reference, fragment, target, top, around, at)
        if not isinstance(value, dict | bool):
            raise _nowhere(reference, "what is there is no schema", at)
        if target.kind and not found:
            raise _nowhere(reference, f"{target.uri} is no schema as a whole", at)
        return target, found

    def _pointed(
        self,
        reference: str,
        fragment: str,
        target: Known,
        top: Path,
        around: Path | None,
        at: Location,
    ) -> tuple[Path, JSON]:
        """
        Where the pointer *fragment* leads in *target* from *top*, or else from the schema
        of inputs *around* the reference.
        """
        tokens = [
            part.replace("~1", "/").replace("~0", "~")
            for part in fragment.split("/")[1:]
        ]
        root = target.parsed.value
        try:
            found, value = walk(value_at(root, top), tokens)
        except Missing as missing:
            try:
                if around is None:
                    raise
                found, value = walk(value_at(root, around), tokens)
            except Missing:
                hint = did_you_mean(missing.token, missing.names, "there")
                reason = f"{target.uri} has no {missing.token!r} there"
                raise _nowhere(reference, reason, at, hint) from None
            self._relative(reference, around, at)
            return around + found, value
        if not found and around is not None:
            self._relative(reference, around, at)
            return around, value_at(root, around)
        return top + found, value

    def _relative(self, reference: str, schema: Path, at: Location) -> None:
        """``#/$defs/x`` is meant from the schema's root by who thinks of it alone."""
        whole = "#" + "".join(f"/{part}" for part in schema) + reference[1:]
        self.warnings.append(
            Diagnostic(
                code="AZ319",
                severity="warning",
                message=f"{reference!r} begins at the root of the document, not of the"
                " schema",
                location=at,
                hint=f"write {whole!r}",
            )
        )

    def _resource(
        self, written: str, uri: str, known: Known, at: Location
    ) -> tuple[Known, Path]:
        """The document or embedded schema that is called *uri*."""
        if uri in (known.base_uri, known.place):
            return known, ()
        for each in (known, *self._known):
            path = self.index(each).resources.get(uri)
            if path is not None:
                return each, path
        found = self._find(known, written, uri, at)
        self.index(found)
        return found, ()


def _nowhere(
    reference: str, why: str, at: Location, hint: str | None = None
) -> DocumentError:
    return DocumentError(
        f"{reference!r} leads nowhere: {why}", code="AZ318", location=at, hint=hint
    )


def _with(schema: Mapping[str, JSON], name: str, pointer: str) -> dict[str, JSON]:
    """*schema* with *pointer* for its reference *name*."""
    if name == "$ref":
        return {**schema, "$ref": pointer}
    # Without other schemas of its name around it, a dynamic reference is a plain one.
    made = {key: each for key, each in schema.items() if key != name}
    if "$ref" not in made:
        return {**made, "$ref": pointer}
    also = made.get("allOf")
    parts = also if isinstance(also, list) else []
    return {**made, "allOf": [*parts, {"$ref": pointer}]}
