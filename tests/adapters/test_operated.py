"""Sessions that operators end, by a command or by the application's own code."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from adapters.site import NOW, Site
from admit import ConfigurationError
from admit.cli import main
from admit.shared_marks import MARKS_FRESH
from admit.stores import open_store
from admit.testing import MemoryStore


def site_over_memory(**settings: Any) -> Site:
    store = MemoryStore(lambda: made.clock.now)
    made = Site(store=store, **settings)
    return made


@pytest.fixture
def site() -> Site:
    return site_over_memory(universal_logout_path="/universal-logout")


def call(site: Site, **how: Any) -> int:
    with site.app.app_context():
        return site.sign_in.end_sessions(**how)


def call_all(site: Site, **how: Any) -> None:
    with site.app.app_context():
        site.sign_in.end_all_sessions(**how)


# --- by command ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("whose", "after"),
    [
        (("--user", "00u1"), 0),
        (("--email", "A@example.com"), 0),
        (("--all", "--yes"), MARKS_FRESH),
    ],
)
def test_whom_a_command_signs_out_is_out_at_the_next_page(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, whose: tuple[str, ...], after: int
) -> None:
    url = f"sqlite:///{tmp_path}/sessions.db"
    store = open_store(url)
    store.create()
    universal = "/universal-logout"
    site = Site(store=store, universal_logout_path=universal)
    site.clock.now = int(time.time())
    monkeypatch.chdir(tmp_path)
    for name, value in {
        "ADMIT_ISSUER": site.provider.issuer,
        "ADMIT_CLIENT_ID": site.provider.client_id,
        "ADMIT_CLIENT_SECRET": site.provider.client_secret,
        "ADMIT_BASE_URL": site.base_url,
        "ADMIT_SECRET_KEYS": site.app.config["SECRET_KEY"],
        "ADMIT_SESSIONS": url,
        "ADMIT_UNIVERSAL_LOGOUT_PATH": universal,
    }.items():
        monkeypatch.setenv(name, value)
    browser, other = site.browser(), site.browser()
    browser.sign_in()
    other.sign_in()
    assert browser.is_signed_in()
    result = CliRunner().invoke(main, ["sessions", "end", *whose])
    assert (result.exit_code, result.output.count("Ended 2 sessions.")) == (0, 1)
    site.clock.now += after
    assert not browser.is_signed_in()
    assert not other.is_signed_in()
    browser.sign_in()
    assert browser.is_signed_in()
    store.close()


# --- by the application --------------------------------------------------------------------------


@pytest.mark.parametrize("whom", [{"sub": "00u1"}, {"email": "A@Example.com"}])
def test_whom_the_application_signs_out_is_out_on_every_device(
    site: Site, whom: dict[str, str]
) -> None:
    one, two, other = site.browser(), site.browser(), site.browser()
    one.sign_in()
    two.sign_in()
    site.provider.user = {"sub": "00u2", "email": "b@example.com"}
    other.sign_in()
    assert call(site, **whom) == 2
    assert not one.is_signed_in()
    assert not two.is_signed_in()
    assert other.is_signed_in()
    [event] = [event for event in site.events if event.name == "session.ended"]
    assert (event.fields["by"], event.fields["count"]) == ("application", 2)
    assert "00u1" not in str(event)
    assert "example.com" not in str(event).lower()


def test_all_are_signed_out_within_seconds(site: Site) -> None:
    browser = site.browser()
    browser.sign_in()
    call_all(site)
    assert not browser.is_signed_in()


@pytest.mark.parametrize("whom", [{"sub": "00u1"}, {"email": "a@example.com"}, None])
@pytest.mark.parametrize("form", [float, lambda seconds: datetime.fromtimestamp(seconds, UTC)])
def test_those_that_began_later_live_on(
    site: Site, whom: dict[str, str] | None, form: Callable[[int], Any]
) -> None:
    early, late = site.browser(), site.browser()
    early.sign_in()
    site.clock.now += 600
    late.sign_in()
    if whom is None:
        call_all(site, before=form(NOW + 300))
    else:
        assert call(site, **whom, before=form(NOW + 300)) == 1
    assert not early.is_signed_in()
    assert late.is_signed_in()


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ({}, "one of sub and email"),
        ({"sub": "00u1", "email": "a@example.com"}, "one of sub and email"),
        ({"sub": "00u1", "before": datetime(2026, 1, 1)}, "a time zone is needed"),  # noqa: DTZ001
        ({"sub": "00u1", "before": NOW + 1}, "a time in the past"),
        ({"sub": "00u1", "before": NOW * 1000}, "a time in the past"),
        ({"sub": "00u1", "before": -1}, "a time in the past"),
        ({"sub": "00u1", "before": float("nan")}, "a time in the past"),
        ({"sub": "00u1", "before": datetime(2999, 1, 1, tzinfo=UTC)}, "a time in the past"),
    ],
)
def test_what_cannot_be_meant_ends_nothing(site: Site, how: dict[str, Any], told: str) -> None:
    browser = site.browser()
    browser.sign_in()
    with pytest.raises(ValueError, match=told):
        call(site, **how)
    assert browser.is_signed_in()


def test_what_the_deployment_cannot_do_is_told_by_its_setting() -> None:
    with pytest.raises(ConfigurationError) as caught:
        call(site_over_memory(), email="a@example.com")
    assert [problem.setting for problem in caught.value.problems] == ["ADMIT_UNIVERSAL_LOGOUT_PATH"]
    for end in (lambda: call(Site(), sub="00u1"), lambda: call_all(Site())):
        with pytest.raises(ConfigurationError) as caught:
            end()
        assert [problem.setting for problem in caught.value.problems] == ["ADMIT_SESSIONS"]
