"""The part of the settings that is about sessions: where they live, how long, sealed with what.

May know: config_reader.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from admit.config_reader import MISSING, Reader

#: A key that somebody was to replace.
UNCHANGED = re.compile(
    r"\{.*\}|<.*>|change[-_ ]?(?:me|this)|your[-_ ]?secret|placeholder", re.IGNORECASE
)
#: Schemes of the URLs of stores.
STORES = (
    "sqlite", "postgresql", "redis", "rediss", "redis+sentinel", "rediss+sentinel",
    "redis+cluster", "rediss+cluster", "postgres",
)  # fmt: skip
TO_A_STORE = (
    "Set ADMIT_SESSIONS to a store, such as sqlite:///sessions.db or redis://localhost:6379/0"
)
SHORTEST_KEY = 32
FEWEST_CHARACTERS = 8


def read_sessions(reader: Reader, scope: tuple[str, ...], *, own_store: bool) -> Mapping[str, Any]:
    """Return what `Settings` says of sessions, with what is wrong with it noted.

    Args:
        reader: Finds the settings, and takes the problems.
        scope: Of the client.
        own_store: The application hands a store in.
    """
    idle = reader.number("idle_timeout", 60, 31_536_000, 3600)
    absolute = reader.number("absolute_timeout", 60, 31_536_000, 43_200)
    if idle > absolute:
        reader.problem(
            reader.shown("idle_timeout"),
            "it is longer than the absolute timeout",
            "A session ends at the earlier of both.",
        )
    keys, place = _secret_keys(reader)
    sessions = "own" if own_store else _sessions(reader)
    for name in ("backchannel_logout_path", "frontchannel_logout_path", "universal_logout_path"):
        if sessions == "cookie" and reader.value(name) is not None:
            reader.problem(
                reader.shown(name),
                "sessions in cookies cannot be ended from outside",
                f"{TO_A_STORE}; or leave this out.",
            )
    return {
        "idle_timeout": idle,
        "absolute_timeout": absolute,
        "secret_keys": keys,
        "keys_found_in": place,
        "sessions": sessions,
        "access_tokens": _access_tokens(reader, scope, stored=sessions != "cookie"),
    }


def _access_tokens(reader: Reader, scope: tuple[str, ...], *, stored: bool) -> bool:
    """Tell whether sessions keep access tokens: by default where they can."""
    kept = stored if reader.value("access_tokens") is None else reader.boolean("access_tokens")
    fix = TO_A_STORE
    if kept and not stored:
        reader.problem(
            reader.shown("access_tokens"),
            "a session in a cookie cannot keep an access token",
            f"{fix}; or leave this out.",
        )
    if "offline_access" in scope and not kept:
        wrong = "offline_access asks for a refresh token, which a session in a cookie cannot keep"
        if stored:
            wrong = "offline_access asks for a refresh token, and access_tokens says to keep none"
            fix = "Leave ADMIT_ACCESS_TOKENS out"
        reader.problem(reader.shown("scope"), wrong, f"{fix}; or remove offline_access.")
    return kept


def is_store(url: str) -> bool:
    """Tell whether *url* names a store of a kind that is known."""
    scheme, separator, _ = url.partition("://")
    return bool(separator) and scheme in STORES


def _sessions(reader: Reader) -> str:
    """Return ``cookie`` or a URL, which may hold a password and is not repeated in a problem."""
    url = reader.optional("sessions") or "cookie"
    if url != "cookie" and not is_store(url):
        kinds = ", ".join(f"{scheme}://" for scheme in STORES)
        reader.problem(
            reader.shown("sessions"), "no such store is known", f"Use cookie, or one of {kinds}."
        )
    return url


def _secret_keys(reader: Reader) -> tuple[tuple[str, ...], str]:
    """Return ``ADMIT_SECRET_KEYS``, or the framework's key and its predecessors; and which."""
    keys = reader.words("secret_keys", ())
    name = reader.shown("secret_keys")
    if not keys:
        framework = [reader.framework("SECRET_KEY"), *_fallbacks(reader)]
        keys = tuple(_as_text(key) for key in framework if key)
        name = "SECRET_KEY" if keys else name
    fix = (
        "Make one with: python -c 'import secrets; print(secrets.token_urlsafe(32))' and keep it"
        " as ADMIT_SECRET_KEYS in the deployment's configuration, or as SECRET_KEY in app.config:"
        " the same for every worker and every start."
    )
    if not keys:
        reader.problem(name, f"{MISSING}: nothing can seal sessions", fix)
    for key in keys:
        if len(key) < SHORTEST_KEY:
            reader.problem(name, f"a key has fewer than {SHORTEST_KEY} characters", fix)
        elif len(set(key)) < FEWEST_CHARACTERS or UNCHANGED.search(key):
            reader.problem(name, "a key is a placeholder, not random", fix)
    return keys, name


def _fallbacks(reader: Reader) -> list[object]:
    """Return the framework's former keys."""
    keys = reader.framework("SECRET_KEY_FALLBACKS")
    if keys is None or isinstance(keys, list | tuple):
        return list(keys or ())
    reader.problem("SECRET_KEY_FALLBACKS", "it is no list of keys", "Give a list, newest first.")
    return []


def _as_text(key: object) -> str:
    return key.decode("latin-1") if isinstance(key, bytes) else str(key)
