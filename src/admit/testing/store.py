"""What the contract of session stores is told with: keys, and what asks a store.

May know: ports.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from admit.ports import OWNER_BYTES, SessionStore, run_sync

Forward = Callable[[int], None]
OWNER, STRANGER = b"\x00" * 11 + b"\xff", b"\x01" * OWNER_BYTES
KEY, SECOND, OTHER = OWNER + b"\x00" * 32, OWNER + b"\xff" * 32, STRANGER + b"\x00" * 32
LABEL = b"label \x00\xff"
VALUE = bytes(range(256)) * 40
LASTING = 600


def now(store: SessionStore) -> int:
    """Return the store's time in milliseconds, by the one call that tells it."""
    for number in range(1000):
        if (time := run_sync(store.use(b"now" + number.to_bytes(2), 1))) is not None:
            return time
    message = "the store uses names up for ever"
    raise AssertionError(message)


def save(  # noqa: D103 - what `SessionStore.save` does
    store: SessionStore, key: bytes, value: bytes = b"value", ttl: int = 60, **more: object
) -> None:
    since = more.pop("since", None)
    since = now(store) if since is None else since
    run_sync(store.save(key, value, ttl, since=since, lasting=LASTING, **more))  # type: ignore[arg-type]


def value_of(store: SessionStore, key: bytes) -> bytes | None:
    """Return what is kept under *key*, if anything is."""
    record = run_sync(store.load(key))
    return None if record is None else record.value


def label(store: SessionStore, key: bytes, labels: Sequence[bytes], *, since: int) -> None:
    """Let what is under *key* be found by more labels."""
    run_sync(store.label(key, labels, since=since, lasting=LASTING))
