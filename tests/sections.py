"""What a refusal says beside its code: the status, the section that asks for it, whether it hints.

`material.refused` compares each refusal that a test causes with its rows.
"""

from __future__ import annotations

from admit.errors import SignInError

#: The code, the HTTP status, the section, whether there is a hint.
Row = tuple[str, int, str, bool]

TOKENS = {"id_token": 400, "logout_token": 400, "universal_logout": 401, "userinfo": 400}
CLAIMS = {name: status for name, status in TOKENS.items() if name != "userinfo"}
#: Any signed token: its header and its signature.
HEADERS = [
    (f"{what}.{reason}", status, spec, hint)
    for what, status in TOKENS.items()
    for reason, spec, hint in (
        ("alg", "OIDC Core 3.1.3.7 (7)", True),
        ("crit", "", False),
        ("encrypted", "RFC 7516 3.1", True),
        ("kid", "", False),
        ("malformed", "", False),
        ("signature", "OIDC Core 3.1.3.7 (6)", False),
        ("typ", "RFC 8725 3.11", False),
        ("unknown_key", "OIDC Core 10.1, RFC 7517 5, RFC 7518 3.3", True),
    )
]
#: Signed tokens whose times count.
TIMES = [
    (f"{what}.{reason}", status, spec, False)
    for what, status in CLAIMS.items()
    for reason, spec in (
        ("malformed", "RFC 7519 7.2"),
        ("exp_invalid", "RFC 7519 2"),
        ("iat_invalid", "RFC 7519 2"),
        ("nbf_invalid", "RFC 7519 2"),
        ("expired", "RFC 7519 4.1.4"),
        ("iat_in_future", "RFC 7519 4.1.6"),
        ("nbf_in_future", "RFC 7519 4.1.5"),
    )
]
#: Signed tokens that are good once.
ONCE = [
    (f"{what}.{reason}", CLAIMS[what], spec, False)
    for what in ("logout_token", "universal_logout")
    for reason, spec in (("iat_too_old", "RFC 7519 4.1.6"), ("jti_invalid", "RFC 7519 4.1.7"))
]
ROWS: frozenset[Row] = frozenset(
    [
        *HEADERS,
        *TIMES,
        *ONCE,
        ("provider.rate_limited", 503, "RFC 6585 4", True),
        ("provider.unavailable", 503, "", True),
        ("discovery.bad_endpoint", 502, "OIDC Discovery 3", True),
        ("discovery.issuer_mismatch", 502, "OIDC Discovery 4.3", True),
        ("discovery.malformed", 502, "", False),
        ("discovery.not_found", 502, "OIDC Discovery 4", True),
        ("jwks.empty", 502, "RFC 7517 5", True),
        ("jwks.malformed", 502, "", False),
        ("jwks.malformed", 502, "RFC 7517 5", False),
        ("attempt.expired", 400, "", False),
        ("attempt.missing", 400, "", True),
        ("attempt.other_issuer", 400, "", False),
        ("attempt.unreadable", 400, "", True),
        ("attempt.used", 400, "", False),
        ("response.code_missing", 400, "", False),
        ("response.code_missing", 400, "RFC 6749 A.11", False),
        ("response.code_too_long", 400, "", False),
        ("response.duplicate_parameter", 400, "RFC 6749 3.1", False),
        ("response.empty", 400, "", True),
        ("response.iss_mismatch", 400, "RFC 9207 2.4", True),
        ("response.iss_missing", 400, "RFC 9207 2.4", False),
        ("response.state_mismatch", 400, "", False),
        ("response.state_missing", 400, "RFC 6749 4.1.2", False),
        ("response.third_party_initiated", 400, "OIDC Core 4", True),
        ("authorization.error", 403, "RFC 6749 4.1.2.1", False),
        ("token.access_token_missing", 400, "OIDC Core 3.1.3.3", True),
        ("token.id_token_missing", 400, "OIDC Core 3.1.3.3", True),
        ("token.invalid_client", 502, "RFC 6749 5.2", True),
        ("token.invalid_grant", 400, "RFC 6749 5.2", True),
        ("token.malformed", 502, "", False),
        ("token.refused", 502, "RFC 6749 5.2", False),
        ("token.token_type", 400, "OIDC Core 3.1.3.3, RFC 6749 7.1", False),
        ("id_token.acr_unsatisfied", 400, "OIDC Core 3.1.3.7 (12)", True),
        ("id_token.at_hash_mismatch", 400, "OIDC Core 3.1.3.8", False),
        ("id_token.aud_mismatch", 400, "OIDC Core 3.1.3.7 (3)", True),
        ("id_token.auth_time_invalid", 400, "RFC 7519 2", False),
        ("id_token.auth_time_too_old", 400, "OIDC Core 3.1.3.7 (13)", False),
        ("id_token.azp_mismatch", 400, "OIDC Core 3.1.3.7 (4), (5)", False),
        ("id_token.iss_mismatch", 400, "OIDC Core 3.1.3.7 (2)", True),
        ("id_token.nonce_mismatch", 400, "OIDC Core 3.1.3.7 (11)", True),
        ("id_token.nonce_missing", 400, "OIDC Core 3.1.3.7 (11)", True),
        ("id_token.sub_invalid", 400, "OIDC Core 2", False),
        ("userinfo.malformed", 502, "", False),
        ("userinfo.party_mismatch", 400, "OIDC Core 5.3.2", False),
        ("userinfo.refused", 502, "OIDC Core 5.3.3", True),
        ("userinfo.sub_mismatch", 400, "OIDC Core 5.3.2", True),
        ("refresh.auth_time_mismatch", 400, "OIDC Core 12.2", True),
        ("refresh.invalid_grant", 400, "RFC 6749 5.2", True),
        ("refresh.iss_mismatch", 400, "OIDC Core 12.2", False),
        ("refresh.nonce_mismatch", 400, "OIDC Core 12.2", False),
        ("refresh.sub_mismatch", 400, "OIDC Core 12.2", True),
        ("revocation.refused", 502, "RFC 7009 2.2.1", True),
        ("session.too_large", 502, "RFC 6265 6.1", True),
        ("logout_token.aud_mismatch", 400, "Back-Channel Logout 2.6 (4)", True),
        ("logout_token.event_missing", 400, "Back-Channel Logout 2.6 (6)", True),
        ("logout_token.iss_mismatch", 400, "Back-Channel Logout 2.6 (4)", False),
        ("logout_token.nonce_present", 400, "Back-Channel Logout 2.6 (7)", False),
        ("logout_token.sid_invalid", 400, "Back-Channel Logout 2.4", False),
        ("logout_token.sub_invalid", 400, "Back-Channel Logout 2.4", False),
        ("logout_token.subject_missing", 400, "Back-Channel Logout 2.6 (5)", False),
        ("frontchannel.duplicate_parameter", 400, "RFC 6749 3.1", False),
        ("frontchannel.iss_mismatch", 400, "Front-Channel Logout 2", True),
        ("frontchannel.sid_missing", 400, "Front-Channel Logout 2", True),
        ("universal_logout.aud_mismatch", 401, "RFC 7523 3 (3)", True),
        ("universal_logout.body_malformed", 400, "RFC 9493 3.2", False),
        ("universal_logout.iss_mismatch", 401, "RFC 7523 3 (1)", False),
        ("universal_logout.sub_mismatch", 401, "RFC 7523 3 (2)", True),
        ("universal_logout.token_missing", 401, "RFC 6750 2.1", True),
        ("universal_logout.unknown_format", 400, "RFC 9493 3.2", True),
        ("universal_logout.unknown_issuer", 404, "RFC 9493 3.2.3", False),
        ("third_party_login.duplicate_parameter", 400, "RFC 6749 3.1", False),
        ("third_party_login.iss_mismatch", 400, "OIDC Core 4", True),
    ]
)
LISTED = frozenset(code for code, *_ in ROWS)


def row(error: SignInError) -> Row:
    """Return what *error* says, as a row."""
    return error.code, error.status, error.spec, bool(error.hint)
