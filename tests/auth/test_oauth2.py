"""OAuth 2 and OpenID Connect against a real authorization server (authlib)."""

import asyncio
import itertools

import pytest
from auth_server import CLIENT, PASSWORD, SECRET, USER, browse

from arazzo_runner import Runner
from arazzo_runner.auth.desk import LocalDesk
from arazzo_runner.auth.effects import Ask, Fetch, Wait
from arazzo_runner.auth.given import Credential
from arazzo_runner.auth.oauth2 import Asking, get_token
from arazzo_runner.errors import ArazzoError, CredentialError, InputError, PolicyError
from arazzo_runner.openapi.security import Scheme
from arazzo_runner.transports.http import HttpTransport
from arazzo_runner.transports.spool import Spool

DESCRIPTION = """\
arazzo: 1.0.1
info: {title: OAuth, version: '1'}
sourceDescriptions: [{name: api, url: api.yaml, type: openapi}]
workflows:
- workflowId: main
  steps:
  - {stepId: first, operationId: me, successCriteria: [{condition: $statusCode == 200}]}
  - {stepId: second, operationId: me, successCriteria: [{condition: $statusCode == 200}]}
"""
API = """\
openapi: 3.1.0
info: {title: API, version: '1'}
servers: [{url: '%(url)s/api'}]
security: [{oauth: [read, write]}]
paths: {/me: {get: {operationId: me, responses: {default: {description: Any.}}}}}
components:
  securitySchemes:
    oauth: %(scheme)s
"""
FLOW = "{type: oauth2, flows: {%s: {tokenUrl: '%s/token', scopes: {}%s}}}"
CLIENTS = {"client_id": CLIENT, "client_secret": SECRET}
USERS = {"username": USER, "password": PASSWORD}


def scheme(server, flow):
    more = {
        "authorizationCode": f", authorizationUrl: '{server.url}/authorize'",
        "deviceAuthorization": f", deviceAuthorizationUrl: '{server.url}/device'",
    }
    return FLOW % (flow, server.url, more.get(flow, ""))


@pytest.fixture
def start(tmp_path, server):
    """A runner of two requests to the API, whose scheme is *written*."""

    def start(written, **options):
        (tmp_path / "api.yaml").write_text(API % {"url": server.url, "scheme": written})
        (tmp_path / "w.arazzo.yaml").write_text(DESCRIPTION)
        return Runner(tmp_path / "w.arazzo.yaml", retry=0, **options)

    return start


def run(runner):
    with runner:
        return runner.run()


def arun(runner):
    async def whole():
        async with runner:
            return await runner.arun()

    return asyncio.run(whole())


WAYS = pytest.mark.parametrize("way", [run, arun])


@WAYS
@pytest.mark.parametrize(
    "flow, given, grant",
    [
        ("clientCredentials", CLIENTS, "client_credentials"),
        ("password", {**CLIENTS, **USERS}, "password"),
        ("password", {"client_id": CLIENT, **USERS}, "password"),
    ],
)
def test_a_token_is_fetched_once_for_a_run(server, start, way, flow, given, grant):
    """RFC 6749, 4.3 and 4.4: with the scopes that the requirement asks for."""
    result = way(start(scheme(server, flow), credentials={"oauth": given}))

    assert result.status == "succeeded"
    assert server.asked == [grant]
    assert server.scopes == ["read write"]
    assert len(server.seen) == 2


def test_a_token_is_kept_for_the_next_run(server, start):
    with start(
        scheme(server, "clientCredentials"), credentials={"oauth": CLIENTS}
    ) as runner:
        assert [runner.run().status for _ in range(2)] == ["succeeded"] * 2

    assert server.asked == ["client_credentials"]


def test_a_server_that_wants_the_secret_in_the_body(server, start):
    """RFC 6749, 2.3.1: basic first, then the other way."""
    server.methods = ("client_secret_post",)
    result = run(
        start(scheme(server, "clientCredentials"), credentials={"oauth": CLIENTS})
    )

    assert result.status == "succeeded"
    assert server.asked == ["client_credentials"] * 2


@WAYS
def test_a_refused_token_is_renewed_once(server, start, way):
    """A 401 in the middle of a run."""

    def revoke(event):
        if type(event).__name__ == "StepFinished" and event.step_id == "first":
            server.revoke()

    runner = start(
        scheme(server, "clientCredentials"),
        credentials={"oauth": CLIENTS},
        on_event=revoke,
    )
    result = way(runner)

    assert result.status == "succeeded"
    assert server.asked == ["client_credentials"] * 2
    assert len(server.seen) == 3


def test_a_token_that_is_refused_again_is_an_answer(server, start):
    """No endless renewal: the second 401 is for the criteria."""
    server.tokens = type("Never", (list,), {"__contains__": lambda *_: False})()
    result = run(
        start(scheme(server, "clientCredentials"), credentials={"oauth": CLIENTS})
    )

    assert result.status == "failed"
    assert (len(server.seen), len(server.asked)) == (2, 2)


def test_an_expired_token_is_renewed_before_it_is_refused(server, start):
    with start(
        scheme(server, "password"), credentials={"oauth": {**CLIENTS, **USERS}}
    ) as runner:
        runner._means.kept.now = itertools.count(0, 4_000).__next__
        result = runner.run()

    assert result.status == "succeeded"
    assert server.asked == ["password", "refresh_token"]


def test_a_refresh_token_is_enough(server, start):
    """And the one that comes with the next token is used after it (rotation)."""
    flow = scheme(server, "authorizationCode")
    with start(
        flow, credentials={"oauth": {**CLIENTS, **USERS, "grant": "password"}}
    ) as runner:
        runner.run()
    given = next(iter(server.refreshes))
    server.asked.clear()
    credential = {"client_id": CLIENT, "client_secret": SECRET, "refresh_token": given}
    with start(flow, credentials={"oauth": credential}) as runner:
        runner.run()
        server.revoke()
        assert runner.run().status == "succeeded"

    assert server.asked == ["refresh_token"] * 2


def test_a_wrong_secret_is_said_and_not_shown(server, start):
    wrong = {**CLIENTS, "client_secret": "wrong-and-secret"}
    with pytest.raises(CredentialError, match="invalid_client") as caught:
        run(start(scheme(server, "clientCredentials"), credentials={"oauth": wrong}))

    assert caught.value.exit_status == 4
    assert caught.value.location.line == 7
    assert "wrong-and-secret" not in str(caught.value)
    assert server.seen == []


def test_a_server_that_is_not_there(server, start):
    written = scheme(server, "clientCredentials").replace(
        server.url, "http://127.0.0.1:1"
    )
    with pytest.raises(CredentialError, match=r"127\.0\.0\.1:1") as caught:
        run(start(written, credentials={"oauth": CLIENTS}))

    assert caught.value.exit_status == 5


@pytest.mark.parametrize(
    "given, lacking",
    [({"client_id": CLIENT}, "client_secret"), ({"scope": "x"}, "client_id")],
)
def test_what_is_lacking_is_named(server, start, given, lacking):
    with pytest.raises(InputError) as caught:
        run(start(scheme(server, "clientCredentials"), credentials={"oauth": given}))

    assert lacking in caught.value.hint
    assert caught.value.location.line == 7
    assert getattr(caught.value, "result", None) is None  # before the run began


def test_tokens_are_not_asked_for_in_the_clear(server, start):
    """Except on this machine."""
    written = FLOW % ("clientCredentials", "http://auth.test", "")
    with pytest.raises(PolicyError, match="not https") as caught:
        run(start(written, credentials={"oauth": CLIENTS}))

    assert caught.value.exit_status == 7


def test_nothing_secret_is_in_what_is_reported(server, start):
    events = []
    runner = start(
        scheme(server, "password"),
        credentials={"oauth": {**CLIENTS, **USERS}},
        on_event=events.append,
    )
    result = run(runner)
    shown = repr(events) + repr(result) + repr(runner)

    for secret in (SECRET, PASSWORD, *server.tokens, *server.refreshes):
        assert secret not in shown


# --- a person ----------------------------------------------------------------------------


@WAYS
def test_authorization_code_with_a_browser(server, start, way):
    """RFC 6749, 4.1, with PKCE: the server demands it."""
    told = []
    runner = start(
        scheme(server, "authorizationCode"),
        credentials={"oauth": {"client_id": CLIENT}},
    )
    runner._means.kept.desk = LocalDesk(told.append, browse, patience=30)
    result = way(runner)

    assert result.status == "succeeded"
    assert server.asked == ["authorization_code"]
    assert told == ["waiting for the authorization in the browser"]


def test_without_a_person_the_flow_is_refused(server, start):
    with pytest.raises(InputError) as caught:
        run(
            start(
                scheme(server, "authorizationCode"),
                credentials={"oauth": {"client_id": CLIENT}},
            )
        )

    assert "somebody at a terminal" in caught.value.hint


def asking(server, name, desk, **flow):
    flows = {name: {"tokenUrl": f"{server.url}/token", **flow}}
    return Asking(
        scheme=Scheme("oauth", "oauth2", flows=flows),
        credential=Credential(members=CLIENTS),
        scopes=(),
        now=itertools.count().__next__,
        random=lambda: "r" * 43,
        hide=lambda _: None,
        desk=desk,
    )


def played(talk):
    """What *talk* comes to over HTTP, and how long it waited; no time passes."""
    waits, came = [], None
    transport = HttpTransport(spool=Spool())
    try:
        while True:
            match talk.send(came):
                case Fetch(request):
                    came = transport.send(request, timeout=10)
                case Wait(seconds):
                    came = waits.append(seconds)
                case Ask(do):
                    came = do()
    except StopIteration as end:
        return end.value, waits
    finally:
        transport.close()


def test_a_device_code(server):
    """RFC 8628: slower, then pending, then there."""
    server.pending = 2
    told = []
    token, waits = played(
        get_token(
            asking(
                server,
                "deviceAuthorization",
                LocalDesk(told.append),
                deviceAuthorizationUrl=f"{server.url}/device",
            )
        )
    )

    assert token.access in server.tokens
    assert waits == [5, 10, 10]
    assert f"open {server.url}/device" in told[0]


def test_a_foreign_answer_in_the_browser_is_refused(server):
    """RFC 6749, 10.12: the state is not the one that was sent."""

    class Desk:
        def tell(self, message):
            raise AssertionError

        def listen(self, port):
            return "http://127.0.0.1:1/callback"

        def wait(self, url):
            return {"code": "stolen", "state": "theirs"}

    with pytest.raises(CredentialError, match="another state"):
        played(
            get_token(
                asking(
                    server,
                    "authorizationCode",
                    Desk(),
                    authorizationUrl=f"{server.url}/authorize",
                )
            )
        )

    assert server.asked == []


@pytest.mark.parametrize("given", [CLIENTS, {**CLIENTS, **USERS, "grant": "password"}])
def test_openid_connect_is_discovered(server, start, given):
    url = f"{server.url}/.well-known/openid-configuration"
    written = f"{{type: openIdConnect, openIdConnectUrl: '{url}'}}"
    result = run(start(written, credentials={"oauth": given}))

    assert result.status == "succeeded"
    assert len(server.asked) == 1


def test_no_configuration_where_one_should_be(server, start):
    written = f"{{type: openIdConnect, openIdConnectUrl: '{server.url}/nothing'}}"
    with pytest.raises(ArazzoError, match="no OpenID configuration"):
        run(start(written, credentials={"oauth": CLIENTS}))
