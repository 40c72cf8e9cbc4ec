"""Published descriptions can be opened, operation by operation."""

import json
from collections import Counter

import pytest
import yaml

from arazzo_runner.errors import ArazzoError
from arazzo_runner.messages import NO_BODIES, Argument, Call
from arazzo_runner.openapi.document import Document, MemoryParts
from arazzo_runner.openapi.operations import find_by_pointer, open_entry
from arazzo_runner.openapi.requests import build_request
from arazzo_runner.openapi.security import credential_places
from arazzo_runner.openapi.servers import server_url

SAMPLE = [
    "anthropic/openapi/anthropic-message-batches-api-openapi.yml",
    "anthropic/openapi/anthropic-files-api-openapi.yml",
    "asana/openapi",
    "mailchimp/openapi",
    "sentry/openapi",
    "zendesk/openapi",
    "jentic-public-apis/apis/openapi",
]


class _Loader(yaml.CSafeLoader):
    """Without dates, which YAML 1.2 does not know."""

    yaml_implicit_resolvers = {  # noqa: RUF012
        first: [each for each in found if each[0] != "tag:yaml.org,2002:timestamp"]
        for first, found in yaml.CSafeLoader.yaml_implicit_resolvers.items()
    }


def _read(path):
    text = path.read_text("utf-8")
    if path.suffix == ".json":
        return json.loads(text)
    return _text_keys(yaml.load(text, _Loader))  # noqa: S506


def _text_keys(value):
    if isinstance(value, dict):
        return {str(key): _text_keys(each) for key, each in value.items()}
    return [_text_keys(each) for each in value] if isinstance(value, list) else value


def _files(folder, most=6, largest=300_000):
    if folder.is_file():
        return [folder]
    found = sorted([*folder.rglob("*.y*ml"), *folder.rglob("*.json")])
    found = [each for each in found if each.stat().st_size < largest]
    return found[:: max(1, len(found) // most)][:most]


def _argument(parameter):
    kind = parameter.schema.get("type") if isinstance(parameter.schema, dict) else None
    samples = {
        "array": ["a", "b c"],
        "object": {"k": "v"},
        "integer": 3,
        "boolean": True,
    }
    value = samples.get(kind, "x/y") if isinstance(kind, str) else "x/y"
    return Argument(parameter.name, parameter.location, value)


def _use(operation):
    """Asks all of *operation*, and builds a request to it."""
    given = [each for each in operation.parameters if each.name.lower() != "host"]
    arguments = {(each.location, each.name): _argument(each) for each in given}
    for name, variable in operation.template.path:
        if variable:
            arguments.setdefault(("path", name), Argument(name, "path", "v"))
    call = Call(
        source="x",
        operation=operation.pointer,
        arguments=tuple(arguments.values()),
        body={"a": 1, "b": ["x", {"c": None}]},
    )
    credential_places(operation)
    server_url(operation, override="https://h.test", document_uri="")
    build_request(operation, call, server="https://h.test", bodies=NO_BODIES)
    operation.response_types(200)
    server_url(operation, override=None, document_uri="https://d.test/a.json")


@pytest.mark.parametrize("sample", SAMPLE)
def test_every_operation_can_be_opened_and_asked(corpus, sample):
    """A few files of each kind; only the errors that `_use` may end with come out."""
    codes = Counter()
    for path in _files(corpus / sample):
        try:
            document = Document(MemoryParts.of(_read(path)), str(path), "x")
        except ArazzoError as error:
            codes[error.code] += 1
            continue
        for entry in document.operations:
            operation = open_entry(document, entry)
            found = find_by_pointer(document, entry.pointer)
            codes["found" if found.raw is operation.raw else "lost"] += 1
            try:
                _use(operation)
            except ArazzoError as error:
                codes[error.code] += 1

    expected = {"found", "AZ302", "AZ308", "AZ311", "AZ390", "invalid-request"}
    assert set(codes) <= expected
    assert codes["found"] or sample.startswith("mailchimp"), "those are Swagger 2.0"
