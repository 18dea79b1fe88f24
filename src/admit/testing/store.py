"""What every session store must do, as a test class to inherit.

A store of your own passes it when it gives two fixtures: `store`, and `forward`, a function that
lets that many seconds pass by the store's own clock.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread

from admit.ports import OWNER_BYTES, SessionStore, run_sync

Forward = Callable[[int], None]
OWNER, STRANGER = b"\x00" * 11 + b"\xff", b"\x01" * OWNER_BYTES
KEY, SECOND, OTHER = OWNER + b"\x00" * 32, OWNER + b"\xff" * 32, STRANGER + b"\x00" * 32
LABEL = b"label \x00\xff"
VALUE = bytes(range(256)) * 40
LASTING = 600


def now(store: SessionStore) -> int:
    """Return the store's time in milliseconds, by the one call that tells it."""
    for number in range(1000):
        if (time := run_sync(store.use(b"now" + number.to_bytes(2), 1))) is not None:
            return time
    message = "the store uses names up for ever"
    raise AssertionError(message)


def save(  # noqa: D103 - what `SessionStore.save` does
    store: SessionStore, key: bytes, value: bytes = b"value", ttl: int = 60, **more: object
) -> None:
    since = more.pop("since", None)
    since = now(store) if since is None else since
    run_sync(store.save(key, value, ttl, since=since, lasting=LASTING, **more))  # type: ignore[arg-type]


def value_of(store: SessionStore, key: bytes) -> bytes | None:
    """Return what is kept under *key*, if anything is."""
    record = run_sync(store.load(key))
    return None if record is None else record.value


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

    def test_a_name_is_used_once(self, store: SessionStore, forward: Forward) -> None:
        """By whoever comes first, until its time is over."""
        first = run_sync(store.use(b"name", 30))
        assert first is not None
        assert not run_sync(store.is_used(b"other"))
        assert run_sync(store.is_used(b"name"))
        assert run_sync(store.use(b"name", 30)) is None
        assert run_sync(store.use(b"other", 30)) is not None
        forward(34)
        assert not run_sync(store.is_used(b"name"))
        again = run_sync(store.use(b"name", 30))
        assert again is not None
        assert again > first

    def test_of_many_who_use_one_name_one_does(self, store: SessionStore) -> None:
        """Threads stand for workers here."""
        used: list[int | None] = []
        threads = [
            Thread(target=lambda: used.append(run_sync(store.use(b"name", 30)))) for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len([time for time in used if time is not None]) == 1

    def test_a_lease_is_held_by_one(self, store: SessionStore, forward: Forward) -> None:
        """It can be renewed, is given up, or ends with the life of its holder."""
        assert run_sync(store.hold(b"lease", b"one", 30_000))
        assert not run_sync(store.hold(b"lease", b"two", 30_000))
        forward(20)
        assert run_sync(store.hold(b"lease", b"one", 30_000))
        forward(20)
        assert not run_sync(store.hold(b"lease", b"two", 30_000))
        run_sync(store.release(b"lease", b"two"))
        assert not run_sync(store.hold(b"lease", b"two", 30_000))
        run_sync(store.release(b"lease", b"one"))
        assert run_sync(store.hold(b"lease", b"two", 30_000))
        forward(34)
        assert run_sync(store.hold(b"lease", b"three", 30_000))
        assert not run_sync(store.hold(b"lease", b"two", 30_000))

    def test_names_of_one_kind_are_not_those_of_another(self, store: SessionStore) -> None:
        """A lease, a mark, a used name and an owner may be called the same."""
        save(store, KEY)
        run_sync(store.hold(OWNER, b"holder", 30_000))
        run_sync(store.use(OWNER, 30))
        assert run_sync(store.marks([OWNER])) == [0]
        assert run_sync(store.find(OWNER)) != []
        run_sync(store.mark(OWNER, lasting=30, before=1))
        assert not run_sync(store.hold(OWNER, b"another", 30_000))

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

    def test_of_many_who_want_one_lease_one_has_it(self, store: SessionStore) -> None:
        """Threads stand for workers here."""
        held: list[bool] = []

        def hold(holder: bytes) -> None:
            held.append(run_sync(store.hold(b"lease", holder, 30_000)))

        threads = [Thread(target=hold, args=(b"%d" % number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert held.count(True) == 1
