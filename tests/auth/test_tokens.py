"""Tokens that several requests, runs and threads share."""

import asyncio
import itertools
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from auth_server import CLIENT, PASSWORD, SECRET, USER, browse
from wire import Wire, reply

from arazzo_runner import Runner
from arazzo_runner.auth.desk import LocalDesk
from arazzo_runner.auth.given import Credential
from arazzo_runner.auth.keeper import Keeper, Kept
from arazzo_runner.auth.needs import Use
from arazzo_runner.auth.oauth2 import Asking, Token, get_token
from arazzo_runner.errors import PolicyError
from arazzo_runner.messages import Request, Response
from arazzo_runner.openapi.security import Scheme

DESCRIPTION = """\
arazzo: 1.0.1
info: {title: OAuth, version: '1'}
sourceDescriptions: [{name: api, url: '%s', type: openapi}]
workflows:
- workflowId: main
  steps:
  - {stepId: first, operationId: read, successCriteria: [{condition: $statusCode == 200}]}
  - {stepId: second, operationId: write, successCriteria: [{condition: $statusCode == 200}]}
"""
API = """\
openapi: 3.1.0
info: {title: API, version: '1'}
servers: [{url: '%(api)s'}]
paths:
  /me:
    get: {operationId: read, security: [{it: [read]}], responses: {default: {description: Any.}}}
    post: {operationId: write, security: [{it: [write]}], responses: {default: {description: Any.}}}
components:
  securitySchemes:
    it: {type: oauth2, flows: {%(flow)s: {tokenUrl: '%(server)s/token', scopes: {},
      authorizationUrl: '%(server)s/authorize', deviceAuthorizationUrl: '%(server)s/device'}}}
"""
CLIENTS = {"client_id": CLIENT, "client_secret": SECRET}
USERS = {"username": USER, "password": PASSWORD}


@pytest.fixture
def start(tmp_path, server):
    """A runner of two requests that need different scopes."""

    def start(flow, **options):
        text = API % {"api": f"{server.url}/api", "server": server.url, "flow": flow}
        (tmp_path / "api.yaml").write_text(text)
        (tmp_path / "w.arazzo.yaml").write_text(DESCRIPTION % "api.yaml")
        return Runner(tmp_path / "w.arazzo.yaml", retry=0, **options)

    return start


def test_machines_get_a_token_for_each_set_of_scopes(server, start):
    with start("clientCredentials", credentials={"it": CLIENTS}) as runner:
        assert runner.run().status == "succeeded"
        assert runner.run().status == "succeeded"

    assert server.scopes == ["read", "write"]


def test_a_person_is_asked_once_for_all_scopes(server, start):
    """Two operations of two scopes: not a browser window for each."""
    told = []
    given = {"client_id": CLIENT}
    with start("authorizationCode", credentials={"it": given}) as runner:
        runner._means.kept.desk = LocalDesk(told.append, browse, patience=30)
        assert runner.run().status == "succeeded"

    assert told == ["waiting for the authorization in the browser"]
    assert server.agreed == ["read write"]


def test_a_given_refresh_token_is_used_once(server, start):
    """It is good for everything that was granted, and gone when the server rotates it."""
    given = {**CLIENTS, **USERS, "grant": "password"}
    with start("password", credentials={"it": given}) as runner:
        runner.run()
    refresh = next(reversed(server.refreshes))
    server.asked.clear()

    given = {**CLIENTS, "refresh_token": refresh}
    with start("authorizationCode", credentials={"it": given}) as runner:
        assert runner.run().status == "succeeded"

    assert server.asked == ["refresh_token"]
    assert refresh not in server.refreshes


@pytest.mark.parametrize("flow", ["password", "clientCredentials"])
def test_runs_side_by_side_fetch_a_token_once(server, start, flow):
    async def whole(runner):
        async with runner:
            return await asyncio.gather(*(runner.arun() for _ in range(20)))

    given = {**CLIENTS, **USERS}
    results = asyncio.run(whole(start(flow, credentials={"it": given})))

    assert {each.status for each in results} == {"succeeded"}
    assert len(server.asked) == 2  # one for each set of scopes


def test_threads_fetch_a_token_once(server, start):
    with (
        start("password", credentials={"it": {**CLIENTS, **USERS}}) as runner,
        ThreadPoolExecutor(8) as pool,
    ):
        results = list(pool.map(lambda _: runner.run(), range(8)))

    assert {each.status for each in results} == {"succeeded"}
    assert len(server.asked) == 2


def test_a_refused_token_is_renewed_once_for_all(server, start):
    """All runs get a 401; a rotated refresh token would not survive a second renewal."""

    async def whole(runner):
        async with runner:
            await runner.arun()
            server.revoke()
            return await asyncio.gather(*(runner.arun() for _ in range(10)))

    given = {**CLIENTS, **USERS}
    results = asyncio.run(whole(start("password", credentials={"it": given})))

    assert {each.status for each in results} == {"succeeded"}
    assert server.asked == ["password"] * 2 + ["refresh_token"] * 2


USE = Use("api", Scheme("it", "oauth2"), ("read",))
WHERE = ("https", "api.test", 443)


def keeper(*tokens):
    kept = Kept(now=itertools.count().__next__)
    for token in tokens:
        kept.put(USE, token, None)
    credentials = {("api", "it"): Credential(members=CLIENTS)}
    return Keeper({("w", "s"): (USE,)}, credentials, {"api": frozenset({WHERE})}, kept)


def test_what_another_run_has_renewed_is_not_thrown_away():
    """RFC 6750: the refused token is the old one."""
    plain = Request("GET", "https://api.test/me")
    sent = Request("GET", "https://api.test/me", (("Authorization", "Bearer old"),))
    refused = Response(status=401, headers=(), body=None)
    again = keeper(Token("new", scopes=("read",))).again(
        ("w", "s"), sent, plain, refused, lambda _: None
    )
    with pytest.raises(StopIteration) as ended:
        next(again)

    assert ended.value.value.headers == (("Authorization", "Bearer new"),)


def test_a_fetch_that_fails_leaves_the_turn_to_others(server, start):
    given = {**CLIENTS, "client_secret": "wrong"}
    with start("clientCredentials", credentials={"it": given}) as runner:
        for _ in range(2):
            with pytest.raises(Exception, match="invalid_client"):
                runner.run()

        assert runner._means.kept.fetching == set()


@pytest.mark.parametrize("asynchronous", [False, True])
def test_a_run_can_be_cancelled_while_a_person_is_waited_for(
    server, start, asynchronous
):
    """The device code never comes: the end is in order, and nobody is asked on and on."""
    server.pending = 10**9
    runner = start("deviceAuthorization", credentials={"it": {"client_id": CLIENT}})

    def tell(_):
        threading.Thread(target=runner.cancel, args=("me",)).start()

    runner._means.kept.desk = LocalDesk(tell)

    async def arun():
        async with runner:
            return await runner.arun(run_id="me")

    if asynchronous:
        result = asyncio.run(arun())
    else:
        with runner:
            result = runner.run(run_id="me")

    assert result.status == "cancelled"
    assert len(server.asked) <= 1
    assert server.seen == []
    assert runner._means.kept.fetching == set()


def test_a_cancelled_task_leaves_the_turn_to_others(server, start):
    server.pending = 10**9
    runner = start("deviceAuthorization", credentials={"it": {"client_id": CLIENT}})

    async def whole():
        async with runner:
            told = asyncio.Event()
            loop = asyncio.get_running_loop()
            runner._means.kept.desk = LocalDesk(
                lambda _: loop.call_soon_threadsafe(told.set)
            )
            task = asyncio.create_task(runner.arun())
            await told.wait()
            task.cancel()
            (error,) = await asyncio.gather(task, return_exceptions=True)
            assert isinstance(error, asyncio.CancelledError)
            return set(runner._means.kept.fetching)

    assert asyncio.run(whole()) == set()


# --- endpoints that a description from the network names (D3) ----------------------------


@pytest.mark.parametrize(
    "server, written, url",
    [
        ("https://api.test/v1", "/oauth/token", "https://api.test/oauth/token"),
        ("https://api.test/v1/", "oauth/token", "https://api.test/v1/oauth/token"),
        ("https://api.test/v1", "//auth.test/token", "https://auth.test/token"),
        ("https://api.test/v1", "https://auth.test/t", "https://auth.test/t"),
        ("http://127.0.0.1:8080/v1", "/token", "http://127.0.0.1:8080/token"),
    ],
)
def test_relative_urls_are_relative_to_the_server(server, written, url):
    """https://spec.openapis.org/oas/v3.1.1.html#relative-references-in-api-urls"""
    flows = {"clientCredentials": {"tokenUrl": written}}
    talk = get_token(
        Asking(
            scheme=Scheme("it", "oauth2", flows=flows),
            credential=Credential(members=CLIENTS),
            scopes=(),
            now=float,
            random=str,
            hide=lambda _: None,
            server=server,
        )
    )

    assert next(talk).request.url == url


@pytest.mark.parametrize(
    "document, url, token_url, public",
    [
        ("https://api.test/a.yaml", "https://auth.test/token", "", True),
        ("https://api.test/a.yaml", "https://10.0.0.1/token", "", True),
        ("https://api.test/a.yaml", "https://api.test/token", "", False),
        ("https://api.test/a.yaml", "https://in.test/t", "https://in.test/t", False),
        ("/home/me/a.yaml", "https://10.0.0.1/token", "", False),
        ("", "https://10.0.0.1/token", "", False),
    ],
)
def test_whose_endpoints_must_be_public(document, url, token_url, public):
    asking = Asking(
        scheme=Scheme("it", "oauth2"),
        credential=Credential(members={"token_url": token_url} if token_url else {}),
        scopes=(),
        now=float,
        random=str,
        hide=lambda _: None,
        document=document,
    )
    assert asking.fetch(Request("POST", url)).public == public


def test_a_stranger_names_no_token_endpoint_of_this_machine(tmp_path, server):
    """A description from the network may not have us post to what is on 127.0.0.1."""
    inside = server.url.replace("127.0.0.1", "localhost")
    with Wire({"/me": reply(200)}) as site:
        text = API % {
            "api": site.url(""),
            "server": inside,
            "flow": "clientCredentials",
        }
        yaml = ("Content-Type", "application/yaml")
        site.answers["/api.yaml"] = reply(200, text.encode(), yaml)
        (tmp_path / "w.arazzo.yaml").write_text(DESCRIPTION % site.url("/api.yaml"))
        path = tmp_path / "w.arazzo.yaml"
        with (
            Runner(path, retry=0, credentials={"it": CLIENTS}) as runner,
            pytest.raises(PolicyError, match="not public"),
        ):
            runner.run()
        assert server.asked == []
        given = {**CLIENTS, "token_url": f"{inside}/token"}
        with Runner(path, retry=0, credentials={"it": given}) as runner:
            runner.run()

    assert server.asked == ["client_credentials"] * 2
