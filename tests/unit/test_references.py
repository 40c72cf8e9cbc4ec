"""
``$ref`` in the schemas of inputs (A-54, N-PARSE-03, N-URI-04 to 06, R-REUSE-05).

https://json-schema.org/draft/2020-12/json-schema-core#section-8.2.3
"""

import json
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scripted import API, Scripted, ok

from arazzo_runner import InputError, Runner
from arazzo_runner.engine.schemas import input_properties, with_defaults
from arazzo_runner.errors import DocumentError, PolicyError
from arazzo_runner.expressions.scope import at_pointer
from arazzo_runner.loader.build import build
from arazzo_runner.loader.parse import parse
from arazzo_runner.loader.references import MEMBER, bundle
from arazzo_runner.loader.registry import Known
from arazzo_runner.loader.retrieve import Retrieved
from arazzo_runner.loader.schemas import inner
from arazzo_runner.opening import open_unit

MAIN = """\
arazzo: 1.1.0
SELF
info: {title: t, version: '1'}
sourceDescriptions: [{name: api, url: api.yaml, type: openapi}]
workflows:
- workflowId: main
  inputs: INPUTS
  steps: [{stepId: a, operationId: createJob}]
components: {inputs: {COMPONENTS}}
"""


def document(inputs, components="", own=None):
    head = f"$self: {own}" if own else "x-own: none"
    made = MAIN.replace("SELF", head).replace("INPUTS", inputs)
    return made.replace("COMPONENTS", components)


@pytest.fixture
def write(tmp_path):
    """Writes a description with an input schema, and files beside it; gives its path."""
    (tmp_path / "project" / ".git").mkdir(parents=True)
    (tmp_path / "project" / "api.yaml").write_text(API)

    def make(inputs, components="", *, own=None, **files):
        for name, content in files.items():
            path = tmp_path / "project" / (name.replace("__", "/") + ".yaml")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        path = tmp_path / "project" / "main.yaml"
        path.write_text(document(inputs, components, own))
        return path

    return make


def problems_of(path, inputs):
    """What is wrong with *inputs*: the message of each problem."""
    with Runner(path, transport=Scripted(lambda _request: ok())) as runner:
        try:
            runner.run(inputs=inputs)
        except InputError as error:
            return [problem.message for problem in error.problems]
    return []


def refused(path, **options):
    with pytest.raises(DocumentError) as caught:
        open_unit(str(path), **options)
    return caught.value.problems


INTEGER = "{type: integer, minimum: 1}"
#: Inputs, components, other files: each makes ``n`` an integer of at least one.
FORMS = {
    "a component as the whole": (
        "{$ref: '#/components/inputs/all'}",
        f"all: {{properties: {{n: {INTEGER}}}}}",
        {},
    ),
    "a component as a property": (
        "{properties: {n: {$ref: '#/components/inputs/count'}}}",
        f"count: {INTEGER}",
        {},
    ),
    "a chain": (
        "{properties: {n: {$ref: '#/components/inputs/a'}}}",
        f"a: {{$ref: '#/components/inputs/b'}}, b: {INTEGER}",
        {},
    ),
    "inside a component": (
        "{properties: {n: {$ref: '#/components/inputs/all/properties/m'}}}",
        f"all: {{properties: {{m: {INTEGER}}}}}",
        {},
    ),
    "an anchor": (
        "{properties: {n: {$ref: '#count'}}}",
        f"other: {{$defs: {{c: {{$anchor: count, {INTEGER[1:]}}}}}",
        {},
    ),
    "an anchor of its own": (
        "{properties: {n: {$ref: '#count'}}, $defs: {c: {$anchor: count,"
        f" {INTEGER[1:]}}}}}",
        "",
        {},
    ),
    "an embedded id": (
        "{properties: {n: {$ref: 'https://example.com/count'}}}",
        f"c: {{$id: 'https://example.com/count', {INTEGER[1:]}",
        {},
    ),
    "a pointer of an embedded id": (
        "{properties: {n: {$ref: 'https://example.com/s#/$defs/c'}}}",
        f"s: {{$id: 'https://example.com/s', $defs: {{c: {INTEGER}}}}}",
        {},
    ),
    "a pointer inside an embedded id": (
        "{$ref: 'https://example.com/s'}",
        "s: {$id: 'https://example.com/s', properties: {n: {$ref: '#/$defs/c'}},"
        f" $defs: {{c: {INTEGER}}}}}",
        {},
    ),
    "an id inside an id": (
        "{$ref: 'https://example.com/a/s'}",
        "s: {$id: 'https://example.com/a/s', properties: {n: {$ref: c}},"
        f" $defs: {{x: {{$id: c, {INTEGER[1:]}}}}}",
        {},
    ),
    "a name that is no plain text": (
        "{properties: {n: {$ref: '#/components/inputs/s/$defs/a%20b~1c%25'}}}",
        f"s: {{$defs: {{'a b/c%': {INTEGER}}}}}",
        {},
    ),
    "an extension": (
        "{properties: {n: {$ref: '#/components/inputs/s/x-here'}}}",
        f"s: {{x-here: {{$ref: '#/components/inputs/c'}}}}, c: {INTEGER}",
        {},
    ),
    "a dynamic reference": (
        "{properties: {n: {$dynamicRef: '#count'}}}",
        f"s: {{$dynamicAnchor: count, {INTEGER[1:]}",
        {},
    ),
    "both kinds of references": (
        "{properties: {n: {$ref: '#/components/inputs/i', $dynamicRef: '#count'}}}",
        "s: {$dynamicAnchor: count, minimum: 1}, i: {type: integer}",
        {},
    ),
    "a file": (
        "{$ref: schemas/all.yaml}",
        "",
        {"schemas__all": f"{{properties: {{n: {INTEGER}}}}}"},
    ),
    "a pointer into a file": (
        "{properties: {n: {$ref: 'schemas/all.yaml#/$defs/c'}}}",
        "",
        {"schemas__all": f"{{$defs: {{c: {INTEGER}}}}}"},
    ),
    "an anchor in a file": (
        "{properties: {n: {$ref: 'schemas/all.yaml#count'}}}",
        "",
        {"schemas__all": f"{{$defs: {{c: {{$anchor: count, {INTEGER[1:]}}}}}"},
    ),
    "a file that refers to another": (
        "{$ref: schemas/all.yaml}",
        "",
        {
            "schemas__all": "{properties: {n: {$ref: 'count.yaml#/$defs/c'}}}",
            "schemas__count": f"$defs: {{c: {{$ref: '#/$defs/d'}}, d: {INTEGER}}}",
        },
    ),
    "a file with an id": (
        "{$ref: all.yaml}",
        "",
        {
            "all": "{$id: 'https://example.com/a/all', properties: {n: {$ref: c}},"
            f" $defs: {{c: {{$id: c, {INTEGER[1:]}}}}}"
        },
    ),
    "another Arazzo document": (
        "{properties: {n: {$ref: 'other.yaml#/components/inputs/c'}}}",
        "",
        {
            "other": document(
                "true", f"c: {{$ref: '#deep'}}, d: {{$anchor: deep, {INTEGER[1:]}"
            )
        },
    ),
    "an anchor of another Arazzo document": (
        "{properties: {n: {$ref: 'other.yaml#deep'}}}",
        "",
        {"other": document("true", f"d: {{$anchor: deep, {INTEGER[1:]}")},
    ),
    "an Arazzo document by its identity": (
        "{properties: {n: {$ref: 'https://example.com/o#/components/inputs/c'}}}",
        "",
        {"other": document("true", f"c: {INTEGER}", "https://example.com/o")},
    ),
    "a schema of an OpenAPI description": (
        "{properties: {n: {$ref: 'things.yaml#/components/schemas/A'}}}",
        "",
        {
            "things": "openapi: 3.1.0\ncomponents: {schemas: {A: {$ref:"
            f" '#/components/schemas/B'}}, B: {INTEGER}}}}}"
        },
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_reference_is_followed(write, form):
    inputs, components, files = FORMS[form]
    path = write(inputs, components, **files)

    assert problems_of(path, {"n": 1}) == []
    assert len(problems_of(path, {"n": 0})) == 1
    assert len(problems_of(path, {"n": "x"})) == 1


@pytest.mark.parametrize("form", FORMS)
def test_the_names_of_inputs_are_known_through_references(write, form):
    """Defaults, hints and secrets are read through them too."""
    inputs, components, files = FORMS[form]
    path = write(inputs, components, **files)

    with Runner(path, transport=Scripted([])) as runner:
        assert runner.warnings == ()
        workflow = runner.workflow()
        properties = input_properties(runner.description, workflow)
    assert list(properties) == ["n"]
    assert "minimum" in json.dumps(properties) or "both kinds" in form


def test_defaults_come_through_a_file(write):
    path = write(
        "{$ref: all.yaml}",
        all="{properties: {n: {$ref: '#/$defs/c'}}, $defs: {c: {default: 7}}}",
    )

    description = open_unit(str(path)).unit.description

    schema = description.workflows[0].inputs
    assert with_defaults(schema, {}, description.root) == {"n": 7}


def test_keywords_beside_a_reference_hold_too(write):
    """2020-12: siblings of ``$ref`` are not ignored."""
    path = write(
        "{$ref: '#/components/inputs/all', required: [m]}",
        f"all: {{properties: {{n: {INTEGER}}}}}",
    )

    assert problems_of(path, {"m": 1, "n": 1}) == []
    assert len(problems_of(path, {"n": 0})) == 2


@pytest.mark.parametrize(
    "components, files",
    [
        ("node: {properties: {next: {$ref: '#/components/inputs/node'}, v: {type: integer}}}", {}),
        ("node: {$ref: 'a.yaml'}", {
            "a": "{properties: {next: {$ref: 'b.yaml'}, v: {type: integer}}}",
            "b": "{$ref: 'main.yaml#/components/inputs/node'}",
        }),
    ],
)  # fmt: skip
def test_schemas_may_refer_to_themselves(write, components, files):
    path = write("{$ref: '#/components/inputs/node'}", components, **files)

    assert problems_of(path, {"v": 1, "next": {"v": 2, "next": {"v": 3}}}) == []
    assert len(problems_of(path, {"next": {"next": {"v": "x"}}})) == 1


def test_a_reference_that_leads_to_itself_alone(write):
    path = write("{properties: {n: {$ref: '#/workflows/0/inputs/properties/n'}}}")

    with Runner(path, transport=Scripted([])) as runner:
        assert runner.workflow().inputs


def test_other_workflows_are_no_hindrance(write):
    path = write(
        "{$ref: '#/components/inputs/c'}", f"c: {{properties: {{n: {INTEGER}}}}}"
    )

    unit = open_unit(str(path)).unit

    assert MEMBER not in unit.description.root
    assert unit.description.workflows[0].inputs == {"$ref": "#/components/inputs/c"}


def test_words_that_are_no_references_stay(write):
    """What is no schema is left alone: names of properties, values, extensions."""
    inputs = {
        "properties": {
            "$ref": {"type": "string"},
            "n": {"const": {"$ref": "x"}, "default": {"$ref": "#/y"}},
            "m": {"enum": [{"$ref": "z"}], "x-note": {"$ref": "w"}, "examples": [{"$id": 1}]},
        }
    }  # fmt: skip
    path = write(json.dumps(inputs))

    assert open_unit(str(path)).unit.description.workflows[0].inputs == inputs


# --- what leads nowhere -----------------------------------------------------------------


@pytest.mark.parametrize(
    "reference, words, hint",
    [
        ("#/components/inputs/cuont", "no 'cuont'", "did you mean 'count'?"),
        ("#/components/input/count", "no 'input'", "did you mean 'inputs'?"),
        ("#cuont", "$anchor: cuont", "did you mean 'counter'?"),
        ("gone.yaml", "there is no file", ""),
        ("gone.yaml#/a", "there is no file", ""),
        ("api.yaml", "no schema as a whole", ""),
        ("api.yaml#/info/title", "no schema", ""),
        ("api.yaml#/components/schemas/Pet", "no 'schemas'", "securitySchemes"),
        ("#/info/title", "no schema", ""),
        ("s3://bucket/a", "only files and http", ""),
        ("urn:example:none", "there is no", ""),
        ("count.yaml#/1", "no '1'", ""),
        ("count.yaml#/items/7", "no '7'", ""),
    ],
)
def test_a_reference_that_leads_nowhere_is_an_error_at_its_place(
    write, reference, words, hint
):
    path = write(
        f"{{properties: {{n: {{$ref: '{reference}'}}}}}}",
        "count: {$anchor: counter}",
        count="{items: [true]}",
    )

    (problem,) = refused(path)

    assert problem.code == "AZ318"
    assert reference in problem.message
    assert words in problem.message
    assert hint in (problem.hint or "")
    line = path.read_text().splitlines()[problem.location.line - 1]
    assert line[problem.location.column - 1 :].startswith((f"'{reference}'", reference))


def test_every_one_is_told_at_once(write):
    path = write("{properties: {a: {$ref: '#x'}, b: {$ref: '#y'}}}", "c: {$ref: '#z'}")

    assert len(refused(path)) == 3


def test_one_in_another_file_shows_how_one_got_there(write):
    path = write("{$ref: a.yaml}", a="{$ref: b.yaml}", b="\n{$ref: '#/$defs/x'}")

    (problem,) = refused(path)

    assert problem.location.uri.endswith("b.yaml")
    assert problem.location.line == 2
    ((place, what),) = problem.related
    assert (place.uri, place.line, what) == (str(path), 7, "referred to here")


def test_a_file_that_is_no_document(write):
    path = write("{$ref: a.yaml}", a="a: [")

    (problem,) = refused(path)

    assert problem.code == "AZ102"
    assert problem.related[0][0].uri == str(path)


def test_those_of_another_document_are_failures_for_who_needs_it(write):
    path = write("true", other=document("{$ref: '#none'}"))
    path.write_text(
        path.read_text().replace(
            "type: openapi}]", "type: openapi}, {name: o, url: other.yaml}]"
        )
    )

    unit = open_unit(str(path)).unit

    (problem,) = unit.sources.failures["o"]
    assert problem.code == "AZ318"
    assert unit.sources.descriptions == {}


# --- relative to the schema -------------------------------------------------------------


@pytest.mark.parametrize(
    "inputs, hint",
    [
        (f"{{properties: {{n: {{$ref: '#/$defs/c'}}}}, $defs: {{c: {INTEGER}}}}}",
         "#/workflows/0/inputs/$defs/c"),
        ("{properties: {n: {type: integer, minimum: 1}, m: {$ref: '#'}}}",
         "#/workflows/0/inputs"),
    ],
)  # fmt: skip
def test_a_pointer_from_the_root_of_the_schema_is_followed_with_a_warning(
    write, inputs, hint
):
    """Pointers begin at the root of the document; who thinks of the schema alone errs."""
    path = write(inputs)

    (warning,) = open_unit(str(path)).unit.warnings

    assert (warning.code, warning.severity) == ("AZ319", "warning")
    assert warning.hint == f"write '{hint}'"
    assert len(problems_of(path, {"n": 0})) == 1
    assert problems_of(path, {"n": 1}) == []
    (problem,) = refused(path, strict=True)
    assert (problem.code, problem.severity) == ("AZ319", "error")


# --- what may not be reached ------------------------------------------------------------


@pytest.fixture
def web(tmp_path, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    seen = []

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, *arguments):
            seen.append(self.path)

    folder = tmp_path / "web"
    folder.mkdir()
    server = ThreadingHTTPServer(
        ("127.0.0.1", 0), partial(Handler, directory=str(folder))
    )
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield folder, f"http://127.0.0.1:{server.server_address[1]}", seen
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_schema_on_the_web(write, web):
    """As a source description: fetched when a local document names it, and once."""
    folder, url, seen = web
    (folder / "all.json").write_text('{"properties": {"n": {"$ref": "c.json"}}}')
    (folder / "c.json").write_text('{"type": "integer"}')
    path = write(
        f"{{allOf: [{{$ref: '{url}/all.json'}}, {{$ref: '{url}/all.json#'}}]}}"
    )

    assert problems_of(path, {"n": 1}) == []
    assert sorted(seen) == ["/all.json", "/c.json"]


def test_a_self_on_the_web_does_not_make_us_fetch_schemas_beside(write, web):
    """A-67, N-URI-01"""
    _, url, seen = web
    path = write("{$ref: all.yaml}", own=f"{url}/a/main.yaml", all="{required: [n]}")

    assert len(problems_of(path, {})) == 1
    assert seen == []


@pytest.mark.parametrize(
    "reference", ["file:///etc/passwd", "http://localhost:1/a", "http://127.0.0.2/a"]
)
def test_a_schema_from_the_web_stays_with_its_origin(write, web, reference):
    """Security D4: no files, no other hosts."""
    folder, url, _ = web
    (folder / "a.json").write_text(json.dumps({"$ref": reference}))
    path = write(f"{{$ref: '{url}/a.json'}}")

    with pytest.raises(PolicyError) as caught:
        open_unit(str(path))

    assert caught.value.exit_status == 7


def test_a_schema_outside_of_the_allowed_folders(write, tmp_path):
    (tmp_path / "outside.yaml").write_text("true")
    path = write("{$ref: ../outside.yaml}")

    with pytest.raises(PolicyError):
        open_unit(str(path))


def test_the_number_of_schemas_has_a_limit(write):
    names = [f"s{number}" for number in range(120)]
    parts = ", ".join(f"{{$ref: {name}.yaml}}" for name in names)
    path = write(f"{{allOf: [{parts}]}}", **dict.fromkeys(names, "{type: object}"))

    assert {problem.code for problem in refused(path)} == {"AZ109"}


def test_what_is_not_there_is_asked_for_once(write, web):
    _, url, seen = web
    path = write(f"{{allOf: [{{$ref: '{url}/a'}}, {{$ref: '{url}/a#/b'}}]}}")

    problems = refused(path)

    assert [each.code for each in problems] == ["AZ318", "AZ318"]
    first, second = (each.location.column for each in problems)
    assert first < second
    assert set(seen) == {"/a"}
    assert len(seen) <= 2  # an error is logged twice


def test_what_is_not_there_counts(write, web):
    """A document that does not answer takes its time (security D4)."""
    _, url, seen = web
    sources = "".join(f"- {{name: s{n}, url: '{url}/{n}'}}\n" for n in range(110))
    path = write("true")
    text = path.read_text()
    head = "sourceDescriptions: [{name: api, url: api.yaml, type: openapi}]\n"
    path.write_text(text.replace(head, "sourceDescriptions:\n" + sources))

    failures = open_unit(str(path)).unit.sources.failures

    assert len(set(seen)) == 100
    assert failures["s109"][0].code == "AZ109"


def test_a_flood_of_references_that_lead_nowhere_is_bounded(write):
    parts = ", ".join(f"{{$ref: '#/components/inputs/x{n}'}}" for n in range(5000))
    components = ", ".join(f"n{n}: true" for n in range(1000))

    assert len(refused(write(f"{{allOf: [{parts}]}}", components))) == 50


# --- properties -------------------------------------------------------------------------

KEYWORDS = st.sampled_from(
    ["$ref", "$dynamicRef", "$id", "$anchor", "$defs", "properties", "allOf", "items", "not",
     "a", "b"]
)  # fmt: skip
TEXTS = st.sampled_from(
    ["#", "#a", "#/a", "#/$defs/a", "#/components/inputs/a", "#/workflows/0/inputs", "a", "b",
     "a#b", "https://example.com/a", "#/components/inputs/a/$defs/b", "", "#/%", "//[", "\0"]
)  # fmt: skip
SCHEMAS = st.recursive(
    TEXTS | st.booleans() | st.integers(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(KEYWORDS, inner, max_size=4)
    ),
    max_leaves=12,
)


def references(schema):
    """Every reference in *schema*, where schemas are."""
    if isinstance(schema, dict):
        if isinstance(schema.get("$ref"), str):
            yield schema["$ref"]
        for _, each in inner(schema):
            yield from references(each)


@settings(deadline=None)
@given(
    st.dictionaries(KEYWORDS, SCHEMAS, max_size=4), st.dictionaries(KEYWORDS, SCHEMAS)
)
def test_any_schema_is_bundled_or_has_problems_with_a_place(inputs, component):
    """What has no problem has pointers that lead to schemas; the document is unchanged."""

    def nothing(_known, _written, uri, at):
        raise DocumentError(f"there is no {uri}", code="AZ101", location=at)

    value = parse(document("{}", "a: {}"), "x").value
    value["workflows"][0]["inputs"] = inputs
    value["components"]["inputs"]["a"] = component
    text = json.dumps(value)
    known = Known(Retrieved(text.encode(), "doc.yaml"), "doc.yaml")
    known.identify(known.parsed.value)
    description, _ = build(known.parsed)

    made = bundle(description, known, nothing)

    assert all(problem.location.line > 0 for problem in (*made.errors, *made.warnings))
    assert known.parsed.value == json.loads(text)
    if made.errors:
        return
    root = made.description.root
    found = [
        made.description.workflows[0].inputs,
        *root["components"]["inputs"].values(),
    ]
    for schema in (*found, *root.get(MEMBER, {}).values()):
        for reference in references(schema):
            assert isinstance(
                at_pointer(root, reference.removeprefix("#")), dict | bool
            )
