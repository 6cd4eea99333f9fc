"""Which elements may enter a version: complete, readable, within their room, free of hidden text and secrets."""

from loop.change import texts
from loop.errors import OperationRefused
from loop.records import Approach, Article, Example, Rule

ARTICLE_MAX = 60_000
"""Characters of one article body."""
TEXT_MAX = 8_000
"""Characters of one question, answer or approach instruction."""
LINE_MAX = 400
"""Characters of one title, label, name, condition value or id."""
ELEMENTS_MAX = 2_000
"""Examples in one operation; questions of one article."""


def check_example(example: Example) -> None:
    """Refuse an example without question or without answer and label. Raises OperationRefused."""
    _check_id(example.id, field="example.id")
    _check_words(example.question, field="example.question")
    texts.check(example.question, field="example.question", cap=TEXT_MAX)
    texts.check(example.answer, field="example.answer", cap=TEXT_MAX)
    texts.check(example.label or "", field="example.label", cap=LINE_MAX)
    _check_words(example.answer + (example.label or ""), field="example.answer")


def check_rule(rule: Rule) -> None:
    """Refuse a rule that says nothing or limits without a number. Raises OperationRefused."""
    _check_id(rule.id, field="rule.id")
    for condition in rule.when:
        texts.check(condition.field, field="rule.when.field", cap=LINE_MAX)
        if isinstance(condition.value, str):
            _check_words(condition.value, field="rule.when.value")
            texts.check(condition.value, field="rule.when.value", cap=LINE_MAX)
            if condition.op in ("at_least", "at_most"):
                raise OperationRefused(
                    "A limit is not a number.", field="rule.when.value", remedy="Give a number, without quotes."
                )
    texts.check(rule.answer, field="rule.answer", cap=TEXT_MAX)
    texts.check(rule.label or "", field="rule.label", cap=LINE_MAX)
    texts.check(rule.article_id or "", field="rule.article_id", cap=LINE_MAX)
    if not (rule.hand_over or rule.answer.strip() or rule.label or rule.article_id):
        raise OperationRefused(
            "The rule says nothing.", field="rule.answer", remedy="Give an answer, a label, an article or hand over."
        )


def check_article(article: Article) -> None:
    """Refuse an article without body. Raises OperationRefused."""
    _check_id(article.id, field="article.id")
    _check_words(article.body, field="article.body")
    texts.check(article.title, field="article.title", cap=LINE_MAX)
    texts.check(article.body, field="article.body", cap=ARTICLE_MAX)
    if len(article.questions) > ELEMENTS_MAX:
        raise OperationRefused(
            f"More than {ELEMENTS_MAX} questions in one article.", field="article.questions", remedy="Keep the best."
        )
    for question in article.questions:
        texts.check(question, field="article.questions", cap=TEXT_MAX)


def check_approach(approach: Approach) -> None:
    """Refuse an approach without instruction. Raises OperationRefused."""
    _check_id(approach.id, field="approach.id")
    _check_words(approach.instruction, field="approach.instruction")
    texts.check(approach.issue, field="approach.issue", cap=LINE_MAX)
    texts.check(approach.name, field="approach.name", cap=LINE_MAX)
    texts.check(approach.instruction, field="approach.instruction", cap=TEXT_MAX)


def _check_id(value: str, *, field: str) -> None:
    texts.check(value, field=field, cap=LINE_MAX)
    if not value.strip():
        raise OperationRefused(f"{field} is empty.", field=field, remedy="Give it an id.")


def _check_words(value: str, *, field: str) -> None:
    if not value.strip():
        raise OperationRefused(f"{field} is empty.", field=field, remedy="Write something.")
