"""A provider with several users that bends what it says, once, in a chosen way."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from admit.base64url import from_base64url, to_base64url
from admit.errors import ProviderError
from admit.ports import HttpRequest, HttpResponse
from admit.testing import Bend, MemoryProvider, Received

USERS: Mapping[str, Mapping[str, str]] = {
    sub: {"sub": sub, "name": sub.title(), "email": f"{sub}@example.com"}
    for sub in ("alice", "bob", "carol")
}
#: The number of a key that the provider never has.
STRANGERS_KEY = 3
#: Wrong claims of an ID Token; each must keep it from being believed.
CLAIMS: Mapping[str, Callable[[int], dict[str, Any]]] = {
    "wrong nonce": lambda _now: {"nonce": "n" * 43},
    "no nonce": lambda _now: {"nonce": None},
    "other aud": lambda _now: {"aud": "another-client"},
    "more aud": lambda _now: {"aud": ["client", "another-client"]},
    "other azp": lambda _now: {"azp": "another-client"},
    "other iss": lambda _now: {"iss": "https://evil.test"},
    "expired": lambda now: {"iat": now - 4000, "exp": now - 400},
    "of tomorrow": lambda now: {"iat": now + 86_400, "exp": now + 90_000},
    "no exp": lambda _now: {"exp": None},
    "other at_hash": lambda _now: {"at_hash": "A" * 22},
    "no sub": lambda _now: {"sub": None},
    "odd sub": lambda _now: {"sub": ["alice"]},
}
#: Tokens that the provider did not sign so.
FORGED = ("stranger", "alg none", "HS256", "other sub after signing", "of another attempt")
ID_TOKENS = (*CLAIMS, *FORGED, "missing")
#: What a refresh answers, and whether the session ends by it.
REFRESHES: Mapping[str, bool] = {
    "honest": False,
    "other sub": True,
    "other iss": True,
    "refused": True,
    "wrong nonce": False,
    "other auth_time": False,
    "other aud": False,
    "stranger": False,
    "alg none": False,
    "no ID Token": False,
    "away": False,
}


@dataclass(frozen=True, slots=True)
class Redemption:
    """A code that the token endpoint gave tokens for.

    Attributes:
        bent: What was wrong with them; None where they were honest.
    """

    code: str
    state: str
    sub: str
    sid: str
    bent: str | None


@dataclass
class BentProvider(MemoryProvider):
    """It vouches for whoever `authorize_as` names, and records for whom.

    Attributes:
        next_bent: How the next ID Token is bent.
        other_userinfo: UserInfo speaks of another user, once.
        away: It does not answer at all.
        owners: Access tokens to the ``sub`` they were given for.
        tried: Counts the tries to redeem by code_verifier, each of one attempt.
    """

    next_bent: str | None = None
    other_userinfo: bool = False
    away: bool = False
    owners: dict[str, str] = field(default_factory=dict)
    tried: Counter[str] = field(default_factory=Counter)
    redeemed: list[Redemption] = field(default_factory=list)
    _last: str | None = None

    async def send(self, request: HttpRequest) -> HttpResponse:
        if self.away:
            raise ProviderError("provider.unreachable", "it is away")
        return await super().send(request)

    def authorize_as(self, user: str, url: str) -> tuple[str, str]:
        """Sign *user* in, and return the code and the ``sid`` of the provider's session."""
        code = self.authorize(url)["code"][0]
        sid = f"sid-{next(self._numbers)}"
        self._codes[code] = {**self._codes[code], "user": user, "sid": sid}
        return code, sid

    def _id_token(
        self, asked: Mapping[str, str], access_token: str, bend: Bend, more: Mapping[str, Any]
    ) -> str:
        bent, self.next_bent = self.next_bent, None
        claims = {**USERS[asked["user"]], "sid": asked["sid"], **more}
        if bent is not None and bent in CLAIMS:
            claims |= CLAIMS[bent](self.now())
        if bent == "of another attempt" and self._last is not None:
            return self._last
        raw = super()._id_token(asked, access_token, bend, claims)
        if bent is not None and bent in FORGED:
            return self.forged(bent, raw)
        self._last = raw
        return raw

    def forged(self, bend: str, raw: str) -> str:
        """Return the token with another signature, in the place of its own."""
        header, payload, signature = raw.split(".")
        if bend == "other sub after signing":
            claims = {**json.loads(from_base64url(payload)), "sub": "mallory"}
            return f"{header}.{_segment(claims)}.{signature}"
        if bend in {"alg none", "HS256"}:
            alg = bend.removeprefix("alg ")
            return f"{_segment({'alg': alg})}.{payload}.{'' if alg == 'none' else signature}"
        return self.signed_by_a_stranger(json.loads(from_base64url(payload)))

    def signed_by_a_stranger(self, claims: dict[str, Any], **header: Any) -> str:
        """Return *claims* signed by nobody we know, under the name of the provider's key."""
        kid, self.key = f"key-{self.key}", STRANGERS_KEY
        try:
            return self.sign(claims, kid=kid, **header)
        finally:
            self.key = int(kid.removeprefix("key-"))

    def _token(self, came: Received) -> HttpResponse:
        code, bent = came.form.get("code", ""), self.next_bent
        asked = self._codes.get(code)
        if came.form.get("grant_type") == "authorization_code":
            self.tried[came.form.get("code_verifier", "")] += 1
            if self.other_userinfo:
                bent = "other userinfo"
        answer = super()._token(came)
        self.next_bent = None
        if asked is not None and answer.status == 200:
            found = Redemption(code, asked["state"], asked["user"], asked["sid"], bent)
            self.redeemed.append(found)
            if bent == "missing":
                kept = {k: v for k, v in json.loads(answer.body).items() if k != "id_token"}
                body = json.dumps(kept).encode()
                return HttpResponse(status=200, headers=answer.headers, body=body)
        return answer

    def _tokens(
        self, asked: dict[str, str], bend: Bend, claims: Mapping[str, Any] | None
    ) -> HttpResponse:
        answer = super()._tokens(asked, bend, claims)
        owner = asked["user"] if claims is None else claims.get("sub", asked["user"])
        self.owners[json.loads(answer.body)["access_token"]] = owner
        return answer

    def _userinfo(self, came: Received) -> HttpResponse:
        owner = self.owners[came.bearer]
        self.user = USERS.get(owner, {"sub": owner})
        other, self.other_userinfo = self.other_userinfo, False
        self.userinfo = {"sub": "mallory"} if other else {}
        return super()._userinfo(came)


def _segment(value: object) -> str:
    return to_base64url(json.dumps(value).encode())
