"""Where lines go: a stream of lines, or a terminal with one line that changes."""

from __future__ import annotations

import importlib
import os
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Final, Protocol, TextIO, TypeAlias

from .text import Line, Signs, cut_line, disarm, paint, signs_for

#: Makes the changing line for a time, in seconds since the run began.
Live: TypeAlias = Callable[[float], Line]

_FRAMES: Final = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_PLAIN_FRAMES: Final = "|/-\\"
_TICK: Final = 0.1  # seconds between two looks of the changing line
_CLEAR: Final = "\r\x1b[K"


class Display(Protocol):
    """What a reporter draws on."""

    signs: Signs
    #: Whether `live` shows anything.
    lively: bool

    def lines(self, lines: Iterable[Line]) -> None:
        """Print lines that stay."""

    def live(self, draw: Live | None, at: float = 0.0) -> None:
        """Show the line that *draw* makes until further notice; it is *at* now."""

    def close(self) -> None:
        """Take the changing line away and stop."""


class Printer:
    """
    Lines on a stream, one after the other. A stream that is gone (a closed pipe) is
    forgotten: nobody's run should die of that.
    """

    lively = False

    def __init__(self, stream: TextIO, *, color: bool, actions: bool = False) -> None:
        self.signs = signs_for(getattr(stream, "encoding", None))
        self._stream: TextIO | None = stream
        self._color = color
        self._actions = actions

    def lines(self, lines: Iterable[Line]) -> None:
        self.write("".join(self.paint(line) + "\n" for line in lines))

    def live(self, draw: Live | None, at: float = 0.0) -> None:
        pass

    def close(self) -> None:
        pass

    def paint(self, line: Line) -> str:
        text = paint(line, color=self._color)
        return disarm(text) if self._actions else text

    def write(self, text: str) -> None:
        if self._stream is None or not text:
            return
        try:
            self._stream.write(text)
            self._stream.flush()
        except UnicodeEncodeError:
            encoding = self._stream.encoding or "ascii"
            self._stream.write(text.encode(encoding, "replace").decode(encoding))
        except (OSError, ValueError):  # closed
            self._stream = None


class LivePrinter(Printer):
    """
    The same on a terminal, with a last line that changes. A thread redraws it, so that
    elapsed time and the next wait go on while nothing happens.
    """

    lively = True

    def __init__(self, stream: TextIO, *, color: bool, actions: bool = False) -> None:
        super().__init__(stream, color=color, actions=actions)
        self._lock = threading.Lock()
        self._draw: Live | None = None
        self._offset = 0.0
        self._shown = False
        self._wake = threading.Event()
        self._closed = False
        self._thread: threading.Thread | None = None
        spinning = self.signs.passed == "✓"
        self._frames = _FRAMES if spinning else _PLAIN_FRAMES

    def lines(self, lines: Iterable[Line]) -> None:
        text = "".join(self.paint(line) + "\n" for line in lines)
        with self._lock:
            self.write((_CLEAR if self._shown else "") + text)
            self._shown = False
            self._redraw()

    def live(self, draw: Live | None, at: float = 0.0) -> None:
        with self._lock:
            self._draw = draw
            self._offset = at - time.monotonic()
            if draw is None and self._shown:
                self.write(_CLEAR)
                self._shown = False
            elif draw is not None and self._thread is None and not self._closed:
                self._thread = threading.Thread(target=self._tick, daemon=True)
                self._thread.start()

    def close(self) -> None:
        self.live(None)
        self._closed = True
        self._wake.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()

    def _tick(self) -> None:
        while not self._wake.wait(_TICK):
            with self._lock:
                self._redraw()

    def _redraw(self) -> None:
        if self._draw is None:
            return
        now = time.monotonic()
        frame = self._frames[int(now / _TICK) % len(self._frames)]
        line: Line = ((f"{frame} ", "accent"), *self._draw(now + self._offset))
        line = cut_line(line, self._columns() - 1, self.signs.ellipsis)
        self.write(_CLEAR + self.paint(line))
        self._shown = True

    def _columns(self) -> int:
        """Of this stream: standard output is often a pipe."""
        given = os.environ.get("COLUMNS", "")
        if given.isdecimal() and int(given):
            return int(given)
        with suppress(OSError, ValueError):
            if self._stream is not None:
                return os.get_terminal_size(self._stream.fileno()).columns or 80
        return 80


def open_display(stream: TextIO, *, color: bool | None = None) -> Printer:
    """
    The display for *stream*: a changing line and colours in a terminal, else neither.

    ``NO_COLOR``, ``FORCE_COLOR`` and ``TERM=dumb`` are heeded where *color* is None.
    """
    terminal = stream.isatty()
    dumb = os.environ.get("TERM") == "dumb"
    if color is None:
        color = bool(os.environ.get("FORCE_COLOR")) or (terminal and not dumb)
        color = color and not os.environ.get("NO_COLOR")
    if terminal and os.name == "nt":
        with suppress(ImportError):  # comes with click on Windows
            importlib.import_module("colorama").just_fix_windows_console()
    actions = bool(os.environ.get("GITHUB_ACTIONS"))
    kind = LivePrinter if terminal and not dumb else Printer
    return kind(stream, color=color, actions=actions)
