"""How far the loop has come: what waits, what was shipped, and how feedback became releases."""

import sqlalchemy as sa

from loop.records import (
    Comparison,
    DailyQuality,
    FeedbackState,
    Moment,
    ProposalState,
    Record,
    StakesLevel,
)
from storage.queries.scope import Scope, moment
from storage.tables import (
    ComparisonRow,
    DailyQualityRow,
    DecisionRow,
    FeedbackRow,
    InteractionRow,
    MeasurementRow,
    ProposalRow,
    ReleaseRow,
    VersionRow,
)

DAYS = 400
"""Days of quality shown, at most."""

_FEEDBACK = FeedbackRow.core().c
_INTERACTION = InteractionRow.core().c
_PROPOSAL = ProposalRow.core().c
_RELEASE = ReleaseRow.core().c
_VERSION = VersionRow.core().c
_DECISION = DecisionRow.core().c
_MEASUREMENT = MeasurementRow.core().c
_COMPARISON = ComparisonRow.core().c
_DAY = DailyQualityRow.core().c


class Waits(Record):
    """What waits for somebody."""

    to_review: int
    high_stakes: int
    oldest: Moment | None
    """When the longest waiting proposal was drafted."""
    held: int
    """Feedback items one check objects to."""
    quarantined: int


class ReleaseLine(Record):
    """One release with what it was measured at."""

    number: int
    kind: str
    """`start`, `deploy` or `rollback`."""
    restores: int | None
    digest: str
    actor: str
    """Who approved it, or took the last one back."""
    reason: str
    at: Moment
    proposal_id: str | None
    title: str
    proposal_state: ProposalState | None
    is_live: bool
    right: int | None = None
    n: int | None = None
    """Sealed cases the newest measurement rests on; None: not measured."""
    low: float | None = None
    high: float | None = None
    case_set: str = ""
    """Which cases those were: shares compare only where it is the same."""
    progress: Comparison | None = None
    """With the first version, on the cases both were asked."""
    confirmation: Comparison | None = None
    """With what it replaced, on cases sealed after its decision."""

    @property
    def share(self) -> float | None:
        """Right answers on the sealed cases, 0 to 1; None: not measured."""
        return self.right / self.n if self.n and self.right is not None else None


def waits(scope: Scope) -> Waits:
    """Counts for the first screen."""
    waiting = scope.rows(
        sa.select(_PROPOSAL.stakes, _PROPOSAL.created_at, _PROPOSAL.waits_since).where(
            scope.mine(ProposalRow), _PROPOSAL.state == ProposalState.WAITING.value
        )
    )
    feedback = _counts(scope, FeedbackRow, _FEEDBACK.state, [FeedbackState.HELD, FeedbackState.QUARANTINED])
    return Waits(
        to_review=len(waiting),
        high_stakes=sum(row.stakes["level"] == StakesLevel.HIGH.value for row in waiting),
        oldest=min((moment(row.waits_since or row.created_at) for row in waiting), default=None),
        held=feedback.get(FeedbackState.HELD.value, 0),
        quarantined=feedback.get(FeedbackState.QUARANTINED.value, 0),
    )


def daily(scope: Scope) -> list[DailyQuality]:
    """Quality day by day, oldest first, the newest DAYS rows."""
    found = scope.rows(
        sa.select(_DAY.day, _DAY.number, _DAY.n, _DAY.good, _DAY.low, _DAY.high, _DAY.waiting)
        .where(scope.mine(DailyQualityRow))
        .order_by(_DAY.day.desc(), _DAY.place.desc())
        .limit(DAYS)
    )
    return [
        DailyQuality(
            agent=scope.agent,
            day=row.day,
            number=row.number,
            n=row.n,
            good=row.good,
            low=row.low,
            high=row.high,
            waiting=row.waiting,
        )
        for row in reversed(found)
    ]


def releases(scope: Scope) -> list[ReleaseLine]:
    """Every release, newest first, with the newest measurement of its version."""
    measured = {
        row.number: row
        for row in scope.rows(
            sa.select(
                _MEASUREMENT.number,
                _MEASUREMENT.case_set_digest,
                _MEASUREMENT.n,
                _MEASUREMENT.right,
                _MEASUREMENT.low,
                _MEASUREMENT.high,
            )
            .where(scope.mine(MeasurementRow))
            .order_by(_MEASUREMENT.at)
        )
    }
    compared = comparisons(scope)
    joined = sa.join(
        ReleaseRow.core(),
        VersionRow.core(),
        sa.and_(_VERSION.agent == _RELEASE.agent, _VERSION.number == _RELEASE.number),
    ).outerjoin(ProposalRow.core(), sa.and_(_PROPOSAL.agent == _RELEASE.agent, _PROPOSAL.id == _RELEASE.proposal_id))
    found = scope.rows(
        sa.select(
            _RELEASE.number,
            _RELEASE.kind,
            _RELEASE.actor,
            _RELEASE.reason,
            _RELEASE.at,
            _RELEASE.proposal_id,
            _VERSION.restores,
            _VERSION.digest,
            _VERSION.summary,
            _PROPOSAL.title,
            _PROPOSAL.state,
        )
        .select_from(joined)
        .where(scope.mine(ReleaseRow))
        .order_by(_RELEASE.number.desc(), _RELEASE.step.desc())
    )
    lines = []
    for place, row in enumerate(found):
        seen = measured.get(row.number)
        lines.append(
            ReleaseLine(
                number=row.number,
                kind=row.kind,
                restores=row.restores,
                digest=row.digest,
                actor=row.actor,
                reason=row.reason,
                at=moment(row.at),
                proposal_id=row.proposal_id,
                title=row.title or row.summary,
                proposal_state=ProposalState(row.state) if row.state else None,
                is_live=place == 0,
                right=seen.right if seen else None,
                n=seen.n if seen else None,
                low=seen.low if seen else None,
                high=seen.high if seen else None,
                case_set=seen.case_set_digest if seen else "",
                progress=compared.get(("progress", row.number)),
                confirmation=compared.get(("confirmation", row.number)),
            )
        )
    return lines


def comparisons(scope: Scope) -> dict[tuple[str, int], Comparison]:
    """What versions were compared with, by kind and number."""
    found = scope.rows(sa.select(_COMPARISON.body).where(scope.mine(ComparisonRow)))
    told = [Comparison.model_validate(row.body) for row in found]
    return {(one.kind, one.number): one for one in told}


def confirmation(scope: Scope, proposal_id: str) -> Comparison | None:
    """What became of a change after it went live; None while nothing is known."""
    found = scope.rows(
        sa.select(_COMPARISON.body)
        .join_from(
            ReleaseRow.core(),
            ComparisonRow.core(),
            sa.and_(_COMPARISON.agent == _RELEASE.agent, _COMPARISON.number == _RELEASE.number),
        )
        .where(scope.mine(ReleaseRow), _RELEASE.proposal_id == proposal_id, _COMPARISON.kind == "confirmation")
        .limit(1)
    )
    return Comparison.model_validate(found[0].body) if found else None


def _counts(
    scope: Scope,
    table: type[FeedbackRow] | type[ProposalRow],
    column: sa.ColumnElement[str],
    states: list[FeedbackState] | list[ProposalState],
) -> dict[str, int]:
    found = scope.rows(
        sa.select(column.label("state"), sa.func.count().label("n"))
        .where(scope.mine(table), column.in_([state.value for state in states]))
        .group_by(column)
    )
    return {row.state: int(row.n) for row in found}
