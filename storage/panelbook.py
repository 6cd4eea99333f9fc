"""Blind audits of the firewall, read and written: `loop.ports.FirewallAudits` over SQL."""

from collections import defaultdict

import sqlalchemy as sa

from loop.errors import Conflict
from loop.records import (
    DOUBTED_STATES,
    AuditChanges,
    FeedbackState,
    FirewallAudit,
    FirewallVerdict,
    FlaggedItem,
    Population,
    person,
)
from storage import audit
from storage.among import among
from storage.connecting import reading
from storage.locks import bump_change_counter
from storage.record import TouchedRows, verdict_key
from storage.rows import columns_of, from_row, to_row
from storage.tables import FeedbackRow, FirewallAuditRow, FirewallVerdictRow, FlagRow, InteractionRow

_JUDGED = tuple(state for state in FeedbackState if state not in (FeedbackState.NEW, FeedbackState.SUPERSEDED))
_NOT_OURS = "person"
"""A person's word is kept as a flag; it is no detector's."""


class AgentPanelbook:
    """Reads of blind audits of the firewall; part of an agent's store."""

    _engine: sa.Engine
    _slug: str

    def audit_population(self, *, limit: int) -> Population:
        """See `loop.ports.FirewallAudits.audit_population`."""
        told, flags, asked = FeedbackRow.core(), FlagRow.core(), InteractionRow.core()
        with reading(self._engine) as connection:
            floor = connection.execute(
                sa.select(told.c.seq)
                .where(told.c.agent == self._slug)
                .order_by(told.c.seq.desc())
                .offset(limit)
                .limit(1)
            ).scalar()
            newest = (told.c.agent == self._slug, told.c.seq > (floor or 0))
            rows = connection.execute(
                sa.select(told.c.id, told.c.author, told.c.source, told.c.state, told.c.received_at)
                .join(asked, sa.and_(asked.c.agent == told.c.agent, asked.c.id == told.c.interaction_id))
                .where(*newest)
                .order_by(told.c.seq.desc())
            ).all()
            found: defaultdict[str, set[str]] = defaultdict(set)
            of = sa.and_(flags.c.agent == told.c.agent, flags.c.feedback_id == told.c.id)
            for row in connection.execute(
                sa.select(flags.c.feedback_id, flags.c.detector)
                .join(told, of)
                .where(*newest, flags.c.detector != _NOT_OURS)
            ):
                found[row.feedback_id].add(row.detector)
        judged = [row for row in rows if FeedbackState(row.state) in _JUDGED]
        return Population(
            items=tuple(
                FlaggedItem(
                    feedback_id=row.id,
                    author=person(row.author, source=row.source),
                    detectors=tuple(sorted(found.get(row.id, ()))),
                    is_held=FeedbackState(row.state) in DOUBTED_STATES,
                )
                for row in judged
            ),
            since=min((row.received_at for row in rows), default=None) if floor is not None else None,
        )

    def firewall_audits(self) -> list[FirewallAudit]:
        """See `loop.ports.FirewallAudits.firewall_audits`."""
        table = FirewallAuditRow.core()
        query = (
            sa.select(*columns_of(FirewallAudit))
            .where(table.c.agent == self._slug)
            .order_by(table.c.drawn_at.desc(), table.c.id)
        )
        with reading(self._engine) as connection:
            return [from_row(FirewallAudit, row) for row in connection.execute(query).mappings()]

    def firewall_verdicts(self, audit_id: str) -> list[FirewallVerdict]:
        """See `loop.ports.FirewallAudits.firewall_verdicts`."""
        table = FirewallVerdictRow.core()
        query = (
            sa.select(*columns_of(FirewallVerdict))
            .where(table.c.agent == self._slug, table.c.audit_id == audit_id)
            .order_by(table.c.at, table.c.feedback_id, table.c.rater)
        )
        with reading(self._engine) as connection:
            return [from_row(FirewallVerdict, row) for row in connection.execute(query).mappings()]


def write_audit_changes(connection: sa.Connection, agent: str, changes: AuditChanges) -> None:
    """Write what a person drew or said, all or nothing. The caller has locked the agent. Raises Conflict."""
    audits, verdicts = FirewallAuditRow.core(), FirewallVerdictRow.core()
    touched = TouchedRows(connection, agent)
    touched.check("firewall_audit", [one.id for one in changes.audits])
    touched.check(
        "firewall_verdict", [verdict_key(one.audit_id, one.feedback_id, one.rater) for one in changes.verdicts]
    )
    for one in changes.verdicts:
        said = connection.execute(
            sa.select(verdicts.c.says).where(
                verdicts.c.agent == agent,
                verdicts.c.audit_id == one.audit_id,
                among(verdicts.c.feedback_id, [one.feedback_id]),
                verdicts.c.rater == one.rater,
            )
        ).first()
        if said is not None:
            raise Conflict("You judged this item before; a first word stands.", remedy="Go on with the next one.")
    if changes.audits:
        connection.execute(sa.insert(audits), [to_row(one) for one in changes.audits])
    if changes.verdicts:
        connection.execute(sa.insert(verdicts), [to_row(one) for one in changes.verdicts])
    audit.append(connection, agent, changes.notes, touched=touched)
    bump_change_counter(connection, agent)
