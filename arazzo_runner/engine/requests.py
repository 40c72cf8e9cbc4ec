"""The request of a step as it is planned: parameters merged, payload parsed."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import did_you_mean
from ..expressions.nodes import Embedded, ExpressionError, Operand
from ..expressions.parser import Names, Notes, RequestNames
from ..expressions.replacements import Replacement
from ..expressions.selectors import check_path, compile_query, language_of
from ..expressions.splitting import joined, split_text
from ..expressions.templates import (
    Constant,
    Payload,
    parse_payload,
    placed_expressions,
)
from ..messages import JSON
from ..model import Description, Parameter, Path, RequestBody, Reusable, Step, Workflow
from ..openapi.media_types import is_xml
from ..openapi.operations import Operation
from ..openapi.security import credential_places
from .names import check_names, check_request
from .plan import PlannedParameter
from .report import Report

_COMPONENT = "$components.parameters."


def payload_of(
    value: JSON,
    path: Path,
    names: Names,
    report: Report,
    strict: bool,
    *,
    early: bool = True,
) -> Payload:
    """
    *value* with its expressions parsed, problems reported at *path* and below. With
    *early* it is part of a request, so nothing of the response can be in it.
    """

    def tell(below: Path, what: ExpressionError | Notes) -> None:
        if isinstance(what, Notes):
            report.notes(what.found, (*path, *below))
        else:
            report.syntax(what, (*path, *below))

    payload = parse_payload(value, names, strict=strict, report=tell)
    if early:
        check_request(payload, path, names, report)
    else:
        for operand, place in placed_expressions(payload, path):
            check_names(operand, names, place, report)
    return payload


def plan_parameters(
    description: Description,
    workflow: Workflow,
    step: Step,
    operation: Operation | None,
    names: Names,
    report: Report,
    strict: bool,
) -> tuple[PlannedParameter, ...]:
    """
    Workflow parameters, overridden and followed by the step's own (checklist A-55).

    https://spec.openapis.org/arazzo/v1.1.0.html#parameter-object
    """
    merged: dict[tuple[str, str], tuple[Parameter, bool]] = {}
    for own, listed in ((False, workflow.parameters), (True, step.parameters)):
        for each in listed:
            parameter = resolve_parameter(description, each, report)
            if parameter is None:
                continue
            place = parameter.location
            if place is None or place == "channel":
                _bad_place(parameter, own, report)
                continue
            merged[(_key(parameter.name, place), place)] = (parameter, own)
    if operation is not None:
        merged = _fitting(merged, operation, report)
    planned = []
    for parameter, _ in merged.values():
        planned.append(_planned(parameter, operation, names, report, strict))
    if operation is not None:
        given = {name for name, place in merged if place == "path"}
        for name in path_variables(operation):
            if name not in given:
                report.error(
                    "AZ312",
                    f"step {step.step_id!r} gives no value for {{{name}}} in "
                    f"{operation.path}",
                    (*step.path, "stepId"),
                    f"add a parameter with name: {name}, in: path",
                )
    return tuple(planned)


def _key(name: str, place: str) -> str:
    """What tells parameters of one place apart; there is one query string only."""
    if place == "querystring":
        return ""
    return name.lower() if place == "header" else name


def request_names(
    parameters: Sequence[PlannedParameter], operation: Operation, *, body: bool
) -> RequestNames:
    """What ``$request`` may name at a step with *parameters* and perhaps a *body*."""
    given = [(each.place, each.name) for each in parameters]
    given += [(each.location, each.name) for each in operation.parameters]
    automatic = [("header", "accept"), *([("header", "content-type")] if body else [])]
    return RequestNames(
        parameters=frozenset((place, _key(name, place)) for place, name in given),
        credentials=credential_places(operation),
        automatic=frozenset(automatic),
    )


def path_variables(operation: Operation) -> tuple[str, ...]:
    """Names of the variables in an operation's path template, in order."""
    template = operation.template
    pieces = [*template.path, *(piece for _, each in template.query for piece in each)]
    return tuple(dict.fromkeys(text for text, variable in pieces if variable))


def _planned(
    parameter: Parameter,
    operation: Operation | None,
    names: Names,
    report: Report,
    strict: bool,
) -> PlannedParameter:
    path = (*parameter.path, "value")
    place = parameter.location or ""
    declared = operation.parameter(parameter.name, place) if operation else None
    if operation is not None and declared is None and place != "path":
        _check_declared(parameter, place, operation, report)
    return PlannedParameter(
        name=parameter.name,
        place=place,
        value=payload_of(parameter.value, path, names, report, strict),
        needed=place == "path"
        or (declared is not None and declared.required)
        or (place == "header" and parameter.name.lower() == "authorization"),
        location=report.description.locate(path),
    )


# OpenAPI leaves these to other parts of a description.
_NEVER_DECLARED = frozenset({"accept", "content-type", "authorization"})


def _check_declared(
    parameter: Parameter, place: str, operation: Operation, report: Report
) -> None:
    """A parameter that the operation does not declare is sent as it is (A-56)."""
    key = (place, parameter.name.lower())
    if key[1] in _NEVER_DECLARED or key in credential_places(operation):
        return
    known = [each.name for each in operation.parameters if each.location == place]
    report.warning(
        "AZ310",
        f"{operation.method} {operation.path} declares no {place} parameter "
        f"{parameter.name!r}; it is sent as written",
        (*parameter.path, "name"),
        did_you_mean(parameter.name, known, f"{place} parameters"),
    )


def _bad_place(parameter: Parameter, own: bool, report: Report) -> None:
    if parameter.location is not None:
        report.unsupported(
            f"a parameter in {parameter.location}", (*parameter.path, "in")
        )
    elif own:
        report.error(
            "AZ201",
            f"parameter {parameter.name!r} does not say where it goes",
            parameter.path,
            "add `in`: path, query, querystring, header or cookie",
        )


def _fitting(
    merged: dict[tuple[str, str], tuple[Parameter, bool]],
    operation: Operation,
    report: Report,
) -> dict[tuple[str, str], tuple[Parameter, bool]]:
    """Without the workflow's path parameters that this operation has no place for."""
    variables = path_variables(operation)
    kept = {}
    for key, (parameter, own) in merged.items():
        name, place = key
        if place == "path" and name not in variables:
            if own:
                report.error(
                    "AZ310",
                    f"{operation.path} has no variable {{{name}}}",
                    (*parameter.path, "name"),
                    did_you_mean(name, variables, "path variables"),
                )
            continue
        kept[key] = (parameter, own)
    return kept


def resolve_parameter(
    description: Description, given: Parameter | Reusable, report: Report
) -> Parameter | None:
    """A parameter, or the component that a Reusable Object names."""
    if isinstance(given, Parameter):
        return given
    known = description.components.parameters
    name = given.reference.removeprefix(_COMPONENT)
    if not given.reference.startswith(_COMPONENT) or name not in known:
        report.error(
            "AZ308",
            f"{given.reference!r} is not a parameter of the components",
            (*given.path, "reference"),
            did_you_mean(name, known, "parameters"),
        )
        return None
    found = known[name]
    if not given.has_value:
        return found
    return Parameter(
        name=found.name, location=found.location, value=given.value, path=given.path
    )


def plan_payload(
    body: RequestBody, names: Names, report: Report, strict: bool
) -> tuple[Payload | None, str]:
    """
    The payload and its media type, "" where the author leaves that to the operation.

    https://spec.openapis.org/arazzo/v1.1.0.html#request-body-object
    """
    content_type = body.content_type or ""
    if not body.has_payload:
        return None, content_type
    path = (*body.path, "payload")
    return payload_of(body.payload, path, names, report, strict), content_type


def plan_replacements(
    body: RequestBody,
    payload: Payload | None,
    content_type: str,
    names: Names,
    report: Report,
) -> tuple[Replacement, ...]:
    """https://spec.openapis.org/arazzo/v1.1.0.html#payload-replacement-object"""
    planned = []
    text = isinstance(payload, Embedded) or (
        isinstance(payload, Constant) and isinstance(payload.value, str)
    )
    xml = is_xml(content_type) or (not content_type and text)
    for each in body.replacements:
        path = (*each.path, "target")
        written = each.target_selector_type or ("xpath" if xml else "jsonpointer")
        notes = Notes()
        try:
            language, version = language_of(written)
            target: str | Embedded
            if language == "jsonpath":
                target, _ = compile_query(
                    each.target.strip(), version, names, notes, report.strict
                )
            else:
                target = joined(
                    split_text(
                        each.target, names, notes, strict=report.strict, bare=False
                    )
                )
                check_path(target, language, version)
        except ExpressionError as problem:
            report.syntax(problem, path)
            continue
        report.notes(notes.found, path)
        operands = target.parts if isinstance(target, Embedded) else ()
        for operand in operands:
            if isinstance(operand, Operand):
                check_names(operand, names, path, report)
        place = (*each.path, "value")
        planned.append(
            Replacement(
                target=target,
                language=language,
                version=version,
                value=payload_of(each.value, place, names, report, report.strict),
                location=report.description.locate(path),
            )
        )
    return tuple(planned)
