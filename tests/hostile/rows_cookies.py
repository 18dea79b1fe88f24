"""The cookies of sessions: attributes, sizes, junk, and what can be read in them."""

from __future__ import annotations

import base64
import binascii
import pickle
import re
import zlib
from collections.abc import Iterator

from hostile.registry import case, table
from hostile.rows_session import both
from hostile.wire import CALLBACK, state_of
from hostile.world import World

LARGEST_COOKIE, LARGEST_HEADER = 4096, 8192


def _cookies_of_a_whole_visit(world: World) -> list[str]:
    """Sign in and out, with a refusal between; return each Set-Cookie."""
    browser = world.browser()
    browser.begin()
    browser.get(f"{CALLBACK}?state={state_of(browser.begin())}&code=wrong")
    browser.sign_in()
    browser.get("/profile")
    browser.post("/signout")
    lines = [line for answer in world.watch.answers for line in answer.set_cookies]
    kinds = {re.sub(r"-attempt-.*", "-attempt-", line.partition("=")[0]) for line in lines}
    assert {kind.removeprefix("__Host-") for kind in kinds} == {
        "admit",
        "admit-attempt-",
        "admit-rounds",
        "admit-signed-out",
    }
    return lines


def _attributes(line: str) -> dict[str, str]:
    pairs = (part.strip().partition("=") for part in line.split(";")[1:])
    return {name.lower(): value for name, _, value in pairs}


@table(
    {
        "SES-02": ("is HttpOnly missing?", ("httponly", [""])),
        "SES-03": ("is SameSite missing?", ("samesite", ["Lax", "Strict"])),
    }
)
def attribute(world: World, way: tuple[str, list[str]]) -> str:
    name, values = way
    lines = _cookies_of_a_whole_visit(world)
    assert all(_attributes(line).get(name) in values for line in lines)
    return f"{name} on each of {len(lines)} cookies"


@case("SES-04", "a Domain attribute")
def domain(world: World) -> str:
    lines = _cookies_of_a_whole_visit(world)
    assert all("domain" not in _attributes(line) for line in lines)
    return f"host-only, each of {len(lines)} cookies"


@case("SES-05", "cookies at an https address")
def secure(world: World) -> str:
    world.serve(tls=True)
    lines = _cookies_of_a_whole_visit(world)
    for line in lines:
        attributes = _attributes(line)
        assert line.startswith("__Host-")
        assert "secure" in attributes
        assert attributes["path"] == "/"
    return f"__Host-, Secure and Path=/ on each of {len(lines)} cookies"


@case("SES-06", "one letter of the cookie is changed")
def changed_cookie(world: World) -> str:
    tried = 0
    for _ in both(world):
        browser = world.browser()
        browser.sign_in()
        session = browser.session
        # The last letter may hold bits that mean nothing: the one before it never does.
        places = [0, 1, 5, 8, 12, 16, len(session) // 2, len(session) - 9, len(session) - 2]
        for place in places:
            letter = "A" if session[place] != "A" else "B"
            browser.cookies["admit"] = session[:place] + letter + session[place + 1 :]
            assert not browser.is_signed_in(), f"with letter {place} changed"
            tried += 1
        for cut in (session[:-1], session + "A", session[1:], session.swapcase()):
            browser.cookies["admit"] = cut
            assert not browser.is_signed_in()
            tried += 1
        # What was sealed for something else opens nothing here.
        browser.begin()
        (attempt,) = [name for name in browser.cookies if "-attempt-" in name]
        browser.cookies["admit"] = browser.cookies[attempt]
        assert not browser.is_signed_in()
        tried += 1
    return f"{tried} changes, never signed in"


class _Evil:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return exec, ("raise SystemExit('unpickled')",)


_PICKLE = base64.urlsafe_b64encode(pickle.dumps(_Evil()))


@table(
    {
        "SES-07": ("a junk cookie: empty", b""),
        "SES-08": (
            "a junk cookie: octets",
            bytes([*range(1, 10), *range(14, 32), *range(127, 256)]),
        ),
        "SES-09": ("a junk cookie: dots", b"..."),
        "SES-10": ("a junk cookie: a token without a signature", b"eyJhbGciOiJub25lIn0.e30."),
        "SES-11": (
            "a junk cookie: a value of Flask's",
            b"eyJfdXNlcl9pZCI6IjAwdTEifQ.aaaaaa.bbbbbb",
        ),
        "SES-12": ("a junk cookie: 60 KB", b"A" * 60_000),
        "SES-13": ("a junk cookie: CR LF", b'"a\\015\\012Set-Cookie: evil=1\\015\\012"'),
        "SES-14": ("a junk cookie: a pickle", _PICKLE),
        "SES-15": ("a junk cookie: null", b'"null\\000"'),
        "SES-16": ("a junk cookie: a path", b"../../../../etc/passwd"),
    }
)
def junk(world: World, value: bytes) -> str:
    for _ in both(world):
        browser = world.browser()
        state = state_of(browser.begin())
        (attempt,) = [name for name in browser.cookies if "-attempt-" in name]
        names = [b"admit", b"session", b"remember_token", b"admit-rounds", b"admit-signed-out"]
        for name in names:
            sent = {"Cookie": name + b"=" + value}
            assert browser.get("/profile", sent).status == 303, name
            assert browser.get("/", sent).status in {200, 303}
            assert browser.get("/signin", sent).location.startswith(world.provider.issuer)
        sent = {"Cookie": attempt.encode() + b"=" + value}
        # At once: what answers may be of several kinds, a refusal it is.
        answer = browser.get(f"{CALLBACK}?code=c0de&state={state}", sent)
        code = str(world.watch.event_of(answer).fields["code"])
        assert code in {"attempt.unreadable", "attempt.missing"}
        assert "evil" not in answer.cookies
    return f"not signed in, at a callback {code}"


def _readings(text: str) -> Iterator[bytes]:
    """Yield what a curious reader makes of a cookie."""
    yield text.encode()
    for octets in (text, text.split(".", maxsplit=1)[0], text.lstrip(".")):
        try:
            decoded = base64.urlsafe_b64decode(octets + "=" * (-len(octets) % 4))
        except (binascii.Error, ValueError):
            continue
        yield decoded
        for offset in (0, 1, 8):
            for window in (15, -15, 31):
                try:
                    yield zlib.decompress(decoded[offset:], window)
                except zlib.error:
                    continue


@case("SES-20", "tokens that can be read in cookies")
def readable_tokens(world: World) -> str:
    read = 0
    for store in (None, "sqlite"):
        world.serve(
            store=store, ADMIT_SCOPE="openid profile email offline_access" if store else None
        )
        browser = world.browser()
        browser.sign_in()
        browser.get("/session/userinfo")
        for value in browser.cookies.values():
            for octets in _readings(value):
                read += 1
                for secret in (*world.watch.secrets_of_providers(), "eyJ", "Alice", "00u1"):
                    assert secret.encode() not in octets, "it can be read"
    return f"none in {read} readings"


@case("SES-23", "cookies that are larger than browsers keep")
def large_cookies(world: World) -> str:
    world.provider.claims = {"groups": [f"group-of-the-company-{n}" for n in range(70)]}
    browser = world.browser()
    assert browser.sign_in().status == 303
    for _ in range(12):
        browser.begin("/signin?prompt=login&next=/" + "p" * 900)
    largest = max(len(f"{name}={value}") for name, value in browser.cookies.items())
    header = sum(len(f"{name}={value}; ") for name, value in browser.cookies.items())
    assert largest <= LARGEST_COOKIE
    assert header < LARGEST_HEADER
    assert browser.is_signed_in()
    return f"the largest {largest} bytes, all together {header}"


@case("SES-29", "cookies for the merely curious")
def merely_curious(world: World) -> str:
    for _ in both(world):
        for path in ("/", "/about", "/static/style.css", "/profile", "/nowhere"):
            assert not world.browser().get(path).set_cookies, path
    return "none"
