"""Answers a person should look at: badly rated, handed over or unsure, and not corrected yet."""

from typing import Literal, TypeAlias

import sqlalchemy as sa

from loop.records import COUNTING_STATES, FeedbackKind, Moment, Record
from loop.text.spelling import normalise
from storage.queries.scope import Scope, moment
from storage.tables import FeedbackRow, InteractionRow

LOOKED_AT = 1_000
"""Newest low ratings, and newest interactions, that the queue is chosen from."""
COMPARED = 400
"""Newest interactions of the same topic that are compared for likeness."""
UNSURE = 0.35
"""Below this confidence of its own an answer is worth a look."""

Why: TypeAlias = Literal["rated low", "handed over", "unsure", "no answer"]

_FEEDBACK = FeedbackRow.core().c
_INTERACTION = InteractionRow.core().c
_SAYS_BETTER = {kind.value for kind in FeedbackKind if kind.traits.corrects}
_RATES = {kind.value for kind in FeedbackKind if kind.traits.family == "rating"}
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


class Similar(Record):
    """Another interaction with a question much like this one."""

    interaction_id: str
    question: str
    answer: str
    """The reply, or the label when there is none."""
    likeness: float
    """Share of words in common, 0 to 1."""


def queue(scope: Scope, *, limit: int = 50) -> list[ToCorrect]:
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


def similar(scope: Scope, *, interaction_id: str, question: str, topic: str, limit: int = 5) -> list[Similar]:
    """The most alike of the newest COMPARED interactions of the same topic, by shared words. Not a search index."""
    words = _words(question)
    if not words:
        return []
    found = scope.rows(
        sa.select(_INTERACTION.id, _INTERACTION.question, _INTERACTION.answer, _INTERACTION.label)
        .where(scope.mine(InteractionRow), _INTERACTION.topic == topic, _INTERACTION.id != interaction_id)
        .order_by(_INTERACTION.at.desc())
        .limit(COMPARED)
    )
    ranked = []
    for row in found:
        others = _words(row.question)
        likeness = 2 * len(words & others) / (len(words) + len(others)) if others else 0.0
        if likeness >= 0.3:
            ranked.append((likeness, row))
    ranked.sort(key=lambda pair: pair[0], reverse=True)
    return [
        Similar(
            interaction_id=row.id,
            question=row.question[:300],
            answer=(row.answer or row.label or "")[:300],
            likeness=likeness,
        )
        for likeness, row in ranked[:limit]
    ]


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
        if row.kind in _RATES and row.value is not None and row.value < 0.5
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
    """Those somebody has already said a better answer to."""
    found = scope.rows(
        sa.select(_FEEDBACK.interaction_id, _FEEDBACK.kind).where(
            scope.mine(FeedbackRow), _FEEDBACK.interaction_id.in_(ids)
        )
    )
    return {row.interaction_id for row in found if row.kind in _SAYS_BETTER}


def _words(text: str) -> frozenset[str]:
    """Words of three letters and more, and single characters of scripts written without spaces."""
    return frozenset(word for word in normalise(text).split() if len(word) > 2 or not word.isascii())
