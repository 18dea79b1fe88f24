"""For tests: a provider in memory, and the contract of session stores."""

from __future__ import annotations

from admit.stores.memory import MemoryStore
from admit.testing.contract import SessionStoreContract
from admit.testing.provider import MemoryProvider

__all__ = ["MemoryProvider", "MemoryStore", "SessionStoreContract"]
