"""Try it: which versions may be asked, in words."""

from typing import Literal, TypeAlias

import sqlalchemy as sa

from loop.records import OPEN_STATES, ProposalState, Record
from storage.queries.scope import Scope
from storage.tables import HeadRow, ProposalRow, VersionRow

EARLIER = 50
"""Earlier versions offered, at most."""
WAITING = 100
"""Versions of changes that wait, at most."""

Standing: TypeAlias = Literal["live", "before", "waits"]

_VERSION = VersionRow.core().c
_PROPOSAL = ProposalRow.core().c
_HEAD = HeadRow.core().c


class VersionChoice(Record):
    """One version that may be asked."""

    number: int
    standing: Standing
    """`waits`: the content of a change that was not decided yet."""
    title: str
    """Of the change that made it."""
    digest: str
    proposal_id: str | None


def choices(scope: Scope) -> list[VersionChoice]:
    """The live version, the newest that were live before, then open changes, newest first."""
    live = scope.number(sa.select(_HEAD.number).where(scope.mine(HeadRow)))
    joined = sa.outerjoin(
        VersionRow.core(),
        ProposalRow.core(),
        sa.and_(_PROPOSAL.agent == _VERSION.agent, _PROPOSAL.id == _VERSION.proposal_id),
    )
    columns = (_VERSION.number, _VERSION.digest, _VERSION.summary, _VERSION.proposal_id, _PROPOSAL.title)
    mine = sa.select(*columns).select_from(joined).where(scope.mine(VersionRow)).order_by(_VERSION.number.desc())
    released = scope.rows(mine.where(_VERSION.released_at.is_not(None)).limit(EARLIER))
    open_states = [state.value for state in OPEN_STATES if state is not ProposalState.APPROVED]
    waiting = scope.rows(
        mine.where(_VERSION.released_at.is_(None), _PROPOSAL.state.in_(sorted(open_states))).limit(WAITING)
    )
    some = [(row, "live" if row.number == live else "before") for row in released]
    some += [(row, "waits") for row in waiting]
    found = [
        VersionChoice(
            number=row.number,
            standing=standing,
            title=row.title or row.summary,
            digest=row.digest,
            proposal_id=row.proposal_id,
        )
        for row, standing in some
    ]
    return sorted(found, key=lambda one: (("live", "before", "waits").index(one.standing), -one.number))
