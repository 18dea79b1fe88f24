"""Faults of what the ID Token says, and of the provider's clock.

May know: testing.faults.
"""

from __future__ import annotations

from admit.testing.faults.fault import DAY, ELSEWHERE, HOUR, Fault, Row, faults, resigned, shifted
from admit.testing.faults.forgery import payload_with

ISS, AUD, SUB = "id_token.iss_mismatch", "id_token.aud_mismatch", "id_token.sub_invalid"
EXP, IAT, NBF = "id_token.exp_invalid", "id_token.iat_invalid", "id_token.nbf_invalid"
NONCE, AT_HASH = "id_token.nonce_mismatch", "id_token.at_hash_mismatch"

PARTIES: tuple[Row, ...] = (
    ("iss_other", "iss is another provider", ISS, {"claims": {"iss": ELSEWHERE}}),
    ("iss_slash", "iss has a slash more", ISS,
     {"forge": resigned(lambda claims, _: {"iss": f"{claims['iss']}/"})}),
    ("iss_shorter", "iss has a letter less", ISS,
     {"forge": resigned(lambda claims, _: {"iss": claims["iss"][:-1]})}),
    ("iss_capitals", "iss is in capitals", ISS,
     {"forge": resigned(lambda claims, _: {"iss": claims["iss"].upper()})}),
    ("iss_list", "iss is a list", ISS,
     {"forge": resigned(lambda claims, _: {"iss": [claims["iss"]]})}),
    ("iss_missing", "There is no iss", ISS, {"claims": {"iss": None}}),
    ("aud_other", "aud is another client", AUD, {"claims": {"aud": "another"}}),
    ("aud_missing", "There is no aud", AUD, {"claims": {"aud": None}}),
    ("aud_empty", "aud is an empty list", AUD, {"claims": {"aud": []}}),
    ("aud_object", "aud is an object", AUD,
     {"forge": resigned(lambda _, provider: {"aud": {provider.client_id: 1}})}),
    ("aud_more", "aud names another client too", AUD,
     {"forge": resigned(lambda _, provider: {"aud": [provider.client_id, "another"]})}),
    ("aud_more_azp_other", "aud names another client too, and azp is that one",
     "id_token.azp_mismatch",
     {"forge": resigned(lambda _, provider: {
         "aud": [provider.client_id, "another"], "azp": "another"})}),
    ("aud_list", "aud is a list of this client alone", None,
     {"forge": resigned(lambda _, provider: {"aud": [provider.client_id]})}),
    ("azp_other", "azp is another client", "id_token.azp_mismatch",
     {"claims": {"azp": "another"}}),
)  # fmt: skip

SUBJECTS: tuple[Row, ...] = (
    ("sub_missing", "There is no sub", SUB, {"claims": {"sub": None}}),
    ("sub_empty", "sub is empty", SUB, {"claims": {"sub": ""}}),
    ("sub_number", "sub is a number", SUB, {"claims": {"sub": 1}}),
    ("sub_long", "sub has 256 characters", SUB, {"claims": {"sub": "x" * 256}}),
    ("sub_huge", "sub has 100,000 characters", SUB, {"claims": {"sub": "x" * 100_000}}),
    ("sub_no_ascii", "sub is not ASCII", SUB, {"claims": {"sub": "00u\u00e9"}}),
    ("sub_line_break", "sub has a line break", SUB, {"claims": {"sub": "00u1\nforged"}}),
    ("same_email", "Another user has the e-mail address of this one", None,
     {"user": {"sub": "00u-other"}}),
    ("same_username", "Another user has the preferred_username of this one", None,
     {"user": {"sub": "00u-other", "preferred_username": "a@example.com"}}),
    ("groups_200", "The user is in 200 groups, which a cookie does not hold",
     "session.too_large", {"claims": {"groups": [f"Department {n * n:06}" for n in range(200)]}}),
)  # fmt: skip

TIMES: tuple[Row, ...] = (
    ("expired", "It ended an hour ago", "id_token.expired", {"forge": shifted(-2 * HOUR, "exp")}),
    ("exp_missing", "There is no exp", EXP, {"claims": {"exp": None}}),
    ("exp_text", "exp is a text", EXP, {"claims": {"exp": "tomorrow"}}),
    ("exp_true", "exp is true", EXP, {"claims": {"exp": True}}),
    ("exp_huge", "exp has 401 digits", EXP, {"claims": {"exp": 10**400}}),
    ("exp_infinite", "exp is too large for a number", EXP,
     {"claims": {"exp": None}, "forge": payload_with('"exp": 1e999')}),
    ("exp_far", "exp is 10^30", None, {"claims": {"exp": 10**30}}),
    ("iat_future", "It is from tomorrow", "id_token.iat_in_future",
     {"forge": shifted(DAY, "iat", "exp")}),
    ("iat_missing", "There is no iat", IAT, {"claims": {"iat": None}}),
    ("iat_text", "iat is a text", IAT, {"claims": {"iat": "now"}}),
    ("nbf_future", "It is good from tomorrow", "id_token.nbf_in_future",
     {"forge": resigned(lambda claims, _: {"nbf": claims["iat"] + DAY})}),
    ("nbf_text", "nbf is a text", NBF, {"claims": {"nbf": "now"}}),
    ("clock_20_s_ahead", "The provider's clock is 20 s ahead", None,
     {"forge": shifted(20, "iat", "exp", "auth_time")}),
    ("clock_30_s_ahead", "The provider's clock is 30 s ahead", None,
     {"forge": shifted(30, "iat", "exp", "auth_time")}),
    ("clock_30_s_behind", "The provider's clock is 30 s behind", None,
     {"forge": shifted(-30, "iat", "exp", "auth_time")}),
    ("clock_2_h_ahead", "The provider's clock is 2 h ahead", "id_token.iat_in_future",
     {"forge": shifted(2 * HOUR, "iat", "exp", "auth_time")}),
    ("clock_2_h_behind", "The provider's clock is 2 h behind", "id_token.expired",
     {"forge": shifted(-2 * HOUR, "iat", "exp", "auth_time")}),
)  # fmt: skip

ATTEMPT: tuple[Row, ...] = (
    ("nonce_missing", "There is no nonce", "id_token.nonce_missing", {"claims": {"nonce": None}}),
    ("nonce_other", "nonce is that of another sign-in", NONCE,
     {"claims": {"nonce": "n-0S6_WzA2Mj"}}),
    ("nonce_list", "nonce is a list", NONCE,
     {"forge": resigned(lambda claims, _: {"nonce": [claims["nonce"]]})}),
    ("nonce_shorter", "nonce has a letter less", NONCE,
     {"forge": resigned(lambda claims, _: {"nonce": claims["nonce"][:-1]})}),
    ("at_hash_other", "at_hash is that of another access token", AT_HASH,
     {"claims": {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}}),
    ("at_hash_number", "at_hash is a number", AT_HASH, {"claims": {"at_hash": 1}}),
    ("at_hash_missing", "There is no at_hash", None, {"claims": {"at_hash": None}}),
    ("access_token", "It is an access token for an API", AUD,
     {"claims": {"aud": "api://default", "scp": ["openid"], "cid": "client"}}),
)  # fmt: skip

FRESHNESS: tuple[Row, ...] = (
    ("auth_time_missing", "There is no auth_time, though max_age was asked",
     "id_token.auth_time_invalid", {"claims": {"auth_time": None}}),
    ("auth_time_text", "auth_time is a text", "id_token.auth_time_invalid",
     {"claims": {"auth_time": "now"}}),
    ("auth_time_old", "The user signed in yesterday, though max_age was asked",
     "id_token.auth_time_too_old", {"forge": shifted(-DAY, "auth_time")}),
    ("auth_time_good", "The user has just signed in, as max_age asks", None, {}),
)  # fmt: skip

STRENGTH: tuple[Row, ...] = (
    ("acr_other", "acr is weaker than acr_values asked", "id_token.acr_unsatisfied",
     {"claims": {"acr": "urn:okta:loa:1fa:any"}}),
    ("acr_missing", "There is no acr, though acr_values was asked", "id_token.acr_unsatisfied", {}),
    ("acr_good", "acr is what acr_values asked", None, {"claims": {"acr": "phr"}}),
)  # fmt: skip


def id_token_claims() -> list[Fault]:
    """Return these faults."""
    return [
        *faults("id_token", *PARTIES, *SUBJECTS, *TIMES, *ATTEMPT),
        *faults("id_token", *FRESHNESS, asks={"max_age": "60"}),
        *faults("id_token", *STRENGTH, asks={"acr_values": "phr"}),
    ]
