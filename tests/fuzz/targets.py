"""All targets; to be imported where they are run."""

from __future__ import annotations

from fuzz import answers, browsers, cookies, tokens
from fuzz.registry import TARGETS

__all__ = ["TARGETS", "answers", "browsers", "cookies", "tokens"]
