"""
Values with expressions in them: whole, embedded in text, deep in payloads.

https://spec.openapis.org/arazzo/v1.1.0.html#runtime-expressions
"""

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arazzo_runner.expressions.nodes import Embedded, ExpressionError, Operand
from arazzo_runner.expressions.parser import Names, Notes, WorkflowNames
from arazzo_runner.expressions.scope import Scope
from arazzo_runner.expressions.templates import (
    Constant,
    Unresolved,
    expressions,
    parse_payload,
    parse_text,
    resolve,
)
from arazzo_runner.messages import (
    ABSENT,
    File,
    Records,
    Response,
    Secret,
    Template,
)

NAMES = Names(
    inputs=frozenset(
        {"token", "n", "b", "list", "object", "nothing", "none", "key", "a", "a.b",
         "page[size]", "records", "evil", "whole"}
    ),
    steps={"login": frozenset({"session", "user"})},
    outputs=frozenset({"done"}),
    workflows={"other": WorkflowNames()},
    sources=frozenset({"api"}),
)  # fmt: skip
SCOPE = Scope(
    inputs={
        "token": "t0",
        "n": 5,
        "b": True,
        "list": [1, "x"],
        "object": {"k": "v", "list": [{"id": 7}]},
        "nothing": None,
        "key": Secret("key"),
        "a": {"b": 1},
        "a.b": 2,
        "page[size]": 50,
        "records": Records('{"id": 1}\n{"id": 2}\n'),
        "evil": "$inputs.token {$inputs.token}",
        "whole": 5.0,
    },
    steps={"login": {"session": {"token": "s1"}, "user": None}},
    outputs={"done": "yes"},
    response=Response(200, (("location", "/7"),), {"id": 7, "text": "<a/>"}),
    method="GET",
    sources={"api": {"url": "https://api.test/openapi.yaml"}},
)


def problems(path, problem):
    raise AssertionError(f"{path}: {problem}")


def value(written, scope=SCOPE, names=NAMES, **options):
    payload = parse_payload(
        written,
        names,
        report=lambda path, found: (
            problems(path, found) if isinstance(found, ExpressionError) else None
        ),
    )
    return resolve(payload, scope, **options)


def codes(text):
    notes = Notes()
    parse_text(text, NAMES, notes)
    return [note.code for note in notes.found]


# --- whole expressions ------------------------------------------------------------------


@pytest.mark.parametrize(
    "text, expected",
    [
        ("$inputs.n", 5),
        ("$inputs.b", True),
        ("$inputs.list", [1, "x"]),
        ("$inputs.object", {"k": "v", "list": [{"id": 7}]}),
        ("$inputs.object.list[0].id", 7),
        ("$inputs.object#/list/0/id", 7),
        ("$inputs.nothing", None),
        ("$inputs.none", ABSENT),
        ("$inputs.key", Secret("key")),
        ("$inputs.a.b", 2),
        ("$inputs.page[size]", 50),
        ("$inputs.records", SCOPE.inputs["records"]),
        ("$steps.login.outputs.session#/token", "s1"),
        ("$steps.login.outputs.user", None),
        ("$response.body#/id", 7),
        ("$response.header.Location", "/7"),
        ("$statusCode", 200),
        ("$method", "GET"),
        ("$sourceDescriptions.api.url", "https://api.test/openapi.yaml"),
    ],
)
def test_one_expression_keeps_the_type(text, expected):
    """A string that is one expression gives the value itself."""
    found = value(text)

    assert isinstance(parse_text(text, NAMES), Operand)
    assert found == expected
    assert type(found) is type(expected)


# --- embedded ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text, expected",
    [
        ("{$inputs.token}", "t0"),
        ("{$inputs.n}", "5"),
        ("{$inputs.whole}", "5"),
        ("{$inputs.b}", "true"),
        ("{$inputs.nothing}", "null"),
        ("{$inputs.list}", '[1,"x"]'),
        ("{$inputs.object}", '{"k":"v","list":[{"id":7}]}'),
        ("{$inputs.records}", '[{"id":1},{"id":2}]'),
        ("Bearer {$inputs.token}", "Bearer t0"),
        ("{$inputs.token}{$inputs.n}", "t05"),
        (
            "https://{$inputs.token}/api/{$steps.login.outputs.session#/token}/x",
            "https://t0/api/s1/x",
        ),
        ("a {$response.body#/text} b", "a <a/> b"),
        ("{$statusCode}/{$method}", "200/GET"),
        ("{$inputs.page[size]}", "50"),
        ("{{$inputs.n}}", "{5}"),
        ('{"n": {$inputs.n}, "o": {$inputs.object}}',
         '{"n": 5, "o": {"k":"v","list":[{"id":7}]}}'),
        ("code={$inputs.n}}", "code=5}"),
        ("{$inputs.n", "{5"),
    ],
)  # fmt: skip
def test_embedded_expressions_give_text(text, expected):
    """In braces an expression becomes text: scalars as themselves, structures as JSON."""
    assert value(text) == expected


@pytest.mark.parametrize(
    "text, expected",
    [
        ("Bearer $inputs.token", "Bearer t0"),
        ("Bearer $inputs.token ", "Bearer t0 "),
        ("$inputs.token and more", "t0 and more"),
        ("number=$inputs.n", "number=5"),
        ("a=$inputs.n&b=$inputs.b", "a=5&b=true"),
        ("$inputs.n,$inputs.b", "5,true"),
        ("refs/heads/$inputs.token", "refs/heads/t0"),
        ('userName eq "$inputs.token"', 'userName eq "t0"'),
        ("'$inputs.token'", "'t0'"),
        ("($inputs.token)", "(t0)"),
        ("$inputs.token.", "t0."),
        ("x/$inputs.token#part", "x/t0#part"),
        ("#$inputs.token#", "#t0#"),
        ("It is $inputs.token. Really", "It is t0. Really"),
        ("x $inputs.object.list[0].id y", "x 7 y"),
        ("x $inputs.object#/list/0/id y", "x 7 y"),
        ("x $inputs.object#/k, y", "x v, y"),
        ("x $inputs.object#/k'", "x v'"),
        ("x $inputs.a.b", "x 2"),
        ("x $steps.login.outputs.session.token y", "x s1 y"),
        ("x $outputs.done", "x yes"),
        ("x $response.body#/id y", "x 7 y"),
        ("got $statusCode from $method", "got 200 from GET"),
        ("{$inputs.n} of $inputs.n", "5 of 5"),
    ],
)
def test_bare_expressions_in_text(text, expected):
    """``Bearer $inputs.token`` is what is published; it works, with one remark each."""
    assert value(text) == expected
    assert set(codes(text)) == {"AZ502"}


@pytest.mark.parametrize("text", ["Bearer $inputs.token", "$inputs.token and more"])
def test_strict_refuses_bare_expressions_in_text(text):
    """The specification wants braces."""
    with pytest.raises(ExpressionError) as caught:
        parse_text(text, NAMES, strict=True)

    assert caught.value.code == "AZ502"
    assert "{$inputs.token}" in caught.value.hint


@pytest.mark.parametrize(
    "text", ["$inputs.token", "Bearer {$inputs.token}", "{$inputs.token}", "$5.00", ""]
)
def test_strict_takes_what_is_specified(text):
    """Whole and braced expressions and plain text need no remark."""
    parse_text(text, NAMES, strict=True)

    assert codes(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "plain",
        "$",
        "$5.00",
        "costs $5.00 or $inputs",
        "US$ 5",
        "$ref",
        "#/$defs/x",
        "$top",
        "${HOME}",
        "{{name}}",
        "{x}",
        "{}",
        "{$}",
        "{$ref}",
        "{$5.00}",
        "{$inputsx.a}",
        "$input.token",
        "$inputs are needed",
        "$steps to follow",
        "$response time",
        "$request for comments",
        "$outputs!",
        "the $inputs. And more",
        "$inputsx.token",
        "x$inputs",
        "^$",
        "$.status",
        "$[0]",
        "Bearer $inputs.nobody",
        "Bearer $inputs.Token",
        "x $steps.nobody.outputs.a",
        "x $outputs.nobody",
        "x $workflows.nobody.outputs.a",
        "$urls",
        "x $methods",
        "x $statusCodes",
        "x $statusCode2",
    ],
)
def test_what_only_looks_like_an_expression(text):
    """Prices, ``$ref`` and names that nothing declares stay text, in every mode."""
    assert parse_text(text, NAMES) == text
    assert parse_text(text, NAMES, strict=True) == text
    assert value(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "$inputs.",
        "$inputs.#/a",
        "$steps.login",
        "$steps.login.outputs",
        "$steps.login.outputs.",
        "$response.status",
        "$response.body#/~2",
        "{$inputs.}",
        "x {$steps.login} y",
        "{$response.status}",
        "{$inputs.n and more}",
    ],
)
def test_a_known_root_with_bad_grammar(text):
    """It was meant as an expression and is none."""
    with pytest.raises(ExpressionError) as caught:
        parse_text(text, NAMES)

    assert caught.value.code == "AZ401"


def test_odd_declared_names_in_braces():
    """A declared name is matched exactly, in braces too."""
    names = Names(inputs=frozenset({"x (y), z"}))

    found = value("<{$inputs.x (y), z}>", Scope(inputs={"x (y), z": 7}), names)

    assert found == "<7>"


def test_values_are_not_scanned_again():
    """An expression that arrives as data stays data."""
    assert value("<{$inputs.evil}>") == "<$inputs.token {$inputs.token}>"
    assert value("< $inputs.evil >") == "< $inputs.token {$inputs.token} >"
    assert value({"x": "$inputs.evil"}) == {"x": "$inputs.token {$inputs.token}"}


# --- values that are missing ------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["{$inputs.none}", "Bearer {$inputs.none}", "Bearer $inputs.none"]
)
def test_a_missing_value_in_text(text):
    """ "None" or "undefined" is never sent: the step cannot go on, and says why."""
    with pytest.raises(Unresolved) as caught:
        value(text)

    assert caught.value.text == "$inputs.none"


def test_missing_values_in_a_payload():
    """A member or item without a value is left out; null is a value."""
    written = {
        "gone": "$inputs.none",
        "null": "$inputs.nothing",
        "kept": "$inputs.n",
        "list": ["$inputs.none", 1, "$inputs.n"],
        "deep": {"gone": "$inputs.none"},
    }

    assert value(written) == {"null": None, "kept": 5, "list": [1, 5], "deep": {}}


def test_a_missing_value_deep_in_a_payload():
    """Text with a hole in it is no value either, wherever it stands."""
    with pytest.raises(Unresolved):
        value({"a": [{"b": "x {$inputs.none}"}]})


def test_a_whole_payload_without_a_value():
    """The caller is told; nothing is sent in its place."""
    assert value("$inputs.none") is ABSENT


# --- secrets ----------------------------------------------------------------------------


def joined(template: Template) -> str:
    kinds = [type(part) for part in template.parts]
    assert (str, str) not in itertools.pairwise(kinds)
    return "".join(
        part if isinstance(part, str) else f"<{part.ref}>" for part in template.parts
    )


@pytest.mark.parametrize(
    "text, shown",
    [
        ("{$inputs.key}", "<key>"),
        ("Bearer {$inputs.key}", "Bearer <key>"),
        ("Bearer $inputs.key", "Bearer <key>"),
        ("{$inputs.n}:{$inputs.key}:{$inputs.key}", "5:<key>:<key>"),
    ],
)
def test_a_secret_in_text(text, shown):
    """Text with a secret stays parts until it is sent."""
    found = value(text)

    assert isinstance(found, Template)
    assert joined(found) == shown


def test_a_template_in_text():
    """What is put together from a text with a secret holds the secret still."""
    scope = Scope(inputs={"token": Template(("Bearer ", Secret("key")))})

    found = value("x {$inputs.token} y", scope)

    assert joined(found) == "x Bearer <key> y"


def test_secrets_deep_in_a_payload():
    """A payload holds its secrets as references."""
    found = value({"auth": {"key": "$inputs.key", "header": "Key {$inputs.key}"}})

    assert found["auth"]["key"] == Secret("key")
    assert joined(found["auth"]["header"]) == "Key <key>"


@pytest.mark.parametrize("written", ["{$inputs.object}", "x $inputs.object"])
def test_a_structure_with_a_secret_in_text(written):
    """A secret inside an object cannot become JSON text; that is said, nothing leaks."""
    scope = Scope(inputs={"object": {"list": [{"key": Secret("key")}]}})

    with pytest.raises(Unresolved) as caught:
        value(written, scope)

    assert caught.value.text == "$inputs.object"
    assert "secret" in str(caught.value)


# --- files ------------------------------------------------------------------------------


def test_a_file_stays_a_file():
    """An upload is handed on, not read."""
    file = File("/kept/a", "a.jsonl", "0" * 64, 5)

    assert value({"f": "$inputs.n"}, Scope(inputs={"n": file})) == {"f": file}


# --- payloads ---------------------------------------------------------------------------


def test_a_payload_is_evaluated_at_every_depth():
    """Leaves are evaluated, keys are not, and everything else stays what it is."""
    written = {
        "$inputs.n": "key",
        "a": [{"b": "$inputs.list"}, "{$inputs.n}", 1.5, None, True, "$5.00"],
        "c": {},
        "d": [],
    }

    assert value(written) == {
        "$inputs.n": "key",
        "a": [{"b": [1, "x"]}, "5", 1.5, None, True, "$5.00"],
        "c": {},
        "d": [],
    }


def test_problems_are_reported_with_their_path():
    """Every text that does not parse is told, and every remark, with its place below."""
    told = []

    parse_payload(
        {"a": ["$inputs.n", "$inputs."], "b": {"c": "x $inputs.n"}, "d": "{$steps.x}"},
        NAMES,
        report=lambda path, found: told.append((path, found)),
    )

    by_path = dict(told)
    assert set(by_path) == {("a", 1), ("b", "c"), ("d",)}
    assert isinstance(by_path["a", 1], ExpressionError)
    assert [note.code for note in by_path["b", "c"].found] == ["AZ502"]
    assert isinstance(by_path[("d",)], ExpressionError)


def test_the_expressions_of_a_payload():
    """Who checks names gets every expression, in order."""
    payload = parse_payload(
        {"a": "$inputs.n", "b": ["{$inputs.b}-{$statusCode}", 1], "c": "x"},
        NAMES,
        report=problems,
    )

    assert [each.text for each in expressions(payload)] == [
        "$inputs.n",
        "$inputs.b",
        "$statusCode",
    ]


def test_a_payload_without_expressions_is_one_constant():
    """Nothing is rebuilt where there is nothing to evaluate."""
    written = {"a": [1, {"b": "$5"}]}

    payload = parse_payload(written, NAMES, report=problems)

    assert payload == Constant(written)
    assert resolve(payload, Scope()) is written


# --- text payloads that are JSON --------------------------------------------------------

HARMFUL = ['a"b', "a\\b", "a\nb", '","admin":true,"x":"', "\\", "\\u0000", "ü", ""]


@pytest.mark.parametrize("harmful", HARMFUL)
@pytest.mark.parametrize(
    "text",
    [
        '{"a": "{$inputs.token}"}',
        '{"a\\"b": 1, "a": "{$inputs.token}"}',
        '{"c": "\\\\", "a": "{$inputs.token}", "d": "{$inputs.token}"}',
    ],
)
def test_data_cannot_change_a_json_text(text, harmful):
    """What is put inside a string of a JSON text is escaped."""
    found = value(text, Scope(inputs={"token": harmful}), syntax="json")

    assert json.loads(found)["a"] == harmful
    assert "admin" not in json.loads(found)


def test_outside_of_strings_json_is_put_in():
    """Numbers, truth values, null and structures stand in a JSON text as JSON."""
    text = '{"n": {$inputs.n}, "o": {$inputs.object}, "z": {$inputs.nothing}, "q": "{$inputs.n}"}'

    found = value(text, syntax="json")

    assert json.loads(found) == {
        "n": 5,
        "o": SCOPE.inputs["object"],
        "z": None,
        "q": "5",
    }


@given(st.text(), st.text(max_size=5))
def test_no_text_can_change_a_json_text(token, before):
    """The same for any text, after any other string."""
    text = json.dumps({"b": before})[:-1] + ', "a": "x{$inputs.token}y"}'
    payload = parse_text(text, Names(inputs=frozenset({"token"})))
    assert isinstance(payload, Embedded)

    found = resolve(payload, Scope(inputs={"token": token}), syntax="json")

    assert json.loads(found) == {"b": before, "a": f"x{token}y"}


# --- any text ---------------------------------------------------------------------------

PIECES = st.lists(
    st.sampled_from(
        ["$inputs.", "$inputs", "{$inputs.n}", "$statusCode", "{", "}", "$", ".", "n",
         "[0]", "[", "#", "/", "~", " ", '"', "$steps.login.outputs.user", "\\", "\n"]
    ),
    max_size=10,
).map("".join)  # fmt: skip


@given(st.text() | PIECES, st.booleans())
def test_any_text_is_read_or_refused(text, strict):
    """No text makes the parser fail in another way than it says, and what parses resolves."""
    try:
        parsed = parse_text(text, NAMES, strict=strict)
    except ExpressionError:
        return
    if isinstance(parsed, str):
        assert parsed == text
        return
    try:
        resolve(parsed, SCOPE)
    except Unresolved:
        return


@given(st.text("abc {}$.#/[]0", max_size=20))
def test_text_around_an_expression_survives(text):
    """Literal text is never changed."""
    found = value(f"<{{$inputs.n}}>{text}", names=Names(inputs=frozenset({"n"})))

    assert found == f"<5>{text}"


@pytest.mark.parametrize(
    "text",
    [
        "{$inputs." * 11_000,
        "{$" * 50_000,
        "{" * 100_000,
        "$inputs." * 12_000,
        "x $inputs." + "a." * 50_000,
        "x $inputs.n" + "[0]" * 30_000,
        "x $inputs.n#" + "/a" * 50_000,
        "$inputs.n#/" + "a" * 100_000,
        "$inputs.n " * 10_000,
        "{$inputs.n} " * 9_000,
        "$response.body#/" + "~" * 100_000,
        "$steps." + "a" * 100_000,
        "$inputs " + "a" * 100_000,
    ],
)
@pytest.mark.parametrize("syntax", ["", "json", "form"])
def test_very_long_texts_are_answered(text, syntax):
    """100,000 characters neither hang the parser nor overflow its stack."""
    try:
        parsed = parse_text(text, NAMES)
    except ExpressionError:
        return
    if not isinstance(parsed, str):
        try:
            resolve(parsed, SCOPE, syntax=syntax)
        except Unresolved:
            return


def test_a_deep_payload():
    """Payloads as deep as documents may be (200 levels) are read and evaluated."""
    written = "$inputs.n"
    for _ in range(100):
        written = {"a": [written]}

    found = value(written)

    for _ in range(100):
        found = found["a"][0]
    assert found == 5
