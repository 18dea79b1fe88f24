"""The tables of the SQL store, and the database's own clock.

May know: nothing else of this package.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    LargeBinary,
    MetaData,
    Select,
    SmallInteger,
    Table,
    bindparam,
    cast,
    func,
    select,
)

METADATA = MetaData()
#: Times are in milliseconds since the epoch.
SESSIONS = Table(
    "admit_sessions",
    METADATA,
    Column("key", LargeBinary, primary_key=True),
    Column("owner", LargeBinary, nullable=False, index=True),
    Column("value", LargeBinary, nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False, index=True),
)
LABELS = Table(
    "admit_labels",
    METADATA,
    Column("label", LargeBinary, primary_key=True),
    Column("key", LargeBinary, primary_key=True),
    Column("expires_at", BigInteger, nullable=False, index=True),
)
NAMES = Table(
    "admit_names",
    METADATA,
    Column("kind", SmallInteger, primary_key=True, autoincrement=False),
    Column("name", LargeBinary, primary_key=True),
    Column("holder", LargeBinary, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False, index=True),
)
#: Days from the beginning of the Julian calendar to the epoch, and milliseconds of a day.
EPOCH, DAY = 2_440_587.5, 86_400_000


class Kind(IntEnum):
    """What a name in `NAMES` is."""

    MARK = 1
    USED = 2
    LEASE = 3


def clock(dialect: str) -> ColumnElement[int]:
    """Return the time in milliseconds since the epoch, by the clock of the database."""
    if dialect == "sqlite":
        # Rounded, as a fraction of a day is never exact.
        return cast(func.round((func.julianday("now") - EPOCH) * DAY), BigInteger)
    # When the statement began. A clock that runs on meanwhile would rule out any index on times.
    began = func.extract("epoch", func.statement_timestamp())
    return cast(func.floor(began * 1000), BigInteger)


def loading(now: ColumnElement[int]) -> Select[*tuple[Any, ...]]:
    """Return what asks for the record of a ``:key`` and the mark of its ``:owner``, together.

    One row, if any: the value, the milliseconds left, the time, the mark or NULL.
    """
    left = SESSIONS.c.expires_at - now
    owners = (NAMES.c.kind == Kind.MARK, NAMES.c.name == bindparam("owner"))
    mark = select(NAMES.c.at).where(*owners, NAMES.c.expires_at > now).scalar_subquery()
    wanted = select(SESSIONS.c.value, left, now, mark)
    return wanted.where(SESSIONS.c.key == bindparam("key"), left > 0)
