"""What every session store does when many records end.

May know: ports, store.
"""

from __future__ import annotations

from admit.ports import SessionStore, run_sync
from admit.testing.store import KEY, LASTING, OTHER, OWNER, SECOND, Forward, now, save, value_of


class EndRules:
    """Records end together, and marks tell what is saved too late."""

    def test_an_owners_records_end_together(self, store: SessionStore) -> None:
        """Those of others stay."""
        save(store, KEY)
        save(store, SECOND)
        save(store, OTHER)
        assert run_sync(store.end(OWNER, lasting=LASTING)) == 2
        assert run_sync(store.load(KEY)) is None
        assert run_sync(store.load(SECOND)) is None
        assert run_sync(store.load(OTHER)) is not None
        assert run_sync(store.find(OWNER)) == []
        assert run_sync(store.end(OWNER, lasting=LASTING)) == 0

    def test_a_record_that_is_saved_too_late_is_known_to_be_over(
        self, store: SessionStore, forward: Forward
    ) -> None:
        """It began before its owner's records were ended, and comes with the mark that says so."""
        since = now(store)
        run_sync(store.end(OWNER, lasting=30))
        save(store, KEY, since=since)
        record = run_sync(store.load(KEY))
        assert record is not None
        assert record.ended >= since
        forward(1)
        begun_since = now(store)
        assert begun_since > record.ended
        forward(33)
        record = run_sync(store.load(KEY))
        assert record is not None
        assert record.ended == 0

    def test_those_that_began_later_live_on(self, store: SessionStore) -> None:
        """An end may be set in the past, and a mark never moves back."""
        start = now(store)
        save(store, KEY, since=start - 9000)
        save(store, SECOND, since=start - 1000)
        assert run_sync(store.end(OWNER, lasting=LASTING, before=start - 5000)) == 1
        assert run_sync(store.load(KEY)) is None
        record = run_sync(store.load(SECOND))
        assert record is not None
        assert record.ended == start - 5000
        run_sync(store.end(OWNER, lasting=LASTING, before=start - 8000))
        record = run_sync(store.load(SECOND))
        assert record is not None
        assert record.ended == start - 5000

    def test_marks_are_told_by_their_names(self, store: SessionStore, forward: Forward) -> None:
        """What has none has 0; a mark is now, or when it is said to be, and never moves back."""
        before = now(store)
        run_sync(store.mark(b"now", lasting=30))
        run_sync(store.mark(b"then", lasting=LASTING, before=before + 5000))
        run_sync(store.mark(b"then", lasting=LASTING, before=before + 4000))
        marked, then, nothing = run_sync(store.marks([b"now", b"then", b"nothing"]))
        assert before <= marked <= now(store)
        assert (then, nothing) == (before + 5000, 0)
        assert run_sync(store.marks([])) == []
        forward(34)
        assert run_sync(store.marks([b"now", b"then"])) == [0, before + 5000]

    def test_thousands_of_one_owner_end_together(self, store: SessionStore) -> None:
        """An account that a machine signs in with may have that many."""
        since = now(store)
        keys = [OWNER + number.to_bytes(32) for number in range(2500)]
        for key in keys:
            save(store, key, since=since)
        assert len(run_sync(store.find(OWNER))) == len(keys)
        assert run_sync(store.end(OWNER, lasting=LASTING)) == len(keys)
        assert value_of(store, keys[0]) is None
        assert value_of(store, keys[-1]) is None
        assert run_sync(store.find(OWNER)) == []

    def test_a_mark_lasts_as_long_as_it_was_ever_said_to(
        self, store: SessionStore, forward: Forward
    ) -> None:
        """A later end with a shorter life does not let records of before come back."""
        run_sync(store.mark(b"name", lasting=300, before=5000))
        run_sync(store.mark(b"name", lasting=30, before=6000))
        forward(60)
        assert run_sync(store.marks([b"name"])) == [6000]

    def test_what_was_over_may_be_there_anew(self, store: SessionStore, forward: Forward) -> None:
        """A mark that is over holds nothing back."""
        run_sync(store.mark(b"name", lasting=30, before=9000))
        forward(34)
        run_sync(store.mark(b"name", lasting=30, before=5000))
        assert run_sync(store.marks([b"name"])) == [5000]

    def test_an_end_counts_those_that_were_there(
        self, store: SessionStore, forward: Forward
    ) -> None:
        """Neither what has expired, nor what was deleted."""
        save(store, KEY, ttl=30)
        save(store, SECOND, ttl=90)
        forward(34)
        assert run_sync(store.end(OWNER, lasting=LASTING)) == 1

    def test_an_owner_has_no_power_over_what_is_labelled_with_its_name(
        self, store: SessionStore
    ) -> None:
        """Records that others own are found by such a label, and stay."""
        save(store, KEY)
        save(store, OTHER, labels=[OWNER])
        assert {key for key, _ in run_sync(store.find(OWNER))} == {KEY, OTHER}
        assert run_sync(store.end(OWNER, lasting=LASTING)) == 1
        assert value_of(store, OTHER) is not None
        assert OTHER in dict(run_sync(store.find(OWNER)))
