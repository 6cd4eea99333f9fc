"""Which experiment splits the traffic now."""

import sqlalchemy as sa

from loop.records import Experiment
from storage.connecting import reading
from storage.database import Database
from storage.rows import columns_of, from_row
from storage.tables import ExperimentRow


def running_experiment(database: Database, agent: str) -> Experiment | None:
    """The live experiment that runs; the one that began last when there are several. None: the head answers all."""
    table = ExperimentRow.core()
    query = (
        sa.select(*columns_of(Experiment))
        .where(table.c.agent == agent, table.c.kind == "live", table.c.state == "running")
        .order_by(table.c.started_at.desc(), table.c.id)
        .limit(1)
    )
    with reading(database.engine) as connection:
        row = connection.execute(query).mappings().first()
    return from_row(Experiment, row) if row else None
