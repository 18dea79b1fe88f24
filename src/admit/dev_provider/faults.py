"""The faults that the provider can commit on request: one row each, in the table of its place.

A test arms a fault by name; the next request that reaches its place commits it.

May know: model, forgery, effects, refresh_faults, logout_faults.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from admit.dev_provider import forgery, logout_faults, refresh_faults
from admit.dev_provider.effects import (
    Answer,
    Claims,
    Fault,
    Forge,
    challenge,
    internal_error,
    maintenance_page,
    not_found,
    rate_limited,
    shifted,
    slow,
    with_claims,
    without,
)
from admit.dev_provider.model import User

Pairs = list[tuple[str, str]]


DENIED: Final = "access_denied"

BEFORE_SIGN_IN: Final[Mapping[str, Fault[tuple[str, str]]]] = {
    "login_required": Fault(
        "The callback gets login_required",
        ("login_required", "The client specified not to prompt, but the user is not logged in."),
    ),
    "temporarily_unavailable": Fault(
        "The callback gets temporarily_unavailable",
        (
            "temporarily_unavailable",
            "The authorization server is currently unable to handle the request.",
        ),
    ),
}

AFTER_SIGN_IN: Final[Mapping[str, Fault[tuple[str, str]]]] = {
    "user_not_assigned": Fault(
        "The app is not assigned to the user",
        (DENIED, "User is not assigned to the client application."),
    ),
    "no_access_policy": Fault(
        "No access policy of the server matches",
        (
            DENIED,
            "Policy evaluation failed for this request, please check the policy configurations.",
        ),
    ),
    "scopes_denied": Fault(
        "The access policy allows none of the scopes",
        (DENIED, "Policy evaluation succeeded, but all the requested scopes were rejected."),
    ),
    "consent_refused": Fault(
        "The user refuses consent",
        (DENIED, "The resource owner or authorization server denied the request."),
    ),
    "request_expired": Fault(
        "The sign-in page was left open too long",
        ("login_required", "Request expired, please start over and try again."),
    ),
    "many_groups": Fault(
        "The groups claim matches more than 100 groups",
        (
            "server_error",
            (
                "The groups claim matched too many groups and must be configured to match fewer"
                " groups."
            ),
        ),
    ),
}

RESPONSE: Final[Mapping[str, Fault[Callable[[Pairs], Pairs]]]] = {
    "extra_iss": Fault(
        "The callback carries the iss of another issuer",
        lambda pairs: [*pairs, ("iss", "https://other.example")],
    ),
    "duplicate_state": Fault(
        "The callback carries state twice",
        lambda pairs: [*pairs, *(pair for pair in pairs if pair[0] == "state")],
    ),
}

USER: Final[Mapping[str, Fault[Callable[[User], User]]]] = {
    "missing_email": Fault(
        "Neither ID Token nor UserInfo has an email", lambda user: replace(user, email=None)
    ),
    "missing_name": Fault(
        "Neither ID Token nor UserInfo has a name",
        lambda user: replace(user, name=None, given_name=None, family_name=None),
    ),
    "hundred_groups": Fault(
        "The user is in 100 groups, the most that Okta lists (ask for the scope groups)",
        lambda user: replace(
            user, groups=tuple(f"Department {number:03}" for number in range(100))
        ),
    ),
}

TOKEN: Final[Mapping[str, Fault[tuple[str, str, int]]]] = {
    "wrong_secret": Fault(
        "The client secret is wrong",
        (
            "invalid_client",
            "The client secret supplied for a confidential client is invalid.",
            401,
        ),
    ),
    "code_expired": Fault(
        "The code is too old or was used",
        ("invalid_grant", "The authorization code is invalid or has expired.", 400),
    ),
    "redirect_mismatch": Fault(
        "The redirect URI is not the one of the authorization request",
        (
            "invalid_grant",
            (
                "The 'redirect_uri' does not match the redirection URI used in the authorization"
                " request."
            ),
            400,
        ),
    ),
    "pkce_mismatch": Fault(
        "The code verifier belongs to another request",
        ("invalid_grant", "PKCE verification failed.", 400),
    ),
    "token_429_grant": Fault(
        "Too many requests, dressed as invalid_grant",
        ("invalid_grant", "API call exceeded rate limit due to too many requests.", 429),
    ),
}

ID_TOKEN: Final[Mapping[str, Fault[Callable[[Claims], None]]]] = {
    "nonce_missing": Fault("The ID Token has no nonce", without("nonce")),
    "nonce_wrong": Fault(
        "The ID Token has another nonce", with_claims(nonce="nonce-of-another-request")
    ),
    "wrong_iss": Fault("The ID Token has another iss", with_claims(iss="https://other.example")),
    "wrong_aud": Fault(
        "The ID Token is for another client", with_claims(aud="0oa9another0Local5d7")
    ),
    "wrong_azp": Fault("The ID Token has another azp", with_claims(azp="0oa9another0Local5d7")),
    "expired": Fault("The ID Token expired an hour ago", shifted(-7200, -3600)),
    "issued_in_future": Fault("The ID Token is issued in an hour", shifted(3600, 7200)),
    "at_hash_wrong": Fault(
        "at_hash belongs to another access token", with_claims(at_hash="AAAAAAAAAAAAAAAAAAAAAA")
    ),
}

SIGNATURE: Final[Mapping[str, Fault[Forge]]] = {
    "bad_signature": Fault("The ID Token's signature is wrong", forgery.bad_signature),
    "unknown_kid": Fault("The ID Token is signed with a key nobody knows", forgery.unknown_kid),
    "alg_none": Fault("The ID Token is not signed", forgery.alg_none),
    "alg_hs256": Fault("The ID Token is signed with the public key as HMAC", forgery.alg_hs256),
    "encrypted": Fault("The ID Token is encrypted: five parts", forgery.encrypted),
}

USERINFO: Final[Mapping[str, Fault[Callable[[Claims], None]]]] = {
    "userinfo_sub": Fault(
        "UserInfo is about somebody else", with_claims(sub="00u1nobodyLocalDev5d7")
    ),
}

METADATA: Final[Mapping[str, Fault[Callable[[Claims], None]]]] = {
    "metadata_issuer": Fault(
        "The metadata names another issuer", with_claims(issuer="https://other.example")
    ),
}

ANSWERS: Final[Mapping[str, Mapping[str, Fault[Answer]]]] = {
    "metadata": {"metadata_404": Fault("The metadata is not there", not_found)},
    "keys": {"keys_500": Fault("The key set fails", internal_error)},
    "token": {
        "token_slow": Fault("The token endpoint is slow", slow),
        "token_html": Fault("The token endpoint answers with a page", maintenance_page),
        "token_500": Fault("The token endpoint fails", internal_error),
        "token_429": Fault("Too many token requests", lambda _pause: rate_limited()),
    },
    "refresh": refresh_faults.REFRESH,
    "userinfo": {
        "userinfo_401": Fault(
            "UserInfo does not accept the access token",
            challenge(401, "invalid_token", "The access token is invalid."),
        ),
        "userinfo_403": Fault(
            "UserInfo asks for another scope",
            challenge(
                403,
                "insufficient_scope",
                "The access token must provide access to at least one of these scopes - profile,"
                " email, address or phone",
            ),
        ),
        "userinfo_500": Fault("UserInfo fails", internal_error),
        "userinfo_slow": Fault("UserInfo is slow", slow),
        "userinfo_html": Fault("UserInfo answers with a page", maintenance_page),
    },
}

TABLES: Final[tuple[Mapping[str, Fault[Any]], ...]] = (
    BEFORE_SIGN_IN,
    AFTER_SIGN_IN,
    RESPONSE,
    USER,
    TOKEN,
    ID_TOKEN,
    SIGNATURE,
    USERINFO,
    METADATA,
    *ANSWERS.values(),
    *refresh_faults.TABLES,
    *logout_faults.TABLES,
)
FAULTS: Final[Mapping[str, str]] = {
    name: fault.explains for table in TABLES for name, fault in table.items()
}


def answers(*places: str) -> Mapping[str, Fault[Answer]]:
    """Return the faults that answer instead of an endpoint."""
    return {name: fault for place in places for name, fault in ANSWERS.get(place, {}).items()}
