"""Secret keys change, and nobody is signed out by it who was not meant to be."""

from __future__ import annotations

import secrets
from dataclasses import replace

import pytest

from admit.events import Event
from admit.model import IDToken
from admit.ports import run_sync
from admit.sealing import Sealer, key_id
from admit.session_ends import SessionEnds
from admit.stored_sessions import StoredSessions
from admit.testing import MemoryStore
from material import NOW, PROVIDER

OLD, NEW = "old-secret-" * 4, "new-secret-" * 4
AUDIENCE = ("https://provider.test", "client")
CLAIMS = {"iss": AUDIENCE[0], "sub": "00u1", "sid": "sid-1", "email": "a@example.com"}


class Deployment:
    """One process after the other over one store, each with the keys it was started with."""

    def __init__(self) -> None:
        self.now = NOW
        self.store = MemoryStore(lambda: self.now)
        self.events: list[Event] = []

    def sessions(self, *keys: str) -> StoredSessions:
        return StoredSessions(
            self.store,
            Sealer(keys, secrets.token_bytes),
            secrets.token_bytes,
            audience=AUDIENCE,
            idle=3600,
            absolute=43_200,
            by_email=True,
        )

    def ends(self, *keys: str) -> SessionEnds:
        return SessionEnds(self.sessions(*keys), issuer=AUDIENCE[0], emit=self.events.append)

    def sign_in(self, *keys: str) -> str:
        id_token = IDToken(PROVIDER.sign(CLAIMS), CLAIMS)
        _, cookie = run_sync(
            self.sessions(*keys).start(
                id_token,
                None,
                attempt="attempt-of-16-ch",
                moment=(self.now * 1000, self.now * 1000),
                now=self.now,
            )
        )
        return cookie

    def is_alive(self, cookie: str, *keys: str) -> bool:
        return run_sync(self.sessions(*keys).load(cookie, self.now)) is not None

    def renew(self, cookie: str, *keys: str) -> None:
        """Keep the session anew, as is done when its access token was refreshed."""
        sessions = self.sessions(*keys)
        found = run_sync(sessions.read(cookie, self.now))
        assert found is not None
        changed = replace(found.session, tokens=b"{}")
        assert run_sync(sessions.replace(cookie, found, changed))


@pytest.fixture
def deployment() -> Deployment:
    return Deployment()


def test_a_new_key_signs_nobody_out_and_the_old_ones_end_signs_out_its_own(
    deployment: Deployment,
) -> None:
    cookie = deployment.sign_in(OLD)
    assert deployment.is_alive(cookie, NEW, OLD)
    later = deployment.sign_in(NEW, OLD)
    assert deployment.is_alive(later, NEW)
    assert not deployment.is_alive(cookie, NEW)


def test_a_renewed_session_stays_under_the_key_that_names_it(deployment: Deployment) -> None:
    cookie = deployment.sign_in(OLD)
    deployment.renew(cookie, NEW, OLD)
    [record] = deployment.store.records()
    assert record.key_id == Sealer([OLD], secrets.token_bytes).key_ids[0]
    assert deployment.is_alive(cookie, NEW, OLD)


@pytest.mark.parametrize("keys", [(OLD,), (NEW, OLD), (OLD, NEW)])
def test_whoever_signed_in_before_the_new_key_is_found_and_ended(
    deployment: Deployment, keys: tuple[str, ...]
) -> None:
    cookie = deployment.sign_in(OLD)
    other = deployment.sign_in(*keys)
    assert run_sync(deployment.ends(*keys).of_user("00u1", by="operator")) == 2
    assert not deployment.is_alive(cookie, *keys)
    assert not deployment.is_alive(other, *keys)


def test_a_record_that_names_another_application_opens_for_nobody(deployment: Deployment) -> None:
    cookie = deployment.sign_in(OLD)
    [(key, kept)] = deployment.store._kept.items()
    assert kept.value.startswith(deployment.sessions(OLD).names.application())
    for tag in (b"appl", b"", kept.value[:3]):
        deployment.store._kept[key] = replace(kept, value=tag + kept.value[4:])
        assert not deployment.is_alive(cookie, OLD)
    deployment.store._kept[key] = kept
    assert deployment.is_alive(cookie, OLD)


def test_a_key_is_told_by_the_first_five_octets() -> None:
    sealer = Sealer([NEW, OLD], secrets.token_bytes)
    for identifier in sealer.key_ids:
        sealed = sealer.seal_octets(b"purpose", b"message", key_id=identifier)
        assert key_id(sealed[:5]) == identifier
        assert sealer.open_octets(b"purpose", sealed) == b"message"
