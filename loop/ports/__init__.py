"""What the core needs from outside: a store, an agent to ask, a model, a clock. Effects arrive as arguments.

Protocols only. A store is four small ports: what arrives (`Arrivals`), what a stage reads (`Snapshots`), what a
stage made (`Commits`), and the acts that move the live version (`Decisions`); `Answers` remembers what a version said.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from loop.ports.agents import Agents as Agents
from loop.ports.answering import Answerer as Answerer
from loop.ports.answering import Answerers as Answerers
from loop.ports.answering import Answers as Answers
from loop.ports.answering import Ask as Ask
from loop.ports.answering import ConcurrentAnswerer as ConcurrentAnswerer
from loop.ports.answering import Endpoint as Endpoint
from loop.ports.answering import Model as Model
from loop.ports.cases import Casebook as Casebook
from loop.ports.counting import Counting as Counting
from loop.ports.erasing import Erasing as Erasing
from loop.ports.erasing import RawTexts as RawTexts
from loop.ports.jobs import FailedJobs as FailedJobs
from loop.ports.jobs import Jobs as Jobs
from loop.ports.knowledge import Knowledge as Knowledge
from loop.ports.lineage import Lineage as Lineage
from loop.ports.outbox import Outbox as Outbox
from loop.ports.panels import FirewallAudits as FirewallAudits
from loop.ports.probes import Probes as Probes
from loop.ports.probes import RecordChecks as RecordChecks
from loop.ports.review import Reviews as Reviews
from loop.records import (
    Agent,
    ApplyOutcome,
    Bundle,
    Changes,
    Comparison,
    Decision,
    EvalCase,
    Experiment,
    Feedback,
    FeedbackItem,
    FeedbackState,
    Import,
    Interaction,
    Issue,
    Ledger,
    Measurement,
    Note,
    Proposal,
    ProposalItem,
    ProposalState,
    Release,
    Report,
    RowCounts,
    Score,
    Split,
    TurnReport,
    Version,
    VersionSignals,
)
from loop.records.raw import RawText
from loop.records.vouching import Vouching

Clock = Callable[[], datetime]
"""Gives the present moment, aware, UTC."""

Checkpoint = Callable[[str], None]
"""Called with a label at every point where a crash must be survivable; tests kill the process there."""


class JournalCheck(Protocol):
    """What checking the audit journal found."""

    @property
    def is_intact(self) -> bool: ...

    @property
    def reason(self) -> str: ...


class Arrivals(Protocol):
    """The one way in. Without notes it takes no lock of the agent's head: an answer never waits for a release."""

    def append(
        self,
        *,
        interactions: Sequence[Interaction] = (),
        feedback: Sequence[Feedback] = (),
        scores: Sequence[Score] = (),
        notes: Sequence[Note] = (),
        into: Import | None = None,
        raw: Sequence[RawText] = (),
    ) -> RowCounts:
        """Keep what arrived, in one transaction. Idempotent: the same record again is counted as a duplicate.

        `notes` go to the journal in that transaction, and only when a record was new or updated: the journal says
        what was kept, and a second delivery leaves no trace. `into`: the import this is a part of, noted with them.
        `raw`: what was masked of these records, kept apart for those that were new or updated.
        Raises InvalidInput, naming the field, for what cannot be stored; StoreUnavailable.
        """
        ...


class Snapshots(Protocol):
    """Reading: what is kept about one agent. Scoped from birth: there is no call that forgets the agent."""

    @property
    def agent(self) -> Agent: ...

    def head(self) -> Version:
        """The live version."""
        ...

    def versions(self) -> list[Version]:
        """Those that were live once, by number, which has gaps; the last one is the head."""
        ...

    def candidates(self) -> list[Version]:
        """Those that were never live, by number."""
        ...

    def bundle(self, digest: str) -> Bundle:
        """By its digest, of candidates too. Raises NotFound; Damaged when it was changed from outside."""
        ...

    def interactions(self, ids: Iterable[str]) -> dict[str, Interaction]:
        """Those that exist, by id."""
        ...

    def feedback(self, states: Iterable[FeedbackState] | None = None) -> list[FeedbackItem]:
        """In the order received; all states but SUPERSEDED when none are named."""
        ...

    def feedback_counts(self, states: Iterable[FeedbackState] | None = None) -> dict[FeedbackState, int]:
        """How many items stand in each of these states, all when none are named; states without any are 0."""
        ...

    def feedback_items(self, ids: Iterable[str]) -> dict[str, FeedbackItem]:
        """Those that exist, by id."""
        ...

    def cases(self, splits: Iterable[Split] | None = None) -> list[EvalCase]:
        """Not retired, by id."""
        ...

    def retired_cases(self) -> list[EvalCase]:
        """Those no longer used, by id."""
        ...

    def newest_cases(self, splits: Iterable[Split], *, limit: int) -> list[EvalCase]:
        """The newest that are not retired, oldest of them first."""
        ...

    def cases_by_id(self, ids: Iterable[str]) -> dict[str, EvalCase]:
        """Those that exist and are not retired."""
        ...

    def issues(self) -> list[Issue]: ...

    def proposals(self, states: Iterable[ProposalState] | None = None) -> list[ProposalItem]:
        """Oldest first, each with the report a reviewer is shown."""
        ...

    def reports(self, proposal_id: str) -> list[Report]:
        """All of one proposal, oldest first."""
        ...

    def experiments(self, proposal_id: str | None = None) -> list[Experiment]:
        """Oldest first."""
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

    def comparisons(self) -> list[Comparison]:
        """The newest of each kind and version, by version."""
        ...

    def last_turn(self) -> TurnReport | None:
        """The newest turn that was recorded; None before the first."""
        ...

    def change_counter(self) -> str:
        """Differs from before whenever there may be something for the loop to do: an arrival, a move, a decision.

        Two rows by their keys: cheap enough to ask every second, however much is stored.
        """
        ...

    def ledger(self) -> Ledger:
        """Every look at the sealed cases that was charged so far, and since when dev results could be read."""
        ...

    def signals_on(self, number: int, *, now: datetime | None = None) -> VersionSignals:
        """On the answers of one version: feedback with a value, not held, quarantined, excluded or superseded.

        Signals whose outcome window (`loop.records.open_since`) is open at `now` wait; None: as if all were closed.
        """
        ...

    def waiting_days(self) -> list[str]:
        """Days that had signals with an open window when they were counted."""
        ...

    def check_head(self) -> None:
        """Cheap, whatever the history: raises BrokenChain when the live version does not follow from the record."""
        ...

    def live_bundle(self) -> Bundle:
        """The content that answers and is exported. Raises BrokenChain, Damaged."""
        ...

    def check_journal(self) -> JournalCheck:
        """Whether the audit journal is as it was written."""
        ...


class Commits(Protocol):
    """Writing what a stage made."""

    def rebuild(self) -> None:
        """Drop everything derived and put all feedback on the firewall's list again."""
        ...

    def commit(self, changes: Changes) -> RowCounts:
        """One transaction. Raises StoreUnavailable."""
        ...


class Decisions(Protocol):
    """The acts that decide and move the live version: each applied once, on what was seen, or not at all."""

    def decide(self, decision: Decision, *, successor: Proposal | None = None, candidate: Bundle | None = None) -> None:
        """Record a decision and move its proposal, in one transaction.

        approve, edit, reject: the proposal must be WAITING (reject also from SET_ASIDE), its evidence digest and
        report must be `decision.seen_digest` and `decision.report_id`, and for `approve` its base must be the head.
        undo: the approval it names must not be applied yet (or the rejection not superseded); back to WAITING.
        `successor` (for edit), with its content `candidate`, is drafted in the same transaction.
        Raises Conflict, DigestMismatch or StaleBase; then nothing was written.
        """
        ...

    def deploy(self, *, decision: Decision, release: Release) -> ApplyOutcome:
        """Apply an approval exactly once: head, release, proposal LIVE, audit, in one transaction.

        What goes live is the candidate version that was stored with the proposal, as it was stored. When it can no
        longer go live (the head moved, the evidence or the content is not what was approved), the proposal becomes
        STALE with the reason, and that is written. Raises Conflict when the proposal is not approved.
        """
        ...

    def roll_back(self, *, version: Version, release: Release, undone: str | None) -> Release:
        """Make a new head with older content, under the next free number; the release as it was written.

        `undone`: the proposal that becomes UNDONE. Raises StaleBase when the head moved.
        """
        ...


class Store(
    Arrivals,
    Snapshots,
    Knowledge,
    Casebook,
    Counting,
    FirewallAudits,
    Lineage,
    Erasing,
    RawTexts,
    Reviews,
    Commits,
    Answers,
    FailedJobs,
    Probes,
    RecordChecks,
    Decisions,
    Protocol,
):
    """Everything kept about one agent, behind its ports."""


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
    approvers: Callable[[], Collection[str]] = frozenset
    """Names of the people who may approve high stakes, as they are now; empty while sign-in is off."""
    vouching: Callable[[], Vouching] = Vouching
    """Who of them counts as whom, as it is now; nobody as anybody else while sign-in is off."""
    ask: Ask | None = None
    """Used in place of the memory over `store` and `answerers`; None: that memory, asked here and now."""
