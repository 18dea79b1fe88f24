"""The store that the settings name, opened when the application starts."""

from __future__ import annotations

from admit.errors import StoreUnavailable
from admit.events import LOGGER
from admit.ports import SessionStore
from admit.stores import check_ready, open_store


def store_at(url: str) -> SessionStore:
    """Return the store at *url*, which may be away for now, but not unfit.

    Raises:
        ConfigurationError: It is there, and cannot work.
    """
    store = open_store(url)
    try:
        check_ready(store)
    except StoreUnavailable as error:
        LOGGER.warning("%s; pages that need the user answer 503 until it is back", error)
    return store
