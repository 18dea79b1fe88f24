"""The faults of what the provider sends by itself: logout tokens, Universal Logout.

May know: effects, forgery, keys.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from admit.dev_provider import forgery
from admit.dev_provider.effects import Claims, Fault, shifted, with_claims, without
from admit.dev_provider.keys import KeyRing

EVENT: Final = "http://schemas.openid.net/event/backchannel-logout"
OTHER_ISSUER: Final = "https://other.example"
OTHER_CLIENT: Final = "0oa9another0Local5d7"


@dataclass(slots=True)
class Draft:
    """A message that is not sent yet: what the faults change.

    Attributes:
        claims: Of the token.
        typ: The token's ``typ`` header; None leaves it out.
        previous_jti: The ``jti`` of the token before.
        sign: Makes the token of its claims and its ``typ``.
        scheme: What stands before the token in ``Authorization``, for Universal Logout.
        body: The JSON body, for Universal Logout.
    """

    claims: Claims
    typ: str | None
    previous_jti: str
    sign: Callable[[KeyRing, Claims, str | None], str] = KeyRing.sign
    scheme: str = "Bearer"
    body: Claims = field(default_factory=dict)


Change = Callable[[Draft], None]


def _claims(change: Callable[[Claims], None]) -> Change:
    return lambda draft: change(draft.claims)


def _typ(typ: str | None) -> Change:
    def effect(draft: Draft) -> None:
        draft.typ = typ

    return effect


def _signed(sign: Callable[[KeyRing, Claims, str | None], str]) -> Change:
    def effect(draft: Draft) -> None:
        draft.sign = sign

    return effect


def _same_jti(draft: Draft) -> None:
    draft.claims["jti"] = draft.previous_jti


def _audience_in_a_list(draft: Draft) -> None:
    draft.claims["aud"] = [draft.claims["aud"]]


def _no_subject(draft: Draft) -> None:
    draft.claims.pop("sub", None)
    draft.claims.pop("sid", None)


def _id_token(draft: Draft) -> None:
    draft.typ = None
    draft.claims.pop("events")
    now = draft.claims["iat"]
    draft.claims.update(ver=1, amr=["pwd"], auth_time=now, exp=now + 3600)
    draft.claims.setdefault("sub", "00u1nobodyLocalDev5d7")


def _access_token(draft: Draft) -> None:
    _id_token(draft)
    draft.claims.update(aud="api://default", cid=draft.claims["aud"], scp=["openid"])


def _no_authorization(draft: Draft) -> None:
    draft.scheme = ""


def _body(**body: object) -> Change:
    def effect(draft: Draft) -> None:
        draft.body = dict(body)

    return effect


LOGOUT_TOKEN: Final[Mapping[str, Fault[Change]]] = {
    "logout_alg_none": Fault("The logout token is not signed", _signed(forgery.alg_none)),
    "logout_alg_hs256": Fault(
        "The logout token is signed with the public key as HMAC", _signed(forgery.alg_hs256)
    ),
    "logout_bad_signature": Fault(
        "The logout token's signature is wrong", _signed(forgery.bad_signature)
    ),
    "logout_unknown_kid": Fault(
        "The logout token is signed with a key nobody knows", _signed(forgery.unknown_kid)
    ),
    "logout_key_in_header": Fault(
        "The logout token brings its own key along", _signed(forgery.key_in_header)
    ),
    "logout_iss": Fault("The logout token has another iss", _claims(with_claims(iss=OTHER_ISSUER))),
    "logout_aud": Fault(
        "The logout token is for another client", _claims(with_claims(aud=OTHER_CLIENT))
    ),
    "logout_no_aud": Fault("The logout token has no aud", _claims(without("aud"))),
    "logout_aud_list": Fault("The logout token's aud is a list: no error", _audience_in_a_list),
    "logout_no_iat": Fault("The logout token has no iat", _claims(without("iat"))),
    "logout_iat_1970": Fault("The logout token is from 1970", _claims(with_claims(iat=1))),
    "logout_iat_future": Fault(
        "The logout token is from the year 2242", _claims(with_claims(iat=2**33, exp=2**33 + 120))
    ),
    "logout_expired": Fault("The logout token expired an hour ago", _claims(shifted(-7200, -3600))),
    "logout_no_exp": Fault("The logout token has no exp", _claims(without("exp"))),
    "logout_no_jti": Fault("The logout token has no jti", _claims(without("jti"))),
    "logout_same_jti": Fault("The logout token has the jti of the one before", _same_jti),
    "logout_no_events": Fault("The logout token has no events", _claims(without("events"))),
    "logout_other_event": Fault(
        "The logout token tells of another event",
        _claims(with_claims(events={"https://other.example/event": {}})),
    ),
    "logout_nonce": Fault("The logout token has a nonce", _claims(with_claims(nonce="nonce"))),
    "logout_no_subject": Fault("The logout token has neither sub nor sid", _no_subject),
    "logout_typ_jwt": Fault("The logout token's typ is JWT", _typ("JWT")),
    "logout_typ_absent": Fault("The logout token has no typ", _typ(None)),
    "logout_typ_at_jwt": Fault("The logout token's typ is at+jwt", _typ("at+jwt")),
    "logout_id_token": Fault("An ID Token is sent as logout token", _id_token),
    "logout_access_token": Fault("An access token is sent as logout token", _access_token),
    "logout_garbage": Fault("Something is sent as logout token", _signed(forgery.garbage)),
}

UNIVERSAL_LOGOUT: Final[Mapping[str, Fault[Change]]] = {
    "universal_alg_none": Fault("Universal Logout is not signed", _signed(forgery.alg_none)),
    "universal_bad_signature": Fault(
        "Universal Logout's signature is wrong", _signed(forgery.bad_signature)
    ),
    "universal_unknown_kid": Fault(
        "Universal Logout is signed with a key nobody knows", _signed(forgery.unknown_kid)
    ),
    "universal_iss": Fault(
        "Universal Logout has another iss", _claims(with_claims(iss=OTHER_ISSUER))
    ),
    "universal_aud": Fault(
        "Universal Logout is for another address",
        _claims(with_claims(aud="https://other.example/universal-logout")),
    ),
    "universal_sub": Fault(
        "Universal Logout is for another client", _claims(with_claims(sub=OTHER_CLIENT))
    ),
    "universal_expired": Fault(
        "Universal Logout expired an hour ago", _claims(shifted(-7200, -3600))
    ),
    "universal_no_jti": Fault("Universal Logout has no jti", _claims(without("jti"))),
    "universal_same_jti": Fault("Universal Logout has the jti of the one before", _same_jti),
    "universal_typ_absent": Fault("Universal Logout's token has no typ", _typ(None)),
    "universal_typ_logout": Fault("Universal Logout's token is a logout token", _typ("logout+jwt")),
    "universal_garbage": Fault(
        "Universal Logout brings something else than a token", _signed(forgery.garbage)
    ),
    "universal_no_token": Fault("Universal Logout brings no token", _no_authorization),
    "universal_unknown_format": Fault(
        "Universal Logout names the user in a way nobody knows",
        _body(sub_id={"format": "phone_number", "phone_number": "+12065550100"}),
    ),
    "universal_unknown_user": Fault(
        "Universal Logout names a user nobody knows",
        _body(sub_id={"format": "email", "email": "nobody@example.com"}),
    ),
    "universal_no_subject": Fault("Universal Logout names no user", _body()),
}

TABLES: Final = (LOGOUT_TOKEN, UNIVERSAL_LOGOUT)
