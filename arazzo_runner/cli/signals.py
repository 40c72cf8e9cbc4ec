"""Ctrl-C and a request to terminate end a run in order; the second time at once."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

from ..errors import EXIT_STATUS

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def ending_on_signals(cancel: Callable[[], bool]) -> Iterator[None]:
    """
    Call *cancel* when the process is interrupted. It returns False if nothing runs that
    could be ended in order; then, `KeyboardInterrupt` is raised.
    """
    asked = False

    def handle(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
        nonlocal asked
        if asked:
            os._exit(EXIT_STATUS["cancelled"])
        if not cancel():
            raise KeyboardInterrupt
        asked = True

    before = {each: signal.signal(each, handle) for each in _SIGNALS}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
