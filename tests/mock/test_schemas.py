"""Generated values of published schemas are valid: OpenAI's and Anthropic's, every one."""

import pytest
from request_oracle import read

from arazzo_runner.mock.examples import generate
from arazzo_runner.openapi.document import Document, MemoryParts, escape
from arazzo_runner.openapi.validators import compile_schema


@pytest.mark.slow
@pytest.mark.parametrize("provider, least", [("openai", 900), ("anthropic", 70)])
def test_every_schema_has_a_valid_value(corpus, provider, least):
    valid, wrong = 0, []
    for file in sorted((corpus / provider / "openapi").rglob("*.y*ml")):
        whole = read(file)
        if not str(whole.get("openapi", "")).startswith("3."):
            continue
        document = Document(MemoryParts.of(whole), str(file), "api")
        for name in whole.get("components", {}).get("schemas") or {}:
            where = f"/components/schemas/{escape(name)}"
            schema = document.at(where)
            value = generate(schema, document, seed=1)
            found = compile_schema(document, schema, where, "response")
            problems = list(found.violations(value))
            valid += not problems
            wrong += [(file.name, name, each.pointer) for each in problems[:1]]

    assert wrong == []
    assert valid >= least
