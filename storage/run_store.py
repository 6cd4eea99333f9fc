"""The store of one page run: what every part of a page asks for is read once."""

from functools import cache

import sqlalchemy as sa

from loop.ports import Checkpoint
from loop.records import Agent, CaseAudit, TurnReport, Version
from storage.anchors import Anchors
from storage.store import AgentStore


class RunStore(AgentStore):
    """An agent's records, with the agent as it was read, and its live version and last turn as first read."""

    def __init__(
        self, engine: sa.Engine, agent: Agent, *, checkpoint: Checkpoint | None = None, anchors: Anchors | None = None
    ) -> None:
        super().__init__(engine, agent.slug, checkpoint=checkpoint, anchors=anchors)
        self._agent = agent
        self._head = cache(super().head)
        self._last_turn = cache(super().last_turn)
        self._case_audits = cache(super().case_audits)

    @property
    def agent(self) -> Agent:
        """With its settings as the page run found them."""
        return self._agent

    def head(self) -> Version:
        """The live version, as first read."""
        return self._head()

    def last_turn(self) -> TurnReport | None:
        """The newest turn that was recorded, as first read."""
        return self._last_turn()

    def case_audits(self) -> list[CaseAudit]:
        """As first read, the newest first."""
        return list(self._case_audits())
