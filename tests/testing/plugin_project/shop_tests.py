"""The tests of that application: they run in a pytest of their own."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import closing
from urllib.request import urlopen

import pytest
from flask.testing import FlaskClient
from shop import create_app
from shop import sign_in as app_sign_in

from admit.pytest_plugin import SignedInAs, SignInAs
from admit.stores import make_ready, open_store
from admit.testing import SETTINGS, MemoryProvider

DEPLOYED = {**SETTINGS, "ADMIT_BASE_URL": "https://app.example.com"}
APPS = {
    "plain": SETTINGS,
    "deployed": DEPLOYED,
    "protected": {**DEPLOYED, "ADMIT_PROTECT_ALL": True},
    "prefix": {**SETTINGS, "ADMIT_BASE_URL": "https://app.example.com/shop"},
    "form_post": {**DEPLOYED, "ADMIT_RESPONSE_MODE": "form_post"},
    "stored": {**DEPLOYED, "ADMIT_SESSIONS": "sqlite:///{tmp}/sessions.db"},
    "post": {**DEPLOYED, "ADMIT_TOKEN_ENDPOINT_AUTH_METHOD": "client_secret_post"},
    "ps384": {**DEPLOYED, "ADMIT_ID_TOKEN_SIGNED_RESPONSE_ALG": "PS384"},
    "named": {**DEPLOYED, "SERVER_NAME": "internal.example"},
    "paths": {**DEPLOYED, "ADMIT_SIGN_IN_PATH": "/in", "ADMIT_CALLBACK_PATH": "/back"},
    "other": {**DEPLOYED, "ADMIT_ISSUER": "https://acme.okta.com", "ADMIT_CLIENT_ID": "0oa"},
}


def make_tables(url: str) -> None:
    with closing(open_store(url)) as store:
        make_ready(store)


@pytest.fixture(params=APPS)
def client(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[FlaskClient]:
    folder = tmp_path_factory.mktemp("store")
    settings = {
        name: value.replace("{tmp}", str(folder)) if isinstance(value, str) else value
        for name, value in APPS[request.param].items()
    }
    if "ADMIT_SESSIONS" in settings:
        make_tables(settings["ADMIT_SESSIONS"])
    app = create_app(TESTING=True, **settings)
    yield app.test_client()
    stored = app.extensions["admit"].parts.stored
    if stored is not None:
        stored.sessions.store.close()


def profile(client: FlaskClient) -> list[str]:
    answer = client.get("/profile")
    assert answer.status_code == 200, answer.text
    return answer.text.split("|")


def test_a_user_signs_in(client: FlaskClient, sign_in: SignInAs) -> None:
    answer = sign_in(client)
    assert answer.status_code == 303
    assert profile(client) == ["00u1", "Alice Example", "a@example.com", ""]


def test_the_user_is_who_the_test_says(client: FlaskClient, sign_in: SignInAs) -> None:
    answer = sign_in(client, sub="00u7", groups=["staff"], name="Bob", next="/profile?tab=1")
    assert answer.location.endswith("/profile?tab=1")
    assert profile(client) == ["00u7", "Bob", "a@example.com", "staff"]
    with client.session_transaction() as session:
        assert session.get("seen", "00u7") == "00u7"


def test_users_come_one_after_the_other(client: FlaskClient, sign_in: SignInAs) -> None:
    for number in range(6):
        sign_in(client, sub=f"00u{number}")
        assert profile(client)[0] == f"00u{number}"


def test_two_browsers_hold_two_users(client: FlaskClient, sign_in: SignInAs) -> None:
    other = client.application.test_client()
    sign_in(client, sub="00u1")
    sign_in(other, sub="00u2")
    assert profile(client)[0] == "00u1"
    assert profile(other)[0] == "00u2"


def test_a_session_comes_without_a_sign_in(client: FlaskClient, signed_in: SignedInAs) -> None:
    user = signed_in(client, sub="00u8", groups=("a", "b"), email="b@example.com")
    assert (user.sub, user.email) == ("00u8", "b@example.com")
    assert profile(client) == ["00u8", "Alice Example", "b@example.com", "a,b"]


def test_an_open_context_hides_no_user(
    client: FlaskClient, sign_in: SignInAs, signed_in: SignedInAs
) -> None:
    with client.application.app_context():
        client.get("/profile")
        sign_in(client, sub="00u1")
        assert profile(client)[0] == "00u1"
        signed_in(client, sub="00u2")
        assert profile(client)[0] == "00u2"
        sign_in(client, sub="00u3")
        assert profile(client)[0] == "00u3"


def test_a_session_comes_after_all_were_ended(client: FlaskClient, signed_in: SignedInAs) -> None:
    if client.application.extensions["admit"].parts.stored is None:
        pytest.skip("sessions in cookies cannot be ended from outside")
    # A whole sign-in counts as begun before the end while a slow store takes its first step.
    for _ in range(3):
        signed_in(client)
        assert profile(client)[0] == "00u1"
        with client.application.app_context():
            assert app_sign_in.end_sessions(sub="00u1") == 1
        assert client.get("/profile").status_code != 200


def test_a_refused_user_fails_the_test(client: FlaskClient, sign_in: SignInAs) -> None:
    with pytest.raises(AssertionError) as caught:
        sign_in(client, groups=["banned"])
    told = str(caught.value)
    assert told.startswith("the sign-in was refused: app.banned\n")
    assert "this user may not come in" in told
    assert "call us" in told


def test_a_user_may_be_refused_as_expected(client: FlaskClient, sign_in: SignInAs) -> None:
    answer = sign_in(client, groups=["banned"], expect="app.banned")
    assert answer.status_code == 403
    assert answer.text == "<h1>Sorry</h1><p>app.banned"
    assert client.get("/profile").status_code != 200


def test_a_sign_in_must_be_refused_where_that_is_expected(
    client: FlaskClient, sign_in: SignInAs
) -> None:
    with pytest.raises(AssertionError, match=r"refused with app\.banned, and was not"):
        sign_in(client, expect="app.banned")
    with pytest.raises(AssertionError, match=r"with app\.other, and was refused with app\.banned"):
        sign_in(client, groups=["banned"], expect="app.other")


@pytest.mark.parametrize(
    "name", ["id_token.alg_none", "keys.weak", "discovery.status_503", "token.silent"]
)
def test_a_fault_is_of_one_sign_in(
    client: FlaskClient, sign_in: SignInAs, provider: MemoryProvider, name: str
) -> None:
    fault = provider.commit(name)
    assert "Sorry" in sign_in(client, expect=fault.code).text
    provider.bend()
    sign_in(client, sub="00u3")
    assert profile(client)[0] == "00u3"


def test_what_bends_a_sign_in_bends_one_without_pages(
    client: FlaskClient, signed_in: SignedInAs, provider: MemoryProvider
) -> None:
    provider.bend(claims={"nonce": "other"})
    with pytest.raises(AssertionError, match=r"no session: id_token\.nonce_mismatch"):
        signed_in(client)
    assert signed_in(client).sub == "00u1"


def test_the_network_is_back_afterwards(client: FlaskClient, provider: MemoryProvider) -> None:
    party = client.application.extensions["admit"].parts.endpoints.relying_party
    assert party.http.http is not provider
    assert party.provider.fresh_metadata() is None


def test_nothing_secret_is_logged(
    client: FlaskClient,
    sign_in: SignInAs,
    provider: MemoryProvider,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(0)
    sign_in(client)
    assert "signin.ok" in caplog.text
    assert len(provider.secrets) > 5
    assert not [secret for secret in provider.secrets if secret in caplog.text]


def test_access_tokens_come_too(sign_in: SignInAs, signed_in: SignedInAs, tmp_path: object) -> None:
    url = f"sqlite:///{tmp_path}/s.db"
    make_tables(url)
    app = create_app(
        **{**SETTINGS, "ADMIT_SESSIONS": url},
        ADMIT_SCOPE="openid profile email offline_access",
    )
    tokens = set()
    for way in (sign_in, signed_in):
        client = app.test_client()
        way(client)
        tokens.add(client.get("/token").text)
    assert len(tokens) == 2
    assert all(token.startswith("access-") for token in tokens)
    app.extensions["admit"].parts.stored.sessions.store.close()


def test_an_algorithm_that_the_provider_has_not_is_named(sign_in: SignInAs) -> None:
    app = create_app(**SETTINGS, ADMIT_ID_TOKEN_SIGNED_RESPONSE_ALG="ES256")
    with pytest.raises(AssertionError, match="does not sign with ES256"):
        sign_in(app.test_client())


def test_the_provider_listens(provider_server: MemoryProvider, provider: MemoryProvider) -> None:
    assert provider_server is provider
    with urlopen(f"{provider.issuer}/.well-known/openid-configuration") as answer:
        assert json.load(answer)["issuer"] == provider.issuer
    assert any(thread.name == "provider" for thread in threading.enumerate())
