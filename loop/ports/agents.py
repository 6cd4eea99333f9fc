"""Port of the agents of a database: made, set, and removed whole."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from loop.records import Agent, AuditEntry, Bundle, Note


class Agents(Protocol):
    """The agents of a database."""

    def create_agent(self, agent: Agent, bundle: Bundle, *, now: datetime, actor: str, chance: str = "") -> object:
        """Keep a new agent with what it starts with, as version 0, live. Raises InvalidInput when the slug is taken.

        `chance`: what its secret is made from where everything must come out the same again; empty: nobody knows.
        """
        ...

    def change_agent(self, agent: Agent, *, was: Agent, note: Note) -> None:
        """Compare-and-swap on its settings, with the note in the journal. Raises Conflict when they are not `was`."""
        ...

    def delete_agent(self, slug: str, *, note: Note, keep: Callable[[Sequence[AuditEntry]], None]) -> None:
        """Remove it with all its rows, once `keep` has the journal. Raises NotFound."""
        ...
