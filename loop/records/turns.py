"""What one turn of the loop did, stage by stage."""

from typing import Literal

from pydantic import Field

from loop.records.agents import Slug
from loop.records.identity import Moment, Record

StageName = Literal["collect", "validate", "update", "test", "deploy"]


class StageReport(Record):
    """One stage of one turn."""

    stage: StageName
    counts: dict[str, int] = Field(default_factory=dict)
    """What was counted, such as `{"held": 3}`."""
    words: tuple[str, ...] = ()
    """What happened, a sentence each; failures too."""
    why: tuple[str, ...] = ()
    """Why nothing happened that could have, a sentence each: not an event, and not a reason to keep a record."""
    seconds: float = Field(default=0.0, ge=0)


class TurnReport(Record):
    """One turn."""

    id: str
    agent: Slug
    started_at: Moment
    ended_at: Moment
    stages: tuple[StageReport, ...]

    @property
    def did_something(self) -> bool:
        """Whether any stage counted anything or says that something happened."""
        return any(any(stage.counts.values()) or stage.words for stage in self.stages)

    @property
    def summary(self) -> str:
        """One line for a log or a card."""
        told = [
            f"{stage.stage}: "
            + ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in stage.counts.items() if count)
            for stage in self.stages
            if any(stage.counts.values())
        ]
        return " · ".join(told) or "nothing new"
