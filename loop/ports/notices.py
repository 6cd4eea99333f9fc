"""What is to be told to people: found in the rows, kept until it is told."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from loop.records.notices import Notice, WaitingChange


class Notices(Protocol):
    """The notices of a database, of all agents."""

    def waiting(self) -> list[WaitingChange]:
        """Changes that wait for a decision, oldest first."""
        ...

    def found(self, *, since: datetime) -> list[Notice]:
        """Releases, and work that was set aside, since then: as notices, told or not."""
        ...

    def keep(self, notices: Sequence[Notice]) -> list[Notice]:
        """Keep those that are new. Idempotent. Which were."""
        ...

    def pending(self) -> list[Notice]:
        """Not yet told to everybody, oldest first."""
        ...

    def keep_told(self, notice: Notice, *, told: Collection[str], done_at: datetime | None) -> None:
        """Note who has it now, and whether nobody is left."""
        ...
