"""What faults do: answers instead of the endpoint's own, and changes to claims.

May know: keys, handler.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from flask import Response

from admit.dev_provider.handler import NO_ANSWER
from admit.dev_provider.keys import KeyRing

Effect = TypeVar("Effect")
Claims = dict[str, Any]
Answer = Callable[[Callable[[], None]], Response | None]
Forge = Callable[[KeyRing, Claims], str]


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


def internal_error(_pause: Callable[[], None]) -> Response:
    """Return Okta's answer when something broke."""
    return okta_error(500, "E0000009", "Internal Server Error")


def maintenance_page(_pause: Callable[[], None]) -> Response:
    """Return a page where JSON is expected, as a proxy in between does."""
    return Response("<!doctype html><title>Maintenance</title><p>Back soon.", mimetype="text/html")


def not_found(_pause: Callable[[], None]) -> Response:
    """Return Okta's answer for a server that does not exist."""
    return okta_error(404, "E0000007", "Not found: Resource not found (AuthorizationServer)")


def slow(pause: Callable[[], None]) -> None:
    """Answer late."""
    pause()


def closed(_pause: Callable[[], None]) -> Response:
    """Close the connection instead of an answer."""
    return Response(status=NO_ANSWER)


def challenge(status: int, error: str, description: str) -> Answer:
    """Return a refusal with a challenge. Spec: RFC 6750 3."""

    def answer(_pause: Callable[[], None]) -> Response:
        header = f'Bearer error="{error}", error_description="{description}"'
        return Response(status=status, headers={"WWW-Authenticate": header})

    return answer


def with_claims(**changes: Any) -> Callable[[Claims], None]:  # noqa: ANN401 - claims are any JSON
    """Set claims."""
    return lambda claims: claims.update(changes)


def without(name: str) -> Callable[[Claims], None]:
    """Leave a claim out."""

    def effect(claims: Claims) -> None:
        claims.pop(name, None)

    return effect


def shifted(iat: int, exp: int) -> Callable[[Claims], None]:
    """Set ``iat`` and ``exp``, in seconds from now."""

    def effect(claims: Claims) -> None:
        now = claims["iat"]
        claims.update(iat=now + iat, exp=now + exp)

    return effect
