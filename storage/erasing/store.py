"""Erasure by subject as part of an agent's store; see `loop.ports.erasing`."""

from datetime import datetime

from loop.ports import Checkpoint
from loop.records import Erasure
from loop.records.erasure import ErasureOrder
from storage.connecting import reading, writing
from storage.erasing import run
from storage.noting import AgentNoting
from storage.raw import truncate_log


class AgentErasing(AgentNoting):
    """Takes a subject's words out of everything stored; part of an agent's store."""

    _checkpoint: Checkpoint

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
        truncate_log(self._engine)
        return made

    def finish_erasures(self, now: datetime) -> list[Erasure]:
        """See `loop.ports.erasing.Erasing.finish_erasures`."""
        with reading(self._engine) as connection:
            if not run.read_erasures(connection, self._slug, is_open=True):
                return []
        with self._noting() as connection:
            done = run.finish(connection, self._slug, now=now)
        truncate_log(self._engine)
        return done

    def erasures(self) -> list[Erasure]:
        """Newest first."""
        with reading(self._engine) as connection:
            return run.read_erasures(connection, self._slug)
