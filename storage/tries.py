"""Passwords that were tried, counted as rows: forgotten after a rest, and never more than so many rows."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from loop.ports.people import TryCount
from storage.among import among
from storage.statements import insert_new, upsert
from storage.tables import SignInFailureRow

MOST = 10_000
"""Rows that are kept; of more, those go that were tried least, and longest ago."""
_KEPT = timedelta(days=1)

_Failures = SignInFailureRow.core()


def read_wait(connection: sa.Connection, counts: Sequence[TryCount], *, at: datetime) -> timedelta:
    """How long to wait before the next try; zero: it may be made."""
    return _wait(_rows(connection, counts), counts, at=at)


def add_try(connection: sa.Connection, counts: Sequence[TryCount], *, at: datetime) -> timedelta:
    """The same, and where it may be made it is counted, under each: of many at once as many as in a row."""
    fresh = [{"name": key, "count": 0, "last_at": at} for key in sorted(_key(one) for one in counts)]
    insert_new(connection, _Failures, fresh)  # a row that is not there cannot be locked
    rows = _rows(connection, counts, is_locked=True)
    wait = _wait(rows, counts, at=at)
    if wait:
        return wait
    made = [{"name": _key(one), "count": _count(rows, one, at=at) + 1, "last_at": at} for one in counts]
    upsert(connection, _Failures, made)
    _prune(connection, at=at)
    return timedelta(0)


def take_back(connection: sa.Connection, counts: Sequence[TryCount]) -> None:
    """The password was right: what is one person's is forgotten, what others share loses this try."""
    own, shared = ([_key(one) for one in counts if one.is_shared is kind] for kind in (False, True))
    connection.execute(sa.delete(_Failures).where(among(_Failures.c.name, own)))
    less = sa.update(_Failures).where(among(_Failures.c.name, shared), _Failures.c["count"] > 0)
    connection.execute(less.values(count=_Failures.c["count"] - 1))


def _rows(
    connection: sa.Connection, counts: Sequence[TryCount], *, is_locked: bool = False
) -> Mapping[str, Mapping[Any, Any]]:
    query = sa.select(_Failures).where(among(_Failures.c.name, [_key(one) for one in counts])).order_by("name")
    found = connection.execute(query.with_for_update() if is_locked else query).mappings()
    return {row["name"]: row for row in found}


def _wait(rows: Mapping[str, Mapping[Any, Any]], counts: Sequence[TryCount], *, at: datetime) -> timedelta:
    tried = [(one, rows[_key(one)]["last_at"]) for one in counts if _key(one) in rows]
    waits: list[timedelta] = [last_at + one.pause(_count(rows, one, at=at)) - at for one, last_at in tried]
    return max([timedelta(0), *waits])


def _count(rows: Mapping[str, Mapping[Any, Any]], one: TryCount, *, at: datetime) -> int:
    row = rows.get(_key(one))
    return 0 if row is None or at - row["last_at"] >= one.rest else int(row["count"])


def _prune(connection: sa.Connection, *, at: datetime) -> None:
    connection.execute(sa.delete(_Failures).where(_Failures.c.last_at < at - _KEPT))
    kept = connection.execute(sa.select(sa.func.count()).select_from(_Failures)).scalar_one()
    if kept > MOST:
        least = sa.select(_Failures.c.name).order_by("count", "last_at").limit(kept - MOST)
        connection.execute(sa.delete(_Failures).where(_Failures.c.name.in_(least)))


def _key(one: TryCount) -> str:
    return hashlib.sha256(one.key.encode("utf-8", "replace")).hexdigest()
