"""Reading documents, and what a document may not reach (checklist R-DOC-14 to R-DOC-17)."""

import gzip
import io
import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx2
import pytest

from arazzo_runner.errors import DocumentError, Location, PolicyError
from arazzo_runner.loader.fetch import Fetch, is_public
from arazzo_runner.loader.retrieve import Retrieved, allowed_root, retrieve
from arazzo_runner.loader.sources import find_source
from arazzo_runner.model import SourceDescription

DOCUMENT = b"arazzo: 1.0.1\n"
PLACE = Location("pets.yaml", 5, 10)


@pytest.fixture
def project(tmp_path):
    """A folder that documents may read in, with a file beside it that they may not."""
    (tmp_path / "outside.yaml").write_bytes(DOCUMENT)
    folder = tmp_path / "project"
    for name in ("arazzo", "openapi"):
        (folder / name).mkdir(parents=True)
    (folder / "arazzo.toml").touch()
    (folder / "arazzo" / "pets.arazzo.yaml").write_bytes(DOCUMENT)
    (folder / "openapi" / "petstore.yaml").write_bytes(b"openapi: 3.1.0\n")
    return folder


@pytest.fixture
def entry(project):
    return str(project / "arazzo" / "pets.arazzo.yaml")


# --- named by the user ------------------------------------------------------------------


def test_a_path_is_shown_as_the_user_wrote_it(project, monkeypatch):
    monkeypatch.chdir(project)

    got = retrieve("./arazzo/pets.arazzo.yaml")

    assert (got.data, got.uri) == (DOCUMENT, "./arazzo/pets.arazzo.yaml")
    assert got.path is not None
    assert got.path.read_bytes() == DOCUMENT


def test_a_file_url_is_a_path(tmp_path):
    (tmp_path / "two words.yaml").write_bytes(DOCUMENT)

    got = retrieve(f"file://{tmp_path}/two%20words.yaml")

    assert (got.data, got.uri) == (DOCUMENT, f"{tmp_path}/two words.yaml")


def test_a_users_path_is_not_a_url(tmp_path):
    path = tmp_path / "100%25 #1?.yaml"
    path.write_bytes(DOCUMENT)

    assert retrieve(str(path)).data == DOCUMENT


def test_a_dash_is_standard_input():
    got = retrieve("-", stdin=io.BytesIO(DOCUMENT))

    assert got == Retrieved(DOCUMENT, "<stdin>", None, "<stdin>")


def test_a_user_may_name_a_pipe():
    """As the shell does for ``<(command)``."""
    reading, writing = os.pipe()
    os.write(writing, DOCUMENT)
    os.close(writing)

    try:
        got = retrieve(f"/dev/fd/{reading}")
    finally:
        os.close(reading)

    assert got.data == DOCUMENT


def test_a_user_may_name_any_file(project, entry):
    link = project / "link.yaml"
    link.symlink_to(project.parent / "outside.yaml")

    assert retrieve(str(link)).data == DOCUMENT


@pytest.mark.parametrize(
    "name, message, hint",
    [
        ("petstor.yaml", "there is no file", "did you mean 'petstore.yaml'?"),
        ("zzz", "there is no file", "'petstore.yaml'"),
        ("gone/petstore.yaml", "there is no file", "there is no folder"),
        ("petstore.yaml/x.yaml", "there is no file", "there is no folder"),
        (".", "is a folder", "'petstore.yaml'"),
        ("a\0b", "cannot be read", ""),
        ("x" * 300, "cannot be read", ""),
    ],
)
def test_a_file_that_cannot_be_read_is_az101_with_what_is_there(
    project, name, message, hint
):
    with pytest.raises(DocumentError) as caught:
        retrieve(f"{project}/openapi/{name}")

    assert caught.value.code == "AZ101"
    assert caught.value.exit_status == 3
    assert message in caught.value.message
    assert hint in (caught.value.hint or "")


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may read all")
def test_a_file_without_permission_says_so(entry):
    os.chmod(entry, 0)  # noqa: PTH101

    with pytest.raises(DocumentError, match="no permission"):
        retrieve(entry)


@pytest.mark.parametrize("reference", ["ftp://example.com/a.yaml", "s3://bucket/a"])
def test_other_schemes_are_refused(reference):
    with pytest.raises(DocumentError, match="only files and http") as caught:
        retrieve(reference)

    assert caught.value.code == "AZ101"


def test_a_file_of_another_computer_is_refused():
    with pytest.raises(DocumentError, match="another computer"):
        retrieve("file://server/share/a.yaml")


def test_the_limit_is_the_largest_size_that_is_read(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_bytes(b"x" * 10)

    assert retrieve(str(path), limit=10).data == b"x" * 10
    for read in (
        lambda: retrieve(str(path), limit=9),
        lambda: retrieve("-", stdin=io.BytesIO(b"x" * 10), limit=9),
    ):
        with pytest.raises(DocumentError, match="larger than 9 bytes") as caught:
            read()
        assert caught.value.code == "AZ104"


# --- named by a local document ----------------------------------------------------------


@pytest.mark.parametrize(
    "reference",
    [
        "../openapi/petstore.yaml",
        "./../openapi/petstore.yaml",
        "../openapi/petstore.yaml#/paths",
        "../openapi/pet%73tore.yaml",
    ],
)
def test_a_reference_is_relative_to_the_document_not_to_the_working_directory(
    entry, reference
):
    """R-DOC-15"""
    got = retrieve(reference, base=entry)

    assert got.data == b"openapi: 3.1.0\n"
    assert got.uri.endswith("project/openapi/petstore.yaml")


def test_a_relative_document_keeps_its_references_relative(project, monkeypatch):
    monkeypatch.chdir(project / "arazzo")

    got = retrieve("../openapi/petstore.yaml", base="pets.arazzo.yaml")

    assert got.uri == "../openapi/petstore.yaml"


def test_references_of_standard_input_are_relative_to_the_working_directory(
    project, monkeypatch
):
    monkeypatch.chdir(project)

    assert retrieve("openapi/petstore.yaml", base="<stdin>").data


def test_the_written_name_is_tried_before_the_decoded_one(entry, project):
    (project / "openapi" / "a%20b.yaml").write_bytes(b"as written")
    (project / "openapi" / "a b.yaml").write_bytes(b"decoded")

    assert retrieve("../openapi/a%20b.yaml", base=entry).data == b"as written"


@pytest.mark.parametrize(
    "reference",
    [
        "../../outside.yaml",
        "%2e%2e/%2e%2e/outside.yaml",
        "file://{parent}/outside.yaml",
        "{parent}/outside.yaml",
        "../link.yaml",
        "../linked/outside.yaml",
    ],
)
def test_a_document_reaches_no_file_outside_its_root(entry, project, reference):
    """Security D4: not by ``..``, not by a URL, not through a symbolic link."""
    (project / "link.yaml").symlink_to(project.parent / "outside.yaml")
    (project / "linked").symlink_to(project.parent)
    at = Location(entry, 5, 10)

    with pytest.raises(PolicyError) as caught:
        retrieve(reference.format(parent=project.parent), base=entry, at=at)

    assert caught.value.exit_status == 7
    assert caught.value.location == at


def test_a_document_does_not_learn_what_lies_outside(entry):
    with pytest.raises(DocumentError) as caught:
        retrieve("../../outsid.yaml", base=entry)

    assert caught.value.hint is None


@pytest.mark.skipif(os.name == "nt", reason="there are no named pipes")
def test_a_document_may_not_name_a_pipe(entry, project):
    os.mkfifo(project / "openapi" / "pipe")

    with pytest.raises(DocumentError, match="not a regular file"):
        retrieve("../openapi/pipe", base=entry)


def test_a_document_may_not_name_standard_input(entry):
    with pytest.raises(DocumentError, match="there is no file"):
        retrieve("-", base=entry, stdin=io.BytesIO(DOCUMENT))


@pytest.mark.parametrize(
    "mark, document, root",
    [
        ("a/.git", "a/b/c/d/e/x.yaml", "a"),
        ("a/b/arazzo.toml", "a/b/c/d/e/x.yaml", "a/b"),
        ("a/b/c/.git", "a/b/x.yaml", "."),
        (None, "a/b/c/d/e/x.yaml", "a/b/c"),
    ],
)
def test_the_root_is_the_repository_else_the_third_ancestor(
    tmp_path, mark, document, root
):
    (tmp_path / "a/b/c/d/e").mkdir(parents=True)
    if mark is not None:
        (tmp_path / mark).touch()

    assert allowed_root(str(tmp_path / document)) == (tmp_path / root).resolve()


def test_the_root_of_the_file_system_is_no_root():
    assert allowed_root("/only-folder/x.yaml").name == "only-folder"


# --- the network ------------------------------------------------------------------------


class Site(BaseHTTPRequestHandler):
    """Answers by path; keeps the header fields of every request."""

    def do_GET(self):
        self.server.seen.append((self.path, dict(self.headers)))
        status, headers, body = self.server.pages.get(self.path, (404, {}, b""))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args):
        pass


@pytest.fixture
def site(monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        server.url = f"http://127.0.0.1:{server.server_port}"
        server.pages, server.seen = {}, []
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_a_url_is_fetched_without_credentials_and_with_an_honest_name(site):
    site.pages["/a.yaml"] = (200, {"Content-Type": "application/yaml"}, DOCUMENT)

    got = retrieve(f"{site.url}/a.yaml#part")

    assert got.data == DOCUMENT
    assert (got.uri, got.path) == (f"{site.url}/a.yaml", None)
    [(_, headers)] = site.seen
    assert headers["User-Agent"].startswith("arazzo/")
    assert not {"Authorization", "Cookie"} & set(headers)


def test_redirects_are_followed_and_the_last_url_is_the_documents(site):
    site.pages["/a"] = (302, {"Location": "/b/"}, b"")
    site.pages["/b/"] = (301, {"Location": "../c/pets.yaml"}, b"")
    site.pages["/c/pets.yaml"] = (200, {}, DOCUMENT)

    got = retrieve(f"{site.url}/a")

    assert (got.uri, got.asked) == (f"{site.url}/c/pets.yaml", f"{site.url}/a")


def test_five_redirects_are_the_most(site):
    for number in range(7):
        site.pages[f"/{number}"] = (302, {"Location": f"/{number + 1}"}, b"")
    site.pages["/7"] = (200, {}, DOCUMENT)

    assert retrieve(f"{site.url}/2").data == DOCUMENT
    with pytest.raises(DocumentError, match="more than 5 times"):
        retrieve(f"{site.url}/1")


@pytest.mark.parametrize(
    "location", ["file:///etc/passwd", "ftp://127.0.0.1/a", "http://user:pw@127.0.0.1/"]
)
def test_a_redirect_leads_to_no_other_scheme_and_to_no_password(site, location):
    site.pages["/a"] = (302, {"Location": location}, b"")

    with pytest.raises(PolicyError) as caught:
        retrieve(f"{site.url}/a")

    assert "pw" not in str(caught.value)


def test_a_redirect_never_leaves_https():
    fetch = Fetch()

    same = fetch.redirected(httpx2.URL("https://example.com/a"), "/b")
    with pytest.raises(PolicyError, match="from https to http"):
        fetch.redirected(httpx2.URL("https://example.com/a"), "http://example.com/b")

    assert str(same) == "https://example.com/b"


@pytest.mark.parametrize("status", [204, 206, 304, 400, 404, 500])
def test_any_status_but_200_is_az101(site, status):
    site.pages["/a"] = (status, {}, b"")

    with pytest.raises(DocumentError, match=f"answered {status}") as caught:
        retrieve(f"{site.url}/a")

    assert caught.value.code == "AZ101"


def test_a_document_behind_a_login_says_how_to_go_on(site):
    site.pages["/a"] = (401, {}, b"")

    with pytest.raises(DocumentError) as caught:
        retrieve(f"{site.url}/a")

    assert "download it" in (caught.value.hint or "")


def test_the_limit_counts_decompressed_bytes(site):
    packed = gzip.compress(b"x" * 1_000_000)
    site.pages["/a"] = (200, {"Content-Encoding": "gzip"}, packed)

    assert len(packed) < 2000
    assert len(retrieve(f"{site.url}/a", limit=1_000_000).data) == 1_000_000
    with pytest.raises(DocumentError) as caught:
        retrieve(f"{site.url}/a", limit=999_999)
    assert caught.value.code == "AZ104"


@pytest.mark.parametrize(
    "media, body, accepted",
    [
        ("application/vnd.oai.workflows", DOCUMENT, True),
        ("application/vnd.oai.workflows+yaml;version=1.0.1", DOCUMENT, True),
        ("text/plain; charset=utf-8", DOCUMENT, True),
        ("application/octet-stream", DOCUMENT, True),
        ("text/html", DOCUMENT, True),
        ("Text/HTML", b"\n <!doctype html><title>Sign in</title>", False),
        ("image/png", b"\x89PNG", False),
    ],
)
def test_media_types_are_checked_loosely(site, media, body, accepted):
    """R-DOC-17"""
    site.pages["/a"] = (200, {"Content-Type": media}, body)

    if accepted:
        assert retrieve(f"{site.url}/a").data == body
    else:
        with pytest.raises(DocumentError) as caught:
            retrieve(f"{site.url}/a")
        assert caught.value.code == "AZ107"


def test_a_server_that_is_down_is_az101(site):
    url = site.url
    site.server_close()

    with pytest.raises(DocumentError, match="cannot be fetched") as caught:
        retrieve(f"{url}/a", timeout=0.5)

    assert caught.value.code == "AZ101"


def test_an_answer_that_does_not_come_is_az101(site):
    """The 10 s of a fetch, here none at all."""
    site.pages["/a"] = (200, {}, DOCUMENT)

    with pytest.raises(DocumentError, match="did not answer within 0 s"):
        retrieve(f"{site.url}/a", timeout=0)


@pytest.mark.parametrize(
    "url", ["http://", "http://[::1", "http://a b/", "http://\x00/"]
)
def test_a_url_that_is_none_is_az101(url):
    with pytest.raises(DocumentError) as caught:
        retrieve(url)

    assert caught.value.code == "AZ101"


def test_a_local_document_may_name_a_url(site, entry):
    site.pages["/petstore.yaml"] = (200, {}, DOCUMENT)

    assert retrieve(f"{site.url}/petstore.yaml", base=entry).data == DOCUMENT


# --- named by a document from the network -----------------------------------------------


def test_references_of_a_remote_document_are_relative_to_its_url(site):
    site.pages["/apis/petstore.yaml"] = (200, {}, DOCUMENT)
    entry = f"{site.url}/workflows/pets.yaml"

    got = retrieve("../apis/petstore.yaml", base=entry, entry=entry)

    assert got.uri == f"{site.url}/apis/petstore.yaml"


@pytest.mark.parametrize(
    "reference",
    [
        "file:///etc/passwd",
        "FILE:/etc/passwd",
        "data:,x",
        "nothing:/etc/passwd",
        "c:/x",
    ],
)
def test_a_remote_document_never_reaches_a_file(reference):
    with pytest.raises(PolicyError, match="may only refer to http"):
        retrieve(reference, base="https://example.com/pets.yaml")


def test_a_path_in_a_remote_document_is_one_of_its_server(site):
    with pytest.raises(DocumentError, match="answered 404"):
        retrieve("/etc/passwd", base=f"{site.url}/a", entry=f"{site.url}/a")

    assert [path for path, _ in site.seen] == ["/etc/passwd"]


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "0x7f.1",
        "2130706433",
        "[::ffff:169.254.169.254]",
        "169.254.169.254",
    ],
)
def test_a_remote_document_reaches_no_private_address(site, host):
    """Security D3: checked after the name is resolved, and nothing is sent."""
    with pytest.raises(PolicyError, match="is not public"):
        retrieve(
            f"http://{host}:{site.server_port}/a",
            base="https://example.com/pets.yaml",
            entry="https://example.com/pets.yaml",
        )

    assert site.seen == []


def test_sources_of_a_remote_document_are_fetched_from_its_host(site):
    site.pages["/a/pets.yaml"] = (200, {}, DOCUMENT)
    site.pages["/b/petstore.yaml"] = (200, {}, b"openapi: 3.1.0\n")
    entry = retrieve(f"{site.url}/a/pets.yaml")

    def find(url):
        source = SourceDescription(name="pets", url=url)
        return find_source(
            source, entry, override=None, strict=False, locate=lambda _path: PLACE
        )

    assert find("../b/petstore.yaml").retrieved.uri == f"{site.url}/b/petstore.yaml"
    with pytest.raises(DocumentError, match="answered 404") as caught:
        find("petstore.yaml")
    assert (caught.value.code, caught.value.location) == ("AZ301", PLACE)
    with pytest.raises(PolicyError, match="is not public"):
        find(f"http://localhost:{site.server_port}/b/petstore.yaml")


def test_a_redirect_reaches_no_private_address(site):
    site.pages["/a"] = (302, {"Location": "http://169.254.169.254/latest"}, b"")

    with pytest.raises(PolicyError, match="is not public"):
        retrieve(f"{site.url}/a")


def test_only_the_host_the_user_typed_is_trusted_not_one_he_was_redirected_to(site):
    with pytest.raises(PolicyError):
        retrieve("b", base=f"{site.url}/a", entry="https://example.com/pets.yaml")


def test_a_host_that_is_not_trusted_is_called_by_the_address_that_was_checked():
    """A name server that changes its mind (DNS rebinding) changes nothing."""
    answers = iter([["93.184.216.34"], ["127.0.0.1"]])
    fetch = Fetch(resolve=lambda _host, _port: next(answers))

    with httpx2.Client() as client:
        request = fetch.request(
            client, httpx2.URL("https://api.example.com:8443/a?b=c")
        )

    assert str(request.url) == "https://93.184.216.34:8443/a?b=c"
    assert request.headers["Host"] == "api.example.com:8443"
    assert request.extensions["sni_hostname"] == "api.example.com"


def test_one_private_address_among_several_is_enough_to_refuse():
    fetch = Fetch(resolve=lambda _host, _port: ["2606:4700::1111", "10.0.0.1"])

    with httpx2.Client() as client, pytest.raises(PolicyError, match=r"10\.0\.0\.1"):
        fetch.request(client, httpx2.URL("https://example.com/"))


def test_an_ipv6_address_is_called_in_brackets():
    fetch = Fetch(resolve=lambda _host, _port: ["2606:4700::1111"])

    with httpx2.Client() as client:
        request = fetch.request(client, httpx2.URL("https://example.com/"))

    assert str(request.url) == "https://[2606:4700::1111]/"


ADDRESSES = {
    True: """
        1.1.1.1 8.8.8.8 93.184.216.34 172.15.255.255 172.32.0.1 100.63.0.1 100.128.0.1
        2606:4700::1111 2001:4860:4860::8888 ::ffff:8.8.8.8 64:ff9b::808:808
        2002:808:808::
    """,
    False: """
        0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.127.255.255 127.0.0.1
        127.255.255.254 169.254.169.254 169.254.0.1 172.16.0.1 172.31.255.255 192.0.0.1
        192.0.2.1 192.168.0.1 192.168.255.255 198.18.0.1 198.51.100.1 203.0.113.1
        224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255 :: ::1 ::127.0.0.1 fe80::1
        fe80::1%eth0 fc00::1 fd00:ec2::254 fec0::1 ff02::1 ff0e::1 ::ffff:127.0.0.1
        ::ffff:169.254.169.254 ::ffff:10.0.0.1 64:ff9b::7f00:1 64:ff9b::a9fe:a9fe
        64:ff9b:1::1 2002:7f00:1:: 2002:a9fe:a9fe:: 2001:db8::1 2001::1 100::1
    """,
}


@pytest.mark.parametrize(
    "address, public",
    [(each, public) for public, text in ADDRESSES.items() for each in text.split()],
)
def test_which_addresses_are_public(address, public):
    assert is_public(address) == public
