"""The commands `admit sessions`, over SQLite."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from admit.cli.sessions import AT_ONCE, NO_EMAILS, NO_SUCH_USER, NOT_FOUND, SEALED
from admit.ports import run_sync
from conforming import problems
from deployed import NEW, OLD, OTHER, Deployed, key_id

HEAVY = {"flask", "sqlalchemy", "redis", "joserfc", "admit.stores", "admit.dev_provider"}
SOON = "It takes effect within 5 seconds, on every process."


@pytest.fixture
def deployed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Deployed]:
    made = Deployed(monkeypatch, tmp_path, f"sqlite:///{tmp_path}/sessions.db")
    yield made
    made.close()


def iso(ago: int) -> str:
    return (datetime.now(UTC) - timedelta(seconds=ago)).isoformat(timespec="seconds")


def save(deployed: Deployed, key: bytes) -> None:
    """Keep a record under a key of the test's choice."""
    sessions = deployed.sessions()
    record = sessions.names.application() + b"\x01" + b"keys" + b"x" * 60
    since = int(time.time() * 1000)
    run_sync(sessions.store.save(key, record, 60, since=since, lasting=60))


# --- list and show -------------------------------------------------------------------------------


def test_a_list_shows_each_session_and_nothing_of_its_content(deployed: Deployed) -> None:
    cookie = deployed.sign_in("00u1", ago=100)
    result = deployed.run("sessions", "list")
    assert result.exit_code == 0
    heading, row = result.stdout.splitlines()
    assert heading.split("  ")[0] == "REFERENCE"
    reference, signed_in_at, left, size, key = row.split()
    assert reference == deployed.reference(cookie)
    assert abs(datetime.fromisoformat(signed_in_at).timestamp() - time.time() + 100) < 5
    assert 3500 < int(left) <= 3600
    assert int(size) > 100
    assert key == key_id(OLD)
    for private in ("00u1", "example.com", cookie):
        assert private not in result.output


def test_a_list_is_json_where_a_program_reads_it(deployed: Deployed) -> None:
    deployed.sign_in("00u1")
    deployed.sign_in("00u2")
    documents = json.loads(deployed.run("sessions", "list", "--json").stdout)
    assert len(documents) == 2
    assert documents[0].keys() == {"reference", "signed_in_at", "seconds_left", "bytes", "key_id"}
    assert documents[0]["key_id"] == key_id(OLD)


def test_a_list_has_an_end_and_says_so(deployed: Deployed) -> None:
    for _ in range(3):
        deployed.sign_in()
    result = deployed.run("sessions", "list", "--limit", "2", "--json")
    assert len(json.loads(result.stdout)) == 2
    assert result.stderr == "There are more than 2: see --limit.\n"
    result = deployed.run("sessions", "list", "--limit", "3", "--json")
    assert len(json.loads(result.stdout)) == 3
    assert result.stderr == ""


def test_no_session_is_an_empty_list(deployed: Deployed) -> None:
    assert deployed.run("sessions", "list").stdout == "There is no session.\n"
    assert json.loads(deployed.run("sessions", "list", "--json").stdout) == []


def test_a_users_sessions_are_found_whichever_key_was_the_first(deployed: Deployed) -> None:
    cookies = [deployed.sign_in("00u1")]
    deployed.keys(NEW, OLD)
    cookies.append(deployed.sign_in("00u1"))
    deployed.sign_in("00u2")
    documents = json.loads(deployed.run("sessions", "list", "--user", "00u1", "--json").stdout)
    found = {document["reference"]: document["key_id"] for document in documents}
    assert found == dict(
        zip(map(deployed.reference, cookies), [key_id(OLD), key_id(NEW)], strict=True)
    )
    assert json.loads(deployed.run("sessions", "list", "--user", "00u3", "--json").stdout) == []


@pytest.mark.parametrize("how", [("--all", "--yes"), ("--key", key_id(OLD))])
def test_what_has_ended_is_not_listed_though_the_store_still_has_it(
    deployed: Deployed, how: tuple[str, ...]
) -> None:
    cookie = deployed.sign_in("00u1")
    deployed.run("sessions", "end", *how)
    later = deployed.sign_in("00u1", ago=-1)
    for options in ((), ("--user", "00u1")):
        documents = json.loads(deployed.run("sessions", "list", "--json", *options).stdout)
        assert [found["reference"] for found in documents] == [deployed.reference(later)]
    assert deployed.run("sessions", "show", deployed.reference(cookie)).exit_code == 1


def test_a_record_that_was_saved_too_late_is_not_listed_as_its_users(deployed: Deployed) -> None:
    store = deployed.sessions().store
    deployed.sign_in("00u1")
    [(key, since)] = run_sync(store.find(deployed.sessions().names.owners("00u1")[0]))
    record = run_sync(store.load(key))
    assert record is not None
    deployed.run("sessions", "end", "--user", "00u1")
    run_sync(store.save(key, record.value, 60, since=since, lasting=60))
    assert run_sync(store.load(key)) is not None
    assert json.loads(deployed.run("sessions", "list", "--user", "00u1", "--json").stdout) == []


def test_one_session_shows_that_its_content_is_sealed(deployed: Deployed) -> None:
    reference = deployed.reference(deployed.sign_in())
    result = deployed.run("sessions", "show", reference)
    assert result.exit_code == 0
    assert reference in result.stdout
    assert result.stdout.endswith(f"{SEALED}\n")


# --- end -----------------------------------------------------------------------------------------


def test_one_session_ends_and_its_user_keeps_the_others(deployed: Deployed) -> None:
    cookie, other = deployed.sign_in(), deployed.sign_in()
    result = deployed.run("sessions", "end", deployed.reference(cookie))
    assert (result.exit_code, result.stdout) == (0, f"Ended 1 session. {AT_ONCE}\n")
    assert not deployed.is_alive(cookie)
    assert deployed.is_alive(other)
    again = deployed.run("sessions", "end", deployed.reference(cookie))
    assert (again.exit_code, again.stderr) == (1, f"Error: {NOT_FOUND}\n")


@pytest.mark.parametrize("start", [b"\xf8", b"\xfb\xef\xbe", b"\xfb\xef", b"\xff"])
def test_a_reference_may_begin_as_an_option_does(deployed: Deployed, start: bytes) -> None:
    key = b"o" * 12 + start.ljust(32, b"\xa5")
    save(deployed, key)
    [found] = json.loads(deployed.run("sessions", "list", "--json").stdout)
    assert found["reference"][0] in "-_"
    assert deployed.run("sessions", "show", found["reference"]).exit_code == 0
    assert deployed.run("sessions", "end", found["reference"]).exit_code == 0
    assert json.loads(deployed.run("sessions", "list", "--json").stdout) == []


def test_a_users_sessions_end_and_nobody_elses(deployed: Deployed) -> None:
    cookies = [deployed.sign_in("00u1")]
    deployed.keys(NEW, OLD)
    cookies.append(deployed.sign_in("00u1"))
    other = deployed.sign_in("00u2")
    result = deployed.run("sessions", "end", "--user", "00u1")
    assert (result.exit_code, result.stdout) == (0, f"Ended 2 sessions. {AT_ONCE}\n")
    assert not any(map(deployed.is_alive, cookies))
    assert deployed.is_alive(other)
    again = deployed.run("sessions", "end", "--user", "00u1")
    assert (again.exit_code, again.stdout) == (0, f"Ended 0 sessions. {AT_ONCE}\n")


def test_a_user_that_nobody_knows_is_told(deployed: Deployed) -> None:
    cookie = deployed.sign_in("00u1")
    result = deployed.run("sessions", "end", "--user", "00U1")
    assert (result.exit_code, result.stderr) == (1, f"Error: {NO_SUCH_USER}\n")
    assert deployed.is_alive(cookie)


def test_sessions_end_by_address_where_they_are_found_by_it(deployed: Deployed) -> None:
    cookie = deployed.sign_in("00u1")
    result = deployed.run("sessions", "end", "--email", "00u1@example.com")
    assert (result.exit_code, result.stderr) == (1, f"Error: {NO_EMAILS}\n")
    assert deployed.is_alive(cookie)

    deployed.set("ADMIT_UNIVERSAL_LOGOUT_PATH", "/universal-logout")
    cookie, other = deployed.sign_in("00u1"), deployed.sign_in("00u2")
    result = deployed.run("sessions", "end", "--email", "00U1@Example.com")
    assert (result.exit_code, result.stdout) == (0, f"Ended 2 sessions. {AT_ONCE}\n")
    assert not deployed.is_alive(cookie)
    assert deployed.is_alive(other)
    result = deployed.run("sessions", "end", "--email", "nobody@example.com")
    assert (result.exit_code, result.stderr) == (1, f"Error: {NO_SUCH_USER}\n")


def test_the_sessions_of_one_key_end(deployed: Deployed) -> None:
    cookie = deployed.sign_in("00u1")
    deployed.keys(NEW, OLD)
    other = deployed.sign_in("00u1")
    result = deployed.run("sessions", "end", "--key", key_id(OLD))
    assert result.exit_code == 0
    assert result.stdout == f"Ended 1 session that the key {key_id(OLD)} sealed. {SOON}\n"
    assert not deployed.is_alive(cookie)
    assert deployed.is_alive(other)
    result = deployed.run("sessions", "end", "--key", key_id(OTHER))
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: No configured key has this id")


def test_all_sessions_end_once_that_is_confirmed(deployed: Deployed) -> None:
    cookies = [deployed.sign_in("00u1"), deployed.sign_in("00u2")]
    for answer in ("n\n", ""):
        result = deployed.run("sessions", "end", "--all", answer=answer)
        assert result.exit_code == 1
        assert "End 2 sessions, whosever they are?" in result.output
        assert all(map(deployed.is_alive, cookies))
    result = deployed.run("sessions", "end", "--all", answer="y\n")
    assert result.exit_code == 0
    assert result.stdout.endswith(f"Ended 2 sessions. {SOON}\n")
    assert not any(map(deployed.is_alive, cookies))
    assert deployed.run("sessions", "end", "--all", "--yes").stdout.startswith("Ended 0 sessions.")


@pytest.mark.parametrize(
    "whose",
    [
        ("--all", "--yes"),
        ("--user", "00u1"),
        ("--email", "00u1@example.com"),
        ("--key", key_id(OLD)),
    ],
)
def test_those_that_began_later_live_on(deployed: Deployed, whose: tuple[str, ...]) -> None:
    deployed.set("ADMIT_UNIVERSAL_LOGOUT_PATH", "/universal-logout")
    early, late = deployed.sign_in(ago=600), deployed.sign_in(ago=60)
    result = deployed.run("sessions", "end", *whose, "--before", iso(300))
    assert result.exit_code == 0
    assert result.stdout.startswith("Ended 1 session")
    assert not deployed.is_alive(early)
    assert deployed.is_alive(late)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ((), "Name one of"),
        (("--user", "00u1", "--all"), "Name one of"),
        (("A" * 12, "--all"), "Name one of"),
        (("A" * 12, "--before", "2020-01-01T00:00:00Z"), "--before goes with"),
        (("--user", "00u1", "--before", "2020-01-01T00:00:00"), "a time zone is needed"),
        (("--user", "00u1", "--before", "2999-01-01T00:00:00Z"), "a time in the past"),
        (("--user", "00u1", "--before", "yesterday"), "it is no time"),
        (("--key", "A" * 8), "it has 8 of 0-9 and a-f"),
        (("--key", "abc"), "it has 8 of 0-9 and a-f"),
        (("A" * 11,), "it has 12 characters"),
        (("A" * 13,), "it has 12 characters"),
        (("../../../etc",), None),
        (("--usr", "00u1"), None),
        (("--al",), None),
    ],
)
def test_a_command_that_is_written_wrong_ends_nothing(
    deployed: Deployed, options: tuple[str, ...], told: str | None
) -> None:
    cookie = deployed.sign_in("00u1")
    result = deployed.run("sessions", "end", *options)
    assert result.exit_code == 2
    assert told is None or told in result.stderr
    assert deployed.is_alive(cookie)


def test_whoever_ends_sessions_is_in_the_log(
    deployed: Deployed, caplog: pytest.LogCaptureFixture
) -> None:
    cookie = deployed.sign_in("00u1")
    deployed.run("sessions", "end", "--user", "00u1")
    deployed.run("sessions", "end", "--all", "--yes")
    cookie = deployed.sign_in("00u1", ago=-1)
    deployed.run("sessions", "end", reference := deployed.reference(cookie))
    events = [record.admit_event for record in caplog.records if hasattr(record, "admit_event")]
    assert [event.name for event in events] == ["session.ended"] * 3
    assert {event.fields["by"] for event in events} == {"operator"}
    assert [event.fields.get("which") for event in events] == [None, "all", None]
    assert [event.fields.get("session") for event in events] == [None, None, reference]
    assert [found for event in events for found in problems(event)] == []
    assert logging.getLogger("admit").level == logging.NOTSET


@pytest.mark.parametrize("sub", ["\udcff", "\ud800x"])
def test_a_user_whose_name_is_no_text_can_be_ended_and_is_in_the_log(
    deployed: Deployed, caplog: pytest.LogCaptureFixture, sub: str
) -> None:
    result = deployed.run("sessions", "end", "--user", sub)
    assert (result.exit_code, result.stderr) == (1, f"Error: {NO_SUCH_USER}\n")
    [event] = [record.admit_event for record in caplog.records if hasattr(record, "admit_event")]
    assert event.name == "session.ended"


def test_the_log_goes_to_stderr_where_nobody_else_takes_it(deployed: Deployed) -> None:
    deployed.sign_in("00u1")
    command = [sys.executable, "-c", "from admit.cli import main; main()", "sessions", "end"]
    done = subprocess.run([*command, "--user", "00u1"], capture_output=True, text=True, check=True)
    assert done.stdout == f"Ended 1 session. {AT_ONCE}\n"
    assert done.stderr.startswith("admit: session.ended user=")
    assert done.stderr.endswith(' by="operator" count=1\n')


# --- a store that several applications share -----------------------------------------------------


@pytest.mark.parametrize("changed", ["ADMIT_CLIENT_ID", "ADMIT_ISSUER"])
def test_sessions_of_another_application_are_neither_listed_nor_counted_nor_ended(
    deployed: Deployed, changed: str
) -> None:
    cookie = deployed.sign_in("00u1")
    reference = deployed.reference(cookie)
    own = os.environ[changed]
    deployed.set(changed, f"{own}x")
    assert json.loads(deployed.run("sessions", "list", "--json").stdout) == []
    assert deployed.run("sessions", "show", reference).stderr == f"Error: {NOT_FOUND}\n"
    assert deployed.run("sessions", "end", reference).stderr == f"Error: {NOT_FOUND}\n"
    result = deployed.run("sessions", "end", "--key", key_id(OLD))
    assert result.stdout.startswith("Ended 0 sessions that")
    assert deployed.run("sessions", "end", "--all", "--yes").stdout.startswith("Ended 0 sessions.")
    deployed.set(changed, own)
    assert deployed.is_alive(cookie)
    assert deployed.run("sessions", "end", reference).exit_code == 0


# --- what stands in the way ----------------------------------------------------------------------

COMMANDS = [
    ("sessions", "list"),
    ("sessions", "list", "--user", "00u1"),
    ("sessions", "show", "A" * 12),
    ("sessions", "end", "A" * 12),
    ("sessions", "end", "--user", "00u1"),
    ("sessions", "end", "--all", "--yes"),
]


@pytest.mark.parametrize("command", COMMANDS)
def test_sessions_in_cookies_are_out_of_reach(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: tuple[str, ...]
) -> None:
    result = Deployed(monkeypatch, tmp_path, None).run(*command)
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: Sessions are in cookies")
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    "command", [*COMMANDS, ("keys", "status"), ("keys", "retire", key_id(OLD))]
)
@pytest.mark.parametrize(
    "url",
    [
        "postgresql://admit:a-password@127.0.0.1:1/postgres",
        "redis://:a-password@127.0.0.1:1/0",
    ],
)
def test_a_store_that_is_away_is_told_in_one_line_without_its_address(
    deployed: Deployed, url: str, command: tuple[str, ...]
) -> None:
    deployed.set("ADMIT_SESSIONS", url)
    deployed.keys(NEW, OLD)
    result = deployed.run(*command)
    assert result.exit_code == 3
    assert result.stderr.startswith("Error: store.unavailable: ")
    assert len(result.stderr.splitlines()) == 1
    assert "password" not in result.output
    assert "127.0.0.1" not in result.output


def test_a_store_that_can_never_work_is_not_said_to_be_away(
    deployed: Deployed, tmp_path: Path
) -> None:
    deployed.set("ADMIT_SESSIONS", f"sqlite:///{tmp_path}/no-folder/sessions.db")
    result = deployed.run("sessions", "list")
    assert result.exit_code == 1
    assert "ADMIT_SESSIONS: the SQLite file cannot be opened" in result.stderr


def test_a_store_without_its_tables_is_told(deployed: Deployed, tmp_path: Path) -> None:
    deployed.set("ADMIT_SESSIONS", f"sqlite:///{tmp_path}/empty.db")
    result = deployed.run("sessions", "list")
    assert result.exit_code == 1
    assert "admit store create" in result.stderr


def test_no_setting_may_be_missing_where_it_names_sessions(
    deployed: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ADMIT_ISSUER")
    result = deployed.run("sessions", "list")
    assert result.exit_code == 1
    assert "ADMIT_ISSUER: it is missing" in result.stderr


# --- an app --------------------------------------------------------------------------------------


def app_file(folder: Path, name: str, store: str = "") -> str:
    more = ", store=store" if store else ""
    (folder / f"{name}.py").write_text(
        "from flask import Flask\nfrom admit.flask import SignIn\nseen = []\n"
        f"app = Flask(__name__)\n{store}SignIn(app, on_event=seen.append{more})\n"
    )
    return f"{name}:app"


def test_the_sessions_of_an_app_end_and_its_hook_hears_of_it(
    deployed: Deployed, tmp_path: Path
) -> None:
    cookie = deployed.sign_in("00u1")
    app = app_file(tmp_path, "site_with_a_store")
    assert deployed.reference(cookie) in deployed.run("sessions", "list", "--app", app).stdout
    assert deployed.run("sessions", "end", "--user", "00u1", "--app", app).exit_code == 0
    assert not deployed.is_alive(cookie)
    [event] = sys.modules["site_with_a_store"].seen
    assert str(event).startswith("session.ended ")


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("site_that_raises", "raise RuntimeError('my secret')", "stopped with RuntimeError"),
        ("site_that_imports", "import no_such_module_of_the_test", "an ImportError was raised"),
        ("site_without_app", "", "Failed to find"),
        ("site_without_us", "import flask\napp = flask.Flask('us')", "the app 'us' has no SignIn"),
    ],
)
def test_an_app_that_cannot_be_loaded_is_told_in_one_line(
    deployed: Deployed, tmp_path: Path, name: str, text: str, told: str
) -> None:
    (tmp_path / f"{name}.py").write_text(f"{text}\n")
    result = deployed.run("sessions", "list", "--app", f"{name}:app")
    assert result.exit_code == 1
    assert told in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert "my secret" not in result.output


def test_a_store_of_the_apps_own_that_cannot_be_looked_through_still_ends_sessions(
    deployed: Deployed, tmp_path: Path
) -> None:
    store = (
        "import time\nfrom admit.testing import MemoryStore\n"
        "class Store(MemoryStore):\n    records = None\n"
        "store = Store(time.time)\n"
    )
    app = app_file(tmp_path, "site_with_its_own_store", store)
    result = deployed.run("sessions", "list", "--app", app)
    assert result.exit_code == 1
    assert "no method `records`" in result.stderr
    result = deployed.run("sessions", "end", "--all", "--yes", "--app", app)
    assert (result.exit_code, result.stdout) == (0, f"Ended all sessions. {SOON}\n")


def test_help_is_quick_for_it_loads_nothing_that_a_command_needs() -> None:
    code = (
        "import sys\nfrom admit.cli import main\n"
        "try:\n    main(['--help'])\nfinally:\n"
        f"    print(sorted({HEAVY} & set(sys.modules)), file=sys.stderr)\n"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stderr == "[]\n"
    assert "sessions" in done.stdout
