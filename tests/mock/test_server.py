"""``arazzo mock``: a server that any HTTP client can use."""

import http.client
import json
import re
import socket
import subprocess
import sys
import uuid
from pathlib import Path

import pytest
from explored import API

from arazzo_runner import Pacing, Runner
from arazzo_runner.errors import UsageError
from arazzo_runner.mock.app import MockApp
from arazzo_runner.mock.scenario import Scenario, read_fault
from arazzo_runner.mock.server import MockServer
from arazzo_runner.testing import plan_text

ROOT = Path(__file__).parents[2]
PETS = """\
openapi: 3.1.0
info: {title: Pets, version: '1'}
servers: [{url: https://pets.test/v1}]
paths:
  /pets:
    get:
      operationId: listPets
      parameters:
      - {name: limit, in: query, schema: {type: integer, maximum: 10}}
      - {name: tags, in: query, schema: {type: array, items: {type: string}}}
      responses: {'200': {description: Some., content: {application/json: {schema: {type: object, required: [pets], properties: {pets: {type: array, items: {$ref: '#/components/schemas/Pet'}}}}}}}}
    post:
      operationId: createPet
      requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/New'}}}}
      responses: {'201': {description: Made., content: {application/json: {schema: {$ref: '#/components/schemas/Pet'}}}}}
  /pets/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: string}}]
    get: {operationId: getPet, responses: {'200': {description: One., content: {application/json: {schema: {$ref: '#/components/schemas/Pet'}}}}}}
    put:
      operationId: putPet
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/New'}}}}
      responses: {'200': {description: Changed., content: {application/json: {schema: {$ref: '#/components/schemas/Pet'}}}}}
    delete: {operationId: deletePet, responses: {'204': {description: Gone.}}}
  /pets/mine: {get: {operationId: mine, responses: {'200': {description: Mine., content: {text/plain: {schema: {type: string, const: mine}}}}}}}
  /loop: {get: {operationId: loop, responses: {'200': {description: Any., content: {application/json: {schema: {$ref: '#/components/schemas/Loop'}}}}}}}
components:
  schemas:
    New: {type: object, required: [name], properties: {name: {type: string}, age: {type: integer}}}
    Pet: {type: object, required: [id, name], properties: {id: {type: string}, name: {type: string}, age: {type: integer}}}
    Loop: {type: object, required: [next], properties: {next: {$ref: '#/components/schemas/Loop'}}}
"""
WORKFLOW = """\
arazzo: 1.0.1
info: {title: Pets, version: '1'}
sourceDescriptions: [{name: pets, url: pets.yaml, type: openapi}]
workflows:
- workflowId: main
  steps: [{stepId: list, operationId: listPets}]
"""


@pytest.fixture
def serve():
    """A server of the mock of *api* and *workflow*."""
    running = []

    def serve(workflow=WORKFLOW, scenario=None, **texts):
        plan = plan_text(workflow, **(texts or {"pets": PETS}))
        names = {
            step.source: step.operation.document for step in plan.operation_steps()
        }
        server = MockServer(MockApp([plan], names, scenario=scenario))
        running.append(server)
        return server.__enter__()

    yield serve
    for server in running:
        server.__exit__(None, None, None)


@pytest.fixture
def ask(serve):
    """Status, headers and body of a request to the mock of the pets."""
    server = serve()
    return lambda *given, **more: asked(server, *given, **more)


def port_of(server):
    return int(next(iter(server.addresses.values())).split(":")[2].split("/")[0])


def asked(server, method, path, body=None, headers=()):
    connection = http.client.HTTPConnection("127.0.0.1", port_of(server), timeout=10)
    raw = body is None or isinstance(body, bytes)
    data = body if raw else json.dumps(body)
    fields = {} if raw else {"Content-Type": "application/json"}
    connection.request(method, path, data, {**fields, **dict(headers)})
    response = connection.getresponse()
    text = response.read().decode()
    connection.close()
    is_json = "json" in (response.getheader("Content-Type") or "")
    return response.status, json.loads(text) if is_json and text else text


def test_what_was_created_can_be_read_listed_changed_and_deleted(ask):
    status, pet = ask("POST", "/v1/pets", {"name": "Rex", "age": 3})
    assert (status, pet["name"], pet["age"]) == (201, "Rex", 3)
    where = f"/v1/pets/{pet['id']}"

    assert ask("GET", where) == (200, pet)
    assert ask("GET", "/v1/pets")[1]["pets"] == [pet]
    status, changed = ask("PUT", where, {"name": "Max"})
    assert (status, changed["name"], changed["id"]) == (200, "Max", pet["id"])
    assert ask("GET", where)[1]["name"] == "Max"
    assert [each["name"] for each in ask("GET", "/v1/pets")[1]["pets"]] == ["Max"]
    assert ask("DELETE", where) == (204, "")
    assert ask("GET", where)[0] == 404
    assert ask("DELETE", where)[0] == 404
    assert ask("GET", "/v1/pets")[1]["pets"] == []


def test_a_thousand_that_were_created_are_a_thousand(ask):
    """All can be read again, the last as the first."""
    made = [ask("POST", "/v1/pets", {"name": f"n{each}"})[1] for each in range(1200)]

    assert len({each["id"] for each in made}) == len(made)
    for each in (made[0], made[600], made[-1]):
        assert ask("GET", f"/v1/pets/{each['id']}") == (200, each)


def test_null_takes_a_member_away(serve):
    """RFC 7396, where the schema allows it."""
    nullable = "age: {type: [integer, 'null']}"
    server = serve(pets=PETS.replace("age: {type: integer}", nullable))
    pet = asked(server, "POST", "/v1/pets", {"name": "Rex", "age": 3})[1]
    changed = asked(
        server, "PUT", f"/v1/pets/{pet['id']}", {"name": "Rex", "age": None}
    )

    assert changed == (200, {**pet, "age": None})


def test_two_that_were_created_are_two(ask):
    """Each has an id of its own, by which it is found again."""
    made = [ask("POST", "/v1/pets", {"name": each})[1] for each in "abc"]
    assert len({each["id"] for each in made}) == 3

    assert ask("GET", "/v1/pets")[1]["pets"] == made
    for each in made:
        assert ask("GET", f"/v1/pets/{each['id']}") == (200, each)
    ask("DELETE", f"/v1/pets/{made[1]['id']}")
    assert ask("GET", "/v1/pets")[1]["pets"] == [made[0], made[2]]


@pytest.mark.parametrize(
    "schema",
    [
        "{type: integer}",
        "{type: string, format: uuid}",
        "{type: string, pattern: '^pet_[0-9a-z]{8}$'}",
        "{type: string, maxLength: 8, example: pet_1234}",
        "{type: string, minLength: 24}",
    ],
)
def test_an_id_of_its_own_is_a_valid_one(serve, schema):
    """Whatever the schema says of it."""
    api = PETS.replace("id: {type: string}, name", f"id: {schema}, name")
    server = serve(pets=api)
    made = []
    for _ in range(12):
        status, pet = asked(server, "POST", "/v1/pets", {"name": "Rex"})
        assert status == 201
        made.append(pet["id"])

    assert len(set(made)) == 12
    types = {type(each) for each in made}
    assert types == ({int} if "integer" in schema else {str})
    if "pattern" in schema:
        assert all(re.fullmatch("pet_[0-9a-z]{8}", each) for each in made)
    if "uuid" in schema:
        assert all(uuid.UUID(each) for each in made)


@pytest.mark.parametrize(
    "method, path, body, words",
    [
        ("GET", "/v1/pets?limit=many", None, "limit"),
        ("GET", "/v1/pets?limit=11", None, "limit"),
        ("POST", "/v1/pets", {"age": 3}, "name"),
        ("POST", "/v1/pets", {"name": 7}, "/name"),
        ("POST", "/v1/pets", None, "body"),
    ],
)
def test_a_request_that_is_not_as_described(ask, method, path, body, words):
    """A 400 that says what, and where it is described."""
    status, said = ask(method, path, body)

    assert status == 400
    assert words in said["errors"][0]["message"]
    assert said["errors"][0]["described"].startswith("pets")


@pytest.mark.parametrize(
    "method, path, status",
    [
        ("GET", "/v1/nothing", 404),
        ("GET", "/pets", 404),
        ("PATCH", "/v1/pets", 405),
        ("GET", "/v1/pets?limit=10&tags=a&tags=b", 200),
        ("GET", "/v1/pets/mine", 200),
        ("GET", "/v1/loop", 200),
    ],
)
def test_other_requests(ask, method, path, status):
    assert ask(method, path)[0] == status


def test_a_page_of_somebody_else_is_refused(ask):
    """D18: a name that was bound to this machine meanwhile."""
    assert ask("GET", "/v1/pets", headers={"Host": "evil.test"})[0] == 403
    assert ask("GET", "/v1/pets", headers={"Host": "localhost:1"})[0] == 200


def test_faults_come_over_the_wire(serve):
    scenario = Scenario().with_faults(
        (read_fault("list=429:Retry-After=7x1"), read_fault("list=resetx1"))
    )
    server = serve(scenario=scenario)

    assert asked(server, "GET", "/v1/pets")[0] == 429
    with pytest.raises(http.client.RemoteDisconnected):
        asked(server, "GET", "/v1/pets")
    assert asked(server, "GET", "/v1/pets")[0] == 200


def test_a_port_that_is_taken():
    plan = plan_text(WORKFLOW, pets=PETS)
    (step,) = plan.operation_steps()
    app = MockApp([plan], {"pets": step.operation.document})
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=f"port {port} of 127.0.0.1") as caught:
            MockServer(app, port)

    assert "--port 0" in caught.value.hint


def test_a_job_moves_on_to_its_end(serve):
    """What the workflow polls is not done at once, and is in the end."""
    workflow = """\
arazzo: 1.0.1
info: {title: Jobs, version: '1'}
sourceDescriptions: [{name: api, url: api.yaml, type: openapi}]
workflows:
- workflowId: main
  steps:
  - {stepId: create, operationId: createJob, requestBody: {payload: {}}, outputs: {id: $response.body#/id}}
  - stepId: poll
    operationId: getJob
    parameters: [{name: id, in: path, value: $steps.create.outputs.id}]
    onSuccess:
    - {name: done, type: end, criteria: [{condition: $response.body#/status == 'completed'}]}
    - {name: wait, type: goto, stepId: poll, criteria: [{condition: $response.body#/status == 'running'}]}
"""
    server = serve(workflow, api=API)
    _, job = asked(server, "POST", "/v1/jobs", {})
    states = [
        asked(server, "GET", f"/v1/jobs/{job['id']}")[1]["status"] for _ in range(4)
    ]

    assert states == ["running", "running", "completed", "completed"]
    _, other = asked(server, "POST", "/v1/jobs", {})
    assert asked(server, "GET", f"/v1/jobs/{other['id']}")[1]["status"] == "running"


@pytest.mark.parametrize(
    "name, inputs",
    [
        ("anthropic-message-batch.arazzo.yaml", {"apiKey": "sk-1234567"}),
        ("openai-batch.arazzo.yaml", {"apiKey": "sk-1234567"}),
    ],
)
def test_our_own_workflows_run_against_it(tmp_path, prompts, name, inputs):
    """Over HTTP, as the command starts it; Ctrl-C ends it."""
    path = ROOT / "workflows" / name
    if "anthropic" in name:
        inputs = {**inputs, "requests": prompts, "model": "m"}
    else:
        file = tmp_path / "requests.jsonl"
        file.write_text(
            '{"custom_id": "a", "method": "POST", "url": "/x", "body": {}}\n'
        )
        inputs = {**inputs, "batchInputFile": file}
    words = [
        sys.executable,
        "-m",
        "arazzo_runner",
        "mock",
        str(path),
        "--mock-polls",
        "1",
    ]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as server:
        url = server.stdout.readline().split()[-1]
        with Runner(
            path, servers=url, pacing=Pacing(interval=0.01, max_interval=0.01)
        ) as runner:
            result = runner.run(inputs=inputs)
        server.send_signal(2)
        assert server.wait(timeout=30) == 0

    assert result.status == "succeeded", result.error
    assert all(
        value is not None
        for name, value in result.outputs.items()
        if name != "errorFileId"
    )


ORDERS = """\
openapi: 3.1.0
info: {title: Orders, version: '1'}
servers: [{url: https://orders.test}]
paths:
  /orders:
    get: {operationId: listPets, responses: {'200': {description: Some., content: {application/json: {schema: {type: array, items: {$ref: '#/components/schemas/Order'}}}}}}}
    post:
      operationId: create
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/Order'}}}}
      responses: {'201': {description: Made., content: {application/json: {schema: {$ref: '#/components/schemas/Order'}}}}}
  /orders/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: string}}]
    get: {operationId: one, responses: {'200': {description: One., content: {application/json: {schema: {$ref: '#/components/schemas/Order'}}}}}}
  /orders/{id}/invoice:
    parameters: [{name: id, in: path, required: true, schema: {type: string}}]
    put:
      operationId: invoice
      requestBody: {required: true, content: {text/plain: {schema: {type: string}}}}
      responses: {'202': {description: Taken., content: {application/json: {schema: {type: object, required: [id], properties: {id: {type: string}}}}}}}
components:
  schemas:
    Order: {type: object, required: [lines], properties: {id: {type: string, readOnly: true}, lines: {type: array, items: {type: object, required: [sku], properties: {sku: {type: string}}}}}}
"""


def test_what_is_below_a_resource_is_no_item_of_it(serve):
    """An upload to it leaves its lists as they were."""
    server = serve(api=ORDERS, workflow=WORKFLOW.replace("name: pets", "name: api"))
    order = asked(server, "POST", "/orders", {"lines": [{"sku": "a"}]})[1]
    where = f"/orders/{order['id']}"
    text = {"Content-Type": "text/plain"}
    assert asked(server, "PUT", f"{where}/invoice", b"abc", text)[0] == 202

    assert asked(server, "GET", where) == (200, order)
    assert asked(server, "GET", "/orders") == (200, [order])


def test_what_only_the_server_gives_is_not_taken_from_a_request(serve):
    server = serve(api=ORDERS, workflow=WORKFLOW.replace("name: pets", "name: api"))
    order = asked(server, "POST", "/orders", {"id": "mine", "lines": [{"sku": "a"}]})[1]

    assert order["id"] != "mine"


@pytest.mark.parametrize(
    "content_type, body, status, words",
    [
        ("text/plain", b"x", 415, "described: application/json"),
        (
            "application/x-www-form-urlencoded",
            b"x=1",
            415,
            "described: application/json",
        ),
        ("", b"{}", 415, "of no type"),
        ("application/json", b'{"lines":', 400, "the body is not JSON"),
        ("application/json; charset=utf-8", b"\xff", 400, "the body is not JSON"),
    ],
)
def test_another_kind_of_body(serve, content_type, body, status, words):
    """RFC 9110, 15.5.16; and what is no JSON at all."""
    server = serve(api=ORDERS, workflow=WORKFLOW.replace("name: pets", "name: api"))
    fields = {"Content-Type": content_type} if content_type else {}
    found, said = asked(server, "POST", "/orders", body, fields)

    assert (found, said["status"]) == (status, status)
    assert words in said["detail"]


def test_each_request_is_told_with_its_answer():
    plan = plan_text(WORKFLOW, pets=PETS)
    document = plan.operation_steps()[0].operation.document
    told = []
    with MockServer(MockApp([plan], {"pets": document}), 0, told.append) as server:
        asked(server, "GET", "/v1/pets?limit=many")
        asked(server, "GET", "/v1/pets/mine")
        asked(server, "GET", "/v1/nothing")

    assert told[0].startswith("GET /v1/pets?limit=many  400  ")
    assert "limit" in told[0].partition("400")[2]
    assert told[1] == "GET /v1/pets/mine  200"
    assert told[2].startswith("GET /v1/nothing  404  no operation is described")


# --- requests as other clients send them ------------------------------------------------

FORMS = """\
openapi: 3.1.0
info: {title: Forms, version: '1'}
servers: [{url: https://forms.test}]
paths:
  /cards:
    post:
      operationId: listPets
      requestBody: {required: true, content: {application/x-www-form-urlencoded: &new {schema: {$ref: '#/components/schemas/New'}}, multipart/form-data: *new}}
      responses: {'201': {description: Made., content: {application/json: {schema: {$ref: '#/components/schemas/Card'}}}}}
components:
  schemas:
    New: {type: object, required: [amount], properties: &all {amount: {type: integer}, live: {type: boolean}, tags: {type: array, items: {type: string}},
      rows: {type: array, items: {type: object, properties: {n: {type: integer}}}}, meta: {type: object, properties: {n: {type: integer}}}, file: {type: string, format: binary}}}
    Card: {type: object, required: [id], properties: {id: {type: string}, amount: {type: integer}, live: {type: boolean}, tags: {type: array, items: {type: string}},
      rows: {type: array, items: {type: object, properties: {n: {type: integer}}}}, meta: {type: object, properties: {n: {type: integer}}}}}
"""
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.mark.parametrize(
    "body, given",
    [
        (b"amount=5", {"amount": 5}),
        (b"amount=5&live=true", {"amount": 5, "live": True}),
        (b"amount=5&tags[]=a&tags[]=b", {"tags": ["a", "b"]}),
        (b"amount=5&tags%5B0%5D=a&tags%5B1%5D=b", {"tags": ["a", "b"]}),
        (b"amount=5&tags=a&tags=b", {"tags": ["a", "b"]}),
        (b"amount=5&tags=a", {"tags": ["a"]}),
        (b"amount=5&meta[n]=7", {"meta": {"n": 7}}),
        (b"amount=5&rows[0][n]=1&rows[1][n]=2", {"rows": [{"n": 1}, {"n": 2}]}),
    ],
)
def test_forms_are_read_as_they_are_described(serve, body, given):
    """With brackets, as curl and Stripe's clients write them."""
    status, card = asked(serve(pets=FORMS), "POST", "/cards", body, FORM)

    assert status == 201
    assert {name: card[name] for name in given} == given


@pytest.mark.parametrize(
    "body, words",
    [
        (b"amount=five", "/amount"),
        (b"live=true", "amount"),
        (b"amount=5&meta[n]=x", "/meta/n"),
        (b"amount=5&rows[0][n]=x", "/rows/0/n"),
    ],
)
def test_a_form_that_is_not_as_described(serve, body, words):
    status, said = asked(serve(pets=FORMS), "POST", "/cards", body, FORM)

    assert status == 400
    assert words in said["errors"][0]["message"]


def multipart(*parts):
    """A body of parts (name, more of its head, content), and its header."""
    body = b""
    for name, more, content in parts:
        head = f'--b\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'
        body += head.encode() + content + b"\r\n"
    return body + b"--b--\r\n", {"Content-Type": "multipart/form-data; boundary=b"}


def test_the_parts_of_a_multipart_body_are_read(serve):
    body, fields = multipart(
        ("amount", "", b"5"),
        ("tags", "", b"a"),
        ("tags", "", b"b"),
        ("meta", "\r\nContent-Type: application/json", b'{"n": 7}'),
        ("file", '; filename="a.bin"', bytes(range(256))),
    )
    status, card = asked(serve(pets=FORMS), "POST", "/cards", body, fields)

    assert status == 201
    assert (card["amount"], card["tags"], card["meta"]) == (5, ["a", "b"], {"n": 7})


@pytest.mark.parametrize(
    "parts, words",
    [
        ([("live", "", b"true")], "amount"),
        ([("amount", "", b"five")], "/amount"),
        ([("amount", "", b"5"), ("live", "", b"maybe")], "/live"),
    ],
)
def test_parts_that_are_not_as_described(serve, parts, words):
    status, said = asked(serve(pets=FORMS), "POST", "/cards", *multipart(*parts))

    assert status == 400
    assert words in said["errors"][0]["message"]


def said_raw(server, data):
    """The first line and the body that come back for *data* on a socket."""
    with socket.create_connection(("127.0.0.1", port_of(server)), timeout=10) as raw:
        raw.sendall(data)
        raw.shutdown(socket.SHUT_WR)
        with raw.makefile("rb") as came:
            head, _, body = came.read().partition(b"\r\n\r\n")
    return head.partition(b"\r\n")[0].decode(), body.decode()


HEAD = b"POST /v1/pets HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


def test_a_chunked_body(serve):
    """RFC 9112, 7.1: what a client sends that does not know the length."""
    data = b'9;x=y\r\n{"name": \r\n6\r\n"Rex"}\r\n0\r\nX-Sum: 1\r\n\r\n'
    line, body = said_raw(serve(), CHUNKED + data)

    assert line == "HTTP/1.1 201 Created"
    assert json.loads(body)["name"] == "Rex"


@pytest.mark.parametrize(
    "data",
    [
        CHUNKED + b"zz\r\n",
        CHUNKED + b"ffffffff\r\n",
        CHUNKED + b"-1\r\n",
        HEAD + b"Transfer-Encoding: gzip\r\n\r\n",
        HEAD + b"Content-Length: -5\r\n\r\n",
        HEAD + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n",
        HEAD + "Content-Length: ٣\r\n\r\n".encode(),
    ],
)
def test_a_body_of_no_certain_length(serve, data):
    assert said_raw(serve(), data)[0].startswith("HTTP/1.1 413")


@pytest.mark.parametrize(
    "target, status",
    [
        *((each, 404) for each in ("//[", "http://[/x", "?", "*", "/%ff%00")),
        ("http://pets.test/v1/pets/mine", 200),  # as the client of a proxy sends it
    ],
)
def test_targets(serve, target, status):
    head = "Host: localhost\r\nConnection: close\r\n\r\n"
    line, _ = said_raw(serve(), f"GET {target} HTTP/1.1\r\n{head}".encode())

    assert line.startswith(f"HTTP/1.1 {status}")


def test_head_and_options(ask):
    """RFC 9110, 9.3.2 and 9.3.7: of a path that is described."""
    assert ask("HEAD", "/v1/pets/mine") == (200, "")
    assert ask("OPTIONS", "/v1/pets") == (204, "")
