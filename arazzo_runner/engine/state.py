"""
The state of a run: a frozen value that turns into JSON and back at every point.

It holds what later decisions need and nothing else; messages are gone once a step's
outputs are taken from them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, cast

from ..errors import Diagnostic, Location
from ..events import Event, RunStatus
from ..expressions.scope import Ran
from ..messages import JSON, Argument, Call, Value, from_json, to_json
from .effects import Effect, Send, Sleep, StateError

FORMAT = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Visits:
    """
    How a step has been visited in this frame.

    Attributes:
        count: How often control has come to it.
        digest: Of its last request: a poll is a visit with the same one.
        polls: Visits in a row with this digest, after the first.
        since: Seconds from the run's start to the first visit with this digest.
        retry_after: Seconds that the step's last response asked for; None without.
    """

    count: int = 0
    digest: str = ""
    polls: int = 0
    since: float = 0.0
    retry_after: float | None = None


#: Why a frame is there: the run's own workflow, one that a step calls, one that another
#: depends on, a workflow or a single step that runs before a retry.
Then = Literal["run", "step", "dependency", "reference", "step-reference"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """
    What runs before the retry that is waited for: a step of the same workflow or another
    workflow, with its inputs.
    """

    step_id: str = ""
    workflow: str = ""
    inputs: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A workflow that has ended in this run; of several runs of it the last."""

    status: RunStatus
    inputs: Mapping[str, Value] = field(default_factory=dict)
    outputs: Mapping[str, Value] = field(default_factory=dict)
    steps: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)
    error: Diagnostic | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """
    One workflow in progress.

    Attributes:
        workflow_id: Its name in the run.
        position: Index of the step that runs or comes next.
        outputs: Step id to its latest outputs.
        visits: Step id to its visits.
        attempt: Which sending of the current visit, from 1.
        retries: Action name to retries used in this visit.
        resends: Sendings again in this visit that no action asked for.
        then: Why it is there, which says what follows its end.
        deadline: Seconds from the run's start at which the step that called it aborts it.
        reference: What runs before the retry that is waited for.
        came: Workflows that handed over to this one, as they were then.
    """

    workflow_id: str
    position: int = 0
    inputs: Mapping[str, Value] = field(default_factory=dict)
    outputs: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)
    visits: Mapping[str, Visits] = field(default_factory=dict)
    attempt: int = 1
    retries: Mapping[str, int] = field(default_factory=dict)
    resends: int = 0
    then: Then = "run"
    deadline: float | None = None
    reference: Reference | None = None
    came: Mapping[str, Ran] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunState:
    """
    A run at one moment.

    Attributes:
        seed: What jitter is drawn from.
        at: Seconds since the run began, as last told.
        steps: Steps taken that count against the limit.
        sequence: Number of effects asked for so far.
        frames: Workflows in progress, the innermost last; empty after the end.
        ended: Workflows that have ended in this run, by name.
        given: Inputs of workflows that others depend on, by name.
        pending: The effect that must be done now; None after the end.
        warned: Codes and places of the warnings already given.
        status: None while the run goes on.
    """

    run_id: str
    workflow_id: str
    seed: int
    at: float = 0.0
    steps: int = 0
    sequence: int = 0
    frames: tuple[Frame, ...] = ()
    ended: Mapping[str, Ended] = field(default_factory=dict)
    given: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)
    pending: Effect | None = None
    warned: tuple[str, ...] = ()
    status: RunStatus | None = None
    outputs: Mapping[str, Value] = field(default_factory=dict)
    error: Diagnostic | None = None

    def to_json(self) -> JSON:
        """This state as JSON; `from_json` reads it again."""
        return {
            "format": FORMAT,
            "runId": self.run_id,
            "workflowId": self.workflow_id,
            "seed": self.seed,
            "at": self.at,
            "steps": self.steps,
            "sequence": self.sequence,
            "frames": [_frame_to_json(frame) for frame in self.frames],
            "ended": {key: _ended_to_json(each) for key, each in self.ended.items()},
            "given": {key: to_json(each) for key, each in self.given.items()},
            "pending": _effect_to_json(self.pending),
            "warned": list(self.warned),
            "status": self.status,
            "outputs": to_json(self.outputs),
            "error": _diagnostic_to_json(self.error),
        }

    @classmethod
    def from_json(cls, data: JSON) -> RunState:
        """
        The state that `to_json` wrote.

        Raises:
            StateError: *data* is not such a state, or of another format.
        """
        stored = cast(dict[str, Any], data)
        if not isinstance(stored, dict) or stored.get("format") != FORMAT:
            raise StateError(f"this is not a run state of format {FORMAT}")
        try:
            return cls(
                run_id=stored["runId"],
                workflow_id=stored["workflowId"],
                seed=stored["seed"],
                at=stored["at"],
                steps=stored["steps"],
                sequence=stored["sequence"],
                frames=tuple(_frame(each) for each in stored["frames"]),
                ended={key: _ended(each) for key, each in stored["ended"].items()},
                given={key: from_json(each) for key, each in stored["given"].items()},
                pending=_effect(stored["pending"]),
                warned=tuple(stored["warned"]),
                status=stored["status"],
                outputs=from_json(stored["outputs"]),
                error=_diagnostic(stored["error"]),
            )
        except (AttributeError, LookupError, TypeError, ValueError) as problem:
            raise StateError(f"the run state is damaged: {problem!r}") from problem


class Turn(NamedTuple):
    """What follows from a reply: the next state, what to do now, what happened."""

    state: RunState
    events: tuple[Event, ...]

    @property
    def effects(self) -> tuple[Effect, ...]:
        """What must be done now; empty when the run has ended."""
        return (self.state.pending,) if self.state.pending is not None else ()


def _frame_to_json(frame: Frame) -> JSON:
    return {
        "workflowId": frame.workflow_id,
        "position": frame.position,
        "inputs": to_json(frame.inputs),
        "outputs": {key: to_json(each) for key, each in frame.outputs.items()},
        "visits": {
            key: [each.count, each.digest, each.polls, each.since, each.retry_after]
            for key, each in frame.visits.items()
        },
        "attempt": frame.attempt,
        "retries": dict(frame.retries),
        "resends": frame.resends,
        "then": frame.then,
        "deadline": frame.deadline,
        "reference": _reference_to_json(frame.reference),
        "came": {
            key: [
                to_json(each.inputs),
                {name: to_json(outputs) for name, outputs in each.steps.items()},
            ]
            for key, each in frame.came.items()
        },
    }


def _frame(data: dict[str, Any]) -> Frame:
    return Frame(
        workflow_id=data["workflowId"],
        position=data["position"],
        inputs=from_json(data["inputs"]),
        outputs={key: from_json(each) for key, each in data["outputs"].items()},
        visits={
            key: Visits(
                count=count, digest=digest, polls=polls, since=since, retry_after=after
            )
            for key, (count, digest, polls, since, after) in data["visits"].items()
        },
        attempt=data["attempt"],
        retries=data["retries"],
        resends=data["resends"],
        then=data["then"],
        deadline=data["deadline"],
        reference=_reference(data["reference"]),
        came={
            key: Ran(
                inputs=from_json(inputs),
                steps={name: from_json(each) for name, each in steps.items()},
            )
            for key, (inputs, steps) in data["came"].items()
        },
    )


def _reference_to_json(reference: Reference | None) -> JSON:
    if reference is None:
        return None
    return [reference.step_id, reference.workflow, to_json(reference.inputs)]


def _reference(data: list[Any] | None) -> Reference | None:
    if data is None:
        return None
    step_id, workflow, inputs = data
    return Reference(step_id=step_id, workflow=workflow, inputs=from_json(inputs))


def _ended_to_json(ended: Ended) -> JSON:
    return {
        "status": ended.status,
        "inputs": to_json(ended.inputs),
        "outputs": to_json(ended.outputs),
        "steps": {key: to_json(each) for key, each in ended.steps.items()},
        "error": _diagnostic_to_json(ended.error),
    }


def _ended(data: dict[str, Any]) -> Ended:
    return Ended(
        status=data["status"],
        inputs=from_json(data["inputs"]),
        outputs=from_json(data["outputs"]),
        steps={key: from_json(each) for key, each in data["steps"].items()},
        error=_diagnostic(data["error"]),
    )


def call_to_json(call: Call) -> JSON:
    """*call* as JSON; also what its digest is made from."""
    return {
        "source": call.source,
        "operation": call.operation,
        "arguments": [
            [each.location, each.name, to_json(each.value)] for each in call.arguments
        ],
        "contentType": call.content_type,
        "body": to_json(call.body),
    }


def _call(data: dict[str, Any]) -> Call:
    return Call(
        source=data["source"],
        operation=data["operation"],
        arguments=tuple(
            Argument(name, location, from_json(value))
            for location, name, value in data["arguments"]
        ),
        content_type=data["contentType"],
        body=from_json(data["body"]),
    )


def _effect_to_json(effect: Effect | None) -> JSON:
    match effect:
        case None:
            return None
        case Send():
            return {
                "send": call_to_json(effect.call),
                "key": effect.key,
                "workflowId": effect.workflow_id,
                "stepId": effect.step_id,
                "timeout": effect.timeout,
                "digest": effect.digest,
            }
        case Sleep():
            return {
                "sleep": effect.seconds,
                "key": effect.key,
                "workflowId": effect.workflow_id,
                "stepId": effect.step_id,
                "reason": effect.reason,
                "call": call_to_json(effect.call) if effect.call else None,
            }


def _effect(data: dict[str, Any] | None) -> Effect | None:
    if data is None:
        return None
    if "sleep" in data:
        return Sleep(
            key=data["key"],
            workflow_id=data["workflowId"],
            step_id=data["stepId"],
            seconds=data["sleep"],
            reason=data["reason"],
            call=_call(data["call"]) if data["call"] is not None else None,
        )
    return Send(
        key=data["key"],
        workflow_id=data["workflowId"],
        step_id=data["stepId"],
        call=_call(data["send"]),
        timeout=data["timeout"],
        digest=data["digest"],
    )


def _diagnostic_to_json(problem: Diagnostic | None) -> JSON:
    if problem is None:
        return None
    at = problem.location
    return {
        "code": problem.code,
        "message": problem.message,
        "location": [at.uri, at.line, at.column, at.length],
        "hint": problem.hint,
        "severity": problem.severity,
        "related": [
            [[each.uri, each.line, each.column, each.length], what]
            for each, what in problem.related
        ],
    }


def _diagnostic(data: dict[str, Any] | None) -> Diagnostic | None:
    if data is None:
        return None
    return Diagnostic(
        code=data["code"],
        message=data["message"],
        location=Location(*data["location"]),
        hint=data["hint"],
        severity=data["severity"],
        related=tuple((Location(*at), what) for at, what in data["related"]),
    )
