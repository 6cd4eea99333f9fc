"""Health of a database and of those who work on it: a handful of short queries, at most a second of waiting.

Workers beat in `loop.jobs.fleet`, each second, by the database's clock, in a table beside ours; a worker that ends in
good order takes its row with it, one that dies leaves it to grow old.
"""

import shutil
import sqlite3
from pathlib import Path

import sqlalchemy as sa

from loop.records.health import CLOCKS, HEARTBEATS, JOBS_SCHEMA, Health, Silence
from storage.connecting import reading
from storage.tables import FailedJobRow, TurnRow

_LEAST_ROOM = 16 * 1024 * 1024
"""Bytes free on the disk below which a write may be the last."""
_WAIT = 1.0
"""Seconds to wait for another writer: whoever holds the lock shows that writing works."""
_ACTIVE = ("PENDING", "ENQUEUED", "DELAYED")


class HealthCheck:
    """Looks at one database."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._is_sqlite = engine.dialect.name == "sqlite"
        self._schema = None if self._is_sqlite else JOBS_SCHEMA
        self._clock = sa.literal_column(CLOCKS[engine.dialect.name], sa.Double)
        self._workers = sa.table(HEARTBEATS, sa.column("beat_at", sa.Double), schema=self._schema)
        self._work = sa.table("workflow_status", sa.column("status", sa.String), schema=self._schema)
        self._known: set[str] = set()

    def silence(self) -> Silence:
        """How long no worker was heard of. Two cheap queries.

        Raises StoreUnavailable.
        """
        with reading(self._engine) as connection:
            return self._silence(connection)

    def last_beat(self) -> float | None:
        """When a worker was last heard of, in seconds of the database's clock; None: none is listed.

        Raises StoreUnavailable.
        """
        with reading(self._engine) as connection:
            if not self._has(connection, "ratchet_worker"):
                return None
            found = connection.execute(sa.select(sa.func.max(self._workers.c.beat_at))).scalar()
        return None if found is None else float(found)

    def look(self) -> Health:
        """Everything. Raises StoreUnavailable where the database cannot be read."""
        failed, turns = FailedJobRow.core(), TurnRow.core()
        with reading(self._engine) as connection:
            silence = self._silence(connection)
            queued = 0
            if self._has(connection, "workflow_status"):
                count = sa.select(sa.func.count()).where(self._work.c.status.in_(_ACTIVE))
                queued = connection.execute(count.select_from(self._work)).scalar_one()
            aside = sa.select(sa.func.count()).select_from(failed).where(failed.c.retry_at.is_(None))
            set_aside = connection.execute(aside).scalar_one()
            last = connection.execute(sa.select(sa.func.max(turns.c.ended_at)).group_by(turns.c.agent)).scalars().all()
        return Health(
            is_writable=self.is_writable(),
            silence=silence.seconds,
            has_worked=silence.has_worked,
            queued=queued,
            set_aside=set_aside,
            last_turn_at=max(last, default=None),
        )

    def is_writable(self) -> bool:
        """Whether a write begins, and there is room for it. Nothing is written."""
        return self._takes_write_sqlite() if self._is_sqlite else self._takes_write_postgresql()

    def _silence(self, connection: sa.Connection) -> Silence:
        if not self._has(connection, "ratchet_worker"):
            return Silence(None, False)
        query = sa.select(self._clock - sa.func.max(self._workers.c.beat_at)).select_from(self._workers)
        found = connection.execute(query).scalar()
        return Silence(None if found is None else max(0.0, float(found)), True)

    def _has(self, connection: sa.Connection, name: str) -> bool:
        """Whether a worker made this table; once there, it stays."""
        if name not in self._known and sa.inspect(connection).has_table(name, schema=self._schema):
            self._known.add(name)
        return name in self._known

    def _takes_write_sqlite(self) -> bool:
        place = Path(self._engine.url.database or "")
        try:
            if shutil.disk_usage(place.parent).free < _LEAST_ROOM:
                return False
            connection = sqlite3.connect(
                f"{place.resolve().as_uri()}?mode=rw", uri=True, timeout=_WAIT, isolation_level=None
            )
        except (OSError, sqlite3.Error):
            return False
        try:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
        except sqlite3.Error as error:
            return getattr(error, "sqlite_errorname", "").startswith("SQLITE_BUSY")
        finally:
            connection.close()
        return True

    def _takes_write_postgresql(self) -> bool:
        with reading(self._engine) as connection:
            return connection.execute(sa.text("SHOW default_transaction_read_only")).scalar() == "off" and not (
                connection.execute(sa.text("SELECT pg_is_in_recovery()")).scalar()
            )
