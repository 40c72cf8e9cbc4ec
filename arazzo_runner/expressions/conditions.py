"""
Conditions: text to tree, by hand, no `eval`.

Two grammars share everything but their operands: simple conditions (checklist A-01 to
A-09), and the bare comparisons that published files call JSONPath (A-14).
https://spec.openapis.org/arazzo/v1.1.0.html#criterion-object
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Literal as OneOf
from typing import cast

from ..errors import Fix
from . import nodes
from .nodes import Child, Condition, ExpressionError, Filter, Query, Segment
from .parser import NO_NAMES, Names, Notes, parse, starts_expression
from .splitting import split_text

MAX_LENGTH = 10_000
MAX_DEPTH = 50
MAX_DIGITS = 1_000

_SPACE = re.compile(r"\s*")
_OPERATOR = re.compile(r"==|!=|<=|>=|<|>")
_ALIEN = re.compile(r"===|!==|=~|=(?!=)|&(?!&)|\|(?!\|)|(?:and|or|not|in|contains)\b")
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])", re.ASCII)
_WORD = re.compile(r"(true|false|null)(?![\w.])")
_LENGTH = re.compile(r"(?:length|count|size)\s*\(\s*(?=[$@])")
# The classes are written by what is excluded: they compile in a tenth of the time.
_NAME = re.compile(r"\.([^\x00-@\[-^`{-\x7f][^\x00-,./:-@\[-^`{-\x7f]*)")
_DESCENT = re.compile(r"\.\.(?:([A-Za-z_][\w-]*)|\*)")
_INDEX = re.compile(r"\[\s*(-?\d{1,15})\s*\]", re.ASCII)
_QUOTED = re.compile(
    r"""\[\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")\s*\]""", re.DOTALL
)
_OPERATORS = "the operators are == != < <= > >= ! && || and ( )"


def parse_condition(
    text: str,
    names: Names = NO_NAMES,
    notes: Notes | None = None,
    *,
    strict: bool = False,
) -> Condition:
    """
    Parse a simple condition.

        >>> parse_condition("$statusCode == 200 || $statusCode == 201")
        ... # doctest: +ELLIPSIS
        Or(operands=(Compare(operator='==', left=Operand(...

    Raises:
        ExpressionError: with the code AZ402, or that of a leniency *strict* refuses.
    """
    notes = notes if notes is not None else Notes()
    inner = text.strip()
    if (
        inner.startswith("{")
        and inner.endswith("}")
        and inner.count("{") == inner.count("}") == 1
    ):
        lenient(
            notes,
            strict,
            "AZ504",
            "a simple condition in braces; read without them",
            f"write {inner[1:-1].strip()}",
            Fix(inner, inner[1:-1].strip()),
        )
        text = inner[1:-1]
    return _Parser(text, names, notes, strict, query=False).whole()


def parse_bare_jsonpath(
    text: str,
    names: Names = NO_NAMES,
    notes: Notes | None = None,
    *,
    strict: bool = False,
) -> Condition:
    """
    Parse a comparison of JSONPath queries, ``$.status == "a" || $.items.length > 0``.

    Raises:
        ExpressionError: with the code AZ402.
    """
    notes = notes if notes is not None else Notes()
    return _Parser(text, names, notes, strict, query=True).whole()


def lenient(
    notes: Notes,
    strict: bool,
    code: str,
    message: str,
    hint: str | None,
    fix: Fix | None = None,
) -> None:
    """Note a leniency; with *strict* refuse it. *message* says the form, then how it is read."""
    if strict:
        raise ExpressionError(message.split(";")[0], hint=hint, code=code)
    notes.add(code, message, hint, fix)


_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|(.))", re.DOTALL)
_CONTROLS = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


def unescape(content: str) -> str:
    """*content* of a text or name in a JSONPath query, its escapes read (RFC 9535)."""

    def char(found: re.Match[str]) -> str:
        if found[1]:
            return chr(int(found[1], 16))
        return _CONTROLS.get(found[2], found[2])

    text = _ESCAPE.sub(char, content)
    if "\\u" not in content:
        return text
    # Two escapes may be the halves of one character.
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


class _Parser:
    """A position in a text; one method a production."""

    def __init__(
        self, text: str, names: Names, notes: Notes, strict: bool, *, query: bool
    ) -> None:
        if len(text) > MAX_LENGTH:
            raise ExpressionError(
                f"the condition has {len(text):,} characters; {MAX_LENGTH:,} is the limit",
                code="AZ402",
            )
        self.text = text
        # `.` and `[]` are operators of simple conditions, so nothing to note.
        self.names = names if query else replace(names, navigation=True)
        self.notes = notes
        self.strict = strict
        self.query = query
        self.at = 0
        self.depth = 0

    def whole(self) -> Condition:
        condition = self.disjunction()
        if self.rest():
            raise self.unexpected()
        return condition

    def rest(self) -> bool:
        found = _SPACE.match(self.text, self.at)
        self.at = found.end() if found else self.at
        return self.at < len(self.text)

    def take(self, word: str) -> bool:
        if self.rest() and self.text.startswith(word, self.at):
            self.at += len(word)
            return True
        return False

    def unexpected(self, expected: str = "") -> ExpressionError:
        self.rest()
        if self.at >= len(self.text):
            return ExpressionError(
                f"the condition ends where {expected or 'more'} is expected",
                code="AZ402",
            )
        alien = _ALIEN.match(self.text, self.at)
        word = alien[0] if alien else self.text[self.at :].split()[0][:40]
        hint = f"expected {expected}" if expected else None
        if alien:
            hint = _OPERATORS
        elif re.match(r"[A-Za-z]", word):
            hint = f"text stands in single quotes: '{word}'"
        return ExpressionError(
            f"{word!r} is not expected at character {self.at + 1} of the condition",
            hint=hint,
            code="AZ402",
        )

    def disjunction(self) -> Condition:
        operands = [self.conjunction()]
        while self.take("||"):
            operands.append(self.conjunction())
        return operands[0] if len(operands) == 1 else nodes.Or(tuple(operands))

    def conjunction(self) -> Condition:
        operands = [self.unary()]
        while self.take("&&"):
            operands.append(self.unary())
        return operands[0] if len(operands) == 1 else nodes.And(tuple(operands))

    def unary(self) -> Condition:
        if self.rest() and self.text[self.at] == "!" and not self.sees("!="):
            self.at += 1
            with_not = nodes.Not(self.nested(self.unary_operand))
            if self.rest() and _OPERATOR.match(self.text, self.at):
                raise ExpressionError(
                    "'!' before a comparison needs parentheses",
                    hint="write !( … )",
                    code="AZ402",
                )
            return with_not
        left = self.operand()
        found = _OPERATOR.match(self.text, self.at) if self.rest() else None
        if found is None or self.text.startswith("===", self.at):
            return left
        self.at = found.end()
        if self.text.startswith("=", self.at):
            self.at = found.start()
            raise self.unexpected()
        right = self.operand()
        if self.rest() and _OPERATOR.match(self.text, self.at):
            raise ExpressionError(
                "comparisons cannot be chained",
                hint="join two comparisons with &&",
                code="AZ402",
            )
        sign = cast(OneOf["==", "!=", "<", "<=", ">", ">="], found[0])
        return nodes.Compare(sign, left, right)

    def unary_operand(self) -> Condition:
        if self.rest() and self.text[self.at] == "!":
            self.at += 1
            return nodes.Not(self.nested(self.unary_operand))
        return self.operand()

    def nested(self, production: object) -> Condition:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise ExpressionError(
                f"the condition nests deeper than {MAX_DEPTH} levels", code="AZ402"
            )
        condition = cast(Condition, production())  # type: ignore[operator]
        self.depth -= 1
        return condition

    def sees(self, word: str) -> bool:
        return self.text.startswith(word, self.at)

    def operand(self) -> Condition:
        if not self.rest():
            raise self.unexpected("a value")
        char = self.text[self.at]
        if char == "(":
            self.at += 1
            group = self.nested(self.disjunction)
            if not self.take(")"):
                raise self.unexpected("')'")
            return group
        if char in "'\"":
            return self.string(char)
        if found := _WORD.match(self.text, self.at):
            self.at = found.end()
            return nodes.Literal({"true": True, "false": False, "null": None}[found[1]])
        if found := _NUMBER.match(self.text, self.at):
            self.at = found.end()
            written = found[0]
            if len(written) > MAX_DIGITS:
                raise ExpressionError(
                    f"a number has more than {MAX_DIGITS:,} digits", code="AZ402"
                )
            whole = written.lstrip("-").isdigit()
            return nodes.Literal(int(written) if whole else float(written))
        if self.sees("{$"):
            return self.braced()
        if self.query and (operand := self.jsonpath()) is not None:
            return operand
        if char == "$" and starts_expression(self.text[self.at :]):
            return self.expression()
        raise self.unexpected("a value")

    def string(self, quote: str) -> Condition:
        """``'it''s'``; double quotes and backslashes are lenient (A-04), in JSONPath usual."""
        pattern = (
            r"'((?:[^']|'')*)'"
            if quote == "'" and not self.query
            else rf"{quote}((?:[^{quote}\\]|\\.)*){quote}"
        )
        found = re.compile(pattern, re.DOTALL).match(self.text, self.at)
        if found is None:
            raise ExpressionError(
                f"the text that begins at character {self.at + 1} has no closing {quote}",
                code="AZ402",
            )
        self.at = found.end()
        if quote == "'" and not self.query:
            return nodes.Literal(found[1].replace("''", "'"))
        if not self.query:
            content = re.sub(r"\\(.)", r"\1", found[1], flags=re.DOTALL)
            quoted = content.replace("'", "''")
            lenient(
                self.notes,
                self.strict,
                "AZ503",
                "text in double quotes; the specification has single quotes",
                f"write '{quoted}'",
                Fix(found[0], f"'{quoted}'"),
            )
            return nodes.Literal(content)
        content = unescape(found[1])
        parts = split_text(
            content, self.names, self.notes, strict=self.strict, code="AZ512"
        )
        if all(isinstance(part, str) for part in parts):
            return nodes.Literal(content)
        return nodes.Embedded(tuple(parts))

    def braced(self) -> Condition:
        end = self.text.find("}", self.at)
        if end < 0:
            raise ExpressionError("'{' has no closing '}'", code="AZ402")
        written = self.text[self.at + 1 : end]
        if not self.query:
            lenient(
                self.notes,
                self.strict,
                "AZ504",
                f"{{{written}}} in a simple condition; read without braces",
                f"write {written}",
                Fix(f"{{{written}}}", written),
            )
        self.at = end + 1
        return nodes.Operand(written, parse(written, self.names, self.notes))

    def expression(self) -> Condition:
        """An operand runs to a space, an operator or an unbalanced ``)`` or ``]`` (A-02)."""
        start, depth, brackets, pointer = self.at, 0, 0, False
        at = start
        while at < len(self.text):
            char = self.text[at]
            if char == "[" and at + 1 < len(self.text) and self.text[at + 1] in "'\"":
                close = self.text.find(self.text[at + 1] + "]", at + 2)
                if close < 0:
                    break
                at = close + 2
                continue
            if char.isspace() or char in "=!<>&|{}":
                break
            if char == "[":
                brackets += 1
            if char == "]":
                if self.query and brackets == 0:
                    break  # the end of the filter that the operand stands in
                brackets -= 1
            if char == "#":
                pointer = True
            if char == "(":
                if not pointer:
                    break
                depth += 1
            if char == ")":
                if depth == 0:
                    break
                depth -= 1
            at += 1
        written = self.text[start:at]
        self.at = at
        return nodes.Operand(written, parse(written, self.names, self.notes))

    # --- bare JSONPath ------------------------------------------------------------------

    def jsonpath(self) -> Condition | None:
        """A query, or None where something else stands."""
        if found := _LENGTH.match(self.text, self.at):
            self.at = found.end()
            query = self.path()
            if not self.take(")"):
                raise self.unexpected("')'")
            return Query(query.text, query.segments, query.relative, length=True)
        char = self.text[self.at]
        if char == "@" or (char == "$" and not starts_expression(self.text[self.at :])):
            return self.path()
        return None

    def path(self) -> Query:
        start = self.at
        relative = self.text[self.at] == "@"
        self.at += 1
        segments: list[Segment] = []
        while (segment := self.segment()) is not None:
            segments.append(segment)
        length = False
        if segments and segments[-1] in (Child("length"), Child("size")):
            # `.length` is a pseudo-member, unless the value has one of this name.
            segments.pop()
            length = True
        return Query(self.text[start : self.at], tuple(segments), relative, length)

    def segment(self) -> Segment | None:
        if found := _DESCENT.match(self.text, self.at):
            self.at = found.end()
            return nodes.Descendants(found[1])
        if self.text.startswith((".*", "[*]"), self.at):
            self.at += 2 if self.sees(".*") else 3
            return nodes.Wildcard()
        if found := _NAME.match(self.text, self.at):
            self.at = found.end()
            return Child(found[1])
        if found := _INDEX.match(self.text, self.at):
            self.at = found.end()
            return Child(int(found[1]))
        if found := _QUOTED.match(self.text, self.at):
            self.at = found.end()
            name = found[1] if found[1] is not None else found[2]
            return Child(unescape(name))
        if self.sees("[?"):
            self.at += 2
            condition = self.nested(self.disjunction)
            if not self.take("]"):
                raise self.unexpected("']'")
            return Filter(condition)
        if self.sees("[") or self.sees("."):
            raise self.unexpected("a member, an index or a filter")
        return None
