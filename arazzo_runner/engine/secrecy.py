"""
Which inputs must not be seen.

An input is secret because of where it flows (an ``Authorization`` header, the place of a
security scheme), because its schema says ``format: password``, because the caller says
so, or because its name says so. https://datatracker.ietf.org/doc/html/rfc9110#section-11
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping

from ..expressions import nodes
from ..expressions.criteria import BareJsonPath, Simple
from ..expressions.templates import expressions
from ..messages import JSON
from ..openapi.security import credential_places
from .plan import PlannedCriterion, PlannedStep

#: Header names that carry credentials, whatever a description says.
CREDENTIAL_HEADERS = frozenset(
    {
        "authorization",
        "proxy-authorization",
        "cookie",
        "x-api-key",
        "api-key",
        "apikey",
        "x-auth-token",
        "x-access-token",
        "private-token",
    }
)

_WORDS = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")
_SECRET_ENDS = ("apikey", "secret", "password", "passwd", "token", "credentials")
_NO_SECRET = frozenset(
    {"maxtokens", "pagetoken", "tokentype", "nexttoken", "synctoken"}
)


def looks_secret(name: str) -> bool:
    """
    Whether a name says that its value is a credential.

        >>> [looks_secret(each) for each in ("apiKey", "privateToken", "pageToken")]
        [True, True, False]
    """
    word = "".join(_WORDS.findall(name)).lower()
    if word in _NO_SECRET or word.endswith(("pagetoken", "continuationtoken")):
        return False
    return word.endswith(_SECRET_ENDS) or word in ("authorization", "bearer")


def secret_inputs(
    steps: Iterable[PlannedStep],
    properties: Mapping[str, JSON],
    named: Collection[str] = (),
) -> tuple[frozenset[str], frozenset[str]]:
    """
    (inputs that are secret for certain, inputs whose name alone says so).

    *properties* are those of the inputs' schema, *named* the caller's own choice.
    """
    steps = tuple(steps)
    certain = set(named)
    for name, schema in properties.items():
        if isinstance(schema, Mapping) and schema.get("format") == "password":
            certain.add(name)
    for step in steps:
        places = credential_places(step.operation)
        for parameter in step.parameters:
            name = parameter.name.lower()
            if (parameter.place, name) in places or (
                parameter.place == "header" and name in CREDENTIAL_HEADERS
            ):
                certain.update(_inputs(expressions(parameter.value)))
    by_name = {name for name in properties if looks_secret(name)}
    compared = {
        name
        for step in steps
        for criterion in criteria_of(step)
        for name, _ in compared_inputs(criterion)
    }
    return frozenset(certain), frozenset(by_name - compared - certain)


def _inputs(operands: Iterable[nodes.Operand]) -> Iterator[str]:
    """Inputs used whole; a member of an object input is no input of its own."""
    for operand in operands:
        expression = operand.expression
        if isinstance(expression, nodes.Input) and expression.named.pointer is None:
            name, navigation = expression.named.readings[0]
            if not navigation and len(expression.named.readings) == 1:
                yield name


def criteria_of(step: PlannedStep) -> tuple[PlannedCriterion, ...]:
    """Every criterion of *step*, those of its actions included."""
    actions = (*step.on_success, *step.on_failure)
    return step.success_criteria + tuple(
        criterion for action in actions for criterion in action.criteria
    )


def compared_inputs(criterion: PlannedCriterion) -> Iterator[tuple[str, str]]:
    """(input, expression) for each input whose value *criterion* compares with a value."""
    if not isinstance(criterion.test, Simple | BareJsonPath):
        return
    for comparison in nodes.comparisons(criterion.test.condition):
        sides = (comparison.left, comparison.right)
        if any(
            isinstance(side, nodes.Literal) and side.value is None for side in sides
        ):
            continue
        for side in sides:
            if isinstance(side, nodes.Operand):
                for name in _inputs((side,)):
                    yield name, side.text
