"""
Outputs of steps and workflows: which attempt they are of, and what is missing.

Checklist A-24, A-48, A-49.
"""

import pytest

from arazzo_runner.events import RunFinished, StepFinished
from arazzo_runner.messages import ABSENT, File, Records, Response
from arazzo_runner.testing import Lost, play

FILE = File("/tmp/x", "x.bin", "ab" * 32, 5_000_000, "application/octet-stream")  # noqa: S108


def answer(body: object = ABSENT, status: int = 200, **headers: str) -> Response:
    fields = tuple((name.replace("_", "-"), text) for name, text in headers.items())
    return Response(status, headers=fields, body=body)


def outputs_of(done, step: str) -> list[dict[str, object]]:
    """The outputs after each attempt of *step*."""
    return [
        dict(each.outputs)
        for each in done.events
        if isinstance(each, StepFinished) and each.step_id == step
    ]


@pytest.mark.parametrize(
    "value",
    [
        0, False, None, "", [], {}, 1.5, "text", ["a", {"b": None}], {"a.b": {"c": [1]}},
        2**70, "ünï", [None], {"$arazzo": "secret", "ref": "x"},
    ],
)  # fmt: skip
def test_types_are_kept(flow, value):
    """R-EXPR-15: the type of the referenced value is preserved; null is a value."""
    plan = flow("""\
        steps:
        - {stepId: one, operationId: ping, outputs: {v: $response.body#/v, all: $response.body}}
        outputs: {v: $steps.one.outputs.v, all: $steps.one.outputs.all}
        """)

    done = play(plan, {}, [answer({"v": value})])

    assert done.outputs == {"v": value, "all": {"v": value}}
    assert type(done.outputs["v"]) is type(value)
    assert done.warnings == []


@pytest.mark.parametrize(
    "value", [FILE, Records(text='{"a":1}\n{"a":2}\n'), Records(file=FILE)]
)
def test_files_and_records_are_values(flow, value):
    """A body in a file goes through outputs as it is."""
    plan = flow("""\
        steps:
        - {stepId: one, operationId: ping, outputs: {all: $response.body}}
        - {stepId: two, operationId: createJob, requestBody: {payload: {f: $steps.one.outputs.all}}}
        outputs: {all: $steps.one.outputs.all}
        """)

    done = play(plan, {}, [answer(value), answer()])

    assert done.outputs == {"all": value}
    assert done.calls[1].body == {"f": value}


@pytest.mark.parametrize(
    "expression, value",
    [
        ("$statusCode", 201),
        ("$method", "GET"),
        ("$url", "https://api.test/v1/jobs?cursor=a%20b&limit=5"),
        ("$request.query.limit", 5),
        ("$request.query.cursor", "a b"),
        ("$response.header.X-Kind", "Job"),
        ("$response.header.x-kind", "Job"),
        ("$response.body#/list/1/a", 2),
        ("$response.body#/a~1b", "slash"),
        ("$response.body#/m~0n", "tilde"),
        ("$response.body#/", "empty"),
        ("$response.body.list[1].a", 2),
        ("$inputs.n", 3),
    ],
)
def test_what_an_output_may_name(flow, expression, value):
    """R-EXPR-01 to R-EXPR-12, A-28, A-31."""
    plan = flow(f"""\
        inputs: {{type: object, properties: {{n: {{type: integer}}}}}}
        steps:
        - stepId: one
          operationId: listJobs
          parameters:
          - {{name: cursor, in: query, value: a b}}
          - {{name: limit, in: query, value: 5}}
          outputs:
            v: {expression}
        """)
    body = {"list": [{"a": 1}, {"a": 2}], "a/b": "slash", "m~n": "tilde", "": "empty"}

    done = play(plan, {"n": 3}, [answer(body, 201, x_kind="Job")])

    assert outputs_of(done, "one") == [{"v": value}]


def test_request_values_are_those_sent(flow):
    """A-31: path, header and body of this step's request, typed as given."""
    plan = flow("""\
        steps:
        - stepId: one
          operationId: replaceJob
          parameters:
          - {name: id, in: path, value: j 1}
          - {name: X-Trace, in: header, value: 7}
          requestBody: {payload: {a: {b: 1}}}
          outputs:
            id: $request.path.id
            trace: $request.header.x-trace
            body: $request.body
            b: $request.body#/a/b
            url: $url
            method: $method
        """)

    done = play(plan, {}, [answer()])

    assert outputs_of(done, "one") == [
        {
            "id": "j 1",
            "trace": 7,
            "body": {"a": {"b": 1}},
            "b": 1,
            "url": "https://api.test/v1/jobs/j%201",
            "method": "PUT",
        }
    ]


def test_missing_outputs_are_null(flow):
    """A-24: null and a warning with the place; the name is present."""
    plan = flow("""\
        steps:
        - stepId: one
          operationId: ping
          outputs:
            there: $response.body#/there
            gone: $response.body#/gone
            header: $response.header.x-none
        outputs: {gone: $steps.one.outputs.gone}
        """)

    done = play(plan, {}, [answer({"there": 1})])

    assert outputs_of(done, "one") == [{"there": 1, "gone": None, "header": None}]
    assert done.outputs == {"gone": None}
    assert done.status == "succeeded"
    assert len(done.warnings) >= 2
    assert all(each.location.line for each in done.warnings)
    assert any("gone" in each.message for each in done.warnings)


def test_an_empty_body_is_absent(flow):
    """A-30: 204 has no body; its outputs are null."""
    plan = flow("""\
        steps: [{stepId: one, operationId: ping, outputs: {all: $response.body, a: $response.body#/a}}]
        """)

    done = play(plan, {}, [answer(status=204)])

    assert outputs_of(done, "one") == [{"all": None, "a": None}]


RETRIED = """\
steps:
- stepId: one
  operationId: createJob
  onFailure:
  - {name: again, type: retry, retryAfter: 1, retryLimit: 1}
  - {name: on, type: goto, stepId: two}
  outputs: {v: $response.body#/v, w: $response.body#/w}
- stepId: two
  operationId: getJob
  parameters: [{name: id, in: path, value: $steps.one.outputs.v}]
outputs: {v: $steps.one.outputs.v}
"""


def test_outputs_of_a_failed_attempt(flow):
    """A-48: outputs are taken from every attempt that got a response."""
    done = play(
        flow(RETRIED), {}, [answer({"v": "a"}, 500), answer({"v": "b"}, 500), answer()]
    )

    assert [each["v"] for each in outputs_of(done, "one")] == ["a", "b"]
    assert done.calls[-1].arguments[0].value == "b"


def test_outputs_are_replaced_as_a_whole(flow):
    """A-48: nothing of the attempt before remains."""
    done = play(
        flow(RETRIED),
        {},
        [answer({"v": "a", "w": 1}, 500), answer({"v": "b"}), answer()],
    )

    assert outputs_of(done, "one")[-1] == {"v": "b", "w": None}


def test_an_attempt_without_a_response_has_no_outputs_of_its_own(flow):
    """A-48: only attempts that got a response are evaluated; the ones before stand."""
    done = play(flow(RETRIED), {}, [answer({"v": "a"}, 500), Lost(), answer()])

    assert done.outputs == {"v": "a"}


def test_outputs_of_the_latest_visit(flow):
    """A-48: a poll's outputs are those of its last visit."""
    plan = flow("""\
        steps:
        - stepId: one
          operationId: ping
          outputs: {s: $response.body#/s, once: $response.body#/once}
          onSuccess:
          - {name: on, type: goto, stepId: one, criteria: [{condition: $response.body#/s == 'open'}]}
        outputs: {s: $steps.one.outputs.s, once: $steps.one.outputs.once}
        """)

    done = play(plan, {}, [answer({"s": "open", "once": 1}), answer({"s": "done"})])

    assert done.outputs == {"s": "done", "once": None}


def test_outputs_are_there_for_actions_of_the_same_step(flow):
    """Outputs are evaluated before what follows is decided."""
    plan = flow("""\
        steps:
        - stepId: one
          operationId: ping
          outputs: {s: $response.body#/s}
          onSuccess:
          - {name: out, type: end, criteria: [{condition: $steps.one.outputs.s == 'x'}]}
        - {stepId: two, operationId: ping}
        """)

    assert play(plan, {}, [answer({"s": "x"})]).sent == ["one"]


@pytest.mark.parametrize(
    "first, expected",
    [
        (answer({"v": 1}, 404), {"v": 1, "w": None}),
        (answer(status=404), {"v": None, "w": None}),
    ],
)
def test_outputs_of_a_failed_run(flow, first, expected):
    """A-49: all are evaluated, those that do not resolve are null."""
    plan = flow("""\
        steps:
        - {stepId: one, operationId: ping, outputs: {v: $response.body#/v}}
        - {stepId: two, operationId: ping, outputs: {w: $response.body#/w}}
        outputs: {v: $steps.one.outputs.v, w: $steps.two.outputs.w}
        """)

    done = play(plan, {}, [first])

    assert done.status == "failed"
    assert done.outputs == expected
    last = done.events[-1]
    assert isinstance(last, RunFinished)
    assert dict(last.outputs) == expected
    assert set(last.step_outputs) == {"one"}


def test_step_outputs_of_a_run(flow):
    """RunFinished has the outputs of the steps that ran."""
    plan = flow("""\
        steps:
        - {stepId: one, operationId: createJob, outputs: {id: $response.body#/id}}
        - {stepId: two, operationId: createJob}
        """)

    done = play(plan, {}, [answer({"id": "j1"}), Lost()])

    last = done.events[-1]
    assert isinstance(last, RunFinished)
    assert last.step_outputs["one"] == {"id": "j1"}


def test_outputs_of_outputs(flow):
    """A-32: ``$outputs.x`` is what has been computed so far."""
    plan = flow("""\
        steps: [{stepId: one, operationId: ping, outputs: {o: $response.body}}]
        outputs:
          first: $steps.one.outputs.o
          second: $outputs.first#/a
        """)

    done = play(plan, {}, [answer({"a": 5})])

    assert done.outputs == {"first": {"a": 5}, "second": 5}


@pytest.mark.parametrize(
    "expression, value",
    [
        ("$steps.one.outputs.o#/a/b", 1),
        ("$steps.one.outputs.o.a.b", 1),
        ("$steps.one.outputs.o.list[1]", "y"),
        ("$steps.one.outputs.o.list.1", "y"),
        ("$steps.one.outputs.x.y", "dotted"),
        ("$steps.one.outputs.o.gone", None),
        ("$steps.one.outputs.o.list[9]", None),
    ],
)
def test_navigation_after_an_output(flow, expression, value):
    """A-26: the longest declared name first, then navigation."""
    plan = flow(f"""\
        steps:
        - stepId: one
          operationId: ping
          outputs: {{o: $response.body, x: $response.body, x.y: $response.body#/d}}
        outputs:
          v: {expression}
        """)
    body = {"a": {"b": 1}, "list": ["x", "y"], "d": "dotted", "y": "not this"}

    done = play(plan, {}, [answer(body)])

    assert done.outputs == {"v": value}


def test_a_step_output_without_outputs(flow):
    """A-27, AZ507: ``$steps.s.x`` is read as ``$steps.s.outputs.x`` with a warning."""
    text = """\
        steps: [{stepId: one, operationId: ping, outputs: {o: $response.body#/o}}]
        outputs:
          v: $steps.one.o
        """

    plan = flow(text)

    assert play(plan, {}, [answer({"o": 4})]).outputs == {"v": 4}
    assert "AZ507" in [each.code for each in plan.warnings]
    assert flow.refuse(text, strict=True).one.code == "AZ507"


def test_data_that_looks_like_an_expression(flow):
    """A-25: values from responses are never evaluated."""
    plan = flow("""\
        inputs: {type: object, properties: {n: {type: string}}}
        steps:
        - {stepId: one, operationId: ping, outputs: {v: $response.body#/v}}
        - {stepId: two, operationId: createJob, requestBody: {payload: {v: $steps.one.outputs.v, t: "{$steps.one.outputs.v}!"}}}
        outputs: {v: $steps.one.outputs.v}
        """)
    text = "$inputs.n {$inputs.n} Bearer $inputs.n"

    done = play(plan, {"n": "secret"}, [answer({"v": text}), answer()])

    assert done.outputs == {"v": text}
    assert done.calls[1].body == {"v": text, "t": text + "!"}


def test_duplicate_response_fields(flow):
    """A-29: joined by a comma; of ``Set-Cookie`` the first; always text."""
    plan = flow("""\
        steps:
        - stepId: one
          operationId: ping
          outputs: {a: $response.header.x-a, c: $response.header.set-cookie, n: $response.header.x-n}
        """)
    headers = (
        ("x-a", "1"),
        ("x-a", "2"),
        ("set-cookie", "a=1"),
        ("set-cookie", "b=2"),
        ("x-n", "5"),
    )

    done = play(plan, {}, [Response(200, headers=headers)])

    assert outputs_of(done, "one") == [{"a": "1, 2", "c": "a=1", "n": "5"}]
