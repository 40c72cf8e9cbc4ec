"""
Our verdicts on responses and those of openapi-core, on operations of published files.

A sample of operations of ``../shared/corpus``, for each a value that fits and values that
were changed. Where the two differ, `contract_differences.yaml` names the response and why.
"""

import copy
import json
import random
import warnings
from pathlib import Path

import pytest
import yaml
from request_oracle import read

from arazzo_runner.messages import NO_BODIES, Response
from arazzo_runner.mock.examples import generate
from arazzo_runner.mock.schemas import NoValue
from arazzo_runner.openapi.contracts import check_response
from arazzo_runner.openapi.document import Document, MemoryParts, is_object
from arazzo_runner.openapi.operations import open_entry

HERE = Path(__file__).parent


SEED = 4
OPERATIONS = 420
PER_FILE = 8
LARGEST = 150_000  # bytes of a file: PyYAML and openapi-core are slow


def samples(corpus):
    """(name, Document, operation, status, media type, value) of at least OPERATIONS."""
    chance = random.Random(SEED)  # noqa: S311  (a sample)
    files = sorted(
        each
        for each in corpus.rglob("*.*")
        if each.suffix in (".yaml", ".yml", ".json")
        and "openapi" in str(each.relative_to(corpus))
        and 2_000 < each.stat().st_size < LARGEST
    )
    chance.shuffle(files)
    count = 0
    for file in files:
        if count >= OPERATIONS:
            return
        whole = read(file)
        if not is_object(whole) or not str(whole.get("openapi", "")).startswith("3."):
            continue
        document = Document(MemoryParts.of(whole), str(file), "api")
        entries = list(document.operations)
        chance.shuffle(entries)
        for entry in entries[:PER_FILE]:
            operation = open_entry(document, entry)
            found = described(operation) if operation is not None else None
            if found is None:
                continue
            status, name, schema = found
            try:
                value = generate(schema, document, seed=SEED)
            except NoValue:
                continue
            where = f"{file.relative_to(corpus)} {entry.method.upper()} {entry.path}"
            count += 1
            yield where, document, operation, status, name, value


def described(operation):
    """The first JSON response that is described: status, media type, schema."""
    for key in operation.responses:
        if not key.isdecimal():
            continue
        try:
            content = (operation.response_for(int(key)) or {}).get("content") or {}
        except Exception:
            return None
        for name, media in content.items():
            if "json" in name and is_object(media) and media.get("schema"):
                return int(key), name, media["schema"]
    return None


def changed(value, chance):
    """*value* with one part of it made another type, left out, or null."""
    value = copy.deepcopy(value)
    places = []

    def walk(node, put):
        places.append((node, put))
        if isinstance(node, dict):
            for key in node:
                walk(node[key], lambda new, n=node, k=key: n.__setitem__(k, new))
        elif isinstance(node, list):
            for index in range(len(node)):
                walk(node[index], lambda new, n=node, i=index: n.__setitem__(i, new))

    root = [value]
    walk(value, lambda new: root.__setitem__(0, new))
    node, put = chance.choice(places)
    if isinstance(node, dict) and node and chance.random() < 0.4:
        del node[chance.choice(sorted(node))]
        return root[0]
    options = ["text", -3, 2.5, True, None, [], {}]
    put(chance.choice([each for each in options if each != node]))
    return root[0]


def closure(document, operation, status):
    """The description of one response, with what it refers to, for openapi-core."""
    described = operation.response_for(status)
    small = {
        "openapi": f"{document.part('/openapi')}",
        "info": {"title": "t", "version": "1"},
        "servers": [{"url": "https://a.test"}],
        "paths": {
            "/x": {
                operation.method.lower(): {
                    "responses": {
                        str(status): {
                            "description": "",
                            "content": described["content"],
                        }
                    }
                }
            }
        },
    }
    waiting, done = [described["content"]], set()
    while waiting:
        node = waiting.pop()
        if isinstance(node, list):
            waiting += node
        elif is_object(node):
            waiting += node.values()
            reference = node.get("$ref")
            if isinstance(reference, str) and reference not in done:
                done.add(reference)
                path = reference[2:].split("/")
                target = document.at(reference[1:])
                if len(path) != 3 or not is_object(target):
                    raise ValueError(reference)
                inside = small.setdefault(path[0], {}).setdefault(path[1], {})
                inside[path[2].replace("~1", "/").replace("~0", "~")] = target
                waiting.append(target)
    return small


class Asked:
    """openapi-core's protocols, as plain objects."""

    host_url, path, path_pattern, full_url_pattern = (
        "https://a.test",
        "/x",
        "/x",
        "https://a.test/x",
    )
    body, content_type = None, "application/json"

    def __init__(self, method):
        from openapi_core.datatypes import RequestParameters

        self.method, self.parameters = method.lower(), RequestParameters()


class Answered:
    def __init__(self, status, content_type, value):
        self.status_code, self.content_type = status, content_type
        self.data, self.headers = json.dumps(value).encode(), {}


def theirs(oracle, method, status, name, value):
    """Whether openapi-core accepts the response."""
    from openapi_core.exceptions import OpenAPIError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            oracle.validate_response(Asked(method), Answered(status, name, value))
    except OpenAPIError:
        return False
    return True


def ours(operation, status, name, value):
    """Whether we do; None where we say that the schema cannot be checked."""
    found = check_response(operation, Response(status, (), value, name), NO_BODIES)
    if any(each.code == "AZ638" for each in found):
        return None
    return not found


def test_verdicts_are_those_of_openapi_core(corpus):
    """Each response is judged as openapi-core does, or is listed with the reason."""
    pytest.importorskip("openapi_core")
    from openapi_core import Config, OpenAPI

    listed = yaml.safe_load((HERE / "contract_differences.yaml").read_text("utf-8"))
    chance = random.Random(SEED)  # noqa: S311  (a sample)
    differences, verdicts, operations = {}, [], 0
    for where, document, operation, status, name, value in samples(corpus):
        try:
            small = closure(document, operation, status)
        except ValueError:
            continue
        operations += 1
        # Both get the same small description: headers are judged elsewhere.
        own = Document(MemoryParts.of(small), "small", "api")
        operation = open_entry(own, own.operations[0])
        oracle = OpenAPI.from_dict(small, config=Config(spec_validator_cls=None))
        changes = [changed(value, chance) for _ in range(4)]
        for number, each in enumerate([value, *changes]):
            mine = ours(operation, status, name, each)
            try:
                other = theirs(oracle, operation.method, status, name, each)
            except Exception as error:
                other = type(error).__name__
            verdicts.append((mine, other))
            if mine != other:
                differences[f"{where} {status} #{number}"] = (mine, other, each)

    assert operations >= 300
    assert {True, False} <= {mine for mine, _ in verdicts}
    assert differences.keys() == listed.keys(), {
        key: differences.get(key) for key in sorted(differences.keys() ^ listed.keys())
    }
