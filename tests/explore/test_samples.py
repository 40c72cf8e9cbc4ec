"""Inputs that are made: they fit, and others where a workflow branches on them."""

import pytest
from explored import API, HEAD

from arazzo_runner.errors import InputError
from arazzo_runner.exploration.variations import MOST, variations
from arazzo_runner.exploring import made_inputs
from arazzo_runner.inputs.prepare import prepare_inputs
from arazzo_runner.testing import plan_text
from arazzo_runner.transports.spool import Spool


def plan(inputs, criteria="$statusCode == 200"):
    text = (
        HEAD
        + f"  inputs: {inputs}\n"
        + "  steps:\n  - stepId: list\n    operationId: listJobs\n"
        + f'    successCriteria: [{{condition: "{criteria}"}}]\n'
    )
    return plan_text(text, api=API)


@pytest.mark.parametrize(
    "schema",
    [
        "{type: object, required: [a], properties: {a: {type: string, pattern: '^x[0-9]{3}$'}}}",
        "{type: object, properties: {a: {type: integer, minimum: 7, multipleOf: 5}}}",
        "{type: object, properties: {a: {type: array, minItems: 2, items: {type: string, format: uuid}}}}",
        "{type: object, required: [a], properties: {a: {type: string, format: password, minLength: 40}}}",
        "{type: object, allOf: [{required: [a], properties: {a: {enum: [p, q]}}}]}",
        "{type: object, additionalProperties: false, properties: {a: {type: object, required: [b], properties: {b: {type: boolean}}}}}",
    ],
)
def test_they_fit_their_schema(schema):
    one = plan(schema)

    made = made_inputs(one)
    prepared = prepare_inputs(one, made, spool=Spool())  # raises what does not fit

    assert set(made) == {"a"} == set(prepared.values)


def test_defaults_and_examples_come_first():
    made = made_inputs(
        plan(
            "{type: object, properties: {a: {type: string, default: mine}, "
            "b: {type: string, example: shown}}}"
        )
    )

    assert made == {"a": "mine", "b": "shown"}


def test_a_workflow_without_inputs():
    one = plan_text(
        HEAD + "  steps: [{stepId: list, operationId: listJobs}]\n", api=API
    )

    assert made_inputs(one) == {}


def test_inputs_of_workflows_that_must_come_first():
    one = plan_text(
        HEAD
        + "  dependsOn: [first]\n"
        + "  steps: [{stepId: list, operationId: listJobs}]\n"
        + "- workflowId: first\n"
        + "  inputs: {type: object, required: [k], properties: {k: {type: integer}}}\n"
        + "  steps: [{stepId: list, operationId: listJobs}]\n",
        api=API,
    )

    made = made_inputs(one)

    assert isinstance(made["first"]["k"], int)
    prepare_inputs(one, made, spool=Spool())


def test_a_schema_that_nothing_fits():
    one = plan(
        "{type: object, required: [a], properties: {a: {allOf: [{type: string}, {type: integer}]}}}"
    )

    with pytest.raises(InputError, match="no inputs can be made for workflow 'main'"):
        made_inputs(one)


def test_inputs_that_criteria_test_are_varied():
    one = plan(
        "{type: object, properties: {mode: {enum: [fast, slow, none]}, "
        "deep: {type: boolean}, other: {type: string}}}",
        "$inputs.mode == 'slow' || $inputs.deep == true",
    )

    names = [name for name, _ in variations(one, {"mode": "fast", "deep": True})]

    assert names == [
        "mode=slow",
        "mode=none",
        "without mode",
        "deep=false",
        "without deep",
    ]


def test_there_are_not_too_many_of_them():
    many = ", ".join(str(each) for each in range(50))
    one = plan(
        f"{{type: object, properties: {{n: {{enum: [{many}]}}}}}}", "$inputs.n > 3"
    )

    assert len(list(variations(one, {"n": 0}))) == MOST
