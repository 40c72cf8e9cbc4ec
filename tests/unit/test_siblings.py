"""Operations in API descriptions that a document does not name (AZ523)."""

import pytest

from arazzo_runner import Runner, check
from arazzo_runner.errors import DocumentError
from arazzo_runner.loader.siblings import files_with

DESCRIPTION = """\
arazzo: 1.0.1
info: {title: Split, version: '1'}
sourceDescriptions: [{name: pets, url: api/pets.yaml, type: openapi}]
workflows:
- workflowId: main
  steps:
  - {stepId: it, operationId: %s}
"""
API = """\
openapi: 3.1.0
info: {title: API, version: '1'}
servers: [{url: https://a.test}]
paths: {%s: {%s: {operationId: %s, responses: {default: {description: Any.}}}}}
"""


@pytest.fixture
def project(tmp_path):
    """A workflow of one step; *files* are (path, method, operationId) by name."""

    def project(files, wanted="listOwners"):
        (tmp_path / "api" / "_original").mkdir(parents=True)
        for name, operation in files.items():
            (tmp_path / "api" / name).write_text(API % operation)
        path = tmp_path / "w.arazzo.yaml"
        path.write_text(DESCRIPTION % wanted)
        return path

    return project


PETS = ("/pets", "get", "listPets")
OWNERS = ("/owners", "get", "listOwners")


@pytest.mark.parametrize(
    "files, wanted, where",
    [
        ({"pets.yaml": PETS, "owners.yaml": OWNERS}, "listOwners", "owners.yaml"),
        ({"owners.yaml": OWNERS}, "listOwners", "owners.yaml"),
        (
            {"pets.yaml": PETS, "_original/all.yaml": OWNERS},
            "$sourceDescriptions.pets.listOwners",
            "all.yaml",
        ),
        (
            {"pets.yaml": PETS, "b.yaml": OWNERS, "a.yaml": OWNERS},
            "listOwners",
            "a.yaml",
        ),
        (
            {"_original/pets.yaml": PETS, "owners.yaml": OWNERS},
            "listOwners",
            "owners.yaml",
        ),
    ],
)
def test_it_is_taken_from_beside_and_said(project, files, wanted, where):
    path = project(files, wanted)
    with Runner(path) as runner:
        (step,) = runner.dry_run()
        warnings = [e for e in runner.plan().warnings if e.code == "AZ523"]

    assert step.url == "https://a.test/owners"
    (warning,) = warnings
    assert where in warning.message
    assert warning.location.line == 7


@pytest.mark.parametrize(
    "files",
    [
        {"pets.yaml": PETS},
        {
            "pets.yaml": PETS,
            "a.yaml": OWNERS,
            "b.yaml": ("/v2/owners", "get", "listOwners"),
        },
        {"pets.yaml": PETS, "a.txt": OWNERS},
    ],
    ids=["nowhere", "two that differ", "no description"],
)
def test_nothing_is_guessed(project, files):
    with Runner(project(files)) as runner, pytest.raises(DocumentError) as caught:
        runner.plan()

    assert caught.value.code == "AZ303"


def test_strict_looks_nowhere_else(project):
    path = project({"pets.yaml": PETS, "owners.yaml": OWNERS})

    assert "AZ303" in [each.code for each in check(path, strict=True).findings]


def test_a_broken_neighbour_is_no_harm(project):
    path = project({"pets.yaml": PETS, "owners.yaml": OWNERS})
    (path.parent / "api" / "broken.yaml").write_text("listOwners: [")

    with Runner(path) as runner:
        assert runner.dry_run()[0].url == "https://a.test/owners"


def test_nothing_outside_of_what_the_document_may_read(tmp_path):
    """D4: not even by a link."""
    inside, outside = tmp_path / "a" / "b" / "c" / "d", tmp_path / "outside"
    inside.mkdir(parents=True)
    outside.mkdir()
    (outside / "owners.yaml").write_text("listOwners")
    (inside / "owners.yaml").symlink_to(outside / "owners.yaml")
    document = str(inside / "w.arazzo.yaml")

    assert list(files_with("listOwners", ["x.yaml"], document, document)) == []
    up = "../../../../outside/x.yaml"
    assert list(files_with("listOwners", [up], document, document)) == []
