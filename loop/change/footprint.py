"""What a change teaches, so that a report can tell the taught cases from the others."""

import re
import unicodedata
from collections.abc import Iterable

from loop.change.matching import covers
from loop.records import (
    Bundle,
    ChangeExamples,
    EditInstructions,
    EvalCase,
    Example,
    Operation,
    Record,
    RetireApproach,
    RetireArticle,
    RetireRule,
    Rule,
    SetApproach,
    SetModel,
    SetRule,
    UpsertArticle,
)

_WORD = re.compile(r"\w+")


class Touched(Record):
    """What some operations touch on their base."""

    labels: frozenset[str] = frozenset()
    article_ids: frozenset[str] = frozenset()
    answers: frozenset[str] = frozenset()
    """Example answers before and after, spelled plainly."""
    questions: frozenset[str] = frozenset()
    """Example questions before and after, spelled plainly."""
    rules: tuple[Rule, ...] = ()
    """Rules before and after."""
    element_ids: frozenset[str] = frozenset()
    is_everything: bool = False
    """Instructions, approaches or the model changed: every answer may differ."""


def touched(operations: Iterable[Operation], base: Bundle) -> Touched:
    """Labels, articles, rules and elements that the operations add, change or retire on `base`."""
    examples: list[Example] = []
    rules: list[Rule] = []
    articles: set[str] = set()
    others: set[str] = set()
    known = {example.id: example for example in base.examples}
    for operation in operations:
        match operation:
            case ChangeExamples(add=add, remove=remove):
                examples += add
                examples += [known[one] for one in (*(example.id for example in add), *remove) if one in known]
            case SetRule(rule=rule):
                rules += [rule, *(old for old in base.rules if old.id == rule.id)]
            case RetireRule(rule_id=rule_id):
                rules += [old for old in base.rules if old.id == rule_id]
            case UpsertArticle(article=article):
                articles.add(article.id)
            case RetireArticle(article_id=article_id):
                articles.add(article_id)
            case EditInstructions():
                others.add("instructions")
            case SetModel():
                others.add("model")
            case SetApproach(approach=approach):
                others.add(approach.id)
            case RetireApproach(approach_id=approach_id):
                others.add(approach_id)
    parts: list[Example | Rule] = [*examples, *rules]
    return Touched(
        labels=frozenset(one.label for one in parts if one.label),
        article_ids=frozenset({*articles, *(rule.article_id for rule in rules if rule.article_id)}),
        answers=frozenset(plain(one.answer) for one in parts if one.answer),
        questions=frozenset(plain(example.question) for example in examples),
        rules=tuple(rules),
        element_ids=frozenset({*(one.id for one in parts), *articles, *others}),
        is_everything=bool(others),
    )


def is_taught(case: EvalCase, *, by: Touched) -> bool:
    """Whether the case is about what the change teaches.

    True when the expected label, article or text is among those touched, when its question is one of
    the examples', when a rule that came, went or changed covers it, or when everything is touched.
    """
    if by.is_everything or plain(case.question) in by.questions:
        return True
    if case.expected in by.labels or case.expected in by.article_ids or plain(case.expected) in by.answers:
        return True
    return any(covers(rule, question=case.question, context=case.context) for rule in by.rules)


def plain(text: str) -> str:
    """Words only, lower case, one space between."""
    return " ".join(_WORD.findall(unicodedata.normalize("NFKC", text).casefold()))
