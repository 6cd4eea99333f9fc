"""The card of a change, worked out when it is tested: its matter, its reach, alarms, and what it clashes with."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from loop import evaluate, improvement
from loop.change import footprint, operations
from loop.change.alarms import alarms
from loop.change.clash import clashes
from loop.change.matching import covers
from loop.change.matter import matter_of
from loop.errors import RatchetError, StoreUnavailable
from loop.ports import Parts
from loop.records import Answer, Bundle, Proposal, Question
from loop.records.cards import REACH_DAYS, AnsweredQuestion, Card, WeeklyReach
from loop.stats.proportions import wilson
from loop.text.spelling import normalise

READ = 2_000
"""Newest answers that are looked at."""
ASKED = 200
"""Of them, evenly drawn, put to both versions where that costs nothing."""
SENTENCE = 300
"""Characters of the matter of a change where it is not cut to a title."""
_WEEK = 7.0


def card_of(parts: Parts, proposal: Proposal, *, base: Bundle, candidate: Bundle) -> Card:
    """What a reviewer reads first. Sealed cases have no part in it. Raises StoreUnavailable."""
    reach = _reach(parts, proposal, base=base, candidate=candidate)
    matter = matter_of(proposal.operations, base=base, candidate=candidate, most=SENTENCE) or proposal.title
    return Card(
        sentence=f"{matter.rstrip('. ')}. {reach.sentence}",
        reach=reach,
        alarms=alarms(base, candidate),
        clashes=clashes(base, candidate),
        facts=decisive_fields(proposal, base),
    )


def decisive_fields(proposal: Proposal, base: Bundle) -> tuple[str, ...]:
    """Names of the context fields that rules of the change test, in their order."""
    touched = operations.footprint_of(proposal.operations, base).rules
    fields = [condition.field for rule in touched for condition in rule.when if condition.field != "question"]
    return tuple(dict.fromkeys(fields))


def _reach(parts: Parts, proposal: Proposal, *, base: Bundle, candidate: Bundle) -> WeeklyReach:
    now = parts.clock()
    asked = parts.store.answers_since(now - timedelta(days=REACH_DAYS), limit=READ)
    if not asked:
        return WeeklyReach(per_week=None, why="Nothing was answered in the last four weeks.")
    is_all = len(asked) < READ
    days = _days(asked, now=now, is_all=is_all)
    week = _a_week(parts, asked, now=now) or len(asked) * _WEEK / days
    if base.model.is_local and candidate.model.is_local and base.model == candidate.model:
        some = asked[:: max(1, -(-len(asked) // ASKED))]
        differing = _differing(parts, some, base=base, candidate=candidate)
        if differing is not None:
            return _counted(differing, of=len(some), week=week, days=days, is_all=is_all and len(some) == len(asked))
    by = operations.footprint_of(proposal.operations, base)
    if not (by.is_everything or by.labels or by.article_ids or by.rules or by.questions):
        return WeeklyReach(per_week=None, looked_at=len(asked), days=days, why="What it is about cannot be counted.")
    matched = sum(_is_about(one, by=by) for one in asked)
    counted = _counted(matched, of=len(asked), week=week, days=days, is_all=is_all)
    return counted.model_copy(update={"is_compared": False})


def _counted(matched: int, *, of: int, week: float, days: float, is_all: bool) -> WeeklyReach:
    """A share of those looked at, of all answers of a week."""
    found = None if is_all else wilson(matched, n=of, level=0.90)
    return WeeklyReach(
        per_week=week * matched / of,
        low=None if found is None else week * found.low,
        high=None if found is None else week * found.high,
        matched=matched,
        looked_at=of,
        days=days,
    )


def _a_week(parts: Parts, asked: Sequence[AnsweredQuestion], *, now: datetime) -> float | None:
    """Answers of a week by the daily counts, whatever of them was read; None before the first whole day.

    A turn counts its days after it tests: where the newest of `asked` before today is of a day that is not counted yet,
    the counts end in the past, and a rate of theirs would be too low. None then, too.
    """
    since = (now - timedelta(days=2 * REACH_DAYS)).date().isoformat()  # further back than the days that count
    by_day: Counter[str] = Counter()
    for row in parts.store.day_answers(since):
        by_day[row.day] += row.n
    today = now.astimezone(UTC).date().isoformat()
    days = (one.at.astimezone(UTC).date().isoformat() for one in asked)
    if max(by_day, default="") < next((day for day in days if day < today), ""):
        return None
    return improvement.answers_a_week(by_day, now=now)


def _days(asked: Sequence[AnsweredQuestion], *, now: datetime, is_all: bool) -> float:
    """What the answers span; where these are all, at least a day, and all of REACH_DAYS when the oldest is that old."""
    span = (now - min(one.at for one in asked)).total_seconds() / 86_400
    if not is_all:
        return max(span, 1 / 86_400)
    return max(1.0, span if span < REACH_DAYS - 1 else float(REACH_DAYS))


def _differing(parts: Parts, some: Sequence[AnsweredQuestion], *, base: Bundle, candidate: Bundle) -> int | None:
    """How many of these questions the two versions answer differently; None where one of them cannot be asked.

    A version that is empty because the agent answers elsewhere said what is recorded.
    """
    questions = [Question(text=one.question, context=dict(one.context)) for one in some]
    try:
        after = [_told(one) for one in parts.answerers(candidate).answer(questions)]
        if evaluate.is_silent(base):
            before = [_Told(normalise(one.answer), one.label, one.article_id) for one in some]
            return sum(two.says_something and not two.agrees(one) for one, two in zip(before, after, strict=True))
        before = [_told(one) for one in parts.answerers(base).answer(questions)]
    except StoreUnavailable:
        raise
    except RatchetError:
        return None
    return sum(one != two for one, two in zip(before, after, strict=True))


class _Told(NamedTuple):
    """What an answer comes to."""

    text: str
    label: str | None
    article_id: str | None

    @property
    def says_something(self) -> bool:
        return bool(self.text or self.label or self.article_id)

    def agrees(self, recorded: "_Told") -> bool:
        """Whether it says what was really answered, in the terms it speaks in."""
        if self.label is not None or self.article_id is not None:
            return (self.label, self.article_id) == (recorded.label, recorded.article_id)
        return self.text == recorded.text


def _told(answer: Answer) -> _Told:
    return _Told(normalise(answer.text), answer.label, answer.article_id)


def _is_about(one: AnsweredQuestion, *, by: footprint.Footprint) -> bool:
    """Whether the change's footprint matches an answer that was given."""
    if by.is_everything or normalise(one.question) in by.questions:
        return True
    if one.label in by.labels or one.article_id in by.article_ids or normalise(one.answer) in by.answers:
        return True
    return any(covers(rule, question=one.question, context=one.context) for rule in by.rules)
