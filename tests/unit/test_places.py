"""Where members of large descriptions are, kept from run to run."""

import json
import os

import pytest

from arazzo_runner.errors import Location
from arazzo_runner.loader.places import KEPT, Places

FOUND = Location("api.yaml", 3, 5, 2)
PATH = ("paths", "/pets", "get", "parameters", 0)


def never(path):
    raise AssertionError(f"{path} is looked for again")


def test_a_place_is_found_out_once(tmp_path):
    """Also by the next process."""
    first = Places("api.yaml", tmp_path, "c0ffee")
    assert first.locate(PATH, lambda _: FOUND) == FOUND
    assert first.locate(PATH, never) == FOUND

    assert Places("api.yaml", tmp_path, "c0ffee").locate(PATH, never) == FOUND
    assert Places("elsewhere.yaml", tmp_path, "c0ffee").locate(PATH, never) == Location(
        "elsewhere.yaml", 3, 5, 2
    )


def test_another_content_has_other_places(tmp_path):
    Places("api.yaml", tmp_path, "c0ffee").locate(PATH, lambda _: FOUND)
    other = Location("api.yaml", 9, 9)

    found = Places("api.yaml", tmp_path, "decaf").locate(PATH, lambda _: other)
    assert found == other


def test_texts_and_numbers_are_different_paths(tmp_path):
    places = Places("api.yaml", tmp_path, "c0ffee")
    places.locate(("a", 0), lambda _: FOUND)
    other = Location("api.yaml", 9, 9)

    assert places.locate(("a", "0"), lambda _: other) == other


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "5",
        "{",
        '{"a": 5}',
        '{"a": ["x"]}',
        '{"a": [1, 2, 3, 4]}',
        "[" * 9_999,
    ],
)
def test_a_damaged_file_is_found_out_again(tmp_path, text):
    Places("api.yaml", tmp_path, "c0ffee").locate(PATH, lambda _: FOUND)
    (file,) = (tmp_path / "places-v1").iterdir()
    file.write_text(text)

    assert Places("api.yaml", tmp_path, "c0ffee").locate(PATH, lambda _: FOUND) == FOUND
    assert list(json.loads(file.read_text()).values()) == [[3, 5, 2]]


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path):
    (tmp_path / "file").write_text("")

    for folder in (tmp_path / "file", None):
        places = Places("api.yaml", folder, "c0ffee")
        assert places.locate(PATH, lambda _: FOUND) == FOUND


def test_only_the_last_used_files_are_kept(tmp_path):
    folder = tmp_path / "places-v1"
    folder.mkdir()
    for number in range(KEPT + 5):
        (folder / f"{number}.json").write_text("{}")
        os.utime(folder / f"{number}.json", (number, number))
    Places("api.yaml", tmp_path, "c0ffee").locate(PATH, lambda _: FOUND)

    kept = {each.name for each in folder.iterdir()}
    assert len(kept) == KEPT
    assert "c0ffee.json" in kept
    assert "0.json" not in kept
