"""What every session store must do, as a test class to inherit.

A store of your own passes it when it gives two fixtures: `store`, and `forward`, a function that
lets that many seconds pass by the store's own clock.
"""

from __future__ import annotations

from collections.abc import Callable

from admit.ports import SessionStore, run_sync

Forward = Callable[[int], None]
KEY, OTHER = b"\x00" * 31 + b"\xff", b"\x01" * 32
VALUE = bytes(range(256)) * 40


class SessionStoreContract:
    """The contract of `admit.ports.SessionStore`.

    Example:
        class TestMine(SessionStoreContract):
            @pytest.fixture
            def store(self): ...

            @pytest.fixture
            def forward(self): ...
    """

    def test_what_was_saved_is_loaded_with_the_seconds_it_has_left(
        self, store: SessionStore
    ) -> None:
        """Octets of every kind and ten kilobytes come back as they were."""
        run_sync(store.save(KEY, VALUE, 60))
        found = run_sync(store.load(KEY))
        assert found is not None
        assert found[0] == VALUE
        assert 57 <= found[1] <= 60

    def test_what_was_never_saved_is_not_there(self, store: SessionStore) -> None:
        """An unknown key is no error."""
        assert run_sync(store.load(KEY)) is None

    def test_it_expires_by_itself(self, store: SessionStore, forward: Forward) -> None:
        """Nobody has to delete what is over."""
        run_sync(store.save(KEY, b"value", 30))
        forward(28)
        assert run_sync(store.load(KEY)) is not None
        forward(4)
        assert run_sync(store.load(KEY)) is None

    def test_the_last_value_counts(self, store: SessionStore) -> None:
        """A key may be saved again, with another time to live."""
        run_sync(store.save(KEY, b"first", 30))
        run_sync(store.save(KEY, b"second", 90))
        found = run_sync(store.load(KEY))
        assert found is not None
        assert found[0] == b"second"
        assert found[1] > 80

    def test_a_touch_lengthens_life_and_changes_nothing(
        self, store: SessionStore, forward: Forward
    ) -> None:
        """The value stays, whatever its size."""
        run_sync(store.save(KEY, VALUE, 30))
        forward(20)
        run_sync(store.touch(KEY, 30))
        forward(20)
        found = run_sync(store.load(KEY))
        assert found is not None
        assert found[0] == VALUE

    def test_a_touch_may_shorten_life(self, store: SessionStore, forward: Forward) -> None:
        """The absolute limit of a session comes nearer."""
        run_sync(store.save(KEY, b"value", 300))
        run_sync(store.touch(KEY, 10))
        forward(14)
        assert run_sync(store.load(KEY)) is None

    def test_a_touch_brings_nothing_back(self, store: SessionStore, forward: Forward) -> None:
        """What was deleted or is over stays so, even if a slow page ends only now."""
        run_sync(store.save(KEY, b"value", 30))
        run_sync(store.delete(KEY))
        run_sync(store.touch(KEY, 30))
        assert run_sync(store.load(KEY)) is None
        run_sync(store.save(OTHER, b"value", 30))
        forward(34)
        run_sync(store.touch(OTHER, 30))
        assert run_sync(store.load(OTHER)) is None

    def test_delete_forgets_one_and_may_be_repeated(self, store: SessionStore) -> None:
        """Other keys are not touched."""
        run_sync(store.save(KEY, b"one", 60))
        run_sync(store.save(OTHER, b"two", 60))
        run_sync(store.delete(KEY))
        run_sync(store.delete(KEY))
        assert run_sync(store.load(KEY)) is None
        assert run_sync(store.load(OTHER)) is not None
