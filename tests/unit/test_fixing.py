"""`--fix` changes what it is to change and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arazzo_runner.errors import Diagnostic, Fix
from arazzo_runner.fixing import fix_text
from arazzo_runner.loader.parse import parse


def fixed(text, old, new, path):
    at = parse(text, "d").locate(path)
    finding = Diagnostic(code="AZ502", message="m", location=at, fix=Fix(old, new))
    return fix_text(text, [finding], "d")[0]


@pytest.mark.parametrize(
    "text, expected",
    [
        ("a: x $inputs.t # c\n", "a: x {$inputs.t} # c\n"),
        ("a: 'x $inputs.t'  # c\n", "a: 'x {$inputs.t}'  # c\n"),
        ('a: "x $inputs.t"\n', 'a: "x {$inputs.t}"\n'),
        ("a: $inputs.t\n", "a: '{$inputs.t}'\n"),
        ("a: $inputs.t x\n", "a: '{$inputs.t} x'\n"),
        ("a: |\n  one\n  $inputs.t\nb: 1\n", "a: |\n  one\n  {$inputs.t}\nb: 1\n"),
        ('{"a": "x \\"y\\" $inputs.t"}', '{"a": "x \\"y\\" {$inputs.t}"}'),
        ("{a: x $inputs.t, b: 1}\n", "{a: 'x {$inputs.t}', b: 1}\n"),
        ("a: {$inputs.t} $inputs.tt $inputs.t\n", None),
        ("# äöü 😀\na: 'ü $inputs.t'\r\nb: 2\r\n", "# äöü 😀\na: 'ü {$inputs.t}'\r\nb: 2\r\n"),
        ("\ufeffa: x $inputs.t\n", "\ufeffa: x {$inputs.t}\n"),
        ("a: {$inputs.t}x\n".replace("{", "'{").replace("x\n", "x $inputs.t'\n"),
         "a: '{$inputs.t}x {$inputs.t}'\n"),
    ],
)  # fmt: skip
def test_the_text_is_rewritten_as_it_was_written(text, expected):
    if expected is None:
        with pytest.raises(Exception):  # noqa: B017  (the text is no YAML)
            fixed(text, "$inputs.t", "{$inputs.t}", ("a",))
        return
    body = text.lstrip("\ufeff")
    at = parse(body, "d").locate(("a",))
    finding = Diagnostic(
        code="AZ502", message="m", location=at, fix=Fix("$inputs.t", "{$inputs.t}")
    )

    assert fix_text(text, [finding], "d")[0] == expected


def test_a_longer_name_is_not_touched():
    assert (
        fixed("a: x $inputs.token\n", "$inputs.t", "{$inputs.t}", ("a",))
        == "a: x $inputs.token\n"
    )


def comments(text):
    return [line for line in text.split("\n") if line.lstrip().startswith("# after")]


WORDS = st.sampled_from(
    ["x", "it's", 'say "y"', "{$inputs.t}", "# no comment", "a: b", "ü"]
)
QUOTES = st.sampled_from(["single", "double", "block"])


def written(text, style):
    if style == "single":
        return "'" + text.replace("'", "''") + "'"
    if style == "double":
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return "|-\n    " + text


@given(
    st.lists(st.tuples(st.lists(WORDS, max_size=3), QUOTES), min_size=1, max_size=4),
    st.data(),
)
def test_all_else_stays_and_a_second_time_nothing_changes(members, data):
    lines, texts = ["# a comment"], []
    for index, (words, style) in enumerate(members):
        text = " ".join([*words, "$inputs.t", *words])
        texts.append(text)
        lines.append(f"k{index}: {written(text, style)}")
        lines.append(f"  # after {index}" if style != "block" else "# after")
    document = "\n".join(lines) + "\n"
    chosen = data.draw(st.integers(0, len(members) - 1))

    once = fixed(document, "$inputs.t", "{$inputs.t}", (f"k{chosen}",))

    before, after = parse(document, "d").value, parse(once, "d").value
    wanted = texts[chosen].replace(" $inputs.t", " {$inputs.t}")
    if not texts[chosen].startswith("$inputs.t"):
        assert after == {**before, f"k{chosen}": wanted}
    assert comments(once) == comments(document)
    assert fixed(once, "$inputs.t", "{$inputs.t}", (f"k{chosen}",)) == once
