"""
YAML 1.2 text to plain values with positions, from libyaml's events.

PyYAML's own constructor reads YAML 1.1 (dates, ``no``, octal ``012``), keeps the last of
two equal keys, knows no limits, and takes most of the time; libyaml's scanner is fast
and right. So this builds on the event stream, with a stack of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from ..errors import DocumentError, Location
from ..messages import JSON
from .marks import LENGTH, MAX_DEPTH, SHIFT, Frame, Marks
from .problems import Problems
from .scalars import SPECIAL, SURROGATE, read_plain, read_tagged, written_tag
from .syntax import QUOTES, TOO_DEEP, explain

try:
    from yaml._yaml import CParser
except ImportError:  # PyYAML without libyaml: twenty times slower, the same result
    CParser = None  # type: ignore[assignment, misc]

MAX_ALIASES: Final = 10_000
#: Nodes that a document has when its aliases are written out; counted if it has any.
MAX_NODES: Final = 5_000_000

_STARTS: Final = (MappingStartEvent, SequenceStartEvent)
_ENDS: Final = (MappingEndEvent, SequenceEndEvent)
_NESTED: Final = (dict, list)
_WORD: Final = re.compile(r"[^\s,:{}\[\]]+")
_MERGE: Final = "<<"
_MAP_TAGS: Final = frozenset([None, "!", "tag:yaml.org,2002:map"])
_LIST_TAGS: Final = frozenset([None, "!", "tag:yaml.org,2002:seq"])
_TEXT_TAGS: Final = frozenset(
    f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null")
)


class Composer:
    """
    One pass over one document.

    Attributes:
        failed_at: The offset at which the text turned out not to be YAML, if it did.
    """

    def __init__(
        self, marks: Marks, problems: Problems, *, libyaml: bool = True
    ) -> None:
        self.failed_at: int | None = None
        self._marks = marks
        self._problems = problems
        self._libyaml = libyaml and CParser is not None
        self._stack: list[Frame] = []
        self._anchors: dict[str, tuple[JSON, str | None]] = {}
        self._sizes: dict[int, tuple[int, int]] = {}
        self._aliases = 0
        self._expanded = 0
        self._warned = False

    def compose(self) -> None:
        """
        Read the text of the marks; leave the value and the spans in them.

        Raises:
            DocumentError: it is no YAML that JSON can hold, or a limit was met.
        """
        try:
            root = self._read(self._events())
        except yaml.YAMLError as error:
            raise self._not_yaml(error) from None
        span = root.spans[0] if root.spans else 0
        if not root.items or (root.items[0] is None and not span & LENGTH):
            raise self._fatal("AZ102", "the document is empty", 0)
        self._problems.stop()
        if self._aliases:
            self._count(sum(map(len, self._marks.spans.values())), 0)
        self._marks.root = root.items[0]
        self._marks.span = span

    def _events(self) -> Callable[[], Event | None]:
        if self._libyaml:
            return CParser(self._marks.text).get_event
        return self._python_events().__next__

    def _python_events(self) -> Iterator[Event]:
        """PyYAML's own events, refusing the escapes that libyaml refuses."""
        for event in yaml.parse(self._marks.text, Loader=yaml.SafeLoader):
            if isinstance(event, ScalarEvent) and SURROGATE.search(event.value):
                message = "an escape that is no character"
                raise self._fatal("AZ102", message, _place(event)[0])
            yield event

    def _read(self, next_event: Callable[[], Event | None]) -> Frame:
        """The loop; most events are scalars, so what is usual is done in line."""
        root = frame = Frame(is_map=False)
        self._stack.append(root)
        while True:
            event = next_event()
            if isinstance(event, ScalarEvent):
                # Events that a parser makes always have marks.
                start = event.start_mark.index  # type: ignore[union-attr]
                end = event.end_mark.index  # type: ignore[union-attr]
                span = start << SHIFT | (end - start)
                text = event.value
                unusual = event.tag is not None or event.anchor is not None
                if frame.is_map and frame.key is None:
                    if unusual or text in frame.members or text == _MERGE:
                        text = self._scalar_key(frame, event)
                    frame.key = text
                    frame.spans.append(span)
                elif unusual:
                    frame.put(self._unusual(event), span)
                elif not event.style and text[:1] in SPECIAL:
                    frame.put(self._plain(event), span)
                else:
                    frame.put(text, span)
            elif isinstance(event, _STARTS):
                frame = self._start(frame, event)
            elif isinstance(event, _ENDS):
                frame = self._end(frame)
            elif isinstance(event, AliasEvent):
                self._alias(frame, event)
            elif isinstance(event, DocumentStartEvent) and root.items:
                raise self._more_documents(event)
            elif isinstance(event, StreamEndEvent):
                return root

    # --- objects and arrays ---------------------------------------------------------

    def _start(
        self, frame: Frame, event: MappingStartEvent | SequenceStartEvent
    ) -> Frame:
        start, _ = _place(event)
        if frame.is_map and frame.key is None:
            raise self._complex_key(start)
        if len(self._stack) > MAX_DEPTH:
            raise self._too_deep(start)
        inner = Frame(isinstance(event, MappingStartEvent))
        if event.tag not in (_MAP_TAGS if inner.is_map else _LIST_TAGS):
            self._wrong_tag(event.tag, start)
        if event.anchor is not None:
            self._anchors[event.anchor] = (inner.value, None)
        frame.put(inner.value, start << SHIFT)
        self._stack.append(inner)
        return inner

    def _end(self, frame: Frame) -> Frame:
        """Close *frame*; the one that is open then."""
        if frame.merges:
            self._merge(frame)
        value = frame.value
        self._marks.spans[id(value)] = frame.spans
        if self._anchors:  # whatever an alias can name is measured when it is closed
            size, depth = 1, 0
            for each in frame.members.values() if frame.is_map else frame.items:
                inner = self._sizes.get(id(each)) if isinstance(each, _NESTED) else None
                size += inner[0] if inner else 1
                depth = max(depth, inner[1] if inner else 0)
            self._sizes[id(value)] = (size, depth + 1)
        self._stack.pop()
        return self._stack[-1]

    # --- scalars --------------------------------------------------------------------

    def _plain(self, event: ScalarEvent) -> JSON:
        try:
            return read_plain(event.value)
        except ValueError as error:
            self._bad_scalar(event, str(error))
            return None

    def _unusual(self, event: ScalarEvent) -> JSON:
        """The value of a scalar with a tag or an anchor."""
        value: JSON = event.value
        if event.tag is not None:
            try:
                value = read_tagged(event.value, event.tag)
            except ValueError as error:
                self._bad_scalar(event, str(error))
        elif not event.style:
            value = self._plain(event)
        if event.anchor is not None:
            self._anchors[event.anchor] = (value, event.value)
        return value

    def _scalar_key(self, frame: Frame, event: ScalarEvent) -> str:
        """A key as it is written, whatever YAML would make of it (``200``, ``on``)."""
        text, (start, end) = event.value, _place(event)
        if event.tag not in (None, "!") and event.tag not in _TEXT_TAGS:
            self._wrong_tag(event.tag, start)
        if event.anchor is not None:
            self._anchors[event.anchor] = (text, text)
        if text == _MERGE and not event.style and event.tag is None:
            frame.merges = True
        return frame.unique(text, start, end, self._marks, self._problems)

    # --- aliases --------------------------------------------------------------------

    def _alias(self, frame: Frame, event: AliasEvent) -> None:
        start, end = _place(event)
        if event.anchor not in self._anchors:
            raise self._fatal(
                "AZ102", f"there is no anchor for the alias *{event.anchor}", start,
                hint=f"{QUOTES} that begins with '*'",
            )  # fmt: skip
        value, text = self._anchors[event.anchor]
        self._aliases += 1
        if self._aliases > MAX_ALIASES:
            message = f"the document has more than {MAX_ALIASES:,} aliases"
            raise self._fatal("AZ104", message, start)
        if frame.is_map and frame.key is None:
            if text is None:
                raise self._complex_key(start)
            frame.key = frame.unique(text, start, end, self._marks, self._problems)
            frame.spans.append(start << SHIFT | (end - start))
            return
        if isinstance(value, _NESTED):
            if any(each.value is value for each in self._stack):
                message = (
                    f"the alias *{event.anchor} stands for something it is part of"
                )
                raise self._fatal("AZ102", message, start)
            size, depth = self._sizes[id(value)]
            self._count(size, start)
            if len(self._stack) - 1 + depth > MAX_DEPTH:
                raise self._too_deep(start)
        frame.put(value, start << SHIFT | (end - start))

    def _count(self, nodes: int, start: int) -> None:
        self._expanded += nodes
        if self._expanded > MAX_NODES:
            raise self._fatal(
                "AZ104",
                f"the aliases make more than {MAX_NODES:,} values of this document",
                start,
            )

    def _merge(self, frame: Frame) -> None:
        """
        Replace the member ``<<`` by the members of what it names; explicit ones win.

        Merge keys belong to YAML 1.1, and are written all the same.
        """
        at = 2 * list(frame.members).index(_MERGE)
        key = frame.spans[at]
        del frame.spans[at : at + 2]
        named = frame.members.pop(_MERGE)
        location = self._marks.at(key >> SHIFT, key & LENGTH)
        for source in named if isinstance(named, list) else [named]:
            if not isinstance(source, dict):
                message = "'<<' takes an object or a list of objects"
                self._problems.add("AZ102", message, location)
                return
            spans = self._marks.spans[id(source)]
            for number, (name, value) in enumerate(source.items()):
                if name not in frame.members:
                    frame.members[name] = value
                    frame.spans.extend(spans[2 * number : 2 * number + 2])
        if not self._warned:
            self._warned = True
            self._problems.add(
                "AZ108",
                "the merge key '<<' is not part of YAML 1.2",
                location,
                severity="warning",
                hint="other tools may read '<<' as a plain key",
            )

    # --- errors ---------------------------------------------------------------------

    def _fatal(
        self, code: str, message: str, start: int, hint: str | None = None
    ) -> DocumentError:
        location = self._marks.at(start, self._word(start))
        return self._problems.fatal(code, message, location, hint=hint)

    def _not_yaml(self, error: yaml.YAMLError) -> DocumentError:
        complaint = explain(error, self._marks)
        self.failed_at = complaint.offset
        at = self._marks.at(complaint.offset, self._word(complaint.offset))
        related: tuple[tuple[Location, str], ...] = ()
        if complaint.opened is not None:
            opened = self._marks.at(complaint.opened)
            related = ((opened, "opened here"),) if opened.line < at.line else ()
        # Some versions of libyaml have a limit of their own, which looks further ahead.
        code = "AZ104" if complaint.message == TOO_DEEP else "AZ102"
        return self._problems.fatal(
            code, complaint.message, at, hint=complaint.hint, related=related
        )

    def _more_documents(self, event: DocumentStartEvent) -> DocumentError:
        hint = "put the second document into a file of its own"
        start, _ = _place(event)
        return self._fatal("AZ102", "there is more than one document", start, hint)

    def _complex_key(self, start: int) -> DocumentError:
        message = "a key must be text, not an object or a list"
        return self._fatal("AZ102", message, start, f"{QUOTES} if it is text")

    def _too_deep(self, start: int) -> DocumentError:
        return self._fatal("AZ104", TOO_DEEP, start)

    def _wrong_tag(self, tag: str | None, start: int) -> None:
        self._problems.add(
            "AZ102",
            f"the tag {written_tag(tag or '')} is not one of JSON's types",
            self._marks.at(start, self._word(start)),
            hint=f"{QUOTES} that begins with '!'",
        )

    def _bad_scalar(self, event: ScalarEvent, message: str) -> None:
        start, end = _place(event)
        location = self._marks.at(start, end - start)
        hint = "put quotes around it if it is text"
        self._problems.add("AZ102", message, location, hint=hint)

    def _word(self, start: int) -> int:
        """The length of the word at *start*, to underline it."""
        found = _WORD.match(self._marks.text, start)
        return found.end() - start if found else 1


def _place(event: Event) -> tuple[int, int]:
    """The offsets of the start and the end of *event*."""
    start, end = event.start_mark, event.end_mark
    return start.index if start else 0, end.index if end else 0
