"""
Criteria of type jsonpath and regex, and the forms that published files give them.

https://spec.openapis.org/arazzo/v1.1.0.html#criterion-object
"""

import json
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arazzo_runner.errors import LimitError
from arazzo_runner.expressions.criteria import compile_criterion, holds, operand_values
from arazzo_runner.expressions.evaluation import NotEvaluable
from arazzo_runner.expressions.nodes import ExpressionError
from arazzo_runner.expressions.parser import Names, Notes
from arazzo_runner.expressions.scope import Scope
from arazzo_runner.messages import (
    ABSENT,
    JSON,
    Absent,
    File,
    Records,
    Response,
    Secret,
    Value,
)
from arazzo_runner.model import Criterion, ExpressionType

NAMES = Names(
    inputs=frozenset({"model", "limit", "want", "files", "key", "size", "flag"}),
    steps={"one": frozenset({"id"})},
)


def body(value: Value | Absent, **inputs: Value) -> Scope:
    return Scope(
        inputs=inputs,
        steps={"one": {"id": "s1"}},
        response=Response(200, body=value),
    )


def criterion(condition: str, kind: str = "jsonpath", context: str = "$response.body"):
    return Criterion(condition=condition, context=context, type=kind)


def check(condition: str, scope: Scope, context: str = "$response.body") -> bool:
    return holds(
        compile_criterion(criterion(condition, context=context), NAMES, Notes()), scope
    )


def codes(condition: str, kind: str = "jsonpath") -> list[str]:
    notes = Notes()
    compile_criterion(criterion(condition, kind), NAMES, notes)
    return [note.code for note in notes.found]


# --- true JSONPath ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "query, value, expected",
    [
        ("$", {}, True),
        ("$", [], True),
        ("$", 0, True),
        ("$", False, True),
        ("$.a", {"a": 1}, True),
        ("$.a", {"a": False}, True),
        ("$.a", {"a": None}, True),
        ("$.a", {"b": 1}, False),
        ("$.a", {"A": 1}, False),
        ("$['a b']", {"a b": 1}, True),
        ("$.a[0]", {"a": []}, False),
        ("$.a[-1]", {"a": [1]}, True),
        ("$.a[*]", {"a": []}, False),
        ("$.a[*]", {"a": [None]}, True),
        ("$..id", {"a": [{"b": {"id": 1}}]}, True),
        ("$.a[1:3]", {"a": [1]}, False),
        ("$.a[?@.s != 'done']", {"a": [{"s": "done"}]}, False),
        ("$.a[?(@.s != 'done')]", {"a": [{"s": "done"}, {"s": "open"}]}, True),
        ("$.a[?@.s == 'DONE']", {"a": [{"s": "done"}]}, False),
        ("$.a[?@.n > 1 && @.n < 3]", {"a": [{"n": 2}]}, True),
        ("$.a[?length(@.l) > 1]", {"a": [{"l": [1, 2]}]}, True),
        ("$.a[?count(@.*) == 2]", {"a": [{"x": 1, "y": 2}]}, True),
        ("$.a[?match(@.s, 'd.*')]", {"a": [{"s": "done"}]}, True),
        ("$.a[?match(@.s, 'on')]", {"a": [{"s": "done"}]}, False),
        ("$.a[?search(@.s, 'on')]", {"a": [{"s": "done"}]}, True),
        ("$.a[?search(@.s, '(')]", {"a": [{"s": "("}]}, False),
        ("$[?@.id == 2]", [{"id": 1}, {"id": 2}], True),
        ("$[?@.id == 3]", [{"id": 1}, {"id": 2}], False),
    ],
)
def test_a_query_passes_when_it_gives_a_node(query, value, expected):
    """RFC 9535: one node or more passes, whatever its value; none fails."""
    assert check(query, body(value)) is expected
    assert codes(query) == (["AZ510"] if query.startswith("$[?") else [])


@pytest.mark.parametrize(
    "kind", ["jsonpath", ExpressionType(type="jsonpath", version="rfc9535")]
)
def test_the_type_may_be_an_object(kind):
    """``{type: jsonpath, version: rfc9535}`` is the default said aloud."""
    test = compile_criterion(criterion("$.a[*]", kind), NAMES, Notes())

    assert holds(test, body({"a": [1]}))


# --- filters at the root ----------------------------------------------------------------


@pytest.mark.parametrize(
    "query, value, lenient, strict",
    [
        ('$[?(@.status == "ok")]', {"status": "ok"}, True, False),
        ('$[?(@.status == "ok")]', {"status": "bad"}, False, False),
        ('$[?(@.status == "ok")]', {"x": {"status": "ok"}}, True, True),
        ('$[?(@.status == "ok")]', [{"status": "ok"}], True, True),
        ('$[?(@.status == "ok")]', [[{"status": "ok"}]], False, False),
        ("$[?@.token != null]", {"error": "x"}, True, True),
        ("$[?@.token]", {"error": "x"}, False, False),
        ("$[?@.token]", {"token": None}, True, False),
        ("$[?count(@.pets) > 0]", {"pets": [1]}, True, False),
        ("$[?count(@.pets) > 0]", {"pets": []}, True, False),
        ("$[?length(@.pets) > 0]", {"pets": []}, False, False),
        ("$[?length(@.pets) > 0]", {"pets": [1]}, True, False),
        ("$.pets[?@.id == 1]", {"pets": {"id": 1}}, False, False),
    ],
)
def test_a_filter_at_the_root_of_an_object(query, value, lenient, strict):
    """A filter tests the members; leniently also the object itself, as authors mean it."""
    scope = body(value)
    names = Names()

    loose = compile_criterion(criterion(query), names, Notes())
    exact = compile_criterion(criterion(query), names, Notes(), strict=True)

    assert holds(loose, scope) is lenient
    assert holds(exact, scope) is strict


# --- bare comparisons, as published -----------------------------------------------------


@pytest.mark.parametrize(
    "condition, value, expected",
    [
        # one member and a literal, both quotes
        ('$.status == "ended"', {"status": "ended"}, True),
        ("$.status == 'ended'", {"status": "ended"}, True),
        ("$.status == 'ended'", {"status": "in_progress"}, False),
        ("$.status != 'ended'", {"status": "in_progress"}, True),
        ("$.status != 'ended'", {"status": "ended"}, False),
        ("$.status=='ended'", {"status": "ended"}, True),
        ("'ended' == $.status", {"status": "ended"}, True),
        ("$.status == 'Ended'", {"status": "ended"}, False),
        ("$.Status == 'ended'", {"status": "ended"}, False),
        ("$.done == true", {"done": True}, True),
        ("$.done == true", {"done": "true"}, True),
        ("$.done == false", {"done": None}, False),
        ("$.done != true", {}, True),
        ("$.n >= 3", {"n": 3}, True),
        ("$.n > 3", {"n": "4"}, True),
        ("$.n < -1.5", {"n": -2}, True),
        # deeper, and with indexes
        ("$.data.status == 'ok'", {"data": {"status": "ok"}}, True),
        ("$.data.status != 'ok'", {"data": None}, True),
        ("$.r[0].flagged == false", {"r": [{"flagged": False}]}, True),
        ("$.r[0].flagged == false", {"r": []}, False),
        ("$.a[0].b[0].c.name == 'x'", {"a": [{"b": [{"c": {"name": "x"}}]}]}, True),
        ("$.r[-1].n == 2", {"r": [{"n": 1}, {"n": 2}]}, True),
        ("$.r[-3].n == null", {"r": [{"n": 1}, {"n": 2}]}, True),
        ("$['a b']['c'] == 1", {"a b": {"c": 1}}, True),
        ('$["a.b"] == 1', {"a.b": 1, "a": {"b": 2}}, True),
        ("$.no-answer == 1", {"no-answer": 1}, True),
        ("$.größe == 1", {"größe": 1}, True),
        # length
        ("$.items.length > 0", {"items": [1]}, True),
        ("$.items.length > 0", {"items": []}, False),
        ("$.items.length == 0", {"items": []}, True),
        ("$.items.length == 0", {}, False),
        ("$.items.length > 0", {}, False),
        ("$.items.length > 0", {"items": None}, False),
        ("$.items.length == 2", {"items": "ab"}, True),
        ("$.items.length == 1", {"items": {"a": 1}}, True),
        ("$.items.length == 7", {"items": {"length": 7}}, True),
        ("$.items.size == 1", {"items": [0]}, True),
        ("$.a.b.length == 0", {"a": {"b": []}}, True),
        ("length($.items) > 0", {"items": [1]}, True),
        ("count($.items[*]) == 2", {"items": [1, 2]}, True),
        ("$.length > 0", [1], True),
        ("$.length > 0", [], False),
        ("$.length == 0", [], True),
        ("$.length == 0", {}, True),
        # alternatives, up to four
        ("$.s == 'a' || $.s == 'b'", {"s": "b"}, True),
        ("$.s == 'a' || $.s == 'b' || $.s == 'c'", {"s": "d"}, False),
        (
            '$.s == "a" || $.s == "b" || $.s == "c" || $.s == "no-answer"',
            {"s": "no-answer"},
            True,
        ),
        ("$.s == 'x' && $.t != 'y'", {"s": "x", "t": "z"}, True),
        ("$.s.t == 'x' && $.s.u != 'y'", {"s": {"t": "x", "u": "y"}}, False),
        ("($.s == 'x' || $.t == 1) && $.u == 2", {"t": 1, "u": 2}, True),
        ("!($.s == 'x')", {"s": "y"}, True),
        # null
        ("$.t != null", {"t": "x"}, True),
        ("$.t != null", {"t": None}, False),
        ("$.t != null", {}, False),
        ("$.t == null", {}, True),
        ("$.a.t != null", {"a": {"t": ""}}, True),
        ("$.t != null && $.t != ''", {"t": ""}, False),
        ("$.t == null || $.t == ''", {}, True),
        ("$.t == null || $.t == ''", {"t": "more"}, False),
        # filters and wildcards before the comparison
        ("$.d[?(@.id == 'm')].length == 0", {"d": [{"id": "x"}]}, True),
        ("$.d[?(@.id == 'm')].length == 0", {"d": [{"id": "m"}]}, False),
        ("$.d[?@.id == 'm'].length == 1", {"d": [{"id": "m"}, {"id": "M"}]}, True),
        ("$.d[*].length == 2", {"d": [1, 2]}, True),
        ("$.d[*].s == 'done'", {"d": [{"s": "open"}, {"s": "done"}]}, True),
        ("$.d[*].s == 'done'", {"d": []}, False),
        ("$.d[?@.ok].s == 'done'", {"d": [{"ok": False, "s": "done"}]}, True),
        ("$..s == 'done'", {"d": [{"e": {"s": "done"}}]}, True),
        ("$.d.* == 2", {"d": {"a": 1, "b": 2}}, True),
        # two members
        ("$.a == $.b", {"a": [1], "b": [1]}, True),
        ("$.a == $.b", {"a": 1, "b": 2}, False),
        # text escapes are JSONPath's
        ("$.s == 'it\\'s'", {"s": "it's"}, True),
        ('$.s == "tab\\there"', {"s": "tab\there"}, True),
        ('$.s == "caf\\u00e9"', {"s": "café"}, True),
        ("$.s == 'a\\\\b'", {"s": "a\\b"}, True),
        # whitespace around
        ("  $.s  ==  'x'  ", {"s": "x"}, True),
        ("$.s == 'x'\n", {"s": "x"}, True),
    ],
)
def test_bare_comparisons(condition, value, expected):
    """Nearly all published JSONPath conditions are comparisons; they mean what they say."""
    assert check(condition, body(value)) is expected
    assert codes(condition) == ["AZ501"]


@pytest.mark.parametrize(
    "condition, value, expected",
    [
        ("$.ok && $.n == 1", {"ok": True, "n": 1}, True),
        ("$.ok && $.n == 1", {"ok": False, "n": 1}, False),
        ("$.ok && $.n == 1", {"n": 1}, False),
        ("!$.error", {"error": None}, True),
        ("!$.error", {}, True),
        ("!$.error", {"error": "x"}, False),
        ("$.a || $.b", {"a": "", "b": []}, False),
        ("$.a || $.b", {"a": "", "b": [0]}, True),
        ("$.items.length && $.ok", {"items": [], "ok": True}, False),
    ],
)
def test_bare_members_in_a_comparison(condition, value, expected):
    """Beside ``&&``, ``||`` and ``!`` a member stands for its truth, as in simple ones."""
    assert check(condition, body(value)) is expected


@pytest.mark.parametrize(
    "condition, inputs, value, expected",
    [
        ("$.n <= $inputs.limit", {"limit": 5}, {"n": 5}, True),
        ("$.n > $inputs.limit", {"limit": 5}, {"n": 5}, False),
        ("$.n > {$inputs.limit}", {"limit": "5"}, {"n": 6}, True),
        ("$.n > $inputs.limit", {}, {"n": 6}, False),
        ("$.n == '{$inputs.want}'", {"want": 5}, {"n": 5}, True),
        ("$.s == '$inputs.want'", {"want": "x"}, {"s": "x"}, True),
        ("$.s == $steps.one.outputs.id", {}, {"s": "s1"}, True),
        ("$.s == $inputs.want", {"want": "X"}, {"s": "x"}, False),
        ("$.s == '$inputs.nobody'", {}, {"s": "$inputs.nobody"}, True),
        ("$.s == '$5.00'", {}, {"s": "$5.00"}, True),
    ],
)
def test_expressions_in_bare_comparisons(condition, inputs, value, expected):
    """An operand may be a runtime expression, alone or inside a text."""
    assert check(condition, body(value, **inputs)) is expected


@pytest.mark.parametrize("quote", ["'", '"'])
@pytest.mark.parametrize(
    "ending, found, missing",
    [("", True, False), (".length == 0", False, True), (".length > 0", True, False)],
)
def test_an_expression_inside_a_text_of_a_filter(quote, ending, found, missing):
    """``$.data[?(@.id == '$inputs.model')]``: the value is put in, with a remark."""
    condition = f"$.data[?(@.id == {quote}$inputs.model{quote})]{ending}"
    listed = {"data": [{"id": "m1"}, {"id": "m2"}]}

    assert check(condition, body(listed, model="m2")) is found
    assert check(condition, body(listed, model="m3")) is missing
    assert "AZ512" in codes(condition)


def test_an_expression_of_a_step_inside_a_filter():
    """The same with what an earlier step gave."""
    condition = '$.hooks[?(@.id == "$steps.one.outputs.id")]'

    assert check(condition, body({"hooks": [{"id": "s1"}]}))
    assert not check(condition, body({"hooks": [{"id": "s2"}]}))


@pytest.mark.parametrize(
    "condition",
    [
        "$.status == 'a'",
        "$.items.length > 0",
        "$.n > $inputs.limit",
        "$.data[?(@.id == '$inputs.model')].length == 0",
    ],
)
def test_strict_refuses_bare_comparisons(condition):
    """They are no RFC 9535 queries."""
    with pytest.raises(ExpressionError) as caught:
        compile_criterion(criterion(condition), NAMES, Notes(), strict=True)

    assert caught.value.code == "AZ501"


def test_strict_refuses_bare_expressions_in_queries():
    """In a query only ``{$…}`` is an expression."""
    with pytest.raises(ExpressionError) as caught:
        compile_criterion(
            criterion("$.data[?(@.id == '$inputs.model')]"), NAMES, Notes(), strict=True
        )

    assert caught.value.code == "AZ512"


@pytest.mark.parametrize(
    "condition, context, hint",
    [
        ("$.status == 'a'", "$response.body", "$response.body#/status == 'a'"),
        ('$.a[0].b != "it\'s"', "$response.body", "$response.body#/a/0/b != 'it''s'"),
        ("$.n > 5", "$response.body", "$response.body#/n > 5"),
        ("$.t == null", "$response.body", "$response.body#/t == null"),
        ("$['x/y'] == 1", "$response.body", "$response.body#/x~1y == 1"),
        ("$.cancel == true", "$inputs", "$inputs.cancel == true"),
    ],
)
def test_the_simple_form_is_suggested(condition, context, hint):
    """The remark shows the same as a simple condition, which evaluates alike."""
    notes = Notes()

    compile_criterion(criterion(condition, context=context), Names(), notes)

    suggested = next(note.hint for note in notes.found if note.code == "AZ501")
    assert suggested.endswith(hint)
    compile_criterion(Criterion(condition=hint), Names(), Notes(), strict=True)


@pytest.mark.parametrize(
    "condition, context",
    [
        ("$.items.length > 0", "$response.body"),
        ("$['a b'] == 1", "$response.body"),
        ("$.a == 1", "$steps.one.outputs.id"),
    ],
)
def test_no_wrong_form_is_suggested(condition, context):
    """Where there is no simple form, none is made up."""
    notes = Notes()

    compile_criterion(criterion(condition, context=context), NAMES, notes)

    assert next(note.hint for note in notes.found if note.code == "AZ501") is None


# --- contexts ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "condition", ["$.s == 'x'", "$.s", "$.s != 'y'", "$.length > 0"]
)
@pytest.mark.parametrize(
    "value, word",
    [
        ("<!DOCTYPE html><html><body>502</body></html>", "HTML"),
        ("  <html>", "HTML"),
        ("try again later", "text"),
        ("", "text"),
        ("{'s': 'x'}", "text"),
        ("NaN", "text"),
        (None, "value"),
        (ABSENT, "value"),
        (Secret("key"), "secret"),
    ],
)
def test_a_context_that_is_not_json(condition, value, word):
    """A body that is no JSON cannot be evaluated, and the reason says what it is."""
    with pytest.raises(NotEvaluable, match=word):
        check(condition, body(value))


@pytest.mark.parametrize(
    "condition, expected", [("$.s == 'x'", True), ("$.s", True), ("$.t", False)]
)
def test_text_that_is_json(condition, expected):
    """Servers send JSON as text/plain; it is read as JSON."""
    assert check(condition, body(' {"s": "x"} ')) is expected


def test_deep_text_that_is_json():
    """A text of 100,000 brackets is not evaluable; it overflows nothing."""
    with pytest.raises(NotEvaluable):
        check("$.a == 1", body("[" * 100_000))


@pytest.mark.parametrize(
    "condition, expected",
    [
        ("$..id == 7", True),
        ("$..id", True),
        ("$.a[0].a[0].a[0] != null", True),
        ("$..none == 7", False),
    ],
)
def test_a_deep_context(condition, expected):
    """Bodies nest up to 512 levels; nothing overflows, at most a query gives up."""
    deep = {"id": 7}
    for _ in range(250):
        deep = {"a": [deep]}

    try:
        assert check(condition, body(deep)) is expected
    except NotEvaluable:
        assert condition == "$..id"


@pytest.mark.parametrize(
    "condition, inputs, expected",
    [
        ("$.files.length > 0", {"files": ["a"]}, True),
        ("$.files.length > 0", {"files": []}, False),
        ("$.files.length > 0", {}, False),
        ("$.flag == true", {"flag": True}, True),
        ("$.flag != true", {}, True),
        ("$.key != null", {"key": Secret("key")}, True),
        ("$.key == null", {"key": Secret("key")}, False),
        ("$.key == null", {}, True),
    ],
)
def test_all_inputs_as_a_context(condition, inputs, expected):
    """``context: $inputs`` is the whole object, with inputs that may be missing."""
    assert check(condition, body({}, **inputs), context="$inputs") is expected


@pytest.mark.parametrize(
    "condition", ["$.key == 'guess'", "$.key > 'a'", "$[?@ == 'guess']"]
)
def test_a_secret_inside_a_context(condition):
    """Its value is not compared; at most the criterion fails."""
    try:
        held = check(condition, body({}, key=Secret("key")), context="$inputs")
    except NotEvaluable:
        return
    assert held is False


class Shelf:
    """Bodies that are kept in files."""

    def __init__(self, content: str) -> None:
        self.content = content

    def text(self, file: File) -> str:
        return self.content

    def lines(self, file: File) -> Iterator[str]:
        return iter(self.content.split("\n"))

    def data(self, file: File) -> JSON | Absent:
        try:
            return json.loads(self.content)
        except ValueError:
            return ABSENT


LINES = '{"custom_id": "a", "n": 1}\n\n{"custom_id": "b"}\nnot json\n'


@pytest.mark.parametrize(
    "records", [Records(LINES), Records(file=File("/r", "r", "0" * 64, len(LINES)))]
)
@pytest.mark.parametrize(
    "condition, expected",
    [
        ("$.length == 3", True),
        ("$.length > 3", False),
        ("$[0].custom_id", True),
        ("$[0].custom_id == 'a'", True),
        ("$[1].custom_id == 'a'", False),
        ("$[9].custom_id", False),
        ("$[9].custom_id == null", True),
        ("$[-1] == 'not json'", True),
        ("$[*].custom_id == 'b'", True),
        ("$[?@.custom_id == 'b']", True),
        ("$[?@.custom_id == 'c']", False),
        ("$[?@.custom_id == 'b'].length == 1", True),
        ("$..n == 1", True),
    ],
)
def test_records_as_a_context(records, condition, expected):
    """JSONL is an array of its lines."""
    scope = Scope(response=Response(200, body=records), bodies=Shelf(LINES))

    assert check(condition, scope) is expected


@pytest.mark.parametrize(
    "condition, expected",
    [("$.s == 'x'", True), ("$.s", True), ("$.l.length == 2", True), ("$.t", False)],
)
def test_a_json_file_as_a_context(condition, expected):
    """A large body in a file is JSON like any other."""
    kept = File("/b", "b", "0" * 64, 20, "application/json")
    scope = Scope(
        response=Response(200, body=kept), bodies=Shelf('{"s": "x", "l": [1, 2]}')
    )

    assert check(condition, scope) is expected


def test_a_file_that_is_not_json_as_a_context():
    """A PDF is no JSON, and the reason says what it is."""
    kept = File("/b", "b", "0" * 64, 20, "application/pdf")
    scope = Scope(response=Response(200, body=kept), bodies=Shelf("%PDF"))

    with pytest.raises(NotEvaluable, match="application/pdf"):
        check("$.s == 'x'", scope)


@pytest.mark.parametrize("context", ["$response.body#/a", "$response.body.a"])
def test_a_part_of_a_body_as_a_context(context):
    """The root of a query is the context, not the body."""
    assert check("$.b == 1", body({"a": {"b": 1}, "b": 2}), context)


# --- what is put into a query -----------------------------------------------------------

INJECTIONS = [
    "x' || @.admin == 'true",
    'x" || @.admin == "true',
    "' || true || '",
    "x')] | $..*[?(@ == '",
    "\\",
    "\\'",
    '\\"',
    "it's",
    'say "hi"',
    "a\nb",
    "\t\r\x00\x1f",
    "{$inputs.key}",
    "$inputs.key",
    "ü€😀",
    "",
]


@pytest.mark.parametrize("value", INJECTIONS)
@pytest.mark.parametrize(
    "query",
    [
        "$.d[?@.id == '{$inputs.want}']",
        '$.d[?@.id == "{$inputs.want}"]',
        "$.d[?@.id == {$inputs.want}]",
        "$.d[?@.id == '$inputs.want']",
        "$.d[?@.id == '{$inputs.want}'].length == 1",
        '$.d[?@.id == "$inputs.want"].length == 1',
        "$.d[?@.id == $inputs.want].length == 1",
    ],
)
def test_data_cannot_change_a_query(query, value):
    """Whatever is put in is compared as it is; quotes in it end no text."""
    listed = {"d": [{"id": "other", "admin": "true"}], "admin": "true"}
    holding = {"d": [*listed["d"], {"id": value}]}

    assert check(query, body(holding, want=value, key="other"))
    assert not check(query, body(listed, want=value, key="other"))


@given(st.text(st.characters(exclude_categories=("Cs",)), max_size=12))
def test_no_text_can_change_a_query(value):
    """The same for any text."""
    for query in ("$.d[?@.id == '{$inputs.want}']", '$.d[?@.id == "{$inputs.want}"]'):
        assert check(query, body({"d": [{"id": value}]}, want=value))
        assert not check(query, body({"d": [{"id": value + "x"}]}, want=value))


@pytest.mark.parametrize(
    "query, want, value, expected",
    [
        ("$.d[?@.n == {$inputs.want}]", 5, {"d": [{"n": 5}]}, True),
        ("$.d[?@.n == {$inputs.want}]", 5.5, {"d": [{"n": 5.5}]}, True),
        ("$.d[?@.n == {$inputs.want}]", True, {"d": [{"n": True}]}, True),
        ("$.d[?@.n == {$inputs.want}]", None, {"d": [{"n": None}]}, True),
        ("$.d[?@.n == '{$inputs.want}']", 5, {"d": [{"n": "5"}]}, True),
        ("$.d[?@.n == 'a-{$inputs.want}-b']", 5, {"d": [{"n": "a-5-b"}]}, True),
        ("$['{$inputs.want}']", "a b", {"a b": 1}, True),
        ("$.d[{$inputs.want}]", 1, {"d": [1]}, False),
        ("$.d[{$inputs.want}]", 0, {"d": [1]}, True),
    ],
)
def test_what_is_put_into_a_query(query, want, value, expected):
    """Inside a text as text, outside of one as a JSON literal."""
    assert check(query, body(value, want=want)) is expected


@pytest.mark.parametrize("want", [ABSENT, Secret("key")])
@pytest.mark.parametrize(
    "query", ["$.d[?@.n == '{$inputs.want}']", "$.d == '{$inputs.want}'"]
)
def test_a_query_with_a_hole(query, want):
    """An expression without a value, or with a secret one, cannot be put in."""
    inputs = {} if want is ABSENT else {"want": want}

    with pytest.raises(NotEvaluable):
        check(query, body({"d": "x"}, **inputs))


@pytest.mark.parametrize(
    "query, value",
    [
        ("$.d[?@.n == '{$ref}']", {"d": [{"n": "{$ref}"}]}),
        ("$.d[?@.n == '$ref']", {"d": [{"n": "$ref"}]}),
        ("$.d[?@.n == '$inputs.nobody']", {"d": [{"n": "$inputs.nobody"}]}),
        ("$.d[?@.n == '{x}']", {"d": [{"n": "{x}"}]}),
        ("$.d[?search(@.n, 'a{2}')]", {"d": [{"n": "aa"}]}),
    ],
)
def test_what_only_looks_like_an_expression_in_a_query(query, value):
    """Only known roots are expressions; other braces and dollars are the query's own."""
    assert check(query, body(value))


# --- regex ------------------------------------------------------------------------------


def matches(pattern: str, value: Value | Absent, **inputs: Value) -> bool:
    return holds(
        compile_criterion(criterion(pattern, "regex"), NAMES, Notes()),
        body(value, **inputs),
    )


@pytest.mark.parametrize(
    "pattern, value, expected",
    [
        ("^200$", 200, True),
        (r"^2\d{2}$", 204, True),
        (r"^2\d{2}$", 2040, False),
        ("one", "no one", True),
        ("ONE", "no one", False),
        ("^one", "no one", False),
        ("/ONE/i", "no one", True),
        ("/^one/", "no one", False),
        ("(?i)ONE", "no one", True),
        ("(?<year>\\d{4})", "in 2026", True),
        ("a\\/b", "a/b", True),
        ("^a$", "a\n", False),
        ("^(a|b$)", "b\n", False),
        ("^a$", "a\nb", False),
        (r"^\d$", "٣", False),
        (r"^[\d-]+$", "٣", False),
        (r"^[\d-]+$", "1-2", True),
        (r"^\w+$", "größe", False),
        (r"^[^\w]$", "ß", True),
        (r"^\D$", "٣", True),
        (r"a\$b", "a$b", True),
        (r"a[$]b", "a$b", True),
        (r"^\p{L}+$", "größe", True),
        (r"\u0041", "A", True),
        ("^a(?=b)", "ab", True),
        ("(?<!a)b", "ab", False),
        (r"^(a|b)\1$", "aa", True),
        (r"^(a|b)\1$", "ab", False),
        ("^5$", 5.0, True),
        ("^5.5$", 5.5, True),
        ("^true$", True, True),
        ('^{"a":1}$', {"a": 1}, True),
        (r'^\[1,"x"\]$', [1, "x"], True),
        ("^$", "", True),
        ("", "", True),
        ("{}", "{}", True),
        ("^a{1,2}$", "aa", True),
        ("$", "x", True),
        ('"custom_id":"b"', Records(LINES), True),
    ],
)  # fmt: skip
def test_regex(pattern, value, expected):
    """A search anywhere in the text of the context, ECMA-262's way, case kept."""
    assert matches(pattern, value) is expected


@pytest.mark.parametrize("value", [None, ABSENT, Secret("key")])
def test_regex_without_a_subject(value):
    """Null, nothing and a secret match nothing, and the reason is said."""
    with pytest.raises(NotEvaluable):
        matches(".*", value)


@pytest.mark.parametrize(
    "pattern, inputs, value, expected",
    [
        ("^({$inputs.want})$", {"want": "a|b"}, "b", True),
        ("^({$inputs.want})$", {"want": "a|b"}, "a|b", False),
        ("^{$inputs.size}$", {"size": 5}, "5", True),
        ("^{$inputs.size}{3}$", {"size": 5}, "555", True),
        ("^{$ref}$", {}, "{$ref}", False),
    ],
)
def test_expressions_in_a_pattern(pattern, inputs, value, expected):
    """What is put into a pattern is a piece of pattern, as the specification shows."""
    assert matches(pattern, value, **inputs) is expected


def test_a_bare_expression_in_a_pattern_is_pattern():
    """``$`` is an anchor: without braces nothing is put in."""
    assert not matches("^$inputs.want$", "x", want="x")


@pytest.mark.parametrize("want", ["(", "[", "a{2,1}", "a)"])
def test_a_pattern_that_data_breaks(want):
    """A pattern that is bad because of its data fails with a reason."""
    with pytest.raises(NotEvaluable):
        matches("^{$inputs.want}$", "x", want=want)


@pytest.mark.parametrize(
    "pattern",
    [
        "(",
        "[",
        "a{2,1}",
        "*",
        "\\",
        "(?P<",
        "a" * 70_000,
        "(" * 60_000,
        "[" * 60_000,
        "\\" * 60_001,
        "(((a{1000}){1000}){1000}){1000}",
        "(?=a)(a{,999}b{1000}){1000}",
    ],
)
def test_a_pattern_that_is_none(pattern):
    """What can be known from the text is known before anything is sent."""
    with pytest.raises(ExpressionError) as caught:
        compile_criterion(criterion(pattern, "regex"), NAMES, Notes())

    assert caught.value.code == "AZ404"


@pytest.mark.parametrize("pattern", ["^(a+)+$", "^(a|aa)+$", "(.*a){20}b"])
def test_patterns_that_could_backtrack(pattern):
    """A linear engine answers what others take years for; without one a limit is met."""
    try:
        assert not matches(pattern, "a" * 5_000 + "!")
    except LimitError as problem:
        assert pattern in problem.message  # noqa: PT017


@pytest.mark.parametrize(
    "kind, condition, value",
    [
        ("regex", "^(?=a)(a|aa)+$", "a" * 100 + "!"),
        ("jsonpath", "$.d[?match(@, '(a|aa)+b')]", {"d": ["a" * 100 + "!"]}),
        (
            "jsonpath",
            "$.d[?search(@, '((((((a{9}){9}){9}){9}){9}){9})')]",
            {"d": ["a"]},
        ),
    ],
)
def test_patterns_that_do_backtrack_are_stopped(kind, condition, value):
    """A budget that runs out is a limit that was met, never an answer."""
    test = compile_criterion(criterion(condition, kind), NAMES, Notes())

    with pytest.raises(LimitError):
        holds(test, body(value))


# --- what is refused --------------------------------------------------------------------


@pytest.mark.parametrize(
    "condition",
    [
        "",
        "status",
        "$.",
        "$.a[",
        "$.a[?]",
        "$.a ==",
        "$.a == b",
        "$.a = 1",
        "$.a === 1",
        "$.a =~ 'x'",
        "$.a == 1 and $.b == 2",
        "$.a == 'x",
        "$.a + 1 == 2",
        "1 < $.n < 5",
        "!$.a == 1",
        "$.a in ['x']",
        "$.a == {$inputs.}",
        "{$inputs.want",
    ],
)
def test_what_is_neither_a_query_nor_a_comparison(condition):
    """Bad syntax is known before anything is sent, strict or not."""
    for strict in (False, True):
        with pytest.raises(ExpressionError) as caught:
            compile_criterion(criterion(condition), NAMES, Notes(), strict=strict)
        assert caught.value.code in ("AZ401", "AZ402", "AZ405")


@pytest.mark.parametrize("kind", ["regex", "jsonpath"])
def test_a_context_is_needed(kind):
    """Without a context there is nothing to look at."""
    with pytest.raises(ExpressionError) as caught:
        compile_criterion(Criterion(condition="$", type=kind), NAMES, Notes())

    assert caught.value.code == "AZ406"


@pytest.mark.parametrize("kind", ["regex", "jsonpath"])
@pytest.mark.parametrize("context", ["", "response.body", "$response", "{$statusCode}"])
def test_a_context_is_an_expression(kind, context):
    """A context that is no runtime expression is refused."""
    with pytest.raises(ExpressionError) as caught:
        compile_criterion(criterion("$.a", kind, context), NAMES, Notes())

    assert caught.value.code == "AZ401"


def test_a_simple_criterion_needs_no_context():
    """``type: simple`` says the default; a context beside it does not matter."""
    for context in (None, "$response.body"):
        test = compile_criterion(
            Criterion(condition="$statusCode == 200", type="simple", context=context),
            NAMES,
            Notes(),
        )
        assert holds(test, body({}))


@pytest.mark.parametrize("kind", ["jmespath", "JSONPath", ""])
def test_an_unknown_type(kind):
    """A type that does not exist is not taken for another."""
    with pytest.raises(ExpressionError):
        compile_criterion(criterion("$.a", kind), NAMES, Notes())


@pytest.mark.parametrize(
    "condition",
    [
        "$" + ".a" * 50_000,
        "$" + "[?@" * 30_000,
        "$.a" + "[?@.a" * 1_500 + "]" * 1_500,
        "$[?" + "(" * 90_000,
        "$[?" + "!" * 90_000,
        "$[?@.a==1" + "||@.a==1" * 10_000 + "]",
        "$['" + "a" * 100_000 + "']",
        "$['" + "\\" * 100_000,
        "$.a == '" + "{$inputs." * 10_000 + "'",
        "$[?@.a == '" + "$inputs.a.a" * 9_000 + "']",
    ],
)
def test_hostile_queries_are_refused(condition):
    """Deep and long queries are refused, quickly and without a stack overflow."""
    with pytest.raises(ExpressionError):
        compile_criterion(criterion(condition), NAMES, Notes())


@given(st.text() | st.text("$@.[]?()'\"=!&|<>{}ainputs01 \\*"), st.booleans())
def test_any_text_is_a_criterion_or_refused(text, strict):
    """No text makes a criterion fail in another way than it says."""
    for kind in ("jsonpath", "regex", "simple"):
        try:
            test = compile_criterion(
                criterion(text, kind), NAMES, Notes(), strict=strict
            )
            assert holds(test, body({"a": [1]}, want="x")) in (True, False)
        except (ExpressionError, NotEvaluable):
            continue


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda each: (
        st.lists(each, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "b", "length", "0"]), each)
    ),
    max_leaves=8,
)


@given(ANYTHING)
def test_no_data_breaks_a_criterion(value):
    """A sound criterion holds or not, or its data is not what it needs."""
    for condition in (
        "$.a == 'x'", "$.a.length > 0", "$.length == 1", "$.a", "$..b", "$[0].a != null",
        "$.a[?@.b == 1].length > 0", "$..a[*].b < 3", "$[?@.a == 1]", "$.a[-1] == $.b",
    ):  # fmt: skip
        test = compile_criterion(criterion(condition), NAMES, Notes())
        try:
            assert holds(test, body(value)) in (True, False)
        except NotEvaluable:
            continue
        operand_values(test, body(value))


# --- messages ---------------------------------------------------------------------------


def test_the_values_of_a_bare_comparison():
    """A poll that does not end can say what it saw."""
    test = compile_criterion(
        criterion("$.status == 'a' || $.items.length > $inputs.limit"), NAMES, Notes()
    )

    values = operand_values(test, body({"status": "failed", "items": [1]}, limit=3))

    assert values == {"$.status": "failed", "$.items.length": 1, "$inputs.limit": 3}


def test_the_values_of_a_filter():
    """What was put into a filter is told too; its other operands have no one value."""
    test = compile_criterion(
        criterion("$.d[?(@.id == '$inputs.model' && @.n > 1)].length == 0"),
        NAMES,
        Notes(),
    )

    values = operand_values(test, body({"d": []}, model="m1"))

    assert values == {
        "$.d[?(@.id == '$inputs.model' && @.n > 1)].length": 0,
        "$inputs.model": "m1",
    }


@pytest.mark.parametrize("value", ["<html>", ABSENT, None])
def test_the_values_of_a_comparison_without_data(value):
    """Where there is nothing to look into, no values are made up."""
    test = compile_criterion(criterion("$.status == 'a'"), NAMES, Notes())

    assert operand_values(test, body(value)) == {}
