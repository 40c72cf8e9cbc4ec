"""A step's request as a `Call`: argument values, with secrets still references."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from urllib.parse import unquote

from ..errors import ArazzoError, Diagnostic, Location
from ..expressions import nodes
from ..expressions.embedding import Unresolved
from ..expressions.replacements import CannotReplace, replaced
from ..expressions.scope import Scope, list_on_the_way
from ..expressions.templates import (
    Array,
    Object,
    Payload,
    expressions,
    leaves,
    resolve,
)
from ..messages import (
    ABSENT,
    Absent,
    Argument,
    Bodies,
    Call,
    File,
    Records,
    Secret,
    Syntax,
    Template,
    Value,
    to_json,
)
from ..openapi.media_types import kind
from ..openapi.requests import build_request
from ..openapi.responses import InvalidJSON, parse_json
from . import schemas
from .endings import wrong_inputs
from .plan import Plan, PlannedParameter, PlannedStep
from .state import call_to_json


class CannotBuild(Exception):
    """A request cannot be built from the values there are; nothing was sent."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


def build_call(step: PlannedStep, scope: Scope) -> tuple[Call, list[Diagnostic]]:
    """
    The request of *step*, and warnings: what was left out of it, a parameter or member
    without a value, unless it is needed (checklist A-24, A-57).

    Raises:
        CannotBuild: a path parameter, a required one, the body or text has no value.
    """
    arguments: list[Argument] = []
    left_out: list[Diagnostic] = []
    for parameter in step.parameters:
        value = _value(step, parameter, scope)
        if isinstance(value, Absent) or value is None:
            if parameter.needed:
                raise _missing(step, parameter, scope)
            what = f"the {parameter.place} parameter {parameter.name!r}"
            left_out += _left_out(parameter.value, scope, what, parameter.location)
            continue
        left_out += _query_string(step, parameter, value)
        arguments.append(Argument(parameter.name, parameter.place, value))
    body = _body(step, scope, left_out)
    call = Call(
        source=step.source,
        operation=step.operation.pointer,
        arguments=tuple(arguments),
        content_type=step.content_type if body is not ABSENT else "",
        body=body,
    )
    return call, left_out


def _query_type(step: PlannedStep, parameter: PlannedParameter) -> str:
    """The media type of *parameter* if it is a whole query string that is JSON, else ""."""
    if parameter.place != "querystring":
        return ""
    declared = step.operation.parameter(parameter.name, parameter.place)
    media_type = (declared.content if declared is not None else None) or ""
    return media_type if kind(media_type) == "json" else ""


def _query_string(
    step: PlannedStep, parameter: PlannedParameter, value: Value
) -> list[Diagnostic]:
    """N-PARAM-02: a text should be what the operation's media type says; JSON can tell."""
    media_type = _query_type(step, parameter)
    if not media_type or not isinstance(value, str):
        return []
    try:
        parse_json(unquote(value))
    except InvalidJSON as problem:
        message = (
            f"the query string is not {media_type} ({problem}); it is sent as written"
        )
        return [
            Diagnostic(
                code="AZ623",
                message=message,
                location=parameter.location,
                severity="warning",
            )
        ]
    return []


def _body(
    step: PlannedStep, scope: Scope, left_out: list[Diagnostic]
) -> Value | Absent:
    """The body of *step*'s request; warnings are added to *left_out*."""
    body: Value | Absent = ABSENT
    try:
        if step.body is not None:
            body = resolve(step.body, scope, syntax=step.syntax)
            if isinstance(body, Absent):
                text = ", ".join(each.text for each in expressions(step.body))
                raise _no_value(step, text, "the body", step.body_location)
            if isinstance(step.body, Object | Array):
                what = "the member of the body"
                left_out += _left_out(step.body, scope, what, step.body_location)
        if not step.replacements:
            return body
        changed, notes = replaced(body, step.replacements, scope)
    except Unresolved as problem:
        raise _no_value(step, problem.text, "the body", step.body_location) from None
    except CannotReplace as problem:
        place = getattr(problem, "replacement", step).location
        raise CannotBuild(
            Diagnostic(
                code="AZ612",
                message=f"step {step.step_id!r} cannot be sent: {problem}",
                location=place,
            )
        ) from None
    left_out += (
        Diagnostic(
            code="AZ613", message=said, location=each.location, severity="warning"
        )
        for each, said in notes
    )
    return changed


def build_inputs(
    parameters: Sequence[PlannedParameter], scope: Scope, target: Plan, place: Location
) -> tuple[dict[str, Value], list[Diagnostic]]:
    """
    The inputs that *parameters* give to the workflow *target*, its defaults filled in and
    its schema checked, and what was left out.

    Raises:
        CannotBuild: a text has no value, or *target* does not take such inputs.
    """
    given: dict[str, Value] = {}
    left_out: list[Diagnostic] = []
    for parameter in parameters:
        what = f"the input {parameter.name!r}"
        try:
            value = resolve(parameter.value, scope)
        except Unresolved as problem:
            message = (
                f"workflow {target.workflow_id!r} cannot be started: {problem.text} "
            )
            raise CannotBuild(
                Diagnostic(
                    code="AZ604",
                    message=f"{message}has no value for {what}",
                    location=parameter.location,
                )
            ) from None
        if isinstance(value, Absent):
            left_out += _left_out(parameter.value, scope, what, parameter.location)
        else:
            given[parameter.name] = value
    root = target.unit.description.root
    inputs = schemas.with_defaults(target.inputs, given, root)
    problems = _problems_of(target, inputs)
    if problems:
        raise CannotBuild(wrong_inputs(target.workflow_id, problems, place))
    return inputs, left_out


def _problems_of(target: Plan, inputs: Mapping[str, Value]) -> list[str]:
    """What *target*'s schema has against *inputs*; of secrets and files nothing but type."""
    if target.validate is None:
        return []
    special: dict[tuple[str | int, ...], str] = {}
    instance = schemas.instance_of(inputs, special)
    problems = []
    for where, keyword, _, said in target.validate(instance):
        name = ".".join(str(each) for each in where)
        if where in special:
            if keyword != "type" or special[where] == "it is a secret":
                continue
            said = special[where]
        elif where and where[0] in target.secret_inputs:
            said = f"it does not fit {keyword!r} of its schema"
        said = said if len(said) <= 200 else f"{said[:100]} … {said[-80:]}"
        problems.append(f"input {name!r}: {said}" if name else said)
    return problems


def digest_of_inputs(workflow: str, inputs: Mapping[str, Value]) -> str:
    """Tells whether a step calls the same workflow with the same inputs again."""
    return _hashed(_canonical([workflow, to_json(inputs)]))


def _left_out(
    payload: Payload, scope: Scope, what: str, place: Location
) -> list[Diagnostic]:
    """
    What is told of expressions without a value: a note for an input that was not given,
    which is how optional ones are meant, a warning for everything else.
    """
    found = []
    for operand in leaves(payload):
        try:
            if resolve(operand, scope) is not ABSENT:
                continue
        except Unresolved:
            continue  # told, more loudly, by who needs the value
        optional = isinstance(operand, nodes.Operand) and isinstance(
            operand.expression, nodes.Input
        )
        found.append(
            Diagnostic(
                code="AZ604",
                severity="info" if optional else "warning",
                message=f"{operand.text} has no value; {what} is left out",
                location=place,
            )
        )
    return found


def _value(
    step: PlannedStep, parameter: PlannedParameter, scope: Scope
) -> Value | Absent:
    # As in a payload that is JSON text, values inside its strings are escaped.
    syntax: Syntax = "json" if _query_type(step, parameter) else ""
    try:
        return resolve(parameter.value, scope, syntax=syntax)
    except Unresolved as problem:
        what = f"the {parameter.place} parameter {parameter.name!r}"
        raise _no_value(step, problem.text, what, parameter.location) from None


def _missing(
    step: PlannedStep, parameter: PlannedParameter, scope: Scope
) -> CannotBuild:
    text = ", ".join(each.text for each in expressions(parameter.value)) or "null"
    what = f"the {parameter.place} parameter {parameter.name!r}"
    lists = [
        each.text
        for each in expressions(parameter.value)
        if list_on_the_way(each.expression, scope)
    ]
    hint = f"{lists[0]} goes into a list: say which item, [0]" if lists else None
    return _no_value(step, text, what, parameter.location, hint)


def _no_value(
    step: PlannedStep,
    text: str,
    what: str,
    location: Location,
    hint: str | None = None,
) -> CannotBuild:
    name = text.removeprefix("$inputs.")
    given = name != text and name.isidentifier()
    return CannotBuild(
        Diagnostic(
            code="AZ604",
            message=f"step {step.step_id!r} cannot be sent: {text} has no value for {what}",
            location=location,
            hint=f"give the input: -i {name}=VALUE" if given else hint,
        )
    )


def url_of(step: PlannedStep, plan: Plan, bodies: Bodies, call: Call) -> Value:
    """
    ``$url``: the whole URL of *call*, built as the driver builds it, with secrets still
    references.
    """
    # The mark depends on the whole call, so that no value in it can hold the mark.
    mark = f"arazzo-{digest(call)[:24]}-"
    hidden = replace(
        call,
        arguments=tuple(
            Argument(each.name, each.location, _marked(each.value, mark))
            for each in call.arguments
            if each.location in ("path", "query", "querystring")
        ),
        content_type="",
        body=ABSENT,
    )
    server = plan.servers[step.step_id]
    try:
        request = build_request(step.operation, hidden, server=server, bodies=bodies)
    except ArazzoError:
        return None
    parts = re.split(mark + "((?:[0-9a-f]{2})+)-", request.url)
    if len(parts) == 1:
        return request.url
    return Template(
        tuple(
            Secret(bytes.fromhex(part).decode()) if index % 2 else part
            for index, part in enumerate(parts)
            if part
        )
    )


def _marked(value: Value, mark: str) -> Value:
    """Secrets at any depth as text that survives in a URL as it is."""
    match value:
        case Secret(ref):
            return f"{mark}{ref.encode().hex()}-"
        case Template(parts):
            return "".join(
                part if isinstance(part, str) else str(_marked(part, mark))
                for part in parts
            )
        case str() | File() | Records():
            return value
        case Mapping():
            return {key: _marked(each, mark) for key, each in value.items()}
        case Sequence():
            return [_marked(each, mark) for each in value]
        case _:
            return value


# Made once: `json.dumps` with options makes an encoder for each call.
_canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode


def digest(call: Call) -> str:
    """What tells a poll (the same request again) from iteration (another one)."""
    return _hashed(_canonical(call_to_json(call)))


def _hashed(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
