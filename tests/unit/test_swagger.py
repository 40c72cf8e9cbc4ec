"""OpenAPI 2.0 descriptions, as a workflow meets them."""

import json

import pytest
from wire import Wire, reply

from arazzo_runner import Runner
from arazzo_runner.openapi.swagger import Swagger

DESCRIPTION = """\
arazzo: 1.0.1
info: {title: Old, version: '1'}
sourceDescriptions: [{name: api, url: api.yaml, type: openapi}]
workflows:
- workflowId: main
  steps:
  - stepId: it
    operationId: it
"""
API = """\
swagger: '2.0'
info: {title: API, version: '1'}
host: %s
basePath: /v1
schemes: [http]
consumes: [application/json]
produces: [application/json]
securityDefinitions:
  key: {type: apiKey, in: header, name: X-Key}
  basic: {type: basic}
parameters:
  page: {name: page, in: query, type: integer}
definitions:
  Pet: {type: object, required: [id], properties: {id: {type: string}, file: {type: string}}}
paths:
"""


@pytest.fixture
def send(tmp_path):
    """The request of a step, and its run's result; *operation* is of 2.0."""

    def send(method, operation, step="", path="/it", **options):
        with Wire({}) as wire:
            for target in ("/v1/it", "/v1/it/a%2Fb"):
                wire.answers[target] = reply(200)
            text = f"  {path}:\n    {method}: {operation}\n"
            (tmp_path / "api.yaml").write_text(API % f"127.0.0.1:{wire.port}" + text)
            (tmp_path / "w.arazzo.yaml").write_text(DESCRIPTION + step)
            with Runner(tmp_path / "w.arazzo.yaml", retry=0, **options) as runner:
                result = runner.run()
        return wire.seen[0], result

    return send


OPERATION = (
    "{operationId: it, parameters: [%s], responses: {200: {description: Fine.}}}"
)


def parameters(*pairs):
    listed = "\n".join(
        f"    - {{name: {name}, in: {place}, value: {value}}}"
        for name, place, value in pairs
    )
    return f"    parameters:\n{listed}\n"


@pytest.mark.parametrize(
    "form, expected",
    [
        ("", "tags=a,b"),
        (", collectionFormat: csv", "tags=a,b"),
        (", collectionFormat: multi", "tags=a&tags=b"),
        (", collectionFormat: ssv", "tags=a%20b"),
        (", collectionFormat: pipes", "tags=a|b"),
    ],
)
def test_collection_formats(send, form, expected):
    """https://spec.openapis.org/oas/v2.0.html#parameter-object"""
    declared = f"{{name: tags, in: query, type: array, items: {{type: string}}{form}}}"
    seen, result = send(
        "get", OPERATION % declared, parameters(("tags", "query", "[a, b]"))
    )

    assert seen.target.replace("%7C", "|") == f"/v1/it?{expected}"
    assert result.warnings == ()


def test_path_header_and_referenced_parameters(send):
    declared = (
        "{name: id, in: path, required: true, type: string},"
        " {$ref: '#/parameters/page'},"
        " {name: X-Ids, in: header, type: array, items: {type: integer}}"
    )
    given = parameters(
        ("id", "path", "a/b"), ("page", "query", 2), ("X-Ids", "header", "[1, 2]")
    )
    seen, result = send("get", OPERATION % declared, given, path="/it/{id}")

    assert seen.target == "/v1/it/a%2Fb?page=2"
    assert seen.header("x-ids") == "1,2"
    assert result.warnings == ()


def test_a_body(send):
    declared = (
        "{name: pet, in: body, required: true, schema: {$ref: '#/definitions/Pet'}}"
    )
    seen, _ = send(
        "post", OPERATION % declared, "    requestBody: {payload: {id: x}}\n"
    )

    assert seen.header("content-type") == "application/json"
    assert json.loads(seen.body) == {"id": "x"}


@pytest.mark.parametrize(
    "declared, media_type, words",
    [
        (
            "{name: a, in: formData, type: string},"
            " {name: b, in: formData, type: array, items: {type: string},"
            " collectionFormat: multi}",
            "application/x-www-form-urlencoded",
            [b"a=1&b=x&b=y"],
        ),
        (
            "{name: a, in: formData, type: string}, {name: f, in: formData, type: file}",
            "multipart/form-data",
            [b'name="a"', b'name="f"'],
        ),
    ],
)
def test_form_data(send, declared, media_type, words):
    payload = "{a: '1', b: [x, y]}" if media_type.endswith("ed") else "{a: '1', f: z}"
    seen, _ = send(
        "post", OPERATION % declared, f"    requestBody: {{payload: {payload}}}\n"
    )

    assert seen.header("content-type").partition(";")[0] == media_type
    assert all(word in seen.body for word in words)


@pytest.mark.parametrize(
    "scheme, credential, field",
    [("key", "k-1", "x-key"), ("basic", "ada:pw12", "authorization")],
)
def test_security(send, scheme, credential, field):
    operation = (OPERATION % "")[:-1] + f", security: [{{{scheme}: []}}]}}"
    seen, result = send("get", operation, credentials={scheme: credential})

    assert seen.header(field) in ("k-1", "Basic YWRhOnB3MTI=")
    assert result.warnings == ()


def test_places_are_those_of_the_document():
    """Findings point into the file as it is."""
    old = {
        "swagger": "2.0",
        "host": "a.test",
        "definitions": {"Pet": {"properties": {"type": {"type": "string"}}}},
        "paths": {
            "/x": {
                "post": {
                    "parameters": [
                        {"name": "b", "in": "body", "schema": {}},
                        {"name": "q", "in": "query", "type": "string"},
                    ],
                    "responses": {"200": {"schema": {"$ref": "#/definitions/Pet"}}},
                }
            }
        },
    }
    found = Swagger(old)
    operation = ("paths", "/x", "post")

    def old_of(*path):
        return found.original(path)

    assert found.value["paths"]["/x"]["post"]["parameters"][0]["name"] == "q"
    assert old_of("components", "schemas", "Pet", "properties") == (
        *("definitions", "Pet", "properties"),
    )
    assert old_of(*operation, "parameters", 0) == (*operation, "parameters", 1)
    assert old_of(*operation, "parameters", 0, "schema", "type") == (
        *(*operation, "parameters", 1, "type"),
    )
    assert old_of(*operation, "requestBody", "content") == (*operation, "parameters")
    media = ("content", "application/json", "schema")
    assert old_of(*operation, "responses", "200", *media, "properties") == (
        *(*operation, "responses", "200", "schema", "properties"),
    )
    assert old_of("servers", 0) == ("host",)


@pytest.mark.parametrize(
    "flow, name",
    [("application", "clientCredentials"), ("accessCode", "authorizationCode")],
)
def test_flows(flow, name):
    scheme = {
        "type": "oauth2",
        "flow": flow,
        "tokenUrl": "https://a.test",
        "scopes": {},
    }
    found = Swagger({"securityDefinitions": {"o": scheme}}).value["components"]

    assert found["securitySchemes"]["o"]["flows"] == {
        name: {"tokenUrl": "https://a.test", "scopes": {}}
    }


@pytest.mark.parametrize(
    "document, expected",
    [
        (
            {"host": "a.test", "schemes": ["http", "https"]},
            ["https://a.test", "http://a.test"],
        ),
        ({"host": "a.test", "basePath": "/v2"}, ["https://a.test/v2"]),
        ({"basePath": "/v2"}, ["/v2"]),
        ({}, ["/"]),
    ],
)
def test_servers(document, expected):
    assert [each["url"] for each in Swagger(document).value["servers"]] == expected


@pytest.mark.parametrize(
    "wrong", [None, 7, [], {"a": None}, {"/x": {"get": {"parameters": 7}}}]
)
def test_what_is_not_what_it_should_be_is_no_crash(wrong):
    for key in (
        "paths",
        "definitions",
        "parameters",
        "responses",
        "securityDefinitions",
    ):
        Swagger({"swagger": "2.0", key: wrong})
