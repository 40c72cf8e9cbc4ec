import os

import pytest
from auth_server import AuthorizationServer

os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"  # the server is on 127.0.0.1


@pytest.fixture
def server():
    with AuthorizationServer() as running:
        yield running
