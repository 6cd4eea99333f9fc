"""API keys kept in a database; a key for several agents is one record at each."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from loop.records import ApiKey, Note


class ApiKeys(Protocol):
    """The keys of a database, of all agents."""

    def create_key(self, keys: Sequence[ApiKey], *, note: Note) -> None:
        """Keep a key at each of its agents, with the note in each one's journal.

        Raises NotFound; Conflict when the client has two live keys at one of them.
        """
        ...

    def revoke_key(self, key_id: str, *, note: Note) -> list[ApiKey]:
        """At every agent, for good; those that were still open. Raises NotFound."""
        ...

    def api_keys(self) -> list[tuple[ApiKey, datetime | None]]:
        """All, by agent and creation, each with its last use."""
        ...

    def find_key(self, key_id: str) -> list[ApiKey]:
        """One at each agent it is for; only those the journal vouches for. Whether they live is not looked at."""
        ...

    def note_key_use(self, keys: Sequence[ApiKey], *, at: datetime) -> None:
        """When they were last used."""
        ...
