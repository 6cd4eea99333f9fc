"""Reading: what is kept about one agent, each read as of one moment."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import TypeVar

import sqlalchemy as sa

from loop.errors import BrokenChain, Damaged, NotFound
from loop.heldout import keyed_draw
from loop.records import (
    Agent,
    Answer,
    AuditEntry,
    Bundle,
    Comparison,
    Decision,
    Experiment,
    FailedJob,
    FeedbackItem,
    FeedbackState,
    Flag,
    Interaction,
    Issue,
    Ledger,
    Measurement,
    ProposalItem,
    ProposalState,
    Record,
    Release,
    Report,
    TurnReport,
    Version,
    VersionSignals,
)
from storage import audit, chain, reads
from storage.among import among
from storage.bodies import from_body
from storage.connecting import reading
from storage.proposals import stored_body
from storage.rows import TABLES, columns_of, from_row
from storage.tables import (
    AgentRow,
    ArrivalLogRow,
    ComparisonRow,
    DecisionRow,
    ExperimentRow,
    FailedJobRow,
    FeedbackRow,
    HeadRow,
    InteractionRow,
    IssueRow,
    MeasurementRow,
    ProposalRow,
    ReleaseRow,
    ReportRow,
    SecretRow,
    TurnRow,
    VersionRow,
)
from storage.tombstones import is_stored_body

R = TypeVar("R", bound=Record)


class AgentReads:
    """What `loop.ports.Snapshots` asks for. Every statement names the agent; there is no other way in."""

    def __init__(self, engine: sa.Engine, slug: str) -> None:
        self._engine = engine
        self._slug = slug
        self._secret = b""

    @property
    def agent(self) -> Agent:
        """With its settings as they are now. Raises NotFound when it was deleted."""
        table = AgentRow.core()
        with reading(self._engine) as connection:
            row = connection.execute(sa.select(table).where(table.c.slug == self._slug)).mappings().first()
        if row is None:
            raise NotFound(f"There is no agent {self._slug} any more.")
        return from_row(Agent, row)

    def draw(self, purpose: str, key: str) -> float:
        """See `loop.ports.Knowledge.draw`. The only reader of the secret, which goes nowhere else."""
        if not self._secret:
            table = SecretRow.core()
            with reading(self._engine) as connection:
                found = connection.execute(sa.select(table.c.secret).where(table.c.agent == self._slug)).scalar()
            if not found:
                raise Damaged("The agent has no secret to draw with.", remedy="Restore a backup.")
            self._secret = bytes.fromhex(found)
        return keyed_draw(self._secret, purpose, key)

    def head(self) -> Version:
        """The live version."""
        head, versions = HeadRow.core(), VersionRow.core()
        query = sa.select(versions).join(
            head, sa.and_(head.c.agent == versions.c.agent, head.c.number == versions.c.number)
        )
        found = self._read(Version, query)
        if not found:
            raise NotFound(f"There is no agent {self._slug} any more.")
        return found[0]

    def versions(self) -> list[Version]:
        """Those that were live once, by number; the last one is the head."""
        table = VersionRow.core()
        return self._read(Version, sa.select(table).where(table.c.released_at.is_not(None)).order_by(table.c.number))

    def candidates(self) -> list[Version]:
        """Those that were never live, by number."""
        table = VersionRow.core()
        return self._read(Version, sa.select(table).where(table.c.released_at.is_(None)).order_by(table.c.number))

    def bundle(self, digest: str) -> Bundle:
        """By its digest, of candidates too. Raises NotFound; Damaged when its body is not what was stored."""
        with reading(self._engine) as connection:
            body = stored_body(connection, self._slug, digest)
            is_intact = body is not None and is_stored_body(connection, self._slug, digest, body)
        if body is None:
            raise NotFound("There is no version with this content.")
        if not is_intact:
            raise Damaged("A stored version was changed from outside.", remedy="Restore a backup.")
        return from_body(Bundle, body).named(digest)

    def interactions(self, ids: Iterable[str]) -> dict[str, Interaction]:
        """Those that exist, by id."""
        table = InteractionRow.core()
        wanted = list(ids)
        found = self._read(Interaction, sa.select(table).where(among(table.c.id, wanted))) if wanted else []
        return {one.id: one for one in found}

    def feedback(self, states: Iterable[FeedbackState] | None = None) -> list[FeedbackItem]:
        """In the order received; all states but SUPERSEDED when none are named."""
        wanted = set(FeedbackState) - {FeedbackState.SUPERSEDED} if states is None else set(states)
        return self._feedback(FeedbackRow.core().c.state.in_([state.value for state in wanted]))

    def feedback_counts(self, states: Iterable[FeedbackState] | None = None) -> dict[FeedbackState, int]:
        """How many items stand in each of these states, all when none are named; states without any are 0.

        Walks the index of these states: cheap for NEW and HELD, a third of a second for a million items.
        """
        with reading(self._engine) as connection:
            return reads.count_feedback(connection, self._slug, FeedbackState if states is None else states)

    def feedback_items(self, ids: Iterable[str]) -> dict[str, FeedbackItem]:
        """Those that exist, by id."""
        wanted = list(ids)
        found = self._feedback(among(FeedbackRow.core().c.id, wanted)) if wanted else []
        return {item.feedback.id: item for item in found}

    def flags(self, ids: Collection[str]) -> dict[str, tuple[Flag, ...]]:
        """See `loop.ports.Knowledge.flags`."""
        with reading(self._engine) as connection:
            return reads.read_flags(connection, self._slug, ids)

    def failed_jobs(self) -> list[FailedJob]:
        """Oldest first."""
        table = FailedJobRow.core()
        return self._read(FailedJob, sa.select(table).order_by(table.c.failed_at, table.c.id))

    def issues(self) -> list[Issue]:
        """Open ones, in the order they were handed in."""
        table = IssueRow.core()
        return self._read(
            Issue, sa.select(table).order_by(table.c.is_supported.desc(), table.c.support.desc(), table.c.id)
        )

    def proposals(self, states: Iterable[ProposalState] | None = None) -> list[ProposalItem]:
        """Oldest first, each with the report a reviewer is shown."""
        table = ProposalRow.core()
        if states is None:
            return self._proposals(sa.true())
        return self._proposals(table.c.state.in_([state.value for state in states]))

    def proposal(self, proposal_id: str) -> ProposalItem:
        """Raises NotFound."""
        found = self._proposals(ProposalRow.core().c.id == proposal_id)
        if not found:
            raise NotFound("There is no such proposal.")
        return found[0]

    def reports(self, proposal_id: str) -> list[Report]:
        """All of one proposal, oldest first."""
        table = ReportRow.core()
        return self._read(
            Report, sa.select(table).where(table.c.proposal_id == proposal_id).order_by(table.c.at, table.c.id)
        )

    def experiments(self, proposal_id: str | None = None) -> list[Experiment]:
        """Oldest first."""
        table = ExperimentRow.core()
        query = sa.select(table).order_by(table.c.started_at, table.c.id)
        if proposal_id is not None:
            query = query.where(table.c.proposal_id == proposal_id)
        return self._read(Experiment, query)

    def answers(self, digest: str, case_ids: Iterable[str]) -> dict[str, Answer]:
        """Of the bundle with this digest; those that are kept, by case id."""
        with reading(self._engine) as connection:
            return reads.read_answers(connection, self._slug, digest, list(case_ids))

    def decisions(self, proposal_id: str | None = None) -> list[Decision]:
        """Oldest first."""
        table = DecisionRow.core()
        query = sa.select(table).order_by(table.c.at, table.c.id)
        if proposal_id is not None:
            query = query.where(table.c.proposal_id == proposal_id)
        return self._read(Decision, query)

    def due_approvals(self, now: datetime) -> list[Decision]:
        """Approvals whose undo window is over, not undone, whose proposal is still APPROVED."""
        table, proposals = DecisionRow.core(), ProposalRow.core()
        undo = table.alias("undo")
        query = (
            sa.select(table)
            .join(proposals, sa.and_(proposals.c.agent == table.c.agent, proposals.c.id == table.c.proposal_id))
            .where(
                table.c.verb == "approve",
                table.c.effective_at <= now,
                proposals.c.state == ProposalState.APPROVED.value,
                ~sa.exists().where(undo.c.agent == table.c.agent, undo.c.undoes == table.c.id),
            )
            .order_by(table.c.at, table.c.id)
        )
        return self._read(Decision, query)

    def releases(self) -> list[Release]:
        """Oldest first."""
        table = ReleaseRow.core()
        return self._read(Release, sa.select(table).order_by(table.c.number, table.c.step))

    def measurements(self) -> list[Measurement]:
        """Oldest first."""
        table = MeasurementRow.core()
        return self._read(Measurement, sa.select(table).order_by(table.c.at, table.c.number))

    def comparisons(self) -> list[Comparison]:
        """The newest of each kind and version, by version."""
        table = ComparisonRow.core()
        return self._read(Comparison, sa.select(table).order_by(table.c.number, table.c.kind))

    def last_turn(self) -> TurnReport | None:
        """The newest turn that was recorded; None before the first."""
        table = TurnRow.core()
        found = self._read(TurnReport, sa.select(table).order_by(table.c.ended_at.desc(), table.c.id).limit(1))
        return found[0] if found else None

    def change_counter(self) -> str:
        """Live version, counted writes and log position; see `loop.ports.Snapshots.change_counter`."""
        head, log = HeadRow.core(), ArrivalLogRow.core()
        query = (
            sa.select(head.c.number, head.c.change_counter, log.c.seq)
            .join_from(head, log, head.c.agent == log.c.agent)
            .where(head.c.agent == self._slug)
        )
        with reading(self._engine) as connection:
            row = connection.execute(query).first()
        return ".".join(map(str, row)) if row else ""

    def ledger(self) -> Ledger:
        """Every look at the sealed cases that was charged, without the bodies of the reports."""
        with reading(self._engine) as connection:
            return reads.read_ledger(connection, self._slug)

    def signals_on(self, number: int, *, now: datetime | None = None) -> VersionSignals:
        """See `loop.ports.Snapshots.signals_on`."""
        with reading(self._engine) as connection:
            return reads.count_signals_on(connection, self._slug, number, now=now)

    def waiting_days(self) -> list[str]:
        """See `loop.ports.Snapshots.waiting_days`."""
        with reading(self._engine) as connection:
            return reads.read_waiting_days(connection, self._slug)

    def journal(self) -> list[AuditEntry]:
        """The whole audit journal, in order."""
        with reading(self._engine) as connection:
            return audit.read_entries(connection, self._slug)

    def check_head(self) -> None:
        """Raises BrokenChain when the live version does not follow from the record."""
        try:
            with reading(self._engine) as connection:
                chain.check_head(connection, self._slug)
        except BrokenChain:
            raise
        except (Damaged, ValueError, TypeError, KeyError) as error:  # a value that no writer of ours wrote
            raise chain.unreadable(self._slug) from error

    def live_bundle(self) -> Bundle:
        """The content that answers. Raises BrokenChain, Damaged."""
        self.check_head()
        return self.bundle(self.head().digest)

    def check_journal(self) -> audit.AuditCheck:
        """Whether the journal is as it was written, its end included."""
        with reading(self._engine) as connection:
            return audit.check_journal(connection, self._slug)

    # steps -------------------------------------------------------------------------------------
    def _read(self, kind: type[R], query: sa.Select[tuple[object, ...]]) -> list[R]:
        scoped = query.with_only_columns(*columns_of(kind)).where(TABLES[kind].core().c.agent == self._slug)
        with reading(self._engine) as connection:
            return [from_row(kind, row) for row in connection.execute(scoped).mappings()]

    def _feedback(self, which: sa.ColumnElement[bool]) -> list[FeedbackItem]:
        with reading(self._engine) as connection:
            return reads.read_feedback(connection, self._slug, which)

    def _proposals(self, which: sa.ColumnElement[bool]) -> list[ProposalItem]:
        with reading(self._engine) as connection:
            return reads.read_proposals(connection, self._slug, which)
