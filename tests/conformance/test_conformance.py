"""
Every case of the conformance suite, through this engine: the pure machine for all, real
HTTP for those that say so. README.md says what a case is; tests/conformance is data.
"""

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import yaml
from conformance import adapter, make_index

from arazzo_runner import Runner
from arazzo_runner.engine.plan import Pacing
from arazzo_runner.errors import PolicyError

REQUIREMENTS = {
    entry["id"]: entry
    for version in ("1.0", "1.1")
    for entry in yaml.safe_load(
        (adapter.HERE / f"requirements-{version}.yaml").read_text("utf-8")
    )
}
CASES = adapter.cases()
PLAYED = [path for path in CASES if adapter.load(path).get("http") != "only"]
HTTP = [path for path in CASES if adapter.load(path).get("http")]


def name(path):
    return f"{path.parent.name}/{path.stem}"


@pytest.mark.parametrize("path", CASES, ids=name)
def test_the_shape_of_a_case(path):
    """Its fields are those of the README, and its requirements are known."""
    case = adapter.load(path)

    assert case["id"] == path.stem
    assert case.keys() <= adapter.FIELDS
    assert case["expect"].keys() <= adapter.EXPECTED
    assert case["kind"] in ("positive", "negative")
    assert case["expect"]["outcome"] in ("succeeded", "failed", "refused")
    for each in case["requirements"]:
        assert each in REQUIREMENTS or re.fullmatch(r"A-\d\d", each)


@pytest.mark.parametrize("path", PLAYED, ids=name)
def test_a_case(path, tmp_path):
    case = adapter.load(path)
    expected, found = case["expect"], adapter.run(case, tmp_path)

    assert found.outcome == expected["outcome"], found.said
    if "reason" in expected:
        assert found.reason == expected["reason"], found.said
    if "at" in expected:
        assert expected["at"]["line"] in found.lines
    if "outputs" in expected:
        assert found.outputs == expected["outputs"]
    if "steps" in expected:
        assert found.steps == expected["steps"]
    if "waits" in expected:
        assert len(found.waits) == len(expected["waits"])
        for wait, wanted in zip(found.waits, expected["waits"], strict=True):
            least, most = wanted, wanted
            if isinstance(wanted, dict):
                least, most = wanted["min"], wanted["max"]
            assert least <= wait <= most
    assert set(expected.get("warnings", ())) <= found.warnings
    if "requests" in expected:
        compare(found.requests, expected["requests"])


def compare(found, expected, server="https://api.test"):
    assert [each["method"] for each in found] == [each["method"] for each in expected]
    for sent, wanted in zip(found, expected, strict=True):
        if "url" in wanted:
            assert sent["url"] == wanted["url"].replace("https://api.test", server)
        for field, value in wanted.get("headers", {}).items():
            assert sent["headers"].get(field.lower()) == value
        for field in wanted.get("absentHeaders", ()):
            assert field.lower() not in sent["headers"]
        if "body" in wanted:
            assert json.loads(sent["text"]) == wanted["body"]
        if "text" in wanted:
            assert sent["text"] == wanted["text"]


# --- the same over HTTP -----------------------------------------------------------------------


class Scripted(ThreadingHTTPServer):
    """Answers requests with replies, in their order."""

    daemon_threads = True

    def __init__(self, replies):
        self.replies = iter(replies)
        self.seen = []
        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.seen.append(
            {
                "method": self.command,
                "url": self.server.url + self.path,
                "headers": {k.lower(): v for k, v in self.headers.items()},
                "text": body.decode(),
            }
        )
        status, fields, data = adapter.answer(next(self.server.replies))
        self.send_response(status)
        for field, value in fields:
            self.send_header(field, value)
        if status != 204:
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = answer

    def log_message(self, *arguments):
        pass


@pytest.mark.parametrize("path", HTTP, ids=name)
def test_a_case_over_http(path, tmp_path):
    """The same outcome, outputs and requests with a real server on 127.0.0.1."""
    case = adapter.load(path)
    expected = case["expect"]
    server = Scripted(case.get("replies", ()))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    pacing = Pacing(interval=0.0, max_interval=0.0)
    try:
        with Runner(
            adapter.write(case, tmp_path),
            servers={"api": f"{server.url}/v1"},
            pacing=pacing,
            retry=0,
        ) as runner:
            result = runner.run(case.get("workflow"), case.get("inputs", {}))
            status, outputs = result.status, result.outputs
            code = result.error.code if result.error else ""
    except PolicyError:  # what must never be sent, found as the request is written
        status, outputs, code = "failed", None, "invalid-request"
    finally:
        server.shutdown()
        server.server_close()

    assert status == expected["outcome"]
    if "reason" in expected:
        assert adapter.REASONS.get(code, code) == expected["reason"]
    if "outputs" in expected:
        assert outputs == expected["outputs"]
    if "requests" in expected:
        compare(server.seen, expected["requests"], server.url)


def test_a_sample_goes_over_http():
    assert len(HTTP) >= 10


def test_every_requirement_is_shown_or_has_a_reason():
    """By a case, by a test that names it, or a line of not-implemented.yaml."""
    shown = {each for path in CASES for each in adapter.load(path)["requirements"]}
    shown |= make_index.named().keys()

    assert set(REQUIREMENTS) - shown - make_index.reasons().keys() == set()


def test_what_an_engine_must_do_has_cases_of_both_kinds():
    """Both kinds for each requirement that can be seen at run time (AsyncAPI apart)."""
    kinds = {
        (each, case["kind"])
        for case in map(adapter.load, CASES)
        for each in case["requirements"]
    }
    wanted = {
        (identifier, kind)
        for identifier, entry in REQUIREMENTS.items()
        if entry["kind"] != "static" and not entry.get("asyncapi")
        for kind in ("positive", "negative")
        if identifier != "R-SEC-01"  # prescribes nothing
    }

    assert wanted - kinds == set()


def test_the_page_of_the_requirements():
    """If not: python tests/conformance/make_index.py"""
    assert make_index.PAGE.read_text("utf-8") == make_index.page()
