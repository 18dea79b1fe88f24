"""Changes that leave JSON what it is: libFuzzer alone rarely gets past the parser."""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random
from typing import Any

#: Values that stand for kinds of values, and for limits.
VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1.5, 1e300, 10**30, 10**400, 1_800_000_000, 1_800_000_600, "", "x",
    "client", "none", "ES256", "RS256", "HS256", "JWT", "P-521", "RSA", "enc", "\x00", "\u00fc",
    "\U0001f600", "https://provider.test/oauth2/default", "https://provider.test", "http://[", [],
    {}, ["client"], ["client", "other"], [[]], {"a": {}}, "A" * 300, "A" * 5000,
)  # fmt: skip
NAMES = (
    "iss", "sub", "aud", "azp", "exp", "iat", "nbf", "nonce", "at_hash", "auth_time", "acr", "sid",
    "jti", "events", "alg", "kid", "typ", "crit", "b64", "jwk", "x5c", "kty", "use", "key_ops", "n",
    "e", "crv", "x", "y", "error", "error_description", "access_token", "token_type", "expires_in",
    "id_token", "refresh_token", "scope", "issuer", "token_endpoint", "sub_id", "format", "email",
)  # fmt: skip
Mutate = Callable[[bytes, int], bytes]


def mutated(data: bytes, most: int, seed: int, mutate: Mutate) -> bytes:
    """Return *data* with a change: mostly one inside its JSON, where it has some.

    Args:
        data: Perhaps a head, then a JSON object.
        most: Octets at most.
        seed: Decides.
        mutate: The fuzzer's own way.
    """
    random = Random(seed)
    start = data.find(b"{", data.rfind(b"\n") + 1)
    try:
        value = json.loads(data[start:]) if start >= 0 and random.random() < 0.7 else None
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        return mutate(data, most)
    for _ in range(random.choice((1, 1, 1, 2, 4))):
        _change(value, random)
    head = data[:start] if random.random() < 0.9 else mutate(data[:start] or b"2", most)
    text = json.dumps(value, ensure_ascii=random.random() < 0.5)
    changed = head + text.encode("utf-8", "surrogatepass")
    return changed if len(changed) <= most else mutate(data, most)


def _change(value: Any, random: Random) -> None:
    """Change something in an object or a list, at any depth."""
    keys = list(value) if isinstance(value, dict) else list(range(len(value)))
    inner = [key for key in keys if isinstance(value[key], dict | list)]
    if inner and random.random() < 0.4:
        _change(value[random.choice(inner)], random)
    elif keys and random.random() < 0.3:
        del value[random.choice(keys)]
    elif keys and random.random() < 0.6:
        value[random.choice(keys)] = _copy(random.choice(VALUES))
    elif isinstance(value, dict):
        value[random.choice(NAMES)] = _copy(random.choice(VALUES))
    else:
        value.append(_copy(random.choice(VALUES)))


def _copy(value: Any) -> Any:
    """Return a value that can be changed without changing `VALUES`."""
    return json.loads(json.dumps(value))
