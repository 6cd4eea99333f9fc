"""Statements every writer shares: inserts that are idempotent, upserts, and the list of what the firewall has to do."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from operator import itemgetter
from typing import Any, NamedTuple, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import UTCDateTime

from loop.records.days import day_of
from storage.among import among
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
    """Insert the rows whose key is free. All rows have the same columns."""
    if rows:
        _run(connection, _insert_statement(connection.dialect, table, tuple(rows[0]), is_upsert=False), rows)


def insert_unknown(connection: sa.Connection, table: sa.Table, agent: str, rows: Sequence[Row]) -> int:
    """Insert the rows whose id is free; how many they were. Drivers do not count what a batch inserted."""
    if not rows:
        return 0
    by_id = {row["id"]: row for row in reversed(rows)}
    for known in connection.execute(sa.select(table.c.id).where(table.c.agent == agent, among(table.c.id, by_id))):
        del by_id[known.id]
    insert_new(connection, table, list(reversed(by_id.values())))
    return len(by_id)


def upsert(connection: sa.Connection, table: sa.Table, rows: Sequence[Row]) -> None:
    """Insert, or replace the row with the same key. All rows have the same columns."""
    if not rows:
        return
    _run(connection, _insert_statement(connection.dialect, table, tuple(rows[0]), is_upsert=True), rows)


def update(connection: sa.Connection, table: sa.Table, rows: Sequence[Row], *, columns: Sequence[str]) -> None:
    """Some columns of rows that are there, found by key."""
    if not rows:
        return
    keys = [column.name for column in table.primary_key]
    where = [table.c[name] == sa.bindparam(f"of_{name}") for name in keys]
    statement = sa.update(table).where(*where).values({name: sa.bindparam(f"to_{name}") for name in columns})
    named = [{f"to_{name}": row[name] for name in columns} | {f"of_{name}": row[name] for name in keys} for row in rows]
    execute_many(connection, statement, named)


def execute_many(connection: sa.Connection, statement: Any, rows: Sequence[Row]) -> None:
    """Executemany straight to the driver: building parameters row by row costs more than writing them.

    Only for columns whose values drivers take as they are, or as JSON made here.
    """
    _run(connection, _spelled(connection.dialect, statement), rows)


class _Spelled(NamedTuple):
    """A statement as the driver takes it: spelling it again for every transaction costs more than a small one."""

    text: str
    take: Callable[[Row], Any]
    is_positional: bool
    makers: Mapping[str, Callable[[Any], Any]]
    """By column, what makes a value the driver takes."""
    places: tuple[tuple[int, Callable[[Any], Any]], ...]
    """The same by place."""


def _spelled(dialect: sa.Dialect, statement: Any) -> _Spelled:
    compiled = statement.compile(dialect=dialect)
    names: Sequence[str] = compiled.positiontup or list(compiled.params)
    makers = {name: make for name in names if (make := _maker(compiled.binds[name].type, dialect)) is not None}
    places = tuple((place, makers[name]) for place, name in enumerate(names) if name in makers)
    return _Spelled(str(compiled), itemgetter(*names), bool(compiled.positiontup), makers, places)


def _maker(kind: Any, dialect: sa.Dialect) -> Callable[[Any], Any] | None:
    """What spells a value of a type; None where the driver takes it as it is.

    A time has one spelling whichever way a row is written, else SQLite compares apples with pears: its own, and not
    that of the driver.
    """
    if isinstance(kind, sa.Boolean):
        return None
    make: Callable[[Any], Any] | None
    if dialect.name != "sqlite":
        make = kind.bind_processor(dialect)
        return make
    make = kind.dialect_impl(dialect).bind_processor(dialect)
    # Rows that arrive together were received together.
    return lru_cache(maxsize=1_024)(make) if make is not None and isinstance(kind, UTCDateTime) else make


@lru_cache(maxsize=512)
def _insert_statement(dialect: sa.Dialect, table: sa.Table, columns: tuple[str, ...], *, is_upsert: bool) -> _Spelled:
    insert = _insert(dialect)(table)
    if is_upsert:
        keys = [column.name for column in table.primary_key]
        fresh = {name: insert.excluded[name] for name in columns if name not in keys}
        insert = insert.on_conflict_do_update(index_elements=keys, set_=fresh)
    else:
        insert = insert.on_conflict_do_nothing()
    return _spelled(dialect, insert.values({name: sa.bindparam(name) for name in columns}))


def _run(connection: sa.Connection, spelled: _Spelled, rows: Sequence[Row]) -> None:
    for chunk in chunks(rows):
        bound: list[Any]
        if not spelled.is_positional:
            bound = [row | {name: make(row[name]) for name, make in spelled.makers.items()} for row in chunk]
        elif spelled.places:
            bound = [_made(spelled, row) for row in chunk]
        else:
            bound = [spelled.take(row) for row in chunk]
        connection.exec_driver_sql(spelled.text, bound)


def _made(spelled: _Spelled, row: Row) -> tuple[Any, ...]:
    values = list(spelled.take(row))
    for place, make in spelled.places:
        values[place] = make(values[place])
    return tuple(values)


def enqueue(connection: sa.Connection, agent: str, keys: Iterable[tuple[str, str, int]]) -> None:
    """Put (level, key, place) on the lists; a key that is there already gets a new stamp."""
    rows = [{"agent": agent, "level": level, "key": key, "stamp": 1, "place": place} for level, key, place in keys]
    if not rows:
        return
    _run(connection, _enqueue_statement(connection.dialect), rows)


def enqueue_feedback(connection: sa.Connection, agent: str, which: sa.ColumnElement[bool]) -> None:
    """Give stored feedback to the lowest level again: its state, or what it is about, changed."""
    told = FeedbackRow.core()
    rows = connection.execute(sa.select(told.c.id, told.c.seq).where(told.c.agent == agent, which)).all()
    enqueue(connection, agent, (("facts", row.id, row.seq) for row in rows))


def leave_day(connection: sa.Connection, agent: str, was: datetime, *, now: datetime) -> None:
    """Have the answers of a day counted again when one of them moves to another."""
    days = [day_of(at) for at in (was, now)]
    if days[0] != days[1]:
        enqueue(connection, agent, [("traffic", days[0], 0)])


@lru_cache(maxsize=64)
def _enqueue_statement(dialect: sa.Dialect) -> _Spelled:
    table = DueRow.core()
    insert = _insert(dialect)(table).values(
        {name: sa.bindparam(name) for name in ("agent", "level", "key", "stamp", "place")}
    )
    again = {"stamp": table.c.stamp + sa.literal_column("1")}
    return _spelled(dialect, insert.on_conflict_do_update(index_elements=["agent", "level", "key"], set_=again))


def _insert(dialect: sa.Dialect) -> Any:
    return postgresql.insert if dialect.name == "postgresql" else sqlite.insert
