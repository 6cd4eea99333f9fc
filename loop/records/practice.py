"""Practice: known bad changes in the queue, what people decided about them, and how carefully somebody reviews."""

from typing import Literal, TypeAlias

from loop.records.agents import Slug
from loop.records.identity import Moment, Record

PracticeKind: TypeAlias = Literal["harmful", "useless"]
"""What is known of a change that is shown to see whether reviewers catch it."""
QUICK_SECONDS = 10
"""An approval sooner than this after the change was opened for the last time is quick; it may be read before."""
STAMPED_SHARE = 0.9
"""Share of decisions that are quick approvals above which a reviewer is warned."""
STAMPED_LEAST = 10
"""Decisions from which that is said."""
PRACTISED_LEAST = 10
"""Practice cases below which their share says little."""


class PracticeAnswer(Record):
    """What somebody decided about a practice case: a known bad change in the queue, never released."""

    id: str
    agent: Slug
    proposal_id: str
    person: str
    kind: PracticeKind
    verb: Literal["approve", "edit", "reject"]
    seconds: float | None = None
    """How long they had been reading; None: not known."""
    at: Moment

    @property
    def is_caught(self) -> bool:
        """Whether they did not let it pass as it was: they turned it down or rewrote it."""
        return self.verb != "approve"


class ReviewerFigures(Record):
    """How one person reviewed in some days."""

    person: str
    decided: int
    approved: int
    timed: int
    """Decisions of which it is known how long they took."""
    quick: int
    """Of these, approvals less than QUICK_SECONDS after the change was opened for the last time."""
    median_seconds: float | None
    """Of these; None without any."""
    practised: int
    """Practice cases they decided."""
    caught: int
    """Of these, turned down or rewritten."""

    @property
    def is_rubber_stamp(self) -> bool:
        """More than STAMPED_SHARE of at least STAMPED_LEAST timed decisions were quick approvals."""
        return self.timed >= STAMPED_LEAST and self.quick > STAMPED_SHARE * self.timed

    @property
    def words(self) -> str:
        """A sentence for the person and their lead; empty when there is nothing to say."""
        told = []
        if self.is_rubber_stamp:
            told.append(
                f"{self.quick} of {self.timed} decisions were approvals within {QUICK_SECONDS} seconds of opening the "
                "change for the last time."
            )
        if self.practised:
            few = "; too few to say how often that happens" if self.practised < PRACTISED_LEAST else ""
            told.append(f"{self.caught} of {self.practised} practice changes were turned down or rewritten{few}.")
        return " ".join(told)
