"""What exploring gives: paths, with every reply on them and what followed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from ..engine.plan import PlannedAction
from ..errors import Diagnostic
from ..messages import Response, Value
from .choices import Choice, Recipe

#: Workflow, step, and `Choice.key`.
Decision: TypeAlias = tuple[str, str, tuple[str, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """
    What bounds an exploration.

    Attributes:
        paths: Paths that are run.
        requests: Requests of one path.
        loops: How often a path goes back by one action of a step.
        combined: Also run what is only a combination of decisions taken on other paths.
    """

    paths: int = 100
    requests: int = 1000
    loops: int = 2
    combined: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """
    A reply on a path.

    Attributes:
        call: Which request of this step it answers, from 1.
        request: ``GET https://…``, what must not be seen masked.
        usual: It is what a mock answers by itself.
        action: The action that the criteria led to.
        decision: What followed, in the words of `StepFinished`.
    """

    workflow_id: str
    step_id: str
    call: int
    choice: Choice
    request: str = ""
    usual: bool = False
    action: PlannedAction | None = None
    decision: str = ""
    response: Response | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """
    A step that called a workflow, and has ended.

    Attributes:
        held: What each of its success criteria gave, in order.
        decision: What followed, in the words of `StepFinished`.
    """

    workflow_id: str
    step_id: str
    held: tuple[bool, ...] = ()
    decision: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """
    One way through a workflow.

    Attributes:
        number: From 1, in the order they were found.
        status: ``cut``: it went on until one of our limits.
        error: Why it did not succeed.
        given: The replies, in order.
        steps: Every step that began, in order: (workflow, step).
        called: What followed steps that call workflows, in order.
        seconds: Virtual time that passed.
        outputs: Of the workflow.
        warnings: Of the run.
        combined: Every decision on it was taken on an earlier path.
        start: Which of the sets of inputs it began with.
        inputs: What tells that set from the first; "" for the first.
    """

    number: int
    status: Literal["succeeded", "failed", "cut"]
    error: Diagnostic | None = None
    given: tuple[Given, ...] = ()
    steps: tuple[tuple[str, str], ...] = ()
    called: tuple[Called, ...] = ()
    seconds: float = 0.0
    outputs: Mapping[str, Value] = field(default_factory=dict)
    warnings: tuple[Diagnostic, ...] = ()
    combined: bool = False
    start: int = 0
    inputs: str = ""

    @property
    def name(self) -> str:
        """What makes this path another one: the replies that are not the usual ones."""
        told: dict[str, int] = {f"inputs {self.inputs}": 1} if self.inputs else {}
        for each in self.given:
            if not each.usual:
                what = f"{each.step_id}: {each.choice.name}"
                told[what] = told.get(what, 0) + 1
        parts = [what if n == 1 else f"{what} ({n} times)" for what, n in told.items()]
        return ", ".join(parts) or "as the mock answers"


@dataclass(frozen=True, slots=True, kw_only=True)
class Travelled:
    """
    Every path that was run.

    Attributes:
        recipes: What each step that was reached can be answered, by workflow and step.
        taken: The choices that were given, by workflow, step and `Choice.key`.
        truths: Criteria by identity with what they gave.
        left: Paths that the limits kept from being run.
        limited: Whether a path was left because of its number of requests.
    """

    paths: tuple[Path, ...]
    recipes: Mapping[tuple[str, str], Recipe]
    taken: frozenset[Decision]
    truths: frozenset[tuple[int, bool]]
    left: int = 0
    limited: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """
    What paths begin with.

    Attributes:
        name: What tells these inputs from the first.
        given: Inputs of workflows that others depend on, by name.
        secrets: The values of references.
    """

    name: str = ""
    inputs: Mapping[str, Value]
    given: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)
    secrets: Mapping[str, Value] = field(default_factory=dict, repr=False)
