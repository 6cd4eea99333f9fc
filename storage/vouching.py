"""What the journal tells of people, read where who counts as whom is asked: see `loop.records.vouching`."""

from datetime import datetime

import sqlalchemy as sa

from loop.records import AuditEntry
from loop.records.vouching import Vouching, vouching_of
from loop.roles import ALLOWED
from storage.among import among
from storage.freshness import SPELLINGS
from storage.rows import from_row
from storage.tables import AgentRow, AuditRow

_APPROVING = frozenset(role for role, actions in ALLOWED.items() if "decide_high" in actions)


def read_vouching(connection: sa.Connection, *, at: datetime) -> Vouching:
    """From the oldest journal there is: what is done about people stands in every agent's."""
    agents, entries = AgentRow.core().c, AuditRow.core()
    oldest = sa.select(agents.slug).order_by(agents.created_at, agents.slug).limit(1).scalar_subquery()
    query = sa.select(entries).where(entries.c.agent == oldest, among(entries.c.action, SPELLINGS))
    rows = connection.execute(query.order_by(entries.c.seq)).mappings()
    return vouching_of((from_row(AuditEntry, row) for row in rows), at=at, approving=_APPROVING)
