"""
Regular expressions, compiled by libraries, where no text can hang us.

Each library is imported by the first pattern that needs it.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from ..errors import LimitError
from .evaluation import NotEvaluable
from .nodes import ExpressionError

REGEX_SECONDS = 1.0
MAX_PATTERN = 65_536
MAX_EXPANSION = 100_000  # atoms of a pattern with its counted repetitions written out


def shown(text: str) -> str:
    return repr(text if len(text) <= 100 else text[:99] + "…")


def i_regexp(pattern: object, subject: object, way: str) -> bool:
    """RFC 9485; a pattern or subject that is none gives false (RFC 9535, 2.4.6)."""
    if not isinstance(pattern, str) or not isinstance(subject, str):
        return False
    import iregexp_check
    import regex

    if len(pattern) > MAX_PATTERN or not iregexp_check.check(pattern):
        return False
    # A dot is any character but a line end; in a class it is a dot.
    written = re.sub(
        r"(\\.|\[(?:\\.|[^\]\\])*\])|\.",
        lambda found: found[1] or r"[^\r\n]",
        pattern,
        flags=re.DOTALL,
    )
    if _expansion(pattern) > MAX_EXPANSION:
        raise LimitError(f"the pattern {shown(pattern)} repeats too much")
    try:
        compiled = regex.compile(written, regex.VERSION1)
        found = getattr(compiled, way)(subject, timeout=REGEX_SECONDS)
    except regex.error:
        return False
    except TimeoutError:
        raise _too_slow(pattern) from None
    return found is not None


def _too_slow(pattern: str) -> LimitError:
    return LimitError(
        f"the pattern {shown(pattern)} takes longer than {REGEX_SECONDS:g} s on this text"
    )


@lru_cache(maxsize=256)
def compile_regex(pattern: str) -> Any:
    """
    A pattern: by google-re2 (linear) where that is installed and understands it, else by
    `regex`, which is run with a time limit (checklist A-13).

    Raises:
        ExpressionError: *pattern* is not a regular expression (AZ404).
    """
    if len(pattern) > MAX_PATTERN:
        raise ExpressionError("the pattern is longer than 64 KB", code="AZ404")
    translated = _from_ecma(pattern)
    try:
        import re2

        options = re2.Options()
        options.log_errors = False
        return re2.compile(translated, options)
    except ImportError:
        pass
    except re2.error:  # look-around and back-references are beyond re2
        pass
    import regex

    if _expansion(translated) > MAX_EXPANSION:
        raise ExpressionError(f"{shown(pattern)} repeats too much", code="AZ404")
    try:
        return regex.compile(_ATOM.sub(_like_ecma, translated))
    except (regex.error, RecursionError) as problem:
        raise ExpressionError(
            f"{shown(pattern)} is not a regular expression: {problem}", code="AZ404"
        ) from None


_ATOM = re.compile(r"\\.|\[(?:\\.|[^\]\\])*\]?|\$", re.DOTALL)
_ECMA = {
    "$": r"\Z",  # not before a final line end
    r"\d": "[0-9]",
    r"\D": "[^0-9]",
    r"\w": "[A-Za-z0-9_]",
    r"\W": "[^A-Za-z0-9_]",
}


def _like_ecma(atom: re.Match[str]) -> str:
    """*atom* for `regex`, whose ``$``, ``\\d`` and ``\\w`` match more than ECMA-262's."""
    found = atom[0]
    if not found.startswith("["):
        return _ECMA.get(found, found)
    return re.sub(
        r"\\(.)",
        lambda each: {"d": "0-9", "w": "A-Za-z0-9_"}.get(each[1], each[0]),
        found,
        flags=re.DOTALL,
    )


_PIECE = re.compile(
    r"\{(?P<low>\d+)(?P<comma>,(?P<high>\d*))?\}|\\.|\[(?:\\.|[^\]\\])*\]?|.",
    re.DOTALL | re.ASCII,
)


def _expansion(pattern: str) -> int:
    """How many atoms *pattern* has once its counts are multiplied out: `regex` does that
    when it compiles, and ``((a{1000}){1000}){1000}`` would take all memory."""
    sizes, last = [0], 0  # of the open groups; of the piece before
    for piece in _PIECE.finditer(pattern):
        if piece["low"]:
            count = int((piece["high"] or piece["low"])[:7])
            sizes[-1] += last * max(count - 1, 0)
            last *= max(count, 1)
        elif piece[0] == "(":
            sizes.append(0)
        elif piece[0] == ")" and len(sizes) > 1:
            last = sizes.pop()
            sizes[-1] += last
        else:
            last = 1
            sizes[-1] += 1
    return sum(sizes)


def _from_ecma(pattern: str) -> str:
    return re.sub(r"\(\?<(?![=!])", "(?P<", pattern).replace(r"\/", "/")


def matches(pattern: str, subject: str) -> bool:
    """
    Whether *pattern* matches somewhere in *subject*.

    Raises:
        NotEvaluable: it is no regular expression.
        LimitError: it takes too long; never answered as false.
    """
    try:
        compiled = compile_regex(pattern)
    except ExpressionError as problem:
        raise NotEvaluable(problem.message) from None
    if type(compiled).__module__.startswith("re2"):
        return compiled.search(subject) is not None
    try:
        return compiled.search(subject, timeout=REGEX_SECONDS) is not None
    except TimeoutError:
        raise _too_slow(pattern) from None
