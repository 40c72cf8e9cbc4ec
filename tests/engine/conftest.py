"""Fixtures for tests of the engine: plans from a few lines of YAML, invariants."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import pytest

from arazzo_runner.engine.plan import Pacing, Plan, Settings
from arazzo_runner.errors import Diagnostic, DocumentError
from arazzo_runner.events import (
    Event,
    RunFinished,
    RunStarted,
    StepFinished,
    StepStarted,
    Waiting,
    Warned,
    WorkflowFinished,
    WorkflowStarted,
)
from arazzo_runner.testing import plan_text

API = """\
openapi: 3.1.0
info: {title: Jobs, version: '1'}
servers: [{url: https://api.test/v1}]
paths:
  /ping:
    get: {operationId: ping, responses: {}}
    head: {operationId: headPing, responses: {}}
    delete: {operationId: deletePing, responses: {}}
  /jobs:
    post:
      operationId: createJob
      requestBody: {content: {application/json: {schema: {type: object}}}}
      responses: {}
    get:
      operationId: listJobs
      parameters:
      - {name: cursor, in: query, schema: {type: string}}
      - {name: limit, in: query, schema: {type: integer}}
      responses: {}
  /jobs/{id}:
    parameters:
    - {name: id, in: path, required: true, schema: {type: string}}
    get: {operationId: getJob, responses: {}}
    head: {operationId: headJob, responses: {}}
    put:
      operationId: replaceJob
      requestBody: {content: {application/json: {schema: {type: object}}}}
      responses: {}
    delete: {operationId: deleteJob, responses: {}}
  /search:
    get:
      operationId: search
      parameters:
      - {name: q, in: query, required: true, schema: {type: string}}
      - {name: X-Trace, in: header, schema: {type: string}}
      responses: {}
  /notes:
    post:
      operationId: writeNote
      requestBody: {content: {text/plain: {}, application/json: {}}}
      responses: {}
  /texts:
    post:
      operationId: writeText
      requestBody: {content: {text/plain: {}}}
      responses: {}
  /anything:
    post:
      operationId: writeAnything
      requestBody: {content: {'*/*': {}}}
      responses: {}
"""

HEAD = """\
arazzo: {version}
info: {{title: Test, version: '1'}}
sourceDescriptions:
- {{name: api, url: api.yaml, type: openapi}}
{more}workflows:
- workflowId: main
"""

#: Stands in a text before the place where a problem is expected.
MARK = "«"


@dataclass(frozen=True, slots=True)
class Refusal:
    """The problems for which a description was refused, and the marked places."""

    problems: tuple[Diagnostic, ...]
    marks: tuple[str, ...]

    @property
    def found(self) -> list[tuple[str, str]]:
        """(code, ``line:column``) of each problem, in order."""
        return [(each.code, place(each)) for each in self.problems]

    @property
    def one(self) -> Diagnostic:
        """The only problem."""
        assert len(self.problems) == 1, self.problems
        return self.problems[0]


def place(problem: Diagnostic) -> str:
    """``line:column`` of *problem*."""
    return f"{problem.location.line}:{problem.location.column}"


@dataclass(slots=True)
class Flow:
    """
    Makes plans: ``flow(text)`` with the text of the workflow object below its id.

    Attributes:
        api: The OpenAPI description that is called ``api``.
        pacing: Without jitter unless told otherwise, so that waits can be compared.
    """

    api: str = API
    pacing: Pacing = field(default_factory=lambda: Pacing(jitter=0.0))

    def text(self, workflow: str, *, version: str = "1.0.1", more: str = "") -> str:
        """The whole document; *more* are its other root members."""
        return HEAD.format(version=version, more=textwrap.dedent(more)) + (
            textwrap.indent(textwrap.dedent(workflow), "  ")
        )

    def __call__(
        self,
        workflow: str,
        *,
        version: str = "1.0.1",
        more: str = "",
        api: str | None = None,
        pacing: Pacing | None = None,
        retry: int = 3,
        max_steps: int = 1000,
        max_depth: int = 32,
        strict: bool = False,
        secrets: Iterable[str] = (),
        workflow_id: str | None = None,
        **texts: str,
    ) -> Plan:
        """A plan of *workflow*."""
        settings = Settings(
            pacing=pacing or self.pacing,
            retry=retry,
            max_steps=max_steps,
            max_depth=max_depth,
            strict=strict,
        )
        return plan_text(
            self.text(workflow, version=version, more=more),
            workflow_id,
            settings=settings,
            secrets=secrets,
            api=api or self.api,
            **texts,
        )

    def refuse(
        self,
        workflow: str,
        *,
        version: str = "1.0.1",
        more: str = "",
        **options: object,
    ) -> Refusal:
        """The problems of *workflow*, which must have some; marks are taken out."""
        whole = self.text(workflow, version=version, more=more)
        marks = tuple(_marks(whole))
        with pytest.raises(DocumentError) as caught:
            self(
                workflow.replace(MARK, ""),
                version=version,
                more=more.replace(MARK, ""),
                **options,
            )
        return Refusal(caught.value.problems, marks)


def _marks(text: str) -> Iterable[str]:
    for number, line in enumerate(text.splitlines(), 1):
        parts = line.split(MARK)
        for count in range(1, len(parts)):
            yield f"{number}:{len(''.join(parts[:count])) + 1}"


@pytest.fixture(scope="session")
def flow() -> Flow:
    """``flow("steps: …")`` is a plan, ``flow.refuse("steps: …")`` its problems."""
    return Flow()


class WellFormed:
    """Checks what holds for the events of every run that has ended."""

    def __call__(self, events: Sequence[Event]) -> None:
        assert isinstance(events[0], RunStarted)
        assert isinstance(events[-1], RunFinished)
        assert sum(isinstance(each, RunStarted) for each in events) == 1
        assert sum(isinstance(each, RunFinished) for each in events) == 1
        steps: dict[int, StepStarted] = {}  # those under way, by depth
        workflows: list[tuple[str, int]] = []
        for each in events[1:-1]:
            match each:
                case StepStarted(depth=depth):
                    assert not steps or max(steps) < depth, "a step starts in another"
                    steps[depth] = each
                case StepFinished(depth=depth):
                    assert max(steps, default=-1) == depth, "it has not started"
                    assert _attempt(each) == _attempt(steps.pop(depth))
                case Waiting(depth=depth):
                    assert depth not in steps, "a wait lies between attempts"
                case WorkflowStarted():
                    workflows.append((each.workflow_id, each.depth))
                case WorkflowFinished():
                    assert workflows.pop() == (each.workflow_id, each.depth)
                case Warned():
                    pass
                case _:
                    pytest.fail(f"the engine does not send {each!r}")
        assert not steps, "a Finished is owed"
        assert not workflows, "the Finished of a workflow is owed"


def _attempt(event: StepStarted | StepFinished) -> tuple[object, ...]:
    return event.workflow_id, event.step_id, event.visit, event.attempt, event.poll


@pytest.fixture(scope="session")
def well_formed() -> WellFormed:
    """Asserts that Started and Finished come in pairs and RunFinished is last."""
    return WellFormed()
