"""
Responses and requests compared with their descriptions.

https://spec.openapis.org/oas/v3.1.1.html#responses-object
"""

import json
import re
import sys

import httpx2
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from arazzo_runner import Runner
from arazzo_runner.messages import (
    ABSENT,
    NO_BODIES,
    Argument,
    Call,
    File,
    Records,
    Response,
    Secret,
)
from arazzo_runner.openapi.contract_requests import check_request
from arazzo_runner.openapi.contracts import MOST_BYTES, check_response
from arazzo_runner.openapi.document import Document, MemoryParts
from arazzo_runner.openapi.operations import find_by_pointer

JSON = "application/json"


def operation(responses=None, *, version="3.1.0", schemas=None, **fields):
    raw = {"responses": responses or {}, **fields}
    whole = {
        "openapi": version,
        "paths": {"/pets/{id}": {"post": raw}},
        "components": {"schemas": schemas or {}},
    }
    document = Document(MemoryParts.of(whole), "openapi.yaml", "api")
    return find_by_pointer(document, "/paths/~1pets~1{id}/post")


def with_schema(schema, **options):
    return operation({"200": {"content": {JSON: {"schema": schema}}}}, **options)


def codes(found):
    return [each.code for each in found]


def judged(schema, value, **options):
    """The findings for a JSON body *value* of *schema*."""
    response = Response(200, (), value, JSON)
    return check_response(with_schema(schema, **options), response, NO_BODIES)


def test_a_finding_names_both_places():
    """The pointer in the response, the place in the description, what was expected."""
    schemas = {"Item": {"type": "object", "properties": {"price": {"type": "number"}}}}
    schema = {"properties": {"items": {"items": {"$ref": "#/components/schemas/Item"}}}}

    (found,) = judged(
        schema, {"items": [{"price": 1}, {"price": "12"}]}, schemas=schemas
    )

    assert found.message == (
        'POST /pets/{id} 200: /items/1/price is "12", the description says number'
    )
    assert found.pointer == "/components/schemas/Item/properties/price/type"
    assert found.code == "AZ634"


@pytest.mark.parametrize(
    "version, schema, value, fits",
    [
        ("3.0.3", {"type": "string", "nullable": True}, None, True),
        ("3.0.3", {"type": "string"}, None, False),
        ("3.1.0", {"type": "string", "nullable": True}, None, True),
        ("3.1.0", {"type": ["string", "null"]}, None, True),
        ("3.0.3", {"enum": ["a"], "type": "string", "nullable": True}, None, True),
        ("3.1.0", {"allOf": [{"type": "object"}], "nullable": True}, None, True),
        ("3.0.3", {"minimum": 1, "exclusiveMinimum": True}, 1, False),
        ("3.0.3", {"minimum": 1, "exclusiveMinimum": False}, 1, True),
        ("3.1.0", {"exclusiveMaximum": 3}, 3, False),
        ("3.1.0", {"type": "integer"}, 2**70, True),
        ("3.1.0", {"type": "integer"}, 1.0, True),
        ("3.1.0", {"type": "string", "format": "date-time"}, "yesterday", False),
        ("3.1.0", {"type": "string", "format": "uri"}, "no uri at all", True),
        ("3.1.0", {"prefixItems": [{"type": "string"}], "items": False}, ["a", 1], False),
        ("3.1.0", {"const": 1}, 2, False),
        ("3.1.0", {"pattern": r"^\d+$"}, "٣", False),
        ("3.1.0", {"required": ["a", "a"], "type": "object"}, {"a": 1}, True),
        ("3.1.0", {"type": "object", "additionalProperties": False}, {"a": 1}, False),
    ],
)  # fmt: skip
def test_schemas_of_every_version(version, schema, value, fits):
    """Keywords mean what the version of the description says."""
    found = judged(schema, value, version=version)

    assert codes(found) == ([] if fits else ["AZ634"])


def test_write_only_members_are_not_in_responses_and_read_only_not_in_requests():
    """Required members count where they may be sent."""
    schema = {
        "required": ["id", "secret"],
        "properties": {"id": {"readOnly": True}, "secret": {"writeOnly": True}},
    }
    body = {"content": {JSON: {"schema": schema}}}
    asked = operation({"200": body}, requestBody=body)
    call = Call(source="api", operation="", content_type=JSON, body={"secret": "s"})

    assert check_response(asked, Response(200, (), {"id": 1}, JSON), NO_BODIES) == ()
    assert check_request(asked, call) == ()
    assert codes(check_response(asked, Response(200, (), {}, JSON), NO_BODIES)) == [
        "AZ634"
    ]


@pytest.mark.parametrize(
    "response, code",
    [
        (Response(404, (), ABSENT), "AZ631"),
        (Response(200, (), "x", "text/html"), "AZ632"),
        (Response(200, (), ABSENT, ""), "AZ635"),
        (Response(204, (), {"a": 1}, JSON), "AZ635"),
        (Response(200, (), "{", JSON, "not JSON"), "AZ634"),
    ],
)
def test_status_media_type_and_presence(response, code):
    """What is not described is found."""
    described = operation(
        {"200": {"content": {JSON: {"schema": {}}}}, "204": {"description": "none"}}
    )

    assert codes(check_response(described, response, NO_BODIES)) == [code]


def test_a_body_that_is_not_described_is_a_note():
    """Many descriptions leave the content of a 200 out."""
    (found,) = check_response(
        operation({"200": {}}), Response(200, (), {"a": 1}, JSON), NO_BODIES
    )

    assert (found.code, found.severity) == ("AZ635", "info")


def test_ranges_default_and_media_ranges_are_descriptions():
    """2XX, default and application/* describe what falls into them."""
    content = {"application/*": {"schema": {"type": "array"}}}
    described = operation({"2XX": {"content": content}, "default": {}})

    assert (
        check_response(
            described, Response(201, (), [], "application/hal+json"), NO_BODIES
        )
        == ()
    )
    assert check_response(described, Response(500), NO_BODIES) == ()


@pytest.mark.parametrize(
    "headers, expected",
    [
        ((("x-left", "7"),), []),
        ((), ["AZ633"]),
        ((("x-left", "many"),), ["AZ633"]),
        ((("x-left", "7"), ("x-ids", "1,2")), []),
        ((("x-left", "7"), ("x-ids", "1,b")), ["AZ633"]),
    ],
)
def test_header_fields(headers, expected):
    """Required fields are there, and their text, in style simple, is of the schema."""
    fields = {
        "X-Left": {"required": True, "schema": {"type": "integer"}},
        "X-Ids": {"schema": {"type": "array", "items": {"type": "integer"}}},
        "Content-Type": {"required": True, "schema": {"type": "integer"}},
        "Set-Cookie": {"required": True},
    }
    described = operation({"200": {"headers": fields}})

    found = check_response(described, Response(200, headers), NO_BODIES)

    assert codes(found) == expected


def test_json_lines_are_the_text_that_is_described():
    """The declared media type decides what the value is; itemSchema is per record."""
    lines = Records(text='{"a":1}\n{"a":"x"}\n')
    jsonl = "application/jsonl"
    text = operation({"200": {"content": {jsonl: {"schema": {"type": "string"}}}}})
    item = {"properties": {"a": {"type": "integer"}}}
    each = operation(
        {"200": {"content": {jsonl: {"itemSchema": item}}}}, version="3.2.0"
    )
    response = Response(200, (), lines, jsonl)

    assert check_response(text, response, NO_BODIES) == ()
    (found,) = check_response(each, response, NO_BODIES)
    assert 'record 1: /a is "x"' in found.message


def test_large_bodies_are_not_read():
    """Beyond the limit there is a note; binary bodies are never read."""
    file = File("/x", "x.json", "ab" * 32, MOST_BYTES + 1, JSON)
    binary = {"200": {"content": {"image/png": {"schema": {"type": "string"}}}}}

    (found,) = judged({"type": "object"}, file)

    assert (found.code, found.severity) == ("AZ639", "info")
    response = Response(200, (), file, "image/png")
    assert check_response(operation(binary), response, NO_BODIES) == ()


@pytest.mark.parametrize(
    "schema, where",
    [
        ({"type": "any"}, "/type"),
        ({"properties": {"a": {"pattern": "("}}}, "/properties/a/pattern"),
        ({"$ref": "#/components/schemas/Nothing"}, ""),
        ("text", ""),
    ],
)
def test_schemas_that_are_none_are_one_warning(schema, where):
    """A schema that cannot be used never ends a run; its place is told."""
    (found,) = judged(schema, {})

    assert found.code == "AZ638"
    assert not found.breaks
    start = "/paths/~1pets~1{id}/post/responses/200/content/application~1json/schema"
    assert found.pointer == start + where


def test_what_a_lost_component_does_not_say_is_a_gap():
    """The rest of the schema is checked all the same."""
    schema = {"properties": {"a": {"$ref": "#/nothing"}, "b": {"type": "string"}}}

    assert codes(judged(schema, {"a": 1, "b": 2})) == ["AZ638", "AZ634"]


def test_recursive_schemas_are_compiled_once():
    """What refers to itself has one definition, and a validator is kept."""
    node = {"properties": {"next": {"$ref": "#/components/schemas/Node"}}}
    schemas = {"Node": {"type": "object", **node}}
    described = with_schema({"$ref": "#/components/schemas/Node"}, schemas=schemas)
    response = Response(200, (), {"next": {"next": 3}}, JSON)

    (found,) = check_response(described, response, NO_BODIES)
    (kept,) = described.validators.values()
    check_response(described, response, NO_BODIES)

    assert "/next/next is 3" in found.message
    assert list(described.validators.values()) == [kept]


def test_one_finding_for_each_place_of_the_description():
    """A thousand wrong items are one finding."""
    found = judged({"items": {"type": "integer"}}, ["x"] * 1000)

    assert len(found) == 1


@pytest.mark.parametrize("name", ["password", "access_token", "client_secret"])
def test_values_of_credentials_are_not_shown(name):
    """A secret is never in a message."""
    schema = {"properties": {name: {"type": "string", "maxLength": 2}}}

    (found,) = judged(schema, {name: "s3cr3t"})

    assert "s3cr3t" not in found.message
    assert "***" in found.message


@pytest.mark.parametrize(
    "value",
    [
        "sk-" + "x" * 500,
        ["sk-" + "x" * 500],
        {"sk-" + "x" * 500: 1},
    ],
)
def test_no_part_of_a_long_text_is_shown(value):
    """Half a secret is not recognised by masking, so it must not be in a message."""
    found = judged({"type": "integer"}, value)
    found += judged({"items": {"type": "integer"}}, value)
    found += judged({"additionalProperties": False}, value)

    assert found
    assert "sk-x" not in "".join(each.message for each in found)


@pytest.mark.parametrize("name", ["X-Api-Key", "access_token", "Session-Token"])
def test_parameters_that_name_credentials_are_not_shown(name):
    """A key that is declared as a plain parameter is a key."""
    declared = {"name": name, "in": "header", "schema": {"maxLength": 2}}
    asked = operation(parameters=[declared])
    arguments = (Argument(name, "header", "s3cr3t"),)

    (found,) = check_request(
        asked, Call(source="api", operation="", arguments=arguments)
    )

    assert "s3cr3t" not in found.message


@pytest.mark.parametrize(
    "value, shown", [(True, "true"), (None, "null"), (2**80, "1208925819614629174706176"),
        (10**60, "a very large number"), (1.5, "1.5"), ([], "an array"), ({}, "an object")],
)  # fmt: skip
def test_how_values_are_shown(value, shown):
    """As JSON writes them, and objects and arrays never whole."""
    (found,) = judged({"type": "string"}, value)

    assert f"it is {shown}, the" in found.message


@pytest.mark.parametrize("missing", [False, True])
def test_the_slower_validator_finds_the_same(monkeypatch, missing):
    """Where there is no wheel of jsonschema-rs, jsonschema gives the same findings."""
    if missing:
        monkeypatch.setitem(sys.modules, "jsonschema_rs", None)
    item = {
        "properties": {
            "n": {"type": "integer"},
            "next": {"$ref": "#/components/schemas/I"},
        }
    }
    schema = {"items": {"$ref": "#/components/schemas/I"}}
    value = [{"n": 1, "next": {"n": "x"}}, {"next": {"next": {"n": 1.5}}}]

    (found,) = judged(schema, value, schemas={"I": item})
    (none,) = judged({"items": {"type": "any"}}, value)

    assert '/0/next/n is "x", the description says integer' in found.message
    assert found.pointer == "/components/schemas/I/properties/n/type"
    assert none.code == "AZ638"


# --- requests ---------------------------------------------------------------------------

PARAMETERS = [
    {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}},
    {"name": "ids", "in": "query", "schema": {"type": "array", "items": {"type": "integer"}}},
    {"name": "Need", "in": "header", "required": True, "schema": {"type": "string"}},
]  # fmt: skip


@pytest.mark.parametrize(
    "arguments, expected",
    [
        ((Argument("id", "path", "12"), Argument("need", "header", 3)), []),
        ((Argument("id", "path", "x"), Argument("need", "header", "a")), ["AZ636"]),
        ((Argument("id", "path", 12),), ["AZ636"]),
        ((Argument("id", "path", Secret("i")), Argument("Need", "header", "a")), []),
        (
            (
                Argument("id", "path", 1),
                Argument("Need", "header", "a"),
                Argument("ids", "query", ["1", "b"]),
            ),
            ["AZ636"],
        ),
        (
            (
                Argument("id", "path", 1),
                Argument("Need", "header", "a"),
                Argument("ids", "query", 3),
            ),
            [],
        ),
    ],
)
def test_parameters_are_judged_as_they_are_read(arguments, expected):
    """``"12"`` in a path is an integer; secrets are not judged."""
    asked = operation(parameters=PARAMETERS)

    found = check_request(asked, Call(source="api", operation="", arguments=arguments))

    assert codes(found) == expected


def test_fields_that_every_request_is_given_are_there():
    """``-H 'Need: x'`` gives a required header."""
    asked = operation(parameters=PARAMETERS)
    call = Call(source="api", operation="", arguments=(Argument("id", "path", 1),))

    assert check_request(asked, call, given={"need"}) == ()


@pytest.mark.parametrize(
    "content_type, body, expected",
    [
        (JSON, {"n": 1}, []),
        (JSON, {"n": "1"}, ["AZ637"]),
        (JSON, {"n": Secret("s")}, []),
        ("", ABSENT, ["AZ637"]),
        ("application/x-www-form-urlencoded", {"n": "1"}, []),
        ("application/x-www-form-urlencoded", {"n": "x"}, ["AZ637"]),
        ("application/x-www-form-urlencoded", {}, ["AZ637"]),
    ],
)
def test_request_bodies(content_type, body, expected):
    """Bodies are judged by the schema of their media type."""
    schema = {
        "type": "object",
        "required": ["n"],
        "properties": {"n": {"type": "integer"}},
    }
    content = {
        JSON: {"schema": schema},
        "application/x-www-form-urlencoded": {"schema": schema},
    }
    asked = operation(requestBody={"required": True, "content": content})
    call = Call(source="api", operation="", content_type=content_type, body=body)

    assert codes(check_request(asked, call)) == expected


def test_a_secret_inside_a_choice_is_not_judged():
    """What a secret may decide is left open."""
    schema = {"oneOf": [{"properties": {"k": {"pattern": "^sk-"}}}, {"type": "string"}]}
    asked = operation(requestBody={"content": {JSON: {"schema": schema}}})
    body = {"k": Secret("key")}
    call = Call(source="api", operation="", content_type=JSON, body=body)

    assert check_request(asked, call) == ()


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(schema=_VALUES, value=_VALUES)
def test_no_schema_and_no_value_raises(schema, value):
    """Whatever a description says of whatever comes is findings."""
    keyed = {"type": schema, "required": schema, "enum": schema, "properties": schema}

    for each in (
        schema,
        keyed,
        {"items": schema},
        {"allOf": schema, "minimum": schema},
    ):
        for found in judged(each, value, version="3.0.3"):
            assert found.code in ("AZ634", "AZ638")


_SCALARS = ("const", "default", "description", "format", "maximum", "minimum",
    "exclusiveMaximum", "exclusiveMinimum", "maxItems", "minItems", "maxLength",
    "minLength", "maxProperties", "minProperties", "multipleOf", "pattern", "nullable",
    "uniqueItems", "readOnly", "writeOnly", "deprecated", "minContains", "maxContains",
    "title", "contentMediaType", "type", "$id", "$anchor", "$ref")  # fmt: skip
_ONE = ("items", "not", "additionalProperties", "propertyNames", "contains", "if", "then",
    "else", "unevaluatedItems", "unevaluatedProperties", "additionalItems")  # fmt: skip
_LISTED = ("allOf", "anyOf", "oneOf", "prefixItems")
_NAMED = ("properties", "patternProperties", "dependentSchemas", "$defs", "definitions")
_NAMES = st.sampled_from(["a", "b", "x-y", "^a"])
_TYPES = st.sampled_from(
    ["null", "boolean", "integer", "number", "string", "array", "object"]
)
_SCHEMAS = st.recursive(
    st.booleans()
    | st.dictionaries(
        st.sampled_from(_SCALARS),
        st.integers(-2, 9) | st.booleans() | _NAMES | st.lists(_NAMES),
    )
    | st.builds(lambda name: {"type": name}, _TYPES),
    lambda inner: (
        st.dictionaries(st.sampled_from(_ONE), inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(_LISTED), st.lists(inner, max_size=3), max_size=2
        )
        | st.dictionaries(
            st.sampled_from(_NAMED),
            st.dictionaries(_NAMES, inner, max_size=2),
            max_size=2,
        )
    ),
    max_leaves=6,
)
_BODIES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 9) | _NAMES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=3),
    max_leaves=5,
)  # fmt: skip


@given(schema=_SCHEMAS, value=_BODIES, version=st.sampled_from(["3.0.3", "3.1.0"]))
@example(schema={"propertyNames": {"pattern": "^x"}}, value={"y": 1}, version="3.1.0")
@example(schema={"format": ["date"]}, value="x", version="3.1.0")
def test_every_keyword_is_told_in_words(schema, value, version):
    """Whatever the keyword: a finding, and in it no words of Python."""
    for found in judged(schema, value, version=version):
        assert found.code in ("AZ634", "AZ638")
        assert not re.search(
            r"None|True|False|[<'{]", found.message.partition(":")[2]
        ) or (found.code == "AZ638")


@pytest.mark.parametrize(
    "schema, value, words",
    [
        ({"propertyNames": {"pattern": "^x"}}, {"y": 1}, 'it has "y", whose name the'),
        ({"contains": {"type": "string"}}, [1], "it has not the items that"),
        ({"uniqueItems": True}, [1, 1], "that no two items are the same"),
        ({"maxItems": 1}, [1, 2], "it has 2 items, the description says at most 1"),
        (
            {"minProperties": 2},
            {"a": 1},
            "it has 1 member, the description says at least 2",
        ),
        ({"minLength": 2}, "", "it has 0 characters, the description says at least 2"),
        ({"exclusiveMaximum": 2}, 2, "it is 2, the description says less than 2"),
        ({"multipleOf": 2}, 3, "it is 3, the description says a multiple of 2"),
        ({"prefixItems": [True], "unevaluatedItems": False}, [1, 2], "more items than"),
        ({"properties": {"a": False}}, {"a": 1}, "/a is there, which"),
    ],
)
def test_what_is_said_of_each_keyword(schema, value, words):
    (found,) = judged(schema, value)

    assert words in found.message


def test_the_branch_that_was_meant_is_the_one_that_is_told():
    """By the members that tell the branches apart, as in a stream of events."""
    branches = [
        {"properties": {"type": {"const": "text"}, "text": {"type": "string"}}},
        {"properties": {"type": {"enum": ["image"]}, "url": {"type": "string"}}},
    ]
    for keyword in ("oneOf", "anyOf"):
        (found,) = judged({"items": {keyword: branches}}, [{"type": "image", "url": 5}])

        assert "/0/url is 5, the description says string" in found.message


# --- a whole run ------------------------------------------------------------------------

API = """\
openapi: 3.1.0
info: {title: Echo, version: '1'}
servers: [{url: https://api.test}]
paths:
  /echo:
    get:
      operationId: echo
      parameters: [{name: key, in: query, schema: {type: string, maxLength: 2}}]
      responses:
        '200':
          content:
            application/json:
              schema: {type: object, properties: {heard: {type: integer}}}
"""
FLOW = """\
arazzo: 1.0.1
info: {title: Echo, version: '1'}
sourceDescriptions: [{name: api, url: api.yaml, type: openapi}]
workflows:
- workflowId: main
  inputs: {type: object, properties: {key: {type: string, format: password}}}
  steps:
  - stepId: ask
    operationId: echo
    parameters: [{name: key, in: query, value: $inputs.key}]
"""


@pytest.mark.parametrize("contract", ["warn", "fail"])
def test_a_secret_that_comes_back_is_masked_in_findings(tmp_path, contract):
    """An input that must not be seen is not seen in a finding of what a provider echoes."""
    secret = "hush-hush-0815"
    (tmp_path / "api.yaml").write_text(API)
    (tmp_path / "main.arazzo.yaml").write_text(FLOW)

    def answer(_request):
        content = iter([json.dumps({"heard": secret}).encode()])
        return httpx2.Response(200, headers={"content-type": JSON}, content=content)

    client = httpx2.Client(transport=httpx2.MockTransport(answer))
    events = []

    with Runner(
        tmp_path / "main.arazzo.yaml",
        transport=client,
        contract=contract,
        on_event=events.append,
    ) as runner:
        result = runner.run(inputs={"key": secret})

    told = [*result.warnings, *([result.error] if result.error else [])]
    assert [each.code for each in told] == ["AZ634"]
    assert "/heard is" in told[0].message
    assert secret not in repr(events)
    assert secret not in repr(told)
