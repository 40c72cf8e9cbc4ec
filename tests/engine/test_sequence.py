"""
Steps run in the order of the list until something ends the run.

https://spec.openapis.org/arazzo/v1.0.1.html#workflow-object
"""

import pytest

from arazzo_runner.errors import exit_status
from arazzo_runner.events import Outcome, RunFinished, RunStarted, StepFinished
from arazzo_runner.messages import Response
from arazzo_runner.testing import Lost, OutOfReplies, play

OK = Response(200, body={"state": "done"})

THREE = """\
steps:
- {stepId: one, operationId: ping}
- {stepId: two, operationId: listJobs}
- {stepId: three, operationId: ping}
"""


def test_list_order(flow):
    """Steps are executed in list order (R-WF-12)."""
    done = play(flow(THREE), {}, [OK] * 3)

    assert done.sent == ["one", "two", "three"]
    assert done.status == "succeeded"
    assert done.error is None
    assert done.waits == []
    assert done.decisions[:2] == ["next", "next"]


def test_a_run_without_replies_is_refused(flow):
    with pytest.raises(OutOfReplies):
        play(flow(THREE), {}, [OK])


def test_events_of_a_run(flow, well_formed):
    """RunStarted names the steps; RunFinished carries how it ended."""
    done = play(flow(THREE), {}, [OK] * 3, run_id="r1")

    well_formed(done.events)
    assert done.events[0] == RunStarted(
        run_id="r1",
        workflow_id="main",
        description="test.arazzo.yaml",
        steps=("one", "two", "three"),
    )
    last = done.events[-1]
    assert isinstance(last, RunFinished)
    assert (last.run_id, last.workflow_id, last.status) == ("r1", "main", "succeeded")


@pytest.mark.parametrize("status", [200, 201, 204, 299, 302, 304, 399])
def test_without_criteria_a_status_below_400_is_success(flow, status):
    """A-37."""
    done = play(flow(THREE), {}, [Response(status), OK, OK])

    assert done.status == "succeeded"


@pytest.mark.parametrize("status", [400, 401, 404, 418, 500, 501, 505, 599])
def test_without_criteria_a_status_from_400_is_failure(flow, status):
    """A-37, R-STEP-30: no action, so the run breaks off and says which step it was."""
    done = play(flow(THREE), {}, [Response(status)])

    assert done.sent == ["one"]
    assert done.status == "failed"
    assert done.decisions == ["break"]
    assert done.error is not None
    assert exit_status(done.error.code) == 1
    assert "one" in done.error.message
    assert str(status) in done.error.message + (done.error.hint or "")


@pytest.mark.parametrize(
    "status, state, outcome",
    [
        (200, "done", "succeeded"),
        (200, "open", "failed"),
        (201, "done", "failed"),
        (201, "open", "failed"),
    ],
)
def test_all_success_criteria_must_hold(flow, status, state, outcome):
    """R-STEP-23."""
    plan = flow("""\
        steps:
        - stepId: one
          operationId: ping
          successCriteria:
          - condition: $statusCode == 200
          - condition: $response.body#/state == 'done'
        """)

    done = play(plan, {}, [Response(status, body={"state": state})])

    assert done.status == outcome


def test_criteria_replace_the_status_rule(flow):
    """Criteria that hold make a 404 a success."""
    plan = flow("""\
        steps:
        - stepId: one
          operationId: ping
          successCriteria: [{condition: $statusCode == 404}]
        """)

    assert play(plan, {}, [Response(404)]).status == "succeeded"
    assert play(plan, {}, [Response(200)]).status == "failed"


def test_criteria_are_told(flow):
    """StepFinished has every criterion in order, with the values its operands had."""
    plan = flow("""\
        steps:
        - stepId: one
          operationId: ping
          successCriteria:
          - condition: $statusCode == 200
          - condition: $response.body#/state == 'done'
        """)

    done = play(plan, {}, [Response(200, body={"state": "open"})])

    finished = next(each for each in done.events if isinstance(each, StepFinished))
    assert finished.outcome is Outcome.FAILED
    assert [each.passed for each in finished.criteria] == [True, False]
    assert finished.criteria[1].condition == "$response.body#/state == 'done'"
    assert finished.criteria[1].actual == {"$response.body#/state": "open"}
    assert done.error is not None
    assert done.error.location == finished.criteria[1].location
    assert done.error.location.line > 0


def test_a_criterion_that_cannot_be_evaluated_fails_and_says_so(flow):
    """A-12: JSONPath on an HTML body fails the criterion with a warning (N-CRIT-16)."""
    plan = flow("""\
        steps:
        - stepId: one
          operationId: ping
          successCriteria:
          - {context: $response.body, condition: "$.state", type: jsonpath}
        """)

    done = play(
        plan, {}, [Response(200, body="<html>hello</html>", media_type="text/html")]
    )

    assert done.status == "failed"
    assert "AZ602" in [each.code for each in done.warnings]


def test_a_lost_request_fails_the_step(flow, well_formed):
    """A-38: no response, no verdict; exit 5."""
    plan = flow("steps: [{stepId: one, operationId: createJob}]")

    done = play(plan, {}, [Lost("the server hung up")])

    well_formed(done.events)
    assert done.status == "failed"
    assert done.error is not None
    assert done.error.code == "no-response"
    finished = next(each for each in done.events if isinstance(each, StepFinished))
    assert finished.outcome is Outcome.ERRORED
    assert finished.failure == "the server hung up"
    assert finished.status is None


def test_a_lost_request_does_not_meet_absent_criteria(flow):
    """A-38: a step without a response has failed, whatever its criteria say."""
    plan = flow("""\
        steps:
        - stepId: one
          operationId: createJob
          successCriteria: [{condition: $statusCode == null}]
        """)

    assert play(plan, {}, [Lost()]).status == "failed"


@pytest.mark.parametrize(
    "reference",
    [
        "operationId: ping",
        "operationId: $sourceDescriptions.api.ping",
        "operationPath: '{$sourceDescriptions.api.url}#/paths/~1ping/get'",
        "operationPath: '$sourceDescriptions.api#/paths/~1ping/get'",
        "operationPath: '$sourceDescriptions.api.url#/paths/~1ping/get'",
        "operationPath: 'api#/paths/~1ping/get'",
        "operationPath: '{$sourceDescriptions.api.url}#/paths/~1ping/GET'",
    ],
)
def test_forms_of_naming_an_operation(flow, reference):
    """R-STEP-07 to R-STEP-12, A-34."""
    done = play(flow(f"steps: [{{stepId: one, {reference}}}]"), {}, [OK])

    assert (done.calls[0].source, done.calls[0].operation) == (
        "api",
        "/paths/~1ping/get",
    )


def test_a_path_with_variables_by_pointer(flow):
    """A-34: percent-encoded braces of a template are decoded."""
    plan = flow("""\
        steps:
        - stepId: one
          operationPath: '{$sourceDescriptions.api.url}#/paths/~1jobs~1%7Bid%7D/get'
          parameters: [{name: id, in: path, value: j1}]
        """)

    assert play(plan, {}, [OK]).calls[0].operation == "/paths/~1jobs~1{id}/get"


def test_step_ids_are_case_sensitive(flow):
    """R-STEP-03."""
    plan = flow("""\
        steps:
        - {stepId: Do, operationId: ping, outputs: {v: $response.body#/v}}
        - {stepId: do, operationId: ping, outputs: {v: $response.body#/v}}
        outputs: {upper: $steps.Do.outputs.v, lower: $steps.do.outputs.v}
        """)

    done = play(plan, {}, [Response(200, body={"v": n}) for n in (1, 2)])

    assert done.outputs == {"upper": 1, "lower": 2}


def test_the_chosen_workflow_runs(flow):
    """Only the steps of one workflow are taken, whatever else the document holds."""
    text = """\
        steps: [{stepId: one, operationId: ping}]
        """
    more = """\
        x-note: nothing
        """

    done = play(flow(text, more=more, workflow_id="main"), {}, [OK])

    assert done.state.workflow_id == "main"
    assert done.sent == ["one"]


def test_key_of_an_effect_counts(flow):
    """Each effect has the next number."""
    done = play(flow(THREE), {}, [Response(503), OK, OK, OK])

    keys = [each.key for each in done.effects]
    assert keys == list(range(keys[0], keys[0] + 5))
