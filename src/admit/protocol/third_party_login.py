"""Sign-in that the provider starts: the tile of a dashboard (OIDC Core 4).

May know: errors, model, return_to, protocol.answers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from admit.errors import ResponseRejected, shown
from admit.model import Client, ThirdPartyLogin
from admit.protocol.answers import is_issuer_or_origin, singles
from admit.return_to import safe_return_to

PARAMETERS = ("iss", "login_hint", "target_link_uri")
LONGEST_HINT = 255


def parse_third_party_login(
    parameters: Mapping[str, Sequence[str]], *, client: Client, origin: str
) -> ThirdPartyLogin:
    """Return what the provider wishes for the sign-in; what cannot be followed is left out.

    ``iss`` is compared and never followed: the endpoints are those of the configured issuer.

    Args:
        parameters: Of the query or the form.
        client: Whose issuer it must be. Okta sends the org's address whatever the server.
        origin: Of this application, such as ``https://www.example.com``.

    Raises:
        ResponseRejected: ``third_party_login.duplicate_parameter`` or
            ``third_party_login.iss_mismatch``.

    Spec: OIDC Core 4.
    """
    given = singles(parameters, PARAMETERS, "third_party_login.duplicate_parameter")
    if not is_issuer_or_origin(given.get("iss"), client.issuer):
        raise ResponseRejected(
            "third_party_login.iss_mismatch",
            f"expected {shown(client.issuer)} or its origin, got {shown(given.get('iss'))}",
            hint="another provider, or a page of somebody else, tries to start a sign-in",
            spec="OIDC Core 4",
        )
    hint = given.get("login_hint", "")
    usable = 1 <= len(hint) <= LONGEST_HINT and hint.isprintable()
    return ThirdPartyLogin(
        login_hint=hint if usable else None, target=_target(given.get("target_link_uri"), origin)
    )


def _target(uri: str | None, origin: str) -> str | None:
    """Return the path and query of *uri* where it is a page of *origin*."""
    if uri is None or not uri.startswith(origin):
        return None
    # What follows must be a path: https://www.example.com.evil.example begins as we do.
    path = uri.removeprefix(origin).partition("#")[0] or "/"
    return safe_return_to(path, own=(), default="") or None
