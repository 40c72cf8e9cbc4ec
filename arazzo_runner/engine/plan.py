"""
A plan: a workflow with every expression parsed and every operation found, and the plans of
the workflows that it can come to. Frozen.

`compile.plan_workflow` makes it and reports every problem before anything is sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from ..errors import NOWHERE, Diagnostic, Location, UsageError
from ..expressions.criteria import Test
from ..expressions.nodes import Operand, Selected
from ..expressions.replacements import Replacement
from ..expressions.templates import Payload
from ..messages import JSON, Syntax
from ..model import Action, Criterion, Workflow
from ..openapi.operations import Operation
from .lookup import Unit
from .schemas import Validate

Contract = Literal["off", "warn", "fail"]

#: The most that `Settings.max_depth` may be: the machine goes as deep as workflows do.
MAX_DEPTH = 100


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
        max_depth: How deep workflows may call workflows.
        contract: Whether messages are compared with their description: ``off``, ``warn``,
            or ``fail``, which ends the run at the first difference.
        given_headers: Names, in lower case, of fields that every request is given.
    """

    pacing: Pacing = field(default_factory=Pacing)
    retry: int = 3
    max_steps: int = 1000
    max_depth: int = 32
    strict: bool = False
    contract: Contract = "off"
    given_headers: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        check_number("retry", self.retry)
        check_number("max_steps", self.max_steps, least=1)
        check_number("max_depth", self.max_depth, least=1)
        if self.contract not in ("off", "warn", "fail"):
            raise UsageError(
                f"contract is {self.contract!r}; it must be off, warn or fail"
            )
        if self.max_depth > MAX_DEPTH:
            raise UsageError(f"max_depth is {self.max_depth}; {MAX_DEPTH} is the limit")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedCriterion:
    """A criterion and what it tests."""

    criterion: Criterion
    test: Test
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
class PlannedAction:
    """
    An action with its criteria.

    Attributes:
        workflow: Name in the run of the workflow that a ``goto`` or ``retry`` names.
        parameters: That workflow's inputs.
    """

    action: Action
    criteria: tuple[PlannedCriterion, ...] = ()
    workflow: str = ""
    parameters: tuple[PlannedParameter, ...] = ()
    location: Location = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedOutput:
    """An output: its name and the expression that gives it."""

    name: str
    value: Operand | Selected
    location: Location = NOWHERE


class Needed(NamedTuple):
    """A step that must have run before another: in `workflow`, "" for the same one."""

    workflow: str
    step_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """
    What all steps have.

    Attributes:
        workflow_id: Name in the run of the workflow it belongs to.
        index: Its place in the order in which steps run.
        label: ``GET /batches/{batch_id}`` or ``workflow pay``, for people.
        depends_on: Steps that must have run, checked when control comes here.
        timeout: Seconds for one attempt; None for no limit.
    """

    step_id: str
    workflow_id: str = ""
    index: int
    label: str
    parameters: tuple[PlannedParameter, ...] = ()
    depends_on: tuple[Needed, ...] = ()
    success_criteria: tuple[PlannedCriterion, ...] = ()
    on_success: tuple[PlannedAction, ...] = ()
    on_failure: tuple[PlannedAction, ...] = ()
    outputs: tuple[PlannedOutput, ...] = ()
    timeout: float | None = None
    location: Location = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedStep(Planned):
    """
    A step that calls an operation.

    Attributes:
        source: Name of the source description.
        syntax: That of a payload which is text (checklist A-60).
        replacements: Applied to the payload, in order.
    """

    source: str
    operation: Operation
    content_type: str = ""
    body: Payload | None = None
    replacements: tuple[Replacement, ...] = ()
    syntax: Syntax = ""
    body_location: Location = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedCall(Planned):
    """
    A step that calls a workflow; `parameters` are that workflow's inputs.

    Attributes:
        workflow: Name in the run of the workflow it calls.
    """

    workflow: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """
    Everything a run of a workflow needs to know beforehand.

    Attributes:
        description: URI of the Arazzo document.
        workflow_id: Name in the run: the ``workflowId``, in another document than the
            one that is run with its source description's name before it, ``pay.charge``.
        inputs: The JSON Schema of the inputs, or None.
        validate: Checks inputs that a step gives; None where there is no schema.
        secret_inputs: Names of inputs that must not be seen.
        secret_members: Paths of members of other inputs that must not be seen.
        depends_on: Workflows that must have succeeded before this one begins.
        plans: This one and all that it can come to, by name in the run.
        known: Name in the run by the id that ``$workflows`` uses in this document.
        sources: Fields of each source description, as written.
        servers: Base URL to which each step's request goes, by step id.
        components: The document's Components Object, for ``$components``.
        unit, workflow: What it was made of.
        warnings: Dialect rules used and other findings, each once; in the plan of the
            workflow that is run those of all.
    """

    description: str
    workflow_id: str
    steps: tuple[Planned, ...]
    index: Mapping[str, int]
    outputs: tuple[PlannedOutput, ...] = ()
    inputs: JSON = None
    validate: Validate | None = field(default=None, compare=False, repr=False)
    secret_inputs: frozenset[str] = frozenset()
    secret_members: frozenset[tuple[str, ...]] = frozenset()
    depends_on: tuple[str, ...] = ()
    plans: Mapping[str, Plan] = field(default_factory=dict, compare=False, repr=False)
    known: Mapping[str, str] = field(default_factory=dict)
    sources: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    servers: Mapping[str, str] = field(default_factory=dict)
    components: JSON = field(default=None, compare=False, repr=False)
    self_uri: str = ""
    settings: Settings = field(default_factory=Settings)
    unit: Unit = field(compare=False, repr=False)
    workflow: Workflow = field(compare=False, repr=False)
    warnings: tuple[Diagnostic, ...] = ()

    def operation_steps(self) -> tuple[PlannedStep, ...]:
        """The steps that call operations, in order."""
        return tuple(each for each in self.steps if isinstance(each, PlannedStep))

    def source_of(self, step: PlannedStep) -> str:
        """
        The source description of a *step* of this plan, by its name in the run: with those
        that led to the step's document before it, ``pay.api``.
        """
        own = self.workflow.workflow_id
        return self.workflow_id.removesuffix(own) + step.source

    def operation_step(self, workflow_id: str, step_id: str) -> PlannedStep:
        """
        A step that calls an operation, of any workflow of the run.

        Raises:
            LookupError: there is none.
        """
        plan = self.plans[workflow_id]
        step = plan.steps[plan.index[step_id]]
        if isinstance(step, PlannedStep):
            return step
        raise LookupError(f"step {step_id!r} calls a workflow")
