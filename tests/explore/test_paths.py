"""Which paths are run: one for each decision, loops bounded, the same each time."""

import pytest
from explored import POLL, RETRY, explored


def test_one_path_for_each_decision():
    found = explored(POLL)

    assert [(each.name, each.status) for each in found.paths] == [
        ("as the mock answers", "succeeded"),
        ("create: 400", "failed"),
        ("poll: 200 /status=queued", "succeeded"),
        ("poll: 200 /status=failed", "succeeded"),
        ("poll: 200 /status=other (not as described)", "succeeded"),
        ("poll: 404", "failed"),
        ("poll: 200 /status=running", "succeeded"),
        ("poll: 200 /status=cancelling", "succeeded"),
        ("remove: 400", "failed"),
    ]


def test_a_path_says_what_was_asked_and_what_followed():
    path = explored(POLL).path("poll: 200 /status=queued")

    assert [(each.step_id, each.call, each.decision) for each in path.given] == [
        ("create", 1, "next"),
        ("poll", 1, "goto poll"),
        ("poll", 2, "goto remove"),
        ("remove", 1, "next"),
    ]
    assert path.given[0].request == "POST https://api.test/v1/jobs"
    assert path.seconds > 0, "a poll waits, in virtual time"


def test_every_step_action_and_criterion_is_covered():
    coverage = explored(POLL).coverage

    assert coverage.branches
    assert coverage.count("step") == (3, 3)
    assert coverage.count("action") == (3, 3)
    assert coverage.percent == 100


def test_it_is_the_same_each_time():
    one, other = explored(POLL, combined=True), explored(POLL, combined=True)

    assert one.names == other.names
    assert [each.given for each in one.paths] != []
    assert [[(g.request, g.response) for g in each.given] for each in one.paths] == [
        [(g.request, g.response) for g in each.given] for each in other.paths
    ]


def test_combinations_come_after_what_is_new():
    found = explored(POLL, combined=True)

    combined = [each.combined for each in found.paths]
    assert combined == sorted(combined)
    assert sum(not each for each in combined) == len(explored(POLL).paths)
    assert "poll: 200 /status=queued, remove: 400" in found.names


@pytest.mark.parametrize("loops", [1, 3])
def test_loops_are_bounded(loops):
    found = explored(POLL, combined=True, loops=loops)

    backs = [
        sum(each.decision == "goto poll" for each in path.given) for path in found.paths
    ]
    assert max(backs) == loops


def test_no_more_paths_than_wanted():
    found = explored(POLL, paths=3)

    assert len(found.paths) == 3
    assert found.travelled.left > 0
    assert "AZ743" not in found.codes(), "what was not run is not called unreachable"


def test_a_path_that_is_too_long_is_cut():
    found = explored(POLL, requests=2)

    assert found.paths[0].status == "cut"
    assert found.paths[0].error.code == "too-many-steps"


def test_a_retry_that_helps_and_one_that_is_used_up():
    found = explored(RETRY)

    helped, used_up = found.path("create: 429"), found.path("create: 429 (4 times)")
    assert (helped.status, len(helped.given), helped.seconds) == ("succeeded", 2, 7)
    assert (used_up.status, len(used_up.given), used_up.seconds) == ("failed", 4, 21)


def test_no_response_is_tried_where_only_that_leads_to_an_action():
    found = explored(
        """
        steps:
        - stepId: create
          operationId: createJob
          requestBody: {payload: {}}
          successCriteria: [{condition: $statusCode == 201}]
          onFailure:
          - {name: answered, type: end, criteria: [{condition: $statusCode >= 200}]}
          - {name: silent, type: end}
        """
    )

    assert found.coverage.branches
    assert found.path("create: reset").given[0].decision == "end silent"


def test_bodies_of_failures_are_chosen_too():
    found = explored(
        """
        steps:
        - stepId: create
          operationId: createJob
          requestBody: {payload: {}}
          successCriteria: [{condition: $statusCode == 201}]
          onFailure:
          - name: again
            type: retry
            retryLimit: 1
            criteria: [{condition: $response.body#/error/code == 'busy'}]
          - {name: stop, type: end}
        """
    )

    assert found.coverage.branches


def test_numbers_around_a_boundary():
    found = explored(
        """
        steps:
        - stepId: get
          operationId: getJob
          parameters: [{name: id, in: path, value: j}]
          successCriteria: [{condition: $statusCode == 200}]
          onSuccess:
          - {name: half, type: end, criteria: [{condition: $response.body#/progress >= 50}]}
        """
    )

    assert found.coverage.percent == 100
    values = {
        each.choice.values.get(("progress",))
        for path in found.paths
        for each in path.given
    }
    assert values & {49, 50, 51}


def test_a_list_that_is_read_may_be_empty_and_a_member_null():
    found = explored(
        """
        steps:
        - stepId: list
          operationId: listJobs
          successCriteria: [{condition: $statusCode == 200}]
          outputs: {first: $response.body#/jobs/0/id, result: $response.body#/jobs/0/result}
        outputs: {first: $steps.list.outputs.first}
        """
    )

    assert found.path("list: 200 /jobs=[0]").outputs == {"first": None}
    assert found.path("list: 200 /jobs/0/result=null").status == "succeeded"


def test_what_is_remembered_forks_as_well():
    """A job that one path saw failed is not failed on the next."""
    found = explored(POLL)
    states = [
        [each.response.body["status"] for each in path.given if each.step_id == "poll"]
        for path in found.paths
        if path.status == "succeeded" and "other" not in path.name
    ]

    assert states[0] == ["completed"]
    assert ["queued", "completed"] in states
    assert ["failed"] in states


def test_workflows_inside_are_explored_with_it():
    found = explored(
        """
        steps:
        - stepId: both
          workflowId: inner
          onFailure: [{name: stop, type: end}]
        - stepId: after
          operationId: listJobs
        - workflowId: inner
          steps:
          - stepId: get
            operationId: getJob
            parameters: [{name: id, in: path, value: j}]
            successCriteria: [{condition: $statusCode == 200}]
        """
    )

    assert found.paths[0].steps == (
        ("main", "both"),
        ("inner", "get"),
        ("main", "after"),
    )
    assert found.path("get: 404").status == "failed"


def test_what_follows_a_workflow_that_a_step_calls_is_covered():
    found = explored(
        """
        steps:
        - stepId: both
          workflowId: inner
          successCriteria: [{condition: $outputs.state == 'completed'}]
          onSuccess: [{name: done, type: goto, stepId: after}]
          onFailure: [{name: stop, type: end}]
        - stepId: after
          operationId: listJobs
        - workflowId: inner
          steps:
          - stepId: get
            operationId: getJob
            parameters: [{name: id, in: path, value: j}]
            successCriteria: [{condition: $statusCode == 200}]
            outputs: {state: $response.body#/status}
            onSuccess:
            - {name: fine, type: end, criteria: [{condition: $response.body#/status == 'completed'}]}
          outputs: {state: $steps.get.outputs.state}
        """
    )

    missing = {each.name: each.missing for each in found.coverage.items if each.missing}
    assert missing == {}
    assert found.coverage.count("action") == (3, 3)


def test_workflows_that_hand_over_to_each_other_are_a_loop_as_well():
    found = explored(
        """
        steps:
        - stepId: list
          operationId: listJobs
          onSuccess: [{name: again, type: goto, workflowId: main}]
        """,
        combined=True,
    )

    # Twice by the bound of loops; then only what does not lead back is left.
    assert [len(each.given) for each in found.paths] == [3, 1, 2]
    assert found.travelled.left == 0


def test_a_query_with_an_input_in_it():
    found = explored(
        """
        inputs: {type: object, properties: {wanted: {type: string, example: j-7}}}
        steps:
        - stepId: list
          operationId: listJobs
          onSuccess:
          - name: there
            type: end
            criteria:
            - type: jsonpath
              context: $response.body
              condition: $.jobs[?(@.id == '$inputs.wanted')]
        - {stepId: create, operationId: createJob, requestBody: {payload: {}}}
        """
    )

    assert found.coverage.branches
    assert found.coverage.count("criterion") == (2, 2)


def test_a_retry_that_runs_another_step_first():
    found = explored(
        """
        steps:
        - stepId: refresh
          operationId: listJobs
        - stepId: create
          operationId: createJob
          requestBody: {payload: {}}
          successCriteria: [{condition: $statusCode == 201}]
          onFailure:
          - name: busy
            type: retry
            stepId: refresh
            retryLimit: 2
            criteria: [{condition: $statusCode == 429}]
        """
    )

    used_up = found.path("create: 429 (3 times)")
    assert [each.step_id for each in used_up.given] == [
        "refresh", "create", "refresh", "create", "refresh", "create",
    ]  # fmt: skip
    assert used_up.status == "failed"
