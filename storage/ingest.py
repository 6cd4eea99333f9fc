"""Ingest, idempotent: what arrives is told apart as new, changed, a duplicate, or newer by the same author."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count, pairwise
from typing import NamedTuple

import sqlalchemy as sa

from loop.records import Feedback, FeedbackState, Interaction, Score, Written, derived_id, person
from loop.records.erasure import ERASED
from loop.records.raw import RawText
from storage.among import among
from storage.arrived import Arrived
from storage.content import content_digest
from storage.locks import lock_arrivals
from storage.orphans import found_target, settle
from storage.overwritten import keep_overwritten, taken_back
from storage.raw import keep_raw
from storage.rows import Row, from_row, storable, to_event_row, to_feedback_row, to_row
from storage.statements import enqueue, enqueue_feedback, insert_new, insert_unknown
from storage.tables import FeedbackRow, InteractionRow, ScoreRow


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

    written: Written
    arrived: Arrived
    answered: set[str]
    """Interactions that somebody had spoken about before they came."""
    span: tuple[int, int]
    """First and last log position of what came; what had waited for it comes after. The last is smaller for none."""


class _Kept(NamedTuple):
    """What became of rows of one kind."""

    written: Written
    ids: Sequence[str]
    """Of those that are new or changed; each has a log position."""


def write_arrivals(connection: sa.Connection, agent: str, rows: ArrivalRows, *, import_id: str = "") -> Arrival:
    """Idempotent append under the agent's arrival log: what is new or changed gets the next log positions.

    A score takes a position too, so that the log moves with every arrival. `import_id`: what it is a part of; it keeps
    what it overwrites. Raises NotFound when the agent is gone.
    """
    arrived = Arrived(connection, agent, lock_arrivals(connection, agent))
    first = arrived.seq + 1
    seq = count(first)
    interactions, asked = _write_interactions(connection, arrived, rows.interactions, seq=seq, import_id=import_id)
    feedback, told = _write_feedback(connection, arrived, rows.feedback, seq=seq)
    settled = settle(connection, agent, rows.interactions)
    moved = found_target(connection, arrived, rows.names)
    _write_feedback(connection, arrived, [*settled.feedback, *moved], seq=seq)
    if rows.raw:
        keep_raw(connection, agent, rows.raw, kind="interaction", ids=asked)
        keep_raw(connection, agent, rows.raw, kind="feedback", ids=told)
    scores = insert_unknown(connection, ScoreRow.core(), agent, rows.scores)
    arrived.seq = next(seq) - 1 + scores
    arrived.keep()
    written = Written(
        new=interactions.new + feedback.new + scores,
        updated=interactions.updated + feedback.updated,
        duplicate=interactions.duplicate + feedback.duplicate + len(rows.scores) - scores,
    )
    answered = settled.answered | {row["interaction_id"] for row in moved}
    return Arrival(written, arrived, answered, (first, first + len(asked) + len(told) - 1))


def _write_interactions(
    connection: sa.Connection, arrived: Arrived, rows: Sequence[Row], *, seq: Iterator[int], import_id: str
) -> _Kept:
    """Upsert by content digest: other content under a stored id replaces it; the same content is a duplicate, and so
    is what was erased, or was taken back with its import."""
    table, agent = InteractionRow.core(), arrived.agent
    stored = _known(connection, table, agent, [row["id"] for row in rows])
    known = {name: str(row["content_digest"]) for name, row in stored.items()}
    erased = {name for name, row in stored.items() if row["tombstone"] == ERASED}
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
    for row in changed.values():
        placed.append(row | {"seq": next(seq)})
        connection.execute(sa.update(table).where(table.c.agent == agent, table.c.id == row["id"]).values(placed[-1]))
    arrived.take("interaction", [stored[name] for name in changed])
    arrived.put("interaction", placed)
    if fresh or changed:
        enqueue_feedback(connection, agent, among(FeedbackRow.core().c.interaction_id, [*fresh, *changed]))
    return _Kept(Written(new=new, updated=updated, duplicate=duplicate), [*fresh, *changed])


def _write_feedback(connection: sa.Connection, arrived: Arrived, rows: Sequence[Row], *, seq: Iterator[int]) -> _Kept:
    """Append only: the later feedback of the same target, kind and person supersedes the earlier.

    Later means by the time it was given; one that arrives late is kept as superseded at once, so the
    order of arrival does not matter. An id taken by other content gets a new id made from both.
    """
    given, agent = len(rows), arrived.agent
    fresh = _fresh_feedback(connection, agent, rows)
    lines = _lines(connection, agent, fresh)
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
    written = Written(new=len(fresh) - updated, updated=updated, duplicate=given - len(fresh))
    return _Kept(written, [row["id"] for row in rows])


def _digests(connection: sa.Connection, table: sa.Table, agent: str, ids: Sequence[str]) -> dict[str, str]:
    """By id; ERASED for what may not come back."""
    return {
        name: ERASED if row["tombstone"] == ERASED else str(row["content_digest"])
        for name, row in _known(connection, table, agent, ids).items()
    }


def _known(connection: sa.Connection, table: sa.Table, agent: str, ids: Sequence[str]) -> dict[str, sa.RowMapping]:
    mark = table.c.method if table.name == "interaction" else table.c.reason
    query = sa.select(table.c.id, table.c.content_digest, table.c.seq, mark.label("tombstone")).where(
        table.c.agent == agent, among(table.c.id, ids)
    )
    return {row["id"]: row for row in connection.execute(query).mappings()} if ids else {}


def _fresh_feedback(connection: sa.Connection, agent: str, rows: Sequence[Row]) -> list[Row]:
    """The rows not stored yet, each with an id that is free."""
    table = FeedbackRow.core()
    known = _digests(connection, table, agent, [row["id"] for row in rows])
    fresh: list[Row] = []
    taken: list[Row] = []
    for row in rows:
        if row["id"] not in known:
            known[row["id"]] = row["content_digest"]
            fresh.append(row)
        elif known[row["id"]] not in (row["content_digest"], ERASED):
            taken.append(_renamed(row))
    known = _digests(connection, table, agent, [row["id"] for row in taken])
    for row in taken:
        if row["id"] not in known:
            known[row["id"]] = row["content_digest"]
            fresh.append(row)
    return fresh


def _renamed(row: Row) -> Row:
    """Other content under an id that is taken: with an id of its own, the same whenever it comes again."""
    record = from_row(Feedback, row).model_copy(update={"id": derived_id("feedback", row["id"], row["content_digest"])})
    return row | {"id": record.id, "content_digest": content_digest(record, storable(record))}


def _lines(connection: sa.Connection, agent: str, fresh: Sequence[Row]) -> dict[tuple[str, str, str], list[_Current]]:
    """For each target, kind and person: what is current in the database and what is fresh.

    A person is an author as the door authenticated them: whoever writes a name into a file replaces nobody's word.
    """
    lines: dict[tuple[str, str, str], list[_Current]] = defaultdict(list)
    for row in fresh:
        key = row["interaction_id"], row["kind"], person(row["author"], source=row["source"])
        lines[key].append(_Current(row["at"], row["received_at"], row["id"], row))
    table = FeedbackRow.core()
    if not fresh:
        return lines
    query = sa.select(
        *(table.c.interaction_id, table.c.kind, table.c.author, table.c.source),
        *(table.c.at, table.c.received_at, table.c.id),
    ).where(
        table.c.agent == agent,
        among(table.c.interaction_id, [row["interaction_id"] for row in fresh]),
        table.c.state != FeedbackState.SUPERSEDED.value,
    )
    for target, kind, author, source, at, received_at, name in connection.execute(query):
        key = target, kind, person(author, source=source)
        if key in lines:
            lines[key].append(_Current(at, received_at, name, None))
    return lines
