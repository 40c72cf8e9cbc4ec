"""What a workflow needs, for who wants to know before it runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from .auth.given import Credential, variable
from .auth.needs import Need, Use, about, variables_of
from .auth.oauth2 import check_members
from .auth.ready import Ready
from .engine.compile import operation_steps
from .engine.plan import PlannedCall, PlannedStep
from .engine.schemas import input_properties
from .engine.steps import MOCK_SERVER
from .errors import CredentialError
from .messages import JSON
from .openapi.schemas import types_of
from .openapi.security import Scheme
from .runner import Runner

State: TypeAlias = Literal["given", "found", "missing", "incomplete", "unused"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownInput:
    """
    An input, by its JSON Schema.

    Attributes:
        types: None where it does not say.
        allowed: The values of its ``enum``.
        default: What it is if it is not given; None for nothing.
    """

    name: str
    types: tuple[str, ...] = ()
    format: str = ""
    allowed: tuple[JSON, ...] = ()
    default: JSON = None
    required: bool = False
    secret: bool = False
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownCredential:
    """
    A security scheme that requests carry.

    Attributes:
        place: Location and name of where it goes.
        variable: The environment variable that gives it.
        members: Those that give a token of it instead.
        found: Where it comes from; "" if it is missing.
        lacking: What of it is missing, in words, if a part of it is.
        state: ``given`` (the workflow sends it itself), ``found``, ``missing``,
            ``incomplete``, ``unused`` (another alternative is there, or it may be left out).
        others: Schemes of which one is enough instead.
        steps: That need it.
    """

    source: str
    scheme: str
    type: str
    about: str
    place: tuple[str, str]
    variable: str
    state: State
    members: tuple[str, ...] = ()
    found: str = ""
    lacking: str = ""
    others: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownStep:
    """A step and what it calls: ``POST /pets`` of a source, or a workflow."""

    step_id: str
    calls: str
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """
    What a workflow is and needs.

    Attributes:
        hosts: Base URLs of its requests, each with its source description; "" where it
            has no server that could be asked.
    """

    workflow_id: str
    summary: str
    inputs: tuple[ShownInput, ...]
    credentials: tuple[ShownCredential, ...]
    hosts: tuple[tuple[str, str], ...]
    steps: tuple[ShownStep, ...]
    outputs: tuple[str, ...]


def overview(runner: Runner, workflow_id: str | None = None) -> Overview:
    """
    The overview of a workflow.

    Raises:
        DocumentError: with every problem of the workflow.
        InputError: a credential was given for a scheme that there is not.
    """
    plan = runner.plan(workflow_id)
    workflow = runner.workflow(workflow_id)
    schema = workflow.inputs if isinstance(workflow.inputs, Mapping) else {}
    required = schema.get("required")
    names = required if isinstance(required, list | tuple) else ()
    inputs = tuple(
        ShownInput(
            name=name,
            types=types_of(each) if isinstance(each, Mapping) else (),
            format=_text(each, "format"),
            allowed=_listed(each, "enum"),
            default=each.get("default")
            if isinstance(each, Mapping) and name not in plan.secret_inputs
            else None,
            required=name in names,
            secret=name in plan.secret_inputs,
            description=_text(each, "description"),
        )
        for name, each in input_properties(runner.description, workflow).items()
    )
    hosts = {
        (_server(each.servers[step.step_id]), each.source_of(step)): None
        for step in operation_steps(plan)
        for each in (plan.plans[step.workflow_id],)
    }
    return Overview(
        workflow_id=workflow.workflow_id,
        summary=workflow.summary or "",
        inputs=inputs,
        credentials=tuple(_credentials(runner, workflow_id)),
        hosts=tuple(hosts),
        steps=tuple(
            ShownStep(
                step_id=step.step_id,
                calls=step.workflow if isinstance(step, PlannedCall) else step.label,
                source=step.source if isinstance(step, PlannedStep) else "",
            )
            for step in plan.steps
        ),
        outputs=tuple(each.name for each in plan.outputs),
    )


def _server(url: str) -> str:
    return "" if url == MOCK_SERVER else url


def _text(schema: JSON, name: str) -> str:
    found = schema.get(name) if isinstance(schema, Mapping) else None
    return found if isinstance(found, str) else ""


def _listed(schema: JSON, name: str) -> tuple[JSON, ...]:
    found = schema.get(name) if isinstance(schema, Mapping) else None
    return tuple(found) if isinstance(found, list | tuple) else ()


def _credentials(runner: Runner, workflow_id: str | None) -> Iterator[ShownCredential]:
    ready = runner.credentials(workflow_id)
    places: dict[tuple[str, str], list[tuple[Need, Use]]] = {}
    for need in ready.needs:
        for alternative in need.alternatives:
            for use in alternative:
                key = (use.source, use.scheme.name)
                places.setdefault(key, []).append((need, use))
    for (source, name), found in places.items():
        scheme = found[0][1].scheme
        credential = ready.available.of(source, name)
        state = _state(ready, found, credential is not None)
        lacking = _lacking(scheme, credential) if state == "found" else ""
        yield ShownCredential(
            source=source,
            scheme=name,
            type=scheme.kind,
            about=about(scheme),
            place=scheme.place,
            variable=variable(source, name),
            members=variables_of(found[0][1]),
            found=credential.source if credential is not None else "",
            lacking=lacking,
            state="incomplete" if lacking else state,
            others=tuple(
                dict.fromkeys(
                    use.scheme.name
                    for need, _ in found
                    for each in need.alternatives
                    for use in each
                    if name not in {other.scheme.name for other in each}
                )
            ),
            steps=tuple(dict.fromkeys(need.step.step_id for need, _ in found)),
        )


def _lacking(scheme: Scheme, credential: Credential | None) -> str:
    """What is missing of *credential*, in words."""
    try:
        if credential is not None:
            check_members(scheme, credential, person=True)
    except CredentialError as error:
        return error.hint or error.message
    return ""


def _state(ready: Ready, found: Sequence[tuple[Need, Use]], there: bool) -> State:
    if all(use.given for _, use in found):
        return "given"
    if there:
        return "found"
    missing = any(need.chosen(ready.available) is None for need, _ in found)
    return "missing" if missing else "unused"
