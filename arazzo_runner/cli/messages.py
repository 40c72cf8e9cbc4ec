"""What the command says on standard error beside the reporter's lines."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Final

from .. import __version__
from ..errors import ArazzoError, Diagnostic
from ..reporters.live import Printer, open_display
from ..reporters.problems import problems_lines
from ..reporters.text import Line, one_line

_LARGEST: Final = 20_000_000  # bytes of a document that is shown an excerpt of
_STDIN: Final = "<stdin>"


class Messages:
    """
    Prints errors with the line of the document they point at.

    Attributes:
        stdin: The document that came on standard input, once it has been read.
        opened: Gives the text of a document that was opened, by its URI.
    """

    def __init__(self) -> None:
        self.stdin: bytes | None = None
        self.opened: Callable[[str], str | None] = lambda _uri: None
        self._texts: dict[str, str | None] = {}

    def source(self, uri: str) -> str | None:
        """The text of the document at *uri*: a file, or standard input."""
        if uri not in self._texts:
            self._texts[uri] = self._read(uri)
        return self._texts[uri]

    def problems(self, problems: Sequence[Diagnostic]) -> None:
        """Print all of *problems*, and how many they are."""
        self.lines(problems_lines(problems, self.source))

    def say(self, text: str) -> None:
        """Print one line; what a server has put into it cannot move the cursor."""
        self.lines([((one_line(text), ""),)])

    def warn(self, text: str) -> None:
        """Print a warning that belongs to the command line, not to a document."""
        self.lines([(("warning: ", "warn"), (one_line(text), ""))])

    def defect(
        self, error: BaseException, hide: Callable[[str], str], *, whole: bool
    ) -> None:
        """Print that we are broken; *hide* takes secrets out of a text."""
        if whole:
            text = "".join(traceback.format_exception(error)).rstrip()
            self.lines(((each, "dim"),) for each in hide(text).split("\n"))
        what = one_line(hide(f"{type(error).__name__}: {error}"))
        advice = "please report it" if whole else "-v shows where; please report it"
        self.lines(
            [
                (
                    ("error: ", "bad"),
                    (f"this is a defect of arazzo {__version__} ({advice}): ", ""),
                    (what, ""),
                )
            ]
        )

    def lines(self, lines: Iterable[Line]) -> None:
        self._printer().lines(lines)

    @staticmethod
    def _printer() -> Printer:
        return open_display(sys.stderr)

    def _read(self, uri: str) -> str | None:
        text = self.opened(uri)
        if text is not None:
            return text
        if uri == _STDIN:
            data = self.stdin
        else:
            try:
                path = Path(uri)
                if not path.is_file() or path.stat().st_size > _LARGEST:
                    return None
                data = path.read_bytes()
            except (OSError, ValueError):
                return None
        if data is None:
            return None
        return data.decode("utf-8-sig", "replace")


def all_problems(error: ArazzoError) -> tuple[Diagnostic, ...]:
    """The problems of *error*, in order, each once."""
    return tuple(dict.fromkeys(error.problems))
