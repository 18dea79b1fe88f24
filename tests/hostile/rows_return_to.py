"""Return-to: where a browser is sent after sign-in and sign-out."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

from hostile.registry import case, table
from hostile.wire import CALLBACK, parameters_of
from hostile.world import World

EVIL = "https://evil.example"


#: What a browser, or a proxy that decodes once more, reads as one of the others.
VARIANTS = {
    "//evil.example/x": (
        "/%2Fevil.example/x",
        "/%2f/evil.example",
        "//evil.example",
        " //evil.example",
    ),
    "///evil.example/x": (
        "////evil.example",
        "/%2F%2Fevil.example",
        "/.//evil.example",
        "/x/..//evil",
    ),
    "/\\evil.example/x": (
        "/%5Cevil.example",
        "\\\\evil.example",
        "\\/evil.example",
        "/x\\..\\evil",
    ),
    "/\t/evil.example": (
        "/%09/evil.example",
        "/\n/evil.example",
        "/\x00/evil",
        "/\u2028/evil",
        "/\u00e9",
    ),
    "javascript:alert(1)": ("JavaScript:alert(1)", "java\tscript:alert(1)", "data:text/html,x"),
    "/signin?next=https://evil.example": (
        "/signout",
        "/signin/",
        "/%73ignin",
        "/x/../signin",
        CALLBACK,
    ),
}


@table(
    {
        "RTO-01": ("an absolute address", f"{EVIL}/x"),
        "RTO-02": ("//evil", "//evil.example/x"),
        "RTO-03": ("///evil", "///evil.example/x"),
        "RTO-04": ("/\\evil", "/\\evil.example/x"),
        "RTO-07": ("a tab between slashes", "/\t/evil.example"),
        "RTO-13": ("https:evil", "https:evil.example"),
        "RTO-14": ("https:/evil", "https:/evil.example"),
        "RTO-15": ("HtTpS://evil", "HtTpS://evil.example"),
        "RTO-16": ("javascript:", "javascript:alert(1)"),
        "RTO-19": ("our host as user of another", "http://{host}@evil.example/"),
        "RTO-20": ("our host as prefix", "http://{host}.evil.example/"),
        "RTO-21": ("our host in the fragment", "http://evil.example#{host}"),
        "RTO-22": ("our host in the query", "http://evil.example?{host}"),
        "RTO-26": ("our host, another port", "http://127.0.0.1:1/"),
        "RTO-33": ("CR LF", "/x\r\nLocation: https://evil.example/\r\nSet-Cookie: evil=1"),
        "RTO-34": ("a path of 20 KB", "/" + "x" * 20_000),
        "RTO-35": ("http:///evil", "http:///evil.example"),
        "RTO-36": ("file:", "file:///etc/passwd"),
        "RTO-37": ("vbscript:", "vbscript:msgbox(1)"),
        "RTO-38": ("our own address that sends on", f"/signin?next={EVIL}"),
    }
)
def elsewhere(world: World, wish: str) -> str:
    for variant in (wish, *VARIANTS.get(wish, ())):
        _to_the_default(world, variant.format(host=urlsplit(world.site.url).netloc))
    return "the default page, signed in"


def _to_the_default(world: World, wish: str) -> None:
    browser = world.browser()
    path = f"/signin?next={quote(wish, safe='')}"
    world.signed_in(browser, browser.sign_in(path))
    # Whoever is signed in already is sent on at once.
    session = browser.session
    answer = browser.get(path)
    assert (answer.status, answer.location) == (303, f"{browser.url}/")
    assert browser.session == session
    assert browser.is_signed_in()
    assert all("evil" not in name for a in world.watch.answers for name in a.cookies)
    # As the path of a protected page it is no way out either.
    other = world.browser()
    wanted = other.get(f"/profile?{quote(wish, safe='/:@')}").location
    assert wanted.startswith(f"{browser.url}/signin")
    kept = parameters_of(wanted).get("next", "/")
    assert kept.startswith("/")
    world.signed_in(other, other.sign_in(wanted), kept)


@case("RTO-50", "an honest address with a query")
def honest(world: World) -> str:
    browser = world.browser()
    wanted = "/profile?tab=1&q=a%2Fb"
    return f"{world.signed_in(browser, browser.sign_in(wanted), wanted)}, kept exactly"


@case("RTO-54", "a protected page whose own path has two slashes")
def slashes_in_the_path(world: World) -> str:
    for target in (
        b"//evil.example/profile",
        b"/%2fevil.example/",
        b"/%5cevil.example",
        b"//profile",
    ):
        browser = world.browser()
        answer = browser.get("/", target=target)
        for _ in range(3):
            if not answer.location:
                break
            here = urlsplit(answer.location)
            at_home = f"{here.scheme}://{here.netloc}" == browser.url
            assert at_home or (answer.location.startswith("/") and answer.location[1] not in "/\\")
            wish = parameters_of(answer.location).get("next", "/")
            assert not wish.startswith(("//", "/\\"))
            if here.path.startswith("/signin"):
                world.signed_in(browser, done := browser.sign_in(answer.location), wish)
                assert urlsplit(done.location).netloc == urlsplit(browser.url).netloc
                break
            answer = browser.get(here.path)
    return "stays at our own origin"


@table(
    {
        "RTO-55": ("after sign-out: an absolute address", f"{EVIL}/x"),
        "RTO-56": ("after sign-out: //evil", "//evil.example/x"),
        "RTO-57": ("after sign-out: /\\evil", "/\\evil.example/x"),
    }
)
def after_sign_out(world: World, wish: str) -> str:
    for method in ("get", "post"):
        world.serve(ADMIT_END_SESSION_METHOD=method)
        for only in ({}, {"only": "app"}):
            browser = world.browser()
            browser.sign_in()
            wishes = {"next": wish, "return_to": wish, "post_logout_redirect_uri": wish}
            query = "&".join(f"{name}={quote(value, safe='')}" for name, value in wishes.items())
            assert "evil" not in browser.get(f"/signout?{query}").text
            answer = browser.post(f"/signout?{query}", {**wishes, **only})
            assert not browser.is_signed_in()
            assert answer.status in {200, 303}
            assert "evil" not in answer.text
            assert "evil" not in answer.location
            # Without a session there is nothing to do but to go home.
            assert browser.get(f"/signout?{query}").location == f"{browser.url}/"
    return "our own page; not passed to the provider"
