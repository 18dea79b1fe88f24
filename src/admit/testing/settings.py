"""Settings that a test needs nothing beside.

May know: settings.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from admit.settings import KEY_OF_TESTS

#: For ``app.config.from_mapping``: complete, and right for a provider in memory and for Flask's
#: test client, whose host is ``localhost``. No deployment may use them: everybody knows the key.
SETTINGS: Mapping[str, str] = MappingProxyType(
    {
        "ADMIT_ISSUER": "https://provider.test/oauth2/default",
        "ADMIT_CLIENT_ID": "client",
        "ADMIT_CLIENT_SECRET": "secret-of-the-client",
        "ADMIT_BASE_URL": "http://localhost",
        "ADMIT_SECRET_KEYS": f"{KEY_OF_TESTS}9fQ2xW7kLr4ZbT1vN8",
        "SECRET_KEY": f"{KEY_OF_TESTS}4mT7cY1pHd8QzK5sJ3",
    }
)
