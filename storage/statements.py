"""Statements every writer shares: inserts that are idempotent, upserts, and the list of what the firewall has to do."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from storage.rows import Row
from storage.tables import DueRow, FeedbackRow

CHUNK = 1000
"""Rows or ids in one statement."""

T = TypeVar("T")


def chunks(items: Sequence[T]) -> Iterator[Sequence[T]]:
    """The items in pieces a statement can take."""
    for start in range(0, len(items), CHUNK):
        yield items[start : start + CHUNK]


def insert_new(connection: sa.Connection, table: sa.Table, rows: Sequence[Row]) -> None:
    """Insert the rows whose key is free."""
    statement = _insert(connection)(table).on_conflict_do_nothing()
    for chunk in chunks(rows):
        connection.execute(statement, list(chunk))


def insert_unknown(connection: sa.Connection, table: sa.Table, agent: str, rows: Sequence[Row]) -> int:
    """Insert the rows whose id is free; how many they were. Drivers do not count what a batch inserted."""
    by_id = {row["id"]: row for row in reversed(rows)}
    for ids in chunks(list(by_id)):
        for known in connection.execute(sa.select(table.c.id).where(table.c.agent == agent, table.c.id.in_(ids))):
            del by_id[known.id]
    insert_new(connection, table, list(reversed(by_id.values())))
    return len(by_id)


def upsert(connection: sa.Connection, table: sa.Table, rows: Sequence[Row]) -> None:
    """Insert, or replace the row with the same key."""
    if not rows:
        return
    insert = _insert(connection)(table)
    keys = [column.name for column in table.primary_key]
    statement = insert.on_conflict_do_update(
        index_elements=keys,
        set_={name: insert.excluded[name] for name in rows[0] if name not in keys},
    )
    for chunk in chunks(rows):
        connection.execute(statement, list(chunk))


def enqueue(connection: sa.Connection, agent: str, keys: Iterable[tuple[str, str, int]]) -> None:
    """Put (level, key, place) on the lists; a key that is there already gets a new stamp."""
    table = DueRow.core()
    rows = [{"agent": agent, "level": level, "key": key, "stamp": 1, "place": place} for level, key, place in keys]
    insert = _insert(connection)(table)
    statement = insert.on_conflict_do_update(
        index_elements=["agent", "level", "key"], set_={"stamp": table.c.stamp + 1}
    )
    for chunk in chunks(rows):
        connection.execute(statement, list(chunk))


def enqueue_feedback(connection: sa.Connection, agent: str, which: sa.ColumnElement[bool]) -> None:
    """Give stored feedback to the lowest level again: its state, or what it is about, changed."""
    told = FeedbackRow.core()
    rows = connection.execute(sa.select(told.c.id, told.c.seq).where(told.c.agent == agent, which)).all()
    enqueue(connection, agent, (("facts", row.id, row.seq) for row in rows))


def _insert(connection: sa.Connection) -> Any:
    return postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
