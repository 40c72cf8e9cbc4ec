"""
JSONPath queries and regular expressions, compiled by libraries, where no text can hang us.

Each library is imported by the first pattern that needs it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Protocol, cast

from ..errors import LimitError
from ..messages import Value
from .evaluation import NotEvaluable
from .nodes import ExpressionError

REGEX_SECONDS = 1.0
MAX_PATTERN = 65_536


class _Query(Protocol):
    def find(self, value: Any) -> Sequence[Any]: ...


@lru_cache(maxsize=256)
def compile_jsonpath(query: str) -> _Query:
    """
    An RFC 9535 query.

    Raises:
        ExpressionError: *query* is not one (AZ405).
    """
    import jsonpath_rfc9535

    try:
        return cast(_Query, jsonpath_rfc9535.compile(query))
    except (jsonpath_rfc9535.JSONPathError, RecursionError) as problem:
        said = str(problem).splitlines()[0] if str(problem) else "nested too deeply"
        raise ExpressionError(
            f"{query!r} is not a JSONPath query (RFC 9535): {said}",
            hint="a comparison belongs into a simple condition: "
            "$response.body#/status == 'done'",
            code="AZ405",
        ) from None


def gives_nodes(query: str, value: Value) -> bool:
    """
    Whether *query* selects anything in *value*.

    Raises:
        NotEvaluable: it is no query, or cannot be evaluated on this value.
    """
    import jsonpath_rfc9535

    try:
        return len(compile_jsonpath(query).find(value)) > 0
    except ExpressionError as problem:
        raise NotEvaluable(problem.message) from None
    except (jsonpath_rfc9535.JSONPathError, RecursionError) as problem:
        raise NotEvaluable(f"the query cannot be evaluated: {problem}") from None


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

    try:
        # `$` of ECMA-262 does not match before a final line end.
        return regex.compile(re.sub(r"(?<!\\)\$$", r"\\Z", translated), regex.ASCII)
    except (regex.error, RecursionError) as problem:
        raise ExpressionError(
            f"{pattern!r} is not a regular expression: {problem}", code="AZ404"
        ) from None


def _from_ecma(pattern: str) -> str:
    found = re.fullmatch(r"/(.*)/([ims]*)", pattern, re.DOTALL)
    body, flags = (found[1], found[2]) if found else (pattern, "")
    body = re.sub(r"\(\?<(?![=!])", "(?P<", body).replace(r"\/", "/")
    return f"(?{flags}){body}" if flags else body


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
        raise LimitError(
            f"the pattern {pattern!r} takes longer than {REGEX_SECONDS:g} s on this text"
        ) from None
