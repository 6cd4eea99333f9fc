"""One agent's rows, read-only. Every statement of this package is built on a table narrowed here first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from loop.errors import StoreUnavailable
from storage.tables import Table


@dataclass(frozen=True)
class Scope:
    """Where to read, and whose rows."""

    engine: sa.Engine
    agent: str

    def mine(self, table: type[Table]) -> sa.ColumnElement[bool]:
        """The condition that keeps a table to this agent; every `where` of this package begins with it."""
        return table.core().c.agent == self.agent

    def rows(self, statement: sa.Executable) -> Sequence[sa.Row[Any]]:
        """All rows of a statement. Raises StoreUnavailable."""
        try:
            with self.engine.connect() as connection:
                return connection.execute(statement).all()
        except sa.exc.SQLAlchemyError as error:
            raise StoreUnavailable(
                "The database could not be read.", remedy="Try again; nothing was changed."
            ) from error

    def mappings(self, statement: sa.Executable) -> Sequence[sa.RowMapping]:
        """The same, each row by the names of its columns."""
        return [row._mapping for row in self.rows(statement)]

    def distinct(self, table: type[Table], column: sa.ColumnElement[Any], *, limit: int) -> list[str]:
        """Different texts of a column that an index has, in order: hops from one to the next, whatever the rows."""
        found: list[str] = []
        last = ""
        while len(found) < limit:
            following = self.rows(sa.select(sa.func.min(column)).where(self.mine(table), column > last))
            if not following or following[0][0] is None:
                break
            last = str(following[0][0])
            found.append(last)
        return found

    def number(self, statement: sa.Executable) -> int:
        """The single count a statement gives."""
        rows = self.rows(statement)
        return int(rows[0][0] or 0) if rows else 0


def moment(stored: datetime) -> datetime:
    """A stored time as an aware one, UTC."""
    return stored.replace(tzinfo=UTC) if stored.tzinfo is None else stored.astimezone(UTC)
