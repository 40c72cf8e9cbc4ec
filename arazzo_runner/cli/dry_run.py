"""``--dry-run``: what would be sent, in words."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress

from ..dry import DryStep
from ..reporters.text import clean, count, one_line


def dry_run_text(workflow_id: str, steps: Sequence[DryStep]) -> str:
    """The first request whole, later ones with their expressions."""
    return "\n".join(_lines(workflow_id, steps)) + "\n"


def _lines(workflow_id: str, steps: Sequence[DryStep]) -> Iterator[str]:
    yield f"{one_line(workflow_id)}: {count(len(steps), 'step')}, nothing was sent"
    for number, step in enumerate(steps, start=1):
        place = f"  ({step.location})" if step.location.uri else ""
        yield ""
        yield f"{number}. {one_line(step.step_id)}{place}"
        yield f"   {step.method} {one_line(step.url)}"
        for name, text in step.headers:
            yield f"   {one_line(name)}: {one_line(text)}"
        if step.body:
            yield ""
            yield from (f"   {line}".rstrip() for line in _body(step.body))


def _body(body: str) -> Iterator[str]:
    """A JSON body indented, another as it is."""
    if body[:1] in ("{", "["):
        with suppress(ValueError):
            body = json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    yield from clean(body).split("\n")
