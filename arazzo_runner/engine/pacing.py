"""
How long to wait: polls, retries, and what is sent again without being asked to.

Pure: jitter comes from the run's seed, so a replay waits as long as the run did.
"""

from __future__ import annotations

import hashlib

from .plan import Pacing

#: Statuses after which a GET or HEAD may be sent again (`--retry`).
TRANSIENT = frozenset({429, 502, 503, 504, 529})
_RESEND_MAX = 30.0


def poll_wait(pacing: Pacing, number: int, *, seed: int, step_id: str) -> float:
    """
    Seconds before repetition *number* (from 1) of a step: `interval`, then longer by
    `factor` each time up to `max_interval`, jittered, to the millisecond.
    """
    # The exponent is bounded so that thousands of polls do not overflow a float.
    plain = pacing.interval * pacing.factor ** min(number - 1, 64)
    plain = min(plain, pacing.max_interval)
    draw = hashlib.sha256(f"{seed}:{step_id}:{number}".encode()).digest()[:8]
    unit = int.from_bytes(draw, "big") / 2**64  # 0 ≤ unit < 1
    return round(plain * (1 + pacing.jitter * (2 * unit - 1)), 3)


def resend_wait(number: int) -> float:
    """Seconds before sending *number* (from 1) again: 1, 2, 4, … 30."""
    return float(min(2.0 ** min(number - 1, 16), _RESEND_MAX))
