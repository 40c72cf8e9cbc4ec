"""
From a description to a plan: every expression parsed, every name looked up, every problem
reported before anything is sent.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from ..errors import DocumentError, did_you_mean
from ..expressions import nodes
from ..expressions.nodes import ExpressionError, Operand
from ..expressions.parser import Names, Notes, parse
from ..expressions.scope import at_pointer
from ..expressions.templates import Array, Constant, Object, Payload
from ..messages import ABSENT, JSON
from ..model import Description, Path, Selector, Step, Workflow
from ..openapi.bodies import choose_content_type
from ..openapi.media_types import essence, is_xml
from ..openapi.operations import Operation
from ..openapi.servers import server_url
from .actions import plan_actions, plan_criteria
from .lookup import Found, Sources, find_operation
from .names import check_names
from .plan import Plan, PlannedOutput, PlannedStep, Settings
from .report import Report
from .requests import plan_parameters, plan_payload
from .secrecy import compared_inputs, criteria_of, secret_inputs, secret_members

#: Where a mock is told requests go when a description has no server that could be asked.
MOCK_SERVER = "https://mock.invalid"


def plan_workflow(
    description: Description,
    workflow: Workflow,
    sources: Sources,
    *,
    settings: Settings | None = None,
    servers: Mapping[str, str] | None = None,
    secrets: Collection[str] = (),
    mock: bool = False,
) -> Plan:
    """
    The plan of *workflow*.

    *servers* replaces the server of a source description by name; *secrets* names inputs
    that must not be seen; with *mock* a description need not have a real server.

    Raises:
        DocumentError: with every problem found, each at its place.
    """
    settings = settings or Settings()
    report = Report(description, settings.strict)
    _unsupported(workflow, report)
    names = _names(description, workflow)
    steps: list[PlannedStep] = []
    bases: dict[str, str] = {}
    for index, step in enumerate(workflow.steps):
        found = _operation(step, sources, report, settings.strict)
        planned = _step(
            description, workflow, step, index, found, names, report, settings.strict
        )
        if planned is not None and found is not None:
            steps.append(planned)
            base = _server(found, step, servers or {}, report, mock)
            bases[step.step_id] = base
    outputs = _outputs(workflow.outputs, workflow.path, names, report)
    secret = _secrets(description, workflow, steps, secrets, report)
    if report.errors:
        raise DocumentError.of(report.errors)
    return Plan(
        description=description.uri,
        workflow_id=workflow.workflow_id,
        steps=tuple(steps),
        index={step.step_id: step.index for step in steps},
        outputs=outputs,
        inputs=workflow.inputs,
        secret_inputs=secret,
        secret_members=secret_members(
            steps,
            input_properties(description, workflow),
            lambda schema: follow_ref(schema, description.root),
        ),
        sources={each.name: each.url for each in description.source_descriptions},
        servers=bases,
        self_uri=description.self_uri or description.uri,
        settings=settings,
        warnings=tuple(report.warnings),
    )


def _unsupported(workflow: Workflow, report: Report) -> None:
    if workflow.depends_on:
        report.unsupported("dependsOn of a workflow", (*workflow.path, "dependsOn"))
    for step in workflow.steps:
        if step.depends_on:
            report.unsupported("dependsOn of a step", (*step.path, "dependsOn"))
        if step.timeout is not None:
            report.unsupported("timeout of a step", (*step.path, "timeout"))


def input_properties(description: Description, workflow: Workflow) -> dict[str, JSON]:
    """
    The properties that *workflow*'s input schema declares, local ``$ref``s of the schema
    and of its properties followed.
    """
    schema = follow_ref(workflow.inputs, description.root)
    if not isinstance(schema, Mapping):
        return {}
    properties = schema.get("properties")
    found: dict[str, JSON] = {}
    for part in (*_parts(schema), properties):
        if isinstance(part, Mapping):
            found.update(
                {key: follow_ref(each, description.root) for key, each in part.items()}
            )
    return found


def _parts(schema: Mapping[str, JSON]) -> list[JSON]:
    combined = schema.get("allOf")
    if not isinstance(combined, list | tuple):
        return []
    return [part.get("properties") for part in combined if isinstance(part, Mapping)]


def follow_ref(schema: JSON, root: JSON) -> JSON:
    """*schema*, or what its local ``$ref`` points to (at most ten in a chain)."""
    for _ in range(10):
        if not isinstance(schema, Mapping) or "$ref" not in schema:
            break
        reference = schema["$ref"]
        if not isinstance(reference, str) or not reference.startswith("#/"):
            break
        target = at_pointer(root, reference[1:])
        if target is ABSENT:
            break
        schema = target  # type: ignore[assignment]
    return schema


def _names(description: Description, workflow: Workflow) -> Names:
    properties = input_properties(description, workflow)
    schema = follow_ref(workflow.inputs, description.root)
    # Without properties, or with others allowed in so many words, the names are open.
    opened = schema is not None and (
        not properties
        or (
            isinstance(schema, Mapping)
            and bool(
                schema.get("patternProperties") or schema.get("additionalProperties")
            )
        )
    )
    return Names(
        inputs=None if opened else frozenset(properties),
        steps={step.step_id: frozenset(step.outputs) for step in workflow.steps},
        outputs=frozenset(workflow.outputs),
        workflows=frozenset(each.workflow_id for each in description.workflows),
        sources=frozenset(each.name for each in description.source_descriptions),
        navigation=not description.arazzo.startswith("1.0"),
    )


def _operation(
    step: Step, sources: Sources, report: Report, strict: bool
) -> Found | None:
    if step.workflow_id is not None:
        report.unsupported("a step that calls a workflow", (*step.path, "workflowId"))
        return None
    if step.channel_path is not None or step.action is not None:
        report.unsupported("an AsyncAPI step", step.path)
        return None
    return find_operation(step, sources, report, strict=strict)


def _step(
    description: Description,
    workflow: Workflow,
    step: Step,
    index: int,
    found: Found | None,
    names: Names,
    report: Report,
    strict: bool,
) -> PlannedStep | None:
    """The step; also read when its operation is unknown, to find its other problems."""
    operation = found.operation if found else None
    parameters = plan_parameters(
        description, workflow, step, operation, names, report, strict
    )
    body: Payload | None = None
    content_type = ""
    if step.request_body is not None:
        body, content_type = plan_payload(step.request_body, names, report, strict)
    criteria = plan_criteria(step.success_criteria, names, report, strict)
    on_success = plan_actions(description, workflow, step, True, names, report, strict)
    on_failure = plan_actions(description, workflow, step, False, names, report, strict)
    outputs = _outputs(step.outputs, step.path, names, report)
    if found is None or operation is None:
        return None
    if body is not None and not content_type:
        sample = body.value if isinstance(body, Constant) else {}
        content_type = choose_content_type(operation, sample)
    _check_media_type(step, operation, content_type, report)
    _check_encodable(step, body, content_type, report)
    text_body = isinstance(body, nodes.Embedded) and "json" in content_type
    return PlannedStep(
        step_id=step.step_id,
        index=index,
        source=found.source,
        operation=operation,
        label=f"{operation.method} {operation.path}",
        parameters=parameters,
        content_type=content_type,
        body=body,
        json_text=text_body,
        body_location=description.locate((*step.path, "requestBody", "payload")),
        success_criteria=criteria,
        on_success=on_success,
        on_failure=on_failure,
        outputs=outputs,
        timeout=step.timeout,
        location=description.locate((*step.path, "stepId")),
    )


def _check_encodable(
    step: Step, body: Payload | None, content_type: str, report: Report
) -> None:
    """Bodies that cannot be written yet are said before anything is sent."""
    path = (*step.path, "requestBody")
    name = essence(content_type)
    if name.startswith("multipart/") and name != "multipart/form-data":
        report.unsupported(f"a body of type {name}", (*path, "contentType"))
    structured = isinstance(body, Object | Array) or (
        isinstance(body, Constant) and isinstance(body.value, dict | list)
    )
    if is_xml(content_type) and structured:
        report.unsupported("an object as XML", (*path, "payload"))


def _check_media_type(
    step: Step, operation: Operation, content_type: str, report: Report
) -> None:
    """A body of a type the operation does not list is sent all the same (A-59)."""
    body = operation.request_body
    written = step.request_body is not None and step.request_body.content_type
    if not written or body is None or not body.content:
        return
    if body.media_type(content_type) is None:
        report.warning(
            "AZ608",
            f"{operation.method} {operation.path} takes no {content_type}",
            (*step.path, "requestBody", "contentType"),
            did_you_mean(content_type, body.content, "it takes"),
        )


def _outputs(
    outputs: Mapping[str, str | Selector], path: Path, names: Names, report: Report
) -> tuple[PlannedOutput, ...]:
    planned = []
    for name, written in outputs.items():
        place = (*path, "outputs", name)
        if isinstance(written, Selector):
            report.unsupported("a Selector Object", place)
            continue
        notes = Notes()
        try:
            operand = Operand(written, parse(written.strip(), names, notes))
        except ExpressionError as problem:
            report.syntax(problem, place)
            continue
        report.notes(notes.found, place)
        check_names(operand, names, place, report)
        location = report.description.locate(place)
        planned.append(PlannedOutput(name=name, value=operand, location=location))
    return tuple(planned)


def _server(
    found: Found, step: Step, servers: Mapping[str, str], report: Report, mock: bool
) -> str:
    override = servers.get(found.source)
    try:
        return server_url(
            found.operation,
            override=override,
            document_uri=found.operation.document.uri,
        )
    except DocumentError as problem:
        if mock:
            return MOCK_SERVER
        place = report.description.locate(step.path)
        for each in problem.problems:
            known = replace(each, related=((place, f"step {step.step_id!r} needs it"),))
            if all(other.message != each.message for other in report.errors):
                report.errors.append(known)
        return MOCK_SERVER


def _secrets(
    description: Description,
    workflow: Workflow,
    steps: list[PlannedStep],
    named: Collection[str],
    report: Report,
) -> frozenset[str]:
    properties = input_properties(description, workflow)
    certain, by_name = secret_inputs(steps, properties, named)
    for step in steps:
        for criterion in criteria_of(step):
            for name, written in compared_inputs(criterion):
                if name in certain:
                    report.error(
                        "AZ403",
                        f"{written} is a secret; its value cannot be compared",
                        criterion.criterion.path,
                        "test its presence: != null",
                    )
    return certain | by_name
