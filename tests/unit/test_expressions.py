"""
Runtime expressions: what parses, and what it gives.

https://spec.openapis.org/arazzo/v1.1.0.html#runtime-expressions
"""

import string
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arazzo_runner.expressions import nodes
from arazzo_runner.expressions.nodes import ExpressionError
from arazzo_runner.expressions.parser import Names, Notes, parse
from arazzo_runner.expressions.scope import Scope, at_pointer, evaluate
from arazzo_runner.messages import (
    ABSENT,
    JSON,
    Argument,
    Call,
    File,
    Records,
    Response,
    Secret,
)


def codes(text: str, names: Names | None = None) -> list[str]:
    notes = Notes()
    parse(text, names or Names(), notes)
    return [note.code for note in notes.found]


# --- the grammar ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "$url",
        "$method",
        "$statusCode",
        "$self",
        "$request.header.accept",
        "$request.header.X-Api-Key",
        "$request.header.!#$%&'*+.^_`|~09az",
        "$request.query.queryUrl",
        "$request.query.page[size]",
        "$request.path.id",
        "$request.body",
        "$request.body#/user/uuid",
        "$response.body",
        "$response.body#",
        "$response.body#/",
        "$response.body#/status",
        "$response.body#/items/0/id",
        "$response.body#/a~1b/c~0d",
        "$response.body#/with space/=)'",
        "$response.header.Server",
        "$message.header.Server",
        "$message.payload",
        "$message.payload#/status",
        "$inputs.username",
        "$inputs.a-b_c.d",
        "$inputs.user#/name",
        "$outputs.bar",
        "$outputs.bar#/0",
        "$steps.someStepId.outputs.pets",
        "$steps.someStepId.outputs.pets#/0/id",
        "$workflows.foo.inputs.username",
        "$workflows.foo.outputs.mappedResponse#/name",
        "$sourceDescriptions.petstore.getPetById",
        "$sourceDescriptions.petstore.url",
        "$sourceDescriptions.x.get-/files/v3/{id} by Id.part",
        "$components.parameters.foo",
        "$components.successActions.bar",
        "$components.failureActions.b.a.z",
    ],
)
def test_the_forms_of_the_specification(text):
    """Every form of the specification's grammar and table of examples is read silently."""
    assert codes(text) == []


IDENTIFIER_STRICT = st.text(string.ascii_letters + string.digits + "-_", min_size=1)
IDENTIFIER = st.text(string.ascii_letters + string.digits + ".-_", min_size=1)
TOKEN = st.text(string.ascii_letters + string.digits + "!#$%&'*+-.^_`|~", min_size=1)
UNBRACED = st.characters(exclude_characters="{}", exclude_categories=("Cs",))
POINTER = st.lists(
    st.lists(
        st.sampled_from(["~0", "~1"])
        | st.characters(exclude_characters="{}/~", exclude_categories=("Cs",))
    ).map("".join)
).map(lambda tokens: "".join("/" + token for token in tokens))
OPTIONAL_POINTER = st.just("") | POINTER.map(lambda pointer: "#" + pointer)


def join(*parts):
    return st.tuples(
        *(st.just(part) if isinstance(part, str) else part for part in parts)
    ).map("".join)


SOURCE = (
    join("header.", TOKEN)
    | join(st.sampled_from(["query.", "path."]), st.text(UNBRACED, min_size=1))
    | join(st.sampled_from(["body", "payload"]), OPTIONAL_POINTER)
)
EXPRESSION = (
    st.sampled_from(["$url", "$method", "$statusCode", "$self"])
    | join(st.sampled_from(["$request.", "$response.", "$message."]), SOURCE)
    | join(st.sampled_from(["$inputs.", "$outputs."]), IDENTIFIER, OPTIONAL_POINTER)
    | join("$steps.", IDENTIFIER_STRICT, ".outputs.", IDENTIFIER, OPTIONAL_POINTER)
    | join("$workflows.", IDENTIFIER_STRICT, st.sampled_from([".inputs.", ".outputs."]),
           IDENTIFIER, OPTIONAL_POINTER)
    | join("$sourceDescriptions.", IDENTIFIER_STRICT, ".", st.text(UNBRACED, min_size=1))
    | join("$components.",
           st.sampled_from(["parameters.", "successActions.", "failureActions."]),
           IDENTIFIER)
)  # fmt: skip


@given(EXPRESSION)
def test_what_the_grammar_derives_parses(text):
    """Whatever the ABNF of 1.1.0 derives is accepted, without a remark."""
    assert codes(text) == []


@given(EXPRESSION)
def test_an_expression_that_parses_has_a_value_or_none(text):
    """Evaluating never fails: what is not there is absent."""
    evaluate(parse(text), Scope())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "$",
        "statusCode",
        " $statusCode",
        "$StatusCode",
        "$statuscode",
        "$statusCode2",
        "$statusCode.x",
        "$url/x",
        "$methods",
        "$request",
        "$request.",
        "$request.cookie.x",
        "$request.header",
        "$request.header.",
        "$request.header.a b",
        "$request.header.a(b)",
        "$request.body.",
        "$response.body#/a~",
        "$response.body#/a~2",
        "$response.bodyx",
        "$response.body.a[-1]",
        "$response.body[x]",
        "$response.body..a",
        "$response.status",
        "$inputs.",
        "$inputs.#/a",
        "$inputs.a b",
        "$inputs.a#b",
        "$inputs.a#/~3",
        "$inputs['a']",
        "$inputs.a[-1]",
        "$inputs.a[*]",
        "$outputs",
        "$outputs.",
        "$steps",
        "$steps.",
        "$steps.a",
        "$steps.a.",
        "$steps.a.outputs",
        "$steps.a.outputs.",
        "$steps.a.response.body",
        "$workflows.a",
        "$workflows.a.outputs",
        "$workflows.a.results.b",
        "$sourceDescriptions",
        "$sourceDescriptions.",
        "$components.",
        "$ref",
        "$5.00",
        "{$statusCode}",
        "$inputs.a}",
        "$inputs.a{b}",
    ],
)
def test_what_is_not_an_expression(text):
    """A known root with bad grammar, and text that is no expression at all, is an error."""
    with pytest.raises(ExpressionError) as caught:
        parse(text)

    assert caught.value.code == "AZ401"
    assert not caught.value.message.endswith(".")


@given(st.text() | st.text("$.#/~[]{}'\"inputsep a0-"))
def test_any_text_is_read_or_refused(text):
    """No text makes the parser fail in another way than it says."""
    for each in (text, "$inputs." + text, "$steps." + text, "$response." + text):
        try:
            expression = parse(
                each, Names(inputs=frozenset({text}), steps={text: None})
            )
        except ExpressionError:
            continue
        evaluate(expression, Scope())


@pytest.mark.parametrize(
    "text",
    [
        "$inputs." + "a." * 50_000,
        "$inputs." + "a" + ".a" * 50_000,
        "$inputs.a" + "[0]" * 30_000,
        "$steps.a.outputs." + "b.c" * 30_000,
        "$response.body" + ".a" * 50_000,
        "$response.body" + "[1]" * 30_000,
        "$response.body" + "['" * 50_000,
        "$inputs." + "[" * 100_000,
        "$inputs." + "x y" * 30_000,
        "$workflows." + "." * 100_000,
    ],
)
def test_very_long_texts_are_answered(text):
    """100,000 characters neither hang the parser nor overflow its stack."""
    try:
        expression = parse(text)
    except ExpressionError:
        return
    assert evaluate(expression, Scope(inputs={"a": [0]})) is ABSENT


# --- dialect forms ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "text, code, body",
    [
        ("$response.body.status", "AZ506", {"status": 7}),
        ("$response.body.items[0].id", "AZ506", {"items": [{"id": 7}]}),
        ("$response.body[0].id", "AZ506", [{"id": 7}]),
        ("$response.body['a b'].c", "AZ506", {"a b": {"c": 7}}),
        ('$response.body["a.b"]', "AZ506", {"a.b": 7}),
        ("$response.body.items.0", "AZ506", {"items": [7]}),
        ("$response.body#id", "AZ506", {"id": 7}),
    ],
)
def test_ways_into_a_body_beyond_the_grammar(text, code, body):
    """Members and indexes after a body work, with a remark."""
    value = evaluate(parse(text), Scope(response=Response(200, body=body)))

    assert codes(text) == [code]
    assert value == 7


def test_headers_for_header():
    """``$response.headers.X`` is published; it is read as ``header``."""
    scope = Scope(response=Response(200, (("location", "/7"),)))

    assert codes("$response.headers.Location") == ["AZ506"]
    assert evaluate(parse("$response.headers.Location"), scope) == "/7"


def test_a_step_output_without_outputs():
    """``$steps.s.x`` was in the table of 1.0.0; it is read as ``$steps.s.outputs.x``."""
    scope = Scope(steps={"login": {"token": {"id": 7}}})

    assert codes("$steps.login.token") == ["AZ507"]
    assert evaluate(parse("$steps.login.token.id"), scope) == 7


def test_all_inputs():
    """``$inputs`` alone, met as a context, is the whole object."""
    assert evaluate(parse("$inputs"), Scope(inputs={"a": 1})) == {"a": 1}


@pytest.mark.parametrize(
    "text, value",
    [
        ("$response.body#/lists[0].id", 7),
        ("$response.body#/lists.0/id", 7),
        ("$response.body#/lists/0.id", 7),
        ("$response.body#/odd[0].id", 8),
        ("$response.body#/lists[0]/id", 7),
        ("$response.body#/lists[1].id", ABSENT),
        ("$response.body#/nothing[0].id", ABSENT),
        ("$inputs.answer#/lists[0].id", 7),
    ],
)
def test_navigation_after_a_pointer(text, value):
    """``#/lists[0].id`` is published; a member that is really called so comes first."""
    body = {"lists": [{"id": 7}], "odd[0].id": 8, "odd": [{"id": 9}]}
    scope = Scope(inputs={"answer": body}, response=Response(200, body=body))

    assert evaluate(parse(text), scope) == value


# --- names ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "inputs, text, value",
    [
        ({"a": {"b": [7]}}, "$inputs.a.b[0]", 7),
        ({"a": {"b": [7]}}, "$inputs.a.b.0", 7),
        ({"a": {"b": [7]}}, "$inputs.a#/b/0", 7),
        ({"a": {"b": [7]}}, "$inputs.a.b#/0", 7),
        ({"a.b": 7, "a": {"b": 8}}, "$inputs.a.b", 7),
        ({"a.b": {"c": 7}, "a": {"b": {"c": 8}}}, "$inputs.a.b.c", 7),
        ({"a.b.c": 7, "a.b": {"c": 8}, "a": {"b.c": 9}}, "$inputs.a.b.c", 7),
        ({"a.b": {}, "a": {"b": {"c": 8}}}, "$inputs.a.b.c", ABSENT),
        ({"a": {"b.c": 8}}, "$inputs.a.b.c", ABSENT),
        ({"a[0]": 7, "a": [8]}, "$inputs.a[0]", 7),
        ({"a": [8]}, "$inputs.a[0]", 8),
        ({"a.b": None, "a": {"b": 8}}, "$inputs.a.b", None),
        ({"a-b": 7}, "$inputs.a-b", 7),
        ({"A": 7}, "$inputs.a", ABSENT),
        ({"a": 7}, "$inputs.a.b", ABSENT),
        ({"a": "text"}, "$inputs.a.length", ABSENT),
        ({"a": "text"}, "$inputs.a[0]", ABSENT),
        ({"a": {"x y": 7}}, "$inputs.a['x y']", 7),
        ({"a": {"0": 7}}, "$inputs.a.0", 7),
        ({"path": 7}, "$inputs.path", 7),
        ({"path": {"header": 7}}, "$inputs.path.header", 7),
        ({}, "$inputs.a", ABSENT),
    ],
)
def test_the_longest_name_first(inputs, text, value):
    """Names may hold dots and brackets: the longest that exists wins, the rest is a way."""
    names = Names(inputs=frozenset(inputs))

    assert evaluate(parse(text, names), Scope(inputs=inputs)) == value


def test_a_declared_name_without_a_value_is_absent():
    """An optional input that is not given is not made up from a shorter name."""
    names = Names(inputs=frozenset({"filter", "filter.name"}))

    value = evaluate(
        parse("$inputs.filter.name", names), Scope(inputs={"filter": {"name": "x"}})
    )

    assert value is ABSENT


ODD_INPUTS = frozenset(
    {"$top", "$expand", "page[size]", "filter[name][eq]", "a b", "x (y), z", "ü", "a#b"}
)
ODD_OUTPUTS = frozenset({"Employee object (full details)", "X-Next-Token", "items"})
ODD_STEPS = {
    "get employee": ODD_OUTPUTS,
    "get.employee": ODD_OUTPUTS,
    "get": frozenset({"employee"}),
}
ODD = Names(inputs=ODD_INPUTS, steps=ODD_STEPS)


@pytest.mark.parametrize("name", sorted(ODD_INPUTS))
def test_odd_names_that_are_declared(name):
    """A declared name is found as it is written, whatever the grammar says of it."""
    value = evaluate(parse(f"$inputs.{name}", ODD), Scope(inputs={name: 7}))

    assert value == 7


@pytest.mark.parametrize(
    "text",
    [
        "$steps.get employee.outputs.items[0].id",
        "$steps.get.employee.outputs.items[0].id",
        "$steps.get employee.outputs.Employee object (full details)[0].id",
        "$steps.get employee.outputs.Employee object (full details)#/0/id",
    ],
)
def test_odd_names_of_steps_and_outputs(text):
    """Step ids and output names are matched exactly before the grammar applies."""
    held = [{"id": 7}]
    outputs = {"items": held, "Employee object (full details)": held}
    scope = Scope(steps={"get employee": outputs, "get.employee": outputs})

    assert evaluate(parse(text, ODD), scope) == 7


def test_odd_names_that_are_not_declared_are_refused():
    """Without a declaration the grammar decides, and the nearest name is suggested."""
    names = Names(inputs=frozenset({"page[size]"}))

    with pytest.raises(ExpressionError) as caught:
        parse("$inputs.page[sizes]", names)

    assert "page[size]" in caught.value.hint


@given(st.text(min_size=1, max_size=12))
def test_every_declared_name_is_found(name):
    """There is no name that a document may declare and an expression cannot reach."""
    names = Names(inputs=frozenset({name}), steps={"s": frozenset({name})})
    scope = Scope(inputs={name: 7}, steps={"s": {name: 8}})

    assert evaluate(parse(f"$inputs.{name}", names), scope) == 7
    assert evaluate(parse(f"$steps.s.outputs.{name}", names), scope) == 8


# --- values -----------------------------------------------------------------------------

CALL = Call(
    source="api",
    operation="/paths/~1a/post",
    arguments=(
        Argument("X-Trace", "header", "t1"),
        Argument("q", "query", [1, 2]),
        Argument("id", "path", 7),
        Argument("id", "query", 8),
        Argument("Authorization", "header", Secret("key")),
    ),
    content_type="application/json; charset=utf-8",
    body={"user": {"uuid": "u1"}},
)
SCOPE = Scope(
    inputs={"n": 5, "nothing": None},
    steps={"one": {"id": "x", "missing": None}},
    outputs={"done": True},
    call=CALL,
    response=Response(
        201,
        (("x-a", "1"), ("x-a", "2"), ("set-cookie", "a=1"), ("set-cookie", "b=2")),
        {"id": 1, "null": None, "": {"": 2}, "a/b": 3, "m~n": 4, "list": [[5]]},
    ),
    method="POST",
    url=lambda call: f"https://{call.source}.test/a?q=1",
    sources={"api": {"url": "https://api.test/openapi.yaml"}},
    self_uri="https://x.test/arazzo.yaml",
)


@pytest.mark.parametrize(
    "text, value",
    [
        ("$url", "https://api.test/a?q=1"),
        ("$method", "POST"),
        ("$statusCode", 201),
        ("$self", "https://x.test/arazzo.yaml"),
        ("$request.header.x-trace", "t1"),
        ("$request.header.X-TRACE", "t1"),
        ("$request.header.Authorization", Secret("key")),
        ("$request.header.content-type", "application/json; charset=utf-8"),
        ("$request.header.accept", ABSENT),
        ("$request.query.q", [1, 2]),
        ("$request.query.Q", ABSENT),
        ("$request.query.id", 8),
        ("$request.path.id", 7),
        ("$request.path.ID", ABSENT),
        ("$request.body", {"user": {"uuid": "u1"}}),
        ("$request.body#/user/uuid", "u1"),
        ("$request.body#/user/none", ABSENT),
        ("$response.header.X-A", "1, 2"),
        ("$response.header.Set-Cookie", "a=1"),
        ("$response.header.none", ABSENT),
        ("$response.query.q", ABSENT),
        ("$response.body#/id", 1),
        ("$response.body#/ID", ABSENT),
        ("$response.body#/null", None),
        ("$response.body#/null/x", ABSENT),
        ("$response.body#/", {"": 2}),
        ("$response.body#//", 2),
        ("$response.body#/a~1b", 3),
        ("$response.body#/m~0n", 4),
        ("$response.body#/list/0/0", 5),
        ("$response.body#/list/-", ABSENT),
        ("$response.body#/list/00", ABSENT),
        ("$response.body#/list/1", ABSENT),
        ("$response.body#/list/x", ABSENT),
        ("$response.body#/id/x", ABSENT),
        ("$inputs.n", 5),
        ("$inputs.nothing", None),
        ("$inputs.none", ABSENT),
        ("$outputs.done", True),
        ("$outputs.none", ABSENT),
        ("$steps.one.outputs.id", "x"),
        ("$steps.one.outputs.missing", None),
        ("$steps.one.outputs.none", ABSENT),
        ("$steps.two.outputs.id", ABSENT),
        ("$sourceDescriptions.api.url", "https://api.test/openapi.yaml"),
        ("$sourceDescriptions.none.url", ABSENT),
        ("$message.payload", ABSENT),
    ],
)
def test_values(text, value):
    """Every expression gives the value it names with its type, or nothing."""
    found = evaluate(parse(text), SCOPE)

    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    "text",
    ["$url", "$statusCode", "$request.body", "$request.header.x", "$response.body",
     "$response.body#/a", "$response.body.a[0]", "$response.header.x", "$method"],
)  # fmt: skip
def test_before_anything_is_sent(text):
    """Without a message its parts are absent."""
    assert evaluate(parse(text), Scope()) is ABSENT


def test_an_empty_body_is_absent():
    """A 204 has no body; it is not null."""
    scope = Scope(response=Response(204))

    assert evaluate(parse("$response.body"), scope) is ABSENT
    assert evaluate(parse("$response.body#/a"), scope) is ABSENT


@pytest.mark.parametrize("body", ["<html/>", "text", "", 5, True, None, '{"a": 1}'])
def test_a_pointer_into_something_without_parts(body):
    """A pointer into text, even text that is JSON, gives nothing."""
    scope = Scope(response=Response(200, body=body))

    assert evaluate(parse("$response.body#/a"), scope) is ABSENT
    assert evaluate(parse("$response.body#/0"), scope) is ABSENT


def test_values_are_not_expressions():
    """What comes from a response or an input is never evaluated, whatever it looks like."""
    scope = Scope(
        inputs={"a": "$inputs.b", "b": "secret"},
        response=Response(200, body={"x": "{$inputs.b}"}),
    )

    assert evaluate(parse("$inputs.a"), scope) == "$inputs.b"
    assert evaluate(parse("$response.body#/x"), scope) == "{$inputs.b}"


# --- records and files ------------------------------------------------------------------


class Shelf:
    """Bodies that are kept elsewhere, by name."""

    def __init__(self, **contents: str) -> None:
        self.contents = contents

    def text(self, file: File) -> str:
        return self.contents[file.name]

    def lines(self, file: File) -> Iterator[str]:
        return iter(self.contents[file.name].split("\n"))

    def data(self, file: File) -> JSON:
        return {"list": [{"id": self.contents[file.name]}]}


LINES = '{"custom_id": "a", "n": 1}\n\n{"custom_id": "b"}\nnot json\n'
KEPT = File("/kept", "kept", "0" * 64, len(LINES), "application/x-jsonl")


@pytest.mark.parametrize("records", [Records(LINES), Records(file=KEPT)])
@pytest.mark.parametrize(
    "text, value",
    [
        ("$response.body#/0/custom_id", "a"),
        ("$response.body#/1/custom_id", "b"),
        ("$response.body#/2", "not json"),
        ("$response.body#/3", ABSENT),
        ("$response.body#/-", ABSENT),
        ("$response.body#/00/custom_id", ABSENT),
        ("$response.body#/custom_id", ABSENT),
        ("$response.body[0].custom_id", "a"),
        ("$response.body[0].n", 1),
    ],
)
def test_records_are_an_array(records, text, value):
    """JSONL is addressed line by line, in memory or in a file."""
    scope = Scope(response=Response(200, body=records), bodies=Shelf(kept=LINES))

    assert evaluate(parse(text), scope) == value


def test_whole_records_stay_records():
    """The whole body is handed on as it is, not read into memory."""
    scope = Scope(response=Response(200, body=Records(file=KEPT)))

    assert evaluate(parse("$response.body"), scope) == Records(file=KEPT)


def test_a_json_body_in_a_file_stays_addressable():
    """A large JSON body lies in a file; pointers reach into it all the same."""
    scope = Scope(response=Response(200, body=KEPT), bodies=Shelf(kept="x"))

    assert evaluate(parse("$response.body#/list/0/id"), scope) == "x"
    assert evaluate(parse("$response.body"), scope) == KEPT


# --- pointers ---------------------------------------------------------------------------

RFC_6901 = {
    "foo": ["bar", "baz"], "": 0, "a/b": 1, "c%d": 2, "e^f": 3, "g|h": 4, "i\\j": 5,
    'k"l': 6, " ": 7, "m~n": 8,
}  # fmt: skip


@pytest.mark.parametrize(
    "pointer, value",
    [
        ("", RFC_6901),
        ("/foo", ["bar", "baz"]),
        ("/foo/0", "bar"),
        ("/", 0),
        ("/a~1b", 1),
        ("/c%d", 2),
        ("/e^f", 3),
        ("/g|h", 4),
        ("/i\\j", 5),
        ('/k"l', 6),
        ("/ ", 7),
        ("/m~0n", 8),
        ("/m~01n", ABSENT),
    ],
)
def test_json_pointer(pointer, value):
    """The examples of RFC 6901, section 5."""
    assert at_pointer(RFC_6901, pointer) == value


@given(
    st.lists(st.text(max_size=4) | st.integers(0, 3), max_size=5),
    st.none() | st.integers() | st.text() | st.lists(st.none()),
)
def test_a_pointer_reaches_what_was_put_there(path, leaf):
    """Whatever the member names are, an escaped pointer reaches them."""
    value = leaf
    for key in reversed(path):
        value = {key: value} if isinstance(key, str) else [*[None] * key, value]
    pointer = "".join(
        "/" + str(key).replace("~", "~0").replace("/", "~1") for key in path
    )

    assert at_pointer(value, pointer) == leaf


PLACES = [
    "$response.body", "$response.body#/a/0", "$response.body.a[0].b", "$inputs.a.b",
    "$inputs.a#/b", "$inputs", "$steps.s.outputs.a[0]", "$outputs.a.b.c",
    "$response.header.a", "$request.body#/a", "$request.query.a", "$url", "$statusCode",
    "$response.body#/a[0].b",
]  # fmt: skip
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda each: (
        st.lists(each, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "b", "0", "a.b"]), each)
    ),
    max_leaves=8,
)


@given(ANYTHING, st.sampled_from(PLACES))
def test_no_data_breaks_an_evaluation(value, text):
    """Evaluating never fails, whatever was received."""
    inputs = value if isinstance(value, dict) else {"a": value}
    scope = Scope(
        inputs=inputs,
        steps={"s": inputs},
        outputs=inputs,
        call=Call(source="s", operation="/", body=value),
        response=Response(200, body=value),
    )

    evaluate(parse(text), scope)


def test_the_parsed_forms_are_plain_data():
    """A parsed expression says what it names."""
    assert parse("$statusCode") == nodes.StatusCode()
    assert parse("$response.body#/a") == nodes.Body("response", "/a")
    assert parse("$request.header.X") == nodes.MessageParameter(
        "request", "header", "X"
    )
    assert parse("$components.parameters.a.b") == nodes.Component("parameters", "a.b")
    assert parse("$sourceDescriptions.api.users.list") == nodes.SourceReference(
        "api", "users.list"
    )
