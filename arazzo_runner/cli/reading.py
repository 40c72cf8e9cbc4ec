"""Reading what the command line names: files and JSON, with errors about inputs."""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path
from typing import NoReturn, cast

from ..errors import ArazzoError, InputError, did_you_mean
from ..loader.parse import parse
from ..messages import JSON


def json_value(text: str) -> JSON:
    """
    Raises:
        ValueError: *text* is not JSON, with why.
    """

    def refuse(word: str) -> NoReturn:
        raise ValueError(f"{word} is not JSON")

    try:
        return cast(JSON, json.loads(text, parse_constant=refuse))
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON at column {error.colno}: {error.msg}") from None
    except RecursionError:
        raise ValueError("nested too deeply") from None


def inline_json(text: str) -> JSON:
    try:
        return json_value(text)
    except ValueError as error:
        raise InputError(
            f"the text after -i begins like JSON and is {error}"
            if str(error).startswith("not")
            else f"the text after -i cannot be read: {error}",
            hint='in a shell, put single quotes around it: -i \'{"name": "value"}\'',
        ) from None


def parsed(data: bytes, uri: str, what: str = "", *, lines: bool = False) -> JSON:
    try:
        return parse(data, uri).value
    except ArazzoError as error:
        hint = error.hint
        if lines and len(data.splitlines()) > 1 and not Path(uri).suffix:
            hint = "a file of JSON lines is named .jsonl or .ndjson"
        raise InputError(
            f"{what}{error.message}", location=error.location, hint=hint
        ) from None


def content(place: Path, what: str, *, peek: bool = False) -> bytes:
    """The bytes of a file; with *peek* only whether it can be read."""
    try:
        with place.open("rb") as stream:
            return b"" if peek else stream.read()
    except FileNotFoundError:
        message, hint = f"there is no file {place}", near(place)
    except IsADirectoryError:
        message, hint = f"{place} is a folder", None
    except PermissionError:
        message, hint = f"there is no permission to read {place}", None
    except (OSError, ValueError) as error:
        message, hint = f"{place} cannot be read: {error}", None
    raise InputError(f"{what}: {message}", hint=hint)


def text_of(data: bytes, place: Path) -> str:
    """A file as the text of one value: without the line end that editors add."""
    try:
        return data.decode("utf-8-sig").removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        raise InputError(f"{place} is not text in UTF-8") from None


def near(place: Path) -> str | None:
    """A hint with the file beside *place* whose name is near, or where we looked."""
    try:
        names = [each.name for each in islice(place.parent.iterdir(), 2000)]
    except OSError:
        return f"there is no folder {place.parent}"
    hint = did_you_mean(place.name, names, "files")
    if hint.startswith("did you mean"):
        return hint
    return None if place.is_absolute() else f"looked in {Path.cwd()}"
