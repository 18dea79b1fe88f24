"""An OpenID provider in memory: the `Http` port answered by a small, honest provider.

It checks what a provider checks (client, redirect URI, PKCE, single use of codes) and signs for
real. Tests bend it: claims, header, key set, and whole answers.

May know: ports.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from functools import cache
from itertools import count
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from admit.base64url import to_base64url
from admit.ports import HttpRequest, HttpResponse

JSON = {"content-type": "application/json"}
Answer = HttpResponse | Exception


@cache
def signing_key(number: int = 0) -> rsa.RSAPrivateKey:
    """Return the process's RSA key of that number: 2048 bits, made once."""
    del number
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass
class MemoryProvider:
    """A provider at *issuer* that knows one client.

    Attributes:
        now: Seconds since the epoch, by the provider's clock.
        claims: Laid over the ID Token's; a value of None removes the claim.
        header: Laid over the ID Token's header.
        metadata: Laid over the metadata.
        userinfo: Laid over what UserInfo says.
        key: The number of the key that signs.
        refreshed: Laid over the claims of a refreshed ID Token; None for the whole leaves it out.
        seconds: An access token lives.
        rotates: A refresh gives a new refresh token, and the old one is dead.
        answers: Path of an endpoint to what it answers instead, once or for ever.
        requests: Counts requests by path, and refreshes as ``refresh``.
        revoked: Tokens that were given up.
    """

    issuer: str = "https://provider.test/oauth2/default"
    client_id: str = "client"
    client_secret: str = "secret-of-the-client"  # noqa: S105 - a test's
    user: Mapping[str, Any] = field(
        default_factory=lambda: {"sub": "00u1", "name": "Alice Example", "email": "a@example.com"}
    )
    now: Callable[[], int] = lambda: 1_800_000_000
    claims: dict[str, Any] = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    userinfo: dict[str, Any] = field(default_factory=dict)
    key: int = 0
    published: tuple[int, ...] = (0,)
    refreshed: dict[str, Any] | None = field(default_factory=dict)
    seconds: int = 3600
    rotates: bool = True
    answers: dict[str, Answer] = field(default_factory=dict)
    requests: Counter[str] = field(default_factory=Counter)
    revoked: list[str] = field(default_factory=list)
    _grants: dict[str, dict[str, str]] = field(default_factory=dict)
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=count)

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Answer a request of the back channel."""
        path = urlsplit(request.url).path.removeprefix(urlsplit(self.issuer).path.rstrip("/"))
        self.requests[path] += 1
        instead = self.answers.get(path)
        if isinstance(instead, Exception):
            raise instead
        if instead is not None:
            return instead
        handlers = {
            "/.well-known/openid-configuration": self._discovery,
            "/v1/keys": self._jwks,
            "/v1/token": self._token,
            "/v1/userinfo": self._userinfo,
            "/v1/revoke": self._revoke,
        }
        return handlers[path](request)

    def authorize(self, url: str, **response: str) -> dict[str, list[str]]:
        """Sign the user in, and return the parameters that go to the callback.

        Args:
            url: The authorization request.
            **response: Laid over those parameters; an empty value removes one.
        """
        request = dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))
        code = f"code-{next(self._numbers)}"
        self._codes[code] = request
        parameters = {"code": code, "state": request["state"], **response}
        return {name: [value] for name, value in parameters.items() if value}

    def callback(self, url: str, **response: str) -> str:
        """Return the path and query of the callback that `authorize` leads to."""
        parameters = self.authorize(url, **response)
        redirect_uri = dict(parse_qsl(urlsplit(url).query))["redirect_uri"]
        return f"{urlsplit(redirect_uri).path}?{urlencode(parameters, doseq=True)}"

    def logout_token(self, **claims: Any) -> str:  # noqa: ANN401 - of every kind
        """Return a signed logout token; a claim of None is left out.

        Spec: Back-Channel Logout 1.0, 2.4.
        """
        event = "http://schemas.openid.net/event/backchannel-logout"
        return self.sign(
            {
                "iss": self.issuer,
                "aud": self.client_id,
                "iat": self.now(),
                "exp": self.now() + 120,
                "jti": f"jti-{next(self._numbers)}",
                "events": {event: {}},
                **claims,
            },
            typ="logout+jwt",
        )

    def id_token(self, request: Mapping[str, str], access_token: str, **more: Any) -> str:  # noqa: ANN401 - claims
        """Return a signed ID Token for an authorization request."""
        claims = {
            **self.user,
            "iss": self.issuer,
            "aud": self.client_id,
            "iat": self.now(),
            "exp": self.now() + 3600,
            "auth_time": int(request.get("auth_time", self.now())),
            "nonce": request.get("nonce"),
            "at_hash": to_base64url(hashlib.sha256(access_token.encode()).digest()[:16]),
            **self.claims,
            **more,
        }
        return self.sign(claims)

    def sign(self, claims: object, **header: Any) -> str:  # noqa: ANN401 - as above
        """Return *claims* signed with the current key; a claim of None is left out."""
        if isinstance(claims, dict):
            claims = {name: value for name, value in claims.items() if value is not None}
        header = {"alg": "RS256", "kid": f"key-{self.key}", **header, **self.header}
        header = {name: value for name, value in header.items() if value is not None}
        signed = f"{to_base64url(_json(header))}.{to_base64url(_json(claims))}"
        signature = signing_key(self.key).sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{signed}.{to_base64url(signature)}"

    def _discovery(self, _request: HttpRequest) -> HttpResponse:
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

    def _jwks(self, _request: HttpRequest) -> HttpResponse:
        return _ok({"keys": [self.jwk(number) for number in self.published]})

    def jwk(self, number: int) -> dict[str, str]:
        """Return the public key of that number as a JWK."""
        numbers = signing_key(number).public_key().public_numbers()
        return {
            "kty": "RSA",
            "use": "sig",
            "alg": "RS256",
            "kid": f"key-{number}",
            "n": to_base64url(numbers.n.to_bytes(256, "big")),
            "e": "AQAB",
        }

    def _token(self, request: HttpRequest) -> HttpResponse:
        form = dict(parse_qsl((request.body or b"").decode()))
        if form.get("grant_type") == "refresh_token":
            return self._refresh(form)
        asked = self._codes.pop(form.get("code", ""), None)
        if asked is None:
            return _refused("invalid_grant", "The authorization code is invalid or has expired.")
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if to_base64url(digest) != asked.get("code_challenge"):
            return _refused("invalid_grant", "PKCE verification failed.")
        if form.get("redirect_uri") != asked.get("redirect_uri"):
            return _refused("invalid_grant", "The 'redirect_uri' does not match.")
        return self._tokens({**asked, "auth_time": str(self.now())}, {})

    def _refresh(self, form: Mapping[str, str]) -> HttpResponse:
        self.requests["refresh"] += 1
        token = form.get("refresh_token", "")
        asked = self._grants.pop(token, None)
        if asked is None:
            return _refused("invalid_grant", "The refresh token is invalid or expired.")
        if not self.rotates:
            self._grants[token] = asked
        return self._tokens(asked, self.refreshed)

    def _tokens(self, asked: dict[str, str], claims: Mapping[str, Any] | None) -> HttpResponse:
        number = next(self._numbers)
        document: dict[str, Any] = {
            "access_token": f"access-{number}",
            "token_type": "Bearer",
            "expires_in": self.seconds,
            "scope": asked["scope"],
        }
        if claims is not None:
            document["id_token"] = self.id_token(asked, document["access_token"], **claims)
        if "offline_access" in asked["scope"] and asked not in self._grants.values():
            document["refresh_token"] = f"refresh-{number}"
            self._grants[document["refresh_token"]] = asked
        return _ok(document, date=self.now())

    def _revoke(self, request: HttpRequest) -> HttpResponse:
        token = dict(parse_qsl((request.body or b"").decode()))["token"]
        self.revoked.append(token)
        self._grants.pop(token, None)
        return HttpResponse(status=200)

    def _userinfo(self, _request: HttpRequest) -> HttpResponse:
        said = {**self.user, **self.userinfo}
        return _ok({name: value for name, value in said.items() if value is not None})


def _json(value: object) -> bytes:
    return value if isinstance(value, bytes) else json.dumps(value).encode()


def _ok(document: object, date: int | None = None) -> HttpResponse:
    headers = JSON if date is None else {**JSON, "date": formatdate(date, usegmt=True)}
    return HttpResponse(status=200, headers=headers, body=_json(document))


def _refused(error: str, description: str) -> HttpResponse:
    body = _json({"error": error, "error_description": description})
    return HttpResponse(status=400, headers=JSON, body=body)
