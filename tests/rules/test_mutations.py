"""
Documents that are not as they should be: whatever is dropped, doubled or of another type in a
sound document, there is a finding with a place or nothing wrong, and never a crash.
"""

import copy
import json

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from units import API, unit_of

from arazzo_runner.errors import DocumentError
from arazzo_runner.rules import check_description

ARAZZO = """\
arazzo: 1.1.0
$self: https://tests.test/arazzo.yaml
info: {title: Test, version: '1', summary: s, description: d}
sourceDescriptions:
- {name: pets, url: pets.yaml, type: openapi}
- {name: news, url: news.yaml, type: asyncapi}
- {name: other, url: other.yaml, type: arazzo, x-note: {a: 1}}
workflows:
- workflowId: main
  summary: s
  dependsOn: [before]
  inputs:
    type: object
    required: [id]
    properties:
      id: {type: string}
      tags: {type: array, items: {$ref: '#/components/inputs/tag'}}
      token: {type: string, format: password, default: x}
  parameters: [{name: X-Trace, in: header, value: 'a-{$inputs.id}'}]
  successActions:
  - {name: over, type: end, criteria: [{condition: $statusCode == 204}]}
  failureActions:
  - reference: $components.failureActions.again
  steps:
  - stepId: list
    operationId: $sourceDescriptions.pets.listPets
    parameters:
    - {name: q, in: query, value: $inputs.tags}
    - reference: $components.parameters.trace
      value: 3
    successCriteria:
    - condition: $statusCode == 200 && $response.body#/pets != null
    - {context: $response.body, condition: '$.pets[?@.name == "{$inputs.id}"]', type: jsonpath}
    - {context: $statusCode, condition: '^2..$', type: regex}
    - {context: $response.body, condition: '//a', type: {type: xpath, version: xpath-10}}
    outputs:
      first: $response.body#/pets/0/id
      names: {context: $response.body, selector: '$..name', type: jsonpath}
    onFailure:
    - {name: wait, type: retry, retryAfter: 1.5, retryLimit: 2, stepId: list, criteria: [{condition: $statusCode == 503}]}
    timeout: 3000
  - stepId: make
    operationPath: '{$sourceDescriptions.pets.url}#/paths/~1pets/post'
    dependsOn: [list]
    requestBody:
      contentType: application/json
      payload: {name: $inputs.id, tag: 'x {$steps.list.outputs.first} y'}
      replacements:
      - {target: /tag, value: $inputs.id}
      - {target: $.name, targetSelectorType: jsonpath, value: {context: $inputs.tags, selector: /0, type: jsonpointer}}
    onSuccess:
    - {name: loop, type: goto, stepId: list, criteria: [{condition: $statusCode == 202}]}
    - {name: go, type: goto, workflowId: $sourceDescriptions.other.away, parameters: [{name: id, value: $inputs.id}], criteria: [{condition: $statusCode == 201}]}
  - stepId: call
    workflowId: before
    parameters: [{name: id, value: $steps.list.outputs.first}]
    outputs: {o: $outputs.result}
  - stepId: hear
    channelPath: '{$sourceDescriptions.news.url}#/channels/orders'
    action: receive
    correlationId: $inputs.id
    successCriteria: [{condition: $message.payload#/id == 'x'}]
    outputs: {id: $message.payload#/id}
  outputs: {all: $steps.call.outputs.o, again: $outputs.all, who: $self}
- workflowId: before
  inputs: {$ref: '#/components/inputs/some'}
  steps:
  - {stepId: ping, operationId: ping, outputs: {s: $statusCode}}
  outputs: {result: $steps.ping.outputs.s}
components:
  inputs:
    tag: {type: string}
    some: {type: object, properties: {id: {type: string}}}
  parameters:
    trace: {name: X-Trace, in: header, value: $inputs.id}
  successActions:
    done: {name: done, type: end}
  failureActions:
    again: {name: again, type: retry, retryAfter: 1, retryLimit: 1}
"""
NEWS = """\
asyncapi: 3.0.0
info: {title: News, version: '1'}
channels:
  orders: {messages: {placed: {payload: {type: object}, correlationId: {location: $message.header#/id}}}}
operations:
  readOrders: {action: receive, channel: {$ref: '#/channels/orders'}}
"""
OTHER = """\
arazzo: 1.0.1
info: {title: Other, version: '1'}
sourceDescriptions: [{name: pets, url: pets.yaml, type: openapi}]
workflows:
- workflowId: away
  inputs: {type: object, properties: {id: {type: string}}}
  steps: [{stepId: ping, operationId: ping}]
"""

DOCUMENT = yaml.safe_load(ARAZZO)
OPENAPI = yaml.safe_load(API)
ASYNCAPI = yaml.safe_load(NEWS)
VALUES = [
    *(None, True, False, 0, -1, 1, 2.5, 1e308, 10**30),
    *("", "x", "$", "$inputs.", "$inputs.id", "$steps.list.outputs.first", "{$"),
    *("$response.body#/a", "$message.payload", "$statusCode == ", "$[?", "(", "a" * 300),
    *("#/components/schemas/Pet", "\x00", "\ud7ff", "é𝄞"),
    *([], {}, [None], [[]], {"": None}, {"$ref": "#"}, {"$ref": "#/components/nowhere"}),
    *({"$ref": 7}, {"allOf": [{"$ref": "#/components/schemas/Pet"}]}, {"x-a": [1]}),
]  # fmt: skip


def paths(value, here=()):
    """The path of every node below *value*."""
    if isinstance(value, dict):
        members = value.items()
    elif isinstance(value, list):
        members = enumerate(value)
    else:
        return
    for key, each in members:
        yield (*here, key)
        yield from paths(each, (*here, key))


def changed(document, path, how, value):
    """*document* with the node at *path* dropped, doubled or replaced."""
    found = copy.deepcopy(document)
    parent = found
    for key in path[:-1]:
        parent = parent[key]
    key = path[-1]
    if how == "drop":
        del parent[key]
    elif how == "double" and isinstance(parent, list):
        parent.insert(key, copy.deepcopy(parent[key]))
    elif how == "double":
        parent[f"{key}2"] = copy.deepcopy(parent[key])
    elif how == "rename" and isinstance(parent, dict):
        parent[f"{value}"] = parent.pop(key)
    else:
        parent[key] = copy.deepcopy(value)
    return found


def mutations(document):
    return st.builds(
        lambda path, how, value: changed(document, path, how, value),
        st.sampled_from(list(paths(document))),
        st.sampled_from(["drop", "double", "retype", "retype", "rename"]),
        st.sampled_from(VALUES),
    )


def findings(arazzo=DOCUMENT, openapi=OPENAPI, asyncapi=ASYNCAPI, **options):
    """What is found, or what the document is refused for."""
    texts = {
        "pets": json.dumps(openapi),
        "news": json.dumps(asyncapi),
        "other": OTHER,
    }
    try:
        unit, warnings = unit_of(json.dumps(arazzo, indent=1), texts)
        return (*warnings, *check_description(unit, **options))
    except DocumentError as error:
        return error.problems


often = settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def test_the_document_is_sound():
    assert [each for each in findings() if each.severity == "error"] == []


@often
@given(mutations(DOCUMENT), st.booleans(), st.booleans())
def test_a_changed_description(document, strict, sources):
    for each in findings(document, strict=strict, sources=sources):
        assert each.location.uri.endswith(".yaml")
        assert each.location.line or each.code in ("AZ105", "AZ708")
        assert each.message


@often
@given(mutations(OPENAPI))
def test_a_changed_api_description(document):
    for each in findings(openapi=document):
        assert each.location.line or each.location.uri == "pets.yaml"


@often
@given(mutations(ASYNCAPI))
def test_a_changed_asyncapi_description(document):
    for each in findings(asyncapi=document):
        assert each.location.line


@pytest.mark.parametrize("how", ["drop", "double", "retype"])
def test_every_node_once(how):
    """Each node of the document, so that a run does not depend on chance alone."""
    for path in paths(DOCUMENT):
        for each in findings(changed(DOCUMENT, path, how, 7)):
            assert each.location.line or each.code == "AZ105"
