"""What the provider calls by itself, and what others send in its place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from hostile.browser import Browser
from hostile.sites import Site
from hostile.wire import Answer, Headers, exchange
from hostile.world import World

BACK, FRONT, UNIVERSAL = "/backchannel-logout", "/frontchannel-logout", "/universal-logout"
EVENT = "http://schemas.openid.net/event/backchannel-logout"
FORM = "application/x-www-form-urlencoded"
Fields = Mapping[str, str] | Sequence[tuple[str, str]]


def user(
    world: World, sid: str | None = "s1", sub: str = "00u1", site: Site | None = None
) -> Browser:
    """Return a browser in which *sub* has signed in, in the provider's session *sid*."""
    world.provider.user = {"sub": sub, "name": f"Name of {sub}", "email": f"{sub}@example.com"}
    world.provider.claims = {} if sid is None else {"sid": sid}
    browser = world.browser(site)
    assert browser.sign_in().status == 303
    assert browser.is_signed_in()
    return browser


def post_token(world: World, token: str, site: Site | None = None) -> Answer:
    """Post a logout token as the provider does."""
    return post(world, BACK, {"logout_token": token}, site=site)


def post(
    world: World,
    path: str,
    form: Fields = (),
    headers: Headers | None = None,
    *,
    body: bytes | None = None,
    site: Site | None = None,
) -> Answer:
    """Post as the provider does: without cookies, and without anything that a browser adds."""
    body = urlencode(form).encode() if body is None else body
    url = (site or world.site).url + path
    return exchange(url, "POST", headers={"Content-Type": FORM, **(headers or {})}, body=body)


def alive(*browsers: Browser) -> list[bool]:
    """Tell for each browser whether it is signed in."""
    return [browser.is_signed_in() for browser in browsers]


def done(world: World, answer: Answer, count: int) -> str:
    """Check that a logout token was carried out, and ended *count* sessions."""
    assert answer.status in {200, 204}, f"{answer.status} {answer.text}"
    assert answer.header("Cache-Control") == "no-store"
    assert not answer.set_cookies
    event = world.watch.events("logout.backchannel")[-1]
    assert event.fields["count"] == count, event
    return f"{answer.status}, no-store, {count} ended"


def refused(
    world: World, answer: Answer, code: str, status: int = 400, channel: str = "backchannel"
) -> str:
    """Check that a call was refused, that the log says why, and that the answer says no more."""
    event = world.watch.events("logout.refused")[-1]
    seen = answer.status, event.fields["code"], event.fields["channel"]
    assert seen == (status, code, channel), f"{seen}: {answer.text[:200]}"
    _is_plain_refusal(answer, code, "invalid_request")
    return f"{status} {code}, the session is kept"


def unavailable(world: World, answer: Answer, event: str, status: int = 503) -> str:
    """Check that a call could not be carried out now, so that the provider tries again."""
    found = world.watch.events(event)[-1]
    assert answer.status == status, f"{answer.status} {answer.text[:200]}"
    assert found.fields["channel"] == "backchannel"
    _is_plain_refusal(answer, str(found.fields["code"]), "temporarily_unavailable")
    return f"{status} {found.fields['code']}"


def _is_plain_refusal(answer: Answer, code: str, word: str) -> None:
    assert answer.header("Cache-Control") == "no-store"
    assert not answer.set_cookies
    assert answer.json() == {"error": word, "error_description": code}
