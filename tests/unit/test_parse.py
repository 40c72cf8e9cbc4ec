"""
Text to plain values with positions: YAML 1.2 and JSON.

https://spec.openapis.org/arazzo/v1.1.0.html#format
https://yaml.org/spec/1.2.2/#103-core-schema
"""

import json
import math

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from arazzo_runner.errors import DocumentError
from arazzo_runner.loader.parse import MAX_BYTES, parse

BOTH = pytest.mark.parametrize("libyaml", [True, False], ids=["libyaml", "pure-python"])


def read(text, **options):
    return parse(text, "doc.yaml", **options).value


def refused(text, **options):
    """The problems of a document that is refused."""
    with pytest.raises(DocumentError) as caught:
        parse(text, "doc.yaml", **options)
    assert all(problem.location.line > 0 for problem in caught.value.problems)
    return caught.value.problems


def place(location):
    return location.line, location.column, location.length


# --- values -----------------------------------------------------------------------------


@BOTH
@pytest.mark.parametrize(
    "text, value",
    [
        ("~", None), ("null", None), ("Null", None), ("NULL", None), ("nUll", "nUll"),
        ("true", True), ("True", True), ("FALSE", False), ("tRue", "tRue"),
        ("no", "no"), ("yes", "yes"), ("on", "on"), ("off", "off"), ("y", "y"),
        ("2023-06-01", "2023-06-01"), ("2023-06-01T12:00:00Z", "2023-06-01T12:00:00Z"),
        ("1:30", "1:30"), ("12:30:45", "12:30:45"), ("1_000", "1_000"), ("=", "="),
        ("12", 12), ("012", 12), ("+12", 12), ("-12", -12), ("0o10", 8), ("0x1f", 31),
        ("0b11", "0b11"), ("-0x1f", "-0x1f"), ("0o8", "0o8"),
        ("1e3", 1000.0), ("1.", 1.0), (".5", 0.5), ("-.5e-1", -0.05), ("1.10", 1.1),
        ("1.0.1", "1.0.1"), ("1e", "1e"), (".", "."), ("-", None), ("+.", "+."),
        ("-9223372036854776000", -9223372036854776000),
        ("123456789012345678901234567890", 123456789012345678901234567890),
        ("'12'", "12"), ('"null"', "null"), ("! 12", "12"),
        ("!!str 12", "12"), ("!!int '12'", 12), ("!!float 12", 12.0),
        ("!!bool 'true'", True), ("!!null ''", None), ("!!map {a: 1}", {"a": 1}),
        ("!!seq [1]", [1]), ("|\n  a\n  b\n", "a\nb\n"), (">-\n  a\n  b\n", "a b"),
    ],
)  # fmt: skip
def test_scalars_follow_the_core_schema_of_yaml_1_2(text, value, libyaml):
    """Tags are limited to JSON's types: no dates, no ``yes``, no sexagesimal numbers."""
    document = f"value: {text}" if text != "-" else "value:"

    actual = read(document, libyaml=libyaml)["value"]

    assert actual == value
    assert type(actual) is type(value)


@BOTH
@pytest.mark.parametrize(
    "key, name",
    [
        ("200", "200"), ("on", "on"), ("null", "null"), ("~", "~"), ("1.10", "1.10"),
        ("true", "true"), ("'a b'", "a b"), ("!!int 5", "5"), ("? x\n", "x"),
        ("&anchor y", "y"), ('"<<"', "<<"),
    ],
)  # fmt: skip
def test_keys_are_text_as_written(key, name, libyaml):
    """YAML map keys are scalar strings: ``200:`` is the key "200"."""
    assert read(f"{key}: 1", libyaml=libyaml) == {name: 1}


def test_the_keys_of_flow_style_are_text_too():
    assert read("{200: a, on: b, c}") == {"200": "a", "on": "b", "c": None}


@BOTH
def test_aliases_stand_for_the_same_object(libyaml):
    value = read("a: &x {b: 1}\nc: *x\nd: &y 7\ne: *y\n*y : f", libyaml=libyaml)

    assert value == {"a": {"b": 1}, "c": {"b": 1}, "d": 7, "e": 7, "7": "f"}
    assert value["a"] is value["c"]


@BOTH
def test_explicit_keys_win_over_merged_ones(libyaml):
    """``<<`` is YAML 1.1, and accepted with one warning."""
    text = """\
base: &base {a: 1, b: 2}
more: &more {b: 3, c: 4}
one:
  b: 5
  <<: *base
two:
  <<: [*base, *more]
"""

    parsed = parse(text, "doc.yaml", libyaml=libyaml)

    assert parsed.value["one"] == {"b": 5, "a": 1}
    assert parsed.value["two"] == {"a": 1, "b": 2, "c": 4}
    assert place(parsed.locate(("two", "c"))) == (2, 23, 1)
    assert place(parsed.locate(("one", "b"))) == (4, 6, 1)
    (warning,) = parsed.warnings
    assert warning.severity == "warning"
    assert place(warning.location) == (5, 3, 2)


@pytest.mark.parametrize("text", ["<<: 1", "<<: [a]", "a: &x [1]\nb:\n  <<: *x"])
def test_only_objects_can_be_merged(text):
    (problem,) = refused(text)

    assert problem.code == "AZ102"
    assert "'<<'" in problem.message


# --- JSON -------------------------------------------------------------------------------


def test_json_reads_what_libyaml_refuses():
    """Escaped surrogate pairs, keys of more than 1,024 characters, tabs."""
    key = "k" * 2000

    value = read(f'{{\n\t"\\ud83d\\ude00": "\\u0041\\n\\/", "{key}": [ ]\t}}')

    assert value == {"😀": "A\n/", key: []}


def test_json_that_is_no_json_may_be_yaml():
    assert read("{a: 1, b: [x, y,],}") == {"a": 1, "b": ["x", "y"]}


@pytest.mark.parametrize(
    "text, message, at",
    [
        ('{"a": "b}', "never closed", (1, 7)),
        ('{"a": 1,\n "b": "y" "x"}', "',' or '}'", (2, 11)),
        ('{"a" 1}', "':' is expected", (1, 6)),
        ('[1, 2', "document ends", (1, 6)),
        ('{"a": 1}\n{"b": 2}', "text after the end", (2, 1)),
        ('["\\ud83d"]', "lone surrogate", (1, 2)),
        ('{"a": [1, 2}', "',' or ']'", (1, 12)),
    ],
)  # fmt: skip
def test_what_got_further_is_reported(text, message, at):
    """Broken JSON is told in the words of JSON."""
    (problem,) = refused(text)

    assert message in problem.message
    assert place(problem.location)[:2] == at


# --- refusals ---------------------------------------------------------------------------


@BOTH
@pytest.mark.parametrize(
    "text, code, at, words",
    [
        ("", "AZ102", (1, 1), "empty"),
        ("# only a comment\n", "AZ102", (1, 1), "empty"),
        ("---\n", "AZ102", (1, 1), "empty"),
        ("a: 1\n---\nb: 2", "AZ102", (2, 1), "more than one document"),
        ("? [a]\n: 1", "AZ102", (1, 3), "a key must be text"),
        ("url: {{base}}/x", "AZ102", (1, 7), "a key must be text"),
        ("a: &x [1]\n*x : 2", "AZ102", (2, 1), "a key must be text"),
        ("a: !!timestamp 2001-01-01", "AZ102", (1, 4), "!!timestamp"),
        ("a: !!set {b}", "AZ102", (1, 4), "!!set"),
        ("a: !ref b", "AZ102", (1, 4), "!ref"),
        ("!!binary a: 1", "AZ102", (1, 1), "!!binary"),
        ("a: !!int b", "AZ102", (1, 4), "does not fit"),
        ("a: *b", "AZ102", (1, 4), "no anchor"),
        ("a: &a\n  b: *a", "AZ102", (2, 6), "part of"),
        ("a: .inf", "AZ102", (1, 4), "not a JSON value"),
        ("a: -.INF", "AZ102", (1, 4), "not a JSON value"),
        ("a: .NaN", "AZ102", (1, 4), "not a JSON value"),
        ("a: 1e999", "AZ102", (1, 4), "too large"),
        ("a: " + "1" * 5000, "AZ102", (1, 4), "5000 digits"),
        ("a: 0x" + "f" * 4000, "AZ102", (1, 4), "4000 digits"),
        ("[" * 10_000, "AZ104", (1, 201), "deeper than 200"),
        ("a: " + "[" * 10_000, "AZ104", None, "deeper than 200"),
        ('a: "\\ud83d"', "AZ102", None, "no character"),
    ],
)  # fmt: skip
def test_what_json_cannot_hold_is_refused(text, code, at, words, libyaml):
    (problem,) = refused(text, libyaml=libyaml)

    assert problem.code == code
    assert words in problem.message
    assert at is None or place(problem.location)[:2] == at


@pytest.mark.parametrize(
    "text", ["a: 1\nb:\n  c: 2\na: 3", '{"a": 1,\n"b":2,\n\n"a": 3}']
)
def test_equal_keys_are_refused_with_both_places(text):
    (problem,) = refused(text)

    assert problem.code == "AZ103"
    assert problem.location.line == 4
    ((first, what),) = problem.related
    assert (first.line, what) == (1, "first given here")


def test_all_equal_keys_are_reported():
    problems = refused("a: 1\na: 2\nb: {c: 1, c: 2}\na: 3")

    assert [problem.location.line for problem in problems] == [2, 3, 4]


def test_problems_are_bounded():
    """A hostile file does not make a million messages."""
    assert len(refused("a: 1\n" * 100_000)) == 200


@pytest.mark.parametrize(
    "text, at, words, hint",
    [
        ("a:\n\t- b", (2, 1), "a tab", "spaces"),
        ("a: b\nc:\n  d: 1\n\te: 2", (4, 1), "a tab", "spaces"),
        ("a: @x", (1, 4), "cannot begin with '@'", "quotes"),
        ("a: %x", (1, 4), "cannot begin with '%'", "quotes"),
        ("a: `x", (1, 4), "cannot begin with '`'", "quotes"),
        ("a: *", (1, 4), "cannot begin with '*'", "quotes"),
        ("a: & x", (1, 4), "cannot begin with '&'", "quotes"),
        ("a: !x!y z", (1, 4), "cannot begin with '!'", "quotes"),
        ("a: b: c", (1, 5), "':' is not expected", "quotes"),
        ("key:value\nb: c", (2, 2), "':' is not expected", "space after 'key:' in line 1"),
        ("url: http://x\nb:c\nd: 1", (3, 1), "':' is missing", "'b:' in line 2"),
        ("a: 'x\nb: c\n", (1, 4), "never closed", None),
        ('a: "\\q"', (1, 5), "unknown escape", "backslash"),
        ("a: [1\nb: 2\n", None, "',' or ']'", None),
        ("a: {b: 1\n", None, "',' or '}'", None),
        ("- a\nb: c", (2, 1), "does not belong to the list", "indentation"),
        ("a:\n  b: 1\n c: 2", (3, 2), "does not fit", "indentation"),
        ("a: - b", (1, 4), "'-' is not expected", "line"),
        ("a: |x\n  b", (1, 5), "line break", "quotes"),
        ("a: ]", (1, 4), "value is missing", "quotes"),
        ("a: \x07", (1, 4), "U+0007", "text file"),
        ("%YAML 3.0\n---\na: 1", (1, 1), "YAML version", None),
    ],
)  # fmt: skip
def test_syntax_errors_are_told_in_plain_words(text, at, words, hint):
    (problem,) = refused(text)

    assert problem.code == "AZ102"
    assert words in problem.message
    assert at is None or place(problem.location)[:2] == at
    assert hint is None or hint in problem.hint


def test_a_bracket_that_is_never_closed_is_shown():
    (problem,) = refused("a: 1\nb: [1,\nc: 2\nd: 3\n")

    assert [(at.line, at.column) for at, _ in problem.related] == [(2, 4)]


# --- limits (an attack is refused before it costs anything) ------------------------------


def bomb(levels, width):
    lines = ["a0: &a0 [x]"]
    for level in range(1, levels):
        aliases = ", ".join([f"*a{level - 1}"] * width)
        lines.append(f"a{level}: &a{level} [{aliases}]")
    return "\n".join(lines)


def test_an_alias_bomb_is_refused():
    """289 bytes that stand for 48 million values."""
    (problem,) = refused(bomb(9, 9))

    assert problem.code == "AZ104"
    assert "aliases make more than 5,000,000 values" in problem.message


def test_a_bomb_of_merge_keys_is_refused():
    keys = ", ".join(f"k{number}: 1" for number in range(2000))
    text = f"base: &base {{{keys}}}\n" + "".join(
        f"m{number}: {{<<: *base}}\n" for number in range(3000)
    )

    (problem,) = refused(text)

    assert problem.code == "AZ104"


def test_aliases_do_not_hide_depth():
    """Each level is harmless, all of them would overflow a stack."""
    text = "\n".join(
        f"a{level}: &a{level} {'[' * 50}{f'*a{level - 1}' if level else 'x'}{']' * 50}"
        for level in range(5)
    )

    (problem,) = refused(text)

    assert problem.code == "AZ104"
    assert "deeper than 200" in problem.message
    assert problem.location.line == 4


def test_the_number_of_aliases_is_bounded():
    (problem,) = refused("a: &a x\nb: [" + "*a, " * 10_001 + "]")

    assert (problem.code, problem.location.line) == ("AZ104", 2)


def test_honest_aliases_are_fine():
    value = read("a: &a {b: 1}\nc: [" + "*a, " * 5_000 + "]")

    assert len(value["c"]) == 5_000


def test_a_document_without_aliases_has_no_limit_of_values():
    assert len(read("- x\n" * 200_000)) == 200_000


def test_a_document_that_is_too_large_is_refused():
    (problem,) = refused(b"#" * (MAX_BYTES + 1))

    assert problem.code == "AZ104"


def test_two_hundred_levels_are_read():
    assert read("[" * 200 + "]" * 200)
    assert read("a: " + "[" * 199 + "]" * 199)


# --- encodings --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"]
)
def test_utf_8_and_utf_16_are_read(encoding):
    parsed = parse("a: ü😀\nb: 1".encode(encoding), "doc.yaml")

    assert parsed.value == {"a": "ü😀", "b": 1}
    assert place(parsed.locate(("a",))) == (1, 4, 2)
    assert place(parsed.locate(("b",), key=True)) == (2, 1, 1)


@pytest.mark.parametrize(
    "data, at",
    [
        ("a: ä\nb: é".encode("latin-1"), (1, 4)),
        ("a: ä\nb: ".encode() + b"\xff", (2, 4)),
        (b"\xff\xfea\x00\x00", (1, 2)),
        (b"\x89PNG\r\n\x1a\n\x00\x00", (1, 1)),
        ("a: \ud800", (1, 4)),
    ],
)
def test_what_is_no_text_is_refused_where_it_begins(data, at):
    (problem,) = refused(data)

    assert problem.code == "AZ102"
    assert place(problem.location)[:2] == at


def test_a_byte_order_mark_is_not_part_of_the_text():
    parsed = parse("\ufeffa: 1", "doc.yaml")

    assert place(parsed.locate(("a",), key=True)) == (1, 1, 1)


# --- positions --------------------------------------------------------------------------

TEXT = """\
info:
  title: "Pets"  # a comment
  notes: |
    first
    second
steps:
  - stepId: one
    with: {a: 1, "bb": [x, yy]}
  -
    stepId: >-
      two
empty:
"""


@BOTH
@pytest.mark.parametrize("positions", [True, False], ids=["kept", "on-demand"])
@pytest.mark.parametrize(
    "path, key, expected",
    [
        ((), False, (1, 1, 4)),
        (("info",), True, (1, 1, 4)),
        (("info",), False, (2, 3, 5)),
        (("info", "title"), False, (2, 10, 6)),
        (("info", "title"), True, (2, 3, 5)),
        (("info", "notes"), False, (3, 10, 1)),
        (("steps",), False, (7, 3, 1)),
        (("steps", 0), False, (7, 5, 6)),
        (("steps", 0), True, (7, 5, 6)),
        (("steps", 0, "stepId"), False, (7, 13, 3)),
        (("steps", 0, "with"), False, (8, 11, 1)),
        (("steps", 0, "with", "bb"), True, (8, 18, 4)),
        (("steps", 0, "with", "bb", 1), False, (8, 28, 2)),
        (("steps", 1, "stepId"), False, (10, 13, 2)),
        (("info", "missing"), False, (1, 1, 4)),
        (("info", "title", "deep", 3), False, (2, 3, 5)),
        (("steps", 7), False, (6, 1, 5)),
        (("steps", "x"), False, (6, 1, 5)),
        (("nothing",), False, (1, 1, 4)),
    ],
)  # fmt: skip
def test_every_value_and_key_has_a_place(path, key, expected, positions, libyaml):
    """Of what does not exist, its nearest parent's."""
    parsed = parse(TEXT, "doc.yaml", positions=positions, libyaml=libyaml)

    actual = parsed.locate(path, key=key)

    assert actual.uri == "doc.yaml"
    assert place(actual) == expected


def test_an_empty_value_is_beside_its_key():
    actual = parse(TEXT, "doc.yaml").locate(("empty",))

    assert (actual.line, actual.length) == (12, 1)


def test_json_has_places_too():
    parsed = parse('{\n  "a": {"b": [1, "two", null]}\n}', "doc.json")

    assert place(parsed.locate(("a",), key=True)) == (2, 3, 3)
    assert place(parsed.locate(("a",))) == (2, 8, 1)
    assert place(parsed.locate(("a", "b", 1))) == (2, 18, 5)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_all_line_ends_count_once(end):
    parsed = parse(end.join(["a: 1", "b: x y", "c: 3"]), "doc.yaml")

    assert place(parsed.locate(("b",))) == (2, 4, 3)
    assert place(parsed.locate(("c",))) == (3, 4, 1)


def test_a_number_can_be_shown_as_written():
    parsed = parse("a: 1.10\nb: '2'\n", "doc.yaml")

    assert parsed.written(("a",)) == "1.10"
    assert parsed.written(("b",)) == "'2'"


# --- properties -------------------------------------------------------------------------

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def same(left, right):
    """Equal, with the types equal too: 1 is not 1.0, and not true."""
    return left == right and json.dumps(left) == json.dumps(right)


@settings(deadline=None)
@given(VALUES, st.booleans(), st.sampled_from([None, 1]))
def test_json_comes_back(value, ascii_only, indent):
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent)

    assert same(read(text), value)


@settings(deadline=None)
@given(VALUES, st.booleans())
def test_quoted_yaml_comes_back(value, libyaml):
    text = yaml.safe_dump(value, default_style='"', sort_keys=False)

    assert same(read(text, libyaml=libyaml), value)


def places(parsed, path, value):
    yield path, parsed.locate(path)
    members = value.items() if isinstance(value, dict) else ()
    for key, each in members or enumerate(value if isinstance(value, list) else ()):
        yield from places(parsed, (*path, key), each)


@settings(deadline=None)
@given(VALUES, st.sampled_from([None, 1]))
def test_every_place_holds_its_value(value, indent):
    """What stands at the place of a JSON scalar is that scalar."""
    text = json.dumps(value, indent=indent)
    lines = text.split("\n")
    parsed = parse(text, "doc.json")

    for path, at in places(parsed, (), value):
        inner = value
        for part in path:
            inner = inner[part]
        shown = lines[at.line - 1][at.column - 1 : at.column - 1 + at.length]
        if not isinstance(inner, dict | list):
            assert shown == json.dumps(inner)
        else:
            assert shown == json.dumps(inner)[0]


YAML_LIKE = st.text(st.sampled_from("ab1:-[]{}\"'&*!|>%@`#,?<~. \n\t\\u0"), max_size=60)


@settings(deadline=None)
@given(YAML_LIKE | st.text(st.characters()) | st.binary(), st.booleans())
@example("&a [*a]", True)
@example("{\x00", True)
@example('"\\ud800"', False)
@example("!<!> a", True)
def test_any_text_is_a_value_or_a_document_error(data, libyaml):
    try:
        parsed = parse(data, "doc.yaml", libyaml=libyaml)
    except DocumentError as error:
        for problem in error.problems:
            assert problem.location.line > 0
            assert problem.location.column > 0
            assert problem.location.length > 0
    else:
        json.dumps(parsed.value, allow_nan=False).encode()
        for _, at in places(parsed, (), parsed.value):
            assert at.line > 0


@settings(deadline=None)
@given(YAML_LIKE)
def test_both_event_sources_agree(text):
    """What libyaml and PyYAML's own parser both accept means the same."""
    try:
        fast = read(text, libyaml=True)
        slow = read(text, libyaml=False)
    except DocumentError:
        return

    assert same(fast, slow)


def test_floats_are_finite():
    assert math.isfinite(read("a: 1e308")["a"])
