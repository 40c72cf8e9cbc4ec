"""Response bodies as values, by the media type that the response declares (A-30)."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arazzo_runner.messages import ABSENT, Records
from arazzo_runner.openapi.responses import InvalidJSON, decode, kind, parse_json

JSON = "application/json"


@pytest.mark.parametrize(
    "content_type, expected",
    [
        ("application/json", "json"),
        ("application/json; charset=utf-8", "json"),
        ("APPLICATION/HAL+JSON", "json"),
        ("text/json", "json"),
        ("application/jsonl", "records"),
        ("application/x-jsonl", "records"),
        ("application/x-ndjson", "records"),
        ("application/ndjson; v=1", "records"),
        ("application/jsonlines", "records"),
        ("text/html", "text"),
        ("text/csv", "text"),
        ("text/event-stream", "text"),
        ("application/xml", "text"),
        ("application/atom+xml", "text"),
        ("application/yaml", "text"),
        ("application/x-www-form-urlencoded", "text"),
        ("", "text"),
        ("application/octet-stream", "binary"),
        ("application/pdf", "binary"),
        ("image/png", "binary"),
        ("image/svg+xml", "text"),
    ],
)
def test_the_kind_of_a_media_type(content_type, expected):
    assert kind(content_type) == expected


@pytest.mark.parametrize(
    "content_type, data, value",
    [
        (JSON, b'{"a": [1, 2.5, null]}', {"a": [1, 2.5, None]}),
        (JSON, b"12", 12),
        (JSON, b"null", None),
        (JSON, b'\xef\xbb\xbf{"a":1}', {"a": 1}),
        (JSON, '{"a":"é"}'.encode("utf-16"), {"a": "é"}),
        ("application/json; charset=latin-1", b'"\xe9"', "é"),
        ("application/problem+json", b"{}", {}),
        (JSON, b"12345678901234567890123", 12345678901234567890123),
        (JSON, b'{"a":1,"a":2}', {"a": 2}),
        (
            "application/x-jsonl",
            b'{"a":1}\n{"a":2}\n',
            Records(text='{"a":1}\n{"a":2}\n'),
        ),
        ("text/plain", b"12", "12"),
        ("text/plain; charset=iso-8859-1", b"\xe9", "é"),
        ("text/html", "<p>é".encode(), "<p>é"),
        ("application/xml", b"<a/>", "<a/>"),
        ("", b'{"a":1}', {"a": 1}),
        ("", b"plain", "plain"),
    ],
)
def test_a_body_is_read_by_its_media_type(content_type, data, value):
    assert decode(content_type, data) == (value, None)


@pytest.mark.parametrize("content_type", [JSON, "text/plain", "application/jsonl", ""])
def test_an_empty_body_is_absent(content_type):
    assert decode(content_type, b"") == (ABSENT, None)


def test_white_space_is_no_json():
    assert decode(JSON, b" \r\n") == (ABSENT, None)


def test_strict_keeps_records_as_text():
    assert decode("application/jsonl", b"1\n2\n", strict=True) == ("1\n2\n", None)


@pytest.mark.parametrize(
    "text, why",
    [
        ("<html>busy</html>", "line 1 column 1"),
        ('{"a": 1,\n"b" 2}', "line 2 column 5"),
        ('{"a": NaN}', "NaN"),
        ("[Infinity]", "Infinity"),
        ("[-Infinity]", "Infinity"),
        ("[1e400]", "out of range"),
        pytest.param("1" * 5000, "too many digits", id="5000 digits"),
        pytest.param("[" * 513 + "]" * 513, "deep", id="513 arrays"),
        pytest.param("[" * 100_000, "deep", id="100000 brackets"),
        pytest.param('{"a":' * 600 + "1" + "}" * 600, "deep", id="600 objects"),
    ],
)
def test_what_says_json_and_is_not_is_text_with_a_problem(text, why):
    """D9 and A-30: never a crash, never a rounded value."""
    value, problem = decode(JSON, text.encode())

    assert value == text
    assert why in problem


def test_the_deepest_json_that_is_read():
    text = "[" * 512 + "]" * 512

    assert decode(JSON, text.encode())[1] is None


def test_brackets_in_strings_and_beside_each_other_are_no_depth():
    text = json.dumps({"a": "[" * 10_000, "b": [[] for _ in range(1000)]})

    assert decode(JSON, text.encode())[1] is None


@pytest.mark.parametrize(
    "content_type, data, value, why",
    [
        ("text/plain", b"a\xff", "a�", "not UTF-8"),
        ("text/plain; charset=nonsense", b"abc", "abc", "'nonsense'"),
        ("text/plain; charset=hex", b"6162", "6162", "'hex'"),
        ("text/plain; charset=punycode", b"abc", "abc", "'punycode'"),
        ("text/plain; charset=ascii", "é".encode(), "é", "'ascii'"),
        (JSON, b'"\xff"', '"�"', "utf-8"),
    ],
)
def test_text_in_another_encoding_is_read_as_well_as_it_goes(
    content_type, data, value, why
):
    actual, problem = decode(content_type, data)

    assert actual == value
    assert why in problem


def test_binary_bodies_are_not_decoded():
    with pytest.raises(ValueError, match="image/png"):
        decode("image/png", b"x")


@given(
    st.binary(),
    st.sampled_from(
        [JSON, "", "text/plain", "application/jsonl", "text/x; charset=utf-16"]
    ),
)
def test_any_bytes_give_a_value(data, content_type):
    value, problem = decode(content_type, data)

    assert value is not None or data.strip() == b"null"
    assert problem is None or isinstance(problem, str)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text()
        | st.floats(allow_nan=False, allow_infinity=False),
        lambda each: st.lists(each) | st.dictionaries(st.text(), each),
    )
)  # fmt: skip
def test_any_json_is_read_as_it_was_written(value):
    assert parse_json(json.dumps(value)) == value
    assert parse_json(json.dumps(value).encode("utf-16-le")) == value


@pytest.mark.parametrize("text", ["", " ", "{", "'a'", "01", "1.", "nan", "tru"])
def test_what_is_not_json_says_so(text):
    with pytest.raises(InvalidJSON):
        parse_json(text)
