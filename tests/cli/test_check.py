"""The commands `arazzo check` and `arazzo explain`, as a person or CI runs them."""

import json
import os
import stat
import subprocess
import sys

import pytest

from arazzo_runner.errors import CODES, EXIT_STATUS
from arazzo_runner.explanations import all_codes, explanation
from arazzo_runner.expressions import dialect

API = """\
openapi: 3.1.0
info: {title: Pets, version: '1'}
servers: [{url: https://pets.test}]
paths:
  /pets/{id}:
    get:
      operationId: getPet
      parameters:
      - {name: id, in: path, required: true, schema: {type: string}}
      - {name: q, in: query, required: true, schema: {type: string}}
      responses: {'200': {description: One.}}
"""
GOOD = """\
arazzo: 1.0.1
info: {title: Pets, version: '1'}
sourceDescriptions:
- {name: pets, url: pets.openapi.yaml, type: openapi}
workflows:
- workflowId: w
  inputs: {type: object, properties: {id: {type: string}}}
  steps:
  - stepId: get  # a comment that stays
    operationId: getPet
    parameters:
    - {name: id, in: path, value: $inputs.id}
    - {name: q, in: query, value: "all"}
    successCriteria:
    - condition: $statusCode == 200
"""
BAD = GOOD.replace("getPet", "getPat")
DIALECT = GOOD.replace("$statusCode == 200", "'{$statusCode == 200}'").replace(
    '"all"', "id is $inputs.id"
)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "pets.openapi.yaml").write_text(API)
    (tmp_path / "good.arazzo.yaml").write_text(GOOD)
    return tmp_path


def arazzo(*arguments, cwd, **environment):
    done = subprocess.run(
        [sys.executable, "-m", "arazzo_runner", *arguments],
        cwd=cwd,
        env={**os.environ, "NO_COLOR": "1", **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr
    return done


def test_a_sound_document(folder):
    done = arazzo("check", "good.arazzo.yaml", cwd=folder)

    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "1 file checked: no findings\n"


def test_a_finding_has_its_place_its_line_and_a_hint(folder):
    (folder / "bad.arazzo.yaml").write_text(BAD)
    done = arazzo("check", "bad.arazzo.yaml", cwd=folder)

    assert done.returncode == 1
    assert done.stdout == (
        "bad.arazzo.yaml:10:18: error[AZ303]: no operation 'getPat' in 'pets'\n"
        "   |\n"
        "10 |     operationId: getPat\n"
        "   |                  ^^^^^^ did you mean 'getPet'?\n"
        "\n"
    )
    assert done.stderr == "1 file checked: 1 error\n"


def test_a_folder_is_searched_for_documents(folder):
    """What is no Arazzo document is passed over, and so is what is hidden."""
    (folder / "sub").mkdir()
    (folder / "sub" / "bad.yml").write_text(
        BAD.replace("pets.openapi", "../pets.openapi")
    )
    (folder / "_index.yml").write_text("- a\n")
    (folder / ".hidden").mkdir()
    (folder / ".hidden" / "x.arazzo.yaml").write_text("arazzo: nonsense\n")
    done = arazzo("check", ".", "--format", "concise", cwd=folder)

    assert done.returncode == 1
    assert [line.split(":")[0] for line in done.stdout.splitlines()] == ["sub/bad.yml"]
    assert done.stderr.startswith("2 files checked")


@pytest.mark.parametrize(
    "arguments, status",
    [
        (["nothing.yaml"], 3),
        (["pets.openapi.yaml"], 3),
        (["nothing.yaml", "good.arazzo.yaml"], 1),
        (["good.arazzo.yaml", "--select", "AZ9"], 2),
        (["good.arazzo.yaml", "--format", "xml"], 2),
        ([], 2),
    ],
)
def test_exit_codes(folder, arguments, status):
    """0 no errors, 1 errors, 2 usage, 3 nothing could be read."""
    assert arazzo("check", *arguments, cwd=folder).returncode == status


def test_json(folder):
    (folder / "bad.arazzo.yaml").write_text(BAD)
    done = arazzo("check", "bad.arazzo.yaml", "--format", "json", cwd=folder)
    data = json.loads(done.stdout)

    assert done.stderr == ""
    assert data["findings"] == [
        {
            "code": "AZ303",
            "name": "unknown-operation",
            "severity": "error",
            "message": "no operation 'getPat' in 'pets'",
            "file": "bad.arazzo.yaml",
            "line": 10,
            "column": 18,
            "endColumn": 24,
            "hint": "did you mean 'getPet'?",
            "related": [],
            "fixable": False,
        }
    ]
    assert data["summary"]["errors"] == 1
    assert data["summary"]["codes"] == {"AZ303": 1}


def test_github(folder):
    """Workflow commands, with what would end them escaped."""
    (folder / "bad.arazzo.yaml").write_text(BAD.replace("getPat", "'100%::x,'"))
    done = arazzo("check", "bad.arazzo.yaml", "--format", "github", cwd=folder)

    (line,) = done.stdout.splitlines()
    assert line.startswith("::error file=bad.arazzo.yaml,line=10,col=18,endColumn=")
    assert "title=AZ303 unknown-operation::no operation '100%25::x,'" in line


def test_sarif(folder):
    (folder / "bad.arazzo.yaml").write_text(
        GOOD.replace('    - {name: q, in: query, value: "all"}\n', "")
    )
    done = arazzo("check", "bad.arazzo.yaml", "--format", "sarif", cwd=folder)
    log = json.loads(done.stdout)

    (run,) = log["runs"]
    (result,) = run["results"]
    rules = run["tool"]["driver"]["rules"]
    assert log["version"] == "2.1.0"
    assert rules[result["ruleIndex"]]["id"] == result["ruleId"] == "AZ721"
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "bad.arazzo.yaml"}
    assert place["region"] == {"startLine": 9, "startColumn": 13, "endColumn": 16}
    other = result["relatedLocations"][0]["physicalLocation"]
    assert other["artifactLocation"] == {"uri": "pets.openapi.yaml"}
    assert other["region"]["startLine"] > 1


def test_select_ignore_and_severity(folder):
    (folder / "d.arazzo.yaml").write_text(DIALECT.replace("getPet", "getPat"))

    def codes(*options):
        done = arazzo(
            "check", "d.arazzo.yaml", "--format", "json", *options, cwd=folder
        )
        return sorted(each["code"] for each in json.loads(done.stdout)["findings"])

    assert codes() == ["AZ303", "AZ502", "AZ504"]
    assert codes("--select", "AZ5") == ["AZ502", "AZ504"]
    assert codes("--select", "AZ3,condition-in-braces") == ["AZ303", "AZ504"]
    assert codes("--ignore", "AZ5") == ["AZ303"]
    assert codes("--severity", "error") == ["AZ303"]
    assert codes("--no-sources") == ["AZ502", "AZ504"]


def test_strict(folder):
    (folder / "d.arazzo.yaml").write_text(DIALECT)

    assert arazzo("check", "d.arazzo.yaml", cwd=folder).returncode == 0
    assert arazzo("check", "d.arazzo.yaml", "--strict", cwd=folder).returncode == 1


def test_standard_input(folder):
    done = subprocess.run(
        [sys.executable, "-m", "arazzo_runner", "check", "-", "--no-sources"],
        cwd=folder, input=BAD.replace("$statusCode == 200", "$statusCode = 200"),
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 1
    assert done.stdout.startswith("<stdin>:15:18: error[AZ402]")
    assert "15 |     - condition: $statusCode = 200" in done.stdout


def test_settings_of_check_stand_in_a_table(folder):
    (folder / "arazzo.toml").write_text("timeout = '5s'\n[check]\nignore = ['AZ303']\n")
    (folder / "bad.arazzo.yaml").write_text(BAD)

    assert arazzo("check", "bad.arazzo.yaml", cwd=folder).returncode == 0
    assert (
        arazzo("check", "bad.arazzo.yaml", cwd=folder, ARAZZO_FORMAT="xml").returncode
        == 2
    )


def test_terminal_codes_of_a_document_are_made_harmless(folder):
    (folder / "bad.arazzo.yaml").write_text(BAD.replace("getPat", '"a\\x1b]0;x\\x07"'))
    done = arazzo("check", "bad.arazzo.yaml", "--format", "concise", cwd=folder)

    assert "\x1b" not in done.stdout


def test_fix(folder):
    """Dialect forms are rewritten; comments, layout, quoting and the file's mode stay."""
    path = folder / "d.arazzo.yaml"
    path.write_text(DIALECT)
    path.chmod(0o640)
    done = arazzo("check", "--fix", "d.arazzo.yaml", cwd=folder)

    assert done.returncode == 0
    assert done.stderr.startswith("d.arazzo.yaml: 2 rewritten (AZ502, AZ504)\n")
    expected = GOOD.replace('"all"', "id is {$inputs.id}").replace(
        "- condition: $statusCode == 200", "- condition: '$statusCode == 200'"
    )
    assert (
        path.read_text().replace("'id is {$inputs.id}'", "id is {$inputs.id}")
        == expected
    )
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert arazzo("check", "d.arazzo.yaml", "--strict", cwd=folder).returncode == 0


# --- explain --------------------------------------------------------------------------------


def test_explain(tmp_path):
    done = arazzo("explain", "unknown-step", cwd=tmp_path)

    assert done.returncode == 0
    assert done.stdout.startswith("AZ304  unknown-step\n\n")
    assert "right:" in done.stdout


def test_explain_nothing_known(tmp_path):
    done = arazzo("explain", "unknown-stp", cwd=tmp_path)

    assert done.returncode == 2
    assert "did you mean 'unknown-step'" in done.stderr


def test_explain_lists_all(tmp_path):
    listed = arazzo("explain", cwd=tmp_path).stdout.split()

    assert {"AZ101", "AZ729", "criteria-not-met"} <= set(listed)


@pytest.mark.parametrize("code", sorted({*CODES, *EXIT_STATUS}))
def test_every_code_is_explained(code):
    assert code in all_codes()
    assert len(explanation(code).text) > 20


def test_every_dialect_rule_is_in_the_table():
    """Its name too: CODES is what diagnostics show."""
    rules = {code: name for code, name in CODES.items() if code.startswith("AZ5")}

    assert {rule.code: rule.name for rule in dialect.RULES} == rules
