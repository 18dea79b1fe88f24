"""What must hold of every row is noticed where it does not: each app here breaks one rule."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import flask
import pytest

from admit.events import Event, log_event
from hostile import invariants
from hostile.wire import CALLBACK
from hostile.world import CLIENT_SECRET, World, world

Break = Callable[[flask.Response], object]


def _is_refusal(response: flask.Response) -> bool:
    return response.status_code >= 400


def _page(response: flask.Response, old: str, new: str) -> None:
    if _is_refusal(response):
        text = response.get_data(as_text=True)
        assert old in text
        response.set_data(text.replace(old, new))


def _with(name: str, value: str) -> Break:
    return lambda response: response.headers.set(name, value) if _is_refusal(response) else None


def _echo(response: flask.Response) -> None:
    if _is_refusal(response):
        response.set_data(response.get_data() + flask.request.args["state"].encode())


def _take_away(response: flask.Response, what: str) -> None:
    if _is_refusal(response):
        for name in flask.request.cookies:
            if what in name:
                response.delete_cookie(name)


def _hand_on(response: flask.Response) -> None:
    if flask.request.path == CALLBACK and not _is_refusal(response):
        response.location = f"{response.location}?{flask.request.query_string.decode()}"


def _confide(response: flask.Response) -> None:
    if "/v1/authorize" in (response.location or ""):
        response.location = f"{response.location}&hint={CLIENT_SECRET}"


def _log_once_more(response: flask.Response, **fields: str) -> None:
    if _is_refusal(response):
        log_event(Event("signin.refused", {"reference": "AAAAAAAA", **fields}))


def _log_cookie() -> None:
    for value in flask.request.cookies.values():
        logging.getLogger("app").debug("seen", extra={"cookie": value})


def _log_trace() -> None:
    try:
        int(flask.request.args["code"])
    except (ValueError, LookupError):
        logging.getLogger("app").debug("oh", exc_info=True)


BREAKS: dict[str, tuple[Break, str]] = {
    "a status of 500": (
        lambda response: setattr(response, "status_code", 500) if _is_refusal(response) else 0,
        "/callback.*: 500",
    ),
    "a traceback on a page": (
        lambda response: _page(response, "<h1>", "Traceback (most recent call last)<h1>"),
        "shows a traceback",
    ),
    "a refusal that may be kept": (_with("Cache-Control", "public"), "Cache-Control is 'public'"),
    "a refusal with a referrer": (
        _with("Referrer-Policy", "unsafe-url"),
        "Referrer-Policy is 'unsafe-url'",
    ),
    "no title": (lambda response: _page(response, "<title>", "<i>"), "no title"),
    "no sentence": (lambda response: _page(response, "<p>", "<b>"), "no sentence"),
    "no reference": (lambda response: _page(response, "Reference", "-"), "no reference"),
    "a refusal that is logged twice": (
        lambda response: _log_once_more(response, code="x"),
        "references on pages",
    ),
    "a refusal without a code in the log": (_log_once_more, "without a code"),
    "a secret on a page": (_echo, "the page of .* the secret"),
    "a secret in a header": (
        lambda response: response.headers.set("X-Seen", flask.request.args.get("code", "")),
        "the header x-seen .* the secret",
    ),
    "a secret in an address": (_hand_on, "the header location .* the secret"),
    "a secret in the provider's address": (_confide, "the address at the provider"),
    "a secret in an attribute of a record": (
        lambda _: _log_cookie(),
        "the log .* the secret",
    ),
    "a secret in a traceback in the log": (
        lambda _: _log_trace(),
        "the log .* the secret",
    ),
    "a refusal that ends a session": (
        lambda response: _take_away(response, "admit"),
        "changed the cookies .*'admit'",
    ),
    "a refusal that takes another attempt": (
        lambda response: _take_away(response, "-attempt-"),
        "changed the cookies .*attempt",
    ),
}


def visit(made: World) -> None:
    """Sign in, and bring a callback that is refused while another sign-in is under way."""
    browser = made.browser()
    browser.sign_in()
    browser.begin("/signin?prompt=login")
    browser.get(made.browser().to_callback())


def visited(
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    folder: Path,
    breaks: Break = lambda _: None,
) -> World:
    """Run a row, which is to notice what *breaks* does to each response."""

    def after(response: flask.Response) -> flask.Response:
        breaks(response)
        return response

    with world(monkeypatch, folder, request.getfixturevalue) as made:
        made.site.app.after_request(after)
        visit(made)
    return made


@pytest.mark.parametrize("name", BREAKS)
def test_it_is_noticed(
    name: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    breaks, told = BREAKS[name]
    with pytest.raises(AssertionError, match=told):
        visited(request, monkeypatch, tmp_path, breaks)


def test_an_answer_that_takes_too_long_is_noticed(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(invariants, "LONGEST", 0)
    with pytest.raises(AssertionError, match="303 after 0 s"):
        visited(request, monkeypatch, tmp_path)


def test_without_any_of_this_all_is_well(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert visited(request, monkeypatch, tmp_path).watch.events("signin.refused")
