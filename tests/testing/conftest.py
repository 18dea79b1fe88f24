"""A provider, and what asks it as an application does."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import pytest

from admit.base64url import from_base64url
from admit.http_client import BlockingHttp
from admit.ports import Http, HttpRequest, HttpResponse, run_sync
from admit.strict_json import parse_object
from admit.testing import MemoryProvider, serving

VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
#: Seconds: far more than any answer takes that is to come, however busy the machine is.
PATIENT = 20.0
REDIRECT_URI = "http://localhost:5000/callback"


@dataclass
class Asker:
    """Asks a provider step by step."""

    provider: MemoryProvider
    http: Http
    said: list[HttpResponse] = field(default_factory=list)

    def url(self, **more: str) -> str:
        asked = {
            "client_id": self.provider.client_id,
            "redirect_uri": REDIRECT_URI,
            "scope": "openid offline_access",
            "state": "the-state",
            "nonce": "the-nonce",
            "code_challenge": CHALLENGE,
            **more,
        }
        return f"{self.provider.issuer}/v1/authorize?{urlencode(asked)}"

    def code(self) -> str:
        return self.provider.authorize(self.url())["code"][0]

    def get(self, path: str, token: str = "") -> HttpResponse:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        url = f"{self.provider.issuer}{path}"
        return run_sync(self.http.send(HttpRequest(method="GET", url=url, headers=headers)))

    def post(self, path: str, **form: str) -> HttpResponse:
        body = urlencode(form).encode()
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Authorization": "Basic eDp5",
        }
        url = f"{self.provider.issuer}{path}"
        request = HttpRequest(method="POST", url=url, headers=headers, body=body)
        return run_sync(self.http.send(request))

    def redeem(self, code: str) -> HttpResponse:
        return self.post(
            "/v1/token",
            grant_type="authorization_code",
            code=code,
            code_verifier=VERIFIER,
            redirect_uri=REDIRECT_URI,
        )

    def refresh(self, token: str) -> HttpResponse:
        return self.post("/v1/token", grant_type="refresh_token", refresh_token=token)

    @contextmanager
    def waiting(self, seconds: float) -> Iterator[None]:
        """Give up after so many *seconds* until the block ends."""
        former = self.http, self.provider.deadline
        self.provider.deadline = seconds
        with closing(BlockingHttp(timeout=seconds)) as impatient:
            if self.http is not self.provider:
                self.http = impatient
            yield
        self.http, self.provider.deadline = former

    def tokens(self) -> dict[str, Any]:
        """Sign in, and return what the token endpoint gave."""
        return parse_object(self.redeem(self.code()).body)


def header_of(token: str) -> dict[str, Any]:
    return parse_object(from_base64url(token.split(".", maxsplit=1)[0]))


def claims_of(token: str) -> dict[str, Any]:
    return parse_object(from_base64url(token.split(".")[1]))


@pytest.fixture
def memory() -> Asker:
    provider = MemoryProvider(deadline=PATIENT)
    return Asker(provider, provider)


@pytest.fixture
def served() -> Iterator[Asker]:
    """The same on a socket."""
    with closing(BlockingHttp(timeout=PATIENT)) as http, serving(MemoryProvider()) as provider:
        yield Asker(provider, http)


@pytest.fixture(params=["memory", "served"])
def asker(request: pytest.FixtureRequest) -> Asker:
    """Both: what a client gets must be the same."""
    found: Asker = request.getfixturevalue(request.param)
    return found


def raw(asker: Asker, path: str, *, count: int = -1) -> bytes:
    """Return the bytes of an answer as they came, up to *count* of them."""
    port = int(asker.provider.issuer.split(":")[2].split("/")[0])
    got = b""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connected:
        connected.sendall(f"GET /oauth2/default{path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        while (len(got) < count or count < 0) and (piece := connected.recv(1 << 16)):
            got += piece
    return got
