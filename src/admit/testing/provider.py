"""An OpenID provider in memory: the `Http` port answered by a small, honest provider.

It checks what a provider checks (client, redirect URI, PKCE, single use of codes) and signs for
real. Tests bend it: for good by its attributes, or for one sign-in by `MemoryProvider.bend`.

May know: base64url, ports, testing.answers, testing.bends, testing.issuing, testing.signing.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from email.utils import formatdate
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from admit.base64url import to_base64url
from admit.ports import HttpRequest, HttpResponse
from admit.testing.answers import OWN, Answer, heard
from admit.testing.bends import STRAIGHT, Bend, Received, Values, received
from admit.testing.issuing import Issuing
from admit.testing.signing import encoded, present, signing_key

__all__ = ["JSON", "MemoryProvider", "signing_key"]

JSON = {"content-type": "application/json"}


@dataclass
class MemoryProvider(Issuing):
    """A provider at *issuer* that knows one client.

    Attributes:
        now: Seconds since the epoch, by the provider's clock.
        claims: Laid over the ID Token's; a value of None removes the claim.
        header: Laid over the ID Token's header.
        metadata: Laid over the metadata.
        userinfo: Laid over what UserInfo says.
        key: The number of the key that signs.
        alg: The algorithm that it signs with: RS* or PS*.
        published: The numbers of the keys that are published.
        refreshed: Laid over the claims of a refreshed ID Token; None for the whole leaves it out.
        seconds: An access token lives.
        rotates: A refresh gives a new refresh token, and the old one is dead.
        answers: Path of an endpoint to what it answers instead, once or for ever.
        deadline: Seconds that a request in memory may take, for answers that are slow.
        requests: Counts requests by path, and refreshes as ``refresh``.
        received: The requests, in their order.
        secrets: Each code, token, verifier and credential that was given or taken: what must stand
            in no log.
        revoked: Tokens that were given up.
    """

    metadata: dict[str, Any] = field(default_factory=dict)
    userinfo: dict[str, Any] = field(default_factory=dict)
    published: tuple[int, ...] = (0,)
    refreshed: dict[str, Any] | None = field(default_factory=dict)
    seconds: int = 3600
    rotates: bool = True
    answers: dict[str, HttpResponse | Exception | Answer] = field(default_factory=dict, repr=False)
    deadline: float = 7.0
    requests: Counter[str] = field(default_factory=Counter)
    received: list[Received] = field(default_factory=list, repr=False)
    revoked: list[str] = field(default_factory=list, repr=False)
    _grants: dict[str, dict[str, str]] = field(default_factory=dict, repr=False)
    _codes: dict[str, dict[str, str]] = field(default_factory=dict, repr=False)

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Answer a request of the back channel.

        Raises:
            ProviderError: What `BlockingHttp` raises where an `Answer` is late or broken. Nobody
                waits for it.
        """
        response, answer = self.answer(request)
        return heard(request, answer, response, self.deadline)

    def answer(self, request: HttpRequest) -> tuple[HttpResponse, Answer]:
        """Return the answer to a request of the back channel, and how it is to be sent.

        Raises:
            Exception: One of `answers`.
        """
        with self._lock:
            came = received(request, self.issuer)
            self.record(came)
            answer = self._bent(came) or self.answers.get(came.path, OWN)
            if isinstance(answer, Exception):
                raise answer
            if isinstance(answer, HttpResponse):
                return answer, OWN
            return answer.over(_ok({}) if answer.is_instead else self._own(came)), answer

    def record(self, came: Received) -> None:
        """Remember a request, with what is secret in it."""
        with self._lock:
            self.requests[came.path] += 1
            self.received.append(came)
            self.secrets += came.secrets()

    def _own(self, came: Received) -> HttpResponse:
        handlers = {
            "/.well-known/openid-configuration": self._discovery,
            "/v1/keys": self._jwks,
            "/v1/token": self._token,
            "/v1/userinfo": self._userinfo,
            "/v1/revoke": self._revoke,
        }
        handler = handlers.get(came.path)
        return HttpResponse(status=404) if handler is None else handler(came)

    def authorize(self, url: str, **response: Values) -> dict[str, list[str]]:
        """Sign the user in, and return the parameters that go to the callback.

        Args:
            url: The authorization request.
            **response: Laid over those parameters: a list repeats one, and None or an empty text
                removes it.
        """
        request = dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))
        with self._lock:
            code = f"code-{next(self._numbers)}"
            self._codes[code] = request
            self.secrets += [code, *(request[n] for n in ("state", "nonce") if request.get(n))]
            bend = self._taken(code)
        parameters = {"code": code, "state": request["state"], **bend.response, **response}
        return {
            name: [values] if isinstance(values, str) else list(values)
            for name, values in parameters.items()
            if values
        }

    def callback(self, url: str, **response: Values) -> str:
        """Return the path and query of the callback that `authorize` leads to."""
        parameters = self.authorize(url, **response)
        redirect_uri = dict(parse_qsl(urlsplit(url).query))["redirect_uri"]
        return f"{urlsplit(redirect_uri).path}?{urlencode(parameters, doseq=True)}"

    def _discovery(self, _came: Received) -> HttpResponse:
        base = self.issuer.rstrip("/") + "/v1"
        return _ok(
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{base}/authorize",
                "token_endpoint": f"{base}/token",
                "jwks_uri": f"{base}/keys",
                "userinfo_endpoint": f"{base}/userinfo",
                "end_session_endpoint": f"{base}/logout",
                "revocation_endpoint": f"{base}/revoke",
                **self.metadata,
            }
        )

    def _jwks(self, _came: Received) -> HttpResponse:
        return _ok({"keys": [self.jwk(number) for number in self.published]})

    def _token(self, came: Received) -> HttpResponse:
        form = came.form
        if form.get("grant_type") == "refresh_token":
            return self._refresh(form)
        code = form.get("code", "")
        asked = self._codes.pop(code, None)
        if asked is None:
            return _refused("invalid_grant", "The authorization code is invalid or has expired.")
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if to_base64url(digest) != asked.get("code_challenge"):
            return _refused("invalid_grant", "PKCE verification failed.")
        if form.get("redirect_uri") != asked.get("redirect_uri"):
            return _refused("invalid_grant", "The 'redirect_uri' does not match.")
        bend = self._bends.pop(code, STRAIGHT)
        return self._tokens({**asked, "auth_time": str(self.now())}, bend, {})

    def _refresh(self, form: Mapping[str, str]) -> HttpResponse:
        self.requests["refresh"] += 1
        token = form.get("refresh_token", "")
        asked = self._grants.pop(token, None)
        if asked is None:
            return _refused("invalid_grant", "The refresh token is invalid or expired.")
        if not self.rotates:
            self._grants[token] = asked
        bend = self._bend_of(token)
        later = replace(bend, claims={}, header={}, alg=None, key=None, forge=None)
        laid, more = self.refreshed, bend.refreshed
        claims = None if laid is None or more is None else {**laid, **more}
        return self._tokens(asked, later, claims)

    def _tokens(
        self, asked: dict[str, str], bend: Bend, claims: Mapping[str, Any] | None
    ) -> HttpResponse:
        number = next(self._numbers)
        document: dict[str, Any] = {
            "access_token": f"access-{number}",
            "token_type": "Bearer",
            "expires_in": self.seconds,
            "scope": asked["scope"],
        }
        if claims is not None:
            document["id_token"] = self._id_token(asked, document["access_token"], bend, claims)
        if "offline_access" in asked["scope"] and not any(
            asked is granted for granted in self._grants.values()
        ):
            document["refresh_token"] = f"refresh-{number}"
            self._grants[document["refresh_token"]] = asked
        tokens = [text for name, text in document.items() if name.endswith("_token")]
        self.secrets += tokens
        if bend is not STRAIGHT:
            self._bends |= dict.fromkeys(tokens, bend)
        return _ok(document, date=self.now())

    def _revoke(self, came: Received) -> HttpResponse:
        token = came.form["token"]
        self.revoked.append(token)
        self._grants.pop(token, None)
        return HttpResponse(status=200)

    def _userinfo(self, came: Received) -> HttpResponse:
        bend = self._bend_of(came.bearer)
        return _ok(present({**self.user, **bend.user, **self.userinfo, **bend.userinfo}))


def _ok(document: object, date: int | None = None) -> HttpResponse:
    headers = JSON if date is None else {**JSON, "date": formatdate(date, usegmt=True)}
    return HttpResponse(status=200, headers=headers, body=encoded(document))


def _refused(error: str, description: str) -> HttpResponse:
    body = encoded({"error": error, "error_description": description})
    return HttpResponse(status=400, headers=JSON, body=body)
