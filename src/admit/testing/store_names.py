"""What every session store does so that machines agree.

May know: ports, store.
"""

from __future__ import annotations

from threading import Thread

from admit.ports import SessionStore, run_sync
from admit.testing.store import KEY, OWNER, Forward, save


class NameRules:
    """Names are used once, and leases are held by one."""

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
