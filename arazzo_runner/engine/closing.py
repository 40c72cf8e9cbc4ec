"""How workflows and runs end: what has been started is finished, innermost first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from ..errors import Diagnostic
from ..events import (
    Outcome,
    RunFinished,
    RunStatus,
    WorkflowFinished,
)
from ..messages import Value
from .activation import Activation
from .judging import take_outputs


class Closing(Activation):
    """What ends."""

    def abort(self, status: RunStatus, error: Diagnostic) -> None:
        """End the whole run; what has been started is finished, innermost first."""
        left = self.step_outputs()
        while self.then != "run":
            self.unwind(status, error)
        self.run_ended(status, self.workflow_outputs(status), error, left)

    def unwind(
        self, status: RunStatus, error: Diagnostic, *, owed: bool = True
    ) -> None:
        """Leave the innermost frame; with *owed* its caller's step is finished, too."""
        if self.then != "step-reference":
            self.closed(status, {}, error)
        then = self.then
        self.pop()
        if then == "step" and owed:
            self.finished(Outcome.ERRORED, decision=status, failure=error.message)

    def workflow_outputs(self, status: RunStatus) -> dict[str, Value]:
        """The workflow's outputs: what resolves, also after a failure (A-49)."""
        outputs: dict[str, Value] = {}
        missing: list[Diagnostic] = []
        for planned in self.plan.outputs:
            scope = replace(self.scope(), method="", outputs=outputs)
            found, absent = take_outputs((planned,), scope)
            outputs = {**outputs, **found}
            missing += absent
        if status == "succeeded":
            self.warn(missing)
        return outputs

    def closed(
        self,
        status: RunStatus | Literal["transferred"],
        outputs: Mapping[str, Value],
        error: Diagnostic | None,
    ) -> None:
        self.events.append(
            WorkflowFinished(
                workflow_id=self.plan.workflow_id,
                status=status,
                depth=self.depth,
                outputs=outputs,
                error=error,
            )
        )

    def run_ended(
        self,
        status: RunStatus,
        outputs: Mapping[str, Value],
        error: Diagnostic | None,
        left: Mapping[str, Mapping[str, Value]] | None = None,
    ) -> None:
        if self.came:
            self.closed(status, outputs, error)
        self.events.append(
            RunFinished(
                run_id=self.before.run_id,
                workflow_id=self.before.workflow_id,
                status=status,
                outputs=outputs,
                error=error,
                step_outputs=self.step_outputs() if left is None else left,
            )
        )
        self.pending = None
        self.status, self.results, self.error = status, outputs, error

    def step_outputs(self) -> dict[str, Mapping[str, Value]]:
        """Outputs of every step that ran; of other workflows as ``workflow.step``."""
        found: dict[str, Mapping[str, Value]] = {}

        def add(name: str, steps: Mapping[str, Mapping[str, Value]]) -> None:
            prefix = "" if name == self.before.workflow_id else f"{name}."
            for step_id, outputs in steps.items():
                found[prefix + step_id] = outputs

        for name, ended in self.ended.items():
            add(name, ended.steps)
        for frame in (*self.below, self.frame()):
            for name, ran in frame.came.items():
                add(name, ran.steps)
            add(frame.workflow_id, frame.outputs)
        return found
