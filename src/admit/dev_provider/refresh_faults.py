"""The faults of a refresh: they wait for a token request of that grant.

May know: effects, forgery.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Final

from flask import Response

from admit.dev_provider import forgery
from admit.dev_provider.effects import (
    Answer,
    Claims,
    Fault,
    Forge,
    closed,
    internal_error,
    shifted,
    slow,
    with_claims,
    without,
)


def _refused(status: int, description: str, retry_after: str | None = None) -> Answer:
    def answer(_pause: Callable[[], None]) -> Response:
        body = {"error": "invalid_grant", "error_description": description}
        response = Response(json.dumps(body), status, mimetype="application/json")
        if retry_after is not None:
            response.headers["Retry-After"] = retry_after
        return response

    return answer


def _earlier(claims: Claims) -> None:
    claims["auth_time"] -= 3600


REFRESH: Final[Mapping[str, Fault[Answer]]] = {
    "refresh_invalid": Fault(
        "The refresh token is refused", _refused(400, "The refresh token is invalid or expired.")
    ),
    "refresh_429": Fault(
        "Too many refreshes, dressed as invalid_grant, with Retry-After",
        _refused(429, "API call exceeded rate limit due to too many requests.", "2"),
    ),
    "refresh_500": Fault("The refresh fails", internal_error),
    "refresh_slow": Fault("The refresh is slow", slow),
    "refresh_closed": Fault("The connection ends without an answer to the refresh", closed),
}

ROTATION: Final[Mapping[str, Fault[None]]] = {
    "refreshed_no_refresh_token": Fault(
        "The refresh gives no refresh token; the one there is stays good", None
    ),
}

REFRESHED: Final[Mapping[str, Fault[Callable[[Claims], None]]]] = {
    "refreshed_no_id_token": Fault("The refresh gives no ID Token", without("id_token")),
}

REFRESHED_ID_TOKEN: Final[Mapping[str, Fault[Callable[[Claims], None]]]] = {
    "refreshed_iss": Fault(
        "The refreshed ID Token has another iss", with_claims(iss="https://other.example")
    ),
    "refreshed_sub": Fault(
        "The refreshed ID Token is about somebody else", with_claims(sub="00u1nobodyLocalDev5d7")
    ),
    "refreshed_no_sub": Fault("The refreshed ID Token is about nobody", without("sub")),
    "refreshed_aud": Fault(
        "The refreshed ID Token is for another client", with_claims(aud="0oa9another0Local5d7")
    ),
    "refreshed_auth_time": Fault("The refreshed ID Token has another auth_time", _earlier),
    "refreshed_nonce": Fault(
        "The refreshed ID Token has another nonce", with_claims(nonce="nonce-of-another-request")
    ),
    "refreshed_sid": Fault(
        "The refreshed ID Token has another sid", with_claims(sid="102anothersession")
    ),
    "refreshed_expired": Fault("The refreshed ID Token expired an hour ago", shifted(-7200, -3600)),
}

REFRESHED_SIGNATURE: Final[Mapping[str, Fault[Forge]]] = {
    "refreshed_bad_signature": Fault(
        "The refreshed ID Token's signature is wrong", forgery.bad_signature
    ),
}

#: Without REFRESH, which stands among the answers of the endpoints.
TABLES: Final = (ROTATION, REFRESHED, REFRESHED_ID_TOKEN, REFRESHED_SIGNATURE)
