"""
Steps and the operations they call: what is certain is told, what may be right is not.

https://spec.openapis.org/oas/v3.1.1.html#operation-object
"""

import pytest

API = """\
openapi: 3.1.0
info: {{title: Shop, version: '1'}}
servers: [{{url: https://shop.test}}]
security: [{{key: []}}]
paths:
  /things:
    post:
      operationId: make
      parameters: [{parameters}]
      requestBody: {body}
      responses: {responses}
  /search?kind=a:
    get:
      operationId: search
      parameters:
      - {{name: kind, in: query, required: true, schema: {{type: string}}}}
      responses: {{'200': {{$ref: '#/components/responses/gone'}}, '201': {{$ref: '#/components/responses/list'}}}}
  /list:
    get:
      operationId: list
      responses:
        '200': {{$ref: '#/components/responses/list'}}
        '404':
          description: No.
          content: {{application/json: {{schema: {{properties: {{error: {{}}}}}}}}}}
  /two:
    get:
      operationId: two
      responses:
        '200': {{$ref: '#/components/responses/list'}}
        '201': {{description: Other., content: {{application/json: {{schema: {{type: object}}}}}}}}
components:
  securitySchemes: {{key: {{type: apiKey, in: header, name: X-Shop-Key}}}}
  requestBodies: {{needed: {{required: true, content: {{application/json: {{schema: {{$ref: '#/components/schemas/Thing'}}}}}}}}}}
  responses:
    list:
      description: All.
      content:
        application/json:
          schema: {{type: array, items: {{$ref: '#/components/schemas/Thing'}}}}
  schemas:
    Named: {{type: object, required: [name], properties: {{name: {{type: string}}}}}}
    Part: {{type: object, required: [size], additionalProperties: false, properties: {{size: {{type: integer}}, unit: {{type: string, default: mm}}}}}}
    Thing:
      type: object
      required: [id, unit]
      additionalProperties: false
      properties:
        id: {{type: string, readOnly: true}}
        name: {{type: string}}
        unit: {{type: string}}
        part: {{$ref: '#/components/schemas/Part'}}
    Combined: {{allOf: [{{$ref: '#/components/schemas/Named'}}, {{required: [colour]}}]}}
    Either: {{oneOf: [{{$ref: '#/components/schemas/Named'}}, {{required: [colour]}}]}}
"""
MORE = "- {name: shop, url: shop.yaml, type: openapi}"


@pytest.fixture
def codes(check):
    """Findings of one step, but those about names of sources."""

    def found(step, *, parameters="", body="null", responses="{}", **options):
        api = API.format(parameters=parameters, body=body, responses=responses)
        check(f"steps:\n- {{stepId: a, {step}}}\n", more=MORE, shop=api, **options)
        return [
            (each.severity, each.code) for each in check.found if each.code != "AZ509"
        ]

    return found


@pytest.mark.parametrize(
    "declared, given, expected",
    [
        ("{name: q, in: query, required: true}", "", [("error", "AZ721")]),
        ("{name: q, in: query, required: true}", "{name: q, in: query, value: $inputs.id}", []),
        ("{name: q, in: query}", "", []),
        ("{name: Q-Id, in: header, required: true}", "", [("error", "AZ721")]),
        ("{name: Q-Id, in: header, required: true}", "{name: q-id, in: header, value: x}", []),
        ("{name: c, in: cookie, required: true}", "", [("error", "AZ721")]),
        ("{name: X-Api-Key, in: header, required: true}", "", [("warning", "AZ721")]),
        ("{name: x-shop-key, in: header, required: true}", "", []),
        ("{name: User-Agent, in: header, required: true}", "", []),
        ("{name: Content-Type, in: header, required: true}", "", []),
        ("{name: Accept, in: header, required: true}", "", []),
        ("{name: Authorization, in: header, required: true}", "", []),
        ("{$ref: '#/components/parameters/gone'}", "", [("warning", "AZ308")]),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else "",
)  # fmt: skip
def test_required_parameters(codes, check, declared, given, expected):
    """What the step, the runner or a security scheme gives is not missing."""
    assert codes(f"operationId: make, parameters: [{given}]", parameters=declared) == (
        expected
    )
    for each in check.of("AZ721"):
        assert each.location.uri == "test.arazzo.yaml"
        assert [(place.uri, place.line) for place, _ in each.related] == [
            ("shop.yaml", 8)
        ]


def test_a_parameter_that_stands_in_the_path(codes):
    """Published descriptions have a query string in the key of a path."""
    assert codes("operationId: search") == []


def test_a_whole_query_string_holds_every_parameter(codes, check):
    """N-PARAM-01"""
    codes(
        "operationId: make, parameters: [{name: all, in: querystring, value: q=1}]",
        parameters="{name: q, in: query, required: true}",
        version="1.1.0",
    )

    assert check.of("AZ721") == []


def test_a_parameter_of_the_workflow_counts(check, codes):
    """R-WF-25"""
    api = API.format(
        parameters="{name: q, in: query, required: true}", body="null", responses="{}"
    )
    text = "parameters: [{name: q, in: query, value: x}]\nsteps:\n- {stepId: a, operationId: make}\n"

    check(text, more=MORE, shop=api)

    assert check.of("AZ721") == []


JSON_BODY = "{content: {application/json: {schema: {$ref: '#/components/schemas/%s'}}}}"


@pytest.mark.parametrize(
    "schema, payload, expected",
    [
        ("Thing", "{unit: mm}", []),
        ("Thing", "{unit: $inputs.id}", []),
        ("Thing", "{name: x}", ["needs the member 'unit'"]),
        ("Thing", "$inputs.id", []),
        ("Thing", "{unit: mm, part: {size: 3}}", []),
        ("Thing", "{unit: mm, part: $inputs.id}", []),
        ("Thing", "{unit: mm, part: {unit: mm}}", ["'part' in the body of POST /things needs the member 'size'"]),
        ("Thing", "{unit: $inputs.id, part: {size: 1, sise: 2}}", ["'part' in the body of POST /things has no member 'sise'"]),
        ("Thing", "{unit: mm, untit: x}", ["has no member 'untit'"]),
        ("Combined", "{name: x}", ["needs the member 'colour'"]),
        ("Combined", "{other: 1}", ["needs the member 'name'", "needs the member 'colour'"]),
        ("Either", "{other: 1}", []),
        ("Gone", "{other: 1}", []),
    ],
)  # fmt: skip
def test_members_of_a_body(codes, check, schema, payload, expected):
    codes(
        f"operationId: make, requestBody: {{payload: {payload}}}",
        body=JSON_BODY % schema,
    )

    told = [each for each in check.found if each.code in ("AZ723", "AZ724")]
    assert len(told) == len(expected)
    assert all(part in each.message for part, each in zip(expected, told, strict=True))
    assert all(place.line == 10 for each in told for place, _ in each.related)


@pytest.mark.parametrize(
    "body, step, expected",
    [
        ("{$ref: '#/components/requestBodies/needed'}", "", [("error", "AZ722")]),
        ("{required: false, content: {application/json: {}}}", "", []),
        ("null", "", []),
        ("null", "requestBody: {payload: {a: 1}}", [("warning", "AZ725")]),
        ("{$ref: '#/components/requestBodies/gone'}", "requestBody: {payload: {a: 1}}", [("warning", "AZ308")]),
        (
            "{content: {application/xml: {}}}",
            "requestBody: {contentType: application/json, payload: {a: 1}}",
            [("warning", "AZ608")],
        ),
        (
            JSON_BODY % "Thing",
            "requestBody: {payload: {name: x}, replacements: [{target: /unit, value: mm}]}",
            [],
        ),
    ],
)  # fmt: skip
def test_whether_there_is_a_body(codes, body, step, expected):
    operation = "operationId: make" + (f", {step}" if step else "")

    found = codes(operation, body=body)

    # `null` for a Request Body Object declares none, as leaving it out does.
    assert found == expected


@pytest.mark.parametrize(
    "schema, value, words",
    [
        (
            "{type: integer, maximum: 100}",
            "1000",
            "is 1000, the description says at most 100",
        ),
        ("{type: integer, maximum: 100}", "100", None),
        ("{type: integer, maximum: 100}", "'100'", None),  # in a URL it is a number
        ("{type: integer}", "many", 'is "many", the description says integer'),
        ("{type: string, enum: [open, paid]}", "opne", 'one of "open", "paid"'),
        ("{type: string, enum: [open, paid]}", "open", None),
        ("{type: string, minLength: 3}", "ab", "at least 3 characters"),
        ("{type: string}", "5", None),
        ("{type: array, items: {type: integer}}", "5", None),
        ("{type: boolean}", "maybe", "says boolean"),
        ("{allOf: [{type: integer}, {minimum: 5}]}", "3", "at least 5"),
        ("{oneOf: [{const: 1}, {const: 2}]}", "3", None),  # alternatives are not judged
        ("{type: integer}", "$inputs.id", None),
        ("{type: integer, nullable: true}", "'null'", "says integer"),
        ("{}", "x", None),
        ("{$ref: '#/gone'}", "x", None),
    ],
)
def test_parameters_that_are_written_out(codes, check, schema, value, words):
    """What is certainly wrong with every request is said before one is sent."""
    codes(
        f"operationId: make, parameters: [{{name: q, in: query, value: {value}}}]",
        parameters=f"{{name: q, in: query, schema: {schema}}}",
    )

    found = check.of("AZ636")
    assert len(found) == (words is not None)
    for each in found:
        assert words in each.message
        assert (each.severity, each.location.uri) == ("warning", "test.arazzo.yaml")


@pytest.mark.parametrize(
    "schema, value, words",
    [
        ("{type: integer}", "'5'", 'is "5", the description says integer'),
        ("{type: integer}", "5", None),
        ("{type: number, minimum: 0.5}", "0.1", "at least 0.5"),
        ("{type: integer}", "5.0", None),
        ("{type: integer}", "true", "is true, the description says integer"),
        ("{enum: [a, b]}", "c", 'one of "a", "b"'),
        ("{const: a}", "b", 'says "a"'),
        (
            "{type: object, properties: {k: {type: integer}}}",
            "{k: x}",
            "'k' in the body",
        ),
        ("{type: string}", "$inputs.id", None),
        ("{type: string}", "null", None),
    ],
)
def test_members_of_a_body_that_are_written_out(codes, check, schema, value, words):
    """In JSON a text is no number."""
    content = f"{{application/json: {{schema: {{properties: {{m: {schema}}}}}}}}}"
    codes(
        f"operationId: make, requestBody: {{payload: {{m: {value}}}}}",
        body=f"{{content: {content}}}",
    )

    found = check.of("AZ637")
    assert len(found) == (words is not None)
    for each in found:
        assert words in each.message


def test_the_value_of_a_credential_is_not_shown(codes, check):
    codes(
        "operationId: make, parameters: [{name: api_key, in: query, value: s3cret}]",
        parameters="{name: api_key, in: query, schema: {type: integer}}",
    )

    assert all("s3cret" not in each.message for each in check.found)


OPEN = """{'200': {description: a, content: {application/json: {schema:
      {type: object, properties: {items: {type: array}, id: {}, total: {type: integer}}}}}}}"""


@pytest.mark.parametrize(
    "step, expected",
    [
        ("outputs: {x: '$response.body#/items'}", 0),
        ("outputs: {x: '$response.body#/itmes'}", 1),
        ("outputs: {x: '$response.body#/ide'}", 0),  # too short to be sure
        ("outputs: {x: '$response.body#/other'}", 0),  # an open schema may have more
        ("successCriteria: [{condition: $response.body#/toatl == 5}]", 1),
        ("successCriteria: [{condition: $response.body#/total == 5}]", 0),
        (
            "onSuccess: [{name: e, type: end, criteria: [{condition: $response.body#/itmes != null}]}]",
            1,
        ),
    ],
)
def test_a_slip_in_the_name_of_a_member(codes, check, step, expected):
    """Of a schema that is not closed, too: the mock would make up what is asked for."""
    codes(f"operationId: make, {step}", responses=OPEN.replace("\n", " "))

    assert len(check.of("AZ728")) == expected


@pytest.mark.parametrize(
    "operation, pointer, expected",
    [
        ("list", "/0/name", 0),
        ("list", "/0/nmae", 1),
        ("list", "/0/part/size", 0),
        ("list", "/0/part/sise", 1),
        ("list", "/error", 0),  # an array's schema does not say that it is closed
        ("two", "/0/nmae", 0),  # there are several successes
        ("search", "/0/nmae", 0),  # one of them is not known
    ],
)
def test_members_of_a_response(codes, check, operation, pointer, expected):
    codes(f"operationId: {operation}, outputs: {{x: '$response.body#{pointer}'}}")

    assert [each.severity for each in check.of("AZ728")] == ["warning"] * expected


CLOSED = """{'200': {description: a, content: {application/json: {schema:
      {type: object, additionalProperties: false, properties: {id: {}}}}}},
      '400': {description: b, content: {application/json: {schema: {properties: {error: {}}}}}}}"""


@pytest.mark.parametrize("name, expected", [("id", 0), ("error", 0), ("other", 1)])
def test_a_member_of_a_failure_may_be_taken(codes, check, name, expected):
    """A-48: outputs are taken of answers that are no success as well."""
    codes(
        f"operationId: make, outputs: {{x: '$response.body#/{name}'}}",
        responses=CLOSED.replace("\n", " "),
    )

    assert len(check.of("AZ728")) == expected


@pytest.mark.parametrize(
    "responses, condition, expected",
    [
        ("{'200': {}}", "$statusCode == 201", 1),
        ("{'200': {}}", "$statusCode == 200", 0),
        ("{'2XX': {}}", "$statusCode == 201", 0),
        ("{'200': {}, default: {}}", "$statusCode == 201", 0),
        ("{}", "$statusCode == 201", 0),
        ("{'200': {}}", "201 == $statusCode", 1),
        ("{'200': {}}", "$statusCode == 200 || $statusCode == 201", 0),
        ("{'200': {}}", "$statusCode != 201", 0),
    ],
)
def test_statuses(codes, check, responses, condition, expected):
    codes(
        f"operationId: make, successCriteria: [{{condition: '{condition}'}}]",
        responses=responses,
    )

    assert [each.severity for each in check.of("AZ727")] == ["info"] * expected
