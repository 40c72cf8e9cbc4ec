"""
Simple conditions: grammar, operands, and what holds.

https://spec.openapis.org/arazzo/v1.1.0.html#simple-conditions
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arazzo_runner.expressions.conditions import parse_bare_jsonpath, parse_condition
from arazzo_runner.expressions.criteria import compile_criterion, holds, operand_values
from arazzo_runner.expressions.evaluation import NotEvaluable
from arazzo_runner.expressions.nodes import ExpressionError
from arazzo_runner.expressions.parser import Names, Notes
from arazzo_runner.expressions.scope import Scope
from arazzo_runner.messages import ABSENT, Argument, Call, Response, Secret
from arazzo_runner.model import Criterion

BODY = {
    "status": "Done",
    "count": 3,
    "zero": 0,
    "ratio": 0.5,
    "nothing": None,
    "empty": "",
    "yes": True,
    "no": False,
    "text": "it's",
    "numeral": "10",
    "list": [{"id": 7}, {"id": 8}],
    "none": [],
    "nobody": {},
    "a b": {"c=d": 1},
    "(odd)": 2,
    "pa(r)en": 3,
    "data": {"items": ["x"]},
}
SCOPE = Scope(
    inputs={
        "threshold": 2,
        "x-api-key": "k",
        "flag": "true",
        "key": Secret("key"),
        "page[size]": 5,
    },
    steps={"one": {"state": "READY", "groups": [{"id": 1}]}},
    call=Call(source="a", operation="/", arguments=(Argument("q", "query", 1),)),
    response=Response(
        200, (("x-rate-limit", "10"), ("x-flag", "true"), ("a&b", "1")), BODY
    ),
    method="POST",
)
NAMES = Names(
    inputs=frozenset(SCOPE.inputs), steps={"one": frozenset({"state", "groups"})}
)


def check(condition: str, scope: Scope = SCOPE) -> bool:
    return holds(
        compile_criterion(Criterion(condition=condition), NAMES, Notes()), scope
    )


def refused(condition: str, **options) -> ExpressionError:
    with pytest.raises(ExpressionError) as caught:
        parse_condition(condition, NAMES, **options)
    return caught.value


# --- literals, operators, precedence ----------------------------------------------------


@pytest.mark.parametrize(
    "condition, expected",
    [
        ("true", True),
        ("false", False),
        ("null", False),
        ("1", True),
        ("0", False),
        ("-1", True),
        ("0.0", False),
        ("'a'", True),
        ("''", False),
        ("''''", True),
        ("1 == 1.0", True),
        ("1e3 == 1000", True),
        ("1E+3 == 1000", True),
        ("-0.5 < 0", True),
        ("0.1 == '0.1'", True),
        ("12345678901234567891 == '12345678901234567891'", True),
        ("12345678901234567891 == '12345678901234567892'", False),
        ("null == null", True),
        ("null != 1", True),
        ("null == false", False),
        ("null <= null", False),
        ("'it''s' == 'IT''S'", True),
        ("'a''' == 'a'''", True),
        ("'\\' == '\\'", True),
        ("'$statusCode' == 200", False),
        ("'a == b || c' == 'A == B || C'", True),
        ("'ß' == 'SS'", True),
        ("'a' < 'B'", True),
        ("'9' < '10'", True),
        ("'10' == '10.0'", False),
    ],
)
def test_literals(condition, expected):
    """Truth values, null, JSON numbers and texts in single quotes, ``''`` for one quote."""
    assert check(condition) is expected


@pytest.mark.parametrize(
    "condition, expected",
    [
        ("$statusCode == 200", True),
        ("$statusCode==200", True),
        ("  $statusCode   ==\n200\t", True),
        ("200 == $statusCode", True),
        ("$statusCode != 200", False),
        ("$statusCode < 200", False),
        ("$statusCode <= 200", True),
        ("$statusCode > 199", True),
        ("$statusCode>=500", False),
        ("$statusCode == 200 || $statusCode == 202", True),
        ("$statusCode == 202||$statusCode == 200", True),
        ("$statusCode == 200 && $response.body.data != null", True),
        ("$statusCode==200&&$response.body#/count>2", True),
        ("!false", True),
        ("!!true", True),
        ("! false", True),
        ("!$response.body#/no", True),
        ("!$response.body#/missing", True),
        ("!($statusCode == 404)", True),
        ("!(true && false)", True),
        # && binds closer than ||
        ("true || false && false", True),
        ("(true || false) && false", False),
        ("false && false || true", True),
        ("false && (false || true)", False),
        # ! binds closer than &&
        ("!false && false", False),
        ("!(false && false)", True),
        # comparisons bind closer than &&
        ("1 < 2 && 2 < 3", True),
        ("((($statusCode)) == ((200)))", True),
        ("(($statusCode == 200))", True),
    ],
)
def test_operators(condition, expected):
    """Comparisons, ``!``, ``&&``, ``||`` and groups, in this order of binding."""
    assert check(condition) is expected


@pytest.mark.parametrize(
    "condition, expected",
    [
        ("true || $inputs.key == 'guess'", True),
        ("false && $inputs.key == 'guess'", False),
    ],
)
def test_the_second_operand_is_only_looked_at_when_it_matters(condition, expected):
    """``&&`` and ``||`` stop when the answer is known."""
    assert check(condition) is expected


@pytest.mark.parametrize(
    "condition, expected",
    [
        ("$response.body#/yes", True),
        ("$response.body#/no", False),
        ("$response.body#/nothing", False),
        ("$response.body#/missing", False),
        ("$response.body#/count", True),
        ("$response.body#/zero", False),
        ("$response.body#/status", True),
        ("$response.body#/empty", False),
        ("$response.body#/list", True),
        ("$response.body#/none", False),
        ("$response.body#/data", True),
        ("$response.body#/nobody", False),
        ("$inputs.key", True),
        ("$response.body#/yes && $response.body#/count", True),
        ("$response.body#/zero || $response.body#/none", False),
    ],
)
def test_bare_operands(condition, expected):
    """An operand alone passes unless it is false, null, missing, zero or empty."""
    assert check(condition) is expected


@pytest.mark.parametrize(
    "condition, expected",
    [
        ("$response.body#/missing == null", True),
        ("$response.body#/missing != null", False),
        ("$response.body#/nothing == null", True),
        ("$response.body#/list/0 != null", True),
        ("$response.body#/none/0 == null", True),
        ("$response.body#/missing == 0", False),
        ("$response.body#/missing != 0", True),
        ("$response.body#/missing < 1", False),
        ("$response.body#/missing >= 0", False),
        ("$response.body#/missing == $response.body#/nothing", True),
        ("$response.body#/status == 'DONE'", True),
        ("$response.body#/count == '3'", True),
        ("$response.body#/numeral > 9", True),
        ("$response.body#/yes == 'true'", True),
        ("$response.body#/yes == 1", False),
        ("$inputs.flag == true", True),
        ("$response.header.X-Flag == true", True),
        ("$response.header.X-Rate-Limit < 9", False),
        ("$steps.one.outputs.state == 'ready'", True),
    ],
)
def test_loose_comparisons_of_values(condition, expected):
    """Published idioms: presence tests, and headers that are numbers or truth values."""
    assert check(condition) is expected


# --- operands ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "condition, expected",
    [
        ("$response.header.X-Rate-Limit>5", True),
        ("$response.header.X-Rate-Limit==10", True),
        ("$inputs.x-api-key=='K'", True),
        ("$response.body.count > $inputs.threshold", True),
        ("$response.body.count>$inputs.threshold", True),
        ("$response.body.list[0].id == 7", True),
        ("$response.body.list[1].id==8", True),
        ("$response.body.list.0.id == 7", True),
        ("$response.body#/list/0/id==7", True),
        ("$response.body#/list[0].id == 7", True),
        ("($response.body#/count)==3", True),
        ("($response.body#/count>2)", True),
        ("(($response.body#/list/0/id)) == 7", True),
        ("$response.body#/(odd) == 2", True),
        ("($response.body#/(odd) == 2)", True),
        ("($response.body#/pa(r)en)==3", True),
        ("$response.body['a b']['c=d'] == 1", True),
        ('$response.body["a b"]["c=d"]==1', True),
        ("!$response.body#/no&&$response.body#/yes", True),
        ("$response.body#/no||$response.body#/yes", True),
        ("$statusCode<300", True),
        ("$steps.one.outputs.groups[0].id == 1", True),
        ("$inputs.page[size] == 5", True),
        ("$method == 'post'", True),
        ("$request.query.q == 1", True),
    ],
)
def test_where_an_operand_ends(condition, expected):
    """At a space, an operator or an unbalanced ``)``; ``-`` and ``.`` belong to names."""
    assert check(condition) is expected


@pytest.mark.parametrize(
    "condition",
    [
        "$response.body.list[-1].id == 7",
        "$response.body.list[x] == 7",
        "$response.body. == 7",
        "$response.body.list[0 == 7",
    ],
)
def test_bad_navigation(condition):
    """An index counts from 0; what is no member or index is refused."""
    assert refused(condition).code == "AZ401"


# --- what is refused --------------------------------------------------------------------


@pytest.mark.parametrize(
    "condition",
    [
        "",
        "   ",
        "==",
        "$statusCode ==",
        "== 200",
        "$statusCode 200",
        "$statusCode == 200 201",
        "$statusCode == ok",
        "$statusCode == TRUE",
        "$x == 1",
        "True",
        "NULL == null",
        "$statusCode = 200",
        "$statusCode === 200",
        "$statusCode !== 200",
        "$statusCode =~ 2",
        "$statusCode <> 200",
        "$statusCode & 1",
        "$statusCode | 1",
        "$statusCode == 200 and true",
        "$statusCode == 200 or true",
        "not true",
        "$response.body contains 'a'",
        "$statusCode in [200, 201]",
        "length($response.body) > 0",
        "1 + 1 == 2",
        "1 < 2 < 3",
        "1 == 1 == true",
        "!$statusCode == 200",
        "true == !false",
        "($statusCode == 200",
        "$statusCode == 200)",
        "()",
        "(true) (false)",
        "true &&",
        "|| true",
        "true && || true",
        "'open",
        "'it's'",
        '"open',
        "01 == 1",
        "+1 == 1",
        ".5 == 0.5",
        "1. == 1",
        "0x10 == 16",
        "1e == 1",
        "NaN == NaN",
        "$.status == 'a'",
        "@.status == 'a'",
        "{$statusCode == 200",
        "[1]",
        "true; false",
    ],
)
def test_what_is_not_a_condition(condition):
    """Nothing is guessed: what is not derivable is refused, with the place in it."""
    problem = refused(condition)

    assert problem.code in ("AZ401", "AZ402")
    assert problem.message
    assert not problem.message.endswith(".")


@pytest.mark.parametrize(
    "condition",
    ["$statusCode === 200", "$statusCode = 200", "$statusCode == 200 and true",
     "$response.body contains 'a'"],
)  # fmt: skip
def test_foreign_operators_are_told_ours(condition):
    """Who writes another language's operator is told the operators there are."""
    hint = refused(condition).hint

    assert all(each in hint for each in ("==", "!=", "<=", "&&", "||"))


def test_not_before_a_comparison_is_told_parentheses():
    """``!$x == 1`` has two readings; neither is taken."""
    assert "(" in refused("!$statusCode == 1").hint


def test_a_word_is_told_quotes():
    """An unquoted word was meant as text."""
    assert "'ok'" in refused("$statusCode == ok").hint


# --- leniencies -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "condition, code",
    [
        ('$response.body#/status == "done"', "AZ503"),
        ('$response.body#/text == "it\'s"', "AZ503"),
        ('"say \\"hi\\"" == \'say "hi"\'', "AZ503"),
        ("{$statusCode == 200}", "AZ504"),
        (" {$statusCode == 200} ", "AZ504"),
        ("{ $statusCode == 200 }", "AZ504"),
        ("{200 == $statusCode}", "AZ504"),
        ("{$statusCode} == 200", "AZ504"),
        ("{$statusCode} == {$statusCode}", "AZ504"),
        ("true && {$statusCode}", "AZ504"),
    ],
)
def test_lenient_forms(condition, code):
    """Double quotes and braces are read, with a remark; strict refuses them."""
    notes = Notes()

    parse_condition(condition, NAMES, notes)

    assert {note.code for note in notes.found} == {code}
    assert check(condition)
    assert refused(condition, strict=True).code == code


@pytest.mark.parametrize(
    "condition",
    ["$statusCode == 200", "$response.body#/status == 'done'", "!($statusCode == 200)"],
)
def test_clean_conditions_pass_silently(condition):
    """What the specification allows needs no remark, and strict takes it."""
    notes = Notes()

    parse_condition(condition, NAMES, notes, strict=True)

    assert notes.found == []


# --- secrets ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "condition, expected",
    [
        ("$inputs.key", True),
        ("!$inputs.key", False),
        ("$inputs.key != null", True),
        ("$inputs.key == null", False),
        ("null == $inputs.key", False),
        ("$inputs.key == $inputs.missing", False),
    ],
)
def test_whether_a_secret_is_there(condition, expected):
    """A secret's presence may be tested."""
    assert check(condition) is expected


@pytest.mark.parametrize(
    "condition",
    [
        "$inputs.key == 'guess'",
        "'guess' != $inputs.key",
        "$inputs.key < 'm'",
        "$inputs.key == $inputs.key",
        "$statusCode == 200 && $inputs.key >= 'a'",
    ],
)
def test_what_a_secret_is(condition):
    """Its value may not."""
    with pytest.raises(NotEvaluable):
        check(condition)


# --- messages ---------------------------------------------------------------------------


def test_the_values_of_a_condition():
    """A failed criterion can say what its operands were."""
    test = compile_criterion(
        Criterion(condition="$statusCode == 201 || $inputs.none == $inputs.key"),
        NAMES,
        Notes(),
    )

    assert operand_values(test, SCOPE) == {
        "$statusCode": 200,
        "$inputs.none": ABSENT,
        "$inputs.key": Secret("key"),
    }


# --- any text ---------------------------------------------------------------------------

PIECES = st.lists(
    st.sampled_from(
        ["$statusCode", "$response.body#/a", "$inputs.a", "$.a", "@.b", "[?", "]", "(",
         ")", "!", "&&", "||", "==", "<", "'", '"', "{", "}", "1", "-", "true", "null",
         " ", ".length", "[0]", "..", "*", "\\", "length(", "#", "ü"]
    ),
    max_size=14,
).map("".join)  # fmt: skip


@given(st.text() | PIECES)
def test_any_text_is_a_condition_or_refused(text):
    """No text makes a parser fail in another way than it says, and what parses evaluates."""
    for parse in (parse_condition, parse_bare_jsonpath):
        try:
            parse(text, NAMES)
        except ExpressionError as problem:
            assert problem.code.startswith("AZ")  # noqa: PT017


@given(PIECES)
def test_what_parses_evaluates(text):
    """A condition that was accepted holds or does not; at most its data is wrong."""
    for criterion in (
        Criterion(condition=text),
        Criterion(condition=text, context="$response.body", type="jsonpath"),
    ):
        try:
            test = compile_criterion(criterion, NAMES, Notes())
            assert holds(test, SCOPE) in (True, False)
        except (ExpressionError, NotEvaluable):
            continue


@pytest.mark.parametrize("parse", [parse_condition, parse_bare_jsonpath])
@pytest.mark.parametrize(
    "text",
    [
        "(" * 100_000,
        "!" * 100_000,
        "(" * 5_000 + "true" + ")" * 5_000,
        "!" * 9_000 + "true",
        "$." * 50_000,
        "$" + "[?@" * 3_000,
        "$.a" + "[?@.a" * 1_000 + "]" * 1_000 + " == 1",
        "'" * 99_999,
        '"\\' * 50_000,
        "1" * 100_000,
        "1" * 5_000 + " ==",
        "true || " * 20_000,
        "$inputs." + "a." * 4_000,
        "$response.body" + "['" * 4_000,
        "{$" * 50_000,
        " " * 100_000,
        "length(" * 20_000,
    ],
)
def test_hostile_texts_are_refused(parse, text):
    """Deep and long texts are refused, quickly and without a stack overflow."""
    with pytest.raises(ExpressionError):
        parse(text)


def test_a_long_condition_of_many_parts():
    """Width is not depth: hundreds of alternatives are fine."""
    condition = " || ".join(f"$statusCode == {code}" for code in range(100, 401))

    assert check(condition)


def test_long_numbers():
    """Whole numbers are exact; one of thousands of digits is refused, not rounded."""
    assert check("9" * 900 + " == " + "9" * 900)
    assert check("1" + "0" * 900 + " > " + "9" * 900)
    assert refused("9" * 4_500 + " == 1").code == "AZ402"
