"""
A run and its contract: what differs from the description is told, and with ``fail`` ends it.
"""

import pytest

from arazzo_runner.engine.plan import Settings
from arazzo_runner.errors import UsageError, exit_status
from arazzo_runner.events import StepFinished
from arazzo_runner.messages import Response
from arazzo_runner.testing import plan_text, play

API = """\
openapi: 3.1.0
info: {title: Pets, version: '1'}
servers: [{url: https://api.test}]
paths:
  /pets/{id}:
    get:
      operationId: getPet
      parameters:
      - {name: id, in: path, required: true, schema: {type: integer}}
      responses:
        '200':
          content:
            application/json:
              schema:
                type: object
                properties:
                  price: {type: number}
                  state: {enum: [busy, done]}
"""
FLOW = """\
arazzo: 1.0.1
info: {{title: Test, version: '1'}}
sourceDescriptions:
- {{name: api, url: api.yaml, type: openapi}}
workflows:
- workflowId: main
  inputs: {{type: object, properties: {{id: {{}}}}}}
  steps:
  - stepId: get
    operationId: getPet
    parameters: [{{name: id, in: path, value: $inputs.id}}]
{more}    outputs: {{price: $response.body#/price}}
"""
JSON = "application/json"
WRONG = Response(200, (), {"price": "12"}, JSON)
RIGHT = Response(200, (), {"price": 12}, JSON)


def run(contract, replies, *, pet=1, more="", **settings):
    plan = plan_text(
        FLOW.format(more=more),
        api=API,
        settings=Settings(contract=contract, **settings),
    )
    return play(plan, {"id": pet}, replies)


def test_a_difference_is_a_warning_with_both_places():
    """The place of the step, and that of the description beside it."""
    done = run("warn", [WRONG])

    (warning,) = done.warnings
    assert done.status == "succeeded"
    assert warning.message == (
        'GET /pets/{id} 200: /price is "12", the description says number'
    )
    assert warning.location.uri == "test.arazzo.yaml"
    ((place, _),) = warning.related
    assert place.uri == "api.yaml"


def test_off_compares_nothing():
    """Without a contract a wrong reply is as good as any."""
    done = run("off", [WRONG])

    assert (done.status, done.warnings) == ("succeeded", [])


def test_fail_ends_the_run_after_the_outputs_were_taken():
    """The run fails with the finding's code; nothing that came is lost."""
    done = run("fail", [WRONG])

    (finished,) = [each for each in done.events if isinstance(each, StepFinished)]
    assert done.status == "failed"
    assert done.error.code == "AZ634"
    assert done.error.severity == "error"
    assert exit_status(done.error.code) == 1
    assert (finished.outcome, finished.decision) == ("failed", "break")
    assert finished.outputs == {"price": "12"}
    assert done.warnings == []


def test_fail_lets_right_replies_pass():
    """What is as described is no reason to end."""
    done = run("fail", [RIGHT])

    assert (done.status, done.warnings) == ("succeeded", [])


def test_a_wrong_request_is_not_sent_with_fail():
    """Nothing is sent, and the run fails."""
    done = run("fail", [], pet="x")

    assert done.status == "failed"
    assert done.error.code == "AZ636"
    assert done.effects == []


def test_a_wrong_request_is_sent_with_warn():
    """With ``warn`` it is sent all the same."""
    done = run("warn", [RIGHT], pet="x")

    assert done.status == "succeeded"
    assert [each.code for each in done.warnings] == ["AZ636"]


def test_polls_repeat_no_warning():
    """Once for a place, however often a step is polled."""
    more = """\
    successCriteria: [{condition: $statusCode == 200}]
    onSuccess:
    - name: again
      type: goto
      stepId: get
      criteria: [{condition: $response.body#/state == 'busy'}]
"""
    busy = Response(200, (), {"state": "busy", "price": "1"}, JSON)

    done = run("warn", [busy, busy, busy, WRONG], more=more)

    assert done.status == "succeeded"
    assert [each.code for each in done.warnings] == ["AZ634"]


@pytest.mark.parametrize("contract", ["warn", "fail"])
def test_a_status_that_the_step_asks_for_is_a_note(contract):
    """The author knows of it, so it ends no run and fails no ``--fail-on-warning``."""
    more = "    successCriteria: [{condition: $statusCode == 404}]\n"

    done = run(contract, [Response(404, (), {"price": 1}, JSON)], more=more)

    assert done.status == "succeeded"
    assert [(each.code, each.severity) for each in done.warnings] == [("AZ631", "info")]


def test_what_is_sent_again_anyway_does_not_end_the_run():
    """A 503 is rarely described, and it is sent again."""
    done = run("fail", [Response(503), RIGHT], retry=1)

    assert done.status == "succeeded"
    assert [each.code for each in done.warnings] == ["AZ631"]


def test_an_unknown_contract_is_refused():
    """Only the three words are known."""
    with pytest.raises(UsageError, match="off, warn or fail"):
        Settings(contract="strict")
