"""An audit's look at what arrived: every row against its content digest, all of them against the log's totals."""

from collections.abc import Iterator, Sequence

import sqlalchemy as sa

from loop.records import AuditEntry, Feedback, Interaction, digest
from storage.arrival_totals import count_totals, log_digest
from storage.connecting import keys_of
from storage.content import content_digest
from storage.rows import TABLES, from_row, storable
from storage.tables import ArrivalLogRow

_WRONG = {
    "bad": "Its signature is not of what it says: it was written without the journal's key.",
    "unknown": "It is signed with a key that is not here.",
}


def arrival_faults(
    connection: sa.Connection, agent: str, entries: Sequence[AuditEntry], notes: list[str]
) -> Iterator[tuple[str, str]]:
    """What arrived against what the journal says; `notes` get what cannot be told."""
    table = ArrivalLogRow.core()
    log = connection.execute(sa.select(table).where(table.c.agent == agent)).mappings().one()
    kept, seq, keys = dict(log["totals"]), int(log["seq"]), keys_of(connection)
    state = keys.check(log_digest(agent, seq=seq, totals=kept), log["signature"])
    if state in _WRONG:
        yield "arrival log", _WRONG[state]
    if state == "none" and any(entry.signature and "arrivals at" in entry.digests for entry in entries):
        yield "arrival log", "It is not signed although the journal is."
    counted = count_totals(connection, agent)
    for kind, total in counted.items():
        if kept.get(kind, total if total.startswith("0:") else "") != total:
            yield f"{kind} rows", "Their number, content or state is not what was written."
    noted = next((entry for entry in reversed(entries) if "arrivals at" in entry.digests), None)
    at = 0 if noted is None else int(noted.digests["arrivals at"])
    if seq == at and noted is not None and noted.digests["arrivals"] != digest(kept):
        yield "arrival log", "It is not what the journal says arrived."
    if seq < at:
        yield "arrival log", f"It ends at {seq}, and the journal has noted {at}."
    if seq > at:
        notes.append(f"{seq - at} arrivals are not in the journal yet: the next turn notes them.")
    for record in (Feedback, Interaction):
        yield from _contents(connection, agent, record)


def _contents(
    connection: sa.Connection, agent: str, kind: type[Feedback] | type[Interaction]
) -> Iterator[tuple[str, str]]:
    table = TABLES[kind].core()
    for row in connection.execute(sa.select(table).where(table.c.agent == agent)).mappings():
        try:
            record = from_row(kind, row)
            is_same = content_digest(record, storable(record)) == row["content_digest"]
        except (ValueError, TypeError, KeyError):
            is_same = False
        if not is_same:
            yield f"{kind.__name__.lower()} {row['id']}", "It was changed since it arrived."
