"""
Draws the picture of a run in the README: ``python docs/make_picture.py``.

It runs the demo, with colours, and draws what comes as a terminal. No fonts are fetched.
"""

from __future__ import annotations

import io
import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

ROOT = Path(__file__).parents[1]
PICTURE = ROOT / "docs" / "images" / "run.svg"
COMMAND = (
    "arazzo run workflows/anthropic-message-batch.arazzo.yaml \\\n"
    "    -i workflows/inputs/two-prompts.json --mock -o results=results.jsonl"
)
WIDTH = 122

THEME = TerminalTheme(
    (22, 27, 34),
    (230, 237, 243),
    [
        (72, 79, 88), (255, 123, 114), (86, 211, 100), (227, 179, 65),
        (121, 192, 255), (210, 168, 255), (86, 212, 221), (177, 186, 196),
    ],
)  # fmt: skip

# As rich draws it, without its web fonts.
SVG = """\
<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg" role="img" aria-label="A run of a workflow in a terminal">
<style>
.{unique_id}-matrix {{
  font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace;
  font-size: {char_height}px; line-height: {line_height}px; font-variant-east-asian: full-width;
}}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" />
</clipPath>
{lines}
</defs>
<rect fill="#161b22" x="0" y="0" width="100%" height="100%" rx="10" />
<g transform="translate(26, 22)">
<circle cx="0" cy="0" r="7" fill="#ff5f57" />
<circle cx="22" cy="0" r="7" fill="#febc2e" />
<circle cx="44" cy="0" r="7" fill="#28c840" />
</g>
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


def run() -> str:
    """What the command prints, both streams, with colours."""
    words = shlex.split(COMMAND.replace("\\\n", " "))
    given = [
        str(ROOT / word) if word.startswith("workflows/") else word
        for word in words[1:]
    ]
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("ARAZZO_") and name != "NO_COLOR"
    }
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(  # noqa: S603  (our own command)
            [sys.executable, "-m", "arazzo_runner", *given],
            cwd=folder,
            env={**environment, "FORCE_COLOR": "1", "PYTHONUTF8": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            check=True,
        )
    return done.stdout.replace(f"{ROOT}{os.sep}", "")


def picture(printed: str) -> str:
    """*printed* as SVG, below the command that printed it."""
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    console.print(Text.assemble(("$ ", "green"), COMMAND))
    console.print(Text.from_ansi(printed.rstrip()))
    return console.export_svg(
        theme=THEME, code_format=SVG, unique_id="run", font_aspect_ratio=0.61
    )


def main() -> None:
    """Write the picture."""
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    text = "\n".join(line.rstrip() for line in picture(run()).splitlines()) + "\n"
    PICTURE.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
