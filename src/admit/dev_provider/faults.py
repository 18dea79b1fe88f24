"""The faults that the provider can commit on request: one row each, in the table of its place.

A test arms a fault by name; the next request that reaches its place commits it.

May know: model, keys, forgery.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Generic, TypeVar

from flask import Response

from admit.dev_provider import forgery
from admit.dev_provider.keys import KeyRing
from admit.dev_provider.model import User

Effect = TypeVar("Effect")
Claims = dict[str, Any]
Pairs = list[tuple[str, str]]
Answer = Callable[[Callable[[], None]], Response | None]


@dataclass(frozen=True, slots=True)
class Fault(Generic[Effect]):
    """One fault.

    Attributes:
        explains: What goes wrong, for the list of faults.
        effect: How; what it may be depends on the table it is in.
    """

    explains: str
    effect: Effect


def rate_limited() -> Response:
    """Return Okta's answer to too many requests."""
    answer = okta_error(
        429,
        "E0000047",
        "You exceeded the maximum number of requests. Try again in a while.",
    )
    answer.headers["X-Rate-Limit-Limit"] = "60"
    answer.headers["X-Rate-Limit-Remaining"] = "0"
    answer.headers["X-Rate-Limit-Reset"] = str(int(time.time()) + 30)
    return answer


def okta_error(status: int, code: str, summary: str) -> Response:
    """Return an error in the shape that Okta uses outside of OAuth."""
    body = {
        "errorCode": code,
        "errorSummary": summary,
        "errorLink": code,
        "errorId": "oaeLocalDevelopment",
        "errorCauses": [],
    }
    return Response(json.dumps(body), status, mimetype="application/json")


def _internal(_pause: Callable[[], None]) -> Response:
    return okta_error(500, "E0000009", "Internal Server Error")


def _html(_pause: Callable[[], None]) -> Response:
    return Response("<!doctype html><title>Maintenance</title><p>Back soon.", mimetype="text/html")


def _not_found(_pause: Callable[[], None]) -> Response:
    return okta_error(404, "E0000007", "Not found: Resource not found (AuthorizationServer)")


def _slow(pause: Callable[[], None]) -> None:
    pause()


def _challenge(status: int, error: str, description: str) -> Answer:
    def answer(_pause: Callable[[], None]) -> Response:
        header = f'Bearer error="{error}", error_description="{description}"'
        return Response(status=status, headers={"WWW-Authenticate": header})

    return answer


def _set(**changes: Any) -> Callable[[Claims], None]:  # noqa: ANN401 - claims are any JSON
    return lambda claims: claims.update(changes)


def _without(name: str) -> Callable[[Claims], None]:
    def effect(claims: Claims) -> None:
        claims.pop(name, None)

    return effect


def _shifted(iat: int, exp: int) -> Callable[[Claims], None]:
    def effect(claims: Claims) -> None:
        now = claims["iat"]
        claims.update(iat=now + iat, exp=now + exp)

    return effect


def _nobody() -> str:
    return "00u1nobodyLocalDev5d7"


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
    "refresh_invalid": Fault(
        "The refresh token is refused",
        ("invalid_grant", "The refresh token is invalid or expired.", 400),
    ),
    "token_429_grant": Fault(
        "Too many requests, dressed as invalid_grant",
        ("invalid_grant", "API call exceeded rate limit due to too many requests.", 429),
    ),
}

ID_TOKEN: Final[Mapping[str, Fault[Callable[[Claims], None]]]] = {
    "nonce_missing": Fault("The ID Token has no nonce", _without("nonce")),
    "nonce_wrong": Fault("The ID Token has another nonce", _set(nonce="nonce-of-another-request")),
    "wrong_iss": Fault("The ID Token has another iss", _set(iss="https://other.example")),
    "wrong_aud": Fault("The ID Token is for another client", _set(aud="0oa9another0Local5d7")),
    "wrong_azp": Fault("The ID Token has another azp", _set(azp="0oa9another0Local5d7")),
    "expired": Fault("The ID Token expired an hour ago", _shifted(-7200, -3600)),
    "issued_in_future": Fault("The ID Token is issued in an hour", _shifted(3600, 7200)),
    "at_hash_wrong": Fault(
        "at_hash belongs to another access token", _set(at_hash="AAAAAAAAAAAAAAAAAAAAAA")
    ),
}

SIGNATURE: Final[Mapping[str, Fault[Callable[[KeyRing, Claims], str]]]] = {
    "bad_signature": Fault("The ID Token's signature is wrong", forgery.bad_signature),
    "unknown_kid": Fault("The ID Token is signed with a key nobody knows", forgery.unknown_kid),
    "alg_none": Fault("The ID Token is not signed", forgery.alg_none),
    "alg_hs256": Fault("The ID Token is signed with the public key as HMAC", forgery.alg_hs256),
    "encrypted": Fault("The ID Token is encrypted: five parts", forgery.encrypted),
}

USERINFO: Final[Mapping[str, Fault[Callable[[Claims], None]]]] = {
    "userinfo_sub": Fault("UserInfo is about somebody else", _set(sub=_nobody())),
}

METADATA: Final[Mapping[str, Fault[Callable[[Claims], None]]]] = {
    "metadata_issuer": Fault(
        "The metadata names another issuer", _set(issuer="https://other.example")
    ),
}

ANSWERS: Final[Mapping[str, Mapping[str, Fault[Answer]]]] = {
    "metadata": {"metadata_404": Fault("The metadata is not there", _not_found)},
    "keys": {"keys_500": Fault("The key set fails", _internal)},
    "token": {
        "token_slow": Fault("The token endpoint is slow", _slow),
        "token_html": Fault("The token endpoint answers with a page", _html),
        "token_500": Fault("The token endpoint fails", _internal),
        "token_429": Fault("Too many token requests", lambda _pause: rate_limited()),
    },
    "userinfo": {
        "userinfo_401": Fault(
            "UserInfo does not accept the access token",
            _challenge(401, "invalid_token", "The access token is invalid."),
        ),
        "userinfo_403": Fault(
            "UserInfo asks for another scope",
            _challenge(
                403,
                "insufficient_scope",
                "The access token must provide access to at least one of these scopes - profile,"
                " email, address or phone",
            ),
        ),
        "userinfo_500": Fault("UserInfo fails", _internal),
        "userinfo_slow": Fault("UserInfo is slow", _slow),
        "userinfo_html": Fault("UserInfo answers with a page", _html),
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
)
FAULTS: Final[Mapping[str, str]] = {
    name: fault.explains for table in TABLES for name, fault in table.items()
}


class ArmedFaults:
    """Which faults are committed next, and how often."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._left: dict[str, int] = {}

    def arm(self, name: str, times: int = 1) -> None:
        """Commit a fault the next *times* times its place is reached; 0 disarms it.

        Raises:
            KeyError: There is no such fault.
        """
        if name not in FAULTS:
            raise KeyError(name)
        with self._lock:
            self._left[name] = times

    def take(self, table: Mapping[str, Fault[Effect]]) -> list[Effect]:
        """Return the effects of the table's armed faults, and count them down."""
        effects = []
        with self._lock:
            for name, fault in table.items():
                if self._left.get(name, 0) > 0:
                    self._left[name] -= 1
                    effects.append(fault.effect)
        return effects

    def left(self) -> dict[str, int]:
        """Return how often each armed fault is still to be committed."""
        with self._lock:
            return {name: times for name, times in self._left.items() if times}

    def clear(self) -> None:
        """Disarm all."""
        with self._lock:
            self._left.clear()
