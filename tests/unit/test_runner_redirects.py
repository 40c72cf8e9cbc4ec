"""Redirects as a run sees them."""

from wire import Wire, reply

from arazzo_runner import Runner

DESCRIPTION = """\
arazzo: 1.0.1
info: {title: Redirects, version: '1'}
sourceDescriptions: [{name: api, url: api.yaml, type: openapi}]
workflows:
- workflowId: main
  inputs: {type: object, properties: {apiKey: {type: string}}}
  steps:
  - stepId: get
    operationId: get
    parameters: [{name: X-Api-Key, in: header, value: $inputs.apiKey}]
    successCriteria: [{condition: $statusCode == 200}]
    outputs: {it: $response.body}
  outputs: {it: $steps.get.outputs.it}
"""
API = """\
openapi: 3.1.0
info: {title: API, version: '1'}
servers: [{url: %s}]
paths:
  /it:
    %s:
      operationId: get
      parameters: [{name: X-Api-Key, in: header, schema: {type: string}}]
      responses: {default: {description: Any.}}
"""


def run(folder, wire, method):
    (folder / "api.yaml").write_text(API % (wire.url(""), method))
    (folder / "w.arazzo.yaml").write_text(DESCRIPTION)
    events = []
    with Runner(folder / "w.arazzo.yaml", on_event=events.append, retry=0) as runner:
        return runner.run(inputs={"apiKey": "k-1234567"}), events


def test_a_signed_link_to_another_place_gives_the_content(tmp_path):
    """What downloads of many APIs do; the key stays here."""
    with Wire({"/signed": reply(200, b"content")}) as other, Wire({}) as wire:
        there = other.url("/signed")
        wire.answers["/it"] = reply(302, b"", ("Location", there))
        result, events = run(tmp_path, wire, "get")

    assert result.outputs == {"it": "content"}
    assert [e for e in result.warnings if e.severity == "warning"] == []
    assert [each.redirects for each in events if hasattr(each, "redirects")] == [
        (there,)
    ]
    assert other.seen[0].header("x-api-key") is None


def test_a_redirect_that_is_not_followed_says_why(tmp_path):
    """AZ614, at the step; the criteria judge the redirect."""
    with Wire({}) as wire:
        wire.answers["/it"] = reply(301, b"", ("Location", "/moved"))
        result, _ = run(tmp_path, wire, "post")

    assert result.status == "failed"
    (warning,) = result.warnings
    assert (warning.code, warning.location.line) == ("AZ614", 8)
    assert "a POST is not sent again" in warning.message
