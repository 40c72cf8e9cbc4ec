"""Finding an operation and what it says of itself."""

import pytest

from arazzo_runner.errors import DocumentError
from arazzo_runner.messages import ABSENT
from arazzo_runner.openapi.document import Document, MemoryParts, split_parts
from arazzo_runner.openapi.operations import find_by_id, find_by_pointer
from arazzo_runner.openapi.paths import read_template
from arazzo_runner.openapi.security import credential_places

SCHEMES = {
    "key": {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
    "query": {"type": "apiKey", "in": "query", "name": "api_key"},
    "cookie": {"type": "apiKey", "in": "cookie", "name": "sid"},
    "bearer": {"type": "http", "scheme": "bearer"},
    "basic": {"type": "basic"},
    "oauth": {"type": "oauth2", "flows": {}},
    "oidc": {"type": "openIdConnect"},
    "mtls": {"type": "mutualTLS"},
    "far": {"$ref": "common.yaml#/x"},
}

STORE = {
    "openapi": "3.1.0",
    "servers": [{"url": "https://store.test"}],
    "security": [{"key": []}],
    "paths": {
        "/pets/{id}": {
            "parameters": [
                {"name": "id", "in": "path", "required": True},
                {"name": "limit", "in": "query", "style": "form"},
                {"$ref": "#/components/parameters/Lost"},
            ],
            "get": {
                "operationId": "get pet",
                "parameters": [
                    {"name": "limit", "in": "query", "style": "pipeDelimited"},
                    {"$ref": "#/components/parameters/Trace"},
                ],
                "responses": {
                    "200": {"$ref": "#/components/responses/Pet"},
                    "4XX": {"description": "client"},
                    "default": {"description": "rest"},
                },
            },
            "put": {
                "operationId": "putPet",
                "security": [],
                "requestBody": {"$ref": "#/components/requestBodies/Pet"},
            },
        },
        "/twins": {"get": {"operationId": "twin"}, "put": {"operationId": "twin"}},
        "/copy": {"additionalOperations": {"COPY": {"operationId": "copy"}}},
    },
    "components": {
        "parameters": {"Trace": {"name": "X-Trace", "in": "header"}},
        "requestBodies": {
            "Pet": {
                "required": True,
                "content": {
                    "application/json": {
                        "schema": {"$ref": "#/components/schemas/Pet"},
                        "examples": {"cat": {"$ref": "#/components/examples/Cat"}},
                    },
                    "application/*+json": {},
                    "*/*": {"example": 1},
                },
            }
        },
        "examples": {"Cat": {"value": {"name": "Tom"}}},
        "responses": {
            "Pet": {"content": {"application/json": {}, "text/csv": {}, "*/*": {}}}
        },
        "schemas": {"Pet": {"type": "object"}},
        "securitySchemes": SCHEMES,
    },
}


class RecordingParts(MemoryParts):
    def __init__(self, parts):
        super().__init__(parts)
        self.keys = []

    def get(self, key):
        self.keys.append(key)
        return super().get(key)


@pytest.fixture
def store():
    return Document(MemoryParts.of(STORE), "store.yaml", "store")


def test_an_operation_is_found_by_its_exact_id(store):
    operation = find_by_id(store, "get pet")

    assert (operation.method, operation.path) == ("GET", "/pets/{id}")
    assert operation.pointer == "/paths/~1pets~1{id}/get"
    assert find_by_id(store, "Get Pet") is None


def test_an_id_that_two_operations_have_is_an_error(store):
    """Checklist A-35: ambiguity is said, with the candidates."""
    with pytest.raises(DocumentError, match="GET /twins, PUT /twins") as caught:
        find_by_id(store, "twin")

    assert caught.value.code == "AZ309"


@pytest.mark.parametrize(
    "pointer, operation_id",
    [
        ("/paths/~1pets~1{id}/get", "get pet"),
        ("#/paths/~1pets~1{id}/GET", "get pet"),
        ("/paths/~1pets~1%7Bid%7D/put", "putPet"),
        ("/paths/~1copy/additionalOperations/COPY", "copy"),
    ],
)
def test_an_operation_is_found_by_its_pointer(store, pointer, operation_id):
    """Checklist A-34: percent-encoding and the case of the method do not matter."""
    assert find_by_pointer(store, pointer).operation_id == operation_id


@pytest.mark.parametrize(
    "pointer",
    [
        "/paths/~1pets~1{id}/post",
        "/paths/~1pets~1{id}/parameters",
        "/paths/~1pets~1{id}",
        "/paths/~1none/get",
        "/components/schemas/Pet",
        "paths",
        "",
    ],
)
def test_a_pointer_to_something_else_finds_nothing(store, pointer):
    assert find_by_pointer(store, pointer) is None


def test_one_operation_reads_only_its_parts():
    """A large description costs what the workflow uses of it."""
    parts = RecordingParts(split_parts(STORE))
    operation = find_by_id(Document(parts, "store.yaml", "store"), "putPet")

    assert operation.request_body.required
    assert parts.keys == [
        "/openapi",
        "#operations",
        "/paths/~1pets~1{id}",
        "/components/requestBodies/Pet",
    ]

    assert operation.servers
    assert operation.servers
    assert parts.keys[4:] == ["/servers"], "each part is read once"


def test_parameters_of_the_operation_replace_those_of_the_path(store):
    parameters = find_by_id(store, "get pet").parameters

    found = {(each.name, each.location): each for each in parameters}
    assert list(found) == [("id", "path"), ("limit", "query"), ("X-Trace", "header")]
    assert found["limit", "query"].style == "pipeDelimited"


def test_a_lost_parameter_is_a_warning_and_not_declared(store):
    """Split copies of descriptions lose components; the operation can be called anyway."""
    problems = find_by_id(store, "get pet").problems

    assert [(each.code, each.severity) for each in problems] == [("AZ308", "warning")]
    assert "'#/components/parameters/Lost'" in problems[0].message


def test_header_parameters_are_found_in_any_case(store):
    operation = find_by_id(store, "get pet")

    assert operation.parameter("x-trace", "header").name == "X-Trace"
    assert operation.parameter("LIMIT", "query") is None


@pytest.mark.parametrize(
    "content_type, name",
    [
        ("application/json", "application/json"),
        ("Application/JSON; charset=utf-8", "application/json"),
        ("application/hal+json", "application/*+json"),
        ("text/csv", "*/*"),
    ],
)
def test_a_media_type_is_described_by_itself_or_by_a_range(store, content_type, name):
    body = find_by_id(store, "putPet").request_body

    assert body.media_type(content_type).name == name


def test_examples_are_values_by_name(store):
    content = find_by_id(store, "putPet").request_body.content

    assert content["application/json"].examples(store) == {"cat": {"name": "Tom"}}
    assert content["*/*"].examples(store) == {"": 1}


@pytest.mark.parametrize(
    "status, expected",
    [(200, None), (404, "client"), (500, "rest"), (201, "rest")],
)
def test_a_response_is_described_exactly_by_range_or_by_default(
    store, status, expected
):
    response = find_by_id(store, "get pet").response_for(status)

    assert response.get("description") == expected


def test_no_description_of_a_response_is_none(store):
    assert find_by_id(store, "putPet").response_for(200) is None


def test_accept_lists_what_success_offers_and_then_anything(store):
    assert find_by_id(store, "get pet").accept == (
        "application/json, text/csv, */*;q=0.1"
    )
    assert find_by_id(store, "putPet").accept == "*/*"


def test_an_empty_security_overrules_that_of_the_document(store):
    assert find_by_id(store, "get pet").security == ({"key": []},)
    assert find_by_id(store, "putPet").security == ()


@pytest.mark.parametrize(
    "schemes, expected",
    [
        (["key"], {("header", "x-api-key")}),
        (["query", "cookie"], {("query", "api_key"), ("cookie", "sid")}),
        (["bearer"], {("header", "authorization")}),
        (["oauth"], {("header", "authorization")}),
        (["oidc"], {("header", "authorization")}),
        (["basic"], {("header", "authorization")}),
        (["undefined"], {("header", "authorization")}),
        (["far"], {("header", "authorization")}),
        (["mtls"], set()),
        ([], set()),
    ],
)
def test_credential_places_of_every_scheme(schemes, expected):
    """Also of schemes that the document lost: 253 published steps use such."""
    operation = {"operationId": "a", "security": [{each: []} for each in schemes]}
    content = {**STORE, "paths": {"/a": {"get": operation}}}
    opened = find_by_id(Document(MemoryParts.of(content), "", "store"), "a")

    assert credential_places(opened) == expected


@pytest.mark.parametrize(
    "path, pieces, query",
    [
        ("/a/{b}/c", [("/a/", False), ("b", True), ("/c", False)], []),
        ("/{name}:clone", [("/", False), ("name", True), (":clone", False)], []),
        ("/{a b|c}", [("/", False), ("a b|c", True)], []),
        ("/a b/é", [("/a%20b/%C3%A9", False)], []),
        ("/a#section", [("/a", False)], []),
        ("/pets{?limit,page}", [("/pets", False)], []),
        (
            "/?Action=Run&id={id}",
            [("/", False)],
            [("Action", "Action=Run"), ("id", "id=|id")],
        ),
    ],
)
def test_a_path_is_read_into_pieces(path, pieces, query):
    """Path keys that are no clean templates are published too."""
    template = read_template(path)

    assert list(template.path) == pieces
    found = [(name, "|".join(t for t, _ in each)) for name, each in template.query]
    assert found == query


@pytest.mark.parametrize(
    "broken",
    [
        {"parameters": "none"},
        {"parameters": [None, {}, {"name": 1, "in": "query"}]},
        {"requestBody": []},
        {"requestBody": {"content": {"application/json": None}}},
        {"responses": [], "security": "x", "servers": {"url": "/"}},
    ],
)
def test_what_is_malformed_is_not_declared(broken):
    """Published descriptions hold errors; what can be read is used."""
    content = {
        "openapi": "3.0.0",
        "paths": {"/a": {"get": {"operationId": "a", **broken}}},
    }
    operation = find_by_id(Document(MemoryParts.of(content), "", "x"), "a")

    assert operation.parameters == ()
    assert operation.security == ()
    assert operation.servers == ({"url": "/"},)
    assert operation.accept == "*/*"
    assert operation.document.at("/paths/~1a/get") is not ABSENT
