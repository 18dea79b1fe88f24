"""The claims of the ID Token: whose it is, for whom, when, and for which sign-in."""

from __future__ import annotations

from collections.abc import Callable
from time import time
from typing import Any

from hostile.provider_side import refused
from hostile.registry import table
from hostile.world import World

DAY, HOUR = 86_400, 3600


def claims(**laid: Any) -> Callable[[World], dict[str, Any]]:
    return lambda _: laid


def issuer(change: Callable[[str], Any]) -> Callable[[World], dict[str, Any]]:
    return lambda world: {"iss": change(world.provider.issuer)}


def seconds(name: str, later: int) -> Callable[[World], dict[str, Any]]:
    return lambda _: {name: int(time()) + later}


def audience(*others: str, **more: Any) -> Callable[[World], dict[str, Any]]:
    return lambda world: {"aud": [world.provider.client_id, *others], **more}


@table(
    {
        "IDT-20": (
            "iss of another provider",
            ("id_token.iss_mismatch", claims(iss="https://evil.example")),
        ),
        "IDT-21": (
            "iss with a slash more",
            ("id_token.iss_mismatch", issuer(lambda iss: f"{iss}/")),
        ),
        "IDT-22": (
            "iss with a letter less",
            ("id_token.iss_mismatch", issuer(lambda iss: iss[:-1])),
        ),
        "IDT-23": ("no iss", ("id_token.iss_mismatch", claims(iss=None))),
        "IDT-24": ("iss as a list", ("id_token.iss_mismatch", issuer(lambda iss: [iss]))),
        "IDT-25": ("iss in capitals", ("id_token.iss_mismatch", issuer(str.upper))),
        "IDT-26": (
            "aud of another client",
            ("id_token.aud_mismatch", claims(aud="another-client")),
        ),
        "IDT-27": ("no aud", ("id_token.aud_mismatch", claims(aud=None))),
        "IDT-31": (
            "one audience more, which nobody trusts",
            ("id_token.aud_mismatch", audience("another-client")),
        ),
        "IDT-32": ("azp of another client", ("id_token.azp_mismatch", claims(azp="another"))),
        "IDT-33": ("it expired an hour ago", ("id_token.expired", seconds("exp", -HOUR))),
        "IDT-34": ("no exp", ("id_token.exp_invalid", claims(exp=None))),
        "IDT-41": ("issued tomorrow", ("id_token.iat_in_future", seconds("iat", DAY))),
        "IDT-42": ("no iat", ("id_token.iat_invalid", claims(iat=None))),
        "IDT-43": ("iat as text", ("id_token.iat_invalid", claims(iat="yesterday"))),
        "IDT-44": ("valid from tomorrow", ("id_token.nbf_in_future", seconds("nbf", DAY))),
        "IDT-45": ("no nonce", ("id_token.nonce_missing", claims(nonce=None))),
        "IDT-46": ("another nonce", ("id_token.nonce_mismatch", claims(nonce="n" * 43))),
        "IDT-49": ("no sub", ("id_token.sub_invalid", claims(sub=None))),
        "IDT-50": ("an empty sub", ("id_token.sub_invalid", claims(sub=""))),
        "IDT-55": ("sub of 100 KB", ("id_token.sub_invalid", claims(sub="x" * 100_000))),
        "IDT-57": ("a wrong at_hash", ("id_token.at_hash_mismatch", claims(at_hash="AAAA"))),
        "IDT-60": (
            "two audiences, and azp is the other",
            ("id_token.azp_mismatch", audience("evil", azp="evil")),
        ),
    }
)
def wrong_claim(world: World, way: tuple[str, Callable[[World], dict[str, Any]]]) -> str:
    code, make = way
    return refused(world, code, claims=make(world))


ODD: dict[str, tuple[str, tuple[str, str, list[Any]]]] = {
    "IDT-x1": (
        "sub is no name: a number, a list, true, 256 letters, NUL, a line, other letters",
        (
            "id_token.sub_invalid",
            "sub",
            [7, ["00u1"], True, "x" * 256, "a\0b", "a\nb", "00u1\u0131", "\u00e9"],
        ),
    ),
    "IDT-x2": (
        "nonce is of another kind, or empty",
        ("id_token.nonce_mismatch", "nonce", [["n"], True, 0, "", {}]),
    ),
    "IDT-x3": (
        "exp is no time: true, text, a list, a mapping, 10^400",
        ("id_token.exp_invalid", "exp", [True, "9e9", [9e9], {}, 10**400]),
    ),
    "IDT-x4": (
        "aud is like ours: blanks, other case, nested, doubled, a mapping, two words",
        (
            "id_token.aud_mismatch",
            "aud",
            [
                "client ",
                "CLIENT",
                [["client"]],
                ["client", "client"],
                {"client": 1},
                [],
                "client another",
                True,
            ],
        ),
    ),
}


@table(ODD)
def odd_claims(world: World, way: tuple[str, str, list[Any]]) -> str:
    code, name, values = way
    for value in values:
        outcome = refused(world, code, claims={name: value})
    return f"{outcome}, each of {len(values)}"
