"""
Ctrl-C, a request to terminate and a terminal that goes away end a run: in order, the second time at once, the third
time without a word.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Final

from ..errors import EXIT_STATUS

# A terminal that goes away must not lose the id of a batch either.
_SIGNALS: Final = tuple(
    getattr(signal, name)
    for name in ("SIGINT", "SIGTERM", "SIGHUP")
    if hasattr(signal, name)
)


@contextmanager
def ending_on_signals(
    interruptible: Callable[[], bool], cancel: Callable[[], bool]
) -> Iterator[None]:
    """
    End what runs when the process is interrupted.

    The first signal raises `KeyboardInterrupt` if *interruptible* says so; else it calls
    *cancel*, which returns False if nothing runs that could be ended in order, and then
    it is raised all the same. The second raises it in any case, the third exits.
    """
    count = 0

    def handle(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
        nonlocal count
        count += 1
        if count > 2:
            os._exit(EXIT_STATUS["cancelled"])
        if count == 2 or interruptible() or not cancel():
            raise KeyboardInterrupt

    before = {each: signal.signal(each, handle) for each in _SIGNALS}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def say(text: str) -> None:
    """
    Say *text* on standard error from a signal handler: what is interrupted may be writing
    there, or hold a lock to do so, so it goes past everything.
    """
    with suppress(OSError, ValueError):
        clear = "\r\x1b[K" if sys.stderr.isatty() else ""
        os.write(sys.stderr.fileno(), f"{clear}{text}\n".encode())
