"""What the core needs from outside: a store, an agent to ask, a model, a clock. Effects arrive as arguments."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pydantic import Field

from loop.records import (
    Agent,
    Answer,
    Bundle,
    DailyQuality,
    Decision,
    EvalCase,
    Feedback,
    FeedbackState,
    Flag,
    Interaction,
    Issue,
    Measurement,
    Moment,
    Proposal,
    ProposalState,
    Question,
    Record,
    Release,
    Report,
    Score,
    Split,
    TurnReport,
    Version,
)

Clock = Callable[[], datetime]
"""Gives the present moment, aware, UTC."""

Checkpoint = Callable[[str], None]
"""Called with a label at every point where a crash must be survivable; tests kill the process there."""


class Answerer(Protocol):
    """One version, ready to answer. The built-in agent and the LiteLLM agent are both one."""

    def answer(self, questions: Sequence[Question]) -> list[Answer]:
        """Answers in the order of the questions, one each.

        Never raises for a single question: that answer has `method="failed"` and says why.
        Raises ModelFailed only when the whole endpoint is unusable.
        """
        ...


Answerers = Callable[[Bundle], Answerer]
"""Makes a bundle ready to answer."""


class Model(Protocol):
    """A language model behind one verb."""

    @property
    def name(self) -> str:
        """What to print in a proposal and a report."""
        ...

    def complete(self, messages: Sequence[Mapping[str, str]], *, temperature: float, max_tokens: int) -> str:
        """The reply as text. Raises ModelFailed."""
        ...


class FeedbackItem(Record):
    """A feedback with where it stands."""

    feedback: Feedback
    state: FeedbackState
    flags: tuple[Flag, ...] = ()


class ProposalItem(Record):
    """A proposal with where it stands and what its test found."""

    proposal: Proposal
    state: ProposalState
    report: Report | None = None
    evidence_digest: str = ""
    """What a decision must be bound to; empty until it is tested."""


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


class Note(Record):
    """What the journal shall say about a commit; the store chains it."""

    actor: str
    action: str
    """Verb and noun, such as `approve proposal`."""
    subject: str
    """Id of what it is about."""
    at: Moment
    digests: dict[str, str] = Field(default_factory=dict)


class Changes(Record):
    """Everything one step made. Written in one transaction, or not at all; writing it twice is harmless."""

    interactions: tuple[Interaction, ...] = ()
    feedback: tuple[Feedback, ...] = ()
    scores: tuple[Score, ...] = ()
    flags: Mapping[str, tuple[Flag, ...]] = {}
    """By feedback id: all its flags from now on, in place of the earlier ones."""
    feedback_moves: tuple[FeedbackMove, ...] = ()
    issues: tuple[Issue, ...] | None = None
    """All open issues from now on; None: leave them."""
    cases: tuple[EvalCase, ...] = ()
    """New ones; an id already present is left as it is, and used again when it was retired."""
    retired_cases: tuple[str, ...] = ()
    """Ids of cases no longer used, because the feedback behind them was taken back."""
    proposals: tuple[Proposal, ...] = ()
    """Written in state `drafted`; an id already present is left as it is."""
    reports: tuple[Report, ...] = ()
    """Each replaces the proposal's earlier report and sets its evidence digest; a decided proposal keeps its own."""
    proposal_moves: tuple[ProposalMove, ...] = ()
    """To WAITING, SET_ASIDE or STALE only; the other states take a decision or a release."""
    measurements: tuple[Measurement, ...] = ()
    daily: tuple[DailyQuality, ...] | None = None
    """All days from now on; None: leave them."""
    notes: tuple[Note, ...] = ()
    turn: TurnReport | None = None
    """What the turn that ends with this commit did."""


class Written(Record):
    """What a commit did, in rows."""

    new: int = 0
    updated: int = 0
    """Interactions whose content changed, feedback that replaced an earlier one."""
    duplicate: int = 0
    moved: int = 0


class DaySignals(Record):
    """Numeric signals of one day and version, counted."""

    day: str
    number: int | None
    n: int
    good: int


class VersionSignals(Record):
    """Numeric signals on the answers of one version, counted."""

    n: int
    good: int
    """Of these, value of one half or more."""
    unhappy_people: int
    """Distinct authors of the others."""
    loudest_share: float
    """Share of the others by the author with most of them; 0 without any."""


class JournalCheck(Protocol):
    """What checking the audit journal found."""

    @property
    def is_intact(self) -> bool: ...

    @property
    def reason(self) -> str: ...


class Store(Protocol):
    """Everything kept about one agent. Scoped from birth: there is no call that forgets the agent."""

    @property
    def agent(self) -> Agent: ...

    # reading -----------------------------------------------------------------------------------
    def head(self) -> Version:
        """The live version."""
        ...

    def versions(self) -> list[Version]:
        """All, by number."""
        ...

    def bundle(self, digest: str) -> Bundle:
        """By its digest. Raises NotFound."""
        ...

    def interactions(self, ids: Iterable[str]) -> dict[str, Interaction]:
        """Those that exist, by id."""
        ...

    def feedback(self, states: Iterable[FeedbackState] | None = None) -> list[FeedbackItem]:
        """In the order received; all states but SUPERSEDED when none are named."""
        ...

    def feedback_items(self, ids: Iterable[str]) -> dict[str, FeedbackItem]:
        """Those that exist, by id."""
        ...

    def cases(self, splits: Iterable[Split] | None = None) -> list[EvalCase]:
        """Not retired, by id."""
        ...

    def issues(self) -> list[Issue]: ...

    def proposals(self, states: Iterable[ProposalState] | None = None) -> list[ProposalItem]:
        """Oldest first, each with its report."""
        ...

    def proposal(self, proposal_id: str) -> ProposalItem:
        """Raises NotFound."""
        ...

    def decisions(self, proposal_id: str | None = None) -> list[Decision]:
        """Oldest first."""
        ...

    def due_approvals(self, now: datetime) -> list[Decision]:
        """Approvals whose undo window is over, not undone, whose proposal is still APPROVED."""
        ...

    def releases(self) -> list[Release]:
        """Oldest first."""
        ...

    def measurements(self) -> list[Measurement]: ...

    def last_turn(self) -> TurnReport | None:
        """The newest turn that was recorded; None before the first."""
        ...

    def pulse(self) -> str:
        """A mark that changes whenever there may be something for the loop to do.

        Made from counts and latest times of feedback (by state), proposals (by state), decisions and the head;
        cheap enough to ask every second.
        """
        ...

    def sealed_looks(self) -> int:
        """How many reports have used the sealed set so far."""
        ...

    def signals_by_day(self) -> list[DaySignals]:
        """Counted from feedback with a value whose state is not HELD, QUARANTINED, EXCLUDED or SUPERSEDED."""
        ...

    def daily(self) -> list[DailyQuality]:
        """As last committed, by day and version."""
        ...

    def signals_on(self, number: int) -> VersionSignals:
        """The same, on the answers of one version."""
        ...

    def check_journal(self) -> JournalCheck:
        """Whether the audit journal is as it was written."""
        ...

    # writing -----------------------------------------------------------------------------------
    def commit(self, changes: Changes) -> Written:
        """One transaction. Raises StoreUnavailable."""
        ...

    def decide(self, decision: Decision, *, successor: Proposal | None = None) -> None:
        """Record a decision and move its proposal, in one transaction.

        approve, edit, reject: the proposal must be WAITING (reject also from SET_ASIDE), its evidence
        digest must equal `decision.seen_digest`, and for `approve` its base must be the head.
        undo: the approval it names must not be applied yet (or the rejection not superseded); back to WAITING.
        `successor` (for edit) is drafted in the same transaction.
        Raises Conflict, DigestMismatch or StaleBase; then nothing was written.
        """
        ...

    def deploy(self, *, decision: Decision, version: Version, bundle: Bundle, release: Release) -> bool:
        """Apply an approval exactly once: version, head, release, proposal LIVE, audit, in one transaction.

        False when this decision was applied before. Raises StaleBase when the head is not
        `release.from_number` (the proposal is then STALE, and that is written).
        """
        ...

    def roll_back(self, *, version: Version, release: Release, undone: str | None) -> None:
        """Make a new head with older content. Raises StaleBase when the head moved.

        `undone`: the proposal that becomes UNDONE.
        """
        ...


@dataclass(frozen=True)
class Parts:
    """The parts `loop.wiring` chose for one agent."""

    store: Store
    clock: Clock
    answerers: Answerers
    model: Model | None
    """For reflection; None: proposers without a model only."""
    checkpoint: Checkpoint
    token: Callable[[], str]
    """A fresh random text nobody can guess: parts data from directions in a prompt."""
    seed: int = 0
