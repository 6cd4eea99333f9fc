"""A database as the first release left it: rows of every table, written by that release and kept as JSON."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from storage.connecting import make_engine
from storage.schema import VERSION_TABLE, move_schema

FIRST = "0001_first"


def rows() -> dict[str, list[dict[str, Any]]]:
    """By table, in an order in which they can be inserted."""
    kept: dict[str, list[dict[str, Any]]] = json.loads((Path(__file__).parent / "v0001.json").read_text("utf-8"))
    return kept


def make(url: str) -> sa.Engine:
    """Take an empty database back to the first schema and fill it with the rows of that release."""
    engine = make_engine(url)
    move_schema(engine, "base")
    move_schema(engine, FIRST)
    known = sa.MetaData()
    known.reflect(engine)
    with engine.begin() as connection:
        for name, kept in rows().items():
            times = {column.name for column in known.tables[name].columns if isinstance(column.type, sa.DateTime)}
            connection.execute(
                sa.insert(known.tables[name]),
                [{key: _moment(value) if key in times else value for key, value in row.items()} for row in kept],
            )
    return engine


def stored(engine: sa.Engine) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table, times as text in UTC."""
    known = sa.MetaData()
    known.reflect(engine)
    found: dict[str, list[dict[str, Any]]] = {}
    with engine.connect() as connection:
        for table in known.tables.values():
            if table.name != VERSION_TABLE:
                query = sa.select(table).order_by(*table.primary_key.columns)
                found[table.name] = [_plain(row) for row in connection.execute(query).mappings()]
    return found


def _moment(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value)


def _plain(row: sa.RowMapping) -> dict[str, Any]:
    return {
        key: value.replace(tzinfo=None).isoformat() if isinstance(value, datetime) else value
        for key, value in row.items()
    }
