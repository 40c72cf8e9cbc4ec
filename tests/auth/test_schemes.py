"""Security schemes and requirements, from the caller to the wire."""

import base64
import ssl
import subprocess
import tempfile
from pathlib import Path

import pytest
from credentials import BASIC, BEARER, COOKIE, DIGEST, HEADER, QUERY, written
from hypothesis import given
from hypothesis import strategies as st
from wire import Wire, reply

from arazzo_runner import Runner
from arazzo_runner.auth.carry import carries, carrying
from arazzo_runner.auth.digest import answer, read_challenges
from arazzo_runner.auth.given import Available, variable
from arazzo_runner.errors import ArazzoError, CredentialError, InputError, PolicyError
from arazzo_runner.masking import Masker
from arazzo_runner.messages import Request

OTHER = "it: {type: http, scheme: Negotiate}"
OAUTH = "it: {type: oauth2, flows: {}}"
PAIR = "Basic " + base64.b64encode(b"ada:s3cret").decode()
USER = "Basic " + base64.b64encode(b"sk_test_1:").decode()


@pytest.mark.parametrize(
    "schemes, credential, field, expected",
    [
        (HEADER, "k-123", "x-api-key", "k-123"),
        (COOKIE, "k-123", "cookie", "sid=k-123"),
        (BASIC, ("ada", "s3cret"), "authorization", PAIR),
        (BASIC, "ada:s3cret", "authorization", PAIR),
        (BASIC, {"username": "ada", "password": "s3cret"}, "authorization", PAIR),
        (BASIC, PAIR, "authorization", PAIR),
        (BASIC, "sk_test_1", "authorization", USER),
        (BEARER, "t-123", "authorization", "Bearer t-123"),
        (BEARER, "Bearer t-123", "authorization", "Bearer t-123"),
        (BEARER, lambda: "t-123", "authorization", "Bearer t-123"),
        (OTHER, "abc=", "authorization", "Negotiate abc="),
        (OAUTH, "t-123", "authorization", "Bearer t-123"),
        (OAUTH, {"access_token": "t-123"}, "authorization", "Bearer t-123"),
    ],
)
def test_what_goes_where(way, start, schemes, credential, field, expected):
    """https://spec.openapis.org/oas/v3.1.1.html#security-scheme-object"""
    with Wire({"/it": reply(200)}) as wire:
        result = way(start(wire.url(""), schemes, credentials={"it": credential}))

    assert result.status == "succeeded"
    assert result.warnings == ()
    assert wire.seen[0].header(field) == expected


def test_a_key_in_the_query(start, way):
    with Wire({"/it": reply(200)}) as wire:
        way(start(wire.url(""), QUERY, credentials={"api.it": "a&b=c"}))

    assert wire.seen[0].target == "/it?api%20key=a%26b%3Dc"


@pytest.mark.parametrize(
    "schemes, expected, what",
    [
        ("other: {type: mutualTLS}", "Bearer t-123", "is not defined"),
        ("it: {type: basic}", USER, "OpenAPI 2.0"),
        ("it: {type: http, scheme: oauth2}", "Bearer t-123", "read as bearer"),
        ("it: {type: nonsense}", "Bearer t-123", "there is not"),
        ("it: {type: apiKey}", "Bearer t-123", "where its key goes"),
        ("it: {$ref: 'common.yaml#/lost'}", "Bearer t-123", "is not defined"),
    ],
)
def test_odd_schemes_are_a_value_of_authorization(start, schemes, expected, what):
    """AZ526: 133 steps of published files have such ones."""
    value = "sk_test_1" if expected == USER else "t-123"
    with (
        Wire({"/it": reply(200)}) as wire,
        start(wire.url(""), schemes, credentials={"it": value}) as runner,
    ):
        result = runner.run()

    assert wire.seen[0].header("authorization") == expected
    assert [each.code for each in result.warnings] == ["AZ526"]
    assert what in result.warnings[0].message


# --- which ones --------------------------------------------------------------------------

TWO = f"{HEADER}, b: {{type: http, scheme: bearer}}"


@pytest.mark.parametrize(
    "security, credentials, expected",
    [
        ("[{it: []}, {b: []}]", {"it": "k1"}, ("k1", None)),
        ("[{it: []}, {b: []}]", {"b": "t1"}, (None, "Bearer t1")),
        ("[{it: []}, {b: []}]", {"it": "k1", "b": "t1"}, ("k1", None)),
        ("[{it: [], b: []}]", {"it": "k1", "b": "t1"}, ("k1", "Bearer t1")),
        ("[{}, {it: []}]", {}, (None, None)),
        ("[{}, {it: []}]", {"it": "k1"}, ("k1", None)),
        ("[]", {"it": "k1"}, (None, None)),
        ("[{it: []}]", {"it": ""}, (None, None)),
    ],
)
def test_one_of_the_alternatives_all_of_its_schemes(
    start, security, credentials, expected
):
    """Security Requirement Object: an OR of ANDs; an empty credential sends none."""
    with (
        Wire({"/it": reply(200)}) as wire,
        start(wire.url(""), TWO, security, credentials=credentials) as runner,
    ):
        runner.run()

    seen = wire.seen[0]
    assert (seen.header("x-api-key"), seen.header("authorization")) == expected


@pytest.mark.parametrize(
    "security, credentials, missing, hint",
    [
        ("[{it: []}]", {}, ["'it'"], "ARAZZO_AUTH_API_IT"),
        ("[{it: []}, {b: []}]", {}, ["'it'"], "or give 'b' instead"),
        ("[{it: [], b: []}]", {"it": "k"}, ["'b'"], "ARAZZO_AUTH_API_B"),
        ("[{it: [], b: []}]", {}, ["'it'", "'b'"], "ARAZZO_AUTH_API_B"),
    ],
)
def test_what_is_missing_is_said_before_anything_is_sent(
    way, start, security, credentials, missing, hint
):
    with Wire({"/it": reply(200)}) as wire:
        runner = start(wire.url(""), TWO, security, credentials=credentials)
        with pytest.raises(InputError) as caught:
            way(runner)

        assert wire.seen == []

    (problem,) = caught.value.problems
    assert caught.value.exit_status == 4
    assert problem.code == "missing-credential"
    assert problem.location.line == 8
    assert all(each in problem.message for each in missing)
    assert hint in problem.hint


def test_inputs_and_credentials_are_missing_together(describe):
    """Every problem at once."""
    path = describe("http://127.0.0.1:1", HEADER)
    path.write_text(
        path.read_text().replace("properties:", "required: [token], properties:")
    )
    with Runner(path) as runner, pytest.raises(InputError) as caught:
        runner.run()

    assert len(caught.value.problems) == 2


@pytest.mark.parametrize(
    "options",
    [
        {"step": ", parameters: [{name: x-api-key, in: header, value: mine}]"},
        {"headers": [("X-API-KEY", "mine")]},
    ],
)
@pytest.mark.parametrize("credentials", [{}, {"it": "theirs"}])
def test_what_the_author_or_the_user_sends_wins(start, options, credentials):
    with (
        Wire({"/it": reply(200)}) as wire,
        start(wire.url(""), HEADER, credentials=credentials, **options) as runner,
    ):
        assert runner.run().status == "succeeded"

    assert wire.seen[0].header("x-api-key") == "mine"


def test_a_parameter_that_turns_out_to_have_no_value_is_filled_in(start):
    """The step would have sent an optional input that nobody gave."""
    step = ", parameters: [{name: X-Api-Key, in: header, value: $inputs.token}]"
    with (
        Wire({"/it": reply(200)}) as wire,
        start(wire.url(""), HEADER, step=step, credentials={"it": "k-123"}) as runner,
    ):
        runner.run()

    assert wire.seen[0].header("x-api-key") == "k-123"


def test_a_mock_needs_no_credential(start):
    assert start("https://api.test", HEADER, mock=True).run().status == "succeeded"


@pytest.mark.parametrize("name", ["itt", "other.it", "api.it.passwort"])
def test_a_credential_for_a_scheme_that_there_is_not(start, name):
    with (
        start("https://api.test", HEADER, credentials={name: "x"}) as runner,
        pytest.raises(InputError, match="no security scheme") as caught,
    ):
        runner.run()

    assert "it" in caught.value.hint


@pytest.mark.parametrize("value", [7, ["a"], {"user": "x"}, lambda: 7])
def test_a_credential_of_another_kind(start, value):
    with (
        Wire({}) as wire,
        start(wire.url(""), HEADER, credentials={"it": value}) as runner,
        pytest.raises(InputError, match="credential"),
    ):
        runner.run()


@pytest.mark.parametrize(
    "schemes, value", [(HEADER, ("ada", "pw")), (BASIC, {"client_id": "x"})]
)
def test_a_credential_that_does_not_fit_its_scheme(start, schemes, value):
    with (
        Wire({}) as wire,
        start(wire.url(""), schemes, credentials={"it": value}) as runner,
        pytest.raises(CredentialError),
    ):
        runner.run()


def test_a_function_is_asked_again_after_a_refusal(way, start):
    """Who embeds us may have a vault whose tokens change."""
    tokens = iter(["old-token", "new-token"])

    def only_new(seen):
        good = seen.header("authorization") == "Bearer new-token"
        return reply(200 if good else 401)

    with Wire({"/it": only_new}) as wire:
        runner = start(wire.url(""), BEARER, credentials={"it": lambda: next(tokens)})
        result = way(runner)

    assert result.status == "succeeded"
    assert len(wire.seen) == 2


# --- where to (D2) -----------------------------------------------------------------------


def test_a_bare_name_that_would_go_to_two_hosts_is_refused(tmp_path):
    """A second description may be a stranger's."""
    text = "arazzo: 1.0.1\ninfo: {title: T, version: '1'}\nsourceDescriptions:\n"
    steps = ""
    with Wire({"/it": reply(200)}) as one, Wire({"/it": reply(200)}) as two:
        for name, wire in (("one", one), ("two", two)):
            (tmp_path / f"{name}.yaml").write_text(
                "openapi: 3.1.0\ninfo: {title: A, version: '1'}\n"
                f"servers: [{{url: '{wire.url('')}'}}]\n"
                "paths: {/it: {get: {operationId: get, security: [{it: []}],"
                " responses: {default: {description: Any.}}}}}\n"
                f"components: {{securitySchemes: {{{HEADER}}}}}\n"
            )
            text += f"- {{name: {name}, url: {name}.yaml, type: openapi}}\n"
            step = f"$sourceDescriptions.{name}.get"
            steps += f"  - {{stepId: {name}, operationId: {step}}}\n"
        path = tmp_path / "w.arazzo.yaml"
        path.write_text(f"{text}workflows:\n- workflowId: main\n  steps:\n{steps}")
        with (
            Runner(path, credentials={"it": "k-1"}) as runner,
            pytest.raises(InputError, match="several source descriptions"),
        ):
            runner.run()
        with Runner(path, credentials={"one.it": "k-1", "two.it": "k-2"}) as runner:
            runner.run()

    assert [each.seen[0].header("x-api-key") for each in (one, two)] == ["k-1", "k-2"]


def test_a_credential_does_not_follow_a_redirect(way, start):
    with Wire({"/there": reply(200)}) as other, Wire({}) as wire:
        wire.answers["/it"] = reply(307, b"", ("Location", other.url("/there")))
        way(start(wire.url(""), HEADER, credentials={"it": "k-123"}))

    assert other.seen[0].header("x-api-key") is None


# --- digest ------------------------------------------------------------------------------


def test_the_example_of_the_standard():
    """RFC 7616, 3.9.1"""
    fields = (
        'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=MD5,'
        ' nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",'
        ' opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"',
        'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=SHA-256,'
        ' nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"',
    )
    expected = {
        "md5": "8ca523f5e9506fed4657c9700eebdbec",
        "sha-256": "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
    }
    for index, algorithm in enumerate(expected):
        challenge = read_challenges(iter([fields[index]]))
        written = answer(
            challenge,
            user="Mufasa",
            password="Circle of Life",
            method="GET",
            url="http://www.example.org/dir/index.html",
            count=1,
            cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
        )
        assert challenge.algorithm == algorithm
        assert f'response="{expected[algorithm]}"' in written

    assert read_challenges(iter(fields)).algorithm == "sha-256"


@pytest.mark.parametrize(
    "field",
    [
        "",
        "Basic realm=x",
        "Digest",
        'Digest nonce="n", algorithm=NEW',
        'Digest nonce="n", qop="auth-int"',
    ],
)
def test_challenges_that_cannot_be_answered(field):
    assert read_challenges(iter([field])) is None


@given(st.text())
def test_any_text_is_no_harm_as_a_challenge(text):
    read_challenges(iter([text, f"Digest {text}"]))


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256", "MD5-sess"])
def test_digest_on_the_wire(way, start, algorithm):
    """The server asks once; later requests answer at once, and count."""
    challenge = f'Digest realm="r", nonce="n1", qop="auth", algorithm={algorithm}'

    def demanding(seen):
        given = seen.header("authorization") or ""
        if 'username="ada"' not in given:
            return reply(401, b"", ("WWW-Authenticate", challenge))
        assert "s3cret" not in given
        return reply(200)

    with Wire({"/it": demanding}) as wire:
        runner = start(wire.url(""), DIGEST, credentials={"it": "ada:s3cret"})
        assert way(runner).status == "succeeded"

    assert len(wire.seen) == 2
    assert "nc=00000001" in wire.seen[1].header("authorization")


# --- client certificates -----------------------------------------------------------------


@pytest.fixture(scope="session")
def pem(tmp_path_factory):
    path = tmp_path_factory.mktemp("mtls") / "both.pem"
    certificate, key = path.with_name("cert.pem"), path.with_name("key.pem")
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"),
            *("-keyout", str(key), "-out", str(certificate)),
        ],
        check=True,
        capture_output=True,
    )
    path.write_text(certificate.read_text() + key.read_text())
    return path


@pytest.mark.parametrize("form", ["one file", "pair", "members", "none"])
def test_a_client_certificate(way, start, pem, form):
    """mutualTLS: the server demands one, and trusts the one we have."""
    files = str(pem.with_name("cert.pem")), str(pem.with_name("key.pem"))
    credential = {
        "one file": str(pem),
        "pair": files,
        "members": {"cert": files[0], "key": files[1]},
        "none": "",
    }[form]
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=files[0])
    context.load_cert_chain(*files)
    context.verify_mode = ssl.CERT_REQUIRED
    with Wire({"/it": reply(200)}, tls=context) as wire:
        runner = start(
            wire.url("", "localhost"),
            "it: {type: mutualTLS}",
            credentials={"it": credential},
            cacert=files[0],
        )
        if form == "none":
            with pytest.raises(CredentialError, match="not given as files"):
                way(runner)
        else:
            assert way(runner).status == "succeeded"


# --- parts -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "environment, expected",
    [
        ({"ARAZZO_AUTH_PET_STORE_API_KEY": "1"}, "1"),
        ({"ARAZZO_AUTH_API_KEY": "2"}, "2"),
        ({"ARAZZO_AUTH_API_KEY": "2", "ARAZZO_AUTH_PET_STORE_API_KEY": "1"}, "1"),
        ({"arazzo_auth_api_key": "2"}, None),
    ],
)
def test_variables(environment, expected):
    known = {("pet-store", "api.key"), ("other", "api.key")}
    found = Available({}, known, environment).of("pet-store", "api.key")

    assert (found and found.value) == expected


def test_members_from_variables():
    name = variable("api", "oauth", "client_id")
    found = Available({}, {("api", "oauth")}, {name: "c"}).of("api", "oauth")

    assert name == "ARAZZO_AUTH_API_OAUTH_CLIENT_ID"
    assert dict(found.members) == {"client_id": "c"}


def test_the_caller_before_the_environment_before_the_configuration():
    known = {("api", "it")}
    environment = {"ARAZZO_AUTH_API_IT": "e"}

    assert Available({"it": "c"}, known, environment).of("api", "it").value == "c"
    found = Available({}, known, environment, {"it": "f"}).of("api", "it")
    assert found.value == "e"
    assert Available({}, known, {}, {"it": "f"}).of("api", "it").value == "f"


PLACES = st.sampled_from([("header", "X-Key"), ("query", "key"), ("cookie", "sid")])


@given(PLACES, st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1))
def test_what_is_put_in_is_there(place, value):
    plain = Request("GET", "https://api.test/x?a=1", (("Cookie", "b=2"),))

    assert not carries(plain, place)
    assert carries(carrying(plain, place, value), place)


@pytest.mark.parametrize("value", ["a\r\nX: y", "a\nb", "a\0"])
def test_a_credential_cannot_end_its_line(value):
    with pytest.raises(PolicyError, match="line break"):
        carrying(Request("GET", "https://api.test"), ("header", "X"), value)


# They begin like nothing that a run reports: a secret that is also a field's name
# (hypothesis once drew "content-") proves nothing.
SECRETS = st.text(
    st.characters(min_codepoint=33, max_codepoint=126, exclude_characters=":"),
    min_size=4,
    max_size=40,
).map("?Zq9".__add__)


@given(SECRETS, st.sampled_from([HEADER, QUERY, COOKIE, BASIC, BEARER, OTHER]))
def test_no_secret_is_ever_in_what_is_reported(secret, schemes):
    """D14: whatever the scheme, and whatever the server repeats of it."""

    def echo(seen):
        return reply(400, repr(seen).encode(), ("X-Echo", seen.target))

    events = []
    with tempfile.TemporaryDirectory() as folder, Wire({"/it": echo}) as wire:
        path = written(Path(folder), wire.url(""), schemes)
        credential = ("user", secret) if schemes is BASIC else secret
        with Runner(
            path, credentials={"it": credential}, on_event=events.append, retry=0
        ) as runner:
            try:
                result = runner.run()
            except ArazzoError as error:
                result = error
        shown = repr(events) + repr(result) + str(result)

    pair = base64.b64encode(f"user:{secret}".encode()).decode()
    assert Masker([secret]).text(shown) == shown
    assert pair not in shown
