"""One agent's records: what `loop.ports.Store` asks for, kept in a database."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa

from loop.errors import InvalidInput
from loop.ports import Checkpoint
from loop.ports.deliveries import Capture, DeliveryOutcome, ImportNote, Parcel
from loop.records import (
    Answer,
    ApplyOutcome,
    AuditChanges,
    Bundle,
    CaseChanges,
    Changes,
    Decision,
    FailedJob,
    Feedback,
    Import,
    Interaction,
    JournalAction,
    Note,
    Proposal,
    Release,
    RowCounts,
    Score,
    Version,
)
from loop.records.raw import RawText
from storage import audit, checkpoint, decisions, delivering, failures
from storage.among import among
from storage.anchors import Anchors
from storage.answers import is_kept_by_us, signed_body
from storage.asks import AgentAsks
from storage.casebook import AgentCasebook, write_case_changes
from storage.commit import check_changes, write_changes
from storage.connecting import keys_of, reading, writing
from storage.counting import AgentCounts
from storage.derive import forget_derived
from storage.erasing.store import AgentErasing
from storage.ingest import arrival_rows, write_arrivals
from storage.knowledge import AgentKnowledge
from storage.lineage import AgentLineage, note_import
from storage.locks import bump_change_counter, lock_agent
from storage.panelbook import AgentPanelbook, write_audit_changes
from storage.probes import AgentProbes
from storage.raw import AgentRaw, truncate_log
from storage.reads import read_answers
from storage.record import TouchedRows
from storage.reviewing import AgentReviews
from storage.rows import storable
from storage.statements import insert_new
from storage.tables import AnswerRow
from storage.voices import AgentVoices


def _carry_on(_label: str) -> None:
    """No-op: what happens at a checkpoint when nobody listens."""


def _counted(notes: Sequence[Note], written: RowCounts) -> list[Note]:
    """What was handed in may be known in part: the last note says what was written."""
    told = {"new": str(written.new), "updated": str(written.updated), "known": str(written.duplicate)}
    return [*notes[:-1], notes[-1].model_copy(update={"digests": notes[-1].digests | told})]


class AgentStore(
    AgentKnowledge,
    AgentVoices,
    AgentCasebook,
    AgentPanelbook,
    AgentLineage,
    AgentErasing,
    AgentRaw,
    AgentReviews,
    AgentAsks,
    AgentCounts,
    AgentProbes,
):
    """Everything kept about one agent: its reads, and each write in one transaction."""

    def __init__(
        self,
        engine: sa.Engine,
        slug: str,
        *,
        checkpoint: Checkpoint | None = None,
        anchors: Anchors | None = None,
    ) -> None:
        super().__init__(engine, slug)
        self._checkpoint = checkpoint or _carry_on
        self._anchors = anchors or Anchors()

    def append(
        self,
        *,
        interactions: Sequence[Interaction] = (),
        feedback: Sequence[Feedback] = (),
        scores: Sequence[Score] = (),
        notes: Sequence[Note] = (),
        into: Import | None = None,
        raw: Sequence[RawText] = (),
    ) -> RowCounts:
        """Idempotent append of what arrived, in a transaction that touches the agent's head only to write notes.

        Raises InvalidInput, naming the field, for what cannot be stored; NotFound; StoreUnavailable.
        """
        arriving: tuple[Interaction | Feedback | Score, ...] = (*interactions, *feedback, *scores)
        if any(record.agent != self._slug for record in arriving):
            raise InvalidInput("A record is another agent's.", field="agent")
        rows = arrival_rows(interactions, feedback, scores, raw=raw)
        with self._noting() as connection:
            if notes:
                lock_agent(connection, self._slug)
            written, arrived, _, _, span = write_arrivals(
                connection, self._slug, rows, import_id=into.id if into is not None else ""
            )
            if notes and (written.new or written.updated):
                touched = TouchedRows(connection, self._slug)
                if into is not None:
                    note_import(connection, into, touched=touched, span=span, written=written)
                audit.append(connection, self._slug, _counted(notes, written), touched=touched, arrived=arrived)
            self._checkpoint("append:written")
        self._checkpoint("append:kept")
        return written

    def deliver(
        self, parcels: Sequence[Parcel], *, captured: Sequence[Capture], now: datetime, noted: ImportNote | None = None
    ) -> list[DeliveryOutcome]:
        """Group commit of deliveries; see `loop.ports.deliveries.Deliveries.deliver`."""
        arriving = [record for one in parcels for made in (one.interactions, one.feedback) for record in made]
        if any(record.agent != self._slug for record in arriving):
            raise InvalidInput("A record is another agent's.", field="agent")
        ready = [(one, arrival_rows(one.interactions, one.feedback, (), raw=one.raw)) for one in parcels]
        import_id = noted.into.id if noted is not None else ""
        with writing(self._engine) if noted is None else self._noting() as connection:
            if noted is not None:
                lock_agent(connection, self._slug)
            group = delivering.deliver(connection, self._slug, ready, captured=captured, now=now, import_id=import_id)
            written = group.arrival.written if group.arrival is not None else RowCounts()
            if noted is not None and group.arrival is not None and (written.new or written.updated):
                touched, arrival = TouchedRows(connection, self._slug), group.arrival
                note_import(connection, noted.into, touched=touched, span=arrival.span, written=written)
                notes = _counted([noted.note], written)
                audit.append(connection, self._slug, notes, touched=touched, arrived=arrival.arrived)
            self._checkpoint("deliver:written")
        self._checkpoint("deliver:kept")
        return group.told

    def captures(self) -> list[Capture]:
        """Capture health by door."""
        with reading(self._engine) as connection:
            return delivering.captures(connection, self._slug)

    def keep_answers(self, digest: str, answers: Mapping[str, Answer]) -> dict[str, Answer]:
        """Idempotent insert by case id: what we kept first stays, what others wrote goes; see `loop.ports.Answers`."""
        # In one order for all, so that two writers on PostgreSQL never wait for each other in a ring.
        given = {case_id: storable(one) for case_id, one in sorted(answers.items()) if one.method != "failed"}
        if not given:
            return {}
        table = AnswerRow.core()
        mine = {"agent": self._slug, "digest": digest}
        with writing(self._engine) as connection:
            keys = keys_of(connection)
            which = sa.and_(table.c.agent == self._slug, table.c.digest == digest, among(table.c.case_id, given))
            stored = sa.select(table.c.case_id, table.c.body).where(which)
            forged = [
                row.case_id
                for row in connection.execute(stored)
                if not is_kept_by_us(row.body, **mine, case_id=row.case_id, keys=keys)
            ]
            if forged:
                connection.execute(sa.delete(table).where(which, among(table.c.case_id, forged)))
            rows = [
                {**mine, "case_id": case_id, "body": signed_body(body, **mine, case_id=case_id, keys=keys)}
                for case_id, body in given.items()
            ]
            insert_new(connection, table, rows)
            ours = {row["case_id"]: row["body"] for row in rows}
            first = [row.case_id for row in connection.execute(stored) if row.body != ours[row.case_id]]
            return read_answers(connection, self._slug, digest, first) if first else {}

    def rebuild(self) -> None:
        """Drop everything derived and put all feedback on the list, in one transaction under the agent's lock."""
        with writing(self._engine) as connection:
            lock_agent(connection, self._slug)
            forget_derived(connection, self._slug)
            bump_change_counter(connection, self._slug)

    def commit(self, changes: Changes) -> RowCounts:
        """One transaction under the agent's lock; idempotent: writing the same again changes nothing.

        Raises InvalidInput, naming the field, for what cannot be stored; StoreUnavailable.
        """
        check_changes(self._slug, changes)
        with self._noting() as connection:
            lock_agent(connection, self._slug)
            written = write_changes(connection, self._slug, changes)
            self._checkpoint("commit:written")
        self._checkpoint("commit:kept")
        if any(one.scope.import_id for one in changes.unlearnings):
            truncate_log(self._engine)  # raw text of what was taken back is gone from the file too
        return written

    def change_cases(self, changes: CaseChanges) -> None:
        """What a person did about cases, in one transaction; see `loop.ports.Casebook.change_cases`."""
        if any(agent != self._slug for agent in changes.agents):
            raise InvalidInput("A record is another agent's.", field="agent")
        with self._noting() as connection:
            lock_agent(connection, self._slug)
            write_case_changes(connection, self._slug, changes)
            self._checkpoint("cases:written")
        self._checkpoint("cases:kept")

    def change_audits(self, changes: AuditChanges) -> None:
        """One transaction under the agent's lock; see `loop.ports.FirewallAudits.change_audits`."""
        if ({one.agent for one in changes.audits} | {one.agent for one in changes.verdicts}) - {self._slug}:
            raise InvalidInput("A record is another agent's.", field="agent")
        with self._noting() as connection:
            lock_agent(connection, self._slug)
            write_audit_changes(connection, self._slug, changes)
            self._checkpoint("audits:written")
        self._checkpoint("audits:kept")

    def keep_failed_job(self, job: FailedJob) -> None:
        """Replaces an earlier one with the same id."""
        with writing(self._engine) as connection:
            failures.keep(connection, job)

    def forget_failed_job(self, job_id: str) -> bool:
        """Whether there was one."""
        with writing(self._engine) as connection:
            return failures.forget(connection, self._slug, job_id)

    def decide(self, decision: Decision, *, successor: Proposal | None = None, candidate: Bundle | None = None) -> None:
        """Record a decision and move its proposal, in one transaction; see `loop.ports.Decisions.decide`."""
        with self._noting() as connection:
            decisions.record_decision(connection, self._slug, decision, successor=successor, candidate=candidate)
            self._checkpoint("decide:written")
        self._checkpoint("decide:kept")

    def deploy(self, *, decision: Decision, release: Release) -> ApplyOutcome:
        """Apply an approval exactly once; see `loop.ports.Decisions.deploy`."""
        with self._noting(is_release=True) as connection:
            applied = decisions.apply_approval(
                connection, self._slug, decision=decision, release=release, checkpoint=self._checkpoint
            )
            self._checkpoint("deploy:written")
        self._checkpoint("deploy:kept")
        return applied

    def roll_back(self, *, version: Version, release: Release, undone: str | None) -> Release:
        """Make a new head with older content; see `loop.ports.Decisions.roll_back`."""
        with self._noting(is_release=True) as connection:
            made = decisions.restore(
                connection, self._slug, version=version, release=release, undone=undone, checkpoint=self._checkpoint
            )
            self._checkpoint("rollback:written")
        self._checkpoint("rollback:kept")
        return made

    def accept_record(self, note: Note) -> None:
        """Take what stands for what was written, whatever was changed from outside; the note says who says so."""
        with self._noting(is_release=True) as connection:
            checkpoint.checkpoint(
                connection, self._slug, note.model_copy(update={"action": JournalAction.ACCEPT_RECORD})
            )
            bump_change_counter(connection, self._slug)
