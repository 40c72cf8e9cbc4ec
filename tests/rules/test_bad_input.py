"""
Text that no one would write in a field, and documents that are none: each is answered by
findings with a place, never by an exception from within, and in short time.
"""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from arazzo_runner import check
from arazzo_runner.errors import CODES

API = """
openapi: 3.1.0
info: {title: Pets, version: '1'}
servers: [{url: https://pets.test}]
paths:
  /pets/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: string}}]
    get:
      operationId: getPet
      parameters: [{name: q, in: query, schema: {type: array, items: {type: string}}}]
      responses:
        '200': {description: One., content: {application/json: {schema: {$ref: '#/components/schemas/Pet'}}}}
    put:
      operationId: putPet
      requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/Pet'}}}}
      responses: {default: {description: Fine.}}
components:
  schemas:
    Pet: {type: object, required: [name], additionalProperties: false, properties: {name: {type: string}}}
"""
LENIENT = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture
def checked(tmp_path):
    """Checks texts as files."""

    def checked(arazzo, api=API, strict=False):
        (tmp_path / "pets.yaml").write_text(api, "utf-8")
        (tmp_path / "entry.arazzo.yaml").write_text(arazzo, "utf-8")
        return check(tmp_path / "entry.arazzo.yaml", strict=strict)

    return checked


FIELDS = {
    "condition": "successCriteria: [{condition: %s}]",
    "regex": "successCriteria: [{type: regex, context: $statusCode, condition: %s}]",
    "jsonpath": "successCriteria: [{type: jsonpath, context: $response.body, condition: %s}]",
    "older jsonpath": "successCriteria: [{type: {type: jsonpath, version:"
    " draft-goessner-dispatch-jsonpath-00}, context: $response.body, condition: %s}]",
    "xpath": "successCriteria: [{type: xpath, context: $response.body, condition: %s}]",
    "context": "successCriteria: [{type: jsonpath, context: %s, condition: $}]",
    "value": "parameters: [{name: q, in: query, value: %s}]",
    "target": "requestBody: {payload: {}, replacements: [{target: %s, value: 1}]}",
    "selector": "outputs: {x: {context: $response.body, selector: %s, type: jsonpath}}",
    "output": "outputs: {x: %s}",
    "content type": "requestBody: {contentType: %s, payload: 'x'}",
    "reference": "onFailure: [{reference: %s}]",
    "step": "onFailure: [{name: g, type: goto, stepId: %s}]",
    "workflow": "onFailure: [{name: g, type: goto, workflowId: %s}]",
    "dependency": "dependsOn: [%s]",
}
ONE = """
arazzo: 1.1.0
info: {title: One, version: '1'}
sourceDescriptions: [{name: pets, url: pets.yaml, type: openapi}]
workflows:
- workflowId: main
  inputs: {type: object, properties: {id: {type: string}}}
  steps:
  - stepId: a
    operationId: getPet
    FIELD
"""
PARTS = st.sampled_from(
    [
        "$inputs.id",
        "$response.body",
        "#",
        "/",
        "{$",
        "{",
        "}",
        "[",
        "]",
        "(",
        ")",
        "'",
        '"',
        "==",
        "&&",
        "||",
        "!",
        ".",
        "..",
        "*",
        "?@",
        "@",
        ",",
        ":",
        "1",
        "-1",
        "null",
        "$statusCode",
        "$steps.",
        "$workflows.",
        "$components.",
        "$self",
        "$message",
        "$url",
        "true",
        "//",
        "count(",
        "length(",
        "~",
        "~2",
        "\\",
        "^",
        "(a+)+$",
        "[^",
        "é",
        "\x00",
        "\n",
    ]
)


@pytest.mark.parametrize("field", FIELDS)
@settings(LENIENT, max_examples=40)
@given(st.one_of(st.lists(PARTS, max_size=8).map("".join), st.text(max_size=20)))
def test_any_text_in_a_field(checked, field, text):
    """Of expressions, conditions, queries, patterns, references."""
    report = checked(ONE.replace("FIELD", FIELDS[field] % json.dumps(text)))

    assert all(
        each.code in CODES and each.location.line >= 1 for each in report.findings
    )


LONG = 10_000


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize(
    "text",
    [
        "(" * LONG, "!" * LONG + "$statusCode", "$.a" + "[0]" * LONG, "$" + "[?@" * LONG,
        "//a" + "[b" * LONG, "{$inputs.id" * LONG, "a" * LONG, "(a|" * LONG,
        "$inputs.id" + ".a" * LONG, "$response.body#" + "/a" * LONG,
        "$statusCode == 1 || " * LONG + "true", "'" * LONG,
    ],
    ids=lambda text: text[:12],
)  # fmt: skip
def test_much_text_in_a_field(checked, field, text):
    """Nothing is deeper than the stack, and nothing takes for ever."""
    report = checked(ONE.replace("FIELD", FIELDS[field] % json.dumps(text)))

    assert all(each.code in CODES for each in report.findings)


@pytest.mark.parametrize(
    "text",
    [
        "x: " + "a" * 20_000_000,
        "[" * LONG,
        "[" * LONG + "]" * LONG,
        '{"a":' * LONG + "1" + "}" * LONG,
        "- " * LONG + "x",
        "".join(" " * depth + "a:\n" for depth in range(1000)),
        "a: &a [x]\n" + "".join(f"b{n}: *a\n" for n in range(LONG)),
        "%YAML 1.1\n---\n!!python/object/apply:os.system ['true']",
        "\x00\x01",
        "",
    ],
    ids=range(10),
)
def test_no_document_is_too_bad_to_be_answered(checked, text):
    report = checked(text)

    assert report.errors
    assert all(each.code in CODES for each in report.findings)
