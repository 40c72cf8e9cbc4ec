"""
Descriptions of several documents: who is who, what is read, and what it may not reach.

https://spec.openapis.org/arazzo/v1.1.0.html#parsing-documents
https://spec.openapis.org/arazzo/v1.1.0.html#establishing-the-base-uri
"""

import io
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from arazzo_runner.errors import DocumentError, PolicyError, UsageError
from arazzo_runner.loader import registry
from arazzo_runner.opening import open_description, open_unit

API = """\
openapi: 3.1.0
info: {title: Pets, version: '1'}
servers: [{url: https://api.test}]
paths: {/pets: {get: {operationId: listPets, responses: {}}}}
"""
EVENTS = "asyncapi: 3.0.0\noperations: {placed: {action: send}}\n"


def text(*sources, own=None, arazzo="1.1.0", operation="listPets"):
    """An Arazzo document; a source is ``name=url`` or ``name=url=type``."""
    lines = [f"arazzo: {arazzo}"]
    if own is not None:
        lines.append(f"$self: {own}")
    lines += ["info: {title: t, version: '1'}", "sourceDescriptions:"]
    for source in sources:
        name, url, *type_ = source.split("=")
        lines.append(f"- {{name: {name}, url: '{url}'")
        lines[-1] += f", type: {type_[0]}}}" if type_ else "}"
    lines += [
        "workflows:",
        f"- {{workflowId: main, steps: [{{stepId: a, operationId: {operation}}}]}}",
    ]
    return "\n".join(lines) + "\n"


@pytest.fixture
def folder(tmp_path):
    """Writes files into a repository; the entry is ``main.yaml``."""

    class Folder:
        path = tmp_path / "repository"

        def write(self, **files):
            for name, content in files.items():
                path = self.path / (name.replace("__", "/") + ".yaml")
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(content)

        def open(self, *, name="main.yaml", **options):
            return open_unit(str(self.path / name), **options)

    made = Folder()
    made.path.mkdir()
    (made.path / ".git").mkdir()
    return made


@pytest.fixture
def site(monkeypatch):
    """A web server: `pages` by path, and `seen`."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)

    class Site(BaseHTTPRequestHandler):
        def do_GET(self):
            self.server.seen.append(self.path)
            found = self.server.pages.get(self.path)
            headers = {}
            if isinstance(found, tuple):
                found, headers = found
            status = 404 if found is None else 302 if "Location" in headers else 200
            body = (found or "").encode()
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        server.url = f"http://127.0.0.1:{server.server_port}"
        server.pages, server.seen = {}, []
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def codes(problems):
    return [problem.code for problem in problems]


# --- kinds of documents -----------------------------------------------------------------


@pytest.mark.parametrize("declared", ["", "=openapi"])
def test_an_openapi_source(folder, declared):
    """R-SRC-05, R-SRC-06, A-65: a missing type is seen from the document."""
    folder.write(main=text(f"pets=api.yaml{declared}"), api=API)

    sources = folder.open().unit.sources

    assert list(sources.documents) == ["pets"]
    assert sources.documents["pets"].name == "pets"
    assert sources.failures == {}


@pytest.mark.parametrize("declared", ["", "=arazzo"])
def test_an_arazzo_source(folder, declared):
    """R-DOC-10, R-DOC-11, R-COMP-04: it comes with the sources that it names itself."""
    folder.write(
        main=text(f"child=flows/child.yaml{declared}"),
        flows__child=text("pets=../api.yaml"),
        api=API,
    )

    unit = folder.open().unit

    child = unit.sources.descriptions["child"]
    assert list(unit.sources.documents) == []
    assert child.description.uri == str(folder.path / "flows/child.yaml")
    assert child.sources.documents["pets"].uri == str(folder.path / "api.yaml")


@pytest.mark.parametrize("declared", ["", "=asyncapi"])
def test_an_asyncapi_source(folder, declared):
    """N-SRC-01"""
    folder.write(main=text(f"events=events.yaml{declared}"), events=EVENTS)

    events = folder.open().unit.sources.asyncapi["events"]

    assert events.operation("placed").action == "send"
    assert events.locate(("operations", "placed")).line == 2


@pytest.mark.parametrize(
    "declared, content, code, words",
    [
        ("openapi", text("a=b.yaml"), "AZ302", "an Arazzo document"),
        ("openapi", EVENTS, "AZ302", "an AsyncAPI document"),
        ("arazzo", API, "AZ105", "an OpenAPI description, not an Arazzo document"),
        ("arazzo", EVENTS, "AZ105", "an AsyncAPI description"),
        ("arazzo", "a: 1", "AZ105", "no field 'arazzo'"),
        ("asyncapi", API, "AZ317", "an OpenAPI document"),
        ("asyncapi", text("a=b.yaml"), "AZ317", "an Arazzo document"),
        ("asyncapi", "a: 1", "AZ317", "something else"),
        ("asyncapi", "[1]", "AZ317", "something else"),
        ("", "a: 1", "AZ302", "without the field 'openapi'"),
        ("", "swagger: '1.2'", "AZ302", "another version than 2.0"),
        ("", "a: [", "AZ102", ""),
        ("arazzo", "a: [", "AZ102", ""),
        ("asyncapi", "a: [", "AZ102", ""),
    ],
)
def test_a_source_of_another_kind_than_it_says_is_a_failure(
    folder, declared, content, code, words
):
    """A-65: with the place of the source description that names it."""
    folder.write(
        main=text(f"it=it.yaml={declared}" if declared else "it=it.yaml"), it=content
    )

    (problem,) = folder.open().unit.sources.failures["it"]

    assert problem.code == code
    assert words in problem.message
    assert problem.location.uri == str(folder.path / "it.yaml")
    (place, what), *_ = problem.related
    assert (place.uri, place.line) == (str(folder.path / "main.yaml"), 4)
    assert what == "source description 'it'"


def test_a_kind_is_told_what_to_write(folder):
    folder.write(main=text("it=it.yaml=asyncapi"), it=API)

    (problem,) = folder.open().unit.sources.failures["it"]

    assert problem.hint == "write 'type: openapi'"


def test_all_problems_of_another_document_are_kept(folder):
    """They stop nobody but who needs it, and then all are told."""
    broken = (
        text("pets=api.yaml").replace("title: t, ", "").replace("stepId: a", "x: a")
    )
    folder.write(main=text("child=child.yaml=arazzo", "pets=api.yaml"), child=broken)
    folder.write(api=API)

    sources = folder.open().unit.sources

    assert codes(sources.failures["child"]) == ["AZ201", "AZ201", "AZ203"]
    assert {each.location.uri for each in sources.failures["child"]} == {
        str(folder.path / "child.yaml")
    }
    assert all(each.related for each in sources.failures["child"])
    assert sources.problems() == sources.failures["child"]
    assert list(sources.documents) == ["pets"]


def test_the_entrys_own_problems_stop(folder):
    folder.write(main=text("pets=api.yaml").replace("title: t, ", ""), api=API)

    with pytest.raises(DocumentError) as caught:
        folder.open()

    assert caught.value.code == "AZ201"


def test_a_broken_document_that_two_name_fails_for_both(folder):
    folder.write(
        main=text("a=a.yaml=arazzo", "b=b.yaml"),
        a=text("b=b.yaml=arazzo"),
        b="arazzo: 1.1.0",
    )

    unit = folder.open().unit

    inner = unit.sources.descriptions["a"].sources
    assert codes(unit.sources.failures["b"]) == codes(inner.failures["b"])
    assert inner.failures["b"][0].related[-1][0].uri == str(folder.path / "a.yaml")


def test_failures_of_a_child_stay_with_it(folder):
    folder.write(main=text("child=child.yaml"), child=text("gone=gone.yaml"))

    unit = folder.open().unit

    assert unit.sources.failures == {}
    failures = unit.sources.descriptions["child"].sources.failures
    assert codes(failures["gone"]) == ["AZ301"]


# --- several documents ------------------------------------------------------------------


def test_documents_may_name_each_other(folder):
    """One unit for each document, however it is reached."""
    folder.write(
        main=text("other=flows/other.yaml"), flows__other=text("up=../main.yaml")
    )

    unit = folder.open().unit

    other = unit.sources.descriptions["other"]
    assert other.sources.descriptions["up"] is unit


def test_a_document_may_name_itself(folder):
    folder.write(main=text("me=main.yaml"))

    unit = folder.open().unit

    assert unit.sources.descriptions["me"] is unit


def test_a_document_that_several_name_is_read_once(folder, site):
    site.pages["/api.yaml"] = API
    folder.write(
        main=text(f"pets={site.url}/api.yaml", "child=child.yaml"),
        child=text(f"animals={site.url}/api.yaml"),
    )

    unit = folder.open().unit

    assert site.seen == ["/api.yaml"]
    child = unit.sources.descriptions["child"]
    assert unit.sources.documents["pets"].name == "pets"
    assert child.sources.documents["animals"].name == "animals"


def test_sources_of_the_entry_alone_are_overridden(folder):
    folder.write(
        main=text("pets=gone.yaml", "child=child.yaml"),
        child=text("pets=api.yaml"),
        api=API,
        mine=API,
    )

    unit = folder.open(
        sources={"pets": str(folder.path / "mine.yaml")}, strict=True
    ).unit

    assert unit.sources.documents["pets"].uri == str(folder.path / "mine.yaml")
    child = unit.sources.descriptions["child"]
    assert child.sources.documents["pets"].uri == str(folder.path / "api.yaml")


def test_an_override_may_be_an_arazzo_document(folder, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "child.yaml").write_text(text("pets=api.yaml"))
    (tmp_path / "elsewhere" / "api.yaml").write_text(API)
    folder.write(main=text("child=gone.yaml"))

    child = str(tmp_path / "elsewhere" / "child.yaml")
    unit = folder.open(sources=child).unit

    assert "pets" in unit.sources.descriptions["child"].sources.documents


def test_an_unknown_override(folder):
    folder.write(main=text("pets=api.yaml"), api=API)

    with pytest.raises(UsageError, match="unknown source description"):
        folder.open(sources={"pest": "api.yaml"})


def test_the_warnings_of_all_documents(folder):
    folder.write(
        main=text("child=child.yaml"),
        child=text("pets=sub/api.yaml", arazzo="1.0.1", own="child.yaml"),
        _original__api="x: 1",
        other__api=API,
    )

    opened = folder.open()

    child = opened.unit.sources.descriptions["child"]
    assert codes(child.warnings) == ["AZ518", "AZ505"]
    assert opened.warnings == child.warnings
    assert opened.unit.warnings == ()


def test_strict_holds_for_every_document(folder):
    folder.write(
        main=text("child=child.yaml"),
        child=text("pets=api.yaml", arazzo="1.0.1", own="child.yaml"),
        api=API,
    )

    failures = folder.open(strict=True).unit.sources.failures

    assert codes(failures["child"]) == ["AZ518"]


def test_the_text_of_every_document(folder, site):
    site.pages["/child.yaml"] = text("pets=api.yaml")
    site.pages["/api.yaml"] = API
    folder.write(main=text(f"child={site.url}/child.yaml"))

    opened = folder.open()

    assert opened.text(f"{site.url}/child.yaml") == site.pages["/child.yaml"]
    assert opened.text(f"{site.url}/api.yaml") == API
    assert opened.text(str(folder.path / "main.yaml")).startswith("arazzo")
    assert opened.text("none.yaml") is None


def test_a_document_alone(folder):
    """Nothing that it names is opened."""
    folder.write(main=text("pets=gone.yaml", own="https://example.com/main.yaml"))

    opened = open_description(str(folder.path / "main.yaml"))

    assert opened.description.base_uri == "https://example.com/main.yaml"
    assert opened.unit.sources.failures == {}
    assert (opened.warnings, opened.unit.warnings) == ((), ())
    assert opened.text(opened.description.uri) == opened.retrieved.data.decode()


# --- base URIs --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "own, base",
    [
        (None, "file://{folder}/main.yaml"),
        ("https://example.com/a/b.yaml", "https://example.com/a/b.yaml"),
        ("flows/b.yaml", "file://{folder}/flows/b.yaml"),
        ("/flows/b.yaml", "file:///flows/b.yaml"),
        ("urn:example:b", "urn:example:b"),
    ],
)
def test_the_base_uri(folder, own, base):
    """N-ROOT-04, N-URI-01 to 03: ``$self`` against the place of the document."""
    folder.write(main=text("pets=gone.yaml", own=own))

    description = folder.open().unit.description

    assert description.base_uri == base.format(folder=folder.path)


def test_the_base_uri_of_a_fetched_document(site):
    """RFC 3986, 5.1.3: where it came from in the end, redirects followed."""
    site.pages["/a/main.yaml"] = ("", {"Location": "/v2/main.yaml"})
    site.pages["/v2/main.yaml"] = text("pets=../specs/api.yaml", own="flows/b.yaml")
    site.pages["/v2/specs/api.yaml"] = API

    unit = open_unit(f"{site.url}/a/main.yaml").unit

    assert unit.description.base_uri == f"{site.url}/v2/flows/b.yaml"
    assert unit.sources.documents["pets"].uri == f"{site.url}/v2/specs/api.yaml"


def test_relative_references_start_at_a_relative_self(folder):
    """N-URI-02: before the place of the document itself."""
    folder.write(
        main=text("pets=../specs/api.yaml", own="flows/main.yaml"),
        specs__api=API,
        flows__x="",
    )

    unit = folder.open().unit

    assert unit.sources.documents["pets"].uri == str(folder.path / "specs/api.yaml")
    assert unit.warnings == ()


def test_a_self_on_the_web_does_not_make_us_fetch_what_lies_beside(folder, site):
    """A-67: and a line says what was taken for what."""
    folder.write(
        main=text("pets=../api.yaml", own=f"{site.url}/flows/main.yaml"), api=API
    )
    (folder.path / "flows").mkdir()
    (folder.path / "main.yaml").rename(folder.path / "flows/main.yaml")

    unit = folder.open(name="flows/main.yaml").unit

    assert site.seen == []
    assert unit.sources.documents["pets"].uri == str(folder.path / "api.yaml")
    (note,) = unit.warnings
    assert (note.code, note.severity) == ("AZ620", "info")
    assert f"{site.url}/api.yaml" in note.message


def test_what_lies_nowhere_beside_is_fetched_from_where_self_says(folder, site):
    site.pages["/api.yaml"] = API
    folder.write(main=text("pets=../api.yaml", own=f"{site.url}/flows/main.yaml"))

    unit = folder.open().unit

    assert site.seen == ["/api.yaml"]
    assert unit.sources.documents["pets"].uri == f"{site.url}/api.yaml"


def test_what_is_nowhere_is_a_failure_with_the_uri_that_was_meant(folder, site):
    folder.write(main=text("pets=api.yaml", own=f"{site.url}/flows/main.yaml"))

    (problem,) = folder.open().unit.sources.failures["pets"]

    assert problem.code == "AZ301"
    assert f"{site.url}/flows/api.yaml" in problem.message
    assert problem.hint == "give it with --source pets=PATH"


# --- identity ---------------------------------------------------------------------------

CHILD = "https://example.com/flows/child.yaml"


@pytest.mark.parametrize("order", [1, -1])
def test_an_absolute_url_is_matched_by_identity(folder, order):
    """N-ID-02, N-ID-03, N-PARSE-02: before anything is fetched, in whatever order."""
    sources = ["here=sub/child.yaml=arazzo", f"child={CHILD}=arazzo"][::order]
    folder.write(main=text(*sources), sub__child=text("pets=../api.yaml", own=CHILD))

    descriptions = folder.open().unit.sources.descriptions

    assert descriptions["child"] is descriptions["here"]


def test_a_document_may_be_supplied_for_another_one(folder):
    """N-ID-02: with ``--source``, as a candidate for who refers to it by its identity."""
    folder.write(
        main=text("child=gone.yaml", "second=second.yaml"),
        second=text(f"third={CHILD}"),
        store__x=text("pets=../api.yaml", own=CHILD),
    )

    unit = folder.open(sources={"child": str(folder.path / "store/x.yaml")}).unit

    second = unit.sources.descriptions["second"]
    assert second.sources.descriptions["third"] is unit.sources.descriptions["child"]


def test_files_beside_are_candidates(folder):
    """N-ID-02"""
    folder.write(
        main=text(f"child={CHILD}"),
        apple=text("pets=api.yaml"),
        broken="$self: [",
        zebra=text("pets=api.yaml", own=CHILD),
    )

    unit = folder.open().unit

    child = unit.sources.descriptions["child"]
    assert child.description.uri == str(folder.path / "zebra.yaml")


@pytest.mark.parametrize("order", [1, -1])
def test_an_identity_need_not_be_a_url(folder, order):
    """N-ID-03: a URN is found wherever the document lies."""
    sources = ["here=sub/child.yaml", "child=urn:example:child"][::order]
    folder.write(
        main=text(*sources, "beside=urn:example:beside", "gone=urn:example:gone"),
        sub__child=text("pets=../api.yaml", own="urn:example:child"),
        other=text("pets=api.yaml", own="urn:example:beside"),
    )

    sources = folder.open().unit.sources

    assert sources.descriptions["child"] is sources.descriptions["here"]
    assert "beside" in sources.descriptions
    assert codes(sources.failures["gone"]) == ["AZ301"]


def test_a_urn_is_no_base_for_what_lies_beside(folder):
    folder.write(main=text("pets=api.yaml", own="urn:example:main"), api=API)

    unit = folder.open().unit

    assert "pets" in unit.sources.documents
    assert unit.warnings == ()


def test_standard_input_may_name_other_documents(folder, monkeypatch):
    """Relative to the working directory."""
    folder.write(child=text("pets=api.yaml"), api=API)
    monkeypatch.chdir(folder.path)
    stdin = io.BytesIO(text("child=child.yaml", "me=<stdin>").encode())

    unit = open_unit("-", stdin=stdin).unit

    assert "pets" in unit.sources.descriptions["child"].sources.documents


def test_a_relative_url_is_an_identity_too(folder):
    """N-ID-01, N-URI-01: what the URL means is what the other document calls itself."""
    main = text("child=child.yaml", own="https://example.com/flows/main.yaml")
    folder.write(main=main, child=text("up=main.yaml", own=CHILD))

    unit = folder.open().unit

    assert unit.sources.descriptions["child"].sources.descriptions["up"] is unit
    assert unit.warnings == ()  # not AZ620: it is the document that is meant


def test_the_entry_is_found_by_its_identity(folder, site):
    """N-ROOT-04, N-ID-03"""
    own = f"{site.url}/main.yaml"
    folder.write(main=text("child=child.yaml", own=own), child=text(f"up={own}=arazzo"))

    unit = folder.open().unit

    assert unit.sources.descriptions["child"].sources.descriptions["up"] is unit
    assert site.seen == []


def test_a_document_is_found_by_its_place_too(folder):
    """N-ID-04: where it was read from, although it calls itself something else."""
    folder.write(
        main=text("a=child.yaml", f"b=file://{folder.path}/child.yaml"),
        child=text("pets=api.yaml", own=CHILD),
    )

    descriptions = folder.open().unit.sources.descriptions

    assert descriptions["a"] is descriptions["b"]


def test_a_fetched_document_that_calls_itself_something_else_is_a_warning(folder, site):
    """A-67"""
    site.pages["/child.yaml"] = text("pets=/api.yaml", own=f"{site.url}/other.yaml")
    folder.write(main=text(f"child={site.url}/child.yaml"))

    unit = folder.open().unit

    (warning,) = unit.warnings
    assert (warning.code, warning.severity) == ("AZ621", "warning")
    assert warning.location.line == 4
    assert warning.hint == f"refer to it as {site.url}/other.yaml"
    assert "child" in unit.sources.descriptions


def test_a_fetched_document_that_calls_itself_as_it_was_called_is_none(folder, site):
    site.pages["/child.yaml"] = text("pets=/api.yaml", own="child.yaml")
    folder.write(main=text(f"child={site.url}/child.yaml"))

    assert folder.open().unit.warnings == ()


def test_a_stranger_cannot_take_the_identity_of_another(folder, site):
    """A document that only the network names stands for its own origin alone."""
    site.pages["/a.yaml"] = text(f"b={site.url}/b.yaml", "c=https://example.invalid/c")
    site.pages["/b.yaml"] = text("pets=/api.yaml", own="https://example.invalid/c")
    folder.write(main=text(f"a={site.url}/a.yaml"))

    a = folder.open().unit.sources.descriptions["a"]

    assert list(a.sources.descriptions) == ["b"]
    assert codes(a.sources.failures["c"]) == ["AZ301"]


def test_a_fetched_document_cannot_take_the_place_of_a_file(folder, site):
    own = f"file://{folder.path}/api.yaml"
    site.pages["/child.yaml"] = text("pets=/api.yaml", own=own)
    folder.write(main=text(f"child={site.url}/child.yaml", f"pets={own}"), api=API)

    sources = folder.open().unit.sources

    assert "child" in sources.descriptions
    assert sources.documents["pets"].uri == str(folder.path / "api.yaml")


# --- what may not be reached ------------------------------------------------------------


def test_a_fetched_document_may_name_documents_beside_it(folder, site):
    """The user's document named its host (security D3)."""
    site.pages["/flows/child.yaml"] = text("pets=../api.yaml")
    site.pages["/api.yaml"] = API
    folder.write(main=text(f"child={site.url}/flows/child.yaml"))

    child = folder.open().unit.sources.descriptions["child"]

    assert child.sources.documents["pets"].uri == f"{site.url}/api.yaml"


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "http://127.0.0.2:1/x", "http://localhost:1/x"]
)
def test_a_fetched_document_reaches_no_files_and_no_private_hosts(folder, site, url):
    """Security D3, D4: it fails for who needs it; the entry's own reference stops."""
    site.pages["/child.yaml"] = text(f"pets={url}")
    folder.write(main=text(f"child={site.url}/child.yaml"))

    child = folder.open().unit.sources.descriptions["child"]

    assert codes(child.sources.failures["pets"]) == ["refused-by-policy"]


def test_a_child_reaches_no_file_that_the_entry_does_not(folder):
    folder.write(main=text("child=a/child.yaml"), a__child=text("x=../../outside.yaml"))
    (folder.path.parent / "outside.yaml").write_text(API)

    child = folder.open().unit.sources.descriptions["child"]

    assert codes(child.sources.failures["x"]) == ["refused-by-policy"]


def test_the_entrys_own_reference_to_the_outside_stops(folder):
    folder.write(main=text("x=../outside.yaml"))
    (folder.path.parent / "outside.yaml").write_text(API)

    with pytest.raises(PolicyError):
        folder.open()


def test_a_link_to_the_outside_is_no_candidate(folder):
    """N-ID-02 does not reach farther than the document (security D4)."""
    (folder.path.parent / "secret.yaml").write_text(text("a=b.yaml", own=CHILD))
    (folder.path / "zebra.yaml").symlink_to(folder.path.parent / "secret.yaml")
    folder.write(main=text("child=https://example.invalid/c"))
    unit = folder.open().unit

    assert codes(unit.sources.failures["child"]) == ["AZ301"]


def test_the_number_of_documents_has_a_limit(folder):
    """Security D4."""
    count = registry.MOST_DOCUMENTS
    names = [f"s{number}" for number in range(count)]
    folder.write(main=text(*(f"{name}={name}.yaml=arazzo" for name in names)))
    folder.write(**{name: text("self=main.yaml") for name in names})

    sources = folder.open().unit.sources

    assert len(sources.descriptions) == count - 1
    assert {code for each in sources.failures.values() for code in codes(each)} == {
        "AZ109"
    }


def test_the_size_of_all_documents_has_a_limit(folder):
    big = API + "#" + "x" * 19_000_000
    folder.write(main=text("a=a.yaml", "b=b.yaml", "c=c.yaml"), a=big, b=big, c=big)

    sources = folder.open().unit.sources

    assert list(sources.documents) == ["a", "b"]
    (problem,) = sources.failures["c"]
    assert problem.code == "AZ109"
    assert "50,000,000 bytes" in problem.message


def test_the_depth_of_documents_has_a_limit(folder):
    deepest = registry.MOST_DEPTH + 1
    folder.write(main=text("next=s1.yaml=arazzo"))
    for number in range(1, deepest + 1):
        folder.write(**{f"s{number}": text(f"next=s{number + 1}.yaml=arazzo")})

    unit, depth = folder.open().unit, 0
    while "next" in unit.sources.descriptions:
        unit, depth = unit.sources.descriptions["next"], depth + 1

    assert depth == registry.MOST_DEPTH
    assert codes(unit.sources.failures["next"]) == ["AZ109"]


@pytest.mark.parametrize(
    "media",
    [
        "application/vnd.oai.workflows",
        "application/vnd.oai.workflows+json",
        "application/vnd.oai.workflows+yaml; version=1.1.0",
        "application/yaml",
        "application/json",
        "text/plain; charset=utf-8",
        "application/octet-stream",
    ],
)
def test_media_types_of_documents(site, media):
    """R-DOC-17: those of the specification, the bare one with YAML, and what servers say."""
    site.pages["/main.yaml"] = (
        text("child=child.yaml=arazzo"),
        {"Content-Type": media},
    )
    site.pages["/child.yaml"] = (text("pets=gone.yaml"), {"Content-Type": media})

    unit = open_unit(f"{site.url}/main.yaml").unit

    assert list(unit.sources.descriptions) == ["child"]
