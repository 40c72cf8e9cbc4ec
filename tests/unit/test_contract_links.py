"""Contracts whose schemas stand in several documents."""

from arazzo_runner.messages import NO_BODIES, Response
from arazzo_runner.openapi.contracts import check_response
from arazzo_runner.openapi.document import Document, MemoryParts
from arazzo_runner.openapi.operations import find_by_id

PET = {
    "type": "object",
    "required": ["id"],
    "properties": {"id": {"type": "string"}, "owner": {"$ref": "#/Owner"}},
}
PIECE = {
    "Pet": PET,
    "Owner": {
        "type": "object",
        "properties": {"name": {"$ref": "main.yaml#/components/schemas/Name"}},
    },
}
TREE = {
    "$dynamicAnchor": "node",
    "type": "object",
    "properties": {"kids": {"type": "array", "items": {"$dynamicRef": "#node"}}},
}


def operation(schema):
    content = {"application/json": {"schema": schema}}
    whole = {
        "openapi": "3.1.0",
        "paths": {
            "/a": {
                "get": {"operationId": "a", "responses": {"200": {"content": content}}}
            }
        },
        "components": {
            "schemas": {
                "Name": {"type": "string"},
                "Owner": {"type": "integer"},
                "Tree": TREE,
            }
        },
    }
    documents = {}
    main = Document(
        MemoryParts.of(whole), "main.yaml", "api", link=lambda file, _: documents[file]
    )
    documents["main.yaml"] = main
    documents["piece.yaml"] = Document(
        MemoryParts.of(PIECE),
        "piece.yaml",
        "api",
        link=lambda file, _: documents[file],
        version=(3, 1),
    )
    return find_by_id(main, "a")


def findings(schema, body):
    response = Response(200, body=body, media_type="application/json")
    return [
        each.code for each in check_response(operation(schema), response, NO_BODIES)
    ]


def test_a_reference_is_relative_to_its_own_document():
    """``#/Owner`` of the piece is not ``#/components/schemas/Owner``."""
    schema = {"$ref": "piece.yaml#/Pet"}

    assert findings(schema, {"id": "1", "owner": {"name": "Ada"}}) == []
    assert findings(schema, {"id": "1", "owner": {"name": 7}}) == ["AZ634"]
    assert findings(schema, {"owner": 7}) == ["AZ634", "AZ634"]


def test_a_dynamic_reference():
    schema = {"$ref": "#/components/schemas/Tree"}

    assert findings(schema, {"kids": [{"kids": []}]}) == []
    assert findings(schema, {"kids": [{"kids": 7}]}) == ["AZ634"]
