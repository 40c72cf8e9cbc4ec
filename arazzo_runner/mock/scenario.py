"""
Scenario files: which replies a mock gives in place of those it makes itself.

The format is on the page docs/reference/scenarios.md. What is wrong in a file is said at its
file, line and column, all at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path as FilePath
from typing import Any, Final, Literal, TypeAlias, get_args

from ..errors import (
    NOWHERE,
    Diagnostic,
    DocumentError,
    Location,
    UsageError,
    did_you_mean,
    suggest,
)
from ..loader.parse import Parsed, parse
from ..messages import JSON
from ..model import Path

Fault: TypeAlias = Literal[
    "reset", "time-out", "truncated", "slow", "invalid-json", "wrong-schema"
]
FAULTS: Final[tuple[str, ...]] = get_args(Fault)
#: The version of the format.
VERSION: Final = 1

_TOP: Final = ("scenario", "workflow", "inputs", "seed", "polls", "replies")
#: Where replies of the command line stand.
FAULT_OPTION: Final = "--fault"
_REPLY: Final = (
    *("step", "operation", "operationId", "call", "status", "headers", "body", "text"),
    *("file", "members", "absent", "delay", "fault"),
)
_WHO: Final = ("step", "operation", "operationId")
_RANGE: Final = re.compile(r"([1-9][0-9]{0,5})-([1-9][0-9]{0,5})?")
_DELAY: Final = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*(ms|s|m|h)?")
_UNITS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, None: 1.0}
_FAULT: Final = re.compile(
    r"(?P<step>[^=]+)=(?P<what>[0-9]{3}|[a-z-]+?)(?::(?P<name>[^=:]+)=(?P<value>.*?))?"
    r"(?:x(?P<times>[1-9][0-9]{0,5}))?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptedReply:
    """
    A reply of a scenario; what is None is as the mock makes it.

    Attributes:
        who: ``step`` and a step id (``workflow.step``), ``operationId`` and one, or
            ``operation`` and ``GET /pets/{id}``.
        calls: First and last number of each range of calls it is for; empty for all.
        headers: None takes a field away.
        members: JSON Pointers and what is put there.
        absent: JSON Pointers of what is taken away.
        delay: Seconds before it comes.
    """

    who: tuple[str, str]
    calls: tuple[tuple[int, int | None], ...] = ()
    status: int | None = None
    headers: Mapping[str, str | None] = field(default_factory=dict)
    body: tuple[JSON] | None = None
    text: str | None = None
    members: Mapping[str, JSON] = field(default_factory=dict)
    absent: tuple[str, ...] = ()
    delay: float = 0.0
    fault: Fault | None = None
    location: Location = NOWHERE

    def is_for(self, call: int) -> bool:
        """Whether it answers the call of this number, counted from 1."""
        return not self.calls or any(
            first <= call and (last is None or call <= last)
            for first, last in self.calls
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """
    A scenario file. `inputs` are used where the caller gives none; `places` is where they
    stand.
    """

    workflow: str | None = None
    inputs: Mapping[str, JSON] = field(default_factory=dict)
    places: Mapping[str, Location] = field(default_factory=dict)
    seed: int | None = None
    polls: int | None = None
    replies: tuple[ScriptedReply, ...] = ()

    def with_faults(self, faults: tuple[ScriptedReply, ...]) -> Scenario:
        """
        The same with *faults*, which come first; of those of one step each for the calls
        after the one before.

        Raises:
            UsageError: one comes after one that is for all calls.
        """
        after: dict[str, int] = {}
        placed = []
        for each in faults:
            step = each.who[1]
            before = after.get(step, 0)
            if before < 0:
                raise UsageError(
                    f"--fault {step}=… is given again, and the first is for every call",
                    hint="end the first with xN, for its first N calls",
                )
            last = each.calls[0][1] if each.calls else None
            after[step] = before + last if last is not None else -1
            until = before + last if last is not None else None
            placed.append(replace(each, calls=((before + 1, until),)))
        return replace(self, replies=(*placed, *self.replies))


def open_scenario(path: str) -> Scenario:
    """
    The scenario in the file *path*.

    Raises:
        DocumentError: it cannot be read, or is none; with every problem.
    """
    try:
        data = FilePath(path).read_bytes()
    except OSError as error:
        raise DocumentError(
            f"the scenario {path} cannot be read: {error.strerror}", code="AZ650"
        ) from None
    return read_scenario(data, path)


def read_scenario(data: bytes, uri: str) -> Scenario:
    """The scenario that *data* holds, read from *uri*; raises as `open_scenario`."""
    reader = _Reader(parse(data, uri), FilePath(uri).parent)
    scenario = reader.scenario()
    if reader.problems:
        raise DocumentError.of(reader.problems)
    return scenario


class _Reader:
    def __init__(self, parsed: Parsed, folder: FilePath) -> None:
        self._parsed = parsed
        self._folder = folder
        self.problems: list[Diagnostic] = []

    def wrong(
        self, path: Path, message: str, hint: str | None = None, *, key: bool = False
    ) -> None:
        at = self._parsed.locate(path, key=key)
        self.problems.append(
            Diagnostic(code="AZ650", message=message, location=at, hint=hint)
        )

    def known(
        self, found: Mapping[str, Any], names: tuple[str, ...], path: Path
    ) -> None:
        for name in found:
            if name not in names and not name.startswith("x-"):
                hint = did_you_mean(name, names, "members")
                self.wrong(
                    (*path, name), f"there is no member {name!r} here", hint, key=True
                )

    def scenario(self) -> Scenario:
        root = self._parsed.value
        if not isinstance(root, dict):
            self.wrong((), "a scenario is an object")
            return Scenario()
        self.known(root, _TOP, ())
        if root.get("scenario") != VERSION:
            where: Path = ("scenario",) if "scenario" in root else ()
            given = root.get("scenario")
            if given is None:
                self.wrong(where, "the version is missing", f"add scenario: {VERSION}")
            else:
                said = f"there is no version {given!r} of scenarios"
                self.wrong(where, said, f"write scenario: {VERSION}")
        inputs = root.get("inputs") or {}
        if not isinstance(inputs, dict):
            self.wrong(("inputs",), "inputs are an object of names and values")
            inputs = {}
        workflow = root.get("workflow")
        if workflow is not None and not isinstance(workflow, str):
            self.wrong(("workflow",), "the workflow is named by its id")
            workflow = None
        listed = root.get("replies") or []
        if not isinstance(listed, list):
            self.wrong(("replies",), "replies are a list")
            listed = []
        return Scenario(
            workflow=workflow,
            inputs=inputs,
            places={
                name: self._parsed.locate(("inputs", name), key=True) for name in inputs
            },
            seed=self.number(root, "seed", 0),
            polls=self.number(root, "polls", 0),
            replies=tuple(self.replies(listed)),
        )

    def number(self, found: Mapping[str, Any], name: str, least: int) -> int | None:
        value = found.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            self.wrong((name,), f"{name!r} is a whole number from {least} on")
            return None
        return value

    def replies(self, listed: list[Any]) -> Iterator[ScriptedReply]:
        for index, each in enumerate(listed):
            path: Path = ("replies", index)
            if not isinstance(each, dict):
                self.wrong(path, "a reply is an object")
                continue
            self.known(each, _REPLY, path)
            who = [(name, each[name]) for name in _WHO if name in each]
            if len(who) != 1 or not isinstance(who[0][1], str):
                self.wrong(path, f"a reply names one of {', '.join(_WHO)}")
                continue
            yield ScriptedReply(
                who=who[0],
                calls=self.calls(each.get("call"), (*path, "call")),
                status=self.status(each, path),
                headers=self.headers(each, path),
                body=(each["body"],) if "body" in each else None,
                text=self.text(each, path),
                members=self.members(each, path),
                absent=self.absent(each, path),
                delay=self.delay(each, path),
                fault=self.fault(each, path),
                location=self._parsed.locate((*path, who[0][0])),
            )

    def calls(self, found: Any, path: Path) -> tuple[tuple[int, int | None], ...]:
        if found is None:
            return ()
        several = found if isinstance(found, list) else [found]
        ranges: list[tuple[int, int | None]] = []
        for each in several:
            if isinstance(each, int) and not isinstance(each, bool) and each > 0:
                ranges.append((each, each))
            elif (
                isinstance(each, str)
                and (read := _RANGE.fullmatch(each))
                and int(read[2] or read[1]) >= int(read[1])
            ):
                ranges.append((int(read[1]), int(read[2]) if read[2] else None))
            else:
                self.wrong(
                    path, f"{each!r} is not a call", "calls are 2, [2, 3], 2- or 2-4"
                )
        return tuple(ranges)

    def status(self, found: Mapping[str, Any], path: Path) -> int | None:
        value = found.get("status")
        if value is None:
            return None
        if (
            isinstance(value, bool)
            or not isinstance(value, int)
            or not 100 <= value <= 599
        ):
            self.wrong((*path, "status"), f"{value!r} is not a status code")
            return None
        return value

    def headers(self, found: Mapping[str, Any], path: Path) -> dict[str, str | None]:
        value = found.get("headers") or {}
        if not isinstance(value, dict) or any(
            isinstance(each, dict | list) for each in value.values()
        ):
            self.wrong((*path, "headers"), "headers are an object of names and texts")
            return {}
        return {
            name.lower(): None if each is None else str(each)
            for name, each in value.items()
        }

    def text(self, found: Mapping[str, Any], path: Path) -> str | None:
        given = [name for name in ("body", "text", "file") if name in found]
        if len(given) > 1:
            self.wrong(path, f"a reply has one of {' and '.join(given)}")
        if "file" in found:
            try:
                return (self._folder / str(found["file"])).read_text("utf-8")
            except (OSError, ValueError) as error:
                why = getattr(error, "strerror", None) or "it is not text"
                self.wrong((*path, "file"), f"{found['file']} cannot be read: {why}")
                return None
        value = found.get("text")
        if value is not None and not isinstance(value, str):
            self.wrong((*path, "text"), "the text of a reply is text")
            return None
        return value

    def members(self, found: Mapping[str, Any], path: Path) -> dict[str, JSON]:
        value = found.get("members") or {}
        if not isinstance(value, dict):
            self.wrong((*path, "members"), "members are JSON Pointers and values")
            return {}
        for pointer in value:
            self.pointer(pointer, (*path, "members", pointer), key=True)
        return value

    def absent(self, found: Mapping[str, Any], path: Path) -> tuple[str, ...]:
        value = found.get("absent") or []
        if not isinstance(value, list) or not all(isinstance(e, str) for e in value):
            self.wrong((*path, "absent"), "what is absent is a list of JSON Pointers")
            return ()
        for index, pointer in enumerate(value):
            self.pointer(pointer, (*path, "absent", index))
        return tuple(value)

    def pointer(self, pointer: str, path: Path, *, key: bool = False) -> None:
        if pointer and not pointer.startswith("/"):
            self.wrong(
                path, f"{pointer!r} is not a JSON Pointer", f"write /{pointer}", key=key
            )

    def delay(self, found: Mapping[str, Any], path: Path) -> float:
        value = found.get("delay")
        if value is None:
            return 0.0
        read = _DELAY.fullmatch(str(value).strip())
        if read is None or isinstance(value, bool):
            self.wrong(
                (*path, "delay"), f"{value!r} is not a time", "write 3s, 200ms or 5m"
            )
            return 0.0
        return float(read[1]) * _UNITS[read[2]]

    def fault(self, found: Mapping[str, Any], path: Path) -> Any:
        value = found.get("fault")
        if value is None or value in FAULTS:
            return value
        self.wrong(
            (*path, "fault"),
            f"there is no fault {value!r}",
            did_you_mean(str(value), FAULTS, "faults"),
        )
        return None


def read_fault(text: str) -> ScriptedReply:
    """
    ``STEP=429:Retry-After=2x3`` as a reply: a status or a fault, perhaps a header, perhaps
    for the first so many calls only.

    Raises:
        UsageError: it is something else.
    """
    found = _FAULT.fullmatch(text)
    what = found["what"] if found is not None else ""
    possible = 100 <= int(what) <= 599 if what.isdecimal() else what in FAULTS
    if found is None or not possible:
        near = what and not what.isdecimal() and suggest(what, FAULTS)
        raise UsageError(
            f"{text!r} is not a fault",
            hint=f"did you mean {near!r}?"
            if near
            else "STEP=STATUS, STEP=STATUS:HEADER=VALUE or STEP=FAULT, with xN for the"
            f" first N calls; faults are {', '.join(FAULTS)}",
        )
    times = found["times"]
    fault: Any = None if what.isdecimal() else what
    return ScriptedReply(
        who=("step", found["step"]),
        calls=((1, int(times)),) if times else (),
        status=int(what) if what.isdecimal() else None,
        headers={found["name"].strip().lower(): found["value"].strip()}
        if found["name"]
        else {},
        fault=fault,
        location=Location(FAULT_OPTION),
    )
