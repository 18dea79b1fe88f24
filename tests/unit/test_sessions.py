"""The life of a session in a sealed cookie."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import Any

import pytest

from admit.events import Event
from admit.model import IDToken, Session, UserInfo
from admit.ports import run_sync
from admit.sealing import Sealer
from admit.sessions import LARGEST, REMEMBERED, CookieSessions, SessionTooLarge
from admit.spent import Spent
from admit.user import session_claims
from material import NOW, PROVIDER, refused

SECRET, OLD_SECRET = "secret-" * 6, "older-secret-" * 4
IDLE, ABSOLUTE = 3600, 43_200
AUDIENCE = ("https://provider.test", "client")
CLAIMS = {"iss": AUDIENCE[0], "sub": "00u1", "email": "a@example.com"}


def token_of(claims: dict[str, Any]) -> IDToken:
    return IDToken(PROVIDER.sign(claims), claims)


ID_TOKEN = token_of(CLAIMS)


def sessions_of(
    *keys: str,
    audience: tuple[str, str] = AUDIENCE,
    name: str = "__Host-admit",
    idle: int = IDLE,
    events: list[Event] | None = None,
) -> CookieSessions:
    return CookieSessions(
        Sealer(keys or (SECRET,), secrets.token_bytes),
        secrets.token_bytes,
        name=name,
        audience=audience,
        idle=idle,
        absolute=ABSOLUTE,
        emit=(lambda _event: None) if events is None else events.append,
    )


def start(
    sessions: CookieSessions, id_token: IDToken = ID_TOKEN, userinfo: UserInfo | None = None
) -> tuple[Session, str]:
    return run_sync(
        sessions.start(id_token, userinfo, attempt="attempt-of-16-ch", moment=(0, 0), now=NOW)
    )


def load(sessions: CookieSessions, text: str | None, now: int = NOW) -> Session | None:
    return run_sync(sessions.load(text, now))


def test_what_was_begun_loads_again() -> None:
    sessions = sessions_of()
    session, text = start(sessions)
    assert load(sessions, text) == session
    assert load(sessions_of(), text) == session
    assert session.id_token == ID_TOKEN.raw
    assert session_claims(session) == CLAIMS
    assert (session.attempt, session.started_at, session.seen_at) == ("attempt-of-16-ch", NOW, NOW)


def test_every_session_has_an_id_of_its_own() -> None:
    sessions = sessions_of()
    ids = {start(sessions)[0].id for _ in range(4)}
    assert len(ids) == 4
    assert {len(one) for one in ids} == {16}


def test_nothing_of_the_tokens_is_shown_or_readable() -> None:
    session, text = start(sessions_of())
    for part in ID_TOKEN.raw.split("."):
        assert part not in text
    assert "00u1" not in repr(session)
    assert "a@example.com" not in repr(session)


@pytest.mark.parametrize(
    ("userinfo", "kept"),
    [
        (None, {}),
        ({}, {}),
        ({"email": "a@example.com"}, {}),
        ({"groups": ["staff"]}, {"groups": ["staff"]}),
        ({"email": "b@example.com", "name": "J\u00f6rg"}, {"name": "J\u00f6rg"}),
    ],
)  # fmt: skip
def test_userinfo_adds_what_the_id_token_does_not_say(
    userinfo: dict[str, Any] | None, kept: dict[str, Any]
) -> None:
    sessions = sessions_of()
    session, text = start(sessions, userinfo=None if userinfo is None else UserInfo(userinfo))
    assert load(sessions, text) == session
    assert session_claims(session) == {**CLAIMS, **kept}
    assert bool(session.userinfo) == bool(kept)


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "A",
        "null",
        "x" * 60_000,
        "a.b.c",
        "gASVAAAA",
        "\u00e9",
        "\udcff",
        "../../x",
        "\r\n",
    ],
)
def test_junk_is_no_session(text: str | None) -> None:
    assert load(sessions_of(), text) is None


def test_a_changed_cookie_is_no_session() -> None:
    sessions = sessions_of()
    text = start(sessions)[1]
    for position in range(0, len(text), 7):
        other = "A" if text[position] != "A" else "B"
        assert load(sessions, text[:position] + other + text[position + 1 :]) is None


@pytest.mark.parametrize(
    "audience",
    [
        ("https://provider.test", "other"),
        ("https://other.test", "client"),
        ("https://provider.test\nclient", ""),
    ],
)
def test_a_session_of_another_client_or_issuer_is_none(audience: tuple[str, str]) -> None:
    text = start(sessions_of(audience=audience))[1]
    assert load(sessions_of(), text) is None


def test_a_key_that_was_rotated_opens_until_it_is_gone() -> None:
    text = start(sessions_of(OLD_SECRET))[1]
    assert load(sessions_of(SECRET, OLD_SECRET), text) is not None
    assert load(sessions_of(SECRET), text) is None


@pytest.mark.parametrize(
    ("seconds", "alive"),
    [(0, True), (IDLE - 1, True), (IDLE, False), (ABSOLUTE, False), (-(10**8), True)],
)
def test_an_idle_session_ends(seconds: int, alive: bool) -> None:
    sessions = sessions_of()
    text = start(sessions)[1]
    assert (load(sessions, text, NOW + seconds) is not None) is alive


@pytest.mark.parametrize(
    ("seconds", "timeout"),
    [
        pytest.param(IDLE, "idle", id="not used"),
        pytest.param(ABSOLUTE - 1, "idle", id="not used for long"),
        pytest.param(ABSOLUTE, "absolute", id="at its end"),
    ],
)
def test_an_end_by_time_is_told_with_its_reason(seconds: int, timeout: str) -> None:
    events: list[Event] = []
    sessions = sessions_of(events=events)
    text = start(sessions)[1]
    assert load(sessions, text, NOW + IDLE - 1) is not None
    assert not events
    assert load(sessions, text, NOW + seconds) is None
    assert [event.name for event in events] == ["session.expired"]
    assert events[0].fields["timeout"] == timeout
    assert events[0].fields["user"]
    assert events[0].fields["session"]


def test_use_keeps_a_session_alive_up_to_its_absolute_end() -> None:
    sessions = sessions_of()
    text, now = start(sessions)[1], NOW
    while now < NOW + ABSOLUTE - IDLE:
        now += IDLE - 1
        session = load(sessions, text, now)
        assert session is not None
        text = run_sync(sessions.touch(session, now))
    assert load(sessions, text, NOW + ABSOLUTE - 1) is not None
    assert load(sessions, text, NOW + ABSOLUTE) is None


@pytest.mark.parametrize(
    ("seconds", "again"), [(0, False), (IDLE // 8 - 1, False), (IDLE // 8, True), (-99, False)]
)
def test_a_cookie_is_written_again_once_an_eighth_of_its_idle_time_has_passed(
    seconds: int, again: bool
) -> None:
    sessions = sessions_of()
    session, _ = start(sessions)
    assert sessions.is_due(session, NOW + seconds) is again


def test_an_eighth_is_whole_seconds() -> None:
    sessions = sessions_of(idle=15)
    session, _ = start(sessions)
    assert not sessions.is_due(session, NOW)
    assert sessions.is_due(session, NOW + 1)


def test_a_touched_session_is_the_same_but_for_its_last_use() -> None:
    sessions = sessions_of()
    session, _ = start(sessions)
    touched = load(sessions, run_sync(sessions.touch(session, NOW + 500)), NOW + 500)
    assert touched == replace(session, seen_at=NOW + 500)


def test_a_copy_of_a_cookie_is_dead_after_sign_out_and_others_live() -> None:
    sessions = sessions_of()
    session, text = start(sessions)
    _, other = start(sessions)
    touched = run_sync(sessions.touch(session, NOW + 1800))
    run_sync(sessions.end(session, NOW + 1800))
    assert load(sessions, text, NOW + 1800) is None
    assert load(sessions, touched, NOW + 1800) is None
    assert load(sessions, other, NOW + 1800) is not None


def test_a_session_is_known_to_have_ended_and_another_is_not() -> None:
    sessions = sessions_of()
    session, other = start(sessions)[0], start(sessions)[0]
    assert not sessions.has_ended(session)
    run_sync(sessions.end(session, NOW))
    assert sessions.has_ended(session)
    assert not sessions.has_ended(other)


def test_an_end_is_remembered_for_as_long_as_a_copy_of_the_cookie_could_live() -> None:
    sessions = sessions_of()
    sessions._ended = Spent(size=2)
    first, second, third = (start(sessions)[0] for _ in range(3))
    run_sync(sessions.end(first, NOW))
    run_sync(sessions.end(second, NOW))
    run_sync(sessions.end(third, NOW + ABSOLUTE - 1))
    assert sessions.has_ended(second), "a copy of it would still open"
    run_sync(sessions.end(first, NOW + ABSOLUTE))
    assert not sessions.has_ended(second), "none does any more: it makes room"


def test_a_session_too_large_for_a_cookie_is_told_with_its_size() -> None:
    sessions = sessions_of()
    claims = {**CLAIMS, "groups": [f"group-{number}" for number in range(300)]}
    with refused("session.too_large", SessionTooLarge) as caught:
        start(sessions, token_of(claims))
    assert str(LARGEST) in caught.value.detail
    assert "group" not in caught.value.detail


def test_name_and_content_have_room_to_the_last_character() -> None:
    length = len(start(sessions_of(name=""))[1])
    session, text = start(sessions_of(name="n" * (LARGEST - length)))
    assert len(text) == length
    with refused("session.too_large", SessionTooLarge) as caught:
        start(sessions_of(name="n" * (LARGEST - length + 1)))
    assert f" {LARGEST + 1} " in caught.value.detail
    assert load(sessions_of(), text) == session


def test_the_largest_session_fits_into_a_cookie() -> None:
    sessions = sessions_of()
    size = 0
    for filler in range(1000, 4000, 3):
        try:
            _, text = start(sessions, token_of({**CLAIMS, "filler": "x" * filler}))
        except SessionTooLarge:
            break
        size = len(sessions.name) + 1 + len(text)
    assert LARGEST - 10 < size <= LARGEST + 1 < 4096


def test_cookies_beyond_those_remembered_still_open() -> None:
    sessions = sessions_of()
    texts = [start(sessions)[1] for _ in range(300)]
    assert all(load(sessions, text) is not None for text in texts * 2)
    assert sessions._opened.cache_info().currsize == REMEMBERED < len(texts)
