"""Variables of server URLs, from the caller to the request."""

import pytest

from arazzo_runner import Runner
from arazzo_runner.errors import UsageError

DESCRIPTION = """\
arazzo: 1.0.1
info: {title: Servers, version: '1'}
sourceDescriptions:
- {name: one, url: one.yaml, type: openapi}
- {name: two, url: two.yaml, type: openapi}
workflows:
- workflowId: main
  steps:
  - {stepId: a, operationId: $sourceDescriptions.one.get}
  - {stepId: b, operationId: $sourceDescriptions.two.get}
"""
API = """\
openapi: 3.1.0
info: {title: API, version: '1'}
servers: [{url: 'https://{tenant}.api.test', variables: {tenant: {default: eu}}}]
paths: {/it: {get: {operationId: get, responses: {default: {description: Any.}}}}}
"""


@pytest.fixture
def description(tmp_path):
    for name in ("one", "two"):
        (tmp_path / f"{name}.yaml").write_text(API)
    path = tmp_path / "w.arazzo.yaml"
    path.write_text(DESCRIPTION)
    return path


@pytest.mark.parametrize(
    "given, expected",
    [
        ({}, ("eu", "eu")),
        ({"tenant": "us"}, ("us", "us")),
        ({"two.tenant": "us"}, ("eu", "us")),
        ({"tenant": "us", "one.tenant": "asia"}, ("asia", "us")),
    ],
)
def test_a_variable_of_all_sources_or_of_one(description, given, expected):
    with Runner(description, server_variables=given) as runner:
        first, second = runner.plan().servers.values()

    assert (first, second) == tuple(f"https://{each}.api.test" for each in expected)


@pytest.mark.parametrize("name", ["tennant", "one.region", "three.tenant.x"])
def test_an_unknown_variable_is_said(description, name):
    """A misspelled name must not send requests to the default."""
    with (
        Runner(description, server_variables={name: "us"}) as runner,
        pytest.raises(UsageError, match="no server of this workflow") as caught,
    ):
        runner.plan()

    assert "tenant" in caught.value.hint
