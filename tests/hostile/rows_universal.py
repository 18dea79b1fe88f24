"""Universal Logout: only the provider ends a user's sessions, once for each request."""

from __future__ import annotations

import json
from typing import Any

from admit.testing.signing import compact
from hostile.calls import UNIVERSAL, alive, post, refused, user
from hostile.registry import case, table
from hostile.wire import Answer
from hostile.world import CLIENT_SECRET, World

EVIL = "https://evil.example"
TYP = "global-token-revocation+jwt"
HOUR = 3600
#: The code, and what is otherwise than in an honest token.
Way = tuple[str, dict[str, Any]]


def served(world: World) -> None:
    world.serve(store="sqlite", ADMIT_UNIVERSAL_LOGOUT_PATH=UNIVERSAL)


def authorization(world: World, key: int = 0, alg: str = "RS256", **claims: Any) -> str:
    """Return the bearer token of a request; a claim of None is left out."""
    provider, now = world.provider, world.provider.now()
    said = {
        "iss": provider.issuer,
        "sub": provider.client_id,
        "aud": world.site.url + UNIVERSAL,
        "iat": now,
        "exp": now + 300,
        "jti": f"jti-{next(provider._numbers)}",
        **claims,
    }
    said = {name: value for name, value in said.items() if value is not None}
    header = {"alg": alg, "kid": "key-0", "typ": TYP}
    raw = compact(header, said, key=key, alg=alg, secret=CLIENT_SECRET)
    world.watch.secrets.add(raw)
    return raw


def subject(world: World, sub: str = "00u1") -> bytes:
    members = {"format": "iss_sub", "iss": world.provider.issuer, "sub": sub}
    return json.dumps({"sub_id": members}).encode()


def call(world: World, token: str | None, body: bytes | None = None, query: str = "") -> Answer:
    headers = {"Content-Type": "application/json"}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    body = subject(world) if body is None else body
    return post(world, UNIVERSAL + query, headers=headers, body=body)


@case("ULO-x1", "an honest request")
def honest(world: World) -> str:
    served(world)
    browsers = [user(world, "s1"), user(world, "s2"), user(world, "s3", sub="00u2")]
    answer = call(world, authorization(world))
    assert answer.status == 204
    assert answer.header("Cache-Control") == "no-store"
    assert alive(*browsers) == [False, False, True]
    (event,) = world.watch.events("logout.universal")
    assert event.fields["count"] == 2
    return "204, both sessions of the user end, and no other"


def kept(world: World, answer: Answer, code: str, status: int = 401) -> str:
    outcome = refused(world, answer, code, status, "universal")
    assert not world.watch.events("logout.universal")
    return outcome


FORGED: dict[str, tuple[str, Way]] = {
    "ULO-x2": ("forged: a stranger's key", ("universal_logout.signature", {"key": 9})),
    "ULO-x3": (
        "forged: alg none, and the client's secret as key",
        ("universal_logout.alg", {"alg": "none"}),
    ),
    "ULO-x4": (
        "for another endpoint",
        ("universal_logout.aud_mismatch", {"aud": EVIL + UNIVERSAL}),
    ),
}


@table(FORGED)
def forged(world: World, way: Way) -> str:
    code, made = way
    served(world)
    browser = user(world)
    outcome = kept(world, call(world, authorization(world, **made)), code)
    if "alg" in made:
        kept(world, call(world, authorization(world, alg="HS256")), code)
    assert browser.is_signed_in()
    assert call(world, authorization(world)).status == 204
    return outcome


@case("ULO-x5", "the same request after a new sign-in")
def replayed(world: World) -> str:
    served(world)
    user(world)
    token = authorization(world)
    assert call(world, token).status == 204
    again = user(world, "s2")
    outcome = refused(world, call(world, token), "universal_logout.replayed", 401, "universal")
    # Nor for somebody else: the token says nothing of the user.
    other = user(world, "s3", sub="00u2")
    refused(
        world,
        call(world, token, subject(world, "00u2")),
        "universal_logout.replayed",
        401,
        "universal",
    )
    assert alive(again, other) == [True, True]
    return outcome


@case("ULO-x6", "the token in the query, in the form, or in a cookie")
def elsewhere(world: World) -> str:
    served(world)
    browser, token = user(world), authorization(world)
    code = "universal_logout.token_missing"
    outcome = kept(world, call(world, None, query=f"?access_token={token}"), code)
    kept(world, call(world, None, f"access_token={token}".encode()), code)
    answer = post(
        world, UNIVERSAL, headers={"Cookie": f"Authorization={token}"}, body=subject(world)
    )
    kept(world, answer, code)
    assert browser.is_signed_in()
    assert call(world, token).status == 204, "it was not spent"
    return outcome


@case("ULO-x7", "a body that is too large, or odd")
def bodies(world: World) -> str:
    served(world)
    browser = user(world)
    padded = json.dumps({"sub_id": {"format": "email", "email": "a" * (1 << 20)}}).encode()
    deep = b'{"sub_id":' + b"[" * 2000 + b"]" * 2000 + b"}"
    twice = (
        subject(world, "00u2")[:-1]
        + b', "sub_id": {"format": "email", "email": "00u1@example.com"}}'
    )
    for body in (padded, deep, twice, b"", b"[]", b"null", b'{"sub_id": null}', b"\xff\xfe"):
        code = "universal_logout.body_malformed"
        outcome = kept(world, call(world, authorization(world), body), code, 400)
    assert browser.is_signed_in()
    return outcome


@case("ULO-x8", "a logout token or an ID Token as the bearer token; nobody's user")
def another_token(world: World) -> str:
    served(world)
    browser, provider = user(world), world.provider
    now = provider.now()
    logout = provider.logout_token(sub=provider.client_id, aud=world.site.url + UNIVERSAL)
    claims: dict[str, Any] = {"iss": provider.issuer, "sub": provider.client_id}
    claims |= {
        "aud": world.site.url + UNIVERSAL,
        "iat": now,
        "exp": now + HOUR,
        "jti": "jti-of-another-token",
    }
    for token in (logout, provider.sign(claims, typ="at+jwt"), provider.sign(claims, typ="JWT")):
        world.watch.secrets.add(token)
        outcome = kept(world, call(world, token), "universal_logout.typ")
    code = "universal_logout.unknown_issuer"
    strange = json.dumps({"sub_id": {"format": "iss_sub", "iss": EVIL, "sub": "00u1"}}).encode()
    kept(world, call(world, authorization(world), strange), code, 404)
    assert browser.is_signed_in()
    return outcome
