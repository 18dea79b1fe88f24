"""Sign-out at the provider, and sign-out that the provider tells of.

Spec: OIDC RP-Initiated Logout 1.0, Back-Channel Logout 1.0, Front-Channel Logout 1.0.

May know: errors, jose, model, protocol.answers, protocol.claims.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from admit.errors import ResponseRejected, shown
from admit.jose import PLAIN_TYPES, KeySet
from admit.model import Client, LogoutToken, ProviderMetadata
from admit.protocol.answers import singles, with_query
from admit.protocol.claims import (
    LONGEST_NAME,
    check_audience,
    check_once,
    is_plain,
    numeric_date,
    verified_claims,
)

WHAT = "logout_token"
SPEC = "Back-Channel Logout 2.6"
EVENT = "http://schemas.openid.net/event/backchannel-logout"
#: The plain type too: many providers send it, or none at all (2.4 only recommends the other).
TYPES = ("logout+jwt", *PLAIN_TYPES)
#: Seconds that a token without ``exp`` lives. Providers of drafts before the final text send none.
LIFETIME = 300
#: Characters of a ``sid``, which the specifications do not limit: some providers seal a record in
#: it.
LONGEST_SID = 2048


def end_session_url(
    metadata: ProviderMetadata, client: Client, *, id_token_hint: str, state: str
) -> str | None:
    """Return the URL that ends the provider's session, or None if it offers none.

    Spec: OIDC RP-Initiated Logout 1.0, section 2.
    """
    endpoint = metadata.end_session_endpoint
    if endpoint is None:
        return None
    # Azure AD B2C's endpoint has a query of its own.
    return with_query(endpoint, urlencode(_end_session(client, id_token_hint, state)))


def end_session_request(
    metadata: ProviderMetadata, client: Client, *, id_token_hint: str, state: str
) -> tuple[str, dict[str, str]] | None:
    """Return what the browser posts to end the provider's session, or None if it offers none.

    A POST carries an ID Token of any length, and leaves it out of histories and logs.

    Returns:
        The endpoint and the fields of the form.

    Spec: OIDC RP-Initiated Logout 1.0, section 2.
    """
    endpoint = metadata.end_session_endpoint
    return None if endpoint is None else (endpoint, _end_session(client, id_token_hint, state))


def _end_session(client: Client, id_token_hint: str, state: str) -> dict[str, str]:
    return {
        "id_token_hint": id_token_hint,
        "post_logout_redirect_uri": client.post_logout_redirect_uri,
        "state": state,
    }


def verify_logout_token(raw: object, *, keys: KeySet, client: Client, now: int) -> LogoutToken:
    """Return whose sessions end, after all checks but the one for a replay.

    A token is taken for an hour after its issue at most, and for five minutes where it has no
    ``exp``; the specification leaves both open.

    Args:
        raw: ``logout_token`` as it was posted.
        keys: The provider's.
        client: Whom the token must be meant for.
        now: Seconds since the epoch.

    Raises:
        ResponseRejected: ``logout_token.`` and the rule that failed; see
            ``docs/reference/errors.md``.

    Spec: Back-Channel Logout 1.0, 2.4 and 2.6.
    """
    claims = verified_claims(raw, what=WHAT, keys=keys, client=client, types=TYPES)
    if claims.get("iss") != client.issuer:
        raise ResponseRejected(
            "logout_token.iss_mismatch",
            f"expected {shown(client.issuer)}, got {shown(claims.get('iss'))}",
            spec=f"{SPEC} (4)",
        )
    check_audience(claims, client.client_id, what=WHAT, spec=f"{SPEC} (4)")
    _check_event(claims)
    sub, sid = _name(claims, "sub", LONGEST_NAME), _name(claims, "sid", LONGEST_SID)
    if sub is None and sid is None:
        raise ResponseRejected(
            "logout_token.subject_missing", "neither sub nor sid", spec=f"{SPEC} (5)"
        )
    end = {"exp": numeric_date(claims, "iat", what=WHAT) + LIFETIME}
    jti, expires_at = check_once({**end, **claims}, what=WHAT, leeway=client.leeway, now=now)
    return LogoutToken(jti=jti, sub=sub, sid=sid, expires_at=expires_at)


def _check_event(claims: Mapping[str, Any]) -> None:
    """Check what tells a logout token from an ID Token: ``events`` is there, ``nonce`` is not."""
    events = claims.get("events")
    if not isinstance(events, dict) or not isinstance(events.get(EVENT), dict):
        raise ResponseRejected(
            "logout_token.event_missing",
            "events does not name the sign-out",
            hint="another token, such as an ID Token, was brought in its place",
            spec=f"{SPEC} (6)",
        )
    if "nonce" in claims:
        raise ResponseRejected(
            "logout_token.nonce_present",
            "a nonce is in it, which only an ID Token has",
            spec=f"{SPEC} (7)",
        )


def _name(claims: Mapping[str, Any], name: str, longest: int) -> str | None:
    value = claims.get(name)
    if value is None:
        return None
    if not is_plain(value, longest):
        raise ResponseRejected(
            f"logout_token.{name}_invalid",
            f"{name} is not 1 to {longest} ASCII characters",
            spec="Back-Channel Logout 2.4",
        )
    return value


def parse_frontchannel_logout(parameters: Mapping[str, Sequence[str]], *, client: Client) -> str:
    """Return the ``sid`` of the provider's session that ended.

    Nothing proves who asks: what is returned may end that one session and no other.

    Args:
        parameters: Of the query, or of the form where the provider posts, as Okta may.
        client: Whose issuer it must be.

    Raises:
        ResponseRejected: ``frontchannel.duplicate_parameter``, ``frontchannel.iss_mismatch`` or
            ``frontchannel.sid_missing``.

    Spec: Front-Channel Logout 1.0, section 2.
    """
    given = singles(parameters, ("iss", "sid"), "frontchannel.duplicate_parameter")
    if given.get("iss") != client.issuer:
        raise ResponseRejected(
            "frontchannel.iss_mismatch",
            f"expected {shown(client.issuer)}, got {shown(given.get('iss'))}",
            hint="the provider must be set to send iss and sid",
            spec="Front-Channel Logout 2",
        )
    sid = given.get("sid")
    if not is_plain(sid, LONGEST_SID):
        raise ResponseRejected(
            "frontchannel.sid_missing",
            f"sid is not 1 to {LONGEST_SID} ASCII characters",
            hint="the provider must be set to send iss and sid",
            spec="Front-Channel Logout 2",
        )
    return sid
