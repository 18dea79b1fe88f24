"""What a row is given: a provider to bend, the sample app to attack, browsers to do it with."""

from __future__ import annotations

import os
import secrets
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from time import time
from typing import Any

import pytest

from admit.stores import open_store
from admit.testing import MemoryProvider, serving
from hostile.browser import Browser
from hostile.invariants import Watch
from hostile.sites import Site, load_sample_app, own_app
from hostile.wire import Answer
from support import free_port

CLIENT_SECRET = "client-secret-of-the-hostile-suite"
SECRET_KEYS = "sealing-key-of-the-hostile-suite-0123456789"


class World:
    """The world of one row. All of it ends with the row.

    Attributes:
        provider: At real URLs; bend it at will.
        watch: What was answered and logged up to now.
        folder: For files.
        fixture: Returns a fixture of pytest by its name, such as ``redis_url``.
    """

    def __init__(
        self,
        stack: ExitStack,
        monkeypatch: pytest.MonkeyPatch,
        folder: Path,
        fixture: Callable[[str], Any],
    ) -> None:
        self.folder = folder
        self.fixture = fixture
        self._stack = stack
        self._monkeypatch = monkeypatch
        self._site: Site | None = None
        self.watch = Watch({CLIENT_SECRET, SECRET_KEYS})
        stack.enter_context(self.watch.listening())
        self.provider = self.new_provider()
        monkeypatch.chdir(folder)

    def new_provider(
        self, *, tls: ssl.SSLContext | None = None, port: int = 0, **fields: Any
    ) -> MemoryProvider:
        """Return one more provider, served until the row ends.

        Args:
            tls: As of `serving`.
            port: As of `serving`.
            **fields: Of `MemoryProvider`.
        """
        defaults: dict[str, Any] = {"client_secret": CLIENT_SECRET, "now": lambda: int(time())}
        provider = MemoryProvider(**(defaults | fields))
        # Codes and tokens that are long enough to be found nowhere by chance.
        provider._numbers = count(secrets.randbelow(10**15) + 10**15)
        self._stack.enter_context(serving(provider, tls=tls, port=port))
        self.watch.providers.append(provider)
        return provider

    @property
    def site(self) -> Site:
        """The sample app with the settings of everybody, served when it is first wanted."""
        if self._site is None:
            self._site = self.serve()
        return self._site

    def browser(self, site: Site | None = None) -> Browser:
        """Return a fresh browser, at the site that was served last unless another is given."""
        site = site or self.site
        return Browser(site.url, self.watch.told, self.watch.before, site.trust)

    def serve(
        self,
        *,
        tls: bool = False,
        store: str | None = None,
        clock: Callable[[], float] | None = None,
        port: int | None = None,
        **environ: str | None,
    ) -> Site:
        """Serve a fresh copy of the application until the row ends.

        Args:
            tls: At an https URL.
            store: Where sessions are kept: ``sqlite`` for a new file, or a URL; cookies otherwise.
                Where there is a *clock*, ``memory`` too, which goes by it.
            clock: Of the application: it is a small one of our own then, as the sample app takes
                the time from the system.
            port: To listen at; a free one otherwise.
            **environ: Variables to set beside or in place of those of `environment`; None takes
                one away.
        """
        port = port or free_port()
        url = f"{'https' if tls else 'http'}://127.0.0.1:{port}"
        in_memory = clock is not None and store == "memory"
        self.set_environment(url, store=None if in_memory else store, **environ)
        app = load_sample_app() if clock is None else own_app(clock, in_memory=in_memory)
        self._site = Site(app, port, tls=tls)
        self._stack.callback(self._site.stop)
        return self._site

    def set_environment(self, url: str, *, store: str | None = None, **environ: str | None) -> None:
        """Set the environment of an application at *url*; see `serve`."""
        for name in list(os.environ):
            if name.startswith(("ADMIT_", "OKTA_")):
                self._monkeypatch.delenv(name)
        for name, value in {**self.environment(url, store), **environ}.items():
            if value is not None:
                self._monkeypatch.setenv(name, value)

    def environment(self, url: str, store: str | None = None) -> Mapping[str, str]:
        """Return the variables that a user would set."""
        found = {
            "ADMIT_ISSUER": self.provider.issuer,
            "ADMIT_CLIENT_ID": self.provider.client_id,
            "ADMIT_CLIENT_SECRET": CLIENT_SECRET,
            "ADMIT_BASE_URL": url,
            "ADMIT_SECRET_KEYS": SECRET_KEYS,
        }
        if store is not None:
            at = (
                f"sqlite:///{self.folder}/sessions-{free_port()}.db" if store == "sqlite" else store
            )
            made = open_store(at)
            made.create()
            made.close()
            found["ADMIT_SESSIONS"] = at
        return found

    @staticmethod
    def sessions_of(site: Site) -> str:
        """Return the URL of the store of *site*."""
        return str(site.app.extensions["admit"].parts.settings.sessions)

    # --- what rows check with

    def refused(self, answer: Answer, code: str, status: int = 400) -> str:
        """Check that *answer* is a refusal with *code*; return that as the outcome."""
        event = self.watch.event_of(answer)
        seen = (answer.status, event.fields.get("code"))
        assert seen == (status, code), f"{seen} in place of {(status, code)}: {answer.page.text}"
        return f"refused {status} {code}"

    def failed(self, answer: Answer, code: str, status: int = 503) -> str:
        """Check that *answer* says that the provider failed; return that as the outcome."""
        event = self.watch.event_of(answer)
        seen = (answer.status, event.fields.get("code"), event.name)
        wanted = (status, code, "provider.unavailable")
        assert seen == wanted, f"{seen} in place of {wanted}: {answer.page.text}"
        wait = answer.header("Retry-After")
        return f"{status} {code}" + (f", Retry-After {wait}" if wait else "")

    def signed_in(self, browser: Browser, answer: Answer, to: str = "/") -> str:
        """Check that the callback signed the browser in and sent it *to* a path."""
        assert answer.status == 303, f"{answer.status} {answer.page.text}"
        assert answer.location == browser.url + to
        assert browser.is_signed_in(), "the profile is not shown"
        assert self.watch.events("signin.ok"), "no signin.ok in the log"
        return "signed in"

    def redeemed(self) -> int:
        """Return how many requests the provider's token endpoint got."""
        return self.provider.requests["/v1/token"]


@contextmanager
def world(
    monkeypatch: pytest.MonkeyPatch, folder: Path, fixture: Callable[[str], Any]
) -> Iterator[World]:
    """Yield a world; when the row has ended well, check what must hold of every row."""
    with ExitStack() as stack:
        made = World(stack, monkeypatch, folder, fixture)
        yield made
        made.watch.check()
