"""Answers a person should look at: badly rated, handed over or unsure, and not corrected yet."""

import re
from typing import Any, Literal

import sqlalchemy as sa

from loop.records import FeedbackKind, FeedbackState, Moment, Record
from storage.queries.scope import Scope, moment
from storage.tables import FeedbackRow, InteractionRow

LOOKED_AT = 1_000
"""Newest low ratings, and newest interactions, that the queue is chosen from."""
COMPARED = 400
"""Newest interactions of the same topic that are compared for likeness."""
UNSURE = 0.35
"""Below this confidence of its own an answer is worth a look."""

_FEEDBACK = FeedbackRow.core().c
_INTERACTION = InteractionRow.core().c
_SAYS_BETTER = (FeedbackKind.EDIT, FeedbackKind.LABEL, FeedbackKind.TAKEOVER)
_WORD = re.compile(r"\w{3,}")


class ToCorrect(Record):
    """One answer that may need correcting."""

    interaction_id: str
    why: Literal["rated low", "handed over", "unsure", "no answer"]
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
    chosen: dict[str, ToCorrect] = {}
    for row in (*_rated_low(scope, limit), *_unsure(scope, limit)):
        chosen.setdefault(row.id, _to_correct(row))
    return list(chosen.values())[:limit]


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


def _rated_low(scope: Scope, limit: int) -> list[sa.Row[Any]]:
    newest = (
        sa.select(_FEEDBACK.interaction_id, _FEEDBACK.value, _FEEDBACK.received_at)
        .where(
            scope.mine(FeedbackRow),
            _FEEDBACK.state.in_([FeedbackState.NEW.value, FeedbackState.VALID.value, FeedbackState.RELEASED.value]),
            _FEEDBACK.kind.in_([FeedbackKind.THUMBS.value, FeedbackKind.CSAT.value, FeedbackKind.OUTCOME.value]),
        )
        .order_by(_FEEDBACK.received_at.desc())
        .limit(LOOKED_AT)
        .subquery()
    )
    return list(
        scope.rows(
            sa.select(*_columns(sa.literal("rated low")))
            .join_from(newest, InteractionRow.core(), _INTERACTION.id == newest.c.interaction_id)
            .where(scope.mine(InteractionRow), newest.c.value < 0.5, ~_is_corrected(scope))
            .order_by(newest.c.received_at.desc())
            .limit(limit)
        )
    )


def _unsure(scope: Scope, limit: int) -> list[sa.Row[Any]]:
    newest = (
        sa.select(_INTERACTION.id)
        .where(scope.mine(InteractionRow))
        .order_by(_INTERACTION.at.desc())
        .limit(LOOKED_AT)
        .subquery()
    )
    why = sa.case(
        (_INTERACTION.method == "handover", "handed over"),
        (_INTERACTION.method == "failed", "no answer"),
        else_="unsure",
    )
    return list(
        scope.rows(
            sa.select(*_columns(why))
            .join_from(newest, InteractionRow.core(), _INTERACTION.id == newest.c.id)
            .where(
                scope.mine(InteractionRow),
                sa.or_(_INTERACTION.method.in_(["handover", "failed"]), _INTERACTION.confidence < UNSURE),
                ~_is_corrected(scope),
            )
            .order_by(_INTERACTION.at.desc())
            .limit(limit)
        )
    )


def _columns(why: sa.ColumnElement[str]) -> tuple[sa.ColumnElement[Any], ...]:
    question = sa.func.substr(_INTERACTION.question, 1, 300)
    return _INTERACTION.id, why.label("why"), question.label("question"), _INTERACTION.topic, _INTERACTION.at


def _is_corrected(scope: Scope) -> sa.ColumnElement[bool]:
    return (
        sa.select(sa.literal(1))
        .where(
            scope.mine(FeedbackRow),
            _FEEDBACK.interaction_id == _INTERACTION.id,
            _FEEDBACK.kind.in_([kind.value for kind in _SAYS_BETTER]),
        )
        .correlate(InteractionRow.core())
        .exists()
    )


def _to_correct(row: sa.Row[Any]) -> ToCorrect:
    return ToCorrect(interaction_id=row.id, why=row.why, question=row.question, topic=row.topic, at=moment(row.at))


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.lower()))
