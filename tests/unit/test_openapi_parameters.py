"""
How parameter values are written.

https://spec.openapis.org/oas/v3.1.1.html#style-examples
"""

import json
import re
from urllib.parse import parse_qsl, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arazzo_runner.messages import ABSENT, NO_BODIES, File, Records, Secret
from arazzo_runner.openapi.document import Document, MemoryParts
from arazzo_runner.openapi.parameters import read_parameter, serialise
from arazzo_runner.openapi.values import RequestError, plain

ARRAY = ["blue", "black", "brown"]
OBJECT = {"R": 100, "G": 200, "B": 150}


def parameter(location, **fields):
    document = Document(MemoryParts.of({"openapi": "3.1.0"}), "", "x")
    return read_parameter(document, {"name": "color", "in": location, **fields})


def written(location, value, **fields):
    return serialise(parameter(location, **fields), "color", location, value)


@pytest.mark.parametrize(
    "location, style, explode, empty, text, array, object_",
    [
        ("path", "matrix", False, ";color", ";color=blue",
         ";color=blue,black,brown", ";color=R,100,G,200,B,150"),
        ("path", "matrix", True, ";color", ";color=blue",
         ";color=blue;color=black;color=brown", ";R=100;G=200;B=150"),
        ("path", "label", False, ".", ".blue",
         ".blue,black,brown", ".R,100,G,200,B,150"),
        ("path", "label", True, ".", ".blue",
         ".blue.black.brown", ".R=100.G=200.B=150"),
        ("path", "simple", False, "", "blue",
         "blue,black,brown", "R,100,G,200,B,150"),
        ("path", "simple", True, "", "blue",
         "blue,black,brown", "R=100,G=200,B=150"),
        ("header", "simple", False, "", "blue",
         "blue,black,brown", "R,100,G,200,B,150"),
        ("header", "simple", True, "", "blue",
         "blue,black,brown", "R=100,G=200,B=150"),
        ("query", "form", False, "color=", "color=blue",
         "color=blue,black,brown", "color=R,100,G,200,B,150"),
        ("query", "form", True, "color=", "color=blue",
         "color=blue&color=black&color=brown", "R=100&G=200&B=150"),
        ("query", "spaceDelimited", False, "color=", "color=blue",
         "color=blue%20black%20brown", "color=R%20100%20G%20200%20B%20150"),
        ("query", "spaceDelimited", True, "color=", "color=blue",
         "color=blue&color=black&color=brown", "R=100&G=200&B=150"),
        ("query", "pipeDelimited", False, "color=", "color=blue",
         "color=blue%7Cblack%7Cbrown", "color=R%7C100%7CG%7C200%7CB%7C150"),
        ("query", "pipeDelimited", True, "color=", "color=blue",
         "color=blue&color=black&color=brown", "R=100&G=200&B=150"),
        ("query", "deepObject", True, "color=", "color=blue",
         "color%5B%5D=blue&color%5B%5D=black&color%5B%5D=brown",
         "color%5BR%5D=100&color%5BG%5D=200&color%5BB%5D=150"),
        ("cookie", "form", False, "color=", "color=blue",
         "color=blue,black,brown", "color=R,100,G,200,B,150"),
        ("cookie", "form", True, "color=", "color=blue",
         "color=blue; color=black; color=brown", "R=100; G=200; B=150"),
        ("cookie", "cookie", True, "color=", "color=blue",
         "color=blue; color=black; color=brown", "R=100; G=200; B=150"),
    ],
)  # fmt: skip
def test_the_table_of_styles(location, style, explode, empty, text, array, object_):
    """Style by explode by type, as the specification's table has it."""
    values = ["", "blue", ARRAY, OBJECT]

    actual = [written(location, each, style=style, explode=explode) for each in values]

    assert actual == [empty, text, array, object_]


@pytest.mark.parametrize(
    "location, style, explode",
    [
        ("path", "simple", False),
        ("header", "simple", False),
        ("query", "form", True),
        ("cookie", "form", True),
    ],
)
def test_the_defaults(location, style, explode):
    found = parameter(location)

    assert (found.style, found.explode) == (style, explode)
    assert not parameter("query", style="deepObject").explode
    assert found.required is (location == "path")


@pytest.mark.parametrize(
    "value, text",
    [
        (True, "true"),
        (False, "false"),
        (0, "0"),
        (-7, "-7"),
        (12345678901234567890123, "12345678901234567890123"),
        (1.5, "1.5"),
        (1.0, "1.0"),
        (1e22, "1e%2B22"),
        ("", ""),
        ("a b", "a%20b"),
        ("a/b?c#d&e=f+g%", "a%2Fb%3Fc%23d%26e%3Df%2Bg%25"),
        ("é☕", "%C3%A9%E2%98%95"),
        ("~-._", "~-._"),
    ],
)
def test_scalars_in_a_query(value, text):
    """Checklist A-58: JSON's spelling, percent-encoded by RFC 3986."""
    assert written("query", value) == f"color={text}"


def test_a_whole_float_is_an_integer_where_the_schema_says_so():
    assert written("query", 3.0, schema={"type": "integer"}) == "color=3"
    assert written("query", 3.0, schema={"type": ["integer", "null"]}) == "color=3"
    assert written("query", 3.5, schema={"type": "integer"}) == "color=3.5"


@pytest.mark.parametrize("location", ["path", "query", "header", "cookie"])
@pytest.mark.parametrize("value", [None, ABSENT, [], {}, [None], {"a": None}])
def test_nothing_is_dropped_wherever_it_is(location, value):
    """Checklist A-57: absent and null are omitted; so is an array without members."""
    assert written(location, value) is None
    assert serialise(None, "color", location, value) is None


def test_null_members_are_left_out():
    assert written("query", ["a", None, "b"]) == "color=a&color=b"
    assert written("query", {"a": None, "b": 1}) == "b=1"
    assert written("query", {"a": None, "b": 1}, style="deepObject") == "color%5Bb%5D=1"


def test_values_in_arrays_are_encoded_and_their_delimiters_are_not():
    assert written("path", ["a,b", "c/d"]) == "a%2Cb,c%2Fd"
    assert written("query", ["a,b", "c"], explode=False) == "color=a%2Cb,c"


def test_headers_are_written_as_they_are():
    assert written("header", "a b, é%") == "a b, é%"
    assert written("header", True) == "true"


@pytest.mark.parametrize(
    "value, text",
    [
        ({"a": {"b": "c"}}, "color[a][b]=c"),
        ({"a": ["x", "y"]}, "color[a][]=x&color[a][]=y"),
        ({"a": [{"b": 1}, {"b": 2}]}, "color[a][0][b]=1&color[a][1][b]=2"),
        ([["x"]], "color[0][]=x"),
    ],
)
def test_deeper_levels_of_a_deep_object(value, text):
    """Undefined in OpenAPI; as PHP, Rails, qs and Stripe read it."""
    assert unquote(written("query", value, style="deepObject")) == text


@pytest.mark.parametrize(
    "location, expected",
    [
        ("path", "a%2Cb"),
        ("query", "color=a%2Cb"),
        ("cookie", "color=a%2Cb"),
        ("header", "a,b"),
    ],
)
def test_reserved_characters_are_encoded(location, expected):
    assert written(location, "a,b") == expected


@pytest.mark.parametrize(
    "location, value, expected",
    [
        ("query", "a:/?@!$'()*,;=", "color=a:/?@!$'()*,;="),
        ("query", "a&b+c#d[e]", "color=a%26b%2Bc%23d%5Be%5D"),
        ("query", "%2Fa%", "color=%2Fa%25"),
        ("path", "a:b@c/d?e#f", "a:b@c%2Fd%3Fe%23f"),
        ("path", "%2e%2e%2f", "%252e%252e%252f"),
    ],
)
def test_allow_reserved_lets_through_what_cannot_end_the_value(
    location, value, expected
):
    assert written(location, value, allowReserved=True) == expected


@pytest.mark.parametrize(
    "location, value, expected",
    [
        ("query", {"a": [1, "é"]}, "color=%7B%22a%22%3A%5B1%2C%22%C3%A9%22%5D%7D"),
        ("header", {"a": 1}, '{"a":1}'),
        ("path", ["a"], "%5B%22a%22%5D"),
        ("query", "text", "color=%22text%22"),
    ],
)
def test_parameters_with_json_content(location, value, expected):
    assert written(location, value, content={"application/json": {}}) == expected


def test_content_of_another_type_is_its_text():
    assert written("query", "a b", content={"text/plain": {}}) == "color=a%20b"


@pytest.mark.parametrize(
    "location, value, expected",
    [
        ("query", ["a", "b c"], "n=a&n=b%20c"),
        ("query", {"a": 1, "b": True}, "a=1&b=true"),
        ("query", "$x[1]", "n=%24x%5B1%5D"),
        ("header", ["a", "b"], "a,b"),
        ("cookie", "abc/==;", "n=abc/==%3B"),
        ("path", "a/b", "a%2Fb"),
    ],
)
def test_undeclared_parameters_are_sent_in_the_plainest_way(location, value, expected):
    """Checklist A-58: arrays are repeated, objects become fields."""
    assert serialise(None, "n", location, value) == expected


@pytest.mark.parametrize(
    "content, value, expected",
    [
        (
            "application/x-www-form-urlencoded",
            {"a": "b c", "d": [1, 2]},
            "a=b+c&d=1&d=2",
        ),
        ("application/x-www-form-urlencoded", {"a": {"b": 1}}, "a%5Bb%5D=1"),
        ("application/x-www-form-urlencoded", "a=1&b=%20 x", "a=1&b=%20%20x"),
        ("application/x-www-form-urlencoded", {"a": [{"b": 1}]}, "a%5B0%5D%5Bb%5D=1"),
        ("application/x-www-form-urlencoded", 5, "5"),
        ("application/json", {"a": 1}, "%7B%22a%22%3A1%7D"),
        ("application/json", '{"a":"%41"}', "%7B%22a%22:%22%41%22%7D"),
        ("application/json", [1, None], "%5B1%2Cnull%5D"),
        ("text/plain", "a b", "a%20b"),
    ],
)
def test_querystring_is_the_whole_query(content, value, expected):
    """``in: querystring`` of OpenAPI 3.2."""
    assert written("querystring", value, content={content: {}}) == expected


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), "\ud800", [float("nan")]]
)
def test_what_is_no_text_cannot_be_sent(value):
    with pytest.raises(RequestError):
        written("query", value)


@pytest.mark.parametrize("value", [Secret("a"), [Secret("a")], Records(text="{}")])
def test_what_is_not_plain_is_refused(value):
    """A driver reveals secrets before a request is built."""
    with pytest.raises(ValueError, match="cannot be sent"):
        written("query", value)


def test_files_and_records_become_plain():
    class Bodies:
        def text(self, file):
            return "content"

    file = File("/x", "x", "0", 7)

    assert plain({"a": [file, 1]}, Bodies()) == {"a": ["content", 1]}
    assert plain(Records(text='{"a":1}\n2\n'), NO_BODIES) == [{"a": 1}, 2]
    with pytest.raises(RequestError, match="too large"):
        plain(File("/x", "x", "0", 1 << 30), Bodies())


TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@given(TEXT)
def test_any_text_stays_in_its_query_field(text):
    assert parse_qsl(written("query", text), keep_blank_values=True) == [
        ("color", text)
    ]


@given(TEXT)
def test_any_text_stays_in_its_path_segment(text):
    result = written("path", text)

    assert not set(result) & set("/?#")
    assert unquote(result) == text


@given(st.dictionaries(TEXT, TEXT, min_size=1))
def test_any_object_survives_a_form(value):
    assert dict(parse_qsl(written("query", value), keep_blank_values=True)) == value


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
        lambda each: st.lists(each) | st.dictionaries(TEXT, each),
        max_leaves=10,
    ).filter(lambda value: value is not None)
)  # fmt: skip
def test_any_value_survives_json_content(value):
    result = written("query", value, content={"application/json": {}})

    assert json.loads(unquote(result.removeprefix("color="))) == value


@given(TEXT)
def test_any_query_string_is_a_query_and_written_once(text):
    """N-PARAM-01: legal characters and escapes stay; encoding it again changes nothing."""
    query = written("querystring", text) or ""

    assert re.fullmatch(r"(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*", query)
    assert (written("querystring", query) or "") == query
    assert unquote(query) == unquote(text)
