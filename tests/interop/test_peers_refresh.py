"""Access tokens that are renewed at providers that others wrote."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote, urlencode
from urllib.request import Request, urlopen

import pytest

from admit.stores import Store
from interop.conftest import SECRET, App, Peer
from interop.scripted import Browser, authenticate
from stores.conftest import wait_until

#: How long an access token of these providers lives, and a second.
ENDED = 61
#: What makes a provider give a refresh token.
ASKED: dict[str, dict[str, Any]] = {
    "oidc_provider": {
        "scope": ["openid", "profile", "email", "offline_access"],
        "authorization_parameters": {"prompt": "consent"},
    },
    "django_provider": {"scope": ["openid", "profile", "email"]},
    "idpyoidc_provider": {
        "scope": ["openid", "profile", "email", "offline_access"],
        "authorization_parameters": {"prompt": "consent"},
        "token_endpoint_auth_method": "client_secret_post",
    },
}


@pytest.fixture(params=list(ASKED))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def peer(request: pytest.FixtureRequest, name: str) -> Peer:
    peer: Peer = request.getfixturevalue(name)
    return peer


@contextmanager
def signed_in(
    peer: Peer, name: str, store: Store, client: str = "basic"
) -> Iterator[tuple[App, Browser]]:
    app, browser = App(peer, client, store=store, **ASKED[name]), Browser()
    with app.serving(peer.app_port):
        browser.open(f"{app.url}/profile")
        assert authenticate(browser).url == f"{app.url}/profile"
        yield app, browser


def read(app: App, browser: Browser, path: str) -> str:
    page = browser.open(app.url + path)
    assert (page.url, page.status) == (app.url + path, 200), page.text
    return page.html


def redeem(peer: Peer, app: App, refresh_token: str) -> tuple[int, dict[str, Any]]:
    """Bring the refresh token to the provider, as whoever stole both it and the secret."""
    with urlopen(f"{peer.issuer}/.well-known/openid-configuration", timeout=10) as answer:
        endpoint = json.load(answer)["token_endpoint"]
    pair = f"{quote(app.client)}:{quote(SECRET.format(app.client))}".encode()
    form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
    request = Request(endpoint, urlencode(form).encode())
    request.add_header("Authorization", f"Basic {b64encode(pair).decode()}")
    try:
        with urlopen(request, timeout=10) as answer:
            return answer.status, json.load(answer)
    except HTTPError as error:
        with error:
            return error.code, json.load(error)


def test_a_token_that_ended_is_renewed_and_the_rotated_refresh_token_kept(
    peer: Peer, name: str, store: Store
) -> None:
    with signed_in(peer, name, store) as (app, browser):
        first, kept = read(app, browser, "/token"), read(app, browser, "/refresh-token")
        assert read(app, browser, "/token") == first, "it was fresh"

        for _ in range(2):
            app.ahead += ENDED
            renewed, rotated = read(app, browser, "/token"), read(app, browser, "/refresh-token")
            assert renewed != first
            assert rotated != kept
            first, kept = renewed, rotated

        assert [len(app.told(f"refresh.{end}")) for end in ("ok", "failed", "refused")] == [2, 0, 0]
        assert "alice@example.com" in read(app, browser, "/profile")


def test_eight_requests_at_two_workers_are_one_refresh(oidc_provider: Peer, store: Store) -> None:
    with signed_in(oidc_provider, "oidc_provider", store) as (app, browser):
        other = App(oidc_provider, store=store, **ASKED["oidc_provider"])
        app.ahead = other.ahead = ENDED
        cookie = browser.cookie_header(app.url)
        oidc_provider.ask("/slow")
        barrier, before = Barrier(8), oidc_provider.seen().count("grant refresh_token")

        def ask(worker: App) -> tuple[int, str]:
            client = worker.flask.test_client(use_cookies=False)
            barrier.wait()
            answer = client.get("/token", base_url=app.url, headers={"Cookie": cookie})
            return answer.status_code, answer.text

        with ThreadPoolExecutor(8) as pool:
            answers = set(pool.map(ask, [app, other] * 4))
        oidc_provider.ask("/quick")

        assert [status for status, _ in answers] == [200], "all got the same token"
        assert oidc_provider.seen().count("grant refresh_token") - before == 1
        assert len(app.told("refresh.ok")) + len(other.told("refresh.ok")) == 1


def test_a_used_refresh_token_kills_the_family_and_the_user_signs_in_again(
    oidc_provider: Peer, store: Store
) -> None:
    with signed_in(oidc_provider, "oidc_provider", store) as (app, browser):
        stolen = read(app, browser, "/refresh-token")
        app.ahead = ENDED
        read(app, browser, "/token")
        status, answer = redeem(oidc_provider, app, stolen)
        assert (status, answer["error"]) == (400, "invalid_grant")

        app.ahead += ENDED
        page = browser.open(f"{app.url}/token")

        assert page.url.startswith(oidc_provider.url), "the provider asks"
        assert app.told("refresh.refused")[-1]["code"] == "refresh.invalid_grant"
        assert app.told("session.ended")[-1]["by"] == "refresh.invalid_grant"
        assert authenticate(browser).url == f"{app.url}/token", "one sign-in is enough"
        assert browser.page.status == 200


def test_where_a_repeated_refresh_mixes_two_tokens_a_new_sign_in_helps_silently(
    django_provider: Peer, store: Store
) -> None:
    """In its period of grace the provider repeats the tokens, but not the ID Token's at_hash."""
    with signed_in(django_provider, "django_provider", store) as (app, browser):
        kept = read(app, browser, "/refresh-token")
        assert redeem(django_provider, app, kept)[0] == 200, "the app never sees this answer"

        app.ahead = ENDED
        page = browser.open(f"{app.url}/token")

        assert (page.status, page.url) == (200, f"{app.url}/token")
        assert app.told("refresh.refused")[-1]["code"] == "id_token.at_hash_mismatch"
        assert read(app, browser, "/refresh-token") != kept


@pytest.mark.parametrize(
    ("name", "only"), [("oidc_provider", "app"), ("oidc_provider", ""), ("django_provider", "")]
)
def test_sign_out_gives_the_refresh_token_up(
    peer: Peer, name: str, only: str, store: Store
) -> None:
    """Where the metadata name no address for that, the provider's own sign-out does it."""
    with signed_in(peer, name, store) as (app, browser):
        kept = read(app, browser, "/refresh-token")
        browser.open(f"{app.url}/")
        browser.open(f"{app.url}/signout", {"only": only} if only else {})
        if browser.page.has_button("Yes, sign me out"):
            browser.press("Yes, sign me out")
        assert browser.page.text == "Nobody"

        wait_until(lambda: redeem(peer, app, kept)[0] != 200)

        assert app.told("revocation.failed") == []


def test_a_scope_that_the_provider_has_not_registered_ends_on_a_page(
    oidc_provider: Peer, store: Store
) -> None:
    with signed_in(oidc_provider, "oidc_provider", store, "modest") as (app, browser):
        read(app, browser, "/token?scope=email")
        page = browser.open(f"{app.url}/token?scope=groups")

        assert page.url.startswith(f"{app.url}/authorization-code/callback")
        assert (page.status, app.events[-1].fields["code"]) == (502, "authorization.invalid_scope")
        assert app.told("session.ended") == []
        assert "alice@example.com" in read(app, browser, "/profile")
