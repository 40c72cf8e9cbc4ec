"""Where outputs go: ``-o`` checked before anything is sent, written when all is done."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from ..errors import Diagnostic, UsageError, did_you_mean
from ..messages import Bodies, Value
from ..outputs import final, part_of, save, save_all, write_json, write_value
from . import silence_stdout

_STDOUT = "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """
    Attributes:
        whole: The file for all outputs as JSON; None for standard output.
        named: Output name to the file for its value.
        raw: The output whose value goes to standard output as it is (``NAME=-``).
        began: When the run was about to begin, seconds since the epoch.
    """

    whole: Path | None = None
    named: Mapping[str, Path] = field(default_factory=dict)
    raw: str | None = None
    began: float = 0.0

    @classmethod
    def of(
        cls, given: Iterable[tuple[str | None, str]], outputs: Iterable[str]
    ) -> Targets:
        """
        The targets that ``-o`` names, for a workflow with these *outputs*.

        Raises:
            UsageError: an unknown output, a file that cannot be written, or two outputs
                for one place.
        """
        known = list(outputs)
        whole: Path | None = None
        named: dict[str, Path] = {}
        raw: str | None = None
        places: dict[str, str] = {}
        for name, text in given:
            if name is not None and name not in known:
                raise UsageError(
                    f"-o: the workflow has no output {name!r}",
                    hint=did_you_mean(name, known, "outputs"),
                )
            what = f"output {name!r}" if name else "all outputs"
            place = text if text == _STDOUT else str(final(Path(text)))
            if place in places:
                raise UsageError(f"-o: {places[place]} and {what} both go to {text}")
            places[place] = what
            if text == _STDOUT:
                raw = name
            elif name is None:
                if whole is not None:
                    raise UsageError(f"-o: all outputs go to {whole} and to {text}")
                whole = _writable(text)
            else:
                named[name] = _writable(text)
        return cls(whole=whole, named=named, raw=raw, began=time.time())

    @property
    def downloads(self) -> dict[str, Path]:
        """The outputs that may be streamed to their files, for `Runner.run`."""
        return {
            name: final(path)
            for name, path in self.named.items()
            if not path.exists() or path.is_file()
        }

    def leftovers(self) -> list[tuple[str, Path]]:
        """Downloads that broke off in this run: the output, and what came of it."""
        return [
            (name, part_of(path))
            for name, path in self.named.items()
            if _changed_at(part_of(path)) >= self.began - 2
        ]

    def write(
        self, outputs: Mapping[str, Value], bodies: Bodies
    ) -> tuple[Diagnostic, ...]:
        """
        Write the outputs; what cannot be saved to its file is shown instead.

        Raises:
            BrokenPipeError: nobody reads standard output.
        """
        shown, problems = save_all(outputs, self.named, bodies)
        printed = self.raw is None and self.whole is None
        if self.whole is not None:
            try:
                save(shown, self.whole, bodies)
            except UsageError as error:
                problems = (*problems, *error.problems)
                printed = True
        try:
            if printed:
                _print(shown, bodies)
            if self.raw is not None:
                with standard_output() as stream:
                    write_value(outputs.get(self.raw), stream, bodies)
        except UsageError as error:
            problems = (*problems, *error.problems)
        return problems


def _print(outputs: Mapping[str, Value], bodies: Bodies) -> None:
    """JSON is UTF-8, whatever the terminal's encoding (RFC 8259, 8.1)."""
    with standard_output() as stream:
        write_json(
            outputs, lambda text: stream.write(text.encode("utf-8", "replace")), bodies
        )
        stream.write(b"\n")


@contextmanager
def standard_output() -> Iterator[BinaryIO]:
    """
    Standard output, for bytes; flushed in the end.

    Raises:
        BrokenPipeError: nobody reads it.
        UsageError: it cannot be written for another reason.
    """
    stream = sys.stdout.buffer
    try:
        yield stream
        stream.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        silence_stdout()  # what is still buffered would fail again at the exit
        reason = error.strerror or str(error)
        raise UsageError(f"cannot write the outputs: {reason}") from error


def _writable(text: str) -> Path:
    path = Path(text)
    folder = final(path).parent
    reason: str | None = None
    if path.is_dir():
        reason = "it is a folder"
    elif not folder.is_dir():
        reason = f"there is no folder {folder}"
    elif not os.access(path if path.exists() else folder, os.W_OK):
        reason = "permission denied"
    if reason is not None:
        raise UsageError(f"-o: cannot write {text}: {reason}")
    return path


def _changed_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
