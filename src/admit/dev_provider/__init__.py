"""An Okta-shaped OpenID provider for development and tests; never for production.

It is the other side of a sign-in, and shares no code with the library: what one gets wrong the
other does not repeat. ``admit provider`` runs it; tests use `running`.

May know: nothing else of the library.
"""

from __future__ import annotations

from admit.dev_provider.app import create_app
from admit.dev_provider.config import ProviderConfig
from admit.dev_provider.deliveries import Delivery
from admit.dev_provider.faults import FAULTS
from admit.dev_provider.model import Client, User
from admit.dev_provider.server import Running, running

__all__ = [
    "FAULTS",
    "Client",
    "Delivery",
    "ProviderConfig",
    "Running",
    "User",
    "create_app",
    "running",
]
