"""
What is sent and what is seen of it: secrets revealed for the one, masked in the other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .engine.plan import PlannedStep
from .events import RequestSent, ResponseReceived
from .expressions.coercion import escaped, text
from .masking import Masker
from .messages import (
    ABSENT,
    Bodies,
    File,
    Records,
    Request,
    Secret,
    Segment,
    Template,
    Value,
)
from .transports.port import Delivery

#: Characters of a request body that a `RequestSent` event shows.
BODY_SHOWN = 10_000


def revealed(value: Value, secrets: Mapping[str, Value], bodies: Bodies) -> Value:
    """*value* with the values of the secrets in it."""
    match value:
        case Secret(ref):
            return secrets[ref]
        case Template(parts):
            return "".join(
                part if isinstance(part, str) else _inside(part, secrets, bodies)
                for part in parts
            )
        case str() | File() | Records():
            return value
        # Loops, not comprehensions, which take two frames a level.
        case Mapping():
            members = {}
            for key, each in value.items():
                members[key] = revealed(each, secrets, bodies)
            return members
        case Sequence():
            items = []
            for each in value:
                items.append(revealed(each, secrets, bodies))
            return items
        case _:
            return value


def _inside(part: Secret, secrets: Mapping[str, Value], bodies: Bodies) -> str:
    shown = text(secrets[part.ref], bodies)
    return escaped(shown, part.inside)


# --- what is reported -------------------------------------------------------------------


def request_sent(step: PlannedStep, request: Request, masker: Masker) -> RequestSent:
    return RequestSent(
        workflow_id=step.workflow_id,
        step_id=step.step_id,
        method=request.method,
        url=masker.text(request.url),
        headers=masker.headers(request.headers),
        body=shown_body(request.body, masker),
    )


def shown_body(segments: Sequence[Segment], masker: Masker) -> str:
    """A request body for people: masked, files by name, at most `BODY_SHOWN` characters."""
    shown = ""
    for segment in segments:
        match segment:
            case bytes():
                # More than is shown, so that no secret is cut in two before it is masked.
                shown += segment[: 2 * BODY_SHOWN].decode("utf-8", "replace")
            case File(name=name, bytes=size):
                shown += f"<{name}, {size:,} bytes>"
            case Records(file=file):
                shown += f"<records of {file.name}>" if file else "<records>"
        if len(shown) > 2 * BODY_SHOWN:
            break
    shown = masker.text(shown)
    return shown if len(shown) <= BODY_SHOWN else shown[:BODY_SHOWN] + "…"


def response_received(
    step: PlannedStep, delivery: Delivery, masker: Masker
) -> ResponseReceived:
    response = delivery.response
    if response is None:
        failure = delivery.failure.message if delivery.failure else "no response"
        return ResponseReceived(
            workflow_id=step.workflow_id,
            step_id=step.step_id,
            status=None,
            failure=masker.text(failure),
        )
    return ResponseReceived(
        workflow_id=step.workflow_id,
        step_id=step.step_id,
        status=response.status,
        headers=masker.headers(response.headers),
        redirects=tuple(masker.text(each) for each in delivery.redirects),
        body=masker.value(response.body, members=True)
        if response.body is not ABSENT
        else ABSENT,
        media_type=response.media_type,
    )
