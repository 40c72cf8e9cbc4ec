"""An operation and argument values as a request (checklist A-56 to A-58, D13)."""

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arazzo_runner.errors import ArazzoError, PolicyError
from arazzo_runner.messages import (
    ABSENT,
    NO_BODIES,
    Argument,
    Call,
    File,
    Records,
    Secret,
)
from arazzo_runner.openapi.document import Document, MemoryParts
from arazzo_runner.openapi.operations import find_by_pointer
from arazzo_runner.openapi.requests import RequestError, build_request

SERVER = "https://api.test/v1"


class Bodies:
    def __init__(self, text):
        self.content = text

    def text(self, file):
        return self.content


def build(
    *arguments,
    path="/pets",
    method="get",
    operation=None,
    server=SERVER,
    headers=(),
    bodies=NO_BODIES,
    **call,
):
    content = {"openapi": "3.1.0", "paths": {path: {method: operation or {}}}}
    document = Document(MemoryParts.of(content), "a.yaml", "api")
    pointer = f"/paths/{path.replace('~', '~0').replace('/', '~1')}/{method}"
    given = tuple(
        Argument(name, location, value) for location, name, value in arguments
    )
    return build_request(
        find_by_pointer(document, pointer),
        Call(source="api", operation=pointer, arguments=given, **call),
        server=server,
        bodies=bodies,
        headers=headers,
    )


def fields(request):
    return dict(request.headers)


# --- the URL ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "server, path, url",
    [
        ("https://api.test", "/pets", "https://api.test/pets"),
        ("https://api.test/", "/pets", "https://api.test/pets"),
        ("https://api.test/v1/", "/pets", "https://api.test/v1/pets"),
        ("https://api.test/v1", "/", "https://api.test/v1/"),
        ("HTTP://api.test:8080/a%20b", "/pets", "http://api.test:8080/a%20b/pets"),
        ("https://api.test?key=1", "/pets", "https://api.test/pets?key=1"),
        ("https://[::1]:8080", "/pets", "https://[::1]:8080/pets"),
        ("https://api.test", "/a b/é", "https://api.test/a%20b/%C3%A9"),
        ("https://api.test", "/pets#list", "https://api.test/pets"),
    ],
)
def test_the_url_is_the_server_and_the_path(server, path, url):
    assert build(server=server, path=path).url == url


def test_arguments_go_to_their_places():
    request = build(
        ("path", "id", "a/b c"),
        ("query", "limit", 10),
        ("query", "tag", ["x", "y"]),
        ("header", "X-Trace", True),
        ("cookie", "sid", "1"),
        ("cookie", "lang", "en"),
        path="/pets/{id}:show",
        method="get",
    )

    assert request.method == "GET"
    assert request.url == f"{SERVER}/pets/a%2Fb%20c:show?limit=10&tag=x&tag=y"
    assert request.headers == (
        ("X-Trace", "true"),
        ("Cookie", "sid=1; lang=en"),
        ("Accept", "*/*"),
    )
    assert request.body == ()


def test_declared_styles_are_followed():
    declared = [
        {"name": "id", "in": "path", "style": "matrix"},
        {"name": "at", "in": "query", "style": "deepObject"},
        {"name": "X-A", "in": "header", "explode": True},
    ]

    request = build(
        ("path", "id", [1, 2]),
        ("query", "at", {"x": 1}),
        ("header", "x-a", {"k": "v"}),
        path="/pets/{id}",
        operation={"parameters": declared},
    )

    assert request.url == f"{SERVER}/pets/;id=1,2?at%5Bx%5D=1"
    assert fields(request)["x-a"] == "k=v"


@pytest.mark.parametrize(
    "arguments, query",
    [
        ([], "Action=Run&Version=1"),
        ([("query", "Action", "Stop")], "Version=1&Action=Stop"),
        ([("query", "n", None)], "Action=Run&Version=1"),
    ],
)
def test_a_query_in_the_path_key_is_merged(arguments, query):
    """Amazon EC2 is described with ``/?Action=RunInstances``."""
    request = build(*arguments, path="/?Action=Run&Version=1")

    assert request.url == f"{SERVER}/?{query}"


def test_path_arguments_that_the_template_lacks_are_left_out():
    """A workflow's parameters are passed to every step (checklist A-55)."""
    assert build(("path", "other", "x")).url == f"{SERVER}/pets"


@pytest.mark.parametrize("value", [None, ABSENT, [], {}])
def test_a_path_variable_without_a_value_is_an_error(value):
    with pytest.raises(
        RequestError, match=r"'id' of GET /pets/\{id\} has no value"
    ) as caught:
        build(("path", "id", value), path="/pets/{id}")

    assert caught.value.code == "AZ604"


@pytest.mark.parametrize("value", ["", ".", "..", "a\nb", "\x00", "a\x7f", ["."]])
def test_a_path_value_that_would_ask_for_another_path_is_refused(value):
    with pytest.raises(PolicyError, match="'id'") as caught:
        build(("path", "id", value), path="/pets/{id}")

    assert caught.value.exit_status == 7


@pytest.mark.parametrize(
    "path, arguments",
    [
        ("/.{a}", [("path", "a", "")]),
        ("/{a}.", [("path", "a", ".")]),
        ("/a/../b", []),
        ("/%2e%2E/b", []),
        ("/.{a}", [("path", "a", ".")]),
    ],
)
def test_dot_segments_are_refused_however_they_come_about(path, arguments):
    with pytest.raises(PolicyError):
        build(*arguments, path=path)


@pytest.mark.parametrize("value", ["...", ".a", "a..b", "%2e%2e", "..;x", "a:b@c"])
def test_path_values_with_dots_that_stay_in_their_segment_are_sent(value):
    request = build(("path", "id", value), path="/pets/{id}/x")

    assert request.url.count("/") == f"{SERVER}/pets/_/x".count("/")


@given(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1),
    st.sampled_from(["simple", "label", "matrix"]),
    st.booleans(),
)
def test_no_path_value_changes_the_path_around_it(value, style, reserved):
    """D13: the final path starts with the server's and ends as the template does."""
    declared = {"name": "id", "in": "path", "style": style, "allowReserved": reserved}
    try:
        url = build(
            ("path", "id", value),
            path="/pets/{id}/end",
            operation={"parameters": [declared]},
        ).url
    except PolicyError:
        return

    parts = urlsplit(url)
    assert (parts.netloc, parts.query, parts.fragment) == ("api.test", "", "")
    segments = parts.path.split("/")
    assert segments[:3] == ["", "v1", "pets"]
    assert segments[4:] == ["end"]
    assert segments[3] not in ("", ".", "..")


@given(
    st.text(st.characters(exclude_categories=["Cs"])), st.text(min_size=1, max_size=3)
)
def test_no_query_value_changes_the_url_around_it(value, name):
    try:
        parts = urlsplit(build(("query", name, value)).url)
    except RequestError:
        return

    assert (parts.netloc, parts.path, parts.fragment) == ("api.test", "/v1/pets", "")
    assert parts.query.count("&") == 0
    assert parts.query.count("=") == 1


@pytest.mark.parametrize(
    "server",
    [
        "https://user:pw@api.test",
        "https://api.test@evil.test",
        "ftp://api.test",
        "api.test",
        "https://",
        "https://api.test/a/../b",
        "https://api.test/a b",
        "https://api.test\r\n.evil.test",
        "https://[api.test",
    ],
)
def test_a_server_that_is_no_plain_url_is_refused(server):
    with pytest.raises(PolicyError) as caught:
        build(server=server)

    assert "pw" not in str(caught.value)


# --- fields -----------------------------------------------------------------------------


def test_reserved_headers_are_sent_as_the_author_gives_them():
    """OpenAPI ignores such declarations; 282 published steps set them."""
    request = build(
        ("header", "Authorization", "Bearer x"),
        ("header", "Accept", "text/csv"),
        ("header", "Content-Type", "application/json; v=2"),
        method="post",
        content_type="application/json",
        body={"a": 1},
    )

    assert fields(request) == {
        "Authorization": "Bearer x",
        "Accept": "text/csv",
        "Content-Type": "application/json; v=2",
    }
    assert request.body == (b'{"a":1}',)


def test_a_content_type_header_decides_when_the_body_has_no_type():
    request = build(
        ("header", "content-type", "text/plain"),
        method="post",
        body="12",
        content_type="",
    )

    assert request.body == (b"12",)
    assert fields(request)["content-type"] == "text/plain"


def test_only_we_know_the_boundary():
    request = build(
        ("header", "Content-Type", "multipart/form-data"),
        method="post",
        content_type="multipart/form-data",
        body={"a": "1"},
    )

    assert fields(request)["Content-Type"].startswith("multipart/form-data; boundary=")


def test_accept_comes_from_the_responses():
    described = {"responses": {"200": {"content": {"application/x-jsonl": {}}}}}

    request = build(operation=described)

    assert fields(request)["Accept"] == "application/x-jsonl, */*;q=0.1"


def test_the_users_headers_replace_the_authors():
    request = build(
        ("header", "x-key", "author"),
        headers=(("X-Key", "user"), ("Accept", "*/*"), ("Host", "other.test")),
    )

    assert request.headers == (
        ("X-Key", "user"),
        ("Accept", "*/*"),
        ("Host", "other.test"),
    )


def test_cookies_join_a_cookie_header():
    request = build(("header", "cookie", "a=1"), ("cookie", "b", "2"))

    assert fields(request)["cookie"] == "a=1; b=2"


@pytest.mark.parametrize(
    "name", ["Host", "Transfer-Encoding", "connection", "TE", "Upgrade", "Keep-Alive"]
)
def test_fields_of_the_connection_cannot_be_set(name):
    with pytest.raises(PolicyError, match=name):
        build(("header", name, "x"))


def test_content_length_is_counted_not_copied():
    """Backblaze's published workflows pass it as a parameter."""
    request = build(("header", "Content-Length", 5), method="post", body="abc")

    assert "content-length" not in {name.lower() for name in fields(request)}


@pytest.mark.parametrize("value", ["a\r\nX: 1", "a\nb", "a\x00", "\x1b[0m", "a\x7f"])
def test_a_header_value_cannot_end_its_line(value):
    with pytest.raises(PolicyError, match="'X-A'"):
        build(("header", "X-A", value))
    with pytest.raises(PolicyError, match="'X-A'"):
        build(headers=(("X-A", value),))


@pytest.mark.parametrize("name", ["a b", "a:b", "", "a\r\nb", "é", "a/b"])
def test_a_header_name_is_a_token(name):
    with pytest.raises(PolicyError, match="name of a header"):
        build(("header", name, "x"))


def test_cookies_cannot_add_cookies():
    request = build(("cookie", "a", "1; admin=1\r\n"))

    assert fields(request)["Cookie"] == "a=1%3B%20admin=1%0D%0A"


def test_spaces_around_a_header_value_are_not_part_of_it():
    assert fields(build(("header", "X-A", " a b\t")))["X-A"] == "a b"


def test_empty_header_values_are_sent():
    assert fields(build(("header", "X-A", "")))["X-A"] == ""


def test_half_a_surrogate_pair_is_no_header():
    with pytest.raises(RequestError, match="'X-A'"):
        build(("header", "X-A", "\ud800"))


# --- values and bodies ------------------------------------------------------------------


def test_a_file_as_a_parameter_is_its_text_without_the_last_line_end():
    """``-i apiKey=@key.txt``: the line break of the file is not part of the key."""
    key = File("/k", "key.txt", "0", 4)

    request = build(("header", "X-Key", key), bodies=Bodies("abc\r\n"))

    assert fields(request)["X-Key"] == "abc"


def test_records_as_a_parameter_are_an_array():
    assert build(("query", "n", Records(text="1\n2"))).url.endswith("?n=1&n=2")


@pytest.mark.parametrize("location", ["path", "query", "header", "cookie"])
def test_a_secret_that_is_not_revealed_is_a_defect(location):
    with pytest.raises(ValueError, match="Secret"):
        build((location, "id", Secret("k")), path="/{id}")


def test_a_body_gets_the_type_that_the_operation_accepts():
    described = {"requestBody": {"content": {"application/x-www-form-urlencoded": {}}}}

    request = build(method="post", operation=described, body={"a": [1, 2]})

    assert request.body == (b"a=1&a=2",)
    assert fields(request)["Content-Type"] == "application/x-www-form-urlencoded"


def test_a_null_body_is_sent():
    request = build(method="post", content_type="application/json", body=None)

    assert request.body == (b"null",)


@pytest.mark.parametrize("method", ["get", "delete", "head"])
def test_a_body_is_sent_with_any_method(method):
    """R-STEP-22: permitted where HTTP gives it no meaning."""
    request = build(method=method, content_type="application/json", body={"a": 1})

    assert request.body == (b'{"a":1}',)


def test_equal_calls_are_equal_requests():
    """A poll is a request that equals the one before it."""
    arguments = [("path", "id", "1"), ("query", "q", {"a": 1}), ("header", "X", "y")]

    assert build(*arguments, path="/{id}") == build(*arguments, path="/{id}")


@given(st.text(), st.sampled_from(["path", "query", "header", "cookie"]))
def test_any_text_gives_a_request_or_an_error_of_ours(value, location):
    try:
        request = build((location, "id", value), path="/{id}")
    except ArazzoError:
        return
    except ValueError as error:
        pytest.fail(repr(error))
    assert request.url.isascii()
