"""Settings that are refused, and commands, show no secret."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import flask
import pytest
from click.testing import CliRunner

from admit.cli import main
from admit.errors import ConfigurationError
from admit.flask import SignIn
from admit.testing import MemoryProvider
from canaries.witness import Witness
from deployed import ENVIRONMENT, NEW, OLD, Deployed, key_id

#: It can stand in any setting, and in a URL.
SECRET = "Xq7-marked-4Rf9_zW2kP0tL8"


def good() -> dict[str, Any]:
    return {
        "issuer": "https://provider.test/oauth2/default",
        "client_id": "client",
        "client_secret": "secret-of-the-client",
        "base_url": "http://localhost:5000",
        "secret_keys": "a-key-of-the-test-with-enough-characters",
    }


@pytest.mark.parametrize(
    "settings",
    [
        {"secret_keys": SECRET},
        {"secret_keys": [SECRET, SECRET + "changeme"]},
        {"secret_keys": {SECRET: 1}},
        {"secret_keys": f'"{SECRET}"'},
        {"secret_keys": SECRET.encode()},
        {"client_secret": f"<{SECRET}>"},
        {"client_secret": f"'{SECRET}'"},
        {"client_secret": SECRET.encode()},
        {"client_secret": [SECRET]},
        {"issuer": f"https://name:{SECRET}@provider.test"},
        {"issuer": f"https://name:{SECRET}@provider.test:port"},
        {"issuer": f"http://name:{SECRET}@provider.test/"},
        {"issuer": f"https://name:{SECRET}@[provider"},
        {"issuer": f"https://name:{SECRET}@{{yourOktaDomain}}"},
        {"issuer": f"name:{SECRET}@provider.test"},
        {"issuer": f"https://provider.test?secret={SECRET}"},
        {"issuer": f"https://provider.test#secret={SECRET}"},
        {"base_url": f"https://name:{SECRET}@app.example"},
        {"base_url": f"https://name:{SECRET}@app.example:port"},
        {"base_url": f"https://name:{SECRET}@[app"},
        {"base_url": f"https://app.example?secret={SECRET}"},
        {"okta_domain": f"https://name:{SECRET}@acme.okta.com", "issuer": None},
        {"sessions": f"redis://:{SECRET}@[x"},
        {"sessions": f"redis://:{SECRET}@host:port/0"},
        {"sessions": f"redis://:{SECRET}@host:6379/zero"},
        {"sessions": f"rediss://:{SECRET}@host:6379/0?ssl_ca_certs=/nothing"},
        {"sessions": f"postgresql://name:{SECRET}@host:port/name"},
        {"sessions": f"postgresql://name:{SECRET}@ho st/na/me"},
        {"sessions": f"postgresql://name:{SECRET}@host/name?x={SECRET}"},
        {"sessions": f"postgres://name:{SECRET}@host/name"},
        {"sessions": f"mysql://name:{SECRET}@host/name"},
        {"sessions": f"nothing://{SECRET}"},
        {"sessions": f"'redis://:{SECRET}@host'"},
        {"isuer": SECRET},
        {"secret_key": SECRET},
    ],
)
def test_a_refused_setting_shows_no_secret(witness: Witness, settings: dict[str, Any]) -> None:
    witness.secrets.add("setting", SECRET)
    # What holds a refused setting is gone before anybody could print it.
    witness.looks_at_objects = False
    app = flask.Flask("ill")
    try:
        SignIn(app, http=MemoryProvider(), **{**good(), **settings})
    except ConfigurationError as error:
        witness.raised(error)
    else:
        # A store that does not answer stops nobody from starting.
        assert "sessions" in settings
        app.test_client().get("/signin", base_url="http://localhost:5000")
        state = app.extensions.pop("admit")
        state.parts.stored.sessions.store.close()


@pytest.mark.parametrize(
    ("name", "value"),
    [("SECRET_KEY", SECRET), ("SECRET_KEY_FALLBACKS", SECRET), ("SECRET_KEY", SECRET.encode())],
)
def test_a_refused_key_of_flasks_is_not_shown(witness: Witness, name: str, value: object) -> None:
    witness.secrets.add("setting", SECRET)
    app = flask.Flask("ill")
    app.config.update({"SECRET_KEY": SECRET, name: value})
    with pytest.raises(ConfigurationError) as caught:
        SignIn(app, http=MemoryProvider(), **{**good(), "secret_keys": None})
    witness.raised(caught.value)


COMMANDS = (
    ("settings",),
    ("sessions", "list"),
    ("keys", "status"),
    ("store", "create"),
    ("sessions", "end", "--all", "--yes"),
    ("sessions", "list", "--json"),
    ("sessions", "list", "--user", "00u1"),
    ("sessions", "show", "{reference}"),
    ("sessions", "show", "nothing"),
    ("sessions", "end", "{reference}"),
    ("sessions", "end", "--user", "00u1"),
    ("keys", "retire", key_id(OLD)),
    ("keys", "retire", key_id(OLD), "--end-sessions"),
    ("keys", "retire", "nothing"),
)


@pytest.mark.parametrize(
    ("command", "breaks"),
    [
        *((command, "") for command in COMMANDS),
        *((command, what) for command in COMMANDS[:4] for what in ("keys", "client", "database")),
    ],
)
def test_no_command_shows_a_secret(
    witness: Witness,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    command: tuple[str, ...],
    breaks: str,
) -> None:
    deployed = Deployed(monkeypatch, tmp_path, f"sqlite:///{tmp_path}/sessions.db")
    secrets = witness.secrets
    secrets.add_all("secret_key", [OLD, NEW])
    secrets.add("client_secret", ENVIRONMENT["ADMIT_CLIENT_SECRET"])
    cookie = deployed.sign_in()
    secrets.add("cookie", cookie)
    reference = deployed.reference(cookie)
    deployed.close()
    deployed.keys(NEW, OLD)
    if breaks == "keys":
        secrets.add("secret_key", SECRET)
        deployed.keys(SECRET)
    elif breaks == "client":
        secrets.add("client_secret", SECRET)
        deployed.set("ADMIT_CLIENT_SECRET", f"<{SECRET}>")
    elif breaks == "database":
        secrets.add("store_password", SECRET)
        deployed.set("ADMIT_SESSIONS", f"postgresql://n:{SECRET}@127.0.0.1:1/name")
    words = [word.format(reference=reference) for word in command]
    result = CliRunner().invoke(main, words, input="y\n")
    witness.say("output of a command", result.output)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        witness.raised(result.exception)
        pytest.fail(f"it ended with {json.dumps(type(result.exception).__name__)}")
