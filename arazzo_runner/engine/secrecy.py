"""
Which inputs must not be seen.

An input is secret because of where it flows (an ``Authorization`` header, the place of a
security scheme), because its schema says ``format: password``, because the caller says
so, or because its name says so. https://datatracker.ietf.org/doc/html/rfc9110#section-11
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

from ..expressions import nodes
from ..expressions.criteria import BareJsonPath, Simple, operands_of
from ..expressions.scope import pointer_tokens
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
        if _is_password(schema):
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


def secret_members(
    steps: Iterable[PlannedStep],
    properties: Mapping[str, JSON],
    follow: Callable[[JSON], JSON],
) -> frozenset[tuple[str, ...]]:
    """
    Paths of members of object inputs that must not be seen: ``format: password`` at any
    depth of the schema, or a member that flows to the place of a credential. *follow*
    gives what a schema's ``$ref`` leads to.
    """
    found = {
        (name, *path)
        for name, schema in properties.items()
        for path in _password_paths(schema, follow)
        if path
    }
    for step in steps:
        places = credential_places(step.operation)
        for parameter in step.parameters:
            place = (parameter.place, parameter.name.lower())
            if place in places or (
                place[0] == "header" and place[1] in CREDENTIAL_HEADERS
            ):
                for operand in expressions(parameter.value):
                    found.update(_member_paths(operand.expression, properties))
    return frozenset(found)


def _password_paths(
    schema: JSON, follow: Callable[[JSON], JSON], depth: int = 0
) -> Iterator[tuple[str, ...]]:
    schema = follow(schema)
    if not isinstance(schema, Mapping) or depth > 8:
        return
    if _is_password(schema):
        yield ()
    properties = schema.get("properties")
    for name, each in properties.items() if isinstance(properties, Mapping) else ():
        for path in _password_paths(each, follow, depth + 1):
            yield (name, *path)
    for part in _list(schema.get("allOf")):
        yield from _password_paths(part, follow, depth + 1)


def _member_paths(
    expression: nodes.Expression, properties: Mapping[str, JSON]
) -> Iterator[tuple[str, ...]]:
    if not isinstance(expression, nodes.Input):
        return
    for name, navigation in expression.named.readings:
        if name in properties:
            pointer = pointer_tokens(expression.named.pointer or "")
            path = (*(str(key) for key in navigation), *pointer)
            if path:
                yield (name, *path)
            return


def _is_password(schema: JSON, depth: int = 0) -> bool:
    if not isinstance(schema, Mapping) or depth > 5:
        return False
    if schema.get("format") == "password":
        return True
    return any(
        _is_password(part, depth + 1)
        for keyword in ("allOf", "anyOf", "oneOf")
        for part in _list(schema.get(keyword))
    )


def _list(value: JSON) -> tuple[JSON, ...]:
    return tuple(value) if isinstance(value, list | tuple) else ()


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
    """
    (input, expression) for each input into whose value *criterion* looks: it is compared
    with another value, is a context, or is put into a pattern or query.
    """
    test = criterion.test
    operands: list[nodes.Operand] = []
    if isinstance(test, Simple | BareJsonPath):
        for comparison in nodes.comparisons(test.condition):
            sides = (comparison.left, comparison.right)
            if not any(side == nodes.Literal(None) for side in sides):
                operands += [each for side in sides for each in _operands(side)]
        operands += [
            each for each in operands_of(test) if each.text not in _bare_texts(test)
        ]
    else:
        operands += operands_of(test)
    for operand in operands:
        for name in _inputs((operand,)):
            yield name, operand.text


def _operands(side: nodes.Term) -> tuple[nodes.Operand, ...]:
    if isinstance(side, nodes.Embedded):
        return tuple(part for part in side.parts if isinstance(part, nodes.Operand))
    return (side,) if isinstance(side, nodes.Operand) else ()


def _bare_texts(test: Simple | BareJsonPath) -> frozenset[str]:
    """Operands that stand for themselves: their presence may be tested."""
    return frozenset(
        each.text
        for each in nodes.operands(test.condition)
        if isinstance(each, nodes.Operand)
    )
