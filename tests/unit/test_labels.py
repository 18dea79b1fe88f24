"""What sessions in a store are found by follows what the provider says of the user last."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from admit.errors import ResponseRejected
from admit.model import IDToken, Session, Tokens
from admit.ports import Record, run_sync
from admit.sealing import Sealer
from admit.session_codec import renewed_session
from admit.session_ends import SessionEnds
from admit.stored_sessions import Found, StoredSessions
from admit.testing import MemoryStore
from material import NOW, PROVIDER

OLD, NEW = "old-secret-" * 4, "new-secret-" * 4
AUDIENCE = ("https://provider.test", "client")
CLAIMS = {"iss": AUDIENCE[0], "sub": "00u1", "sid": "sid-1", "email": "a@example.com"}
TOKENS = Tokens(
    access_token="access",
    refresh_token=None,
    scope=("openid",),
    asked=("openid",),
    issued_at=NOW,
    expires_at=None,
)


class Store(MemoryStore):
    """A store that notes what labels it was told, and lets things happen before a step."""

    def __init__(self) -> None:
        self.now = NOW
        super().__init__(lambda: self.now)
        self.meanwhile: dict[str, Callable[[], object]] = {}
        self.calls: list[str] = []
        self.told: set[bytes] = set()
        self.forgotten: set[bytes] = set()

    def _before(self, step: str) -> None:
        self.calls.append(step)
        self.meanwhile.pop(step, lambda: None)()

    async def load(self, key: bytes) -> Record | None:
        self._before("load")
        return await super().load(key)

    async def save(
        self, key: bytes, value: bytes, ttl: int, *, labels: Sequence[bytes] = (), **more: int
    ) -> None:
        self._before("save")
        self.told.update(labels)
        await super().save(key, value, ttl, labels=labels, **more)

    async def label(self, key: bytes, labels: Sequence[bytes], **more: int) -> None:
        self._before("label")
        self.told.update(labels)
        await super().label(key, labels, **more)

    async def replace(self, key: bytes, old: bytes, new: bytes) -> bool:
        self._before("replace")
        return await super().replace(key, old, new)

    async def marks(self, names: Sequence[bytes]) -> list[int]:
        self._before("marks")
        return await super().marks(names)

    async def delete(self, key: bytes, labels: Sequence[bytes] = ()) -> None:
        self._before("delete")
        self.forgotten.update(labels)
        await super().delete(key, labels)


class Deployment:
    """Processes over one store, each with the keys it was started with."""

    def __init__(self) -> None:
        self.store = Store()

    def sessions(self, *keys: str, by_email: bool = True) -> StoredSessions:
        return StoredSessions(
            self.store,
            Sealer(keys or (OLD,), secrets.token_bytes),
            secrets.token_bytes,
            audience=AUDIENCE,
            idle=3600,
            absolute=43_200,
            by_email=by_email,
        )

    def end(self, claims: dict[str, Any], *keys: str) -> None:
        """End what is found by a claim, as the provider asks."""
        ends = SessionEnds(self.sessions(*keys), issuer=AUDIENCE[0], emit=lambda _event: None)
        if "sid" in claims:
            run_sync(ends.of_provider_session(claims["sid"], by="backchannel", vouched=True))
        else:
            run_sync(ends.of_email(claims["email"], by="universal"))

    def sign_in(self, *keys: str) -> str:
        id_token = IDToken(PROVIDER.sign(CLAIMS), CLAIMS)
        _, cookie = run_sync(
            self.sessions(*keys).start(
                id_token, None, attempt="attempt-of-16-ch", moment=(NOW * 1000, NOW * 1000), now=NOW
            )
        )
        return cookie

    def found(self, cookie: str, *keys: str) -> Found:
        found = run_sync(self.sessions(*keys).read(cookie, NOW))
        assert found is not None
        return found

    def refresh(self, cookie: str, changed: dict[str, Any], *keys: str, **more: bool) -> bool:
        """Keep what a refreshed ID Token says, and tell whether it was kept."""
        found = self.found(cookie, *keys)
        self.store.calls.clear()
        kept = renewed(found.session, changed)
        return run_sync(self.sessions(*keys, **more).replace(cookie, found, kept))

    def is_alive(self, cookie: str, *keys: str) -> bool:
        return run_sync(self.sessions(*keys).load(cookie, NOW)) is not None


def renewed(session: Session, changed: dict[str, Any]) -> Session:
    claims = {**CLAIMS, **changed}
    return renewed_session(session, IDToken(PROVIDER.sign(claims), claims), TOKENS)


@pytest.fixture
def deployment() -> Deployment:
    return Deployment()


CHANGES = [{"sid": "sid-2"}, {"email": "New@example.com"}]


@pytest.mark.parametrize("changed", CHANGES)
def test_a_session_is_found_by_what_a_refresh_says_of_it(
    deployment: Deployment, changed: dict[str, Any]
) -> None:
    cookie, other = deployment.sign_in(), deployment.sign_in()
    assert deployment.refresh(cookie, changed)
    assert deployment.is_alive(cookie)
    deployment.end(changed)
    assert not deployment.is_alive(cookie)
    # An address ends all sessions of its user, a session of the provider's those that are of it.
    assert deployment.is_alive(other) == ("sid" in changed)


@pytest.mark.parametrize("claim", ["sid", "email"])
@pytest.mark.parametrize("changed", CHANGES)
def test_a_session_is_still_found_by_what_was_said_before(
    deployment: Deployment, changed: dict[str, Any], claim: str
) -> None:
    cookie = deployment.sign_in()
    assert deployment.refresh(cookie, changed)
    deployment.end({claim: CLAIMS[claim]})
    assert not deployment.is_alive(cookie)


@pytest.mark.parametrize("step", ["label", "replace", "marks"])
@pytest.mark.parametrize("changed", CHANGES)
def test_an_end_while_a_refresh_is_kept_wins(
    deployment: Deployment, changed: dict[str, Any], step: str
) -> None:
    cookie = deployment.sign_in()
    deployment.store.meanwhile[step] = lambda: deployment.end(changed)
    assert not deployment.refresh(cookie, changed)
    assert not deployment.is_alive(cookie)
    assert list(deployment.store.records()) == []


@pytest.mark.parametrize("later", [(OLD,), (NEW, OLD)])
@pytest.mark.parametrize("changed", CHANGES)
def test_the_key_that_a_session_began_under_makes_its_later_labels(
    deployment: Deployment, changed: dict[str, Any], later: tuple[str, ...]
) -> None:
    cookie = deployment.sign_in(OLD)
    assert deployment.refresh(cookie, changed, NEW, OLD)
    deployment.end(changed, *later)
    assert not deployment.is_alive(cookie, NEW, OLD)


@pytest.mark.parametrize(
    ("changed", "by_email"),
    [
        ({}, True),
        ({"name": "Alice"}, True),
        ({"email": "A@EXAMPLE.com"}, True),
        ({"sid": None}, True),
        ({"email": 7}, True),
        ({"email": "new@example.com"}, False),
    ],
)
def test_a_refresh_that_brings_no_label_asks_the_store_once(
    deployment: Deployment, changed: dict[str, Any], *, by_email: bool
) -> None:
    cookie = deployment.sign_in()
    assert deployment.refresh(cookie, changed, by_email=by_email)
    assert deployment.store.calls == ["replace"]


# --- labels end with their session ---------------------------------------------------------------


@pytest.mark.parametrize("keys", [(OLD,), (NEW, OLD)])
def test_a_sign_out_forgets_the_labels(deployment: Deployment, keys: tuple[str, ...]) -> None:
    cookie = deployment.sign_in(OLD)
    run_sync(deployment.sessions(*keys).end(deployment.found(cookie, *keys).session, NOW))
    assert len(deployment.store.told) == 2
    assert deployment.store.told <= deployment.store.forgotten


def test_a_session_that_the_provider_ends_forgets_the_labels(deployment: Deployment) -> None:
    cookie = deployment.sign_in()
    assert run_sync(deployment.sessions().end_unchanged(deployment.found(cookie)))
    assert deployment.store.told == deployment.store.forgotten
    assert not deployment.is_alive(cookie)


def test_a_session_that_ended_while_it_began_forgets_the_labels(deployment: Deployment) -> None:
    deployment.store.meanwhile["marks"] = lambda: deployment.end({"email": CLAIMS["email"]})
    with pytest.raises(ResponseRejected, match=r"session\.ended_meanwhile"):
        deployment.sign_in()
    assert deployment.store.told == deployment.store.forgotten


def test_a_refresh_that_came_too_late_forgets_its_labels(deployment: Deployment) -> None:
    cookie = deployment.sign_in()
    changed = {"email": "new@example.com"}
    deployment.store.meanwhile["label"] = lambda: deployment.end(changed)
    assert not deployment.refresh(cookie, changed)
    assert len(deployment.store.told) == 3
    assert deployment.store.told == deployment.store.forgotten
