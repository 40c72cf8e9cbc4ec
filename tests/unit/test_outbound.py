"""Servers that only a document from the network names (security D3)."""

import asyncio
from urllib.parse import urlsplit

import pytest
from wire import Wire, reply

from arazzo_runner import Runner
from arazzo_runner.errors import PolicyError
from arazzo_runner.messages import Request
from arazzo_runner.transports.addresses import public_address
from arazzo_runner.transports.http import HttpTransport
from arazzo_runner.transports.spool import Spool

DESCRIPTION = """\
arazzo: 1.0.1
info: {title: Outbound, version: '1'}
sourceDescriptions: [{name: api, url: %s, type: openapi}]
workflows:
- workflowId: main
  steps: [{stepId: get, operationId: get}]
"""
API = """\
openapi: 3.1.0
info: {title: API, version: '1'}
servers: [{url: '%s'}]
paths: {/it: {get: {operationId: get, responses: {default: {description: Any.}}}}}
"""


def run(runner):
    with runner:
        return runner.run()


def arun(runner):
    async def whole():
        async with runner:
            return await runner.arun()

    return asyncio.run(whole())


WAYS = pytest.mark.parametrize("way", [run, arun])


def start(folder, site, server, **options):
    """A runner of a local document whose description *site* gives, with *server*."""
    yaml = ("Content-Type", "application/yaml")
    site.answers["/api.yaml"] = reply(200, (API % server).encode(), yaml)
    path = folder / "w.arazzo.yaml"
    path.write_text(DESCRIPTION % site.url("/api.yaml"))
    return Runner(path, retry=0, **options)


@WAYS
@pytest.mark.parametrize("host", ["localhost", "[::ffff:127.0.0.1]", "0x7f.1"])
def test_a_stranger_names_no_private_address(tmp_path, way, host):
    with Wire({}) as site, Wire({"/it": reply(200)}) as inside:
        runner = start(tmp_path, site, f"http://{host}:{inside.port}")
        with pytest.raises(PolicyError, match="not public") as caught:
            way(runner)

        assert inside.seen == []

    assert caught.value.exit_status == 7
    assert "--server" in caught.value.hint


@WAYS
def test_what_the_user_names_is_asked(tmp_path, way):
    with Wire({}) as site, Wire({"/it": reply(200)}) as inside:
        server = inside.url("", "localhost")
        runner = start(tmp_path, site, server, servers=server)

        assert way(runner).status == "succeeded"


@WAYS
def test_the_host_of_the_description_may_be_asked(tmp_path, way):
    """A development server that describes itself."""
    with Wire({"/it": reply(200)}) as site:
        assert way(start(tmp_path, site, site.url(""))).status == "succeeded"


@pytest.mark.parametrize("asynchronous", [False, True])
def test_the_address_that_was_checked_is_the_one_that_is_called(
    monkeypatch, asynchronous
):
    """A second answer of the name server changes nothing; the host's name is told."""
    with Wire({"/": reply(200)}) as wire:
        monkeypatch.setattr(
            "arazzo_runner.transports.http.public_address", lambda *_: "127.0.0.1"
        )
        transport = HttpTransport(spool=Spool())
        request = Request("GET", f"http://api.invalid:{urlsplit(wire.url()).port}/")
        if asynchronous:
            delivery = asyncio.run(transport.asend(request, timeout=5, public=True))
        else:
            delivery = transport.send(request, timeout=5, public=True)
        transport.close()

    assert delivery.response.status == 200
    assert wire.seen[0].header("host") == f"api.invalid:{wire.port}"


def test_all_addresses_of_a_host_are_looked_at():
    with pytest.raises(PolicyError, match=r"10\.0\.0\.1"):
        public_address("https://a.test", lambda *_: ["93.184.216.34", "10.0.0.1"])


def test_a_host_without_an_address_is_the_requests_own_failure():
    def resolve(host, port):
        raise OSError

    assert public_address("https://a.test", resolve) is None
