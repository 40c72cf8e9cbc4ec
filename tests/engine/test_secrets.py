"""
Inputs that must not be seen: which they are, what may be done with them.

Secrets never enter a frame, an effect or an event; comparing the value of one is a load
error, asking whether there is one is not.
"""

import json

import pytest

from arazzo_runner.messages import Response, Secret, Template
from arazzo_runner.testing import play

OK = Response(200, body={"v": 1})

API = """\
openapi: 3.1.0
info: {title: Locked, version: '1'}
servers: [{url: https://api.test}]
components:
  securitySchemes:
    key: {type: apiKey, in: header, name: X-Secret-Place}
    query: {type: apiKey, in: query, name: code}
    cookie: {type: apiKey, in: cookie, name: sid}
    bearer: {type: http, scheme: bearer}
security: [{key: []}]
paths:
  /a: {get: {operationId: header, responses: {}}}
  /b: {get: {operationId: query, security: [{query: []}], responses: {}}}
  /c: {get: {operationId: cookie, security: [{cookie: []}], responses: {}}}
  /d: {get: {operationId: open, security: [], responses: {}}}
  /e: {post: {operationId: send, security: [], requestBody: {content: {application/json: {}}}, responses: {}}}
  /f/{id}: {get: {operationId: item, security: [], parameters: [{name: id, in: path, required: true}], responses: {}}}
"""


def workflow(step: str, *inputs: str) -> str:
    """One step with string inputs; an input may say ``name: schema``."""
    lines = [each if ":" in each else f"{each}: {{type: string}}" for each in inputs]
    properties = "".join(f"    {each}\n" for each in lines)
    block = "".join(f"  {line}\n" for line in step.strip("\n").splitlines())
    return f"inputs:\n  type: object\n  properties:\n{properties}steps:\n- stepId: one\n{block}"


def parameter(operation: str, name: str, place: str, value: str) -> str:
    return (
        f"operationId: {operation}\nparameters:\n"
        f"- name: {name}\n  in: {place}\n  value: {value}"
    )


@pytest.mark.parametrize(
    "step, secret",
    [
        (parameter("open", "Authorization", "header", "$inputs.x"), True),
        (parameter("open", "authorization", "header", "'Bearer {$inputs.x}'"), True),
        (parameter("open", "AUTHORIZATION", "header", "Bearer $inputs.x"), True),
        (parameter("header", "X-Secret-Place", "header", "$inputs.x"), True),
        (parameter("header", "x-secret-place", "header", "$inputs.x"), True),
        (parameter("query", "code", "query", "$inputs.x"), True),
        (parameter("cookie", "sid", "cookie", "$inputs.x"), True),
        (parameter("open", "code", "query", "$inputs.x"), False),
        (parameter("open", "X-Secret-Place", "header", "$inputs.x"), False),
        (parameter("header", "code", "query", "$inputs.x"), False),
        ("operationId: send\nrequestBody: {payload: {a: $inputs.x}}", False),
    ],
)
def test_where_an_input_goes(flow, step, secret):
    """An input that reaches an authorization header or a security scheme's place."""
    plan = flow(workflow(step, "x"), api=API)

    assert ("x" in plan.secret_inputs) is secret


@pytest.mark.parametrize(
    "schema, secret",
    [
        ("x: {type: string, format: password}", True),
        ("x: {type: string, format: uri}", False),
        ("x: {type: string}", False),
        ("x: {allOf: [{type: string, format: password}]}", True),
    ],
)
def test_what_the_schema_says(flow, schema, secret):
    """R-DOC-13: ``format: password``."""
    plan = flow(
        workflow("operationId: send\nrequestBody: {payload: {a: $inputs.x}}", schema),
        api=API,
    )

    assert ("x" in plan.secret_inputs) is secret


def test_a_schema_behind_a_reference(flow):
    """A-54: also where the inputs are a ``$ref`` to components."""
    plan = flow(
        """\
        inputs: {$ref: '#/components/inputs/all'}
        steps: [{stepId: one, operationId: send, requestBody: {payload: {a: $inputs.x}}}]
        """,
        more="""\
        components:
          inputs:
            all: {type: object, properties: {x: {$ref: '#/components/inputs/x'}}}
            x: {type: string, format: password}
        """,
        api=API,
    )

    assert plan.secret_inputs == {"x"}


@pytest.mark.parametrize(
    "name, secret",
    [
        ("apiKey", True),
        ("api_key", True),
        ("authorization", True),
        ("privateToken", True),
        ("accessToken", True),
        ("token", True),
        ("clientSecret", True),
        ("password", True),
        ("userPassword", True),
        ("maxTokens", False),
        ("max_tokens", False),
        ("pageToken", False),
        ("nextPageToken", False),
        ("tokenType", False),
        ("key", False),
        ("model", False),
        ("username", False),
        ("tokens", False),
    ],
)
def test_what_the_name_says(flow, name, secret):
    """The security page, D15."""
    step = f"operationId: send\nrequestBody: {{payload: {{a: $inputs.{name}}}}}"

    plan = flow(workflow(step, name), api=API)

    assert (name in plan.secret_inputs) is secret


def test_what_the_caller_says(flow):
    """``--secret NAME=…``."""
    step = "operationId: send\nrequestBody: {payload: {a: $inputs.x}}"

    assert flow(workflow(step, "x"), api=API, secrets=["x"]).secret_inputs == {"x"}


def test_others_are_not_secret(flow):
    """Only the input that flows there."""
    step = parameter("open", "Authorization", "header", "'Bearer {$inputs.x}'")
    plan = flow(
        workflow(step + "\n- {name: v, in: query, value: $inputs.y}", "x", "y"), api=API
    )

    assert plan.secret_inputs == {"x"}


def test_workflow_parameters_and_components_flow_too(flow):
    """A parameter of the workflow or of components reaches the header of each step."""
    plan = flow(
        """\
        inputs: {type: object, properties: {x: {type: string}, y: {type: string}}}
        parameters:
        - {name: Authorization, in: header, value: 'Bearer {$inputs.x}'}
        - {reference: $components.parameters.place}
        steps: [{stepId: one, operationId: header}]
        """,
        more="components: {parameters: {place: {name: X-Secret-Place, in: header, value: $inputs.y}}}\n",
        api=API,
    )

    assert plan.secret_inputs == {"x", "y"}


# --- comparing --------------------------------------------------------------------------


def compared(condition: str, where: str = "successCriteria", more: str = "") -> str:
    criterion = f'[{{condition: "{condition}"{more}}}]'
    action = {
        "successCriteria": f"successCriteria: {criterion}",
        "onSuccess": f"onSuccess: [{{name: a, type: end, criteria: {criterion}}}]",
        "onFailure": f"onFailure: [{{name: a, type: end, criteria: {criterion}}}]",
    }[where]
    return workflow(
        parameter("open", "Authorization", "header", "'Bearer {$inputs.x}'")
        + f"\n{action}",
        "x",
        "y",
    )


@pytest.mark.parametrize("where", ["successCriteria", "onSuccess", "onFailure"])
@pytest.mark.parametrize(
    "condition",
    [
        "$inputs.x == 'abc'",
        "'abc' != $inputs.x",
        "$response.body#/echo == $inputs.x",
        "$inputs.x < 'm'",
        "$statusCode == 200 && ($inputs.y == 'a' || $inputs.x == 'b')",
        "!($inputs.x == 'a')",
    ],
)
def test_comparing_a_secret_is_a_load_error(flow, condition, where):
    """AZ403, with the place of the condition, before anything is sent."""
    refusal = flow.refuse(compared(condition, where), api=API)

    assert refusal.one.code == "AZ403"
    assert refusal.one.location.line > 0
    assert "x" in refusal.one.message


@pytest.mark.parametrize(
    "condition",
    [
        "$inputs.x != null",
        "$inputs.x == null",
        "null != $inputs.x",
        "$inputs.x",
        "!$inputs.x",
        "$inputs.x && $statusCode == 200",
        "$inputs.y == 'a' || $inputs.x != null",
    ],
)
def test_asking_whether_there_is_one(flow, condition):
    """A secret is present and not null."""
    plan = flow(compared(condition, "onSuccess"), api=API)

    done = play(plan, {"x": Secret("x"), "y": "a"}, [OK])

    assert done.status == "succeeded"


@pytest.mark.parametrize(
    "condition, passed",
    [("$inputs.x != null", True), ("$inputs.x == null", False), ("$inputs.x", True)],
)
def test_a_secret_is_present(flow, condition, passed):
    done = play(flow(compared(condition), api=API), {"x": Secret("x")}, [OK])

    assert (done.status == "succeeded") is passed


@pytest.mark.parametrize(
    "condition, more",
    [
        ("^sk-", ", context: $inputs.x, type: regex"),
        ("^{$inputs.x}$", ", context: $response.body#/v, type: regex"),
        ("$[?@.v == '{$inputs.x}']", ", context: $response.body, type: jsonpath"),
        ("$.v == '{$inputs.x}'", ", context: $response.body, type: jsonpath"),
    ],
)
def test_other_ways_of_looking_at_a_secret(flow, condition, more):
    """A pattern or a query would tell the value as well."""
    refusal = flow.refuse(compared(condition, more=more), api=API)

    assert [each.code for each in refusal.problems] == ["AZ403"]


@pytest.mark.parametrize(
    "criterion",
    [
        "{condition: $response.body#/token == $inputs.token}",
        "{context: $inputs.token, condition: '^t', type: regex}",
        "{context: $response.body#/t, condition: '^{$inputs.token}$', type: regex}",
        "{context: $response.body, condition: \"$.t[?@.a == '{$inputs.token}']\", type: jsonpath}",
    ],
)
def test_a_name_that_is_compared_is_no_secret(flow, criterion):
    """The name alone says little: a compared input is not made secret by it."""
    step = (
        "operationId: send\nrequestBody: {payload: {a: $inputs.token}}\n"
        f"successCriteria: [{criterion}]"
    )

    plan = flow(workflow(step, "token"), api=API)

    assert "token" not in plan.secret_inputs


def test_a_password_that_is_compared_is_refused(flow):
    """``format: password`` is the author's word."""
    step = (
        "operationId: send\n"
        "successCriteria: [{condition: $response.body#/token == $inputs.token}]"
    )

    refusal = flow.refuse(
        workflow(step, "token: {type: string, format: password}"), api=API
    )

    assert refusal.one.code == "AZ403"


# --- references -------------------------------------------------------------------------


def test_a_secret_is_a_reference_everywhere(flow, well_formed):
    """Outputs, later requests, ``$url`` and ``$request.*`` hold the reference."""
    plan = flow(
        """\
        inputs: {type: object, properties: {x: {type: string}}}
        steps:
        - stepId: one
          operationId: query
          parameters: [{name: code, in: query, value: $inputs.x}]
          outputs:
            given: $request.query.code
            input: $inputs.x
            url: $url
        - stepId: two
          operationId: send
          requestBody: {payload: {a: $steps.one.outputs.given, b: 'x{$steps.one.outputs.input}', url: $steps.one.outputs.url}}
        outputs: {given: $steps.one.outputs.given, url: $steps.one.outputs.url}
        """,
        api=API,
    )

    done = play(plan, {"x": Secret("x")}, [OK, OK])

    well_formed(done.events)
    url = Template(("https://api.test/b?code=", Secret("x")))
    assert done.outputs == {"given": Secret("x"), "url": url}
    assert done.calls[1].body == {
        "a": Secret("x"),
        "b": Template(("x", Secret("x"))),
        "url": url,
    }


def test_a_secret_through_a_step_s_output_is_not_compared(flow):
    """What a secret was put into cannot be compared by a detour."""
    plan = flow(
        """\
        inputs: {type: object, properties: {x: {type: string}}}
        steps:
        - stepId: one
          operationId: query
          parameters: [{name: code, in: query, value: $inputs.x}]
          outputs: {given: $request.query.code}
        - stepId: two
          operationId: open
          successCriteria: [{condition: $steps.one.outputs.given == 'x'}]
        """,
        api=API,
    )

    done = play(plan, {"x": Secret("x")}, [OK, OK])

    assert done.status == "failed"


@pytest.mark.parametrize("value", ["[$inputs.x]", "{a: $inputs.x}"])
def test_a_secret_inside_an_array_in_the_url(flow, value):
    """``$url`` of a request whose query holds a secret in a list or an object."""
    plan = flow(
        f"""\
        inputs: {{type: object, properties: {{x: {{type: string}}}}}}
        steps:
        - stepId: one
          operationId: query
          parameters: [{{name: code, in: query, value: {value}}}]
          outputs: {{url: $url}}
        outputs: {{url: $steps.one.outputs.url}}
        """,
        api=API,
        secrets=["x"],
    )

    done = play(plan, {"x": Secret("x")}, [OK])

    assert isinstance(done.outputs["url"], Template)
    assert Secret("x") in done.outputs["url"].parts


def test_data_cannot_name_a_secret(flow):
    """A response that imitates our own marks does not get at a secret."""
    plan = flow(
        """\
        inputs: {type: object, properties: {x: {type: string}}}
        steps:
        - {stepId: zero, operationId: header, parameters: [{name: X-Secret-Place, in: header, value: $inputs.x}], outputs: {id: $response.body#/id}}
        - stepId: one
          operationId: item
          parameters: [{name: id, in: path, value: $steps.zero.outputs.id}]
          outputs: {url: $url}
        outputs: {url: $steps.one.outputs.url}
        """,
        api=API,
    )
    imitation = f"arazzo-secret-{b'x'.hex()}-"

    done = play(plan, {"x": Secret("x")}, [Response(200, body={"id": imitation}), OK])

    assert done.outputs["url"] == f"https://api.test/f/{imitation}"


@pytest.mark.parametrize(
    "body", [{"$arazzo": "secret", "ref": "x"}, {"$arazzo": "template", "parts": []}]
)
def test_data_cannot_look_like_a_stored_secret(flow, body):
    """The state's JSON keeps a response's own ``$arazzo`` apart from ours."""
    plan = flow(
        """\
        inputs: {type: object, properties: {x: {type: string, format: password}}}
        steps:
        - {stepId: one, operationId: open, outputs: {v: $response.body#/v}}
        - {stepId: two, operationId: send, requestBody: {payload: {v: $steps.one.outputs.v, k: $inputs.x}}}
        """,
        api=API,
    )

    done = play(plan, {"x": Secret("x")}, [Response(200, body={"v": body}), OK])

    assert done.calls[1].body == {"v": body, "k": Secret("x")}


def test_the_stored_state_holds_references(flow):
    plan = flow(
        workflow(
            parameter("open", "Authorization", "header", "'Bearer {$inputs.x}'"), "x"
        ),
        api=API,
    )

    done = play(plan, {"x": Secret("env:KEY")}, [], whole=False)

    stored = json.dumps(done.state.to_json())
    assert '"ref": "env:KEY"' in stored


def test_criteria_do_not_tell_a_secret(flow):
    """The values of a failed criterion's operands hold the reference at most."""
    done = play(
        flow(compared("$inputs.x != null && $statusCode == 201"), api=API),
        {"x": Secret("x")},
        [OK],
    )

    assert done.status == "failed"
    shown = done.error.message + (done.error.hint or "")
    assert "Secret(" not in shown
