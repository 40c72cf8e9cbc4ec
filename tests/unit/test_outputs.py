"""Writing values: JSON piece by piece, and one value as it is into a file."""

import hashlib
import io
import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arazzo_runner.errors import UsageError
from arazzo_runner.messages import NO_BODIES, File, Records, Secret, Template
from arazzo_runner.openapi.responses import MOST_DEPTH
from arazzo_runner.outputs import (
    Saved,
    part_of,
    save,
    save_all,
    write_json,
    write_value,
)
from arazzo_runner.transports.spool import Spool

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=15,
)


def written(value, bodies=NO_BODIES):
    pieces = []
    write_json(value, pieces.append, bodies)
    return "".join(pieces)


@pytest.fixture
def spool():
    with Spool() as spool:
        yield spool


# --- JSON -------------------------------------------------------------------------------


@given(JSON)
def test_what_is_written_reads_back(value):
    """JSON values survive, whatever text is in them."""
    assert json.loads(written(value)) == value


@given(JSON)
def test_it_looks_as_the_standard_library_indents(value):
    """Two spaces a level; only characters that a terminal obeys look different."""
    expected = json.dumps(value, indent=2, ensure_ascii=False)

    if not any(0x7F <= ord(each) <= 0x9F for each in expected):
        assert written(value) == expected


@pytest.mark.parametrize(
    "text, expected",
    [
        ("café ☕ 🎉", '"café ☕ 🎉"'),
        ("\x1b[31m\x07", r'"\u001b[31m\u0007"'),
        ("\x9b31m \x7f \x85", r'"\u009b31m \u007f \u0085"'),
        ("\ud83d", r'"\ud83d"'),
    ],
)
def test_no_text_can_drive_a_terminal(text, expected):
    """C0, DEL and C1 are escaped; the rest is left readable; half characters are escaped."""
    assert written(text) == expected
    written(text).encode("utf-8")


@pytest.mark.parametrize(
    "value, expected",
    [
        (float("inf"), "1e999"),
        (float("-inf"), "-1e999"),
        (float("nan"), "null"),
        (12345678901234567890123, "12345678901234567890123"),
        ({}, "{}"),
        ([], "[]"),
        ((1, 2), "[\n  1,\n  2\n]"),
        (Secret("inputs.apiKey"), '"***"'),
        (Template(("Bearer ", Secret("inputs.apiKey"))), '"***"'),
    ],
)
def test_special_values(value, expected):
    """Infinity is a number that reads as infinite; a secret is never written."""
    assert written(value) == expected


def test_records_are_an_array():
    """One item for each line; a line that is no JSON is its text."""
    records = Records(text='{"a": 1}\n\n[2]\nnot json\n')

    assert json.loads(written({"results": records})) == {
        "results": [{"a": 1}, [2], "not json"]
    }


@pytest.mark.parametrize(
    "media_type, data, expected",
    [
        ("application/octet-stream", b"\x00\xff\x01", "AP8B"),
        ("image/png", b"", ""),
        ("application/json", b'{"a": [1]}', {"a": [1]}),
        ("application/json", b"<html>", "<html>"),
        ("text/plain; charset=iso-8859-1", b"caf\xe9", "café"),
        ("text/plain; charset=hex", b"00", "00"),
        ("text/csv", "\ufeffü,1\r\n".encode(), "ü,1\r\n"),
        ("application/jsonl", b'{"a":1}\n{"a":2}\n', [{"a": 1}, {"a": 2}]),
        ("", b'{"a":1}', {"a": 1}),
    ],
)
def test_a_file_is_what_its_media_type_says(spool, media_type, data, expected):
    """JSON, records and text are themselves; what is binary is Base64."""
    file = spool.keep(data, name="body", media_type=media_type)

    assert json.loads(written({"body": file}, spool)) == {"body": expected}


def test_a_character_may_lie_across_two_reads(spool):
    """A long text is decoded in pieces and comes out whole."""
    text = "x" + 'é"\\\n' * 200_000
    file = spool.keep(text.encode(), name="t", media_type="text/plain")

    assert json.loads(written(file, spool)) == text


def test_large_records_are_never_whole_in_memory(spool):
    """The largest piece is about one record."""
    line = b'{"a":"' + b"x" * 1000 + b'"}\n'
    file = spool.keep(line * 5000, name="r", media_type="application/jsonl")
    longest = 0

    def write(piece):
        nonlocal longest
        longest = max(longest, len(piece))

    write_json(Records(file=file), write, spool)

    assert longest < 2000


def nested(value, levels):
    for level in range(levels):
        value = {"a": value} if level % 2 else [value]
    return value


@pytest.mark.parametrize("what", ["value", "records", "lines", "file"])
def test_what_may_be_read_may_be_written(spool, what):
    """At the deepest nesting that a response may have; records and files inside it, too."""
    deep = nested("x", MOST_DEPTH - 2)
    text = json.dumps(deep).encode()
    value, inside = {
        "value": ("x", "x"),
        "records": (Records(text='{"b": 1}\n'), [{"b": 1}]),
        "lines": (
            Records(file=spool.keep(text, name="r", media_type="application/jsonl")),
            [deep],
        ),
        "file": (spool.keep(text, name="f", media_type="application/json"), deep),
    }[what]

    around = MOST_DEPTH if what in ("value", "records") else 2
    text = written({"id": nested(value, around)}, spool)

    expected, found = nested(inside, around), json.loads(text)["id"]
    assert levels_and_leaf(found) == levels_and_leaf(expected)


def levels_and_leaf(value):
    """Every level's key, and the leaf: comparing deep values would recurse."""
    levels = []
    while isinstance(value, dict | list):
        ((key, value),) = value.items() if isinstance(value, dict) else enumerate(value)
        levels.append(key)
    return levels, value


def test_a_deep_output_beside_a_download(tmp_path, spool):
    """Files inside it are shown where they have gone."""
    path = tmp_path / "results.jsonl"
    records = Records(file=download(path))

    shown, problems = save_all(
        {"results": records, "deep": nested(records, MOST_DEPTH)},
        {"results": path},
        spool,
    )

    assert problems == ()
    _, leaf = levels_and_leaf(shown["deep"])
    assert leaf.file.path == str(path)


@pytest.mark.parametrize(
    "charset", ["idna", "unicode_escape", "utf-16", "utf-32", "nonsense"]
)
def test_no_charset_can_stop_the_outputs(spool, charset):
    """Whatever a server says its text is."""
    media_type = f"text/plain; charset={charset}"
    file = spool.keep(b"\\ud800 xn--a\xff", name="t", media_type=media_type)

    assert isinstance(json.loads(written(file, spool)), str)


def test_half_a_character_is_no_reason_to_write_nothing():
    """A text may come from a JSON escape; UTF-8 cannot hold it."""
    stream = io.BytesIO()

    write_value("a\ud800b", stream, NO_BODIES)

    assert stream.getvalue() == b"a?b"


# --- files ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value, expected, media_type",
    [
        ("plain ✓", "plain ✓".encode(), "text/plain; charset=utf-8"),
        ({"a": [1]}, b'{\n  "a": [\n    1\n  ]\n}\n', "application/json"),
        (None, b"null\n", "application/json"),
        (Records(text='{"a":1}\n'), b'{"a":1}\n', "application/jsonl"),
    ],
)
def test_a_value_is_saved_as_it_is(tmp_path, value, expected, media_type):
    """A text is its text and not a JSON string; what is left over is JSON."""
    path = tmp_path / "out"

    saved = save(value, path, NO_BODIES)

    assert path.read_bytes() == expected
    assert saved == Saved(str(path), len(expected), media_type)
    assert not part_of(path).exists()


def test_a_file_is_copied_byte_for_byte(tmp_path, spool):
    """Whatever its media type is."""
    file = spool.keep(b"\x00\xff\r\n", name="b", media_type="image/png")

    saved = save(file, tmp_path / "out.png", spool)

    assert (tmp_path / "out.png").read_bytes() == b"\x00\xff\r\n"
    assert saved.to_json() == {
        "path": str(tmp_path / "out.png"),
        "bytes": 4,
        "mediaType": "image/png",
    }


def download(path, data=b'{"a":1}\n'):
    """A finished download, as the driver leaves it."""
    part = part_of(path)
    part.write_bytes(data)
    digest = hashlib.sha256(data).hexdigest()
    return File(str(part), part.name, digest, len(data), "application/jsonl")


def test_a_download_is_only_renamed(tmp_path, spool):
    """What is at ``FILE.part`` already is not copied again."""
    path = tmp_path / "results.jsonl"
    records = Records(file=download(path))
    inode = part_of(path).stat().st_ino

    saved = save(records, path, spool)

    assert path.stat().st_ino == inode
    assert saved == Saved(str(path), 8, "application/jsonl")
    assert [each.name for each in tmp_path.iterdir()] == ["results.jsonl"]


def test_a_symbolic_link_stays(tmp_path):
    """The file it leads to is written."""
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to("real")

    save("new", tmp_path / "link", NO_BODIES)

    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "new"


def test_a_device_is_written_and_not_replaced():
    """``-o /dev/null`` must not make a file of it."""
    saved = save("text", Path(os.devnull), NO_BODIES)

    assert saved.bytes == 4
    assert Path(os.devnull).is_char_device()


def test_a_file_that_cannot_be_written_is_said(tmp_path):
    """The final name is in the message."""
    with pytest.raises(UsageError, match=r"cannot write .*out: no such file"):
        save("x", tmp_path / "missing" / "out", NO_BODIES)


def test_saved_outputs_are_shown_by_where_they_are(tmp_path, spool):
    """The value is replaced; another output of the same body follows the file."""
    path = tmp_path / "results.jsonl"
    records = Records(file=download(path))

    shown, problems = save_all(
        {"id": "b1", "results": records, "again": {"list": [records]}},
        {"results": path, "unknown": tmp_path / "x"},
        spool,
    )

    assert problems == ()
    assert shown["results"]["path"] == str(path)
    assert json.loads(written(shown, spool))["again"] == {"list": [[{"a": 1}]]}


def test_two_outputs_of_one_download(tmp_path, spool):
    """Both get their file."""
    first, second = tmp_path / "1.jsonl", tmp_path / "2.jsonl"
    records = Records(file=download(first))

    save_all({"a": records, "b": records}, {"a": first, "b": second}, spool)

    assert first.read_bytes() == second.read_bytes() == b'{"a":1}\n'


def test_what_cannot_be_saved_is_not_lost(tmp_path):
    """It stays among the outputs, to be printed."""
    shown, problems = save_all(
        {"a": "precious"}, {"a": tmp_path / "no" / "out"}, NO_BODIES
    )

    assert shown == {"a": "precious"}
    assert "cannot write" in problems[0].message


def test_a_value_goes_to_a_stream_as_it_is():
    """``-o NAME=-``"""
    stream = io.BytesIO()

    write_value("text", stream, NO_BODIES)

    assert stream.getvalue() == b"text"


def test_a_file_that_is_there_keeps_its_permissions(tmp_path):
    """Outputs may hold a token: a private file does not become public."""
    target = tmp_path / "out.json"
    target.write_text("old")
    target.chmod(0o600)

    save({"token": "x"}, target, NO_BODIES)

    assert target.stat().st_mode & 0o777 == 0o600
