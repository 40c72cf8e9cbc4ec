"""What a run gives: outputs, steps, why it ended, as data."""

from __future__ import annotations

import contextlib
import os
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import TracebackType

from .errors import Diagnostic, exit_status
from .events import (
    CriterionResult,
    Event,
    Outcome,
    RunFinished,
    RunStarted,
    RunStatus,
    StepFinished,
    StepStarted,
    Warned,
)
from .messages import NO_BODIES, Bodies, Value


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRecord:
    """
    An attempt of a step; polls in a row that changed nothing are one record.

    Attributes:
        count: How many attempts this record stands for.
        status: Status code of the last response, None without one.
        outputs: As after the last of them.
        decision: What followed, in words.
        began, ended: Seconds since the run began: of the first, and of the last.
        workflow_id: Name in the run of the step's workflow.
        depth: How many workflows that is inside of.
    """

    workflow_id: str = ""
    step_id: str
    depth: int = 0
    operation: str
    outcome: Outcome
    status: int | None
    outputs: Mapping[str, Value]
    decision: str
    count: int = 1
    criteria: tuple[CriterionResult, ...] = ()
    failure: str | None = None
    began: float = 0.0
    ended: float = 0.0


@dataclass(slots=True, kw_only=True, eq=False, weakref_slot=True)
class RunResult:
    """
    The result of a run. Close it, or use it as a context manager, when its large bodies
    are not needed any more: they live in files until then.

    Attributes:
        outputs: The workflow's outputs. Large ones are `Records` or `File`.
        steps: What each step did, in order.
        error: Why it did not succeed; None on success.
        warnings: Dialect rules used, unhandled states, and the like.
        step_outputs: Outputs of the steps that ran, also when the run ended early.
        bodies: Reads what is kept in files.
    """

    run_id: str
    workflow_id: str
    status: RunStatus
    outputs: Mapping[str, Value] = field(default_factory=dict)
    steps: tuple[StepRecord, ...] = ()
    error: Diagnostic | None = None
    warnings: tuple[Diagnostic, ...] = ()
    step_outputs: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)
    bodies: Bodies = NO_BODIES
    _remove: weakref.finalize[[Sequence[str]], RunResult] | None = field(
        default=None, repr=False
    )

    @property
    def succeeded(self) -> bool:
        """Whether the workflow reached its end without a failure."""
        return self.status == "succeeded"

    @property
    def exit_status(self) -> int:
        """The exit status of the command for this result (product page, "Exit codes")."""
        return exit_status(self.error.code if self.error else None)

    def keep(self, files: Sequence[str]) -> None:
        """Remove *files* when this result is closed, or when nobody holds it any more."""
        if files:
            self._remove = weakref.finalize(self, remove_files, tuple(files))

    def close(self) -> None:
        """Remove the files of large bodies; outputs that live in them are gone."""
        if self._remove is not None:
            self._remove()

    def __enter__(self) -> RunResult:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def remove_files(files: Sequence[str]) -> None:
    """Remove *files* as far as they are there."""
    for file in files:
        with contextlib.suppress(OSError):
            os.unlink(file)  # noqa: PTH108  (also runs at interpreter shutdown)


class Recorder:
    """Makes a `RunResult` of the events of a run."""

    def __init__(self) -> None:
        self._steps: list[StepRecord] = []
        self._warnings: list[Diagnostic] = []
        # Operation and beginning of the steps under way, by depth: a step that calls a
        # workflow goes on while those inside of it run.
        self._under_way: dict[int, tuple[str, float]] = {}
        self._count = 0
        self._ended = 0.0
        self._started: RunStarted | None = None
        self._finished: RunFinished | None = None

    def __call__(self, event: Event, at: float) -> None:
        match event:
            case RunStarted():
                self._started = event
            case StepStarted():
                self._under_way[event.depth] = event.operation, at
            case StepFinished():
                self._add(event, at)
            case Warned(diagnostic):
                if diagnostic not in self._warnings:
                    self._warnings.append(diagnostic)
            case RunFinished():
                self._finished = event

    def _add(self, event: StepFinished, at: float) -> None:
        operation, began = self._under_way.get(event.depth, ("", at))
        last = self._steps[-1] if self._steps else None
        if last is not None and (
            last.step_id == event.step_id
            and last.workflow_id == event.workflow_id
            and last.depth == event.depth
            and last.operation == operation
            and last.outcome is event.outcome
            and last.status == event.status
            and last.decision == event.decision
            and last.failure == event.failure
            and last.outputs == event.outputs
            and last.criteria == event.criteria
        ):
            # The record is made when it is complete: there may be thousands of polls.
            self._count += 1
            self._ended = at
            return
        self._complete()
        record = StepRecord(
            workflow_id=event.workflow_id,
            step_id=event.step_id,
            depth=event.depth,
            operation=operation,
            outcome=event.outcome,
            status=event.status,
            outputs=event.outputs,
            decision=event.decision,
            criteria=event.criteria,
            failure=event.failure,
            began=began,
            ended=at,
        )
        self._steps.append(record)
        self._count, self._ended = 1, at

    def _complete(self) -> None:
        if self._steps:
            last = self._steps[-1]
            self._steps[-1] = replace(last, count=self._count, ended=self._ended)

    def result(self, bodies: Bodies, outputs: Mapping[str, Value]) -> RunResult:
        """The result of the run that has ended; *outputs* with their secrets revealed."""
        finished = self._finished
        if finished is None:
            raise RuntimeError("the run has not ended")
        self._complete()
        return RunResult(
            run_id=finished.run_id,
            workflow_id=finished.workflow_id,
            status=finished.status,
            outputs=outputs,
            steps=tuple(self._steps),
            error=finished.error,
            warnings=tuple(self._warnings),
            step_outputs=finished.step_outputs,
            bodies=bodies,
        )

    @property
    def finished(self) -> RunFinished | None:
        """The last event, once it has come."""
        return self._finished
