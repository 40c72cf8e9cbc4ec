"""A step's request as a `Call`: argument values, with secrets still references."""

from __future__ import annotations

import re
from dataclasses import replace

from ..errors import ArazzoError, Diagnostic, Location
from ..expressions.scope import Scope
from ..expressions.templates import Unresolved, expressions, resolve
from ..messages import ABSENT, Absent, Argument, Bodies, Call, Secret, Template, Value
from ..openapi.requests import build_request
from .plan import Plan, PlannedParameter, PlannedStep


class CannotBuild(Exception):
    """A request cannot be built from the values there are; nothing was sent."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


def build_call(step: PlannedStep, scope: Scope) -> Call:
    """
    The request of *step*. A parameter or member without a value is left out, unless it is
    needed (checklist A-24, A-57).

    Raises:
        CannotBuild: a path parameter, a required one, the body or text has no value.
    """
    arguments = []
    for parameter in step.parameters:
        value = _value(step, parameter, scope)
        if isinstance(value, Absent) or value is None:
            if parameter.needed:
                raise _missing(step, parameter)
            continue
        arguments.append(Argument(parameter.name, parameter.place, value))
    body: Value | Absent = ABSENT
    if step.body is not None:
        try:
            body = resolve(step.body, scope, json_text=step.json_text)
        except Unresolved as problem:
            raise _no_value(
                step, problem.text, "the body", step.body_location
            ) from None
        if isinstance(body, Absent):
            text = ", ".join(each.text for each in expressions(step.body))
            raise _no_value(step, text, "the body", step.body_location)
    return Call(
        source=step.source,
        operation=step.operation.pointer,
        arguments=tuple(arguments),
        content_type=step.content_type if body is not ABSENT else "",
        body=body,
    )


def _value(
    step: PlannedStep, parameter: PlannedParameter, scope: Scope
) -> Value | Absent:
    try:
        return resolve(parameter.value, scope)
    except Unresolved as problem:
        what = f"the {parameter.place} parameter {parameter.name!r}"
        raise _no_value(step, problem.text, what, parameter.location) from None


def _missing(step: PlannedStep, parameter: PlannedParameter) -> CannotBuild:
    text = ", ".join(each.text for each in expressions(parameter.value)) or "null"
    what = f"the {parameter.place} parameter {parameter.name!r}"
    return _no_value(step, text, what, parameter.location)


def _no_value(
    step: PlannedStep, text: str, what: str, location: Location
) -> CannotBuild:
    return CannotBuild(
        Diagnostic(
            code="AZ604",
            message=f"step {step.step_id!r} cannot be sent: {text} has no value for {what}",
            location=location,
        )
    )


_MARK = re.compile(r"arazzo-secret-((?:[0-9a-f]{2})+)-")


def url_of(step: PlannedStep, plan: Plan, bodies: Bodies, call: Call) -> Value:
    """
    ``$url``: the whole URL of *call*, built as the driver builds it, with secrets still
    references.
    """
    hidden = replace(
        call,
        arguments=tuple(
            Argument(each.name, each.location, _marked(each.value))
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
    parts = _MARK.split(request.url)
    if len(parts) == 1:
        return request.url
    return Template(
        tuple(
            Secret(bytes.fromhex(part).decode()) if index % 2 else part
            for index, part in enumerate(parts)
            if part
        )
    )


def _marked(value: Value) -> Value:
    """Secrets as text that survives in a URL as it is."""
    match value:
        case Secret(ref):
            return f"arazzo-secret-{ref.encode().hex()}-"
        case Template(parts):
            return "".join(
                part if isinstance(part, str) else str(_marked(part)) for part in parts
            )
        case _:
            return value
