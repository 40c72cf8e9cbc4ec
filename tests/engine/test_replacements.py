"""
Payload replacements (checklist A-62).

https://spec.openapis.org/arazzo/v1.1.0.html#payload-replacement-object
"""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arazzo_runner.expressions.replacements import CannotReplace, set_at
from arazzo_runner.expressions.scope import at_pointer
from arazzo_runner.messages import Response, Secret
from arazzo_runner.testing import play

PAYLOAD = "{name: Rex, tags: [a, b], owner: {id: 1}}"


def sent(
    flow,
    replacements,
    payload=PAYLOAD,
    *,
    content="application/json",
    version="1.1.0",
    operation="createJob",
    inputs=None,
):
    given_payload = f"\n    payload: {payload}" if payload is not None else ""
    plan = flow(
        "inputs: {type: object, properties: {v: {}, key: {type: string, format: password}, p: {type: string}}}\n"
        f"steps:\n- stepId: one\n  operationId: {operation}\n  requestBody:\n"
        f"    contentType: {content}{given_payload}\n"
        f"    replacements: {json.dumps(replacements)}\n",
        version=version,
    )
    return play(plan, inputs or {}, [Response(201)])


def put(target, value, **more):
    return [{"target": target, "value": value, **more}]


@pytest.mark.parametrize(
    "target, value, expected",
    [
        ("/name", "Max", {"name": "Max"}),
        ("/name", {"deep": [1]}, {"name": {"deep": [1]}}),
        ("/name", None, {"name": None}),
        ("/age", 3, {"age": 3}),
        ("/tags/0", "z", {"tags": ["z", "b"]}),
        ("/tags/-", "c", {"tags": ["a", "b", "c"]}),
        ("/tags/2", "c", {"tags": ["a", "b", "c"]}),
        ("/owner/id", 2, {"owner": {"id": 2}}),
        ("/new/deep", 1, {"new": {"deep": 1}}),
    ],
)
def test_a_pointer_sets_what_it_names(flow, target, value, expected):
    """R-BODY-09, R-REPL-01, R-REPL-02, R-REPL-03, N-REPL-03: any constant, also added."""
    whole = {"name": "Rex", "tags": ["a", "b"], "owner": {"id": 1}}

    assert sent(flow, put(target, value)).calls[0].body == {**whole, **expected}


def test_the_whole_payload(flow):
    assert sent(flow, put("", [1])).calls[0].body == [1]


def test_in_order(flow):
    """Each one sees what the one before has made."""
    steps = [*put("/a", {}), *put("/a/b", 1), *put("/a/b", 2)]

    assert sent(flow, steps, "{}").calls[0].body == {"a": {"b": 2}}


def test_without_a_payload_there_is_an_empty_object(flow):
    assert sent(flow, put("/a", 1), None).calls[0].body == {"a": 1}


def test_a_payload_that_is_json_text(flow):
    assert sent(flow, put("/a", 2), "'{\"a\": 1}'").calls[0].body == {"a": 2}


def test_values_are_expressions(flow):
    """R-REPL-03: their type is kept."""
    done = sent(flow, put("/name", "$inputs.v"), inputs={"v": [1, True]})

    assert done.calls[0].body["name"] == [1, True]


def test_a_value_may_be_a_selector(flow):
    """N-REPL-05."""
    value = {"context": "$inputs.v", "selector": "$.a[1]", "type": "jsonpath"}
    done = sent(flow, put("/name", value), inputs={"v": {"a": [1, 2]}})

    assert done.calls[0].body["name"] == 2


def test_a_secret_stays_a_reference(flow):
    done = sent(flow, put("/name", "$inputs.key"), inputs={"key": Secret("inputs.key")})

    assert done.calls[0].body["name"] == Secret("inputs.key")


def test_a_target_may_hold_expressions(flow):
    done = sent(flow, put("/{$inputs.p}", 1), inputs={"p": "name"})

    assert done.calls[0].body["name"] == 1


def test_jsonpath_replaces_every_node(flow):
    """N-REPL-01, N-REPL-02."""
    done = sent(
        flow,
        put("$..id", 0, targetSelectorType="jsonpath"),
        "{id: 1, a: [{id: 2}, {id: 3}]}",
    )

    assert done.calls[0].body == {"id": 0, "a": [{"id": 0}, {"id": 0}]}


@pytest.mark.parametrize(
    "target, expected",
    [
        ("/o/a", '<o><a>new</a><b k="1">y</b></o>'),
        ("//b/@k", '<o><a>x</a><b k="new">y</b></o>'),
        ("//b/text()", '<o><a>x</a><b k="1">new</b></o>'),
        ("/o/*", '<o><a>new</a><b k="1">new</b></o>'),
    ],
)
def test_xpath_in_xml(flow, target, expected):
    """R-REPL-01, N-REPL-04: without a type XML is for XPath."""
    done = sent(
        flow,
        put(target, "new"),
        "'<o><a>x</a><b k=\"1\">y</b></o>'",
        content="application/xml",
        operation="writeAnything",
    )

    assert done.calls[0].body == expected


def test_text_put_into_xml_is_escaped(flow):
    done = sent(
        flow,
        put("/o", "<a> & b"),
        "'<o/>'",
        content="application/xml",
        operation="writeAnything",
    )

    assert done.calls[0].body == "<o>&lt;a&gt; &amp; b</o>"


@pytest.mark.parametrize(
    "target, more, words",
    [
        ("/tags/9", {}, "beyond the end"),
        ("/tags/x", {}, "no index"),
        ("/name/first", {}, "has no members"),
        ("$.nothing[*]", {"targetSelectorType": "jsonpath"}, "finds nothing"),
        ("//a", {"targetSelectorType": "xpath"}, "no XML text"),
    ],
)
def test_a_target_that_is_not_there_ends_before_anything_is_sent(
    flow, target, more, words
):
    done = sent(flow, put(target, 1, **more))

    assert done.calls == []
    assert done.error.code == "AZ612"
    assert words in done.error.message
    assert done.error.location.line > 0


@pytest.mark.parametrize(
    "target, more, code",
    [
        ("name", {}, "AZ409"),
        ("$[", {"targetSelectorType": "jsonpath"}, "AZ405"),
        ("//a[", {"targetSelectorType": "xpath"}, "AZ408"),
        ("/{$inputs.nobody}", {}, "AZ306"),
    ],
)
def test_a_target_that_is_none_is_refused(flow, target, more, code):
    """N-REPL-02."""
    refusal = flow.refuse(
        "inputs: {type: object, properties: {v: {}}}\n"
        "steps:\n- stepId: one\n  operationId: createJob\n  requestBody:\n    payload: {}\n"
        f"    replacements: {json.dumps(put(target, 1, **more))}\n",
        version="1.1.0",
    )

    assert refusal.one.code == code


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=12,
)
POINTERS = st.lists(st.text(max_size=3) | st.integers(0, 3).map(str), max_size=4).map(
    lambda tokens: "".join(
        "/" + t.replace("~", "~0").replace("/", "~1") for t in tokens
    )
)


@given(JSON, POINTERS, JSON)
def test_what_is_set_is_what_is_found(data, pointer, new):
    """For any value and pointer: set, and it is there; or it is said why not."""
    try:
        changed = set_at(json.loads(json.dumps(data)), pointer, new)
    except CannotReplace:
        return
    if not pointer.endswith("/-"):
        assert at_pointer(changed, pointer) == new
