"""The command ``admit provider``: start, say what runs, serve until interrupted.

May know: config, provider, app, server.
"""

from __future__ import annotations

import json
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from admit.dev_provider.app import create_app
from admit.dev_provider.config import (
    REDIRECT_URI,
    URIS,
    ProviderConfig,
    config_from_json,
    is_url,
)
from admit.dev_provider.server import listening, origin, served

if TYPE_CHECKING:
    import socket

LARGEST_FILE: Final = 1024 * 1024
LABELS: Final = {
    "backchannel_logout_uri": "Back-channel",
    "frontchannel_logout_uri": "Front-channel",
    "initiate_login_uri": "Initiate login",
    "universal_logout_uri": "Universal Logout",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The options of the command.

    Attributes:
        host: A loopback address.
        port: The port; 0 takes a free one.
        redirect_uri: Registered for the first client, besides its own.
        post_logout_redirect_uri: Likewise, for signing out.
        config_file: A JSON file with clients and users, or None for the demo ones.
        access_token_lifetime: In seconds.
    """

    host: str
    port: int
    redirect_uri: tuple[str, ...]
    post_logout_redirect_uri: tuple[str, ...]
    backchannel_logout_uri: str | None
    frontchannel_logout_uri: str | None
    initiate_login_uri: str | None
    universal_logout_uri: str | None
    config_file: str | None
    access_token_lifetime: int

    @property
    def uris(self) -> dict[str, Any]:
        """Return the URIs of the first client that are given, by the name of its field."""
        given = {name: getattr(self, name) for name in URIS}
        return {name: uri for name, uri in given.items() if uri is not None}


def run(options: Options) -> None:
    """Serve until interrupted.

    Raises:
        click.ClickException: The provider cannot start; the message says why.
    """
    given = (*options.redirect_uri, *options.post_logout_redirect_uri, *options.uris.values())
    for uri in given:
        if not is_url(uri):
            message = f"{uri!r} is no URL such as {REDIRECT_URI}."
            raise click.ClickException(message)
    with closing(_listener(options.host, options.port)) as listener:
        config = configured(options, origin(options.host, listener))
        with served(create_app(config), listener) as server, suppress(KeyboardInterrupt):
            click.echo(greeting(config))
            server.serve_forever()


def _listener(host: str, port: int) -> socket.socket:
    try:
        return listening(host, port)
    except ValueError as problem:
        message = f"The provider is for development and listens on this machine only: {problem}."
        raise click.ClickException(message) from None
    except OSError as problem:
        message = f"Cannot listen on {host} port {port}: {problem.strerror}. Try --port 0."
        raise click.ClickException(message) from None


def configured(options: Options, url: str) -> ProviderConfig:
    """Return the settings of a provider at *url*.

    Raises:
        click.ClickException: The configuration file is not good; the message says why.
    """
    config = _from_file(options.config_file, url)
    first, *others = config.clients
    first = replace(
        first,
        redirect_uris=first.redirect_uris + options.redirect_uri,
        post_logout_redirect_uris=(
            first.post_logout_redirect_uris + options.post_logout_redirect_uri
        ),
        **options.uris,
    )
    return replace(
        config,
        clients=(first, *others),
        access_token_seconds=options.access_token_lifetime,
    )


def _from_file(config_file: str | None, url: str) -> ProviderConfig:
    if config_file is None:
        return ProviderConfig(url=url)
    try:
        with Path(config_file).open("rb") as file:
            return config_from_json(json.loads(file.read(LARGEST_FILE)), url)
    except (OSError, ValueError, RecursionError) as problem:
        message = f"{config_file}: {problem}"
        raise click.ClickException(message) from None


def greeting(config: ProviderConfig) -> str:
    """Return what the command prints once it listens."""
    client = config.clients[0]
    rows = [
        ("Issuer", f"{config.url}/oauth2/default"),
        ("Client ID", client.client_id),
        ("Client secret", client.client_secret or "(none: a public client)"),
        *(("Redirect URI", uri) for uri in client.redirect_uris),
        *(("Sign-out URI", uri) for uri in client.post_logout_redirect_uris),
        *((LABELS[name], getattr(client, name)) for name in URIS if getattr(client, name)),
        *(("User", f"{user.login}  {user.password}") for user in config.users),
    ]
    lines = [f"  {label:<16} {value}" for label, value in rows]
    head = "Admit's provider is running. It is for development only: nothing here is secret."
    return "\n".join([head, "", *lines, "", "Press Ctrl+C to stop."])
