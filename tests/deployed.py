"""A deployment whose sessions are in a store: signing in without a browser, commands about it."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from admit.base64url import from_base64url
from admit.cli import main
from admit.config import read_settings
from admit.model import IDToken
from admit.ports import run_sync
from admit.sealing import Sealer, key_ids_of
from admit.settings import Settings
from admit.stored_assembly import stored_sessions
from admit.stored_sessions import StoredSessions
from admit.stores import Store, open_store
from material import PROVIDER

ISSUER = "https://acme.okta.com/oauth2/default"
OLD, NEW, OTHER = "old-secret-" * 4, "new-secret-" * 4, "other-secret-" * 3
ENVIRONMENT = {
    "ADMIT_ISSUER": ISSUER,
    "ADMIT_CLIENT_ID": "0oa1b2c3",
    "ADMIT_CLIENT_SECRET": "a-very-secret-secret",
    "ADMIT_BASE_URL": "http://localhost:5000",
    "ADMIT_SECRET_KEYS": OLD,
}


def key_id(secret: str) -> str:
    return key_ids_of([secret])[0].hex()


class Deployed:
    """Processes of a deployment, each started with the settings of its moment."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, folder: Path, url: str | None) -> None:
        monkeypatch.chdir(folder)
        for name, value in ENVIRONMENT.items():
            monkeypatch.setenv(name, value)
        self.set = monkeypatch.setenv
        self.url = url
        self._opened: list[Store] = []
        if url is not None:
            monkeypatch.setenv("ADMIT_SESSIONS", url)
            self._open(url).create()

    def _open(self, url: str) -> Store:
        store = open_store(url)
        self._opened.append(store)
        return store

    def close(self) -> None:
        """Close what was opened here."""
        for store in self._opened:
            store.close()

    def keys(self, *secrets: str) -> None:
        self.set("ADMIT_SECRET_KEYS", " ".join(secrets))

    def run(self, *command: str, answer: str | None = None) -> Result:
        result = CliRunner().invoke(main, command, input=answer)
        assert result.exception is None or isinstance(result.exception, SystemExit), result
        for secret in (OLD, NEW, OTHER, ENVIRONMENT["ADMIT_CLIENT_SECRET"]):
            assert secret not in result.output
        return result

    def settings(self) -> Settings:
        return read_settings({}, {}, os.environ)

    def sessions(self) -> StoredSessions:
        """Return the sessions as a process sees them that starts now."""
        settings = self.settings()
        sealer = Sealer(settings.secret_keys, os.urandom)
        return stored_sessions(
            settings,
            self._open(settings.sessions),
            sealer=sealer,
            random=os.urandom,
            emit=lambda _event: None,
        )

    def sign_in(self, sub: str = "00u1", *, ago: int = 10) -> str:
        """Return the cookie of a new session."""
        claims = {"iss": ISSUER, "sub": sub, "email": f"{sub}@example.com"}
        id_token = IDToken(PROVIDER.sign(claims), claims)
        since = int(time.time()) - ago
        _, cookie = run_sync(
            self.sessions().start(
                id_token,
                None,
                attempt="attempt-of-16-ch",
                moment=(since * 1000, since * 1000),
                now=since,
            )
        )
        return cookie

    def is_alive(self, cookie: str) -> bool:
        return run_sync(self.sessions().load(cookie, int(time.time()))) is not None

    def reference(self, cookie: str) -> str:
        """Return what `admit sessions` calls the session of a cookie."""
        key = self.sessions()._records.key(from_base64url(cookie))
        from admit.session_reference import reference_of  # noqa: PLC0415

        return reference_of(key)
