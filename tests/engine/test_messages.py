"""
``$url``, ``$method``, ``$request`` and ``$response``: what a step sent and got.

https://spec.openapis.org/arazzo/v1.1.0.html#runtime-expressions; checklist A-29 to A-31.
"""

import json

import pytest

from arazzo_runner.messages import ABSENT, File, Records, Response
from arazzo_runner.testing import play

API = """\
openapi: 3.1.0
info: {title: t, version: '1'}
servers: [{url: 'https://{where}.test/v1', variables: {where: {default: api}}}]
components:
  securitySchemes: {key: {type: apiKey, in: header, name: X-Key}}
paths:
  /pets/{id}:
    get:
      operationId: getPet
      parameters:
      - {name: id, in: path, required: true, schema: {type: integer}}
      - {name: tags, in: query, schema: {type: array}}
      - {name: X-Trace, in: header, schema: {type: integer}}
      responses: {'200': {description: ok, content: {application/json: {}}}}
  /pets:
    post:
      operationId: addPet
      requestBody: {content: {application/json: {}}}
      security: [{key: []}]
      responses: {}
  /plain: {get: {operationId: plain, responses: {}}}
"""
JSONL = "application/jsonl"


def outputs_of(flow, operation, outputs, *, given="", reply=None, **options):
    """The outputs of one step, and the transcript."""
    listed = "".join(f"    o{n}: {each}\n" for n, each in enumerate(outputs))
    taken = "".join(f"  o{n}: $steps.one.outputs.o{n}\n" for n in range(len(outputs)))
    plan = flow(
        "inputs: {type: object, properties: {v: {}, w: {}}}\n"
        f"steps:\n- stepId: one\n  operationId: {operation}\n{given}"
        f"  outputs:\n{listed}outputs:\n{taken}",
        api=API,
        **options,
    )
    done = play(plan, {"v": 7, "w": ["a b", "c"]}, [reply or Response(200)])
    return list(done.outputs.values()), done


def one(flow, expression, reply, **options):
    (value,), _ = outputs_of(flow, "plain", [expression], reply=reply, **options)
    return value


# --- the request --------------------------------------------------------------------------

PET = """\
  parameters:
  - {name: id, in: path, value: $inputs.v}
  - {name: tags, in: query, value: $inputs.w}
  - {name: X-Trace, in: header, value: 5}
"""


def test_url_and_method_as_they_are_sent(flow):
    """R-EXPR-01, A-31: server and path filled in, with the query; upper case."""
    values, _ = outputs_of(flow, "getPet", ["$url", "$method"], given=PET)

    assert values == ["https://api.test/v1/pets/7?tags=a%20b&tags=c", "GET"]


@pytest.mark.parametrize(
    "expression, value",
    [
        ("$request.path.id", 7),
        ("$request.query.tags", ["a b", "c"]),
        ("$request.header.X-Trace", 5),
        ("$request.header.x-TRACE", 5),
    ],
)
def test_parameters_have_the_type_they_were_given_in(flow, expression, value):
    """R-EXPR-02, R-EXPR-03: before they are written; header names in any case."""
    values, _ = outputs_of(flow, "getPet", [expression], given=PET)

    assert values == [value]


def test_a_parameter_of_the_workflow_is_one_of_the_step(flow):
    """R-EXPR-13: declared by the step or by the workflow."""
    plan = flow(
        "parameters: [{name: general, in: query, value: g}]\n"
        "steps:\n- {stepId: one, operationId: plain, outputs: {g: $request.query.general}}\n"
        "outputs: {g: $steps.one.outputs.g}\n",
        api=API,
    )

    assert play(plan, {}, [Response(200)]).outputs == {"g": "g"}


def test_a_declared_parameter_that_is_not_given_has_no_value(flow):
    """R-EXPR-13: the parent operation declares it, so it can be asked for."""
    given = "  parameters: [{name: id, in: path, value: 1}]\n"
    values, done = outputs_of(flow, "getPet", ["$request.query.tags"], given=given)

    assert values == [None]
    assert [each.code for each in done.warnings] == ["AZ609"]


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize(
    "expression, hint",
    [
        ("$request.query.tag", "tags"),
        ("$request.query.X-Trace", None),
        ("$request.path.ID", "id"),
        ("$request.header.X-Tracer", "x-trace"),
        ("$request.header.User-Agent", None),
        ("$request.query.accept", None),
        ("$request.header.content-type", None),
    ],
)
@pytest.mark.parametrize(
    "place",
    [
        "  outputs: {o: «EXPRESSION}\n",
        "  successCriteria: [{condition: «EXPRESSION == 1}]\n",
        "  successCriteria: [{context: «EXPRESSION, condition: a, type: regex}]\n",
        "  onSuccess: [{name: n, type: end, criteria: [{condition: «EXPRESSION == 1}]}]\n",
    ],
)
def test_what_is_not_declared_is_a_load_error(flow, expression, hint, place, strict):
    """R-EXPR-13: it could never be evaluated."""
    refusal = flow.refuse(
        "inputs: {type: object, properties: {v: {}, w: {}}}\n"
        f"steps:\n- stepId: one\n  operationId: getPet\n{PET}"
        + place.replace("EXPRESSION", expression),
        api=API,
        strict=strict,
    )

    assert refusal.found == [("AZ326", refusal.marks[0])]
    if hint:
        assert f"did you mean {hint!r}?" in refusal.one.hint


def test_an_action_of_the_workflow_may_be_meant_for_other_steps(flow):
    """R-WF-18: at a step without such a parameter it has no value, and does not hold."""
    plan = flow(
        "successActions: [{name: n, type: end, criteria: [{condition: $request.query.q == 1}]}]\n"
        "steps:\n- {stepId: one, operationId: plain}\n"
        "- {stepId: two, operationId: plain, parameters: [{name: q, in: query, value: 1}]}\n"
        "- {stepId: three, operationId: plain}\n",
        api=API,
    )
    done = play(plan, {}, [Response(200), Response(200)])

    assert done.decisions == ["next", "end n"]


BODY = "  requestBody: {payload: {a: $inputs.v}}\n"


@pytest.mark.parametrize(
    "operation, given, expression, value",
    [
        ("addPet", BODY, "$request.header.content-type", "application/json"),
        (
            "addPet",
            "  requestBody: {contentType: application/json; v=1, payload: {a: 1}}\n",
            "$request.header.Content-Type",
            "application/json; v=1",
        ),
        ("plain", "", "$request.header.accept", "*/*"),
        (
            "getPet",
            "  parameters: [{name: id, in: path, value: 1}]\n",
            "$request.header.Accept",
            "application/json, */*;q=0.1",
        ),
    ],
)
def test_headers_that_are_added(flow, operation, given, expression, value):
    """A-31, AZ521: they are there, and may be read with a warning; not in strict."""
    values, done = outputs_of(flow, operation, [expression], given=given)

    assert values == [value]
    assert [each.code for each in done.warnings] == ["AZ521"]

    steps = f"steps:\n- stepId: one\n  operationId: {operation}\n{given}"
    refusal = flow.refuse(
        f"inputs: {{type: object, properties: {{v: {{}}}}}}\n{steps}"
        f"  outputs: {{o: {expression}}}\n",
        api=API,
        strict=True,
    )
    assert refusal.one.code == "AZ521"


def test_a_header_that_is_added_and_given_is_a_parameter(flow):
    given = (
        "  parameters: [{name: ACCEPT, in: header, value: text/csv}, "
        "{name: Content-Type, in: header, value: application/json}]\n" + BODY
    )
    values, done = outputs_of(
        flow,
        "addPet",
        ["$request.header.accept", "$request.header.content-type"],
        given=given,
        strict=True,
    )

    assert values == ["text/csv", "application/json"]
    assert done.warnings == []


def test_the_place_of_a_credential_is_declared(flow):
    """By its security scheme; whoever runs the workflow may give it."""
    values, done = outputs_of(
        flow, "addPet", ["$request.header.x-KEY"], given=BODY, strict=True
    )

    assert values == [None]
    assert [each.code for each in done.warnings] == ["AZ609"]


@pytest.mark.parametrize(
    "body, expression, value",
    [
        ("{payload: {a: $inputs.v}}", "$request.body", {"a": 7}),
        ("{payload: {a: $inputs.v}}", "$request.body#/a", 7),
        (
            "{payload: {a: [1, 2]}, replacements: [{target: /a/1, value: $inputs.v}]}",
            "$request.body#/a",
            [1, 7],
        ),
        ("{payload: '{\"a\": {$inputs.v}}'}", "$request.body", '{"a": 7}'),
        ("{payload: '{\"a\": {$inputs.v}}'}", "$request.body#/a", 7),
        ("{contentType: text/plain, payload: '{\"a\": 1}'}", "$request.body#/a", None),
        ("{payload: 'a'}", "$request.body#/a", None),
    ],
)
def test_the_body_after_evaluation_and_replacements(flow, body, expression, value):
    """R-EXPR-04, A-31: what is sent; what is sent as JSON can be looked into."""
    given = f"  requestBody: {body}\n"
    values, _ = outputs_of(flow, "addPet", [expression], given=given, version="1.1.0")

    assert values == [value]


def test_a_request_without_a_body(flow):
    values, _ = outputs_of(flow, "plain", ["$request.body"])

    assert values == [None]


def test_criteria_and_actions_see_the_request(flow):
    """A-31: success criteria, criteria of actions, outputs."""
    plan = flow(
        "inputs: {type: object, properties: {v: {}, w: {}}}\n"
        f"steps:\n- stepId: one\n  operationId: getPet\n{PET}"
        "  successCriteria: [{condition: \"$request.path.id == 7 && $method == 'GET'\"}]\n"
        "  onSuccess: [{name: done, type: end, criteria: [{condition: $request.header.x-trace == 5}]}]\n"
        "- {stepId: two, operationId: plain}\n",
        api=API,
    )
    done = play(plan, {"v": 7, "w": []}, [Response(200)])

    assert done.decisions == ["end done"]


# --- the response -------------------------------------------------------------------------

FIELDS = (
    ("x-one", "1"),
    ("x-two", "a"),
    ("x-two", "b, c"),
    ("set-cookie", "a=1; Path=/"),
    ("set-cookie", "b=2"),
)


@pytest.mark.parametrize(
    "name, value",
    [
        ("X-One", "1"),
        ("x-one", "1"),
        ("X-TWO", "a, b, c"),
        ("Set-Cookie", "a=1; Path=/"),
        ("x-none", None),
    ],
)
def test_fields_of_the_response(flow, name, value):
    """
    R-EXPR-02, R-EXPR-14, A-29: in any case, a text always; several are joined, but of
    ``Set-Cookie`` there is the first.
    """
    assert one(flow, f"$response.header.{name}", Response(200, FIELDS)) == value


@pytest.mark.parametrize("expression", ["$response.query.a", "$response.path.a"])
def test_a_response_has_no_parameters(flow, expression):
    """R-EXPR-03: the grammar has them; there is nothing there."""
    assert one(flow, expression, Response(200, body={"a": 1})) is None


FILE = File("/x", "body", "0" * 64, 9, "application/octet-stream")


@pytest.mark.parametrize(
    "body, expression, value",
    [
        ({"a": [{"b": None}]}, "$response.body#/a/0", {"b": None}),
        ({"a": [{"b": None}]}, "$response.body#/a/0/b", None),
        ("text", "$response.body", "text"),
        ('{"a": 1}', "$response.body#/a", None),
        ("<a/>", "$response.body#/a", None),
        (ABSENT, "$response.body", None),
        (None, "$response.body", None),
        (FILE, "$response.body", FILE),
    ],
)
def test_the_body_of_the_response(flow, body, expression, value):
    """R-EXPR-04, A-30: JSON has places, text has none, nothing is absent."""
    assert one(flow, expression, Response(200, body=body)) == value


def test_a_body_that_is_not_what_it_says(flow):
    """A-30: raw text, and a warning."""
    reply = Response(200, body="{", media_type="application/json", problem="not JSON")
    (value,), done = outputs_of(flow, "plain", ["$response.body"], reply=reply)

    assert value == "{"
    assert [each.code for each in done.warnings] == ["AZ603"]


# --- JSON lines, dialect rule AZ519 -------------------------------------------------------

LINES = Response(200, body=Records(text='{"id": 1}\n{"id": 2}\n'), media_type=JSONL)


@pytest.mark.parametrize(
    "more",
    [
        "outputs: {o: $response.body#/1/id}",
        "outputs: {o: {context: $response.body, selector: '$[1].id', type: jsonpath}}",
        "successCriteria: [{condition: $response.body#/1/id == 2}]",
        "successCriteria: [{context: $response.body, condition: '$[?@.id == 2]', type: jsonpath}]",
        "onSuccess: [{name: n, type: end, criteria: [{condition: $response.body#/0/id == 1}]}]",
    ],
)
def test_looking_into_json_lines_is_told_once(flow, more):
    """A-30: a list of records, by a rule of the dialect; however often it is read."""
    again = "  onFailure: [{name: again, type: retry, retryLimit: 1, retryAfter: 0}]\n"
    plan = flow(
        f"steps:\n- stepId: one\n  operationId: plain\n{again}  {more}\n",
        version="1.1.0",
        api=API,
    )
    done = play(plan, {}, [Response(500, body=LINES.body), LINES])

    assert done.status == "succeeded"
    (told,) = [each for each in done.warnings if each.code == "AZ519"]
    assert "read as a list" in told.message
    assert told.location.line


@pytest.mark.parametrize(
    "more",
    [
        "outputs: {o: $response.body}",
        "outputs: {o: $statusCode}",
        "outputs: {o: $request.header.accept}",
        "successCriteria: [{context: $response.body, condition: id, type: regex}]",
    ],
)
def test_json_lines_as_a_whole_are_nothing_to_tell(flow, more):
    """Strict and lenient, it is the same content."""
    plan = flow(f"steps:\n- stepId: one\n  operationId: plain\n  {more}\n", api=API)
    done = play(plan, {}, [LINES])

    assert done.status == "succeeded"
    assert "AZ519" not in [each.code for each in done.warnings]


def test_the_request_is_not_what_the_rule_is_about(flow):
    given = "  requestBody: {payload: {a: 1}}\n"
    _, done = outputs_of(flow, "addPet", ["$request.body#/a"], given=given, reply=LINES)

    assert done.warnings == []


def test_strict_keeps_json_lines_as_text(flow):
    """The transport gives text then, which has no places."""
    text = "".join(f"{json.dumps({'id': each})}\n" for each in (1, 2))
    reply = Response(200, body=text, media_type=JSONL)

    assert one(flow, "$response.body#/1/id", reply, strict=True) is None
