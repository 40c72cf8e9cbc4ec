"""
Criteria: whether a condition holds, by its type.

https://spec.openapis.org/arazzo/v1.1.0.html#criterion-object
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TypeAlias, Union

from ..messages import (
    ABSENT,
    Absent,
    Value,
)
from ..model import Criterion, ExpressionType
from . import nodes
from .coercion import NotComparable, text
from .conditions import MAX_LENGTH, lenient, parse_bare_jsonpath, parse_condition
from .contexts import json_context, plain, present, put_in, sample, xml_context
from .embedding import Unresolved
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
from .old_jsonpath import OLD_JSONPATH, compile_old, select_old
from .parser import Names, Notes, parse
from .patterns import compile_regex, matches, shown
from .scope import Scope, evaluate
from .splitting import joined, query_text, split_text
from .xpath import XPATH, compile_xpath, xpath_holds


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


@dataclass(frozen=True, slots=True)
class XPath:
    """``type: xpath``; it holds when the effective boolean value is true."""

    context: Expression
    expression: str | Embedded
    version: str


@dataclass(frozen=True, slots=True)
class OldJsonPath:
    """``type: jsonpath``, version ``draft-goessner-dispatch-jsonpath-00``."""

    context: Expression
    query: str | Embedded


Test: TypeAlias = Union[Simple, Regex, JsonPath, BareJsonPath, XPath, OldJsonPath]


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
    written, version = criterion.type, ""
    if isinstance(written, ExpressionType):
        kind: str | None = written.type
        version = written.version
    else:
        kind = written
    if kind is None or kind == "simple":
        return Simple(parse_condition(criterion.condition, names, notes, strict=strict))
    if kind not in ("jsonpath", "regex", "xpath"):
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
        text_ = criterion.condition
        if not strict:
            text_ = _without_slashes(text_, notes)
        pattern = joined(split_text(text_, names, notes, strict=strict, bare=False))
        if isinstance(pattern, str):
            compile_regex(pattern)
        return Regex(context, pattern)
    if kind == "xpath":
        expression = joined(
            split_text(criterion.condition, names, notes, strict=strict, bare=False)
        )
        compile_xpath(
            expression
            if isinstance(expression, str)
            else sample(expression, escapes=False),
            version or XPATH,
        )
        return XPath(context, expression, version or XPATH)
    about = criterion.context.strip()
    if version == OLD_JSONPATH:
        return _old_jsonpath(criterion.condition.strip(), context, names, notes, strict)
    return _jsonpath(criterion.condition.strip(), context, about, names, notes, strict)


def _without_slashes(pattern: str, notes: Notes) -> str:
    """``/pattern/flags`` as JavaScript reads it; by the specification slashes are literal."""
    found = re.fullmatch(r"/(.*)/([ims]*)", pattern, re.DOTALL)
    if found is None:
        return pattern
    bare = f"(?{found[2]}){found[1]}" if found[2] else found[1]
    message = f"{shown(pattern)} is read as the pattern between the slashes"
    notes.add("AZ522", message, f"write {bare}")
    return bare


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
    query = query_text(written, names, notes, strict)
    try:
        compile_jsonpath(query if isinstance(query, str) else sample(query))
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


def _old_jsonpath(
    written: str, context: Expression, names: Names, notes: Notes, strict: bool
) -> Test:
    """The older draft: a query, or a comparison as its implementations had it (A-19)."""
    try:
        condition = parse_bare_jsonpath(written, names, notes)
    except ExpressionError:
        condition = None
    if condition is not None and not isinstance(condition, Query):
        return BareJsonPath(context, condition)
    query = query_text(written, names, notes, strict)
    compile_old(query if isinstance(query, str) else sample(query))
    return OldJsonPath(context, query)


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
                root = json_context(context, scope)
                return condition_holds(condition, scope, root, root)
            case JsonPath(context, query, wrap):
                root = plain(json_context(context, scope), scope)
                written = put_in(query, scope, quote=True)
                return gives_nodes(written, root) or (
                    wrap and isinstance(root, dict) and gives_nodes(written, [root])
                )
            case Regex(context, pattern):
                value = present(context, scope)
                return matches(put_in(pattern, scope), text(value, scope.bodies))
            case XPath(context, expression, version):
                document = xml_context(context, scope)
                asked = put_in(expression, scope, quote=True, xpath=True)
                return xpath_holds(asked, document, version)
            case OldJsonPath(context, query):
                root = plain(json_context(context, scope), scope)
                return bool(select_old(put_in(query, scope, quote=True), root))
    except (NotComparable, Unresolved) as problem:
        raise NotEvaluable(str(problem)) from None


_CONTEXT = "the context"


def operands_in(test: Test) -> tuple[Operand, ...]:
    """Every expression in the condition of *test*."""
    found: tuple[Operand | Query, ...] = ()
    match test:
        case Simple(condition) | BareJsonPath(_, condition):
            found = nodes.operands(condition)
        case (
            Regex(_, Embedded() as text_)
            | JsonPath(_, Embedded() as text_)
            | XPath(_, Embedded() as text_)
            | OldJsonPath(_, Embedded() as text_)
        ):
            found = nodes.operands(text_)
    return tuple(each for each in found if isinstance(each, Operand))


def query_context(test: Test) -> Operand | None:
    """What a query of *test* looks into, or None if it has none."""
    match test:
        case BareJsonPath(context) | JsonPath(context) | OldJsonPath(context):
            return Operand(_CONTEXT, context)
    return None


def operands_of(test: Test) -> tuple[Operand, ...]:
    """Every expression of *test*, its context included."""
    if isinstance(test, Simple):
        return operands_in(test)
    return (Operand(_CONTEXT, test.context), *operands_in(test))


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
                root = json_context(context, scope)
            except NotEvaluable:
                return {}
        case Regex(context) | JsonPath(context) | XPath(context) | OldJsonPath(context):
            return {_CONTEXT: evaluate(context, scope)}
    return {
        each.text: (
            evaluate(each.expression, scope)
            if isinstance(each, Operand)
            else first_value(each, root, scope)
        )
        for each in nodes.operands(condition)
    }
