"""A payload as a request body, by media type (checklist A-59 to A-61)."""

import json
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arazzo_runner.messages import NO_BODIES, File, Records, Secret, Template
from arazzo_runner.openapi.bodies import choose_content_type, content_length, encode
from arazzo_runner.openapi.document import Document, MemoryParts
from arazzo_runner.openapi.operations import find_by_id
from arazzo_runner.openapi.values import RequestError

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
FILE = File("/tmp/a.bin", "a.bin", "ab" * 32, 12, "application/x-thing")  # noqa: S108


class Bodies:
    """A body port with one text for every file."""

    def __init__(self, text):
        self.content = text

    def text(self, file):
        return self.content

    def lines(self, file):
        return iter(self.content.split("\n"))

    def data(self, file):
        return json.loads(self.content)


def operation(content):
    post = {"operationId": "a", "requestBody": {"content": content}}
    document = {"openapi": "3.1.0", "paths": {"/a": {"post": post}}}
    return find_by_id(Document(MemoryParts.of(document), "", "x"), "a")


def body(payload, content_type=JSON, content=None, bodies=NO_BODIES):
    described = operation({content_type: content}) if content else None
    segments = encode(payload, content_type, described, bodies)[1]
    assert all(isinstance(each, bytes) for each in segments)
    return b"".join(segments).decode()


# --- JSON -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "payload, text",
    [
        ({"a": [1, 2.5, None, True]}, '{"a":[1,2.5,null,true]}'),
        ({}, "{}"),
        ([], "[]"),
        (None, "null"),
        (0, "0"),
        ({"é": "☕"}, '{"é":"☕"}'),
        ({"half": "\ud800"}, '{"half":"\\ud800"}'),
        ({"big": 10**25}, '{"big":10000000000000000000000000}'),
    ],
)
def test_json_is_compact_and_exact(payload, text):
    assert body(payload) == text


@pytest.mark.parametrize(
    "content_type",
    [JSON, "application/json; charset=utf-8", "application/scim+json", "text/json"],
)
def test_the_media_type_is_kept_as_the_author_wrote_it(content_type):
    assert encode([1], content_type, None, NO_BODIES) == (content_type, (b"[1]",))


@pytest.mark.parametrize(
    "text, sent",
    [
        ('{"a": 1}', '{"a": 1}'),
        ("12", "12"),
        ("plain words", '"plain words"'),
        ("", '""'),
        ('"quoted"', '"quoted"'),
        ("NaN", '"NaN"'),
    ],
)
def test_text_under_a_json_type_is_json_or_becomes_a_string(text, sent):
    """Checklist A-60."""
    assert body(text) == sent


@pytest.mark.parametrize("text", ['{"a": }', "[1,", "{$inputs.x}"])
def test_text_that_looks_like_json_and_is_not_is_an_error(text):
    with pytest.raises(RequestError, match="no JSON document"):
        body(text)


@pytest.mark.parametrize(
    "payload",
    [float("nan"), [float("inf")], pytest.param(10**5000, id="5000 digits")],
)
def test_numbers_that_json_cannot_hold_are_refused(payload):
    with pytest.raises(RequestError, match="JSON"):
        body({"a": payload})


def test_a_body_nested_too_deeply_is_refused():
    deep = []
    for _ in range(100_000):
        deep = [deep]

    with pytest.raises(RequestError, match="nested too deeply"):
        body(deep)


@pytest.mark.parametrize(
    "content_type", [JSON, FORM, "multipart/form-data", "text/plain"]
)
@pytest.mark.parametrize("secret", [Secret("k"), Template(("Bearer ", Secret("k")))])
def test_a_secret_that_is_not_revealed_is_never_written(content_type, secret):
    payload = secret if content_type == "text/plain" else {"a": secret}

    with pytest.raises(ValueError, match="cannot be sent"):
        encode(payload, content_type, None, NO_BODIES)


def test_a_file_inside_json_is_its_text():
    assert (
        body({"a": [FILE]}, bodies=Bodies('say "hi"\n')) == '{"a":["say \\"hi\\"\\n"]}'
    )


def test_a_file_as_a_json_body_is_streamed():
    assert encode(FILE, JSON, None, NO_BODIES)[1] == (FILE,)


def test_records_in_a_file_are_streamed_as_an_array():
    records = Records(file=FILE)

    segments = encode({"a": 1, "requests": records, "b": []}, JSON, None, NO_BODIES)[1]

    assert segments == (b'{"a":1,"requests":[', records, b'],"b":[]}')
    assert content_length(segments) is None


def test_records_alone_are_an_array():
    records = Records(file=FILE)

    assert encode(records, JSON, None, NO_BODIES)[1] == (b"[", records, b"]")


def test_records_in_memory_are_written_out():
    """Their text is kept; a line that is not JSON is a string, as it is read."""
    records = Records(text='{"n": 1.10}\n\n not json \n10000000000000000000000\n')

    assert body({"a": [records], "b": {}}) == (
        '{"a":[[{"n": 1.10}," not json ",10000000000000000000000]],"b":{}}'
    )


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda each: st.lists(each) | st.dictionaries(st.text(), each),
    max_leaves=12,
)


@given(VALUES.filter(lambda value: not isinstance(value, str)))
def test_any_json_body_reads_as_what_it_was(payload):
    assert json.loads(body(payload)) == payload


@given(VALUES, VALUES)
def test_any_body_with_records_reads_as_what_it_was(before, after):
    records = Records(text='1\n{"a":2}\n')

    text = body([before, {"r": records}, after])

    assert json.loads(text) == [before, {"r": [1, {"a": 2}]}, after]


# --- JSON Lines, text, bytes ------------------------------------------------------------


@pytest.mark.parametrize(
    "payload, text",
    [
        ([{"a": 1}, "x", None], '{"a":1}\n"x"\nnull\n'),
        ({"a": 1}, '{"a":1}\n'),
        (Records(text='{"a": 1}\n'), '{"a": 1}\n'),
        ("as it is", "as it is"),
        ([Records(text="1\n2")], "[1,2]\n"),
    ],
)
def test_json_lines(payload, text):
    assert body(payload, "application/x-ndjson") == text


@pytest.mark.parametrize(
    "content_type, payload, expected",
    [
        ("text/plain", "héllo", "héllo".encode()),
        ("text/csv; charset=iso-8859-1", "é", b"\xe9"),
        ("text/plain", 12, b"12"),
        ("application/octet-stream", "é", "é".encode()),
        ("image/png", {"filename": "a.png", "content": "x"}, b"x"),
        ("application/octet-stream", Records(text="1\n"), b"1\n"),
        ("application/xml", "<a/>", b"<a/>"),
    ],
)
def test_text_and_bytes_are_sent_as_they_are(content_type, payload, expected):
    assert encode(payload, content_type, None, NO_BODIES)[1] == (expected,)


@pytest.mark.parametrize("payload", [FILE, Records(file=FILE)])
@pytest.mark.parametrize("content_type", ["application/pdf", "application/jsonl"])
def test_a_file_is_streamed(payload, content_type):
    segments = encode(payload, content_type, None, NO_BODIES)[1]

    assert segments == (FILE,)
    assert content_length(segments) == 12


def test_null_under_a_text_type_is_an_empty_body():
    assert encode(None, "text/plain", None, NO_BODIES)[1] == ()


@pytest.mark.parametrize(
    "content_type, payload, code",
    [
        ("application/zip", {"a": 1}, "invalid-request"),
        ("text/plain", [1], "invalid-request"),
        ("text/plain; charset=ascii", "é", "invalid-request"),
        ("text/plain; charset=none-such", "é", "invalid-request"),
        (FORM, [1], "invalid-request"),
        ("multipart/form-data", "text", "invalid-request"),
    ],
)
def test_what_a_type_has_no_place_for_is_an_error(content_type, payload, code):
    with pytest.raises(RequestError) as caught:
        encode(payload, content_type, None, NO_BODIES)

    assert caught.value.code == code


# --- forms ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "payload, pairs",
    [
        ({"a": "b c", "n": 1, "t": True}, [("a", "b c"), ("n", "1"), ("t", "true")]),
        ({"a": None, "b": ""}, [("b", "")]),
        ({"a": ["x", "y"]}, [("a", "x"), ("a", "y")]),
        ({"a": {"b": {"c": 1}}}, [("a[b][c]", "1")]),
        (
            {"items": [{"price": "p", "tags": ["s", "t"]}]},
            [
                ("items[0][price]", "p"),
                ("items[0][tags][]", "s"),
                ("items[0][tags][]", "t"),
            ],
        ),
        ({"items[0][price]": "p"}, [("items[0][price]", "p")]),
        ({"content": "x", "filename": "y"}, [("content", "x"), ("filename", "y")]),
        ({"r": Records(text="1\n2")}, [("r", "1"), ("r", "2")]),
        ({}, []),
        ({"a": [], "b": {}}, []),
    ],
)
def test_forms(payload, pairs):
    """Objects are bracketed, arrays repeated, null left out (checklist A-61)."""
    assert parse_qsl(body(payload, FORM), keep_blank_values=True) == pairs


def test_form_text_is_sent_as_it_is():
    assert body("a=1&b={x}", FORM) == "a=1&b={x}"


def test_a_file_in_a_form_is_its_text():
    assert body({"a": FILE}, FORM, bodies=Bodies("x y")) == "a=x+y"


@pytest.mark.parametrize(
    "encoding, value, text",
    [
        ({"style": "form", "explode": False}, ["a", "b c"], "p=a,b+c"),
        ({"style": "deepObject", "explode": True}, {"k": "v"}, "p%5Bk%5D=v"),
        ({"style": "deepObject", "explode": True}, ["a"], "p%5B%5D=a"),
        ({"explode": False}, {"k": "v"}, "p=k,v"),
        ({"contentType": JSON}, {"k": "v"}, "p=%7B%22k%22%3A%22v%22%7D"),
        ({"contentType": JSON}, "plain", "p=plain"),
        ({"contentType": "text/plain"}, "a", "p=a"),
    ],
)
def test_the_encoding_of_a_form_field(encoding, value, text):
    """https://spec.openapis.org/oas/v3.1.1.html#encoding-object"""
    assert body({"p": value}, FORM, {"encoding": {"p": encoding}}) == text


@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])),
                       st.text(st.characters(exclude_categories=["Cs"]))))  # fmt: skip
def test_any_flat_form_reads_as_what_it_was(payload):
    assert dict(parse_qsl(body(payload, FORM), keep_blank_values=True)) == payload


def test_half_a_surrogate_pair_is_no_form_field():
    with pytest.raises(RequestError, match="'a' is not text"):
        body({"a": "\ud800"}, FORM)


# --- the choice of a type ---------------------------------------------------------------


@pytest.mark.parametrize(
    "offered, payload, chosen",
    [
        (["text/csv"], {}, "text/csv"),
        (["text/csv", "application/json;odata=x"], {}, "application/json;odata=x"),
        (["text/csv", FORM], {}, FORM),
        (["image/*", "multipart/form-data"], {}, "multipart/form-data"),
        (["*/*"], {}, JSON),
        (["*/*"], "text", "text/plain"),
        (["*/*"], FILE, "application/x-thing"),
        (["application/*+json"], "text", JSON),
        (["image/*"], "text", "application/octet-stream"),
        ([], [1], JSON),
        ([], "text", "text/plain"),
        ([], Records(text="1"), "application/jsonl"),
        ([], File("/a", "a", "0", 1), "application/octet-stream"),
    ],
)
def test_a_missing_content_type_is_chosen(offered, payload, chosen):
    """Checklist A-59."""
    described = operation({name: {} for name in offered})

    assert choose_content_type(described, payload) == chosen
    if not offered:
        assert choose_content_type(None, payload) == chosen


@pytest.mark.parametrize(
    "content_type, payload, sent",
    [
        ("*/*", {"a": 1}, JSON),
        ("application/*+json", {"a": 1}, JSON),
        ("*/*", "a", "text/plain"),
        ("", {"a": 1}, JSON),
        ("image/*", FILE, "application/x-thing"),
        ("text/*", "a", "text/plain"),
    ],
)
def test_a_range_is_never_sent(content_type, payload, sent):
    assert encode(payload, content_type, None, NO_BODIES)[0] == sent


def test_content_length_counts_bytes_and_files():
    assert content_length((b"abc", FILE, b"")) == 15
    assert content_length(()) == 0
