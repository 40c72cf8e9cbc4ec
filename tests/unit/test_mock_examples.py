"""A schema gives a value that fits it: the author's example, else one that is made."""

import json

import jsonschema_rs
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from arazzo_runner.mock.examples import complete, generate, tree
from arazzo_runner.mock.fitting import fits
from arazzo_runner.mock.schemas import NoValue, enumerated, schema_at
from arazzo_runner.mock.texts import by_pattern
from arazzo_runner.openapi.document import Document, MemoryParts


def document(schemas=None, version="3.1.0"):
    whole = {"openapi": version, "components": {"schemas": schemas or {}}}
    return Document(MemoryParts.of(whole), "api.yaml", "api")


def as_2020_12(schema):
    """An OpenAPI 3.0 schema in the words of 2020-12: `nullable`, exclusive bounds."""
    if isinstance(schema, list):
        return [as_2020_12(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    changed = {key: as_2020_12(each) for key, each in schema.items()}
    if changed.get("nullable") is True and isinstance(changed.get("type"), str):
        changed["type"] = [changed["type"], "null"]
    for flag, bound in (
        ("exclusiveMinimum", "minimum"),
        ("exclusiveMaximum", "maximum"),
    ):
        if isinstance(changed.get(flag), bool) and changed.pop(flag):
            changed[flag] = changed.pop(bound)
    return changed


def problems(value, schema, schemas=None):
    whole = {
        "allOf": [as_2020_12(schema)],
        "components": {"schemas": as_2020_12(schemas or {})},
    }
    validator = jsonschema_rs.Draft202012Validator(whole, validate_formats=True)
    return [error.message for error in validator.iter_errors(value)]


# --- examples first ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "schema, value",
    [
        ({"type": "string", "example": "a", "default": "b"}, "a"),
        ({"type": "string", "examples": ["c", "d"]}, "c"),
        ({"type": "integer", "default": 7}, 7),
        ({"const": 5}, 5),
        ({"type": ["string", "null"], "enum": [None, "x", "y"]}, "x"),
        ({"type": "object", "example": {"a": 1}, "required": ["a"]}, {"a": 1}),
        ({"allOf": [{"type": "object"}], "example": {"b": 2}}, {"b": 2}),
    ],
)
def test_what_the_author_gave_comes_first(schema, value):
    assert generate(schema, document()) == value


def test_an_example_that_does_not_fit_is_passed_over():
    schema = {"type": "integer", "example": "12", "default": None, "minimum": 3}

    value = generate(schema, document())

    assert not problems(value, schema)


def test_a_default_that_does_not_fit_its_bounds_is_passed_over():
    assert generate({"type": "string", "default": "", "minLength": 3}, document())


# --- generated --------------------------------------------------------------------------

SCHEMAS = {
    "text": {"type": "string"},
    "long text": {"type": "string", "minLength": 300},
    "short text": {"type": "string", "maxLength": 2},
    "date-time": {"type": "string", "format": "date-time"},
    "date": {"type": "string", "format": "date"},
    "time": {"type": "string", "format": "time"},
    "duration": {"type": "string", "format": "duration"},
    "uri": {"type": "string", "format": "uri"},
    "uuid": {"type": "string", "format": "uuid"},
    "email": {"type": "string", "format": "email"},
    "ipv4": {"type": "string", "format": "ipv4"},
    "ipv6": {"type": "string", "format": "ipv6"},
    "hostname": {"type": "string", "format": "hostname"},
    "pattern": {"type": "string", "pattern": r"^[a-z]{3}-\d+(\.\w+)?$"},
    "pattern and length": {"type": "string", "pattern": "^x[0-9]+$", "minLength": 20},
    "anchored choice": {"type": "string", "pattern": "^(?:abc|de[^f])$"},
    "integer": {"type": "integer"},
    "int32": {"type": "integer", "format": "int32"},
    "bounds": {"type": "integer", "minimum": 5, "maximum": 6},
    "exclusive": {"type": "integer", "exclusiveMinimum": 5, "exclusiveMaximum": 7},
    "3.0 exclusive": {"type": "integer", "minimum": 5, "exclusiveMinimum": True},
    "negative": {"type": "integer", "maximum": -3},
    "multiple": {"type": "integer", "multipleOf": 7, "minimum": 8},
    "number": {"type": "number", "minimum": 0.1, "maximum": 0.2},
    "narrow": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 0.001},
    "cents": {"type": "number", "multipleOf": 0.01, "minimum": 3.005},
    "fraction": {"type": "integer", "multipleOf": 0.5, "minimum": 1},
    "boolean": {"type": "boolean"},
    "null": {"type": "null"},
    "array": {"type": "array", "items": {"type": "string"}, "minItems": 3},
    "no array": {"type": "array", "maxItems": 0},
    "unique": {
        "type": "array",
        "items": {"enum": ["a", "b", "c"]},
        "uniqueItems": True,
        "minItems": 3,
    },
    "unique flags": {
        "type": "array",
        "items": {"type": "boolean"},
        "uniqueItems": True,
        "minItems": 2,
    },
    "tuple": {
        "type": "array",
        "prefixItems": [{"type": "string"}, {"type": "integer"}],
        "items": False,
    },
    "contains": {"type": "array", "contains": {"const": 3}},
    "object": {
        "type": "object",
        "required": ["id", "other"],
        "properties": {"id": {"type": "integer"}, "free": {"type": "string"}},
    },
    "members": {
        "type": "object",
        "minProperties": 3,
        "properties": {"a": {"type": "string"}},
        "additionalProperties": {"type": "integer"},
    },
    "dependent": {
        "type": "object",
        "required": ["card"],
        "dependentRequired": {"card": ["address"]},
        "properties": {"card": {"type": "integer"}, "address": {"type": "string"}},
    },
    "merged": {
        "allOf": [
            {"type": "object", "required": ["a"]},
            {"properties": {"a": {"type": "number", "minimum": 3}}},
            {"properties": {"a": {"type": "integer", "maximum": 4}}},
        ]
    },
    "one of": {
        "oneOf": [
            {"type": "object", "required": ["a"], "properties": {"a": {"const": 1}}},
            {"type": "object", "required": ["b"]},
        ]
    },
    "told apart by what is optional": {
        "oneOf": [
            {"type": "object", "properties": {"a": {"type": "integer"}}},
            {"type": "object", "properties": {"a": {"type": "string"}}},
        ]
    },
    "impossible option": {"anyOf": [False, {"type": "string"}]},
    "nullable option": {"anyOf": [{"type": "null"}, {"type": "string"}]},
    "3.0 nullable": {"type": "string", "nullable": True, "minLength": 1},
    "not": {"type": "string", "not": {"maxLength": 3}},
    "true": True,
    "nothing said": {},
}


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=SCHEMAS)
def test_a_generated_value_is_valid(schema, seed):
    value = generate(schema, document(), seed=seed)

    assert not problems(value, schema), value
    assert fits(value, schema, document())


def test_the_same_seed_gives_the_same_value():
    schema = {
        "type": "object",
        "required": ["id", "at"],
        "properties": {"id": {"type": "string"}, "at": {"format": "date-time"}},
    }

    values = [generate(schema, document(), seed=seed) for seed in (4, 4, 5)]

    assert values[0] == values[1] != values[2]


def test_one_more_member_does_not_change_the_others():
    schema = {"type": "object", "properties": {"a": {"type": "string"}, "b": {}}}

    alone = generate(schema, document(), wanted=["/a"])
    both = generate(schema, document(), wanted=["/a", "/b"])

    assert both["a"] == alone["a"]


def test_a_schema_that_nothing_fits_has_no_value():
    for schema in (False, {"allOf": [{"type": "string"}, {"type": "integer"}]}):
        with pytest.raises(NoValue):
            generate(schema, document())


# --- references and recursion -----------------------------------------------------------

NODE = {"$ref": "#/components/schemas/Node"}


@pytest.mark.parametrize(
    "member, value",
    [
        ({"type": "array", "items": NODE}, []),
        ({"anyOf": [NODE, {"type": "null"}]}, None),
        ({"type": "object", "additionalProperties": NODE}, {}),
    ],
    ids=["array", "null", "map"],
)
def test_recursion_ends_where_it_may(member, value):
    node = {"type": "object", "required": ["next"], "properties": {"next": member}}

    assert generate(NODE, document({"Node": node})) == {"next": value}


def test_recursion_ends_in_null_where_the_schema_itself_allows_it():
    node = {
        "type": "object",
        "nullable": True,
        "required": ["next"],
        "properties": {"next": NODE},
    }

    assert generate(NODE, document({"Node": node}, "3.0.3")) == {"next": None}


def test_optional_members_that_recurse_are_left_out():
    node = {"type": "object", "properties": {"next": NODE}}

    assert generate(NODE, document({"Node": node})) == {}


def test_recursion_that_must_not_end_has_no_value():
    node = {"type": "object", "required": ["next"], "properties": {"next": NODE}}

    with pytest.raises(NoValue):
        generate(NODE, document({"Node": node}))


def test_wanted_members_go_into_a_recursion():
    node = {"type": "object", "properties": {"next": NODE, "name": {"const": "n"}}}

    value = generate(NODE, document({"Node": node}), wanted=["/next/next/name"])

    assert value == {"next": {"next": {"name": "n"}}}


def test_a_circle_of_references_constrains_nothing_for_ever():
    schemas = {"Node": {"allOf": [{"$ref": "#/components/schemas/Other"}]}}
    schemas["Other"] = {"allOf": [NODE]}

    with pytest.raises(NoValue):
        generate(NODE, document(schemas))


def test_a_discriminator_says_which_option_it_is():
    schemas = {
        "Cat": {"type": "object", "properties": {"kind": {"type": "string"}}},
        "Dog": {"type": "object", "properties": {"kind": {"type": "string"}}},
    }
    pet = {
        "oneOf": [{"$ref": f"#/components/schemas/{name}"} for name in schemas],
        "discriminator": {
            "propertyName": "kind",
            "mapping": {"feline": "#/components/schemas/Cat"},
        },
    }

    assert generate(pet, document(schemas))["kind"] == "feline"


# --- wanted members ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "wanted, value",
    [
        ([], {}),
        (["/a"], {"a": 1}),
        (["/list/1/a"], {"list": [{}, {"a": 1}]}),
        (["/free/b"], {"free": {"b": 1}}),
    ],
)
def test_wanted_pointers_bring_optional_members(wanted, value):
    item = {"type": "object", "properties": {"a": {"const": 1}}}
    free = {"additionalProperties": {"const": 1}, "type": "object"}
    properties = {
        "a": {"const": 1},
        "list": {"type": "array", "items": item},
        "free": free,
    }

    schema = {"type": "object", "properties": properties}

    assert generate(schema, document(), wanted=wanted) == value


def test_without_a_schema_the_pointers_give_the_form():
    value = generate(True, document(), wanted=["/data/0/id"])

    assert isinstance(value["data"][0]["id"], str)


def test_a_closed_object_stays_closed():
    schema = {"type": "object", "additionalProperties": False}

    assert generate(schema, document(), wanted=["/a"]) == {}


def test_the_option_that_has_what_is_wanted_is_taken():
    schema = {
        "anyOf": [
            {"type": "string"},
            {"type": "object", "properties": {"a": {"const": 1}}},
        ]
    }

    assert generate(schema, document(), wanted=["/a"]) == {"a": 1}


def test_an_example_is_completed():
    schema = {
        "properties": {
            "id": {"type": "string"},
            "url": {"type": "string", "nullable": True},
            "error": {"type": "string", "nullable": True},
            "rows": {"type": "array", "items": {"properties": {"n": {"const": 3}}}},
        },
        "example": {"id": "x", "url": None, "error": None, "rows": []},
    }

    value = generate(schema, document(), wanted=["/id", "/url", "/error", "/rows/0/n"])

    assert value["id"] == "x"
    assert isinstance(value["url"], str)
    assert value["error"] is None
    assert value["rows"] == [{"n": 3}]


def test_completing_leaves_the_value_alone():
    given_value = {"a": [1]}

    completed = complete(given_value, {}, document(), wanted=["/a/2", "/b"])

    assert given_value == {"a": [1]}
    assert len(completed["a"]) == 3
    assert "b" in completed


def test_pointers_become_a_tree():
    assert tree(["/a~1b/0", "/a~1b/0/c", ""]) == {"a/b": {"0": {"c": {}}}}


def test_the_schema_of_a_member_is_found_through_references_and_options():
    schemas = {
        "Node": {"anyOf": [{"type": "null"}, {"properties": {"s": {"enum": [1]}}}]}
    }
    api = document(schemas)

    assert enumerated(schema_at(NODE, api, ["s"]), api) == (1,)
    assert schema_at({"items": NODE, "type": "array"}, api, ["3", "s"]) == {"enum": [1]}


# --- patterns ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "pattern",
    [
        "^abc$",
        r"^\d{4}-\d{2}-\d{2}$",
        "^[A-Za-z_][A-Za-z0-9_]*$",
        r"^(GET|POST)\s+/\S+$",
        "^[^/]+/[^/]+$",
        r"^\+?[1-9]\d{1,14}$",
        r"^arn:aws:[a-z0-9-]*:\d{12}:.+$",
        "(?i)^hex-[0-9a-f]{32}$",
        r"^[\w.-]{2,}@[\w-]+\.[a-z]{2,3}$",
        r"^\p{L}+$",
        r"^(?<name>x|y)\x41é$",
        r"^#([A-Fa-f0-9]{6}|[A-Fa-f0-9]{3})$",
        "a|b",
        "",
    ],
)
def test_a_text_is_made_for_a_pattern(pattern):
    schema = {"type": "string", "pattern": pattern}

    text = by_pattern(pattern, lambda below, what: len(what) % below)

    assert text is not None
    assert fits(text, schema, document())


def first(_below, _what):
    """The lowest number, always."""
    return 0


@pytest.mark.parametrize(
    "pattern", ["(", "[", r"(.)\1", "a{2", "\\", "(?<=a)b", "[z-a]"]
)
def test_a_pattern_beyond_us_gives_nothing_and_no_crash(pattern):
    assert by_pattern(pattern, first) is None or pattern == "a{2"


@given(st.text(alphabet="ab[](){}|*+?^$\\d-.,1", max_size=12))
def test_any_text_may_stand_for_a_pattern(pattern):
    text = by_pattern(pattern, first)

    assert text is None or fits(text, {"pattern": pattern}, document())


# --- any schema -------------------------------------------------------------------------

KEYWORDS = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["string", "integer", "number", "array", "object"]),
        "minimum": st.integers(-5, 5),
        "maximum": st.integers(6, 9),
        "minLength": st.integers(0, 4),
        "minItems": st.integers(0, 3),
        "maxItems": st.integers(3, 5),
        "required": st.lists(st.sampled_from("abc"), max_size=2, unique=True),
        "nullable": st.booleans(),
        "default": st.one_of(st.none(), st.integers(), st.text(max_size=2)),
    },
)
ANY = st.recursive(
    KEYWORDS,
    lambda inner: st.one_of(
        st.builds(lambda a, b: {**a, "items": b}, KEYWORDS, inner),
        st.builds(lambda a, b: {**a, "properties": {"a": b}}, KEYWORDS, inner),
        st.builds(lambda a, b: {"anyOf": [a, b]}, inner, inner),
        st.builds(lambda a, b: {"allOf": [a, b]}, inner, inner),
    ),
    max_leaves=6,
)


@given(ANY, st.integers(0, 3))
def test_a_value_is_made_for_any_schema_and_is_valid(schema, seed):
    try:
        value = generate(schema, document(), seed=seed)
    except NoValue:
        return

    assert not problems(value, schema)


# --- published descriptions -------------------------------------------------------------


def valid_and_all(path, every=1):
    """How many of every n-th component schema of a description give a valid value."""
    loaded = yaml.load(path.read_text("utf-8"), yaml.CSafeLoader)
    whole = json.loads(json.dumps(loaded, default=str))
    api = Document(MemoryParts.of(whole), path.name, "api")
    schemas = whole["components"]["schemas"]
    converted = as_2020_12(schemas)
    names = list(schemas)[::every]
    missed = []
    for name in names:
        reference = {"$ref": f"#/components/schemas/{name}"}
        try:
            value = generate(reference, api)
        except NoValue:
            missed.append(name)
            continue
        validator = jsonschema_rs.Draft202012Validator(
            {**reference, "components": {"schemas": converted}}, validate_formats=True
        )
        if any(validator.iter_errors(value)):
            missed.append(name)
    print(
        f"{path.name}: {len(names) - len(missed)} of {len(names)} valid, not {missed}"
    )
    return len(names) - len(missed), len(names)


def test_every_schema_of_the_anthropic_descriptions_gives_a_valid_value(corpus):
    paths = sorted((corpus / "anthropic" / "openapi").rglob("*openapi.yml"))

    for path in paths:
        valid, total = valid_and_all(path)
        assert valid == total, path.name
    assert paths


@pytest.mark.slow
def test_99_percent_of_openai_s_schemas_give_a_valid_value(corpus):
    path = corpus / "openai" / "openapi" / "_original" / "openai-openapi-master.yml"

    valid, total = valid_and_all(path, every=4)

    assert valid / total >= 0.99
