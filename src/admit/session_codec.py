"""A session as bytes: what a cookie seals, and what a store keeps.

May know: base64url, model.
"""

from __future__ import annotations

import json
from struct import Struct

from admit.base64url import from_base64url
from admit.model import IDToken, Session, UserInfo

#: Attempt, both times, and the lengths of the ID Token's parts; the rest is UserInfo's.
HEAD = Struct(">16sQQHIH")


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
        userinfo=_missing_from(id_token, userinfo),
    )


def _missing_from(id_token: IDToken, userinfo: UserInfo | None) -> bytes:
    """Return what UserInfo adds. What was signed is not overridden, and nothing is kept twice."""
    if userinfo is None:
        return b""
    claims = id_token.claims
    missing = {k: v for k, v in userinfo.claims.items() if k not in claims}
    return json.dumps(missing, separators=(",", ":")).encode() if missing else b""


def encode_session(session: Session) -> bytes:
    """Return the session as plain bytes: base64url inside base64url would cost a third.

    Its id is not among them: whoever keeps the bytes knows it.
    """
    parts = (session.header, session.payload, session.signature)
    head = HEAD.pack(
        session.attempt.encode(), session.started_at, session.seen_at, *map(len, parts)
    )
    return b"".join((head, *parts, session.userinfo))


def decode_session(identifier: bytes, message: bytes) -> Session:
    """Return the session that `encode_session` made *message* of."""
    attempt, started_at, seen_at, *lengths = HEAD.unpack_from(message)
    payload = HEAD.size + lengths[0]
    signature = payload + lengths[1]
    userinfo = signature + lengths[2]
    return Session(
        id=identifier,
        attempt=attempt.decode("ascii"),
        started_at=started_at,
        seen_at=seen_at,
        header=message[HEAD.size : payload],
        payload=message[payload:signature],
        signature=message[signature:userinfo],
        userinfo=message[userinfo:],
    )
