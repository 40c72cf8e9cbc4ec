"""
Rules of `arazzo check`: for each a document that breaks it and one that does not.

https://spec.openapis.org/arazzo/v1.1.0.html
"""

import pytest

PING = "- {stepId: a, operationId: ping}\n"
GET = "- {stepId: a, operationId: getPet, parameters: [{name: id, in: path, value: $inputs.id}]%s}\n"


def steps(*texts):
    return "steps:\n" + "".join(texts)


@pytest.mark.parametrize(
    "requirement, bad, good, severity, code",
    [
        # flow
        (
            "A-42 unreachable",
            steps(
                "- {stepId: a, operationId: ping, onSuccess: [{name: e, type: end}],"
                " onFailure: [{name: f, type: end}]}\n",
                "- {stepId: b, operationId: ping}\n",
            ),
            steps(
                "- {stepId: a, operationId: ping, onSuccess: [{name: e, type: end}],"
                " onFailure: [{name: f, type: goto, stepId: b}]}\n",
                "- {stepId: b, operationId: ping}\n",
            ),
            "warning",
            "AZ711",
        ),
        (
            "R-SACT-11 R-STEP-26 action never reached",
            steps(
                "- {stepId: a, operationId: ping, onFailure: [{name: e, type: end},"
                " {name: r, type: retry}]}\n"
            ),
            steps(
                "- {stepId: a, operationId: ping, onFailure: [{name: r, type: retry},"
                " {name: e, type: end}]}\n"
            ),
            "warning",
            "AZ712",
        ),
        (
            "A-42 loop without a way out",
            steps(
                "- {stepId: a, operationId: ping}\n",
                "- {stepId: b, operationId: ping, onSuccess: [{name: g, type: goto, stepId: a}]}\n",
            ),
            steps(
                "- {stepId: a, operationId: ping, onSuccess: [{name: o, type: end,"
                " criteria: [{condition: $statusCode == 204}]}]}\n",
                "- {stepId: b, operationId: ping, onSuccess: [{name: g, type: goto, stepId: a}]}\n",
            ),
            "warning",
            "AZ713",
        ),
        (
            "N-DEP-04 A-69 forward reference",
            steps(
                "- {stepId: a, operationId: getPet, parameters:"
                " [{name: id, in: path, value: $steps.b.outputs.id}]}\n",
                "- {stepId: b, operationId: ping, outputs: {id: $statusCode}}\n",
            ),
            steps(
                "- {stepId: b, operationId: ping, outputs: {id: $statusCode}}\n",
                "- {stepId: a, operationId: getPet, parameters:"
                " [{name: id, in: path, value: $steps.b.outputs.id}]}\n",
            ),
            "error",
            "AZ714",
        ),
        # names and criteria
        (
            "R-STEP-04 odd stepId",
            steps("- {stepId: 'a b', operationId: ping}\n"),
            steps(PING),
            "warning",
            "AZ702",
        ),
        (
            "A-10 context of a simple condition",
            steps(
                "- {stepId: a, operationId: ping, successCriteria:"
                " [{context: $response.body, condition: $statusCode == 200}]}\n"
            ),
            steps(
                "- {stepId: a, operationId: ping, successCriteria:"
                " [{condition: $statusCode == 200}]}\n"
            ),
            "warning",
            "AZ703",
        ),
        (
            "R-CRIT-04 A-10 type simple without context",
            steps(
                "- {stepId: a, operationId: ping, successCriteria:"
                " [{type: simple, condition: $statusCode == 200}]}\n"
            ),
            steps(
                "- {stepId: a, operationId: ping, successCriteria:"
                " [{condition: $statusCode == 200}]}\n"
            ),
            "info",
            "AZ704",
        ),
        (
            "R-EXT-02 reserved extension",
            "x-oai-owner: me\n" + steps(PING),
            "x-owner: me\n" + steps(PING),
            "warning",
            "AZ701",
        ),
        (
            "R-EXT-02 reserved extension in a step",
            steps("- {stepId: a, operationId: ping, x-arazzo-a: 1}\n"),
            steps("- {stepId: a, operationId: ping, x-b: {x-arazzo-a: 1}}\n"),
            "warning",
            "AZ701",
        ),
        # operations
        (
            "required query parameter",
            steps("- {stepId: a, operationId: listPets}\n"),
            steps(
                "- {stepId: a, operationId: listPets, parameters:"
                " [{name: q, in: query, value: x}]}\n"
            ),
            "error",
            "AZ721",
        ),
        (
            "required body",
            steps("- {stepId: a, operationId: createPet}\n"),
            steps(
                "- {stepId: a, operationId: createPet, requestBody: {payload: {name: x}}}\n"
            ),
            "error",
            "AZ722",
        ),
        (
            "required member of a body, one that is read only not",
            steps(
                "- {stepId: a, operationId: createPet, requestBody: {payload: {tag: x}}}\n"
            ),
            steps(
                "- {stepId: a, operationId: createPet, requestBody:"
                " {payload: {name: $inputs.id}}}\n"
            ),
            "error",
            "AZ723",
        ),
        (
            "unknown member of a closed body",
            steps(
                "- {stepId: a, operationId: createPet, requestBody:"
                " {payload: {name: x, nmae: y}}}\n"
            ),
            steps(
                "- {stepId: a, operationId: createPet, requestBody: {payload: {name: x}}}\n"
            ),
            "warning",
            "AZ724",
        ),
        (
            "body that the operation does not take",
            steps("- {stepId: a, operationId: pong, requestBody: {payload: {a: 1}}}\n"),
            steps("- {stepId: a, operationId: pong}\n"),
            "warning",
            "AZ725",
        ),
        (
            "R-STEP-22 body in a GET",
            steps("- {stepId: a, operationId: ping, requestBody: {payload: {a: 1}}}\n"),
            steps(PING),
            "warning",
            "AZ726",
        ),
        (
            "status that is not declared",
            steps(GET % ", successCriteria: [{condition: $statusCode == 201}]"),
            steps(GET % ", successCriteria: [{condition: $statusCode == 200}]"),
            "info",
            "AZ727",
        ),
        (
            "member that the response does not have",
            steps(
                "- {stepId: a, operationId: listPets, parameters: [{name: q, in: query,"
                " value: x}], outputs: {id: $response.body#/pets/0/nmae}}\n"
            ),
            steps(
                "- {stepId: a, operationId: listPets, parameters: [{name: q, in: query,"
                " value: x}], outputs: {id: $response.body#/pets/0/name}}\n"
            ),
            "warning",
            "AZ728",
        ),
        (
            "R-STEP-13 operationPath where there is an id",
            steps(
                "- {stepId: a, operationPath: '{$sourceDescriptions.pets.url}#/paths/~1ping/get'}\n"
            ),
            steps(PING),
            "info",
            "AZ729",
        ),
        (
            "nullable in 3.1",
            steps(
                "- {stepId: a, operationId: createPet, requestBody: {payload: {name: x}}}\n"
            ),
            steps(PING),
            "info",
            "AZ520",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 70 else "",
)  # fmt: skip
def test_a_rule(check, requirement, bad, good, severity, code):
    """What breaks the rule is found at its place; what keeps it is not."""
    found = check(bad)

    assert (severity, code) in found
    finding = next(each for each in check.found if each.code == code)
    assert finding.location.line > 0
    assert code not in [each for _, each in check(good)]


def test_findings_in_an_api_description_show_both_places(check):
    check(steps("- {stepId: a, operationId: listPets}\n"))

    (finding,) = [each for each in check.found if each.code == "AZ721"]
    assert finding.location.uri == "test.arazzo.yaml"
    assert [place.uri for place, _ in finding.related] == ["pets.yaml"]


def test_a_backward_goto_makes_a_forward_reference_a_warning(check):
    """A-69: there is a value when control comes back."""
    found = check(
        steps(
            "- {stepId: a, operationId: getPet, parameters:"
            " [{name: id, in: path, value: $steps.b.outputs.id}]}\n",
            "- {stepId: b, operationId: ping, outputs: {id: $statusCode}, onSuccess:"
            " [{name: g, type: goto, stepId: a, criteria: [{condition: $statusCode == 202}]}]}\n",
        )
    )

    assert ("warning", "AZ714") in found


def test_depends_on_makes_forward_references_right(check):
    """N-DEP-03, N-DEP-04."""
    found = check(
        steps(
            "- {stepId: a, operationId: getPet, dependsOn: [b], parameters:"
            " [{name: id, in: path, value: $steps.b.outputs.id}]}\n",
            "- {stepId: b, operationId: ping, outputs: {id: $statusCode}}\n",
        ),
        version="1.1.0",
    )

    assert "AZ714" not in [code for _, code in found]
    assert ("info", "AZ706") in found  # N-DEP-05


COMPONENTS = """
components:
  parameters:
    used: {name: id, in: path, value: $inputs.id}
    unused: {name: id, in: path, value: $inputs.}
  failureActions:
    stop: {name: stop, type: end, criteria: [{condition: $statusCode = 1}]}
"""


def test_components_are_checked_although_nobody_refers_to_them(check):
    """R-COMP-03, R-COMP-05."""
    found = check(
        steps(
            "- {stepId: a, operationId: getPet, parameters: [{reference: $components.parameters.used}]}\n"
        ),
        more=COMPONENTS,
    )

    assert ("error", "AZ401") in found
    assert ("error", "AZ402") in found
    unused = [each.message for each in check.found if each.code == "AZ705"]
    assert unused == ["nothing refers to 'unused'", "nothing refers to 'stop'"]


def test_problems_of_all_workflows_are_found(check):
    found = check(steps(PING.replace("ping", "pnig")), more="")
    text = check.found[0].location

    assert found == [("error", "AZ303")]
    assert (text.line, text.column) == (10, 30)


def test_without_sources_the_document_is_checked_alone(check):
    """--no-sources: nothing is unknown, but what the document itself must know."""
    found = check(
        steps(
            "- {stepId: a, operationId: nobodyKnows}\n",
            "- {stepId: b, operationId: $sourceDescriptions.pest.x}\n",
            "- {stepId: c, operationId: x, outputs: {a: $steps.d.outputs.e}}\n",
        ),
        sources=False,
    )

    assert ("error", "AZ303") not in found
    assert ("error", "AZ305") in found
    assert ("error", "AZ304") in found


def test_strict_makes_dialect_forms_errors(check):
    text = steps(
        "- {stepId: a, operationId: ping, successCriteria: [{condition: '{$statusCode == 200}'}]}\n"
    )

    assert ("warning", "AZ504") in check(text)
    assert ("error", "AZ504") in check(text, strict=True)


ASYNC = """
steps:
- {stepId: send, channelPath: '{$sourceDescriptions.pets.url}#/channels/a', action: send}
- {stepId: receive, channelPath: '{$sourceDescriptions.pets.url}#/channels/a', action: receive, correlationId: x,
   outputs: {id: $message.payload#/id}}
- {stepId: use, operationId: ping, outputs: {id: $steps.receive.outputs.id}}
"""


def test_steps_with_messages_are_checked_and_said_not_to_run(check):
    """N-STEP-02, N-ASYNC-03, N-STEP-17."""
    found = check(
        ASYNC.replace("pets", "news"),
        version="1.1.0",
        more="- {name: news, url: news.yaml, type: asyncapi}",
        sources=False,
    )

    assert ("info", "AZ390") in found
    assert ("warning", "AZ731") in found
    assert ("warning", "AZ732") in found
    assert not [code for severity, code in found if severity == "error"]


def test_a_channel_must_be_one_of_an_asyncapi_source(check):
    """N-STEP-03, N-STEP-04."""
    assert ("error", "AZ305") in check(ASYNC, version="1.1.0")
