"""What to enter at the provider, computed from the live settings.

May know: client_auth, protocol, providers, settings.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from admit.client_auth import METHODS
from admit.protocol.discovery import is_loopback
from admit.providers import is_okta
from admit.settings import Settings

Rows = list[tuple[str, str]]


def registration(settings: Settings) -> Rows:
    """Return what the provider must know of this application: the field's name, the value.

    The names are those of the Okta Admin Console; other consoles say much the same.
    """
    client = settings.client
    method = next(
        name for name, make in METHODS.items() if type(make("")) is type(client.authentication)
    )
    grants = "Authorization Code"
    if "offline_access" in client.scope:
        grants += ", Refresh Token"
    rows = [
        ("Sign-in method", "OIDC - OpenID Connect"),
        ("Application type", "Web Application"),
        ("Client authentication", "None" if method == "none" else f"Client secret ({method})"),
        ("Grant type", grants),
        ("Sign-in redirect URI", client.redirect_uri),
        ("Sign-out redirect URI", client.post_logout_redirect_uri),
        ("Initiate login URI", settings.base_url + settings.sign_in_path),
    ]
    if settings.are_stored:
        rows += [
            ("Back-channel logout URI", settings.base_url + settings.backchannel_logout_path),
            ("Front-channel logout URI", settings.base_url + settings.frontchannel_logout_path),
        ]
    if settings.universal_logout_path is not None:
        endpoint = settings.base_url + settings.universal_logout_path
        rows.append(("Universal Logout endpoint", endpoint))
    return rows


def configuration(settings: Settings) -> Rows:
    """Return what this application knows of the provider. The secret is not among it."""
    client = settings.client
    return [
        ("Issuer", client.issuer),
        ("Client ID", client.client_id),
        ("Scopes", " ".join(client.scope)),
        ("ID Token signed with", client.id_token_signed_response_alg),
        ("Response mode", client.response_mode),
    ]


def reminders(settings: Settings) -> list[str]:
    """Return what is forgotten most, at the provider and on the way to the store."""
    return [*_at_the_provider(settings), *_on_the_way_to_the_store(settings)]


def _on_the_way_to_the_store(settings: Settings) -> list[str]:
    if is_loopback(urlsplit(settings.sessions).hostname):
        return []
    if settings.sessions.startswith("redis"):
        secure = settings.sessions.startswith("rediss")
        fix = f"rediss{settings.sessions[5:].partition(':')[0]}://"
    else:
        secure = "sslmode=verify-full" in settings.sessions
        fix = "?sslmode=verify-full"
        if not settings.sessions.startswith("postgres"):
            return []
    return [] if secure else [f"ADMIT_SESSIONS: unless its network is yours alone, use {fix}."]


def _at_the_provider(settings: Settings) -> list[str]:
    parts = urlsplit(settings.client.issuer)
    if not is_okta(parts.hostname or ""):
        lines = ["Let the users who may sign in use this application."]
        if settings.end_session_method == "post":
            lines.append(
                "If sign-out stops at the provider's page: it wants ADMIT_END_SESSION_METHOD=get."
            )
        return lines
    lines = ["Applications > your app > Assignments: assign the people who may sign in."]
    server = parts.path.rpartition("/")[2]
    if server:
        lines.append(
            f"Security > API > {server} > Access Policies: a policy for this app, with a rule."
        )
    return lines
