"""Erasure by subject as part of an agent's store; see `loop.ports.erasing`."""

from contextlib import AbstractContextManager
from datetime import datetime

import sqlalchemy as sa

from loop.ports import Checkpoint
from loop.records import Erasure
from loop.records.erasure import ErasureOrder
from storage.connecting import reading, writing
from storage.erasing import run


class AgentErasing:
    """Takes a subject's words out of everything stored; part of an agent's store."""

    _engine: sa.Engine
    _slug: str
    _checkpoint: Checkpoint

    def _noting(self, *, is_release: bool = False) -> AbstractContextManager[sa.Connection]:
        raise NotImplementedError

    def erase(self, order: ErasureOrder, *, is_dry: bool = False) -> Erasure:
        """See `loop.ports.erasing.Erasing.erase`. A dry run does all of it and takes it back."""
        if is_dry:
            with writing(self._engine) as connection:
                attempt = connection.begin_nested()
                made = run.erase(connection, self._slug, order)
                attempt.rollback()
            return made
        with self._noting() as connection:
            made = run.erase(connection, self._slug, order)
            self._checkpoint("erase:written")
        self._checkpoint("erase:kept")
        self._truncate()
        return made

    def finish_erasures(self, now: datetime) -> list[Erasure]:
        """See `loop.ports.erasing.Erasing.finish_erasures`."""
        with reading(self._engine) as connection:
            if not run.read_erasures(connection, self._slug, is_open=True):
                return []
        with self._noting() as connection:
            done = run.finish(connection, self._slug, now=now)
        self._truncate()
        return done

    def erasures(self) -> list[Erasure]:
        """Newest first."""
        with reading(self._engine) as connection:
            return run.read_erasures(connection, self._slug)

    def _truncate(self) -> None:
        """The write-ahead log of a file still holds the pages as they were."""
        if self._engine.dialect.name == "sqlite":
            raw = self._engine.raw_connection()
            try:
                raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
            finally:
                raw.close()
