"""The reviewer's desk: which proposals wait, in what order, and whether the one on screen has moved."""

from collections.abc import Callable, Iterable
from typing import Any, Literal, TypeAlias

import sqlalchemy as sa

from loop.records import Actor, Moment, ProposalState, Record, StakesLevel, Verdict, are_totals_shown
from storage.queries.scope import Scope, moment
from storage.tables import DecisionRow, HeadRow, IssueRow, ProposalRow, ReportRow, ViewingRow

LISTED = 500
"""Proposals in one list, at most: more than anybody reads in a day."""

_PROPOSAL = ProposalRow.core().c
_REPORT = ReportRow.core().c
_DECISION = DecisionRow.core().c
_HEAD = HeadRow.core().c
_ISSUE = IssueRow.core().c
_VIEWING = ViewingRow.core().c


class ProposalLine(Record):
    """One proposal as a list shows it."""

    id: str
    title: str
    state: ProposalState
    level: StakesLevel
    verdict: Verdict | None
    """None until it is tested, and while it is withheld."""
    is_withheld: bool = False
    """What the test found is told after the decision: see `loop.policy.blinding_rule`."""
    effect: float | None
    """Gain to be expected on sealed cases, as a share of them; None where their totals are not shown yet."""
    waits_since: Moment
    """When the first of the proposals it replaces was drafted: a redraw does not make it younger."""
    has_harm: bool = False
    """It is proved, and the test found a slice that got worse."""
    readers: tuple[str, ...] = ()
    """Who reads it now, the holder of the lease first."""
    authors: tuple[str, ...] = ()
    """Who drafted or edited it."""
    approved_by: tuple[str, ...] = ()
    """Who gave the first of two approvals to what is shown now."""

    def waits_for(self, person: Actor) -> bool:
        """Whether their approval would count: it is neither theirs nor approved by them already."""
        return person.is_single_operator or person.name not in (*self.authors, *self.approved_by)


class Retest(Record):
    """Changes that were drawn again on the live version: how many of them are tested by now."""

    done: int
    total: int

    @property
    def words(self) -> str:
        """Such as `being tested again, 3 of 7`; empty when none waits."""
        return f"being tested again, {self.done} of {self.total}" if self.done < self.total else ""


class Mark(Record):
    """What must not change between showing a proposal and deciding it."""

    state: ProposalState
    evidence_digest: str


class PendingApproval(Record):
    """An approval that can still be taken back before it goes live."""

    decision_id: str
    proposal_id: str
    title: str
    actor: str
    effective_at: Moment


class LapsedApproval(Record):
    """An approved change that could not go live."""

    proposal_id: str
    title: str
    reason: str
    """In words."""
    at: Moment
    """When it was approved."""
    actor: str
    """Who approved it."""
    successor_id: str | None = None
    """The same change on the version that went live instead; None when it was not drafted again."""


Undecided: TypeAlias = frozenset[tuple[str, ProposalState]]
"""Changes that wait or are tested, by id and which of the two."""


def undecided(scope: Scope) -> Undecided:
    """The changes that wait or are tested; LISTED at most. When they are others, what lists them is drawn again."""
    found = scope.rows(
        sa.select(_PROPOSAL.id, _PROPOSAL.state)
        .where(scope.mine(ProposalRow), _PROPOSAL.state.in_([ProposalState.WAITING.value, ProposalState.DRAFTED.value]))
        .order_by(_PROPOSAL.waits_since, _PROPOSAL.id)
        .limit(LISTED)
    )
    return frozenset((row.id, ProposalState(row.state)) for row in found)


def list_proposals(
    scope: Scope,
    states: Iterable[ProposalState],
    *,
    now: Moment | None = None,
    is_withheld: Callable[[str, bool], bool] = lambda _, is_practice: is_practice,
) -> list[ProposalLine]:
    """Proposals in these states: high stakes first, then the surest verdict, then what waits longest.

    `now`: say also who reads each. `is_withheld`: by id and whether it is practice, of which that wait no verdict is
    told, nor does it rank them (`loop.policy.blinding_rule`).
    """
    found = scope.rows(
        sa.select(
            _PROPOSAL.id,
            _PROPOSAL.title,
            _PROPOSAL.state,
            _PROPOSAL.stakes,
            _PROPOSAL.created_at,
            _PROPOSAL.waits_since,
            _PROPOSAL.practice,
            _PROPOSAL.authors,
            _REPORT.verdict,
            sa.case((_REPORT.verdict == Verdict.PROVED.value, _REPORT.body["slices"])).label("slices"),
            sa.func.coalesce(_REPORT.expected_gain, _REPORT.sealed_effect).label("gain"),
        )
        .select_from(_with_report())
        .where(scope.mine(ProposalRow), _PROPOSAL.state.in_([state.value for state in states]))
        .order_by(_PROPOSAL.waits_since, _PROPOSAL.id)
        .limit(LISTED)
    )
    readers = {} if now is None else readers_of(scope, now=now)
    is_high = any(row.stakes["level"] == StakesLevel.HIGH for row in found)
    approved = first_approvals(scope) if is_high else {}  # only high stakes take two
    lines = []
    for row in found:
        hides = row.state == ProposalState.WAITING.value and is_withheld(row.id, bool(row.practice))
        line = _line(row, readers=readers.get(row.id, ()), approved_by=approved.get(row.id, ()), is_withheld=hides)
        lines.append(line)
    return sorted(lines, key=_urgency)


def first_approvals(scope: Scope) -> dict[str, tuple[str, ...]]:
    """By proposal that waits, who gave the first of two approvals to what is shown now (`standing_approvals`)."""
    reject = DecisionRow.core().alias("reject")
    is_dropped = sa.exists().where(
        reject.c.agent == _DECISION.agent,
        reject.c.proposal_id == _DECISION.proposal_id,
        reject.c.verb == "reject",
        reject.c.at >= _DECISION.at,
    )
    found = scope.rows(
        _not_taken_back(scope, ProposalState.WAITING, _DECISION.proposal_id, _DECISION.actor, verb="endorse")
        .where(_DECISION.seen_digest == _PROPOSAL.evidence_digest, ~is_dropped)
        .order_by(_DECISION.at, _DECISION.id)
    )
    told: dict[str, tuple[str, ...]] = {}
    for row in found:
        told[row.proposal_id] = tuple(dict.fromkeys((*told.get(row.proposal_id, ()), row.actor["name"])))
    return told


def readers_of(scope: Scope, *, now: Moment) -> dict[str, tuple[str, ...]]:
    """By proposal, who reads it now: the holder of the lease first."""
    found = scope.rows(
        sa.select(_VIEWING.proposal_id, _VIEWING.person)
        .where(scope.mine(ViewingRow), _VIEWING.until > now)
        .order_by(_VIEWING.since, _VIEWING.person)
        .limit(LISTED)
    )
    told: dict[str, tuple[str, ...]] = {}
    for row in found:
        told[row.proposal_id] = (*told.get(row.proposal_id, ()), row.person)
    return told


def retest(scope: Scope) -> Retest:
    """How far the changes are that were drawn again when the live version moved; an edit's first test is not again."""
    before = ProposalRow.core().alias("before")
    is_stale = sa.and_(
        before.c.agent == _PROPOSAL.agent,
        before.c.id == _PROPOSAL.replaces,
        before.c.state == ProposalState.STALE.value,
    )
    found = scope.rows(
        sa.select(_PROPOSAL.state, sa.func.count().label("n"))
        .join_from(ProposalRow.core(), HeadRow.core(), _HEAD.agent == _PROPOSAL.agent)
        .join(before, is_stale)
        .where(scope.mine(ProposalRow), _PROPOSAL.base_number == _HEAD.number)
        .where(_PROPOSAL.state.in_([one.value for one in ProposalState if one is not ProposalState.STALE]))
        .group_by(_PROPOSAL.state)
    )
    total = sum(row.n for row in found)
    return Retest(done=total - sum(row.n for row in found if row.state == ProposalState.DRAFTED.value), total=total)


def mark(scope: Scope, proposal_id: str) -> Mark | None:
    """Where a proposal stands now; None when there is none of that id."""
    found = scope.rows(
        sa.select(_PROPOSAL.state, _PROPOSAL.evidence_digest).where(
            scope.mine(ProposalRow), _PROPOSAL.id == proposal_id
        )
    )
    if not found:
        return None
    row = found[0]
    return Mark(state=ProposalState(row.state), evidence_digest=row.evidence_digest)


def _not_taken_back(
    scope: Scope, state: ProposalState, *columns: sa.ColumnElement[Any], verb: Literal["approve", "endorse"] = "approve"
) -> sa.Select[Any]:
    """Decisions of a kind nobody took back, of proposals in a state."""
    taken_back = sa.select(_DECISION.undoes).where(
        scope.mine(DecisionRow), _DECISION.verb == "undo", _DECISION.undoes.is_not(None)
    )
    return (
        sa.select(*columns)
        .join_from(
            DecisionRow.core(),
            ProposalRow.core(),
            sa.and_(_PROPOSAL.agent == _DECISION.agent, _PROPOSAL.id == _DECISION.proposal_id),
        )
        .where(
            scope.mine(DecisionRow),
            _DECISION.verb == verb,
            _PROPOSAL.state == state.value,
            _DECISION.id.not_in(taken_back),
        )
    )


def undoable(scope: Scope) -> list[PendingApproval]:
    """Approvals not live yet and not taken back, the one that goes live first at the top."""
    columns = (_DECISION.id, _DECISION.proposal_id, _DECISION.actor, _DECISION.effective_at, _PROPOSAL.title)
    found = scope.rows(
        _not_taken_back(scope, ProposalState.APPROVED, *columns).order_by(_DECISION.effective_at).limit(50)
    )
    return [
        PendingApproval(
            decision_id=row.id,
            proposal_id=row.proposal_id,
            title=row.title,
            actor=row.actor["name"],
            effective_at=moment(row.effective_at),
        )
        for row in found
    ]


def lapsed_approvals(scope: Scope, *, since: Moment) -> list[LapsedApproval]:
    """Changes that were approved since then, not taken back, and became stale instead of live; newest first."""
    columns = (_PROPOSAL.id, _PROPOSAL.title, _PROPOSAL.stale_reason, _DECISION.at, _DECISION.actor)
    found = scope.rows(
        _not_taken_back(scope, ProposalState.STALE, *columns)
        .where(_DECISION.effective_at >= since)
        .order_by(_DECISION.at.desc(), _DECISION.id)
        .limit(5)
    )
    return [
        LapsedApproval(
            proposal_id=row.id,
            title=row.title,
            reason=row.stale_reason,
            at=moment(row.at),
            actor=row.actor["name"],
            successor_id=successor(scope, row.id),
        )
        for row in found
    ]


def successor(scope: Scope, proposal_id: str) -> str | None:
    """The newest proposal that replaces this one; None when there is none."""
    found = scope.rows(
        sa.select(_PROPOSAL.id)
        .where(scope.mine(ProposalRow), _PROPOSAL.replaces == proposal_id)
        .order_by(_PROPOSAL.created_at.desc(), _PROPOSAL.id)
        .limit(1)
    )
    return found[0].id if found else None


def issue_interactions(scope: Scope, issue_ids: Iterable[str]) -> list[str]:
    """Interactions behind these issues, as far as the issues are still open."""
    wanted = list(issue_ids)
    if not wanted:
        return []
    found = scope.rows(sa.select(_ISSUE.body).where(scope.mine(IssueRow), _ISSUE.id.in_(wanted)))
    return [one for row in found for one in row.body.get("interaction_ids", ())]


def _with_report() -> sa.FromClause:
    return sa.outerjoin(
        ProposalRow.core(),
        ReportRow.core(),
        sa.and_(_REPORT.agent == _PROPOSAL.agent, _REPORT.id == _PROPOSAL.report_id),
    )


def _line(
    row: sa.Row[Any], *, readers: tuple[str, ...], approved_by: tuple[str, ...], is_withheld: bool
) -> ProposalLine:
    state, verdict = ProposalState(row.state), Verdict(row.verdict) if row.verdict and not is_withheld else None
    return ProposalLine(
        id=row.id,
        title=row.title,
        state=state,
        level=StakesLevel(row.stakes["level"]),
        verdict=verdict,
        is_withheld=is_withheld,
        has_harm=not is_withheld and any(one["is_harmed"] for one in row.slices or ()),
        effect=row.gain if verdict and are_totals_shown(verdict, state) else None,
        waits_since=moment(row.waits_since or row.created_at),
        readers=readers,
        authors=tuple(row.authors),
        approved_by=approved_by,
    )


def _urgency(line: ProposalLine) -> tuple[int, int, Moment]:
    levels = (StakesLevel.HIGH, StakesLevel.MEDIUM, StakesLevel.LOW)
    verdicts = (*Verdict, None)
    return levels.index(line.level), verdicts.index(line.verdict), line.waits_since
