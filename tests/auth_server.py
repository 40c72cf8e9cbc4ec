"""A real authorization server (authlib on Flask) with an API behind it, on 127.0.0.1."""

import http.client
import json
import secrets
import threading
import time
from types import SimpleNamespace
from urllib.parse import urlsplit

from authlib.integrations.flask_oauth2 import AuthorizationServer as Authlib
from authlib.oauth2.rfc6749 import ClientMixin, TokenMixin, grants
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oauth2.rfc8628 import (
    DeviceAuthorizationEndpoint,
    DeviceCodeGrant,
    DeviceCredentialDict,
)
from flask import Flask, jsonify, request
from werkzeug.serving import WSGIRequestHandler, make_server

CLIENT, SECRET = "the-client", "s3cret/with+signs="
USER, PASSWORD = "ada", "p4ss:word"


class Client(ClientMixin):
    method = None  # of client authentication; None for basic and post

    def __init__(self, server):
        self.server = server

    def get_client_id(self):
        return CLIENT

    def get_default_redirect_uri(self):
        return ""

    def get_allowed_scope(self, scope):
        return scope

    def check_redirect_uri(self, uri):
        return uri.startswith("http://127.0.0.1:")

    def check_client_secret(self, secret):
        return secret == SECRET

    def check_endpoint_auth_method(self, method, endpoint):
        return method in self.server.methods

    def check_response_type(self, kind):
        return kind == "code"

    def check_grant_type(self, kind):
        return True


class Token(dict, TokenMixin):
    def check_client(self, client):
        return True

    def get_scope(self):
        return self.get("scope", "")

    def get_expires_in(self):
        return self["expires_in"]

    def is_expired(self):
        return False

    def is_revoked(self):
        return False


class AuthorizationServer:
    """
    Attributes:
        tokens: Access tokens that are good, in the order they were given.
        asked: Grant types, in the order they were asked for.
        seen: Headers of the requests to the API, in order.
        scopes, agreed: What tokens were asked for, and what a person agreed to.
        lifetime: Seconds that a token is said to last.
        pending: How often a device code is not there yet.
    """

    def __init__(self):
        self.tokens, self.asked, self.seen, self.scopes = [], [], [], []
        self.agreed = []
        self.lifetime, self.pending, self.rotate = 3600, 0, True
        self.methods = ("client_secret_basic", "client_secret_post", "none")
        self.refreshes, self.codes, self.devices = {}, {}, {}
        self.app = Flask("authorization")
        self._register()
        self._server = make_server(
            "127.0.0.1", 0, self.app, threaded=True, request_handler=_Quiet
        )
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def revoke(self):
        self.tokens.clear()

    # --- what authlib asks

    def _register(self):
        outer = self
        self.app.config["OAUTH2_REFRESH_TOKEN_GENERATOR"] = True

        def save(token, asked):
            outer.tokens.append(token["access_token"])
            if "refresh_token" in token:
                outer.refreshes[token["refresh_token"]] = Token(token)
            token["expires_in"] = outer.lifetime

        server = Authlib(
            self.app,
            query_client=lambda name: Client(self) if name == CLIENT else None,
            save_token=save,
        )

        class Code(grants.AuthorizationCodeGrant):
            TOKEN_ENDPOINT_AUTH_METHODS = (
                "client_secret_basic",
                "client_secret_post",
                "none",
            )

            def save_authorization_code(self, code, asked):
                outer.codes[code] = SimpleNamespace(
                    code=code,
                    payload=asked.payload,
                    get_redirect_uri=lambda: asked.payload.redirect_uri,
                    get_scope=lambda: asked.payload.scope or "",
                    get_nonce=lambda: None,
                    get_auth_time=lambda: int(time.time()),
                    code_challenge=asked.payload.data.get("code_challenge"),
                    code_challenge_method=asked.payload.data.get(
                        "code_challenge_method"
                    ),
                )

            def query_authorization_code(self, code, client):
                return outer.codes.get(code)

            def delete_authorization_code(self, code):
                outer.codes.pop(code.code)

            def authenticate_user(self, code):
                return USER

        class Password(grants.ResourceOwnerPasswordCredentialsGrant):
            TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_basic", "none")

            def authenticate_user(self, username, password):
                return USER if (username, password) == (USER, PASSWORD) else None

        class Refresh(grants.RefreshTokenGrant):
            TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_basic", "none")
            INCLUDE_NEW_REFRESH_TOKEN = self.rotate

            def authenticate_refresh_token(self, token):
                return outer.refreshes.get(token)

            def authenticate_user(self, token):
                return USER

            def revoke_old_credential(self, token):
                outer.refreshes.pop(token["refresh_token"], None)

        class Credentials(grants.ClientCredentialsGrant):
            TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_basic", "client_secret_post")

        class Device(DeviceCodeGrant):
            TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_basic", "none")

            def query_device_credential(self, code):
                return outer.devices.get(code)

            def query_user_grant(self, user_code):
                if outer.pending:
                    outer.pending -= 1
                    return None
                return USER, True

            def should_slow_down(self, credential):
                return outer.pending == 1

        class DeviceEndpoint(DeviceAuthorizationEndpoint):
            CLIENT_AUTH_METHODS = ("client_secret_basic", "none")

            def get_verification_uri(self):
                return f"{outer.url}/device"

            def save_device_credential(self, client_id, scope, data):
                data = {**data, "client_id": client_id, "scope": scope or ""}
                data["expires_at"] = time.time() + 600
                outer.devices[data["device_code"]] = DeviceCredentialDict(data)

        server.register_grant(Code, [CodeChallenge(required=True)])
        for each in (Password, Refresh, Credentials, Device):
            server.register_grant(each)
        server.register_endpoint(DeviceEndpoint)
        self._routes(server)

    def _routes(self, server):
        @self.app.post("/token")
        def token():
            self.asked.append(request.form["grant_type"])
            self.scopes.append(request.form.get("scope", ""))
            return server.create_token_response()

        @self.app.get("/authorize")
        def authorize():
            self.agreed.append(request.args.get("scope", ""))
            grant = server.get_consent_grant(end_user=USER)
            return server.create_authorization_response(grant_user=USER, grant=grant)

        @self.app.post("/device")
        def device():
            return server.create_endpoint_response("device_authorization")

        @self.app.get("/.well-known/openid-configuration")
        def configuration():
            return jsonify(
                issuer=self.url,
                token_endpoint=f"{self.url}/token",
                authorization_endpoint=f"{self.url}/authorize",
                device_authorization_endpoint=f"{self.url}/device",
            )

        @self.app.route("/api/me", methods=["GET", "POST"])
        def me():
            self.seen.append(dict(request.headers))
            given = request.headers.get("Authorization", "").removeprefix("Bearer ")
            if given not in self.tokens:
                return json.dumps({"error": f"{given} is no good"}), 401
            return jsonify(id="me-" + secrets.token_hex(2))


class _Quiet(WSGIRequestHandler):
    def log(self, *_args):
        """Nothing."""


def browse(url):
    """A browser whose user agrees at once: it follows the redirect to this machine."""

    def visit(url):
        parts = urlsplit(url)
        connection = http.client.HTTPConnection(parts.netloc)
        connection.request("GET", f"{parts.path}?{parts.query}")
        response = connection.getresponse()
        response.read()
        connection.close()
        return response.getheader("Location")

    def whole():
        visit(visit(url))

    threading.Thread(target=whole).start()
    return True
