"""
Plain values to an Arazzo description: structure, every problem at once, with its place.

https://spec.openapis.org/arazzo/v1.1.0.html#schema
"""

import copy
import json
import textwrap
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arazzo_runner import model
from arazzo_runner.errors import CODES, DocumentError
from arazzo_runner.loader.build import build
from arazzo_runner.loader.parse import parse

SHARED = Path(__file__).parents[2].parent / "shared"
needs_shared = pytest.mark.skipif(
    not SHARED.is_dir(), reason="the published files are not beside the project"
)


def document(
    *, arazzo="1.0.1", root="", source="", workflow="", step="", target="operationId: a"
):
    """A valid document with lines added to one of its objects."""
    parts = [
        f"arazzo: {arazzo}",
        "info: {title: Pets, version: 1.0.0}",
        "sourceDescriptions:",
        "  - name: pets",
        "    url: pets.yaml",
        textwrap.indent(textwrap.dedent(source), "    "),
        "workflows:",
        "  - workflowId: adopt",
        textwrap.indent(textwrap.dedent(workflow), "    "),
        "    steps:",
        "      - stepId: find",
        f"        {target}",
        textwrap.indent(textwrap.dedent(step), "        "),
        textwrap.dedent(root),
    ]
    return "\n".join(part for part in parts if part.strip()) + "\n"


def load(text):
    return build(parse(text, "doc.yaml"))


def step_of(text):
    description, warnings = load(text)
    assert warnings == ()
    return description.workflows[0].steps[0]


def refused(text):
    with pytest.raises(DocumentError) as caught:
        load(text)
    problems = caught.value.problems
    assert all(problem.location.line > 0 for problem in problems)
    assert all(problem.code in CODES for problem in problems)
    return problems


def only(problems, text):
    """The one problem as (code, the text it points at), and itself."""
    (problem,) = problems
    at = problem.location
    line = text.splitlines()[at.line - 1]
    return problem.code, line[at.column - 1 : at.column - 1 + at.length], problem


def error(text):
    return only(refused(text), text)


def warning(text):
    description, warnings = load(text)
    assert all(each.severity == "warning" for each in warnings)
    return (*only(warnings, text), description)


# --- what is built ----------------------------------------------------------------------

WHOLE = """\
arazzo: 1.1.0
$self: https://example.com/pets.arazzo.yaml
info:
  title: Pets
  version: 1.2.3
  summary: short
  description: long
  x-owner: me
sourceDescriptions:
  - name: pets
    url: ./pets.yaml
    type: openapi
  - {name: events, url: events.yaml, type: asyncapi}
workflows:
  - workflowId: adopt
    summary: Adopt
    description: Adopts a pet.
    inputs: {type: object}
    dependsOn: [prepare]
    parameters:
      - reference: $components.parameters.page
        value: 7
    successActions:
      - reference: $components.successActions.stop
    failureActions:
      - {name: again, type: retry, retryAfter: 1.5, retryLimit: 3, stepId: find}
    steps:
      - stepId: find
        description: Finds one.
        operationId: findPets
        timeout: 1500
        dependsOn: [$workflows.prepare.steps.x]
        parameters:
          - {name: tag, in: query, value: [cat, dog]}
        requestBody:
          contentType: application/json
          payload: null
          replacements:
            - {target: /a, value: 1}
            - {target: $.b, value: x, targetSelectorType: jsonpath}
        successCriteria:
          - condition: $statusCode == 200
          - {condition: $.a, context: $response.body, type: jsonpath}
          - condition: //a
            context: $response.body
            type: {type: xpath, version: xpath-10}
        onSuccess:
          - name: next
            type: goto
            workflowId: prepare
            parameters: [{name: id, value: 1}]
            criteria: [{condition: $statusCode == 200}]
        onFailure:
          - {name: stop, type: end}
        outputs:
          id: $response.body#/id
          first: {context: $response.body, selector: $.x, type: jsonpath}
      - stepId: listen
        channelPath: $sourceDescriptions.events.url#/channels/a
        action: receive
        correlationId: $inputs.id
    outputs: {id: $steps.find.outputs.id}
  - workflowId: prepare
    steps: [{stepId: x, operationPath: '{$sourceDescriptions.pets.url}#/paths/~1/get'}]
components:
  inputs: {pet: {type: object}, anything: true}
  parameters: {page: {name: page, in: query, value: 1}}
  successActions: {stop: {name: stop, type: end}}
  failureActions: {again: {name: again, type: retry}}
"""


def test_a_whole_description():
    """Every object of the specification, under its own name."""
    description, warnings = load(WHOLE)

    assert warnings == ()
    adopt, prepare = description.workflows
    assert description == model.Description(
        uri="doc.yaml",
        arazzo="1.1.0",
        title="Pets",
        version="1.2.3",
        self_uri="https://example.com/pets.arazzo.yaml",
        source_descriptions=(
            model.SourceDescription(name="pets", url="./pets.yaml", type="openapi"),
            model.SourceDescription(name="events", url="events.yaml", type="asyncapi"),
        ),
        workflows=(adopt, prepare),
        components=model.Components(
            inputs={"pet": {"type": "object"}, "anything": True},
            parameters={
                "page": model.Parameter(name="page", location="query", value=1)
            },
            success_actions={"stop": model.Action(name="stop", type="end")},
            failure_actions={"again": model.Action(name="again", type="retry")},
        ),
    )
    assert adopt == model.Workflow(
        workflow_id="adopt",
        summary="Adopt",
        description="Adopts a pet.",
        inputs={"type": "object"},
        depends_on=("prepare",),
        steps=adopt.steps,
        success_actions=(model.Reusable(reference="$components.successActions.stop"),),
        failure_actions=(
            model.Action(
                name="again",
                type="retry",
                step_id="find",
                retry_after=1.5,
                retry_limit=3,
            ),
        ),
        outputs={"id": "$steps.find.outputs.id"},
        parameters=(
            model.Reusable(
                reference="$components.parameters.page", value=7, has_value=True
            ),
        ),
    )


def test_a_whole_step():
    find, listen = load(WHOLE)[0].workflows[0].steps

    assert find == model.Step(
        step_id="find",
        description="Finds one.",
        operation_id="findPets",
        timeout=1.5,
        depends_on=("$workflows.prepare.steps.x",),
        parameters=(
            model.Parameter(name="tag", location="query", value=["cat", "dog"]),
        ),
        request_body=model.RequestBody(
            content_type="application/json",
            payload=None,
            has_payload=True,
            replacements=(
                model.PayloadReplacement(target="/a", value=1),
                model.PayloadReplacement(
                    target="$.b", value="x", target_selector_type="jsonpath"
                ),
            ),
        ),
        success_criteria=(
            model.Criterion(condition="$statusCode == 200"),
            model.Criterion(condition="$.a", context="$response.body", type="jsonpath"),
            model.Criterion(
                condition="//a",
                context="$response.body",
                type=model.ExpressionType(type="xpath", version="xpath-10"),
            ),
        ),
        on_success=(
            model.Action(
                name="next",
                type="goto",
                workflow_id="prepare",
                parameters=(model.Parameter(name="id", value=1),),
                criteria=(model.Criterion(condition="$statusCode == 200"),),
            ),
        ),
        on_failure=(model.Action(name="stop", type="end"),),
        outputs={
            "id": "$response.body#/id",
            "first": model.Selector(
                context="$response.body", selector="$.x", type="jsonpath"
            ),
        },
    )
    assert listen == model.Step(
        step_id="listen",
        channel_path="$sourceDescriptions.events.url#/channels/a",
        action="receive",
        correlation_id="$inputs.id",
    )


def objects(value):
    if hasattr(value, "path"):
        yield value
    if hasattr(value, "__dataclass_fields__"):
        value = [getattr(value, name) for name in value.__dataclass_fields__]
    elif isinstance(value, dict):
        value = value.values()
    if isinstance(value, list | tuple) or type(value).__name__ == "dict_values":
        for each in value:
            yield from objects(each)


def test_every_object_knows_its_place():
    """`path` leads from the root to the object; `locate` turns it into a line."""
    description, _ = load(WHOLE)

    found = [*objects(description.workflows), *objects(description.components)]

    assert len(found) > 20
    for each in found:
        node = description.root
        for part in each.path:
            node = node[part]
        assert isinstance(node, dict | str)
        assert description.locate(each.path).line > 1
    step = description.workflows[0].steps[0]
    line = WHOLE.splitlines().index("        operationId: findPets") + 1
    assert description.locate((*step.path, "operationId")).line == line


def test_what_is_left_out_has_the_defaults_of_the_specification():
    step = step_of(document(step="onFailure: [{name: a, type: retry}]"))

    (action,) = step.on_failure
    assert (action.retry_after, action.retry_limit) == (None, 1)
    assert step == model.Step(
        step_id="find", operation_id="a", on_failure=step.on_failure
    )


def test_json_is_read_too():
    """R-DOC-04: a description is one JSON object, written as JSON or YAML."""
    value = parse(WHOLE, "doc.yaml").value

    assert load(json.dumps(value))[0] == load(WHOLE)[0]


def test_warnings_about_the_text_come_along():
    text = document(step="outputs:\n  <<: {a: $url}\n")

    code, shown, _, _ = warning(text)

    assert (code, shown) == ("AZ108", "<<")


# --- versions and other documents -------------------------------------------------------


@pytest.mark.parametrize("version", ["1.0.0", "1.0.1", "1.0.9", "1.1.0", "1.0.1-rc1"])
def test_patches_are_not_told_apart(version):
    description, warnings = load(document(arazzo=version))

    assert (description.arazzo, warnings) == (version, ())


@pytest.mark.parametrize(
    "version, code, words",
    [("1.2.0", "AZ106", "newer than 1.1"), ("'1.0'", "AZ204", "third part")],
)
def test_versions_that_are_read_with_a_warning(version, code, words):
    found, shown, problem, _ = warning(document(arazzo=version))

    assert (found, shown) == (code, version)
    assert words in problem.message


@pytest.mark.parametrize(
    "version, code, hint",
    [
        ("2.0.0", "AZ106", "1.0 and 1.1"), ("0.9.0", "AZ106", "1.0 and 1.1"),
        ("2", "AZ106", "1.0 and 1.1"), ("latest", "AZ106", "1.0.1"),
        ("1.0", "AZ202", "1.0.1"), ("1", "AZ202", "1.0.1"), ("true", "AZ202", "1.0.1"),
        ("", "AZ202", "1.0.1"), ("[1.0.1]", "AZ202", "1.0.1"),
    ],
)  # fmt: skip
def test_versions_that_are_refused(version, code, hint):
    problem = refused(document(arazzo=version))[0]

    assert (problem.code, problem.location.line) == (code, 1)
    assert hint in problem.hint


@pytest.mark.parametrize(
    "text, words",
    [
        ("openapi: 3.1.0\ninfo: {}\npaths: {}", "an OpenAPI description"),
        ("swagger: '2.0'", "an OpenAPI description"),
        ("asyncapi: 3.0.0", "an AsyncAPI description"),
        ("name: x", "no field 'arazzo'"),
        ("- a", "an array"),
        ("hello", "a string"),
        ("{}", "no field 'arazzo'"),
    ],
)
def test_other_documents_are_named(text, words):
    (problem,) = refused(text)

    assert problem.code == "AZ105"
    assert words in problem.message


def test_a_missing_version_is_a_missing_field():
    text = document().replace("arazzo: 1.0.1\n", "")

    code, _, problem = error(text)

    assert code == "AZ201"
    assert "arazzo: 1.0.1" in problem.hint


# --- errors -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line, code, shown",
    [
        ("info: {title: Pets, version: 1.0.0}", "AZ201", "arazzo"),
        (
            "sourceDescriptions:\n  - name: pets\n    url: pets.yaml\n",
            "AZ201",
            "arazzo",
        ),
        ("title: Pets, ", "AZ201", "info"),
        (", version: 1.0.0", "AZ201", "info"),
        ("    url: pets.yaml\n", "AZ201", "name"),
        ("      - stepId: find\n        operationId: a\n", "AZ202", ""),
        ("        operationId: a\n", "AZ201", "stepId"),
    ],
)
def test_required_fields(line, code, shown):
    """A missing field is reported at the object that lacks it."""
    text = document()
    assert line in text

    actual, at, _ = error(text.replace(line, ""))

    assert (actual, at) == (code, shown)


@pytest.mark.parametrize(
    "place, lines, code, shown, words",
    [
        ("root", "extra: 1", "AZ203", "extra", "this description"),
        ("root", "component: {}", "AZ203", "component", "'components'?"),
        ("root", "components: []", "AZ202", "[", "an object, not an array"),
        ("root", "components: {responses: {}}", "AZ203", "responses", "no field"),
        ("root", "components: {inputs: {a b: {}}}", "AZ204", "a b", "characters"),
        ("root", "components: {inputs: {a: 1}}", "AZ202", "1", "JSON Schema"),
        ("root", "components: {parameters: {a: {name: x}}}", "AZ201", "a", "'value'"),
        ("root", "components: {failureActions: {a: {name: x}}}", "AZ201", "a", "'type'"),
        ("source", "type: openapy", "AZ204", "openapy", "'openapi'?"),
        ("source", "type: 1", "AZ202", "1", "a string"),
        ("workflow", "inputs: []", "AZ202", "[", "an object or a boolean"),
        ("workflow", "dependsOn: x", "AZ202", "x", "an array"),
        ("workflow", "dependsOn: [1]", "AZ202", "1", "a string"),
        ("workflow", "dependsOn: [a, a]", "AZ205", "a", "twice"),
        ("workflow", "outputs: []", "AZ202", "[", "an object"),
        ("workflow", "outputs: {a: 1}", "AZ202", "1", "a string"),
        ("workflow", "summary: 1.10", "AZ202", "1.10", '"1.10"'),
        ("workflow", "description:", "AZ202", "", "leave the field out"),
        ("step", "operationID: b", "AZ203", "operationID", "'operationId'?"),
        ("step", "workflowId: b", "AZ206", "workflowId", "exclude"),
        ("step", "operationPath: b", "AZ206", "operationPath", "exclude"),
        ("step", "successCriteria: []", "AZ204", "successCriteria", "empty"),
        ("step", "successCriteria: [{}]", "AZ201", "{", "'condition'"),
        ("step", "successCriteria: [x]", "AZ202", "x", "an object"),
        ("step", "successCriteria: [{condition: 1}]", "AZ202", "1", "a string"),
        ("step", "successCriteria: [{condition: {$statusCode == 200}}]", "AZ202", "{",
         "quotes"),
        ("step", "successCriteria: [{condition: a, type: jsonpth, context: $url}]",
         "AZ204", "jsonpth", "'jsonpath'?"),
        ("step", "successCriteria: [{condition: a, type: regex}]", "AZ406", "regex",
         "$response.body"),
        ("step", "successCriteria: [{condition: a, type: jsonpath}]", "AZ406",
         "jsonpath", "'context'"),
        ("step", "successCriteria: [{condition: a, type: {type: xpath, version: xpath-10}}]",
         "AZ406", "type", "'context'"),
        ("step", "successCriteria: [{condition: a, context: b, type: {type: xpath}}]",
         "AZ201", "type", "'version'"),
        ("step", "successCriteria: [{condition: a, context: b, type: "
         "{type: jsonpointer, version: rfc6901}}]", "AZ204", "jsonpointer", "jsonpath"),
        ("step", "successCriteria: [{condition: a, context: b, type: "
         "{type: xpath, version: '1'}}]", "AZ204", "'1'", "version of xpath"),
        ("step", "successCriteria: [{condition: a, context: b, type: 1}]", "AZ202", "1",
         "a string or an object"),
        ("step", "successCriteria: [{condition: a, version: b}]", "AZ203", "version",
         "no field"),
        ("step", "parameters: [{name: a, value: 1}]", "AZ201", "{", "needs 'in'"),
        ("step", "parameters: [{name: a, in: query}]", "AZ201", "{", "'value'"),
        ("step", "parameters: [{in: query, value: 1}]", "AZ201", "{", "'name'"),
        ("step", "parameters: [{name: '', in: query, value: 1}]", "AZ204", "''", "empty"),
        ("step", "parameters: [{name: a, in: quary, value: 1}]", "AZ204", "quary",
         "'query'?"),
        ("step", "parameters: [{name: a, in: body, value: 1}]", "AZ204", "body",
         "'requestBody'"),
        ("step", "parameters: [{name: a, in: 1, value: 1}]", "AZ202", "1", "a string"),
        ("step", "parameters: [{$ref: '#/x', name: a, in: query, value: 1}]", "AZ203",
         "$ref", "$components"),
        ("step", "parameters: [{reference: 1}]", "AZ202", "1", "a string"),
        ("step", "parameters: {a: 1}", "AZ202", "{", "an array"),
        ("step", "requestBody: x", "AZ202", "x", "an object"),
        ("step", "requestBody: {payloads: x}", "AZ203", "payloads", "'payload'?"),
        ("step", "requestBody: {replacements: [{target: /a}]}", "AZ201", "{",
         "'value'"),
        ("step", "requestBody: {replacements: [{value: a}]}", "AZ201", "{",
         "'target'"),
        ("step", "onSuccess: [{type: end}]", "AZ201", "{", "'name'"),
        ("step", "onSuccess: [{name: a}]", "AZ201", "{", "'type'"),
        ("step", "onSuccess: [{name: a, type: stop}]", "AZ204", "stop", "'goto'"),
        ("step", "onSuccess: [{name: a, type: goto}]", "AZ201", "{", "'stepId'"),
        ("step", "onSuccess: [{name: a, type: goto, stepId: b, workflowId: c}]",
         "AZ206", "stepId", "exclude"),
        ("step", "onFailure: [{name: a, type: retry, stepId: b, workflowId: c}]",
         "AZ206", "stepId", "exclude"),
        ("step", "onSuccess: [{name: a, type: end, criteria: []}]", "AZ204", "criteria",
         "empty"),
        ("step", "onFailure: [{name: a, type: retry, retryAfter: -1}]", "AZ204", "-1",
         "negative"),
        ("step", "onFailure: [{name: a, type: retry, retryAfter: '1'}]", "AZ202", "'1'",
         "a number"),
        ("step", "onFailure: [{name: a, type: retry, retryAfter: true}]", "AZ202",
         "true", "a number"),
        ("step", "onFailure: [{name: a, type: retry, retryLimit: 1.5}]", "AZ202", "1.5",
         "an integer"),
        ("step", "onFailure: [{name: a, type: retry, retryLimit: -1}]", "AZ204", "-1",
         "negative"),
        ("step", "onFailure: [{name: a, type: retry, retryAfter: 1e300}]", "AZ204",
         "1e300", "too large"),
    ],
)  # fmt: skip
def test_what_the_structure_forbids(place, lines, code, shown, words):
    text = document(**{place: lines})

    actual, at, problem = error(text)

    assert (actual, at) == (code, shown)
    assert words in f"{problem.message} {problem.hint}"


@pytest.mark.parametrize(
    "lines, code, shown, words",
    [
        ("timeout: -1", "AZ204", "-1", "negative"),
        ("timeout: 1.5", "AZ202", "1.5", "an integer"),
        ("timeout: " + "9" * 400, "AZ204", "9" * 400, "too large"),
        ("action: push", "AZ204", "push", "'action'"),
        ("dependsOn: []", "AZ204", "dependsOn", "empty"),
        ("dependsOn: [a, a]", "AZ205", "a", "twice"),
        ("dependsOn: [$steps.a]", "AZ204", "$steps.a", "stepId alone"),
        ("dependsOn: [$workflows.a]", "AZ204", "$workflows.a", "name a step"),
        ("correlationId: x", "AZ206", "correlationId", "receive"),
        ("outputs: {a: {context: $url, selector: x}}", "AZ201", "a", "'type'"),
        ("outputs: {a: {context: $url, selector: x, type: regex}}", "AZ204", "regex",
         "'jsonpath'"),
        ("onFailure: [{name: a, type: goto, stepId: b, parameters: []}]", "AZ206",
         "parameters", "'workflowId'"),
        ("onFailure: [{name: a, type: goto, workflowId: b, parameters: "
         "[{name: c, in: query, value: 1}]}]", "AZ206", "in", "no 'in'"),
        ("parameters: [{name: a, in: query, value: 1}, {name: b, in: querystring, "
         "value: c}]", "AZ327", "{", "'in: querystring'"),
        ("successCriteria: [{condition: a, context: b, type: xpath, version: xpath-10}]",
         "AZ203", "version", "type: {type"),
    ],
)  # fmt: skip
def test_what_the_structure_of_1_1_forbids(lines, code, shown, words):
    text = document(arazzo="1.1.0", step=lines)

    actual, at, problem = error(text)

    assert (actual, at) == (code, shown)
    assert words in f"{problem.message} {problem.hint}"


@pytest.mark.parametrize(
    "target, code, shown",
    [
        ("description: x", "AZ201", "stepId"),
        ("channelPath: x", "AZ201", "stepId"),
        ("{operationPath: x, action: send}", "AZ206", "action"),
        ("{workflowId: x, action: send}", "AZ206", "action"),
        ("{channelPath: x, workflowId: y}", "AZ206", "channelPath"),
    ],
)
def test_a_step_has_one_target(target, code, shown):
    if target.startswith("{"):
        target = "\n        ".join(target.strip("{}").split(", "))

    actual, at, _ = error(document(arazzo="1.1.0", target=target))

    assert (actual, at) == (code, shown)


@pytest.mark.parametrize(
    "lines, words",
    [
        ("  - {name: pets, url: b.yaml}\nworkflows:", "this name"),
        ("workflows:\n  - {workflowId: adopt, steps: [{stepId: a, operationId: b}]}",
         "this workflowId"),
    ],
)  # fmt: skip
def test_names_are_unique(lines, words):
    """R-SRC-02, R-WF-02: with the place of the first."""
    text = document().replace("workflows:", lines)

    code, _, problem = error(text)

    assert code == "AZ205"
    assert words in problem.message
    assert len(problem.related) == 1


@pytest.mark.parametrize(
    "step",
    [
        "parameters:\n- {name: a, in: query, value: 1}\n- {name: a, in: query, value: 2}",
        "parameters:\n- {name: X-A, in: header, value: 1}\n- {name: x-a, in: header, value: 2}",
        "parameters:\n- {reference: $components.parameters.p}\n- {name: p, in: query, value: 2}",
        "parameters:\n- {reference: $components.parameters.q}\n- {reference: $components.parameters.q}",
        "onSuccess:\n- {name: a, type: end}\n- {name: a, type: goto, stepId: find}",
        "onFailure:\n- {reference: $components.failureActions.f}\n- {name: stop, type: end}",
    ],
)  # fmt: skip
def test_lists_hold_no_duplicates(step):
    """A parameter is its name and location, an action its name, components resolved."""
    components = (
        "components:\n"
        "  parameters: {p: {name: p, in: query, value: 1}}\n"
        "  failureActions: {f: {name: stop, type: end}}\n"
    )
    text = document(step=step, root=components)

    (problem,) = refused(text)

    assert problem.code == "AZ205"
    assert problem.location.line == problem.related[0][0].line + 1


def test_one_name_in_two_locations_is_two_parameters():
    text = document(
        step="parameters:\n- {name: a, in: query, value: 1}\n- {name: a, in: path, value: 1}"
    )

    assert len(step_of(text).parameters) == 2


def test_step_ids_are_unique_within_their_workflow():
    text = document(step="\n").replace(
        "        operationId: a\n",
        "        operationId: a\n      - stepId: find\n        operationId: b\n",
    )

    code, shown, problem = error(text)

    assert (code, shown) == ("AZ205", "find")
    assert problem.location.line == problem.related[0][0].line + 2


def test_every_problem_at_once_in_document_order():
    text = """\
arazzo: 1.0.1
info: {title: 1, version: 1.0}
sourceDescriptions: []
workflows:
  - steps:
      - {}
      - stepId: a
        operationId: b
        onsuccess: []
  - workflow: x
components: {inputs: {a: 1}}
"""

    problems = refused(text)

    assert [(each.location.line, each.code) for each in problems] == [
        (2, "AZ202"), (2, "AZ202"), (3, "AZ204"), (5, "AZ201"), (6, "AZ201"),
        (6, "AZ201"), (9, "AZ203"), (10, "AZ203"), (10, "AZ201"), (10, "AZ201"),
        (11, "AZ202"),
    ]  # fmt: skip


def test_a_flood_of_problems_is_bounded():
    text = document()
    steps = "".join(f"      - stepId: s{number}\n" for number in range(1000))

    problems = refused(text + steps)

    assert len(problems) == 200


# --- warnings ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "place, lines, code, shown, words",
    [
        ("step", "onSuccess: [{name: a, type: retry}]", "AZ511", "retry", "retry"),
        ("step", "onFailure: [{name: a, type: end, stepId: b}]", "AZ206", "stepId",
         "no meaning"),
        ("step", "onFailure: [{name: a, type: end, retryAfter: 1}]", "AZ206",
         "retryAfter", "no meaning"),
        ("step", "onFailure: [{name: a, type: end, criteria: []}]", "AZ204", "criteria",
         "empty"),
        ("step", "outputs: {a b: $url}", "AZ204", "a b", "characters"),
        ("step", "parameters: [{reference: $components.parameters.a, x: 1}]", "AZ203",
         "x", "no field"),
        ("step", "onFailure: [{reference: $components.failureActions.a, value: 1}]",
         "AZ203", "value", "no field"),
        ("step", "successCriteria: [{condition: $.a == 1, context: $response.body}]",
         "AZ703", "context", "'type: jsonpath'"),
        ("step", "successCriteria: [{condition: a, context: b, type: xpath, "
         "version: xpath-10}]", "AZ203", "version", "an object"),
        ("step", "timeout: 5", "AZ518", "timeout", "1.1"),
        ("step", "dependsOn: [a]", "AZ518", "dependsOn", "1.1"),
        ("step", "outputs: {a: {context: $url, selector: x, type: jsonpath}}", "AZ518",
         "a", "1.1"),
        ("step", "parameters: [{name: a, in: querystring, value: b}]", "AZ518",
         "querystring", "1.1"),
        ("source", "type: asyncapi", "AZ518", "asyncapi", "1.1"),
        ("root", "$self: https://example.com/a", "AZ518", "$self", "1.1"),
    ],
)  # fmt: skip
def test_what_is_accepted_with_a_warning(place, lines, code, shown, words):
    """Lenient: 1.1 fields in a 1.0 document are honoured (A-72), and more."""
    actual, at, problem, _ = warning(document(**{place: lines}))

    assert (actual, at) == (code, shown)
    assert words in f"{problem.message} {problem.hint}"


@pytest.mark.parametrize(
    "target, lines, shown",
    [
        ("workflowId: a", "requestBody: {payload: 1}", "requestBody"),
        ("workflowId: a", "parameters: [{name: a, in: query, value: 1}]", "in"),
        ("operationId: a", "parameters: [{name: a, in: channel, value: 1}]", "channel"),
    ],
)
def test_what_has_no_meaning_in_1_1_is_a_warning(target, lines, shown):
    _, at, _, _ = warning(document(arazzo="1.1.0", target=target, step=lines))

    assert at == shown


def test_an_inline_version_makes_an_expression_type():
    """Older 1.0 schemas have ``version`` beside ``type`` (A-21)."""
    criterion = "{condition: a, context: b, type: xpath, version: xpath-10}"

    _, _, _, description = warning(document(step=f"successCriteria: [{criterion}]"))

    (actual,) = description.workflows[0].steps[0].success_criteria
    assert actual.type == model.ExpressionType(type="xpath", version="xpath-10")


@pytest.mark.parametrize(
    "lines",
    [
        "x-anything: {a: [1]}",
        "stepId: 'a step, with marks'",
        "parameters: [{name: a, in: query, value: null}]",
        "parameters: [{name: a, in: query, value: {b: 1}}]",
        "requestBody: {replacements: [{target: '', value: 10}]}",
        "successCriteria: [{condition: a, type: simple}]",
        "onSuccess: []",
    ],
)
def test_what_is_no_problem(lines):
    """Where prose and schema disagree the prose holds (A-71)."""
    text = document(step=lines)
    if lines.startswith("stepId"):
        text = text.replace("stepId: find\n", "x-a: 1\n")

    step_of(text)


# --- what others wrote ------------------------------------------------------------------


def published():
    corpus = SHARED / "corpus" / "dev"
    yield from sorted(corpus.glob("jentic-public-apis/workflows/**/*.json"))
    for path in sorted(corpus.glob("*/arazzo/*.yml")):
        if path.name != "_index.yml":
            yield path


@needs_shared
def test_published_files_are_built():
    """481 files of API Evangelist, 186 of Jentic: all without an error."""
    paths = list(published())

    for path in paths:
        description, _ = build(parse(path.read_bytes(), path.name))
        assert description.workflows, path.name

    assert len(paths) == 667


def fixtures(kind):
    folder = SHARED / "spec" / "data"
    found = folder.glob(f"v1.*/tests/**/{kind}/*.yaml")
    return [pytest.param(path, id=f"{path.parts[-5]}-{path.stem}") for path in found]


@needs_shared
@pytest.mark.parametrize("path", fixtures("pass"))
def test_official_pass_fixtures(path):
    build(parse(path.read_bytes(), path.name))


@needs_shared
@pytest.mark.parametrize("path", fixtures("fail"))
def test_official_fail_fixtures(path):
    with pytest.raises(DocumentError):
        build(parse(path.read_bytes(), path.name))


# --- properties -------------------------------------------------------------------------

NAMES = st.sampled_from(
    ["arazzo", "info", "workflows", "steps", "stepId", "type", "in", "name", "value",
     "reference", "context", "condition", "criteria", "parameters", "version",
     "retryAfter", "timeout", "outputs", "x-a", "$ref"]
)  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False,
    allow_infinity=False) | st.text(max_size=5) | NAMES,
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(NAMES | st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


def spots(value):
    """Every (container, key) in a document."""
    members = value.items() if isinstance(value, dict) else enumerate(value)
    for key, each in list(members):
        yield value, key
        if isinstance(each, dict | list):
            yield from spots(each)


@settings(deadline=None)
@given(st.data())
def test_mutated_documents_are_built_or_refused(data):
    """Nothing but DocumentError, and every problem has a line."""
    value = copy.deepcopy(parse(WHOLE, "doc.yaml").value)
    for _ in range(data.draw(st.integers(1, 4))):
        holder, key = data.draw(st.sampled_from(list(spots(value))))
        match data.draw(st.sampled_from(["replace", "delete", "rename", "add"])):
            case "replace":
                holder[key] = data.draw(VALUES)
            case "delete":
                del holder[key]
            case "rename" if isinstance(holder, dict):
                holder[data.draw(NAMES)] = holder.pop(key)
            case _ if isinstance(holder, dict):
                holder[data.draw(NAMES)] = data.draw(VALUES)
            case _:
                holder.append(data.draw(VALUES))
        if not value or not list(spots(value)):
            break

    try:
        _, problems = load(json.dumps(value, indent=1))
    except DocumentError as error:
        problems = error.problems

    for problem in problems:
        assert problem.location.line > 0
        assert problem.code in CODES


@settings(deadline=None)
@given(VALUES)
def test_any_value_is_built_or_refused(value):
    with pytest.raises(DocumentError):
        load(json.dumps(value))
