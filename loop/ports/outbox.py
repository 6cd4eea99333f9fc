"""What is to be told to others: versions that went live, kept until everybody knows."""

from collections.abc import Collection
from datetime import datetime
from typing import Protocol

from loop.records import Announcement


class Outbox(Protocol):
    """The outbox of a database. What is in it was written in the transaction of its release."""

    def announcements(self) -> list[Announcement]:
        """Not yet told to everybody, of all agents, oldest first."""
        ...

    def keep_told(self, announcement: Announcement, *, told: Collection[str], done_at: datetime | None) -> None:
        """Note who has it now, and whether nobody is left."""
        ...
