"""Credentials of an Arazzo document that another one names (security D2)."""

import pytest
from credentials import BEARER, written
from wire import Wire, reply

from arazzo_runner import Runner
from arazzo_runner.errors import InputError
from arazzo_runner.showing import overview

MAIN = """\
arazzo: 1.0.1
info: {title: Main, version: '1'}
sourceDescriptions:
- {name: api, url: api.yaml, type: openapi}
- {name: other, url: other/w.arazzo.yaml, type: arazzo}
workflows:
- workflowId: main
  steps:
  - {stepId: get, operationId: $sourceDescriptions.api.get}
  - {stepId: sub, workflowId: $sourceDescriptions.other.main}
"""


@pytest.fixture
def two(tmp_path):
    """Two servers, and a document that calls both; they share all names."""
    with Wire({"/it": reply(200)}) as first, Wire({"/it": reply(200)}) as second:
        (tmp_path / "other").mkdir()
        written(tmp_path / "other", second.url(""), BEARER)
        written(tmp_path, first.url(""), BEARER).write_text(MAIN)
        yield first, second, tmp_path / "w.arazzo.yaml"


def test_each_document_has_its_own_credentials(two, way):
    first, second, path = two
    given = {"api.it": "first-1234", "other.api.it": "second-1234"}
    assert way(Runner(path, retry=0, credentials=given)).status == "succeeded"

    assert first.seen[0].header("authorization") == "Bearer first-1234"
    assert second.seen[0].header("authorization") == "Bearer second-1234"


@pytest.mark.parametrize(
    "given, said",
    [
        ({"api.it": "k-1234"}, "source description 'other.api'"),
        ({"other.api.it": "k-1234"}, "source description 'api'"),
        ({"it": "k-1234"}, "could be meant for several"),
    ],
)
def test_a_credential_is_for_the_document_it_was_given_for(two, way, given, said):
    first, second, path = two
    with pytest.raises(InputError, match=said):
        way(Runner(path, retry=0, credentials=given))

    assert first.seen == second.seen == []


def test_the_overview_tells_them_apart(two):
    first, second, path = two
    with Runner(path) as runner:
        shown = overview(runner)

    assert shown.hosts == ((first.url(""), "api"), (second.url(""), "other.api"))
    assert [each.source for each in shown.credentials] == ["api", "other.api"]
