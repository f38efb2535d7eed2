"""Authlib on Flask, with tokens in memory."""

import os
import time

# Plain http, which Authlib otherwise refuses: everything stays on this machine.
os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"

from authlib.integrations.flask_oauth2 import AuthorizationServer, ResourceProtector
from authlib.oauth2.rfc6749 import ClientMixin, TokenMixin, grants
from authlib.oauth2.rfc6750 import BearerTokenValidator
from flask import Flask, jsonify, request

import peer

# Whether an answer to a renewal holds a new refresh token; the first is the default.
ROTATION = {"none": False, "rotate": True}

SETTINGS = peer.settings()
ROTATE = ROTATION.get(SETTINGS.get("rotation", "none"))
if ROTATE is None:
    peer.unknown(SETTINGS["rotation"])


class Client(ClientMixin):
    def get_client_id(self):
        return SETTINGS["clientId"]

    def check_client_secret(self, client_secret):
        return client_secret == SETTINGS["clientSecret"]

    def check_endpoint_auth_method(self, method, endpoint):
        return method in ("client_secret_basic", "client_secret_post")

    def check_grant_type(self, grant_type):
        return grant_type in ("client_credentials", "password", "refresh_token")

    def get_allowed_scope(self, scope):
        return scope or ""


class Token(TokenMixin):
    def __init__(self, values, user):
        self.values = values
        self.user = user
        self.ends = time.time() + values["expires_in"]

    def check_client(self, client):
        return True

    def get_scope(self):
        return self.values.get("scope", "")

    def get_expires_in(self):
        return self.values["expires_in"]

    def is_expired(self):
        return time.time() >= self.ends

    def is_revoked(self):
        return False


CLIENT = Client()
ACCESS = {}
REFRESH = {}


def save_token(values, asked):
    token = Token(values, asked.user)
    ACCESS[values["access_token"]] = token
    if "refresh_token" in values:
        REFRESH[values["refresh_token"]] = token


class ClientCredentials(grants.ClientCredentialsGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic", "client_secret_post"]


class Password(grants.ResourceOwnerPasswordCredentialsGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_post"]

    def authenticate_user(self, username, password):
        return "person" if (username, password) == ("person", "password") else None


class Refresh(grants.RefreshTokenGrant):
    INCLUDE_NEW_REFRESH_TOKEN = ROTATE
    TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic", "client_secret_post"]

    def authenticate_refresh_token(self, refresh_token):
        return REFRESH.get(refresh_token)

    def authenticate_user(self, refresh_token):
        return refresh_token.user

    def revoke_old_credential(self, refresh_token):
        if ROTATE:
            REFRESH.pop(refresh_token.values["refresh_token"], None)


class Validator(BearerTokenValidator):
    def authenticate_token(self, token_string):
        return ACCESS.get(token_string)


app = Flask(__name__)
app.config["OAUTH2_REFRESH_TOKEN_GENERATOR"] = True
server = AuthorizationServer(
    app,
    query_client=lambda client_id: CLIENT if client_id == SETTINGS["clientId"] else None,
    save_token=save_token,
)
for grant in (ClientCredentials, Password, Refresh):
    server.register_grant(grant)
protected = ResourceProtector()
protected.register_token_validator(Validator())


@app.post("/token")
def token():
    return server.create_token_response()


@app.get("/api/me")
@protected(None)
def me():
    return jsonify(me=SETTINGS["clientId"])


@app.post("/control/mint")
def mint():
    """The password grant, asked of the server from within."""
    fields = {"grant_type": "password", "username": "person", "password": "password"}
    secrets = {"client_id": SETTINGS["clientId"], "client_secret": SETTINGS["clientSecret"]}
    return app.test_client().post("/token", data={**fields, **secrets})


@app.post("/control/forget")
def forget():
    ACCESS.clear()
    return jsonify({})


peer.serve(app)
