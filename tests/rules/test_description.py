"""
What a document says by itself: names, components, schemas of inputs, its sources.

https://spec.openapis.org/arazzo/v1.1.0.html#schema
"""

import pytest

from arazzo_runner import check as check_files

PING = "steps:\n- {stepId: a, operationId: ping}\n"


@pytest.mark.parametrize(
    "uri, found",
    [
        pytest.param("arazzo.yaml", False, id="R-DOC-09 the name"),
        pytest.param("https://x.test/a/arazzo.json", False, id="R-DOC-09 of a URL"),
        pytest.param("pets.arazzo.yaml", False, id="R-DOC-09 the name's end"),
        pytest.param("folder.arazzo.yaml/pets.yaml", True, id="R-DOC-09 of a folder"),
        pytest.param("pets-workflow.yml", True, id="R-DOC-09 another"),
        pytest.param("<stdin>", False, id="R-DOC-09 none"),
    ],
)
def test_the_name_of_the_file(check, uri, found):
    check(PING, uri=uri)

    assert [each.severity for each in check.of("AZ708")] == (["info"] if found else [])


@pytest.mark.parametrize(
    "more, workflow, line",
    [
        ("- {name: 'my pets', url: x.yaml, type: arazzo}", PING, 5),
        ("", "steps:\n- {stepId: a.b, operationId: ping}\n", 10),
        ("", "steps:\n- {stepId: 'a b', operationId: ping}\n", 10),
    ],
    ids=["R-SRC-03", "R-STEP-04 dot", "R-STEP-04 space"],
)
def test_names_that_other_tools_may_not_find(check, more, workflow, line):
    check(workflow, more=more)

    assert [(e.severity, e.location.line) for e in check.of("AZ702")] == [
        ("warning", line)
    ]


def test_an_odd_workflow_id(check):
    """R-WF-04"""
    check(
        PING, after="- {workflowId: 'b c', steps: [{stepId: a, operationId: ping}]}\n"
    )

    assert check.lines("AZ702") == [11]


def test_a_context_that_has_no_meaning_is_told_once(check):
    """A-10, R-CRIT-04"""
    found = check(
        "steps:\n- stepId: a\n  operationId: ping\n  successCriteria:\n"
        "  - {condition: $statusCode == 200, context: $response.body}\n"
    )

    assert found == [("warning", "AZ703")]


@pytest.mark.parametrize(
    "schema, wrong",
    [
        pytest.param("{type: objekt}", True, id="R-WF-06 no type"),
        pytest.param("{type: object, required: id}", True, id="R-WF-06 no list"),
        pytest.param("{properties: {id: {pattern: '('}}}", True, id="R-WF-06 no pattern"),
        pytest.param("{$ref: '#/components/inputs/nowhere'}", True, id="R-WF-06 nowhere"),
        pytest.param("{$ref: '#/components/inputs/good'}", False, id="R-WF-06 a component"),
        pytest.param("{$ref: 'other.yaml#/x'}", False, id="R-WF-06 another document"),
        pytest.param("true", False, id="R-WF-06 a boolean"),
        pytest.param("{type: object, x-own: 1}", False, id="R-WF-06 an extension"),
    ],
)  # fmt: skip
def test_inputs_are_a_schema(check, schema, wrong):
    check(
        PING,
        after=f"- workflowId: b\n  inputs: {schema}\n"
        "  steps: [{stepId: a, operationId: ping}]\n",
        more="components: {inputs: {good: {type: object}}}",
    )

    assert check.lines("AZ204") == ([12] if wrong else [])


def test_a_component_that_nobody_uses_is_valid_all_the_same(check):
    """R-COMP-03, R-COMP-05"""
    more = """\
    components:
      inputs: {bad: {type: 7}}
      parameters:
        one: {name: id, in: path, value: $inputs.}
      successActions:
        two: {name: x, type: end, criteria: [{condition: $statusCode =! 3}]}
      failureActions:
        three:
          name: y
          type: goto
          workflowId: main
          parameters: [{name: id, value: '$steps.}'}]
    """
    check(PING, version="1.1.0", more=more)

    errors = [(each.code, each.location.line) for each in check.found]
    assert ("AZ204", 6) in errors
    assert ("AZ401", 8) in errors
    assert ("AZ402", 10) in errors
    assert ("AZ401", 16) in errors
    assert check.lines("AZ705") == [6, 8, 10, 12]


def test_a_component_is_read_with_the_names_of_who_uses_it(check):
    """R-COMP-05: an input of the workflow is known there, and only there."""
    found = check(
        "steps:\n- {stepId: a, operationId: getPet, parameters: "
        "[{reference: $components.parameters.one}]}\n",
        more="components: {parameters: {one: {name: id, in: path, value: 'x-$inputs.id'}}}",
    )

    assert found == [("warning", "AZ502")]


SEVERAL = "- {name: shop, url: shop.yaml, type: openapi}"


@pytest.mark.parametrize("strict, severity", [(False, "warning"), (True, "error")])
def test_an_operation_says_which_source_it_is_in(check, strict, severity):
    """R-STEP-09, also when no source was opened."""
    found = check(PING, more=SEVERAL, sources=False, strict=strict)

    assert found == [(severity, "AZ509")]
    assert check.lines("AZ509") == [10]


@pytest.mark.parametrize("kind, found", [("arazzo", 0), ("asyncapi", 1)])
def test_only_sources_with_operations_count(check, kind, found):
    """R-STEP-09: Arazzo documents have none."""
    more = f"- {{name: shop, url: shop.yaml, type: {kind}}}"
    check(PING, version="1.1.0", more=more, sources=False)

    assert len(check.of("AZ509")) == found


@pytest.mark.parametrize(
    "step, code",
    [
        ("operationPath: '{$sourceDescriptions.pets.url}#/paths/~1ping/get'", None),
        ("operationPath: 'pets#/paths/~1ping/get'", "AZ508"),
        ("operationPath: '$sourceDescriptions.pets#/paths/~1ping/get'", "AZ508"),
        ("operationPath: '{$sourceDescriptions.shop.url}#/paths/~1ping/get'", "AZ305"),
        ("operationPath: '/paths/~1ping/get'", "AZ305"),
        ("operationId: $sourceDescriptions.shop.ping", "AZ305"),
        ("operationId: $sourceDescriptions.pets.ping", None),
        ("workflowId: $sourceDescriptions.shop.buy", "AZ305"),
        ("workflowId: nobody", "AZ314"),
    ],
)
def test_references_of_a_document_alone(check, step, code):
    """R-STEP-10 to 12, R-STEP-14, R-STEP-15 without opening anything."""
    check(f"steps:\n- {{stepId: a, {step}}}\n", sources=False)

    assert [each.code for each in check.found] == ([code] if code else [])


def test_needless_order(check):
    """N-DEP-05"""
    found = check(
        "steps:\n- {stepId: a, operationId: ping}\n"
        "- {stepId: b, operationId: ping, dependsOn: [a]}\n",
        version="1.1.0",
    )

    assert found == [("info", "AZ706")]


def test_a_source_nobody_needs_may_be_missing():
    """A-65: that is a warning; for who needs it, an error."""
    from arazzo_runner.engine.lookup import Sources, Unit
    from arazzo_runner.errors import Diagnostic, Location
    from arazzo_runner.loader.build import build
    from arazzo_runner.loader.parse import parse
    from arazzo_runner.rules import check_description

    text = (
        "arazzo: 1.0.1\ninfo: {title: a, version: '1'}\n"
        "sourceDescriptions:\n- {name: gone, url: gone.yaml, type: openapi}\n"
        "workflows:\n- workflowId: a\n  steps: [{stepId: s, workflowId: a}]\n"
    )
    missing = Diagnostic(
        code="AZ301", message="gone", location=Location("arazzo.yaml", 4, 22)
    )
    sources = Sources(failures={"gone": (missing,)})

    for target, severity in (("workflowId: a", "warning"), ("operationId: x", "error")):
        description, _ = build(
            parse(text.replace("workflowId: a}", f"{target}}}"), "arazzo.yaml")
        )
        found = check_description(Unit(description=description, sources=sources))
        assert [(e.severity, e.code) for e in found] == [(severity, "AZ301")]


ENTRY = """\
arazzo: 1.1.0
info: {{title: a, version: '1'}}
sourceDescriptions:
- {{name: other, url: {url}, type: arazzo}}
workflows:
- workflowId: a
  inputs: {{$ref: '#/components/inputs/one'}}
  steps: [{{stepId: s, workflowId: $sourceDescriptions.other.b}}]
components: {{inputs: {{one: {{type: object}}, two: {{type: object}}}}}}
"""
OTHER = """\
arazzo: 1.1.0
$self: https://tests.test/other.arazzo.yaml
info: {title: b, version: '1'}
sourceDescriptions: [{name: entry, url: entry.arazzo.yaml, type: arazzo}]
workflows: [{workflowId: b, steps: [{stepId: s, workflowId: b}]}]
"""


@pytest.mark.parametrize(
    "self_uri, found",
    [("", ["AZ707"]), ("$self: https://tests.test/entry.arazzo.yaml\n", [])],
)
def test_a_document_is_referred_to_by_its_own_name(tmp_path, self_uri, found):
    """N-ID-01"""
    entry = tmp_path / "entry.arazzo.yaml"
    entry.write_text(self_uri + ENTRY.format(url="other.arazzo.yaml"), "utf-8")
    (tmp_path / "other.arazzo.yaml").write_text(OTHER, "utf-8")

    report = check_files(entry)

    codes = [e.code for e in report.findings if e.severity != "info"]
    assert [each for each in codes if each != "AZ620"] == found


def test_inputs_that_are_referred_to_are_used(tmp_path):
    """R-COMP-03"""
    entry = tmp_path / "entry.arazzo.yaml"
    entry.write_text(ENTRY.format(url="other.arazzo.yaml"), "utf-8")
    (tmp_path / "other.arazzo.yaml").write_text(OTHER, "utf-8")

    found = check_files(entry).findings

    unused = [each.message for each in found if each.code == "AZ705"]
    assert unused == ["nothing refers to 'two'"]
