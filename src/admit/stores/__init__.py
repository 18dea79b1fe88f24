"""Where sessions may be kept, chosen by one URL.

May know: errors, ports, and what a store needs, imported when it is chosen.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Protocol

from admit.errors import ConfigurationError, Problem
from admit.ports import SessionStore
from admit.stores.listed import Listed

#: Scheme of a URL to the module that serves it, and the extra that brings what the module needs.
SCHEMES = {
    "sqlite": ("admit.stores.sql", "sql"),
    "postgresql": ("admit.stores.sql", "sql"),
    "redis": ("admit.stores.redis", "redis"),
    "rediss": ("admit.stores.redis", "redis"),
    "redis+sentinel": ("admit.stores.redis", "redis"),
    "rediss+sentinel": ("admit.stores.redis", "redis"),
    "redis+cluster": ("admit.stores.redis", "redis"),
    "rediss+cluster": ("admit.stores.redis", "redis"),
}


class Store(SessionStore, Protocol):
    """A store as it is opened: beside its work, it can be made ready and looked at."""

    def records(self) -> Iterator[Listed]:
        """Return what is kept, in no order. A long way in a large store: for operators."""
        ...

    def create(self) -> None:
        """Make what the store needs, such as its table, if it is not there."""
        ...

    def problem(self) -> str | None:
        """Return why the store cannot work, or None if it can.

        Raises:
            StoreUnavailable: It is away, so nobody knows.
        """
        ...

    def close(self) -> None:
        """Close the connections. The next use makes new ones."""
        ...


def open_store(url: str) -> Store:
    """Return the store at *url*. Nothing is connected yet.

    Raises:
        ConfigurationError: ``config.invalid``: the URL is no good, or a package is missing.
    """
    scheme = url.partition(":")[0]
    module, extra = SCHEMES[scheme]
    try:
        opened: Store = import_module(module).open_url(url)
    except ModuleNotFoundError as error:
        wrong, fix = f"{error.name} is not installed", f'pip install "admit[{extra}]"'
    except ValueError:
        # What the URL holds may be a password.
        wrong, fix = f"the URL of {scheme} is no good", "See docs/reference/settings.md."
    else:
        return opened
    raise ConfigurationError("config.invalid", (Problem("ADMIT_SESSIONS", wrong, fix),))


def check_ready(store: Store) -> None:
    """Refuse a store that is there and cannot work.

    Raises:
        ConfigurationError: ``config.invalid``: it has no table, for example.
        StoreUnavailable: It is away, so nobody knows.
    """
    wrong = store.problem()
    if wrong is not None:
        fix = "Run `admit store create` once, with the same settings."
        raise ConfigurationError("config.invalid", (Problem("ADMIT_SESSIONS", wrong, fix),))
