"""The parsed-description cache: cheap the second time, and never an answer of its own."""

import json
import os
import sqlite3
import stat
import threading
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from arazzo_runner.loader import cache
from arazzo_runner.loader.cache import cache_folder, open_parts, prune
from arazzo_runner.messages import ABSENT

DOCUMENT = {
    "/info": {"title": "Pets", "none": None},
    "/paths/~1pets": {"get": {"operationId": "listPets"}},
    "/components/schemas/Pet": {"maximum": 9223372036854776000123, "x": [1.5, "é😀"]},
    "/null": None,
}
DATA = json.dumps(DOCUMENT).encode()


def parse(data):
    return json.loads(data)


def split(document):
    return document


def never(_argument):
    raise AssertionError("the document was parsed")


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "cache"


def fill(folder, data=DATA):
    """Open cold; the cache file."""
    before = set(folder.rglob("*.sqlite"))
    with open_parts(data, parse=parse, split=split, folder=folder):
        pass
    [file] = set(folder.rglob("*.sqlite")) - before
    return file


def contents(parts):
    return {key: parts.get(key) for key in parts.keys()}  # noqa: SIM118


def cold(folder, data=DATA):
    """What is read with a parser at hand, and how often that was needed."""
    parsed = []

    def counted(data):
        parsed.append(1)
        return parse(data)

    with open_parts(data, parse=counted, split=split, folder=folder) as parts:
        return contents(parts), len(parsed)


# --- the second time --------------------------------------------------------------------


def test_the_second_time_nothing_is_parsed(folder):
    fill(folder)

    with open_parts(DATA, parse=never, split=never, folder=folder) as parts:
        assert contents(parts) == DOCUMENT


@pytest.mark.parametrize("warm", [False, True])
def test_a_missing_part_is_absent_and_a_null_part_is_none(folder, warm):
    if warm:
        fill(folder)

    with open_parts(DATA, parse=parse, split=split, folder=folder) as parts:
        assert parts.get("/null") is None
        assert parts.get("/gone") is ABSENT
        assert parts.keys() == set(DOCUMENT)


def test_a_part_is_read_once(folder):
    fill(folder)

    with open_parts(DATA, parse=never, split=never, folder=folder) as parts:
        assert parts.get("/info") is parts.get("/info")


def test_without_a_folder_everything_is_in_memory():
    with open_parts(DATA, parse=parse, split=split, folder=None) as parts:
        assert contents(parts) == DOCUMENT
        assert parts.get("/gone") is ABSENT


def test_other_content_is_another_document(folder):
    fill(folder)

    assert cold(folder, b'{"/info": 1}') == ({"/info": 1}, 1)


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=())),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.dictionaries(st.text(), JSON_VALUES, max_size=4))
def test_what_is_read_back_is_what_was_split(folder, document):
    """Integers beyond 64 bits and lone surrogates, too."""
    data = json.dumps(document).encode()

    for _ in range(2):
        with open_parts(data, parse=parse, split=split, folder=folder) as parts:
            assert contents(parts) == document
    with open_parts(data, parse=never, split=never, folder=folder) as parts:
        assert contents(parts) == document


def test_what_parse_raises_is_raised_and_nothing_is_kept(folder):
    for _ in range(2):
        with pytest.raises(ValueError, match="Expecting"):
            open_parts(b"{", parse=parse, split=split, folder=folder)

    assert list(folder.rglob("*.sqlite")) == []


def test_parts_can_be_read_from_many_threads(folder):
    data = json.dumps({str(number): [number] for number in range(300)}).encode()
    fill(folder, data)
    failures = []

    def read(parts):
        for number in range(300):
            if parts.get(str(number)) != [number]:
                failures.append(number)

    with open_parts(data, parse=never, split=never, folder=folder) as parts:
        threads = [threading.Thread(target=read, args=(parts,)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert failures == []


def test_several_may_write_the_same_file_at_once(folder):
    together = threading.Barrier(6)
    results = []

    def parse_together(data):
        together.wait(timeout=30)
        return parse(data)

    def open_cold():
        with open_parts(
            DATA, parse=parse_together, split=split, folder=folder
        ) as parts:
            results.append(contents(parts))

    threads = [threading.Thread(target=open_cold) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert results == [DOCUMENT] * 6
    assert cold(folder) == (DOCUMENT, 0)
    assert len(list(folder.rglob("*.*"))) == 1


def test_after_close_parts_can_still_be_had(folder):
    fill(folder)
    parts = open_parts(DATA, parse=parse, split=split, folder=folder)
    read = parts.get("/info")

    parts.close()
    parts.close()

    assert parts.get("/info") == read
    assert parts.get("/paths/~1pets") == DOCUMENT["/paths/~1pets"]
    assert parts.keys() == set(DOCUMENT)


def test_a_file_that_is_deleted_while_it_is_read_does_no_harm(folder):
    file = fill(folder)

    with open_parts(DATA, parse=parse, split=split, folder=folder) as parts:
        file.unlink()
        assert contents(parts) == DOCUMENT


# --- files that are not what they should be ---------------------------------------------


def alter(statement):
    def damage(file):
        connection = sqlite3.connect(file)
        with connection:
            connection.execute(statement)
        connection.close()

    return damage


def truncate(size):
    return lambda file: os.truncate(file, size)


def overwrite(start):
    def damage(file):
        data = bytearray(file.read_bytes())
        data[start : start + 400] = b"\xff" * len(data[start : start + 400])
        file.write_bytes(data)

    return damage


@pytest.mark.parametrize(
    "damage",
    [
        truncate(0),
        truncate(50),
        truncate(4096),
        truncate(10_000),
        overwrite(0),
        overwrite(100),
        overwrite(4096),  # pages: 1 the schema, 2 and 3 `about`, 4 and 5 `part`
        overwrite(12_288),
        overwrite(16_000),
        overwrite(16_384),
        lambda file: file.write_bytes(b"not a database, but a text of some length" * 9),
        alter("UPDATE part SET json = '{\"title\":\"Cats\"}' WHERE key = '/info'"),
        alter("UPDATE part SET json = '{' WHERE key = '/info'"),
        alter("UPDATE part SET json = NULL, digest = NULL"),
        alter("UPDATE part SET json = x'ff', digest = 'x'"),
        alter("UPDATE part SET key = '/other' WHERE key = '/info'"),
        alter("DELETE FROM part WHERE key = '/info'"),
        alter("INSERT INTO part SELECT '/more', json, digest FROM part LIMIT 1"),
        alter("UPDATE about SET value = '0' WHERE name = 'format'"),
        alter("UPDATE about SET value = 'x' WHERE name = 'content'"),
        alter("UPDATE about SET value = 'x' WHERE name = 'keys'"),
        alter("DELETE FROM about"),
        alter("DROP TABLE about"),
        alter("DROP TABLE part"),
    ],
)
def test_a_damaged_file_counts_as_absent_and_is_replaced(folder, damage):
    file = fill(folder)
    damage(file)

    first, parsed = cold(folder)

    assert (first, parsed) == (DOCUMENT, 1)
    assert cold(folder) == (DOCUMENT, 0)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.data())
def test_no_damage_changes_what_is_read(folder, data):
    with open_parts(DATA, parse=parse, split=split, folder=folder):
        [file] = folder.rglob("*.sqlite")
    whole = bytearray(file.read_bytes())
    start = data.draw(st.integers(0, len(whole) - 1))
    junk = data.draw(st.binary(min_size=1, max_size=64))
    whole[start : start + len(junk)] = junk
    file.write_bytes(whole)

    assert cold(folder)[0] == DOCUMENT
    assert open_parts(DATA, parse=parse, split=split, folder=folder).get("x") is ABSENT


def test_the_file_of_another_content_is_not_believed(folder):
    file = fill(folder)
    other = fill(folder, b'{"/info": "another"}')
    other.replace(file)

    assert cold(folder) == (DOCUMENT, 1)


def test_a_row_of_another_content_is_not_believed(folder):
    file, other = fill(folder), fill(folder, b'{"/info": "another"}')
    connection = sqlite3.connect(file)
    with connection:
        connection.execute("ATTACH ? AS other", (str(other),))
        connection.execute("INSERT OR REPLACE INTO part SELECT * FROM other.part")
    connection.close()

    assert cold(folder) == (DOCUMENT, 1)


# --- folders that are not what they should be -------------------------------------------


def test_the_cache_is_for_the_user_alone(folder):
    file = fill(folder)

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_nothing_else_is_left_in_the_folder(folder):
    file = fill(folder)

    assert list(file.parent.iterdir()) == [file]


@pytest.mark.parametrize("where", ["file", "file/below", "long", "/proc/version/x"])
def test_a_folder_that_cannot_be_made_means_no_cache(tmp_path, where):
    (tmp_path / "file").touch()
    folder = tmp_path / (where if where != "long" else "x" * 300)

    assert cold(folder) == (DOCUMENT, 1)
    assert cold(folder) == (DOCUMENT, 1)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write all")
def test_a_folder_that_is_read_only_is_read(folder):
    file = fill(folder)
    file.parent.chmod(0o500)

    assert cold(folder) == (DOCUMENT, 0)
    assert cold(folder, b'{"/info": 1}') == ({"/info": 1}, 1)


def test_a_folder_in_the_place_of_the_file_means_no_cache(folder):
    file = fill(folder)
    file.unlink()
    (file / "x").mkdir(parents=True)

    assert cold(folder) == (DOCUMENT, 1)
    assert [each.name for each in file.parent.iterdir()] == [file.name]


def test_what_json_cannot_hold_is_not_kept(folder):
    endless = []
    endless.append(endless)

    with open_parts(
        DATA, parse=parse, split=lambda _: {"x": endless}, folder=folder
    ) as parts:
        assert parts.get("x") is endless
    assert list(folder.rglob("*")) == []


# --- housekeeping -----------------------------------------------------------------------


def touch(path, seconds_ago):
    path.touch()
    then = time.time() - seconds_ago
    os.utime(path, (then, then))
    return path


def test_the_files_that_were_used_last_are_kept(tmp_path):
    files = [touch(tmp_path / f"{number}.sqlite", number * 10) for number in range(5)]

    prune(tmp_path, kept=3)

    assert set(tmp_path.iterdir()) == set(files[:3])


def test_only_so_many_files_are_kept(folder, monkeypatch):
    monkeypatch.setattr(cache, "KEPT", 64)
    first = fill(folder)
    for number in range(70):
        touch(first.parent / f"{number}.sqlite", 60 + number)
    touch(first, 10_000)

    cold(folder)  # using a file makes it young
    newest = fill(folder, b"{}")

    kept = set(first.parent.glob("*.sqlite"))
    assert len(kept) == 64
    assert {first, newest} <= kept


def test_what_a_killed_process_left_is_removed_but_nothing_that_is_being_written(
    tmp_path,
):
    touch(tmp_path / "old.tmp", 7200)
    young = touch(tmp_path / "young.tmp", 60)

    prune(tmp_path, kept=64)

    assert list(tmp_path.iterdir()) == [young]


@pytest.mark.parametrize(
    "platform, environ, expected",
    [
        ("linux", {"HOME": "/home/u"}, "/home/u/.cache/arazzo"),
        ("linux", {"HOME": "/home/u", "XDG_CACHE_HOME": "/c"}, "/c/arazzo"),
        ("linux", {"XDG_CACHE_HOME": "/c"}, "/c/arazzo"),
        ("linux", {"HOME": "/home/u", "XDG_CACHE_HOME": "c"}, "/home/u/.cache/arazzo"),
        ("linux", {"HOME": "/home/u", "XDG_CACHE_HOME": ""}, "/home/u/.cache/arazzo"),
        ("freebsd14", {"HOME": "/home/u"}, "/home/u/.cache/arazzo"),
        ("linux", {}, None),
        ("linux", {"HOME": ""}, None),
        ("linux", {"HOME": "u"}, None),
        ("darwin", {"HOME": "/Users/u"}, "/Users/u/Library/Caches/arazzo"),
        (
            "darwin",
            {"HOME": "/Users/u", "XDG_CACHE_HOME": "/c"},
            "/Users/u/Library/Caches/arazzo",
        ),
        ("darwin", {}, None),
        ("win32", {"LOCALAPPDATA": "/local"}, "/local/arazzo/Cache"),
        ("win32", {"HOME": "/home/u"}, None),
    ],
)
def test_the_cache_lies_where_the_platform_keeps_caches(platform, environ, expected):
    assert cache_folder(environ, platform) == (expected and Path(expected))
