"""Raw text, apart: nothing that is read by pages, proposals, exports or bundles touches this table."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

import sqlalchemy as sa

from loop.errors import NotFound
from loop.records import Note
from loop.records.raw import RawKind, RawText
from storage import audit
from storage.among import among
from storage.connecting import reading, writing
from storage.locks import lock_agent
from storage.noting import AgentNoting
from storage.rows import from_row, to_row
from storage.snapshot import AgentReads
from storage.statements import insert_new
from storage.tables import FeedbackRow, InteractionRow, RawTextRow

_RAW = RawTextRow.core()
_OF: dict[RawKind, sa.Table] = {"interaction": InteractionRow.core(), "feedback": FeedbackRow.core()}


class AgentRaw(AgentNoting, AgentReads):
    """See `loop.ports.erasing.RawTexts`; part of an agent's store."""

    def raw_kept(self, ids: Collection[str], *, now: datetime) -> frozenset[str]:
        """See the port."""
        query = sa.select(_RAW.c.id).where(*self._readable(ids, now))
        with reading(self._engine) as connection:
            return frozenset(connection.execute(query).scalars())

    def read_raw(self, ids: Collection[str], *, note: Note) -> list[RawText]:
        """See the port."""
        query = sa.select(_RAW).where(*self._readable(ids, note.at)).order_by(_RAW.c.kind, _RAW.c.id)
        with self._noting() as connection:
            lock_agent(connection, self._slug)
            found = [from_row(RawText, row) for row in connection.execute(query).mappings()]
            if not found:
                raise NotFound(
                    "No raw text of this is kept.",
                    remedy="Nothing was masked, or keeping raw text was off when it came, or its retention is over.",
                )
            subjects = dict.fromkeys(one.id for one in found)
            audit.append(connection, self._slug, [note.model_copy(update={"subject": one}) for one in subjects])
        return found

    def drop_raw(self, now: datetime) -> int:
        """See the port."""
        mine = _RAW.c.agent == self._slug
        first = sa.select(_RAW.c.kept_at).where(mine).order_by(_RAW.c.kept_at).limit(1)
        with reading(self._engine) as connection:
            oldest = connection.execute(first).scalar()
        until = now if oldest is None else now - timedelta(days=self.agent.limits.raw_days)
        if oldest is None or oldest > until:
            return 0
        old = _RAW.c.kept_at <= until
        with writing(self._engine) as connection:
            overwrite_freed_pages(connection)
            n = connection.execute(sa.delete(_RAW).where(mine, old)).rowcount
        truncate_log(self._engine)
        return n

    def _readable(self, ids: Collection[str], now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
        """Past its retention it is as good as gone, whether or not a turn has deleted it."""
        old = _RAW.c.kept_at <= now - timedelta(days=self.agent.limits.raw_days)
        return _RAW.c.agent == self._slug, among(_RAW.c.id, ids), sa.not_(old)


def keep_raw(
    connection: sa.Connection, agent: str, raw: Iterable[RawText], *, kind: RawKind, ids: Collection[str]
) -> None:
    """Raw text of the records that were written just now, in place of what it was before."""
    wanted = frozenset(ids)
    rows = {one.id: to_row(one) for one in raw if one.kind == kind and one.id in wanted}
    if not rows:
        return
    forget_raw(connection, agent, kind=kind, ids=rows)
    insert_new(connection, _RAW, list(rows.values()))


def forget_raw(connection: sa.Connection, agent: str, *, kind: RawKind, ids: Collection[str]) -> int:
    """Of these records; how many."""
    mine = (_RAW.c.agent == agent, _RAW.c.kind == kind)
    return connection.execute(sa.delete(_RAW).where(*mine, among(_RAW.c.id, ids))).rowcount


def forget_raw_of(connection: sa.Connection, agent: str, spans: Iterable[tuple[int, int]]) -> None:
    """Of everything that stands at these log positions."""
    overwrite_freed_pages(connection)
    for kind, table in _OF.items():
        for first, last in spans:
            theirs = sa.select(table.c.id).where(table.c.agent == agent, table.c.seq.between(first, last))
            connection.execute(sa.delete(_RAW).where(_RAW.c.agent == agent, _RAW.c.kind == kind, _RAW.c.id.in_(theirs)))


def overwrite_freed_pages(connection: sa.Connection) -> None:
    """What is deleted from here on leaves nothing in the file."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA secure_delete=ON")


def truncate_log(engine: sa.Engine) -> None:
    """The write-ahead log of a file still holds the pages as they were."""
    if engine.dialect.name == "sqlite":
        raw = engine.raw_connection()
        try:
            raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            raw.close()
