"""
A plan: one workflow with every expression parsed and every operation found. Frozen.

`compile.plan_workflow` makes it and reports every problem before anything is sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..errors import NOWHERE, Diagnostic, Location, UsageError
from ..expressions.criteria import Test
from ..expressions.nodes import Operand
from ..expressions.templates import Payload
from ..messages import JSON
from ..model import Action, Criterion
from ..openapi.operations import Operation


def check_number(name: str, value: object, *, least: float = 0) -> None:
    """
    Raises:
        UsageError: *value* is no number, or less than *least*.
    """
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not value >= least:  # type: ignore[operator]
        raise UsageError(f"{name} is {value!r}; it must be a number of {least} or more")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pacing:
    """
    How long to wait before a poll or a retry without ``retryAfter`` is sent again.

    Attributes:
        interval: Seconds before the first repetition.
        max_interval: Seconds, the longest wait of our own choosing.
        factor: How much longer each wait is than the one before.
        jitter: Part of a wait by which it may differ, drawn from the run's seed.
        timeout: Seconds from a step's first visit to the last poll of it. Providers
            expire a batch after 24 h; one hour more lets us see that.
    """

    interval: float = 1.0
    max_interval: float = 30.0
    factor: float = 1.5
    jitter: float = 0.1
    timeout: float = 25 * 3600.0

    def __post_init__(self) -> None:
        for name in ("interval", "max_interval", "factor", "jitter", "timeout"):
            check_number(f"pacing: {name}", getattr(self, name))


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """
    What bounds a run.

    Attributes:
        retry: How often a GET or HEAD that no failure action looks after is sent again.
        max_steps: Steps a run may take; polls do not count.
    """

    pacing: Pacing = field(default_factory=Pacing)
    retry: int = 3
    max_steps: int = 1000
    strict: bool = False

    def __post_init__(self) -> None:
        check_number("retry", self.retry)
        check_number("max_steps", self.max_steps, least=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedCriterion:
    """A criterion and what it tests."""

    criterion: Criterion
    test: Test
    location: Location = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedAction:
    """An action with its criteria."""

    action: Action
    criteria: tuple[PlannedCriterion, ...] = ()
    location: Location = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedParameter:
    """
    A parameter of a step.

    `needed`: without a value the step cannot be sent (path, required, Authorization).
    """

    name: str
    place: str
    value: Payload
    needed: bool = False
    location: Location = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedOutput:
    """An output: its name and the expression that gives it."""

    name: str
    value: Operand
    location: Location = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedStep:
    """
    A step that calls an operation.

    Attributes:
        source: Name of the source description.
        label: ``GET /batches/{batch_id}``, for people.
        json_text: The payload is a text that is JSON (checklist A-60).
        timeout: Seconds for one attempt; None for no limit.
    """

    step_id: str
    index: int
    source: str
    operation: Operation
    label: str
    parameters: tuple[PlannedParameter, ...] = ()
    content_type: str = ""
    body: Payload | None = None
    json_text: bool = False
    body_location: Location = NOWHERE
    success_criteria: tuple[PlannedCriterion, ...] = ()
    on_success: tuple[PlannedAction, ...] = ()
    on_failure: tuple[PlannedAction, ...] = ()
    outputs: tuple[PlannedOutput, ...] = ()
    timeout: float | None = None
    location: Location = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """
    Everything a run of one workflow needs to know beforehand.

    Attributes:
        description: URI of the Arazzo document.
        inputs: The JSON Schema of the inputs, or None.
        secret_inputs: Names of inputs that must not be seen.
        secret_members: Paths of members of other inputs that must not be seen.
        sources: URL of each source description, as written.
        servers: Base URL to which each step's request goes, by step id.
        warnings: Dialect rules used and other findings, each once.
    """

    description: str
    workflow_id: str
    steps: tuple[PlannedStep, ...]
    index: Mapping[str, int]
    outputs: tuple[PlannedOutput, ...] = ()
    inputs: JSON = None
    secret_inputs: frozenset[str] = frozenset()
    secret_members: frozenset[tuple[str, ...]] = frozenset()
    sources: Mapping[str, str] = field(default_factory=dict)
    servers: Mapping[str, str] = field(default_factory=dict)
    self_uri: str = ""
    settings: Settings = field(default_factory=Settings)
    warnings: tuple[Diagnostic, ...] = ()

    def step(self, step_id: str) -> PlannedStep:
        """The step of this id."""
        return self.steps[self.index[step_id]]
