"""How one sign-in is bent, while others go on straight.

May know: testing.answers, testing.bends, testing.faults.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import Any

from admit.testing.answers import Answer
from admit.testing.bends import STRAIGHT, Bend, Forge, Received, Values
from admit.testing.faults import FAULTS, Fault


@dataclass
class Bendable:
    """Knows which sign-in is bent how, by its code and its tokens."""

    _bends: dict[str, Bend] = field(init=False, repr=False, default_factory=dict)
    _armed: Bend = field(init=False, repr=False, default=STRAIGHT)
    #: The bend of metadata and keys, and the code of its sign-in until that was brought.
    _standing: tuple[Bend, str] = field(init=False, repr=False, default=(STRAIGHT, ""))
    _logout: Forge | None = field(init=False, repr=False, default=None)
    _lock: threading.RLock = field(
        init=False, repr=False, compare=False, default_factory=threading.RLock
    )

    def bend(
        self,
        *,
        user: Mapping[str, Any] | None = None,
        claims: Mapping[str, Any] | None = None,
        header: Mapping[str, Any] | None = None,
        alg: str | None = None,
        key: int | None = None,
        forge: Forge | None = None,
        userinfo: Mapping[str, Any] | None = None,
        refreshed: Mapping[str, Any] | None = STRAIGHT.refreshed,
        response: Mapping[str, Values] | None = None,
        discovery: Answer | None = None,
        keys: Answer | None = None,
        token: Answer | None = None,
        userinfo_answer: Answer | None = None,
        refresh: Answer | None = None,
        revocation: Answer | None = None,
        logout_token: Forge | None = None,
    ) -> None:
        """Bend the next sign-in, and that one alone; with no arguments, straighten it.

        The next authorization request takes the bend with it, and it goes with the code and the
        tokens of that sign-in: others that are under way are not touched. Requests for metadata
        and keys say not whose they are. They are bent from now on until the next `bend`, or until
        another sign-in begins after the code of this one was brought.

        Args:
            user: Laid over the user, in all that is said of them.
            claims: Laid over the ID Token's; a value of None removes the claim.
            header: Laid over the ID Token's header; likewise.
            alg: The ID Token says so and is signed so; see `admit.testing.signing.compact`.
            key: The number of the key that signs. One that is not published, with a *header* that
                has ``kid="key-0"``, is a stranger's under a known name.
            forge: Makes the whole ID Token, of the header and claims of an honest one.
            userinfo: Laid over what UserInfo says.
            refreshed: Laid over the claims of refreshed ID Tokens; None leaves them out.
            response: Laid over the callback's parameters: a list repeats one, None removes it.
            discovery: How the metadata are answered.
            keys: How the keys are answered.
            token: How the code is answered.
            userinfo_answer: How UserInfo is answered.
            refresh: How refreshes are answered.
            revocation: How it is answered that a token is given up.
            logout_token: Makes the next logout token, whoever it is about; see *forge*.
        """
        bend = Bend(
            user=user or {},
            claims=claims or {},
            header=header or {},
            alg=alg,
            key=key,
            forge=forge,
            userinfo=userinfo or {},
            refreshed=refreshed,
            response=response or {},
            discovery=discovery,
            keys=keys,
            token=token,
            userinfo_answer=userinfo_answer,
            refresh=refresh,
            revocation=revocation,
            logout_token=logout_token,
        )
        self.arm(bend)

    def arm(self, bend: Bend) -> None:
        """Bend the next sign-in, as `bend` does."""
        with self._lock:
            self._armed, self._standing = bend, (bend, "")
            self._logout = bend.logout_token

    def sign_in_as(self, user: Mapping[str, Any]) -> None:
        """Let the next sign-in be that of *user*; what it is bent by otherwise stays.

        Args:
            user: Laid over the provider's user, as in `bend`.
        """
        with self._lock:
            former = self._armed
            self._armed = replace(former, user={**user, **former.user})
            if self._standing == (former, ""):
                self._standing = self._armed, ""

    def commit(self, name: str) -> Fault:
        """Commit a fault of the catalogue in the next sign-in, as `bend` does, and return it.

        Args:
            name: One of `admit.testing.FAULTS`, such as ``id_token.alg_none``.

        Raises:
            ValueError: There is no such fault; the message names those that are alike.
        """
        fault = FAULTS.get(name)
        if fault is None:
            alike = ", ".join(get_close_matches(name, FAULTS)) or "one of admit.testing.FAULTS"
            raise ValueError(f"no fault is called {name!r}; did you mean {alike}?")
        self.arm(fault.bend)
        return fault

    def _bent(self, came: Received) -> Answer | None:
        """Return how the sign-in that *came* belongs to wants it answered."""
        standing, form = self._standing[0], came.form
        if came.path == "/.well-known/openid-configuration":
            return standing.discovery
        if came.path == "/v1/keys":
            return standing.keys
        if came.path == "/v1/userinfo":
            return self._bend_of(came.bearer).userinfo_answer
        if came.path == "/v1/revoke":
            return self._bend_of(form.get("token", "")).revocation
        if came.path == "/v1/token" and form.get("grant_type") == "refresh_token":
            return self._bend_of(form.get("refresh_token", "")).refresh
        return self._of_code(form.get("code", "")) if came.path == "/v1/token" else None

    def _of_code(self, code: str) -> Answer | None:
        """Return how *code* is answered; it was brought, so the next sign-in may begin."""
        bend = self._bend_of(code)
        if self._standing == (bend, code):
            self._standing = bend, ""
        return bend.token

    def _bend_of(self, secret: str) -> Bend:
        return self._bends.get(secret, STRAIGHT)

    def _taken(self, code: str) -> Bend:
        """Return the bend of the sign-in that has just got *code*."""
        bend, self._armed = self._armed, STRAIGHT
        if bend is not STRAIGHT:
            self._bends[code], self._standing = bend, (bend, code)
        elif not self._standing[1]:
            self._standing = STRAIGHT, ""
        return bend
