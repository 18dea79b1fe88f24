"""The authorization endpoint: what is checked, in which order, and where the answer goes.

May know: model, provider, faults, pages, answers, sign_in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from flask import Response, request

from admit.dev_provider import faults, pages
from admit.dev_provider.answers import finish, refuse
from admit.dev_provider.model import (
    AuthorizationRequest,
    Client,
    Destination,
    Refused,
    Session,
    unauthorized_grant,
)
from admit.dev_provider.provider import SCOPES, SESSION_COOKIE, Provider, Server
from admit.dev_provider.sign_in import sign_in_page

STATE = re.compile(r"[A-Za-z0-9,._-]{1,1024}")
CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
MODES: Final = ("query", "fragment", "form_post")
PROMPTS: Final = ({"none"}, {"login"}, {"consent"}, {"login", "consent"}, set[str]())
LONGEST_SCOPE: Final = 1024
LARGEST_MAX_AGE: Final = 2**31 - 1


def authorize(provider: Provider, server: Server) -> Response:
    """Answer an authorization request: a page, a silent redirect or an error.

    Spec: RFC 6749 4.1.1, OIDC Core 3.1.2.
    """
    given = request.form if request.method == "POST" else request.args
    lists = {name: given.getlist(name) for name in given}
    client = provider.clients.get(_only(lists, "client_id"))
    if client is None:
        return _unknown_client(provider, lists)
    uri = _only(lists, "redirect_uri")
    if uri not in client.redirect_uris:
        return _unknown_redirect_uri(client, uri)
    state = _only(lists, "state")
    mode = _only(lists, "response_mode")
    sound = state if STATE.fullmatch(state) else None
    destination = Destination(uri, mode if mode in MODES else "query", sound)
    try:
        asked = _checked(lists, client, server, destination)
        return _answer(provider, asked)
    except Refused as refused:
        return refuse(provider, destination, refused)


def _only(lists: Mapping[str, list[str]], name: str) -> str:
    """Return the value of a parameter given once; a repeated one counts as missing."""
    values = lists.get(name, [])
    return values[0] if len(values) == 1 else ""


def _unknown_client(provider: Provider, lists: Mapping[str, list[str]]) -> Response:
    return pages.error_page(
        "invalid_client",
        "Invalid value for 'client_id' parameter.",
        "Compare the client id of the app with the ones that this provider knows.",
        [("Received", _only(lists, "client_id") or "(nothing, or twice)")]
        + [("Known", client_id) for client_id in provider.clients],
    )


def _unknown_redirect_uri(client: Client, uri: str) -> Response:
    return pages.error_page(
        "invalid_request",
        "The 'redirect_uri' parameter must be a Login redirect URI in the client app settings.",
        "The two must be the same character by character. To register another one, start the"
        " provider with --redirect-uri URI.",
        [("Received", uri or "(nothing, or twice)")]
        + [("Registered", registered) for registered in client.redirect_uris],
    )


def _checked(
    lists: Mapping[str, list[str]], client: Client, server: Server, destination: Destination
) -> AuthorizationRequest:
    repeated = next((name for name, values in lists.items() if len(values) > 1), None)
    if repeated is not None:
        message = f"Duplicate parameter provided in request: '{repeated[:40]}'."
        raise Refused("invalid_request", message)
    values = {name: given[0] for name, given in lists.items()}
    if destination.state is None:
        message = "The authentication request has an invalid 'state' parameter."
        raise Refused("invalid_request", message)
    _check_response(values)
    prompt, max_age = _prompt(values)
    return AuthorizationRequest(
        server=server.name,
        client_id=client.client_id,
        destination=destination,
        scopes=_scopes(values, client),
        nonce=values.get("nonce") or None,
        code_challenge=_code_challenge(values, client),
        prompt=prompt,
        max_age=max_age,
        login_hint=values.get("login_hint", "")[:200],
    )


def _check_response(values: Mapping[str, str]) -> None:
    if values.get("response_type") != "code":
        message = (
            "The response type is not supported by the authorization server. Configured response"
            " types: [code]."
        )
        raise Refused("unsupported_response_type", message)
    if values.get("response_mode", "query") not in MODES:
        message = "The response mode is not supported for the requested response type."
        raise Refused("unsupported_response_mode", message)
    for name in ("request", "request_uri"):
        if name in values:
            raise Refused(f"{name}_not_supported", f"The '{name}' parameter is not supported.")


def _scopes(values: Mapping[str, str], client: Client) -> tuple[str, ...]:
    scope = values.get("scope", "")
    asked = tuple(dict.fromkeys(scope.split()))
    if "openid" not in asked:
        message = "The authentication request must contain the 'openid' scope."
        raise Refused("invalid_scope", message)
    if len(scope) > LONGEST_SCOPE or not set(asked) <= set(SCOPES):
        message = "One or more scopes are not configured for the authorization server resource."
        raise Refused("invalid_scope", message)
    if "offline_access" in asked and not client.refresh_token:
        raise unauthorized_grant(client)
    return asked


def _code_challenge(values: Mapping[str, str], client: Client) -> str | None:
    challenge = values.get("code_challenge")
    if challenge is None:
        if client.pkce_required or "code_challenge_method" in values:
            message = "PKCE code challenge is required by the application."
            raise Refused("invalid_request", message)
        return None
    if values.get("code_challenge_method") != "S256":
        message = "PKCE code challenge method is not supported. Supported methods: [S256]."
        raise Refused("invalid_request", message)
    if not CHALLENGE.fullmatch(challenge):
        message = "PKCE code challenge has a wrong length or illegal characters."
        raise Refused("invalid_request", message)
    return challenge


def _prompt(values: Mapping[str, str]) -> tuple[frozenset[str], int | None]:
    prompt = frozenset(values.get("prompt", "").split())
    if prompt not in PROMPTS:
        raise Refused("invalid_request", "Invalid value for 'prompt' parameter.")
    text = values.get("max_age", "")
    if text and not (re.fullmatch("[0-9]{1,10}", text) and int(text) <= LARGEST_MAX_AGE):
        raise Refused("invalid_request", "Invalid value for 'max_age' parameter.")
    max_age = int(text) if text else None
    if "none" in prompt and max_age == 0:
        message = (
            "'prompt' parameter must not have the value 'none' for request with 'zero' as max_age."
        )
        raise Refused("invalid_request", message)
    return prompt, max_age


def _answer(provider: Provider, asked: AuthorizationRequest) -> Response:
    for error in provider.faults.take(faults.BEFORE_SIGN_IN):
        raise Refused(*error)
    session = provider.sessions.get(request.cookies.get(SESSION_COOKIE, ""))
    if session is not None and not _must_sign_in(asked, session, provider.now()):
        return finish(provider, asked, session)
    if "none" in asked.prompt:
        why = "the user is not logged in" if session is None else None
        why = why or "the client app requires re-authentication or MFA"
        raise Refused("login_required", f"The client specified not to prompt, but {why}.")
    return sign_in_page(provider, asked)


def _must_sign_in(asked: AuthorizationRequest, session: Session, now: int) -> bool:
    if "login" in asked.prompt:
        return True
    if asked.max_age is None:
        return False
    return asked.max_age == 0 or now - session.auth_time > asked.max_age
