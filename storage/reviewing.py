"""What reviewers leave beside their decisions, over SQL: viewings, comments, practice; `loop.ports.Reviews`."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from loop.errors import Conflict, NotFound
from loop.records import CaseOutcome, Note
from loop.records.cards import AnsweredQuestion
from loop.records.practice import PracticeAnswer, PracticeKind
from loop.records.probes import PROBE_SOURCE
from loop.records.remarks import Remark
from loop.records.viewing import Viewing
from storage import audit
from storage.among import among
from storage.connecting import reading, writing
from storage.locks import bump_change_counter, lock_agent
from storage.noting import AgentNoting
from storage.record import TouchedRows
from storage.rows import columns_of, from_row, storable, to_row
from storage.statements import insert_new, upsert
from storage.tables import InteractionRow, OutcomeRow, PracticeAnswerRow, ProposalRow, RemarkRow, ReportRow, ViewingRow

_RENEWED = timedelta(seconds=15)
"""Since when a lease is not written again."""
_VIEWING, _REMARK, _PROPOSAL = ViewingRow.core(), RemarkRow.core(), ProposalRow.core()


class AgentReviews(AgentNoting):
    """Reads and writes of what stands beside decisions; part of an agent's store."""

    def viewings(self, proposal_id: str) -> list[Viewing]:
        """See `loop.ports.Reviews.viewings`."""
        with reading(self._engine) as connection:
            return _viewings(connection, self._slug, proposal_id)

    def view(self, proposal_id: str, *, person: str, now: datetime, until: datetime) -> list[Viewing]:
        """See `loop.ports.Reviews.view`. A page asks at every run: what was renewed a moment ago is only read."""
        known = self.viewings(proposal_id)
        mine_now = next((one for one in known if one.person == person and one.until > now), None)
        if mine_now is not None and until - mine_now.until < _RENEWED:
            return known
        with writing(self._engine) as connection:
            is_there = sa.select(_PROPOSAL.c.id).where(_PROPOSAL.c.agent == self._slug, _PROPOSAL.c.id == proposal_id)
            if connection.execute(is_there).first() is None:
                raise NotFound("There is no such proposal.")
            mine = _mine(self._slug, proposal_id, person)
            row = connection.execute(sa.select(*columns_of(Viewing)).where(mine)).mappings().first()
            if row is None:
                fresh = Viewing(
                    agent=self._slug, proposal_id=proposal_id, person=person, first_at=now, since=now, until=until
                )
                insert_new(connection, _VIEWING, [to_row(fresh)])
            else:
                since = row["since"] if row["until"] > now else now
                connection.execute(sa.update(_VIEWING).where(mine).values(since=since, until=until))
            return _viewings(connection, self._slug, proposal_id)

    def end_viewing(
        self, proposal_id: str, *, person: str, now: datetime, verb: str = "", seconds: float | None = None
    ) -> None:
        """See `loop.ports.Reviews.end_viewing`."""
        decided = {"verb": verb, "seconds": seconds, "decided_at": now} if verb else {}
        with writing(self._engine) as connection:
            mine = _mine(self._slug, proposal_id, person)
            connection.execute(sa.update(_VIEWING).where(mine).values(until=now, **decided))

    def viewings_decided(self, since: datetime, *, person: str = "") -> list[Viewing]:
        """See `loop.ports.Reviews.viewings_decided`."""
        query = (
            sa.select(*columns_of(Viewing))
            .where(_VIEWING.c.agent == self._slug, _VIEWING.c.decided_at >= since)
            .order_by(_VIEWING.c.decided_at, _VIEWING.c.person)
        )
        query = query.where(_VIEWING.c.person == person) if person else query
        with reading(self._engine) as connection:
            return [from_row(Viewing, row) for row in connection.execute(query).mappings()]

    def remarks(self, proposal_ids: Collection[str]) -> list[Remark]:
        """See `loop.ports.Reviews.remarks`."""
        query = (
            sa.select(*columns_of(Remark))
            .where(_REMARK.c.agent == self._slug, among(_REMARK.c.proposal_id, proposal_ids))
            .order_by(_REMARK.c.at, _REMARK.c.id)
        )
        with reading(self._engine) as connection:
            return [from_row(Remark, row) for row in connection.execute(query).mappings()]

    def keep_remark(self, remark: Remark, *, note: Note) -> None:
        """See `loop.ports.Reviews.keep_remark`."""
        with self._noting() as connection:
            lock_agent(connection, self._slug)
            upsert(connection, _REMARK, [to_row(remark)])
            audit.append(connection, self._slug, [note], touched=TouchedRows(connection, self._slug))

    def practice_answers(self, since: datetime, *, person: str = "") -> list[PracticeAnswer]:
        """See `loop.ports.Reviews.practice_answers`."""
        table = PracticeAnswerRow.core()
        query = (
            sa.select(*columns_of(PracticeAnswer))
            .where(table.c.agent == self._slug, table.c.at >= since)
            .order_by(table.c.at, table.c.id)
        )
        query = query.where(table.c.person == person) if person else query
        with reading(self._engine) as connection:
            return [from_row(PracticeAnswer, row) for row in connection.execute(query).mappings()]

    def answers_since(self, since: datetime, *, limit: int) -> list[AnsweredQuestion]:
        """See `loop.ports.Reviews.answers_since`."""
        table = InteractionRow.core()
        query = (
            sa.select(*(table.c[name] for name in AnsweredQuestion._fields))
            .where(table.c.agent == self._slug, table.c.at >= since, table.c.source != PROBE_SOURCE)
            .order_by(table.c.at.desc(), table.c.id)
            .limit(limit)
        )
        with reading(self._engine) as connection:
            return [AnsweredQuestion(*row) for row in connection.execute(query)]


# writing, in the transaction of a commit ---------------------------------------------------------------------------
def write_outcomes(connection: sa.Connection, agent: str, outcomes: Mapping[str, Sequence[CaseOutcome]]) -> None:
    """Every case of these reports; those of earlier reports of the same proposals, and of what they replace, go."""
    table, reports = OutcomeRow.core(), ReportRow.core()
    for report_id, some in outcomes.items():
        of = sa.select(reports.c.proposal_id).where(reports.c.agent == agent, reports.c.id == report_id)
        replaced = sa.select(_PROPOSAL.c.replaces).where(
            _PROPOSAL.c.agent == agent, _PROPOSAL.c.id == of.scalar_subquery(), _PROPOSAL.c.replaces.is_not(None)
        )
        older = sa.select(reports.c.id).where(
            reports.c.agent == agent,
            reports.c.id != report_id,
            sa.or_(reports.c.proposal_id == of.scalar_subquery(), reports.c.proposal_id.in_(replaced)),
        )
        connection.execute(sa.delete(table).where(table.c.agent == agent, table.c.report_id.in_(older)))
        rows = [
            {"agent": agent, "report_id": report_id, "place": place, "movement": one.movement,
             "case_id": one.case_id, "body": storable(one)}
            for place, one in enumerate(some)
        ]  # fmt: skip
        insert_new(connection, table, rows)


def mark_practice(connection: sa.Connection, agent: str, practice: Mapping[str, PracticeKind]) -> None:
    """Say of proposals that were put on the desk in this transaction that they are practice."""
    for proposal_id, kind in practice.items():
        mine = sa.and_(_PROPOSAL.c.agent == agent, _PROPOSAL.c.id == proposal_id)
        connection.execute(sa.update(_PROPOSAL).where(mine).values(practice=kind))


def write_practice_answers(connection: sa.Connection, agent: str, answers: Sequence[PracticeAnswer]) -> None:
    """Keep what was answered; the case is practice no more. Raises Conflict when somebody answered it before."""
    for one in answers:
        mine = sa.and_(_PROPOSAL.c.agent == agent, _PROPOSAL.c.id == one.proposal_id, _PROPOSAL.c.practice != "")
        if connection.execute(sa.update(_PROPOSAL).where(mine).values(practice="")).rowcount != 1:
            raise Conflict("Somebody else decided this proposal a moment ago.")
        connection.execute(sa.insert(PracticeAnswerRow.core()), [to_row(one)])
    if answers:
        bump_change_counter(connection, agent)


def _mine(agent: str, proposal_id: str, person: str) -> sa.ColumnElement[bool]:
    return sa.and_(_VIEWING.c.agent == agent, _VIEWING.c.proposal_id == proposal_id, _VIEWING.c.person == person)


def _viewings(connection: sa.Connection, agent: str, proposal_id: str) -> list[Viewing]:
    query = (
        sa.select(*columns_of(Viewing))
        .where(_VIEWING.c.agent == agent, _VIEWING.c.proposal_id == proposal_id)
        .order_by(_VIEWING.c.since, _VIEWING.c.person)
    )
    return [from_row(Viewing, row) for row in connection.execute(query).mappings()]
