"""Articles: what to say when no known case is close."""

from collections.abc import Iterable, Sequence

from loop.change import texts
from loop.change.acceptance import ELEMENTS_MAX, LINE_MAX, TEXT_MAX, check_id, check_words
from loop.change.footprint import Footprint
from loop.change.sections.row import FormField, Reason, Section, Step, shorten, summary_of_many
from loop.errors import OperationRefused
from loop.records import Article, StakesLevel, UpsertArticle

ARTICLE_MAX = 60_000
"""Characters of one article body."""


def _words(article: Article) -> str:
    """Lines: title, body, the questions that lead to it."""
    lines = [f"Title: {article.title}", article.body]
    lines += ["Questions that lead here:", *(f"- {question}" for question in article.questions)]
    return "\n".join(lines if article.questions else lines[:2])


def _title(article: Article) -> str:
    return shorten(article.title or article.body)


def _check(article: Article) -> None:
    """Refuse an article without body."""
    check_id(article.id, field="article.id")
    check_words(article.body, field="article.body")
    texts.check(article.title, field="article.title", cap=LINE_MAX)
    texts.check(article.body, field="article.body", cap=ARTICLE_MAX)
    if len(article.questions) > ELEMENTS_MAX:
        raise OperationRefused(
            f"More than {ELEMENTS_MAX} questions in one article.", field="article.questions", remedy="Keep the best."
        )
    for question in article.questions:
        texts.check(question, field="article.questions", cap=TEXT_MAX)


def _summary(steps: Sequence[Step[Article]]) -> str:
    if len(steps) != 1:
        return summary_of_many(steps, noun="article")
    (step,) = steps
    if step.new is not None:
        return f"Write the article: {step.new.title}"
    return f"Retire the article: {_title(step.old)}" if step.old else "Retire an article"


def _says(step: Step[Article]) -> Iterable[str]:
    """The lines that were not in it before."""
    known = set(_lines(step.old)) if step.old else set()
    return [line for line in _lines(step.new) if line not in known] if step.new else []


def _lines(article: Article) -> list[str]:
    return [line.strip() for line in (article.title, *article.body.splitlines()) if line.strip()]


def _stakes(steps: Sequence[Step[Article]]) -> Iterable[Reason]:
    for step in steps:
        if step.new is None:
            yield Reason(StakesLevel.MEDIUM, "Retires an article.")
        elif step.old is not None:
            yield Reason(StakesLevel.MEDIUM, "Changes an article that is in use.")


ARTICLES: Section[Article] = Section(
    name="articles",
    label="Article",
    noun="article",
    words=_words,
    title=_title,
    check=_check,
    summary=_summary,
    says=_says,
    stakes=_stakes,
    footprint=lambda article: Footprint(article_ids=frozenset({article.id})),
    fields=(
        FormField(name="title", label="Title", kind="line"),
        FormField(name="body", label="Text", kind="long"),
        FormField(name="questions", label="Questions that lead here, one on each line", kind="lines"),
    ),
    draft=lambda fresh_id: UpsertArticle(article=Article(id=f"article-{fresh_id}", title="", body="")),
)
