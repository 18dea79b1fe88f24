"""A session as bytes: what a cookie seals, and what a store keeps.

May know: base64url, model.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from struct import Struct
from typing import Any

from admit.base64url import from_base64url
from admit.model import IDToken, Session, Tokens, UserInfo

#: Attempt, three times, and the lengths of the ID Token's parts and of UserInfo's; the rest is the
#: tokens'.
HEAD = Struct(">16sQQQHIHI")
#: What a provider may leave out of a refreshed ID Token, and what stays true without it. All else,
#: such as a group, may be missing because it is gone.
LASTING = ("auth_time", "acr", "amr", "sid")


def new_session(
    identifier: bytes, id_token: IDToken, userinfo: UserInfo | None, *, attempt: str, now: int
) -> Session:
    """Return the session that a sign-in begins."""
    header, payload, signature = map(from_base64url, id_token.raw.split("."))
    return Session(
        id=identifier,
        attempt=attempt,
        started_at=now,
        seen_at=now,
        header=header,
        payload=payload,
        signature=signature,
        userinfo=_missing_from(id_token, {} if userinfo is None else userinfo.claims),
    )


def renewed_session(session: Session, id_token: IDToken, tokens: Tokens) -> Session:
    """Return the session with what a refresh brought (OIDC Core 12.2)."""
    header, payload, signature = map(from_base64url, id_token.raw.split("."))
    former, said = json.loads(session.payload), json.loads(session.userinfo or b"{}")
    lasting = {name: former[name] for name in LASTING if name in former}
    return replace(
        session,
        header=header,
        payload=payload,
        signature=signature,
        userinfo=_missing_from(id_token, {**said, **lasting}),
        tokens=encode_tokens(tokens),
    )


def _missing_from(id_token: IDToken, said: Mapping[str, Any]) -> bytes:
    """Return what UserInfo adds. What was signed is not overridden, and nothing is kept twice."""
    claims = id_token.claims
    missing = {k: v for k, v in said.items() if k not in claims}
    return json.dumps(missing, separators=(",", ":")).encode() if missing else b""


def encode_session(session: Session) -> bytes:
    """Return the session as plain bytes: base64url inside base64url would cost a third.

    Its id is not among them: whoever keeps the bytes knows it.
    """
    parts = (session.header, session.payload, session.signature, session.userinfo)
    head = HEAD.pack(
        session.attempt.encode(),
        session.started_at,
        session.seen_at,
        session.since,
        *map(len, parts),
    )
    return b"".join((head, *parts, session.tokens))


def decode_session(identifier: bytes, message: bytes) -> Session:
    """Return the session that `encode_session` made *message* of."""
    attempt, started_at, seen_at, since, *lengths = HEAD.unpack_from(message)
    payload = HEAD.size + lengths[0]
    signature = payload + lengths[1]
    userinfo = signature + lengths[2]
    tokens = userinfo + lengths[3]
    return Session(
        id=identifier,
        attempt=attempt.decode("ascii"),
        started_at=started_at,
        seen_at=seen_at,
        since=since,
        header=message[HEAD.size : payload],
        payload=message[payload:signature],
        signature=message[signature:userinfo],
        userinfo=message[userinfo:tokens],
        tokens=message[tokens:],
    )


def encode_tokens(tokens: Tokens) -> bytes:
    """Return the tokens as a JSON object."""
    return json.dumps(asdict(tokens), separators=(",", ":")).encode()


def decode_tokens(session: Session) -> Tokens | None:
    """Return the tokens of a session, if it keeps any."""
    if not session.tokens:
        return None
    values = json.loads(session.tokens)
    return Tokens(**{**values, "scope": tuple(values["scope"]), "asked": tuple(values["asked"])})
