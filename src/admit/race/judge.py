"""The rules of a race, applied to what was seen.

May know: race.journal, race.outcome, race.provider.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf

from admit.race.journal import WAYS, Ended, Ending, Failed, Line, Page, Renewed, Started
from admit.race.outcome import RULES, Broken, Figures
from admit.race.provider import Presented

EXAMPLES = 5
MILLISECONDS = 1000
STORE = "store.unavailable"
#: What a sign-in is told when its user is signed out meanwhile: as it should be.
FINE = frozenset({"session.ended_meanwhile"})
Brought = Mapping[tuple[str, int], Sequence[Presented]]


@dataclass(slots=True)
class Life:
    """What is known of a session.

    Attributes:
        started: How it began.
        dead_since: The first acknowledged end of which it is sure that it was meant too.
        may_be_dead_since: The first beginning of an end that may have been meant for it.
    """

    started: Started
    dead_since: float = inf
    may_be_dead_since: float = inf


@dataclass(slots=True)
class Seen:
    """The journals, sorted."""

    lives: dict[str, Life] = field(default_factory=dict)
    pages: list[Page] = field(default_factory=list)
    renewed: list[Renewed] = field(default_factory=list)
    failed: list[Failed] = field(default_factory=list)
    ends: list[tuple[Ending, float]] = field(default_factory=list)


def sorted_lines(lines: Iterable[Line]) -> Seen:
    """Return what the journals say, with the life of each session."""
    seen, ended = Seen(), {}
    endings: list[Ending] = []
    for line in lines:
        match line:
            case Started():
                seen.lives[line.session] = Life(line)
            case Ending():
                endings.append(line)
            case Ended():
                ended[line.number] = line.done
            case Page():
                seen.pages.append(line)
            case Renewed():
                seen.renewed.append(line)
            case Failed():
                seen.failed.append(line)
    seen.ends = [(ending, ended.get(ending.number, inf)) for ending in endings]
    _put_ends(seen)
    return seen


def _put_ends(seen: Seen) -> None:
    of_user: dict[str, list[Life]] = defaultdict(list)
    for life in seen.lives.values():
        of_user[life.started.user].append(life)
    for ending, done in seen.ends:
        meant = [seen.lives[ending.session]] if ending.session in seen.lives else []
        for life in meant if ending.user is None else of_user[ending.user]:
            # An end that overlaps with the start may be meant for the session, or may not.
            if done > life.started.began:
                life.may_be_dead_since = min(life.may_be_dead_since, ending.began)
            if ending.began > life.started.done:
                life.dead_since = min(life.dead_since, done)


def judged(seen: Seen, brought: Brought) -> tuple[Broken, ...]:
    """Return the rules that were broken.

    Args:
        seen: By the workers.
        brought: To the provider: refresh tokens by session and number.
    """
    lost = interrupted_sessions(seen, brought)
    told: dict[str, list[str]] = {rule: [] for rule in RULES}
    _judge_refreshes(seen, brought, told)
    gone: dict[str, float] = {}
    for page in seen.pages:
        life = seen.lives.get(page.session)
        if life is None:
            continue
        if page.found and page.began > life.dead_since:
            late = (page.began - life.dead_since) * MILLISECONDS
            told["back_from_the_dead"].append(f"session {page.session}, {late:.1f} ms after")
        elif not page.found and page.done < life.may_be_dead_since and page.session not in lost:
            gone.setdefault(page.session, page.done)
    told["session_lost"] = [f"session {session}" for session in gone]
    codes = Counter(one.code for one in seen.failed if one.code not in FINE | {STORE})
    told["failed"] = [code for code, times in codes.items() for _ in range(times)]
    return tuple(
        Broken(rule=rule, times=len(where), examples=tuple(dict.fromkeys(where))[:EXAMPLES])
        for rule, where in told.items()
        if where
    )


def _judge_refreshes(seen: Seen, brought: Brought, told: Mapping[str, list[str]]) -> None:
    kept: dict[tuple[str, int], float] = {}
    for one in seen.renewed:
        name = one.session, one.turn
        kept[name] = min(kept.get(name, inf), one.done)
    excused = Counter((session, turn) for session, turn, _ in _interrupted(seen, brought))
    for (session, turn), times in brought.items():
        again = times[1:]
        # Who was interrupted could not keep what came: one more is right for each.
        for later in again[excused[session, turn] + excused[session, None] :]:
            is_kept = later.began > kept.get((session, turn + 1), inf)
            rule = "rotation_lost" if is_kept else "refreshed_twice"
            told[rule].append(f"session {session}, refresh {turn}")


def _interrupted(seen: Seen, brought: Brought) -> Iterator[tuple[str, int | None, float]]:
    """Return each refresh that was interrupted: session, number where it is known, time."""
    kept = {(one.session, one.turn, one.by) for one in seen.renewed}
    for (session, turn), times in brought.items():
        for one in times:
            if one.is_killed and (session, turn + 1, one.by) not in kept:
                yield session, turn, one.answered or one.at
    for failed in seen.failed:
        if failed.code == STORE and failed.session is not None:
            yield failed.session, None, failed.done


def interrupted_sessions(seen: Seen, brought: Brought) -> set[str]:
    """Return the sessions of which a refresh was interrupted: by a kill, or by the store.

    Those are left out whose end had begun by then: nobody was to keep what came for them.
    """
    lives = seen.lives
    return {
        session
        for session, _, at in _interrupted(seen, brought)
        if session in lives and at < lives[session].may_be_dead_since
    }


def counted(seen: Seen, brought: Brought, *, began: float, seconds: float, killed: int) -> Figures:
    """Return the figures of a race that began then, and took so many seconds."""
    interrupted = interrupted_sessions(seen, brought)
    lost = {
        page.session
        for page in seen.pages
        if page.session in interrupted
        and not page.found
        and page.done < seen.lives[page.session].may_be_dead_since
    }
    ends = Counter(ending.way for ending, done in seen.ends if done < inf)
    return Figures(
        seconds=round(seconds, 1),
        pages=sum(0 <= page.began - began < seconds for page in seen.pages),
        sessions=len(seen.lives),
        ends={way: ends[way] for way in WAYS},
        expiries=len(brought),
        refreshes=sum(map(len, brought.values())),
        killed=killed,
        interrupted=len(interrupted),
        interrupted_lost=len(lost),
        waits=_waits(seen.renewed),
        store_errors=sum(one.code == STORE for one in seen.failed),
    )


def _waits(renewed: Sequence[Renewed]) -> tuple[float, float, float]:
    waits = sorted(round((one.done - one.began) * MILLISECONDS, 1) for one in renewed) or [0.0]
    last = len(waits) - 1
    return waits[last // 2], waits[last * 99 // 100], waits[last]
