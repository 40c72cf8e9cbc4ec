"""
``multipart/form-data`` bodies, read back by an independent parser.

https://www.rfc-editor.org/rfc/rfc7578
"""

from email.parser import BytesParser
from email.policy import HTTP

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arazzo_runner.messages import NO_BODIES, File, Records
from arazzo_runner.openapi.bodies import content_length, encode
from arazzo_runner.openapi.document import Document, MemoryParts
from arazzo_runner.openapi.multipart import guess_type
from arazzo_runner.openapi.operations import find_by_id
from arazzo_runner.openapi.values import RequestError

TYPE = "multipart/form-data"
LINES = '{"custom_id":"a"}\n{"custom_id":"b"}\n'
UPLOAD = File(
    "/data/requests.jsonl", "requests.jsonl", "ab" * 32, 9, "application/jsonl"
)

SCHEMA = {
    "allOf": [
        {"$ref": "#/components/schemas/Upload"},
        {"properties": {"purpose": {"type": "string"}}},
    ]
}
SCHEMAS = {
    "Upload": {
        "type": "object",
        "properties": {
            "file": {"type": "string", "format": "binary"},
            "maybe": {
                "anyOf": [{"$ref": "#/components/schemas/Bytes"}, {"type": "null"}]
            },
            "modern": {"type": "string", "contentMediaType": "image/png"},
            "base64": {
                "type": "string",
                "contentMediaType": "image/png",
                "contentEncoding": "base64",
            },
            "images": {
                "type": "array",
                "items": {"type": "string", "format": "binary"},
            },
            "tags": {"type": "array", "items": {"type": "string"}},
            "lost": {"$ref": "other.yaml#/a"},
            "loop": {"$ref": "#/components/schemas/Loop"},
        },
    },
    "Bytes": {"type": "string", "format": "binary"},
    "Loop": {"anyOf": [{"$ref": "#/components/schemas/Loop"}]},
}


def operation(encoding=None):
    media = {"schema": SCHEMA, "encoding": encoding or {}}
    post = {"operationId": "up", "requestBody": {"content": {TYPE: media}}}
    document = {
        "openapi": "3.1.0",
        "paths": {"/a": {"post": post}},
        "components": {"schemas": SCHEMAS},
    }
    return find_by_id(Document(MemoryParts.of(document), "", "x"), "up")


def segments(payload, encoding=None):
    return encode(payload, TYPE, operation(encoding), NO_BODIES)


def parts(payload, encoding=None):
    """(name, filename, content type, content) of each part, by the standard library."""
    content_type, body = segments(payload, encoding)
    data = b"".join(
        each if isinstance(each, bytes) else f"<{each.name}>".encode() for each in body
    )
    head = f"Content-Type: {content_type}\r\n\r\n".encode()
    message = BytesParser(policy=HTTP).parsebytes(head + data)
    assert not message.defects
    return [
        (
            each.get_param("name", header="content-disposition"),
            each.get_filename(),
            each["content-type"],
            each.get_payload(decode=True).decode(),
        )
        for each in message.iter_parts()
    ]


def test_the_upload_of_a_published_workflow():
    """Text for a ``format: binary`` property is a file part with a file name."""
    found = parts({"file": LINES, "purpose": "batch"})

    assert found == [
        ("file", "file.jsonl", "application/octet-stream", LINES),
        ("purpose", None, None, "batch"),
    ]


def test_the_bytes_of_a_body():
    content_type, body = segments({"purpose": "batch"})

    boundary = content_type.removeprefix("multipart/form-data; boundary=")
    assert body == (
        (
            f"--{boundary}\r\n"
            'Content-Disposition: form-data; name="purpose"\r\n\r\n'
            f"batch\r\n--{boundary}--\r\n"
        ).encode(),
    )


@pytest.mark.parametrize(
    "payload, found",
    [
        ({"a": 1}, [("a", None, None, "1")]),
        ({"a": True, "b": None}, [("a", None, None, "true")]),
        ({"a": {"b": [1]}}, [("a", None, "application/json", '{"b":[1]}')]),
        ({"a": [1, 2]}, [("a", None, "application/json", "[1,2]")]),
        ({"tags": ["x", "y"]}, [("tags", None, None, "x"), ("tags", None, None, "y")]),
        ({"base64": "aGk="}, [("base64", None, None, "aGk=")]),
        ({"lost": "x"}, [("lost", None, None, "x")]),
        ({"loop": "x"}, [("loop", None, None, "x")]),
        ({"maybe": "x"}, [("maybe", "maybe.txt", "application/octet-stream", "x")]),
        ({"modern": "x"}, [("modern", "modern.txt", "application/octet-stream", "x")]),
        (
            {"images": ["x", "y"]},
            [
                ("images", "images.txt", "application/octet-stream", "x"),
                ("images", "images.txt", "application/octet-stream", "y"),
            ],
        ),
        ({"file": {"a": 1}}, [("file", "file.jsonl", "application/octet-stream", '{"a":1}')]),
        ({"file": UPLOAD}, [("file", "requests.jsonl", "application/jsonl", "<requests.jsonl>")]),
        ({"any": UPLOAD}, [("any", "requests.jsonl", "application/jsonl", "<requests.jsonl>")]),
        ({"a": [UPLOAD]}, [("a", "requests.jsonl", "application/jsonl", "<requests.jsonl>")]),
        ({"file": Records(text=LINES)}, [("file", "file.jsonl", "application/octet-stream", LINES)]),
        (
            {"file": Records(file=File("/b/1", "body-1", "00", 5))},
            [("file", "file.jsonl", "application/octet-stream", "<body-1>")],
        ),
        (
            {"doc": {"filename": "a.csv", "contentType": "text/csv", "content": "1,2"}},
            [("doc", "a.csv", "text/csv", "1,2")],
        ),
        (
            {"doc": {"filename": "b.jsonl", "content": UPLOAD}},
            [("doc", "b.jsonl", "application/jsonl", "<requests.jsonl>")],
        ),
        ({"doc": {"content": "x"}}, [("doc", None, "application/json", '{"content":"x"}')]),
    ],
)  # fmt: skip
def test_a_part_for_each_member(payload, found):
    """Checklist A-61."""
    assert parts(payload) == found


@pytest.mark.parametrize(
    "encoding, value, found",
    [
        ({"contentType": "image/png"}, "x", [("p", "p.txt", "image/png", "x")]),
        (
            {"contentType": "application/pdf, text/plain"},
            "x",
            [("p", "p.txt", "text/plain", "x")],
        ),
        (
            {"contentType": "image/*"},
            "x",
            [("p", "p.txt", "application/octet-stream", "x")],
        ),
        ({"contentType": "text/csv"}, "1,2", [("p", None, "text/csv", "1,2")]),
        ({"contentType": "application/json"}, ["a"], [("p", None, "application/json", '["a"]')]),
        (
            {"style": "deepObject"},
            {"a": {"b": 1}, "c": ["x"]},
            [("p[a][b]", None, None, "1"), ("p[c][]", None, None, "x")],
        ),
    ],
)  # fmt: skip
def test_the_encoding_of_a_part(encoding, value, found):
    assert parts({"p": value}, {"p": encoding}) == found


def test_headers_whose_value_the_description_gives_are_sent():
    headers = {
        "X-One": {"schema": {"const": "1"}},
        "X-Two": {"schema": {"default": 2}},
        "X-Three": {"schema": {"type": "string"}},
        "Content-Disposition": {"schema": {"const": "attachment"}},
    }

    body = segments({"p": "x"}, {"p": {"headers": headers}})[1][0].decode()

    assert "X-One: 1\r\nX-Two: 2\r\n\r\n" in body
    assert "X-Three" not in body
    assert "attachment" not in body


def test_a_file_is_streamed_between_the_bytes():
    _, body = segments({"purpose": "batch", "file": UPLOAD})

    assert [type(each) for each in body] == [bytes, File, bytes]
    assert content_length(body) == len(body[0]) + 9 + len(body[2])


def test_equal_calls_have_equal_bytes_and_others_another_boundary():
    """A poll is recognised by its request."""
    payload = {"file": UPLOAD, "purpose": "batch"}

    assert segments(payload) == segments(dict(payload))
    assert segments(payload)[0] != segments({**payload, "purpose": "x"})[0]


def test_the_boundary_is_never_inside_a_part():
    boundary = segments({"a": "x"})[0].partition("boundary=")[2]

    body = segments({"a": f"--{boundary}"})

    assert boundary not in body[0]


def test_names_cannot_break_out_of_their_header():
    """The three escapes of the WHATWG's form data."""
    name = 'a"\r\nX-Evil: 1'
    payload = {name: {"filename": 'f"\n', "content": "x"}}

    body = segments(payload)[1][0].decode()

    assert 'name="a%22%0D%0AX-Evil: 1"; filename="f%22%0A"' in body


def test_a_media_type_cannot_break_out_of_its_header():
    payload = {"a": {"filename": "f", "contentType": "a/b\r\nX: 1", "content": "x"}}

    with pytest.raises(RequestError, match="multipart part"):
        segments(payload)


def test_a_body_that_is_written_out_keeps_its_boundary():
    written = f"{TYPE}; boundary=xyz"

    assert encode("--xyz--", written, None, NO_BODIES) == (written, (b"--xyz--",))


@pytest.mark.parametrize(
    "text, ending",
    [
        (LINES, ".jsonl"),
        ('{"a": 1}', ".jsonl"),
        ('{"a":\n 1}', ".json"),
        ("[\n1\n]\n", ".json"),
        ("a,b\n1,2\n", ".txt"),
        ("{not json", ".txt"),
        ("1\n2\n", ".txt"),
        ('{"a":"\u2028"}\n{"b":1}', ".jsonl"),
        ("", ".txt"),
    ],
)
def test_a_file_name_says_what_the_text_is(text, ending):
    """OpenAI takes a batch only from a name that ends in ``.jsonl``."""
    assert guess_type(text)[0] == ending


TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1)


@given(
    st.dictionaries(
        st.from_regex(r"[A-Za-z0-9_\[\]]+", fullmatch=True), TEXT, min_size=1
    )
)
def test_any_text_arrives_in_its_part(payload):
    payload = {f"x-{name}": text for name, text in payload.items()}

    found = {name: content for name, _, _, content in parts(payload)}

    assert found == payload
