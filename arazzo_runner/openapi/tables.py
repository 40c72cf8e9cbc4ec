"""Lists as CSV and tab-separated values (RFC 4180)."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Final

from ..messages import Value
from .media_types import essence
from .values import RequestError, is_list, json_text, text_of

#: The media types, and what stands between two cells of a line.
DELIMITERS: Final = {
    "text/csv": ",",
    "application/csv": ",",
    "text/tab-separated-values": "\t",
}


def encode_table(value: Value, content_type: str) -> str:
    """
    *value*, plain: a list of objects, whose members are columns named in a first line, or
    of lists, which are lines. Null is an empty cell, an object or array its JSON text.

    Raises:
        RequestError: it is something else.
    """
    rows = value if is_list(value) else [value]
    written = io.StringIO(newline="")
    delimiter = DELIMITERS[essence(content_type)]
    writer = csv.writer(written, delimiter=delimiter, lineterminator="\r\n")
    if rows and all(isinstance(each, Mapping) for each in rows):
        names = list(dict.fromkeys(name for row in rows for name in _keys(row)))
        writer.writerow(names)
        for row in rows:
            cells = row if isinstance(row, Mapping) else {}
            writer.writerow([_cell(cells.get(name)) for name in names])
    elif all(is_list(each) for each in rows):
        for row in rows:
            writer.writerow([_cell(each) for each in _items(row)])
    else:
        raise RequestError(
            f"a {essence(content_type)} body is a list of objects, or of lists",
            hint="or write the payload as text",
        )
    return written.getvalue()


def _keys(row: Value) -> Sequence[str]:
    return tuple(row) if isinstance(row, Mapping) else ()


def _items(row: Value) -> Sequence[Value]:
    return row if is_list(row) else ()


def _cell(value: Value) -> str:
    if value is None:
        return ""
    structured = isinstance(value, Mapping) or is_list(value)
    return json_text(value) if structured else text_of(value)
