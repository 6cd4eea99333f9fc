"""A checkpoint of the record: every row that decides sealed as it is now, and an entry of the journal that says so.

Written after an upgrade of the database, whose rows may have got other columns, and when the operator accepts what
stands. What was changed from outside before it is no longer told apart: audit first.
"""

from collections.abc import Mapping
from datetime import UTC, datetime

import sqlalchemy as sa

from loop.records import JournalAction, Note
from loop.records.access import ENGINE
from storage import audit
from storage.arrival_totals import ArrivalTotals, count_totals
from storage.locks import lock_agent, lock_arrivals
from storage.record import KINDS, Seal, TouchedRows, read_digests, total_of, write_seals
from storage.tables import AgentRow, ApiKeyRow, AuditRow, HeadRow, ReleaseRow, SealRow, VersionRow


def checkpoint_all(connection: sa.Connection) -> None:
    """Every agent, after an upgrade."""
    for slug in connection.execute(sa.select(AgentRow.core().c.slug).order_by("slug")).scalars().all():
        note = Note(actor=ENGINE, action=JournalAction.UPGRADE_DATABASE, subject=slug, at=datetime.now(UTC))
        checkpoint(connection, slug, note)


def checkpoint(connection: sa.Connection, agent: str, note: Note) -> None:
    """Seal everything anew under one entry, which lists the live version's own chain, and API keys, row by row."""
    lock_agent(connection, agent)
    log = lock_arrivals(connection, agent)
    _find_end(connection, agent)
    head = HeadRow.core()
    seq = connection.execute(sa.select(head.c.audit_seq).where(head.c.agent == agent)).scalar_one() + 1
    seals = SealRow.core()
    connection.execute(sa.delete(seals).where(seals.c.agent == agent))
    totals: dict[str, str] = {}
    listed: dict[str, str] = {}
    live = _live_rows(connection, agent)
    for kind in KINDS:
        digests = read_digests(connection, agent, kind)
        if digests:
            sealed = {key: Seal(told, seq) for key, told in digests.items()}
            write_seals(connection, agent, kind, sealed)
            totals[kind] = total_of(kind, sealed)
            listed[f"{kind} rows"] = totals[kind]
            listed |= {f"{kind} {key}": digests[key] for key in live.get(kind, ()) if key in digests}
    connection.execute(sa.update(head).where(head.c.agent == agent).values(totals=totals))
    arrived = ArrivalTotals(connection, agent, log)
    arrived.totals = count_totals(connection, agent)
    arrived.keep()
    told = note.digests | listed | arrived.noted()
    audit.append(connection, agent, [note.model_copy(update={"digests": told})], touched=TouchedRows(connection, agent))


def _find_end(connection: sa.Connection, agent: str) -> None:
    """Where the head row does not say where the journal ends, it is set to the entry that is last."""
    head, entries = HeadRow.core(), AuditRow.core()
    last = connection.execute(
        sa.select(entries.c.seq, entries.c.hash).where(entries.c.agent == agent).order_by(entries.c.seq.desc()).limit(1)
    ).first()
    seq, told = (0, audit.START) if last is None else (last.seq, last.hash)
    connection.execute(sa.update(head).where(head.c.agent == agent).values(audit_seq=seq, audit_hash=told))


def _live_rows(connection: sa.Connection, agent: str) -> Mapping[str, list[str]]:
    """What the live version rests on, and the keys that open its doors, by kind."""
    head, versions, releases, keys = HeadRow.core(), VersionRow.core(), ReleaseRow.core(), ApiKeyRow.core()
    number = connection.execute(sa.select(head.c.number).where(head.c.agent == agent)).scalar_one()
    version = connection.execute(
        sa.select(versions).where(versions.c.agent == agent, versions.c.number == number)
    ).mappings().one()  # fmt: skip
    found = connection.execute(
        sa.select(releases).where(releases.c.agent == agent, releases.c.number == number)
    ).mappings().all()  # fmt: skip
    restored = [] if version["restores"] is None else [str(version["restores"])]
    return {
        "agent": [agent],
        "version": [str(number), *restored],
        "release": [row["id"] for row in found],
        "decision": [row["decision_id"] for row in found if row["decision_id"]],
        "proposal": [row["proposal_id"] for row in found if row["proposal_id"]],
        "api_key": list(connection.execute(sa.select(keys.c.id).where(keys.c.agent == agent)).scalars()),
    }
