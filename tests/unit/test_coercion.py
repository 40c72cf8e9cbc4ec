"""
Loose comparison, truth and text of values.

https://spec.openapis.org/arazzo/v1.1.0.html#simple-conditions
"""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from arazzo_runner.expressions.coercion import (
    NotComparable,
    compare,
    length,
    number,
    text,
    truth,
)
from arazzo_runner.messages import ABSENT, File, Records, Secret, Template

SIGNS = ("==", "!=", "<", "<=", ">", ">=")

# What holds between two values. "same" and "other" have no order, "alike" are different
# texts of one number: ordered as numbers, compared for equality as texts.
HOLDS = {
    "equal": {"==", "<=", ">="},
    "less": {"!=", "<", "<="},
    "greater": {"!=", ">", ">="},
    "same": {"=="},
    "other": {"!="},
    "alike": {"!=", "<=", ">="},
}
TURNED = {"less": "greater", "greater": "less"}


def relations(left, right, **options):
    return {sign for sign in SIGNS if compare(sign, left, right, **options)}


TABLE = [
    # number, number: numeric, and exact in decimal
    (1, 1, "equal"),
    (1, 1.0, "equal"),
    (0, -0.0, "equal"),
    (1, 2, "less"),
    (2.5, 2, "greater"),
    (9, 10, "less"),
    (-1, 0, "less"),
    (0.1 + 0.2, 0.3, "greater"),
    (2**53 + 1, float(2**53), "greater"),
    (10**400, 10**400 + 1, "less"),
    # number, text of a number
    (200, "200", "equal"),
    (200, "200.0", "equal"),
    (200, "2e2", "equal"),
    (200, "2E+2", "equal"),
    (200, " 200 ", "equal"),
    (200, "\t200\n", "equal"),
    (-1, "-1", "equal"),
    (0.1, "0.1", "equal"),
    (9, "10", "less"),
    (10, "9", "greater"),
    (5, "1e400", "less"),
    (5, "1e999999999", "less"),
    (5, "-1e-999999999", "greater"),
    (12345678901234567890123, "12345678901234567890123", "equal"),
    (12345678901234567890123, "12345678901234567890124", "less"),
    # number, text of something else: only JSON's syntax is a number
    (31, "0x1f", "other"),
    (0, "", "other"),
    (0, " ", "other"),
    (10, "010", "other"),
    (10, "+10", "other"),
    (1, "1.", "other"),
    (0.5, ".5", "other"),
    (1000, "1_000", "other"),
    (1000, "1,000", "other"),
    (1, "one", "other"),
    (3, "٣", "other"),
    (1, "1 2", "other"),
    (float("inf"), "Infinity", "other"),
    # text, text: without case; ordered as numbers only where both are numbers
    ("done", "DONE", "equal"),
    ("straße", "STRASSE", "equal"),
    ("ΌΣΟΣ", "όσος", "equal"),
    ("", "", "equal"),
    ("a", "B", "less"),
    ("b", "A", "greater"),
    ("10", "9", "greater"),
    ("10", "10.0", "alike"),
    ("1e1", "10", "alike"),
    ("10", "9 lives", "less"),
    ("", "a", "less"),
    # truth values
    (True, True, "same"),
    (False, False, "same"),
    (True, False, "other"),
    (True, "true", "same"),
    (False, "false", "same"),
    (True, "false", "other"),
    (True, "yes", "other"),
    (True, "1", "other"),
    (False, "", "other"),
    (True, 1, "other"),
    (False, 0, "other"),
    (True, 1.0, "other"),
    # objects and arrays: deep, exact
    ({}, {}, "same"),
    ([], [], "same"),
    ({"a": [1, {"b": None}]}, {"a": [1.0, {"b": None}]}, "same"),
    ({"a": 1, "b": 2}, {"b": 2, "a": 1}, "same"),
    ([1, 2], [2, 1], "other"),
    ([1], [1, 1], "other"),
    ({"a": "x"}, {"a": "X"}, "other"),
    ({"a": 1}, {"A": 1}, "other"),
    ({"a": None}, {}, "other"),
    ({"a": None}, {"b": None}, "other"),
    ([1], ["1"], "other"),
    ([True], [1], "other"),
    ([True], ["true"], "other"),
    ([None], [None], "same"),
    ([[]], [{}], "other"),
    # any other mix
    ({}, [], "other"),
    ([1], 1, "other"),
    (["a"], "a", "other"),
    ({}, "", "other"),
    ({}, "{}", "other"),
    ([], False, "other"),
    ({"a": 1}, True, "other"),
    # null and missing values
    (None, None, "same"),
    (ABSENT, ABSENT, "same"),
    (None, ABSENT, "same"),
    (None, 0, "other"),
    (None, "", "other"),
    (None, "null", "other"),
    (None, False, "other"),
    (None, [], "other"),
    (None, {}, "other"),
    (ABSENT, 0, "other"),
    (ABSENT, "", "other"),
    (ABSENT, False, "other"),
    (ABSENT, [], "other"),
    (ABSENT, 5, "other"),
]


@pytest.mark.parametrize("left, right, relation", TABLE)
def test_loose_comparison(left, right, relation):
    """Values of every two types compare as documented."""
    assert relations(left, right) == HOLDS[relation]


@pytest.mark.parametrize("left, right, relation", TABLE)
def test_loose_comparison_turned_around(left, right, relation):
    """The order of the operands does not matter."""
    assert relations(right, left) == HOLDS[TURNED.get(relation, relation)]


@pytest.mark.parametrize(
    "left, right, relation",
    [
        ("ended", "ended", "equal"),
        ("ended", "Ended", "greater"),
        ("A", "b", "less"),
        ("a", "B", "greater"),
        ("straße", "strasse", "greater"),
        ("10", "9", "greater"),
        (200, "200", "equal"),
        (True, "true", "same"),
        (None, ABSENT, "same"),
        (None, "x", "other"),
    ],
)
def test_exact_comparison_keeps_the_case_of_texts(left, right, relation):
    """JSONPath comparisons differ in nothing but the case of strings."""
    assert relations(left, right, exact=True) == HOLDS[relation]


def test_not_a_number_equals_nothing():
    """NaN is not JSON; should one arrive, it is neither equal nor ordered."""
    assert relations(float("nan"), 1) == {"!="}
    assert relations(float("nan"), "1") == {"!="}


def test_deep_values_compare():
    """The deepest JSON that is read (512 levels) can be compared and written."""
    left, right, third = 1, 1, 2
    for _ in range(256):
        left, right, third = [{"a": left}], [{"a": right}], [{"a": third}]

    assert text(left) == text(right)
    assert relations(left, right) == {"=="}
    assert relations(left, third) == {"!="}


# --- properties -------------------------------------------------------------------------

NUMERALS = st.sampled_from(
    ["0", "-0", "1", "1.0", "1e3", "1E-3", "-12", "1e99999999999999999999",
     "1e999999999", "1e-999999999", "9" * 900, "0." + "0" * 400 + "1", "true", "False",
     "null", "NaN", "Infinity", "0x10", "1e", "--1", "ß", "ǅ", "İ"]
)  # fmt: skip
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=8)
    | NUMERALS
)
JSON = st.recursive(
    SCALARS,
    lambda each: (
        st.lists(each, max_size=4)
        | st.dictionaries(st.text(max_size=4), each, max_size=4)
    ),
    max_leaves=12,
)


@given(JSON, JSON, st.booleans())
@example("1e99999999999999999999", 1, False)
@example("1e999999999", 10**4000, False)
@example(float("inf"), "1e9999999", False)
def test_every_two_values_compare(left, right, exact):
    """No data breaks a comparison, and the six operators agree with one another."""
    holding = relations(left, right, exact=exact)
    turned = relations(right, left, exact=exact)

    assert ("==" in holding) != ("!=" in holding)
    assert ("==" in holding) == ("==" in turned)
    assert ("<" in holding) == (">" in turned)
    assert ("<=" in holding) == (">=" in turned)
    assert not {"<", ">"} <= holding
    if holding & {"<=", ">="}:
        assert ("<" in holding) == (">=" not in holding)
        assert (">" in holding) == ("<=" not in holding)


@given(JSON)
def test_every_value_equals_itself(value):
    """Nothing JSON differs from itself."""
    assert compare("==", value, value)
    assert compare("==", value, value, exact=True)


@given(JSON)
def test_null_equals_only_null(value):
    """``null`` only equals itself, and nothing comes before or after it."""
    assert relations(None, value) == ({"=="} if value is None else {"!="})


@given(JSON)
def test_every_value_has_truth_and_text(value):
    """No data breaks what conditions and texts ask of a value."""
    assert truth(value) in (True, False)
    assert isinstance(text(value), str)


# --- secrets ----------------------------------------------------------------------------

SECRETS = [Secret("key"), Template(("Bearer ", Secret("key")))]


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("nothing", [None, ABSENT])
def test_a_secret_is_present(secret, nothing):
    """A secret is not null, is true, and says nothing else of itself."""
    assert relations(secret, nothing) == {"!="}
    assert relations(nothing, secret) == {"!="}
    assert truth(secret)


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("other", ["x", "", 1, True, [], {}, Secret("key")])
@pytest.mark.parametrize("sign", SIGNS)
def test_the_value_of_a_secret_is_never_compared(secret, other, sign):
    """No condition can find out what a secret is."""
    with pytest.raises(NotComparable):
        compare(sign, secret, other)
    with pytest.raises(NotComparable):
        compare(sign, other, secret)


@pytest.mark.parametrize("sign", ["==", "!="])
def test_a_secret_inside_a_structure_is_not_compared_either(sign):
    """Hiding the question in an object does not help."""
    with pytest.raises(NotComparable):
        compare(sign, {"key": Secret("key")}, {"key": "guess"})


@pytest.mark.parametrize(
    "value", [*SECRETS, {"key": Secret("key")}, [1, {"a": [Secret("key")]}]]
)
def test_a_secret_has_no_text(value):
    """A secret cannot be written, however deep it lies."""
    with pytest.raises(NotComparable):
        text(value)


# --- truth, text, numbers, length -------------------------------------------------------


@pytest.mark.parametrize(
    "value, expected",
    [
        (True, True),
        (1, True),
        (-1, True),
        (0.5, True),
        ("a", True),
        ("false", True),
        ("0", True),
        (" ", True),
        ([None], True),
        ({"a": None}, True),
        (Records('{"a": 1}\n'), True),
        (File("/f", "f", "0" * 64, 1), True),
        (False, False),
        (None, False),
        (ABSENT, False),
        (0, False),
        (0.0, False),
        (-0.0, False),
        ("", False),
        ([], False),
        ({}, False),
        (Records(""), False),
        (Records("\n \n"), False),
        (File("/f", "f", "0" * 64, 0), False),
    ],
)
def test_truth(value, expected):
    """False, null, a missing value, zero and everything empty fail; the rest passes."""
    assert truth(value) is expected


@pytest.mark.parametrize(
    "value, expected",
    [
        ("", ""),
        ("as it is", "as it is"),
        ('{"a": 1}', '{"a": 1}'),
        (True, "true"),
        (False, "false"),
        (None, "null"),
        (12, "12"),
        (-1.5, "-1.5"),
        (5.0, "5"),
        (-0.0, "0"),
        ({"a": [1, "ü", None]}, '{"a":[1,"ü",null]}'),
        ([], "[]"),
        (Records('{"a": 1}\n{"a": 2}\n'), '[{"a":1},{"a":2}]'),
        ([Records("1\n2")], "[[1,2]]"),
    ],
)
def test_text(value, expected):
    """Strings stand as they are, numbers in their shortest form, the rest as JSON."""
    assert text(value) == expected


@pytest.mark.parametrize(
    "written, value",
    [("12", 12), (" -1.5 ", -1.5), ("1e2", 100), ("0", 0), ("-0", 0)],
)
def test_number(written, value):
    """A text in JSON's number syntax is a number; space around it does not matter."""
    assert number(written) == value


@pytest.mark.parametrize(
    "written",
    ["", " ", "a", "0x10", "01", "+1", "1.", ".5", "1e", "1_0", "NaN", "Infinity",
     "-Infinity", "true", "1 2", "١", "½", "9" * 100_000],
)  # fmt: skip
def test_not_a_number(written):
    """Everything else is not."""
    assert number(written) is None


@pytest.mark.parametrize(
    "value, expected",
    [
        ([], 0),
        ([1, 2], 2),
        ({"a": 1}, 1),
        ("äb", 2),
        ("", 0),
        (Records("1\n\n2\n"), 2),
        (5, None),
        (True, None),
        (None, None),
        (ABSENT, None),
        (Secret("key"), None),
    ],
)
def test_length(value, expected):
    """Arrays, objects and texts have a length; nothing else has."""
    assert length(value) == expected
