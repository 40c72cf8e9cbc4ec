"""
Which values reach a call: parameters, payloads, embedded text.

Checklist A-22 to A-26, A-55 to A-60.
"""

import json

import pytest

from arazzo_runner.exchanges import revealed
from arazzo_runner.messages import ABSENT, NO_BODIES, Call, Response, Secret, Template
from arazzo_runner.openapi.requests import build_request
from arazzo_runner.testing import play

OK = Response(200, body={})

INPUTS = """\
inputs:
  type: object
  properties:
    s: {type: string}
    n: {type: integer}
    f: {type: number}
    b: {type: boolean}
    o: {type: object}
    a: {type: array}
    gone: {type: string}
    apiKey: {type: string, format: password}
    dotted.name: {type: string}
    dotted: {type: object}
    x-id: {type: string}
"""
VALUES = {
    "s": "text",
    "n": 5,
    "f": 2.0,
    "b": True,
    "o": {"k": [1, "ü"]},
    "a": [1, {"x": None}],
    "apiKey": Secret("apiKey"),
    "dotted.name": "whole",
    "dotted": {"name": "member", "other": {"deep": 1}},
    "x-id": "xid",
}


def values(call: Call) -> list[tuple[str, str, object]]:
    return [(each.location, each.name, each.value) for each in call.arguments]


def call_of(flow, step: str, values: dict | None = None, **options) -> Call:
    """The call of a step written as a YAML block below ``- stepId: one``."""
    block = "".join(f"  {line}\n" for line in step.strip("\n").splitlines())
    plan = flow(f"{INPUTS}steps:\n- stepId: one\n{block}", **options)
    return play(plan, VALUES if values is None else values, [OK], whole=False).calls[0]


def sent_body(flow, step: str, values: dict | None = None) -> tuple[str, str]:
    """(content type, body as text) of the request that is sent for *step*."""
    block = "".join(f"  {line}\n" for line in step.strip("\n").splitlines())
    plan = flow(f"{INPUTS}steps:\n- stepId: one\n{block}")
    call = play(plan, VALUES if values is None else values, [OK]).calls[0]
    request = build_request(
        plan.steps[0].operation, call, server="https://api.test/v1", bodies=NO_BODIES
    )
    fields = {name.lower(): text for name, text in request.headers}
    text = b"".join(each for each in request.body if isinstance(each, bytes)).decode()
    return fields.get("content-type", ""), text


# --- parameters -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "written, value",
    [
        ("$inputs.s", "text"),
        ("$inputs.n", 5),
        ("$inputs.f", 2.0),
        ("$inputs.b", True),
        ("$inputs.o", {"k": [1, "ü"]}),
        ("$inputs.a", [1, {"x": None}]),
        ("$inputs.o#/k/1", "ü"),
        ("$inputs.o.k[0]", 1),
        ("$inputs.dotted.name", "whole"),
        ("$inputs.dotted.other.deep", 1),
        ("$inputs.x-id", "xid"),
        ("'{$inputs.s}'", "text"),
        ("'{$inputs.n}'", "5"),
        ("'{$inputs.b}'", "true"),
        ("'{$inputs.a}'", '[1,{"x":null}]'),
        ("'{$inputs.s}-{$inputs.n}'", "text-5"),
        ("'pre {$inputs.o#/k/0} post'", "pre 1 post"),
        ("Bearer $inputs.s", "Bearer text"),
        ("5", 5),
        ("1.5", 1.5),
        ("'5'", "5"),
        ("true", True),
        ("''", ""),
        ("[1, $inputs.n]", [1, 5]),
        ("{a: $inputs.n}", {"a": 5}),
        ("$5.00", "$5.00"),
        ("$ref", "$ref"),
        ("costs $5", "costs $5"),
        ("'{not an expression}'", "{not an expression}"),
        ("user@$host", "user@$host"),
    ],
)
def test_parameter_values(flow, written, value):
    """R-PARAM-10, R-PARAM-11: types are kept; embedded in text they become text (A-23)."""
    call = call_of(
        flow,
        "operationId: listJobs\nparameters:\n- name: cursor\n  in: query\n"
        f"  value: {written}",
    )

    if written == "'{$inputs.a}'":
        assert json.loads(call.arguments[0].value) == json.loads(value)
        return
    assert values(call) == [("query", "cursor", value)]
    assert type(call.arguments[0].value) is type(value)


def test_all_places(flow):
    """R-PARAM-06 to R-PARAM-09, in the order they are given."""
    call = call_of(
        flow,
        """
operationId: getJob
parameters:
- {name: theme, in: cookie, value: dark}
- {name: X-Trace, in: header, value: t1}
- {name: id, in: path, value: $inputs.s}
- {name: page, in: query, value: 2}
""",
    )

    assert values(call) == [
        ("cookie", "theme", "dark"),
        ("header", "X-Trace", "t1"),
        ("path", "id", "text"),
        ("query", "page", 2),
    ]


@pytest.mark.parametrize("written", ["$inputs.gone", "null", "$inputs.o#/none"])
def test_an_optional_parameter_without_a_value_is_left_out(flow, written):
    """A-24, A-57."""
    call = call_of(
        flow,
        f"""
operationId: listJobs
parameters:
- {{name: cursor, in: query, value: {written}}}
- {{name: limit, in: query, value: 1}}
""",
    )

    assert values(call) == [("query", "limit", 1)]


def test_leaving_out_a_parameter_is_told(flow):
    """A-24: omitted, with a warning."""
    plan = flow(
        INPUTS
        + """\
steps:
- stepId: one
  operationId: listJobs
  parameters: [{name: cursor, in: query, value: $inputs.gone}]
"""
    )

    done = play(plan, {}, [OK])

    assert done.status == "succeeded"
    assert any("cursor" in each.message for each in done.warnings)


@pytest.mark.parametrize(
    "step",
    [
        pytest.param(
            "operationId: getJob\nparameters: [{name: id, in: path, value: $inputs.gone}]",
            id="path",
        ),
        pytest.param(
            "operationId: search\nparameters: [{name: q, in: query, value: $inputs.gone}]",
            id="required",
        ),
        pytest.param(
            "operationId: ping\nparameters: [{name: Authorization, in: header, value: $inputs.gone}]",
            id="Authorization",
        ),
        pytest.param(
            "operationId: ping\nparameters: [{name: authorization, in: header, value: 'Bearer {$inputs.gone}'}]",
            id="authorization, embedded",
        ),
        pytest.param(
            "operationId: listJobs\nparameters: [{name: cursor, in: query, value: 'a{$inputs.gone}'}]",
            id="embedded in an optional one",
        ),
        pytest.param(
            "operationId: listJobs\nparameters: [{name: cursor, in: query, value: 'a $inputs.gone'}]",
            id="embedded without braces",
        ),
        pytest.param(
            "operationId: createJob\nrequestBody: {payload: $inputs.gone}",
            id="whole payload",
        ),
        pytest.param(
            "operationId: createJob\nrequestBody: {payload: {a: 'x{$inputs.gone}'}}",
            id="embedded in a payload",
        ),
    ],
)
def test_what_is_needed_fails_before_anything_is_sent(flow, well_formed, step):
    """A-24: a step error; never "None" on the wire, and no retry (A-38)."""
    block = "".join(f"  {line}\n" for line in step.splitlines())
    plan = flow(
        f"{INPUTS}steps:\n- stepId: one\n{block}"
        "  onFailure: [{name: again, type: retry, retryAfter: 1, retryLimit: 5}]\n"
    )

    done = play(plan, {}, [OK] * 3)

    well_formed(done.events)
    assert done.sent == []
    assert done.waits == []
    assert done.status == "failed"
    assert done.error is not None
    assert "gone" in done.error.message + (done.error.hint or "")
    assert done.error.location.line > 0


def test_a_missing_value_of_a_later_step(flow):
    """What was sent before is kept; the later step is not sent."""
    plan = flow("""\
        steps:
        - {stepId: one, operationId: createJob, outputs: {id: $response.body#/id}}
        - {stepId: two, operationId: getJob, parameters: [{name: id, in: path, value: $steps.one.outputs.id}]}
        outputs: {id: $steps.one.outputs.id}
        """)

    done = play(plan, {}, [OK, OK])

    assert done.sent == ["one"]
    assert done.status == "failed"
    assert done.error is not None
    assert "id" in done.error.message


def test_an_empty_text_is_a_value(flow):
    """A-57."""
    call = call_of(
        flow,
        "operationId: search\nparameters: [{name: q, in: query, value: $inputs.s}]",
        {"s": ""},
    )

    assert values(call) == [("query", "q", "")]


# --- merging ----------------------------------------------------------------------------


def merged(flow, workflow: str, step: str, more: str = "", operation: str = "listJobs"):
    plan = flow(
        f"parameters: {workflow}\nsteps:\n- stepId: one\n  operationId: {operation}\n"
        f"  parameters: {step}\n",
        more=more,
    )
    return values(play(plan, {}, [OK]).calls[0])


@pytest.mark.parametrize(
    "workflow, step, expected",
    [
        pytest.param(
            "[{name: limit, in: query, value: 1}]",
            "[]",
            [("query", "limit", 1)],
            id="R-WF-25: passed to each step",
        ),
        pytest.param(
            "[{name: limit, in: query, value: 1}, {name: cursor, in: query, value: a}]",
            "[{name: x, in: query, value: 9}, {name: limit, in: query, value: 2}]",
            [("query", "limit", 2), ("query", "cursor", "a"), ("query", "x", 9)],
            id="R-STEP-17: replaced in place",
        ),
        pytest.param(
            "[{name: limit, in: query, value: 1}]",
            "[{name: limit, in: header, value: 2}]",
            [("query", "limit", 1), ("header", "limit", 2)],
            id="R-PARAM-02: identity is name and place",
        ),
        pytest.param(
            "[{name: X-Trace, in: header, value: 1}]",
            "[{name: x-trace, in: header, value: 2}]",
            [("header", "x-trace", 2)],
            id="A-55: header names without case",
        ),
        pytest.param(
            "[{name: Limit, in: query, value: 1}]",
            "[{name: limit, in: query, value: 2}]",
            [("query", "Limit", 1), ("query", "limit", 2)],
            id="R-PARAM-01: other names with case",
        ),
        pytest.param(
            "[{name: id, in: path, value: 1}]",
            "[{name: limit, in: query, value: 2}]",
            [("query", "limit", 2)],
            id="A-55: a path parameter that does not fit is skipped",
        ),
        pytest.param(
            "[{name: X-New, in: header, value: 1}, {name: c, in: cookie, value: 2}]",
            "[]",
            [("header", "X-New", 1), ("cookie", "c", 2)],
            id="A-56: undeclared ones are sent",
        ),
        pytest.param(
            "[{name: limit, in: query, value: 1}]",
            "[{name: limit, in: query, value: null}]",
            [],
            id="overridden with null: left out",
        ),
    ],
)
def test_parameters_are_merged(flow, workflow, step, expected):
    assert merged(flow, workflow, step) == expected


COMPONENT = "components: {parameters: {limit: {name: limit, in: query, value: 10}}}\n"


@pytest.mark.parametrize(
    "workflow, step, expected",
    [
        ("[{reference: $components.parameters.limit}]", "[]", 10),
        ("[]", "[{reference: $components.parameters.limit}]", 10),
        ("[]", "[{reference: $components.parameters.limit, value: 3}]", 3),
        ("[]", "[{reference: $components.parameters.limit, value: [1, 2]}]", [1, 2]),
        (
            "[{reference: $components.parameters.limit}]",
            "[{name: limit, in: query, value: 4}]",
            4,
        ),
        (
            "[{name: limit, in: query, value: 4}]",
            "[{reference: $components.parameters.limit}]",
            10,
        ),
    ],
)
def test_reusable_parameters(flow, workflow, step, expected):
    """R-REUSE-01 to R-REUSE-03, R-WF-26, R-STEP-18."""
    assert merged(flow, workflow, step, COMPONENT) == [("query", "limit", expected)]


def test_the_value_of_a_reusable_parameter_is_evaluated(flow):
    """A-55: any type, expressions evaluated; also those of the component."""
    more = "components: {parameters: {limit: {name: limit, in: query, value: $inputs.n}}}\n"
    plan = flow(
        """\
        inputs: {type: object, properties: {n: {type: integer}, m: {type: integer}}}
        steps:
        - stepId: one
          operationId: listJobs
          parameters: [{reference: $components.parameters.limit}]
        - stepId: two
          operationId: listJobs
          parameters: [{reference: $components.parameters.limit, value: $inputs.m}]
        """,
        more=more,
    )

    done = play(plan, {"n": 1, "m": 2}, [OK, OK])

    assert [each.arguments[0].value for each in done.calls] == [1, 2]


def test_a_component_without_reference_has_no_effect(flow):
    """R-COMP-03."""
    assert merged(flow, "[]", "[]", COMPONENT) == []


# --- payloads ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "payload, body",
    [
        ("{a: 1, b: [x, null], c: {d: true}}", {"a": 1, "b": ["x", None], "c": {"d": True}}),
        ("{a: $inputs.n, b: [$inputs.s], c: {d: $inputs.o}}",
         {"a": 5, "b": ["text"], "c": {"d": {"k": [1, "ü"]}}}),
        ("$inputs.o", {"k": [1, "ü"]}),
        ("$inputs.a", [1, {"x": None}]),
        ("{a: 'id-{$inputs.n}'}", {"a": "id-5"}),
        ("{a: null}", {"a": None}),
        ("{a: $inputs.gone, b: 1}", {"b": 1}),
        ("{a: {x: $inputs.gone}, b: 1}", {"a": {}, "b": 1}),
        ("{a: '$ref', '$inputs.n': 1}", {"a": "$ref", "$inputs.n": 1}),
        ("{}", {}),
        ("[]", []),
        ("0", 0),
        ("false", False),
    ],
)  # fmt: skip
def test_payloads(flow, payload, body):
    """R-BODY-02, R-BODY-03, R-BODY-06, R-BODY-07, A-24, A-57."""
    call = call_of(flow, f"operationId: createJob\nrequestBody:\n  payload: {payload}")

    assert call.body == body
    assert call.content_type == "application/json"


def test_leaving_out_a_member_is_told(flow):
    """A-24: an optional body property without a value is omitted with a warning."""
    plan = flow(
        INPUTS + "steps:\n- stepId: one\n  operationId: createJob\n"
        "  requestBody: {payload: {colour: $inputs.gone}}\n"
    )

    done = play(plan, {}, [OK])

    assert done.calls[0].body == {}
    assert done.warnings


def test_without_a_body(flow):
    call = call_of(flow, "operationId: createJob")

    assert call.body is ABSENT
    assert call.content_type == ""


@pytest.mark.parametrize(
    "operation, body, content_type",
    [
        ("createJob", "{payload: {a: 1}}", "application/json"),
        ("writeNote", "{payload: {a: 1}}", "application/json"),
        ("writeText", "{payload: hello}", "text/plain"),
        ("writeAnything", "{payload: {a: 1}}", "application/json"),
        ("writeAnything", "{payload: [1]}", "application/json"),
        ("writeAnything", "{payload: hello}", "text/plain"),
        ("deletePing", "{payload: {a: 1}}", "application/json"),
        ("createJob", "{contentType: 'application/json; charset=utf-8', payload: {a: 1}}", "application/json; charset=utf-8"),
        ("createJob", "{contentType: application/merge-patch+json, payload: {a: 1}}", "application/merge-patch+json"),
        ("createJob", "{contentType: text/csv, payload: 'a,b'}", "text/csv"),
    ],
)  # fmt: skip
def test_content_type(flow, operation, body, content_type):
    """R-BODY-01, R-STEP-22, A-59."""
    call = call_of(flow, f"operationId: {operation}\nrequestBody: {body}")

    assert call.content_type == content_type


def test_a_media_type_that_is_not_offered_is_told(flow):
    """A-59: a warning, still sent."""
    plan = flow("""\
        steps:
        - {stepId: one, operationId: createJob, requestBody: {contentType: text/csv, payload: 'a,b'}}
        """)

    done = play(plan, {}, [OK])

    codes = [each.code for each in (*plan.warnings, *done.warnings)]
    assert "AZ608" in codes


@pytest.mark.parametrize(
    "payload, body",
    [
        pytest.param('\'{"n": {$inputs.n}}\'', {"n": 5}, id="number"),
        pytest.param('\'{"s": "{$inputs.s}"}\'', {"s": "text"}, id="inside quotes"),
        pytest.param('\'{"s": "a-{$inputs.n}-b"}\'', {"s": "a-5-b"}, id="in text"),
        pytest.param('\'{"o": {$inputs.o}}\'', {"o": {"k": [1, "ü"]}}, id="object"),
        pytest.param('\'{"q": "{$inputs.dotted.name}"}\'', {"q": "whole"}, id="dots"),
        pytest.param('\'[{$inputs.n}, {$inputs.b}]\'', [5, True], id="list"),
        pytest.param("hello", "hello", id="plain text"),
        pytest.param('\'{"a": 1}\'', {"a": 1}, id="JSON without templates"),
    ],
)  # fmt: skip
def test_texts_under_a_json_type(flow, payload, body):
    """R-BODY-05, A-60: what goes out is JSON."""
    _, text = sent_body(
        flow, f"operationId: createJob\nrequestBody:\n  payload: {payload}"
    )

    assert json.loads(text) == body


@pytest.mark.parametrize(
    "value", ['a"b', "a\\b", "line\nbreak", '"},{"x":"', "ü\u2028"]
)
def test_quotes_in_values_do_not_break_json(flow, value):
    """A-60: placeholders inside a JSON string are escaped, so nothing is injected."""
    _, text = sent_body(
        flow,
        'operationId: createJob\nrequestBody:\n  payload: \'{"s": "{$inputs.s}", "t": 1}\'',
        {"s": value},
    )

    assert json.loads(text) == {"s": value, "t": 1}


def test_texts_of_other_types_go_as_they_are(flow):
    """A-60: XML and text templates."""
    kind, text = sent_body(
        flow,
        "operationId: writeText\nrequestBody:\n  payload: 'n={$inputs.n} s={$inputs.s}'",
    )

    assert (kind.split(";")[0], text) == ("text/plain", "n=5 s=text")


# --- what was sent before ---------------------------------------------------------------


def test_values_of_steps_reach_later_calls(flow):
    """R-STEP-35, A-31: request and response values through outputs."""
    plan = flow("""\
        steps:
        - stepId: one
          operationId: createJob
          requestBody: {payload: {a: 1}}
          outputs: {a: $request.body#/a, url: $url, status: $statusCode, h: $response.header.Location}
        - stepId: two
          operationId: createJob
          requestBody:
            payload:
              a: $steps.one.outputs.a
              url: $steps.one.outputs.url
              status: $steps.one.outputs.status
              h: $steps.one.outputs.h
        """)

    done = play(plan, {}, [Response(201, headers=(("location", "/jobs/1"),)), OK])

    assert done.calls[1].body == {
        "a": 1,
        "url": "https://api.test/v1/jobs",
        "status": 201,
        "h": "/jobs/1",
    }


# --- secrets ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "written, value",
    [
        ("$inputs.apiKey", Secret("apiKey")),
        ("'Bearer {$inputs.apiKey}'", Template(("Bearer ", Secret("apiKey")))),
        ("Bearer $inputs.apiKey", Template(("Bearer ", Secret("apiKey")))),
        (
            "'{$inputs.s}:{$inputs.apiKey}!'",
            Template(("text:", Secret("apiKey"), "!")),
        ),
    ],
)
def test_secrets_stay_references(flow, written, value):
    """Text with a secret in it stays parts until the driver sends it."""
    call = call_of(
        flow,
        f"operationId: ping\nparameters: [{{name: Authorization, in: header, value: {written}}}]",
    )

    assert joined(call.arguments[0].value) == value


def joined(value: object) -> object:
    """*value* with neighbouring texts of a template put together."""
    if not isinstance(value, Template):
        return value
    parts: list[str | Secret] = []
    for part in value.parts:
        if isinstance(part, str) and parts and isinstance(parts[-1], str):
            parts[-1] += part
        else:
            parts.append(part)
    return Template(tuple(parts))


def test_a_secret_as_a_whole_text(flow):
    call = call_of(
        flow,
        "operationId: ping\nparameters: [{name: Authorization, in: header, value: '{$inputs.apiKey}'}]",
    )

    assert call.arguments[0].value in (
        Secret("apiKey"),
        Template((Secret("apiKey"),)),
    )


def test_secrets_in_payloads(flow):
    call = call_of(
        flow,
        "operationId: createJob\nrequestBody: {payload: {k: $inputs.apiKey, t: ['x{$inputs.apiKey}']}}",
    )

    assert call.body == {
        "k": Secret("apiKey"),
        "t": [Template(("x", Secret("apiKey")))],
    }


# --- dialect ----------------------------------------------------------------------------


def test_embedding_without_braces_warns_once(flow):
    """A-22, AZ502: one warning with its place; strict refuses."""
    text = (
        INPUTS + "steps:\n- stepId: one\n  operationId: ping\n"
        "  parameters:\n  - name: Authorization\n    in: header\n    value: «Bearer $inputs.s\n"
    )

    plan = flow(text.replace("«", ""))

    assert [each.code for each in plan.warnings] == ["AZ502"]
    refusal = flow.refuse(text, strict=True)
    assert refusal.one.code == "AZ502"
    assert refusal.found == [("AZ502", refusal.marks[0])]


@pytest.mark.parametrize(
    "written, value",
    [
        ("a $inputs.unknown b", "a $inputs.unknown b"),
        ("mail $inputsx", "mail $inputsx"),
        ("$inputs.n,$inputs.s", "5,text"),
        ("$inputs.s&$inputs.n", "text&5"),
        ("see $inputs.s.", "see text."),
        ("see $inputs.s, $inputs.n", "see text, 5"),
        ("x$inputs.s", "xtext"),
    ],
)
def test_embedding_without_braces(flow, written, value):
    """A-22: declared names are replaced, others stay literal."""
    call = call_of(
        flow,
        f"operationId: listJobs\nparameters:\n- name: cursor\n  in: query\n  value: '{written}'",
    )

    assert call.arguments[0].value == value


def test_a_secret_inside_a_json_text_is_escaped(flow):
    """A-60: a password with a quote does not break the JSON around it."""
    call = call_of(
        flow,
        "operationId: createJob\nrequestBody:\n"
        '  payload: \'{"k": "{$inputs.apiKey}", "t": 1}\'',
    )

    body = revealed(call.body, {"apiKey": 'pa"ss\\word'}, NO_BODIES)

    assert isinstance(body, str)
    assert json.loads(body) == {"k": 'pa"ss\\word', "t": 1}


def test_a_member_of_a_list_says_which_item_is_missing(flow):
    plan = flow(
        """
        steps:
        - stepId: list
          operationId: listJobs
          outputs: {jobs: $response.body}
        - stepId: get
          operationId: getJob
          parameters: [{name: id, in: path, value: $steps.list.outputs.jobs.id}]
        """
    )

    done = play(plan, {}, [Response(200, body=[{"id": "j1"}])])

    assert done.error.code == "AZ604"
    assert done.error.hint == (
        "$steps.list.outputs.jobs.id goes into a list: say which item, [0]"
    )
