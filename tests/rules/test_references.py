"""
Everything that names something names what is there, and expressions are expressions.

https://spec.openapis.org/arazzo/v1.1.0.html#runtime-expressions
"""

import pytest

OTHER = """\
arazzo: 1.1.0
info: {title: Other, version: '1'}
sourceDescriptions: [{name: pets, url: pets.yaml, type: openapi}]
workflows:
- workflowId: away
  inputs: {type: object, properties: {id: {type: string}}}
  steps: [{stepId: one, operationId: ping, outputs: {s: $statusCode}}]
  outputs: {s: $steps.one.outputs.s}
"""
MORE = """
- {name: other, url: other.yaml, type: arazzo}
"""
COMPONENTS = """
components:
  parameters: {id: {name: id, in: path, value: $inputs.id}}
  successActions: {stop: {name: stop, type: end}}
  failureActions: {give-up: {name: give-up, type: end}}
"""
AWAY = "$sourceDescriptions.other.away"


def ping(rest):
    return "steps:\n- {stepId: a, operationId: ping, " + rest + "}\n"


def criterion(rest):
    return ping(f"successCriteria: [{{{rest}}}]")


def output(written):
    return ping(f"outputs: {{x: {written}}}")


def success(rest):
    return ping(f"onSuccess: [{{name: n, criteria: [{{condition: $statusCode == 1}}], {rest}}}]")  # fmt: skip


def failure(rest):
    return ping(f"onFailure: [{{name: n, criteria: [{{condition: $statusCode == 1}}], {rest}}}]")  # fmt: skip


PING = ping("description: d")
CASES = [
    # workflows
    ("R-WF-08", "dependsOn: [nobody]\n" + PING, "dependsOn: [second]\n" + PING, "AZ314"),
    ("R-WF-09", "dependsOn: [$workflows.second]\n" + PING, "dependsOn: [second]\n" + PING, "AZ314"),
    ("R-WF-10", "dependsOn: [$sourceDescriptions.gone.away]\n" + PING, f"dependsOn: [{AWAY}]\n" + PING, "AZ305"),
    ("R-WF-11", "dependsOn: [away]\n" + PING, f"dependsOn: [{AWAY}]\n" + PING, "AZ509"),
    ("A-51", "dependsOn: [main]\n" + PING, "dependsOn: [second]\n" + PING, "AZ313"),
    ("R-WF-16", "successActions: [{reference: $components.successActions.no}]\n" + PING, "successActions: [{reference: $components.successActions.stop}]\n" + PING, "AZ308"),
    ("R-WF-20", "failureActions: [{reference: $components.successActions.stop}]\n" + PING, "failureActions: [{reference: $components.failureActions.give-up}]\n" + PING, "AZ308"),
    ("R-WF-26 R-REUSE-02", "parameters: [{reference: $components.successActions.stop}]\n" + PING, "parameters: [{reference: $components.parameters.id}]\n" + PING, "AZ308"),
    # steps
    ("R-STEP-07", "steps:\n- {stepId: a, operationId: pnig}\n", PING, "AZ303"),
    ("R-STEP-07 R-DOC-05 case", "steps:\n- {stepId: a, operationId: Ping}\n", PING, "AZ513"),
    ("R-STEP-10", "steps:\n- {stepId: a, operationPath: '{$sourceDescriptions.pets.url}#/paths/~1ping/put'}\n", PING, "AZ303"),
    ("R-STEP-11", "steps:\n- {stepId: a, operationPath: '{$sourceDescriptions.gone.url}#/paths/~1ping/get'}\n", PING, "AZ305"),
    ("R-STEP-12", "steps:\n- {stepId: a, operationPath: 'pets#/paths/~1ping/get'}\n", "steps:\n- {stepId: a, operationPath: '{$sourceDescriptions.pets.url}#/paths/~1ping/get'}\n", "AZ508"),
    ("R-STEP-14", "steps:\n- {stepId: a, workflowId: nobody}\n", "steps:\n- {stepId: a, workflowId: second}\n", "AZ314"),
    ("R-STEP-15", "steps:\n- {stepId: a, workflowId: away}\n", f"steps:\n- {{stepId: a, workflowId: {AWAY}}}\n", "AZ509"),
    ("R-STEP-18", "steps:\n- {stepId: a, operationId: getPet, parameters: [{reference: $components.parameters.no}]}\n", "steps:\n- {stepId: a, operationId: getPet, parameters: [{reference: $components.parameters.id}]}\n", "AZ308"),
    ("R-PARAM-05", "steps:\n- {stepId: a, workflowId: second, parameters: [{name: no, value: 1}]}\n", "steps:\n- {stepId: a, workflowId: second, parameters: [{name: id, value: 1}]}\n", "AZ306"),
    ("A-56", "steps:\n- {stepId: a, operationId: ping, parameters: [{name: no, in: path, value: 1}]}\n", PING, "AZ310"),
    ("R-PARAM-06", "steps:\n- {stepId: a, operationId: getPet}\n", PING, "AZ312"),
    ("N-STEP-13", ping("dependsOn: [b]"), "steps:\n- {stepId: b, operationId: ping}\n- {stepId: a, operationId: ping, dependsOn: [b]}\n", "AZ304"),
    ("N-STEP-14", ping("dependsOn: [$workflows.second.steps.no]"), ping("dependsOn: [$workflows.second.steps.s]"), "AZ304"),
    ("N-STEP-15", ping("dependsOn: [$sourceDescriptions.gone.away.steps.one]"), ping(f"dependsOn: [{AWAY}.steps.one]"), "AZ305"),
    # actions
    ("R-SACT-07", success("type: goto, workflowId: away"), success(f"type: goto, workflowId: {AWAY}"), "AZ509"),
    ("R-SACT-08", success("type: goto, stepId: s"), success("type: goto, stepId: a"), "AZ304"),
    ("R-SACT-09", success("type: goto, workflowId: no"), success("type: goto, workflowId: second"), "AZ314"),
    ("R-FACT-09", failure("type: retry, retryLimit: 1, workflowId: away"), failure(f"type: retry, retryLimit: 1, workflowId: {AWAY}"), "AZ509"),
    ("R-FACT-10", failure("type: retry, retryLimit: 1, stepId: s"), failure("type: retry, retryLimit: 1, stepId: a"), "AZ304"),
    ("N-ACT-01", success(f"type: goto, workflowId: {AWAY}, parameters: [{{name: no, value: 1}}]"), success(f"type: goto, workflowId: {AWAY}, parameters: [{{name: id, value: 1}}]"), "AZ306"),
    # expressions
    ("R-EXPR-02 N-EXPR-16", output("$response.header"), output("$response.header.X-a!#$%&'*+"), "AZ401"),
    ("R-EXPR-03", output("$request.cookie.x"), output("$request.header.Accept"), "AZ401"),
    ("R-EXPR-04 R-EXPR-11 N-EXPR-17", output("$response.body#/a~2"), output("$response.body#/a~1b~0/0"), "AZ401"),
    ("R-EXPR-05 N-EXPR-03", output("$inputs.no"), output("$inputs.id"), "AZ306"),
    ("R-EXPR-06", PING + "outputs: {a: $outputs.no}\n", PING + "outputs: {b: $inputs.id, a: $outputs.b}\n", "AZ307"),
    ("R-EXPR-07 N-EXPR-04", output("$steps.no.outputs.x"), "steps:\n- {stepId: b, operationId: ping, outputs: {x: $statusCode}}\n- {stepId: a, operationId: ping, outputs: {x: $steps.b.outputs.x}}\n", "AZ304"),
    ("R-EXPR-08 N-EXPR-05", output("$workflows.no.outputs.o"), output("$workflows.second.outputs.o"), "AZ314"),
    ("R-EXPR-09 N-EXPR-06 N-EXPR-15", output("$sourceDescriptions.no.url"), output("$sourceDescriptions.pets.url"), "AZ305"),
    ("R-EXPR-10 N-EXPR-07", output("$components.parameters.no"), output("$components.parameters.id"), "AZ308"),
    ("R-EXPR-17 R-DOC-05", output("$inputs.ID"), output("$inputs.id"), "AZ306"),
    ("N-EXPR-02", output("$self.x"), output("$self"), "AZ401"),
    ("R-EXPR-16 N-EXPR-10", "steps:\n- {stepId: a, operationId: pong, requestBody: {payload: 'a {$inputs.no}'}}\n", "steps:\n- {stepId: a, operationId: ping, parameters: [{name: X, in: header, value: 'a {$inputs.id}'}]}\n", "AZ306"),
    # conditions
    ("N-CRIT-01 R-CRIT-02", criterion("condition: $statusCode = 200"), criterion("condition: $statusCode == 200"), "AZ402"),
    ("R-CRIT-08", criterion("condition: $statusCode == TRUE"), criterion("condition: $statusCode == 2.5e2 || true"), "AZ402"),
    ("R-CRIT-09", criterion("condition: '$statusCode == \"200\"'"), criterion("condition: $response.header.a == 'it''s'"), "AZ503"),
    ("N-CRIT-08", criterion("context: $statusCode, condition: '(', type: regex"), criterion("context: $statusCode, condition: '(2|3)..', type: regex"), "AZ404"),
    ("R-CRIT-16 N-CRIT-10", criterion("context: $response.body, condition: '$[?', type: jsonpath"), criterion("context: $response.body, condition: '$.a', type: jsonpath"), "AZ405"),
    ("R-CRIT-17", criterion("context: $response.body, condition: '//[', type: xpath"), criterion("context: $response.body, condition: //a, type: xpath"), "AZ408"),
    ("N-CRIT-02", criterion("context: $response.body, condition: '$[?@.a == \"$inputs.id\"]', type: jsonpath"), criterion("context: $response.body, condition: '$.x[?@.a == \"{$inputs.id}\"]', type: jsonpath"), "AZ512"),
    ("N-SEL-03", output("{context: $response.body, selector: a, type: jsonpointer}"), output("{context: $response.body, selector: /a, type: jsonpointer}"), "AZ409"),
]  # fmt: skip
SECOND = """\
- workflowId: second
  inputs: {type: object, properties: {id: {type: string}}}
  steps: [{stepId: s, operationId: ping, outputs: {o: $statusCode}}]
  outputs: {o: $steps.s.outputs.o}
"""


@pytest.mark.parametrize(
    "bad, good, code",
    [pytest.param(bad, good, code, id=name) for name, bad, good, code in CASES],
)
def test_what_is_named_is_there(check, bad, good, code):
    options = {
        "version": "1.1.0",
        "more": MORE + COMPONENTS,
        "after": SECOND,
        "other": OTHER,
    }

    check(bad, **options)
    assert check.of(code)
    assert all(each.location.line >= 10 for each in check.of(code))

    check(good, **options)
    assert check.of(code) == []
    assert [each for each in check.found if each.severity == "error"] == []


@pytest.mark.parametrize(
    "written", ["yes", "no", "on", "off", "2020-01-01", "12:30:45"]
)
def test_what_other_yaml_reads_as_something_else_is_text(check, written):
    """R-DOC-06, R-DOC-07"""
    assert check(f"summary: {written}\n" + PING) == []


def test_keys_are_text(check):
    """R-DOC-08"""
    assert check("steps:\n- {stepId: a, operationId: ping, outputs: {200: $statusCode}}\n") == []  # fmt: skip
