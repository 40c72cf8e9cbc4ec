import asyncio
import os

import pytest
from auth_server import AuthorizationServer
from credentials import written

from arazzo_runner import Runner

os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"  # the server is on 127.0.0.1


def run(runner):
    with runner:
        return runner.run()


def arun(runner):
    async def whole():
        async with runner:
            return await runner.arun()

    return asyncio.run(whole())


@pytest.fixture(params=[run, arun], ids=["run", "arun"])
def way(request):
    """A run of a runner, blocking and in an event loop."""
    return request.param


@pytest.fixture
def server():
    with AuthorizationServer() as running:
        yield running


@pytest.fixture
def describe(tmp_path):
    """The path of a workflow of one request, whose operation has *security*."""

    def describe(url, schemes, security="[{it: []}]", step=""):
        return written(tmp_path, url, schemes, security, step)

    return describe


@pytest.fixture
def start(describe):
    """A runner of that workflow."""

    def start(url, schemes, security="[{it: []}]", step="", **options):
        path = describe(url, schemes, security, step)
        return Runner(path, retry=0, **options)

    return start
