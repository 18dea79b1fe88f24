"""Targets: what the provider answers to our requests."""

from __future__ import annotations

import json
from contextlib import suppress
from urllib.parse import urlsplit

from admit.errors import SignInError
from admit.exchanges import clock_evidence
from admit.model import IDToken
from admit.ports import HttpResponse
from admit.protocol.answers import max_age, request_id, retry_after
from admit.protocol.discovery import parse_discovery_response
from admit.protocol.jwks import parse_jwks_response
from admit.protocol.revocation import check_revocation_response
from admit.protocol.token import LONGEST_LIFETIME, parse_refresh_response, parse_token_response
from admit.protocol.userinfo import PROTOCOL_CLAIMS, parse_userinfo_response
from admit.strict_json import DEEPEST, parse_object
from fuzz.registry import target
from fuzz.signer import CLIENT, KEYS
from material import ISSUER, NOW

STATUSES = {b"2": 200, b"3": 302, b"4": 400, b"A": 401, b"9": 429, b"5": 500}
JSON = "application/json"


def answer_of(data: bytes) -> HttpResponse:
    """Return an answer: its status by one octet, its headers up to an empty line, its body."""
    head, _, body = data[1:].partition(b"\n\n")
    lines = (line.partition(":") for line in head.decode("latin-1").split("\n"))
    headers = {name.strip().lower(): value.strip() for name, _, value in lines}
    return HttpResponse(
        status=STATUSES.get(data[:1], 200), headers={"content-type": JSON, **headers}, body=body
    )


@target
def strict_json(data: bytes) -> None:
    with suppress(ValueError):
        value = parse_object(data)
        assert type(value) is dict
        assert json.loads(json.dumps(value, ensure_ascii=False).encode()) == value
        assert json.loads(data) == value
        assert _depth(value) <= DEEPEST


def _depth(value: object) -> int:
    if isinstance(value, dict):
        value = list(value.values())
    return 1 + max(map(_depth, value), default=0) if isinstance(value, list) else 0


@target
def discovery(data: bytes) -> None:
    with suppress(SignInError):
        metadata = parse_discovery_response(answer_of(data), ISSUER)
        assert metadata.issuer == ISSUER
        endpoints = (
            metadata.authorization_endpoint,
            metadata.token_endpoint,
            metadata.jwks_uri,
            metadata.userinfo_endpoint,
            metadata.end_session_endpoint,
            metadata.revocation_endpoint,
        )
        for url in filter(None, endpoints):
            parts = urlsplit(url)
            assert parts.scheme == "https"
            assert parts.hostname
            assert parts.username is None
            assert url.isascii()
            assert url.isprintable()


@target
def jwks(data: bytes) -> None:
    with suppress(SignInError):
        for key in parse_jwks_response(answer_of(data)):
            assert key.kty in {"RSA", "EC", "OKP"}
            assert not key.native.is_private


@target
def token_response(data: bytes) -> None:
    answer = answer_of(data)
    with suppress(SignInError):
        tokens = parse_token_response(answer)
        assert isinstance(tokens.id_token, str)
        assert tokens.access_token
    with suppress(SignInError):
        tokens = parse_refresh_response(answer)
        assert tokens.access_token
        assert tokens.expires_in is None or 1 <= tokens.expires_in <= LONGEST_LIFETIME
    with suppress(SignInError):
        check_revocation_response(answer)
        assert answer.status == 200


@target
def userinfo(data: bytes) -> None:
    answer, id_token = answer_of(data), IDToken("raw", {"sub": "00u1"})
    with suppress(SignInError):
        info = parse_userinfo_response(answer, id_token=id_token, client=CLIENT, keys=KEYS)
        assert not PROTOCOL_CLAIMS & info.claims.keys()
        if answer.headers["content-type"] == JSON:
            assert json.loads(answer.body)["sub"] == "00u1"


@target
def headers(data: bytes) -> None:
    answer = answer_of(data)
    assert (max_age(answer) or 0) >= 0
    assert 0 <= (retry_after(answer) or 0) <= 3600
    assert len(request_id(answer)) <= 64
    assert isinstance(clock_evidence(answer, NOW), str)
