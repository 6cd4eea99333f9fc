"""A store in memory: `Snapshots`, `Commits` and `Decisions` over one agent's records, with the fakes of the rest.

Each keeps what its port promises and nothing else, so that the engine is tested in milliseconds.
"""

from collections import Counter
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any

from loop.agent import LocalAgent
from loop.errors import Conflict, DigestMismatch, NotFound, StaleBase
from loop.ports import Parts
from loop.records import (
    COUNTING_STATES,
    DOUBTED_STATES,
    UNDECIDED_STATES,
    Agent,
    ApplyOutcome,
    Bundle,
    Changes,
    Decision,
    Derived,
    EvalCase,
    Feedback,
    FeedbackItem,
    FeedbackState,
    Interaction,
    Ledger,
    Population,
    Proposal,
    ProposalItem,
    ProposalMove,
    ProposalState,
    Release,
    Report,
    RowCounts,
    Split,
    Unlearning,
    Version,
    VersionSignals,
    as_shown,
    evidence_digest,
    look_of,
    person_of,
)
from loop.records.cards import AnsweredQuestion
from loop.records.lineage import TracedItem
from loop.records.panels import FlaggedItem
from loop.records.probes import PROBE_SOURCE
from loop.validate import MemoryKnowledge
from tests.builders import NOON
from tests.fake_counting import FakeCounting
from tests.fakes import FakeAnswers, FakeArrivals, FakeClock, FakeFailedJobs

_DECIDED = {"approve": ProposalState.APPROVED, "reject": ProposalState.REJECTED, "edit": ProposalState.EDITED}


class Memory(FakeArrivals, FakeAnswers):
    """What the store ports share: everything about one agent, and a counter that tells when something changed."""

    def __init__(self, agent: Agent, bundle: Bundle) -> None:
        FakeArrivals.__init__(self)
        FakeAnswers.__init__(self)
        self.agent = agent
        self.known = MemoryKnowledge()
        self.bundles = {bundle.digest: bundle}
        self.numbers = [Version(agent=agent.slug, number=0, digest=bundle.digest, parent=None, proposal_id=None,
                                 created_at=NOON, released_at=NOON)]  # fmt: skip
        self.live = 0
        self.drafts: dict[str, ProposalItem] = {}
        self.tested: list[Report] = []
        self.decided: list[Decision] = []
        self.released = [
            Release(id="r0", agent=agent.slug, kind="deploy", number=0, from_number=None, decision_id=None,
                    proposal_id=None, actor="olga", at=NOON)
        ]  # fmt: skip
        self.commits: list[Changes] = []
        self.changed = 0
        self.jobs = FakeFailedJobs()

    def __getattr__(self, name: str) -> Any:
        """The ports `Knowledge` and `FailedJobs`, answered by implementations of their own."""
        own = self.__dict__["jobs" if name in ("failed_jobs", "keep_failed_job", "forget_failed_job") else "known"]
        return getattr(own, name)

    def append(self, **arrived: Any) -> RowCounts:
        """What `FakeArrivals` keeps, and each item of feedback on the list of what the firewall has to look at."""
        written = super().append(**arrived)
        known, last = self.known, {one.id for one in self.current.values()}
        for key, one in self.records.items():
            if isinstance(one, Interaction):
                known.asked[key] = one
            elif key not in known.items:
                known.items[key] = FeedbackItem(feedback=one, state=FeedbackState.NEW, seq=len(known.items) + 1)
                known.list_of["facts"][key] = 1
        for key, item in known.items.items():
            if item.feedback.id not in last:
                known.items[key] = item.model_copy(update={"state": FeedbackState.SUPERSEDED})
        self.changed += bool(written.new + written.updated)
        return written

    def move(self, move: ProposalMove) -> bool:
        """Compare-and-swap."""
        item = self.drafts[move.proposal_id]
        if item.state is not move.was:
            return False
        now = {"state": move.now, "stale_reason": move.reason}
        self.drafts[move.proposal_id] = item.model_copy(update=now)
        self.changed += 1
        return True

    def draft(self, proposal: Proposal, bundles: Iterable[Bundle]) -> None:
        """Numbered when it is drafted; an id that is kept is left as it is."""
        if proposal.id in self.drafts:
            return
        self.bundles |= {one.digest: one for one in bundles}
        number = len(self.numbers)
        self.numbers.append(
            Version(agent=proposal.agent, number=number, digest=proposal.candidate_digest, proposal_id=proposal.id,
                    parent=proposal.base_number, created_at=proposal.created_at, released_at=None)
        )  # fmt: skip
        before = self.drafts.get(proposal.replaces or "")
        since = before.waits_since if before else proposal.created_at
        self.drafts[proposal.id] = ProposalItem(
            proposal=proposal, state=ProposalState.DRAFTED, number=number, waits_since=since
        )
        self.changed += 1


class FakeSnapshots(FakeCounting, Memory):
    """`Snapshots`: plain loops over what is kept."""

    def unlearnings(self) -> list[Unlearning]:
        made = {one.id: one for changes in self.commits for one in changes.unlearnings}
        return list(made.values())

    def viewings(self, proposal_id: str) -> list[Any]:
        """Nobody opens a page here."""
        return []

    def answers_since(self, since: datetime, *, limit: int) -> list[AnsweredQuestion]:
        told = sorted(
            (one for one in self.known.asked.values() if one.at >= since and one.source != PROBE_SOURCE),
            key=lambda one: one.at,
        )
        return [
            AnsweredQuestion(one.at, one.question, one.context, one.answer, one.label, one.article_id)
            for one in reversed(told[-limit:])
        ]

    def finish_erasures(self, now: datetime) -> list[Any]:
        """None is begun here."""
        return []

    def drop_raw(self, now: datetime) -> int:
        """None is kept here."""
        return 0

    def told_by(self, feedback_ids: Collection[str]) -> dict[str, TracedItem]:
        known = {key: self.known.items[key] for key in feedback_ids if key in self.known.items}
        return {
            key: TracedItem(
                key, item.feedback.interaction_id, item.feedback.author, item.feedback.source, item.state, 0
            )
            for key, item in known.items()
        }

    def head(self) -> Version:
        return self.numbers[self.live]

    def check_head(self) -> None:
        """Nobody writes here but us."""

    def live_bundle(self) -> Bundle:
        return self.bundle(self.head().digest)

    def versions(self) -> list[Version]:
        return [one for one in self.numbers if one.released_at is not None]

    def candidates(self) -> list[Version]:
        return [one for one in self.numbers if one.released_at is None]

    def bundle(self, digest: str) -> Bundle:
        if digest not in self.bundles:
            raise NotFound("There is no version with this content.")
        return self.bundles[digest]

    def anchors_digest(self) -> str:
        """Nothing outside vouches for this memory."""
        return ""

    def shown_cases(self, names: Collection[str]) -> frozenset[str]:
        """Nobody is shown cases here."""
        return frozenset()

    def feedback(self, states: Iterable[FeedbackState] | None = None) -> list[FeedbackItem]:
        wanted = set(FeedbackState) - {FeedbackState.SUPERSEDED} if states is None else set(states)
        return [item for item in self.known.items.values() if item.state in wanted]

    def feedback_counts(self, states: Iterable[FeedbackState] | None = None) -> dict[FeedbackState, int]:
        counted = Counter(item.state for item in self.known.items.values())
        return {state: counted[state] for state in (FeedbackState if states is None else states)}

    def cases(self, splits: Iterable[Split] | None = None) -> list[EvalCase]:
        wanted = set(Split if splits is None else splits)
        kept = (case for key, case in self.known.cases.items() if key not in self.known.retired)
        return sorted((case for case in kept if case.split in wanted), key=lambda case: case.id)

    def retired_cases(self) -> list[EvalCase]:
        return [case for key, case in sorted(self.known.cases.items()) if key in self.known.retired]

    def cases_by_id(self, ids: Iterable[str]) -> dict[str, EvalCase]:
        wanted = set(ids)
        return {case.id: case for case in self.cases() if case.id in wanted}

    def newest_cases(self, splits: Iterable[Split], *, limit: int) -> list[EvalCase]:
        return sorted(self.cases(splits), key=lambda case: (case.at, case.id))[-limit:]

    def audit_population(self, *, limit: int) -> Population:
        newest = sorted(self.known.items.values(), key=lambda one: -one.seq)[:limit]
        judged = set(FeedbackState) - {FeedbackState.NEW, FeedbackState.SUPERSEDED}
        return Population(
            items=tuple(
                FlaggedItem(
                    feedback_id=one.feedback.id,
                    author=person_of(one.feedback),
                    detectors=tuple(sorted({flag.detector for flag in one.flags} - {"person"})),
                    is_held=one.state in DOUBTED_STATES,
                )
                for one in newest
                if one.state in judged
            )
        )

    def firewall_audits(self) -> list[Any]:
        """None is begun here."""
        return []

    def issues(self) -> list[Any]:
        return sorted(self.known.issues.values(), key=lambda one: (not one.is_supported, -one.support, one.id))

    def proposals(self, states: Iterable[ProposalState] | None = None) -> list[ProposalItem]:
        wanted = set(ProposalState if states is None else states)
        return [_shown(item) for item in self.drafts.values() if item.state in wanted]

    def proposal(self, proposal_id: str) -> ProposalItem:
        if proposal_id not in self.drafts:
            raise NotFound("There is no such proposal.")
        return _shown(self.drafts[proposal_id])

    def reports(self, proposal_id: str) -> list[Report]:
        return [one for one in self.tested if one.proposal_id == proposal_id]

    def decisions(self, proposal_id: str | None = None) -> list[Decision]:
        return [one for one in self.decided if proposal_id in (None, one.proposal_id)]

    def due_approvals(self, now: datetime) -> list[Decision]:
        undone = {one.undoes for one in self.decided}
        return [
            one
            for one in self.decided
            if one.verb == "approve"
            and one.id not in undone
            and one.effective_at <= now
            and self.drafts[one.proposal_id].state is ProposalState.APPROVED
        ]

    def releases(self) -> list[Release]:
        return list(self.released)

    def measurements(self) -> list[Any]:
        return [one for changes in self.commits for one in changes.measurements]

    def comparisons(self) -> list[Any]:
        told = {(one.number, one.kind): one for changes in self.commits for one in changes.comparisons}
        return [told[key] for key in sorted(told)]

    def last_turn(self) -> Any:
        return next((one.turn for one in reversed(self.commits) if one.turn is not None), None)

    def change_counter(self) -> str:
        return str(self.changed)

    def ledger(self) -> Ledger:
        looks = tuple(look for one in self.tested if (look := look_of(one)))
        return Ledger(
            looks=looks, dev_shown_since=min((one.at for one in self.tested if one.dev.tally.n), default=None)
        )

    def signals_on(self, number: int, *, now: datetime | None = None) -> VersionSignals:
        said = [one for one, version in self._signals() if version == number]
        bad = Counter(one.author for one in said if (one.value or 0.0) < 0.5)
        loudest = max(bad.values(), default=0) / max(sum(bad.values()), 1)
        good = len(said) - sum(bad.values())
        return VersionSignals(n=len(said), good=good, unhappy_people=len(bad), loudest_share=loudest)

    def _signals(self) -> list[tuple[Feedback, int | None]]:
        counted = [item.feedback for item in self.known.items.values() if item.state in COUNTING_STATES]
        return [
            (one, self.known.asked[one.interaction_id].version)
            for one in counted
            if one.value is not None and one.interaction_id in self.known.asked
        ]


def _shown(item: ProposalItem) -> ProposalItem:
    report = as_shown(item.report, state=item.state) if item.report else None
    return item.model_copy(update={"report": report})


class FakeCommits(Memory):
    """`Commits`: one step's changes, moves by compare-and-swap."""

    def rebuild(self) -> None:
        kept = self.known
        self.known = MemoryKnowledge(items=kept.items, asked=kept.asked, cases=kept.cases, retired=kept.retired)
        self.known.list_of["facts"].update(dict.fromkeys(kept.items, 1))
        self.changed += 1

    def commit(self, changes: Changes) -> RowCounts:
        self.commits.append(changes)
        self.notes += changes.notes
        before = {key: item.state for key, item in self.known.items.items()}
        self.known.write(
            changes.derived or Derived(), flags=changes.flags, moves=changes.feedback_moves, cases=changes.cases,
            retired=changes.retired_cases, issues=changes.issues,
        )  # fmt: skip
        if changes.derived is None:
            for move in changes.feedback_moves:
                self.known.list_of["facts"][move.feedback_id] = 1
        moved = sum(item.state is not before[key] for key, item in self.known.items.items())
        self.changed += moved
        for proposal in changes.proposals:
            self.draft(proposal, changes.bundles)
        for report in changes.reports:
            self._keep(report)
        moved += sum(self.move(move) for move in changes.proposal_moves)
        return RowCounts(moved=moved)

    def _keep(self, report: Report) -> None:
        item = self.drafts[report.proposal_id]
        if any(one.id == report.id for one in self.tested):
            return
        self.tested.append(report)
        self.changed += 1
        if item.state in UNDECIDED_STATES:
            shown = {"report": report, "evidence_digest": evidence_digest(item.proposal, report)}
            self.drafts[report.proposal_id] = item.model_copy(update=shown)


class FakeDecisions(Memory):
    """`Decisions`: each applied once, on what was seen, or not at all."""

    def decide(self, decision: Decision, *, successor: Proposal | None = None, candidate: Bundle | None = None) -> None:
        item = self.drafts[decision.proposal_id]
        if decision.verb == "undo":
            was, now = item.state, ProposalState.WAITING
            if was not in (ProposalState.APPROVED, ProposalState.REJECTED):
                raise Conflict("The decision can no longer be taken back.")
        else:
            was, now = ProposalState.WAITING, _DECIDED[decision.verb]
            if item.state is not was:
                raise Conflict(f"The proposal is {item.state}, not waiting.")
            if decision.seen_digest != item.evidence_digest:
                raise DigestMismatch("The proposal or its evidence changed since it was shown.")
            if decision.verb == "approve" and item.proposal.base_number != self.live:
                raise StaleBase("Another version went live.")
        self.move(ProposalMove(proposal_id=item.proposal.id, was=was, now=now))
        self.decided.append(decision)
        if successor is not None:
            self.draft(successor, [candidate] if candidate else [])

    def deploy(self, *, decision: Decision, release: Release) -> ApplyOutcome:
        item = self.drafts[decision.proposal_id]
        if any(one.decision_id == decision.id for one in self.released):
            return ApplyOutcome(outcome="before")
        if item.state is not ProposalState.APPROVED:
            raise Conflict("The proposal is not approved.")
        changed = decision.seen_digest != item.evidence_digest or item.proposal.candidate_digest not in self.bundles
        reason = "It is no longer what was approved." if changed else ""
        now = ProposalState.STALE if changed else ProposalState.LIVE
        self.move(ProposalMove(proposal_id=item.proposal.id, was=item.state, now=now, reason=reason))
        if changed:
            return ApplyOutcome(outcome="stale", reason=reason)
        self._go_live(release)
        return ApplyOutcome(outcome="applied")

    def roll_back(self, *, version: Version, release: Release, undone: str | None) -> Release:
        if release.from_number != self.live:
            raise StaleBase("Another version went live.")
        number = {"number": len(self.numbers)}
        self.numbers.append(version.model_copy(update=number))
        if undone is not None:
            self.move(ProposalMove(proposal_id=undone, was=ProposalState.LIVE, now=ProposalState.UNDONE))
        self._go_live(release.model_copy(update=number))
        return self.released[-1]

    def _go_live(self, release: Release) -> None:
        self.live = release.number
        live = {"released_at": release.at}
        self.numbers[release.number] = self.numbers[release.number].model_copy(update=live)
        self.released.append(release)
        self.changed += 1


class FakeStore(FakeSnapshots, FakeCommits, FakeDecisions):
    """Every port of a store over one memory."""


class Overheard:
    """A store whose calls are noted by name; those named in `broken` raise instead."""

    def __init__(self, store: FakeStore, **broken: Exception) -> None:
        self.store, self.calls, self.broken = store, list[str](), broken

    def __getattr__(self, name: str) -> Any:
        self.calls.append(name)
        if name in self.broken:
            raise self.broken[name]
        return getattr(self.store, name)


def parts_on(store: FakeStore, **fields: Any) -> Parts:
    """The parts of an agent in memory, two days after noon: the built-in agent, no model."""
    filled = {
        "store": store,
        "clock": FakeClock(NOON + timedelta(days=2)),
        "answerers": LocalAgent,
        "model": None,
        "checkpoint": lambda label: None,
        "token": lambda: "token",
    }
    return Parts(**filled | fields)
