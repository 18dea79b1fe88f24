"""How everything is named in Redis.

All that belongs to one owner is under one hash tag, and so on one node of a Cluster; `admit:` and
the names in base64url come first:

====================  =============================================================================
``{owner}:s:rest``    A record.
``{name}:i``          The keys of an owner, or of a label, by when they began.
``{name}:e``          The same keys, by when they have ended at the latest.
``{name}:m``          A mark.
``{name}:u``          A name that is used up.
``{name}:l``          A lease.
====================  =============================================================================

May know: base64url, ports, redis_quick, redis_scripts.
"""

from __future__ import annotations

from functools import lru_cache

from admit.base64url import from_base64url, to_base64url
from admit.ports import OWNER_BYTES
from admit.stores.redis_quick import packed
from admit.stores.redis_scripts import LOAD

RECORDS = "admit:{*}:s:*"
#: Keys whose command is remembered in each process: a browser asks for several pages in a row.
REMEMBERED = 128


def named(name: bytes, kind: str) -> str:
    """Return what Redis calls one of a *kind*."""
    return f"admit:{{{to_base64url(name)}}}:{kind}"


def index_of(name: bytes) -> tuple[str, str]:
    """Return an owner's or a label's index, and the ends of what is in it."""
    return named(name, "i"), named(name, "e")


def record_of(key: bytes) -> str:
    """Return what Redis calls the record under *key*."""
    return named(key[:OWNER_BYTES], "s:") + to_base64url(key[OWNER_BYTES:])


@lru_cache(REMEMBERED)
def loading(key: bytes) -> tuple[bytes, str, str]:
    """Return the command that loads a record, and the names in it: the record's, its mark's."""
    names = record_of(key), named(key[:OWNER_BYTES], "m")
    return packed(LOAD, names), *names


def key_of(name: bytes) -> bytes:
    """Return the key of the record *name*."""
    owner, _, rest = name.decode().removeprefix("admit:{").partition("}:s:")
    return from_base64url(owner) + from_base64url(rest)
