"""XML, CSV, YAML, sequences and other multiparts, written and read."""

import csv
import io
import json
import string
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arazzo_runner.messages import NO_BODIES, File
from arazzo_runner.openapi.bodies import encode
from arazzo_runner.openapi.document import Document, MemoryParts
from arazzo_runner.openapi.operations import find_by_id
from arazzo_runner.openapi.responses import decode
from arazzo_runner.openapi.values import RequestError

PET = {
    "type": "object",
    "xml": {"name": "animal"},
    "properties": {
        "id": {"type": "integer", "xml": {"attribute": True}},
        "name": {"type": "string", "xml": {"namespace": "http://a.test/s", "prefix": "s"}},
        "tags": {"type": "array", "items": {"type": "string"}, "xml": {"wrapped": True}},
        "photos": {
            "type": "array",
            "items": {"type": "string", "xml": {"name": "photo"}},
            "xml": {"wrapped": True, "name": "album"},
        },
        "bare": {"type": "array", "items": {"type": "integer"}},
        "note": {"type": "string", "xml": {"nodeType": "text"}},
        "raw": {"type": "string", "xml": {"nodeType": "cdata"}},
        "owner": {"$ref": "#/components/schemas/Owner"},
    },
}  # fmt: skip
OWNER = {"type": "object", "properties": {"name": {"type": "string"}}}


def operation(content, version="3.1.0"):
    document = {
        "openapi": version,
        "paths": {
            "/a": {"post": {"operationId": "a", "requestBody": {"content": content}}}
        },
        "components": {"schemas": {"Pet": PET, "Owner": OWNER}},
    }
    return find_by_id(Document(MemoryParts.of(document), "a.yaml", "a"), "a")


def written(payload, media_type, schema=None, **media):
    found = operation({media_type: {"schema": schema or {}, **media}})
    name, segments = encode(payload, media_type, found, NO_BODIES)
    return name, b"".join(e for e in segments if isinstance(e, bytes)).decode()


# --- XML ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "payload, expected",
    [
        ({"id": 1}, '<animal id="1"/>'),
        (
            {"id": 1, "name": "Ré & <x>"},
            '<animal id="1"><s:name xmlns:s="http://a.test/s">Ré &amp; &lt;x&gt;'
            "</s:name></animal>",
        ),
        (
            {"tags": ["a", "b"]},
            "<animal><tags><tags>a</tags><tags>b</tags></tags></animal>",
        ),
        ({"photos": ["p"]}, "<animal><album><photo>p</photo></album></animal>"),
        ({"bare": [1, 2]}, "<animal><bare>1</bare><bare>2</bare></animal>"),
        ({"tags": []}, "<animal><tags></tags></animal>"),
        ({"bare": []}, "<animal/>"),
        (
            {"note": "n", "raw": "a]]>b"},
            "<animal>n<![CDATA[a]]]]><![CDATA[>b]]></animal>",
        ),
        (
            {"owner": {"name": "Ada"}},
            "<animal><owner><name>Ada</name></owner></animal>",
        ),
        ({"other": {"x": [True, None]}}, "<animal><other><x>true</x></other></animal>"),
        ({"owner": None}, "<animal/>"),
    ],
)
@pytest.mark.parametrize(
    "media_type", ["application/xml", "text/xml", "application/a+xml"]
)
def test_xml_by_the_hints_of_the_schema(payload, expected, media_type):
    """https://spec.openapis.org/oas/v3.1.1.html#xml-object"""
    pet = {"$ref": "#/components/schemas/Pet"}

    assert written(payload, media_type, pet) == (media_type, expected)


@pytest.mark.parametrize(
    "schema, root",
    [({"$ref": "#/components/schemas/Owner"}, "Owner"), ({}, "root"), (None, "root")],
)
def test_the_root_is_called_as_its_schema(schema, root):
    assert (
        written({"a": 1}, "application/xml", schema)[1] == f"<{root}><a>1</a></{root}>"
    )


@pytest.mark.parametrize(
    "payload, why",
    [
        ({"a b": 1}, "cannot be the name"),
        ({"1": 1}, "cannot be the name"),
        ({"a": "\x00"}, "cannot stand in XML"),
        ({"id": {"x": 1}}, "cannot be a text or attribute"),
    ],
)
def test_what_cannot_stand_in_xml(payload, why):
    with pytest.raises(RequestError, match=why):
        written(payload, "application/xml", {"$ref": "#/components/schemas/Pet"})


NAMES = st.text(string.ascii_letters, min_size=1, max_size=5)
LEAVES = st.text(st.characters(min_codepoint=33, max_codepoint=0xD7FF), min_size=1)


@given(
    st.recursive(
        LEAVES, lambda inner: st.dictionaries(NAMES, inner, min_size=1, max_size=3)
    )
)
def test_any_object_can_be_read_back(value):
    """By a parser of others: no text can change the structure."""
    text = written({"it": value}, "application/xml")[1]

    def read(element):
        children = {each.tag: read(each) for each in element}
        return children or element.text

    assert read(ElementTree.fromstring(text))["it"] == value  # noqa: S314


# --- CSV ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "media_type, payload, expected",
    [
        ("text/csv", [{"a": 1, "b": "x,y"}, {"a": None, "c": True}],
         'a,b,c\r\n1,"x,y",\r\n,,true\r\n'),
        ("text/csv", [["a", 'q"'], [1, 2.5]], 'a,"q"""\r\n1,2.5\r\n'),
        ("text/csv; charset=utf-8", {"a": {"x": 1}}, 'a\r\n"{""x"":1}"\r\n'),
        ("text/tab-separated-values", [{"a": 1, "b": 2}], "a\tb\r\n1\t2\r\n"),
        ("text/csv", "a,b", "a,b"),
        ("text/csv", [], ""),
    ],
)  # fmt: skip
def test_tables(media_type, payload, expected):
    """RFC 4180"""
    assert written(payload, media_type) == (media_type, expected)


@pytest.mark.parametrize("payload", [[1, 2], [{"a": 1}, [2]]])
def test_what_is_no_table(payload):
    with pytest.raises(RequestError, match="list of objects, or of lists"):
        written(payload, "text/csv")


@given(
    st.lists(
        st.lists(
            st.text(st.characters(codec="utf-8", exclude_characters="\0")), min_size=1
        ),
        min_size=1,
    )
)
def test_any_table_can_be_read_back(rows):
    text = written(rows, "text/csv")[1]

    assert list(csv.reader(io.StringIO(text, newline=""))) == rows


# --- other types -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "media_type, expected",
    [
        ("application/yaml", '{"a":[1,"x"]}'),
        ("application/json-seq", '\x1e{"a":[1,"x"]}\n'),
        ("application/merge-patch+json", '{"a":[1,"x"]}'),
        ("application/json; version=2", '{"a":[1,"x"]}'),
    ],
)
def test_types_that_are_json_in_the_end(media_type, expected):
    assert written({"a": [1, "x"]}, media_type) == (media_type, expected)


def test_a_sequence_of_several():
    assert written([1, "x"], "application/json-seq")[1] == '\x1e1\n\x1e"x"\n'


# --- multipart ---------------------------------------------------------------------------


def parts(body, boundary):
    pieces = body.split(f"--{boundary}")[1:-1]
    return [each.strip("\r\n").partition("\r\n\r\n")[::2] for each in pieces]


@pytest.mark.parametrize(
    "media_type, more",
    [("multipart/mixed", ""), ("multipart/related", '; type="application/json"')],
)
@pytest.mark.parametrize(
    "payload", [[{"a": 1}, "text"], {"meta": {"a": 1}, "x": "text"}]
)
def test_parts_without_names(media_type, more, payload):
    """RFC 2046, 5.1 and RFC 2387: in order, each with its type."""
    name, body = written(payload, media_type)
    boundary = name.partition("boundary=")[2].partition(";")[0]

    assert name == f"{media_type}; boundary={boundary}{more}"
    assert parts(body, boundary) == [
        ("Content-Type: application/json", '{"a":1}'),
        ("Content-Type: text/plain; charset=utf-8", "text"),
    ]


def test_a_file_among_parts():
    file = File("/a/b.bin", "b.bin", "0" * 64, 3, "application/x-b")
    _, segments = encode(["x", file], "multipart/mixed", None, NO_BODIES)

    assert file in segments
    head = segments[0].decode()
    assert 'Content-Disposition: attachment; filename="b.bin"' in head
    assert "Content-Type: application/x-b" in head


def test_encodings_by_position():
    """OpenAPI 3.2: prefixEncoding and itemEncoding."""
    media = {
        "prefixEncoding": [{"contentType": "application/json"}],
        "itemEncoding": {"contentType": "text/csv"},
    }
    name, body = written(["1", "a", "b"], "multipart/mixed", None, **media)
    found = parts(body, name.partition("boundary=")[2])

    assert [head for head, _ in found] == [
        "Content-Type: application/json",
        "Content-Type: text/csv",
        "Content-Type: text/csv",
    ]


# --- what comes back ---------------------------------------------------------------------

STREAM = (
    b"\xef\xbb\xbf: a comment\n\n"
    b'event: add\ndata: {"id": 1}\nid: 7\n\n'
    b"data: one\r\ndata:two\r\n\r\n"
    b"retry: 3000\ndata\n\n"
    b"event: lost\n\n"
    b"data: [DONE]\n\ndata: cut off"
)


def test_server_sent_events():
    """https://html.spec.whatwg.org/multipage/server-sent-events.html, its rules."""
    found, problem = decode("text/event-stream; charset=utf-8", STREAM)

    assert problem is None
    assert found == [
        {"event": "add", "id": "7", "data": {"id": 1}},
        {"data": "one\ntwo"},
        {"retry": 3000, "data": ""},
        {"data": "[DONE]"},
    ]


def test_strict_keeps_the_text():
    assert decode("text/event-stream", b"data: 1\n\n", strict=True)[0] == "data: 1\n\n"


@given(st.binary())
def test_any_bytes_are_a_stream(data):
    found, _ = decode("text/event-stream", b"data: x\n\n" + data)

    assert found[0] == {"data": "x"}
    json.dumps(found)


def test_a_json_text_sequence():
    """RFC 7464: what was cut off is kept as text."""
    found, _ = decode("application/json-seq", b'\x1e{"a":1}\n\x1e2\n\x1e{"cut')

    assert found == [{"a": 1}, 2, '{"cut']
