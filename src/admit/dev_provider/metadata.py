"""The metadata document and the key set.

May know: provider, faults.
"""

from __future__ import annotations

from typing import Any, Final

from flask import Response, jsonify

from admit.dev_provider import faults
from admit.dev_provider.provider import SCOPES, Provider, Server

AUTH_METHODS: Final = [
    "client_secret_basic",
    "client_secret_post",
    "client_secret_jwt",
    "private_key_jwt",
    "none",
]
CLAIMS: Final = (
    "iss ver sub aud iat exp jti auth_time amr idp nonce name nickname preferred_username"
    " given_name middle_name family_name email email_verified profile zoneinfo locale address"
    " phone_number picture website gender birthdate updated_at at_hash c_hash"
)
# What Okta lists, where it promises more than this provider does: the rest is refused politely.
FIXED: Final[dict[str, Any]] = {
    "response_types_supported": [
        "code",
        "id_token",
        "code id_token",
        "code token",
        "id_token token",
        "code id_token token",
    ],
    "response_modes_supported": ["query", "fragment", "form_post", "okta_post_message"],
    "grant_types_supported": [
        "authorization_code",
        "implicit",
        "refresh_token",
        "password",
        "urn:ietf:params:oauth:grant-type:device_code",
    ],
    "subject_types_supported": ["public"],
    "id_token_signing_alg_values_supported": ["RS256"],
    "scopes_supported": list(SCOPES),
    "token_endpoint_auth_methods_supported": AUTH_METHODS,
    "introspection_endpoint_auth_methods_supported": AUTH_METHODS,
    "revocation_endpoint_auth_methods_supported": AUTH_METHODS,
    "claims_supported": CLAIMS.split(),
    "code_challenge_methods_supported": ["S256"],
    # Okta's documents do not list these four; an app learns here that it will be told.
    "backchannel_logout_supported": True,
    "backchannel_logout_session_supported": True,
    "frontchannel_logout_supported": True,
    "frontchannel_logout_session_supported": True,
    "request_parameter_supported": True,
    "request_object_signing_alg_values_supported": [
        f"{family}{bits}" for family in ("HS", "RS", "ES") for bits in (256, 384, 512)
    ],
}
ENDPOINTS: Final = {
    "authorization_endpoint": "/v1/authorize",
    "token_endpoint": "/v1/token",
    "userinfo_endpoint": "/v1/userinfo",
    "jwks_uri": "/v1/keys",
    "introspection_endpoint": "/v1/introspect",
    "revocation_endpoint": "/v1/revoke",
    "end_session_endpoint": "/v1/logout",
    "device_authorization_endpoint": "/v1/device/authorize",
    "pushed_authorization_request_endpoint": "/v1/par",
}
ENCRYPTION: Final = {
    "id_token_encryption_alg_values_supported": ["RSA-OAEP-256", "RSA-OAEP-384", "RSA-OAEP-512"],
    "id_token_encryption_enc_values_supported": ["A256GCM"],
}


def metadata(provider: Provider, server: Server) -> Response:
    """Return the metadata. Spec: OIDC Discovery 3, RFC 8414 2."""
    document: dict[str, Any] = {
        "issuer": server.issuer,
        **{name: server.base + path for name, path in ENDPOINTS.items()},
        "registration_endpoint": f"{provider.config.url}/oauth2/v1/clients",
        **FIXED,
    }
    if server.name == "default":
        document |= ENCRYPTION
    for change in provider.faults.take(faults.METADATA):
        change(document)
    response = jsonify(document)
    response.headers["Cache-Control"] = "max-age=86400, must-revalidate"
    return response


def keys(provider: Provider, server: Server) -> Response:
    """Return the key set. Spec: RFC 7517 5."""
    del provider
    response = jsonify(server.keys.jwks())
    response.headers["Cache-Control"] = "max-age=3832304, must-revalidate"
    return response


def not_enabled(provider: Provider, server: Server) -> Response:
    """Refuse what Okta's metadata lists and this provider does not do."""
    del provider, server
    response = jsonify(
        error="access_denied",
        error_description="The requested feature is not enabled in this environment.",
    )
    response.status_code = 400
    return response
