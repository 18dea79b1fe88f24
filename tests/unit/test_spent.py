"""What was used may not be used again."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from admit.spent import Spent


@pytest.mark.parametrize("until", [100, 10**9])
def test_a_name_is_new_once(until: int) -> None:
    spent = Spent()
    assert spent.add("a", until=until, now=0) is True
    assert spent.add("a", until=until, now=0) is False
    assert spent.add("a", until=until + 1, now=1) is False
    assert "a" in spent


def test_other_names_are_not_spent() -> None:
    spent = Spent()
    spent.add("a", until=10, now=0)
    assert "b" not in spent
    assert b"a" not in spent


def test_of_many_threads_one_is_told_that_the_name_is_new() -> None:
    spent, until = Spent(), 10**9
    with ThreadPoolExecutor(8) as pool:
        for name in map(str, range(50)):
            told = pool.map(lambda _, n=name: spent.add(n, until=until, now=0), range(8))
            assert sum(told) == 1


def test_what_ended_makes_room_and_what_did_not_stays() -> None:
    spent = Spent(size=10)
    for number in range(10):
        spent.add(f"old-{number}", until=5 if number % 2 else 50, now=0)
    assert spent.add("new", until=50, now=5) is True
    assert [n for n in range(10) if f"old-{n}" in spent] == [0, 2, 4, 6, 8]


def test_beyond_its_size_the_oldest_goes_first() -> None:
    spent = Spent(size=10)
    for number in range(11):
        assert spent.add(f"n-{number}", until=50, now=0) is True
    assert "n-0" not in spent
    assert all(f"n-{number}" in spent for number in range(1, 11))


def test_it_does_not_grow_without_end() -> None:
    spent = Spent(size=100)
    for number in range(10_000):
        spent.add(str(number), until=number + 10**6, now=number)
    assert len(spent._until) <= 100


def test_what_comes_while_room_is_made_is_not_lost() -> None:
    spent = Spent(size=4)

    class Meanwhile(int):
        """An end that, when it is looked at, lets another thread come in between."""

        def __gt__(self, other: int) -> bool:
            spent._size = 100
            spent.add("meanwhile", until=50, now=0)
            return super().__gt__(other)

    for number in range(3):
        spent.add(str(number), until=50, now=0)
    spent.add("3", until=Meanwhile(50), now=0)
    spent.add("new", until=50, now=0)
    assert "meanwhile" in spent
    assert spent.add("meanwhile", until=50, now=0) is False
