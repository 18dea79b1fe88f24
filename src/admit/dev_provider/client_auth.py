"""Client authentication at the token, introspection and revocation endpoints.

May know: model, provider.
"""

from __future__ import annotations

from base64 import b64decode
from hmac import compare_digest
from urllib.parse import unquote_plus

from flask import request

from admit.dev_provider.model import Client, Refused
from admit.dev_provider.provider import Provider


def authenticated_client(provider: Provider) -> Client:
    """Return the client that sent the request, by exactly the method it is registered with.

    Raises:
        Refused: With Okta's wording for what is wrong with the credentials.

    Spec: RFC 6749 2.3.1.
    """
    if "client_secret" in request.args:
        message = "Client credentials cannot be supplied via query parameters."
        raise Refused("invalid_request", message)
    header = request.headers.get("Authorization")
    posted = "client_secret" in request.form
    if header is not None and posted:
        message = (
            "Cannot supply multiple client credentials. Use one of the following: credentials in"
            " the Authorization header, or credentials in the post body."
        )
        raise Refused("invalid_request", message, 401)
    if header is not None:
        client_id, secret = _basic(header)
        return _matched(provider, client_id, secret, "client_secret_basic")
    client_id = request.form.get("client_id", "")
    method = "client_secret_post" if posted else "none"
    return _matched(provider, client_id, request.form.get("client_secret", ""), method)


def _basic(header: str) -> tuple[str, str]:
    scheme, _, encoded = header.partition(" ")
    try:
        text = b64decode(encoded, validate=True).decode()
    except ValueError:
        text = ""
    client_id, colon, secret = text.partition(":")
    if scheme.lower() != "basic" or not colon:
        message = "Found Authentication header but was not valid client credentials."
        raise Refused("invalid_client", message, 401)
    return unquote_plus(client_id), unquote_plus(secret)


def _matched(provider: Provider, client_id: str, secret: str, method: str) -> Client:
    client = provider.clients.get(client_id)
    if client is None:
        raise Refused("invalid_client", "Invalid value for 'client_id' parameter.", 401)
    if method != client.token_endpoint_auth_method:
        message = (
            "No client credentials found."
            if method == "none"
            else "Client authentication failed. Either the client or the client credentials are"
            " invalid."
        )
        raise Refused("invalid_client", message, 401)
    if method != "none" and not compare_digest(secret.encode(), client.client_secret.encode()):
        message = "The client secret supplied for a confidential client is invalid."
        raise Refused("invalid_client", message, 401)
    return client
