"""Open a database or a backup for reading only: nothing is written, upgraded or created beside it."""

import sqlite3
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event, exc

from loop.errors import StoreUnavailable
from storage.connecting import explain_errors, make_engine, parse_url, place_of
from storage.keys import JournalKeys
from storage.rows import JSON_OPTIONS
from storage.schema import VERSION_TABLE, newest_revision


def open_copy(place: str, *, keys: JournalKeys) -> sa.Engine:
    """An engine that cannot write. `place`: a URL, or the path of a SQLite file.

    Raises StoreUnavailable when it is not there, not ours or not of this program's revision.
    """
    url = parse_url(place if "://" in place else f"sqlite:///{Path(place).absolute()}")
    engine = _sqlite(url) if url.get_backend_name() == "sqlite" else _postgresql(url)
    engine.update_execution_options(journal_keys=keys)
    try:
        with explain_errors(place_of(engine)), engine.connect() as connection:
            _check_revision(connection, place_of(engine))
    except BaseException:
        engine.dispose()
        raise
    return engine


def _sqlite(url: sa.URL) -> sa.Engine:
    path = Path(url.database or "")
    if not path.is_file() or not path.stat().st_size:
        raise StoreUnavailable(f"There is no database at {path}.", remedy="Name the file of a database or a backup.")
    beside = path.with_name(f"{path.name}-wal")
    # Without a write-ahead log nobody has it open: the file is read as it is, and SQLite makes nothing beside it.
    mode = "mode=ro" if beside.exists() and beside.stat().st_size else "mode=ro&immutable=1"

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(f"{path.absolute().as_uri()}?{mode}", uri=True, check_same_thread=False)

    engine = sa.create_engine(url, creator=connect, poolclass=sa.NullPool, **JSON_OPTIONS)

    @event.listens_for(engine, "connect")
    def _set_up(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA busy_timeout=10000")
        connection.execute("PRAGMA query_only=ON")

    @event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN")

    return engine


def _postgresql(url: sa.URL) -> sa.Engine:
    engine = make_engine(url.render_as_string(hide_password=False))

    @event.listens_for(engine, "connect")
    def _read_only(connection: Any, _record: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET default_transaction_read_only = on")
            cursor.execute("SET statement_timeout = 0")
        connection.commit()

    return engine


def _check_revision(connection: sa.Connection, place: str) -> None:
    try:
        stored = connection.execute(sa.text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()  # noqa: S608 - ours
    except exc.DBAPIError as error:
        if "no such table" in str(error).lower() or "does not exist" in str(error).lower():
            raise StoreUnavailable(f"{place} is not a database of Ratchet.", remedy="Name another.") from None
        raise
    if stored != newest_revision():
        raise StoreUnavailable(
            f"{place[0].upper()}{place[1:]} was written by another release of Ratchet.",
            remedy="Audit it with that release; or open a copy of it with this one, which upgrades it.",
        )
