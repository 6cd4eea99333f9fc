"""Feedback a page at a time, with the reason of every flag, and the conversations it belongs to."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from pydantic import Field

from loop.records import Anatomy, FeedbackKind, FeedbackState, Moment, Record
from storage.queries.flags import flags_of
from storage.queries.scope import Scope, moment
from storage.tables import FeedbackRow, FlagRow, InteractionRow, KeptRow

PAGE = 50
"""Rows on one page."""
LISTED = 5_000
"""Items in one list, at most: past it the screen says "5,000 or more" instead of counting a million."""
RARE = 5_000
"""A filter with at most this many rows is followed through its own index."""
SCANNED = 10_000
"""Newest items of each state that common filters look through."""
SEARCHED = 5_000
"""Newest items of each state that a text search looks through: it compares texts, it is not a full-text index."""
VALUES = 500
"""Different topics or checks to choose from."""
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
    anatomy: Anatomy | None = None
    """Of an edit or a takeover: what was changed, and why a person had to; None while it is new."""


class Matches(Record):
    """Which items match, newest first."""

    ids: tuple[str, ...]
    """At most LISTED."""
    is_more: bool
    """There may be more than these: the list is full, or only the newest items were looked through."""


def find_matches(scope: Scope, wanted: FeedbackFilter) -> Matches:
    """The newest matches. Reads a bounded number of rows whatever the filter. Raises StoreUnavailable.

    Without a filter: an ordered read of the state index. With a rare one: its own index. With common
    ones or a text: the newest items of each state, one by one.
    """
    conditions = _conditions(scope, wanted)
    rare = _rare(scope, wanted)
    if rare is not None:
        found = _kept(scope, rare, [*conditions, *_in_states(wanted)])
        return Matches(ids=tuple(found[:LISTED]), is_more=len(found) > LISTED)
    depth = SEARCHED if wanted.text else SCANNED if conditions else None
    reads, is_cut = [], False
    for state in wanted.states or _SHOWN:
        narrowed = [scope.mine(FeedbackRow), _FEEDBACK.state == state.value]
        since = _depth(scope, narrowed, depth) if depth else None
        if since is not None:
            is_cut = True
            narrowed.append(_FEEDBACK.received_at >= since)
        read = sa.select(_FEEDBACK.received_at, _FEEDBACK.id).where(*narrowed, *conditions)
        ordered = read.order_by(_FEEDBACK.received_at.desc()).limit(LISTED + 1).subquery()
        reads.append(sa.select(ordered.c.received_at, ordered.c.id))
    merged = sa.union_all(*reads).subquery()
    found = [
        row.id
        for row in scope.rows(
            sa.select(merged.c.id).order_by(merged.c.received_at.desc(), merged.c.id).limit(LISTED + 1)
        )
    ]
    return Matches(ids=tuple(found[:LISTED]), is_more=is_cut or len(found) > LISTED)


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
        _as_it_is(_FEEDBACK.state).in_([state.value for state in states]),
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
    return scope.distinct(InteractionRow, _INTERACTION.topic, limit=VALUES)


def detectors(scope: Scope) -> list[str]:
    """All detectors that ever objected, by name."""
    return scope.distinct(FlagRow, _FLAG.detector, limit=VALUES)


def _depth(scope: Scope, narrowed: Sequence[sa.ColumnElement[bool]], depth: int) -> datetime | None:
    """When the `depth`-th newest item was received, read from the index; None when there are fewer."""
    found = scope.rows(
        sa.select(_FEEDBACK.received_at)
        .where(*narrowed)
        .order_by(_FEEDBACK.received_at.desc())
        .offset(depth - 1)
        .limit(1)
    )
    return found[0].received_at if found else None


def _rare(scope: Scope, wanted: FeedbackFilter) -> list[str] | None:
    """Ids of all items of the first filter that has at most RARE of them; None when there is no such filter."""
    reads = []
    if wanted.author:
        reads.append(sa.select(_FEEDBACK.id).where(scope.mine(FeedbackRow), _FEEDBACK.author == wanted.author))
    if wanted.detector:
        reads.append(sa.select(_FLAG.feedback_id).where(scope.mine(FlagRow), _FLAG.detector == wanted.detector))
    if wanted.kind:
        reads.append(sa.select(_FEEDBACK.id).where(scope.mine(FeedbackRow), _FEEDBACK.kind == wanted.kind.value))
    for read in reads:
        ids = [row[0] for row in scope.rows(read.limit(RARE + 1))]
        if len(ids) <= RARE:
            return ids
    if wanted.topic:
        about = sa.select(_INTERACTION.id).where(scope.mine(InteractionRow), _INTERACTION.topic == wanted.topic)
        asked = [row[0] for row in scope.rows(about.limit(RARE + 1))]
        if len(asked) <= RARE:
            of_topic = sa.select(_FEEDBACK.id).where(scope.mine(FeedbackRow), _FEEDBACK.interaction_id.in_(asked))
            return [row.id for row in scope.rows(of_topic)]
    return None


def _kept(scope: Scope, ids: Sequence[str], conditions: Sequence[sa.ColumnElement[bool]]) -> list[str]:
    """Those of the items that meet the conditions, newest first, found again by their ids."""
    found = [
        (row.received_at, row.id)
        for part in _portions(ids)
        for row in scope.rows(
            sa.select(_FEEDBACK.received_at, _FEEDBACK.id).where(
                scope.mine(FeedbackRow), _FEEDBACK.id.in_(part), *conditions
            )
        )
    ]
    return [key for _, key in sorted(set(found), reverse=True)]


def _portions(values: Sequence[str]) -> Iterator[Sequence[str]]:
    """A database takes only so many parameters at once."""
    for first in range(0, len(values), 5_000):
        yield values[first : first + 5_000]


def _conditions(scope: Scope, wanted: FeedbackFilter) -> list[sa.ColumnElement[bool]]:
    """What a row must meet besides its state, spelled so that no index is chosen over the ids."""
    conditions: list[sa.ColumnElement[bool]] = []
    if wanted.kind:
        conditions.append(_as_it_is(_FEEDBACK.kind) == wanted.kind.value)
    if wanted.author:
        conditions.append(_as_it_is(_FEEDBACK.author) == wanted.author)
    if wanted.detector:
        conditions.append(
            sa.select(sa.literal(1))
            .where(
                scope.mine(FlagRow),
                _FLAG.feedback_id == _FEEDBACK.id,
                _as_it_is(_FLAG.detector) == wanted.detector,
            )
            .exists()
        )
    if wanted.topic:
        conditions.append(_question(scope, _as_it_is(_INTERACTION.topic) == wanted.topic))
    if wanted.text:
        conditions.append(_holds(scope, wanted.text))
    return conditions


def _in_states(wanted: FeedbackFilter) -> list[sa.ColumnElement[bool]]:
    return [_as_it_is(_FEEDBACK.state).in_([state.value for state in wanted.states or _SHOWN])]


def _holds(scope: Scope, text: str) -> sa.ColumnElement[bool]:
    """The text stands in the words, the label or the question."""
    return sa.or_(
        _FEEDBACK.text.icontains(text, autoescape=True),
        _FEEDBACK.label.icontains(text, autoescape=True),
        _question(scope, _INTERACTION.question.icontains(text, autoescape=True)),
    )


def _question(scope: Scope, condition: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    return (
        sa.select(sa.literal(1))
        .where(scope.mine(InteractionRow), _INTERACTION.id == _FEEDBACK.interaction_id, condition)
        .exists()
    )


def _as_it_is(column: sa.ColumnElement[Any]) -> sa.ColumnElement[str]:
    """The column as an expression: its index, which would read far too many rows here, is not considered."""
    return sa.func.coalesce(column, "")


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
    flags = flags_of(scope, [row.id for row in found])
    taken_apart = anatomies_of(scope, [row.id for row in found if FeedbackKind(row.kind).traits.is_worded])
    made = {row.id: _line(row, flags.get(row.id, []), anatomy=taken_apart.get(row.id)) for row in found}
    return [made[key] for key in order if key in made] if order else list(made.values())


def anatomies_of(scope: Scope, ids: Sequence[str]) -> dict[str, Anatomy]:
    """Of those of the edits and takeovers that were taken apart."""
    if not ids:
        return {}
    kept = KeptRow.core().c
    found = scope.rows(
        sa.select(kept.key, kept.body).where(scope.mine(KeptRow), kept.kind == "anatomy", kept.key.in_(ids))
    )
    return {row.key: Anatomy.model_validate(row.body) for row in found}


def _line(row: sa.Row[Any], flags: Sequence[tuple[str, str]], *, anatomy: Anatomy | None) -> FeedbackLine:
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
        detectors=tuple(detector for detector, _ in flags),
        reasons=tuple(reason for _, reason in flags),
        anatomy=anatomy,
    )


def _excerpt(column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    return sa.func.substr(column, 1, EXCERPT)
