"""The footprint of a change: what it teaches, so that a report can tell the taught cases from the others."""

from collections.abc import Iterable

from loop.change.matching import covers
from loop.records import EvalCase, Record, Rule
from loop.text.spelling import normalise


class Footprint(Record):
    """What some elements teach, before and after a change."""

    labels: frozenset[str] = frozenset()
    article_ids: frozenset[str] = frozenset()
    answers: frozenset[str] = frozenset()
    """Replies, in any spelling."""
    questions: frozenset[str] = frozenset()
    """Questions of examples, in any spelling."""
    rules: tuple[Rule, ...] = ()
    is_everything: bool = False
    """Instructions, approaches or the model changed: every answer may differ."""


def union(footprints: Iterable[Footprint]) -> Footprint:
    """What they teach together, texts normalised."""
    every = list(footprints)
    return Footprint(
        labels=frozenset().union(*(one.labels for one in every)),
        article_ids=frozenset().union(*(one.article_ids for one in every)),
        answers=frozenset(normalise(text) for one in every for text in one.answers),
        questions=frozenset(normalise(text) for one in every for text in one.questions),
        rules=tuple(rule for one in every for rule in one.rules),
        is_everything=any(one.is_everything for one in every),
    )


def is_taught(case: EvalCase, *, by: Footprint) -> bool:
    """Whether the case is about what the change teaches; `by` comes from `operations.footprint_of`.

    True when the expected label, article or text is among those touched, when its question is one of
    the examples', when a rule that came, went or changed covers it, or when everything is touched.
    """
    if by.is_everything or normalise(case.question) in by.questions:
        return True
    if case.expected in by.labels or case.expected in by.article_ids or normalise(case.expected) in by.answers:
        return True
    return any(covers(rule, question=case.question, context=case.context) for rule in by.rules)
