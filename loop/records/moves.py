"""What a step changed, as one commit: records to keep, and moves that name the state they leave."""

from collections.abc import Mapping
from typing import Literal

from loop.records.agents import Bundle
from loop.records.changes import Issue, Proposal
from loop.records.counts import DailyCounts
from loop.records.events import Flag
from loop.records.identity import Record
from loop.records.journal import Note
from loop.records.judged import Derived
from loop.records.lineage import Import, Unlearning
from loop.records.practice import PracticeAnswer, PracticeKind
from loop.records.reports import Report
from loop.records.states import FeedbackState, ProposalState
from loop.records.trials import CaseOutcome, Comparison, DailyQuality, EvalCase, Experiment, Measurement
from loop.records.turns import TurnReport


class FeedbackMove(Record):
    """One feedback item changes state. Skipped when it no longer stands where it was read."""

    feedback_id: str
    was: FeedbackState
    now: FeedbackState


class ProposalMove(Record):
    """One proposal changes state. Skipped when it no longer stands where it was read."""

    proposal_id: str
    was: ProposalState
    now: ProposalState
    reason: str = ""
    """To STALE: why, in words; kept and shown to people."""


class Changes(Record):
    """Everything one step made. Written in one transaction, or not at all; writing it twice is harmless.

    What arrives from outside is no step's: it comes by `loop.ports.Arrivals` only.
    """

    flags: Mapping[str, tuple[Flag, ...]] = {}
    """By feedback id: all its flags from now on, in place of the earlier ones."""
    feedback_moves: tuple[FeedbackMove, ...] = ()
    issues: tuple[Issue, ...] = ()
    """Each replaces the open issue with the same id."""
    derived: Derived | None = None
    """What the firewall learned on the way; None: nothing."""
    cases: tuple[EvalCase, ...] = ()
    """New ones; an id already present is left as it is, and used again when it was retired."""
    retired_cases: tuple[str, ...] = ()
    """Ids of cases no longer used, because the feedback behind them was taken back."""
    proposals: tuple[Proposal, ...] = ()
    """Written in state `drafted`, each with a candidate version; an id already present is left as it is."""
    bundles: tuple[Bundle, ...] = ()
    """The content of these candidates, in any order."""
    experiments: tuple[Experiment, ...] = ()
    """New ones; of an id already present, state and end are brought up to date."""
    reports: tuple[Report, ...] = ()
    """All are kept; an id already present is left as it is. Until there is a decision, a new one is what is shown."""
    outcomes: Mapping[str, tuple[CaseOutcome, ...]] = {}
    """By report id: every dev case it was tried on, to be read page by page."""
    practice: Mapping[str, PracticeKind] = {}
    """By proposal id: what is put on the desk as practice, in the same commit that moves it there."""
    practice_answers: tuple[PracticeAnswer, ...] = ()
    """Each with the move that takes the practice case off the desk; refused when somebody answered it before."""
    proposal_moves: tuple[ProposalMove, ...] = ()
    """To WAITING, SET_ASIDE or STALE only; the other states take a decision or a release."""
    measurements: tuple[Measurement, ...] = ()
    comparisons: tuple[Comparison, ...] = ()
    """Each replaces the one of the same kind and version."""
    days: tuple[str, ...] = ()
    """Days whose quality is counted anew: `daily` is all there is of them from now on."""
    daily: tuple[DailyQuality, ...] = ()
    counted: DailyCounts | None = None
    """Daily aggregates counted anew; None: none."""
    notes: tuple[Note, ...] = ()
    imports: tuple[Import, ...] = ()
    """Each adds the proposal of its articles to the import of the same id, or is kept when there is none."""
    unlearnings: tuple[Unlearning, ...] = ()
    """Each replaces the one with the same id."""
    turn: TurnReport | None = None
    """What the turn that ends with this commit did."""


class ApplyOutcome(Record):
    """What came of applying an approval."""

    outcome: Literal["applied", "before", "stale"]
    """`before`: it had been applied already. `stale`: it could not be; its proposal is stale now."""
    reason: str = ""
    """Why it is stale, in words."""


class RowCounts(Record):
    """What a commit did, in rows."""

    new: int = 0
    updated: int = 0
    """Interactions whose content changed, feedback that replaced an earlier one."""
    duplicate: int = 0
    moved: int = 0

    def __add__(self, other: "RowCounts") -> "RowCounts":
        """What both did."""
        return RowCounts(**{name: count + getattr(other, name) for name, count in self})
