"""What a run would send, without sending: the first request whole, later ones as written."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from .auth.carry import carries, carrying
from .conversation import Run, reveal
from .engine.effects import Send
from .engine.plan import Plan, PlannedCall, PlannedParameter, PlannedStep
from .engine.state import RunState
from .errors import NOWHERE, ArazzoError, Location
from .exchanges import shown_body
from .expressions.coercion import compact
from .expressions.nodes import Embedded, Operand, Selected
from .expressions.templates import Array, Constant, Object, Payload
from .masking import MASK
from .messages import JSON, Argument, Headers
from .openapi.requests import build_request
from .openapi.security import query_members


@dataclass(frozen=True, slots=True, kw_only=True)
class DryStep:
    """
    A request that would be sent.

    Attributes:
        step_id: In another workflow than the one that is run ``workflow.step``.
        resolved: All values are known (the first step): this is the request itself.
        url, headers, body: For a later step with its expressions as written.
    """

    step_id: str
    method: str
    url: str
    headers: Headers = ()
    body: str = ""
    resolved: bool = False
    location: Location = NOWHERE


def dry_steps(run: Run, state: RunState) -> tuple[DryStep, ...]:
    """
    The steps of *run*, whose first effect *state* has pending.

    Raises:
        ArazzoError: the first request cannot be built.
    """
    if state.error is not None:  # not even the first request can be built
        raise ArazzoError.of([run.masker.diagnostic(state.error)])
    steps = {
        (step.workflow_id, step.step_id): _written(run, step)
        for step in _reached(run.plan, run.plan, set())
    }
    pending = state.pending
    if isinstance(pending, Send):
        step = run.plan.operation_step(pending.workflow_id, pending.step_id)
        steps[step.workflow_id, step.step_id] = _whole(run, step, pending)
    return tuple(steps.values())


def _reached(entry: Plan, plan: Plan, seen: set[str]) -> Iterator[PlannedStep]:
    """The steps that call operations in the order they come up, each workflow once."""
    if plan.workflow_id in seen:
        return
    seen.add(plan.workflow_id)
    for name in plan.depends_on:
        yield from _reached(entry, entry.plans[name], seen)
    later: list[str] = []
    for step in plan.steps:
        if isinstance(step, PlannedStep):
            yield step
        elif isinstance(step, PlannedCall):
            yield from _reached(entry, entry.plans[step.workflow], seen)
        actions = (*step.on_success, *step.on_failure)
        later += [action.workflow for action in actions if action.workflow]
    for name in later:
        yield from _reached(entry, entry.plans[name], seen)


def _name(run: Run, step: PlannedStep) -> str:
    if step.workflow_id == run.plan.workflow_id:
        return step.step_id
    return f"{step.workflow_id}.{step.step_id}"


def _whole(run: Run, step: PlannedStep, send: Send) -> DryStep:
    call = reveal(send.call, step, run)
    try:
        request = build_request(
            step.operation,
            call,
            server=run.plan.plans[step.workflow_id].servers[step.step_id],
            bodies=run.bodies,
            headers=run.headers,
        )
    except ArazzoError as error:
        run.masker.error(error)
        raise
    for place in (
        run.keeper.places((step.workflow_id, step.step_id)) if run.keeper else ()
    ):
        if place[0] != "connection" and not carries(request, place):
            request = carrying(request, place, MASK)
    return DryStep(
        step_id=_name(run, step),
        method=request.method,
        url=run.masker.text(request.url),
        headers=run.masker.headers(request.headers),
        body=shown_body(request.body, run.masker),
        resolved=True,
        location=step.location,
    )


def _written(run: Run, step: PlannedStep) -> DryStep:
    given: Mapping[tuple[str, str], str] = {
        (each.place, each.name): _parameter(run, step, each) for each in step.parameters
    }
    path = "".join(
        given.get(("path", text), f"{{{text}}}") if variable else text
        for text, variable in step.operation.template.path
    )
    query = "&".join(
        text if place == "querystring" else f"{name}={text}"
        for (place, name), text in given.items()
        if place in ("query", "querystring")
    )
    own = {name.lower() for name, _ in run.headers}
    headers = [
        (name, text)
        for (place, name), text in given.items()
        if place == "header" and name.lower() not in own
    ]
    cookies = [
        f"{name}={text}" for (place, name), text in given.items() if place == "cookie"
    ]
    if cookies:
        headers.append(("Cookie", "; ".join(cookies)))
    if step.content_type:
        headers.append(("Content-Type", step.content_type))
    headers += run.masker.headers(run.headers)
    signed = _signed(run, step, {(place, name.lower()) for place, name in given})
    headers += [(name, text) for place, name, text in signed if place == "header"]
    for place, name, text in signed:
        if place == "query":
            query += f"{'&' if query else ''}{name}={text}"
        elif place == "cookie":
            headers.append(("Cookie", f"{name}={text}"))
    return DryStep(
        step_id=_name(run, step),
        method=step.operation.method,
        url=run.plan.plans[step.workflow_id].servers[step.step_id]
        + path
        + (f"?{query}" if query else ""),
        headers=tuple(headers),
        body=_text(step.body) if step.body is not None else "",
        location=step.location,
    )


def _signed(
    run: Run, step: PlannedStep, given: Collection[tuple[str, str]]
) -> list[tuple[str, str, str]]:
    """Location, name and mask of each credential that the runner adds."""
    if run.keeper is None:
        return []
    places = run.keeper.places((step.workflow_id, step.step_id))
    return [
        (place, name, MASK)
        for place, name in places
        if (place, name.lower()) not in given and place != "connection"
    ]


def _parameter(run: Run, step: PlannedStep, parameter: PlannedParameter) -> str:
    """Expressions as written; a credential that stands in the file is not shown."""
    if parameter.place == "querystring":
        return _query_string(run, step, parameter)
    if isinstance(parameter.value, Constant):
        argument = Argument(parameter.name, parameter.place, "")
        if run.carries_credential(step, argument):
            return MASK
    return _text(parameter.value)


def _query_string(run: Run, step: PlannedStep, parameter: PlannedParameter) -> str:
    whole = written(parameter.value)
    for name, value in query_members(whole):
        if not isinstance(value, str) or value.startswith("$") or "{$" in value:
            continue
        if run.carries_credential(step, Argument(name, "query", "")):
            run.masker.add(value)
    return run.masker.text(whole if isinstance(whole, str) else compact(whole))


def _text(payload: Payload) -> str:
    value = written(payload)
    return value if isinstance(value, str) else compact(value)


def written(payload: Payload) -> JSON:
    """*payload* as its author wrote it."""
    match payload:
        case Constant(value):
            return value
        case Operand(text):
            return text
        case Embedded(parts):
            return "".join(
                part if isinstance(part, str) else f"{{{part.text}}}" for part in parts
            )
        case Selected(text):
            return text
        case Object(members):
            return {key: written(each) for key, each in members}
        case Array(items):
            return [written(each) for each in items]
