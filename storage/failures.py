"""Durable work that failed: one row an item, replaced at each failure, gone when it works."""

import sqlalchemy as sa

from loop.records import FailedJob
from storage.rows import to_row
from storage.tables import FailedJobRow


def keep(connection: sa.Connection, job: FailedJob) -> None:
    """Replaces an earlier one with the same id."""
    forget(connection, job.agent, job.id)
    connection.execute(sa.insert(FailedJobRow.core()), to_row(job))


def forget(connection: sa.Connection, agent: str, job_id: str) -> bool:
    """Whether there was one."""
    table = FailedJobRow.core()
    gone = connection.execute(sa.delete(table).where(table.c.agent == agent, table.c.id == job_id))
    return gone.rowcount > 0
