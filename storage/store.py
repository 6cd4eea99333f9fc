"""One agent's records: what `loop.ports.Store` asks for, kept in a database."""

from collections.abc import Iterable
from datetime import datetime
from typing import TypeVar

import sqlalchemy as sa

from loop.errors import NotFound, StaleBase, StoreUnavailable
from loop.ports import Checkpoint
from loop.records import (
    Agent,
    AuditEntry,
    Bundle,
    Changes,
    DailyQuality,
    DaySignals,
    Decision,
    EvalCase,
    FeedbackItem,
    FeedbackState,
    Interaction,
    Issue,
    Measurement,
    Proposal,
    ProposalItem,
    ProposalState,
    Record,
    Release,
    Split,
    TurnReport,
    Version,
    VersionSignals,
    Written,
)
from storage import audit, decisions, reads
from storage.commit import hold, prepare, write_changes
from storage.connecting import reading, writing
from storage.ingest import chunks
from storage.rows import TABLES, from_row
from storage.tables import (
    AgentRow,
    BundleRow,
    DailyQualityRow,
    DecisionRow,
    EvalCaseRow,
    FeedbackRow,
    HeadRow,
    InteractionRow,
    IssueRow,
    MeasurementRow,
    ProposalRow,
    ReleaseRow,
    ReportRow,
    TurnRow,
    VersionRow,
)

R = TypeVar("R", bound=Record)


def _carry_on(_label: str) -> None:
    """The checkpoint of a store that nobody tests."""


class AgentStore:
    """Everything kept about one agent. Every statement names the agent; there is no other way in."""

    def __init__(self, engine: sa.Engine, slug: str, *, checkpoint: Checkpoint | None = None) -> None:
        self._engine = engine
        self._slug = slug
        self._checkpoint = checkpoint or _carry_on

    @property
    def agent(self) -> Agent:
        """With its settings as they are now. Raises NotFound when it was deleted."""
        table = AgentRow.core()
        with reading(self._engine) as connection:
            row = connection.execute(sa.select(table).where(table.c.slug == self._slug)).mappings().first()
        if row is None:
            raise NotFound(f"There is no agent {self._slug} any more.")
        return from_row(Agent, row)

    # reading -----------------------------------------------------------------------------------
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
        """All, by number."""
        table = VersionRow.core()
        return self._read(Version, sa.select(table).order_by(table.c.number))

    def bundle(self, digest: str) -> Bundle:
        """By its digest. Raises NotFound; StoreUnavailable when the stored content is not what the digest says."""
        table = BundleRow.core()
        found = self._read(Bundle, sa.select(table).where(table.c.digest == digest))
        if not found:
            raise NotFound("There is no version with this content.")
        if found[0].digest != digest:
            raise StoreUnavailable("A stored version was changed from outside.", remedy="Restore a backup.")
        return found[0]

    def interactions(self, ids: Iterable[str]) -> dict[str, Interaction]:
        """Those that exist, by id."""
        table = InteractionRow.core()
        found: dict[str, Interaction] = {}
        for chunk in chunks(list(ids)):
            for one in self._read(Interaction, sa.select(table).where(table.c.id.in_(chunk))):
                found[one.id] = one
        return found

    def feedback(self, states: Iterable[FeedbackState] | None = None) -> list[FeedbackItem]:
        """In the order received; all states but SUPERSEDED when none are named."""
        wanted = set(FeedbackState) - {FeedbackState.SUPERSEDED} if states is None else set(states)
        return self._feedback(FeedbackRow.core().c.state.in_([state.value for state in wanted]))

    def feedback_items(self, ids: Iterable[str]) -> dict[str, FeedbackItem]:
        """Those that exist, by id."""
        found: dict[str, FeedbackItem] = {}
        for chunk in chunks(list(ids)):
            for item in self._feedback(FeedbackRow.core().c.id.in_(chunk)):
                found[item.feedback.id] = item
        return found

    def cases(self, splits: Iterable[Split] | None = None) -> list[EvalCase]:
        """Not retired, by id."""
        table = EvalCaseRow.core()
        query = sa.select(table).where(sa.not_(table.c.retired)).order_by(table.c.id)
        if splits is not None:
            query = query.where(table.c.split.in_([split.value for split in splits]))
        return self._read(EvalCase, query)

    def issues(self) -> list[Issue]:
        """Open ones, in the order they were handed in."""
        table = IssueRow.core()
        return self._read(Issue, sa.select(table).order_by(table.c.position))

    def proposals(self, states: Iterable[ProposalState] | None = None) -> list[ProposalItem]:
        """Oldest first, each with its report."""
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
        return self._read(Release, sa.select(table).order_by(table.c.number))

    def measurements(self) -> list[Measurement]:
        """Oldest first."""
        table = MeasurementRow.core()
        return self._read(Measurement, sa.select(table).order_by(table.c.at, table.c.number))

    def last_turn(self) -> TurnReport | None:
        """The newest turn that was recorded; None before the first."""
        table = TurnRow.core()
        found = self._read(TurnReport, sa.select(table).order_by(table.c.ended_at.desc(), table.c.id).limit(1))
        return found[0] if found else None

    def pulse(self) -> str:
        """A mark that changes with every write of interactions, feedback, proposals, decisions or the head."""
        table = HeadRow.core()
        with reading(self._engine) as connection:
            query = sa.select(table.c.number, table.c.mark).where(table.c.agent == self._slug)
            row = connection.execute(query).first()
        return f"{row.number}.{row.mark}" if row else ""

    def sealed_looks(self) -> int:
        """How many reports have used the sealed set so far, replaced ones too."""
        table = ReportRow.core()
        with reading(self._engine) as connection:
            query = sa.select(sa.func.sum(table.c.looks)).where(table.c.agent == self._slug)
            return int(connection.execute(query).scalar() or 0)

    def signals_by_day(self) -> list[DaySignals]:
        """By day of the answer and version; of the signal where the answer is unknown.

        Counted from feedback with a value whose state is not HELD, QUARANTINED, EXCLUDED or SUPERSEDED.
        """
        with reading(self._engine) as connection:
            return reads.count_signals(connection, self._slug)

    def daily(self) -> list[DailyQuality]:
        """As last committed, by day and version."""
        table = DailyQualityRow.core()
        return self._read(DailyQuality, sa.select(table).order_by(table.c.position))

    def signals_on(self, number: int) -> VersionSignals:
        """The same, on the answers of one version."""
        with reading(self._engine) as connection:
            return reads.count_signals_on(connection, self._slug, number)

    def journal(self) -> list[AuditEntry]:
        """The whole audit journal, in order."""
        with reading(self._engine) as connection:
            return audit.read_entries(connection, self._slug)

    def check_journal(self) -> audit.AuditCheck:
        """Whether the journal is as it was written, its end included."""
        with reading(self._engine) as connection:
            return audit.check_journal(connection, self._slug)

    # writing -----------------------------------------------------------------------------------
    def commit(self, changes: Changes) -> Written:
        """One transaction; writing the same again changes nothing.

        Raises InvalidInput, naming the field, for what cannot be stored; StoreUnavailable.
        """
        prepared = prepare(self._slug, changes)
        with writing(self._engine) as connection:
            hold(connection, self._slug)
            written = write_changes(connection, self._slug, changes, prepared)
            self._checkpoint("commit written")
        self._checkpoint("commit kept")
        return written

    def decide(self, decision: Decision, *, successor: Proposal | None = None) -> None:
        """Record a decision and move its proposal, in one transaction; see `loop.ports.Store.decide`."""
        with writing(self._engine) as connection:
            decisions.record_decision(connection, self._slug, decision, successor=successor)
            self._checkpoint("decision written")
        self._checkpoint("decision kept")

    def deploy(self, *, decision: Decision, version: Version, bundle: Bundle, release: Release) -> bool:
        """Apply an approval exactly once; see `loop.ports.Store.deploy`."""
        with writing(self._engine) as connection:
            applied = decisions.apply_approval(
                connection,
                self._slug,
                decision=decision,
                version=version,
                bundle=bundle,
                release=release,
                checkpoint=self._checkpoint,
            )
            self._checkpoint("release written")
        self._checkpoint("release kept")
        if applied is None:
            raise StaleBase("Another version is live now; the proposal is stale and was not applied.")
        return applied

    def roll_back(self, *, version: Version, release: Release, undone: str | None) -> None:
        """Make a new head with older content; see `loop.ports.Store.roll_back`."""
        with writing(self._engine) as connection:
            decisions.restore(
                connection, self._slug, version=version, release=release, undone=undone, checkpoint=self._checkpoint
            )
            self._checkpoint("rollback written")
        self._checkpoint("rollback kept")

    # steps -------------------------------------------------------------------------------------
    def _read(self, kind: type[R], query: sa.Select[tuple[object, ...]]) -> list[R]:
        scoped = query.where(TABLES[kind].core().c.agent == self._slug)
        with reading(self._engine) as connection:
            return [from_row(kind, row) for row in connection.execute(scoped).mappings()]

    def _feedback(self, which: sa.ColumnElement[bool]) -> list[FeedbackItem]:
        with reading(self._engine) as connection:
            return reads.read_feedback(connection, self._slug, which)

    def _proposals(self, which: sa.ColumnElement[bool]) -> list[ProposalItem]:
        with reading(self._engine) as connection:
            return reads.read_proposals(connection, self._slug, which)
