"""Where sessions may be kept, chosen by one URL.

May know: errors, ports, and what a store needs, imported when it is chosen.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from importlib import import_module
from typing import Protocol

from admit.errors import ConfigurationError, Problem
from admit.ports import SessionStore
from admit.stores.listed import Listed
from admit.stores.mistakes import ENCODED, Mistake, UrlMistakeError

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
    # As many hosts hand it out.
    "postgres": ("admit.stores.sql", "sql"),
}
#: What a URL looks like, by the end of its scheme.
FORMS = {
    "sqlite": "sqlite:///file, or sqlite:////folder/file",
    "postgresql": "postgresql://user:password@host:5432/database",
    "redis": "redis://:password@host:6379/0",
    "sentinel": "redis+sentinel://:password@host:26379,host:26379/service/0",
    "cluster": "redis+cluster://:password@host:6379,host:6379",
}
#: Whether stores are opened to be made ready, and may lack all that they need.
_MAKING = ContextVar("making", default=False)


class Store(SessionStore, Protocol):
    """A store as it is opened: beside its work, it can be made ready and looked at.

    Attributes:
        place: Where it is, in words that hold no password.
    """

    place: str

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
    except UrlMistakeError as mistake:
        wrong, fix = f"the URL of {scheme} is no good: {mistake}", _form(scheme)
    except ValueError:
        # What the URL holds may be a password.
        wrong, fix = f"the URL of {scheme} is no good", _form(scheme)
    else:
        return opened
    raise _unfit(wrong, fix)


def check_ready(store: Store) -> None:
    """Refuse a store that is there and cannot work.

    Raises:
        ConfigurationError: ``config.invalid``: it has no table, or refuses the password.
        StoreUnavailable: It is away, so nobody knows.
    """
    if _MAKING.get():
        return
    with _mistakes_told():
        wrong = store.problem()
    if wrong is not None:
        raise _unfit(wrong, "Run `admit store create` once, with the same settings.")


def make_ready(store: Store) -> None:
    """Make what the store needs, if it is not there.

    Raises:
        ConfigurationError: ``config.invalid``: it refuses the password, for example.
        StoreUnavailable: It is away.
    """
    with _mistakes_told():
        store.create()


@contextmanager
def making() -> Iterator[None]:
    """Open stores that are not ready yet, as an app does whose settings tell where they are."""
    token = _MAKING.set(True)
    try:
        yield
    finally:
        _MAKING.reset(token)


@contextmanager
def _mistakes_told() -> Iterator[None]:
    """Tell a mistake that lasts as one in the configuration, not as an outage."""
    try:
        yield
    except Mistake as mistake:
        raise _unfit(mistake.detail, mistake.hint) from None


def _unfit(wrong: str, fix: str) -> ConfigurationError:
    return ConfigurationError("config.invalid", (Problem("ADMIT_SESSIONS", wrong, fix),))


def _form(scheme: str) -> str:
    kind = scheme.rpartition("+")[2]
    form = FORMS[{"rediss": "redis", "postgres": "postgresql"}.get(kind, kind)]
    return f"Its form is {form}. {ENCODED}"
