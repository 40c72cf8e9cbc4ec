"""
The long text of each code: what it means, an example, and the same put right.

Those of dialect rules are in `expressions.dialect`, the others in explanations.toml.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

from .errors import CODES, exit_status
from .expressions import dialect

_LINK = re.compile(r"\[([^\]]+)\]\([^)]+\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """
    What a code means.

    Attributes:
        code: ``AZ304``, or the name of a way in which a run can end.
        name: ``unknown-step``.
        text: What is wrong and why it matters, in plain words.
        wrong, right: A piece of a document, and the same put right; "" for none.
        exit_status: Of the command when a run ends so.
    """

    code: str
    name: str
    text: str
    wrong: str = ""
    right: str = ""
    exit_status: int = 0


@lru_cache(maxsize=1)
def texts() -> Mapping[str, Mapping[str, Any]]:
    """The texts as they are written: ``codes``, ``ends``, ``examples``."""
    import tomllib

    file = resources.files(__package__) / "explanations.toml"
    return tomllib.loads(file.read_text("utf-8"))


def explanation(asked: str) -> Explanation | None:
    """What a code, or its readable name in any case, means; None if there is no such."""
    found = texts()
    names = {name: code for code, name in CODES.items()}
    code = asked.upper() if asked.upper() in CODES else names.get(asked.lower(), asked)
    text = found["codes"].get(code) or found["ends"].get(code.lower())
    example = found["examples"].get(code, {})
    if rule := dialect.BY_CODE.get(code):
        text = f"{rule.form} {rule.reading} {rule.reason}"
        example = {"wrong": rule.wrong, "right": rule.right}
    if text is None:
        return None
    return Explanation(
        code=code,
        name=CODES.get(code, code),
        text=_LINK.sub(r"\1", text).replace("`", "'"),
        wrong=example.get("wrong", ""),
        right=example.get("right", ""),
        exit_status=exit_status(code),
    )


def all_codes() -> tuple[str, ...]:
    """Every code that has an explanation, the ways to end last."""
    return (*CODES, *texts()["ends"])
