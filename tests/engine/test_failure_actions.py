"""
What follows a step that failed: end, goto, break (retries have a file of their own).

https://spec.openapis.org/arazzo/v1.0.1.html#failure-action-object
"""

import pytest

from arazzo_runner.errors import exit_status
from arazzo_runner.messages import Response
from arazzo_runner.testing import Lost, play

OK = Response(200, body={"id": "j1"})

END = """\
steps:
- stepId: one
  operationId: createJob
  outputs: {why: $response.body#/why}
  onFailure:
  - name: refused
    type: end
    criteria: [{condition: $statusCode == 401}]
  - {name: clean, type: goto, stepId: three}
- {stepId: two, operationId: ping}
- {stepId: three, operationId: deletePing}
outputs: {why: $steps.one.outputs.why}
"""


def test_end(flow, well_formed):
    """R-FACT-03, A-44: the run has failed, the outputs are there, the step is named."""
    done = play(flow(END), {}, [Response(401, body={"why": "key"})])

    well_formed(done.events)
    assert done.sent == ["one"]
    assert done.status == "failed"
    assert done.outputs == {"why": "key"}
    assert done.decisions[0].split()[0] == "end"
    assert done.error is not None
    assert done.error.code == "ended-by-failure-action"
    assert exit_status(done.error.code) == 1
    assert "one" in done.error.message
    assert done.error.location.line > 0


def test_goto(flow):
    """R-FACT-04: the run goes on at the label, and may succeed."""
    done = play(flow(END), {}, [Response(500), OK])

    assert done.sent == ["one", "three"]
    assert done.decisions[0] == "goto three"
    assert done.status == "succeeded"


def test_a_lost_request_meets_actions_without_references(flow):
    """A-38: criteria on the status do not hold, an action without criteria does."""
    done = play(flow(END), {}, [Lost(), OK])

    assert done.sent == ["one", "three"]


def test_no_action_matches(flow):
    """A-39, R-STEP-30: break and return."""
    plan = flow("""\
        steps:
        - stepId: one
          operationId: createJob
          onFailure:
          - {name: a, type: end, criteria: [{condition: $statusCode == 401}]}
        - {stepId: two, operationId: ping}
        """)

    done = play(plan, {}, [Response(500)])

    assert done.decisions == ["break"]
    assert done.status == "failed"
    assert done.error is not None
    assert done.error.code != "ended-by-failure-action"


def test_all_criteria_of_an_action_must_hold(flow):
    """R-FACT-19."""
    plan = flow("""\
        steps:
        - stepId: one
          operationId: createJob
          onFailure:
          - name: both
            type: goto
            stepId: two
            criteria:
            - condition: $statusCode >= 500
            - condition: $response.body#/code == 'soft'
        - {stepId: two, operationId: ping}
        """)

    assert play(plan, {}, [Response(500, body={"code": "hard"})]).status == "failed"
    soft = play(plan, {}, [Response(500, body={"code": "SOFT"}), OK])
    assert soft.status == "succeeded"


def test_empty_criteria_of_a_failure_action_always_hold(flow):
    """The schema allows an empty list here (A-71)."""
    plan = flow("""\
        steps:
        - stepId: one
          operationId: createJob
          onFailure: [{name: on, type: goto, stepId: two, criteria: []}]
        - {stepId: two, operationId: ping}
        """)

    assert play(plan, {}, [Response(500), OK]).sent == ["one", "two"]


@pytest.mark.parametrize(
    "own, status, decision",
    [
        ("[]", 401, "end"),
        ("[{name: mine, type: goto, stepId: two, criteria: [{condition: $statusCode == 409}]}]", 401, "end"),
        ("[{name: mine, type: goto, stepId: two, criteria: [{condition: $statusCode == 409}]}]", 409, "goto two"),
        ("[{name: refused, type: goto, stepId: two}]", 401, "goto two"),
    ],
)  # fmt: skip
def test_actions_of_the_workflow_are_merged_by_name(flow, own, status, decision):
    """R-WF-18, R-WF-19, R-STEP-32, A-40."""
    plan = flow(f"""\
        failureActions:
        - {{name: refused, type: end, criteria: [{{condition: $statusCode == 401}}]}}
        steps:
        - stepId: one
          operationId: createJob
          onFailure: {own}
        - {{stepId: two, operationId: ping}}
        """)

    done = play(plan, {}, [Response(status), OK], whole=False)

    assert done.decisions[0].startswith(decision)


def test_reusable_action(flow):
    """R-STEP-33."""
    plan = flow(
        """\
        steps:
        - stepId: one
          operationId: createJob
          onFailure: [{reference: $components.failureActions.on}]
        - {stepId: two, operationId: ping}
        """,
        more="components: {failureActions: {on: {name: x, type: goto, stepId: two}}}\n",
    )

    assert play(plan, {}, [Response(500), OK]).sent == ["one", "two"]


def test_a_failure_that_was_handled_is_not_the_run_s(flow):
    """After a goto the run's result is that of what follows."""
    done = play(flow(END), {}, [Response(500, body={"why": "x"}), OK])

    assert done.error is None
    assert done.outputs == {"why": "x"}


def test_failure_actions_are_for_failure_only(flow):
    done = play(flow(END), {}, [OK, OK, OK])

    assert done.sent == ["one", "two", "three"]
