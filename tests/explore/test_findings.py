"""What the paths of a workflow show to be wrong with it: each finding, and what is none."""

from explored import explored

from arazzo_runner import errors


def one_step(*lines, criteria="$statusCode == 200", outputs="", after=True):
    """A workflow that polls a job, with these members of the step."""
    more = "\n".join(f"  {each}" for each in lines)
    end = (
        "- {stepId: remove, operationId: deleteJob, parameters: "
        "[{name: id, in: path, value: j}]}\n"
        if after
        else ""
    )
    return (
        "steps:\n"
        "- stepId: poll\n"
        "  operationId: getJob\n"
        "  parameters: [{name: id, in: path, value: j}]\n"
        f'  successCriteria: [{{condition: "{criteria}"}}]\n'
        f"{more}\n{end}{outputs}"
    )


def action(name, kind, condition, step=""):
    goes = f", stepId: {step}" if step else ""
    return (
        f"- {{name: {name}, type: {kind}{goes}, "
        f'criteria: [{{condition: "{condition}"}}]}}'
    )


STATUS = "$response.body#/status"


def messages(found, code):
    return [each.message for each in found.findings if each.code == code]


def test_a_state_that_no_action_handles():
    found = explored(
        one_step(
            "onSuccess:",
            action("done", "goto", f"{STATUS} == 'completed'", "remove"),
            action("wait", "goto", f"{STATUS} == 'running'", "poll"),
        )
    )

    assert messages(found, "AZ740") == [
        "no action of step 'poll' handles /status 'queued', 'cancelling', 'failed': the "
        "workflow goes on with step 'remove'"
    ]
    (finding,) = [each for each in found.findings if each.code == "AZ740"]
    assert finding.severity == "warning"
    assert (finding.location.uri, finding.location.line) == ("test.arazzo.yaml", 12)


def test_at_the_last_step_it_ends_as_a_success():
    found = explored(
        one_step(
            "onSuccess:",
            action("done", "end", f"{STATUS} == 'completed'"),
            action("wait", "goto", f"{STATUS} == 'running'", "poll"),
            after=False,
        )
    )

    assert "the workflow ends as a success" in messages(found, "AZ740")[0]


def test_an_ordinary_branch_is_no_unhandled_state():
    found = explored(
        one_step("onSuccess:", action("done", "end", f"{STATUS} == 'completed'"))
    )

    assert messages(found, "AZ740") == []


def test_states_that_fail_the_step_are_handled():
    states = " || ".join(f"{STATUS} == '{each}'" for each in ("completed", "running"))
    found = explored(
        one_step(
            "onSuccess:",
            action("done", "goto", f"{STATUS} == 'completed'", "remove"),
            action("wait", "goto", f"{STATUS} == 'running'", "poll"),
            criteria=states,
        )
    )

    assert messages(found, "AZ740") == []


def test_a_loop_on_a_final_state():
    found = explored(
        one_step(
            "onSuccess:",
            action("wait", "goto", f"{STATUS} != 'completed'", "poll"),
        )
    )

    assert messages(found, "AZ741") == [
        "action 'wait' leads back to step 'poll' while /status is 'failed', which will "
        "not change any more"
    ], "cancelling goes on, so it is none"


def test_a_loop_that_no_reply_leads_out_of():
    found = explored(
        one_step(
            "onSuccess:",
            "- {name: again, type: goto, stepId: poll}",
            "onFailure:",
            "- {name: also, type: goto, stepId: poll}",
            after=False,
        )
    )

    assert messages(found, "AZ741") == [
        "every reply to step 'poll' leads back: the loop is never left"
    ]
    assert {each.status for each in found.paths} == {"cut"}


def test_a_retry_has_its_limit():
    found = explored(
        one_step(
            "onFailure:",
            "- {name: again, type: retry, retryLimit: 2}",
            criteria=f"{STATUS} == 'completed'",
        )
    )

    assert messages(found, "AZ741") == []


def test_an_action_that_contradicts_the_step():
    found = explored(
        one_step("onSuccess:", action("missing", "end", "$statusCode == 404"))
    )

    (message,) = messages(found, "AZ742")
    assert message.startswith("action 'missing' of step 'poll' never matches: none of ")


def test_an_action_that_wants_what_the_description_does_not_know():
    found = explored(
        one_step("onSuccess:", action("done", "end", f"{STATUS} == 'finished'"))
    )

    assert messages(found, "AZ742") == [
        "action 'done' of step 'poll' never matches: only a reply that the API "
        "description does not allow leads to it"
    ]


def test_an_action_behind_one_that_always_comes():
    """A check says so already (AZ712)."""
    found = explored(
        one_step(
            "onSuccess:",
            "- {name: always, type: end}",
            action("done", "end", f"{STATUS} == 'completed'"),
            after=False,
        )
    )

    assert found.codes() == []


def test_an_action_that_replies_do_not_decide_on():
    text = one_step("onSuccess:", action("other", "end", "$inputs.mode == 'other'"))
    found = explored(
        text + "inputs: {type: object, properties: {mode: {type: string}}}\n"
    )

    assert messages(found, "AZ742") == []


def test_a_step_that_no_path_comes_to():
    found = explored(one_step("onSuccess:", action("done", "end", "$statusCode < 300")))

    assert messages(found, "AZ743") == [
        "step 'remove' is never reached: none of 2 paths comes there"
    ]


def test_steps_behind_one_that_cannot_be_sent():
    found = explored(
        """
        steps:
        - {stepId: list, operationId: listJobs, outputs: {id: $response.body#/jobs/id}}
        - stepId: get
          operationId: getJob
          parameters: [{name: id, in: path, value: $steps.list.outputs.id}]
        - {stepId: again, operationId: listJobs}
        - {stepId: more, operationId: listJobs}
        """
    )

    (finding,) = [each for each in found.findings if each.code == "AZ743"]
    assert finding.message.startswith("steps 'get', 'again', 'more' are never reached")
    assert "step 'get' cannot be sent" in finding.hint


def test_an_output_of_a_step_that_does_not_run():
    found = explored(
        one_step(
            "outputs: {state: $response.body#/status}",
            "onSuccess:",
            action("done", "end", f"{STATUS} == 'completed'"),
            outputs="- {stepId: list, operationId: listJobs, outputs: {all: $response.body}}\n"
            "outputs: {state: $steps.poll.outputs.state, all: $steps.list.outputs.all}\n",
        )
    )

    assert messages(found, "AZ744") == [
        "the output 'all' is null on 1 of 5 paths that succeed: the step that gives it "
        "does not run"
    ]


def test_an_output_that_the_reply_has_no_value_for_is_a_note():
    found = explored(
        one_step(
            "outputs: {result: $response.body#/result}",
            outputs="outputs: {result: $steps.poll.outputs.result}\n",
        )
    )

    assert found.codes() == []
    assert found.codes("info") == ["AZ744"]


def test_every_finding_has_a_place_and_a_name():
    found = explored(
        one_step(
            "onSuccess:",
            action("wait", "goto", f"{STATUS} != 'completed'", "poll"),
            action("missing", "end", "$statusCode == 404"),
        )
    )

    assert found.findings
    for each in found.findings:
        assert each.code in errors.CODES
        assert each.location.line > 0
