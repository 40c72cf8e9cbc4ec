"""The end of a run in words: what it comes to, and what an unfinished one still has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from ..events import RunFinished
from .text import Line, Signs, count, duration, one_line, value_text

_VERBS: Final = {
    "succeeded": "succeeded in",
    "failed": "failed after",
    "suspended": "suspended after",
    "cancelled": "interrupted after",
}


@dataclass(slots=True)
class Counts:
    """What there has been so far: ids of steps, requests, warnings with their places."""

    steps: set[tuple[str, str]] = field(default_factory=set)
    requests: int = 0
    warnings: set[tuple[str, str, str]] = field(default_factory=set)


def summary(event: RunFinished, at: float, counts: Counts, *, mock: bool) -> Line:
    """``succeeded in 12.3 s: 3 steps, 8 requests, 1 warning``"""
    texts = [count(len(counts.steps), "step"), count(counts.requests, "request")]
    if counts.warnings:
        texts.append(count(len(counts.warnings), "warning"))
    return (
        (
            f"{_VERBS[event.status]} {duration(at)}",
            "good" if event.status == "succeeded" else "bad",
        ),
        (f": {', '.join(texts)}", ""),
        (" (virtual time)" if mock else "", "dim"),
    )


def remains(event: RunFinished, columns: int, signs: Signs) -> Iterator[Line]:
    """The outputs of the steps that ran: a paid batch has an id that must not be lost."""
    had = {
        step_id: [
            f"{one_line(name)} {value_text(value, 200, signs.ellipsis)}"
            for name, value in outputs.items()
            if value is not None
        ]
        for step_id, outputs in event.step_outputs.items()
    }
    if any(had.values()):
        yield (("outputs of the steps that ran:", "bold"),)
    for step_id, texts in had.items():
        if texts:
            name = one_line(step_id).ljust(columns)
            yield ((f"  {name}  ", "bold"), (", ".join(texts), ""))
