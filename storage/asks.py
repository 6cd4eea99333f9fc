"""The day's count of questions that cost: taken before they are asked, so that a ceiling holds whoever asks."""

import sqlalchemy as sa

from storage.connecting import reading, writing
from storage.statements import insert_new
from storage.tables import AsksRow


class AgentAsks:
    """The part of `loop.ports.Answers` that counts."""

    _engine: sa.Engine
    _slug: str

    def take_asks(self, day: str, n: int, *, most: int) -> int:
        """Atomic: the row of the day is locked; see `loop.ports.Answers.take_asks`."""
        table = AsksRow.core()
        which = sa.and_(table.c.agent == self._slug, table.c.day == day)
        with writing(self._engine) as connection:
            insert_new(connection, table, [{"agent": self._slug, "day": day, "n": 0}])
            counted = int(connection.execute(sa.select(table.c.n).where(which).with_for_update()).scalar_one())
            taken = max(-counted, n) if n < 0 else max(0, min(n, most - counted))
            if taken:
                connection.execute(sa.update(table).where(which).values(n=counted + taken))
        return taken

    def asks_on(self, day: str) -> int:
        """Questions counted on a day."""
        table = AsksRow.core()
        query = sa.select(table.c.n).where(table.c.agent == self._slug, table.c.day == day)
        with reading(self._engine) as connection:
            return int(connection.execute(query).scalar() or 0)
