"""
Runtime expressions: text to tree.

https://spec.openapis.org/arazzo/v1.1.0.html#runtime-expressions

A name in an expression may hold dots, spaces or brackets where a document declares such a
name (checklist A-26, A-36), so the parser is told the declared `Names`. What it accepts
beyond the grammar it reports as a `Note`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal as OneOf
from typing import cast

from ..errors import Fix, did_you_mean
from . import nodes
from .nodes import Expression, ExpressionError, Named, Navigation, Note

ROOTS = (
    "url",
    "method",
    "statusCode",
    "self",
    "request",
    "response",
    "message",
    "inputs",
    "outputs",
    "steps",
    "workflows",
    "sourceDescriptions",
    "components",
)
MAX_LENGTH = 10_000  # of one expression
MAX_PARTS = 100  # of a name with what follows it; every part is a reading to keep
_ROOT = re.compile(r"\$(" + "|".join(ROOTS) + r")(?![A-Za-z0-9_-])")
_NAME = re.compile(r"[A-Za-z0-9._-]+")  # `identifier`, dots included
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110 tchar
_STEP = re.compile(
    r"""\.(?P<name>[^.\[\]#'"\s]+)|\[(?P<index>\d+)\]|\['(?P<single>[^']*)'\]|\["(?P<double>[^"]*)"\]"""
)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowNames:
    """
    What ``$workflows.ID`` may name: inputs, outputs, and steps with their outputs; None for
    "not known".
    """

    inputs: frozenset[str] | None = None
    outputs: frozenset[str] | None = None
    steps: Mapping[str, frozenset[str] | None] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestNames:
    """
    What ``$request`` may name: place and name, that of a header in lower case.

    Attributes:
        parameters: Those that are given or declared.
        credentials: Those of security schemes, all in lower case.
        automatic: Those that are sent although nobody gives them.
    """

    parameters: frozenset[tuple[str, str]] = frozenset()
    credentials: frozenset[tuple[str, str]] = frozenset()
    automatic: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """
    What a document declares, as far as an expression may name it; None for "not known".

    Attributes:
        steps: Step id to the names of its outputs; None for outputs that are open.
        request: The request of the current step.
        navigation: The document may write ``$response.body.name`` without a warning:
            Arazzo 1.1 does so itself (checklist A-28).
        selectors: Objects in values may be Selector Objects: Arazzo 1.1.
    """

    inputs: frozenset[str] | None = None
    steps: Mapping[str, frozenset[str] | None] | None = None
    outputs: frozenset[str] | None = None
    workflows: Mapping[str, WorkflowNames] | None = None
    sources: frozenset[str] | None = None
    components: Mapping[str, frozenset[str]] | None = None
    request: RequestNames | None = None
    navigation: bool = False
    selectors: bool = False


NO_NAMES = Names()


@dataclass(slots=True)
class Notes:
    """Collects what parsers accept beyond the grammar, each note once."""

    found: list[Note] = field(default_factory=list)

    def add(
        self, code: str, message: str, hint: str | None = None, fix: Fix | None = None
    ) -> None:
        """Keep a note, unless the same one is there already."""
        note = Note(code, message, hint, fix)
        if note not in self.found:
            self.found.append(note)


def starts_expression(text: str) -> bool:
    """Whether *text* begins with a known root such as ``$inputs`` (checklist A-25)."""
    return _ROOT.match(text) is not None


def parse(text: str, names: Names = NO_NAMES, notes: Notes | None = None) -> Expression:
    """
    Parse one runtime expression.

        >>> parse("$statusCode")
        StatusCode()
        >>> parse("$response.body#/id")
        Body(message='response', pointer='/id', navigation=())

    A JSON Pointer keeps its escapes; `scope.evaluate` decodes them.

    Raises:
        ExpressionError: *text* is not derivable from the grammar, leniencies included.
    """
    notes = notes if notes is not None else Notes()
    found = _ROOT.match(text)
    if found is None:
        raise ExpressionError(
            f"{text[:80]!r} is not a runtime expression",
            hint="one begins with $inputs., $steps., $response., $statusCode, …",
        )
    if len(text) > MAX_LENGTH:
        raise ExpressionError(
            f"the expression has {len(text):,} characters; {MAX_LENGTH:,} is the limit"
        )
    root, rest = found[1], text[found.end() :]
    if root in ("url", "method", "statusCode", "self"):
        if rest:
            raise ExpressionError(f"nothing may follow ${root} in {text!r}")
        return _WORDS[root]
    if root in ("request", "response", "message"):
        return _message(root, rest, text, notes, names.navigation)
    if root == "inputs" and not rest:
        notes.add("AZ506", "$inputs alone is not in the grammar; read as all inputs")
        return nodes.Inputs()
    if not rest.startswith(".") or len(rest) == 1:
        raise ExpressionError(f"a name must follow ${root}. in {text!r}")
    return _by_name(root, rest[1:], text, names, notes)


_WORDS: dict[str, Expression] = {
    "url": nodes.Url(),
    "method": nodes.Method(),
    "statusCode": nodes.StatusCode(),
    "self": nodes.SelfUri(),
}


def _by_name(root: str, rest: str, text: str, names: Names, notes: Notes) -> Expression:
    if root == "inputs":
        return nodes.Input(_named(rest, text, names.inputs))
    if root == "outputs":
        return nodes.Output(_named(rest, text, names.outputs))
    if root == "steps":
        return _step(rest, text, names, notes)
    if root == "workflows":
        return _workflow(rest, text, names)
    if root == "sourceDescriptions":
        head, reference = _split_name(rest, names.sources or ())
        return nodes.SourceReference(head, reference or "url")
    head, _, reference = rest.partition(".")
    return nodes.Component(head if reference else "", reference or head)


def _split_name(rest: str, known: Collection[str]) -> tuple[str, str]:
    """A name and what follows its dot; declared names may hold dots themselves (A-36)."""
    for each in sorted(known, key=len, reverse=True):
        if rest == each or rest.startswith(each + "."):
            return each, rest[len(each) + 1 :]
    head, _, after = rest.partition(".")
    return head, after


def _workflow(rest: str, text: str, names: Names) -> Expression:
    workflow_id, after = _split_name(rest, names.workflows or ())
    declared = (names.workflows or {}).get(workflow_id, WorkflowNames())
    word, _, name = after.partition(".")
    if word == "steps" and name:
        step_id, last = _split_name(name, declared.steps or ())
        word, _, name = last.partition(".")
        if step_id and word == "outputs" and name:
            outputs = (declared.steps or {}).get(step_id)
            return nodes.WorkflowStepOutput(
                workflow_id, step_id, _named(name, text, outputs)
            )
    if word not in ("inputs", "outputs") or not name:
        raise ExpressionError(
            f"{text!r} does not say what of the workflow",
            hint="write $workflows.ID.outputs.NAME or $workflows.ID.inputs.NAME",
        )
    known = declared.inputs if word == "inputs" else declared.outputs
    return nodes.WorkflowValue(
        workflow_id, cast(OneOf["inputs", "outputs"], word), _named(name, text, known)
    )


def _message(
    root: str, rest: str, text: str, notes: Notes, navigation: bool
) -> Expression:
    message = cast(OneOf["request", "response", "message"], root)
    body = ".payload" if root == "message" else ".body"
    for word in (".body", ".payload"):  # the grammar has both for every message
        if rest == word or (rest.startswith(word) and rest[len(word)] in "#.["):
            return _body(message, rest[len(word) :], text, notes, navigation)
    place, _, name = rest[1:].partition(".")
    if place == "headers" and name:
        notes.add(
            "AZ506",
            f"{text!r}: read as .header.{name}",
            "write `header`",
            Fix(text, f"${root}.header.{name}"),
        )
        place = "header"
    if place in ("header", "query", "path") and name:
        if place == "header" and not _TOKEN.fullmatch(name):
            raise ExpressionError(f"{name!r} in {text!r} cannot be a header name")
        return nodes.MessageParameter(
            message, cast(OneOf["header", "query", "path"], place), name
        )
    raise ExpressionError(
        f"{text!r} does not say what of the {root}",
        hint=f"expected ${root}{body}, ${root}{body}#/pointer or ${root}.header.NAME",
    )


def _body(
    message: OneOf["request", "response", "message"],
    rest: str,
    text: str,
    notes: Notes,
    navigable: bool,
) -> Expression:
    if not rest:
        return nodes.Body(message)
    if rest.startswith("#"):
        pointer = rest[1:]
        if pointer and not pointer.startswith("/"):
            notes.add(
                "AZ506",
                f"{text!r}: a JSON Pointer begins with a slash",
                f"write #/{pointer}",
                Fix(text, f"${message}.body#/{pointer}"),
            )
            pointer = "/" + pointer
        return nodes.Body(message, _checked_pointer(pointer, text))
    navigation = parse_navigation(rest)
    if navigation is None:
        raise ExpressionError(
            f"{rest!r} in {text!r} is not a member or an index",
            hint="write .name, [0] or a JSON Pointer: #/name/0",
        )
    if not navigable:
        keys = (str(key).replace("~", "~0").replace("/", "~1") for key in navigation)
        written = f"${message}.body#/" + "/".join(keys)
        notes.add(
            "AZ506",
            f"{text!r} reaches into the body without a JSON Pointer",
            f"write {written}",
            Fix(text, written),
        )
    return nodes.Body(message, None, navigation)


def _checked_pointer(pointer: str, text: str) -> str:
    if re.search(r"~(?![01])", pointer):
        raise ExpressionError(
            f"the JSON Pointer in {text!r} has a '~' that is neither ~0 nor ~1",
            hint="write ~0 for a tilde and ~1 for a slash",
        )
    if "{" in pointer or "}" in pointer:
        raise ExpressionError(
            f"{text!r}: a JSON Pointer in an expression has no braces"
        )
    if re.search(r"\[\s*-\d+\s*\]", pointer):
        raise ExpressionError(
            f"{text!r}: an index is never negative", hint="indexes count from 0"
        )
    return pointer


def _step(rest: str, text: str, names: Names, notes: Notes) -> Expression:
    step_id, after = _split_name(rest, names.steps or ())
    declared = names.steps.get(step_id) if names.steps is not None else None
    if after.startswith("outputs.") and len(after) > len("outputs."):
        return nodes.StepOutput(
            step_id, _named(after[len("outputs.") :], text, declared)
        )
    word = re.split(r"[.\[#]", after)[0]
    if not word or word in ("outputs", "response", "request", "inputs", "statusCode"):
        raise ExpressionError(
            f"{text!r} does not name an output of the step",
            hint=f"write $steps.{step_id}.outputs.NAME",
        )
    notes.add(
        "AZ507",
        f"{text!r} has no `outputs`",
        f"write $steps.{step_id}.outputs.{after}",
        Fix(text, f"$steps.{step_id}.outputs.{after}"),
    )
    return nodes.StepOutput(step_id, _named(after, text, declared))


def _named(rest: str, text: str, declared: frozenset[str] | None) -> Named:
    """Every reading of *rest* as a name with navigation, the longest name first."""
    dotted, mark, pointer = rest.partition("#")
    known = declared or frozenset()
    if rest in known:
        dotted, mark, pointer = rest, "", ""
    if mark and pointer and not pointer.startswith("/"):
        raise ExpressionError(
            f"{text!r}: a JSON Pointer begins with a slash", hint=f"write #/{pointer}"
        )
    ends = [len(dotted)] + [
        index for index in range(len(dotted) - 1, 0, -1) if dotted[index] in ".["
    ]
    if len(ends) > MAX_PARTS:
        raise ExpressionError(f"a name in an expression has over {MAX_PARTS} parts")
    readings: list[tuple[str, Navigation]] = []
    for end in ends:
        name, way = dotted[:end], parse_navigation(dotted[end:])
        if way is not None and (name in known or _NAME.fullmatch(name)):
            readings.append((name, way))
        if readings and name in known:
            break  # a declared name without a value is not made up from a shorter one
    if not readings:
        raise ExpressionError(
            f"{dotted!r} in {text!r} is not a name",
            hint=did_you_mean(dotted, known, "declared") if known else None,
        )
    return Named(
        dotted, tuple(readings), _checked_pointer(pointer, text) if mark else None
    )


def parse_navigation(text: str) -> Navigation | None:
    """
    ``.a[0]['b c']`` as keys; None if *text* is something else. Digits after a dot stay
    text: they may be a member's name (`scope.follow` decides by the value).
    """
    keys: list[str | int] = []
    at = 0
    while at < len(text):
        found = _STEP.match(text, at)
        if found is None:
            return None
        if found["index"] is not None:
            if len(found["index"]) > 15:
                return None
            keys.append(int(found["index"]))
        else:
            name = next(
                each
                for each in (found["name"], found["single"], found["double"])
                if each is not None
            )
            keys.append(name)
        at = found.end()
    return tuple(keys)
