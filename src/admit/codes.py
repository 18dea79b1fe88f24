"""Every code, with what it says to the user.

The first column is API. The developer's side of a failure (detail, cause, fix) stands where the
failure is raised, or in `refusals`.

May know: nothing else of this package.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Text:
    """What a user reads: what happened, and what they can do."""

    title: str
    message: str


START_AGAIN = Text(
    "Let's start that again",
    "This sign-in was begun in another browser or window, was finished already, or was left open"
    " for too long. You can start again now.",
)
UNAVAILABLE = Text(
    "Sign-in is not available right now",
    "The sign-in service did not answer as it should. Please wait a moment and try again.",
)
UNVERIFIED = Text(
    "You could not be signed in",
    "The answer of the sign-in service did not pass a security check, so nobody was signed in."
    " Please try again; if it happens again, tell the people who run this application.",
)
NOT_SET_UP = Text(
    "Sign-in is not set up correctly",
    "This is no fault of yours. Please tell the people who run this application, and give them the"
    " reference below.",
)
NO_ACCESS = Text(
    "You do not have access to this application",
    "Your account is not allowed to use it. Ask your administrator, or use another account.",
)
DECLINED = Text(
    "You are not signed in",
    "The sign-in was cancelled, or the sign-in service refused it. You can try again.",
)
STRONGER = Text(
    "A stronger sign-in is needed",
    "This page needs a way of signing in that your account has not set up. Set it up with your"
    " administrator's help, then try again.",
)
LOOP = Text(
    "Sign-in goes round in circles",
    "You were signed in several times in a row, and each time it was forgotten at once. We stopped"
    " here. Check that your browser accepts cookies for this site, then try again.",
)
SIGN_IN_NEEDED = Text(
    "Please sign in first",
    "You are not signed in, or your session has ended. What you just sent was not saved.",
)
NOT_SIGNED_OUT = Text(
    "You are still signed in",
    "A page of another site asked to sign you out. We did not do it.",
)
TOO_LARGE = Text(
    "You could not be signed in",
    "Your account carries more information than this application can keep. Please tell the people"
    " who run it, and give them the reference below.",
)

NOT_NOW = Text(
    "This page is not available right now",
    "The application cannot look up who is signed in. You stay signed in. Please try again in a"
    " moment.",
)

CODES: Mapping[str, Text] = {
    "config.invalid": NOT_SET_UP,
    "provider.unreachable": UNAVAILABLE,
    "provider.timeout": UNAVAILABLE,
    "provider.tls": UNAVAILABLE,
    "provider.insecure_url": NOT_SET_UP,
    "provider.too_large": UNAVAILABLE,
    "provider.broken_answer": UNAVAILABLE,
    "provider.rate_limited": UNAVAILABLE,
    "provider.unavailable": UNAVAILABLE,
    "discovery.not_found": NOT_SET_UP,
    "discovery.malformed": UNAVAILABLE,
    "discovery.issuer_mismatch": NOT_SET_UP,
    "discovery.bad_endpoint": NOT_SET_UP,
    "jwks.malformed": UNAVAILABLE,
    "jwks.empty": UNAVAILABLE,
    "attempt.missing": START_AGAIN,
    "attempt.unreadable": START_AGAIN,
    "attempt.expired": START_AGAIN,
    "attempt.used": START_AGAIN,
    "attempt.other_issuer": START_AGAIN,
    "response.duplicate_parameter": UNVERIFIED,
    "response.empty": START_AGAIN,
    "response.third_party_initiated": NOT_SET_UP,
    "response.state_missing": START_AGAIN,
    "response.state_mismatch": START_AGAIN,
    "response.iss_missing": UNVERIFIED,
    "response.iss_mismatch": UNVERIFIED,
    "response.code_missing": START_AGAIN,
    "response.code_too_long": UNVERIFIED,
    "authorization.error": NOT_SET_UP,
    "authorization.denied": DECLINED,
    "authorization.user_not_assigned": NO_ACCESS,
    "authorization.no_access_policy": NO_ACCESS,
    "authorization.scopes_denied": NO_ACCESS,
    "authorization.network_zone": NO_ACCESS,
    "authorization.external_idp": DECLINED,
    "authorization.login_required": DECLINED,
    "authorization.request_expired": START_AGAIN,
    "authorization.interaction_required": DECLINED,
    "authorization.unmet_authentication_requirements": STRONGER,
    "authorization.feature_not_enabled": NOT_SET_UP,
    "authorization.invalid_scope": NOT_SET_UP,
    "authorization.invalid_request": NOT_SET_UP,
    "authorization.unauthorized_client": NOT_SET_UP,
    "authorization.unsupported_response": NOT_SET_UP,
    "authorization.server_error": UNAVAILABLE,
    "authorization.temporarily_unavailable": UNAVAILABLE,
    "token.malformed": UNAVAILABLE,
    "token.invalid_client": NOT_SET_UP,
    "token.wrong_app_type": NOT_SET_UP,
    "token.refused": NOT_SET_UP,
    "token.invalid_grant": START_AGAIN,
    "token.pkce_failed": UNVERIFIED,
    "token.redirect_uri_mismatch": NOT_SET_UP,
    "token.other_client": NOT_SET_UP,
    "token.token_type": UNVERIFIED,
    "token.access_token_missing": UNVERIFIED,
    "token.id_token_missing": UNVERIFIED,
    "id_token.malformed": UNVERIFIED,
    "id_token.encrypted": NOT_SET_UP,
    "id_token.alg": UNVERIFIED,
    "id_token.crit": UNVERIFIED,
    "id_token.typ": UNVERIFIED,
    "id_token.kid": UNVERIFIED,
    "id_token.unknown_key": UNVERIFIED,
    "id_token.signature": UNVERIFIED,
    "id_token.iss_mismatch": UNVERIFIED,
    "id_token.sub_invalid": UNVERIFIED,
    "id_token.aud_mismatch": UNVERIFIED,
    "id_token.azp_mismatch": UNVERIFIED,
    "id_token.exp_invalid": UNVERIFIED,
    "id_token.iat_invalid": UNVERIFIED,
    "id_token.nbf_invalid": UNVERIFIED,
    "id_token.auth_time_invalid": UNVERIFIED,
    "id_token.expired": UNVERIFIED,
    "id_token.iat_in_future": UNVERIFIED,
    "id_token.nbf_in_future": UNVERIFIED,
    "id_token.nonce_missing": UNVERIFIED,
    "id_token.nonce_mismatch": UNVERIFIED,
    "id_token.at_hash_mismatch": UNVERIFIED,
    "id_token.auth_time_too_old": STRONGER,
    "id_token.acr_unsatisfied": STRONGER,
    "userinfo.refused": UNAVAILABLE,
    "userinfo.malformed": UNAVAILABLE,
    "userinfo.encrypted": NOT_SET_UP,
    "userinfo.alg": UNVERIFIED,
    "userinfo.crit": UNVERIFIED,
    "userinfo.typ": UNVERIFIED,
    "userinfo.kid": UNVERIFIED,
    "userinfo.unknown_key": UNVERIFIED,
    "userinfo.signature": UNVERIFIED,
    "userinfo.sub_mismatch": UNVERIFIED,
    "userinfo.party_mismatch": UNVERIFIED,
    "refresh.invalid_grant": SIGN_IN_NEEDED,
    "refresh.iss_mismatch": UNVERIFIED,
    "refresh.sub_mismatch": UNVERIFIED,
    "refresh.auth_time_mismatch": UNVERIFIED,
    "refresh.nonce_mismatch": UNVERIFIED,
    "revocation.refused": UNAVAILABLE,
    "logout_token.malformed": NOT_SIGNED_OUT,
    "logout_token.encrypted": NOT_SIGNED_OUT,
    "logout_token.alg": NOT_SIGNED_OUT,
    "logout_token.crit": NOT_SIGNED_OUT,
    "logout_token.typ": NOT_SIGNED_OUT,
    "logout_token.kid": NOT_SIGNED_OUT,
    "logout_token.unknown_key": NOT_SIGNED_OUT,
    "logout_token.signature": NOT_SIGNED_OUT,
    "logout_token.iss_mismatch": NOT_SIGNED_OUT,
    "logout_token.aud_mismatch": NOT_SIGNED_OUT,
    "logout_token.event_missing": NOT_SIGNED_OUT,
    "logout_token.nonce_present": NOT_SIGNED_OUT,
    "logout_token.sub_invalid": NOT_SIGNED_OUT,
    "logout_token.sid_invalid": NOT_SIGNED_OUT,
    "logout_token.subject_missing": NOT_SIGNED_OUT,
    "logout_token.exp_invalid": NOT_SIGNED_OUT,
    "logout_token.iat_invalid": NOT_SIGNED_OUT,
    "logout_token.nbf_invalid": NOT_SIGNED_OUT,
    "logout_token.expired": NOT_SIGNED_OUT,
    "logout_token.iat_in_future": NOT_SIGNED_OUT,
    "logout_token.nbf_in_future": NOT_SIGNED_OUT,
    "logout_token.iat_too_old": NOT_SIGNED_OUT,
    "logout_token.jti_invalid": NOT_SIGNED_OUT,
    "frontchannel.duplicate_parameter": NOT_SIGNED_OUT,
    "frontchannel.iss_mismatch": NOT_SIGNED_OUT,
    "frontchannel.sid_missing": NOT_SIGNED_OUT,
    "universal_logout.token_missing": NOT_SIGNED_OUT,
    "universal_logout.malformed": NOT_SIGNED_OUT,
    "universal_logout.encrypted": NOT_SIGNED_OUT,
    "universal_logout.alg": NOT_SIGNED_OUT,
    "universal_logout.crit": NOT_SIGNED_OUT,
    "universal_logout.typ": NOT_SIGNED_OUT,
    "universal_logout.kid": NOT_SIGNED_OUT,
    "universal_logout.unknown_key": NOT_SIGNED_OUT,
    "universal_logout.signature": NOT_SIGNED_OUT,
    "universal_logout.iss_mismatch": NOT_SIGNED_OUT,
    "universal_logout.sub_mismatch": NOT_SIGNED_OUT,
    "universal_logout.aud_mismatch": NOT_SIGNED_OUT,
    "universal_logout.exp_invalid": NOT_SIGNED_OUT,
    "universal_logout.iat_invalid": NOT_SIGNED_OUT,
    "universal_logout.nbf_invalid": NOT_SIGNED_OUT,
    "universal_logout.expired": NOT_SIGNED_OUT,
    "universal_logout.iat_in_future": NOT_SIGNED_OUT,
    "universal_logout.nbf_in_future": NOT_SIGNED_OUT,
    "universal_logout.iat_too_old": NOT_SIGNED_OUT,
    "universal_logout.jti_invalid": NOT_SIGNED_OUT,
    "universal_logout.body_malformed": NOT_SIGNED_OUT,
    "universal_logout.unknown_format": NOT_SIGNED_OUT,
    "universal_logout.unknown_issuer": NOT_SIGNED_OUT,
    "third_party_login.duplicate_parameter": UNVERIFIED,
    "third_party_login.iss_mismatch": UNVERIFIED,
    "session.too_large": TOO_LARGE,
    "session.ended_meanwhile": START_AGAIN,
    "session.missing": SIGN_IN_NEEDED,
    "session.ended": SIGN_IN_NEEDED,
    "session.token_expired": SIGN_IN_NEEDED,
    "session.scope_missing": SIGN_IN_NEEDED,
    "session.scope_not_granted": NO_ACCESS,
    "refresh.busy": UNAVAILABLE,
    "store.unavailable": NOT_NOW,
    "sign_in.no_user": NO_ACCESS,
    "sign_in.loop": LOOP,
    "sign_in.required": SIGN_IN_NEEDED,
    "sign_out.cross_site": NOT_SIGNED_OUT,
    "sign_out.everywhere": NOT_SET_UP,
}


def text_of(code: str) -> Text:
    """Return what a user reads for *code*; an application's own codes get the plainest words."""
    return CODES.get(code, NO_ACCESS if code.startswith("app.") else DECLINED)
