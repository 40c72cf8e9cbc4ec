"""What is asked of JSON Schemas outside of validation: types, ``nullable``."""

import pytest

from arazzo_runner.mock.examples import generate
from arazzo_runner.mock.fitting import fits
from arazzo_runner.openapi.document import Document, MemoryParts
from arazzo_runner.openapi.schemas import nullable_places, types_of

NULLABLE = {"type": "string", "nullable": True}


def document(version="3.1.0", **content):
    return Document(MemoryParts.of({"openapi": version, **content}), "a.yaml", "api")


@pytest.mark.parametrize(
    "schema, types",
    [
        ({}, ()),
        ({"type": "string"}, ("string",)),
        ({"type": ["string", "null"]}, ("string", "null")),
        ({"type": "string", "nullable": True}, ("string", "null")),
        ({"type": "string", "nullable": False}, ("string",)),
        ({"type": "string", "nullable": "true"}, ("string",)),
        ({"type": ["string", "integer"], "nullable": True}, ("string", "integer", "null")),
        ({"type": ["null", "string"], "nullable": True}, ("null", "string")),
        ({"nullable": True}, ()),
        ({"type": 5, "nullable": True}, ()),
        ({"type": ["string", 5]}, ("string",)),
    ],
)  # fmt: skip
def test_the_types_of_a_schema(schema, types):
    """``nullable`` means that the value may be null, in every version (AZ520)."""
    assert types_of(schema) == types


@pytest.mark.parametrize("version", ["3.0.3", "3.1.0", "3.2.0"])
@pytest.mark.parametrize(
    "schema",
    [
        NULLABLE,
        {"type": ["string", "integer"], "nullable": True},
        {"allOf": [NULLABLE, {"type": ["string", "null"]}]},
    ],
)
def test_a_mock_reads_it_in_every_version(version, schema):
    described = document(version)

    assert fits(None, schema, described)
    assert fits("text", schema, described)
    assert fits(generate(schema, described), schema, described)
    assert not fits(None, {"type": "string"}, described)


def test_beside_a_reference_since_3_1():
    """Keywords beside a reference count, and so does this one."""
    components = {"schemas": {"A": {"type": "string"}}}
    schema = {"$ref": "#/components/schemas/A", "nullable": True}

    assert fits(None, schema, document("3.1.0", components=components))
    assert not fits(None, schema, document("3.0.3", components=components))


EVERYWHERE = {
    "paths": {
        "/a": {
            "parameters": [{"name": "p", "in": "query", "schema": NULLABLE}],
            "get": {
                "requestBody": {
                    "content": {
                        "application/json": {
                            "schema": {"items": NULLABLE},
                            "example": NULLABLE,
                            "examples": {"a": {"value": NULLABLE}},
                        }
                    }
                },
                "x-note": NULLABLE,
            },
        }
    },
    "components": {
        "schemas": {
            "A": {
                "properties": {
                    "nullable": {"type": "boolean"},
                    "type": {"type": "string"},
                    "default": NULLABLE,
                    "x-y": NULLABLE,
                    "a/b": {"$ref": "#/components/schemas/B", "nullable": True},
                },
                "default": NULLABLE,
                "enum": [NULLABLE],
            },
            "B": {"anyOf": [{"type": "object"}, NULLABLE], "nullable": True},
            "C": {"properties": {"type": {}, "nullable": True}},
        },
        "examples": {"E": {"value": NULLABLE}},
    },
}


def test_every_place_is_found():
    """Schemas, and neither data nor members of that name."""
    assert set(nullable_places(document(**EVERYWHERE))) == {
        "/paths/~1a/parameters/0/schema",
        "/paths/~1a/get/requestBody/content/application~1json/schema/items",
        "/components/schemas/A/properties/default",
        "/components/schemas/A/properties/x-y",
        "/components/schemas/A/properties/a~1b",
        "/components/schemas/B/anyOf/1",
    }


def test_in_an_older_version_it_is_a_keyword():
    assert list(nullable_places(document("3.0.3", **EVERYWHERE))) == []


def test_the_places_can_be_located():
    described = document(**EVERYWHERE)

    for pointer in nullable_places(described):
        assert described.at(pointer)["nullable"] is True
