"""Our own workflow files are clean Arazzo 1.0.1 and fit the descriptions they name."""

import json
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / "workflows").glob("*.arazzo.yaml"))
DESCRIPTIONS = sorted((ROOT / "openapi").glob("*.openapi.yaml"))
INPUTS = ROOT / "workflows" / "inputs"


def load(path):
    return yaml.safe_load(path.read_text("utf-8"))


def operations(document):
    return [each for item in document["paths"].values() for each in item.values()]


def resolve(document, value):
    for name in value["$ref"][2:].split("/") if "$ref" in value else ():
        document = document[name]
    return document if "$ref" in value else value


def examples(document):
    """Every (media type, schema, example) of the document's responses."""
    for operation in operations(document):
        for response in operation["responses"].values():
            content = resolve(document, response)["content"]
            for media_type, shown in content.items():
                values = [shown["example"]] if "example" in shown else []
                values += [
                    resolve(document, each)["value"]
                    for each in shown.get("examples", {}).values()
                ]
                for value in values:
                    yield media_type, shown["schema"], value


def name(path):
    return path.name


@pytest.mark.parametrize("path", WORKFLOWS, ids=name)
def test_official_schema_accepts_our_workflows(path, shared):
    schema = shared / "spec/data/published-schemas/1.0/2025-10-15.json"
    validator = Draft202012Validator(json.loads(schema.read_text("utf-8")))

    assert [each.message for each in validator.iter_errors(load(path))] == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=name)
def test_our_descriptions_hold_exactly_the_operations_used(path):
    document = load(path)
    (source,) = document["sourceDescriptions"]
    described = load(path.parent / source["url"])

    steps = [step for each in document["workflows"] for step in each["steps"]]
    used = {step["operationId"] for step in steps}

    assert used == {each["operationId"] for each in operations(described)}


@pytest.mark.parametrize("path", DESCRIPTIONS, ids=name)
def test_examples_fit_their_schemas(path):
    """A mock answers with the examples, so they have to be true."""
    document = load(path)
    components = {"components": document["components"]}
    record = Draft202012Validator(
        {"$ref": "#/components/schemas/BatchResult"} | components
    )

    for media_type, schema, value in examples(document):
        Draft202012Validator(schema | components).validate(value)
        if media_type.endswith("jsonl"):
            for line in value.splitlines():
                record.validate(json.loads(line))


def test_sample_inputs_fit():
    """They hold no key, and all else that the workflows ask for."""
    batch = load(ROOT / "workflows/anthropic-message-batch.arazzo.yaml")["workflows"][0]
    openai = load(ROOT / "workflows/openai-batch.arazzo.yaml")["workflows"][0]
    prompts = json.loads((INPUTS / "two-prompts.json").read_text("utf-8"))
    options = json.loads((INPUTS / "openai-batch.json").read_text("utf-8"))
    requests = (INPUTS / "requests.jsonl").read_text("utf-8")

    Draft202012Validator(batch["inputs"]).validate(prompts | {"apiKey": "k"})
    Draft202012Validator(openai["inputs"]).validate(
        options | {"apiKey": "k", "batchInputFile": requests}
    )

    assert "apiKey" not in prompts | options
    lines = [json.loads(line) for line in requests.splitlines()]
    assert {line["url"] for line in lines} == {options["endpoint"]}
