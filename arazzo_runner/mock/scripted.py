"""A mock that a scenario tells what to answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from ..engine.compile import operation_steps
from ..engine.plan import Plan, PlannedStep
from ..errors import Diagnostic, DocumentError, UsageError, did_you_mean
from ..messages import ABSENT, JSON, Absent, Call, Response, Value
from ..openapi.document import tokens
from ..openapi.media_types import essence
from ..openapi.responses import decode
from ..transports.incoming import retry_after
from ..transports.port import Delivery, NoResponse
from .answers import Considered, Mock
from .drafts import HEADER, Draft
from .scenario import FAULT_OPTION, Scenario, ScriptedReply

#: Seconds that a slow answer takes if the scenario does not say.
SLOW = 20.0


class ScriptedMock:
    """
    Answers as `Mock` does, but where *scenario* says something else. *lenient*: replies for
    steps of other workflows are passed over.

    Raises:
        DocumentError: AZ651, a reply is for a step or operation that there is not.
        UsageError: a fault of the command line is for a step that there is not.
    """

    def __init__(
        self, plan: Plan, scenario: Scenario, mock: Mock, *, lenient: bool = False
    ) -> None:
        self._mock = mock
        self._replies = scenario.replies
        self._counts: dict[tuple[str, str], int] = {}
        problems = [] if lenient else list(_unknown(plan, scenario))
        for each in problems:
            if each.location.uri == FAULT_OPTION:
                raise UsageError(f"{FAULT_OPTION}: {each.message}", hint=each.hint)
        if problems:
            raise DocumentError.of(problems)

    def answer(
        self, step: PlannedStep, call: Call, inputs: Mapping[str, Value]
    ) -> Delivery:
        """What becomes of *call*, the request of *step*; see `Mock.answer`."""
        this = step.workflow_id, step.step_id
        number = self._counts[this] = self._counts.get(this, 0) + 1
        reply = next(
            (e for e in self._replies if e.is_for(number) and _names(e, step)), None
        )
        considered = self._mock.consider(step, call, inputs)
        if reply is None:
            chosen = self._mock.choose(step, call, considered)
            response = self._mock.give(step, call, considered.scope, chosen)
            return Delivery(response=response)
        lost = _lost(reply, step)
        if lost is not None:
            return Delivery(failure=lost, delay=reply.delay)
        draft = self._mock.choose(step, call, considered)
        draft = _changed(draft, reply, considered)
        response = self._mock.give(step, call, considered.scope, draft)
        response = _spoiled(_with_text(response, reply), reply)
        delay = reply.delay or (SLOW if reply.fault == "slow" else 0.0)
        return Delivery(
            response=response, retry_after=retry_after(response.headers), delay=delay
        )


def _names(reply: ScriptedReply, step: PlannedStep) -> bool:
    kind, name = reply.who
    if kind == "step":
        return name in (step.step_id, f"{step.workflow_id}.{step.step_id}")
    if kind == "operationId":
        return name == step.operation.operation_id
    return name == f"{step.operation.method} {step.operation.path}"


def _unknown(plan: Plan, scenario: Scenario) -> Iterator[Diagnostic]:
    steps = operation_steps(plan)
    for reply in scenario.replies:
        if any(_names(reply, step) for step in steps):
            continue
        kind, name = reply.who
        known = {
            "step": [step.step_id for step in steps],
            "operationId": [step.operation.operation_id or "" for step in steps],
            "operation": [f"{s.operation.method} {s.operation.path}" for s in steps],
        }[kind]
        yield Diagnostic(
            code="AZ651",
            message=f"no step of this workflow is meant by {kind} {name!r}",
            location=reply.location,
            hint=did_you_mean(name, known, f"{kind}s"),
        )


def _lost(reply: ScriptedReply, step: PlannedStep) -> NoResponse | None:
    """The failure on the way that *reply* is, if it is one."""
    what = f"{step.operation.method} {step.operation.path}"
    match reply.fault:
        case "reset":
            return NoResponse("interrupted", "the connection was reset", True)
        case "time-out":
            return NoResponse("timeout", f"{what} gave no byte in time", True)
        case "truncated":
            return NoResponse("interrupted", f"the answer to {what} broke off", True)
    return None


def _changed(draft: Draft, reply: ScriptedReply, considered: Considered) -> Draft:
    if reply.status is not None and reply.status != draft.status:
        draft = considered.drafts(reply.status)
    if reply.body is not None:
        draft = replace(draft, body=reply.body[0])
        if not draft.content_type:
            draft = replace(draft, content_type="application/json")
    values: dict[tuple[str, ...], JSON | Absent] = {}
    values |= {tokens(pointer): value for pointer, value in reply.members.items()}
    values |= {tokens(pointer): ABSENT for pointer in reply.absent}
    values |= {
        (HEADER, name): ABSENT if value is None else value
        for name, value in reply.headers.items()
        if name != "content-type"
    }
    draft = draft.put(values)
    media_type = reply.headers.get("content-type")
    return replace(draft, content_type=media_type) if media_type else draft


def _with_text(response: Response, reply: ScriptedReply) -> Response:
    """*response* with the text of *reply*, read as its media type says."""
    if reply.text is None:
        return response
    media_type = response.header("content-type") or "text/plain"
    body, problem = decode(media_type, reply.text.encode())
    others = tuple(each for each in response.headers if each[0] != "content-type")
    return replace(
        response,
        headers=(("content-type", media_type), *others),
        media_type=essence(media_type),
        body=body,
        problem=problem,
    )


def _spoiled(response: Response, reply: ScriptedReply) -> Response:
    if reply.fault == "invalid-json":
        body, problem = decode("application/json", b'{"cut": ')
        return replace(
            response, body=body, problem=problem, media_type="application/json"
        )
    if reply.fault == "wrong-schema":
        return replace(response, body=_wrong(response.body))
    return response


def _wrong(body: Value | Absent) -> Value:
    """A value of another type than *body*."""
    return {"unexpected": True} if not isinstance(body, Mapping) else ["unexpected"]
