"""A dry run says what would be sent: the first request whole, later ones as written."""

import pytest
from scripted import API, Scripted, describe, ok, strings

from arazzo_runner import InputError, PolicyError, Runner
from arazzo_runner.errors import ArazzoError

FLOW = """\
inputs:
  type: object
  required: [apiKey]
  properties:
    apiKey: {type: string}
    size: {type: integer, default: 3}
steps:
- stepId: create
  operationId: createJob
  parameters:
  - {name: Authorization, in: header, value: 'Bearer {$inputs.apiKey}'}
  - {name: X-Note, in: header, value: 'for {$inputs.apiKey}'}
  requestBody: {payload: {size: $inputs.size, name: 'n{$inputs.size}'}}
  outputs: {id: $response.body#/id}
- stepId: look
  operationId: getJob
  parameters:
  - {name: id, in: path, value: $steps.create.outputs.id}
  - {name: q, in: query, value: 'size:{$inputs.size}'}
  - {name: page, in: query, value: 2}
  - {name: Authorization, in: header, value: 'Bearer {$inputs.apiKey}'}
  - {name: sid, in: cookie, value: $inputs.apiKey}
  - {name: X-Note, in: header, value: again}
- stepId: send
  operationId: sendForm
  requestBody:
    payload: {id: $steps.create.outputs.id, list: [1, '{$inputs.size}']}
"""


@pytest.fixture
def dry(tmp_path):
    """The steps of a dry run of a workflow, as nothing is sent and nobody is told."""

    def dry(text=FLOW, inputs=None, api=API, **options):
        events, transport = [], Scripted([])
        path = describe(tmp_path, text, api=api)
        with Runner(
            path, transport=transport, on_event=events.append, **options
        ) as runner:
            steps = runner.dry_run(inputs=inputs)
        assert transport.requests == events == []
        return steps

    return dry


def test_the_first_request_is_whole(dry):
    first, *_ = dry(inputs={"apiKey": "sk-1234"})

    assert first.resolved
    assert (first.step_id, first.method) == ("create", "POST")
    assert first.url == "https://api.test/v1/jobs"
    assert first.body == '{"size":3,"name":"n3"}'
    assert dict(first.headers)["Content-Type"] == "application/json"
    assert first.location.line


def test_secrets_are_masked(dry):
    steps = dry(inputs={"apiKey": "sk-1234"})

    assert dict(steps[0].headers)["Authorization"] == "***"
    assert dict(steps[0].headers)["X-Note"] == "for ***"
    assert not [each for each in strings(steps) if "sk-1234" in each]


def test_later_requests_carry_their_expressions(dry):
    """Their values are not known yet; they are shown as their author wrote them."""
    _, look, send = dry(inputs={"apiKey": "sk-1234"})

    assert not look.resolved
    assert look.method == "GET"
    assert look.url == (
        "https://api.test/v1/jobs/$steps.create.outputs.id?q=size:{$inputs.size}&page=2"
    )
    assert look.headers == (
        ("Authorization", "Bearer {$inputs.apiKey}"),
        ("X-Note", "again"),
        ("Cookie", "sid=$inputs.apiKey"),
    )
    assert look.body == ""
    assert send.body == '{"id":"$steps.create.outputs.id","list":[1,"{$inputs.size}"]}'
    assert dict(send.headers)["Content-Type"] == "application/x-www-form-urlencoded"


def test_a_credential_in_the_file_is_not_shown(dry):
    """Not in a later step either, where nothing is an input."""
    text = """\
        steps:
        - {stepId: a, operationId: createJob}
        - stepId: b
          operationId: getKeyed
          parameters:
          - {name: k, in: query, value: hard-coded}
          - {name: X-Api-Key, in: header, value: hard-coded}
          - {name: X-Other, in: header, value: plain}
        """

    (_, step) = dry(text)

    assert step.url == "https://api.test/v1/keyed?k=***"
    assert step.headers == (("X-Api-Key", "***"), ("X-Other", "plain"))


def test_a_whole_query_string_is_shown_as_written(dry):
    """N-PARAM-01; a credential that stands in it is not."""
    text = """\
        inputs: {type: object, properties: {n: {type: string}}}
        steps:
        - {stepId: a, operationId: createJob}
        - stepId: b
          operationId: getSearched
          parameters: [{name: all, in: querystring, value: 'k=hard-coded&n={$inputs.n}'}]
        - stepId: c
          operationId: getSearched
          parameters: [{name: all, in: querystring, value: 'k={$inputs.n}&n=1'}]
        """

    _, second, third = dry(text, inputs={"n": "sk-1234"})

    assert second.url == "https://api.test/v1/searched?k=***&n={$inputs.n}"
    assert third.url == "https://api.test/v1/searched?k={$inputs.n}&n=1"


def test_the_users_own_fields_replace_those_of_the_workflow(dry):
    steps = dry(
        inputs={"apiKey": "sk-1234"},
        headers=[("x-note", "mine"), ("Authorization", "Bearer my-own")],
    )

    for step in steps[:2]:
        named = [
            (name, text) for name, text in step.headers if name.lower() == "x-note"
        ]
        assert [text for _, text in named] == ["mine"]
        assert "my-own" not in str(step.headers)


def test_a_server_of_the_user(dry):
    steps = dry(inputs={"apiKey": "sk-1234"}, servers="http://127.0.0.1:8080/v1")

    assert {each.url[:25] for each in steps} == {"http://127.0.0.1:8080/v1/"}


def test_files_are_shown_by_name(dry, tmp_path):
    path = tmp_path / "requests.jsonl"
    path.write_text('{"a": 1}\n' * 1000)
    text = """\
        inputs: {properties: {f: {type: string}}}
        steps:
        - stepId: a
          operationId: upload
          requestBody: {contentType: multipart/form-data, payload: {file: $inputs.f}}
        """
    api = API.replace(
        "  /login:",
        """\
  /upload:
    post:
      operationId: upload
      requestBody:
        content:
          multipart/form-data:
            schema: {properties: {file: {type: string, format: binary}}}
      responses: {}
  /login:""",
    )

    (step,) = dry(text, {"f": path}, api)

    assert "<requests.jsonl, 9,000 bytes>" in step.body
    assert 'filename="requests.jsonl"' in step.body


def test_a_long_body_is_cut(dry):
    text = """\
        inputs: {properties: {t: {}}}
        steps: [{stepId: a, operationId: createJob, requestBody: {payload: {t: $inputs.t}}}]
        """

    (step,) = dry(text, {"t": "x" * 50_000})

    assert len(step.body) == 10_001
    assert step.body.endswith("x…")


def test_inputs_are_checked(dry):
    with pytest.raises(InputError, match="'apiKey' is missing"):
        dry()


def test_a_mock_needs_no_key(dry):
    assert dict(dry(mock=True)[0].headers)["Authorization"] == "***"


@pytest.mark.parametrize(
    "value,error,code",
    [
        ("..", PolicyError, "refused-by-policy"),
        (None, ArazzoError, "AZ604"),
    ],
)
def test_a_first_request_that_cannot_be_built(dry, value, error, code):
    """Said as a run would say it."""
    text = """\
        inputs: {properties: {it: {}}}
        steps:
        - stepId: a
          operationId: getJob
          parameters: [{name: id, in: path, value: $inputs.it}]
        """

    with pytest.raises(error) as caught:
        dry(text, {"it": value})

    assert caught.value.code == code


def test_a_dry_run_shows_what_the_run_sends(tmp_path):
    path, transport = (
        describe(tmp_path, FLOW),
        Scripted(lambda _request: ok({"id": "1"})),
    )

    with Runner(path, transport=transport) as runner:
        (first, *_) = runner.dry_run(inputs={"apiKey": "sk-1234"})
        runner.run(inputs={"apiKey": "sk-1234"})

    sent = transport.requests[0]
    assert (first.method, first.url) == (sent.method, sent.url)
    assert [name for name, _ in first.headers] == [name for name, _ in sent.headers]
    assert first.body.encode() == b"".join(sent.body)
