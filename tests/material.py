"""One client, one provider, one attempt and its answers: what the tests of the core bend."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from admit.client_auth import ClientSecretBasic
from admit.codes import CODES
from admit.errors import ResponseRejected, SignInError
from admit.jose import KeySet, read_key_set
from admit.model import AuthorizationRequest, Client, ProviderMetadata
from admit.ports import HttpResponse
from admit.testing import MemoryProvider
from sections import LISTED, ROWS, row

NOW = 1_800_000_000
ISSUER = "https://provider.test/oauth2/default"
CLIENT = Client(
    issuer=ISSUER,
    client_id="client",
    authentication=ClientSecretBasic("secret-of-the-client"),
    redirect_uri="https://app.test/authorization-code/callback",
    post_logout_redirect_uri="https://app.test",
)
METADATA = ProviderMetadata(
    issuer=ISSUER,
    authorization_endpoint=f"{ISSUER}/v1/authorize",
    token_endpoint=f"{ISSUER}/v1/token",
    jwks_uri=f"{ISSUER}/v1/keys",
    userinfo_endpoint=f"{ISSUER}/v1/userinfo",
    end_session_endpoint=f"{ISSUER}/v1/logout",
    revocation_endpoint=f"{ISSUER}/v1/revoke",
)
REQUEST = AuthorizationRequest(
    state="state-of-this-attempt",
    nonce="nonce-of-this-attempt",
    code_verifier="v" * 43,
    issuer=ISSUER,
    redirect_uri=CLIENT.redirect_uri,
    return_to="/reports",
    started_at=NOW - 30,
)
ACCESS_TOKEN = "access-token"
#: A provider that signs; whoever bends it takes one of their own.
PROVIDER = MemoryProvider(issuer=ISSUER)
MISSING: Any = None


def keys(*numbers: int) -> KeySet:
    """Return the key set that publishes the keys of these numbers."""
    return read_key_set({"keys": [PROVIDER.jwk(number) for number in numbers or (0,)]})


def id_token(
    claims: Mapping[str, Any] | None = None, header: Mapping[str, Any] | None = None, key: int = 0
) -> str:
    """Return an ID Token that answers REQUEST; a value of None takes the name away."""
    signer = replace(PROVIDER, claims=dict(claims or {}), header=dict(header or {}), key=key)
    return signer.id_token({"nonce": REQUEST.nonce}, ACCESS_TOKEN)


def answer(document: object, status: int = 200, **headers: str) -> HttpResponse:
    """Return an answer of the provider: bytes as they are, anything else as JSON."""
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return HttpResponse(
        status=status, headers={"content-type": "application/json", **named}, body=body
    )


@contextmanager
def refused(
    code: str, kind: type[SignInError] = ResponseRejected
) -> Iterator[pytest.ExceptionInfo[SignInError]]:
    """Expect an error of *kind* with *code*, with texts for users and developers."""
    with pytest.raises(kind) as caught:
        yield caught
    error = caught.value
    assert error.code == code
    assert code in CODES
    assert error.detail
    if code in LISTED:
        assert row(error) in ROWS
