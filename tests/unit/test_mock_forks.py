"""The memory of a mock forks, so that exploring can go on from one moment several times."""

from explored import API, HEAD

from arazzo_runner.messages import Argument, Call
from arazzo_runner.mock.answers import Mock
from arazzo_runner.testing import plan_text

TEXT = (
    HEAD
    + """\
  steps:
  - {stepId: create, operationId: createJob, requestBody: {payload: {}}, outputs: {id: $response.body#/id}}
  - stepId: poll
    operationId: getJob
    parameters: [{name: id, in: path, value: $steps.create.outputs.id}]
    onSuccess:
    - {name: wait, type: goto, stepId: poll, criteria: [{condition: $response.body#/status == 'running'}]}
    - {name: done, type: end, criteria: [{condition: $response.body#/status == 'completed'}]}
"""
)


def asked(mock, plan, step_id, *arguments):
    step = plan.operation_step("main", step_id)
    call = Call(source="api", operation=step.operation.pointer, arguments=arguments)
    return mock.answer(step, call, {}).body


def test_a_fork_remembers_the_same_and_from_then_on_its_own():
    plan = plan_text(TEXT, api=API)
    mock = Mock(plan, polls=1)
    job = asked(mock, plan, "create")
    its_id = Argument("id", "path", job["id"])

    fork = mock.fork()
    first = asked(fork, plan, "poll", its_id)

    # Both know the job; the visits of one are not those of the other.
    assert (first["id"], first["status"]) == (job["id"], "running")
    assert asked(fork, plan, "poll", its_id)["status"] == "completed"
    assert asked(mock, plan, "poll", its_id)["status"] == "running"


def test_what_a_fork_was_told_is_not_told_to_the_other():
    plan = plan_text(TEXT, api=API)
    mock = Mock(plan, polls=0)
    fork = mock.fork()
    step = plan.operation_step("main", "poll")
    its_id = Argument("id", "path", "j-1")
    call = Call(source="api", operation=step.operation.pointer, arguments=(its_id,))
    considered = fork.consider(step, call, {})
    changed = considered.drafts(200).put({("result",): "mine"})

    fork.give(step, call, considered.scope, changed)

    assert asked(fork, plan, "poll", its_id)["result"] == "mine"
    assert asked(mock, plan, "poll", its_id).get("result") != "mine"
