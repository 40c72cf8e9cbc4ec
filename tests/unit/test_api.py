"""What `import arazzo_runner` gives, and what it does not load."""

import inspect
import json
import subprocess
import sys
from pathlib import Path

import pytest

import arazzo_runner
from arazzo_runner import Runner, api, errors, events

# Weight, or something that acts: a program that only imports us pays for neither.
HEAVY = {
    "asyncio", "click", "httpx", "httpx2", "jsonpath_rfc9535", "jsonschema",
    "jsonschema_rs", "regex", "rich", "ssl", "tempfile", "yaml",
}  # fmt: skip


def loaded_after(code):
    """The modules that are loaded once *code* has run in a fresh interpreter."""
    program = f"{code}\nimport sys, json\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=True, text=True
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_an_import_loads_nothing_of_weight():
    usual = loaded_after("pass")

    loaded = loaded_after("import arazzo_runner") - usual

    assert not loaded & HEAVY
    assert {each for each in loaded if each.startswith("arazzo_runner")} == {
        "arazzo_runner"
    }


@pytest.mark.parametrize(
    "name", ["ArazzoError", "RunResult", "Pacing", "Records", "events"]
)
def test_data_loads_nothing_of_weight(name):
    loaded = loaded_after(f"import arazzo_runner; arazzo_runner.{name}")

    assert not loaded & {"asyncio", "httpx2", "jsonschema_rs", "rich", "yaml", "ssl"}


def test_a_runner_loads_no_terminal_and_no_mock(tmp_path):
    loaded = loaded_after("import arazzo_runner; arazzo_runner.Runner")

    assert not loaded & {"rich", "click", "jsonschema", "httpx"}
    assert not {each for each in loaded if each.startswith("arazzo_runner.mock")}
    assert not {each for each in loaded if each.startswith("arazzo_runner.cli")}


# --- names ------------------------------------------------------------------------------


def test_all_is_sorted_and_whole():
    """Every name that the package promises, and no other."""
    assert arazzo_runner.__all__ == sorted(arazzo_runner.__all__)
    assert set(arazzo_runner.__all__) == {*arazzo_runner._HOMES, "errors", "events"}


@pytest.mark.parametrize("name", arazzo_runner.__all__)
def test_every_name_is_there(name):
    found = getattr(arazzo_runner, name)

    assert found is not None
    assert inspect.getdoc(found), "a public name says what it is"


def test_names_for_type_checkers_are_the_same():
    """Those under TYPE_CHECKING, which a program never runs."""
    source = Path(arazzo_runner.__file__).read_text("utf-8")

    typed = {
        line.rpartition(" as ")[2]
        for line in source.splitlines()
        if line.startswith("    from .") and " as " in line
    }

    assert typed == set(arazzo_runner.__all__)


def test_other_names_are_not_there():
    with pytest.raises(AttributeError, match="no attribute 'runs'"):
        arazzo_runner.runs  # noqa: B018


def test_the_version_is_one():
    assert [int(each) for each in arazzo_runner.__version__.split(".")]


def test_errors_have_one_root():
    classes = [
        each
        for each in vars(errors).values()
        if isinstance(each, type) and issubclass(each, Exception)
    ]

    assert all(issubclass(each, arazzo_runner.ArazzoError) for each in classes)
    assert len({each.default_code for each in classes}) == len(classes)


def test_the_types_of_events_are_documented():
    kinds = events.Event.__args__

    assert all(inspect.getdoc(each) for each in kinds)
    assert len(kinds) == 10


# --- signatures -------------------------------------------------------------------------

#: As the product page has it.
OPTIONS = {
    "servers": None,
    "server_variables": None,
    "sources": None,
    "credentials": None,
    "strict": False,
    "mock": False,
    "pacing": None,
    "retry": 3,
    "timeout": 30.0,
    "max_steps": 1000,
    "max_depth": 32,
    "contract": "warn",
    "seed": None,
    "transport": None,
    "on_event": None,
}


@pytest.mark.parametrize("function", [api.run, api.arun])
def test_options_of_a_run(function):
    parameters = inspect.signature(function).parameters.values()

    first = [
        each.name for each in parameters if each.kind is each.POSITIONAL_OR_KEYWORD
    ]
    named = {
        each.name: each.default for each in parameters if each.kind is each.KEYWORD_ONLY
    }
    assert first == ["description", "workflow", "inputs"]
    assert named == OPTIONS


def test_a_runner_takes_the_same_options():
    """And those of the command besides."""
    parameters = inspect.signature(Runner).parameters

    assert {name: parameters[name].default for name in OPTIONS} == OPTIONS


def test_both_ways_to_run_take_the_same():
    run, arun = (
        inspect.signature(each).parameters for each in (Runner.run, Runner.arun)
    )

    assert list(run) == list(arun)
