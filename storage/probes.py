"""What a page asks a worker to do: `loop.ports.probes` over SQL, and who takes which of it.

Work is taken by compare-and-swap with a lease: whoever dies at it holds it for a while, and then somebody else takes
it. What it leads to is kept under its own key, so that doing it twice changes nothing.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from loop.ports.probes import Errand
from loop.records.probes import Probe, RecordCheck
from storage.among import among
from storage.bodies import from_body
from storage.connecting import reading, writing
from storage.rows import columns_of, from_row, storable, to_row
from storage.statements import insert_new, upsert
from storage.tables import AgentRow, AnswerRow, ProbeRow, RecordCheckRow, VersionRow

KEPT = 500
"""Questions of one agent that are kept; with a new one the oldest go."""
TRIES = 3
"""Workers that may die at one piece of work before it is given up."""

_PROBE, _CHECK = ProbeRow.core(), RecordCheckRow.core()


class AgentProbes:
    """See `loop.ports.probes`; part of an agent's store."""

    _engine: sa.Engine
    _slug: str

    def keep_probe(self, probe: Probe) -> None:
        """See the port."""
        mine = _PROBE.c.agent == self._slug
        row = to_row(probe, taken_at=None, tries=0)
        newest = sa.select(_PROBE.c.id).where(mine).order_by(_PROBE.c.asked_at.desc(), _PROBE.c.id)
        with writing(self._engine) as connection:
            insert_new(connection, _PROBE, [row])
            old = list(connection.execute(newest.offset(KEPT).limit(KEPT)).scalars())
            if old:
                answers = AnswerRow.core()
                theirs = sa.and_(answers.c.agent == self._slug, among(answers.c.case_id, old))
                connection.execute(sa.delete(answers).where(theirs))
                connection.execute(sa.delete(_PROBE).where(mine, among(_PROBE.c.id, old)))

    def probe(self, probe_id: str) -> Probe | None:
        """See the port."""
        query = sa.select(*columns_of(Probe)).where(_PROBE.c.agent == self._slug, _PROBE.c.id == probe_id)
        with reading(self._engine) as connection:
            row = connection.execute(query).mappings().first()
        return None if row is None else from_row(Probe, row)

    def probes(self, *, limit: int) -> list[Probe]:
        """See the port."""
        query = (
            sa.select(*columns_of(Probe))
            .where(_PROBE.c.agent == self._slug)
            .order_by(_PROBE.c.asked_at.desc(), _PROBE.c.id)
            .limit(limit)
        )
        with reading(self._engine) as connection:
            return [from_row(Probe, row) for row in connection.execute(query).mappings()]

    def version_digests(self, numbers: Collection[int]) -> dict[int, str]:
        """See the port."""
        table = VersionRow.core()
        query = sa.select(table.c.number, table.c.digest).where(
            table.c.agent == self._slug, among(table.c.number, list(numbers))
        )
        with reading(self._engine) as connection:
            return {row.number: row.digest for row in connection.execute(query)}

    def waiting_probes(self) -> int:
        """See the port."""
        query = sa.select(sa.func.count()).where(_PROBE.c.agent == self._slug, _PROBE.c.ended_at.is_(None))
        with reading(self._engine) as connection:
            return int(connection.execute(query).scalar_one())

    def end_probe(self, probe: Probe) -> bool:
        """See the port."""
        told = {name: value for name, value in to_row(probe).items() if name in ("ended_at", "answers", "reason")}
        open_ = (_PROBE.c.agent == self._slug, _PROBE.c.id == probe.id, _PROBE.c.ended_at.is_(None))
        with writing(self._engine) as connection:
            return connection.execute(sa.update(_PROBE).where(*open_).values(told)).rowcount == 1

    def ask_record_check(self, *, actor: str, at: datetime) -> None:
        """See the port."""
        with writing(self._engine) as connection:
            row = connection.execute(sa.select(_CHECK.c.body).where(_CHECK.c.agent == self._slug)).first()
            last = None if row is None else from_body(RecordCheck, row.body)
            if last is not None and last.ended_at is None:
                return
            asked = {"agent": self._slug, "asked_by": actor, "asked_at": at, "ended_at": None}
            check = RecordCheck(**asked) if last is None else last.model_copy(update=asked)
            upsert(connection, _CHECK, [self._check_row(check)])

    def record_check(self) -> RecordCheck | None:
        """See the port."""
        with reading(self._engine) as connection:
            body = connection.execute(sa.select(_CHECK.c.body).where(_CHECK.c.agent == self._slug)).scalar()
        return None if body is None else from_body(RecordCheck, body)

    def end_record_check(self, check: RecordCheck) -> None:
        """See the port."""
        with writing(self._engine) as connection:
            upsert(connection, _CHECK, [self._check_row(check)])

    def _check_row(self, check: RecordCheck) -> dict[str, Any]:
        return {"agent": self._slug, "ended_at": check.ended_at, "body": storable(check), "taken_at": None, "tries": 0}


class Errands:
    """`loop.ports.probes.Errands` over one database."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def take(self, now: datetime, *, patience: timedelta, limit: int) -> list[Errand]:
        """See `loop.ports.probes.Errands.take`. Reads only, while nothing waits."""
        taken: list[Errand] = []
        for kind, table in (("probe", _PROBE), ("check", _CHECK)):
            for row in self._waiting(table, now - patience, limit - len(taken)):
                if self._claim(table, row, now):
                    own = row.id if kind == "probe" else ""
                    taken.append(Errand(kind, row.agent, own, row.tries >= TRIES))  # type: ignore[arg-type]
        return taken

    def _waiting(self, table: sa.Table, before: datetime, limit: int) -> Sequence[Any]:
        agents = AgentRow.core()
        own = table.c.id if "id" in table.c else sa.literal("").label("id")
        oldest = [table.c[name] for name in ("asked_at",) if name in table.c]
        query = (
            sa.select(table.c.agent, own, table.c.taken_at, table.c.tries)
            .join_from(agents, table, sa.and_(table.c.agent == agents.c.slug, table.c.ended_at.is_(None)))
            .where(sa.or_(table.c.taken_at.is_(None), table.c.taken_at < before))
            .order_by(table.c.tries, *oldest)
            .limit(limit)
        )
        with reading(self._engine) as connection:
            return connection.execute(query).all() if limit > 0 else []

    def _claim(self, table: sa.Table, row: Any, now: datetime) -> bool:
        """Compare-and-swap on how often it was taken."""
        which = [table.c.agent == row.agent, table.c.ended_at.is_(None), table.c.tries == row.tries]
        if "id" in table.c:
            which.append(table.c.id == row.id)
        with writing(self._engine) as connection:
            swap = sa.update(table).where(*which).values(taken_at=now, tries=row.tries + 1)
            return connection.execute(swap).rowcount == 1
