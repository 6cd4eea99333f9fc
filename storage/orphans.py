"""Feedback whose target has not arrived: noted, counted by door, and attached when the target comes by any door.

Feedback about an interaction is stored at once and only noted here; feedback about an episode waits here, because
which interaction it belongs to is not known yet.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from typing import NamedTuple

import sqlalchemy as sa

from loop.ports.deliveries import EpisodeFeedback
from loop.records import Feedback
from storage.among import among
from storage.arrival_totals import ArrivalTotals
from storage.bodies import from_body
from storage.rows import Row, from_row, storable, to_event_row, to_feedback_row
from storage.statements import insert_new
from storage.tables import FeedbackRow, InteractionRow, OrphanRow

_ORPHANS, _TOLD = OrphanRow.core(), FeedbackRow.core()


class OrphanFeedback(NamedTuple):
    """Feedback about an episode, and the door it came through."""

    door: str
    about: EpisodeFeedback


class FoundTargets(NamedTuple):
    """What found its target."""

    feedback: list[Row]
    """To be written now."""
    answered: set[str]
    """Interactions that somebody had spoken about before they came."""


def note(connection: sa.Connection, agent: str, feedback: Iterable[tuple[str, Row]], *, now: datetime) -> None:
    """Note stored feedback, by door, whose interaction is not there."""
    empty: Row = {"agent": agent, "episode_id": None, "received_at": now, "body": {}}
    rows = [empty | {"id": row["id"], "target": row["interaction_id"], "door": door} for door, row in feedback]
    insert_new(connection, _ORPHANS, rows)


def attach(
    connection: sa.Connection,
    agent: str,
    waiting: Sequence[OrphanFeedback],
    *,
    fresh: Sequence[Row] = (),
    now: datetime,
) -> list[tuple[str, Row]]:
    """Feedback rows, by door, of the episodes that have an interaction by now; the rest is kept waiting.

    `fresh`: interactions about to be written.
    """
    if not waiting:
        return []
    last = _last_interactions(connection, agent, {one.about.episode_id for one in waiting}, fresh)
    rows: list[tuple[str, Row]] = []
    orphans: list[Row] = []
    for door, (episode, feedback) in waiting:
        if episode in last:
            attached = feedback.model_copy(update={"interaction_id": last[episode]})
            rows.append((door, to_feedback_row(attached)))
        else:
            orphan = {"agent": agent, "id": feedback.id, "target": None, "episode_id": episode, "door": door}
            orphans.append(orphan | {"received_at": now, "body": storable(feedback)})
    insert_new(connection, _ORPHANS, orphans)
    return rows


def settle(connection: sa.Connection, agent: str, interactions: Sequence[Row]) -> FoundTargets:
    """Whoever waited for these interactions, or for their episodes, waits no longer. The caller writes the feedback."""
    if not interactions:
        return FoundTargets([], set())
    ids = {row["id"] for row in interactions}
    which = sa.or_(
        among(_ORPHANS.c.target, ids), among(_ORPHANS.c.episode_id, {row["episode_id"] for row in interactions})
    )
    query = sa.select(_ORPHANS).where(_ORPHANS.c.agent == agent, which)
    found = connection.execute(query).mappings().all()
    if not found:
        return FoundTargets([], set())
    connection.execute(
        sa.delete(_ORPHANS).where(_ORPHANS.c.agent == agent, among(_ORPHANS.c.id, [row["id"] for row in found]))
    )
    waiting = [
        OrphanFeedback(row["door"], EpisodeFeedback(row["episode_id"], from_body(Feedback, row["body"])))
        for row in found
        if row["episode_id"] is not None
    ]
    rows = [row for _, row in attach(connection, agent, waiting, fresh=interactions, now=found[0]["received_at"])]
    answered = {str(row["target"]) for row in found if row["target"] is not None}
    return FoundTargets(rows, answered | {row["interaction_id"] for row in rows})


def found_target(connection: sa.Connection, arrived: ArrivalTotals, names: Mapping[str, str]) -> list[Row]:
    """Stored feedback that waits for one of these names, taken out to be written again for the interaction so named."""
    if not names:
        return []
    agent = arrived.agent
    waits = sa.and_(_ORPHANS.c.agent == agent, among(_ORPHANS.c.target, names))
    ids = list(connection.execute(sa.select(_ORPHANS.c.id).where(waits)).scalars())
    if not ids:
        return []
    mine = sa.and_(_TOLD.c.agent == agent, among(_TOLD.c.id, ids))
    rows = [dict(row) for row in connection.execute(sa.select(_TOLD).where(mine)).mappings()]
    arrived.take("feedback", rows)
    connection.execute(sa.delete(_TOLD).where(mine))
    connection.execute(sa.delete(_ORPHANS).where(waits))
    return [aimed_at(row, names[row["interaction_id"]]) for row in rows]


def aimed_at(row: Row, interaction: str) -> Row:
    """The row of the same feedback about that interaction; empty: as it is."""
    if not interaction:
        return row
    about = from_row(Feedback, row).model_copy(update={"interaction_id": interaction})
    return to_event_row(about, state=row["state"])


def count_by_door(connection: sa.Connection, agent: str) -> dict[str, int]:
    """How many wait."""
    query = (
        sa.select(_ORPHANS.c.door, sa.func.count().label("n"))
        .where(_ORPHANS.c.agent == agent)
        .group_by(_ORPHANS.c.door)
    )
    return {row.door: row.n for row in connection.execute(query)}


def _last_interactions(
    connection: sa.Connection, agent: str, episodes: Collection[str], fresh: Sequence[Row]
) -> dict[str, str]:
    """Of each episode that has any, the interaction that came last."""
    table = InteractionRow.core()
    query = sa.select(table.c.episode_id, table.c.position, table.c.at, table.c.id).where(
        table.c.agent == agent, among(table.c.episode_id, episodes)
    )
    lines: dict[str, list[Row]] = defaultdict(list)
    for row in (*map(dict, connection.execute(query).mappings()), *fresh):
        lines[row["episode_id"]].append(row)
    order = itemgetter("position", "at", "id")
    return {episode: max(lines[episode], key=order)["id"] for episode in episodes if episode in lines}
