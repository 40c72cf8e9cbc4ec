"""Checks documents written in a test, without files."""

import textwrap

import pytest

from arazzo_runner.asyncapi import AsyncDocument
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

    def __call__(self, workflow, *, version="1.0.1", more="", after="", **options):
        """*more* stands before the workflows, *after* behind the first of them."""
        text = HEAD.format(version=version, more=textwrap.dedent(more))
        text += textwrap.indent(textwrap.dedent(workflow), "  ") + after
        return self.text(text, **options)

    def of(self, code):
        """The findings with that code."""
        return [each for each in self.found if each.code == code]

    def lines(self, code):
        """Where they are."""
        return [each.location.line for each in self.of(code)]

    def text(
        self, text, *, strict=False, sources=True, uri="test.arazzo.yaml", **texts
    ):
        """*texts*: of the source descriptions by name, beside or instead of ``pets``."""
        unit, warnings = unit_of(text, {"pets": API, **texts}, uri)
        checked = check_description(unit, strict=strict, sources=sources)
        self.found = (*warnings, *checked)
        return [(each.severity, each.code) for each in self.found]


def unit_of(text, texts, uri="test.arazzo.yaml"):
    """A document and its sources, with what reading them had to say."""
    description, warnings = build(parse(text, uri))
    documents, asyncapi, descriptions = {}, {}, {}
    for source in description.source_descriptions:
        place = f"{source.name}.yaml"
        if source.name not in texts:
            continue
        parsed = parse(texts[source.name], place)
        if source.type == "asyncapi":
            asyncapi[source.name] = AsyncDocument(
                uri=place, name=source.name, root=parsed.value, locate=parsed.locate
            )
        elif source.type == "arazzo":
            descriptions[source.name], _ = unit_of(texts[source.name], texts, place)
        else:
            documents[source.name] = Document(
                MemoryParts.of(parsed.value), place, source.name, parsed.locate
            )
    sources = Sources(documents=documents, asyncapi=asyncapi, descriptions=descriptions)
    return Unit(description=description, sources=sources), warnings


@pytest.fixture
def check():
    return Check()
