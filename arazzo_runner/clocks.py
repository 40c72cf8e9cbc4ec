"""The time of a run: as it passes, or moved by waiting alone."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """Seconds since the run began."""

    def now(self) -> float:
        """Never less than before."""

    def skip(self, seconds: float) -> bool:
        """Let *seconds* pass without waiting; False if real waiting is needed."""


class RealClock:
    """Time as it passes."""

    def __init__(self, at: float = 0.0) -> None:
        self._began = time.monotonic() - at

    def now(self) -> float:
        """Seconds since the run began."""
        return time.monotonic() - self._began

    def skip(self, seconds: float) -> bool:  # noqa: ARG002
        """Real time cannot be skipped."""
        return False


class VirtualClock:
    """Time that only waiting moves: a 24-hour poll takes milliseconds."""

    def __init__(self, at: float = 0.0) -> None:
        self._now = at

    def now(self) -> float:
        """Seconds that were waited for."""
        return self._now

    def skip(self, seconds: float) -> bool:
        """Move on by *seconds*."""
        self._now += seconds
        return True
