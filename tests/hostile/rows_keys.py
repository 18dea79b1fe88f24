"""The provider's keys: broken sets, odd company, rotation, floods."""

from __future__ import annotations

import secrets
from typing import Any

from admit.base64url import to_base64url
from admit.testing import Answer
from admit.testing.signing import public_jwk, signing_key
from hostile.provider_side import AGAIN, HTML, KEYS, bent, failed, growing_less_than, refused, trap
from hostile.registry import case, table
from hostile.world import World

NOW = 1_800_000_000
HOUR = 3600
GOOD = public_jwk(0)


def fetches(world: World) -> int:
    return world.provider.requests[KEYS]


def keys(*entries: object) -> Answer:
    return Answer(body={"keys": list(entries)})


@table(
    {
        "KEY-15": ("the JWKS is empty", ("jwks.empty", keys())),
        "KEY-16": ("the JWKS is a word", ("jwks.malformed", Answer(body='"keys"'))),
        "KEY-17": ("the JWKS is a list", ("jwks.malformed", Answer(body=[GOOD]))),
        "KEY-18": ("the JWKS is a page", ("jwks.malformed", HTML)),
        "KEY-x1": (
            "the JWKS has the keys in a mapping",
            ("jwks.malformed", Answer(body={"keys": {"0": GOOD}})),
        ),
        "KEY-x2": (
            "the JWKS is in UTF-16",
            ("jwks.malformed", Answer(body='{"keys": []}'.encode("utf-16"))),
        ),
    }
)
def broken_set(world: World, way: tuple[str, Answer]) -> str:
    code, answer = way
    return failed(world, code, keys=answer)


@case("KEY-19", "the JWKS answers 500")
def sick_keys(world: World) -> str:
    return failed(world, "provider.unavailable", 503, keys=Answer(status=500))


@case("KEY-14", "the JWKS is redirected to another host")
def redirected(world: World) -> str:
    with trap() as url:
        outcome = failed(world, "jwks.malformed", keys=Answer(redirect=f"{url}/keys"))
    return f"{outcome}; not followed"


@table(
    {
        "KEY-20": ("a key for encryption", {"use": "enc"}),
        "KEY-21": ("a key for another algorithm", {"alg": "RS512"}),
        "KEY-22": ("a key for other operations", {"key_ops": ["encrypt"]}),
        "KEY-x3": ("a key whose members are of other kinds", {"use": ["sig"]}),
    }
)
def other_purpose(world: World, laid: Any) -> str:
    odd = {**GOOD, **laid}
    for company in ([], [public_jwk(1)]):
        world.serve()
        browser = world.browser()
        answer = bent(world, browser, keys=keys(odd, *company))
        outcome = world.refused(answer, "id_token.unknown_key")
        assert world.watch.event_of(answer).name == "signin.refused"
        assert not browser.is_signed_in()
    return f"{outcome}, alone and beside another key"


def rsa(n: int, e: int, **more: str) -> dict[str, Any]:
    def text(number: int) -> str:
        return to_base64url(number.to_bytes(max((number.bit_length() + 7) // 8, 1), "big"))

    return {"kty": "RSA", "kid": "key-0", "n": text(n), "e": text(e), **more}


N = signing_key(0).public_key().public_numbers().n
D = signing_key(0).private_numbers().d


@table(
    {
        "KEY-23": (
            "unknown kinds of keys beside good ones",
            [{"kty": "AKP", "kid": "key-0"}, {"kty": 7}, {"kty": None}, {"kty": ["RSA"]}],
        ),
        "KEY-24": (
            "malformed keys beside good ones",
            [
                {"kty": "RSA", "kid": "key-0", "n": "!!", "e": "AQAB"},
                {"kty": "RSA", "kid": "key-0", "n": 7, "e": 3},
                {"kty": "EC", "crv": "P-256", "kid": "key-0", "x": "AA", "y": "AA"},
                {**GOOD, "kid": ["key-0"]},
            ],
        ),
        "KEY-25": ("an empty key beside good ones", [{}, None, [], "", 0]),
        "KEY-x4": (
            "RSA keys with odd numbers beside good ones: e of 1, of 0, even, of 2048 bits; n even",
            [rsa(N, 1), rsa(N, 0), rsa(N, 2), rsa(N, N - 2), rsa(N - 1, 65537), rsa(0, 65537)],
        ),
        "KEY-x5": (
            "another key under the same kid, before the good one",
            [{**public_jwk(1), "kid": "key-0"}],
        ),
    }
)
def odd_company(world: World, odd: Any) -> str:
    browser = world.browser()
    return world.signed_in(browser, bent(world, browser, keys=keys(*odd, GOOD, *odd)))


@case("KEY-x6", "the JWKS holds the private key too")
def private_key(world: World) -> str:
    world.watch.secrets.add(to_base64url(D.to_bytes(256, "big")))
    entry = {**GOOD, "d": to_base64url(D.to_bytes(256, "big"))}
    browser = world.browser()
    outcome = world.signed_in(browser, bent(world, browser, keys=keys(entry)))
    other = world.browser()
    world.refused(
        bent(world, other, header={"kid": "no"}, keys=keys(entry)), "id_token.unknown_key"
    )
    return f"{outcome}; it stands nowhere"


@case("KEY-x7", "a key with numbers so large that a check takes minutes")
def endless_arithmetic(world: World) -> str:
    huge = (1 << 60_000) + 1
    several = [rsa(huge, 65537), rsa(huge, huge - 2), rsa(N, N - 2), rsa(huge | 3, 3)]
    browser = world.browser()
    answer = bent(world, browser, keys=keys(*several))
    code = str(world.watch.event_of(answer).fields["code"])
    assert code in {"id_token.unknown_key", "id_token.signature"}
    assert answer.seconds < 3
    return f"{world.refused(answer, code)} in less than 3 s"


@case("KEY-x8", "10,000 keys, each of them under the token's kid or another")
def many_keys(world: World) -> str:
    # As many as an answer may hold.
    crowd = [{"kty": "OKP", "crv": "Ed25519", "kid": f"k{n}", "x": "A" * 43} for n in range(10_000)]
    with growing_less_than(120):
        browser = world.browser()
        answer = bent(world, browser, keys=keys(*crowd, GOOD))
        assert answer.seconds < 5
        world.signed_in(browser, answer)
        world.serve()
        same = [{**public_jwk(1), "kid": "key-0"} for _ in range(1_500)]
        answer = bent(world, world.browser(), keys=keys(*same))
        assert answer.seconds < 5
    return f"signed in among 10,000; {world.refused(answer, 'id_token.signature')} by 1,500"


@case("KEY-27", "the provider changes its key")
def rotation(world: World) -> str:
    browser = world.browser()
    world.signed_in(browser, browser.sign_in())
    world.provider.key, world.provider.published = 1, (0, 1)
    outcome = world.signed_in(browser, browser.sign_in(AGAIN))
    assert fetches(world) == 2
    # Meanwhile tokens that the old key signed are good as well.
    world.signed_in(browser, bent(world, browser, key=0, header={"kid": "key-0"}))
    assert fetches(world) == 2
    return f"{outcome} without a restart, by one more fetch"


@case("KEY-28", "the JWKS is down, and the key is known")
def known_key(world: World) -> str:
    now = NOW
    world.provider.now = lambda: now
    world.serve(clock=lambda: now)
    browser = world.browser()
    world.signed_in(browser, browser.sign_in())
    for later in (1, 2 * HOUR):
        now = NOW + later
        other = world.browser()
        world.signed_in(other, bent(world, other, keys=Answer(status=503)))
    assert fetches(world) == 2, "after two hours it was asked again"
    return "signed in, also when the keys are due to be read again"


@case("KEY-29", "25 tokens with unknown kids")
def flood(world: World) -> str:
    honest = world.browser()
    world.signed_in(honest, honest.sign_in())
    before = fetches(world)
    for _ in range(25):
        kid = secrets.token_urlsafe(12)
        answer = bent(world, world.browser(), header={"kid": kid})
        outcome = world.refused(answer, "id_token.unknown_key")
    asked = fetches(world) - before
    assert 1 <= asked <= 5
    world.signed_in(honest, honest.sign_in(AGAIN))
    return f"{outcome} each; the keys were read {asked} time(s)"


@case("KEY-32", "a header without kid, and one key")
def without_kid(world: World) -> str:
    browser = world.browser()
    return world.signed_in(browser, bent(world, browser, header={"kid": None}))


@case("KEY-x9", "a flood of bad signatures, and then the provider changes its key")
def flood_and_rotation(world: World) -> str:
    honest = world.browser()
    world.signed_in(honest, honest.sign_in())
    for _ in range(10):
        refused(world, "id_token.signature", key=66, header={"kid": "key-0"})
    assert fetches(world) <= 2
    world.provider.key, world.provider.published = 1, (1,)
    browser = world.browser()
    outcome = world.signed_in(browser, browser.sign_in())
    return f"{outcome} at once by the new key"
