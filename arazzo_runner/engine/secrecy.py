"""
Which inputs must not be seen.

An input is secret because of where it flows (an ``Authorization`` header, the place of a
security scheme), because its schema says ``format: password``, because the caller says
so, or because its name says so. https://datatracker.ietf.org/doc/html/rfc9110#section-11
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import unquote_plus

from ..expressions import nodes
from ..expressions.criteria import BareJsonPath, Simple, operands_of
from ..expressions.scope import pointer_tokens
from ..expressions.templates import Object, expressions
from ..messages import JSON
from ..openapi.security import Place, credential_places
from .plan import Plan, Planned, PlannedCall, PlannedCriterion, PlannedParameter
from .report import Report
from .schemas import follow_ref, input_properties

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


@dataclass(frozen=True, slots=True)
class Secrets:
    """
    What of a workflow's inputs must not be seen.

    Attributes:
        certain: Inputs that are secret whatever their name.
        by_name: Inputs whose name alone says so.
        members: Paths of members of object inputs.
    """

    certain: frozenset[str] = frozenset()
    by_name: frozenset[str] = frozenset()
    members: frozenset[tuple[str, ...]] = frozenset()

    @property
    def inputs(self) -> frozenset[str]:
        """The inputs that are secret as a whole."""
        return self.certain | self.by_name


def find_secrets(
    plans: Mapping[str, Plan],
    reports: Mapping[str, Report],
    named: Mapping[str, Collection[str]],
) -> dict[str, Secrets]:
    """
    What must not be seen, for each of *plans*: an input that a workflow passes on to a
    secret one is secret itself. *named* are the caller's own choice by workflow. A secret
    whose value a criterion compares is reported.
    """
    found = {
        name: _own_secrets(plan, named.get(name, ())) for name, plan in plans.items()
    }
    changed = True
    while changed:
        changed = False
        for name, plan in plans.items():
            more = _passed_on(plan, found)
            if more != found[name]:
                found[name], changed = more, True
    for name, plan in plans.items():
        for step in plan.steps:
            for criterion in criteria_of(step):
                for given, written in compared_inputs(criterion):
                    if given in found[name].certain:
                        reports[name].error(
                            "AZ403",
                            f"{written} is a secret; its value cannot be compared",
                            criterion.criterion.path,
                            "test its presence: != null",
                        )
    return found


def _properties(plan: Plan) -> dict[str, JSON]:
    return input_properties(plan.unit.description, plan.workflow)


def _own_secrets(plan: Plan, named: Collection[str]) -> Secrets:
    """What is secret because of the workflow itself: schemas, names, its requests."""
    properties = _properties(plan)
    root = plan.unit.description.root
    certain = set(named) & properties.keys() if properties else set(named)
    members: set[tuple[str, ...]] = set()
    for name, schema in properties.items():
        if _is_password(schema):
            certain.add(name)
        members.update(
            (name, *path)
            for path in _password_paths(schema, lambda each: follow_ref(each, root))
            if path
        )
    for step in plan.operation_steps():
        places = credential_places(step.operation)
        for parameter in step.parameters:
            used = _credentials(parameter, places)
            certain.update(_inputs(used))
            for operand in used:
                members.update(_member_paths(operand.expression, properties))
    compared = {
        name
        for step in plan.steps
        for criterion in criteria_of(step)
        for name, _ in compared_inputs(criterion)
    }
    by_name = {name for name in properties if looks_secret(name)} - compared - certain
    return Secrets(frozenset(certain), frozenset(by_name), frozenset(members))


def _credentials(
    parameter: PlannedParameter, places: Collection[Place]
) -> tuple[nodes.Operand, ...]:
    """The expressions of *parameter* whose values go where credentials go."""
    place = (parameter.place, parameter.name.lower())
    if place in places or (place[0] == "header" and place[1] in CREDENTIAL_HEADERS):
        return expressions(parameter.value)
    if parameter.place != "querystring":
        return ()
    query = parameter.value
    found: list[nodes.Operand] = []
    if isinstance(query, Object):
        for name, each in query.members:
            if ("query", name.lower()) in places:
                found += expressions(each)
    elif isinstance(query, nodes.Embedded):
        field = ""  # what has been written of the field in which an expression stands
        for part in query.parts:
            if isinstance(part, str):
                field = (field + part).rpartition("&")[2]
            elif ("query", unquote_plus(field.partition("=")[0]).lower()) in places:
                found.append(part)
    return tuple(found)


def _passed_on(plan: Plan, known: Mapping[str, Secrets]) -> Secrets:
    """The secrets of *plan* with those that flow to secret inputs of other workflows."""
    own = known[plan.workflow_id]
    certain, by_name, members = set(own.certain), set(own.by_name), set(own.members)
    properties = _properties(plan)
    for target, parameters in _handed_on(plan):
        other = known[target]
        for parameter in parameters:
            used = expressions(parameter.value)
            if parameter.name in other.certain:
                certain.update(_inputs(used))
            elif parameter.name in other.by_name:
                by_name.update(_inputs(used))
            if parameter.name in other.inputs:
                for operand in used:
                    members.update(_member_paths(operand.expression, properties))
            if isinstance(parameter.value, nodes.Operand):
                for path in other.members:
                    if path[0] == parameter.name:
                        members.update(
                            (name, *path[1:]) for name in _inputs((parameter.value,))
                        )
    return Secrets(frozenset(certain), frozenset(by_name - certain), frozenset(members))


def _handed_on(plan: Plan) -> Iterator[tuple[str, tuple[PlannedParameter, ...]]]:
    """(workflow, the inputs it is given) for each that a step or action of *plan* names."""
    for step in plan.steps:
        if isinstance(step, PlannedCall):
            yield step.workflow, step.parameters
        for action in (*step.on_success, *step.on_failure):
            if action.workflow:
                yield action.workflow, action.parameters


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


def criteria_of(step: Planned) -> tuple[PlannedCriterion, ...]:
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


def _operands(side: nodes.Condition) -> tuple[nodes.Operand, ...]:
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
