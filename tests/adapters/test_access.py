"""Who may see which page, and what everybody else gets."""

from __future__ import annotations

from typing import Any

import flask
import pytest
from flask_login import current_user

from adapters.site import NAVIGATION, PAGE, Browser, Site
from admit.flask import SignIn

XHR = [
    {"Accept": "application/json"},
    {"Accept": "*/*"},
    {},
    {**PAGE, "X-Requested-With": "XMLHttpRequest"},
    {"Accept": "*/*", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"},
    {**PAGE, "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"},
    {**PAGE, "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"},
    {**NAVIGATION, "Sec-Purpose": "prefetch;prerender"},
    {**PAGE, "Purpose": "prefetch"},
]


@pytest.mark.parametrize("headers", [NAVIGATION, PAGE])
def test_a_page_that_a_person_opens_leads_to_sign_in(
    browser: Browser, headers: dict[str, str]
) -> None:
    answer = browser.get("/profile", headers)
    assert answer.status_code == 303
    assert answer.location == "http://localhost:5000/signin?next=/profile"
    assert "no-store" in answer.headers["Cache-Control"]


@pytest.mark.parametrize("headers", XHR)
def test_whatever_is_no_page_gets_a_401_that_names_the_sign_in(
    site: Site, browser: Browser, headers: dict[str, str]
) -> None:
    answer = browser.get("/profile", headers)
    assert answer.status_code == 401
    assert answer.json == {
        "error": "sign_in_required",
        "sign_in_url": "http://localhost:5000/signin",
    }
    assert "Cookie" in answer.headers["Vary"]
    assert site.events == []


def test_a_form_sent_without_a_session_is_told_that_it_is_lost(browser: Browser) -> None:
    answer = browser.post("/profile", data={"a": "b"})
    assert answer.status_code == 401
    assert "was not saved" in answer.text


def test_protect_all_protects_whatever_nobody_thought_of() -> None:
    site = Site(protect_all=True, public=["named", "/open/*"])

    @site.app.get("/named")
    def named() -> str:
        return "named"

    @site.app.get("/open/<name>")
    def below(name: str) -> str:
        return name

    browser = site.browser()
    assert browser.get("/unmarked").status_code == 303
    assert [browser.get(path).status_code for path in ("/", "/named", "/open/door")] == [200] * 3
    assert browser.get("/none").status_code == 404
    browser.sign_in()
    assert browser.get("/unmarked").text == "unmarked"


@pytest.mark.parametrize(
    "path",
    ["/open/../private/a", "/open/./a", "/open/x/../../private/a", "/open/%2e%2e/a", "/open/..\\a"],
)
def test_dot_segments_lead_out_of_no_public_folder(tmp_path: Any, path: str) -> None:
    (tmp_path / "private").mkdir()
    (tmp_path / "private/a").write_text("secret")
    (tmp_path / "a").write_text("secret")
    site = Site(protect_all=True, public="/open/*")

    @site.app.get("/<path:name>")
    def file(name: str) -> flask.Response:
        return flask.send_from_directory(tmp_path, name)

    # As it came: a test client resolves dot segments itself, and a socket does not.
    answer = site.browser().get("/x", environ_overrides={"PATH_INFO": path.replace("%2e", ".")})
    assert answer.status_code == 303
    assert "secret" not in answer.text


@pytest.mark.parametrize("path", ["/static/a.css", "/bp/static/a.css"])
def test_static_files_stay_public(tmp_path: Any, path: str) -> None:
    (tmp_path / "a.css").write_text("a{}")
    site = Site(protect_all=True)
    site.app.static_folder = str(tmp_path)
    blueprint = flask.Blueprint(
        "bp", "bp", static_folder=str(tmp_path), static_url_path="/static", url_prefix="/bp"
    )
    site.app.register_blueprint(blueprint)
    answer = site.browser().get(path)
    assert answer.status_code == 200
    answer.close()


def test_pages_of_a_signed_in_user_are_for_nobodys_cache(browser: Browser) -> None:
    browser.sign_in()
    answer = browser.get("/profile")
    assert answer.headers["Cache-Control"] == "private, no-store"


def test_a_page_that_does_not_ask_for_the_user_is_untouched(browser: Browser) -> None:
    browser.sign_in()
    answer = browser.get("/plain")
    assert "Cache-Control" not in answer.headers
    assert "Vary" not in answer.headers
    assert "Set-Cookie" not in answer.headers


def test_an_anonymous_page_that_asks_for_the_user_varies_by_cookie(browser: Browser) -> None:
    answer = browser.get("/")
    assert answer.headers["Vary"] == "Cookie"
    assert "Cache-Control" not in answer.headers


def test_a_session_ends_when_idle_and_after_its_time(site: Site, browser: Browser) -> None:
    browser.sign_in()
    for _ in range(3):
        site.clock.now += 3599
        assert browser.is_signed_in(), "use keeps it alive"
    site.clock.now += 3600
    assert not browser.is_signed_in()

    browser.sign_in()
    for _ in range(13):
        site.clock.now += 3500
        browser.get("/profile")
    assert not browser.is_signed_in(), "but not for ever"


@pytest.mark.parametrize(
    "value", ["", "x", "AAAA", "é", "a" * 3900, "AQ" * 60, "..", "%00", '"quoted"', "a=b"]
)
def test_a_cookie_that_is_not_ours_is_nobody(site: Site, browser: Browser, value: str) -> None:
    browser.client.set_cookie("admit", value, domain="localhost")
    assert browser.get("/profile").status_code == 303
    assert browser.get("/").status_code == 200


def test_every_changed_byte_of_a_session_is_noticed(site: Site) -> None:
    browser = site.browser()
    browser.sign_in()
    text = browser.cookies()["admit"]
    for position in range(0, len(text), 37):
        changed = "B" if text[position] != "B" else "C"
        other = site.browser()
        spoilt = text[:position] + changed + text[position + 1 :]
        other.client.set_cookie("admit", spoilt, domain="localhost")
        assert not other.is_signed_in()


def test_a_session_of_another_application_with_the_same_secret_opens_nothing() -> None:
    one, two = Site(), Site(client_id="another-client")
    browser = one.browser()
    browser.sign_in()
    thief = two.browser()
    thief.client.set_cookie("admit", browser.cookies()["admit"], domain="localhost")
    assert not thief.is_signed_in()


def test_keys_rotate_and_sign_nobody_out() -> None:
    old, new = "old-key-of-the-test-that-is-long-enough", "new-key-of-the-test-that-is-long-enough"
    before, after = Site(secret_keys=[old]), Site(secret_keys=[new, old])
    gone = Site(secret_keys=[new])
    browser = before.browser()
    browser.sign_in()
    for site, expected in ((after, True), (gone, False)):
        other = site.browser()
        other.client.set_cookie("admit", browser.cookies()["admit"], domain="localhost")
        assert other.is_signed_in() is expected


def test_current_user_works_in_templates_and_views(site: Site, browser: Browser) -> None:
    site.provider.user = {
        "sub": "00u1",
        "given_name": "Alice",
        "family_name": "Example",
        "groups": ["IT", "Everyone"],
    }

    @site.app.get("/me")
    def me() -> Any:
        with pytest.raises(TypeError):
            current_user.claims["sub"] = "other"
        return flask.jsonify(
            id=current_user.id,
            login=current_user.get_id(),
            name=current_user.name,
            email=current_user.email,
            groups=current_user.groups,
            anonymous=current_user.is_anonymous,
        )

    browser.sign_in()
    me_seen = browser.json("/me")
    assert me_seen["name"] == "Alice Example"
    assert me_seen["email"] is None
    assert me_seen["groups"] == ["IT", "Everyone"]
    assert me_seen["id"] == me_seen["login"]
    assert len(me_seen["id"]) == 32
    assert me_seen["anonymous"] is False


def test_it_works_in_a_factory_and_for_several_applications() -> None:
    sign_in = SignIn(
        issuer="https://provider.test",
        client_id="c",
        client_secret="s",
        base_url="http://localhost",
    )
    for name in ("one", "two"):
        app = flask.Flask(name)
        app.config["SECRET_KEY"] = f"a-key-of-the-test-with-enough-characters-{name}"
        sign_in.init_app(app)
        with app.app_context():
            assert sign_in.settings.client.client_id == "c"
        with app.test_request_context():
            assert flask.url_for("signin") == "/signin"
            assert flask.url_for("signout") == "/signout"


def test_a_page_that_is_only_named_static_is_protected() -> None:
    site = Site(protect_all=True)
    blueprint = flask.Blueprint("bp", "bp", url_prefix="/bp")
    blueprint.add_url_rule("/secret", "static", lambda: "secret")
    site.app.register_blueprint(blueprint)
    site.app.add_url_rule("/dotted", "not.a.blueprint.static", lambda: "secret")
    for path in ("/bp/secret", "/dotted"):
        assert site.browser().get(path).status_code == 303

    plain = flask.Flask("plain", static_folder=None)
    plain.config["SECRET_KEY"] = "a-key-of-the-test-with-enough-characters"
    SignIn(
        plain,
        issuer="https://provider.test",
        client_id="c",
        client_secret="s",
        base_url="http://localhost:5000",
        protect_all=True,
    )
    plain.add_url_rule("/secret", "static", lambda: "secret")
    assert plain.test_client().get("/secret", headers=PAGE).status_code == 303
