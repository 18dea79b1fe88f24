"""Faults of the ID Token's form, header and signature.

May know: testing.faults.
"""

from __future__ import annotations

from admit.testing.faults.fault import ELSEWHERE, STRANGER, Fault, Row, faults
from admit.testing.faults.forgery import (
    encrypted_bomb,
    encrypted_by_password,
    fixed,
    headed,
    hmac_signed,
    parts,
    payload,
    payload_with,
    public_json,
    public_pem,
    spliced,
    with_key_in_header,
)

ALG, SIGNATURE, MALFORMED = "id_token.alg", "id_token.signature", "id_token.malformed"

ALGORITHMS: tuple[Row, ...] = (
    ("alg_none", "It is not signed: alg is none", ALG, {"alg": "none"}),
    ("alg_none_in_capitals", "It is not signed: alg is nOnE", ALG, {"alg": "nOnE"}),
    ("alg_empty", "It is signed, but alg is empty", ALG, {"header": {"alg": ""}}),
    ("alg_missing", "It is signed, but names no alg", ALG, {"header": {"alg": None}}),
    ("alg_list", "alg is a list", ALG, {"header": {"alg": ["RS256"]}}),
    ("alg_rs512", "It is signed with RS512, which was not agreed", ALG, {"alg": "RS512"}),
    ("alg_ps256", "It is signed with PS256, which was not agreed", ALG, {"alg": "PS256"}),
    ("hs256_client_secret", "It is signed with HS256 and the client secret", ALG,
     {"alg": "HS256"}),
    ("hs256_public_pem", "It is signed with HS256 and the public key in PEM", ALG,
     {"forge": hmac_signed(public_pem)}),
    ("hs256_public_jwk", "It is signed with HS256 and the public key in JSON", ALG,
     {"forge": hmac_signed(public_json)}),
    ("hs256_empty_key", "It is signed with HS256 and an empty key", ALG,
     {"forge": hmac_signed(lambda _: "")}),
)  # fmt: skip

SIGNATURES: tuple[Row, ...] = (
    ("signature_stripped", "Its signature is empty", SIGNATURE,
     {"forge": parts(lambda header, claims, _: f"{header}.{claims}.")}),
    ("signature_spliced", "Its signature is that of another token", SIGNATURE,
     {"forge": spliced}),
    ("signature_changed", "One letter of its signature is another", SIGNATURE,
     {"forge": parts(lambda header, claims, sign: (
         f"{header}.{claims}.{'B' if sign[0] == 'A' else 'A'}{sign[1:]}"))}),
    ("signature_no_base64", "Its signature is not base64url", SIGNATURE,
     {"forge": parts(lambda header, claims, _: f"{header}.{claims}.+/=!")}),
    ("claims_changed", "Its claims are others than those that were signed", SIGNATURE,
     {"forge": parts(lambda header, claims, sign: f"{header}.{claims[:-4]}AAAA.{sign}")}),
    ("stranger", "Another key signed it, under the name of a known one", SIGNATURE,
     {"key": STRANGER, "header": {"kid": "key-0"}}),
    ("stranger_without_kid", "Another key signed it, and none is named", SIGNATURE,
     {"key": STRANGER, "header": {"kid": None}}),
    ("key_in_header", "Another key signed it, which its header brings along", SIGNATURE,
     {"forge": with_key_in_header}),
    ("jku", "Another key signed it, which is found at an address in its header", SIGNATURE,
     {"key": STRANGER, "header": {"kid": "key-0", "jku": f"{ELSEWHERE}keys"}}),
    ("x5u", "Another key signed it; a certificate's address is in its header", SIGNATURE,
     {"key": STRANGER, "header": {"kid": "key-0", "x5u": f"{ELSEWHERE}certificate"}}),
)  # fmt: skip

HEADERS: tuple[Row, ...] = (
    ("crit", "Its header has a critical extension", "id_token.crit",
     {"header": {"crit": ["exp"], "exp": 1}}),
    ("typ_access_token", "It says that it is an access token", "id_token.typ",
     {"header": {"typ": "at+jwt"}}),
    ("typ_logout_token", "It says that it is a logout token", "id_token.typ",
     {"header": {"typ": "logout+jwt"}}),
    ("typ_number", "typ is a number", "id_token.typ", {"header": {"typ": 1}}),
    ("typ_jwt", "It says that it is a JWT", None, {"header": {"typ": "JWT"}}),
    ("kid_unknown", "Its key was never published", "id_token.unknown_key", {"key": STRANGER}),
    ("kid_path", "kid is the path of a file", "id_token.unknown_key",
     {"header": {"kid": "../../../../dev/null"}}),
    ("kid_sql", "kid is a piece of SQL", "id_token.unknown_key",
     {"header": {"kid": "x' UNION SELECT 'key'--"}}),
    ("kid_list", "kid is a list", "id_token.kid", {"header": {"kid": ["key-0"]}}),
    ("kid_missing", "It names no key, and the provider has one", None,
     {"header": {"kid": None}}),
    ("header_list", "Its header is a list", MALFORMED, {"forge": headed(["RS256"])}),
    ("header_no_json", "Its header is not JSON", MALFORMED, {"forge": headed(b"{alg")}),
    ("header_twice", "Its header names alg twice", MALFORMED,
     {"forge": headed(b'{"alg":"none","alg":"RS256","kid":"key-0"}')}),
)  # fmt: skip

FORMS: tuple[Row, ...] = (
    ("word", "It is a word", MALFORMED, {"forge": fixed("no-token-at-all")}),
    ("two_parts", "It has two parts", MALFORMED,
     {"forge": parts(lambda header, claims, _: f"{header}.{claims}")}),
    ("four_parts", "It has four parts", MALFORMED,
     {"forge": parts(lambda *three: f"{'.'.join(three)}.AAAA")}),
    ("no_base64", "Its claims are not base64url", MALFORMED,
     {"forge": parts(lambda header, _, sign: f"{header}.a+b/c=.{sign}")}),
    ("long", "It has 100,000 characters", MALFORMED, {"forge": fixed("A" * 100_000)}),
    ("payload_empty", "Its payload is empty", MALFORMED, {"forge": payload(b"")}),
    ("payload_list", "Its payload is a list", MALFORMED, {"forge": payload(["sub"])}),
    ("payload_text", "Its payload is a text", MALFORMED, {"forge": payload("sub")}),
    ("payload_null", "Its payload is null", MALFORMED, {"forge": payload(None)}),
    ("payload_no_utf8", "Its payload is not UTF-8", MALFORMED, {"forge": payload(b"\xff\xfe{")}),
    ("payload_twice", "Its payload has a claim twice", MALFORMED,
     {"forge": payload_with('"sub": "00u-other"')}),
    ("payload_nan", "Its payload has a number that is none", MALFORMED,
     {"forge": payload_with('"score": NaN')}),
    ("payload_deep", "Its payload is nested 5,000 times", MALFORMED,
     {"forge": payload_with(f'"deep": {"[" * 5000}{"]" * 5000}')}),
    ("payload_digits", "Its payload has a number of 10,000 digits", MALFORMED,
     {"forge": payload_with(f'"score": {"9" * 10_000}')}),
    ("payload_surrogate", "Its payload has half a character", MALFORMED,
     {"forge": payload_with('"name": "\\ud800"')} ),
    ("encrypted", "It is encrypted, by a password and 2^31 rounds", "id_token.encrypted",
     {"forge": encrypted_by_password}),
    ("encrypted_bomb", "It is encrypted, and has 30 megabytes inside", "id_token.encrypted",
     {"forge": encrypted_bomb}),
)  # fmt: skip


def id_token_form() -> list[Fault]:
    """Return these faults."""
    return list(faults("id_token", *ALGORITHMS, *SIGNATURES, *HEADERS, *FORMS))
