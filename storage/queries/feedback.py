"""Feedback a page at a time, with the reason of every flag, and the conversations it belongs to."""

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from pydantic import Field

from loop.records import FeedbackKind, FeedbackState, Moment, Record
from storage.queries.scope import Scope, moment
from storage.tables import FeedbackRow, FlagRow, InteractionRow

PAGE = 50
"""Rows on one page."""
COUNTED = 10_000
"""Rows counted at most: past it the screen says "10,000 or more" instead of counting a million."""
SEARCHED = 20_000
"""Newest rows a text search looks at. It is a plain comparison, not a full-text index, so it is bounded."""
EXCERPT = 300
"""Characters of a text in a list."""

_FEEDBACK = FeedbackRow.core().c
_INTERACTION = InteractionRow.core().c
_FLAG = FlagRow.core().c
_SHOWN = tuple(state for state in FeedbackState if state is not FeedbackState.SUPERSEDED)


class FeedbackFilter(Record):
    """Which feedback to list; an empty field does not narrow."""

    states: tuple[FeedbackState, ...] = ()
    kind: FeedbackKind | None = None
    topic: str = ""
    detector: str = ""
    author: str = ""
    text: str = Field(default="", max_length=200)


class FeedbackLine(Record):
    """One feedback item as a list shows it."""

    id: str
    interaction_id: str
    state: FeedbackState
    kind: FeedbackKind
    value: float | None
    said: str
    """The words, the better answer or the right label; cut after EXCERPT characters."""
    why: str
    """The reason the author gave."""
    author: str
    source: str
    teaches: bool
    received_at: Moment
    question: str
    """Cut after EXCERPT characters; empty when the interaction has not arrived."""
    answer: str
    topic: str
    detectors: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    """Why each detector objects, in words."""


class Counted(Record):
    """How many rows there are, counted up to a limit."""

    rows: int
    is_more: bool


def page(scope: Scope, wanted: FeedbackFilter, *, number: int = 1) -> list[FeedbackLine]:
    """Page `number` (1-based), newest first. Raises StoreUnavailable."""
    first = max(0, number - 1) * PAGE
    newest = _newest(scope, wanted, limit=first + PAGE)
    at = newest.c.received_at
    ids = [
        row.id for row in scope.rows(sa.select(newest.c.id).order_by(at.desc(), newest.c.id).offset(first).limit(PAGE))
    ]
    return lines(scope, ids)


def count(scope: Scope, wanted: FeedbackFilter) -> Counted:
    """How many there are, up to COUNTED. Raises StoreUnavailable."""
    newest = _newest(scope, wanted, limit=COUNTED + 1)
    found = scope.number(sa.select(sa.func.count()).select_from(sa.select(newest.c.id).limit(COUNTED + 1).subquery()))
    return Counted(rows=min(found, COUNTED), is_more=found > COUNTED)


def lines(scope: Scope, ids: Sequence[str]) -> list[FeedbackLine]:
    """Those that exist, in the order asked for. Raises StoreUnavailable."""
    return _lines(scope, _FEEDBACK.id.in_(ids), order=ids) if ids else []


def on_interactions(
    scope: Scope, interaction_ids: Sequence[str], *, states: Iterable[FeedbackState] = _SHOWN, limit: int = 200
) -> list[FeedbackLine]:
    """Feedback on these interactions in these states, newest first. Raises StoreUnavailable."""
    if not interaction_ids:
        return []
    condition = sa.and_(
        _FEEDBACK.interaction_id.in_(list(interaction_ids)[:500]),
        _FEEDBACK.state.in_([state.value for state in states]),
    )
    return _lines(scope, condition, limit=limit)


def episode(scope: Scope, interaction_id: str) -> list[str]:
    """Ids of the whole conversation an interaction belongs to, in order; empty when it is unknown."""
    named = (
        sa.select(_INTERACTION.episode_id)
        .where(scope.mine(InteractionRow), _INTERACTION.id == interaction_id)
        .scalar_subquery()
    )
    found = scope.rows(
        sa.select(_INTERACTION.id)
        .where(scope.mine(InteractionRow), _INTERACTION.episode_id == named)
        .order_by(_INTERACTION.position, _INTERACTION.at)
        .limit(200)
    )
    return [row.id for row in found]


def topics(scope: Scope) -> list[str]:
    """All topics, by name. Walks the index from one topic to the next instead of reading every row."""
    return _distinct(scope, InteractionRow, _INTERACTION.topic)


def detectors(scope: Scope) -> list[str]:
    """All detectors that ever objected, by name."""
    return _distinct(scope, FlagRow, _FLAG.detector)


def _newest(scope: Scope, wanted: FeedbackFilter, *, limit: int) -> sa.Subquery:
    """Ids and times of the newest `limit` matches.

    One ordered read of the (agent, state, received_at) index per state, then merged: no sort over all rows.
    """
    reads = []
    for state in wanted.states or _SHOWN:
        conditions = [scope.mine(FeedbackRow), _FEEDBACK.state == state.value]
        if wanted.kind:
            conditions.append(_FEEDBACK.kind == wanted.kind.value)
        if wanted.author:
            conditions.append(_FEEDBACK.author == wanted.author)
        if wanted.detector:
            conditions.append(_flagged_by(scope, wanted.detector))
        if wanted.topic:
            conditions.append(_about(scope, wanted.topic))
        read = sa.select(_FEEDBACK.id, _FEEDBACK.received_at).where(*conditions)
        if wanted.text:
            read = _searched(scope, read, wanted.text)
        ordered = read.order_by(_FEEDBACK.received_at.desc()).limit(limit).subquery()
        reads.append(sa.select(ordered.c.id, ordered.c.received_at))
    return sa.union_all(*reads).subquery("newest")


def _searched(scope: Scope, read: sa.Select[Any], text: str) -> sa.Select[Any]:
    """Narrow to a text found in the words, the label or the question, among the newest SEARCHED rows of the state."""
    window = read.order_by(_FEEDBACK.received_at.desc()).limit(SEARCHED).subquery()
    question = (
        sa.select(sa.literal(1))
        .where(
            scope.mine(InteractionRow),
            _INTERACTION.id == _FEEDBACK.interaction_id,
            _INTERACTION.question.icontains(text, autoescape=True),
        )
        .exists()
    )
    return sa.select(_FEEDBACK.id, _FEEDBACK.received_at).where(
        scope.mine(FeedbackRow),
        _FEEDBACK.id.in_(sa.select(window.c.id)),
        sa.or_(
            _FEEDBACK.text.icontains(text, autoescape=True),
            _FEEDBACK.label.icontains(text, autoescape=True),
            question,
        ),
    )


def _flagged_by(scope: Scope, detector: str) -> sa.ColumnElement[bool]:
    flagged = sa.select(_FLAG.feedback_id).where(scope.mine(FlagRow), _FLAG.detector == detector)
    return _FEEDBACK.id.in_(flagged)


def _about(scope: Scope, topic: str) -> sa.ColumnElement[bool]:
    return (
        sa.select(sa.literal(1))
        .where(scope.mine(InteractionRow), _INTERACTION.id == _FEEDBACK.interaction_id, _INTERACTION.topic == topic)
        .exists()
    )


def _lines(
    scope: Scope, condition: sa.ColumnElement[bool], *, order: Sequence[str] = (), limit: int = 500
) -> list[FeedbackLine]:
    joined = sa.outerjoin(
        FeedbackRow.core(),
        InteractionRow.core(),
        sa.and_(_INTERACTION.agent == _FEEDBACK.agent, _INTERACTION.id == _FEEDBACK.interaction_id),
    )
    found = scope.rows(
        sa.select(
            _FEEDBACK.id,
            _FEEDBACK.interaction_id,
            _FEEDBACK.state,
            _FEEDBACK.kind,
            _FEEDBACK.value,
            _excerpt(_FEEDBACK.text).label("words"),
            _FEEDBACK.label.label("right_label"),
            _FEEDBACK.article_id,
            _excerpt(_FEEDBACK.reason).label("why"),
            _FEEDBACK.author,
            _FEEDBACK.source,
            _FEEDBACK.teaches,
            _FEEDBACK.received_at,
            _excerpt(_INTERACTION.question).label("question"),
            _excerpt(_INTERACTION.answer).label("answer"),
            _INTERACTION.label.label("given_label"),
            _INTERACTION.topic,
        )
        .select_from(joined)
        .where(scope.mine(FeedbackRow), condition)
        .order_by(_FEEDBACK.received_at.desc(), _FEEDBACK.id)
        .limit(limit)
    )
    flags = _flags(scope, [row.id for row in found])
    made = {row.id: _line(row, flags.get(row.id, [])) for row in found}
    return [made[key] for key in order if key in made] if order else list(made.values())


def _line(row: sa.Row[Any], flags: Sequence[sa.Row[Any]]) -> FeedbackLine:
    return FeedbackLine(
        id=row.id,
        interaction_id=row.interaction_id,
        state=FeedbackState(row.state),
        kind=FeedbackKind(row.kind),
        value=row.value,
        said=row.words or row.right_label or row.article_id or "",
        why=row.why or "",
        author=row.author,
        source=row.source,
        teaches=row.teaches,
        received_at=moment(row.received_at),
        question=row.question or "",
        answer=row.answer or row.given_label or "",
        topic=row.topic or "",
        detectors=tuple(flag.detector for flag in flags),
        reasons=tuple(flag.reason for flag in flags),
    )


def _flags(scope: Scope, ids: Sequence[str]) -> dict[str, list[sa.Row[Any]]]:
    if not ids:
        return {}
    found = scope.rows(
        sa.select(_FLAG.feedback_id, _FLAG.detector, _FLAG.reason)
        .where(scope.mine(FlagRow), _FLAG.feedback_id.in_(ids))
        .order_by(_FLAG.feedback_id, _FLAG.position)
    )
    grouped: dict[str, list[sa.Row[Any]]] = {}
    for row in found:
        grouped.setdefault(row.feedback_id, []).append(row)
    return grouped


def _excerpt(column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    return sa.func.substr(column, 1, EXCERPT)


def _distinct(scope: Scope, table: type[FlagRow] | type[InteractionRow], column: sa.ColumnElement[Any]) -> list[str]:
    found: list[str] = []
    last = ""
    while len(found) < 500:
        following = scope.rows(sa.select(sa.func.min(column)).where(scope.mine(table), column > last))
        if not following or following[0][0] is None:
            break
        last = str(following[0][0])
        found.append(last)
    return found
