"""Syntax trees of runtime expressions and conditions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal as OneOf
from typing import TypeAlias, Union

from ..errors import Fix
from ..messages import JSON

#: Members and indexes to follow into a value, ``.a[0]``.
Navigation: TypeAlias = tuple[str | int, ...]


class ExpressionError(ValueError):
    """
    A text is not what the grammar allows.

    Attributes:
        code: ``AZ###``.
        hint: What to write instead, if we can tell.
    """

    def __init__(
        self, message: str, *, hint: str | None = None, code: str = "AZ401"
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.code = code


@dataclass(frozen=True, slots=True)
class Note:
    """Something a parser accepted that is worth a warning; the caller knows the place."""

    code: str
    message: str
    hint: str | None = None
    fix: Fix | None = None


@dataclass(frozen=True, slots=True)
class Named:
    """
    A name and what follows it, in every reading, the longest name first.

    ``a.b[0]`` may be the name ``a.b[0]``, or ``a.b`` and ``[0]``, or ``a`` and ``.b[0]``:
    names may hold dots, so only the names that exist decide (checklist A-26).
    """

    text: str
    readings: tuple[tuple[str, Navigation], ...]
    pointer: str | None = None


# --- runtime expressions ------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Url:
    """``$url``"""


@dataclass(frozen=True, slots=True)
class Method:
    """``$method``"""


@dataclass(frozen=True, slots=True)
class StatusCode:
    """``$statusCode``"""


@dataclass(frozen=True, slots=True)
class SelfUri:
    """``$self``, Arazzo 1.1"""


@dataclass(frozen=True, slots=True)
class MessageParameter:
    """``$request.header.x``, ``$response.header.x``, ``$request.query.x``, …"""

    message: OneOf["request", "response", "message"]
    place: OneOf["header", "query", "path"]
    name: str


@dataclass(frozen=True, slots=True)
class Body:
    """``$response.body#/pointer``, ``$request.body``, ``$message.payload``"""

    message: OneOf["request", "response", "message"]
    pointer: str | None = None
    navigation: Navigation = ()


@dataclass(frozen=True, slots=True)
class Inputs:
    """``$inputs`` alone: the whole object (not in the grammar, met as a context)."""


@dataclass(frozen=True, slots=True)
class Input:
    """``$inputs.name``"""

    named: Named


@dataclass(frozen=True, slots=True)
class Output:
    """``$outputs.name``"""

    named: Named


@dataclass(frozen=True, slots=True)
class StepOutput:
    """``$steps.id.outputs.name``"""

    step_id: str
    named: Named


@dataclass(frozen=True, slots=True)
class WorkflowValue:
    """``$workflows.id.outputs.name`` or ``$workflows.id.inputs.name``"""

    workflow_id: str
    field: OneOf["inputs", "outputs"]
    named: Named


@dataclass(frozen=True, slots=True)
class WorkflowStepOutput:
    """``$workflows.id.steps.id.outputs.name`` (not in the grammar, checklist A-32)"""

    workflow_id: str
    step_id: str
    named: Named


@dataclass(frozen=True, slots=True)
class SourceReference:
    """``$sourceDescriptions.name.reference``"""

    name: str
    reference: str


@dataclass(frozen=True, slots=True)
class Component:
    """``$components.parameters.name``"""

    kind: str
    name: str


Expression: TypeAlias = Union[
    Url,
    Method,
    StatusCode,
    SelfUri,
    MessageParameter,
    Body,
    Inputs,
    Input,
    Output,
    StepOutput,
    WorkflowValue,
    WorkflowStepOutput,
    SourceReference,
    Component,
]


@dataclass(frozen=True, slots=True)
class Operand:
    """An expression where a value is wanted, with its text for messages."""

    text: str
    expression: Expression


@dataclass(frozen=True, slots=True)
class Embedded:
    """Text with expressions in it: ``Bearer {$inputs.token}``."""

    parts: tuple[str | Operand, ...]


@dataclass(frozen=True, slots=True)
class Selected:
    """
    A Selector Object: what `selector` finds in the value of `context`.

    Attributes:
        text: For messages.
        language: ``jsonpath``, ``xpath`` or ``jsonpointer``.
        singular: It can find one node at the most, so it is the value itself.
    """

    text: str
    context: Operand
    selector: str | Embedded
    language: str
    version: str
    singular: bool = False

    @property
    def operands(self) -> tuple[Operand, ...]:
        """Its expressions, that of its context first."""
        inner = self.selector.parts if isinstance(self.selector, Embedded) else ()
        return (self.context, *(each for each in inner if isinstance(each, Operand)))


# --- conditions -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Literal:
    """``true``, ``null``, ``12.5``, ``'text'``"""

    value: JSON


@dataclass(frozen=True, slots=True)
class Child:
    """``.name``, ``['name']`` or ``[0]`` in a query"""

    key: str | int


@dataclass(frozen=True, slots=True)
class Wildcard:
    """``[*]`` or ``.*``"""


@dataclass(frozen=True, slots=True)
class Descendants:
    """``..name``; every descendant for None"""

    key: str | None


@dataclass(frozen=True, slots=True)
class Filter:
    """``[?condition]``"""

    condition: Condition


Segment: TypeAlias = Union[Child, Wildcard, Descendants, Filter]


@dataclass(frozen=True, slots=True)
class Query:
    """
    A JSONPath inside a bare comparison, ``$.a[0].b`` or ``@.id`` (checklist A-14).

    Attributes:
        relative: Rooted at the node a filter looks at (``@``), not at the context.
        length: Ends in ``.length`` or ``.size``, or stands in ``length()``/``count()``.
    """

    text: str
    segments: tuple[Segment, ...]
    relative: bool = False
    length: bool = False

    @property
    def singular(self) -> bool:
        """It can give one node at the most."""
        return all(isinstance(segment, Child) for segment in self.segments)


@dataclass(frozen=True, slots=True)
class Compare:
    """``left operator right``"""

    operator: OneOf["==", "!=", "<", "<=", ">", ">="]
    left: Condition
    right: Condition


@dataclass(frozen=True, slots=True)
class Not:
    """``!operand``"""

    operand: Condition


@dataclass(frozen=True, slots=True)
class And:
    """``a && b``"""

    operands: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """``a || b``"""

    operands: tuple[Condition, ...]


Term: TypeAlias = Union[Literal, Operand, Embedded, Query]
Condition: TypeAlias = Union[Term, Compare, Not, And, Or]


def comparisons(condition: Condition) -> tuple[Compare, ...]:
    """Every comparison in *condition*, in the order they are written."""
    match condition:
        case Compare(_, left, right):
            return (condition, *comparisons(left), *comparisons(right))
        case Not(operand):
            return comparisons(operand)
        case And(operands) | Or(operands):
            return tuple(found for each in operands for found in comparisons(each))
        case _:
            return ()


def operands(condition: Condition) -> tuple[Operand | Query, ...]:
    """
    Every expression and query in *condition*, in the order they are written; of what
    stands in a query's filters only the expressions, for the rest needs a node.
    """
    match condition:
        case Operand():
            return (condition,)
        case Query(_, segments):
            inside = (
                found
                for segment in segments
                if isinstance(segment, Filter)
                for found in operands(segment.condition)
            )
            return (condition, *(each for each in inside if isinstance(each, Operand)))
        case Embedded(parts):
            return tuple(part for part in parts if isinstance(part, Operand))
        case Compare(_, left, right):
            return operands(left) + operands(right)
        case Not(operand):
            return operands(operand)
        case And(members) | Or(members):
            return tuple(found for each in members for found in operands(each))
        case _:
            return ()
