"""
Criteria: whether a condition holds, by its type.

https://spec.openapis.org/arazzo/v1.1.0.html#criterion-object
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias, Union, cast

from ..messages import (
    ABSENT,
    Absent,
    File,
    Records,
    Secret,
    Template,
    Value,
    record_values,
)
from ..model import Criterion, ExpressionType
from . import nodes
from .coercion import NotComparable, text
from .conditions import MAX_LENGTH, lenient, parse_bare_jsonpath, parse_condition
from .evaluation import NotEvaluable, condition_holds, first_value
from .jsonpath import compile_jsonpath, gives_nodes
from .nodes import (
    Child,
    Condition,
    Embedded,
    Expression,
    ExpressionError,
    Operand,
    Query,
)
from .parser import Names, Notes, parse
from .patterns import compile_regex, matches
from .scope import Scope, evaluate
from .splitting import split_text
from .templates import Unresolved

_TEXT = re.compile(r"""('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")""", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Simple:
    """``type: simple``"""

    condition: Condition


@dataclass(frozen=True, slots=True)
class Regex:
    """``type: regex``: the pattern, with expressions in braces put in as they are."""

    context: Expression
    pattern: str | Embedded


@dataclass(frozen=True, slots=True)
class JsonPath:
    """
    ``type: jsonpath``: an RFC 9535 query; it holds when it gives at least one node.

    `wrap`: a filter at the root that may also test the context itself (checklist A-15).
    """

    context: Expression
    query: str | Embedded
    wrap: bool = False


@dataclass(frozen=True, slots=True)
class BareJsonPath:
    """``type: jsonpath`` whose text is a comparison (checklist A-14)."""

    context: Expression
    condition: Condition


Test: TypeAlias = Union[Simple, Regex, JsonPath, BareJsonPath]


# --- text to test -------------------------------------------------------------------


def compile_criterion(
    criterion: Criterion, names: Names, notes: Notes, *, strict: bool = False
) -> Test:
    """
    What *criterion* tests, parsed.

    Raises:
        ExpressionError: its condition or context is not what its type demands; with
            *strict* also for dialect forms.
    """
    kind = criterion.type
    if isinstance(kind, ExpressionType):
        if (kind.type, kind.version) != ("jsonpath", "rfc9535"):
            raise ExpressionError(
                f"criteria of type {kind.type}, version {kind.version}, are not "
                "supported yet",
                code="AZ390",
            )
        kind = kind.type
    if kind is None or kind == "simple":
        return Simple(parse_condition(criterion.condition, names, notes, strict=strict))
    if kind == "xpath":
        raise ExpressionError(
            "criteria of type xpath are not supported yet", code="AZ390"
        )
    if kind not in ("jsonpath", "regex"):
        raise ExpressionError(
            f"{kind!r} is not a type of criteria",
            hint="the types are simple, regex, jsonpath and xpath",
            code="AZ402",
        )
    if criterion.context is None:
        raise ExpressionError(
            f"a criterion of type {kind} needs a context",
            hint="context: $response.body",
            code="AZ406",
        )
    context = parse(criterion.context.strip(), names, notes)
    if kind == "regex":
        pattern = _joined(
            split_text(criterion.condition, names, notes, strict=strict, bare=False)
        )
        if isinstance(pattern, str):
            compile_regex(pattern)
        return Regex(context, pattern)
    about = criterion.context.strip()
    return _jsonpath(criterion.condition.strip(), context, about, names, notes, strict)


def _jsonpath(
    written: str,
    context: Expression,
    about: str,
    names: Names,
    notes: Notes,
    strict: bool,
) -> Test:
    # A comparison is never an RFC 9535 query and a lone path always is one, so our own
    # grammar can come first; the library is loaded for true queries only.
    if len(written) > MAX_LENGTH:
        raise ExpressionError(
            f"the query has {len(written):,} characters; {MAX_LENGTH:,} is the limit",
            code="AZ405",
        )
    own: ExpressionError | None = None
    bare_notes = Notes()
    condition: Condition | None = None
    try:
        condition = parse_bare_jsonpath(written, names, bare_notes)
    except ExpressionError as problem:
        own = problem
    if condition is not None and not isinstance(condition, Query):
        lenient(
            notes,
            strict,
            "AZ501",
            "a comparison is no JSONPath query (RFC 9535); it is evaluated as what it says",
            _simple_form(condition, about),
        )
        notes.found += bare_notes.found
        return BareJsonPath(context, condition)
    query = _query_text(written, names, notes, strict)
    try:
        compile_jsonpath(query if isinstance(query, str) else _sample(query))
    except ExpressionError as problem:
        if own is not None and re.search(r"[=<>&|]", re.sub(r"\[.*\]", "", written)):
            raise own from None  # it was meant as a comparison
        raise problem from None
    wrap = written.startswith("$[?") and not strict
    if wrap:
        notes.add(
            "AZ510",
            "a filter at the root tests the members of an object; the object itself "
            "is tested too",
        )
    return JsonPath(context, query, wrap)


def _simple_form(condition: Condition, about: str) -> str | None:
    """The same as a simple condition on the context *about*, where that is easily said."""
    match condition:
        case nodes.Compare(sign, Query() as left, nodes.Literal(value)):
            keys = [str(each.key) for each in left.segments if isinstance(each, Child)]
        case _:
            return None
    plain = all(re.fullmatch(r"[^\s=!<>&|(){}\[\]'\"]+", key) for key in keys)
    if not left.singular or left.length or not keys or not plain:
        return None
    if about == "$response.body":
        escaped = (key.replace("~", "~0").replace("/", "~1") for key in keys)
        operand = f"{about}#/" + "/".join(escaped)
    elif about == "$inputs" and len(keys) == 1:
        operand = f"{about}.{keys[0]}"
    else:
        return None
    if isinstance(value, str):
        literal = "'" + value.replace("'", "''") + "'"
    else:
        literal = json.dumps(value)
    return f"as a simple condition: {operand} {sign} {literal}"


def _joined(parts: Sequence[str | Operand]) -> str | Embedded:
    if any(isinstance(part, Operand) for part in parts):
        return Embedded(tuple(parts))
    return "".join(str(part) for part in parts)


def _query_text(
    written: str, names: Names, notes: Notes, strict: bool
) -> str | Embedded:
    """*written* with its ``{$…}`` parsed, and inside texts bare expressions too (A-16)."""
    parts: list[str | Operand] = []
    for index, piece in enumerate(_TEXT.split(written)):
        bare = index % 2 == 1
        parts += split_text(piece, names, notes, strict=strict, bare=bare, code="AZ512")
    return _joined(parts)


def _sample(query: Embedded) -> str:
    """*query* with harmless text for its expressions, to check the rest of it."""
    written = ""
    for part in query.parts:
        if isinstance(part, str):
            written += part
        else:
            written += "x" if _open_quote(written) else "1"
    return written


# --- evaluation -------------------------------------------------------------------------


def holds(test: Test, scope: Scope) -> bool:
    """
    Whether *test* holds in *scope*.

    Raises:
        NotEvaluable: the data does not fit (text where JSON is needed): counts as fail.
        LimitError: a budget ran out; never answered as false.
    """
    try:
        match test:
            case Simple(condition):
                return condition_holds(condition, scope, ABSENT, ABSENT)
            case BareJsonPath(context, condition):
                root = _json_context(context, scope)
                return condition_holds(condition, scope, root, root)
            case JsonPath(context, query, wrap):
                root = _plain(_json_context(context, scope), scope)
                written = _put_in(query, scope, quote=True)
                return gives_nodes(written, root) or (
                    wrap and isinstance(root, dict) and gives_nodes(written, [root])
                )
            case Regex(context, pattern):
                value = evaluate(context, scope)
                if isinstance(value, Absent) or value is None:
                    raise NotEvaluable("the context has no value")
                return matches(_put_in(pattern, scope), text(value, scope.bodies))
    except (NotComparable, Unresolved) as problem:
        raise NotEvaluable(str(problem)) from None


_CONTEXT = "the context"


def operands_of(test: Test) -> tuple[Operand, ...]:
    """Every expression of *test*, its context included."""
    found: tuple[Operand | Query, ...] = ()
    match test:
        case Simple(condition):
            found = nodes.operands(condition)
        case BareJsonPath(context, condition):
            found = (Operand(_CONTEXT, context), *nodes.operands(condition))
        case Regex(context, text_) | JsonPath(context, text_):
            inner = nodes.operands(text_) if isinstance(text_, Embedded) else ()
            found = (Operand(_CONTEXT, context), *inner)
    return tuple(each for each in found if isinstance(each, Operand))


def reads_response(test: Test) -> bool:
    """Whether *test* looks at the response: without one it cannot hold."""
    return any(
        isinstance(each.expression, nodes.StatusCode)
        or (
            isinstance(each.expression, nodes.Body | nodes.MessageParameter)
            and each.expression.message == "response"
        )
        for each in operands_of(test)
    )


def operand_values(test: Test, scope: Scope) -> dict[str, Value | Absent]:
    """What the operands of *test* are in *scope*, by their text: for messages."""
    condition: Condition
    root: Value | Absent = ABSENT
    match test:
        case Simple(condition):
            pass
        case BareJsonPath(context, condition):
            try:
                root = _json_context(context, scope)
            except NotEvaluable:
                return {}
        case Regex(context) | JsonPath(context):
            return {_CONTEXT: evaluate(context, scope)}
    return {
        each.text: (
            evaluate(each.expression, scope)
            if isinstance(each, Operand)
            else first_value(each, root, scope)
        )
        for each in nodes.operands(condition)
    }


def _json_context(context: Expression, scope: Scope) -> Value:
    """The context as structured data (checklist A-18)."""
    value = evaluate(context, scope)
    if isinstance(value, Absent) or value is None:
        raise NotEvaluable("the context has no value")
    if isinstance(value, Secret | Template):
        raise NotEvaluable("the context is a secret")
    if isinstance(value, File):
        data = scope.bodies.data(value)
        if isinstance(data, Absent):
            kind = value.media_type or "a file"
            raise NotEvaluable(f"the context is {kind}, not JSON")
        return cast(Value, data)
    if isinstance(value, str):
        try:
            return cast(Value, json.loads(value, parse_constant=_refuse))
        except (ValueError, RecursionError):
            html = re.match(r"\s*<(?:!doctype html|html)", value, re.IGNORECASE)
            kind = "HTML" if html else "text"
            raise NotEvaluable(f"the context is {kind}, not JSON") from None
    return value


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def _plain(value: Value, scope: Scope) -> Value:
    """Libraries know lists, not `Records`."""
    if isinstance(value, Records):
        return cast(Value, list(record_values(value, scope.bodies)))
    return value


def _put_in(part: str | Embedded, scope: Scope, *, quote: bool = False) -> str:
    """*part* with the values of its expressions; with *quote* escaped inside literals and
    as JSON outside of them (checklist A-17), so that data cannot change a query."""
    if isinstance(part, str):
        return part
    written = ""
    for each in part.parts:
        if isinstance(each, str):
            written += each
            continue
        value = evaluate(each.expression, scope)
        if isinstance(value, Absent | Secret | Template):
            raise NotEvaluable(f"{each.text} has no value that can be put in")
        shown = text(value, scope.bodies)
        mark = _open_quote(written) if quote else ""
        if mark:
            shown = json.dumps(shown)[1:-1]
            if mark == "'":
                shown = shown.replace('\\"', '"').replace("'", "\\'")
        elif quote and isinstance(value, str):
            shown = json.dumps(value)
        written += shown
    return written


def _open_quote(before: str) -> str:
    """The quote of the literal that is open at the end of *before*, or ``""``."""
    mark, escaped = "", False
    for char in before:
        if escaped:
            escaped = False
        elif char == "\\":
            escaped = True
        elif mark:
            mark = "" if char == mark else mark
        elif char in "'\"":
            mark = char
    return mark
