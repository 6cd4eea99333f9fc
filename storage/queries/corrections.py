"""Answers a person should look at: badly rated, handed over or unsure, and not corrected yet."""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal, NamedTuple, TypeAlias

import sqlalchemy as sa

from loop.records import (
    COUNTING_STATES,
    SIGNED_IN,
    FeedbackState,
    Moment,
    Record,
)
from loop.records.probes import PROBE_SOURCE
from storage.queries.alike import GONE, RATES, SAYS_BETTER, SHOWN
from storage.queries.scope import Scope, moment
from storage.tables import FeedbackRow, InteractionRow

LOOKED_AT = 1_000
"""Newest low ratings, and newest interactions, that the queue is chosen from."""
MOST = 50
"""Answers to correct that are listed at once."""
MINE = 50
"""Corrections of one person on a page."""
HELPED_MOST = 2_000
"""Answers since a release that are looked through for the people helped; past it there are more."""
UNSURE = 0.35
"""Below this confidence of its own an answer is worth a look."""

Why: TypeAlias = Literal["rated low", "handed over", "unsure", "no answer"]

_FEEDBACK = FeedbackRow.core().c
_INTERACTION = InteractionRow.core().c
_COUNTS = tuple(sorted(COUNTING_STATES))
_METHODS: dict[str, Why] = {"handover": "handed over", "failed": "no answer"}


class ToCorrect(Record):
    """One answer that may need correcting."""

    interaction_id: str
    why: Why
    question: str
    """Cut after 300 characters."""
    topic: str
    at: Moment


class CorrectionLine(Record):
    """One correction as its author's list shows it."""

    feedback_id: str
    interaction_id: str
    at: Moment
    said: str
    """The better words, label or article; cut after SHOWN characters."""
    question: str
    answer: str
    topic: str


class Live(NamedTuple):
    """Since when what somebody said is live."""

    topic: str
    number: int
    """The version that has it first."""
    since: datetime


class AnswersSince(NamedTuple):
    """What was answered since."""

    answers: int
    named: int
    """Of these, those that came with a customer."""
    customers: int
    """Different ones."""
    is_more: bool
    """There are more answers than were counted."""


def queue(scope: Scope, *, limit: int = MOST) -> list[ToCorrect]:
    """Low ratings first, then answers the agent was unsure of; each newest first, none corrected before."""
    reasons: dict[str, Why] = dict.fromkeys(_rated_low(scope), "rated low")
    for key, why in _unsure(scope):
        reasons.setdefault(key, why)
    corrected = _corrected(scope, list(reasons))
    open_ids = [key for key in reasons if key not in corrected][:limit]
    known = {
        row.id: row
        for row in scope.rows(
            sa.select(
                _INTERACTION.id,
                sa.func.substr(_INTERACTION.question, 1, 300).label("question"),
                _INTERACTION.topic,
                _INTERACTION.at,
            ).where(scope.mine(InteractionRow), _INTERACTION.id.in_(open_ids))
        )
    }
    return [
        ToCorrect(
            interaction_id=key,
            why=reasons[key],
            question=known[key].question,
            topic=known[key].topic,
            at=moment(known[key].at),
        )
        for key in open_ids
        if key in known
    ]


def mine(scope: Scope, *, author: str, limit: int = MINE) -> list[CorrectionLine]:
    """What this person corrected while signed in here, newest first, as far as it is not replaced. One read."""
    joined = sa.outerjoin(
        FeedbackRow.core(),
        InteractionRow.core(),
        sa.and_(_INTERACTION.agent == _FEEDBACK.agent, _INTERACTION.id == _FEEDBACK.interaction_id),
    )
    found = scope.rows(
        sa.select(
            _FEEDBACK.id,
            _FEEDBACK.interaction_id,
            _FEEDBACK.at,
            sa.func.substr(_FEEDBACK.text, 1, SHOWN).label("text"),
            _FEEDBACK.label.label("right_label"),
            _FEEDBACK.article_id,
            sa.func.substr(_INTERACTION.question, 1, SHOWN).label("question"),
            sa.func.substr(_INTERACTION.answer, 1, SHOWN).label("answer"),
            _INTERACTION.label.label("given_label"),
            _INTERACTION.topic,
        )
        .select_from(joined)
        .where(
            scope.mine(FeedbackRow),
            _FEEDBACK.author == author,
            _FEEDBACK.source.in_(sorted(SIGNED_IN)),
            _FEEDBACK.kind.in_(sorted(SAYS_BETTER)),
            _FEEDBACK.state != FeedbackState.SUPERSEDED.value,
        )
        .order_by(_FEEDBACK.at.desc(), _FEEDBACK.id)
        .limit(limit)
    )
    return [
        CorrectionLine(
            feedback_id=row.id,
            interaction_id=row.interaction_id,
            at=moment(row.at),
            said=row.text or row.right_label or row.article_id or "",
            question=row.question or "",
            answer=row.answer or row.given_label or "",
            topic=row.topic or "",
        )
        for row in found
    ]


def answers_since(scope: Scope, live: Iterable[Live]) -> dict[Live, AnswersSince]:
    """What was asked about its topic since each correction is live, and answered by a version that has it.

    One read, of the newest HELPED_MOST answers of each at most.
    """
    some = list(dict.fromkeys(live))
    reads = [
        sa.select(
            sa.literal(place).label("place"),
            sa.func.count().label("answers"),
            sa.func.count(sa.func.nullif(newest.c.customer, "")).label("named"),
            sa.func.count(sa.func.distinct(sa.func.nullif(newest.c.customer, ""))).label("customers"),
        ).select_from(newest)
        for place, one in enumerate(some)
        for newest in [
            sa.select(_INTERACTION.customer)
            .where(
                scope.mine(InteractionRow),
                _INTERACTION.topic == one.topic,
                _INTERACTION.at >= one.since,
                _INTERACTION.version >= one.number,
                _INTERACTION.source != PROBE_SOURCE,
            )
            .order_by(_INTERACTION.at.desc())
            .limit(HELPED_MOST)
            .subquery()
        ]
    ]
    if not reads:
        return {}
    return {
        some[row.place]: AnswersSince(row.answers, row.named, row.customers, row.answers >= HELPED_MOST)
        for row in scope.rows(sa.union_all(*reads))
    }


def labels(scope: Scope, *, limit: int = 300) -> list[str]:
    """Labels the agent gave in its newest answers, by name: what a person chooses from."""
    newest = (
        sa.select(_INTERACTION.label)
        .where(scope.mine(InteractionRow))
        .order_by(_INTERACTION.at.desc())
        .limit(5_000)
        .subquery()
    )
    found = scope.rows(
        sa.select(newest.c.label).where(newest.c.label.is_not(None)).distinct().order_by(newest.c.label).limit(limit)
    )
    return [row.label for row in found]


def _rated_low(scope: Scope) -> list[str]:
    """Interactions rated low, among the newest LOOKED_AT items of each state, newest first."""
    rated = [
        (row.received_at, row.interaction_id)
        for state in _COUNTS
        for row in scope.rows(
            sa.select(_FEEDBACK.received_at, _FEEDBACK.interaction_id, _FEEDBACK.kind, _FEEDBACK.value)
            .where(scope.mine(FeedbackRow), _FEEDBACK.state == state.value)
            .order_by(_FEEDBACK.received_at.desc())
            .limit(LOOKED_AT)
        )
        if row.kind in RATES and row.value is not None and row.value < 0.5
    ]
    return [key for _, key in sorted(rated, reverse=True)]


def _unsure(scope: Scope) -> list[tuple[str, Why]]:
    """Interactions handed over, failed or unsure, among the newest LOOKED_AT, newest first."""
    found = scope.rows(
        sa.select(_INTERACTION.id, _INTERACTION.method, _INTERACTION.confidence)
        .where(scope.mine(InteractionRow))
        .order_by(_INTERACTION.at.desc())
        .limit(LOOKED_AT)
    )
    unsure: list[tuple[str, Why]] = []
    for row in found:
        if row.method in _METHODS:
            unsure.append((row.id, _METHODS[row.method]))
        elif row.confidence is not None and row.confidence < UNSURE:
            unsure.append((row.id, "unsure"))
    return unsure


def _corrected(scope: Scope, ids: list[str]) -> set[str]:
    """Those somebody has already said a better answer to, and neither took it back nor was overruled."""
    found = scope.rows(
        sa.select(_FEEDBACK.interaction_id, _FEEDBACK.kind, _FEEDBACK.state).where(
            scope.mine(FeedbackRow), _FEEDBACK.interaction_id.in_(ids)
        )
    )
    return {row.interaction_id for row in found if row.kind in SAYS_BETTER and row.state not in GONE}
