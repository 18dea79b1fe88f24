"""An application and its provider, with all that may go wrong with them, and some browsers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from adapters.site import Clock, Site
from admit.testing import MemoryStore
from properties.bent import BentProvider
from properties.model import ABSOLUTE, IDLE, Model

#: Seconds after which nothing remembers that the provider was away, or that a key was missing.
FORGOTTEN = 200


class MachineClock(Clock):
    """The application's clock, which may be wrong by what the provider has to bear with."""

    def __init__(self, true: Clock) -> None:
        super().__init__()
        self.true = true
        self.drift = 0

    def __call__(self) -> int:
        return self.true.now - self.drift


class Stage:
    """The application, its provider and its browsers, and the model of who may be signed in.

    Args:
        stored: Sessions are in a store.
        browsers: How many there are.
    """

    def __init__(self, *, stored: bool, browsers: int) -> None:
        self.true = Clock()
        self.machine = MachineClock(self.true)
        self.provider = BentProvider(
            now=self.true, seconds=300, rotates=False, metadata={"revocation_endpoint": None}
        )
        self.store = MemoryStore(self.true) if stored else None
        self.model = Model(stored=stored)
        self.troubled_until = 0
        self._rotated_at = -FORGOTTEN
        self.site = self._new_site()
        self.browsers = [self.site.browser() for _ in range(browsers)]

    @property
    def now(self) -> int:
        """The time by the clock that sessions' limits go by."""
        return self.true.now if self.model.stored else self.machine()

    def _new_site(self) -> Site:
        more: dict[str, Any] = {
            "scope": "openid profile email offline_access",
            "universal_logout_path": "/universal-logout",
        }
        site = Site(
            provider=self.provider,
            store=self.store,
            clock=self.machine,
            secret_keys=[f"secret-number-{n}-xQ7vTz4LmW9pRk2Y" for n in self.model.secrets],
            idle_timeout=IDLE,
            absolute_timeout=ABSOLUTE,
            userinfo="always",
            **(more if self.model.stored else {}),
        )
        site.app.testing = True  # what is raised comes out here
        return site

    def restart(self, secrets: list[int]) -> None:
        """Let another process take over, with those secrets."""
        self.model.process += 1
        self.model.secrets = secrets
        self.site = self._new_site()
        for browser in self.browsers:
            browser.site, browser.client.application = self.site, self.site.app

    def rotate_provider(self, *, overlap: bool) -> None:
        """Let the provider sign with its next key."""
        if self.true.now < self._rotated_at + FORGOTTEN:
            self.trouble()
        self._rotated_at = self.true.now
        former, self.provider.key = self.provider.key, (self.provider.key + 1) % 3
        self.provider.published = (self.provider.key, *([former] if overlap else []))

    def trouble(self) -> None:
        """What honest users do may fail for a while."""
        self.troubled_until = self.true.now + FORGOTTEN

    @property
    def is_calm(self) -> bool:
        return self.true.now >= self.troubled_until and not self.provider.away

    @contextmanager
    def bent(self, **how: Any) -> Iterator[None]:
        """Let the provider be bent in the block."""
        former = {name: getattr(self.provider, name) for name in how}
        for name, value in how.items():
            setattr(self.provider, name, value)
        try:
            yield
        finally:
            for name, value in former.items():
                setattr(self.provider, name, value)
