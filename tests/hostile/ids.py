"""Every case there is, by what it concerns, and why some have no row yet.

``CBK-01..03`` stands for three cases. Those with a ``u`` need another clock, or a fault inside;
those with an ``x`` are variants that the rules imply.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

SECTIONS = {
    "Controls": "CTL-01 CTL-02 CTL-03 CTL-04",
    "Request side": (
        "REQ-01 REQ-02 REQ-03 REQ-04 REQ-05 REQ-06 REQ-07 REQ-09 REQ-12 REQ-14 REQ-u1 PAR-01..02 "
        "PAR-03..05 PAR-07"
    ),
    "Callback": (
        "CBK-01..03 CBK-06..07 CBK-09 CBK-12 CBK-13 CBK-17..18 CBK-20 CBK-21 CBK-24 CBK-25 CBK-27 "
        "CBK-28 CBK-33 CBK-34 CBK-37 CBK-39 CBK-42 CBK-45 CBK-46 CBK-u1"
    ),
    "ID token": (
        "IDT-01..03 IDT-04 IDT-07 IDT-09..11 IDT-12 IDT-13 IDT-20..22 IDT-23..25 IDT-26..27 "
        "IDT-31 IDT-32 IDT-33..34 IDT-41..43 IDT-44 IDT-45..46 IDT-49..50 IDT-55 IDT-57 IDT-59 "
        "IDT-60 IDT-61 IDT-63 IDT-64..66 IDT-70 IDT-71 IDT-75 IDT-76 IDT-78 IDT-80..82 IDT-86..87 "
        "IDT-89 IDT-90 IDT-91..92 IDT-97 STU-01..03 STU-07 IDT-u3 IDT-x1..17"
    ),
    "Keys and discovery": (
        "KEY-01..02 KEY-05 KEY-08..10 KEY-13 KEY-14 KEY-15..18 KEY-19 KEY-20..22 KEY-23..25 "
        "KEY-27 KEY-28 KEY-29 KEY-32 KEY-x1..15"
    ),
    "Token endpoint": (
        "TOK-01..02 TOK-03..04 TOK-05..09 TOK-10..11 TOK-12 TOK-13..16 TOK-19 TOK-28..31 "
        "TOK-37..38 TOK-41 TOK-42 TOK-44 TOK-46 TOK-47..48 TOK-50 TOK-52 TOK-54 TOK-55 TOK-x1..17"
    ),
    "Userinfo": "UIN-01..02 UIN-06..09 UIN-10..13 UIN-17 UIN-18 UIN-x1..4",
    "Session and cookies": (
        "SES-01 SES-02..03 SES-04 SES-05 SES-06 SES-07..11 SES-12..16 SES-17 SES-18 SES-19 SES-20 "
        "SES-23 SES-24 SES-27 SES-29 SES-30 SES-u1 SES-u5"
    ),
    "Return-to": (
        "RTO-01..04 RTO-07 RTO-13..15 RTO-16 RTO-19 RTO-20..22 RTO-26 RTO-33 RTO-34 RTO-35..38 "
        "RTO-50 RTO-54 RTO-55..57"
    ),
    "Sign-out": "OUT-01 OUT-02 OUT-03 OUT-04 OUT-05..06 OUT-07 OUT-11 OUT-12",
    "Logout tokens": (
        "BCL-01..05 BCL-06 BCL-07..08 BCL-10 BCL-12..13 BCL-14..16 BCL-17..18 BCL-21 BCL-22 "
        "BCL-23 BCL-25 BCL-26..27 BCL-29..30 BCL-31..32 BCL-40 BCL-41..42 BCL-48 FCL-01 "
        "FCL-02..04 BCL-u1"
    ),
    "Refresh": (
        "RFR-01..02 RFR-03 RFR-04 RFR-05..06 RFR-07..09 RFR-10 RFR-11 RFR-19 RFR-20 RFR-23 RFR-24"
    ),
    "API bearer": (
        "API-01 API-02..04 API-05..07 API-08 API-09..10 API-12..13 API-14..16 API-17 API-22 "
        "API-25..26 API-30 API-32 API-34 API-36 API-u3"
    ),
    "Resource exhaustion": "DOS-01 DOS-02 DOS-05 DOS-07 DOS-10 DOS-u1",
    "Provider faults": (
        "FLT-01..02 FLT-03..04 FLT-05 FLT-08 FLT-09..10 FLT-11..12 FLT-13..14 FLT-17..18 FLT-19 "
        "FLT-x1"
    ),
    "Storage faults": "STO-01..02 STO-04 STO-07 STO-09 STO-u2",
    "Configuration mistakes": (
        "CFG-01..02 CFG-03 CFG-04 CFG-05 CFG-06 CFG-07 CFG-08 CFG-10 CFG-u1"
    ),
    "Logging and privacy": "LOG-01 LOG-03 LOG-04 LOG-06 LOG-07..08",
    "Variants of logout tokens": "BCL-x1..20 FCL-x1..2",
    "Variants of refreshes": "RFR-x1..11",
    "Universal Logout": "ULO-x1..8",
    "Sign-in that the provider starts": "3PI-x1..3",
    "Loops, frames and a stolen store": "LOP-x1 FRM-x1 STO-x1..6",
}


def expanded(ids: str) -> Iterator[str]:
    """Return the ids that are written down as words, some of them ranges."""
    for word in ids.split():
        prefix, first, last = re.fullmatch(r"([0-9A-Z]{3}-[ux]?)(\d+)(?:\.\.(\d+))?", word).groups()  # type: ignore[union-attr]
        for number in range(int(first), int(last or first) + 1):
            yield f"{prefix}{number:0{len(first)}}"


#: All of them, in this order.
LISTED = [name for ids in SECTIONS.values() for name in expanded(ids)]


def _waiting(reasons: dict[str, str]) -> dict[str, str]:
    return {name: reason for ids, reason in reasons.items() for name in expanded(ids)}


_NO_PUSHING = "authorization requests are not pushed yet (RFC 9126)"
_NO_BEARERS = "an API of the application does not take bearer tokens yet"
_ONE_ISSUER = "an application has one issuer yet"

#: Cases about what does not exist, with the reason.
WAITING = _waiting(
    {
        "PAR-01..05 PAR-07": _NO_PUSHING,
        "API-01..10 API-12..17 API-22 API-25..26 API-30 API-32 API-34 API-36": _NO_BEARERS,
        "API-u3": "a client proves itself by a secret alone yet: there is no private_key_jwt",
        "CBK-45..46": _ONE_ISSUER,
    }
)
