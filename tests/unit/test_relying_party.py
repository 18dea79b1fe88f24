"""What is known of the provider and for how long, and the order of the steps."""

from __future__ import annotations

import secrets
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from email.utils import formatdate
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from admit.blocking import BlockingLock
from admit.errors import AuthorizationDenied, ProviderError, SignInError
from admit.exchanges import SignedIn
from admit.model import AuthorizationRequest
from admit.ports import HttpRequest, HttpResponse, run_sync
from admit.provider_knowledge import (
    CEILING,
    COOL_DOWN,
    DEFAULT_LIFETIME,
    FLOOR,
    KEY_COOL_DOWN,
    STALE_LIMIT,
    STALE_STEP,
)
from admit.relying_party import RelyingParty
from admit.testing import MemoryProvider
from material import CLIENT, ISSUER, NOW, answer, refused

DISCOVERY, JWKS = "/.well-known/openid-configuration", "/v1/keys"
TOKEN, USERINFO = "/v1/token", "/v1/userinfo"
DOWN = answer(b"<html>down for maintenance", 503)
UNREACHABLE = ProviderError("provider.unreachable", "no route")


class World:
    """A relying party, its provider, and the one clock of both."""

    def __init__(self, *, stale_limit: int = STALE_LIMIT, **client: Any) -> None:
        self.now = NOW
        self.provider = MemoryProvider(issuer=ISSUER, now=lambda: self.now)
        self.rp = RelyingParty(
            replace(CLIENT, **client),
            http=self.provider,
            lock=BlockingLock,
            clock=lambda: self.now,
            random=secrets.token_bytes,
            stale_limit=stale_limit,
        )

    def begin(self, **parameters: str) -> tuple[AuthorizationRequest, str]:
        return run_sync(self.rp.begin(return_to="/reports", parameters=parameters))

    def complete(self, request: AuthorizationRequest, response: dict[str, list[str]]) -> SignedIn:
        return run_sync(self.rp.complete(response, request))

    def sign_in(self, **response: str) -> SignedIn:
        request, url = self.begin()
        return self.complete(request, self.provider.authorize(url, **response))

    def asked(self, path: str) -> int:
        return self.provider.requests[path]

    def answer_of(self, path: str, **headers: str) -> HttpResponse:
        """Return the provider's good answer with other headers."""
        good = run_sync(self.provider.send(HttpRequest(method="GET", url=ISSUER + path)))
        self.provider.requests[path] -= 1
        return replace(good, headers={**good.headers, **headers})


@pytest.fixture
def world() -> World:
    return World()


def test_a_sign_in_asks_for_metadata_tokens_and_keys_once_each(world: World) -> None:
    signed_in = world.sign_in()
    assert signed_in.id_token.sub == "00u1"
    assert signed_in.userinfo is None
    assert world.provider.requests == {DISCOVERY: 1, TOKEN: 1, JWKS: 1}


def test_a_second_sign_in_asks_for_tokens_alone(world: World) -> None:
    world.sign_in()
    world.sign_in()
    assert world.provider.requests == {DISCOVERY: 1, TOKEN: 2, JWKS: 1}


def test_every_attempt_has_values_of_its_own(world: World) -> None:
    attempts = [world.begin()[0] for _ in range(5)]
    for name in ("state", "nonce", "code_verifier"):
        values = {getattr(attempt, name) for attempt in attempts}
        assert len(values) == 5
        assert all(len(value) == 43 for value in values)


LIFETIMES = [
    ("", DEFAULT_LIFETIME),
    ("max-age=600", 600),
    ("max-age=1", FLOOR),
    ("max-age=0, must-revalidate", FLOOR),
    ("no-store", FLOOR),
    ("max-age=999999999", CEILING),
]


@pytest.mark.parametrize(("cache_control", "seconds"), LIFETIMES)
@pytest.mark.parametrize("path", [DISCOVERY, JWKS])
def test_what_is_known_is_used_as_long_as_it_may_be(
    world: World, path: str, cache_control: str, seconds: int
) -> None:
    headers = {"cache-control": cache_control} if cache_control else {}
    world.provider.answers[path] = world.answer_of(path, **headers)
    world.sign_in()
    world.now = NOW + seconds - 1
    world.sign_in()
    assert world.asked(path) == 1
    world.now = NOW + seconds
    world.sign_in()
    world.sign_in()
    assert world.asked(path) == 2


@pytest.mark.parametrize("path", [DISCOVERY, JWKS])
@pytest.mark.parametrize("failure", [DOWN, UNREACHABLE, answer(b"[]"), answer({}, 404)])
def test_what_was_known_outlives_an_outage(world: World, path: str, failure: Any) -> None:
    world.sign_in()
    world.provider.answers[path] = failure
    for hours in range(2, 24, 3):
        world.now = NOW + hours * 3600
        assert world.sign_in().id_token.sub == "00u1"


@pytest.mark.parametrize("path", [DISCOVERY, JWKS])
@pytest.mark.parametrize("failure", [DOWN, UNREACHABLE, answer(b"[]"), answer({}, 404)])
@pytest.mark.parametrize("limit", [300, 4000, STALE_LIMIT])
def test_what_was_known_serves_no_longer_than_the_limit_while_it_cannot_be_fetched(
    path: str, failure: Any, limit: int
) -> None:
    world = World(stale_limit=limit)
    world.sign_in()
    world.provider.answers[path] = failure
    world.now = NOW + limit - 1
    assert world.sign_in().id_token.sub == "00u1"
    for _ in range(2):  # the second is told from memory
        world.now = NOW + limit + COOL_DOWN
        with pytest.raises(ProviderError) as caught:
            world.sign_in()
        assert caught.value.status == 503
        assert "ADMIT_STALE_LIMIT" in caught.value.cause
    del world.provider.answers[path]
    world.now += COOL_DOWN
    assert world.sign_in().id_token.sub == "00u1"


def test_nothing_is_fresh_for_longer_than_the_limit() -> None:
    world = World(stale_limit=300)
    world.provider.answers[JWKS] = world.answer_of(JWKS, **{"cache-control": "max-age=80000"})
    world.sign_in()
    world.now += 300
    world.sign_in()
    assert world.asked(JWKS) == 2


@pytest.mark.parametrize("path", [DISCOVERY, JWKS])
def test_a_fetch_that_hangs_for_a_minute_lets_others_go_on_with_the_old_value(
    world: World, path: str
) -> None:
    world.sign_in()
    world.now += DEFAULT_LIFETIME
    knowledge = world.rp.provider
    wanted = knowledge.metadata if path == DISCOVERY else knowledge.keys
    others: list[object] = []

    class Hung(MemoryProvider):
        async def send(self, request: HttpRequest) -> HttpResponse:
            if request.url.endswith(path):
                world.now += 60
                others.append(await wanted())
                raise UNREACHABLE
            return await super().send(request)

    world.provider.__class__ = Hung
    assert run_sync(wanted()) is others[0]


def test_a_refusal_of_the_transport_to_ask_adds_no_cool_down_of_its_own(world: World) -> None:
    world.provider.answers[DISCOVERY] = UNREACHABLE.again(ago=1, wait=9)
    for _ in range(2):
        with pytest.raises(ProviderError) as caught:
            world.begin()
        assert caught.value.detail == "no route (1 s ago; the provider is asked again in 9 s)"
    del world.provider.answers[DISCOVERY]
    world.begin()


def test_no_attempt_begins_while_the_token_endpoint_may_not_be_asked(world: World) -> None:
    world.sign_in()

    def check(url: str) -> None:
        assert url == ISSUER + TOKEN
        raise UNREACHABLE

    world.rp.check = check
    with refused("provider.unreachable", ProviderError):
        world.begin()


@pytest.mark.parametrize("path", [DISCOVERY, JWKS])
def test_during_an_outage_the_provider_is_asked_now_and_then(world: World, path: str) -> None:
    world.sign_in()
    world.provider.answers[path] = DOWN
    world.now = NOW + DEFAULT_LIFETIME
    for _ in range(3):
        world.sign_in()
    assert world.asked(path) == 2
    world.now += STALE_STEP - 1
    world.sign_in()
    assert world.asked(path) == 2
    world.now += 1
    world.sign_in()
    assert world.asked(path) == 3
    del world.provider.answers[path]
    world.now += STALE_STEP
    world.sign_in()
    world.now += STALE_STEP
    world.sign_in()
    assert world.asked(path) == 4


@pytest.mark.parametrize("failure", [DOWN, UNREACHABLE, answer(b"<html>"), answer({}, 429)])
def test_without_metadata_nothing_begins_and_the_failure_is_remembered_for_a_moment(
    world: World, failure: Any
) -> None:
    world.provider.answers[DISCOVERY] = failure
    seen = []
    for _ in range(3):
        with pytest.raises(ProviderError) as caught:
            world.begin()
        seen.append(caught.value)
    assert world.asked(DISCOVERY) == 1
    assert len({(e.code, e.hint, e.status) for e in seen}) == 1
    assert [
        e.detail.partition(" (0 s ago; the provider is asked again in 5 s)")[0] for e in seen
    ] == [seen[0].detail] * 3
    assert all((e.retry_after or 0) >= 5 for e in seen[1:])
    assert len(set(map(id, seen))) == 3
    del world.provider.answers[DISCOVERY]
    world.now += COOL_DOWN
    assert world.sign_in().id_token.sub == "00u1"


def test_without_keys_nobody_is_signed_in_and_the_next_try_works(world: World) -> None:
    world.provider.answers[JWKS] = answer({"keys": []})
    for _ in range(2):
        with refused("jwks.empty", ProviderError):
            world.sign_in()
    assert world.asked(JWKS) == 1
    del world.provider.answers[JWKS]
    world.now += COOL_DOWN
    assert world.sign_in().id_token.sub == "00u1"


def test_metadata_of_another_issuer_stops_the_sign_in_before_the_redirect(world: World) -> None:
    world.provider.metadata["issuer"] = ISSUER + "INVALID"
    with refused("discovery.issuer_mismatch", ProviderError):
        world.begin()
    assert world.provider.requests == {DISCOVERY: 1}


def test_keys_may_rotate_just_before_a_token_is_signed(world: World) -> None:
    world.sign_in()
    world.provider.key, world.provider.published = 1, (1,)
    assert world.sign_in().id_token.sub == "00u1"
    assert world.asked(JWKS) == 2
    world.sign_in()
    assert world.asked(JWKS) == 2


def test_the_very_first_token_may_need_keys_newer_than_the_first(world: World) -> None:
    world.provider.key, world.provider.published = 1, (0,)
    request, url = world.begin()
    response = world.provider.authorize(url)
    old = world.answer_of(JWKS)

    class Rotating(MemoryProvider):
        async def send(self, request: HttpRequest) -> HttpResponse:
            answered = await super().send(request)
            self.published = (1,)
            return old if self.requests[JWKS] == 1 and request.url.endswith(JWKS) else answered

    world.provider.__class__ = Rotating
    assert world.complete(request, response).id_token.sub == "00u1"
    assert world.asked(JWKS) == 2


def test_a_key_replaced_under_its_kid_is_fetched(world: World) -> None:
    world.sign_in()
    world.provider.key, world.provider.header = 1, {"kid": "key-0"}
    world.provider.answers[JWKS] = answer({"keys": [{**world.provider.jwk(1), "kid": "key-0"}]})
    assert world.sign_in().id_token.sub == "00u1"


def test_a_flood_of_unknown_kids_fetches_the_keys_once_more_in_a_while(world: World) -> None:
    world.sign_in()
    for number in range(25):
        world.provider.header["kid"] = f"random-{number}"
        with refused("id_token.unknown_key"):
            world.sign_in()
    assert world.asked(JWKS) == 2
    world.now += KEY_COOL_DOWN - 1
    with refused("id_token.unknown_key"):
        world.sign_in()
    assert world.asked(JWKS) == 2
    world.now += 1
    with refused("id_token.unknown_key"):
        world.sign_in()
    assert world.asked(JWKS) == 3


def test_a_flood_of_bad_signatures_fetches_the_keys_once_more(world: World) -> None:
    world.sign_in()
    world.provider.key, world.provider.header = 1, {"kid": "key-0"}
    for _ in range(10):
        with refused("id_token.signature"):
            world.sign_in()
    assert world.asked(JWKS) == 2


def test_honest_users_sign_in_during_a_flood(world: World) -> None:
    world.provider.header["kid"] = "random"
    with refused("id_token.unknown_key"):
        world.sign_in()
    del world.provider.header["kid"]
    assert world.sign_in().id_token.sub == "00u1"


@pytest.mark.parametrize("claims", [{"aud": "other"}, {"nonce": "x"}, {"exp": 1}, {"sub": ""}])
def test_other_refusals_fetch_no_keys(world: World, claims: dict[str, Any]) -> None:
    world.provider.claims = claims
    with pytest.raises(SignInError) as caught:
        world.sign_in()
    assert world.asked(JWKS) == 1
    assert ("clock" in caught.value.cause) is ("exp" in claims)


def test_an_unknown_kid_while_the_keys_are_away_is_a_refusal(world: World) -> None:
    world.sign_in()
    world.provider.answers[JWKS] = DOWN
    world.provider.header["kid"] = "random"
    with refused("id_token.unknown_key"):
        world.sign_in()
    del world.provider.header["kid"]
    assert world.sign_in().id_token.sub == "00u1"


def test_an_unknown_kid_asks_no_provider_that_just_failed(world: World) -> None:
    world.sign_in()
    world.provider.answers[JWKS] = DOWN
    world.now += DEFAULT_LIFETIME
    world.provider.header["kid"] = "random"
    for _ in range(3):
        with refused("id_token.unknown_key"):
            world.sign_in()
    assert world.asked(JWKS) == 2


@pytest.mark.parametrize("path", [DISCOVERY, JWKS])
def test_a_clock_set_back_by_years_delays_no_new_try(world: World, path: str) -> None:
    world.provider.answers[path] = DOWN
    with refused("provider.unavailable", ProviderError):
        world.sign_in()
    del world.provider.answers[path]
    world.now -= 10**8
    assert world.sign_in().id_token.sub == "00u1"


def test_a_clock_set_back_by_years_delays_no_new_keys(world: World) -> None:
    world.provider.header["kid"] = "random"
    with refused("id_token.unknown_key"):
        world.sign_in()
    del world.provider.header["kid"]
    world.now -= 10**8
    world.provider.key, world.provider.published = 1, (1,)
    assert world.sign_in().id_token.sub == "00u1"


@pytest.mark.parametrize("path", [DISCOVERY, JWKS])
def test_a_clock_set_back_by_years_keeps_nothing_for_years(world: World, path: str) -> None:
    world.sign_in()
    world.now -= 10**8
    world.sign_in()
    assert world.asked(path) == 2


class CountingLock(BlockingLock):
    """A lock that tells how many came for it."""

    def __init__(self, waiting: threading.Semaphore) -> None:
        super().__init__()
        self.waiting = waiting

    async def __aenter__(self) -> None:
        self.waiting.release()
        await super().__aenter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await super().__aexit__(kind, error, trace)


def test_eight_sign_ins_at_once_ask_for_metadata_and_keys_once_and_so_after_a_rotation() -> None:
    crowd = 8
    semaphores = {DISCOVERY: threading.Semaphore(0), JWKS: threading.Semaphore(0)}

    class Patient(MemoryProvider):
        async def send(self, request: HttpRequest) -> HttpResponse:
            path = request.url.removeprefix(ISSUER)
            if path in semaphores:  # answers once all have come
                for _ in range(crowd):
                    assert semaphores[path].acquire(timeout=10)
            return await super().send(request)

    provider = Patient(issuer=ISSUER)
    locks = iter([CountingLock(semaphores[DISCOVERY]), CountingLock(semaphores[JWKS])])
    rp = RelyingParty(
        CLIENT,
        http=provider,
        lock=lambda: next(locks),
        clock=lambda: NOW,
        random=secrets.token_bytes,
    )

    def begin(_: int) -> tuple[AuthorizationRequest, str]:
        return run_sync(rp.begin(return_to="/", parameters={}))

    def complete(job: tuple[AuthorizationRequest, dict[str, list[str]]]) -> str:
        return run_sync(rp.complete(job[1], job[0])).id_token.sub

    with ThreadPoolExecutor(crowd) as pool:
        for key in (0, 1):
            provider.key, provider.published = key, (key,)
            begun = list(pool.map(begin, range(crowd)))
            jobs = [(request, provider.authorize(url)) for request, url in begun]
            assert list(pool.map(complete, jobs)) == ["00u1"] * crowd
            assert provider.requests[DISCOVERY] == 1
            assert provider.requests[JWKS] == key + 1


def test_one_slow_fetch_holds_up_nobody_who_knows_the_old_value(world: World) -> None:
    world.sign_in()
    world.now += DEFAULT_LIFETIME
    others = []

    class Slow(MemoryProvider):
        async def send(self, request: HttpRequest) -> HttpResponse:
            if request.url.endswith(DISCOVERY):  # meanwhile somebody else signs in
                others.append(await world.rp.metadata())
            return await super().send(request)

    world.provider.__class__ = Slow
    world.begin()
    assert len(others) == 1


@pytest.mark.parametrize(
    ("response", "code", "kind"),
    [
        ({"state": "other"}, "response.state_mismatch", SignInError),
        ({"iss": "https://evil.example"}, "response.iss_mismatch", SignInError),
        ({"code": ""}, "response.code_missing", SignInError),
        ({"error": "access_denied"}, "authorization.error", AuthorizationDenied),
    ],
)
def test_a_response_that_fails_a_check_redeems_nothing(
    world: World, response: dict[str, str], code: str, kind: type[SignInError]
) -> None:
    with refused(code, kind):
        world.sign_in(**response)
    assert world.asked(TOKEN) == 0


def test_the_code_of_another_attempt_is_refused_by_pkce(world: World) -> None:
    mine, _ = world.begin()
    _, url = world.begin()
    stolen = world.provider.authorize(url, state=mine.state)
    with refused("token.invalid_grant") as caught:
        world.complete(mine, stolen)
    assert caught.value.said == ("invalid_grant", "PKCE verification failed.")


def test_the_nonce_of_an_earlier_sign_in_is_refused(world: World) -> None:
    first, url = world.begin()
    world.complete(first, world.provider.authorize(url))
    world.provider.claims["nonce"] = first.nonce
    with refused("id_token.nonce_mismatch"):
        world.sign_in()


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (UNREACHABLE, "provider.unreachable"),
        (DOWN, "provider.unavailable"),
        (answer(b""), "token.malformed"),
    ],
)
def test_a_sick_token_endpoint_is_asked_once(world: World, failure: Any, code: str) -> None:
    world.provider.answers[TOKEN] = failure
    with refused(code, ProviderError):
        world.sign_in()
    assert world.asked(TOKEN) == 1
    del world.provider.answers[TOKEN]
    assert world.sign_in().id_token.sub == "00u1"


DATES = [
    (formatdate(NOW, usegmt=True), "clock and the provider's agree"),
    (formatdate(NOW - 9, usegmt=True), "clock and the provider's agree"),
    (formatdate(NOW - 7200, usegmt=True), "7200 s ahead of"),
    (formatdate(NOW + 7200, usegmt=True), "7200 s behind"),
    ("", ""),
    (" ", ""),
    ("yesterday", ""),
    ("Wed, 99 Foo 2026 99:99:99 GMT", ""),
    ("Fri, 31 Dec 9999 23:59:59 -2359", "s behind"),
    ("Mon, 01 Jan 99999 00:00:00 GMT", ""),
    ("\x00", ""),
]


@pytest.mark.parametrize(("date", "cause"), DATES)
@pytest.mark.parametrize("claims", [{"exp": NOW - 3600}, {"iat": NOW + 3600}, {"nbf": NOW + 3600}])
def test_a_wrong_time_is_explained_by_the_providers_date(
    world: World, claims: dict[str, Any], date: str, cause: str
) -> None:
    class Dated(MemoryProvider):
        async def send(self, request: HttpRequest) -> HttpResponse:
            answered = await super().send(request)
            return replace(answered, headers={**answered.headers, "date": date})

    world.provider.__class__ = Dated
    world.provider.claims = claims
    with pytest.raises(SignInError) as caught:
        world.sign_in()
    assert caught.value.code in {
        "id_token.expired",
        "id_token.iat_in_future",
        "id_token.nbf_in_future",
    }
    assert cause in caught.value.cause
    assert bool(cause) == bool(caught.value.cause)


def test_no_date_is_no_evidence(world: World) -> None:
    request, url = world.begin()
    response = world.provider.authorize(url)
    world.provider.claims["exp"] = NOW - 3600
    token = world.provider.id_token({"nonce": request.nonce}, "at")
    world.provider.answers[TOKEN] = answer(
        {"access_token": "at", "token_type": "Bearer", "id_token": token}
    )
    with refused("id_token.expired") as caught:
        world.complete(request, response)
    assert caught.value.cause == ""


@pytest.mark.parametrize(
    ("userinfo", "claims", "calls"),
    [
        ("auto", (), 0),
        ("auto", ("email",), 0),
        ("auto", ("email", "groups"), 1),
        ("always", (), 1),
        ("never", ("groups",), 0),
    ],
)
def test_userinfo_is_called_where_the_configuration_wants_it(
    userinfo: str, claims: tuple[str, ...], calls: int
) -> None:
    world = World(userinfo=userinfo, claims=claims)
    world.provider.userinfo["groups"] = ["staff"]
    signed_in = world.sign_in()
    assert world.asked(USERINFO) == calls
    assert (signed_in.userinfo is not None) == bool(calls)
    if signed_in.userinfo is not None:
        assert signed_in.userinfo.claims["groups"] == ["staff"]


def test_a_provider_without_userinfo_is_not_asked_for_it() -> None:
    world = World(userinfo="always")
    world.provider.metadata["userinfo_endpoint"] = None
    assert world.sign_in().userinfo is None


def test_userinfo_of_another_user_ends_the_sign_in() -> None:
    world = World(userinfo="always")
    world.provider.userinfo["sub"] = "00u1invalid"
    with refused("userinfo.sub_mismatch"):
        world.sign_in()
    assert world.asked(USERINFO) == 1


@pytest.mark.parametrize(
    "failure", [DOWN, UNREACHABLE, answer({}, 401), answer(b"[]"), answer(b""), answer(b"null")]
)
def test_a_sick_userinfo_endpoint_is_the_providers_fault(failure: Any) -> None:
    world = World(userinfo="always")
    world.provider.answers[USERINFO] = failure
    with pytest.raises(ProviderError):
        world.sign_in()


def test_signed_userinfo_is_verified_with_keys_as_new_as_it_needs() -> None:
    world = World(userinfo="always")
    world.sign_in()
    signer = replace(world.provider, key=1)
    world.provider.published = (0, 1)
    world.provider.answers[USERINFO] = answer(
        signer.sign({"sub": "00u1", "email": "new@example.com"}).encode(),
        content_type="application/jwt",
    )
    signed_in = world.sign_in()
    assert signed_in.userinfo is not None
    assert signed_in.userinfo.claims == {"email": "new@example.com"}
    assert world.asked(JWKS) == 2


def test_extra_parameters_go_along_and_do_not_stay(world: World) -> None:
    def query(url: str) -> dict[str, list[str]]:
        return parse_qs(urlsplit(url).query)

    for number in range(200):
        request, url = world.begin(login_hint=f"user-{number}")
        assert query(url)["login_hint"] == [f"user-{number}"]
        assert query(url)["state"] == [request.state]
    assert "login_hint" not in query(world.begin()[1])
    assert len(world.rp._starts) <= 64


def test_an_endpoint_that_moves_is_followed(world: World) -> None:
    world.begin()
    world.provider.metadata["authorization_endpoint"] = "https://provider.test/moved"
    world.now += DEFAULT_LIFETIME
    assert world.begin()[1].startswith("https://provider.test/moved?")


def test_the_issuer_may_end_in_a_slash() -> None:
    world = World(issuer=ISSUER + "/")
    world.provider.issuer = ISSUER + "/"
    assert world.sign_in().id_token.claims["iss"] == ISSUER + "/"


def test_sign_out_leads_to_the_provider(world: World) -> None:
    url = run_sync(world.rp.end_session_url(id_token_hint="a.b.c", state="s"))
    assert url is not None
    assert url.startswith(f"{ISSUER}/v1/logout?id_token_hint=a.b.c&")


def test_a_provider_without_an_end_of_session_has_no_address(world: World) -> None:
    world.provider.metadata["end_session_endpoint"] = None
    assert run_sync(world.rp.end_session_url(id_token_hint="a.b.c", state="s")) is None


def test_no_secret_is_in_what_an_attempt_shows(world: World) -> None:
    request, _ = world.begin()
    shown = repr(request) + repr(world.rp.client)
    for secret in (request.state, request.nonce, request.code_verifier, "secret-of-the-client"):
        assert secret not in shown


# --- Another transport ---------------------------------------------------------------------------


def test_nothing_that_one_provider_said_is_believed_of_another(world: World) -> None:
    world.sign_in()
    other = MemoryProvider(issuer=ISSUER, now=lambda: world.now, key=5, published=(5,))
    other.metadata["authorization_endpoint"] = f"{ISSUER}/elsewhere"
    assert world.rp.talk_to(other) is world.provider
    request, url = world.begin()
    assert url.startswith(f"{ISSUER}/elsewhere?")
    assert world.complete(request, other.authorize(url)).id_token.sub == "00u1"
    assert other.requests == {DISCOVERY: 1, TOKEN: 1, JWKS: 1}
    assert world.rp.talk_to(world.provider) is other
    world.sign_in()
    assert world.provider.requests == {DISCOVERY: 2, TOKEN: 2, JWKS: 2}


def test_a_failure_of_one_provider_is_not_held_against_another(world: World) -> None:
    world.provider.answers = {DISCOVERY: UNREACHABLE}
    with pytest.raises(ProviderError):
        world.begin()
    other = MemoryProvider(issuer=ISSUER, now=lambda: world.now)
    world.rp.talk_to(other)
    assert world.begin()[1].startswith(ISSUER)


def test_a_key_that_was_missed_at_one_provider_is_looked_for_at_another(world: World) -> None:
    world.provider.key = 5
    with pytest.raises(SignInError):
        world.sign_in()
    other = MemoryProvider(issuer=ISSUER, now=lambda: world.now)
    world.rp.talk_to(other)
    request, url = world.begin()
    world.complete(request, other.authorize(url))
    other.key, other.published = 6, (6,)
    request, url = world.begin()
    assert world.complete(request, other.authorize(url)).id_token.sub == "00u1"
