"""Ingest, idempotent: what arrives is told apart as new, changed, a duplicate, or newer by the same author."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count, pairwise
from typing import NamedTuple

import sqlalchemy as sa

from loop.records import Feedback, FeedbackState, Interaction, RowCounts, Score, derived_id, person
from loop.records.erasure import ERASED
from loop.records.raw import RawText
from storage.among import among
from storage.arrival_totals import ArrivalTotals
from storage.content import content_digest
from storage.locks import ArrivalLog, lock_arrivals
from storage.lookups import Lookup
from storage.orphans import found_target, settle
from storage.overwritten import keep_overwritten, taken_back
from storage.raw import keep_raw
from storage.rows import Row, from_row, storable, to_event_row, to_feedback_row, to_row
from storage.statements import enqueue, enqueue_feedback, insert_new, insert_unknown, leave_day
from storage.tables import FeedbackRow, InteractionRow, ScoreRow

_I, _F = InteractionRow.core().c, FeedbackRow.core().c
_INTERACTIONS = Lookup(_I.id, _I.content_digest, _I.seq, _I.method, by=_I.id)
_FEEDBACK = Lookup(_F.id, _F.content_digest, _F.seq, _F.reason, by=_F.id)
_SPOKEN = Lookup(
    *(_F.interaction_id, _F.kind, _F.author, _F.source, _F.at, _F.received_at, _F.id),
    by=_F.interaction_id,
    also=_F.author,
    where=_F.state != sa.literal_column(f"'{FeedbackState.SUPERSEDED.value}'"),
)
"""What counts of what some people said about a target."""
_SPOKEN_ABOUT = Lookup(_F.interaction_id, by=_F.interaction_id)


@dataclass(frozen=True)
class _Current:
    """One feedback in the line of what an author said about a target; the last one counts."""

    at: datetime
    received_at: datetime
    id: str
    row: Row | None
    """None: it is stored already."""

    @property
    def order(self) -> tuple[datetime, datetime, str]:
        return self.at, self.received_at, self.id


@dataclass(frozen=True)
class ArrivalRows:
    """What arrives, as rows that wait for their log position."""

    interactions: list[Row]
    feedback: list[Row]
    scores: list[Row]
    names: Mapping[str, str] = field(default_factory=dict)
    """Other names of these interactions, with their ids; feedback may have come for them."""
    raw: Sequence[RawText] = ()
    """Kept apart for those of them that are new or changed."""


def arrival_rows(
    interactions: Iterable[Interaction],
    feedback: Iterable[Feedback],
    scores: Iterable[Score],
    *,
    raw: Sequence[RawText] = (),
) -> ArrivalRows:
    """Built before any lock is taken. Raises InvalidInput."""
    return ArrivalRows(
        interactions=[to_event_row(one) for one in interactions],
        feedback=[to_feedback_row(one) for one in feedback],
        scores=[to_row(one) for one in scores],
        raw=raw,
    )


class Arrival(NamedTuple):
    """What an append did, and to the totals of the log."""

    written: RowCounts
    arrived: ArrivalTotals
    answered: set[str]
    """Interactions that somebody had spoken about before they came."""
    first_spoken: set[str]
    """What nobody had spoken about before this append, whether it is known or still to come."""
    span: tuple[int, int]
    """First and last log position of what came; what had waited for it comes after. The last is smaller for none."""


class _Kept(NamedTuple):
    """What became of rows of one kind."""

    written: RowCounts
    ids: Sequence[str] = ()
    """Of those that are new or changed; each has a log position."""


def write_arrivals(
    connection: sa.Connection, agent: str, rows: ArrivalRows, *, log: ArrivalLog | None = None, import_id: str = ""
) -> Arrival:
    """Idempotent append under the agent's arrival log: what is new or changed gets the next log positions.

    `log`: where the arrivals stand, when this transaction has locked them already. A score takes a position too, so
    that the log moves with every arrival. `import_id`: what it is a part of; it keeps what it overwrites. Raises
    NotFound when the agent is gone.
    """
    arrived = ArrivalTotals(connection, agent, log or lock_arrivals(connection, agent))
    first = arrived.seq + 1
    seq = count(first)
    interactions, asked = _write_interactions(connection, arrived, rows.interactions, seq=seq, import_id=import_id)
    first_spoken: set[str] = set()
    feedback, told = _write_feedback(connection, arrived, rows.feedback, seq=seq, first_spoken=first_spoken)
    settled = settle(connection, agent, rows.interactions)
    moved = found_target(connection, arrived, rows.names)
    _write_feedback(connection, arrived, [*settled.feedback, *moved], seq=seq, first_spoken=first_spoken)
    if rows.raw:
        keep_raw(connection, agent, rows.raw, kind="interaction", ids=asked)
        keep_raw(connection, agent, rows.raw, kind="feedback", ids=told)
    scores = insert_unknown(connection, ScoreRow.core(), agent, rows.scores)
    arrived.seq = next(seq) - 1 + scores
    arrived.keep()
    written = RowCounts(
        new=interactions.new + feedback.new + scores,
        updated=interactions.updated + feedback.updated,
        duplicate=interactions.duplicate + feedback.duplicate + len(rows.scores) - scores,
    )
    answered = settled.answered | {row["interaction_id"] for row in moved}
    return Arrival(written, arrived, answered, first_spoken, (first, first + len(asked) + len(told) - 1))


def _write_interactions(
    connection: sa.Connection, arrived: ArrivalTotals, rows: Sequence[Row], *, seq: Iterator[int], import_id: str
) -> _Kept:
    """Upsert by content digest: other content under a stored id replaces it; the same content is a duplicate, and so
    is what was erased, or was taken back with its import."""
    if not rows:
        return _Kept(RowCounts())
    table, agent = InteractionRow.core(), arrived.agent
    stored = {one.id: one for one in _known(connection, _INTERACTIONS, agent, rows)}
    known = {name: one.content_digest for name, one in stored.items()}
    erased = {name for name, one in stored.items() if one.tombstone == ERASED}
    others = [row["id"] for row in rows if known.get(row["id"], row["content_digest"]) != row["content_digest"]]
    away = taken_back(connection, agent, others)
    fresh: dict[str, Row] = {}
    changed: dict[str, Row] = {}
    new = updated = duplicate = 0
    for row in rows:
        name = row["id"]
        if name not in known:
            fresh[name] = row
            new += 1
        elif known[name] == row["content_digest"] or name in erased or row["content_digest"] in away.get(name, ()):
            duplicate += 1
            continue
        else:
            (fresh if name in fresh else changed)[name] = row
            updated += 1
        known[name] = row["content_digest"]
    placed = [row | {"seq": next(seq)} for row in fresh.values()]
    insert_new(connection, table, placed)
    if import_id and changed:
        keep_overwritten(connection, agent, import_id, changed)
    if changed:
        _leave_days(connection, agent, changed)
    for row in changed.values():
        placed.append(row | {"seq": next(seq)})
        connection.execute(sa.update(table).where(table.c.agent == agent, table.c.id == row["id"]).values(placed[-1]))
    arrived.take("interaction", [stored[name]._asdict() for name in changed])
    arrived.put("interaction", placed)
    if fresh or changed:
        enqueue_feedback(connection, agent, among(FeedbackRow.core().c.interaction_id, [*fresh, *changed]))
    return _Kept(RowCounts(new=new, updated=updated, duplicate=duplicate), [*fresh, *changed])


def _leave_days(connection: sa.Connection, agent: str, changed: Mapping[str, Row]) -> None:
    """Answers are counted by day: one that moves to another day is missing on the one it leaves."""
    for row in connection.execute(sa.select(_I.id, _I.at).where(_I.agent == agent, among(_I.id, changed))):
        leave_day(connection, agent, row.at, now=changed[row.id]["at"])


def _write_feedback(
    connection: sa.Connection,
    arrived: ArrivalTotals,
    rows: Sequence[Row],
    *,
    seq: Iterator[int],
    first_spoken: set[str],
) -> _Kept:
    """Append only: the later feedback of the same target, kind and person supersedes the earlier.

    Later means by the time it was given; one that arrives late is kept as superseded at once, so the
    order of arrival does not matter. An id taken by other content gets a new id made from both.
    """
    if not rows:
        return _Kept(RowCounts())
    given, agent = len(rows), arrived.agent
    fresh = _fresh_feedback(connection, agent, rows)
    lines = _lines(connection, agent, fresh, first_spoken=first_spoken)
    superseded: list[str] = []
    updated = 0
    for line in lines.values():
        line.sort(key=lambda one: one.order)
        for earlier, later in pairwise(line):
            if earlier.row is None:
                superseded.append(earlier.id)
            else:
                earlier.row["state"] = FeedbackState.SUPERSEDED.value
            if later.row is not None:
                later.row["supersedes"] = earlier.id
                updated += 1
    table = FeedbackRow.core()
    if superseded:
        replaced = among(table.c.id, superseded)
        was_current = arrived.stored(superseded)
        arrived.take("feedback", was_current)
        arrived.put("feedback", was_current, state=FeedbackState.SUPERSEDED.value)
        connection.execute(
            sa.update(table).where(table.c.agent == agent, replaced).values(state=FeedbackState.SUPERSEDED.value)
        )
        enqueue_feedback(connection, agent, replaced)
    rows = [row | {"seq": next(seq)} for row in fresh]
    insert_new(connection, table, rows)
    arrived.put("feedback", rows)
    enqueue(connection, agent, (("facts", row["id"], row["seq"]) for row in rows))
    written = RowCounts(new=len(fresh) - updated, updated=updated, duplicate=given - len(fresh))
    return _Kept(written, [row["id"] for row in rows])


class _Known(NamedTuple):
    """What is stored under an id."""

    id: str
    content_digest: str
    seq: int
    tombstone: str
    """ERASED for what may not come back."""


def _known(connection: sa.Connection, which: Lookup, agent: str, rows: Iterable[Row]) -> list[_Known]:
    return [_Known(*one) for one in which.rows(connection, agent, [row["id"] for row in rows])]


def _digests(connection: sa.Connection, agent: str, rows: Iterable[Row]) -> dict[str, str]:
    """Of feedback, by id; ERASED for what may not come back."""
    return {
        one.id: ERASED if one.tombstone == ERASED else one.content_digest
        for one in _known(connection, _FEEDBACK, agent, rows)
    }


def _fresh_feedback(connection: sa.Connection, agent: str, rows: Sequence[Row]) -> list[Row]:
    """The rows not stored yet, each with an id that is free."""
    known = _digests(connection, agent, rows)
    fresh: list[Row] = []
    taken: list[Row] = []
    for row in rows:
        if row["id"] not in known:
            known[row["id"]] = row["content_digest"]
            fresh.append(row)
        elif known[row["id"]] not in (row["content_digest"], ERASED):
            taken.append(_renamed(row))
    known = _digests(connection, agent, taken)
    for row in taken:
        if row["id"] not in known:
            known[row["id"]] = row["content_digest"]
            fresh.append(row)
    return fresh


def _renamed(row: Row) -> Row:
    """Other content under an id that is taken: with an id of its own, the same whenever it comes again."""
    record = from_row(Feedback, row).model_copy(update={"id": derived_id("feedback", row["id"], row["content_digest"])})
    return row | {"id": record.id, "content_digest": content_digest(record, storable(record))}


def _lines(
    connection: sa.Connection, agent: str, fresh: Sequence[Row], *, first_spoken: set[str]
) -> dict[tuple[str, str, str], list[_Current]]:
    """For each target, kind and person: what is current in the database and what is fresh.

    A person is an author as the door authenticated them: whoever writes a name into a file replaces nobody's word.
    """
    lines: dict[tuple[str, str, str], list[_Current]] = defaultdict(list)
    for row in fresh:
        key = row["interaction_id"], row["kind"], person(row["author"], source=row["source"])
        lines[key].append(_Current(row["at"], row["received_at"], row["id"], row))
    targets, people = {row["interaction_id"] for row in fresh}, {row["author"] for row in fresh}
    first_spoken |= targets.difference(*_SPOKEN_ABOUT.rows(connection, agent, targets))
    for target, kind, author, source, at, received_at, name in _SPOKEN.rows(connection, agent, targets, others=people):
        key = target, kind, person(author, source=source)
        if key in lines:
            lines[key].append(_Current(at, received_at, name, None))
    return lines
