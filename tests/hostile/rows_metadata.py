"""The provider's metadata: another issuer's, downgraded, redirected, odd."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from admit.testing import Answer
from hostile.provider_side import (
    AUTHORIZE,
    DISCOVERY,
    KEYS,
    TOKEN,
    failed,
    growing_less_than,
    secure_provider,
    trap,
    visited,
)
from hostile.registry import case, table
from hostile.world import World

REQUIRED = {
    "issuer",
    "authorization_endpoint",
    "token_endpoint",
    "jwks_uri",
    "response_types_supported",
    "subject_types_supported",
    "id_token_signing_alg_values_supported",
}


@table(
    {
        "KEY-01": ("metadata of another issuer", lambda _: ["https://evil.example"]),
        "KEY-02": ("the metadata's issuer has a slash more", lambda issuer: [f"{issuer}/"]),
        "KEY-x10": (
            "the metadata's issuer is a list, a number, nothing, in capitals, longer",
            lambda issuer: [[issuer], 7, None, "", issuer.upper(), f"{issuer}\n", f"{issuer}\0"],
        ),
    }
)
def other_issuer(world: World, others: Callable[[str], list[object]]) -> str:
    for other in others(world.provider.issuer):
        world.serve()
        world.provider.metadata = {"issuer": other}
        outcome = failed(world, "discovery.issuer_mismatch")
    assert world.provider.requests.keys() == {DISCOVERY}, "no other endpoint was asked"
    return outcome


@table(
    {
        "KEY-05": ("the metadata are a list", [Answer(body=[{"issuer": 1}])]),
        "KEY-x11": (
            "the metadata are a word, null, nothing, nested, in UTF-16, with data behind",
            [
                Answer(body='"word"'),
                Answer(body="null"),
                Answer(body=""),
                Answer(body='{"a":' * 5_000),
                Answer(change=lambda document: [document]),
                Answer(body="{} {}"),
                Answer(body="{}".encode("utf-16")),
                Answer(body=b"\xef\xbb\xbf{}"),
                Answer(body='{"issuer": "a", "issuer": "b"}'),
                Answer(body='{"issuer": NaN}'),
            ],
        ),
    }
)
def no_object(world: World, ways: list[Answer]) -> str:
    for answer in ways:
        world.serve()
        outcome = failed(world, "discovery.malformed", discovery=answer)
    return f"{outcome}" + (f", each of {len(ways)}" if len(ways) > 1 else "")


@table(
    {
        "KEY-08": ("the authorization endpoint is http", "authorization_endpoint"),
        "KEY-09": ("the token endpoint is http", "token_endpoint"),
        "KEY-10": ("the JWKS is at http", "jwks_uri"),
        "KEY-x12": ("the UserInfo endpoint is http", "userinfo_endpoint"),
    }
)
def downgraded(world: World, name: str) -> str:
    provider = secure_provider(world)
    # It is one that works: nothing but its scheme is wrong, on this machine or elsewhere.
    with trap() as url:
        for wrong in (f"{url}/x", "http://evil.example/x", "HTTP://evil.example/x"):
            world.serve(ADMIT_CA_FILE=str(world.folder / "ca.pem"), ADMIT_USERINFO="always")
            provider.metadata = {name: wrong}
            outcome = failed(world, "discovery.bad_endpoint")
    provider.metadata = {}
    world.serve(ADMIT_CA_FILE=str(world.folder / "ca.pem"))
    browser = world.browser()
    world.signed_in(browser, visited(world, browser))
    return f"{outcome}; no request over http"


@case("KEY-13", "the metadata are redirected to another host")
def redirected(world: World) -> str:
    with trap() as url:
        for status in (301, 302, 303, 307, 308):
            world.serve()
            away = Answer(status=status, redirect=f"{url}{DISCOVERY}")
            outcome = failed(world, "discovery.not_found", discovery=away)
    return f"{outcome}; not followed"


def _bad_urls(world: World) -> list[object]:
    host = world.provider.issuer.removeprefix("http://")
    return [
        "",
        "/v1/token",
        "//evil.example/token",
        f"ftp://{host}",
        "file:///etc/passwd",
        "javascript:alert(1)",
        f"http://user:password@{host}/v1/token",
        f"http://{host}/v1/token#fragment",
        "http://evil.example/token",
        "https://[::1/token",
        "https://evil.example:99999/",
        "https://evil.example\\@127.0.0.1/",
        "https://evil.example/a b",
        "https://evil.example/\r\nX: y",
        "https://evil.exampl\u0435/",
        ["https://evil.example/"],
        7,
        None,
    ]


@case("KEY-x13", "endpoints that are no addresses, or that hide another host")
def odd_endpoints(world: World) -> str:
    urls = _bad_urls(world)
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
        for url in urls:
            world.serve()
            world.provider.metadata = {name: url}
            answer = world.browser().get("/signin")
            outcome = world.failed(answer, "discovery.bad_endpoint", 502)
    assert world.provider.requests.keys() == {DISCOVERY}
    return f"{outcome}, each of {3 * len(urls)}"


@table(
    {
        "FLT-17": (
            "metadata that nobody knows",
            lambda document: {
                **document,
                "x_unknown": {"a": [1, {"b": None}]},
                "issuer_": "https://evil.example",
                "code_challenge_methods_supported": ["plain"],
                "id_token_signing_alg_values_supported": ["none", "HS256"],
                "token_endpoint_auth_methods_supported": "none",
            },
        ),
        "FLT-18": (
            "only the metadata that are required",
            lambda document: {
                **{name: value for name, value in document.items() if name in REQUIRED},
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
            },
        ),
        "KEY-x14": (
            "metadata with 5,000 scopes",
            lambda document: {
                **document,
                "scopes_supported": [f"scope-{number}" for number in range(5_000)],
                "claims_supported": [[]] * 5_000,
            },
        ),
    }
)
def harmless(world: World, change: Callable[[dict[str, Any]], object]) -> str:
    with growing_less_than(60):
        world.serve(ADMIT_USERINFO="always")
        browser = world.browser()
        world.provider.bend(discovery=Answer(change=change))
        outcome = world.signed_in(browser, browser.sign_in())
        sent = world.provider.received
        assert [came.path for came in sent][:4] == [DISCOVERY, AUTHORIZE, TOKEN, KEYS]
        assert sent[2].form["code_verifier"], "PKCE whatever the metadata say"
        assert browser.post("/signout").status in {200, 303}
        assert not browser.is_signed_in()
    return f"{outcome}, by PKCE; and out"


@case("KEY-x15", "metadata of 2 MB")
def large(world: World) -> str:
    filler = json.dumps({"issuer": world.provider.issuer, "x": "y" * (2 << 20)})
    with growing_less_than(60):
        return failed(world, "provider.too_large", discovery=Answer(body=filler))
