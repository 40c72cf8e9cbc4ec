"""The steps of a workflow: values to model."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from ..model import Parameter, Path, Reusable, Step
from .objects import (
    read_actions,
    read_criteria,
    read_outputs,
    read_parameters,
    read_request_body,
)
from .reader import Fields, Reader, Shape

STEP: Final = Shape(
    "this step",
    (
        "stepId", "description", "operationId", "operationPath", "workflowId",
        "parameters", "requestBody", "successCriteria", "onSuccess", "onFailure",
        "outputs",
    ),
    newer=("channelPath", "timeout", "dependsOn", "action", "correlationId"),
)  # fmt: skip
TARGETS: Final = ("operationId", "operationPath", "workflowId", "channelPath")

_DEPENDENCY = re.compile(
    r"[^$].*"
    r"|\$workflows\.[^.]+\.steps\.[^.]+"
    r"|\$sourceDescriptions\.[^.]+\.[^.]+\.steps\.[^.]+"
)


def read_step(fields: Fields) -> Step:
    """https://spec.openapis.org/arazzo/v1.1.0.html#step-object"""
    reader = fields.reader
    _check_target(fields)
    if fields.value.get("successCriteria") == []:
        message = "'successCriteria' is empty"
        reader.error("AZ204", fields.at("successCriteria"), message, key=True)
    timeout = fields.number("timeout", whole=True)
    parameters = read_parameters(fields, "parameters")
    _check_parameters(fields, parameters)
    return Step(
        step_id=fields.required_text("stepId"),
        description=fields.text("description") or "",
        operation_id=fields.text("operationId"),
        operation_path=fields.text("operationPath"),
        workflow_id=fields.text("workflowId"),
        channel_path=fields.text("channelPath"),
        parameters=parameters,
        request_body=read_request_body(fields, "requestBody"),
        success_criteria=read_criteria(fields, "successCriteria"),
        on_success=read_actions(fields, "onSuccess", success=True),
        on_failure=read_actions(fields, "onFailure", success=False),
        outputs=read_outputs(fields, "outputs"),
        timeout=None if timeout is None else timeout / 1000,  # milliseconds
        depends_on=_read_dependencies(fields),
        action=_read_message_action(fields),
        correlation_id=fields.value.get("correlationId"),
        path=fields.path,
    )


def _check_target(fields: Fields) -> None:
    """R-STEP-06, N-STEP-02: a step has one target."""
    reader = fields.reader
    given = [name for name in TARGETS if name in fields]
    if not given:
        reader.error(
            "AZ201",
            fields.path,
            "this step has no operation: neither 'operationId' nor 'operationPath'",
            hint="or 'workflowId' for a step that runs a workflow",
            key=True,
        )
    for name in given[1:]:
        message = f"'{given[0]}' and '{name}' exclude each other"
        first = fields.at(given[0])
        reader.error("AZ206", fields.at(name), message, key=True, first=first)
    if given == ["workflowId"] and "requestBody" in fields:
        message = "'requestBody' has no meaning for a step that runs a workflow"
        reader.warn("AZ206", fields.at("requestBody"), message, key=True)


def _check_parameters(
    fields: Fields, parameters: Sequence[Parameter | Reusable]
) -> None:
    """R-PARAM-04 and N-PARAM-04: which locations a step's parameters have."""
    reader = fields.reader
    known = [(item.path, reader.parameter(item)) for item in parameters]
    given = [(path, each.location) for path, each in known if each is not None]
    if "workflowId" not in fields:
        for path, location in given:
            if location is None:
                message = "a parameter of an operation needs 'in'"
                hint = "path, query, header or cookie"
                reader.error("AZ201", path, message, hint=hint)
    elif len([name for name in TARGETS if name in fields]) == 1:
        for path, location in given:
            if location is not None:
                message = "'in' has no meaning for a parameter of a workflow"
                reader.warn("AZ206", (*path, "in"), message, key=True)


def check_queries(
    reader: Reader, steps: Sequence[Step], inherited: Sequence[Parameter | Reusable]
) -> None:
    """
    N-PARAM-04: no operation gets a whole query string and query parameters. It gets one of
    them; a step's own replaces the workflow's.
    """
    operations = [step for step in steps if step.workflow_id is None]
    general = _places(reader, inherited)
    if operations:
        _check_one(reader, general)
    for step in operations:
        own = _places(reader, step.parameters)
        _check_one(reader, own)
        whole = own["querystring"] or general["querystring"]
        single = own["query"] or general["query"]
        if whole and single:
            message = "'in: querystring' and 'in: query' exclude each other"
            reader.error("AZ327", whole[0], message, first=single[0])


def _places(
    reader: Reader, parameters: Sequence[Parameter | Reusable]
) -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = {"query": [], "querystring": []}
    for item in parameters:
        parameter = reader.parameter(item)
        if parameter is not None and parameter.location in found:
            found[parameter.location].append(item.path)
    return found


def _check_one(reader: Reader, places: dict[str, list[Path]]) -> None:
    first, *others = places["querystring"] or [()]
    for path in others:
        message = "there is one query string, and it is given twice"
        reader.error("AZ327", path, message, first=first)


def _read_dependencies(fields: Fields) -> tuple[str, ...]:
    """N-STEP-13 to 16: a step's id, or its full name if it is in another workflow."""
    found = fields.texts("dependsOn")
    if fields.value.get("dependsOn") == []:
        message = "'dependsOn' is empty"
        fields.reader.error("AZ204", fields.at("dependsOn"), message, key=True)
    for name, path in found:
        if not _DEPENDENCY.fullmatch(name):
            message = f"{name!r} does not name a step"
            hint = "a step of this workflow is named by its stepId alone"
            fields.reader.error("AZ204", path, message, hint=hint)
    return tuple(name for name, _ in found)


def _read_message_action(fields: Fields) -> str | None:
    """N-STEP-07 to 09: ``action`` and ``correlationId`` belong to AsyncAPI steps."""
    reader = fields.reader
    action = fields.text("action")
    if action is not None:
        what = "value of 'action'"
        reader.choice(fields.at("action"), what, action, ("send", "receive"))
    for name in ("workflowId", "operationPath"):
        if "action" in fields and name in fields:
            message = f"'action' has no place beside '{name}'"
            reader.error("AZ206", fields.at("action"), message, key=True)
    if "channelPath" in fields and "workflowId" not in fields:
        fields.require("action", hint="send or receive")
    if "correlationId" in fields:
        if action != "receive":
            message = "'correlationId' belongs to steps with 'action: receive'"
            reader.error("AZ206", fields.at("correlationId"), message, key=True)
        if fields.value["correlationId"] is None:
            reader.wrong_type(
                fields.at("correlationId"), "'correlationId'", "a value", None
            )
    return action
