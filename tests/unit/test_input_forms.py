"""The forms of ``-i``, ``--secret`` and ``ARAZZO_INPUT_…``, typed by the inputs' schema."""

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arazzo_runner.cli.inputs import Declared, Given, collect, from_environment
from arazzo_runner.cli.inputs import read as read_input
from arazzo_runner.errors import InputError

SCHEMAS = {
    "name": {"type": "string"},
    "key": {"type": "string", "format": "password"},
    "count": {"type": "integer"},
    "ratio": {"type": "number"},
    "flag": {"type": "boolean"},
    "rows": {"type": "array"},
    "body": {"type": "object"},
    "any": {},
    "several": {"type": ["integer", "object"]},
    "maybe": {"type": ["string", "null"]},
    "nullable": {"type": "string", "nullable": True},
}
DECLARED = Declared("w", SCHEMAS, secret={"key"})


def read(text, **more):
    return read_input(text, DECLARED, **more)


def refusal(text, **more):
    with pytest.raises(InputError) as caught:
        read(text, **more)
    return caught.value


# --- NAME=VALUE -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text, expected",
    [
        ("name=5", {"name": "5"}),
        ("name=", {"name": ""}),
        ("name=a=b", {"name": "a=b"}),
        ("name={}", {"name": "{}"}),
        ("name= spaces ", {"name": " spaces "}),
        ("name=@@at", {"name": "@at"}),
        ("count=5", {"count": 5}),
        ("count=5.0", {"count": 5.0}),
        ("count=123456789012345678901", {"count": 123456789012345678901}),
        ("ratio=1e3", {"ratio": 1000.0}),
        ("flag=true", {"flag": True}),
        ('rows=[{"a":1}]', {"rows": [{"a": 1}]}),
        ('body={"a":null}', {"body": {"a": None}}),
        ("any=5", {"any": 5}),
        ("any=text", {"any": "text"}),
        ('any="5"', {"any": "5"}),
        ("several=7", {"several": 7}),
        ("maybe=null", {"maybe": None}),
        ("maybe=5", {"maybe": "5"}),
        ("maybe=text", {"maybe": "text"}),
        ("nullable=null", {"nullable": None}),
    ],
)
def test_the_schema_decides_the_type(text, expected):
    """A string takes the text as it is, others are JSON; without a type JSON if it parses."""
    found = read(text)

    assert found == expected
    assert [type(each) for each in found.values()] == [
        type(each) for each in expected.values()
    ]


@given(st.text())
def test_a_string_takes_any_text(text):
    """Whatever it looks like, but for a leading ``@``, which ``@@`` stands for."""
    given = "@" + text if text.startswith("@") else text

    assert read(f"name={given}") == {"name": text}


@given(st.recursive(st.integers() | st.text() | st.booleans(), st.lists, max_leaves=5))
def test_an_array_takes_any_json(value):
    assert read(f"rows={json.dumps([value])}") == {"rows": [value]}


@pytest.mark.parametrize(
    "text, message, hint",
    [
        ("count=abc", "input 'count' must be an integer; 'abc' is not", None),
        ("count=", "input 'count' must be an integer; '' is not", None),
        ("count=1.5", "input 'count' must be an integer; '1.5' is not", None),
        ("count=true", "input 'count' must be an integer; 'true' is not", None),
        ("ratio=NaN", "input 'ratio' must be a number; 'NaN' is not", None),
        ("flag=yes", "must be true or false; 'yes' is not", "write true or false"),
        (
            "rows=[1,",
            "input 'rows' must be a JSON array; '[1,' is not",
            "not JSON at column 4: Expecting value; -i rows=@FILE reads a file",
        ),
        ("body=[]", "must be a JSON object; '[]' is not", "-i body=@FILE reads a file"),
        ("several=x", "must be an integer or a JSON object; 'x' is not", None),
    ],
)
def test_a_value_of_another_type_is_refused(text, message, hint):
    """The error names the input, its type and what was given."""
    error = refusal(text)

    assert message in error.message
    assert hint is None or error.hint == hint
    assert error.exit_status == 4


def test_a_secret_of_the_wrong_type_is_not_shown():
    """Nothing of it is in the message."""
    declared = Declared("w", {"pin": {"type": "integer"}}, secret={"pin"})

    with pytest.raises(InputError) as caught:
        read_input("pin=hunter2", declared)

    assert "hunter2" not in f"{caught.value} {caught.value.hint}"


@pytest.mark.parametrize(
    "text, message, hint",
    [
        ("nane=x", "there is no input 'nane'", "did you mean 'name'?"),
        ("zzz=x", "there is no input 'zzz'", "inputs: 'any', 'body', 'count'"),
    ],
)
def test_an_undeclared_name_is_refused(text, message, hint):
    """With the nearest name, or the names there are."""
    error = refusal(text)

    assert error.message == message
    assert error.hint.startswith(hint)


def test_a_workflow_without_inputs_takes_none():
    with pytest.raises(InputError, match="w declares no inputs"):
        read_input("a=1", Declared("w", {}))


def test_a_schema_that_allows_more_takes_more():
    """``additionalProperties: true``"""
    assert read_input("a=1", Declared("w", {}, open=True)) == {"a": 1}


# --- NAME=@path -------------------------------------------------------------------------


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    "name, file, content, expected",
    [
        ("rows", "r.json", "[1]", [1]),
        ("rows", "r.yaml", "- a: 1\n- b", [{"a": 1}, "b"]),
        ("rows", "r", "[1]", [1]),
        ("body", "b.yml", "a: no", {"a": "no"}),  # YAML 1.2
        ("count", "n.txt", "5\n", 5),
        ("any", "a.json", '{"a":1}', {"a": 1}),
        ("key", "key.txt", "s3cret\r\n", "s3cret"),
    ],
)
def test_a_file_is_read_by_the_type_of_the_input(here, name, file, content, expected):
    """JSON and YAML for objects and arrays; a secret is text without the line end."""
    (here / file).write_bytes(content.encode())

    assert read(f"{name}=@{file}") == {name: expected}


@pytest.mark.parametrize(
    "name, file",
    [
        ("name", "upload.jsonl"),
        ("name", "upload.bin"),
        ("rows", "rows.jsonl"),
        ("rows", "rows.ndjson"),
        ("any", "picture.png"),
        ("maybe", "x.txt"),
    ],
)
def test_the_runner_opens_uploads_and_records(here, name, file):
    """What may be large is handed over as a path."""
    (here / file).write_bytes(b"\xff{}\n")

    found = read(f"{name}=@{file}")[name]

    assert str(found) == file


@pytest.mark.parametrize(
    "text, message, hint",
    [
        ("name=@no.jsonl", "there is no file no.jsonl", "did you mean 'now.jsonl'?"),
        ("name=@no/x", "there is no file no/x", "there is no folder no"),
        ("name=@dir", "dir is a folder", None),
        ("rows=@bad.json", "input 'rows': ", None),
        ("rows=@set.json", "set.json holds an object", "-i set.json"),
        ("key=@binary", "binary is not text in UTF-8", None),
        ("rows=@lines", "input 'rows': ", "is named .jsonl or .ndjson"),
    ],
)
def test_a_file_that_does_not_fit_is_refused(here, text, message, hint):
    """Which file, and what is wrong with it."""
    (here / "now.jsonl").write_text("{}")
    (here / "dir").mkdir()
    (here / "bad.json").write_text("[1,")
    (here / "set.json").write_text('{"rows": [1]}')
    (here / "binary").write_bytes(b"\xff\xfe\xff")
    (here / "lines").write_text('{"a":1}\n{"a":2}\n')

    error = refusal(text)

    assert message in error.message
    assert hint is None or hint in error.hint


# --- whole sets -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "file, content",
    [
        ("in.json", '{"name": "x", "count": 1}'),
        ("in.yaml", "name: x\ncount: 1\n"),
        ("no-extension", "name: x\ncount: 1\n"),
        ("a=b.json", '{"name": "x", "count": 1}'),
    ],
)
def test_a_file_may_hold_all_inputs(here, file, content):
    """``-i FILE``; with ``=`` in its name it begins with ``./``."""
    (here / file).write_text(content)
    text = f"./{file}" if "=" in file else file

    assert read(text) == {"name": "x", "count": 1}
    assert read(str(here / file)) == {"name": "x", "count": 1}


def test_standard_input_may_hold_all_inputs():
    assert read("-", stdin=io.BytesIO(b"name: x\n")) == {"name": "x"}


def test_json_may_be_given_in_place():
    """Undeclared names in a whole set are the library's business: it warns."""
    assert read(' {"name": "@x", "more": [1]}') == {"name": "@x", "more": [1]}


@pytest.mark.parametrize(
    "text, message, hint",
    [
        (
            "prompts.json",
            "there is no file prompts.json",
            "did you mean 'prompt.json'?",
        ),
        ("name", "there is no file name", "to give the input: -i name=VALUE"),
        ("{name: 1}", "begins like JSON and is not JSON at column 2", "single quotes"),
        ("list.json", "list.json holds an array", "-i NAME=@FILE"),
        ("empty.yaml", "the document is empty", None),
        ("prompt=1.json", "there is no input 'prompt'", "write -i ./prompt=1.json"),
    ],
)
def test_what_is_no_set_of_inputs_is_refused(here, text, message, hint):
    (here / "prompt.json").write_text("{}")
    (here / "prompt=1.json").write_text("{}")
    (here / "list.json").write_text("[]")
    (here / "empty.yaml").write_text("")

    error = refusal(text)

    assert message in error.message
    assert hint is None or hint in error.hint


def test_a_broken_file_of_inputs_says_where(here):
    """At file, line and column, and with the exit code for inputs."""
    (here / "in.json").write_text('{"name": "x",\n "count": ]}')

    error = refusal("in.json")

    assert str(error.location) == "in.json:2:11"
    assert error.exit_status == 4


# --- the environment and secrets ----------------------------------------------------------


def test_the_environment_sets_inputs():
    """Upper case, every other character ``_``; a string is taken literally."""
    declared = Declared(
        "w", {"api-key": {"type": "string"}, "max2": {"type": "integer"}}
    )

    found = from_environment(
        declared,
        {"ARAZZO_INPUT_API_KEY": "@not a file", "ARAZZO_INPUT_MAX2": "3", "X": "1"},
    )

    assert found == {"api-key": "@not a file", "max2": 3}


def test_a_variable_for_two_inputs_is_refused():
    """Only if it is set."""
    declared = Declared("w", {"a-b": {}, "a_b": {}})

    assert from_environment(declared, {}) == {}
    with pytest.raises(InputError, match="ARAZZO_INPUT_A_B stands for several inputs"):
        from_environment(declared, {"ARAZZO_INPUT_A_B": "1"})


def test_a_wrong_value_names_its_variable():
    with pytest.raises(InputError, match="ARAZZO_INPUT_COUNT: input 'count' must be"):
        from_environment(DECLARED, {"ARAZZO_INPUT_COUNT": "x"})


def test_later_wins():
    """``arazzo.toml``, the environment, ``-i`` in their order, ``--secret``."""
    given = Given(
        configured={"name": "file", "count": 1, "ratio": 1.5, "key": "k"},
        environment={"ARAZZO_INPUT_NAME": "env", "ARAZZO_INPUT_COUNT": "2", "K": "s"},
        flags=['{"name": "inline", "any": 1}', "any=2"],
        secrets=[("key", "env", "K")],
    )

    assert collect(DECLARED, given) == {
        "name": "inline",
        "count": 2,
        "ratio": 1.5,
        "any": 2,
        "key": "s",
    }


def test_every_problem_is_reported():
    """Not only the first."""
    given = Given(flags=["count=x", "nome=1"], secrets=[("key", "env", "NOT_SET")])

    with pytest.raises(InputError) as caught:
        collect(DECLARED, given)

    assert len(caught.value.problems) == 3


@pytest.mark.parametrize(
    "secret, message, hint",
    [
        (
            ("key", "env", "NO"),
            "variable NO for the secret 'key' is not set",
            "export NO=",
        ),
        (
            ("key", "env", "NONE"),
            "variable NONE for the secret 'key' is empty",
            "export",
        ),
        (("kee", "env", "YES"), "there is no input 'kee'", "did you mean 'key'?"),
        (("key", "file", "gone"), "the secret 'key': there is no file gone", None),
    ],
)
def test_a_secret_that_is_not_there_is_refused(here, secret, message, hint):
    """Which variable, and how to set it."""
    given = Given(environment={"NONE": "", "YES": "1"}, secrets=[secret])

    with pytest.raises(InputError) as caught:
        collect(DECLARED, given)

    assert message in caught.value.message
    assert hint is None or hint in caught.value.hint


def test_a_secret_in_a_file_has_no_line_end(here):
    (here / "key").write_text("s3cret\n")

    given = Given(secrets=[("key", "file", "key")])

    assert collect(DECLARED, given) == {"key": "s3cret"}
