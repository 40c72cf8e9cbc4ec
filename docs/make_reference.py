"""
Writes the generated pages: ``python docs/make_reference.py``.

They are made from the command's options, the docstrings and annotations of the public
classes, the tables in ``arazzo_runner.errors``, the constants, and the sentences in
``reference/*.toml``. ``tests/unit/test_docs.py`` compares them with what is here.
"""

from __future__ import annotations

import ast
import dataclasses
import importlib
import inspect
import re
import sys
import textwrap
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
if __name__ == "__main__":
    sys.path.insert(0, str(HERE.parent))

import click  # noqa: E402

import arazzo_runner  # noqa: E402
from arazzo_runner import (  # noqa: E402
    checking,
    errors,
    events,
    explanations,
    exploring,
    suites,
    testing,
)
from arazzo_runner.cli import check as check_command  # noqa: E402
from arazzo_runner.cli import explain as explain_command  # noqa: E402
from arazzo_runner.cli import explore as explore_command  # noqa: E402
from arazzo_runner.cli import mock as mock_command  # noqa: E402
from arazzo_runner.cli import run as run_command  # noqa: E402
from arazzo_runner.cli import show as show_command  # noqa: E402
from arazzo_runner.cli import test as test_command  # noqa: E402
from arazzo_runner.cli.options import Setting  # noqa: E402
from arazzo_runner.exploration import coverage, paths  # noqa: E402
from arazzo_runner.expressions import dialect  # noqa: E402

NOTE = "<!-- Made by docs/make_reference.py. -->\n"


def pages() -> dict[str, str]:
    """The text of each generated page, by its path below ``docs``."""
    made = {
        "reference/command.md": command_page(),
        "reference/exit-codes.md": exit_codes_page(),
        "reference/codes.md": codes_page(),
        "reference/dialect.md": dialect_page(),
        "reference/python.md": python_page(),
        "reference/events.md": events_page(),
        "reference/limits.md": limits_page(),
    }
    return {name: f"{NOTE}\n{text.strip()}\n" for name, text in made.items()}


# --- the command --------------------------------------------------------------------------


def command_page() -> str:
    parts = [
        "# The command `arazzo`",
        "The same text as `arazzo COMMAND --help`.",
        *_command("arazzo run [OPTIONS] FILE", run_command.command),
        "The [exit codes](exit-codes.md) are explained on their own page.",
        *_command("arazzo check [OPTIONS] PATH...", check_command.command),
        *_command("arazzo show [OPTIONS] FILE", show_command.command),
        *_command("arazzo mock [OPTIONS] FILE", mock_command.command),
        *_command("arazzo explore [OPTIONS] FILE", explore_command.command),
        *_command("arazzo test [OPTIONS] PATH...", test_command.command),
        *_command("arazzo explain [CODE]...", explain_command.command),
        "## `arazzo --version`",
        "Shows the version and exits.",
    ]
    return "\n\n".join(parts)


def _command(usage: str, command: click.Command) -> list[str]:
    said, _, listed = inspect.cleandoc(command.help or "").partition("\n\n\b\n")
    options = [_option(each) for each in command.params if not _is_file(each)]
    return [
        f"## `{usage}`",
        *_paragraphs(said),
        *_paragraphs(command.epilog or ""),
        f"```text\n{listed}\n```",
        *(["### Options", "\n".join(options)] if options else []),
    ]


def _is_file(parameter: click.Parameter) -> bool:
    return isinstance(parameter, click.Argument)


def _option(option: click.Parameter) -> str:
    assert isinstance(option, click.Option)  # noqa: S101
    value = "" if option.is_flag else f" {_value_of(option)}"
    notes = ""
    if isinstance(option, Setting):
        variable = f"`{option.envvar}`, " if isinstance(option.envvar, str) else ""
        notes = f" Also {variable}`{option.key}` in `arazzo.toml`."
    text = re.sub(r"  \[default: ([^\]]*)\]", r" The default is \1.", option.help or "")
    return _inline(f"* `{', '.join(option.opts)}{value}`: {text}{notes}")


def _value_of(option: click.Option) -> str:
    if isinstance(option.type, click.Choice):
        return "|".join(str(each) for each in option.type.choices)
    return option.metavar or option.type.name.upper()


# --- codes --------------------------------------------------------------------------------


def exit_codes_page() -> str:
    texts = _read("codes.toml")["exit"]
    codes: dict[str, list[str]] = {}
    for code, exit_status in errors.EXIT_STATUS.items():
        codes.setdefault(str(exit_status), []).append(code)
    rows: list[tuple[str, ...]] = []
    for status, text in texts.items():
        listed = ", ".join(f"`{code}`" for code in codes.pop(status, []))
        also = text.get("codes", "")
        rows.append((status, text["text"], ", ".join(filter(None, [listed, also]))))
    if codes:
        raise ValueError(f"codes.toml does not explain the exit codes {list(codes)}")
    return "\n\n".join(
        [
            "# Exit codes",
            "The exit code follows from `result.error.code`; in Python it is"
            " `result.exit_status`, and `exit_status` of an exception.",
            _table(("exit", "meaning", "codes"), rows),
            "What to do about each is in"
            " [troubleshooting](../guides/troubleshooting.md).",
        ]
    )


_GROUPS = {
    "1": "The text of a document",
    "2": "The structure of a document",
    "3": "References",
    "4": "Expressions and conditions",
    "5": "Dialect rules",
    "6": "The run",
    "7": "Flow and use of operations",
}


def codes_page() -> str:
    groups = _read("codes.toml")["groups"]
    texts = explanations.texts()
    parts = [
        "# Codes",
        "Every error, warning and note has a stable code: the attribute `code` of a"
        " [`Diagnostic`](python.md#diagnostic). The names are there to be read."
        " `arazzo explain AZ304` shows the same.",
    ]
    group = ""
    for code, name in errors.CODES.items():
        if code[2] != group:
            group = code[2]
            parts.append(
                f"## AZ{group}: {_GROUPS[group][0].lower()}{_GROUPS[group][1:]}"
            )
            parts.append(groups[group])
        if rule := dialect.BY_CODE.get(code):
            parts += [f"### {code} {name}", f"{rule.form} {rule.reading}"]
            continue
        parts += [f"### {code} {name}", texts["codes"][code]]
        if example := texts["examples"].get(code):
            parts += _example(example["wrong"], example["right"])
    parts += ["## How a run can end", groups["ends"]]
    for code, text in texts["ends"].items():
        status = errors.exit_status(code)
        parts += [f"### {code}", f"{text} Exit code {status}."]
    return "\n\n".join(parts)


def _example(wrong: str, right: str) -> list[str]:
    return [
        f"{word}:\n\n```text\n{text}\n```"
        for word, text in (("Wrong", wrong), ("Right", right))
    ]


def dialect_page() -> str:
    """The dialect rules, from their table."""
    rows = [
        (
            f"[{rule.code}](#{rule.code.lower()}-{rule.name.replace('.', '')})",
            rule.name,
            f"{rule.met[0]:,} in {rule.met[1]:,}" if rule.met[0] else "none",
            "yes" if rule.fixable else "",
        )
        for rule in dialect.RULES
    ]
    parts = [
        "# The dialect",
        "Forms that published files use and the specification does not allow: accepted"
        " with a warning, or a note, and refused with `--strict`."
        " Why there are such rules is told in [the explanation](../explanation/dialect.md).",
        f"They were counted on {dialect.COUNTED} in {dialect.COUNTED_DOCUMENTS} published"
        " documents, with `arazzo check`: places in documents."
        " `--fix` rewrites what needs no person.",
        _table(("code", "name", "met", "`--fix`"), rows),
    ]
    for rule in dialect.RULES:
        parts += [
            f"## {rule.code} {rule.name}",
            f"{rule.form} {rule.reading}",
            rule.reason,
            *_example(rule.wrong, rule.right),
        ]
    return "\n\n".join(parts)


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((HERE / "reference" / name).read_text("utf-8"))


# --- Python ------------------------------------------------------------------------------


def python_page() -> str:
    parts = [
        "# Python",
        "Everything named here is kept between minor versions."
        " How to use it is in [the guide](../guides/embedding.md).",
        "## Functions",
    ]
    for name in ("run", "arun", "check", "explore", "run_suite"):
        parts += _function(name, getattr(arazzo_runner, name))
    parts += ["## Running many times", *_class(arazzo_runner.Runner)]
    parts.append("## What a run gives")
    parts += _classes(arazzo_runner.RunResult, arazzo_runner.StepRecord)
    parts.append("## What a check gives")
    parts += _classes(arazzo_runner.CheckReport, checking.CheckedFile)
    parts.append("## What exploring gives")
    parts += _classes(arazzo_runner.Exploration, exploring.Explored)
    parts += _classes(paths.Path, paths.Given, paths.Limits)
    parts += _classes(coverage.Coverage, coverage.Item)
    parts.append("## What a suite gives")
    parts += _classes(arazzo_runner.SuiteReport, suites.Tried, suites.SuiteOptions)
    parts.append("## Values")
    parts += _classes(arazzo_runner.File, arazzo_runner.Records, arazzo_runner.Pacing)
    parts.append("## Problems")
    parts += _classes(errors.Diagnostic, errors.Location, errors.ArazzoError)
    parts += _classes(errors.UsageError, errors.DocumentError, errors.InputError)
    parts += _classes(errors.PolicyError, errors.LimitError)
    parts += ["## `arazzo_runner.testing`", *_paragraphs(_doc(testing))]
    parts += _function("plan_text", testing.plan_text)
    parts += _function("play", testing.play)
    parts += _classes(testing.Transcript, testing.Lost, testing.Busy)
    parts += _classes(testing.OutOfReplies)
    return "\n\n".join(parts)


def events_page() -> str:
    parts = ["# Events", *_paragraphs(_doc(events))]
    for name in (
        "RunStarted",
        "StepStarted",
        "RequestSent",
        "ResponseReceived",
        "StepFinished",
        "Waiting",
        "Warned",
        "RunFinished",
    ):
        parts += _class(getattr(events, name))
    parts += [
        "## Parts of events",
        *_class(events.Outcome),
        *_class(events.CriterionResult),
    ]
    return "\n\n".join(parts)


def _classes(*classes: type) -> Iterator[str]:
    for each in classes:
        yield from _class(each)


def _class(of: type) -> Iterator[str]:
    yield f"### {of.__name__}"
    fields = dataclasses.fields(of) if dataclasses.is_dataclass(of) else ()
    shown = [each for each in fields if not each.name.startswith("_")]
    if shown:
        lines = [f"    {each.name}: {_field(each)}" for each in shown]
        yield "```text\n" + "\n".join([of.__name__, *lines]) + "\n```"
    elif of is arazzo_runner.Runner:
        yield _signature(of.__name__, arazzo_runner.Runner.__init__)
    elif issubclass(of, StrEnum):
        values = "\n".join(
            f"{name} = {str(value)!r}" for name, value in of.__members__.items()
        )
        yield f"```text\n{values}\n```"
    yield from _paragraphs(_doc(of))
    for name, member in vars(of).items():
        if name.startswith("_") or name in _INNER:
            continue
        if not (_doc(member) and _is_own(member)):
            continue
        if isinstance(member, property):
            yield f"#### {of.__name__}.{name}"
        else:
            inner = member.__func__ if isinstance(member, classmethod) else member
            yield f"#### {of.__name__}.{name}()"
            yield _signature(name, inner)
        yield from _paragraphs(_doc(member))


# Public for other modules of ours only.
_INNER = {"keep", "source_text"}


def _is_own(member: object) -> bool:
    return isinstance(member, property | classmethod) or inspect.isfunction(member)


def _field(field: dataclasses.Field[object]) -> str:
    return f"{field.type}{_default(field)}"


def _default(field: dataclasses.Field[object]) -> str:
    if field.default is not dataclasses.MISSING:
        simple = isinstance(field.default, str | int | float | bool | tuple | None)
        return f" = {field.default!r}" if simple else ""
    return ""


def _function(name: str, function: Callable[..., object]) -> Iterator[str]:
    yield f"### {name}()"
    yield _signature(name, function)
    yield from _paragraphs(_doc(function))


def _signature(name: str, function: Callable[..., object]) -> str:
    """As it is written in the source, without ``self``."""
    source = textwrap.dedent(inspect.getsource(function))
    node = ast.parse(source).body[0]
    assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)  # noqa: S101
    arguments, returns = node.args, node.returns
    listed: list[str] = []
    defaults = [None] * (len(arguments.args) - len(arguments.defaults))
    for each, default in zip(
        arguments.args, [*defaults, *arguments.defaults], strict=True
    ):
        if each.arg not in ("self", "cls"):
            listed.append(_argument(each, default))
    if arguments.kwonlyargs:
        listed.append("*")
        for each, default in zip(
            arguments.kwonlyargs, arguments.kw_defaults, strict=True
        ):
            listed.append(_argument(each, default))
    if arguments.kwarg is not None:
        listed.append(f"**{_argument(arguments.kwarg, None)}")
    result = f" -> {ast.unparse(returns)}" if returns and name != "Runner" else ""
    word = "async " if isinstance(node, ast.AsyncFunctionDef) else ""
    line = f"{word}{name}({', '.join(listed)}){result}"
    if len(line) > 88:
        line = f"{word}{name}(\n    " + ",\n    ".join(listed) + f",\n){result}"
    return f"```text\n{line}\n```"


def _argument(argument: ast.arg, default: ast.expr | None) -> str:
    kind = f": {ast.unparse(argument.annotation)}" if argument.annotation else ""
    value = f" = {ast.unparse(default)}" if default is not None else ""
    return f"{argument.arg}{kind}{value}"


# --- docstrings ---------------------------------------------------------------------------


def _doc(of: object) -> str:
    return inspect.cleandoc(getattr(of, "__doc__", None) or "")


_SECTION = re.compile(r"(Args|Attributes|Raises):")
_ENTRY = re.compile(r"    ([\w, ]+): (.*)")


def _paragraphs(text: str) -> Iterator[str]:
    """A docstring as Markdown: sections become lists, indented text code."""
    for block in re.split(r"\n{2,}", text.strip()):
        lines = block.splitlines()
        if not lines:
            continue
        if found := _SECTION.fullmatch(lines[0]):
            yield _section(found[1], lines[1:])
        elif all(line.startswith("    ") for line in lines):
            code = "\n".join(line[4:] for line in lines)
            yield "```text\n" + re.sub(r"\s*# doctest:.*", "", code) + "\n```"
        else:
            yield _inline(" ".join(lines))


def _section(title: str, lines: list[str]) -> str:
    entries: list[str] = []
    for line in lines:
        found = _ENTRY.fullmatch(line)
        if found:
            entries.append(f"* `{found[1]}`: {found[2]}")
        elif entries:
            entries[-1] += " " + line.strip()
        else:
            entries.append(f"* {line.strip()}")
    head = {"Args": "Arguments:", "Attributes": "Attributes:", "Raises": "Raises:"}
    return "\n".join([head[title], "", *(_inline(each) for each in entries)])


# What docstrings say to those who work on the code.
_INTERNAL = re.compile(r" \((?:product page|security page|checklist)[^)]*\)")


def _inline(text: str) -> str:
    """One paragraph: code in Markdown's form, ``<`` outside of it as itself."""
    text = _INTERNAL.sub("", re.sub(r"``([^`]+)``", r"`\1`", text))
    pieces = text.split("`")
    pieces[::2] = [each.replace("<", "\\<") for each in pieces[::2]]
    return "`".join(pieces)


# --- limits -------------------------------------------------------------------------------


def _count(value: float) -> str:
    return f"{value:,}"


def _bytes(value: float) -> str:
    for unit, size in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if value >= size and value % size == 0:
            return f"{value // size:,} {unit}"
    for unit, size in (("GB", 10**9), ("MB", 10**6)):
        if value >= size and value % size == 0:
            return f"{value // size:,} {unit}"
    return f"{value:,} bytes"


def _seconds(value: float) -> str:
    return f"{value / 3600:g} h" if value >= 3600 else f"{value:g} s"


def _times(value: float) -> str:
    return f"{value:g} times"


_UNITS = {"count": _count, "bytes": _bytes, "seconds": _seconds, "times": _times}


def limits_page() -> str:
    parts = [
        "# Limits",
        "Every limit is a constant; those that somebody may need to change have an option.",
    ]
    for title, rows in _read("limits.toml").items():
        head = ("limit", "value", "change it with", "where")
        parts += [f"## {title}", _table(head, [_limit(*each) for each in rows])]
    return "\n\n".join(parts)


def _limit(what: str, where: str, unit: str, change: str) -> tuple[str, ...]:
    module, _, name = where.partition(":")
    found: Any = importlib.import_module(f"arazzo_runner.{module}")
    holder, _, attribute = name.rpartition(".")
    if holder:
        parameters = inspect.signature(getattr(found, holder)).parameters
        value = parameters[attribute].default
    else:
        value = getattr(found, attribute)
    shown = "none" if value is None else _UNITS[unit](value)
    return what, shown, change, f"`{module.replace('.', '/')}.py`"


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def main() -> None:
    """Write the pages that differ."""
    made: Mapping[str, str] = pages()
    for name, text in made.items():
        path = HERE / name
        if not path.exists() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")
            print(f"docs/{name}")


if __name__ == "__main__":
    main()
