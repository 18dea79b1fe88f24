"""Fixtures of pytest for applications that use Admit: sign a test client in, in one line.

pytest loads this in every run where Admit is installed, so that all else is imported by the
fixtures that need it. See ``docs/how-to/test-your-app.md``.

May know: pytest_plugin.visitor, testing, user.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

import pytest

if TYPE_CHECKING:
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

    from admit.pytest_plugin.visitor import Visits
    from admit.testing import MemoryProvider
    from admit.user import User


class SignInAs(Protocol):
    """What the fixture `sign_in` is."""

    def __call__(
        self,
        client: FlaskClient,
        *,
        sub: str = "00u1",
        groups: Sequence[str] = (),
        next: str | None = None,  # noqa: A002 - the parameter's name in the address
        expect: str | None = None,
        **claims: object,
    ) -> TestResponse:
        """See `admit.pytest_plugin.visitor.Visits.sign_in`."""
        ...


class SignedInAs(Protocol):
    """What the fixture `signed_in` is."""

    def __call__(
        self,
        client: FlaskClient,
        *,
        sub: str = "00u1",
        groups: Sequence[str] = (),
        **claims: object,
    ) -> User:
        """See `admit.pytest_plugin.visitor.Visits.signed_in`."""
        ...


@pytest.fixture
def provider() -> MemoryProvider:
    """A provider in memory, of this test alone: honest until it is bent."""
    import time

    from admit.testing import MemoryProvider

    return MemoryProvider(now=lambda: int(time.time()))


@pytest.fixture
def _admit_visits(provider: MemoryProvider) -> Iterator[Visits]:
    from admit.pytest_plugin.visitor import Visits
    from admit.testing import MemoryProvider

    if not isinstance(provider, MemoryProvider):
        raise pytest.UsageError(
            f"the fixture 'provider' gives {type(provider).__name__}, and Admit's sign_in needs a"
            " MemoryProvider: give yours another name"
        )
    visits = Visits(provider)
    yield visits
    visits.end()


@pytest.fixture
def sign_in(_admit_visits: Visits) -> SignInAs:
    """A function that signs a test client in, by a whole sign-in at `provider`."""
    return _admit_visits.sign_in


@pytest.fixture
def signed_in(_admit_visits: Visits) -> SignedInAs:
    """A function that gives a test client a session, and asks no page of the application."""
    return _admit_visits.signed_in


@pytest.fixture
def provider_server(provider: MemoryProvider) -> Iterator[MemoryProvider]:
    """The `provider` of this test on a socket: ``provider_server.issuer`` is its URL."""
    from admit.testing import serving

    with serving(provider):
        yield provider


__all__ = ["SignInAs", "SignedInAs", "provider", "provider_server", "sign_in", "signed_in"]
