"""Sign-out at the provider (OpenID Connect RP-Initiated Logout 1.0).

May know: model, protocol.answers.
"""

from __future__ import annotations

from urllib.parse import urlencode

from admit.model import Client, ProviderMetadata
from admit.protocol.answers import with_query


def end_session_url(
    metadata: ProviderMetadata, client: Client, *, id_token_hint: str, state: str
) -> str | None:
    """Return the URL that ends the provider's session, or None if it offers none.

    Spec: OIDC RP-Initiated Logout 1.0, section 2.
    """
    endpoint = metadata.end_session_endpoint
    if endpoint is None:
        return None
    query = urlencode(
        {
            "id_token_hint": id_token_hint,
            "post_logout_redirect_uri": client.post_logout_redirect_uri,
            "state": state,
        }
    )
    # Azure AD B2C's endpoint has a query of its own.
    return with_query(endpoint, query)
