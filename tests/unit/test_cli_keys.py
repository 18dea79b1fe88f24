"""The commands `admit keys`, over SQLite: a key goes when nobody needs it any more."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from admit.ports import run_sync
from admit.stored_sessions import ENDED
from deployed import NEW, OLD, OTHER, Deployed, key_id

ABSOLUTE = 43_200


@pytest.fixture
def deployed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Deployed]:
    made = Deployed(monkeypatch, tmp_path, f"sqlite:///{tmp_path}/sessions.db")
    yield made
    made.close()


@pytest.fixture
def cookies(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Deployed:
    return Deployed(monkeypatch, tmp_path, None)


def test_each_key_is_shown_with_the_sessions_that_need_it(deployed: Deployed) -> None:
    deployed.sign_in()
    deployed.keys(NEW, OLD)
    deployed.sign_in()
    deployed.sign_in()
    result = deployed.run("keys", "status")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        f"{key_id(NEW)}  seals new sessions    2 sessions",
        f"{key_id(OLD)}  opens older sessions  1 session",
    ]


def test_sessions_whose_key_is_gone_are_told(deployed: Deployed) -> None:
    deployed.keys(OTHER)
    deployed.sign_in()
    deployed.keys(NEW, OLD)
    lines = deployed.run("keys", "status").stdout.splitlines()
    assert lines[:2] == [
        f"{key_id(NEW)}  seals new sessions    0 sessions",
        f"{key_id(OLD)}  opens older sessions  0 sessions",
    ]
    assert lines[2].startswith(
        f"No configured key opens these: 1 session, sealed by {key_id(OTHER)}."
    )


def test_a_key_stays_while_a_living_session_needs_it_and_goes_then(deployed: Deployed) -> None:
    cookie = deployed.sign_in(ago=600)
    deployed.keys(NEW, OLD)
    result = deployed.run("keys", "retire", key_id(OLD))
    assert result.exit_code == 1
    assert result.stdout == ""
    told = re.fullmatch(
        r"Error: 1 living session needs this key; the last one ends at (\S+) at the latest\."
        r" To end them now: --end-sessions\.\n",
        result.stderr,
    )
    assert told is not None
    last = datetime.fromisoformat(told[1]).timestamp()
    assert abs(last - (time.time() - 600 + ABSOLUTE)) < 5
    assert deployed.is_alive(cookie)

    deployed.run("sessions", "end", deployed.reference(cookie))
    result = deployed.run("keys", "retire", key_id(OLD))
    assert result.exit_code == 0
    assert (
        result.stdout == "Remove key 2 of the 2 in ADMIT_SECRET_KEYS, and restart every process.\n"
    )


def test_a_key_whose_sessions_are_ended_goes_at_once(deployed: Deployed) -> None:
    cookie = deployed.sign_in()
    deployed.keys(NEW, OLD)
    other = deployed.sign_in()
    result = deployed.run("keys", "retire", key_id(OLD), "--end-sessions")
    assert result.exit_code == 0
    ended, then = result.stdout.splitlines()
    assert ended.startswith(f"Ended 1 session that the key {key_id(OLD)} sealed. It takes effect")
    assert then == "Remove key 2 of the 2 in ADMIT_SECRET_KEYS, and restart every process."
    assert not deployed.is_alive(cookie)
    assert deployed.is_alive(other)
    assert deployed.run("keys", "status").stdout.splitlines() == [
        f"{key_id(NEW)}  seals new sessions    1 session",
        f"{key_id(OLD)}  opens older sessions  0 sessions",
    ]


def test_sessions_of_other_applications_are_told_apart(deployed: Deployed) -> None:
    deployed.sign_in()
    deployed.set("ADMIT_CLIENT_ID", "another-client")
    assert deployed.run("keys", "status").stdout.splitlines() == [
        f"{key_id(OLD)}  seals new sessions    0 sessions",
        "1 session of other applications in this store.",
    ]


def test_a_key_stays_while_a_session_of_another_application_needs_it(deployed: Deployed) -> None:
    own = os.environ["ADMIT_CLIENT_ID"]
    deployed.set("ADMIT_CLIENT_ID", "another-client")
    cookie = deployed.sign_in()
    deployed.set("ADMIT_CLIENT_ID", own)
    deployed.keys(NEW, OLD)
    result = deployed.run("keys", "retire", key_id(OLD), "--end-sessions")
    assert result.exit_code == 1
    assert result.stdout.startswith(f"Ended 0 sessions that the key {key_id(OLD)} sealed.")
    assert "Remove" not in result.stdout
    told = re.fullmatch(
        r"Error: 1 session of other applications in this store needs this key\. End them there, or"
        r" wait: unless they are used, the last one ends in (\d+) seconds\. What was ended there by"
        r" --key or --all counts until then\.\n",
        result.stderr,
    )
    assert told is not None
    assert 3500 < int(told[1]) <= 3600

    deployed.set("ADMIT_CLIENT_ID", "another-client")
    assert deployed.is_alive(cookie)
    deployed.run("sessions", "end", deployed.reference(cookie))
    deployed.set("ADMIT_CLIENT_ID", own)
    assert deployed.run("keys", "retire", key_id(OLD)).exit_code == 0


def test_what_has_just_ended_is_no_session_of_another_application(deployed: Deployed) -> None:
    key, since = b"k" * 44, int(time.time() * 1000)
    run_sync(deployed.sessions().store.save(key, ENDED, 60, since=since, lasting=60))
    assert len(deployed.run("keys", "status").stdout.splitlines()) == 1


@pytest.mark.parametrize(
    ("key", "told"),
    [
        (NEW, "This key seals new sessions: put another one before it first."),
        (OTHER, "No configured key has this id: see `admit keys status`."),
    ],
)
@pytest.mark.parametrize("options", [(), ("--end-sessions",)])
def test_the_first_key_and_an_unknown_one_are_refused(
    deployed: Deployed, key: str, told: str, options: tuple[str, ...]
) -> None:
    deployed.keys(NEW, OLD)
    cookie = deployed.sign_in()
    result = deployed.run("keys", "retire", key_id(key), *options)
    assert (result.exit_code, result.stderr) == (1, f"Error: {told}\n")
    assert deployed.is_alive(cookie)


@pytest.mark.parametrize("name", ["", "abc", "ABCDEF01", "abcdef012", OLD])
def test_what_is_no_id_of_a_key_is_a_slip_of_the_command(deployed: Deployed, name: str) -> None:
    result = deployed.run("keys", "retire", name)
    assert result.exit_code == 2
    assert "it has 8 of 0-9 and a-f" in result.stderr


@pytest.mark.parametrize(
    ("secrets", "named"),
    [
        ((NEW, OTHER, OLD), "key 3 of the 3"),
        ((NEW, OLD, OTHER), "key 2 of the 3"),
        ((NEW, OLD, OTHER, OLD), "key 2 and key 4 of the 4"),
    ],
)
def test_a_key_is_named_by_its_places(
    deployed: Deployed, secrets: tuple[str, ...], named: str
) -> None:
    deployed.keys(*secrets)
    result = deployed.run("keys", "retire", key_id(OLD))
    assert result.stdout.startswith(f"Remove {named} in ADMIT_SECRET_KEYS")


def test_a_key_is_named_where_it_was_found(
    cookies: Deployed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ADMIT_SECRET_KEYS")
    (tmp_path / ".okta.env").write_text(f"ADMIT_SECRET_KEYS={NEW},{OLD}\n")
    result = cookies.run("keys", "retire", key_id(OLD))
    assert "Remove key 2 of the 2 in ADMIT_SECRET_KEYS in .okta.env, and" in result.stdout

    (tmp_path / "site_with_flasks_keys.py").write_text(
        "from flask import Flask\nfrom admit.flask import SignIn\napp = Flask(__name__)\n"
        f"app.config.update(SECRET_KEY='{NEW}', SECRET_KEY_FALLBACKS=['{OTHER}', '{OLD}'])\n"
        "SignIn(app)\n"
    )
    (tmp_path / ".okta.env").unlink()
    options = ("--app", "site_with_flasks_keys:app")
    result = cookies.run("keys", "retire", key_id(OLD), *options)
    assert "Remove key 2 of the 2 in SECRET_KEY_FALLBACKS, and" in result.stdout
    result = cookies.run("keys", "retire", key_id(NEW), *options)
    assert result.exit_code == 1


def test_nobody_counts_sessions_in_cookies(cookies: Deployed) -> None:
    cookies.keys(NEW, OLD)
    honest = (
        "Sessions are in cookies, which nobody can count. A key can go once 43200 seconds"
        " (ADMIT_ABSOLUTE_TIMEOUT) have passed since it stopped being the first one on every"
        " process."
    )
    result = cookies.run("keys", "status")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        f"{key_id(NEW)}  seals new sessions",
        f"{key_id(OLD)}  opens older sessions",
        honest,
    ]
    result = cookies.run("keys", "retire", key_id(OLD))
    assert result.exit_code == 0
    assert result.stdout.startswith(f"{honest}\nRemove key 2 of the 2")
    result = cookies.run("keys", "retire", key_id(OLD), "--end-sessions")
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: Sessions in cookies cannot be ended from here.")
