"""The journal: a chain of hashes in which a changed, missing or added line shows."""

from collections.abc import Iterable, Sequence

import sqlalchemy as sa

from loop.records import AuditEntry, Note, Record, digest
from storage.rows import from_row, to_row
from storage.tables import AuditRow, HeadRow

START = "0" * 64
"""What the first entry follows."""

_HASHED = ("agent", "seq", "previous", "at", "actor", "action", "subject", "digests")
"""What the hash of an entry covers. Never changes: every stored chain rests on it, whatever fields come later."""


class AuditCheck(Record):
    """Whether a journal is as it was written."""

    is_intact: bool
    entries: int
    """Entries looked at."""
    first_bad: int | None = None
    """Sequence number of the first entry that is wrong or missing."""
    reason: str = ""


def seal(note: Note, *, agent: str, seq: int, previous: str) -> AuditEntry:
    """The entry of a note: number `seq` in the chain, after the entry whose hash is `previous`."""
    told = {
        "agent": agent,
        "seq": seq,
        "previous": previous,
        "at": note.at,
        "actor": note.actor,
        "action": note.action,
        "subject": note.subject,
        "digests": note.digests,
    }
    return AuditEntry(**told, hash=digest(told))


def verify(entries: Iterable[AuditEntry], *, last: tuple[int, str] | None = None) -> AuditCheck:
    """Walk the chain of one agent from its first entry, in the order given.

    `last`: number and hash the journal must end with, kept elsewhere. Without it, entries removed
    from the end, or a journal written anew from the start, cannot be noticed: a chain alone does not show them.
    """
    seq, previous, count = 0, START, 0
    agent: str | None = None
    for entry in entries:
        count += 1
        agent = agent or entry.agent
        wrong = _fault(entry, agent=agent, seq=seq + 1, previous=previous)
        if wrong:
            return AuditCheck(is_intact=False, entries=count, first_bad=seq + 1, reason=wrong)
        seq, previous = entry.seq, entry.hash
    if last is not None and last != (seq, previous):
        bad = seq if last[0] == seq else min(seq, last[0]) + 1
        return AuditCheck(
            is_intact=False, entries=count, first_bad=bad, reason="The journal does not end where it was left."
        )
    return AuditCheck(is_intact=True, entries=count)


def append(connection: sa.Connection, agent: str, notes: Sequence[Note]) -> None:
    """Add notes to the agent's journal. The caller holds the agent's head row and the transaction."""
    if not notes:
        return
    head = HeadRow.core()
    seq, previous = connection.execute(
        sa.select(head.c.audit_seq, head.c.audit_hash).where(head.c.agent == agent)
    ).one()
    rows = []
    for note in notes:
        seq += 1
        entry = seal(note, agent=agent, seq=seq, previous=previous)
        rows.append(to_row(entry))
        previous = entry.hash
    connection.execute(sa.insert(AuditRow.core()), rows)
    connection.execute(sa.update(head).where(head.c.agent == agent).values(audit_seq=seq, audit_hash=previous))


def read_entries(connection: sa.Connection, agent: str) -> list[AuditEntry]:
    """The whole journal of an agent, in order."""
    table = AuditRow.core()
    query = sa.select(table).where(table.c.agent == agent).order_by(table.c.seq)
    return [from_row(AuditEntry, row) for row in connection.execute(query).mappings()]


def check_journal(connection: sa.Connection, agent: str) -> AuditCheck:
    """Verify the stored journal against where the head row says it ends."""
    head = HeadRow.core()
    row = connection.execute(sa.select(head.c.audit_seq, head.c.audit_hash).where(head.c.agent == agent)).one()
    return verify(read_entries(connection, agent), last=(row.audit_seq, row.audit_hash))


def _fault(entry: AuditEntry, *, agent: str, seq: int, previous: str) -> str:
    if entry.agent != agent:
        return "The entry belongs to another agent."
    if entry.seq != seq:
        return "An entry is missing, added or out of order."
    if entry.previous != previous:
        return "The entry does not follow the one before it."
    if entry.hash != digest({name: getattr(entry, name) for name in _HASHED}):
        return "The entry was changed."
    return ""
