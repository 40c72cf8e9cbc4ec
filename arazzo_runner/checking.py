"""
Checks files and folders: opens each document with its sources and applies the rules.

The API descriptions that the files of a folder share are read once.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

from .errors import CODES, ArazzoError, Diagnostic, Location, UsageError
from .loader.cache import Parts
from .opening import Opened, open_description, open_unit
from .rules import check_description

_ENDINGS: Final = (".yaml", ".yml", ".json")
#: An Arazzo document says so near its beginning; what is larger is looked through so far.
_SNIFFED: Final = 1 << 20
_MEMBER = re.compile(rb"""(?:^|[{,\n])\s*["']?arazzo["']?\s*:""")
_RANK: Final = {"error": 0, "warning": 1, "info": 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedFile:
    """
    A document that was checked.

    Attributes:
        findings: What was found, in the order of the text.
        readable: It is an Arazzo document that could be read.
    """

    path: str
    findings: tuple[Diagnostic, ...] = ()
    readable: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckReport:
    """What `check` found: a `CheckedFile` for each document, in the order of their paths."""

    files: tuple[CheckedFile, ...] = ()
    texts: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def findings(self) -> tuple[Diagnostic, ...]:
        """The findings of all files."""
        return tuple(each for file in self.files for each in file.findings)

    @property
    def errors(self) -> int:
        """How many findings are errors."""
        return sum(each.severity == "error" for each in self.findings)

    @property
    def exit_status(self) -> int:
        """0 without errors, 1 with errors, 3 if nothing could be read."""
        if not any(file.readable for file in self.files):
            return 3
        return 1 if self.errors else 0


@dataclass(frozen=True, slots=True)
class Selection:
    """Which findings are wanted: codes, beginnings of codes (``AZ5``), readable names."""

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    severity: str = "info"

    def wants(self, finding: Diagnostic) -> bool:
        """Whether *finding* is one of them. What cannot be read is always told."""
        if _RANK[finding.severity] > _RANK[self.severity]:
            return False
        if self.select and not _matches(finding, self.select):
            return False
        return not _matches(finding, self.ignore)


def _matches(finding: Diagnostic, patterns: Iterable[str]) -> bool:
    return any(
        finding.code.startswith(each) or finding.name == each for each in patterns
    )


def known_pattern(pattern: str) -> bool:
    """Whether *pattern* is a code, the beginning of one, or a readable name."""
    return pattern in CODES.values() or any(code.startswith(pattern) for code in CODES)


def check(
    *paths: str | os.PathLike[str],
    strict: bool = False,
    sources: bool = True,
    select: Collection[str] = (),
    ignore: Collection[str] = (),
    severity: str = "info",
    source: str | Mapping[str, str] | None = None,
    stdin: BinaryIO | None = None,
) -> CheckReport:
    """
    Find every problem in Arazzo documents, without sending anything.

    Args:
        paths: Files, folders with files, http(s) URLs, or ``-`` for *stdin*. In a folder
            what is no Arazzo document is passed over.
        strict: The specification only: dialect forms are errors.
        sources: Also open the source descriptions and check against them.
        select, ignore: Codes (``AZ304``), beginnings of codes (``AZ3``) or readable names
            (``unknown-step``) of findings that are wanted, or not.
        severity: The least that is wanted: ``error``, ``warning`` or ``info``.
        source: Where source descriptions really are, as for `run`.

    Raises:
        UsageError: a pattern that no code has, or an unknown source description.
    """
    for each in (*select, *ignore):
        if not known_pattern(each):
            raise UsageError(
                f"there is no code or name of a finding like {each!r}",
                hint="`arazzo explain` lists them",
            )
    wanted = Selection(tuple(select), tuple(ignore), severity)
    one = _Check(strict, sources, source, stdin)
    files = []
    for path in documents(paths):
        findings, readable = one.findings(path)
        kept = tuple(each for each in findings if wanted.wants(each))
        files.append(CheckedFile(path=path, findings=kept, readable=readable))
    return CheckReport(files=tuple(files), texts=one.texts)


class _Check:
    """Checks one document after the other; keeps the texts that findings point into."""

    def __init__(
        self,
        strict: bool,
        sources: bool,
        source: str | Mapping[str, str] | None,
        stdin: BinaryIO | None,
    ) -> None:
        self.texts: dict[str, str] = {}
        self._strict = strict
        self._sources = sources
        self._source = source
        self._stdin = stdin
        self._shared: dict[str, Parts] = {}

    def findings(self, path: str) -> tuple[tuple[Diagnostic, ...], bool]:
        """What is wrong with the document at *path*, and whether it could be read."""
        try:
            opened = self._open(path)
        except UsageError:
            raise
        except ArazzoError as error:
            return tuple(dict.fromkeys(error.problems)), _is_document(error)
        found = dict.fromkeys(opened.warnings)
        try:
            checked = check_description(
                opened.unit, strict=self._strict, sources=self._sources
            )
        except Exception as error:  # a defect of ours in one file: the others go on
            message = f"this is a defect of arazzo: {type(error).__name__}: {error}"
            checked = (
                Diagnostic(code="defect", message=message, location=Location(path)),
            )
        found.update(dict.fromkeys(checked))
        ordered = tuple(sorted(found, key=_place))
        for uri in {place.uri for each in ordered for place in _places(each)}:
            text = opened.text(uri)
            if text is not None:
                self.texts[uri] = text
        return ordered, True

    def _open(self, path: str) -> Opened:
        if not self._sources:
            return open_description(path, strict=self._strict, stdin=self._stdin)
        return open_unit(
            path,
            sources=self._source,
            strict=self._strict,
            stdin=self._stdin,
            shared=self._shared,
        )


def _is_document(error: ArazzoError) -> bool:
    """Whether what is wrong is inside of an Arazzo document."""
    return all(each.code not in ("AZ101", "AZ105", "AZ107") for each in error.problems)


def _places(finding: Diagnostic) -> Iterator[Location]:
    yield finding.location
    for place, _ in finding.related:
        yield place


def _place(finding: Diagnostic) -> tuple[str, int, int, str]:
    at = finding.location
    return at.uri, at.line, at.column, finding.code


# --- files ----------------------------------------------------------------------------------


def documents(paths: Sequence[str | os.PathLike[str]]) -> Iterator[str]:
    """The documents that *paths* name; what stands in folders, in the order of its names."""
    seen: set[str] = set()
    for given in paths:
        path = os.fspath(given)
        found = _in_folder(Path(path)) if Path(path).is_dir() else iter((path,))
        for each in found:
            if each not in seen:
                seen.add(each)
                yield each


def _in_folder(folder: Path) -> Iterator[str]:
    for here, folders, names in os.walk(folder):
        folders[:] = sorted(each for each in folders if not each.startswith("."))
        for name in sorted(names):
            if name.lower().endswith(_ENDINGS) and not name.startswith("."):
                path = Path(here, name)
                if _says_arazzo(path):
                    yield str(path)


def _says_arazzo(path: Path) -> bool:
    """Whether the file has a member ``arazzo`` where a document's root would have it."""
    try:
        with path.open("rb") as file:
            start = file.read(_SNIFFED)
    except OSError:
        return False
    if path.suffix.lower() == ".json":
        return _MEMBER.search(start[:4096]) is not None
    return re.search(rb"""^(?:["']?)arazzo["']?\s*:""", start, re.MULTILINE) is not None
