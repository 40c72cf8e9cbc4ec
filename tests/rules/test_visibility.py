"""
Which expressions have a value where they stand.

https://spec.openapis.org/arazzo/v1.1.0.html#runtime-expressions
"""

import pytest

OTHER = """\
- workflowId: child
  steps: [{stepId: one, operationId: ping, outputs: {o: $statusCode}}]
  outputs: {o: $steps.one.outputs.o}
"""


@pytest.mark.parametrize(
    "rest, expected",
    [
        ("successCriteria: [{condition: $statusCode == 200}]", ["AZ717"]),
        ("outputs: {x: $response.body#/id}", ["AZ717"]),
        ("onFailure: [{name: e, type: end, criteria: [{condition: $response.header.x == 1}]}]", ["AZ717"]),
        ("outputs: {x: $url}", ["AZ717"]),
        ("outputs: {x: $outputs.o}", []),
        ("successCriteria: [{condition: $workflows.child.outputs.o == 200}]", []),
    ],
)  # fmt: skip
def test_a_step_that_calls_a_workflow_has_no_response(check, rest, expected):
    """A-50."""
    check("steps:\n- {stepId: a, workflowId: child, " + rest + "}\n", after=OTHER)

    assert [each.code for each in check.found if each.code == "AZ717"] == expected


@pytest.mark.parametrize(
    "written, expected",
    [
        ("$response.body#/id", ["AZ717"]),
        ("$statusCode", ["AZ717"]),
        ("$message.payload", ["AZ717"]),
        ("$steps.a.outputs.s", []),
        ("$inputs.id", []),
        ("$outputs.later", ["AZ714"]),
        ("$outputs.x", ["AZ714"]),
    ],
)
def test_outputs_of_a_workflow(check, written, expected):
    """A-32: they belong to no request, and are worked out in their order."""
    check(
        "steps:\n- {stepId: a, operationId: ping, outputs: {s: $statusCode}}\n"
        f"outputs: {{first: $steps.a.outputs.s, x: {written}, later: $outputs.first}}\n"
    )

    codes = [each.code for each in check.found if each.code in ("AZ714", "AZ717")]
    assert codes == expected


STEP = """\
steps:
- stepId: a
  operationId: listPets
  parameters:
  - {name: q, in: query, value: x}
  - {name: X-Extra, in: header, value: y}
  outputs: {o: %s}
"""


@pytest.mark.parametrize(
    "written, code",
    [
        ("$request.query.q", None),
        ("$request.query.qq", "AZ326"),
        ("$request.path.id", "AZ326"),
        ("$request.header.x-extra", None),
        ("$request.header.X-Trace", None),  # the operation has it
        ("$request.header.X-Other", "AZ326"),
        ("$request.header.Accept", None),  # the runner gives it: AZ521
        ("$request.header.Content-Type", "AZ326"),  # there is no body
        ("$response.header.X-Other", None),
    ],
)
def test_a_parameter_of_the_request_is_one_that_is_given_or_declared(
    check, written, code
):
    """R-EXPR-13"""
    check(STEP % written)

    found = [each for each in check.found if each.code == "AZ326"]
    assert [each.code for each in found] == ([code] if code else [])
    assert all(each.location.line == 15 for each in found)


def test_a_step_that_calls_an_operation_has_no_message(check):
    """N-EXPR-01"""
    check(STEP % "$message.payload#/id", version="1.1.0")

    assert [each.code for each in check.found if each.code == "AZ717"] == ["AZ717"]


def test_an_action_of_the_workflow_is_meant_for_other_steps_too(check):
    """R-WF-18"""
    check(
        "failureActions: [{name: f, type: end, criteria: [{condition: $statusCode == 1}]}]\n"
        "steps:\n- {stepId: a, workflowId: child}\n",
        after=OTHER,
    )

    assert check.of("AZ717") == []
