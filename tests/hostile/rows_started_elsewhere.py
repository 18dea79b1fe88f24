"""Sign-ins that somebody else starts, loops of redirects, and our pages in frames."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

from hostile.calls import FRONT, user
from hostile.registry import case
from hostile.wire import CALLBACK, exchange, parameters_of
from hostile.world import World

EVIL = "https://evil.example"


@case("3PI-x1", "iss of a stranger")
def stranger(world: World) -> str:
    browser = user(world)
    other = world.new_provider()
    issuer = world.provider.issuer
    for iss in (
        EVIL,
        other.issuer,
        f"{issuer}/",
        f"{issuer}.evil.example",
        f"{issuer}@evil.example",
        "",
    ):
        before = len(world.provider.received)
        answer = browser.get(f"/signin?iss={quote(iss, safe='')}", {"Sec-Fetch-Site": "cross-site"})
        outcome = world.refused(answer, "third_party_login.iss_mismatch")
        assert not answer.location
        assert len(world.provider.received) == before
    answer = browser.get(f"/signin?iss={quote(issuer)}&iss={quote(EVIL)}")
    world.refused(answer, "third_party_login.duplicate_parameter")
    # Its metadata would have been a request to an address of the attacker's choice.
    assert not other.received
    assert browser.is_signed_in()
    return f"{outcome}; its address is never asked"


@case("3PI-x2", "target_link_uri elsewhere")
def target_elsewhere(world: World) -> str:
    url = world.site.url
    port = urlsplit(url).port
    for target in (
        EVIL,
        "//evil.example",
        f"{url}.evil.example/",
        f"{url}@evil.example/",
        f"{url}//evil.example",
        f"{url}/\\evil.example",
        f"http://localhost:{port}/profile",
        f"{url}/signout",
        f"{url}{CALLBACK}?code=x",
        "javascript:alert(1)",
    ):
        browser = world.browser()
        path = (
            f"/signin?iss={quote(world.provider.issuer)}&target_link_uri={quote(target, safe='')}"
        )
        world.signed_in(browser, browser.sign_in(path))
    browser = world.browser()
    target = quote(f"{url}/profile?tab=1", safe="")
    answer = browser.sign_in(f"/signin?iss={quote(world.provider.issuer)}&target_link_uri={target}")
    return f"{world.signed_in(browser, answer, '/profile?tab=1')}; elsewhere is the default page"


@case("3PI-x3", "a login_hint with anything in it")
def odd_hint(world: World) -> str:
    browser = world.browser()
    issuer = quote(world.provider.issuer)
    for hint in ("a" * 5000, "a\r\nSet-Cookie: x=1", "\x00", "&redirect_uri=" + EVIL):
        answer = browser.get(f"/signin?iss={issuer}&login_hint={quote(hint, safe='')}")
        assert answer.status == 303
        asked = parameters_of(answer.location)
        assert asked["redirect_uri"] == world.site.url + CALLBACK
        assert asked.get("login_hint", "") in {"", "&redirect_uri=" + EVIL}
        assert "x" not in answer.cookies
    return "left out, or one value as it is"


@case("LOP-x1", "cookies that never come back: a loop of redirects")
def loop(world: World) -> str:
    browser = world.browser()
    answer = browser.get("/profile")
    requests, sign_ins = 0, 0
    while answer.status == 303 and requests < 60:
        # The session's cookie is lost each time, as behind a proxy that drops large ones.
        browser.cookies.pop("admit", None)
        requests += 1
        if answer.location.startswith(world.provider.issuer):
            sign_ins += 1
            answer = browser.get(browser.authorize(answer.location))
        else:
            answer = browser.get(answer.location)
    outcome = world.refused(answer, "sign_in.loop")
    assert sign_ins <= 4
    return f"{outcome} after {sign_ins} sign-ins"


@case("FRM-x1", "our pages in a frame of another site")
def framed(world: World) -> str:
    world.serve(store="sqlite")
    browser = user(world)
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "iframe"}
    pages = ("/signout", f"{CALLBACK}?state=x", "/signin?iss=" + EVIL, "/", "/profile")
    for page in pages:
        for sent in (headers, {}):
            answer = browser.get(page, sent)
            if answer.status == 303:
                assert not answer.body
                continue
            assert "frame-ancestors 'none'" in answer.header("Content-Security-Policy"), page
    # The one page that belongs in a frame says whose.
    answer = exchange(f"{browser.url}{FRONT}?iss={quote(world.provider.issuer)}&sid=other")
    (policy,) = [
        part.strip()
        for part in answer.header("Content-Security-Policy").split(";")
        if "frame-ancestors" in part
    ]
    parts = urlsplit(world.provider.issuer)
    assert policy == f"frame-ancestors {parts.scheme}://{parts.netloc}"
    assert browser.is_signed_in()
    return "nobody may frame them; the front-channel page the provider alone"
