"""What every session store must do, as a test class to inherit.

May know: store_ends, store_names, store_records.
"""

from __future__ import annotations

from admit.testing.store_ends import EndRules
from admit.testing.store_names import NameRules
from admit.testing.store_records import RecordRules


class SessionStoreContract(RecordRules, EndRules, NameRules):
    """The contract of `admit.ports.SessionStore`.

    A store of your own passes it when it gives two fixtures: `store`, and `forward`, a function
    that lets that many seconds pass by the store's own clock.

    Example:
        class TestMine(SessionStoreContract):
            @pytest.fixture
            def store(self): ...

            @pytest.fixture
            def forward(self): ...
    """
