"""The history of one change, over every proposal it was drawn as: drafted, tested, read, decided, released."""

from typing import Literal, TypeAlias

import sqlalchemy as sa

from loop.records import Actor, Moment, ProposalState, Record, Verdict
from loop.records.remarks import Remark
from storage.among import among
from storage.queries.scope import Scope, moment
from storage.rows import columns_of, from_row
from storage.tables import DecisionRow, ProposalRow, ReleaseRow, RemarkRow, ReportRow, ViewingRow

HappeningKind: TypeAlias = Literal[
    "drafted", "tested", "read", "commented", "approved", "approved first", "rejected", "edited", "undone", "released",
    "taken back", "drafted again"
]  # fmt: skip
"""What happened, as a word of the history."""

_PROPOSAL, _DECISION, _REPORT = ProposalRow.core().c, DecisionRow.core().c, ReportRow.core().c
_RELEASE, _REMARK, _VIEWING = ReleaseRow.core().c, RemarkRow.core().c, ViewingRow.core().c
_VERBS: dict[str, HappeningKind] = {
    "approve": "approved",
    "endorse": "approved first",
    "reject": "rejected",
    "edit": "edited",
    "undo": "undone",
}


class HistoryEvent(Record):
    """One thing that happened to a change."""

    at: Moment
    kind: HappeningKind
    who: str
    """A person, or empty: the loop."""
    words: str
    """Why, or what was said or found; untrusted text. Empty: nothing."""
    categories: tuple[str, ...] = ()
    """Of a rejection."""
    proposal_id: str
    """As which proposal: a change that is drawn again is another one each time."""
    number: int | None = None
    """The version that went live, or came back."""
    remark: Remark | None = None
    """Of a comment: on what."""


class Link(Record):
    """One proposal of a chain of replacements."""

    proposal_id: str
    title: str
    state: ProposalState
    base_number: int
    created_at: Moment
    stale_reason: str


def chain(scope: Scope, proposal_id: str) -> list[Link]:
    """Every proposal this change was drawn as, oldest first: the one before this, this, and what came of it."""
    root = sa.select(_PROPOSAL.root_id).where(scope.mine(ProposalRow), _PROPOSAL.id == proposal_id).scalar_subquery()
    columns = (_PROPOSAL.id, _PROPOSAL.title, _PROPOSAL.state, _PROPOSAL.base_number, _PROPOSAL.created_at)
    found = scope.rows(
        sa.select(*columns, _PROPOSAL.stale_reason)
        .where(scope.mine(ProposalRow), _PROPOSAL.root_id == root)
        .order_by(_PROPOSAL.created_at, _PROPOSAL.id)
    )
    return [
        Link(
            proposal_id=row.id,
            title=row.title,
            state=ProposalState(row.state),
            base_number=row.base_number,
            created_at=moment(row.created_at),
            stale_reason=row.stale_reason,
        )
        for row in found
    ]


def history(scope: Scope, links: list[Link]) -> list[HistoryEvent]:
    """What happened to these proposals, oldest first. Four more queries, each by an index."""
    ids = [one.proposal_id for one in links]
    found = [*_drafted(links), *_decided(scope, ids), *_tested(scope, ids), *_read(scope, ids), *_released(scope, ids)]
    found += [
        HistoryEvent(
            at=one.at, kind="commented", who=one.author, words=one.text, proposal_id=one.proposal_id, remark=one
        )
        for one in remarks(scope, ids)
    ]
    return sorted(found, key=lambda one: one.at)


def remarks(scope: Scope, proposal_ids: list[str]) -> list[Remark]:
    """Comments on these, oldest first, without those that were taken back."""
    found = scope.mappings(
        sa.select(*columns_of(Remark))
        .where(scope.mine(RemarkRow), among(_REMARK.proposal_id, proposal_ids), _REMARK.withdrawn_at.is_(None))
        .order_by(_REMARK.at, _REMARK.id)
    )
    return [from_row(Remark, row) for row in found]


def _drafted(links: list[Link]) -> list[HistoryEvent]:
    return [
        HistoryEvent(
            at=one.created_at,
            kind="drafted again" if place else "drafted",
            who="",
            words=links[place - 1].stale_reason if place else "",
            proposal_id=one.proposal_id,
        )
        for place, one in enumerate(links)
    ]


def _decided(scope: Scope, ids: list[str]) -> list[HistoryEvent]:
    columns = (_DECISION.proposal_id, _DECISION.verb, _DECISION.actor, _DECISION.reason, _DECISION.categories)
    found = scope.rows(
        sa.select(*columns, _DECISION.at).where(scope.mine(DecisionRow), among(_DECISION.proposal_id, ids))
    )
    return [
        HistoryEvent(
            at=moment(row.at),
            kind=_VERBS[row.verb],
            who=Actor.model_validate(row.actor).name,
            words=row.reason,
            categories=tuple(row.categories),
            proposal_id=row.proposal_id,
        )
        for row in found
    ]


def _tested(scope: Scope, ids: list[str]) -> list[HistoryEvent]:
    columns = (_REPORT.proposal_id, _REPORT.verdict, _REPORT.at)
    found = scope.rows(sa.select(*columns).where(scope.mine(ReportRow), among(_REPORT.proposal_id, ids)))
    return [
        HistoryEvent(
            at=moment(row.at),
            kind="tested",
            who="",
            words=Verdict(row.verdict).value.replace("_", " "),
            proposal_id=row.proposal_id,
        )
        for row in found
    ]


def _read(scope: Scope, ids: list[str]) -> list[HistoryEvent]:
    columns = (_VIEWING.proposal_id, _VIEWING.person, _VIEWING.first_at)
    found = scope.rows(sa.select(*columns).where(scope.mine(ViewingRow), among(_VIEWING.proposal_id, ids)))
    return [
        HistoryEvent(at=moment(row.first_at), kind="read", who=row.person, words="", proposal_id=row.proposal_id)
        for row in found
    ]


def _released(scope: Scope, ids: list[str]) -> list[HistoryEvent]:
    """What went live of these, and the rollback that took it back."""
    made, back = ReleaseRow.core().alias("made"), ReleaseRow.core().alias("back")
    columns = (made.c.proposal_id, made.c.number, made.c.at, made.c.actor)
    undone = (back.c.number.label("back"), back.c.at.label("back_at"), back.c.actor.label("by"), back.c.reason)
    found = scope.rows(
        sa.select(*columns, *undone)
        .select_from(
            sa.outerjoin(
                made,
                back,
                sa.and_(back.c.agent == made.c.agent, back.c.from_number == made.c.number, back.c.kind == "rollback"),
            )
        )
        .where(made.c.agent == scope.agent, made.c.kind == "deploy", among(made.c.proposal_id, ids))
    )
    told: list[HistoryEvent] = []
    for row in found:
        where = {"proposal_id": row.proposal_id}
        told.append(
            HistoryEvent(at=moment(row.at), kind="released", who=row.actor, words="", number=row.number, **where)
        )
        if row.back is not None:
            told.append(
                HistoryEvent(
                    at=moment(row.back_at), kind="taken back", who=row.by, words=row.reason, number=row.back, **where
                )
            )
    return told
