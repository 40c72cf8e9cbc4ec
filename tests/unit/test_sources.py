"""Where a source description is found (checklist A-66), also in published catalogues."""

import json
import os
from pathlib import Path

import pytest
import yaml

from arazzo_runner.errors import DocumentError, Location, PolicyError
from arazzo_runner.loader.retrieve import Retrieved, retrieve
from arazzo_runner.loader.sources import SEARCH_LIMIT, find_source
from arazzo_runner.model import SourceDescription

CORPUS = Path(__file__).parents[3] / "shared" / "corpus" / "dev"


def locate(path):
    return Location("/".join(str(each) for each in path), 7, 3)


@pytest.fixture
def tree(tmp_path):
    """Makes files in a repository that holds ``arazzo/pets.yaml``, and finds sources."""

    class Tree:
        root = tmp_path / "repository"

        def add(self, *names):
            for name in names:
                path = self.root / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(name)

        def find(
            self, url, *, override=None, strict=False, document="arazzo/pets.yaml"
        ):
            source = SourceDescription(
                name="pets", url=url, path=("sourceDescriptions", 0)
            )
            entry = retrieve(str(self.root / document))
            return find_source(
                source, entry, override=override, strict=strict, locate=locate
            )

    made = Tree()
    made.add(".git", "arazzo/pets.yaml")
    return made


# --- as written -------------------------------------------------------------------------


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("url", ["../openapi/a b.yml", "../openapi/a%20b.yml"])
def test_a_source_that_is_where_it_should_be_needs_no_note(tree, url, strict):
    tree.add("openapi/a b.yml", "openapi/_original/a b.yml", "a b.yml")

    found = tree.find(url, strict=strict)

    assert (found.retrieved.data, found.note) == (b"openapi/a b.yml", None)
    assert found.retrieved.uri == str(tree.root / "openapi/a b.yml")


# --- moved (AZ505) ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "url, there, using",
    [
        # the folder where catalogues keep what they have split
        ("../openapi/x.yml", ["openapi/_original/x.yml"], "../openapi/_original/x.yml"),
        (
            "../openapi/%78.yml",
            ["openapi/_original/x.yml"],
            "../openapi/_original/x.yml",
        ),
        # written from the root of the repository
        ("./apis/pets/x.yml", ["apis/pets/x.yml"], "../apis/pets/x.yml"),
        ("./apis/v4%20-%20x/x.yml", ["apis/v4 - x/x.yml"], "../apis/v4 - x/x.yml"),
        ("/apis/pets/x.yml", ["apis/pets/x.yml"], "../apis/pets/x.yml"),
        # somewhere near, by name
        ("../openapi/x.yml", ["openapi/v1/y/x.yml"], "../openapi/v1/y/x.yml"),
        ("../openapi/x.yml", ["specs/x.yml"], "../specs/x.yml"),
        ("./x.yml", ["openapi/x.yml"], "../openapi/x.yml"),
        ("./x.yml", ["arazzo/specs/x.yml"], "specs/x.yml"),
    ],
)
def test_a_source_that_was_moved_is_found_and_said(tree, url, there, using):
    tree.add(*there)

    found = tree.find(url)

    assert found.retrieved.data.decode() == there[0]
    assert found.note is not None
    assert found.note.message == (
        f"source description 'pets': {url} is not there; using {using}"
    )
    assert (found.note.code, found.note.severity) == ("AZ505", "warning")
    assert found.note.location == locate(("sourceDescriptions", 0, "url"))
    assert "--source pets=PATH" in (found.note.hint or "")


@pytest.mark.parametrize(
    "nearest, farther",
    [
        ("x/y.yml", "openapi/_original/y.yml"),  # the repository's root first
        ("openapi/_original/y.yml", "openapi/a/y.yml"),
        ("openapi/z/y.yml", "openapi/a/b/y.yml"),
        ("openapi/a/b/c/y.yml", "y.yml"),
        ("a/y.yml", "b/y.yml"),
    ],
)
def test_the_nearest_of_several_is_taken(tree, nearest, farther):
    tree.add(farther, nearest)
    (tree.root / "openapi").mkdir(exist_ok=True)
    url = "x/y.yml" if nearest == "x/y.yml" else "../openapi/y.yml"

    assert tree.find(url).retrieved.data.decode() == nearest


def test_the_note_lists_the_others(tree):
    tree.add("b/y.yml", "a/y.yml", "openapi/c/y.yml")

    note = tree.find("../openapi/y.yml").note

    assert note is not None
    assert "using ../openapi/c/y.yml" in note.message
    assert "also there: ../a/y.yml, ../b/y.yml;" in (note.hint or "")


def test_nothing_is_looked_for_with_strict(tree):
    tree.add("openapi/_original/x.yml")

    with pytest.raises(DocumentError) as caught:
        tree.find("../openapi/x.yml", strict=True)

    assert caught.value.code == "AZ301"


def test_the_search_leaves_out_hidden_folders_links_and_what_is_outside(tree):
    tree.add(".cache/x.yml", "../x.yml", "../elsewhere/x.yml")
    (tree.root / "linked").symlink_to(tree.root.parent / "elsewhere")
    (tree.root / "openapi").mkdir()
    (tree.root / "openapi" / "x").symlink_to(tree.root.parent / "x.yml")

    for url in ("../openapi/x.yml", "../openapi/x/x.yml", "../linked/y/x.yml"):
        with pytest.raises(DocumentError, match="there is no file"):
            tree.find(url)


def test_a_moved_file_that_is_a_link_to_the_outside_is_not_taken(tree):
    tree.add("../x.yml", "openapi/_original/y.yml")
    (tree.root / "openapi/_original/x.yml").symlink_to(tree.root.parent / "x.yml")

    with pytest.raises(DocumentError, match="there is no file"):
        tree.find("../openapi/x.yml")


def test_the_search_has_an_end(tree):
    tree.add("openapi/zz/x.yml")
    for number in range(SEARCH_LIMIT + 1):
        (tree.root / "openapi" / f"{number}.yml").touch()

    with pytest.raises(DocumentError, match="there is no file"):
        tree.find("../openapi/x.yml")


# --- not found, not allowed -------------------------------------------------------------


def test_a_source_that_is_nowhere_is_az301_at_its_url(tree):
    tree.add("openapi/petstore.yml")

    with pytest.raises(DocumentError) as caught:
        tree.find("../openapi/petstor.yml")

    assert caught.value.code == "AZ301"
    assert caught.value.location == locate(("sourceDescriptions", 0, "url"))
    assert "'pets'" in caught.value.message
    assert caught.value.hint == (
        "did you mean 'petstore.yml'? give it with --source pets=PATH"
    )


@pytest.mark.parametrize("url", ["", ".", "../openapi", "a\0b", "x" * 300, "s3://a/b"])
def test_a_url_that_names_no_file_is_az301(tree, url):
    (tree.root / "openapi").mkdir()

    with pytest.raises(DocumentError) as caught:
        tree.find(url)

    assert caught.value.code == "AZ301"


def test_a_file_outside_is_refused_and_no_other_is_taken(tree):
    tree.add("../x.yml", "openapi/x.yml")

    with pytest.raises(PolicyError) as caught:
        tree.find("../../x.yml")

    assert caught.value.hint == "give it with --source pets=PATH"
    assert caught.value.location == locate(("sourceDescriptions", 0, "url"))


def test_nothing_is_looked_for_on_this_computer_for_a_remote_document(
    tree, monkeypatch
):
    tree.add("_original/x.yml")
    monkeypatch.chdir(tree.root)
    source = SourceDescription(name="pets", url="file:x.yml")
    entry = Retrieved(b"", "https://example.com/a.yaml", None, "https://example.com/a")

    with pytest.raises(PolicyError, match="may only refer to http"):
        find_source(source, entry, override=None, strict=False, locate=locate)


# --- given by the user ------------------------------------------------------------------


def test_the_users_word_is_relative_to_the_working_directory(tree, monkeypatch):
    tree.add("openapi/x.yml", "here/x.yml")
    monkeypatch.chdir(tree.root / "here")

    found = tree.find("../openapi/x.yml", override="x.yml")

    assert (found.retrieved.data, found.retrieved.uri) == (b"here/x.yml", "x.yml")
    assert found.note is None


def test_the_users_word_may_lie_anywhere(tree):
    tree.add("../x.yml")

    found = tree.find("y.yml", override=str(tree.root.parent / "x.yml"))

    assert found.retrieved.data == b"../x.yml"


def test_the_users_word_is_not_replaced_by_something_found(tree):
    tree.add("openapi/x.yml", "a/_original/x.yml", "a/xx.yml")

    with pytest.raises(DocumentError) as caught:
        tree.find("../openapi/x.yml", override=str(tree.root / "a/x.yml"))

    assert caught.value.code == "AZ301"
    assert "did you mean 'xx.yml'?" in (caught.value.hint or "")
    assert caught.value.location.uri == ""


def test_references_of_standard_input_start_in_the_working_directory(tree, monkeypatch):
    tree.add("openapi/_original/x.yml")
    monkeypatch.chdir(tree.root)
    source = SourceDescription(name="pets", url="openapi/x.yml")
    entry = Retrieved(b"", "<stdin>", None, "<stdin>")

    found = find_source(source, entry, override=None, strict=False, locate=locate)

    assert found.retrieved.uri == "openapi/_original/x.yml"


# --- published files --------------------------------------------------------------------


def published():
    """(folder, document, what the manifest says of its sources)"""
    manifest = json.loads((CORPUS / "manifest.json").read_text("utf-8"))
    folders = {name: each["files"] for name, each in manifest["providers"].items()}
    folders["jentic-public-apis"] = manifest["jentic-public-apis"]
    for folder, files in folders.items():
        for name, about in files.items():
            yield CORPUS / folder, name, about["sources"]


@pytest.mark.skipif(not CORPUS.is_dir(), reason="../shared/corpus is not here")
def test_every_published_source_is_found_where_the_manifest_says_and_only_there():
    wrong, seen = [], 0
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

    for folder, name, sources in published():
        entry = retrieve(os.path.relpath(folder / name))
        document = yaml.load(entry.data, loader)  # noqa: S506
        for description in document["sourceDescriptions"]:
            about = sources[description["name"]]
            source = SourceDescription(name=description["name"], url=description["url"])
            try:
                found = find_source(
                    source, entry, override=None, strict=False, locate=locate
                )
            except DocumentError as error:
                got = (None, error.code)
            else:
                path = Path(found.retrieved.uri).resolve()
                code = found.note.code if found.note else None
                got = (path.relative_to(folder.resolve()).as_posix(), code)
            moved = None if about["how"] == "as written" else "AZ505"
            expected = (about["path"], moved if about["path"] else "AZ301")
            seen += 1
            if got != expected:
                wrong.append((name, source.url, got, expected))

    assert seen > 700
    assert wrong == []
