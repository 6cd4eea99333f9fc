"""What one test of a proposal found, and how much of it may be read before the proposal is decided."""

from collections.abc import Iterable
from enum import StrEnum
from typing import ClassVar

from loop.records.agents import Slug
from loop.records.cards import Card
from loop.records.identity import Moment, Record
from loop.records.states import ProposalState
from loop.records.trials import CaseOutcome, Evidence, LeftOut, SliceResult, Split, Tally


class Verdict(StrEnum):
    """In words, what the test found; the surest good news first."""

    PROVED = "proved"
    NO_WORSE = "no_worse"
    """More of what is proved already: a loss beyond the margin is ruled out."""
    PROMISING = "promising"
    NO_EFFECT = "no_effect"
    HARMFUL = "harmful"
    NOT_ENOUGH_DATA = "not_enough_data"


class SealedLook(Record):
    """One look at the sealed cases that was charged to the agent's budget of error."""

    number: int
    """1, 2, 3 … within the agent."""
    p: float
    """How often a change that does nothing would look this good."""
    level: float
    """At which it was tested: proved means a p of at most this."""
    is_proved: bool
    n: int
    """Sealed cases counted; 0 when only that the look happened is known."""
    effect: float
    """Candidate rate minus base rate on them; positive is better."""
    moved: int
    """Of these, fixed or broken."""


class Ledger(Record):
    """Every look at the sealed cases of one agent, and since when people could read results on dev."""

    looks: tuple[SealedLook, ...] = ()
    """In the order they were taken."""
    dev_shown_since: Moment | None = None
    """When the first report with dev cases was made; None: there is none."""


class Report(Record):
    """What one test of a proposal found. Sealed results are totals only."""

    id: str
    agent: Slug
    proposal_id: str
    experiment_id: str | None = None
    """The experiment it reports on; None for a paired replay outside of one."""
    base_digest: str
    candidate_digest: str
    case_set_digest: str
    """Of what was asked and what counted as right; see `loop.records.case_set_digest`."""
    compared_with: str = ""
    """In words, whose answers stood for the base; empty in reports that did not say so."""
    left_out: tuple[LeftOut, ...] = ()
    """Dev and sealed cases there were that did not count; empty when all did."""
    untaught: int | None = None
    """Sealed cases that count and are about what the change does not teach; None in reports that did not say so."""
    dev: Evidence
    sealed: Evidence
    slices: tuple[SliceResult, ...] = ()
    outcomes: tuple[CaseOutcome, ...] = ()
    """Dev cases: every fixed and every broken one, and a sample of the rest."""
    verdict: Verdict
    reasons: tuple[str, ...]
    """The verdict explained without sealed totals, most important first."""
    sealed_reasons: tuple[str, ...] = ()
    """What comes before these where the sealed totals may be read."""
    power: float | None
    """Chance that the sealed set would prove a gain of `power_for`, at the discordance seen on dev and at `level`."""
    power_for: float
    """The gain the power is stated for, as a share of cases."""
    cases_needed: int | None
    """Sealed cases for 80 % power at that gain; None when unknown."""
    expected_hits: int | None = None
    """Of the fixes the proposer expected, how many happened; None when it named none."""
    sealed_looks: int
    """Looks at the sealed cases that were charged so far, this one included."""
    sealed_cases: int | None = None
    """Sealed cases that could speak for or against it, asked or not; None in reports of earlier releases."""
    is_sealed_asked: bool = True
    """False: dev did not support the change, so the sealed cases were left alone."""
    is_dev_in_view: bool = False
    """It was written by somebody who could read results on dev, so dev says nothing about it."""
    level: float | None = None
    """What the budget of error allowed this look; None: no look was charged."""
    expected_gain: float | None = None
    """Gain to be expected, as a share of cases: the one seen, shrunk by how much tested changes differ."""
    model_failures: int = 0
    """Answers that could not be had; they count as wrong on their side."""
    method: str
    seed: int
    at: Moment
    card: Card | None = None
    """What a reviewer reads first; None in reports of earlier releases."""
    carried_level: float | None = None
    """Of a change that was drawn anew: the level of the look that gave the same result before; no look was charged."""

    UNSPOKEN: ClassVar[frozenset[str]] = frozenset({"card", "carried_level"})

    @property
    def words(self) -> tuple[str, ...]:
        """All that may be read of the reasons here, most important first."""
        return (*self.sealed_reasons, *self.reasons)

    @property
    def sealed_heard(self) -> int:
        """Sealed cases that could speak for or against it, asked or not."""
        return self.sealed.tally.n if self.sealed_cases is None else self.sealed_cases

    @property
    def sealed_there(self) -> int:
        """Sealed cases there were, those that were left out included."""
        left_out = (one.shown + one.repeated + one.unanswered for one in self.left_out if one.split is Split.SEALED)
        return self.sealed_heard + sum(left_out)


def look_of(report: Report) -> SealedLook | None:
    """The look a report was charged for; None when it was not charged."""
    tally = report.sealed.tally
    if report.level is None or report.sealed.p_better is None:
        return None
    return SealedLook(
        number=report.sealed_looks,
        p=report.sealed.p_better,
        level=report.level,
        is_proved=report.verdict is Verdict.PROVED,
        n=tally.n,
        effect=tally.effect or 0.0,
        moved=tally.fixed + tally.broken,
    )


DECIDED_STATES = frozenset(
    {ProposalState.APPROVED, ProposalState.LIVE, ProposalState.REJECTED, ProposalState.UNDONE},
)
"""States in which a proposal has its decision. One that was edited or is out of date goes on as another."""
HIDDEN = "The sealed cases were asked; their totals are shown after the decision."


def are_totals_shown(verdict: Verdict, state: ProposalState) -> bool:
    """Whether sealed totals may be read: of an undecided change they tell its author how to fit the sealed cases."""
    return verdict in (Verdict.PROVED, Verdict.HARMFUL) or state in DECIDED_STATES


def as_shown(report: Report, *, state: ProposalState) -> Report:
    """The report as anybody may read it while its proposal stands there: without sealed totals until it is decided."""
    if are_totals_shown(report.verdict, state) or not report.is_sealed_asked:
        return report
    is_older = report.sealed_cases is None  # its sentences hold the totals
    return report.model_copy(
        update={
            "sealed": Evidence(tally=Tally(), low=None, high=None, p_better=None, p_worse=None),
            "slices": tuple(_of_dev(report.slices)),
            "sealed_reasons": (HIDDEN,) if report.sealed_heard else (),
            "reasons": () if is_older else report.reasons,
            "sealed_cases": report.sealed_heard,
            "expected_gain": None,
        }
    )


def _of_dev(slices: Iterable[SliceResult]) -> Iterable[SliceResult]:
    return (one for one in slices if one.split is Split.DEV)
