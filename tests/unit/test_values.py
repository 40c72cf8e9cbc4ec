"""The plain values: as JSON and back, records line by line, header fields."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arazzo_runner.messages import (
    ABSENT,
    NO_BODIES,
    Absent,
    File,
    Records,
    Response,
    Secret,
    Template,
    from_json,
    record_lines,
    record_values,
    to_json,
)

KEYS = st.sampled_from(["$arazzo", "members", "ref", "in", "parts", "a"]) | st.text(
    max_size=4
)
FILES = st.builds(
    File,
    path=st.text(max_size=8),
    name=st.text(max_size=8),
    sha256=st.text("0123456789abcdef", min_size=64, max_size=64),
    bytes=st.integers(0, 2**40),
    media_type=st.sampled_from(["", "application/json; charset=utf-8"]),
)
SECRETS = st.builds(Secret, st.text(max_size=8))
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=8)
    | st.sampled_from(["secret", "file", "object", "absent", "records"])
    | st.just(ABSENT)
    | SECRETS
    | FILES
    | st.builds(Template, st.lists(st.text(max_size=4) | SECRETS).map(tuple))
    | st.builds(Records, text=st.text(max_size=20))
    | st.builds(Records, file=FILES)
)
VALUES = st.recursive(
    SCALARS,
    lambda each: st.lists(each, max_size=4) | st.dictionaries(KEYS, each, max_size=4),
    max_leaves=12,
)


@given(VALUES)
def test_values_survive_json(value):
    """Every value comes back from JSON text as it was, wherever it stood."""
    written = json.dumps(to_json(value))

    assert from_json(json.loads(written)) == value


@given(VALUES)
def test_json_of_values_is_plain(value):
    """What is written is JSON through and through, and writing it again adds nothing new."""
    plain = to_json(value)

    assert json.loads(json.dumps(plain)) == plain
    assert from_json(from_json(to_json(plain))) == value


@pytest.mark.parametrize(
    "mine",
    [
        {"$arazzo": "secret", "ref": "apiKey"},
        {"$arazzo": None},
        {"$arazzo": {"$arazzo": "absent"}},
        {"$arazzo": "object", "members": {}},
        {"a": {"$arazzo": "file"}},
    ],
)
def test_an_object_of_the_user_is_never_taken_for_ours(mine):
    """Data with the member ``$arazzo`` stays data: nobody can forge a secret or a file."""
    assert from_json(to_json(mine)) == mine


@pytest.mark.parametrize("data", [{"$arazzo": "other"}, {"$arazzo": None}])
def test_unknown_tags_are_refused(data):
    """A state that we did not write is not guessed at."""
    with pytest.raises(ValueError, match="tagged"):
        from_json(data)


def test_truth_values_and_numbers_stay_apart():
    """``true`` does not become 1, nor 1.0 become 1."""
    kept = from_json(json.loads(json.dumps(to_json([True, 1, 1.0, "1"]))))

    assert [type(each) for each in kept] == [bool, int, float, str]


def test_deep_values_survive():
    """The deepest JSON that is read (512 levels) turns into JSON and back."""
    value = "deep"
    for _ in range(256):
        value = {"a": [value]}

    assert from_json(to_json(value)) == value


def test_absent_is_one_and_false():
    """There is one ABSENT; it is not null."""
    assert Absent() is ABSENT
    assert not ABSENT
    assert ABSENT is not None
    assert from_json(to_json(ABSENT)) is ABSENT


# --- records ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content, expected",
    [
        ("", []),
        ("\n\n \n", []),
        ("1", [1]),
        ('{"a": 1}\n{"a": 2}\n', [{"a": 1}, {"a": 2}]),
        ('{"a": 1}\r\n{"a": 2}\r\n', [{"a": 1}, {"a": 2}]),
        ('1\n\n  \n"two"\n', [1, "two"]),
        ("null\ntrue\n[]\n", [None, True, []]),
        ('  {"a": 1}  \n', [{"a": 1}]),
        ("1\nnot json\n3\n", [1, "not json", 3]),
        ("1\n{\n3", [1, "{", 3]),
    ],
)
def test_records_are_lines(content, expected):
    """JSONL: a value a line, blank lines mean nothing, a bad line does not lose the rest."""
    assert list(record_values(Records(content), NO_BODIES)) == expected


@pytest.mark.parametrize("char", ["\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1c"])
def test_only_line_ends_end_a_record(char):
    """JSON may hold U+2028 and its like inside a string; only ``\\n`` ends a line."""
    line = '{"a": "x' + char + 'y"}'

    assert list(record_lines(Records(line + "\n1"), NO_BODIES)) == [line, "1"]


@given(st.lists(st.text(max_size=10) | st.integers() | st.none(), max_size=6))
def test_records_read_what_json_writers_write(values):
    """What is written one value a line is read back."""
    content = "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in values)

    assert list(record_values(Records(content), NO_BODIES)) == values


# --- header fields ----------------------------------------------------------------------

RESPONSE = Response(
    200,
    (
        ("content-type", "text/plain"),
        ("vary", "accept"),
        ("set-cookie", "a=1, b"),
        ("vary", "origin"),
        ("set-cookie", "c=2"),
        ("x-empty", ""),
    ),
)


@pytest.mark.parametrize(
    "name, value",
    [
        ("content-type", "text/plain"),
        ("Content-Type", "text/plain"),
        ("VARY", "accept, origin"),
        ("Set-Cookie", "a=1, b"),
        ("x-empty", ""),
        ("x-missing", None),
    ],
)
def test_header_fields(name, value):
    """Names ignore case, several fields are joined, the first cookie stands for all."""
    assert RESPONSE.header(name) == value
