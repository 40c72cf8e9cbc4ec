"""
Queries of RFC 9535 and what they select: as criteria (N-CRIT-11: any node passes) and as
selectors. Sections: https://www.rfc-editor.org/rfc/rfc9535
"""

import pytest

from arazzo_runner.expressions.jsonpath import (
    compile_jsonpath,
    gives_nodes,
    select_jsonpath,
    select_locations,
)
from arazzo_runner.expressions.nodes import ExpressionError

STORE = {
    "books": [
        {"title": "Sayings", "price": 8.95, "tags": ["old", "short"]},
        {"title": "Sword", "price": 12.99, "isbn": "0-553"},
        {"title": "Moby", "price": 8.99, "isbn": "0-395", "tags": []},
        {"title": "Ring", "price": 22.99, "isbn": None},
    ],
    "bicycle": {"color": "red", "price": 399},
}
B = STORE["books"]
NAMES = {
    "a b": 1,
    "a.b": 2,
    "'": 3,
    '"': 4,
    "\\": 5,
    "é": 6,
    "☺": 7,
    "": 8,
    "$": 9,
    "0": 10,
}
LIST = [0, 1, 2, 3, 4, 5, 6]
MIXED = [None, True, False, 0, 1, -1, 1.5, "", "a", "b", [], [1], {}, {"k": 1}]

SELECTED = [
    # 2.2 the root, 2.3.1 names
    ("$", 5, [5]),
    ("$", None, [None]),
    ("$.bicycle.color", STORE, ["red"]),
    ("$['bicycle']['color']", STORE, ["red"]),
    ('$["bicycle"].color', STORE, ["red"]),
    ("$ .bicycle [ 'color' ]", STORE, ["red"]),
    ("$.none", STORE, []),
    ("$.books.title", STORE, []),
    ("$.color", "red", []),
    ("$['a b']", NAMES, [1]),
    ("$['a.b']", NAMES, [2]),
    ("$['\\'']", NAMES, [3]),
    ("$[\"'\"]", NAMES, [3]),
    ("$['\"']", NAMES, [4]),
    ("$['\\\\']", NAMES, [5]),
    ("$.é", NAMES, [6]),
    ("$['\\u00e9']", NAMES, [6]),
    ("$.☺", NAMES, [7]),
    ("$['']", NAMES, [8]),
    ("$['$']", NAMES, [9]),
    ("$['0']", NAMES, [10]),
    ("$[0]", NAMES, []),
    ("$['\\uD83D\\uDE00']", {"😀": 1}, [1]),
    # 2.3.2 wildcards
    ("$.*", {"a": 1, "b": [2]}, [1, [2]]),
    ("$[*]", LIST, LIST),
    ("$[*]", "text", []),
    ("$.books[*].price", STORE, [8.95, 12.99, 8.99, 22.99]),
    ("$[*, 0]", [1, 2], [1, 2, 1]),
    # 2.3.3 indexes
    ("$[0]", LIST, [0]),
    ("$[-1]", LIST, [6]),
    ("$[7]", LIST, []),
    ("$[-8]", LIST, []),
    ("$[0]", {"0": 1}, []),
    ("$[0, 2, 0]", LIST, [0, 2, 0]),
    # 2.3.4 slices
    ("$[1:3]", LIST, [1, 2]),
    ("$[5:]", LIST, [5, 6]),
    ("$[:2]", LIST, [0, 1]),
    ("$[1:5:2]", LIST, [1, 3]),
    ("$[5:1:-2]", LIST, [5, 3]),
    ("$[::-1]", LIST, LIST[::-1]),
    ("$[::0]", LIST, []),
    ("$[-2:]", LIST, [5, 6]),
    ("$[:]", LIST, LIST),
    ("$[4:2]", LIST, []),
    ("$[0:100]", LIST, LIST),
    ("$[1 : 3 : 1]", LIST, [1, 2]),
    ("$[:]", {"a": 1}, []),
    # 2.5.2 descendants
    ("$..price", STORE, [399, 8.95, 12.99, 8.99, 22.99]),
    ("$..[0]", {"a": [1, [2]]}, [1, 2]),
    ("$..*", {"a": [1]}, [[1], 1]),
    ("$..books[0].title", STORE, ["Sayings"]),
    ("$..none", STORE, []),
    # 2.3.5 filters: existence
    ("$.books[?@.isbn].title", STORE, ["Sword", "Moby", "Ring"]),
    ("$.books[?(@.isbn)].title", STORE, ["Sword", "Moby", "Ring"]),
    ("$.books[?!@.isbn].title", STORE, ["Sayings"]),
    ("$.books[?@.tags[0]].title", STORE, ["Sayings"]),
    ("$[?@.*]", [[], [1], {}, {"k": None}], [[1], {"k": None}]),
    ("$.*[?@.price > 20].title", STORE, ["Ring"]),
    ("$[?@['k']]", MIXED, [{"k": 1}]),
    ("$[?$.flag]", {"flag": 1, "x": 2}, [1, 2]),
    # comparisons
    ("$.books[?@.price < 10].title", STORE, ["Sayings", "Moby"]),
    ("$.books[?@.price <= 8.95].title", STORE, ["Sayings"]),
    ("$.books[?@.price >= 22.99].title", STORE, ["Ring"]),
    ("$.books[?@.title == 'Moby'].price", STORE, [8.99]),
    ('$.books[?@.title == "Moby"].price', STORE, [8.99]),
    ("$.books[?@.title == 'moby'].price", STORE, []),
    ("$.books[?@.title != 'Moby'].title", STORE, ["Sayings", "Sword", "Ring"]),
    ("$.books[?@.isbn == null].title", STORE, ["Ring"]),
    ("$.books[?@.isbn == @.none].title", STORE, ["Sayings"]),
    ("$.books[?@.title < 'S'].title", STORE, ["Moby", "Ring"]),
    ("$[?@ == true]", MIXED, [True]),
    ("$[?@ == 1]", MIXED, [1]),
    ("$[?@ == 1.0]", MIXED, [1]),
    ("$[?@ == 1e0]", MIXED, [1]),
    ("$[?@ == -1]", MIXED, [-1]),
    ("$[?@ == '']", MIXED, [""]),
    ("$[?@ < 1]", MIXED, [0, -1]),
    ("$[?@ < 'b']", MIXED, ["", "a"]),
    ("$[?@ <= true]", MIXED, [True]),
    ("$[?@ > null]", MIXED, []),
    ("$[?@ == $[11]]", MIXED, [[1]]),
    ("$[?@ == $[13]]", MIXED, [{"k": 1}]),
    ("$[?@.k == 1]", MIXED, [{"k": 1}]),
    ("$[?@.a == @.b]", [{"a": 1, "b": 1}, {"a": 1, "b": 2}, {}], [{"a": 1, "b": 1}, {}]),
    ("$[?@.a == $.x]", {"x": 5, "y": {"a": 5}}, [{"a": 5}]),
    # logic: not before and before or
    ("$.books[?@.isbn && @.price < 10].title", STORE, ["Moby"]),
    ("$.books[?@.tags || @.price > 20].title", STORE, ["Sayings", "Moby", "Ring"]),
    ("$[?@.a || @.b && @.c]", [{"a": 1}, {"b": 1}, {"b": 1, "c": 1}], [{"a": 1}, {"b": 1, "c": 1}]),
    ("$[?(@.a || @.b) && @.c]", [{"a": 1}, {"b": 1, "c": 1}], [{"b": 1, "c": 1}]),
    ("$[?!(@.a && @.b)]", [{"a": 1}, {"a": 1, "b": 1}], [{"a": 1}]),
    ("$[?!(@.a == 1)]", [{"a": 1}, {"a": 2}, {}], [{"a": 2}, {}]),
    # nested, and several selectors
    ("$[?@[?@ > 1]]", [[1], [2], [1, 3]], [[2], [1, 3]]),
    ("$[?@.a, ?@.b]", [{"a": 1}, {"b": 1}], [{"a": 1}, {"b": 1}]),
    ("$['a', 'c']", {"a": 1, "b": 2, "c": 3}, [1, 3]),
    ("$[0, 2:4, -1]", LIST, [0, 2, 3, 6]),
    ("$..[?@.price > 300].color", STORE, ["red"]),
    # 2.4 functions
    ("$[?length(@) == 1]", MIXED, ["a", "b", [1], {"k": 1}]),
    ("$[?length(@) < 1]", MIXED, ["", [], {}]),
    ("$[?length(@) == 1]", ["😀", "ab"], ["😀"]),
    ("$.books[?length(@.title) == 4].title", STORE, ["Moby", "Ring"]),
    ("$[?count(@.*) == 1]", MIXED, [[1], {"k": 1}]),
    ("$[?count(@..*) > 1]", [[1], [[1]]], [[[1]]]),
    ("$[?match(@, 'a.c')]", ["abc", "xabc", "a\nc", 5], ["abc"]),
    ("$[?match(@, '[0-9]+')]", ["12", "1a"], ["12"]),
    ("$[?search(@, 'b')]", ["abc", "ac", None], ["abc"]),
    ("$[?search(@, '^b|c$')]", ["bx", "xc", "xbx"], ["bx", "xc"]),
    ("$[?match(@.t, $.p)]", {"p": "x+", "q": {"t": "xx"}}, [{"t": "xx"}]),
    ("$[?!match(@, 'a')]", ["a", "b"], ["b"]),
    ("$[?value(@..k) == 1]", [{"a": {"k": 1}}, {"k": 1, "a": {"k": 1}}], [{"a": {"k": 1}}]),
    ("$[?length(value(@..k)) == 2]", [{"a": {"k": "xx"}}], [{"a": {"k": "xx"}}]),
]  # fmt: skip

# (The library also reads `$[?!@.a == 1]`, which the grammar does not have.)
REFUSED = [
    "", "a", ".a", "$.", "$a", "$[", "$[]", "$['a'", "$[a]", "$['a\"]", "$.'a'", "$.a b",
    "$[01]", "$[-0]", "$[1.0]", "$[9007199254740992]", "$[1:2:3:4]", "$['\\x']", "$['\\uD800']",
    "$...a", "$..", "$ ", " $", "$[?]", "$[?@.a = 1]", "$[?@.a == ]", "$[?@.* == 1]",
    "$[?@..a == 1]", "$[?true]", "$[?1]", "$[?'a']", "$[?@.a === 1]", "$[?@.a and @.b]",
    "$[?length(@.a)]", "$[?length(@.*) == 1]", "$[?count(1) == 1]", "$[?match(@.a, 'a') == true]",
    "$[?nothing(@.a)]", "$[?length() == 1]", "$[?length(@.a, 1) == 1]", "$[?count(@.a)]",
    "$[?@.a == 01]", "$[?@.a == .5]", "$[?@.a == True]", "$[?(@.a]", "$[?@.a) ]", "$.length()",
    "$[(@.length-1)]", "$[?@.a == @['x','y']]",
]  # fmt: skip


@pytest.mark.parametrize(
    "query, value, expected", SELECTED, ids=lambda each: str(each)[:40]
)
def test_a_query_selects(query, value, expected):
    found = select_jsonpath(query, value)

    # The order of an object's members is not fixed by the RFC.
    key = repr if ".." in query else None
    assert (sorted(found, key=key) if key else found) == (
        sorted(expected, key=key) if key else expected
    )
    assert [type(each) for each in sorted(found, key=repr)] == [
        type(each) for each in sorted(expected, key=repr)
    ]
    assert gives_nodes(query, value) is bool(expected)
    assert len(select_locations(query, value)) == len(expected)


@pytest.mark.parametrize("query", REFUSED)
def test_what_is_no_query_is_refused(query):
    with pytest.raises(ExpressionError):
        compile_jsonpath(query)


def test_locations_lead_to_the_nodes():
    for way in select_locations("$..price", STORE):
        value = STORE
        for key in way:
            value = value[key]
        assert value in (399, 8.95, 12.99, 8.99, 22.99)
