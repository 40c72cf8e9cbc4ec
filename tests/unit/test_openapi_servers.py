"""Which server an operation is sent to (checklist A-64)."""

import pytest

from arazzo_runner.errors import DocumentError, UsageError
from arazzo_runner.openapi.document import Document, MemoryParts
from arazzo_runner.openapi.operations import find_by_id
from arazzo_runner.openapi.servers import server_url

REMOTE = "https://specs.test/pets/openapi.yaml"


def operation(servers=None, item=None, own=None):
    content = {"openapi": "3.1.0", "paths": {"/a": {"get": {"operationId": "a"}}}}
    for level, given in (
        (content, servers),
        (content["paths"]["/a"], item),
        (content["paths"]["/a"]["get"], own),
    ):
        if given is not None:
            level["servers"] = given
    return find_by_id(Document(MemoryParts.of(content), "pets.yaml", "pets"), "a")


def url(*servers, override=None, document_uri="/home/me/pets.yaml"):
    found = operation(list(servers))
    return server_url(found, override=override, document_uri=document_uri)


def test_the_nearest_level_wins():
    one, two, three = ({"url": f"https://{name}.test"} for name in ("a", "b", "c"))

    def chosen(*levels):
        return server_url(operation(*levels), override=None, document_uri="")

    assert chosen([one], [two], [three]) == "https://c.test"
    assert chosen([one], [two], []) == "https://b.test"
    assert chosen([one], None, None) == "https://a.test"
    assert chosen([one, two]) == "https://a.test"


@pytest.mark.parametrize(
    "declared, expected",
    [
        ("https://api.test/v1/", "https://api.test/v1"),
        ("//api.test/v1", "https://api.test/v1"),
        (" https://api.test ", "https://api.test"),
        ("/v2", "https://specs.test/v2"),
        ("v2", "https://specs.test/pets/v2"),
        ("../v2", "https://specs.test/v2"),
        ("/", "https://specs.test"),
        ("", "https://specs.test/pets/openapi.yaml"),
        ("http://localhost:8080/api", "http://localhost:8080/api"),
        ("http://host.docker.internal", "http://host.docker.internal"),
    ],
)
def test_urls_are_resolved_against_that_of_the_description(declared, expected):
    assert url({"url": declared}, document_uri=REMOTE) == expected


def test_no_server_is_the_root_of_the_description():
    assert url(document_uri=REMOTE) == "https://specs.test"


@pytest.mark.parametrize(
    "template, variables, expected",
    [
        ("https://{r}.api.test", {"r": {"default": "eu"}}, "https://eu.api.test"),
        ("https://api.test:{p}", {"p": {"default": 8443}}, "https://api.test:8443"),
        ("https://api.test/{v}", {"v": {"enum": ["v1", "v2"]}}, "https://api.test/v1"),
        ("https://api.test{b}", {"b": {"default": "/x"}}, "https://api.test/x"),
    ],
)
def test_variables_take_their_defaults(template, variables, expected):
    assert url({"url": template, "variables": variables}) == expected


@pytest.mark.parametrize(
    "template, given, expected",
    [
        ("https://{r}.api.test", {"r": "us"}, "https://us.api.test"),
        ("https://{r}.api.test", {"r": "us", "other": "x"}, "https://us.api.test"),
        ("https://{tenant}.api.test", {"tenant": "acme"}, "https://acme.api.test"),
        ("https://api.test/{r}/{r}", {"r": "us"}, "https://api.test/us/us"),
    ],
)
def test_values_that_are_given_replace_the_defaults(template, given, expected):
    """Declared or not: some descriptions leave their variables undeclared."""
    declared = {"url": template, "variables": {"r": {"default": "eu"}}}
    found = operation([declared])

    assert server_url(found, variables=given, document_uri="") == expected


def test_a_value_is_one_of_the_enum():
    """https://spec.openapis.org/oas/v3.1.1.html#server-variable-object"""
    variables = {"r": {"enum": ["eu", "us"], "default": "eu"}}
    found = operation([{"url": "https://{r}.api.test", "variables": variables}])

    with pytest.raises(UsageError, match="cannot be 'asia'") as caught:
        server_url(found, variables={"r": "asia"}, document_uri="")

    assert caught.value.hint == "one of: eu, us"


@pytest.mark.parametrize(
    "declared, hint",
    [
        (
            "https://{tenant}.auth0.com",
            "give --server-var tenant=VALUE, or its address",
        ),
        ("https://your-domain.test", "give its address with --server pets=URL"),
    ],
)
def test_the_hint_names_the_variable(declared, hint):
    with pytest.raises(DocumentError) as caught:
        url({"url": declared})

    assert caught.value.hint.startswith(hint)


@pytest.mark.parametrize(
    "declared",
    [
        "https://your-domain.atlassian.net",
        "https://your-subdomain.okta.com/",
        "https://yourInstance.salesforce.com",
        "https://yourdomain.test",
        "http://HOSTNAME/api/v3",
        "http://host:8080/",
        "https://org-account.snowflakecomputing.com",
        "http://example.com/v1",
        "https://api.example.org",
        "https://{tenant}.auth0.com/api",
        "https://{}.test",
        "https://<host>/x",
    ],
)
def test_a_placeholder_is_an_error_before_anything_is_sent(declared):
    with pytest.raises(DocumentError, match="placeholder") as caught:
        url({"url": declared})

    assert caught.value.code == "AZ311"
    assert "--server pets=URL" in caught.value.hint
    assert caught.value.location.uri == "pets.yaml"


@pytest.mark.parametrize(
    "declared",
    ["https://yourls.test", "https://api.yourself.test", "https://examples.test"],
)
def test_names_that_only_look_alike_are_no_placeholders(declared):
    assert url({"url": declared}) == declared


@pytest.mark.parametrize(
    "servers, what",
    [
        ([], "no server"),
        ([{"url": "/v1"}], "only the relative server '/v1'"),
        ([{"url": "ftp://api.test"}], "not http"),
        ([{"url": "https://[api.test"}], "not http"),
        ([{"url": 1}], "relative server '/'"),
    ],
)
def test_a_local_file_has_no_address_of_its_own(servers, what):
    with pytest.raises(DocumentError, match=what) as caught:
        url(*servers)

    assert caught.value.code == "AZ311"


@pytest.mark.parametrize("declared", ["https://api.test/v1", "https://{x}.test", "/v1"])
def test_an_override_replaces_the_whole_base(declared):
    actual = url({"url": declared}, override="http://127.0.0.1:8000/")

    assert actual == "http://127.0.0.1:8000"


@pytest.mark.parametrize("given", ["localhost:8080", "api.test", "ftp://a.test", ""])
def test_an_override_is_an_http_url(given):
    with pytest.raises(UsageError) as caught:
        url(override=given)

    assert caught.value.exit_status == 2


def test_a_forgotten_scheme_is_suggested():
    with pytest.raises(UsageError) as caught:
        url(override="localhost:8080")

    assert caught.value.hint == "did you mean 'http://localhost:8080'?"
