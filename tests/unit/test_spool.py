"""Bodies that live in files: ``Spool``."""

import hashlib
import json
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arazzo_runner.errors import ArazzoError, InputError, LimitError, UsageError
from arazzo_runner.messages import ABSENT, File, Records, record_values
from arazzo_runner.transports.spool import Spool


@pytest.fixture
def spool():
    with Spool() as spool:
        yield spool


# --- writing


def test_a_kept_body_says_what_it_is(spool):
    """A File names its path, its size, its SHA-256 and its media type."""
    file = spool.keep(b"\x00\x01", name="photo.png", media_type="image/png")

    assert Path(file.path).read_bytes() == b"\x00\x01"
    assert file.sha256 == hashlib.sha256(b"\x00\x01").hexdigest()
    assert (file.name, file.bytes, file.media_type) == ("photo.png", 2, "image/png")


def test_the_folder_is_private_and_goes_with_the_spool():
    """Bodies are for their owner only, and are gone after close()."""
    with Spool() as spool:
        path = Path(spool.keep(b"secret", name="a").path)

        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert not path.parent.exists()


def test_nothing_is_made_before_it_is_needed(tmp_path, monkeypatch):
    """A run without large bodies leaves no trace on the disk."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    with Spool():
        assert list(tmp_path.iterdir()) == []


def test_a_forgotten_spool_cleans_up():
    """Who forgets to close a result loses no disk space for it."""
    spool = Spool()
    path = Path(spool.keep(b"x", name="a").path)

    del spool

    assert not path.parent.exists()


def test_a_given_folder_stays(tmp_path):
    """Bodies in a folder of the caller outlive the spool."""
    with Spool(tmp_path / "bodies") as spool:
        path = Path(spool.keep(b"x", name="a").path)

    assert path.read_bytes() == b"x"
    assert path.is_relative_to(tmp_path / "bodies")


def test_a_download_stays_when_it_breaks_off(spool, tmp_path):
    """What has come of a download is left for its user; other bodies go."""
    download = spool.writer(name="a", path=tmp_path / "a.part")
    other = spool.writer(name="b")
    kept = Path(spool.keep(b"", name="c").path).parent

    for writer in (download, other):
        writer.write(b"half")
        writer.abandon()

    assert (tmp_path / "a.part").read_bytes() == b"half"
    assert [path.stat().st_size for path in kept.iterdir()] == [0]


def test_a_download_that_cannot_be_written_is_said_plainly(spool, tmp_path):
    with pytest.raises(UsageError, match="no such file or directory") as caught:
        spool.writer(name="a", path=tmp_path / "missing" / "a.part")

    assert caught.value.hint


def test_a_body_larger_than_the_disk_is_refused_before_it_is_read(spool):
    with pytest.raises(LimitError, match="has no room") as caught:
        spool.writer(name="a", expected=10**18)

    assert caught.value.code == "body-too-large"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_an_error_of_ours(spool):
    """No traceback of the operating system reaches the user."""
    writer = spool.writer(name="a", path=Path("/dev/full"))
    writer.write(b"x")

    with pytest.raises(LimitError, match="no room"):
        writer.finish()
    writer.abandon()


# --- uploads


def test_an_upload_stays_where_it_is(tmp_path):
    """adopt() reads a file for its hash and leaves it alone."""
    path = tmp_path / "requests.jsonl"
    path.write_bytes(b'{"a": 1}\n')

    with Spool() as spool:
        file = spool.adopt(path, media_type="application/jsonl")

    assert file == File(
        str(path),
        "requests.jsonl",
        hashlib.sha256(b'{"a": 1}\n').hexdigest(),
        9,
        "application/jsonl",
    )
    assert path.exists()


def test_a_relative_upload_becomes_absolute(spool, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("a.txt").write_bytes(b"x")

    assert spool.adopt("a.txt", "other.txt").path == str(tmp_path / "a.txt")


def test_a_missing_upload_names_where_it_was_looked_for(spool, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    with pytest.raises(InputError, match="cannot read nix") as caught:
        spool.adopt("nix.jsonl")

    assert str(tmp_path) in caught.value.hint


@pytest.mark.parametrize(
    "kind, word", [("folder", "a folder"), ("pipe", "not a regular")]
)
def test_what_cannot_be_sent_twice_is_no_upload(spool, tmp_path, kind, word):
    path = tmp_path / kind
    path.mkdir() if kind == "folder" else os.mkfifo(path)

    with pytest.raises(InputError, match=word):
        spool.adopt(path)


# --- reading


@pytest.mark.parametrize(
    "media_type, data, text",
    [
        ("application/json", b"\xef\xbb\xbf{}", "{}"),
        ("text/plain; charset=iso-8859-1", b"caf\xe9", "café"),
        ('text/plain;charset="utf-16-le"', "café".encode("utf-16-le"), "café"),
        ("text/plain; charset=base64", b"caf\xc3\xa9", "café"),
        ("text/plain; charset=nonsense", b"caf\xc3\xa9", "café"),
        ("", b"caf\xc3\xa9", "café"),
    ],
)
def test_text_follows_the_charset(spool, media_type, data, text):
    file = spool.keep(data, name="a", media_type=media_type)

    assert spool.text(file) == text
    assert list(spool.lines(file)) == [text]


@given(
    st.lists(
        st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]))
    )
)
def test_lines_end_at_line_feeds_only(texts):
    """A JSON text may hold U+2028 and U+0085: they do not end a record."""
    texts = [text.removeprefix("\ufeff") for text in texts]
    with Spool() as spool:
        file = spool.keep("".join(f"{text}\r\n" for text in texts).encode(), name="a")

        assert list(spool.lines(file)) == texts


def test_records_are_read_one_at_a_time(spool):
    """The first of many records costs no more than a few blocks of the file."""
    line = json.dumps({"custom_id": "x" * 100}) + "\n"
    file = spool.keep(line.encode() * 50_000, name="r", media_type="application/jsonl")

    values = record_values(Records(file=file), spool)

    assert next(values) == {"custom_id": "x" * 100}
    values.close()


def test_data_is_parsed_once(spool):
    """A second expression over the same body does not read it again."""
    file = spool.keep(b'{"id": 12345678901234567890}', name="a")

    first = spool.data(file)

    assert first == {"id": 12345678901234567890}
    assert spool.data(file) is first


@pytest.mark.parametrize(
    "media_type, data",
    [
        ("application/json", b"<html>"),
        ("application/json", b"NaN"),
        ("text/plain", b"{}"),
        ("application/jsonl", b"{}\n{}\n"),
    ],
)
def test_what_is_not_json_is_absent(spool, media_type, data):
    """Also text that looks like JSON: a media type means the same at every size."""
    assert spool.data(spool.keep(data, name="a", media_type=media_type)) is ABSENT


@pytest.mark.parametrize("read", ["text", "data", "lines", "chunks"])
def test_a_changed_file_is_not_read(spool, tmp_path, read):
    """A body is what it was when it came."""
    path = tmp_path / "a.json"
    path.write_bytes(b"{}")
    file = spool.adopt(path)
    path.write_bytes(b"[1]")

    with pytest.raises(ArazzoError, match=r"a\.json has changed"):
        list(getattr(spool, read)(file))


def test_a_file_that_is_gone_says_why():
    """A body of a closed result is a common mistake; the hint names it."""
    with Spool() as spool:
        file = spool.keep(b"x", name="results.jsonl")

    with pytest.raises(ArazzoError, match=r"results\.jsonl can no longer") as caught:
        spool.text(file)
    assert "closed" in caught.value.hint
