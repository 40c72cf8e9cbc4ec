"""
Everything that is wrong is said before the first request, at file, line and column.

The mark « stands where the problem is expected.
"""

import pytest

from arazzo_runner.errors import DocumentError
from arazzo_runner.messages import Response
from arazzo_runner.testing import plan_text, play

ONE = "steps:\n- stepId: one\n  operationId: ping\n"


def check(refusal, *codes: str) -> None:
    """Problems of *codes* at the marks, in the order of the document."""
    assert sorted(refusal.found, key=_by_place) == sorted(
        zip(codes, refusal.marks, strict=True), key=_by_place
    )


def _by_place(found: tuple[str, str]) -> tuple[int, int]:
    line, column = found[1].split(":")
    return int(line), int(column)


# --- names ------------------------------------------------------------------------------


@pytest.mark.parametrize("actions", ["onSuccess", "onFailure"])
def test_goto_an_unknown_step(flow, actions):
    """R-SACT-08, R-FACT-10."""
    refusal = flow.refuse(f"""\
        steps:
        - stepId: create
          operationId: ping
          {actions}:
          - name: on
            type: goto
            stepId: «pollBach
        - {{stepId: pollBatch, operationId: ping}}
        """)

    check(refusal, "AZ304")
    assert "pollBach" in refusal.one.message
    assert "'pollBatch'" in (refusal.one.hint or "")


def test_an_unknown_operation(flow):
    """R-STEP-07."""
    refusal = flow.refuse("""\
        steps:
        - stepId: one
          operationId: «lisJobs
        """)

    check(refusal, "AZ303")
    assert "lisJobs" in refusal.one.message
    assert "'listJobs'" in (refusal.one.hint or "")


@pytest.mark.parametrize(
    "written, code",
    [
        ("'{$sourceDescriptions.api.url}#/paths/~1nothing/get'", "AZ303"),
        ("'{$sourceDescriptions.api.url}#/paths/~1ping/post'", "AZ303"),
        ("'{$sourceDescriptions.apo.url}#/paths/~1ping/get'", "AZ305"),
        ("'$sourceDescriptions.api.url#/paths'", "AZ303"),
    ],
)
def test_an_unknown_operation_path(flow, written, code):
    """R-STEP-10 to R-STEP-12, A-34."""
    refusal = flow.refuse(f"""\
        steps:
        - stepId: one
          operationPath: «{written}
        """)

    check(refusal, code)


def test_an_unknown_source_of_an_operation(flow):
    refusal = flow.refuse("""\
        steps:
        - stepId: one
          operationId: «$sourceDescriptions.apo.ping
        """)

    check(refusal, "AZ305")
    assert "'api'" in (refusal.one.hint or "")


@pytest.mark.parametrize(
    "expression, code, near",
    [
        ("$inputs.lmit", "AZ306", "limit"),
        ("$steps.onne.outputs.id", "AZ304", "one"),
        ("$steps.one.outputs.idd", "AZ307", "id"),
    ],
)
@pytest.mark.parametrize(
    "place", ["parameter", "payload", "criterion", "output", "embedded"]
)
def test_unknown_names_in_expressions(flow, expression, code, near, place):
    """Each with the nearest known name."""
    spots = {
        "parameter": f"  parameters:\n  - name: cursor\n    in: query\n    value: «{expression}\n",
        "payload": f"  requestBody:\n    payload:\n      a:\n      - «{expression}\n",
        "criterion": f"  successCriteria:\n  - condition: «{expression} == 1\n",
        "output": f"  outputs:\n    x: «{expression}\n",
        "embedded": f"  parameters:\n  - name: cursor\n    in: query\n    value: «'a {{{expression}}}'\n",
    }

    refusal = flow.refuse(
        "inputs: {type: object, properties: {limit: {type: integer}}}\n"
        "steps:\n- {stepId: one, operationId: ping, outputs: {id: $response.body#/id}}\n"
        "- stepId: two\n  operationId: listJobs\n" + spots[place]
    )

    check(refusal, code)
    assert f"'{near}'" in (refusal.one.hint or "")


def test_an_unknown_source_in_an_expression(flow):
    """A-33: only declared source descriptions have a URL."""
    refusal = flow.refuse(
        ONE + "  parameters:\n  - name: a\n    in: query\n"
        "    value: «$sourceDescriptions.apo.url\n"
    )

    check(refusal, "AZ305")
    assert "'api'" in (refusal.one.hint or "")


def test_unknown_names_in_workflow_outputs(flow):
    refusal = flow.refuse("""\
        steps:
        - {stepId: one, operationId: ping, outputs: {id: $response.body#/id}}
        outputs:
          a: «$steps.one.outputs.ids
          b: «$steps.two.outputs.id
          c: $steps.one.outputs.id
        """)

    check(refusal, "AZ307", "AZ304")


@pytest.mark.parametrize(
    "schema",
    [
        "{type: object}",
        "true",
        "{type: object, additionalProperties: {type: string}}",
        "{type: object, properties: {a: {}}, patternProperties: {'^x-': {}}}",
        "{type: object, properties: {a: {}}, additionalProperties: true}",
    ],
)
def test_inputs_that_a_schema_leaves_open(flow, schema):
    """A-53: where the schema names no properties, or says others may come, any may."""
    plan = flow(f"inputs: {schema}\n{ONE}  outputs: {{x: $inputs.x-any}}\n")

    done = play(plan, {"x-any": 1}, [Response(200)])

    assert done.status == "succeeded"


def test_without_inputs_there_are_none(flow):
    check(flow.refuse(ONE + "  outputs:\n    x: «$inputs.any\n"), "AZ306")


def test_names_are_case_sensitive(flow):
    """R-EXPR-17."""
    refusal = flow.refuse(
        "inputs: {type: object, properties: {limit: {type: integer}}}\n"
        + ONE
        + "  outputs:\n    x: «$inputs.Limit\n"
    )

    check(refusal, "AZ306")
    assert "'limit'" in (refusal.one.hint or "")


@pytest.mark.parametrize(
    "reference",
    [
        "$components.parameters.none",
        "$components.successActions.here",
        "$components.parameter.limit",
        "parameters.limit",
    ],
)
def test_a_reference_that_leads_nowhere(flow, reference):
    """R-REUSE-02."""
    refusal = flow.refuse(
        ONE + f"  parameters:\n  - reference: «{reference}\n",
        more="components: {parameters: {limit: {name: limit, in: query, value: 1}}}\n",
    )

    (found,) = refusal.found
    assert found[1].split(":")[0] == refusal.marks[0].split(":")[0]
    assert found[0] in ("AZ308", "AZ204", "AZ401")


@pytest.mark.parametrize("kind", ["onSuccess", "onFailure"])
def test_an_action_reference_that_leads_nowhere(flow, kind):
    """R-STEP-28, R-STEP-33: of the type expected at that place."""
    refusal = flow.refuse(
        ONE + f"  {kind}:\n  - reference: «$components.parameters.limit\n",
        more="components: {parameters: {limit: {name: limit, in: query, value: 1}}}\n",
    )

    assert len(refusal.problems) == 1
    assert refusal.found[0][1].split(":")[0] == refusal.marks[0].split(":")[0]


def test_goto_inside_a_component(flow):
    """A component's action is checked where it is used: the step is the workflow's."""
    refusal = flow.refuse(
        ONE + "  onSuccess:\n  - reference: $components.successActions.jump\n",
        more="components: {successActions: {jump: {name: j, type: goto, stepId: tow}}}\n",
    )

    assert refusal.one.code == "AZ304"
    assert refusal.one.location.line > 0


# --- expressions and conditions ---------------------------------------------------------


@pytest.mark.parametrize(
    "condition",
    [
        "$statusCode ==",
        "== 200",
        "$statusCode = 200",
        "$statusCode === 200",
        "$statusCode == 200 and true",
        "($statusCode == 200",
        "$statusCode == 200)",
        "1 < $statusCode < 5",
        "!$statusCode == 1",
        "$response.body#/a contains 'x'",
        "'open",
        "",
        "success",
        "$statusCode == 200 &&",
        "$statusCodes == 200",
        "$response.bodi == 1",
    ],
)
@pytest.mark.parametrize("where", ["successCriteria", "onSuccess", "onFailure"])
def test_a_condition_that_does_not_parse(flow, condition, where):
    """A-01, A-11, A-12: a load error, strict or not."""
    text = condition.replace("'", "''")
    criterion = f"\n    criteria:\n    - condition: «'{text}'\n"
    block = (
        f"  successCriteria:\n  - condition: «'{text}'\n"
        if where == "successCriteria"
        else f"  {where}:\n  - name: a\n    type: end{criterion}"
    )

    refusal = flow.refuse(ONE + block)

    assert len(refusal.problems) == 1
    assert refusal.one.code[:3] in ("AZ4", "AZ2")
    assert refusal.found[0][1].split(":")[0] == refusal.marks[0].split(":")[0]


@pytest.mark.parametrize(
    "criterion, code",
    [
        ("{context: $response.body, condition: «'[', type: regex}", "AZ404"),
        ("{context: $response.body, condition: «'(a', type: regex}", "AZ404"),
        ("{context: $response.body, condition: «'$.a ==', type: jsonpath}", "AZ402"),
        ("{context: $response.body, condition: «'$[', type: jsonpath}", "AZ405"),
        ("{context: «$respons.body, condition: '$.a', type: jsonpath}", "AZ401"),
        ("{context: «$inputs.none, condition: '$.a', type: jsonpath}", "AZ306"),
        ("«{condition: '$.a', type: jsonpath}", "AZ406"),
        ("«{condition: 'a', type: regex}", "AZ406"),
    ],
)
def test_criteria_of_other_types(flow, criterion, code):
    """R-CRIT-04, R-CRIT-05, A-12."""
    refusal = flow.refuse(
        "inputs: {type: object, properties: {a: {}}}\n"
        + ONE
        + f"  successCriteria:\n  - {criterion}\n"
    )

    assert [each.code for each in refusal.problems] == [code]
    assert refusal.found[0][1].split(":")[0] == refusal.marks[0].split(":")[0]


@pytest.mark.parametrize(
    "expression",
    [
        "$inputs.",
        "hello",
        "'x{$response.body#/id}'",
        "$steps.one",
        "$steps.one.outputs",
        "$steps.one.outputs.",
        "$response.headr.x",
        "$response.body#/~2",
        "$request.header.",
        "'{$inputs.}'",
        "'{$steps.one}'",
    ],
)
def test_an_expression_that_does_not_parse(flow, expression):
    """A-25: a known root with bad grammar is an error."""
    refusal = flow.refuse(
        "inputs: {type: object, properties: {a: {}}}\n"
        + ONE
        + f"  outputs: {{id: $response.body#/id}}\n- stepId: two\n  operationId: ping\n"
        f"  outputs:\n    x: «{expression}\n"
    )

    assert len(refusal.problems) == 1
    assert refusal.one.code[:3] == "AZ4"
    assert refusal.found[0][1] == refusal.marks[0]


@pytest.mark.parametrize(
    "expression",
    ["$response.body#/id", "$statusCode", "$url", "$request.body", "$method"],
)
@pytest.mark.parametrize("place", ["parameter", "payload"])
def test_a_request_cannot_name_its_own_message(flow, expression, place):
    """A-31: in parameters and bodies there is no message yet."""
    block = (
        f"  parameters:\n  - name: a\n    in: query\n    value: «{expression}\n"
        if place == "parameter"
        else f"  requestBody:\n    payload:\n      a: «{expression}\n"
    )

    refusal = flow.refuse(ONE + block)

    assert refusal.one.code[:3] == "AZ4"
    assert refusal.found[0][1] == refusal.marks[0]


@pytest.mark.parametrize("expression", ["$response.body#/id", "$statusCode", "$method"])
def test_workflow_outputs_have_no_message(flow, expression):
    """A message belongs to a step: at the end of a workflow there is none (A-31)."""
    plan = flow(ONE + f"outputs: {{x: {expression}}}\n")

    done = play(plan, {}, [Response(200, body={"id": 1})])

    assert done.outputs == {"x": None}


# --- parameters -------------------------------------------------------------------------


def test_a_path_variable_without_a_parameter(flow):
    refusal = flow.refuse("""\
        steps:
        - stepId: one
          operationId: getJob
        """)

    assert refusal.one.code == "AZ312"
    assert "id" in refusal.one.message
    assert refusal.one.location.line > 0


def test_a_path_parameter_that_the_path_has_not(flow):
    """A-56: an undeclared path parameter of the step is an error."""
    refusal = flow.refuse(
        ONE + "  parameters:\n  - «name: id\n    in: path\n    value: 1\n"
    )

    assert refusal.one.code in ("AZ310", "AZ312")
    assert refusal.found[0][1].split(":")[0] == refusal.marks[0].split(":")[0]


def test_a_parameter_without_a_place(flow):
    """R-PARAM-04."""
    refusal = flow.refuse(ONE + "  parameters:\n  - {«name: a, value: 1}\n")

    assert refusal.one.location.line == int(refusal.marks[0].split(":")[0])


@pytest.mark.parametrize(
    "parameters",
    [
        "[{name: a, in: query, value: 1}, {name: a, in: query, value: 2}]",
        "[{name: A, in: header, value: 1}, {name: a, in: header, value: 2}]",
        "[{reference: $components.parameters.p}, {name: a, in: query, value: 2}]",
        "[{reference: $components.parameters.p}, {reference: $components.parameters.p}]",
    ],
)
@pytest.mark.parametrize("level", ["step", "workflow"])
def test_duplicate_parameters(flow, parameters, level):
    """R-WF-27, R-STEP-19, A-41: after resolving references, header names without case."""
    refusal = flow.refuse(
        ONE + f"  parameters: {parameters}\n"
        if level == "step"
        else f"parameters: {parameters}\n" + ONE,
        more="components: {parameters: {p: {name: a, in: query, value: 1}}}\n",
    )

    assert [each.code for each in refusal.problems] == ["AZ205"]


@pytest.mark.parametrize("kind", ["onSuccess", "onFailure"])
def test_duplicate_actions(flow, kind):
    """R-STEP-29, R-STEP-34, A-41: the same name."""
    refusal = flow.refuse(
        ONE
        + f"  {kind}: [{{name: a, type: end}}, {{«name: a, type: end, criteria: [{{condition: $statusCode == 200}}]}}]\n"
    )

    assert [each.code for each in refusal.problems] == ["AZ205"]


# --- many at once -----------------------------------------------------------------------


def test_every_problem_at_once(flow):
    """All of them, each at its place."""
    refusal = flow.refuse("""\
        inputs: {type: object, properties: {limit: {type: integer}}}
        steps:
        - stepId: one
          operationId: «pong
        - stepId: two
          operationId: listJobs
          parameters:
          - name: limit
            in: query
            value: «$inputs.limt
          successCriteria:
          - condition: «$statusCode =
          onSuccess:
          - name: on
            type: goto
            stepId: «three
            criteria:
            - condition: «$steps.zwei.outputs.x == 1
          outputs:
            x: «$response.boddy
        outputs:
          y: «$steps.two.outputs.z
        """)

    check(refusal, "AZ303", "AZ306", "AZ402", "AZ304", "AZ304", "AZ401", "AZ307")


def test_every_problem_has_a_place_and_a_sentence(flow):
    refusal = flow.refuse("""\
        steps:
        - stepId: one
          operationId: pong
          parameters: [{name: a, in: query, value: $inputs.}]
          onFailure: [{name: a, type: goto, stepId: none}]
        """)

    assert len(refusal.problems) == 3
    for each in refusal.problems:
        assert each.location.uri == "test.arazzo.yaml"
        assert each.location.line > 0
        assert each.message
        assert not each.message.endswith(".")


def test_problems_of_other_workflows_do_not_matter(flow):
    """Only the workflow that runs is compiled."""
    text = flow.text(ONE) + (
        "- workflowId: other\n  steps:\n  - {stepId: one, operationId: nothing}\n"
    )

    plan = plan_text(text, "main", api=flow.api)

    assert plan.workflow_id == "main"
    with pytest.raises(DocumentError):
        plan_text(text, "other", api=flow.api)


# --- several sources --------------------------------------------------------------------

TWO = """\
arazzo: 1.0.1
info: {title: Two, version: '1'}
sourceDescriptions:
- {name: api, url: api.yaml, type: openapi}
- {name: more, url: more.yaml, type: openapi}
workflows:
- workflowId: main
  steps:
  - stepId: one
    operationId: OPERATION
"""
MORE = """\
openapi: 3.0.3
info: {title: More, version: '1'}
servers: [{url: https://more.test}]
paths:
  /ping: {get: {operationId: ping, responses: {}}}
  /only: {get: {operationId: only, responses: {}}}
"""


def test_an_unqualified_operation_of_one_source(flow):
    """R-STEP-09, A-35: runs with a warning where only one source has it."""
    plan = plan_text(TWO.replace("OPERATION", "only"), api=flow.api, more=MORE)

    assert [each.code for each in plan.warnings] == ["AZ509"]
    assert plan.steps[0].source == "more"


def test_an_ambiguous_operation(flow):
    """A-35: an error that lists the candidates."""
    with pytest.raises(DocumentError) as caught:
        plan_text(TWO.replace("OPERATION", "ping"), api=flow.api, more=MORE)

    (problem,) = caught.value.problems
    assert problem.code == "AZ309"
    words = problem.message + (problem.hint or "")
    assert "api" in words
    assert "more" in words
    assert (problem.location.line, problem.location.column) == (10, 18)


@pytest.mark.parametrize("source", ["api", "more"])
def test_a_qualified_operation(flow, source):
    written = f"$sourceDescriptions.{source}.ping"

    plan = plan_text(TWO.replace("OPERATION", written), api=flow.api, more=MORE)

    assert plan.steps[0].source == source
    assert plan.warnings == ()


# --- not supported yet ------------------------------------------------------------------


def test_all_problems_are_told_together(flow):
    refusal = flow.refuse(
        "dependsOn: [nobody]\n"
        + ONE
        + "  outputs: {x: $inputs.}\n- {stepId: two, operationId: pong}\n"
    )

    assert sorted(each.code for each in refusal.problems) == ["AZ303", "AZ314", "AZ401"]


# --- dialect ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "code, block",
    [
        ("AZ501", "  successCriteria:\n  - {context: $response.body, condition: \"«$.a == 'x'\", type: jsonpath}\n"),
        ("AZ502", "  parameters:\n  - {name: Authorization, in: header, value: «Bearer $inputs.a}\n"),
        ("AZ503", "  successCriteria:\n  - condition: «'$response.body#/a == \"x\"'\n"),
        ("AZ504", "  successCriteria:\n  - condition: «'{$statusCode == 200}'\n"),
        ("AZ506", "  outputs:\n    x: «$response.body.member\n"),
        ("AZ507", "  outputs: {id: $response.body}\n- stepId: two\n  operationId: ping\n  outputs:\n    x: «$steps.one.id\n"),
        ("AZ507", "  outputs: {id: $response.body}\n- stepId: two\n  operationId: listJobs\n  parameters:\n  - {name: cursor, in: query, value: «$steps.one.id}\n"),
        ("AZ508", None),
    ],
)  # fmt: skip
def test_dialect_rules(flow, code, block):
    """One warning with its place by default; an error with --strict."""
    head = "inputs: {type: object, properties: {a: {}, o: {type: object}}}\n"
    text = {
        "AZ508": head
        + "steps:\n- stepId: one\n  operationPath: «api#/paths/~1ping/get\n",
    }.get(code) or head + ONE + (block or "")

    plan = flow(text.replace("«", ""))

    (warning,) = plan.warnings
    assert (warning.code, warning.severity) == (code, "warning")
    refusal = flow.refuse(text, strict=True)
    assert [each.code for each in refusal.problems] == [code]
    line = int(refusal.marks[0].split(":")[0])
    assert warning.location.line == refusal.one.location.line == line


def test_an_operation_in_another_case(flow):
    """AZ513: accepted with a warning where it is the only one; unknown with --strict."""
    text = "steps:\n- stepId: one\n  operationId: «Ping\n"

    plan = flow(text.replace("«", ""))

    assert [each.code for each in plan.warnings] == ["AZ513"]
    assert [each.code for each in flow.refuse(text, strict=True).problems] == ["AZ303"]


@pytest.mark.parametrize("version, codes", [("1.0.1", ["AZ506"]), ("1.1.0", [])])
def test_members_of_the_body_without_a_pointer(flow, version, codes):
    """A-28: the 1.1 text uses the form itself, so it warns in 1.0 documents only."""
    plan = flow(ONE + "  outputs: {x: $response.body.a}\n", version=version)

    assert [each.code for each in plan.warnings] == codes


def test_clean_text_has_no_warnings(flow):
    """Specification forms give none, and run with --strict."""
    plan = flow(
        """\
        inputs: {type: object, properties: {key: {type: string}}}
        steps:
        - stepId: one
          operationId: listJobs
          parameters:
          - {name: Authorization, in: header, value: 'Bearer {$inputs.key}'}
          successCriteria:
          - {condition: $statusCode == 200}
          - {context: $response.body, condition: '$.jobs[?@.id == 1]', type: jsonpath}
          outputs: {jobs: $response.body#/jobs}
        outputs: {jobs: $steps.one.outputs.jobs}
        """,
        strict=True,
    )

    assert plan.warnings == ()


def test_warnings_are_events_right_after_the_start(flow):
    """Load-time warnings come as Warned events."""
    plan = flow(
        "inputs: {type: object, properties: {a: {}}}\n"
        + ONE
        + "  parameters: [{name: Authorization, in: header, value: x $inputs.a}]\n"
    )

    done = play(plan, {"a": 1}, [], whole=False)

    assert [each.code for each in done.warnings] == ["AZ502"]
    assert done.events[1].diagnostic == plan.warnings[0]
