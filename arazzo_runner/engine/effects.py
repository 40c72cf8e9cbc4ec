"""What the engine asks for and what it is told: the only words between it and a driver."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias, Union

from ..events import WaitReason
from ..messages import Call, Response


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """
    Send the request of a step.

    Attributes:
        key: Sequence number in the run; the same after every crash.
        workflow_id: Name in the run of the step's workflow.
        timeout: Seconds for the whole attempt (the step's ``timeout``); None for none.
        digest: Of the call, where it is known: equal ones are the same request.
    """

    key: int
    workflow_id: str = ""
    step_id: str
    call: Call
    timeout: float | None = None
    digest: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sleep:
    """
    Wait before a step runs again. `call` is its request; None if it calls a workflow, or
    if something runs before the request can be made.
    """

    key: int
    workflow_id: str = ""
    step_id: str
    seconds: float
    reason: WaitReason
    call: Call | None = None


Effect: TypeAlias = Union[Send, Sleep]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """
    The answer to an effect.

    Attributes:
        key: Of the effect it answers.
        at: Seconds since the run began.
        response: The response to a `Send`; None when there was none, and for a `Sleep`.
        failure: Why there was no (whole) response, in plain words.
        limit: The failure is a limit of ours (a body too large), not the network's.
        retry_after: Seconds that ``Retry-After`` asks for; None without the field. A date
            needs a clock, so the driver makes seconds of it.
        unfollowed: The response is a redirect, and why it was not followed.
    """

    key: int
    at: float
    response: Response | None = None
    failure: str | None = None
    limit: bool = False
    retry_after: float | None = None
    unfollowed: str | None = None


class StateError(ValueError):
    """A reply or a stored state that does not belong to this run or plan."""
