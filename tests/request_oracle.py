"""
Requests that we build for operations of published descriptions, judged by openapi-core.

    python tests/request_oracle.py CORPUS [MOST]

prints how many of a seeded sample it accepts, and each one that it does not.
"""

import json
import random
import sys
import warnings
from collections import Counter
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

import yaml

from arazzo_runner.errors import ArazzoError
from arazzo_runner.messages import ABSENT, NO_BODIES, Argument, Call
from arazzo_runner.mock.examples import generate
from arazzo_runner.mock.schemas import NoValue
from arazzo_runner.openapi.bodies import choose_content_type
from arazzo_runner.openapi.document import Document, MemoryParts, is_object
from arazzo_runner.openapi.media_types import kind
from arazzo_runner.openapi.operations import open_entry
from arazzo_runner.openapi.requests import build_request

SEED = 7
SERVER = "https://a.test"
#: Bytes of a description: PyYAML and openapi-core are slow.
LARGEST = 4_000_000


class _Loader(yaml.CSafeLoader):
    """Without dates, which YAML 1.2 does not know."""

    yaml_implicit_resolvers = {  # noqa: RUF012
        first: [each for each in found if each[0] != "tag:yaml.org,2002:timestamp"]
        for first, found in yaml.CSafeLoader.yaml_implicit_resolvers.items()
    }


def read(path):
    text = path.read_text("utf-8")
    try:
        whole = yaml.load(text, _Loader)  # noqa: S506
    except yaml.YAMLError:  # JSON's surrogate escapes are none of YAML's
        whole = json.loads(text) if text.lstrip().startswith("{") else None
    return json.loads(json.dumps(whole, default=str))  # keys as text


def operations(corpus, most, per_file=20):
    """(where, operation) of *most* operations, drawn over the files of all providers."""
    chance = random.Random(SEED)  # noqa: S311  (a sample)
    files = sorted(
        each
        for each in corpus.rglob("*.*")
        if each.suffix in (".yaml", ".yml", ".json")
        and "openapi" in str(each.relative_to(corpus))
        and each.stat().st_size < LARGEST
    )
    chance.shuffle(files)
    count = 0
    for file in files:
        whole = read(file)
        if not is_object(whole) or not str(whole.get("openapi", "")).startswith("3."):
            continue
        document = Document(MemoryParts.of(whole), str(file), "api")
        entries = list(document.operations)
        chance.shuffle(entries)
        for entry in entries[:per_file]:
            operation = open_entry(document, entry)
            if operation is None or operation.problems:
                continue  # what it declares is not all there
            if count == most:
                return
            count += 1
            yield (
                f"{file.relative_to(corpus)} {operation.method} {entry.path}",
                operation,
            )


# --- arguments ---------------------------------------------------------------------------


def value_of(schema, document):
    return generate(schema, document, seed=SEED) if schema is not None else "x"


def arguments(operation):
    for each in operation.parameters:
        if each.location == "header" and each.name.lower() in (
            "host",
            "content-length",
        ):
            continue
        schema = each.schema
        if each.content:
            schema = each_content(operation, each)
        yield Argument(each.name, each.location, value_of(schema, operation.document))
    declared = {each.name for each in operation.parameters if each.location == "path"}
    for name, variable in operation.template.path:
        if variable and name not in declared:
            yield Argument(name, "path", "x")


def each_content(operation, parameter):
    for level in (operation.raw, operation.item):
        for raw in level.get("parameters") or ():
            found = operation.document.resolve(raw)
            if is_object(found) and found.get("name") == parameter.name:
                return next(iter(found.get("content", {}).values()), {}).get("schema")
    return None


def call_of(operation):
    body, media_type = ABSENT, ""
    if operation.request_body is not None and operation.request_body.content:
        media_type = choose_content_type(operation, {})
        media = operation.request_body.media_type(media_type)
        schema = media.schema if media is not None else None
        body = value_of(schema, operation.document) if schema is not None else {"a": 1}
        if kind(media_type) == "binary" and not media_type.startswith("multipart/"):
            body = "bytes"
    return Call(
        source="api",
        operation=operation.pointer,
        arguments=tuple(arguments(operation)),
        content_type=media_type,
        body=body,
    )


# --- the oracle --------------------------------------------------------------------------


def reduced(operation):
    """A description of this operation alone, with what it refers to."""
    document = operation.document
    own = {
        "parameters": operation.raw.get("parameters", []),
        "responses": {"default": {"description": ""}},
    }
    if "requestBody" in operation.raw:
        own["requestBody"] = operation.raw["requestBody"]
    small = {
        "openapi": str(document.part("/openapi")),
        "info": {"title": "t", "version": "1"},
        "servers": [{"url": SERVER}],
        "paths": {
            operation.path.partition("?")[0]: {
                "parameters": operation.item.get("parameters", []),
                operation.method.lower(): own,
            }
        },
    }
    waiting, done = [small["paths"]], set()
    while waiting:
        node = waiting.pop()
        if isinstance(node, list):
            waiting += node
        elif is_object(node):
            waiting += node.values()
            reference = node.get("$ref")
            if isinstance(reference, str) and reference not in done:
                done.add(reference)
                path = [unquote(each) for each in reference[2:].split("/")]
                path = [each.replace("~1", "/").replace("~0", "~") for each in path]
                target = document.at(unquote(reference[1:]))
                if len(path) != 3 or not is_object(target):
                    raise Skipped(f"a reference deeper than a component: {reference}")
                inside = small.setdefault(path[0], {}).setdefault(path[1], {})
                inside[path[2]] = target
                waiting.append(target)
    return small


class Skipped(Exception):
    """Nothing can be said about this operation, and why."""


class Asked:
    """openapi-core's protocol of a request."""

    def __init__(self, request):
        from openapi_core.datatypes import RequestParameters
        from werkzeug.datastructures import Headers, ImmutableMultiDict

        parts = urlsplit(request.url)
        self.host_url, self.path = SERVER, parts.path
        self.method = request.method.lower()
        headers = Headers(list(request.headers))
        cookies = [
            pair.strip().partition("=")[::2]
            for pair in headers.get("Cookie", "").split(";")
            if pair.strip()
        ]
        self.parameters = RequestParameters(
            query=ImmutableMultiDict(parse_qsl(parts.query, keep_blank_values=True)),
            header=headers,
            cookie=ImmutableMultiDict([(n, unquote(v)) for n, v in cookies]),
            path={},
        )
        self.content_type = headers.get("Content-Type", "")
        self.body = b"".join(request.body) if request.body else None


def verdict(operation):
    """None if the request is accepted, else why not. Raises `Skipped`."""
    from openapi_core import Config, OpenAPI
    from openapi_core.exceptions import OpenAPIError

    try:
        call = call_of(operation)
    except NoValue:
        raise Skipped("a schema that no value fits") from None
    try:
        request = build_request(operation, call, server=SERVER, bodies=NO_BODIES)
    except ArazzoError as error:
        return f"not built: {error.message}"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            # Descriptions that are not sound in every place are judged all the same.
            config = Config(spec_validator_cls=None)
            oracle = OpenAPI.from_dict(reduced(operation), config=config)
        except (OpenAPIError, ValueError, TypeError) as error:
            raise Skipped(f"refused: {type(error).__name__}: {error}") from None
        try:
            oracle.validate_request(Asked(request))
        except OpenAPIError as error:
            cause = error.__cause__
            shown = f"{type(error).__name__}: {error}"
            inner = getattr(cause, "schema_errors", None) or ([cause] if cause else [])
            shown += "".join(f" | {str(each).splitlines()[0][:160]}" for each in inner)
            return f"{shown} [{request.url[:120]} {request.body!r:.200}]"
    return None


def main(corpus, most):
    counts, refused = Counter(), []
    for where, operation in operations(corpus, most):
        try:
            found = verdict(operation)
        except Skipped as why:
            counts[f"skipped: {str(why).partition(':')[0]}"] += 1
            continue
        except Exception as error:
            found = f"{type(error).__name__}: {error}"
        counts["accepted" if found is None else "rejected"] += 1
        if found is not None:
            refused.append((where, found))
    for where, found in refused:
        print(f"{where}\n    {found}")
    print(dict(counts))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 3000)
