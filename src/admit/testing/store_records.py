"""What every session store does with one record.

May know: ports, store.
"""

from __future__ import annotations

from threading import Thread

from admit.ports import SessionStore, run_sync
from admit.testing.store import (
    KEY,
    LABEL,
    OTHER,
    OWNER,
    SECOND,
    VALUE,
    Forward,
    label,
    save,
    value_of,
)


class RecordRules:
    """Records are kept, found, changed and forgotten."""

    def test_what_was_saved_is_loaded_with_the_seconds_it_has_left(
        self, store: SessionStore
    ) -> None:
        """Octets of every kind and ten kilobytes come back as they were."""
        save(store, KEY, VALUE, 60)
        record = run_sync(store.load(KEY))
        assert record is not None
        assert record.value == VALUE
        assert 57 <= record.left <= 60
        assert record.ended == 0

    def test_what_was_never_saved_is_not_there(self, store: SessionStore) -> None:
        """An unknown key is no error."""
        assert run_sync(store.load(KEY)) is None

    def test_it_expires_by_itself(self, store: SessionStore, forward: Forward) -> None:
        """Nobody has to delete what is over."""
        save(store, KEY, ttl=30)
        forward(28)
        assert run_sync(store.load(KEY)) is not None
        forward(4)
        assert run_sync(store.load(KEY)) is None

    def test_the_last_value_counts(self, store: SessionStore) -> None:
        """A key may be saved again, with another time to live."""
        save(store, KEY, b"first", 30)
        save(store, KEY, b"second", 90)
        record = run_sync(store.load(KEY))
        assert record is not None
        assert record.value == b"second"
        assert record.left > 80

    def test_a_touch_lengthens_life_and_changes_nothing(
        self, store: SessionStore, forward: Forward
    ) -> None:
        """The value stays, whatever its size."""
        save(store, KEY, VALUE, 30)
        forward(20)
        run_sync(store.touch(KEY, 30))
        forward(20)
        assert value_of(store, KEY) == VALUE

    def test_a_touch_may_shorten_life(self, store: SessionStore, forward: Forward) -> None:
        """The absolute limit of a session comes nearer."""
        save(store, KEY, ttl=300)
        run_sync(store.touch(KEY, 10))
        forward(14)
        assert run_sync(store.load(KEY)) is None

    def test_a_touch_brings_nothing_back(self, store: SessionStore, forward: Forward) -> None:
        """What was deleted or is over stays so, even if a slow page ends only now."""
        save(store, KEY, ttl=30)
        run_sync(store.delete(KEY))
        run_sync(store.touch(KEY, 30))
        assert run_sync(store.load(KEY)) is None
        save(store, OTHER, ttl=30)
        forward(34)
        run_sync(store.touch(OTHER, 30))
        assert run_sync(store.load(OTHER)) is None

    def test_delete_forgets_one_and_may_be_repeated(self, store: SessionStore) -> None:
        """Other keys are not touched."""
        save(store, KEY)
        save(store, SECOND)
        run_sync(store.delete(KEY))
        run_sync(store.delete(KEY))
        assert run_sync(store.load(KEY)) is None
        assert run_sync(store.load(SECOND)) is not None

    def test_a_value_is_replaced_where_it_is_still_the_old_one(
        self, store: SessionStore, forward: Forward
    ) -> None:
        """No older write wins, nothing comes back, and life is not lengthened."""
        save(store, KEY, VALUE, 30)
        forward(20)
        assert run_sync(store.replace(KEY, VALUE, b"new"))
        assert not run_sync(store.replace(KEY, VALUE, b"late"))
        assert value_of(store, KEY) == b"new"
        forward(14)
        assert not run_sync(store.replace(KEY, b"new", b"newer"))
        assert run_sync(store.load(KEY)) is None
        assert not run_sync(store.replace(OTHER, b"", b"never there"))
        assert run_sync(store.load(OTHER)) is None

    def test_of_many_who_replace_one_value_one_does(self, store: SessionStore) -> None:
        """Each sees the old value; one of them wins."""
        save(store, KEY, b"old")
        won: list[bytes] = []

        def replace(new: bytes) -> None:
            if run_sync(store.replace(KEY, b"old", new)):
                won.append(new)

        threads = [Thread(target=replace, args=(b"new %d" % number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(won) == 1
        assert value_of(store, KEY) == won[0]

    def test_records_are_found_by_their_owner_and_by_each_label(self, store: SessionStore) -> None:
        """With when they began, oldest first."""
        save(store, SECOND, since=2000, labels=[LABEL, LABEL])
        save(store, KEY, since=1000)
        save(store, OTHER, since=3000, labels=[LABEL, b"another"])
        assert run_sync(store.find(OWNER)) == [(KEY, 1000), (SECOND, 2000)]
        assert run_sync(store.find(LABEL)) == [(SECOND, 2000), (OTHER, 3000)]
        assert run_sync(store.find(b"another")) == [(OTHER, 3000)]
        assert run_sync(store.find(b"nobody")) == []
        run_sync(store.delete(KEY))
        assert run_sync(store.find(OWNER)) == [(SECOND, 2000)]

    def test_a_record_gets_more_labels(self, store: SessionStore, forward: Forward) -> None:
        """It keeps those that it had, its value and its life."""
        save(store, KEY, VALUE, 30, since=1000, labels=[LABEL])
        save(store, OTHER, since=2000)
        label(store, KEY, [LABEL, b"more", b"and more"], since=1000)
        label(store, OTHER, [b"more"], since=2000)
        label(store, OTHER, [], since=2000)
        assert run_sync(store.find(LABEL)) == [(KEY, 1000)]
        assert run_sync(store.find(b"more")) == [(KEY, 1000), (OTHER, 2000)]
        assert run_sync(store.find(b"and more")) == [(KEY, 1000)]
        assert run_sync(store.find(OWNER)) == [(KEY, 1000)]
        assert value_of(store, KEY) == VALUE
        forward(34)
        assert value_of(store, KEY) is None

    def test_a_label_brings_nothing_back(self, store: SessionStore) -> None:
        """What was deleted stays so, whoever labels it too late."""
        save(store, KEY, since=1000)
        run_sync(store.delete(KEY))
        label(store, KEY, [LABEL], since=1000)
        assert run_sync(store.load(KEY)) is None
        assert not run_sync(store.replace(KEY, b"", b"new"))

    def test_a_deleted_record_is_found_by_no_label_that_was_given(
        self, store: SessionStore
    ) -> None:
        """Nor is what is saved under its key later; others keep the label."""
        save(store, KEY, since=1000, labels=[LABEL, b"more"])
        save(store, SECOND, since=2000, labels=[LABEL, b"more"])
        run_sync(store.delete(KEY, [LABEL, b"more", b"never had"]))
        assert run_sync(store.find(LABEL)) == [(SECOND, 2000)]
        save(store, KEY, since=3000)
        assert run_sync(store.find(LABEL)) == [(SECOND, 2000)]
        assert run_sync(store.find(b"more")) == [(SECOND, 2000)]
        assert run_sync(store.find(b"never had")) == []
