"""
A run as a person follows it on standard error: a line for each step, one for a poll.

`Terminal` turns events into lines and holds no clock and no stream; `live` draws them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, TextIO

from ..errors import Diagnostic
from ..events import (
    Event,
    Outcome,
    RequestSent,
    ResponseReceived,
    RunFinished,
    RunStarted,
    StepFinished,
    StepStarted,
    Waiting,
    Warned,
)
from ..messages import ABSENT, Absent, Value
from .changes import Change, Snapshot, changes, snapshot, states
from .excerpts import excerpt, request_lines, response_lines
from .live import Display, open_display
from .problems import Source, no_source, problem_lines, warning_lines
from .text import Line, Span, count, duration, one_line, value_text

_WIDEST: Final = 32  # columns for step ids
_CHANGES: Final = 4  # shown at most in one line
_VERBS: Final = {
    "succeeded": "succeeded in",
    "failed": "failed after",
    "suspended": "suspended after",
    "cancelled": "interrupted after",
}


@dataclass(slots=True)
class _Track:
    """
    A step while control comes back to it with the same request.

    Attributes:
        since: When its first request began, seconds since the run's start.
        requests: How many there were.
        first, shown: What the first visit gave, and the one last shown.
        decision: What the last line said.
        told: The provider's words last shown.
    """

    since: float
    visit: int
    operation: str = ""
    requests: int = 0
    first: Snapshot | None = None
    last: Snapshot | None = None
    shown: Snapshot | None = None
    decision: str = ""
    told: tuple[str, ...] = ()
    status: int | None = None
    body: Value | Absent = ABSENT
    media_type: str = ""


@dataclass(slots=True)
class _Counts:
    steps: set[str] = field(default_factory=set)
    requests: int = 0
    warnings: set[tuple[str, str, str]] = field(default_factory=set)


class Terminal:
    """
    The reporter: call it with each event and its time in seconds since the run's start.

    Args:
        verbosity: -1 for errors only, 1 for requests and responses as well.
        mock: Say that times are virtual.
        source: The text of a document, to show the line an error points at.
    """

    def __init__(
        self,
        display: Display,
        *,
        verbosity: int = 0,
        mock: bool = False,
        source: Source = no_source,
    ) -> None:
        self._display = display
        self._signs = display.signs
        self._verbosity = verbosity
        self._mock = mock
        self._source = source
        self._columns = 0
        self._tracks: dict[str, _Track] = {}
        self._counts = _Counts()
        self._warnings: list[Diagnostic] = []
        self._held: tuple[StepFinished, float] | None = None

    def __call__(self, event: Event, at: float) -> None:
        # What follows a step, and further places of a warning, come with the next event.
        if not isinstance(event, Waiting):
            self._release()
        if not isinstance(event, Warned):
            self._flush_warnings()
        match event:
            case RunStarted():
                self._run_started(event)
            case StepStarted():
                self._step_started(event, at)
            case RequestSent():
                self._message(request_lines(event))
            case ResponseReceived():
                self._response(event)
            case StepFinished():
                self._held = (event, at)
            case Waiting():
                self._waiting(event, at)
            case Warned(diagnostic):
                self._warned(diagnostic)
            case RunFinished():
                self._run_finished(event, at)

    def close(self) -> None:
        """Show what is still held back and take the changing line away."""
        self._release()
        self._flush_warnings()
        self._display.close()

    # --- the run --------------------------------------------------------------------

    def _run_started(self, event: RunStarted) -> None:
        longest = max((len(each) for each in event.steps), default=0)
        self._columns = min(longest, _WIDEST)
        mock = "  (mock: nothing is sent)" if self._mock else ""
        self._say(
            (
                (one_line(event.workflow_id), "bold"),
                (f"  {one_line(event.description)}{mock}", "dim"),
            )
        )

    def _run_finished(self, event: RunFinished, at: float) -> None:
        self._display.live(None)
        if event.error is not None:
            source = no_source if event.status == "cancelled" else self._source
            self._display.lines(problem_lines(event.error, source))
        if event.status != "succeeded":
            self._display.lines(self._remains(event))
        self._say(self._summary(event, at))

    def _summary(self, event: RunFinished, at: float) -> Line:
        good = event.status == "succeeded"
        counts = [
            count(len(self._counts.steps), "step"),
            count(self._counts.requests, "request"),
        ]
        if self._counts.warnings:
            counts.append(count(len(self._counts.warnings), "warning"))
        return (
            (f"{_VERBS[event.status]} {duration(at)}", "good" if good else "bad"),
            (f": {', '.join(counts)}", ""),
            (" (virtual time)" if self._mock else "", "dim"),
        )

    def _remains(self, event: RunFinished) -> Iterator[Line]:
        """The outputs of the steps that ran: a paid batch has an id that must not be lost."""
        had = {
            step_id: [
                f"{one_line(name)} {value_text(value, 200, self._signs.ellipsis)}"
                for name, value in outputs.items()
                if value is not None
            ]
            for step_id, outputs in event.step_outputs.items()
        }
        if any(had.values()):
            yield (("outputs of the steps that ran:", "bold"),)
        for step_id, texts in had.items():
            if texts:
                yield (
                    (f"  {one_line(step_id).ljust(self._columns)}  ", "bold"),
                    (", ".join(texts), ""),
                )

    # --- warnings -------------------------------------------------------------------

    def _warned(self, diagnostic: Diagnostic) -> None:
        if diagnostic.severity != "info":
            place = str(diagnostic.location)
            self._counts.warnings.add((diagnostic.code, diagnostic.message, place))
        self._warnings.append(diagnostic)

    def _flush_warnings(self) -> None:
        warnings, self._warnings = self._warnings, []
        if warnings and self._verbosity >= 0:
            self._display.lines(warning_lines(warnings, hints=self._verbosity > 0))

    # --- steps ----------------------------------------------------------------------

    def _step_started(self, event: StepStarted, at: float) -> None:
        self._counts.steps.add(event.step_id)
        self._counts.requests += 1
        track = self._tracks.get(event.step_id)
        if track is None or (event.visit != track.visit and not event.poll):
            track = self._tracks[event.step_id] = _Track(since=at, visit=event.visit)
        track.visit = event.visit
        track.operation = one_line(event.operation)
        track.requests += 1
        track.body, track.media_type, track.status = ABSENT, "", None
        head = self._head(event.step_id, track)

        def line(now: float) -> Line:
            return (*head, (f"  {self._progress(track, now)}", ""), *_states(track))

        self._live(line, at)

    def _response(self, event: ResponseReceived) -> None:
        track = self._tracks.get(event.step_id)
        if track is not None:
            track.body, track.media_type = event.body, event.media_type
        self._message(response_lines(event))

    def _waiting(self, event: Waiting, at: float) -> None:
        held, self._held = self._held, None
        if held is not None:
            finished, then = held
            if event.reason == "poll" and finished.decision == f"goto {event.step_id}":
                self._polled(finished, then)
            else:
                again = event.reason != "poll" and finished.step_id == event.step_id
                self._finished(finished, then, event.seconds if again else None)
        track = self._tracks.setdefault(event.step_id, _Track(since=at, visit=0))
        head = self._head(event.step_id, track)
        ends = at + event.seconds

        def line(now: float) -> Line:
            left = f", next in {duration(max(ends - now, 0))}"
            progress = self._progress(track, now)
            return (*head, (f"  {progress}{left}", ""), *_states(track))

        self._live(line, at)

    def _release(self) -> None:
        """Show the step that is held back, now that no wait belongs to it."""
        held, self._held = self._held, None
        if held is not None:
            self._finished(*held)

    def _polled(self, event: StepFinished, at: float) -> None:
        """A visit of a poll that goes on: said only when something has changed."""
        track = self._track(event, at)
        if event.step_id != event.decision.removeprefix("goto "):
            # A loop of several steps: this one is only on the way back.
            self._finished(event, at)
            return
        found = _changes(track)
        track.status = event.status
        if self._display.lively or (track.shown is not None and not found):
            return
        waits = track.shown is None
        track.shown = track.last
        text = _listed(found, self._signs.arrow) if found else ""
        if waits:
            words = states(track.last) if track.last else {}
            text = ", ".join(f"{name} {value}" for name, value in words.items())
        spans: list[Span] = [*self._mark("going", "accent", event, track)]
        if waits:
            spans.append((f"  {event.status}", "good"))
        else:
            elapsed = duration(at - track.since)
            spans.append((f"  poll {track.requests} after {elapsed}", ""))
        spans.append((f"  {text}" if text else "", ""))
        self._say(tuple(spans))

    def _finished(
        self, event: StepFinished, at: float, again_in: float | None = None
    ) -> None:
        """The lines of an attempt that is over."""
        track = self._track(event, at)
        found = _changes(track)
        passed = event.outcome is Outcome.PASSED
        same = event.poll and passed and not found
        if same and event.decision == track.decision and not self._verbosity > 0:
            return
        track.decision, track.shown = event.decision, track.last
        self._display.live(None)
        final = event.decision.split(" ")[0] in ("break", "end", "cancelled")
        spans = list(self._verdict(event, passed, again_in is not None, track))
        spans.append((f"  {duration(at - track.since)}", "dim"))
        if track.requests > 1 and event.poll:
            total = _changes(track, whole=True)
            spans.append((f", {track.requests} polls", "dim"))
            text = _listed(total, self._signs.arrow)
            spans.append((f"  {text}" if text else "", ""))
        spans.append((self._onwards(event, again_in), "accent"))
        self._say(tuple(spans))
        if not passed:
            self._display_failure(event, track, final=final)
        if self._verbosity > 0 and event.outputs:
            texts = [f"{n} {value_text(v, 120)}" for n, v in event.outputs.items()]
            self._say(((f"    outputs: {', '.join(texts)}", "dim"),))

    def _verdict(
        self, event: StepFinished, passed: bool, again: bool, track: _Track
    ) -> Iterator[Span]:
        if passed:
            yield from self._mark("passed", "good", event, track)
        elif again:
            yield from self._mark("again", "warn", event, track)
        else:
            yield from self._mark("failed", "bad", event, track)
        if event.status is None:
            said = "interrupted" if event.decision == "cancelled" else "no response"
            yield (f"  {said}", "bad")
        else:
            yield (f"  {event.status}", "good" if passed else "bad")

    def _onwards(self, event: StepFinished, again_in: float | None) -> str:
        """Where control goes, unless it simply goes on."""
        word, _, rest = event.decision.partition(" ")
        if again_in is not None:
            text = f"{event.decision} in {duration(again_in)}"
        elif word in ("next", "break", "cancelled"):
            return ""
        elif word == "goto":
            text = rest
        elif word == "end":
            text = f"end ({rest})" if rest else "end"
        else:
            text = event.decision
        return f"  {self._signs.arrow} {one_line(text)}"

    def _display_failure(
        self, event: StepFinished, track: _Track, *, final: bool
    ) -> None:
        """What did not hold and what the provider said; a final error says the first."""
        if self._verbosity < 0:
            return
        lines: list[Line] = []
        if event.failure and not final:
            lines.append(((f"    {one_line(event.failure)}", ""),))
        failed = [each for each in event.criteria if not each.passed]
        for each in failed[1:] if final else failed:
            if each.problem is not None:
                why = f" cannot be evaluated: {one_line(each.problem)}"
            else:
                actual = ", ".join(
                    f"{name} is {_actual(value)}" for name, value in each.actual.items()
                )
                why = f" is not met{f' ({one_line(actual)})' if actual else ''}"
            place = f" at {each.location}" if each.location.uri else ""
            text = f"    {one_line(each.condition)}{why}"
            lines.append(((text, ""), (place, "dim")))
        said = excerpt(track.body, track.media_type)
        if said != track.told:
            lines += [((f"    {self._signs.bar} ", "dim"), (each, "")) for each in said]
        track.told = said
        self._display.lines(lines)

    # --- pieces -----------------------------------------------------------------------

    def _track(self, event: StepFinished, at: float) -> _Track:
        """The step's track with what this attempt gave."""
        track = self._tracks.setdefault(
            event.step_id, _Track(since=at, visit=event.visit)
        )
        if event.outcome is Outcome.PASSED and (
            event.poll or event.decision.startswith("goto ")
        ):
            track.last = snapshot(event.outputs, track.body)
            if track.first is None:
                track.first = track.last
        return track

    def _mark(
        self, sign: str, style: str, event: StepFinished, track: _Track
    ) -> Iterator[Span]:
        yield (f"{getattr(self._signs, sign)} ", style)  # type: ignore[misc]
        yield from self._head(event.step_id, track)

    def _head(self, step_id: str, track: _Track) -> tuple[Span, ...]:
        name = one_line(step_id).ljust(self._columns)
        return ((name, "bold"), (f"  {track.operation}" if track.operation else "", ""))

    def _progress(self, track: _Track, now: float) -> str:
        elapsed = duration(max(now - track.since, 0))
        if track.requests > 1:
            return f"poll {track.requests}, {elapsed}"
        return elapsed

    def _say(self, line: Line) -> None:
        if self._verbosity >= 0:
            self._display.lines((line,))

    def _message(self, lines: Iterable[str]) -> None:
        if self._verbosity > 0:
            self._display.lines(
                ((line[:1], "accent"), (line[1:], "dim")) for line in lines
            )

    def _live(self, draw: object, at: float) -> None:
        if self._verbosity >= 0 and self._display.lively:
            self._display.live(draw, at)  # type: ignore[arg-type]


def open_terminal(
    stream: TextIO,
    *,
    verbosity: int = 0,
    mock: bool = False,
    color: bool | None = None,
    source: Source = no_source,
) -> Terminal:
    """
    The reporter for *stream*, standard error as a rule; see `Terminal` and `open_display`.
    """
    return Terminal(
        open_display(stream, color=color),
        verbosity=verbosity,
        mock=mock,
        source=source,
    )


def _changes(track: _Track, *, whole: bool = False) -> tuple[Change, ...]:
    before = track.first if whole else track.shown
    if before is None or track.last is None:
        return ()
    return changes(before, track.last)


def _listed(found: tuple[Change, ...], arrow: str) -> str:
    texts = [_change(each, arrow) for each in found[:_CHANGES]]
    if len(found) > _CHANGES:
        texts.append(f"{len(found) - _CHANGES} more")
    return ", ".join(texts)


def _change(change: Change, arrow: str) -> str:
    name, before, after = one_line(change.name), change.before, change.after
    if isinstance(after, Absent):
        return f"{name} gone"
    if isinstance(before, Absent) or before is None:
        return f"{name} {value_text(after, 40)}"
    return f"{name} {value_text(before, 40)} {arrow} {value_text(after, 40)}"


def _states(track: _Track) -> Iterator[Span]:
    """The state and the numbers that have changed, for the line that changes."""
    if track.last is None:
        return
    texts = [f"{name} {value_text(v, 40)}" for name, v in states(track.last).items()]
    moved = changes(track.first, track.last) if track.first else ()
    texts += [
        f"{one_line(each.name)} {value_text(each.after, 40)}"
        for each in moved
        if isinstance(each.after, int | float)
    ]
    if texts:
        yield (f"  {', '.join(texts[:_CHANGES])}", "")


def _actual(value: Value | Absent) -> str:
    return "missing" if isinstance(value, Absent) else value_text(value, 80)
