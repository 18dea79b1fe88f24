"""The provider as a Flask app: which path leads to which endpoint.

May know: everything else of this package but the server.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from functools import partial
from typing import Final

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from admit.dev_provider import faults
from admit.dev_provider.authorize import authorize
from admit.dev_provider.config import ProviderConfig
from admit.dev_provider.control import control
from admit.dev_provider.dashboard import act, home
from admit.dev_provider.effects import okta_error
from admit.dev_provider.handler import LARGEST_BODY
from admit.dev_provider.logout import logout
from admit.dev_provider.metadata import keys, metadata, not_enabled
from admit.dev_provider.provider import Provider, Server
from admit.dev_provider.revocation import introspect, revoke
from admit.dev_provider.sign_in import sign_in
from admit.dev_provider.token_endpoint import token
from admit.dev_provider.userinfo import userinfo

Endpoint = Callable[[Provider, Server], Response]
EXTENSION: Final = "admit-dev-provider"
WELL_KNOWN: Final = ("openid-configuration", "oauth-authorization-server")

ENDPOINTS: Final[dict[str, tuple[Endpoint, tuple[str, ...]]]] = {
    "authorize": (authorize, ("GET", "POST")),
    "token": (token, ("POST",)),
    "keys": (keys, ("GET",)),
    "userinfo": (userinfo, ("GET", "POST")),
    "logout": (logout, ("GET", "POST")),
    "introspect": (introspect, ("POST",)),
    "revoke": (revoke, ("POST",)),
    "par": (not_enabled, ("POST",)),
    "device/authorize": (not_enabled, ("POST",)),
}


def create_app(config: ProviderConfig | None = None) -> Flask:
    """Return the provider as a Flask app.

    Args:
        config: The settings. The app must be served at ``config.url``.
    """
    provider = Provider(config or ProviderConfig())
    app = Flask(__name__, static_folder="assets", static_url_path="/assets")
    app.extensions[EXTENSION] = provider
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    # A name that somebody points to this address does not reach the provider.
    app.config["TRUSTED_HOSTS"] = ["127.0.0.1", "localhost", "[::1]"]
    for server, prefix in (("default", "/oauth2/default"), ("org", "/oauth2")):
        for name, (endpoint, methods) in ENDPOINTS.items():
            view = _view(provider, provider.servers[server], name, endpoint)
            path = f"{prefix}/v1/{name}"
            app.add_url_rule(path, path, view, methods=list(methods))
    for server, path in _metadata_paths():
        view = _view(provider, provider.servers[server], "metadata", metadata)
        app.add_url_rule(path, path, view)
    app.add_url_rule("/signin", "signin", partial(sign_in, provider), methods=["POST"])
    app.add_url_rule("/", "home", partial(home, provider))
    app.add_url_rule("/actions", "actions", partial(act, provider), methods=["POST"])
    app.add_url_rule(
        "/__dev/<path:command>", "control", partial(control, provider), methods=["GET", "POST"]
    )
    app.register_error_handler(HTTPException, _problem)
    return app


def _metadata_paths() -> list[tuple[str, str]]:
    paths = []
    for document in WELL_KNOWN:
        paths.append(("org", f"/.well-known/{document}"))
        paths.append(("default", f"/oauth2/default/.well-known/{document}"))
    # Spec: RFC 8414 3.1 puts the well-known part before the issuer's path.
    paths.append(("default", f"/.well-known/{WELL_KNOWN[1]}/oauth2/default"))
    return paths


def _view(
    provider: Provider, server: Server, name: str, endpoint: Endpoint
) -> Callable[[], Response]:
    """Return what answers at an endpoint: a fault of it that is armed, or the endpoint."""

    def view() -> Response:
        grant_type = request.form.get("grant_type", "") if name == "token" else None
        provider.count(name, grant_type)
        place = "refresh" if grant_type == "refresh_token" else name
        for answer in provider.faults.take(faults.answers(name, place)):
            instead = answer(provider.pause)
            if instead is not None:
                return instead
        return endpoint(provider, server)

    return view


def _problem(problem: HTTPException) -> Response:
    status = problem.code or 500
    code = "E0000007" if status == 404 else "E0000021"  # noqa: PLR2004 - HTTP
    response = okta_error(status, code, f"{problem.name}: {secrets.token_hex(4)}")
    allowed = problem.get_response().headers.get("Allow")
    if allowed:
        response.headers["Allow"] = allowed
    return response
