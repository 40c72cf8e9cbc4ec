"""What is known of a step while control comes back to it, for the lines of a poll."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ..events import Outcome, StepFinished, StepStarted
from ..messages import ABSENT, Absent, Value
from .changes import Change, Snapshot, changes, snapshot, states
from .text import clock, one_line, value_text

_MOST: Final = 6  # changes shown in one line


@dataclass(slots=True)
class Track:
    """
    A step, from the first request to the last that equals it.

    Attributes:
        since: When the first began, seconds since the run's start.
        began: When the present one began.
        visits: How often control came to it.
        attempt: Which sending of the present visit.
        first, last: What the first good visit gave, and the latest.
        shown: What a line has last been printed for.
        said: Status and decision in that line.
        told: The provider's words that were last shown.
        given: Outputs and body that `last` was taken from.
    """

    since: float
    began: float = 0.0
    operation: str = ""
    visits: int = 0
    attempt: int = 1
    first: Snapshot | None = None
    last: Snapshot | None = None
    shown: Snapshot | None = None
    said: tuple[int | None, str] = (None, "")
    told: tuple[str, ...] = ()
    body: Value | Absent = ABSENT
    media_type: str = ""
    given: tuple[Mapping[str, Value], Value | Absent] = ({}, ABSENT)

    def start(self, event: StepStarted, at: float) -> None:
        """A request of the step is sent."""
        self.operation = one_line(event.operation)
        self.visits += event.attempt == 1
        self.attempt = event.attempt
        self.began = at
        self.body, self.media_type = ABSENT, ""

    def settle(self, event: StepFinished) -> None:
        """Take what a visit gave, if control may come back for more."""
        if event.outcome is not Outcome.PASSED:
            return
        if event.poll or event.decision.startswith("goto "):
            given = (event.outputs, self.body)
            if self.last is not None and given == self.given:
                return  # as most polls: nothing to look at
            self.given = given
            self.last = snapshot(*given)
            if self.first is None:
                self.first = self.last

    def progress(self, now: float) -> str:
        """Which poll or attempt this is, and the time it has taken so far."""
        elapsed = clock(now - self.since)
        if self.attempt > 1:
            return f"attempt {self.attempt}, {elapsed}"
        return f"poll {self.visits}, {elapsed}" if self.visits > 1 else elapsed

    def changed(self, arrow: str, *, since_first: bool = False) -> str:
        """What has changed since a line was last printed, or since the first visit."""
        before = self.first if since_first else self.shown
        if before is None or self.last is None or before is self.last:
            return ""
        found = changes(before, self.last)
        texts = [_change(each, arrow) for each in found[:_MOST]]
        if len(found) > _MOST:
            texts.append(f"{len(found) - _MOST} more")
        return ", ".join(texts)

    def summary(self) -> str:
        """The state in words and the numbers that have moved; "" if there are none."""
        if self.last is None:
            return ""
        texts = [
            f"{one_line(name)} {value_text(value, 40)}"
            for name, value in states(self.last).items()
        ]
        texts += [
            f"{one_line(each.name)} {value_text(each.after, 40)}"
            for each in (changes(self.first, self.last) if self.first else ())
            if isinstance(each.after, int | float)
        ]
        return f"  {', '.join(texts[:_MOST])}" if texts else ""


def _change(change: Change, arrow: str) -> str:
    name, before, after = one_line(change.name), change.before, change.after
    if isinstance(after, Absent):
        return f"{name} gone"
    if isinstance(before, Absent) or before is None:
        return f"{name} {value_text(after, 40)}"
    return f"{name} {value_text(before, 40)} {arrow} {value_text(after, 40)}"


def value_or_missing(value: Value | Absent) -> str:
    """The value an operand of a criterion had."""
    return "missing" if isinstance(value, Absent) else value_text(value, 80)
