"""
Where control can come to: steps, actions and outputs.

https://spec.openapis.org/arazzo/v1.1.0.html#success-action-object
https://spec.openapis.org/arazzo/v1.1.0.html#failure-action-object
"""

import pytest

CODES = {"AZ711", "AZ712", "AZ713", "AZ714", "AZ715", "AZ716"}
WHEN = "criteria: [{condition: $statusCode == 202}]"


def step(name, rest="", operation="ping"):
    return (
        f"- {{stepId: {name}, operationId: {operation}{', ' if rest else ''}{rest}}}\n"
    )


def reads(name, expression, rest=""):
    given = f"parameters: [{{name: id, in: path, value: {expression}}}]"
    return step(name, f"{given}{', ' if rest else ''}{rest}", "getPet")


def steps(*texts):
    return "steps:\n" + "".join(texts)


def flow_findings(check, *texts, **options):
    found = check(steps(*texts), **options)
    return [each for each in found if each[1] in CODES]


GIVES = "outputs: {id: $statusCode}"
END = "onSuccess: [{name: e, type: end}]"
STOP = "onFailure: [{name: f, type: end}]"


@pytest.mark.parametrize(
    "texts, expected",
    [
        pytest.param(
            [step("a", END), step("b")],
            [("warning", "AZ711")],
            id="R-SACT-03 after an end nothing follows",
        ),
        pytest.param(
            [step("a", "onSuccess: [{name: g, type: goto, stepId: c}]"), step("b"), step("c")],
            [("warning", "AZ711")],
            id="R-SACT-04 a goto passes a step over",
        ),
        pytest.param(
            [
                step("a", "onSuccess: [{name: g, type: goto, stepId: c}]"),
                step("b"),
                step("c", f"onFailure: [{{name: g, type: goto, stepId: b, {WHEN}}}]"),
            ],
            [],
            id="R-FACT-04 a step that only a failure comes to is reached",
        ),
        pytest.param(
            [step("a", f"{END}, onFailure: [{{name: r, type: retry, stepId: b}}]"), step("b")],
            [("info", "AZ715")],
            id="R-FACT-06 a step that only a retry runs is reached",
        ),
        pytest.param(
            [step("a", f"onSuccess: [{{name: e, type: end, {WHEN}}}]"), step("b")],
            [],
            id="R-STEP-25 an end with criteria leaves the next step reachable",
        ),
        pytest.param(
            [step("a", "onSuccess: [{name: g, type: goto, workflowId: main}]"), step("b")],
            [("warning", "AZ711")],
            id="A-43 a goto to a workflow does not come back",
        ),
        pytest.param(
            [step("a", f"onSuccess: [{{name: e, type: end}}, {{name: g, type: goto, stepId: a, {WHEN}}}]")],
            [("warning", "AZ712")],
            id="R-SACT-11 an action after one without criteria never comes",
        ),
        pytest.param(
            [step("a", "onFailure: [{name: r, type: retry, retryLimit: 2, retryAfter: 1}, {name: e, type: end}]")],
            [],
            id="R-FACT-17 after a retry that is used up the next action comes",
        ),
        pytest.param(
            [step("a", "onSuccess: [{name: g, type: goto, stepId: a}]")],
            [("warning", "AZ713")],
            id="A-42 a goto to itself without criteria",
        ),
        pytest.param(
            [step("a", f"onSuccess: [{{name: g, type: goto, stepId: a, {WHEN}}}]")],
            [],
            id="A-42 a poll is a loop with a way out",
        ),
        pytest.param(
            [
                step("a", f"onSuccess: [{{name: e, type: end, {WHEN}}}]"),
                step("b", "onSuccess: [{name: g, type: goto, stepId: a}]"),
            ],
            [],
            id="A-42 a loop that another step of it leaves",
        ),
        pytest.param(
            [step("a", "onFailure: [{name: g, type: goto, stepId: a}]")],
            [("warning", "AZ713")],
            id="A-42 again whenever it fails, without a limit",
        ),
        pytest.param(
            [
                step("a", f"onSuccess: [{{name: e, type: end, {WHEN}}}]"),
                step("b", "onFailure: [{name: g, type: goto, stepId: a}]"),
            ],
            [],
            id="A-42 a failure that goes back to where the loop can be left",
        ),
        pytest.param(
            [reads("a", "$steps.b.outputs.id"), step("b", GIVES)],
            [("error", "AZ714")],
            id="N-DEP-04 an output of a later step",
        ),
        pytest.param(
            [step("b", GIVES), reads("a", "$steps.b.outputs.id")],
            [],
            id="N-DEP-04 an output of an earlier step",
        ),
        pytest.param(
            [
                reads("a", "$steps.b.outputs.id"),
                step("b", f"{GIVES}, onSuccess: [{{name: g, type: goto, stepId: a, {WHEN}}}]"),
            ],
            [("warning", "AZ714")],
            id="A-69 a goto back makes a later step an earlier one",
        ),
        pytest.param(
            [
                reads("a", "$steps.b.outputs.id", "onFailure: [{name: r, type: retry, stepId: b, retryLimit: 1}]"),
                step("b", GIVES),
            ],
            [("warning", "AZ714")],
            id="A-47 what a retry runs first has its outputs at the retry",
        ),
        pytest.param(
            [reads("a", "$steps.a.outputs.id", GIVES)],
            [("error", "AZ714")],
            id="A-69 its own output in its own request",
        ),
        pytest.param(
            [reads("a", "$steps.a.outputs.id", f"{GIVES}, onSuccess: [{{name: g, type: goto, stepId: a, {WHEN}}}]")],
            [("warning", "AZ714")],
            id="A-69 its own output the next time round",
        ),
        pytest.param(
            [step("a", f"{GIVES}, successCriteria: [{{condition: $steps.a.outputs.id == 200}}]")],
            [],
            id="A-48 its own output in its criteria",
        ),
        pytest.param(
            [step("a", "successCriteria: [{condition: $steps.b.outputs.id == 200}]"), step("b", GIVES)],
            [("error", "AZ714")],
            id="N-DEP-04 in a criterion",
        ),
        pytest.param(
            [step("a", "outputs: {x: $steps.b.outputs.id}"), step("b", GIVES)],
            [("error", "AZ714")],
            id="N-DEP-04 in an output",
        ),
        pytest.param(
            [
                step("a", "requestBody: {payload: {x: [{y: $steps.b.outputs.id}]}}", "pong"),
                step("b", GIVES),
            ],
            [("error", "AZ714")],
            id="N-DEP-04 deep in a body",
        ),
        pytest.param(
            [
                step("a", f"{STOP}, onSuccess: [{{name: g, type: goto, stepId: c, {WHEN}}}]"),
                step("b", f"{GIVES}, {END}, {STOP}"),
                reads("c", "$steps.b.outputs.id"),
            ],
            [("warning", "AZ716")],
            id="A-69 an output of a step on another branch",
        ),
        pytest.param(
            [step("a", "onFailure: [{name: r, type: retry}]")],
            [("info", "AZ715")],
            id="R-FACT-15 a retry that says neither when nor how often",
        ),
        pytest.param(
            [step("a", "onFailure: [{name: r, type: retry, retryLimit: 1}]")],
            [],
            id="R-FACT-18 a retry that says how often",
        ),
    ],
)  # fmt: skip
def test_flow(check, texts, expected):
    assert flow_findings(check, *texts) == expected
    assert all(each.location.line for each in check.found)


def test_a_finding_is_where_the_expression_is(check):
    flow_findings(
        check,
        step("a", "requestBody: {payload: {x: $steps.b.outputs.id}}", "pong"),
        step("b", GIVES),
    )

    (finding,) = check.of("AZ714")
    assert (finding.location.line, finding.location.length) == (
        10,
        len("$steps.b.outputs.id"),
    )


def test_actions_of_the_workflow_come_after_those_of_a_step(check):
    """A-40: what one step overrides is not unreachable, what every step does is."""
    text = (
        "failureActions: [{name: all, type: end, "
        f"{WHEN}}}]\nsteps:\n" + step("a", STOP) + "%s"
    )

    assert ("warning", "AZ712") not in check(text % step("b"))
    assert ("warning", "AZ712") in check(text % step("b", STOP))
    assert check.lines("AZ712") == [9]


def test_an_action_that_is_referred_to_is_told_at_the_reference(check):
    more = "components: {successActions: {again: {name: again, type: goto, stepId: a}}}"
    reference = "onSuccess: [{reference: $components.successActions.again}]"

    assert ("warning", "AZ713") in check(steps(step("a", reference)), more=more)
    assert check.lines("AZ713") == [10]


def test_depends_on_orders_the_steps(check):
    """N-DEP-03: what is used comes first, wherever it is written."""
    texts = [reads("a", "$steps.b.outputs.id", "dependsOn: [b]"), step("b", GIVES)]

    assert flow_findings(check, *texts, version="1.1.0") == []


def test_what_is_depended_on_must_come_before(check):
    """N-STEP-12: nothing runs because another step depends on it."""
    texts = [
        step("a", f"onSuccess: [{{name: g, type: goto, stepId: c, {WHEN}}}]"),
        step("b", f"{END}, {STOP}"),
        step("c", "dependsOn: [b]"),
    ]

    found = flow_findings(check, *texts, version="1.1.0")

    assert found == [("error", "AZ716")]


def test_the_flow_is_checked_although_an_operation_is_unknown(check):
    found = flow_findings(check, step("a", END, "pnig"), step("b"))

    assert found == [("warning", "AZ711")]


def test_what_a_workflow_gives_to_every_step(check):
    """R-WF-25: a parameter from a step's output comes to that step, and those before, too."""
    text = (
        "parameters: [{name: X-Trace, in: header, value: $steps.a.outputs.id}]\n"
        + steps(step("a", GIVES), step("b"))
    )

    assert ("warning", "AZ714") in check(text)
    assert len(check.of("AZ714")) == 1


def test_an_action_of_the_workflow_is_meant_for_later_steps_too(check):
    text = (
        "failureActions: [{name: f, type: end, criteria: "
        "[{condition: $steps.b.outputs.id == 200}]}]\n"
        + steps(step("a"), step("b", GIVES), step("c"))
    )

    assert check(text) == []


def test_a_workflow_of_very_many_steps_is_not_compared_step_by_step(check):
    """A stranger's document takes no time that grows with the square of its size."""
    many = [step(f"s{i}", f"outputs: {{o: $steps.s{i + 1}.outputs.o}}") for i in range(1100)]  # fmt: skip
    last = step("s1100", "outputs: {o: $statusCode}, onSuccess: [{name: e, type: end}]")

    end = f"{END}, {STOP}"

    assert flow_findings(check, *many, last, step("e", end), step("never")) == [
        ("warning", "AZ711"),
        ("warning", "AZ711"),
    ]
