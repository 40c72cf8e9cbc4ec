"""Authorization servers, challenges and credentials that are not what they should be."""

import json

import pytest
from credentials import BASIC, BEARER, COOKIE, DIGEST, HEADER, QUERY
from wire import Wire, reply

from arazzo_runner.auth.digest import read_challenges
from arazzo_runner.errors import ArazzoError, CredentialError, InputError

OAUTH = "it: {type: oauth2, flows: {clientCredentials: {tokenUrl: '%s', scopes: {}}}}"
OPENID = "it: {type: openIdConnect, openIdConnectUrl: '%s'}"
CLIENT = {"client_id": "c", "client_secret": "s3cret-s3cret"}
TEXT = ("Content-Type", "text/plain")
JSON = ("Content-Type", "application/json")

TOKENS = {
    "nothing": reply(200),
    "a list": reply(200, b"[1]", JSON),
    "a text": reply(200, b"\xff\xfe", TEXT),
    "a page": reply(200, b"<html>Sign in", ("Content-Type", "text/html")),
    "deep": reply(200, b"[" * 100_000, TEXT),
    "deep JSON": reply(200, b'{"a":' * 100_000, JSON),
    "cut": reply(200, b'{"access_token": "', JSON),
    "a number": reply(200, b'{"access_token": 5}', JSON),
    "a line break": reply(200, b'{"access_token": "a\\r\\nX: y"}', JSON),
    "half a character": reply(200, b'{"access_token": "\\ud800"}', JSON),
    "a redirect": reply(302, b"", ("Location", "http://127.0.0.1:1/")),
    "an error": reply(400, b'{"error": {"a": 1}}', JSON),
    "not 401": reply(503, b"later", TEXT),
    "a form": reply(200, b"error=%00&x", ("Content-Type", "text/plain")),
}


@pytest.mark.parametrize("answer", TOKENS.values(), ids=TOKENS)
def test_whatever_a_token_endpoint_answers(way, start, answer):
    with Wire({"/it": reply(200), "/token": answer}) as wire:
        runner = start(
            wire.url(""), OAUTH % wire.url("/token"), credentials={"it": CLIENT}
        )
        with pytest.raises(ArazzoError) as caught:
            way(runner)

    assert "s3cret-s3cret" not in str(caught.value)
    assert all(seen.target == "/token" for seen in wire.seen)


@pytest.mark.parametrize(
    "seconds", ["NaN", "Infinity", "-5", "1e999", '"x"', "true", "null", "{}", "[1]"]
)
def test_whatever_a_token_is_said_to_last(way, start, seconds):
    body = b'{"access_token": "t-123", "expires_in": %s}' % seconds.encode()
    answers = {"/it": reply(200), "/token": reply(200, body, TEXT)}
    with Wire(answers) as wire:
        runner = start(
            wire.url(""), OAUTH % wire.url("/token"), credentials={"it": CLIENT}
        )
        assert way(runner).status == "succeeded"

    assert wire.seen[-1].header("authorization") == "Bearer t-123"


@pytest.mark.parametrize(
    "url", ["http://[", "https://[::1", "https://h:99999/", "", "ftp://h/", 5]
)
@pytest.mark.parametrize("scheme", [OAUTH, OPENID], ids=["oauth2", "openIdConnect"])
def test_a_token_endpoint_that_is_no_url(way, start, scheme, url):
    written = scheme.replace("'%s'", "%s") % json.dumps(url)
    with Wire({"/it": reply(200)}) as wire:
        runner = start(wire.url(""), written, credentials={"it": CLIENT})
        with pytest.raises(ArazzoError):
            way(runner)

    assert wire.seen == []


CONFIGURATIONS = {
    "no URL": {"token_endpoint": "http://["},
    "another machine's": {"token_endpoint": "http://10.0.0.1/token"},
    "a number": {"token_endpoint": 5},
    "nothing": {},
}


@pytest.mark.parametrize("found", CONFIGURATIONS.values(), ids=CONFIGURATIONS)
def test_whatever_discovery_finds(way, start, found):
    answers = {"/it": reply(200), "/c": reply(200, json.dumps(found).encode(), JSON)}
    with Wire(answers) as wire:
        runner = start(
            wire.url(""), OPENID % wire.url("/c"), credentials={"it": CLIENT}
        )
        with pytest.raises(ArazzoError):
            way(runner)

    assert [seen.target for seen in wire.seen] == ["/c"]


CHALLENGES = {
    "bytes": b'Digest realm="\xff\xfe", nonce="\xe9", qop="auth"',
    "nothing": b"",
    "only the word": b"Digest",
    "no nonce": b'Digest realm="x"',
    "quotes": b'Digest realm="a\\"b\\\\", nonce="n\\"", opaque="\\""',
    "another hash": b'Digest realm="x", nonce="n", algorithm=SHA3-512',
    "integrity only": b'Digest realm="x", nonce="n", qop="auth-int"',
    "unclosed": b'Digest realm="x, nonce="n',
    "all at once": b'Basic realm="x", Digest realm="x", nonce="n", Negotiate abc==',
}


@pytest.mark.parametrize("challenge", CHALLENGES.values(), ids=CHALLENGES)
def test_whatever_a_challenge_says(way, start, challenge):
    """The 401 is for the criteria, after one more try at most."""
    head = b"HTTP/1.1 401 x\r\nContent-Length: 0\r\nWWW-Authenticate: "
    with Wire({"/it": head + challenge + b"\r\n\r\n"}) as wire:
        runner = start(wire.url(""), DIGEST, credentials={"it": ("ada", "é☕")})
        result = way(runner)

    assert result.status == "failed"
    assert len(wire.seen) <= 2


@pytest.mark.parametrize(
    "text", ["a" * 60_000, "a " * 30_000, "," * 60_000, "a= " * 20_000]
)
def test_a_challenge_is_read_in_one_pass(text):
    """A challenge that is made to be slow to read: minutes, if each start went to its end."""
    for before in ("", "Digest ", 'Digest nonce="'):
        read_challenges(iter([before + text]))


# --- what was given ---------------------------------------------------------------------

SCHEMES = {
    "header": HEADER,
    "query": QUERY,
    "cookie": COOKIE,
    "basic": BASIC,
    "bearer": BEARER,
    "oauth2": OAUTH % "https://auth.test/token",
}
UNSENDABLE = {
    "half a character": "key-\ud800-key",
    "a byte of a variable": b"key-\xff-key".decode(errors="surrogateescape"),
}


@pytest.mark.parametrize("value", UNSENDABLE.values(), ids=UNSENDABLE)
@pytest.mark.parametrize("scheme", SCHEMES.values(), ids=SCHEMES)
def test_a_credential_that_is_no_text(way, start, scheme, value):
    """As Python gives a variable that is not UTF-8."""
    with Wire({"/it": reply(200)}) as wire:
        runner = start(wire.url(""), scheme, credentials={"it": value})
        with pytest.raises(ArazzoError) as caught:
            way(runner)

    assert wire.seen == []
    assert "key-" not in str(caught.value)


@pytest.mark.parametrize("character", ["\x01", "\x1b", "\x7f", "\t", "é", "☕"])
@pytest.mark.parametrize("scheme", SCHEMES.values(), ids=SCHEMES)
def test_a_credential_with_an_odd_character(way, start, scheme, character):
    """It is sent, or said: never a message of the HTTP library."""
    with Wire({"/it": reply(200)}) as wire:
        runner = start(wire.url(""), scheme, credentials={"it": f"key-{character}-key"})
        try:
            said = str(way(runner).status)
        except (CredentialError, InputError) as error:
            said = str(error)

    assert "key-" not in said
    assert (said == "succeeded") == (len(wire.seen) == 1)


def test_a_function_that_fails_ends_the_run_in_order(way, start):
    def give():
        raise RuntimeError("the vault is shut")

    with Wire({"/it": reply(200)}) as wire:
        runner = start(wire.url(""), BEARER, credentials={"it": give})
        with pytest.raises(RuntimeError, match="the vault") as caught:
            way(runner)

    assert caught.value.result.status == "failed"
    assert wire.seen == []


@pytest.mark.parametrize(
    "given", [None, 5, {"value": "x"}, {"username": ["a"]}, object()]
)
def test_a_function_that_gives_something_else(way, start, given):
    with Wire({"/it": reply(200)}) as wire:
        runner = start(wire.url(""), BASIC, credentials={"it": lambda: given})
        with pytest.raises(InputError):
            way(runner)

    assert wire.seen == []
