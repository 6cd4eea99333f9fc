"""Transactional outbox: that a version went live is written with the release, and told afterwards, at least once."""

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa

from loop.records import Announcement, Release
from storage.connecting import reading, writing
from storage.rows import from_row, to_row
from storage.statements import insert_new
from storage.tables import OutboxRow


def announce(connection: sa.Connection, release: Release, *, digest: str) -> None:
    """Put a release into the outbox, in its own transaction. Idempotent."""
    if release.kind == "start":
        return
    announcement = Announcement(
        agent=release.agent,
        id=Announcement.id_of(release.agent, release.number, digest),
        number=release.number,
        digest=digest,
        kind=release.kind,
        from_number=release.from_number,
        at=release.at,
    )
    insert_new(connection, OutboxRow.core(), [to_row(announcement)])


class Outbox:
    """`loop.ports.Outbox` over one database."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def announcements(self) -> list[Announcement]:
        """Not yet told to everybody, of all agents, oldest first. The table has a row for each release, and no more."""
        table = OutboxRow.core()
        query = sa.select(table).where(table.c.done_at.is_(None)).order_by(table.c.at, table.c.number)
        with reading(self._engine) as connection:
            return [from_row(Announcement, row) for row in connection.execute(query).mappings()]

    def keep_told(self, announcement: Announcement, *, told: Collection[str], done_at: datetime | None) -> None:
        """Note who has it now, and whether nobody is left."""
        table = OutboxRow.core()
        with writing(self._engine) as connection:
            connection.execute(
                sa.update(table)
                .where(table.c.agent == announcement.agent, table.c.id == announcement.id)
                .values(told=sorted(told), done_at=done_at)
            )
