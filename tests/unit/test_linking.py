"""References between the documents of an API description."""

import copy
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wire import Wire, reply

from arazzo_runner import Runner, check
from arazzo_runner.openapi.document import Document, MemoryParts
from arazzo_runner.openapi.operations import find_by_id, find_by_pointer, open_entry

DESCRIPTION = """\
arazzo: 1.0.1
info: {title: Parts, version: '1'}
sourceDescriptions: [{name: api, url: api/api.yaml, type: openapi}]
workflows:
- workflowId: main
  steps:
  - {stepId: it, operationId: it, parameters: [{name: tags, in: query, value: [a, b]}]}
"""
API = "openapi: 3.1.0\ninfo: {title: API, version: '1'}\nservers: [{url: https://a.test}]\n"
TAGS = "{name: tags, in: query, explode: false, schema: {type: array, items: {type: string}}}"
OPERATION = (
    "{operationId: it, parameters: [{$ref: '%s'}],"
    " responses: {default: {description: Any.}}}"
)


@pytest.fixture
def project(tmp_path):
    """Writes files; gives the URL of the first request."""

    def project(files):
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        (tmp_path / "arazzo.toml").write_text("")
        path = tmp_path / "w.arazzo.yaml"
        path.write_text(DESCRIPTION)
        return path

    return project


def url(path):
    with Runner(path) as runner:
        return runner.dry_run()[0].url


@pytest.mark.parametrize(
    "files",
    [
        {
            "api/api.yaml": f"{API}paths: {{/it: {{get: {OPERATION % 'p.yaml#/tags'}}}}}",
            "api/p.yaml": f"tags: {TAGS}",
        },
        {
            "api/api.yaml": f"{API}paths: {{/it: {{$ref: '../paths/it.yaml'}}}}",
            "paths/it.yaml": f"get: {OPERATION % 'more/p.json#/a~1b/0'}",
            "paths/more/p.json": json.dumps(
                {"a/b": [{"$ref": "../../api/api.yaml#/components/parameters/tags"}]}
            ),
        },
        {
            "api/api.yaml": f"{API}paths: {{/it: {{$ref: 'other.yaml#/paths/~1x'}}}}",
            "api/other.yaml": f"{API}paths: {{/x: {{get: {OPERATION % '#/components/parameters/tags'}}}}}\n"
            f"components: {{parameters: {{tags: {TAGS}}}}}",
        },
        {
            "api/api.yaml": f"{API}paths: {{/it: {{get: {OPERATION % 'p%20q.yaml'}}}}}",
            "api/p q.yaml": TAGS,
        },
    ],
    ids=["a parameter", "a path item", "another description", "a whole file"],
)
def test_what_stands_in_other_files(project, files):
    """N-URI-07: each reference is relative to the file that has it."""
    if "paths/more/p.json" in files:
        files["api/api.yaml"] += f"\ncomponents: {{parameters: {{tags: {TAGS}}}}}"
    path = project(files)

    assert url(path) == "https://a.test/it?tags=a,b"
    assert [each.code for each in check(path).findings] == []


def test_an_operation_of_a_path_item_elsewhere_has_a_pointer_too():
    """And is in the index only when it is looked for."""
    item = {"get": {"operationId": "it", "responses": {}}}
    asked = []

    def link(file, where):
        asked.append((file, where))
        return Document(MemoryParts.of({"item": item}), file, "api", version=(3, 1))

    content = {"openapi": "3.1.0", "paths": {"/it": {"$ref": "items.yaml#/item"}}}
    document = Document(MemoryParts.of(content), "api.yaml", "api", link=link)

    assert asked == []
    assert find_by_id(document, "it").path == "/it"
    assert find_by_pointer(document, "/paths/~1it/get").operation_id == "it"
    assert asked[0] == ("items.yaml", "/paths/~1it")


def test_a_description_from_the_network_has_its_parts_there(tmp_path):
    yaml = ("Content-Type", "application/yaml")
    with Wire({}) as wire:
        text = f"{API}paths: {{/it: {{get: {OPERATION % 'parts/p.yaml#/tags'}}}}}"
        wire.answers["/d/api.yaml"] = reply(200, text.encode(), yaml)
        wire.answers["/d/parts/p.yaml"] = reply(200, f"tags: {TAGS}".encode(), yaml)
        path = tmp_path / "w.arazzo.yaml"
        path.write_text(DESCRIPTION.replace("api/api.yaml", wire.url("/d/api.yaml")))

        assert url(path) == "https://a.test/it?tags=a,b"
        assert [each.target for each in wire.seen] == ["/d/api.yaml", "/d/parts/p.yaml"]


@pytest.mark.parametrize(
    "reference, why",
    [
        ("nowhere.yaml#/tags", "no file"),
        ("p.yaml#/nothing", "leads to nothing"),
        ("p.yaml#/circle", "refers to itself"),
        ("../../../../outside.yaml", "outside"),
    ],
)
def test_what_cannot_be_had_is_a_warning_where_it_stands(project, reference, why):
    """AZ308: the parameter is sent as written."""
    path = project(
        {
            "api/api.yaml": f"{API}paths:\n  /it:\n    get: {OPERATION % reference}",
            "api/p.yaml": "circle: {$ref: '#/circle'}",
        }
    )
    with Runner(path) as runner:
        (warning,) = [e for e in runner.plan().warnings if e.code == "AZ308"]

    assert why in warning.message or (why == "outside" and "may not" in warning.message)
    ((place, _),) = warning.related
    assert (warning.location.line, place.line) == (7, 6)
    assert place.uri.endswith("api.yaml")


# --- names -------------------------------------------------------------------------------


def document(**components):
    content = {"openapi": "3.1.0", "paths": {}, "components": {"schemas": components}}
    return Document(MemoryParts.of(content), "api.yaml", "api")


@pytest.mark.parametrize(
    "reference", ["#pet", "https://a.test/pet", "#/components/schemas/Pet/$defs/in"]
)
def test_anchors_and_ids(reference):
    """JSON Schema 2020-12, 8.2"""
    inner = {"$anchor": "pet", "$id": "https://a.test/pet", "type": "string"}
    found = document(Pet={"$defs": {"in": inner}})

    assert found.resolve({"$ref": reference})["type"] == "string"


def test_a_dynamic_reference_is_followed_where_it_stands():
    tree = {"$dynamicAnchor": "node", "type": "object"}

    assert document(Tree=tree).resolve({"$dynamicRef": "#node"})["type"] == "object"


# --- equal to one file -------------------------------------------------------------------

WHOLE = {
    "openapi": "3.1.0",
    "paths": {
        "/a": {"get": {"operationId": "a", "parameters": [{"$ref": "#/components/parameters/p"}]}},
        "/b": {
            "parameters": [{"name": "q", "in": "query", "schema": {"type": "string"}}],
            "post": {
                "operationId": "b",
                "requestBody": {"$ref": "#/components/requestBodies/r"},
            },
        },
    },
    "components": {
        "parameters": {"p": {"name": "p", "in": "query", "style": "form", "schema": {}}},
        "requestBodies": {"r": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/s"}}}}},
        "schemas": {"s": {"type": "object", "properties": {"x": {"type": "string"}}}},
    },
}  # fmt: skip
PLACES = [
    ("paths", "/a"),
    ("paths", "/b"),
    ("components", "parameters", "p"),
    ("components", "requestBodies", "r"),
    ("components", "schemas", "s"),
]


def apart(places):
    """`WHOLE` with what stands at *places* in files of their own."""
    whole, files = copy.deepcopy(WHOLE), {}
    for number, place in enumerate(places):
        owner = whole
        for key in place[:-1]:
            owner = owner[key]
        name = f"f{number}.yaml"
        text = json.dumps(owner[place[-1]]).replace('"#/', '"main.yaml#/')
        files[name] = {"it": json.loads(text)}
        owner[place[-1]] = {"$ref": f"{name}#/it"}
    return whole, files


@given(st.lists(st.sampled_from(PLACES), unique=True))
def test_a_description_in_pieces_is_the_same(places):
    whole, files = apart(places)
    documents = {}

    def link(file, where):
        return documents[file]

    for name, value in files.items():
        documents[name] = Document(
            MemoryParts.of(value), name, "api", link=link, version=(3, 1)
        )
    main = Document(MemoryParts.of(whole), "main.yaml", "api", link=link)
    documents["main.yaml"] = main
    alone = Document(MemoryParts.of(WHOLE), "main.yaml", "api")

    def seen(found):
        operations = [open_entry(found, each) for each in found.operations]
        return [
            (
                each.operation_id,
                each.parameters,
                each.request_body
                and found.resolve(each.request_body.content["application/json"].schema),
                each.problems,
            )
            for each in operations
        ]

    assert seen(main) == seen(alone)
