"""Universal Logout: Okta tells that a user's sessions and tokens must all end.

Spec: Global Token Revocation (draft-parecki-oauth-global-token-revocation), RFC 9493.

May know: errors, jose, model, strict_json, protocol.answers, protocol.claims.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from admit.errors import ResponseRejected, shown
from admit.jose import KeySet
from admit.model import Client, EmailSubject, IssSubSubject
from admit.protocol.answers import is_issuer_or_origin
from admit.protocol.claims import check_audience, check_once, is_plain, verified_claims
from admit.strict_json import parse_object

WHAT = "universal_logout"
TYPES = ("global-token-revocation+jwt",)
LONGEST_BODY = 4096
#: RFC 3696 3: 64 characters, an at sign, 255 characters.
LONGEST_EMAIL = 320
UNAUTHORIZED, NOT_FOUND = 401, 404


def verify_revocation_authorization(
    header: str | None, *, keys: KeySet, client: Client, endpoint: str, now: int
) -> tuple[str, int]:
    """Return by what to remember the request, after all checks but the one for a replay.

    Args:
        header: The value of ``Authorization``.
        keys: The provider's.
        client: Whom the token must be about; names issuer, algorithm and leeway.
        endpoint: The URL that was asked, without query and fragment.
        now: Seconds since the epoch.

    Returns:
        The token's ``jti``, and the second from which on it is refused even if it is forgotten.

    Raises:
        ResponseRejected: With status 401: ``universal_logout.`` and the rule that failed; see
            ``docs/reference/errors.md``.

    Spec: RFC 6750 2.1, RFC 7523 3.
    """
    try:
        claims = verified_claims(_bearer(header), what=WHAT, keys=keys, client=client, types=TYPES)
        _check_parties(claims, client)
        check_audience(claims, endpoint, what=WHAT, spec="RFC 7523 3 (3)")
        return check_once(claims, what=WHAT, leeway=client.leeway, now=now)
    except ResponseRejected as error:
        error.status = UNAUTHORIZED
        raise


def _check_parties(claims: Mapping[str, Any], client: Client) -> None:
    """Check ``iss`` and ``sub``."""
    if not is_issuer_or_origin(claims.get("iss"), client.issuer):
        raise ResponseRejected(
            "universal_logout.iss_mismatch",
            f"expected {shown(client.issuer)} or its origin, got {shown(claims.get('iss'))}",
            spec="RFC 7523 3 (1)",
        )
    if claims.get("sub") != client.client_id:
        raise ResponseRejected(
            "universal_logout.sub_mismatch",
            f"expected {shown(client.client_id)}, got {shown(claims.get('sub'))}",
            hint="the subject of the token is the client, not the user",
            spec="RFC 7523 3 (2)",
        )


def _bearer(header: str | None) -> str:
    scheme, _, token = (header or "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise ResponseRejected(
            "universal_logout.token_missing",
            "no bearer token came",
            hint="only the provider asks here; a proxy must let the Authorization header through",
            spec="RFC 6750 2.1",
        )
    return token.strip()


def parse_revocation_subject(body: bytes, *, client: Client) -> EmailSubject | IssSubSubject:
    """Return the user whose sessions and tokens must end.

    Args:
        body: As it was posted, at most 4 KiB.
        client: Whose issuer the subject must be of.

    Raises:
        ResponseRejected: ``universal_logout.body_malformed`` or
            ``universal_logout.unknown_format``; with status 404
            ``universal_logout.unknown_issuer``.

    Spec: RFC 9493 3.2.2 and 3.2.3.
    """
    subject = _subject(body)
    match subject.get("format"):
        case "email":
            return EmailSubject(_email(subject.get("email")))
        case "iss_sub":
            return _iss_sub(subject, client)
    raise ResponseRejected(
        "universal_logout.unknown_format",
        f"expected email or iss_sub, got {shown(subject.get('format'))}",
        hint="at Okta, choose email, or issuer and subject, as the subject's format",
        spec="RFC 9493 3.2",
    )


def _subject(body: bytes) -> Mapping[str, Any]:
    if len(body) > LONGEST_BODY:
        raise _malformed(f"at most {LONGEST_BODY} bytes were expected")
    try:
        subject = parse_object(body).get("sub_id")
    except ValueError:
        raise _malformed("the body is no JSON object") from None
    if not isinstance(subject, dict):
        raise _malformed("sub_id is missing or no object")
    return subject


def _email(email: object) -> str:
    if not isinstance(email, str) or len(email) > LONGEST_EMAIL or not email.isprintable():
        raise _malformed("email is no text of 1 to 320 characters")
    local, _, domain = email.rpartition("@")
    if not local or not domain:
        raise _malformed("email has no at sign")
    return email


def _iss_sub(subject: Mapping[str, Any], client: Client) -> IssSubSubject:
    iss, sub = subject.get("iss"), subject.get("sub")
    if not isinstance(iss, str) or not is_plain(sub):
        raise _malformed("iss or sub is missing, or no text of 1 to 255 ASCII characters")
    if not is_issuer_or_origin(iss, client.issuer):
        raise ResponseRejected(
            "universal_logout.unknown_issuer",
            f"expected {shown(client.issuer)} or its origin, got {shown(iss)}",
            spec="RFC 9493 3.2.3",
            status=NOT_FOUND,
        )
    return IssSubSubject(client.issuer, sub)


def _malformed(detail: str) -> ResponseRejected:
    return ResponseRejected("universal_logout.body_malformed", detail, spec="RFC 9493 3.2")
