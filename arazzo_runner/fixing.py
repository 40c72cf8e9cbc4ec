"""
Rewrites dialect forms into the specification's, in the text of a document.

Only the texts (scalars) at the places of findings change: comments, layout and quoting
stay. A change is made only if the document then reads as before, that one text apart.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from .checking import check, documents
from .errors import ArazzoError, Diagnostic, Fix, Location
from .loader.parse import parse
from .messages import JSON

#: How often a file is looked at again: one text may hold several forms.
_ROUNDS: Final = 10
_PART = re.compile(r"[A-Za-z0-9_$-]")
_BOM: Final = "\ufeff"


def fix_files(paths: Sequence[str], **options: Any) -> Iterator[str]:
    """
    Rewrite the files that *paths* name, as far as `check` with *options* finds what can be
    rewritten; a line for each file that changed.

    Raises:
        UsageError: as `check`.
    """
    for path in documents(paths):
        if not Path(path).is_file():
            continue  # standard input, the web
        fixed = fix_file(path, **options)
        if fixed:
            codes = ", ".join(sorted({each.code for each in fixed}))
            yield f"{path}: {len(fixed)} rewritten ({codes})"


def fix_file(path: str, **options: Any) -> list[Diagnostic]:
    """Rewrite one file; the findings that are done with."""
    options = {**options, "severity": "info", "strict": False}
    done: list[Diagnostic] = []
    for _ in range(_ROUNDS):
        report = check(path, **options)
        wanted = [
            each
            for each in report.findings
            if each.fix is not None and each.location.uri == path
        ]
        data = Path(path).read_bytes()
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            break
        changed, applied = fix_text(text, wanted, path)
        if not applied:
            break
        _write(Path(path), changed.encode())
        done += applied
    return done


def fix_text(
    text: str, findings: Sequence[Diagnostic], uri: str = ""
) -> tuple[str, list[Diagnostic]]:
    """*text* with what *findings* say rewritten, and those that could be."""
    mark, body = (_BOM, text[1:]) if text.startswith(_BOM) else ("", text)
    applied: list[Diagnostic] = []
    # From the end: the places before stay as they are. One change for a text at a time.
    touched: set[tuple[int, int]] = set()
    for finding in sorted(findings, key=_place, reverse=True):
        place = _place(finding)
        if place in touched or finding.fix is None:
            continue
        changed = _rewritten(body, finding.location, finding.fix, uri)
        if changed is not None:
            body = changed
            touched.add(place)
            applied.append(finding)
    return mark + body, applied[::-1]


def _place(finding: Diagnostic) -> tuple[int, int]:
    return finding.location.line, finding.location.column


def _rewritten(text: str, at: Location, fix: Fix, uri: str) -> str | None:
    """*text* with *fix* applied to what is written at *at*; None where that fails."""
    parsed = parse(text, uri)
    for path, value, start, length in parsed.scalars():
        place = parsed.locate(path)
        if (place.line, place.column) != (at.line, at.column):
            continue
        new = _replaced(value, fix)
        if new is None or new == value:
            return None
        wanted = _with(parsed.value, path, new)
        written = text[start : start + length]
        for candidate in _ways(written, value, new, fix):
            changed = text[:start] + candidate + text[start + length :]
            with contextlib.suppress(ArazzoError):
                if parse(changed, uri).value == wanted:
                    return changed
        return None
    return None


def _replaced(value: str, fix: Fix) -> str | None:
    """*value* with the first `old` that stands alone and is not written so already."""
    start = -1
    while (start := value.find(fix.old, start + 1)) >= 0:
        end = start + len(fix.old)
        before = value[start - 1 : start] if start else ""
        after = value[end : end + 1]
        braced = fix.new == f"{{{fix.old}}}"
        if braced and (before == "{" or _PART.match(after)):
            continue
        if fix.old[-1:].isalnum() and _PART.match(after):
            continue
        return value[:start] + fix.new + value[end:]
    return None


def _ways(written: str, value: str, new: str, fix: Fix) -> Iterator[str]:
    """How the new text may be written: as the old one was first."""
    if written.count(fix.old) == value.count(fix.old):
        # The same occurrence in what is written, which may hold escapes around it.
        index = value[: _first_change(value, new)].count(fix.old)
        parts = written.split(fix.old)
        yield (
            fix.old.join(parts[: index + 1])
            + fix.new
            + fix.old.join(parts[index + 1 :])
        )
    as_json = json.dumps(new, ensure_ascii=False)
    if written[:1] == '"':
        yield as_json
        return
    if "\n" not in new:
        yield new
        yield "'" + new.replace("'", "''") + "'"
    yield as_json


def _first_change(value: str, new: str) -> int:
    for index, (one, other) in enumerate(zip(value, new, strict=False)):
        if one != other:
            return index
    return min(len(value), len(new))


def _with(value: JSON, path: Sequence[str | int], new: str) -> JSON:
    """*value* with *new* at *path*."""
    if not path:
        return new
    head, rest = path[0], path[1:]
    if isinstance(value, dict):
        return {**value, str(head): _with(value[str(head)], rest, new)}
    if isinstance(value, list) and isinstance(head, int):
        return [*value[:head], _with(value[head], rest, new), *value[head + 1 :]]
    return value


def _write(path: Path, data: bytes) -> None:
    """Put *data* into place whole; the file's mode stays, and so does a link to it."""
    real = Path(os.path.realpath(path))
    handle, name = tempfile.mkstemp(dir=real.parent, prefix=f".{real.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        shutil.copymode(real, name)
        Path(name).replace(real)
    except BaseException:  # Ctrl-C, too, must leave no half file beside the document
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise
