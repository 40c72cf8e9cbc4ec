"""``arazzo explain``: what codes mean."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import click

from ..errors import CODES, did_you_mean
from ..explanations import Explanation, all_codes, explanation
from ..reporters.live import open_display
from ..reporters.text import Line


@click.command(
    name="explain",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.argument("codes", metavar="[CODE]...", nargs=-1)
def command(codes: tuple[str, ...]) -> None:
    """
    Tell what each CODE means: AZ304, unknown-step, or a way in which a run can end, such as
    criteria-not-met. Without a CODE all are listed.

    \b
    Exit codes:
      0  all were explained
      2  there is no such code
    """
    display = open_display(sys.stdout)
    if not codes:
        display.lines(_list())
        return
    for number, asked in enumerate(codes):
        found = explanation(asked)
        if found is None:
            known = (*all_codes(), *CODES.values())
            raise click.UsageError(
                f"there is no code {asked!r}; {did_you_mean(asked, known, 'codes')}"
            )
        if number:
            display.lines([(("", ""),)])
        display.lines(_lines(found))


def _list() -> Iterator[Line]:
    for code in all_codes():
        name = CODES.get(code, "")
        yield ((code, "bold"), (f"  {name}" if name else "", ""))


def _lines(found: Explanation) -> Iterator[Line]:
    name = f"  {found.name}" if found.name != found.code else ""
    yield ((found.code, "bold"), (name, ""))
    yield (("", ""),)
    for line in _wrapped(found.text):
        yield ((line, ""),)
    if found.wrong:
        yield (("", ""),)
        for title, text in (("wrong:", found.wrong), ("right:", found.right)):
            yield ((title, "bad" if title == "wrong:" else "good"),)
            for line in text.split("\n"):
                yield ((f"    {line}", ""),)
    if found.code in CODES:
        yield (("", ""),)
        silent = f"to leave it out: arazzo check --ignore {found.code}"
        yield ((silent, "dim"),)
    else:
        yield ((f"exit code {found.exit_status}", "dim"),)


def _wrapped(text: str) -> list[str]:
    import textwrap

    return textwrap.wrap(text, 88)
