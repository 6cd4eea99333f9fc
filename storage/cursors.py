"""Cursors of connectors: how far each has read each agent's traces."""

from datetime import datetime

import sqlalchemy as sa

from loop.ports.cursors import Cursor
from storage.connecting import reading, writing
from storage.locks import lock_arrivals
from storage.statements import upsert
from storage.tables import CursorRow

_T = CursorRow.core()


class Cursors:
    """`loop.ports.cursors.Cursors` over one database."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def read(self, agent: str, connector: str) -> Cursor | None:
        """None: nothing was pulled yet."""
        query = sa.select(_T.c.body).where(_T.c.agent == agent, _T.c.connector == connector)
        with reading(self._engine) as connection:
            body = connection.execute(query).scalar()
        return None if body is None else Cursor.model_validate(body)

    def keep(self, agent: str, connector: str, cursor: Cursor, *, now: datetime) -> None:
        """Replace it. Raises NotFound when the agent is gone."""
        row = {"agent": agent, "connector": connector, "body": cursor.model_dump(mode="json"), "kept_at": now}
        with writing(self._engine) as connection:
            lock_arrivals(connection, agent)
            upsert(connection, _T, [row])

    def forget(self, agent: str, connector: str) -> None:
        """Begin again at the next pull."""
        with writing(self._engine) as connection:
            connection.execute(sa.delete(_T).where(_T.c.agent == agent, _T.c.connector == connector))
