"""Checks documents written in a test, without files."""

import textwrap

import pytest

from arazzo_runner.engine.lookup import Sources, Unit
from arazzo_runner.loader.build import build
from arazzo_runner.loader.parse import parse
from arazzo_runner.openapi.document import Document, MemoryParts
from arazzo_runner.rules import check_description

API = """\
openapi: 3.1.0
info: {title: Pets, version: '1'}
servers: [{url: https://pets.test}]
paths:
  /pets:
    get:
      operationId: listPets
      parameters:
      - {name: q, in: query, required: true, schema: {type: string}}
      - {name: X-Trace, in: header, schema: {type: string}}
      responses:
        '200':
          description: All.
          content:
            application/json:
              schema:
                type: object
                additionalProperties: false
                properties: {pets: {type: array, items: {$ref: '#/components/schemas/Pet'}}}
    post:
      operationId: createPet
      requestBody:
        required: true
        content: {application/json: {schema: {$ref: '#/components/schemas/Pet'}}}
      responses: {'201': {description: Made.}}
  /pets/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: string}}]
    get: {operationId: getPet, responses: {'200': {description: One.}}}
    delete: {operationId: deletePet, responses: {'204': {description: Gone.}}}
  /ping:
    get: {operationId: ping, responses: {default: {description: Fine.}}}
    post: {operationId: pong, responses: {default: {description: Fine.}}}
components:
  schemas:
    Pet:
      type: object
      required: [name, id]
      additionalProperties: false
      properties:
        id: {type: string, readOnly: true}
        name: {type: string}
        tag: {type: string, nullable: true}
"""
HEAD = """\
arazzo: {version}
info: {{title: Test, version: '1'}}
sourceDescriptions:
- {{name: pets, url: pets.yaml, type: openapi}}
{more}
workflows:
- workflowId: main
  inputs: {{type: object, properties: {{id: {{type: string}}}}}}
"""


class Check:
    """``check("steps: …")`` gives the findings as (severity, code), in their order."""

    def __init__(self):
        self.found = ()

    def __call__(
        self, workflow, *, version="1.0.1", more="", strict=False, sources=True
    ):
        text = HEAD.format(version=version, more=textwrap.dedent(more))
        text += textwrap.indent(textwrap.dedent(workflow), "  ")
        return self.text(text, strict=strict, sources=sources)

    def text(self, text, *, strict=False, sources=True, api=API):
        description, _ = build(parse(text, "test.arazzo.yaml"))
        document = Document(
            MemoryParts.of(parse(api, "pets.yaml").value), "pets.yaml", "pets"
        )
        unit = Unit(
            description=description, sources=Sources(documents={"pets": document})
        )
        self.found = check_description(unit, strict=strict, sources=sources)
        return [(each.severity, each.code) for each in self.found]


@pytest.fixture
def check():
    return Check()
