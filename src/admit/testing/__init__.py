"""What tests need: a provider in memory that speaks the protocol for real."""

from __future__ import annotations

from admit.testing.provider import MemoryProvider

__all__ = ["MemoryProvider"]
