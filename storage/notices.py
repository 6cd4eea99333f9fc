"""Notices in the database: what people outside should hear of, found by looking at what is so (level-triggered).

Nothing is written beside a proposal or a release: that a change waits is seen from the change. A machine that dies
between two looks therefore forgets nothing, and the id of a notice keeps it from being told as something new.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

import sqlalchemy as sa

from loop.records import ProposalState, StakesLevel
from loop.records.notices import Notice, NoticeKind, WaitingChange
from storage.connecting import reading, writing
from storage.queries.scope import moment
from storage.rows import from_row, to_row
from storage.statements import insert_new
from storage.tables import FailedJobRow, NoticeRow, OutboxRow, ProposalRow, TurnRow

_MOST = 500
"""Of a kind, in one look."""
_T, _P = NoticeRow.core(), ProposalRow.core()
_LATE = "deploy"


class NoticeRows:
    """`loop.ports.notices.Notices` over one database."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def waiting(self) -> list[WaitingChange]:
        """Changes that wait for a decision, oldest first."""
        query = (
            sa.select(_P.c.agent, _P.c.id, _P.c.root_id, _P.c.stakes, _P.c.evidence, _P.c.created_at, _P.c.waits_since)
            .where(_P.c.state == ProposalState.WAITING.value)
            .order_by(_P.c.created_at, _P.c.id)
            .limit(_MOST)
        )
        with reading(self._engine) as connection:
            rows = connection.execute(query).all()
            return [
                WaitingChange(
                    agent=row.agent,
                    id=row.id,
                    first_id=row.root_id or row.id,
                    is_high=row.stakes["level"] == StakesLevel.HIGH.value,
                    reports=len(row.evidence),
                    since=moment(row.waits_since or row.created_at),
                )
                for row in rows
            ]

    def found(self, *, since: datetime) -> list[Notice]:
        """Releases, alarms, and work that was set aside, since then: as notices, told or not."""
        outbox, failed, turns = OutboxRow.core(), FailedJobRow.core(), TurnRow.core()
        releases = sa.select(outbox.c.agent, outbox.c.kind, outbox.c.number, outbox.c.at).where(outbox.c.at >= since)
        aside = sa.select(failed.c.agent, failed.c.id, failed.c.failed_at).where(
            failed.c.retry_at.is_(None), failed.c.failed_at >= since
        )
        newest = sa.select(turns.c.agent, sa.func.max(turns.c.ended_at).label("at")).group_by(turns.c.agent).subquery()
        ended = sa.select(turns.c.agent, turns.c.body, turns.c.ended_at).join(
            newest, sa.and_(newest.c.agent == turns.c.agent, newest.c.at == turns.c.ended_at)
        )
        with reading(self._engine) as connection:
            made = [
                _notice(row.agent, "taken_back" if row.kind == "rollback" else "released", str(row.number), row.at)
                for row in connection.execute(releases.order_by(outbox.c.at.desc()).limit(_MOST))
            ]
            made += [
                _notice(row.agent, "alarm", row.id, row.failed_at) for row in connection.execute(aside.limit(_MOST))
            ]
            for row in connection.execute(ended):
                stages = {one["stage"]: one.get("counts", {}) for one in row.body.get("stages", ())}
                if number := stages.get(_LATE, {}).get("look_at_version", 0):
                    made.append(_notice(row.agent, "alarm", f"version {number}", row.ended_at))
        return made

    def keep(self, notices: Sequence[Notice]) -> list[Notice]:
        """Keep those that are new. Idempotent. Which were."""
        if not notices:
            return []
        named = sa.select(_T.c.id).where(_T.c.id.in_([one.id for one in notices]))
        with reading(self._engine) as connection:
            known = set(connection.execute(named).scalars())
        fresh = [one for one in notices if one.id not in known]
        if fresh:
            with writing(self._engine) as connection:
                insert_new(connection, _T, [to_row(one) for one in fresh])
        return fresh

    def pending(self) -> list[Notice]:
        """Not yet told to everybody, oldest first."""
        query = sa.select(_T).where(_T.c.done_at.is_(None)).order_by(_T.c.at, _T.c.id).limit(_MOST)
        with reading(self._engine) as connection:
            return [from_row(Notice, row) for row in connection.execute(query).mappings()]

    def keep_told(self, notice: Notice, *, told: Collection[str], done_at: datetime | None) -> None:
        """Note who has it now, and whether nobody is left."""
        with writing(self._engine) as connection:
            connection.execute(
                sa.update(_T)
                .where(_T.c.agent == notice.agent, _T.c.id == notice.id)
                .values(told=sorted(told), done_at=done_at)
            )


def _notice(agent: str, kind: NoticeKind, subject: str, at: datetime) -> Notice:
    return Notice(agent=agent, id=Notice.id_of(agent, kind, subject), kind=kind, subject=subject, at=moment(at))
