"""Alike questions: the newest ones much like a given one, with what people said to their answers."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from loop.records import TEACHING_STATES, FeedbackKind, FeedbackState, Moment, Record, person
from loop.records.probes import PROBE_SOURCE
from loop.text.spelling import normalise
from storage.queries.scope import Scope, moment
from storage.tables import FeedbackRow, InteractionRow

COMPARED = 400
"""Newest interactions of the same topic that are compared for likeness."""
ALIKE = 20
"""Alike interactions shown beside a case, at most."""
LEAST = 0.3
"""From this likeness on a question counts as alike."""
LIKED = 0.75
"""From this rating on, 0 to 1, a reply was liked."""
SHOWN = 600
"""Characters of a text beside a case."""
SAYS_BETTER = {kind.value for kind in FeedbackKind if kind.traits.corrects}
"""Kinds that say a better answer."""
RATES = {kind.value for kind in FeedbackKind if kind.traits.family == "rating"}
"""Kinds that rate the answer."""
GONE = (FeedbackState.SUPERSEDED.value, FeedbackState.EXCLUDED.value)
"""States in which a word counts for nothing: replaced, taken back or overruled."""

_FEEDBACK = FeedbackRow.core().c
_INTERACTION = InteractionRow.core().c
_TEACHES = {state.value for state in TEACHING_STATES}


class Similar(Record):
    """Another interaction with a question much like this one."""

    interaction_id: str
    question: str
    """Cut after SHOWN characters."""
    answer: str
    """The whole reply; empty when there is none."""
    label: str | None
    at: Moment
    likeness: float
    """Share of words in common, 0 to 1."""
    corrected_by: tuple[str, ...] = ()
    """Who has said a better answer to it, as `person` spells them: who did not sign in here with their door."""
    agreed_by: tuple[str, ...] = ()
    """Of these, who says `better` or `better_label`."""
    better: str = ""
    """The better words that were said to it, as last said and not doubted; cut after SHOWN characters."""
    better_label: str | None = None
    is_tried: bool = False
    """Asked by a colleague in Try it: nobody was answered so."""
    is_liked: bool = False
    """The reply was rated high, and nobody corrected it."""


def similar(scope: Scope, *, interaction_id: str, question: str, topic: str, limit: int = ALIKE) -> list[Similar]:
    """The most alike of the newest COMPARED interactions of the same topic, by shared words, with what was said.

    Not a search index. Three reads: questions to rank, the best of them whole, what was said to these.
    """
    words = _words(question)
    if not words:
        return []
    found = scope.rows(
        sa.select(_INTERACTION.id, _INTERACTION.question)
        .where(scope.mine(InteractionRow), _INTERACTION.topic == topic, _INTERACTION.id != interaction_id)
        .order_by(_INTERACTION.at.desc())
        .limit(COMPARED)
    )
    likeness = {row.id: _likeness(words, _words(row.question)) for row in found}
    near = [row.id for row in found if likeness[row.id] >= LEAST]
    best = sorted(near, key=likeness.__getitem__, reverse=True)[:limit]
    if not best:
        return []
    whole = {
        row.id: row
        for row in scope.rows(
            sa.select(
                _INTERACTION.id,
                sa.func.substr(_INTERACTION.question, 1, SHOWN).label("question"),
                _INTERACTION.answer,
                _INTERACTION.label,
                _INTERACTION.at,
                _INTERACTION.source,
            ).where(scope.mine(InteractionRow), _INTERACTION.id.in_(best))
        )
    }
    said = _said_to(scope, best)
    return [_alike(whole[key], likeness[key], said.get(key, ())) for key in best if key in whole]


def _said_to(scope: Scope, ids: list[str]) -> dict[str, list[sa.Row[Any]]]:
    """What people said to these, newest first."""
    said: dict[str, list[sa.Row[Any]]] = {}
    found = scope.rows(
        sa.select(
            _FEEDBACK.interaction_id,
            _FEEDBACK.kind,
            _FEEDBACK.state,
            _FEEDBACK.value,
            sa.func.substr(_FEEDBACK.text, 1, SHOWN).label("text"),
            _FEEDBACK.label,
            _FEEDBACK.author,
            _FEEDBACK.source,
        )
        .where(scope.mine(FeedbackRow), _FEEDBACK.interaction_id.in_(ids))
        .order_by(_FEEDBACK.received_at.desc(), _FEEDBACK.id)
        .limit(ALIKE * 20)
    )
    for row in found:
        if row.state not in GONE:
            said.setdefault(row.interaction_id, []).append(row)
    return said


def _alike(row: sa.Row[Any], likeness: float, said: Sequence[sa.Row[Any]]) -> Similar:
    better = [one for one in said if one.kind in SAYS_BETTER]
    trusted = next((one for one in better if one.state in _TEACHES), None)
    rated = [one.value for one in said if one.kind in RATES and one.value is not None and one.state in _TEACHES]
    return Similar(
        interaction_id=row.id,
        question=row.question,
        answer=row.answer or "",
        label=row.label,
        at=moment(row.at),
        likeness=likeness,
        is_tried=row.source == PROBE_SOURCE,
        corrected_by=tuple(dict.fromkeys(person(one.author, source=one.source) for one in better)),
        agreed_by=tuple(
            dict.fromkeys(
                person(one.author, source=one.source)
                for one in better
                if trusted and (one.text, one.label) == (trusted.text, trusted.label)
            )
        ),
        better=trusted.text if trusted else "",
        better_label=trusted.label if trusted else None,
        is_liked=bool(rated) and min(rated) >= LIKED and not better,
    )


def _likeness(some: frozenset[str], others: frozenset[str]) -> float:
    """The Dice coefficient: words in common over words in all, 0 to 1."""
    return 2 * len(some & others) / (len(some) + len(others)) if others else 0.0


def _words(text: str) -> frozenset[str]:
    """Words of three letters and more, and single characters of scripts written without spaces."""
    return frozenset(word for word in normalise(text).split() if len(word) > 2 or not word.isascii())
