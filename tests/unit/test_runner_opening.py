"""A description may be anywhere; sources are looked at when a workflow needs them."""

import io
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from scripted import API, Scripted, describe, ok

import arazzo_runner
from arazzo_runner import DocumentError, PolicyError, Runner, UsageError

ONE = "steps: [{stepId: a, operationId: createJob}]"


@pytest.fixture
def web(tmp_path):
    """An HTTP server for the files in a folder: its URL."""

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, *arguments):
            pass

    folder = tmp_path / "web"
    folder.mkdir()
    server = ThreadingHTTPServer(
        ("127.0.0.1", 0), partial(Handler, directory=str(folder))
    )
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield folder, f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


def sent(description, **options):
    transport = Scripted(lambda _request: ok())
    result = arazzo_runner.run(description, transport=transport, **options)
    assert result.status == "succeeded", result.error
    return [each.url for each in transport.requests]


@pytest.mark.parametrize("kind", [str, Path])
def test_a_path(tmp_path, kind):
    path = describe(tmp_path, ONE)

    assert sent(kind(path)) == ["https://api.test/v1/jobs"]


def test_a_url(web):
    """Its sources are relative to it."""
    folder, url = web
    describe(folder, ONE)

    assert sent(f"{url}/flow.arazzo.yaml") == ["https://api.test/v1/jobs"]


def test_a_url_that_is_not_there(web):
    with pytest.raises(DocumentError, match="404") as caught:
        Runner(f"{web[1]}/none.arazzo.yaml")

    assert caught.value.code == "AZ101"


def test_standard_input(tmp_path, monkeypatch):
    """Its sources are relative to the working directory."""
    path = describe(tmp_path, ONE)
    monkeypatch.chdir(tmp_path)
    transport = Scripted(lambda _request: ok())

    with Runner(
        "-", stdin=io.BytesIO(path.read_bytes()), transport=transport
    ) as runner:
        result = runner.run()

    assert result.status == "succeeded"
    assert runner.description.uri == "<stdin>"


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(DocumentError) as caught:
        Runner(tmp_path / "none.yaml")

    assert caught.value.code == "AZ101"
    assert caught.value.exit_status == 3


def test_the_text_of_the_description(tmp_path):
    path = describe(tmp_path, ONE)

    with Runner(path, transport=Scripted([])) as runner:
        assert runner.source_text(str(path)) == path.read_text()
        assert runner.source_text(str(tmp_path / "api.yaml")) == API
        assert runner.source_text("other.yaml") is None


# --- workflows --------------------------------------------------------------------------

SECOND = """\
- workflowId: other
  steps: [{stepId: b, operationId: sendForm}]
"""


def test_the_only_workflow_needs_no_name(tmp_path):
    assert sent(describe(tmp_path, ONE)) == sent(
        describe(tmp_path, ONE), workflow="main"
    )


def test_one_of_several_workflows_needs_one(tmp_path):
    path = describe(tmp_path, ONE, more=SECOND)

    assert sent(path, workflow="other") == ["https://api.test/v1/forms"]
    with pytest.raises(UsageError, match="has 2 workflows: say which one") as caught:
        arazzo_runner.run(path, transport=Scripted([]))
    assert caught.value.hint == "one of: main, other"
    assert caught.value.code == "unknown-workflow"


def test_an_unknown_workflow(tmp_path):
    with pytest.raises(UsageError, match="has no workflow 'mian'") as caught:
        arazzo_runner.run(describe(tmp_path, ONE), "mian", transport=Scripted([]))

    assert caught.value.hint == "did you mean 'main'?"
    assert caught.value.exit_status == 2


def test_problems_of_other_workflows_do_not_matter(tmp_path):
    path = describe(tmp_path, ONE, more=SECOND.replace("sendForm", "noSuchOperation"))

    assert sent(path, workflow="main") == ["https://api.test/v1/jobs"]
    with pytest.raises(DocumentError) as caught:
        arazzo_runner.run(path, "other", transport=Scripted([]))
    assert caught.value.code == "AZ303"


def test_a_plan_is_made_once(tmp_path):
    with Runner(describe(tmp_path, ONE), transport=Scripted([])) as runner:
        assert runner.plan() is runner.plan("main")


# --- sources ----------------------------------------------------------------------------

TWO = """\
arazzo: 1.0.1
info: {title: Test, version: '1'}
sourceDescriptions:
- {name: api, url: api.yaml, type: openapi}
- {name: rest, url: REST, type: openapi}
workflows:
- workflowId: main
  steps: [{stepId: a, operationId: $sourceDescriptions.api.createJob}]
- workflowId: other
  steps: [{stepId: b, operationId: $sourceDescriptions.rest.createJob}]
"""


@pytest.fixture
def two(tmp_path):
    """A description with two sources; the second's url is given by the test."""

    def write(second, text=""):
        path = tmp_path / "two.arazzo.yaml"
        path.write_text(TWO.replace("REST", second))
        (tmp_path / "api.yaml").write_text(API)
        if text:
            (tmp_path / second).write_text(text)
        return path

    return write


@pytest.mark.parametrize(
    "second,text,code",
    [
        ("none.yaml", "", "AZ301"),
        ("broken.yaml", "a: [", "AZ102"),
        ("page.html", "<html>hi</html>", "AZ302"),
        ("list.yaml", "[1, 2]", "AZ302"),
        ("swagger.yaml", "swagger: '1.2'\npaths: {}", "AZ302"),
        ("flow.yaml", "arazzo: 1.0.1\ninfo: {title: t, version: '1'}", "AZ302"),
    ],
)
def test_a_broken_source_matters_to_who_needs_it(two, second, text, code):
    path = two(second, text)

    assert sent(path, workflow="main") == ["https://api.test/v1/jobs"]
    with pytest.raises(DocumentError) as caught:
        arazzo_runner.run(path, "other", transport=Scripted([]))
    assert caught.value.code == code
    assert caught.value.exit_status == 3


def test_each_source_has_its_server(two):
    path = two("rest.yaml", API.replace("api.test", "rest.test"))

    assert sent(path, workflow="main") == ["https://api.test/v1/jobs"]
    assert sent(path, workflow="other") == ["https://rest.test/v1/jobs"]


def test_servers_by_name(two):
    path = two("rest.yaml", API)
    servers = {"rest": "http://127.0.0.1:1/base/"}

    assert sent(path, workflow="main", servers=servers) == ["https://api.test/v1/jobs"]
    assert sent(path, workflow="other", servers=servers) == [
        "http://127.0.0.1:1/base/jobs"
    ]


def test_sources_by_name(two, tmp_path):
    """Where a source description really is."""
    path = two("none.yaml")
    (tmp_path / "elsewhere.yaml").write_text(API)

    urls = sent(
        path, workflow="other", sources={"rest": str(tmp_path / "elsewhere.yaml")}
    )

    assert urls == ["https://api.test/v1/jobs"]


@pytest.mark.parametrize("option", ["servers", "sources"])
def test_a_name_that_no_source_has(two, option):
    path = two("rest.yaml", API)

    with pytest.raises(UsageError, match="unknown source description 'rset'") as caught:
        arazzo_runner.run(path, **{option: {"rset": "http://127.0.0.1:1"}})

    assert caught.value.hint == "did you mean 'rest'?"


@pytest.mark.parametrize("option", ["servers", "sources"])
def test_several_sources_need_names(two, option):
    path = two("rest.yaml", API)

    with pytest.raises(UsageError) as caught:
        arazzo_runner.run(path, **{option: "http://127.0.0.1:1"})

    assert caught.value.hint == "write NAME=http://127.0.0.1:1 with one of: api, rest"


def test_the_only_source_needs_none(tmp_path):
    path = describe(tmp_path, ONE)
    other = tmp_path / "other.yaml"
    (tmp_path / "api.yaml").rename(other)

    urls = sent(path, servers="http://127.0.0.1:1", sources=str(other))

    assert urls == ["http://127.0.0.1:1/jobs"]


@pytest.mark.parametrize("url", ["api.test", "ftp://api.test", "http://"])
def test_a_server_that_is_no_url(tmp_path, url):
    with pytest.raises(UsageError, match=r"is not an http\(s\) URL"):
        arazzo_runner.run(describe(tmp_path, ONE), servers=url)


@pytest.mark.parametrize(
    "server", ["https://your-domain.test", "https://{tenant}.test", "/relative"]
)
def test_a_placeholder_is_no_server(tmp_path, server):
    """Known before anything is sent, with how to give the real one."""
    path = describe(
        tmp_path, ONE, api=API.replace("https://api.test/v1", f"'{server}'")
    )

    with pytest.raises(DocumentError) as caught:
        arazzo_runner.run(path, transport=Scripted([]))

    assert caught.value.code == "AZ311"
    assert caught.value.hint.endswith("its address with --server api=URL")
    assert sent(path, servers="http://127.0.0.1:1") == ["http://127.0.0.1:1/jobs"]
    assert arazzo_runner.run(path, mock=True).status == "succeeded"


@pytest.mark.parametrize("url", ["../../../../etc/passwd", "file:///etc/passwd"])
def test_a_source_outside_of_the_allowed_folders(tmp_path, url):
    """(security D4)"""
    folder = tmp_path / "a" / "b" / "c" / "d" / "e"
    folder.mkdir(parents=True)
    path = describe(folder, ONE)
    path.write_text(path.read_text().replace("url: api.yaml", f"url: '{url}'"))

    with pytest.raises((PolicyError, DocumentError)) as caught:
        arazzo_runner.run(path, transport=Scripted([]))

    assert caught.value.exit_status in (3, 7)
    assert "root:" not in str(caught.value)


@pytest.mark.parametrize(
    "kind, text, code",
    [
        ("arazzo", API, "AZ105"),
        ("asyncapi", API, "AZ317"),
        ("asyncapi", "asyncapi: 3.0.0\noperations: {createJob: {}}", "AZ390"),
        ("arazzo", TWO.replace("REST", "api.yaml"), "AZ303"),
    ],
)
def test_a_source_of_another_kind_has_no_operation_to_send(two, kind, text, code):
    """It matters to who needs it; a step cannot call an operation of it."""
    path = two("rest.yaml", text)
    written = path.read_text().replace(
        "rest.yaml, type: openapi", f"rest.yaml, type: {kind}"
    )
    path.write_text(written)

    assert sent(path, workflow="main")
    with pytest.raises(DocumentError) as caught:
        arazzo_runner.run(path, "other", transport=Scripted([]))
    assert caught.value.code == code


def test_an_arazzo_source_does_not_make_an_operation_ambiguous(two):
    """R-STEP-09: only sources that have operations count."""
    path = two("rest.yaml", TWO.replace("REST", "api.yaml"))
    path.write_text(
        path.read_text()
        .replace("rest.yaml, type: openapi", "rest.yaml, type: arazzo")
        .replace(
            "operationId: $sourceDescriptions.api.createJob", "operationId: createJob"
        )
    )

    assert sent(path, workflow="main", strict=True)


def test_all_problems_of_a_source_are_told_to_who_needs_it(two):
    broken = "arazzo: 1.1.0\ninfo: {}\nsourceDescriptions: []\nworkflows: []\n"
    path = two("rest.yaml", broken)
    path.write_text(
        path.read_text().replace("rest.yaml, type: openapi", "rest.yaml, type: arazzo")
    )

    with pytest.raises(DocumentError) as caught:
        arazzo_runner.run(path, "other", transport=Scripted([]))

    assert [each.code for each in caught.value.problems] == [
        "AZ201",
        "AZ201",
        "AZ204",
        "AZ204",
    ]


def test_strict_refuses_what_is_newer_than_the_document(tmp_path):
    """A-72"""
    path = describe(tmp_path, ONE)
    path.write_text(path.read_text() + "$self: https://example.com/a\n")

    assert sent(path)
    with pytest.raises(DocumentError) as caught:
        arazzo_runner.run(path, strict=True, transport=Scripted([]))
    assert caught.value.code == "AZ518"


def test_strict_refuses_a_moved_source(tmp_path):
    path = describe(tmp_path, ONE)
    (tmp_path / "_original").mkdir()
    (tmp_path / "api.yaml").rename(tmp_path / "_original" / "api.yaml")

    assert sent(path)
    with pytest.raises(DocumentError) as caught:
        arazzo_runner.run(path, strict=True, transport=Scripted([]))
    assert caught.value.code == "AZ301"


def test_several_problems_are_told_at_once(tmp_path):
    path = describe(
        tmp_path,
        """\
        steps:
        - {stepId: a, operationId: craeteJob}
        - stepId: b
          operationId: getJob
          successCriteria: [{condition: '$statusCode =='}]
          outputs: {x: $respons.body}
        """,
    )

    with pytest.raises(DocumentError) as caught:
        arazzo_runner.run(path, transport=Scripted([]))

    assert len(caught.value.problems) >= 3
    assert all(each.location.line for each in caught.value.problems)
