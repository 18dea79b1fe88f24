"""Mistakes that last are told apart from an outage, and no secret is told with them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import flask
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import create_engine, text

from admit import ConfigurationError
from admit.cli import main
from admit.flask import SignIn
from admit.flask.lookup import state_of
from admit.stores import open_store
from stores.conftest import redis_server
from support import free_port

SETTINGS: dict[str, Any] = {
    "issuer": "https://provider.test",
    "client_id": "c",
    "client_secret": "s",
    "base_url": "http://localhost:5000",
    "secret_keys": ["a-key-of-the-test-with-enough-characters"],
}
PASSWORD = "pa55-of-the-store"
WRONG = "another-pa55"


def create(*arguments: str, sessions: str | None = None) -> Result:
    return CliRunner().invoke(
        main, ["store", "create", *arguments], env={"ADMIT_SESSIONS": sessions}
    )


def start(url: str) -> None:
    app = flask.Flask("app")
    SignIn(app, sessions=url, **SETTINGS)
    stored = state_of(app).parts.stored
    assert stored is not None
    stored.sessions.store.close()  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def closed_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Redis that wants a password; its URL has a place for one."""
    port = free_port()
    with redis_server(tmp_path_factory.mktemp("closed"), port, "--requirepass", PASSWORD):
        yield f"redis://{{}}127.0.0.1:{port}/0"


@pytest.fixture(scope="module")
def closed_postgresql(postgresql_url: str, postgresql_folder: Path) -> Iterator[str]:
    """A PostgreSQL that lets one user in by a password; its URL has a place for both."""
    rules = postgresql_folder / "data" / "pg_hba.conf"
    former = rules.read_text()
    engine = create_engine(postgresql_url.replace("://", "+psycopg://"))

    def run(*statements: str) -> None:
        with engine.connect() as connection:
            for statement in statements:
                connection.execute(text(statement))
            connection.commit()

    run(f"CREATE ROLE closed LOGIN PASSWORD '{PASSWORD}'", "CREATE ROLE shut LOGIN")
    rule = "host all closed 127.0.0.1/32 scram-sha-256\nhost all shut 127.0.0.1/32 reject\n"
    rules.write_text(rule + former)
    run("SELECT pg_reload_conf()")
    parts = urlsplit(postgresql_url)
    yield f"postgresql://{{}}@127.0.0.1:{parts.port}/{{}}"
    rules.write_text(former)
    run("SELECT pg_reload_conf()", "DROP ROLE closed", "DROP ROLE shut")
    engine.dispose()


def refused(url: str, words: str) -> None:
    """Check that an app does not start, and that the command says why."""
    with pytest.raises(ConfigurationError, match=words) as caught:
        start(url)
    made = create(sessions=url)
    assert made.exit_code == 1
    assert words in made.output
    for told in (str(caught.value), made.output):
        assert "pa55" not in told
        assert "127.0.0.1" not in told


@pytest.mark.parametrize(
    ("user", "words"),
    [
        (f":{WRONG}@", "Redis refuses the user or the password"),
        (f"nobody:{PASSWORD}@", "Redis refuses the user or the password"),
        ("", "Redis wants a password, and the URL has none"),
    ],
)
def test_a_redis_that_refuses_the_password_stops_the_start(
    user: str, words: str, closed_redis: str
) -> None:
    refused(closed_redis.format(user), words)


@pytest.mark.parametrize(
    ("user", "database", "words"),
    [
        (f"closed:{WRONG}", "postgres", "PostgreSQL refuses the user or the password"),
        ("closed", "postgres", "PostgreSQL wants a password, and the URL has none"),
        ("nobody", "postgres", "PostgreSQL does not let this user in"),
        ("shut", "postgres", "PostgreSQL does not let this user in"),
        (f"closed:{PASSWORD}", "nowhere", "PostgreSQL has no such database"),
    ],
)
def test_a_postgresql_that_refuses_the_user_stops_the_start(
    user: str, database: str, words: str, closed_postgresql: str
) -> None:
    refused(closed_postgresql.format(user, database), words)


def test_a_sqlite_file_in_no_folder_stops_the_start(tmp_path: Path) -> None:
    refused(f"sqlite:///{tmp_path}/none/sessions.db", "the SQLite file cannot be opened")


def test_a_sqlite_file_that_cannot_be_written_stops_the_start(tmp_path: Path) -> None:
    assert create(f"sqlite:///{tmp_path}/sessions.db").exit_code == 0
    url = f"sqlite:///file:{tmp_path}/sessions.db?mode=ro&uri=true"
    with pytest.raises(ConfigurationError, match="the SQLite file cannot be written"):
        start(url)


@pytest.mark.parametrize(
    "url",
    [
        "sqlite://",
        "sqlite:///",
        "sqlite:///:memory:",
        "sqlite:///file::memory:?uri=true",
        "sqlite:///file:shared?mode=memory&uri=true",
    ],
)
def test_sessions_in_the_memory_of_one_process_stop_the_start(url: str) -> None:
    refused(url, "sqlite:///file")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("redis+sentinel://:pa55@host:26379", "the name of the service is missing"),
        ("redis+sentinel://:pa55@host:26379", "redis+sentinel://:password@host:26379"),
        ("redis://:pa/55@host", "redis://:password@host:6379/0. Percent-encode"),
        ("rediss://:pa/55@host", "redis://:password@host:6379/0. Percent-encode"),
        ("rediss+cluster://:pa55@,", "redis+cluster://:password@host:6379"),
        ("postgres://u:pa55@host:port/x", "postgresql://user:password@host:5432/database"),
    ],
)
def test_a_url_that_is_no_good_is_told_with_its_form(url: str, words: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        open_store(url)
    assert words in str(caught.value)
    assert "pa55" not in str(caught.value)
    assert "pa/55" not in str(caught.value)


@pytest.mark.parametrize("scheme", ["redis", "redis+cluster", "redis+sentinel", "postgresql"])
def test_a_store_that_is_away_is_not_said_to_be_ready(scheme: str) -> None:
    url = f"{scheme}://:{PASSWORD}@127.0.0.1:{free_port()}/0"
    made = create(url)
    assert made.exit_code == 3
    assert "ready" not in made.output
    assert "pa55" not in made.output
    start(url)


def test_a_store_that_is_ready_is_named_without_its_password(
    closed_redis: str, closed_postgresql: str
) -> None:
    redis = closed_redis.format(f":{PASSWORD}@")
    port = urlsplit(redis).port
    assert create(redis).output == f"Redis at 127.0.0.1:{port} is ready.\n"
    start(redis)
    postgresql = closed_postgresql.format("admit", "postgres").replace("postgresql:", "postgres:")
    port = urlsplit(postgresql).port
    wanted = f"PostgreSQL at 127.0.0.1:{port}, database postgres is ready.\n"
    assert create(postgresql).output == wanted
    start(postgresql)


def test_stores_of_several_servers_are_named(sentinel_url: str, cluster_url: str) -> None:
    hosts = urlsplit(sentinel_url).netloc.replace(",", ", ")
    wanted = f"Redis behind Sentinel at {hosts}, service sessions is ready.\n"
    assert create(sentinel_url).output == wanted
    hosts = urlsplit(cluster_url).netloc.replace(",", ", ")
    assert create(cluster_url).output == f"Redis Cluster at {hosts} is ready.\n"


def test_create_reads_what_the_other_commands_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    missing = create()
    assert missing.exit_code == 2
    assert "ADMIT_SESSIONS" in missing.output
    assert "ADMIT_SESSIONS" in create("--help").output
    (tmp_path / ".okta.env").write_text("ADMIT_SESSIONS=sqlite:///from_file.db\n")
    assert create().output == "SQLite file from_file.db is ready.\n"
    (tmp_path / "app_with_a_store.py").write_text(
        "from flask import Flask\nfrom admit.flask import SignIn\n"
        f"app = Flask(__name__)\nSignIn(app, sessions='sqlite:///of_app.db', **{SETTINGS!r})\n"
    )
    made = create("--app", "app_with_a_store:app")
    assert made.output == "SQLite file of_app.db is ready.\n"
    assert create("--app", "app_with_a_store:app", "sqlite:///x.db").exit_code == 2


def test_there_is_nothing_to_create_for_sessions_in_cookies() -> None:
    made = create(sessions="cookie")
    assert made.exit_code == 0
    assert made.output == "Sessions are in cookies: there is nothing to create.\n"
