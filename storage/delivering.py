"""Group commit of deliveries: idempotency keys, rows, feedback that waits for its target, and capture health.

All of it in one transaction under the agent's arrival log, whatever the number of deliveries.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from loop.ports.deliveries import DAYS_KEPT, Capture, DeliveryOutcome, Parcel
from loop.records import IMPORTED
from loop.records.days import day_of
from storage import joining, orphans
from storage.ingest import Arrival, ArrivalRows, write_arrivals
from storage.locks import ArrivalLog, lock_arrivals
from storage.lookups import Lookup
from storage.raw import keep_raw
from storage.rows import Row
from storage.statements import insert_new, upsert
from storage.tables import CaptureRow, InteractionRow, TicketRow

_I, _T, _C = InteractionRow.core().c, TicketRow.core().c, CaptureRow.core().c
_TICKETS = Lookup(_T.client, _T.key, _T.content, _T.receipt, by=_T.key)
_DOORS = Lookup(_I.id, _I.source, by=_I.id)
"""The doors of stored interactions."""
_CAPTURES = Lookup(*_C, by=_C.door)


@dataclass
class _Counts:
    """What a transaction adds to capture health, by door."""

    calls: Counter[str] = field(default_factory=Counter)
    stored: Counter[str] = field(default_factory=Counter)
    with_outcome: Counter[str] = field(default_factory=Counter)


class Group(NamedTuple):
    """What became of parcels kept together."""

    told: list[DeliveryOutcome]
    arrival: Arrival | None
    """None: nothing was to be kept."""


def deliver(
    connection: sa.Connection,
    agent: str,
    parcels: Sequence[tuple[Parcel, ArrivalRows]],
    *,
    captured: Iterable[Capture],
    now: datetime,
    import_id: str = "",
) -> Group:
    """Write parcels, each once, and what was captured. Raises NotFound when the agent is gone."""
    log = lock_arrivals(connection, agent)
    told = _outcomes(connection, agent, [parcel for parcel, _ in parcels])
    kept = [pair for pair, one in zip(parcels, told, strict=True) if one.outcome == "kept"]
    counts, arrival = _Counts(), None
    if kept:
        arrival = _write(connection, agent, kept, log=log, counts=counts, now=now, import_id=import_id)
        told = [one._replace(written=arrival.written) if one.outcome == "kept" else one for one in told]
    for (parcel, rows), one in zip(parcels, told, strict=True):
        if one.outcome != "conflict":
            asked = 0 if parcel.is_retold else len(rows.interactions)
            counts.stored[parcel.door] += asked + len(rows.feedback) + len(parcel.of_episodes)
    _count(connection, agent, captured, counts=counts)
    return Group(told, arrival)


def captures(connection: sa.Connection, agent: str) -> list[Capture]:
    """By door."""
    table = CaptureRow.core()
    waiting = orphans.count_by_door(connection, agent)
    rows = connection.execute(sa.select(table).where(table.c.agent == agent).order_by(table.c.door)).mappings()
    return [_capture({**row}, orphans=waiting.get(row["door"], 0)) for row in rows]


def _outcomes(connection: sa.Connection, agent: str, parcels: Sequence[Parcel]) -> list[DeliveryOutcome]:
    """By the idempotency keys that are known, and those of parcels further up; each new one is kept."""
    wanted = {parcel.ticket.key for parcel in parcels if parcel.ticket is not None}
    known: dict[tuple[str, str], tuple[str, Mapping[str, object]]] = {
        (client, key): (content, receipt) for client, key, content, receipt in _TICKETS.rows(connection, agent, wanted)
    }
    told: list[DeliveryOutcome] = []
    for parcel in parcels:
        ticket = parcel.ticket
        first = None if ticket is None else known.get(ticket[:2])
        if ticket is None or first is None:
            told.append(DeliveryOutcome("kept", parcel.receipt))
            if ticket is not None:
                known[ticket[:2]] = ticket.content, parcel.receipt
        elif first[0] == ticket.content:
            told.append(DeliveryOutcome("known", first[1]))
        else:
            told.append(DeliveryOutcome("conflict", {}))
    return told


def _write(
    connection: sa.Connection,
    agent: str,
    kept: Sequence[tuple[Parcel, ArrivalRows]],
    *,
    log: ArrivalLog,
    counts: _Counts,
    now: datetime,
    import_id: str,
) -> Arrival:
    pairs = [pair for parcel, rows in kept for pair in zip(parcel.interactions, rows.interactions, strict=True)]
    interactions, names, again = joining.place_interactions(connection, agent, pairs)
    for parcel, _ in kept:
        first = {one.id for one in parcel.interactions} - again if parcel.is_retold else set[str]()
        counts.calls[parcel.door] += len(first)
        counts.stored[parcel.door] += len(first)
    feedback = [(parcel.door, row) for parcel, rows in kept for row in rows.feedback]
    waiting = [orphans.OrphanFeedback(parcel.door, one) for parcel, _ in kept for one in parcel.of_episodes]
    feedback += orphans.attach(connection, agent, waiting, fresh=interactions, now=now)
    doors = {row["id"]: row["source"] for row in interactions}
    targets = {row["interaction_id"] for _, row in feedback} - doors.keys()
    doors.update(_DOORS.rows(connection, agent, targets))
    feedback, doors = _aimed(connection, agent, feedback, fresh=interactions, doors=doors)
    orphans.note(connection, agent, [pair for pair in feedback if pair[1]["interaction_id"] not in doors], now=now)
    raw = [
        one.model_copy(update={"id": names.get(one.id, one.id)}) if one.kind == "interaction" else one
        for _, rows in kept
        for one in rows.raw
    ]
    arriving = ArrivalRows(interactions, [row for _, row in feedback], [], names=names, raw=raw)
    arrival = write_arrivals(connection, agent, arriving, log=log, import_id=import_id)
    if raw and waiting:  # what waits for its episode is kept too
        keep_raw(connection, agent, raw, kind="feedback", ids=[one.about.feedback.id for one in waiting])
    for name in (arrival.first_spoken & doors.keys()) | arrival.answered:
        if not doors[name].startswith(IMPORTED):
            counts.with_outcome[doors[name]] += 1
    tickets = [
        {"agent": agent, "receipt": parcel.receipt, "at": now} | parcel.ticket._asdict()
        for parcel, _ in kept
        if parcel.ticket is not None
    ]
    if tickets:
        insert_new(connection, TicketRow.core(), tickets)
    return arrival


def _aimed(
    connection: sa.Connection,
    agent: str,
    feedback: Sequence[tuple[str, Row]],
    *,
    fresh: Sequence[Row],
    doors: Mapping[str, str],
) -> tuple[list[tuple[str, Row]], dict[str, str]]:
    """Feedback that names a trace, or an answer in one, is about its interaction; with the doors of these."""
    unknown = {row["interaction_id"] for _, row in feedback} - doors.keys()
    meant = joining.targets(connection, agent, unknown, fresh)
    aimed = [(door, orphans.aimed_at(row, meant.get(row["interaction_id"], ""))) for door, row in feedback]
    return aimed, {**doors, **dict(_DOORS.rows(connection, agent, set(meant.values()) - doors.keys()))}


def _count(connection: sa.Connection, agent: str, captured: Iterable[Capture], *, counts: _Counts) -> None:
    """Add to the counters of every door that something came through."""
    more = {one.door: one for one in captured}
    names = {*more, *counts.stored, *counts.with_outcome}
    if not names:
        return
    table = CaptureRow.core()
    columns = table.c.keys()
    found = (dict(zip(columns, row, strict=True)) for row in _CAPTURES.rows(connection, agent, names))
    stored = {row["door"]: _capture(row) for row in found}
    rows: list[Row] = []
    for name in sorted(names):
        old, new = stored.get(name, Capture(name)), more.get(name, Capture(name))
        rows.append(
            {
                "agent": agent,
                "door": name,
                "calls": old.calls + new.calls + counts.calls[name],
                "feedback": old.feedback + new.feedback,
                "stored": old.stored + counts.stored[name],
                "with_outcome": old.with_outcome + counts.with_outcome[name],
                "rejected": dict(Counter(old.rejected) + Counter(new.rejected)),
                "dropped": old.dropped + new.dropped,
                "last_at": new.last_at or old.last_at,
                "days": _days(old.days, new.last_at),
            }
        )
    upsert(connection, table, rows)


def _days(known: Sequence[str], at: datetime | None) -> list[str]:
    """With the day of `at`, the newest that are kept."""
    today = set() if at is None else {day_of(at)}
    return sorted({*known, *today})[-DAYS_KEPT:]


def _capture(row: Mapping[str, Any], *, orphans: int = 0) -> Capture:
    return Capture(
        door=row["door"],
        calls=row["calls"],
        feedback=row["feedback"],
        stored=row["stored"],
        with_outcome=row["with_outcome"],
        orphans=orphans,
        rejected=row["rejected"],
        dropped=row["dropped"],
        last_at=row["last_at"],
        days=tuple(row["days"]),
    )
