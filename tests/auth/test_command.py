"""Credentials at the command line: ``--secret``, variables, files, ``arazzo show``."""

import json
import subprocess
import sys

import pytest
from credentials import BEARER, written
from wire import Wire, reply

from arazzo_runner.auth.environment import read_dotenv, read_reference
from arazzo_runner.cli.messages import Messages
from arazzo_runner.errors import InputError


@pytest.fixture
def arazzo(tmp_path):
    """The real command in an empty folder of its own."""

    def arazzo(*words, **environment):
        return subprocess.run(
            [sys.executable, "-m", "arazzo_runner", *map(str, words)],
            cwd=tmp_path,
            env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    return arazzo


@pytest.fixture
def wire():
    with Wire({"/it": reply(200)}) as running:
        yield running


@pytest.mark.parametrize(
    "place, words",
    [
        ("env:NOPE", "the environment has no variable NOPE"),
        ("file:nope.txt", "nope.txt cannot be read: No such file"),
        ("keyring:arazzo/me", "keyring"),
    ],
)
def test_a_secret_that_is_not_there_is_said_first(tmp_path, arazzo, place, words):
    """Before the first request, even if a later one needs it."""
    with Wire({"/open": reply(200), "/it": reply(200)}) as wire:
        path = written(tmp_path, wire.url(""), BEARER)
        api = tmp_path / "api.yaml"
        first = "/open: {post: {operationId: open, responses: {default: {description: Any.}}}}, "
        api.write_text(api.read_text().replace("paths: {", "paths: {" + first))
        text = path.read_text()
        path.write_text(
            text.replace(
                "  - {stepId: get",
                "  - {stepId: open, operationId: open}\n  - {stepId: get",
            )
        )
        done = arazzo("run", path, "--secret", f"it={place}")

    assert done.returncode == 4, done.stderr
    assert words in done.stderr
    assert "w.arazzo.yaml:9:14" in done.stderr
    assert wire.seen == []


def test_a_server_cannot_move_the_cursor(capsys):
    """What a person is told holds texts of the authorization server."""
    Messages().say("open \x1b]8;;https://evil.test\x07here\x1b[2J\r\nand enter \x9b1m")

    said = capsys.readouterr().err
    assert said == "open here and enter\n"


@pytest.mark.parametrize(
    "words, environment",
    [
        (("--secret", "it=env:TOKEN"), {"TOKEN": "t-12345"}),
        (("--secret", "api.it=file:token.txt"), {}),
        (("--secret", "it.access_token=env:TOKEN"), {"TOKEN": "t-12345"}),
        (("--env-file", "vars.env"), {}),
        ((), {"ARAZZO_AUTH_API_IT": "t-12345"}),
        ((), {"ARAZZO_AUTH_IT": "t-12345"}),
        (("--secret", "it=env:LATER"), {"ARAZZO_AUTH_IT": "no", "LATER": "t-12345"}),
    ],
)
def test_the_ways_to_give_one(tmp_path, arazzo, wire, words, environment):
    path = written(tmp_path, wire.url(""), BEARER)
    (tmp_path / "token.txt").write_text("t-12345\n")
    (tmp_path / "vars.env").write_text("# mine\nexport ARAZZO_AUTH_API_IT='t-12345'\n")
    done = arazzo("run", path, "-v", *words, **environment)

    assert done.returncode == 0, done.stderr
    assert wire.seen[0].header("authorization") == "Bearer t-12345"
    assert "t-12345" not in done.stderr + done.stdout
    assert "> Authorization: " in done.stderr


@pytest.mark.parametrize("name", ["it", "api.it", '"api.it"'])
def test_the_configuration_refers_to_one(tmp_path, arazzo, wire, name):
    path = written(tmp_path, wire.url(""), BEARER)
    (tmp_path / "arazzo.toml").write_text(f'[auth]\n{name} = "env:TOKEN"\n')

    assert arazzo("run", path, TOKEN="t-12345").returncode == 0
    assert wire.seen[0].header("authorization") == "Bearer t-12345"


def test_the_configuration_holds_no_secret_itself(tmp_path, arazzo, wire):
    path = written(tmp_path, wire.url(""), BEARER)
    (tmp_path / "arazzo.toml").write_text('[auth]\nit = "t-12345"\n')
    done = arazzo("run", path)

    assert done.returncode == 2
    assert "auth.it must say where the secret is" in done.stderr
    assert "t-12345" not in done.stderr


def test_what_is_missing(tmp_path, arazzo, wire):
    done = arazzo("run", written(tmp_path, wire.url(""), BEARER))

    assert (done.returncode, wire.seen) == (4, [])
    assert "w.arazzo.yaml:8:14: error: no credential for 'it' (bearer token)" in (
        done.stderr
    )
    assert "set ARAZZO_AUTH_API_IT, or --secret it=env:VARIABLE" in done.stderr


@pytest.mark.parametrize(
    "words, what",
    [
        (("--secret", "itt=env:TOKEN"), "no input and no security scheme 'itt'"),
        (("--secret", "it=env:NOWHERE"), "no variable NOWHERE"),
        (("--secret", "it=file:nowhere"), "nowhere cannot be read"),
        (("--env-file", "nowhere"), "--env-file nowhere cannot be read"),
    ],
)
def test_a_secret_that_is_not_there(tmp_path, arazzo, wire, words, what):
    done = arazzo("run", written(tmp_path, wire.url(""), BEARER), *words)

    assert done.returncode == 4, done.stderr
    assert what in done.stderr
    assert wire.seen == []


def test_a_name_that_is_an_input_stays_one(tmp_path, arazzo, wire):
    """The workflow has an input `token`; so has the description a scheme."""
    path = written(
        tmp_path,
        wire.url(""),
        "token: {type: http, scheme: bearer}",
        "[]",
        ", parameters: [{name: X, in: header, value: $inputs.token}]",
    )
    done = arazzo("run", path, "--secret", "token=env:TOKEN", TOKEN="t-12345")

    assert done.returncode == 0, done.stderr
    assert wire.seen[0].header("x") == "t-12345"
    assert wire.seen[0].header("authorization") is None


def test_a_dry_run_needs_none_and_shows_where_it_goes(tmp_path, arazzo, wire):
    path = written(tmp_path, wire.url(""), BEARER)
    done = arazzo("run", path, "--dry-run")

    assert done.returncode == 0, done.stderr
    assert "Authorization: ***" in done.stdout


# --- arazzo show -------------------------------------------------------------------------


def test_show(tmp_path, arazzo):
    path = written(tmp_path, "https://api.test/v1", BEARER)
    done = arazzo("show", path)

    assert done.returncode == 0, done.stderr
    assert done.stdout == (
        "main\n"
        "  inputs\n"
        "    token  string, secret\n"
        "  credentials\n"
        "    api.it  bearer token  missing: set ARAZZO_AUTH_API_IT\n"
        "  hosts\n"
        "    https://api.test/v1  api\n"
        "  steps\n"
        "    get  GET /it  api\n"
    )


@pytest.mark.parametrize(
    "security, step, environment, state",
    [
        ("[{it: []}]", "", {"ARAZZO_AUTH_IT": "t-12345"}, "found"),
        ("[{it: []}]", "", {}, "missing"),
        ("[{}, {it: []}]", "", {}, "unused"),
        (
            "[{it: []}]",
            ", parameters: [{name: Authorization, in: header, value: x}]",
            {},
            "given",
        ),
    ],
)
def test_show_as_json(tmp_path, arazzo, security, step, environment, state):
    path = written(tmp_path, "/relative", BEARER, security, step)
    done = arazzo("show", path, "--format", "json", **environment)
    (shown,) = json.loads(done.stdout)["workflows"]
    (credential,) = shown["credentials"]

    assert credential["state"] == state
    assert (credential["in"], credential["name"]) == ("header", "Authorization")
    assert credential["variable"] == "ARAZZO_AUTH_API_IT"
    assert credential["steps"] == ["get"]
    assert shown["hosts"] == [{"url": "", "source": "api"}]
    assert "t-12345" not in done.stdout


def test_show_says_what_a_credential_lacks(tmp_path, arazzo):
    path = written(tmp_path, "https://api.test", OAUTH % "https://auth.test/token")
    done = arazzo("show", path, ARAZZO_AUTH_API_IT_CLIENT_ID="me-12345")
    shown = arazzo("show", path, "--format", "json", ARAZZO_AUTH_API_IT_CLIENT_ID="me")
    (credential,) = json.loads(shown.stdout)["workflows"][0]["credentials"]

    assert "incomplete: missing for clientCredentials: client_secret" in done.stdout
    assert credential["state"] == "incomplete"
    assert credential["variable"] == "ARAZZO_AUTH_API_IT"
    assert credential["members"] == [
        "ARAZZO_AUTH_API_IT_CLIENT_ID",
        "ARAZZO_AUTH_API_IT_CLIENT_SECRET",
    ]


def test_show_says_what_inputs_may_be(tmp_path, arazzo):
    path = written(tmp_path, "https://api.test", BEARER)
    schema = "size: {type: string, enum: [s, m], default: m}, at: {type: string, format: date}"
    path.write_text(
        path.read_text().replace("{token: {type: string}}", f"{{{schema}}}")
    )
    lines = arazzo("show", path).stdout.splitlines()

    assert lines[2:4] == [
        "    size  string, default m  [s, m]",
        "    at    string (date)",
    ]


@pytest.mark.parametrize(
    "environment, configured, said",
    [
        ({"ARAZZO_AUTH_API_TI": "x"}, "", "'ARAZZO_AUTH_API_TI' is given"),
        ({"ARAZZO_AUTH_ITS": "x"}, "", "'ARAZZO_AUTH_ITS' is given"),
        ({}, "[auth]\napi_it = 'env:X'\n", "'api_it' is given"),
        ({"ARAZZO_AUTH_STRIPE_KEY": "x"}, "", None),
    ],
)
def test_a_mistyped_name_is_told_where_the_right_one_is_missed(
    tmp_path, arazzo, environment, configured, said
):
    path = written(tmp_path, "https://api.test", BEARER)
    (tmp_path / "arazzo.toml").write_text(configured)
    done = arazzo("run", path, **environment)

    assert done.returncode == 4
    assert (said in done.stderr) if said else ("is given" not in done.stderr)


# --- files of variables ------------------------------------------------------------------


@pytest.mark.parametrize(
    "line, expected",
    [
        ("A=b", {"A": "b"}),
        ("  export A = b # why ", {"A": "b"}),
        ("A='b # c'", {"A": "b # c"}),
        (r'A="b\n\"c"', {"A": 'b\n"c'}),
        ("A=", {"A": ""}),
        ("A=b#c", {"A": "b#c"}),
        ("A=x=y", {"A": "x=y"}),
        ("# A=b", {}),
        ("", {}),
        ("A=$B", {"A": "$B"}),
    ],
)
def test_lines_of_a_dotenv_file(line, expected):
    assert read_dotenv(f"{line}\n", ".env") == expected


@pytest.mark.parametrize("line", ["A", "=b", "1A=b", "A='b"])
def test_a_line_that_is_none(line):
    with pytest.raises(InputError, match=r"\.env:2: this is not NAME=VALUE"):
        read_dotenv(f"A=b\n{line}", ".env")


def test_the_keyring(monkeypatch):
    keyring = pytest.importorskip("keyring", reason="an optional package")
    kept = {("service/of mine", "ada"): "s3cret"}
    monkeypatch.setattr(keyring, "get_password", lambda *key: kept.get(key))

    assert read_reference("it", "keyring", "service/of mine/ada", {}) == "s3cret"
    with pytest.raises(InputError, match="nothing for bob"):
        read_reference("it", "keyring", "service/bob", {})
    with pytest.raises(InputError, match="does not say whose"):
        read_reference("it", "keyring", "service", {})


@pytest.mark.parametrize(
    "words, environment",
    [
        (("--secret", "it=env:TOKEN"), {"TOKEN": "t-12345"}),
        (("--env-file", "vars.env"), {}),
        ((), {"ARAZZO_AUTH_API_IT": "t-12345"}),
    ],
)
def test_a_test_against_a_server_has_credentials(
    tmp_path, arazzo, wire, words, environment
):
    path = written(tmp_path, wire.url(""), BEARER)
    (tmp_path / "vars.env").write_text("ARAZZO_AUTH_API_IT=t-12345\n")
    done = arazzo("test", path, "--server", wire.url(""), *words, **environment)

    assert done.returncode == 0, done.stdout + done.stderr
    assert wire.seen[0].header("authorization") == "Bearer t-12345"


def test_a_dry_run_says_what_is_not_where_it_should_be(tmp_path, arazzo, wire):
    path = written(tmp_path, wire.url(""), BEARER)

    assert arazzo("run", path, "--dry-run").returncode == 0
    done = arazzo("run", path, "--dry-run", "--secret", "it=env:NOPE")
    assert done.returncode == 4
    assert "no variable NOPE" in done.stderr


OAUTH = "it: {type: oauth2, flows: {clientCredentials: {tokenUrl: '%s', scopes: {}}}}"


def test_a_request_that_could_not_be_signed_has_not_been_sent(tmp_path, arazzo, wire):
    """It is not counted, and not told as one that got no response."""
    wire.answers["/token"] = reply(400, b'{"error": "invalid_client"}')
    path = written(tmp_path, wire.url(""), OAUTH % wire.url("/token"))
    secrets = (
        "--secret",
        "it.client_id=env:ID",
        "--secret",
        "it.client_secret=env:KEY",
    )
    done = arazzo("run", path, *secrets, ID="me-12345", KEY="k-12345")

    assert done.returncode == 4
    assert "get  GET /it  not sent" in done.stderr
    assert "1 step, 0 requests" in done.stderr
    assert "invalid_client" in done.stderr
    assert {seen.target for seen in wire.seen} == {"/token"}
