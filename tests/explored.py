"""Small workflows to explore, and a mock that goes along a scenario file."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import yaml

from arazzo_runner.engine import machine
from arazzo_runner.engine.effects import Reply, Sleep
from arazzo_runner.engine.plan import Plan
from arazzo_runner.engine.state import RunState
from arazzo_runner.exchanges import revealed
from arazzo_runner.exploration.coverage import coverage_of
from arazzo_runner.exploration.findings import findings_of
from arazzo_runner.exploration.paths import Limits, Start
from arazzo_runner.exploration.travelling import travel
from arazzo_runner.exploring import made_inputs
from arazzo_runner.inputs.prepare import prepare_inputs
from arazzo_runner.messages import ABSENT, NO_BODIES, Absent, Argument
from arazzo_runner.mock.answers import Mock
from arazzo_runner.openapi.document import tokens
from arazzo_runner.testing import plan_text
from arazzo_runner.transports.spool import Spool

API = """\
openapi: 3.1.0
info: {title: Jobs, version: '1'}
servers: [{url: https://api.test/v1}]
paths:
  /jobs:
    post:
      operationId: createJob
      requestBody: {content: {application/json: {schema: {type: object}}}}
      responses:
        '201': {description: Made., content: {application/json: {schema: {$ref: '#/components/schemas/Job'}}}}
        '400': {description: Wrong.}
    get:
      operationId: listJobs
      responses:
        '200':
          description: Some.
          content:
            application/json:
              schema:
                type: object
                required: [jobs]
                properties: {jobs: {type: array, items: {$ref: '#/components/schemas/Job'}}}
  /jobs/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: string}}]
    get:
      operationId: getJob
      responses:
        '200': {description: One., content: {application/json: {schema: {$ref: '#/components/schemas/Job'}}}}
        '404': {description: None.}
    delete: {operationId: deleteJob, responses: {'204': {description: Gone.}}}
components:
  schemas:
    Job:
      type: object
      required: [id, status, progress]
      properties:
        id: {type: string}
        status: {type: string, enum: [queued, running, cancelling, completed, failed]}
        progress: {type: integer, minimum: 0, maximum: 100}
        result: {type: [string, 'null']}
"""

HEAD = """\
arazzo: 1.0.1
info: {title: Test, version: '1'}
sourceDescriptions: [{name: api, url: api.yaml, type: openapi}]
workflows:
- workflowId: main
"""

POLL = """
steps:
- stepId: create
  operationId: createJob
  requestBody: {payload: {}}
  successCriteria: [{condition: $statusCode == 201}]
  outputs: {id: $response.body#/id}
- stepId: poll
  operationId: getJob
  parameters: [{name: id, in: path, value: $steps.create.outputs.id}]
  successCriteria: [{condition: $statusCode == 200}]
  onSuccess:
  - name: done
    type: goto
    stepId: remove
    criteria: [{condition: $response.body#/status == 'completed'}]
  - name: wait
    type: goto
    stepId: poll
    criteria: [{condition: $response.body#/status == 'queued' || $response.body#/status == 'running' || $response.body#/status == 'cancelling'}]
  - name: broken
    type: end
    criteria: [{condition: $response.body#/status == 'failed'}]
- stepId: remove
  operationId: deleteJob
  parameters: [{name: id, in: path, value: $steps.create.outputs.id}]
  successCriteria: [{condition: $statusCode == 204}]
"""

RETRY = """
steps:
- stepId: create
  operationId: createJob
  requestBody: {payload: {}}
  successCriteria: [{condition: $statusCode == 201}]
  onFailure:
  - {name: busy, type: retry, retryAfter: 7, retryLimit: 3, criteria: [{condition: $statusCode == 429}]}
"""


@dataclass
class Explored:
    """A plan, explored."""

    plan: Plan
    travelled: Any
    inputs: Mapping[str, Any]
    hidden: tuple[str, ...] = ()

    @property
    def paths(self):
        return self.travelled.paths

    @property
    def names(self):
        return [each.name for each in self.paths]

    @property
    def coverage(self):
        return coverage_of(self.plan, self.travelled)

    @property
    def findings(self):
        return findings_of(self.plan, self.travelled)

    def codes(self, severity="warning"):
        return [each.code for each in self.findings if each.severity == severity]

    def path(self, name):
        (found,) = [each for each in self.paths if each.name == name]
        return found


def explored(text, *, api=API, **limits):
    """
    Explore the workflow ``main``, whose members are *text*; after a line ``- workflowId``
    come others.
    """
    first, sign, rest = textwrap.dedent(text).partition("- workflowId:")
    whole = HEAD + textwrap.indent(first, "  ") + sign + rest
    plan = plan_text(whole, api=api)
    inputs = made_inputs(plan)
    prepared = prepare_inputs(plan, inputs, spool=Spool(), mock=True)
    start = Start(
        inputs=prepared.values, given=prepared.given, secrets=prepared.secrets
    )
    limits.setdefault("combined", False)
    travelled = travel(plan, [start], limits=Limits(**limits))
    return Explored(plan, travelled, inputs)


# --- a scenario -------------------------------------------------------------------------


def _fits(calls, number):
    if calls is None:
        return True
    if isinstance(calls, int):
        return calls == number
    if isinstance(calls, list):
        return number in calls
    first, _, last = calls.partition("-")
    return int(first) <= number and (not last or number <= int(last))


def replay(plan: Plan, text: str, *, over_usual: bool) -> RunState:
    """
    The last state of a mock run along the scenario *text*. *over_usual*: members are put
    into what the mock would answer, else into what it makes for the status.
    """
    scenario = yaml.safe_load(text)
    prepared = prepare_inputs(plan, scenario["inputs"], spool=Spool(), mock=True)
    mock = Mock(plan, polls=scenario["polls"], seed=scenario["seed"])
    turn = machine.start(
        plan,
        prepared.values,
        run_id="r",
        seed=scenario["seed"],
        given=prepared.given,
    )
    counts: dict[tuple[str, str], int] = {}
    at = 0.0
    while turn.effects:
        effect = turn.effects[0]
        if isinstance(effect, Sleep):
            at += effect.seconds
            turn = machine.advance(plan, turn.state, Reply(key=effect.key, at=at))
            continue
        this = effect.workflow_id, effect.step_id
        counts[this] = number = counts.get(this, 0) + 1
        names = (effect.step_id, ".".join(this))
        wanted = next(
            (
                each
                for each in scenario["replies"]
                if each["step"] in names and _fits(each.get("call"), number)
            ),
            None,
        )
        response = _answer(plan, mock, effect, wanted, turn, prepared, over_usual)
        reply = Reply(key=effect.key, at=at, response=response)
        if response is None:
            reply = replace(reply, failure="the connection was reset")
        turn = machine.advance(plan, turn.state, reply)
    return turn.state


def _answer(plan, mock, effect, wanted, turn, prepared, over_usual):
    step = plan.operation_step(effect.workflow_id, effect.step_id)

    def shown(value):
        return revealed(value, prepared.secrets, NO_BODIES)

    call = replace(
        effect.call,
        arguments=tuple(
            Argument(each.name, each.location, shown(each.value))
            for each in effect.call.arguments
        ),
        body=effect.call.body
        if isinstance(effect.call.body, Absent)
        else shown(effect.call.body),
    )
    considered = mock.consider(step, call, turn.state.frames[-1].inputs)
    if wanted is not None and wanted.get("fault") == "reset":
        return None
    draft = mock.choose(step, call, considered)
    if wanted is not None:
        if not over_usual or wanted["status"] != draft.status:
            draft = considered.drafts(wanted["status"])
        if "body" in wanted:
            draft = replace(draft, body=wanted["body"])
        values = {tokens(k): each for k, each in wanted.get("members", {}).items()}
        values |= {tokens(each): ABSENT for each in wanted.get("absent", ())}
        values |= {
            ("$header", name): ABSENT if value is None else value
            for name, value in wanted.get("headers", {}).items()
        }
        draft = draft.put(values)
    return mock.give(step, call, considered.scope, draft)
