"""
Text with expressions in it, taken apart.

``{$inputs.x}`` is the specification's form; a bare ``$inputs.x`` inside text is a dialect
rule (checklist A-22).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..errors import Fix
from . import nodes
from .nodes import Embedded, ExpressionError, Operand
from .parser import ROOTS, Names, Notes, parse

_BRACED = re.compile(r"\{(\$(?:" + "|".join(ROOTS) + r")(?![A-Za-z0-9_-])[^{}]*)\}")
_BARE = re.compile(
    r"\$(?:url|method|statusCode)(?![A-Za-z0-9_-])"
    r"|\$(?:inputs|steps|workflows|outputs|response|request|message)"
    r"(?:\.[A-Za-z0-9_-]+|\[\d+\])+(?:#/[^\s\"'&,{}]*)?"
)

_TEXT = re.compile(r"""('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")""", re.DOTALL)


def split_text(
    text: str,
    names: Names,
    notes: Notes,
    *,
    strict: bool,
    bare: bool = True,
    code: str = "AZ502",
) -> list[str | Operand]:
    """
    *text* as literal text and the expressions in it: ``{$…}``, and with *bare* those that
    stand without braces, which are noted, or with *strict* refused, under *code*.

    Raises:
        ExpressionError: a known root in braces with bad grammar; see *strict*.
    """
    parts: list[str | Operand] = []
    at = 0
    for found in _BRACED.finditer(text):
        before = text[at : found.start()]
        parts += _bare(before, names, notes, strict, code) if bare else [before]
        parts.append(Operand(found[1], parse(found[1], names, notes)))
        at = found.end()
    rest = text[at:]
    parts += _bare(rest, names, notes, strict, code) if bare else [rest]
    return [part for part in parts if part != ""]


def _bare(
    text: str, names: Names, notes: Notes, strict: bool, code: str
) -> list[str | Operand]:
    parts: list[str | Operand] = []
    at = 0
    for found in _BARE.finditer(text):
        written = found[0]
        try:
            expression = parse(written, names, Notes())
        except ExpressionError:
            continue
        if not declared(expression, names):
            continue
        if text[found.end() : found.end() + 1] in ("[", "#") and not found.start():
            # `$steps.s.outputs.list[*].id` is meant as one expression; its value and the
            # rest as text would be sent as nonsense.
            raise ExpressionError(
                f"{text[found.end() :]!r} after {written} is not a member or an index",
                hint="only .name, [0] and a JSON Pointer, #/name, reach into a value",
            )
        if strict:
            raise ExpressionError(
                f"{written} inside text needs braces",
                hint=f"write {{{written}}}",
                code=code,
            )
        notes.add(
            code,
            f"{written} stands in text without braces; read as {{{written}}}",
            f"write {{{written}}}",
            Fix(written, f"{{{written}}}"),
        )
        parts += [text[at : found.start()], Operand(written, expression)]
        at = found.end()
    return [*parts, text[at:]]


def declared(expression: nodes.Expression, names: Names) -> bool:
    """Whether a bare expression names something that exists; else it is plain text."""
    match expression:
        case nodes.Input(named):
            return names.inputs is None or any(
                name in names.inputs for name, _ in named.readings
            )
        case nodes.StepOutput(step_id):
            return names.steps is None or step_id in names.steps
        case nodes.WorkflowValue(workflow_id) | nodes.WorkflowStepOutput(workflow_id):
            return names.workflows is None or workflow_id in names.workflows
        case nodes.Output(named):
            return names.outputs is None or any(
                name in names.outputs for name, _ in named.readings
            )
        case _:
            return True


def joined(parts: Sequence[str | Operand]) -> str | Embedded:
    """*parts* as one text, plain where there is no expression among them."""
    if any(isinstance(part, Operand) for part in parts):
        return Embedded(tuple(parts))
    return "".join(str(part) for part in parts)


def query_text(
    written: str, names: Names, notes: Notes, strict: bool
) -> str | Embedded:
    """*written* with its ``{$…}`` parsed, and inside texts bare expressions too (A-16)."""
    parts: list[str | Operand] = []
    for index, piece in enumerate(_TEXT.split(written)):
        bare = index % 2 == 1
        parts += split_text(piece, names, notes, strict=strict, bare=bare, code="AZ512")
    return joined(parts)
