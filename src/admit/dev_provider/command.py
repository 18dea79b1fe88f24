"""The command ``admit provider``: start, say what runs, serve until interrupted.

May know: config, provider, app, server.
"""

from __future__ import annotations

import json
import re
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from admit.dev_provider.app import create_app
from admit.dev_provider.config import REDIRECT_URI, ProviderConfig, config_from_json
from admit.dev_provider.server import listening, origin, served

if TYPE_CHECKING:
    import socket

LARGEST_FILE: Final = 1024 * 1024


def run(
    host: str,
    port: int,
    redirect_uris: tuple[str, ...],
    post_logout_redirect_uris: tuple[str, ...],
    config_file: str | None,
) -> None:
    """Serve until interrupted.

    Args:
        host: A loopback address.
        port: The port; 0 takes a free one.
        redirect_uris: Registered for the first client, besides its own.
        post_logout_redirect_uris: Likewise, for signing out.
        config_file: A JSON file with clients and users, or None for the demo ones.

    Raises:
        click.ClickException: The provider cannot start; the message says why.
    """
    for uri in (*redirect_uris, *post_logout_redirect_uris):
        if not re.match(r"https?://[^/?#\s]+[^\s]*$", uri):
            message = f"{uri!r} is no URL such as {REDIRECT_URI}."
            raise click.ClickException(message)
    with closing(_listener(host, port)) as listener:
        config = _config(config_file, origin(host, listener))
        first, *others = config.clients
        first = replace(
            first,
            redirect_uris=first.redirect_uris + redirect_uris,
            post_logout_redirect_uris=first.post_logout_redirect_uris + post_logout_redirect_uris,
        )
        config = replace(config, clients=(first, *others))
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


def _config(config_file: str | None, url: str) -> ProviderConfig:
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
        *(("User", f"{user.login}  {user.password}") for user in config.users),
    ]
    lines = [f"  {label:<14} {value}" for label, value in rows]
    head = "Admit's provider is running. It is for development only: nothing here is secret."
    return "\n".join([head, "", *lines, "", "Press Ctrl+C to stop."])
