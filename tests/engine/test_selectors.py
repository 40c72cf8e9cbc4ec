"""
Selector Objects, wherever they may stand, and XPath and older JSONPath criteria.

https://spec.openapis.org/arazzo/v1.1.0.html#selector-object
https://spec.openapis.org/arazzo/v1.1.0.html#expression-type-object
"""

import json

import pytest

from arazzo_runner.errors import DocumentError
from arazzo_runner.messages import Response, Secret
from arazzo_runner.testing import play

BODY = {
    "items": [{"id": 1, "tags": ["a"]}, {"id": 2, "tags": []}],
    "total": 2,
    "a/b": {"m~n": None},
}
XML = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<o:order xmlns:o="urn:o" n="7"><o:item price="2">x</o:item>'
    '<o:item price="3">y\'s</o:item><empty/></o:order>'
)


def output(
    flow, selector, body=BODY, *, type_="jsonpath", version="1.1.0", inputs=None
):
    """What a step's output gives that is a Selector Object on the response's body."""
    plan = flow(
        "inputs: {type: object, properties: {n: {type: string}, k: {type: integer}}}\n"
        "steps:\n- stepId: one\n  operationId: ping\n  outputs:\n    x:\n"
        f"      context: $response.body\n      selector: {json.dumps(selector)}\n"
        f"      type: {type_}\n"
        "outputs: {x: $steps.one.outputs.x}\n",
        version=version,
    )
    done = play(plan, inputs or {}, [Response(200, body=body)])
    return done.outputs["x"]


@pytest.mark.parametrize(
    "selector, expected",
    [
        ("$.total", 2),
        ("$.items[0].id", 1),
        ("$.items[-1].id", 2),
        ("$['a/b']['m~n']", None),
        ("$.missing", None),
        ("$.items[*].id", [1, 2]),
        ("$..id", [1, 2]),
        ("$.items[?@.id > 1].id", [2]),
        ("$.items[?@.id > 9]", []),
        ("$", BODY),
    ],
)
def test_jsonpath(flow, selector, expected):
    """N-SEL-02, N-EXPT-05: RFC 9535; a singular query gives its value, others a list."""
    assert output(flow, selector) == expected


@pytest.mark.parametrize(
    "selector, expected",
    [
        ("/total", 2),
        ("/items/1/id", 2),
        ("/a~1b", {"m~n": None}),
        ("/a~1b/m~0n", None),
        ("", BODY),
        ("/nothing", None),
    ],
)
def test_json_pointer(flow, selector, expected):
    """N-SEL-02: RFC 6901."""
    assert output(flow, selector, type_="jsonpointer") == expected


@pytest.mark.parametrize(
    "selector, expected",
    [
        ("/o:order/@n", "7"),
        ("//o:item[2]", "y's"),
        ("//o:item/text()", ["x", "y's"]),
        ("count(//o:item)", 2),
        ("sum(//@price)", 5),
        ("//o:item[@price = '3'] = \"y's\"", True),
        ("string(//empty)", ""),
        ("//nothing", None),
        ("string-join(//o:item, '+')", "x+y's"),
        ("1.5 * 2", 3),
    ],
)
def test_xpath(flow, selector, expected):
    """N-SEL-02, N-EXPT-05: XPath 3.1; prefixes are those of the document (A-20)."""
    assert output(flow, selector, XML, type_="xpath") == expected


@pytest.mark.parametrize(
    "type_, selector, body, expected",
    [
        ("{type: jsonpath, version: rfc9535}", "$.total", BODY, 2),
        (
            "{type: jsonpath, version: draft-goessner-dispatch-jsonpath-00}",
            "$.items[*].id",
            BODY,
            [1, 2],
        ),
        ("{type: jsonpointer, version: rfc6901}", "/total", BODY, 2),
        ("{type: xpath, version: xpath-10}", "count(//o:item)", XML, 2),
        ("{type: xpath, version: xpath-20}", "max(//@price/number())", XML, 3),
        ("{type: xpath, version: xpath-30}", "'a' || 'b'", XML, "ab"),
        ("{type: xpath, version: xpath-31}", "('a' => upper-case())", XML, "A"),
    ],
)
def test_expression_type_objects(flow, type_, selector, body, expected):
    """N-EXPT-01, N-EXPT-02, N-EXPT-04: the version that is named."""
    assert output(flow, selector, body, type_=type_) == expected


@pytest.mark.parametrize(
    "selector, type_, inputs, expected",
    [
        ("$.items[?@.id == {$inputs.k}].id", "jsonpath", {"k": 2}, [2]),
        ("$[{$inputs.n}]", "jsonpath", {"n": "total"}, 2),
        ("/{$inputs.n}", "jsonpointer", {"n": "total"}, 2),
    ],
)
def test_expressions_in_selectors(flow, selector, type_, inputs, expected):
    """N-CRIT-02, N-CRIT-03: in braces, with their quotes where they stand alone (A-17)."""
    assert output(flow, selector, type_=type_, inputs=inputs) == expected


def test_data_cannot_change_an_xpath(flow):
    """A-17: what is put inside a literal stays there."""
    hostile = "x' or '1'='1"
    found = output(
        flow,
        "count(//o:item[. = '{$inputs.n}'])",
        XML,
        type_="xpath",
        inputs={"n": hostile},
    )

    assert found == 0


def test_in_parameters_payloads_and_workflow_outputs(flow):
    """N-SEL-04, N-PARAM-05, N-BODY-01, N-WF-01, N-STEP-19."""
    text = """
steps:
- stepId: one
  operationId: ping
  outputs: {all: $response.body}
- stepId: two
  operationId: createJob
  parameters:
  - {name: X-Id, in: header, value: {context: $steps.one.outputs.all, selector: '$.items[1].id', type: jsonpath}}
  requestBody:
    payload:
      ids: {context: $steps.one.outputs.all, selector: '$..id', type: jsonpath}
      deep: [{context: $steps.one.outputs.all, selector: /total, type: jsonpointer}]
outputs:
  first: {context: $steps.one.outputs.all, selector: /items/0/id, type: jsonpointer}
"""
    done = play(
        flow(text, version="1.1.0"), {}, [Response(200, body=BODY), Response(201)]
    )

    assert done.calls[1].arguments[0].value == 2
    assert done.calls[1].body == {"ids": [1, 2], "deep": [2]}
    assert done.outputs == {"first": 1}


def test_an_object_that_only_looks_like_one_is_data(flow):
    """A-25: a selector is context, selector and type with an expression, in Arazzo 1.1."""
    text = """
steps:
- stepId: one
  operationId: createJob
  requestBody:
    payload:
      a: {context: plain, selector: /x, type: jsonpointer}
      b: {context: $statusCode, selector: /x, type: jsonpointer, more: 1}
"""
    for version, payload in (("1.1.0", "a"), ("1.0.1", "a")):
        done = play(
            flow(text.replace("$statusCode", "y"), version=version), {}, [Response(201)]
        )

        assert done.calls[0].body[payload] == {
            "context": "plain",
            "selector": "/x",
            "type": "jsonpointer",
        }


@pytest.mark.parametrize(
    "selector, type_, code",
    [
        ("$.[", "jsonpath", "AZ405"),
        ("items", "jsonpointer", "AZ409"),
        ("//a[", "xpath", "AZ408"),
        ("unparsed-text('file:///etc/passwd')", "xpath", "AZ408"),
        ("doc('http://x')", "xpath", "AZ408"),
        ("let $f := function($x) { $x } return $f(1)", "xpath", "AZ408"),
        (
            "$.a[?@.b =~ '(a+)+']",
            "{type: jsonpath, version: draft-goessner-dispatch-jsonpath-00}",
            "AZ405",
        ),
    ],
)
def test_what_is_wrong_is_said_before(flow, selector, type_, code):
    """N-SEL-02: the selector conforms to its type; what reads files is refused (D10)."""
    with pytest.raises(DocumentError) as caught:
        output(flow, selector, type_=type_)

    assert caught.value.code == code
    assert caught.value.location.line > 0


def test_a_context_that_is_not_what_is_needed_gives_null_and_a_warning(flow):
    """N-SEL-01, A-24."""
    plan = flow(
        "steps:\n- stepId: one\n  operationId: ping\n  outputs:\n"
        "    x: {context: $response.body, selector: //a, type: xpath}\n"
        "outputs: {x: $steps.one.outputs.x}\n",
        version="1.1.0",
    )
    done = play(plan, {}, [Response(200, body=BODY)])

    assert done.outputs == {"x": None}
    assert "the context is JSON, not XML" in " ".join(
        each.message for each in done.warnings
    )


def test_a_secret_context_is_not_looked_into(flow):
    plan = flow(
        "inputs: {type: object, properties: {s: {type: object, format: password}}}\n"
        "steps:\n- stepId: one\n  operationId: ping\n  outputs:\n"
        "    x: {context: $inputs.s, selector: /a, type: jsonpointer}\n",
        version="1.1.0",
    )
    done = play(plan, {"s": Secret("inputs.s")}, [Response(200)])

    assert done.events[-1].step_outputs == {"one": {"x": None}}


# --- criteria -------------------------------------------------------------------------------


def holds(flow, condition, kind, body, version="1.1.0"):
    plan = flow(
        "steps:\n- stepId: one\n  operationId: ping\n  successCriteria:\n"
        f"  - context: $response.body\n    condition: {json.dumps(condition)}\n    type: {kind}\n",
        version=version,
    )
    return play(plan, {}, [Response(200, body=body)]).status == "succeeded"


@pytest.mark.parametrize(
    "condition, expected",
    [
        ("//o:item", True),
        ("//nothing", False),
        ("count(//o:item) = 2", True),
        ("count(//nothing)", False),
        ("string(/o:order/@n)", True),
        ("string(//empty)", False),
        ("false()", False),
        ("not(//nothing)", True),
        ("matches(/o:order/@n, '^[0-9]+$')", True),
        ("some $i in //o:item satisfies $i/@price > 2", True),
    ],
)
def test_xpath_criteria(flow, condition, expected):
    """N-CRIT-13, N-CRIT-15, R-CRIT-17: the effective boolean value."""
    assert holds(flow, condition, "xpath", XML) is expected


@pytest.mark.parametrize(
    "body",
    [BODY, None, "no xml", "<a><b></a>", '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'],
)
def test_xpath_criteria_without_xml_do_not_hold(flow, body):
    """N-CRIT-14, D10: no context, JSON, broken XML, a document type."""
    assert holds(flow, "true()", "xpath", body) is False


@pytest.mark.parametrize(
    "kind, version",
    [
        ("{type: xpath, version: xpath-10}", "1.1.0"),
        ("xpath\n    version: xpath-10", "1.0.1"),
        ("{type: xpath, version: xpath-20}", "1.0.1"),
    ],
)
def test_both_shapes_of_an_older_version(flow, kind, version):
    """R-CET-02, A-21."""
    assert holds(flow, "count(//o:item) > 1", kind, XML, version)


@pytest.mark.parametrize(
    "condition, expected",
    [
        ("$.items[?(@.id == 2)]", True),
        ("$.items[?(@.id == 9)]", False),
        ("$..id", True),
        ("$.items[(@.length-1)]", True),
        ("$.items[(@.length-3)]", False),
        ("$.items[(@.length*1)]", None),
        ("$.total == 2", True),
        ("$.items.length > 5", False),
    ],
)
def test_the_older_jsonpath(flow, condition, expected):
    """R-CET-04, A-19."""
    kind = "{type: jsonpath, version: draft-goessner-dispatch-jsonpath-00}"
    if expected is None:
        with pytest.raises(DocumentError):
            holds(flow, condition, kind, BODY)
    else:
        assert holds(flow, condition, kind, BODY) is expected


@pytest.mark.slow
def test_a_query_that_would_never_end_is_a_limit(flow):
    """D11: never answered as false."""
    body = {"a": [{"b": [[{"c": i}] for i in range(40)]} for _ in range(300)]}
    plan = flow(
        "steps:\n- stepId: one\n  operationId: ping\n  successCriteria:\n"
        "  - {context: $response.body, condition: '$..[?count($..*) > 999999999]', type: jsonpath}\n",
        version="1.1.0",
    )
    done = play(plan, {}, [Response(200, body=body)])

    assert done.error.code == "evaluation-budget"
