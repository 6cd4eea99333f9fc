"""Feedback and proposals with where they stand, and signals counted: what a store hands out."""

from typing import Literal

from loop.records.changes import Proposal
from loop.records.events import Feedback, Flag
from loop.records.identity import Moment, Record
from loop.records.practice import PracticeKind
from loop.records.reports import Report
from loop.records.states import FeedbackState, ProposalState


class FeedbackItem(Record):
    """A feedback with where it stands."""

    feedback: Feedback
    state: FeedbackState
    seq: int = 0
    """Place in the log of arrivals."""
    flags: tuple[Flag, ...] = ()


class ProposalItem(Record):
    """A proposal with where it stands and what its newest test before a decision found."""

    proposal: Proposal
    state: ProposalState
    report: Report | None = None
    """The one a reviewer is shown, and a decision rests on."""
    evidence_digest: str = ""
    """Of the proposal and this report: what a decision must be bound to; empty until it is tested."""
    stale_reason: str = ""
    """Why it became stale, in words."""
    number: int | None = None
    """Of the candidate version; None when its content was never stored."""
    waits_since: Moment | None = None
    """When the first of the proposals it replaces was drafted, or it itself: a redraw does not make it younger."""
    practice: PracticeKind | Literal[""] = ""
    """A known bad change that is shown to see whether reviewers catch it : never released,
    and no page tells before it is decided. Empty: a change like any other."""


class DaySignals(Record):
    """Numeric signals of one day and version, counted."""

    day: str
    number: int | None
    n: int
    """Mature ones: their outcome window is closed."""
    good: int
    waiting: int = 0
    """Those whose window is still open."""


class VersionSignals(Record):
    """Numeric signals on the answers of one version, counted."""

    n: int
    """Mature ones: their outcome window is closed."""
    good: int
    """Of these, value of one half or more."""
    waiting: int = 0
    """Those whose window is still open; they decide nothing yet."""
    unhappy_people: int = 0
    """Distinct authors of the others."""
    loudest_share: float = 0.0
    """Share of the others by the author with most of them; 0 without any."""

    @property
    def matured(self) -> float:
        """Share of the signals whose window is closed, 0 to 1; 1 without any."""
        return self.n / (self.n + self.waiting) if self.waiting else 1.0
