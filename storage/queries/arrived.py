"""What came last through one door: one interaction, one feedback; looked for among the newest only."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from storage.queries.scope import Scope, moment
from storage.tables import FeedbackRow, InteractionRow

LOOKED_AT = 200
"""Newest interactions among which a door's last one is looked for: their ids and doors, never their texts."""


@dataclass(frozen=True)
class LastFeedback:
    """The newest feedback of a door."""

    id: str
    kind: str
    interaction_id: str
    received_at: datetime
    has_target: bool
    """Whether the interaction it is about is there."""


def last_interaction(scope: Scope, door: str) -> str | None:
    """Id of the interaction that came last by this door; None: none among the newest."""
    table = InteractionRow.core()
    query = (
        sa.select(table.c.id, table.c.source)
        .where(scope.mine(InteractionRow))
        .order_by(table.c.seq.desc())
        .limit(LOOKED_AT)
    )
    return next((row.id for row in scope.rows(query) if row.source == door), None)


def last_feedback(scope: Scope, door: str) -> LastFeedback | None:
    """The feedback that came last by this door."""
    table, about = FeedbackRow.core(), InteractionRow.core()
    query = (
        sa.select(table.c.id, table.c.kind, table.c.interaction_id, table.c.received_at, about.c.id.label("target"))
        .join(about, sa.and_(about.c.agent == table.c.agent, about.c.id == table.c.interaction_id), isouter=True)
        .where(scope.mine(FeedbackRow), table.c.source == door)
        .order_by(table.c.received_at.desc())
        .limit(1)
    )
    rows = scope.rows(query)
    if not rows:
        return None
    row = rows[0]
    return LastFeedback(
        id=row.id,
        kind=row.kind,
        interaction_id=row.interaction_id,
        received_at=moment(row.received_at),
        has_target=row.target is not None,
    )
