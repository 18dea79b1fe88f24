"""The part of the settings that the provider knows too: the client.

May know: client_auth, config_reader, config_urls, jose, model, protocol.authorization, providers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal, cast
from urllib.parse import urlsplit

from admit.client_auth import METHODS, NoAuthentication
from admit.config_reader import Reader
from admit.config_urls import read_issuer
from admit.jose import ALGORITHMS
from admit.model import Client
from admit.protocol.authorization import check_parameters
from admit.providers import okta_issuer

#: The claim of a scope that an application misses most; a thin ID Token leaves it to UserInfo.
SCOPE_CLAIMS: Mapping[str, str] = {"profile": "name", "email": "email", "groups": "groups"}
WHERE_CLIENT = "In the Okta Admin Console: Applications > your app > General > Client Credentials."


def read_client(reader: Reader, base_url: str, paths: Mapping[str, str]) -> Client:
    """Return the client, with what is wrong with it noted.

    Args:
        reader: Finds the settings, and takes the problems.
        base_url: In its plain form.
        paths: Of the sign-in's own pages.
    """
    client_id = reader.text("client_id", where=WHERE_CLIENT)
    if re.search(r"\s", client_id):
        reader.problem(reader.shown("client_id"), "there is a blank in it", WHERE_CLIENT)
    authentication = _authentication(reader, client_id)
    response_mode = reader.choice("response_mode", ("query", "form_post"), "query")
    if response_mode == "form_post" and base_url.startswith("http://"):
        reader.problem(
            reader.shown("response_mode"),
            "form_post needs a cookie that browsers send over https only",
            "Use query, or serve the application over https.",
        )
    scope = _scope(reader)
    return Client(
        issuer=_issuer(reader),
        client_id=client_id,
        authentication=authentication,
        redirect_uri=base_url + paths["callback_path"],
        post_logout_redirect_uri=base_url + paths["signed_out_path"].rstrip("/"),
        scope=scope,
        response_mode=cast("Literal['query', 'form_post']", response_mode),
        id_token_signed_response_alg=reader.choice(
            "id_token_signed_response_alg", tuple(ALGORITHMS), "RS256"
        ),
        leeway=reader.number("leeway", 0, 300, 60),
        userinfo=cast(
            "Literal['auto', 'always', 'never']",
            reader.choice("userinfo", ("auto", "always", "never"), "auto"),
        ),
        claims=reader.words(
            "claims", tuple(claim for name, claim in SCOPE_CLAIMS.items() if name in scope)
        ),
        authorization_parameters=_parameters(reader),
    )


def _issuer(reader: Reader) -> str:
    """Return the issuer, given as such or as an Okta domain."""
    domain = reader.optional("okta_domain")
    places = {name: reader.place(name) for name in ("issuer", "okta_domain")}
    if domain and places["issuer"] == places["okta_domain"]:
        host = (domain.partition("://")[2] or domain).partition("/")[0]
        if host.lower() not in str(reader.value("issuer")).lower():
            reader.problem(
                reader.shown("okta_domain"),
                f"{reader.shown('issuer')} is set too, and is another org's",
                "Remove one of them: the issuer alone is enough.",
            )
    if domain and places["okta_domain"] < places["issuer"]:
        if urlsplit(domain if "://" in domain else f"https://{domain}").path.strip("/"):
            return read_issuer(reader, "okta_domain", domain)
        server = reader.optional("okta_authorization_server")
        issuer = okta_issuer(domain, "default" if server is None else server)
        return read_issuer(reader, "okta_domain", issuer)
    return read_issuer(reader, "issuer", reader.text("issuer", where=(
        "In the Okta Admin Console: Security > API > Authorization Servers > Issuer URI, such as"
        " https://acme.okta.com/oauth2/default."
    )))  # fmt: skip


def _authentication(reader: Reader, client_id: str) -> Any:  # noqa: ANN401 - a table's value
    method = reader.choice("token_endpoint_auth_method", tuple(METHODS), "client_secret_basic")
    if method == "none":
        return NoAuthentication()
    secret = reader.text("client_secret", where=WHERE_CLIENT, secret=True)
    if secret and secret == client_id:
        reader.problem(
            reader.shown("client_secret"), "it is the client id", f"Copy the secret. {WHERE_CLIENT}"
        )
    return METHODS[method](secret)


def _scope(reader: Reader) -> tuple[str, ...]:
    scope = reader.words("scope", ("openid", "profile", "email"))
    if "openid" not in scope:
        reader.problem(reader.shown("scope"), "openid is not in it", "Add openid.")
    return scope


def _parameters(reader: Reader) -> Mapping[str, str]:
    value = reader.value("authorization_parameters")
    if value is None:
        return {}
    try:
        if not isinstance(value, Mapping):
            message = "it is no mapping of names to strings"
            raise TypeError(message)  # noqa: TRY301 - one place reports all three
        check_parameters(value)
    except (TypeError, ValueError) as error:
        reader.problem(
            reader.shown("authorization_parameters"),
            str(error),
            "Give other parameters, as a dict.",
        )
        return {}
    return dict(value)
