"""A whole sign-in, from the first redirect to the user, with a provider in memory.

The second part bends that provider as the official client tests do; a row has their module's name.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from joserfc.jwk import ECKey, OKPKey

from admit.attempts import Attempts
from admit.blocking import BlockingLock
from admit.client_auth import ClientSecretPost, NoAuthentication
from admit.errors import ProviderError, SignInError
from admit.exchanges import SignedIn
from admit.model import AuthorizationRequest
from admit.ports import HttpRequest, HttpResponse, run_sync
from admit.protocol.authorization import response_state
from admit.relying_party import RelyingParty
from admit.sealing import Sealer
from admit.sessions import CookieSessions
from admit.testing import MemoryProvider
from admit.user import User, user_id
from material import CLIENT, NOW, answer, refused

ISSUER = "https://provider.test/test/a/alias/"
DISCOVERY, JWKS = "/.well-known/openid-configuration", "/v1/keys"
TOKEN, USERINFO = "/v1/token", "/v1/userinfo"


class Recorder(MemoryProvider):
    """A provider that keeps what it was asked."""

    def __init__(self, **changes: Any) -> None:
        super().__init__(issuer=ISSUER, **changes)
        self.seen: list[HttpRequest] = []

    async def send(self, request: HttpRequest) -> HttpResponse:
        self.seen.append(request)
        return await super().send(request)


def relying_party(provider: Recorder, **client: Any) -> RelyingParty:
    return RelyingParty(
        replace(CLIENT, **{"issuer": ISSUER, "userinfo": "always", **client}),
        http=provider,
        lock=BlockingLock,
        clock=lambda: NOW,
        random=secrets.token_bytes,
    )


def begin(rp: RelyingParty) -> tuple[AuthorizationRequest, str]:
    return run_sync(rp.begin(return_to="/reports", parameters={}))


def sign_in(rp: RelyingParty, provider: Recorder) -> SignedIn:
    request, url = begin(rp)
    return run_sync(rp.complete(provider.authorize(url), request))


def test_a_browser_goes_out_comes_back_and_is_signed_in() -> None:
    provider = Recorder()
    provider.userinfo["groups"] = ["staff"]
    rp = relying_party(provider)
    sealer = Sealer(["secret-" * 6], secrets.token_bytes)
    attempts = Attempts(sealer, "__Host-admit-", milliseconds=lambda: NOW * 1000)
    sessions = CookieSessions(
        sealer, secrets.token_bytes, name="__Host-admit", audience=(ISSUER, "client"),
        idle=3600, absolute=43_200,
    )  # fmt: skip

    attempt, url = begin(rp)
    cookies = {attempts.cookie_name(attempt.state): attempts.seal(attempt)}
    callback = parse_qs(urlsplit(provider.callback(url)).query)

    state = response_state(callback)
    kept = attempts.open(cookies[attempts.cookie_name(state)])
    assert kept == replace(attempt, began=NOW * 1000)
    moment = run_sync(attempts.use(kept, NOW))
    assert moment == (NOW * 1000, NOW * 1000)
    signed_in = run_sync(rp.complete(callback, attempt))
    _, cookie = run_sync(
        sessions.start(
            signed_in.id_token, signed_in.userinfo, attempt="a" * 16, moment=moment, now=NOW
        )
    )

    session = run_sync(sessions.load(cookie, NOW + 60))
    assert session is not None
    user = User.of(session)
    assert user.id == user_id(ISSUER, "00u1")
    assert (user.name, user.email, user.groups) == ("Alice Example", "a@example.com", ("staff",))
    assert attempt.return_to == "/reports"

    goodbye = run_sync(rp.end_session_url(id_token_hint=session.id_token, state="s"))
    assert goodbye is not None
    query = parse_qs(urlsplit(goodbye).query)
    assert query["id_token_hint"] == [signed_in.id_token.raw]
    run_sync(sessions.end(session, NOW + 60))
    assert run_sync(sessions.load(cookie, NOW + 60)) is None


def test_it_asks_four_times_below_the_issuer_and_nowhere_else() -> None:
    provider = Recorder()
    sign_in(relying_party(provider), provider)
    assert [request.url for request in provider.seen] == [
        ISSUER + ".well-known/openid-configuration",
        ISSUER + "v1/token",
        ISSUER + "v1/keys",
        ISSUER + "v1/userinfo",
    ]


def test_the_browser_carries_no_secret_and_the_back_channel_no_token_in_an_address() -> None:
    provider = Recorder()
    rp = relying_party(provider)
    attempt, url = begin(rp)
    run_sync(rp.complete(provider.authorize(url), attempt))
    assert "secret-of-the-client" not in url
    assert attempt.code_verifier not in url
    assert all("?" not in request.url for request in provider.seen)
    userinfo = provider.seen[-1]
    assert userinfo.headers["Authorization"].startswith("Bearer access-")
    assert userinfo.body is None


def test_two_tabs_both_finish_and_a_third_begun_between_them_too() -> None:
    provider = Recorder()
    rp = relying_party(provider)
    (one, one_url), (two, two_url) = begin(rp), begin(rp)
    first, second = provider.authorize(one_url), provider.authorize(two_url)
    assert run_sync(rp.complete(first, one)).id_token.sub == "00u1"
    three, three_url = begin(rp)
    third = provider.authorize(three_url)
    assert run_sync(rp.complete(second, two)).id_token.sub == "00u1"
    assert run_sync(rp.complete(third, three)).id_token.sub == "00u1"


def test_the_provider_in_memory_compares_the_redirect_uri() -> None:
    provider = Recorder()
    rp = relying_party(provider)
    attempt, url = begin(rp)
    moved = replace(attempt, redirect_uri="https://other.test/callback")
    with refused("token.invalid_grant") as caught:
        run_sync(rp.complete(provider.authorize(url), moved))
    assert "redirect_uri" in caught.value.detail


def test_a_code_works_once() -> None:
    provider = Recorder()
    rp = relying_party(provider)
    attempt, url = begin(rp)
    response = provider.authorize(url)
    run_sync(rp.complete(response, attempt))
    with refused("token.invalid_grant"):
        run_sync(rp.complete(response, attempt))


def test_the_same_user_at_another_issuer_is_another_user() -> None:
    provider = Recorder()
    claims = sign_in(relying_party(provider), provider).id_token.claims
    assert User(claims).id != user_id(ISSUER.rstrip("/"), "00u1")


def test_an_access_token_in_place_of_the_id_token_is_refused() -> None:
    provider = Recorder()
    provider.header["typ"] = "at+jwt"
    with refused("id_token.typ"):
        sign_in(relying_party(provider), provider)


def test_a_port_that_suspends_is_told_to_the_developer() -> None:
    class Pause:
        def __await__(self) -> Any:
            yield

    async def suspend() -> None:
        await Pause()

    with pytest.raises(RuntimeError, match="async port"):
        run_sync(suspend())


# The official client tests: what must pass, and what must be refused.


def mixed_keys(provider: Recorder, *, kids: bool = True, rsa: int = 2) -> None:
    """Publish keys as the official provider does: many kinds, no ``alg``, some for encryption."""
    kinds: list[Any] = [
        {k: v for k, v in provider.jwk(number).items() if k != "alg"} for number in range(rsa)
    ]
    if rsa == 2:
        curves = ("P-256", "P-256", "secp256k1")
        kinds += [ECKey.generate_key(curve).as_dict(private=False) for curve in curves]
        kinds.append(OKPKey.generate_key("Ed25519").as_dict(private=False))
        kinds = [{"kid": f"kid-{n}", "use": "sig", **key} for n, key in enumerate(kinds)]
    if not kids:
        kinds = [{k: v for k, v in key.items() if k != "kid"} for key in kinds]
    encryption = [
        {**provider.jwk(1), "use": "enc", "alg": "RSA-OAEP", "kid": "enc-1"},
        {"kty": "EC", "use": "enc", "alg": "ECDH-ES", "kid": "enc-2", "crv": "P-256",
         "x": "AA", "y": "AA"},
    ]  # fmt: skip
    provider.answers[JWKS] = answer({"keys": encryption + kinds})


def no_kids(provider: Recorder, *, rsa: int) -> None:
    provider.header["kid"] = None
    mixed_keys(provider, kids=False, rsa=rsa)


def rotate_before_signing(provider: Recorder) -> None:
    provider.key, provider.published = 1, (1,)


def only_some_metadata(provider: Recorder) -> None:
    provider.metadata = {
        "id_token_signing_alg_values_supported": ["RS256"],
        "end_session_endpoint": None,
        "claims_parameter_supported": True,
    }


def foreign_claims(provider: Recorder) -> None:
    source = {"JWT": provider.sign({"email": "evil@example.com"})}
    provider.userinfo = {
        "_claim_names": {"email": "src1", "card": "src2"},
        "_claim_sources": {"src1": source, "src2": {"endpoint": "https://evil.example/claims"}},
    }


def signed_userinfo(provider: Recorder) -> None:
    claims = {"sub": "00u1", "iss": ISSUER, "aud": "client", "email": "a@example.com"}
    raw = provider.sign(claims).encode()
    provider.answers[USERINFO] = answer(raw, content_type="application/jwt")


def nothing(provider: Recorder) -> None:
    assert provider.claims == {}


@pytest.mark.parametrize(
    "bend",
    [
        pytest.param(nothing, id="oidcc-client-test"),
        pytest.param(mixed_keys, id="oidcc-client-test-discovery-jwks-uri-keys"),
        pytest.param(
            lambda p: no_kids(p, rsa=1),
            id="oidcc-client-test-kid-absent-single-jwks",
        ),
        pytest.param(
            lambda p: no_kids(p, rsa=3),
            id="oidcc-client-test-kid-absent-multiple-jwks",
        ),
        pytest.param(only_some_metadata, id="oidcc-client-test-idtoken-sig-rs256"),
        pytest.param(
            rotate_before_signing,
            id="oidcc-client-test-signing-key-rotation-just-before-signing",
        ),
        pytest.param(foreign_claims, id="oidcc-client-test-aggregated-claims"),
        pytest.param(signed_userinfo, id="oidcc-client-test-userinfo-signed"),
    ],
)
def test_what_the_official_tests_let_pass_signs_in(bend: Callable[[Recorder], object]) -> None:
    provider = Recorder()
    rp = relying_party(provider)
    bend(provider)
    assert sign_in(rp, provider).id_token.sub == "00u1"
    assert provider.requests[TOKEN] == 1
    assert provider.requests[USERINFO] == 1
    assert all(urlsplit(request.url).netloc == "provider.test" for request in provider.seen)


def test_keys_that_rotate_between_two_sign_ins_are_fetched_again() -> None:
    provider = Recorder()
    rp = relying_party(provider)
    sign_in(rp, provider)
    rotate_before_signing(provider)
    sign_in(rp, provider)
    assert (provider.requests[JWKS], provider.requests[USERINFO]) == (2, 2)


def flip_signature(provider: Recorder) -> None:
    provider.key, provider.header = 1, {"kid": "key-0"}


REFUSED: list[tuple[str, Callable[[Recorder], object], str]] = [
    ("invalid-iss", lambda p: p.claims.update(iss=ISSUER + "1"), "id_token.iss_mismatch"),
    ("missing-sub", lambda p: p.claims.update(sub=None), "id_token.sub_invalid"),
    ("invalid-aud", lambda p: p.claims.update(aud="client1"), "id_token.aud_mismatch"),
    ("missing-aud", lambda p: p.claims.update(aud=None), "id_token.aud_mismatch"),
    ("missing-iat", lambda p: p.claims.update(iat=None), "id_token.iat_invalid"),
    ("nonce-invalid", lambda p: p.claims.update(nonce="n1"), "id_token.nonce_mismatch"),
    ("idtoken-sig-none", lambda p: p.header.update(alg="none"), "id_token.alg"),
    ("invalid-sig-rs256", flip_signature, "id_token.signature"),
    ("invalid-sig-es256", lambda p: p.header.update(alg="ES256"), "id_token.alg"),
    ("invalid-sig-hs256", lambda p: p.header.update(alg="HS256"), "id_token.alg"),
]


@pytest.mark.parametrize(
    ("bend", "code"),
    [pytest.param(row[1], row[2], id=f"oidcc-client-test-{row[0]}") for row in REFUSED],
)
def test_what_the_official_tests_want_refused_never_reaches_userinfo(
    bend: Callable[[Recorder], object], code: str
) -> None:
    provider = Recorder()
    rp = relying_party(provider)
    bend(provider)
    with refused(code):
        sign_in(rp, provider)
    assert (provider.requests[TOKEN], provider.requests[USERINFO]) == (1, 0)


def test_oidcc_client_test_userinfo_invalid_sub() -> None:
    provider = Recorder()
    provider.userinfo["sub"] = "00u1invalid"
    with refused("userinfo.sub_mismatch"):
        sign_in(relying_party(provider), provider)
    assert provider.requests[USERINFO] == 1


def test_oidcc_client_test_discovery_issuer_mismatch() -> None:
    provider = Recorder()
    provider.metadata["issuer"] = ISSUER + "INVALID"
    with refused("discovery.issuer_mismatch", ProviderError):
        begin(relying_party(provider))
    assert len(provider.seen) == 1


def test_oidcc_client_test_form_post_error() -> None:
    provider = Recorder()
    rp = relying_party(provider, response_mode="form_post")
    attempt, url = run_sync(rp.begin(return_to="/", parameters={"prompt": "none", "max_age": "0"}))
    asked = dict(parse_qsl(urlsplit(url).query))
    assert (asked["response_mode"], asked["prompt"]) == ("form_post", "none")
    response = {"state": [attempt.state], "error": ["login_required"]}
    with refused("authorization.error", SignInError) as caught:
        run_sync(rp.complete(response, attempt))
    assert caught.value.said == ("login_required", "")
    assert provider.requests[TOKEN] == 0


@pytest.mark.parametrize(
    ("authentication", "members"),
    [
        (CLIENT.authentication, set()),
        (ClientSecretPost("secret-of-the-client"), {"client_id", "client_secret"}),
        (NoAuthentication(), {"client_id"}),
    ],
)
def test_the_client_proves_itself_by_exactly_one_method(
    authentication: Any, members: set[str]
) -> None:
    provider = Recorder()
    sign_in(relying_party(provider, authentication=authentication), provider)
    request = next(r for r in provider.seen if r.url.endswith("v1/token"))
    form = dict(parse_qsl((request.body or b"").decode()))
    assert form.keys() & {"client_id", "client_secret", "client_assertion"} == members
    assert ("Authorization" in request.headers) is (not members)
    assert form["redirect_uri"] == CLIENT.redirect_uri
