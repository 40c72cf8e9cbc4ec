"""
The one event stream: what happened, as facts without times.

A driver stamps the time once, when it hands an event on. Started and Finished come in
pairs on every path, and `RunFinished` is always last. Secrets never enter an event: the
engine holds references, and what drivers add (`RequestSent`, `ResponseReceived`) is
masked before anybody sees it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, TypeAlias, Union

from .errors import NOWHERE, Diagnostic, Location
from .messages import ABSENT, Absent, Headers, Value

RunStatus = Literal["succeeded", "failed", "suspended", "cancelled"]
WaitReason = Literal["poll", "retry", "resend"]
WorkflowReason = Literal["step", "dependency", "goto", "retry"]


class Outcome(StrEnum):
    """How an attempt of a step ended."""

    PASSED = "passed"  #: every success criterion held
    FAILED = "failed"  #: a criterion did not hold
    ERRORED = "errored"  #: no response, so there is no verdict


@dataclass(frozen=True, slots=True)
class CriterionResult:
    """
    A success criterion after its evaluation.

    Attributes:
        condition: As the author wrote it.
        passed: Whether it held. One that cannot be evaluated does not.
        actual: The values its operands had, ``{"$statusCode": 401}``.
        problem: Why it could not be evaluated, or None.
    """

    condition: str
    passed: bool
    actual: Mapping[str, Value | Absent] = field(default_factory=dict)
    problem: str | None = None
    location: Location = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStarted:
    """A run begins. `description` is the URI of the Arazzo document."""

    run_id: str
    workflow_id: str
    description: str
    steps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowStarted:
    """
    A workflow begins within the run, beside the one that was asked for.

    Attributes:
        workflow_id: Its name in the run: ``pay``, or ``payments.charge`` in the document
            that the source description ``payments`` names.
        reason: ``step`` (a step calls it), ``dependency`` (another one depends on it),
            ``goto`` (control went over to it), ``retry`` (it runs before a retry).
        depth: How many workflows it is inside of.
    """

    workflow_id: str
    reason: WorkflowReason
    depth: int = 1
    steps: tuple[str, ...] = ()
    location: Location = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowFinished:
    """
    A workflow that began with `WorkflowStarted` has ended.

    `status` is ``transferred`` when control went over to another workflow, whose end
    counts as its own.
    """

    workflow_id: str
    status: RunStatus | Literal["transferred"]
    depth: int = 1
    outputs: Mapping[str, Value] = field(default_factory=dict)
    error: Diagnostic | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StepStarted:
    """
    An attempt of a step begins.

    Attributes:
        visit: How often control has come to the step, counting this time, from 1.
        attempt: Which sending within this visit, from 1; more than 1 after a retry.
        poll: Control came back and the request is the same one as before.
        operation: ``GET /batches/{batch_id}``, or ``workflow pay``.
        workflow_id: Name in the run of the step's workflow.
        depth: How many workflows the step's workflow is inside of.
    """

    workflow_id: str = ""
    step_id: str
    depth: int = 0
    visit: int = 1
    attempt: int = 1
    poll: bool = False
    operation: str = ""
    location: Location = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestSent:
    """From the driver, only where somebody asked for messages: the request, masked."""

    workflow_id: str = ""
    step_id: str
    method: str
    url: str
    headers: Headers = ()
    body: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseReceived:
    """
    From the driver: the answer to a request, masked, or why there was none.

    Attributes:
        status: Status code; None when there was no response.
        body: The decoded body.
        failure: What went wrong on the way, in plain words; None for a response.
        redirects: The URLs that the request was redirected to, the last one answered.
    """

    workflow_id: str = ""
    step_id: str
    status: int | None
    headers: Headers = ()
    redirects: tuple[str, ...] = ()
    body: Value | Absent = ABSENT
    media_type: str = ""
    failure: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StepFinished:
    """
    An attempt of a step has ended.

    Attributes:
        status: Status code of the response, None without one.
        outputs: The step's outputs after this attempt.
        criteria: The success criteria, in order.
        decision: What follows, in words: ``next``, ``goto pollBatch``, ``goto workflow
            pay``, ``retry again (1 of 3)``, ``resend (1 of 3)``, ``end done``, ``break``.
        failure: Why there was no response, or why the called workflow failed; or None.
        called: Name in the run of the workflow that the step called, "" for none.
        sent: False if its request has not left: no credential could be got for it, or it
            breaks a rule of ours.
    """

    workflow_id: str = ""
    step_id: str
    depth: int = 0
    visit: int = 1
    attempt: int = 1
    poll: bool = False
    outcome: Outcome
    status: int | None = None
    outputs: Mapping[str, Value] = field(default_factory=dict)
    criteria: tuple[CriterionResult, ...] = ()
    decision: str = "next"
    failure: str | None = None
    called: str = ""
    sent: bool = True
    location: Location = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """
    A pause before a request.

    Attributes:
        seconds: How long.
        reason: ``poll`` (control came back), ``retry`` (a failure action), ``resend``
            (no failure action of its own: ``--retry``).
        number: Which wait of this kind in a row, from 1.
    """

    workflow_id: str = ""
    step_id: str
    depth: int = 0
    seconds: float
    reason: WaitReason
    number: int = 1


@dataclass(frozen=True, slots=True)
class Warned:
    """Something worth knowing: a dialect rule used, an unhandled state, …"""

    diagnostic: Diagnostic


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFinished:
    """
    A run has ended; always the last event.

    Attributes:
        outputs: The workflow's outputs; those that do not resolve are null.
        error: Why it did not succeed, or None.
        step_outputs: Outputs of the steps that ran, by step; what a run that ends early
            still has. Steps of workflows inside of it are called ``workflow.step``.
    """

    run_id: str
    workflow_id: str
    status: RunStatus
    outputs: Mapping[str, Value] = field(default_factory=dict)
    error: Diagnostic | None = None
    step_outputs: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)


Event: TypeAlias = Union[
    RunStarted,
    WorkflowStarted,
    StepStarted,
    RequestSent,
    ResponseReceived,
    StepFinished,
    Waiting,
    Warned,
    WorkflowFinished,
    RunFinished,
]
