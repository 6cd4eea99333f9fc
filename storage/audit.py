"""The journal: a chain of hashes in which a changed, missing or added line shows, signed with a key kept elsewhere."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import sqlalchemy as sa

from loop.records import AuditEntry, JournalAction, Note, Record, digest
from loop.records.access import ENGINE, POLICY, PROVIDER
from storage.anchors import Anchor
from storage.arrival_totals import ArrivalTotals
from storage.connecting import keys_of
from storage.keys import JournalKeys
from storage.record import TouchedRows
from storage.rows import from_row, to_row
from storage.tables import AuditRow, HeadRow
from storage.tombstones import erased_entries

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


class Break(NamedTuple):
    """A place where the journal is not as it was written."""

    seq: int
    reason: str


def seal(note: Note, *, agent: str, seq: int, previous: str, keys: JournalKeys | None = None) -> AuditEntry:
    """The entry of a note: number `seq` in the chain, after the entry whose hash is `previous`."""
    told = {
        "agent": agent,
        "seq": seq,
        "previous": previous,
        "at": note.at,
        "actor": note.actor,
        "action": note.spelling,
        "subject": note.subject,
        "digests": note.digests,
    }
    made = digest(told)
    return AuditEntry(**told, hash=made, signature=(keys or JournalKeys()).sign(made))


def verify(
    entries: Iterable[AuditEntry],
    *,
    last: tuple[int, str] | None = None,
    keys: JournalKeys | None = None,
    erased: Mapping[int, str] | None = None,
) -> AuditCheck:
    """Walk the chain of one agent from its first entry to the first break, in the order given.

    `last`: number and hash the journal must end with, kept elsewhere. Without it, entries removed
    from the end, or a journal written anew from the start, cannot be noticed: a chain alone does not show them.
    """
    count = 0

    def counted() -> Iterator[AuditEntry]:
        nonlocal count
        for entry in entries:
            count += 1
            yield entry

    found = next(breaks(counted(), last=last, keys=keys, erased=erased), None)
    if found is None:
        return AuditCheck(is_intact=True, entries=count)
    return AuditCheck(is_intact=False, entries=count, first_bad=found.seq, reason=found.reason)


def breaks(
    entries: Iterable[AuditEntry],
    *,
    last: tuple[int, str] | None = None,
    keys: JournalKeys | None = None,
    after: tuple[int, str] = (0, START),
    erased: Mapping[int, str] | None = None,
) -> Iterator[Break]:
    """Every place where the chain does not hold; behind each, what follows is measured against what stands there.

    `after`: number and hash of the entry before the first one given. `erased`: digests of what was left of entries.
    """
    (seq, previous), agent, is_signed = after, "", False
    for entry in entries:
        agent = agent or entry.agent
        wrong = _fault(entry, agent=agent, seq=seq + 1, previous=previous, erased=erased or {})
        wrong = wrong or _unsigned(entry, keys=keys or JournalKeys(), is_signed=is_signed)
        if wrong:
            yield Break(seq + 1, wrong)
        seq, previous, is_signed = entry.seq, entry.hash, bool(entry.signature)
    if last is not None and last != (seq, previous):
        yield Break(seq if last[0] == seq else min(seq, last[0]) + 1, "The journal does not end where it was left.")


def by_people(actor: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    """Whether an entry is a person's; `is_persons` in SQL."""
    return sa.and_(actor.not_in((ENGINE, PROVIDER)), actor.not_like(f"{POLICY}%"))


def append(
    connection: sa.Connection,
    agent: str,
    notes: Sequence[Note],
    *,
    touched: TouchedRows | None = None,
    arrived: ArrivalTotals | None = None,
) -> None:
    """Add notes to the agent's journal, with the digests of what was written; a note is made where there is none.

    The caller holds the agent's head row and the transaction; of `arrived`, the arrival log too.
    """
    head = HeadRow.core()
    seq, previous, totals = connection.execute(
        sa.select(head.c.audit_seq, head.c.audit_hash, head.c.totals).where(head.c.agent == agent)
    ).one()
    noted: dict[str, str] = {}
    kinds: tuple[str, ...] = ()
    if touched is not None:
        totals, noted, kinds = touched.seal(totals, seq=seq + max(1, len(notes)))
    if arrived is not None and arrived.has_changed:
        noted, kinds = noted | arrived.noted(), (*kinds, "feedback")
    if not notes and not kinds:
        return
    notes = notes or (_written(agent, kinds),)
    told = notes[-1].digests | noted | {"record": digest(totals)}
    keys = keys_of(connection)
    rows = []
    for note in (*notes[:-1], notes[-1].model_copy(update={"digests": told})):
        seq += 1
        entry = seal(note, agent=agent, seq=seq, previous=previous, keys=keys)
        rows.append(to_row(entry))
        previous = entry.hash
    connection.execute(sa.insert(AuditRow.core()), rows)
    connection.execute(
        sa.update(head).where(head.c.agent == agent).values(audit_seq=seq, audit_hash=previous, totals=totals)
    )


def end_of(connection: sa.Connection, agent: str) -> int:
    """Number of the last entry; 0 without one."""
    head = HeadRow.core()
    return int(connection.execute(sa.select(head.c.audit_seq).where(head.c.agent == agent)).scalar() or 0)


def anchor_of(connection: sa.Connection, agent: str) -> Anchor:
    """Where the journal stands."""
    head, entries = HeadRow.core(), AuditRow.core()
    row = connection.execute(
        sa.select(head.c.number, head.c.audit_seq, head.c.audit_hash).where(head.c.agent == agent)
    ).one()
    found = connection.execute(
        sa.select(entries.c.seq, entries.c.hash, entries.c.at).where(
            entries.c.agent == agent, entries.c.seq.in_([1, row.audit_seq])
        )
    ).all()
    by_seq = {one.seq: one for one in found}
    return Anchor(
        agent=agent,
        chain=by_seq[1].hash,
        seq=row.audit_seq,
        hash=row.audit_hash,
        number=row.number,
        at=by_seq[row.audit_seq].at.isoformat(),
    )


def read_entries(connection: sa.Connection, agent: str) -> list[AuditEntry]:
    """The whole journal of an agent, in order."""
    table = AuditRow.core()
    query = sa.select(table).where(table.c.agent == agent).order_by(table.c.seq)
    return [from_row(AuditEntry, row) for row in connection.execute(query).mappings()]


def check_journal(connection: sa.Connection, agent: str) -> AuditCheck:
    """Verify the stored journal against where the head row says it ends."""
    head = HeadRow.core()
    row = connection.execute(sa.select(head.c.audit_seq, head.c.audit_hash).where(head.c.agent == agent)).one()
    return verify(
        read_entries(connection, agent),
        last=(row.audit_seq, row.audit_hash),
        keys=keys_of(connection),
        erased=erased_entries(connection, agent),
    )


def content_of(entry: AuditEntry) -> str:
    """Digest of what an entry says; its hash, unless words were taken out of it."""
    return digest({name: getattr(entry, name) for name in _HASHED})


def fault_of(entry: AuditEntry, *, keys: JournalKeys, erased: Mapping[int, str] | None = None) -> str:
    """Why one entry by itself cannot be what was written; empty when it can."""
    known = erased or {}
    return _fault(entry, agent=entry.agent, seq=entry.seq, previous=entry.previous, erased=known) or _unsigned(
        entry, keys=keys, is_signed=False
    )


def _written(agent: str, kinds: Sequence[str]) -> Note:
    """Of a commit that brought no note of its own."""
    what = " and ".join(f"{kind.replace('_', ' ')}s" if kind != "feedback" else kind for kind in kinds)
    return Note(actor=ENGINE, action=JournalAction.WRITE, detail=what, subject=agent, at=datetime.now(UTC))


def _fault(entry: AuditEntry, *, agent: str, seq: int, previous: str, erased: Mapping[int, str]) -> str:
    if entry.agent != agent:
        return "The entry belongs to another agent."
    if entry.seq != seq:
        return "An entry is missing, added or out of order."
    if entry.previous != previous:
        return "The entry does not follow the one before it."
    told = content_of(entry)
    if told not in (entry.hash, erased.get(entry.seq)):
        return "The entry was changed."
    return ""


def _unsigned(entry: AuditEntry, *, keys: JournalKeys, is_signed: bool) -> str:
    """What is wrong with a signature. `is_signed`: the entry before is signed, so this one must be."""
    name = entry.signature.partition(":")[0]
    match keys.check(entry.hash, entry.signature):
        case "bad":
            return "The signature is not of this entry: it was written without the journal's key."
        case "unknown":
            return f"The entry is signed with a key that is not here ({name})."
        case "none" if is_signed or (keys.began and entry.at >= keys.began and "record" in entry.digests):
            return "The entry is not signed, and the journal was signed by then."
        case _:
            return ""
