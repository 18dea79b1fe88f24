"""idpyoidc with a plain sign-in form. ISSUER is its own address, RP and OTHER the applications'."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import threading
import warnings
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, make_response, redirect, request
from idpyoidc.message.oauth2 import ResponseMessage
from idpyoidc.message.oidc import AccessTokenRequest, AuthorizationRequest
from idpyoidc.server import Server
from idpyoidc.server.configure import OPConfiguration
from idpyoidc.server.exception import FailedAuthentication, OnlyForTestingWarning
from waitress.server import create_server

ISSUER, RP, OTHER = os.environ["ISSUER"], os.environ["RP"], os.environ["OTHER"]
USERS = {
    name: {"name": f"{name.title()} Example", "email": f"{name}@example.com"}
    for name in ("alice", "bob")
}
FOLDER = Path(tempfile.mkdtemp(prefix="idpyoidc-"))
(FOLDER / "passwords.json").write_text(json.dumps({name: f"{name}-pw" for name in USERS}))
(FOLDER / "login.html").write_text("""<h1>Peer: login</h1><form method="post" action="{{ action }}">
<input type="hidden" name="token" value="{{ token }}">
<label>User <input name="username"></label>
<label>Password <input name="password" type="password"></label>
<button>Sign in</button></form>""")
ASK = """<h1>Peer: sign out</h1><form method="post" action="/rp_logout">
<input type="hidden" name="sjwt" value="{}"><button>Yes, sign me out</button></form>"""
FRAMES = """<h1>Peer: signed out</h1>{}<form action="/back">
<input type="hidden" name="to" value="{}"><button>Continue</button></form>"""
MINTS = ["access_token", "refresh_token", "id_token"]
BY_SECRET = ["client_secret_post"]


def of_server(name: str, /, **arguments: Any) -> dict[str, Any]:
    """Return how the configuration names a class of idpyoidc's."""
    return {"class": f"idpyoidc.server.{name}", "kwargs": arguments}


def at(path: str, name: str, /, **arguments: Any) -> dict[str, Any]:
    """Return how the configuration names an endpoint."""
    return {"path": path, **of_server(name, **arguments)}


def cookies() -> dict[str, Any]:
    """Return how the provider's cookies are sealed, and named apart from the applications'."""
    keys = [{"type": "OCT", "use": [use], "kid": use} for use in ("enc", "sig")]
    return of_server(
        "cookie_handler.CookieHandler",
        flags={"samesite": "Lax", "httponly": True, "secure": False},
        keys={"key_defs": keys},
        name={"session": "peer", "register": "peer_rp", "session_management": "peer_state"},
    )


CONFIGURATION = {
    "issuer": ISSUER,
    "entity_id": ISSUER,
    "httpc_params": {"timeout": 5},
    "template_dir": str(FOLDER),
    "keys": {
        "uri_path": "jwks",
        "key_defs": [
            {"type": "RSA", "use": ["sig"]},
            {"type": "EC", "crv": "P-256", "use": ["sig"]},
        ],
    },
    "add_on": {
        "pkce": {
            "function": "idpyoidc.server.oauth2.add_on.pkce.add_support",
            "kwargs": {"essential": True, "code_challenge_method": "S256"},
        }
    },
    "authz": of_server(
        "authz.AuthzHandling",
        grant_config={
            "expires_in": 43200,
            "usage_rules": {
                "authorization_code": {"supports_minting": MINTS, "max_usage": 1},
                "access_token": {},
                "refresh_token": {"supports_minting": MINTS},
            },
        },
    ),
    "authentication": {
        "user": {
            "acr": "urn:example:password",
            **of_server(
                "user_authn.user.UserPassJinja2",
                verify_endpoint="/verify",
                template="login.html",
                db=of_server("util.JSONDictDB", filename=str(FOLDER / "passwords.json")),
            ),
        }
    },
    "claims_interface": of_server("session.claims.ClaimsInterface"),
    "cookie_handler": cookies(),
    "scopes_to_claims": {
        "openid": ["sub"],
        "profile": ["name"],
        "email": ["email"],
        "offline_access": [],
    },
    "preference": {
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "id_token_signing_alg_values_supported": ["RS256", "ES256"],
    },
    "endpoint": {
        "provider_info": at(
            ".well-known/openid-configuration",
            "oidc.provider_config.ProviderConfiguration",
            client_authn_method=None,
        ),
        "authorization": at(
            "authorization",
            "oidc.authorization.Authorization",
            client_authn_method=None,
            response_types_supported=["code"],
            response_modes_supported=["query"],
        ),
        "token": at("token", "oidc.token.Token", client_authn_method=BY_SECRET),
        "userinfo": at("userinfo", "oidc.userinfo.UserInfo"),
        "end_session": at(
            "session",
            "oidc.session.Session",
            logout_verify_url="verify_logout",
            post_logout_uri_path="signed_out",
            signing_alg="ES256",
            frontchannel_logout_supported=True,
            frontchannel_logout_session_supported=True,
            backchannel_logout_supported=True,
            backchannel_logout_session_supported=True,
        ),
    },
    "token_handler_args": {
        "key_conf": {
            "key_defs": [
                {"type": "oct", "bytes": 24, "use": ["enc"], "kid": kid}
                for kid in ("code", "refresh")
            ]
        },
        "code": {"kwargs": {"lifetime": 600}},
        "token": of_server("token.jwt_token.JWTToken", lifetime=60),
        "refresh": {"kwargs": {"lifetime": 86400}},
        "id_token": of_server("token.id_token.IDToken", lifetime=3600, add_claims_by_scope=True),
    },
    "userinfo": of_server("user_info.UserInfo", db=USERS),
}
warnings.simplefilter("ignore", OnlyForTestingWarning)
provider = Server(OPConfiguration(CONFIGURATION, base_path=str(FOLDER)), cwd=str(FOLDER))
context = provider.get_context()
# Without this, version 5.0.0 answers every sign-out with KeyError('token').
provider.get_endpoint("session").client_authentication = lambda *_, **__: {}
app = Flask("idpyoidc_provider")
SEEN: list[str] = []


def register(client_id: str, base: str, **more: Any) -> None:
    """Make an application known."""
    context.cdb[client_id] = {
        "client_id": client_id,
        "client_secret": f"{client_id} secret: 100% + a&b=c",
        "client_salt": "salt",
        "redirect_uris": [(f"{base}/authorization-code/callback", {})],
        "post_logout_redirect_uri": [base, {}],
        "token_endpoint_auth_method": "client_secret_post",
        "response_types_supported": ["code"],
        "id_token_signed_response_alg": "RS256",
        "allowed_scopes": list(CONFIGURATION["scopes_to_claims"]),
        **more,
    }


register("basic", RP)
register("back", OTHER, backchannel_logout_uri=f"{OTHER}/backchannel-logout")
for client_id, base in (("front", RP), ("other-front", OTHER)):
    register(
        client_id,
        base,
        frontchannel_logout_uri=f"{base}/frontchannel-logout",
        frontchannel_logout_session_required=True,
    )


def run(name: str) -> Response:
    """Let the endpoint answer the request."""
    endpoint = provider.get_endpoint(name)
    seen = {
        "headers": {key.lower(): value for key, value in request.headers},
        "method": request.method,
        "url": request.url,
        "cookie": [{"name": key, "value": value} for key, value in request.cookies.items()],
    }
    try:
        given = endpoint.parse_request(request.values.to_dict(), http_info=seen)
        if isinstance(given, ResponseMessage) and "error" in given:
            return refuse(given.to_json())
        if name == "token":
            given = AccessTokenRequest(**given)
        return answer(endpoint, given, endpoint.process_request(given, http_info=seen))
    except Exception as error:  # noqa: BLE001 - whatever it dislikes
        SEEN.append(f"{name}: {error!r}")
        return refuse(json.dumps({"error": "invalid_request", "error_description": str(error)}))


def refuse(text: str) -> Response:
    """Return an error response."""
    return Response(text, 400, mimetype="application/json")


def answer(endpoint: Any, given: Any, found: dict[str, Any]) -> Response:
    """Return what the endpoint has found, as a redirect or in the body."""
    if "redirect_location" in found:
        return redirect(found["redirect_location"])
    if "http_response" in found:
        return make_response(found["http_response"])
    info = endpoint.do_response(request=given, **found)
    if info.get("response_placement", endpoint.response_placement) == "body":
        status = info.get("response_code", 400 if "error" in found else 200)
        response = make_response(info["response"], status)
    else:
        response = redirect(info["response"])
    for key, value in info["http_headers"]:
        response.headers[key] = value
    return with_cookies(response, info.get("cookie", []))


def with_cookies(response: Response, cookies: Any) -> Response:
    """Set the provider's cookies."""
    for cookie in cookies if isinstance(cookies, list) else [cookies]:
        rest = {key: value for key, value in cookie.items() if key != "name"}
        response.set_cookie(cookie["name"], **rest | {"path": "/", "samesite": "Lax"})
    return response


for name, endpoint in provider.endpoint.items():
    path = urlsplit(endpoint.endpoint_path).path.lstrip("/")
    app.add_url_rule(f"/{path}", name, lambda name=name: run(name), methods=["GET", "POST"])


@app.get("/jwks")
def jwks() -> Response:
    """Return the public keys."""
    return Response(context.keyjar.export_jwks_as_json(), mimetype="application/json")


@app.get("/seen")
def seen() -> list[str]:
    """Return what went wrong here."""
    return SEEN


@app.post("/verify")
def verify() -> Response:
    """Take the sign-in form."""
    method = context.authn_broker.get_method_by_id("user")
    try:
        user = method.verify(**request.form)
    except FailedAuthentication:
        return make_response("Wrong user or password", 403)
    asked = method.unpack_token(request.form["token"])
    wanted = AuthorizationRequest().from_urlencoded(asked["query"])
    endpoint = provider.get_endpoint("authorization")
    session = endpoint.create_session(wanted, user, asked["authn_class_ref"], asked["iat"], method)
    return answer(endpoint, wanted, endpoint.authz_part2(request=wanted, session_id=session))


@app.get("/verify_logout")
def verify_logout() -> str:
    """Ask whether to sign out."""
    return ASK.format(request.args["sjwt"])


@app.post("/rp_logout")
def rp_logout() -> Response:
    """Sign out, tell all applications, and show the frames of those that want one."""
    endpoint = provider.get_endpoint("session")
    info = endpoint.unpack_signed_jwt(request.form["sjwt"])
    frames = endpoint.do_verified_logout(alla=True, sid=info["sid"])
    page = FRAMES.format("".join(f"{frame}</iframe>" for frame in frames), info["redirect_uri"])
    return with_cookies(make_response(page), endpoint.kill_cookies())


@app.get("/back")
def back() -> Response:
    """Go back to the application."""
    return redirect(request.args["to"])


def end_with_the_tests() -> None:
    """End when whoever started this one has ended, in whatever way."""
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    threading.Thread(target=end_with_the_tests, daemon=True).start()
    server = create_server(app, host="127.0.0.1", port=urlsplit(ISSUER).port)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    server.run()
