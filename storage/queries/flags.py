"""Why feedback is held, in words: each flag with its reason as it stands now."""

from collections.abc import Sequence

import sqlalchemy as sa

from storage.queries.scope import Scope
from storage.tables import FeedbackRow, FlagRow, JudgedRow, StandingRow

_FLAG = FlagRow.core().c
_FEEDBACK = FeedbackRow.core().c
_JUDGED = JudgedRow.core().c
_STANDING = StandingRow.core().c


def flags_of(scope: Scope, ids: Sequence[str]) -> dict[str, list[tuple[str, str]]]:
    """Detector and reason; of an unreliable author the figures as they are now, which stand in their record."""
    if not ids:
        return {}
    person = sa.func.coalesce(_JUDGED.author, _FEEDBACK.author)
    found = scope.rows(
        sa.select(_FLAG.feedback_id, _FLAG.detector, _FLAG.reason, _STANDING.body)
        .join(FeedbackRow.core(), sa.and_(_FEEDBACK.agent == _FLAG.agent, _FEEDBACK.id == _FLAG.feedback_id))
        .outerjoin(JudgedRow.core(), sa.and_(_JUDGED.agent == _FLAG.agent, _JUDGED.feedback_id == _FLAG.feedback_id))
        .outerjoin(
            StandingRow.core(),
            sa.and_(_STANDING.agent == _FLAG.agent, _STANDING.name == person, _FLAG.detector == "rater"),
        )
        .where(scope.mine(FlagRow), _FLAG.feedback_id.in_(ids))
        .order_by(_FLAG.feedback_id, _FLAG.position)
    )
    grouped: dict[str, list[tuple[str, str]]] = {}
    for row in found:
        key, detector, reason, record = tuple(row)
        told = f"The author is unreliable. {record['reason']}" if record else reason
        grouped.setdefault(key, []).append((detector, told))
    return grouped
