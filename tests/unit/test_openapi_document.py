"""An OpenAPI document read in parts: pointers, references, its index."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arazzo_runner.errors import DocumentError, Location
from arazzo_runner.messages import ABSENT
from arazzo_runner.openapi.document import (
    Document,
    MemoryParts,
    escape,
    navigate,
    split_parts,
    tokens,
)

PETS = {
    "openapi": "3.1.0",
    "info": {"title": "Pets", "version": "1"},
    "servers": [{"url": "https://pets.test"}],
    "paths": {
        "/pets": {"get": {"operationId": "listPets"}, "post": {}},
        "/pets/{id}": {"$ref": "#/components/pathItems/Pet"},
        "/cart": {"additionalOperations": {"COPY": {"operationId": "copyCart"}}},
        "x-note": "no operation here",
    },
    "components": {
        "pathItems": {"Pet": {"get": {"operationId": "getPet"}, "summary": "A pet"}},
        "schemas": {
            "Pet": {"type": "object", "properties": {"a/b": {"type": "string"}}},
            "Dog": {"$ref": "#/components/schemas/Pet", "title": "Dog"},
            "A": {"$ref": "#/components/schemas/B"},
            "B": {"$ref": "#/components/schemas/A"},
            "Far": {"$ref": "common.yaml#/components/schemas/Far"},
        },
    },
}


def document(content=PETS, **options):
    return Document(MemoryParts.of(content), "pets.yaml", "pets", **options)


@given(st.lists(st.text()))
def test_escaping_a_token_is_undone_by_reading_it(path):
    pointer = "".join(f"/{escape(each)}" for each in path)

    assert tokens(pointer) == tuple(path)


@pytest.mark.parametrize(
    "pointer, expected",
    [
        ("/info/title", "Pets"),
        ("/paths/~1pets/get/operationId", "listPets"),
        ("/components/schemas/Pet/properties/a~1b/type", "string"),
        ("/servers/0/url", "https://pets.test"),
        ("/servers/1", ABSENT),
        ("/servers/00", ABSENT),
        ("/servers/-", ABSENT),
        ("/info/title/0", ABSENT),
        ("/nothing", ABSENT),
        ("/paths/~1nothing/get", ABSENT),
        ("", ABSENT),
    ],
)
def test_a_pointer_leads_into_the_part_that_holds_it(pointer, expected):
    assert document().at(pointer) == expected


def test_the_parts_are_paths_components_and_top_level_members():
    parts = split_parts(PETS)

    assert parts["/info"] == PETS["info"]
    assert parts["/paths/~1pets~1{id}"] == {"$ref": "#/components/pathItems/Pet"}
    assert parts["/components/schemas/Dog"]["title"] == "Dog"
    assert "/paths" not in parts
    assert "/components/schemas" not in parts


@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=3),
        lambda each: (
            st.lists(each, max_size=2)
            | st.dictionaries(
                st.sampled_from(["paths", "components", "get", "$ref", "a~/b", "0"]),
                each,
                max_size=3,
            )
        ),
        max_leaves=12,
    )
)
def test_any_document_can_be_split_and_nothing_is_lost(content):
    parts = split_parts(content)

    for key, part in parts.items():
        if key.startswith("/"):
            assert navigate(content, tokens(key)) == part


def test_the_index_lists_operations_also_those_behind_a_reference():
    """A path item may be a reference; 3.2 has ``additionalOperations``."""
    entries = document().operations

    assert [(e.operation_id, e.path, e.method) for e in entries] == [
        ("listPets", "/pets", "get"),
        (None, "/pets", "post"),
        ("getPet", "/pets/{id}", "get"),
        ("copyCart", "/cart", "COPY"),
    ]
    assert entries[3].pointer == "/paths/~1cart/additionalOperations/COPY"
    assert list(document().operation_ids()) == ["listPets", "getPet", "copyCart"]


def test_a_path_item_keeps_fields_beside_its_reference():
    content = {
        "openapi": "3.1.0",
        "paths": {"/a": {"$ref": "#/components/pathItems/A", "servers": [1]}},
        "components": {"pathItems": {"A": {"get": {}, "servers": [2]}}},
    }

    assert document(content).path_item("/a") == {"get": {}, "servers": [1]}
    assert document(content).path_item("/b") is None


@pytest.mark.parametrize(
    "version, expected",
    [
        ("3.0.3", {"type": "object"}),
        ("3.1.0", {"type": "object", "title": "T"}),
        ("3.2.0", {"type": "object", "title": "T"}),
    ],
)
def test_keywords_beside_a_reference_count_since_3_1(version, expected):
    schemas = {"Pet": {"type": "object"}}
    content = {"openapi": version, "components": {"schemas": schemas}}
    reference = {"$ref": "#/components/schemas/Pet", "title": "T", "summary": "gone"}

    assert document(content).resolve(reference) == expected


def test_a_reference_is_followed_to_its_end():
    content = {
        "openapi": "3.0.0",
        "components": {
            "schemas": {
                "One": {"$ref": "#/components/schemas/Two"},
                "Two": {"$ref": "pets.yaml#/components/schemas/Th%20ree"},
                "Th ree": {"type": "null"},
            }
        },
    }

    resolved = document(content).resolve({"$ref": "#/components/schemas/One"})

    assert resolved == {"type": "null"}


@pytest.mark.parametrize(
    "value", [None, 1, "text", [], {}, {"$ref": {"type": "string"}}]
)
def test_what_is_no_reference_stays(value):
    assert document().resolve(value) is value


@pytest.mark.parametrize(
    "reference, why",
    [
        ("#/components/schemas/A", "refers to itself"),
        ("#/components/schemas/None", "leads to nothing"),
        ("#anchor", "leads to nothing"),
        ("#/components/schemas/Far", "out of reach"),
        ("https://else.test/a.json", "out of reach"),
    ],
)
def test_a_reference_that_cannot_be_followed_is_an_error(reference, why):
    with pytest.raises(DocumentError, match=why) as caught:
        document().resolve({"$ref": reference})

    assert caught.value.code == "AZ308"
    assert caught.value.exit_status == 3


def test_errors_point_into_the_document():
    """Tokens that index an array are numbers for ``locate``, keys are text."""
    asked = []

    def locate(path):
        asked.append(path)
        return Location("pets.yaml", 3, 5)

    content = {
        "openapi": "3.1.0",
        "paths": {"/a": {"get": {"parameters": [{}], "responses": {"0": {}}}}},
    }
    pets = document(content, locate=locate)

    assert pets.location("/paths/~1a/get/parameters/0").line == 3
    pets.location("/paths/~1a/get/responses/0")
    assert asked == [
        ("paths", "/a", "get", "parameters", 0),
        ("paths", "/a", "get", "responses", "0"),
    ]


@pytest.mark.parametrize(
    "content, what",
    [
        ({"arazzo": "1.0.1"}, "an Arazzo document"),
        ({"swagger": "1.2"}, "a Swagger description of another version than 2.0"),
        ({"asyncapi": "3.0.0"}, "an AsyncAPI document"),
        ({"openapi": "4.0.0"}, "an OpenAPI 4.0.0 document"),
        ({"openapi": "3"}, "an OpenAPI 3 document"),
        ({}, "an object without the field 'openapi'"),
        ([], "a list, not an object"),
        ("<html>", "not an object"),
        (None, "not an object"),
    ],
)
def test_what_is_no_openapi_document_is_named(content, what):
    with pytest.raises(DocumentError) as caught:
        document(content)

    assert caught.value.code == "AZ302"
    assert what in caught.value.message
    assert "'pets'" in caught.value.message


@pytest.mark.parametrize(
    "text, version",
    [("3.0.4", (3, 0)), ("3.1.1", (3, 1)), ("3.2.0", (3, 2)), (3.0, (3, 0))],
)
def test_the_version_is_major_and_minor(text, version):
    assert document({"openapi": text}).version == version
