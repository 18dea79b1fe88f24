"""The form of the ID Token: its algorithm, its signature, its header, its three parts."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from admit.base64url import to_base64url
from admit.testing import Answer
from admit.testing.signing import compact, public_jwk
from hostile.provider_side import joined, public_pem, refused, trap, with_hmac
from hostile.registry import case, table
from hostile.world import World

Forge = Callable[[dict[str, Any], dict[str, Any], Any], str]
#: The number of a key that is not published: a stranger's.
STRANGER = 66
JWE = {"alg": "PBES2-HS256+A128KW", "enc": "A128CBC-HS256", "p2s": "c2FsdHNhbHQ"}


def unsigned(alg: str) -> Forge:
    return lambda header, claims, _: joined({**header, "alg": alg}, claims, b"")


@table(
    {
        "IDT-01": ("alg none", unsigned("none")),
        "IDT-02": ("alg nOnE", unsigned("nOnE")),
        "IDT-03": ("alg is empty", unsigned("")),
        "IDT-04": ("HS256 by the public key as PEM", with_hmac(public_pem())),
        "IDT-07": ("HS256 by an empty key", with_hmac(b"")),
        "IDT-x5": (
            "HS256 by the client's secret",
            lambda header, claims, provider: with_hmac(provider.client_secret.encode())(
                header, claims, provider
            ),
        ),
    }
)
def algorithm(world: World, forge: Forge) -> str:
    return refused(world, "id_token.alg", forge=forge)


def stripped(header: Any, claims: Any, provider: Any) -> str:
    return joined(header, claims, b"")


def spliced(header: Any, claims: Any, provider: Any) -> str:
    """Return the claims of one token under the signature of another."""
    honest = compact(header, {**claims, "sub": "00u2"}, secret="")
    return f"{joined(header, claims, b'').rstrip('.')}.{honest.rpartition('.')[2]}"


def changed(header: Any, claims: Any, provider: Any) -> str:
    raw = compact(header, claims, secret="")
    place = raw.rindex(".") + 20
    return f"{raw[:place]}{'A' if raw[place] != 'A' else 'B'}{raw[place + 1 :]}"


@table(
    {
        "IDT-09": ("the signature is stripped off", {"forge": stripped}),
        "IDT-10": ("the signature of another token", {"forge": spliced}),
        "IDT-11": ("a letter of the signature is changed", {"forge": changed}),
        "IDT-12": (
            "another key under a known kid",
            {"key": STRANGER, "header": {"kid": "key-0"}},
        ),
        "IDT-13": (
            "the key in the token's own header",
            {"key": STRANGER, "header": {"kid": "key-0", "jwk": public_jwk(STRANGER)}},
        ),
        "IDT-x6": (
            "the key in the header, and no kid",
            {"key": STRANGER, "header": {"kid": None, "jwk": public_jwk(STRANGER)}},
        ),
    }
)
def signature(world: World, bend: Any) -> str:
    return refused(world, "id_token.signature", **bend)


@table(
    {
        "IDT-91": ("jku leads to an attacker's host", "jku"),
        "IDT-92": ("x5u leads to an attacker's host", "x5u"),
    }
)
def url_in_header(world: World, name: str) -> str:
    with trap() as url:
        header = {"kid": "key-0", name: f"{url}/keys"}
        outcome = refused(world, "id_token.signature", key=STRANGER, header=header)
    return f"{outcome}; it was never asked"


def signed(payload: object) -> Forge:
    return lambda header, _claims, _provider: compact(header, payload, secret="")


def said(raw: str) -> Forge:
    return lambda _header, _claims, _provider: raw


def twice(name: str) -> Forge:
    """Return what signs claims in which *name* stands twice: another value, then the honest one."""

    def forge(header: Any, claims: dict[str, Any], _provider: Any) -> str:
        text = json.dumps(claims)
        return compact(header, f'{{"{name}": "evil", {text[1:]}'.encode(), secret="")

    return forge


def encoded_as(encoding: str) -> Forge:
    return lambda header, claims, _: compact(header, json.dumps(claims).encode(encoding), secret="")


def followed_by(tail: bytes) -> Forge:
    return lambda header, claims, _: compact(header, json.dumps(claims).encode() + tail, secret="")


@table(
    {
        "IDT-64": ("the payload is a list", [signed([1, 2])]),
        "IDT-65": ("the payload is text", [signed("claims"), signed(b"claims")]),
        "IDT-66": ("the payload is no UTF-8", [signed(b'{"sub": "\xff\xfe"}')]),
        "IDT-70": ("the payload is empty", [signed(b"")]),
        "IDT-81": ("one word", [said("token")]),
        "IDT-82": ("two parts", [said("eyJhbGciOiJSUzI1NiJ9.e30")]),
        "IDT-x7": ("a claim twice", [twice("iss"), twice("sub"), twice("nonce"), twice("email")]),
        "IDT-x8": (
            "the payload in UTF-16, UTF-32, with a mark of order, with data behind it",
            [
                *map(encoded_as, ("utf-16", "utf-16-le", "utf-32", "utf-8-sig")),
                *map(followed_by, (b"{}", b"\0", b"]", b" x")),
            ],
        ),
        "IDT-x9": (
            "numbers that are none: NaN, Infinity, endless digits; deep nesting; half a pair",
            [
                signed(b'{"exp": NaN}'),
                signed(b'{"exp": Infinity}'),
                signed(b'{"exp": ' + b"9" * 20_000 + b"}"),
                signed(b'{"a": ' * 20_000),
                signed(b'{"a":' * 40 + b"1" + b"}" * 40),
                signed(b'{"sub": "\\ud800"}'),
            ],
        ),
        "IDT-x10": (
            "three parts, written otherwise: blanks, padding, another alphabet, JSON",
            [
                lambda h, c, _: compact(h, c, secret="").replace(".", ". ", 1),
                lambda h, c, _: "=.".join(compact(h, c, secret="").split(".", 1)),
                lambda h, c, _: "\n" + compact(h, c, secret=""),
                lambda h, c, _: compact(h, c, secret="").replace(".", "+.", 1),
                lambda _h, c, _p: json.dumps({"payload": to_base64url(json.dumps(c).encode())}),
                lambda _h, _c, _p: "." * 100_000,
                lambda _h, _c, _p: "..",
            ],
        ),
    }
)
def malformed(world: World, ways: list[Forge]) -> str:
    outcomes = {refused(world, "id_token.malformed", forge=forge) for forge in ways}
    return f"{outcomes.pop()}" + (f", each of {len(ways)}" if len(ways) > 1 else "")


@case("IDT-80", "empty: that is none")
def empty(world: World) -> str:
    return refused(world, "token.id_token_missing", forge=said(""))


@case("IDT-76", "an access token in place of the ID Token")
def access_token(world: World) -> str:
    api = {"aud": "api://default", "scp": ["openid"], "cid": world.provider.client_id}
    outcome = refused(world, "id_token.typ", claims=api, header={"typ": "at+jwt"})
    refused(world, "id_token.aud_mismatch", claims=api)
    swapped = Answer(change=lambda document: {**document, "id_token": document["access_token"]})
    refused(world, "id_token.malformed", token=swapped)
    return f"{outcome}; without typ by its aud"


@table(
    {
        "IDT-86": ("kid is a path", ["../../dev/null", "/dev/null", "file:///etc/passwd"]),
        "IDT-87": ("kid is SQL", ["x' UNION SELECT 'key' --", "key-0' OR '1'='1"]),
        "IDT-x11": (
            "kid in other letters, with NUL, very long, empty",
            ["k\u0435y-0", "key-0\0", "key-0\n", "KEY-0", "k" * 20_000, "", "\u202ekey-0"],
        ),
    }
)
def kid(world: World, kids: list[str]) -> str:
    outcomes = {refused(world, "id_token.unknown_key", header={"kid": kid}) for kid in kids}
    return f"{outcomes.pop()}, each of {len(kids)}"


@case("IDT-x12", "a header whose members are of other kinds: alg as a list, kid as a mapping")
def odd_header(world: World) -> str:
    tried = {
        "id_token.alg": [
            {"alg": ["RS256"]},
            {"alg": {"RS256": 1}},
            {"alg": True},
            {"alg": "rs256"},
        ],
        "id_token.kid": [{"kid": ["key-0"]}, {"kid": {}}, {"kid": 0}, {"kid": False}],
        "id_token.typ": [{"typ": ["JWT"]}, {"typ": 1}, {"typ": "logout+jwt"}, {"typ": ""}],
        "id_token.crit": [
            {"crit": ["b64"], "b64": False},
            {"crit": []},
            {"crit": ["exp"]},
            {"crit": "b64"},
        ],
    }
    for code, headers in tried.items():
        for header in headers:
            refused(world, code, header=header)
    return f"refused 400, each of {sum(map(len, tried.values()))} by its own reason"


@case("IDT-x13", "b64 is false, and nothing says that it is critical")
def unencoded(world: World) -> str:
    # RFC 7797 6: without crit it says nothing, and the payload is base64url as ever.
    def raw(header: Any, claims: Any, _provider: Any) -> str:
        honest = compact({**header, "b64": False}, claims, secret="")
        first, _, last = honest.split(".")
        return f"{first}.{json.dumps(claims)}.{last}"

    return refused(world, "id_token.malformed", forge=raw)


@case("IDT-x14", "the provider's own logout token in place of the ID Token")
def logout_token(world: World) -> str:
    forge = lambda _h, claims, provider: provider.logout_token(nonce=claims["nonce"], sub="00u1")  # noqa: E731
    return refused(world, "id_token.typ", forge=forge)
