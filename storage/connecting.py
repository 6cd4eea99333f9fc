"""Connect to a database: read its URL, set it up so that what was committed stays committed, explain failures."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from json import JSONDecodeError
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event, exc

from loop.errors import Conflict, Damaged, InvalidInput, StoreUnavailable
from storage.keys import JournalKeys
from storage.rows import JSON_OPTIONS

_KNOWN = "Known are sqlite:///FILE and postgresql+psycopg://USER:PASSWORD@HOST/NAME."


def make_engine(url: str, *, keys: JournalKeys | None = None) -> sa.Engine:
    """An engine for a database URL; makes the folder of a SQLite file. What it writes into the journal `keys` sign.

    Every SQLite write transaction takes the write lock at its start (`begin="write"` in the execution
    options), so that it waits its turn instead of failing when it comes to write.
    Raises StoreUnavailable, never showing the password.
    """
    parsed = parse_url(url)
    engine = _sqlite(parsed) if parsed.get_backend_name() == "sqlite" else _postgresql(parsed)
    engine.update_execution_options(journal_keys=keys or JournalKeys())
    return engine


def keys_of(connection: sa.Connection) -> JournalKeys:
    """What signs the journal on this connection."""
    keys: JournalKeys = connection.get_execution_options().get("journal_keys", JournalKeys())
    return keys


@contextmanager
def explain_errors(place: str) -> Iterator[None]:
    """Turns the driver's errors into ours. `place` names the database without secrets."""
    try:
        yield
    except exc.IntegrityError as error:
        raise Conflict("A row with this key exists already, or names something that is not stored.") from error
    except (exc.DataError, OverflowError) as error:
        raise InvalidInput("A value does not fit its column.", remedy="Check numbers and times.") from error
    except exc.TimeoutError as error:
        raise StoreUnavailable(f"All connections to {place} are busy.", remedy="Try again.") from error
    except exc.DBAPIError as error:
        raise _unavailable(place, str(error.orig).lower()) from error
    except JSONDecodeError as error:
        raise Damaged(
            f"A value in {place} cannot be read: it was changed from outside.", remedy="See what was: ratchet audit."
        ) from error
    except exc.StatementError as error:
        if not isinstance(error.orig, OverflowError):
            raise
        raise InvalidInput("A value does not fit its column.", remedy="Check numbers and times.") from error


@contextmanager
def reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A connection on which everything is read as of one moment."""
    options = {} if engine.dialect.name == "sqlite" else {"isolation_level": "REPEATABLE READ"}
    with explain_errors(place_of(engine)), engine.connect().execution_options(**options) as connection:
        yield connection


def with_write_check(engine: sa.Engine, check: Callable[[sa.Connection], None]) -> sa.Engine:
    """The same engine, with a check at the start of every write transaction: what it raises ends it."""
    return engine.execution_options(check=check)


@contextmanager
def writing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """One write transaction: all of it, or nothing when the block raises."""
    with (
        explain_errors(place_of(engine)),
        engine.connect().execution_options(begin="write") as connection,
        connection.begin(),
    ):
        check = connection.get_execution_options().get("check")
        if check is not None:
            check(connection)
        yield connection


def place_of(engine: sa.Engine) -> str:
    """The database in words: file, or host and name."""
    return _place(engine.url)


def parse_url(url: str) -> sa.URL:
    """The URL of a database of a kind we know. Raises StoreUnavailable, never showing the password."""
    try:
        parsed = sa.make_url(url)
    except (exc.ArgumentError, ValueError):
        raise StoreUnavailable("The database URL cannot be read.", remedy=_KNOWN) from None
    scheme = parsed.drivername
    if scheme in {"postgres", "postgresql"}:
        return parsed.set(drivername="postgresql+psycopg")
    if scheme not in {"sqlite", "postgresql+psycopg"}:
        raise StoreUnavailable("The database URL names a kind of database Ratchet does not know.", remedy=_KNOWN)
    return parsed


def _place(url: sa.URL) -> str:
    if url.get_backend_name() == "sqlite":
        return f"the database {url.database}"
    host = url.host or url.query.get("host") or "localhost"
    return f"the database {url.database or ''} on {host}"


def _sqlite(url: sa.URL) -> sa.Engine:
    if not url.database or url.database == ":memory:":
        raise StoreUnavailable("A SQLite database needs a file.", remedy="Write sqlite:///FILE.")
    path = Path(url.database)
    if path.is_dir():
        raise StoreUnavailable(f"{path} is a folder.", remedy="Name a file in it.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreUnavailable(
            f"The folder {path.parent} cannot be made ({error.strerror}).", remedy="Name a file where you may write."
        ) from error
    engine = sa.create_engine(url, connect_args={"timeout": 10}, **JSON_OPTIONS)

    @event.listens_for(engine, "connect")
    def _set_up(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        for pragma in (
            "busy_timeout=10000",
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "cache_size=-65536",  # KiB: with the 2 MiB SQLite takes by itself, indexes are read again and again
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        match connection.get_execution_options().get("begin", "read"):
            case "write":
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            case "migrate":
                connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            case _:
                connection.exec_driver_sql("BEGIN")

    return engine


def _postgresql(url: sa.URL) -> sa.Engine:
    engine = sa.create_engine(
        url,
        pool_size=5,
        max_overflow=10,
        pool_timeout=30,
        pool_pre_ping=True,
        pool_recycle=1800,
        connect_args={"connect_timeout": 10},
        **JSON_OPTIONS,
    )

    @event.listens_for(engine, "connect")
    def _set_up(connection: Any, _record: Any) -> None:
        with connection.cursor() as cursor:
            for setting in (
                "statement_timeout = '60s'",
                "lock_timeout = '15s'",
                "idle_in_transaction_session_timeout = '60s'",
                "timezone = 'UTC'",
                # Agents differ in size and lookups carry long lists of ids: a plan made for all is slow for most.
                "plan_cache_mode = force_custom_plan",
            ):
                cursor.execute(f"SET {setting}")
        connection.commit()

    return engine


def _unavailable(place: str, reason: str) -> StoreUnavailable:
    """The driver's message chooses the sentence; it is never shown."""
    known = {
        "not a database": ("is not a SQLite file", "Name another file, or restore a backup."),
        "malformed": ("is damaged", "Restore a backup."),
        "unable to open": ("cannot be opened", "Check that you may write to the file and its folder."),
        "readonly": ("cannot be written", "Check that you may write to the file and its folder."),
        "locked": ("is busy with another writer", "Try again; if it stays so, end the other program."),
        "lock timeout": ("is busy with another writer", "Try again."),
        "statement timeout": ("took too long", "Try again."),
        "disk": ("has no room to write", "Free some space on the disk."),
        "no space": ("has no room to write", "Free some space on the disk."),
        "no such table": ("lacks a table", "Restart Ratchet; it brings the database up to date."),
        "password": ("refused the user or the password", "Check RATCHET_DATABASE_URL."),
        "does not exist": ("does not exist", "Create it, or check RATCHET_DATABASE_URL."),
    }
    for piece, (what, remedy) in known.items():
        if piece in reason:
            return StoreUnavailable(f"{place[0].upper()}{place[1:]} {what}.", remedy=remedy)
    return StoreUnavailable(
        f"{place[0].upper()}{place[1:]} cannot be reached.",
        remedy="Check that the server runs and that RATCHET_DATABASE_URL is right.",
    )
