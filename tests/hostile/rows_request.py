"""The request side: what the browser takes to the provider."""

from __future__ import annotations

import re
from urllib.parse import urlencode

from hostile.registry import case, table
from hostile.wire import CALLBACK, Answer, parameters_of
from hostile.world import World

FEWEST_BITS = 128
#: Of each letter of base64url.
BITS = 6
CROSS_SITE = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}


@table(
    {
        "REQ-01": ("is state repeated or guessable?", "state"),
        "REQ-02": ("is nonce repeated or guessable?", "nonce"),
        "REQ-03": ("is the PKCE challenge repeated?", "code_challenge"),
    }
)
def fresh_values(world: World, name: str) -> str:
    browsers = [world.browser(), world.browser(), world.browser()]
    # The last begins three tabs: neither another browser nor the same one repeats anything.
    values = [parameters_of(b.begin())[name] for b in [*browsers, browsers[-1], browsers[-1]]]
    assert len(set(values)) == 5
    # What is random differs from each other value in most letters, not in a few that count up.
    pairs = [(one, two) for one in values for two in values if one < two]
    assert all(
        sum(a != b for a, b in zip(one, two, strict=True)) > len(one) / 2 for one, two in pairs
    )
    assert all(re.fullmatch(r"[A-Za-z0-9_-]+", value) for value in values)
    bits = len(values[0]) * BITS
    assert bits >= FEWEST_BITS
    return f"5 values, all different, {bits // 8 * 8} bits each"


@case("REQ-04", "is PKCE plain or absent?")
def pkce_method(world: World) -> str:
    asked = parameters_of(world.browser().begin())
    assert asked["code_challenge_method"] == "S256"
    assert len(asked["code_challenge"]) == 43
    return "S256, 43 characters"


@case("REQ-05", "is the code_verifier weak or missing?")
def code_verifier(world: World) -> str:
    browser = world.browser()
    browser.sign_in()
    (came,) = [came for came in world.provider.received if came.path == "/v1/token"]
    verifier = came.form["code_verifier"]
    assert re.fullmatch(r"[A-Za-z0-9._~-]{43,128}", verifier)
    return f"{len(verifier)} unreserved characters"


@case("REQ-06", "are tokens asked for in the front channel?")
def response_type(world: World) -> str:
    asked = parameters_of(world.browser().begin())
    assert asked["response_type"] == "code"
    assert "openid" in asked["scope"].split()
    return "code alone, with openid"


@case("REQ-07", "does the browser carry a secret?")
def secret_in_the_browser(world: World) -> str:
    browser = world.browser()
    url = browser.begin()
    browser.get(browser.authorize(url))
    (came,) = [came for came in world.provider.received if came.path == "/v1/token"]
    for secret in (came.form["code_verifier"], world.provider.client_secret):
        assert secret not in url
        assert all(secret not in value for a in world.watch.answers for _, value in a.headers)
    assert not {"client_secret", "code_verifier"} & parameters_of(url).keys()
    return "neither client_secret nor code_verifier"


def _redirect_uri_of(world: World, answer: Answer) -> str:
    assert answer.location.startswith(world.provider.issuer), answer.location
    return parameters_of(answer.location)["redirect_uri"]


@case("REQ-09", "Host: evil.example at sign-in")
def redirect_uri_from_host(world: World) -> str:
    browser = world.browser()
    evil = {"Host": "evil.example"}
    answer = browser.get("/signin", evil)
    assert answer.location == f"{browser.url}/signin?canonical=1"
    # A proxy may change Host for good: then the sign-in begins all the same.
    answer = browser.get("/signin?canonical=1", evil)
    assert _redirect_uri_of(world, answer) == browser.url + CALLBACK
    answer = browser.get("/profile", evil)
    assert answer.location == f"{browser.url}/signin?next=/profile"
    return "sent to the configured host; the redirect_uri is the configured one"


@case("REQ-12", "a visitor adds parameters to /signin")
def parameters_of_a_visitor(world: World) -> str:
    evil = {
        "redirect_uri": "https://evil.example/",
        "client_id": "evil",
        "state": "fixed-by-the-visitor",
        "nonce": "fixed-by-the-visitor",
        "request_uri": "https://evil.example/request",
        "request": "e30.e30.",
        "response_type": "id_token",
        "response_mode": "fragment",
        "scope": "openid admin",
        "code_challenge": "fixed-by-the-visitor",
        "code_challenge_method": "plain",
        "id_token_hint": "e30.e30.",
        "acr_values": "0",
        "max_age": "99999",
        "claims": "{}",
    }
    plain, asked = (
        parameters_of(world.browser().begin(path))
        for path in ("/signin", f"/signin?{urlencode(evil)}")
    )
    assert asked.keys() == plain.keys()
    assert not set(asked.values()) & set(evil.values())
    fresh = {"state", "nonce", "code_challenge"}
    assert all(asked[name] == plain[name] for name in plain.keys() - fresh)
    return "none reaches the provider"


@case("REQ-14", "may a cache keep the redirect with state?")
def cached_redirect(world: World) -> str:
    browser = world.browser()
    begun = browser.get("/signin")
    assert begun.header("Cache-Control") == "no-store"
    assert browser.get("/profile").header("Cache-Control") == "no-store"
    return "no-store"


@case("REQ-u1", "a GET from another site changes an account")
def request_phase_csrf(world: World) -> str:
    browser = world.browser()
    browser.sign_in()
    session = browser.session
    world.provider.user = {"sub": "00u2", "name": "Mallory Example"}
    for path in ("/signin", "/signin?prompt=login", "/signin?next=/profile"):
        browser.get(path, CROSS_SITE)
        assert browser.session == session
        assert "Alice Example" in browser.get("/profile").text
    # Accounts are (iss, sub), and none is linked to another: there is no start for that.
    names = {rule.endpoint for rule in world.site.app.url_map.iter_rules()}
    assert not [name for name in names if "link" in name]
    return "the session stays; nothing links accounts"
