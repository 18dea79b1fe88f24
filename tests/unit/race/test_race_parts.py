"""The parts of the race: its provider, its journals, its slots, its report."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from admit.client_auth import ClientSecretBasic
from admit.jose import read_key_set
from admit.model import Client
from admit.protocol.logout import verify_logout_token
from admit.race.journal import Ended, Failed, Journal, Line, Page, Renewed, Started, read_journals
from admit.race.options import Options, Order, settings_of
from admit.race.outcome import RULES, Broken, Figures, Outcome
from admit.race.provider import RaceProvider
from admit.race.slots import Slots, Visited

ISSUER = "http://127.0.0.1:1"


def provider(grace: float = 0) -> RaceProvider:
    made = RaceProvider(ISSUER, "client", grace=grace, choose=max)
    assert made.redeem("u|a|nonce")[0] == 200
    return made


@pytest.mark.parametrize(
    ("grace", "tokens", "statuses"),
    [
        (0, ["a~1", "a~2", "a~3"], [200, 200, 200]),
        (0, ["a~1", "a~1"], [200, 400]),
        (30, ["a~1", "a~1", "a~2"], [200, 200, 200]),
        (30, ["a~1", "a~2", "a~1"], [200, 200, 400]),
    ],
)
def test_a_replaced_refresh_token_is_taken_again_within_its_grace_alone(
    grace: float, tokens: list[str], statuses: list[int]
) -> None:
    made = provider(grace)
    assert [made.present(token, "w", 0.0)[1][0] for token in tokens] == statuses
    assert sum(map(len, made.presented.values())) == len(tokens)


def test_a_worker_that_is_killed_is_noted_where_it_had_no_time_to_keep_what_came() -> None:
    made = provider()
    kept, _ = made.present("a~1", "w", 0.0)
    under_way, _ = made.present("a~2", "w", 0.0)
    other, _ = made.present("a~3", "other", 0.0)
    kept.answered = 0.0
    made.killed("w")
    late, _ = made.present("a~4", "w", 0.0)
    assert [one.is_killed for one in (kept, under_way, other, late)] == [False, True, False, True]


def test_the_hunter_is_called_once() -> None:
    made = provider()
    made.hunter = print
    assert made.take_hunter() is print
    assert made.take_hunter() is None


def test_logout_tokens_stand_every_check() -> None:
    made = provider()
    client = Client(
        issuer=ISSUER,
        client_id="client",
        authentication=ClientSecretBasic("secret"),
        redirect_uri="http://localhost/callback",
        post_logout_redirect_uri="http://localhost",
    )
    raw = made.logout_token({"sid": "s"})
    keys = read_key_set(made.keys())
    token = verify_logout_token(raw, keys=keys, client=client, now=int(time.time()))
    assert (token.sid, token.sub) == ("s", None)


LINES: list[Line] = [
    Started(session="a", user="u", slot=1, cookie="c", began=1.0, done=2.0),
    Page(session="a", began=2.0, done=3.0, found=True),
    Renewed(session="a", turn=2, by="w", began=2.0, done=3.0),
    Failed(code="refresh.busy", session=None, done=4.0),
    Ended(number="1", done=5.0),
]


def test_a_journal_says_what_was_written_though_its_writer_was_killed(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "0.0")
    for line in LINES:
        journal.write(line)
    journal.close()
    with (tmp_path / "0.0.journal").open("a") as file:
        file.write('["page","a",')
    assert list(read_journals(tmp_path)) == LINES


def test_a_slot_knows_its_newest_session_and_the_one_before(tmp_path: Path) -> None:
    slots = Slots(tmp_path)
    first, second, third = (Visited(name=n, user="u", cookie=f"c{n}") for n in "123")
    assert slots.read(0) == []
    slots.put(0, first)
    assert slots.read(0) == [first]
    slots.put(0, second)
    slots.put(0, third)
    assert slots.read(0) == [third, second]
    assert slots.read(1) == []
    assert "c1" not in repr(first)


def test_secrets_are_in_no_repr(tmp_path: Path) -> None:
    order = Order(
        options=Options(store="redis://:password@host/0"),
        number=0,
        name="0.0",
        issuer=ISSUER,
        client_id="client",
        client_secret="client-secret",
        secret_key="secret-key",
        folder=tmp_path,
    )
    for told in (repr(order), repr(settings_of(order))):
        assert "password" not in told
        assert "client-secret" not in told
        assert "secret-key" not in told


@pytest.mark.parametrize(("workers", "sessions"), [(1, 5), (4, 10), (8, 3)])
def test_each_slot_is_filled_by_one_worker(workers: int, sessions: int, tmp_path: Path) -> None:
    options = Options(store="", workers=workers, sessions=sessions)
    orders = [
        Order(
            options=options,
            number=number,
            name="",
            issuer="",
            client_id="",
            client_secret="",
            secret_key="",
            folder=tmp_path,
        )
        for number in range(workers)
    ]
    assert sorted(slot for order in orders for slot in order.slots) == list(range(sessions))


FIGURES = Figures(
    seconds=2.0,
    pages=3000,
    sessions=9,
    ends={"sid": 1},
    expiries=100,
    refreshes=101,
    killed=1,
    interrupted=1,
    interrupted_lost=0,
    waits=(1.0, 2.0, 3.0),
    store_errors=0,
)


def test_the_table_says_what_held() -> None:
    outcome = Outcome(store="<RedisStore>", figures=FIGURES)
    assert outcome.has_held
    rows = [line.rsplit(None, 1) for line in outcome.as_table().splitlines() if line]
    told = {row[0].strip(): row[1] for row in rows}
    assert told["pages a second"] == "1,500"
    assert told["refreshes per expiry"] == "1.0100"
    assert told.keys() >= RULES.keys()
    assert outcome.as_table().endswith("All rules held.")


def test_the_table_and_the_json_say_what_was_broken_and_how_often() -> None:
    broken = (Broken(rule="session_lost", times=7, examples=("session a",)),)
    outcome = Outcome(store="<RedisStore>", figures=FIGURES, broken=broken)
    assert not outcome.has_held
    assert (
        "BROKEN 7 times: session_lost: a session was gone that nobody had ended\n  session a"
        in (outcome.as_table())
    )
    document = json.loads(outcome.as_json())
    assert document["broken"] == [{"rule": "session_lost", "times": 7, "examples": ["session a"]}]
    assert document["figures"]["refreshes_per_expiry"] == 1.01
    assert document["figures"]["waits"] == {"p50_ms": 1.0, "p99_ms": 2.0, "max_ms": 3.0}
