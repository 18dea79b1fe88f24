"""What users, the provider, operators and attackers do, each once."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

from adapters.site import NAVIGATION, NOW, OWN, PAGE, passed_on
from admit.errors import AuthorizationDenied
from admit.ports import HttpResponse
from admit.sealing import Sealer
from admit.session_list import SessionList
from canaries.marks import mark
from canaries.witness import Witness
from canaries.world import Watched, World

CALLBACK = "/authorization-code/callback"
CROSS = {**NAVIGATION, "Sec-Fetch-Site": "cross-site"}
SCRIPT = {"Accept": "application/json"}
Made = Callable[..., World]


def signed_in(site: World) -> Watched:
    browser = site.browser()
    assert browser.sign_in("/signin?next=/profile").status_code == 303
    assert browser.is_signed_in()
    return browser


def later() -> None:
    """Wait for what is done beside the answers."""
    for thread in threading.enumerate():
        if thread.name == "admit-later":
            thread.join(10)


# --- all goes well -------------------------------------------------------------------------------


def plain(make: Made) -> None:
    signed_in(make()).get("/")


def stored(make: Made) -> None:
    signed_in(make(stored=True)).get("/")


def signed_in_twice(make: Made) -> None:
    site = make(stored=True)
    signed_in(site).sign_in("/signin?prompt=login")
    later()


def prompt_none(make: Made) -> None:
    site = make(authorization_parameters={"prompt": "none"})
    browser = site.browser()
    url = browser.begin()
    answer = browser.get(site.provider.callback(url, error="login_required", code=""))
    assert answer.status_code == 303


def form_post(make: Made) -> None:
    site = make(base_url="https://app.example", response_mode="form_post")
    browser = site.browser()
    response = site.provider.authorize(browser.begin())
    answer = browser.post(CALLBACK, CROSS, data=response)
    assert answer.status_code in {200, 303}
    assert browser.is_signed_in()


def userinfo(make: Made) -> None:
    signed_in(make(userinfo="always"))


def secret_in_the_form(make: Made) -> None:
    signed_in(make(token_endpoint_auth_method="client_secret_post"))


def renewed(make: Made) -> None:
    site = make(stored=True)
    browser = signed_in(site)
    for _ in range(2):
        site.clock.now += 3590
        assert browser.get("/token").text.startswith("access-")


def signed_out(make: Made) -> None:
    browser = signed_in(make(stored=True))
    _, fields = passed_on(browser.sign_out())
    assert browser.get(f"/?state={fields['state']}").status_code == 303
    later()


def signed_out_by_get(make: Made) -> None:
    browser = signed_in(make(end_session_method="get", signed_out_path="/bye"))
    assert "id_token_hint=" in browser.sign_out().location
    browser.get("/bye")
    browser.get("/bye?state=another")


def signed_out_by_its_page(make: Made) -> None:
    browser = signed_in(make())
    page = browser.get("/signout")
    token = page.text.partition('name="token" value="')[2].partition('"')[0]
    passed_on(browser.post("/signout", PAGE, data={"token": token}))


def signed_out_here(make: Made) -> None:
    signed_in(make(stored=True)).sign_out(only="app")
    later()


def signed_out_everywhere(make: Made) -> None:
    site = make(stored=True)
    other = signed_in(site)
    signed_in(site).sign_out(everywhere="yes")
    assert not other.is_signed_in()
    later()


def signed_out_by_flask_login(make: Made) -> None:
    signed_in(make(stored=True)).get("/leave")
    later()


def back_channel(make: Made) -> None:
    site = make(stored=True)
    browser = signed_in(site)
    token = site.provider.logout_token(sub="00u1")
    answer = site.browser().post("/backchannel-logout", {}, data={"logout_token": token})
    assert answer.status_code == 200
    assert not browser.is_signed_in()
    again = site.browser().post("/backchannel-logout", {}, data={"logout_token": token + "x"})
    assert again.status_code == 400
    site.browser().post(f"/backchannel-logout?logout_token={token}", {})


def front_channel(make: Made) -> None:
    site = make(stored=True)
    site.provider.claims["sid"] = "s1"
    browser = signed_in(site)
    site.browser().get(f"/frontchannel-logout?iss={site.provider.issuer}&sid=s1")
    assert not browser.is_signed_in()


def universal_token(site: World, **claims: object) -> dict[str, str]:
    said = {
        "iss": site.provider.issuer,
        "sub": site.provider.client_id,
        "aud": f"{site.base_url}/universal",
        "jti": "j",
        "iat": NOW,
        "nbf": NOW,
        "exp": NOW + 300,
        **claims,
    }
    token = site.provider.sign(said, typ="global-token-revocation+jwt")
    site.witness.secrets.add("universal_token", token)
    site.witness.secrets.add("authorization", f"Bearer {token}")
    return {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}


def universal(make: Made) -> None:
    site = make(stored=True)
    browser = signed_in(site)
    subject = {"format": "iss_sub", "iss": site.provider.issuer, "sub": "00u1"}
    body = json.dumps({"sub_id": subject})
    answer = site.browser().post("/universal", universal_token(site), data=body)
    assert answer.status_code == 204
    assert not browser.is_signed_in()
    for claims in ({"aud": "other"}, {"sub": "other"}, {"exp": 1}, {"iss": "other"}):
        answer = site.browser().post("/universal", universal_token(site, **claims), data=body)
        assert answer.status_code == 401
    headers = universal_token(site)
    headers["Authorization"] += "x"
    assert site.browser().post("/universal", headers, data=body).status_code == 401


def started_by_a_third_party(make: Made) -> None:
    site = make()
    site.browser().sign_in(f"/signin?iss={site.provider.issuer}&target_link_uri=/profile")


def key_rotated(make: Made) -> None:
    old, new = mark("key-one"), mark("key-two")
    site = make(secret_keys=[old])
    cookie = signed_in(site).cookies()["admit"]
    for keys, lives in (([new, old], True), ([new], False)):
        other = make(secret_keys=keys).browser()
        other.client.set_cookie("admit", cookie, domain="localhost")
        assert other.is_signed_in() is lives


def ended_by_the_application(make: Made) -> None:
    site = make(stored=True)
    signed_in(site)
    with site.app.app_context():
        assert site.sign_in.end_sessions(sub="00u1") == 1
        site.sign_in.end_all_sessions()


def listed(make: Made) -> None:
    site = make(stored=True)
    signed_in(site)
    parts = site.app.extensions["admit"].parts
    sealer = Sealer(parts.settings.secret_keys, bytes)
    assert SessionList(parts.sessions, parts.sessions.store, sealer.key_ids).all()


def provider_rotates_its_keys(make: Made) -> None:
    site = make()
    signed_in(site)
    site.provider.key, site.provider.published = 1, (1,)
    site.clock.now += 4000
    signed_in(site)


def asked_by_scripts(make: Made) -> None:
    site = make(stored=True)
    signed_in(site).get("/profile", SCRIPT)
    site.browser().get("/profile", SCRIPT)
    site.browser().get("/token", SCRIPT)


def expired(make: Made) -> None:
    site = make()
    browser = signed_in(site)
    site.clock.now += 50_000
    browser.get("/profile")
    browser.get("/signin")


# --- somebody does what they should not ----------------------------------------------------------


def another_site_signs_out(make: Made) -> None:
    browser = signed_in(make())
    assert browser.post("/signout", CROSS).status_code == 403
    assert browser.post("/signout", PAGE, data={"token": "x" * 43}).status_code == 200


def a_code_twice(make: Made) -> None:
    site = make()
    browser, other = site.browser(), site.browser()
    callback = site.provider.callback(browser.begin())
    for one in (other, browser, browser, other):
        one.get(callback)


def another_state(make: Made) -> None:
    site = make()
    browser = site.browser()
    callback = site.provider.callback(browser.begin())
    state = callback.partition("state=")[2]
    for wrong in ("", state[:-1], state * 2, "%00" + state, mark("state")):
        browser.get(callback.replace(state, wrong))
    site.witness.secrets.add("state", state)


def parameters_twice(make: Made) -> None:
    site = make()
    browser = site.browser()
    url = browser.begin()
    for name in ("code", "state", "iss", "error"):
        answered = site.provider.authorize(url)
        value = answered.get(name, [mark(name)])[0]
        callback = site.provider.callback(url, **{name: [value, mark(name)]})
        assert browser.get(callback).status_code == 400


def cookies_tampered_with(make: Made) -> None:
    for stored_there in (False, True):
        site = make(stored=stored_there)
        browser = signed_in(site)
        callback = site.provider.callback(browser.begin("/signin?prompt=login"))
        browser.get("/signout")
        cookies = browser.cookies()
        for change in (_cut, _turned, _doubled, _odd):
            thief = site.browser()
            for name, value in cookies.items():
                thief.client.set_cookie(name, change(value), domain="localhost")
                site.witness.secrets.add("cookie", change(value))
            for url in ("/profile", "/signin", callback, "/signout", "/token", "/?state=x"):
                thief.get(url)
            thief.post("/signout", OWN)


def _cut(value: str) -> str:
    return value[:-3]


def _turned(value: str) -> str:
    return value[:-9] + value[-9:][::-1]


def _doubled(value: str) -> str:
    return value + value


def _odd(value: str) -> str:
    return value + "=.%00"


def cookies_swapped(make: Made) -> None:
    browser = signed_in(make())
    browser.begin("/signin?prompt=login")
    cookies = browser.cookies()
    values = list(cookies.values())
    for name, value in zip(cookies, values[1:] + values[:1], strict=True):
        browser.client.set_cookie(name, value, domain="localhost")
    browser.get("/profile")
    browser.get("/signin")


def hook_denies(make: Made) -> None:
    site = make(stored=True)

    def deny(_user: object) -> None:
        raise AuthorizationDenied("app.not_welcome", "not you")

    site.sign_in.on_sign_in(deny)
    assert site.browser().sign_in().status_code == 403
    later()


def hook_raises(make: Made) -> None:
    site = make(stored=True)
    site.app.config["PROPAGATE_EXCEPTIONS"] = False

    def fail(_user: object) -> None:
        raise RuntimeError("the hook fails")

    site.sign_in.on_sign_in(fail)
    assert site.browser().sign_in().status_code == 500
    later()


def listener_raises(make: Made) -> None:
    site = make()

    def fail(*_: Any) -> None:
        raise RuntimeError("the listener fails")

    site.listener = fail
    signed_in(site).sign_out()


def failure_page_raises(make: Made) -> None:
    site = make()
    site.app.config["PROPAGATE_EXCEPTIONS"] = False

    def fail(_failure: object) -> str:
        raise RuntimeError("the page fails")

    site.sign_in.failure_page(fail)
    site.browser().get(f"{CALLBACK}?code={mark('code')}&state=" + "s" * 43)


def user_loader_raises(make: Made) -> None:
    site = make(stored=True)
    browser = signed_in(site)
    site.app.config["PROPAGATE_EXCEPTIONS"] = False

    def fail(_user: object) -> None:
        raise RuntimeError("the loader fails")

    site.sign_in.user_loader(fail)
    browser.get("/profile")


def refresh_refused(make: Made) -> None:
    site = make(stored=True)
    browser = signed_in(site)
    site.provider._grants.clear()
    site.clock.now += 3590
    browser.get("/asks")
    browser.get("/asks")
    browser.get("/token", SCRIPT)
    browser.get("/token")


def health(make: Made) -> None:
    site = make(stored=True, health_path="/healthz")
    browser = signed_in(site)
    assert browser.get("/healthz").status_code == 200
    site.provider.answers["/v1/token"] = HttpResponse(status=503, body=b"secret")
    for _ in range(6):
        start = browser.get("/signin?prompt=login")
        if start.status_code == 303:
            browser.get(site.provider.callback(start.location))
    browser.get("/healthz")


def revocation_fails(make: Made) -> None:
    site = make(stored=True)
    browser = signed_in(site)
    site.provider.answers["/v1/revoke"] = HttpResponse(status=503)
    browser.sign_out()
    later()


FLOWS: tuple[Callable[[Made], None], ...] = (
    plain, stored, signed_in_twice, prompt_none, form_post, userinfo, secret_in_the_form, renewed,
    signed_out, signed_out_by_get, signed_out_by_its_page, signed_out_here, signed_out_everywhere,
    signed_out_by_flask_login, back_channel, front_channel, universal, started_by_a_third_party,
    key_rotated, ended_by_the_application, listed, provider_rotates_its_keys, asked_by_scripts,
    expired, another_site_signs_out, a_code_twice, another_state, parameters_twice,
    cookies_tampered_with, cookies_swapped, hook_denies, hook_raises, listener_raises,
    failure_page_raises, user_loader_raises, refresh_refused, health,
    revocation_fails,
)  # fmt: skip


def maker(witness: Witness, *, debug: bool = False) -> Made:
    """Return what makes sites that *witness* watches."""

    def make(**settings: Any) -> World:
        return World(witness, debug=debug, **settings)

    return make
