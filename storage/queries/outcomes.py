"""Every dev case a change was tried on, page by page: what it breaks, fixes, leaves right and leaves wrong."""

import sqlalchemy as sa

from loop.records import CaseOutcome
from loop.records.trials import Movement
from storage.bodies import from_body
from storage.queries.scope import Scope
from storage.tables import OutcomeRow

PAGE = 50
"""Outcomes of one page."""

_OUTCOME = OutcomeRow.core().c


def outcomes(scope: Scope, report_id: str, movement: Movement, *, page: int = 1, size: int = PAGE) -> list[CaseOutcome]:
    """One page of one kind, in the order of the report; empty past the last, and for reports of earlier releases."""
    found = scope.rows(
        sa.select(_OUTCOME.body)
        .where(scope.mine(OutcomeRow), _OUTCOME.report_id == report_id, _OUTCOME.movement == movement)
        .order_by(_OUTCOME.place)
        .offset((max(page, 1) - 1) * size)
        .limit(size)
    )
    return [from_body(CaseOutcome, row.body) for row in found]
