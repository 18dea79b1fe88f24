"""From mappings and the environment to `Settings`; every problem is reported at once.

May know: config_client, config_reader, config_sessions, config_urls, errors, model, settings.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal, cast

from admit.config_client import read_client
from admit.config_reader import Reader, Source, read_okta_env
from admit.config_sessions import read_sessions
from admit.config_urls import read_base_url
from admit.errors import ConfigurationError
from admit.model import Client
from admit.settings import Settings

#: Okta's names, accepted beside ours wherever settings are read from.
ALIASES: Mapping[str, tuple[str, ...]] = {
    "issuer": ("OKTA_OAUTH2_ISSUER",),
    "client_id": ("OKTA_OAUTH2_CLIENT_ID", "OKTA_OAUTH2_CLIENTID", "OKTA_CLIENT_CLIENTID"),
    "client_secret": ("OKTA_OAUTH2_CLIENT_SECRET", "OKTA_CLIENT_CLIENTSECRET"),
    "okta_domain": ("OKTA_DOMAIN", "ORG_URL", "OKTA_CLIENT_ORGURL", "OKTA_ORG_URL"),
    "okta_authorization_server": ("OKTA_AUTHORIZATION_SERVER_ID",),
    "scope": ("OKTA_OAUTH2_SCOPES", "OKTA_CLIENT_SCOPES"),
    "groups_claim": ("OKTA_OAUTH2_GROUPS_CLAIM", "OKTA_OAUTH2_GROUPSCLAIM"),
}
#: Every setting: ``ADMIT_`` and this in capitals; as a keyword argument, this.
NAMES = (
    "issuer", "client_id", "client_secret", "base_url",
    "okta_domain", "okta_authorization_server",
    "scope", "token_endpoint_auth_method", "id_token_signed_response_alg", "response_mode",
    "authorization_parameters", "userinfo", "claims", "groups_claim", "leeway",
    "protect_all", "public",
    "sign_in_path", "sign_out_path", "callback_path", "signed_out_path", "after_sign_in",
    "secret_keys", "idle_timeout", "absolute_timeout", "cookie_name",
    "http_timeout", "ca_file", "stale_limit", "breaker_failures", "breaker_seconds",
    "sessions", "access_tokens",
    "end_session_method", "backchannel_logout_path", "frontchannel_logout_path",
    "universal_logout_path", "health_path",
)  # fmt: skip
#: Segments with a slash after each but the last, where it is optional; then a query.
PATH = r"/(?:[A-Za-z0-9._~-]+/)*(?:[A-Za-z0-9._~-]+)?"
PATH_WITH_QUERY = PATH + r"(?:\?[!-~]*)?"
#: What Kubernetes tells every container of a Service named "admit".
SERVICE = re.compile(r"ADMIT_(?:SERVICE_(?:HOST|PORT\w*)|PORT(?:_\w+)?)")


def read_settings(
    arguments: Mapping[str, Any],
    config: Mapping[str, Any],
    environ: Mapping[str, str],
    *,
    okta_env: Path | None = None,
    own_store: bool = False,
) -> Settings:
    """Return the settings.

    Args:
        arguments: Of the call, such as ``issuer``; they win.
        config: The framework's, such as ``ADMIT_ISSUER`` and ``SECRET_KEY``; they come next.
        environ: The environment's.
        okta_env: A file as Okta's command line writes it, ``.okta.env``; read last, if it exists.
        own_store: The application hands a store in, whatever ``ADMIT_SESSIONS`` says.

    Raises:
        ConfigurationError: ``config.invalid``, with each problem: setting, what is wrong, fix.
    """
    sources = [
        Source("argument", {f"ADMIT_{k.upper()}": v for k, v in arguments.items()}),
        Source("application", config),
        Source("environment", environ),
        read_okta_env(okta_env),
    ]
    reader = Reader(sources, ALIASES)
    _unknown_names(reader, sources)
    base_url, paths = read_base_url(reader), _paths(reader)
    client = read_client(reader, base_url, paths)
    sessions = read_sessions(reader, client.scope, own_store=own_store)
    settings = _settings(reader, client, base_url, paths, sessions)
    if reader.problems:
        raise ConfigurationError("config.invalid", tuple(reader.problems))
    return settings


def read_place(environ: Mapping[str, Any], *, okta_env: Path) -> str | None:
    """Return where sessions are kept, whatever the other settings are; None where nothing says it.

    Raises:
        ConfigurationError: ``config.invalid``: quotes stand around it, for example.
    """
    reader = Reader([Source("environment", environ), read_okta_env(okta_env)], ALIASES)
    place = reader.optional("sessions")
    if reader.problems:
        raise ConfigurationError("config.invalid", tuple(reader.problems))
    return place


def _unknown_names(reader: Reader, sources: list[Source]) -> None:
    known = {f"ADMIT_{name.upper()}" for name in NAMES}
    for source in sources:
        for name in source.values:
            if not isinstance(name, str) or not name.startswith("ADMIT_") or name in known:
                continue
            if source.kind != "environment" or not SERVICE.fullmatch(name):
                close = get_close_matches(name, known, n=1)
                reader.problem(
                    source.shown(name),
                    "there is no such setting",
                    f"Did you mean {source.shown(close[0])}?" if close else "Remove it.",
                )


def _paths(reader: Reader) -> dict[str, str]:
    defaults = {
        "sign_in_path": "/signin",
        "sign_out_path": "/signout",
        "callback_path": "/authorization-code/callback",
        "signed_out_path": "/",
        "after_sign_in": "/",
        "backchannel_logout_path": "/backchannel-logout",
        "frontchannel_logout_path": "/frontchannel-logout",
        "universal_logout_path": None,
        "health_path": None,
    }
    paths: dict[str, Any] = {}
    for name, default in defaults.items():
        path = paths[name] = reader.optional(name) or default
        if path is None:
            continue
        pattern = PATH_WITH_QUERY if name == "after_sign_in" else PATH
        if not re.fullmatch(pattern, path):
            reader.problem(
                reader.shown(name),
                f"{path!r} is no plain path",
                f"Begin with one slash, such as {default or _example(name)}.",
            )
    own = [path for name, path in paths.items() if path and name != "after_sign_in"]
    if len(set(own)) < len(own):
        reader.problem("ADMIT_*_PATH", "two pages have one path", "Give each its own.")
    if paths["after_sign_in"].partition("?")[0].rstrip("/") in own[:3]:
        reader.problem(
            reader.shown("after_sign_in"),
            "it leads back to the sign-in's own pages",
            "Name a page of the application.",
        )
    return paths


def _example(name: str) -> str:
    return "/" + name.removesuffix("_path").replace("_", "-")


def _settings(
    reader: Reader,
    client: Client,
    base_url: str,
    paths: Mapping[str, Any],
    sessions: Mapping[str, Any],
) -> Settings:
    cookie_name = reader.optional("cookie_name") or "admit"
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,32}", cookie_name):
        reader.problem(
            reader.shown("cookie_name"),
            f"{cookie_name!r} is no plain word",
            "Use letters, digits, _ and -.",
        )
    return Settings(
        client=client,
        base_url=base_url,
        protect_all=reader.boolean("protect_all"),
        public=reader.words("public", ()),
        **paths,
        cookie_name=cookie_name,
        groups_claim=reader.optional("groups_claim") or "groups",
        http_timeout=float(reader.number("http_timeout", 1, 60, 7)),
        ca_file=_ca_file(reader),
        stale_limit=reader.number("stale_limit", 300, 604_800, 86_400),
        breaker_failures=reader.number("breaker_failures", 0, 100, 5),
        breaker_seconds=reader.number("breaker_seconds", 1, 300, 10),
        end_session_method=cast(
            "Literal['post', 'get']", reader.choice("end_session_method", ("post", "get"), "post")
        ),
        **sessions,
    )


def _ca_file(reader: Reader) -> str | None:
    """Return the file of authorities, with what is wrong with it noted."""
    path = reader.optional("ca_file")
    if path is None:
        return None
    fix = "Name a PEM file of authorities."
    try:
        # Loading it takes a while, and is left to the first use.
        if b"-----BEGIN CERTIFICATE-----" not in Path(path).read_bytes():
            reader.problem(reader.shown("ca_file"), f"{path!r} holds no certificate", fix)
    except OSError as error:
        reader.problem(reader.shown("ca_file"), f"{path!r}: {error.strerror}", fix)
    return path
