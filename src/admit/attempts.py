"""Attempts to sign in that are under way: one sealed cookie for each.

No store is needed before the user is known, tabs do not meet, and what a browser can pile up is
bounded.

May know: base64url, model, ports, sealing, spent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import NamedTuple

from admit.base64url import to_base64url
from admit.model import AuthorizationRequest
from admit.ports import SessionStore
from admit.sealing import Sealer, Unsealable
from admit.spent import Spent

#: The number goes up when the content changes, so that fleets of mixed versions do not misread.
PURPOSE = b"attempt 4"
#: Seconds an attempt lives: as long as a hosted sign-in page keeps its own state.
LIFETIME = 3600
MOST = 8
#: With the largest session they stay below the 8 KB that servers take for all cookies.
MOST_BYTES = 3072
#: Cookies of attempts that are opened, and dropped, by one request, whatever a browser sends.
MOST_LOOKED_AT = 64
KEY_LENGTH = 16
MILLISECONDS = 1000


def attempt_key(state: str) -> str:
    """Return the name of an attempt, which tells nothing of its ``state``: 16 characters."""
    digest = sha256(state.encode("utf-8", "surrogatepass")).digest()
    return to_base64url(digest)[:KEY_LENGTH]


class Moment(NamedTuple):
    """When an attempt came back, in milliseconds by the store's clock if there is one.

    Attributes:
        at: When it came back.
        since: When it was begun.
    """

    at: int
    since: int


class Attempts:
    """Seals attempts into cookies, and takes each back once.

    Args:
        sealer: Seals them.
        prefix: Of the cookies' names.
        milliseconds: Returns them since the epoch.
        store: Remembers which were used, for all processes; without one, each knows its own.
    """

    def __init__(
        self,
        sealer: Sealer,
        prefix: str,
        *,
        milliseconds: Callable[[], int],
        store: SessionStore | None = None,
    ) -> None:
        self._sealer = sealer
        self._prefix = prefix
        self._milliseconds = milliseconds
        self._store = store
        self._spent = Spent()

    def cookie_name(self, state: str) -> str:
        """Return the name of the cookie that holds the attempt of *state*."""
        return self._prefix + attempt_key(state)

    def seal(self, request: AuthorizationRequest) -> str:
        """Return the content of the cookie of an attempt that begins now."""
        return self._sealer.seal(PURPOSE, _encoded(request, self._milliseconds()))

    def open(self, text: str) -> AuthorizationRequest | Unsealable:
        """Return the attempt that a cookie holds, or why there is none."""
        message = self._sealer.open(PURPOSE, text)
        if isinstance(message, Unsealable):
            return message
        return _decoded(message)

    def pending(self, cookies: Mapping[str, str]) -> list[str]:
        """Return the names of the attempt cookies that a browser holds."""
        return [name for name in cookies if name.startswith(self._prefix)]

    def surplus(self, cookies: Mapping[str, str], size: int = 0) -> list[str]:
        """Return the cookies to drop so that one more of *size* fits: unreadable, then oldest."""
        aged = []
        for name in self.pending(cookies)[:MOST_LOOKED_AT]:
            request = self.open(cookies[name])
            if isinstance(request, Unsealable):
                aged.append((0, 0, name))
            else:
                aged.append((request.started_at, request.began, name))
        aged.sort(reverse=True)
        kept = 0
        for *_, name in aged:
            size += len(name) + len(cookies[name])
            if kept >= MOST - 1 or size > MOST_BYTES:
                break
            kept += 1
        return [name for *_, name in aged[kept:]]

    async def use(self, request: AuthorizationRequest, now: int) -> Moment | None:
        """Use an attempt up, and return when that is; None where it was used before.

        Raises:
            StoreUnavailable: Nobody knows.
        """
        if self._store is None:
            name = attempt_key(request.state)
            new = self._spent.add(name, until=now + LIFETIME, now=now)
            at = now * MILLISECONDS if new else None
        else:
            at = await self._store.use(_spent_name(request.state), LIFETIME)
        if at is None:
            return None
        # How long it took is told by the machines, when it began by the store.
        return Moment(at, at - max(self._milliseconds() - request.began, 0))

    async def is_spent(self, state: str) -> bool:
        """Tell whether the attempt of *state* was used, as far as is known here.

        Raises:
            StoreUnavailable: Nobody knows.
        """
        if self._store is not None:
            return await self._store.is_used(_spent_name(state))
        return attempt_key(state) in self._spent


def _spent_name(state: str) -> bytes:
    return b"attempt " + attempt_key(state).encode()


def _encoded(request: AuthorizationRequest, began: int) -> bytes:
    """Return the attempt as lines: none of its values holds a line break."""
    max_age = "" if request.max_age is None else request.max_age
    return (
        f"{request.state}\n{request.nonce}\n{request.code_verifier}\n{request.issuer}\n"
        f"{request.redirect_uri}\n{request.return_to}\n{request.started_at}\n{request.rounds}\n"
        f"{max_age}\n{' '.join(request.acr_values)}\n{' '.join(request.scope)}\n{began}\n"
        f"{request.silent:d}\n{request.former}"
    ).encode()


def _decoded(message: bytes) -> AuthorizationRequest:
    *texts, max_age, acr_values, scope, began, silent, former = message.decode().split("\n")
    state, nonce, code_verifier, issuer, redirect_uri, return_to, started_at, rounds = texts
    return AuthorizationRequest(
        state=state,
        nonce=nonce,
        code_verifier=code_verifier,
        issuer=issuer,
        redirect_uri=redirect_uri,
        return_to=return_to,
        started_at=int(started_at),
        max_age=int(max_age) if max_age else None,
        acr_values=tuple(acr_values.split()),
        rounds=int(rounds),
        scope=tuple(scope.split()),
        began=int(began),
        silent=silent == "1",
        former=former,
    )
