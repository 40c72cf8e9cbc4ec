"""
A run as a person follows it on standard error: a line for each step, one for a poll.

`Terminal` turns events into lines and holds no clock and no stream; `live` draws them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
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
    WorkflowFinished,
    WorkflowStarted,
)
from .endings import Counts, remains, summary
from .excerpts import excerpt, request_lines, response_lines
from .live import Display, open_display
from .problems import Source, no_source, problem_lines, warning_lines
from .text import Line, Span, Style, clock, count, duration, one_line, value_text
from .tracks import Track, value_or_missing

_WIDEST: Final = 32  # columns for step ids
_INDENT: Final = "  "  # for what is inside of another workflow


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
        self._following: dict[tuple[str, str], str] = {}
        self._tracks: dict[tuple[str, str], Track] = {}
        self._counts = Counts()
        self._warnings: list[Diagnostic] = []
        self._held: tuple[StepFinished, float] | None = None
        self._unsaid: list[Line] = []

    def __call__(self, event: Event, at: float) -> None:
        # What follows a step, and further places of a warning, come with the next event.
        if not isinstance(event, Waiting):
            self._release(last=isinstance(event, RunFinished))
        if not isinstance(event, Warned):
            self._flush_warnings()
        match event:
            case RunStarted():
                self._run_started(event)
            case WorkflowStarted():
                self._workflow_started(event)
            case WorkflowFinished():
                self._workflow_finished(event)
            case StepStarted():
                self._step_started(event, at)
            case RequestSent():
                self._message(request_lines(event))
            case ResponseReceived():
                self._response(event)
            case StepFinished():
                self._counts.requests -= not event.sent
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
        self._follow(event.workflow_id, event.steps)
        mock = "  (mock: nothing is sent)" if self._mock else ""
        self._say(
            (
                (one_line(event.workflow_id), "bold"),
                (f"  {one_line(event.description)}{mock}", "dim"),
            )
        )

    def _follow(self, workflow_id: str, steps: Sequence[str]) -> None:
        self._following |= {
            (workflow_id, before): after for before, after in pairwise(steps)
        }

    def _workflow_started(self, event: WorkflowStarted) -> None:
        """A workflow inside the run; one that a step calls is told by that step's line."""
        self._follow(event.workflow_id, event.steps)
        longest = max((len(each) + 2 * event.depth for each in event.steps), default=0)
        self._columns = max(self._columns, min(longest, _WIDEST))
        for key in [key for key in self._tracks if key[0] == event.workflow_id]:
            del self._tracks[key]
        why = {
            "step": "",
            "dependency": "  which it depends on",
            "goto": "  instead of the present one",
            "retry": "  before the retry",
        }[event.reason]
        pad = _INDENT * max(event.depth - 1, 0)
        self._say(
            (
                (f"{pad}{self._signs.arrow} {one_line(event.workflow_id)}", "bold"),
                (why, "dim"),
            )
        )

    def _workflow_finished(self, event: WorkflowFinished) -> None:
        """Its end, where no step's line tells it."""
        if event.status == "failed" and event.error is not None and self._verbosity > 0:
            pad = _INDENT * max(event.depth, 1)
            self._say(((f"{pad}{one_line(event.error.message)}", "bad"),))

    def _run_finished(self, event: RunFinished, at: float) -> None:
        self._display.live(None)
        if event.error is not None:
            source = no_source if event.status == "cancelled" else self._source
            self._display.lines(problem_lines(event.error, source))
            self._display.lines(self._unsaid)
        if event.status != "succeeded":
            self._display.lines(remains(event, self._columns, self._signs))
        self._say(summary(event, at, self._counts, mock=self._mock))

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
        key = event.workflow_id, event.step_id
        self._counts.steps.add(key)
        self._counts.requests += not event.operation.startswith("workflow ")
        track = self._tracks.get(key)
        if track is None or (event.attempt == 1 and not event.poll):
            track = self._tracks[key] = Track(since=at)
        track.start(event, at)
        self._live(event, track, at)

    def _response(self, event: ResponseReceived) -> None:
        track = self._tracks.get((event.workflow_id, event.step_id))
        if track is not None:
            track.body, track.media_type = event.body, event.media_type
        self._message(response_lines(event))

    def _waiting(self, event: Waiting, at: float) -> None:
        held, self._held = self._held, None
        if held is not None:
            finished, then = held
            mine = (finished.workflow_id, finished.step_id) == (
                event.workflow_id,
                event.step_id,
            )
            if mine and event.reason == "poll" and finished.outcome is Outcome.PASSED:
                self._polled(finished, then)
            else:
                self._finished(finished, then, event.seconds if mine else None)
        key = event.workflow_id, event.step_id
        track = self._tracks.setdefault(key, Track(since=at))
        self._live(event, track, at, until=at + event.seconds)

    def _release(self, *, last: bool = False) -> None:
        """Show the step that is held back, now that no wait belongs to it."""
        held, self._held = self._held, None
        if held is not None:
            event, at = held
            # A poll that was to go on and does not is no step that has passed.
            unfinished = last and event.decision == f"goto {event.step_id}"
            self._finished(event, at, unfinished=unfinished)

    def _polled(self, event: StepFinished, at: float) -> None:
        """A visit of a step that is now waited for; said only when something has changed."""
        track = self._track(event, at)
        track.settle(event)
        if self._display.lively:
            return
        if track.shown is None:
            mark = self._mark(self._signs.going, "accent", event, track)
            said: tuple[Span, ...] = (self._verdict(event, True),)
            text = track.summary()
        else:
            changed = track.changed(self._signs.arrow)
            if not changed:
                return
            mark = self._mark(self._signs.going, "accent", event, track)
            elapsed = duration(at - track.since)
            said = ((f"  poll {track.visits} after {elapsed}", ""),)
            text = f"  {changed}"
        track.shown = track.last
        self._say((*mark, *said, (text, "")))

    def _finished(
        self,
        event: StepFinished,
        at: float,
        again_in: float | None = None,
        *,
        unfinished: bool = False,
    ) -> None:
        """The lines of an attempt that is over."""
        track = self._track(event, at)
        track.settle(event)
        passed = event.outcome is Outcome.PASSED
        said = (event.status, event.decision)
        if event.poll and said == track.said and not track.changed(""):
            return  # nothing new
        track.said, track.shown = said, track.last
        self._display.live(None)
        sign: tuple[str, Style] = (self._signs.failed, "bad")
        if unfinished:
            sign = (self._signs.going, "warn")
        elif passed:
            sign = (self._signs.passed, "good")
        elif again_in is not None:
            sign = (self._signs.again, "warn")
        spans = [*self._mark(*sign, event, track), self._verdict(event, passed)]
        spans += self._times(event, track, at, passed)
        if not unfinished:
            spans.append((self._onwards(event, again_in), "accent"))
        self._say(tuple(spans))
        if not passed:
            final = event.decision.split(" ")[0] in ("break", "end", "cancelled")
            self._failure(event, track, final=final)
        if self._verbosity > 0 and event.outputs:
            texts = [f"{n} {value_text(v, 120)}" for n, v in event.outputs.items()]
            self._say(((f"    outputs: {', '.join(texts)}", "dim"),))

    def _times(
        self, event: StepFinished, track: Track, at: float, passed: bool
    ) -> Iterator[Span]:
        """How long it took; of a poll that is over, what has changed on the way."""
        if passed and track.visits > 1:
            elapsed = duration(at - track.since)
            yield (f"  {elapsed}, {count(track.visits, 'poll')}", "dim")
            text = track.changed(self._signs.arrow, since_first=True)
            yield (f": {text}" if text else "", "")
        elif passed and event.attempt > 1:
            elapsed = duration(at - track.since)
            yield (f"  {elapsed}, {count(event.attempt, 'attempt')}", "dim")
        else:
            yield (f"  {duration(at - track.began)}", "dim")

    def _verdict(self, event: StepFinished, passed: bool) -> Span:
        if event.status is not None:
            return (f"  {event.status}", "good" if passed else "bad")
        if event.called:
            return ("" if passed else "  failed", "bad")
        if not event.sent:
            return ("  not sent", "bad")
        cancelled = event.decision == "cancelled"
        return ("  interrupted" if cancelled else "  no response", "bad")

    def _onwards(self, event: StepFinished, again_in: float | None) -> str:
        """Where control goes, unless it simply goes on."""
        word, _, rest = event.decision.partition(" ")
        passed = event.outcome is Outcome.PASSED
        if again_in is not None:
            text = f"{event.decision} in {duration(again_in)}"
        elif word in ("next", "break", "cancelled"):
            return ""
        elif word == "goto":
            following = self._following.get((event.workflow_id, event.step_id))
            if passed and rest == following:
                return ""
            text = rest
        elif word == "end":
            text = f"end ({rest})" if rest else "end"
        else:
            text = event.decision
        return f"  {self._signs.arrow} {one_line(text)}"

    def _failure(self, event: StepFinished, track: Track, *, final: bool) -> None:
        """What did not hold and what the provider said; a final error says the first."""
        said = excerpt(track.body, track.media_type)
        if self._verbosity < 0:
            if final and said:
                self._unsaid = [((f"  the answer was: {' '.join(said)}", ""),)]
            return
        lines: list[Line] = []
        if event.failure and not final:
            lines.append(((f"    {one_line(event.failure)}", ""),))
        failed = [each for each in event.criteria if not each.passed]
        for each in failed[1:] if final else failed:
            if each.actual.keys() == {"$statusCode"}:
                continue  # the status stands in the line above
            if each.problem is not None:
                why = f" cannot be evaluated: {one_line(each.problem)}"
            else:
                actual = ", ".join(
                    f"{name} is {value_or_missing(value)}"
                    for name, value in each.actual.items()
                )
                why = f" is not met{f' ({one_line(actual)})' if actual else ''}"
            place = f" at {each.location}" if each.location.uri else ""
            text = f"    {one_line(each.condition)}{why}"
            lines.append(((text, ""), (place, "dim")))
        if said != track.told:
            lines += [((f"    {self._signs.bar} ", "dim"), (each, "")) for each in said]
        track.told = said
        self._display.lines(lines)

    # --- pieces -----------------------------------------------------------------------

    def _track(self, event: StepFinished, at: float) -> Track:
        key = event.workflow_id, event.step_id
        return self._tracks.setdefault(key, Track(since=at))

    def _mark(
        self, sign: str, style: Style, event: StepFinished, track: Track
    ) -> tuple[Span, ...]:
        pad = _INDENT * event.depth
        return ((f"{pad}{sign} ", style), *self._head(event, track))

    def _head(self, event: StepFinished, track: Track) -> tuple[Span, ...]:
        name = one_line(event.step_id).ljust(self._columns - 2 * event.depth)
        return ((name, "bold"), (f"  {track.operation}" if track.operation else "", ""))

    def _say(self, line: Line) -> None:
        if self._verbosity >= 0:
            self._display.lines((line,))

    def _message(self, lines: Iterable[str]) -> None:
        if self._verbosity > 0:
            self._display.lines(
                ((line[:1], "accent"), (line[1:], "dim")) for line in lines
            )

    def _live(
        self,
        event: StepStarted | Waiting,
        track: Track,
        at: float,
        until: float | None = None,
    ) -> None:
        """Show how far a step is; *until* is when its next request is sent."""
        if self._verbosity < 0 or not self._display.lively:
            return
        name = _INDENT * event.depth + one_line(event.step_id)
        name, label = name.ljust(self._columns), track.operation

        def draw(now: float) -> Line:
            left = f", next in {clock(until - now + 0.99)}" if until is not None else ""
            # What tells most comes first: a narrow terminal cuts the rest off.
            return (
                (name, "bold"),
                (f"  {track.progress(now)}{left}{track.summary()}", ""),
                (f"  {label}" if label else "", "dim"),
            )

        self._display.live(draw, at)


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
