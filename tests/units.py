"""A document and its sources from texts, without files."""

from arazzo_runner.asyncapi import AsyncDocument
from arazzo_runner.engine.lookup import Sources, Unit
from arazzo_runner.loader.build import build
from arazzo_runner.loader.parse import parse
from arazzo_runner.openapi.document import Document, MemoryParts

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
