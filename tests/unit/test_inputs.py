"""Inputs are completed, checked whole and put away before anything is sent (A-53, A-54)."""

import json
import math
import sys
from pathlib import Path

import pytest
from scripted import API, HEAD, Scripted, describe, ok, strings

from arazzo_runner import Runner
from arazzo_runner.engine.compile import plan_workflow
from arazzo_runner.engine.lookup import Sources
from arazzo_runner.engine.schemas import compiled
from arazzo_runner.errors import DocumentError, InputError
from arazzo_runner.inputs.prepare import prepare_inputs
from arazzo_runner.loader.build import build
from arazzo_runner.loader.parse import parse
from arazzo_runner.messages import File, Records, Secret
from arazzo_runner.openapi.document import Document, MemoryParts
from arazzo_runner.transports.spool import Spool

STEP = """\
  steps:
  - {stepId: a, operationId: createJob}
"""


class Prepare:
    """Prepares inputs for a schema in YAML (flow style), or for a whole workflow text."""

    def __init__(self, spool):
        self.spool = spool

    def __call__(self, schema, given=None, *, more="", secrets=(), **options):
        inputs = f"  inputs: {schema}\n" if schema is not None else ""
        text = HEAD + inputs + STEP + more
        description, _ = build(parse(text, "flow.arazzo.yaml"))
        (workflow,) = description.workflows
        api = Document(MemoryParts.of(parse(API, "api.yaml").value), "api.yaml", "api")
        plan = plan_workflow(
            description, workflow, Sources(documents={"api": api}), secrets=secrets
        )
        return prepare_inputs(plan, given or {}, spool=self.spool, **options)

    def refused(self, *arguments, **options):
        """The problems for which inputs are refused, as texts."""
        with pytest.raises(InputError) as caught:
            self(*arguments, **options)
        assert caught.value.exit_status == 4
        assert {each.code for each in caught.value.problems} == {"invalid-inputs"}
        assert all(each.location.line for each in caught.value.problems)
        return [each.message for each in caught.value.problems]


@pytest.fixture
def prepare():
    with Spool() as spool:
        yield Prepare(spool)


# --- defaults ---------------------------------------------------------------------------

COMPONENTS = """\
components:
  inputs:
    paging:
      type: object
      properties:
        limit: {type: integer, default: 20}
        order: {$ref: '#/components/inputs/order'}
    order: {type: string, default: up, description: Up or down.}
    loop:
      properties:
        again: {$ref: '#/components/inputs/loop'}
        depth: {default: 1}
"""


@pytest.mark.parametrize(
    "schema,given,expected",
    [
        ("{properties: {a: {default: 1}, b: {}}}", {}, {"a": 1}),
        ("{properties: {a: {default: 1}}}", {"a": 2}, {"a": 2}),
        ("{properties: {a: {default: null}}}", {}, {"a": None}),
        ("{properties: {a: {default: 1}}}", {"a": None}, {"a": None}),
        # of nested objects, as far as these are given
        ("{properties: {o: {properties: {a: {default: 1}}}}}", {}, {}),
        ("{properties: {o: {properties: {a: {default: 1}}}}}", {"o": {}}, {"o": {"a": 1}}),
        (
            "{properties: {o: {default: {}, properties: {a: {default: 1}}}}}",
            {},
            {"o": {"a": 1}},
        ),
        ("{properties: {l: {items: {properties: {a: {default: 1}}}}}}", {"l": [{}]}, {"l": [{}]}),
        # through a local reference
        ("{$ref: '#/components/inputs/paging'}", {}, {"limit": 20, "order": "up"}),
        (
            "{properties: {p: {$ref: '#/components/inputs/paging'}}}",
            {"p": {"limit": 5}},
            {"p": {"limit": 5, "order": "up"}},
        ),
        ("{properties: {o: {$ref: '#/components/inputs/order', default: down}}}", {}, {"o": "down"}),
        ("{$ref: '#/components/inputs/paging', properties: {a: {default: 1}}}", {},
         {"a": 1, "limit": 20, "order": "up"}),
        ("{allOf: [{$ref: '#/components/inputs/paging'}, {properties: {a: {default: 1}}}]}", {},
         {"a": 1, "limit": 20, "order": "up"}),
        # cycles end
        ("{$ref: '#/components/inputs/loop'}", {"again": {}}, {"again": {"depth": 1}, "depth": 1}),
        # a schema without a type is one of an object all the same
        ("{properties: {a: {default: 1}}}", {}, {"a": 1}),
        ("true", {}, {}),
    ],
)  # fmt: skip
def test_defaults_are_filled_in(prepare, schema, given, expected):
    """Top-level ones and those of nested objects; JSON Schema itself applies none."""
    prepared = prepare(schema, given, more=COMPONENTS)

    assert prepared.values == expected
    assert prepared.warnings == ()


def test_a_default_counts_as_given(prepare):
    """Defaults come before the validation."""
    assert prepare("{required: [a], properties: {a: {default: 1}}}").values == {"a": 1}
    assert prepare.refused("{properties: {a: {default: x, type: integer}}}") == [
        """input 'a' is not valid: "x" is not of type "integer\""""
    ]


def test_what_the_caller_gave_is_not_changed(prepare):
    given = {"o": {}}

    prepare("{properties: {o: {properties: {a: {default: 1}}}}}", given)

    assert given == {"o": {}}


# --- validation -------------------------------------------------------------------------


def test_every_problem_is_told_at_once(prepare):
    """R-WF-06, A-53: all problems in one error, none of them twice."""
    schema = """\
{required: [a, b], properties: {a: {}, b: {}, n: {type: integer},
  o: {required: [x], properties: {y: {enum: [1, 2]}}}, l: {items: {type: string}}}}"""

    problems = prepare.refused(schema, {"n": "1", "o": {"y": 3}, "l": ["a", 2]})

    assert sorted(problems) == [
        "input 'a' is missing",
        "input 'b' is missing",
        "input 'l[1]' is not valid: 2 is not of type \"string\"",
        'input \'n\' is not valid: "1" is not of type "integer"',
        "input 'o' is not valid: \"x\" is a required property",
        "input 'o.y' is not valid: 3 is not one of 1 or 2",
    ]


def test_a_problem_is_told_at_the_schema_of_its_input(prepare):
    with pytest.raises(InputError) as caught:
        prepare("{properties: {a: {}, n: {type: integer}}}", {"n": "x"})

    (problem,) = caught.value.problems
    at = problem.location
    line = (HEAD + "  inputs: {properties: {a: {}, n: {type: integer}}}").splitlines()[
        at.line - 1
    ]
    assert line[at.column - 1 :].startswith("n: {type: integer}")


@pytest.mark.parametrize(
    "schema,message,hint",
    [
        (
            "{type: string, description: A valid\n      key.}",
            "input 'it' is missing: A valid key.",
            "give it with -i it=VALUE or ARAZZO_INPUT_IT",
        ),
        (
            "{type: array}",
            "input 'it' is missing",
            "give it with -i it=@FILE, -i it='JSON' or ARAZZO_INPUT_IT",
        ),
        (
            "{format: password}",
            "input 'it' is missing",
            "give it with --secret it=env:VARIABLE or ARAZZO_INPUT_IT",
        ),
        (
            "{$ref: '#/components/inputs/order'}",
            "input 'it' is missing: Up or down.",
            "give it with -i it=VALUE or ARAZZO_INPUT_IT",
        ),
        (
            "{$ref: '#/components/inputs/order', description: Which.}",
            "input 'it' is missing: Which.",
            "give it with -i it=VALUE or ARAZZO_INPUT_IT",
        ),
    ],
)
def test_a_missing_input_is_described_with_the_ways_to_give_it(
    prepare, schema, message, hint
):
    more = COMPONENTS.replace("default: up, ", "")
    with pytest.raises(InputError) as caught:
        prepare(f"{{required: [it], properties: {{it: {schema}}}}}", more=more)

    (problem,) = caught.value.problems
    assert (problem.message, problem.hint) == (message, hint)


@pytest.mark.parametrize(
    "schema,given",
    [
        ("{allOf: [{required: [a]}]}", {}),
        ("{$ref: '#/components/inputs/needs'}", {}),
        ("{dependentRequired: {a: [b]}}", {"a": 1}),
        ("{if: {required: [a]}, then: {required: [b]}}", {"a": 1}),
        ("{anyOf: [{required: [a]}, {required: [b]}]}", {}),
        ("{additionalProperties: false}", {"a": 1}),
        ("{minProperties: 1}", {}),
        ("{propertyNames: {maxLength: 1}}", {"ab": 1}),
        ("{type: array}", {}),
        ("false", {}),
    ],
)
def test_every_keyword_counts(prepare, schema, given):
    """Also those about the inputs as a whole, and those behind a reference."""
    more = "components: {inputs: {needs: {required: [a]}}}\n"

    assert prepare.refused(schema, given, more=more)


@pytest.mark.parametrize("given", [{}, {"a": 1}])
def test_without_a_schema_everything_is_taken(prepare, given):
    prepared = prepare(None, given)

    assert prepared.values == given
    assert [each.code for each in prepared.warnings] == ["AZ605"] * len(given)


@pytest.mark.parametrize(
    "value,fits",
    [
        (2**64, True),
        (-(2**70), True),
        (10**400, True),
        (2**53 + 1, True),
        (1.5, False),
        (1e300, True),
        (True, False),
        ("1", False),
    ],
)
def test_integers_have_no_end(prepare, value, fits):
    """Numbers beyond 64 bits stay exact."""
    schema = "{properties: {n: {type: integer}}}"
    if not fits:
        assert prepare.refused(schema, {"n": value})
        return

    assert prepare(schema, {"n": value}).values == {"n": value}


@pytest.mark.parametrize(
    "form,value,fits",
    [
        ("int32", 2**31 - 1, True),
        ("int32", 2**31, False),
        ("int32", -(2**31), True),
        ("int64", 2**63 - 1, True),
        ("int64", -(2**63) - 1, False),
        ("uint8", 2**70, True),
    ],
)
def test_the_ranges_of_int32_and_int64_hold(prepare, form, value, fits):
    """The one assertion that `format` makes; else it is an annotation."""
    schema = f"{{properties: {{n: {{type: integer, format: {form}}}}}}}"
    if fits:
        assert prepare(schema, {"n": value}).values == {"n": value}
    else:
        assert prepare.refused(schema, {"n": value}) == [
            f"input 'n' is not valid: it is no {form}"
        ]


def test_other_formats_are_annotations(prepare):
    schema = "{properties: {e: {type: string, format: email}}}"

    assert prepare(schema, {"e": "nobody"}).values == {"e": "nobody"}


def test_a_long_value_is_told_in_short(prepare):
    (problem,) = prepare.refused(
        "{properties: {n: {type: integer}}}", {"n": "x" * 5000}
    )

    assert len(problem) < 400
    assert problem.endswith('is not of type "integer"')


# --- values of Python -------------------------------------------------------------------


@pytest.mark.parametrize(
    "value,kept",
    [
        ((1, 2), [1, 2]),
        ({"a": (None,)}, {"a": [None]}),
        ({1: 2}, {"1": 2}),
        (range(2), [0, 1]),
        (File("/x", "x", "0", 1), File("/x", "x", "0", 1)),
    ],
)
def test_values_become_json(prepare, value, kept):
    assert prepare("{properties: {a: {}}}", {"a": value}).values == {"a": kept}


def deep(levels):
    value = []
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    "value,why",
    [
        (b"x", "a bytes is no JSON value"),
        (object(), "a object is no JSON value"),
        ({1, 2}, "a set is no JSON value"),
        ([{"x": 1j}], "a complex is no JSON value"),
        (math.nan, "nan is no JSON value"),
        ([math.inf], "inf is no JSON value"),
        (deep(600), "it is nested more than 512 levels deep"),
    ],
)
def test_what_is_no_json_is_refused(prepare, value, why):
    assert prepare.refused("{properties: {a: {}}, required: [a]}", {"a": value}) == [
        f"input 'a': {why}"
    ]


def test_values_may_be_500_levels_deep(prepare):
    prepared = prepare("{properties: {a: {}}}", {"a": deep(500)})

    assert str(prepared.values["a"]).count("[") == 501


def test_a_list_that_holds_itself_is_refused(prepare):
    endless = []
    endless.append(endless)

    assert prepare.refused("{properties: {a: {}}}", {"a": endless})


# --- files ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name,media_type",
    [
        ("a.jsonl", "application/jsonl"),
        ("a.NDJSON", "application/jsonl"),
        ("a.png", "image/png"),
        ("a.unheard-of", ""),
    ],
)
def test_a_path_is_a_file(prepare, tmp_path, name, media_type):
    path = tmp_path / name
    path.write_bytes(b"{}\n")

    prepared = prepare("{properties: {f: {type: string}}}", {"f": path})

    file = prepared.values["f"]
    assert isinstance(file, File)
    assert (file.path, file.name, file.bytes) == (str(path), name, 3)
    assert file.media_type == media_type


def test_a_path_may_be_relative(prepare, tmp_path, monkeypatch):
    (tmp_path / "a.txt").write_text("hi")
    monkeypatch.chdir(tmp_path)

    prepared = prepare("{properties: {f: {}}}", {"f": Path("a.txt")})

    assert prepared.values["f"].path == str(tmp_path / "a.txt")


def test_files_may_stand_in_arrays_and_objects(prepare, tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("hi")
    schema = "{properties: {l: {items: {type: string, minLength: 1}}}}"

    prepared = prepare(schema, {"l": [path, "x"]})

    assert prepared.values["l"][0].name == "a.txt"
    assert prepare.refused(schema.replace("string", "integer"), {"l": [path]}) == [
        "input 'l[0]' is not valid: a file is text, and it is to be integer"
    ]


def test_a_literal_that_looks_like_a_file_is_text(prepare):
    """Only the caller opens files, never a text (security D5)."""
    schema = "{properties: {f: {default: '@/etc/passwd'}, g: {}}}"

    prepared = prepare(schema, {"g": "@/etc/passwd"})

    assert prepared.values == {"f": "@/etc/passwd", "g": "@/etc/passwd"}


def test_files_that_cannot_be_read_are_all_told(prepare, tmp_path):
    problems = prepare.refused(
        "{required: [a, b, c], properties: {a: {}, b: {}, c: {}}}",
        {"a": tmp_path / "none.txt", "b": tmp_path},
    )

    assert problems == [
        f"input 'a': cannot read {tmp_path / 'none.txt'}: no such file or directory",
        f"input 'b': {tmp_path} is a folder",
        "input 'c' is missing",
    ]


@pytest.mark.parametrize("kind", ["object", "integer", "[array, 'null']"])
def test_a_file_is_text(prepare, tmp_path, kind):
    path = tmp_path / "a.txt"
    path.write_text("{}")

    (problem,) = prepare.refused(
        f"{{properties: {{f: {{type: {kind}}}}}}}", {"f": path}
    )

    assert problem.startswith("input 'f' is not valid: a file is text, and it is to be")


def test_a_file_fits_where_a_text_does(prepare, tmp_path):
    """Its length and pattern are not looked at: it may be large."""
    path = tmp_path / "a.txt"
    path.write_text("hi")
    schema = """\
{anyOf: [{required: [f]}, {required: [g]}],
   properties: {f: {type: string, minLength: 100, pattern: '^x'}}}"""

    assert isinstance(prepare(schema, {"f": path}).values["f"], File)


# --- records ----------------------------------------------------------------------------

RECORDS = """\
{properties: {r: {type: array, minItems: 2, maxItems: 3,
   items: {type: object, required: [id], properties: {id: {type: integer}}}}}}"""


def records(tmp_path, *lines):
    path = tmp_path / "r.jsonl"
    path.write_text("".join(f"{each}\n" for each in lines))
    return path


def test_a_jsonl_file_is_the_records_of_an_array(prepare, tmp_path):
    path = records(tmp_path, '{"id": 1}', "", '{"id": 2}')

    prepared = prepare(RECORDS, {"r": path})

    assert isinstance(prepared.values["r"], Records)
    assert prepared.values["r"].file.path == str(path)


def test_other_files_are_no_records(prepare, tmp_path):
    path = tmp_path / "r.json"
    path.write_text("[]")

    assert prepare.refused(RECORDS, {"r": path}) == [
        "input 'r' is not valid: a file is text, and it is to be array"
    ]


@pytest.mark.parametrize("in_memory", [False, True])
def test_records_are_checked_line_by_line(prepare, tmp_path, in_memory):
    """With the number of the line in the file, empty ones counted."""
    lines = ['{"id": 1}', "", '{"id": "two"}', "{oops", '{"name": 4}']
    path = records(tmp_path, *lines)
    given = Records(text="\n".join(lines)) if in_memory else path

    problems = prepare.refused(RECORDS, {"r": given})

    assert problems[0] == "input 'r', line 3: 'id': \"two\" is not of type \"integer\""
    assert problems[1].startswith(
        "input 'r', line 4: it is no JSON: Expecting property"
    )
    assert problems[2] == "input 'r', line 5: \"id\" is a required property"
    assert problems[3] == "input 'r' has 4 records; at most 3 are allowed"


def test_ten_bad_lines_are_enough(prepare, tmp_path):
    path = records(tmp_path, *["{}"] * 1000)

    assert len(prepare.refused(RECORDS, {"r": path})) == 10


def test_too_few_records(prepare, tmp_path):
    assert prepare.refused(RECORDS, {"r": records(tmp_path)}) == [
        "input 'r' has 0 records; at least 2 are needed"
    ]


def test_records_follow_references(prepare, tmp_path):
    more = "components: {inputs: {row: {required: [id]}}}\n"
    schema = (
        "{properties: {r: {type: array, items: {$ref: '#/components/inputs/row'}}}}"
    )
    path = records(tmp_path, '{"id": 1}', "{}")

    assert prepare.refused(schema, {"r": path}, more=more) == [
        "input 'r', line 2: \"id\" is a required property"
    ]


def test_records_of_no_schema_must_be_json(prepare, tmp_path):
    """They become the members of a JSON array."""
    path = records(tmp_path, "{}", "nope")

    assert prepare.refused("{properties: {r: {type: array}}}", {"r": path}) == [
        "input 'r', line 2: it is no JSON: Expecting value: line 1 column 1 (char 0)"
    ]


def test_records_where_none_are_wanted(prepare):
    schema = "{properties: {r: {type: string}}}"

    assert prepare.refused(schema, {"r": Records(text="{}")}) == [
        "input 'r' is not valid: these are records, and it is to be string"
    ]


# --- undeclared inputs ------------------------------------------------------------------


def test_an_undeclared_input_is_passed_on_with_a_warning(prepare):
    prepared = prepare("{properties: {model: {}}}", {"modle": 1})

    (warning,) = prepared.warnings
    assert prepared.values == {"modle": 1}
    assert (warning.code, warning.severity) == ("AZ605", "warning")
    assert warning.message == "the workflow declares no input 'modle'"
    assert warning.hint == "did you mean 'model'?"


def test_strict_refuses_undeclared_inputs(prepare):
    """All of them, beside whatever else is wrong."""
    problems = prepare.refused(
        "{required: [a], properties: {a: {}}}", {"b": 1, "c": 2}, strict=True
    )

    assert problems == [
        "input 'a' is missing",
        "the workflow declares no input 'b'",
        "the workflow declares no input 'c'",
    ]


@pytest.mark.parametrize(
    "schema",
    [
        "{patternProperties: {'^x': {}}}",
        "{allOf: [{properties: {xa: {}}}]}",
        "{$ref: '#/components/inputs/x', properties: {b: {}}}",
        "{properties: {b: {}}, $ref: '#/components/inputs/x'}",
    ],
)
def test_declared_elsewhere_is_declared(prepare, schema):
    more = "components: {inputs: {x: {properties: {xa: {}}}}}\n"

    assert prepare(schema, {"xa": 1}, more=more, strict=True).warnings == ()


# --- secrets ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "schema",
    [
        "{pattern: '^sk-'}",
        "{minLength: 100}",
        "{maxLength: 1}",
        "{type: integer}",
        "{enum: [x, y]}",
        "{const: x}",
        "{not: {type: string}}",
        "{anyOf: [{type: integer}, {minLength: 100}]}",
    ],
)
@pytest.mark.parametrize("secret", ["s3cret-value", "q\"'\\\n", "§§"])
def test_messages_never_show_a_secret(prepare, schema, secret):
    """Not even a short one, which masking leaves alone."""
    wanted = f"{{properties: {{apiKey: {schema}}}}}"

    with pytest.raises(InputError) as caught:
        prepare(wanted, {"apiKey": secret})

    shown = " ".join(strings(caught.value))
    assert secret not in shown
    assert json.dumps(secret)[1:-1] not in shown
    assert "input 'apiKey' is not valid: it does not fit '" in shown


@pytest.mark.parametrize(
    "schema",
    [
        "{anyOf: [{required: [x]}, {required: [y]}], properties: {apiKey: {}}}",
        "{maxProperties: 0, properties: {apiKey: {}}}",
        "{not: {required: [apiKey]}, properties: {apiKey: {}}}",
        "{properties: {apiKey: {}, other: {const: 1}}}",
        "{properties: {apiKey: {properties: {a: {maxLength: 1}}}}}",
    ],
)
def test_nor_do_messages_about_other_things(prepare, schema):
    given = {"apiKey": {"a": "§§"}, "other": "see §§§§"}

    with pytest.raises(InputError) as caught:
        prepare(schema, given | {"token": "§§§§"}, secrets=["token"])

    assert "§§" not in " ".join(strings(caught.value)).replace("§§§§", "x")
    assert "§§§§" not in " ".join(strings(caught.value))


def test_secrets_become_references(prepare):
    prepared = prepare(
        "{properties: {apiKey: {}, pin: {format: password}, a: {}}}",
        {"apiKey": "sk-1", "pin": 1234, "a": "x"},
    )

    assert prepared.values == {
        "apiKey": Secret("inputs.apiKey"),
        "pin": Secret("inputs.pin"),
        "a": "x",
    }
    assert prepared.secrets == {"inputs.apiKey": "sk-1", "inputs.pin": 1234}
    assert sorted(prepared.hidden) == ["1234", "sk-1"]


@pytest.mark.parametrize("value", [None, True, [], {}])
def test_what_is_no_text_is_no_reference(prepare, value):
    prepared = prepare("{properties: {apiKey: {}}}", {"apiKey": value})

    assert prepared.values == {"apiKey": value}
    assert prepared.secrets == {}


def test_a_secret_object_is_hidden_by_its_texts(prepare):
    value = {"user": "me", "password": ["p1", 5]}

    prepared = prepare("{properties: {credentials: {}}}", {"credentials": value})

    assert prepared.hidden == ("me", "p1", "5")


def test_prepared_inputs_do_not_tell(prepare):
    prepared = prepare("{properties: {apiKey: {}}}", {"apiKey": "sk-very-secret"})

    assert "sk-very-secret" not in repr(prepared)


def test_a_secret_may_come_from_a_file(prepare, tmp_path):
    """Without the line end that ends it."""
    path = tmp_path / "key"
    path.write_text("sk-1\n")

    prepared = prepare("{properties: {apiKey: {maxLength: 4}}}", {"apiKey": path})

    assert prepared.secrets == {"inputs.apiKey": "sk-1"}


def test_a_long_secret_file_is_a_file(prepare, tmp_path):
    path = tmp_path / "key"
    path.write_bytes(b"x" * 70_000)

    assert isinstance(
        prepare("{properties: {apiKey: {}}}", {"apiKey": path}).values["apiKey"], File
    )


# --- mock runs --------------------------------------------------------------------------


def test_a_mock_run_makes_up_the_secrets_it_lacks(prepare):
    schema = """\
{required: [apiKey, model], properties: {apiKey: {type: string, pattern: '^sk-'},
   model: {}, otherToken: {}}}"""

    prepared = prepare(schema, {"model": "m"}, mock=True)

    (note,) = prepared.warnings
    assert prepared.secrets == {"inputs.apiKey": "mock-apiKey"}
    assert "otherToken" not in prepared.values
    assert (note.code, note.severity) == ("AZ606", "info")
    assert "'apiKey'" in note.message


def test_a_mock_run_takes_the_secrets_it_is_given(prepare):
    schema = "{required: [apiKey], properties: {apiKey: {type: string}}}"

    prepared = prepare(schema, {"apiKey": "sk-1"}, mock=True)

    assert prepared.secrets == {"inputs.apiKey": "sk-1"}
    assert prepared.warnings == ()


def test_a_mock_run_needs_all_else(prepare):
    assert prepare.refused(
        "{required: [model], properties: {model: {}}}", mock=True
    ) == ["input 'model' is missing"]


# --- schemas ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "schema",
    [
        "{type: strin}",
        "{properties: {a: {pattern: '('}}}",
        "{properties: {a: {minLength: -1}}}",
        "{required: a}",
        "{$ref: '#/components/inputs/none'}",
        "{properties: {a: {$ref: 'http://127.0.0.1:9/never-asked'}}}",
        "{properties: {a: {$ref: 'other.yaml'}}}",
    ],
)
def test_a_broken_schema_is_told_at_its_place(prepare, schema):
    with pytest.raises(DocumentError) as caught:
        prepare(schema, {"a": "x"})

    (problem,) = caught.value.problems
    assert problem.code == "AZ204"
    assert problem.message.startswith("the schema of the inputs cannot be used: ")
    assert problem.location.line == 7
    assert caught.value.exit_status == 3


def test_the_schema_of_records_is_checked_too(prepare, tmp_path):
    path = records(tmp_path, "{}")

    with pytest.raises(DocumentError):
        prepare("{properties: {r: {type: array, items: {type: strin}}}}", {"r": path})


def test_no_pattern_can_hang(prepare):
    """(security D7)"""
    schema = "{properties: {a: {pattern: '^(a+)+$'}}}"

    assert prepare.refused(schema, {"a": "a" * 5000 + "!"})


SAMPLE = [
    ({"type": "integer"}, [1, 1.0, 1.5, "1", True, None, 2**70]),
    ({"type": ["string", "null"]}, ["", None, 1]),
    ({"minLength": 2, "maxLength": 3}, ["é", "éé", "☕☕☕", "aaaa", 1]),
    ({"pattern": "^a"}, ["a", "ba", 1]),
    ({"enum": [1, "a", None, [1]]}, [1, 1.0, "a", [1], [2], True]),
    ({"const": {"a": [1]}}, [{"a": [1]}, {"a": [1.0]}, {}]),
    ({"minimum": 1, "exclusiveMaximum": 5}, [0, 1, 5, 4.9, 10**30, "x"]),
    ({"multipleOf": 0.5}, [1.5, 1.2, 4, 10**30]),
    ({"required": ["a"], "properties": {"a": {"type": "string"}}}, [{}, {"a": 1}, {"a": ""}]),
    ({"additionalProperties": False, "properties": {"a": {}}}, [{}, {"a": 1}, {"b": 1}]),
    ({"unevaluatedProperties": False, "allOf": [{"properties": {"a": {}}}]}, [{"a": 1}, {"b": 1}]),
    ({"prefixItems": [{"type": "string"}], "items": False}, [["a"], ["a", 1], [1], []]),
    ({"uniqueItems": True}, [[1, 1.0], [1, 2], [{"a": 1}, {"a": 1}], [1, True]]),
    ({"contains": {"const": 1}, "maxContains": 1}, [[1], [1, 1], []]),
    ({"oneOf": [{"minimum": 1}, {"maximum": 3}]}, [0, 2, 4]),
    ({"not": {"required": ["a"]}}, [{}, {"a": 1}, 5]),
    ({"if": {"required": ["a"]}, "then": {"required": ["b"]}}, [{}, {"a": 1}, {"a": 1, "b": 1}]),
    ({"dependentSchemas": {"a": {"minProperties": 2}}}, [{"a": 1}, {"a": 1, "b": 1}]),
    ({"$defs": {"n": {"type": "number"}}, "items": {"$ref": "#/$defs/n"}}, [[1], ["1"]]),
    ({"$anchor": "me", "properties": {"next": {"$ref": "#me"}}, "required": ["v"]},
     [{"v": 1}, {"v": 1, "next": {"v": 2}}, {"v": 1, "next": {}}]),
    ({"format": "email"}, ["nobody"]),
    ({}, [1, None, {}]),
]  # fmt: skip


@pytest.fixture
def without_wheel(monkeypatch):
    """As on a platform for which jsonschema-rs has no wheel."""
    monkeypatch.setitem(sys.modules, "jsonschema_rs", None)


def accepts(check, value):
    return not list(check(value))


@pytest.mark.parametrize("schema,values", SAMPLE, ids=lambda each: str(each)[:40])
def test_both_validators_agree(schema, values, request):
    """jsonschema takes the place of jsonschema-rs where there is no wheel."""
    fast = [accepts(compiled(schema), each) for each in values]
    request.getfixturevalue("without_wheel")

    assert [accepts(compiled(schema), each) for each in values] == fast


@pytest.mark.usefixtures("without_wheel")
@pytest.mark.parametrize(
    "schema,given",
    [
        ("{required: [a], properties: {a: {}}}", {}),
        ("{properties: {apiKey: {minLength: 10}}}", {"apiKey": "§§"}),
        ("{properties: {o: {properties: {n: {type: integer}}}}}", {"o": {"n": "x"}}),
    ],
)
def test_the_other_validator_is_as_good(prepare, schema, given):
    problems = prepare.refused(schema, given)

    assert len(problems) == 1
    assert "§§" not in problems[0]


@pytest.mark.usefixtures("without_wheel")
@pytest.mark.parametrize(
    "schema",
    [
        "{type: strin}",
        "{$ref: '#/components/inputs/none'}",
        "{properties: {a: {$ref: 'http://127.0.0.1:9/never-asked'}}}",
    ],
)
def test_the_other_validator_refuses_broken_schemas(prepare, schema):
    with pytest.raises(DocumentError):
        prepare(schema, {"a": 1})


# --- in a run ---------------------------------------------------------------------------


def test_nothing_is_sent_for_invalid_inputs(tmp_path):
    path = describe(
        tmp_path,
        """\
        inputs: {required: [a], properties: {a: {type: string}}}
        steps: [{stepId: s, operationId: createJob}]
        """,
    )
    transport, events = Scripted([]), []

    with (
        Runner(path, transport=transport, on_event=events.append) as runner,
        pytest.raises(InputError, match="input 'a' is missing"),
    ):
        runner.run()

    assert transport.requests == events == []


def test_warnings_about_inputs_are_events(tmp_path):
    path = describe(tmp_path, "steps: [{stepId: s, operationId: createJob}]")

    with Runner(path, transport=Scripted([ok()])) as runner:
        result = runner.run(inputs={"x": 1})

    assert [each.name for each in result.warnings] == ["undeclared-input"]
