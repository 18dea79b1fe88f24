"""A provider that misbehaves on demand: every fault is caught, by the rule that it breaks."""

from __future__ import annotations

import http.client
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient

from interop.conftest import App, Peer

PAGE = {"Accept": "text/html"}


def call(method: str, url: str) -> http.client.HTTPResponse:
    """Ask the peer, and follow no redirect."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
    connection.request(method, f"{parts.path}?{parts.query}" if parts.query else parts.path)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer


def arm(peer: Peer, fault: str) -> None:
    assert call("POST", f"{peer.url}/arm/{fault}").status == 204


def sign_in(app: App, client: FlaskClient) -> tuple[int, str]:
    """Go the whole way, and return the callback's status and the code in the log."""
    begun = client.get("/signin", base_url=app.url, headers=PAGE)
    back = call("GET", begun.location).getheader("Location", "")
    answer = client.get(back.removeprefix(app.url), base_url=app.url, headers=PAGE)
    return answer.status_code, str(app.events[-1].fields.get("code", app.events[-1].name))


def is_signed_in(app: App, client: FlaskClient) -> bool:
    return client.get("/profile", base_url=app.url, headers=PAGE).status_code == 200


def test_without_a_fault_it_signs_in(mock_server: Peer) -> None:
    app = App(mock_server)
    client = app.flask.test_client()
    assert sign_in(app, client) == (303, "signin.ok")
    assert is_signed_in(app, client)


def test_new_keys_are_fetched_when_they_are_met(mock_server: Peer) -> None:
    app = App(mock_server)
    sign_in(app, app.flask.test_client())
    arm(mock_server, "rotate")
    assert sign_in(app, app.flask.test_client()) == (303, "signin.ok")


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        ("iss-other", 400, "id_token.iss_mismatch"),
        ("iss-slash", 400, "id_token.iss_mismatch"),
        ("iss-list", 400, "id_token.iss_mismatch"),
        ("aud-other", 400, "id_token.aud_mismatch"),
        ("aud-extra", 400, "id_token.aud_mismatch"),
        ("azp-other", 400, "id_token.azp_mismatch"),
        ("aud-empty", 400, "id_token.aud_mismatch"),
        ("nonce-other", 400, "id_token.nonce_mismatch"),
        ("nonce-gone", 400, "id_token.nonce_missing"),
        ("exp-gone", 400, "id_token.exp_invalid"),
        ("iat-gone", 400, "id_token.iat_invalid"),
        ("sub-gone", 400, "id_token.sub_invalid"),
        ("expired", 400, "id_token.expired"),
        ("exp-text", 400, "id_token.exp_invalid"),
        ("iat-future", 400, "id_token.iat_in_future"),
        ("nbf-future", 400, "id_token.nbf_in_future"),
        ("sub-empty", 400, "id_token.sub_invalid"),
        ("sub-number", 400, "id_token.sub_invalid"),
        ("at-hash-other", 400, "id_token.at_hash_mismatch"),
        ("alg-none", 400, "id_token.alg"),
        ("alg-hs256", 400, "id_token.alg"),
        ("crit-unknown", 400, "id_token.crit"),
        ("typ-access-token", 400, "id_token.typ"),
        ("signed-by-stranger", 400, "id_token.signature"),
        ("key-brought-along", 400, "id_token.signature"),
        ("access-token-twice", 400, "id_token.aud_mismatch"),
        ("signature-cut", 400, "id_token.signature"),
        ("payload-changed", 400, "id_token.signature"),
        ("five-parts", 400, "id_token.encrypted"),
        ("unknown-key", 400, "id_token.unknown_key"),
        ("no-id-token", 400, "token.id_token_missing"),
        ("no-access-token", 400, "token.access_token_missing"),
        ("type-mac", 400, "token.token_type"),
        ("token-500", 503, "provider.unavailable"),
        ("token-429", 503, "provider.rate_limited"),
        ("token-list", 502, "token.malformed"),
        ("token-error-200", 400, "token.invalid_grant"),
        ("token-grant", 400, "token.invalid_grant"),
        ("token-html", 502, "token.malformed"),
        ("token-refused", 502, "token.invalid_client"),
        ("userinfo-other-sub", 400, "userinfo.sub_mismatch"),
        ("userinfo-no-sub", 400, "userinfo.sub_mismatch"),
        ("userinfo-list", 502, "userinfo.malformed"),
        ("userinfo-503", 503, "provider.unavailable"),
        ("userinfo-403", 502, "userinfo.refused"),
        ("state-other", 400, "attempt.missing"),
        ("state-gone", 400, "response.state_missing"),
        ("code-twice", 400, "response.duplicate_parameter"),
        ("code-and-error", 403, "authorization.denied"),
        ("state-twice", 400, "response.duplicate_parameter"),
        ("iss-mixed-up", 400, "response.iss_mismatch"),
        ("code-gone", 400, "response.code_missing"),
    ],
)
def test_a_fault_is_caught(mock_server: Peer, fault: str, status: int, code: str) -> None:
    app = App(mock_server)
    client = app.flask.test_client()
    sign_in(app, app.flask.test_client())
    arm(mock_server, fault)

    assert sign_in(app, client) == (status, code)

    assert not is_signed_in(app, client)
    assert sign_in(app, app.flask.test_client()) == (303, "signin.ok"), "it was for once"


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        ("metadata-404", 502, "discovery.not_found"),
        ("metadata-500", 503, "provider.unavailable"),
        ("metadata-list", 502, "discovery.malformed"),
        ("metadata-other-issuer", 502, "discovery.issuer_mismatch"),
        ("metadata-no-token-endpoint", 502, "discovery.bad_endpoint"),
        ("metadata-http", 502, "discovery.bad_endpoint"),
        ("metadata-file", 502, "discovery.bad_endpoint"),
        ("metadata-script", 502, "discovery.bad_endpoint"),
    ],
)
def test_with_metadata_that_is_wrong_no_browser_is_sent_anywhere(
    mock_server: Peer, fault: str, status: int, code: str
) -> None:
    app = App(mock_server)
    arm(mock_server, fault)

    answer = app.flask.test_client().get("/signin", base_url=app.url, headers=PAGE)

    assert (answer.status_code, app.events[-1].fields["code"]) == (status, code)
    assert "Location" not in answer.headers


def test_an_iss_that_the_metadata_promise_is_demanded(mock_server: Peer) -> None:
    app = App(mock_server)
    client = app.flask.test_client()
    arm(mock_server, "metadata-iss")
    assert sign_in(app, client) == (400, "response.iss_missing")
    assert not is_signed_in(app, client)


def test_keys_that_check_no_signature_are_fetched_anew(mock_server: Peer) -> None:
    app = App(mock_server)
    arm(mock_server, "jwks-secret")
    assert sign_in(app, app.flask.test_client()) == (303, "signin.ok")


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        ("jwks-500", 503, "provider.unavailable"),
        ("jwks-list", 502, "jwks.malformed"),
        ("jwks-empty", 502, "jwks.empty"),
        ("jwks-redirect", 502, "jwks.malformed"),
        ("token-silent", 504, "provider.timeout"),
        ("token-hangs-up", 503, "provider.unreachable"),
        ("token-cut", 502, "provider.broken_answer"),
        ("token-endless", 502, "provider.too_large"),
        ("token-redirect", 502, "token.malformed"),
    ],
)
def test_a_provider_that_answers_oddly_signs_nobody_in(
    mock_server: Peer, fault: str, status: int, code: str
) -> None:
    app = App(mock_server, http_timeout=1)
    client = app.flask.test_client()
    arm(mock_server, fault)

    assert sign_in(app, client) == (status, code)

    assert not is_signed_in(app, client)
